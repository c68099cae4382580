"""The orbiters: how low and how high they fly, day by day."""

import math
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray, TimeArray
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
from moonstation.report.inputs import Result, name_of, parts, series, times_of
from moonstation.report.wording import day, number
from moonstation.spacetime.epochs import tdb_to_utc


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
    trajectory = result.trajectories.get(orbiter.id)
    if trajectory is None:
        least, most, when = float(altitude.min()), float(altitude.max()), times[int(np.argmin(altitude))]
        note = ""
    else:
        found = trajectory.altitude_extremes
        least, most = found.lowest / 1000.0, found.highest / 1000.0
        when = tdb_to_utc(np.array([found.lowest_at]))[0]
        note = str(trajectory.note or f"Gravity field to degree {trajectory.degree}.")
    finding = f"{name_of(orbiter)} flies between {number(least)} and {number(most)} km; lowest on {day(when)}"
    return altitude_band(
        f"fig-orbiter-{index + 1}",
        finding,
        times,
        altitude,
        period_days=_period_days(altitude, result.step_s),
        note=note,
    )


def altitude_band(
    key: str, finding: str, times: TimeArray, altitude: FloatArray, *, period_days: float, note: str = ""
) -> Figure:
    """Lowest and highest altitude, day by day.

    Parameters
    ----------
    key, finding, note : str
        Of the figure.
    times : TimeArray
        Ascending (n,), UTC.
    altitude : FloatArray
        (n,) [km].
    period_days : float
        Time of a round [d]: each value is that of the days that hold one at least.
    """
    days = Days.of(times)
    x = stamps(days.day, "D")
    # a day without a periapsis would show as a spike: a window holds one turn at least
    window = min(max(1, math.ceil(period_days)), len(x))
    low, high = days.lowest(altitude), days.highest(altitude)
    low, high = _running(low, window).min(axis=1), _running(high, window).max(axis=1)
    length = "each UTC day" if window == 1 else f"any {window} days running"
    told = f"Altitude over the 1737.4 km sphere: the band spans the lowest and highest of {length}."
    line = {"type": "scatter", "mode": "lines", "x": x, "hovertemplate": "%{y} km"}
    data: list[Spec] = [
        {
            **line,
            "name": "lowest",
            "y": numbers(low, 1),
            "line": {"color": palette.VERMILLION, "width": 1.5},
        },
        {
            **line,
            "name": "highest",
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
    return Figure(key, finding, spec, 260, f"{told} {note}".strip())


def _period_days(altitude: FloatArray, step_s: float) -> float:
    """Mean time between lowest points [d]; 0 when there are none."""
    lowest = int(np.sum((altitude[1:-1] < altitude[:-2]) & (altitude[1:-1] <= altitude[2:])))
    return len(altitude) * step_s / 86400.0 / lowest if lowest else 0.0


def _running(values: FloatArray, window: int) -> FloatArray:
    """Every value with those that follow it, shape (n, window); the last ones repeat."""
    padded = np.append(values, np.full(window - 1, values[-1]))
    return np.lib.stride_tricks.sliding_window_view(padded, window)
