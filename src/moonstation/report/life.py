"""The simulation's page and picture: what works year by year, what drives it, and the worst run told."""

import io
from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.figure import (
    Figure,
    Spec,
    axis,
    label,
    layout,
    numbers,
    stamps,
    time_axis,
    to_json,
)
from moonstation.report.shell import drawings, fill_page, notes_box, packaged_text, plotly_js, section
from moonstation.report.tables import Table, escaped
from moonstation.report.wording import count, number, quantity, share, shortened

PASSING = np.timedelta64(5, "D")
"""A function that is lost for less goes on, as far as the story on the page is concerned."""

RANGE_ROWS = 40

STORY_ROWS = 150
"""Events of the worst run that stand on the page; all are in its table."""

METHOD = (
    ("Available", "share of a year in which all that a function needs works and has power"),
    ("Survives", "the function is there at the end of the year, or comes back later in the same run"),
    ("Band", "the middle nine tenths of the runs; of survival, the 95 % interval of the share (Wilson 1927)"),
    (
        "Days gained",
        "the very same runs lived again with that one failure made impossible: the days of function more, on average",
    ),
    (
        "Gained by a value",
        "straight line of days of function on the value over all runs, from the mean of its draws to the better end of "
        "its range; told where it exceeds three of its errors",
    ),
    (
        "Spares needed",
        "the smallest number that lasts through the span, or between deliveries, so that all together last with the "
        "probability said, split evenly over the units (Owens et al. 2016)",
    ),
)


def write_life_page(simulation: Any) -> str:
    """Write the page of a simulation as one self-contained HTML page.

    Parameters
    ----------
    simulation : Simulation
        See `moonstation.study.simulation`.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same runs give the same bytes.
    """
    figures = [
        _years(simulation, "availability"),
        _years(simulation, "survival"),
        *_worst_figures(simulation),
    ]
    years, worst = figures[:2], figures[2:]
    body = [
        section("functions", "Functions, year by year", _function_table(simulation) + drawings(years)),
        *([section("without", "Without it", _loss_words(simulation))] if simulation.losses else []),
        section(
            "drivers",
            "What drives it",
            _driver_table(simulation),
            "No failure cost a function in these runs.",
        ),
        section(
            "parts", "What broke", _parts_table(simulation), "The station file gives no element a failure."
        ),
        section("spares", "Spares", _spares_table(simulation), "Nothing can be repaired."),
        *([section("crews", "Crews", _crew_tables(simulation))] if len(simulation.visits) else []),
        section("energy", "Energy", _energy_table(simulation) + _store_table(simulation)),
        section("worst", f"The worst run: number {simulation.worst}", drawings(worst) + _story(simulation)),
        section("ranges", "What each run draws anew", _range_table(simulation), "Nothing but failures."),
        section("method", "How the figures are defined", _definitions()),
    ]
    return fill_page(
        "sites.html",
        {
            "title": escaped(f"{simulation.station.name}: life"),
            "style": packaged_text("style.css"),
            "head": _head(simulation),
            "summary": "",
            "notes": notes_box("Limits of these figures", simulation.notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def life_picture(simulation: Any) -> bytes:
    """Availability and survival by year as a picture, PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    names = {f.id: f.name for f in simulation.station.functions}
    groups = list(simulation.availability.groupby("function", sort=False))
    columns = min(4, len(groups))
    rows = -(-len(groups) // columns)
    page = Page(figsize=(max(5.0, 2.6 * columns), 0.9 + 2.0 * rows), dpi=130, layout="constrained")
    FigureCanvasAgg(page)
    panels = page.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (name, part) in zip(panels, groups, strict=False):
        years = part["year"]
        axes.fill_between(years, 100 * part["low"], 100 * part["high"], color=palette.BLUE, alpha=0.13, lw=0)
        axes.plot(
            years, 100 * part["availability"], color=palette.BLUE, label="available, mean and 9 of 10 runs"
        )
        axes.fill_between(
            years,
            100 * part["survival_low"],
            100 * part["survival_high"],
            color=palette.VERMILLION,
            alpha=0.2,
            lw=0,
        )
        axes.plot(
            years,
            100 * part["survival"],
            color=palette.VERMILLION,
            ls="--",
            label="not lost for good, 95 % interval",
        )
        axes.set_title(shortened(names[str(name)], 30), fontsize=9, loc="left", color=palette.INK)
        axes.set_ylim(0.0, 103.0)
        axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(labelsize=8)
        axes.grid(color=palette.GRID)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(groups) :]:
        axes.set_axis_off()
    page.supxlabel("year of the run", fontsize=9, color=palette.INK)
    handles, labels = panels[0].get_legend_handles_labels()
    page.legend(handles, labels, loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    page.suptitle(_title(simulation), fontsize=10, x=0.01, ha="left", color=palette.INK)
    with io.BytesIO() as out:
        page.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


def _title(simulation: Any) -> str:
    without = f", without {', '.join(loss.name for loss in simulation.losses)}" if simulation.losses else ""
    return f"{simulation.station.name}: {count(simulation.runs, 'run')}{without}"


def _head(simulation: Any) -> str:
    span = simulation.scene.span
    worst = (
        simulation.availability.sort_values("year")
        .groupby("function", sort=False)
        .tail(1)
        .sort_values("survival")
    )
    names = {f.id: f.name for f in simulation.station.functions}
    row = worst.iloc[0]
    years = simulation.life.years
    least = ", the least of all functions" if len(worst) > 1 else ""
    alive = share(float(row["survival"]))
    words = f"After {count(years, 'year')} {names[row['function']]} is alive in {alive} of the runs{least}."
    return (
        f"<h1>{escaped(_title(simulation))}</h1>"
        f'<p class="span">{escaped(span.start.utc[:10])} to {escaped(span.stop.utc[:10])}, steps of '
        f"{number(span.step_s / 60.0)} min, seed {simulation.seed}</p>"
        f'<p class="what">{escaped(words)}</p>'
    )


def _function_table(simulation: Any) -> str:
    names = {f.id: f.name for f in simulation.station.functions}
    rows = []
    for name, part in simulation.availability.groupby("function", sort=False):
        last = part.iloc[-1]
        low = part.loc[part["availability"].idxmin()]
        row = [
            names[str(name)],
            share(float(part["availability"].mean())),
            f"{share(float(low['availability']))} in year {int(low['year'])}",
            _between(last),
        ]
        if simulation.whole is not None:
            before = simulation.whole[simulation.whole["function"] == name]
            row.append(share(float(before["availability"].mean())))
        rows.append(row)
    heads = ["Function", "Available", "Worst year", "Not lost for good"]
    if simulation.whole is not None:
        heads.append("Available with all")
    return Table(heads, rows, numeric=(1, 2, 3, 4), stacks=True).html()


def _between(row: Any) -> str:
    low, high = (share(float(row[key])) for key in ("survival_low", "survival_high"))
    return f"{share(float(row['survival']))} ({low} to {high})"


def _years(simulation: Any, what: str) -> Figure:
    """Functions against years, as a table of colours with the figures in it."""
    names = {f.id: f.name for f in simulation.station.functions}
    groups = list(simulation.availability.groupby("function", sort=False))
    years = [str(year) for year in range(1, simulation.life.years + 1)]
    values = [numbers(100.0 * rows[what].to_numpy(), 1) for _, rows in groups]
    low, high = ("low", "high") if what == "availability" else ("survival_low", "survival_high")
    bands = [
        [f"{share(a)} to {share(b)}" for a, b in zip(rows[low], rows[high], strict=True)]
        for _, rows in groups
    ]
    last = simulation.availability[simulation.availability["year"] == simulation.life.years]
    least = last.loc[last[what].idxmin()]
    verb = "available" if what == "availability" else "not lost for good"
    band = "nine tenths of the runs" if what == "availability" else "95 % interval"
    spec: Spec = {
        "data": [
            {
                "type": "heatmap",
                "x": years,
                "y": [label(names[str(name)]) for name, _ in groups],
                "z": values,
                "zmin": 0,
                "zmax": 100,
                "colorscale": [[0, palette.VERMILLION], [0.5, "#f6e3c5"], [1, "#9fc6e3"]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "text": [[f"{value:.0f}" for value in row] for row in values],
                "texttemplate": "%{text}",
                "customdata": bands,
                "hovertemplate": "%{y}, year %{x}: %{z} % (" + band + ": %{customdata})<extra></extra>",
            }
        ],
        "layout": layout(
            xaxis=axis("year of the run", type="category"),
            yaxis={"automargin": True, "autorange": "reversed"},
        ),
    }
    name, value = names[least["function"]], share(float(least[what]))
    return Figure(
        f"life-{what}",
        f"In year {simulation.life.years}, {name} is {verb} least: {value}",
        spec,
        height=90 + 30 * len(groups),
        note=f"Per cent {verb}, mean over the runs.",
    )


def _worst_figures(simulation: Any) -> list[Figure]:
    trace = simulation.trace
    days = np.unique(trace["time"].values.astype("datetime64[D]"), return_index=True)[1]
    times = stamps(trace["time"].values[days], "D")
    found = []
    functions = [f.id for f in simulation.station.functions]
    names = {f.id: f.name for f in simulation.station.functions}
    daily = np.add.reduceat(trace["function_up"].values.astype(np.float64), days, axis=1)
    daily /= np.diff(np.r_[days, trace.sizes["time"]])
    spec: Spec = {
        "data": [
            {
                "type": "heatmap",
                "x": times,
                "y": [label(names[f]) for f in functions],
                "z": [numbers(100.0 * row, 0) for row in daily],
                "zmin": 0,
                "zmax": 100,
                "colorscale": [[0, palette.VERMILLION], [1, "#d7e6f2"]],
                "showscale": False,
                "ygap": 2,
                "hovertemplate": "%{y}, %{x}: %{z} % of the day<extra></extra>",
            }
        ],
        "layout": layout(xaxis=time_axis(), yaxis={"automargin": True, "autorange": "reversed"}),
    }
    missing = float(np.sum(100.0 - 100.0 * daily)) / 100.0
    found.append(
        Figure(
            "life-worst",
            f"In this run functions are missing for {quantity(missing, 'd')} in all",
            spec,
            height=80 + 34 * len(functions),
            note="Red where a function is lost, by day.",
        )
    )
    return found


def _loss_words(simulation: Any) -> str:
    words = []
    for loss in simulation.losses:
        since = f" from {loss.since.utc[:10]} on" if loss.since else ""
        gone = ", ".join([*loss.parts, *loss.stations, *loss.visits])
        words.append(f"<p>Without {escaped(loss.kind)} {escaped(loss.name)}{since}: {escaped(gone)} go.</p>")
    rows = [
        (
            r.element,
            r.kind,
            f"{r.count} x {r.entry}" if r.entry else "nothing known does as much",
            "not known" if r.mass != r.mass else quantity(r.mass, "kg"),
        )
        for r in simulation.replacements
    ]
    table = Table(["Lost", "Kind", "Lightest replacement", "Mass"], rows, numeric=(3,), stacks=True).html()
    why = (
        "<p>No prices of elements are published: mass stands for cost. As good is what gives as much power, array "
        "power and stored energy.</p>"
    )
    return "".join(words) + table + (why if rows else "")


def _driver_table(simulation: Any) -> str:
    names = {f.id: f.name for f in simulation.station.functions}
    told = _failure_names(simulation)
    rows = [
        (
            told[row.driver] if row.kind == "failure" else row.driver,
            row.change,
            f"{number(row.days_gained)} ± {number(row.error, 2)}",
            names[row.function],
            f"{number(100.0 * row.survival_gained, 2)} points",
        )
        for row in simulation.drivers[simulation.drivers["clear"]].itertuples()
    ]
    heads = ["Driver", "If it were", "Days of function gained a run", "Most for", "Survival gained"]
    return Table(heads, rows, numeric=(2, 4), stacks=True).html()


def _crew_tables(simulation: Any) -> str:
    visits = [
        (
            row.visit,
            row.crew,
            quantity(row.planned_days, "d"),
            quantity(row.days, "d"),
            share(row.came),
            share(row.as_planned),
            share(row.ran_short) if row.ran_short > 0.0 else "",
            share(row.cut_off) if row.cut_off > 0.0 else "",
        )
        for row in simulation.visits.itertuples()
    ]
    heads = ["Visit", "People", "Planned", "Mean stay", "Came", "Stayed to the end", "Ran short", "Cut off"]
    stocks = [
        (
            row.site,
            row.what,
            quantity(row.delivered_kg, "kg"),
            quantity(row.used_kg, "kg"),
            quantity(row.won_back_kg, "kg"),
            quantity(row.left_kg, "kg"),
            quantity(row.least_left_kg, "kg"),
        )
        for row in simulation.stocks.itertuples()
    ]
    kept = ["Site", "Stock", "Delivered", "Used", "Won back besides", "Left", "In 95 % of runs more than"]
    return (
        Table(heads, visits, numeric=(1, 2, 3, 4, 5, 6, 7), stacks=True).html()
        + Table(kept, stocks, numeric=(2, 3, 4, 5, 6), stacks=True).html()
    )


def _range_table(simulation: Any) -> str:
    ranges = simulation.ranges
    rows = [
        (
            row.value,
            number(row.low),
            "" if row.likely != row.likely else number(row.likely),
            number(row.high),
            row.by,
        )
        for row in ranges.head(RANGE_ROWS).itertuples()
    ]
    more = len(ranges) - len(rows)
    words = f"<p>{count(more, 'further value')} in ranges.csv.</p>" if more > 0 else ""
    heads = ["Value", "Lowest", "Likeliest", "Highest", "Limits from"]
    return Table(heads, rows, numeric=(1, 2, 3), stacks=True).html() + words


def _store_table(simulation: Any) -> str:
    rows = [
        (
            row.store,
            share(row.health),
            share(row.low),
            number(row.cycles_a_year),
            share(row.worn_share) if row.worn_share > 0.0 else "",
        )
        for row in simulation.stores.itertuples()
    ]
    heads = ["Store", "Capacity left", "In 95 % of runs more than", "Full cycles a year", "Worn out"]
    return Table(heads, rows, numeric=(1, 2, 3, 4), stacks=True).html()


def _parts_table(simulation: Any) -> str:
    told = _failure_names(simulation)
    rows = [
        (
            told[row.failure],
            number(row.failures),
            number(row.spares_used),
            share(row.down_share),
            number(row.blame_days),
        )
        for row in simulation.parts.itertuples()
    ]
    heads = ["Failure", "Times a run", "Spares used", "Broken", "Days with a function lost"]
    return Table(heads, rows, numeric=(1, 2, 3, 4), stacks=True).html()


def _spares_table(simulation: Any) -> str:
    told = _failure_names(simulation)
    rows = [
        (told[row.failure], row.units, row.held, row.needed, row.missing or "")
        for row in simulation.spares.itertuples()
    ]
    heads = ["Failure", "Units", "Spares held", f"Needed for {share(simulation.confidence)}", "Missing"]
    return Table(heads, rows, numeric=(1, 2, 3, 4), stacks=True).html()


def _energy_table(simulation: Any) -> str:
    rows = [
        (
            row.bus,
            quantity(row.mean_kwh_a_year, "kWh"),
            quantity(row.high_kwh_a_year, "kWh"),
            share(row.short_share),
            share(row.survival_share),
        )
        for row in simulation.energy.itertuples()
    ]
    heads = [
        "Bus",
        "Not served a year",
        "In 95 % of runs less than",
        "Time short of power",
        "Time in survival mode",
    ]
    return Table(heads, rows, numeric=(1, 2, 3, 4), stacks=True).html()


def _story(simulation: Any) -> str:
    story: Any = simulation.story
    story = story[~_passing(story)]
    rows = [(row.time_utc.replace("T", " "), row.text) for row in story.head(STORY_ROWS).itertuples()]
    more = len(simulation.story) - len(rows)
    words = f"<p>{count(more, 'further event')} in worst-run.csv.</p>" if more > 0 else ""
    if simulation.story_cut:
        words += "<p>The run had more events than were kept.</p>"
    intro = "<p>Functions lost for less than five days are left out here.</p>"
    return intro + Table(["Time, UTC", "What happened"], rows).html() + words


def _passing(story: Any) -> Any:
    """Functions lost and back within days, cleanings, and spells short of power after the first: in the table only."""
    times = story["time_utc"].to_numpy(dtype="datetime64[m]")
    passing = np.zeros(len(story), dtype=bool)
    lost: dict[str, int] = {}
    short: set[str] = set()
    for row, (what, about) in enumerate(zip(story["what"], story["about"], strict=True)):
        if what == "cleaned":
            passing[row] = True
        elif what == "short of power":
            passing[row] = about in short
            short.add(about)
        elif what == "function lost":
            lost[about] = row
        elif what == "function back" and about in lost:
            begin = lost.pop(about)
            passing[[begin, row]] = times[row] - times[begin] < PASSING
    return passing


def _failure_names(simulation: Any) -> dict[str, str]:
    names = {part.id: part.name for part in [*simulation.station.elements, *simulation.station.orbiters]}
    return {f.id: f"{names[f.element]}: {f.name}" for f in simulation.station.failures if f.element}


def _definitions() -> str:
    rows = "".join(f"<dt>{escaped(term)}</dt><dd>{escaped(text)}</dd>" for term, text in METHOD)
    return f"<dl>{rows}</dl>"
