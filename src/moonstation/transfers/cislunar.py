"""Flight between Earth and Moon in the full model, and how a flight is corrected until it meets its targets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_RADIUS, GM_EARTH, GM_MOON, GM_SUN
from moonstation.errors import OrbitError
from moonstation.orbits.gravity import load_gravity
from moonstation.spacetime._kernels import EphemerisWindow
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers import _cislunar_kernels as kernels

J2_EARTH = 1.0826359e-3
"""Flattening of the Earth's gravity (IERS Conventions 2010, table 1.1)."""

MODEL = (
    "Full model: Earth and Moon (GRGM1200A) with their gravity of degree 2, Sun, DE440; burns are impulses. Left out: "
    "Jupiter, air, higher degrees of the Moon, and sunlight pressure, which over five days moves an arrival "
    "by some 10 km "
    "(1e-7 m/s2) that course corrections take up."
)

MOST_ROUNDS = 40


@dataclass(frozen=True, eq=False)
class Cislunar:
    """Space between Earth and Moon over a span.

    Attributes
    ----------
    start, stop : float
        Span [TDB s past J2000].
    pole : ndarray, shape (3,)
        The Earth's pole of date, ICRF; held through the span.
    """

    start: float
    stop: float
    pole: FloatArray
    sky: Ephemeris
    window: EphemerisWindow
    pull: kernels.Pull

    @classmethod
    def over(cls, start: float, stop: float, *, ephemeris: Ephemeris | None = None) -> "Cislunar":
        """Space over a span [TDB s past J2000].

        Raises
        ------
        CoverageError
            If the kernels do not cover it.
        """
        sky = ephemeris or default_ephemeris()
        window = sky.window(start, stop)
        middle = np.array([0.5 * (start + stop)])
        axes = np.ascontiguousarray(EarthRotation().rotation_itrs_to_gcrs(middle)[0].T)
        moon = load_gravity(2)
        figure = moon.radius**2 * np.array([np.sqrt(5.0) * moon.c[2, 0], np.sqrt(5.0 / 12.0) * moon.c[2, 2]])
        pull = kernels.Pull(
            GM_EARTH, GM_MOON, GM_SUN, np.array([-J2_EARTH * EARTH_RADIUS**2, 0.0]), figure, axes
        )
        return cls(start, stop, axes[2].copy(), sky, window, pull)

    def fly(
        self, state: FloatArray, start: float, stop: float, *, mode: int = kernels.TO_TIME, level: float = 0.0
    ) -> tuple[float, FloatArray, bool]:
        """Fly on from an Earth-centred state (6,) [m, m/s, ICRF].

        Gives time and state where it ends, and whether that is the event looked for.

        Raises
        ------
        OrbitError
            If the integration gets stuck: the flight meets a body's centre.
        """
        out = np.empty(7)
        status = kernels.fly(self.window, self.pull, state, start, stop, mode, level, out)
        if status == kernels.STUCK:
            raise OrbitError(
                f"flight from {Epoch.from_tdb_s(start).utc}: runs into the Earth or the Moon; change its "
                f"start or its time"
            )
        return float(out[0]), out[1:], status == kernels.EVENT

    def fly_to(
        self, state: FloatArray, start: float, stop: float, *, mode: int, level: float = 0.0
    ) -> tuple[float, FloatArray] | None:
        """Time and state of an event, as `fly`; None where there is none: a trial that misses or runs into a body."""
        out = np.empty(7)
        status = kernels.fly(self.window, self.pull, state, start, stop, mode, level, out)
        return (float(out[0]), out[1:]) if status == kernels.EVENT else None

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
