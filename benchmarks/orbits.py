"""Time and error of orbits, ours beside brahe's in the same run: one orbit, a hundred, a survey, the first call.

Medians of five after one warm-up. Errors against shared/truth/orbits, which lies beside the checkout.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "against"))

import brahe_moon  # noqa: E402

from moonstation.orbits.batches import Survey, propagate_many, survey_orbits  # noqa: E402
from moonstation.orbits.elements import Elements, elements_to_state  # noqa: E402
from moonstation.orbits.forces import EARTH_AND_SUN, ForceModel  # noqa: E402
from moonstation.orbits.gravity import load_gravity  # noqa: E402
from moonstation.orbits.propagation import propagate  # noqa: E402
from moonstation.spacetime.epochs import Epoch  # noqa: E402
from moonstation.spacetime.sites import Site  # noqa: E402

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


def compare_with_brahe(folder: Path, case: str, degree: int) -> None:
    table, ours = against_truth(case, degree)
    start, duration, end = table[0, 1:] * 1e3, float(table[-1, 0]), table[-1, 1:4] * 1e3
    forces = brahe_moon.force_model(folder, degree)
    error = np.linalg.norm(brahe_moon.fly(start, duration, forces)[:3] - end)
    theirs = median(lambda: brahe_moon.fly(start, duration, forces), 3)
    print(f"{case:16} brahe  {theirs:7.3f} s   error at end  {error * 1e3:7.2f} mm   ({theirs / ours:.0f}x)")


def dispersed(folder: Path, count: int = 100) -> None:
    """Low orbits of 50x50 for a day, 1 km and 1 m/s apart; brahe's one after the other, as it has no batch."""
    generator = np.random.default_rng(1)
    start = np.array([1538.479982, 939.838979, 353.056139, 0.03684078, -0.626994226, 1.508527262]) * 1e3
    starts = start + generator.normal(size=(count, 6)) * ([1e3] * 3 + [1.0] * 3)
    processor = time.process_time()
    ours = median(
        lambda: propagate_many(starts, epoch=EPOCH, duration=DAY, degree=50, forces=EARTH_AND_SUN), 3
    )
    processor = (time.process_time() - processor) / 4.0
    forces = brahe_moon.force_model(folder, 50)
    few = starts[:10]
    theirs = median(lambda: [brahe_moon.fly(one, DAY, forces) for one in few], 1) * count / len(few)
    flown = propagate_many(few, epoch=EPOCH, duration=DAY, degree=50, forces=EARTH_AND_SUN)
    error = max(
        np.linalg.norm(one.states_icrf[-1, :3] - brahe_moon.fly(x, DAY, forces)[:3])
        for one, x in zip(flown, few, strict=True)
    )
    print(
        f"{'100 low, 1 d':16} ours   {ours:7.3f} s   processor {processor:.2f} s, brahe {theirs:6.2f} s "
        f"from {len(few)} of them, {error * 1e3:.2f} mm apart ({theirs / ours:.0f}x)"
    )


def survey(count: int = 64, days: float = 365.0) -> None:
    """Relay orbits for a year at degree 20 that keep a few figures; told for 10,000 of them."""
    generator = np.random.default_rng(0)
    starts = np.array(
        [
            elements_to_state(
                Elements.from_altitudes(
                    300e3,
                    16e6,
                    inclination=generator.uniform(0.9, 1.1),
                    raan=generator.uniform(0.0, 6.28),
                    arg_periapsis=generator.uniform(1.4, 1.7),
                    true_anomaly=np.pi,
                ),
                axes="ME",
                epoch=EPOCH,
            )
            for _ in range(count)
        ]
    )
    ask = Survey(epoch=EPOCH, duration=days * DAY, degree=20, site=Site("base", -88.8, 123.4))
    survey_orbits(starts[:2], ask)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    found = survey_orbits(starts, ask)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    years = float(found.lifetime.sum()) / (365.0 * DAY)
    print(
        f"{'survey':16} ours   {wall:7.3f} s   {count} relays, {days:.0f} d, degree 20, {years:.1f} orbit-years flown, "
        f"processor {processor:.1f} s, memory +{grown:.0f} MiB;\n{'':16} {processor / years:.3f} s of processor an "
        f"orbit-year: 10,000 that all live take {processor / years * 1e4 / os.cpu_count() / 60:.0f} min on "
        f"{os.cpu_count()} cores, these lifetimes {processor / count * 1e4 / os.cpu_count() / 60:.0f} min; results "
        f"{found.nbytes / count * 1e4 / 1e6:.1f} MB"
    )


def extras() -> None:
    """What sunlight, transition matrices and full forces cost on the low orbit for a day."""
    start = np.array([1538.479982, 939.838979, 353.056139, 0.03684078, -0.626994226, 1.508527262]) * 1e3
    for name, options in (
        ("Earth and Sun", {"forces": EARTH_AND_SUN}),
        ("all defaults", {}),
        ("and sunlight", {"forces": ForceModel(area_to_mass=0.02)}),
        ("and matrices", {"transition": True}),
        ("degree 20 in them", {"transition": True, "transition_degree": 20}),
    ):
        taken = median(
            lambda options=options: propagate(start, epoch=EPOCH, duration=DAY, degree=50, **options)
        )
        print(f"{'low 50x50, 1 d':16} ours   {taken * 1e3:7.1f} ms  {name}")


def first_call() -> None:
    """The first propagation of a new installation: a fresh cache of compiled loops, in a process of its own."""
    code = (
        "import numpy as np; from moonstation.orbits.propagation import propagate; "
        "from moonstation.spacetime.epochs import Epoch; "
        "propagate(np.array([2e6, 0, 0, 0, 0, 1560.0]), epoch=Epoch.parse('2028-01-01T00:00:00 TDB'), duration=3600.0)"
    )
    with tempfile.TemporaryDirectory() as name:
        for which in ("first call", "later call"):
            wall = time.perf_counter()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-c", code], check=True, env={**os.environ, "NUMBA_CACHE_DIR": name}
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{which:16} ours   {time.perf_counter() - wall:7.2f} s   processor {processor:.2f} s, imports included"
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
    first_call()
    gravity()
    with tempfile.TemporaryDirectory() as name:
        brahe_moon.prepare(Path(name))
        compare_with_brahe(Path(name), "llo_50x50_7d", 50)
        compare_with_brahe(Path(name), "llo_100x100_7d", 100)
        compare_with_brahe(Path(name), "elfo_50x50_30d", 50)
        dispersed(Path(name))
    extras()
    survey()
    relay_year()
    year("polar 500 km", 500, 500)
