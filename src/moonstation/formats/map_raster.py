"""Maps as Cloud-optimised GeoTIFF."""

import math
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.windows import Window

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError, OutputError
from moonstation.formats.drafts import discard, draft_folder
from moonstation.formats.rasters import CACHE, reason

BLOCK = 256


@dataclass(frozen=True)
class Band:
    """A band of a map: short name, unit and meaning; the layer that it shows, and the height [m] if it has one."""

    name: str
    unit: str
    meaning: str
    layer: str = ""
    height: float | None = None


@dataclass(frozen=True)
class Frame:
    """Where the pixels of a raster lie: centre of its stereographic plane [deg], left, top and pixel [m], size."""

    lat_deg: float
    lon_deg: float
    left: float
    top: float
    pixel: float
    rows: int
    columns: int


def write_map(
    path: Path,
    frame: Frame,
    bands: Sequence[Band],
    parts: Iterable[tuple[int, int, AnyArray]],
    tags: Mapping[str, str],
    *,
    scratch: Path,
) -> None:
    """Write a map as Cloud-optimised GeoTIFF, whole or not at all; memory does not grow with the map.

    Parameters
    ----------
    path : Path
        File to write; one that is there is replaced once the new one is complete.
    frame : Frame
        Where its pixels lie.
    bands : sequence of Band
        Bands in order.
    parts : iterable of (row, column, ndarray of shape (bands, rows, columns))
        Parts of the map with the place of their first pixel; NaN where nothing is known.
    tags : mapping of str to str
        Metadata of the file.
    scratch : Path
        Folder on the same disk for drafts.

    Raises
    ------
    OutputError
        If the disk is full or refuses.
    """
    needed, free = 4 * len(bands) * frame.rows * frame.columns, shutil.disk_usage(scratch).free
    if free < needed:
        raise OutputError(
            f"{path}: its draft takes {needed / 1e6:.0f} MB, and the disk has {free / 1e6:.0f} MB left; free space or "
            "choose another --out"
        )
    folder = draft_folder(scratch / path.name)
    try:
        # within an environment GDAL's messages are ours to tell, else they are lines of their own on the terminal
        with rasterio.Env(GDAL_CACHEMAX=CACHE):
            plain, draft = folder / "plain.tif", folder / "draft.tif"
            _write_plain(plain, frame, bands, parts, tags)
            rasterio.shutil.copy(
                plain,
                draft,
                driver="COG",
                COMPRESS="DEFLATE",
                PREDICTOR="YES",
                BLOCKSIZE=str(BLOCK),
                OVERVIEW_RESAMPLING="AVERAGE",
                BIGTIFF="IF_SAFER",
            )
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
            draft.replace(path)
    except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError) as error:
        raise OutputError(
            f"{path}: the map could not be written ({reason(error)}); free space or choose another --out"
        ) from error
    finally:
        discard(folder)


def check_place(path: Path) -> None:
    """Refuse a folder as the place of a file, before anything is computed.

    Raises
    ------
    OutputError
        If there is a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give the name of a file, or one that ends in .zarr")


def read_map(path: Path) -> "MapFile":
    """Open a map that `write_map` has written.

    Raises
    ------
    DataFileError
        If it is no such map.
    """
    try:
        with _quiet_affine(), rasterio.open(path) as dataset:
            terms = dataset.crs.to_dict() if dataset.crs else {}
            if terms.get("proj") != "stere" or None in dataset.descriptions:
                raise DataFileError(
                    f"{path}: is no map of 'moonstation map'; its bands or its plane are others"
                )
            frame = Frame(
                float(terms["lat_0"]),
                float(terms.get("lon_0", 0.0)),
                dataset.transform.c,
                dataset.transform.f,
                dataset.transform.a,
                dataset.height,
                dataset.width,
            )
            bands = tuple(
                Band(name, unit or "", dataset.tags(index).get("long_name", name))
                for index, (name, unit) in enumerate(
                    zip(dataset.descriptions, dataset.units, strict=True), start=1
                )
            )
            tags = {key: value for key, value in dataset.tags().items() if key != "AREA_OR_POINT"}
    except rasterio.errors.RasterioError as error:
        raise DataFileError(
            f"{path}: cannot be read as a map ({' '.join(str(error).split())}); give one of 'moonstation map'"
        ) from error

    def band(index: int, most: int) -> AnyArray:
        try:
            with _quiet_affine(), rasterio.open(path) as dataset:
                shape = thinned_shape(frame, most)
                # the overviews of the file hold means
                values: AnyArray = dataset.read(index + 1, out_shape=shape, resampling=Resampling.average)
        except rasterio.errors.RasterioError as error:
            raise DataFileError(
                f"{path}: is damaged or cut off ({' '.join(str(error).split())}); make the map again"
            ) from error
        return values

    return MapFile(path, frame, bands, tags, band)


@dataclass(frozen=True, eq=False)
class MapFile:
    """A map as it is on disk.

    Attributes
    ----------
    path : Path
        File or store.
    frame : Frame
        Where its pixels lie.
    bands : tuple of Band
        Bands in order.
    tags : dict of str to str
        Its metadata.
    band : callable
        Takes the index of a band and how many pixels a side may have; gives its values, means where they are thinned.
    """

    path: Path
    frame: Frame
    bands: tuple[Band, ...]
    tags: dict[str, str]
    band: Callable[[int, int], AnyArray]


def thinned_shape(frame: Frame, most: int) -> tuple[int, int]:
    """Rows and columns of a map with at most so many pixels on a side."""
    share = min(1.0, most / max(frame.rows, frame.columns))
    return max(1, round(frame.rows * share)), max(1, round(frame.columns * share))


@contextmanager
def _quiet_affine() -> Iterator[None]:
    with warnings.catch_warnings():
        # rasterio 1.4 still multiplies affines in the way that affine 3 is about to deprecate
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        # one without georeferencing is refused as no map, in our own words
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        yield


def _write_plain(
    path: Path,
    frame: Frame,
    bands: Sequence[Band],
    parts: Iterable[tuple[int, int, AnyArray]],
    tags: Mapping[str, str],
) -> None:
    with (
        _quiet_affine(),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=len(bands),
            height=frame.rows,
            width=frame.columns,
            dtype="float32",
            crs=map_crs(frame.lat_deg, frame.lon_deg),
            transform=rasterio.Affine(frame.pixel, 0.0, frame.left, 0.0, -frame.pixel, frame.top),
            nodata=math.nan,
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            sparse_ok=True,
            bigtiff="if_safer",
        ) as dataset,
    ):
        for index, band in enumerate(bands, start=1):
            dataset.set_band_description(index, band.name)
            dataset.set_band_unit(index, band.unit)
            dataset.update_tags(index, long_name=band.meaning, units=band.unit)
        dataset.update_tags(**tags)
        for row, column, values in parts:
            window = Window(column, row, values.shape[2], values.shape[1])
            dataset.write(values.astype(np.float32, copy=False), window=window)


def map_crs(lat_deg: float, lon_deg: float) -> CRS:
    """Coordinate system of a map: IAU_2015:30135 (south) or 30130 (north) at the poles, stereographic elsewhere."""
    if abs(lat_deg) == 90.0:
        return CRS.from_user_input("IAU_2015:30135" if lat_deg < 0.0 else "IAU_2015:30130")
    return CRS.from_dict(
        {"proj": "stere", "lat_0": lat_deg, "lon_0": lon_deg, "R": MOON_RADIUS, "units": "m", "no_defs": True}
    )
