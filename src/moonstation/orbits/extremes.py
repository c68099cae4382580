"""The lowest and the highest point of an orbiter's motion."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from moonstation.arrays import FloatArray

STEP = 60.0
"""Step at which altitudes are looked at before extremes are refined [s]; an orbit takes over 6000 s."""

TOLERANCE = 0.1
"""How closely in time an extreme is found [s]."""

Altitude = Callable[[FloatArray], FloatArray]


class Extremes(NamedTuple):
    """Lowest and highest altitude [m], and when [s, TDB past J2000]."""

    lowest: float
    lowest_at: float
    highest: float
    highest_at: float


def altitude_extremes(altitude: Altitude, begin: float, end: float) -> Extremes:
    """Lowest and highest altitude from `begin` to `end`.

    Of all the low points between samples every minute, the one whose parabola through three samples reaches
    lowest is taken, and refined by golden section to 0.1 s; the highest likewise.

    Parameters
    ----------
    altitude : callable
        Epochs (m,) [TDB s past J2000] to altitudes (m,) [m].
    begin, end : float
        The span [TDB s past J2000].
    """
    times = np.linspace(begin, end, max(2, math.ceil((end - begin) / STEP)) + 1)
    samples = altitude(times)
    lowest, lowest_at = _lowest(altitude, times, samples)
    depth, highest_at = _lowest(lambda et: np.negative(altitude(et)), times, np.negative(samples))
    return Extremes(lowest, lowest_at, -depth, highest_at)


def _lowest(altitude: Altitude, times: FloatArray, samples: FloatArray) -> tuple[float, float]:
    k = _lowest_dip(samples)
    low, high = float(times[max(k - 1, 0)]), float(times[min(k + 1, times.size - 1)])
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    while high - low > TOLERANCE:
        inner = np.array([high - ratio * (high - low), low + ratio * (high - low)])
        left, right = altitude(inner)
        if left < right:
            high = float(inner[1])
        else:
            low = float(inner[0])
    middle = 0.5 * (low + high)
    refined = float(altitude(np.array([middle]))[0])
    # At an end of the span the lowest point may be the end itself.
    return (refined, middle) if refined < samples[k] else (float(samples[k]), float(times[k]))


def _lowest_dip(values: FloatArray) -> int:
    """Index of the sample at the lowest dip, by the vertex of the parabola through it and its neighbours."""
    left, middle, right = values[:-2], values[1:-1], values[2:]
    dips = np.flatnonzero((middle <= left) & (middle <= right)) + 1
    bend = values[dips - 1] - 2.0 * values[dips] + values[dips + 1]
    slope = values[dips + 1] - values[dips - 1]
    vertex = values[dips] - np.divide(slope**2, 8.0 * bend, out=np.zeros_like(bend), where=bend > 0.0)
    candidates = np.r_[0, values.size - 1, dips]
    return int(candidates[np.argmin(np.r_[values[0], values[-1], vertex])])
