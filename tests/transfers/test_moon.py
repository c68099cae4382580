"""Flights to the Moon: targets met, the launch site in the plane, costs, and what cannot be reached."""

import numpy as np
import pytest

from moonstation.constants import EARTH_RADIUS, GM_EARTH, GM_MOON, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.insertion import LunarOrbit, approach_normal, b_plane, insertion
from moonstation.transfers.launch import (
    ASCENT_ANGLE,
    ASCENT_TIME,
    find_launch_site,
    launch_sites,
    parking_state,
)
from moonstation.transfers.moon import Departure, fly_to_moon, moon_porkchop
from moonstation.transfers.search import find_moon_flights, moon_table

DAY = 86_400.0
START = Epoch.parse("2030-03-01")
WENCHANG = Departure(find_launch_site("wenchang"))


@pytest.mark.parametrize(
    ("day", "flight", "second", "orbit"),
    [
        (0, 4.5, False, LunarOrbit()),
        (8, 5.5, True, LunarOrbit(200e3, 16_000e3, np.radians(62.4), south=False)),
        (16, 3.5, True, LunarOrbit(100e3, 100e3, np.radians(150.0))),
        (24, 4.5, False, LunarOrbit(15e3, 100e3, None)),
    ],
)
def test_a_flight_meets_its_targets(day, flight, second, orbit):
    arrival = START + (day + flight) * DAY
    found = fly_to_moon(START + day * DAY, arrival, WENCHANG, orbit, second_plane=second)
    assert found.arrival - arrival == pytest.approx(0.0, abs=0.01)
    near = found.arrival_state
    # met within a metre in the B-plane; focusing by the Moon leaves less of it at the periselene
    assert np.linalg.norm(near[:3]) == pytest.approx(orbit.periapsis, abs=1.0)
    if orbit.inclination is not None:
        assert np.degrees(found.arrival_inclination) == pytest.approx(np.degrees(orbit.inclination), abs=1e-3)
        # the half that was asked for
        to_me = default_ephemeris().rotation_icrf_to_me(np.array([found.arrival.tdb_s]))[0]
        assert ((to_me @ near[:3])[2] < 0) == orbit.south
    speed = np.linalg.norm(near[3:])
    assert found.insertion.delta_v == pytest.approx(speed - orbit.periapsis_speed, abs=1e-3)
    assert speed**2 - 2 * GM_MOON / np.linalg.norm(near[:3]) == pytest.approx(found.v_inf**2, rel=1e-9)


def test_the_launch_site_lies_under_the_plane_at_lift_off():
    found = fly_to_moon(START, START + 4.5 * DAY, WENCHANG, LunarOrbit(), second_plane=True)
    site = WENCHANG.site
    turn = EarthRotation().rotation_itrs_to_gcrs(np.array([found.lift_off.tdb_s]))[0]
    up = turn @ [np.cos(site.lat) * np.cos(site.lon), np.cos(site.lat) * np.sin(site.lon), np.sin(site.lat)]
    space = Cislunar.over(found.departure.tdb_s - DAY, found.arrival.tdb_s + DAY)
    radius = EARTH_RADIUS + 200e3
    state = parking_state(
        space.pole, found.inclination, found.raan, found.arg_latitude, radius=radius, speed=1.0
    )
    normal = np.cross(state[:3], state[3:]) / radius
    # a second of the Earth's turn, and polar motion of the pole over the days of the span
    assert abs(np.degrees(np.arcsin(normal @ up))) < 0.01
    # ascent and coast lead from the site to the place of the injection
    way = ASCENT_ANGLE + found.coast * np.sqrt(GM_EARTH / radius**3)
    along = np.cos(way) * up + np.sin(way) * np.cross(normal, up)
    assert np.degrees(np.arccos(along @ state[:3] / radius)) < 0.05
    assert found.departure - found.lift_off == pytest.approx(ASCENT_TIME + found.coast, abs=1.0)


def test_the_first_pass_is_near_the_full_model():
    off = []
    for day in (2, 9, 16, 23):
        found = fly_to_moon(START + day * DAY, START + (day + 4.6) * DAY, WENCHANG, LunarOrbit())
        chop = moon_porkchop(
            np.array([found.departure.tdb_s]), np.array([found.arrival.tdb_s]), WENCHANG, LunarOrbit()
        )
        off.append(
            [
                float(chop.injection[0, 0]) - found.injection,
                float(chop.insertion[0, 0]) - found.insertion.delta_v,
            ]
        )
    # what docs/transfers.md tells of the first pass
    assert np.abs(off)[:, 0].max() < 4.0
    assert np.abs(off)[:, 1].max() < 30.0


def test_sites_reach_what_their_azimuths_allow():
    for site in launch_sites().values():
        low, high = site.inclinations()
        assert abs(site.lat) - 1e-9 <= low <= high <= np.pi
        for inclination in (low + 1e-9, 0.5 * (low + high)):
            for node, way in site.passes(inclination):
                # the point of the orbit that far from its node has the site's latitude and longitude
                assert np.sin(way) * np.sin(inclination) == pytest.approx(np.sin(site.lat), abs=1e-9)
                assert np.tan(-node) == pytest.approx(np.cos(inclination) * np.tan(way), abs=1e-6)
    with pytest.raises(RequestError, match=r"reaches 19\.60 to 85\.29 deg"):
        Departure(find_launch_site("wenchang"), inclination=np.radians(10.0))
    with pytest.raises(RequestError, match="did you mean"):
        find_launch_site("wenchan")
    with pytest.raises(RequestError, match="120 to 36000"):
        Departure(find_launch_site("wenchang"), altitude=50e3)
    with pytest.raises(RequestError, match="in order"):
        find_launch_site("wenchang", azimuths=(2.0, 1.0))


def test_what_cannot_be_reached_names_the_limit_and_the_nearest():
    low = Departure(find_launch_site("kourou"), inclination=np.radians(5.3))
    with pytest.raises(OrbitError, match=r"stands \d+\.\d+ deg off the equator"):
        fly_to_moon(START + 8 * DAY, START + 12.5 * DAY, low, LunarOrbit())
    with pytest.raises(RequestError, match=r"first arrival that works is 2030-03-18"):
        find_moon_flights(START + 4 * DAY, START + 5 * DAY, low, LunarOrbit())
    with pytest.raises(OrbitError, match=r"no such arc"):
        fly_to_moon(START, START + (-DAY), WENCHANG, LunarOrbit())
    with pytest.raises(RequestError, match="2 to 7 d"):
        find_moon_flights(START, START + DAY, WENCHANG, LunarOrbit(), flight_time=DAY)
    with pytest.raises(RequestError, match="end after it begins"):
        find_moon_flights(START, START, WENCHANG, LunarOrbit())
    with pytest.raises(RequestError, match="swap them"):
        LunarOrbit(200e3, 100e3)


def test_a_span_has_two_flights_a_day():
    flights = find_moon_flights(START, START + 3 * DAY, WENCHANG, LunarOrbit())
    lift_off = [f.lift_off.tdb_s for f in flights]
    assert lift_off == sorted(lift_off)
    assert 5 <= len(flights) <= 7
    table = moon_table(flights)
    assert table["injection_m_s"].between(3100, 3180).all()
    assert table["insertion_m_s"].between(780, 900).all()
    timed = find_moon_flights(START, START + DAY, WENCHANG, LunarOrbit(), flight_time=4.0 * DAY)
    assert all(abs(f.flight_time / DAY - 4.0) < 0.2 for f in timed)


def test_insertion_turns_the_plane_only_where_it_must():
    polar = LunarOrbit()
    plain = insertion(polar, 850.0, np.radians(20.0))
    fast = np.sqrt(850.0**2 + 2 * GM_MOON / polar.periapsis)
    assert plain.delta_v == pytest.approx(fast - np.sqrt(GM_MOON / polar.periapsis))
    assert plain.impulses == 1
    flat = LunarOrbit(inclination=0.0)
    assert insertion(flat, 850.0, 0.0).impulses == 1
    leaning = [insertion(flat, 850.0, np.radians(lean)) for lean in (1.0, 10.0, 40.0)]
    assert leaning[-1].impulses == 3
    assert plain.delta_v < leaning[0].delta_v < leaning[1].delta_v < leaning[2].delta_v
    # far out, a turn costs little: 40 deg at once would be sqrt(a^2 + b^2 - 2 a b cos)
    slow = np.sqrt(GM_MOON / polar.periapsis)
    assert leaning[-1].delta_v < np.sqrt(fast**2 + slow**2 - 2 * fast * slow * np.cos(np.radians(40.0)))
    assert insertion(LunarOrbit(inclination=None), 850.0, 1.0).turn == 0.0


def test_the_b_plane_gives_back_the_hyperbola():
    v_inf, periapsis = 900.0, MOON_RADIUS + 100e3
    s = np.array([0.6, 0.48, 0.64])
    pole = np.array([0.0, 0.0, 1.0])
    for inclination, south in (
        (np.radians(90.0), True),
        (np.radians(70.0), False),
        (np.radians(120.0), True),
    ):
        normal = approach_normal(s, pole, inclination, south=south)
        assert normal @ s == pytest.approx(0.0, abs=1e-12)
        assert np.arccos(normal @ pole) == pytest.approx(inclination)
        e = 1 + periapsis * v_inf**2 / GM_MOON
        p = (s - np.sqrt(e * e - 1) * np.cross(normal, s)) / e
        q = np.cross(normal, p)
        state = [periapsis * p, np.sqrt(v_inf**2 + 2 * GM_MOON / periapsis) * q]
        got, b, speed = b_plane(*state)
        np.testing.assert_allclose(got, s, atol=1e-9)
        assert speed == pytest.approx(v_inf)
        assert (b @ pole < 0) == south
        assert np.linalg.norm(b) == pytest.approx(
            periapsis * np.sqrt(1 + 2 * GM_MOON / (periapsis * v_inf**2))
        )
    assert b_plane(np.array([2e6, 0, 0]), np.array([0, 1000.0, 0])) is None
