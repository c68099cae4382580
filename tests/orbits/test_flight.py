"""Impulses, ends on the ground, and trajectories made of several."""

import numpy as np
import pytest
from orbit_files import EPOCH, flown

from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.burns import Burn, Impulse, impulse_icrf
from moonstation.orbits.events import EventQuery, find_events
from moonstation.orbits.flight import fly
from moonstation.orbits.plans import FARTHEST
from moonstation.orbits.propagation import propagate
from moonstation.orbits.sampling import sample_times

DAY = 86_400.0


@pytest.fixture(scope="module")
def craft():
    return flown()


def test_an_impulse_and_its_opposite_leave_the_orbit_as_it_was(craft):
    when = EPOCH + 30_000.0
    burns = [Impulse(when, (3.0, -2.0, 1.0), "ICRF"), Impulse(when, (-3.0, 2.0, -1.0), "ICRF")]
    flight = fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, manoeuvres=burns)
    et = sample_times(craft, craft.et[0], craft.et[-1])
    # the step at the impulse is another one than without
    assert np.abs(flight.trajectory.position_icrf(et) - craft.position_icrf(et)).max() < 1e-3
    assert flight.ending == ""


@pytest.mark.parametrize("axes", ["ICRF", "RTN", "VNB"])
def test_an_impulse_changes_velocity_by_what_it_says(craft, axes):
    state = craft.states_icrf[5]
    dv = (1.0, -2.0, 0.5)
    change = impulse_icrf(Impulse(EPOCH, dv, axes), state, np.zeros(6))
    assert np.linalg.norm(change) == pytest.approx(np.linalg.norm(dv))
    momentum = np.cross(state[:3], state[3:])
    along = {"ICRF": np.array([1.0, 0.0, 0.0]), "RTN": state[:3], "VNB": state[3:]}[axes]
    assert change @ along / np.linalg.norm(along) == pytest.approx(1.0)
    if axes == "RTN":
        assert change @ momentum / np.linalg.norm(momentum) == pytest.approx(0.5)
        assert change @ np.cross(momentum, state[:3]) < 0.0, "T points forward"


def test_after_the_impulse_the_orbit_is_another(craft):
    burn = Impulse(EPOCH + 30_000.0, (0.0, 10.0, 0.0), "RTN")
    trajectory = fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, manoeuvres=[burn]).trajectory
    before = np.array([craft.et[0] + 29_999.0])
    after = np.array([craft.et[0] + 60_000.0])
    np.testing.assert_allclose(trajectory.state_icrf(before), craft.state_icrf(before), atol=1e-3)
    assert np.linalg.norm(trajectory.position_icrf(after) - craft.position_icrf(after)) > 1e4
    with pytest.raises(RequestError, match="lies outside of the flight"):
        fly(craft.states_icrf[0], epoch=EPOCH, duration=20_000.0, manoeuvres=[burn])


def test_a_falling_orbit_is_flown_to_the_ground(craft):
    burn = Impulse(EPOCH + 4200.0, (0.0, -60.0, 0.0), "RTN")
    with pytest.raises(OrbitError, match="hits the ground"):
        fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, manoeuvres=[burn], name="craft")
    flight = fly(
        craft.states_icrf[0],
        epoch=EPOCH,
        duration=DAY,
        degree=10,
        manoeuvres=[burn],
        to_the_end=True,
        name="craft",
    )
    assert flight.ending.startswith("hits the ground (1737.4 km sphere) 2035-01-01T0")
    end = flight.trajectory.et[-1:]
    # a microsecond of falling
    assert 0.0 <= flight.trajectory.altitude(end)[0] < 0.01
    with pytest.raises(OrbitError, match=flight.ending.split()[6][:22]):
        fly(craft.states_icrf[0], epoch=EPOCH, duration=DAY, degree=10, manoeuvres=[burn])
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


def test_the_way_to_the_end_is_the_way_of_a_shorter_flight(craft):
    start = craft.states_icrf[0] * np.array([1.0] * 3 + [0.93] * 3)
    fallen = fly(start, epoch=EPOCH, duration=DAY, degree=10, to_the_end=True).trajectory
    whole = propagate(start, epoch=EPOCH, duration=fallen.et[-1] - fallen.et[0] - 1.0, degree=10)
    et = np.linspace(whole.et[0], whole.et[-1], 400)
    np.testing.assert_allclose(fallen.state_icrf(et), whole.state_icrf(et), rtol=0.0, atol=1e-5)


def test_an_orbit_that_leaves_is_flown_to_the_limit(craft):
    burn = Impulse(EPOCH + 4200.0, (0.0, 800.0, 0.0), "RTN")
    flight = fly(
        craft.states_icrf[0], epoch=EPOCH, duration=20 * DAY, degree=10, manoeuvres=[burn], to_the_end=True
    )
    assert flight.ending.startswith("leaves the Moon, 150,000 km away, 2035-01-0")
    assert np.linalg.norm(flight.trajectory.states_icrf[-1, :3]) == pytest.approx(FARTHEST, abs=0.1)


def test_a_burn_cut_short_by_the_ground_keeps_the_mass_it_had(craft):
    brake = Burn(EPOCH + 4200.0, 3000.0, thrust=1000.0, isp=300.0, direction=(-1.0, 0.0, 0.0), axes="VNB")
    flight = fly(
        craft.states_icrf[0],
        epoch=EPOCH,
        duration=DAY,
        degree=10,
        manoeuvres=[brake],
        mass=2000.0,
        to_the_end=True,
    )
    end = flight.trajectory.et[-1:]
    burnt = end[0] - brake.begin
    assert 0.0 < burnt < 3000.0
    assert flight.trajectory.mass(end)[0] == pytest.approx(2000.0 - brake.mass_flow * burnt, rel=1e-9)
    assert abs(np.linalg.norm(flight.trajectory.position_icrf(end)) - MOON_RADIUS) < 0.01


def test_matrices_of_a_flight_to_its_end_are_refused(craft):
    with pytest.raises(RequestError, match="no transition matrices of a flight to its end"):
        propagate(craft.states_icrf[0], epoch=EPOCH, duration=DAY, transition=True, to_the_end=True)


def test_absurd_states_are_refused_without_a_warning(craft):
    with pytest.raises(RequestError, match=r"1e\+300 is out of reach"):
        propagate(np.array([1e300, 0.0, 0.0, 0.0, 0.0, 1.0]), epoch=EPOCH, duration=DAY)
