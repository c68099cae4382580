"""Pictures of orbits in files: ground tracks on maps of the Moon, and the orbit in space."""

import io
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from moonstation.arrays import BoolArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.report import palette
from moonstation.report.map import pole_plane
from moonstation.report.moon_shade import cylindrical_shade, globe_shade, polar_shade
from moonstation.spacetime.epochs import tdb_to_utc

VIEWS = ("all", "track", "south", "north", "space")
COLOURS = (palette.BLUE, palette.VERMILLION, palette.GREEN, palette.PURPLE, palette.ORANGE, palette.BLACK)
POLAR_EDGE = 60.0
DPI = 130
MOST_POINTS = 200_000
MAP_GREYS: dict[str, Any] = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0, "interpolation": "bilinear"}


class Line(Protocol):
    """An orbit to be drawn, see `moonstation.study.orbit_study.OrbitLine`."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def et(self) -> FloatArray: ...  # noqa: D102
    @property
    def lat(self) -> FloatArray: ...  # noqa: D102
    @property
    def lon(self) -> FloatArray: ...  # noqa: D102
    @property
    def altitude(self) -> FloatArray: ...  # noqa: D102
    @property
    def r_held(self) -> FloatArray: ...  # noqa: D102


class Place(Protocol):
    """A place to be marked."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def lat_deg(self) -> float: ...  # noqa: D102
    @property
    def lon_deg(self) -> float: ...  # noqa: D102


def draw_orbits(lines: Sequence[Line], *, view: str = "all", places: Sequence[Place] = ()) -> bytes:
    """Draw orbits as a PNG picture; the same orbits give the same bytes.

    Parameters
    ----------
    lines : sequence of Line
        Orbits.
    view : {"all", "track", "south", "north", "space"}
        Ground track on a cylindrical map, on a polar map, the orbit in space seen from aside, or track, space and south
        together.
    places : sequence of Place
        Places to mark on the maps.

    Raises
    ------
    RequestError
        If the view is unknown.
    """
    if view not in VIEWS:
        raise RequestError(f"--view {view}: is unknown; give one of {', '.join(VIEWS)}")
    if view == "all":
        figure = Figure(figsize=(10.5, 10.6), layout="constrained")
        grid = figure.add_gridspec(2, 2, height_ratios=(1.0, 1.0))
        panels = {"track": grid[0, :], "space": grid[1, 0], "south": grid[1, 1]}
    else:
        size = (10.5, 5.6) if view == "track" else (7.2, 7.4)
        figure = Figure(figsize=size, layout="constrained")
        panels = {view: figure.add_gridspec(1, 1)[0, 0]}
    figure.suptitle(_title(lines), fontsize=12, color=palette.INK)
    FigureCanvasAgg(figure)
    scale = _altitude_scale(lines)
    for name, cell in panels.items():
        axes = figure.add_subplot(cell)
        shown = None
        if name == "track":
            shown = _draw_track(axes, lines, places, scale)
        elif name == "space":
            _draw_space(axes, lines)
        else:
            shown = _draw_pole(axes, lines, places, scale, south=name == "south")
        # one bar does for the whole picture
        if shown is not None and name in (view, "track"):
            bar = figure.colorbar(shown, ax=axes, shrink=0.85, pad=0.01)
            bar.set_label("altitude [km]")
    if "track" in panels:
        figure.text(
            0.012, 0.006, "circle: where it begins; square: where it ends", fontsize=8, color=palette.INK
        )
    if len(lines) > 1:
        handles = [
            figure.axes[0].plot([], [], color=COLOURS[i % len(COLOURS)], lw=2, label=line.name)[0]
            for i, line in enumerate(lines)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    return picture.getvalue()


def _title(lines: Sequence[Line]) -> str:
    begin, end = min(float(line.et[0]) for line in lines), max(float(line.et[-1]) for line in lines)
    # a span of whole days in TDB ends a millisecond or two beside midnight UTC
    first, last = (str(moment)[:16].replace("T", " ") for moment in tdb_to_utc(np.array([begin, end]) + 0.5))
    names = ", ".join(line.name for line in lines)
    return f"{names}: {first} to {last} UTC"


def _altitude_scale(lines: Sequence[Line]) -> tuple[float, float] | None:
    """Altitudes between which a single orbit's colour changes [km]; None for several, which have one colour each."""
    if len(lines) > 1:
        return None
    low, high = float(lines[0].altitude.min()) / 1e3, float(lines[0].altitude.max()) / 1e3
    return (low, high) if high - low > 1.0 else (low - 1.0, high + 1.0)


def _draw_track(
    axes: Axes, lines: Sequence[Line], places: Sequence[Place], scale: tuple[float, float] | None
) -> Any:
    axes.imshow(cylindrical_shade(), extent=(-180, 180, -90, 90), aspect="equal", **MAP_GREYS)
    shown = None
    for i, line in enumerate(lines):
        x, y = np.degrees(line.lon), np.degrees(line.lat)
        unbroken = np.abs(np.diff(x)) < 180.0
        shown = _draw_line(axes, x, y, unbroken, line.altitude / 1e3, i, scale)
        _mark_ends(axes, x, y, i, scale)
    for place in places:
        lon = (place.lon_deg + 180.0) % 360.0 - 180.0
        _mark_place(axes, lon, place.lat_deg, place.name, left=lon > 90.0)
    axes.set(xlim=(-180, 180), ylim=(-90, 90), xlabel="longitude, ME [deg]", ylabel="latitude, ME [deg]")
    axes.set_xticks(range(-180, 181, 30))
    axes.set_yticks(range(-90, 91, 30))
    axes.grid(color="white", lw=0.4, alpha=0.6)
    axes.set_title("Ground track", fontsize=10, loc="left")
    return shown


def _draw_pole(
    axes: Axes,
    lines: Sequence[Line],
    places: Sequence[Place],
    scale: tuple[float, float] | None,
    *,
    south: bool,
) -> Any:
    grey, half = polar_shade(POLAR_EDGE, south=south)
    km = half / 1e3
    axes.imshow(grey, extent=(-km, km, -km, km), **MAP_GREYS)
    shown = None
    for i, line in enumerate(lines):
        x, y = pole_plane(np.degrees(line.lat), np.degrees(line.lon), south=south)
        near = (line.lat < 0.0) if south else (line.lat > 0.0)
        shown = _draw_line(axes, x / 1e3, y / 1e3, near[1:] & near[:-1], line.altitude / 1e3, i, scale)
    sign = -1.0 if south else 1.0
    around = np.linspace(-180.0, 180.0, 181)
    for lat in (85.0, 80.0, 70.0, 60.0):
        x, y = pole_plane(sign * lat, around, south=south)
        axes.plot(x / 1e3, y / 1e3, color="white", lw=0.5, alpha=0.7)
        tx, ty = pole_plane(sign * (lat - 0.3), 45.0, south=south)
        _text(axes, float(tx) / 1e3, float(ty) / 1e3, f"{lat:g}°{'S' if south else 'N'}")
    for lon in np.arange(0.0, 360.0, 30.0):
        x, y = pole_plane(sign * np.array([89.0, 50.0]), lon, south=south)
        axes.plot(x / 1e3, y / 1e3, color="white", lw=0.4, alpha=0.6)
    for lon, name in ((0.0, "0° (Earth)"), (90.0, "90° E"), (180.0, "180°"), (-90.0, "90° W")):
        x, y = pole_plane(sign * (POLAR_EDGE + 2.5), lon, south=south)
        _text(axes, float(x) / 1e3, float(y) / 1e3, name)
    for place in places:
        if place.lat_deg * sign > 0.0:
            x, y = pole_plane(place.lat_deg, place.lon_deg, south=south)
            _mark_place(axes, float(x) / 1e3, float(y) / 1e3, place.name, left=float(x) > 0.3 * half)
    axes.set(xlim=(-km, km), ylim=(-km, km), xticks=[], yticks=[])
    axes.set_title(f"{'South' if south else 'North'} pole, seen from above", fontsize=10, loc="left")
    return shown


def _draw_space(axes: Axes, lines: Sequence[Line]) -> None:
    view = view_axes(lines[0].r_held)
    projected = [line.r_held @ view.T / 1e3 for line in lines]
    radius = MOON_RADIUS / 1e3
    flat = np.concatenate([[[-radius, -radius], [radius, radius]], *(points[:, :2] for points in projected)])
    middle = 0.5 * (flat.max(axis=0) + flat.min(axis=0))
    reach = max(0.54 * float(np.ptp(flat, axis=0).max()), 1.3 * radius)
    pixels = int(np.clip(520 * radius / reach, 60, 520))
    axes.imshow(globe_shade(view, pixels), extent=(-radius, radius, -radius, radius), zorder=2, **MAP_GREYS)
    for i, points in enumerate(projected):
        x, y, depth = points.T
        behind = depth < 0.0
        hidden = behind & (np.hypot(x, y) < radius)
        colour = COLOURS[i % len(COLOURS)]
        for order, part, strength in ((1.0, behind & ~hidden, 0.45), (3.0, ~behind, 0.95)):
            # a piece belongs where it ends, so that none is left out between
            keep = part[1:]
            axes.add_collection(
                LineCollection(
                    _segments(x, y, keep),
                    colors=colour,
                    linewidths=_width(x.size),
                    alpha=strength,
                    zorder=order,
                )
            )
        axes.plot(x[:1], y[:1], "o", color=colour, ms=5, mec="white", zorder=4 if not behind[0] else 1)
    pole = view[:, 2] * radius
    behind_globe = pole[2] < 0.0
    tip = 1.18 * pole
    order = 1.5 if behind_globe else 3.5
    axes.plot([pole[0], tip[0]], [pole[1], tip[1]], color=palette.INK, lw=1.2, zorder=order)
    axes.annotate(
        "N", (tip[0], tip[1]), xytext=(6, 0), textcoords="offset points", fontsize=9, va="center", zorder=5,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],
    )  # fmt: skip
    axes.set(
        xlim=(middle[0] - reach, middle[0] + reach),
        ylim=(middle[1] - reach, middle[1] + reach),
        aspect="equal",
        xlabel="[km]",
    )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(7))
    axes.set_title("In space, axes held still; faint: behind the Moon’s centre", fontsize=10, loc="left")
    axes.set_facecolor("#f7f8fa")


def view_axes(r_held: FloatArray) -> FloatArray:
    """Directions to the right, up and towards the eye (rows), so that an orbit shows as an open curve."""
    momentum = np.cross(r_held[:-1], r_held[1:]).sum(axis=0)
    normal = momentum / np.linalg.norm(momentum)
    pole = np.array([0.0, 0.0, 1.0])
    aside = np.cross(normal, pole)
    aside = np.array([1.0, 0.0, 0.0]) if np.linalg.norm(aside) < 0.05 else aside / np.linalg.norm(aside)
    eye = 0.82 * normal + 0.5 * aside + 0.28 * pole
    eye /= np.linalg.norm(eye)
    up = pole - (pole @ eye) * eye
    if np.linalg.norm(up) < 0.1:
        up = np.array([0.0, 1.0, 0.0]) - eye[1] * eye
    up /= np.linalg.norm(up)
    return np.array([np.cross(up, eye), up, eye])


def _draw_line(
    axes: Axes,
    x: FloatArray,
    y: FloatArray,
    keep: BoolArray,
    altitude_km: FloatArray,
    index: int,
    scale: tuple[float, float] | None,
) -> Any:
    segments = _segments(x, y, keep)
    width = _width(x.size)
    if scale is None:
        axes.add_collection(LineCollection(segments, colors=COLOURS[index % len(COLOURS)], linewidths=width))
        return None
    line = LineCollection(segments, cmap="plasma", linewidths=width)
    line.set_array(0.5 * (altitude_km[1:] + altitude_km[:-1])[keep])
    line.set_clim(*scale)
    axes.add_collection(line)
    return line


def _segments(x: FloatArray, y: FloatArray, keep: BoolArray) -> list[FloatArray]:
    points = np.stack([x, y], axis=1)
    return list(np.stack([points[:-1], points[1:]], axis=1)[keep])


def _width(count: int) -> float:
    """Line width that leaves room between many rounds [pt]."""
    return float(np.clip(60.0 / np.sqrt(count), 0.35, 1.8))


def _mark_ends(axes: Axes, x: FloatArray, y: FloatArray, index: int, scale: Any) -> None:
    colour = palette.INK if scale is not None else COLOURS[index % len(COLOURS)]
    axes.plot(x[:1], y[:1], "o", color=colour, ms=6, mec="white", mew=1.0)
    axes.plot(x[-1:], y[-1:], "s", color=colour, ms=6, mec="white", mew=1.0)


def _mark_place(axes: Axes, x: float, y: float, name: str, *, left: bool) -> None:
    axes.plot([x], [y], "*", color=palette.YELLOW, ms=11, mec="black", mew=0.8, zorder=6)
    axes.annotate(
        name,
        (x, y),
        xytext=(-8 if left else 8, 6),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=9,
        zorder=6,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def _text(axes: Axes, x: float, y: float, text: str, size: float = 8) -> None:
    axes.text(
        x, y, text, fontsize=size, ha="center", va="center", zorder=5,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],
    )  # fmt: skip
