"""Pictures of orbits in the axes that turn with Earth and Moon, in which halo orbits close."""

import io
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.report import palette
from moonstation.spacetime.epochs import tdb_to_utc

DPI = 88
SIDES = (
    (0, 1, "From the north", "x, away from the Earth [1000 km]", "y, along its motion [1000 km]"),
    (0, 2, "From behind its motion", "x, away from the Earth [1000 km]", "z, north [1000 km]"),
    (1, 2, "From the Earth", "y, along its motion [1000 km]", "z, north [1000 km]"),
)


class Line(Protocol):
    """An orbit to be drawn, see `moonstation.study.orbit_search.TurningLine`."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def et(self) -> FloatArray: ...  # noqa: D102
    @property
    def r_turning(self) -> FloatArray: ...  # noqa: D102
    @property
    def points(self) -> dict[str, float]: ...  # noqa: D102


def draw_turning(line: Line) -> bytes:
    """Draw an orbit as a PNG picture from three sides, in axes that turn with Earth and Moon."""
    figure = Figure(figsize=(11.6, 4.9), layout="constrained")
    FigureCanvasAgg(figure)
    first, last = (str(moment)[:10] for moment in tdb_to_utc(line.et[[0, -1]] + 0.5))
    figure.suptitle(
        f"{line.name}: {first} to {last}, in axes that turn with the Moon about the Earth",
        fontsize=12,
        color=palette.INK,
    )
    r = line.r_turning / 1e6
    days = (line.et - line.et[0]) / 86_400.0
    low, high = np.minimum(r.min(axis=0), -2.0), np.maximum(r.max(axis=0), 2.0)
    # the same scale on all sides, but no more room than each needs
    reach = np.maximum(0.54 * (high - low), 0.25 * float((high - low).max()))
    middle = 0.5 * (low + high)
    shown: Any = None
    panels = figure.subplots(1, 3, width_ratios=[reach[i] for i, *_ in SIDES])
    for axes, (i, j, title, across, up) in zip(panels, SIDES, strict=True):
        shown = _draw_line(axes, r[:, i], r[:, j], days)
        _draw_moon(axes)
        if i == 0:
            _mark_points(axes, line.points, float(middle[0]), float(reach[0]))
        axes.set(
            xlim=(middle[i] - reach[i], middle[i] + reach[i]),
            ylim=(middle[j] - reach[j], middle[j] + reach[j]),
            aspect="equal",
        )
        # from the Earth, with north up, the Moon moves to the left
        if i == 1:
            axes.invert_xaxis()
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(7, integer=True))
        axes.tick_params(labelsize=8)
        axes.set_xlabel(across, fontsize=9)
        axes.set_ylabel(up, fontsize=9)
        axes.set_title(title, fontsize=10, loc="left")
        axes.grid(color=palette.GRID)
        axes.set_axisbelow(True)
    figure.colorbar(shown, ax=panels, shrink=0.8, pad=0.01).set_label("days from the start", fontsize=9)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    return picture.getvalue()


def _draw_line(axes: Axes, x: FloatArray, y: FloatArray, days: FloatArray) -> Any:
    points = np.stack([x, y], axis=1)
    line = LineCollection(
        list(np.stack([points[:-1], points[1:]], axis=1)), cmap="viridis", linewidths=1.0, zorder=2
    )
    line.set_array(0.5 * (days[1:] + days[:-1]))
    axes.add_collection(line)
    axes.plot(x[:1], y[:1], "o", color=palette.INK, ms=5, mec="white", zorder=4)
    return line


def _draw_moon(axes: Axes) -> None:
    axes.add_patch(
        Circle((0.0, 0.0), MOON_RADIUS / 1e6, facecolor="#8d8f94", edgecolor=palette.INK, lw=0.6, zorder=3)
    )
    axes.annotate("Moon", (0.0, 0.0), xytext=(6, -11), textcoords="offset points", fontsize=8, zorder=5)


def _mark_points(axes: Axes, points: dict[str, float], middle: float, reach: float) -> None:
    for name, place in points.items():
        if abs(place / 1e6 - middle) < 0.97 * reach:
            axes.plot([place / 1e6], [0.0], "+", color=palette.VERMILLION, ms=8, mew=1.4, zorder=4)
            axes.annotate(
                name, (place / 1e6, 0.0), xytext=(4, 5), textcoords="offset points", fontsize=8,
                color=palette.VERMILLION, zorder=5,
            )  # fmt: skip
