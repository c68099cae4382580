"""What any plan costs at least: elements packed into flights at any time, by column generation.

The bin packing bound of Gilmore and Gomory (1961, doi:10.1287/opre.9.6.849): a linear programme over all loads of a
flight, of which only those are written down that its prices ask for, each found by a knapsack. It lies close under the
fewest flights that hold everything, which the search over months cannot see by itself.
"""

import math

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.campaign.case import Case, Item

ROUNDS = 400
SLACK = 1e-7


def least_cost(case: Case) -> int:
    """Lower bound of the cost of a plan that lands all elements and crews, thousands; without supplies.

    A reused lander counts with its share of a flight. Valid for a case in which everything must land; else for what
    must land in any case, the crews.
    """
    crews = 0
    for crew in case.crews:
        ways = [way for way in case.ways if way.crew == crew.id]
        crews += min(
            (math.floor(_price(way.launch_cost, way.lander_cost, way.uses)) for way in ways), default=0
        )
    if not case.campaign.everything or not case.items:
        return crews
    kinds = sorted(
        {
            (way.capacity, way.volume, _price(way.launch_cost, way.lander_cost, way.uses))
            for way in case.ways
            if not way.crew
        }
    )
    flights = 0.0
    for site in dict.fromkeys(item.site for item in case.items):
        flights += _site_bound([item for item in case.items if item.site == site], kinds)
    return crews + math.ceil(flights - 1e-3) + sum(item.cost for item in case.items)


def _price(launch: int, lander: int, uses: int) -> float:
    return launch + lander / uses


def _site_bound(items: list[Item], kinds: list[tuple[int, int, float]]) -> float:
    """Least cost of flights that hold some elements: the dual bound of the last prices, valid at any time."""
    # only a search needs it, and it takes long to load
    from scipy.optimize import linprog

    masses = np.array([item.mass for item in items])
    volumes = np.array([item.volume for item in items])
    columns: list[FloatArray] = []
    costs: list[float] = []
    for number, item in enumerate(items):
        fits = [c for cap, vol, c in kinds if cap >= item.mass and (vol < 0 or vol >= item.volume)]
        column = np.zeros(len(items))
        column[number] = 1.0
        columns.append(column)
        costs.append(min(fits))
    best = 0.0
    for _ in range(ROUNDS):
        found = linprog(
            costs, A_ub=-np.array(columns).T, b_ub=-np.ones(len(items)), bounds=(0, None), method="highs"
        )
        prices = -found.ineqlin.marginals
        worst, added = 1.0, False
        for capacity, volume, cost in kinds:
            load, chosen = _knapsack(masses, prices, capacity)
            if cost > 0.0:
                worst = min(worst, cost / load if load > 0.0 else 1.0)
            roomy = volume < 0 or volumes[chosen].sum() <= volume
            if load > cost * (1.0 + SLACK) + SLACK and roomy:
                columns.append(chosen.astype(float))
                costs.append(cost)
                added = True
        # prices shrunk until no load is worth more than its flight bound the programme from below
        best = max(best, float(found.fun) * min(1.0, worst))
        if not added:
            break
    return best


def _knapsack(masses: np.ndarray, prices: FloatArray, capacity: int) -> tuple[float, np.ndarray]:
    """The dearest load that a flight lifts (volumes left aside: a bound may lift more), exact to the kilogram."""
    best = np.zeros(capacity + 1)
    takes = np.zeros((len(masses), capacity + 1), dtype=bool)
    for number, (mass, price) in enumerate(zip(masses, prices, strict=True)):
        if price <= 0.0 or mass > capacity:
            continue
        with_it = best[: capacity + 1 - mass] + price
        takes[number, mass:] = with_it > best[mass:]
        best[mass:] = np.maximum(best[mass:], with_it)
    chosen = np.zeros(len(masses), dtype=bool)
    left = capacity
    for number in reversed(range(len(masses))):
        if takes[number, left]:
            chosen[number] = True
            left -= int(masses[number])
    return float(best[capacity]), chosen
