"""Lambert arcs beside lamberthub's in the same run, porkchops, and flights to the Moon exact in the full model.

The peer is no dependency of this project: `pip install --no-deps --target FOLDER lamberthub`, then run with
PYTHONPATH=FOLDER. Medians of five after one warm-up, in processor time,
since wall clock says little on a shared machine.
"""

import importlib
import statistics
import time
from collections.abc import Callable

import numpy as np

from moonstation.constants import GM_SUN, SECONDS_PER_DAY
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.lambert import solve_lambert_batch
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.mars import find_mars_windows, mars_porkchop
from moonstation.transfers.moon import Departure, fly_to_moon, moon_porkchop

START = Epoch.parse("2033-02-01").tdb_s
CELLS = 400


def median(run: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Processor time and wall clock [s]."""
    run()
    taken = []
    for _ in range(times):
        begin = time.process_time(), time.perf_counter()
        run()
        taken.append((time.process_time() - begin[0], time.perf_counter() - begin[1]))
    return statistics.median(t[0] for t in taken), statistics.median(t[1] for t in taken)


def compare_with_lamberthub() -> None:
    sky = default_ephemeris()
    rng = np.random.default_rng(0)
    count = 4000
    leave = START + rng.uniform(0.0, 150.0, count) * SECONDS_PER_DAY
    tof = rng.uniform(120.0, 400.0, count) * SECONDS_PER_DAY
    r1 = sky.position_icrf("emb", leave, center="sun")
    r2 = sky.position_icrf("mars", leave + tof, center="sun")
    ours, _ = median(lambda: solve_lambert_batch(r1, r2, tof=tof, gm=GM_SUN))
    print(f"Lambert arcs     ours        {ours / count * 1e6:8.2f} us each")
    try:
        theirs = importlib.import_module("lamberthub").izzo2015
    except ImportError:
        print("Lambert arcs     lamberthub  not importable, see the head of this file")
        return
    rows = range(0, count, 20)
    once, _ = median(lambda: [theirs(GM_SUN, r1[i], r2[i], tof[i], atol=1e-12, rtol=1e-12) for i in rows])
    each = once / len(rows)
    v1, _ = solve_lambert_batch(r1, r2, tof=tof, gm=GM_SUN)
    off = max(
        float(np.linalg.norm(theirs(GM_SUN, r1[i], r2[i], tof[i], atol=1e-12, rtol=1e-12)[0] - v1[i]))
        for i in rows
    )
    print(
        f"Lambert arcs     lamberthub  {each * 1e6:8.2f} us each ({each * count / ours:.0f}x), largest difference "
        f"{off:.1e} m/s"
    )


def porkchops() -> None:
    day = SECONDS_PER_DAY
    leave, reach = START + np.linspace(0, 150, CELLS) * day, START + np.linspace(150, 450, CELLS) * day
    spent, wall = median(lambda: mars_porkchop(leave, reach))
    print(f"Mars, {CELLS} x {CELLS}            {spent:8.3f} s processor, {wall:.3f} s wall")
    spent, wall = median(
        lambda: find_mars_windows(Epoch.parse("2026-01-01"), Epoch.parse("2050-12-31")), times=3
    )
    print(f"Mars, windows 2026 to 2050 {spent:7.3f} s processor, {wall:.3f} s wall")
    departure = Departure(find_launch_site("wenchang"))
    leave, reach = START + np.linspace(0, 28, CELLS) * day, START + np.linspace(3, 34, CELLS) * day
    spent, wall = median(lambda: moon_porkchop(leave, reach, departure, LunarOrbit()))
    print(f"Moon, {CELLS} x {CELLS}, first pass {spent:6.3f} s processor, {wall:.3f} s wall")
    start = Epoch.from_tdb_s(START)
    spent, wall = median(lambda: fly_to_moon(start, start + 4.6 * day, departure, LunarOrbit()))
    print(f"Moon, one exact flight   {spent:9.3f} s processor, {wall:.3f} s wall")


if __name__ == "__main__":
    compare_with_lamberthub()
    porkchops()
