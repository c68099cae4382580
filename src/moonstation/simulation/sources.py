"""Power that sources offer: arrays in the light, reactors, isotopes."""

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.simulation.arrays import degradation_factor, rated_power
from moonstation.simulation.instants import arrival, first_step, present
from moonstation.station.elements import Element


def constant_power(element: Element, times_s: FloatArray) -> FloatArray:
    """Power of an element's reactor or isotope source [W], (n,); zero before it arrives.

    With a half-life it falls as ``2^(-t / half_life)`` from the start of the study, or from the arrival if
    that is later. Converters are taken not to age. Nothing comes while it is `starting`.
    """
    here = present(element, times_s) & ~starting(element, times_s)
    if element.half_life is None:
        return np.where(here, element.power, 0.0)
    age = times_s - arrival(element, times_s)
    result: FloatArray = np.where(
        here, element.power * np.exp2(-np.maximum(age, 0.0) / element.half_life), 0.0
    )
    return result


def starting(element: Element, times_s: FloatArray) -> BoolArray:
    """Whether a source that has arrived is not yet at full power, at each instant (n,).

    What is there from the first instant on runs already.
    """
    first = first_step(element, times_s)
    wait = 0 if first == 0 else int(np.ceil(element.start_time / (times_s[1] - times_s[0]) - 1e-6))
    steps = np.arange(times_s.size)
    result: BoolArray = (steps >= first) & (steps < first + wait)
    return result


def solar_power(element: Element, times_s: FloatArray, *, light: FloatArray) -> FloatArray:
    """Power of an element's array [W], (n,), of the light on its face as share of 1361 W/m2.

    Rated at the start of the study, or at the arrival if that is later, and degrading from there.
    """
    age = times_s - arrival(element, times_s)
    power = rated_power(element) * light * degradation_factor(age, rate=element.array_degradation)
    result: FloatArray = np.where(present(element, times_s), power, 0.0)
    return result
