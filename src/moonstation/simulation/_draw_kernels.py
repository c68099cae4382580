"""Random numbers of a run: functions of seed, run, stream and count, so that runs do not depend on each other."""

import numba
import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.simulation._life_model import (
    COMMON_CAUSE,
    DUST,
    MEAN_LIFE,
    STREAM_UNIT,
    STREAM_VALUE,
    WEAR_OUT,
    LifeModel,
)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def uniform(seed: int, run: int, stream: int, index: int, count: int) -> float:
    """Random number in (0, 1) that belongs to its arguments: splitmix64's finaliser over each in turn.

    Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014 (variant 13 of Stafford's mixers).
    """
    state = np.uint64(seed) ^ np.uint64(0x6D6F6F6E)
    for word in (run, stream, index, count):
        state = state + (np.uint64(word) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return (np.float64(state >> np.uint64(12)) + 0.5) * 2.0**-52


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def normal(seed: int, run: int, stream: int, index: int) -> float:
    """Standard normal draw (Box and Muller 1958)."""
    radius = np.sqrt(-2.0 * np.log(uniform(seed, run, stream, index, 0)))
    return radius * np.cos(2.0 * np.pi * uniform(seed, run, stream, index, 1))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def between(limits: FloatArray, u: float) -> float:
    """Value of a range (lowest, likeliest, highest) that a share u of draws stay below: triangular, or even (nan)."""
    low, mode, high = limits[0], limits[1], limits[2]
    if low == high:
        return low
    if np.isnan(mode):
        return low + (high - low) * u
    left = (mode - low) / (high - low)
    if u < left:
        return float(low + np.sqrt(u * (high - low) * (mode - low)))
    return float(high - np.sqrt((1.0 - u) * (high - low) * (high - mode)))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def draw_values(m: LifeModel, seed: int, run: int, drawn: FloatArray) -> None:
    """Fill what a run draws once, (VALUES, most): factors by what they are of and of which, of dust the value."""
    drawn[:] = 1.0
    drawn[DUST] = 0.0
    for d in range(m.draw_what.size):
        what, which = m.draw_what[d], m.draw_which[d]
        drawn[what, which] = between(m.draw_limits[d], uniform(seed, run, STREAM_VALUE, what, which))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def drawn_in(m: LifeModel, seed: int, first: int, values: AnyArray) -> None:
    """Fill `values` (r, d) with what runs from `first` on draw."""
    for r in range(values.shape[0]):
        for d in range(m.draw_what.size):
            u = uniform(seed, first + r, STREAM_VALUE, m.draw_what[d], m.draw_which[d])
            values[r, d] = between(m.draw_limits[d], u)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def draw_life(
    m: LifeModel, drawn: FloatArray, item: int, factor: float, seed: int, run: int, unit: int, count: int
) -> float:
    """Active age at which a new unit fails by itself [steps]: Weibull, cut at its design life."""
    life = m.items[item].life * drawn[WEAR_OUT, item]
    if not np.isfinite(m.items[item].scale):
        return life
    together = min(m.items[item].beta * drawn[COMMON_CAUSE, item], 0.999)
    alone = m.items[item].scale * drawn[MEAN_LIFE, item] * factor / (1.0 - together)
    age = alone * (-np.log(uniform(seed, run, STREAM_UNIT, unit, count))) ** (1.0 / m.items[item].weibull)
    return min(age, life)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def shock_scale(m: LifeModel, drawn: FloatArray, item: int, factor: float) -> float:
    """Mean time between failures of all units at once [steps], by mean life and common cause; infinite if none."""
    together = min(m.items[item].beta * drawn[COMMON_CAUSE, item], 0.999)
    if together <= 0.0 or not np.isfinite(m.items[item].scale):
        return np.inf
    return m.items[item].mean * drawn[MEAN_LIFE, item] * factor / together
