"""What is left of a campaign from a month on when a partner leaves, joins, is late or barred: a station to plan."""

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from moonstation.campaign.case import MONTH, month_date
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.replay import Replay
from moonstation.partners.changes import Change
from moonstation.partners.holdings import launcher_owners
from moonstation.station.agreements import Bar
from moonstation.station.campaign import Campaign, Lander, Milestone, Pad
from moonstation.station.elements import Element
from moonstation.station.faults import Function
from moonstation.station.missions import Launcher
from moonstation.station.model import Station


@dataclass(frozen=True, eq=False)
class Rest:
    """A station from a month of its campaign on.

    Attributes
    ----------
    station : Station
        What has landed stands; its campaign begins in that month.
    month : int
        The month, counted in the campaign as it was.
    flown : tuple of Flight
        Flights that landed before it.
    gone : tuple of str
        Elements that the change takes away, stand-ins or not.
    stuck : tuple of str
        Elements that no lander that is left brings, or that could not survive.
    without : tuple of str
        Ids of partners and launchers that are not to be had.
    launched : tuple of (str, str, int)
        Launches before it, see `moonstation.campaign.case.Case`.
    done : dict of str to float
        What milestones for days of crews and oxygen have had before, by their ids.
    notes : tuple of str
        What is left out, in words.
    """

    station: Station
    month: int
    flown: tuple[Flight, ...]
    gone: tuple[str, ...]
    stuck: tuple[str, ...]
    without: tuple[str, ...]
    launched: tuple[tuple[str, str, int], ...]
    done: Mapping[str, float]
    notes: tuple[str, ...]


def without_crews(rest: Rest, grounded: Collection[str]) -> Rest:
    """What is left without crew flights that nothing can fly."""
    if not grounded:
        return rest
    crews = [crew for crew in rest.station.crew_flights if crew.id not in grounded]
    return replace(
        rest,
        station=replace(rest.station, crew_flights=crews),
        notes=(*rest.notes, f"nothing that is left can fly {', '.join(grounded)}, which are left out"),
    )


def stand_in_id(part: str, change: Change) -> str:
    """Id of what is built for a part: its own where that goes, a new one where it stays and is closed."""
    return part if change.kind == "leaves" else f"{part}-for-{change.partner}"


def without_stuck(rest: Rest, stuck: Collection[str]) -> Rest:
    """What is left without elements that nothing can land; they count as gone."""
    if not stuck:
        return rest
    return replace(
        rest,
        station=without_parts(rest.station, stuck),
        gone=tuple(dict.fromkeys((*rest.gone, *stuck))),
        stuck=tuple(stuck),
    )


def providers_of(station: Station, partner: str) -> tuple[str, ...]:
    """A partner and the launchers that it contributes: with these out, nothing of it flies."""
    owners = launcher_owners(station)
    return (partner, *(row.id for row in station.launchers if owners.get(row.id) == partner))


def without_parts(station: Station, gone: Collection[str]) -> Station:
    """A station that never has some elements: nothing waits for them, and functions do with the rest.

    A function that cannot do with the rest is left as it was: `can_serve` tells.
    """
    plants = [plant for plant in station.plants if plant.element not in gone]
    supplies = []
    for supply in station.supplies:
        members = [name for name in supply.elements if name not in gone]
        # a supply of some elements that are all gone would be one of all elements
        if members or not supply.elements:
            supplies.append(supply.model_copy(update={"elements": members}))
    return replace(
        station,
        elements=[_without_after(element, gone) for element in station.elements if element.id not in gone],
        functions=[_function_without(function, gone) for function in station.functions],
        plants=plants,
        supplies=supplies,
        crew_flights=[
            crew.model_copy(update={"after": [name for name in crew.after if name not in gone]})
            for crew in station.crew_flights
        ],
    )


def _without_after(element: Element, gone: Collection[str]) -> Element:
    return element.model_copy(update={"after": [name for name in element.after if name not in gone]})


def _function_without(function: Function, gone: Collection[str]) -> Function:
    needs = []
    for need in function.demands:
        left = [name for name in need.of if name not in gone]
        if len(left) < need.least:
            return function
        needs.append(f"{need.least} of {', '.join(left)}")
    return function.model_copy(update={"needs": needs})


def can_serve(function: Function, gone: Collection[str]) -> bool:
    """Whether a function can do without some parts."""
    return all(sum(name not in gone for name in need.of) >= need.least for need in function.demands)


def rest_of(station: Station, plan: Plan, change: Change, month: int, stand_ins: Sequence[Element]) -> Rest:
    """What is left to do of a campaign, and with what, from a month on.

    Parameters
    ----------
    station : Station
        With all its partners.
    plan : Plan
        As it was before the change; flights that landed before the month are flown.
    change : Change
        What happens in the month.
    month : int
        Of the campaign, 0 for its first.
    stand_ins : sequence of Element
        What is built in place of what goes; with the ids of that, or new ones.
    """
    campaign = station.campaign
    assert campaign is not None
    play = Replay(station, plan)
    flown = tuple(flight for flight in plan.flights if flight.month < month)
    there = {name for name, when in play.when.items() if when < month}
    gone = _gone(station, change, there)
    away = set(gone) - {element.id for element in stand_ins}
    left = without_parts(station, away)
    left = replace(
        left,
        elements=[
            *(
                _element(element, campaign, play, change, month)
                for element in left.elements
                if element.id not in gone
            ),
            *(_without_after(element, away) for element in stand_ins),
        ],
    )
    done = {}
    milestones = []
    for milestone in station.milestones:
        if milestone.capability in ("crew_days", "oxygen"):
            had = play.reached(milestone, month - 1)[0] if month else 0.0
            done[milestone.id] = had
            missing = (milestone.at_least or 0.0) - had
            if missing <= 1e-6:
                continue
            milestone = milestone.model_copy(update={"at_least": missing})
        if campaign.month_of(milestone.by) >= month:
            milestones.append(milestone)
    crews = {flight.crew for flight in flown if flight.crew}
    owner = change.of or change.partner
    left = replace(
        left,
        campaign=campaign.model_copy(update={"start": month_date(campaign, month)}),
        milestones=milestones,
        crew_flights=[
            crew
            for crew in left.crew_flights
            if crew.id not in crews and not (change.kind == "leaves" and crew.partner == owner)
        ],
        supplies=[
            supply.model_copy(
                update={"stock": max(0.0, float(play.stock(supply)[month - 1])) if month else supply.stock}
            )
            for supply in left.supplies
        ],
        landers=[
            lander.model_copy(update={"most": None if lander.most is None else max(0, lander.most - built)})
            for lander in left.landers
            for built in [sum(f.new_lander for f in flown if f.lander == lander.id)]
        ],
        budgets=[b for b in left.budgets if change.kind != "leaves" or b.partner != change.partner],
    )
    if change.kind == "late":
        left = _delayed(left, plan, change, month)
    if change.kind == "bars":
        closed = Bar(id=f"{change.partner}-{change.of}", partner=change.partner, of=change.of)
        left = replace(left, bars=[*left.bars, closed])
    return Rest(
        station=left,
        month=month,
        flown=flown,
        gone=tuple(gone),
        stuck=(),
        without=providers_of(station, change.partner) if change.kind == "leaves" else (),
        launched=tuple(
            (flight.launcher, flight.pad, launched - month)
            for flight in flown
            for launched in flight.launch_months
        ),
        done=done,
        notes=tuple(_notes(station, plan, change, month, flown, gone, stand_ins)),
    )


def _gone(station: Station, change: Change, there: Collection[str]) -> list[str]:
    if change.kind != "leaves":
        return []
    return [
        element.id
        for element in station.elements
        if element.partner == change.partner and not (change.stays and element.id in there)
    ]


def _element(element: Element, campaign: Campaign, play: Replay, change: Change, month: int) -> Element:
    """An element as it stands or waits in the month; power counts as aged at the end of the whole campaign."""
    whole, rest = campaign.months * MONTH, (campaign.months - month) * MONTH
    update: dict[str, object] = {}
    if element.half_life:
        update["power"] = element.power * 0.5 ** ((whole - rest) / element.half_life)
    if element.array_power and element.array_degradation:
        left = max(1e-9, 1.0 - element.array_degradation * rest)
        update["array_power"] = element.array_power * max(0.0, 1.0 - element.array_degradation * whole) / left
    lands = play.when.get(element.id, campaign.months)
    if lands < month:
        update["arrives"] = month_date(campaign, month - 1)
    else:
        update["arrives"] = None
        if change.kind == "late" and element.partner == change.partner:
            update["not_before"] = month_date(campaign, lands + months_of(change.delay))
    return element.model_copy(update=update)


def months_of(seconds: float) -> int:
    """Whole months, rounded up."""
    return math.ceil(seconds / MONTH - 1e-6)


def _delayed(station: Station, plan: Plan, change: Change, month: int) -> Station:
    """Launchers, landers and pads of a partner, later than they were to fly next."""
    campaign = station.campaign
    assert campaign is not None
    own = set(providers_of(station, change.partner))
    wait = months_of(change.delay)

    def later(record: Launcher | Lander | Pad, flights: Sequence[Flight]) -> dict[str, dt.date | None]:
        if record.partner != change.partner and record.id not in own:
            return {"available_from": record.available_from}
        first = record.available_from
        ready = max(0, 0 if first is None else campaign.month_of(first))
        soon = min((flight.month - month for flight in flights if flight.month >= month), default=ready)
        return {"available_from": month_date(campaign, soon + wait)}

    return replace(
        station,
        launchers=[
            row.model_copy(update=later(row, [f for f in plan.flights if f.launcher == row.id]))
            for row in station.launchers
        ],
        landers=[
            row.model_copy(update=later(row, [f for f in plan.flights if f.lander == row.id]))
            for row in station.landers
        ],
        pads=[
            row.model_copy(update=later(row, [f for f in plan.flights if f.pad == row.id]))
            for row in station.pads
        ],
    )


def _notes(
    station: Station,
    plan: Plan,
    change: Change,
    month: int,
    flown: Sequence[Flight],
    gone: Sequence[str],
    stand_ins: Sequence[Element],
) -> list[str]:
    notes = []
    away = set(gone) - {element.id for element in stand_ins}
    waiting = [e.id for e in station.elements if e.id not in gone and away.intersection(e.after)]
    if waiting:
        notes.append(f"what waited for parts that go no longer does: {', '.join(waiting)}")
    under_way = [f for f in plan.flights if f.month >= month and min(f.launch_months, default=month) < month]
    if under_way:
        notes.append(
            f"{len(under_way)} flights of several launches are begun already and planned again from the first"
        )
    again = {lander.id for lander in station.landers if lander.reusable > 1}
    if any(flight.lander in again for flight in flown):
        notes.append("landers that have flown before the change are not used again, on the safe side")
    if station.budgets and month_date(_campaign(station), month).month != 1:
        notes.append("what was spent in the year of the change before it is not taken off its budget")
    if change.kind == "leaves" and any(crew.partner == change.partner for crew in station.crew_flights):
        notes.append(f"crew flights of {change.partner} are left out")
    return notes


def _campaign(station: Station) -> Campaign:
    assert station.campaign is not None
    return station.campaign


def without_milestones(station: Station, gone: Collection[str]) -> Station:
    """Without the milestones that no plan can reach: of elements and functions that are gone, or of too little."""
    names = {element.id for element in station.elements}
    away = set(gone) - names
    functions = {function.id: function for function in station.functions}
    kept = [
        milestone
        for milestone in station.milestones
        if not away.intersection(milestone.elements)
        and (not milestone.function or can_serve(functions[milestone.function], away))
        and gives_enough(station, milestone)
    ]
    days = sum(crew.crew_days for crew in station.crew_flights)
    kept = [m for m in kept if m.capability != "crew_days" or days >= (m.at_least or 0.0)]
    return replace(station, milestones=kept)


def gives_enough(station: Station, milestone: Milestone) -> bool:
    """Whether all elements together give a capability that adds up over them."""
    end = Replay(station, _nothing(station))
    for element in station.elements:
        end.when[element.id] = -1
    if milestone.capability in ("crew_days", "oxygen") or milestone.function:
        return True
    have, want = end.reached(milestone, 0)
    return have >= want * (1.0 - 1e-9)


def _nothing(station: Station) -> Plan:
    campaign = station.campaign
    assert campaign is not None
    return Plan(
        station.id, f"{campaign.start:%Y-%m}", campaign.months, (), "cost", 0.0, 0.0, 0.0, 0.0, "greedy"
    )


def month_reached(play: Replay, milestone: Milestone, had: float) -> int | None:
    """Month in which a milestone is reached; -1 if by what stands already, None if never."""
    standing = -1 if milestone.capability not in ("crew_days", "oxygen") else 0
    for month in range(standing, play.months):
        have, want = play.reached(milestone, month)
        if have + had >= want * (1.0 - 1e-9):
            return month
    return None
