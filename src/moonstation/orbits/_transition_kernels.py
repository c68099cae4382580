"""Compiled loop that carries small changes of a state along a trajectory that is already flown."""

from typing import Any

import numpy as np
from numba import njit

from moonstation.constants import GM_EARTH, GM_SUN
from moonstation.orbits._kernels import (
    LANES,
    SCRATCH,
    _place_nodes,
    evaluate_record,
    harmonic_acceleration,
)

SHIFT = 1000.0
"""Half of the distance over which the gradient of the harmonics is taken [m].

Its error is (SHIFT / r)^2 of what the harmonics add, under 1e-9 of the Moon's whole gradient.
"""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _add_point(gm: float, dx: float, dy: float, dz: float, j: int, out: Any) -> None:
    """Gradient of the attraction of a point at a distance (dx, dy, dz)."""
    d2 = dx * dx + dy * dy + dz * dz
    each = gm / (d2 * np.sqrt(d2))
    triple = 3.0 * each / d2
    out[j, 0, 0] += triple * dx * dx - each
    out[j, 1, 1] += triple * dy * dy - each
    out[j, 2, 2] += triple * dz * dz - each
    out[j, 0, 1] += triple * dx * dy
    out[j, 0, 2] += triple * dx * dz
    out[j, 1, 2] += triple * dy * dz


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _solve(system: Any, right: Any) -> None:
    """Solve in place by elimination; next to the identity, as these systems are, no pivots need be looked for."""
    size = system.shape[0]
    for i in range(size):
        for k in range(i + 1, size):
            factor = system[k, i] / system[i, i]
            for j in range(i + 1, size):
                system[k, j] -= factor * system[i, j]
            for c in range(right.shape[1]):
                right[k, c] -= factor * right[i, c]
    for i in range(size - 1, -1, -1):
        for c in range(right.shape[1]):
            total = right[i, c]
            for j in range(i + 1, size):
                total -= system[i, j] * right[j, c]
            right[i, c] = total / system[i, i]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def step_transitions(
    window: Any, field: Any, rule: Any, et0: float, taus: Any, records: Any, out: Any
) -> None:
    """Transition matrix of each step of a trajectory.

    The collocation of the integrator, for the linear equation of small changes along the known positions: exact
    to the order of the integrator, without a step size of its own.

    Parameters
    ----------
    window, field, rule
        As for `advance`.
    et0 : float
        Epoch [TDB s past J2000] at which tau is 0.
    taus : (n + 1,) ends of the steps [s].
    records : (n, 3, RECORD_COEFFICIENTS) positions over the steps.
    out : (n, 6, 6) filled.
    """
    lanes = LANES
    rotation = np.empty((lanes, 3, 3))
    bodies = np.empty((6, lanes))
    x = np.empty((3, lanes))
    r = np.empty((3, lanes))
    moved = np.empty((3, lanes))
    pull = np.empty((3, lanes))
    w = np.empty(SCRATCH)
    body = np.empty((lanes, 3, 3))
    gradient = np.empty((lanes, 3, 3))
    point = np.empty(6)
    system = np.empty((3 * lanes, 3 * lanes))
    right = np.empty((3 * lanes, 6))
    for step in range(records.shape[0]):
        h = taus[step + 1] - taus[step]
        _place_nodes(window, et0, taus[step], h, rule.nodes, rotation, bodies)
        lowest = 1e300
        for j in range(lanes):
            evaluate_record(records[step], 2.0 * rule.nodes[j] - 1.0, h, point)
            for k in range(3):
                x[k, j] = point[k]
            lowest = min(lowest, point[0] ** 2 + point[1] ** 2 + point[2] ** 2)
        lowest = np.sqrt(lowest)
        degree = field.degree
        while degree > 2 and lowest > field.reach[degree - 1]:
            degree -= 1
        for j in range(lanes):
            for k in range(3):
                r[k, j] = (
                    rotation[j, k, 0] * x[0, j] + rotation[j, k, 1] * x[1, j] + rotation[j, k, 2] * x[2, j]
                )
        for shifted in range(6):
            axis = shifted // 2
            sign = 1.0 - 2.0 * (shifted % 2)
            for j in range(lanes):
                for k in range(3):
                    moved[k, j] = r[k, j]
                moved[axis, j] += sign * SHIFT
            harmonic_acceleration(lanes, moved, field, degree, w, pull)
            for j in range(lanes):
                for k in range(3):
                    part = sign * pull[k, j] / (2.0 * SHIFT)
                    body[j, k, axis] = part if shifted % 2 == 0 else body[j, k, axis] + part
        for j in range(lanes):
            turn = rotation[j]
            for a in range(3):
                for b in range(a, 3):
                    total = 0.0
                    for p in range(3):
                        for q in range(3):
                            total += turn[p, a] * turn[q, b] * 0.5 * (body[j, p, q] + body[j, q, p])
                    gradient[j, a, b] = total
            _add_point(field.gm, x[0, j], x[1, j], x[2, j], j, gradient)
            for place in range(0, 6, 3):
                _add_point(
                    GM_EARTH if place == 0 else GM_SUN,
                    bodies[place, j] - x[0, j],
                    bodies[place + 1, j] - x[1, j],
                    bodies[place + 2, j] - x[2, j],
                    j,
                    gradient,
                )
            gradient[j, 1, 0] = gradient[j, 0, 1]
            gradient[j, 2, 0] = gradient[j, 0, 2]
            gradient[j, 2, 1] = gradient[j, 1, 2]
        for i in range(lanes):
            for a in range(3):
                for c in range(6):
                    right[3 * i + a, c] = 0.0
                right[3 * i + a, a] = 1.0
                right[3 * i + a, 3 + a] = rule.nodes[i] * h
                for j in range(lanes):
                    weight = h * h * rule.stage[j, i]
                    for b in range(3):
                        same = 1.0 if i == j and a == b else 0.0
                        system[3 * i + a, 3 * j + b] = same - weight * gradient[j, a, b]
        _solve(system, right)
        for a in range(3):
            for c in range(6):
                position = 0.0
                velocity = 0.0
                for j in range(lanes):
                    pulled = 0.0
                    for b in range(3):
                        pulled += gradient[j, a, b] * right[3 * j + b, c]
                    position += rule.weights_position[j] * pulled
                    velocity += rule.weights_velocity[j] * pulled
                out[step, a, c] = h * h * position
                out[step, 3 + a, c] = h * velocity
            out[step, a, a] += 1.0
            out[step, a, 3 + a] += h
            out[step, 3 + a, 3 + a] += 1.0
