"""Compiled loops of campaigns under failures and delays: flights of a plan carried out, lost, and flown again."""

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray, IntArray


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def fly_draws(
    planned: IntArray,
    spread: IntArray,
    pad: IntArray,
    turnaround: IntArray,
    launcher: IntArray,
    chance: FloatArray,
    luck: FloatArray,
    slip: IntArray,
    first_before: IntArray,
    before: IntArray,
    next_open: IntArray,
    rebuild: IntArray,
    lead: int,
    stand_down: int,
    reserves: int,
    horizon: int,
    landed: IntArray,
    tries: IntArray,
) -> None:
    """Carry a plan out once for each draw, every flight in its turn as soon as it can fly.

    Parameters
    ----------
    planned, spread, pad, launcher : (f,) int64 arrays
        Month of the landing as planned, months from the first launch to it, pad and launcher by index.
    turnaround : (p,) int64 array
        Months from one launch of a pad to the next.
    chance : (d, f) float64 array
        Chance that a try of a flight lands.
    luck : (d, f, a) float64 array
        Even draws in [0, 1), one a try; a try lands where it is below the chance.
    slip : (d, f, a) int64 array
        Months by which a try is late of its own.
    first_before : (f + 1,) int64 array
        Where the flights that must have landed before each begin in `before`.
    before : (n,) int64 array
        Those flights.
    next_open : (f, horizon + 1) int64 array
        First month with a window for each flight that is not before a month; `horizon` where none is left.
    rebuild : (f,) int64 array
        Months until what a lost flight carried is built again; 0 where a spare stands ready.
    lead : int
        Months until a launcher and a lander are ready again.
    stand_down : int
        Months for which a launcher stays on the ground after it or what it carried was lost.
    reserves : int
        Launchers with landers that stand ready: so many losses do not wait for `lead`.
    horizon : int
        Months after which nothing flies.
    landed : (d, f) int64 array, filled
        Month of the landing; `horizon` where it never landed.
    tries : (d, f) int64 array, filled
        Number of tries.
    """
    draws, flights, most = luck.shape
    for d in range(draws):
        pad_free = np.zeros(turnaround.size, dtype=np.int64)
        grounded = np.zeros(launcher.max() + 1 if flights else 1, dtype=np.int64)
        ready = np.zeros(flights, dtype=np.int64)
        left = reserves
        for f in range(flights):
            landed[d, f] = -1
            tries[d, f] = 0
            ready[f] = planned[f] + slip[d, f, 0]
        while True:
            best = -1
            best_month = horizon
            for f in range(flights):
                if landed[d, f] >= 0:
                    continue
                month = ready[f]
                blocked = False
                for k in range(first_before[f], first_before[f + 1]):
                    other = landed[d, before[k]]
                    if other < 0 or other >= horizon:
                        blocked = True
                        break
                    month = max(month, other)
                if blocked:
                    continue
                # its first launch is spread[f] months before the landing
                month = max(month, max(pad_free[pad[f]], grounded[launcher[f]]) + spread[f])
                month = next_open[f, min(month, horizon)]
                if month < best_month:
                    best_month = month
                    best = f
            if best < 0:
                break
            f = best
            attempt = tries[d, f]
            tries[d, f] = attempt + 1
            pad_free[pad[f]] = best_month + turnaround[pad[f]]
            if luck[d, f, attempt] < chance[d, f]:
                landed[d, f] = best_month
                continue
            wait = max(rebuild[f], stand_down)
            if left > 0:
                left -= 1
            else:
                wait = max(wait, lead)
            grounded[launcher[f]] = max(grounded[launcher[f]], best_month + stand_down)
            if attempt + 1 < most:
                ready[f] = best_month + max(wait, 1) + slip[d, f, attempt + 1]
            else:
                landed[d, f] = horizon
        for f in range(flights):
            if landed[d, f] < 0:
                landed[d, f] = horizon
