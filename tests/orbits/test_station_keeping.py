"""Station-keeping: repeatable, cheaper with better knowledge, honest about deadband and loss."""

from dataclasses import replace

import numpy as np
import pytest

from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.elements import Elements
from moonstation.orbits.low_orbit_keeping import keep_low_orbit
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.station_keeping import KeepingErrors, keep_orbit
from moonstation.orbits.three_body import halo_orbit
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2030-01-01")
ERRORS = KeepingErrors()


@pytest.fixture(scope="module")
def halo():
    orbit = halo_orbit(z_amplitude=13e6)
    flight = fly_periodic(orbit, epoch=EPOCH, revolutions=3)
    et = flight.et[0] + orbit.period_s / 4.0 * np.arange(12)
    return flight, et


def test_same_seed_same_burns_whatever_threads_and_members(halo):
    a = keep_orbit(*halo, members=4, threads=1)
    b = keep_orbit(*halo, members=2, threads=2)
    np.testing.assert_array_equal(a.delta_v[:2], b.delta_v)
    assert not np.array_equal(a.delta_v, keep_orbit(*halo, members=4, seed=2).delta_v)


def test_burns_hold_what_would_leave(halo):
    flight, et = halo
    kept = keep_orbit(flight, et, members=4)
    assert kept.miss.max() < 100e3
    with pytest.raises(OrbitError, match="is lost at"):
        keep_orbit(flight, et, members=1, deadband=100.0, errors=replace(ERRORS, insertion_velocity=20.0))


def test_better_navigation_costs_less_and_none_costs_nothing(halo):
    poor = keep_orbit(*halo, members=4, errors=replace(ERRORS, velocity=0.05))
    good = keep_orbit(*halo, members=4, errors=replace(ERRORS, velocity=0.005))
    perfect = keep_orbit(*halo, members=1, errors=KeepingErrors(0, 0, 0, 0, 0, 0))
    assert poor.yearly.mean() > 2.0 * good.yearly.mean()
    assert perfect.yearly[0] < 0.05


def test_the_deadband_leaves_small_burns_out(halo):
    kept = keep_orbit(*halo, members=3, deadband=0.1)
    assert (kept.delta_v[kept.delta_v > 0.0] >= 0.1).all()
    assert (kept.delta_v == 0.0).any()


def test_bad_requests(halo):
    flight, et = halo
    with pytest.raises(RequestError, match="give more than"):
        keep_orbit(flight, et[:3])
    with pytest.raises(RequestError, match="members 0"):
        keep_orbit(flight, et, members=0)
    low = Elements.from_altitudes(50e3, 50e3, inclination=1.5)
    with pytest.raises(RequestError, match="cycles"):
        keep_low_orbit(low, epoch=EPOCH, cycles=0)
    with pytest.raises(RequestError, match="keep others to a reference"):
        keep_low_orbit(Elements.from_altitudes(200e3, 16_000e3, inclination=1.0), epoch=EPOCH)
