"""What drives the loss of functions: failures made impossible in the very same runs, and values that are not known."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.simulation.life import Life, Lives, drawn_values, live_these
from moonstation.study.lives import SETTLED, broken_parts

COLUMNS = ["kind", "driver", "change", "days_gained", "error", "function", "survival_gained"]

CLEAR = 3.0
"""Errors that the gain of a value must exceed to be told: with a hundred values, chance passes two of them often."""

FEWEST_RUNS = 30
"""Runs below which nothing is said of values."""


def drivers(
    life: Life,
    lives: Lives,
    *,
    seed: int,
    runs: int,
    most: int,
    progress: Callable[[float], None],
) -> pd.DataFrame:
    """What it would buy to make the worst failures impossible, and to have the values that are not known at their best.

    Failures: the very same runs lived again without that failure, all other draws alike; a run in which it did not
    happen stays as it was. Values: straight line of days of function on the value over all runs, followed from the mean
    of the draws to the better end of the range. Draws are independent, so that one line at a time is enough.

    Parameters
    ----------
    life : Life
        The station.
    lives : Lives
        Its runs from number 0 on.
    seed : int
        Seed of these runs.
    runs : int
        How many of them are lived again for each failure.
    most : int
        How many failures are tried, by their blame, and how many values are told.
    progress : callable
        Called with the share done, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ``kind`` ("failure" or "value"), ``driver``, ``change`` (what it is set to), ``days_gained`` (mean days of
        function a run), ``error`` (standard error of that), ``function`` (the one that gains most),
        ``survival_gained`` (share of runs in which that function is not lost for good any more), ``clear``
        (whether a failure gains anything, a value more than `CLEAR` errors); most gained first.
    """
    rows = [*_failures(life, lives, seed, runs, most, progress), *_values(life, lives, seed, most)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    least = np.where(frame["kind"] == "failure", 0.0, CLEAR * frame["error"].astype(float))
    frame["clear"] = frame["days_gained"].astype(float) > least
    return frame.sort_values(["days_gained", "driver"], ascending=[False, True], ignore_index=True)


def _failures(
    life: Life, lives: Lives, seed: int, runs: int, most: int, progress: Callable[[float], None]
) -> list[tuple[object, ...]]:
    parts = broken_parts(life, lives)
    tried = [str(name) for name in parts["failure"][parts["blame_days"] > 0.0][:most]]
    runs = min(runs, len(lives.up))
    end = _end(life)
    rows: list[tuple[object, ...]] = []
    for done, name in enumerate(tried):
        struck = np.flatnonzero(lives.failures[:runs, life.failures.index(name)] > 0)
        after = live_these(life, [int(run) for run in struck], seed=seed, immune=[name])
        gained = np.zeros((runs, len(life.functions)))
        gained[struck] = (after.up.sum(axis=2) - lives.up[struck].sum(axis=2)) * life.step / 86_400.0
        best = int(np.argmax(gained.mean(axis=0)))
        saved = (after.last_up[:, best] >= end).sum() - (lives.last_up[struck, best] >= end).sum()
        total = gained.sum(axis=1)
        error = float(np.std(total, ddof=1) / np.sqrt(runs)) if runs > 1 else float("nan")
        row = (
            "failure",
            name,
            "impossible",
            float(np.mean(total)),
            error,
            life.functions[best],
            float(saved) / runs,
        )
        rows.append(row)
        progress((done + 1) / len(tried))
    return rows


def _values(life: Life, lives: Lives, seed: int, most: int) -> list[tuple[object, ...]]:
    runs = len(lives.up)
    if runs < FEWEST_RUNS or not life.ranges or not most:
        return []
    drawn = drawn_values(life, seed=seed, first=0, runs=runs)
    days = lives.up.sum(axis=2) * life.step / 86_400.0
    alive = (lives.last_up >= _end(life)).astype(np.float64)
    rows: list[tuple[object, ...]] = []
    for column, known in enumerate(life.ranges):
        x = drawn[:, column]
        if not np.std(x) > 0.0:
            continue
        slope, error = _line(x, days.sum(axis=1))
        end = known.high if slope > 0.0 else known.low
        far = abs(end - float(np.mean(x)))
        each = [_line(x, days[:, f])[0] * np.sign(slope) for f in range(days.shape[1])]
        best = int(np.argmax(each))
        saved = _line(x, alive[:, best])[0] * np.sign(slope) * far
        what = f"{end:g}" if known.of_dust else f"x {end:g}"
        gained = abs(slope) * far
        rows.append(("value", known.label, what, gained, error * far, life.functions[best], float(saved)))
    rows.sort(key=lambda row: -float(str(row[3])))
    return rows[:most]


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Slope of a straight line by least squares, and its standard error."""
    dx = x - np.mean(x)
    spread = float(np.sum(dx * dx))
    slope = float(np.sum(dx * y)) / spread
    rest = y - np.mean(y) - slope * dx
    return slope, float(np.sqrt(np.sum(rest * rest) / (x.size - 2) / spread))


def _end(life: Life) -> float:
    return float(life.model.years[-1]) - SETTLED / life.step
