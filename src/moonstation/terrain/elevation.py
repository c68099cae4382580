"""Elevation models: layers of terrain, the finest that knows a place speaks for it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.formats.geotiff import ElevationWindow
from moonstation.formats.global_grid import GlobalGrid, read_packaged_grid
from moonstation.formats.provenance import DataSource
from moonstation.terrain import _kernels
from moonstation.terrain.reading import LargeRaster, read_terrain, read_windows

JOIN_WASTE = 4
"""Windows on one lattice are joined while the box around them has at most this many times their pixels."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of an elevation model.

    Attributes
    ----------
    name : str
        The file, or the files joined on one lattice.
    resolution : float
        Size of a pixel [m]; of a row for the global grid.
    heights : ndarray of float32, shape (rows, columns)
        Heights above the 1737.4 km sphere [m], NaN where nothing is known.
    """

    name: str
    resolution: float
    heights: AnyArray


class ElevationModel:
    """The ground in layers, finest first.

    A place belongs to the finest layer in which all four pixels around it are known, and its height is the
    bilinear mean of those four. Layers are not blended where they meet;
    `docs/decisions/0002-joining-terrain-layers.md` gives the reason and what it does to a horizon. Windows
    on one lattice (same projection and pixels) are joined first, so that no seam arises between them; where
    they overlap the one named first holds.

    Rasters that do not fit in memory take part with means over all of them; `around` gives the model with their own
    pixels about a place. What is made from many places (maps, tile by tile) asks for each of them in turn.

    Parameters
    ----------
    windows : sequence of ElevationWindow
        Windows in any order.
    grid : GlobalGrid or None
        Grid of the whole Moon, used wherever no window knows the ground.
    large : sequence of LargeRaster, optional
        Rasters that do not fit in memory.

    Attributes
    ----------
    layers : tuple of Layer
        Finest first, the global grid last.
    sources : tuple of DataSource
        The files behind the model.
    description : str
        One line: what the model is made of.

    Raises
    ------
    RequestError
        If there is neither a window nor a raster nor a grid.
    """

    def __init__(
        self,
        windows: Sequence[ElevationWindow],
        grid: GlobalGrid | None,
        *,
        large: Sequence[LargeRaster] = (),
    ) -> None:
        if not windows and not large and grid is None:
            raise RequestError(
                "an elevation model needs at least one window or the packaged grid (packaged=True)"
            )
        self._large = tuple(large)
        # rasters read about a place bring their own overviews; without one, windows need not be kept
        self._windows, self._grid = (tuple(windows), grid) if large else ((), None)
        overviews = [raster.overview for raster in large if raster.overview is not None]
        joined = sorted(_join_lattices([*windows, *overviews]), key=lambda window: window.pixel)
        self.sources: tuple[DataSource, ...] = tuple(window.source for window in windows)
        self.sources += tuple(raster.source for raster in large)
        self.sources += (grid.source,) if grid is not None else ()
        self._terrain = _pack(joined, grid)
        layers = []
        for window, row in zip(joined, self._terrain.table, strict=True):
            start = int(row[_kernels.OFFSET])
            view = self._terrain.flat[start : start + window.heights.size].reshape(window.heights.shape)
            layers.append(Layer(window.name, window.pixel, view))
        if grid is not None:
            resolution = math.pi * MOON_RADIUS / grid.heights.shape[0]
            layers.append(Layer(grid.source.name, resolution, grid.heights))
        self.layers: tuple[Layer, ...] = tuple(layers)
        self.description = _describe(windows, large, grid)

    @classmethod
    def packaged(cls) -> "ElevationModel":
        """The model that comes with the software: LOLA at 8 pixels per degree (read once per process)."""
        return _packaged_model()

    @classmethod
    def from_files(
        cls,
        paths: Sequence[Path | str],
        packaged: bool = True,
        *,
        around: Sequence[tuple[float, float]] = (),
        progress: Callable[[float], None] | None = None,
    ) -> "ElevationModel":
        """Read files of elevation: GeoTIFF, PDS3 images, JPEG 2000, in any projection on the Moon.

        Parameters
        ----------
        paths : sequence of Path or str
            Raster files, or labels of PDS3 images.
        packaged : bool
            Whether the packaged global grid lies beyond the windows. Without it, nothing is known out there.
        around : sequence of (float, float), optional
            Latitude and longitude [deg] of the sites that the model serves. Rasters too large for memory are read
            about them only, by the rule of `moonstation.terrain.reading`. Without sites, means over them are read, and
            `ElevationModel.around` gives their pixels about any place.
        progress : callable, optional
            Called with the share of the files that has been read, 0 to 1.

        Raises
        ------
        DataFileError
            If a file cannot be used; names it and the cure.
        CoverageError
            If a large file knows nothing about a site's surroundings.
        """
        grid = read_packaged_grid() if packaged else None
        if around:
            return cls(read_windows(paths, around), grid)
        windows, large = read_terrain(paths, progress=progress)
        return cls(windows, grid, large=large)

    def around(self, lat_deg: float, lon_deg: float, radius: float) -> "ElevationModel":
        """Model for the horizons of all places about one, with the pixels there of rasters too large for memory.

        Parameters
        ----------
        lat_deg, lon_deg : float
            Middle of the places [deg].
        radius : float
            Along the surface [m]: within it the ground is known as finely as memory allows, further out with means.

        Returns
        -------
        ElevationModel
            This very model where all of it is in memory. What it holds depends on the arguments only, not on what was
            asked for before.

        Raises
        ------
        DataFileError
            If a file has become unreadable.
        """
        if not self._large:
            return self
        near = [window for raster in self._large for window in raster.around(lat_deg, lon_deg, radius)]
        return ElevationModel([*self._windows, *near], self._grid)

    @property
    def terrain(self) -> _kernels.Terrain:
        """The arrays that compiled code takes."""
        return self._terrain

    @property
    def finest(self) -> float:
        """Size of the finest pixels of any file [m]."""
        return min([layer.resolution for layer in self.layers] + [raster.pixel for raster in self._large])

    @property
    def highest(self) -> float:
        """Greatest height in any layer [m]."""
        return self._terrain.highest

    def elevation(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Height of the ground above the 1737.4 km sphere [m].

        Parameters
        ----------
        lat_deg, lon_deg : array_like
            Latitude and longitude [deg], ME frame, longitude east-positive; broadcast against each other.

        Returns
        -------
        ndarray
            Heights [m], shape of the arguments; NaN where no layer knows the ground.
        """
        return self._sample(lat_deg, lon_deg)[0]

    def resolution(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Pixel size of the layer that speaks for a place [m]; NaN where no layer knows the ground."""
        layers = self._sample(lat_deg, lon_deg)[1]
        sizes = np.array([layer.resolution for layer in self.layers] + [np.nan])
        result: FloatArray = sizes[layers]  # -1, nothing known, takes the NaN at the end
        return result

    def _sample(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[FloatArray, AnyArray]:
        lat, lon = np.broadcast_arrays(np.radians(lat_deg, dtype=float), np.radians(lon_deg, dtype=float))
        if not (
            np.isfinite(lat).all() and np.isfinite(lon).all() and (np.abs(lat) <= math.pi / 2 + 1e-12).all()
        ):
            raise RequestError("latitude must lie within -90 and 90 deg and longitude be a number")
        points = np.stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1
        ).reshape(-1, 3)
        heights = np.empty(len(points))
        layers = np.empty(len(points), np.int64)
        _kernels.sample_points(self._terrain, np.ascontiguousarray(points), heights, layers)
        return heights.reshape(lat.shape), layers.reshape(lat.shape)

    def __repr__(self) -> str:
        return f"ElevationModel({self.description})"


@lru_cache(maxsize=1)
def _packaged_model() -> ElevationModel:
    return ElevationModel([], read_packaged_grid())


def _describe(
    windows: Sequence[ElevationWindow], large: Sequence[LargeRaster], grid: GlobalGrid | None
) -> str:
    far = "packaged LOLA grid, 8 pixels per degree (3.8 km)"
    if not windows and not large:
        return far
    finest = min([window.pixel for window in windows] + [raster.pixel for raster in large])
    given = [window.name for window in windows] + [
        raster.path.name
        + (f", averaged to {raster.overview.pixel:.4g} m far away" if raster.overview else "")
        for raster in large
    ]
    names = ", ".join(given[:3]) + (", ..." if len(given) > 3 else "")
    near = f"{len(given)} window{'s' if len(given) > 1 else ''}, finest {finest:.4g} m ({names})"
    return f"{near} with the {far} beyond" if grid is not None else f"{near}, nothing known beyond"


def _join_lattices(windows: Sequence[ElevationWindow]) -> list[ElevationWindow]:
    """Join windows whose pixels lie on one lattice; the others stay as they are."""
    groups: list[list[ElevationWindow]] = []
    for window in windows:
        for group in groups:
            if _same_lattice(group[0], window):
                group.append(window)
                break
        else:
            groups.append([window])
    joined = []
    for group in groups:
        joined += [_join(group)] if len(group) > 1 and _box(group)[2] else group
    return joined


def _same_lattice(a: ElevationWindow, b: ElevationWindow) -> bool:
    if (a.centre_lat, a.centre_lon) != (b.centre_lat, b.centre_lon):
        return False
    linear_a, linear_b = (np.delete(window.to_pixel, [2, 5]) for window in (a, b))
    if not np.allclose(linear_a, linear_b, rtol=1e-9, atol=0.0):
        return False
    shift = np.array([a.to_pixel[2] - b.to_pixel[2], a.to_pixel[5] - b.to_pixel[5]])
    return bool((np.abs(shift - np.round(shift)) < 1e-4).all())


def _box(group: list[ElevationWindow]) -> tuple[tuple[int, int], list[tuple[int, int]], bool]:
    """Shape of the box around a group, the corner of each window in it, and whether joining pays."""
    column0 = max(window.to_pixel[2] for window in group)
    row0 = max(window.to_pixel[5] for window in group)
    corners = [(round(row0 - window.to_pixel[5]), round(column0 - window.to_pixel[2])) for window in group]
    rows = max(corner[0] + window.heights.shape[0] for corner, window in zip(corners, group, strict=True))
    columns = max(corner[1] + window.heights.shape[1] for corner, window in zip(corners, group, strict=True))
    pays = rows * columns <= JOIN_WASTE * sum(window.heights.size for window in group)
    return (rows, columns), corners, pays


def _join(group: list[ElevationWindow]) -> ElevationWindow:
    shape, corners, _ = _box(group)
    heights = np.full(shape, np.nan, np.float32)
    for window, (row, column) in zip(group, corners, strict=True):
        part = heights[row : row + window.heights.shape[0], column : column + window.heights.shape[1]]
        np.copyto(part, window.heights, where=np.isnan(part))
    first = group[0]
    a, b, _, d, e, _ = first.to_pixel
    return ElevationWindow(
        name=" + ".join(window.name for window in group),
        heights=heights,
        centre_lat=first.centre_lat,
        centre_lon=first.centre_lon,
        to_pixel=(a, b, max(w.to_pixel[2] for w in group), d, e, max(w.to_pixel[5] for w in group)),
        pixel=first.pixel,
        warped=first.warped,
        source=first.source,
    )


def _pack(windows: Sequence[ElevationWindow], grid: GlobalGrid | None) -> _kernels.Terrain:
    """Lay the layers out for compiled code."""
    table = np.zeros((len(windows), _kernels.TABLE_WIDTH))
    offset = 0
    for row, window in zip(table, windows, strict=True):
        sin_lat, cos_lat = _sin_cos(window.centre_lat)
        sin_lon, cos_lon = _sin_cos(window.centre_lon)
        row[_kernels.EAST : _kernels.NORTH] = -sin_lon, cos_lon, 0.0
        row[_kernels.NORTH : _kernels.UP] = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
        row[_kernels.UP : _kernels.TO_PIXEL] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
        row[_kernels.TO_PIXEL : _kernels.STEP] = window.to_pixel
        row[_kernels.STEP] = window.pixel / _kernels.STEPS_PER_PIXEL / MOON_RADIUS
        row[_kernels.OFFSET :] = offset, *window.heights.shape
        offset += window.heights.size
    # One window, the common case after joining, is used in place; float32 throughout keeps large ones small.
    flat = (
        np.ascontiguousarray(windows[0].heights).ravel()
        if len(windows) == 1
        else np.concatenate([np.zeros(0, np.float32), *(window.heights.ravel() for window in windows)])
    )
    heights = np.zeros((0, 0), np.float32) if grid is None else np.ascontiguousarray(grid.heights)
    tops = [float(np.nanmax(window.heights)) for window in windows]
    tops += [0.0] if grid is None and not windows else []
    tops += [] if grid is None else [float(heights.max())]
    north, south = (0.0, 0.0) if grid is None else (float(heights[i].mean(dtype=float)) for i in (0, -1))
    return _kernels.Terrain(heights, flat, table, max(tops), north, south)


def _sin_cos(angle: float) -> tuple[float, float]:
    """Sine and cosine, exact at the pole so that its rasters are not tilted by rounding."""
    if abs(angle) == math.pi / 2:
        return math.copysign(1.0, angle), 0.0
    return math.sin(angle), math.cos(angle)
