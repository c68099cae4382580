"""What `moonstation partners change` prints and writes of a campaign planned anew after a change."""

from typing import TYPE_CHECKING, Any

from moonstation.cli.console import out
from moonstation.cli.partners import new_table
from moonstation.report.wording import listing, number

if TYPE_CHECKING:
    from moonstation.campaign.plan import Plan
    from moonstation.station.model import Station
    from moonstation.study.partner_plans import Replan

WIDE = 130
SHOWN = 14


def print_replan(found: "Replan", station: "Station") -> None:
    """Milestones, costs and flights before and after the change."""
    names = {milestone.id: milestone.name or milestone.id for milestone in station.milestones}
    out.print()
    out.print(f"The campaign, planned anew from {found.since} on", markup=False, style="bold", soft_wrap=True)
    out.print("its dates are those of the plans, not those of the station file", markup=False, soft_wrap=True)
    if found.after is None:
        out.print(f"no plan after the change: {found.reason}", markup=False, style="red", soft_wrap=True)
    table = new_table("milestone or function", "asked by", "before", "after", "", words=1)
    for row in found.dates:
        after = (row.after or "never") if found.after is not None else "not known"
        name, _, rest = row.what.partition(": ")
        words = f"{names.get(name, name)} ({rest})" if rest else row.what
        table.add_row(words, row.asked or "-", row.before or "never", after, _verdict(row, found))
    first, last = found.completion
    table.add_row("all landed", "-", first or "-", last or "-", "")
    out.print_wide(table, WIDE)
    if found.after is not None:
        _print_sums(found)
    for name, words in found.built.items():
        lands = next((row for row in found.carried if row.element == name and row.after), None)
        where = f": {lands.after} of {lands.by[1]} in {lands.after_month}" if lands else ""
        out.print(f"built instead: {words}{where}", markup=False, soft_wrap=True)
    if found.lost:
        out.print(
            f"not replaced, as nothing asks for it: {', '.join(found.lost)}", markup=False, soft_wrap=True
        )
    if found.stuck:
        out.print(
            f"never landed, as no lander that is left brings it or no power is left for it: {', '.join(found.stuck)}",
            markup=False,
            soft_wrap=True,
            style="yellow",
        )
    _print_moves(found)


def _print_sums(found: "Replan") -> None:
    assert found.after is not None
    one, two = found.cost_before, found.cost_after
    money = found.before.prices
    table = new_table(f"\ncost in millions, {money}", "before", "after", "more")
    for partner in sorted({*one, *two}):
        was, now = one.get(partner, 0.0), two.get(partner, 0.0)
        table.add_row(partner or "no partner", _millions(was), _millions(now), _signed(now - was))
    was, now = sum(one.values()), sum(two.values())
    table.add_row("all", _millions(was), _millions(now), _signed(now - was))
    out.print_wide(table, WIDE)
    launches = found.launches
    out.print(
        f"landed {number(found.mass_before / 1e3)} t before, {number(found.mass_after / 1e3)} t after; "
        f"{launches[0]} launches before, {launches[1]} after",
        markup=False,
        soft_wrap=True,
    )
    out.print(
        f"plan before: {_proof(found.before)}; plan after: {_proof(found.after)}; what differs by less may come of the "
        "searches",
        markup=False,
        soft_wrap=True,
    )


def _proof(plan: "Plan") -> str:
    if plan.status == "greedy":
        return "the first one, nothing proven of it"
    return f"up to {100.0 * plan.gap:.1f} % from the best"


def _print_moves(found: "Replan") -> None:
    """Elements that fly with another partner, or now fly, or do not any more."""
    rows = [row for row in found.carried if row.by[0] != row.by[1] and row.after]
    if not rows or found.after is None:
        return
    table = new_table("\nflown by another", "before", "of", "in", "after", "of", "in", words=6)
    for row in rows[:SHOWN]:
        table.add_row(
            row.element,
            row.before or "on nothing",
            row.by[0] or "-",
            row.before_month,
            row.after,
            row.by[1],
            row.after_month,
        )
    out.print_wide(table, WIDE)
    if len(rows) > SHOWN:
        out.print(f"and {listing([row.element for row in rows[SHOWN:]])}", markup=False, soft_wrap=True)


def _verdict(row: Any, found: "Replan") -> str:
    if found.after is None or row.before == row.after:
        return ""
    if not row.after:
        return "lost"
    if not row.before:
        return "gained"
    if row.asked and row.after > row.asked >= row.before:
        return "too late"
    if "from the start" in (row.before, row.after):
        return "away for a time" if row.before == "from the start" else "sooner"
    return "later" if row.after > row.before else "sooner"


def _millions(amount: float) -> str:
    return f"{amount / 1e6:,.0f}"


def _signed(amount: float) -> str:
    return f"{amount / 1e6:+,.0f}"


def flight_rows(found: "Replan") -> list[dict[str, str]]:
    """What each element flies on before and after, for a table."""
    return [
        {
            "element": row.element,
            "before": row.before,
            "before_of": row.by[0],
            "before_month": row.before_month,
            "after": row.after,
            "after_of": row.by[1],
            "after_month": row.after_month,
        }
        for row in found.carried
    ]


def date_rows(found: "Replan") -> list[dict[str, str]]:
    """Milestones and functions before and after, for a table."""
    return [
        {"what": row.what, "asked": row.asked, "before": row.before or "never", "after": row.after or "never"}
        for row in found.dates
    ]
