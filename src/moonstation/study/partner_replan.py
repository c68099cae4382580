"""A campaign before and after a change among partners: planned anew from its month on, with stand-ins for what goes."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from moonstation.campaign.case import Case, SiteLight, campaign_case, month_date, unfit_crews, unfit_elements
from moonstation.campaign.check import check_plan
from moonstation.campaign.conflicts import conflicting_demands
from moonstation.campaign.plan import Plan
from moonstation.campaign.replay import Replay
from moonstation.campaign.solve import greedy_plan, plan_campaign
from moonstation.errors import RequestError
from moonstation.partners.changes import Change, Recovery, RecoveryRequest
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.model import Station
from moonstation.station.prices import Price
from moonstation.study.campaign import site_lights
from moonstation.study.partner_plans import Replan, compare
from moonstation.study.partner_recovery import BUILD, StandIn, plan_recovery, stand_in
from moonstation.study.partner_rest import (
    Rest,
    can_serve,
    gives_enough,
    month_reached,
    months_of,
    providers_of,
    rest_of,
    stand_in_id,
    without_crews,
    without_milestones,
    without_parts,
    without_stuck,
)
from moonstation.study.run import Progress

MORE = 180
"""Months by which a campaign may last longer after a change, as far as its end is put back [months]."""

SETTLING = 12
"""Months after its stand-ins may land from which a site that went dark must survive again: an assumption."""


class Replanner:
    """Plans a campaign anew after a change; a planner of `moonstation.partners.changes.assess`.

    Parameters
    ----------
    station : Station
        With a campaign; without its outposts, which no lander serves.
    change : Change
        What happens.
    seconds : float
        For all searches together, on the clock [s]; 0 for first plans alone.
    price_per_kg : Price, optional
        Of what has to be built and has no price of its own.
    seed : int
        Of the searches.
    workers : int
        Threads of each search.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If the price is in other money than the campaign, and no rate leads to it.

    Attributes
    ----------
    found : Replan or None
        The campaign before and after, once planned.
    """

    def __init__(
        self,
        station: Station,
        change: Change,
        *,
        seconds: float,
        price_per_kg: Price | None = None,
        seed: int = 1,
        workers: int = 2,
        progress: Progress,
    ) -> None:
        if price_per_kg is not None and station.campaign is not None:
            try:
                station.campaign.worth(price_per_kg)
            except ValueError as error:
                raise RequestError(f"--price-per-kg: {error}") from error
        self.station, self.change = station, change
        self.seconds, self.price, self.seed, self.workers = seconds, price_per_kg, seed, workers
        self.progress = progress
        self.found: Replan | None = None

    def __call__(self, request: RecoveryRequest) -> Sequence[Recovery]:
        """The way back by the campaign planner; where that finds none, those of the catalogues alone."""
        ways = plan_recovery(request, price_per_kg=self.price)
        if self.change.kind not in ("leaves", "bars"):
            return ways
        self.plan(request, ways[0] if ways else None)
        assert self.found is not None
        return [self.found.recovery] if self.found.recovery is not None else ways

    def plan(self, request: RecoveryRequest | None = None, way: Recovery | None = None) -> Replan:
        """Plan before and after; what `way` serves is built again, and what milestones and survival need beside it.

        Raises
        ------
        MoonstationError
            If the campaign of the station itself cannot be planned; says the cure.
        """
        station, change = self.station, self.change
        campaign = station.campaign
        if campaign is None:
            raise RequestError(
                f"station {station.id} has no campaign to plan anew; add [campaign], or --no-replan"
            )
        month = replan_month(station, change.since)
        lights = site_lights(station, progress=lambda words, share: self.progress(words, 0.1 * share))
        before_case = campaign_case(station, light=lights) if change.kind != "joins" else self._alone(lights)
        before = self._search(before_case, 0.5 * self.seconds, "before", 0.1)
        if before is None:
            raise RequestError(
                "no plan of the campaign closes before the change; 'moonstation campaign plan' tells why, "
                "--no-replan leaves the campaign out"
            )
        landed = {element.id for element in station.elements}
        served = () if way is None else [name for name in way.serves if name in landed]
        rows = [] if request is None else [stand_in(request, name) for name in served]
        rest, case, built = self._with_stand_ins(before, lights, month, rows, request, way)
        reason, after = "", None
        moved: list[str] = []
        try:
            if isinstance(case, str):
                reason = case
            else:
                after, case, moved, reason = self._after(rest, case, lights)
        except RequestError as error:
            reason = str(error)
        self.found = compare(station, change, before_case, before, rest, case, after, built, reason, moved)
        return self.found

    def _alone(self, lights: Mapping[str, SiteLight]) -> Case:
        """The campaign without a partner that is still to join: what can be landed, powered and reached without it."""
        station, partner = self.station, self.change.partner
        without = providers_of(station, partner)
        away = {element.id for element in station.elements if element.partner == partner}
        left = without_milestones(without_parts(station, away), away)
        grounded = unfit_crews(left, without=without)
        station = replace(
            station, crew_flights=[crew for crew in station.crew_flights if crew.id not in grounded]
        )
        stuck = set(unfit_elements(left, without=without))
        while True:
            away |= stuck
            left = without_milestones(without_parts(station, away), away)
            case = campaign_case(left, light=lights, without=without)
            plan = greedy_plan(case)
            landed = {name for flight in plan.flights for name in flight.elements}
            stuck = {item.id for item in case.items} - landed
            if not stuck:
                break
        play = Replay(left, plan)
        crews = {flight.crew for flight in plan.flights}
        in_time = [m for m in left.milestones if _in_time(month_reached(play, m, 0.0), case.by(m))]
        left = replace(
            left, milestones=in_time, crew_flights=[crew for crew in left.crew_flights if crew.id in crews]
        )
        return campaign_case(left, light=lights, without=without)

    def _search(self, case: Case, seconds: float, name: str, begin: float) -> Plan | None:
        """The best plan in some time; the first one where no time is given and it keeps all rules."""
        if self.seconds <= 0.0:
            plan = greedy_plan(case)
            if not check_plan(case, plan):
                return plan
        return plan_campaign(
            case,
            seconds=max(seconds, 5.0),
            seed=self.seed,
            workers=self.workers,
            progress=lambda words, share: self.progress(f"{name}: {words}", begin + 0.45 * share),
        )

    def _with_stand_ins(
        self,
        before: Plan,
        lights: Mapping[str, SiteLight],
        month: int,
        rows: Sequence[StandIn],
        request: RecoveryRequest | None,
        way: Recovery | None,
    ) -> tuple[Rest, Case | str, dict[str, str]]:
        """What is left with the stand-ins that functions, milestones and survival need; a case, or why not."""
        station, change = self.station, self.change
        built = {row.part: row.words for row in rows if row.new and row.landed and not math.isnan(row.mass)}
        elements = [e for row in rows if row.part in built for e in self._elements(row, month, way)]
        while True:
            rest = rest_of(station, before, change, month, elements)
            try:
                longer = self._longer(rest, MORE)
                unfit = unfit_elements(longer, without=rest.without)
                if unfit and len(unfit) == sum(element.arrives is None for element in longer.elements):
                    return (
                        rest,
                        f"nothing that is left can land anything: {next(iter(unfit.values()))}",
                        built,
                    )
                rest = without_stuck(rest, tuple(unfit))
                rest = without_crews(rest, unfit_crews(longer, without=rest.without))
                case = self._case(rest, lights)
            except RequestError as error:
                return rest, str(error), built
            missing = None if request is None else _still_needed(station, rest, case, built)
            if missing is None or request is None:
                while dark := _dark(case):
                    rest = without_stuck(rest, (*rest.stuck, *dark))
                    case = self._case(rest, lights)
                return rest, case, built
            row = stand_in(request, missing)
            built[missing] = row.words
            elements += self._elements(row, month, way)

    def _elements(self, row: StandIn, month: int, way: Recovery | None) -> list[Element]:
        """Elements of a campaign that stand in for a part: as many pieces, which do together what it did."""
        station, change = self.station, self.change
        assert station.campaign is not None
        lost = next(element for element in station.elements if element.id == row.part)
        cost = row.cost
        if cost is None and self.price is not None:
            cost = replace(self.price, amount=self.price.amount * row.mass * row.count)
        name = stand_in_id(lost.id, change)
        pieces = []
        for number in range(row.count):
            share: dict[str, object] = {
                "id": name if number == 0 else f"{name}-{number + 1}",
                "name": lost.name,
                "partner": self._builder(way),
                "mass": row.mass,
                "cost": None if cost is None else replace(cost, amount=cost.amount / row.count),
                "arrives": None,
                "not_before": month_date(station.campaign, month + months_of(BUILD)),
                "power": lost.power / row.count,
                "array_power": lost.array_power / row.count,
                "battery_capacity": lost.battery_capacity / row.count,
            }
            if number:
                share |= {"load_nominal": 0.0, "load_survival": 0.0, "data_rate_nominal": 0.0}
            pieces.append(lost.model_copy(update=share))
        return pieces

    def _builder(self, way: Recovery | None) -> str:
        """Who builds stand-ins: whose launcher the catalogue's way takes, else who has most landers."""
        closed = self.change.of or self.change.partner
        if way is not None and way.by and way.by != closed:
            return way.by
        owners = [lander.partner for lander in self.station.landers if lander.partner != closed]
        return max(owners, key=owners.count, default="")

    def _case(self, rest: Rest, lights: Mapping[str, SiteLight], *, more: int = MORE) -> Case:
        """What is left as a case that lasts longer by some months; sites that are dark already may be so for a time."""
        case = campaign_case(self._longer(rest, more), light=lights, without=rest.without)
        short = {}
        for site in case.sites:
            there = [item for item in case.standing if item.site == site]
            if min(sum(item.power for item in there), sum(item.dark_energy for item in there)) < 0:
                sources = [i for i in case.items if i.site == site and (i.power > 0 or i.dark_energy > 0)]
                ready = min((item.earliest for item in sources), default=case.months)
                short[site] = min(case.months - 1, ready + SETTLING)
        return replace(case, launched=rest.launched, short_until=short)

    def _longer(self, rest: Rest, more: int) -> Station:
        """What is left with more months to land it in."""
        campaign = rest.station.campaign
        assert campaign is not None
        end = month_date(campaign, campaign.months - 1 + more)
        return replace(rest.station, campaign=campaign.model_copy(update={"end": end}))

    def _after(
        self, rest: Rest, case: Case, lights: Mapping[str, SiteLight]
    ) -> tuple[Plan | None, Case, list[str], str]:
        """The plan of what is left: by the dates asked for, or else by those of the first plan where it is late."""
        begin = time.monotonic()
        first = greedy_plan(case)
        strict = replace(rest, station=without_milestones(rest.station, rest.gone))
        try:
            as_asked = self._case(strict, lights, more=0)
            found = self._search(as_asked, 0.25 * self.seconds, "after", 0.55)
        except RequestError:
            # what is built anew comes after the end, or the time was too short to tell: dates are put back
            found = None
        if found is not None:
            return found, as_asked, [], ""
        later, moved, more = _put_back(rest, case, first)
        loose = self._case(replace(rest, station=later), lights, more=more)
        left = max(5.0, 0.5 * self.seconds - (time.monotonic() - begin))
        found = self._search(loose, left, "after", 0.55)
        if found is not None:
            return found, loose, moved, ""
        words, _ = conflicting_demands(loose, seconds=max(10.0, 0.2 * self.seconds))
        told = "; ".join(words) or "pads and landers that are left are too few"
        return None, loose, moved, f"these demands cannot be kept together: {told}"


def replan_month(station: Station, since: Epoch) -> int:
    """Month of a campaign from which a change holds, 0 for its first.

    Raises
    ------
    RequestError
        If the campaign is over by then.
    """
    campaign = station.campaign
    assert campaign is not None
    year, month = int(since.utc[:4]), int(since.utc[5:7])
    found = max(0, 12 * (year - campaign.start.year) + month - campaign.start.month)
    if found >= campaign.months:
        raise RequestError(
            f"the campaign is over in {campaign.end:%Y-%m}, before the change of {since.utc[:10]}: nothing is left to "
            "plan; give an earlier day by --from, or --no-replan"
        )
    return found


def _still_needed(station: Station, rest: Rest, case: Case, built: Mapping[str, str]) -> str | None:
    """Of what goes, the element that milestones or survival miss most and nothing stands in for yet; None if none."""
    away = {
        element.id: element
        for element in station.elements
        if element.id in rest.gone and element.id not in (*built, *rest.stuck)
    }
    if not away:
        return None
    left = {element.id for element in rest.station.elements}
    missing = set(away) - left
    for milestone in rest.station.milestones:
        named = [name for name in milestone.elements if name in missing]
        if milestone.function:
            function = next(f for f in station.functions if f.id == milestone.function)
            if not can_serve(function, missing):
                named = [n for need in function.demands for n in need.of if n in missing]
        if named:
            return named[0]
        if milestone.capability in ("power", "data") and not gives_enough(rest.station, milestone):
            gives = {name: _gives(element, milestone.capability) for name, element in away.items()}
            best = max(gives, key=lambda name: gives[name])
            if gives[best] > 0.0:
                return best
    for site in case.sites:
        members = [item for item in (*case.standing, *case.items) if item.site == site]
        if min(sum(i.power for i in members), sum(i.dark_energy for i in members)) < 0:
            sources = [
                e
                for e in away.values()
                if e.site == site and (e.power or e.array_power or e.battery_capacity)
            ]
            if sources:
                return max(sources, key=lambda e: (e.power, e.array_power, e.battery_capacity)).id
    return None


def _dark(case: Case) -> list[str]:
    """Elements that a first plan leaves out at sites where not all of them could ever survive together."""
    landed = {name for flight in greedy_plan(case).flights for name in flight.elements}
    found = []
    for site in case.sites:
        items = [item for item in case.items if item.site == site]
        members = [*items, *(item for item in case.standing if item.site == site)]
        if min(sum(i.power for i in members), sum(i.dark_energy for i in members)) < 0:
            found += [item.id for item in items if item.id not in landed]
    return found


def _in_time(reached: int | None, by: int) -> bool:
    return reached is not None and reached <= by


def _gives(element: Element, capability: str) -> float:
    return element.data_rate_nominal if capability == "data" else element.power + element.array_power


def _put_back(rest: Rest, case: Case, first: Plan) -> tuple[Station, list[str], int]:
    """Milestones and crews by the dates of a first plan where it is late for them, and months to add."""
    station = without_milestones(rest.station, rest.gone)
    campaign = station.campaign
    assert campaign is not None
    play = Replay(case.station, first)
    moved, milestones = [], []
    ends = [campaign.months - 1, first.completion - 1]
    for milestone in station.milestones:
        reached = month_reached(play, milestone, 0.0)
        if reached is None:
            # the first plan never gets there: a search is given all the time that there is
            reached = case.months - 1
        if reached > campaign.month_of(milestone.by):
            moved.append(milestone.id)
            milestone = milestone.model_copy(update={"by": month_date(campaign, reached)})
            ends.append(reached)
        milestones.append(milestone)
    crews = []
    flown = {flight.crew: flight.month for flight in first.flights if flight.crew}
    for crew in station.crew_flights:
        when = flown.get(crew.id, case.months - 1)
        if crew.by is not None and when > campaign.month_of(crew.by):
            crew = crew.model_copy(update={"by": month_date(campaign, when)})
            moved.append(crew.id)
        ends.append(when)
        crews.append(crew)
    return (
        replace(station, milestones=milestones, crew_flights=crews),
        moved,
        max(ends) - (campaign.months - 1),
    )
