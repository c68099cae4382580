"""Orbits flown until they end on the ground or far away, and trajectories joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.orbits.burns import Manoeuvre
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.plans import FARTHEST
from moonstation.orbits.propagation import END_GRAIN, Trajectory, propagate
from moonstation.orbits.scene import ground_track
from moonstation.spacetime.epochs import Epoch


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
    manoeuvres: Sequence[Manoeuvre] = (),
    mass: float | None = None,
    to_the_end: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Flight:
    """Fly an orbit about the Moon, with manoeuvres where there are any, and say how it ends.

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
    manoeuvres : sequence of Impulse or Burn
        Changes of velocity within the span.
    mass : float, optional
        Mass at the epoch [kg]; burns need it.
    to_the_end : bool
        Whether an orbit that hits the ground or leaves the Moon is given as far as it goes instead of refused.
    progress : callable, optional
        Called with the share of the span done, 0 to 1.

    Raises
    ------
    OrbitError
        If the orbit cannot begin; or, unless `to_the_end`, if it ends within the span.
    RequestError
        If a manoeuvre lies outside of the span.
    CoverageError
        If the ephemeris does not cover the span.
    """
    trajectory = propagate(
        state_icrf,
        epoch=epoch,
        duration=duration,
        degree=degree,
        name=name,
        forces=forces,
        manoeuvres=manoeuvres,
        mass=mass,
        to_the_end=to_the_end,
        progress=progress,
    )
    ended = trajectory.et[-1] < (epoch + duration).tdb_s - END_GRAIN
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


def _ending(trajectory: Trajectory, epoch: Epoch) -> str:
    last = trajectory.et[-1:]
    when = Epoch.from_tdb_s(float(last[0]))
    days = (when - epoch) / 86_400.0
    lat, lon, altitude = (float(value[0]) for value in ground_track(trajectory, last))
    if altitude > 0.9 * FARTHEST:
        return f"leaves the Moon, {FARTHEST / 1e6:.0f},000 km away, {when.utc}, {days:.2f} d after its epoch"
    return (
        f"hits the ground (1737.4 km sphere) {when.utc}, {days:.2f} d after its epoch, at lat "
        f"{np.degrees(lat):.2f} deg, lon {np.degrees(lon):.2f} deg (ME)"
    )
