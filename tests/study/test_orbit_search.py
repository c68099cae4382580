"""Orbits by purpose as runs: what is seen from them, what keeping costs, surveys as tables."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.orbits.station_keeping import KeepingErrors
from moonstation.orbits.three_body import PeriodicOrbit, distant_retrograde_orbit, lagrange_point
from moonstation.report.orbit_maps import draw_lifetimes, draw_relays
from moonstation.report.orbit_turning import draw_turning
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.kept_orbits import KeepingPlan
from moonstation.study.orbit_search import (
    fly_found,
    keep_found,
    keeping_figures,
    keeping_table,
    sight_of,
    turning_line,
)
from moonstation.study.orbit_survey import survey_lifetimes, survey_relays
from moonstation.study.orbits import OrbitRun

EPOCH = Epoch.parse("2030-01-01")


@pytest.fixture(scope="module")
def orbit() -> PeriodicOrbit:
    return distant_retrograde_orbit(radius=20e6)


@pytest.fixture(scope="module")
def run(orbit: PeriodicOrbit) -> OrbitRun:
    return fly_found(orbit, epoch=EPOCH, revolutions=6, degree=8, short_name="dro")


def test_sight_of_a_distant_retrograde_orbit(orbit: PeriodicOrbit, run: OrbitRun) -> None:
    sight = sight_of(run, site=Site("under", 0.0, 0.0), mask=0.0)
    assert sight.least == pytest.approx(orbit.perilune, rel=0.1)
    assert sight.greatest == pytest.approx(orbit.apolune, rel=0.1)
    # in the plane of Earth and Moon it passes behind the Moon each time that this is not tilted too far
    assert 0.0 < sight.earth_hidden < 0.05
    assert sight.dwell is not None
    # a point on the equator sees an orbit far away a little less than half of the time
    assert 0.4 < sight.dwell < 0.55
    assert sight.gap is not None
    assert 0.2 * orbit.period_s < sight.gap < 0.9 * orbit.period_s


def test_the_line_turns_with_earth_and_moon(orbit: PeriodicOrbit, run: OrbitRun) -> None:
    line = turning_line(run)
    np.testing.assert_allclose(
        np.linalg.norm(line.r_turning, axis=1),
        np.linalg.norm(run.trajectory.position_icrf(line.et), axis=1),
    )
    # begun on the Earth's side of the Moon, on the line to it
    assert line.r_turning[0, 0] == pytest.approx(-20e6, rel=0.1)
    assert abs(line.r_turning[0, 1]) < 2e6
    # half a revolution later on the other
    half = line.r_turning[np.argmin(np.abs(line.et - line.et[0] - 0.5 * orbit.period_s))]
    assert half[0] == pytest.approx(20e6, rel=0.2)
    assert line.points["L1"] < 0.0 < line.points["L2"]
    assert lagrange_point(2) - lagrange_point(1) == pytest.approx(
        (line.points["L2"] - line.points["L1"]) / 384_748e3, rel=1e-5
    )
    assert draw_turning(line)[:4] == b"\x89PNG"


def test_keeping_costs_what_its_burns_sum_to(orbit: PeriodicOrbit, run: OrbitRun) -> None:
    plan = KeepingPlan(members=3, errors=KeepingErrors(position=500.0), burns_per_revolution=1, seed=4)
    kept = keep_found(run, orbit, plan)
    figures = keeping_figures(kept)
    table = keeping_table(kept)
    # of 7 places the last three are aimed at only
    assert len(table) == 3 * 4
    span = 4 * orbit.period_s
    sums = table.groupby("member")["delta_v_m_s"].sum() * (365.25 * 86_400.0 / span)
    assert figures["yearly_mean"] == pytest.approx(sums.mean(), rel=1e-3)
    assert figures["yearly_1"] <= figures["yearly_50"] <= figures["yearly_99"]
    again = keep_found(run, orbit, plan)
    np.testing.assert_array_equal(kept.delta_v, again.delta_v)


def test_a_reference_that_is_too_short_says_what_to_do(orbit: PeriodicOrbit) -> None:
    short = fly_found(orbit, epoch=EPOCH, revolutions=1, degree=8, short_name="dro")
    with pytest.raises(RequestError, match="more revolutions"):
        keep_found(short, orbit, KeepingPlan(members=1))


def test_relays_are_ranked_and_threads_do_not_matter() -> None:
    asked = {
        "periapsis_altitude": 200e3,
        "apoapsis_altitude": 16_000e3,
        "inclination": np.radians(62.4),
        "epoch": Epoch.parse("2035-01-01"),
        "duration": 8.0 * 86_400.0,
        "nodes": np.radians([0.0, 90.0, 180.0]),
        "arguments": np.radians([80.0, 90.0]),
        "site": Site("pole", -90.0, 0.0),
        "mask_deg": 10.0,
        "degree": 8,
    }
    table = survey_relays(**asked, threads=2)  # type: ignore[arg-type]
    assert len(table) == 6
    assert table["lifetime_d"].is_monotonic_decreasing
    stays = table[table["ending"] == "stays"]
    assert 0 < len(stays) < 6
    assert stays["dwell_share"].is_monotonic_decreasing
    assert table.equals(survey_relays(**asked, threads=1))  # type: ignore[arg-type]
    assert draw_relays(table, title="relays", site="the south pole")[:4] == b"\x89PNG"


def test_low_orbits_at_eleven_degrees_fall_first() -> None:
    # at 50 km and 11 deg within two weeks, at 50 deg not (see tests/against for published lifetimes)
    table = survey_lifetimes(
        altitude=50e3,
        inclinations=np.radians([11.0, 50.0]),
        nodes=np.array([0.0]),
        epoch=Epoch.parse("2035-01-01"),
        duration=14.0 * 86_400.0,
        degree=20,
    )
    assert table["ending"].tolist() == ["hits the ground", "stays"]
    assert table["lowest_km"].tolist()[0] == 0.0
    assert draw_lifetimes(table, title="lifetimes", span_days=14.0)[:4] == b"\x89PNG"


def test_no_orbits_are_refused() -> None:
    with pytest.raises(RequestError, match="0 orbits"):
        survey_lifetimes(
            altitude=1e5, inclinations=np.array([]), nodes=np.zeros(1), epoch=EPOCH, duration=1.0, degree=2
        )
