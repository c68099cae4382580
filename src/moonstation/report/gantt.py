"""Bars along time, a row each: contacts of pairs, passes of antennas."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moonstation.report import palette

ROW_INCHES = 0.24
MOST_ROWS = 120
DPI = 130
LABELLED_SHARE = 0.018
"""Bars shorter than this share of the width bear no name."""


@dataclass(frozen=True)
class Bar:
    """One bar: from when to when (datetime64, UTC), what it belongs to, and what stands on it."""

    start: np.datetime64
    stop: np.datetime64
    group: str
    text: str = ""
    faint: tuple[np.datetime64, np.datetime64] | None = None


@dataclass(frozen=True)
class Lane:
    """A row with its name and its bars."""

    name: str
    bars: Sequence[Bar]


def draw_gantt(
    lanes: Sequence[Lane],
    groups: dict[str, str],
    *,
    title: str,
    start: np.datetime64,
    stop: np.datetime64,
    note: str = "",
) -> bytes:
    """Draw lanes as a PNG picture.

    Parameters
    ----------
    lanes : sequence of Lane
        From the top; more than `MOST_ROWS` are left out, and the picture says so.
    groups : dict of str to str
        Words of the legend by group, in order; colours follow the order.
    title : str
        Above the picture.
    start, stop : numpy.datetime64
        The span, UTC.
    note : str
        Below it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    shown = list(lanes[:MOST_ROWS])
    colours = {group: _colour(i) for i, group in enumerate(groups)}
    figure = Figure(figsize=(12.0, 1.9 + ROW_INCHES * max(3, len(shown))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    first, last = float(date2num(start)), float(date2num(stop))
    for row, lane in enumerate(shown):
        for bar in lane.bars:
            _draw_bar(axes, row, bar, colours[bar.group], last - first, date2num)
    axes.set_yticks(range(len(shown)), [lane.name for lane in shown], fontsize=8)
    axes.set_ylim(max(3, len(shown)) - 0.4, -0.6)
    axes.set_xlim(first, last)
    locator = AutoDateLocator(minticks=5, maxticks=12)
    axes.xaxis.set_major_locator(locator)
    days, hours = "%d %b", "%H:%M"
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=["%Y", "%b %Y", days, hours, hours, "%S"],
            zero_formats=["", "%Y", days, days, hours, hours],
            show_offset=False,
        )
    )
    axes.set_xlabel(f"UTC, {str(start)[:10]} to {str(stop)[:10]}", fontsize=9)
    axes.grid(axis="x", color=palette.LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, pad=10, color=palette.INK)
    handles = [Patch(facecolor=colours[group], label=words) for group, words in groups.items()]
    figure.legend(
        handles=handles,
        loc="outside upper right",
        ncols=min(6, max(1, len(handles))),
        fontsize=8,
        frameon=False,
    )
    left_out = f"{len(lanes) - len(shown)} more rows are left out. " if len(lanes) > len(shown) else ""
    if left_out or note:
        figure.supxlabel(left_out + note, fontsize=8, color=palette.MUTED, x=0.01, ha="left")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


EXTRA = ("#7f3c8d", "#8c6d31", "#11a579", "#a5aa99", "#3969ac")


def _colour(place: int) -> str:
    every = (*palette.SITES[:6], *EXTRA)
    return every[place % len(every)]


def _draw_bar(axes: Any, row: int, bar: Bar, colour: str, width: float, number: Any) -> None:
    a, b = float(number(bar.start)), float(number(bar.stop))
    if bar.faint is not None:
        c, d = float(number(bar.faint[0])), float(number(bar.faint[1]))
        axes.barh(row, d - c, left=c, height=0.72, color=colour, alpha=0.28, linewidth=0)
    axes.barh(row, b - a, left=a, height=0.72, color=colour, linewidth=0)
    if bar.text and b - a > max(LABELLED_SHARE, 0.0062 * len(bar.text)) * width:
        axes.text(
            0.5 * (a + b),
            row,
            bar.text,
            ha="center",
            va="center",
            fontsize=6.5,
            color=_on(colour),
            clip_on=True,
        )


def _on(colour: str) -> str:
    """Ink or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return palette.INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140.0 else palette.PAPER
