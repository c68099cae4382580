"""The best plan of a campaign, with a proven gap: the model of `moonstation.campaign.rules` solved by CP-SAT."""

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moonstation.campaign.aims import bound_of, cost_of, set_aim, supplies_cost
from moonstation.campaign.bounds import least_cost
from moonstation.campaign.case import MONEY, Case
from moonstation.campaign.check import check_plan
from moonstation.campaign.flights import (
    Landing,
    plan_of,
    way_number,
)
from moonstation.campaign.greedy import greedy_landings, trim_supplies
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.programme import Programme
from moonstation.campaign.rules import programme_of
from moonstation.campaign.seasons import SeasonLanding, SeasonPlan, plan_by_seasons, season_span
from moonstation.errors import RequestError

MOST_SLOTS = 80
"""Flights of a plan beyond which a better one is not looked for."""

EASY = 0.1
"""Share of the time for a search over months alone; most campaigns need no more."""

SEASONS, GUIDED = 0.5, 0.4
"""Shares of the time that is left for a search over seasons, and for one over months from it."""

Progress = Callable[[str, float], None]


def greedy_plan(case: Case) -> Plan:
    """Make the first plan, in well under a second; see `moonstation.campaign.greedy`.

    It may break what only a search can keep (dates, budgets): `check_plan` tells.
    """
    begin = time.process_time()
    landings = greedy_landings(case)
    return plan_of(case, landings, objective=case.campaign.objective, seconds=time.process_time() - begin)


def plan_campaign(
    case: Case,
    *,
    objective: str | None = None,
    seconds: float = 60.0,
    gap: float = 0.01,
    fixed: Sequence[Flight] | None = None,
    without: Collection[str] = (),
    workers: int = 2,
    seed: int = 1,
    progress: Progress | None = None,
) -> Plan | None:
    """Search the best plan.

    Parameters
    ----------
    case : Case
        The campaign.
    objective : str, optional
        "cost", "completion", "capability", "mix", or "any" for whatever plan closes; the campaign's own if not given.
    seconds : float
        Time of the search [s], on the clock.
    gap : float
        The search stops when no plan can be better by more than this share.
    fixed : sequence of Flight, optional
        Flights that are flown as they are; what they do not bring is planned.
    without : collection of str
        Demands that are left out, by the names of `moonstation.campaign.rules.demands`.
    workers : int
        Threads.
    seed : int
        Of the search.
    progress : callable, optional
        Called with what is being done and the share of the time that is over.

    Returns
    -------
    Plan or None
        None if it is proven that no plan keeps all demands.

    Raises
    ------
    RequestError
        If the time was too short to find any plan; says what to do.
    """
    aim = objective or case.campaign.objective
    begin, clock = time.process_time(), time.monotonic()
    first = None if fixed else _first_plan(case, without, aim)
    if progress is not None:
        progress("first plan" if first is None else f"first plan of {len(first)} flights", 0.05)
    search = _Search(case, aim, gap, fixed or (), without, workers, seed, clock, seconds, progress)
    if aim in ("cost", "mix") and not without:
        search.packed = search.floor = least_cost(case)
    found = search.by_seasons(first) if aim == "cost" and not without and not fixed else search.run(first)
    if found is None:
        return None
    if not fixed:
        trim_supplies(case, found.landings)
    notes = [f"proven among plans of at most {found.slots} flights"] if found.limited else []
    plan = plan_of(
        case,
        found.landings,
        objective=aim,
        bound=found.bound,
        status=found.status,
        seconds=time.process_time() - begin,
        notes=notes,
    )
    if not without and not fixed:
        problems = check_plan(case, plan)
        assert not problems, problems
    return plan


def _first_plan(case: Case, without: Collection[str], aim: str) -> list[Landing] | None:
    landings = greedy_landings(case)
    plan = plan_of(case, landings, objective=aim)
    return landings if without or not check_plan(case, plan) else None


def _slots(case: Case, first: list[Landing] | None, aim: str, fixed: Sequence[Flight]) -> tuple[int, bool]:
    """Most flights that the best plan can have, and whether that is a limit set here rather than proven."""
    loads = len(case.items) + len(case.crews)
    supplied = bool(case.stores) and any(s.rates or s.steady or s.crew for s in case.stores)
    everything = loads + (case.months if supplied else 0)
    if first is None:
        most = everything if not supplied else loads + max(4, case.months // 6)
        return min(max(1, most, len(fixed)), MOST_SLOTS), most > MOST_SLOTS or supplied
    if aim == "cost" and case.ways:
        cheapest = min(way.launch_cost + (way.lander_cost if way.uses == 1 else 0) for way in case.ways)
        flown = sum(
            case.ways[landing.way].launch_cost + case.ways[landing.way].lander_cost for landing in first
        ) + sum(s.price * x.supplies.get(s.id, 0) for x in first for s in case.stores)
        if cheapest > 0:
            proven = min(everything, flown // cheapest)
            usual = max(len(first) + 4, math.ceil(1.25 * len(first)))
            return max(1, min(proven, usual)), proven > usual
    most = min(everything, max(len(first) + 4, math.ceil(1.5 * len(first))))
    return max(1, min(most, MOST_SLOTS)), most < everything


@dataclass(frozen=True)
class _Found:
    """Landings of the best plan, bound and status of the search; slots, and whether they limit the proof."""

    landings: list[Landing]
    bound: float
    status: str
    slots: int
    limited: bool


@dataclass
class _Search:
    """A search: what for, its limits, and two bounds of the cost [thousands], of all and without supplies."""

    case: Case
    aim: str
    gap: float
    fixed: Sequence[Flight]
    without: Collection[str]
    workers: int
    seed: int
    clock: float
    seconds: float
    progress: Progress | None
    packed: int = 0
    floor: int = 0

    @property
    def left(self) -> float:
        """Seconds that are left, one at least."""
        return max(1.0, self.seconds - (time.monotonic() - self.clock))

    def tell(self, words: str) -> None:
        """Report what is being done."""
        if self.progress is not None:
            self.progress(words, 0.05 + 0.95 * min(1.0, 1.0 - (self.left - 1.0) / self.seconds))

    def by_seasons(self, first: list[Landing] | None) -> _Found | None:
        """Search over months; if that takes long, over seasons for a bound and flights, and over months again.

        The flights of the best plan by seasons are kept, in their season or near it, until a plan is found; what they
        carry is not. Shorter seasons follow where the first are too long.
        """
        best: _Found | None = None
        try:
            best = self.run(first, seconds=EASY * self.seconds)
            if best is None or best.status == "optimal":
                return best
        except _NoPlanError:
            best = None
        usual = season_span(self.case)
        for span in (usual, usual // 2) if usual > 1 else (usual,):
            plan = self._seasons(span)
            if plan is None:
                continue
            self.floor = max(self.floor, plan.bound)
            if best is None or not self._close(best):
                guided = self._guided(plan, span)
                if guided is not None and (best is None or self._value(guided) < self._value(best)):
                    best = guided
            if best is not None and self._close(best):
                return self._bounded(best)
        return self.run(first if best is None else best.landings)

    def _seasons(self, span: int) -> SeasonPlan | None:
        return plan_by_seasons(
            self.case,
            seconds=SEASONS * self.left,
            gap=self.gap / 4.0,
            floor=self.packed,
            span=span,
            progress=lambda _: self.tell(f"plan by seasons of {span} months"),
        )

    def _guided(self, plan: SeasonPlan, apart: int) -> _Found | None:
        """Find a plan with the flights of a plan by seasons, each at most so many months apart from its season."""
        guide = [
            replace(x, first=max(x.first - apart, 0), last=min(x.last + apart, self.case.months - 1))
            for x in plan.landings
        ]
        try:
            found = self.run(None, seconds=GUIDED * self.left, guide=guide)
        except _NoPlanError:
            return None
        if found is not None:
            trim_supplies(self.case, found.landings)
        return found

    def _close(self, found: _Found) -> bool:
        value = self._value(found)
        return value - MONEY * self.floor <= self.gap * value

    def _bounded(self, found: _Found) -> _Found:
        status = "optimal" if self._value(found) <= MONEY * self.floor else "feasible"
        return replace(found, bound=MONEY * self.floor, status=status, limited=False)

    def _value(self, found: _Found) -> float:
        return plan_of(self.case, found.landings, objective=self.aim).value

    def run(
        self,
        first: list[Landing] | None,
        *,
        seconds: float | None = None,
        guide: Sequence[SeasonLanding] = (),
    ) -> _Found | None:
        """Search over months, from a first plan, with flights of a plan by seasons kept if there are some.

        A proof that holds for the flights that are kept alone is none: the bound is then the floor.
        """
        # half a second to load: only a search pays for it
        from ortools.sat.python import cp_model

        limit = self.left if seconds is None else min(seconds, self.left)
        slots, limited = _slots(self.case, first, self.aim, self.fixed)
        if guide:
            slots = len(guide)
        model = cp_model.CpModel()
        p = programme_of(self.case, model, slots, self.without)
        _fix(p, self.fixed)
        _follow(p, guide)
        cost = cost_of(p)
        if self.floor:
            model.add(cost >= self.floor)
        if self.packed:
            model.add(cost - supplies_cost(p) >= self.packed)
        scale = set_aim(p, self.aim, cost)
        if first is not None:
            _hint(p, first)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = limit
        solver.parameters.relative_gap_limit = self.gap if self.aim in ("cost", "mix") else 0.0
        solver.parameters.num_workers = self.workers
        solver.parameters.random_seed = self.seed
        status = solver.solve(model, _watch(cp_model, self) if self.progress is not None else None)
        if status == cp_model.UNKNOWN or (guide and status == cp_model.INFEASIBLE):
            raise _NoPlanError(
                f"no plan was found in {self.seconds:.0f} s, nor was it proven that there is none; give more time, "
                "or later dates"
            )
        if status == cp_model.INFEASIBLE:
            return None
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE), solver.status_name(status)
        landings = _landings(p, solver)
        if guide:
            return _Found(landings, MONEY * self.floor, "feasible", slots, limited)
        bound = bound_of(self.case, self.aim, scale, solver.best_objective_bound)
        proven = "optimal" if status == cp_model.OPTIMAL else "feasible"
        return _Found(landings, bound, proven, slots, limited)


class _NoPlanError(RequestError):
    """The time was too short."""


def _fix(p: Programme, fixed: Sequence[Flight]) -> None:
    """Fixed flights take a slot each, with their month, way, elements and supplies."""
    for number, flight in enumerate(fixed):
        way = way_number(p.case, flight)
        places = [p.model.new_bool_var(f"fixed{number}_{f}") for f in range(p.slots)]
        p.model.add_exactly_one(places)
        for f, place in enumerate(places):
            p.model.add_implication(place, p.ways[f][way])
            p.model.add(p.month[f] == flight.month).only_enforce_if(place)
            for item in p.case.items:
                a = p.lands[item.id][f]
                p.model.add_implication(place, a if item.id in flight.elements else a.negated())
            for name, masses in p.supplies.items():
                p.model.add(masses[f] == round(flight.supplies.get(name, 0.0))).only_enforce_if(place)


def _follow(p: Programme, guide: Sequence[SeasonLanding]) -> None:
    """Each flight of a plan by seasons takes a slot, with its way, in its months."""
    for number, flight in enumerate(guide):
        places = [p.model.new_bool_var(f"guide{number}_{f}") for f in range(p.slots)]
        p.model.add_exactly_one(places)
        for f, place in enumerate(places):
            p.model.add_implication(place, p.ways[f][flight.way])
            p.model.add_linear_constraint(p.month[f], flight.first, flight.last).only_enforce_if(place)


def _hint(p: Programme, first: Sequence[Landing]) -> None:
    ordered = sorted(first, key=lambda landing: (landing.month, landing.way))
    for f in range(p.slots):
        landing = ordered[f] if f < len(ordered) else None
        p.model.add_hint(p.month[f], p.case.months if landing is None else landing.month)
        p.model.add_hint(p.used[f], landing is not None)
        for w, u in enumerate(p.ways[f]):
            p.model.add_hint(u, landing is not None and landing.way == w)
        for name, lands in p.lands.items():
            p.model.add_hint(lands[f], landing is not None and name in landing.elements)
        for name, masses in p.supplies.items():
            p.model.add_hint(masses[f], 0 if landing is None else landing.supplies.get(name, 0))
        if f < len(p.same):
            after = ordered[f + 1] if f + 1 < len(ordered) else None
            p.model.add_hint(
                p.same[f], landing is not None and after is not None and landing.month == after.month
            )
    when = {name: landing.month for landing in ordered for name in landing.elements}
    for name, month in p.when.items():
        p.model.add_hint(month, when.get(name, p.case.months))


def _landings(p: Programme, solver: Any) -> list[Landing]:
    found = []
    for f in range(p.slots):
        if not solver.value(p.used[f]):
            continue
        way = next(w for w, u in enumerate(p.ways[f]) if solver.value(u))
        elements = [name for name, lands in p.lands.items() if solver.value(lands[f])]
        supplies = {name: solver.value(masses[f]) for name, masses in p.supplies.items()}
        found.append(
            Landing(solver.value(p.month[f]), way, elements, {k: v for k, v in supplies.items() if v})
        )
    return found


def _watch(cp_model: Any, search: _Search) -> Any:
    class Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            value, bound = self.objective_value, self.best_objective_bound
            gap = abs(value - bound) / max(1.0, abs(value))
            search.tell(f"best plan by {search.aim}, gap {100.0 * gap:.1f} %")

    return Watch()
