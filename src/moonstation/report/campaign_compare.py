"""Two stations or plans side by side: words for tables, a picture of how both grow, and a page."""

import io
from collections.abc import Sequence
from typing import Any

from moonstation.report import palette
from moonstation.report.figure import Figure, axis, label, layout, legend_above, to_json
from moonstation.report.shell import drawings, fill_page, notes_box, packaged_text, plotly_js, section
from moonstation.report.tables import Table, escaped
from moonstation.report.wording import energy, number, power, quantity, share, shortened

COLOURS = (palette.BLUE, palette.VERMILLION)
DASHES = (("-", "solid"), ("--", "dash"))
"""Lines of both sides, in the picture and on the page."""

PANELS = (
    ("mass", "mass in place [t]", 1e-3),
    ("power", "power of sources, rated [kW]", 1e-3),
    ("functions", "functions served", 1.0),
)
"""What is drawn of the growth: key, axis, and what its values are multiplied with."""

LEVELS = ("published", "estimated", "assumption")

METHOD = (
    ("Difference", "the second less the first; of dates, how much later the second is"),
    (
        "How sure",
        "what a figure rests on; where mixed, its per cent published / estimated / assumption; of a date the level "
        "of the least sure value behind it",
    ),
    ("In place", "with a plan the end of the month of landing; without, the dates of the station file"),
    (
        "Ends with one partner",
        "a function that is no longer served when that partner takes its elements away",
    ),
    (
        "Power",
        "arrays facing the whole Sun, reactors and isotopes at their start; on the Moon arrays give less",
    ),
)


def amount(value: float | None, unit: str, money: str = "") -> str:
    """A figure for people, with its unit."""
    if value is None:
        return "not given"
    match unit:
        case "kg":
            return quantity(value, "kg", 4)
        case "W":
            return power(value) if value else "0 W"
        case "J":
            return energy(value) if value else "0 Wh"
        case "d":
            return quantity(value / 86_400.0, "d", 4)
        case "share":
            return share(value)
        case "money":
            return f"{number(value / 1e6, 4)} M{money}"
        case _:
            return number(value, 4)


def figure_rows(result: Any, money: Sequence[str]) -> list[tuple[str, ...]]:
    """Each figure: words, both values, difference, how sure each is."""
    rows: list[tuple[str, ...]] = []
    for line in result.lines:
        first, second = line.figures
        gap = line.difference
        told = "–" if gap is None else f"{'+' if gap > 0 else ''}{amount(gap, line.unit, money[1])}"
        if gap == 0:
            told = "same"
        rows.append(
            (
                line.title,
                amount(first.value, line.unit, money[0]),
                amount(second.value, line.unit, money[1]),
                told,
                sureness(first),
                sureness(second),
            )
        )
    return rows


def sureness(figure: Any) -> str:
    """What a figure rests on: one level, or the shares in per cent of all three."""
    held = [x for x in LEVELS if figure.confidence.get(x)]
    if len(held) < 2:
        return held[0] if held else "–"
    return " / ".join(f"{100.0 * figure.confidence.get(x, 0.0):.0f}" for x in LEVELS)


def date_rows(result: Any) -> list[tuple[str, ...]]:
    """Each milestone: words, both months, how much later the second is, how sure each is."""
    rows: list[tuple[str, ...]] = []
    for line in result.dates:
        months = line.months
        if months is None:
            gap = "–"
        elif round(months) == 0:
            gap = "same"
        else:
            gap = f"{abs(round(months))} months {'later' if months > 0 else 'earlier'}"
        rows.append(
            (
                line.title,
                *(
                    ("–" if found is None else f"{found.day:%Y-%m}") + (f" (asked {asked})" if asked else "")
                    for found, asked in zip(line.arrivals, line.asked, strict=True)
                ),
                gap,
                *("–" if found is None else found.confidence for found in line.arrivals),
            )
        )
    return rows


def partner_rows(result: Any) -> list[tuple[str, ...]]:
    """Each partner of each side: side, name, elements, mass, share, power, functions that end with it."""
    names = dict(zip((side.label for side in result.sides), labels_of(result), strict=True))
    return [
        (
            names[row["side"]],
            row["name"],
            str(row["elements"]),
            amount(row["mass"], "kg"),
            share(row["mass_share"]),
            amount(row["power"], "W"),
            str(row["functions"]),
        )
        for _, row in result.partners.iterrows()
    ]


FIGURE_HEADS = ("figure", "{}", "{}", "difference", "how sure, {}", "how sure, {}")
DATE_HEADS = ("reached", "{}", "{}", "second is", "how sure, {}", "how sure, {}")
PARTNER_HEADS = ("of", "partner", "elements", "mass", "share", "power", "functions that end with it")


def heads(pattern: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Heads of a table with the labels of both sides put in, in turn."""
    found, place = [], 0
    for text in pattern:
        found.append(text.format(labels[place % 2]) if "{}" in text else text)
        place += "{}" in text
    return found


def labels_of(result: Any) -> tuple[str, str]:
    """Short labels of both sides, different from each other."""
    first, second = (shortened(side.label.rpartition("/")[2], 24) for side in result.sides)
    return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")


def _together(result: Any) -> bool:
    """Whether the years of both overlap, so that one axis of dates fits both."""
    first, second = (frame["day"] for frame in result.growth)
    return bool(
        len(first) and len(second) and first.iloc[0] <= second.iloc[-1] and second.iloc[0] <= first.iloc[-1]
    )


def _steps(result: Any, place: int) -> tuple[list[float], Any]:
    """Where one side's steps stand, in years of the calendar or since its own first element."""
    frame = result.growth[place]
    years = [day.year + (day.timetuple().tm_yday - 1) / 365.25 for day in frame["day"]]
    if not _together(result) and years:
        years = [year - years[0] for year in years]
    return years, frame


def growth_picture(result: Any) -> bytes:
    """Draw how both grow, PNG: mass, power and functions in place, one under the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page
    from matplotlib.ticker import MaxNLocator

    page = Page(figsize=(9.0, 8.4), dpi=130)
    FigureCanvasAgg(page)
    axes = page.subplots(len(PANELS), 1, sharex=True)
    names = labels_of(result)
    steps = [_steps(result, place) for place in range(2)]
    used = [year for years, _ in steps for year in years]
    first, last = (min(used), max(used)) if used else (0.0, 1.0)
    room = max(0.04 * (last - first), 0.5)
    for panel, (key, words, size) in zip(axes, PANELS, strict=True):
        for place, (years, frame) in enumerate(steps):
            x = [first - room, *years, last + room]
            values = [size * float(value) for value in frame[key]]
            y = [0.0, *values, values[-1] if values else 0.0]
            panel.step(
                x,
                y,
                where="post",
                color=COLOURS[place],
                linestyle=DASHES[place][0],
                linewidth=2.0,
                label=names[place],
            )
        panel.set_ylabel(words, fontsize=9.5)
        panel.set_xlim(first - room, last + room)
        panel.set_ylim(bottom=0.0)
        panel.grid(color=palette.GRID)
        panel.set_axisbelow(True)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    axes[-1].yaxis.set_major_locator(MaxNLocator(integer=True))
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[-1].set_xlabel("year" if _together(result) else "years since the first element of each")
    title = "\n".join(
        f"{name}: {shortened(side.station.name, 80)}" for name, side in zip(names, result.sides, strict=True)
    )
    page.suptitle(title, x=0.09, ha="left", fontsize=11, weight="bold", color=palette.INK, parse_math=False)
    axes[0].legend(loc="upper left", frameon=False)
    page.text(
        0.09,
        0.012,
        "Dates and sizes mix published values, estimates and assumptions: see the tables beside it.",
        fontsize=8.5,
        color=palette.MUTED,
    )
    page.subplots_adjust(left=0.09, right=0.98, top=0.925, bottom=0.085, hspace=0.12)
    held = io.BytesIO()
    page.savefig(held, format="png")
    return held.getvalue()


def write_comparison_page(result: Any, money: Sequence[str]) -> str:
    """Write the comparison as one self-contained HTML page.

    Parameters
    ----------
    result : Comparison
        See `moonstation.study.compare`.
    money : sequence of str
        Currency and year of the costs of both sides.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same stations give the same bytes.
    """
    names = labels_of(result)
    figures = [_growth_figure(result, *panel) for panel in PANELS]
    summary = Table(
        tuple(heads(FIGURE_HEADS, names)), figure_rows(result, money), numeric=(1, 2, 3), stacks=True
    ).html()
    single = Table(
        ("of", "functions that end with one partner"),
        [(name, ", ".join(found) or "none") for name, found in zip(names, result.single, strict=True)],
    ).html()
    body = [
        section("growth", "How both grow", drawings(figures)),
        section(
            "dates",
            "Milestones",
            Table(tuple(heads(DATE_HEADS, names)), date_rows(result), stacks=True).html(),
        ),
        section(
            "partners",
            "What each partner brings",
            Table(PARTNER_HEADS, partner_rows(result), numeric=(2, 3, 4, 5, 6), stacks=True).html() + single,
        ),
        section("method", "How the figures are defined", Table(("term", "meaning"), METHOD).html()),
    ]
    title = f"{names[0]} and {names[1]} side by side"
    what = "; ".join(f"{name}: {side.station.name}" for name, side in zip(names, result.sides, strict=True))
    return fill_page(
        "sites.html",
        {
            "title": escaped(title),
            "style": packaged_text("style.css"),
            "head": f'<h1>{escaped(title)}</h1><p class="what">{escaped(what)}</p>',
            "summary": summary,
            "notes": notes_box("Limits of these figures", result.notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def _growth_figure(result: Any, key: str, words: str, size: float) -> Figure:
    names = labels_of(result)
    steps = [_steps(result, place) for place in range(2)]
    last = max((year for years, _ in steps for year in years), default=1.0)
    data = []
    ends = []
    for place, (years, frame) in enumerate(steps):
        values = [round(size * float(value), 3) for value in frame[key]]
        ends.append(values[-1] if values else 0.0)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "line": {"shape": "hv", "width": 2.5, "color": COLOURS[place], "dash": DASHES[place][1]},
                "name": label(names[place]),
                "x": [*(years[:1]), *(round(year, 3) for year in years), last + 0.5] if years else [],
                "y": [0.0, *values, values[-1]] if values else [],
                "hovertemplate": "%{y:.4g}",
            }
        )
    title, _, unit = words.partition(" [")
    finding = f"At the end: {title} {number(ends[0])} and {number(ends[1])} {unit.rstrip(']')}".rstrip()
    spec = {
        "data": data,
        "layout": layout(
            showlegend=True,
            legend=legend_above(),
            xaxis=axis("year" if _together(result) else "years since the first element of each"),
            yaxis=axis(words, rangemode="tozero"),
        ),
    }
    return Figure(f"growth-{key}", finding, spec, height=290)
