"""Compiled loops of surveys: what is watched of an orbit while it is flown, so that nothing of it need be kept."""

from typing import Any

import numpy as np
from numba import njit

from moonstation.orbits._kernels import evaluate_record

LOWEST, SEEN, GAP, LONGEST_GAP = range(4)
"""Places of what is watched: least radius [m], samples in sight, samples out of sight in a row, the most of these."""

BISECTIONS = 40


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def watch_heights(steps: int, tau: Any, y: Any, records: Any, watched: Any) -> None:
    """Keep the least radius of some steps: that of their ends, and of the low points between."""
    point = np.empty(6)
    for i in range(steps + 1):
        radius = np.sqrt(y[i, 0] ** 2 + y[i, 1] ** 2 + y[i, 2] ** 2)
        watched[LOWEST] = min(watched[LOWEST], radius)
    for i in range(steps):
        falls = y[i, 0] * y[i, 3] + y[i, 1] * y[i, 4] + y[i, 2] * y[i, 5] < 0.0
        rises = y[i + 1, 0] * y[i + 1, 3] + y[i + 1, 1] * y[i + 1, 4] + y[i + 1, 2] * y[i + 1, 5] > 0.0
        if not (falls and rises):
            continue
        h = tau[i + 1] - tau[i]
        a = -1.0
        b = 1.0
        for _ in range(BISECTIONS):
            middle = 0.5 * (a + b)
            evaluate_record(records[i], middle, h, point)
            if point[0] * point[3] + point[1] * point[4] + point[2] * point[5] < 0.0:
                a = middle
            else:
                b = middle
        radius = np.sqrt(point[0] ** 2 + point[1] ** 2 + point[2] ** 2)
        watched[LOWEST] = min(watched[LOWEST], radius)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def watch_sight(
    steps: int,
    tau: Any,
    records: Any,
    up_icrf: Any,
    spacing: float,
    first: int,
    radius: float,
    sin_mask: float,
    watched: Any,
) -> int:
    """Count the samples at which the orbiter stands over a site, and the longest row of those at which it does not.

    Parameters
    ----------
    steps : int
        Steps that hold.
    tau : (steps + 1,), records : (steps, 3, k)
        Their ends [s] and positions.
    up_icrf : (m, 3)
        Direction of the site from the Moon's centre at sample times `spacing` apart from tau = 0 on.
    spacing : float
        [s]
    first : int
        First sample that has not been looked at.
    radius : float
        Of the site [m].
    sin_mask : float
        Sine of the least elevation.
    watched : (4,)
        Updated.

    Returns
    -------
    int
        First sample that has not been looked at now.
    """
    point = np.empty(6)
    i = 0
    k = first
    while k < up_icrf.shape[0]:
        t = k * spacing
        if t > tau[steps]:
            break
        while tau[i + 1] < t:
            i += 1
        h = tau[i + 1] - tau[i]
        evaluate_record(records[i], 2.0 * (t - tau[i]) / h - 1.0, h, point)
        square = 0.0
        height = 0.0
        for j in range(3):
            away = point[j] - radius * up_icrf[k, j]
            square += away * away
            height += away * up_icrf[k, j]
        if height >= sin_mask * np.sqrt(square):
            watched[SEEN] += 1.0
            watched[GAP] = 0.0
        else:
            watched[GAP] += 1.0
            watched[LONGEST_GAP] = max(watched[LONGEST_GAP], watched[GAP])
        k += 1
    return k
