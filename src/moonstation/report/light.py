"""The light calendar: day by day, how much of the Sun a site sees."""

from typing import Any

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, TimeArray
from moonstation.report import palette
from moonstation.report.figure import Days, Figure, Spec, axis, colour_bar, layout, longest_run, numbers
from moonstation.report.inputs import SkyResult, metric, name_of, parts, series, times_of
from moonstation.report.sky import terrain_limit
from moonstation.report.wording import day, duration, share

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def light_figures(result: SkyResult) -> list[Figure]:
    """One calendar for each site whose light was studied."""
    found = []
    for index, site in enumerate(parts(result.station, "sites")):
        fraction = series(result, "sun_fraction", "site", site.id)
        if fraction is not None:
            found.append(_calendar(result, site, index, fraction))
    return found


def dark_words(result: SkyResult, site_id: str, fraction: FloatArray) -> str:
    """The longest spell without any Sun at a site, in words."""
    times = times_of(result)
    first, end = longest_run(fraction <= 0.0)
    if first == end:
        return "never dark"
    spell = metric(result, f"site.{site_id}.sun.longest_dark")
    length = spell if spell is not None else (end - first) * result.step_s
    if first == 0 and end == len(times):
        return f"dark throughout, {duration(length)}"
    cut = " (cut by the span studied)" if first == 0 or end == len(times) else ""
    return f"longest dark spell {duration(length)} from {day(times[first])}{cut}"


def _calendar(result: SkyResult, site: Any, index: int, fraction: FloatArray) -> Figure:
    days = Days.of(times_of(result))
    mean = days.mean(fraction)
    months, grid = month_grid(days.day, mean)
    average = metric(result, f"site.{site.id}.sun.average")
    average = float(fraction.mean()) if average is None else average
    finding = f"{name_of(site)} sees {share(average)} of the Sun: {dark_words(result, site.id, fraction)}"
    if not np.any(fraction > 0.0):
        finding = f"{name_of(site)} never sees the Sun: {dark_words(result, site.id, fraction)}"
    spec: Spec = {
        "data": [
            {
                "type": "heatmap",
                "x": list(range(1, 32)),
                "y": months,
                "z": [numbers(row, 0) for row in 100.0 * grid],
                "zmin": 0,
                "zmax": 100,
                "colorscale": [list(stop) for stop in palette.LIGHT_SCALE],
                "xgap": 1,
                "ygap": 1,
                "hoverongaps": False,
                "hovertemplate": "%{y}, day %{x}: %{z} % of the Sun<extra></extra>",
                "colorbar": colour_bar("share of the Sun’s disc [%]"),
            }
        ],
        "layout": layout(
            xaxis=axis(
                "day of the month [UTC]",
                tickvals=[1, 5, 10, 15, 20, 25, 31],
                showgrid=False,
                range=[0.5, 31.5],
            ),
            yaxis=axis(
                "month [UTC]",
                autorange="reversed",
                type="category",
                showgrid=False,
                dtick=max(1, len(months) // 24),
            ),
        ),
    }
    height = float(getattr(site, "height", 2.0))
    return Figure(
        f"fig-light-{index + 1}",
        finding,
        spec,
        110 + 19 * min(len(months), 24),
        f"Mean of the visible share of the solar disc over each UTC day, {height:g} m above the ground.",
        terrain_limit(result, site.id),
    )


def month_grid(day_of: TimeArray, values: FloatArray) -> tuple[list[str], AnyArray]:
    """Daily values as rows of months: names of the months, and an array (months, 31) with NaN where there is no day."""
    month = day_of.astype("datetime64[M]")
    row = (month - month[0]).astype(int)
    column = (day_of - month.astype("datetime64[D]")).astype(int)
    grid = np.full((int(row[-1]) + 1, 31), np.nan)
    grid[row, column] = values
    names = []
    for k in range(len(grid)):
        year, number = str(month[0] + np.timedelta64(k, "M")).split("-")
        names.append(f"{MONTHS[int(number) - 1]} {year}")
    return names, grid
