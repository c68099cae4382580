"""What a flight finds at a site: light, and when its orbit's plane comes over."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.arrivals import LandingRules, site_arrivals
from moonstation.study.places import find_place
from moonstation.sunlight.light import site_light
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.moon import Departure, fly_to_moon

START = Epoch.parse("2030-03-01")


@pytest.fixture(scope="module")
def flight():
    return fly_to_moon(START, START + 4.5 * 86_400.0, Departure(find_launch_site("wenchang")), LunarOrbit())


def test_light_on_arrival_is_that_of_the_site(flight):
    place = find_place("connecting-ridge")
    (found,) = site_arrivals([flight], place, LandingRules())
    light = site_light(place.site, np.array([flight.arrival.tdb_s]))
    assert found.sun_elevation == pytest.approx(light.elevation[0], abs=1e-12)
    seen = light.sun_fraction(place.ground.horizon, place.height)[0]
    assert found.sun_fraction == pytest.approx(seen, abs=1e-9)
    assert found.landing is not None
    assert found.landing - flight.arrival >= 86_400.0


def test_a_landing_far_from_the_poles_waits_for_the_plane(flight):
    place = find_place("20 deg, 30 deg")
    rules = LandingRules(sun_elevation=(np.radians(2.0), np.radians(80.0)))
    (found,) = site_arrivals([flight], place, rules)
    assert found.landing is not None
    normal = np.cross(flight.arrival_state[:3], flight.arrival_state[3:])
    to_me = default_ephemeris().rotation_icrf_to_me(np.array([found.landing.tdb_s]))[0]
    aside = np.arcsin((to_me @ normal) @ place.site.enu_me[2] / np.linalg.norm(normal))
    assert abs(np.degrees(aside)) <= 2.0
    assert 2.0 <= np.degrees(found.landing_sun_elevation) <= 80.0
    # at 0.55 deg an hour, an hour before it was too far aside, or too dark
    (wide,) = site_arrivals(
        [flight], place, LandingRules(sun_elevation=rules.sun_elevation, cross_track=np.pi / 2)
    )
    assert wide.landing <= found.landing


def test_the_ground_under_the_approach_is_lit_where_that_is_asked_for(flight):
    place = find_place("20 deg, 30 deg")
    lit = LandingRules(cross_track=np.pi / 2, approach_lit=True)
    (found,) = site_arrivals([flight], place, lit)
    assert found.approach_sun_elevation > 0.0
    # against the Sun over a place 50 km back along the heading of the orbit
    et = np.array([found.landing.tdb_s])
    to_me = default_ephemeris().rotation_icrf_to_me(et)[0]
    normal = to_me @ np.cross(flight.arrival_state[:3], flight.arrival_state[3:])
    up = place.site.enu_me[2]
    along = np.cross(normal, up) / np.linalg.norm(np.cross(normal, up))
    back = np.cos(50e3 / 1737.4e3) * up - np.sin(50e3 / 1737.4e3) * along
    lat, lon = np.degrees([np.arcsin(back[2]), np.arctan2(back[1], back[0])])
    there = site_light(Site("before", float(lat), float(lon)), et)
    # the Sun is not at an infinite distance, which the place before counts and the rule does not
    assert found.approach_sun_elevation == pytest.approx(there.elevation[0], abs=np.radians(0.01))


def test_a_range_for_the_sun_asks_for_the_sun_over_the_terrain_too(flight):
    place = find_place("connecting-ridge")
    rules = LandingRules(sun_elevation=np.radians((-2.0, 1.5)), cross_track=np.pi / 2)
    (found,) = site_arrivals([flight], place, rules)
    assert found.landing is not None
    seen = site_light(place.site, np.array([found.landing.tdb_s]))
    assert seen.sun_fraction(place.ground.horizon, place.height)[0] > 0.0


def test_rules_that_never_hold_are_named(flight):
    place = find_place("20 deg, 30 deg")
    (dark,) = site_arrivals([flight], place, LandingRules(sun_elevation=(1.5, 1.57)))
    assert dark.landing is None
    assert "its highest then is" in dark.limit
    highest = float(dark.limit.split()[-2])
    assert 10.0 < highest < 80.0
    (short,) = site_arrivals([flight], place, LandingRules(cross_track=1e-6))
    assert "plane" in short.limit
    with pytest.raises(RequestError, match="above the earliest"):
        LandingRules(earliest=5.0, latest=1.0)
    with pytest.raises(RequestError, match="0 to 90 deg"):
        LandingRules(cross_track=0.0)
