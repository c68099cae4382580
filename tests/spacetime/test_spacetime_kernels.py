"""The compiled loops against plain NumPy that says the same."""

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from moonstation.spacetime import _kernels
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.frames import rotation_about

T0, DT = -1000.0, 50.0


def reference_position(records: np.ndarray, t0: float, dt: float, t: float) -> np.ndarray:
    k = min(max(int(np.floor((t - t0) / dt)), 0), len(records) - 1)
    x = (t - t0 - (k + 0.5) * dt) / (dt / 2)
    return chebyshev.chebval(x, records[k].T)


def reference_state(records: np.ndarray, t0: float, dt: float, t: float) -> np.ndarray:
    k = min(max(int(np.floor((t - t0) / dt)), 0), len(records) - 1)
    x = (t - t0 - (k + 0.5) * dt) / (dt / 2)
    rates = chebyshev.chebder(records[k].T) * 2 / dt
    return np.concatenate([chebyshev.chebval(x, records[k].T), chebyshev.chebval(x, rates)])


def reference_rotation(phi: float, delta: float, w: float) -> np.ndarray:
    return rotation_about(3, w) @ rotation_about(1, delta) @ rotation_about(3, phi)


@pytest.fixture(scope="module")
def records() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(6, 3, 9))


# both ends, the edges of records, and times within
TIMES = np.array([T0, T0 + DT, T0 + 2 * DT, T0 + 6 * DT, T0 + 1e-9, -777.7, -999.0, -701.0])


@pytest.mark.parametrize("t", TIMES)
def test_chebyshev(records: np.ndarray, t: float) -> None:
    position, state = np.empty(3), np.empty(6)
    _kernels.chebyshev_position(records, T0, DT, t, position)
    _kernels.chebyshev_state(records, T0, DT, t, state)
    np.testing.assert_allclose(position, reference_position(records, T0, DT, t), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(state, reference_state(records, T0, DT, t), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("width", "reference"), [(3, reference_position), (6, reference_state)])
def test_add_states_adds(records: np.ndarray, width: int, reference) -> None:
    before = np.random.default_rng(2).normal(size=(len(TIMES), width))
    out = before.copy()
    _kernels.add_states(records, T0, DT, -1.0, TIMES, out)
    expected = before - [reference(records, T0, DT, t) for t in TIMES]
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


def test_rotation_from_angles() -> None:
    out = np.empty((3, 3))
    for angles in np.random.default_rng(3).uniform(-7, 7, (20, 3)):
        _kernels.rotation_from_angles(*angles, out)
        np.testing.assert_allclose(out, reference_rotation(*angles), atol=1e-15)


def test_rotations_are_turned_on(records: np.ndarray) -> None:
    after = rotation_about(2, 0.3) @ rotation_about(1, -1.1)
    out = np.empty((len(TIMES), 3, 3))
    _kernels.rotations(records, T0, DT, after, TIMES, out)
    for t, matrix in zip(TIMES, out, strict=True):
        angles = reference_position(records, T0, DT, t)
        np.testing.assert_allclose(matrix, after @ reference_rotation(*angles), atol=1e-13)


def test_window_gives_the_same_as_the_ephemeris() -> None:
    ephemeris = default_ephemeris()
    start, stop = 1.1e9, 1.1e9 + 40 * 86400.0
    window = ephemeris.window(start, stop)
    earth, sun, turn = np.empty(3), np.empty(3), np.empty((3, 3))
    for t in np.linspace(start, stop, 37):
        _kernels.moon_bodies(window, t, earth, sun)
        _kernels.libration_matrix(window, t, turn)
        # 1e-6 m: the sums are made in another order
        np.testing.assert_allclose(earth, ephemeris.position_icrf("earth", t)[0], rtol=0, atol=1e-6)
        np.testing.assert_allclose(sun, ephemeris.position_icrf("sun", t)[0], rtol=0, atol=1e-3)
        np.testing.assert_allclose(turn, ephemeris.rotation_icrf_to_pa(t)[0], rtol=0, atol=1e-14)
