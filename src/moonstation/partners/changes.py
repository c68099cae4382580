"""What becomes of a station when a partner leaves, joins, is late, or may not use parts of another."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from moonstation.errors import RequestError
from moonstation.partners.capability import (
    arrivals,
    flown_by,
    functions_up,
    gives_power,
    instant,
    parts_of,
)
from moonstation.partners.dependence import Dependence, dependences
from moonstation.partners.holdings import bearers, launcher_owners, mission_owners
from moonstation.spacetime.epochs import Epoch
from moonstation.station.faults import Function
from moonstation.station.model import Station
from moonstation.station.prices import Price

Kind = Literal["leaves", "joins", "late", "bars"]

FLOWN = ("completed", "lost", "active", "flown", "cancelled")
"""First words of the status of missions that are over: nothing of them can be lost any more."""


LONGEST_DELAY = 100.0 * 365.25 * 86_400.0
"""[s]"""


SHORTEST_STAGE = 2.0 * 86_400.0
"""Times between two arrivals that are no longer than this are not looked at [s]."""


@dataclass(frozen=True)
class Change:
    """Something that happens among partners.

    Attributes
    ----------
    kind : str
        "leaves", "joins", "late" or "bars".
    partner : str
        Who leaves, joins, is late or is barred.
    of : str
        Whose parts it may not use; "" unless the kind is "bars".
    delay : float
        How late [s]; 0 unless the kind is "late".
    since : Epoch
        From when.
    stays : bool
        Whether parts that have landed go on working when their partner leaves.
    """

    kind: Kind
    partner: str
    since: Epoch
    of: str = ""
    delay: float = 0.0
    stays: bool = False

    @property
    def words(self) -> str:
        """The change in a few words."""
        day = self.since.utc[:10]
        match self.kind:
            case "leaves":
                return f"{self.partner} leaves on {day}" + (
                    " and what has landed stays" if self.stays else ""
                )
            case "joins":
                return f"{self.partner} joins on {day}"
            case "late":
                return f"what {self.partner} brings after {day} is {self.delay / 86_400.0 / 30.4375:.3g} months late"
            case _:
                return f"{self.partner} may not use parts of {self.of} from {day}"


@dataclass(frozen=True)
class FunctionChange:
    """What a change does to a function.

    Attributes
    ----------
    id, name, answers : str
        Of the function, and the partner that answers for it.
    before, after : float
        From when it is there, without and with the change [s, TDB past J2000]; minus infinity: from the start;
        infinity: never.
    until : float
        When the change ends it, for a time or for good [s]; infinity if it does not.
    broken : tuple of str
        Parts that it names and that the change takes away from it or brings later.
    """

    id: str
    name: str
    answers: str
    before: float
    after: float
    until: float
    broken: tuple[str, ...]

    @property
    def lost(self) -> bool:
        """Whether it was there, or to be there, and is not any more."""
        return self.before < math.inf and self.after == math.inf

    @property
    def late(self) -> bool:
        """Whether it comes later than without the change, or is away for a time."""
        return not self.lost and self.after > self.before

    @property
    def gained(self) -> bool:
        """Whether it is there with the change only, or sooner."""
        return self.after < self.before and not self.lost


@dataclass(frozen=True)
class Recovery:
    """A way to have the lost functions back.

    Attributes
    ----------
    parts : tuple of str
        What is brought, in words: entry or part and how many.
    serves : tuple of str
        Ids of the lost parts that these stand in for.
    launcher : str
        Id of what lifts them.
    by : str
        Partner whose launcher it is; "" if not known.
    launches : int
        How many of it.
    mass : float
        To be landed [kg], payload alone; nan if not known.
    ready : float
        When all of it is there [s, TDB past J2000].
    costs : tuple of Price
        Of what is priced, one sum for each currency and year.
    unpriced : tuple of str
        What has no price and is in no sum.
    """

    parts: tuple[str, ...]
    serves: tuple[str, ...]
    launcher: str
    by: str
    launches: int
    mass: float
    ready: float
    costs: tuple[Price, ...]
    unpriced: tuple[str, ...]


@dataclass(frozen=True)
class RecoveryRequest:
    """What is asked of a planner.

    Attributes
    ----------
    station : Station
        As loaded, with all parts.
    change : Change
        What happens.
    lost_parts : tuple of str
        Ids of elements and orbiters that are away, late or closed, where functions miss them.
    lost_functions : tuple of str
        Ids of functions that are to be back.
    closed : tuple of str
        Partners that cannot help.
    restored : callable
        Takes ids of lost parts that are replaced; tells whether all lost functions are back, and what is left enough.
    """

    station: Station
    change: Change
    lost_parts: tuple[str, ...]
    lost_functions: tuple[str, ...]
    closed: tuple[str, ...]
    restored: Callable[[frozenset[str]], bool]


_Up = Callable[[frozenset[str]], frozenset[str]]

Planner = Callable[[RecoveryRequest], Sequence[Recovery]]
"""Finds ways to have functions back, the cheapest first."""


@dataclass(frozen=True, eq=False)
class Effect:
    """What a change does.

    Attributes
    ----------
    station : Station
        As loaded.
    change : Change
        What happens.
    functions : tuple of FunctionChange
        All functions of the station.
    parts : tuple of str
        Elements and orbiters that go, come later or are closed; those that come, where a partner joins.
    unflown : tuple of str
        Those of them that are another's and lose their flight.
    antennas, missions, launchers : tuple of str
        The same of ground stations, of missions that are still to fly, and of launchers.
    depends : tuple of Dependence
        On the partner that the change is about, and of it.
    agreements : tuple of str
        Entitlements and shares that end, by id.
    recoveries : tuple of Recovery
        The cheapest first; empty where nothing is lost or nothing helps.
    notes : tuple of str
        What has to be said beside the figures.
    """

    station: Station
    change: Change
    functions: tuple[FunctionChange, ...]
    parts: tuple[str, ...]
    unflown: tuple[str, ...]
    antennas: tuple[str, ...]
    missions: tuple[str, ...]
    launchers: tuple[str, ...]
    depends: tuple[Dependence, ...]
    agreements: tuple[str, ...]
    recoveries: tuple[Recovery, ...]
    notes: tuple[str, ...]

    @property
    def lost(self) -> list[FunctionChange]:
        """Functions that are lost."""
        return [row for row in self.functions if row.lost]

    @property
    def delayed(self) -> list[FunctionChange]:
        """Functions that come later."""
        return [row for row in self.functions if row.late]


def assess(
    station: Station,
    change: Change,
    *,
    planner: Planner | None = None,
    enough: Callable[[frozenset[str]], bool] | None = None,
) -> Effect:
    """Work out what a change does to a station.

    Parameters
    ----------
    station : Station
        As loaded; bars of its file that have begun hold before and after the change.
    change : Change
        What happens; its partners are partners of the station.
    planner : callable, optional
        Finds recoveries, see `RecoveryRequest`; none are looked for without.
    enough : callable, optional
        Takes the ids of parts that are gone; tells whether what is left is enough beside its functions, such as its
        power. What is not enough asks for a recovery, and a recovery must be enough.

    Raises
    ------
    RequestError
        If the change changes nothing that there is.
    """
    check_change(station, change)
    there = arrivals(station)
    touched, unflown = _touched(station, change)
    up = _remembered(station)
    functions = tuple(_function(station, row, change, touched, there, up) for row in station.functions)
    missions, launchers, antennas = _means(station, change)
    effect = Effect(
        station=station,
        change=change,
        functions=functions,
        parts=tuple(touched),
        unflown=tuple(unflown),
        antennas=tuple(antennas),
        missions=tuple(missions),
        launchers=tuple(launchers),
        depends=tuple(
            row for row in dependences(station) if change.partner in (row.of, row.on) and _about(change, row)
        ),
        agreements=tuple(_agreements(station, change)),
        recoveries=(),
        notes=tuple(_notes(station, change)),
    )
    poor = enough is not None and not enough(frozenset(touched))
    if planner is None or change.kind == "joins" or not (effect.lost or effect.delayed or poor):
        return effect
    found = tuple(planner(_request(effect, there, enough, up)))
    if effect.lost or poor:
        return replace(effect, recoveries=found)
    # nothing is gained by what comes after what it waits for
    back = max(row.after for row in effect.delayed)
    sooner = tuple(row for row in found if row.ready < back)
    note = () if sooner else ("nothing that could be built instead comes sooner than what is waited for",)
    return replace(effect, recoveries=sooner, notes=(*effect.notes, *note))


@dataclass(frozen=True)
class Stage:
    """A time after a change in which other parts are there than without it.

    Attributes
    ----------
    begin, end : float
        From when to when [s, TDB past J2000]; infinity for an end that does not come.
    before, after : frozenset of str
        Ids of elements and orbiters that are not there then, without and with the change.
    partner : str
        Whose functions alone it is about, of a bar; "" for all.
    """

    begin: float
    end: float
    before: frozenset[str]
    after: frozenset[str]
    partner: str = ""


def stages(station: Station, change: Change) -> list[Stage]:
    """The times between arrivals from a change on in which other parts are there than without it, in order.

    Of a bar those come first in which parts do not come at all, then those for who is barred, to whom the other's parts
    are closed.
    """
    there = arrivals(station)
    found = _stages(station, change, there, "")
    if change.kind == "bars":
        found += _stages(station, change, there, change.partner)
    return found


def _stages(station: Station, change: Change, there: dict[str, float], partner: str) -> list[Stage]:
    since = change.since.tdb_s
    away, dates = _without(station, partner or None, change, there)
    days = sorted({since, *(day for day in (*there.values(), *dates.values()) if since < day < math.inf)})
    found = []
    for begin, end in zip(days, [*days[1:], math.inf], strict=True):
        whole = frozenset(name for name, day in there.items() if day > begin)
        changed = away | {name for name, day in dates.items() if day > begin}
        # who joins was not there before
        before, after = (changed, whole) if change.kind == "joins" else (whole, changed)
        # a delay in months ends within a day of the same date of a later year
        if before != after and end - begin > SHORTEST_STAGE:
            found.append(Stage(begin, end, before, after, partner))
    return found


def _function(
    station: Station,
    row: Function,
    change: Change,
    touched: Sequence[str],
    there: dict[str, float],
    up: _Up,
) -> FunctionChange:
    since = change.since.tdb_s
    away, dates = _without(station, row.partner, change, there)
    closed = _closed(station, row.partner, since)
    named = {name for need in row.demands for name in need.of}
    broken = tuple(name for name in touched if name in named)
    whole = _first(up, row.id, closed, there)
    until = math.inf
    match change.kind:
        case "joins":
            before, after = _first(up, row.id, away | closed, dates), whole
        case "late":
            before, after = whole, _first(up, row.id, closed, dates)
        case _:
            # what was there before the change counts until then
            before, after = whole, _first(up, row.id, away | closed, dates, since=since)
            if before < since < after:
                until = since
            elif before < since:
                after = before
    return FunctionChange(row.id, row.name, row.partner, before, after, until, broken)


def check_change(station: Station, change: Change) -> None:
    """Refuse a change that makes no sense.

    Raises
    ------
    RequestError
        Naming the option and the cure.
    """
    key = f"--{change.kind} {change.partner}"
    if change.kind == "bars" and change.partner == change.of:
        raise RequestError(f"{key}:{change.of}: is barred from its own parts; name two partners")
    if change.kind == "late" and not change.delay > 0.0:
        raise RequestError(f"{key}: is late by nothing; give more than zero, as in {change.partner}=24mo")
    if change.delay > LONGEST_DELAY:
        years = LONGEST_DELAY / 365.25 / 86_400.0
        raise RequestError(
            f"{key}: is late by more than {years:g} yr; give less, or take --leaves {change.partner}"
        )
    owner = change.of or change.partner
    brings = parts_of(station, [owner]) | {g.id for g in station.ground_stations if g.partner == owner}
    brings |= {m for m, flyer in mission_owners(station).items() if flyer == owner}
    if not brings:
        others = [row.id for row in station.partners if parts_of(station, [row.id])]
        raise RequestError(
            f"{key}: {owner} brings no element, orbiter, antenna or mission, so nothing would change; give it some in "
            f"the station file or name one of {', '.join(others) or 'those that do (none)'}"
        )


def _touched(station: Station, change: Change) -> tuple[list[str], list[str]]:
    """Parts that a change is about, and those of them that are another's and lose their flight."""
    away, _ = _without(station, None, change, arrivals(station))
    if change.kind == "late":
        own = parts_of(station, [change.partner]) | flown_by(station, [change.partner])
        there = arrivals(station)
        away = frozenset(name for name in own if there[name] >= change.since.tdb_s)
    if change.kind == "bars":
        away |= parts_of(station, [change.of])
    owner = {part.id: part.partner for part in bearers(station)}
    gone = [part.id for part in bearers(station) if part.id in away]
    lender = change.of or change.partner
    return gone, [name for name in gone if owner[name] != lender]


def _without(
    station: Station, answers: str | None, change: Change, there: dict[str, float]
) -> tuple[frozenset[str], dict[str, float]]:
    """Parts that are away for a function that a partner answers for, and when the others are there [s]."""
    since = change.since.tdb_s
    match change.kind:
        case "leaves":
            own = parts_of(station, [change.partner])
            if change.stays:
                own = {name for name in own if there[name] >= since}
            return frozenset(own | flown_by(station, [change.partner], after=since)), there
        case "joins":
            return frozenset(parts_of(station, [change.partner]) | flown_by(station, [change.partner])), there
        case "late":
            slow = parts_of(station, [change.partner]) | flown_by(station, [change.partner])
            dates = {
                name: when + change.delay if name in slow and when >= since else when
                for name, when in there.items()
            }
            return frozenset(), dates
        case _:
            # what the other was to fly for it does not come; nor may its own functions use what the other has
            unflown = parts_of(station, [change.partner]) & flown_by(station, [change.of], after=since)
            closed = parts_of(station, [change.of]) if answers == change.partner else set()
            return frozenset(unflown | closed), there


def _closed(station: Station, answers: str, when: float) -> frozenset[str]:
    """Parts that a bar of the station file closes to a partner at an instant [s]."""
    closed: set[str] = set()
    for bar in station.bars:
        if bar.partner == answers and (bar.from_ is None or instant(bar.from_) <= when):
            closed |= parts_of(station, [bar.of])
    return frozenset(closed)


def _remembered(station: Station) -> _Up:
    """Functions that are there without some parts, worked out once for each set of these."""
    known: dict[frozenset[str], frozenset[str]] = {}

    def up(gone: frozenset[str]) -> frozenset[str]:
        if gone not in known:
            known[gone] = frozenset(functions_up(station, gone))
        return known[gone]

    return up


def _first(
    up: _Up, function: str, away: frozenset[str], there: dict[str, float], *, since: float = -math.inf
) -> float:
    """When a function is there first, from an instant on [s]; minus infinity from the start, infinity for never."""
    dates = sorted({since, *(when for when in there.values() if when > since)})

    def begun(when: float) -> bool:
        return function in up(away | {name for name, date in there.items() if date > when})

    if not begun(dates[-1]):
        return math.inf
    # what is there stays there, so a function does, too
    return dates[bisect_left(dates, True, key=begun)]


def _means(station: Station, change: Change) -> tuple[list[str], list[str], list[str]]:
    """Missions to come, launchers and antennas of the partner whose means go, come or are closed."""
    owner = change.of or change.partner
    flyers, rockets = mission_owners(station), launcher_owners(station)
    missions = [
        row.id
        for row in station.missions
        if flyers[row.id] == owner
        and not row.status.startswith(FLOWN)
        and (row.departs is None or instant(row.departs) >= change.since.tdb_s)
    ]
    if change.kind == "late":
        return missions, [], []
    launchers = [row.id for row in station.launchers if rockets.get(row.id) == owner]
    return missions, launchers, [row.id for row in station.ground_stations if row.partner == owner]


def _about(change: Change, row: Dependence) -> bool:
    return change.kind != "bars" or {row.of, row.on} == {change.partner, change.of}


def _agreements(station: Station, change: Change) -> list[str]:
    """Ids of entitlements and shares that a change ends."""
    if change.kind in ("joins", "late"):
        return []
    ends: list[str] = []
    pairs = [(row.id, row.partner, row.giver, row.until) for row in station.entitlements]
    pairs += [(row.id, row.getter, row.giver, None) for row in station.shares]
    for name, getter, giver, until in pairs:
        over = until is not None and instant(until) <= change.since.tdb_s
        if change.kind == "leaves":
            ends += [name] if change.partner in (getter, giver) and not over else []
        elif (getter, giver) == (change.partner, change.of) and not over:
            ends.append(name)
    return ends


def _request(
    effect: Effect, there: dict[str, float], enough: Callable[[frozenset[str]], bool] | None, up: _Up
) -> RecoveryRequest:
    station, change = effect.station, effect.change
    wanted = [row for row in effect.functions if row.lost or row.late]
    missed: dict[frozenset[str], list[str]] = {}
    for row in wanted:
        gone, dates = _without(station, row.answers, change, there)
        late = {name for name, when in dates.items() if when > there[name]}
        missing = gone | late | _closed(station, row.answers, change.since.tdb_s)
        missed.setdefault(missing, []).append(row.id)

    def restored(replaced: frozenset[str]) -> bool:
        if not all(up(missing - replaced).issuperset(names) for missing, names in missed.items()):
            return False
        return enough is None or enough(frozenset(effect.parts) - replaced)

    # what a function names, and what feeds the buses that its parts are on
    named = {name for row in station.functions for need in row.demands for name in need.of}
    buses = {e.bus for e in station.elements if e.id in named}
    feeding = {e.id for e in station.elements if e.bus in buses and (gives_power(e) or e.battery_capacity)}
    useful = named | feeding
    closed = (change.of or change.partner,) if change.kind in ("leaves", "bars") else ()
    return RecoveryRequest(
        station=station,
        change=change,
        lost_parts=tuple(name for name in effect.parts if name in useful),
        lost_functions=tuple(row.id for row in wanted),
        closed=closed,
        restored=restored,
    )


def _notes(station: Station, change: Change) -> list[str]:
    notes = [
        "an element works here where any source on its bus is there; simulate tells whether it is enough"
    ]
    if change.kind == "leaves" and not change.stays:
        notes.append("what has landed goes out of use with its partner; add --stays to let it work on")
    there, own = arrivals(station), parts_of(station, [change.partner]) | flown_by(station, [change.partner])
    undated = [part.id for part in bearers(station) if there[part.id] == -math.inf and part.id in own]
    if undated and change.kind in ("late", "leaves"):
        notes.append(f"no date of arrival is given for {', '.join(undated)}: taken as there from the start")
    if any(key.endswith(".rocket") for key, known in station.assumptions() if known):
        notes.append(
            "which rocket flies a mission is an assumption of the station file, and so whose flight it is"
        )
    return notes
