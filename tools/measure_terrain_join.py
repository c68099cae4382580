"""Measure what the join of 40 m and 3.8 km terrain does to a horizon (docs/decisions/0002).

Usage::

    python tools/measure_terrain_join.py TERRAIN_FOLDER

The mosaic of the ten windows is cut to a square around each site of the packaged tables, with the packaged grid
beyond, and the horizon compared with that of the whole mosaic. Once the layers just meet; once the outer 4 km of the
square are blended into the grid.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from make_horizon_tables import AZIMUTHS, HEIGHTS, PLACES

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.formats.geotiff import ElevationWindow, read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate

HALF_WIDTHS = (5e3, 10e3, 20e3, 40e3)
BLEND = 4e3


def mosaic(folder: Path) -> ElevationWindow:
    """All windows of a folder, which lie on one south polar lattice, as one."""
    windows = [read_elevation(path) for path in sorted(folder.glob("*_40m.tif"))]
    column0, row0 = (max(window.to_pixel[i] for window in windows) for i in (2, 5))
    joined = ElevationModel(windows, None).layers[0]
    a, b, _, d, e, _ = windows[0].to_pixel
    return replace(windows[0], name="mosaic", heights=joined.heights, to_pixel=(a, b, column0, d, e, row0))


def cut(
    window: ElevationWindow, lat_deg: float, lon_deg: float, half_width: float, blend: ElevationModel | None
) -> ElevationWindow:
    """The part of a window within a square about a site, its outer rim blended into another model on request."""
    rows, columns = window.heights.shape
    a, _, c, _, e, f = window.to_pixel
    x, y = np.meshgrid((np.arange(columns) - c) / a, (np.arange(rows) - f) / e)
    rho = 2.0 * MOON_RADIUS * np.tan(np.radians(90.0 + lat_deg) / 2.0)
    x0, y0 = rho * np.sin(np.radians(lon_deg)), rho * np.cos(np.radians(lon_deg))
    inside = half_width - np.maximum(np.abs(x - x0), np.abs(y - y0))
    heights = np.where(inside >= 0.0, window.heights, np.float32(np.nan))
    if blend is not None:
        rim = (inside >= 0.0) & (inside < BLEND)
        lat = np.degrees(2.0 * np.arctan(np.hypot(x[rim], y[rim]) / (2.0 * MOON_RADIUS))) - 90.0
        coarse = blend.elevation(lat, np.degrees(np.arctan2(x[rim], y[rim])))
        weight = inside[rim] / BLEND
        heights[rim] = weight * heights[rim] + (1.0 - weight) * coarse
    return replace(window, heights=heights)


def row(name: str, error_deg: FloatArray) -> str:
    """One line of the table: median, 95th percentile and greatest change, and the mean with its sign [deg]."""
    size = np.abs(error_deg)
    return (
        f"| {name} | {np.median(size):.4f} | {np.quantile(size, 0.95):.3f} | {size.max():.3f} "
        f"| {error_deg.mean():+.4f} |"
    )


def main(arguments: list[str]) -> int:
    """Print the tables; 0 when done, 2 for bad input."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    whole = mosaic(Path(arguments[0]))
    grid = read_packaged_grid()
    packaged = ElevationModel.packaged()
    full = ElevationModel([whole], grid)
    for place in PLACES:
        site = locate(full, place.name, place.lat_deg, place.lon_deg)
        reference = np.degrees(horizon(site, full, heights=HEIGHTS, azimuths=AZIMUTHS).elevation)
        print(f"\n{place.name}\n\n| 40 m terrain | median | 95 % | greatest | mean |\n|---|---|---|---|---|")
        for blend in (None, packaged):
            for half_width in HALF_WIDTHS:
                part = cut(whole, place.lat_deg, place.lon_deg, half_width, blend)
                made = horizon(site, ElevationModel([part], grid), heights=HEIGHTS, azimuths=AZIMUTHS)
                joint = "blended over 4 km" if blend else "just meeting"
                for k, height in enumerate(HEIGHTS):
                    name = f"to {half_width / 1e3:g} km, {joint}, {height:g} m up"
                    print(row(name, np.degrees(made.elevation[k]) - reference[k]))
        alone = horizon(
            locate(packaged, "", place.lat_deg, place.lon_deg), packaged, heights=HEIGHTS, azimuths=AZIMUTHS
        )
        for k, height in enumerate(HEIGHTS):
            print(row(f"none, {height:g} m up", np.degrees(alone.elevation[k]) - reference[k]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
