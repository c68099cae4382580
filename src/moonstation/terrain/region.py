"""The lattice of a map: square pixels on a stereographic plane, cut into tiles."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.formats.map_raster import Frame
from moonstation.terrain.elevation import ElevationModel

POLAR = 60.0
"""Maps about a place from this latitude on are polar stereographic, others stereographic about their middle [deg]."""

LATTICE = 65
"""Places along a side by which a map and a window of terrain are compared."""

MAX_HALF_WIDTH = 900e3
"""Maps reach no further than this from their middle [m]: beyond it the plane stretches pixels by over 7 %."""

MOST_PIXELS = 65_536
"""Pixels along a side of a map at most: four thousand million of them are weeks of work and 16 GB a layer."""


class Tile(NamedTuple):
    """A part of a map: its first row and column, and how many of each."""

    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True)
class MapGrid(Frame):
    """Pixels of a map on the ground of the Moon.

    Attributes
    ----------
    lat_deg, lon_deg : float
        Centre of the stereographic plane [deg], ME; -90 or 90 for a polar map (then longitude 0 points up in the
        south and down in the north).
    left, top : float
        Outer edges of the first column and row in the plane [m].
    pixel : float
        Size of a pixel in the plane [m]; on the ground it is 1 / (1 + (rho / 2R)^2) of that at distance rho from the
        centre.
    rows, columns : int
        Size.
    """

    @property
    def axes(self) -> FloatArray:
        """Unit vectors right, up (in the plane) and zenith at the centre, as rows, ME; shape (3, 3)."""
        lat, lon = math.radians(self.lat_deg), math.radians(self.lon_deg)
        sin_lat, cos_lat = math.sin(lat), 0.0 if abs(self.lat_deg) == 90.0 else math.cos(lat)
        sin_lon, cos_lon = math.sin(lon), math.cos(lon)
        return np.array(
            [
                [-sin_lon, cos_lon, 0.0],
                [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
                [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
            ]
        )

    def directions(self, x: ArrayLike, y: ArrayLike) -> FloatArray:
        """Unit vectors to points of the plane [m], ME, shape (..., 3).

        Inverse of the stereographic projection of the sphere (Snyder 1987, eq. 21-2 to 21-4).
        """
        x, y = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        return _off_plane(x, y, self.axes)

    def plane(self, directions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points of the plane [m] towards unit vectors of shape (..., 3), ME."""
        local = np.asarray(directions @ self.axes.T, dtype=np.float64)
        scale = 2.0 * MOON_RADIUS / (1.0 + local[..., 2])
        return np.asarray(scale * local[..., 0]), np.asarray(scale * local[..., 1])

    def pixel_centres(self, tile: Tile) -> tuple[FloatArray, FloatArray]:
        """Plane coordinates of the columns and of the rows of a tile [m]."""
        x: FloatArray = (
            self.left + (tile.column + np.arange(tile.columns, dtype=np.float64) + 0.5) * self.pixel
        )
        y: FloatArray = self.top - (tile.row + np.arange(tile.rows, dtype=np.float64) + 0.5) * self.pixel
        return x, y

    def lat_lon(self, row: ArrayLike, column: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude [deg] of pixel centres."""
        x = self.left + (np.asarray(column, dtype=float) + 0.5) * self.pixel
        y = self.top - (np.asarray(row, dtype=float) + 0.5) * self.pixel
        p = self.directions(x, y)
        lat = np.degrees(np.arctan2(p[..., 2], np.hypot(p[..., 0], p[..., 1])))
        return lat, np.degrees(np.arctan2(p[..., 1], p[..., 0]))

    def disc(self, tile: Tile, margin: float) -> tuple[float, float, float]:
        """Latitude and longitude [deg] of the middle of a tile, and how far [m] it reaches with a margin of pixels."""
        middle = tile.row + 0.5 * (tile.rows - 1), tile.column + 0.5 * (tile.columns - 1)
        lat_deg, lon_deg = (float(angle) for angle in self.lat_lon(*middle))
        return lat_deg, lon_deg, (0.5 * math.hypot(tile.rows, tile.columns) + margin) * self.pixel

    def tiles(self, size: int) -> Iterator[Tile]:
        """Tiles of at most `size` x `size` pixels, row after row."""
        for row in range(0, self.rows, size):
            for column in range(0, self.columns, size):
                yield Tile(row, column, min(size, self.rows - row), min(size, self.columns - column))


def map_grid(
    model: ElevationModel,
    lat_deg: float,
    lon_deg: float,
    *,
    width: float,
    height: float,
    pixel: float | None = None,
) -> MapGrid:
    """Pixels around a place, on the lattice of the terrain under it where that has pixels of the same size.

    Parameters
    ----------
    model : ElevationModel
        Terrain that the map is made from.
    lat_deg, lon_deg : float
        Middle of the map [deg].
    width, height : float
        Size on the plane [m].
    pixel : float, optional
        Size of a pixel [m]; that of the terrain in the middle if not given.

    Raises
    ------
    RequestError
        If the size or the pixel makes no sense.
    """
    if not (-90.0 <= lat_deg <= 90.0 and -360.0 <= lon_deg <= 360.0):
        raise RequestError(
            f"middle of the map ({lat_deg:g}, {lon_deg:g} deg) is off the Moon; give -90 to 90, -180 to 360"
        )
    model = model.around(lat_deg, lon_deg, 0.0)
    size = _pixel_of(model, lat_deg, lon_deg) if pixel is None else _checked_pixel(pixel)
    for name, extent in (("width", width), ("height", height)):
        if not (math.isfinite(extent) and size <= extent <= 2.0 * MAX_HALF_WIDTH):
            raise RequestError(
                f"{name} of the map {extent / 1e3:g} km: give one pixel ({size:g} m) to {2e-3 * MAX_HALF_WIDTH:g} km"
            )
    plane = _plane(lat_deg, lon_deg, size)
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    there = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    x, y = (float(value) for value in plane.plane(there))
    return _cut(model, plane, (x - 0.5 * width, x + 0.5 * width, y - 0.5 * height, y + 0.5 * height))


def bounded_grid(
    model: ElevationModel, south: float, west: float, north: float, east: float, *, pixel: float | None = None
) -> MapGrid:
    """Pixels over all places between two latitudes and two longitudes.

    Parameters
    ----------
    model : ElevationModel
        Terrain that the map is made from.
    south, west, north, east : float
        Bounds [deg]; from west eastwards to east, -180 to 180 all around.
    pixel : float, optional
        Size of a pixel [m]; that of the terrain in the middle if not given.

    Raises
    ------
    RequestError
        If the bounds or the pixel make no sense.
    """
    if not (-90.0 <= south < north <= 90.0 and -360.0 <= west < east <= 360.0 and east - west <= 360.0):
        raise RequestError(
            f"bounds {south:g} {west:g} {north:g} {east:g}: give south < north within -90 to 90 deg and west < east, "
            "at most a whole turn"
        )
    middle = 0.5 * (south + north)
    pole = math.copysign(90.0, middle)
    # the middle of a cap is its pole
    lat_deg = pole if east - west > 180.0 and abs(middle) >= POLAR else middle
    lon_deg = (0.5 * (west + east) + 180.0) % 360.0 - 180.0
    model = model.around(lat_deg, lon_deg, 0.0)
    size = _pixel_of(model, lat_deg, lon_deg) if pixel is None else _checked_pixel(pixel)
    plane = _plane(middle, lon_deg, size)
    lat, lon = np.meshgrid(
        np.radians(np.linspace(south, north, 41)), np.radians(np.linspace(west, east, 721))
    )
    places = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    if float((places @ plane.axes[2]).min()) < 0.5:
        raise RequestError(
            f"bounds {south:g} {west:g} {north:g} {east:g}: reach further than 60 deg from the middle of the map; cut "
            "them into smaller ones"
        )
    x, y = plane.plane(places)
    box = float(x.min()), float(x.max()), float(y.min()), float(y.max())
    if max(box[1] - box[0], box[3] - box[2]) > 2.0 * MAX_HALF_WIDTH:
        raise RequestError(
            f"bounds {south:g} {west:g} {north:g} {east:g}: wider than {2e-3 * MAX_HALF_WIDTH:g} km; cut them into "
            "smaller ones"
        )
    return _cut(model, plane, box)


def _off_plane(x: FloatArray, y: FloatArray, axes: FloatArray) -> FloatArray:
    """Unit vectors to points of the stereographic plane with these axes."""
    square = (x * x + y * y) / (4.0 * MOON_RADIUS**2)
    local = np.stack([x / MOON_RADIUS, y / MOON_RADIUS, 1.0 - square], axis=-1) / (1.0 + square)[..., None]
    result: FloatArray = local @ axes
    return result


def reaches(model: ElevationModel, grid: MapGrid) -> bool:
    """Whether any terrain but the packaged grid lies under a map, as far as lattices of places in both can tell."""
    everything = Tile(0, 0, grid.rows, grid.columns)
    near = model.around(*grid.disc(everything, 0.0))
    row, column = np.meshgrid(
        np.linspace(0, grid.rows - 1, LATTICE), np.linspace(0, grid.columns - 1, LATTICE), indexing="ij"
    )
    sizes = near.resolution(*grid.lat_lon(row, column))
    beneath = near.layers[-1].resolution if near.terrain.grid.size else math.nan
    lies = np.isfinite(sizes) & (sizes != beneath)
    return bool(lies.any()) or any(_holds(grid, window) for window in near.terrain.table)


def _holds(grid: MapGrid, window: FloatArray) -> bool:
    """Whether a lattice of places in a window (a row of the terrain's table) has one on a map."""
    row, column = np.meshgrid(
        np.linspace(0, window[17] - 1, LATTICE), np.linspace(0, window[18] - 1, LATTICE), indexing="ij"
    )
    x, y = np.linalg.solve(
        window[[9, 10, 12, 13]].reshape(2, 2),
        np.stack([column.ravel() - window[11], row.ravel() - window[14]]),
    )
    places = _off_plane(x, y, window[0:9].reshape(3, 3))
    x, y = grid.plane(places[places @ grid.axes[2] > 0.0])
    inside = (x > grid.left) & (x < grid.left + grid.columns * grid.pixel)
    return bool((inside & (y < grid.top) & (y > grid.top - grid.rows * grid.pixel)).any())


def _pixel_of(model: ElevationModel, lat_deg: float, lon_deg: float) -> float:
    """Pixel of the terrain at a place [m]."""
    size = float(model.resolution(lat_deg, lon_deg))
    if not math.isfinite(size):
        raise RequestError(
            "no terrain is known in the middle of the map; give a --terrain that covers it, or a --pixel"
        )
    if len(model.layers) > 1 and model.terrain.grid.size and size == model.layers[-1].resolution:
        raise RequestError(
            f"the terrain given ({model.description}) does not hold the middle of the map; give a --terrain that does, "
            "or a --pixel"
        )
    return size


def _checked_pixel(size: float) -> float:
    if not (math.isfinite(size) and size > 0.0):
        raise RequestError(f"pixel of {size:g} m: give one above zero")
    return size


def _plane(lat_deg: float, lon_deg: float, pixel: float) -> MapGrid:
    polar = abs(lat_deg) >= POLAR
    return MapGrid(
        math.copysign(90.0, lat_deg) if polar else lat_deg, 0.0 if polar else lon_deg, 0.0, 0.0, pixel, 1, 1
    )


def _cut(model: ElevationModel, plane: MapGrid, box: tuple[float, float, float, float]) -> MapGrid:
    """Pixels over left, right, bottom and top [m] of a plane; nodes of the terrain become pixel centres."""
    size = plane.pixel
    left, right, bottom, top = box
    columns, rows = (max(1, round(extent / size)) for extent in (right - left, top - bottom))
    if max(columns, rows) > MOST_PIXELS:
        raise RequestError(
            f"the map would have {columns:,} x {rows:,} pixels; give a pixel of "
            f"{_rounded_up(max(right - left, top - bottom) / MOST_PIXELS)} m or more, or a smaller region"
        )
    phase_x, phase_y = _phase(model, plane)
    left = (round((left - phase_x) / size + 0.5) - 0.5) * size + phase_x
    top = (round((top - phase_y) / size - 0.5) + 0.5) * size + phase_y
    far = max(math.hypot(left + i * columns * size, top - j * rows * size) for i in (0, 1) for j in (0, 1))
    if far > 1.5 * MAX_HALF_WIDTH:
        raise RequestError(
            f"the map reaches {far / 1e3:.0f} km from the centre of its plane; {1.5e-3 * MAX_HALF_WIDTH:g} km is the "
            "most"
        )
    return MapGrid(plane.lat_deg, plane.lon_deg, left, top, size, rows, columns)


def _rounded_up(value: float) -> str:
    """To two digits, upwards."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:.2g}"


def _phase(model: ElevationModel, plane: MapGrid) -> tuple[float, float]:
    """Where nodes of the finest layer on this plane lie, if there is one with pixels of this size or a part of it."""
    for row in model.terrain.table:
        same = np.allclose(row[0:9].reshape(3, 3), plane.axes, atol=1e-9)
        square = (
            row[10] == 0.0
            and row[12] == 0.0
            and row[9] > 0.0
            and math.isclose(row[9], -row[13], rel_tol=1e-9)
        )
        ratio = plane.pixel * row[9]
        if same and square and ratio > 0.99 and math.isclose(ratio, round(ratio), rel_tol=1e-6):
            return float(-row[11] / row[9]), float(-row[14] / row[13])
    return 0.0, 0.0
