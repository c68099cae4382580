"""How much of the Sun the Earth hides."""

import numpy as np
import numpy.typing as npt

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError


def separation(
    azimuth_a: npt.ArrayLike,
    elevation_a: npt.ArrayLike,
    *,
    azimuth_b: npt.ArrayLike,
    elevation_b: npt.ArrayLike,
) -> FloatArray:
    """Angle between two directions [rad], exact down to nothing (haversine).

    Parameters
    ----------
    azimuth_a, elevation_a : array_like
        First direction [rad].
    azimuth_b, elevation_b : array_like
        Second direction [rad].
    """
    el_a, el_b = np.asarray(elevation_a, dtype=np.float64), np.asarray(elevation_b, dtype=np.float64)
    half_az = 0.5 * (np.asarray(azimuth_b, dtype=np.float64) - np.asarray(azimuth_a, dtype=np.float64))
    haversine = np.sin(0.5 * (el_b - el_a)) ** 2 + np.cos(el_a) * np.cos(el_b) * np.sin(half_az) ** 2
    return np.asarray(2.0 * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))), dtype=np.float64)


def hidden_share(apart: npt.ArrayLike, radius: npt.ArrayLike, *, radius_front: npt.ArrayLike) -> FloatArray:
    """Share of a disc that another disc in front of it hides.

    Partial, annular and total cases; the discs are small enough to be flat (the Earth, at 1 deg of radius, is
    so to about 1e-4 of the share).

    Parameters
    ----------
    apart : array_like
        Angle between the centres [rad].
    radius : array_like
        Angular radius of the disc behind [rad], above zero.
    radius_front : array_like
        Angular radius of the disc in front [rad], above zero.

    Returns
    -------
    numpy.ndarray
        0 (nothing hidden) to 1 (all of it), shape of the arguments broadcast together.

    Raises
    ------
    RequestError
        If a radius is zero or negative.

    Notes
    -----
    Area of the lens that two circles share; see Montenbruck and Gill 2000, Satellite Orbits, section 3.4.2.
    """
    d, behind, front = np.broadcast_arrays(
        np.asarray(apart, dtype=np.float64),
        np.asarray(radius, dtype=np.float64),
        np.asarray(radius_front, dtype=np.float64),
    )
    if not (np.all(behind > 0.0) and np.all(front > 0.0)):
        raise RequestError("radius zero or negative: a disc has a radius above zero; give it in radians")
    share = np.zeros(d.shape)
    inside = d <= np.abs(front - behind)
    share[inside] = np.minimum(front[inside] / behind[inside], 1.0) ** 2
    partial = ~inside & (d < front + behind)
    if np.any(partial):
        d, behind, front = d[partial], behind[partial], front[partial]
        # Distance of the chord from the centre of each disc, then one circular segment on either side of it.
        chord_behind = (d * d + behind * behind - front * front) / (2.0 * d)
        chord_front = d - chord_behind
        lens = _segment(chord_behind, behind) + _segment(chord_front, front)
        share[partial] = np.clip(lens / (np.pi * behind * behind), 0.0, 1.0)
    return share


def _segment(chord: FloatArray, radius: FloatArray) -> FloatArray:
    """Area of the part of a disc beyond a chord at a signed distance from its centre."""
    x = np.clip(chord / radius, -1.0, 1.0)
    return np.asarray(radius * radius * (np.arccos(x) - x * np.sqrt(1.0 - x * x)), dtype=np.float64)


def eclipsed_share(
    apart: npt.ArrayLike, sun_radius: npt.ArrayLike, *, earth_radius: npt.ArrayLike
) -> FloatArray:
    """Share of the solar disc that the Earth hides from a place on the Moon.

    The Earth is a dark ball of its mean radius without atmosphere. The atmosphere would darken a rim
    of 1 to 2 % of the Earth's radius and bend some red light into the shadow; both are left out, which shifts
    the edges of a total eclipse by one to two minutes.

    Parameters
    ----------
    apart : array_like
        Angle between the centres of Sun and Earth [rad].
    sun_radius, earth_radius : array_like
        Angular radii [rad].

    Returns
    -------
    numpy.ndarray
        0 (whole Sun) to 1 (total eclipse).
    """
    return hidden_share(apart, sun_radius, radius_front=earth_radius)
