"""Flights to halo, near-rectilinear halo and distant retrograde orbits: targets met, costs, and what is refused."""

import numpy as np
import pytest

from moonstation.constants import EARTH_RADIUS, GM_EARTH, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.three_body import distant_retrograde_orbit, halo_orbit, near_rectilinear_orbit
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.launch import find_launch_site, parking_state
from moonstation.transfers.moon import Departure
from moonstation.transfers.periodic import fly_by_the_moon, fly_directly, passages
from moonstation.transfers.periodic_search import REACH, find_periodic_flights, periodic_table

DAY = 86_400.0
START = Epoch.parse("2030-03-05")
WENCHANG = Departure(find_launch_site("wenchang"))


@pytest.fixture(scope="module")
def nrho():
    orbit = near_rectilinear_orbit()
    # a period before: the apolune that the flights of these days meet
    return fly_periodic(orbit, epoch=Epoch.parse("2030-03-01"), revolutions=4)


def flown(flight, until, mode="time"):
    """A flight, flown anew from its parking orbit by its own figures."""
    space = Cislunar.over(flight.departure.tdb_s - DAY, until.tdb_s + DAY)
    radius = EARTH_RADIUS + 200e3
    start = parking_state(
        space.pole,
        flight.inclination,
        flight.raan,
        flight.arg_latitude,
        radius=radius,
        speed=np.sqrt(GM_EARTH / radius) + flight.injection,
    )
    when, state, _ = space.fly(start, flight.departure.tdb_s, until.tdb_s, to=mode)
    return space, when, state - space.moon(when)


@pytest.mark.slow
def test_a_direct_flight_meets_the_orbit(nrho):
    flight = fly_directly(START, START + 5.5 * DAY, WENCHANG, nrho)
    goal = nrho.state_icrf(np.array([flight.arrival.tdb_s]))[0]
    # the pole of date is that of the middle of the span, which differs by a little here: 0.1 m/s over five days
    _, _, arrived = flown(flight, flight.arrival)
    assert np.linalg.norm(arrived[:3] - goal[:3]) < 20e3
    assert np.linalg.norm(flight.arrival_state[:3] - goal[:3]) < 1.0
    assert flight.insertion == pytest.approx(np.linalg.norm(goal[3:] - flight.arrival_state[3:]), abs=1e-6)
    assert flight.way == "direct"
    assert flight.flyby_burn == 0.0


@pytest.mark.slow
def test_a_flight_by_the_moon_meets_both_and_costs_less(nrho):
    space = Cislunar.over(START.tdb_s, START.tdb_s + REACH)
    _, choice = min(
        passages(START.tdb_s + 0.5 * DAY, WENCHANG, nrho, space, altitude=100e3), key=lambda held: held[0]
    )
    flight = fly_by_the_moon(START + 0.5 * DAY, choice, WENCHANG, nrho, altitude=100e3)
    # onward from the burn, in a model set up anew
    again = Cislunar.over(flight.flyby.tdb_s - DAY, flight.arrival.tdb_s + DAY)
    end = flight.arrival.tdb_s
    state = again.fly(flight.flyby_state + again.moon(flight.flyby.tdb_s), flight.flyby.tdb_s, end)[1]
    goal = nrho.state_icrf(np.array([end]))[0]
    assert np.linalg.norm((state - again.moon(end))[:3] - goal[:3]) < 10.0
    # focusing by the Moon leaves less of a metre in the B-plane
    assert flight.flyby_altitude == pytest.approx(100e3, abs=5.0)
    assert np.linalg.norm(flight.flyby_state[:3]) == pytest.approx(
        MOON_RADIUS + flight.flyby_altitude, abs=1e-3
    )
    straight = fly_directly(START + 0.5 * DAY, START + 6.0 * DAY, WENCHANG, nrho)
    assert flight.at_the_moon < 0.75 * straight.at_the_moon


@pytest.mark.slow
def test_a_search_gives_both_ways_of_every_day():
    start = Epoch.parse("2030-03-01")
    orbit = distant_retrograde_orbit(radius=70e6)
    path = fly_periodic(orbit, epoch=start, revolutions=2)
    flights = find_periodic_flights(start, start + DAY, WENCHANG, path)
    table = periodic_table(flights)
    assert sorted(table["way"]) == ["direct", "flyby"]
    assert (table["at_the_moon_m_s"] == table["flyby_burn_m_s"] + table["insertion_m_s"]).all()
    assert table["flight_d"].between(2.0, 14.0).all()


def test_what_cannot_be_flown_is_told():
    path = fly_periodic(halo_orbit(z_amplitude=13e6), epoch=START, revolutions=2)
    low = Departure(WENCHANG.site, inclination=np.radians(19.7))
    with pytest.raises(RequestError, match="span must end after it begins"):
        find_periodic_flights(START, START, WENCHANG, path)
    with pytest.raises(RequestError, match="flyby 1 km over the Moon: give 15 to 10000 km"):
        find_periodic_flights(START, START + DAY, WENCHANG, path, altitude=1e3)
    # the Moon stands more than 20 deg off the equator from 2030-03-10 to 14
    high = Epoch.parse("2030-03-07T12:00:00Z")
    with pytest.raises(RequestError, match=r"19.6 to 19.7 deg at most; the first .* about 2030-03-"):
        find_periodic_flights(high, high + 0.2 * DAY, low, path, ways=("flyby",))
    with pytest.raises(OrbitError, match="flights take 2 to 7 d here"):
        fly_directly(START, START + 9 * DAY, WENCHANG, path)
