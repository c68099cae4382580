"""Orbits against brahe 1.8 run here, on orbits that no file of truth holds.

0.02 m: brahe at 1e-12 is 1 mm from the shared truth in a week of low orbit, we are 0.4 mm from it; three days, but
more elliptical orbits, leave room for both.
"""

import brahe_moon
import numpy as np
import pytest

from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.forces import EARTH_AND_SUN
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")


@pytest.fixture(scope="module")
def forces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brahe")
    brahe_moon.prepare(folder)
    return brahe_moon.force_model(folder, 30)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_orbits(forces, seed):
    generator = np.random.default_rng(seed)
    low, high = np.sort(generator.uniform(150e3, 5000e3, 2))
    start = elements_to_state(
        Elements.from_altitudes(
            low,
            high,
            inclination=generator.uniform(0.3, 2.8),
            raan=generator.uniform(0, 6.28),
            arg_periapsis=generator.uniform(0, 6.28),
            true_anomaly=generator.uniform(0, 6.28),
        )
    )
    duration = 3 * 86_400.0
    ours = propagate(start, epoch=EPOCH, duration=duration, degree=30, forces=EARTH_AND_SUN).states_icrf[-1]
    theirs = brahe_moon.fly(start, duration, forces)
    assert np.linalg.norm(ours[:3] - theirs[:3]) < 0.02
    assert np.linalg.norm(ours[3:] - theirs[3:]) < 2e-5
