"""Compiled loops of the transfers room: Lambert's problem and Kepler's, one case or many.

Units are SI and radians; vectors are about the one attracting body, in any axes that do not turn.
"""

import numpy as np
from numba import njit

from moonstation.arrays import BoolArray, FloatArray, IntArray

SOLVED = 0
NO_PLANE = 1
TOO_FAST = 2
NO_CONVERGENCE = 3
BAD_INPUT = 4

COLLINEAR = 1e-8
"""Sine of the transfer angle below which the two positions give no plane: 0.06 arcsec."""

ITERATIONS = 40
SERIES = 0.02
"""Distance of x from 1 (the parabola) within which the time of flight is summed as a series."""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _hypergeometric(z: float) -> float:
    """2F1(3, 1; 5/2; z) by its series."""
    total = 1.0
    term = 1.0
    for j in range(200):
        term *= (3.0 + j) * (1.0 + j) / (2.5 + j) * z / (j + 1.0)
        total += term
        if abs(term) < 1e-17 * abs(total):
            break
    return total


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def flight_time(x: float, lam: float, turns: int) -> float:
    """Time of flight without units of Izzo's x, lambda and number of whole turns (2015, eqs 18 and 20)."""
    e = x * x - 1.0
    z = np.sqrt(1.0 + lam * lam * e)
    if abs(x - 1.0) < SERIES:
        eta = z - lam * x
        s1 = 0.5 * (1.0 - lam - x * eta)
        time = 0.5 * (eta**3 * (4.0 / 3.0) * _hypergeometric(s1) + 4.0 * lam * eta)
        if turns > 0:
            time += turns * np.pi / abs(e) ** 1.5
        return time
    y = np.sqrt(abs(e))
    # z - lam x; with the one sign a difference of near equals
    gap = z - lam * x if lam * x < 0.0 else (1.0 - lam * lam) / (z + lam * x)
    if e < 0.0:
        # the angle from its sine and cosine: the cosine alone loses half of the digits where it is near 1
        angle = np.arctan2(y * gap, x * z - lam * e) + turns * np.pi
        return (x - lam * z - angle / y) / e
    return (x - lam * z - np.arcsinh(y * gap) / y) / e


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _slopes(x: float, lam: float, time: float) -> tuple[float, float, float]:
    """First three derivatives of the time of flight by x (Izzo 2015, eq 22)."""
    u = 1.0 - x * x
    y = np.sqrt(1.0 - lam * lam * u)
    first = (3.0 * time * x - 2.0 + 2.0 * lam**3 * x / y) / u
    second = (3.0 * time + 5.0 * x * first + 2.0 * (1.0 - lam * lam) * lam**3 / y**3) / u
    third = (7.0 * x * second + 8.0 * first - 6.0 * (1.0 - lam * lam) * lam**5 * x / y**5) / u
    return first, second, third


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def shortest_time(lam: float, turns: int) -> tuple[float, float]:
    """Shortest time of flight with this many whole turns (one or more), and the x that has it; by Halley's method."""
    x = 0.0
    time = flight_time(x, lam, turns)
    for _ in range(ITERATIONS):
        first, second, third = _slopes(x, lam, time)
        step = first * second / (second * second - 0.5 * first * third)
        x -= step
        # it has its minimum between the parabola and the rectilinear orbit
        x = min(max(x, -0.999999), 0.999999)
        time = flight_time(x, lam, turns)
        if abs(step) < 1e-13:
            break
    return time, x


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _solve_x(time: float, lam: float, turns: int, slow: bool) -> tuple[float, int]:
    """Izzo's x by Householder's iteration; `slow` takes the branch of the larger orbit where there are turns."""
    if turns == 0:
        parabola = 2.0 / 3.0 * (1.0 - lam**3)
        # cos of the half angle -> the orbit of least energy, x = 0
        least = np.arccos(lam) + lam * np.sqrt(1.0 - lam * lam)
        if time >= least:
            x = (least - time) / (time - least + 4.0)
        elif time <= parabola:
            x = 2.5 * parabola * (parabola - time) / (time * (1.0 - lam**5)) + 1.0
        else:
            x = (time / least) ** (np.log(2.0) / np.log(parabola / least)) - 1.0
    else:
        least, x_least = shortest_time(lam, turns)
        if time < least:
            return np.nan, TOO_FAST
        if slow:
            ratio = ((turns * np.pi + np.pi) / (8.0 * time)) ** (2.0 / 3.0)
        else:
            ratio = (8.0 * time / (turns * np.pi)) ** (2.0 / 3.0)
        x = (ratio - 1.0) / (ratio + 1.0)
        # starts beyond the minimum would run to the other branch
        if slow:
            x = min(x, 0.5 * (x_least - 1.0)) if x >= x_least else x
        else:
            x = max(x, 0.5 * (x_least + 1.0)) if x <= x_least else x
    low = -1.0
    high = np.inf
    if turns > 0:
        low, high = (-1.0, x_least) if slow else (x_least, 1.0)
    for _ in range(ITERATIONS):
        now = flight_time(x, lam, turns)
        first, second, third = _slopes(x, lam, now)
        miss = now - time
        # Householder's order 4; plain Newton where it would leave the branch
        step = miss * (first * first - 0.5 * miss * second)
        step /= first * (first * first - miss * second) + third * miss * miss / 6.0
        if not low < x - step < high:
            step = miss / first
        if not low < x - step < high:
            goal = low if step > 0.0 else high
            step = x - 0.5 * (x + goal)
        x -= step
        if abs(step) < 1e-14 * max(1.0, abs(x)) or abs(miss) < 2e-16 * time:
            return x, SOLVED
    # rounding keeps the last digits moving where the slope is flat
    if abs(flight_time(x, lam, turns) - time) < 1e-12 * time:
        return x, SOLVED
    return np.nan, NO_CONVERGENCE


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lambert(
    r1: FloatArray, r2: FloatArray, tof: float, gm: float, far: bool, turns: int, slow: bool, out: FloatArray
) -> int:
    """Velocities at both ends into out, shape (6,); returns a status.

    `far` goes the long way round (more than half a turn); `slow` matters with whole turns only.
    """
    out[:] = np.nan
    n1 = np.sqrt(r1[0] * r1[0] + r1[1] * r1[1] + r1[2] * r1[2])
    n2 = np.sqrt(r2[0] * r2[0] + r2[1] * r2[1] + r2[2] * r2[2])
    if not (n1 > 0.0 and n2 > 0.0 and tof > 0.0 and np.isfinite(n1 + n2 + tof)):
        return BAD_INPUT
    u1 = r1 / n1
    u2 = r2 / n2
    normal = np.array(
        [u1[1] * u2[2] - u1[2] * u2[1], u1[2] * u2[0] - u1[0] * u2[2], u1[0] * u2[1] - u1[1] * u2[0]]
    )
    sine = np.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2])
    if sine < COLLINEAR:
        return NO_PLANE
    normal /= sine
    if far:
        normal *= -1.0
    d = r2 - r1
    chord = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    semi = 0.5 * (n1 + n2 + chord)
    # sqrt(1 - c/s) without the difference of near equals: cos of half the angle
    e = u1 + u2
    lam = np.sqrt(n1 * n2) * 0.5 * np.sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]) / semi
    if far:
        lam = -lam
    x, status = _solve_x(np.sqrt(2.0 * gm / semi**3) * tof, lam, turns, slow)
    if status != SOLVED:
        return status
    y = np.sqrt(1.0 - lam * lam * (1.0 - x * x))
    gamma = np.sqrt(0.5 * gm * semi)
    rho = (n1 - n2) / chord
    # 1 - rho^2 = 4 r1 r2 sin^2(angle/2) / c^2, again without a difference of near equals
    w = u1 - u2
    sigma = np.sqrt(n1 * n2 * (w[0] * w[0] + w[1] * w[1] + w[2] * w[2])) / chord
    radial1 = gamma * ((lam * y - x) - rho * (lam * y + x)) / n1
    radial2 = -gamma * ((lam * y - x) + rho * (lam * y + x)) / n2
    # y + lam x; with the one sign a difference of near equals, so by (y^2 - lam^2 x^2) / (y - lam x)
    sum_ = y + lam * x if lam * x > 0.0 else chord / semi / (y - lam * x)
    across = gamma * sigma * sum_
    for i in range(3):
        j = (i + 1) % 3
        k = (i + 2) % 3
        out[i] = radial1 * u1[i] + across / n1 * (normal[j] * u1[k] - normal[k] * u1[j])
        out[i + 3] = radial2 * u2[i] + across / n2 * (normal[j] * u2[k] - normal[k] * u2[j])
    return SOLVED


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lambert_many(
    r1: FloatArray,
    r2: FloatArray,
    tof: FloatArray,
    gm: float,
    far: BoolArray,
    turns: int,
    slow: bool,
    out: FloatArray,
    status: IntArray,
) -> None:
    """Solve case by case; arrays of length n."""
    for i in range(tof.shape[0]):
        status[i] = lambert(r1[i], r2[i], tof[i], gm, far[i], turns, slow, out[i])


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lambert_grid(
    states1: FloatArray,
    states2: FloatArray,
    t1: FloatArray,
    t2: FloatArray,
    gm: float,
    axis: FloatArray,
    first: int,
    stop: int,
    out: FloatArray,
) -> None:
    """Excess velocities of every pair of a start and an end, prograde about an axis, without whole turns.

    Rows first to stop of out, shape (n1, n2, 7): velocity on leaving less the body's (3), on arrival (3), and the
    angle between the two places [rad]; NaN where there is no way.
    """
    ends = np.empty(6)
    for i in range(first, stop):
        r1 = states1[i, :3]
        for j in range(t2.shape[0]):
            r2 = states2[j, :3]
            out[i, j, :] = np.nan
            if not t2[j] > t1[i]:
                continue
            normal = np.array(
                [r1[1] * r2[2] - r1[2] * r2[1], r1[2] * r2[0] - r1[0] * r2[2], r1[0] * r2[1] - r1[1] * r2[0]]
            )
            far = normal[0] * axis[0] + normal[1] * axis[1] + normal[2] * axis[2] < 0.0
            if lambert(r1, r2, t2[j] - t1[i], gm, far, 0, False, ends) != SOLVED:
                continue
            for k in range(3):
                out[i, j, k] = ends[k] - states1[i, k + 3]
                out[i, j, k + 3] = ends[k + 3] - states2[j, k + 3]
            sine = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
            angle = np.arctan2(sine, r1[0] * r2[0] + r1[1] * r2[1] + r1[2] * r2[2])
            out[i, j, 6] = 2.0 * np.pi - angle if far else angle


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _stumpff(z: float) -> tuple[float, float]:
    """Functions c2 and c3 of Stumpff."""
    if abs(z) < 0.5:
        # series: the closed forms lose digits here
        c2 = 0.0
        c3 = 0.0
        term2 = 0.5
        term3 = 1.0 / 6.0
        for k in range(14):
            c2 += term2
            c3 += term3
            term2 *= -z / ((2 * k + 3) * (2 * k + 4))
            term3 *= -z / ((2 * k + 4) * (2 * k + 5))
        return c2, c3
    if z > 0.0:
        root = np.sqrt(z)
        half = np.sin(0.5 * root)
        return 2.0 * half * half / z, (root - np.sin(root)) / (z * root)
    root = np.sqrt(-z)
    half = np.sinh(0.5 * root)
    return -2.0 * half * half / z, (np.sinh(root) - root) / (-z * root)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def kepler(state: FloatArray, dt: float, gm: float, out: FloatArray) -> int:
    """State after a time, either sign, into out, shape (6,), by the universal variable; returns a status."""
    r = np.sqrt(state[0] ** 2 + state[1] ** 2 + state[2] ** 2)
    speed2 = state[3] ** 2 + state[4] ** 2 + state[5] ** 2
    radial = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) / np.sqrt(gm)
    out[:] = np.nan
    if not (r > 0.0 and np.isfinite(r + speed2 + dt)):
        return BAD_INPUT
    alpha = 2.0 / r - speed2 / gm
    root = np.sqrt(gm)
    time = dt
    if alpha > 0.0:
        period = 2.0 * np.pi / (root * alpha**1.5)
        time = dt - period * np.rint(dt / period)
    # bracket: the time grows with chi
    goal = root * time
    low = 0.0
    high = 0.0
    chi = goal / r
    reach = max(abs(chi), 1e-3 * np.sqrt(r))
    if alpha < 0.0:
        # times grow with the exponential of chi: a start far beyond comes back by one unit a round
        reach = min(reach, 1.0 / np.sqrt(-alpha))
    sign = 1.0 if goal >= 0.0 else -1.0
    for _ in range(200):
        edge = sign * reach
        c2, c3 = _stumpff(alpha * edge * edge)
        at = edge * (r * (1.0 - alpha * edge * edge * c3) + edge * (radial * c2 + edge * c3))
        if sign * (at - goal) >= 0.0:
            break
        reach *= 1.6
    low, high = (0.0, sign * reach) if sign > 0.0 else (sign * reach, 0.0)
    chi = min(max(chi, low), high)
    solved = False
    step = 0.0
    for _ in range(100):
        z = alpha * chi * chi
        c2, c3 = _stumpff(z)
        distance = chi * chi * c2 + radial * chi * (1.0 - z * c3) + r * (1.0 - z * c2)
        miss = radial * chi * chi * c2 + (1.0 - alpha * r) * chi**3 * c3 + r * chi - goal
        if miss > 0.0:
            high = chi
        else:
            low = chi
        step = miss / distance
        new = chi - step
        if not low <= new <= high:
            new = 0.5 * (low + high)
            step = chi - new
        chi = new
        if abs(step) <= 4e-16 * abs(chi) or miss == 0.0:
            solved = True
            break
    z = alpha * chi * chi
    c2, c3 = _stumpff(z)
    # rounding of large terms that cancel may keep the last digits moving
    if not (solved or abs(step) <= 1e-12 * abs(chi)):
        return NO_CONVERGENCE
    f = 1.0 - chi * chi * c2 / r
    g = time - chi**3 * c3 / root
    for i in range(3):
        out[i] = f * state[i] + g * state[i + 3]
    r2 = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2)
    df = root * chi * (z * c3 - 1.0) / (r * r2)
    dg = 1.0 - chi * chi * c2 / r2
    for i in range(3):
        out[i + 3] = df * state[i] + dg * state[i + 3]
    return SOLVED


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def kepler_many(states: FloatArray, dt: FloatArray, gm: float, out: FloatArray, status: IntArray) -> None:
    """Move state by state; arrays of length n."""
    for i in range(dt.shape[0]):
        status[i] = kepler(states[i], dt[i], gm, out[i])


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _time_from_perigee(e: float, r0: float, r1: float, gm: float, late: bool) -> float:
    """Time from a perigee r0 out to r1 on a conic of eccentricity e; `late` on the way back from the apogee."""
    cosine = (r0 * (1.0 + e) / r1 - 1.0) / e
    cosine = min(max(cosine, -1.0), 1.0)
    tangent = np.sqrt((1.0 - cosine) / (1.0 + cosine))
    if abs(e - 1.0) < 1e-9:
        return np.sqrt(2.0 * r0**3 / gm) * (tangent + tangent**3 / 3.0)
    motion = np.sqrt(gm * abs(1.0 - e) ** 3 / r0**3)
    if e < 1.0:
        anomaly = 2.0 * np.arctan(tangent * np.sqrt((1.0 - e) / (1.0 + e)))
        time = (anomaly - e * np.sin(anomaly)) / motion
        return 2.0 * np.pi / motion - time if late else time
    anomaly = 2.0 * np.arctanh(tangent * np.sqrt((e - 1.0) / (1.0 + e)))
    return (e * np.sinh(anomaly) - anomaly) / motion


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def perigee_arc(r0: float, r1: float, tof: float, gm: float) -> tuple[float, float]:
    """Eccentricity and angle flown of the arc that leaves its perigee r0 and is at r1 after a time; NaN if none."""
    least = (r1 - r0) / (r1 + r0)
    half = np.pi * np.sqrt(((r0 + r1) / 2.0) ** 3 / gm)
    late = tof > half
    # the time goes with the root of e - least near the apogee: with w = sqrt(e - least) it is smooth
    low = 0.0
    high = np.sqrt(0.999999 - least) if late else 0.02
    at_low = half - tof
    at_high = _time_from_perigee(least + high * high, r0, r1, gm, late) - tof
    for _ in range(60):
        if late or at_high <= 0.0 or high > 1e3:
            break
        high *= 2.0
        at_high = _time_from_perigee(least + high * high, r0, r1, gm, late) - tof
    if at_low * at_high > 0.0:
        return np.nan, np.nan
    w = 0.5 * (low + high)
    side = 0
    for _ in range(100):
        w = (low * at_high - high * at_low) / (at_high - at_low)
        at = _time_from_perigee(least + w * w, r0, r1, gm, late) - tof
        if abs(at) < 1e-7 or high - low < 1e-14:
            break
        if at * at_low > 0.0:
            low, at_low = w, at
            if side == 1:
                at_high *= 0.5
            side = 1
        else:
            high, at_high = w, at
            if side == -1:
                at_low *= 0.5
            side = -1
    e = least + w * w
    cosine = min(max((r0 * (1.0 + e) / r1 - 1.0) / e, -1.0), 1.0)
    angle = np.arccos(cosine)
    return e, 2.0 * np.pi - angle if late else angle


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def perigee_grid(
    t1: FloatArray,
    t2: FloatArray,
    r0: float,
    r1: FloatArray,
    gm: float,
    first: int,
    stop: int,
    out: FloatArray,
) -> None:
    """Arcs of every pair of a start at perigee r0 and an end at distance r1[j]: out (n1, n2, 2), e and angle."""
    for i in range(first, stop):
        for j in range(t2.shape[0]):
            out[i, j, :] = np.nan
            if t2[j] > t1[i]:
                out[i, j, 0], out[i, j, 1] = perigee_arc(r0, r1[j], t2[j] - t1[i], gm)
