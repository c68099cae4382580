"""Ageing of lithium-ion stores: cycles counted as they close, and what time and cycles take of the capacity.

Law and figures: Xu, Oudalov, Ulbig, Andersson, Kirschen, Modeling of lithium-ion battery degradation for cell life
assessment, IEEE Trans. Smart Grid 9 (2018) 1131, doi:10.1109/TSG.2016.2578950, for cells of manganese oxide.
"""

import numba
import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation._life_model import AGEING, TURNS, LifeModel, Now

SEI_SHARE, SEI_RATE = 5.75e-2, 121.0
DEPTH_1, DEPTH_2, DEPTH_3 = 1.40e5, -5.01e-1, -1.23e5
CHARGE_RATE, CHARGE_REFERENCE = 1.04, 0.5


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def health_after(damage: float) -> float:
    """Capacity left after some damage, as share: ``a exp(-b d) + (1 - a) exp(-d)``."""
    return SEI_SHARE * np.exp(-SEI_RATE * damage) + (1.0 - SEI_SHARE) * np.exp(-damage)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def charge_stress(charge: float) -> float:
    """Factor on damage by the mean state of charge; 1 at one half."""
    return np.exp(CHARGE_RATE * (charge - CHARGE_REFERENCE))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def cycle_damage(low: float, high: float) -> float:
    """Damage of one whole cycle between two states of charge, at 25 C."""
    depth = abs(high - low)
    if depth <= 0.0:
        return 0.0
    return charge_stress(0.5 * (low + high)) / (DEPTH_1 * depth**DEPTH_2 + DEPTH_3)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def count_turn(turns: FloatArray, depth: int, charge: float) -> tuple[float, int]:
    """Add a turning point and count the cycles that it closes: the four-point rainflow rule (ASTM E1049-85).

    Returns the damage of these cycles at 25 C, and how many turning points are left.
    """
    damage = 0.0
    if depth == TURNS:
        damage += 0.5 * cycle_damage(turns[0], turns[1])
        turns[:-1] = turns[1:].copy()
        depth -= 1
    turns[depth] = charge
    depth += 1
    while depth >= 4:
        inner = abs(turns[depth - 2] - turns[depth - 3])
        if inner > abs(turns[depth - 3] - turns[depth - 4]) or inner > abs(
            turns[depth - 1] - turns[depth - 2]
        ):
            break
        damage += cycle_damage(turns[depth - 3], turns[depth - 2])
        turns[depth - 3] = turns[depth - 1]
        depth -= 2
    return damage, depth


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def half_cycles(turns: FloatArray, depth: int) -> float:
    """Damage of the half cycles that are left at the end, at 25 C."""
    damage = 0.0
    for t in range(depth - 1):
        damage += 0.5 * cycle_damage(turns[t], turns[t + 1])
    return damage


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def turn(m: LifeModel, now: Now, s: int, heading: int) -> None:
    """A store begins to charge (1) or to discharge (-1)."""
    store = now.stores[s]
    done, depth = count_turn(now.turns[s], store.depth, store.level / store.capacity)
    store.depth = depth
    store.damage += m.stores[s].cycling * done
    store.heading = heading


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def health_of(now: Now, s: int) -> float:
    """Capacity left in a store, as share; 0 when it is worn out."""
    return 0.0 if now.stores[s].worn else health_after(now.stores[s].damage * now.drawn[AGEING, s])


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def age_stores(m: LifeModel, now: Now, passed: int) -> None:
    """Damage of the time since the last event, by the mean of the states of charge at both of its ends."""
    for s in range(m.stores.size):
        if m.stores[s].ages == 0 or not now.stores[s].filled or now.stores[s].capacity <= 0.0:
            continue
        charge = now.stores[s].level / now.stores[s].capacity
        mean = 0.5 * (charge + now.stores[s].charge_then)
        now.stores[s].damage += m.stores[s].calendar * passed * charge_stress(mean)
        now.stores[s].charge_then = charge
