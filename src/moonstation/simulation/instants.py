"""The instants of a run: who is there yet.

Values at an instant hold over the step that begins there. An element counts from the first instant at or
after 00:00 UTC of the day it arrives.
"""

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.steps import SLACK
from moonstation.station.elements import Element


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
