"""Data in and out of each site, and what waits to be sent."""

from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.report import palette
from moonstation.report.figure import (
    Days,
    Figure,
    Spec,
    axis,
    label,
    layout,
    legend_above,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.inputs import Result, labels, metric, name_of, parts, series, times_of
from moonstation.report.sky import terrain_limit
from moonstation.report.wording import duration, share, volume


def data_figures(result: Result) -> list[Figure]:
    """One figure for each place where data are made or kept."""
    names = {part.id: name_of(part) for kind in ("sites", "orbiters") for part in parts(result.station, kind)}
    figures = []
    for index, place in enumerate(labels(result, "site")):
        made, sent, stored = (
            series(result, f"data_{what}_bit", "site", place) for what in ("made", "sent", "stored")
        )
        if made is None or sent is None or stored is None or not np.any((made > 0.0) | (stored > 0.0)):
            continue
        figures.append(_flow(result, place, names.get(place, place), index, made, sent, stored))
    return figures


def data_words(result: Result, place: str, name: str, made: FloatArray, sent: FloatArray) -> str:
    """What became of the data of a place, in one sentence."""
    delivered = metric(result, f"data.{place}.delivered")
    total = float(made.sum())
    lost = metric(result, f"data.{place}.lost")
    backlog = metric(result, f"data.{place}.backlog.longest")
    if float(sent.sum()) <= 0.0:
        return f"{name} makes {volume(total)} and sends none of it"
    portion = float(sent.sum()) / total if delivered is None and total > 0.0 else delivered
    text = f"{name} makes {volume(total)} and delivers {share(portion)}"
    if lost is not None and lost > 0.0:
        text += f"; {volume(lost)} are lost to a full store"
    if backlog is not None:
        text += f"; the oldest data wait {duration(backlog)} at most" if backlog > 0.0 else "; nothing waits"
    return text


def _flow(
    result: Result, place: str, name: str, index: int, made: FloatArray, sent: FloatArray, stored: FloatArray
) -> Figure:
    days = Days.of(times_of(result))
    x = stamps(days.day, "D")
    data: list[Spec] = [
        _daily(x, days.total(made) / 1e9, "made", palette.MADE, "solid"),
        _daily(x, days.total(sent) / 1e9, "sent", palette.SENT, "dash"),
        {
            "type": "scatter",
            "mode": "lines",
            "name": label("stored, daily highest"),
            "x": x,
            "y": numbers(days.highest(stored) / 1e9, 3),
            "yaxis": "y2",
            "line": {"color": palette.STORED, "width": 1.4},
            "fill": "tozeroy",
            "fillcolor": palette.tint(palette.STORED, 0.25),
            "hovertemplate": "%{y} Gbit",
        },
    ]
    store = (
        sum(
            float(getattr(e, "data_storage", 0.0))
            for e in parts(result.station, "elements")
            if e.site == place
        )
        / 1e9
    )
    if 0.0 < store < 4.0 * float(stored.max()) / 1e9:
        full = {"x": [x[0], x[-1]], "y": [round(store, 3)] * 2, "yaxis": "y2", "hoverinfo": "skip"}
        line = {"color": palette.BLACK, "width": 1.3, "dash": "dot"}
        data.append({"type": "scatter", "mode": "lines", "name": "memory", **full, "line": line})
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(anchor="y2"),
            yaxis=axis("data [Gbit per day]", domain=[0.52, 1.0], rangemode="tozero"),
            yaxis2=axis("stored [Gbit]", domain=[0.0, 0.44], rangemode="tozero"),
            hovermode="x unified",
            showlegend=True,
            legend=legend_above(),
        ),
    }
    return Figure(
        f"fig-data-{index + 1}",
        data_words(result, place, name, made, sent),
        spec,
        380,
        "Sums and highest values by UTC day.",
        terrain_limit(result, place),
    )


def _daily(x: list[str], y: FloatArray, name: str, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": numbers(y, 3),
        "line": {"color": colour, "width": 1.6, "dash": dash},
        "hovertemplate": "%{y} Gbit",
    }
