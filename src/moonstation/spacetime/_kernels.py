"""Compiled loops of the spacetime room: Chebyshev records of ephemerides and of the Moon's orientation.

Units are SI and radians, vectors Moon-centred ICRF unless said otherwise.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray


class EphemerisWindow(NamedTuple):
    """Chebyshev records over a span, as compiled code takes them whole.

    Each series is an array of shape (n_records, 3, n_coefficients) [m] (libration [rad]), the beginning of its first
    record (TDB seconds past J2000) and the length of a record [s]. "moon_emb" is the Moon from the Earth-Moon
    barycentre, and so on.
    """

    moon_emb: FloatArray
    t0_moon_emb: float
    dt_moon_emb: float
    earth_emb: FloatArray
    t0_earth_emb: float
    dt_earth_emb: float
    emb_ssb: FloatArray
    t0_emb_ssb: float
    dt_emb_ssb: float
    sun_ssb: FloatArray
    t0_sun_ssb: float
    dt_sun_ssb: float
    jupiter_ssb: FloatArray
    t0_jupiter_ssb: float
    dt_jupiter_ssb: float
    libration: FloatArray
    t0_libration: float
    dt_libration: float


@njit(cache=True, nogil=True, error_model="numpy")
def chebyshev_position(records: FloatArray, t0: float, dt: float, t: float, out: FloatArray) -> None:
    """Evaluate three components at time t (Clenshaw); t must lie within the records."""
    n_records, _, n = records.shape
    k = int((t - t0) / dt)
    k = min(max(k, 0), n_records - 1)
    # from the record's middle, which is a whole number: t - t0 would round t to 2e-6 s
    x = (t - (t0 + (k + 0.5) * dt)) / (0.5 * dt)
    x2 = 2.0 * x
    for axis in range(3):
        b1 = 0.0
        b2 = 0.0
        for j in range(n - 1, 0, -1):
            b1, b2 = x2 * b1 - b2 + records[k, axis, j], b1
        out[axis] = x * b1 - b2 + records[k, axis, 0]


@njit(cache=True, nogil=True, error_model="numpy")
def chebyshev_state(records: FloatArray, t0: float, dt: float, t: float, out: FloatArray) -> None:
    """Evaluate three components and their rates at time t into out[0:3] and out[3:6]."""
    n_records, _, n = records.shape
    k = int((t - t0) / dt)
    k = min(max(k, 0), n_records - 1)
    # from the record's middle, which is a whole number: t - t0 would round t to 2e-6 s
    x = (t - (t0 + (k + 0.5) * dt)) / (0.5 * dt)
    for axis in range(3):
        # T_j and its derivative, both by the three-term recurrence
        p0 = 1.0
        p1 = x
        d0 = 0.0
        d1 = 1.0
        value = records[k, axis, 0]
        rate = 0.0
        for j in range(1, n):
            value += records[k, axis, j] * p1
            rate += records[k, axis, j] * d1
            p0, p1 = p1, 2.0 * x * p1 - p0
            d0, d1 = d1, 2.0 * p0 + 2.0 * x * d1 - d0
        out[axis] = value
        out[axis + 3] = rate * 2.0 / dt


@njit(cache=True, nogil=True, error_model="numpy")
def add_states(
    records: FloatArray, t0: float, dt: float, sign: float, times: FloatArray, out: FloatArray
) -> None:
    """Add sign times the series' state at each time to out, shape (n, 6) or (n, 3) (positions only)."""
    if out.shape[1] == 3:
        position = np.empty(3)
        for i in range(times.shape[0]):
            chebyshev_position(records, t0, dt, times[i], position)
            for axis in range(3):
                out[i, axis] += sign * position[axis]
        return
    state = np.empty(6)
    for i in range(times.shape[0]):
        chebyshev_state(records, t0, dt, times[i], state)
        for axis in range(6):
            out[i, axis] += sign * state[axis]


@njit(cache=True, nogil=True, error_model="numpy")
def rotation_from_angles(phi: float, delta: float, w: float, out: FloatArray) -> None:
    """ICRF to principal axes from the three libration angles: R3(w) R1(delta) R3(phi)."""
    cp = np.cos(phi)
    sp = np.sin(phi)
    cd = np.cos(delta)
    sd = np.sin(delta)
    cw = np.cos(w)
    sw = np.sin(w)
    out[0, 0] = cw * cp - sw * cd * sp
    out[0, 1] = cw * sp + sw * cd * cp
    out[0, 2] = sw * sd
    out[1, 0] = -sw * cp - cw * cd * sp
    out[1, 1] = -sw * sp + cw * cd * cp
    out[1, 2] = cw * sd
    out[2, 0] = sd * sp
    out[2, 1] = -sd * cp
    out[2, 2] = cd


@njit(cache=True, nogil=True, error_model="numpy")
def libration_matrix(window: EphemerisWindow, t: float, out: FloatArray) -> None:
    """Rotation ICRF to principal axes at time t into out, shape (3, 3)."""
    angles = np.empty(3)
    chebyshev_position(window.libration, window.t0_libration, window.dt_libration, t, angles)
    rotation_from_angles(angles[0], angles[1], angles[2], out)


@njit(cache=True, nogil=True, error_model="numpy")
def rotations(
    records: FloatArray, t0: float, dt: float, after: FloatArray, times: FloatArray, out: FloatArray
) -> None:
    """Fill out, shape (n, 3, 3), with `after` (3, 3) times the rotation ICRF to principal axes at each time."""
    angles = np.empty(3)
    to_pa = np.empty((3, 3))
    for i in range(times.shape[0]):
        chebyshev_position(records, t0, dt, times[i], angles)
        rotation_from_angles(angles[0], angles[1], angles[2], to_pa)
        for r in range(3):
            for c in range(3):
                out[i, r, c] = (
                    after[r, 0] * to_pa[0, c] + after[r, 1] * to_pa[1, c] + after[r, 2] * to_pa[2, c]
                )


@njit(cache=True, nogil=True, error_model="numpy")
def moon_bodies(window: EphemerisWindow, t: float, earth: FloatArray, sun: FloatArray) -> None:
    """Earth and Sun from the Moon's centre, ICRF [m], into two arrays of shape (3,)."""
    moon = np.empty(3)
    emb = np.empty(3)
    chebyshev_position(window.moon_emb, window.t0_moon_emb, window.dt_moon_emb, t, moon)
    chebyshev_position(window.earth_emb, window.t0_earth_emb, window.dt_earth_emb, t, earth)
    chebyshev_position(window.emb_ssb, window.t0_emb_ssb, window.dt_emb_ssb, t, emb)
    chebyshev_position(window.sun_ssb, window.t0_sun_ssb, window.dt_sun_ssb, t, sun)
    for axis in range(3):
        earth[axis] -= moon[axis]
        sun[axis] -= emb[axis] + moon[axis]
