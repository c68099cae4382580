"""Files of a study: rows of ephemeris messages and the summary's schema."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from oem import OrbitEphemerisMessage

from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch
from moonstation.study.files import ephemeris_rows, write_orbit
from moonstation.study.summary import Summary

EPOCH = Epoch.parse("2035-01-01")


def fly(periapsis: float, apoapsis: float, days: float) -> Trajectory:
    elements = Elements.from_altitudes(
        periapsis, apoapsis, inclination=np.radians(119.0), raan=1.0, arg_periapsis=np.pi / 2
    )
    state = elements_to_state(elements, axes="ME", epoch=EPOCH)
    return propagate(state, epoch=EPOCH, duration=days * 86_400.0, degree=20, name="flyer")


def hermite(t: np.ndarray, states: np.ndarray, at: float, nodes: int) -> np.ndarray:
    """Position by Hermite interpolation through the nearest rows, by divided differences, as a reader would."""
    first = int(np.clip(np.searchsorted(t, at) - nodes // 2, 0, t.size - nodes))
    rows = slice(first, first + nodes)
    z = np.repeat(t[rows] - at, 2)
    scale = float(np.ptp(z))
    z = z / scale
    table = np.repeat(states[rows, :3], 2, axis=0)
    result = table[0].copy()
    product = 1.0
    speeds = states[rows, 3:] * scale
    for order in range(1, 2 * nodes):
        new = []
        for i in range(2 * nodes - order):
            gap = z[i + order] - z[i]
            new.append(speeds[i // 2] if gap == 0.0 else (table[i + 1] - table[i]) / gap)
        table = np.array(new)
        product *= -z[order - 1]
        result += product * table[0]
    return result


@pytest.mark.parametrize(
    ("periapsis", "apoapsis"),
    [(200e3, 16_000e3), (254e3, 16_941e3), (500e3, 500e3), (100e3, 100e3), (300e3, 8_600e3)],
)
def test_readers_who_interpolate_the_rows_stay_within_a_metre(periapsis: float, apoapsis: float) -> None:
    flight = fly(periapsis, apoapsis, 3.0)
    start, stop = float(flight.et[0]), float(flight.et[-1])
    rows = ephemeris_rows(flight, start, stop)
    assert rows[0] == start
    assert rows[-1] == stop
    assert (np.diff(rows) > 1.0).all()
    states = flight.state_icrf(rows)
    at = np.random.default_rng(7).uniform(start, stop, 1500)
    error = [
        np.linalg.norm(hermite(rows, states, t, 4) - r)
        for t, r in zip(at, flight.position_icrf(at), strict=True)
    ]
    assert max(error) < 1.0


def test_the_oem_package_reads_an_orbit_of_a_study(tmp_path: Path) -> None:
    flight = fly(500e3, 500e3, 0.5)
    result = SimpleNamespace(trajectories={"flyer": flight}, start=EPOCH, stop=EPOCH + 0.5 * 86_400.0)
    write_orbit(result, "flyer", tmp_path / "flyer.oem")  # type: ignore[arg-type]
    message = OrbitEphemerisMessage.open(tmp_path / "flyer.oem")
    (segment,) = message.segments
    assert segment.metadata["CENTER_NAME"] == "MOON"
    assert segment.metadata["REF_FRAME"] == "ICRF"
    assert segment.metadata["TIME_SYSTEM"] == "TDB"
    first = next(iter(segment.states))
    np.testing.assert_allclose(first.position, flight.states_icrf[0, :3] / 1e3, atol=1e-6)


def test_every_value_of_the_summary_is_documented() -> None:
    schema = Summary.model_json_schema(by_alias=True)
    for name, part in schema["$defs"].items():
        assert part.get("description"), name
    for key in (
        "station",
        "span",
        "sites",
        "orbiters",
        "contacts",
        "relays",
        "arrivals",
        "energy",
        "requirements",
        "sources",
        "software",
    ):
        assert key in schema["properties"]
