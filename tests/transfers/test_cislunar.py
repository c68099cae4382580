"""Flight between Earth and Moon against an integrator and forces written anew here."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from moonstation.constants import EARTH_J2, EARTH_RADIUS, GM_EARTH, GM_SUN
from moonstation.errors import OrbitError
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.gravity import load_gravity
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers._kernels import perigee_arc
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.lambert import propagate_kepler
from moonstation.transfers.launch import find_launch_site, parking_state
from moonstation.transfers.moon import Departure, fly_to_moon


@pytest.fixture(scope="module")
def flight():
    departure = Departure(find_launch_site("wenchang"))
    start = Epoch.parse("2030-03-06")
    return fly_to_moon(start, start + 4.8 * 86_400.0, departure, LunarOrbit(), second_plane=True)


def pull(pole):
    """Acceleration of the same model about the Moon, written anew, ephemeris read point by point."""
    sky = default_ephemeris()
    model = load_gravity(2)

    def flattening(r):
        """Vallado (2013), eq. 8-35, about the pole."""
        z, n = r @ pole, np.linalg.norm(r)
        factor = -1.5 * EARTH_J2 * GM_EARTH * EARTH_RADIUS**2 / n**5
        return factor * ((1 - 5 * z**2 / n**2) * r + 2 * z * pole)

    def rates(t, y):
        et = np.array([t])
        r = y[:3]
        to_pa = sky.rotation_icrf_to_pa(et)[0]
        a = to_pa.T @ model.acceleration_pa((to_pa @ r)[None])[0]
        for name, gm in (("earth", GM_EARTH), ("sun", GM_SUN)):
            body = sky.position_icrf(name, et)[0]
            a -= gm * ((r - body) / np.linalg.norm(r - body) ** 3 + body / np.linalg.norm(body) ** 3)
        earth = sky.position_icrf("earth", et)[0]
        # the Moon falls with the Earth's flattening, too: without that 40 m are missing after three days
        a += flattening(r - earth) - flattening(-earth)
        return np.concatenate([y[3:], a])

    return rates


def test_a_flight_agrees_with_another_integrator(flight):
    space = Cislunar.over(
        flight.departure.tdb_s - 1e5,
        flight.arrival.tdb_s + 1e5,
        forces=ForceModel(planets=()),
        degree=2,
    )
    start = parking_state(
        space.pole,
        flight.inclination,
        flight.raan,
        flight.arg_latitude,
        radius=EARTH_RADIUS + 200e3,
        speed=np.sqrt(GM_EARTH / (EARTH_RADIUS + 200e3)) + flight.injection,
    )
    t0 = flight.departure.tdb_s
    # a micrometre at the parking orbit is half a metre after three days
    for t1, near in ((t0 + 3600.0, 2e-3), (t0 + 3 * 86_400.0, 1.0), (flight.arrival.tdb_s - 6 * 3600.0, 2.0)):
        when, state, met = space.fly(start, t0, t1)
        assert when == t1
        assert not met
        other = solve_ivp(
            pull(space.pole),
            (t0, t1),
            start - space.moon(t0),
            method="DOP853",
            rtol=3e-14,
            atol=np.r_[[1e-7] * 3, [1e-10] * 3],
        ).y[:, -1]
        assert np.linalg.norm((state - space.moon(t1) - other)[:3]) < near


def test_events_are_met(flight):
    space = Cislunar.over(flight.departure.tdb_s - 1e5, flight.arrival.tdb_s + 6 * 86_400.0)
    near = flight.arrival_state
    assert abs(near[:3] @ near[3:]) / (np.linalg.norm(near[:3]) * np.linalg.norm(near[3:])) < 1e-8
    state = np.array([7e6, 0, 0, 0, 9000.0, 1000.0])
    t0 = flight.departure.tdb_s
    when, there, met = space.fly(state, t0 + 1.0, t0 + 86_400.0, to="perigee")
    assert met
    assert abs(there[:3] @ there[3:]) < 1.0
    assert when > t0 + 3600.0
    when, there, met = space.fly(state, t0, t0 + 86_400.0, to="radius", level=8e6)
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
