"""What a flight finds at a site: light, and when its orbit's plane comes over."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
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


def test_rules_that_never_hold_are_named(flight):
    place = find_place("20 deg, 30 deg")
    (dark,) = site_arrivals([flight], place, LandingRules(sun_elevation=(1.5, 1.57)))
    assert dark.landing is None
    assert "Sun" in dark.limit
    (short,) = site_arrivals([flight], place, LandingRules(cross_track=1e-6))
    assert "plane" in short.limit
    with pytest.raises(RequestError, match="above the earliest"):
        LandingRules(earliest=5.0, latest=1.0)
    with pytest.raises(RequestError, match="0 to 90 deg"):
        LandingRules(cross_track=0.0)
