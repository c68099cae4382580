"""`moonstation link contacts` and `moonstation link assign` from the command line."""

import pandas as pd
import pytest

from moonstation.cli.main import main

FILE = """
[station]
id = "two"
start = 2035-01-01
span = "2 d"
ground_stations = ["kashi", "malargue"]

[[partner]]
id = "us"

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
height = "2 m"
horizon = "connecting-ridge"

[[element]]
id = "radio"
site = "ridge"
kind = "communication"
earth_rate = "2 Mbit/s"
relay_rate = "10 Mbit/s"

[[orbiter]]
id = "relay"
orbit = "queqiao-12h"
relay = true
relay_rate = "5 Mbit/s"
earth_rate = "50 Mbit/s"
degree = 4
"""
DEMANDS = """
[[demand]]
id = "much"
from = "relay"
priority = 3
data = "800 Gbit"
least_pass = "30 min"

[[demand]]
id = "more"
from = "ridge"
time = "20 h"
"""


@pytest.fixture
def station(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(FILE + DEMANDS)
    return path


def test_contacts_in_table_calendar_and_picture(station, tmp_path, capfd):
    files = [tmp_path / name for name in ("c.csv", "c.ics", "c.png")]
    status = main(
        [
            "link",
            "contacts",
            str(station),
            "--csv",
            str(files[0]),
            "--ics",
            str(files[1]),
            "--gantt",
            str(files[2]),
        ]
    )
    said = capfd.readouterr().out
    assert status == 0
    table = pd.read_csv(files[0])
    assert set(table["kind"]) == {"site-ground", "site-orbiter", "orbiter-ground"}
    # the site sends to the relay as fast as the relay takes it
    to_relay = table[table["kind"] == "site-orbiter"]
    assert (to_relay["rate_mean_bps"] - 5e6).abs().max() < 5.0
    assert ((table["volume_bit"] / table["duration_s"] - table["rate_mean_bps"]).abs() < 1e3).all()
    assert f"{len(table)} windows" in said
    assert files[1].read_text().count("BEGIN:VEVENT") == len(table)
    assert files[2].read_bytes().startswith(b"\x89PNG")


def test_filters_leave_what_was_asked_for(station, tmp_path):
    csv = tmp_path / "c.csv"
    asked = ["--from", "kashi", "--kind", "ground-orbiter", "--days", "1", "--csv", str(csv)]
    assert main(["link", "contacts", str(station), *asked]) == 0
    table = pd.read_csv(csv)
    assert set(table["from"]) == {"kashi"}
    assert set(table["to"]) == {"relay"}
    assert (table["volume_bit"] == 0).all()


def test_antennas_in_table_calendar_and_picture(station, tmp_path, capfd):
    files = [tmp_path / name for name in ("a.csv", "d.csv", "a.ics", "a.png")]
    keys = ("--csv", "--demands-csv", "--ics", "--gantt")
    options = [word for key, path in zip(keys, files, strict=True) for word in (key, str(path))]
    status = main(
        ["link", "assign", str(station), "--days", "2", "--gap", "0.5 %", "--time-limit", "20 s", *options]
    )
    said = capfd.readouterr().out
    assert status == 0
    passes, demands = pd.read_csv(files[0]), pd.read_csv(files[1])
    assert len(passes)
    assert (passes["held_from_utc"] <= passes["start_utc"]).all()
    assert len(demands) == 4
    assert demands[demands["demand"] == "more"]["reason"].notna().all()
    assert "(proven for hand-overs every 30.0 min)" in said
    assert "set-up of 15 min and tear-down of 5 min are assumptions" in said
    assert files[2].read_text().count("BEGIN:VEVENT") == len(passes)
    assert files[3].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["contacts", "FILE", "--kind", "moon-mars"], "--kind moon-mars: is unknown"),
        (["contacts", "FILE", "--from", "nobody"], "--from nobody: is no end of a link"),
        (["contacts", "FILE", "--days", "-1"], "--days -1"),
        (["contacts", "FILE", "--csv", "no/such/place.csv"], "its folder does not exist"),
        (["assign", "FILE", "--slot", "0 min"], "--slot 0 min: give more than zero"),
        (["assign", "FILE", "--slot", "30 d"], "longer than the plan"),
        (["assign", "FILE", "--gap", "much"], "--gap"),
        (["assign", "FILE", "--time-limit", "nan s"], "--time-limit"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(station, capfd, words, said):
    assert main(["link", *(str(station) if word == "FILE" else word for word in words)]) == 2
    error = capfd.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_without_demands_there_is_nothing_to_assign(tmp_path, capfd):
    path = tmp_path / "none.toml"
    path.write_text(FILE)
    assert main(["link", "assign", str(path), "--days", "1"]) == 2
    assert "has no demand on ground antennas; add [[demand]]" in capfd.readouterr().err
