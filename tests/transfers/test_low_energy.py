"""Low-energy flights: flown anew from the Earth they meet the Moon, the launch site lies under their plane."""

import numpy as np
import pytest

from moonstation.constants import EARTH_RADIUS, GM_MOON
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers import low_energy
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.launch import find_launch_site, launch_time
from moonstation.transfers.low_energy import Search, find_low_energy_flights, low_energy_table
from moonstation.transfers.moon import Departure

DAY = 86_400.0
WENCHANG = Departure(find_launch_site("wenchang"))


@pytest.fixture(scope="module")
def flight():
    start = Epoch.parse("2030-03-15").tdb_s
    search = Search(Cislunar.over(start, start + 115 * DAY), WENCHANG, LunarOrbit())
    when = Epoch.parse("2030-06-21").tdb_s
    starts = search.survey(when, 5e4, start, start + 30 * DAY)
    found = (search.correct(np.array([node, argument, when]), 5e4) for _, node, argument in starts)
    return next(f for f in found if f is not None)


def test_it_leaves_the_parking_orbit_and_meets_the_moon(flight):
    departs = flight.departure_state
    assert np.linalg.norm(departs[:3]) == pytest.approx(EARTH_RADIUS + 200e3, abs=30.0)
    assert departs[:3] @ departs[3:] == pytest.approx(0.0, abs=1e3)
    # flown in one go, with the Earth's pole of the middle of the search
    start = Epoch.parse("2030-03-15").tdb_s
    space = Cislunar.over(start, start + 115 * DAY)
    end = flight.arrival.tdb_s
    state = space.fly(departs, flight.departure.tdb_s, end)[1] - space.moon(end)
    assert np.linalg.norm(state[:3] - flight.arrival_state[:3]) < 1e3
    assert flight.closure < 100.0
    near = flight.arrival_state
    assert near[:3] @ near[3:] == pytest.approx(0.0, abs=1.0)
    assert near[3:] @ near[3:] - 2 * GM_MOON / np.linalg.norm(near[:3]) == pytest.approx(5e4, rel=1e-6)
    pole = space.moon_pole(end)
    h = np.cross(near[:3], near[3:])
    assert np.degrees(np.arccos(h @ pole / np.linalg.norm(h))) == pytest.approx(90.0, abs=1e-6)
    # the south of the Moon, as asked for
    assert near[:3] @ pole < 0.0


def test_the_launch_site_lies_under_its_plane(flight):
    ways = launch_time(
        WENCHANG.site,
        flight.inclination,
        flight.raan,
        flight.arg_latitude,
        tli=flight.departure.tdb_s,
        radius=WENCHANG.radius,
    )
    assert min(abs(late) for _, _, late in ways) < 1.0
    assert any(lift_off == pytest.approx(flight.lift_off.tdb_s, abs=1.0) for lift_off, _, _ in ways)


def test_it_goes_where_the_sun_pulls_and_saves(flight):
    table = low_energy_table([flight])
    assert 0.9e6 < table["apogee_km"][0] < 1.9e6
    assert 70.0 < table["flight_d"][0] < 130.0
    assert -0.9 < table["c3_km2_s2"][0] < -0.3


def test_flown_back_is_flown_forth():
    start = Epoch.parse("2030-03-01").tdb_s
    space = Cislunar.over(start - 40 * DAY, start + DAY)
    state = np.array([3e8, 1e8, 5e7, 200.0, 700.0, 100.0])
    when, before, _ = space.fly(state, start, start - 30 * DAY)
    assert when == start - 30 * DAY
    after = space.fly(before, when, start)[1]
    assert np.linalg.norm(after[:3] - state[:3]) < 1.0
    # a perigee found on the way back is one on the way forth
    low = np.array([7e6, 0.0, 0.0, 1e3, 9e3, 2e3])
    when, state, met = space.fly(low, start, start - DAY, to="perigee")
    assert met
    assert when < start
    assert state[:3] @ state[3:] == pytest.approx(0.0, abs=1e3)


@pytest.mark.slow
def test_a_whole_search_finds_flights_of_its_days(monkeypatch):
    # one of the two energies and the shorter flights, for a quarter of the time
    monkeypatch.setattr(low_energy, "ENERGIES", (0.0,))
    monkeypatch.setattr(low_energy, "LONGEST", 100.0 * DAY)
    start = Epoch.parse("2030-03-18")
    flights = find_low_energy_flights(start, start + 5 * DAY, WENCHANG, LunarOrbit())
    assert len(flights) >= 1
    for flight in flights:
        assert start <= flight.departure <= start + 5 * DAY
        # parabolic at the periselene: the insertion follows from that alone
        radius = np.linalg.norm(flight.arrival_state[:3])
        assert flight.insertion == pytest.approx((np.sqrt(2.0) - 1.0) * np.sqrt(GM_MOON / radius), abs=0.01)
        # flown anew from the Earth; beside the Moon's centre a start is known to 60 nm, which grows to some 100 m
        assert flight.closure < 1e3


def test_what_cannot_be_sought_is_told():
    start = Epoch.parse("2030-03-15")
    with pytest.raises(RequestError, match="give the orbit's inclination"):
        find_low_energy_flights(start, start + DAY, WENCHANG, LunarOrbit(inclination=None))
    with pytest.raises(RequestError, match="span must end after it begins"):
        find_low_energy_flights(start, start, WENCHANG, LunarOrbit())
