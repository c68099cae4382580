"""Compiled loops of the sunlight room: how long bodies stand above the horizons of a whole tile. SI and radians."""

import numpy as np
from numba import njit

from moonstation.arrays import AnyArray, FloatArray, IntArray

PIXELS = 512
"""Pixels that the time loop takes at once: their horizons stay in a core's own memory."""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def tabulate(
    sector: IntArray,
    between: FloatArray,
    elevation: FloatArray,
    radius: FloatArray,
    weight: FloatArray,
    profile: FloatArray,
    lowest: float,
    step: float,
    table: FloatArray,
) -> None:
    """Add up, for each direction and height of a horizon, how much of a body is seen above it.

    Parameters
    ----------
    sector : ndarray of int64, shape (n,)
        Direction just before the body; the next one takes part by `between` (0 to 1).
    elevation, radius : ndarray, shape (n,)
        Of the body's centre, and of its disc [rad]; a radius of 0 makes it a point.
    weight : ndarray, shape (n,)
        What a sample counts when all of the disc is up.
    profile : ndarray, shape (m,)
        Share of the disc that is up when the centre stands -1 to 1 radii above the horizon.
    lowest, step : float
        First horizon of the table and how far apart they are [rad].
    table : ndarray, shape (directions, heights)
        Zeros; filled.
    """
    directions, heights = table.shape
    fine = 0.5 * (profile.shape[0] - 1)
    for i in range(sector.shape[0]):
        first = sector[i]
        second = (first + 1) % directions
        a = weight[i] * (1.0 - between[i])
        b = weight[i] * between[i]
        # horizons below the disc see all of it: entered once here, summed up at the end
        k = int(np.ceil((elevation[i] - radius[i] - lowest) / step))
        k = min(max(k, 0), heights)
        if k > 0:
            table[first, k - 1] += a
            table[second, k - 1] += b
        while k < heights:
            x = lowest + k * step
            if x >= elevation[i] + radius[i]:
                break
            place = ((elevation[i] - x) / radius[i] + 1.0) * fine
            n = min(int(place), profile.shape[0] - 2)
            share = profile[n] + (place - n) * (profile[n + 1] - profile[n])
            # taken back from the horizons below, which get it through the sum
            table[first, k] += a * share
            table[second, k] += b * share
            if k > 0:
                table[first, k - 1] -= a * share
                table[second, k - 1] -= b * share
            k += 1
    for j in range(directions):
        for k in range(heights - 2, -1, -1):
            table[j, k] += table[j, k + 1]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def look_up(
    horizon: AnyArray,
    gx: FloatArray,
    gy: FloatArray,
    way: FloatArray,
    tilt: float,
    lowest: float,
    step: float,
    row: FloatArray,
    total: FloatArray,
) -> None:
    """Add what a table has for the horizons of pixels in one direction.

    Parameters
    ----------
    horizon : ndarray of float32, shape (n,)
        [rad].
    gx, gy : ndarray, shape (n,)
        Pixels in the plane of the tile.
    way : ndarray, shape (2,)
        Unit vector of the direction.
    tilt : float
        By how much the body rises for a step of 1 towards it [rad].
    lowest, step : float
        As for `tabulate`.
    row : ndarray, shape (heights,)
        What `tabulate` filled for the direction; 0 at the end.
    total : ndarray, shape (n,)
        Added to; NaN where a horizon is not known.
    """
    per = 1.0 / step
    last = row.shape[0] - 1.0
    for p in range(total.shape[0]):
        place = (horizon[p] - tilt * (gx[p] * way[0] + gy[p] * way[1]) - lowest) * per
        unknown = place != place
        place = place if place > 0.0 else 0.0
        place = place if place < last else last
        k = min(int(place), row.shape[0] - 2)
        value = row[k] + (place - k) * (row[k + 1] - row[k])
        total[p] += np.nan if unknown else value


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def spells(
    horizon: AnyArray,
    gx: AnyArray,
    gy: AnyArray,
    sun_sector: IntArray,
    sun: AnyArray,
    earth_sector: IntArray,
    earth: AnyArray,
    out: IntArray,
) -> None:
    """Longest runs of steps with none or any of the Sun, and how often it is seen, the Earth, and both.

    Parameters
    ----------
    horizon : ndarray of float32, shape (directions, n)
        [rad].
    gx, gy : ndarray of float32, shape (n,)
        Pixels in the plane of the tile.
    sun_sector, earth_sector : ndarray of int64, shape (steps,)
        Direction just before the body.
    sun, earth : ndarray of float32, shape (steps, 4)
        Share of the next direction; what has to stand above the horizon in the middle of the tile [rad]; by how much it
        rises for a step of 1 to the right and up in the plane.
    out : ndarray of int64, shape (5, n)
        Filled with steps: longest dark, longest light, any Sun, any Earth, both.
    """
    directions, pixels = horizon.shape
    dark = np.empty(PIXELS, np.int32)
    light = np.empty(PIXELS, np.int32)
    longest_dark = np.empty(PIXELS, np.int32)
    longest_light = np.empty(PIXELS, np.int32)
    lit = np.empty(PIXELS, np.int32)
    seen = np.empty(PIXELS, np.int32)
    both = np.empty(PIXELS, np.int32)
    for p0 in range(0, pixels, PIXELS):
        p1 = min(p0 + PIXELS, pixels)
        x = gx[p0:p1]
        y = gy[p0:p1]
        dark[:] = 0
        light[:] = 0
        longest_dark[:] = 0
        longest_light[:] = 0
        lit[:] = 0
        seen[:] = 0
        both[:] = 0
        for i in range(sun_sector.shape[0]):
            j = sun_sector[i]
            k = earth_sector[i]
            before = horizon[j, p0:p1]
            after = horizon[(j + 1) % directions, p0:p1]
            earth_before = horizon[k, p0:p1]
            earth_after = horizon[(k + 1) % directions, p0:p1]
            u = sun[i, 0]
            top = sun[i, 1]
            a = sun[i, 2]
            b = sun[i, 3]
            v = earth[i, 0]
            earth_top = earth[i, 1]
            c = earth[i, 2]
            d = earth[i, 3]
            for p in range(p1 - p0):
                up = np.int32(top + a * x[p] + b * y[p] > before[p] + u * (after[p] - before[p]))
                there = np.int32(
                    earth_top + c * x[p] + d * y[p] > earth_before[p] + v * (earth_after[p] - earth_before[p])
                )
                dark[p] = (dark[p] + np.int32(1)) * (np.int32(1) - up)
                light[p] = (light[p] + np.int32(1)) * up
                longest_dark[p] = max(longest_dark[p], dark[p])
                longest_light[p] = max(longest_light[p], light[p])
                lit[p] += up
                seen[p] += there
                both[p] += up & there
        for p in range(p1 - p0):
            out[0, p0 + p] = longest_dark[p]
            out[1, p0 + p] = longest_light[p]
            out[2, p0 + p] = lit[p]
            out[3, p0 + p] = seen[p]
            out[4, p0 + p] = both[p]
