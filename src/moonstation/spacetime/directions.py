"""In which direction a site on the Moon sees things."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, SECONDS_PER_DAY, SPEED_OF_LIGHT, SUN_RADIUS
from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site

MOON_TURN = 2.0 * np.pi / (27.321661 * SECONDS_PER_DAY)
"""Mean turn of the Moon [rad/s], by its sidereal month of 27.321661 d (Explanatory Supplement, 3rd ed., table 10.3)."""

RADII = {"sun": SUN_RADIUS, "earth": EARTH_MEAN_RADIUS}


class Directions(NamedTuple):
    """Directions from a site, each of shape (n,).

    Attributes
    ----------
    azimuth : ndarray
        Clockwise from north, [0, 2 pi) [rad].
    elevation : ndarray
        Above the local horizontal of the 1737.4 km sphere [rad].
    distance : ndarray
        [m].
    """

    azimuth: FloatArray
    elevation: FloatArray
    distance: FloatArray


def apparent_directions(
    site: Site, body: str, et: ArrayLike, *, height: float = 0.0, ephemeris: Ephemeris | None = None
) -> Directions:
    """Apparent direction of a body: light time and stellar aberration, as SPICE's "LT+S".

    Parameters
    ----------
    site : Site
        The observer's place.
    body : str
        "sun", "earth", or another body of the ephemeris.
    et : array_like, shape (n,)
        TDB seconds past J2000.
    height : float
        Of the observer above the ground [m].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    Directions
        Azimuth, elevation and distance (light path) of the body's centre.

    Raises
    ------
    CoverageError
        If a time, less the light time, lies outside the kernels.

    Notes
    -----
    Light time as SPICE's "LT", from the geometric distance and once improved, which leaves less than 1e-8 rad;
    aberration by the classical sum of velocities (Explanatory Supplement to the Astronomical Almanac, 3rd ed., section
    7.2), with the observer's velocity about the solar system's barycentre, the Moon's turn included. SPICE turns by
    asin(v/c sin) instead: that and relativity differ by 1e-8 rad.
    """
    source = ephemeris or default_ephemeris()
    times = np.ascontiguousarray(np.atleast_1d(np.asarray(et, dtype=np.float64)))
    icrf_to_me = source.rotation_icrf_to_me(times)
    r_site = np.einsum("nij,i->nj", icrf_to_me, site.r_me(height))
    moon = source.state_icrf("moon", times, center="ssb")
    observer = moon[:, :3] + r_site
    # the pole of ME stands for the axis of the turn, from which it strays by 1e-3 rad: 5 mm/s, 1e-11 rad of aberration
    velocity = moon[:, 3:] + np.cross(icrf_to_me[:, 2, :] * MOON_TURN, r_site)
    target = source.position_icrf(body, times, center="ssb") - observer
    sent = times - np.sqrt(np.einsum("ij,ij->i", target, target)) / SPEED_OF_LIGHT
    target = source.position_icrf(body, sent, center="ssb") - observer
    path = np.sqrt(np.einsum("ij,ij->i", target, target))
    seen = target / path[:, None] + velocity / SPEED_OF_LIGHT
    return _azimuth_elevation(site, rotate(icrf_to_me, seen), path)


def directions_to(
    site: Site, r_icrf: FloatArray, et: ArrayLike, *, height: float = 0.0, ephemeris: Ephemeris | None = None
) -> Directions:
    """Geometric direction of given Moon-centred positions.

    Parameters
    ----------
    site : Site
        The observer's place.
    r_icrf : ndarray, shape (n, 3)
        Positions from the Moon's centre, ICRF [m].
    et : array_like, shape (n,)
        TDB seconds past J2000 of each.
    height : float
        Of the observer above the ground [m].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    """
    source = ephemeris or default_ephemeris()
    line = rotate(source.rotation_icrf_to_me(et), np.asarray(r_icrf, dtype=np.float64)) - site.r_me(height)
    return _azimuth_elevation(site, line, np.linalg.norm(line, axis=1))


def _azimuth_elevation(site: Site, line_me: FloatArray, distance: FloatArray) -> Directions:
    east, north, up = (line_me @ site.enu_me.T).T
    azimuth = np.arctan2(east, north)
    # adding a turn to the least negative angles rounds to a whole turn, which is north again
    azimuth = np.where(azimuth < 0.0, azimuth + 2.0 * np.pi, azimuth)
    azimuth[azimuth >= 2.0 * np.pi] = 0.0
    return Directions(azimuth, np.arctan2(up, np.hypot(east, north)), distance)


def angular_radius(body: str, distance: FloatArray) -> FloatArray:
    """Angular radius of the Sun's or the Earth's disc [rad] at a distance [m].

    Raises
    ------
    RequestError
        If the body is neither.
    """
    if body not in RADII:
        raise RequestError(f"no radius is known of '{body}'; give one of {', '.join(RADII)}")
    result: FloatArray = np.arcsin(RADII[body] / np.asarray(distance))
    return result
