"""The lightest or cheapest sources and stores that carry a load through the light of a place.

A linear or mixed-integer programme; how it is made small is told in `moonstation.design.sizing_search`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.design.sizing_case import Case, Objective, Source, Store, case_of
from moonstation.design.sizing_limits import why_not
from moonstation.design.sizing_programme import GAP
from moonstation.design.sizing_search import NoDesignError, Sizing, best_design, solve
from moonstation.errors import RequestError

CHOICES = 3
"""How often months to leave out are chosen anew, by the design of the choice before."""


def size_power(
    load: FloatArray,
    step: float,
    *,
    sources: Sequence[Source],
    stores: Sequence[Store],
    month: IntArray | None = None,
    confidence: float = 1.0,
    objective: Objective = "mass",
    gap: float = GAP,
    progress: Callable[[float], None] | None = None,
) -> Sizing:
    """Find the lightest or cheapest design that carries a load.

    Parameters
    ----------
    load : (n,) array
        Power asked for in each step [W].
    step : float
        [s]
    sources, stores : sequence
        What can be built; at least one source.
    month : (n,) array of int, optional
        Month that each step belongs to; needed with a confidence below 1.
    confidence : float
        Share of the months in which the whole load is carried. The months left out are those that the design fails
        first when all of it is made smaller; another choice may be better, so the bound is that of this choice.
    objective : str
        "mass" or "cost".
    gap : float
        Share of its value by which the design may lie above the bound before it is sought more closely.
    progress : callable, optional
        Called with a share done, 0 to 1, that grows as the design comes near the bound.

    Returns
    -------
    Sizing
        The design, its bound and the spells that made it.

    Raises
    ------
    RequestError
        If inputs make no sense, or no design within the limits carries the load; says what binds and the least change
        that closes it.
    """
    case = case_of(load, step, sources, stores, objective)
    try:
        best = best_design(case, gap, progress)
    except NoDesignError as none:
        raise RequestError(why_not(none)) from None
    if confidence == 1.0:
        return best
    if not 0.0 < confidence < 1.0:
        raise RequestError(f"confidence {confidence:g} is not above 0 and at most 1, as in 0.95")
    if month is None:
        raise RequestError("a confidence below 1 counts months: give the month of each step")
    droppable = int(np.floor((1.0 - confidence) * np.unique(month).size + 1e-9))
    for _ in range(CHOICES):
        dropped = _first_to_fail(case, best, month, droppable)
        left = replace(case, load=np.where(np.isin(month, dropped), 0.0, case.load))
        chosen = best_design(left, gap, progress)
        if best.dropped and chosen.value >= best.value:
            break
        power, capacity = np.array(list(chosen.power.values())), np.array(list(chosen.capacity.values()))
        missing, _, _ = case.run(power, capacity)
        best = replace(chosen, dropped=tuple(dropped.tolist()), missing=missing)
    return best


def _first_to_fail(case: Case, design: Sizing, month: IntArray, droppable: int) -> IntArray:
    """Months that a design fails first when all of it is made smaller in one ratio, at most so many."""
    power, capacity = np.array(list(design.power.values())), np.array(list(design.capacity.values()))

    def failed(ratio: float) -> IntArray:
        missing, _, _ = case.run(ratio * power, ratio * capacity)
        return np.unique(month[case.failing(missing)])

    low, high = 0.0, 1.0
    if failed(high).size > droppable:  # a design that drops some months already
        low, high = 1.0, 2.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if failed(middle).size <= droppable else (middle, high)
    return failed(high)


def least_value(
    load: FloatArray,
    step: float,
    *,
    sources: Sequence[Source],
    stores: Sequence[Store],
    like: Sizing,
    objective: Objective = "mass",
) -> float:
    """Least mass [kg] or cost over the spells and blocks of an earlier design: what a small change changes.

    The difference of two of these, divided by the change, is a shadow price. Months that the design drops stay dropped.

    Raises
    ------
    RequestError
        If the changed question has no answer.
    """
    case = case_of(load, step, sources, stores, objective)
    solved = solve(case, like.spells, like.block)
    if solved is None:
        raise RequestError("no design carries the changed load")
    return solved[2]


def stored(
    load: FloatArray, step: float, *, sources: Sequence[Source], stores: Sequence[Store], design: Sizing
) -> FloatArray:
    """Energy in all stores above what is never used, at the begin of each step of a design's run [J], (n,)."""
    case = case_of(load, step, sources, stores)
    power, capacity = np.array(list(design.power.values())), np.array(list(design.capacity.values()))
    return case.run(power, capacity)[2]
