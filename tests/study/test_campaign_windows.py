"""Months with a flight or with light: found, and written as the station file reads them."""

import datetime as dt
import math
from dataclasses import replace

import pandas as pd
import pytest

from moonstation.cli.main import main
from moonstation.errors import RequestError
from moonstation.station.campaign import opens
from moonstation.station.loading import load_station
from moonstation.study.campaign_windows import MonthWindow, landing_windows, launch_windows, window_texts


def silent(words, share):
    """Progress that no one looks at."""


@pytest.fixture(scope="module")
def short():
    """The built-in station with a campaign of three months from one launch site."""
    station = load_station("ilrs")
    campaign = station.campaign.model_copy(update={"start": dt.date(2031, 5, 1), "end": dt.date(2031, 7, 1)})
    return replace(station, campaign=campaign, pads=station.pads[:1])


def test_what_is_written_is_read_as_the_same_months():
    campaign = load_station("ilrs").campaign
    open_ = {0, 1, 2, 11, 12, 13, 40, 119}
    rows = [MonthWindow("x", month, month in open_, "", 0.0) for month in range(120)]
    texts = window_texts(campaign, rows)
    assert texts == ["2028-01..2028-03", "2028-12..2029-02", "2031-05", "2037-12"]
    first = campaign.start
    for month in range(120):
        day = dt.date(first.year + month // 12, month % 12 + 1, 1)
        assert opens(texts, day) is (month in open_)


@pytest.mark.slow
def test_a_limit_of_speed_closes_months(short):
    free = launch_windows(short, most_speed=5e3, progress=silent)
    assert [(row.place, row.month, row.open) for row in free] == [("wenchang", m, True) for m in range(3)]
    # 3.1 km/s to leave and 0.8 km/s to stay
    assert all(3.8e3 < row.figure < 4.2e3 for row in free)
    assert [row.day for row in free] == ["2031-05-01", "2031-06-01", "2031-07-01"]
    dear = max(free, key=lambda row: row.figure)
    tight = launch_windows(short, most_speed=dear.figure - 0.01, progress=silent)
    # another day of that month is cheaper, or it is closed
    assert tight[dear.month].day != dear.day
    assert tight[dear.month].figure < dear.figure
    none = launch_windows(short, most_speed=1e3, progress=silent)
    assert not any(row.open for row in none)
    assert all(row.figure > 3.8e3 for row in none)


def test_light_of_a_polar_summer_and_winter(short):
    rows = landing_windows(short, least_light=0.5, progress=silent)
    shares = {row.place: [r.figure for r in rows if r.place == row.place] for row in rows}
    assert set(shares) == {"base", "connecting-ridge", "shackleton-rim"}
    for row in rows:
        assert 0.0 <= row.figure <= 1.0
        assert row.open is (row.figure >= 0.5)
    assert not any(math.isnan(share) for place in shares.values() for share in place)


def test_a_station_without_campaign_or_pads_is_refused(short):
    with pytest.raises(RequestError, match="has no campaign"):
        launch_windows(load_station("lander"), most_speed=4e3, progress=silent)
    bare = replace(short, pads=[])
    with pytest.raises(RequestError, match="has no pads to launch from"):
        launch_windows(bare, most_speed=4e3, progress=silent)


def test_the_command_prints_lines_for_the_file(tmp_path, capsys, monkeypatch, short):
    monkeypatch.setattr("moonstation.cli.campaign_windows.load_lunar_station", lambda name: short)
    table = tmp_path / "windows.csv"
    assert main(["campaign", "windows", "ilrs", "--light", "10 %", "--csv", str(table)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "pads at wenchang: 3 of 3 months; every month has one, no line is needed" in told
    assert "landers to base:" in told
    rows = pd.read_csv(table)
    assert len(rows) == 3 + 9
    assert rows["speed_m_s"].notna().sum() == 3
    assert rows["lit_share"].notna().sum() == 9
    for words, said in (
        (["--speed", "0 km/s"], "--speed 0 km/s: give more than zero"),
        (["--speed", "fast"], "--speed"),
        (["--light", "120 %"], "--light"),
    ):
        assert main(["campaign", "windows", "ilrs", *words]) == 2
        assert said in capsys.readouterr().err
