"""The rules of a campaign by seasons, one function for each family of constraints; see `moonstation.campaign.seasons`.

Each is what every plan by months keeps, with the seasons taken as kindly as they can be, so that the least cost of the
seasons is a bound for the months. Months are drawn together to seasons of one to twelve. Unknowns, for each season k:

- x[w,s,k], whole: flights by way w to site s (cargo; crews have no site);
- y[e,w,k], 0 or 1: element e lands by way w; Y[e,k] the same summed over ways and over seasons up to k;
- Z[c,k]: crew c has landed by the end of k;
- s[p,w,s,k]: kilograms of supply p.

first[k] and last[k] are the months of a season.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moonstation.campaign.case import Case, Item, Maker
from moonstation.campaign.rules import amount, energy_of, equals_of, power_of
from moonstation.station.campaign import Milestone

THOUSAND = 1e-3
"""Watts, grams and thousands of money are taken a thousand times larger: numbers of like size solve best."""

Flights = tuple[int, str, int]
"""Way, site ("" for a crew) and season of flights."""


@dataclass(eq=False)
class Seasons:
    """The programme; see the head of this file for the unknowns."""

    case: Case
    model: Any
    fast_sum: Callable[[Sequence[Any]], Any]
    span: int
    flights: dict[Flights, Any] = field(default_factory=dict)
    lands: dict[tuple[str, Flights], Any] = field(default_factory=dict)
    landed: dict[tuple[str, int], Any] = field(default_factory=dict)
    crewed: dict[tuple[str, int], Any] = field(default_factory=dict)
    supplies: dict[tuple[str, Flights], Any] = field(default_factory=dict)
    built: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Seasons."""
        return -(-self.case.months // self.span)

    def first(self, k: int) -> int:
        """First month of a season."""
        return k * self.span

    def last(self, k: int) -> int:
        """Last month of a season."""
        return min(self.case.months, (k + 1) * self.span) - 1

    def load(self, key: Flights) -> list[tuple[Item, Any]]:
        """Elements that may land with some flights, and whether they do."""
        return [(item, self.lands[item.id, key]) for item in self.case.items if (item.id, key) in self.lands]

    def add(self, rule: Any) -> None:
        """Add a constraint."""
        self.model.add_linear_constraint(rule)

    def sum(self, terms: list[Any]) -> Any:
        """Sum of unknowns, linear in time."""
        return self.fast_sum(terms)


def programme_by_seasons(
    case: Case, model: Any, fast_sum: Callable[[Sequence[Any]], Any], span: int
) -> Seasons:
    """Write a case as a model of MathOpt; all but the objective."""
    p = Seasons(case, model, fast_sum, span)
    # supplies alone fly with those of any site
    sites = list(dict.fromkeys(item.site for item in case.items)) or [""]
    for w, way in enumerate(case.ways):
        for k in range(p.number):
            open_months = range(max(way.first, p.first(k)), min(way.last, p.last(k)) + 1)
            if any(month not in way.shut for month in open_months):
                for site in [""] if way.crew else sites:
                    p.flights[w, site, k] = model.add_integer_variable(lb=0, ub=span)
    for key in p.flights:
        way = case.ways[key[0]]
        for item in case.items if not way.crew else ():
            fits = item.mass <= way.capacity and (way.volume < 0 or item.volume <= way.volume)
            fits = fits and item.may_fly(way, p.first(key[2]))
            if item.site == key[1] and fits and item.earliest <= p.last(key[2]):
                p.lands[item.id, key] = model.add_integer_variable(lb=0, ub=1)
        for store in case.stores:
            p.supplies[store.id, key] = model.add_variable(lb=0)
    for item in case.items:
        for k in range(p.number):
            p.landed[item.id, k] = model.add_variable(lb=0, ub=1)
    for crew in case.crews:
        for k in range(p.number):
            p.crewed[crew.id, k] = model.add_variable(lb=0, ub=1)
    for family in FAMILIES:
        family(p)
    return p


def land_elements_once(p: Seasons) -> None:
    """For each element and season: Y[e,k] = Y[e,k-1] + sum over w of y[e,w,k]; Y = 1 at the end if all must land."""
    for item in p.case.items:
        for k in range(p.number):
            now = [y for (name, key), y in p.lands.items() if name == item.id and key[2] == k]
            before = [p.landed[item.id, k - 1]] if k else []
            p.add(p.landed[item.id, k] == p.sum([*before, *now]))
        if p.case.campaign.everything:
            p.add(p.landed[item.id, p.number - 1] == 1)


def lift_no_more_than_fits(p: Seasons) -> None:
    """For each way, site and season: sum of mass[e] y[e] + sum of s <= capacity x; volumes likewise; y[e] <= x."""
    for key, flights in p.flights.items():
        way, load = p.case.ways[key[0]], p.load(key)
        stores = [p.supplies[store.id, key] for store in p.case.stores]
        p.add(p.sum([*(item.mass * y for item, y in load), *stores]) <= way.capacity * flights)
        if way.volume >= 0 and any(item.volume for item, _ in load):
            p.add(p.sum([item.volume * y for item, y in load]) <= way.volume * flights)
        for _, y in load:
            p.add(y <= flights)


def land_in_order(p: Seasons) -> None:
    """For each element e after p, and each season: Y[e,k] <= Y[p,k]. Of equals those named first land first."""
    there = {item.id for item in p.case.items}
    pairs = [(name, item.id) for item in p.case.items for name in item.after if name in there]
    for first, second in (*pairs, *equals_of(p.case)):
        for k in range(p.number):
            p.add(p.landed[second, k] <= p.landed[first, k])


def keep_pads_free(p: Seasons) -> None:
    """For each pad and each row of seasons: sum of span[w] x <= its months + the time that a pad is taken around it."""
    for pad in dict.fromkeys(way.pad for way in p.case.ways):
        ways = [way for way in p.case.ways if way.pad == pad]
        around = max(way.turnaround for way in ways) + max(
            (way.launches - 1) * way.turnaround for way in ways
        )
        by_season = _by_season(p, {w: way.span for w, way in enumerate(p.case.ways) if way.pad == pad})
        for begin in range(p.number):
            for end in range(begin, p.number):
                months = p.last(end) - p.first(begin)
                p.add(p.sum(by_season[begin : end + 1]) <= months + around)


def keep_cadence(p: Seasons) -> None:
    """For each launcher and each row of seasons: sum of launches[w] x <= cadence * years begun in it."""
    for launcher, most in p.case.cadence.items():
        ways = [way for way in p.case.ways if way.launcher == launcher]
        if not ways:
            continue
        back = max((way.launches - 1) * way.turnaround for way in ways)
        weights = {w: way.launches for w, way in enumerate(p.case.ways) if way.launcher == launcher}
        by_season = _by_season(p, weights)
        for begin in range(p.number):
            for end in range(begin, p.number):
                months = p.last(end) - p.first(begin) + 1 + back
                p.add(p.sum(by_season[begin : end + 1]) <= most * -(-months // 12))


def _by_season(p: Seasons, weights: Mapping[int, int]) -> list[Any]:
    """Sum of flights in each season, those of each way counted with a weight."""
    found: list[list[Any]] = [[] for _ in range(p.number)]
    for (w, _, k), flights in p.flights.items():
        if w in weights:
            found[k].append(weights[w] * flights)
    return [p.sum(terms) for terms in found]


def build_landers(p: Seasons) -> None:
    """For each lander: sum of x <= uses * built; built <= the most that can be."""
    for lander in dict.fromkeys(way.lander for way in p.case.ways):
        way = next(way for way in p.case.ways if way.lander == lander)
        flown = p.sum([x for key, x in p.flights.items() if p.case.ways[key[0]].lander == lander])
        if way.uses > 1:
            p.built[lander] = p.model.add_integer_variable(lb=0, ub=p.case.months)
            p.add(flown <= way.uses * p.built[lander])
            flown = 1 * p.built[lander]
        if way.most >= 0:
            p.add(flown <= way.most)


def keep_all_alive(p: Seasons) -> None:
    """For each site and season: sum of what landed elements add to power, and to the energy of the dark, >= 0.

    An element counts with no more than all others together can lack. Where even what stands at the start lacks it, or a
    site may be short for a time, the rule begins with a flight that is not known here: it is left out.
    """
    for site in p.case.sites:
        for value in (power_of, energy_of):
            start = sum(value(item) for item in p.case.standing if item.site == site)
            members = [item for item in p.case.items if item.site == site]
            lacking = -start - sum(min(0, value(item)) for item in members)
            if start < 0 or lacking <= 0 or p.case.short_until.get(site):
                continue
            for k in range(p.number):
                gains = [THOUSAND * min(lacking, value(item)) * p.landed[item.id, k] for item in members]
                p.add(p.sum(gains) >= -THOUSAND * start)


def land_crews(p: Seasons) -> None:
    """For each crew: Z[c,k] = Z[c,k-1] + sum of its x in k; Z = 1 at the end; Z[c,k] <= Y[e] a month before last[k]."""
    there = {item.id for item in p.case.items}
    for crew in p.case.crews:
        for k in range(p.number):
            now = []
            for key, flights in p.flights.items():
                if p.case.ways[key[0]].crew == crew.id and key[2] == k:
                    now.append(flights)
                    if crew.first > p.last(k) or crew.last < p.first(k):
                        p.add(flights <= 0)
            before = [p.crewed[crew.id, k - 1]] if k else []
            p.add(p.crewed[crew.id, k] == p.sum([*before, *now]))
            for name in crew.after:
                if name in there:
                    season = (p.last(k) - 1) // p.span
                    p.add(p.crewed[crew.id, k] <= (p.landed[name, season] if season >= 0 else 0))
        p.add(p.crewed[crew.id, p.number - 1] == 1)


def keep_stores_filled(p: Seasons) -> None:
    """For each supply and season: what is left at its end >= its reserve and what stands from the start uses up.

    left[k] = left[k-1] + sum of s + what plants made - what crews need - months * sum of rate[e] Y[e,k-1], so that what
    lands in a season uses nothing up in it; plants work as if they had landed in its first month.
    """
    for store in p.case.stores:
        standing = sum(store.rates.get(item.id, 0) for item in p.case.standing)
        eaten = [(crew.need, crew.id) for crew in p.case.crews if store.crew]
        left: Any = THOUSAND * store.stock
        before: Any = 0
        for k in range(p.number):
            rate = p.model.add_variable(lb=0)
            rates = [
                THOUSAND * store.rates[i.id] * p.landed[i.id, k] for i in p.case.items if i.id in store.rates
            ]
            p.add(rate == p.sum(rates))
            change = [mass for (name, key), mass in p.supplies.items() if name == store.id and key[2] == k]
            change += _eaten(p, eaten, k, THOUSAND) + _eaten(p, eaten, k - 1, -THOUSAND)
            change += _made(p, store.id, k, THOUSAND) + _made(p, store.id, k - 1, -THOUSAND)
            change.append(-(p.last(k) - p.last(k - 1)) * before)
            now = p.model.add_variable(lb=-math.inf)
            p.add(now == left + p.sum(change))
            end = p.last(k) + store.reserve + 1
            burden = THOUSAND * (standing * end + store.steady * max(0, end - store.first))
            p.add(now - store.reserve * rate >= burden)
            left, before = now, rate


def _eaten(p: Seasons, eaten: Sequence[tuple[int, str]], k: int, scale: float) -> list[Any]:
    return [-scale * need * p.crewed[name, k] for need, name in eaten] if k >= 0 else []


def _made(p: Seasons, store: str, k: int, scale: float) -> list[Any]:
    """What plants have put into a supply by the end of a season."""
    terms = []
    for maker in p.case.makers:
        if maker.fills == store and maker.filling and k >= 0:
            terms += [scale * maker.filling * term for term in _worked(p, maker, p.last(k))]
    return terms


def _worked(p: Seasons, maker: Maker, month: int) -> list[Any]:
    """Months of work of a plant by a month: sum over k of (Y[k] - Y[k-1]) * max(0, month + 1 - first[k] - delay)."""
    if not any(item.id == maker.element for item in p.case.items):
        # it stands from the month before the first
        return [max(0, month + 2 - maker.delay)]
    terms = []
    for k in range(p.number):
        months = max(0, month + 1 - p.first(k) - maker.delay)
        if months:
            terms.append(months * p.landed[maker.element, k])
            if k:
                terms.append(-months * p.landed[maker.element, k - 1])
    return terms


def reach_milestones(p: Seasons) -> None:
    """For each milestone: sum of what elements landed by the end of its season add >= what is asked for.

    An element counts with no more than what is asked for.
    """
    for milestone in p.case.station.milestones:
        _reach(p, milestone, p.case.by(milestone))


def _reach(p: Seasons, milestone: Milestone, month: int) -> None:
    case = p.case
    k = min(p.number - 1, month // p.span)
    there = {item.id for item in case.items}
    kind = milestone.capability
    if kind == "elements" and milestone.elements:
        for name in milestone.elements:
            if name in there:
                p.add(p.landed[name, k] >= 1)
    elif milestone.function:
        function = next(f for f in case.station.functions if f.id == milestone.function)
        for need in function.demands:
            stands = sum(name not in there for name in need.of)
            p.add(p.sum([p.landed[name, k] for name in need.of if name in there]) >= need.least - stands)
    elif kind == "crew_days":
        days = [round(1e3 * crew.crew_days) * p.crewed[crew.id, k] for crew in case.crews]
        p.add(THOUSAND * p.sum(days) >= THOUSAND * amount(milestone))
    elif kind == "oxygen":
        made: list[Any] = []
        for maker in case.makers:
            if maker.oxygen:
                made += [THOUSAND * maker.product * term for term in _worked(p, maker, month)]
        p.add(p.sum(made) >= THOUSAND * amount(milestone))
    else:
        gains = {item.id: case.capability(kind, item) for item in case.items}
        missing = amount(milestone) - sum(case.capability(kind, item) for item in case.standing)
        most = missing - sum(min(0, gain) for gain in gains.values())
        adds = [THOUSAND * min(most, gain) * p.landed[name, k] for name, gain in gains.items() if gain]
        if missing > 0:
            p.add(p.sum(adds) >= THOUSAND * missing)


def keep_budgets(p: Seasons) -> None:
    """For each partner and year: cost of the seasons that lie wholly in it <= its budget."""
    start = p.case.campaign.start
    for limit in p.case.limits:
        begin = 12 * (limit.year - start.year) + 1 - start.month
        inside = [k for k in range(p.number) if p.first(k) >= begin and p.last(k) < begin + 12]
        spent = [term for k in inside for term in costs(p, k, limit.partner)]
        if spent:
            p.add(p.sum(spent) <= THOUSAND * limit.amount)


def costs(p: Seasons, k: int, partner: str = "") -> list[Any]:
    """Costs of a season [millions]: launches, landers that fly once, supplies, elements; of a partner ("" for all)."""
    terms = []
    for key, flights in p.flights.items():
        if key[2] != k:
            continue
        way = p.case.ways[key[0]]
        one = way.launch_cost if partner in ("", way.launch_partner) else 0
        one += way.lander_cost if way.uses == 1 and partner in ("", way.partner) else 0
        terms.append(THOUSAND * one * flights)
        terms += [
            THOUSAND * store.price * p.supplies[store.id, key]
            for store in p.case.stores
            if store.price and partner in ("", store.partner)
        ]
        terms += [
            THOUSAND * item.cost * lands
            for item, lands in p.load(key)
            if item.cost and partner in ("", item.partner)
        ]
    return terms


def count_flights(p: Seasons) -> None:
    """For each way of cargo, site and season: whole numbers of flights by then, and in all. They say nothing new.

    The programme is far from whole numbers in each season, and near them in these counts: to branch on them moves the
    bound most.
    """
    for w, way in enumerate(p.case.ways):
        keys = [key for key in p.flights if key[0] == w]
        if way.crew or not keys:
            continue
        for site in dict.fromkeys(key[1] for key in keys):
            count = p.model.add_integer_variable(lb=0, ub=p.case.months)
            p.add(count == p.sum([p.flights[key] for key in keys if key[1] == site]))
        before: Any = 0
        for k in range(p.number):
            count = p.model.add_integer_variable(lb=0, ub=p.case.months)
            p.add(count == before + p.sum([p.flights[key] for key in keys if key[2] == k]))
            before = count


FAMILIES: Sequence[Callable[[Seasons], None]] = (
    land_elements_once,
    lift_no_more_than_fits,
    land_in_order,
    keep_pads_free,
    keep_cadence,
    build_landers,
    keep_all_alive,
    land_crews,
    keep_stores_filled,
    reach_milestones,
    keep_budgets,
    count_flights,
)
