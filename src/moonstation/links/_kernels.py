"""Compiled look angles between things that move, all in the Moon's mean-Earth frame (ME).

A track is a table on an even grid of epochs, C-contiguous: columns 0 to 2 position [m], 3 to 5 its rate
[m/s]; the track of a ground station goes on with its zenith (6 to 8, unit vector) and the zenith's rate (9 to
11, 1/s). Between rows it is a cubic Hermite polynomial. `epoch` and `step` are the epoch of row 0 and the
time between rows [s].
"""

import math

import numpy as np
from numba import njit

from moonstation.arrays import INNER, FloatArray
from moonstation.constants import SPEED_OF_LIGHT


@njit(**INNER)
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
def site_sine(
    et: FloatArray,
    track: FloatArray,
    epoch: float,
    step: float,
    site: FloatArray,
    up: FloatArray,
    out: FloatArray,
) -> None:
    """Sine of the elevation at which a site sees a track: what a search for passes needs, and quick.

    Parameters
    ----------
    et : (m,) array
        Epochs [s].
    track, epoch, step
        The target, see the module.
    site, up : (3,) arrays
        The antenna [m] and its zenith, ME.
    out : (m,) array
        Written.
    """
    for i in range(et.shape[0]):
        x, y, z = _at(track, epoch, step, et[i], 0)
        x -= site[0]
        y -= site[1]
        z -= site[2]
        out[i] = (up[0] * x + up[1] * y + up[2] * z) / math.sqrt(x * x + y * y + z * z)


@njit(**INNER)
def _sent(
    target: FloatArray,
    epoch: float,
    step: float,
    et: float,
    sx: float,
    sy: float,
    sz: float,
    sense: float,
) -> tuple[float, float, float]:
    """Where a target was when what arrives at a station (sx, sy, sz) at an epoch left it (sense -1), or is when what
    leaves the station then arrives at it (sense 1).
    """
    distance = math.sqrt(sx * sx + sy * sy + sz * sz)
    emission = et + sense * distance / SPEED_OF_LIGHT
    x, y, z = _at(target, epoch, step, emission, 0)
    # That was the light time from the Moon's centre, wrong by 0.06 s at 20,000 km from it. The target moves
    # straight on in so short a time, and the rate of the nearest row does: 5 m off at worst.
    late = -sense * (math.sqrt((x - sx) ** 2 + (y - sy) ** 2 + (z - sz) ** 2) - distance) / SPEED_OF_LIGHT
    k = min(max(round((emission - epoch) / step), 0), target.shape[0] - 1)
    return x - late * target[k, 3], y - late * target[k, 4], z - late * target[k, 5]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def station_sine(
    et: FloatArray,
    station: FloatArray,
    station_epoch: float,
    station_step: float,
    target: FloatArray,
    target_epoch: float,
    target_step: float,
    sense: float,
    out: FloatArray,
) -> None:
    """Sine of the elevation at which a ground station receives a target on or about the Moon.

    Parameters
    ----------
    et : (m,) array
        Epochs at the station [s].
    station, station_epoch, station_step
        Track of the station with its zenith, see the module.
    target, target_epoch, target_step
        Track of the target.
    sense : float
        -1 where the station receives, 1 where it sends.
    out : (m,) array
        Written.
    """
    for i in range(et.shape[0]):
        sx, sy, sz = _at(station, station_epoch, station_step, et[i], 0)
        zx, zy, zz = _at(station, station_epoch, station_step, et[i], 6)
        x, y, z = _sent(target, target_epoch, target_step, et[i], sx, sy, sz, sense)
        x -= sx
        y -= sy
        z -= sz
        long = math.sqrt((x * x + y * y + z * z) * (zx * zx + zy * zy + zz * zz))
        out[i] = (x * zx + y * zy + z * zz) / long


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def moon_clearance(
    et: FloatArray,
    station: FloatArray,
    station_epoch: float,
    station_step: float,
    target: FloatArray,
    target_epoch: float,
    target_step: float,
    moon_radius: float,
    sense: float,
    out: FloatArray,
) -> None:
    """How far the Moon is out of the way from an orbiter to a ground station.

    Parameters
    ----------
    et : (m,) array
        Epochs at the station [s].
    station, station_epoch, station_step
        Track of the station, see the module.
    target, target_epoch, target_step
        Track of the orbiter, always above the ball.
    moon_radius : float
        Radius of the ball that stands in the way [m].
    sense : float
        -1 where the station receives, 1 where it sends.
    out : (m,) array
        Written: cos(angular radius of the ball) minus cos(angle from its centre to the station), as seen from
        the orbiter; above zero where the way is clear.
    """
    for i in range(et.shape[0]):
        sx, sy, sz = _at(station, station_epoch, station_step, et[i], 0)
        x, y, z = _sent(target, target_epoch, target_step, et[i], sx, sy, sz, sense)
        ux, uy, uz = sx - x, sy - y, sz - z
        square = x * x + y * y + z * z
        along = (x * ux + y * uy + z * uz) / math.sqrt(square * (ux * ux + uy * uy + uz * uz))
        out[i] = math.sqrt(max(0.0, 1.0 - moon_radius * moon_radius / square)) + along


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def pair_clearance(
    et: FloatArray,
    sender: FloatArray,
    sender_epoch: float,
    sender_step: float,
    receiver: FloatArray,
    receiver_epoch: float,
    receiver_step: float,
    moon_radius: float,
    out: FloatArray,
) -> None:
    """How far the Moon is out of the way between two orbiters.

    Parameters
    ----------
    et : (m,) array
        Epochs of reception [s].
    sender, sender_epoch, sender_step
        Track of the one that sends, see the module.
    receiver, receiver_epoch, receiver_step
        Track of the other, both always above the ball.
    moon_radius : float
        Radius of the ball that stands in the way [m].
    out : (m,) array
        Written: the angles from each of them to its own horizon on the ball, as seen from the centre, less the angle
        between the two [rad]; above zero where the way is clear.
    """
    for i in range(et.shape[0]):
        rx, ry, rz = _at(receiver, receiver_epoch, receiver_step, et[i], 0)
        x, y, z = _at(sender, sender_epoch, sender_step, et[i], 0)
        late = math.sqrt((x - rx) ** 2 + (y - ry) ** 2 + (z - rz) ** 2) / SPEED_OF_LIGHT
        x, y, z = _at(sender, sender_epoch, sender_step, et[i] - late, 0)
        # by tangents, which keep their digits where the angle is small and where it is nearly half a turn
        cx, cy, cz = y * rz - z * ry, z * rx - x * rz, x * ry - y * rx
        between = math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), x * rx + y * ry + z * rz)
        of_sender = math.acos(min(1.0, moon_radius / math.sqrt(x * x + y * y + z * z)))
        of_receiver = math.acos(min(1.0, moon_radius / math.sqrt(rx * rx + ry * ry + rz * rz)))
        out[i] = of_sender + of_receiver - between


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def distances(
    et: FloatArray,
    a: FloatArray,
    a_epoch: float,
    a_step: float,
    b: FloatArray,
    b_epoch: float,
    b_step: float,
    out: FloatArray,
) -> None:
    """Distance between two tracks at the same epochs [m].

    Parameters
    ----------
    et : (m,) array
        Epochs [s].
    a, a_epoch, a_step, b, b_epoch, b_step
        The tracks, see the module.
    out : (m,) array
        Written.
    """
    for i in range(et.shape[0]):
        x, y, z = _at(a, a_epoch, a_step, et[i], 0)
        p, q, r = _at(b, b_epoch, b_step, et[i], 0)
        out[i] = math.sqrt((x - p) ** 2 + (y - q) ** 2 + (z - r) ** 2)


def rates(values: FloatArray, step: float) -> FloatArray:
    """Derivative of evenly spaced rows, fourth order, (n, k) -> (n, k), n >= 5."""
    rate = np.empty_like(values)
    rate[2:-2] = (values[:-4] - 8.0 * values[1:-3] + 8.0 * values[3:-1] - values[4:]) / (12.0 * step)
    first = np.array([[-25.0, 48.0, -36.0, 16.0, -3.0], [-3.0, -10.0, 18.0, -6.0, 1.0]]) / (12.0 * step)
    rate[:2] = first @ values[:5]
    rate[-2:] = -(first @ values[::-1][:5])[::-1]
    return rate
