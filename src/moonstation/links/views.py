"""What the ends of links see of each other: arrays of epochs in, arrays of angles out."""

from collections.abc import Callable

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS, SPEED_OF_LIGHT
from moonstation.links import _kernels
from moonstation.links.tracks import Track

PEAK_SAMPLES = 33
"""Samples of a window among which the highest elevation is looked for."""

PEAK_PARABOLAS = 3
PEAK_NARROWING = 8.0
"""How many parabolas close in on it, and by how much each is narrower than the one before."""

Elevation = Callable[[FloatArray], FloatArray]


class SiteView:
    """What a site sees of one track: arrays of epochs in, arrays out.

    Parameters
    ----------
    track : Track
        What is looked at.
    site : (3,) array
        The antenna, ME [m].
    enu : (3, 3) array
        Rows east, north, up of the site, ME.
    horizon : (k,) array
        Elevation of the horizon at azimuths 0, 2 pi/k, ... [rad].
    """

    def __init__(self, track: Track, site: FloatArray, enu: FloatArray, horizon: FloatArray) -> None:
        self._track = track
        self._site = np.ascontiguousarray(site, dtype=np.float64)
        self._enu = np.ascontiguousarray(enu, dtype=np.float64)
        self._up = np.ascontiguousarray(enu[2], dtype=np.float64)
        self.horizon = np.ascontiguousarray(horizon, dtype=np.float64)

    def look(self, et: FloatArray) -> FloatArray:
        """Elevation above the horizon, elevation, azimuth [rad] and distance [m], (m, 4)."""
        out = np.empty((et.size, 4))
        track = self._track
        _kernels.look_angles(
            np.ascontiguousarray(et, dtype=np.float64),
            track.table,
            track.epoch,
            track.step,
            self._site,
            self._enu,
            self.horizon,
            out,
        )
        return out

    def above(self, et: FloatArray) -> FloatArray:
        """Elevation above the horizon [rad]."""
        return self.look(et)[:, 0]

    def elevation(self, et: FloatArray) -> FloatArray:
        """Elevation above the local horizontal [rad]."""
        return self.look(et)[:, 1]

    def sine(self, et: FloatArray) -> FloatArray:
        """Sine of the elevation above the local horizontal."""
        out = np.empty(et.size)
        track = self._track
        times = np.ascontiguousarray(et, dtype=np.float64)
        _kernels.site_sine(times, track.table, track.epoch, track.step, self._site, self._up, out)
        return out


class StationView:
    """What a ground station receives from a target on or about the Moon, or sends to it.

    Parameters
    ----------
    station : Track
        The ground station, with its zenith.
    target : Track
        What it listens to.
    sends : bool
        Whether the station sends to the target instead; the station's track must then be that of a sender.
    """

    def __init__(self, station: Track, target: Track, *, sends: bool = False) -> None:
        self._station, self._target, self._sense = station, target, 1.0 if sends else -1.0

    def sine(self, et: FloatArray) -> FloatArray:
        """Sine of the target's elevation at the station."""
        out = np.empty(et.size)
        station, target = self._station, self._target
        _kernels.station_sine(
            np.ascontiguousarray(et, dtype=np.float64),
            station.table,
            station.epoch,
            station.step,
            target.table,
            target.epoch,
            target.step,
            self._sense,
            out,
        )
        return out

    def elevation(self, et: FloatArray) -> FloatArray:
        """Elevation of the target at the station [rad]."""
        return np.arcsin(np.clip(self.sine(et), -1.0, 1.0))

    def clearance(self, et: FloatArray) -> FloatArray:
        """Above zero where the Moon does not stand between."""
        out = np.empty(et.size)
        station, target = self._station, self._target
        _kernels.moon_clearance(
            np.ascontiguousarray(et, dtype=np.float64),
            station.table,
            station.epoch,
            station.step,
            target.table,
            target.epoch,
            target.step,
            MOON_RADIUS,
            self._sense,
            out,
        )
        return out


def pair_clearance(sender: Track, receiver: Track, et: FloatArray) -> FloatArray:
    """Above zero where the Moon does not stand between two orbiters at epochs of reception [s], (m,) [rad]."""
    out = np.empty(et.size)
    _kernels.pair_clearance(
        np.ascontiguousarray(et, dtype=np.float64),
        sender.table,
        sender.epoch,
        sender.step,
        receiver.table,
        receiver.epoch,
        receiver.step,
        MOON_RADIUS,
        out,
    )
    return out


def light_times(a: Track, b: Track, et: FloatArray) -> FloatArray:
    """One-way light time between two tracks at epochs [s], (m,) [s].

    Both ends are taken at the same epoch: what they move in a light time changes it by 1e-5 s.
    """
    out = np.empty(et.size)
    times = np.ascontiguousarray(et, dtype=np.float64)
    _kernels.distances(times, a.table, a.epoch, a.step, b.table, b.epoch, b.step, out)
    return out / SPEED_OF_LIGHT


def highest_elevation(windows: FloatArray, elevation: Elevation) -> FloatArray:
    """Highest elevation in each window [rad], the best of a few samples and of parabolas through them.

    Parabolas go through the sine of the elevation, which stays smooth where a pass near the zenith makes the
    elevation itself as sharp as a roof, each narrower than the one before.

    Parameters
    ----------
    windows : (n, 2) array
        Begins and ends [s].
    elevation : callable
        Epochs to elevations [rad].

    Returns
    -------
    (n,) array
        [rad].
    """
    count = windows.shape[0]
    if count == 0:
        return np.empty(0)
    share = np.linspace(0.0, 1.0, PEAK_SAMPLES)
    et = windows[:, :1] + (windows[:, 1:] - windows[:, :1]) * share
    sine = np.sin(elevation(et.ravel()).reshape(count, PEAK_SAMPLES))
    row = np.arange(count)
    best = np.clip(np.argmax(sine, axis=1), 1, PEAK_SAMPLES - 2)
    middle = et[row, best]
    step = (windows[:, 1] - windows[:, 0]) / (PEAK_SAMPLES - 1)
    before, here, after = sine[row, best - 1], sine[row, best], sine[row, best + 1]
    highest = np.max(sine, axis=1)
    for closer in range(PEAK_PARABOLAS):
        if closer:
            step = step / PEAK_NARROWING
            middle = np.clip(middle, windows[:, 0] + step, windows[:, 1] - step)
            near = np.concatenate([middle - step, middle, middle + step])
            before, here, after = np.sin(elevation(near)).reshape(3, count)
        bend = before - 2.0 * here + after
        shift = np.where(bend < 0.0, 0.5 * (before - after) / np.where(bend < 0.0, bend, -1.0), 0.0)
        middle = middle + np.clip(shift, -1.0, 1.0) * step
        highest = np.maximum(highest, np.maximum(np.maximum(before, here), after))
    highest = np.maximum(highest, np.sin(elevation(middle)))
    return np.asarray(np.arcsin(np.clip(highest, -1.0, 1.0)), dtype=np.float64)
