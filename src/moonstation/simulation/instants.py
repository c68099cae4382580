"""The instants of a run: even steps, and who is there yet.

Values at an instant hold over the step that begins there. An element counts from the first instant at or
after 00:00 UTC of the day it arrives.
"""

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Element

SLACK = 1.1
"""Even steps of UTC are uneven in TDB, and the other way round, by milliseconds and by leap seconds [s]."""


def even_step(times_s: FloatArray) -> float:
    """Step of evenly spaced instants [s].

    Raises
    ------
    RequestError
        If there are fewer than two, or steps differ from their mean by more than 1.1 s (a leap second) or a
        tenth of the step.
    """
    if times_s.ndim != 1 or times_s.size < 2:
        raise RequestError(f"instants of shape {times_s.shape}: give two or more in one row")
    step = float(times_s[-1] - times_s[0]) / (times_s.size - 1)
    worst = float(np.max(np.abs(np.diff(times_s) - step)))
    if not step > 0.0 or not worst <= min(SLACK, 0.1 * step):
        raise RequestError(
            f"steps differ by up to {worst:.6g} s from their mean of {step:.6g} s: use even steps"
        )
    return step


def arrival(element: Element, times_s: FloatArray) -> float:
    """When an element begins to count [s, TDB past J2000]: its arrival, not before the first instant."""
    start = float(times_s[0])
    return start if element.arrives is None else max(start, Epoch.parse(element.arrives).tdb_s)


def present(element: Element, times_s: FloatArray) -> BoolArray:
    """Whether an element is there, at each instant (n,)."""
    return times_s >= arrival(element, times_s) - SLACK


def first_step(element: Element, times_s: FloatArray) -> int:
    """Index of the first instant at which an element is there; past the end of the run if it comes later."""
    first = int(np.searchsorted(times_s, arrival(element, times_s) - SLACK))
    return first if first < times_s.size else times_s.size + 1
