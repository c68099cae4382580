"""Windows against a scan minute by minute, and what must hold of any windows."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonstation.errors import CoverageError, RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.events import complement
from moonstation.spacetime.sites import Site
from moonstation.sunlight.light import site_light
from moonstation.sunlight.windows import Conditions, find_windows, windows_frame
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon
from moonstation.terrain.horizons import Horizon

RIDGE = read_horizon(packaged_horizon("connecting-ridge"))
SITE = RIDGE.site
DAY = 86_400.0
START = Epoch.parse("2035-01-10").tdb_s
STOP = START + 40 * DAY
RAD = math.radians


def jagged(seed: int, azimuths: int = 720) -> Horizon:
    """A horizon whose every azimuth stands elsewhere: many kinks, many short windows."""
    rng = np.random.default_rng(seed)
    azimuth = 2.0 * np.pi * np.arange(azimuths) / azimuths
    elevation = np.radians(rng.uniform(-1.6, -1.2, azimuths))[None, :]
    return replace(
        RIDGE, heights=np.array([2.0]), azimuth=azimuth, elevation=elevation, distance=np.ones((1, azimuths))
    )


def holds(conditions: Conditions, horizon: Horizon, et: np.ndarray, site: Site = SITE) -> np.ndarray:
    """Whether conditions of an instant hold, straight from their definitions."""
    light = site_light(site, et)
    found = np.ones(et.size, dtype=bool)
    if conditions.sun_elevation:
        low, high = conditions.sun_elevation
        found &= (light.elevation > low) & (light.elevation < high)
    if conditions.earth_elevation:
        low, high = conditions.earth_elevation
        found &= (light.earth_elevation > low) & (light.earth_elevation < high)
    if conditions.lit:
        share = light.sun_fraction(horizon, 2.0)
        found &= share > 0.0 if conditions.disc == "any" else share == 1.0
    if conditions.earth_visible:
        found &= light.earth_elevation > horizon.at(light.earth_azimuth, height=2.0)
    return found


def inside(windows: np.ndarray, et: np.ndarray) -> np.ndarray:
    return np.searchsorted(windows.ravel(), et, side="right") % 2 == 1


CASES = {
    "sun-low": Conditions(sun_elevation=(RAD(-1.5), RAD(-1.0))),
    "lit": Conditions(lit=True),
    "whole": Conditions(lit=True, disc="whole"),
    "earth": Conditions(earth_visible=True, earth_elevation=(RAD(1.0), math.inf)),
    "all": Conditions(
        lit=True,
        sun_elevation=(RAD(-1.6), math.inf),
        earth_elevation=(-math.inf, RAD(4.0)),
        earth_visible=True,
    ),
}


@pytest.mark.parametrize("conditions", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("horizon", [RIDGE, jagged(1)], ids=["ridge", "jagged"])
def test_windows_are_those_of_a_scan_minute_by_minute(conditions: Conditions, horizon: Horizon) -> None:
    et = np.arange(START + 30.0, STOP, 60.0)
    windows = find_windows(SITE, horizon, conditions, START, STOP, height=2.0)
    scanned = holds(conditions, horizon, et)
    assert 0 < scanned.sum() < et.size
    different = et[inside(windows, et) != scanned]
    # a sample may only differ within the tolerance of an edge
    edges = windows.ravel()
    distance = [np.min(np.abs(edges - t)) for t in different]
    assert all(d < 1.0 for d in distance)


def test_windows_shorter_than_any_step_are_found() -> None:
    # the Sun's centre within a hair of an elevation that it passes in seconds
    light = site_light(SITE, np.array([START + 3.3 * DAY + 123.0]))
    at = float(light.elevation[0])
    narrow = Conditions(sun_elevation=(at - 1e-7, at + 1e-7))
    windows = find_windows(SITE, RIDGE, narrow, START, STOP, height=2.0)
    assert any(a <= START + 3.3 * DAY + 123.0 <= b for a, b in windows)
    assert np.all(windows[:, 1] - windows[:, 0] < 600.0)


def test_a_notch_in_the_horizon_lets_the_sun_through_for_minutes() -> None:
    # higher than the Sun all around, but for one azimuth
    wall = np.full(720, RAD(3.0))
    light = site_light(SITE, np.arange(START, STOP, 600.0))
    notch = int(np.argmin(np.abs(RIDGE.azimuth - light.azimuth[100])))
    clearance = float(light.elevation[100]) - float(light.radius[100])
    wall[notch] = clearance + 1.9 * float(light.radius[100])
    horizon = replace(RIDGE, heights=np.array([2.0]), elevation=wall[None, :], distance=np.ones((1, 720)))
    windows = find_windows(SITE, horizon, Conditions(lit=True), START, START + 5 * DAY, height=2.0)
    et = np.arange(START, START + 5 * DAY, 5.0)
    scanned = holds(Conditions(lit=True), horizon, et)
    assert scanned.any()
    assert np.sum(windows[:, 1] - windows[:, 0]) == pytest.approx(
        5.0 * scanned.sum(), abs=10.0 * len(windows)
    )
    assert np.max(windows[:, 1] - windows[:, 0]) < 3600.0


def test_landing_windows_are_instants_from_which_it_stays_lit() -> None:
    need = 10 * DAY
    horizon, stop = RIDGE, START + 120 * DAY
    windows = find_windows(SITE, horizon, Conditions(lit_for=need), START, stop, height=2.0)
    step = 600.0
    et = np.arange(START, stop + need, step)
    lit = holds(Conditions(lit=True), horizon, et)
    dark_before = np.concatenate([[0], np.cumsum(~lit)])
    count = round(need / step)
    good = dark_before[count:] - dark_before[:-count] == 0
    starts = et[: good.size][et[: good.size] < stop]
    different = starts[inside(windows, starts) != good[: starts.size]]
    assert len(windows) > 0
    assert all(np.min(np.abs(windows.ravel() - t)) <= 2 * step for t in different)


def test_short_dark_spells_are_bridged_and_long_ones_are_not() -> None:
    lit = find_windows(SITE, RIDGE, Conditions(lit=True), START, STOP, height=2.0)
    # whole spells only: one that the span cuts counts with its whole length
    dark = np.column_stack([lit[:-1, 1], lit[1:, 0]])
    lengths = np.sort(dark[:, 1] - dark[:, 0])
    assert len(lengths) >= 2
    between = 0.5 * (lengths[0] + lengths[1])
    bridged = find_windows(SITE, RIDGE, Conditions(lit=True, dark_at_most=between), START, STOP, height=2.0)
    assert len(bridged) - 1 == np.sum(lengths > between)


def test_a_total_eclipse_parts_a_window() -> None:
    # NASA's eclipse catalogue (Espenak and Meeus): total lunar eclipse of 2029-12-20, greatest at 22:43 TD; a place
    # near the middle of the Moon's near side sees the Sun high behind the Earth
    site = Site("near side", 10.0, 0.0)
    flat = replace(
        RIDGE, site=site, heights=np.array([2.0]), elevation=np.zeros((1, 720)), distance=np.ones((1, 720))
    )
    start, stop = (Epoch.parse(f"2029-12-{day}").tdb_s for day in (20, 22))
    dark = complement(find_windows(site, flat, Conditions(lit=True), start, stop, height=2.0), start, stop)
    assert len(dark) == 1
    greatest = Epoch.parse("2029-12-20T22:42:00Z").tdb_s
    assert dark[0, 0] < greatest < dark[0, 1]
    whole = complement(
        find_windows(site, flat, Conditions(lit=True, disc="whole"), start, stop, height=2.0), start, stop
    )
    assert whole[0, 0] < dark[0, 0] < dark[0, 1] < whole[0, 1]


def test_short_windows_can_be_left_out_and_tables_tell_edges() -> None:
    every = find_windows(SITE, RIDGE, Conditions(lit=True), START, STOP, height=2.0)
    long = find_windows(SITE, RIDGE, Conditions(lit=True, at_least=3 * DAY), START, STOP, height=2.0)
    assert 0 < len(long) < len(every)
    assert np.all(long[:, 1] - long[:, 0] >= 3 * DAY)
    table = windows_frame(SITE, every, start=START, stop=STOP)
    assert bool(table["clipped"].iloc[0])
    assert table["start_utc"][0] == "2035-01-10T00:00:00Z"
    assert windows_frame(SITE, every[:0], start=START, stop=STOP).empty


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    low=st.floats(-1.7, -1.0),
    wide=st.floats(0.02, 0.6),
    begin=st.floats(0.0, 300.0),
    days=st.floats(1.0, 20.0),
    disc=st.sampled_from(["any", "whole"]),
    lit=st.booleans(),
    earth=st.booleans(),
)
def test_windows_hold_within_and_fail_just_outside(
    seed: int, low: float, wide: float, begin: float, days: float, disc: str, lit: bool, earth: bool
) -> None:
    horizon = jagged(seed)
    conditions = Conditions(
        sun_elevation=(RAD(low), RAD(low + wide)), lit=lit, disc=disc, earth_visible=earth
    )
    start = START + begin * DAY
    stop = start + days * DAY
    windows = find_windows(SITE, horizon, conditions, start, stop, height=2.0)
    flat = windows.ravel()
    assert np.all(np.diff(flat) > 0.0)
    assert windows.size == 0 or (flat[0] >= start and flat[-1] <= stop)
    long = windows[windows[:, 1] - windows[:, 0] > 1.0]
    assert holds(conditions, horizon, long.mean(axis=1)).all()
    inner = np.concatenate([windows[:, 0] + 0.2, windows[:, 1] - 0.2])
    wide_enough = np.tile(windows[:, 1] - windows[:, 0] > 0.4, 2)
    assert holds(conditions, horizon, inner[wide_enough]).all()
    outer = np.concatenate([windows[:, 0] - 0.2, windows[:, 1] + 0.2])
    outer = outer[(outer > start) & (outer < stop)]
    outer = outer[~inside(windows, outer)]
    assert not holds(conditions, horizon, outer).any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "no condition"),
        ({"sun_elevation": (0.2, 0.1)}, "upside down"),
        ({"lit_for": -1.0}, "--lit-for"),
        ({"lit": True, "dark_at_most": math.inf}, "--dark-at-most"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        Conditions(**arguments)  # type: ignore[arg-type]


def test_spans_that_cannot_be_searched_are_refused() -> None:
    lit = Conditions(lit=True)
    with pytest.raises(RequestError, match="end after"):
        find_windows(SITE, RIDGE, lit, START, START, height=2.0)
    with pytest.raises(RequestError, match="outside the computed heights"):
        find_windows(SITE, RIDGE, lit, START, STOP, height=50.0)
    end = Epoch.parse("2150-01-15").tdb_s
    assert len(find_windows(SITE, RIDGE, lit, end - DAY, end, height=2.0))
    with pytest.raises(CoverageError):
        find_windows(SITE, RIDGE, Conditions(lit_for=30 * DAY), end - DAY, end, height=2.0)
