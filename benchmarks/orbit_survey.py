"""Speed of a survey: relay orbits for a year at degree 20, and what 10,000 would take; brahe beside in the same run.

Orbits are flown with the survey's tolerance of a millimetre a step. Run from the root of the project.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "against"))

import brahe_moon  # noqa: E402

from moonstation.orbits.elements import Elements, elements_to_state  # noqa: E402
from moonstation.orbits.survey import SurveySite  # noqa: E402
from moonstation.spacetime.epochs import Epoch  # noqa: E402
from moonstation.study.orbit_survey import survey_orbits  # noqa: E402

# the epoch at which brahe's model stands
EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
DAY = 86_400.0
SITE = SurveySite(-0.5 * np.pi, 0.0, np.radians(10.0))
DEGREE = 20


def states(count: int) -> np.ndarray:
    return np.array(
        [
            elements_to_state(
                Elements.from_altitudes(
                    2000e3,
                    12_000e3,
                    inclination=np.radians(62.4),
                    raan=2.0 * np.pi * k / count,
                    arg_periapsis=0.5 * np.pi,
                ),
                axes="ME",
                epoch=EPOCH,
            )
            for k in range(count)
        ]
    )


def main() -> None:
    survey_orbits(states(2), epoch=EPOCH, duration=DAY, degree=DEGREE, site=SITE)
    for threads in (1, 2):
        begin, processor = time.perf_counter(), time.process_time()
        fates = survey_orbits(
            states(40), epoch=EPOCH, duration=365.25 * DAY, degree=DEGREE, site=SITE, threads=threads
        )
        taken, processor = time.perf_counter() - begin, time.process_time() - processor
        # those that hit the ground cost less: what is timed is years flown
        years = float(fates.lifetime.sum()) / (365.25 * DAY)
        print(
            f"{threads} thread(s): {len(fates.lifetime)} orbits, {years:.1f} years flown, {taken:.1f} s, processor "
            f"{processor:.1f} s, {years / taken:.1f} orbit years/s; 10,000 years would take "
            f"{10_000 * processor / years / 3600:.2f} h of one processor"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"peak memory {peak:.0f} MB, the same for 10,000: of each orbit five numbers are kept")
    with tempfile.TemporaryDirectory() as name:
        brahe_moon.prepare(Path(name))
        forces = brahe_moon.force_model(Path(name), DEGREE)
        state, span = states(1)[0], 10.0 * DAY
        brahe_moon.fly(state, DAY, forces)
        begin = time.process_time()
        brahe_moon.fly(state, span, forces)
        theirs = (time.process_time() - begin) / span
        begin = time.process_time()
        survey_orbits(states(1), epoch=EPOCH, duration=span, degree=DEGREE, site=SITE, threads=1)
        ours = (time.process_time() - begin) / span
    print(
        f"an orbit for a year, processor: ours {ours * 365.25 * DAY:.2f} s, sight of a site included; brahe "
        f"{theirs * 365.25 * DAY:.2f} s ({theirs / ours:.0f}x)"
    )


if __name__ == "__main__":
    main()
