"""What a campaign costs at least, and a plan to begin from: its programme by seasons, solved by HiGHS in one thread.

Months are too many to be laid out one by one, and seasons of a few months lose little: what lands must be paid for all
the same. The best plan by seasons lacks only its months, and is where the search over months begins.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import Any

from moonstation.campaign.case import Case
from moonstation.campaign.season_rules import THOUSAND, Seasons, costs, programme_by_seasons

MOST_SEASONS = 24
SPANS = (1, 2, 3, 4, 6, 12)
"""Months of a season; twelve are whole numbers of each, so that cadences fit."""

SURE = 1e-6
"""Share by which a bound of the solver is taken lower, for its tolerances."""


@dataclass(frozen=True)
class SeasonLanding:
    """A flight of the plan by seasons: number of its way, first and last month."""

    way: int
    first: int
    last: int


@dataclass(frozen=True)
class SeasonPlan:
    """Answer of the programme by seasons.

    Attributes
    ----------
    bound : int
        Least cost of any plan, thousands.
    landings : tuple of SeasonLanding
        Flights of the best plan by seasons that was found.
    """

    bound: int
    landings: tuple[SeasonLanding, ...]


def season_span(case: Case) -> int:
    """Months of a season: so many that there are at most `MOST_SEASONS`, or twelve."""
    return next((span for span in SPANS if case.months <= MOST_SEASONS * span), SPANS[-1])


def plan_by_seasons(
    case: Case,
    *,
    seconds: float,
    gap: float,
    floor: int = 0,
    span: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> SeasonPlan | None:
    """Find the plan of least cost by seasons.

    Parameters
    ----------
    case : Case
        The campaign.
    seconds : float
        Time of the search [s], on the clock.
    gap : float
        The search stops at this share between plan and bound.
    floor : int
        What any plan costs at least, supplies left aside, thousands.
    span : int, optional
        Months of a season; by `season_span` if not given.
    progress : callable, optional
        Called with the share of the time that is over.

    Returns
    -------
    SeasonPlan or None
        None if the time was too short for a plan.
    """
    from ortools.math_opt.python import mathopt

    p = programme_by_seasons(case, mathopt.Model(), mathopt.fast_sum, span or season_span(case))
    terms = [term for k in range(p.number) for term in costs(p, k)]
    for lander, built in p.built.items():
        price = next(way.lander_cost for way in case.ways if way.lander == lander)
        terms.append(THOUSAND * price * built)
    p.model.minimize(p.sum(terms))
    if floor:
        prices = [store.price * p.supplies[store.id, key] for store in case.stores for key in p.flights]
        p.add(p.sum(terms) - THOUSAND * p.sum(prices) >= THOUSAND * floor)
    limits = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=seconds),
        relative_gap_tolerance=gap,
        # the presolve of HiGHS in OR-Tools 9.15 calls some of these programmes infeasible that have plans
        presolve=mathopt.Emphasis.OFF,
    )
    solved: Future[Any] = Future()

    def solve() -> None:
        try:
            solved.set_result(mathopt.solve(p.model, mathopt.SolverType.HIGHS, params=limits))
        except Exception as error:
            solved.set_exception(error)

    # a thread that does not keep the program alive: the solver cannot be told to stop, the user can
    Thread(target=solve, daemon=True).start()
    begin = monotonic()
    while not wait([solved], timeout=0.25).done:
        if progress is not None:
            progress(min(1.0, (monotonic() - begin) / seconds))
    result = solved.result()
    bound = result.termination.objective_bounds.dual_bound
    if not result.has_primal_feasible_solution() or not math.isfinite(bound):
        return None
    return SeasonPlan(
        math.floor(bound / THOUSAND * (1.0 - SURE)), tuple(_landings(p, result.variable_values()))
    )


def _landings(p: Seasons, values: Mapping[Any, float]) -> list[SeasonLanding]:
    found = []
    for (number, _, k), flights in p.flights.items():
        way = p.case.ways[number]
        landing = SeasonLanding(number, max(way.first, p.first(k)), min(way.last, p.last(k)))
        found += [landing] * round(values[flights])
    return found
