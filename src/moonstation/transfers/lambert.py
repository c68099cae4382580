"""Two-body arcs: from one place to another in a given time (Lambert), and on from a state (Kepler)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import BoolArray, FloatArray
from moonstation.errors import OrbitError, RequestError
from moonstation.transfers import _kernels

Way = Literal["prograde", "retrograde", "short", "long"]
"""Which way round: by the sense of the motion about an axis, or by the angle (less or more than half a turn)."""

Branch = Literal["fast", "slow"]
"""Of the two orbits with the same number of whole turns: that with the larger (fast) or smaller (slow) x of Izzo."""

REASONS = {
    _kernels.NO_PLANE: (
        "the two places lie on one line with the body (0 or 180 deg apart), so that no plane is given; move one end by "
        "a little, or go by way of a third place"
    ),
    _kernels.NO_CONVERGENCE: "the iteration does not settle; check the positions and the time of flight",
    _kernels.BAD_INPUT: (
        "give positions in metres away from the body's centre and a time of flight in seconds above zero"
    ),
}


@dataclass(frozen=True, eq=False)
class Arc:
    """A two-body arc between two places.

    Attributes
    ----------
    v1, v2 : ndarray, shape (3,)
        Velocity at the first and the second place [m/s], axes of the positions.
    turns : int
        Whole turns on the way.
    branch : {"fast", "slow"}
        Which of the two orbits with that many turns; "fast" with none.
    """

    v1: FloatArray
    v2: FloatArray
    turns: int
    branch: Branch


def solve_lambert(
    r1: ArrayLike,
    r2: ArrayLike,
    *,
    tof: float,
    gm: float,
    way: Way = "prograde",
    axis: ArrayLike = (0.0, 0.0, 1.0),
    turns: int = 0,
    branch: Branch = "fast",
) -> Arc:
    """Two-body arc from one place to another in a given time.

    Parameters
    ----------
    r1, r2 : array_like, shape (3,)
        Places from the body's centre [m], axes that do not turn.
    tof : float
        Time of flight [s].
    gm : float
        Gravitational parameter of the body [m^3/s^2].
    way : {"prograde", "retrograde", "short", "long"}
        Which way round.
    axis : array_like, shape (3,)
        Axis that "prograde" turns about.
    turns : int
        Whole turns on the way.
    branch : {"fast", "slow"}
        Which of the two orbits with that many turns.

    Returns
    -------
    Arc

    Raises
    ------
    OrbitError
        If there is no such arc: both places on one line with the body (within 1e-8 rad), or less time than the turns
        take; the message has the time that they take.
    RequestError
        If the arguments make no sense.

    References
    ----------
    Izzo 2015, Revisiting Lambert's problem, Celestial Mechanics and Dynamical Astronomy 121:1-15,
    doi 10.1007/s10569-014-9587-y.
    """
    first, second = (_vector(r, name) for r, name in ((r1, "r1"), (r2, "r2")))
    if turns < 0:
        raise RequestError(f"Lambert arc with {turns} turns: give 0 or more")
    if not gm > 0.0:
        raise RequestError(f"Lambert arc with gm {gm:g}: give the body's parameter in m^3/s^2")
    far = bool(_goes_far(first[None], second[None], way, axis)[0])
    out = np.empty(6)
    status = _kernels.lambert(first, second, float(tof), gm, far, turns, branch == "slow", out)
    if status == _kernels.TOO_FAST:
        least = shortest_flight(first, second, gm=gm, turns=turns, long_way=far)
        raise OrbitError(
            f"Lambert arc with {turns} turns in {tof:g} s: that takes {least:.6g} s at least; give more time or "
            "fewer turns"
        )
    if status != _kernels.SOLVED:
        raise OrbitError(f"Lambert arc of {tof:g} s: {REASONS[status]}")
    return Arc(out[:3].copy(), out[3:].copy(), turns, branch if turns else "fast")


def solve_lambert_all(
    r1: ArrayLike,
    r2: ArrayLike,
    *,
    tof: float,
    gm: float,
    way: Way = "prograde",
    axis: ArrayLike = (0.0, 0.0, 1.0),
    most_turns: int | None = None,
) -> list[Arc]:
    """All two-body arcs from one place to another in a given time, with no whole turn up to as many as fit.

    Parameters are those of `solve_lambert`; `most_turns` stops earlier. With N turns fitting there are 2 N + 1 arcs.

    Raises
    ------
    OrbitError, RequestError
        As `solve_lambert`.
    """
    arcs = [solve_lambert(r1, r2, tof=tof, gm=gm, way=way, axis=axis)]
    first, second = _vector(r1, "r1"), _vector(r2, "r2")
    far = bool(_goes_far(first[None], second[None], way, axis)[0])
    turns = 1
    while (most_turns is None or turns <= most_turns) and tof >= shortest_flight(
        first, second, gm=gm, turns=turns, long_way=far
    ):
        arcs += [
            solve_lambert(r1, r2, tof=tof, gm=gm, way=way, axis=axis, turns=turns, branch=branch)
            for branch in ("slow", "fast")
        ]
        turns += 1
    return arcs


def shortest_flight(r1: ArrayLike, r2: ArrayLike, *, gm: float, turns: int, long_way: bool = False) -> float:
    """Shortest time [s] in which an arc with whole turns (one or more) joins two places; arguments as `solve_lambert`.

    Raises
    ------
    RequestError
        If there are no whole turns: without them any time will do.
    """
    if turns < 1:
        raise RequestError(
            f"shortest flight with {turns} turns: give 1 or more; without turns any time will do"
        )
    first, second = _vector(r1, "r1"), _vector(r2, "r2")
    n1, n2 = np.linalg.norm(first), np.linalg.norm(second)
    semi = 0.5 * float(n1 + n2 + np.linalg.norm(second - first))
    lam = np.sqrt(n1 * n2) * 0.5 * np.linalg.norm(first / n1 + second / n2) / semi
    time, _ = _kernels.shortest_time(float(-lam if long_way else lam), turns)
    return float(time / np.sqrt(2.0 * gm / semi**3))


def solve_lambert_batch(
    r1: ArrayLike,
    r2: ArrayLike,
    *,
    tof: ArrayLike,
    gm: float,
    way: Way = "prograde",
    axis: ArrayLike = (0.0, 0.0, 1.0),
    turns: int = 0,
    branch: Branch = "fast",
) -> tuple[FloatArray, FloatArray]:
    """Many two-body arcs at once, compiled.

    Parameters
    ----------
    r1, r2 : array_like, shape (n, 3)
        Places [m].
    tof : array_like, shape (n,)
        Times of flight [s].
    gm, way, axis, turns, branch
        As in `solve_lambert`, for all.

    Returns
    -------
    v1, v2 : ndarray, shape (n, 3)
        Velocities at both ends [m/s]; NaN where there is no such arc.
    """
    first = np.ascontiguousarray(np.atleast_2d(np.asarray(r1, dtype=np.float64)))
    second = np.ascontiguousarray(np.atleast_2d(np.asarray(r2, dtype=np.float64)))
    times = np.ascontiguousarray(np.atleast_1d(np.asarray(tof, dtype=np.float64)))
    if first.shape != second.shape or first.shape != (times.size, 3):
        raise RequestError(
            f"Lambert arcs of shapes {first.shape}, {second.shape} and {times.shape}: give (n, 3), (n, 3) and (n,)"
        )
    out, status = np.empty((times.size, 6)), np.empty(times.size, dtype=np.int64)
    far = _goes_far(first, second, way, axis)
    _kernels.lambert_many(first, second, times, gm, far, turns, branch == "slow", out, status)
    return out[:, :3], out[:, 3:]


def propagate_kepler(states: ArrayLike, dt: ArrayLike, *, gm: float) -> FloatArray:
    """States on two-body orbits after given times, by universal variables: ellipse, parabola, hyperbola alike.

    Parameters
    ----------
    states : array_like, shape (6,) or (n, 6)
        States from the body's centre [m, m/s], axes that do not turn.
    dt : array_like, shape () or (n,)
        Times on [s], negative for back.
    gm : float
        Gravitational parameter [m^3/s^2].

    Returns
    -------
    ndarray, shape (6,) or (n, 6)

    Raises
    ------
    RequestError
        If a state or a time is no finite number, or a state lies in the body's centre.

    References
    ----------
    Battin 1999, An Introduction to the Mathematics and Methods of Astrodynamics, section 4.5.
    """
    given = np.asarray(states, dtype=np.float64)
    times = np.atleast_1d(np.asarray(dt, dtype=np.float64))
    start = np.ascontiguousarray(np.broadcast_to(np.atleast_2d(given), (times.size, 6)))
    out, status = np.empty((times.size, 6)), np.empty(times.size, dtype=np.int64)
    _kernels.kepler_many(start, np.ascontiguousarray(times), gm, out, status)
    if status.any():
        worst = int(np.flatnonzero(status)[0])
        raise RequestError(
            f"Kepler orbit {worst}: {start[worst]} cannot be moved by {times[worst]:g} s; give finite numbers in m and "
            "m/s, away from the body's centre"
        )
    return out[0] if given.ndim == 1 and np.ndim(dt) == 0 else out


def _vector(r: ArrayLike, name: str) -> FloatArray:
    vector = np.ascontiguousarray(np.asarray(r, dtype=np.float64))
    if vector.shape != (3,):
        raise RequestError(f"{name} has shape {vector.shape}; give three numbers in metres")
    return vector


def _goes_far(r1: FloatArray, r2: FloatArray, way: Way, axis: ArrayLike) -> BoolArray:
    """Whether the way asked for is the long one, for each pair."""
    if way in ("short", "long"):
        return np.full(len(r1), way == "long")
    if way not in ("prograde", "retrograde"):
        raise RequestError(f"way '{way}' is none; give prograde, retrograde, short or long")
    against: BoolArray = np.cross(r1, r2) @ np.asarray(axis, dtype=np.float64) < 0.0
    return against if way == "prograde" else ~against
