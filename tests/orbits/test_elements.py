"""Elements and states: there and back, special orbits, axes, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonstation.constants import GM_MOON, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.elements import Elements, elements_to_state, state_to_elements
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")


def angles(low, high):
    return st.floats(low, high, allow_nan=False)


@given(
    a=st.floats(1.8e6, 5e7),
    e=st.floats(1e-3, 0.97),
    inclination=angles(1e-3, np.pi - 1e-3),
    raan=angles(0.0, 6.28),
    arg_periapsis=angles(0.0, 6.28),
    true_anomaly=angles(0.0, 6.28),
)
def test_there_and_back(a, e, inclination, raan, arg_periapsis, true_anomaly):
    elements = Elements(a, e, inclination, raan, arg_periapsis, true_anomaly)
    state = elements_to_state(elements)
    again = elements_to_state(state_to_elements(state))
    # Near e = 0 and i = 0 angles lose digits, but the state that they stand for does not.
    np.testing.assert_allclose(again[:3], state[:3], atol=1e-9 * np.linalg.norm(state[:3]))
    np.testing.assert_allclose(again[3:], state[3:], atol=1e-9 * np.linalg.norm(state[3:]))
    energy = state[3:] @ state[3:] / 2 - GM_MOON / np.linalg.norm(state[:3])
    assert energy == pytest.approx(-GM_MOON / (2 * a), rel=1e-10)


def test_textbook_case():
    """Vallado (2013), example 2-5 and 2-6: r, v of an Earth orbit and its elements, to the printed digits."""
    gm = 398600.4418e9
    state = np.array([6524.834, 6862.875, 6448.296, 4.901327, 5.533756, -1.976341]) * 1e3
    found = state_to_elements(state, gm=gm)
    assert found.semi_major_axis == pytest.approx(36127.343e3, rel=2e-7)
    assert found.eccentricity == pytest.approx(0.832853, abs=1e-6)
    assert np.degrees(found.inclination) == pytest.approx(87.870, abs=1e-3)
    assert np.degrees(found.raan) == pytest.approx(227.898, abs=1e-3)
    assert np.degrees(found.arg_periapsis) == pytest.approx(53.38, abs=5e-3)
    assert np.degrees(found.true_anomaly) == pytest.approx(92.335, abs=1e-3)
    np.testing.assert_allclose(elements_to_state(found, gm=gm), state, rtol=1e-12)


@pytest.mark.parametrize("inclination", [0.0, 0.7, np.pi / 2, np.pi])
def test_circular_and_equatorial_orbits_have_a_place_too(inclination):
    state = elements_to_state(Elements(2e6, 0.0, inclination, 0.3, 0.0, 1.1))
    found = state_to_elements(state)
    assert found.eccentricity == pytest.approx(0.0, abs=1e-12)
    assert found.inclination == pytest.approx(inclination, abs=1e-9)
    np.testing.assert_allclose(elements_to_state(found), state, rtol=0, atol=1e-5)


def test_altitudes():
    orbit = Elements.from_altitudes(200e3, 16_000e3, inclination=1.0)
    assert orbit.periapsis_altitude == pytest.approx(200e3)
    assert orbit.apoapsis_altitude == pytest.approx(16_000e3)
    low = elements_to_state(orbit)
    assert np.linalg.norm(low[:3]) == pytest.approx(MOON_RADIUS + 200e3)
    # Kepler's third law for Queqiao-2's orbit: about a day.
    assert orbit.period() / 3600 == pytest.approx(24.4, abs=0.5)


def test_equator_of_the_moon():
    """Polar to the Moon's equator: the orbit passes over the mean-Earth pole; ICRF is 24 deg away from it."""
    polar = Elements.from_altitudes(100e3, 100e3, inclination=np.pi / 2, true_anomaly=np.pi / 2)
    state = elements_to_state(polar, axes="ME", epoch=EPOCH)
    turn = default_ephemeris().rotation_icrf_to_me(np.array([EPOCH.tdb_s]))[0]
    np.testing.assert_allclose(turn @ state[:3] / (MOON_RADIUS + 100e3), [0, 0, 1], atol=1e-14)
    assert np.abs((turn @ state[3:])[2]) < 1e-9
    found = state_to_elements(state, axes="ME", epoch=EPOCH)
    assert found.inclination == pytest.approx(np.pi / 2, abs=1e-14)
    tilt = abs(state_to_elements(state).inclination - np.pi / 2)
    assert 0.0 < np.degrees(tilt) < 25.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Elements(2e6, 1.0, 0, 0, 0, 0), OrbitError, "less than 1"),
        (lambda: Elements(2e6, -0.1, 0, 0, 0, 0), OrbitError, "0 or more"),
        (lambda: Elements(-2e6, 0.1, 0, 0, 0, 0), OrbitError, "positive"),
        (lambda: Elements(2e6, 0.1, 4.0, 0, 0, 0), RequestError, "0 and 180 deg"),
        (lambda: Elements(2e6, 0.1, np.nan, 0, 0, 0), RequestError, "finite"),
        (lambda: Elements.from_altitudes(-1e3, 1e5, inclination=1.0), OrbitError, "raise it"),
        (lambda: Elements.from_altitudes(2e5, 1e5, inclination=1.0), OrbitError, "swap"),
        (lambda: state_to_elements(np.array([2e6, 0, 0, 0, 3e3, 0])), OrbitError, "not a bound orbit"),
        (lambda: state_to_elements(np.array([2e6, 0, 0, 100.0, 0, 0])), OrbitError, "no orbital plane"),
        (lambda: state_to_elements(np.zeros(5)), RequestError, "six finite"),
        (lambda: state_to_elements(np.zeros(6)), OrbitError, "not a bound orbit"),
        (lambda: elements_to_state(Elements(2e6, 0, 0, 0, 0, 0), axes="ME"), RequestError, "epoch"),
        (lambda: elements_to_state(Elements(2e6, 0, 0, 0, 0, 0), axes="PA"), RequestError, "'ICRF' or 'ME'"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
