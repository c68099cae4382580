"""Drawings of orbits for a page: in space, over the ground, altitude, elements, eclipses, differences."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, TimeArray
from moonstation.constants import MOON_RADIUS
from moonstation.report import palette
from moonstation.report.figure import (
    Figure,
    Spec,
    axis,
    label,
    layout,
    legend_above,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.map import pole_plane
from moonstation.report.moon_shade import cylindrical_shade, polar_shade, shade
from moonstation.report.orbiters import altitude_band
from moonstation.report.relief import picture_uri
from moonstation.report.wording import count, day, duration, number, share
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.events import longest, total

COLOURS = (palette.BLUE, palette.VERMILLION, palette.GREEN, palette.PURPLE, palette.ORANGE, palette.BLACK)
MOST_POINTS = 4000
"""Points of a drawn line; later rounds are left out."""

MOST_HEIGHTS = 6000
"""Points of a line of altitudes."""

MANY_ROUNDS = 60.0
"""Above this, altitude is drawn as a band day by day."""

GLOBE_ROWS = 73
POLAR_EDGE = 60.0


def space_figure(studies: Sequence[Any]) -> Figure:
    """The orbits about a globe that can be turned."""
    data: list[Spec] = [_globe()]
    for i, s in enumerate(studies):
        points = s.line.r_held[:MOST_POINTS] / 1e3
        data.append(
            {
                "type": "scatter3d",
                "mode": "lines",
                "name": label(s.run.name),
                "x": numbers(points[:, 0], 0),
                "y": numbers(points[:, 1], 0),
                "z": numbers(points[:, 2], 0),
                "line": {"color": COLOURS[i % len(COLOURS)], "width": 3},
                "hovertemplate": "%{x:.0f}, %{y:.0f}, %{z:.0f} km",
            }
        )
    axes = {"title": {"text": ""}, "showbackground": False, "gridcolor": palette.GRID, "zeroline": False}
    spec: Spec = {
        "data": data,
        "layout": layout(
            scene={
                "aspectmode": "data",
                "xaxis": {**axes, "ticksuffix": " km", "nticks": 5},
                "yaxis": {**axes, "ticksuffix": " km", "nticks": 5},
                "zaxis": {**axes, "ticksuffix": " km", "nticks": 6},
                "camera": {"eye": {"x": 1.5, "y": -1.5, "z": 0.5}, "center": {"x": 0, "y": 0, "z": -0.14}},
            },
            # the page looks at this axis when it fits a drawing to a phone
            yaxis={"visible": False},
            xaxis={"visible": False},
            showlegend=len(studies) > 1,
            legend=legend_above(),
        ),
    }
    finding = " and ".join(f"{s.run.name}: {_shape(s)}" for s in studies[:2])
    drawn = [_drawn(s) for s in studies]
    note = (
        f"Drag to turn. Axes are those of the Moon (ME) at the first epoch, held still: x to the Earth, "
        f"z north. Drawn: {drawn[0]}. Relief exaggerated, lit from one side, not by the Sun."
    )
    return Figure("fig-space", finding, spec, 560, note)


def _shape(s: Any) -> str:
    low, high = s.extremes.lowest / 1e3, s.extremes.highest / 1e3
    around = f", once around in {duration(s.period, 3)}" if s.elements_me.semi_major_axis[0] > 0.0 else ""
    return f"{number(low, 3)} to {number(high, 3)} km up{around}"


def _drawn(s: Any) -> str:
    shown = s.line.et[:MOST_POINTS]
    whole = float(shown[-1] - shown[0])
    if whole >= s.length - 60.0:
        return "the whole span"
    return f"the first {duration(whole, 3)}"


def _globe() -> Spec:
    lat = np.linspace(-90.0, 90.0, GLOBE_ROWS)
    lon = np.linspace(-180.0, 180.0, 2 * GLOBE_ROWS - 1)
    lon_grid, lat_grid = np.meshgrid(lon, lat)
    a, b = np.radians(lat_grid), np.radians(lon_grid)
    up = np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], axis=-1)
    light = np.array([0.45, -0.75, 0.48])
    east = np.stack([-np.sin(b), np.cos(b), np.zeros(b.shape)], axis=-1)
    enu = np.stack([east @ light, np.cross(up, east) @ light, up @ light], axis=-1)
    grey = shade(np.clip(lat_grid, -87.0, 87.0), lon_grid, enu, step_deg=180.0 / (GLOBE_ROWS - 1))
    km = up * MOON_RADIUS / 1e3
    return {
        "type": "surface",
        "x": [numbers(row, 0) for row in km[..., 0]],
        "y": [numbers(row, 0) for row in km[..., 1]],
        "z": [numbers(row, 0) for row in km[..., 2]],
        "surfacecolor": [numbers(row, 2) for row in grey],
        "cmin": 0.2,
        "cmax": 1.0,
        "colorscale": [[0.0, "#3c3c3c"], [1.0, "#ffffff"]],
        "showscale": False,
        "lighting": {"ambient": 0.95, "diffuse": 0.1, "specular": 0.0},
        "hoverinfo": "skip",
    }


def track_figure(studies: Sequence[Any]) -> Figure:
    """Ground tracks on a cylindrical map."""
    data: list[Spec] = []
    for i, s in enumerate(studies):
        part = slice(0, MOST_POINTS)
        x, y = np.degrees(s.line.lon[part]), np.degrees(s.line.lat[part])
        jump = np.abs(np.diff(x)) > 180.0
        data.append(_stroke(s, i, x, y, jump, s.line.altitude[part]))
    data += [_star((p.lon_deg + 180.0) % 360.0 - 180.0, p.lat_deg, p.name) for p in _places(studies)]
    spec: Spec = {
        "data": data,
        "layout": layout(
            images=[_background(cylindrical_shade(240), -180.0, 90.0, 360.0, 180.0)],
            xaxis=axis(
                "longitude, ME [deg]", range=[-180, 180], dtick=30, showgrid=False, constrain="domain"
            ),
            yaxis=axis(
                "latitude, ME [deg]",
                range=[-90, 90],
                dtick=30,
                showgrid=False,
                scaleanchor="x",
                constrain="domain",
            ),
            showlegend=len(studies) > 1,
            legend=legend_above(),
        ),
    }
    finding = "Ground track"
    reach = [float(np.degrees(np.abs(s.line.lat)).max()) for s in studies]
    finding += (
        f" of {studies[0].run.name}: up to {number(reach[0], 3)}° from the equator"
        if len(studies) == 1
        else "s"
    )
    return Figure(
        "fig-track",
        finding,
        spec,
        560,
        f"Drawn: {_drawn(studies[0])}. Relief lit from the upper left, not by the Sun.",
    )


def pole_figure(studies: Sequence[Any]) -> Figure:
    """Ground tracks about the south pole."""
    grey, half = polar_shade(POLAR_EDGE, 360)
    km = half / 1e3
    data: list[Spec] = []
    for i, s in enumerate(studies):
        part = slice(0, MOST_POINTS)
        x, y = pole_plane(np.degrees(s.line.lat[part]), np.degrees(s.line.lon[part]), south=True)
        outside = np.maximum(np.abs(x), np.abs(y)) > 1.2 * half
        data.append(_stroke(s, i, x / 1e3, y / 1e3, outside[1:] | outside[:-1], s.line.altitude[part]))
    around = np.linspace(-180.0, 180.0, 121)
    for lat in (-85.0, -80.0, -70.0, -60.0):
        x, y = pole_plane(lat, around, south=True)
        circle = {
            "x": numbers(x / 1e3, 0),
            "y": numbers(y / 1e3, 0),
            "line": {"color": "#ffffff", "width": 1},
        }
        data.insert(
            0, {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, **circle}
        )
    words = [(-85.0, 45.0, "85° S"), (-80.0, 45.0, "80° S"), (-70.0, 45.0, "70° S"), (-60.0, 45.0, "60° S")]
    words += [
        (-62.5, 0.0, "0° (Earth)"),
        (-63.0, 90.0, "90° E"),
        (-62.5, 180.0, "180°"),
        (-63.0, -90.0, "90° W"),
    ]
    spots = [pole_plane(lat, lon, south=True) for lat, lon, _ in words]
    data.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": [round(float(x) / 1e3) for x, _ in spots],
            "y": [round(float(y) / 1e3) for _, y in spots],
            "text": [text for _, _, text in words],
            "textfont": {"size": 12, "color": palette.INK, "shadow": "0 0 3px #fff, 0 0 3px #fff"},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    for place in _places(studies):
        if place.lat_deg < 0.0:
            x, y = pole_plane(place.lat_deg, place.lon_deg, south=True)
            data.append(_star(float(x) / 1e3, float(y) / 1e3, place.name))
    bare = {"range": [-km, km], "visible": False, "constrain": "domain"}
    spec: Spec = {
        "data": data,
        "layout": layout(
            images=[_background(grey, -km, km, 2 * km, 2 * km)],
            xaxis=bare,
            yaxis={**bare, "scaleanchor": "x"},
            showlegend=len(studies) > 1,
            legend=legend_above(),
        ),
    }
    return Figure(
        "fig-pole",
        "The south pole, seen from above",
        spec,
        560,
        f"Polar stereographic, ME, out to 60° S. Drawn: {_drawn(studies[0])}.",
    )


def _stroke(
    s: Any, index: int, x: FloatArray, y: FloatArray, broken: BoolArray, altitude: FloatArray
) -> Spec:
    """A line with gaps where it is broken."""
    at = np.flatnonzero(broken) + 1
    shown = np.insert(x, at, np.nan), np.insert(y, at, np.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label(s.run.name),
        "x": numbers(shown[0], 2),
        "y": numbers(shown[1], 2),
        "customdata": numbers(np.insert(altitude / 1e3, at, np.nan), 0),
        "hovertemplate": "%{x}, %{y}: %{customdata} km up",
        "line": {"color": COLOURS[index % len(COLOURS)], "width": 1.3},
    }


def _places(studies: Sequence[Any]) -> list[Any]:
    found = {s.place.id: s.place for s in studies if s.place is not None}
    return list(found.values())


def _star(x: float, y: float, name: str) -> Spec:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [round(x, 2)],
        "y": [round(y, 2)],
        "text": [label(name)],
        "textposition": "top right" if x <= 90.0 else "top left",
        "textfont": {"size": 12, "color": palette.INK, "shadow": "0 0 3px #fff, 0 0 3px #fff"},
        "marker": {
            "symbol": "star",
            "size": 12,
            "color": palette.YELLOW,
            "line": {"color": palette.BLACK, "width": 1},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _background(grey: FloatArray, left: float, top: float, width: float, height: float) -> Spec:
    return {
        # the picture is made with its lowest row first
        "source": picture_uri((255.0 * grey[::-1]).astype(np.uint8)),
        "xref": "x",
        "yref": "y",
        "x": left,
        "y": top,
        "sizex": width,
        "sizey": height,
        "sizing": "stretch",
        "layer": "below",
    }


def altitude_figures(studies: Sequence[Any]) -> list[Figure]:
    """Altitude through time: a line for few rounds, a band for many."""
    if len(studies) == 1 and studies[0].length / studies[0].period > MANY_ROUNDS:
        s = studies[0]
        times = tdb_to_utc(s.et)
        low, high = s.extremes.lowest / 1e3, s.extremes.highest / 1e3
        when = day(tdb_to_utc(np.array([s.extremes.lowest_at]))[0])
        finding = f"{s.run.name} flies between {number(low)} and {number(high)} km; lowest on {when}"
        return [
            altitude_band("fig-altitude", finding, times, s.altitude / 1e3, period_days=s.period / 86_400.0)
        ]
    data: list[Spec] = []
    for i, s in enumerate(studies):
        # a round keeps 60 points or more
        part = slice(0, int(MANY_ROUNDS * s.period / s.length * s.et.size) + 1, -(-s.et.size // MOST_HEIGHTS))
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label(s.run.name),
                "x": stamps(tdb_to_utc(s.et[part]), "s"),
                "y": numbers(s.altitude[part] / 1e3, 1),
                "line": {"color": COLOURS[i % len(COLOURS)], "width": 1.3},
                "hovertemplate": "%{x}: %{y} km",
            }
        )
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(),
            yaxis=axis("altitude [km]", rangemode="tozero"),
            showlegend=len(studies) > 1,
            legend=legend_above(),
        ),
    }
    finding = "; ".join(
        f"{s.run.name} flies between {number(s.extremes.lowest / 1e3)} and {number(s.extremes.highest / 1e3)} km"
        for s in studies
    )
    cut = [s.run.name for s in studies if s.length > 1.01 * MANY_ROUNDS * s.period]
    note = "Altitude over the 1737.4 km sphere."
    note += f" Drawn of {', '.join(cut)}: the first {MANY_ROUNDS:g} rounds." if cut else ""
    return [Figure("fig-altitude", finding, spec, 300, note)]


PANELS = (
    ("semi_major_axis", "axis a [km]", 1e-3, 2),
    ("eccentricity", "eccentricity", 1.0, 5),
    ("inclination", "inclination [deg]", 180.0 / np.pi, 3),
    ("raan", "node [deg]", 180.0 / np.pi, 3),
    ("arg_periapsis", "periapsis [deg]", 180.0 / np.pi, 3),
)


def elements_figure(studies: Sequence[Any]) -> Figure:
    """Osculating elements through time, one under the other."""
    data: list[Spec] = []
    height = 1.0 / len(PANELS)
    axes: Spec = {}
    for row, (name, title, factor, digits) in enumerate(PANELS):
        suffix = "" if row == 0 else str(row + 1)
        top = 1.0 - row * height
        axes[f"yaxis{suffix}"] = axis(title, domain=[round(top - 0.86 * height, 3), round(top, 3)], nticks=4)
        for i, s in enumerate(studies):
            values = getattr(s.elements_me, name)
            if name in ("raan", "arg_periapsis"):
                values = np.unwrap(values)
                # what is a rounding below a whole turn is none
                values = values - values[0] + round(float(values[0]), 8) % (2.0 * np.pi)
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": label(s.run.name),
                    "showlegend": row == 0,
                    "x": stamps(tdb_to_utc(s.round_et), "m"),
                    "y": numbers(values * factor, digits),
                    "yaxis": f"y{suffix}",
                    "line": {"color": COLOURS[i % len(COLOURS)], "width": 1.4},
                    "hovertemplate": "%{x}: %{y}",
                }
            )
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(anchor=f"y{len(PANELS)}"),
            **axes,
            showlegend=len(studies) > 1,
            legend=legend_above(),
        ),
    }
    s = studies[0]
    incl = np.degrees(s.elements_me.inclination)
    ecc = s.elements_me.eccentricity
    finding = (
        f"{s.run.name}: eccentricity {ecc.min():.4f} to {ecc.max():.4f}, inclination to the Moon’s equator "
        f"{incl.min():.2f}° to {incl.max():.2f}°"
    )
    note = (
        "Osculating elements once a round (a: semi-major axis), in the ME axes of the first epoch, held still; angles "
        "go on beyond 360°."
    )
    return Figure("fig-elements", finding, spec, 720, note)


def shadow_figures(studies: Sequence[Any]) -> list[Figure]:
    """Time in shadow of each day."""
    shown = [s for s in studies if any(len(windows) for windows in s.eclipses.values())]
    if not shown:
        return []
    data: list[Spec] = []
    for i, s in enumerate(studies):
        days, moon = _daily(s, s.eclipses["moon-umbra"])
        _, earth = _daily(s, s.eclipses["earth-umbra"])
        _, partial = _daily(s, s.eclipses["earth-penumbra"])
        several = f"{label(s.run.name)}: " if len(studies) > 1 else ""
        colour = COLOURS[i % len(COLOURS)]
        for name, hours, fill in (
            ("shadow of the Moon", moon, colour),
            ("shadow of the Earth", earth, palette.INK),
            ("half-shadow of the Earth", np.maximum(partial - earth, 0.0), palette.tint(palette.INK, 0.35)),
        ):
            if hours.any():
                data.append(
                    {
                        "type": "bar",
                        "name": several + name,
                        "x": stamps(days, "D"),
                        "y": numbers(hours, 3),
                        "marker": {"color": fill, "line": {"width": 0}},
                        "hovertemplate": "%{x}: %{y} h",
                    }
                )
    if not data:
        return []
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(),
            yaxis=axis("in shadow [h a day]", rangemode="tozero"),
            barmode="group" if len(studies) > 1 else "stack",
            bargap=0.05,
            showlegend=True,
            legend=legend_above(),
        ),
    }
    finding = "; ".join(_shadow_words(s) for s in studies)
    return [
        Figure(
            "fig-shadow",
            finding,
            spec,
            280,
            "Hours of each UTC day in which all (half-shadow: some) of the Sun is hidden.",
        )
    ]


def _shadow_words(s: Any) -> str:
    moon = s.eclipses["moon-umbra"]
    if not len(moon):
        return f"{s.run.name} never enters the Moon’s full shadow"
    return (
        f"{s.run.name} is in the Moon’s full shadow {share(total(moon) / s.length)} of the time, "
        f"{count(len(moon), 'eclipse')} of {duration(longest(moon), 3)} at most"
    )


def _daily(s: Any, windows: FloatArray) -> tuple[TimeArray, FloatArray]:
    """UTC days of the span (m,) and hours of windows in each (m,)."""
    first, last = tdb_to_utc(np.array([s.run.start.tdb_s, s.run.stop.tdb_s])).astype("datetime64[D]")
    days = np.arange(first, last + np.timedelta64(1, "D"))
    edges = np.append(days, days[-1] + np.timedelta64(1, "D")).astype("datetime64[ns]")
    hours = np.zeros(days.size)
    if len(windows):
        begin, end = tdb_to_utc(windows[:, 0]), tdb_to_utc(windows[:, 1])
        hour = np.timedelta64(3_600_000_000_000, "ns")
        low = np.maximum(begin[:, None], edges[None, :-1]) if len(windows) * days.size < 4_000_000 else None
        if low is not None:
            high = np.minimum(end[:, None], edges[None, 1:])
            hours = np.maximum((high - low) / hour, 0.0).sum(axis=0)
        else:
            # so many eclipses are short ones: each counts to the day in which it begins
            at = np.searchsorted(edges, begin, side="right") - 1
            np.add.at(hours, at, (end - begin) / hour)
    return days, hours


def difference_figure(name: str, differences: dict[str, tuple[FloatArray, FloatArray]]) -> Figure:
    """Radial, along and cross-track differences through time, one under the other."""
    data: list[Spec] = []
    axes: Spec = {}
    largest = max(float(np.abs(apart).max()) for _, apart in differences.values())
    factor, unit = (1e-3, "km") if largest >= 1e3 else (1.0, "m") if largest >= 1.0 else (1e3, "mm")
    for row, title in enumerate(("radial", "along track", "cross track")):
        suffix = "" if row == 0 else str(row + 1)
        axes[f"yaxis{suffix}"] = axis(
            f"{title} [{unit}]",
            domain=[round(1 - 0.333 * row - 0.29, 3), round(1 - 0.333 * row, 3)],
            nticks=5,
        )
        for i, (other, (et, apart)) in enumerate(differences.items()):
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": label(other),
                    "showlegend": row == 0,
                    "x": stamps(tdb_to_utc(et), "s"),
                    "y": numbers(apart[:, row] * factor, 4),
                    "yaxis": f"y{suffix}",
                    "line": {"color": COLOURS[(i + 1) % len(COLOURS)], "width": 1.2},
                    "hovertemplate": f"%{{x}}: %{{y}} {unit}",
                }
            )
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(anchor="y3"), **axes, showlegend=len(differences) > 1, legend=legend_above()
        ),
    }
    worst = max(differences, key=lambda other: float(np.linalg.norm(differences[other][1], axis=1).max()))
    most = float(np.linalg.norm(differences[worst][1], axis=1).max())
    size, word = (most / 1e3, "km") if most >= 1e3 else (most, "m") if most >= 1.0 else (most * 1e3, "mm")
    finding = f"{worst} is up to {number(size)} {word} from {name}"
    return Figure(
        "fig-apart", finding, spec, 520, f"In the radial, along-track and cross-track directions of {name}."
    )
