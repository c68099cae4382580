"""Two plans of a campaign side by side, before and after a change among partners: dates, flights, costs."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from moonstation.campaign.case import Case, month_date
from moonstation.campaign.flights import budget_by_year
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.replay import Replay
from moonstation.campaign.rules import asked
from moonstation.partners.changes import Change, Recovery
from moonstation.partners.holdings import launcher_owners
from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import Milestone
from moonstation.station.faults import Function
from moonstation.station.model import Station
from moonstation.station.prices import Price
from moonstation.study.partner_rest import (
    Rest,
    can_serve,
    month_reached,
    stand_in_id,
)


@dataclass(frozen=True)
class Reached:
    """When something is there with and without a change: months as "2033-06"; "" for never.

    Attributes
    ----------
    what : str
        Milestone or function, in words.
    asked : str
        By when it is asked for; "" if no date is.
    before, after : str
        When it is there by the plan before, and by the plan after; "from the start" where nothing is to be landed.
    """

    what: str
    asked: str
    before: str
    after: str


@dataclass(frozen=True)
class Carried:
    """What an element flies on, before and after a change: lander and launcher, of whom, when; "" if on nothing."""

    element: str
    before: str
    before_month: str
    after: str
    after_month: str
    by: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Replan:
    """A campaign before and after a change.

    Attributes
    ----------
    since : str
        Month from which it is planned anew.
    before : Plan
        Before the change, the whole of it.
    after : Plan or None
        What is planned from that month on; None if no plan was found: `reason` tells why.
    flown : tuple of Flight
        Flights before that month, the same in both.
    dates : tuple of Reached
        Milestones and functions.
    carried : tuple of Carried
        Elements that the two plans land from that month on.
    cost_before, cost_after : dict of str to float
        By partner, in the money of the campaign, the flown flights included; the second is empty without a plan.
    mass_before, mass_after : float
        Landed, flown flights included [kg].
    built : dict of str to str
        What is built anew, in words, by its id.
    lost : tuple of str
        Elements that go and that nothing stands in for.
    stuck : tuple of str
        Elements that no lander that is left brings, or that could not survive; the plan after is without them.
    recovery : Recovery or None
        The stand-ins with date and cost of the plan; None without any.
    reason : str
        Why there is no plan after the change; "" if there is one.
    notes : tuple of str
        What has to be said beside the figures.
    """

    since: str
    before: Plan
    after: Plan | None
    flown: tuple[Flight, ...]
    dates: tuple[Reached, ...]
    carried: tuple[Carried, ...]
    cost_before: Mapping[str, float]
    cost_after: Mapping[str, float]
    mass_before: float
    mass_after: float
    built: Mapping[str, str]
    lost: tuple[str, ...]
    stuck: tuple[str, ...]
    recovery: Recovery | None
    reason: str
    notes: tuple[str, ...]

    @property
    def completion(self) -> tuple[str, str]:
        """Month in which the last element lands, before and after; "" if none does."""
        after = [row.after_month for row in self.carried if row.after_month]
        flown = [self.before.month_name(f.month) for f in self.flown if f.elements]
        first = self.before.month_name(self.before.completion - 1) if self.before.completion else ""
        return first, max([*after, *flown], default="") if self.after is not None else ""

    @property
    def launches(self) -> tuple[int, int]:
        """Launches in all, before and after; flown ones included."""
        flown = sum(len(flight.launch_months) for flight in self.flown)
        return self.before.launches, flown + (0 if self.after is None else self.after.launches)


def compare(
    station: Station,
    change: Change,
    before_case: Case,
    before: Plan,
    rest: Rest,
    case: Case | str,
    after: Plan | None,
    built: Mapping[str, str],
    reason: str,
    moved: Sequence[str],
) -> Replan:
    """Lay the plans before and after a change side by side.

    Parameters
    ----------
    station : Station
        With all its partners.
    change : Change
        What happens.
    before_case, before : Case, Plan
        The whole campaign without the change.
    rest : Rest
        What is left of it from the change on.
    case, after : Case or str, Plan or None
        The same as planned anew; why it cannot be, and None.
    built : mapping of str to str
        Stand-ins in words, by what they stand in for.
    reason : str
        Why there is no plan after the change; "" if there is one.
    moved : sequence of str
        Milestones and crews whose dates are put back.
    """
    month = rest.month
    flown_cost = _by_partner(budget_by_year(before_case, rest.flown))
    cost_after = dict(flown_cost)
    if after is not None:
        for partner, amount in _by_partner(after.budget_by_year).items():
            cost_after[partner] = cost_after.get(partner, 0.0) + amount
    flown_mass = sum(flight.landed_mass for flight in rest.flown)
    # of a stand-in in several pieces the first has its name
    known = {element.id for element in station.elements} | {stand_in_id(name, change) for name in built}
    lost = tuple(name for name in rest.gone if name not in built and name not in rest.stuck)
    built = {name: words for name, words in built.items() if stand_in_id(name, change) not in rest.stuck}
    notes = list(rest.notes)
    if moved and after is not None:
        notes.append(
            f"put back to when the first plan reaches them, as their dates are not kept: {', '.join(moved)}"
        )
    if isinstance(case, Case):
        for site, short in case.short_until.items():
            notes.append(
                f"what stands at {site} is short of power for survival after the change, judged again from "
                f"{before.month_name(month + short)}"
            )
    return Replan(
        since=before.month_name(month),
        before=before,
        after=after,
        flown=rest.flown,
        dates=tuple(_dates(station, change, before_case, before, rest, case, after)),
        carried=tuple(_carried(station, before, rest, after, built)),
        cost_before=_by_partner(before.budget_by_year),
        cost_after=cost_after if after is not None else {},
        mass_before=sum(flight.landed_mass for flight in before.flights),
        mass_after=flown_mass
        + (0.0 if after is None else sum(flight.landed_mass for flight in after.flights)),
        built={stand_in_id(name, change): words for name, words in built.items()},
        lost=lost,
        stuck=tuple(name for name in rest.stuck if name in known),
        recovery=None if after is None or not built else _recovery(case, rest, after, built, change),
        reason=reason,
        notes=tuple(notes),
    )


def _by_partner(years: Mapping[int, Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for shares in years.values():
        for partner, amount in shares.items():
            found[partner] = found.get(partner, 0.0) + amount
    return found


def _dates(
    station: Station,
    change: Change,
    before_case: Case,
    before: Plan,
    rest: Rest,
    case: Case | str,
    after: Plan | None,
) -> list[Reached]:
    rows = []
    was = Replay(before_case.station, before)
    now = None if after is None or isinstance(case, str) else Replay(case.station, after)
    known = {milestone.id for milestone in before_case.station.milestones}
    for milestone in station.milestones:
        first = month_reached(was, milestone, 0.0) if milestone.id in known else None
        then = None
        if now is not None and _servable(station, milestone, rest, now):
            then = month_reached(now, milestone, rest.done.get(milestone.id, 0.0))
        if then is not None and first is not None and then + rest.month <= max(first, rest.month - 1):
            # what stands already was reached when it was before
            then = first - rest.month
        rows.append(
            Reached(
                f"{milestone.id}: {asked(milestone)}",
                f"{milestone.by:%Y-%m}",
                _month_words(before, first),
                _month_words(before, None if then is None else then + rest.month),
            )
        )
    closed = {e.id for e in station.elements if e.partner == change.of} if change.kind == "bars" else set()
    landed = dict(was.when)
    later = {name: when for name, when in landed.items() if when < rest.month and name not in rest.gone}
    if now is not None:
        later |= {name: when + rest.month for name, when in now.when.items() if when >= 0}
    for function in station.functions:
        swapped = later
        if closed and function.partner == change.partner:
            swapped = {name: when for name, when in later.items() if name not in closed}
            mine = {name.removesuffix(f"-for-{change.partner}"): when for name, when in later.items()}
            swapped |= {name: mine[name] for name in closed if f"{name}-for-{change.partner}" in later}
        names = {element.id for element in station.elements}
        first = _function_month(function, landed, names)
        then = _function_month(function, swapped, names) if now is not None else None
        rows.append(
            Reached(f"function {function.id}", "", _month_words(before, first), _month_words(before, then))
        )
    return rows


def _servable(station: Station, milestone: Milestone, rest: Rest, now: Replay) -> bool:
    if not milestone.function:
        return True
    function = next(f for f in station.functions if f.id == milestone.function)
    return can_serve(function, set(rest.gone) - set(now.all_elements))


def _function_month(function: Function, landed: Mapping[str, int], elements: Collection[str]) -> int | None:
    """Month in which all that a function needs stands; -1 from the start, None for never; orbiters are there."""
    last = -1
    for need in function.demands:
        when = sorted(landed.get(n, -1) for n in need.of if n in landed or n not in elements)
        if len(when) < need.least:
            return None
        last = max(last, when[need.least - 1])
    return last


def _month_words(plan: Plan, month: int | None) -> str:
    if month is None:
        return ""
    return "from the start" if month < 0 else plan.month_name(month)


def _carried(
    station: Station, before: Plan, rest: Rest, after: Plan | None, built: Mapping[str, str]
) -> list[Carried]:
    owners = launcher_owners(station)
    partners = {row.id: row.partner or owners.get(row.id, "") for row in station.launchers}

    def flights(plan: Plan | None, first: int) -> dict[str, Flight]:
        if plan is None:
            return {}
        return {name: f for f in plan.flights if f.month >= first for name in f.elements}

    one, two = flights(before, rest.month), flights(after, 0)

    def words(flight: Flight | None) -> str:
        return "" if flight is None else f"{flight.lander} on {flight.launcher}"

    def by(flight: Flight | None) -> str:
        if flight is None:
            return ""
        return " and ".join(
            dict.fromkeys(name for name in (flight.partner, partners[flight.launcher]) if name)
        )

    rows = []
    # what is built again may have flown before the change
    ever = flights(before, 0)
    for name in dict.fromkeys([*one, *two]):
        first, then = ever.get(name), two.get(name)
        rows.append(
            Carried(
                name,
                words(first),
                "" if first is None else before.month_name(first.month),
                words(then),
                "" if then is None else before.month_name(then.month + rest.month),
                (by(first), by(then)),
            )
        )
    return rows


def _recovery(
    case: Case | str,
    rest: Rest,
    after: Plan,
    built: Mapping[str, str],
    change: Change,
) -> Recovery:
    """Stand-ins with the flights that bring them: their share of these by mass, and what they cost themselves."""
    assert isinstance(case, Case)
    names = [stand_in_id(name, change) for name in built]
    # of several pieces the first has the name, the others its number
    pieces = {
        item.id: item
        for item in case.items
        if item.id in names or any(re.fullmatch(re.escape(name) + r"-\d+", item.id) for name in names)
    }
    flights = [f for f in after.flights if any(name in pieces for name in f.elements)]
    cost = 0.0
    mass = 0.0
    for flight in flights:
        load = sum(pieces[name].mass for name in flight.elements if name in pieces)
        mass += load
        cost += flight.cost * load / flight.landed_mass
    cost += 1e3 * sum(item.cost for item in pieces.values())
    priced = {element.id: element.cost is not None for element in case.station.elements}
    currency, _, year = after.prices.partition(" ")
    last = max((flight.month for flight in flights), default=0)
    return Recovery(
        parts=tuple(built.values()),
        serves=tuple(built),
        launcher=" and ".join(dict.fromkeys(flight.launcher for flight in flights)),
        by=" and ".join(dict.fromkeys(flight.partner for flight in flights)),
        launches=sum(len(flight.launch_months) for flight in flights),
        mass=mass,
        ready=Epoch.parse(month_date(rest.station.campaign, last + 1)).tdb_s,  # type: ignore[arg-type]
        costs=(Price(cost, currency, int(year)),),
        unpriced=tuple(name for name in pieces if not priced[name]),
    )
