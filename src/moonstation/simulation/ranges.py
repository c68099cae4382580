"""What a run draws anew: values known between limits, those named by hand and those that are assumptions.

Policy for assumptions
----------------------
A value that the station file calls an assumption and that the simulation uses gets a range of its own, likeliest at
what the file says (triangular), unless the file names a range for it (``[[uncertainty]]``) or a ``spread``. The limits
are factors by kind of value, `POLICY`. They are judged, not measured, and so assumptions themselves: wide where nobody
has done such a thing yet, narrow where makers state the value. Masses, dates, places and counts of units are left as
they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation import _life_model as model
from moonstation.station.faults import Uncertainty
from moonstation.station.model import Station

NAN = float("nan")


@dataclass(frozen=True)
class Range:
    """Limits of one value.

    Attributes
    ----------
    what : int
        Which value, see `moonstation.simulation._life_model`.
    place : str
        "part", "store", "failure", "mission" or "visit": in what table of the model it is.
    of : str
        Id of that part, failure or mission.
    key : str
        The key of the station file, or what the ``[[uncertainty]]`` is of.
    low, likely, high : float
        Factors on the value, of dust the share a year; likely is nan where all are alike.
    assumed : bool
        Whether the limits come from the policy for assumptions.
    """

    what: int
    place: str
    of: str
    key: str
    low: float
    likely: float
    high: float
    assumed: bool

    @property
    def label(self) -> str:
        """The value in words of the station file: ``battery.battery_capacity``."""
        return f"{self.of}.{self.key}"

    @property
    def of_dust(self) -> bool:
        """Whether it is a share a year, not a factor."""
        return self.what == model.DUST

    def limits(self, step_years: float) -> tuple[float, float, float]:
        """Limits as the model draws them: the logarithm of a step for dust."""
        if not self.of_dust:
            return self.low, self.likely, self.high
        low, likely, high = (-float(np.log1p(-v)) * step_years for v in (self.low, self.likely, self.high))
        return low, likely, high

    def shown(self, values: FloatArray, step_years: float) -> FloatArray:
        """Drawn values as the station file tells them."""
        return values if not self.of_dust else -np.expm1(-values / step_years)


@dataclass(frozen=True)
class Policy:
    """Limits of the values of some keys, as factors.

    Attributes
    ----------
    what : int
        Which value of the model.
    place : str
        See `Range`.
    keys : tuple of str
        Keys of the station file.
    low, high : float
        Factors.
    why : str
        Where the limits come from.
    """

    what: int
    place: str
    keys: tuple[str, ...]
    low: float
    high: float
    why: str


_GROWTH = "power budgets grow more often than they shrink"
_MAKER = "spread between makers' figures"

POLICY: tuple[Policy, ...] = (
    Policy(model.LOAD, "part", ("load_nominal", "load_survival"), 0.9, 1.3, _GROWTH),
    Policy(
        model.ARRAY,
        "part",
        ("array_power", "array_area", "array_efficiency"),
        0.9,
        1.05,
        "rating against use",
    ),
    Policy(model.DEGRADATION, "part", ("array_degradation",), 0.5, 2.0, "dose and cell type"),
    Policy(model.SOURCE, "part", ("power",), 0.9, 1.05, "rating against use"),
    Policy(model.START, "part", ("start_time",), 0.5, 2.0, "no such start has been made"),
    Policy(model.ENDURANCE, "part", ("endures",), 0.5, 2.0, "heat leaks of early designs"),
    Policy(
        model.DATA, "part", ("data_rate_nominal", "data_rate_survival"), 0.7, 1.5, "instruments ask for more"
    ),
    Policy(model.MEMORY, "part", ("data_storage",), 0.8, 1.2, _MAKER),
    Policy(model.LINK, "part", ("earth_rate", "relay_rate"), 0.5, 1.5, "3 dB of margin less, 2 dB more"),
    Policy(model.STORE, "store", ("battery_capacity",), 0.9, 1.05, _MAKER),
    Policy(model.STORE_LOSS, "store", ("battery_efficiency", "battery_charge_efficiency"), 0.7, 1.5, _MAKER),
    Policy(
        model.AGEING,
        "store",
        ("battery_ageing", "battery_cycle_life", "battery_calendar_life"),
        0.33,
        2.0,
        "cells of other make last from half to three times as long",
    ),
    Policy(model.MEAN_LIFE, "failure", ("mtbf",), 0.33, 3.0, "estimates are uncertain and often optimistic"),
    Policy(model.WEAR_OUT, "failure", ("life",), 0.7, 1.3, "wear-out in tests"),
    Policy(
        model.COMMON_CAUSE,
        "failure",
        ("common_cause",),
        0.2,
        2.0,
        "few data; ISS history shows more than none",
    ),
    Policy(model.DORMANCY, "failure", ("dormancy",), 0.1, 3.0, "few data on units at rest"),
    Policy(model.DETECTION, "failure", ("detection",), 0.5, 3.0, "a day with few contacts"),
    Policy(model.REPAIR, "failure", ("repair",), 0.5, 3.0, "no such repair has been made"),
    Policy(model.CREW_USE, "visit", ("oxygen", "water", "food"), 0.9, 1.2, "people differ"),
    Policy(
        model.LOSS_OF_WATER_AND_AIR,
        "visit",
        ("oxygen_recovery", "water_recovery"),
        0.8,
        2.0,
        "of what is not won back: such plants rarely reach what they promise",
    ),
    Policy(model.VISIT_LOAD, "visit", ("load",), 0.9, 1.3, _GROWTH),
    Policy(model.MISSION, "mission", ("probability",), 0.5, 2.0, "few landings so far"),
)

BY_HAND = {"load": model.LOAD, "array": model.ARRAY, "dust": model.DUST, "store": model.STORE}
"""What an ``[[uncertainty]]`` is of."""


def ranges_of(station: Station, *, assumptions: bool) -> list[Range]:
    """What a run of a station draws: ranges named by hand, then those of assumptions where they are asked for."""
    named = list(_named(station))
    if not assumptions:
        return named
    taken = {(r.what, r.of) for r in named}
    return named + [r for r in _assumed(station) if (r.what, r.of) not in taken]


def _named(station: Station) -> Iterator[Range]:
    for what, known in BY_HAND.items():
        for element in station.elements:
            if what == "store" and not element.battery_capacity:
                continue
            if what in ("array", "dust") and not element.array_power:
                continue
            found = _told(station.uncertainties, what, element.id)
            if found is not None:
                place = "store" if what == "store" else "part"
                yield Range(known, place, element.id, what, found.low, NAN, found.high, assumed=False)


def _told(known: Sequence[Uncertainty], of: str, element: str) -> Uncertainty | None:
    """The last range that names an element; the last one for all if none does."""
    for name in (element, ""):
        found = [u for u in known if u.of == of and u.element == name]
        if found:
            return found[-1]
    return None


def _assumed(station: Station) -> Iterator[Range]:
    said = {key for key, _ in station.assumptions()}
    tables: dict[str, list[tuple[str, Any]]] = {
        "part": [("element", e) for e in station.elements] + [("orbiter", o) for o in station.orbiters],
        "store": [("element", e) for e in station.elements if e.battery_capacity],
        "failure": [("failure", f) for f in station.failures if f.element],
        "mission": [("failure", f) for f in station.failures if f.mission],
        "visit": [("crew_visit", v) for v in station.crew_visits],
    }
    for rule in POLICY:
        for kind, record in tables[rule.place]:
            key = next(
                (
                    key
                    for key in rule.keys
                    if f"{kind}.{record.id}.{key}" in said
                    and getattr(record, key, None) not in (None, 0.0, "none")
                ),
                None,
            )
            if key is None or (rule.what == model.MEAN_LIFE and getattr(record, "spread", 0.0) > 0.0):
                continue
            of = record.mission if rule.place == "mission" else record.id
            yield Range(rule.what, rule.place, of, key, rule.low, 1.0, rule.high, assumed=True)
