"""Horizons of all pixels of a tile at once, by sweeping lines over it with the hull of the ground ahead."""

import math
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.terrain import _kernels, _sweep_kernels
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import MapGrid, Tile
from moonstation.terrain.threads import in_threads

NEAR_PIXELS = 20.0
"""Up to here every pixel has rays of its own; from here on it shares the lines of the sweep."""

NEAR_STEPS = ((1.5, 0.125), (6.0, 0.25), (10.0, 0.5), (math.inf, 1.0))
"""Up to which distance the samples of the near field are how far apart [pixels]."""

LEVEL_PIXELS = 128
"""The first level reaches this far beyond a tile [pixels], each further one twice as far with pixels twice as wide."""

MARGIN = 8
"""Pixels by which patches are larger than what is read of them: strips at corners begin just outside the tile."""


BAND_NODES = 1_000_000
"""Nodes of a patch that are sampled at a time: 100 MB of vectors on the way."""


@dataclass(frozen=True, eq=False)
class TileGround:
    """The terrain that the horizons of a tile need.

    Attributes
    ----------
    tile : Tile
        The part of the map.
    frame : ndarray, shape (3, 3)
        Rows right, up (in the plane) and zenith at the middle of the tile, ME: axes of the gnomonic plane.
    plane : ndarray, shape (rows, columns, 2)
        Pixels in the gnomonic plane, in units of the Moon's radius.
    ground : ndarray, shape (rows, columns)
        Height of the ground [m]; NaN where not known.
    slope : ndarray, shape (rows, columns)
        Steepness of the ground [rad], from the neighbours on either side.
    pixels : ndarray, shape (rows, columns)
        Pixel of the terrain that speaks for each place [m]; NaN where none does.
    resolution : float
        The finest of them [m]; half of it is how far from each pixel its horizon begins.
    """

    tile: Tile
    frame: FloatArray
    plane: FloatArray
    ground: FloatArray
    slope: FloatArray
    pixels: FloatArray
    resolution: float
    _flat: AnyArray
    _table: FloatArray
    _turn: FloatArray
    _phases: AnyArray
    _corner: tuple[int, int]
    _stride: int
    _scale: float
    _spacing: float
    _beyond: FloatArray
    _ends: IntArray

    def azimuth(self, row: int, column: int, directions: int) -> FloatArray:
        """Azimuths [rad] that the directions of the sweep have at a pixel, clockwise from north, shape (n,)."""
        x, y = self.plane[row, column]
        place = np.array([x, y, 1.0]) @ self.frame
        place /= np.linalg.norm(place)
        east = (
            np.array([-place[1], place[0], 0.0])
            if math.hypot(place[0], place[1]) > 0
            else np.array([0, 1.0, 0])
        )
        east /= np.linalg.norm(east)
        way = sweep_directions(directions) @ self.frame[:2]
        return np.asarray(np.arctan2(way @ east, way @ np.cross(place, east)) % (2.0 * math.pi))


def sweep_directions(count: int) -> FloatArray:
    """Unit vectors of the directions of a sweep: right, up in the plane of a tile, counter-clockwise; (n, 2)."""
    angle = np.arange(count) * (2.0 * math.pi / count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def tile_ground(model: ElevationModel, grid: MapGrid, tile: Tile) -> TileGround:
    """Sample the terrain that the horizons of a tile need, coarser with distance, as far as any can be seen.

    Parameters
    ----------
    model : ElevationModel
        Terrain.
    grid : MapGrid
        The map.
    tile : Tile
        The part of it.

    Notes
    -----
    Memory depends on the size of the tile only. Beyond the tile the ground is sampled every 1/128 to 1/64 of the
    distance from its edge. The reach is that of a line of sight that grazes the lowest ground of the model between the
    highest observer and the highest ground, so nothing that can be seen is left out.
    """
    model = model.around(*grid.disc(tile, LEVEL_PIXELS + MARGIN))
    x, y = grid.pixel_centres(tile)
    middle_x, middle_y = 0.5 * (x[0] + x[-1]), 0.5 * (y[0] + y[-1])
    scale = 1.0 + (middle_x**2 + middle_y**2) / (4.0 * MOON_RADIUS**2)
    zenith = grid.directions(middle_x, middle_y)
    right = grid.directions(middle_x + 1.0, middle_y) - grid.directions(middle_x - 1.0, middle_y)
    right -= zenith * (right @ zenith)
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(zenith, right), zenith])
    points = grid.directions(*np.meshgrid(x, y))
    local = points @ frame.T
    plane = np.ascontiguousarray(local[..., :2] / local[..., 2:])
    ground, layers = _sample(model, points)
    sizes = np.array([layer.resolution for layer in model.layers] + [math.nan])
    pixels = sizes[layers]
    resolution = float(np.nanmin(pixels)) if np.isfinite(pixels).any() else grid.pixel
    # whole nodes of the patch from pixel to pixel, so that all of them stand on nodes
    stride = max(1, min(8, round(grid.pixel / resolution)))
    spacing = grid.pixel / (MOON_RADIUS * scale)
    reach = math.tan(min(1.0, _reach(model)))
    # on terrain much coarser than the map, horizons begin far out; the first patch has to hold that too
    near = math.ceil(0.5 * resolution / (MOON_RADIUS * spacing)) + MARGIN
    beyond = [spacing * np.arange(1, max(LEVEL_PIXELS, near) + 1)]
    while beyond[-1][-1] < reach:
        step = spacing * 2 ** len(beyond)
        beyond.append(beyond[-1][-1] + step * np.arange(1, LEVEL_PIXELS // 2 + 1))
    patches, table = [], np.zeros((len(beyond), _sweep_kernels.PATCH_WIDTH))
    start = 0
    for level, distances in enumerate(beyond):
        # the first patch is finer than the map where the terrain is; it serves the near field too
        node = grid.pixel / stride if level == 0 else grid.pixel * 2**level
        left, right_, bottom, top = _box(grid, frame, plane, float(distances[-1]))
        margin = MARGIN * max(grid.pixel, node)
        column0 = math.floor((left - margin - x[0]) / node)
        row0 = math.floor((y[0] - top - margin) / node)
        columns = math.ceil((right_ + margin - x[0]) / node) - column0 + 1
        rows = math.ceil((y[0] - bottom + margin) / node) - row0 + 1
        px, py = x[0] + (column0 + np.arange(columns)) * node, y[0] - (row0 + np.arange(rows)) * node
        patch = _patch(model, grid, px, py)
        table[level] = px[0], py[0], node, start, rows, columns
        patches.append(patch)
        start += patch.size
        if level == 0:
            corner = (-row0, -column0)
    slope = _slope(patches[0], corner, stride, tile, 2.0 * grid.pixel / scale)
    return TileGround(
        tile=tile,
        frame=frame,
        plane=plane,
        ground=ground,
        slope=slope,
        pixels=pixels,
        resolution=resolution,
        _flat=np.concatenate([patch.ravel() for patch in patches]),
        _table=table,
        _turn=np.ascontiguousarray(grid.axes @ frame.T),
        _phases=_phases(patches[0], stride),
        _corner=corner,
        _stride=stride,
        _scale=scale * MOON_RADIUS / grid.pixel,
        _spacing=spacing,
        _beyond=np.concatenate(beyond),
        _ends=np.cumsum([0, *(len(part) for part in beyond)]),
    )


def tile_horizons(
    ground: TileGround, height: float, directions: int, *, threads: int | None = None
) -> AnyArray:
    """Elevation of the horizon of every pixel of a tile in every direction of a sweep.

    Parameters
    ----------
    ground : TileGround
        Terrain of the tile.
    height : float
        Of the observers above the ground [m].
    directions : int
        Number of directions (`sweep_directions`).
    threads : int, optional
        One a processor if not given; the result does not depend on it.

    Returns
    -------
    ndarray of float32, shape (directions, rows, columns)
        [rad]; NaN where no terrain is known.

    Raises
    ------
    RequestError
        If the height is negative or there are fewer than four directions.

    Notes
    -----
    Convex hull along lines: Dozier, Bruno and Downey 1981, Comput. Geosci. 7, 145-151; Timonen and Westerholm 2010,
    Comput. Graph. Forum 29(2), 469-476. `docs/decisions/0004-sweep-horizons.md` gives the near field.
    """
    if not (math.isfinite(height) and height >= 0.0):
        raise RequestError(f"height {height:g} m: give one of 0 m or more above the ground")
    if directions < 4:
        raise RequestError(f"directions = {directions}: a horizon needs at least 4 (360 is usual)")
    result = np.empty((directions, ground.tile.rows, ground.tile.columns), np.float32)
    radius = MOON_RADIUS + ground.ground + height
    gx, gy = (np.ascontiguousarray(ground.plane[..., axis]) for axis in (0, 1))
    reduced = radius / np.sqrt(1.0 + gx * gx + gy * gy)
    distance = _near_distances(ground)
    arc = distance / ground._scale
    ways = sweep_directions(directions)

    def work(j: int) -> None:
        near = np.stack(
            [
                distance * ways[j, 0] * ground._stride,
                -distance * ways[j, 1] * ground._stride,
                np.cos(arc),
                np.sin(arc),
            ],
            axis=1,
        )
        _sweep_kernels.near_field(ground._phases, *ground._corner, near, radius, result[j])
        _sweep_kernels.sweep(
            ways[j],
            ground._flat,
            ground._table,
            ground._turn,
            gx,
            gy,
            reduced,
            ground._spacing,
            float(distance[-1]),
            ground._beyond,
            ground._ends,
            result[j],
        )

    in_threads(work, range(directions), threads)
    result[:, np.isnan(ground.ground)] = np.nan
    return result


def _near_distances(ground: TileGround) -> FloatArray:
    """Distances of the samples of the near field [pixels]: from half a pixel of the terrain, wider with distance."""
    # for pixels finer than the terrain the start is further out than one of them, as it is for a single site
    start = 0.5 * ground.resolution / MOON_RADIUS * ground._scale
    distances = [start]
    while distances[-1] < max(NEAR_PIXELS, start + 4.0):
        reached = distances[-1]
        distances.append(reached + next(step for end, step in NEAR_STEPS if reached < end))
    return np.array(distances)


def _reach(model: ElevationModel) -> float:
    """Longest arc over which ground of the model can see ground of the model [rad]."""
    lowest = min(float(np.nanmin(layer.heights)) for layer in model.layers)
    return 2.0 * math.acos((MOON_RADIUS + lowest) / (MOON_RADIUS + model.highest + 100.0))


def _patch(model: ElevationModel, grid: MapGrid, x: FloatArray, y: FloatArray) -> AnyArray:
    """Heights at the nodes of a lattice of the map's plane, a band of rows at a time to keep memory small."""
    patch = np.empty((y.size, x.size), np.float32)
    band = max(1, BAND_NODES // x.size)
    for first in range(0, y.size, band):
        rows = slice(first, first + band)
        patch[rows] = _sample(model, grid.directions(*np.meshgrid(x, y[rows])))[0]
    return patch


def _sample(model: ElevationModel, points: FloatArray) -> tuple[FloatArray, IntArray]:
    flat = np.ascontiguousarray(points.reshape(-1, 3))
    heights = np.empty(len(flat))
    layers = np.empty(len(flat), np.int64)
    _kernels.sample_points(model.terrain, flat, heights, layers)
    return heights.reshape(points.shape[:-1]), layers.reshape(points.shape[:-1])


def _box(
    grid: MapGrid, frame: FloatArray, plane: FloatArray, distance: float
) -> tuple[float, float, float, float]:
    """Left, right, bottom and top on the map's plane [m] of all within a distance of a tile."""
    angle = np.linspace(0.0, 2.0 * math.pi, 65)
    # a circle through 64 points has its corners a little further out
    ring = 1.002 * distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corners = plane[[0, 0, -1, -1], [0, -1, 0, -1]]
    edge = (corners[:, None] + ring).reshape(-1, 2)
    points = np.column_stack([edge, np.ones(len(edge))]) @ frame
    x, y = grid.plane(points / np.linalg.norm(points, axis=1)[:, None])
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def _phases(patch: AnyArray, stride: int) -> AnyArray:
    """A patch as (s, s, rows, columns): element [i, j] holds every s-th row from i and column from j."""
    rows, columns = (stride * math.ceil(n / stride) for n in patch.shape)
    whole = np.full((rows, columns), np.nan, np.float32)
    whole[: patch.shape[0], : patch.shape[1]] = patch
    parts = whole.reshape(rows // stride, stride, columns // stride, stride)
    return np.ascontiguousarray(parts.transpose(1, 3, 0, 2))


def _slope(patch: AnyArray, corner: tuple[int, int], stride: int, tile: Tile, run: float) -> FloatArray:
    """Steepness [rad] from the ground one pixel away on either side, `run` [m] apart."""
    rows = corner[0] + np.arange(-1, tile.rows + 1) * stride
    columns = corner[1] + np.arange(-1, tile.columns + 1) * stride
    z = patch[np.ix_(rows, columns)].astype(float)
    right = (z[1:-1, 2:] - z[1:-1, :-2]) / run
    down = (z[2:, 1:-1] - z[:-2, 1:-1]) / run
    return np.asarray(np.arctan(np.hypot(right, down)))
