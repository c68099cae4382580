"""Flight between Earth and Moon against an integrator and forces written anew here."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from moonstation.constants import EARTH_RADIUS, GM_EARTH, GM_MOON, GM_SUN
from moonstation.errors import OrbitError
from moonstation.orbits.gravity import load_gravity
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers import _cislunar_kernels as kernels
from moonstation.transfers._kernels import perigee_arc
from moonstation.transfers.cislunar import J2_EARTH, Cislunar, correct
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.lambert import propagate_kepler
from moonstation.transfers.launch import find_launch_site, parking_state
from moonstation.transfers.moon import Departure, fly_to_moon


@pytest.fixture(scope="module")
def flight():
    departure = Departure(find_launch_site("wenchang"))
    start = Epoch.parse("2030-03-06")
    return fly_to_moon(start, start + 4.8 * 86_400.0, departure, LunarOrbit(), second_plane=True)


def pull(space):
    """Acceleration of the same model, written with potentials differenced by hand, ephemeris read point by point."""
    sky = default_ephemeris()
    model = load_gravity(2)

    def rates(t, y):
        et = np.array([t])
        r = y[:3]
        moon = sky.position_icrf("moon", et, center="earth")[0]
        sun = sky.position_icrf("sun", et, center="earth")[0]
        a = -GM_EARTH * r / np.linalg.norm(r) ** 3
        for body, gm in ((moon, GM_MOON), (sun, GM_SUN)):
            a -= gm * ((r - body) / np.linalg.norm(r - body) ** 3 + body / np.linalg.norm(body) ** 3)
        # Earth's flattening, Vallado (2013) eq. 8-35, about the pole
        z = r @ space.pole
        n = np.linalg.norm(r)
        a += (
            -1.5
            * J2_EARTH
            * GM_EARTH
            * EARTH_RADIUS**2
            / n**5
            * ((1 - 5 * z**2 / n**2) * r + 2 * z * space.pole)
        )
        d = r - moon
        if np.linalg.norm(d) < kernels.FIGURE:
            a += sky.rotation_icrf_to_pa(et)[0].T @ (
                model.acceleration_pa((sky.rotation_icrf_to_pa(et)[0] @ d)[None])[0]
                + GM_MOON * (sky.rotation_icrf_to_pa(et)[0] @ d) / np.linalg.norm(d) ** 3
            )
        return np.concatenate([y[3:], a])

    return rates


def test_a_flight_agrees_with_another_integrator(flight):
    space = Cislunar.over(flight.departure.tdb_s - 1e5, flight.arrival.tdb_s + 1e5)
    start = parking_state(
        space.pole,
        flight.inclination,
        flight.raan,
        flight.arg_latitude,
        radius=EARTH_RADIUS + 200e3,
        speed=np.sqrt(GM_EARTH / (EARTH_RADIUS + 200e3)) + flight.injection,
    )
    t0 = flight.departure.tdb_s
    # three days on, where both agree to what one unit in the last place of the start makes (0.5 mm), and six hours
    # before the periselene, where the Moon has begun to magnify rounding
    for t1, share in ((t0 + 3 * 86_400.0, 4e-12), (flight.arrival.tdb_s - 6 * 3600.0, 2e-10)):
        when, state, met = space.fly(start, t0, t1)
        assert when == t1
        assert not met
        other = solve_ivp(
            pull(space), (t0, t1), start, method="DOP853", rtol=3e-14, atol=np.r_[[1e-7] * 3, [1e-10] * 3]
        ).y[:, -1]
        assert np.linalg.norm(state[:3] - other[:3]) / np.linalg.norm(other[:3]) < share


def test_one_step_pulls_to_the_last_digits(flight):
    space = Cislunar.over(flight.departure.tdb_s, flight.arrival.tdb_s)
    rates = pull(space)
    t = flight.arrival.tdb_s - 3000.0
    near = space.moon(t)[:3] + np.array([2e6, -1e6, 5e5])
    # C21, S21 and S22 are as good as zero in principal axes, and left out: the last tolerance
    for r, share in (([7e6, 1e6, 2e6], 2e-12), ([1e8, 2e8, -5e7], 2e-12), (near, 1e-8)):
        got = np.empty(3)
        kernels.acceleration(space.window, space.pull, t, np.array(r), got)
        np.testing.assert_allclose(
            got, rates(t, np.r_[r, 0, 0, 0])[3:], rtol=0, atol=share * np.linalg.norm(got)
        )


def test_events_are_met(flight):
    space = Cislunar.over(flight.departure.tdb_s - 1e5, flight.arrival.tdb_s + 6 * 86_400.0)
    near = flight.arrival_state
    assert abs(near[:3] @ near[3:]) / (np.linalg.norm(near[:3]) * np.linalg.norm(near[3:])) < 1e-8
    state = np.array([7e6, 0, 0, 0, 9000.0, 1000.0])
    t0 = flight.departure.tdb_s
    when, there, met = space.fly(state, t0 + 1.0, t0 + 86_400.0, mode=kernels.TO_PERIGEE)
    assert met
    assert abs(there[:3] @ there[3:]) < 1.0
    assert when > t0 + 3600.0
    when, there, met = space.fly(state, t0, t0 + 86_400.0, mode=kernels.TO_RADIUS, level=8e6)
    assert met
    assert np.linalg.norm(there[:3]) == pytest.approx(8e6, abs=1e-3)
    with pytest.raises(OrbitError, match="runs into"):
        space.fly(np.array([7e6, 0, 0, -100.0, 0, 0]), t0, t0 + 86_400.0)


@pytest.mark.parametrize("days", [0.5, 2.0, 3.0, 4.5, 4.98, 5.5, 7.0, 9.0])
def test_arcs_from_a_perigee_arrive(days):
    r0, r1 = 6.578e6, 3.9e8
    e, angle = perigee_arc(r0, r1, days * 86_400.0, GM_EARTH)
    start = np.array([r0, 0, 0, 0, np.sqrt(GM_EARTH * (1 + e) / r0), 0])
    end = propagate_kepler(start, days * 86_400.0, gm=GM_EARTH)
    assert np.linalg.norm(end[:3]) == pytest.approx(r1, abs=5.0)
    assert np.cos(angle) == pytest.approx(end[0] / np.linalg.norm(end[:3]), abs=1e-7)
    assert (np.sin(angle) >= 0) == (end[1] >= 0)


def test_correcting_gives_up_where_there_is_nothing():
    settings = {"steps": np.full(1, 1e-6), "largest": np.full(1, 1.0), "small": 1e-9}
    assert correct(lambda x: x**2 - 4.0, np.array([1.0]), **settings) == pytest.approx([2.0])
    assert correct(lambda x: x**2 + 1.0, np.array([1.0]), **settings) is None
    assert correct(lambda x: None, np.array([1.0]), **settings) is None
    assert correct(lambda x: 0.0 * x + 1.0, np.array([1.0]), **settings) is None
