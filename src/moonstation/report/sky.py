"""The sky of each site: the terrain around it with the year's tracks of Sun and Earth."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, axis, label, layout, legend_above, numbers
from moonstation.report.inputs import (
    SkyResult,
    elements_on,
    metric,
    name_of,
    parts,
    series,
    step_hours,
    times_of,
)
from moonstation.report.wording import compass, day, degrees, number, resolution, share

TRACK_STEP_H = 6.0
"""The Sun moves 3 deg in azimuth in this time [h]: finer than the page shows."""

LUNATION_D = 29.530589
FIGURE_WIDTH, FIGURE_HEIGHT = 1000.0, 360


def terrain_limit(result: SkyResult, site_id: str) -> str:
    """What to say beside a figure drawn from a site's terrain: "" where it is fine enough."""
    horizon = result.horizons.get(site_id)
    if horizon is None or not horizon.indicative:
        return ""
    if np.isfinite(horizon.resolution_m):
        return f"indicative: {resolution(float(horizon.resolution_m))} terrain"
    return "indicative: coarse terrain"


def terrain_limits(result: SkyResult, sites: Iterable[str]) -> str:
    """What to say beside a figure drawn from the terrain of several sites, each limit once."""
    return "; ".join(sorted({limit for site in sites if (limit := terrain_limit(result, site))}))


def metric_limit(result: SkyResult, name: str) -> str:
    """What to say beside a figure by its metric name ("bus.base.unserved"): the limits of the sites it rests on."""
    kind, _, rest = name.partition(".")
    owner = rest.partition(".")[0]
    on_bus = [e.site for e in elements_on(result.station, owner)] if kind == "bus" else []
    return terrain_limits(result, [owner, *on_bus])


def sky_figures(result: SkyResult) -> list[Figure]:
    """One panorama for each site that has a horizon or tracks."""
    found = [_panorama(result, site, i) for i, site in enumerate(parts(result.station, "sites"))]
    return [figure for figure in found if figure is not None]


def _panorama(result: SkyResult, site: Any, index: int) -> Figure | None:
    times = times_of(result)
    height = float(getattr(site, "height", 2.0))
    horizon = result.horizons.get(site.id)
    sun_el = series(result, "sun_elevation_deg", "site", site.id)
    sun_az = series(result, "sun_azimuth_deg", "site", site.id)
    earth_el = series(result, "earth_elevation_deg", "site", site.id)
    earth_az = series(result, "earth_azimuth_deg", "site", site.id)
    if horizon is None and sun_el is None:
        return None
    data: list[Spec] = []
    heights: list[float] = []
    stride = max(1, round(TRACK_STEP_H / step_hours(result)))
    if sun_el is not None and sun_az is not None:
        data += _sun_tracks(times[::stride], sun_az[::stride], sun_el[::stride])
        heights += [float(sun_el.max()), float(sun_el.min())]
    if earth_el is not None and earth_az is not None:
        data.append(
            _track(
                earth_az[::stride],
                earth_el[::stride],
                "Earth's centre",
                palette.tint(palette.EARTH, 0.55),
                1.0,
            )
        )
        heights += [float(earth_el.max())]
    profile: FloatArray = np.empty(0)
    if horizon is not None:
        profile = np.degrees(horizon.profile(height))
        heights += [float(profile.max()), float(profile.min())]
    low, high = _range(heights)
    if horizon is not None:
        data += _terrain(np.degrees(horizon.azimuth), profile, low)
    exaggeration = (0.72 * FIGURE_HEIGHT / (high - low)) / (FIGURE_WIDTH / 360.0)
    ticks = list(range(0, 361, 45))
    names = [f"{compass(t)}<br>{t}°" for t in ticks]
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=axis(
                "azimuth, clockwise from north [°]", range=[0, 360.01], tickvals=ticks, ticktext=names
            ),
            yaxis=axis("elevation [°]", range=[round(low, 2), round(high, 2)], ticksuffix="°"),
            showlegend=True,
            legend=legend_above(),
        ),
    }
    note = (
        f"Seen from {number(height)} m above the ground; "
        f"elevation is drawn larger than azimuth (about {number(exaggeration, 1)} times on a wide screen)."
    )
    if horizon is not None:
        note += f" Terrain: {horizon.terrain}."
    return Figure(
        f"fig-sky-{index + 1}",
        _finding(result, site, profile, horizon, sun_el),
        spec,
        FIGURE_HEIGHT,
        note,
        terrain_limit(result, site.id),
    )


def _finding(
    result: SkyResult, site: Any, profile: FloatArray, horizon: Any, sun_el: FloatArray | None
) -> str:
    name = name_of(site)
    pieces = []
    if horizon is not None:
        i = int(np.argmax(profile))
        azimuth = float(np.degrees(horizon.azimuth[i]))
        pieces.append(
            f"terrain reaches {degrees(float(profile[i]))} ({compass(azimuth)}, azimuth {azimuth:.0f}°)"
        )
    seen = metric(result, f"site.{site.id}.sun.average")
    if sun_el is not None:
        track = f"the Sun’s centre moves between {degrees(float(sun_el.min()))} and {degrees(float(sun_el.max()))}"
        if seen is not None:
            track += f", {share(seen)} of its disc is seen on average"
        pieces.append(track)
    earth = metric(result, f"site.{site.id}.earth.visible")
    if earth is not None:
        pieces.append(
            "the Earth is always in view"
            if earth >= 1.0
            else "the Earth is never in view"
            if earth <= 0.0
            else f"the Earth is in view {share(earth)} of the time"
        )
    return f"{name}: {'; '.join(pieces)}"


def _range(heights: list[float]) -> tuple[float, float]:
    low, high = min(heights, default=-3.0), max(heights, default=3.0)
    room = 0.06 * (high - low) + 0.3
    return low - room, high + room


def _terrain(azimuth: FloatArray, profile: FloatArray, floor: float) -> list[Spec]:
    # closed at 360 deg, and down to the frame: everything under the horizon is behind the terrain
    order = np.argsort(azimuth)
    around = np.concatenate((azimuth[order], [azimuth[order][0] + 360.0]))
    height = np.concatenate((profile[order], [profile[order][0]]))
    x = numbers(around, 1)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 360],
            "y": [round(floor, 2)] * 2,
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "terrain",
            "x": x,
            "y": numbers(height, 2),
            "fill": "tonexty",
            "fillcolor": palette.tint(palette.TERRAIN, 0.82),
            "line": {"color": "#4c463e", "width": 1},
            "hovertemplate": "azimuth %{x}°: terrain %{y}°<extra></extra>",
        },
    ]


def _sun_tracks(times: AnyArray, azimuth: FloatArray, elevation: FloatArray) -> list[Spec]:
    """One line per turn of the Sun around the sky; the shade tells turns apart, the legend shows one."""
    days = (times - times[0]) / np.timedelta64(1, "s") / 86400.0
    turn = np.floor(days / LUNATION_D).astype(int)
    found = []
    for k in range(int(turn[-1]) + 1):
        # one sample more joins a turn to the next
        chosen = np.flatnonzero(turn == k)
        chosen = np.append(chosen, chosen[-1] + 1) if chosen[-1] + 1 < len(times) else chosen
        trace = _track(azimuth[chosen], elevation[chosen], "Sun’s centre, a line per turn", palette.SUN, 1.1)
        trace["showlegend"] = k == 0
        trace["legendgroup"] = "sun"
        trace["hovertemplate"] = (
            f"turn from {day(times[chosen[0]])}<br>azimuth %{{x}}°, elevation %{{y}}°<extra></extra>"
        )
        found.append(trace)
    return found


def _track(azimuth: FloatArray, elevation: FloatArray, name: str, colour: str, width: float) -> Spec:
    x = np.mod(azimuth, 360.0)
    x, elevation = _cut_at_north(x, elevation)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label(name),
        "x": numbers(x, 1),
        "y": numbers(elevation, 2),
        "line": {"color": colour, "width": width},
        "hovertemplate": f"{name}<br>azimuth %{{x}}°, elevation %{{y}}°<extra></extra>",
    }


def _cut_at_north(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A track over azimuth [deg] with a gap where it passes north, drawn out to both edges."""
    cuts = np.flatnonzero(np.abs(np.diff(x)) > 180.0)
    rising = x[cuts] > x[cuts + 1]
    before, after = np.where(rising, 360.0, 0.0), np.where(rising, 0.0, 360.0)
    to_edge = np.abs(before - x[cuts])
    whole = to_edge + np.abs(x[cuts + 1] - after)
    at_edge = y[cuts] + (y[cuts + 1] - y[cuts]) * np.divide(
        to_edge, whole, out=np.zeros_like(whole), where=whole > 0
    )
    where = np.repeat(cuts + 1, 3)
    gap = np.full(len(cuts), np.nan)
    return (
        np.insert(x, where, np.column_stack((before, gap, after)).ravel()),
        np.insert(y, where, np.column_stack((at_edge, gap, at_edge)).ravel()),
    )
