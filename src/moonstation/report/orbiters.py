"""The orbiters: how low and how high they fly, day by day."""

from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.report import palette
from moonstation.report.figure import (
    Days,
    Figure,
    Spec,
    axis,
    layout,
    legend_above,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.inputs import Result, metric, name_of, parts, series, times_of
from moonstation.report.wording import day, number


def orbiter_figures(result: Result) -> list[Figure]:
    """One figure for each orbiter that was flown."""
    found = []
    for index, orbiter in enumerate(parts(result.station, "orbiters")):
        altitude = series(result, "altitude_km", "orbiter", orbiter.id)
        if altitude is not None and bool(np.any(np.isfinite(altitude))):
            found.append(_altitude(result, orbiter, index, altitude))
    return found


def _altitude(result: Result, orbiter: Any, index: int, altitude: FloatArray) -> Figure:
    times = times_of(result)
    known = np.isfinite(altitude)
    times, altitude = times[known], altitude[known]
    days = Days.of(times)
    x = stamps(days.day, "D")
    low, high = days.lowest(altitude), days.highest(altitude)
    lowest = metric(result, f"orbiter.{orbiter.id}.altitude.lowest")
    least = float(altitude.min()) if lowest is None else lowest / 1000.0
    when = day(times[int(np.argmin(altitude))])
    most = number(float(altitude.max()))
    finding = f"{name_of(orbiter)} flies between {number(least)} and {most} km; lowest on {when}"
    note = "Altitude over the 1737.4 km sphere: the band spans the lowest and highest of each UTC day."
    trajectory = result.trajectories.get(orbiter.id)
    if trajectory is not None:
        note += f" Gravity field to degree {trajectory.degree}."
        note += f" {trajectory.note}" if trajectory.note else ""
    line = {"type": "scatter", "mode": "lines", "x": x, "hovertemplate": "%{y} km"}
    data: list[Spec] = [
        {
            **line,
            "name": "daily lowest",
            "y": numbers(low, 1),
            "line": {"color": palette.VERMILLION, "width": 1.5},
        },
        {
            **line,
            "name": "daily highest",
            "y": numbers(high, 1),
            "line": {"color": palette.BLUE, "width": 1.5},
            "fill": "tonexty",
            "fillcolor": palette.tint(palette.SKY_BLUE, 0.25),
        },
    ]
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(),
            yaxis=axis("altitude [km]", rangemode="tozero"),
            hovermode="x unified",
            showlegend=True,
            legend=legend_above(),
        ),
    }
    return Figure(f"fig-orbiter-{index + 1}", finding, spec, 260, note)
