"""Losses on the way [dB]: free space, polarisation, and the ray that the lunar ground reflects."""

import math

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import RequestError


def free_space_loss(distance: ArrayLike, frequency: float) -> FloatArray:
    """Loss between isotropic antennas [dB]: 20 lg(4 pi d f / c) (Friis 1946, doi 10.1109/JRPROC.1946.234568).

    Parameters
    ----------
    distance : array_like
        [m]
    frequency : float
        [Hz]

    Raises
    ------
    RequestError
        If one of them is not above 0.
    """
    d = np.asarray(distance, dtype=np.float64)
    if not (np.all(d > 0.0) and np.all(np.isfinite(d)) and 0.0 < frequency < math.inf):
        raise RequestError("free-space loss: distance and frequency must be finite and above 0")
    return np.asarray(20.0 * np.log10(4.0 * np.pi * d * frequency / SPEED_OF_LIGHT), dtype=np.float64)


def polarisation_losses(first_db: float, second_db: float) -> tuple[float, float, float]:
    """Loss between two antennas of like circular polarisation: least, middle and most over the turn of their ellipses.

    Parameters
    ----------
    first_db, second_db : float
        Axial ratios [dB]; 0 is perfect.

    Returns
    -------
    tuple of float
        [dB], 0 or more. Stutzman and Thiele, Antenna Theory and Design, 3rd ed. 2012, section 4.4.
    """
    if not (first_db >= 0.0 and second_db >= 0.0):
        raise RequestError(f"axial ratios {first_db:g} and {second_db:g} dB: give 0 dB or more")
    a, b = 10.0 ** (0.05 * first_db), 10.0 ** (0.05 * second_db)
    bottom = 2.0 * (1.0 + a * a) * (1.0 + b * b)
    even = (1.0 + a * a) * (1.0 + b * b) + 4.0 * a * b
    turned = (1.0 - a * a) * (1.0 - b * b)
    least, middle, most = (
        abs(10.0 * math.log10(min(1.0, max((even + turned * turn) / bottom, 1e-12))))
        for turn in (1.0, 0.0, -1.0)
    )
    return least, middle, most


def fresnel(grazing: ArrayLike, permittivity: float) -> tuple[FloatArray, FloatArray]:
    """Reflection coefficients of smooth ground, horizontal and vertical polarisation.

    Parameters
    ----------
    grazing : array_like
        Angle between ray and ground [rad].
    permittivity : float
        Relative permittivity; lunar regolith has 2 to 3.5 by density (Olhoeft and Strangway 1975, doi
        10.1016/0012-821X(75)90146-6: 1.919 to the power of the density in g/cm^3), and a loss too small to matter here.

    Returns
    -------
    tuple of two arrays
        -1 for both at grazing incidence.
    """
    sine, cosine2 = np.sin(np.asarray(grazing)), np.cos(np.asarray(grazing)) ** 2
    root = np.sqrt(permittivity - cosine2)
    horizontal = (sine - root) / (sine + root)
    vertical = (permittivity * sine - root) / (permittivity * sine + root)
    return horizontal, vertical


def reflected_ray(
    elevation: ArrayLike, *, height: float, frequency: float, permittivity: float, roughness: float
) -> tuple[FloatArray, FloatArray]:
    """Field of the ray reflected by the ground about a mast, relative to the direct one, and its phase lag.

    Parameters
    ----------
    elevation : array_like
        Of the other end, far away [rad]; below 0 there is no reflected ray.
    height : float
        Of the antenna above level ground [m].
    frequency : float
        [Hz]
    permittivity, roughness : float
        Of the ground, and the deviation of its height [m].

    Returns
    -------
    tuple of two arrays
        Coefficient for like circular polarisation (mean of Fresnel's two), lowered for rough ground by
        exp(-2 (2 pi roughness sin(elevation) / wavelength)^2) (Ament 1953, Proc. IRE 41, 142), and the
        phase 4 pi height sin(elevation) / wavelength [rad].
    """
    el = np.asarray(elevation, dtype=np.float64)
    wave = 2.0 * np.pi * frequency / SPEED_OF_LIGHT
    horizontal, vertical = fresnel(np.maximum(el, 0.0), permittivity)
    sine = np.sin(np.maximum(el, 0.0))
    rough = np.exp(-2.0 * (wave * roughness * sine) ** 2)
    coefficient = np.where(el > 0.0, 0.5 * (horizontal + vertical) * rough, 0.0)
    return coefficient, 2.0 * wave * height * sine


def two_ray_loss(coefficient: ArrayLike, phase: ArrayLike, *, discrimination: ArrayLike = 0.0) -> FloatArray:
    """Loss of direct and reflected ray together against the direct one alone [dB]; below 0 where they add up.

    Parameters
    ----------
    coefficient, phase : array_like
        As of `reflected_ray`.
    discrimination : array_like
        By how much less the antenna gains towards the reflected ray [dB].
    """
    field = np.asarray(coefficient) * 10.0 ** (-0.05 * np.asarray(discrimination))
    power = np.abs(1.0 + field * np.exp(-1j * np.asarray(phase))) ** 2
    return np.asarray(-10.0 * np.log10(np.maximum(power, 1e-6)), dtype=np.float64)
