"""Compiled loop that keeps of a flight what a survey asks: its lowest and highest point, its time over a site."""

from typing import Any

import numpy as np
from numba import njit

from moonstation.arrays import INNER
from moonstation.orbits._force_kernels import evaluate_record
from moonstation.spacetime._kernels import libration_matrix

LOWEST, LOWEST_AT, HIGHEST, HIGHEST_AT, DWELL, LONGEST_GAP, GAP, BEFORE, NEXT = range(9)
"""Places of the summary of a flight: radii [m] and their times [s], time over the site, longest time away from it and
that under way [s]; the sine of elevation over that of the mask at the last look, and when the next is due [s]."""

SUMMARY = 9

PIECES = 32
"""Places of a step at which the climb is looked at; an extreme between two is bisected."""


@njit(**INNER)
def _extreme(record: Any, h: float, low: float, high: float, rising: bool, point: Any) -> float:
    """Place in [low, high] of a step where the climb changes its sign."""
    for _ in range(40):
        middle = 0.5 * (low + high)
        evaluate_record(record, middle, h, point)
        if (point[0] * point[3] + point[1] * point[4] + point[2] * point[5] > 0.0) == rising:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def summarise_steps(
    window: Any,
    direction: float,
    taus: Any,
    records: Any,
    steps: int,
    until: float,
    site: Any,
    sine: float,
    sample: float,
    summary: Any,
) -> None:
    """Take some steps of a flight into its summary.

    Parameters
    ----------
    window : EphemerisWindow
        Its times count from the start of the flight.
    direction : float
        1 forward in time, -1 backward.
    taus : (k + 1,), records : (k, 3, c)
        As `advance` writes them.
    steps : int
        How many of them count.
    until : float
        End of what counts [s past the start]; within the last step where the flight ends there.
    site : (2, 3) position and zenith of a site, principal axes [m, 1].
    sine : float
        Sine of the lowest elevation at which the site sees the orbiter; above 1 where there is no site.
    sample : float
        Time between two looks from the site [s].
    summary : (SUMMARY,) kept up to date.
    """
    point = np.empty(6)
    rotation = np.empty((3, 3))
    for i in range(steps):
        h = taus[i + 1] - taus[i]
        end = min(1.0, 2.0 * (until - taus[i]) / h - 1.0)
        record = records[i]
        climbing = False
        last = -1.0
        for k in range(PIECES + 1):
            here = -1.0 + (end + 1.0) * k / PIECES
            evaluate_record(record, here, h, point)
            climbs = point[0] * point[3] + point[1] * point[4] + point[2] * point[5] > 0.0
            place = here
            if k > 0 and climbs != climbing:
                place = _extreme(record, h, last, here, climbing, point)
                evaluate_record(record, place, h, point)
            climbing = climbs
            last = here
            radius = np.sqrt(point[0] * point[0] + point[1] * point[1] + point[2] * point[2])
            when = taus[i] + 0.5 * (place + 1.0) * h
            if radius < summary[LOWEST]:
                summary[LOWEST] = radius
                summary[LOWEST_AT] = when
            if radius > summary[HIGHEST]:
                summary[HIGHEST] = radius
                summary[HIGHEST_AT] = when
        if sine > 1.0:
            continue
        while summary[NEXT] <= min(taus[i + 1], until):
            t = summary[NEXT]
            evaluate_record(record, 2.0 * (t - taus[i]) / h - 1.0, h, point)
            libration_matrix(window, direction * t, rotation)
            along = 0.0
            range2 = 0.0
            for a in range(3):
                d = (
                    rotation[a, 0] * point[0]
                    + rotation[a, 1] * point[1]
                    + rotation[a, 2] * point[2]
                    - site[0, a]
                )
                along += d * site[1, a]
                range2 += d * d
            now = along / np.sqrt(range2) - sine
            if t > 0.0:
                before = summary[BEFORE]
                # Between two looks the sine of elevation is taken as straight.
                seen = 0.0
                if now > 0.0 and before > 0.0:
                    seen = sample
                elif now > 0.0 or before > 0.0:
                    seen = sample * max(now, before) / abs(now - before)
                summary[DWELL] += seen
                summary[GAP] = sample - seen if before > 0.0 else summary[GAP] + sample - seen
                summary[LONGEST_GAP] = max(summary[LONGEST_GAP], summary[GAP])
                if now > 0.0:
                    summary[GAP] = 0.0
            summary[BEFORE] = now
            summary[NEXT] = t + sample
