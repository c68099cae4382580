"""Maps: horizons and light of whole tiles, against the march of single sites and other programs in the same run.

Usage::

    python benchmarks/map.py [TERRAIN_FOLDER]

With a folder of GeoTIFF windows the mosaic of them is mapped, else the packaged grid. One warm-up, then means of two.
Rates are by wall clock and, for a machine that others use too, by processor time of all threads. Peers are timed where
they can be imported: `topocalc` (no curvature) and `embreex` (rays on a mesh).
"""

import importlib
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moonstation.constants import MOON_RADIUS
from moonstation.spacetime.epochs import Epoch
from moonstation.sunlight.maps import Sky, region_sky, tile_light
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from moonstation.terrain.region import MapGrid, Tile, map_grid
from moonstation.terrain.sweep import tile_ground, tile_horizons

LAT_DEG, LON_DEG, HEIGHT, DIRECTIONS = -89.46, -137.4, 2.0, 360

RAYS = 8
"""Rays of a bisection from -4 to 28 deg to an eighth of a degree."""


def timed(work: Callable[[], object], times: int = 2) -> tuple[float, float]:
    """Seconds by wall clock and of processor time, means."""
    wall, cpu = [], []
    for _ in range(times):
        begin, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - busy)
    return statistics.mean(wall), statistics.mean(cpu)


def rate(count: float, taken: tuple[float, float]) -> str:
    return f"{count / taken[0] / 1e6:.2f} M/s by the clock, {count / taken[1] / 1e6:.2f} M/s a core"


def year() -> Sky:
    et = Epoch.parse("2035-01-01").tdb_s + 3600.0 * np.arange(8766)
    return region_sky(LAT_DEG, LON_DEG, et)


def load() -> tuple[ElevationModel, float]:
    windows = sorted(Path(sys.argv[1]).glob("*.tif")) if len(sys.argv) > 1 else []
    model = ElevationModel.from_files(windows) if windows else ElevationModel.packaged()
    return model, 40.0 if windows else 500.0


def tiles_alone(tiles: int, directions: int, answer: "multiprocessing.Queue[tuple[float, float]]") -> None:
    """In a process of its own: average sunlight of so many tiles; processor time and greatest memory [MB]."""
    model, pixel = load()
    side = round(tiles**0.5) * 256
    grid = map_grid(model, LAT_DEG, LON_DEG, width=side * pixel, height=side * pixel, pixel=pixel)
    sky = year()
    tile_light(tile_ground(model, grid, Tile(0, 0, 8, 8)), sky, HEIGHT, directions=4, layers=("average_sun",))
    begin = time.process_time()
    for tile in grid.tiles(256):
        tile_light(
            tile_ground(model, grid, tile), sky, HEIGHT, directions=directions, layers=("average_sun",)
        )
    answer.put((time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0))


def growth(tiles: int, directions: int) -> None:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=tiles_alone, args=(tiles, directions, answer))
    process.start()
    taken, memory = answer.get()
    process.join()
    print(
        f"{tiles} tile(s) of 256 x 256, {directions} directions, average sunlight with its ground: {taken:.2f} s of "
        f"processor time, {1e9 * taken / (tiles * 256**2 * directions):.0f} ns a pixel and direction, {memory:.0f} MB"
    )


def peers(model: ElevationModel, grid: MapGrid) -> None:
    """Horizons of other programs on the heights of the middle tile and as much around it."""
    x, y = grid.pixel_centres(Tile(0, 0, grid.rows, grid.columns))
    points = grid.directions(*np.meshgrid(x, y))
    lat = np.degrees(np.arcsin(points[..., 2]))
    heights = model.elevation(lat, np.degrees(np.arctan2(points[..., 1], points[..., 0])))
    inner = slice(grid.rows // 4, 3 * grid.rows // 4)
    try:
        topocalc = importlib.import_module("topocalc.horizon")
    except ImportError:
        print("topocalc: not installed")
    else:
        angles = np.arange(-180.0, 180.0, 30.0)
        taken = timed(lambda: [topocalc.horizon(angle, heights, grid.pixel) for angle in angles])
        print(
            f"topocalc (flat, {heights.shape[0]} x {heights.shape[1]} only): {rate(heights.size * angles.size, taken)}"
        )
    try:
        scenes = importlib.import_module("embreex.rtcore_scene")
        meshes = importlib.import_module("embreex.mesh_construction")
    except ImportError:
        print("embreex: not installed")
        return
    rows, columns = heights.shape
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    faces = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + columns], axis=1),
            np.stack([corner + 1, corner + columns + 1, corner + columns], axis=1),
        ]
    ).astype(np.int32)
    middle = points[rows // 2, columns // 2]
    # single precision needs an origin close by
    vertices = (MOON_RADIUS + heights)[..., None] * points - MOON_RADIUS * middle
    begin = time.perf_counter()
    scene = scenes.EmbreeScene()
    meshes.TriangleMesh(scene, vertices.reshape(-1, 3).astype(np.float32), faces)
    up = points[inner, inner].reshape(-1, 3)
    origins = (vertices[inner, inner].reshape(-1, 3) + HEIGHT * up).astype(np.float32)
    scene.run(origins[:1], origins[:1] + 1.0)
    built = time.perf_counter() - begin
    way = np.cross(np.cross(up, middle + np.array([0.3, 0.4, 0.0])), up)
    way /= np.linalg.norm(way, axis=1)[:, None]

    def bisect() -> None:
        low, high = np.full(len(up), np.radians(-4.0)), np.full(len(up), np.radians(28.0))
        for _ in range(RAYS):
            at = 0.5 * (low + high)
            rays = np.cos(at)[:, None] * way + np.sin(at)[:, None] * up
            hit = scene.run(origins, rays.astype(np.float32), query="OCCLUDED") == 0
            low, high = np.where(hit, at, low), np.where(hit, high, at)

    taken = timed(bisect)
    print(
        f"embreex (mesh of {rows} x {columns} only, built in {built:.1f} s; {RAYS} rays a horizon): horizons "
        f"{rate(len(up), taken)}; rays {rate(RAYS * len(up), taken)}"
    )


def whole_pole(model: ElevationModel) -> None:
    """7600 x 7600 pixels of 80 m, from 80 S to the pole, from some of its tiles."""
    pixel, side, sky = 80.0, 7600, year()
    grid = map_grid(model, -90.0, 0.0, width=side * pixel, height=side * pixel, pixel=pixel)
    tiles = [tile for tile in grid.tiles(256) if tile.rows == tile.columns == 256]
    chosen = tiles[len(tiles) // 16 :: len(tiles) // 8]
    taken = []
    for tile in chosen:
        begin = time.process_time()
        tile_light(
            tile_ground(model, grid, tile), sky, HEIGHT, directions=DIRECTIONS, layers=("average_sun",)
        )
        taken.append(time.process_time() - begin)
    count = (side / 256) ** 2
    total = count * statistics.mean(taken)
    print(
        f"7600 x 7600 pixels, {DIRECTIONS} directions, average sunlight: {len(chosen)} tiles spread over it took "
        f"{min(taken):.1f} to {max(taken):.1f} s of processor time, {statistics.mean(taken):.2f} s in the mean; "
        f"{count:.0f} tiles are {total:.0f} s, {total / 120:.0f} minutes on two free cores "
        "(extrapolated, not run)"
    )


def main() -> None:
    model, pixel = load()
    grid = map_grid(model, LAT_DEG, LON_DEG, width=512 * pixel, height=512 * pixel, pixel=pixel)
    print(f"terrain: {model.description}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    site = locate(model, "site", LAT_DEG, LON_DEG)
    horizon(site, model, heights=(HEIGHT,), azimuths=8)
    march = timed(lambda: horizon(site, model, heights=(HEIGHT,), azimuths=DIRECTIONS))
    print(f"march of one site: {DIRECTIONS / march[1] / 1e6:.4f} M pixel-azimuths/s a core")
    tile_horizons(tile_ground(model, grid, Tile(0, 0, 8, 8)), HEIGHT, 8)
    for size, directions in ((64, 90), (128, 90), (256, 90), (512, 90), (256, 180), (256, 360), (256, 720)):
        tile = Tile(256 - size // 2, 256 - size // 2, size, size)
        sample = timed(lambda tile=tile: tile_ground(model, grid, tile))
        ground = tile_ground(model, grid, tile)
        for threads in (1, 2) if directions <= 360 else (2,):
            sweep = timed(
                lambda ground=ground, n=directions, threads=threads: tile_horizons(
                    ground, HEIGHT, n, threads=threads
                )
            )
            pairs = size * size * directions
            print(
                f"{size} x {size} pixels, {directions} directions, {threads} thread(s): {sweep[0]:.2f} s + "
                f"{sample[0]:.2f} s for the ground; {rate(pairs, sweep)}, "
                f"{pairs / sweep[1] * march[1] / DIRECTIONS:.0f} times the march"
            )
    peers(model, grid)
    tile, sky = Tile(128, 128, 256, 256), year()
    ground = tile_ground(model, grid, tile)
    pairs, steps = DIRECTIONS * 256 * 256, sky.et.size * 256 * 256
    light = timed(lambda: tile_light(ground, sky, HEIGHT, layers=("average_sun",)))
    print(f"average sunlight of 256 x 256 pixels, a year by hours, nothing stored: {rate(pairs, light)}")
    # differences of two runs by processor time: on a shared machine those of the clock mean nothing
    bare = timed(lambda: tile_horizons(ground, HEIGHT, DIRECTIONS))[1]
    series = timed(lambda: tile_light(ground, sky, HEIGHT, layers=("longest_dark",)))[1]
    print(
        f"spells of the same tile: {series:.2f} s, {bare:.2f} s of it for horizons: "
        f"{steps / max(series - bare, 1e-3) / 1e6:.0f} M site-times/s a core for stored horizons"
    )
    for tiles, directions in ((1, 36), (64, 36)):
        growth(tiles, directions)
    whole_pole(model)


if __name__ == "__main__":
    main()
