"""A plan played month by month on the station's own figures: what stands, what is made, used and left."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.campaign.case import MONTH
from moonstation.campaign.plan import Plan
from moonstation.errors import RequestError
from moonstation.station.campaign import CREW, Milestone, Supply
from moonstation.station.elements import Element
from moonstation.station.model import Station


class Replay:
    """A plan and what follows from it.

    Parameters
    ----------
    station : Station
        With a campaign.
    plan : Plan
        The plan.

    Attributes
    ----------
    when : dict of str to int
        Month in which each element landed, by id; -1 if it stood at the start.
    """

    def __init__(self, station: Station, plan: Plan) -> None:
        if station.campaign is None:
            raise RequestError(f"station {station.id} has no campaign; add [campaign] with start and end")
        self.station, self.plan, self.campaign = station, plan, station.campaign
        self.months = self.campaign.months
        self.launchers = {x.id: x for x in self.station.launchers}
        self.all_landers = {x.id: x for x in self.station.landers}
        self.pads_by_id = {x.id: x for x in self.station.pads}
        self.all_elements = {x.id: x for x in self.station.elements}
        self.crew_flights = {x.id: x for x in self.station.crew_flights}
        self.supplies = {x.id: x for x in self.station.supplies}
        self.when: dict[str, int] = {}
        for element in self.station.elements:
            if element.arrives is not None and self.campaign.month_of(element.arrives) < 0:
                self.when[element.id] = -1
        self.standing = set(self.when)
        for flight in plan.flights:
            for name in flight.elements:
                self.when.setdefault(name, flight.month)

    def used(self, supply: Supply) -> FloatArray:
        """What a supply's elements use in a month after each month [kg]; crews not counted."""
        used = np.zeros(self.months)
        for name, month in self.when.items():
            used[max(0, month) :] += self._rate(supply, self.all_elements[name])
        first = 0 if supply.first is None else max(0, self.campaign.month_of(supply.first))
        used[max(0, first - 1) :] += supply.per_year / 12.0
        return used

    def _rate(self, supply: Supply, element: Element) -> float:
        if supply.elements and element.id not in supply.elements:
            return 0.0
        rate = element.mass * supply.share
        if supply.from_failures:
            rate += sum(
                failure.units / failure.mtbf * supply.unit_share * element.mass
                for failure in self.station.failures
                if failure.element == element.id and failure.mtbf and failure.repair is not None
            )
        return rate * MONTH

    def stock(self, supply: Supply) -> FloatArray:
        """What is left of a supply at the end of each month [kg]."""
        change = np.zeros(self.months)
        change[0] += supply.stock
        for flight in self.plan.flights:
            change[flight.month] += flight.supplies.get(supply.id, 0.0)
            if supply.kind == "crew" and flight.crew:
                change[flight.month] -= self.crew_flights[flight.crew].need
        for name, month in self.when.items():
            change[max(0, month + 1) :] -= self._rate(supply, self.all_elements[name])
        first = 0 if supply.first is None else max(0, self.campaign.month_of(supply.first))
        change[first:] -= supply.per_year / 12.0
        for plant in self.station.plants:
            fills = plant.fills == supply.id or (plant.fills == CREW and supply.kind == "crew")
            if fills and plant.element in self.when:
                start = self.when[plant.element] + plant.delay_months
                change[max(0, start) :] += plant.yield_per_year / 12.0 * plant.usable
        return np.cumsum(change)

    def reached(self, milestone: Milestone, month: int) -> tuple[float, float]:
        """What there is of a capability at the end of a month, and what the milestone asks for; SI."""
        there = [self.all_elements[name] for name, when in self.when.items() if when <= month]
        names = {element.id for element in there}
        want = milestone.at_least or 0.0
        span = self.months * MONTH
        match milestone.capability:
            case "power":
                made = 0.0
                for e in there:
                    made += e.power * (0.5 ** (span / e.half_life) if e.half_life else 1.0)
                    made += e.array_power * max(0.0, 1.0 - e.array_degradation * span)
                return made, want
            case "mass":
                return sum(e.mass for e in there), want
            case "data":
                return sum(e.data_rate_nominal for e in there), want
            case "crew_days":
                days = 0.0
                for flight in self.plan.flights:
                    crew = self.crew_flights.get(flight.crew)
                    if crew and flight.month + max(1, -int(-crew.stay / MONTH // 1)) - 1 <= month:
                        days += crew.crew_days
                return days, want
            case "oxygen":
                made = 0.0
                for plant in self.station.plants:
                    if plant.product == "oxygen" and plant.element in names:
                        worked = month + 1 - self.when[plant.element] - plant.delay_months
                        made += plant.yield_per_year / 12.0 * max(0, worked)
                return made, want
            case "elements":
                if milestone.elements:
                    return float(len(names & set(milestone.elements))), float(len(set(milestone.elements)))
                return float(len(names)), want
            case _:
                return float(self.serves(milestone.function, names)), 1.0

    def serves(self, name: str, there: set[str]) -> bool:
        """Whether a function is served by the elements that stand; orbiters are there."""
        function = next(f for f in self.station.functions if f.id == name)
        return all(
            sum(n in there or n not in self.all_elements for n in need.of) >= need.least
            for need in function.demands
        )
