"""Compiled flight between Earth and Moon: both bodies' gravity to degree 2, and the Sun's.

Units are SI and radians; states are Earth-centred, ICRF axes. Runge-Kutta-Fehlberg 7(8) (Fehlberg 1968, NASA TR R-287,
table X), carried on with the higher order.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray
from moonstation.spacetime._kernels import (
    EphemerisWindow,
    chebyshev_position,
    chebyshev_state,
    libration_matrix,
)

REACHED = 0
EVENT = 1
STUCK = 2
GROUND = 3

TO_TIME = 0
TO_PERISELENE = 1
TO_PERIGEE = 2
TO_RADIUS = 3

NEAR_MOON = 1.2e8
"""Distance from the Moon below which a closest approach counts [m]."""

FIGURE = 1.0e8
"""Distance from the Moon below which its figure counts [m]: beyond, it pulls with less than 3e-11 m/s^2."""

TOLERANCE = 1e-14
"""Error allowed a step, as a share of distance and speed."""

STAGES = 13
MOST_STEPS = 20_000

C = np.array([0, 2 / 27, 1 / 9, 1 / 6, 5 / 12, 1 / 2, 5 / 6, 1 / 6, 2 / 3, 1 / 3, 1, 0, 1])
A = np.zeros((STAGES, STAGES))
A[1, :1] = [2 / 27]
A[2, :2] = [1 / 36, 1 / 12]
A[3, :3] = [1 / 24, 0, 1 / 8]
A[4, :4] = [5 / 12, 0, -25 / 16, 25 / 16]
A[5, :5] = [1 / 20, 0, 0, 1 / 4, 1 / 5]
A[6, :6] = [-25 / 108, 0, 0, 125 / 108, -65 / 27, 125 / 54]
A[7, :7] = [31 / 300, 0, 0, 0, 61 / 225, -2 / 9, 13 / 900]
A[8, :8] = [2, 0, 0, -53 / 6, 704 / 45, -107 / 9, 67 / 90, 3]
A[9, :9] = [-91 / 108, 0, 0, 23 / 108, -976 / 135, 311 / 54, -19 / 60, 17 / 6, -1 / 12]
A[10, :10] = [2383 / 4100, 0, 0, -341 / 164, 4496 / 1025, -301 / 82, 2133 / 4100, 45 / 82, 45 / 164, 18 / 41]
A[11, :11] = [3 / 205, 0, 0, 0, 0, -6 / 41, -3 / 205, -3 / 41, 3 / 41, 6 / 41, 0]
A[12, :12] = [
    -1777 / 4100, 0, 0, -341 / 164, 4496 / 1025, -289 / 82, 2193 / 4100, 51 / 82, 33 / 164, 12 / 41, 0, 1,
]  # fmt: skip
B = np.array([0, 0, 0, 0, 0, 34 / 105, 9 / 35, 9 / 35, 9 / 280, 9 / 280, 0, 41 / 840, 41 / 840])


class Pull(NamedTuple):
    """What pulls: gravitational parameters, and the bodies' figures.

    Attributes
    ----------
    gm_earth, gm_moon, gm_sun : float
        [m^3/s^2]
    earth : ndarray, shape (2,)
        Radius squared times C20 and C22 (zero) [m^2], unnormalised.
    moon : ndarray, shape (2,)
        The same of the Moon, principal axes.
    earth_axes : ndarray, shape (3, 3)
        ICRF to axes of which the third is the Earth's pole of date.
    """

    gm_earth: float
    gm_moon: float
    gm_sun: float
    earth: FloatArray
    moon: FloatArray
    earth_axes: FloatArray


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _add_figure(r: FloatArray, gm: float, figure: FloatArray, axes: FloatArray, out: FloatArray) -> None:
    """Add the pull of degree 2 of a body at distance r (inertial axes) to out."""
    x = axes[0, 0] * r[0] + axes[0, 1] * r[1] + axes[0, 2] * r[2]
    y = axes[1, 0] * r[0] + axes[1, 1] * r[1] + axes[1, 2] * r[2]
    z = axes[2, 0] * r[0] + axes[2, 1] * r[1] + axes[2, 2] * r[2]
    r2 = x * x + y * y + z * z
    r5 = r2 * r2 * np.sqrt(r2)
    c20 = figure[0]
    c22 = figure[1]
    q5 = 5.0 * (c20 * (z * z - 0.5 * (x * x + y * y)) + 3.0 * c22 * (x * x - y * y)) / r2
    gx = gm / r5 * ((6.0 * c22 - c20 - q5) * x)
    gy = gm / r5 * ((-6.0 * c22 - c20 - q5) * y)
    gz = gm / r5 * ((2.0 * c20 - q5) * z)
    for i in range(3):
        out[i] += axes[0, i] * gx + axes[1, i] * gy + axes[2, i] * gz


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def moon_from_earth(window: EphemerisWindow, t: float, out: FloatArray, work: FloatArray) -> None:
    """State of the Moon from the Earth into out, shape (6,)."""
    chebyshev_state(window.moon_emb, window.t0_moon_emb, window.dt_moon_emb, t, out)
    chebyshev_state(window.earth_emb, window.t0_earth_emb, window.dt_earth_emb, t, work)
    for i in range(6):
        out[i] -= work[i]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def acceleration(window: EphemerisWindow, pull: Pull, t: float, r: FloatArray, out: FloatArray) -> None:
    """Acceleration of a craft at r from the Earth's centre into out, shape (3,)."""
    moon = np.empty(3)
    earth = np.empty(3)
    emb = np.empty(3)
    sun = np.empty(3)
    chebyshev_position(window.moon_emb, window.t0_moon_emb, window.dt_moon_emb, t, moon)
    chebyshev_position(window.earth_emb, window.t0_earth_emb, window.dt_earth_emb, t, earth)
    chebyshev_position(window.emb_ssb, window.t0_emb_ssb, window.dt_emb_ssb, t, emb)
    chebyshev_position(window.sun_ssb, window.t0_sun_ssb, window.dt_sun_ssb, t, sun)
    to_moon2 = 0.0
    moon2 = 0.0
    to_sun2 = 0.0
    sun2 = 0.0
    r2 = 0.0
    from_moon = np.empty(3)
    for i in range(3):
        moon[i] -= earth[i]
        sun[i] -= emb[i] + earth[i]
        from_moon[i] = r[i] - moon[i]
        to_moon2 += from_moon[i] ** 2
        moon2 += moon[i] ** 2
        to_sun2 += (r[i] - sun[i]) ** 2
        sun2 += sun[i] ** 2
        r2 += r[i] ** 2
    near_earth = -pull.gm_earth / (r2 * np.sqrt(r2))
    near_moon = -pull.gm_moon / (to_moon2 * np.sqrt(to_moon2))
    at_moon = -pull.gm_moon / (moon2 * np.sqrt(moon2))
    near_sun = -pull.gm_sun / (to_sun2 * np.sqrt(to_sun2))
    at_sun = -pull.gm_sun / (sun2 * np.sqrt(sun2))
    for i in range(3):
        out[i] = near_earth * r[i] + near_moon * from_moon[i] + at_moon * moon[i]
        out[i] += near_sun * (r[i] - sun[i]) + at_sun * sun[i]
    _add_figure(r, pull.gm_earth, pull.earth, pull.earth_axes, out)
    if to_moon2 < FIGURE * FIGURE:
        axes = np.empty((3, 3))
        libration_matrix(window, t, axes)
        _add_figure(from_moon, pull.gm_moon, pull.moon, axes, out)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _step(
    window: EphemerisWindow, pull: Pull, t: float, y: FloatArray, h: float, k: FloatArray, out: FloatArray
) -> float:
    """One step into out; k[0] holds the slope at y. Returns the error over what is allowed."""
    inner = np.empty(6)
    for s in range(1, STAGES):
        for i in range(6):
            total = 0.0
            for j in range(s):
                total += A[s, j] * k[j, i]
            inner[i] = y[i] + h * total
        acceleration(window, pull, t + C[s] * h, inner[:3], k[s, 3:])
        k[s, :3] = inner[3:]
    worst = 0.0
    size_r = np.sqrt(y[0] ** 2 + y[1] ** 2 + y[2] ** 2)
    size_v = np.sqrt(y[3] ** 2 + y[4] ** 2 + y[5] ** 2)
    for i in range(6):
        total = 0.0
        for s in range(STAGES):
            total += B[s] * k[s, i]
        out[i] = y[i] + h * total
        error = abs(h * 41.0 / 840.0 * (k[0, i] + k[10, i] - k[11, i] - k[12, i]))
        worst = max(worst, error / (size_r if i < 3 else size_v))
    return worst / TOLERANCE


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _measure(window: EphemerisWindow, mode: int, level: float, t: float, y: FloatArray) -> float:
    """What crosses zero upward at the event looked for; -1 where the event does not count."""
    if mode == TO_PERISELENE:
        moon = np.empty(6)
        work = np.empty(6)
        moon_from_earth(window, t, moon, work)
        away2 = 0.0
        rate = 0.0
        for i in range(3):
            away2 += (y[i] - moon[i]) ** 2
            rate += (y[i] - moon[i]) * (y[i + 3] - moon[i + 3])
        return rate if away2 < NEAR_MOON * NEAR_MOON else -1.0
    radius2 = y[0] ** 2 + y[1] ** 2 + y[2] ** 2
    if mode == TO_PERIGEE:
        return y[0] * y[3] + y[1] * y[4] + y[2] * y[5] if radius2 < NEAR_MOON * NEAR_MOON else -1.0
    return level - np.sqrt(radius2)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def fly(
    window: EphemerisWindow,
    pull: Pull,
    start: FloatArray,
    t0: float,
    t1: float,
    mode: int,
    level: float,
    out: FloatArray,
) -> int:
    """Fly from t0 towards a later t1; out, shape (7,): time and state there or at the event. Returns a status.

    Modes: to t1 alone, to the first closest approach of the Moon, to the first perigee, or down to a radius about the
    Earth
    (level). An event must not hold at the start.
    """
    k = np.empty((STAGES, 6))
    y = start.copy()
    new = np.empty(6)
    t = t0
    h = min(60.0, t1 - t0)
    before = _measure(window, mode, level, t, y) if mode != TO_TIME else -1.0
    for _ in range(MOST_STEPS):
        if t >= t1:
            out[0] = t
            out[1:] = y
            return REACHED
        last = t + h >= t1
        if last:
            h = t1 - t
        acceleration(window, pull, t, y[:3], k[0, 3:])
        k[0, :3] = y[3:]
        error = _step(window, pull, t, y, h, k, new)
        if not np.isfinite(error) or h < 1e-6:
            return STUCK
        if error > 1.0:
            h *= max(0.2, 0.9 * error**-0.125)
            continue
        after = _measure(window, mode, level, t + h, new) if mode != TO_TIME else -1.0
        if before < 0.0 <= after:
            low = 0.0
            high = h
            at_low = before
            at_high = after
            side = 0
            part = h
            # Illinois: regula falsi that does not stand still at one end
            for _ in range(60):
                part = (low * at_high - high * at_low) / (at_high - at_low)
                _step(window, pull, t, y, part, k, new)
                at = _measure(window, mode, level, t + part, new)
                if abs(high - low) < 1e-7 or at == 0.0:
                    break
                if at >= 0.0:
                    if abs(part - high) < 1e-8:
                        break
                    high = part
                    at_high = at
                    if side == 1:
                        at_low *= 0.5
                    side = 1
                else:
                    if abs(part - low) < 1e-8:
                        break
                    low = part
                    at_low = at
                    if side == -1:
                        at_high *= 0.5
                    side = -1
            out[0] = t + part
            out[1:] = new
            return EVENT
        before = after
        t = t1 if last else t + h
        y[:] = new
        h *= min(4.0, 0.9 * max(error, 1e-9) ** -0.125)
    return STUCK
