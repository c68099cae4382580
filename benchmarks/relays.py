"""Sets of relays judged beside NumPy in the same run, on passes as an ellipse of twelve hours gives them.

Processor time, the least of three after a warm-up: wall clock says little on a shared machine.
"""

import time
from collections.abc import Callable

import numpy as np

from moonstation.study.relay_sets import cover_of, every_set, judge

ORBITS, SITES, STEPS = 60, 3, 20_160
PLAIN = 300
"""Sets that NumPy judges."""


def least(run: Callable[[], object]) -> float:
    """Processor time [s]."""
    run()
    taken = []
    for _ in range(3):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def plainly(seen: np.ndarray, sets: np.ndarray) -> list[tuple[int, int]]:
    """Steps covered and longest gap of each set at the worst site."""
    found = []
    for chosen in sets:
        served = np.logical_or.reduce(seen[chosen])
        gaps = []
        for row in served:
            edges = np.flatnonzero(np.diff(np.concatenate([[1], row, [1]]).astype(np.int8)))
            gaps.append(int((edges[1::2] - edges[::2]).max()) if edges.size else 0)
        found.append((int(served.sum(axis=1).min()), max(gaps)))
    return found


def main() -> None:
    """Print the times."""
    rng = np.random.default_rng(1)
    steps = np.arange(STEPS)
    # 364 steps of 2 min a revolution, seen for two thirds of it
    phase = rng.integers(0, 364, (ORBITS, SITES, 1))
    seen = (steps + phase) % (364 + rng.integers(-3, 4, (ORBITS, 1, 1))) < 243
    cover = cover_of(seen)
    sets = every_set(ORBITS, 3)
    assert [tuple(row) for row in judge(cover, sets[:PLAIN])] == plainly(seen, sets[:PLAIN])
    ours = least(lambda: judge(cover, sets)) / len(sets)
    numpy = least(lambda: plainly(seen, sets[:PLAIN])) / PLAIN
    print(
        f"a set of 3 of {ORBITS} orbits, {SITES} sites, {STEPS} steps, of {len(sets)} sets: {ours * 1e6:.1f} us"
    )
    print(f"NumPy, {PLAIN} of them: {numpy * 1e6:.1f} us: {numpy / ours:.1f} times")


if __name__ == "__main__":
    main()
