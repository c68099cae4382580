"""Horizons of whole tiles, against the march of single sites over the same terrain in the same run.

Usage::

    python benchmarks/map.py [TERRAIN_FOLDER]

With a folder of GeoTIFF windows the mosaic of them is mapped, else the packaged grid. One warm-up, then means
of two.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moonstation.spacetime.epochs import Epoch
from moonstation.sunlight.maps import region_sky, tile_light
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from moonstation.terrain.region import Tile, map_grid
from moonstation.terrain.sweep import tile_ground, tile_horizons

LAT_DEG, LON_DEG, HEIGHT, DIRECTIONS = -89.46, -137.4, 2.0, 360


def mean_s(
    work: Callable[[], object], times: int = 2, clock: Callable[[], float] = time.perf_counter
) -> float:
    taken = []
    for _ in range(times):
        begin = clock()
        work()
        taken.append(clock() - begin)
    return statistics.mean(taken)


def main() -> None:
    windows = sorted(Path(sys.argv[1]).glob("*.tif")) if len(sys.argv) > 1 else []
    model = ElevationModel.from_files(windows) if windows else ElevationModel.packaged()
    pixel = 40.0 if windows else 500.0
    grid = map_grid(model, LAT_DEG, LON_DEG, width=512 * pixel, height=512 * pixel, pixel=pixel)
    print(f"terrain: {model.description}")
    site = locate(model, "site", LAT_DEG, LON_DEG)
    march = mean_s(lambda: horizon(site, model, heights=(HEIGHT,), azimuths=DIRECTIONS))
    print(f"march of one site: {DIRECTIONS / march / 1e6:.4f} M pixel-azimuths/s")
    tile_horizons(tile_ground(model, grid, Tile(0, 0, 8, 8)), HEIGHT, 8)
    for size, directions in ((64, 90), (128, 90), (256, 90), (512, 90), (256, 360)):
        tile = Tile(256 - size // 2, 256 - size // 2, size, size)
        sample = mean_s(lambda tile=tile: tile_ground(model, grid, tile))
        ground = tile_ground(model, grid, tile)
        for threads in (1, 2):
            sweep = mean_s(
                lambda ground=ground, n=directions, threads=threads: tile_horizons(
                    ground, HEIGHT, n, threads=threads
                )
            )
            rate = size * size * directions / sweep
            print(
                f"{size} x {size} pixels, {directions} directions, {threads} thread(s): {sweep:.2f} s + {sample:.2f} s "
                f"for the ground, {rate / 1e6:.2f} M pixel-azimuths/s, {rate * march / DIRECTIONS:.0f} times the march"
            )
    et = Epoch.parse("2035-01-01").tdb_s + 3600.0 * np.arange(8766)
    tile = Tile(128, 128, 256, 256)
    ground, sky = tile_ground(model, grid, tile), region_sky(LAT_DEG, LON_DEG, et)
    # processor time of all threads: on a shared machine differences of wall-clock times mean nothing
    cpu = time.process_time
    bare = mean_s(lambda: tile_horizons(ground, HEIGHT, DIRECTIONS), clock=cpu)
    average = mean_s(lambda: tile_light(ground, sky, HEIGHT, layers=("average_sun",)), clock=cpu)
    series = mean_s(lambda: tile_light(ground, sky, HEIGHT, layers=("longest_dark",)), clock=cpu)
    steps, pairs = et.size * 256 * 256, DIRECTIONS * 256 * 256
    print(
        f"processor time for a year by hours over 256 x 256 pixels: horizons {bare:.2f} s ({pairs / bare / 1e6:.2f} M "
        f"pixel-azimuths/s a core), with average sunlight {average:.2f} s, with spells {series:.2f} s "
        f"({steps / max(series - bare, 1e-3) / 1e6:.0f} M site-times/s a core for stored horizons)"
    )


if __name__ == "__main__":
    main()
