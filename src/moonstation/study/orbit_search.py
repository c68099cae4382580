"""Orbits by purpose: periodic ones flown in the full model, frozen ones, and what keeping them costs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.orbits.elements import elements_to_state
from moonstation.orbits.events import EventQuery, find_events
from moonstation.orbits.flight import fly
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.frozen import FrozenOrbit
from moonstation.orbits.low_orbit_keeping import LowOrbitKeeping
from moonstation.orbits.multiple_shooting import CLOSED_M, CLOSED_M_S, turning_axes
from moonstation.orbits.sampling import sample_times
from moonstation.orbits.station_keeping import Keeping
from moonstation.orbits.three_body import LENGTH, MOON_X, PeriodicOrbit, lagrange_point
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.spacetime.events import complement, longest, total
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site
from moonstation.study.kept_orbits import KeepingPlan, fly_reference, keep_reference
from moonstation.study.orbits import OrbitRun

DAY = 86_400.0
PERCENTILES = (1.0, 50.0, 99.0)

LINE_TURN, LINE_LONGEST = 0.03, 7200.0
"""Turn about the Moon and time between points of a drawn line at most [rad], [s]."""


@dataclass(frozen=True)
class Sight:
    """What is seen from an orbit over its span.

    Attributes
    ----------
    least, greatest : float
        Distance from the Moon's centre [m].
    least_at, greatest_at : float
        When [TDB s past J2000].
    earth_hidden : float
        Share of the time in which the Moon hides the whole Earth.
    earth_hidden_longest : float
        [s]
    umbra : float
        Share of the time in the full shadow of the Moon.
    umbra_longest : float
        [s]
    dwell : float or None
        Share of the time over a site; None without one.
    gap : float or None
        Longest time not over it [s].
    """

    least: float
    greatest: float
    least_at: float
    greatest_at: float
    earth_hidden: float
    earth_hidden_longest: float
    umbra: float
    umbra_longest: float
    dwell: float | None = None
    gap: float | None = None


def fly_found(
    orbit: PeriodicOrbit,
    *,
    epoch: Epoch,
    revolutions: int,
    degree: int,
    short_name: str,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> OrbitRun:
    """A periodic orbit of the three-body problem, closed in the full model, as an orbit that can be shown and written.

    Parameters
    ----------
    orbit : PeriodicOrbit
        First guess.
    epoch : Epoch
        When it is at its first state: the apolune of a halo orbit, the Earth's side of a distant retrograde one.
    revolutions : int
        How often it goes round.
    degree : int
        Of the gravity field.
    short_name : str
        For files and pictures.
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun.
    progress : callable, optional
        Called with a rough share done, 0 to 1.

    Raises
    ------
    OrbitError, CoverageError, RequestError
        See `moonstation.orbits.multiple_shooting.fly_periodic`.
    """
    trajectory = fly_reference(
        orbit,
        epoch=epoch,
        revolutions=revolutions,
        degree=degree,
        forces=forces,
        name=short_name,
        progress=progress,
    )
    notes = [
        f"Found in the three-body problem and closed in the full model: jumps of under {CLOSED_M:g} m and "
        f"{CLOSED_M_S * 1e3:g} mm/s remain between arcs.",
        trajectory.note,
    ]
    name = orbit.name[:1].upper() + orbit.name[1:]
    return OrbitRun(short_name, name, trajectory, "", notes, list(trajectory.sources))


def fly_frozen(
    found: FrozenOrbit,
    *,
    duration: float,
    degree: int,
    short_name: str,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> OrbitRun:
    """A frozen orbit flown for a time, or until it hits the ground.

    Parameters
    ----------
    found : FrozenOrbit
        See `moonstation.orbits.frozen.find_frozen_orbit`.
    duration : float
        [s]
    degree : int
        Of the gravity field.
    short_name : str
        For files and pictures.
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun.
    progress : callable, optional
        Called with the share done, 0 to 1.
    """
    flight = fly(
        elements_to_state(found.elements, axes="ME", epoch=found.epoch),
        epoch=found.epoch,
        duration=duration,
        degree=degree,
        name=short_name,
        forces=forces,
        to_the_end=True,
        progress=progress,
    )
    return OrbitRun(
        short_name,
        "Frozen low orbit",
        flight.trajectory,
        flight.ending,
        [flight.trajectory.note],
        list(flight.trajectory.sources),
    )


def sight_of(
    run: OrbitRun,
    *,
    site: Site | None = None,
    mask: float = 0.0,
    progress: Callable[[float], None] | None = None,
) -> Sight:
    """Distances, sight of the Earth, shadow, and sight of a site over a level horizon.

    Parameters
    ----------
    run : OrbitRun
        The orbit.
    site : Site, optional
        A place to be seen from.
    mask : float
        Least elevation there [rad]; terrain is not looked at.
    progress : callable, optional
        Called with the share done, 0 to 1.
    """
    queries = [EventQuery("hidden"), EventQuery("moon-umbra")]
    if site is not None:
        queries.append(EventQuery("pass", low=mask, site=site))
    events = find_events(run.trajectory, queries, progress=progress)
    windows = {
        kind: np.array([(e.start, e.stop) for e in events if e.query.kind == kind]).reshape(-1, 2)
        for kind in ("hidden", "moon-umbra", "pass")
    }
    length = run.stop - run.start
    extremes = run.trajectory.altitude_extremes
    hidden, umbra = windows["hidden"], windows["moon-umbra"]
    dwell = gap = None
    if site is not None:
        et = run.trajectory.et
        dwell = total(windows["pass"]) / length
        gap = _longest(complement(windows["pass"], float(et[0]), float(et[-1])))
    return Sight(
        least=extremes.lowest + MOON_RADIUS,
        greatest=extremes.highest + MOON_RADIUS,
        least_at=extremes.lowest_at,
        greatest_at=extremes.highest_at,
        earth_hidden=total(hidden) / length,
        earth_hidden_longest=_longest(hidden),
        umbra=total(umbra) / length,
        umbra_longest=_longest(umbra),
        dwell=dwell,
        gap=gap,
    )


def _longest(windows: FloatArray) -> float:
    return longest(windows) if len(windows) else 0.0


def keep_found(
    run: OrbitRun,
    orbit: PeriodicOrbit,
    plan: KeepingPlan,
    *,
    forces: ForceModel | None = None,
    progress: Callable[[float], None] | None = None,
) -> Keeping:
    """Keep many orbiters with errors near a periodic orbit as it is flown in the full model.

    See `moonstation.study.kept_orbits.keep_reference`, which also says what is raised.
    """
    return keep_reference(run.trajectory, orbit, plan, forces=forces, progress=progress)


def keeping_figures(keeping: Keeping) -> dict[str, float]:
    """What keeping costs: mean and percentiles of the yearly cost, size and number of burns, misses [SI]."""
    burns = keeping.delta_v[keeping.delta_v > 0.0]
    low, middle, high = np.percentile(keeping.yearly, PERCENTILES)
    return {
        "yearly_mean": float(keeping.yearly.mean()),
        "yearly_1": float(low),
        "yearly_50": float(middle),
        "yearly_99": float(high),
        "burn_mean": float(burns.mean()) if burns.size else 0.0,
        "burn_99": float(np.percentile(burns, 99.0)) if burns.size else 0.0,
        "burned_share": float(burns.size / keeping.delta_v.size),
        "miss_mean": float(keeping.miss[:, 1:].mean()),
        "miss_99": float(np.percentile(keeping.miss[:, 1:], 99.0)),
    }


def keeping_table(keeping: Keeping) -> pd.DataFrame:
    """Burns of all members, one row each that was allowed: member, UTC, delta-v [m/s] (0: left out), miss [km]."""
    members, count = keeping.delta_v.shape
    utc = [f"{moment}Z" for moment in np.datetime_as_string(tdb_to_utc(keeping.et), unit="s")]
    return pd.DataFrame(
        {
            "member": np.repeat(np.arange(members), count),
            "utc": utc * members,
            "delta_v_m_s": np.round(keeping.delta_v.ravel(), 6),
            "miss_km": np.round(keeping.miss.ravel() / 1e3, 4),
        }
    )


def low_keeping_table(keeping: LowOrbitKeeping) -> pd.DataFrame:
    """Burns of a low orbit: UTC and delta-v along the velocity [m/s]."""
    utc = [f"{moment}Z" for moment in np.datetime_as_string(tdb_to_utc(keeping.et), unit="s")]
    return pd.DataFrame({"utc": utc, "delta_v_along_m_s": np.round(keeping.delta_v, 6)})


@dataclass(frozen=True, eq=False)
class TurningLine:
    """An orbit in axes that turn with Earth and Moon: x from the Earth to the Moon, z along their angular momentum.

    Attributes
    ----------
    name : str
        Of the orbit.
    et : FloatArray
        Epochs (n,) [TDB s past J2000].
    r_turning : FloatArray
        From the Moon's centre (n, 3) [m].
    points : dict of str to float
        Places of Lagrange points on the x axis, from the Moon, at the mean distance of Earth and Moon [m].
    """

    name: str
    et: FloatArray
    r_turning: FloatArray
    points: dict[str, float]


def turning_line(run: OrbitRun) -> TurningLine:
    """The line of an orbit in the axes in which halo orbits close."""
    trajectory = run.trajectory
    et = sample_times(
        trajectory, float(trajectory.et[0]), float(trajectory.et[-1]), turn=LINE_TURN, longest=LINE_LONGEST
    )
    points = {f"L{number}": (lagrange_point(number) - MOON_X) * LENGTH for number in (1, 2)}
    axes = turning_axes(et)
    return TurningLine(run.name, et, rotate(axes, trajectory.position_icrf(et)), points)
