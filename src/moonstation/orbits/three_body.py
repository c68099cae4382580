"""Periodic orbits of the circular restricted three-body problem of Earth and Moon.

They are first guesses of halo, near-rectilinear halo and distant retrograde orbits, which `orbits.multiple_shooting`
then closes in the full model. Units here are those of the problem: the distance of Earth and Moon is one, their
mean motion is one. Axes turn with both: x from the Earth to the Moon, z along their angular momentum, origin in their
barycentre. "North" is +z.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, GM_MOON
from moonstation.errors import OrbitError, RequestError

MASS_RATIO = GM_MOON / (GM_EARTH + GM_MOON)
"""Share of the Moon in the mass of both."""

TIME = 27.321_661_55 * 86_400.0 / (2.0 * math.pi)
"""Time in which both turn by one radian [s], from the mean sidereal month (Seidelmann 1992, table 15.3)."""

LENGTH = ((GM_EARTH + GM_MOON) * TIME**2) ** (1.0 / 3.0)
"""Distance of Earth and Moon that goes with that [m]: 384,748 km."""

SYNODIC_MONTH = 29.530_588_853 * 86_400.0
"""Mean time between two new Moons [s] (Meeus 1998, Astronomical Algorithms, eq. 49.1)."""

RELATIVE, ABSOLUTE = 3e-14, 1e-15
"""Tolerances of the integration: the Jacobi constant stays within 1e-12 a period."""

CLOSED = 1e-11
"""Largest miss of a corrected half orbit, in units of the problem: 4 mm, 10 nm/s."""

MOON_X = 1.0 - MASS_RATIO


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _rates(mu: float, y: Any, out: Any) -> None:
    """Rates of a state (6) and of its transition matrix (36, by rows) in the turning axes."""
    x, py, z = y[0], y[1], y[2]
    dx1, dx2 = x + mu, x - 1.0 + mu
    square1 = dx1 * dx1 + py * py + z * z
    square2 = dx2 * dx2 + py * py + z * z
    a = (1.0 - mu) / (square1 * np.sqrt(square1))
    b = mu / (square2 * np.sqrt(square2))
    out[0], out[1], out[2] = y[3], y[4], y[5]
    out[3] = 2.0 * y[4] + x - a * dx1 - b * dx2
    out[4] = -2.0 * y[3] + py - (a + b) * py
    out[5] = -(a + b) * z
    if y.shape[0] == 6:
        return
    a3, b3 = 3.0 * a / square1, 3.0 * b / square2
    xx = 1.0 - a - b + a3 * dx1 * dx1 + b3 * dx2 * dx2
    yy = 1.0 - a - b + (a3 + b3) * py * py
    zz = -a - b + (a3 + b3) * z * z
    xy = (a3 * dx1 + b3 * dx2) * py
    xz = (a3 * dx1 + b3 * dx2) * z
    yz = (a3 + b3) * py * z
    for k in range(6):
        p, q, r = y[6 + k], y[12 + k], y[18 + k]
        u, v = y[24 + k], y[30 + k]
        out[6 + k], out[12 + k], out[18 + k] = u, v, y[36 + k]
        out[24 + k] = xx * p + xy * q + xz * r + 2.0 * v
        out[30 + k] = xy * p + yy * q + yz * r - 2.0 * u
        out[36 + k] = xz * p + yz * q + zz * r


@dataclass(frozen=True, eq=False)
class PeriodicOrbit:
    """A periodic orbit that is symmetric about the plane y = 0.

    Attributes
    ----------
    name : str
        Family and what singles it out.
    state : FloatArray
        State (6,) where it crosses the plane y = 0 at right angles, in units of the problem: for halo orbits
        at the far end from the Moon (apolune), for distant retrograde orbits on the Earth's side.
    period : float
        In units of the problem.
    mass_ratio : float
        Share of the Moon in the mass of both.
    """

    name: str
    state: FloatArray
    period: float
    mass_ratio: float = MASS_RATIO
    _dense: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def period_s(self) -> float:
        """Period [s]."""
        return self.period * TIME

    @property
    def jacobi(self) -> float:
        """Jacobi constant."""
        return float(jacobi_constant(self.state, mass_ratio=self.mass_ratio))

    def states(self, times: FloatArray) -> FloatArray:
        """States (n, 6) at times (n,) after the first one, of any size, in units of the problem."""
        if "path" not in self._dense:
            self._dense["path"] = _integrate(self.state, self.period, self.mass_ratio, dense=True)[2]
        path: Callable[[FloatArray], FloatArray] = self._dense["path"]
        return np.ascontiguousarray(path(np.mod(np.asarray(times, dtype=float), self.period)).T)

    @property
    def perilune(self) -> float:
        """Least distance from the Moon's centre [m]."""
        return self._distances()[0]

    @property
    def apolune(self) -> float:
        """Greatest distance from the Moon's centre [m]."""
        return self._distances()[1]

    @property
    def stability(self) -> float:
        """Half of the greatest eigenvalue of a period and its inverse; 1 if disturbances do not grow."""
        matrix = _integrate(self.state, self.period, self.mass_ratio, transition=True)[1]
        greatest = float(np.abs(np.linalg.eigvals(matrix)).max())
        return 0.5 * (greatest + 1.0 / greatest)

    def _distances(self) -> tuple[float, float]:
        # both lie where a symmetric orbit crosses its plane, or between for distant retrograde ones
        at = self.states(np.linspace(0.0, self.period, 4001))[:, :3] - np.array([1.0 - self.mass_ratio, 0, 0])
        far = np.linalg.norm(at, axis=1) * LENGTH
        return float(far.min()), float(far.max())


def jacobi_constant(states: FloatArray, *, mass_ratio: float = MASS_RATIO) -> FloatArray:
    """Jacobi constant of states (..., 6), with x^2 + y^2 and without a constant (Szebehely 1967, eq. 1.5)."""
    x, y, z = states[..., 0], states[..., 1], states[..., 2]
    earth = np.sqrt((x + mass_ratio) ** 2 + y * y + z * z)
    moon = np.sqrt((x - 1.0 + mass_ratio) ** 2 + y * y + z * z)
    potential = x * x + y * y + 2.0 * (1.0 - mass_ratio) / earth + 2.0 * mass_ratio / moon
    return np.asarray(potential - np.sum(states[..., 3:] ** 2, axis=-1))


def lagrange_point(number: int, *, mass_ratio: float = MASS_RATIO) -> float:
    """Place on the x axis of L1 or L2."""
    if number not in (1, 2):
        raise RequestError(f"Lagrange point {number}: give 1 or 2")
    moon = 1.0 - mass_ratio

    def pull(x: float) -> float:
        toward = -mass_ratio * (x - moon) / abs(x - moon) ** 3
        return x - (1.0 - mass_ratio) / (x + mass_ratio) ** 2 + toward

    near = (0.5, moon - 1e-3) if number == 1 else (moon + 1e-3, 1.5)
    return float(brentq(pull, *near, xtol=1e-15))


def halo_orbit(
    *,
    point: int = 2,
    north: bool = False,
    period: float | None = None,
    z_amplitude: float | None = None,
    perilune: float | None = None,
) -> PeriodicOrbit:
    """The halo orbit of a family that has a period, a height out of the plane or a least distance from the Moon.

    The family is followed from its small orbits, where it leaves the planar Lyapunov orbits, to near-rectilinear
    ones, by pseudo-arclength continuation (Doedel et al. 2003; Zimovan 2017, chapter 3).

    Parameters
    ----------
    point : int
        Lagrange point that the family belongs to, 1 or 2.
    north : bool
        Whether it spends most of its time over the north of the Moon; over the south if not.
    period : float, optional
        [s].
    z_amplitude : float, optional
        Greatest distance from the plane of Earth and Moon [m].
    perilune : float, optional
        Least distance from the Moon's centre [m].

    Raises
    ------
    RequestError
        If not exactly one of the three is given.
    OrbitError
        If no orbit of the family is like that; says between which values they lie.
    """
    asked = {"period": period, "z_amplitude": z_amplitude, "perilune": perilune}
    given = [(key, float(value)) for key, value in asked.items() if value is not None]
    if len(given) != 1:
        raise RequestError("halo orbit: give one of period, z_amplitude and perilune")
    key, wanted = given[0]
    member = next(
        (pair for pair in _pairs(_halo_family(point)) if _between(wanted, *(_measure(o, key) for o in pair))),
        None,
    )
    if member is None:
        values = [_measure(orbit, key) for orbit in _halo_family(point)]
        text = _TEXTS[key]
        raise OrbitError(
            f"no halo orbit about L{point} has a {text[0]} of {wanted / text[1]:g} {text[2]}; the family goes from "
            f"{min(values) / text[1]:.4g} to {max(values) / text[1]:.4g} {text[2]}"
        )
    first, second = member
    low, high = first.unknowns, second.unknowns

    def miss(share: float) -> float:
        return _measure(_corrected_halo(low + share * (high - low), high - low), key) - wanted

    share = 0.0 if miss(0.0) == 0.0 else float(brentq(miss, 0.0, 1.0, xtol=1e-13, rtol=1e-14))
    found = _corrected_halo(low + share * (high - low), high - low)
    return _as_orbit(found, point, north)


def near_rectilinear_orbit(
    *, resonance: tuple[int, int] = (9, 2), point: int = 2, north: bool = False
) -> PeriodicOrbit:
    """The halo orbit that makes so many turns in so many synodic months; 9 in 2 is the Gateway's."""
    turns, months = resonance
    if turns < 1 or months < 1:
        raise RequestError(f"resonance {turns}:{months}: give turns and months of 1 or more")
    orbit = halo_orbit(point=point, north=north, period=SYNODIC_MONTH * months / turns)
    return PeriodicOrbit(f"{turns}:{months} {orbit.name}", orbit.state, orbit.period)


def distant_retrograde_orbit(*, radius: float) -> PeriodicOrbit:
    """The planar orbit about the Moon, against the turning of both, that crosses the Earth's side at a distance.

    Parameters
    ----------
    radius : float
        Distance from the Moon's centre where it crosses the line to the Earth [m]; 10,000 to 100,000 km.

    Raises
    ------
    RequestError
        If the radius lies outside of those.
    """
    if not 10e6 <= radius <= 100e6:
        raise RequestError(
            f"distant retrograde orbit: radius {radius / 1e6:g},000 km; give 10,000 to 100,000 km"
        )
    # followed outwards from where the Moon alone holds it, whose circular speed is the first guess
    steps = np.linspace(5e6, radius, max(2, math.ceil(radius / 2.5e6))) / LENGTH
    speed = math.sqrt(MASS_RATIO / steps[0]) + steps[0]
    for distance in steps:
        x = MOON_X - distance
        for _ in range(30):
            half, state, matrix = _half_turn(np.array([x, 0, 0, 0, speed, 0]))
            slope = state[3] / state[4]
            rates = np.empty(6)
            _rates(MASS_RATIO, state, rates)
            change = -state[3] / (matrix[3, 4] - rates[3] / state[4] * matrix[1, 4])
            speed += change
            if abs(slope) < CLOSED and abs(change) < CLOSED:
                break
        else:
            raise OrbitError(
                f"distant retrograde orbit of {radius / 1e6:g},000 km: correction does not converge"
            )
    return PeriodicOrbit(
        f"distant retrograde orbit, {radius / 1e3:,.0f} km",
        np.array([x, 0.0, 0.0, 0.0, speed, 0.0]),
        2.0 * half,
    )


_TEXTS = {
    "period": ("period", 86_400.0, "d"),
    "z_amplitude": ("z amplitude", 1e3, "km"),
    "perilune": ("perilune radius", 1e3, "km"),
}


@dataclass(frozen=True, eq=False)
class _Halo:
    """A member of a halo family: x, z, y velocity and half the period where it crosses the plane at apolune."""

    unknowns: FloatArray
    near: FloatArray


def _measure(member: _Halo, key: str) -> float:
    x, z, _, half = member.unknowns
    if key == "period":
        return float(2.0 * half * TIME)
    if key == "z_amplitude":
        return float(max(abs(z), abs(member.near[2])) * LENGTH)
    near = math.hypot(member.near[0] - MOON_X, member.near[2])
    return float(min(near, math.hypot(x - MOON_X, z)) * LENGTH)


def _between(value: float, first: float, second: float) -> bool:
    return min(first, second) <= value <= max(first, second)


def _pairs(members: tuple[_Halo, ...]) -> list[tuple[_Halo, _Halo]]:
    # from the near-rectilinear end: where two orbits have the same period, the one closer to the Moon is meant
    return list(zip(members[-2::-1], members[:0:-1], strict=True))


def _as_orbit(member: _Halo, point: int, north: bool) -> PeriodicOrbit:
    x, z, speed, half = member.unknowns
    z = abs(z) if north else -abs(z)
    name = f"L{point} {'northern' if north else 'southern'} halo orbit"
    return PeriodicOrbit(name, np.array([x, 0.0, z, 0.0, speed, 0.0]), 2.0 * half)


def _integrate(
    state: FloatArray, duration: float, mu: float, *, transition: bool = False, dense: bool = False
) -> tuple[FloatArray, FloatArray, Any]:
    start = np.concatenate([state, np.eye(6).ravel()]) if transition else np.array(state, dtype=float)

    def rates(_: float, y: FloatArray) -> FloatArray:
        out = np.empty_like(y)
        _rates(mu, y, out)
        return out

    done = solve_ivp(
        rates, (0.0, duration), start, method="DOP853", rtol=RELATIVE, atol=ABSOLUTE, dense_output=dense
    )
    if not done.success:
        raise OrbitError(
            f"three-body orbit: integration fails ({done.message.rstrip('.')}); it hits a centre"
        )
    end = done.y[:, -1]
    return end[:6], end[6:].reshape(6, 6) if transition else np.empty(0), done.sol


def _half_turn(state: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Time, state and transition matrix at the next crossing of the plane y = 0."""

    def rates(_: float, y: FloatArray) -> FloatArray:
        out = np.empty_like(y)
        _rates(MASS_RATIO, y, out)
        return out

    def crossing(_: float, y: FloatArray) -> float:
        return float(y[1])

    crossing.terminal = True  # type: ignore[attr-defined]
    # not the crossing that it starts on
    crossing.direction = -math.copysign(1.0, state[4])  # type: ignore[attr-defined]
    start = np.concatenate([state, np.eye(6).ravel()])
    done = solve_ivp(
        rates, (0.0, 10.0), start, method="DOP853", rtol=RELATIVE, atol=ABSOLUTE, events=crossing
    )
    if not len(done.t_events[0]):
        raise OrbitError("three-body orbit: does not come back to the plane of symmetry")
    time = float(done.t_events[0][-1])
    end, matrix, _ = _integrate(state, time, MASS_RATIO, transition=True)
    return time, end, matrix


def _corrected_halo(guess: FloatArray, tangent: FloatArray) -> _Halo:
    """The halo orbit next to a guess (x, z, y velocity, half period) in the plane across the family there.

    Newton on y, x velocity and z velocity after half a period, which a symmetric orbit has at zero.
    """
    unknowns = guess.copy()
    along = tangent / np.linalg.norm(tangent)
    for _ in range(20):
        x, z, speed, half = unknowns
        end, matrix, _ = _integrate(np.array([x, 0.0, z, 0.0, speed, 0.0]), half, MASS_RATIO, transition=True)
        rates = np.empty(6)
        _rates(MASS_RATIO, end, rates)
        rows = [1, 3, 5]
        jacobian = np.vstack(
            [np.column_stack([matrix[np.ix_(rows, [0, 2, 4])], rates[rows]]), along[None, :]]
        )
        miss = np.append(end[rows], along @ (unknowns - guess))
        change = np.linalg.solve(jacobian, miss)
        unknowns = unknowns - change
        if np.abs(miss).max() < CLOSED and np.abs(change).max() < CLOSED * 100:
            return _Halo(unknowns, end)
    raise OrbitError("halo orbit: correction does not converge")


@lru_cache(maxsize=2)
def _halo_family(point: int) -> tuple[_Halo, ...]:
    """Members of a family, from the smallest, which lies next to the plane, to a perilune of 1.1 Moon radii."""
    start = _smallest_halo(point)
    tangent = np.array([0.0, -1.0, 0.0, 0.0])
    # out of the plane first: the family is symmetric about it
    members = [start]
    guess, step = start.unknowns + 2e-3 * tangent, 2e-3
    while _measure(members[-1], "perilune") > 1.05 * 1.7374e6 and len(members) < 400:
        try:
            found = _corrected_halo(guess, tangent)
        except OrbitError:
            step *= 0.5
            if step < 1e-6:
                raise
            guess = members[-1].unknowns + step * tangent
            continue
        moved = found.unknowns - members[-1].unknowns
        if np.linalg.norm(moved) > 2.0 * step or moved @ tangent < 0.9 * np.linalg.norm(moved):
            step *= 0.5
            guess = members[-1].unknowns + step * tangent
            continue
        members.append(found)
        tangent = moved / np.linalg.norm(moved)
        step = min(1.3 * step, 0.02)
        guess = found.unknowns + step * tangent
    return tuple(members)


def _smallest_halo(point: int) -> _Halo:
    """Where the halo family leaves the planar Lyapunov orbits: there a period leaves z where it was."""
    centre = lagrange_point(point)
    side = 1.0 if point == 2 else -1.0

    def planar(distance: float, speed: float) -> tuple[float, float, FloatArray]:
        x = centre + side * distance
        for _ in range(40):
            half, end, matrix = _half_turn(np.array([x, 0, 0, 0, speed, 0]))
            rates = np.empty(6)
            _rates(MASS_RATIO, end, rates)
            change = -end[3] / (matrix[3, 4] - rates[3] / end[4] * matrix[1, 4])
            speed += change
            if abs(change) < CLOSED:
                return speed, half, matrix
        raise OrbitError(f"Lyapunov orbit about L{point}: correction does not converge")

    # speed across for a small orbit, from the linear motion about the point (Szebehely 1967, section 5.3)
    gamma = abs(centre - MOON_X)
    pull = MASS_RATIO / gamma**3 + (1.0 - MASS_RATIO) / (centre + MASS_RATIO) ** 3
    rate = math.sqrt((2.0 - pull + math.sqrt(9.0 * pull * pull - 8.0 * pull)) / 2.0)
    ratio = (rate * rate + 1.0 + 2.0 * pull) / (2.0 * rate)
    distance = 1e-3
    speed = -side * ratio * rate * distance
    # the motion out of the plane after half a period: velocity along z from a start at rest beside it
    last: tuple[float, float, float] | None = None
    while distance < 0.08:
        speed, _, matrix = planar(distance, speed)
        if last is not None and last[2] * matrix[5, 2] < 0.0:
            break
        last = (distance, speed, float(matrix[5, 2]))
        speed *= (distance + 2e-3) / distance
        distance += 2e-3
    if last is None or distance >= 0.08:
        raise OrbitError(f"halo orbits about L{point}: no branch off the planar orbits is found")
    low, near_speed = last[0], last[1]
    place = float(brentq(lambda d: planar(d, near_speed * d / low)[2][5, 2], low, distance, xtol=1e-12))
    speed, half, _ = planar(place, near_speed * place / low)
    state = np.array([centre + side * place, 0.0, 0.0, 0.0, speed, 0.0])
    end = _integrate(state, half, MASS_RATIO)[0]
    return _Halo(np.array([state[0], 0.0, speed, half]), end)
