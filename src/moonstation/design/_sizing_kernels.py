"""Compiled loop of sizing: one load, one sum of sources, stores without limits of power."""

import numba
import numpy as np

from moonstation.arrays import BoolArray, FloatArray


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def serve(
    power: FloatArray, load: FloatArray, usable: FloatArray, one_way: FloatArray, dt: float
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Serve a load (n,) [W] from sources (n,) [W] and stores of usable energy (s,) [J], full at the start.

    Stores share charging and discharging in the ratio of what each can take or give in the step. Returns the power not
    served (n,) [W], and at the begin of each step whether all stores are full (n,) and what they hold (n,) [J].
    """
    n = power.size
    stores = usable.size
    missing = np.zeros(n)
    full = np.zeros(n, dtype=np.bool_)
    held = np.zeros(n)
    level = usable.copy()
    for k in range(n):
        topped = True
        for s in range(stores):
            held[k] += level[s]
            topped = topped and level[s] >= usable[s] * (1.0 - 1e-12)
        full[k] = topped
        surplus = power[k] - load[k]
        if surplus >= 0.0:
            if topped:
                continue
            can = 0.0
            for s in range(stores):
                can += (usable[s] - level[s]) / one_way[s]
            share = min(surplus * dt / can, 1.0) if can > 0.0 else 0.0
            for s in range(stores):
                level[s] += share * (usable[s] - level[s])
        else:
            can = 0.0
            for s in range(stores):
                can += level[s] * one_way[s]
            share = min(-surplus * dt / can, 1.0) if can > 0.0 else 0.0
            for s in range(stores):
                level[s] -= share * level[s]
            missing[k] = max(-surplus - share * can / dt, 0.0)
    return missing, full, held
