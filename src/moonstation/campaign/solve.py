"""The best plan of a campaign, with a proven gap: the model of `moonstation.campaign.rules` solved by CP-SAT."""

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from moonstation.campaign.bounds import least_cost
from moonstation.campaign.case import MONEY, Case
from moonstation.campaign.check import check_plan
from moonstation.campaign.flights import (
    Landing,
    capability_month,
    capability_total,
    plan_of,
    way_number,
)
from moonstation.campaign.greedy import greedy_landings, trim_supplies
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.programme import Programme
from moonstation.campaign.rules import programme_of
from moonstation.errors import RequestError

MOST_SLOTS = 80
"""Flights of a plan beyond which a better one is not looked for."""

MIX = 1e8
"""Whole numbers for 1 of a mix."""

COINS = 10_000
"""Thousands of the currency by which cost breaks ties of completion and capability."""

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
    floor = least_cost(case) if aim in ("cost", "mix") and not without else 0
    slots, limited = _slots(case, first, aim, fixed or ())
    left = max(1.0, seconds - (time.monotonic() - clock))
    found = _search(case, aim, slots, floor, first, left, gap, fixed or (), without, workers, seed, progress)
    if found is None:
        return None
    landings, bound, status = found
    if not fixed:
        trim_supplies(case, landings)
    notes = [f"proven among plans of at most {slots} flights"] if limited else []
    plan = plan_of(
        case,
        landings,
        objective=aim,
        bound=bound,
        status=status,
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


def _search(
    case: Case,
    aim: str,
    slots: int,
    floor: int,
    first: list[Landing] | None,
    seconds: float,
    gap: float,
    fixed: Sequence[Flight],
    without: Collection[str],
    workers: int,
    seed: int,
    progress: Progress | None,
) -> tuple[list[Landing], float, str] | None:
    # half a second to load: only a search pays for it
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    p = programme_of(case, model, slots, without)
    _fix(p, fixed)
    cost = _cost(p)
    if floor:
        model.add(cost >= floor)
    scale = _aim(p, aim, cost)
    if first is not None:
        _hint(p, first)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.relative_gap_limit = gap if aim in ("cost", "mix") else 0.0
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    watch = _watch(cp_model, progress, seconds, aim) if progress is not None else None
    status = solver.solve(model, watch)
    if status == cp_model.INFEASIBLE:
        return None
    if status == cp_model.UNKNOWN:
        raise RequestError(
            f"no plan was found in {seconds:.0f} s, nor was it proven that there is none; give more time, "
            "or later dates"
        )
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE), solver.status_name(status)
    landings = _landings(p, solver)
    proven = status == cp_model.OPTIMAL
    bound = _bound(case, aim, scale, solver.best_objective_bound)
    return landings, bound, "optimal" if proven else "feasible"


def _cost(p: Programme) -> Any:
    """Cost of a plan in thousands, elements that must land in any case included."""
    case = p.case
    total: Any = 0
    for f in range(p.slots):
        for u, way in zip(p.ways[f], case.ways, strict=True):
            total += (way.launch_cost + (way.lander_cost if way.uses == 1 else 0)) * u
        for store in case.stores:
            total += store.price * p.supplies[store.id][f]
    for lander, new in p.new.items():
        price = next(way.lander_cost for way in case.ways if way.lander == lander)
        total += price * sum(new)
    for item in case.items:
        if item.cost:
            total += item.cost * sum(p.lands[item.id])
    return total


def _aim(p: Programme, aim: str, cost: Any) -> int:
    """Set the objective; returns the whole number that stands for one step of it, where cost breaks ties."""
    case, model = p.case, p.model
    if aim == "any":
        return 1
    if aim == "cost":
        model.minimize(cost)
        return 1
    coins = model.new_int_var(0, 10**9, "coins")
    model.add(COINS * coins >= cost)
    dearest = max((w.launch_cost + w.lander_cost for w in case.ways), default=0) * p.slots
    dearest += sum(item.cost for item in case.items)
    dearest += sum(s.price * max((w.capacity for w in case.ways), default=0) * p.slots for s in case.stores)
    scale = 1 + dearest // COINS + 1
    last = capability_month(case)
    if aim == "completion":
        model.minimize(scale * _completion(p) + coins)
    elif aim == "capability":
        model.minimize(coins - scale * _gain(p, last))
    else:
        campaign = case.campaign
        share = campaign.weight_capability * MIX / max(1, capability_total(case))
        model.minimize(
            round(campaign.weight_cost * MIX * MONEY / 1e9 * 1e3) * _thousands(p, cost)
            + round(campaign.weight_completion * MIX / 12.0) * _completion(p)
            - round(share) * _gain(p, last)
        )
    return scale


def _thousands(p: Programme, cost: Any) -> Any:
    # millions of the currency, rounded up: the whole numbers of a mix stay small
    millions = p.model.new_int_var(0, 10**9, "millions")
    p.model.add(1000 * millions >= cost)
    return millions


def _completion(p: Programme) -> Any:
    done = p.model.new_int_var(0, p.case.months, "completion")
    for item in p.case.items:
        if p.case.campaign.everything:
            p.model.add(done >= p.when[item.id] + 1)
        else:
            for a, month in zip(p.lands[item.id], p.month, strict=True):
                p.model.add(done >= month + 1).only_enforce_if(a)
    return done


def _gain(p: Programme, last: int) -> Any:
    kind = p.case.campaign.capability
    start = sum(p.case.capability(kind, item) for item in p.case.standing)
    return start + sum(
        p.case.capability(kind, item) * p.landed_by(item.id, last)
        for item in p.case.items
        if p.case.capability(kind, item)
    )


def _bound(case: Case, aim: str, scale: int, bound: float) -> float:
    if aim in ("cost", "any"):
        return MONEY * bound
    if aim == "completion":
        return float(max(0, math.floor(bound / scale)))
    if aim == "capability":
        unit = 1e3 if case.campaign.capability == "data" else 1.0
        return unit * math.floor((scale - bound) / scale)
    # cost was rounded up to whole millions, and the weight of a watt or kilogram to a whole number
    return bound / MIX - 1e-3 * case.campaign.weight_cost - 0.5 * capability_total(case) / MIX


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


def _watch(cp_model: Any, progress: Progress, seconds: float, aim: str) -> Any:
    begin = time.monotonic()

    class Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            value, bound = self.objective_value, self.best_objective_bound
            gap = abs(value - bound) / max(1.0, abs(value))
            share = min(1.0, (time.monotonic() - begin) / seconds)
            progress(f"best plan by {aim}, gap {100.0 * gap:.1f} %", 0.05 + 0.95 * share)

    return Watch()
