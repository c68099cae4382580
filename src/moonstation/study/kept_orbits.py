"""Orbits that have no elements that hold: found in the three-body problem, closed in the full model, station-kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.gravity import degree_for, omitted_acceleration
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.propagation import Trajectory
from moonstation.orbits.station_keeping import TARGETS, Keeping, KeepingErrors, keep_orbit
from moonstation.orbits.three_body import (
    PeriodicOrbit,
    distant_retrograde_orbit,
    halo_orbit,
    near_rectilinear_orbit,
)
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Orbiter

PERILUNE_MARGIN = 0.85
"""Perilunes in the full model go lower than in the three-body problem, by up to 12 % over a year of the 9:2 orbit."""

BURNS = {"halo": 4, "nrho": 1, "dro": 1}
"""Burns allowed a revolution where nothing else is said: large halo orbits fall away a thousandfold in one."""

BURNS_COUNTED = 10
"""Burns at least from which a yearly cost is told; a shorter study flies its reference on for them."""

MEMBERS = 10
"""Orbiters of the Monte Carlo that tells what an orbiter of a study costs to keep."""


@dataclass(frozen=True)
class KeepingPlan:
    """How an orbit is kept near its reference.

    Attributes
    ----------
    members : int
        Orbiters of the Monte Carlo.
    errors : KeepingErrors
        Of navigation, burns and insertion.
    deadband : float
        Burns under this are left out [m/s].
    burns_per_revolution : int
        How often a burn is allowed.
    seed : int
        Of the errors.
    """

    members: int = 100
    errors: KeepingErrors = field(default_factory=KeepingErrors)
    deadband: float = 0.03
    burns_per_revolution: int = 1
    seed: int = 1


@dataclass(frozen=True)
class KeptFlight:
    """An orbit that is station-kept over a span.

    Attributes
    ----------
    trajectory : Trajectory
        The reference that it is kept to.
    orbit : PeriodicOrbit
        What it was found from.
    keeping : Keeping
        What keeping it costs.
    plan : KeepingPlan
        With which errors.
    """

    trajectory: Trajectory
    orbit: PeriodicOrbit
    keeping: Keeping
    plan: KeepingPlan


def periodic_orbit(spec: Orbiter) -> PeriodicOrbit:
    """The orbit of the three-body problem that an orbiter of a kind other than elements asks for.

    Raises
    ------
    OrbitError, RequestError
        If there is no such orbit; says between which sizes they lie.
    """
    if spec.kind == "dro" and spec.radius is not None:
        return distant_retrograde_orbit(radius=spec.radius)
    point = int(spec.point[-1])
    if spec.kind == "nrho":
        turns, months = (int(part) for part in spec.resonance.split(":"))
        return near_rectilinear_orbit(resonance=(turns, months), point=point, north=spec.north)
    return halo_orbit(
        point=point,
        north=spec.north,
        period=spec.period,
        z_amplitude=spec.z_amplitude,
        perilune=spec.perilune,
    )


def degree_of(orbit: PeriodicOrbit, degree: int | None = None) -> int:
    """Degree of the gravity field that a periodic orbit is flown with, if none is given."""
    return degree_for(PERILUNE_MARGIN * orbit.perilune) if degree is None else degree


def fly_reference(
    orbit: PeriodicOrbit,
    *,
    epoch: Epoch,
    revolutions: int,
    degree: int,
    name: str,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """A periodic orbit closed in the full model, with a note on all of its forces.

    Parameters and errors are those of `moonstation.orbits.multiple_shooting.fly_periodic`.
    """
    trajectory = fly_periodic(
        orbit,
        epoch=epoch,
        revolutions=revolutions,
        degree=degree,
        forces=forces,
        name=name,
        progress=progress,
    )
    least = trajectory.altitude_extremes.lowest + MOON_RADIUS
    note = (
        f"Gravity to degree {degree}, {(forces or ForceModel()).description}; no manoeuvres. At the least "
        f"distance from the Moon's centre, {least / 1e3:.0f} km, degrees above {degree} would add about "
        f"{omitted_acceleration(least, degree):.1g} m/s2."
    )
    return replace(trajectory, note=note)


def keep_reference(
    reference: Trajectory,
    orbit: PeriodicOrbit,
    plan: KeepingPlan,
    *,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> Keeping:
    """Keep many orbiters with errors near a periodic orbit as it is flown in the full model.

    Target points: each burn is the one that brings the orbiter nearest to the reference at the next three burns; see
    `moonstation.orbits.station_keeping.keep_orbit`.

    Parameters
    ----------
    reference : Trajectory
        See `fly_reference`.
    orbit : PeriodicOrbit
        What it was found from; burns are spaced evenly over its period from its first state on.
    plan : KeepingPlan
        Errors, deadband, burns.
    forces : ForceModel, optional
        Those of the reference.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If the reference is too short, or the plan makes no sense.
    OrbitError
        If an orbiter is lost.
    """
    if plan.burns_per_revolution < 1:
        raise RequestError(f"burns per revolution {plan.burns_per_revolution}: give 1 or more")
    spacing = orbit.period_s / plan.burns_per_revolution
    et = reference.et
    count = int(np.floor((et[-1] - et[0]) / spacing + 1e-6)) + 1
    if count <= TARGETS + 1:
        raise RequestError(
            f"keeping: the reference holds {count} places for burns, and the last {TARGETS} are aimed at only; fly "
            "more revolutions, or allow more burns in each"
        )
    # the last one may lie past the end by a rounding
    burns = np.minimum(et[0] + spacing * np.arange(count), et[-1])
    return keep_orbit(
        reference,
        burns,
        forces=forces,
        errors=plan.errors,
        deadband=plan.deadband,
        members=plan.members,
        seed=plan.seed,
        progress=progress,
    )


def fly_kept(
    spec: Orbiter,
    *,
    start: Epoch,
    stop: Epoch,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> KeptFlight:
    """Fly an orbiter of a kind other than elements over a span, station-kept all the way.

    What is flown is the reference, closed in the full model; a kept orbiter stays within kilometres of it, see the
    misses of the keeping.

    Parameters
    ----------
    spec : Orbiter
        Its kind and size, and its epoch (the start if not given): apolune, or the Earth's side for a distant retrograde
        orbit.
    start, stop : Epoch
        What has to be covered.
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    OrbitError, RequestError, CoverageError
        If there is no such orbit, it does not close, an orbiter is lost, or the kernels end.
    """
    orbit = periodic_orbit(spec)
    epoch = spec.epoch or start
    if epoch > start:
        raise RequestError(
            f"{spec.id}: its orbit holds from {epoch.utc[:16]}Z, after {start.utc[:16]}Z; begin later, or give it an "
            "earlier epoch"
        )
    burns = BURNS[spec.kind]
    plan = KeepingPlan(members=MEMBERS, burns_per_revolution=burns)
    least = -(-(BURNS_COUNTED + TARGETS) // burns)
    revolutions = max(int(np.ceil((stop - epoch) / orbit.period_s)), least)
    reference = fly_reference(
        orbit,
        epoch=epoch,
        revolutions=revolutions,
        degree=degree_of(orbit, spec.degree),
        name=spec.id,
        forces=forces,
        progress=None if progress is None else lambda share: progress(0.7 * share),
    )
    keeping = keep_reference(
        reference,
        orbit,
        plan,
        forces=forces,
        progress=None if progress is None else lambda share: progress(0.7 + 0.3 * share),
    )
    told = reference.note.replace("; no manoeuvres.", f"; {keeping_words(keeping, plan)}")
    trajectory = replace(reference.between(start.tdb_s, stop.tdb_s), note=told)
    return KeptFlight(trajectory, orbit, keeping, plan)


def keeping_words(keeping: Keeping, plan: KeepingPlan) -> str:
    """What keeping costs and what that rests on, in one or two sentences."""
    low, high = np.percentile(keeping.yearly, (1.0, 99.0))
    errors = plan.errors
    return (
        f"station-kept over the whole span to the reference shown, which costs {keeping.yearly.mean():.2g} m/s a year "
        f"on average ({low:.2g} to {high:.2g} m/s of {plan.members} with errors of their own). Errors assumed: "
        f"navigation {errors.position:g} m and {errors.velocity * 100:g} cm/s, burns {errors.burn_size * 100:g} % and "
        f"{np.degrees(errors.burn_direction):g} deg, {plan.burns_per_revolution} burn(s) a revolution, none under "
        f"{plan.deadband * 100:g} cm/s; a kept orbiter is {keeping.miss[:, 1:].mean() / 1e3:.2g} km off on average."
    )
