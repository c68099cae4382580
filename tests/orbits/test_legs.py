"""Flights that end at an event, against the trajectory of the same propagator."""

import numpy as np
import pytest
from scipy.optimize import brentq

from moonstation.constants import EARTH_RADIUS, MOON_RADIUS
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.legs import fly_until
from moonstation.orbits.plans import plan_flight
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

START = Epoch.parse("2030-03-01T00:00:00 TDB")
ORBIT = elements_to_state(Elements.from_altitudes(100e3, 3000e3, inclination=1.5, true_anomaly=2.0))


def plan(duration, farthest=6e8):
    return plan_flight(
        START.tdb_s,
        duration,
        degree=8,
        ephemeris=None,
        gravity=None,
        tolerance=1e-6,
        forces=None,
        ground=False,
        farthest=farthest,
        transition_degree=None,
        lowest=MOON_RADIUS,
        who="flight",
    )


def climb(et, states):
    """Rises through zero at the periapsis."""
    return np.einsum("ni,ni->n", states[:, :3], states[:, 3:])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_leg_ends_where_the_trajectory_says(sign):
    duration = sign * 40_000.0
    flown = propagate(ORBIT, epoch=START, duration=duration, degree=8)
    et, state, met = fly_until(plan(duration), ORBIT)
    assert et == START.tdb_s + duration
    assert not met
    assert np.linalg.norm(state[:3] - flown.state_icrf(np.array([et]))[0, :3]) < 1e-3

    # backward in time, what rises in the sense of flight falls in that of the clock
    et, state, met = fly_until(plan(duration), ORBIT, lambda et, states: sign * climb(et, states))
    assert met
    times = START.tdb_s + np.linspace(0.0, duration, 400)
    rates = sign * climb(times, flown.state_icrf(np.sort(times))[:: int(sign)])
    k = int(np.flatnonzero((rates[:-1] < 0.0) & (rates[1:] >= 0.0))[0])
    exact = brentq(
        lambda t: climb(None, flown.state_icrf(np.array([t])))[0], *sorted(times[k : k + 2]), xtol=1e-6
    )
    assert et == pytest.approx(exact, abs=1e-5)
    assert np.linalg.norm(state[:3]) < MOON_RADIUS + 110e3


def test_a_dip_within_one_step_is_seen():
    # down through 122 km over the Earth at 6 deg and up again five minutes later, in a step of a quarter of an hour
    sky = default_ephemeris()
    radius = EARTH_RADIUS + 122e3
    speed, angle = 11_000.0, np.radians(-6.0)
    state = np.array([radius, 0.0, 0.0, speed * np.sin(angle), speed * np.cos(angle), 0.0])
    before = fly_until(plan(-20_000.0), state + sky.state_icrf("earth", np.array([START.tdb_s]))[0])
    begin = before[1]

    def down(et, states):
        return radius - np.linalg.norm(states[:, :3] - sky.position_icrf("earth", et), axis=1)

    again = plan_flight(
        before[0],
        40_000.0,
        degree=8,
        ephemeris=None,
        gravity=None,
        tolerance=1e-6,
        forces=None,
        ground=False,
        farthest=6e8,
        transition_degree=None,
        lowest=MOON_RADIUS,
        who="flight",
    )
    et, _, met = fly_until(again, begin, down)
    assert met
    assert et == pytest.approx(START.tdb_s, abs=0.01)


def test_what_meets_a_body_or_leaves_gives_nothing():
    earth = default_ephemeris().state_icrf("earth", np.array([START.tdb_s]))[0]
    falling = earth + np.array([7e6, 0.0, 0.0, -100.0, 0.0, 0.0])
    assert fly_until(plan(86_400.0), falling) is None
    assert fly_until(plan(86_400.0, farthest=2e6), ORBIT) is None
