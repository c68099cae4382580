"""Plain NumPy counterpart of the compiled terrain loops, and GeoTIFF windows of made-up ground for tests.

Nothing here shares a formula with `moonstation.terrain._kernels`: positions go through latitude and
longitude on the sphere (Snyder 1987, chapters 5 and 21), the march takes fixed steps, refines nothing and
never stops early.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

R = 1_737_400.0
SOUTH_POLAR = "IAU_2015:30135"
NORTH_POLAR = "IAU_2015:30130"

Surface = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Heights [m] of points at latitude and longitude [rad]."""


def write_geotiff(
    path: Path, heights: np.ndarray, *, crs: str | None, transform: Affine, **profile: object
) -> Path:
    heights = np.atleast_3d(heights.T).T if heights.ndim == 2 else heights
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=heights.shape[0],
            height=heights.shape[1],
            width=heights.shape[2],
            dtype=heights.dtype,
            crs=crs,
            transform=transform,
            **profile,
        ) as dataset:
            dataset.write(heights)
    return path


def polar_position(x: np.ndarray, y: np.ndarray, *, south: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude [rad] in a polar stereographic plane (Snyder 1987, eq. 20-14 to 20-17)."""
    colatitude = 2.0 * np.arctan(np.hypot(x, y) / (2.0 * R))
    if south:
        return colatitude - math.pi / 2, np.arctan2(x, y)
    return math.pi / 2 - colatitude, np.arctan2(x, -y)


def plane_position(lat: np.ndarray, lon: np.ndarray, *, south: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Inverse of `polar_position`."""
    sign = -1.0 if south else 1.0
    rho = 2.0 * R * np.tan(math.pi / 4 - 0.5 * sign * lat)
    return rho * np.sin(lon), -sign * rho * np.cos(lon)


def polar_window(
    path: Path,
    surface: Surface,
    *,
    half_width: float,
    pixel: float,
    centre: tuple[float, float] = (0.0, 0.0),
    south: bool = True,
) -> Path:
    """Write a square window of a surface in polar stereographic projection."""
    count = 2 * round(half_width / pixel)
    left, top = centre[0] - 0.5 * count * pixel, centre[1] + 0.5 * count * pixel
    index = np.arange(count) + 0.5
    x, y = np.meshgrid(left + index * pixel, top - index * pixel)
    heights = surface(*polar_position(x, y, south=south)).astype(np.float32)
    crs = SOUTH_POLAR if south else NORTH_POLAR
    return write_geotiff(path, heights, crs=crs, transform=Affine(pixel, 0, left, 0, -pixel, top))


class PolarWindow:
    """A polar stereographic window sampled bilinearly; NaN outside the centres of its outermost pixels."""

    def __init__(self, path: Path, *, south: bool = True) -> None:
        with rasterio.open(path) as dataset:
            self.heights = dataset.read(1).astype(float)
            self.left, self.top, self.pixel = dataset.transform.c, dataset.transform.f, dataset.transform.a
        self.south = south

    def __call__(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        x, y = plane_position(lat, lon, south=self.south)
        column = (x - self.left) / self.pixel - 0.5
        row = (self.top - y) / self.pixel - 0.5
        rows, columns = self.heights.shape
        inside = (column >= 0) & (row >= 0) & (column <= columns - 1) & (row <= rows - 1)
        c = np.clip(np.floor(np.where(inside, column, 0)).astype(int), 0, columns - 2)
        r = np.clip(np.floor(np.where(inside, row, 0)).astype(int), 0, rows - 2)
        u, v = column - c, row - r
        h = self.heights
        value = (1 - v) * ((1 - u) * h[r, c] + u * h[r, c + 1]) + v * (
            (1 - u) * h[r + 1, c] + u * h[r + 1, c + 1]
        )
        return np.where(inside, value, np.nan)


class WholeMoon:
    """A global grid sampled bilinearly, padded by hand across the antimeridian and the poles."""

    def __init__(self, heights: np.ndarray) -> None:
        rows, columns = heights.shape
        h = np.asarray(heights, float)
        self.lat = np.concatenate([[90.0], 90.0 - (np.arange(rows) + 0.5) * 180 / rows, [-90.0]])
        self.lon = -180.0 + (np.arange(-1, columns + 1) + 0.5) * 360 / columns
        h = np.concatenate([np.full((1, columns), h[0].mean()), h, np.full((1, columns), h[-1].mean())])
        self.heights = np.concatenate([h[:, -1:], h, h[:, :1]], axis=1)

    def __call__(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        lat_deg, lon_deg = np.degrees(lat), (np.degrees(lon) + 180.0) % 360.0 - 180.0
        r = np.clip(np.searchsorted(-self.lat, -lat_deg, side="right") - 1, 0, len(self.lat) - 2)
        c = np.clip(np.searchsorted(self.lon, lon_deg, side="right") - 1, 0, len(self.lon) - 2)
        v = (self.lat[r] - lat_deg) / (self.lat[r] - self.lat[r + 1])
        u = (lon_deg - self.lon[c]) / (self.lon[c + 1] - self.lon[c])
        h = self.heights
        return (1 - v) * ((1 - u) * h[r, c] + u * h[r, c + 1]) + v * (
            (1 - u) * h[r + 1, c] + u * h[r + 1, c + 1]
        )


def layered(*surfaces: Surface) -> Surface:
    """The first of several surfaces that knows a point."""

    def surface(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        height = surfaces[0](lat, lon)
        for other in surfaces[1:]:
            height = np.where(np.isnan(height), other(lat, lon), height)
        return height

    return surface


def brute_horizon(
    surface: Surface,
    lat_deg: float,
    lon_deg: float,
    *,
    radii: Sequence[float],
    azimuth: np.ndarray,
    start: float,
    step: float,
    reach: float,
) -> np.ndarray:
    """Horizon [rad], shape (observers, azimuths), from fixed steps between arc distances [m]."""
    lat0, lon0 = math.radians(lat_deg), math.radians(lon_deg)
    d = np.arange(start, reach, step) / R
    result = np.empty((len(radii), len(azimuth)))
    for i, a in enumerate(azimuth):
        lat = np.arcsin(math.sin(lat0) * np.cos(d) + math.cos(lat0) * np.sin(d) * math.cos(a))
        lon = lon0 + np.arctan2(
            math.sin(a) * np.sin(d), np.cos(d) * math.cos(lat0) - np.sin(d) * math.sin(lat0) * math.cos(a)
        )
        height = surface(lat, lon)
        for k, radius in enumerate(radii):
            rise = np.arctan2((R + height) * np.cos(d) - radius, (R + height) * np.sin(d))
            result[k, i] = np.nanmax(rise)
    return result
