"""Flights home: the entry that was asked for, by an integration to it."""

import numpy as np
import pytest

from moonstation.constants import EARTH_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.home import Entry, fly_home
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.search import find_home_flights, home_table

DAY = 86_400.0
START = Epoch.parse("2030-03-01")


@pytest.mark.parametrize(
    ("day", "entry", "second"),
    [
        (0, Entry(), False),
        (7, Entry(120e3, np.radians(-5.8), np.radians(43.0)), True),
        (15, Entry(121.92e3, np.radians(-6.5), np.radians(100.0)), False),
    ],
)
def test_the_entry_is_met(day, entry, second):
    orbit = LunarOrbit()
    home = fly_home(START + day * DAY, orbit, flight_time=4.5 * DAY, entry=entry, second_plane=second)
    assert np.degrees(home.flight_path_angle) == pytest.approx(np.degrees(entry.flight_path_angle), abs=1e-4)
    if entry.inclination is not None:
        assert np.degrees(home.inclination) == pytest.approx(np.degrees(entry.inclination), abs=1e-3)
    assert 10_950 < home.speed < 11_050
    assert 4.4 * DAY < home.flight_time < 4.5 * DAY
    near = home.departure_state
    assert np.linalg.norm(near[:3]) == pytest.approx(orbit.periapsis)
    assert np.degrees(home.departure_inclination) == pytest.approx(90.0, abs=1e-6)
    space = Cislunar.over(home.departure.tdb_s, home.entry.tdb_s + DAY)
    when, state, met = space.fly(
        near + space.moon(home.departure.tdb_s),
        home.departure.tdb_s,
        home.entry.tdb_s + 0.5 * DAY,
        to="radius",
        level=EARTH_RADIUS + entry.altitude,
    )
    assert met
    assert when == pytest.approx(home.entry.tdb_s, abs=1e-3)
    assert np.linalg.norm(state[3:]) == pytest.approx(home.speed, abs=1e-6)


def test_a_span_gives_a_flight_a_step():
    flights = find_home_flights(START, START + 3 * DAY, LunarOrbit(), flight_time=4 * DAY, entry=Entry())
    assert len(flights) == 3
    assert home_table(flights)["entry_speed_m_s"].between(10_950, 11_050).all()


def test_what_cannot_be_met_is_told():
    with pytest.raises(OrbitError, match=r"give \d+\.\d+ to \d+\.\d+ deg"):
        fly_home(START, LunarOrbit(), flight_time=4.5 * DAY, entry=Entry(inclination=np.radians(1.0)))
    with pytest.raises(OrbitError, match="2 to 7 d"):
        fly_home(START, LunarOrbit(), flight_time=20 * DAY)
    with pytest.raises(RequestError, match=r"-45 to -0\.5"):
        Entry(flight_path_angle=0.1)
    with pytest.raises(RequestError, match="50 to 1000 km"):
        Entry(altitude=10.0)
    with pytest.raises(RequestError, match="no flight home was found"):
        find_home_flights(
            START, START + DAY, LunarOrbit(), flight_time=4 * DAY, entry=Entry(inclination=np.radians(1.0))
        )
