"""Sites and directions: axes, signs, poles; values are held to SPICE in tests/against."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonstation.constants import MOON_RADIUS, SUN_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.spacetime.directions import angular_radius, apparent_directions, directions_to
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site

ET = 1.1e9
SITES = [
    Site("mid", 37.0, -71.0, 800.0),
    Site("north", 90.0, 25.0),
    Site("south", -90.0, -140.0),
    Site("far", 0.0, 180.0),
]


def seen_along(site: Site, enu: list[float], height: float = 0.0):
    """Direction to a point at an offset (east, north, up) [m] from the observer."""
    r_me = site.r_me(height) + np.asarray(enu) @ site.enu_me
    r_icrf = rotate(default_ephemeris().rotation_icrf_to_me([ET]).transpose(0, 2, 1), r_me)
    return directions_to(site, r_icrf, [ET], height=height)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_axes_are_right_handed_and_up_is_up(site: Site) -> None:
    east, north, up = site.enu_me
    np.testing.assert_allclose(np.cross(east, north), up, atol=1e-15)
    np.testing.assert_allclose(site.r_me(10.0), up * (MOON_RADIUS + site.ground_m + 10.0))


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
@pytest.mark.parametrize(
    ("enu", "azimuth", "elevation"),
    [
        ([0.0, 1e4, 0.0], 0.0, 0.0),
        ([1e4, 0.0, 0.0], 90.0, 0.0),
        ([0.0, -1e4, 0.0], 180.0, 0.0),
        ([-1e4, 0.0, 1e4], 270.0, 45.0),
        ([1.0, 1.0, -np.sqrt(2.0)], 45.0, -45.0),
    ],
)
def test_azimuth_runs_clockwise_from_north(
    site: Site, enu: list[float], azimuth: float, elevation: float
) -> None:
    seen = seen_along(site, enu, height=5.0)
    turn = (np.degrees(seen.azimuth[0]) - azimuth + 180.0) % 360.0 - 180.0
    assert turn == pytest.approx(0.0, abs=1e-6)
    assert np.degrees(seen.elevation[0]) == pytest.approx(elevation, abs=1e-6)
    assert seen.distance[0] == pytest.approx(np.linalg.norm(enu), abs=1e-6)


@settings(deadline=None)
@given(st.floats(-1e5, 1e5), st.floats(0.1, 1e5))
def test_azimuth_stays_below_a_turn(east: float, north: float) -> None:
    for offset in (east, -abs(east) * 1e-12):
        azimuth = seen_along(SITES[0], [offset, north, 0.0]).azimuth[0]
        assert 0.0 <= azimuth < 2.0 * np.pi


def test_poles_take_north_along_the_meridian_of_the_site() -> None:
    """At a pole east and north are the limit along the site's meridian, so a site a step away agrees."""
    for lat_deg, step in ((90.0, -1e-7), (-90.0, 1e-7)):
        at = apparent_directions(Site("at", lat_deg, 40.0), "sun", [ET])
        near = apparent_directions(Site("near", lat_deg + step, 40.0), "sun", [ET])
        np.testing.assert_allclose(np.degrees(at[:2]), np.degrees(near[:2]), atol=1e-6)


def test_earth_stands_over_the_middle_of_the_near_side() -> None:
    et = np.linspace(1.0e9, 1.03e9, 500)
    seen = apparent_directions(Site("middle", 0.0, 0.0), "earth", et)
    # librations: 7.9 deg in longitude and 6.7 deg in latitude, parallax of the site itself less than 0.05 deg
    assert np.degrees(seen.elevation.min()) > 79.0
    back = apparent_directions(Site("back", 0.0, 180.0), "earth", et)
    assert np.degrees(back.elevation.max()) < -79.0


def test_light_time_and_aberration_are_there() -> None:
    """The Earth, which moves with the Moon about the Sun, is not displaced by 20 arcsec; the Sun is."""
    et = np.linspace(1.0e9, 1.03e9, 50)
    site = Site("pole", -89.0, 0.0)
    for body, low, high in (("sun", 19.0, 22.0), ("earth", 0.0, 1.0)):
        plain = directions_to(site, default_ephemeris().position_icrf(body, et), et)
        seen = apparent_directions(site, body, et)
        turn = (seen.azimuth - plain.azimuth + np.pi) % (2 * np.pi) - np.pi
        shift = np.degrees(np.hypot(turn * np.cos(seen.elevation), seen.elevation - plain.elevation)) * 3600.0
        assert low < shift.min() <= shift.max() < high


def test_height_dips_the_near_more_than_the_far() -> None:
    low, high = (seen_along(SITES[0], [1e3, 0.0, 0.0], height=h).elevation[0] for h in (0.0, 100.0))
    assert low == pytest.approx(high, abs=1e-9)  # the offset counts from the observer
    r_icrf = default_ephemeris().position_icrf("earth", [ET])
    lower, higher = (directions_to(SITES[0], r_icrf, [ET], height=h).distance[0] for h in (0.0, 1e4))
    assert abs(higher - lower) <= 1e4


@pytest.mark.parametrize("shape", [(), (1,), (7,)])
def test_shapes(shape: tuple[int, ...]) -> None:
    seen = apparent_directions(SITES[0], "sun", np.full(shape, ET))
    assert {part.shape for part in seen} == {shape or (1,)}


def test_outside_the_kernels() -> None:
    first, last = default_ephemeris().span
    for et in (first, last + 1.0, np.nan):
        with pytest.raises(CoverageError, match="kernels cover"):
            apparent_directions(SITES[0], "sun", [et])


def test_angular_radius() -> None:
    assert np.degrees(angular_radius("sun", np.array([1.495978707e11])))[0] == pytest.approx(
        0.26645, abs=1e-4
    )
    assert angular_radius("sun", SUN_RADIUS / np.sin(0.1)) == pytest.approx(0.1)
    with pytest.raises(RequestError, match="'mars'; give one of sun, earth"):
        angular_radius("mars", np.array([1e11]))


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "ground_m", "message"),
    [
        (90.1, 0.0, 0.0, "site x: latitude 90.1 deg is off the Moon"),
        (np.nan, 0.0, 0.0, "off the Moon"),
        (0.0, 400.0, 0.0, "longitude 400.0 deg"),
        (0.0, 0.0, 1.7374e6, "heights are counted from the 1737.4 km sphere"),
    ],
)
def test_site_off_the_moon(lat_deg: float, lon_deg: float, ground_m: float, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Site("x", lat_deg, lon_deg, ground_m)


def test_site_without_known_ground_is_not_placed() -> None:
    with pytest.raises(RequestError, match="height of the ground is not known"):
        Site("x", -88.8, 123.4, np.nan).r_me()


def test_longitudes_a_turn_apart_are_one_place() -> None:
    np.testing.assert_allclose(Site("a", 10.0, -90.0).r_me(), Site("b", 10.0, 270.0).r_me(), atol=1e-6)
    assert Site("a", 0.0, 180.0).lon == pytest.approx(-np.pi)
