"""What stands over the colours of a map: graticule, scale, names, marks."""

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.report import palette
from moonstation.report.graticule import Crossing, GraticuleLine, edges, graticule, place
from moonstation.report.map_labels import Box, Places, around
from moonstation.terrain.features import Feature
from moonstation.terrain.region import MapGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

MOST_NAMES = 30

SMALLEST_FEATURE = 0.02
"""Features narrower than this share of the map have no name on it."""

DARK = "#0b1016"
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Shares of red, green and blue in how bright a colour looks (ITU-R BT.709)."""

Marker = tuple[float, float, str]
"""Latitude and longitude [deg] and a label."""


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


def scale_bar(grid: MapGrid) -> tuple[float, float]:
    """A round length on the ground [m], and how long it is in the plane in the middle of the map [m]."""
    left, right, bottom, top = edges(grid)
    x, y = 0.5 * (left + right), 0.5 * (bottom + top)
    stretch = 1.0 + (x * x + y * y) / (4.0 * MOON_RADIUS**2)
    wanted = 0.22 * min(right - left, 2.0 * (top - bottom)) / stretch
    power = 10.0 ** math.floor(math.log10(wanted))
    length = max(n * power for n in (1.0, 2.0, 5.0) if n * power <= wanted)
    return length, length * stretch


def draw_scale(axes: "Axes", places: Places, grid: MapGrid) -> None:
    """Draw the scale bar, true in the middle of the map."""
    from matplotlib.patches import Rectangle

    length, span = scale_bar(grid)
    frame = places.frame
    pixels = span * axes.get_window_extent().width / (grid.columns * grid.pixel)
    name = f"{length / 1e3:g} km" if length >= 1e3 else f"{length:g} m"
    text = _text(axes, name, 8.5)
    half = 0.5 * max(pixels, _size_of(text, 0.0)[0])
    middle, low = frame.left + 16.0 + half, frame.bottom + 14.0
    box = Box(frame.left + 4.0, frame.bottom + 4.0, middle + half + 12.0, low + 36.0)
    _patch(axes, Rectangle((box.left, box.bottom), box.right - box.left, box.top - box.bottom), "white", 0.82)
    for i, colour in enumerate((palette.INK, "white")):
        left = middle + 0.5 * (i - 1) * pixels
        part = Rectangle((left, low), 0.5 * pixels, 7.0, edgecolor=palette.INK, linewidth=0.7)
        _patch(axes, part, colour, 1.0)
    text.set_position((middle, low + 22.0))
    places.take(box)


def _patch(axes: "Axes", patch: Any, colour: str, alpha: float) -> None:
    patch.set(facecolor=colour, alpha=alpha, transform=None, zorder=7)
    axes.add_artist(patch)


def draw_warning(axes: "Axes", places: Places, warning: str) -> None:
    """Write a warning in the upper left corner of the map."""
    frame = places.frame
    room = int((frame.right - frame.left) / 13.0)
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


def draw_markers(axes: "Axes", places: Places, grid: MapGrid, markers: Sequence[Marker], ink: Ink) -> None:
    """Mark places, and label those that there is room for."""
    points = [(axes.transData.transform(xy), label) for xy, label in _on_map(grid, markers)]
    for (x, y), _ in points:
        places.take(Box(x - 8.0, y - 8.0, x + 8.0, y + 8.0))
    for (x, y), label in points:
        axes.plot(
            x,
            y,
            "o",
            ms=6.5,
            mfc=palette.SKY_BLUE,
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


def draw_graticule(axes: "Axes", places: Places, grid: MapGrid, ink: Ink) -> None:
    """Draw parallels and meridians with their names."""
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


def _write_end(axes: "Axes", outside: Places, name: str, ends: Sequence[Crossing]) -> None:
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


def draw_features(axes: "Axes", places: Places, grid: MapGrid, features: Iterable[Feature], ink: Ink) -> None:
    """Name the features on a map, the widest first, and show the rims of craters."""
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
