"""Parts of large rasters: the pixels around a place, and means over blocks of pixels, without reading the rest."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import rasterio.warp
from rasterio.crs import CRS
from rasterio.transform import Affine

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError
from moonstation.formats.rasters import Raster

BAND_PIXELS = 4_000_000
"""Pixels that are averaged at a time; bounds the memory that a raster of any size takes."""


class Around(NamedTuple):
    """A place and how far around it.

    Attributes
    ----------
    lat_deg, lon_deg : float
        Latitude and longitude [deg], ME frame, longitude east-positive.
    radius : float
        Along the surface [m].
    """

    lat_deg: float
    lon_deg: float
    radius: float


class Part(NamedTuple):
    """A box of pixels of a raster."""

    row: int
    row_end: int
    column: int
    column_end: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.row_end - self.row, self.column_end - self.column


def whole(raster: Raster) -> Part:
    """All of a raster."""
    return Part(0, raster.shape[0], 0, raster.shape[1])


def crop(raster: Raster, around: Around) -> tuple[Raster, Part]:
    """Find the pixels of a raster around a place.

    Returns
    -------
    tuple of (Raster, Part)
        The raster, turned about the axis of the Moon where it is a cylinder of all longitudes, so that its seam lies
        opposite the place; and the box of pixels around it, in full where a side lies beyond the raster.

    Raises
    ------
    CoverageError
        If the raster knows nothing within that distance.
    """
    raster = _turned(raster, around.lon_deg)
    lat, lon = _disc(around)
    geographic = CRS.from_dict({"proj": "longlat", "R": MOON_RADIUS, "no_defs": True})
    x, y = (
        np.asarray(v)
        for v in rasterio.warp.transform(
            geographic, raster.crs, np.degrees(lon).tolist(), np.degrees(lat).tolist()
        )
    )
    inverse = ~raster.transform
    column = inverse.a * x + inverse.b * y + inverse.c
    row = inverse.d * x + inverse.e * y + inverse.f
    good = np.isfinite(column) & np.isfinite(row)
    rows, columns = raster.shape
    if good.any():
        # discs are drawn with 1 % between their points, and a sample needs the pixels on both sides
        low_r, high_r = _widened(row[good])
        low_c, high_c = _widened(column[good])
        if (
            _cylindrical(raster)
            and abs(math.radians(around.lat_deg)) + around.radius / MOON_RADIUS > math.pi / 2
        ):
            low_c, high_c = 0, columns
        part = Part(max(low_r, 0), min(high_r, rows), max(low_c, 0), min(high_c, columns))
        if min(part.shape) >= 2:
            return raster, part
    raise CoverageError(
        f"{raster.path}: does not reach within {around.radius / 1e3:.0f} km of "
        f"({around.lat_deg:.4f}, {around.lon_deg:.4f} deg); leave it out, or give one that does"
    )


def _widened(pixels: FloatArray) -> tuple[int, int]:
    low, high = float(pixels.min()), float(pixels.max())
    more = 2.0 + 0.01 * (high - low)
    return math.floor(low - more), math.ceil(high + more)


def _disc(around: Around) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude [rad] of points on and within the circle around a place."""
    lat0, lon0 = math.radians(around.lat_deg), math.radians(around.lon_deg)
    d, a = np.meshgrid(
        np.linspace(0.0, around.radius / MOON_RADIUS, 33), np.linspace(0.0, 2.0 * math.pi, 361), indexing="ij"
    )
    sin_lat = math.sin(lat0) * np.cos(d) + math.cos(lat0) * np.sin(d) * np.cos(a)
    lon = lon0 + np.arctan2(np.sin(a) * np.sin(d) * math.cos(lat0), np.cos(d) - math.sin(lat0) * sin_lat)
    return np.arcsin(np.clip(sin_lat, -1.0, 1.0)).ravel(), lon.ravel()


def _cylindrical(raster: Raster) -> bool:
    return raster.crs.to_dict().get("proj") in {"eqc", "longlat"}


def _turned(raster: Raster, lon_deg: float) -> Raster:
    """Turn a cylinder of all longitudes so that a longitude lies in its middle; others stay as they are."""
    if not _cylindrical(raster):
        return raster
    terms = raster.crs.to_dict()
    transform = raster.transform
    if terms["proj"] == "longlat":
        degree = math.pi * MOON_RADIUS / 180.0
        transform = Affine(*(degree * term for term in transform[:6]))
        terms = {"proj": "eqc", "lat_ts": 0.0, "lon_0": terms.get("lon_0", 0.0)}
    degree = math.pi * MOON_RADIUS / 180.0 * math.cos(math.radians(float(terms.get("lat_ts", 0.0))))
    columns = raster.shape[1]
    if transform.b or transform.d or abs(transform.a * columns - 360.0 * degree) > 0.01 * abs(transform.a):
        return raster
    middle = (float(terms.get("lon_0", 0.0)) * degree + transform.c) / transform.a + columns / 2
    first = round(lon_deg * degree / transform.a - middle)
    # after turning, the old column `first` is number 0; longitudes count from the middle of the new first column on
    x_first = transform.c + transform.a * first - float(terms.get("x_0", 0.0))
    lon_0 = float(terms.get("lon_0", 0.0)) + (x_first + 0.5 * columns * transform.a) / degree
    terms = {
        "proj": "eqc", "lat_ts": terms.get("lat_ts", 0.0), "lat_0": terms.get("lat_0", 0.0), "R": MOON_RADIUS,
        "y_0": terms.get("y_0", 0.0), "lon_0": math.remainder(lon_0, 360.0), "units": "m", "no_defs": True,
    }  # fmt: skip

    def read(row: int, row_end: int, column: int, column_end: int) -> AnyArray:
        start = (column + first) % columns
        end = start + column_end - column
        part = raster.read(row, row_end, start, min(end, columns))
        if end <= columns:
            return part
        return np.concatenate([part, raster.read(row, row_end, 0, end - columns)], axis=1)

    new = Affine(transform.a, 0.0, -0.5 * columns * transform.a, 0.0, transform.e, transform.f)
    return replace(raster, transform=new, crs=CRS.from_dict(terms), read=read)


def read_means(
    raster: Raster, part: Part, block: int, *, progress: Callable[[float], None] | None = None
) -> tuple[AnyArray, Affine]:
    """Read a part of a raster as means over blocks of pixels, a band of rows at a time.

    Parameters
    ----------
    block : int
        Pixels along a side of a block; 1 gives the pixels themselves. Rows and columns at the end that do not fill a
        block are left out.
    progress : callable, optional
        Called with the share that has been read, 0 to 1.

    Returns
    -------
    heights : ndarray of float32
        Means of what is known [m]; NaN where less than half of a block is.
    transform : Affine
        Of these heights.
    """
    transform = _of_blocks(raster.transform, part, block)
    if block == 1:
        return raster.read(*part), transform
    rows, columns = (size // block for size in part.shape)
    means = np.empty((rows, columns), np.float32)
    band = max(1, BAND_PIXELS // (block * block * max(columns, 1)))
    for first in range(0, rows, band):
        last = min(first + band, rows)
        pixels = raster.read(
            part.row + first * block, part.row + last * block, part.column, part.column + columns * block
        )
        known = np.isfinite(pixels)
        if not known.all():
            count = _block_sums(known, block)
            total = _block_sums(np.where(known, pixels, np.float32(0)), block)
            means[first:last] = np.where(2 * count >= block * block, total / np.maximum(count, 1.0), np.nan)
        else:
            means[first:last] = _block_sums(pixels, block) / (block * block)
        if progress is not None:
            progress(last / rows)
    return means, transform


def _block_sums(pixels: AnyArray, block: int) -> FloatArray:
    """Sums over blocks; along the rows' memory first, which is several times as fast as both axes at once."""
    rows, columns = pixels.shape
    strips = pixels.reshape(rows // block, block, columns).sum(axis=1, dtype=np.float64)
    sums: FloatArray = strips.reshape(rows // block, columns // block, block).sum(axis=2)
    return sums


def _of_blocks(transform: Affine, part: Part, block: int) -> Affine:
    """Transform of blocks that begin at the corner of a part; spelt out, for affine 2 and 3 multiply differently."""
    a, b, c, d, e, f = transform[:6]
    c += a * part.column + b * part.row
    f += d * part.column + e * part.row
    return Affine(a * block, b * block, c, d * block, e * block, f)
