"""Whether the packaged gravity field holds the permanent tide: against the undistorted Moon of JPL's DE430 and DE440.

Source: constants J2M and C22M in the headers of the ephemerides (DE430: Folkner et al. 2014, IPN Progress Report
42-196, which calls them those of the undistorted Moon; reference radius 1738.0 km as here); beta and gamma of the
librations from Williams et al. 2014, doi 10.1002/2013JE004559. They come from lunar laser ranging and GRAIL, by another
centre than the one that made GRGM1200A.
"""

import numpy as np
import pytest

from moonstation.constants import GM_EARTH
from moonstation.orbits.forces import LOVE_NUMBER, ForceModel
from moonstation.orbits.gravity import load_gravity
from moonstation.spacetime.ephemerides import default_ephemeris

J2, C22 = 2.0321568464952570e-4, 2.2382740590560020e-5
BETA, GAMMA = 631.0213e-6, 227.7317e-6


@pytest.fixture(scope="module")
def field():
    """J2 and C22 of the packaged field, not normalised."""
    model = load_gravity(4)
    return np.array([-model.c[2, 0] * np.sqrt(5.0), model.c[2, 2] * np.sqrt(5.0 / 12.0)])


@pytest.fixture(scope="module")
def tide():
    """What the mean bulge adds to J2 and C22, from the Earth's places over a revolution of the Moon's node."""
    sky, model = default_ephemeris(), load_gravity(4)
    et = np.linspace(0.0, 18.6 * 365.25 * 86_400.0, 6000)
    earth = np.einsum("nij,nj->ni", sky.rotation_icrf_to_me(et), sky.position_icrf("earth", et))
    distance = np.linalg.norm(earth, axis=1)
    x, y, z = (earth / distance[:, None]).T
    size = LOVE_NUMBER * GM_EARTH / model.gm * (model.radius / distance) ** 3
    return np.array([-np.mean(size * (1.5 * z**2 - 0.5)), np.mean(size * (x**2 - y**2)) / 4.0])


def test_the_field_is_that_of_the_undistorted_moon(field, tide):
    """With the permanent tide in it, it would lie one whole tide above; it lies 0.09 and -0.03 of it."""
    assert tide == pytest.approx([8.92e-8, 4.47e-8], rel=0.01)
    share = (field - [J2, C22]) / tide
    assert np.abs(share).max() < 0.15


def test_the_librations_want_the_field_without_the_tide(field, tide):
    """(J2 + 2 C22) / (4 C22) = beta / gamma (1 + gamma) / (1 + beta), whatever the moments of inertia are.

    A tide more or less would change it by 0.0035; the field keeps it to 0.0003, what 0.1 of a tide makes.
    """
    wanted = BETA / GAMMA * (1.0 + GAMMA) / (1.0 + BETA)

    def ratio(coefficients):
        return (coefficients[0] + 2.0 * coefficients[1]) / (4.0 * coefficients[1])

    assert abs(ratio(field) - wanted) < 5e-4
    assert abs(ratio(field - tide) - wanted) > 3e-3


def test_so_the_whole_tide_is_flown():
    assert ForceModel().tides
