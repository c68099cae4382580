"""How high the ground stands at most in parts of the sky around a site: where a march along a ray may end."""

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.terrain import _kernels
from moonstation.terrain.elevation import ElevationModel

SECTORS = 72
"""Parts of the circle."""

EDGES = np.append(1e3 * 1.15 ** np.arange(57) / MOON_RADIUS, 0.5 * math.pi)
"""Arc distances between which the greatest height is kept [rad]; nearer ground is always looked at."""

GRID_BLOCK, WINDOW_BLOCK, MOST_BLOCKS = 4, 16, 65_536
"""Pixels along a side of what is put together: at least that many, and more where there would be too many blocks."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of pixels of all layers of a model.

    Attributes
    ----------
    centre : ndarray, shape (n, 3)
        Unit vectors, ME.
    radius : ndarray, shape (n,)
        Arc from the centre to the farthest corner [rad].
    highest : ndarray, shape (n,)
        Greatest height [m] that bilinear means in the block can have.
    windows : int
        So many of them, the first ones, are of windows.
    """

    centre: FloatArray
    radius: FloatArray
    highest: FloatArray
    windows: int


_KEPT: WeakKeyDictionary[ElevationModel, Blocks] = WeakKeyDictionary()


def ceilings(model: ElevationModel, frame: FloatArray) -> tuple[FloatArray, AnyArray]:
    """Greatest height of the ground [m] by direction and distance, and whether only the global grid speaks there.

    Parameters
    ----------
    model : ElevationModel
        Terrain; its blocks are put together at the first call.
    frame : ndarray, shape (3, 3)
        Rows east, north and up at the site, ME.

    Returns
    -------
    ceiling, plain : ndarray, shape (SECTORS, len(EDGES) - 1)
        Sector i begins at azimuth 2 pi i / SECTORS. -inf where no ground is known.
    """
    blocks = _KEPT.get(model)
    if blocks is None:
        blocks = _KEPT[model] = _blocks(model)
    ceiling = np.full((SECTORS, len(EDGES) - 1), -np.inf)
    plain = np.ones(ceiling.shape, bool)
    _kernels.gather(
        frame, blocks.centre, blocks.radius, blocks.highest, blocks.windows, EDGES, ceiling, plain
    )
    return ceiling, plain


def _blocks(model: ElevationModel) -> Blocks:
    terrain = model.terrain
    highest, points = [], []
    for row, layer in zip(terrain.table, model.layers, strict=False):
        side = max(WINDOW_BLOCK, math.ceil(math.sqrt(layer.heights.size / MOST_BLOCKS)))
        highest.append(_greatest(layer.heights, side))
        points.append(_window_points(row, *_half_blocks(highest[-1], side)))
    windows = sum(int((part > -np.inf).sum()) for part in highest)
    if terrain.grid.size:
        rows, columns = terrain.grid.shape
        # around the antimeridian, and to the poles, half a pixel beyond the first and last rows
        wide = np.concatenate([terrain.grid, terrain.grid[:, :1]], axis=1)
        north, south = (np.full((1, columns + 1), end, np.float32) for end in (terrain.north, terrain.south))
        highest.append(_greatest(np.concatenate([north, wide, south]), GRID_BLOCK))
        row_at, column_at = _half_blocks(highest[-1], GRID_BLOCK)
        lat = 0.5 * math.pi - (np.clip(row_at - 1.0, -0.5, rows - 0.5) + 0.5) * (math.pi / rows)
        lon = (column_at + 0.5) * (2.0 * math.pi / columns) - math.pi
        points.append(np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1))
    centre = np.concatenate([part[1::2, 1::2].reshape(-1, 3) for part in points])
    radius = np.concatenate([_radius(part).ravel() for part in points])
    height = np.concatenate([part.ravel() for part in highest]).astype(float)
    known = height > -np.inf
    return Blocks(centre[known], radius[known], height[known], windows)


def _greatest(heights: AnyArray, side: int) -> AnyArray:
    """Greatest height in blocks of cells: a cell lies between four pixels, so neighbours share the pixels between."""
    rows, columns = (math.ceil((n - 1) / side) for n in heights.shape)
    whole = np.full((rows * side + 1, columns * side + 1), -np.inf, np.float32)
    whole[: heights.shape[0], : heights.shape[1]] = np.where(np.isnan(heights), -np.inf, heights)
    tall = np.maximum(whole[:-1].reshape(rows, side, -1).max(axis=1), whole[side::side])
    return np.asarray(np.maximum(tall[:, :-1].reshape(rows, columns, side).max(axis=2), tall[:, side::side]))


def _half_blocks(highest: AnyArray, side: int) -> tuple[FloatArray, FloatArray]:
    """Row and column of the corners, middles of sides and middles of blocks."""
    row, column = (0.5 * side * np.arange(2 * n + 1) for n in highest.shape)
    rows, columns = np.meshgrid(row, column, indexing="ij")
    return rows, columns


def _window_points(table: FloatArray, row: FloatArray, column: FloatArray) -> FloatArray:
    """Unit vectors of places in a window, given by a row of `Terrain.table` (inverse of `_kernels.sample`)."""
    to_pixel = table[_kernels.TO_PIXEL : _kernels.TO_PIXEL + 6].reshape(2, 3)
    offset = np.stack([column - to_pixel[0, 2], row - to_pixel[1, 2]], axis=-1)
    plane = offset @ np.linalg.inv(to_pixel[:, :2]).T / (2.0 * MOON_RADIUS)
    square = (plane**2).sum(axis=-1, keepdims=True)
    local = np.concatenate([2.0 * plane, 1.0 - square], axis=-1) / (1.0 + square)
    result: FloatArray = local @ table[:9].reshape(3, 3)
    return result


def _radius(points: FloatArray) -> FloatArray:
    """Arc from the middle of each block to the farthest of its corners and middles of sides, and 2 % more."""
    middle = points[1::2, 1::2]
    chord = np.zeros(middle.shape[:2])
    for i in range(3):
        for j in range(3):
            around = points[i : points.shape[0] - 2 + i : 2, j : points.shape[1] - 2 + j : 2]
            chord = np.maximum(chord, np.linalg.norm(around - middle, axis=-1))
    return 1.02 * 2.0 * np.arcsin(np.minimum(0.5 * chord, 1.0))
