"""Tiles of a map on one and on two local Dask workers, against this process alone, in one run.

Usage::

    python benchmarks/cluster.py [TERRAIN_FOLDER]

With a folder of GeoTIFF windows the mosaic of them is mapped, else the packaged grid. Every worker opens the terrain,
follows the Sun and makes one tile before its time counts. Processor time is that of the workers: on a machine with
other users it tells what the tiles cost where wall-clock time cannot.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from moonstation import __version__
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.study.cluster import run_tiles
from moonstation.study.maps import MapRequest, MapWork
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import Tile, map_grid

SIDE, TILE, DIRECTIONS = 1024, 256, 90


@dataclass(frozen=True)
class Timed:
    """A tile, and what it took: when it ended, and the processor time of its process."""

    work: MapWork

    def __call__(self, tile: Tile) -> tuple[float, float, float]:
        """When the tile was begun and ended, and the processor time between [s]."""
        self.work(tile._replace(rows=8, columns=8))  # opens the terrain, the first time
        began, spent = time.time(), time.process_time()
        self.work(tile)
        return began, time.time(), time.process_time() - spent


def main() -> None:
    windows = (
        sorted(str(path.absolute()) for path in Path(sys.argv[1]).glob("*.tif")) if len(sys.argv) > 1 else []
    )
    model = ElevationModel.from_files(windows) if windows else ElevationModel.packaged()
    pixel = 40.0 if windows else 500.0
    grid = map_grid(model, -89.46, -137.4, width=SIDE * pixel, height=SIDE * pixel, pixel=pixel)
    request = MapRequest(
        grid, Epoch.parse("2035-01-01"), 30 * 86_400.0, 3600.0, directions=DIRECTIONS, layers=("average_sun",)
    )
    sources = tuple((s.name, s.sha256) for s in (*model.sources, *default_ephemeris().sources))
    work = Timed(MapWork(request, tuple(windows), sources, __version__))
    tiles = list(grid.tiles(TILE))
    print(
        f"{len(tiles)} tiles of {TILE} x {TILE} pixels, {DIRECTIONS} directions; terrain: {model.description}"
    )
    work(tiles[0])
    rates = {}
    for name in ("this process", "local:1", "local:2", "local:1", "local:2"):
        called = time.time()
        made = (
            [work(tile) for tile in tiles]
            if name == "this process"
            else [result for _, result in run_tiles(work, tiles, name)]
        )
        whole = time.time() - called
        wall = max(end for _, end, _ in made) - min(begin for begin, _, _ in made)
        spent = sum(cpu for _, _, cpu in made)
        rates.setdefault(name, []).append(len(tiles) / wall)
        print(
            f"{name:14}{wall:7.1f} s for the tiles ({whole:.1f} s with start and end), {spent:6.1f} s of processor "
            f"time, {spent / wall:.2f} processors in use",
            flush=True,
        )
    one, two = (max(rates[name]) for name in ("local:1", "local:2"))
    alone = rates["this process"][0]
    print(f"two workers against one: {two / one:.2f}; one worker against this process: {one / alone:.2f}")


if __name__ == "__main__":
    main()
