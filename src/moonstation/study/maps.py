"""A map from start to end: tile by tile, each kept as soon as it is done, so that a stopped run goes on."""

import hashlib
import json
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from moonstation import __version__
from moonstation.arrays import AnyArray
from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.map_raster import Band, check_place, write_map
from moonstation.formats.map_zarr import check_store, write_store
from moonstation.formats.products import is_product_name, resolve_terrain
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.study.cluster import run_tiles
from moonstation.sunlight.maps import COARSE_BIAS, GROUND_LAYERS, LAYERS, Sky, region_sky, tile_light
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import INDICATIVE_RESOLUTION
from moonstation.terrain.region import MapGrid, Tile, reaches
from moonstation.terrain.sweep import tile_ground

TILE_PIXELS = 256
TILE_WIDTH = 40e3
"""Tiles have at most so many pixels, and so many metres, on a side: directions to the Sun are one to each tile."""

SMALLEST_TILE = 8

LONGEST_SERIES = 4_000_000
"""Most time steps of a map: a step of 2.5 minutes over 18.6 years."""

PLAN = "plan.json"


@dataclass(frozen=True)
class MapRequest:
    """What a map shows.

    Attributes
    ----------
    grid : MapGrid
        Its pixels.
    start : Epoch
        Begin of the period.
    span, step : float
        Length of the period and of a time step [s].
    heights : tuple of float
        Heights above ground [m].
    directions : int
        Directions of the horizons.
    layers : tuple of str
        Names from `sunlight.maps.LAYERS`.
    eclipses : bool
        Whether the Earth's shadow counts.
    """

    grid: MapGrid
    start: Epoch
    span: float
    step: float
    heights: tuple[float, ...] = (2.0,)
    directions: int = 360
    layers: tuple[str, ...] = tuple(LAYERS)
    eclipses: bool = True

    def bands(self) -> list[Band]:
        """Bands of the map: every layer at every height, then those of the ground."""
        bands = [
            Band(
                f"{name}_{height:g}m",
                LAYERS[name].unit,
                f"{LAYERS[name].meaning}, {height:g} m above ground",
                name,
                height,
            )
            for height in self.heights
            for name in LAYERS
            if name in self.layers and name not in GROUND_LAYERS
        ]
        return bands + [
            Band(name, LAYERS[name].unit, LAYERS[name].meaning, name)
            for name in LAYERS
            if name in self.layers and name in GROUND_LAYERS
        ]


@dataclass(frozen=True)
class MapSummary:
    """How a map came out.

    Attributes
    ----------
    path : Path
        The map.
    tiles, kept : int
        Its tiles, and how many of them an earlier run had made.
    bands : tuple of (Band, float, float, float)
        Each with its lowest, mean and highest value.
    indicative : float
        Share of its known pixels that rest on terrain coarser than 500 m.
    unknown : float
        Share of its pixels without a value.
    """

    path: Path
    tiles: int
    kept: int
    bands: tuple[tuple[Band, float, float, float], ...]
    indicative: float
    unknown: float


def make_map(
    model: ElevationModel,
    request: MapRequest,
    path: Path,
    *,
    progress: Callable[[str, float], None] | None = None,
    threads: int | None = None,
    cluster: str | None = None,
    terrain: Sequence[Path | str] = (),
) -> MapSummary:
    """Make a map and write it as Cloud-optimised GeoTIFF, or as a Zarr store where its name ends in ".zarr".

    Finished tiles are kept in a hidden folder beside the map. A run that was stopped at any moment goes on from them
    when it is asked for the same map again; the folder goes away once the map is written.

    Parameters
    ----------
    model : ElevationModel
        Terrain.
    request : MapRequest
        What to show.
    path : Path
        File, or store, to write; replaced only by a complete map.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.
    threads : int, optional
        One a processor if not given; the map does not depend on it.
    cluster : str, optional
        Where tiles are made: a Dask cluster as `study.cluster.run_tiles` takes it. In this process if not given.
    terrain : sequence of Path or str
        The files that `model` was read from, which the workers of a cluster read themselves; empty for the packaged
        grid alone. Their SHA-256 must be those of `model`.

    Raises
    ------
    RequestError
        If the request makes no sense, no pixel of the map has terrain, or the kept tiles are of another map.
    DataFileError
        If a worker cannot read the terrain, or has another file under the same name.
    CoverageError
        If the ephemeris does not reach over the period.
    OutputError
        If the map or a tile cannot be written.
    """
    _check(request)
    if len(model.layers) > 1 and not reaches(model, request.grid):
        raise RequestError(
            f"no pixel of the map lies on the terrain given ({model.description}); give a --terrain that covers it, or "
            "leave --terrain out to map the packaged grid"
        )
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist; make it first or choose another --out")
    store = path.suffix.lower() == ".zarr"
    (check_store if store else check_place)(path)
    report = progress or (lambda stage, share: None)
    sources = (*model.sources, *default_ephemeris().sources)
    folder = path.absolute().parent / f".{path.name}.parts"
    _open_parts(folder, path, _plan(request, sources))
    size = max(SMALLEST_TILE, min(TILE_PIXELS, int(TILE_WIDTH / request.grid.pixel)))
    tiles = list(request.grid.tiles(size))
    bands = request.bands()
    sums = np.zeros((2, len(bands)))
    lowest, highest = np.full(len(bands), np.inf), np.full(len(bands), -np.inf)
    coarse = known = 0

    def count_in(values: AnyArray, pixels: AnyArray) -> None:
        nonlocal lowest, highest, coarse, known
        finite = np.isfinite(values)
        sums[0] += np.where(finite, values, 0.0).sum(axis=(1, 2))
        sums[1] += finite.sum(axis=(1, 2))
        lowest = np.minimum(lowest, np.where(finite, values, np.inf).min(axis=(1, 2)))
        highest = np.maximum(highest, np.where(finite, values, -np.inf).max(axis=(1, 2)))
        coarse += int((pixels > INDICATIVE_RESOLUTION).sum())
        known += int(np.isfinite(pixels).sum())

    missing = []
    for tile in tiles:
        part = _read_part(folder / f"{tile.row}-{tile.column}.npz", tile, len(bands))
        if part is None:
            missing.append(tile)
        else:
            count_in(*part)
    kept = len(tiles) - len(missing)
    if cluster is None:
        report("following the Sun and the Earth", kept / len(tiles))
        sky = _sky(request)
        made: Iterable[tuple[Tile, tuple[AnyArray, AnyArray]]] = (
            (tile, _make_part(model, request, sky, tile, threads)) for tile in missing
        )
    else:
        files = tuple(str(name if is_product_name(str(name)) else Path(name).absolute()) for name in terrain)
        work = MapWork(request, files, tuple((source.name, source.sha256) for source in sources), __version__)
        made = run_tiles(work, missing, cluster)
    report(f"tile {kept + 1} of {len(tiles)}", kept / len(tiles))
    for done, (tile, part) in enumerate(made, start=kept + 1):
        _write_part(folder / f"{tile.row}-{tile.column}.npz", part)
        count_in(*part)
        report(f"tile {min(done + 1, len(tiles))} of {len(tiles)}", done / len(tiles))
    count = request.grid.rows * request.grid.columns
    if not sums[1].any():
        shutil.rmtree(folder, ignore_errors=True)
        raise RequestError(
            "no pixel of the map has terrain; give a --terrain that covers it or another place"
        )
    report("writing the map", 1.0)

    def parts() -> Iterator[tuple[int, int, AnyArray]]:
        for tile in tiles:
            part = _read_part(folder / f"{tile.row}-{tile.column}.npz", tile, len(bands))
            if part is None:
                raise OutputError(
                    f"{folder}: a finished tile has gone or changed; run the same command again"
                )
            yield tile.row, tile.column, part[0]

    indicative = coarse / known if known else 0.0
    tags = _tags(model, request, sources, indicative)
    if store:
        write_store(path, request.grid, bands, parts(), tags, scratch=folder, tile=size)
    else:
        write_map(path, request.grid, bands, parts(), tags, scratch=folder)
    shutil.rmtree(folder, ignore_errors=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[0] / sums[1]
    return MapSummary(
        path=path,
        tiles=len(tiles),
        kept=kept,
        bands=tuple(
            (band, float(a), float(b), float(c))
            for band, a, b, c in zip(bands, lowest, mean, highest, strict=True)
        ),
        indicative=indicative,
        unknown=1.0 - float(sums[1].min()) / count,
    )


def _check(request: MapRequest) -> None:
    if not (request.step > 0.0 and request.span >= 2.0 * request.step):
        raise RequestError(
            f"period of {request.span:g} s in steps of {request.step:g} s: give at least two steps to a period"
        )
    if request.span / request.step > LONGEST_SERIES:
        raise RequestError(
            f"period has {request.span / request.step:.0f} steps; {LONGEST_SERIES} is the most, give a longer --step"
        )
    if not request.heights or any(not (np.isfinite(h) and h >= 0.0) for h in request.heights):
        raise RequestError(
            f"heights {list(request.heights)}: give one or more of 0 m or more above the ground"
        )
    if len({f"{height:g}" for height in request.heights}) < len(request.heights):
        raise RequestError(f"heights {list(request.heights)}: give different ones")
    if request.directions < 4:
        raise RequestError(f"directions = {request.directions}: a horizon needs at least 4 (360 is usual)")
    unknown = [name for name in request.layers if name not in LAYERS]
    if unknown or not request.layers:
        raise RequestError(f"layers {', '.join(unknown) or 'none'}: choose from {', '.join(LAYERS)}")


def _sky(request: MapRequest) -> Sky:
    grid = request.grid
    lat, lon = grid.lat_lon(0.5 * (grid.rows - 1), 0.5 * (grid.columns - 1))
    et = request.start.tdb_s + request.step * np.arange(round(request.span / request.step), dtype=float)
    return region_sky(float(lat), float(lon), et)


def _make_part(
    model: ElevationModel, request: MapRequest, sky: Sky, tile: Tile, threads: int | None
) -> tuple[AnyArray, AnyArray]:
    """Values of all bands over a tile, and the pixel of the terrain under it."""
    ground = tile_ground(model, request.grid, tile)
    above = [name for name in LAYERS if name in request.layers and name not in GROUND_LAYERS]
    below = [name for name in LAYERS if name in request.layers and name in GROUND_LAYERS]
    found: list[AnyArray] = []
    for height in request.heights if above else ():
        light = tile_light(
            ground,
            sky,
            height,
            directions=request.directions,
            layers=above,
            eclipses=request.eclipses,
            threads=threads,
        )
        found += [light[name] for name in above]
    flat = tile_light(ground, sky, 0.0, layers=below) if below else {}
    found += [flat[name] for name in below]
    return np.stack(found), ground.pixels.astype(np.float32)


@dataclass(frozen=True)
class MapWork:
    """Making a tile in another process, which reads terrain and ephemeris itself.

    Attributes
    ----------
    request : MapRequest
        The map.
    terrain : tuple of str
        Files or names of products; empty for the packaged grid alone.
    sources : tuple of (str, str)
        Name and SHA-256 of every data file of the map.
    software : str
        Version that makes it.
    """

    request: MapRequest
    terrain: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    software: str

    def __call__(self, tile: Tile) -> tuple[AnyArray, AnyArray]:
        """Values of all bands over a tile, and the pixel of the terrain under it."""
        with _opening:
            model, sky = _opened(self)
        # a cluster knows how many tiles a worker makes at a time
        return _make_part(model, self.request, sky, tile, 1)


_opening = threading.Lock()


@lru_cache(maxsize=1)
def _opened(work: MapWork) -> tuple[ElevationModel, Sky]:
    """Terrain and sky of a map in this process, the same files as in the one that asks."""
    if work.software != __version__:
        raise RequestError(
            f"moonstation {__version__} cannot make tiles of a map of moonstation {work.software}; install that version"
        )
    model = (
        ElevationModel.from_files(resolve_terrain(work.terrain))
        if work.terrain
        else ElevationModel.packaged()
    )
    here = tuple((source.name, source.sha256) for source in (*model.sources, *default_ephemeris().sources))
    for name, sha256 in here:
        if (name, sha256) not in work.sources:
            raise DataFileError(
                f"{name}: is another file here (SHA-256 {sha256[:12]}...) than where the map was asked for; copy that "
                "one, or leave this worker out"
            )
    if here != work.sources:
        raise DataFileError(f"{', '.join(work.terrain)}: are not the files of the map; copy those")
    return model, _sky(work.request)


def _plan(request: MapRequest, sources: tuple[DataSource, ...]) -> dict[str, Any]:
    """All that the values of a map depend on."""
    plan = asdict(request)
    plan["start"] = request.start.tdb
    plan["sources"] = [source.sha256 for source in sources]
    plan["software"] = __version__
    plan["tile"] = [TILE_PIXELS, TILE_WIDTH]
    loaded: dict[str, Any] = json.loads(json.dumps(plan))
    return loaded


def _open_parts(folder: Path, path: Path, plan: dict[str, Any]) -> None:
    """Make the folder of finished tiles, or go on with it if it is of the same map."""
    file = folder / PLAN
    try:
        there = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = None
    except ValueError:
        there = {}
    if there == plan:
        return
    if there is not None:
        raise RequestError(
            f"{folder}: holds finished tiles of another map; ask for that one again, remove the folder, or choose "
            f"another --out than {path}"
        )
    try:
        folder.mkdir(exist_ok=True)
        replace_file(file, json.dumps(plan, indent=1).encode())
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error


def _write_part(file: Path, part: tuple[AnyArray, AnyArray]) -> None:
    with tempfile.SpooledTemporaryFile(max_size=1 << 30) as stream:
        np.savez(stream, values=part[0], pixels=part[1])
        stream.seek(0)
        content = stream.read()
    try:
        replace_file(file, content + hashlib.sha256(content).digest())
    except OSError as error:
        raise OutputError(
            f"{file}: a finished tile cannot be kept ({error.strerror}); free some space, or choose another --out; the "
            "tiles kept before are not lost"
        ) from error


def _read_part(file: Path, tile: Tile, bands: int) -> tuple[AnyArray, AnyArray] | None:
    """A finished tile; None if there is none, or it is damaged and has to be made again."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    body, digest = content[:-32], content[-32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    with tempfile.SpooledTemporaryFile(max_size=1 << 30) as stream:
        stream.write(body)
        stream.seek(0)
        try:
            with np.load(stream, allow_pickle=False) as archive:
                values, pixels = archive["values"], archive["pixels"]
        except (ValueError, KeyError, zipfile.BadZipFile):
            return None
    if values.shape != (bands, tile.rows, tile.columns):
        return None
    return values, pixels


def _tags(
    model: ElevationModel, request: MapRequest, sources: tuple[DataSource, ...], indicative: float
) -> dict[str, str]:
    stop = request.start + request.span
    return {
        "SOFTWARE": f"moonstation {__version__}",
        "TERRAIN": model.description,
        "TERRAIN_FINEST_M": f"{model.finest:g}",
        "INDICATIVE_SHARE": f"{indicative:.4f}",
        **({"INDICATIVE_NOTE": COARSE_BIAS} if indicative > 0.0 else {}),
        "PERIOD": f"{request.start.utc} to {stop.utc}",
        "STEP_S": f"{request.step:g}",
        "DIRECTIONS": str(request.directions),
        "HEIGHTS_M": " ".join(f"{height:g}" for height in request.heights),
        "EARTH_ECLIPSES": "yes" if request.eclipses else "no",
        "SOURCES": "; ".join(f"{source.name} sha256 {source.sha256}" for source in sources),
    }
