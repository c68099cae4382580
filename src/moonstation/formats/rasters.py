"""Open rasters of heights on the Moon, of any kind, so that windows of them can be read.

PDS3 images are read by their labels (`pds3`), everything else by rasterio.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.errors
from rasterio.crs import CRS
from rasterio.windows import Window

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError
from moonstation.formats.pds3 import Pds3Image, find_label, read_label

MAX_PIXELS = 1_000_000_000
"""Larger windows (4 GB in memory) are refused rather than left to the operating system to kill."""

CACHE = 128 << 20
"""Bytes that GDAL may keep of what it has decoded; left alone, it takes a share of the machine's memory."""

SAMPLE_LINES = 16
"""Lines of a window, about, on which the order of bytes is judged."""

_UNIT_METRES = {
    "": 1.0,
    "m": 1.0,
    "metre": 1.0,
    "metres": 1.0,
    "meter": 1.0,
    "meters": 1.0,
    "km": 1000.0,
    "kilometre": 1000.0,
    "kilometer": 1000.0,
    "kilometers": 1000.0,
    "kilometres": 1000.0,
}


@dataclass(frozen=True, eq=False)
class Raster:
    """An open raster of heights.

    Attributes
    ----------
    path : Path
        What was asked for, as messages name it.
    data : Path
        The file that holds the pixels.
    shape : tuple of int
        Rows, columns.
    transform : Affine
        From (column, row), counted from the corner of the first pixel, to the plane of `crs`.
    crs : CRS
        Coordinate system, on the 1737.4 km sphere.
    read : callable
        Takes first row, end row, first column, end column; returns heights [m], float32, NaN where there is no data.
    """

    path: Path
    data: Path
    shape: tuple[int, int]
    transform: Any
    crs: Any
    read: Callable[[int, int, int, int], AnyArray]


@contextmanager
def open_raster(path: Path) -> Iterator[Raster]:
    """Open a raster of heights: GeoTIFF, PDS3 image (by label or image), JPEG 2000, or what else rasterio opens.

    Raises
    ------
    DataFileError
        If it is missing, damaged, of another kind or of another body. One line, with the cure.
    """
    if path.is_dir():
        raise DataFileError(f"{path}: is a folder; name the files of elevation in it")
    if not path.is_file():
        raise DataFileError(f"{path}: no such file; check the path of the elevation window")
    try:
        label = find_label(path)
        with rasterio.Env(GDAL_CACHEMAX=CACHE), warnings.catch_warnings():
            # A raster without georeferencing is refused below, with the cure.
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            if label is None and path.suffix.lower() == ".img" and not _rasterio_opens(path):
                raise DataFileError(
                    f"{path}: its label {path.stem}.LBL is not beside it; fetch it from where the image came from"
                )
            if label is None:
                with rasterio.open(path) as dataset:
                    _check_header(dataset, path)
                    yield _from_dataset(dataset, path)
                return
            image = read_label(label, None if path == label else path)
            if image.compressed:
                with rasterio.open(image.data) as dataset:
                    yield _from_jpeg(dataset, image, path)
            else:
                yield _from_image(image, path)
    except (rasterio.errors.RasterioError, UnicodeDecodeError) as error:
        raise DataFileError(
            f"{path}: cannot be read as a raster, it is damaged, cut off or of another kind ({reason(error)}); "
            "fetch or write the file again"
        ) from error


def reason(error: BaseException) -> str:
    """What GDAL said first of all that led to an error, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())


def _rasterio_opens(path: Path) -> bool:
    try:
        with rasterio.open(path):
            return True
    except rasterio.errors.RasterioError:
        return False


def _from_image(image: Pds3Image, path: Path) -> Raster:
    def read(row: int, row_end: int, column: int, column_end: int) -> AnyArray:
        # mapped anew each time, so that what was read before is let go
        part = image.samples()[row:row_end, column:column_end]
        image.check_byte_order(np.ascontiguousarray(part[:: max(1, part.shape[0] // SAMPLE_LINES)]))
        return image.heights(part)

    return Raster(path, image.data, image.shape, image.transform, CRS.from_dict(image.crs), read)


def _from_jpeg(dataset: Any, image: Pds3Image, path: Path) -> Raster:
    """JPEG 2000 with a label, which says where its pixels lie and what they mean."""
    if dataset.count != 1 or dataset.shape != image.shape:
        raise DataFileError(
            f"{image.data}: is {dataset.height} x {dataset.width} pixels in {dataset.count} bands where "
            f"{image.label.name} tells {image.shape[0]} x {image.shape[1]} in one, so they do not belong together; "
            "fetch both again"
        )
    kind = np.dtype(dataset.dtypes[0])
    if (kind.kind, kind.itemsize) != (image.dtype.kind, image.dtype.itemsize):
        raise DataFileError(
            f"{image.data}: holds {kind} values where {image.label.name} tells {image.dtype.newbyteorder('=')}; "
            "fetch both again"
        )

    def read(row: int, row_end: int, column: int, column_end: int) -> AnyArray:
        return image.heights(dataset.read(1, window=_window(row, row_end, column, column_end)))

    return Raster(path, image.data, image.shape, image.transform, CRS.from_dict(image.crs), read)


def _from_dataset(dataset: Any, path: Path) -> Raster:
    def read(row: int, row_end: int, column: int, column_end: int) -> AnyArray:
        return _heights(dataset, path, _window(row, row_end, column, column_end))

    return Raster(path, path, dataset.shape, dataset.transform, dataset.crs, read)


def _window(row: int, row_end: int, column: int, column_end: int) -> Any:
    return Window.from_slices((row, row_end), (column, column_end))


def _check_header(dataset: Any, path: Path) -> None:
    """Refuse what is not one band of real numbers on the lunar sphere."""
    if dataset.count != 1:
        raise DataFileError(
            f"{path}: has {dataset.count} bands where one band of heights is needed; "
            "extract it with 'gdal_translate -b 1 IN OUT'"
        )
    if np.dtype(dataset.dtypes[0]).kind not in "iuf":
        raise DataFileError(f"{path}: holds {dataset.dtypes[0]} values; heights in metres are needed")
    if dataset.crs is None:
        raise DataFileError(
            f"{path}: has no coordinate system; assign it, e.g. 'gdal_edit.py -a_srs IAU_2015:30135' for "
            "south polar stereographic"
        )
    if dataset.transform.is_identity or dataset.transform.determinant == 0.0:
        raise DataFileError(
            f"{path}: has no georeferencing (where its pixels lie); assign it, e.g. 'gdal_edit.py -a_ullr "
            "...'"
        )
    axes = re.search(r'(?:SPHEROID|ELLIPSOID)\["[^"]*",\s*([-+.\deE]+),\s*([-+.\deE]+)', dataset.crs.to_wkt())
    if axes is None:
        raise DataFileError(
            f"{path}: its coordinate system names no sphere; assign one on the Moon, e.g. IAU_2015:30135"
        )
    equatorial = float(axes[1])
    flattening = 1.0 / float(axes[2]) if float(axes[2]) else 0.0
    polar = equatorial * (1.0 - flattening)
    if max(abs(equatorial - MOON_RADIUS), abs(polar - MOON_RADIUS)) > 1.0:
        raise DataFileError(
            f"{path}: its coordinate system is on a body of radius {equatorial / 1e3:.3f} km, not on the "
            "1737.4 km lunar sphere; convert positions and heights to it, e.g. IAU_2015:30135"
        )
    if min(dataset.shape) < 2:
        raise DataFileError(
            f"{path}: is {dataset.width} x {dataset.height} pixels; at least 2 x 2 are needed"
        )
    if dataset.driver == "JP2OpenJPEG" and np.dtype(dataset.dtypes[0]).kind in "iu" and _is_plain(dataset):
        raise DataFileError(
            f"{path}: does not say what its whole numbers mean (LOLA's are half-metres); put its label "
            f"{path.stem}_JP2.LBL beside it, or convert it to GeoTIFF with its scale"
        )


def _is_plain(dataset: Any) -> bool:
    return (dataset.scales[0], dataset.offsets[0]) == (1.0, 0.0)


def _heights(dataset: Any, path: Path, window: Any) -> AnyArray:
    """Heights in a window of the open raster [m], float32, NaN where there is no data."""
    unit = (dataset.units[0] or "").strip().lower()
    if unit not in _UNIT_METRES:
        raise DataFileError(f"{path}: heights are in {unit!r}; convert them to metres")
    scale = dataset.scales[0] * _UNIT_METRES[unit]
    offset = dataset.offsets[0] * _UNIT_METRES[unit]
    # Radii or millimetres need more digits than float32 has until the offset is taken off.
    wide = np.dtype(dataset.dtypes[0]).itemsize > 2 and (scale, offset) != (1.0, 0.0)
    values: AnyArray = dataset.read(1, out_dtype="float64" if wide else "float32", window=window)
    if (scale, offset) != (1.0, 0.0):
        values *= scale
        values += offset
    values[dataset.read_masks(1, window=window) == 0] = np.nan
    heights: AnyArray = values.astype(np.float32, copy=False)
    heights[~np.isfinite(heights)] = np.nan
    return heights
