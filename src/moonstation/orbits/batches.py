"""Many orbits at once, on all cores and alike on any number: trajectories, or a survey that keeps a few figures."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits import _kernels, _summary_kernels
from moonstation.orbits.forces import NO_THRUST, ForceModel, needs_extras
from moonstation.orbits.plans import FARTHEST, TOLERANCE, Plan, check_state, collocation_rule, plan_flight
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.frames import rotation_pa_to_me
from moonstation.spacetime.sites import Site
from moonstation.threads import in_threads

STEPS_KEPT = 256
"""Steps of one orbit held at once in a survey: 110 kB a thread."""

CHUNK = 8
"""Orbits that a thread flies before it takes the next ones."""

ENDS = {
    _kernels.REACHED_END: "flying",
    _kernels.BELOW_GROUND: "impact",
    _kernels.LEFT_MOON: "left",
    _kernels.HIT_EARTH: "earth",
    _kernels.NO_CONVERGENCE: "failed",
}
"""How a flight ends: still flying at the end of the span, on the ground, too far away, on the Earth, or the integration
fails."""


@dataclass(frozen=True)
class Survey:
    """What a survey asks of each orbit; small, and travels to other processes and machines.

    Attributes
    ----------
    epoch : Epoch
        When the states hold.
    duration : float
        How long to fly [s]; negative flies backward.
    degree : int
        Degree and order of the gravity field.
    forces : ForceModel
        What counts besides Moon, Earth and Sun.
    tolerance : float
        As for `propagate` [m].
    farthest : float
        Distance from the Moon [m] at which an orbiter has left.
    site : Site, optional
        Place from which the time in sight is counted.
    mask_deg : float
        Lowest elevation at which it sees an orbiter [deg], above the local horizontal; terrain is not looked at.
    sample : float
        Time between two looks from the site [s]; a rise or set between two is interpolated.
    """

    epoch: Epoch
    duration: float
    degree: int = 20
    forces: ForceModel = field(default_factory=ForceModel)
    tolerance: float = TOLERANCE
    farthest: float = FARTHEST
    site: Site | None = None
    mask_deg: float = 5.0
    sample: float = 300.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sample) and self.sample > 0.0):
            raise RequestError(f"survey: sample is {self.sample} s; give a positive number of seconds")
        if not -90.0 <= self.mask_deg <= 90.0:
            raise RequestError(f"survey: mask_deg is {self.mask_deg}; give an elevation from -90 to 90 deg")


def propagate_many(
    states_icrf: FloatArray,
    *,
    epoch: Epoch,
    duration: float,
    degree: int | None = None,
    forces: ForceModel | None = None,
    tolerance: float = TOLERANCE,
    bound: bool = True,
    farthest: float = FARTHEST,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Trajectory | OrbitError]:
    """Propagate many orbits from one epoch, with all that lies between.

    An orbit takes about 0.5 kB a step, a hundred low orbits of a day 15 MB; for thousands of orbits and years see
    `survey_orbits`.

    Parameters
    ----------
    states_icrf : FloatArray
        States (n, 6) [m, m/s], Moon-centred, ICRF axes.
    epoch, duration, degree, forces, tolerance, bound, farthest
        As for `propagate`. A degree that is not given is chosen for each orbit.
    threads : int, optional
        One a processor if not given; results do not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    list of Trajectory or OrbitError
        In the order of the states; an orbit that ends on the ground or leaves gives the error that says when and
        where.

    Raises
    ------
    CoverageError
        If the ephemeris does not cover the span.
    RequestError
        If an argument makes no sense; names the row of a state that does not.
    """
    states = _check_states(states_icrf)
    flown: list[Trajectory | OrbitError] = [OrbitError("not flown")] * len(states)

    def fly(i: int) -> None:
        try:
            flown[i] = propagate(
                states[i],
                epoch=epoch,
                duration=duration,
                degree=degree,
                name=str(i),
                forces=forces,
                tolerance=tolerance,
                bound=bound,
                farthest=farthest,
            )
        except OrbitError as error:
            flown[i] = error

    in_threads(fly, range(len(states)), threads, progress)
    return flown


def survey_orbits(
    states_icrf: FloatArray,
    survey: Survey,
    *,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Fly many orbits and keep a few figures of each; impacts are results here.

    A pure function of its arguments: chunks of the states, flown anywhere (`fly_chunk` on Dask), joined along
    "orbit", give the same bytes. Memory is 120 bytes an orbit and 110 kB a thread, however long they fly.

    Parameters
    ----------
    states_icrf : FloatArray
        States (n, 6) [m, m/s] at the epoch of the survey, Moon-centred, ICRF axes; also hyperbolic ones.
    survey : Survey
        What is asked.
    threads : int, optional
        One a processor if not given; results do not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    xarray.Dataset
        Along `orbit`: `end` ("flying", "impact", "left", "earth" or "failed"), `lifetime` [s], `lowest_altitude` and
        `highest_altitude` [m] over the 1737.4 km sphere with `lowest_at` and `highest_at` [s past the epoch], `dwell`
        [s] in sight of the site and `longest_gap` [s] out of it, and `final_state` (orbit, 6) [m, m/s], where the
        flight ended.

    Raises
    ------
    CoverageError
        If the ephemeris does not cover the span.
    RequestError
        If an argument makes no sense; names the row of a state that does not.
    """
    states = _check_states(states_icrf)
    plan = plan_flight(
        survey.epoch.tdb_s,
        survey.duration,
        degree=survey.degree,
        ephemeris=None,
        gravity=None,
        tolerance=survey.tolerance,
        forces=survey.forces,
        ground=True,
        farthest=survey.farthest,
        transition_degree=None,
        lowest=MOON_RADIUS,
        who="survey",
    )
    figures = np.full((len(states), _summary_kernels.SUMMARY), np.nan)
    final, ends, lifetime = (
        np.empty((len(states), 6)),
        np.empty(len(states), dtype=int),
        np.empty(len(states)),
    )
    site, sine = _site_pa(survey)

    def fly(first: int) -> None:
        room = _Room()
        for i in range(first, min(first + CHUNK, len(states))):
            state = plan.first_state(states[i])
            ends[i] = _fly_to_end(plan, state, room, figures[i], site, sine, survey.sample)
            final[i] = np.concatenate([state[2:5], plan.sign * state[5:8]])
            lifetime[i] = state[0]

    in_threads(fly, range(0, len(states), CHUNK), threads, progress)
    return _dataset(survey, plan, figures, final, ends, lifetime)


def fly_chunk(states_icrf: FloatArray, survey: Survey) -> xr.Dataset:
    """A part of a survey on one thread: what a Dask worker is given; see `survey_orbits`.

    For example ``client.gather(client.map(fly_chunk, np.array_split(states, 100), survey=survey))``, joined by
    ``xarray.concat(parts, "orbit")``.
    """
    return survey_orbits(states_icrf, survey, threads=1)


class _Room:
    """Output of the integrator, used again for orbit after orbit."""

    def __init__(self) -> None:
        self.tau = np.empty(STEPS_KEPT + 1)
        self.y = np.empty((STEPS_KEPT + 1, 6))
        self.record = np.empty((STEPS_KEPT, 3, _kernels.RECORD_COEFFICIENTS))


def _fly_to_end(
    plan: Plan,
    state: FloatArray,
    room: _Room,
    figures: FloatArray,
    site: FloatArray,
    sine: float,
    sample: float,
) -> int:
    """Fly until the end of the span or of the orbit, and summarise on the way; how it ended."""
    radius = float(np.linalg.norm(state[2:5]))
    figures[:] = 0.0
    figures[_summary_kernels.LOWEST] = figures[_summary_kernels.HIGHEST] = radius
    if radius < MOON_RADIUS:
        return _kernels.BELOW_GROUND
    status = _kernels.BUFFER_FULL
    extras = needs_extras(plan.forces, NO_THRUST)
    while status == _kernels.BUFFER_FULL:
        steps, status = _kernels.advance(
            plan.window,
            plan.gravity.packed,
            plan.forces,
            NO_THRUST,
            collocation_rule(),
            abs(plan.et1 - plan.et0),
            plan.tolerance,
            plan.ground,
            plan.farthest,
            state,
            extras,
            None,
            room.tau,
            room.y,
            room.record,
            None,
            None,
        )
        _summary_kernels.summarise_steps(
            plan.window,
            plan.sign,
            room.tau,
            room.record,
            steps + (status == _kernels.BELOW_GROUND),
            float(state[0]),
            site,
            sine,
            sample,
            figures,
        )
    return int(status)


def _check_states(states_icrf: FloatArray) -> FloatArray:
    states = np.atleast_2d(np.asarray(states_icrf, dtype=np.float64))
    if states.ndim != 2 or states.shape[1] != 6:
        raise RequestError(
            f"states: shape {np.shape(states_icrf)}; give (n, 6), position [m] and velocity [m/s]"
        )
    for i in np.flatnonzero(~np.isfinite(states).all(axis=1)):
        check_state(states[i], f"orbit {i}")
    return np.ascontiguousarray(states)


def _site_pa(survey: Survey) -> tuple[FloatArray, float]:
    """Position and zenith (2, 3) of the site in principal axes, and the sine of its mask."""
    if survey.site is None:
        return np.zeros((2, 3)), 2.0
    to_pa = rotation_pa_to_me().T
    rows = np.stack([to_pa @ survey.site.r_me(), to_pa @ survey.site.enu_me[2]])
    return np.ascontiguousarray(rows), float(np.sin(np.radians(survey.mask_deg)))


def _dataset(
    survey: Survey, plan: Plan, figures: FloatArray, final: FloatArray, ends: np.ndarray, lifetime: FloatArray
) -> xr.Dataset:
    def variable(values: np.ndarray, long_name: str, units: str) -> tuple[str, np.ndarray, dict[str, str]]:
        return "orbit", values, {"long_name": long_name, "units": units}

    low, low_at, high, high_at, dwell, gap = figures.T[:6].copy()
    data = xr.Dataset(
        {
            "end": (
                "orbit",
                np.array([ENDS[int(e)] for e in ends], dtype="U7"),
                {"long_name": "how it ended"},
            ),
            "lifetime": variable(lifetime, "time flown", "s"),
            "lowest_altitude": variable(low - MOON_RADIUS, "lowest height over the 1737.4 km sphere", "m"),
            "lowest_at": variable(low_at, "time of the lowest height past the epoch", "s"),
            "highest_altitude": variable(
                high - MOON_RADIUS, "greatest height over the 1737.4 km sphere", "m"
            ),
            "highest_at": variable(high_at, "time of the greatest height past the epoch", "s"),
            "final_state": (
                ("orbit", "component"),
                final,
                {"long_name": "state at the end, Moon-centred", "units": "m, m/s", "frame": "ICRF"},
            ),
        },
        attrs={
            "epoch_tdb": survey.epoch.tdb,
            "span_days": survey.duration / SECONDS_PER_DAY,
            "force_model": f"Gravity to degree {plan.gravity.degree}, {plan.model.description}",
            "sources": "; ".join(source.name for source in (plan.gravity.source, *plan.sky.sources)),
        },
    )
    if survey.site is not None:
        data["dwell"] = variable(
            dwell, f"time above {survey.mask_deg:g} deg seen from {survey.site.name}", "s"
        )
        data["longest_gap"] = variable(gap, f"longest time not in sight of {survey.site.name}", "s")
    return data
