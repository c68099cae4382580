"""What must hold between agreements of partners and the rest of a station file: one rule, one function."""

import datetime as dt
from collections.abc import Iterator
from typing import TypeVar

from moonstation.station.agreements import NEVER, Bar, Contribution, DataRight, Entitlement
from moonstation.station.catalogues import nearest
from moonstation.station.draft import Draft, Row
from moonstation.station.part import Part
from moonstation.station.units import format_quantity, show

_Part = TypeVar("_Part", bound=Part)

BROUGHT = ("element", "orbiter", "ground_station", "mission", "launcher")
"""Tables whose rows a contribution may name."""


def check_contributions(draft: Draft) -> None:
    """A contribution names what is there, what is its partner's, and nothing that another names already."""
    owners: dict[str, set[str]] = {}
    for kind in BROUGHT:
        for part in draft.rows[kind]:
            # a mission may have the name of the orbiter that it brings
            owners.setdefault(part.id, set()).update({str(part.values.get("partner") or "")} - {""})
    seen: dict[str, str] = {}
    for row, record in _records(draft, "contribution", Contribution):
        for number, name in enumerate(record.of):
            key = f"of[{number}]"
            others = owners.get(name, set()) - {record.partner}
            if name not in owners:
                cure = (
                    nearest(name, owners) or "; name an element, orbiter, ground station, mission or launcher"
                )
                draft.report(row, key, f"the station has no {show(name)}{cure}")
            elif others:
                cure = "leave it out here or change its partner"
                draft.report(row, key, f"{show(name)} is of {min(others)}, not of {record.partner}; {cure}")
            elif name in seen:
                draft.report(row, key, f"{show(name)} is in contribution {seen[name]} already; keep one")
            seen.setdefault(name, record.id)


def check_agreements_name_partners(draft: Draft) -> None:
    """Givers, closed partners and partners with rights are partners of the station, and not the other side."""
    known = dict.fromkeys(draft.ids("partner"))

    def known_or_reported(row: Row, key: str, name: str) -> None:
        if name and name not in known:
            cure = nearest(name, known) or f'; add [[partner]] with id = "{name[:64]}"'
            draft.report(row, key, f"there is no partner {show(name)}{cure}")

    for row, bar in _records(draft, "bar", Bar):
        known_or_reported(row, "of", bar.of)
    for row, owed in _records(draft, "entitlement", Entitlement):
        known_or_reported(row, "giver", owed.giver)
        if owed.giver == owed.partner:
            draft.report(
                row, "giver", f"{owed.partner} owes it to itself; name another partner or leave it out"
            )
    for row, right in _records(draft, "data_right", DataRight):
        for number, name in enumerate(right.partners):
            known_or_reported(row, f"partners[{number}]", name)


def check_data_rights(draft: Draft) -> None:
    """Rights are about data that are made, and no two of them say different things of the same data and partner."""
    makers = {
        row.id: row.values.get("partner") for kind in ("element", "orbiter") for row in draft.rows[kind]
    }
    seen: dict[tuple[str, str], DataRight] = {}
    for row, right in _records(draft, "data_right", DataRight):
        for number, name in enumerate(right.of):
            if name not in makers:
                cure = nearest(name, makers) or "; name an element or an orbiter"
                draft.report(row, f"of[{number}]", f"there is no element or orbiter {show(name)}{cure}")
                continue
            for partner in right.partners or [""]:
                if partner and partner == makers[name] and right.wait > 0.0:
                    text = f"{partner} owns {show(name)} and always sees its data; leave one of them out"
                    draft.report(row, "partners", text)
                    continue
                first = seen.setdefault((name, partner), right)
                if first.wait != right.wait:
                    who = partner or "all partners"
                    text = (
                        f"data of {show(name)} are {_access(right)} to {who} here but {_access(first)} in data_right "
                        f"{first.id}; keep one of the two"
                    )
                    draft.report(row, "access", text)
                elif first is not right:
                    text = (
                        f"says of {show(name)} what data_right {first.id} says already; keep one of the two"
                    )
                    draft.report(row, "of", text)


def check_data_shares_add_up(draft: Draft) -> None:
    """No more of the data is promised than there is."""
    sums: dict[str, float] = {}
    for row, owed in _records(draft, "entitlement", Entitlement):
        if owed.data_share is None:
            continue
        sums[owed.giver] = sums.get(owed.giver, 0.0) + owed.data_share
        if sums[owed.giver] > 1.0 + 1e-9:
            text = f"shares of the data{_of(owed.giver)} add up to {100.0 * sums[owed.giver]:.4g} %; lower one of them"
            draft.report(row, "data_share", text)


def check_bars(draft: Draft) -> None:
    """What is closed to a partner is not promised to it at the same time."""
    bars: dict[tuple[str, str], Bar] = {}
    for row, bar in _records(draft, "bar", Bar):
        first = bars.setdefault((bar.partner, bar.of), bar)
        if first is not bar:
            text = f"{bar.partner} is barred from parts of {bar.of} by bar {first.id} already; keep one of the two"
            draft.report(row, "of", text)
    for row, owed in _records(draft, "entitlement", Entitlement):
        bar_of = bars.get((owed.partner, owed.giver))
        if bar_of is not None and not _over_before(owed.until, bar_of):
            cure = f"add until = {bar_of.from_}" if bar_of.from_ else "leave one of them out"
            text = f"{owed.partner} is barred from parts of {owed.giver} by bar {bar_of.id}{_since(bar_of)}; {cure}"
            draft.report(row, "giver", text)
    for row in draft.rows["share"]:
        pair = (str(row.values.get("getter")), str(row.values.get("giver")))
        if pair in bars:
            text = (
                f"{pair[0]} is barred from parts of {pair[1]} by bar {bars[pair].id}{_since(bars[pair])}; leave one of "
                "them out"
            )
            draft.report(row, "getter", text)
    makers = {
        row.id: row.values.get("partner") for kind in ("element", "orbiter") for row in draft.rows[kind]
    }
    for row, right in _records(draft, "data_right", DataRight):
        for partner in right.partners:
            closed = [
                bars[partner, str(makers.get(name))]
                for name in right.of
                if (partner, makers.get(name)) in bars
            ]
            if closed and right.wait != NEVER:
                bar = closed[0]
                text = (
                    f"data are {_access(right)} to {partner}, which is barred from parts of {bar.of} by bar {bar.id}"
                    f'{_since(bar)}; write access = "never" or leave the bar out'
                )
                draft.report(row, "access", text)


def _over_before(until: dt.date | None, bar: Bar) -> bool:
    return until is not None and bar.from_ is not None and until <= bar.from_


def _since(bar: Bar) -> str:
    return f" from {bar.from_}" if bar.from_ else ""


def _of(giver: str) -> str:
    return f" of {giver}" if giver else ""


def _access(right: DataRight) -> str:
    if right.access == "embargo":
        return f"open after {format_quantity(right.wait, 'time')}"
    return "open" if right.access == "open" else "never open"


def _records(draft: Draft, kind: str, model: type[_Part]) -> Iterator[tuple[Row, _Part]]:
    for row in draft.rows[kind]:
        # what is no valid record has been reported with the table itself
        if isinstance(row.record, model):
            yield row, row.record
