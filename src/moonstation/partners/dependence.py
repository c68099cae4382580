"""Who depends on whom: functions, flights, power, ways home for data, and repairs that come from another partner."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from moonstation.partners.capability import functions_up, gives_power, parts_of
from moonstation.partners.holdings import NOBODY, bearers, mission_owners
from moonstation.station.elements import Element
from moonstation.station.model import Orbiter, Station

KINDS = ("function", "flight", "power", "data", "repair")


@dataclass(frozen=True)
class Dependence:
    """One way in which a partner depends on another.

    Attributes
    ----------
    of, on : str
        Who depends, and on whom; ids.
    kind : str
        One of `KINDS`.
    what : tuple of str
        Ids of the functions or parts of `of` that it is about.
    hard : bool
        Whether they cannot be or work at all without the other; else the other shares in it.
    """

    of: str
    on: str
    kind: str
    what: tuple[str, ...]
    hard: bool


def dependences(station: Station) -> list[Dependence]:
    """Every way in which partners depend on each other, by kind and then in the order of the file.

    - function: the partner answers for a function that is lost without parts of the other, or that these serve.
    - flight: missions of the other bring its parts.
    - power: the other has all sources on the bus of its loads, or some of them.
    - data: without parts of the other its data have no way to the Earth, or one way less.
    - repair: failures of its parts wait for a robot of the other.

    Parameters
    ----------
    station : Station
        As loaded.
    """
    found = [
        *_functions(station),
        *_flights(station),
        *_power(station),
        *_data(station),
        *_repairs(station),
    ]
    place = {row.id: number for number, row in enumerate(station.partners)}
    gathered: dict[tuple[str, str, str, bool], list[str]] = {}
    for kind, of, on, what, hard in found:
        if of in place and on in place and of != on:
            gathered.setdefault((kind, of, on, hard), []).append(what)
    rows = [
        Dependence(of, on, kind, tuple(dict.fromkeys(what)), hard)
        for (kind, of, on, hard), what in gathered.items()
    ]
    return sorted(rows, key=lambda row: (KINDS.index(row.kind), place[row.of], place[row.on], not row.hard))


_Found = tuple[str, str, str, str, bool]


def _functions(station: Station) -> Iterator[_Found]:
    whole = functions_up(station)
    owner = {part.id: part.partner for part in bearers(station)}
    for partner in station.partners:
        left = set(functions_up(station, parts_of(station, [partner.id])))
        for function in station.functions:
            if function.id not in whole:
                continue
            named = {owner[name] for need in function.demands for name in need.of}
            if function.id not in left:
                yield "function", function.partner, partner.id, function.id, True
            elif partner.id in named:
                yield "function", function.partner, partner.id, function.id, False


def _flights(station: Station) -> Iterator[_Found]:
    flyers = mission_owners(station)
    for part in bearers(station):
        if part.mission:
            yield "flight", part.partner, flyers[part.mission], part.id, True


def _power(station: Station) -> Iterator[_Found]:
    sources: dict[str, set[str]] = {}
    for element in station.elements:
        if gives_power(element):
            sources.setdefault(element.bus, set()).add(element.partner)
    for element in station.elements:
        if element.load_nominal > 0.0:
            owners = sources.get(element.bus, set())
            for owner in sorted(owners):
                yield "power", element.partner, owner, element.id, len(owners) == 1


def _data(station: Station) -> Iterator[_Found]:
    everyone = [row.id for row in station.partners]
    for part in bearers(station):
        rate = part.data_rate_nominal if isinstance(part, Element) else part.data_rate
        if rate <= 0.0:
            continue
        ways = set(_ways(station, part))
        for partner in everyone:
            left = {way for way in ways if partner not in way}
            if left != ways:
                yield "data", part.partner, partner, part.id, not left


def _ways(station: Station, part: Element | Orbiter) -> Iterator[frozenset[str]]:
    """Owners of the parts that each way home takes: sender, relay, antenna."""
    antennas = {antenna.partner or NOBODY for antenna in station.ground_stations}
    if isinstance(part, Orbiter):
        if part.earth_rate > 0.0:
            yield from (frozenset({part.partner, ground}) for ground in antennas)
        return
    relays = {relay.partner for relay in station.orbiters if relay.relay and relay.earth_rate > 0.0}
    for sender in station.elements:
        if sender.site != part.site:
            continue
        for ground in antennas:
            if sender.earth_rate > 0.0:
                yield frozenset({sender.partner, ground})
            if sender.relay_rate > 0.0:
                yield from (frozenset({sender.partner, relay, ground}) for relay in relays)


def _repairs(station: Station) -> Iterator[_Found]:
    owner = {part.id: part.partner for part in bearers(station)}
    for failure in station.failures:
        if failure.element and failure.robot:
            yield "repair", owner[failure.element], owner[failure.robot], failure.element, True


def dependences_frame(found: list[Dependence]) -> pd.DataFrame:
    """All rows: of, on, kind, hard, number, what."""
    columns = ["of", "on", "kind", "hard", "number", "what"]
    rows = [(row.of, row.on, row.kind, row.hard, len(row.what), " ".join(row.what)) for row in found]
    return pd.DataFrame(rows, columns=columns)
