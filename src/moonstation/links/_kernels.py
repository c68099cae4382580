"""Compiled look angles between things that move, all in the Moon's mean-Earth frame (ME).

A track is a table on an even grid of epochs, C-contiguous: columns 0 to 2 position [m], 3 to 5 its rate
[m/s]; the track of a ground station goes on with its zenith (6 to 8, unit vector) and the zenith's rate (9 to
11, 1/s). Between rows it is a cubic Hermite polynomial. `epoch` and `step` are the epoch of row 0 and the
time between rows [s].
"""

import math

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _at(track: FloatArray, epoch: float, step: float, et: float, column: int) -> tuple[float, float, float]:
    """Value of three columns of a track at an epoch; the cubics at the ends go on a little beyond it."""
    s = (et - epoch) / step
    k = math.floor(s)
    if k < 0:
        k = 0
    if k > track.shape[0] - 2:
        k = track.shape[0] - 2
    s -= k
    r = 1.0 - s
    h0 = (1.0 + 2.0 * s) * r * r
    h1 = s * s * (3.0 - 2.0 * s)
    g0 = s * r * r * step
    g1 = -s * s * r * step
    c = column
    return (
        h0 * track[k, c] + h1 * track[k + 1, c] + g0 * track[k, c + 3] + g1 * track[k + 1, c + 3],
        h0 * track[k, c + 1] + h1 * track[k + 1, c + 1] + g0 * track[k, c + 4] + g1 * track[k + 1, c + 4],
        h0 * track[k, c + 2] + h1 * track[k + 1, c + 2] + g0 * track[k, c + 5] + g1 * track[k + 1, c + 5],
    )


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def look_angles(
    et: FloatArray,
    track: FloatArray,
    epoch: float,
    step: float,
    site: FloatArray,
    enu: FloatArray,
    horizon: FloatArray,
    out: FloatArray,
) -> None:
    """Look from a site at a track over a horizon.

    Parameters
    ----------
    et : (m,) array
        Epochs [s].
    track, epoch, step
        The target, see the module.
    site : (3,) array
        The antenna, ME [m].
    enu : (3, 3) array
        Rows east, north, up of the site, ME.
    horizon : (k,) array
        Elevation of the horizon at azimuths 0, 2 pi/k, ... [rad], linear between.
    out : (m, 4) array
        Written: elevation above the horizon, elevation, azimuth [rad], distance [m].
    """
    n = horizon.shape[0]
    for i in range(et.shape[0]):
        x, y, z = _at(track, epoch, step, et[i], 0)
        x -= site[0]
        y -= site[1]
        z -= site[2]
        east = enu[0, 0] * x + enu[0, 1] * y + enu[0, 2] * z
        north = enu[1, 0] * x + enu[1, 1] * y + enu[1, 2] * z
        up = enu[2, 0] * x + enu[2, 1] * y + enu[2, 2] * z
        azimuth = math.atan2(east, north)
        if azimuth < 0.0:
            azimuth += 2.0 * math.pi
        elevation = math.atan2(up, math.sqrt(east * east + north * north))
        s = azimuth / (2.0 * math.pi) * n
        k = int(s)
        s -= k
        k = k % n
        edge = (1.0 - s) * horizon[k] + s * horizon[(k + 1) % n]
        out[i, 0] = elevation - edge
        out[i, 1] = elevation
        out[i, 2] = azimuth
        out[i, 3] = math.sqrt(x * x + y * y + z * z)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def station_view(
    et: FloatArray,
    station: FloatArray,
    station_epoch: float,
    station_step: float,
    target: FloatArray,
    target_epoch: float,
    target_step: float,
    moon_radius: float,
    out: FloatArray,
) -> None:
    """Look from a ground station, at reception, at a target on or about the Moon, at emission.

    Parameters
    ----------
    et : (m,) array
        Epochs of reception [s].
    station, station_epoch, station_step
        Track of the station with its zenith, see the module.
    target, target_epoch, target_step
        Track of the target.
    moon_radius : float
        Radius of the ball that hides the target [m].
    out : (m, 3) array
        Written: elevation at the station [rad]; clearance of the Moon, cos(angular radius of the Moon) minus
        cos(angle between Moon's centre and station) as seen from the target, above zero where the station is
        in sight (for a target above the ball only); distance [m].
    """
    for i in range(et.shape[0]):
        sx, sy, sz = _at(station, station_epoch, station_step, et[i], 0)
        zx, zy, zz = _at(station, station_epoch, station_step, et[i], 6)
        distance = math.sqrt(sx * sx + sy * sy + sz * sz)
        # The first pass takes the Moon's centre for the target and so errs by 0.06 s at 20,000 km from it;
        # the second leaves under a microsecond.
        x, y, z = _at(target, target_epoch, target_step, et[i] - distance / SPEED_OF_LIGHT, 0)
        distance = math.sqrt((x - sx) ** 2 + (y - sy) ** 2 + (z - sz) ** 2)
        x, y, z = _at(target, target_epoch, target_step, et[i] - distance / SPEED_OF_LIGHT, 0)
        ux, uy, uz = sx - x, sy - y, sz - z
        distance = math.sqrt(ux * ux + uy * uy + uz * uz)
        sine = -(ux * zx + uy * zy + uz * zz) / (distance * math.sqrt(zx * zx + zy * zy + zz * zz))
        out[i, 0] = math.asin(min(1.0, max(-1.0, sine)))
        radius = math.sqrt(x * x + y * y + z * z)
        size = moon_radius / radius
        out[i, 1] = math.sqrt(max(0.0, 1.0 - size * size)) + (x * ux + y * uy + z * uz) / (radius * distance)
        out[i, 2] = distance


def rates(values: FloatArray, step: float) -> FloatArray:
    """Derivative of evenly spaced rows, fourth order, (n, k) -> (n, k), n >= 5."""
    rate = np.empty_like(values)
    rate[2:-2] = (values[:-4] - 8.0 * values[1:-3] + 8.0 * values[3:-1] - values[4:]) / (12.0 * step)
    first = np.array([[-25.0, 48.0, -36.0, 16.0, -3.0], [-3.0, -10.0, 18.0, -6.0, 1.0]]) / (12.0 * step)
    rate[:2] = first @ values[:5]
    rate[-2:] = -(first @ values[::-1][:5])[::-1]
    return rate
