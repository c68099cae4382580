"""What a figure of the report is: a finding in words above a Plotly drawing, and the pieces all drawings share."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, TimeArray
from moonstation.report import palette

Spec = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A drawing with its finding.

    Attributes
    ----------
    id : str
        Id of the figure on the page.
    finding : str
        What the figure shows, one sentence of plain text computed from the data.
    spec : dict
        Plotly figure: "data" and "layout". Texts from the station file in it have gone through `label`.
    height : int
        Height on screen [px].
    note : str
        How to read it.
    limit : str
        What the data behind it cannot carry, "" if nothing is known.
    """

    id: str
    finding: str
    spec: Spec
    height: int = 320
    note: str = ""
    limit: str = ""


def label(text: str) -> str:
    """Text from the station file for a drawing: Plotly reads a few tags, which a name must not bring in."""
    return html.escape(text, quote=False)


def numbers(values: AnyArray, digits: int) -> list[Any]:
    """Values rounded for the page, with None where there is no number."""
    rounded = np.round(np.asarray(values, dtype=np.float64), digits) + 0.0
    if digits <= 0 and np.all(np.isfinite(rounded)):
        whole: list[Any] = rounded.astype(np.int64).tolist()
        return whole
    if np.all(np.isfinite(rounded)):
        plain: list[Any] = rounded.tolist()
        return plain
    holed = rounded.astype(object)
    holed[~np.isfinite(rounded)] = None
    found: list[Any] = holed.tolist()
    return found


def stamps(times: TimeArray, unit: str = "m") -> list[str]:
    """Times as text that Plotly reads, to the minute ("m") or the day ("D")."""
    texts = np.datetime_as_string(times.astype(f"datetime64[{unit}]"), unit=unit)  # type: ignore[call-overload]
    return [str(text).replace("T", " ") for text in texts]


def axis(title: str, **more: Any) -> Spec:
    """An axis with its title (quantity and unit)."""
    return {
        "title": {"text": title, "standoff": 6, "font": {"size": 12}},
        "automargin": True,
        "gridcolor": palette.GRID,
        "linecolor": palette.LINE,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": palette.LINE,
        "showline": True,
        "exponentformat": "none",
        "separatethousands": True,
        **more,
    }


def time_axis(**more: Any) -> Spec:
    """The axis of time, UTC."""
    return axis("time [UTC]", type="date", **more)


def layout(**more: Any) -> Spec:
    """What all drawings have in common."""
    return {
        "font": {
            "family": "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
            "size": 12,
            "color": palette.INK,
        },
        "paper_bgcolor": palette.PAPER,
        "plot_bgcolor": palette.PAPER,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {"font": {"size": 12}},
        "showlegend": False,
        "separators": ".\N{NARROW NO-BREAK SPACE}",
        **more,
    }


def legend_above() -> Spec:
    """A legend in a row above the drawing, where it can hide no data."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "traceorder": "normal",
        "font": {"size": 12},
    }


def colour_bar(title: str, **more: Any) -> Spec:
    """A slim colour bar with its quantity and unit, written alongside so that it takes little width."""
    return {
        "title": {"text": title, "side": "right", "font": {"size": 12}},
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"size": 12},
        **more,
    }


def lines_between(pairs: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Starts and ends as one list with a gap after each pair, to be drawn as separate strokes."""
    out: list[Any] = []
    for first, second in pairs:
        out += [first, second, None]
    return out


@dataclass(frozen=True)
class Days:
    """The UTC days of a series: `day` (m,) datetime64[D] and where each begins in the series."""

    day: TimeArray
    first: AnyArray

    @classmethod
    def of(cls, times: TimeArray) -> "Days":
        """Days of ascending times (n,)."""
        day = times.astype("datetime64[D]")
        first = (
            np.flatnonzero(np.concatenate(([True], day[1:] != day[:-1])))
            if len(day)
            else np.empty(0, dtype=np.int64)
        )
        return cls(day[first], first)

    def total(self, values: FloatArray) -> FloatArray:
        """Sum by day (m,)."""
        return np.asarray(np.add.reduceat(values, self.first), dtype=np.float64)

    def mean(self, values: FloatArray) -> FloatArray:
        """Mean by day (m,)."""
        return np.asarray(self.total(values) / np.diff(np.append(self.first, len(values))), dtype=np.float64)

    def lowest(self, values: FloatArray) -> FloatArray:
        """Least value by day (m,)."""
        return np.asarray(np.minimum.reduceat(values, self.first), dtype=np.float64)

    def highest(self, values: FloatArray) -> FloatArray:
        """Greatest value by day (m,)."""
        return np.asarray(np.maximum.reduceat(values, self.first), dtype=np.float64)

    def last(self, values: FloatArray) -> FloatArray:
        """Last value by day (m,)."""
        return np.asarray(values[np.append(self.first[1:], len(values)) - 1], dtype=np.float64)


def longest_run(mask: AnyArray) -> tuple[int, int]:
    """First index and end (exclusive) of the longest unbroken run of True; (0, 0) when there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    if len(edges) == 0:
        return 0, 0
    starts, stops = edges[::2], edges[1::2]
    best = int(np.argmax(stops - starts))
    return int(starts[best]), int(stops[best])


def to_json(specs: dict[str, Any]) -> str:
    """Figures as JSON that can stand inside a page: no NaN, nothing that could end a script."""
    text = json.dumps(specs, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
