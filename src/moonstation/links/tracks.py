"""Where the ends of links are over a span: computed once, used by every pair.

Everything is brought into the Moon's mean-Earth frame (ME), where a site stands still. A ground station is
put where it is at reception, but on the Moon's axes of the moment at which the signal left the Moon, so that
its direction from a site is the one in which the signal travels; where the station sends, on the axes of the
moment at which the signal arrives at the Moon. Signals go straight as seen from the Moon's
centre; at the ground station, which does not move with it, that is off by 3.5e-6 rad: 0.05 s of Earth's turn.
"""

import math
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON, SPEED_OF_LIGHT
from moonstation.errors import CoverageError, RequestError
from moonstation.links._kernels import rates
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import EarthRotation, GroundStation
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site

SLOW_STEP = 600.0
"""Rows of a ground station's track [s]: the Earth turns by 2.5 deg between them, the cubic errs by 0.1 m."""

FASTEST_STEP = 5.0
"""Closest rows of an orbiter's track [s]."""

TURN_PER_STEP = 0.12
"""Angle about the Moon that an orbiter flies between rows at its fastest [rad]: 52 rows a round."""

TURN_PER_LOOK = 0.2
"""Angle about the Moon that orbiters fly between two looks for windows [rad]: 31 a round."""

SLACK = 1e-3
"""How far a span may reach over a trajectory [s]: rounding of dates."""


@dataclass(frozen=True, eq=False)
class Track:
    """Motion of one end of a link in ME, a table for `moonstation.links._kernels`.

    Attributes
    ----------
    table : (n, 6) or (n, 12) array
        Position [m] and rate [m/s]; for ground stations also zenith and its rate [1/s].
    epoch : float
        Epoch of row 0, TDB seconds past J2000.
    step : float
        Time between rows [s].
    """

    table: FloatArray
    epoch: float
    step: float


class Tracks:
    """Tracks of stations, orbiters and sites over one span, each made at first use and kept.

    Parameters
    ----------
    start, stop : float
        The span, TDB seconds past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Raises
    ------
    RequestError
        If the span ends before it begins.
    CoverageError
        If the ephemeris does not reach over the span.
    """

    def __init__(self, start: float, stop: float, *, ephemeris: Ephemeris | None = None) -> None:
        if not stop > start:
            raise RequestError(
                f"contacts from {_utc(start)} to {_utc(stop)}: the span must end after it begins"
            )
        self.start, self.stop = float(start), float(stop)
        self._ephemeris = ephemeris or default_ephemeris()
        self._ephemeris.require(self.start, self.stop)
        self._stations: dict[tuple[GroundStation, bool], Track] = {}
        self._orbiters: dict[int, tuple[Trajectory, Track]] = {}
        self._looks: dict[tuple[int, ...], FloatArray] = {}
        self._earth: dict[bool, tuple[FloatArray, float, FloatArray, FloatArray]] = {}
        self._earth_track: Track | None = None
        self._sun_track: Track | None = None

    def site(self, site: Site, height: float) -> Track:
        """Track of an antenna on a mast [m above ground]: it stands still."""
        table = np.zeros((2, 6))
        table[:, :3] = site.r_me(height)
        return Track(table, self.start, self.stop - self.start)

    def station(self, station: GroundStation, *, sends: bool = False) -> Track:
        """Track of a ground station that receives, or sends, with its zenith (twelve columns)."""
        key = (station, sends)
        if key not in self._stations:
            et, step, earth_me, itrs_to_me = self._earth_me(sends)
            values = np.empty((et.size, 6))
            values[:, :3] = earth_me + itrs_to_me @ station.r_itrs
            values[:, 3:] = itrs_to_me @ station.zenith_itrs
            rate = rates(values, step)
            table = np.hstack([values[:, :3], rate[:, :3], values[:, 3:], rate[:, 3:]])
            self._stations[key] = Track(table, float(et[0]), step)
        return self._stations[key]

    def orbiter(self, trajectory: Trajectory) -> Track:
        """Track of an orbiter, with rows as close as its fastest stretch asks for.

        Raises
        ------
        CoverageError
            If the trajectory does not reach over the span.
        """
        if id(trajectory) not in self._orbiters:
            first, last = float(trajectory.et[0]), float(trajectory.et[-1])
            if self.start < first - SLACK or self.stop > last + SLACK:
                raise CoverageError(
                    f"trajectory of {trajectory.name} runs from {_utc(first)} to {_utc(last)}: contacts "
                    f"from {_utc(self.start)} to {_utc(self.stop)} need it propagated over the whole span"
                )
            et, step = self._grid(orbiter_step(trajectory))
            r_icrf = trajectory.position_icrf(np.clip(et, first, last))
            r_me = np.einsum("nij,nj->ni", self._ephemeris.rotation_icrf_to_me(et), r_icrf)
            track = Track(np.hstack([r_me, rates(r_me, step)]), float(et[0]), step)
            self._orbiters[id(trajectory)] = (trajectory, track)
        return self._orbiters[id(trajectory)][1]

    def looks(self, *trajectories: Trajectory) -> FloatArray:
        """Epochs at which to look for windows of one or two orbiters, over the span: (n,) [s], even in their turn.

        Between two of them the orbiters together turn about the Moon by at most `TURN_PER_LOOK`, and no more than
        `SLOW_STEP` passes: an orbiter far out is looked at as seldom as it moves.
        """
        # threads may make one twice, and then both make the same
        key = tuple(sorted(map(id, trajectories)))
        if key not in self._looks:
            self._looks[key] = self._even_in_turn([self.orbiter(trajectory) for trajectory in trajectories])
        return self._looks[key]

    def _even_in_turn(self, tracks: list[Track]) -> FloatArray:
        et, step = self._grid(min(SLOW_STEP, TURN_PER_LOOK / TURN_PER_STEP * min(t.step for t in tracks)))
        rate = sum(np.interp(et, t.epoch + t.step * np.arange(len(t.table)), _turn_rate(t)) for t in tracks)
        pace = np.maximum(rate / TURN_PER_LOOK, 1.0 / SLOW_STEP)
        passed = np.r_[0.0, np.cumsum(0.5 * (pace[1:] + pace[:-1]) * step)]
        times = np.interp(np.linspace(0.0, passed[-1], max(4, math.ceil(passed[-1])) + 1), passed, et)
        times[0], times[-1] = self.start, self.stop
        return times

    def earth(self) -> Track:
        """Track of the Earth's centre as it stands at reception there."""
        if self._earth_track is None:
            et, step, earth_me, _ = self._earth_me(False)
            self._earth_track = Track(np.hstack([earth_me, rates(earth_me, step)]), float(et[0]), step)
        return self._earth_track

    def sun(self) -> Track:
        """Track of the Sun's centre, for angles of a hundredth of a degree: no light time."""
        if self._sun_track is None:
            et, step = self._grid(SLOW_STEP)
            sun_icrf = self._ephemeris.position_icrf("sun", et)
            sun_me = np.einsum("nij,nj->ni", self._ephemeris.rotation_icrf_to_me(et), sun_icrf)
            self._sun_track = Track(np.hstack([sun_me, rates(sun_me, step)]), float(et[0]), step)
        return self._sun_track

    def _grid(self, longest: float) -> tuple[FloatArray, float]:
        """Even grid over the span with at most a given step, and that step [s]."""
        rows = max(4, math.ceil((self.stop - self.start) / longest)) + 1
        et = np.linspace(self.start, self.stop, rows)
        return et, (self.stop - self.start) / (rows - 1)

    def _earth_me(self, sends: bool) -> tuple[FloatArray, float, FloatArray, FloatArray]:
        """Grid, its step, the Earth's centre [m] and the turn of its axes into ME, common to all stations."""
        if sends not in self._earth:
            et, step = self._grid(SLOW_STEP)
            earth_icrf = self._ephemeris.position_icrf("earth", et)
            # The stations' own light times differ by 0.02 s at most: 6e-8 rad of the Moon's turn.
            light_time = np.linalg.norm(earth_icrf, axis=1) / SPEED_OF_LIGHT
            icrf_to_me = self._ephemeris.rotation_icrf_to_me(et + (light_time if sends else -light_time))
            itrs_to_me = icrf_to_me @ EarthRotation().rotation_itrs_to_gcrs(et)
            self._earth[sends] = (et, step, np.einsum("nij,nj->ni", icrf_to_me, earth_icrf), itrs_to_me)
        return self._earth[sends]


def _turn_rate(track: Track) -> FloatArray:
    """How fast an orbiter turns about the Moon at the rows of its track [rad/s]."""
    (x, y, z), (u, v, w) = track.table[:, :3].T, track.table[:, 3:6].T
    square = x * x + y * y + z * z
    along = x * u + y * v + z * w
    return np.asarray(np.sqrt(np.maximum(square * (u * u + v * v + w * w) - along * along, 0.0)) / square)


def orbiter_step(trajectory: Trajectory) -> float:
    """Time between samples that suits an orbiter at its fastest about the Moon [s], at most `SLOW_STEP`.

    The fastest is the passage of periapsis on the two-body orbits through the trajectory's states, as these may
    stand far apart.
    """
    r, v = trajectory.states_icrf[:, :3], trajectory.states_icrf[:, 3:]
    momentum = np.linalg.norm(np.cross(r, v), axis=1)
    energy = 0.5 * np.sum(v * v, axis=1) - GM_MOON / np.linalg.norm(r, axis=1)
    parameter = momentum**2 / GM_MOON
    eccentricity = np.sqrt(np.maximum(0.0, 1.0 + 2.0 * energy * parameter / GM_MOON))
    fastest = float(np.max(momentum * ((1.0 + eccentricity) / parameter) ** 2))
    return float(np.clip(TURN_PER_STEP / fastest, FASTEST_STEP, SLOW_STEP))


def _utc(et: float) -> str:
    return Epoch.from_tdb_s(et).utc
