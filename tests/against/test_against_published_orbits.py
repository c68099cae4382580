"""Orbits by purpose and what keeping them costs, against published figures and flown missions."""

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.orbits.elements import Elements
from moonstation.orbits.frozen import find_frozen_orbit
from moonstation.orbits.low_orbit_keeping import keep_low_orbit
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.station_keeping import keep_orbit
from moonstation.orbits.three_body import (
    distant_retrograde_orbit,
    halo_orbit,
    lagrange_point,
    near_rectilinear_orbit,
)
from moonstation.spacetime.epochs import Epoch


def test_lagrange_points():
    # JPL, Three-Body Periodic Orbits (ssd.jpl.nasa.gov): mass ratio 1.21505856e-2, the same to eight digits
    assert lagrange_point(1) == pytest.approx(0.83691513, abs=1e-8)
    assert lagrange_point(2) == pytest.approx(1.15568217, abs=1e-8)


def test_the_gateways_orbit():
    # 9:2 resonance: perilune radius about 3250 km, 6.56 d (Lee 2019, White Paper: Gateway Destination Orbit Model).
    # Lengths and periods depend on which mean distance of the Moon is taken, 384,400 to 389,700 km: 2 %.
    orbit = near_rectilinear_orbit()
    assert orbit.period_s / 86_400.0 == pytest.approx(6.56, abs=0.01)
    assert orbit.perilune == pytest.approx(3250e3, rel=0.02)
    assert orbit.apolune == pytest.approx(71_000e3, rel=0.02)
    # a state of 9:2 orbit in circulation has 3.04719 in units of 384,400 km
    assert orbit.jacobi == pytest.approx(3.0472, abs=1e-3)
    # nearly stable: stability index under 2 (Zimovan 2017; Davis et al. 2017, AAS 17-826)
    assert 1.0 < orbit.stability < 2.0


def test_queqiao_1_halo():
    # z amplitude 13,000 km, about 14 to 15 d (Zhang 2021, doi 10.34133/2021/3471608: amplitude)
    orbit = halo_orbit(z_amplitude=13e6)
    assert 14.0 < orbit.period_s / 86_400.0 < 15.0


def test_distant_retrograde_orbit_of_orion():
    # Artemis I: 70,000 km from the Moon; about half a revolution took 6 d (NASA's press kit, 2022: rough figures)
    orbit = distant_retrograde_orbit(radius=70e6)
    assert orbit.period_s / 86_400.0 == pytest.approx(14.0, abs=1.5)
    assert orbit.stability == pytest.approx(1.0, abs=1e-3)


@pytest.mark.slow
def test_keeping_the_gateways_orbit_costs_a_few_metres_a_second():
    # about 10 m/s a year or less (Davis et al. 2017, AAS 17-826; Guzzetti et al. 2017, AAS 17-395)
    orbit = near_rectilinear_orbit()
    flight = fly_periodic(orbit, epoch=Epoch.parse("2030-01-01"), revolutions=14)
    kept = keep_orbit(flight, flight.et[0] + orbit.period_s * np.arange(15), members=20)
    assert 0.5 < kept.yearly.mean() < 10.0


@pytest.mark.slow
def test_keeping_the_lunar_reconnaissance_orbiter():
    # 50 km mean, polar: 50 +- 15 km and 150 m/s for a year (Chin et al. 2007, doi 10.1007/s11214-007-9153-y, for
    # the altitudes; the mission's delta-v budget for the year). 10 %: its burns also served other ends.
    kept = keep_low_orbit(
        Elements.from_altitudes(50e3, 50e3, inclination=np.pi / 2.0),
        epoch=Epoch.parse("2010-01-01"),
        cycles=4,
    )
    assert kept.yearly == pytest.approx(150.0, rel=0.10)
    assert 30e3 < kept.lowest < kept.highest < 70e3


@pytest.mark.slow
def test_quasi_frozen_orbit_of_the_lunar_reconnaissance_orbiter():
    # commissioning orbit 30 x 216 km over the pole, periapsis in the south (Chin et al. 2007). 15 km: theirs was
    # chosen to stay for two months, not to stand still, and osculating altitudes swing by 10 km.
    found = find_frozen_orbit(
        semi_major_axis=MOON_RADIUS + 123e3, inclination=np.pi / 2.0, epoch=Epoch.parse("2009-07-01")
    )
    assert np.degrees(found.arg_periapsis) == pytest.approx(270.0, abs=5.0)
    assert found.trajectory.altitude_extremes.lowest == pytest.approx(30e3, abs=15e3)
    assert found.trajectory.altitude_extremes.highest == pytest.approx(216e3, abs=15e3)
