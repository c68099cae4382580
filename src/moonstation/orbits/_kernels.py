"""Compiled loops of the orbits room: lunar gravity, the step of the integrator, evaluation of its output.

Arrays of points are laid out (3, LANES): the innermost loops run over LANES points at once, which is
what the processor does in parallel. SI units; positions are Moon-centred.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray, IntArray
from moonstation.constants import GM_EARTH, GM_SUN
from moonstation.spacetime._kernels import libration_matrix, moon_bodies

LANES = 16
"""Points handled at once; also the number of collocation nodes in a step of the integrator."""

RECORD_COEFFICIENTS = LANES + 2
"""Chebyshev coefficients of the position over one step: the acceleration's, integrated twice."""

TIME_GRAIN = 1024.0
"""Steps are whole multiples of 1/1024 s, so that epochs far from J2000 add up without rounding."""

REACHED_END, BUFFER_FULL, BELOW_GROUND, NO_CONVERGENCE, LEFT_MOON = 0, 1, 2, 3, 4

# Places of the scratch of `harmonic_acceleration`, LANES each. It is one flat array with distances known when
# compiling: only so can the compiler rule out that they overlap, and compute LANES points in parallel.
_QU, _QQ, _B0, _B1, _X, _XN, _Y, _YN, _Z, _W, _P = (LANES * i for i in range(11))
_H, _G1, _G2, _G3, _G4, _SX, _SY, _SZ, _IR, _QM, _Q = (LANES * i for i in range(11, 22))
SCRATCH = 22 * LANES


class Field(NamedTuple):
    """Gravity field packed for `harmonic_acceleration`; made by `gravity.GravityModel.packed`."""

    gm: float
    radius: float
    degree: int
    coefficients: FloatArray
    """(rows, 5): recursion factor, C, S, C and S of the derivative; by order, then degree, in pairs."""
    starts: IntArray
    """Row where each order begins, (degree + 1,)."""
    reach: FloatArray
    """reach[n]: radius [m] from which degree n suffices, (degree + 1,), not increasing."""


class Rule(NamedTuple):
    """Matrices of the collocation rule on [0, 1]; made by `propagation.collocation_rule`."""

    nodes: FloatArray
    stage: FloatArray
    """(LANES, LANES) transposed: accelerations at the nodes to double integrals at the nodes."""
    weights_position: FloatArray
    weights_velocity: FloatArray
    tail: FloatArray
    """(2, LANES): the last two Legendre coefficients of the acceleration."""
    record: FloatArray
    """(LANES + 2, LANES): accelerations to Chebyshev coefficients of their double integral."""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _add_pair(lanes: int, first: Any, second: Any, n: float, w: Any) -> None:
    """Advance the Legendre recursion of one order by two degrees and add them to the sums."""
    a1, c1, s1, z1, w1 = first[0], first[1], first[2], first[3], first[4]
    a2, c2, s2, z2, w2 = second[0], second[1], second[2], second[3], second[4]
    n2 = n + 1.0
    for j in range(lanes):
        qu = w[_QU + j]
        qq = w[_QQ + j]
        b1 = w[_B1 + j]
        b0 = a1 * qu * b1 - qq * w[_B0 + j]
        b1 = a2 * qu * b0 - qq * b1
        w[_B0 + j] = b0
        w[_B1 + j] = b1
        t1 = c1 * b0
        t2 = c2 * b1
        w[_X + j] += t1 + t2
        w[_XN + j] += n * t1 + n2 * t2
        t1 = s1 * b0
        t2 = s2 * b1
        w[_Y + j] += t1 + t2
        w[_YN + j] += n * t1 + n2 * t2
        w[_Z + j] += z1 * b0 + z2 * b1
        w[_W + j] += w1 * b0 + w2 * b1


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def harmonic_acceleration(lanes: int, r: Any, field: Any, degree: int, w: Any, out: Any) -> None:
    """Acceleration of the harmonics of degree 2 to `degree` at LANES points, central term left out.

    Pines' form (1973, AIAA Journal 11, 1508) in direction cosines: no latitude or longitude, so nothing
    happens at the poles. For each order m the degrees are summed up first (X, Y: the coefficients
    against the derived Legendre functions; XN, YN: the same times n + 1; Z, W: against their derivative)
    and meet the powers of the direction cosines once. The functions are scaled so that the three-term
    recursion has one factor only, and carry (R/r)^n, which keeps degree 1200 within double precision.

    Parameters
    ----------
    lanes : int
        LANES; given at run time, as the compiler then keeps the loop over points as one.
    r : (3, LANES) position in the body frame [m].
    field : Field
    degree : int
        Degree up to which all is summed; at most `field.degree`. As degrees come in pairs, every other
        order has one more where the field does.
    w : (SCRATCH,) scratch.
    out : (3, LANES) acceleration [m/s^2], body frame.
    """
    for j in range(lanes):
        x = r[0, j]
        y = r[1, j]
        z = r[2, j]
        inverse = 1.0 / np.sqrt(x * x + y * y + z * z)
        q = field.radius * inverse
        w[_IR + j] = inverse
        w[_SX + j] = x * inverse
        w[_SY + j] = y * inverse
        w[_SZ + j] = z * inverse
        w[_Q + j] = q
        w[_QU + j] = q * z * inverse
        w[_QQ + j] = q * q
        w[_QM + j] = 1.0
        w[_P + j] = 1.0
        w[_H + j] = 0.0
        w[_G1 + j] = 0.0
        w[_G2 + j] = 0.0
        w[_G3 + j] = 0.0
        w[_G4 + j] = 0.0
    table = field.coefficients
    for m in range(degree + 1):
        order = float(m)
        for j in range(lanes):
            # The recursion starts at n = m with q^m: what stands before it is chosen to give that.
            w[_B0 + j] = -w[_QM + j] / w[_QQ + j]
            w[_B1 + j] = 0.0
            w[_X + j] = 0.0
            w[_XN + j] = 0.0
            w[_Y + j] = 0.0
            w[_YN + j] = 0.0
            w[_Z + j] = 0.0
            w[_W + j] = 0.0
        row = field.starts[m]
        n = order + 1.0
        for _ in range((degree - m) // 2 + 1):
            _add_pair(lanes, table[row], table[row + 1], n, w)
            row += 2
            n += 2.0
        for j in range(lanes):
            p = w[_P + j]
            h = w[_H + j]
            if m > 0:
                w[_G1 + j] += order * (w[_X + j] * p + w[_Y + j] * h)
                w[_G2 + j] += order * (w[_Y + j] * p - w[_X + j] * h)
                w[_G3 + j] += w[_Z + j] * p + w[_W + j] * h
                sx = w[_SX + j]
                sy = w[_SY + j]
                p, h = p * sx - h * sy, p * sy + h * sx
                w[_P + j] = p
                w[_H + j] = h
            w[_G4 + j] += w[_XN + j] * p + w[_YN + j] * h
            w[_QM + j] *= w[_Q + j]
    for j in range(lanes):
        sx = w[_SX + j]
        sy = w[_SY + j]
        sz = w[_SZ + j]
        factor = field.gm * w[_IR + j] * w[_IR + j]
        radial = sx * w[_G1 + j] + sy * w[_G2 + j] + sz * w[_G3 + j] + w[_G4 + j]
        out[0, j] = factor * (w[_G1 + j] - sx * radial)
        out[1, j] = factor * (w[_G2 + j] - sy * radial)
        out[2, j] = factor * (w[_G3 + j] - sz * radial)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def accelerations_pa(points: Any, field: Any, degree: int, out: Any) -> None:
    """Gravity of the Moon, central term included, at (n, 3) points of its principal axes [m] -> [m/s^2]."""
    lanes = LANES
    r = np.empty((3, lanes))
    a = np.empty((3, lanes))
    w = np.empty(SCRATCH)
    count = points.shape[0]
    for begin in range(0, count, lanes):
        for j in range(lanes):
            i = min(begin + j, count - 1)
            for k in range(3):
                r[k, j] = points[i, k]
        harmonic_acceleration(lanes, r, field, degree, w, a)
        for j in range(min(lanes, count - begin)):
            d2 = r[0, j] ** 2 + r[1, j] ** 2 + r[2, j] ** 2
            central = -field.gm / (d2 * np.sqrt(d2))
            for k in range(3):
                out[begin + j, k] = central * r[k, j] + a[k, j]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _place_nodes(
    window: Any, et0: float, tau: float, h: float, nodes: Any, rotation: Any, bodies: Any
) -> None:
    """Moon's orientation (LANES, 3, 3), Earth and Sun (6, LANES) at the nodes of a step."""
    earth = np.empty(3)
    sun = np.empty(3)
    for j in range(LANES):
        t = et0 + (tau + nodes[j] * h)
        libration_matrix(window, t, rotation[j])
        moon_bodies(window, t, earth, sun)
        for k in range(3):
            bodies[k, j] = earth[k]
            bodies[3 + k, j] = sun[k]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _add_body(lanes: int, x: Any, body: Any, gm: float, out: Any) -> None:
    """Attraction of a distant body less what it does to the Moon itself."""
    for j in range(lanes):
        bx = body[0, j]
        by = body[1, j]
        bz = body[2, j]
        dx = bx - x[0, j]
        dy = by - x[1, j]
        dz = bz - x[2, j]
        d2 = dx * dx + dy * dy + dz * dz
        b2 = bx * bx + by * by + bz * bz
        direct = gm / (d2 * np.sqrt(d2))
        indirect = gm / (b2 * np.sqrt(b2))
        out[0, j] += direct * dx - indirect * bx
        out[1, j] += direct * dy - indirect * by
        out[2, j] += direct * dz - indirect * bz


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _perturb(
    x: Any, rotation: Any, bodies: Any, field: Any, degree: int, r: Any, a: Any, w: Any, out: Any
) -> None:
    """Everything but the Moon's central term, ICRF axes, at the nodes of a step."""
    lanes = LANES
    for j in range(lanes):
        for k in range(3):
            r[k, j] = rotation[j, k, 0] * x[0, j] + rotation[j, k, 1] * x[1, j] + rotation[j, k, 2] * x[2, j]
    harmonic_acceleration(lanes, r, field, degree, w, a)
    for j in range(lanes):
        for k in range(3):
            out[k, j] = (
                rotation[j, 0, k] * a[0, j] + rotation[j, 1, k] * a[1, j] + rotation[j, 2, k] * a[2, j]
            )
    _add_body(lanes, x, bodies[:3], GM_EARTH, out)
    _add_body(lanes, x, bodies[3:], GM_SUN, out)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _settle(rule: Any, gm: float, h: float, y: Any, extra: Any, x: Any, acc: Any, total: Any) -> bool:
    """Iterate positions at the nodes until they agree with the central term plus given accelerations
    `extra`.

    Fixed-point (Picard) iteration; False where it does not settle, which means that the step is too long.
    """
    lanes = LANES
    last = 1e300
    for _ in range(30):
        for j in range(lanes):
            d2 = x[0, j] * x[0, j] + x[1, j] * x[1, j] + x[2, j] * x[2, j]
            central = -gm / (d2 * np.sqrt(d2))
            acc[0, j] = central * x[0, j] + extra[0, j]
            acc[1, j] = central * x[1, j] + extra[1, j]
            acc[2, j] = central * x[2, j] + extra[2, j]
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
        # Each pass shortens the change by about the same factor, so the error left is below 1e-8 m here.
        if change < 1e-7 and change < 0.1 * last:
            return True
        if change < 1e-8:
            return True
        last = change
    return False


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def evaluate_record(record: Any, s: float, h: float, out: Any) -> None:
    """Position and velocity (6,) from the Chebyshev record (3, k) of a step of h seconds, s in [-1, 1]."""
    for k in range(3):
        b1 = 0.0
        b2 = 0.0
        d1 = 0.0
        d2 = 0.0
        for i in range(RECORD_COEFFICIENTS - 1, 0, -1):
            d1, d2 = 2.0 * (s * d1 + b1) - d2, d1
            b1, b2 = 2.0 * s * b1 - b2 + record[k, i], b1
        out[k] = s * b1 - b2 + record[k, 0]
        out[3 + k] = (b1 + s * d1 - d2) * 2.0 / h


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
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
    rule: Any,
    et0: float,
    tau_end: float,
    tolerance: float,
    ground: float,
    farthest: float,
    state: Any,
    tau_out: Any,
    y_out: Any,
    record_out: Any,
) -> Any:
    """Integrate until the end, the ground, or until the output arrays are full.

    Gauss-Legendre collocation of y'' = a(t, y) with LANES nodes (order 2 LANES at the step ends):
    implicit, solved by settling the positions against the central term, which is cheap, with all other
    accelerations evaluated two or three times per step only. Epochs of the nodes are known before, so
    ephemerides are read once per step.

    Parameters
    ----------
    window : EphemerisWindow
    field : Field
    rule : Rule
    et0 : float
        Epoch [TDB s past J2000] at which tau is 0.
    tau_end : float
        End [s past et0].
    tolerance : float
        Size of the last terms of the position over a step [m] above which the step is repeated shorter.
    ground : float
        Radius [m] below which integration stops.
    farthest : float
        Radius [m] above which it stops.
    state : (11,) tau [s], next step [s], position [m], velocity [m/s], perturbing acceleration [m/s^2];
    kept up to
        date, so that the next call goes on bit for bit as if there had been no pause.
    tau_out : (k + 1,), y_out : (k + 1, 6), record_out : (k, 3, RECORD_COEFFICIENTS)
        Epochs and states at the step ends; positions over the steps.

    Returns
    -------
    steps : int
    status : int
    """
    lanes = LANES
    rotation = np.empty((lanes, 3, 3))
    bodies = np.empty((6, lanes))
    x = np.empty((3, lanes))
    acc = np.empty((3, lanes))
    extra = np.empty((3, lanes))
    previous = np.empty((3, lanes))
    r = np.empty((3, lanes))
    a = np.empty((3, lanes))
    w = np.empty(SCRATCH)
    total = np.empty(lanes)
    point = np.empty(6)
    y = state[2:8].copy()
    tau = state[0]
    h = state[1]
    tau_out[0] = tau
    y_out[0] = y
    steps = 0
    while tau < tau_end and steps < record_out.shape[0]:
        left = tau_end - tau
        step = min(h, left) if h >= left or 2.0 * h < left else 0.5 * left
        if step < left:
            step = max(np.floor(step * TIME_GRAIN), 1.0) / TIME_GRAIN
        _place_nodes(window, et0, tau, step, rule.nodes, rotation, bodies)
        d2 = y[0] * y[0] + y[1] * y[1] + y[2] * y[2]
        central = -field.gm / (d2 * np.sqrt(d2))
        for k in range(3):
            for j in range(lanes):
                extra[k, j] = state[8 + k]
                lead = rule.nodes[j] * step
                x[k, j] = y[k] + lead * (y[3 + k] + 0.5 * lead * (central * y[k] + extra[k, j]))
        good = _settle(rule, field.gm, step, y, extra, x, acc, total)
        lowest = 1e300
        for j in range(lanes):
            lowest = min(lowest, x[0, j] * x[0, j] + x[1, j] * x[1, j] + x[2, j] * x[2, j])
        lowest = np.sqrt(lowest)
        good = good and lowest > 0.5 * ground
        degree = field.degree
        while degree > 2 and lowest > field.reach[degree - 1]:
            degree -= 1
        last = 0.0
        settled = False
        for sweep in range(5):
            if not good or settled:
                break
            for k in range(3):
                for j in range(lanes):
                    previous[k, j] = extra[k, j]
            _perturb(x, rotation, bodies, field, degree, r, a, w, extra)
            change = 0.0
            for k in range(3):
                for j in range(lanes):
                    change = max(change, abs(extra[k, j] - previous[k, j]))
            good = _settle(rule, field.gm, step, y, extra, x, acc, total)
            # The change that one more sweep would make in position, if sweeps go on shortening alike.
            if sweep > 0 and change * min(change / last, 1.0) * step * step < 1e-2 * tolerance:
                settled = True
            last = max(change, 1e-30)
        good = good and settled
        error = 0.0
        if good:
            for k in range(3):
                for i in range(2):
                    coefficient = 0.0
                    for j in range(lanes):
                        coefficient += rule.tail[i, j] * acc[k, j]
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
        record = record_out[steps]
        for k in range(3):
            for i in range(RECORD_COEFFICIENTS):
                coefficient = 0.0
                for j in range(lanes):
                    coefficient += rule.record[i, j] * acc[k, j]
                record[k, i] = step * step * coefficient
            record[k, 0] += y[k] + 0.5 * step * y[3 + k]
            record[k, 1] += 0.5 * step * y[3 + k]
        if lowest < ground + 20e3:
            place = _impact_place(record, step, ground, point)
            if place <= 1.0:
                state[0] = tau + 0.5 * (place + 1.0) * step
                state[1] = h
                state[2:8] = point
                return steps, BELOW_GROUND
        for k in range(3):
            position_sum = 0.0
            velocity_sum = 0.0
            for j in range(lanes):
                position_sum += rule.weights_position[j] * acc[k, j]
                velocity_sum += rule.weights_velocity[j] * acc[k, j]
            y[k] += step * (y[3 + k] + step * position_sum)
            y[3 + k] += step * velocity_sum
            state[8 + k] = extra[k, lanes - 1]
        tau = tau_end if step >= left else tau + step
        # A step cut short by the end of the span says little about how long the next could be.
        if factor < 1.0 or step > 0.9 * h:
            h = step * factor
        steps += 1
        tau_out[steps] = tau
        y_out[steps] = y
        state[0] = tau
        state[1] = h
        state[2:8] = y
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
