"""Antennas of a week: 15 stations with an antenna each, 10 spacecraft, against HiGHS on the same programme.

Usage::

    python benchmarks/assignment.py            # 8, 12 and 16 h a day asked for, then HiGHS
    python benchmarks/assignment.py --quick    # 8 and 12 h, without HiGHS

Every spacecraft (4 sites, 6 orbiters) asks for the same time on the air a day, with priorities 1 to 3; set-up 30 min,
tear-down 15 min, passes of 30 min at least, hand-overs every 30 min, one agreement of 10 to 40 h. 8 h a day can be
served, 12 h nearly, 16 h not at all. HiGHS (by scipy) gets the whole programme and as much time.
"""

import sys
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from contacts import DAY, SITES, START, STATIONS, antenna, orbits
from moonstation.links.assignment import assign, gap_of
from moonstation.links.assignment_model import programme_of
from moonstation.links.contacts import find_contacts
from moonstation.links.hand_overs import Grid
from moonstation.links.passes import Agreement, GroundAntennas, Need, Task
from moonstation.links.plan import PlannedContact
from moonstation.spacetime.earth import GroundStation

LIMIT = 60.0
STEP = 1800.0


def task_of(contacts: list[PlannedContact], hours: float) -> Task:
    """The week with a demand of so many hours a day each."""
    partners = ("first", "second", "third")
    antennas = [
        GroundAntennas(name, partners[i % 3], set_up=1800.0, tear_down=900.0)
        for i, name in enumerate(STATIONS)
    ]
    crafts = list(dict.fromkeys(contact.from_id for contact in contacts))
    needs = [
        Need(
            name,
            name,
            hours * 3600.0,
            in_time=True,
            priority=1.0 + i % 3,
            least_pass=1800.0,
            partner=partners[i % 3],
        )
        for i, name in enumerate(crafts)
    ]
    agreements = [Agreement("given", "first", "third", at_least=36e3, at_most=144e3)]
    start = START.tdb_s
    return Task.of(
        contacts, start=start, stop=start + 7 * DAY, antennas=antennas, needs=needs, agreements=agreements
    )


def main() -> None:
    """Print gaps and times."""
    start = START.tdb_s
    found = find_contacts(
        {name: antenna(name, lat, lon, i) for i, (name, (lat, lon)) in enumerate(SITES.items())},
        orbits(8.0),
        {name: GroundStation(name, name, lat, lon, 300.0, 10.0) for name, (lat, lon) in STATIONS.items()},
        start=start,
        stop=start + 7 * DAY,
        kinds=("site-ground", "orbiter-ground"),
    )
    contacts = [
        PlannedContact(c.from_id, c.to_id, c.start - c.light_time, c.stop - c.light_time, 1e7, c.light_time)
        for c in found
    ]
    print(f"{len(contacts)} windows")
    assign(task_of(contacts, 1.0), step=STEP, moves=10)
    for hours in (8.0, 12.0) if "--quick" in sys.argv else (8.0, 12.0, 16.0):
        task = task_of(contacts, hours)
        wall, processor = time.perf_counter(), time.process_time()
        plan = assign(task, step=STEP, gap=0.01, time_limit=LIMIT)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(
            f"{hours:g} h a day each: value {plan.value:.2f} of at most {plan.bound:.2f}, gap {100 * plan.gap:.2f} %, "
            f"{len(plan.passes)} passes, {plan.moves} moves, {wall:.1f} s, {processor:.1f} s of processor"
        )
        if "--quick" in sys.argv:
            continue
        p = programme_of(Grid.of(task, STEP)).arrays()
        wall = time.perf_counter()
        peer = milp(
            -p.value,
            integrality=p.whole.astype(int),
            bounds=Bounds(0.0, p.upper),
            constraints=LinearConstraint(p.matrix, p.low, p.high),
            options={"time_limit": LIMIT, "mip_rel_gap": 0.01},
        )
        value = -np.inf if peer.fun is None else -peer.fun
        print(
            f"  HiGHS on {p.matrix.shape[0]} rows, {p.matrix.shape[1]} columns: value {value:.2f}, "
            f"gap to our bound {100 * gap_of(value, plan.bound):.1f} %, {time.perf_counter() - wall:.1f} s"
        )


if __name__ == "__main__":
    main()
