"""What a station is without some of its parts: a partner, an element, an orbiter, a ground station or a mission."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moonstation.errors import RequestError, TimeError
from moonstation.simulation.arrays import rated_power
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import nearest, packaged_catalogue
from moonstation.station.elements import Element
from moonstation.station.model import Station
from moonstation.station.units import parse_quantity


@dataclass(frozen=True)
class Loss:
    """Something that a station loses for good.

    Attributes
    ----------
    name : str
        As asked for: id of a partner, element, orbiter, ground station, mission or facility.
    kind : str
        Which of these it is.
    since : Epoch or None
        From when; None from the start.
    parts : tuple of str
        Ids of the elements and orbiters that go.
    stations : tuple of str
        Ids of the ground stations that go.
    """

    name: str
    kind: str
    since: Epoch | None
    parts: tuple[str, ...]
    stations: tuple[str, ...]


def read_loss(station: Station, text: str) -> Loss:
    """Read "roscosmos" or "roscosmos@2037-06-01".

    Raises
    ------
    RequestError
        If the station has nothing of that name, or what goes with the name is nothing at all.
    TimeError
        If the date makes no sense.
    """
    name, at, date = text.partition("@")
    try:
        since = Epoch.parse(date) if at else None
    except TimeError as error:
        raise TimeError(f"--without {text}: {error}") from error
    bearers = [*station.elements, *station.orbiters]
    kinds: dict[str, Iterable[str]] = {
        "partner": [p.id for p in station.partners],
        "element": [e.id for e in station.elements],
        "orbiter": [o.id for o in station.orbiters],
        "ground station": [g.id for g in station.ground_stations],
        "mission": [m.id for m in station.missions],
        "facility": [f.id for f in station.facilities],
    }
    kind = next((kind for kind, names in kinds.items() if name in names), None)
    if kind is None:
        known = [each for names in kinds.values() for each in names]
        raise RequestError(
            f"--without {text}: the station has no partner, element, orbiter, ground station, mission or facility "
            f"{name!r}{nearest(name, known)}"
        )
    if kind in ("element", "orbiter"):
        parts, stations = [name], []
    elif kind == "ground station":
        parts, stations = [], [name]
    else:
        parts = [part.id for part in bearers if getattr(part, kind) == name]
        stations = [g.id for g in station.ground_stations if getattr(g, kind, None) == name]
    if not parts and not stations:
        raise RequestError(
            f"--without {text}: {kind} {name!r} brings no element, orbiter or ground station, so nothing would change"
        )
    return Loss(name, kind, since, tuple(parts), tuple(stations))


def gone_since(losses: Sequence[Loss], start: Epoch) -> dict[str, float]:
    """When each element or orbiter is gone [s, TDB past J2000], by id; the earliest of several losses."""
    gone: dict[str, float] = {}
    for loss in losses:
        when = start.tdb_s if loss.since is None else loss.since.tdb_s
        for part in loss.parts:
            gone[part] = min(when, gone.get(part, when))
    return gone


def stations_gone(losses: Sequence[Loss], start: Epoch) -> dict[str, float]:
    """When each ground station is gone [s, TDB past J2000], by id."""
    return gone_since([replace(loss, parts=loss.stations) for loss in losses], start)


@dataclass(frozen=True)
class Replacement:
    """The lightest entry of the catalogue that could stand in for a lost element.

    Attributes
    ----------
    element, kind : str
        What is lost, and what it is.
    entry : str
        Id of the catalogue's entry; "" if none of that kind gives as much.
    mass : float
        Of the entry, or of as many of it as it takes [kg]; nan if unknown.
    count : int
        How many of it.
    """

    element: str
    kind: str
    entry: str
    mass: float
    count: int


def replacements(station: Station, losses: Sequence[Loss]) -> list[Replacement]:
    """For each lost element that a function needs, what the catalogue has to replace it at least mass.

    An entry is as good when it is of the same kind and gives as much power, array power and stored energy, several of
    it together if need be.
    """
    needed = {name for function in station.functions for need in function.demands for name in need.of}
    gone = {part for loss in losses for part in loss.parts}
    return [lightest_replacement(element) for element in station.elements if element.id in gone & needed]


def lightest_replacement(element: Element) -> Replacement:
    """The lightest entry of the catalogue that is as good as an element, see `replacements`."""
    best = Replacement(element.id, element.kind, "", math.nan, 0)
    for name, entry in packaged_catalogue().entries["element"].items():
        given = {key: plain_value(value) for key, value in entry.values.items()}
        if given.get("kind") != element.kind:
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
        mass = parse_quantity(str(given["mass"]), "mass") if "mass" in given else math.nan
        if 0 in counts:
            continue
        count = max(counts)
        if not best.entry or count * mass < best.mass or (math.isnan(best.mass) and not math.isnan(mass)):
            best = Replacement(element.id, element.kind, name, count * mass, count)
    return best


def plain_value(value: object) -> object:
    """The bare value of a catalogue key that may stand with its source."""
    return value["value"] if isinstance(value, dict) and "value" in value else value
