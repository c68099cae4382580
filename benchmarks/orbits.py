"""Time and error of orbits, ours beside brahe's in the same run: low orbit, 50x50, 7 days; and a year of relay.

Medians of five after one warm-up. Errors against shared/truth/orbits, which lies beside the checkout.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "against"))

import brahe_moon  # noqa: E402

from moonstation.orbits.elements import Elements, elements_to_state  # noqa: E402
from moonstation.orbits.forces import EARTH_AND_SUN  # noqa: E402
from moonstation.orbits.gravity import load_gravity  # noqa: E402
from moonstation.orbits.propagation import propagate  # noqa: E402
from moonstation.spacetime.epochs import Epoch  # noqa: E402

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
DAY = 86_400.0


def median(run: Callable[[], object], times: int = 5) -> float:
    run()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def against_truth(case: str, degree: int) -> tuple[np.ndarray, float]:
    path = ROOT.parent / "shared" / "truth" / "orbits" / f"{case}.csv"
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    start, duration = table[0, 1:] * 1e3, float(table[-1, 0])
    flown = propagate(start, epoch=EPOCH, duration=duration, degree=degree, forces=EARTH_AND_SUN)
    error = np.linalg.norm(flown.position_icrf(EPOCH.tdb_s + table[:, 0]) - table[:, 1:4] * 1e3, axis=1).max()
    taken = median(
        lambda: propagate(start, epoch=EPOCH, duration=duration, degree=degree, forces=EARTH_AND_SUN)
    )
    print(f"{case:16} ours   {taken:7.3f} s   largest error {error * 1e3:7.2f} mm")
    return table, taken


def compare_with_brahe() -> None:
    table, ours = against_truth("llo_50x50_7d", 50)
    start, duration, end = table[0, 1:] * 1e3, float(table[-1, 0]), table[-1, 1:4] * 1e3
    with tempfile.TemporaryDirectory() as name:
        brahe_moon.prepare(Path(name))
        forces = brahe_moon.force_model(Path(name), 50)
        error = np.linalg.norm(brahe_moon.fly(start, duration, forces)[:3] - end)
        theirs = median(lambda: brahe_moon.fly(start, duration, forces))
    print(
        f"{'llo_50x50_7d':16} brahe  {theirs:7.3f} s   error at end  {error * 1e3:7.2f} mm   ({theirs / ours:.0f}x)"
    )


def year(name: str, low_km: float, high_km: float, degree: int | None = None) -> None:
    elements = Elements.from_altitudes(low_km * 1e3, high_km * 1e3, inclination=np.pi / 2)
    start = elements_to_state(elements, axes="ME", epoch=EPOCH)
    flown = propagate(start, epoch=EPOCH, duration=365 * DAY, degree=degree)
    taken = median(lambda: propagate(start, epoch=EPOCH, duration=365 * DAY, degree=degree))
    print(f"{name:16} ours   {taken:7.3f} s   365 d, degree {flown.degree}, {len(flown.et) - 1} steps")


def relay_year() -> None:
    start = np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404]) * 1e3
    flown = propagate(start, epoch=EPOCH, duration=365 * DAY)
    taken = median(lambda: propagate(start, epoch=EPOCH, duration=365 * DAY))
    print(
        f"{'relay 24 h':16} ours   {taken:7.3f} s   365 d, degree {flown.degree}, {len(flown.et) - 1} steps"
    )
    et = np.linspace(flown.et[0], flown.et[-1], 1_000_000)
    taken = median(lambda: flown.position_icrf(et))
    print(f"{'relay 24 h':16} output {taken:7.3f} s   for 1,000,000 epochs in order")


def gravity() -> None:
    points = np.random.default_rng(0).normal(size=(16_000, 3))
    points *= 1.838e6 / np.linalg.norm(points, axis=1)[:, None]
    for degree in (50, 100):
        model = load_gravity(degree)
        taken = median(lambda model=model: model.acceleration_pa(points))
        print(f"{'gravity':16} ours   {taken / len(points) * 1e6:7.2f} us  per point, {degree}x{degree}")


if __name__ == "__main__":
    gravity()
    compare_with_brahe()
    against_truth("llo_100x100_7d", 100)
    against_truth("elfo_50x50_30d", 50)
    relay_year()
    year("polar 500 km", 500, 500)
