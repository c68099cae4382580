"""Compiled loops of the orbits room: the step of the integrator and the evaluation of its output.

Arrays of points are laid out (3, LANES): the innermost loops run over LANES points at once, which is
what the processor does in parallel. SI units; positions are Moon-centred, ICRF axes.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import INNER, FloatArray
from moonstation.constants import EARTH_RADIUS
from moonstation.orbits._force_kernels import (
    add_moving_forces,
    evaluate_record,
    gradient,
    perturb,
    place_nodes,
    press_of_sunlight,
)
from moonstation.orbits._gravity_kernels import LANES, SCRATCH

RECORD_COEFFICIENTS = LANES + 2
"""Chebyshev coefficients of the position over one step: the acceleration's, integrated twice."""

TIME_GRAIN = 1024.0
"""Steps are whole multiples of 1/1024 s, so that epochs far from J2000 add up without rounding."""

REACHED_END, BUFFER_FULL, BELOW_GROUND, NO_CONVERGENCE, LEFT_MOON, HIT_EARTH = 0, 1, 2, 3, 4, 5


class Rule(NamedTuple):
    """Matrices of the collocation rule on [0, 1]; made by `propagation.collocation_rule`."""

    nodes: FloatArray
    stage: FloatArray
    """(LANES, LANES) transposed: accelerations at the nodes to double integrals at the nodes."""
    weights_position: FloatArray
    weights_velocity: FloatArray
    stage_velocity: FloatArray
    """(LANES, LANES) transposed: accelerations at the nodes to their integrals at the nodes."""
    basis: FloatArray
    """(LANES, LANES): accelerations at the nodes to their Legendre coefficients on [-1, 1]."""
    record: FloatArray
    """(LANES + 2, LANES): accelerations to Chebyshev coefficients of their double integral."""


@njit(**INNER)
def _settle(
    rule: Any,
    gm: float,
    gm_earth: float,
    earth: Any,
    h: float,
    y: Any,
    extra: Any,
    x: Any,
    acc: Any,
    total: Any,
) -> bool:
    """Iterate positions at the nodes until they agree with the central terms of Moon and Earth plus given
    accelerations `extra`.

    Fixed-point (Picard) iteration; False where it does not settle, which means that the step is too long.
    """
    lanes = LANES
    last = 1e300
    # Near the Earth coordinates are 4e8 m, and one unit in the last place is 6e-8 m.
    unit = 1e-8 + 4e-16 * max(abs(y[0]), abs(y[1]), abs(y[2]))
    for _ in range(30):
        for j in range(lanes):
            d2 = x[0, j] * x[0, j] + x[1, j] * x[1, j] + x[2, j] * x[2, j]
            central = -gm / (d2 * np.sqrt(d2))
            dx = x[0, j] - earth[0, j]
            dy = x[1, j] - earth[1, j]
            dz = x[2, j] - earth[2, j]
            d2 = dx * dx + dy * dy + dz * dz
            pull = -gm_earth / (d2 * np.sqrt(d2))
            acc[0, j] = central * x[0, j] + (pull * dx + extra[0, j])
            acc[1, j] = central * x[1, j] + (pull * dy + extra[1, j])
            acc[2, j] = central * x[2, j] + (pull * dz + extra[2, j])
        change = 0.0
        for k in range(3):
            for i in range(lanes):
                total[i] = 0.0
            for j in range(lanes):
                value = acc[k, j]
                for i in range(lanes):
                    total[i] += rule.stage[j, i] * value
            for i in range(lanes):
                new = y[k] + h * (y[3 + k] * rule.nodes[i] + h * total[i])
                change = max(change, abs(new - x[k, i]))
                x[k, i] = new
        if not change < 1e9:
            return False
        # Each pass shortens the change by about the same factor, so the error left is below `unit` here.
        if change < 10.0 * unit and change < 0.1 * last:
            return True
        if change < unit:
            return True
        last = change
    return False


@njit(**INNER)
def _write_record(rule: Any, h: float, y: Any, acc: Any, record: Any) -> None:
    """Chebyshev coefficients (3, RECORD_COEFFICIENTS) of the position over a step from its accelerations."""
    for k in range(3):
        for i in range(RECORD_COEFFICIENTS):
            coefficient = 0.0
            for j in range(LANES):
                coefficient += rule.record[i, j] * acc[k, j]
            record[k, i] = h * h * coefficient
        record[k, 0] += y[k] + 0.5 * h * y[3 + k]
        record[k, 1] += 0.5 * h * y[3 + k]


@njit(**INNER)
def _finish(rule: Any, h: float, acc: Any, y: Any) -> None:
    """Position and velocity (6,) at the end of a step from those at its start."""
    for k in range(3):
        position_sum = 0.0
        velocity_sum = 0.0
        for j in range(LANES):
            position_sum += rule.weights_position[j] * acc[k, j]
            velocity_sum += rule.weights_velocity[j] * acc[k, j]
        y[k] += h * (y[3 + k] + h * position_sum)
        y[3 + k] += h * velocity_sum


@njit(**INNER)
def _carry_transition(rule: Any, h: float, g: Any, phi: Any, x: Any, acc: Any, records: Any) -> None:
    """Take the state transition matrix phi, its rows being columns (6, 6), over a step.

    The variational equations by the same collocation, with the gradient g (6, LANES) at the nodes: the derivative
    of the discrete step itself, hence symplectic to rounding.
    """
    for column in range(6):
        y = phi[column]
        for k in range(3):
            for j in range(LANES):
                x[k, j] = y[k] + h * rule.nodes[j] * y[3 + k]
        last = 1e300
        for _ in range(60):
            for j in range(LANES):
                acc[0, j] = g[0, j] * x[0, j] + g[1, j] * x[1, j] + g[2, j] * x[2, j]
                acc[1, j] = g[1, j] * x[0, j] + g[3, j] * x[1, j] + g[4, j] * x[2, j]
                acc[2, j] = g[2, j] * x[0, j] + g[4, j] * x[1, j] + g[5, j] * x[2, j]
            change = 0.0
            size = 1e-300
            for k in range(3):
                for i in range(LANES):
                    total = 0.0
                    for j in range(LANES):
                        total += rule.stage[j, i] * acc[k, j]
                    new = y[k] + h * (y[3 + k] * rule.nodes[i] + h * total)
                    change = max(change, abs(new - x[k, i]))
                    size = max(size, abs(new))
                    x[k, i] = new
            if change <= 4e-16 * size or (change < 1e-13 * size and change >= last):
                break
            last = change
        _write_record(rule, h, y, acc, records[column])
        _finish(rule, h, acc, y)


@njit(**INNER)
def _impact_place(record: Any, h: float, radius: float, out: Any) -> float:
    """First s in [-1, 1] at which a step dips under `radius`, or 2 where it stays above.

    Looks at 4 LANES points and, by bisection, at each lowest point between them.
    """
    pieces = 4 * LANES
    before = -1.0
    evaluate_record(record, before, h, out)
    climb_before = out[0] * out[3] + out[1] * out[4] + out[2] * out[5]
    for i in range(1, pieces + 1):
        here = -1.0 + 2.0 * i / pieces
        evaluate_record(record, here, h, out)
        climb = out[0] * out[3] + out[1] * out[4] + out[2] * out[5]
        low = here
        if climb_before < 0.0 < climb:
            a = before
            b = here
            for _ in range(50):
                low = 0.5 * (a + b)
                evaluate_record(record, low, h, out)
                if out[0] * out[3] + out[1] * out[4] + out[2] * out[5] < 0.0:
                    a = low
                else:
                    b = low
            evaluate_record(record, low, h, out)
        if out[0] * out[0] + out[1] * out[1] + out[2] * out[2] < radius * radius:
            a = before
            b = low
            for _ in range(50):
                middle = 0.5 * (a + b)
                evaluate_record(record, middle, h, out)
                if out[0] * out[0] + out[1] * out[1] + out[2] * out[2] < radius * radius:
                    b = middle
                else:
                    a = middle
            return b
        before = here
        climb_before = climb
    return 2.0


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def advance(
    window: Any,
    field: Any,
    forces: Any,
    thrust: Any,
    rule: Any,
    tau_end: float,
    tolerance: float,
    ground: float,
    farthest: float,
    state: Any,
    extras: Any,
    phi: Any,
    tau_out: Any,
    y_out: Any,
    record_out: Any,
    phi_out: Any,
    phi_record_out: Any,
) -> Any:
    """Integrate until the end, the ground, or until the output arrays are full.

    Gauss-Legendre collocation of y'' = a(t, y) with LANES nodes (order 2 LANES at the step ends):
    implicit, solved by settling the positions against the central terms of Moon and Earth, which are cheap, with
    all other accelerations evaluated two or three times per step only. Epochs of the nodes are known before, so
    ephemerides are read once per step.

    Parameters
    ----------
    window : EphemerisWindow
        Its times count from the start of the flight.
    field : Field
    forces : Forces
    thrust : Thrust
    rule : Rule
    tau_end : float
        End [s past the start of the flight, in the sense of flight].
    tolerance : float
        Size of the last terms of the position over a step [m] above which the step is repeated shorter.
    ground : float
        Radius [m] below which integration stops.
    farthest : float
        Radius [m] above which it stops.
    state : (11,) tau [s], next step [s], position [m], velocity [m/s], perturbing acceleration [m/s^2];
        kept up to date, so that the next call goes on bit for bit as if there had been no pause.
    extras : True where sunlight, burns or relativity act, else None.
    phi : (6, 6) columns of the state transition matrix as rows; kept up to date. None where it is not wanted.
    tau_out : (k + 1,), y_out : (k + 1, 6), record_out : (k, 3, RECORD_COEFFICIENTS)
        Epochs and states at the step ends; positions over the steps.
    phi_out : (k + 1, 6, 6), phi_record_out : (k, 6, 3, RECORD_COEFFICIENTS)
        The same of the columns of the state transition matrix; None where it is not wanted.

    Notes
    -----
    What is None is left out when compiling, which takes a third of the time of all: few flights need it.

    Returns
    -------
    steps : int
        Steps done. One that meets the ground does not count, but its record and end are written after them.
    status : int
    """
    lanes = LANES
    rotation = np.empty((lanes, 3, 3))
    bodies = np.empty((3 * forces.gm.shape[0], lanes))
    earth = bodies[:3]
    earth_velocity = np.zeros((3, lanes))
    x = np.empty((3, lanes))
    v = np.empty((3, lanes))
    acc = np.empty((3, lanes))
    extra = np.empty((3, lanes))
    previous = np.empty((3, lanes))
    pressed = np.zeros((3, lanes))
    r = np.empty((3, lanes))
    a = np.empty((3, lanes))
    g = np.empty((6, lanes))
    w = np.empty(SCRATCH)
    total = np.empty(lanes)
    point = np.empty(6)
    about_earth = thrust.acceleration > 0.0 and thrust.about == 1
    moving = thrust.acceleration > 0.0 or forces.slowness > 0.0
    y = state[2:8].copy()
    tau = state[0]
    h = state[1]
    tau_out[0] = tau
    # Element by element: assigning slices would compile messages about shapes for two seconds.
    for k in range(6):
        y_out[0, k] = y[k]
    if phi is not None:
        for k in range(6):
            for i in range(6):
                phi_out[0, k, i] = phi[k, i]
    steps = 0
    while tau < tau_end and steps < record_out.shape[0]:
        left = tau_end - tau
        step = min(h, left) if h >= left or 2.0 * h < left else 0.5 * left
        if step < left:
            step = max(np.floor(step * TIME_GRAIN), 1.0) / TIME_GRAIN
        place_nodes(window, forces, tau, step, rule.nodes, rotation, bodies, earth_velocity, about_earth)
        d2 = y[0] * y[0] + y[1] * y[1] + y[2] * y[2]
        central = -field.gm / (d2 * np.sqrt(d2))
        d2 = (y[0] - earth[0, 0]) ** 2 + (y[1] - earth[1, 0]) ** 2 + (y[2] - earth[2, 0]) ** 2
        pull = -forces.gm[0] / (d2 * np.sqrt(d2))
        for k in range(3):
            begin = central * y[k] + pull * (y[k] - earth[k, 0]) + state[8 + k]
            for j in range(lanes):
                extra[k, j] = state[8 + k]
                lead = rule.nodes[j] * step
                x[k, j] = y[k] + lead * (y[3 + k] + 0.5 * lead * begin)
        record = record_out[steps]
        good = True
        lowest = 1e300
        nearest = 1e300
        degree = field.degree
        last = 0.0
        settled = False
        kinked = False
        for sweep in range(7):
            if not good or settled:
                break
            change = 0.0
            if sweep > 0:
                for k in range(3):
                    for j in range(lanes):
                        previous[k, j] = extra[k, j]
                perturb(x, rotation, bodies, forces, field, degree, r, a, w, extra)
                if extras is not None:
                    if moving:
                        for k in range(3):
                            for i in range(lanes):
                                gained = 0.0
                                for j in range(lanes):
                                    gained += rule.stage_velocity[j, i] * acc[k, j]
                                v[k, i] = y[3 + k] + step * gained
                        add_moving_forces(
                            field.gm,
                            forces,
                            thrust,
                            tau,
                            step,
                            rule.nodes,
                            x,
                            v,
                            bodies,
                            earth_velocity,
                            extra,
                        )
                    # Positions are known to centimetres after the second sweep, and shadows ask for no more.
                    if forces.light > 0.0 and sweep < 3:
                        kinked = press_of_sunlight(window, forces, thrust, rule, tau, step, record, pressed)
                for k in range(3):
                    for j in range(lanes):
                        extra[k, j] += pressed[k, j]
                        change = max(change, abs(extra[k, j] - previous[k, j]))
            good = _settle(rule, field.gm, forces.gm[0], earth, step, y, extra, x, acc, total)
            _write_record(rule, step, y, acc, record)
            if sweep == 0:
                for j in range(lanes):
                    lowest = min(lowest, x[0, j] * x[0, j] + x[1, j] * x[1, j] + x[2, j] * x[2, j])
                    dx = x[0, j] - earth[0, j]
                    dy = x[1, j] - earth[1, j]
                    dz = x[2, j] - earth[2, j]
                    nearest = min(nearest, dx * dx + dy * dy + dz * dz)
                lowest = np.sqrt(lowest)
                nearest = np.sqrt(nearest)
                good = good and lowest > 0.5 * ground and nearest > 0.5 * EARTH_RADIUS
                while degree > 2 and lowest > field.reach[degree - 1]:
                    degree -= 1
                continue
            # The change that one more sweep would make in position, if sweeps go on shortening alike.
            if sweep > 1 and change * min(change / last, 1.0) * step * step < 1e-2 * tolerance:
                settled = True
            last = max(change, 1e-30)
        good = good and settled
        error = 0.0
        if good:
            for k in range(3):
                for i in range(lanes - 2, lanes):
                    coefficient = 0.0
                    for j in range(lanes):
                        # An edge of a shadow leaves terms of every degree, and is accounted for elsewhere.
                        coefficient += rule.basis[i, j] * (acc[k, j] - (pressed[k, j] if kinked else 0.0))
                    error = max(error, abs(coefficient))
            error *= step * step / (4.0 * lanes * lanes)
            good = error <= tolerance
            factor = min(max(0.9 * (tolerance / max(error, 1e-300)) ** (1.0 / lanes), 0.4), 1.5)
        else:
            factor = 0.5
        if not good:
            h = step * min(factor, 0.9)
            if h < 2.0 / TIME_GRAIN:
                return steps, NO_CONVERGENCE
            continue
        if nearest < EARTH_RADIUS:
            return steps, HIT_EARTH
        if lowest < ground + 20e3:
            place = _impact_place(record, step, ground, point)
            if place <= 1.0:
                state[0] = tau + 0.5 * (place + 1.0) * step
                tau_out[steps + 1] = tau + step
                state[1] = h
                for k in range(6):
                    state[2 + k] = point[k]
                return steps, BELOW_GROUND
        _finish(rule, step, acc, y)
        for k in range(3):
            state[8 + k] = extra[k, lanes - 1]
        if phi is not None:
            gradient(
                x,
                rotation,
                bodies,
                forces,
                field,
                min(degree, forces.gradient_degree),
                r,
                a,
                w,
                previous,
                extra,
                g,
            )
            _carry_transition(rule, step, g, phi, x, acc, phi_record_out[steps])
            for k in range(6):
                for i in range(6):
                    phi_out[steps + 1, k, i] = phi[k, i]
        tau = tau_end if step >= left else tau + step
        # A step cut short by the end of the span says little about how long the next could be.
        if factor < 1.0 or step > 0.9 * h:
            h = step * factor
        steps += 1
        tau_out[steps] = tau
        state[0] = tau
        state[1] = h
        for k in range(6):
            y_out[steps, k] = y[k]
            state[2 + k] = y[k]
        if y[0] * y[0] + y[1] * y[1] + y[2] * y[2] > farthest * farthest:
            return steps, LEFT_MOON
    return steps, REACHED_END if tau >= tau_end else BUFFER_FULL


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def evaluate_trajectory(et: Any, nodes: Any, records: Any, out: Any) -> None:
    """States (n, 6) at epochs (n,), which must lie within the steps between `nodes`, from their records."""
    last = nodes.shape[0] - 2
    i = 0
    for k in range(et.shape[0]):
        t = et[k]
        if t < nodes[i] or t > nodes[i + 1]:
            if i < last and nodes[i + 1] <= t <= nodes[i + 2]:
                i += 1
            else:
                i = min(max(np.searchsorted(nodes, t) - 1, 0), last)
        h = nodes[i + 1] - nodes[i]
        evaluate_record(records[i], 2.0 * (t - nodes[i]) / h - 1.0, h, out[k])
