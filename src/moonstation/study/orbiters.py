"""The motion of a station's orbiters: from elements, as a kept halo or distant retrograde orbit, or from a file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import CoverageError, MoonstationError, RequestError
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.messages import read_ephemeris
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Orbiter
from moonstation.study.kept_orbits import KeptFlight, fly_kept

SLACK = 1e-5
"""Time by which a file may fall short of a span for the rounding of its epochs [s]: 2 cm of motion at most."""


@dataclass(frozen=True, eq=False)
class OrbiterFlight:
    """An orbiter over the span of a study.

    Attributes
    ----------
    trajectory : Trajectory
        The motion.
    kept : KeptFlight or None
        How it is kept, where it does not stay by itself.
    """

    trajectory: Trajectory
    kept: KeptFlight | None = None

    @property
    def keeping_yearly(self) -> float | None:
        """What keeping it costs on average [m/s a year]; None where it flies free or from a file."""
        return None if self.kept is None else float(self.kept.keeping.yearly.mean())


@dataclass(frozen=True)
class ForceChanges:
    """What a user says of forces, over those that would act.

    Attributes
    ----------
    values : dict
        Attributes of `ForceModel` with their values; empty where nothing is said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def over(self, base: ForceModel | None = None) -> ForceModel:
        """Forces with the changes.

        Raises
        ------
        RequestError
            If they make no sense together.
        """
        model = replace(base or ForceModel(), **self.values)
        if "reflectivity" in self.values and not model.area_to_mass:
            raise RequestError("--cr: no sunlight presses; give --area and --mass too")
        return model


def forces_of(orbiter: Orbiter) -> ForceModel:
    """Forces on an orbiter of a station file: the usual ones, and sunlight where area and mass are given."""
    return ForceModel(area_to_mass=orbiter.area_to_mass, reflectivity=orbiter.reflectivity)


def first_state(orbiter: Orbiter, epoch: Epoch) -> FloatArray:
    """State (6,) of an orbiter that is given by elements [m, m/s], Moon-centred, ICRF axes."""
    return elements_to_state(elements_of(orbiter), axes=orbiter.frame, epoch=epoch)


def elements_of(orbiter: Orbiter) -> Elements:
    """Elements of an orbiter.

    Raises
    ------
    RequestError
        If it has none.
    """
    low, high, tilt = orbiter.periapsis_altitude, orbiter.apoapsis_altitude, orbiter.inclination
    if low is None or high is None or tilt is None:
        raise RequestError(f"orbiter {orbiter.id}: is no orbit of elements ({orbiter.shape})")
    return Elements.from_altitudes(
        low,
        high,
        inclination=tilt,
        raan=orbiter.raan,
        arg_periapsis=orbiter.arg_periapsis,
        true_anomaly=orbiter.true_anomaly,
    )


def fly_orbiter(
    orbiter: Orbiter, *, start: Epoch, stop: Epoch, progress: Callable[[float], None] | None = None
) -> OrbiterFlight:
    """Fly an orbiter over a span, or read its motion.

    Parameters
    ----------
    orbiter : Orbiter
        As the station file has it.
    start, stop : Epoch
        What has to be covered.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    MoonstationError
        If it cannot be flown over the whole span; names the orbiter.
    """
    if orbiter.ephemeris is not None:
        return OrbiterFlight(_from_file(orbiter, start, stop))
    epoch = orbiter.epoch or start
    if epoch > start:
        raise RequestError(
            f"orbiter {orbiter.id}: its orbit holds from {epoch.utc[:16]}Z, after the study begins "
            f"({start.utc[:16]}Z); give an earlier epoch or start the study later"
        )
    forces = forces_of(orbiter)
    if orbiter.kind != "elements":
        with _named(orbiter):
            kept = fly_kept(orbiter, start=start, stop=stop, forces=forces, progress=progress)
        return OrbiterFlight(kept.trajectory, kept)
    flown = propagate(
        first_state(orbiter, epoch),
        epoch=epoch,
        duration=stop - epoch,
        degree=orbiter.degree,
        name=orbiter.id,
        forces=forces,
        progress=progress,
    )
    return OrbiterFlight(flown.between(start.tdb_s, stop.tdb_s))


@contextmanager
def _named(orbiter: Orbiter) -> Iterator[None]:
    """Name the orbiter in what goes wrong with it."""
    try:
        yield
    except MoonstationError as error:
        raise type(error)(f"orbiter {orbiter.id}: {error}") from error


def _from_file(orbiter: Orbiter, start: Epoch, stop: Epoch) -> Trajectory:
    path = Path(orbiter.ephemeris or "")
    with _named(orbiter):
        found = read_ephemeris(path, body_id=orbiter.body_id)
    first, last = float(found.et[0]), float(found.et[-1])
    if start.tdb_s < first - SLACK or stop.tdb_s > last + SLACK:
        raise CoverageError(
            f"orbiter {orbiter.id}: {path.name} covers {Epoch.from_tdb_s(first).utc[:19]}Z to "
            f"{Epoch.from_tdb_s(last).utc[:19]}Z, the study runs from {start.utc[:19]}Z to {stop.utc[:19]}Z; choose "
            "--start and --days within, or give a longer file"
        )
    et = found.et.copy()
    et[0], et[-1] = np.minimum(et[0], start.tdb_s), np.maximum(et[-1], stop.tdb_s)
    return replace(found, et=et).between(start.tdb_s, stop.tdb_s)
