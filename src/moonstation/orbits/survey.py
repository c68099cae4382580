"""Surveys: many orbits flown until they end, of which a few figures are kept and no motion.

A survey is cut into chunks. `survey_chunk` is a function of its chunk alone, which pickles, so chunks can be done in
any order, by threads, processes or other machines, and the figures are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits import _kernels, _survey_kernels
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import (
    FARTHEST,
    STEPS_PER_CALL,
    collocation_rule,
    first_step_state,
)
from moonstation.spacetime.ephemerides import default_ephemeris

SURVEY_TOLERANCE = 1e-3
"""Size of the last terms kept of the position over a step [m]: ends of relay orbits then agree to a second with those
of a thousand times less (tests)."""

SPACING = 300.0
"""Time between the instants at which sight of a site is looked at [s]."""

STAYED, HIT_GROUND, LEFT = 0, 1, 2
"""How an orbit ended."""


@dataclass(frozen=True)
class SurveySite:
    """A place that orbiters are to be seen from.

    Attributes
    ----------
    lat, lon : float
        [rad, ME]
    mask : float
        Least elevation over the level horizon [rad]; terrain is not looked at.
    radius : float
        Distance from the Moon's centre [m].
    """

    lat: float
    lon: float
    mask: float = 0.0
    radius: float = MOON_RADIUS


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some orbits of a survey.

    Attributes
    ----------
    states_icrf : FloatArray
        First states (n, 6) [m, m/s], Moon-centred, ICRF axes.
    et : float
        Their epoch [TDB s past J2000].
    duration : float
        How long each is flown at most [s].
    degree : int
        Of the gravity field.
    site : SurveySite or None
        A place to be seen from.
    tolerance : float
        Of the integration [m].
    """

    states_icrf: FloatArray
    et: float
    duration: float
    degree: int
    site: SurveySite | None = None
    tolerance: float = SURVEY_TOLERANCE


class Fates(NamedTuple):
    """What became of some orbits; arrays (n,).

    Attributes
    ----------
    lifetime : FloatArray
        Time until the end of the orbit or of the survey [s].
    ending : FloatArray
        `STAYED`, `HIT_GROUND` (the 1737.4 km sphere; terrain is not looked at) or `LEFT`.
    lowest : FloatArray
        Least altitude [m].
    dwell : FloatArray
        Share of its lifetime in sight of the site; not a number without one. The last step before the ground, under an
        hour, is left out.
    gap : FloatArray
        Longest time out of sight [s], to `SPACING`; not a number without a site.
    """

    lifetime: FloatArray
    ending: FloatArray
    lowest: FloatArray
    dwell: FloatArray
    gap: FloatArray


def survey_chunk(chunk: Chunk) -> Fates:
    """Fly some orbits until they end, and keep what became of them.

    Force model of `propagate`. Sight of the site is looked at every `SPACING`, lowest altitudes are found between the
    steps of the integrator.

    Raises
    ------
    OrbitError
        If the integration of an orbit fails.
    CoverageError
        If the ephemeris does not reach over the survey.
    RequestError
        If the states are no (n, 6) finite numbers, or the duration is not positive.
    """
    states = np.asarray(chunk.states_icrf, dtype=np.float64)
    if states.ndim != 2 or states.shape[1] != 6 or not np.isfinite(states).all() or not chunk.duration > 0.0:
        raise RequestError("survey: give states of six finite numbers each and a duration above zero")
    sky = default_ephemeris()
    sky.require(chunk.et, chunk.et + chunk.duration)
    window = sky.window(chunk.et, chunk.et + chunk.duration)
    gravity = load_gravity(chunk.degree)
    packed, rule = gravity.packed, collocation_rule()
    up_icrf = np.empty((0, 3)) if chunk.site is None else _site_up(chunk.site, chunk.et, chunk.duration)
    tau = np.empty(STEPS_PER_CALL + 1)
    y = np.empty((STEPS_PER_CALL + 1, 6))
    records = np.empty((STEPS_PER_CALL, 3, _kernels.RECORD_COEFFICIENTS))
    found = np.full((5, len(states)), np.nan)
    for number, start in enumerate(states):
        if float(np.linalg.norm(start[:3])) <= MOON_RADIUS:
            found[:3, number] = 0.0, HIT_GROUND, np.linalg.norm(start[:3]) - MOON_RADIUS
            continue
        state = first_step_state(start, gravity.gm, chunk.duration)
        watched = np.array([np.inf, 0.0, 0.0, 0.0])
        samples = 0
        status = _kernels.BUFFER_FULL
        while status == _kernels.BUFFER_FULL:
            steps, status = _kernels.advance(
                window, packed, rule, chunk.et, float(chunk.duration), chunk.tolerance, MOON_RADIUS, FARTHEST,
                state, tau, y, records,
            )  # fmt: skip
            _survey_kernels.watch_heights(steps, tau, y, records, watched)
            if chunk.site is not None and steps:
                samples = _survey_kernels.watch_sight(
                    steps, tau, records, up_icrf, SPACING, samples, chunk.site.radius,
                    float(np.sin(chunk.site.mask)), watched,
                )  # fmt: skip
        if status == _kernels.NO_CONVERGENCE:
            raise OrbitError(f"survey: integration of orbit {number} fails; check its first state")
        hit = status == _kernels.BELOW_GROUND
        ending = HIT_GROUND if hit else LEFT if status == _kernels.LEFT_MOON else STAYED
        lowest = MOON_RADIUS if hit else watched[_survey_kernels.LOWEST]
        found[:3, number] = state[0], ending, lowest - MOON_RADIUS
        if samples:
            found[3, number] = watched[_survey_kernels.SEEN] / samples
            found[4, number] = watched[_survey_kernels.LONGEST_GAP] * SPACING
    return Fates(*found)


def join_fates(parts: Sequence[Fates]) -> Fates:
    """Fates of several chunks in their order."""
    return Fates(*(np.concatenate([part[k] for part in parts]) for k in range(len(Fates._fields))))


@lru_cache(maxsize=2)
def _site_up(site: SurveySite, et: float, duration: float) -> FloatArray:
    """Direction of a site from the Moon's centre (m, 3), ICRF axes, every `SPACING`."""
    times = et + SPACING * np.arange(int(duration / SPACING) + 1)
    up = np.array(
        [np.cos(site.lat) * np.cos(site.lon), np.cos(site.lat) * np.sin(site.lon), np.sin(site.lat)]
    )
    out = np.empty((len(times), 3))
    # in pieces: matrices of a year at once take much memory
    for begin in range(0, len(times), 20_000):
        part = slice(begin, begin + 20_000)
        out[part] = np.einsum("nij,i->nj", default_ephemeris().rotation_icrf_to_me(times[part]), up)
    return out
