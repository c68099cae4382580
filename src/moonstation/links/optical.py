"""Optical links as photon budgets: how many photons are detected, and how many each bit needs."""

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray

PLANCK = 6.626_070_15e-34
"""Planck's constant [J s] (SI 2019)."""


def photon_rate(power_dbw: ArrayLike, frequency: float) -> FloatArray:
    """Photons in a beam [dB photon/s], from its power [dBW] and frequency [Hz]: P / (h f)."""
    return np.asarray(
        np.asarray(power_dbw, dtype=np.float64) - 10.0 * np.log10(PLANCK * frequency), dtype=np.float64
    )
