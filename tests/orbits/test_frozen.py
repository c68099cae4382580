"""Frozen low orbits: the eccentricity stands still, and does not elsewhere."""

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.elements import Elements, elements_to_state, state_to_elements
from moonstation.orbits.frozen import MONTH, eccentricity_vectors, find_frozen_orbit, monthly_eccentricity
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01")


def test_vectors_are_those_of_the_elements():
    for e, w in ((0.01, 0.3), (0.2, 4.0)):
        elements = Elements(2e6, e, 1.4, 0.7, w, 2.0)
        state = elements_to_state(elements, axes="ME", epoch=EPOCH)
        vector = eccentricity_vectors(state[None, :], np.array([EPOCH.tdb_s]))[0]
        np.testing.assert_allclose(vector, [e * np.cos(w), e * np.sin(w)], atol=1e-12)


@pytest.mark.slow
def test_frozen_orbit_stands_still_for_half_a_year_and_a_circular_one_does_not():
    found = find_frozen_orbit(
        semi_major_axis=MOON_RADIUS + 100e3, inclination=np.radians(86.0), epoch=EPOCH, degree=40
    )
    assert found.arg_periapsis == pytest.approx(1.5 * np.pi, abs=0.2)

    def motion(elements):
        start = elements_to_state(elements, axes="ME", epoch=EPOCH)
        flight = propagate(start, epoch=EPOCH, duration=6.0 * MONTH + 1.0, degree=40)
        months = monthly_eccentricity(flight, 6)
        return np.hypot(*(months[-1] - months[0]))

    still = motion(found.elements)
    circular = motion(Elements(MOON_RADIUS + 100e3, 0.0, np.radians(86.0), 0.0, 0.0, 0.0))
    assert still < 1e-3
    assert circular > 8.0 * still
    again = state_to_elements(found.trajectory.states_icrf[0], axes="ME", epoch=EPOCH)
    assert again.eccentricity == pytest.approx(found.elements.eccentricity, abs=1e-9)


@pytest.mark.slow
def test_one_that_would_dip_into_the_ground_is_refused():
    with pytest.raises(OrbitError, match="it would dip to"):
        find_frozen_orbit(
            semi_major_axis=MOON_RADIUS + 105e3,
            inclination=np.radians(90.0),
            epoch=Epoch.parse("2012-01-01"),
            degree=50,
        )


def test_high_orbits_are_not_low_ones():
    with pytest.raises(RequestError, match="mean altitude"):
        find_frozen_orbit(semi_major_axis=5e6, inclination=1.5, epoch=EPOCH)
