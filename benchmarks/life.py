"""Lives of a station with failures: one run and many, beside the same model written plainly in NumPy.

Thirty elements on one bus, one failure each, 10 min steps. The plain model steps all its runs together, one NumPy
operation over runs and elements at a time, as one would write it without a compiler; it draws other numbers, so that
mean availability and energy not served agree within their spread only, which is printed. Both use one thread; the last
lines use all. Run by hand: python benchmarks/life.py [RUNS]
"""

import os
import resource
import sys
import time

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation import _life_kernels as kernels
from moonstation.simulation.life import Life, life_of, live_many
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.faults import Failure, Function
from moonstation.station.model import Station

STEP = 600.0
YEAR_STEPS = round(365.25 * 86_400.0 / STEP)
LOADS, ARRAYS, STORES = 20, 6, 4
MTBF, REPAIR = 2.0e4 * 3600.0, 10.0 * 86_400.0


def sunlight(n: int) -> FloatArray:
    """A polar month: most of it lit, dark for some days."""
    day = np.arange(n) * STEP / 86_400.0
    return np.clip(2.0 * np.sin(2.0 * np.pi * day / 29.53) + 1.2, 0.0, 1.0)


def scene(years: int) -> Life:
    """Thirty elements ready to be lived through."""
    n = years * YEAR_STEPS
    start = Epoch.parse("2035-01-01")
    keys = {"site": "base", "kind": "other"}
    asks = {"load_nominal": 1000.0, "load_survival": 300.0}
    elements = [
        *(Element.model_validate({"id": f"load-{i}", **asks, **keys}) for i in range(LOADS)),
        *(Element.model_validate({"id": f"array-{i}", "array_power": 6000.0, **keys}) for i in range(ARRAYS)),
        *(
            Element.model_validate({"id": f"store-{i}", "battery_capacity": 5.4e9, **keys})
            for i in range(STORES)
        ),
    ]
    failures = [
        Failure.model_validate(
            {"id": f"f-{e.id}", "element": e.id, "mtbf": MTBF, "repair": REPAIR, "spares": 9999}
        )
        for e in elements
    ]
    station = Station(
        "bench",
        "bench",
        "",
        start,
        n * STEP,
        elements=elements,
        failures=failures,
        functions=[Function.model_validate({"id": "work", "needs": [e.id for e in elements[:LOADS]]})],
    )
    light = {e.id: sunlight(n) for e in elements[LOADS : LOADS + ARRAYS]}
    return life_of(
        station,
        times_s=start.tdb_s + STEP * np.arange(n),
        array_light=light,
        ground_contact={},
        through_contact={},
    )


def plain(years: int, runs: int) -> tuple[float, float]:
    """The same in NumPy: share of time in which all loads work, and energy not served in a run and year [kWh]."""
    rng = np.random.default_rng(1)
    n = years * YEAR_STEPS
    light = sunlight(n)
    count = LOADS + ARRAYS + STORES
    fails = rng.exponential(MTBF / STEP, (runs, count))
    back = np.full((runs, count), np.inf)
    level = np.full((runs, STORES), 5.4e9)
    one_way = np.sqrt(0.9)
    shed = np.zeros(runs, dtype=bool)
    up = unserved = 0.0
    for k in range(n):
        broke = fails <= k
        if broke.any():
            back[broke] = k + REPAIR / STEP
            fails[broke] = np.inf
        mended = back <= k
        if mended.any():
            back[mended] = np.inf
            fails[mended] = k + rng.exponential(MTBF / STEP, int(mended.sum()))
            level[mended[:, -STORES:]] = 0.0
        works = np.isinf(back)
        loads = works[:, :LOADS].sum(axis=1)
        generation = 6000.0 * light[k] * works[:, LOADS:-STORES].sum(axis=1)
        capacity = 5.4e9 * works[:, -STORES:]
        level = np.minimum(level, capacity)
        usable = np.maximum(level - 0.2 * capacity, 0.0)
        give, take = usable * one_way / STEP, (capacity - level) / (one_way * STEP)
        carries = generation + give.sum(axis=1) >= 1000.0 * loads
        low = usable.sum(axis=1) < 0.3 * 0.8 * capacity.sum(axis=1)
        recovered = usable.sum(axis=1) >= 0.5 * 0.8 * capacity.sum(axis=1)
        shed = np.where(shed, ~(carries & recovered), ~carries | (low & (generation < 1000.0 * loads)))
        demand = np.where(shed, 300.0, 1000.0) * loads
        surplus = generation - demand
        room, offer = take.sum(axis=1), give.sum(axis=1)
        put = np.clip(surplus / np.where(room > 0.0, room, 1.0), 0.0, 1.0)
        got = np.clip(-surplus / np.where(offer > 0.0, offer, 1.0), 0.0, 1.0)
        level = level + STEP * (one_way * put[:, None] * take - got[:, None] * give / one_way)
        unserved += float(np.maximum(-surplus - offer, 0.0).sum()) * STEP
        up += float((loads == LOADS).mean())
    return up / n, unserved / runs / years / 3.6e6


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("compiling")
    live_many(scene(1), seed=1, first=0, runs=1)
    one_year = scene(1)
    begin = time.process_time()
    few = live_many(one_year, seed=1, first=0, runs=200, workers=1)
    ours = (time.process_time() - begin) / 200
    begin = time.process_time()
    share, missing = plain(1, 200)
    theirs = (time.process_time() - begin) / 200
    print(f"all loads at work: {few.up.mean() / YEAR_STEPS:.4f} here, {share:.4f} plain")
    mine = few.energy[:, 0, kernels.UNSERVED].mean() / 3.6e6
    print(f"not served a year: {mine:.1f} kWh here, {missing:.1f} kWh plain")
    print(
        f"a year, one thread: {ours * 1e3:.2f} ms a run here, {theirs * 1e3:.1f} ms plain, 200 runs at once"
    )
    print(f"ratio: {theirs / ours:.1f}")
    for years in (1, 5, 10, 20):
        life = scene(years)
        begin = time.process_time()
        live_many(life, seed=1, first=0, runs=4, workers=1)
        print(f"one run of {years:2} years: {(time.process_time() - begin) / 4:.3f} s of processor time")
    life = scene(10)
    for number in (runs // 10, runs):
        begin, cpu = time.perf_counter(), time.process_time()
        live_many(life, seed=1, first=0, runs=number)
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
        print(
            f"{number} runs of 10 years on {os.cpu_count()} cores: {wall:.1f} s, {cpu:.1f} s of processor time"
        )
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
