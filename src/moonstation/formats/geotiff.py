"""Windows of elevation on the Moon, from GeoTIFF, PDS3 images and whatever else rasterio opens.

Every window leaves this module as one kind of grid, a stereographic plane about some centre, because compiled
code then needs one formula for all of them::

    x = 2 R (p . e) / (1 + p . u),   y = 2 R (p . n) / (1 + p . u)

with p the unit vector to the point and e, n, u those to the east, to the north and up at the centre. A raster
that is stereographic on the 1737.4 km sphere already (all polar products of LOLA are) keeps its pixels as
they are; any other projection is warped once, bilinearly, about its own centre at its own resolution.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.errors
import rasterio.warp
from rasterio.crs import CRS

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, DataFileError
from moonstation.formats.cropping import Around, crop, read_means, whole
from moonstation.formats.provenance import DataSource, file_sha256
from moonstation.formats.rasters import MAX_PIXELS, open_raster, reason

HEIGHT_LIMIT = 12_000.0
"""No ground on the Moon lies further than this from the sphere [m] (LOLA: -9.2 to +10.8 km)."""

MAX_SPREAD = math.radians(60.0)
"""A raster that reaches further than this from its centre is too wide for one stereographic plane."""


@dataclass(frozen=True, eq=False)
class ElevationWindow:
    """Heights on a stereographic plane.

    Attributes
    ----------
    name : str
        File name.
    heights : ndarray of float32, shape (rows, columns)
        Heights above the 1737.4 km sphere [m]; NaN where nothing is known.
    centre_lat, centre_lon : float
        Centre of projection [rad], longitude east-positive, ME frame.
    to_pixel : tuple of float
        (a, b, c, d, e, f): column = a x + b y + c and row = d x + e y + f, with x, y in the plane [m] and
        whole numbers at pixel centres.
    pixel : float
        Size of a pixel in the plane [m] (square root of its area).
    warped : bool
        Whether the heights were resampled from another projection.
    source : DataSource
        The file.
    """

    name: str
    heights: AnyArray
    centre_lat: float
    centre_lon: float
    to_pixel: tuple[float, float, float, float, float, float]
    pixel: float
    warped: bool
    source: DataSource


def read_elevation(
    path: Path | str,
    *,
    around: Around | None = None,
    block: int = 1,
    progress: Callable[[float], None] | None = None,
) -> ElevationWindow:
    """Read a window of elevation, whole or around a place, check it, and lay it on a stereographic plane.

    Parameters
    ----------
    path : Path or str
        One band of heights [m] above the 1737.4 km sphere, in a coordinate system on that sphere. Scale,
        offset and unit of the band are honoured, no-data pixels become NaN. Any raster that rasterio opens, or a
        PDS3 image, plain or JPEG 2000, by its name or its label's.
    around : Around, optional
        Read only the pixels around this place.
    block : int
        Read means over blocks of so many pixels along a side.
    progress : callable, optional
        Called with the share that has been read, 0 to 1.

    Returns
    -------
    ElevationWindow

    Raises
    ------
    DataFileError
        If the file is missing, cut off or not a raster; has no coordinate system, one of another body, more
        than one band or no valid pixel; or holds heights that no ground on the Moon has. One line, with the
        cure.
    CoverageError
        If it knows nothing around the place: it does not reach there, or holds no data there.
    """
    path = Path(path)
    with open_raster(path) as raster:
        raster, part = (raster, whole(raster)) if around is None else crop(raster, around)
        pixels = part.shape[0] * part.shape[1] / block**2
        if pixels > MAX_PIXELS:
            raise DataFileError(
                f"{path}: {part.shape[1]} x {part.shape[0]} pixels do not fit in memory; read a window around the site "
                "(around=), or cut one with 'gdal_translate -projwin ...'"
            )
        heights, transform = read_means(raster, part, block, progress=progress)
        crs, data = raster.crs, raster.data
    if around is not None and not np.isfinite(heights).any():
        raise CoverageError(
            f"{path}: holds no data within {around.radius / 1e3:.0f} km of ({around.lat_deg:.4f}, "
            f"{around.lon_deg:.4f} deg); leave it out, or give one that does"
        )
    _check_heights(heights, path)
    plane = stereographic_plane(crs)
    warped = plane is None
    if plane is None:
        heights, transform, plane = _warp(heights, transform, crs, path)
    lat, lon, scale, false_east, false_north = plane
    pixel = math.sqrt(abs(transform.determinant)) / scale
    _check_pixel(pixel, path)
    inverse = ~transform
    # The file's affine counts from pixel corners, the kernels from pixel centres: half a pixel apart.
    to_pixel = (
        inverse.a * scale,
        inverse.b * scale,
        inverse.a * false_east + inverse.b * false_north + inverse.c - 0.5,
        inverse.d * scale,
        inverse.e * scale,
        inverse.d * false_east + inverse.e * false_north + inverse.f - 0.5,
    )
    name = path.name if block == 1 else f"{path.name} averaged to {pixel:.4g} m"
    source = DataSource(
        name=f"elevation window {name}",
        version="user file",
        sha256=file_sha256(data),
        resolution=f"{pixel:.4g} m" + (" (resampled from another projection)" if warped else ""),
        serves="terrain, horizons",
    )
    return ElevationWindow(name, heights, lat, lon, to_pixel, pixel, warped, source)


def _check_pixel(pixel: float, path: Path) -> None:
    """Refuse pixels that no map of the Moon has: a damaged or wrongly assigned georeferencing."""
    if not 1e-3 <= pixel <= 1e6:
        raise DataFileError(
            f"{path}: its pixels are {pixel:.3g} m wide; correct its georeferencing, e.g. with 'gdal_edit.py'"
        )


def _check_heights(heights: AnyArray, path: Path) -> None:
    """Refuse empty windows and heights that the Moon does not have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN is told below in our own words
        lowest, highest = float(np.nanmin(heights)), float(np.nanmax(heights))
    if math.isnan(lowest):
        raise DataFileError(f"{path}: holds no valid height, every pixel is no-data; fetch the file again")
    if max(-lowest, highest) > HEIGHT_LIMIT:
        raise DataFileError(
            f"{path}: heights run from {lowest:.6g} to {highest:.6g} m, which no ground on the Moon has; "
            "they look like "
            "radii, another unit, 16-bit half-metres without their scale, or an undeclared no-data value: "
            "convert to metres above the 1737.4 km sphere"
        )


def stereographic_plane(crs: Any) -> tuple[float, float, float, float, float] | None:
    """Centre [rad], scale and false origin [m] of a stereographic system; None for any other projection."""
    terms = crs.to_dict()
    if terms.get("proj") != "stere" or terms.get("units") != "m":
        return None
    lat = math.radians(terms["lat_0"])
    scale = float(terms.get("k", terms.get("k_0", 1.0)))
    if "lat_ts" in terms:
        if abs(terms["lat_0"]) != 90:
            return None
        scale = 0.5 * (1.0 + abs(math.sin(math.radians(terms["lat_ts"]))))
    radius = float(terms.get("R", terms.get("a", 0.0)))
    scale *= radius / MOON_RADIUS
    if not 0.01 < scale < 100.0:
        return None
    return (
        lat,
        math.radians(terms["lon_0"]),
        scale,
        float(terms.get("x_0", 0.0)),
        float(terms.get("y_0", 0.0)),
    )


def _warp(
    heights: AnyArray, transform: Any, crs: Any, path: Path
) -> tuple[AnyArray, Any, tuple[float, float, float, float, float]]:
    """Resample onto a stereographic plane about the raster's own centre, with about as many pixels."""
    # rasterio 1.4 still multiplies affines in the way that affine 3 is about to deprecate.
    quiet = warnings.catch_warnings(action="ignore", category=PendingDeprecationWarning)
    try:
        with quiet:
            lat_deg, lon_deg = _centre(transform, crs, heights.shape, path)
            plane = {"proj": "stere", "lat_0": lat_deg, "lon_0": lon_deg, "R": MOON_RADIUS, "units": "m"}
            target = CRS.from_dict({**plane, "no_defs": True})
            new_transform, shape = _frame(
                transform, crs, heights.shape, math.radians(lat_deg), math.radians(lon_deg), path
            )
            if shape[0] * shape[1] > min(MAX_PIXELS, 16 * heights.size + 4096):
                raise DataFileError(
                    f"{path}: cannot be warped to a stereographic grid of {shape[1]} x {shape[0]} pixels; cut a "
                    "narrower window with 'gdal_translate -projwin ...'"
                )
            warped = np.full(shape, np.nan, np.float32)
            rasterio.warp.reproject(
                heights,
                warped,
                src_transform=transform,
                src_crs=crs,
                src_nodata=np.nan,
                dst_transform=new_transform,
                dst_crs=target,
                dst_nodata=np.nan,
                resampling=rasterio.warp.Resampling.bilinear,
                tolerance=0.0,
            )
    except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError) as error:
        raise DataFileError(
            f"{path}: cannot be warped to a stereographic grid ({reason(error)}); reproject it, e.g. with "
            "'gdalwarp -t_srs IAU_2015:30135'"
        ) from error
    if not np.isfinite(warped).any():
        raise DataFileError(
            f"{path}: nothing was left after reprojection; reproject it with 'gdalwarp -r bilinear'"
        )
    return warped, new_transform, (math.radians(lat_deg), math.radians(lon_deg), 1.0, 0.0, 0.0)


def _directions(transform: Any, crs: Any, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Unit vectors (..., 3) to points of a raster counted from its corner; NaN where its projection has none."""
    x = transform.a * columns + transform.b * rows + transform.c
    y = transform.d * columns + transform.e * rows + transform.f
    geographic = CRS.from_dict({"proj": "longlat", "R": MOON_RADIUS, "no_defs": True})
    lon_deg, lat_deg = rasterio.warp.transform(crs, geographic, x.ravel(), y.ravel())
    lon = np.reshape(np.radians(lon_deg), x.shape)
    # Rasters of all latitudes often end a fraction of a pixel beyond the pole.
    lat = np.reshape(np.radians(np.clip(lat_deg, -90.0, 90.0)), x.shape)
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    points[~np.isfinite(points).all(axis=-1)] = np.nan
    return points


def _frame(
    transform: Any, crs: Any, shape: tuple[int, ...], lat: float, lon: float, path: Path
) -> tuple[Any, tuple[int, int]]:
    """Square pixels in the plane about (lat, lon): of the raster's own mean size, over all of its extent."""
    edges = np.linspace(0.0, 1.0, 201)
    row, column = np.meshgrid(shape[0] * edges, shape[1] * edges, indexing="ij")
    points = _directions(transform, crs, row, column)
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    scale = 2.0 * MOON_RADIUS / (1.0 + points @ up)
    x, y = scale * (points @ east), scale * (points @ np.cross(up, east))
    x_down, y_down = np.diff(x, axis=0)[:, :-1], np.diff(y, axis=0)[:, :-1]
    x_right, y_right = np.diff(x, axis=1)[:-1], np.diff(y, axis=1)[:-1]
    area = np.abs(x_down * y_right - y_down * x_right)
    pixel = math.sqrt(float(np.nanmean(area)) / (shape[0] * shape[1])) * (len(edges) - 1)
    _check_pixel(pixel, path)
    left, top = float(np.nanmin(x)) - pixel, float(np.nanmax(y)) + pixel
    columns = math.ceil((float(np.nanmax(x)) + pixel - left) / pixel)
    rows = math.ceil((top - float(np.nanmin(y)) + pixel) / pixel)
    return rasterio.Affine(pixel, 0.0, left, 0.0, -pixel, top), (rows, columns)


def _centre(transform: Any, crs: Any, shape: tuple[int, ...], path: Path) -> tuple[float, float]:
    """Latitude and longitude [deg] of the middle of a raster, as the mean direction of its pixels."""
    # Middles of 41 x 41 parts: ends would count the seam of a full circle of longitude twice.
    parts = (np.arange(41) + 0.5) / 41
    row, column = np.meshgrid(shape[0] * parts, shape[1] * parts, indexing="ij")
    points = _directions(transform, crs, row, column).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    mean = points.mean(axis=0) if len(points) else np.zeros(3)
    length = float(np.linalg.norm(mean))
    if length < 1e-6 or float(np.min(points @ mean)) / length < math.cos(MAX_SPREAD):
        raise DataFileError(
            f"{path}: spans too much of the Moon (more than {math.degrees(MAX_SPREAD):.0f} deg from its "
            "centre) for one window; cut one around the site with 'gdal_translate -projwin ...'"
        )
    # Rounded so that the same raster gives the same plane whatever the last bits of the transformation.
    lat_c = round(math.degrees(math.asin(max(-1.0, min(1.0, mean[2] / length)))), 6)
    lon_c = round(math.degrees(math.atan2(mean[1], mean[0])), 6)
    return (math.copysign(90.0, lat_c), 0.0) if abs(lat_c) > 90.0 - 1e-4 else (lat_c, lon_c)
