"""Flight between Earth and Moon in the full model, and how a flight is corrected until it meets its targets."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.legs import fly_until
from moonstation.orbits.plans import HIGHEST_FARTHEST, TOLERANCE, Plan, plan_flight
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch

MODEL = (
    "Full model: Moon (GRGM1200A) to degree 50, Earth with its flattening, Sun, Venus and Jupiter, DE440; burns are "
    "impulses. Left out: air, tides, relativity, and sunlight pressure, which over five days moves an arrival by some "
    "20 km (area over mass 0.02 m2/kg) that course corrections take up."
)

DEGREE = 50
"""Of the Moon's gravity: what it leaves out moves a passage 100 km up by less than a metre."""

NEAR = 1.2e8
"""Distance from the body below which a closest approach counts [m]."""

PLANS = 16
"""Plans kept: a search flies many states over few spans."""

Event = Literal["time", "periselene", "perigee", "radius"]

MOST_ROUNDS = 40


@dataclass(frozen=True, eq=False)
class Cislunar:
    """Space between Earth and Moon over a span; flights in it are those of `orbits.propagation`.

    Attributes
    ----------
    start, stop : float
        Span [TDB s past J2000].
    pole : ndarray, shape (3,)
        The Earth's pole of date, ICRF; held through the span.
    forces : ForceModel
        What counts besides Moon, Earth and Sun.
    degree : int
        Of the Moon's gravity.
    """

    start: float
    stop: float
    pole: FloatArray
    sky: Ephemeris
    forces: ForceModel
    degree: int
    plans: dict[tuple[float, float], Plan] = field(default_factory=dict, repr=False)

    @classmethod
    def over(
        cls,
        start: float,
        stop: float,
        *,
        ephemeris: Ephemeris | None = None,
        forces: ForceModel | None = None,
        degree: int = DEGREE,
    ) -> "Cislunar":
        """Space over a span [TDB s past J2000].

        Raises
        ------
        CoverageError
            If the kernels do not cover it.
        """
        sky = ephemeris or default_ephemeris()
        sky.require(start, stop)
        axes = EarthRotation().rotation_itrs_to_gcrs(np.array([0.5 * (start + stop)]))[0]
        return cls(start, stop, axes[:, 2].copy(), sky, forces or ForceModel(), degree)

    @cached_property
    def rough(self) -> "Cislunar":
        """The same with the Moon's gravity to degree 2, for trials: they may pass deep below the ground.

        Higher degrees have no meaning there, and grow without bound.
        """
        return replace(self, degree=2, plans={})

    def fly(
        self, state: FloatArray, start: float, stop: float, *, to: Event = "time", level: float = 0.0
    ) -> tuple[float, FloatArray, bool]:
        """Fly on from an Earth-centred state (6,) [m, m/s, ICRF], forth or back.

        Ends at `stop`, or before at the first closest approach of the Moon ("periselene") or of the Earth ("perigee"),
        or on the way down through a distance from the Earth ("radius", `level` [m]); the event must not hold at the
        start. Gives time and state where it ends, and whether that is the event looked for.

        Raises
        ------
        OrbitError
            If the flight runs into the Earth or the Moon, or leaves both.
        """
        ended = self._fly(state, start, stop, to, level)
        if ended is None:
            raise OrbitError(
                f"flight from {Epoch.from_tdb_s(start).utc}: runs into the Earth or the Moon; change its "
                f"start or its time"
            )
        return ended

    def fly_to(
        self, state: FloatArray, start: float, stop: float, *, to: Event, level: float = 0.0
    ) -> tuple[float, FloatArray] | None:
        """Time and state of an event, as `fly`; None where there is none: a trial that misses or runs into a body."""
        ended = self._fly(state, start, stop, to, level)
        return (ended[0], ended[1]) if ended is not None and ended[2] else None

    def try_fly(self, state: FloatArray, start: float, stop: float) -> FloatArray | None:
        """State at a time, as `fly`; None for a trial that runs into a body."""
        ended = self._fly(state, start, stop, "time", 0.0)
        return None if ended is None else ended[1]

    def _fly(
        self, state: FloatArray, start: float, stop: float, to: Event, level: float
    ) -> tuple[float, FloatArray, bool] | None:
        way = 1.0 if stop >= start else -1.0

        def by_moon(et: FloatArray, states: FloatArray) -> FloatArray:
            r, v = states[:, :3], states[:, 3:]
            rate: FloatArray = way * np.einsum("ni,ni->n", r, v)
            return np.where(np.einsum("ni,ni->n", r, r) < NEAR**2, rate, -1.0)

        def by_earth(et: FloatArray, states: FloatArray) -> FloatArray:
            away = states - self.sky.state_icrf("earth", et)
            r2 = np.einsum("ni,ni->n", away[:, :3], away[:, :3])
            if to == "radius":
                return np.asarray(level - np.sqrt(r2))
            return np.where(r2 < NEAR**2, way * np.einsum("ni,ni->n", away[:, :3], away[:, 3:]), -1.0)

        if start == stop:
            return start, state.copy(), False
        rising = {"time": None, "periselene": by_moon, "perigee": by_earth, "radius": by_earth}[to]
        ended = fly_until(self._plan(start, stop), state - self.moon(start), rising)
        return None if ended is None else (ended[0], ended[1] + self.moon(ended[0]), ended[2])

    def _plan(self, start: float, stop: float) -> Plan:
        plan = self.plans.get((start, stop))
        if plan is None:
            plan = plan_flight(
                start,
                stop - start,
                degree=self.degree,
                ephemeris=self.sky,
                gravity=None,
                tolerance=TOLERANCE,
                forces=self.forces,
                ground=False,
                farthest=HIGHEST_FARTHEST,
                transition_degree=None,
                lowest=MOON_RADIUS,
                who="flight",
            )
            # one pole for all flights of the span, or those forth and back would differ
            plan = replace(plan, forces=plan.forces._replace(pole=self.pole))
            if len(self.plans) >= PLANS:
                self.plans.clear()
            self.plans[start, stop] = plan
        return plan

    def moon(self, et: float) -> FloatArray:
        """State of the Moon from the Earth (6,) [m, m/s, ICRF]."""
        result: FloatArray = self.sky.state_icrf("moon", np.array([et]), center="earth")[0]
        return result

    def moon_pole(self, et: float) -> FloatArray:
        """Pole of the Moon's mean-Earth axes, ICRF, shape (3,)."""
        result: FloatArray = self.sky.rotation_icrf_to_me(np.array([et]))[0, 2]
        return result


def correct(
    miss: Callable[[FloatArray], FloatArray | None],
    start: FloatArray,
    *,
    steps: FloatArray,
    largest: FloatArray,
    small: float,
) -> FloatArray | None:
    """Change unknowns until nothing is missed, by Newton's method with differences; None if that fails.

    Parameters
    ----------
    miss : callable
        Takes unknowns (n,), gives misses (n,), or None where it cannot tell.
    start : ndarray, shape (n,)
        Unknowns to begin with.
    steps : ndarray, shape (n,)
        For the differences.
    largest : ndarray, shape (n,)
        Largest change of a round.
    small : float
        Norm of the misses that is small enough.
    """
    at = start.copy()
    missed = miss(at)
    if missed is None:
        return None
    for _ in range(MOST_ROUNDS):
        if np.linalg.norm(missed) < small:
            return at
        slopes = np.empty((at.size, at.size))
        for i in range(at.size):
            beside = at.copy()
            beside[i] += steps[i]
            there = miss(beside)
            if there is None:
                return None
            slopes[:, i] = (there - missed) / steps[i]
        try:
            change = np.linalg.solve(slopes, -missed)
        except np.linalg.LinAlgError:
            return None
        change *= min(1.0, float(np.min(largest / np.maximum(np.abs(change), 1e-300))))
        # halved until it gets better
        for _ in range(8):
            there = miss(at + change)
            if there is not None and np.linalg.norm(there) < np.linalg.norm(missed):
                break
            change *= 0.5
        else:
            return None
        at, missed = at + change, there
    return None
