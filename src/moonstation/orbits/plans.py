"""What a flight needs besides its state: span, sky, gravity and forces, checked and packed for compiled code."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import legendre

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits import _force_kernels, _kernels
from moonstation.orbits._gravity_kernels import LANES
from moonstation.orbits.forces import ForceModel, pack_forces
from moonstation.orbits.gravity import GravityModel, degree_for, load_gravity
from moonstation.spacetime._kernels import EphemerisWindow
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris

TOLERANCE = 1e-6
"""Default size of the last terms kept of the position over a step [m]."""

FARTHEST = 150e6
"""Distance [m] at which an orbiter counts as gone: twice that of the far ends of halo orbits, which stay."""

HIGHEST_FARTHEST = 5e9
"""Largest distance [m] that may be asked for; beyond, planets and the Sun want another centre."""

HUGE = 1e15
"""No position [m] or velocity [m/s] of a flight about the Moon is larger: beyond, squares run out of numbers."""

FREE_DEGREE = 50
"""Least degree chosen for a flight that the Moon alone does not hold: how low it will pass is not known before."""


@lru_cache(maxsize=1)
def collocation_rule() -> _kernels.Rule:
    """Gauss-Legendre collocation for y'' = a(t, y), its matrices computed from the nodes.

    The acceleration over a step is the polynomial through its values at the nodes; position and velocity
    are its integrals (Hairer, Norsett, Wanner 1993, Solving Ordinary Differential Equations I, II.7 and
    II.14).
    """
    n = LANES
    x, w = (np.asarray(a, dtype=np.float64) for a in legendre.leggauss(n))
    # Column j: Legendre coefficients, on [-1, 1], of the polynomial that is 1 at node j and 0 at the others.
    basis = ((2.0 * np.arange(n) + 1.0) / 2.0)[:, None] * legendre.legvander(x, n - 1).T * w
    twice = np.stack([legendre.legint(basis[:, j], m=2, lbnd=-1) for j in range(n)], axis=1) / 4.0
    once = np.stack([legendre.legint(basis[:, j], lbnd=-1) for j in range(n)], axis=1) / 2.0
    nodes = (1.0 + x) / 2.0
    record = np.stack(
        [_legendre_to_chebyshev(np.asarray(twice[:, j], dtype=np.float64)) for j in range(n)], axis=1
    )
    return _kernels.Rule(
        nodes=nodes,
        stage=np.ascontiguousarray((legendre.legvander(x, n + 1) @ twice).T),
        weights_position=w / 2.0 * (1.0 - nodes),
        weights_velocity=w / 2.0,
        stage_velocity=np.ascontiguousarray((legendre.legvander(x, n) @ once).T),
        basis=np.ascontiguousarray(basis),
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


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a flight needs besides its state, ready for compiled code; many flights can share one."""

    et0: float
    et1: float
    sky: Ephemeris
    window: EphemerisWindow
    gravity: GravityModel
    model: ForceModel
    forces: _force_kernels.Forces
    tolerance: float
    ground: float
    farthest: float
    lowest: float
    who: str

    @property
    def sign(self) -> float:
        """1 forward in time, -1 backward."""
        return self.forces.direction

    def first_state(self, start: FloatArray) -> FloatArray:
        """State of the integrator (11,) at the start of a flight, see `_kernels.advance`."""
        state = np.zeros(11)
        state[2:5], state[5:8] = start[:3], self.sign * start[3:]
        earth = (
            self.sky.position_icrf("earth", self.et0)[0] if self.farthest > FARTHEST else np.full(3, np.inf)
        )
        rate2 = self.gravity.gm / np.linalg.norm(start[:3]) ** 3
        if np.isfinite(earth).all():
            rate2 += GM_EARTH / np.linalg.norm(start[:3] - earth) ** 3
        state[1] = min(0.2 / np.sqrt(rate2), abs(self.et1 - self.et0))
        return state


def plan_flight(
    et0: float,
    duration: float,
    *,
    degree: int | None,
    ephemeris: Ephemeris | None,
    gravity: GravityModel | None,
    tolerance: float,
    forces: ForceModel | None,
    ground: bool,
    farthest: float,
    transition_degree: int | None,
    lowest: float,
    who: str,
) -> Plan:
    """Check the arguments of `propagate` that do not depend on the state, and load what they name.

    `lowest` is the radius [m] by which a degree that is not given is chosen; `et0` is in TDB s past J2000.
    """
    if not (np.isfinite(duration) and duration != 0.0):
        raise RequestError(
            f"{who}: duration is {duration} s; give a positive number of seconds, or a negative one to fly backward"
        )
    if not (np.isfinite(tolerance) and 1e-9 <= tolerance <= 1.0):
        raise RequestError(f"{who}: tolerance is {tolerance} m; give between 1e-9 and 1 m")
    if not (np.isfinite(farthest) and MOON_RADIUS < farthest <= HIGHEST_FARTHEST):
        raise RequestError(
            f"{who}: farthest is {farthest} m; give between {MOON_RADIUS:.0f} and {HIGHEST_FARTHEST:.0e} m"
        )
    sky = default_ephemeris() if ephemeris is None else ephemeris
    et1 = et0 + duration
    sky.require(min(et0, et1), max(et0, et1))
    for what, value in (("gravity degree", degree), ("degree of the transition", transition_degree)):
        if value is not None and value < 2:
            raise RequestError(f"{who}: {what} is {value}; give 2 or more, or none to have it chosen")
    if gravity is None:
        if degree is None:
            degree = max(degree_for(lowest), FREE_DEGREE if farthest > FARTHEST else 0)
        gravity = load_gravity(degree)
    elif degree is not None and degree != gravity.degree:
        raise RequestError(
            f"{who}: degree {degree} is not the {gravity.degree} of the gravity given; leave one out"
        )
    model = ForceModel() if forces is None else forces
    return Plan(
        et0=et0,
        et1=et1,
        sky=sky,
        window=_from_start(sky.window(min(et0, et1), max(et0, et1)), et0),
        gravity=gravity,
        model=model,
        forces=pack_forces(
            model,
            sky,
            et0=et0,
            et1=et1,
            gradient_degree=gravity.degree if transition_degree is None else transition_degree,
        ),
        tolerance=tolerance,
        ground=MOON_RADIUS if ground else 0.0,
        farthest=farthest,
        lowest=lowest,
        who=who,
    )


def _from_start(window: EphemerisWindow, et0: float) -> EphemerisWindow:
    """The same records with times counted from et0: an epoch of 1e9 s would jump by 1e-7 s, and the Earth by 0.1 mm."""
    return window._replace(
        **{key: value - et0 for key, value in window._asdict().items() if key.startswith("t0_")}
    )


def plan_et(plan: Plan, tau: float) -> float:
    """Epoch [TDB s past J2000] of a time since the start in the sense of flight [s]."""
    return plan.et0 + plan.sign * tau


def check_state(state_icrf: FloatArray, who: str) -> FloatArray:
    """Six finite numbers as (6,) [m, m/s]; refuses anything else."""
    start = np.array(state_icrf, dtype=np.float64).ravel()
    if start.shape != (6,) or not np.isfinite(start).all():
        raise RequestError(f"{who}: give six finite numbers as state, position [m] and velocity [m/s]")
    if np.abs(start).max() > HUGE:
        raise RequestError(
            f"{who}: {np.abs(start).max():.3g} is out of reach as position [m] or velocity [m/s]"
        )
    return start


def check_start(state: FloatArray, gm: float, who: str, *, bound: bool, ground: bool) -> float:
    """Radius of the osculating periapsis [m]; refuses orbits that cannot be flown."""
    r, v = state[:3], state[3:]
    radius, speed2 = float(np.linalg.norm(r)), float(v @ v)
    if ground and radius < MOON_RADIUS:
        raise OrbitError(
            f"{who}: starts {(MOON_RADIUS - radius) / 1e3:.3f} km under the 1737.4 km sphere; "
            "give a state above the ground (in Python in metres from the Moon's centre)"
        )
    energy = speed2 / 2.0 - gm / radius
    if bound and energy >= 0.0:
        raise OrbitError(
            f"{who}: is hyperbolic, {np.sqrt(speed2):.1f} m/s where {np.sqrt(2 * gm / radius):.1f} m/s escapes; "
            "give a bound state, velocity relative to the Moon (bound=False in Python lets it leave)"
        )
    momentum2 = float(np.sum(np.cross(r, v) ** 2))
    eccentricity = np.sqrt(max(1.0 + 2.0 * energy * momentum2 / gm**2, 0.0))
    periapsis = momentum2 / gm / (1.0 + eccentricity)
    # What osculates a little under ground may yet fly: the harmonics move a periapsis by kilometres.
    return float(max(periapsis, MOON_RADIUS))
