"""All budgets of a station in one result: trees, buses in the dark, missions, and what stands beside the figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from moonstation.design.budgets import (
    Budget,
    DarkSpell,
    Key,
    Node,
    budget_tree,
    check_partner,
    check_sources,
    group_names,
    idle_partners,
    station_budgets,
)
from moonstation.design.closing import BusBudget, MissionBudget, bus_budgets, mission_budgets
from moonstation.design.margins import Policy
from moonstation.errors import RequestError
from moonstation.station.model import Station
from moonstation.study.dark import dark_spells
from moonstation.study.ground import site_grounds
from moonstation.study.missions import fly_missions
from moonstation.study.run import Progress, StudySpan, software

UNITS: dict[str, tuple[str, float]] = {
    "mass": ("kg", 1.0),
    "power": ("W", 1.0),
    "energy": ("kWh", 3.6e6),
    "data": ("Gbit", 1e9),
    "money": ("M", 1e6),
}
"""Unit of each dimension in tables and files, and its size."""


@dataclass(frozen=True, eq=False)
class StationBudget:
    """Every budget of a station.

    Attributes
    ----------
    station : Station
        As loaded.
    policy : Policy
        Margins.
    by : tuple of str
        What the trees group by, outermost first.
    budgets : tuple of Budget
        Lines.
    trees : dict of str to Node
        By id of the budget.
    dark : dict of str to DarkSpell
        By bus; empty if the light was not asked for.
    buses : tuple of BusBudget
        Power buses; empty where one partner alone is asked for.
    missions : tuple of MissionBudget
        Missions that bring elements.
    notes : tuple of str
        What the figures rest on and leave out.
    """

    station: Station
    policy: Policy
    by: tuple[Key, ...]
    budgets: tuple[Budget, ...]
    trees: dict[str, Node]
    dark: dict[str, DarkSpell]
    buses: tuple[BusBudget, ...]
    missions: tuple[MissionBudget, ...]
    notes: tuple[str, ...]


def budget_station(
    station: Station,
    policy: Policy,
    *,
    by: Sequence[Key] = ("partner",),
    partner: str | None = None,
    span: StudySpan | None = None,
    flights: bool = True,
    progress: Progress,
) -> StationBudget:
    """Work out every budget of a station.

    Parameters
    ----------
    station : Station
        As loaded.
    policy : Policy
        Margins.
    by : sequence of str
        Keys of `moonstation.design.budgets.KEYS`, outermost first.
    partner : str, optional
        Count what this partner brings alone.
    span : StudySpan, optional
        Instants of the light; no dark spells without.
    flights : bool
        Whether to compute how missions fly, for the mass that they deliver.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If there is nothing to count, a bus has loads and no source, or a partner brings nothing.
    """
    check_sources(station)
    if partner is not None:
        check_partner(station, partner)
    dark: dict[str, DarkSpell] = {}
    notes: list[str] = []
    grounded = station.without_outposts()
    if span is not None and grounded.buses:
        dark, notes = dark_spells(grounded, span, progress=lambda stage, part: progress(stage, 0.5 * part))
    budgets = station_budgets(station, policy, dark=dark if dark else None, partner=partner)
    delivered, refused = _flown(station, progress) if flights and partner is None else ({}, {})
    mass = next(budget for budget in budgets if budget.id == "mass")
    names = group_names(station)
    return StationBudget(
        station=station,
        policy=policy,
        by=tuple(by),
        budgets=tuple(budgets),
        trees={budget.id: budget_tree(budget, by, names=names) for budget in budgets},
        dark=dark,
        buses=tuple(bus_budgets(grounded, policy, budgets, dark=dark)) if partner is None else (),
        missions=tuple(mission_budgets(station, policy, mass, delivered=delivered, refused=refused))
        if flights and partner is None
        else (),
        notes=tuple(_notes(station, policy, budgets, span, notes)),
    )


def _flown(station: Station, progress: Progress) -> tuple[dict[str, float | None], dict[str, str]]:
    """Mass that each mission which brings elements delivers [kg], and why others have no flight."""
    bring = {e.mission for e in station.elements}
    asked = [m for m in station.missions if m.departs is not None and m.id in bring]
    grounds = site_grounds(station, progress=lambda part: progress("terrain and horizons", 0.5 + 0.05 * part))
    delivered: dict[str, float | None] = {}
    refused: dict[str, str] = {}
    for number, mission in enumerate(asked):
        progress(f"flight of {mission.id}", 0.55 + 0.4 * number / len(asked))
        try:
            flown = fly_missions(replace(station, missions=[mission]), grounds)[0]
        except RequestError as error:
            # the other missions have flights all the same
            refused[mission.id] = str(error)
            continue
        delivered[mission.id] = flown.in_orbit if mission.site is None else flown.landed
    return delivered, refused


def _notes(
    station: Station, policy: Policy, budgets: Sequence[Budget], span: StudySpan | None, light: Sequence[str]
) -> list[str]:
    by_default = sorted({line.id for b in budgets for line in b.lines if not line.stated})
    every = {line.id for b in budgets for line in b.lines}
    notes = []
    if by_default and policy.levels:
        words = ", ".join(
            f"{said} as {policy.level(level)}"
            for said, level in (("published", "off-the-shelf"), ("estimated", "modified"))
        )
        notes.append(
            f"{len(by_default)} of {len(every)} elements and orbiters state no maturity: each of their values is taken "
            f"after its confidence, {words}, any other as {policy.level('new')}; say maturity to state it"
        )
    for confidence, words in (
        ("recalled", "margins recalled, not checked against their document"),
        ("quoted", "margins as public documents quote theirs, which was not opened"),
    ):
        found = _sources(budgets, confidence)
        if found:
            notes.append(f"{words}: {'; '.join(found)}")
    idle = idle_partners(station)
    if idle:
        notes.append(
            f"{len(idle)} of {len(station.partners)} partners bring no element, orbiter or ground station: "
            f"{', '.join(idle)}"
        )
    if span is not None:
        days = (span.stop - span.start) / 86_400.0
        notes.append(
            f"dark spells within {span.start.utc[:10]} to {span.stop.utc[:10]} ({days:.0f} d, steps of "
            f"{span.step_s / 60.0:g} min; spells at its begin or end may be longer); another span may hold longer ones"
        )
    late = [e.id for e in station.elements if e.arrives is not None]
    if late:
        verb = "arrives" if len(late) == 1 else "arrive"
        notes.append(f"elements count whenever they arrive; {', '.join(late[:6])} {verb} on a date")
    if station.outposts:
        names = ", ".join(outpost.id for outpost in station.outposts)
        notes.append(f"what stands on outposts counts, but has no dark spell and no power bus here: {names}")
    return [*notes, *light]


def _sources(budgets: Sequence[Budget], confidence: str) -> list[str]:
    """Documents of the margins in use that are known so well."""
    margins = [m for b in budgets for m in (b.system_margin, *(line.margin for line in b.lines))]
    return list(
        dict.fromkeys(m.source.split(":")[0] for m in margins if m.share and m.confidence == confidence)
    )


def unit_of(budget: Budget) -> tuple[str, float]:
    """Unit of a budget in tables and files, and its size in SI (or in the currency)."""
    unit, size = UNITS[budget.dimension]
    if budget.dimension == "money":
        return f"M{budget.basis.split()[0]}" if budget.basis else "M", size
    return unit, size


def nodes_frame(result: StationBudget) -> pd.DataFrame:
    """Every node of every tree as a row; ``path`` leads to it from the root."""
    rows: list[dict[str, Any]] = []
    for budget in result.budgets:
        unit, size = unit_of(budget)
        whole = result.trees[budget.id].total

        def add(
            node: Node,
            path: str,
            budget: Budget = budget,
            unit: str = unit,
            size: float = size,
            whole: float = whole,
        ) -> None:
            line = node.line
            rows.append(
                {
                    "budget": budget.id,
                    "path": path,
                    "level": node.level,
                    "id": node.id,
                    "name": node.name,
                    "unit": unit if budget.dimension != "money" else f"{unit} {budget.basis[4:]}",
                    "estimate": node.basic / size,
                    "growth": node.growth / size,
                    "system": node.system / size,
                    "total": node.total / size,
                    "share": node.total / whole if whole else 0.0,
                    "maturity": line.maturity if line else "",
                    "maturity_from": ("stated" if line.stated else "confidence") if line else "",
                    "margin": line.margin.share if line else None,
                    "margin_source": line.margin.source if line else "",
                }
            )
            for child in node.children:
                add(child, f"{path}/{child.id}")

        add(result.trees[budget.id], "total")
    return pd.DataFrame(rows)


def budget_json(result: StationBudget) -> dict[str, Any]:
    """Everything as plain values for JSON; amounts in the unit that stands beside them."""
    return {
        "schema": "moonstation budget 1",
        "software": software(),
        "station": {"id": result.station.id, "name": result.station.name, "sha256": result.station.sha256},
        "policy": {
            "id": result.policy.id,
            "name": result.policy.name,
            "system_margin_of": result.policy.system_on,
            "asked": {name: margin.share for name, margin in result.policy.flat.items()},
        },
        "by": list(result.by),
        "budgets": [_budget_json(budget, result.trees[budget.id]) for budget in result.budgets],
        "buses": [_bus_json(bus) for bus in result.buses],
        "missions": [_mission_json(mission) for mission in result.missions],
        "notes": list(result.notes),
    }


def _budget_json(budget: Budget, tree: Node) -> dict[str, Any]:
    unit, size = unit_of(budget)
    return {
        "id": budget.id,
        "title": budget.title,
        "unit": unit,
        "prices": budget.basis,
        "system_margin": {"share": budget.system_margin.share, "source": budget.system_margin.source},
        "missing": list(budget.missing),
        "note": budget.note,
        "tree": _node_json(tree, size),
    }


def _node_json(node: Node, size: float) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": node.id,
        "name": node.name,
        "level": node.level,
        "estimate": node.basic / size,
        "growth": node.growth / size,
        "system": node.system / size,
        "total": node.total / size,
    }
    if node.line is not None:
        found["maturity"] = node.line.maturity
        found["maturity_stated"] = node.line.stated
        found["margin"] = {
            "share": node.line.margin.share,
            "source": node.line.margin.source,
            "confidence": node.line.margin.confidence,
        }
    if node.children:
        found["children"] = [_node_json(child, size) for child in node.children]
    return found


def _bus_json(bus: BusBudget) -> dict[str, Any]:
    known = bus.dark is not None
    return {
        "bus": bus.bus,
        "nominal_w": bus.nominal,
        "survival_w": bus.survival,
        "constant_sources_w": bus.constant,
        "arrays_rated_w": bus.arrays,
        "stores_kwh": bus.store / 3.6e6,
        "longest_dark_d": bus.dark.length / 86_400.0 if bus.dark else None,
        "longest_dark_start": bus.dark.start if bus.dark else None,
        "longest_dark_clipped": bus.dark.clipped if bus.dark else None,
        "needed_kwh": bus.needed / 3.6e6 if known else None,
        "held_kwh": bus.held / 3.6e6 if known else None,
        "survival_load_missing": list(bus.unstated),
    }


def _mission_json(mission: MissionBudget) -> dict[str, Any]:
    return {
        "mission": mission.mission,
        "launcher": mission.launcher,
        "elements": mission.elements,
        "mass_missing": list(mission.unweighed),
        "estimate_kg": mission.basic,
        "total_kg": mission.total,
        "craft_kg": mission.craft,
        "delivered_kg": mission.delivered,
        "left_kg": mission.left,
        "why_not_known": mission.why,
    }
