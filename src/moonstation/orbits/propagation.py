"""Orbits about the Moon through time: numerical propagation and the trajectory that comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.polynomial import legendre

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import CoverageError, OrbitError, RequestError
from moonstation.formats.provenance import DataSource
from moonstation.orbits import _kernels
from moonstation.orbits.extremes import Extremes, altitude_extremes
from moonstation.orbits.gravity import GravityModel, degree_for, load_gravity, omitted_acceleration
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch

TOLERANCE = 1e-6
"""Default size of the last terms kept of the position over a step [m]."""

DRIFT_SHARE = 0.15
"""Growth of a position error per time, as a share of omitted acceleration over mean motion.

From truncated fields on a polar orbit 100 km up over 7 days: 0.06 of it with degree 50 (for 100), 0.25 with
degree 8 (for 50).
"""

FARTHEST = 150e6
"""Distance [m] at which an orbiter counts as gone: twice that of the far ends of halo orbits, which stay."""

STEPS_PER_CALL = 2000
"""Steps between two reports of progress: a few tenths of a second."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Motion of an orbiter about the Moon, at any epoch of its span.

    Attributes
    ----------
    name : str
        What flies.
    et : FloatArray
        Ends of the integration steps (n,) [TDB s past J2000].
    states_icrf : FloatArray
        States there (n, 6) [m, m/s], Moon-centred, ICRF axes.
    records : FloatArray
        Chebyshev coefficients of the position over each step (n - 1, 3, k) [m].
    degree : int
        Degree and order of the gravity field.
    note : str
        Force model and what it leaves out, one line.
    sources : tuple of DataSource
        Data files used.
    """

    name: str
    et: FloatArray
    states_icrf: FloatArray
    records: FloatArray = field(repr=False)
    degree: int
    note: str
    sources: tuple[DataSource, ...]

    def state_icrf(self, et: FloatArray) -> FloatArray:
        """States at any epochs, as accurate as the integration.

        Parameters
        ----------
        et : FloatArray
            Epochs (m,) [TDB s past J2000]; fastest in order of time.

        Returns
        -------
        FloatArray
            (m, 6) [m, m/s], Moon-centred, ICRF axes.

        Raises
        ------
        CoverageError
            If an epoch lies outside of the trajectory.
        """
        epochs = np.ascontiguousarray(np.atleast_1d(et), dtype=np.float64)
        out = np.empty((len(epochs), 6))
        if len(epochs) == 0:
            return out
        first, last = epochs.min(), epochs.max()
        if not (first >= self.et[0] and last <= self.et[-1]):
            begin, end = Epoch.from_tdb_s(self.et[0]).utc, Epoch.from_tdb_s(self.et[-1]).utc
            raise CoverageError(
                f"orbit of {self.name or 'the orbiter'} is known from {begin} to {end}: "
                f"propagate it over the whole span asked for (TDB {first:.3f} to {last:.3f} s past J2000)"
            )
        _kernels.evaluate_trajectory(epochs, self.et, self.records, out)
        return out

    def position_icrf(self, et: FloatArray) -> FloatArray:
        """Positions (m, 3) [m] at epochs (m,) [TDB s past J2000]; see `state_icrf`."""
        return np.ascontiguousarray(self.state_icrf(et)[:, :3])

    def altitude(self, et: FloatArray) -> FloatArray:
        """Height (m,) [m] above the 1737.4 km sphere at epochs (m,) [TDB s past J2000]; see
        `state_icrf`.
        """
        return np.asarray(np.linalg.norm(self.state_icrf(et)[:, :3], axis=1) - MOON_RADIUS)

    @cached_property
    def altitude_extremes(self) -> Extremes:
        """Lowest and highest altitude of the whole span [m], and when; looked for once."""
        return altitude_extremes(self.altitude, float(self.et[0]), float(self.et[-1]))


@lru_cache(maxsize=1)
def collocation_rule() -> _kernels.Rule:
    """Gauss-Legendre collocation for y'' = a(t, y), its matrices computed from the nodes.

    The acceleration over a step is the polynomial through its values at the nodes; position and velocity
    are its integrals (Hairer, Norsett, Wanner 1993, Solving Ordinary Differential Equations I, II.7 and
    II.14).
    """
    n = _kernels.LANES
    x, w = (np.asarray(a, dtype=np.float64) for a in legendre.leggauss(n))
    # Column j: Legendre coefficients, on [-1, 1], of the polynomial that is 1 at node j and 0 at the others.
    basis = ((2.0 * np.arange(n) + 1.0) / 2.0)[:, None] * legendre.legvander(x, n - 1).T * w
    twice = np.stack([legendre.legint(basis[:, j], m=2, lbnd=-1) for j in range(n)], axis=1) / 4.0
    nodes = (1.0 + x) / 2.0
    record = np.stack(
        [_legendre_to_chebyshev(np.asarray(twice[:, j], dtype=np.float64)) for j in range(n)], axis=1
    )
    return _kernels.Rule(
        nodes=nodes,
        stage=np.ascontiguousarray((legendre.legvander(x, n + 1) @ twice).T),
        weights_position=w / 2.0 * (1.0 - nodes),
        weights_velocity=w / 2.0,
        tail=np.ascontiguousarray(basis[-2:]),
        record=np.ascontiguousarray(record),
    )


def _legendre_to_chebyshev(coefficients: FloatArray) -> FloatArray:
    """Coefficients of the same polynomial in Chebyshev's polynomials, by their orthogonality at
    Chebyshev nodes.
    """
    size = len(coefficients)
    angles = np.pi * (np.arange(size) + 0.5) / size
    values = legendre.legval(np.cos(angles), coefficients)
    result = 2.0 / size * np.cos(np.outer(np.arange(size), angles)) @ values
    result[0] /= 2.0
    return np.asarray(result)


def propagate(
    state_icrf: FloatArray,
    *,
    epoch: Epoch,
    duration: float,
    degree: int | None = None,
    name: str = "",
    progress: Callable[[float], None] | None = None,
    ephemeris: Ephemeris | None = None,
    gravity: GravityModel | None = None,
    tolerance: float = TOLERANCE,
    bound: bool = True,
    ground: bool = True,
) -> Trajectory:
    """Propagate an orbit about the Moon.

    Force model: lunar gravity to a degree in the principal axes of the ephemeris, Earth and Sun as point
    masses (direct and indirect). Left out: Jupiter (about 0.5 m in 30 days on an orbit up to 16,000 km),
    pressure of sunlight, tides of the solid Moon, relativity, manoeuvres.

    Parameters
    ----------
    state_icrf : FloatArray
        Position and velocity (6,) [m, m/s] at the epoch, Moon-centred, ICRF axes.
    epoch : Epoch
        When.
    duration : float
        How long [s], forward.
    degree : int, optional
        Degree and order of the gravity field; chosen by the height of the periapsis if not given.
    name : str
        What flies; named in errors.
    progress : callable, optional
        Called with the share done, 0 to 1, now and then.
    ephemeris : Ephemeris, optional
        Places of Earth and Sun and the Moon's orientation; the packaged DE440 if not given.
    gravity : GravityModel, optional
        Field to use instead of the packaged one; its degree counts.
    tolerance : float
        Size of the last terms kept of the position over a step [m]; the default keeps orbits within a
        centimetre per month of converged ones (docs/decisions/0003-orbit-integrator.md).
    bound : bool
        Refuse a state that the Moon alone would not hold; halo orbits and arrivals are such.
    ground : bool
        Refuse an orbit that meets the ground; without, it flies on through it, which only searches want.

    Returns
    -------
    Trajectory

    Raises
    ------
    OrbitError
        If the orbit starts under ground, is not bound to the Moon, leaves it, or hits the 1737.4 km sphere
        (terrain is not looked at); says when and where.
    CoverageError
        If the ephemeris does not cover the span.
    RequestError
        If an argument makes no sense.
    """
    start = np.array(state_icrf, dtype=np.float64).ravel()
    who = f"orbit of {name}" if name else "orbit"
    if start.shape != (6,) or not np.isfinite(start).all():
        raise RequestError(f"{who}: give six finite numbers as state, position [m] and velocity [m/s]")
    if not (np.isfinite(duration) and duration > 0.0):
        raise RequestError(f"{who}: duration is {duration} s; give a positive number of seconds")
    if not (np.isfinite(tolerance) and 1e-9 <= tolerance <= 1.0):
        raise RequestError(f"{who}: tolerance is {tolerance} m; give between 1e-9 and 1 m")
    sky = default_ephemeris() if ephemeris is None else ephemeris
    et0 = epoch.tdb_s
    sky.require(et0, et0 + duration)
    if degree is not None and degree < 2:
        raise RequestError(f"{who}: gravity degree is {degree}; give 2 or more, or none to have it chosen")
    gm = load_gravity(2).gm if gravity is None else gravity.gm
    periapsis = _check_start(start, gm, who, bound=bound, ground=ground)
    if gravity is None:
        gravity = load_gravity(degree_for(periapsis) if degree is None else degree)
    elif degree is not None and degree != gravity.degree:
        raise RequestError(
            f"{who}: degree {degree} is not the {gravity.degree} of the gravity given; leave one out"
        )
    packed, rule, window = gravity.packed, collocation_rule(), sky.window(et0, et0 + duration)
    state = np.zeros(11)
    state[2:8] = start
    radius = float(np.linalg.norm(start[:3]))
    state[1] = min(0.2 * np.sqrt(radius**3 / gravity.gm), duration)
    taus: list[FloatArray] = []
    states: list[FloatArray] = []
    records: list[FloatArray] = []
    status = _kernels.BUFFER_FULL
    while status == _kernels.BUFFER_FULL:
        tau = np.empty(STEPS_PER_CALL + 1)
        y = np.empty((STEPS_PER_CALL + 1, 6))
        record = np.empty((STEPS_PER_CALL, 3, _kernels.RECORD_COEFFICIENTS))
        steps, status = _kernels.advance(
            window,
            packed,
            rule,
            et0,
            float(duration),
            tolerance,
            MOON_RADIUS if ground else 0.0,
            FARTHEST,
            state,
            tau,
            y,
            record,
        )
        if status == _kernels.BELOW_GROUND:
            raise OrbitError(_describe_impact(state, et0, who, sky))
        when = Epoch.from_tdb_s(et0 + state[0]).utc
        if status == _kernels.LEFT_MOON:
            raise OrbitError(
                f"{who}: leaves the Moon, {FARTHEST / 1e6:.0f},000 km away at {when}; "
                "lower its apoapsis or shorten the span"
            )
        if status == _kernels.NO_CONVERGENCE:
            raise OrbitError(f"{who}: integration fails at {when}; check the initial state and the tolerance")
        taus.append(tau[bool(taus) : steps + 1])
        states.append(y[bool(states) : steps + 1])
        records.append(record[:steps])
        if progress is not None:
            progress(float(state[0] / duration))
    return Trajectory(
        name=name,
        et=et0 + np.concatenate(taus),
        states_icrf=np.concatenate(states),
        records=np.concatenate(records),
        degree=gravity.degree,
        note=_describe_model(gravity, periapsis),
        sources=(gravity.source, *sky.sources),
    )


def _check_start(state: FloatArray, gm: float, who: str, *, bound: bool, ground: bool) -> float:
    """Radius of the osculating periapsis [m]; refuses orbits that cannot be flown."""
    r, v = state[:3], state[3:]
    radius, speed2 = float(np.linalg.norm(r)), float(v @ v)
    if ground and radius < MOON_RADIUS:
        raise OrbitError(
            f"{who}: starts {(MOON_RADIUS - radius) / 1e3:.3f} km under the 1737.4 km sphere; "
            "give a state above the ground, in metres from the Moon's centre"
        )
    energy = speed2 / 2.0 - gm / radius
    if bound and energy >= 0.0:
        raise OrbitError(
            f"{who}: is hyperbolic, {np.sqrt(speed2):.1f} m/s where {np.sqrt(2 * gm / radius):.1f} m/s escapes; "
            "give a bound state, velocity in m/s relative to the Moon"
        )
    momentum2 = float(np.sum(np.cross(r, v) ** 2))
    eccentricity = np.sqrt(max(1.0 + 2.0 * energy * momentum2 / gm**2, 0.0))
    periapsis = momentum2 / gm / (1.0 + eccentricity)
    # What osculates a little under ground may yet fly: the harmonics move a periapsis by kilometres.
    return float(max(periapsis, MOON_RADIUS))


def _describe_model(gravity: GravityModel, periapsis: float) -> str:
    """Force model and an estimate of what the truncated field leaves out, one line."""
    degree, height_km = gravity.degree, (periapsis - MOON_RADIUS) / 1e3
    omitted = omitted_acceleration(periapsis, degree, path=gravity.path)
    drift = DRIFT_SHARE * omitted * np.sqrt(periapsis**3 / gravity.gm) * SECONDS_PER_DAY
    return (
        f"Gravity to degree {degree}, Earth and Sun; no Jupiter, sunlight pressure, tides or manoeuvres. Degrees "
        f"above {degree} would add about {omitted:.1g} m/s2 at the first periapsis, {height_km:.0f} km up, which "
        f"moves an orbiter by roughly {drift:.1g} m a day (estimate from the power of the gravity model)."
    )


def _describe_impact(state: FloatArray, et0: float, who: str, sky: Ephemeris) -> str:
    et = et0 + float(state[0])
    x, y, z = sky.rotation_icrf_to_me(np.array([et]))[0] @ state[2:5]
    lat, lon = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
    return (
        f"{who}: hits the ground (1737.4 km sphere) at {Epoch.from_tdb_s(et).utc}, lat {lat:.2f} deg, "
        f"lon {lon:.2f} deg (ME), {state[0] / SECONDS_PER_DAY:.2f} d after its epoch; raise its periapsis, "
        "change its plane or shorten the span"
    )
