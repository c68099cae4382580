"""State transition matrices against differences of flights, against the laws they obey, and flights backward."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.orbits.burns import Burn, Impulse
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
DAY = 86_400.0
LOW = np.array([1538.479982, 939.838979, 353.056139, 0.03684078, -0.626994226, 1.508527262]) * 1e3
HIGH = np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404]) * 1e3
UNITS = np.array([1.0, 1.0, 1.0, 1e-3, 1e-3, 1e-3])
"""Sizes of changes that move an orbiter alike: a metre, a millimetre a second."""

SWAP = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])


def differences(start, at, **options):
    """Derivative of the state at an epoch by the start, fourth-order differences of flights themselves."""
    result = np.empty((6, 6))
    for i in range(6):
        step = np.zeros(6)
        step[i] = UNITS[i]
        forth, back, far, off = (
            propagate(start + k * step, epoch=EPOCH, tolerance=1e-8, **options).state_icrf(at)[0]
            for k in (1.0, -1.0, 2.0, -2.0)
        )
        result[:, i] = (8.0 * (forth - back) - (far - off)) / (12.0 * step[i])
    return result


CASES = {
    "low": (LOW, 0.5 * DAY, {}),
    "relay": (HIGH, 3.0 * DAY, {}),
    "backward": (HIGH, -3.0 * DAY, {}),
    "impulse": (
        HIGH,
        3.0 * DAY,
        {"manoeuvres": [Impulse(Epoch.from_tdb_s(EPOCH.tdb_s + 40_000.0), (10.0, 5.0, -3.0), axes="RTN")]},
    ),
    "engine": (
        HIGH,
        2.0 * DAY,
        {
            "manoeuvres": [
                Burn(
                    Epoch.from_tdb_s(EPOCH.tdb_s + 30_000.0),
                    3000.0,
                    20.0,
                    300.0,
                    (1.0, 2.0, 0.5),
                    axes="ICRF",
                )
            ],
            "mass": 1000.0,
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_matrix_is_the_derivative_of_the_flight(case):
    """1e-7 of the largest element: differences over metres leave 1e-9, of 1e-6 m in 100 m that the orbit swings."""
    start, duration, options = CASES[case]
    flown = propagate(start, epoch=EPOCH, duration=duration, degree=50, transition=True, **options)
    for share in (1.0, 0.61):
        at = EPOCH.tdb_s + share * duration
        found = flown.transition(at)[0] * UNITS / UNITS[:, None]
        expected = differences(start, at, duration=duration, degree=50, **options) * UNITS / UNITS[:, None]
        assert np.abs(found - expected).max() < 1e-7 * np.abs(expected).max()


@pytest.mark.parametrize("case", ["low", "relay", "backward", "engine"])
def test_phase_space_is_kept(case):
    """Forces with a potential: det = 1 and P^T J P = J, which the discrete steps keep to rounding."""
    start, duration, options = CASES[case]
    flown = propagate(start, epoch=EPOCH, duration=duration, degree=50, transition=True, **options)
    for matrix in flown.transitions[:: max(1, len(flown.et) // 7)]:
        scaled = matrix * UNITS / UNITS[:, None]
        assert np.linalg.det(scaled) == pytest.approx(1.0, abs=1e-9)
        assert np.abs(scaled.T @ SWAP @ scaled - SWAP).max() < 1e-14 * np.abs(scaled).max() ** 2


def test_matrices_between_steps_and_of_steps():
    flown = propagate(HIGH, epoch=EPOCH, duration=DAY, degree=20, transition=True)
    assert np.array_equal(flown.transition(EPOCH.tdb_s)[0].round(9), np.eye(6))
    np.testing.assert_allclose(flown.transition(flown.et), flown.transitions, rtol=1e-9, atol=1e-9)
    matrix = np.eye(6)
    for step in flown.step_transitions:
        matrix = step @ matrix
    np.testing.assert_allclose(matrix, flown.transitions[-1], rtol=1e-6, atol=1e-6)
    plain = propagate(HIGH, epoch=EPOCH, duration=DAY, degree=20)
    assert np.array_equal(plain.states_icrf, flown.states_icrf)
    with pytest.raises(RequestError, match="propagate it with transition=True"):
        plain.transition(flown.et)


def test_gradient_to_a_lower_degree():
    """A low periapsis feels the ground: for the matrix of a relay orbit degree 20 does, degree 2 does not."""
    full = propagate(HIGH, epoch=EPOCH, duration=DAY, degree=50, transition=True).transitions[-1]
    off = [
        np.abs(
            propagate(
                HIGH, epoch=EPOCH, duration=DAY, degree=50, transition=True, transition_degree=degree
            ).transitions[-1]
            - full
        ).max()
        / np.abs(full).max()
        for degree in (2, 20, 40)
    ]
    assert off[0] > 0.01 > 2e-3 > off[1] > off[2] > 1e-7


def test_there_and_back():
    there = propagate(HIGH, epoch=EPOCH, duration=3 * DAY, degree=50)
    end = Epoch.from_tdb_s(there.et[-1])
    back = propagate(there.states_icrf[-1], epoch=end, duration=-3 * DAY, degree=50, name="returner")
    assert back.et[0] == EPOCH.tdb_s
    assert np.all(np.diff(back.et) > 0.0)
    assert back.started_at == there.et[-1]
    et = np.linspace(EPOCH.tdb_s, there.et[-1], 2000)
    assert np.abs(back.position_icrf(et) - there.position_icrf(et)).max() < 1e-3
    np.testing.assert_allclose(back.state_icrf(back.et), back.states_icrf, atol=1e-6)
    assert np.array_equal(back.states_icrf[-1], there.states_icrf[-1])


def test_turning_axes_need_other_ways():
    burn = Burn(Epoch.from_tdb_s(EPOCH.tdb_s + 100.0), 60.0, 20.0, 300.0)
    with pytest.raises(RequestError, match="give it in ICRF axes, or as impulses"):
        propagate(LOW, epoch=EPOCH, duration=DAY, degree=8, manoeuvres=[burn], mass=500.0, transition=True)
