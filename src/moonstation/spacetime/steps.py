"""Steps of a series: even ones, and what share of each lies within intervals."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError

SLACK = 1.1
"""Slack for steps that are even in UTC but not in TDB [s]: a leap second, and the wobble of TDB (2 ms)."""


def even_step(times: FloatArray) -> float:
    """Step of evenly spaced instants [s], to the microsecond.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Instants [s], n >= 2.

    Raises
    ------
    RequestError
        If there are fewer than two, or steps differ from their mean by more than 1.1 s (a leap second) or a tenth of
        the step.
    """
    if times.ndim != 1 or times.size < 2:
        raise RequestError(f"instants of shape {times.shape}: give two or more in one row")
    step = float(times[-1] - times[0]) / (times.size - 1)
    worst = float(np.max(np.abs(np.diff(times) - step)))
    if not step > 0.0 or not worst <= min(SLACK, 0.1 * step):
        raise RequestError(
            f"steps differ by up to {worst:.6g} s from their mean of {step:.6g} s: give even steps that ascend"
        )
    return round(step, 6)


def share_of_steps(intervals: FloatArray, times: FloatArray) -> FloatArray:
    """Share of each step that lies within intervals, exact at their edges.

    Parameters
    ----------
    intervals : ndarray, shape (m, 2)
        Sorted and disjoint [s].
    times : ndarray, shape (n,)
        Evenly spaced instants [s]; each opens a step, the last one as long as the others.

    Returns
    -------
    ndarray, shape (n,)
        0 to 1.

    Raises
    ------
    RequestError
        If the instants are not evenly spaced.
    """
    instants = np.r_[times, times[-1] + even_step(times)]
    if intervals.size == 0:
        return np.zeros(times.size)
    edges = intervals.ravel()
    lengths = np.cumsum(intervals[:, 1] - intervals[:, 0])
    elapsed = np.empty(edges.size)
    elapsed[1::2] = lengths
    elapsed[0::2] = np.r_[0.0, lengths[:-1]]
    share = np.diff(np.interp(instants, edges, elapsed)) / np.diff(instants)
    # sums over a year of windows leave rounding of a nanosecond
    share[np.abs(share) < 1e-9] = 0.0
    share[np.abs(share - 1.0) < 1e-9] = 1.0
    result: FloatArray = np.clip(share, 0.0, 1.0)
    return result
