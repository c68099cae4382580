"""Picture of sets of relays: coverage against cost, by number of relays and longest gap (PNG)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from moonstation.arrays import FloatArray
from moonstation.report.palette import GRID, INK, LIGHT_SCALE, LINE, MUTED, VERMILLION

DPI = 130
MARKERS = ("o", "s", "^", "D", "P", "X", "v", "*", "p", "h", "<", ">")
SHORTEST_GAP = 60.0
"""Gaps under this are drawn as this [s]."""

LEAST_MISSED = 1e-4
"""Share of time without a relay that is drawn at the upper edge."""

GAPS = LinearSegmentedColormap.from_list("gaps", [colour for _, colour in reversed(LIGHT_SCALE)])


@dataclass(frozen=True)
class RelayMark:
    """A set of relays in the picture.

    Attributes
    ----------
    relays : int
        How many.
    cost : float
        In the measure of the axis.
    share : float
        Share of time served at the worst site.
    longest_gap : float
        There [s].
    """

    relays: int
    cost: float
    share: float
    longest_gap: float


def relay_picture_png(
    front: Sequence[RelayMark],
    sample: FloatArray,
    *,
    proposed: int | None,
    title: str,
    cost: str,
    fold: int = 1,
) -> bytes:
    """Picture of the sets that none beats.

    The time without a relay is drawn on a logarithmic scale, so that 99 and 99.9 % stand apart. A number names the row
    of the table.

    Parameters
    ----------
    front : sequence of RelayMark
        The sets, in the order of the table.
    sample : FloatArray
        Cost and share of some other sets, (n, 2).
    proposed : int or None
        Which of the front is proposed.
    title : str
        Heading.
    cost : str
        Title of the axis of cost, with its unit.
    fold : int
        2: only times count in which two relays serve at once.
    """
    figure = Figure(figsize=(9.4, 6.4), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED)
    for side in axes.spines.values():
        side.set_color(LINE)
    gaps = np.array([max(one.longest_gap, SHORTEST_GAP) for one in front]) / 3600.0
    low, high = float(gaps.min()), float(gaps.max())
    scale: Normalize = LogNorm(low, high) if high > 1.01 * low else LogNorm(low / 1.1, high * 1.1)
    axes.scatter(sample[:, 0], _missed(sample[:, 1]), s=7, color=MUTED, alpha=0.35, linewidths=0, zorder=2)
    for number, one in enumerate(front, start=1):
        dot = axes.scatter(
            one.cost,
            _missed(one.share),
            s=120,
            marker=MARKERS[(one.relays - 1) % len(MARKERS)],
            c=[max(one.longest_gap, SHORTEST_GAP) / 3600.0],
            cmap=GAPS,
            norm=scale,
            edgecolors=VERMILLION if number - 1 == proposed else INK,
            linewidths=2.2 if number - 1 == proposed else 0.8,
            zorder=4,
        )
    for number, place in enumerate(_label_places(front), start=1):
        one = front[number - 1]
        axes.annotate(
            str(number),
            (one.cost, float(_missed(one.share))),
            xytext=(11, place),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
            zorder=5,
        )
    axes.set_yscale("log")
    missed = _missed(np.array([*(one.share for one in front), *sample[:, 1]]))
    axes.set_ylim(min(1.05, float(missed.max()) * 1.6), float(missed.min()) / 1.7)
    axes.yaxis.set_major_formatter(FuncFormatter(_covered))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(FixedLocator(TICKS))
    # dearer sets that cover no more than the last one say nothing
    costs = np.array([one.cost for one in front])
    wide = 0.08 * (costs.max() - costs.min()) or 0.1 * costs.max()
    axes.set_xlim(costs.min() - wide, costs.max() + wide)
    bar = figure.colorbar(dot, ax=axes, pad=0.02, aspect=32)
    bar.set_label("longest gap at the worst site [h]", color=INK)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.ax.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    bar.ax.tick_params(which="both", colors=MUTED)
    axes.set_xlabel(cost, color=INK)
    two = " by two relays at once" if fold == 2 else ""
    axes.set_ylabel(f"time served{two}, worst site [%]", color=INK)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    sizes = sorted({one.relays for one in front})
    handles = [
        Line2D(
            [], [], linestyle="", marker=MARKERS[(size - 1) % len(MARKERS)], markersize=9, color=MUTED,
            label=f"{size} relay{'s' if size > 1 else ''}",
        )
        for size in sizes
    ]  # fmt: skip
    handles.append(
        Line2D([], [], linestyle="", marker=".", markersize=6, color=MUTED, label="other sets (a sample)")
    )
    if proposed is not None:
        handles.append(
            Line2D(
                [], [], linestyle="", marker="o", markersize=9, markerfacecolor="none", markeredgewidth=2.0,
                markeredgecolor=VERMILLION, label="proposed",
            )
        )  # fmt: skip
    axes.legend(handles=handles, loc="lower right", framealpha=0.95, edgecolor=LINE, fontsize=9)
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream, metadata={"Software": "moonstation"})  # type: ignore[no-untyped-call]
    return stream.getvalue()


TICKS = (0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4)


def _missed(share: float | np.ndarray) -> np.ndarray:
    return np.maximum(1.0 - np.asarray(share, dtype=float), LEAST_MISSED)


def _covered(missed: float, _: object) -> str:
    text = f"{100.0 * (1.0 - missed):.6g}"
    return f"≥ {text}" if missed <= LEAST_MISSED * 1.001 else text


def _label_places(front: Sequence[RelayMark]) -> list[float]:
    """Heights of the numbers beside their marks [points], apart where marks of like cost are close."""
    costs = np.array([one.cost for one in front])
    heights = np.log10(_missed(np.array([one.share for one in front])))
    wide, tall = max(float(np.ptp(costs)), 1e-9), max(float(np.ptp(heights)), 1e-9)
    places: list[float] = []
    for k in range(len(front)):
        near = [
            j
            for j in range(len(front))
            if j != k
            and abs(costs[j] - costs[k]) < 0.03 * wide
            and abs(heights[j] - heights[k]) < 0.04 * tall
        ]
        above = sum(heights[j] > heights[k] or (heights[j] == heights[k] and j < k) for j in near)
        places.append(9.0 * above - 4.5 * len(near) if near else 0.0)
    return places
