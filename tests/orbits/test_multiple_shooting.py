"""Periodic orbits flown in the full model."""

import numpy as np
import pytest

from moonstation.errors import CoverageError, OrbitError, RequestError
from moonstation.orbits.multiple_shooting import (
    CLOSED_M,
    CLOSED_M_S,
    PatchPoints,
    close_arcs,
    fly_periodic,
    turning_to_icrf,
)
from moonstation.orbits.propagation import propagate
from moonstation.orbits.three_body import distant_retrograde_orbit, near_rectilinear_orbit
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2030-01-01")


@pytest.fixture(scope="module")
def gateway():
    return fly_periodic(near_rectilinear_orbit(), epoch=EPOCH, revolutions=4)


def test_the_trajectory_is_one_motion(gateway):
    # flown anew from any of its states to the next, it ends where the trajectory says
    for k in range(0, len(gateway.et) - 1, 7):
        begin, end = gateway.et[k], gateway.et[k + 1]
        leg = propagate(
            gateway.states_icrf[k],
            epoch=Epoch.from_tdb_s(float(begin)),
            duration=float(end - begin),
            degree=gateway.degree,
            bound=False,
        )
        jump = np.abs(leg.states_icrf[-1] - gateway.states_icrf[k + 1])
        assert jump[:3].max() < 2.0 * CLOSED_M
        assert jump[3:].max() < 2.0 * CLOSED_M_S


def test_it_stays_the_orbit_that_was_asked_for(gateway):
    orbit = near_rectilinear_orbit()
    et = np.linspace(gateway.et[0], gateway.et[-1], 4000)
    states = gateway.state_icrf(et)
    distance = np.linalg.norm(states[:, :3], axis=1)
    # the Moon's own distance swings by 6 %, and the ends of a trajectory are free
    assert distance.min() == pytest.approx(orbit.perilune, rel=0.2)
    assert distance.max() == pytest.approx(orbit.apolune, rel=0.05)
    south = np.einsum("ni,ni->n", default_ephemeris().rotation_icrf_to_me(et)[:, 2], states[:, :3]) < 0.0
    assert south.mean() > 0.8


def test_distant_retrograde_goes_round_against_the_moon():
    flight = fly_periodic(distant_retrograde_orbit(radius=70e6), epoch=EPOCH, revolutions=2)
    et = np.linspace(flight.et[0], flight.et[-1], 500)
    states = flight.state_icrf(et)
    earth = -default_ephemeris().state_icrf("earth", et)
    moon_turns = np.cross(earth[:, :3], earth[:, 3:])
    turns = np.cross(
        states[:, :3],
        states[:, 3:] - np.cross(moon_turns / np.sum(earth[:, :3] ** 2, axis=1)[:, None], states[:, :3]),
    )
    assert (np.einsum("ni,ni->n", turns, moon_turns) < 0.0).all()


def test_the_moon_itself_is_at_rest_in_turning_axes():
    et = EPOCH.tdb_s + np.linspace(0.0, 2e6, 5)
    moon = turning_to_icrf(np.tile([1.0 - 0.012150584405592612, 0, 0, 0, 0, 0], (5, 1)), et)
    assert np.abs(moon[:, :3]).max() < 1e-3
    assert np.abs(moon[:, 3:]).max() < 1e-9


def test_turning_axes_give_the_velocity_of_a_fixed_point():
    # a point that rests in the turning, pulsating axes moves as its places say
    fixed = np.array([1.1, 0.05, -0.1, 0.0, 0.0, 0.0])
    et = EPOCH.tdb_s + np.array([-30.0, 0.0, 30.0])
    states = turning_to_icrf(np.tile(fixed, (3, 1)), et)
    speed = (states[2, :3] - states[0, :3]) / 60.0
    # the plane's own tilting is left out, a few mm/s out here
    np.testing.assert_allclose(states[1, 3:], speed, atol=0.05)


def test_what_cannot_be_closed_says_how_far_it_is():
    points = PatchPoints(np.array([0.0, 1.0]), np.array([[1e7, 0, 0, 0, 1e3, 0], [9e7, 0, 0, 0, -1e3, 0]]))

    def stuck(state, _et, _duration):
        return state + np.array([5e6, 0, 0, 0, 0, 0]) * np.sign(state[0]) * 1e3, np.eye(6)

    with pytest.raises(OrbitError, match="does not close: jumps of"):
        close_arcs(points, stuck)


def test_bad_requests():
    orbit = near_rectilinear_orbit()
    with pytest.raises(RequestError, match="revolutions: 0"):
        fly_periodic(orbit, epoch=EPOCH, revolutions=0)
    with pytest.raises(CoverageError):
        fly_periodic(orbit, epoch=Epoch.parse("2149-12-01"), revolutions=20)
