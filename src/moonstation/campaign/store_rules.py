"""Stores that never run out: what is brought and made against what is used up."""

from typing import Any

from moonstation.campaign.case import Store
from moonstation.campaign.programme import Programme


def keep_stores_filled(p: Programme) -> None:
    """For each supply, before each month t = T[f] with landings and after the last month (reserve r):

    stock + 1000 * sum of s[k,g] over earlier months + what plants made by t - 1 >= what is used by t - 1 + r,
    where an element landed by t - 1 uses its rate from the month after its landing on. The store of crews must also
    hold what a crew needs in the month in which it lands, its own flight counted. Masses in grams.
    """
    for store in p.case.stores:
        if not p.keeps(f"supply {store.id}"):
            continue
        for f in range(p.slots + 1):
            _fill_before(p, store, f)
        plants = [maker for maker in p.case.makers if maker.fills == store.id]
        if store.crew or (store.reserve and plants):
            for f in range(p.slots):
                _fill_after(p, store, f)
        if plants and p.case.ways:
            _fill_before_plants(p, store)


def _fill_before(p: Programme, store: Store, f: int) -> None:
    # slot p.slots stands for the month after the last
    month = p.month[f] if f < p.slots else p.case.months
    # between slots of one month the rule is not judged, so that earlier slots are of earlier months
    need = _used_by(p, store, month - 1 + store.reserve, f, f"{store.id}_{f}") + _eaten(p, store, f)
    have = store.stock + 1000 * sum(p.supplies[store.id][:f]) + _made(p, store, month - 1, f"b{f}")
    rule = p.model.add(have >= need)
    if f < p.slots:
        # before the first month there is nothing to keep: what lands in it counts from its end on
        begun = p.model.new_bool_var(f"begun_{store.id}_{f}")
        p.model.add(month >= 1).only_enforce_if(begun)
        p.model.add(month == 0).only_enforce_if(begun.negated())
        rule.only_enforce_if([begun, p.used[f], *(same.negated() for same in p.same[max(0, f - 1) : f])])


def _fill_after(p: Programme, store: Store, f: int) -> None:
    month = p.month[f]
    need = _used_by(p, store, month + store.reserve, f + 1, f"after_{store.id}_{f}") + _eaten(p, store, f + 1)
    have = store.stock + 1000 * sum(p.supplies[store.id][: f + 1]) + _made(p, store, month, f"a{f}")
    rule = p.model.add(have >= need)
    rule.only_enforce_if([p.used[f], *(same.negated() for same in p.same[f : f + 1])])


def _fill_before_plants(p: Programme, store: Store) -> None:
    """The month before a plant begins to work: from then on a store may rise, so that it is lowest there."""
    most = max(way.capacity for way in p.case.ways)
    for maker in p.case.makers:
        if maker.fills != store.id or maker.element not in p.when:
            continue
        name = f"{store.id}_{maker.id}"
        month = p.when[maker.element] + maker.delay - 1
        inside = p.model.new_bool_var(f"inside_{name}")
        p.model.add(month >= p.case.months).only_enforce_if(inside.negated())
        brought: Any = 0
        for f in range(p.slots):
            by_then = p.model.new_bool_var(f"by_{name}_{f}")
            mass = p.model.new_int_var(0, most, f"brought_{name}_{f}")
            p.model.add(p.month[f] <= month).only_enforce_if(by_then)
            p.model.add(mass == 0).only_enforce_if(by_then.negated())
            p.model.add(mass <= p.supplies[store.id][f])
            brought += mass
        eaten: Any = 0
        for crew in p.case.crews if store.crew else ():
            late = p.model.new_bool_var(f"late_{name}_{crew.id}")
            p.model.add(p.crew_when[crew.id] > month).only_enforce_if(late)
            eaten += crew.need * late.negated()
        need = _used_by(p, store, month + store.reserve, p.slots, f"plant_{name}") + eaten
        have = store.stock + 1000 * brought + _made(p, store, month, f"p{maker.id}")
        p.model.add(have >= need).only_enforce_if(inside)


def _used_by(p: Programme, store: Store, end: Any, slots: int, name: str) -> Any:
    """What elements landed with the first slots, and all else but crews, use up by the end of a month."""
    total = _of_standing(p, store, end) + _steady(p, store, end, name)
    most = 2 * p.case.months + store.reserve + 2
    for item in p.case.items:
        rate = store.rates.get(item.id, 0)
        if rate:
            lasts = p.model.new_int_var(0, most, f"lasts_{name}_{item.id}")
            if store.reserve == 0:
                p.model.add(lasts >= end - p.when[item.id])
            else:
                # an element that lands later has no share in the reserve
                for a in p.lands[item.id][:slots]:
                    p.model.add(lasts >= end - p.when[item.id]).only_enforce_if(a)
            total += rate * lasts
    return total


def _of_standing(p: Programme, store: Store, end: Any) -> Any:
    rate = sum(store.rates.get(item.id, 0) for item in p.case.standing)
    return rate * (end + 1) if rate else 0


def _steady(p: Programme, store: Store, end: Any, name: str) -> Any:
    if not store.steady:
        return 0
    lasts = p.model.new_int_var(0, 2 * p.case.months + store.reserve + 2, f"steady_{name}")
    p.model.add(lasts >= end + 1 - store.first)
    return store.steady * lasts


def _eaten(p: Programme, store: Store, f: int) -> Any:
    if not store.crew:
        return 0
    needs = {crew.id: crew.need for crew in p.case.crews}
    return sum(
        needs[way.crew] * u
        for g in range(min(f, p.slots))
        for u, way in zip(p.ways[g], p.case.ways, strict=True)
        if way.crew
    )


def _made(p: Programme, store: Store, end: Any, name: str) -> Any:
    """What plants have put into a store by the end of a month: rate * max(0, end + 1 - M[e] - delay)."""
    total: Any = 0
    for maker in p.case.makers:
        if maker.fills == store.id and maker.filling:
            total += maker.filling * worked(
                p, maker.element, maker.delay, end, f"{maker.id}_{store.id}_{name}"
            )
    return total


def worked(p: Programme, element: str, delay: int, end: Any, name: str) -> Any:
    """Months of work of an element by the end of a month: at most end + 1 - M[e] - delay."""
    months = p.model.new_int_var(0, p.case.months + 1, f"worked_{name}")
    works = p.model.new_bool_var(f"works_{name}")
    p.model.add(months == 0).only_enforce_if(works.negated())
    start = p.when.get(element, -1)
    p.model.add(months <= end + 1 - start - delay).only_enforce_if(works)
    return months
