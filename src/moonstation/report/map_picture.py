"""A map as a picture: colours over relief, graticule, scale, names, and what the figures rest on.

matplotlib is imported when a picture is drawn, so that nothing else waits for it.
"""

import io
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.report import palette
from moonstation.report.graticule import edges
from moonstation.report.map_labels import Box, Places
from moonstation.report.map_looks import Look, fitted
from moonstation.report.map_overlay import (
    Ink,
    Marker,
    draw_features,
    draw_graticule,
    draw_markers,
    draw_scale,
    draw_warning,
)
from moonstation.report.relief import hillshade
from moonstation.terrain.features import Feature
from moonstation.terrain.region import MapGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
LONG_SIDE, LEAST_SIDE = 7.0, 2.4
"""Inches of the map itself: its longer side, and the least of the shorter one."""

LEFT, RIGHT, ABOVE, BELOW = 0.8, 1.6, 0.95, 0.42
"""Inches around the map, for names of meridians, the bar and the title; the small print comes below."""

LINE_HEIGHT = 0.15
"""Inches of a line of small print."""

PRINT_SIZE = 7.5
"""Points of the small print."""

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that texts are as wide everywhere."""

RELIEF_SHARE = 0.45
"""How much of a colour's brightness the relief takes or gives."""


def draw_map(
    values: AnyArray,
    grid: MapGrid,
    look: Look,
    *,
    title: str,
    subtitle: str = "",
    notes: Sequence[str] = (),
    warning: str = "",
    relief: FloatArray | None = None,
    doubtful: AnyArray | None = None,
    features: Iterable[Feature] = (),
    markers: Sequence[Marker] = (),
) -> bytes:
    """Draw a map.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        Values of the map, first row on top, in the unit of the map; NaN where nothing is known. They cover the whole
        grid, with fewer pixels if they have been thinned.
    grid : MapGrid
        Where the map lies.
    look : Look
        How the values are shown (`moonstation.report.map_looks.look_of`); a scale without bounds is fitted to them.
    title, subtitle : str
        Lines above the map.
    notes : sequence of str
        Small print below: terrain, sources.
    warning : str
        Written on the map itself, such as "indicative only".
    relief : ndarray, shape (n, m), optional
        Elevation [m] of the same pixels, drawn as light and shade from the upper left under the colours.
    doubtful : ndarray of bool, shape (n, m), optional
        Pixels to hatch, where not all are.
    features : iterable of Feature
        Named places; those that lie on the map are named, the widest first, as far as there is room.
    markers : sequence of (float, float, str)
        Latitude and longitude [deg] of places to mark, with their labels; they go before features.

    Returns
    -------
    bytes
        A PNG; the same for the same arguments.

    Notes
    -----
    The scale bar is true in the middle of the map: the plane of the map is stereographic (Snyder 1987, USGS PP 1395,
    eq. 21-4), its scale there is 1 + (rho / 2R)^2 at the distance rho from the centre of the plane.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _plain_settings():
        wide, high = grid.columns * grid.pixel, grid.rows * grid.pixel
        width, height = (max(LEAST_SIDE, LONG_SIDE * side / max(wide, high)) for side in (wide, high))
        total_width = LEFT + width + RIGHT
        heading = _folded(title, 14.0, total_width - LEFT - 0.2, most=1, weight="bold")
        under = _folded(subtitle, 9.0, total_width - LEFT - 0.2, most=2)
        lines = [line for note in notes for line in _folded(note, PRINT_SIZE, total_width - 0.4, most=6)]
        above = ABOVE + 0.17 * max(0, len(under) - 1)
        below = BELOW + LINE_HEIGHT * len(lines) + 0.1
        total_height = above + height + below
        figure = Figure(figsize=(total_width, total_height), dpi=DPI, facecolor=palette.PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes(
            (LEFT / total_width, below / total_height, width / total_width, height / total_height)
        )
        left, right, bottom, top = edges(grid)
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=(), yticks=(), anchor="NW")
        axes.apply_aspect()
        shown = fitted(look, values)
        shades = None if relief is None else _shades(relief, grid)
        colours = _colours(values, shown, shades)
        ink = Ink.on(colours)
        axes.imshow(
            colours,
            extent=(left, right, bottom, top),
            origin="upper",
            interpolation="antialiased",
            zorder=1,
        )
        if doubtful is not None and doubtful.any() and not doubtful.all():
            _hatch(axes, doubtful, grid, ink)
        for text, at, size, weight in (
            ("".join(heading), 0.26, 14.0, "bold"),
            ("\n".join(under), 0.54, 9.0, "normal"),
        ):
            colour = palette.INK if weight == "bold" else palette.MUTED
            place = LEFT / total_width, 1.0 - at / total_height
            figure.text(*place, text, size=size, weight=weight, color=colour, va="top")
        for i, line in enumerate(lines):
            at = (LINE_HEIGHT * (len(lines) - 1 - i) + 0.1) / total_height
            figure.text(0.2 / total_width, at, line, size=PRINT_SIZE, color=palette.MUTED, va="bottom")
        _draw_legend(figure, axes, shown, height, unknown=bool(np.isnan(values).any()))
        frame = axes.get_window_extent()
        places = Places(Box(frame.x0, frame.y0, frame.x1, frame.y1).grown(-4.0))
        draw_scale(axes, places, grid)
        if warning:
            draw_warning(axes, places, warning)
        draw_markers(axes, places, grid, markers, ink)
        draw_graticule(axes, places, grid, ink)
        draw_features(axes, places, grid, features, ink)
        stream = io.BytesIO()
        # neither time nor version of the software that wrote it
        figure.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


@contextmanager
def _plain_settings() -> Iterator[None]:
    """Settings of matplotlib as it comes, whatever the user's own are: a picture is the same everywhere."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["font.family"] = FONT
        mpl.rcParams["text.color"] = palette.INK
        yield


def _norm(look: Look) -> Any:
    from matplotlib.colors import LogNorm, Normalize

    return (LogNorm if look.spells else Normalize)(*look.bounds, clip=True)


def _shades(relief: FloatArray, grid: MapGrid) -> FloatArray:
    """Brightness that relief gives to colours, 1 on level ground."""
    pixel = grid.columns * grid.pixel / relief.shape[1]
    light = hillshade(relief[::-1], pixel)[::-1].astype(np.float64)
    level = hillshade(np.zeros((2, 2)), 1.0)[0, 0].astype(np.float64)
    return np.where(np.isfinite(relief), 1.0 + RELIEF_SHARE * (light / level - 1.0), 1.0)


def _colours(values: AnyArray, look: Look, shades: FloatArray | None) -> AnyArray:
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    known = np.isfinite(values)
    if look.classes:
        table = np.array([to_rgb(colour) for _, colour in look.classes])
        kinds = np.clip(np.round(np.where(known, values, 0.0)), 0, len(table) - 1).astype(np.int64)
        colours = table[kinds]
    else:
        colours = colormaps[look.colours](_norm(look)(np.where(known, values * look.factor, 1.0)))[..., :3]
    if shades is not None:
        colours = np.clip(colours * shades[..., None], 0.0, 1.0)
    return np.where(known[..., None], colours, to_rgb(palette.NO_DATA))


def _hatch(axes: "Axes", where: AnyArray, grid: MapGrid, ink: Ink) -> None:
    import matplotlib as mpl

    left, right, bottom, top = edges(grid)
    rows, columns = where.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
    mpl.rcParams["hatch.color"] = ink.stroke
    mpl.rcParams["hatch.linewidth"] = 0.35
    if min(rows, columns) >= 2:
        axes.contourf(x, y, where.astype(float), levels=[0.5, 1.5], colors="none", hatches=["//"], zorder=2)
        axes.contour(x, y, where.astype(float), levels=[0.5], colors=ink.stroke, linewidths=0.8, zorder=2)


def _folded(text: str, size: float, width: float, *, most: int, weight: str = "normal") -> list[str]:
    """Lines of a text that are no wider than `width` [inches]; what does not fit into the last one is left out."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font, measure = FontProperties(family=FONT, size=size, weight=weight), TextToPath()

    def fits(line: str) -> bool:
        return float(measure.get_text_width_height_descent(line, font, False)[0]) <= 72.0 * width

    lines: list[str] = []
    for word in text.split(" "):
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = lines[:most]
    while kept and kept[-1] and not fits(kept[-1] + ("..." if len(lines) > most else "")):
        kept[-1] = kept[-1][:-1]
    return [*kept[:-1], kept[-1] + "..."] if len(lines) > most else kept


def _draw_legend(figure: "Figure", axes: "Axes", look: Look, height: float, *, unknown: bool) -> None:
    """Put the colour bar, or the kinds, to the right of the map, over `height` [inches] from its top."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import Patch

    box = axes.get_position()
    inch = 1.0 / figure.get_figwidth()
    tall = height / figure.get_figheight()
    bottom = box.y1 - tall
    patches = [
        Patch(facecolor=colour, edgecolor=palette.MUTED, label="\n".join(textwrap.wrap(name, 15)))
        for name, colour in look.classes
    ]
    if unknown:
        patches.append(Patch(facecolor=palette.NO_DATA, edgecolor=palette.MUTED, label="no terrain\nknown"))
    if not look.classes:
        low = bottom + (0.55 / figure.get_figheight() if unknown else 0.0)
        bar = figure.add_axes((box.x1 + 0.55 * inch, low, 0.16 * inch, box.y1 - low))
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        scale = figure.colorbar(ScalarMappable(_norm(look), colormaps[look.colours]), cax=bar)
        if look.spells:
            bar.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            bar.yaxis.set_minor_formatter(NullFormatter())
        scale.ax.tick_params(labelsize=8.5)
        scale.set_label(f"{look.title} [{look.unit}]" if look.unit else look.title, size=9)
        scale.outline.set_linewidth(0.6)
    if patches:
        figure.legend(
            handles=patches,
            loc="lower left",
            bbox_to_anchor=(box.x1 + 0.45 * inch, bottom),
            frameon=False,
            fontsize=8,
            handlelength=1.2,
            borderaxespad=0.0,
        )
