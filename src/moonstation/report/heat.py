"""Pictures and tables of temperatures: the ground with depth and time, and elements."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from moonstation.arrays import FloatArray, TimeArray
from moonstation.report.palette import GRID, INK, LINE, MUTED, SITES
from moonstation.station.elements import Element
from moonstation.station.thermal import ThermalNode

DPI = 130
SHOWN_DEPTH = 1.0
DEPTH_TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
LINES = (0.0, 0.1, 0.3, 1.0)
"""Depths drawn as lines and told in tables [m]."""

MOST_COLUMNS = 2400
"""Instants that a picture can show apart."""

WARMTH = LinearSegmentedColormap.from_list(
    "warmth", ["#1d2a5e", "#3f6fb0", "#a9c9e0", "#f4e3b5", "#e08a3c", "#8f2413"]
)
DASHES = ("-", "--", ":", "-.")


class Instants(Protocol):
    """The instants of a span, UTC."""

    @property
    def times(self) -> TimeArray: ...  # noqa: D102


class GroundHeat(Protocol):
    """The ground at a place: temperatures (n, k) [K] at depths (k,) [m], and what it absorbs (n,) [W/m^2]."""

    @property
    def place(self) -> Any: ...  # noqa: D102
    @property
    def depth(self) -> FloatArray: ...  # noqa: D102
    @property
    def temperature(self) -> FloatArray: ...  # noqa: D102
    @property
    def absorbed(self) -> FloatArray: ...  # noqa: D102

    def at_depth(self, depth: float) -> FloatArray:
        """Temperature at a depth [m] through the span [K], (n,)."""


class NodeRun(Protocol):
    """A node of an element: temperature (n,) [K] and heater (n,) [W], NaN before it arrives; sums in SI."""

    @property
    def node(self) -> ThermalNode: ...  # noqa: D102
    @property
    def element(self) -> Element: ...  # noqa: D102
    @property
    def temperature(self) -> FloatArray: ...  # noqa: D102
    @property
    def heater(self) -> FloatArray: ...  # noqa: D102
    @property
    def heater_energy_a_year(self) -> float: ...  # noqa: D102
    @property
    def too_cold(self) -> float: ...  # noqa: D102
    @property
    def too_hot(self) -> float: ...  # noqa: D102


class HeatResult(Protocol):
    """What the pictures and tables take: grounds by site, and nodes."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def span(self) -> Instants: ...  # noqa: D102
    @property
    def grounds(self) -> Mapping[str, GroundHeat]: ...  # noqa: D102
    @property
    def nodes(self) -> Sequence[NodeRun]: ...  # noqa: D102


def heat_png(result: HeatResult) -> bytes:
    """Picture of the ground of each site with depth and time, of depths as lines, and of elements and their heaters.

    Parameters
    ----------
    result : HeatResult
        See `moonstation.study.heat.study_heat`.
    """
    heated = any(run.node.heater > 0.0 for run in result.nodes)
    panels = 2 * len(result.grounds) + bool(result.nodes) + heated
    figure = Figure(figsize=(11.0, 1.0 + 2.7 * panels), dpi=DPI, layout="constrained")
    axes = np.atleast_1d(np.asarray(figure.subplots(panels, 1, sharex=True), dtype=object))
    every = max(1, result.span.times.size // MOST_COLUMNS)
    times = result.span.times[::every]
    shown = iter(axes)
    for ground in result.grounds.values():
        _draw_ground(figure, next(shown), ground, times, every)
        _draw_lines(next(shown), ground, times, every)
    if result.nodes:
        _draw_nodes(next(shown), result.nodes, times, every)
    if heated:
        _draw_heaters(next(shown), result.nodes, times, every)
    locator = mdates.AutoDateLocator(minticks=5, maxticks=12)
    axes[-1].xaxis.set_major_locator(locator)
    axes[-1].xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    axes[-1].set_xlim(times[0], times[-1])
    axes[-1].set_xlabel("UTC", color=MUTED)
    figure.suptitle(f"Temperatures: {result.name}", x=0.01, ha="left", fontweight="bold", color=INK)
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream, metadata={"Software": "moonstation"})
    return stream.getvalue()


def _draw_ground(figure: Figure, axes: Axes, ground: GroundHeat, times: Any, every: int) -> None:
    deep = ground.depth <= 1.3 * SHOWN_DEPTH
    drawn = axes.pcolormesh(
        times,
        np.sqrt(ground.depth[deep]),
        ground.temperature[::every, deep].T,
        cmap=WARMTH,
        shading="gouraud",
        rasterized=True,
    )
    axes.set_ylim(np.sqrt(SHOWN_DEPTH), 0.0)
    axes.set_yticks(np.sqrt(DEPTH_TICKS), [f"{depth:g}" for depth in DEPTH_TICKS])
    axes.set_ylabel("depth [m]", color=MUTED)
    bar = figure.colorbar(drawn, ax=axes, pad=0.01, fraction=0.04, aspect=18)
    bar.set_label("[K]", color=MUTED)
    _frame(axes, f"ground at {ground.place.name}")


def _draw_lines(axes: Axes, ground: GroundHeat, times: Any, every: int) -> None:
    for depth, colour in zip(LINES, SITES, strict=False):
        label = "surface" if depth == 0.0 else f"{depth:g} m deep"
        axes.plot(times, ground.at_depth(depth)[::every], color=colour, linewidth=1.0, label=label)
    axes.set_ylabel("temperature [K]", color=MUTED)
    _frame(axes, "", legend=True)


def _draw_nodes(axes: Axes, nodes: Sequence[NodeRun], times: Any, every: int) -> None:
    for i, run in enumerate(nodes):
        axes.plot(
            times,
            run.temperature[::every],
            color=SITES[i % len(SITES)],
            linestyle=DASHES[i // len(SITES) % len(DASHES)],
            linewidth=1.1,
            label=run.node.name,
        )
    axes.set_ylabel("temperature [K]", color=MUTED)
    _frame(axes, "elements", legend=True)


def _draw_heaters(axes: Axes, nodes: Sequence[NodeRun], times: Any, every: int) -> None:
    for i, run in enumerate(nodes):
        if run.node.heater > 0.0:
            axes.plot(
                times,
                run.heater[::every],
                color=SITES[i % len(SITES)],
                linestyle=DASHES[i // len(SITES) % len(DASHES)],
                linewidth=1.1,
                label=run.node.name,
            )
    axes.set_ylabel("power [W]", color=MUTED)
    axes.set_ylim(bottom=0.0)
    _frame(axes, "heaters", legend=True)


def _frame(axes: Axes, title: str, *, legend: bool = False) -> None:
    if legend:
        axes.grid(color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=6, frameon=False, fontsize=8.5)
    axes.tick_params(colors=MUTED)
    for side in axes.spines.values():
        side.set_color(LINE)
    if title:
        axes.set_title(title, loc="left", fontsize=10.5, color=INK)


def heat_table(result: HeatResult) -> pd.DataFrame:
    """Mean, coldest and hottest of the ground by depth and of each node, with dates (UTC) and heater energy.

    Returns
    -------
    pandas.DataFrame
        Columns where, what, mean_k, coldest_k, coldest_utc, hottest_k, hottest_utc, heater_kwh_a_year,
        heater_most_w, too_cold_h, too_hot_h; NaN where a column means nothing.
    """
    rows = []
    for ground in result.grounds.values():
        for depth in LINES:
            what = "ground, surface" if depth == 0.0 else f"ground, {depth:g} m deep"
            rows.append(_row(result, ground.place.id, what, ground.at_depth(depth)))
    for run in result.nodes:
        if np.isnan(run.temperature).all():
            continue
        row = _row(result, run.element.site, run.node.name, run.temperature)
        if run.node.heater > 0.0:
            row["heater_kwh_a_year"] = run.heater_energy_a_year / 3.6e6
            row["heater_most_w"] = float(np.nanmax(run.heater))
        if run.node.coldest is not None:
            row["too_cold_h"] = run.too_cold / 3600.0
        if run.node.hottest is not None:
            row["too_hot_h"] = run.too_hot / 3600.0
        rows.append(row)
    return pd.DataFrame(rows)


def _row(result: HeatResult, where: str, what: str, temperature: FloatArray) -> dict[str, Any]:
    low, high = int(np.nanargmin(temperature)), int(np.nanargmax(temperature))
    return {
        "where": where,
        "what": what,
        "mean_k": float(np.nanmean(temperature)),
        "coldest_k": float(temperature[low]),
        "coldest_utc": str(np.datetime_as_string(result.span.times[low], unit="m")),
        "hottest_k": float(temperature[high]),
        "hottest_utc": str(np.datetime_as_string(result.span.times[high], unit="m")),
        "heater_kwh_a_year": np.nan,
        "heater_most_w": np.nan,
        "too_cold_h": np.nan,
        "too_hot_h": np.nan,
    }


def heat_series(result: HeatResult) -> pd.DataFrame:
    """Series for a table: time [UTC], each site's surface and depths [K], each node [K] and its heater [W]."""
    columns: dict[str, Any] = {"time_utc": np.datetime_as_string(result.span.times, unit="s")}
    for name, ground in result.grounds.items():
        columns[f"{name}_absorbed_w_m2"] = ground.absorbed.round(3)
        for depth in LINES:
            label = "surface" if depth == 0.0 else f"{depth:g}m"
            columns[f"{name}_ground_{label}_k"] = ground.at_depth(depth).round(3)
    for run in result.nodes:
        columns[f"{run.node.id}_k"] = run.temperature.round(3)
        if run.node.heater > 0.0:
            columns[f"{run.node.id}_heater_w"] = run.heater.round(3)
    return pd.DataFrame(columns)
