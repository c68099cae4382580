"""Measure what reading a large raster tile by tile does to the horizons and the light of a map.

python tools/measure_tile_terrain.py RASTER

The same tiles are made from the raster in memory as a whole and by the rule for rasters larger than memory. The table
of docs/decisions/0006-terrain-by-tiles.md is what it prints. Needs four times the memory of the raster's heights.
"""

import sys
import time
from pathlib import Path

import numpy as np

from moonstation.spacetime.epochs import Epoch
from moonstation.sunlight.maps import region_sky, tile_light
from moonstation.terrain import reading
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import Tile, map_grid
from moonstation.terrain.sweep import TileGround, tile_ground, tile_horizons

PLACES = ((-89.9, 20.0), (-88.8, -70.0), (-88.0, 150.0), (-86.5, 45.0), (-83.0, -135.0), (-81.0, 5.0))
SIDE, DIRECTIONS, HEIGHT = 48, 120, 2.0
REACHES = (5e3, 10e3, 20e3, 40e3)


def main() -> None:
    """Print the table."""
    path = Path(sys.argv[1])
    limit, reading.WHOLE_PIXELS = reading.WHOLE_PIXELS, 10**10
    whole = ElevationModel.from_files([path])
    reading.WHOLE_PIXELS = limit
    truth = [tile_ground(whole, *_tile(whole, place)) for place in PLACES]
    expected = [
        (tile_horizons(ground, HEIGHT, DIRECTIONS), _light(ground, place))
        for ground, place in zip(truth, PLACES, strict=True)
    ]
    del whole
    parts = ElevationModel.from_files([path])
    print(
        "| full pixels to | median | 95 % | 99 % | greatest | mean | sunlight, mean and greatest change | a tile |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for reach in REACHES:
        reading.NEAR = reach
        off, light, began = [], [], time.process_time()
        grounds = [tile_ground(parts, *_tile(parts, place)) for place in PLACES]
        spent = (time.process_time() - began) / len(PLACES)
        for ground, place, (horizons, sun) in zip(grounds, PLACES, expected, strict=True):
            off.append(np.degrees(tile_horizons(ground, HEIGHT, DIRECTIONS) - horizons))
            light.append(100.0 * (_light(ground, place) - sun))
        change = np.abs(np.stack(off))
        q = " | ".join(f"{v:.4f}" for v in (*np.percentile(change, [50, 95, 99, 100]), np.mean(off)))
        points = np.stack(light)
        print(
            f"| {reach / 1e3:.0f} km | {q} | {points.mean():+.3f}, {np.abs(points).max():.2f} points | {spent:.1f} s |",
            flush=True,
        )


def _tile(model: ElevationModel, place: tuple[float, float]) -> tuple[object, Tile]:
    grid = map_grid(model, *place, width=SIDE * 20.0, height=SIDE * 20.0, pixel=20.0)
    return grid, Tile(0, 0, SIDE, SIDE)


def _light(ground: TileGround, place: tuple[float, float]) -> np.ndarray:
    et = Epoch.parse("2035-01-01").tdb_s + 6 * 3600.0 * np.arange(1461)
    sky = region_sky(*place, et)
    return tile_light(ground, sky, HEIGHT, directions=DIRECTIONS, layers=("average_sun",))["average_sun"]


if __name__ == "__main__":
    main()
