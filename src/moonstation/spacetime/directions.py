"""In which direction a site on the Moon sees things."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, SPEED_OF_LIGHT, SUN_RADIUS
from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site

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
    Light time by one Newtonian iteration, which leaves less than 1e-8 rad for the Sun and the Earth; aberration by
    the exact classical sum of velocities (Explanatory Supplement to the Astronomical Almanac, 3rd ed., section 7.2),
    with the observer's velocity about the solar system's barycentre, the Moon's turn included.
    """
    source = ephemeris or default_ephemeris()
    times = np.ascontiguousarray(np.atleast_1d(np.asarray(et, dtype=np.float64)))
    icrf_to_me = source.rotation_icrf_to_me(times)
    r_site = rotate(icrf_to_me.transpose(0, 2, 1), site.r_me(height))
    moon = source.state_icrf("moon", times, center="ssb")
    observer = moon[:, :3] + r_site
    # The Moon turns about its ME pole at 2.66e-6 rad/s: 4.6 m/s at the equator, a hundredth of the tolerance.
    pole = icrf_to_me[:, 2, :]
    velocity = moon[:, 3:] + np.cross(pole * 2.6616995e-6, r_site)
    sent = times
    path = np.empty(0)
    for _ in range(2):
        target = source.position_icrf(body, sent, center="ssb") - observer
        path = np.linalg.norm(target, axis=1)
        sent = times - path / SPEED_OF_LIGHT
    target = source.position_icrf(body, sent, center="ssb") - observer
    path = np.linalg.norm(target, axis=1)
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
    azimuth = np.arctan2(east, north) % (2.0 * np.pi)
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
