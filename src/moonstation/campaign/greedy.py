"""The first plan: flights filled one after another with what is due first, as early as pads and cadence allow."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from moonstation.campaign.case import Case, Item, Store, Way
from moonstation.campaign.flights import Landing
from moonstation.station.campaign import Milestone


def greedy_landings(case: Case) -> list[Landing]:
    """Landings that bring all elements and crews, and supplies in time.

    Elements wait for those that they need, sources of power come first among equals, and a flight is chosen by its
    cost for a kilogram of what it would bring. A plan always comes back; it may be late for a milestone, over a budget,
    or incomplete where months run out: `check_plan` tells.
    """
    plan = _Greedy(case)
    plan.land_elements()
    plan.land_crews()
    plan.fill_stores()
    return sorted(plan.landings, key=lambda landing: (landing.month, landing.way))


class _Greedy:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.landings: list[Landing] = []
        self.taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.launched: dict[str, list[int]] = defaultdict(list)
        self.flown: dict[str, int] = defaultdict(int)
        self.landed: dict[str, int] = {}
        turnaround = {way.pad: way.turnaround for way in case.ways}
        for launcher, pad, month in case.launched:
            self.launched[launcher].append(month)
            if pad in turnaround:
                self.taken[pad].append((month, month + turnaround[pad]))
        self.due = _due(case)

    def land_elements(self) -> None:
        waiting = sorted(self.case.items, key=self._urgency)
        now = 0
        while waiting:
            choice = self._best_flight(waiting, now)
            if choice is None:
                return
            month, number, load = choice
            self._fly(Landing(month, number, [item.id for item in load]))
            for item in load:
                self.landed[item.id] = month
                waiting.remove(item)
            now = month

    def _urgency(self, item: Item) -> tuple[float, int, int]:
        return (self.due[item.id], -item.power, -item.mass)

    def _best_flight(self, waiting: list[Item], now: int) -> tuple[int, int, list[Item]] | None:
        best = None
        seen = set()
        soonest = min(self.due[item.id] for item in waiting)
        for number, way in enumerate(self.case.ways):
            if way.crew:
                continue
            month = self._free_month(way, now)
            if month is None:
                continue
            for month_try in (month, *self._later(waiting, month)):
                free = self._free_month(way, month_try)
                if free is None:
                    continue
                kind = (way.launcher, way.lander, free)
                if kind in seen:
                    continue
                seen.add(kind)
                load = self._load(waiting, way, free)
                if load:
                    late = max(0.0, free - soonest)
                    waits = free - now
                    price = (way.launch_cost + way.lander_cost + 1) / sum(item.mass for item in load)
                    key = (late, price * (1.0 + 0.02 * waits), free)
                    if best is None or key < best[0]:
                        best = (key, free, number, load)
                    break
        return None if best is None else (best[1], best[2], best[3])

    def _later(self, waiting: list[Item], month: int) -> Iterator[int]:
        yield from sorted({item.earliest for item in waiting if item.earliest > month})

    def _load(self, waiting: list[Item], way: Way, month: int) -> list[Item]:
        """What a flight takes: the most urgent first, then whatever still fits and leaves no site dark."""
        best: list[Item] = []
        for site in dict.fromkeys(item.site for item in waiting):
            load = self._load_at([item for item in waiting if item.site == site], way, month)
            if sum(item.mass for item in load) > sum(item.mass for item in best):
                best = load
        return best

    def _load_at(self, waiting: list[Item], way: Way, month: int) -> list[Item]:
        load: list[Item] = []
        mass = volume = 0
        power, energy = self._margins(waiting[0].site)
        again = True
        while again:
            again = False
            for item in waiting:
                ready = all(name in self.landed or any(name == x.id for x in load) for name in item.after)
                fits = mass + item.mass <= way.capacity and (
                    way.volume < 0 or volume + item.volume <= way.volume
                )
                # a site that is short already must not be made worse
                alive = (
                    power + item.power >= min(0, power) and energy + item.dark_energy >= min(0, energy)
                ) or month < self.case.short_until.get(item.site, 0)
                allowed = item.may_fly(way, month)
                if item in load or item.earliest > month or not (ready and fits and alive and allowed):
                    continue
                load.append(item)
                mass, volume = mass + item.mass, volume + item.volume
                power, energy = power + item.power, energy + item.dark_energy
                again = True
        return load or self._source_with_its_needs(waiting, way, month)

    def _source_with_its_needs(self, waiting: list[Item], way: Way, month: int) -> list[Item]:
        """A source and what must stand before it, which alone could not survive: landed together they can."""
        known = {item.id: item for item in waiting}
        power, energy = self._margins(waiting[0].site)
        for source in waiting:
            if source.power <= 0 and source.dark_energy <= 0:
                continue
            load, left = [source], list(source.after)
            while left:
                name = left.pop()
                if name in self.landed or any(name == item.id for item in load):
                    continue
                if name not in known:
                    break
                load.append(known[name])
                left += known[name].after
            else:
                fits = sum(item.mass for item in load) <= way.capacity and (
                    way.volume < 0 or sum(item.volume for item in load) <= way.volume
                )
                alive = (
                    power + sum(i.power for i in load) >= 0 and energy + sum(i.dark_energy for i in load) >= 0
                )
                if fits and alive and all(i.earliest <= month and i.may_fly(way, month) for i in load):
                    return load
        return []

    def _margins(self, site: str) -> tuple[int, int]:
        there = [
            item
            for item in (*self.case.standing, *self.case.items)
            if item.site == site and (item.earliest < 0 or item.id in self.landed)
        ]
        return sum(item.power for item in there), sum(item.dark_energy for item in there)

    def _free_month(self, way: Way, month: int) -> int | None:
        if way.most >= 0 and self.flown[way.lander] >= way.most * way.uses:
            return None
        most = self.case.cadence.get(way.launcher)
        for tried in range(max(month, way.first), way.last + 1):
            if tried in way.shut:
                continue
            launches = way.launch_months(tried)
            first, last = launches[0], launches[-1] + way.turnaround
            if any(first < b and a < last for a, b in self.taken[way.pad]):
                continue
            if most is not None and not _keeps_cadence([*self.launched[way.launcher], *launches], most):
                continue
            return tried
        return None

    def _fly(self, landing: Landing) -> None:
        way = self.case.ways[landing.way]
        launches = way.launch_months(landing.month)
        self.taken[way.pad].append((launches[0], launches[-1] + way.turnaround))
        self.launched[way.launcher] += launches
        self.flown[way.lander] += 1
        self.landings.append(landing)

    def land_crews(self) -> None:
        for crew in sorted(self.case.crews, key=lambda crew: crew.last):
            after = max((self.landed.get(name, self.case.months) + 1 for name in crew.after), default=0)
            found = []
            for number, way in enumerate(self.case.ways):
                if way.crew == crew.id:
                    month = self._free_month(way, max(after, crew.first))
                    if month is not None:
                        found.append((month, way.launch_cost + way.lander_cost, number))
            if found:
                self._fly(Landing(min(found)[0], min(found)[2]))

    def fill_stores(self) -> None:
        for store in self.case.stores:
            for _ in range(4 * self.case.months):
                short = _first_shortage(self.case, store, self.landings, self.landed)
                if short is None:
                    break
                month, missing = short
                if not self._bring(store, month, missing):
                    break

    def _bring(self, store: Store, month: int, missing: int) -> bool:
        """Bring kilograms by a month, on flights with room first, the latest first; else on a flight of its own."""
        for landing in sorted(self.landings, key=lambda landing: -landing.month):
            if landing.month <= month and missing:
                room = self._room(landing)
                if room > 0:
                    more = min(room, missing)
                    landing.supplies[store.id] = landing.supplies.get(store.id, 0) + more
                    missing -= more
        if not missing:
            return True
        found = []
        for number, way in enumerate(self.case.ways):
            if way.crew:
                continue
            for back in range(month, -1, -1):
                tried = self._free_month(way, back)
                if tried is not None and tried <= month:
                    found.append(((way.launch_cost + way.lander_cost + 1) / way.capacity, number, tried))
                    break
        if not found:
            return False
        _, number, tried = min(found)
        # a flight for supplies alone comes full: the next shortage is met with it
        self._fly(Landing(tried, number, [], {store.id: self.case.ways[number].capacity}))
        return True

    def _room(self, landing: Landing) -> int:
        way = self.case.ways[landing.way]
        brought = sum(self.case.item(name).mass for name in landing.elements)
        return way.capacity - brought - sum(landing.supplies.values())


def _keeps_cadence(months: list[int], most: int) -> bool:
    return all(sum(m <= other < m + 12 for other in months) <= most for m in months)


def _due(case: Case) -> dict[str, float]:
    """Month by which each element is wanted: by milestones that name it, its functions, and those that wait for it."""
    due = {item.id: float(case.months) for item in case.items}
    for milestone in case.station.milestones:
        for name in _wanted(case, milestone):
            if name in due:
                due[name] = min(due[name], case.by(milestone))
    for crew in case.crews:
        for name in crew.after:
            if name in due:
                due[name] = min(due[name], crew.last - 1)
    for _ in range(len(due)):
        changed = False
        for item in case.items:
            for name in item.after:
                if name in due and due[name] > due[item.id]:
                    due[name] = due[item.id]
                    changed = True
        if not changed:
            break
    return due


def _wanted(case: Case, milestone: Milestone) -> list[str]:
    if milestone.elements:
        return list(milestone.elements)
    if milestone.function:
        function = next(f for f in case.station.functions if f.id == milestone.function)
        return [name for need in function.demands for name in need.of[: need.least]]
    if milestone.capability == "oxygen":
        return [maker.element for maker in case.makers if maker.oxygen]
    if milestone.capability not in ("power", "mass", "data", "elements"):
        return []
    kind = milestone.capability
    missing = milestone.at_least or 0.0
    if kind == "data":
        missing /= 1e3
    missing -= sum(case.capability(kind, item) for item in case.standing)
    chosen = []
    for item in sorted(case.items, key=lambda x: -case.capability(kind, x) / x.mass):
        if missing <= 0.0:
            break
        if case.capability(kind, item):
            chosen.append(item.id)
            missing -= case.capability(kind, item)
    return chosen


def _first_shortage(
    case: Case, store: Store, landings: list[Landing], landed: dict[str, int]
) -> tuple[int, int] | None:
    """First month at whose end a store runs short, and the kilograms missing by then."""
    when = {**{item.id: -1 for item in case.standing}, **landed}
    for month in range(case.months):
        need = stock_needed(case, store, month, when, landings)
        have = store.stock + 1000 * sum(x.supplies.get(store.id, 0) for x in landings if x.month <= month)
        if need > have:
            return month, -(-(need - have) // 1000)
    return None


def stock_needed(case: Case, store: Store, month: int, when: dict[str, int], landings: list[Landing]) -> int:
    """Grams that must have been brought by the end of a month: used by then and over the reserve, less what is made."""
    end = month + store.reserve
    used = sum(
        rate * (end - when[name])
        for name, rate in store.rates.items()
        if name in when and when[name] <= month
    )
    used += store.steady * max(0, end + 1 - store.first)
    if store.crew:
        needs = {crew.id: crew.need for crew in case.crews}
        used += sum(
            needs[case.ways[x.way].crew] for x in landings if x.month <= month and case.ways[x.way].crew
        )
    made = sum(
        maker.filling * max(0, month + 1 - when[maker.element] - maker.delay)
        for maker in case.makers
        if maker.fills == store.id and maker.element in when
    )
    return used - made


def trim_supplies(case: Case, landings: list[Landing]) -> None:
    """Leave at home what no month needs: a search without prices of supplies fills flights as it likes."""
    when = {item.id: -1 for item in case.standing}
    when |= {name: landing.month for landing in landings for name in landing.elements}
    for store in case.stores:
        spare = np.array(
            [
                store.stock
                + 1000 * sum(x.supplies.get(store.id, 0) for x in landings if x.month <= month)
                - stock_needed(case, store, month, when, landings)
                for month in range(case.months)
            ]
        )
        for landing in sorted(landings, key=lambda landing: -landing.month):
            alone = len(landing.supplies) == 1 and not landing.elements and not case.ways[landing.way].crew
            least = 1 if alone else 0
            brought = landing.supplies.get(store.id, 0)
            less = max(0, min(brought - least, int(spare[landing.month :].min()) // 1000))
            if less:
                landing.supplies[store.id] -= less
                spare[landing.month :] -= 1000 * less
                if not landing.supplies[store.id]:
                    del landing.supplies[store.id]
