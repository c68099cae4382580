"""What a plan is best in, as an objective of the model: cost, completion, capability or a mix of them."""

import math
from typing import Any

from moonstation.campaign.case import MONEY, Case
from moonstation.campaign.flights import capability_month, capability_total
from moonstation.campaign.programme import Programme

MIX = 1e8
"""Whole numbers for 1 of a mix."""

COINS = 10_000
"""Thousands of the currency by which cost breaks ties of completion and capability."""


def cost_of(p: Programme) -> Any:
    """Cost of a plan in thousands, elements that must land in any case included."""
    case = p.case
    total: Any = 0
    for f in range(p.slots):
        for u, way in zip(p.ways[f], case.ways, strict=True):
            total += (way.launch_cost + (way.lander_cost if way.uses == 1 else 0)) * u
    total += supplies_cost(p)
    for lander, new in p.new.items():
        price = next(way.lander_cost for way in case.ways if way.lander == lander)
        total += price * sum(new)
    for item in case.items:
        if item.cost:
            total += item.cost * sum(p.lands[item.id])
    return total


def supplies_cost(p: Programme) -> Any:
    """Cost of all supplies that are brought, thousands."""
    return sum(store.price * mass for store in p.case.stores for mass in p.supplies[store.id])


def set_aim(p: Programme, aim: str, cost: Any) -> int:
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


def bound_of(case: Case, aim: str, scale: int, bound: float) -> float:
    """Bound of the solver in the unit of the objective."""
    if aim in ("cost", "any"):
        return MONEY * bound
    if aim == "completion":
        return float(max(0, math.floor(bound / scale)))
    if aim == "capability":
        unit = 1e3 if case.campaign.capability == "data" else 1.0
        return unit * math.floor((scale - bound) / scale)
    # cost was rounded up to whole millions, and the weight of a watt or kilogram to a whole number
    return bound / MIX - 1e-3 * case.campaign.weight_cost - 0.5 * capability_total(case) / MIX
