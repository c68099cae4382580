"""Transition matrices: against differences of the full model, and as Hamiltonian motion must be."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import propagate
from moonstation.orbits.transition import step_transitions, transition_matrix
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
LOW = np.array([1538479.982, 939838.979, 353056.139, 36.84078, -626.994226, 1508.527262])
RELAY = np.array([-7434925.7, 1529330.494, -15728213.633, -132.14805326, 186.199411, 80.620404])
SCALE = np.array([1e3] * 3 + [1.0] * 3)


@pytest.mark.parametrize(("start", "duration"), [(LOW, 86_400.0), (RELAY, 172_800.0)])
def test_against_differences_of_the_full_model(start, duration):
    field = load_gravity(50)

    def end(state):
        return propagate(state, epoch=EPOCH, duration=duration, gravity=field).states_icrf[-1]

    flight = propagate(start, epoch=EPOCH, duration=duration, gravity=field)
    matrix = transition_matrix(flight, gravity=field) * SCALE / SCALE[:, None]
    expected = np.empty((6, 6))
    for k in range(6):
        # fourth order; smaller steps lose digits to the rounding of the two flights
        h = np.zeros(6)
        h[k] = 3.0 if k < 3 else 3e-3
        near = end(start + h) - end(start - h)
        far = end(start + 2.0 * h) - end(start - 2.0 * h)
        expected[:, k] = (8.0 * near - far) / (12.0 * h[k])
    expected = expected * SCALE / SCALE[:, None]
    assert np.abs(matrix - expected).max() < 1e-6 * np.abs(expected).max()
    # the harmonics matter: without them the low orbit's matrix is another one
    if start is LOW:
        plain = propagate(start, epoch=EPOCH, duration=duration, degree=2)
        rough = transition_matrix(plain) * SCALE / SCALE[:, None]
        assert np.abs(rough - expected).max() > 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize(("start", "duration"), [(LOW, 86_400.0), (RELAY, 172_800.0)])
def test_motion_is_symplectic(start, duration):
    matrix = transition_matrix(propagate(start, epoch=EPOCH, duration=duration, degree=20))
    form = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-9)
    product = matrix.T @ form @ matrix
    size = np.abs(matrix.T) @ np.abs(form) @ np.abs(matrix)
    assert (np.abs(product - form) < 1e-9 * size + 1e-12).all()


def test_steps_multiply_to_the_whole():
    flight = propagate(RELAY, epoch=EPOCH, duration=86_400.0, degree=8)
    total = np.eye(6)
    for step in step_transitions(flight):
        total = step @ total
    np.testing.assert_array_equal(total, transition_matrix(flight))


def test_another_field_is_refused():
    flight = propagate(RELAY, epoch=EPOCH, duration=86_400.0, degree=8)
    with pytest.raises(RequestError, match="flown to degree 8"):
        transition_matrix(flight, gravity=load_gravity(4))
