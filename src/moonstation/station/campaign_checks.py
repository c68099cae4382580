"""Checks across the tables of a campaign: names that lead somewhere, order without circles, dates that can be kept."""

from collections.abc import Callable, Sequence

from moonstation.station.campaign import (
    CREW,
    Campaign,
    CrewFlight,
    Lander,
    Milestone,
    Supply,
    YearBudget,
)
from moonstation.station.catalogues import nearest, packaged_launch_sites
from moonstation.station.draft import Draft, Row
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher
from moonstation.station.prices import Price
from moonstation.station.units import show


def check_campaign_is_there(draft: Draft) -> None:
    """Tables that only a campaign uses come with one."""
    if draft.rows["campaign"]:
        return
    for kind in ("milestone", "crew_flight", "supply", "plant", "budget"):
        for row in draft.rows[kind][:1]:
            draft.report(row, "", "there is no campaign; add [campaign] with start and end")


def check_campaign_names(draft: Draft) -> None:
    """What pads, launchers, landers, milestones, crews, supplies and plants name is there."""
    wanted: tuple[tuple[str, str, str], ...] = (
        ("launcher", "pads", "pad"),
        ("launcher", "partner", "partner"),
        ("lander", "launchers", "launcher"),
        ("crew_flight", "lander", "lander"),
        ("crew_flight", "after", "element"),
        ("milestone", "elements", "element"),
        ("supply", "elements", "element"),
        ("plant", "element", "element"),
        ("element", "after", "element"),
    )
    for kind, key, target in wanted:
        known = dict.fromkeys(draft.ids(target))
        for row in draft.rows[kind]:
            for place, name in _names(row, key):
                if name not in known:
                    _report_unknown(draft, row, place, target, name, known)
    known = dict.fromkeys([*draft.ids("supply"), CREW])
    for row in draft.rows["plant"]:
        for place, name in _names(row, "fills"):
            if name not in known:
                _report_unknown(draft, row, place, "supply", name, known)
    sites = packaged_launch_sites()
    for row in draft.rows["pad"]:
        for place, name in _names(row, "launch_site"):
            if name not in sites:
                cure = nearest(name, sites) or f"; known are {', '.join(sites)}"
                draft.report(row, place, f"there is no launch site {show(name)}{cure}")
    functions = dict.fromkeys(draft.ids("function"))
    for row in draft.rows["milestone"]:
        if isinstance(row.record, Milestone) and row.record.function and row.record.function not in functions:
            _report_unknown(draft, row, "capability", "function", row.record.function, functions)


def _names(row: Row, key: str) -> list[tuple[str, str]]:
    value = row.values.get(key)
    if isinstance(value, str) and value:
        return [(key, value)]
    listed = value if isinstance(value, list) else []
    return [(f"{key}[{number}]", name) for number, name in enumerate(listed) if isinstance(name, str)]


def _report_unknown(draft: Draft, row: Row, key: str, kind: str, name: str, known: dict[str, None]) -> None:
    some = ", ".join(list(known)[:12])
    cure = nearest(name, known) or (f"; there is {some}" if some else f"; add [[{kind}]]")
    draft.report(row, key, f"there is no {kind.replace('_', ' ')} {show(name)}{cure}")


def check_order_has_no_circle(draft: Draft) -> None:
    """No element waits for itself."""
    rows = {row.id: row for row in draft.rows["element"] if isinstance(row.record, Element)}
    after = {
        name: [first for first in row.record.after if first in rows]
        for name, row in rows.items()
        if isinstance(row.record, Element)
    }
    done: set[str] = set()
    for start in after:
        circle = _circle(after, start, done)
        if circle:
            text = f"a circle: {' waits for '.join([*circle, circle[0]])}; take one of them out of after"
            draft.report(rows[circle[0]], "after", text)
            return


def _circle(after: dict[str, list[str]], start: str, done: set[str]) -> list[str]:
    # depth first without recursion: a chain may be as long as there are elements
    if start in done:
        return []
    path, turns = [start], [iter(after[start])]
    on_path = {start}
    while path:
        step = next(turns[-1], None)
        if step is None:
            done.add(path[-1])
            on_path.discard(path.pop())
            turns.pop()
        elif step in on_path:
            return path[path.index(step) :]
        elif step not in done:
            path.append(step)
            on_path.add(step)
            turns.append(iter(after[step]))
    return []


def check_crews_can_land(draft: Draft) -> None:
    """Crews fly on landers for crews, cargo on the others, and each crew has a site."""
    kinds = {row.id: row.record.kind for row in draft.rows["lander"] if isinstance(row.record, Lander)}
    sites = dict.fromkeys(draft.ids("site"))
    for row in draft.rows["crew_flight"]:
        if not isinstance(row.record, CrewFlight):
            continue
        if kinds.get(row.record.lander) == "cargo":
            text = f'{show(row.record.lander)} is a cargo lander; name one with kind = "crew"'
            draft.report(row, "lander", text)
        if not row.record.site and len(sites) > 1:
            draft.report(row, "site", f"is missing; name one of {', '.join(sites)}")


def check_dates_are_in_the_campaign(draft: Draft) -> None:
    """Months of milestones and crews can be met: not before the first month, not after the last."""
    campaign = _campaign(draft)
    if campaign is None:
        return
    name = f"{campaign.start:%Y-%m}"
    for kind, key in (("milestone", "by"), ("crew_flight", "by")):
        for row in draft.rows[kind]:
            month = getattr(row.record, key, None)
            if month is not None and campaign.month_of(month) < 0:
                text = f"{month:%Y-%m} is before the first month of the campaign, {name}; give a later month"
                draft.report(row, key, text)
    for kind in ("element", "crew_flight"):
        for row in draft.rows[kind]:
            month = getattr(row.record, "not_before", None)
            if month is not None and month > campaign.end:
                text = f"{month:%Y-%m} is after the end of the campaign, {campaign.end:%Y-%m}; give an earlier month"
                draft.report(row, "not_before", text)


def check_costs_can_be_added(draft: Draft) -> None:
    """All costs that the campaign counts can be brought to its prices."""
    campaign = _campaign(draft)
    if campaign is None:
        return
    for row in draft.all_rows():
        record = row.record
        if isinstance(record, Launcher) and not record.pads:
            continue
        for key in ("cost", "price", "amount"):
            price = getattr(record, key, None)
            if isinstance(record, Element | Launcher | Lander | Supply | YearBudget) and isinstance(
                price, Price
            ):
                try:
                    campaign.worth(price)
                except ValueError as error:
                    draft.report(row, key, str(error))


def check_one_store_for_crews(draft: Draft) -> None:
    """Crews live from one store, and no other supply has its name."""
    stores = [
        row for row in draft.rows["supply"] if isinstance(row.record, Supply) and row.record.kind == "crew"
    ]
    for row in stores[1:]:
        draft.report(row, "kind", f"{show(stores[0].id)} is the store of crews already; put both into one")
    for row in draft.rows["supply"]:
        if isinstance(row.record, Supply) and row.id == CREW and row.record.kind != "crew":
            draft.report(row, "id", 'is the name of the store of crews; give kind = "crew" or another id')


def check_budgets_name_partners(draft: Draft) -> None:
    """Years of budgets rise, and no two hold for the same partner and year."""
    for row in draft.rows["budget"]:
        record = row.record
        if isinstance(record, YearBudget) and None not in (record.first, record.last):
            assert record.first is not None
            assert record.last is not None
            if record.last < record.first:
                draft.report(row, "last", "is before first; exchange them")


def _campaign(draft: Draft) -> Campaign | None:
    records = [row.record for row in draft.rows["campaign"]]
    return next((record for record in records if isinstance(record, Campaign)), None)


CHECKS: Sequence[Callable[[Draft], None]] = (
    check_campaign_is_there,
    check_campaign_names,
    check_order_has_no_circle,
    check_crews_can_land,
    check_dates_are_in_the_campaign,
    check_costs_can_be_added,
    check_one_store_for_crews,
    check_budgets_name_partners,
)
