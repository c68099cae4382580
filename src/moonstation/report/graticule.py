"""Latitudes and longitudes on a map: which are drawn, where they run and where they are named."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.terrain.region import MapGrid

LATITUDE_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0)
LONGITUDE_STEPS = (*LATITUDE_STEPS, 20.0, 30.0)
MOST_PARALLELS, MOST_MERIDIANS = 6, 8

SAMPLES = 1441
"""Points of a line: enough that a circle around the pole looks round."""


class Crossing(NamedTuple):
    """Where a line leaves the map: the side, and the point of the plane [m]."""

    side: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class GraticuleLine:
    """A parallel or a meridian.

    Attributes
    ----------
    label : str
        Its name, such as "88.5° S".
    x, y : ndarray, shape (n,)
        Points of the plane [m]; NaN where the line is off the map.
    ends : tuple of Crossing
        Where it leaves the map; for a meridian the end farther from the pole first.
    """

    label: str
    x: FloatArray
    y: FloatArray
    ends: tuple[Crossing, ...]


@dataclass(frozen=True)
class Graticule:
    """The lines of a map, and whether they are named as those around a pole are (parallels along themselves)."""

    parallels: tuple[GraticuleLine, ...]
    meridians: tuple[GraticuleLine, ...]
    polar: bool


def graticule(grid: MapGrid) -> Graticule:
    """Choose the parallels and meridians of a map, few enough to read and round in degrees.

    Parameters
    ----------
    grid : MapGrid
        The map; around either pole, or about any place.
    """
    left, right, bottom, top = edges(grid)
    x, y = np.meshgrid(np.linspace(left, right, 201), np.linspace(bottom, top, 201))
    lat, lon = _lat_lon(grid, x, y)
    polar = abs(grid.lat_deg) == 90.0
    around_pole = polar and left < 0.0 < right and bottom < 0.0 < top
    south, north = float(lat.min()), float(lat.max())
    if around_pole:
        south, north = (-90.0, north) if grid.lat_deg < 0.0 else (south, 90.0)
        west, east = -180.0, 180.0
        step_lon = 30.0
    else:
        # counted from the middle, so that no map is cut at 180 degrees
        middle = float(_lat_lon(grid, 0.5 * (left + right), 0.5 * (bottom + top))[1])
        away = (lon - middle + 180.0) % 360.0 - 180.0
        west, east = middle + float(away.min()), middle + float(away.max())
        step_lon = _step((east - west) / MOST_MERIDIANS, LONGITUDE_STEPS)
    # circles around a pole within the map are as many as fit between it and the nearest side
    reach = (north - south) / (math.sqrt(2.0) if around_pole else 1.0)
    step_lat = _step(reach / (4 if around_pole else MOST_PARALLELS), LATITUDE_STEPS)
    lons = np.linspace(west, east, SAMPLES)
    parallels = [
        _line(grid, np.full(SAMPLES, value), lons, _latitude_name(value, step_lat))
        for value in _multiples(south, north, step_lat)
        if abs(value) < 90.0 - 1e-9
    ]
    lats = np.linspace(north, south, SAMPLES) if north + south > 0.0 else np.linspace(south, north, SAMPLES)
    meridians = []
    for value in _multiples(west, east, step_lon):
        if around_pole and value >= 180.0:
            continue
        # only every third spoke goes on to the pole, where they would run into each other
        far = 90.0 - np.abs(lats) >= (0.0 if not around_pole or value % 90.0 == 0.0 else 0.25 * step_lat)
        meridians.append(
            _line(grid, lats[far], np.full(int(far.sum()), value), _longitude_name(value, step_lon))
        )
    return Graticule(
        tuple(line for line in parallels if np.isfinite(line.x).any()),
        tuple(line for line in meridians if np.isfinite(line.x).any()),
        polar,
    )


def edges(grid: MapGrid) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a map in its plane [m]."""
    return (
        grid.left,
        grid.left + grid.columns * grid.pixel,
        grid.top - grid.rows * grid.pixel,
        grid.top,
    )


def place(grid: MapGrid, lat_deg: float, lon_deg: float) -> tuple[float, float] | None:
    """Point of the plane [m] of a place; None where it lies on the far side of the Moon from the map."""
    direction = _direction(np.array(lat_deg), np.array(lon_deg))
    if float(direction @ grid.axes[2]) <= 0.0:
        return None
    x, y = grid.plane(direction)
    return float(x), float(y)


def _line(grid: MapGrid, lat: FloatArray, lon: FloatArray, label: str) -> GraticuleLine:
    x, y = grid.plane(_direction(lat, lon))
    left, right, bottom, top = edges(grid)
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    ends = [
        _crossing((x[i], y[i]), (x[i + 1], y[i + 1]), (left, right, bottom, top))
        for i in np.flatnonzero(inside[1:] != inside[:-1])[::-1]
    ]
    # a point beyond each side is kept, so that the line runs on to the frame
    kept: BoolArray = inside.copy()
    kept[1:] |= inside[:-1]
    kept[:-1] |= inside[1:]
    return GraticuleLine(label, np.where(kept, x, np.nan), np.where(kept, y, np.nan), tuple(ends))


def _crossing(
    a: tuple[float, float], b: tuple[float, float], box: tuple[float, float, float, float]
) -> Crossing:
    """Where the way between two points, one inside the box and one not, meets its frame."""
    found = []
    for side, axis, value in (
        ("left", 0, box[0]),
        ("right", 0, box[1]),
        ("bottom", 1, box[2]),
        ("top", 1, box[3]),
    ):
        if (a[axis] - value) * (b[axis] - value) <= 0.0 and a[axis] != b[axis]:
            share = (value - a[axis]) / (b[axis] - a[axis])
            other = a[1 - axis] + share * (b[1 - axis] - a[1 - axis])
            beyond = max(box[2 - 2 * axis] - other, other - box[3 - 2 * axis], 0.0)
            x, y = (value, other) if axis == 0 else (other, value)
            found.append((beyond, Crossing(side, float(x), float(y))))
    return min(found, key=lambda item: item[0])[1]


def _direction(lat_deg: FloatArray, lon_deg: FloatArray) -> FloatArray:
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _lat_lon(grid: MapGrid, x: FloatArray | float, y: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    p = grid.directions(x, y)
    lat = np.degrees(np.arctan2(p[..., 2], np.hypot(p[..., 0], p[..., 1])))
    return lat, np.degrees(np.arctan2(p[..., 1], p[..., 0]))


def _step(least: float, steps: tuple[float, ...]) -> float:
    return next((step for step in steps if step >= least), steps[-1])


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [
        round(k * step, 6) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _digits(step: float) -> int:
    return next(digits for digits in range(4) if abs(step * 10**digits - round(step * 10**digits)) < 1e-6)


def _latitude_name(value: float, step: float) -> str:
    return f"{abs(value):.{_digits(step)}f}°" + ("" if value == 0.0 else " N" if value > 0.0 else " S")


def _longitude_name(value: float, step: float) -> str:
    east = (value + 180.0) % 360.0 - 180.0
    # -0.0 and what rounding leaves of it
    if abs(east) < 1e-9:
        return "0°"
    if abs(east) > 180.0 - 1e-9:
        return "180°"
    return f"{abs(east):.{_digits(step)}f}° {'E' if east > 0.0 else 'W'}"
