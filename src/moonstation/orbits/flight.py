"""Orbits flown with impulses, and orbits flown until they end on the ground or far away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.burns import Impulse, impulse_icrf
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.propagation import FARTHEST, Trajectory, propagate
from moonstation.orbits.scene import ground_track
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

END_WITHIN = 0.02
"""How closely in time the end of an orbit is found [s]."""


@dataclass(frozen=True)
class Flight:
    """An orbit as far as it can be flown.

    Attributes
    ----------
    trajectory : Trajectory
        The motion, to the end of the span or of the orbit.
    ending : str
        How the orbit ended before its span did, one sentence; "" where it did not.
    """

    trajectory: Trajectory
    ending: str = ""


def fly(
    state_icrf: FloatArray,
    *,
    epoch: Epoch,
    duration: float,
    degree: int | None = None,
    name: str = "",
    forces: ForceModel | None = None,
    impulses: Sequence[Impulse] = (),
    to_the_end: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Flight:
    """Fly an orbit about the Moon, with impulses where there are any.

    Parameters
    ----------
    state_icrf : FloatArray
        State (6,) at the epoch [m, m/s], Moon-centred, ICRF axes.
    epoch : Epoch
        When.
    duration : float
        How long [s].
    degree : int, optional
        Degree of the gravity field; chosen by the height of the first periapsis if not given.
    name : str
        What flies.
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun; the usual ones if not given.
    impulses : sequence of Impulse
        Changes of velocity within the span, in order of time.
    to_the_end : bool
        Whether an orbit that hits the ground or leaves the Moon is given as far as it goes (to 0.02 s) instead of
        refused.
    progress : callable, optional
        Called with the share of the span done, 0 to 1.

    Raises
    ------
    OrbitError
        If the orbit cannot begin; or, unless `to_the_end`, if it ends within the span.
    RequestError
        If an impulse lies outside of the span.
    CoverageError
        If the ephemeris does not cover the span.
    """
    stop = epoch + duration
    for impulse in impulses:
        if not epoch <= impulse.epoch < stop:
            raise RequestError(
                f"orbit of {name or 'the orbiter'}: manoeuvre at {impulse.epoch.utc} lies outside of the span, "
                f"{epoch.utc} to {stop.utc}; choose a span that holds it"
            )
    edges = [epoch, *(impulse.epoch for impulse in impulses), stop]
    legs: list[Trajectory] = []
    state, ended = np.asarray(state_icrf, dtype=np.float64), False
    for number, (begin, end) in enumerate(pairwise(edges)):
        if number:
            state = _struck(impulses[number - 1], state)
        if end - begin <= 0.0:
            continue
        leg = _Leg(
            state,
            begin,
            end - begin,
            degree,
            name,
            forces,
            _part(progress, begin - epoch, end - begin, duration),
        )
        found, ended = leg.fly_to_end() if to_the_end else ([leg.fly(state, 0.0, end - begin)], False)
        legs += found
        degree = legs[0].degree
        state = legs[-1].states_icrf[-1]
        if ended:
            break
    trajectory = join(legs)
    if impulses:
        trajectory = replace(trajectory, note=f"{trajectory.note} With {len(impulses)} impulse(s).")
    return Flight(trajectory, _ending(trajectory, epoch) if ended else "")


def join(legs: Sequence[Trajectory]) -> Trajectory:
    """Make one trajectory of several, each beginning where the one before ends."""
    if len(legs) == 1:
        return legs[0]
    # at a joint the state of the later leg counts, that after an impulse
    return replace(
        legs[0],
        et=np.concatenate([*(leg.et[:-1] for leg in legs[:-1]), legs[-1].et]),
        states_icrf=np.concatenate([*(leg.states_icrf[:-1] for leg in legs[:-1]), legs[-1].states_icrf]),
        records=np.concatenate([leg.records for leg in legs]),
    )


def _struck(impulse: Impulse, state: FloatArray) -> FloatArray:
    """State (6,) after an impulse."""
    earth = default_ephemeris().state_icrf("earth", impulse.begin)[0]
    return np.concatenate([state[:3], state[3:] + impulse_icrf(impulse, state, earth)])


@dataclass(frozen=True)
class _Leg:
    """A stretch without impulses."""

    state: FloatArray
    begin: Epoch
    length: float
    degree: int | None
    name: str
    forces: ForceModel | None
    progress: Callable[[float], None] | None

    def fly(self, state: FloatArray, after: float, length: float, degree: int | None = None) -> Trajectory:
        return propagate(
            state,
            epoch=self.begin + after,
            duration=length,
            degree=self.degree if degree is None else degree,
            name=self.name,
            forces=self.forces,
            progress=None if self.progress is None else lambda share: self._tell(after + share * length),
        )

    def fly_to_end(self) -> tuple[list[Trajectory], bool]:
        """Pieces as far as the orbit goes, and whether it ended: halved steps close in on its end."""
        # an orbit that cannot begin is refused here, as it would be without looking for its end
        first = self.fly(self.state, 0.0, min(self.length, 1.0))
        pieces: list[Trajectory] = []
        state, after, step = self.state, 0.0, self.length
        while step >= END_WITHIN and after < self.length:
            step = min(step, self.length - after)
            try:
                piece = self.fly(state, after, step, first.degree)
            except OrbitError:
                step /= 2.0
                continue
            pieces.append(replace(piece, note=first.note))
            state, after = piece.states_icrf[-1], after + step
        ended = after < self.length - END_WITHIN
        return pieces or [first], ended

    def _tell(self, seconds: float) -> None:
        if self.progress is not None:
            self.progress(seconds / self.length)


def _part(
    progress: Callable[[float], None] | None, before: float, length: float, whole: float
) -> Callable[[float], None] | None:
    if progress is None:
        return None
    return lambda share: progress((before + share * length) / whole)


def _ending(trajectory: Trajectory, epoch: Epoch) -> str:
    last = trajectory.et[-1:]
    when = Epoch.from_tdb_s(float(last[0]))
    days = (when - epoch) / 86_400.0
    lat, lon, altitude = (float(value[0]) for value in ground_track(trajectory, last))
    if altitude > 0.9 * FARTHEST:
        return f"leaves the Moon, {altitude / 1e6:.0f},000 km away, {when.utc}, {days:.2f} d after its epoch"
    return (
        f"hits the ground (1737.4 km sphere) {when.utc}, {days:.2f} d after its epoch, at lat "
        f"{np.degrees(lat):.2f} deg, lon {np.degrees(lon):.2f} deg (ME)"
    )
