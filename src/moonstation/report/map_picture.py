"""A map as a picture: colours over relief, graticule, scale, names, and what the figures rest on.

matplotlib is imported when a picture is drawn, so that nothing else waits for it.
"""

import io
import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.report import palette
from moonstation.report.graticule import GraticuleLine, edges, graticule, place
from moonstation.report.map_labels import Box, Places, around
from moonstation.report.map_looks import Look, fitted
from moonstation.report.relief import hillshade
from moonstation.terrain.features import Feature
from moonstation.terrain.region import MapGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI = 150
LONG_SIDE, LEAST_SIDE = 7.0, 2.4
"""Inches of the map itself: its longer side, and the least of the shorter one."""

LEFT, RIGHT, ABOVE, BELOW = 0.8, 1.6, 0.95, 0.42
"""Inches around the map, for names of meridians, the bar and the title; the small print comes below."""

LINE_HEIGHT = 0.15
"""Inches of a line of small print."""

PRINT_SIZE = 7.5
"""Points of the small print."""

RELIEF_SHARE = 0.45
"""How much of a colour's brightness the relief takes or gives."""

MOST_NAMES = 30

SMALLEST_FEATURE = 0.02
"""Features narrower than this share of the map have no name on it."""

DARK = "#0b1016"
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Shares of red, green and blue in how bright a colour looks (ITU-R BT.709)."""

Marker = tuple[float, float, str]
"""Latitude and longitude [deg] and a label."""


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
        lines = [
            line
            for note in notes
            for line in textwrap.wrap(note, int((total_width - 0.4) * 17.5), break_long_words=True)
        ]
        below = BELOW + LINE_HEIGHT * len(lines) + 0.1
        total_height = ABOVE + height + below
        figure = Figure(figsize=(total_width, total_height), dpi=DPI, facecolor=palette.PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes(
            (LEFT / total_width, below / total_height, width / total_width, height / total_height)
        )
        left, right, bottom, top = edges(grid)
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=(), yticks=(), anchor="W")
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
        _write_head(figure, title, subtitle, total_width, total_height)
        for i, line in enumerate(lines):
            at = (LINE_HEIGHT * (len(lines) - 1 - i) + 0.1) / total_height
            figure.text(0.2 / total_width, at, line, size=PRINT_SIZE, color=palette.MUTED, va="bottom")
        _draw_legend(figure, axes, shown, unknown=bool(np.isnan(values).any()))
        frame = axes.get_window_extent()
        places = Places(Box(frame.x0, frame.y0, frame.x1, frame.y1).grown(-4.0))
        _draw_scale(axes, places, grid)
        if warning:
            _draw_warning(axes, places, warning)
        _draw_markers(axes, places, grid, markers, ink)
        _draw_graticule(axes, places, grid, ink)
        _draw_features(axes, places, grid, features, ink)
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
        mpl.rcParams["font.family"] = "DejaVu Sans"
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


def _write_head(figure: "Figure", title: str, subtitle: str, width: float, height: float) -> None:
    room = int((width - 0.6) * 11.0)
    figure.text(
        LEFT / width,
        1.0 - 0.36 / height,
        textwrap.shorten(title, room, placeholder="..."),
        size=14,
        weight="bold",
        va="center",
    )
    figure.text(
        LEFT / width,
        1.0 - 0.61 / height,
        "\n".join(textwrap.wrap(subtitle, int((width - LEFT - 0.2) * 15.0))[:2]),
        size=9,
        color=palette.MUTED,
        va="center",
    )


def _draw_legend(figure: "Figure", axes: "Axes", look: Look, *, unknown: bool) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import Patch

    box = axes.get_position()
    inch = 1.0 / figure.get_figwidth()
    patches = [
        Patch(facecolor=colour, edgecolor=palette.MUTED, label="\n".join(textwrap.wrap(name, 15)))
        for name, colour in look.classes
    ]
    if unknown:
        patches.append(Patch(facecolor=palette.NO_DATA, edgecolor=palette.MUTED, label="no terrain\nknown"))
    if not look.classes:
        share = 0.86 if unknown else 1.0
        bar = figure.add_axes(
            (box.x1 + 0.55 * inch, box.y0 + (1.0 - share) * box.height, 0.16 * inch, box.height * share)
        )
        from matplotlib.ticker import FuncFormatter

        scale = figure.colorbar(ScalarMappable(_norm(look), colormaps[look.colours]), cax=bar)
        if look.spells:
            bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            bar.yaxis.set_minor_formatter("")
        scale.ax.tick_params(labelsize=8.5)
        scale.set_label(f"{look.title} [{look.unit}]" if look.unit else look.title, size=9)
        scale.outline.set_linewidth(0.6)
    if patches:
        figure.legend(
            handles=patches,
            loc="lower left",
            bbox_to_anchor=(box.x1 + 0.45 * inch, box.y0),
            frameon=False,
            fontsize=8,
            handlelength=1.2,
            borderaxespad=0.0,
        )


class Ink(NamedTuple):
    """Colours of what is written on a map: of the strokes, and of the edge that sets them off from any ground."""

    stroke: str
    edge: str

    @classmethod
    def on(cls, colours: AnyArray) -> "Ink":
        """Light on a map that is dark for the most part, dark on a light one."""
        return cls("white", DARK) if float(np.median(colours @ LUMINANCE)) < 0.55 else cls(DARK, "white")


def _text(axes: "Axes", text: str, size: float, ink: Ink | None = None, **changes: Any) -> "Text":
    """A text in pixels of the picture, with an edge if it stands on the map."""
    from matplotlib.patheffects import withStroke

    style = {"color": palette.INK, "va": "center", "ha": "center", "zorder": 8, **changes}
    if ink is not None:
        style["color"] = ink.stroke
        style["path_effects"] = [withStroke(linewidth=2.2, foreground=ink.edge, alpha=0.75)]
    return axes.text(0.0, 0.0, text, size=size, transform=None, **style)


def _draw_scale(axes: "Axes", places: Places, grid: MapGrid) -> None:
    left, right, bottom, top = edges(grid)
    x, y = 0.5 * (left + right), 0.5 * (bottom + top)
    stretch = 1.0 + (x * x + y * y) / (4.0 * MOON_RADIUS**2)
    wanted = 0.22 * min(right - left, 2.0 * (top - bottom)) / stretch
    power = 10.0 ** math.floor(math.log10(wanted))
    length = max(n * power for n in (1.0, 2.0, 5.0) if n * power <= wanted)
    frame = places.frame
    pixels = length * stretch * axes.get_window_extent().width / (right - left)
    name = f"{length / 1e3:g} km" if length >= 1e3 else f"{length:g} m"
    from matplotlib.patches import Rectangle

    a, b = frame.left + 16.0, frame.bottom + 14.0
    box = Box(frame.left + 4.0, frame.bottom + 4.0, a + pixels + 14.0, b + 36.0)
    _patch(axes, Rectangle((box.left, box.bottom), box.right - box.left, box.top - box.bottom), "white", 0.82)
    for i, colour in enumerate((palette.INK, "white")):
        part = Rectangle((a + 0.5 * i * pixels, b), 0.5 * pixels, 7.0, edgecolor=palette.INK, linewidth=0.7)
        _patch(axes, part, colour, 1.0)
    text = _text(axes, name, 8.5)
    text.set_position((a + 0.5 * pixels, b + 22.0))
    places.take(box)


def _patch(axes: "Axes", patch: Any, colour: str, alpha: float) -> None:
    patch.set(facecolor=colour, alpha=alpha, transform=None, zorder=7)
    axes.add_artist(patch)


def _draw_warning(axes: "Axes", places: Places, warning: str) -> None:
    frame = places.frame
    room = int((frame.right - frame.left) / 11.5)
    text = _text(
        axes,
        "\n".join(textwrap.wrap(warning, room)),
        9,
        weight="bold",
        ha="left",
        va="top",
        bbox={"facecolor": palette.WARNING, "edgecolor": palette.INK, "linewidth": 0.7, "pad": 5.0},
    )
    text.set_position((frame.left + 14.0, frame.top - 14.0))
    places.take(_box_of(text).grown(12.0))


def _box_of(text: "Text") -> Box:
    extent = text.get_window_extent()
    return Box(extent.x0, extent.y0, extent.x1, extent.y1)


def _put(text: "Text", places: Places, candidates: Iterable[Box]) -> bool:
    """Move a text, anchored in its middle, to the first place that is free; away with it if there is none."""
    box = places.first_free(candidates)
    if box is None:
        text.remove()
        return False
    text.set_position((0.5 * (box.left + box.right), 0.5 * (box.bottom + box.top)))
    return True


def _size_of(text: "Text", margin: float = 3.0) -> tuple[float, float]:
    box = _box_of(text)
    return box.right - box.left + 2.0 * margin, box.top - box.bottom + 2.0 * margin


def _draw_markers(axes: "Axes", places: Places, grid: MapGrid, markers: Sequence[Marker], ink: Ink) -> None:
    points = [(axes.transData.transform(xy), label) for xy, label in _on_map(grid, markers)]
    for (x, y), _ in points:
        places.take(Box(x - 8.0, y - 8.0, x + 8.0, y + 8.0))
    for (x, y), label in points:
        axes.plot(
            x,
            y,
            "o",
            ms=6.5,
            mfc=palette.VERMILLION,
            mec="white",
            mew=1.2,
            transform=None,
            zorder=9,
            clip_on=True,
        )
        if label:
            text = _text(axes, label, 9, ink, weight="bold", zorder=10)
            _put(text, places, around(x, y, *_size_of(text, 2.0), 9.0))


def _on_map(grid: MapGrid, markers: Sequence[Marker]) -> list[tuple[tuple[float, float], str]]:
    left, right, bottom, top = edges(grid)
    found = [(place(grid, lat_deg, lon_deg), label) for lat_deg, lon_deg, label in markers]
    return [(xy, label) for xy, label in found if xy and left <= xy[0] <= right and bottom <= xy[1] <= top]


def _draw_graticule(axes: "Axes", places: Places, grid: MapGrid, ink: Ink) -> None:
    lines = graticule(grid)
    for line in (*lines.parallels, *lines.meridians):
        axes.plot(line.x, line.y, color=DARK, alpha=0.35, linewidth=1.3, zorder=3)
        axes.plot(line.x, line.y, color="white", alpha=0.75, linewidth=0.55, zorder=4)
    frame = axes.get_window_extent()
    outside = Places(Box(0.0, 0.0, *axes.figure.canvas.get_width_height()))
    outside.take(Box(frame.x0, frame.y0, frame.x1, frame.y1))
    for line in lines.meridians:
        name = line.label + (" (Earth)" if line.label == "0°" and lines.polar else "")
        wanted = [end for end in line.ends if lines.polar or end.side == "bottom"]
        _write_end(axes, outside, name, wanted[:1])
    for line in lines.parallels:
        if lines.polar:
            _write_along(axes, places, line, ink)
        else:
            _write_end(axes, outside, line.label, [end for end in line.ends if end.side == "left"][:1])


def _write_end(axes: "Axes", outside: Places, name: str, ends: Sequence[Any]) -> None:
    """Name a line where it leaves the map, beside the frame."""
    for end in ends:
        x, y = axes.transData.transform((end.x, end.y))
        text = _text(axes, name, 8)
        wide, high = _size_of(text, 0.0)
        middle = {
            "left": (x - wide / 2.0 - 7.0, y),
            "right": (x + wide / 2.0 + 7.0, y),
            "bottom": (x, y - high / 2.0 - 7.0),
            "top": (x, y + high / 2.0 + 7.0),
        }[end.side]
        box = Box(
            middle[0] - wide / 2.0, middle[1] - high / 2.0, middle[0] + wide / 2.0, middle[1] + high / 2.0
        )
        _put(text, outside, [box])


def _write_along(axes: "Axes", places: Places, line: GraticuleLine, ink: Ink) -> None:
    """Name a line on itself, turned with it."""
    shown = np.isfinite(line.x)
    xy = axes.transData.transform(np.stack([line.x[shown], line.y[shown]], axis=1))
    if len(xy) < 3:
        return
    text = _text(axes, line.label, 7.5, ink)
    wide, high = _size_of(text, 2.0)
    # from a third of the line on, where it is free
    order = (np.arange(0, len(xy), max(1, len(xy) // 60)) + len(xy) * 37 // 100) % len(xy)
    for i in (int(k) for k in order):
        ahead, behind = xy[min(i + 1, len(xy) - 1)], xy[max(i - 1, 0)]
        turn = math.atan2(ahead[1] - behind[1], ahead[0] - behind[0])
        turn = (turn + math.pi / 2.0) % math.pi - math.pi / 2.0
        c, s = abs(math.cos(turn)), abs(math.sin(turn))
        half = 0.5 * (wide * c + high * s), 0.5 * (wide * s + high * c)
        box = Box(xy[i][0] - half[0], xy[i][1] - half[1], xy[i][0] + half[0], xy[i][1] + half[1])
        if places.free(box):
            places.take(box)
            text.set(rotation=math.degrees(turn), rotation_mode="anchor", position=tuple(xy[i]))
            return
    text.remove()


def _draw_features(
    axes: "Axes", places: Places, grid: MapGrid, features: Iterable[Feature], ink: Ink
) -> None:
    from matplotlib.patches import Circle

    left, right, bottom, top = edges(grid)
    wide = max(right - left, top - bottom)
    named = 0
    for feature in sorted(features, key=lambda feature: (-feature.diameter, feature.name)):
        xy = place(grid, feature.lat_deg, feature.lon_deg)
        if xy is None or named >= MOST_NAMES or feature.diameter < SMALLEST_FEATURE * wide:
            continue
        stretch = 1.0 + (xy[0] ** 2 + xy[1] ** 2) / (4.0 * MOON_RADIUS**2)
        radius = 0.5 * feature.diameter * stretch
        gap = math.hypot(max(left - xy[0], xy[0] - right, 0.0), max(bottom - xy[1], xy[1] - top, 0.0))
        if gap >= radius:
            continue
        text = _text(axes, feature.name, 8, ink, style="italic")
        if not _put(text, places, _inside(axes, xy, radius, _size_of(text))):
            continue
        named += 1
        if feature.kind == "crater":
            axes.add_patch(
                Circle(
                    xy,
                    radius,
                    fill=False,
                    edgecolor=ink.stroke,
                    alpha=0.8,
                    linewidth=0.8,
                    linestyle=(0, (4, 3)),
                    zorder=5,
                )
            )


def _inside(axes: "Axes", xy: tuple[float, float], radius: float, size: tuple[float, float]) -> Iterator[Box]:
    """Places for a name in a circle of the plane: in the middle, then farther out."""
    wide, high = size
    for share, ways in ((0.0, 1), (0.25, 8), (0.5, 16), (0.75, 24), (0.9, 32)):
        for k in range(ways):
            # above and below the middle first
            angle = 2.0 * math.pi * k / ways + math.pi / 2.0
            x, y = axes.transData.transform(
                (xy[0] + share * radius * math.cos(angle), xy[1] + share * radius * math.sin(angle))
            )
            yield Box(x - wide / 2.0, y - high / 2.0, x + wide / 2.0, y + high / 2.0)
