"""Pictures of a link: rate against distance and elevation, margin over time (PNG)."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from moonstation.arrays import FloatArray, IntArray, TimeArray
from moonstation.report.palette import BLUE, GRID, INK, LINE, MUTED, ORANGE, VERMILLION
from moonstation.spacetime.epochs import tdb_to_utc

DPI = 130
COLOURS = {"nominal": BLUE, "rss": ORANGE, "worst": VERMILLION}
NAMES = {
    "nominal": "nominal",
    "rss": "less the root of the sum of squares of all tolerances",
    "worst": "less the sum of all tolerances",
}


@dataclass(frozen=True, eq=False)
class LinkCurves:
    """What a picture of a link shows.

    Attributes
    ----------
    title : str
        Heading.
    et : (n,) array
        Moments, TDB seconds past J2000, in the order of time.
    windows : (m, 2) array
        Contacts, TDB seconds past J2000.
    distance, elevation : (n,) array
        [m], and [rad] at the end named by `elevation_at`.
    elevation_at : str
        That end.
    limits, margins : dict of str to (n,) array
        By case: the highest rate that keeps the required margin [bit/s], and the margin at `rate` [dB].
    rate : float
        [bit/s]
    required : float
        Margin that is required [dB].
    most : float
        Highest rate that is sent, by its steps and its bandwidth [bit/s]; infinite without a bound.
    """

    title: str
    et: FloatArray
    windows: FloatArray
    distance: FloatArray
    elevation: FloatArray
    elevation_at: str
    limits: Mapping[str, FloatArray]
    margins: Mapping[str, FloatArray]
    rate: float
    required: float
    most: float


def link_png(curves: LinkCurves) -> bytes:
    """Draw the rate against distance and elevation, and the margin over time below them."""
    figure = Figure(figsize=(10.0, 7.6), dpi=DPI, layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[1.0, 1.05])
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    below = figure.add_subplot(grid[1, :])
    for axes in (left, right, below):
        axes.grid(color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(colors=MUTED)
        for side in axes.spines.values():
            side.set_color(LINE)
    scale, unit = _unit(max(float(np.max(value)) for value in curves.limits.values()))
    for axes, across, label in (
        (left, curves.distance / 1e6, "distance [1000 km]"),
        (right, np.degrees(curves.elevation), f"elevation at {curves.elevation_at} [deg]"),
    ):
        for case, rate in curves.limits.items():
            axes.plot(across, rate / scale, ".", markersize=2.5, color=COLOURS[case], rasterized=True)
        axes.set_xlabel(label, color=INK)
        axes.set_ylabel(f"rate that the signal carries [{unit}]", color=INK)
        _rates(axes, curves.limits, scale, curves.most, unit)
    times = _with_gaps(curves)
    for case, margin in curves.margins.items():
        values = np.insert(margin, times[1], np.nan)
        below.plot(times[0], values, color=COLOURS[case], linewidth=1.1, label=NAMES[case])
    below.axhline(curves.required, color=INK, linewidth=0.9, linestyle="--")
    below.axhline(0.0, color=MUTED, linewidth=0.8)
    below.annotate(
        f"required {curves.required:g} dB",
        (1.0, curves.required),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
        color=INK,
    )
    below.set_ylabel(f"margin at {curves.rate / scale:.4g} {unit} [dB]", color=INK)
    below.set_xlabel("UTC", color=INK)
    locator = mdates.AutoDateLocator(minticks=4, maxticks=9)
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    figure.suptitle(curves.title, x=0.01, ha="left", fontweight="bold", color=INK)
    handles, labels = below.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3, frameon=False, fontsize=8.5)
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream, metadata={"Software": "moonstation"})
    return stream.getvalue()


def _unit(most: float) -> tuple[float, str]:
    for size, name in ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")):
        if most >= size:
            return size, name
    return 1.0, "bit/s"


def _rates(axes: Axes, limits: Mapping[str, FloatArray], scale: float, most: float, unit: str) -> None:
    """Logarithmic where rates differ by more than a factor of ten, from zero where not."""
    values = np.concatenate(list(limits.values())) / scale
    if float(np.max(values)) > 10.0 * max(float(np.min(values)), 1e-12):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.set_ylim(0.0, 1.08 * float(np.max(values)))
    low, high = axes.get_ylim()
    if low < most / scale < high:
        axes.axhline(most / scale, color=INK, linewidth=0.9, linestyle="--")
        axes.annotate(
            f"most that is sent, {most / scale:.4g} {unit}",
            (1.0, most / scale),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
            color=INK,
        )


def _with_gaps(curves: LinkCurves) -> tuple[TimeArray, IntArray]:
    """Moments with one more after each contact, where the line breaks; and where those are put in."""
    ends: IntArray = np.searchsorted(curves.et, curves.windows[:-1, 1], side="right").astype(np.int64)
    breaks = curves.et[np.minimum(ends, curves.et.size - 1)]
    return tdb_to_utc(np.insert(curves.et, ends, breaks)), ends
