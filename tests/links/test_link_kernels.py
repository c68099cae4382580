"""Compiled look angles against plain NumPy."""

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS, SPEED_OF_LIGHT
from moonstation.links import _kernels

R = MOON_RADIUS


def hermite(track, epoch, step, et, column=0):
    """Cubic Hermite interpolation of three columns, one epoch at a time."""
    rows = []
    for t in et:
        k = min(max(int(np.floor((t - epoch) / step)), 0), len(track) - 2)
        s = (t - epoch) / step - k
        p0, p1 = track[k, column : column + 3], track[k + 1, column : column + 3]
        m0, m1 = track[k, column + 3 : column + 6] * step, track[k + 1, column + 3 : column + 6] * step
        rows.append(
            (2 * s**3 - 3 * s**2 + 1) * p0
            + (s**3 - 2 * s**2 + s) * m0
            + (-2 * s**3 + 3 * s**2) * p1
            + (s**3 - s**2) * m1
        )
    return np.array(rows)


@pytest.fixture
def orbit():
    """Track of a circular orbit 100 km up: table, epoch, step."""
    radius, turn, step = R + 100e3, 8.9e-4, 56.0
    et = 1000.0 + step * np.arange(300)
    r = radius * np.column_stack([np.cos(turn * et), 0.3 * np.sin(turn * et), np.sin(turn * et)])
    return np.hstack([r, _kernels.rates(r, step)]), 1000.0, step


@pytest.fixture
def station():
    """Track of a ground station on a turning Earth, with zenith."""
    step = 600.0
    et = 1000.0 + step * np.arange(40)
    zenith = np.column_stack([np.cos(7.3e-5 * et), np.sin(7.3e-5 * et), np.full(et.size, 0.4)])
    zenith /= np.linalg.norm(zenith, axis=1)[:, None]
    values = np.hstack([np.array([3.8e8, 4e7, -2e7]) + 6.378e6 * zenith, zenith])
    rate = _kernels.rates(values, step)
    return np.hstack([values[:, :3], rate[:, :3], values[:, 3:], rate[:, 3:]]), 1000.0, step


def test_rates_are_of_fourth_order():
    t = 3.0 + 0.5 * np.arange(12)
    values = np.column_stack([t**4 - 2 * t**3, 5.0 - t, np.ones(t.size)])
    expected = np.column_stack([4 * t**3 - 6 * t**2, -np.ones(t.size), np.zeros(t.size)])
    np.testing.assert_allclose(_kernels.rates(values, 0.5), expected, atol=1e-9)


def test_a_track_between_rows_is_good_to_a_metre(orbit, station):
    _, epoch, step = orbit
    et = epoch + np.linspace(0.0, 299 * step, 4001)
    exact = (R + 100e3) * np.column_stack(
        [np.cos(8.9e-4 * et), 0.3 * np.sin(8.9e-4 * et), np.sin(8.9e-4 * et)]
    )
    assert np.max(np.linalg.norm(hermite(*orbit, et) - exact, axis=1)) < 0.3
    et = 1000.0 + np.linspace(0.0, 39 * 600.0, 4001)
    zenith = np.column_stack([np.cos(7.3e-5 * et), np.sin(7.3e-5 * et), np.full(et.size, 0.4)])
    zenith /= np.linalg.norm(zenith, axis=1)[:, None]
    place = np.array([3.8e8, 4e7, -2e7]) + 6.378e6 * zenith
    assert np.max(np.linalg.norm(hermite(*station, et) - place, axis=1)) < 1.0
    assert np.max(np.abs(hermite(*station, et, column=6) - zenith)) < 2e-7


def test_look_angles(orbit):
    rng = np.random.default_rng(1)
    horizon = rng.uniform(-0.03, 0.1, 90)
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    enu = np.ascontiguousarray(q)
    site = R * enu[2]
    et = np.r_[orbit[1] - 1.4, rng.uniform(1000.0, 1000.0 + 299 * 56.0, 500), 1000.0 + 299 * 56.0]
    out = np.empty((et.size, 4))
    _kernels.look_angles(et, *orbit, site, enu, horizon, out)
    east, north, up = ((hermite(*orbit, et) - site) @ enu.T).T
    azimuth = np.mod(np.arctan2(east, north), 2 * np.pi)
    elevation = np.arctan2(up, np.hypot(east, north))
    edge = np.interp(azimuth, np.arange(90) * 2 * np.pi / 90, horizon, period=2 * np.pi)
    np.testing.assert_allclose(out[:, 0], elevation - edge, atol=1e-12)
    np.testing.assert_allclose(out[:, 1], elevation, atol=1e-12)
    np.testing.assert_allclose(out[:, 2], azimuth, atol=1e-12)
    np.testing.assert_allclose(out[:, 3], np.sqrt(east**2 + north**2 + up**2), rtol=1e-13)


def test_sine_of_elevation_at_a_site(orbit):
    up = np.array([0.6, 0.0, 0.8])
    et = np.random.default_rng(4).uniform(1000.0, 1000.0 + 299 * 56.0, 500)
    out = np.empty(et.size)
    _kernels.site_sine(et, *orbit, R * up, up, out)
    line = hermite(*orbit, et) - R * up
    np.testing.assert_allclose(out, (line / np.linalg.norm(line, axis=1)[:, None]) @ up, atol=1e-12)


def received(orbit, station, et):
    """Unit vector of the way to the station, orbiter at emission and zenith, by iterating the light time."""
    r_station, zenith = hermite(*station, et), hermite(*station, et, column=6)
    light_time = 0.0
    for _ in range(6):
        r = hermite(*orbit, et - light_time)
        light_time = np.linalg.norm(r_station - r, axis=1) / SPEED_OF_LIGHT
    path = (r_station - r) / np.linalg.norm(r_station - r, axis=1)[:, None]
    return path, r, zenith / np.linalg.norm(zenith, axis=1)[:, None]


def test_sine_of_elevation_at_a_station(orbit, station):
    et = np.random.default_rng(2).uniform(1010.0, 1000.0 + 290 * 56.0, 500)
    out = np.empty(et.size)
    _kernels.station_sine(et, *station, *orbit, -1.0, out)
    path, _, zenith = received(orbit, station, et)
    # One correction of the light time leaves under a metre of 380,000 km here.
    np.testing.assert_allclose(out, -np.sum(path * zenith, axis=1), atol=2e-9)


def test_clearance_of_the_moon(orbit, station):
    et = np.random.default_rng(3).uniform(1010.0, 1000.0 + 290 * 56.0, 2000)
    out = np.empty(et.size)
    _kernels.moon_clearance(et, *station, *orbit, R, -1.0, out)
    path, r, _ = received(orbit, station, et)
    radius = np.linalg.norm(r, axis=1)
    moon = np.arcsin(R / radius)
    apart = np.arccos(-np.sum(r * path, axis=1) / radius)
    np.testing.assert_allclose(out, np.cos(moon) - np.cos(apart), atol=1e-6)
    # It has the sign of the way's least distance from the Moon's centre, less its radius.
    along = -np.sum(r * path, axis=1)
    nearest = np.linalg.norm(r + np.maximum(along, 0.0)[:, None] * path, axis=1)
    clear = np.abs(nearest - R) > 2.0
    assert np.array_equal(out[clear] > 0.0, nearest[clear] > R)
    assert 0.3 < np.mean(out > 0.0) < 0.9
