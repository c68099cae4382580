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
HALF_PI = 0.5 * np.pi

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
    count: int,
    work: FloatArray,
    at: IntArray,
    x_out: FloatArray,
    z_out: FloatArray,
) -> None:
    """Ground along a line in the plane of its great circle, from one patch.

    Parameters
    ----------
    flat, patch, turn
        As for `sweep`; `patch` is one row of the table.
    along, foot : ndarray, shape (2,)
        Direction of the line and its point nearest to the middle of the tile, in the gnomonic plane.
    t : ndarray
        Places along the line from its foot.
    count : int
        How many of them.
    work : ndarray, shape (3, n)
        Room for fractions of a pixel and lengths.
    at : ndarray of int64, shape (n,)
        Room for where pixels stand.
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
    u = work[0]
    v = work[1]
    share = work[2]
    # arithmetic by itself, without branches, so that the compiler takes eight samples at once
    for k in range(count):
        norm = np.sqrt(square + t[k] * t[k])
        # one division serves both 1 / norm and the projection
        other = norm + p2 + d2 * t[k]
        both = 1.0 / (norm * other)
        q = 2.0 * R * norm * both
        column = (q * (p0 + d0 * t[k]) - left) * per
        row = (top - q * (p1 + d1 * t[k])) * per
        inside = (row >= 0.0) & (column >= 0.0) & (row < rows) & (column < columns)
        column = column if inside else 0.0
        row = row if inside else 0.0
        r = np.floor(row)
        c = np.floor(column)
        u[k] = column - c
        v[k] = row - r
        at[k] = start + np.int64(r) * width + np.int64(c)
        share[k] = other * both if inside else np.nan
    for k in range(count):
        # unsigned, so that nothing asks whether the place counts from the end
        here = np.uint64(at[k])
        down = here + np.uint64(width)
        one = np.uint64(1)
        height = (1.0 - v[k]) * ((1.0 - u[k]) * flat[here] + u[k] * flat[here + one]) + v[k] * (
            (1.0 - u[k]) * flat[down] + u[k] * flat[down + one]
        )
        reach = (R + height) * share[k]
        x_out[k] = reach * t[k]
        z_out[k] = reach * length


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def push(hull_x: FloatArray, hull_z: FloatArray, n: int, x: float, z: float) -> int:
    """Put a point in front of a hull of `n` points, farthest first; returns how many it has then."""
    if x != x:
        return n
    while n >= 2 and (hull_z[n - 1] - z) * (hull_x[n - 2] - x) <= (hull_z[n - 2] - z) * (hull_x[n - 1] - x):
        n -= 1
    hull_x[n] = x
    hull_z[n] = z
    return n + 1


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lattice(
    rows: int, columns: int, ahead: float, aside: float
) -> tuple[int, IntArray, FloatArray, IntArray, IntArray]:
    """Lines over a tile in a direction, a row apart, that pass through pixels in the middle column.

    Parameters
    ----------
    rows, columns : int
        Of the tile.
    ahead, aside : float
        Of the direction: right, and up.

    Returns
    -------
    highest : int
        The greatest of `shifts`.
    shifts, parts : ndarray, shape (columns,)
        By how many whole rows, and parts of a row, lines stand lower in a column than in the middle one. Columns count
        from the one farthest ahead.
    begins, stops : ndarray of int64, shape (lines,)
        From which column to before which one a line has pixels beside it. Line n stands in row n - 1 - highest of
        the middle column.
    """
    shifts = np.empty(columns, np.int64)
    parts = np.empty(columns)
    # rows run down while the plane runs up
    lean = min(1.0, max(-1.0, -aside / ahead))
    for k in range(columns):
        column = columns - 1 - k if ahead > 0.0 else k
        place = (column - columns // 2) * lean
        shifts[k] = int(np.floor(place))
        parts[k] = place - shifts[k]
    # steady from end to end; and loops, where functions of NumPy would take the compiler seconds
    highest = max(shifts[0], shifts[columns - 1])
    lines = rows + 1 + highest - min(shifts[0], shifts[columns - 1])
    begins = np.empty(lines, np.int64)
    stops = np.empty(lines, np.int64)
    for line in range(lines):
        begins[line] = 0
        stops[line] = columns
    # from column to column the rows in which lines stand move by one at most
    before = highest - shifts[0]
    for k in range(1, columns):
        first = highest - shifts[k]
        if first < before:
            begins[first] = k
            stops[first + rows + 1] = k
        elif first > before:
            begins[first + rows] = k
            stops[before] = k
        before = first
    return highest, shifts, parts, begins, stops


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
    ends: FloatArray,
    slope: AnyArray,
) -> None:
    """Slope at which the ground beyond the near field stands in one direction, for all pixels of a tile.

    Lines that stand a row apart are swept from far ahead back over the tile. Each keeps the upper convex hull of the
    ground ahead in the plane of its great circle, x to the right and z up from the foot of the line; a line of sight is
    straight there, so the Moon's curvature needs no formula of its own. A pixel asks the hulls of the two lines beside
    it, with its own height and place along the line, and takes their mean by distance.

    Lines share ground that is far away: from level 2 on, with samples 2^k pixels apart, 2^(k - 1) neighbours have one
    hull, and go on from it with ground that is nearer. (In their planes the same ground stands metres apart at most.)

    Parameters
    ----------
    direction : ndarray, shape (2,)
        Unit vector, right and up in the gnomonic plane; mostly right or left (else turn the tile over its diagonal).
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
        Between pixels of the tile in the plane.
    lag : float
        Distance from which the ground enters the hull [pixels].
    ends : ndarray, shape (levels,)
        Up to which distance beyond the tile the ground comes from which patch [plane], ascending.
    slope : ndarray of float32, shape (rows, columns)
        Zeros; filled, against the horizontal at the feet of the lines; -inf where nothing is known.
    """
    rows, columns = slope.shape
    ahead = direction[0]
    aside = direction[1]
    levels = table.shape[0]
    step_a = 1 if ahead > 0.0 else -1
    last = columns - 1 if ahead > 0.0 else 0
    highest, shifts, parts, begins, stops = lattice(rows, columns, ahead, aside)
    lines = begins.shape[0]
    middle_a = 0.5 * (columns - 1) - columns // 2
    middle_b = 0.5 * (rows - 1) + highest + 1
    along = spacing / abs(ahead)
    shift = max(1, int(np.floor(lag * abs(ahead))))
    # where lines leave the tile, and the farthest that one of each group does; `line >> shared[level]` is its group
    shared = np.empty(levels + 1, np.int64)
    for level in range(levels + 1):
        shared[level] = max(level - 1, 0)
    exits = np.empty((levels + 1, lines))
    for line in range(lines):
        off = ((middle_b - line) * ahead + middle_a * aside) * spacing
        exits[0, line] = (step_a * (0.5 * (columns - 1) - begins[line]) * spacing + off * aside) / ahead
        for level in range(1, levels + 1):
            group = line >> shared[level]
            first = line == group << shared[level]
            exits[level, group] = exits[0, line] if first else max(exits[level, group], exits[0, line])
    size = 2 * (rows + columns)
    for level in range(levels):
        size += int(ends[level] / spacing) // 2**level + (2 * (rows + columns)) // 2**level + 4
    hulls_x = np.empty((levels, size))
    hulls_z = np.empty((levels, size))
    counts = np.empty(levels, np.int64)
    done_group = np.empty(levels, np.int64)
    for level in range(levels):
        done_group[level] = -1
    ts = np.empty(size)
    xs = np.empty(size)
    zs = np.empty(size)
    work = np.empty((3, size))
    at = np.empty(size, np.int64)
    foot = np.empty(2)
    for line in range(lines):
        # levels that neighbours share stay as they are; level 0 is each line's own, and gives `off` and `count`
        off = 0.0
        count = 0
        for level in range(levels - 1, -1, -1):
            group = line >> shared[level]
            if done_group[level] == group:
                continue
            done_group[level] = group
            # in the middle of the group's lines
            middle = (group << shared[level]) + 0.5 * ((1 << shared[level]) - 1)
            off = ((middle_b - middle) * ahead + middle_a * aside) * spacing
            foot[0] = -aside * off
            foot[1] = ahead * off
            far = exits[level + 1, line >> shared[level + 1]] + ends[level]
            near = exits[level, group] + (ends[level - 1] if level > 0 else 0.0)
            count = int(np.ceil((far - near) / (spacing * 2**level)))
            step = (far - near) / count
            # the farthest place belongs to the level beyond
            for k in range(count):
                ts[k] = far - (k + 1) * step
            if level == 0:
                for k in range(1, stops[line] - begins[line] - shift):
                    ts[count] = near - k * along
                    count += 1
            profile(flat, table[level], turn, direction, foot, ts, count, work, at, xs, zs)
            n = 0
            if level < levels - 1:
                n = counts[level + 1]
                # one by one: slices take the compiler seconds
                for k in range(n):
                    hulls_x[level, k] = hulls_x[level + 1, k]
                    hulls_z[level, k] = hulls_z[level + 1, k]
            if level > 0:
                for k in range(count):
                    n = push(hulls_x[level], hulls_z[level], n, xs[k], zs[k])
            counts[level] = n
        per_length = 1.0 / np.sqrt(1.0 + off * off)
        hull_x = hulls_x[0]
        hull_z = hulls_z[0]
        n = counts[0]
        done = 0
        exit_t = exits[0, line]
        for k in range(begins[line], stops[line]):
            j = last - step_a * k
            nearest = exit_t - (k - begins[line] - shift + 0.5) * along
            while done < count and ts[done] >= nearest:
                n = push(hull_x, hull_z, n, xs[done], zs[done])
                done += 1
            for lower in range(2):
                i = line - 1 - highest + shifts[k] + lower
                weight = parts[k] if lower == 1 else 1.0 - parts[k]
                if i < 0 or i >= rows or weight == 0.0:
                    continue
                if n == 0:
                    slope[i, j] = -np.inf
                    continue
                x = reduced[i, j] * (gx[i, j] * ahead + gy[i, j] * aside)
                # sqrt(1 + c^2) of the pixel's own distance c from the middle, by its derivative
                z = reduced[i, j] * (1.0 + off * (gy[i, j] * ahead - gx[i, j] * aside)) * per_length
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
                slope[i, j] += weight * (rise / run)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def combine(direction: FloatArray, gx: FloatArray, gy: FloatArray, slope: AnyArray, best: AnyArray) -> None:
    """Elevation of the horizon from what the near field and the lines make of it.

    Parameters
    ----------
    direction, gx, gy, slope
        As for `sweep`.
    best : ndarray of float32, shape (rows, columns)
        Tangents of the near field; replaced by the elevation of the horizon [rad], NaN where nothing is known.
    """
    rows, columns = best.shape
    for i in range(rows):
        for j in range(columns):
            t = gx[i, j] * direction[0] + gy[i, j] * direction[1]
            c = gy[i, j] * direction[0] - gx[i, j] * direction[1]
            # the horizontal of the pixel is turned against that of the foot of the line
            lean = t / np.sqrt(1.0 + c * c)
            tangent = (slope[i, j] + lean) / (1.0 - slope[i, j] * lean)
            near = float(best[i, j])
            tangent = tangent if slope[i, j] > -np.inf and tangent > near else near
            # a polynomial that the compiler takes for eight pixels at once (Abramowitz and Stegun 1964, 4.4.49; 2e-8)
            size = abs(tangent)
            y = size if size <= 1.0 else 1.0 / size
            s = y * y
            p = 0.0028662257
            p = p * s - 0.0161657367
            p = p * s + 0.0429096138
            p = p * s - 0.0752896400
            p = p * s + 0.1065626393
            p = p * s - 0.1420889944
            p = p * s + 0.1999355085
            p = p * s - 0.3333314528
            angle = (p * s + 1.0) * y
            angle = angle if size <= 1.0 else HALF_PI - angle
            angle = angle if tangent > 0.0 else -angle
            best[i, j] = angle if tangent > -np.inf else np.nan
