"""How much of a disc stands above a horizon."""

import numpy as np
import numpy.typing as npt

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError


def visible_share(elevation: npt.ArrayLike, horizon: npt.ArrayLike, radius: npt.ArrayLike) -> FloatArray:
    """Share of a disc that stands above the horizon.

    The horizon is taken as level across the disc: the Sun is 0.53 deg wide, a step of a terrain horizon.

    Parameters
    ----------
    elevation : array_like
        Elevation of the disc's centre [rad].
    horizon : array_like
        Elevation of the horizon at the azimuth of the disc's centre [rad].
    radius : array_like
        Angular radius of the disc [rad], above zero.

    Returns
    -------
    numpy.ndarray
        0 (all of it set) to 1 (all of it up), shape of the arguments broadcast together.

    Raises
    ------
    RequestError
        If a radius is zero or negative.

    Notes
    -----
    Area of a circle's segment: 1/2 + (x sqrt(1 - x^2) + asin x) / pi with x = (elevation - horizon) / radius.
    Limb darkening is left out: the share is one of area, not of power.
    """
    size = np.asarray(radius, dtype=np.float64)
    if not np.all(size > 0.0):
        raise RequestError(
            f"radius {float(np.min(size)):g} rad: a disc has a radius above zero; give it in radians"
        )
    x = np.asarray((np.asarray(elevation, dtype=np.float64) - np.asarray(horizon, dtype=np.float64)) / size)
    np.clip(x, -1.0, 1.0, out=x)
    share = 0.5 + (x * np.sqrt(1.0 - x * x) + np.arcsin(x)) / np.pi
    # Rounding leaves +-1e-17 about the ends, and "no light at all" is asked for by comparing with zero.
    return np.asarray(np.where(x <= -1.0, 0.0, np.where(x >= 1.0, 1.0, share)), dtype=np.float64)
