"""Events of an orbit against SPICE's own searches (gfoclt, gfsep, gfdist, gfposc) on a kernel that we wrote."""

from pathlib import Path

import numpy as np
import pytest
import spiceypy
from spiceypy.utils.support_types import SPICEDOUBLE_CELL

from moonstation.constants import EARTH_MEAN_RADIUS, MOON_RADIUS, SUN_RADIUS
from moonstation.formats.spk import write_spk
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.events import EventQuery, find_events
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.orbit_files import spk_rows
from spice_oracle import ME, spice_kernels

EDGE_S = 0.1
"""We close in to 0.05 s on a motion that SPICE's kernel holds to 0.1 mm; SPICE to its convergence of 1e-6 s."""

INSTANT_S = 0.01
"""Periapsis and nodes are found to 0.001 s; the range is flat at its least, which SPICE's search of extrema feels."""

STEP_S = 60.0
"""Step of the searches for occultations: SPICE passes over windows that are shorter."""

RADII = {"BODY10_RADII": SUN_RADIUS, "BODY301_RADII": MOON_RADIUS, "BODY399_RADII": EARTH_MEAN_RADIUS}
LOW, HIGH = -1001, -1002
START = Epoch.parse("2028-12-20")
"""There is an eclipse of the Moon on 2028-12-31: the Earth's shadow falls on its orbiters."""


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    elements = Elements.from_altitudes(90e3, 120e3, inclination=np.radians(85.0), raan=np.radians(40.0))
    return flown(elements, LOW, 14.0, tmp_path_factory.mktemp("spk"))


@pytest.fixture(scope="module")
def high(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    elements = Elements.from_altitudes(
        300e3, 8600e3, inclination=np.radians(55.0), raan=np.radians(10.0), arg_periapsis=np.radians(90.0)
    )
    return flown(elements, HIGH, 30.0, tmp_path_factory.mktemp("spk"))


def flown(elements: Elements, body: int, days: float, folder: Path) -> Trajectory:
    spice_kernels()
    for name, radius in RADII.items():
        spiceypy.pdpool(name, [radius / 1e3] * 3)
    state = elements_to_state(elements, axes="ME", epoch=START)
    trajectory = propagate(state, epoch=START, duration=days * 86_400.0, degree=20, name=str(body))
    rows = spk_rows(trajectory)
    path = folder / "orbiter.bsp"
    write_spk(path, rows, states_icrf=trajectory.state_icrf(rows), body_id=body)
    spiceypy.furnsh(str(path))
    return trajectory


def window(trajectory: Trajectory, margin: float = 0.0) -> object:
    found = SPICEDOUBLE_CELL(2)
    spiceypy.wninsd(float(trajectory.et[0]) + margin, float(trajectory.et[-1]) - margin, found)
    return found


def intervals(cell: object) -> np.ndarray:
    return np.array([spiceypy.wnfetd(cell, i) for i in range(spiceypy.wncard(cell))]).reshape(-1, 2)


def occulted(
    trajectory: Trajectory, kind: str, front: str, back: str, shape: str = "ELLIPSOID"
) -> np.ndarray:
    result = SPICEDOUBLE_CELL(4000)
    axes = {"MOON": ME, "EARTH": "IAU_EARTH", "SUN": "IAU_SUN"}
    back_axes = "" if shape == "POINT" else axes[back]
    spiceypy.gfoclt(
        kind, front, "ELLIPSOID", axes[front], back, shape, back_axes, "CN", trajectory.name, STEP_S,
        window(trajectory), result,
    )  # fmt: skip
    return intervals(result)


def agree(trajectory: Trajectory, ours: list[tuple[float, float]], theirs: np.ndarray, least: int) -> None:
    begin, end = trajectory.et[0], trajectory.et[-1]
    found = np.array(ours).reshape(-1, 2)
    assert len(theirs) >= least
    assert len(found) == len(theirs)
    inner = (theirs > begin + 1.0) & (theirs < end - 1.0)
    assert np.max(np.abs(found - theirs)[inner]) < EDGE_S


def spans(trajectory: Trajectory, query: EventQuery) -> list[tuple[float, float]]:
    return [(event.start, event.stop) for event in find_events(trajectory, [query])]


@pytest.fixture(scope="module", autouse=True)
def body_axes() -> None:
    spice_kernels()
    # spheres need some axes: fixed ones do
    for name, code in (("EARTH", 399), ("SUN", 10)):
        spiceypy.pdpool(f"BODY{code}_POLE_RA", [0.0, 0.0, 0.0])
        spiceypy.pdpool(f"BODY{code}_POLE_DEC", [90.0, 0.0, 0.0])
        spiceypy.pdpool(f"BODY{code}_PM", [0.0, 0.0, 0.0])
        assert name


@pytest.mark.parametrize("which", ["low", "high"])
@pytest.mark.parametrize(
    ("event", "kind", "front", "least"),
    [
        ("moon-umbra", "FULL", "MOON", 20),
        ("moon-penumbra", "ANY", "MOON", 20),
        ("earth-penumbra", "ANY", "EARTH", 1),
        ("earth-umbra", "FULL", "EARTH", 1),
    ],
)
def test_eclipses(
    which: str, event: str, kind: str, front: str, least: int, request: pytest.FixtureRequest
) -> None:
    trajectory = request.getfixturevalue(which)
    agree(trajectory, spans(trajectory, EventQuery(event)), occulted(trajectory, kind, front, "SUN"), least)


@pytest.mark.parametrize(("event", "kind"), [("hidden", "FULL"), ("partly-hidden", "ANY")])
def test_earth_behind_the_moon(low: Trajectory, event: str, kind: str) -> None:
    agree(low, spans(low, EventQuery(event)), occulted(low, kind, "MOON", "EARTH"), 100)


def test_a_planet_behind_the_moon(low: Trajectory) -> None:
    ours = spans(low, EventQuery("hidden", body="mars"))
    agree(low, ours, occulted(low, "ANY", "MOON", "MARS BARYCENTER", "POINT"), 100)


def test_conjunctions(high: Trajectory) -> None:
    limit = np.radians(12.0)
    result = SPICEDOUBLE_CELL(1000)
    spiceypy.gfsep(
        "SUN", "POINT", "NULL", high.name, "POINT", "NULL", "CN", "EARTH", "<", limit, 0.0, 600.0, 2000,
        window(high, 2.0), result,
    )  # fmt: skip
    agree(high, spans(high, EventQuery("sun-earth-probe", high=limit)), intervals(result), 1)


def test_altitude_and_range(high: Trajectory) -> None:
    result = SPICEDOUBLE_CELL(1000)
    spiceypy.gfdist(
        "MOON", "NONE", high.name, "<", (MOON_RADIUS + 1000e3) / 1e3, 0.0, 600.0, 2000, window(high), result
    )
    agree(high, spans(high, EventQuery("altitude", high=1000e3)), intervals(result), 50)
    spiceypy.gfdist("EARTH", "NONE", high.name, ">", 400_000.0, 0.0, 600.0, 2000, window(high), result)
    agree(high, spans(high, EventQuery("range", low=400_000e3)), intervals(result), 5)


def test_periapsis_and_nodes(high: Trajectory) -> None:
    result = SPICEDOUBLE_CELL(1000)
    spiceypy.gfdist(high.name, "NONE", "MOON", "LOCMIN", 0.0, 0.0, 600.0, 2000, window(high), result)
    theirs = intervals(result)[:, 0]
    ours = np.array([start for start, _ in spans(high, EventQuery("periapsis"))])
    # the first epoch is a periapsis: rounding says whether it counts
    theirs, ours = theirs[theirs > high.et[0] + 1.0], ours[ours > high.et[0] + 1.0]
    assert len(theirs) == len(ours) > 50
    assert np.max(np.abs(theirs - ours)) < INSTANT_S
    spiceypy.gfposc(
        high.name,
        ME,
        "NONE",
        "MOON",
        "LATITUDINAL",
        "LATITUDE",
        ">",
        0.0,
        0.0,
        600.0,
        2000,
        window(high),
        result,
    )
    north = intervals(result)
    for event, column in (("ascending-node", 0), ("descending-node", 1)):
        theirs = north[:, column]
        theirs = theirs[(theirs > high.et[0] + 1.0) & (theirs < high.et[-1] - 1.0)]
        ours = np.array([start for start, _ in spans(high, EventQuery(event))])
        ours = ours[(ours > high.et[0] + 1.0) & (ours < high.et[-1] - 1.0)]
        assert len(theirs) == len(ours) > 50
        assert np.max(np.abs(theirs - ours)) < INSTANT_S


def test_passes_over_a_site(low: Trajectory) -> None:
    site = Site("ridge", -84.0, 40.0, 1000.0)
    lat, lon = np.radians([site.lat_deg, site.lon_deg])
    # SPICE's frame of the site: its own topocentric axes about a fixed point
    spiceypy.lmpool(
        [
            "FRAME_RIDGE_TOPO = 1500301", "FRAME_1500301_NAME = 'RIDGE_TOPO'", "FRAME_1500301_CLASS = 4",
            "FRAME_1500301_CLASS_ID = 1500301", "FRAME_1500301_CENTER = 301", f"TKFRAME_1500301_RELATIVE = '{ME}'",
            "TKFRAME_1500301_SPEC = 'ANGLES'", "TKFRAME_1500301_UNITS = 'RADIANS'",
            "TKFRAME_1500301_AXES = ( 3, 2, 3 )",
            f"TKFRAME_1500301_ANGLES = ( {-lon:.15f}, {lat - np.pi / 2:.15f}, {np.pi:.15f} )",
        ]
    )  # fmt: skip
    place = site.r_me() / 1e3

    def elevation(et: float) -> float:
        position, _ = spiceypy.spkpos(low.name, et, ME, "NONE", "MOON")
        line = spiceypy.mxv(spiceypy.pxform(ME, "RIDGE_TOPO", et), position - place)
        return float(np.degrees(np.arcsin(line[2] / np.linalg.norm(line))))

    events = find_events(low, [EventQuery("pass", low=np.radians(5.0), site=site)])
    assert len(events) > 50
    for event in events[1:-1:7]:
        rising = (elevation(event.start - 0.2) - 5.0, elevation(event.start + 0.2) - 5.0)
        setting = (elevation(event.stop - 0.2) - 5.0, elevation(event.stop + 0.2) - 5.0)
        assert rising[0] < 0.0 < rising[1]
        assert setting[1] < 0.0 < setting[0]
        times = np.linspace(event.start, event.stop, 400)
        assert np.degrees(event.value) == pytest.approx(max(elevation(float(et)) for et in times), abs=0.01)


def test_a_kernel_of_ours_is_the_trajectory(low: Trajectory, high: Trajectory) -> None:
    for trajectory in (low, high):
        et = np.linspace(trajectory.et[0], trajectory.et[-1], 4001)
        states = np.array(
            [spiceypy.spkezr(trajectory.name, float(t), "J2000", "NONE", "MOON")[0] for t in et]
        )
        apart = states * 1e3 - trajectory.state_icrf(et)
        # interpolation of the kernel; a millimetre is asked for
        assert np.max(np.abs(apart[:, :3])) < 1e-4
        assert np.max(np.abs(apart[:, 3:])) < 1e-5
