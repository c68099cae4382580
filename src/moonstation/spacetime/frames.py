"""Frames of the Moon: principal axes (PA), in which gravity is written, and mean-Earth/polar axes (ME), of maps."""

import numpy as np

from moonstation.arrays import FloatArray

PA_TO_ME_ARCSEC = (67.8526, 78.6944, 0.2785)
"""Rotations about axes 3, 2, 1 from PA to ME for DE440 [arcsec] (NAIF moon_de440_220930.tf; Park et al. 2021)."""


def rotation_about(axis: int, angle: float) -> FloatArray:
    """Rotation of the axes (not of the vector) about axis 1, 2 or 3 by an angle [rad], shape (3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = {1: (1, 2), 2: (2, 0), 3: (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j] = s
    matrix[j, i] = -s
    return matrix


def rotation_pa_to_me() -> FloatArray:
    """Rotation from principal axes to mean-Earth axes, constant, shape (3, 3): v_me = R @ v_pa."""
    third, second, first = np.radians(np.array(PA_TO_ME_ARCSEC) / 3600.0)
    result: FloatArray = rotation_about(1, -first) @ rotation_about(2, -second) @ rotation_about(3, -third)
    return result


def rotate(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Rotate vectors (n, 3) or (3,) by matrices (n, 3, 3) or (3, 3)."""
    result: FloatArray = np.einsum("...ij,...j->...i", matrices, vectors)
    return result
