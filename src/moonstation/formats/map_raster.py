"""Maps as Cloud-optimised GeoTIFF."""

import math
import os
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.windows import Window

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import OutputError
from moonstation.formats.drafts import discard, draft_folder
from moonstation.formats.rasters import CACHE, reason

BLOCK = 256


@dataclass(frozen=True)
class Band:
    """A band of a map: short name, unit and meaning."""

    name: str
    unit: str
    meaning: str


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


def _write_plain(
    path: Path,
    frame: Frame,
    bands: Sequence[Band],
    parts: Iterable[tuple[int, int, AnyArray]],
    tags: Mapping[str, str],
) -> None:
    with warnings.catch_warnings():
        # rasterio 1.4 still multiplies affines in the way that affine 3 is about to deprecate
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        with rasterio.open(
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
        ) as dataset:
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
