"""How a station has lost functions back: catalogue entries and launchers of the partners that are left.

Each lost part that must be replaced is taken from the element catalogue, the lightest that is as good, or built once
more where the catalogue has none; a part that only lost its flight is flown by another. All of it goes on launches of
one launcher: one of the station, of a partner that is left, or where none of these can, one of the catalogue. This is a
search over what the catalogues hold, not a plan of a campaign: a planner of the same signature can take its place.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from moonstation.partners.capability import FLIGHT
from moonstation.partners.changes import Recovery, RecoveryRequest
from moonstation.partners.holdings import bearers, launcher_owners
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import packaged_catalogue
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher
from moonstation.station.model import GroundStationSpec, Orbiter, Station
from moonstation.station.prices import Price
from moonstation.station.units import parse_quantity
from moonstation.study.replacements import lightest_entry, plain_value
from moonstation.transfers.budgets import masses

YEAR = 365.25 * 86_400.0

BUILD = 5.0 * YEAR
"""From the decision to the pad for what has to be built, an assumption [s]."""

RELOAD = 1.0 * YEAR
"""The same for what is built and only lost its flight, an assumption [s]."""

INSERTION = 850.0
"""Into a low lunar orbit, typical of the direct flights that `transfer moon` finds [m/s]."""

IMPULSE = 320.0
"""Specific impulse of the lander, that of a mission that does not state one [s]."""

LANDER = 0.3
"""Share of the landed mass that is the empty lander, an assumption after Apollo (2.0 of 7.3 t, recalled)."""

CADENCE = 1.0 / YEAR
"""Launches per time of a launcher that states none, an assumption [1/s]."""

MOST_PARTS = 10
"""Lost parts of which every subset is tried; of more, those that are not needed are left out one by one."""


@dataclass(frozen=True)
class StandIn:
    """What is brought in place of a lost part.

    Attributes
    ----------
    part, words : str
        Id of the part, and what is brought in words.
    count : int
        How many.
    mass : float
        Of each [kg]; nan if not known.
    landed, new : bool
        Whether it lands; whether it is built, or there already.
    cost : Price or None
        Of all of it.
    """

    part: str
    words: str
    count: int
    mass: float
    landed: bool
    new: bool
    cost: Price | None


def plan_recovery(request: RecoveryRequest, *, price_per_kg: Price | None = None) -> list[Recovery]:
    """Find ways to have functions back from the catalogues, the cheapest first; one for each launcher that can do it.

    Parameters
    ----------
    request : RecoveryRequest
        What is lost, and who cannot help.
    price_per_kg : Price, optional
        Of what has to be built and has no price of its own.
    """
    stand_ins = {name: stand_in(request, name) for name in request.lost_parts}
    sets = [[stand_ins[name] for name in chosen] for chosen in _restoring(request, stand_ins)]
    for launchers in (_launchers(request), _others(request)):
        flown = [
            min(ways, key=_rank)
            for launcher in launchers
            if (ways := [way for brought in sets if (way := _fly(request, brought, launcher, price_per_kg))])
        ]
        if flown:
            return sorted(flown, key=_rank)
    return []


def _rank(found: Recovery) -> tuple[float, ...]:
    # what has a price goes before what has none: no price is not no cost
    money = sum(price.amount for price in found.costs if price.currency == "USD")
    mass = math.inf if math.isnan(found.mass) else found.mass
    return (not found.costs, len(found.unpriced), money, found.launches, mass, found.ready)


def stand_in(request: RecoveryRequest, name: str) -> StandIn:
    """What stands in for a lost part: the part itself on another's flight, a catalogue entry, or one more of it."""
    station = request.station
    part = next(row for row in bearers(station) if row.id == name)
    if part.partner not in request.closed and request.change.kind in ("leaves", "bars"):
        return StandIn(name, f"{name}, flown by another", 1, _mass(station, part), _lands(part), False, None)
    if isinstance(part, Element):
        found = lightest_entry(part)
        if found.entry and not math.isnan(found.mass):
            words = f"{found.count} x {found.entry}" if found.count > 1 else found.entry
            each = found.mass / found.count
            return StandIn(name, f"{words} for {name}", found.count, each, True, True, None)
    return StandIn(name, f"{name} once more", 1, _mass(station, part), _lands(part), True, part.cost)


def _lands(part: Element | Orbiter) -> bool:
    return isinstance(part, Element)


def _mass(station: Station, part: Element | Orbiter) -> float:
    """Of a part [kg]; of an orbiter without a mass that of its mission; nan if neither is known."""
    if part.mass:
        return part.mass
    if isinstance(part, Orbiter):
        mission = next((row for row in station.missions if row.id == part.mission), None)
        if mission is not None and mission.mass:
            return mission.mass
    return math.nan


def _restoring(request: RecoveryRequest, stand_ins: dict[str, StandIn]) -> Iterator[tuple[str, ...]]:
    """Sets of lost parts, none with one too many, that bring all lost functions back when they are replaced."""
    parts = list(request.lost_parts)
    if not request.restored(frozenset(parts)):
        return
    if len(parts) > MOST_PARTS:
        # the heaviest first, so that what is light is kept
        heavy = sorted(parts, key=lambda name: -_weight(stand_ins[name]))
        for name in heavy:
            if request.restored(frozenset(parts) - {name}):
                parts.remove(name)
        yield tuple(parts)
        return
    found: list[frozenset[str]] = []
    for size in range(1, len(parts) + 1):
        for chosen in combinations(parts, size):
            taken = frozenset(chosen)
            if any(smaller <= taken for smaller in found):
                continue
            if request.restored(taken):
                found.append(taken)
                yield chosen


def _weight(row: StandIn) -> float:
    return math.inf if math.isnan(row.mass) else row.count * row.mass


def _launchers(request: RecoveryRequest) -> list[Launcher]:
    """Launchers of the station that fly, with a mass to the Moon, of partners that can help."""
    owners = launcher_owners(request.station)
    return [
        row
        for row in request.station.launchers
        if row.tli and owners.get(row.id, "") not in request.closed and not row.status.startswith("suspended")
    ]


def _others(request: RecoveryRequest) -> list[Launcher]:
    """Launchers of the catalogue that the station does not have, not of the country of those that cannot help."""
    known = {row.id for row in request.station.launchers}
    owners = launcher_owners(request.station)
    closed = {row.country for row in request.station.launchers if owners.get(row.id) in request.closed}
    found = []
    for name, entry in packaged_catalogue().entries["launcher"].items():
        given = {key: plain_value(value) for key, value in entry.values.items()}
        if name in known or given.get("country") in closed or "tli" not in given:
            continue
        row = Launcher.model_validate({key: given[key] for key in given if key in Launcher.model_fields})
        if not row.status.startswith("suspended"):
            found.append(row)
    return found


def _fly(
    request: RecoveryRequest, brought: Sequence[StandIn], launcher: Launcher, price_per_kg: Price | None
) -> Recovery | None:
    """All of it on launches of one launcher; None where a piece is too heavy for it or no mass is known."""
    assert launcher.tli is not None
    orbit, landed = masses(launcher.tli, INSERTION, isp=IMPULSE, landing=True)
    room = {True: (landed or 0.0) * (1.0 - LANDER), False: orbit}
    launches = 0
    for lands in (True, False):
        pieces = [row.mass for row in brought if row.landed is lands for _ in range(row.count)]
        needed = _bins([0.0 if math.isnan(mass) else mass for mass in pieces], room[lands])
        if needed is None:
            return None
        launches += needed
    lead = BUILD if any(row.new for row in brought) else RELOAD
    ready = max(request.change.since.tdb_s + lead, _first_flight(launcher))
    ready += (launches - 1) / (launcher.cadence or CADENCE) + FLIGHT
    costs: dict[tuple[str, int | None], float] = {}
    unpriced: list[str] = []

    def add(price: Price) -> None:
        key = (price.currency, price.year)
        costs[key] = costs.get(key, 0.0) + price.amount

    if launcher.cost:
        add(Price(launches * launcher.cost.amount, launcher.cost.currency, launcher.cost.year))
    else:
        unpriced.append(launcher.id)
    for row in brought:
        whole = row.count * row.mass
        if row.cost is not None:
            add(row.cost)
        elif row.new and price_per_kg is not None and not math.isnan(whole):
            add(Price(whole * price_per_kg.amount, price_per_kg.currency, price_per_kg.year))
        elif row.new:
            unpriced.append(row.part)
    return Recovery(
        parts=tuple(row.words for row in brought),
        serves=tuple(row.part for row in brought),
        launcher=launcher.id,
        by=launcher_owners(request.station).get(launcher.id, ""),
        launches=launches,
        mass=sum(row.count * row.mass for row in brought),
        ready=ready,
        costs=tuple(Price(amount, *key) for key, amount in costs.items()),
        unpriced=tuple(unpriced),
    )


def _bins(pieces: Sequence[float], room: float) -> int | None:
    """Launches that carry pieces of some masses, the heaviest placed first; None if one does not fit."""
    left: list[float] = []
    for piece in sorted(pieces, reverse=True):
        if piece > room:
            return None
        place = next((number for number, free in enumerate(left) if free >= piece), None)
        if place is None:
            left.append(room - piece)
        else:
            left[place] -= piece
    return len(left)


def _first_flight(launcher: Launcher) -> float:
    """The begin of the year of its first flight, where that is to come [s]; minus infinity otherwise."""
    year = launcher.first_flight[:4]
    return Epoch.parse(f"{year}-01-01").tdb_s if year.isdigit() else -math.inf


def antenna_stand_ins(station: Station, gone: Sequence[str]) -> dict[str, str]:
    """For each ground station that goes, the nearest in longitude of the catalogue, of another network.

    Those that the station has, that are destroyed, or of the network of one that goes, do not count. It sees the Moon
    at about the same hours; whether its owner lends it, or is of the country that goes, the catalogue does not tell.

    Parameters
    ----------
    station : Station
        As loaded.
    gone : sequence of str
        Ids of ground stations.

    Returns
    -------
    dict of str to str
        Id and network of the entry by the id of the lost one; without those that have none.
    """
    lost = [row for row in station.ground_stations if row.id in gone]
    networks = {row.network.split()[0] for row in lost if row.network}
    known = {row.id for row in station.ground_stations}
    others: dict[str, float] = {}
    for name, entry in packaged_catalogue().entries["ground_station"].items():
        given = {key: str(plain_value(value)) for key, value in entry.values.items()}
        network = given.get("network", "")
        if (
            name in known
            or (network and network.split()[0] in networks)
            or "destroyed" in given.get("status", "")
        ):
            continue
        others[f"{name} ({network})" if network else name] = parse_quantity(given["lon"], "degrees")

    def away(name: str, row: GroundStationSpec) -> float:
        return abs((others[name] - row.lon_deg + 180.0) % 360.0 - 180.0)

    return {row.id: min(others, key=lambda name: away(name, row)) for row in lost if others}


def recovery_notes(found: Sequence[Recovery], *, planned: bool = False) -> list[str]:
    """What the figures of recoveries rest on.

    Parameters
    ----------
    found : sequence of Recovery
        The ways.
    planned : bool
        Whether a campaign was planned with them.
    """
    if not found:
        return []
    stands = "an entry stands in where it is of the same kind and gives as much power and energy, whatever else it does"
    if planned:
        return [
            f"what is built anew is found in the catalogues: {stands}; ready {BUILD / YEAR:g} yr after the change, "
            "an assumption",
            "the way back costs what is built and, of the flights that bring it, its share by mass",
        ]
    return [
        f"recoveries are found in the catalogues, not planned: {stands}",
        f"assumptions of recoveries: {BUILD / YEAR:g} yr to build, {RELOAD / YEAR:g} yr to load anew, "
        f"{INSERTION:g} m/s into orbit and the published descent at {IMPULSE:g} s, {100.0 * LANDER:g} % of what lands "
        "for the lander, "
        f"{CADENCE * YEAR:g} launch a year where no cadence is told",
    ]
