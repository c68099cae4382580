"""The Moon's relief as grey shades, for pictures of orbits: on maps and on the globe."""

from functools import lru_cache

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.report.map import pole_plane
from moonstation.terrain.elevation import ElevationModel

EXAGGERATION = 3.0
STEP_DEG = 0.25
"""Slopes are taken over this distance: twice the pixel of the packaged grid north to south."""

DARKEST, BRIGHTEST = 0.45, 0.97
"""Grey of full shade and full light."""

SUN_ELEVATION = np.radians(45.0)
UPPER_LEFT = np.radians(315.0)


def shade(
    lat_deg: FloatArray, lon_deg: FloatArray, light_enu: FloatArray, *, step_deg: float = STEP_DEG
) -> FloatArray:
    """Grey (0 black to 1 white) of places lit from given directions.

    Parameters
    ----------
    lat_deg, lon_deg : FloatArray
        Places [deg], same shape.
    light_enu : FloatArray
        Unit vectors to the light in east, north, up of each place, shape (..., 3).
    step_deg : float
        Distance on either side over which slopes are taken [deg]: that of the places, or less.

    Notes
    -----
    Lambert shading of the packaged relief, slopes exaggerated; it shows shapes, not where the Sun stands.
    """
    model = ElevationModel.packaged()
    wide = step_deg / np.maximum(np.cos(np.radians(lat_deg)), 0.02)
    north = model.elevation(np.clip(lat_deg + step_deg, -90, 90), lon_deg)
    south = model.elevation(np.clip(lat_deg - step_deg, -90, 90), lon_deg)
    east, west = model.elevation(lat_deg, lon_deg + wide), model.elevation(lat_deg, lon_deg - wide)
    span = 2.0 * np.radians(step_deg) * MOON_RADIUS
    slope_east, slope_north = EXAGGERATION * (east - west) / span, EXAGGERATION * (north - south) / span
    lit = light_enu[..., 2] - slope_east * light_enu[..., 0] - slope_north * light_enu[..., 1]
    lit = np.clip(lit / np.sqrt(1.0 + slope_east**2 + slope_north**2), 0.0, 1.0)
    return np.asarray(DARKEST + (BRIGHTEST - DARKEST) * np.nan_to_num(lit, nan=0.7))


def _light(azimuth: FloatArray) -> FloatArray:
    """Light at 45 deg from azimuths, east, north, up."""
    c, s = np.cos(SUN_ELEVATION), np.sin(SUN_ELEVATION)
    return np.stack([c * np.sin(azimuth), c * np.cos(azimuth), np.full(azimuth.shape, s)], axis=-1)


@lru_cache(maxsize=2)
def cylindrical_shade(rows: int = 360) -> FloatArray:
    """Grey map (rows, 2 rows), north on top, longitude -180 to 180 deg, lit from the upper left."""
    lat = 90.0 - (np.arange(rows) + 0.5) * 180.0 / rows
    lon = -180.0 + (np.arange(2 * rows) + 0.5) * 180.0 / rows
    lon_grid, lat_grid = np.meshgrid(lon, lat)
    return shade(lat_grid, lon_grid, _light(np.full(lat_grid.shape, UPPER_LEFT)))


@lru_cache(maxsize=4)
def polar_shade(edge_deg: float, pixels: int = 500, *, south: bool = True) -> tuple[FloatArray, float]:
    """Grey polar stereographic picture out to a latitude at the middle of its sides, top row first, and half width [m].

    Places as in `moonstation.report.map.pole_plane`; beyond the latitude the corners go on.
    """
    half = float(pole_plane(-edge_deg if south else edge_deg, 90.0, south=south)[0])
    x = (np.arange(pixels) + 0.5) / pixels * 2.0 * half - half
    grid_x, grid_y = np.meshgrid(x, x[::-1])
    rho = np.hypot(grid_x, grid_y)
    lat = np.degrees(2.0 * np.arctan(rho / (2.0 * MOON_RADIUS))) - 90.0
    lon = np.arctan2(grid_x, grid_y if south else -grid_y)
    # light from the upper left of the picture: north points outward in the south and inward in the north
    azimuth = UPPER_LEFT - lon if south else UPPER_LEFT + lon
    return shade(lat if south else -lat, np.degrees(lon), _light(azimuth)), half


def globe_shade(axes: FloatArray, pixels: int) -> FloatArray:
    """The globe as seen from far away, (pixels, pixels), top row first; NaN beside it.

    Parameters
    ----------
    axes : FloatArray
        Rows (3, 3): directions to the right, up and towards the eye, ME.
    pixels : int
        Across the globe.
    """
    x = (np.arange(pixels) + 0.5) / pixels * 2.0 - 1.0
    right, up = np.meshgrid(x, x[::-1])
    inside = right**2 + up**2 <= 1.0
    depth = np.sqrt(np.maximum(1.0 - right**2 - up**2, 0.0))
    place = right[..., None] * axes[0] + up[..., None] * axes[1] + depth[..., None] * axes[2]
    lat = np.arcsin(np.clip(place[..., 2], -1.0, 1.0))
    lon = np.arctan2(place[..., 1], place[..., 0])
    light = -0.5 * axes[0] + 0.5 * axes[1] + 0.707 * axes[2]
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros(lon.shape)], axis=-1)
    north = np.cross(place, east)
    enu = np.stack([east @ light, np.einsum("...i,i->...", north, light), place @ light], axis=-1)
    grey = shade(np.degrees(lat), np.degrees(lon), enu)
    return np.where(inside, grey, np.nan)
