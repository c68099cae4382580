"""Which functions a station has without some of its parts, from what stands in its file alone.

An element works if it is there and, where its power bus has sources at all, one of them is there: whether the power is
enough at each hour is for the simulation to say. A function is there while all that it needs works.
"""

import datetime as dt
import math
from collections.abc import Collection
from functools import lru_cache

from moonstation.partners.holdings import NOBODY, bearers, mission_owners
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.model import Station

FLIGHT = 5.0 * 86_400.0
"""From the departure of a mission to the arrival of what it brings, where no date of arrival is given [s]."""


def gives_power(element: Element) -> bool:
    """Whether it is a source; stores are none."""
    return element.power > 0.0 or element.array_power > 0.0


def working_parts(station: Station, gone: Collection[str]) -> frozenset[str]:
    """Ids of elements and orbiters that are there and have a source on their bus.

    Parameters
    ----------
    station : Station
        As loaded.
    gone : collection of str
        Ids of elements and orbiters that are not there.
    """
    left = [element for element in station.elements if element.id not in gone]
    with_source = {element.bus for element in station.elements if gives_power(element)}
    fed = {element.bus for element in left if gives_power(element)}
    works = {
        element.id
        for element in left
        if element.load_nominal == 0.0 or element.bus in fed or element.bus not in with_source
    }
    return frozenset(works | {orbiter.id for orbiter in station.orbiters if orbiter.id not in gone})


def functions_up(station: Station, gone: Collection[str] = ()) -> list[str]:
    """Ids of the functions that are there without some elements and orbiters, in the order of the file."""
    works = working_parts(station, gone)
    return [
        function.id
        for function in station.functions
        if all(sum(name in works for name in need.of) >= need.least for need in function.demands)
    ]


def parts_of(station: Station, partners: Collection[str]) -> set[str]:
    """Ids of the elements and orbiters that some partners provide."""
    return {part.id for part in bearers(station) if part.partner in partners}


def flown_by(station: Station, partners: Collection[str], *, after: float = -math.inf) -> set[str]:
    """Ids of the elements and orbiters that missions of some partners bring from an instant on [s, TDB past J2000].

    What has no date of arrival is there from the start (see `arrivals`): it counts where no instant is given only.
    """
    flyers = mission_owners(station)
    found = {part.id for part in bearers(station) if part.mission and flyers[part.mission] in partners}
    if after == -math.inf:
        return found
    there = arrivals(station)
    return {name for name in found if there[name] >= after}


def absent(station: Station, partners: Collection[str]) -> set[str]:
    """Ids of what a station never gets without some partners: their own parts and what they were to fly."""
    return parts_of(station, partners) | flown_by(station, partners)


@lru_cache(maxsize=4096)
def instant(day: dt.date) -> float:
    """00:00 UTC of a day [s, TDB past J2000]."""
    return Epoch.parse(day).tdb_s


def arrivals(station: Station) -> dict[str, float]:
    """When each element and orbiter is there [s, TDB past J2000]; minus infinity for what is there from the start.

    The date of arrival, else the departure of the mission that brings it and `FLIGHT`. What has neither is there from
    the start.
    """
    departs = {mission.id: mission.departs for mission in station.missions}
    found: dict[str, float] = {}
    for part in bearers(station):
        there = part.arrives if isinstance(part, Element) else None
        leaves = departs.get(part.mission or "")
        if there is not None:
            found[part.id] = instant(there)
        elif leaves is not None:
            found[part.id] = instant(leaves) + FLIGHT
        else:
            found[part.id] = -math.inf
    return found


def lost_without(station: Station) -> dict[str, list[str]]:
    """Partners without each of whom, alone, a function is never there; by function."""
    whole = functions_up(station)
    lost: dict[str, list[str]] = {name: [] for name in whole}
    for partner in station.partners:
        left = set(functions_up(station, absent(station, [partner.id])))
        for name in whole:
            if name not in left:
                lost[name].append(partner.id)
    return lost


def serving(station: Station, function: str) -> list[str]:
    """Partners whose elements and orbiters a function names, in the order of the file."""
    needs = next(row.demands for row in station.functions if row.id == function)
    named = {name for need in needs for name in need.of}
    owners = {part.partner or NOBODY for part in bearers(station) if part.id in named}
    return [partner.id for partner in station.partners if partner.id in owners]
