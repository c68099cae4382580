"""Compiled loops of height errors: random fields that need no raster, and horizons on disturbed ground. SI, radians.

A field is a function of a key and a place. White error has one normal number for each pixel, laid between pixels as the
terrain is. Correlated error has one for each node of a cubic lattice in space, of edge h, spread by quadratic B-splines
and divided by the root of the sum of their squares, so that its variance is 1 everywhere; each member shifts the
lattice. Its correlation is that of two quadratic splines, a quintic one, which is a Gaussian to 0.02.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.special import ndtri

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.terrain._kernels import (
    EXACT_EVERY,
    GOLDEN,
    HALF_PI,
    NEAR_ANGLE,
    NEAR_FINEST,
    REFINEMENTS,
    R,
    Terrain,
    ray_step,
    sample,
)

EDGE = 0.97
"""Edge of the lattice in correlation lengths: there the correlation of the field is nearest to exp(-(r/L)^2)."""

BOUND = 6.0
"""Ground that could make the horizon only by an error of more than this many standard deviations is passed over."""

THINNEST = 0.1
"""Where there is no white error, one sample (the one that stands highest) is kept for this share of the shortest
correlation length."""

CELLS = 4096
_middles = ndtri((np.arange(CELLS) + 0.5) / CELLS)
NORMAL = _middles / np.sqrt(2.0 * np.mean(_middles**2))
"""Normal numbers of equal probability, scaled so that the sum of two has variance 1."""

_MASK = np.uint64(CELLS - 1)
_CELL_BITS = np.uint64(12)
_A, _B, _C = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S40 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)


class Errors(NamedTuple):
    """What compiled code needs of the height errors of a model.

    Attributes
    ----------
    white : ndarray, shape (layers,)
        Standard deviation of the white error of each layer [m], the global grid last.
    origin : ndarray of int64, shape (layers, 2)
        Row and column by which pixels are known, of the layer's first pixel.
    first : ndarray of int64, shape (layers + 1,)
        Where the correlated parts of each layer begin.
    sigma, per_edge : ndarray, shape (parts,)
        Standard deviation [m] and one over the edge of the lattice [1/m] of each correlated part.
    keys : ndarray of uint64, shape (members, layers + parts)
        Keys of the white errors, then of the correlated parts.
    shift : ndarray, shape (members, parts, 3)
        By how much each lattice is shifted, in its edges.
    """

    white: FloatArray
    origin: IntArray
    first: IntArray
    sigma: FloatArray
    per_edge: FloatArray
    keys: AnyArray
    shift: FloatArray


@njit(cache=True, nogil=True, error_model="numpy")
def mix(h: np.uint64) -> np.uint64:
    """Scramble 64 bits (splitmix64: Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195)."""
    h = (h ^ (h >> _S30)) * _M1
    h = (h ^ (h >> _S27)) * _M2
    return h ^ (h >> _S31)


@njit(cache=True, nogil=True, error_model="numpy")
def node(key: np.uint64, i: int, j: int, k: int) -> float:
    """Return the normal number of a node, of mean 0 and variance 1; at most 5.1."""
    h = mix(key + np.uint64(i) * _A + np.uint64(j) * _B + np.uint64(k) * _C)
    return float(NORMAL[h & _MASK] + NORMAL[(h >> _S40) & _MASK])


@njit(cache=True, nogil=True, error_model="numpy")
def correlated(key: np.uint64, x: float, y: float, z: float) -> float:
    """Correlated field of variance 1 at a place, in edges of its lattice."""
    i = int(np.floor(x + 0.5))
    j = int(np.floor(y + 0.5))
    k = int(np.floor(z + 0.5))
    t = x - i
    u = y - j
    v = z - k
    ax = 0.5 * (0.5 - t) * (0.5 - t)
    bx = 0.75 - t * t
    cx = 0.5 * (0.5 + t) * (0.5 + t)
    ay = 0.5 * (0.5 - u) * (0.5 - u)
    by = 0.75 - u * u
    cy = 0.5 * (0.5 + u) * (0.5 + u)
    az = 0.5 * (0.5 - v) * (0.5 - v)
    bz = 0.75 - v * v
    cz = 0.5 * (0.5 + v) * (0.5 + v)
    total = 0.0
    for n in range(-1, 2):
        wz = az if n < 0 else (bz if n == 0 else cz)
        for m in range(-1, 2):
            wy = ay if m < 0 else (by if m == 0 else cy)
            row = (
                ax * node(key, i - 1, j + m, k + n)
                + bx * node(key, i, j + m, k + n)
                + cx * node(key, i + 1, j + m, k + n)
            )
            total += wy * wz * row
    squares = (ax * ax + bx * bx + cx * cx) * (ay * ay + by * by + cy * cy) * (az * az + bz * bz + cz * cz)
    return float(total / np.sqrt(squares))


@njit(cache=True, nogil=True, error_model="numpy")
def white(
    terrain: Terrain, key: np.uint64, layer: int, row0: int, column0: int, x: float, y: float, z: float
) -> float:
    """White field of variance 1 at the pixels of a layer, bilinear between them, towards (x, y, z)."""
    table = terrain.table
    if layer < table.shape[0]:
        q = 2.0 * R / (1.0 + x * table[layer, 6] + y * table[layer, 7] + z * table[layer, 8])
        px = q * (x * table[layer, 0] + y * table[layer, 1] + z * table[layer, 2])
        py = q * (x * table[layer, 3] + y * table[layer, 4] + z * table[layer, 5])
        column = table[layer, 9] * px + table[layer, 10] * py + table[layer, 11]
        row = table[layer, 12] * px + table[layer, 13] * py + table[layer, 14]
        columns = 0
    else:
        rows, columns = terrain.grid.shape
        # beyond the last row of pixels, half a pixel from a pole, the error of that row goes on
        row = (HALF_PI - np.arctan2(z, np.hypot(x, y))) * (rows / np.pi) - 0.5
        row = min(max(row, 0.0), rows - 1.0)
        column = (np.arctan2(y, x) + np.pi) * (columns / (2.0 * np.pi)) - 0.5
    r0 = int(np.floor(row))
    c0 = int(np.floor(column))
    v = row - r0
    u = column - c0
    west = c0
    east = c0 + 1
    if columns > 0:
        west = west % columns
        east = east % columns
    r0 += row0
    west += column0
    east += column0
    top = (1.0 - u) * node(key, r0, west, 0) + u * node(key, r0, east, 0)
    bottom = (1.0 - u) * node(key, r0 + 1, west, 0) + u * node(key, r0 + 1, east, 0)
    return float((1.0 - v) * top + v * bottom)


@njit(cache=True, nogil=True, error_model="numpy")
def disturbance(
    terrain: Terrain, errors: Errors, member: int, layer: int, x: float, y: float, z: float
) -> float:
    """Error [m] of a layer's height towards (x, y, z) in one member."""
    total = 0.0
    if errors.white[layer] > 0.0:
        key = errors.keys[member, layer]
        origin = errors.origin[layer]
        total += errors.white[layer] * white(terrain, key, layer, origin[0], origin[1], x, y, z)
    layers = errors.white.shape[0]
    for part in range(errors.first[layer], errors.first[layer + 1]):
        scale = R * errors.per_edge[part]
        shift = errors.shift[member, part]
        total += errors.sigma[part] * correlated(
            errors.keys[member, layers + part],
            x * scale + shift[0],
            y * scale + shift[1],
            z * scale + shift[2],
        )
    return float(total)


@njit(cache=True, nogil=True, error_model="numpy")
def disturb_points(
    terrain: Terrain, errors: Errors, member: int, layer: int, points: FloatArray, out: FloatArray
) -> None:
    """Fill `out` with the errors [m] of a layer towards unit vectors `points`, shape (n, 3)."""
    for i in range(points.shape[0]):
        out[i] = disturbance(terrain, errors, member, layer, points[i, 0], points[i, 1], points[i, 2])


@njit(cache=True, nogil=True, error_model="numpy")
def add_errors(
    terrain: Terrain, errors: Errors, points: FloatArray, layers: IntArray, heights: FloatArray
) -> None:
    """Add the errors of the first member to `heights` [m], shape (n,), that `sample_points` found."""
    for i in range(points.shape[0]):
        if layers[i] >= 0:
            heights[i] += disturbance(terrain, errors, 0, layers[i], points[i, 0], points[i, 1], points[i, 2])


@njit(cache=True, nogil=True, error_model="numpy")
def make_keys(seeds: AnyArray, members: AnyArray, keys: AnyArray, shift: FloatArray) -> None:
    """Fill the keys of each member, shape (members, n), from one seed a column, and the shifts of the last columns."""
    parts = shift.shape[1]
    for m in range(keys.shape[0]):
        for n in range(keys.shape[1]):
            keys[m, n] = mix(mix(seeds[n] + members[m] * _A) + _B)
        for p in range(parts):
            key = keys[m, keys.shape[1] - parts + p]
            for axis in range(3):
                key = mix(key + _C)
                shift[m, p, axis] = float(key >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, error_model="numpy")
def spread(errors: Errors, layer: int, home: int, d: float) -> float:
    """Standard deviation [m] of the error of ground at arc distance d [m] less that of the observer's."""
    total = 0.0
    if layer == home:
        total += 2.0 * errors.white[layer] ** 2
        for part in range(errors.first[layer], errors.first[layer + 1]):
            apart = d * errors.per_edge[part] * EDGE
            total += 2.0 * errors.sigma[part] ** 2 * (1.0 - math.exp(-(apart**2)))
        return math.sqrt(total)
    for one in (layer, home):
        total += errors.white[one] ** 2
        for part in range(errors.first[one], errors.first[one + 1]):
            total += errors.sigma[part] ** 2
    return math.sqrt(total)


@njit(cache=True, nogil=True, error_model="numpy")
def disturbed_slope(
    terrain: Terrain,
    errors: Errors,
    member: int,
    site: FloatArray,
    tx: float,
    ty: float,
    tz: float,
    d: float,
    observer: float,
) -> float:
    """Tangent of the elevation of the disturbed ground at arc distance d [rad] from the radius `observer` [m]."""
    c = np.cos(d)
    s = np.sin(d)
    x = c * site[0] + s * tx
    y = c * site[1] + s * ty
    z = c * site[2] + s * tz
    height, layer = sample(terrain, x, y, z)
    if layer < 0:
        return -np.inf
    radius = R + height + disturbance(terrain, errors, member, layer, x, y, z)
    return float((radius * c - observer) / (radius * s))


@njit(cache=True, nogil=True, error_model="numpy")
def collect(
    terrain: Terrain,
    errors: Errors,
    site: FloatArray,
    tx: float,
    ty: float,
    tz: float,
    observer: float,
    home: int,
    start: float,
    blind: float,
) -> FloatArray:
    """Walk along a ray as `_kernels.march` does and keep the ground that may make the horizon of any member.

    Returns
    -------
    ndarray, shape (n, 7)
        Highest tangent that it may reach, arc distance, that of the samples before and after [rad], height [m], layer,
        and its tangent without error.
    """
    kept = np.empty((256, 7))
    count = 0
    layers = errors.white.shape[0]
    widest = 0.0
    shortest = np.empty(layers)
    for layer in range(layers):
        widest = max(widest, spread(errors, layer, home, np.inf))
        shortest[layer] = 0.0 if errors.white[layer] > 0.0 else np.inf
        for part in range(errors.first[layer], errors.first[layer + 1]):
            shortest[layer] = min(shortest[layer], THINNEST / (errors.per_edge[part] * EDGE) / R)
    top = R + terrain.highest
    tangent = np.arccos(top / observer) if observer > top else 0.0
    # the horizon of no member lies lower than this
    floor = -np.inf
    block = -np.inf
    d = start
    before = start
    redo = 0.0
    fine = 0.0
    c = np.cos(d)
    s = np.sin(d)
    turned = 0.0
    ct = 1.0
    st = 0.0
    steps = 0
    while d < HALF_PI:
        x = c * site[0] + s * tx
        y = c * site[1] + s * ty
        height, layer = sample(terrain, x, y, c * site[2] + s * tz)
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
        if layer >= 0:
            rs = (R + height) * s
            slope = ((R + height) * c - observer) / rs
            room = BOUND * spread(errors, layer, home, d * R) / rs
            floor = max(floor, slope - room)
            if slope + room >= floor:
                thin = min(shortest[layer], NEAR_ANGLE * d)
                last = count - 1
                if count > 0 and d - block < thin and kept[last, 5] == layer:
                    put = last if slope > kept[last, 6] else -1
                else:
                    put = count
                    count += 1
                    block = d
                    if count > kept.shape[0]:
                        longer = np.empty((2 * kept.shape[0], 7))
                        for n in range(kept.shape[0]):
                            for column in range(7):
                                longer[n, column] = kept[n, column]
                        kept = longer
                if put >= 0:
                    kept[put, 0] = slope + room
                    kept[put, 1] = d
                    kept[put, 2] = before
                    kept[put, 3] = d + step
                    kept[put, 4] = height
                    kept[put, 5] = layer
                    kept[put, 6] = slope
        if d >= tangent and top * c - observer + BOUND * widest <= floor * top * s:
            break
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
    order = np.argsort(kept[:count, 0])
    found = np.empty((count, 7))
    left = 0
    # loops, for indexing by arrays takes seconds to compile
    for n in range(count - 1, -1, -1):
        if kept[order[n], 0] < floor:
            break
        for column in range(7):
            found[left, column] = kept[order[n], column]
        left += 1
    return found[:left]


@njit(cache=True, nogil=True, error_model="numpy")
def disturbed_march(
    terrain: Terrain,
    errors: Errors,
    frame: FloatArray,
    azimuth: FloatArray,
    observer: float,
    home: int,
    ground: FloatArray,
    start: float,
    blind: float,
    elevation: FloatArray,
) -> None:
    """Horizons of one site in many directions on the ground of every member.

    Parameters
    ----------
    frame : ndarray, shape (3, 3)
        Rows east, north and up at the site, ME.
    azimuth : ndarray, shape (n,)
        [rad], clockwise from north.
    observer : float
        Radius of the observer without error [m].
    home : int
        Layer under the site.
    ground : ndarray, shape (members,)
        Error of the ground under the observer [m].
    start, blind : float
        As for `_kernels.march` [rad].
    elevation : ndarray, shape (members, n)
        Filled [rad]; -pi/2 where no terrain is known.
    """
    site = frame[2]
    for i in range(azimuth.shape[0]):
        ca = np.cos(azimuth[i])
        sa = np.sin(azimuth[i])
        tx = ca * frame[1, 0] + sa * frame[0, 0]
        ty = ca * frame[1, 1] + sa * frame[0, 1]
        tz = ca * frame[1, 2] + sa * frame[0, 2]
        found = collect(terrain, errors, site, tx, ty, tz, observer, home, start, blind)
        count = found.shape[0]
        places = np.empty((count, 5))
        for n in range(count):
            places[n, 0] = np.cos(found[n, 1])
            places[n, 1] = np.sin(found[n, 1])
            for axis in range(3):
                t = tx if axis == 0 else (ty if axis == 1 else tz)
                places[n, 2 + axis] = places[n, 0] * site[axis] + places[n, 1] * t
        for m in range(ground.shape[0]):
            eye = observer + ground[m]
            best = -np.inf
            which = -1
            for n in range(count):
                if found[n, 0] <= best:
                    break
                layer = int(found[n, 5])
                error = disturbance(terrain, errors, m, layer, places[n, 2], places[n, 3], places[n, 4])
                radius = R + found[n, 4] + error
                slope = (radius * places[n, 0] - eye) / (radius * places[n, 1])
                if slope > best:
                    best = slope
                    which = n
            if which < 0:
                elevation[m, i] = -HALF_PI
                continue
            a = found[which, 2]
            b = found[which, 3]
            da = b - GOLDEN * (b - a)
            db = a + GOLDEN * (b - a)
            fa = disturbed_slope(terrain, errors, m, site, tx, ty, tz, da, eye)
            fb = disturbed_slope(terrain, errors, m, site, tx, ty, tz, db, eye)
            for _ in range(REFINEMENTS):
                best = max(best, fa, fb)
                if fa > fb:
                    b, db, fb = db, da, fa
                    da = b - GOLDEN * (b - a)
                    fa = disturbed_slope(terrain, errors, m, site, tx, ty, tz, da, eye)
                else:
                    a, da, fa = da, db, fb
                    db = a + GOLDEN * (b - a)
                    fb = disturbed_slope(terrain, errors, m, site, tx, ty, tz, db, eye)
            elevation[m, i] = np.arctan(best)
