"""Stores of energy: batteries, fuel cells."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.simulation.ageing import capacity_at
from moonstation.simulation.instants import first_step
from moonstation.station.elements import Element


@dataclass(frozen=True)
class Stores:
    """The stores of a bus.

    Attributes
    ----------
    capacity, floor, start : (b,) array
        Energy when full, energy held back as reserve, energy at the start or on arrival [J].
    into, out_of : (b,) array
        Shares of energy that remain on the way in and on the way out; their product is the round-trip efficiency.
    charge_limit, discharge_limit : (b,) array
        Most power in and out at the terminals [W]; infinite without a limit.
    first : (b,) array of int
        Step from which each is there.
    """

    capacity: FloatArray
    floor: FloatArray
    start: FloatArray
    into: FloatArray
    out_of: FloatArray
    charge_limit: FloatArray
    discharge_limit: FloatArray
    first: IntArray

    def grown(self, factor: float) -> "Stores":
        """All stores in another size: energy, limits and charge at the start alike."""
        return replace(
            self,
            capacity=self.capacity * factor,
            floor=self.floor * factor,
            start=self.start * factor,
            charge_limit=self.charge_limit * factor,
            discharge_limit=self.discharge_limit * factor,
        )

    def total(self, amount: FloatArray, n: int) -> FloatArray:
        """Sum of an amount over the stores that are there, at the n + 1 instants."""
        present = np.arange(n + 1)[None, :] >= self.first[:, None]
        total: FloatArray = np.sum(np.where(present, amount[:, None], 0.0), axis=0)
        return total


def stores_of(members: Iterable[Element], times_s: FloatArray) -> Stores:
    """The stores of some elements, in their order."""
    held = [e for e in members if e.battery_capacity > 0.0]
    capacity = np.array(
        [e.battery_capacity * capacity_at(e.battery_temperature) for e in held], dtype=np.float64
    )
    trip = np.array([e.battery_efficiency for e in held], dtype=np.float64)
    given = np.array([e.battery_charge_efficiency or np.nan for e in held], dtype=np.float64)
    into = np.where(np.isnan(given), np.sqrt(trip), given)
    return Stores(
        capacity=capacity,
        floor=capacity * np.array([e.battery_reserve for e in held], dtype=np.float64),
        start=capacity * np.array([e.battery_start for e in held], dtype=np.float64),
        into=into,
        out_of=trip / into,
        charge_limit=np.array([_limit(e.battery_charge) for e in held], dtype=np.float64),
        discharge_limit=np.array([_limit(e.battery_discharge) for e in held], dtype=np.float64),
        first=np.array([first_step(e, times_s) for e in held], dtype=np.int64),
    )


def _limit(power: float | None) -> float:
    return float("inf") if power is None else power


def survival_time(elements: Iterable[Element]) -> float:
    """How long full stores carry the whole survival load with no source, down to their reserve [s].

    The load is that of all elements, also those that arrive later, and the stores give at their best share,
    each within its limit: the longest T with ``sum(min(limit, usable * efficiency / T)) >= load``.
    Nan without a survival load (below 1 nW), 0 if the limits do not let the stores carry it.
    """
    members = list(elements)
    load = sum(e.load_survival for e in members)
    if load < 1e-9:
        return float("nan")
    stores = stores_of(members, np.zeros(2))
    energy = (stores.capacity - stores.floor) * stores.out_of
    limited = np.isfinite(stores.discharge_limit)
    limit = stores.discharge_limit[limited]
    own_time = np.divide(energy[limited], limit, out=np.full_like(limit, np.inf), where=limit > 0.0)
    order = np.argsort(-own_time, kind="stable")
    # Between two stores' own times the sum is given + rest / T: solve each piece, keep the longest T.
    given = np.r_[0.0, np.cumsum(limit[order])]
    rest = np.maximum(float(np.sum(energy)) - np.r_[0.0, np.cumsum(energy[limited][order])], 0.0)
    pieces = rest[given < load] / (load - given[given < load])
    longest = 0.0
    for time in np.r_[pieces, own_time]:
        if not 0.0 < time < np.inf:
            continue
        if np.sum(np.minimum(stores.discharge_limit, energy / time)) >= load * (1.0 - 1e-12):
            longest = max(longest, float(time))
    return longest
