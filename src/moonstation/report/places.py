"""The page of one or more places: sky, light, months, and the worst months of a nodal cycle, side by side."""

from typing import Any

import numpy as np
import pandas as pd

from moonstation.report import palette, sections
from moonstation.report.confidence import confidence_figures, confidence_rows, confidence_section
from moonstation.report.figure import Figure, Spec, axis, colour_bar, layout, numbers, to_json
from moonstation.report.inputs import PlacesResult, name_of, span_days
from moonstation.report.light import MONTHS, light_figures
from moonstation.report.shell import (
    drawings,
    fill_page,
    notes_box,
    packaged_text,
    plotly_js,
    section,
    whole_dates,
)
from moonstation.report.sky import sky_figures, terrain_limit
from moonstation.report.tables import Html, Table, escaped
from moonstation.report.wording import duration, latitude, longitude, number, share, terrain_words
from moonstation.spacetime.epochs import tdb_to_utc

WORST = 12
"""Worst months shown of each place."""

TERMS = ("Share of the Sun", "Dark spell", "Elevation and azimuth", "Indicative")
CYCLE = "18.6 years"


def write_places_page(result: PlacesResult) -> str:
    """Write the page of one or more places as one self-contained HTML page.

    Parameters
    ----------
    result : PlacesResult
        Places and their light.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same result gives the same bytes.
    """
    places = result.station.sites
    skies = sky_figures(result)
    calendars = light_figures(result)
    cycles = [_cycle_figure(result, place, i) for i, place in enumerate(places)]
    bands = confidence_figures(result) if result.confidence else []
    figures = [*skies, *calendars, *cycles, *bands]
    several = len(places) > 1
    body = [
        section("sky", "The sky", drawings(skies)),
        section("light", "Sunlight, day by day", _sides(calendars, several=several)),
        section("months", "Months", _months(result)),
        section(
            "cycle",
            f"The worst months of {CYCLE}",
            _cycle_words(result) + _worst(result) + _sides(cycles, several=several),
        ),
        *(
            [section("confidence", "Confidence", confidence_section(result) + drawings(bands))]
            if bands
            else []
        ),
        section("sources", "Data sources and their limits", sections.sources(result)),
        section("method", "How the figures are defined", sections.definitions(TERMS)),
        section("software", "Software", sections.software(result)),
    ]
    return fill_page(
        "sites.html",
        {
            "title": escaped(f"{result.station.name}: light"),
            "style": packaged_text("style.css"),
            "head": _head(result),
            "summary": _summary(result),
            "notes": notes_box("Limits of these figures", result.notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def summary_rows(result: PlacesResult) -> list[tuple[str, list[str]]]:
    """Figures of each place in words: a label, and one cell for each place."""
    places = result.station.sites
    grounds = [result.horizons[place.id] for place in places]
    suns = [result.lights[place.id].statistics for place in places]
    cycles = [result.cycles[place.id] for place in places]
    earth = [result.lights[place.id].earth_visible for place in places]
    long = [cycle.statistics for cycle in cycles]
    return [
        ("place", [f"{latitude(p.lat_deg, 4)}, {longitude(p.lon_deg, 4)}" for p in places]),
        ("ground over 1737.4 km", [f"{number(float(p.site.ground_m), 4)} m" for p in places]),
        ("seen from", [f"{number(float(p.height))} m above ground" for p in places]),
        ("terrain at the site", [terrain_words(ground) for ground in grounds]),
        ("terrain around it", [str(ground.terrain) for ground in grounds]),
        ("average sunlight", [share(sun.average) for sun in suns]),
        ("any sunlight", [share(sun.any_light) for sun in suns]),
        ("longest dark spell", [_spell(sun, "dark") for sun in suns]),
        ("longest light spell", [_spell(sun, "light") for sun in suns]),
        ("Earth in view", [share(value) for value in earth]),
        (f"average sunlight, {CYCLE}", [share(sun.average) for sun in long]),
        (f"longest dark spell, {CYCLE}", [_spell(sun, "dark") for sun in long]),
        (f"darkest month, {CYCLE}", [_month_words(cycle.worst(1).iloc[0]) for cycle in cycles]),
        *confidence_rows(result),
    ]


def month_rows(result: PlacesResult) -> list[tuple[str, list[str]]]:
    """Average and longest dark spell of each month of the span: the month, and one cell for each place."""
    tables = [result.lights[place.id].monthly for place in result.station.sites]
    rows = []
    for i, month in enumerate(tables[0]["month"]):
        days = float(tables[0]["days"].iloc[i])
        part = "" if days >= 27.5 else f" ({number(days, 2)} d of it)"
        rows.append((f"{month_name(month)}{part}", [_light_words(table.iloc[i]) for table in tables]))
    return rows


def worst_rows(result: PlacesResult, count: int = WORST) -> list[tuple[str, list[str]]]:
    """The worst months of the nodal cycle: the rank, and one cell for each place."""
    tables = [result.cycles[place.id].worst(count) for place in result.station.sites]
    return [
        (str(k + 1), [f"{month_name(table['month'][k])}: {_light_words(table.iloc[k])}" for table in tables])
        for k in range(min(len(table) for table in tables))
    ]


def month_name(month: str) -> str:
    """The name of a month such as "2035-06"."""
    year, which = month.split("-")
    return f"{MONTHS[int(which) - 1]} {year}"


def _spell(sun: Any, kind: str) -> str:
    length = getattr(sun, f"longest_{kind}")
    if not length:
        return "none"
    cut = ", cut by the span" if getattr(sun, f"longest_{kind}_clipped") else ""
    first, last = (_day(getattr(sun, f"longest_{kind}_{end}")) for end in ("start", "stop"))
    return f"{duration(length)} ({first} to {last}{cut})"


def _day(et: float) -> str:
    return str(tdb_to_utc(np.array([et]))[0])[:10]


def _light_words(row: Any) -> str:
    dark = float(row["longest_dark_s"])
    return f"{share(float(row['average']))}, {f'dark {duration(dark)}' if dark else 'never dark'}"


def _month_words(row: Any) -> str:
    return f"{month_name(row['month'])} ({_light_words(row)})"


def _head(result: PlacesResult) -> str:
    names = [name_of(place) for place in result.station.sites]
    title = result.station.name
    what = f'<p class="what">{escaped(", ".join(names))}</p>' if len(names) > 1 else ""
    span = f"{result.start.utc[:16].replace('T', ' ')} to {result.stop.utc[:16].replace('T', ' ')} UTC"
    steps = f"{number(span_days(result), 4)} d in steps of {number(result.step_s / 60.0)} min"
    return f'<h1>{escaped(title)}</h1>{what}<p class="span">{escaped(f"{span} ({steps})")}</p>'


def _summary(result: PlacesResult) -> str:
    return _side_table("", summary_rows(result), result)


def _months(result: PlacesResult) -> str:
    intro = "<p>Average share of the Sun’s disc, and the longest dark spell within the month.</p>"
    return intro + _side_table("month", month_rows(result), result)


def _worst(result: PlacesResult) -> str:
    return _side_table("rank", worst_rows(result), result)


def _cycle_words(result: PlacesResult) -> str:
    cycle = next(iter(result.cycles.values()))
    return (
        f"<p>The Moon’s nodes go once around in {CYCLE}: {cycle.start.utc[:10]} to {cycle.stop.utc[:10]}, by the hour. "
        "Months with the least light, darkest first.</p>"
    )


def _side_table(corner: str, rows: list[tuple[str, list[str]]], result: PlacesResult) -> str:
    places = result.station.sites
    heads = [corner or "figure", *(_marked(result, place) for place in places)]
    cells = [[label, *(Html(whole_dates(escaped(cell))) for cell in found)] for label, found in rows]
    return Table(heads, cells).html()


def _marked(result: PlacesResult, place: Any) -> str:
    name = name_of(place)
    return f"{name} (indicative)" if result.horizons[place.id].indicative else name


def _sides(figures: list[Figure], *, several: bool) -> str:
    return f'<div class="sides">{drawings(figures)}</div>' if several else drawings(figures)


def _cycle_figure(result: PlacesResult, place: Any, index: int) -> Figure:
    """Years down, months across: the average share of the Sun."""
    table: pd.DataFrame = result.cycles[place.id].monthly
    year = table["month"].str.slice(0, 4).astype(int).to_numpy()
    which = table["month"].str.slice(5, 7).astype(int).to_numpy() - 1
    years = np.arange(year[0], year[-1] + 1)
    grid = np.full((years.size, 12), np.nan)
    grid[year - years[0], which] = 100.0 * table["average"].to_numpy()
    spec: Spec = {
        "data": [
            {
                "type": "heatmap",
                "x": list(MONTHS),
                "y": [str(y) for y in years],
                "z": [numbers(row, 1) for row in grid],
                "zmin": 0,
                "zmax": 100,
                "colorscale": [list(stop) for stop in palette.LIGHT_SCALE],
                "xgap": 1,
                "ygap": 1,
                "hoverongaps": False,
                "hovertemplate": "%{x} %{y}: %{z} % of the Sun<extra></extra>",
                "colorbar": colour_bar("share of the Sun’s disc [%]"),
            }
        ],
        "layout": layout(
            xaxis=axis("month [UTC]", showgrid=False, type="category"),
            yaxis=axis("year", autorange="reversed", type="category", showgrid=False, dtick=2),
        ),
    }
    worst = result.cycles[place.id].worst(1).iloc[0]
    finding = (
        f"{name_of(place)}: the darkest month of {CYCLE} is {month_name(worst['month'])} with "
        f"{share(float(worst['average']))} of the Sun"
    )
    note = f"Mean of the visible share of the solar disc over each UTC month, {number(place.height)} m above ground."
    return Figure(f"fig-cycle-{index + 1}", finding, spec, 430, note, terrain_limit(result, place.id))
