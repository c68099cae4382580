"""Compiled loops of the terrain room: sampling layers and marching along rays. SI and radians."""

from typing import NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS

R = MOON_RADIUS
HALF_PI = 0.5 * np.pi
GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)

# Columns of `Terrain.table`, one row per window.
EAST, NORTH, UP, TO_PIXEL, STEP, OFFSET, ROWS, COLUMNS, TABLE_WIDTH = 0, 3, 6, 9, 15, 16, 17, 18, 19

STEPS_PER_PIXEL = 4.0
"""Samples per pixel along a ray. Measured in tests/terrain/test_horizons.py against finer marches."""

NEAR_ANGLE = 0.01
"""Close to the site steps also stay below this share of the distance, for there a metre makes a degree ..."""

NEAR_FINEST = 0.0625
"""... but never below this share of the step that the layer asks for."""

NARROWEST = 0.02
"""Columns of the global grid converge at the poles; steps shrink with them down to this share of a row."""

REFINEMENTS = 30
"""Golden-section steps between neighbours of the best sample: they shrink the bracket 2e6 times."""

FAR = 0.3
"""Beyond this arc [rad] `gather` keeps one height for all directions, and takes windows to be anywhere."""

EXACT_EVERY = 256
"""Steps after which the rotation along the ray is computed afresh, to keep rounding below a micrometre."""


class Terrain(NamedTuple):
    """What compiled code needs of an elevation model.

    Attributes
    ----------
    grid : ndarray of float32, shape (rows, columns)
        Global heights [m], row 0 at the north pole, column 0 at longitude -180 deg; shape (0, 0) if there is
        none.
    flat : ndarray of float32, shape (n,)
        The pixels of all windows [m], one window after the other.
    table : ndarray, shape (windows, 19)
        Finest first: unit vectors east, north, up of the centre, the six terms to pixels, the step of a ray
        [rad], and where the pixels start in `flat`, rows and columns.
    highest : float
        Greatest height in any layer [m].
    north, south : float
        Heights of the poles in the global grid [m].
    """

    grid: AnyArray
    flat: AnyArray
    table: FloatArray
    highest: float
    north: float
    south: float


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def sample_grid(terrain: Terrain, x: float, y: float, z: float) -> float:
    """Bilinear height [m] of the global grid towards (x, y, z), across the antimeridian and the poles.

    A pole lies half a pixel beyond the last row and has the mean height of that row, so that the ground
    there does not depend on the longitude by which the pole is named.
    """
    grid = terrain.grid
    rows, columns = grid.shape
    row = (HALF_PI - np.arctan2(z, np.hypot(x, y))) * (rows / np.pi) - 0.5
    column = (np.arctan2(y, x) + np.pi) * (columns / (2.0 * np.pi)) - 0.5
    r0 = int(np.floor(row))
    c0 = int(np.floor(column))
    u = column - c0
    v = row - r0
    west = c0 % columns
    east = (c0 + 1) % columns
    if r0 < 0:
        bottom = (1.0 - u) * grid[0, west] + u * grid[0, east]
        return float(terrain.north + (2.0 * v - 1.0) * (bottom - terrain.north))
    top = (1.0 - u) * grid[r0, west] + u * grid[r0, east]
    if r0 + 1 >= rows:
        return float(top + 2.0 * v * (terrain.south - top))
    bottom = (1.0 - u) * grid[r0 + 1, west] + u * grid[r0 + 1, east]
    return float((1.0 - v) * top + v * bottom)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def sample(terrain: Terrain, x: float, y: float, z: float) -> tuple[float, int]:
    """Height [m] in the direction (x, y, z) and the layer it comes from (-1 and NaN where nothing is known).

    The finest layer whose four neighbours are all known serves the sample; a NaN among them spoils the sum,
    which is how such a layer is passed over. The global grid counts as the last layer.
    """
    table = terrain.table
    for i in range(table.shape[0]):
        q = 2.0 * R / (1.0 + x * table[i, 6] + y * table[i, 7] + z * table[i, 8])
        px = q * (x * table[i, 0] + y * table[i, 1] + z * table[i, 2])
        py = q * (x * table[i, 3] + y * table[i, 4] + z * table[i, 5])
        column = table[i, 9] * px + table[i, 10] * py + table[i, 11]
        row = table[i, 12] * px + table[i, 13] * py + table[i, 14]
        rows = table[i, 17]
        columns = table[i, 18]
        if row >= 0.0 and column >= 0.0 and row <= rows - 1.0 and column <= columns - 1.0:
            r0 = min(int(row), int(rows) - 2)
            c0 = min(int(column), int(columns) - 2)
            v = row - r0
            u = column - c0
            width = int(columns)
            k = int(table[i, 16]) + r0 * width + c0
            flat = terrain.flat
            top = (1.0 - u) * flat[k] + u * flat[k + 1]
            bottom = (1.0 - u) * flat[k + width] + u * flat[k + width + 1]
            height = (1.0 - v) * top + v * bottom
            if height == height:
                return height, i
    if terrain.grid.shape[0] > 0:
        return sample_grid(terrain, x, y, z), table.shape[0]
    return np.nan, -1


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def sample_points(terrain: Terrain, points: FloatArray, heights: FloatArray, layers: IntArray) -> None:
    """Fill `heights` [m] and `layers` for unit vectors `points`, shape (n, 3), ME frame."""
    for i in range(points.shape[0]):
        heights[i], layers[i] = sample(terrain, points[i, 0], points[i, 1], points[i, 2])


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def ray_step(terrain: Terrain, layer: int, blind: float, x: float, y: float) -> float:
    """Step of a ray [rad] in a layer: a fixed share of the pixel, in the global grid of its narrower side."""
    if layer < 0:
        return blind
    if layer < terrain.table.shape[0]:
        return float(terrain.table[layer, 15])
    side = max(np.hypot(x, y), NARROWEST)
    return float(side * np.pi / (terrain.grid.shape[0] * STEPS_PER_PIXEL))


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def slope_at(
    terrain: Terrain, site: FloatArray, tx: float, ty: float, tz: float, d: float, observer: float
) -> float:
    """Tangent of the elevation of the ground at arc distance d [rad] seen from the radius `observer` [m]."""
    c = np.cos(d)
    s = np.sin(d)
    height, layer = sample(terrain, c * site[0] + s * tx, c * site[1] + s * ty, c * site[2] + s * tz)
    if layer < 0:
        return -np.inf
    return float(((R + height) * c - observer) / ((R + height) * s))


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def gather(
    frame: FloatArray,
    centre: FloatArray,
    radius: FloatArray,
    highest: FloatArray,
    windows: int,
    edges: FloatArray,
    ceiling: FloatArray,
    plain: AnyArray,
) -> None:
    """Raise `ceiling`, shape (sectors, rings), to the heights of all blocks that reach into a sector and ring.

    Parameters
    ----------
    frame : ndarray, shape (3, 3)
        Rows east, north and up at the site, ME.
    centre : ndarray, shape (n, 3)
        Blocks: unit vectors of their middles, ME.
    radius, highest : ndarray, shape (n,)
        Their radii [rad] and heights [m].
    windows : int
        So many blocks, the first ones, are of windows.
    edges : ndarray, shape (rings + 1,)
        Arc distances between which rings lie [rad].
    plain : ndarray of bool, shape (sectors, rings)
        Made False where such a block reaches.
    """
    sectors, rings = ceiling.shape
    per = sectors / (2.0 * np.pi)
    beyond = -np.inf
    for i in range(centre.shape[0]):
        east = frame[0, 0] * centre[i, 0] + frame[0, 1] * centre[i, 1] + frame[0, 2] * centre[i, 2]
        north = frame[1, 0] * centre[i, 0] + frame[1, 1] * centre[i, 1] + frame[1, 2] * centre[i, 2]
        up = frame[2, 0] * centre[i, 0] + frame[2, 1] * centre[i, 1] + frame[2, 2] * centre[i, 2]
        if up < np.cos(FAR + radius[i]):
            # hardly ever seen: one height for all directions does
            beyond = max(beyond, highest[i])
            continue
        level = np.hypot(east, north)
        distance = np.arctan2(level, up)
        first = max(np.searchsorted(edges, distance - radius[i], side="right") - 1, 0)
        last = min(np.searchsorted(edges, distance + radius[i], side="right") - 1, rings - 1)
        if last < 0 or distance - radius[i] > edges[rings]:
            continue
        # how far a circle of that radius reaches to either side, seen from the site
        begin = 0
        count = sectors
        if distance > radius[i] and np.sin(radius[i]) < level:
            half = np.arcsin(np.sin(radius[i]) / level) + 1e-9
            azimuth = np.arctan2(east, north)
            begin = int(np.floor((azimuth - half) * per))
            count = min(int(np.floor((azimuth + half) * per)) - begin + 1, sectors)
        for sector in range(begin, begin + count):
            for ring in range(first, last + 1):
                ceiling[sector % sectors, ring] = max(ceiling[sector % sectors, ring], highest[i])
                if i < windows:
                    plain[sector % sectors, ring] = False
    for ring in range(rings):
        if edges[ring + 1] > FAR:
            for sector in range(sectors):
                ceiling[sector, ring] = max(ceiling[sector, ring], beyond)
                plain[sector, ring] = False


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def any_matters(low: float, high: float, radius: float, best: FloatArray, observer: FloatArray) -> bool:
    """Whether ground at `radius` [m] between two arc distances [rad] may rise above the tangents of any observer."""
    if radius == -np.inf:
        return False
    for k in range(best.shape[0]):
        # (R + h) cos d - r - best (R + h) sin d is greatest where tan d = -best
        d = min(max(np.arctan(-best[k]), low), high)
        # a millimetre for rounding
        if radius * (np.cos(d) - best[k] * np.sin(d)) > observer[k] - 1e-3:
            return True
    return False


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def march(
    terrain: Terrain,
    frame: FloatArray,
    azimuth: FloatArray,
    observer: FloatArray,
    start: float,
    blind: float,
    edges: FloatArray,
    ceiling: FloatArray,
    plain: AnyArray,
    elevation: FloatArray,
    distance: FloatArray,
) -> None:
    """Horizon of one site in many directions and for several observers above one another.

    Everything is compared as the tangent of the elevation, which grows with it and costs no trigonometry.

    Parameters
    ----------
    frame : ndarray, shape (3, 3)
        Rows east, north and up at the site, ME.
    azimuth : ndarray, shape (n,)
        [rad], clockwise from north.
    observer : ndarray, shape (k,)
        Radii of the observers [m].
    start : float
        Arc distance of the first sample [rad].
    blind : float
        Step where no layer is known [rad].
    edges, ceiling, plain : ndarray
        Of the ground around the site (`moonstation.terrain.ceilings`). A ray ends before rings in which no ground can
        stand above the horizon found so far. Within such rings, where only the global grid speaks, it steps on without
        sampling. Neither changes the answer.
    elevation, distance : ndarray, shape (k, n)
        Filled with the horizon's elevation [rad] (-pi/2 where no terrain is known at all) and arc distance
        [m].
    """
    count = observer.shape[0]
    site = frame[2]
    best = np.empty(count)
    low = np.empty(count)
    middle = np.empty(count)
    high = np.empty(count)
    sectors, rings = ceiling.shape
    has_grid = terrain.grid.shape[0] > 0
    for i in range(azimuth.shape[0]):
        ca = np.cos(azimuth[i])
        sa = np.sin(azimuth[i])
        tx = ca * frame[1, 0] + sa * frame[0, 0]
        ty = ca * frame[1, 1] + sa * frame[0, 1]
        tz = ca * frame[1, 2] + sa * frame[0, 2]
        for k in range(count):
            best[k] = -np.inf
            low[k] = start
            middle[k] = start
            high[k] = start
        d = start
        before = start
        # After a step from coarse into fine terrain the last step is walked again in fine steps up to `redo`.
        redo = 0.0
        fine = 0.0
        c = np.cos(d)
        s = np.sin(d)
        turned = 0.0
        ct = 1.0
        st = 0.0
        steps = 0
        sector = int(np.floor((azimuth[i] / (2.0 * np.pi)) % 1.0 * sectors)) % sectors
        ring = 0
        idle = False
        # the last ring that may still matter
        last = rings - 1
        while d < HALF_PI:
            if d >= edges[ring]:
                while d >= edges[ring]:
                    ring += 1
                while last >= ring - 1 and not any_matters(
                    edges[last], edges[last + 1], R + ceiling[sector, last], best, observer
                ):
                    last -= 1
                idle = (
                    has_grid
                    and plain[sector, ring - 1]
                    and not any_matters(
                        edges[ring - 1], edges[ring], R + ceiling[sector, ring - 1], best, observer
                    )
                )
            # not d: from coarse into fine ground the last step may still be walked again
            if before >= edges[last + 1]:
                break
            x = c * site[0] + s * tx
            y = c * site[1] + s * ty
            z = c * site[2] + s * tz
            if idle:
                height = -np.inf
                layer = terrain.table.shape[0]
            else:
                height, layer = sample(terrain, x, y, z)
            step = ray_step(terrain, layer, blind, x, y)
            if step < 0.5 * (d - before):
                redo = max(redo, d)
                fine = step
                d = before + step
                c = np.cos(d)
                s = np.sin(d)
                continue
            if d < redo:
                step = min(step, fine)
            step = min(step, max(NEAR_ANGLE * d, NEAR_FINEST * step))
            if layer >= 0 and not idle:
                rc = (R + height) * c
                rs = (R + height) * s
                for k in range(count):
                    if rc - observer[k] > best[k] * rs:
                        best[k] = (rc - observer[k]) / rs
                        low[k] = before
                        middle[k] = d
                        high[k] = d + step
            before = d
            d += step
            steps += 1
            if steps % EXACT_EVERY == 0:
                c = np.cos(d)
                s = np.sin(d)
            else:
                if step != turned:
                    turned = step
                    ct = np.cos(step)
                    st = np.sin(step)
                c, s = c * ct - s * st, s * ct + c * st
        for k in range(count):
            if best[k] == -np.inf:
                elevation[k, i] = -HALF_PI
                distance[k, i] = np.nan
                continue
            where = middle[k]
            a = low[k]
            b = high[k]
            da = b - GOLDEN * (b - a)
            db = a + GOLDEN * (b - a)
            fa = slope_at(terrain, site, tx, ty, tz, da, observer[k])
            fb = slope_at(terrain, site, tx, ty, tz, db, observer[k])
            for _ in range(REFINEMENTS):
                if fa > best[k]:
                    best[k] = fa
                    where = da
                if fb > best[k]:
                    best[k] = fb
                    where = db
                if fa > fb:
                    b, db, fb = db, da, fa
                    da = b - GOLDEN * (b - a)
                    fa = slope_at(terrain, site, tx, ty, tz, da, observer[k])
                else:
                    a, da, fa = da, db, fb
                    db = a + GOLDEN * (b - a)
                    fb = slope_at(terrain, site, tx, ty, tz, db, observer[k])
            elevation[k, i] = np.arctan(best[k])
            distance[k, i] = where * R
