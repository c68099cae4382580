"""Missions that name their day: the flight, what it can bring, and what is said of it."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.report.page import write_report
from moonstation.station.loading import load_station
from moonstation.study.files import summary_of
from moonstation.study.missions import _flight
from moonstation.study.result import StudyResult
from moonstation.study.run import run_study, study_span
from moonstation.transfers.launch import STANDARD_GRAVITY

STATION = """\
[station]
start = 2035-01-01
span = "2 d"
ground_stations = ["kashi"]
launchers = ["long_march_5", "angara_a5m"]
[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"
[[element]]
id = "hut"
site = "ridge"
kind = "habitat"
mission = "first"
mass = { value = "700 kg", confidence = "published", source = "a paper" }
[[element]]
id = "mast"
site = "ridge"
kind = "other"
mission = "first"
[[mission]]
id = "first"
name = "First <landing>"
launcher = "long_march_5"
departs = { value = 2034-12-01, confidence = "assumption" }
launch_site = "wenchang"
flight_time = "4.5 d"
site = "ridge"
specific_impulse = "310 s"
insertion_margin = "5 %"
craft_mass = "3000 kg"
[[mission]]
id = "second"
rocket = "angara_a5m"
departs = 2034-12-05
launch_site = "vostochny"
[[mission]]
id = "third"
launch = "2036"
[[requirement]]
id = "mass"
metric = "mission.first.mass_margin"
at_least = "0 kg"
[[requirement]]
id = "unknown"
metric = "mission.second.mass_margin"
at_least = "0 kg"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    path: Path = tmp_path_factory.mktemp("missions") / "flown.toml"
    path.write_text(STATION, encoding="utf-8")
    station = load_station(path)
    return run_study(station, study_span(station, step="1 h"))


def test_missions_that_name_a_day_are_flown(result: StudyResult) -> None:
    first, second = result.arrivals
    assert [first.mission.id, second.mission.id] == ["first", "second"]
    assert first.days_off == 0
    assert first.flight.lift_off.utc[:10] == "2034-12-01"
    assert first.flight.flight_time == pytest.approx(4.5 * 86_400.0, abs=0.5 * 86_400.0)
    assert 3050.0 < first.flight.injection < 3200.0
    assert 750.0 < first.flight.insertion.delta_v < 950.0


def test_masses_by_the_rocket_equation_margins_once(result: StudyResult) -> None:
    first, second = result.arrivals
    exhaust = STANDARD_GRAVITY * 310.0
    in_orbit = 8350.0 * np.exp(-1.05 * first.flight.insertion.delta_v / exhaust)
    assert first.in_orbit == pytest.approx(in_orbit, rel=1e-12)
    # the published descent holds 5 % already
    assert first.landed == pytest.approx(in_orbit * np.exp(-2180.0 / exhaust), rel=1e-12)
    assert (first.elements, first.manifest) == (2, 700.0)
    assert first.mass_margin == pytest.approx(first.landed - 3000.0 - 700.0)
    assert (second.in_orbit, second.landed, second.mass_margin, second.arrival) == (None, None, None, None)


def test_the_landing_is_lit(result: StudyResult) -> None:
    first, _ = result.arrivals
    assert first.arrival is not None
    assert first.light is not None
    assert first.arrival.landing is not None
    at = np.argmin(np.abs(first.light.et - first.arrival.landing.tdb_s))
    assert first.light.sun_fraction[at - 1 : at + 2].max() > 0.0
    now = np.argmin(np.abs(first.light.et - first.flight.arrival.tdb_s))
    assert first.light.et[now] == pytest.approx(first.flight.arrival.tdb_s)
    assert first.light.sun_fraction[now] == pytest.approx(first.arrival.sun_fraction, abs=1e-9)
    assert first.light.earth_fraction[now] == pytest.approx(first.arrival.earth_fraction, abs=1e-9)


def test_what_is_assumed_is_said(result: StudyResult) -> None:
    first, second = (" ".join(flown.assumed) for flown in result.arrivals)
    assert "day of departure (assumption)" in first
    assert "1 of 2 elements have no mass" in first
    assert "not published" not in first
    assert "specific impulse" not in first
    assert "specific impulse 320 s (default)" in second
    assert "empty mass of the craft not given" in second
    assert "no mass to the Moon is known" in second


def test_requirements_judge_the_margin(result: StudyResult) -> None:
    known, unknown = result.verdicts
    assert known.value == pytest.approx(result.arrivals[0].mass_margin)
    assert unknown.value is None
    assert "give tli" in unknown.text
    assert np.isfinite(result.metrics["mission.first.landing_sun"])
    assert np.isnan(result.metrics["mission.second.landing_sun"])


def test_summary_and_page_tell_of_them(result: StudyResult) -> None:
    first, second = summary_of(result).arrivals
    assert first.mass_margin_kg == result.arrivals[0].mass_margin
    assert first.at_site is not None
    assert first.at_site.landing is not None
    assert second.at_site is None
    assert second.trans_lunar_kg is None
    page = write_report(result)
    assert page == write_report(result)
    assert '<section id="arrivals">' in page
    assert 'id="fig-arrivals"' in page
    assert "First &lt;landing&gt;" in page
    assert "First <landing>" not in page


def test_the_nearest_day_with_a_flight_is_taken(result: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    from moonstation.study import missions

    real, mission = missions.find_moon_flights, result.arrivals[0].mission
    assert mission.departs == date(2034, 12, 1)

    def shy(start, *rest, **more):  # type: ignore[no-untyped-def]
        if start.utc[:10] in ("2034-12-01", "2034-12-02"):
            raise RequestError("the Moon stands too far off the equator")
        return real(start, *rest, **more)

    monkeypatch.setattr(missions, "find_moon_flights", shy)
    flight, days_off = _flight(mission)
    assert days_off == -1
    assert flight.lift_off.utc[:10] == "2034-11-30"

    def never(*rest, **more):  # type: ignore[no-untyped-def]
        raise RequestError("the Moon stands too far off the equator")

    monkeypatch.setattr(missions, "find_moon_flights", never)
    with pytest.raises(
        RequestError, match="mission first: no flight within 14 d of 2034-12-01: the Moon stands"
    ):
        _flight(mission)
