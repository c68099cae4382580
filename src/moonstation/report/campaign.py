"""The page of a campaign: what flies when from whom, what grows on the ground, where mass and money go."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moonstation.campaign.plan import Flight, Plan
from moonstation.report import palette
from moonstation.report.campaign_picture import (
    MASS_PARTS,
    OTHERS,
    first_day,
    mass_parts,
    money_unit,
    partner_colours,
    payload_words,
)
from moonstation.report.figure import (
    Figure,
    Spec,
    axis,
    label,
    layout,
    legend_above,
    numbers,
    time_axis,
    to_json,
)
from moonstation.report.shell import drawings, fill_page, notes_box, packaged_text, plotly_js, section
from moonstation.report.tables import Table, escaped, folded
from moonstation.report.wording import count, number, power, share, shortened

STATUS = {
    "optimal": "proven best to within the gap that was asked for",
    "feasible": "the best found in the time given",
    "greedy": "the first plan found, not improved",
}

METHOD = (
    (
        "Month",
        "a flight lands in the month of its last launch; what it lands counts from the end of that month",
    ),
    (
        "Gap",
        "how much better than this plan any plan could be, as a share of its value; a proof, not an estimate",
    ),
    (
        "Mass on the way",
        "what its launches send towards the Moon together; lander, propellant, elements, supplies and crews add up to "
        "it",
    ),
    (
        "Power made",
        "reactors, isotopes and arrays as the station file has them, arrays by the share of time in sunlight",
    ),
    (
        "Cost",
        "launches, landers, supplies and elements in the year of landing, brought to one currency and year",
    ),
)


def write_campaign_page(
    plan: Plan,
    growth: Any,
    *,
    title: str,
    names: Mapping[str, str],
    milestones: Sequence[Sequence[str]],
    assumptions: Sequence[str] = (),
) -> str:
    """Write the page of a plan as one self-contained HTML page.

    Parameters
    ----------
    plan : Plan
        The plan.
    growth : xarray.Dataset
        Of `moonstation.campaign.growth.growth`.
    title : str
        Name of the station.
    names : mapping of str to str
        Names of partners, launchers, landers, elements, supplies and crew flights by id.
    milestones : sequence of sequence of str
        Rows of the table of milestones: which, asked by, reached, how much then.
    assumptions : sequence of str
        Inputs that are assumptions, in words.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same plan gives the same bytes.
    """
    colours = partner_colours(plan, growth)
    flights = [_flights(plan, colours, names)] if plan.flights else []
    grown = [
        _mass(plan, growth, colours, names),
        *_power(plan, growth),
        *_crews(plan, growth),
        *_stock(plan, growth, names),
    ]
    flow = [_flow(plan, names)] if plan.flights else []
    money = [_cost(plan, colours, names)] if plan.cost else []
    body = [
        section(
            "flights",
            "What flies when",
            drawings(flights) + _flight_table(plan, names),
            "Nothing has to fly.",
        ),
        section(
            "milestones",
            "Milestones",
            Table(
                ["Milestone", "Asked by", "Reached", "Then"], [list(row) for row in milestones], stacks=True
            ).html(),
            "The station file sets no milestones.",
        ),
        section("growth", "The station growing", drawings(grown)),
        section("flow", "From the Earth to the ground", drawings(flow), "Nothing is sent."),
        section("cost", "Cost", drawings(money) + _cost_table(plan, names), "No cost is given."),
        section(
            "assumptions",
            "Assumptions",
            _assumed(assumptions),
            "The plan rests on no value marked as an assumption.",
        ),
        section("method", "How the figures are defined", _definitions()),
    ]
    figures = [*flights, *grown, *flow, *money]
    return fill_page(
        "sites.html",
        {
            "title": escaped(f"{title}: campaign"),
            "style": packaged_text("style.css"),
            "head": _head(plan, title),
            "summary": "",
            "notes": notes_box("Limits of this plan", plan.notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def _head(plan: Plan, title: str) -> str:
    last = plan.month_name(plan.months - 1)
    launches = count(plan.launches, "launch", "launches")
    words = f"{launches}, {count(len(plan.flights), 'landing')}"
    if plan.completion:
        words += f"; all that was asked for stands by {plan.month_name(plan.completion - 1)}"
    if plan.cost:
        unit, size = money_unit(plan)
        words += f"; {number(plan.cost / size)} {unit}"
    proof = STATUS[plan.status]
    if plan.status != "greedy":
        proof += f", gap {share(plan.gap)}"
    return (
        f"<h1>{escaped(title)}: campaign</h1>"
        f'<p class="span">{escaped(plan.start)} to {escaped(last)}, by month; best in {escaped(plan.objective)}</p>'
        f'<p class="what">{escaped(words)}.</p><p class="what">{escaped(proof[0].upper() + proof[1:])}.</p>'
    )


def _stamp(plan: Plan, month: int) -> str:
    return str(first_day(plan, month))


def _flights(plan: Plan, colours: Mapping[str, str], names: Mapping[str, str]) -> Figure:
    rows = list(range(len(plan.flights)))
    data: list[Spec] = []
    for partner in dict.fromkeys(flight.partner for flight in plan.flights):
        mine = [row for row in rows if plan.flights[row].partner == partner]
        starts = [min(plan.flights[row].launch_months, default=plan.flights[row].month) for row in mine]
        lengths = [
            int(
                (first_day(plan, plan.flights[row].month + 1) - first_day(plan, start))
                / np.timedelta64(1, "ms")
            )
            for row, start in zip(mine, starts, strict=True)
        ]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "width": 0.72,
                "name": label(names.get(partner, partner)),
                "y": mine,
                "x": lengths,
                "base": [_stamp(plan, start) for start in starts],
                "marker": {"color": colours.get(partner, OTHERS)},
                "hovertext": [_hover(plan, plan.flights[row], names) for row in mine],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    late = [plan.flights[row].month > 0.55 * plan.months for row in rows]
    data.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": [
                _stamp(plan, min(f.launch_months, default=f.month) if is_late else f.month + 1)
                for f, is_late in zip(plan.flights, late, strict=True)
            ],
            "y": rows,
            "text": [
                f"{label(shortened(payload_words(f, names, 3), 60))} "
                if is_late
                else f" {label(shortened(payload_words(f, names, 3), 60))}"
                for f, is_late in zip(plan.flights, late, strict=True)
            ],
            "textposition": ["middle left" if is_late else "middle right" for is_late in late],
            "textfont": {"size": 11},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    ticks = [label(shortened(names.get(f.launcher, f.launcher), 30)) for f in plan.flights]
    spec: Spec = {
        "data": data,
        "layout": layout(
            barmode="overlay",
            showlegend=True,
            legend=legend_above(),
            xaxis=time_axis(range=[_stamp(plan, 0), _stamp(plan, plan.months)]),
            yaxis=axis("", tickvals=rows, ticktext=ticks, range=[len(rows) - 0.4, -0.6], showgrid=False),
        ),
    }
    busiest: dict[str, int] = {}
    for flight in plan.flights:
        year = plan.month_name(flight.month)[:4]
        busiest[year] = busiest.get(year, 0) + len(flight.launch_months)
    year = max(busiest, key=lambda one: (busiest[one], one))
    finding = f"{count(plan.launches, 'launch', 'launches')}; most in {year}, with {busiest[year]}"
    return Figure(
        "flights-by-month",
        finding,
        spec,
        height=110 + 24 * max(4, len(rows)),
        note="A bar goes from the first launch of a flight to the end of the month in which it lands.",
    )


def _hover(plan: Plan, flight: Flight, names: Mapping[str, str]) -> str:
    lines = [
        f"<b>{label(plan.month_name(flight.month))}: {label(names.get(flight.lander, flight.lander))}</b>",
        f"{count(len(flight.launch_months), 'launch', 'launches')} of "
        f"{label(names.get(flight.launcher, flight.launcher))} "
        f"from {label(names.get(flight.pad, flight.pad))}",
        label(payload_words(flight, names, 12)),
        f"{number(flight.tli_mass, 4)} kg towards the Moon, {number(flight.landed_mass, 4)} kg landed",
    ]
    return "<br>".join(lines)


def _flight_table(plan: Plan, names: Mapping[str, str]) -> str:
    unit, size = money_unit(plan)
    rows = [
        [
            plan.month_name(flight.month),
            names.get(flight.partner, flight.partner),
            f"{len(flight.launch_months)} × {names.get(flight.launcher, flight.launcher)}",
            names.get(flight.pad, flight.pad),
            names.get(flight.lander, flight.lander),
            payload_words(flight, names, 99),
            number(flight.tli_mass, 4),
            number(flight.landed_mass, 4),
            number(flight.cost / size) if plan.cost else "–",
        ]
        for flight in plan.flights
    ]
    heads = [
        "Lands",
        "Partner",
        "Launches",
        "Pad",
        "Lander",
        "Lands with",
        "Sent [kg]",
        "Landed [kg]",
        f"Cost [{unit}]",
    ]
    return Table(heads, rows, numeric=(6, 7, 8), stacks=True).html()


def _mass(plan: Plan, growth: Any, colours: Mapping[str, str], names: Mapping[str, str]) -> Figure:
    at = {str(partner): i for i, partner in enumerate(growth.partner.values)}
    data: list[Spec] = [
        {
            "type": "scatter",
            "mode": "lines",
            "stackgroup": "mass",
            "line": {"shape": "hv", "width": 0},
            "fillcolor": colour,
            "name": label(names.get(partner, partner)),
            "x": _ends(plan),
            "y": numbers(np.asarray(growth.landed_mass[at[partner]], dtype=np.float64) / 1e3, 3),
            "hovertemplate": "%{y:.1f} t",
        }
        for partner, colour in colours.items()
        if partner in at
    ]
    total = float(np.asarray(growth.landed_mass, dtype=np.float64)[:, -1].sum())
    spec: Spec = {
        "data": data,
        "layout": layout(
            showlegend=True,
            legend=legend_above(),
            hovermode="x unified",
            xaxis=time_axis(),
            yaxis=axis("landed mass [t]", rangemode="tozero"),
        ),
    }
    return Figure("growth-mass", f"{number(total / 1e3)} t stand on the ground at the end", spec, height=300)


def _ends(plan: Plan) -> list[str]:
    return [_stamp(plan, month + 1) for month in range(plan.months)]


def _lines(plan: Plan, values: Sequence[tuple[str, Any, str, str]], unit: str) -> Spec:
    """Steps by month: name, values, colour, dash of each."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": label(name),
            "x": _ends(plan),
            "y": numbers(np.asarray(line, dtype=np.float64), 3),
            "line": {"shape": "hv", "color": colour, "dash": dash},
        }
        for name, line, colour, dash in values
    ]
    return {
        "data": data,
        "layout": layout(
            showlegend=len(data) > 1,
            legend=legend_above(),
            hovermode="x unified",
            xaxis=time_axis(),
            yaxis=axis(unit, rangemode="tozero"),
        ),
    }


def _power(plan: Plan, growth: Any) -> list[Figure]:
    made = np.asarray(growth["power_made"], dtype=np.float64)
    nominal = np.asarray(growth["power_nominal"], dtype=np.float64)
    short = np.flatnonzero(made < nominal - 0.5)
    finding = f"{power(float(made[-1]))} made at the end for {power(float(nominal[-1]))} of loads"
    finding += f"; too little for nominal mode in {count(short.size, 'month')}" if short.size else ""
    spec = _lines(
        plan,
        [
            ("made", made / 1e3, palette.GENERATION, "solid"),
            ("needed, nominal mode", nominal / 1e3, palette.LOAD, "solid"),
            (
                "needed, survival mode",
                np.asarray(growth["power_survival"], dtype=np.float64) / 1e3,
                palette.LOAD,
                "dash",
            ),
        ],
        "power [kW]",
    )
    figures = [Figure("growth-power", finding, spec, height=280)]
    functions = np.asarray(growth["functions"], dtype=np.float64)
    if functions.max(initial=0.0) > 0.0:
        at = int(np.flatnonzero(functions >= functions.max())[0])
        words = f"{number(functions.max())} functions are served from {plan.month_name(at)} on"
        figures.append(
            Figure(
                "growth-functions",
                words,
                _lines(plan, [("functions", functions, palette.BLUE, "solid")], "functions served"),
                height=220,
            )
        )
    return figures


def _crews(plan: Plan, growth: Any) -> list[Figure]:
    days = np.asarray(growth["crew_days"], dtype=np.float64)
    if not days.any():
        return []
    spec = _lines(plan, [("crew days", days, palette.PURPLE, "solid")], "days of crew so far")
    return [Figure("growth-crews", f"{number(float(days[-1]))} days of crew by the end", spec, height=220)]


def _stock(plan: Plan, growth: Any, names: Mapping[str, str]) -> list[Figure]:
    if "stock" not in growth or not growth.sizes.get("supply"):
        return []
    values = np.asarray(growth["stock"], dtype=np.float64)
    order = palette.SITES
    lines = [
        (names.get(str(supply), str(supply)), values[i], order[i % len(order)], "solid")
        for i, supply in enumerate(growth.supply.values)
    ]
    least = float(values.min())
    finding = (
        f"Stocks of {count(len(lines), 'supply', 'supplies')} never fall below {number(max(least, 0.0))} kg"
    )
    return [Figure("growth-stock", finding, _lines(plan, lines, "stock on the ground [kg]"), height=260)]


def _flow(plan: Plan, names: Mapping[str, str]) -> Figure:
    """Mass from launchers through what it is to where it ends."""
    parts = dict.fromkeys(dict(MASS_PARTS), 0.0)
    by_launcher: dict[str, dict[str, float]] = {}
    for flight in plan.flights:
        mine = by_launcher.setdefault(flight.launcher, dict.fromkeys(parts, 0.0))
        for part, mass in mass_parts(flight).items():
            mine[part] += mass
            parts[part] += mass
    launchers = list(by_launcher)
    kinds = [part for part, _ in MASS_PARTS if parts[part] > 0.5]
    ends = ["used up", "reaches the ground"]
    nodes = [names.get(one, one) for one in launchers] + kinds + ends
    colours = dict(MASS_PARTS)
    source, target, value, paint = [], [], [], []
    for i, launcher in enumerate(launchers):
        for j, part in enumerate(kinds):
            if by_launcher[launcher][part] > 0.5:
                source.append(i)
                target.append(len(launchers) + j)
                value.append(round(by_launcher[launcher][part] / 1e3, 3))
                paint.append(colours[part])
    for j, part in enumerate(kinds):
        source.append(len(launchers) + j)
        target.append(len(launchers) + len(kinds) + (0 if part == "propellant" else 1))
        value.append(round(parts[part] / 1e3, 3))
        paint.append(colours[part])
    sent = sum(parts.values())
    landed = sum(flight.landed_mass for flight in plan.flights)
    spec: Spec = {
        "data": [
            {
                "type": "sankey",
                "arrangement": "snap",
                "valueformat": ",.1f",
                "valuesuffix": " t",
                "node": {
                    "label": [label(one) for one in nodes],
                    "color": [palette.MUTED] * len(launchers)
                    + [colours[part] for part in kinds]
                    + [palette.LINE] * 2,
                    "pad": 14,
                    "thickness": 14,
                },
                "link": {
                    "source": source,
                    "target": target,
                    "value": value,
                    "color": [f"{one}66" for one in paint],
                },
            }
        ],
        "layout": layout(margin={"l": 8, "r": 8, "t": 8, "b": 12}),
    }
    finding = f"{number(sent / 1e3)} t are sent towards the Moon, {share(landed / sent)} of it is payload on the ground"
    return Figure("mass-flow", finding, spec, height=380, note="Tonnes, all flights together.")


def _cost(plan: Plan, colours: Mapping[str, str], names: Mapping[str, str]) -> Figure:
    unit, size = money_unit(plan)
    years = sorted(plan.budget_by_year)
    data: list[Spec] = [
        {
            "type": "bar",
            "name": label(names.get(partner, partner)),
            "x": years,
            "y": numbers(np.array([plan.budget_by_year[year].get(partner, 0.0) / size for year in years]), 3),
            "marker": {"color": colour},
        }
        for partner, colour in colours.items()
        if any(plan.budget_by_year[year].get(partner, 0.0) for year in years)
    ]
    dearest = max(years, key=lambda year: sum(plan.budget_by_year[year].values()))
    most = sum(plan.budget_by_year[dearest].values())
    spec: Spec = {
        "data": data,
        "layout": layout(
            barmode="stack",
            showlegend=True,
            legend=legend_above(),
            xaxis=axis("year", dtick=1, tickformat="d", separatethousands=False),
            yaxis=axis(f"cost [{unit}]", rangemode="tozero"),
        ),
    }
    return Figure(
        "cost-by-year", f"The dearest year is {dearest}, with {number(most / size)} {unit}", spec, height=300
    )


def _cost_table(plan: Plan, names: Mapping[str, str]) -> str:
    if not plan.cost:
        return ""
    unit, size = money_unit(plan)
    years = sorted(plan.budget_by_year)
    partners = dict.fromkeys(partner for year in years for partner in plan.budget_by_year[year])
    rows = [
        [
            names.get(partner, partner),
            *(number(plan.budget_by_year[year].get(partner, 0.0) / size) for year in years),
            number(sum(plan.budget_by_year[year].get(partner, 0.0) for year in years) / size),
        ]
        for partner in partners
    ]
    rows.append(
        [
            "all",
            *(number(sum(plan.budget_by_year[year].values()) / size) for year in years),
            number(plan.cost / size),
        ]
    )
    heads = [unit, *(str(year) for year in years), "all years"]
    return Table(heads, rows, numeric=tuple(range(1, len(heads)))).html()


def _assumed(assumptions: Sequence[str]) -> str:
    rows = "".join(f"<li>{escaped(one)}</li>" for one in assumptions)
    return folded(count(len(assumptions), "value"), f"<ul>{rows}</ul>") if assumptions else ""


def _definitions() -> str:
    return "<dl>" + "".join(f"<dt>{escaped(a)}</dt><dd>{escaped(b)}</dd>" for a, b in METHOD) + "</dl>"
