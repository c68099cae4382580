"""Compiled loops that find the horizons of a whole tile of a map at once, one direction after the other.

The plane of a tile is gnomonic about its centre, in units of the Moon's radius, so great circles are straight
lines in it. A direction is a unit vector in that plane. Heights are read from stereographic patches (the lattice
of the map, then ones of double, fourfold ... pixels), so that terrain on the map's own lattice is not blurred.
"""

import numpy as np
from numba import njit

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS

R = MOON_RADIUS

# Columns of the table of patches, one row per level.
LEFT, TOP, PIXEL, START, ROWS, COLUMNS, PATCH_WIDTH = 0, 1, 2, 3, 4, 5, 6


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def near_field(
    phases: AnyArray, row: int, column: int, near: FloatArray, radius: FloatArray, best: AnyArray
) -> None:
    """Tangent of the horizon that the ground close by makes, for all pixels of a tile.

    Pixels stand on nodes of the patch, so that a step in a given direction has one set of bilinear weights for
    the whole tile.

    Parameters
    ----------
    phases : ndarray of float32, shape (s, s, rows, columns)
        Heights [m] of a patch with s nodes from one pixel to the next: element [i, j] holds rows i, i + s, ... and
        columns j, j + s, ...
    row, column : int
        Where pixel (0, 0) of the tile stands in the patch.
    near : ndarray, shape (n, 4)
        Steps: right and down [nodes], cosine and sine of the arc distance.
    radius : ndarray, shape (rows, columns)
        Distance of the observers from the Moon's centre [m].
    best : ndarray of float32, shape (rows, columns)
        Filled; -inf where nothing is known.
    """
    rows, columns = best.shape
    stride = phases.shape[0]
    line = np.empty(columns, np.float32)
    above = np.empty(columns, np.float32)
    scale = np.empty(columns, np.float32)
    for i in range(rows):
        for j in range(columns):
            line[j] = -np.inf
            above[j] = radius[i, j] - R
            scale[j] = 1.0 / radius[i, j]
        for k in range(near.shape[0]):
            right = int(np.floor(near[k, 0]))
            down = int(np.floor(near[k, 1]))
            u = near[k, 0] - right
            v = near[k, 1] - down
            a = np.float32((1.0 - v) * (1.0 - u))
            b = np.float32((1.0 - v) * u)
            c = np.float32(v * (1.0 - u))
            d = np.float32(v * u)
            cosine = np.float32(near[k, 2])
            # 1 - cos d, from the sine so that no digits are lost
            drop = np.float32(R * near[k, 3] * near[k, 3] / (1.0 + near[k, 2]))
            steep = np.float32(1.0 / near[k, 3])
            # contiguous rows by themselves, so that the compiler takes eight pixels at once
            up = row + down
            low = up + 1
            west = column + right
            east = west + 1
            top_row = up // stride + i
            low_row = low // stride + i
            w = west // stride
            e = east // stride
            top_west = phases[up % stride, west % stride, top_row, w : w + columns]
            top_east = phases[up % stride, east % stride, top_row, e : e + columns]
            low_west = phases[low % stride, west % stride, low_row, w : w + columns]
            low_east = phases[low % stride, east % stride, low_row, e : e + columns]
            for j in range(columns):
                height = a * top_west[j] + b * top_east[j] + c * low_west[j] + d * low_east[j]
                tangent = (height * cosine - above[j] - drop) * scale[j] * steep
                line[j] = tangent if tangent > line[j] else line[j]
        for j in range(columns):
            best[i, j] = line[j]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def profile(
    flat: AnyArray,
    patch: FloatArray,
    turn: FloatArray,
    along: FloatArray,
    foot: FloatArray,
    t: FloatArray,
    first: int,
    last: int,
    x_out: FloatArray,
    z_out: FloatArray,
) -> None:
    """Ground along a line in the plane of its great circle, samples `first` to `last` - 1 from one patch.

    Parameters
    ----------
    flat, patch, turn
        As for `sweep`; `patch` is one row of the table.
    along, foot : ndarray, shape (2,)
        Direction of the line and its point nearest to the middle of the tile, in the gnomonic plane.
    t : ndarray
        Places along the line from its foot.
    x_out, z_out : ndarray
        Filled: to the direction of the line and up at its foot, from the Moon's centre [m]; NaN where no ground is
        known.
    """
    per = 1.0 / patch[2]
    left = patch[0]
    top = patch[1]
    start = int(patch[3])
    rows = patch[4] - 1.0
    columns = patch[5] - 1.0
    width = int(patch[5])
    # along a line all three axes of the stereographic plane are linear in t
    p0 = turn[0, 0] * foot[0] + turn[0, 1] * foot[1] + turn[0, 2]
    p1 = turn[1, 0] * foot[0] + turn[1, 1] * foot[1] + turn[1, 2]
    p2 = turn[2, 0] * foot[0] + turn[2, 1] * foot[1] + turn[2, 2]
    d0 = turn[0, 0] * along[0] + turn[0, 1] * along[1]
    d1 = turn[1, 0] * along[0] + turn[1, 1] * along[1]
    d2 = turn[2, 0] * along[0] + turn[2, 1] * along[1]
    square = 1.0 + foot[0] * foot[0] + foot[1] * foot[1]
    length = np.sqrt(square)
    for k in range(first, last):
        norm = np.sqrt(square + t[k] * t[k])
        # one division serves both 1 / norm and the projection
        other = norm + p2 + d2 * t[k]
        both = 1.0 / (norm * other)
        q = 2.0 * R * norm * both
        column = (q * (p0 + d0 * t[k]) - left) * per
        row = (top - q * (p1 + d1 * t[k])) * per
        if not (row >= 0.0 and column >= 0.0 and row < rows and column < columns):
            x_out[k] = np.nan
            z_out[k] = np.nan
            continue
        r = int(row)
        c = int(column)
        v = row - r
        u = column - c
        at = np.uint64(start + r * width + c)
        down = at + np.uint64(width)
        one = np.uint64(1)
        height = (1.0 - v) * ((1.0 - u) * flat[at] + u * flat[at + one]) + v * (
            (1.0 - u) * flat[down] + u * flat[down + one]
        )
        share = (R + height) * other * both
        x_out[k] = share * t[k]
        z_out[k] = share * length


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def sweep(
    direction: FloatArray,
    flat: AnyArray,
    table: FloatArray,
    turn: FloatArray,
    gx: FloatArray,
    gy: FloatArray,
    reduced: FloatArray,
    spacing: float,
    lag: float,
    beyond: FloatArray,
    ends: IntArray,
    best: AnyArray,
) -> None:
    """Elevation of the horizon in one direction for all pixels of a tile.

    Parallel lines, one pixel apart, are swept from far ahead back over the tile. Each keeps the upper convex hull
    of the ground ahead in the plane of its great circle, x to the right and z up from the foot of the line; a line
    of sight is straight there, so the Moon's curvature needs no formula of its own. A pixel asks the hulls of the
    two lines beside it, with its own height and place along the line, and takes their mean by distance.

    Parameters
    ----------
    direction : ndarray, shape (2,)
        Unit vector, right and up in the gnomonic plane.
    flat : ndarray of float32
        Heights of all patches [m].
    table : ndarray, shape (levels, 6)
        Patches: left, top (of the first node) and pixel [m], start in `flat`, rows, columns.
    turn : ndarray, shape (3, 3)
        Turns (x, y, 1) of the gnomonic plane into the axes of the stereographic one.
    gx, gy : ndarray, shape (rows, columns)
        Pixels in the gnomonic plane.
    reduced : ndarray, shape (rows, columns)
        Distance of the observers from the Moon's centre [m] over the length of (gx, gy, 1).
    spacing : float
        Between lines, and about that between pixels of the tile.
    lag : float
        Distance from which the ground enters the hull [pixels].
    beyond : ndarray, shape (n,)
        Distances of samples beyond the tile [plane], ascending; from one spacing on.
    ends : ndarray of int64, shape (levels + 1,)
        Samples ends[k] to ends[k + 1] - 1 of them come from patch k.
    best : ndarray of float32, shape (rows, columns)
        Tangents of the near field; replaced by the elevation of the horizon [rad], NaN where nothing is known.
    """
    rows, columns = best.shape
    across_major = abs(direction[0]) >= abs(direction[1])
    # a runs along the axis that the direction mostly follows, b along the other one
    major = 0 if across_major else 1
    minor = 1 - major
    ahead = direction[major]
    aside = direction[minor]
    count = columns if across_major else rows
    width = rows if across_major else columns
    middle_a = 0.5 * (count - 1)
    middle_b = 0.5 * (width - 1)
    # rows run down while the plane runs up
    sign_a = 1.0 if across_major else -1.0
    sign_b = -sign_a
    step_a = 1 if ahead * sign_a > 0.0 else -1
    last = count - 1 if step_a > 0 else 0
    # the pixels of the tile are where the projection puts them, but its middle and spacing give rows and columns
    shift = max(1, int(np.floor(lag * abs(ahead))))
    reach = 0.5 * spacing * (abs(aside) * (count - 1) + abs(ahead) * (width - 1))
    lines = int(np.ceil(reach / spacing)) + 1
    samples = beyond.shape[0]
    size = samples + 2 * max(rows, columns)
    hull_x = np.empty(size)
    hull_z = np.empty(size)
    ts = np.empty(size)
    xs = np.empty(size)
    zs = np.empty(size)
    total = np.zeros((rows, columns))
    weights = np.zeros((rows, columns))
    pa_of = gx if across_major else gy
    pb_of = gy if across_major else gx
    foot = np.empty(2)
    per_ahead = 1.0 / ahead
    along = spacing * abs(per_ahead)
    half = abs(per_ahead)
    per = 1.0 / spacing
    for line in range(-lines, lines + 1):
        off = line * spacing
        foot[major] = -aside * off
        foot[minor] = ahead * off
        length = np.sqrt(1.0 + off * off)
        # the columns (or rows) in which the strip of this line holds pixels
        begin = -1
        end = -1
        for k in range(count):
            big = sign_a * (last - step_a * k - middle_a)
            b = middle_b + sign_b * (line + big * aside) * per_ahead
            if b + half >= 0.0 and b - half <= width - 1.0:
                if begin < 0:
                    begin = k
                end = k
        if begin < 0:
            continue
        # samples run back from the farthest: those beyond the tile first, then one for each column (or row)
        exit_t = (sign_a * (last - step_a * begin - middle_a) * spacing + off * aside) * per_ahead
        for k in range(samples):
            ts[k] = exit_t + beyond[samples - 1 - k]
        inside = max(0, end - begin + 1 - shift)
        for k in range(inside):
            ts[samples + k] = exit_t - k * along
        for level in range(table.shape[0]):
            first = samples - ends[level + 1]
            final = samples - ends[level] if level > 0 else samples + inside
            profile(flat, table[level], turn, direction, foot, ts, first, final, xs, zs)
        n = 0
        done = 0
        for k in range(begin, end + 1):
            a = last - step_a * k
            nearest = exit_t - (k - begin - shift + 0.5) * along
            while done < samples + inside and ts[done] >= nearest:
                x = xs[done]
                z = zs[done]
                done += 1
                if x != x:
                    continue
                while n >= 2 and (hull_z[n - 1] - z) * (hull_x[n - 2] - x) <= (hull_z[n - 2] - z) * (
                    hull_x[n - 1] - x
                ):
                    n -= 1
                hull_x[n] = x
                hull_z[n] = z
                n += 1
            if n == 0:
                continue
            b = middle_b + sign_b * (line + sign_a * (a - middle_a) * aside) * per_ahead
            for m in range(max(0, int(np.ceil(b - half))), min(width - 1, int(np.floor(b + half))) + 1):
                i = m if across_major else a
                j = a if across_major else m
                pa = pa_of[i, j]
                pb = pb_of[i, j]
                beside = pb * ahead - pa * aside - off
                weight = 1.0 - abs(beside) * per
                if weight <= 0.0:
                    continue
                r = reduced[i, j]
                x = r * (pa * ahead + pb * aside)
                # sqrt(1 + c^2) of the pixel's own distance c from the middle, by its derivative
                z = r * (length + off * beside / length)
                q = n - 1
                rise = hull_z[q] - z
                run = hull_x[q] - x
                while q > 0:
                    rise_next = hull_z[q - 1] - z
                    run_next = hull_x[q - 1] - x
                    if rise_next * run < rise * run_next:
                        break
                    rise = rise_next
                    run = run_next
                    q -= 1
                total[i, j] += weight * (rise / run)
                weights[i, j] += weight
    for i in range(rows):
        for j in range(columns):
            tangent = float(best[i, j])
            if weights[i, j] > 0.0:
                t = gx[i, j] * direction[0] + gy[i, j] * direction[1]
                c = gy[i, j] * direction[0] - gx[i, j] * direction[1]
                # the horizontal of the pixel is turned against that of the foot of the line
                lean = t / np.sqrt(1.0 + c * c)
                slope = total[i, j] / weights[i, j]
                tangent = max(tangent, (slope + lean) / (1.0 - slope * lean))
            best[i, j] = np.arctan(tangent) if tangent > -np.inf else np.nan
