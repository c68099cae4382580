"""Small stations for tests of a station's life."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation.life import Life
from moonstation.simulation.life_tables import life_of
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.faults import Failure, Function, Uncertainty
from moonstation.station.model import Station

HOUR = 3600.0
START = Epoch.parse("2035-01-01")


def element(name: str, **more: object) -> Element:
    """An element at the base; more keys as in a station file, SI."""
    return Element.model_validate({"id": name, "site": "base", "kind": "other", **more})


def station(
    elements: list[Element], failures: list[dict], functions: list[dict], uncertainties: tuple[dict, ...] = ()
) -> Station:
    """A station of elements with failures, functions and uncertainties, each a table of its keys."""
    return Station(
        id="test",
        name="test",
        description="",
        start=START,
        span=HOUR,
        elements=elements,
        failures=[Failure.model_validate(table) for table in failures],
        functions=[Function.model_validate(table) for table in functions],
        uncertainties=[Uncertainty.model_validate(table) for table in uncertainties],
    )


def life_keys(hours: int, *, light: dict[str, FloatArray] | None = None) -> dict:
    """What `life_of` wants beside a station, in steps of an hour, without contacts."""
    return {
        "times_s": START.tdb_s + HOUR * np.arange(hours),
        "array_light": light or {},
        "ground_contact": {},
        "through_contact": {},
    }


def life(
    built: Station,
    hours: int,
    *,
    light: dict[str, FloatArray] | None = None,
    ground: dict[str, FloatArray] | None = None,
    gone: dict[str, float] | None = None,
    **more: dict[str, FloatArray],
) -> Life:
    """Its life in steps of an hour."""
    times = START.tdb_s + HOUR * np.arange(hours)
    return life_of(
        built,
        times_s=times,
        array_light=light or {},
        ground_contact=ground or {},
        through_contact={},
        gone=gone,
        **more,
    )
