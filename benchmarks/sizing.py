"""Sizing of a power plant over years of hourly light, beside the whole programme at once by HiGHS (scipy).

The light is a made-up polar site: months and years of rising and falling light with noise, one array, one store. Both
solve the same question; the whole programme grows until it takes longer than the time given. Values are compared: the
whole optimum lies between the bound and the design. Run by hand: python benchmarks/sizing.py [SECONDS]
"""

import math
import sys
import time

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from moonstation.arrays import FloatArray
from moonstation.design.sizing import size_power
from moonstation.design.sizing_case import Source, Store

HOUR = 3600.0
YEAR = 8766
LOAD = 1e4
YEARS = (0.25, 0.5, 1.0, 2.0, 4.65, 9.3, 18.6)
ARRAY = 0.05
CELL = Store("cell", "fuel cell", 1.0 / (400.0 * HOUR), 1.0, 0.5)


def weather(hours: int) -> FloatArray:
    """Light with nights of many lengths."""
    rng = np.random.default_rng(3)
    hour = np.arange(hours)
    slow = np.sin(2 * np.pi * hour / 709.0) + 0.5 * np.sin(2 * np.pi * hour / YEAR)
    slow += 0.2 * np.sin(2 * np.pi * hour / (18.6 * YEAR))
    return np.clip(1.2 + slow + 0.3 * rng.standard_normal(hours), 0.0, 1.0)


def whole_programme(share: FloatArray, limit: float) -> float | None:
    """Least mass [kg] by one linear programme; columns: array [kW], store [MJ], charge, discharge [kW], level [MJ]."""
    n = share.size
    root = math.sqrt(CELL.efficiency)
    step = np.arange(n)
    into, out, level = 2 + step, 2 + n + step, 2 + 2 * n + step
    cost = np.zeros(2 + 3 * n)
    cost[0], cost[1] = ARRAY * 1e3, CELL.mass_per_j * 1e6
    one = np.ones(n)
    # load <= share * array - charge + discharge; level <= usable * store
    rows = np.r_[step, step, step, n + step, n + step]
    columns = np.r_[np.zeros(n, dtype=int), into, out, level, np.ones(n, dtype=int)]
    values = np.r_[-share, one, -one, one, -CELL.usable * one]
    above = coo_array((values, (rows, columns)), shape=(2 * n, cost.size)).tocsr()
    limits = np.r_[np.full(n, -LOAD / 1e3), np.zeros(n)]
    # level' = level + root * charge - discharge / root, from full stores on
    before = np.r_[1, level[:-1]]
    first = np.r_[-CELL.usable, -np.ones(n - 1)]
    rows = np.r_[step, step, step, step]
    columns = np.r_[level, into, out, before]
    values = np.r_[one, -root * 3.6 * one, 3.6 / root * one, first]
    equal = coo_array((values, (rows, columns)), shape=(n, cost.size)).tocsr()
    found = linprog(
        cost,
        A_ub=above,
        b_ub=limits,
        A_eq=equal,
        b_eq=np.zeros(n),
        method="highs",
        options={"time_limit": limit},
    )
    return float(found.fun) if found.status == 0 else None


def main() -> None:
    """Print one line for each length of the history."""
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    print("years    hours | here s     kg   gap % | whole programme, HiGHS s     kg | times")
    peer = True
    # the first call loads and compiles
    size_power(
        np.full(100, LOAD), HOUR, sources=[Source("array", "array", np.ones(100), ARRAY)], stores=[CELL]
    )
    for years in YEARS:
        share = weather(round(years * YEAR))
        source = Source("array", "array", share, ARRAY)
        begin = time.process_time()
        design = size_power(np.full(share.size, LOAD), HOUR, sources=[source], stores=[CELL])
        here = time.process_time() - begin
        line = f"{years:5.2f} {share.size:8d} | {here:6.2f} {design.mass:6.0f} {100 * design.gap:7.3f} | "
        if peer:
            begin = time.process_time()
            optimum = whole_programme(share, limit)
            there = time.process_time() - begin
            peer = optimum is not None
            if optimum is None:
                line += f"not done in {limit:.0f} s"
            else:
                line += f"{there:24.2f} {optimum:6.0f} | {there / here:5.1f}"
                assert design.bound <= optimum * (1.0 + 1e-6) <= design.mass * (1.0 + 2e-6)
        print(line, flush=True)


if __name__ == "__main__":
    main()
