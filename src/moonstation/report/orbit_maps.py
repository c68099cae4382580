"""Pictures of surveys of orbits in files: lifetimes, heights and sight of a site over two elements."""

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from moonstation.arrays import FloatArray
from moonstation.report import palette

DPI = 120
LONG_LIVED = (27.0, 50.0, 76.0, 86.0)
"""Inclinations at which low orbits last, each also as its supplement [deg] (Folta and Quinn 2006, AIAA 2006-6749)."""


def draw_relays(table: pd.DataFrame, *, title: str, site: str) -> bytes:
    """Draw a survey of relay orbits as a PNG picture: lifetime, lowest altitude and dwell over node and argument.

    Parameters
    ----------
    table : DataFrame
        See `moonstation.study.orbit_survey.survey_relays`; its first row is marked as the best.
    title : str
        Over the picture.
    site : str
        Name of the place of the dwell.
    """
    figure = Figure(figsize=(9.6, 7.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11, color=palette.INK)
    panels = figure.subplots(3, 1, sharex=True)
    shown = table.assign(
        dwell_percent=100.0 * table["dwell_share"],
        lowest_km=table["lowest_km"].where(table["lowest_km"] > 0.0),
    )
    for axes, (column, words) in zip(
        panels,
        (
            ("lifetime_d", "lifetime [d]"),
            ("lowest_km", "lowest altitude [km]"),
            ("dwell_percent", f"seen from {site}\n[% of its life]"),
        ),
        strict=True,
    ):
        drawn = _draw_grid(axes, shown, "node_deg", "argument_deg", column)
        if column == "lowest_km":
            axes.set_facecolor(palette.LINE)
            axes.set_title("grey: hits the ground", fontsize=8, loc="left", color=palette.MUTED, pad=2)
        figure.colorbar(drawn, ax=axes, pad=0.01, aspect=12).set_label(words, fontsize=9)
        axes.set_ylabel("argument of\nperiapsis [deg]", fontsize=9)
        axes.plot(
            shown["node_deg"].iloc[:1], shown["argument_deg"].iloc[:1], "*", ms=13, mec="black", mew=0.8,
            color=palette.VERMILLION, label="first of the table",
        )  # fmt: skip
    panels[-1].set_xlabel("longitude of the ascending node at the epoch, ME [deg]")
    panels[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    return _png(figure)


def draw_lifetimes(table: pd.DataFrame, *, title: str, span_days: float) -> bytes:
    """Draw lifetimes of low orbits as a PNG picture: over inclination and node, and their median over nodes.

    Parameters
    ----------
    table : DataFrame
        See `moonstation.study.orbit_survey.survey_lifetimes`.
    title : str
        Over the picture.
    span_days : float
        Longest lifetime that was looked for [d].
    """
    figure = Figure(figsize=(9.6, 6.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11, color=palette.INK)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.0))
    drawn = _draw_grid(upper, table, "inclination_deg", "node_deg", "lifetime_d")
    figure.colorbar(drawn, ax=upper, pad=0.01).set_label("lifetime [d]", fontsize=9)
    upper.set_ylabel("longitude of the node, ME [deg]", fontsize=9)
    grouped = table.groupby("inclination_deg")["lifetime_d"]
    tilts = np.array(sorted(table["inclination_deg"].unique()))
    lower.fill_between(
        tilts, grouped.min().to_numpy(), grouped.max().to_numpy(), color=palette.SKY_BLUE, alpha=0.35, lw=0,
        label="least to greatest over nodes",
    )  # fmt: skip
    lower.plot(
        tilts,
        grouped.median().to_numpy(),
        "o-",
        color=palette.BLUE,
        ms=3.5,
        lw=1.4,
        label="median over nodes",
    )
    low, high = float(tilts.min()), float(tilts.max())
    published = [tilt for one in LONG_LIVED for tilt in (one, 180.0 - one) if low <= tilt <= high]
    for number, tilt in enumerate(published):
        lower.axvline(
            tilt, color=palette.VERMILLION, lw=0.9, ls="--", zorder=0,
            label="published as long-lived" if number == 0 else None,
        )  # fmt: skip
    lower.axhline(span_days, color=palette.MUTED, lw=0.8, ls=":")
    lower.annotate(
        "end of the survey", (low, span_days), xytext=(4, 3), textcoords="offset points", fontsize=8,
        color=palette.MUTED,
    )  # fmt: skip
    lower.set(ylim=(0.0, 1.12 * span_days), xlabel="inclination at the epoch, ME [deg]")
    lower.set_ylabel("lifetime [d]", fontsize=9)
    lower.grid(color=palette.GRID)
    lower.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return _png(figure)


def _draw_grid(axes: Axes, table: pd.DataFrame, across: str, up: str, column: str) -> Any:
    grid = table.pivot(index=up, columns=across, values=column)
    drawn = axes.pcolormesh(
        _edges(grid.columns.to_numpy(dtype=float)),
        _edges(grid.index.to_numpy(dtype=float)),
        grid.to_numpy(dtype=float),
        cmap="cividis",
    )
    axes.tick_params(labelsize=9)
    return drawn


def _edges(middles: FloatArray) -> FloatArray:
    """Edges (n + 1,) of cells about values (n,)."""
    if middles.size == 1:
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    inner = 0.5 * (middles[1:] + middles[:-1])
    first, last = middles[0] - (inner[0] - middles[0]), middles[-1] + (middles[-1] - inner[-1])
    return np.concatenate([[first], inner, [last]])


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    return picture.getvalue()
