"""Whether a plan keeps what it must, month by month, from the station's own figures: it knows nothing of the model."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from moonstation.campaign.case import MONTH, Case, month_date, payload, propellant
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.replay import Replay
from moonstation.station.campaign import CREW, Lander, Supply, opens
from moonstation.station.elements import Element

MASS_SLACK = 0.5
"""Kilograms that rounding may cost a load."""

SHARE_SLACK = 1e-9


def check_plan(case: Case, plan: Plan) -> list[str]:
    """Find everything that a plan breaks.

    Parameters
    ----------
    case : Case
        What it was made for; the station and the light are read from it, not its whole numbers.
    plan : Plan
        The plan.

    Returns
    -------
    list of str
        One line for each rule broken; empty if the plan holds.
    """
    check = _Check(case, plan)
    rules = (
        check.names,
        check.elements,
        check.masses,
        check.order,
        check.bars,
        check.pads,
        check.cadence,
        check.landers,
        check.power,
        check.stores,
        check.crews,
        check.milestones,
        check.budgets,
    )
    found = list(check.names())
    if found:
        return found
    return [line for rule in rules[1:] for line in rule()]


class _Check(Replay):
    def __init__(self, case: Case, plan: Plan) -> None:
        super().__init__(case.station, plan)
        self.case = case

    def say(self, flight: Flight) -> str:
        return f"flight of {self.plan.month_name(flight.month)} ({flight.lander} on {flight.launcher})"

    def names(self) -> Iterator[str]:
        for flight in self.plan.flights:
            if not 0 <= flight.month < self.months:
                yield f"{self.say(flight)}: is outside the campaign"
            for kind, name, known in (
                ("launcher", flight.launcher, self.launchers),
                ("lander", flight.lander, self.all_landers),
                ("pad", flight.pad, self.pads_by_id),
            ):
                if name not in known:
                    yield f"{self.say(flight)}: there is no {kind} {name}"
            for name in flight.elements:
                if name not in self.all_elements:
                    yield f"{self.say(flight)}: there is no element {name}"
            for name in flight.supplies:
                if name not in self.supplies and name != CREW:
                    yield f"{self.say(flight)}: there is no supply {name}"
            if flight.crew and flight.crew not in self.crew_flights:
                yield f"{self.say(flight)}: there is no crew flight {flight.crew}"

    def elements(self) -> Iterator[str]:
        counts = Counter(name for flight in self.plan.flights for name in flight.elements)
        for name, count in counts.items():
            if count > 1 or name in self.standing:
                yield f"element {name} lands more than once"
        if self.campaign.everything:
            for name in self.all_elements:
                if name not in self.when:
                    yield f"element {name} never lands"
        for flight in self.plan.flights:
            sites = {self.all_elements[name].site for name in flight.elements}
            if len(sites) > 1:
                yield f"{self.say(flight)}: lands at {' and '.join(sorted(sites))} at once"
            if flight.crew and flight.elements:
                yield f"{self.say(flight)}: brings elements beside its crew"

    def masses(self) -> Iterator[str]:
        for flight in self.plan.flights:
            lander, launcher = self.all_landers[flight.lander], self.launchers[flight.launcher]
            crew = self.crew_flights.get(flight.crew)
            people = crew.crew * crew.person_mass if crew else 0.0
            load = (
                sum(self.all_elements[n].mass for n in flight.elements)
                + sum(flight.supplies.values())
                + people
            )
            launches = crew.launches if crew and crew.launches else lander.launches
            most = payload(lander, (launcher.tli or 0.0) * launches)
            if load > most + MASS_SLACK:
                yield f"{self.say(flight)}: carries {load:.0f} kg, {most:.0f} kg is the most"
            if abs(load - flight.landed_mass) > MASS_SLACK:
                yield f"{self.say(flight)}: its landed mass is {flight.landed_mass:.0f} kg, its load {load:.0f} kg"
            burnt = propellant(lander, load)
            if burnt > lander.propellant + MASS_SLACK:
                yield f"{self.say(flight)}: needs {burnt:.0f} kg of propellant, its tanks hold {lander.propellant:.0f}"
            if lander.dry_mass + burnt + load > (launcher.tli or 0.0) * launches + MASS_SLACK:
                yield f"{self.say(flight)}: is too heavy for {launches} launches"
            room = lander.payload_volume if lander.payload_volume is not None else launcher.fairing_volume
            volume = sum(self.all_elements[n].volume or 0.0 for n in flight.elements)
            if room is not None and volume > room + 1e-3 * (1 + len(flight.elements)):
                yield f"{self.say(flight)}: carries {volume:g} m3, {room:g} m3 is its room"
            if flight.launcher not in lander.launchers:
                yield f"{self.say(flight)}: this launcher does not lift it"
            if len(flight.launch_months) != launches:
                yield f"{self.say(flight)}: takes {launches} launches, not {len(flight.launch_months)}"
            if (lander.kind == "crew") != bool(flight.crew):
                yield f"{self.say(flight)}: crews and cargo fly on landers of their own"

    def order(self) -> Iterator[str]:
        for name, month in self.when.items():
            element = self.all_elements[name]
            if name in self.standing:
                continue
            if element.not_before is not None and month < self.campaign.month_of(element.not_before):
                yield f"element {name} lands before {element.not_before:%Y-%m}"
            for first in element.after:
                if self.when.get(first, self.months) > month:
                    yield f"element {name} lands before {first}"

    def bars(self) -> Iterator[str]:
        for flight in self.plan.flights:
            owners = self.launchers[flight.launcher].partner, self.all_landers[flight.lander].partner
            for bar in self.station.bars:
                begun = bar.from_ is None or flight.month >= self.campaign.month_of(bar.from_)
                for name in flight.elements if begun and bar.of in owners else ():
                    if self.all_elements[name].partner == bar.partner:
                        yield f"{self.say(flight)}: brings {name}, but {bar.partner} is barred from parts of {bar.of}"

    def pads(self) -> Iterator[str]:
        launches: defaultdict[str, list[int]] = defaultdict(list)
        for _, pad, month in self.case.launched:
            if pad in self.pads_by_id:
                launches[pad].append(month)
        for flight in self.plan.flights:
            if not flight.launch_months or flight.launch_months[-1] != flight.month:
                yield f"{self.say(flight)}: does not land in the month of its last launch"
            if flight.pad not in self.launchers[flight.launcher].pads:
                yield f"{self.say(flight)}: does not start from {flight.pad}"
            for month in flight.launch_months:
                launches[flight.pad].append(month)
                for record in (self.launchers[flight.launcher], self.pads_by_id[flight.pad]):
                    yield from self._available(flight, record, month)
                if not opens(self.pads_by_id[flight.pad].windows, month_date(self.campaign, month)):
                    yield f"{self.say(flight)}: {flight.pad} has no window in {self.plan.month_name(month)}"
            yield from self._available(flight, self.all_landers[flight.lander], flight.month)
            if not opens(self.all_landers[flight.lander].windows, month_date(self.campaign, flight.month)):
                yield f"{self.say(flight)}: {flight.lander} does not land in that month, which is in no window of it"
        for pad, months in launches.items():
            ordered = sorted(months)
            for first, second in pairwise(ordered):
                if second - first < self.pads_by_id[pad].turnaround_months:
                    yield f"pad {pad}: launches in {self.plan.month_name(first)} and {self.plan.month_name(second)}"

    def _available(self, flight: Flight, record: object, month: int) -> Iterator[str]:
        first, last = getattr(record, "available_from", None), getattr(record, "available_until", None)
        name = getattr(record, "id", "")
        if first is not None and month < self.campaign.month_of(first):
            yield f"{self.say(flight)}: {name} is to be had from {first:%Y-%m}"
        if last is not None and month > self.campaign.month_of(last):
            yield f"{self.say(flight)}: {name} is to be had until {last:%Y-%m}"
        if month < 0:
            yield f"{self.say(flight)}: launches before the campaign"

    def cadence(self) -> Iterator[str]:
        launches: defaultdict[str, list[int]] = defaultdict(list)
        for name, _, month in self.case.launched:
            launches[name].append(month)
        for flight in self.plan.flights:
            launches[flight.launcher] += flight.launch_months
        for name, months in launches.items():
            rate = self.launchers[name].cadence if name in self.launchers else None
            for month in months if rate is not None else ():
                count = sum(month <= other < month + 12 for other in months)
                if rate is not None and count > rate * 12.0 * MONTH + 1e-6:
                    yield f"launcher {name}: {count} launches in the year from {self.plan.month_name(month)}"
                    break

    def landers(self) -> Iterator[str]:
        for name, lander in self.all_landers.items():
            flights = [flight for flight in self.plan.flights if flight.lander == name]
            built = sum(flight.new_lander for flight in flights)
            if lander.most is not None and built > lander.most:
                yield f"lander {name}: {built} are built, {lander.most} is the most"
            yield from self._uses(lander, flights)

    def _uses(self, lander: Lander, flights: list[Flight]) -> Iterator[str]:
        # whoever waited longest flies next; with equal refit times no other order does with fewer
        units: list[tuple[int, int]] = []
        for flight in flights:
            if flight.new_lander:
                units.append((flight.month, 1))
                continue
            ready = [
                unit
                for unit in units
                if unit[0] + lander.refit_months <= flight.month and unit[1] < lander.reusable
            ]
            if not ready:
                yield f"{self.say(flight)}: no {lander.id} is ready to fly again"
                return
            unit = min(ready, key=lambda unit: (unit[1], unit[0]))
            units.remove(unit)
            units.append((flight.month, unit[1] + 1))

    def power(self) -> Iterator[str]:
        if not self.plan.flights:
            return
        first = min(flight.month for flight in self.plan.flights)
        span = self.months * MONTH
        for site in dict.fromkeys(element.site for element in self.station.elements):
            members = [e for e in self.station.elements if e.site == site and e.id in self.when]
            light = self.case.light[site]
            short = max(first, self.case.short_until.get(site, 0))
            judged = min((f.month for f in self.plan.flights if f.month >= short), default=short)
            mean, dark = np.zeros(self.months), np.zeros(self.months)
            for element in members:
                firm = element.power * (0.5 ** (span / element.half_life) if element.half_life else 1.0)
                array = element.array_power * max(0.0, 1.0 - element.array_degradation * span)
                start = max(0, self.when[element.id])
                mean[start:] += firm + light.lit * array - element.load_survival
                dark[start:] += _usable(element) + light.dark * (firm - element.load_survival)
            if any(e.id not in self.standing for e in members):
                for month in range(judged, self.months):
                    if mean[month] < -1.0:
                        yield (
                            f"site {site} is {-mean[month] / 1e3:.2f} kW short of its survival loads in "
                            f"{self.plan.month_name(month)}"
                        )
                        break
                for month in range(judged, self.months):
                    if dark[month] < -3600.0 * (1 + len(members)):
                        yield (
                            f"site {site} lacks {-dark[month] / 3.6e6:.1f} kWh to survive the longest dark spell in "
                            f"{self.plan.month_name(month)}"
                        )
                        break

    def stores(self) -> Iterator[str]:
        known = list(self.supplies.values())
        crews = [supply for supply in known if supply.kind == "crew"]
        for supply in known:
            yield from self._store(supply)
        if self.station.crew_flights and not crews:
            yield from self._store(Supply(id=CREW, kind="crew"))

    def _store(self, supply: Supply) -> Iterator[str]:
        stock = self.stock(supply)
        used = self.used(supply)
        for month in range(self.months):
            reserve = supply.reserve_months * used[month]
            if stock[month] < reserve - MASS_SLACK:
                what = "runs out" if stock[month] < -MASS_SLACK else "falls under its reserve"
                yield f"supply {supply.id} {what} in {self.plan.month_name(month)}: {stock[month]:.0f} kg are left"
                break

    def crews(self) -> Iterator[str]:
        flown = Counter(flight.crew for flight in self.plan.flights if flight.crew)
        for crew in self.station.crew_flights:
            if flown[crew.id] != 1:
                yield f"crew flight {crew.id} flies {flown[crew.id]} times"
                continue
            flight = next(flight for flight in self.plan.flights if flight.crew == crew.id)
            if flight.lander != crew.lander:
                yield f"crew flight {crew.id} flies on {flight.lander}, not on {crew.lander}"
            if crew.not_before is not None and flight.month < self.campaign.month_of(crew.not_before):
                yield f"crew flight {crew.id} lands before {crew.not_before:%Y-%m}"
            if crew.by is not None and flight.month > self.campaign.month_of(crew.by):
                yield f"crew flight {crew.id} lands after {crew.by:%Y-%m}"
            for name in crew.after:
                if self.when.get(name, self.months) >= flight.month:
                    yield f"crew flight {crew.id} lands before {name} stands"

    def milestones(self) -> Iterator[str]:
        for milestone in self.station.milestones:
            month = min(self.campaign.month_of(milestone.by), self.months - 1)
            have, want = self.reached(milestone, month)
            if have < want * (1.0 - SHARE_SLACK) - 1e-9:
                yield (
                    f"milestone {milestone.id}: {milestone.capability} is {have:g} of {want:g} by {milestone.by:%Y-%m}"
                )

    def budgets(self) -> Iterator[str]:
        for budget in self.station.budgets:
            most = self.campaign.worth(budget.amount)
            for year, costs in self.plan.budget_by_year.items():
                if budget.holds(year):
                    spent = sum(c for partner, c in costs.items() if budget.partner in ("", partner))
                    if spent > most * (1.0 + 1e-9) + 1e3:
                        yield f"budget {budget.id}: {spent / 1e6:.1f} of {most / 1e6:.1f} M in {year}"


def _usable(element: Element) -> float:
    return element.battery_capacity * (1.0 - element.battery_reserve) * float(element.battery_efficiency**0.5)
