"""Orbits against brahe 1.8 run here, on orbits that no file of truth holds.

0.02 m: brahe at 1e-12 is 1 mm from the shared truth in a week of low orbit, we are 0.4 mm from it; three days, but
more elliptical orbits, leave room for both.
"""

import brahe
import brahe_moon
import numpy as np
import pytest

from moonstation.constants import SOLAR_CONSTANT, SPEED_OF_LIGHT
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.forces import EARTH_AND_SUN, ForceModel
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brahe")
    brahe_moon.prepare(folder)
    return folder


def random_start(seed):
    generator = np.random.default_rng(seed)
    low, high = np.sort(generator.uniform(150e3, 5000e3, 2))
    return elements_to_state(
        Elements.from_altitudes(
            low,
            high,
            inclination=generator.uniform(0.3, 2.8),
            raan=generator.uniform(0, 6.28),
            arg_periapsis=generator.uniform(0, 6.28),
            true_anomaly=generator.uniform(0, 6.28),
        )
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_orbits(folder, seed):
    start, duration = random_start(seed), 3 * 86_400.0
    ours = propagate(start, epoch=EPOCH, duration=duration, degree=30, forces=EARTH_AND_SUN).states_icrf[-1]
    theirs = brahe_moon.fly(start, duration, brahe_moon.force_model(folder, 30))
    assert np.linalg.norm(ours[:3] - theirs[:3]) < 0.02
    assert np.linalg.norm(ours[3:] - theirs[3:]) < 2e-5


def test_planets(folder):
    """30 days of the elliptical relay, where Venus and Jupiter move it by half a metre."""
    start = np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404]) * 1e3
    duration = 30 * 86_400.0
    model = ForceModel(planets=("venus", "jupiter"), earth_oblateness=False, tides=False)
    ours, without = (
        propagate(start, epoch=EPOCH, duration=duration, degree=30, forces=forces).states_icrf[-1]
        for forces in (model, EARTH_AND_SUN)
    )
    bodies = ("EARTH", "SUN", "VENUS", "JUPITER_BARYCENTER")
    theirs = brahe_moon.fly(start, duration, brahe_moon.force_model(folder, 30, bodies))
    # brahe at 1e-12 is itself some centimetres off after 30 days of this orbit.
    assert np.linalg.norm(ours[:3] - theirs[:3]) < 0.1
    assert np.linalg.norm(ours[:3] - without[:3]) > 0.3


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_sunlight(folder, seed):
    """Within 0.3 % of what sunlight does: brahe's pressure is taken over (4.56e-6 N/m^2 at 1 au), but its Moon casts
    the shadow of a ball of 1738.0 km where ours has 1737.4 km, and its Earth that of 6378 km where ours has 6371 km:
    0.04 % of a shadow's length, or more where it grazes.
    """
    start, duration = random_start(seed), 3 * 86_400.0
    scale = 4.56e-6 / (SOLAR_CONSTANT / SPEED_OF_LIGHT)
    model = ForceModel(
        planets=(), earth_oblateness=False, tides=False, area_to_mass=0.03 * scale, reflectivity=1.3
    )
    ours, without = (
        propagate(start, epoch=EPOCH, duration=duration, degree=30, forces=forces).states_icrf[-1]
        for forces in (model, EARTH_AND_SUN)
    )
    theirs = brahe_moon.fly(start, duration, brahe_moon.force_model(folder, 30, area_to_mass=0.03))
    effect = np.linalg.norm(ours[:3] - without[:3])
    assert effect > 10.0
    assert np.linalg.norm(ours[:3] - theirs[:3]) < 3e-3 * effect + 0.02


def test_parking_orbit(folder):
    """A day 200 km above the Earth, which brahe flies about the Earth and we about the Moon.

    3 m of the 690,000 km flown: its Earth turns by IAU 2006 with frame bias, ours only has a pole of date, which is the
    same to the nutation in half a day; J2 turns the orbit by 7 deg a day, of which 1 m is 1e-6.
    """
    sky = default_ephemeris()
    r = 6_578e3
    start = np.array([r, 0.0, 0.0, 0.0, 5_000.0, 5_960.0])
    duration = 86_400.0
    begin, end = (sky.state_icrf("earth", [EPOCH.tdb_s + t])[0] for t in (0.0, duration))
    flown = propagate(start + begin, epoch=EPOCH, duration=duration, degree=8, bound=False, farthest=5e8)
    plain = propagate(
        start + begin,
        epoch=EPOCH,
        duration=duration,
        degree=8,
        forces=EARTH_AND_SUN,
        bound=False,
        farthest=5e8,
    )
    theirs = brahe_moon.fly(
        start,
        duration,
        brahe_moon.earth_force_model(folder, ("MOON", "SUN", "VENUS", "JUPITER_BARYCENTER")),
    )
    assert np.linalg.norm(flown.states_icrf[-1, :3] - end[:3] - theirs[:3]) < 3.0
    assert np.linalg.norm(plain.states_icrf[-1, :3] - end[:3] - theirs[:3]) > 1e5


@pytest.mark.slow
def test_highest_degree_of_gravity(folder):
    """Degree 1200 at 2 to 100 km over pole and equator: 1e-12 m/s^2 of two codes in double precision."""
    degree = 1200
    theirs = brahe.GravityModel.from_file(str(brahe_moon.gravity_file(folder, degree)))
    ours = load_gravity(degree)
    for colatitude, height in ((0.0, 2e3), (1e-6, 10e3), (0.3, 5e3), (1.57, 2e3), (2.2, 100e3), (np.pi, 5e3)):
        point = (1_738_000.0 + height) * np.array([0.6 * np.sin(colatitude), -0.8 * np.sin(colatitude), 0.0])
        point[2] = (1_738_000.0 + height) * np.cos(colatitude)
        expected = brahe.accel_gravity_spherical_harmonics(point, np.eye(3), theirs, degree, degree)
        assert np.linalg.norm(ours.acceleration_pa(point)[0] - expected) < 1e-12
