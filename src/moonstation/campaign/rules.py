"""What every plan must keep, one function for each family of constraints, as a model of CP-SAT.

A plan has at most F flights, the slots f in the order of time. Unknowns:

- T[f], the month of slot f; months (one past the last) if it is not used;
- u[f,w], 0 or 1: slot f flies by way w (launcher, lander, pad); used[f] = sum over w of u[f,w];
- a[e,f], 0 or 1: element e lands with slot f; M[e] the month in which it lands, months if never;
- s[k,f], kilograms of supply k that slot f lands;
- same[f], 0 or 1: slots f and f + 1 are of the same month.

Months are not laid out one by one: the size of the model does not grow with them. A state of the station changes only
where a slot lands something, so that power and stores are judged at slots alone, and still hold in every month.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from moonstation.campaign.case import Case, Item
from moonstation.campaign.programme import Programme
from moonstation.campaign.store_rules import keep_stores_filled, worked
from moonstation.station.campaign import CAPABILITIES, Milestone
from moonstation.station.units import format_quantity


def programme_of(case: Case, model: Any, slots: int, without: Collection[str] = ()) -> Programme:
    """Write a case as a model; all but the objective."""
    p = Programme(case, model, slots, without)
    months = case.months
    for f in range(slots):
        p.month.append(model.new_int_var(0, months, f"T{f}"))
        p.ways.append([model.new_bool_var(f"u{f}_{w}") for w in range(len(case.ways))])
        p.used.append(model.new_bool_var(f"used{f}"))
        if f + 1 < slots:
            p.same.append(model.new_bool_var(f"same{f}"))
    for item in case.items:
        p.lands[item.id] = [model.new_bool_var(f"a_{item.id}_{f}") for f in range(slots)]
        p.when[item.id] = model.new_int_var(item.earliest, months, f"M_{item.id}")
    for crew in case.crews:
        p.crew_when[crew.id] = model.new_int_var(0, months, f"C_{crew.id}")
    most = max((way.capacity for way in case.ways), default=0)
    for store in case.stores:
        p.supplies[store.id] = [model.new_int_var(0, most, f"s_{store.id}_{f}") for f in range(slots)]
    for family in FAMILIES:
        family(p)
    return p


def fly_in_order(p: Programme) -> None:
    """T[f] <= T[f+1]; used[f] >= used[f+1]; T[f] < months exactly if used; same[f] = (T[f] = T[f+1] < months).

    Of the orders of flights of one month, which are the same plan, the one with rising ways is kept.
    """
    months = p.case.months
    for f in range(p.slots):
        p.model.add_exactly_one([*p.ways[f], p.used[f].negated()])
        p.model.add(p.month[f] < months).only_enforce_if(p.used[f])
        p.model.add(p.month[f] == months).only_enforce_if(p.used[f].negated())
    for f, same in enumerate(p.same):
        p.model.add(p.month[f] == p.month[f + 1]).only_enforce_if(same)
        p.model.add_implication(same, p.used[f + 1])
        p.model.add_implication(p.used[f + 1], p.used[f])
        p.model.add(p.month[f] + 1 <= p.month[f + 1]).only_enforce_if([same.negated(), p.used[f]])
        first = sum(w * u for w, u in enumerate(p.ways[f]))
        second = sum(w * u for w, u in enumerate(p.ways[f + 1]))
        p.model.add(first <= second).only_enforce_if(same)


def fly_when_all_is_to_be_had(p: Programme) -> None:
    """For each slot and way: first[w] <= T[f] <= last[w] if u[f,w], and T[f] is none of its months without a window."""
    # half a second to load: only a search pays for it
    from ortools.util.python.sorted_interval_list import Domain

    for way_number, way in enumerate(p.case.ways):
        landings = [month for month in range(way.first, way.last + 1) if month not in way.shut]
        domain = (
            Domain.from_values(landings) if way.shut and p.keeps("windows") else Domain(way.first, way.last)
        )
        for f in range(p.slots):
            p.model.add_linear_expression_in_domain(p.month[f], domain).only_enforce_if(p.ways[f][way_number])


def land_elements_once(p: Programme) -> None:
    """For each element: sum over f of a[e,f] = 1 (<= 1 if not all must land); M[e] = T[f] if a[e,f]."""
    for item in p.case.items:
        lands = p.lands[item.id]
        if p.case.campaign.everything and p.keeps(f"land {item.id}"):
            p.model.add_exactly_one(lands)
        else:
            p.model.add_at_most_one(lands)
            p.model.add(p.when[item.id] == p.case.months).only_enforce_if([a.negated() for a in lands])
        for a, month in zip(lands, p.month, strict=True):
            p.model.add(p.when[item.id] == month).only_enforce_if(a)


def lift_no_more_than_fits(p: Programme) -> None:
    """For each slot: sum of mass[e] a[e,f] + sum of s[k,f] <= sum of capacity[w] u[f,w]; the same with volumes.

    Elements fly with cargo only, and no flight is empty.
    """
    everything = sum(item.volume for item in p.case.items)
    for f in range(p.slots):
        brought = [p.lands[item.id][f] for item in p.case.items]
        mass = sum(item.mass * a for item, a in zip(p.case.items, brought, strict=True))
        volume = sum(item.volume * a for item, a in zip(p.case.items, brought, strict=True))
        stores = sum(s[f] for s in p.supplies.values())
        pairs = list(zip(p.case.ways, p.ways[f], strict=True))
        p.model.add(mass + stores <= sum(way.capacity * u for way, u in pairs))
        if any(way.volume >= 0 for way in p.case.ways) and everything:
            p.model.add(volume <= sum((everything if w.volume < 0 else w.volume) * u for w, u in pairs))
        crews = [u for way, u in pairs if way.crew]
        for u in crews:
            for a in brought:
                p.model.add_implication(u, a.negated())
        p.model.add(sum(brought) + stores + sum(crews) >= 1).only_enforce_if(p.used[f])


def land_at_one_site(p: Programme) -> None:
    """For each slot: elements of different sites do not land with it together."""
    sites = list(dict.fromkeys(item.site for item in p.case.items))
    if len(sites) < 2:
        return
    for f in range(p.slots):
        at = {site: p.model.new_bool_var(f"at_{site}_{f}") for site in sites}
        p.model.add_at_most_one(at.values())
        for item in p.case.items:
            p.model.add_implication(p.lands[item.id][f], at[item.site])


def keep_bars(p: Programme) -> None:
    """For each slot, way and element whose partner may not use it from month b on: T[f] < b if a[e,f] and u[f,w]."""
    for item in p.case.items:
        for w, way in enumerate(p.case.ways):
            closed = item.barred_from(way)
            if closed is None:
                continue
            for f in range(p.slots):
                p.model.add(p.month[f] < closed).only_enforce_if([p.lands[item.id][f], p.ways[f][w]])


def land_in_order(p: Programme) -> None:
    """For each element e after p: M[p] <= M[e]."""
    there = {item.id for item in p.case.items}
    for item in p.case.items:
        for name in item.after:
            if name in there and p.keeps(f"order {item.id}"):
                p.model.add(p.when[name] <= p.when[item.id])


def keep_pads_free(p: Programme) -> None:
    """For each pad: launches of slots do not overlap, each taking the pad for its turnaround.

    A flight of n launches takes it from T[f] - (n - 1) turnaround up to T[f] + turnaround. Launches before the first
    month count.
    """
    for pad in dict.fromkeys(way.pad for way in p.case.ways):
        turnaround = next(way.turnaround for way in p.case.ways if way.pad == pad)
        taken = [
            p.model.new_fixed_size_interval_var(month, turnaround, f"pad_{pad}_{number}_before")
            for number, (_, used, month) in enumerate(p.case.launched)
            if used == pad
        ]
        for f in range(p.slots):
            for u, way in zip(p.ways[f], p.case.ways, strict=True):
                if way.pad == pad:
                    back = way.span - way.turnaround
                    taken.append(
                        p.model.new_optional_fixed_size_interval_var(
                            p.month[f] - back, way.span, u, f"pad_{pad}_{f}_{way.lander}_{way.crew}"
                        )
                    )
        p.model.add_no_overlap(taken)


def keep_cadence(p: Programme) -> None:
    """For each launcher: at most its cadence of launches in any twelve months; those before the first count."""
    for launcher, most in p.case.cadence.items():
        if not p.keeps(f"cadence {launcher}"):
            continue
        taken = [
            p.model.new_fixed_size_interval_var(month, 12, f"year_{launcher}_{number}_before")
            for number, (used, _, month) in enumerate(p.case.launched)
            if used == launcher and month > -12
        ]
        for f in range(p.slots):
            for u, way in zip(p.ways[f], p.case.ways, strict=True):
                if way.launcher == launcher:
                    taken += [
                        p.model.new_optional_fixed_size_interval_var(
                            p.month[f] - back * way.turnaround, 12, u, f"year_{launcher}_{f}_{way.pad}_{back}"
                        )
                        for back in range(way.launches)
                    ]
        if taken:
            p.model.add_cumulative(taken, [1] * len(taken), most)


def build_landers(p: Programme) -> None:
    """For each lander that flies more than once, new[f] <= u[f]: the first of its flights take a new one, k in all.

    Flights <= uses * k, and at most k within its refit time: enough, for flight i can take the lander i modulo k.
    For all: sum of new[f] <= the most that can be built.
    """
    for lander in dict.fromkeys(way.lander for way in p.case.ways):
        members = [w for w, way in enumerate(p.case.ways) if way.lander == lander]
        way = p.case.ways[members[0]]
        flies = [sum(p.ways[f][w] for w in members) for f in range(p.slots)]
        if way.uses == 1:
            if way.most >= 0 and p.keeps(f"landers {lander}"):
                p.model.add(sum(flies) <= way.most)
            continue
        new = [p.model.new_bool_var(f"new_{lander}_{f}") for f in range(p.slots)]
        p.new[lander] = new
        bought = p.model.new_int_var(0, p.slots, f"bought_{lander}")
        p.model.add(sum(new) == bought)
        p.model.add(sum(flies) <= way.uses * bought)
        for f in range(p.slots):
            p.model.add(new[f] <= flies[f])
            for g in range(f + 1, p.slots):
                p.model.add(flies[f] - new[f] + new[g] <= 1)
        if way.refit > 0:
            taken = [
                p.model.new_optional_fixed_size_interval_var(
                    p.month[f], way.refit, p.ways[f][w], f"refit_{lander}_{f}_{w}"
                )
                for f in range(p.slots)
                for w in members
            ]
            p.model.add_cumulative(taken, [1] * len(taken), bought)
        if way.most >= 0 and p.keeps(f"landers {lander}"):
            p.model.add(bought <= way.most)


def keep_all_alive(p: Programme) -> None:
    """For each site and each month in which something lands there, with what has landed by then:

    sum of (firm power + lit share * array power - survival load) >= 0 and
    sum of usable stores >= longest dark spell * (survival load - firm power).

    A site that is short before the first month is judged from its own month on, and when all has landed.
    """
    if not p.keeps("power"):
        return
    for site in dict.fromkeys(item.site for item in p.case.items):
        members = [item for item in p.case.items if item.site == site]
        stands = [item for item in p.case.standing if item.site == site]
        short = p.case.short_until.get(site, 0)
        judged = (
            [_not_before(p, p.month[f], short, f"judged_{site}_{f}") for f in range(p.slots)] if short else []
        )
        for value in (power_of, energy_of):
            least = sum(min(0, value(item)) for item in members)
            start = sum(value(item) for item in stands)
            if start + least >= 0:
                continue
            if short:
                p.model.add(start + sum(value(item) * a for item in members for a in p.lands[item.id]) >= 0)
            for f in range(p.slots):
                landed = sum(
                    value(item) * a for item in members if value(item) for a in p.lands[item.id][: f + 1]
                )
                rule = p.model.add(start + landed >= 0)
                # a month is judged at its last slot
                rule.only_enforce_if(
                    [p.used[f], *judged[f : f + 1], *(same.negated() for same in p.same[f : f + 1])]
                )


def _not_before(p: Programme, month: Any, first: int, name: str) -> Any:
    """1 exactly where a month is not before another."""
    found = p.model.new_bool_var(name)
    p.model.add(month >= first).only_enforce_if(found)
    p.model.add(month < first).only_enforce_if(found.negated())
    return found


def power_of(item: Item) -> int:
    """What an element adds to the mean power [W]."""
    return item.power


def energy_of(item: Item) -> int:
    """What an element adds to the energy of the longest dark spell [Wh]."""
    return item.dark_energy


def land_crews(p: Programme) -> None:
    """For each crew: one flight, from its first to its last month, and M[e] + 1 <= T for elements it lands after."""
    for crew in p.case.crews:
        flies = []
        for f in range(p.slots):
            for u, way in zip(p.ways[f], p.case.ways, strict=True):
                if way.crew == crew.id:
                    flies.append(u)
                    p.model.add(p.crew_when[crew.id] == p.month[f]).only_enforce_if(u)
        if p.keeps(f"crew {crew.id}"):
            p.model.add_exactly_one(flies)
            p.model.add_linear_constraint(p.crew_when[crew.id], crew.first, crew.last)
            for name in crew.after:
                p.model.add(p.when[name] + 1 <= p.crew_when[crew.id])
        else:
            p.model.add_at_most_one(flies)
            p.model.add(p.crew_when[crew.id] == p.case.months).only_enforce_if([u.negated() for u in flies])


def reach_milestones(p: Programme) -> None:
    """For each milestone: sum over elements with M[e] <= month of what they add >= what is asked for.

    A function asks for so many of each list of its needs; crews count their days in the month in which they leave.
    """
    for milestone in p.case.station.milestones:
        if p.keeps(f"milestone {milestone.id}"):
            _reach(p, milestone, p.case.by(milestone))


def _reach(p: Programme, milestone: Milestone, month: int) -> None:
    case = p.case
    stands = {item.id for item in case.standing}
    kind = milestone.capability
    if kind == "elements" and milestone.elements:
        for name in milestone.elements:
            if name not in stands:
                p.model.add(p.when[name] <= month)
    elif milestone.function:
        function = next(f for f in case.station.functions if f.id == milestone.function)
        for need in function.demands:
            there = sum(name in stands or name not in p.when for name in need.of)
            chosen = [p.landed_by(name, month) for name in need.of if name in p.when]
            p.model.add(there + sum(chosen) >= need.least)
    elif kind == "crew_days":
        done = []
        for crew in case.crews:
            early = p.model.new_bool_var(f"back_{crew.id}_{milestone.id}")
            p.model.add(p.crew_when[crew.id] + crew.stay - 1 <= month).only_enforce_if(early)
            done.append(round(1e3 * crew.crew_days) * early)
        p.model.add(sum(done) >= amount(milestone))
    elif kind == "oxygen":
        made: Any = sum(
            maker.product * worked(p, maker.element, maker.delay, month, f"{maker.id}_{milestone.id}")
            for maker in case.makers
            if maker.oxygen
        )
        p.model.add(made >= amount(milestone))
    else:
        start = sum(case.capability(kind, item) for item in case.standing)
        gains = [
            case.capability(kind, item) * p.landed_by(item.id, month)
            for item in case.items
            if case.capability(kind, item)
        ]
        p.model.add(start + sum(gains) >= amount(milestone))


def amount(milestone: Milestone) -> int:
    """What a milestone asks for in whole numbers: W, kg, kbit/s, g of oxygen, thousandths of crew days."""
    scale = {"data": 1e-3, "oxygen": 1e3, "crew_days": 1e3}.get(milestone.capability, 1.0)
    value = (milestone.at_least or 0.0) * scale
    whole = int(value)
    return whole if value - whole < 1e-6 else whole + 1


def keep_budgets(p: Programme) -> None:
    """For each partner and year: cost of its launches, landers, supplies and elements landed in it <= its budget."""
    case = p.case
    years = sorted({limit.year for limit in case.limits if p.keeps(f"budget {limit.id}")})
    for year in years:
        limits = [x for x in case.limits if x.year == year and p.keeps(f"budget {x.id}")]
        first = max(0, 12 * (year - case.campaign.start.year) + 1 - case.campaign.start.month)
        last = min(case.months - 1, 12 * (year - case.campaign.start.year) + 12 - case.campaign.start.month)
        inside = [_within(p, p.month[f], first, last, f"y{year}_{f}") for f in range(p.slots)]
        arrives = {
            item.id: _within(p, p.when[item.id], first, last, f"y{year}_{item.id}")
            for item in case.items
            if item.cost
        }
        for limit in limits:
            spent: list[Any] = [
                item.cost * arrives[item.id]
                for item in case.items
                if item.cost and limit.partner in ("", item.partner)
            ]
            for f in range(p.slots):
                spent += _spent(p, f, inside[f], limit.partner, f"{limit.id}_{year}_{f}")
            p.model.add(sum(spent) <= limit.amount)


def _spent(p: Programme, f: int, inside: Any, partner: str, name: str) -> list[Any]:
    terms = []
    cost: Any = 0
    most = 0
    for u, way in zip(p.ways[f], p.case.ways, strict=True):
        one = way.launch_cost if partner in ("", way.launch_partner) else 0
        if way.uses == 1 and partner in ("", way.partner):
            one += way.lander_cost
        cost += one * u
        most = max(most, one)
    for lander, new in p.new.items():
        way = next(way for way in p.case.ways if way.lander == lander)
        if partner in ("", way.partner):
            cost += way.lander_cost * new[f]
            most += way.lander_cost
    for store in p.case.stores:
        if store.price and partner in ("", store.partner):
            cost += store.price * p.supplies[store.id][f]
            most += store.price * max(way.capacity for way in p.case.ways)
    if most:
        spent = p.model.new_int_var(0, most, f"spent_{name}")
        p.model.add(spent >= cost).only_enforce_if(inside)
        terms.append(spent)
    return terms


def _within(p: Programme, month: Any, first: int, last: int, name: str) -> Any:
    inside = p.model.new_bool_var(f"in_{name}")
    before = p.model.new_bool_var(f"before_{name}")
    after = p.model.new_bool_var(f"after_{name}")
    p.model.add_exactly_one([inside, before, after])
    p.model.add(month < first).only_enforce_if(before)
    p.model.add(month > last).only_enforce_if(after)
    return inside


def tell_equals_apart(p: Programme) -> None:
    """Of elements that differ by name alone, those named first land first: M[e] <= M[e'], which loses no plan."""
    for first, second in equals_of(p.case):
        p.model.add(p.when[first] <= p.when[second])


def equals_of(case: Case) -> list[tuple[str, str]]:
    """Pairs of elements that differ by name alone, in the order of the file."""
    special = {name for item in case.items for name in (item.id, *item.after) if item.after}
    special |= {name for milestone in case.station.milestones for name in milestone.elements}
    special |= {n for function in case.station.functions for need in function.demands for n in need.of}
    special |= {name for crew in case.crews for name in crew.after}
    special |= {maker.element for maker in case.makers}
    pairs = []
    kinds: dict[object, str] = {}
    for item in case.items:
        if item.id in special:
            continue
        rates = tuple(store.rates.get(item.id, 0) for store in case.stores)
        key = (
            item.partner, item.site, item.mass, item.volume, item.cost, item.earliest, item.power,
            item.dark_energy, item.made, item.data, rates,
        )  # fmt: skip
        if key in kinds:
            pairs.append((kinds[key], item.id))
        kinds[key] = item.id
    return pairs


FAMILIES: Sequence[Callable[[Programme], None]] = (
    fly_in_order,
    fly_when_all_is_to_be_had,
    land_elements_once,
    lift_no_more_than_fits,
    land_at_one_site,
    keep_bars,
    land_in_order,
    keep_pads_free,
    keep_cadence,
    build_landers,
    keep_all_alive,
    land_crews,
    keep_stores_filled,
    reach_milestones,
    keep_budgets,
    tell_equals_apart,
)


def demands(case: Case) -> dict[str, str]:
    """What a case asks for, each demand by the name that `Programme.without` knows, in words."""
    found = {}
    for milestone in case.station.milestones:
        text = f"milestone {milestone.id}: {asked(milestone)} by {milestone.by:%Y-%m}"
        found[f"milestone {milestone.id}"] = text
    for crew in case.crews:
        found[f"crew {crew.id}"] = f"crew flight {crew.id} lands from month {crew.first} to {crew.last}"
    for limit in case.limits:
        found.setdefault(f"budget {limit.id}", f"budget {limit.id}")
    for launcher, most in case.cadence.items():
        if any(way.launcher == launcher for way in case.ways):
            found[f"cadence {launcher}"] = f"launcher {launcher} flies at most {most} times in twelve months"
    for way in case.ways:
        if way.most >= 0:
            found[f"landers {way.lander}"] = f"at most {way.most} of lander {way.lander} are built"
    if any(way.shut for way in case.ways):
        found["windows"] = "nothing is launched or landed in a month without a window"
    for store in case.stores:
        found[f"supply {store.id}"] = f"supply {store.id} never runs out"
    found["power"] = "every site survives on its own power in each month"
    for item in case.items:
        if item.after:
            found[f"order {item.id}"] = f"element {item.id} lands after {', '.join(item.after)}"
    if case.campaign.everything:
        end = f"{case.campaign.end:%Y-%m}"
        for item in case.items:
            found[f"land {item.id}"] = f"element {item.id} lands by {end}"
    return found


def asked(milestone: Milestone, value: float | None = None) -> str:
    """What a milestone asks for in words, or another amount of the same."""
    if milestone.function:
        return f"function {milestone.function}" if value is None else "served" if value else "not served"
    if milestone.elements and value is None:
        return " and ".join(milestone.elements)
    dimension = CAPABILITIES[milestone.capability]
    value = milestone.at_least or 0.0 if value is None else value
    words = f"{value:g}" if dimension is None else format_quantity(value, dimension)
    return f"{milestone.capability.replace('_', ' ')} of {words}"
