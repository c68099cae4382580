"""The map of the pole: where the sites stand, seen from above the pole."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, axis, label, layout, lines_between
from moonstation.report.inputs import Result, name_of, parts
from moonstation.report.relief import cropped, hillshade, picture_uri
from moonstation.report.wording import count, listing, number

LEAST_HALF_WIDTH = 30e3
"""A map of sites that all stand near the pole still shows this much around it [m]."""

LATITUDE_STEPS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
CORNERS = (
    "top center",
    "bottom center",
    "middle right",
    "middle left",
    "top right",
    "top left",
    "bottom right",
    "bottom left",
)
"""Where a label can stand, the first liked best."""

MAP_PIXELS = 330.0
"""Width for which labels are kept apart [px]: that of the map on a phone."""


def pole_plane(lat_deg: Any, lon_deg: Any, *, south: bool) -> tuple[FloatArray, FloatArray]:
    """Polar stereographic x, y [m] about a pole, seen from above it, the Earth side up in the south.

    Notes
    -----
    Snyder (1987), Map projections: a working manual, USGS PP 1395, eq. 21-4 to 21-12 for the sphere, true scale
    at the pole.
    """
    lon = np.radians(np.asarray(lon_deg, dtype=np.float64))
    from_pole = np.radians(90.0 + np.asarray(lat_deg, dtype=np.float64) * (1.0 if south else -1.0))
    rho = 2.0 * MOON_RADIUS * np.tan(from_pole / 2.0)
    return rho * np.sin(lon), rho * np.cos(lon) * (1.0 if south else -1.0)


def pole_maps(result: Result) -> list[Figure]:
    """The map of the sites, and the wider surroundings where the relief given reaches much farther."""
    sites = parts(result.station, "sites")
    south = sum(site.lat_deg < 0 for site in sites) * 2 >= len(sites)
    shown = [site for site in sites if (site.lat_deg < 0) == south]
    xy = [tuple(float(v) for v in pole_plane(site.lat_deg, site.lon_deg, south=south)) for site in shown]
    farthest = max((math.hypot(x, y) for x, y in xy), default=0.0)
    half_width = max(1.3 * farthest, LEAST_HALF_WIDTH)
    hidden = [name_of(site) for site in sites if site not in shown]
    finding = _finding(shown, south=south)
    note = "Polar stereographic, mean-Earth frame, seen from above; the Earth stands over 0° longitude."
    if result.relief is not None:
        note += " Grey: relief of the global grid (3.8 km north to south), lit from the upper left, not by the Sun."
    if hidden:
        note += f" At the other pole and not drawn: {listing(hidden)}."
    maps = [Figure("fig-map", finding, _drawing(result, shown, xy, half_width, south=south), 470, note)]
    if result.relief is not None and result.relief[1] > 1.8 * half_width:
        wide = float(result.relief[1])
        finding = f"The {_pole(south)} out to {number(wide / 1000.0, 2)} km, with the sites in the middle"
        spec = _drawing(result, shown, xy, wide, south=south, inset=half_width)
        maps.append(
            Figure("fig-map-wide", finding, spec, 520, "The square is the map at the top of the page.")
        )
    return maps


def _pole(south: bool) -> str:
    return "south pole" if south else "north pole"


def _finding(sites: Sequence[Any], *, south: bool) -> str:
    if not sites:
        return "The station has no site on the surface"
    reach = sorted(math.radians(90.0 - abs(site.lat_deg)) * MOON_RADIUS / 1000.0 for site in sites)
    if len(sites) == 1:
        return f"{name_of(sites[0])} stands {number(reach[0], 2)} km from the {_pole(south)}"
    spread = f"{number(reach[0], 2)} to {number(reach[-1], 2)} km"
    return f"{count(len(sites), 'site').capitalize()} stand {spread} from the {_pole(south)}"


def _drawing(
    result: Result,
    sites: Sequence[Any],
    xy: Sequence[tuple[float, ...]],
    half_width: float,
    *,
    south: bool,
    inset: float | None = None,
) -> Spec:
    km = half_width / 1000.0
    data: list[Spec] = [*_graticule(half_width, _free_longitude(sites), south=south)]
    if inset is not None:
        k = inset / 1000.0
        square = {"x": [-k, k, k, -k, -k], "y": [-k, -k, k, k, -k]}
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "hoverinfo": "skip",
                **square,
                "line": {"color": palette.INK},
            }
        )
    corners = _label_corners([(x / 1000.0, y / 1000.0) for x, y in xy], [name_of(site) for site in sites], km)
    for i, site in enumerate(sites):
        x, y = xy[i][0] / 1000.0, xy[i][1] / 1000.0
        data.append(
            {
                "type": "scatter",
                "mode": "markers+text" if inset is None else "markers",
                "x": [round(x, 3)],
                "y": [round(y, 3)],
                "text": [f"<b>{'<br>'.join(label(line) for line in _lines(name_of(site)))}</b>"],
                "textposition": corners[i],
                "textfont": {
                    "size": 13,
                    "color": palette.INK,
                    "shadow": "0 0 3px #fff, 0 0 3px #fff, 0 0 5px #fff",
                },
                "marker": {
                    "size": 12,
                    "color": palette.SITES[i % len(palette.SITES)],
                    "symbol": palette.SITE_SYMBOLS[i % len(palette.SITE_SYMBOLS)],
                    "line": {"width": 1.5, "color": palette.PAPER},
                },
                "hovertemplate": f"{label(name_of(site))}<br>{site.lat_deg:.3f}°, {site.lon_deg:.3f}°<extra></extra>",
                "cliponaxis": False,
            }
        )
    frame = {"range": [round(-km, 3), round(km, 3)], "showgrid": False, "constrain": "domain", "nticks": 7}
    drawing: Spec = {
        "data": data,
        "layout": layout(
            xaxis=axis("distance from the pole [km]", **frame),
            yaxis=axis("distance from the pole [km]", **frame, scaleanchor="x"),
            dragmode="pan",
        ),
    }
    if result.relief is not None:
        elevation = np.asarray(result.relief[0], dtype=np.float64)
        kept, reach = cropped(elevation, float(result.relief[1]), half_width * 1.5)
        if min(kept.shape) >= 2:
            pixel = 2.0 * reach / (kept.shape[0] - 1)
            # the outer pixels' centres stand at +-reach: the picture is half a pixel larger on each side
            side = round((2.0 * reach + pixel) / 1000.0, 4)
            drawing["layout"]["images"] = [
                {
                    "source": picture_uri(hillshade(kept, pixel)),
                    "xref": "x",
                    "yref": "y",
                    "x": -side / 2,
                    "y": side / 2,
                    "sizex": side,
                    "sizey": side,
                    "sizing": "stretch",
                    "layer": "below",
                }
            ]
    return drawing


def _graticule(half_width: float, free_lon: float, *, south: bool) -> list[Spec]:
    sign = -1.0 if south else 1.0
    corner = math.degrees(2.0 * math.atan(half_width * math.sqrt(2.0) / (2.0 * MOON_RADIUS)))
    edge = math.degrees(2.0 * math.atan(half_width / (2.0 * MOON_RADIUS)))
    step = next((s for s in LATITUDE_STEPS if edge / s <= 5.0), LATITUDE_STEPS[-1])
    around = np.linspace(0.0, 360.0, 121)
    x: list[Any] = []
    y: list[Any] = []
    texts: list[tuple[float, float, str]] = []
    for k in range(1, math.floor(corner / step) + 1):
        circle_x, circle_y = pole_plane(sign * (90.0 - k * step), around, south=south)
        x += [*np.round(circle_x / 1000.0, 2).tolist(), None]
        y += [*np.round(circle_y / 1000.0, 2).tolist(), None]
        if k * step < 0.85 * edge:
            tx, ty = pole_plane(sign * (90.0 - k * step), free_lon, south=south)
            texts.append((float(tx), float(ty), f"{90.0 - k * step:g}° {'S' if south else 'N'}"))
    spokes_x, spokes_y = [], []
    for lon in range(0, 360, 30):
        inner = 0.0 if lon % 90 == 0 else 0.25 * step
        px, py = pole_plane(sign * (90.0 - np.array([inner, corner])), float(lon), south=south)
        spokes_x.append((round(float(px[0]) / 1000.0, 2), round(float(px[1]) / 1000.0, 2)))
        spokes_y.append((round(float(py[0]) / 1000.0, 2), round(float(py[1]) / 1000.0, 2)))
        # labels of meridians stand where these leave the frame, farther in at the sides where they would be cut
        side = abs(math.sin(math.radians(lon))) > abs(math.cos(math.radians(lon)))
        out = (
            (0.87 if side else 0.94)
            * half_width
            / max(abs(math.sin(math.radians(lon))), abs(math.cos(math.radians(lon))))
        )
        east = lon if lon <= 180 else lon - 360
        name = (
            "0° (Earth)" if lon == 0 else "180°" if lon == 180 else f"{abs(east)}° {'E' if east > 0 else 'W'}"
        )
        up = 1.0 if south else -1.0
        texts.append((out * math.sin(math.radians(lon)), up * out * math.cos(math.radians(lon)), name))
    x += lines_between(spokes_x)
    y += lines_between(spokes_y)
    strokes = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": palette.tint(palette.BLUE, 0.45), "width": 1},
        "hoverinfo": "skip",
    }
    names = {
        "type": "scatter",
        "mode": "text",
        "x": [round(t[0] / 1000.0, 2) for t in texts],
        "y": [round(t[1] / 1000.0, 2) for t in texts],
        "text": [t[2] for t in texts],
        "textfont": {"size": 12, "color": "#003a5c", "shadow": "0 0 3px #fff, 0 0 3px #fff"},
        "hoverinfo": "skip",
    }
    return [strokes, names]


def _free_longitude(sites: Sequence[Any]) -> float:
    """The direction between meridians that is farthest from every site: latitudes are written there."""
    wanted = [15.0 + 30.0 * k for k in range(12)]

    def distance(lon: float) -> float:
        return min((abs((lon - site.lon_deg + 180.0) % 360.0 - 180.0) for site in sites), default=0.0)

    return max(wanted, key=distance)


def _label_corners(
    places: Sequence[tuple[float, float]], names: Sequence[str], half_width: float
) -> list[str]:
    """Where each site's label goes so that it covers no other label or marker and stays inside the frame."""
    km_per_px = 2.0 * half_width / MAP_PIXELS
    tall = 17.0 * km_per_px
    taken = [(x - tall / 2, x + tall / 2, y - tall / 2, y + tall / 2) for x, y in places]
    chosen: list[str] = []
    for (x, y), name in zip(places, names, strict=True):
        lines = _lines(name)
        wide, high = 7.8 * max(len(line) for line in lines) * km_per_px, tall * len(lines)

        def cost(corner: str, x: float = x, y: float = y, wide: float = wide, high: float = high) -> float:
            box = _label_box(x, y, corner, wide, high, tall)
            outside = box[0] < -half_width or box[1] > half_width or max(-box[2], box[3]) > half_width
            return sum(_overlap(box, other) for other in taken) + 4.0 * wide * high * outside

        chosen.append(min(CORNERS, key=cost))
        taken.append(_label_box(x, y, chosen[-1], wide, high, tall))
    return chosen


def _label_box(
    x: float, y: float, corner: str, wide: float, high: float, tall: float
) -> tuple[float, float, float, float]:
    vertical, horizontal = corner.split()
    low = {"top": y + tall / 2, "middle": y - high / 2, "bottom": y - tall / 2 - high}[vertical]
    left = {"center": x - wide / 2, "right": x + tall / 2, "left": x - tall / 2 - wide}[horizontal]
    return left, left + wide, low, low + high


def _lines(name: str) -> list[str]:
    """A label in two lines at most."""
    return textwrap.wrap(name, 21, max_lines=2, placeholder="…") or [""]


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[2], b[2]))
