"""Output of solar arrays: pure functions of where the Sun is and how much of it is seen.

Limits: no cell temperature, no dust, no light from the ground or the Earth; shade of neighbours is in
`moonstation.simulation.shading`. The seen share of the disc stands for the share of its light: limb darkening is left
out, which matters only while the Sun crosses the horizon.
"""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import AU, SOLAR_CONSTANT
from moonstation.errors import RequestError
from moonstation.station.elements import Element

JULIAN_YEAR = 31_557_600.0
"""365.25 days [s]."""


def irradiance_share(sun_fraction: FloatArray, distance: FloatArray, *, cosine: FloatArray) -> FloatArray:
    """Irradiance on an array's face as a share of the solar constant at 1 au.

    Parameters
    ----------
    sun_fraction : (n,) array
        Seen share of the solar disc, 0 to 1.
    distance : (n,) array
        Distance of the Sun [m].
    cosine : (n,) array
        Cosine of the angle between the array's normal and the Sun, not negative.

    Returns
    -------
    (n,) array
        ``sun_fraction * (1 au / distance)^2 * cosine``.
    """
    result: FloatArray = sun_fraction * (AU / distance) ** 2 * cosine
    return result


def tracking_cosine(elevation: FloatArray) -> FloatArray:
    """Cosine of incidence on an array that follows the Sun in azimuth and elevation: one throughout.

    Vertical masts at the pole turn about the vertical only; with the Sun within 1.6 deg of the horizon their
    loss against this is below 0.04 %, and it grows as ``1 - cos(elevation)`` away from the pole.
    """
    return np.ones_like(elevation)


def fixed_cosine(
    sun_azimuth: FloatArray, sun_elevation: FloatArray, *, array_azimuth: float, array_tilt: float
) -> FloatArray:
    """Cosine of incidence on a fixed array, zero while the Sun is behind it.

    Parameters
    ----------
    sun_azimuth, sun_elevation : (n,) array
        Direction of the Sun [rad], azimuth clockwise from north.
    array_azimuth : float
        Azimuth that the array's face looks to [rad].
    array_tilt : float
        Tilt of the array from horizontal [rad]: 0 lies flat, pi/2 stands upright.

    Notes
    -----
    Duffie and Beckman, Solar Engineering of Thermal Processes, eq. 1.6.3, with elevation for zenith angle.
    """
    cosine = np.sin(sun_elevation) * np.cos(array_tilt) + np.cos(sun_elevation) * np.sin(array_tilt) * np.cos(
        sun_azimuth - array_azimuth
    )
    result: FloatArray = np.maximum(cosine, 0.0)
    return result


def array_irradiance(
    element: Element,
    sun_fraction: FloatArray,
    *,
    azimuth: FloatArray,
    elevation: FloatArray,
    distance: FloatArray,
) -> FloatArray:
    """Irradiance on the face of an element's array, as a share of 1361 W/m2.

    Parameters
    ----------
    element : Element
        One with ``array_pointing`` "tracking" or "fixed".
    sun_fraction : (n,) array
        Seen share of the solar disc at the array's height, 0 to 1, eclipses included.
    azimuth, elevation : (n,) array
        Apparent direction of the Sun [rad].
    distance : (n,) array
        Distance of the Sun [m].

    Raises
    ------
    RequestError
        If the pointing is of another kind.
    """
    if element.array_pointing == "tracking":
        cosine = tracking_cosine(elevation)
    elif element.array_pointing == "fixed":
        cosine = fixed_cosine(
            azimuth, elevation, array_azimuth=element.array_azimuth, array_tilt=element.array_tilt
        )
    else:
        raise RequestError(
            f"element {element.id}: array_pointing {element.array_pointing!r} is not known; "
            "use 'tracking' or 'fixed'"
        )
    return irradiance_share(sun_fraction, distance, cosine=cosine)


def rated_power(element: Element) -> float:
    """Power of an element's array facing the full Sun at 1 au [W]; 0 for an element without one.

    ``array_power`` where given, else area x efficiency x 1361 W/m2.
    """
    if element.array_power:
        return element.array_power
    return (element.array_area or 0.0) * (element.array_efficiency or 0.0) * SOLAR_CONSTANT


def degradation_factor(age: FloatArray, *, rate: float) -> FloatArray:
    """What is left of the rated power after some time: ``(1 - loss in a year)^years``, compound.

    Parameters
    ----------
    age : (n,) array
        Time since the rating held [s]; before that (negative) the factor is 1.
    rate : float
        Share of the power lost per time [1/s], as of the first year; a year is 365.25 days.
    """
    result: FloatArray = (1.0 - rate * JULIAN_YEAR) ** (np.maximum(age, 0.0) / JULIAN_YEAR)
    return result
