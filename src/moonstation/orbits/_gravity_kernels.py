"""Compiled loops of lunar gravity: spherical harmonics at many points at once.

Arrays of points are laid out (3, LANES): the innermost loops run over LANES points at once, which is
what the processor does in parallel. SI units; positions are Moon-centred.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import INNER, FloatArray, IntArray

LANES = 16
"""Points handled at once; also the number of collocation nodes in a step of the integrator."""

# Places of the scratch of `harmonic_acceleration`, LANES each. It is one flat array with distances known when
# compiling: only so can the compiler rule out that they overlap, and compute LANES points in parallel.
_QU, _QQ, _B0, _B1, _X, _XN, _Y, _YN, _Z, _W, _P = (LANES * i for i in range(11))
_H, _G1, _G2, _G3, _G4, _SX, _SY, _SZ, _IR, _QM, _Q = (LANES * i for i in range(11, 22))
SCRATCH = 22 * LANES


class Field(NamedTuple):
    """Gravity field packed for `harmonic_acceleration`; made by `gravity.GravityModel.packed`."""

    gm: float
    radius: float
    degree: int
    coefficients: FloatArray
    """(rows, 5): recursion factor, C, S, C and S of the derivative; by order, then degree, in pairs."""
    starts: IntArray
    """Row where each order begins, (degree + 1,)."""
    reach: FloatArray
    """reach[n]: radius [m] from which degree n suffices, (degree + 1,), not increasing."""


@njit(**INNER)
def _add_pair(lanes: int, first: Any, second: Any, n: float, w: Any) -> None:
    """Advance the Legendre recursion of one order by two degrees and add them to the sums."""
    a1, c1, s1, z1, w1 = first[0], first[1], first[2], first[3], first[4]
    a2, c2, s2, z2, w2 = second[0], second[1], second[2], second[3], second[4]
    n2 = n + 1.0
    for j in range(lanes):
        qu = w[_QU + j]
        qq = w[_QQ + j]
        b1 = w[_B1 + j]
        b0 = a1 * qu * b1 - qq * w[_B0 + j]
        b1 = a2 * qu * b0 - qq * b1
        w[_B0 + j] = b0
        w[_B1 + j] = b1
        t1 = c1 * b0
        t2 = c2 * b1
        w[_X + j] += t1 + t2
        w[_XN + j] += n * t1 + n2 * t2
        t1 = s1 * b0
        t2 = s2 * b1
        w[_Y + j] += t1 + t2
        w[_YN + j] += n * t1 + n2 * t2
        w[_Z + j] += z1 * b0 + z2 * b1
        w[_W + j] += w1 * b0 + w2 * b1


@njit(**INNER)
def harmonic_acceleration(lanes: int, r: Any, field: Any, degree: int, w: Any, out: Any) -> None:
    """Acceleration of the harmonics of degree 2 to `degree` at LANES points, central term left out.

    Pines' form (1973, AIAA Journal 11, 1508) in direction cosines: no latitude or longitude, so nothing
    happens at the poles. For each order m the degrees are summed up first (X, Y: the coefficients
    against the derived Legendre functions; XN, YN: the same times n + 1; Z, W: against their derivative)
    and meet the powers of the direction cosines once. The functions are scaled so that the three-term
    recursion has one factor only, and carry (R/r)^n, which keeps degree 1200 within double precision.

    Parameters
    ----------
    lanes : int
        LANES; given at run time, as the compiler then keeps the loop over points as one.
    r : (3, LANES) position in the body frame [m].
    field : Field
    degree : int
        Degree up to which all is summed; at most `field.degree`. As degrees come in pairs, every other
        order has one more where the field does.
    w : (SCRATCH,) scratch.
    out : (3, LANES) acceleration [m/s^2], body frame.
    """
    for j in range(lanes):
        x = r[0, j]
        y = r[1, j]
        z = r[2, j]
        inverse = 1.0 / np.sqrt(x * x + y * y + z * z)
        q = field.radius * inverse
        w[_IR + j] = inverse
        w[_SX + j] = x * inverse
        w[_SY + j] = y * inverse
        w[_SZ + j] = z * inverse
        w[_Q + j] = q
        w[_QU + j] = q * z * inverse
        w[_QQ + j] = q * q
        w[_QM + j] = 1.0
        w[_P + j] = 1.0
        w[_H + j] = 0.0
        w[_G1 + j] = 0.0
        w[_G2 + j] = 0.0
        w[_G3 + j] = 0.0
        w[_G4 + j] = 0.0
    table = field.coefficients
    for m in range(degree + 1):
        order = float(m)
        for j in range(lanes):
            # The recursion starts at n = m with q^m: what stands before it is chosen to give that.
            w[_B0 + j] = -w[_QM + j] / w[_QQ + j]
            w[_B1 + j] = 0.0
            w[_X + j] = 0.0
            w[_XN + j] = 0.0
            w[_Y + j] = 0.0
            w[_YN + j] = 0.0
            w[_Z + j] = 0.0
            w[_W + j] = 0.0
        row = field.starts[m]
        n = order + 1.0
        for _ in range((degree - m) // 2 + 1):
            _add_pair(lanes, table[row], table[row + 1], n, w)
            row += 2
            n += 2.0
        for j in range(lanes):
            p = w[_P + j]
            h = w[_H + j]
            if m > 0:
                w[_G1 + j] += order * (w[_X + j] * p + w[_Y + j] * h)
                w[_G2 + j] += order * (w[_Y + j] * p - w[_X + j] * h)
                w[_G3 + j] += w[_Z + j] * p + w[_W + j] * h
                sx = w[_SX + j]
                sy = w[_SY + j]
                p, h = p * sx - h * sy, p * sy + h * sx
                w[_P + j] = p
                w[_H + j] = h
            w[_G4 + j] += w[_XN + j] * p + w[_YN + j] * h
            w[_QM + j] *= w[_Q + j]
    for j in range(lanes):
        sx = w[_SX + j]
        sy = w[_SY + j]
        sz = w[_SZ + j]
        factor = field.gm * w[_IR + j] * w[_IR + j]
        radial = sx * w[_G1 + j] + sy * w[_G2 + j] + sz * w[_G3 + j] + w[_G4 + j]
        out[0, j] = factor * (w[_G1 + j] - sx * radial)
        out[1, j] = factor * (w[_G2 + j] - sy * radial)
        out[2, j] = factor * (w[_G3 + j] - sz * radial)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def accelerations_pa(points: Any, field: Any, degree: int, out: Any) -> None:
    """Gravity of the Moon, central term included, at (n, 3) points of its principal axes [m] -> [m/s^2]."""
    lanes = LANES
    r = np.empty((3, lanes))
    a = np.empty((3, lanes))
    w = np.empty(SCRATCH)
    count = points.shape[0]
    for begin in range(0, count, lanes):
        for j in range(lanes):
            i = min(begin + j, count - 1)
            for k in range(3):
                r[k, j] = points[i, k]
        harmonic_acceleration(lanes, r, field, degree, w, a)
        for j in range(min(lanes, count - begin)):
            d2 = r[0, j] ** 2 + r[1, j] ** 2 + r[2, j] ** 2
            central = -field.gm / (d2 * np.sqrt(d2))
            for k in range(3):
                out[begin + j, k] = central * r[k, j] + a[k, j]
