"""Compiled integration of an antenna's beam over a round disc in its sky."""

import math

from numba import njit

from moonstation.arrays import FloatArray


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def ring_shares(
    angle: FloatArray, weight: FloatArray, offset: FloatArray, radius: FloatArray, out: FloatArray
) -> None:
    """Sum of the weights of rings about the axis, each by the part of it that lies within a disc.

    Parameters
    ----------
    angle, weight : (m,) array
        Rings: angle from the axis [rad], ascending, and weight.
    offset, radius : (n,) array
        Discs: angle from the axis to their centre, and their angular radius [rad].
    out : (n,) array
        Takes the sums.
    """
    for k in range(offset.size):
        rho, big = offset[k], radius[k]
        cos_rho, sin_rho, cos_big = math.cos(rho), math.sin(rho), math.cos(big)
        total = 0.0
        for j in range(angle.size):
            theta = angle[j]
            nearest = abs(theta - rho)
            farthest = theta + rho
            if farthest > math.pi:
                farthest = 2.0 * math.pi - farthest
            if nearest >= big:
                if theta > rho:
                    break
                continue
            if farthest <= big:
                total += weight[j]
                continue
            cosine = (cos_big - math.cos(theta) * cos_rho) / (math.sin(theta) * sin_rho)
            total += weight[j] * math.acos(min(1.0, max(-1.0, cosine))) / math.pi
        out[k] = total
