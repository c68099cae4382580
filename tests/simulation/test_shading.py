"""Neighbours throw shade on arrays: against geometry worked by hand."""

import math

import numpy as np
import pytest

from life_scene import START, element
from moonstation.errors import RequestError
from moonstation.simulation.shading import screens_before, shaded_fraction
from moonstation.spacetime.sites import Site
from moonstation.sunlight.light import SiteLight

RADIUS = math.radians(0.267)


def sky(azimuth_deg, elevation_deg):
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    n = azimuth.size
    none = np.zeros(n)
    return SiteLight(
        site=Site("base", -89.0, 0.0, 0.0),
        et=START.tdb_s + 86_400.0 * np.arange(n),
        azimuth=azimuth % (2.0 * np.pi),
        elevation=elevation,
        radius=np.full(n, RADIUS),
        distance=np.full(n, 1.5e11),
        eclipsed=none,
        earth_azimuth=none,
        earth_elevation=none,
        earth_radius=none,
        earth_distance=none,
    )


def array(**more):
    keys = {"array_power": "1 kW", "array_height": "10 m", "east": "0 m", "north": "0 m"}
    return element("array", **(keys | more))


def mast(name="mast", east=0.0, north=100.0, top=12.0, width=4.0, **more):
    return element(name, east=f"{east} m", north=f"{north} m", top=f"{top} m", width=f"{width} m", **more)


def test_a_mast_hides_the_sun_behind_it_only():
    edge = math.degrees(math.asin(2.0 / 100.0))
    azimuths = np.array([0.0, edge - 0.3, edge, edge + 0.3, 180.0, -edge - 0.3])
    light = sky(azimuths, 0.5)
    left = shaded_fraction(np.ones(6), array(), [array(), mast()], light=light)
    np.testing.assert_allclose(left, [0.0, 0.0, 0.5, 1.0, 1.0, 1.0], atol=1e-9)


def test_the_sun_rises_over_its_top():
    rise = math.degrees(math.atan2(2.0, 100.0))
    light = sky(0.0, np.array([rise - 0.3, rise, rise + 0.3]))
    left = shaded_fraction(np.ones(3), array(), [mast()], light=light)
    np.testing.assert_allclose(left, [0.0, 0.5, 1.0], atol=1e-9)


def test_terrain_and_mast_hide_the_same_light_once():
    light = sky(0.0, np.array([math.degrees(math.atan2(2.0, 100.0))]))
    left = shaded_fraction(np.array([0.3]), array(), [mast()], light=light)
    assert left[0] == pytest.approx(0.3)


def test_directions_turn_from_north_to_east():
    light = sky(np.array([90.0, 270.0]), 0.5)
    left = shaded_fraction(np.ones(2), array(), [mast(east=50.0, north=0.0)], light=light)
    np.testing.assert_allclose(left, [0.0, 1.0])


def test_a_mast_shades_from_its_arrival_on():
    light = sky(np.zeros(4), 0.5)
    left = shaded_fraction(np.ones(4), array(), [mast(arrives="2035-01-03")], light=light)
    np.testing.assert_allclose(left, [1.0, 1.0, 0.0, 0.0])


def test_a_narrow_far_mast_takes_its_share_of_the_disc():
    # half a metre at a kilometre: a strip across the middle of the disc
    light = sky(np.zeros(1), 0.2)
    left = shaded_fraction(np.ones(1), array(), [mast(north=1000.0, top=100.0, width=0.5)], light=light)
    strip = 0.5 / 1000.0 * 2.0 * RADIUS / (math.pi * RADIUS**2)
    assert 1.0 - left[0] == pytest.approx(strip, rel=0.01)


def test_who_shades_whom():
    others = [
        array(),
        mast("low", top=9.0),
        mast("tall"),
        element("nowhere"),
        element("elsewhere", site="rim", east="0 m", north="9 m", top="50 m", width="5 m"),
    ]
    assert [other.id for other in screens_before(array(), others)] == ["tall"]
    assert screens_before(array(east=None, north=None), others) == []


def test_an_array_within_its_neighbour_is_refused():
    with pytest.raises(RequestError, match="element array: stands 1 m from mast, within its width of 4 m"):
        shaded_fraction(np.ones(1), array(), [mast(north=1.0)], light=sky(0.0, np.array([1.0])))
