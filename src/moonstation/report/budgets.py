"""The page of a station's budgets: sunbursts, trees, buses in the dark, missions, and what the figures rest on."""

from dataclasses import dataclass
from typing import Any

from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, label, layout, to_json
from moonstation.report.shell import drawings, fill_page, notes_box, packaged_text, plotly_js, section
from moonstation.report.tables import Html, Table, escaped
from moonstation.report.wording import (
    NO_BREAK,
    count,
    duration,
    energy,
    listing,
    number,
    power,
    quantity,
    share,
    shortened,
    volume,
)

COLOURS = (
    palette.BLUE,
    palette.ORANGE,
    palette.GREEN,
    palette.PURPLE,
    palette.SKY_BLUE,
    palette.VERMILLION,
    palette.YELLOW,
)
"""Colours of the inner ring, begun anew when there are more groups."""

SYSTEM_COLOUR = "#9aa4b1"

METHOD = (
    ("Best estimate", "the value in the station file"),
    (
        "Growth",
        "margin for the maturity of each element, after the policy; of a value whose element states no maturity, after "
        "the confidence of that value",
    ),
    (
        "System margin",
        "held over all together; with ESA a share of the sum with growth, with ANSI of the sum without",
    ),
    ("Total", "best estimate, growth and system margin; the leaves of each tree add up to it"),
)


@dataclass(frozen=True)
class Row:
    """A row of the tree of all budgets side by side.

    Attributes
    ----------
    depth : int
        0 for groups of the outermost ring, more inside.
    name, level : str
        What stands there, and its level as in `moonstation.design.budgets.Node`.
    amounts : tuple of str
        For people, a column for each budget; a dash where the budget does not speak of it or the value is missing.
    """

    depth: int
    name: str
    level: str
    amounts: tuple[str, ...]


def amount(budget: Any, value: float) -> str:
    """An amount of a budget for people, with its unit."""
    match budget.dimension:
        case "mass":
            return quantity(value, "kg", 4)
        case "power":
            return power(value)
        case "energy":
            return energy(value)
        case "data":
            return volume(value)
        case _:
            currency, _, year = budget.basis.partition(" ")
            unit = f"M{currency}{NO_BREAK}{year}" if year.isdigit() else f"M{currency}"
            return f"{number(value / 1e6, 4)}{NO_BREAK}{unit}"


def tree_rows(result: Any) -> list[Row]:
    """All budgets side by side, row by row: estimates with growth, then the system margin, then totals."""
    budgets = [budget for budget in result.budgets if budget.lines]
    rows: list[Row] = []
    _walk(rows, budgets, [result.trees[budget.id] for budget in budgets], 0)
    rows.append(
        Row(
            0,
            "total",
            "total",
            tuple(amount(budget, result.trees[budget.id].total) for budget in budgets),
        )
    )
    return rows


def _walk(rows: list[Row], budgets: list[Any], nodes: list[Any], depth: int) -> None:
    below = [{child.id: child for child in node.children} if node is not None else {} for node in nodes]
    order = {name: child for children in reversed(below) for name, child in children.items()}
    first = {name: place for place, name in enumerate(below[0])}
    for name in sorted(order, key=lambda x: (order[x].level == "margin", first.get(x, len(first)), x)):
        here = [children.get(name) for children in below]
        told = order[name]
        rows.append(
            Row(
                depth,
                told.name,
                told.level,
                tuple(
                    amount(budget, node.total) if node is not None else "–"
                    for budget, node in zip(budgets, here, strict=True)
                ),
            )
        )
        _walk(rows, budgets, here, depth + 1)


def summary_rows(result: Any) -> list[tuple[str, str, str, str, str, str]]:
    """Each budget: title, best estimate, growth, system margin, total, and how many values it lacks."""
    rows = []
    for budget in result.budgets:
        lacks = count(len(budget.missing), "value") if budget.missing else "none"
        if not budget.lines:
            rows.append((budget.title, "–", "–", "–", "not given", lacks))
            continue
        rows.append(
            (
                budget.title,
                amount(budget, budget.basic),
                _with_share(budget, budget.growth, budget.basic),
                _with_share(budget, budget.system, 0.0),
                amount(budget, budget.total),
                lacks,
            )
        )
    return rows


def _with_share(budget: Any, value: float, of: float) -> str:
    if not value:
        return "none"
    return f"{amount(budget, value)} ({share(value / of)})" if of else amount(budget, value)


def bus_rows(result: Any) -> list[tuple[str, ...]]:
    """Each bus: loads with margins, sources, stores, longest dark, energy needed and held, and what is left."""
    return [
        (
            bus.bus,
            power(bus.nominal),
            power(bus.survival) + (" or more" if bus.unstated else ""),
            power(bus.constant) if bus.constant else "–",
            power(bus.arrays) if bus.arrays else "–",
            energy(bus.store) if bus.store else "–",
            "–"
            if bus.dark is None
            else (f"{duration(bus.dark.length, 3)}{' or more' if bus.dark.clipped else ''}"),
            energy(bus.needed) if bus.needed == bus.needed else "–",
            energy(bus.held) if bus.held == bus.held else "–",
            share(bus.left) if bus.left == bus.left else "–",
        )
        for bus in result.buses
    ]


BUS_HEADS = (
    "Bus",
    "Nominal",
    "Survival",
    "Constant source",
    "Arrays, rated",
    "Stores",
    "Longest dark",
    "Needed in it",
    "Held",
    "To spare",
)

MISSION_HEADS = ("Mission", "Launcher", "Brings", "Mass", "With margins", "Craft", "Delivered", "Left")


def mission_rows(result: Any) -> list[tuple[str, ...]]:
    """Each mission: what it brings against what its launcher delivers."""
    launchers = {launcher.id: launcher.name for launcher in result.station.launchers}
    return [
        (
            m.mission,
            shortened(launchers.get(m.launcher, m.launcher or "–"), 28),
            count(m.elements, "element") + (f", {len(m.unweighed)} without mass" if m.unweighed else ""),
            quantity(m.basic, "kg", 4),
            quantity(m.total, "kg", 4),
            quantity(m.craft, "kg", 4) if m.craft else "not given",
            quantity(m.delivered, "kg", 4) if m.delivered is not None else "not known",
            quantity(m.left, "kg", 4) if m.left is not None else "–",
        )
        for m in result.missions
    ]


def reasons(result: Any) -> list[str]:
    """What is not known of some missions, those of the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for mission in result.missions:
        if mission.why:
            by_reason.setdefault(mission.why, []).append(mission.mission)
    bare = [m.mission for m in result.missions if m.delivered is not None and not m.craft]
    if bare:
        by_reason["no craft_mass is given, so what is left holds the empty mass of the lander too"] = bare
    return [f"{', '.join(missions)}: {why}" for why, missions in by_reason.items()]


def missing_rows(result: Any) -> list[tuple[str, str]]:
    """Each budget that lacks values, and what it lacks them of."""
    found: dict[tuple[str, ...], list[str]] = {}
    for budget in result.budgets:
        if budget.missing:
            found.setdefault(budget.missing, []).append(budget.title)
    return [("; ".join(titles), ", ".join(names)) for names, titles in found.items()]


def headline(result: Any) -> str:
    """What the budgets say, in one or two sentences."""
    mass = next(budget for budget in result.budgets if budget.id == "mass")
    words = f"{amount(mass, mass.total)} with all margins, {amount(mass, mass.basic)} without"
    lacks = len(mass.missing)
    words += f"; {lacks} of {lacks + len(mass.lines)} elements and orbiters have no mass." if lacks else "."
    over = [m.mission for m in result.missions if m.left is not None and m.left < 0.0]
    short = [bus.bus for bus in result.buses if bus.held < bus.needed]
    if over:
        words += f" Launchers do not carry {listing(over)} with these margins."
    if short:
        words += f" Stores do not carry {listing(short)} through the longest dark."
    return words


def write_budget_page(result: Any) -> str:
    """Write the page of a station's budgets as one self-contained HTML page.

    Parameters
    ----------
    result : StationBudget
        See `moonstation.study.budget`.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same station gives the same bytes.
    """
    figures = [_sunburst(result, budget) for budget in result.budgets if budget.lines and budget.total]
    summary = Table(
        ("Budget", "Best estimate", "Growth", "System margin", "Total", "Missing"),
        summary_rows(result),
        numeric=(1, 2, 3, 4),
        stacks=True,
    ).html()
    body = [
        section(
            "rings",
            f"Where it goes, {', then '.join(('by ' + result.by[0], *result.by[1:])) if result.by else 'by element'}",
            _pairs(figures),
        ),
        section("tree", "All budgets, element by element", _tree_table(result)),
        section("buses", "Power buses in the dark", _bus_table(result), "One partner alone has no bus."),
        section(
            "missions", "Missions against their launchers", _mission_table(result), "None was asked for."
        ),
        section(
            "missing", "What the station file does not say", _missing_table(result), "Nothing is missing."
        ),
        section("method", "How the figures are defined", _method(result)),
    ]
    return fill_page(
        "sites.html",
        {
            "title": escaped(f"{result.station.name}: budgets"),
            "style": packaged_text("style.css"),
            "head": f"<h1>{escaped(result.station.name)}: budgets</h1>"
            f'<p class="span">{escaped(result.policy.name)}</p>'
            f'<p class="what">{escaped(headline(result))}</p>',
            "summary": summary,
            "notes": notes_box("Limits of these figures", result.notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def _pairs(figures: list[Figure]) -> str:
    return f'<div class="sides">{drawings(figures)}</div>'


def ring_colours(result: Any) -> dict[str, str]:
    """Colour of each group of the inner ring by its id, the same in all budgets; grey for the system margin."""
    groups = [child for tree in result.trees.values() for child in tree.children]
    inner = dict.fromkeys(child.id for child in groups if child.level != "margin")
    return {
        **{child.id: SYSTEM_COLOUR for child in groups if child.level == "margin"},
        **{name: COLOURS[place % len(COLOURS)] for place, name in enumerate(inner)},
    }


def lighter(colour: str, depth: int) -> str:
    """A colour mixed with white, the more the farther out its ring."""
    mixed = min(0.25 * depth, 0.7)
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * mixed):02x}" for part in parts)


def _sunburst(result: Any, budget: Any) -> Figure:
    tree = result.trees[budget.id]
    colours = ring_colours(result)
    ids: list[str] = []
    spec_data: dict[str, list[Any]] = {"labels": [], "parents": [], "values": [], "text": [], "colors": []}

    def add(node: Any, path: str, parent: str, depth: int, colour: str) -> None:
        ids.append(path)
        spec_data["labels"].append(label(node.name))
        spec_data["parents"].append(parent)
        spec_data["values"].append(round(node.total, 6))
        spec_data["text"].append(_hover(budget, node, tree.total))
        spec_data["colors"].append(palette.PAPER if depth == 0 else lighter(colour, depth - 1))
        for child in node.children:
            add(child, f"{path}/{child.id}", path, depth + 1, colour if depth else colours[child.id])

    add(tree, "total", "", 0, palette.PAPER)
    spec_data["labels"][0] = f"<b>{amount(budget, tree.total)}</b>"
    largest = max(tree.children, key=lambda node: node.total)
    spec: Spec = {
        "data": [
            {
                "type": "sunburst",
                "ids": ids,
                "labels": spec_data["labels"],
                "parents": spec_data["parents"],
                "values": _summing(ids, spec_data["parents"], spec_data["values"]),
                "branchvalues": "total",
                "sort": False,
                "marker": {"colors": spec_data["colors"], "line": {"color": palette.PAPER, "width": 1}},
                "hovertext": spec_data["text"],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "insidetextorientation": "auto",
                "leaf": {"opacity": 1},
            }
        ],
        "layout": layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, uniformtext={"minsize": 8, "mode": "hide"}),
    }
    return Figure(
        f"budget-{budget.id}",
        f"{budget.title}: {largest.name} has {share(largest.total / tree.total)}",
        spec,
        height=430,
        note=f"With all margins. {budget.note} Click a ring to look into it.",
        limit=f"{count(len(budget.missing), 'value')} missing, see below" if budget.missing else "",
    )


def _summing(ids: list[str], parents: list[str], values: list[float]) -> list[float]:
    """Values whose children never add up to more than their parent: Plotly draws nothing if they do by a rounding."""
    inside: dict[str, float] = {}
    found: dict[str, float] = {}
    # children stand after their parents
    for name, parent, value in reversed(list(zip(ids, parents, values, strict=True))):
        found[name] = inside.get(name, value)
        inside[parent] = inside.get(parent, 0.0) + found[name]
    return [found[name] for name in ids]


def _hover(budget: Any, node: Any, whole: float) -> str:
    words = f"<b>{label(node.name)}</b><br>{amount(budget, node.total)}, {share(node.total / whole)}"
    if node.line is not None:
        line = node.line
        words += f"<br>{amount(budget, line.basic)} and {share(line.margin.share)} for {label(line.maturity)}"
        words += "" if line.stated else " (after its confidence)"
    return words


def _tree_table(result: Any) -> str:
    budgets = [budget for budget in result.budgets if budget.lines]
    rows = []
    for row in tree_rows(result):
        indent = 1.2 * row.depth
        style = f"display:inline-block;box-sizing:border-box;width:19em;padding-left:{indent:g}em"
        name = f'<span style="{style}">{escaped(row.name)}</span>'
        strong = row.level != "element"
        rows.append(
            [Html(f"<b>{name}</b>" if strong else name)]
            + [Html(f"<b>{escaped(x)}</b>") if strong else x for x in row.amounts]
        )
    heads = ["", *(budget.title for budget in budgets)]
    return Table(heads, rows, numeric=tuple(range(1, len(heads)))).html() + (
        "<p>Rows hold best estimates with growth; the system margin stands apart, so that it is counted once.</p>"
    )


def _bus_table(result: Any) -> str:
    table = Table(BUS_HEADS, bus_rows(result), numeric=tuple(range(1, len(BUS_HEADS)))).html()
    return table + (
        "<p>Loads with all margins. Held: what constant sources give through the longest dark, and full stores above "
        "their reserve, less the loss of one way. Ageing, dust and failures are left to the simulation.</p>"
        if table
        else ""
    )


def _mission_table(result: Any) -> str:
    table = Table(MISSION_HEADS, mission_rows(result), numeric=(3, 4, 5, 6, 7)).html()
    why = "".join(f"<p>{escaped(reason)}.</p>" for reason in reasons(result))
    return table + (
        "<p>Delivered: the launcher's mass to the Moon less what insertion and descent burn; left: of it, after the "
        "craft and all elements with their margins.</p>" + why
        if table
        else ""
    )


def _missing_table(result: Any) -> str:
    return Table(("Budget", "No value for"), missing_rows(result)).html()


def _method(result: Any) -> str:
    sources: dict[str, tuple[str, str]] = {}
    for budget in result.budgets:
        for margin in (budget.system_margin, *(line.margin for line in budget.lines)):
            if margin.share:
                sources[margin.source] = (share(margin.share), margin.confidence)
    words = "".join(f"<dt>{escaped(term)}</dt><dd>{escaped(text)}</dd>" for term, text in METHOD)
    table = Table(
        ("Margin used", "Share", "Confidence"),
        [(source, *rest) for source, rest in sorted(sources.items())],
        numeric=(1,),
    ).html()
    return f"<dl>{words}</dl>{table}"
