"""Periodic orbits of the three-body problem: kept constants, closure, symmetry, families, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.three_body import (
    LENGTH,
    MASS_RATIO,
    MOON_X,
    SYNODIC_MONTH,
    distant_retrograde_orbit,
    halo_orbit,
    jacobi_constant,
    lagrange_point,
    near_rectilinear_orbit,
)


def rates(_, y):
    """Equations of motion as the potential's differences, not as the product writes them."""
    place = y[:3]

    def potential(p):
        earth = np.linalg.norm(p - np.array([-MASS_RATIO, 0.0, 0.0]))
        moon = np.linalg.norm(p - np.array([MOON_X, 0.0, 0.0]))
        return 0.5 * (p[0] ** 2 + p[1] ** 2) + (1.0 - MASS_RATIO) / earth + MASS_RATIO / moon

    step = 1e-5
    slope = [(potential(place + e) - potential(place - e)) / (2.0 * step) for e in step * np.eye(3)]
    return np.array([*y[3:], slope[0] + 2.0 * y[4], slope[1] - 2.0 * y[3], slope[2]])


ORBITS = {
    "nrho": lambda: near_rectilinear_orbit(),
    "halo": lambda: halo_orbit(z_amplitude=13e6),
    "northern L1": lambda: halo_orbit(point=1, north=True, period=8.0 * 86_400.0),
    "dro": lambda: distant_retrograde_orbit(radius=70e6),
}


@pytest.mark.parametrize("name", ORBITS)
def test_jacobi_constant_is_kept_to_1e_12_a_period(name):
    orbit = ORBITS[name]()
    states = orbit.states(np.linspace(0.0, orbit.period, 500))
    assert np.ptp(jacobi_constant(states)) < 1e-12


@pytest.mark.parametrize("name", ORBITS)
def test_orbits_close_and_are_symmetric(name):
    orbit = ORBITS[name]()
    end = orbit.states(np.array([orbit.period * (1.0 - 1e-15)]))[0]
    np.testing.assert_allclose(end, orbit.state, atol=1e-9)
    early, late = orbit.states(np.array([0.3, 0.7]) * orbit.period)
    np.testing.assert_allclose(late, early * np.array([1, -1, 1, -1, 1, -1]), atol=1e-9)


def test_motion_follows_the_gradient_of_the_potential():
    orbit = halo_orbit(z_amplitude=13e6)
    flown = solve_ivp(rates, (0.0, 1.0), orbit.state, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(flown.y[:, -1], orbit.states(np.array([1.0]))[0], atol=1e-7)


def test_lagrange_points_are_where_nothing_pulls():
    for number in (1, 2):
        x = lagrange_point(number)
        assert np.abs(rates(0.0, np.array([x, 0, 0, 0, 0, 0]))).max() < 1e-8  # of the differences
    assert lagrange_point(1) < MOON_X < lagrange_point(2)


def test_the_three_ways_to_name_a_halo_orbit_agree():
    by_period = halo_orbit(period=7.0 * 86_400.0)
    by_perilune = halo_orbit(perilune=by_period.perilune)
    np.testing.assert_allclose(by_perilune.state, by_period.state, atol=1e-5)
    assert by_perilune.period_s == pytest.approx(7.0 * 86_400.0, rel=1e-5)
    tall = halo_orbit(z_amplitude=40e6)
    z = tall.states(np.linspace(0.0, tall.period, 2000))[:, 2]
    assert np.abs(z).max() * LENGTH == pytest.approx(40e6, rel=1e-5)


def test_south_and_north_mirror_each_other():
    south, north = near_rectilinear_orbit(), near_rectilinear_orbit(north=True)
    np.testing.assert_array_equal(south.state * np.array([1, 1, -1, 1, 1, -1]), north.state)
    # apolune, where most of the time is spent, lies over the south
    assert south.state[2] < 0.0 < north.state[2]


def test_resonance_gives_the_period():
    assert near_rectilinear_orbit(resonance=(4, 1)).period_s == pytest.approx(SYNODIC_MONTH / 4, rel=1e-9)


def test_what_is_not_in_the_family_is_refused_with_its_range():
    with pytest.raises(OrbitError, match=r"period of 40 d; the family goes from .* to .* d"):
        halo_orbit(period=40.0 * 86_400.0)
    with pytest.raises(RequestError, match="give one of period"):
        halo_orbit(period=1e6, perilune=4e6)
    with pytest.raises(RequestError, match="give 1 or 2"):
        halo_orbit(point=3, period=1e6)
    with pytest.raises(RequestError, match="10,000 to 100,000 km"):
        distant_retrograde_orbit(radius=1e6)
    with pytest.raises(RequestError, match="turns and months"):
        near_rectilinear_orbit(resonance=(0, 2))
