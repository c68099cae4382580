"""Plans of campaigns: growth with elements and months, and the search against a plain mixed-integer programme.

Made-up stations of the size and kind of the ILRS, with `--spares` for all of them, and the built-in `ilrs-build`.

The peer is HiGHS (scipy.optimize.milp) on the textbook time-expanded programme, one 0-1 unknown for each way and month
and for each element, way and month; same case and demands (masses, order, pads, cadence, power, dates), gap and time.

    python benchmarks/campaign.py            # sizes up to 40 elements and 120 months
    python benchmarks/campaign.py --peer 12  # beside it HiGHS, up to so many elements
    python benchmarks/campaign.py --sizes 40x120,60x120 --spares
    python benchmarks/campaign.py --ilrs     # the campaign of `ilrs-build` alone
"""

import argparse
import datetime as dt
import random
import time

import numpy as np
from scipy import optimize, sparse

from moonstation.campaign.case import Case, campaign_case
from moonstation.campaign.check import check_plan
from moonstation.campaign.solve import greedy_plan, plan_campaign
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import Campaign, Lander, Milestone, Pad, Supply
from moonstation.station.elements import Element
from moonstation.station.loading import load_station
from moonstation.station.missions import Launcher
from moonstation.station.model import SiteSpec, Station
from moonstation.study.campaign import site_lights

START = dt.date(2028, 1, 1)
YEAR = 365.25 * 86_400.0


def month(number: int) -> dt.date:
    return dt.date(START.year + number // 12, number % 12 + 1, 1)


def made_station(elements: int, months: int, *, seed: int = 1, spares: bool = False) -> Station:
    """A station of the size and kind of the ILRS: three launchers, three landers, elements of 0.9 to 6 t."""
    dice = random.Random(seed)
    parts = []
    for number in range(elements):
        name = f"e{number:02d}"
        keys: dict[str, object] = {
            "kind": "science",
            "load_survival": float(dice.choice([50, 100, 300, 800])),
        }
        mass = float(dice.choice([900, 1300, 1600, 2100, 2600, 3300, 4200]))
        if number % 5 == 0:
            keys, mass = {"kind": "fission", "power": float(dice.choice([5, 10, 20]) * 1e3)}, 3000.0
        if number % 13 == 7:
            mass = float(dice.randint(40, 60) * 100)
        if number > 4 and dice.random() < 0.4:
            keys["after"] = [f"e{dice.randrange(number):02d}"]
        if dice.random() < 0.2:
            keys["not_before"] = month(dice.randrange(months // 2))
        parts.append(Element(id=name, site="base", mass=mass, cost="20 MUSD 2026", **keys))  # type: ignore[arg-type]
    launchers = [
        Launcher(id="lm5", tli=8350.0, cost="160 MUSD 2026", pads=["wenchang-1"], cadence=3.0 / YEAR),
        Launcher(id="lm10", tli=27_000.0, cost="400 MUSD 2026", pads=["wenchang-2"], cadence=3.0 / YEAR,
                 available_from=month(min(24, months // 4))),
        Launcher(id="angara", tli=10_000.0, cost="120 MUSD 2026", pads=["vostochny"], cadence=1.0 / YEAR,
                 available_from=month(min(36, months // 3))),
    ]  # fmt: skip
    landers = [
        Lander(id="small", launchers=["lm5"], dry_mass=1500.0, propellant=5500.0, specific_impulse=310.0,
               cost="250 MUSD 2026"),
        Lander(id="large", launchers=["lm10"], dry_mass=4600.0, propellant=17_000.0, cost="350 MUSD 2026"),
        Lander(id="platform", launchers=["angara"], dry_mass=1900.0, propellant=6600.0, cost="200 MUSD 2026"),
    ]  # fmt: skip
    made = sum(part.power for part in parts)
    return Station(
        id="made", name="Made", description="", start=Epoch.parse("2028-01-01T00:00:00Z"), span=86_400.0,
        sites=[SiteSpec(id="base", lat="-88 deg", lon="0 deg")],
        elements=parts,
        pads=[Pad(id="wenchang-1", launch_site="wenchang", turnaround=2 * YEAR / 12),
              Pad(id="wenchang-2", launch_site="wenchang", turnaround=3 * YEAR / 12),
              Pad(id="vostochny", launch_site="vostochny", turnaround=3 * YEAR / 12)],
        launchers=launchers, landers=landers,
        milestones=[Milestone(id="power", capability="power", at_least=0.4 * made, by=month(2 * months // 3)),
                    Milestone(id="half", capability="elements", at_least=elements // 2, by=month(3 * months // 4))],
        supplies=[Supply(id="spares", kind="spares", share=0.02 / YEAR, reserve=YEAR / 2, price="0.05 MUSD 2026")]
        if spares else [],
        campaign=Campaign(start=START, end=month(months - 1), sunlight=0.8, dark=0.0),
    )  # fmt: skip


def plain_programme(case: Case, *, seconds: float, gap: float) -> tuple[float, float]:
    """Value and gap of the time-expanded programme by HiGHS; cost in thousands."""
    ways, items, months = case.ways, case.items, case.months
    flies = {(w, t): i for i, (w, t) in enumerate(
        (w, t) for w, way in enumerate(ways) for t in range(way.first, way.last + 1))}  # fmt: skip
    lands: dict[tuple[int, int, int], int] = {}
    for e, item in enumerate(items):
        for w, t in flies:
            if t >= item.earliest and item.mass <= ways[w].capacity:
                lands[e, w, t] = len(flies) + len(lands)
    rows: list[dict[int, float]] = []
    low: list[float] = []
    high: list[float] = []

    def rule(row: dict[int, float], least: float, most: float) -> None:
        rows.append(row)
        low.append(least)
        high.append(most)

    by_flight: dict[tuple[int, int], list[tuple[int, int]]] = {key: [] for key in flies}
    by_item: list[list[tuple[int, int]]] = [[] for _ in items]
    for (e, w, t), i in lands.items():
        by_flight[w, t].append((e, i))
        by_item[e].append((t, i))
    for e in range(len(items)):
        rule({i: 1.0 for _, i in by_item[e]}, 1.0, 1.0)
    for (w, t), i in flies.items():
        rule({i: -ways[w].capacity, **{j: items[e].mass for e, j in by_flight[w, t]}}, -np.inf, 0.0)
    for pad in {way.pad for way in ways}:
        for t in range(months):
            near = {
                i: 1.0
                for (w, s), i in flies.items()
                if ways[w].pad == pad and t <= s < t + ways[w].turnaround
            }
            if len(near) > 1:
                rule(near, -np.inf, 1.0)
    for launcher, most in case.cadence.items():
        for t in range(months):
            rule({i: 1.0 for (w, s), i in flies.items() if ways[w].launcher == launcher and t <= s < t + 12},
                 -np.inf, float(most))  # fmt: skip
    place = {item.id: e for e, item in enumerate(items)}
    for e, item in enumerate(items):
        for name in item.after:
            for t in range(months):
                row = {i: 1.0 for s, i in by_item[e] if s <= t}
                row.update({i: -1.0 for s, i in by_item[place[name]] if s <= t})
                rule(row, -np.inf, 0.0)
    for t in range(months):
        rule({i: float(items[e].power) for (e, _, s), i in lands.items() if s <= t}, 0.0, np.inf)
    for milestone in case.station.milestones:
        t, kind = case.by(milestone), milestone.capability
        rule({i: float(case.capability(kind, items[e])) for (e, _, s), i in lands.items() if s <= t},
             float(milestone.at_least or 0.0), np.inf)  # fmt: skip
    count = len(flies) + len(lands)
    cost = np.zeros(count)
    for (w, _), i in flies.items():
        cost[i] = ways[w].launch_cost + ways[w].lander_cost
    entries = [(r, i, v) for r, row in enumerate(rows) for i, v in row.items()]
    r, i, v = zip(*entries, strict=True)
    matrix = sparse.coo_array((v, (r, i)), shape=(len(rows), count)).tocsr()
    found = optimize.milp(
        cost,
        constraints=optimize.LinearConstraint(matrix, low, high),
        integrality=np.ones(count),
        bounds=optimize.Bounds(0.0, 1.0),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    fixed = sum(item.cost for item in items)
    if found.x is None:
        return np.nan, np.nan
    value, bound = found.fun + fixed, found.mip_dual_bound + fixed
    return value, abs(value - bound) / value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=int, default=10, help="largest number of elements that HiGHS gets")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--sizes", default="8x48,12x48,20x60,40x90,40x120,40x240")
    parser.add_argument(
        "--spares", action="store_true", help="stations that use up spares, two per cent of mass a year"
    )
    parser.add_argument("--ilrs", action="store_true", help="the built-in ilrs-build alone")
    chosen = parser.parse_args()
    print(
        "elements months | first plan [s] flights | value M, gap %, wall s, processor s, flights | HiGHS ..."
    )
    if chosen.ilrs:
        station = load_station("ilrs-build")
        report(campaign_case(station, light=site_lights(station, progress=lambda *_: None)), chosen)
        return
    for size in chosen.sizes.split(","):
        elements, months = (int(x) for x in size.split("x"))
        report(campaign_case(made_station(elements, months, spares=chosen.spares)), chosen)


def report(case: Case, chosen: argparse.Namespace) -> None:
    elements, months = len(case.items), case.months
    begin = time.process_time()
    first = greedy_plan(case)
    taken = time.process_time() - begin
    faults = check_plan(case, first)
    line = f"{elements:8d} {months:6d} | {taken:6.2f} {len(first.flights):3d} {first.value / 1e6:8.0f} M "
    line += "closes" if not faults else f"{len(faults)} rules broken"
    wall, begin = time.perf_counter(), time.process_time()
    try:
        plan = plan_campaign(case, seconds=chosen.seconds, gap=0.01)
    except RequestError as error:
        print(f"{line} | {error}")
        return
    wall, used = time.perf_counter() - wall, time.process_time() - begin
    if plan is None:
        print(f"{line} | no plan closes")
        return
    line += f" | {plan.value / 1e6:8.0f} {100 * plan.gap:5.2f} {wall:6.1f} {used:6.1f} {len(plan.flights):3d}"
    if elements <= chosen.peer:
        wall, begin = time.perf_counter(), time.process_time()
        value, gap = plain_programme(case, seconds=chosen.seconds, gap=0.01)
        wall, used = time.perf_counter() - wall, time.process_time() - begin
        line += f" | HiGHS {value / 1e3:8.0f} {100 * gap:5.2f} {wall:6.1f} {used:6.1f}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
