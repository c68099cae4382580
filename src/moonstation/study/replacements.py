"""What could stand in for lost parts at least mass: another of the same, catalogue entries, or so many kilograms.

No prices of elements are published, and to land a kilogram costs more than to build most: mass stands for cost here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moonstation.design.technologies import technologies
from moonstation.simulation.arrays import rated_power
from moonstation.station.catalogues import packaged_catalogue
from moonstation.station.elements import Element
from moonstation.station.model import Station
from moonstation.station.units import parse_quantity
from moonstation.study.losses import Loss

STEADY = ("fission", "isotope")


@dataclass(frozen=True)
class Replacement:
    """The lightest thing known that could stand in for a lost part.

    Attributes
    ----------
    element, kind : str
        What is lost, and what it is.
    entry : str
        What stands in; "" if nothing is known that gives as much.
    mass : float
        Of all of it [kg]; nan if unknown.
    count : int
        How many of it.
    """

    element: str
    kind: str
    entry: str
    mass: float
    count: int


def replacements(station: Station, losses: Sequence[Loss]) -> list[Replacement]:
    """What could stand in for each lost part that a function needs or that gives or stores power, and for each antenna.

    As good is what gives as much power, array power and stored energy; what else an entry of the same kind does is for
    the reader to judge. Another of the same always is, if its mass is known.
    """
    needed = {name for function in station.functions for need in function.demands for name in need.of}
    gone = {part for loss in losses for part in loss.parts}
    deaf = {name for loss in losses for name in loss.stations}
    found = [
        _lightest(element)
        for element in station.elements
        if element.id in gone and (element.id in needed or _gives(element))
    ]
    found += [
        Replacement(orbiter.id, "orbiter", "another of it", orbiter.mass or math.nan, 1)
        for orbiter in station.orbiters
        if orbiter.id in gone and (orbiter.id in needed or orbiter.relay)
    ]
    # an antenna on Earth weighs nothing on the Moon, and nobody publishes what its time costs
    found += [
        Replacement(spec.id, "ground station", "another antenna of the catalogue", math.nan, 1)
        for spec in station.ground_stations
        if spec.id in deaf
    ]
    return found


def _gives(element: Element) -> bool:
    return bool(element.power or rated_power(element) or element.battery_capacity)


def _lightest(element: Element) -> Replacement:
    known = [
        Replacement(element.id, element.kind, name, mass, count)
        for name, mass, count in (*_own(element), *_by_weight(element), *_entries(element))
    ]
    nothing = Replacement(element.id, element.kind, "", math.nan, 0)
    return min(known, key=lambda r: (math.isnan(r.mass), r.mass), default=nothing)


def lightest_entry(element: Element) -> Replacement:
    """The lightest entry of the catalogue, or as many of it as it takes, that is as good as an element."""
    known = [Replacement(element.id, element.kind, name, mass, n) for name, mass, n in _entries(element)]
    nothing = Replacement(element.id, element.kind, "", math.nan, 0)
    return min(known, key=lambda r: (math.isnan(r.mass), r.mass), default=nothing)


def _own(element: Element) -> Iterator[tuple[str, float, int]]:
    if element.mass > 0.0:
        yield "another of it", element.mass, 1


def _by_weight(element: Element) -> Iterator[tuple[str, float, int]]:
    """Arrays and stores come in any size, by what a watt or a joule weighs."""
    rated, held = rated_power(element), element.battery_capacity
    if element.power or bool(rated) == bool(held):
        return
    known = technologies()
    if element.kind == "solar-array" and rated:
        array = known["array"]
        yield array.name, rated * array.array_mass(element.array_height), 1
    elif element.kind in ("battery", "fuel-cell") and held:
        store = known[element.kind]
        yield store.name, held / store.values["specific_energy"], 1


def _entries(element: Element) -> Iterator[tuple[str, float, int]]:
    """Entries of the catalogue, as many of each as it takes; steady power may come from any reactor or isotope unit."""
    for name, entry in packaged_catalogue().entries["element"].items():
        given = {key: plain_value(value) for key, value in entry.values.items()}
        if not (
            given.get("kind") == element.kind or (element.kind in STEADY and given.get("kind") in STEADY)
        ):
            continue
        asked = {
            "power": (element.power, "power"),
            "array_power": (rated_power(element), "power"),
            "battery_capacity": (element.battery_capacity, "energy"),
        }
        counts = [1]
        for key, (least, dimension) in asked.items():
            if least > 0.0:
                amount = parse_quantity(str(given[key]), dimension) if key in given else 0.0
                counts.append(math.ceil(least / amount - 1e-9) if amount > 0.0 else 0)
        if 0 in counts:
            continue
        mass = parse_quantity(str(given["mass"]), "mass") if "mass" in given else math.nan
        yield name, max(counts) * mass, max(counts)


def plain_value(value: object) -> object:
    """The bare value of a catalogue key that may stand with its source."""
    return value["value"] if isinstance(value, dict) and "value" in value else value
