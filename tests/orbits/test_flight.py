"""Impulses, ends on the ground, and trajectories made of several."""

import numpy as np
import pytest
from orbit_files import EPOCH, flown

from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.events import EventQuery, find_events
from moonstation.orbits.flight import Impulse, fly
from moonstation.orbits.propagation import propagate
from moonstation.orbits.sampling import sample_times

DAY = 86_400.0


@pytest.fixture(scope="module")
def craft():
    return flown()


def test_an_impulse_and_its_opposite_leave_the_orbit_as_it_was(craft):
    when = EPOCH + 30_000.0
    burns = [Impulse(when, (3.0, -2.0, 1.0)), Impulse(when, (-3.0, 2.0, -1.0))]
    flight = fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, impulses=burns)
    et = sample_times(craft, craft.et[0], craft.et[-1])
    # the step at the impulse is another one than without
    assert np.abs(flight.trajectory.position_icrf(et) - craft.position_icrf(et)).max() < 1e-3
    assert flight.ending == ""


@pytest.mark.parametrize("axes", ["ICRF", "RSW", "TNW"])
def test_an_impulse_changes_velocity_by_what_it_says(craft, axes):
    state = craft.states_icrf[5]
    dv = (1.0, -2.0, 0.5)
    after = Impulse(EPOCH, dv, axes).apply(state)
    np.testing.assert_array_equal(after[:3], state[:3])
    change = after[3:] - state[3:]
    assert np.linalg.norm(change) == pytest.approx(np.linalg.norm(dv))
    momentum = np.cross(state[:3], state[3:])
    along = {"ICRF": np.array([1.0, 0.0, 0.0]), "RSW": state[:3], "TNW": state[3:]}[axes]
    assert change @ along / np.linalg.norm(along) == pytest.approx(1.0)
    if axes == "RSW":
        assert change @ momentum / np.linalg.norm(momentum) == pytest.approx(0.5)
        assert change @ np.cross(momentum, state[:3]) < 0.0, "S points forward"


def test_after_the_impulse_the_orbit_is_another(craft):
    burn = Impulse(EPOCH + 30_000.0, (0.0, 10.0, 0.0), "RSW")
    trajectory = fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, impulses=[burn]).trajectory
    before = np.array([craft.et[0] + 29_999.0])
    after = np.array([craft.et[0] + 60_000.0])
    np.testing.assert_allclose(trajectory.state_icrf(before), craft.state_icrf(before), atol=1e-3)
    assert np.linalg.norm(trajectory.position_icrf(after) - craft.position_icrf(after)) > 1e4
    with pytest.raises(RequestError, match="lies outside of the span"):
        fly(craft.states_icrf[0], epoch=EPOCH, duration=20_000.0, impulses=[burn])


def test_a_falling_orbit_is_flown_to_the_ground(craft):
    burn = Impulse(EPOCH + 4200.0, (0.0, -60.0, 0.0), "RSW")
    with pytest.raises(OrbitError, match="hits the ground"):
        fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, impulses=[burn], name="craft")
    flight = fly(
        craft.states_icrf[0],
        epoch=EPOCH,
        duration=DAY,
        degree=10,
        impulses=[burn],
        to_the_end=True,
        name="craft",
    )
    assert flight.ending.startswith("hits the ground (1737.4 km sphere) 2035-01-01T0")
    end = flight.trajectory.et[-1:]
    assert 0.0 <= flight.trajectory.altitude(end)[0] < 20.0
    (impact,) = find_events(flight.trajectory, [EventQuery("impact")])
    assert impact.start == end[0]
    assert 1500.0 < impact.value < 1800.0
    assert not find_events(craft, [EventQuery("impact")])


def test_an_orbit_that_cannot_begin_is_refused(craft):
    state = craft.states_icrf[0]
    with pytest.raises(OrbitError, match=r"under the 1737.4 km sphere"):
        fly(state * np.array([0.5] * 3 + [1.0] * 3), epoch=EPOCH, duration=DAY, to_the_end=True)
    with pytest.raises(OrbitError, match="hyperbolic"):
        fly(state * np.array([1.0] * 3 + [2.0] * 3), epoch=EPOCH, duration=DAY, to_the_end=True)


def test_an_orbit_without_end_is_the_plain_one(craft):
    flight = fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, to_the_end=True, name="craft")
    again = propagate(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10)
    np.testing.assert_array_equal(flight.trajectory.et, again.et)
    np.testing.assert_array_equal(flight.trajectory.states_icrf, again.states_icrf)
