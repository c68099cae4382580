"""Compiled loops of heat: columns of ground, and the nodes of elements. Float arrays in and out, SI units.

Their plain Python references are in tests/simulation/heat_reference.py.
"""

import numba
import numpy as np

from moonstation.arrays import FloatArray, IntArray

STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/m^2/K^4] (CODATA 2018, exact in the SI of 2019)."""

RADIATION_STEPS = 5
"""Newton steps for the surface: from the bound that the loop starts at, the fifth changes nothing but round-off."""

NEWTON_STEPS = 120
HELD_AFTER = 60
"""Newton steps of a network of nodes, and after how many its thermostats and louvres are held where they stand."""


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def conduct(
    temperature: FloatArray,
    change: FloatArray,
    absorbed: FloatArray,
    mass: FloatArray,
    conductance: FloatArray,
    specific_heat: FloatArray,
    radiative: float,
    emissivity: FloatArray,
    interior: float,
    dt: float,
    kept: IntArray,
    series: FloatArray,
    total: FloatArray,
    lowest: FloatArray,
    highest: FloatArray,
    gained: FloatArray,
    conducted: FloatArray,
    emitted: FloatArray,
    cubed: FloatArray,
) -> None:
    """Step columns of ground through time, backward Euler; all (nodes, b) arrays are changed in place.

    Takes temperatures and their last change (nodes, b) [K], what the surface absorbs at the end of each step
    (n, b) [W/m2], mass of the cells (nodes,) [kg/m2], contact conductance between them (nodes - 1,) [W/m2/K],
    coefficients of the specific heat (5,), the radiative factor of the conductivity [1/K3]. Adds to the sums of
    temperature (nodes, b) [K], heat gained (nodes, b) [J/m2], conductance (nodes - 1, b) [W/m2/K], emission
    (b,) [W/m2] and cube of the surface temperature (b,) [K3]; keeps extremes, and the temperatures of the `kept`
    nodes in series (n, kept, b).

    The properties are those of half a step ahead, by the last change. Elimination from the bottom up leaves one
    equation ``a T + e s T^4 = b`` for the surface, which Newton's method solves from above without a miss.
    """
    nodes, columns = temperature.shape
    slope = np.zeros((nodes, columns))
    offset = np.zeros((nodes, columns))
    link = np.zeros((nodes, columns))
    ahead = np.zeros((nodes, columns))
    store = np.zeros((nodes, columns))
    before = np.zeros(columns)
    c0, c1, c2, c3, c4 = (
        specific_heat[0],
        specific_heat[1],
        specific_heat[2],
        specific_heat[3],
        specific_heat[4],
    )
    bottom = nodes - 1
    for k in range(absorbed.shape[0]):
        for i in range(nodes):
            for j in range(columns):
                t = max(temperature[i, j] + 0.5 * change[i, j], 2.0)
                ahead[i, j] = t
                heat = c0 + t * (c1 + t * (c2 + t * (c3 + t * c4)))
                store[i, j] = mass[i] * max(heat, 1.0) / dt
        for i in range(bottom):
            for j in range(columns):
                t = 0.5 * (ahead[i, j] + ahead[i + 1, j])
                link[i, j] = conductance[i] * (1.0 + radiative * t * t * t)
                conducted[i, j] += link[i, j]
        for j in range(columns):
            d = 1.0 / (store[bottom, j] + link[bottom - 1, j])
            slope[bottom, j] = link[bottom - 1, j] * d
            offset[bottom, j] = (store[bottom, j] * temperature[bottom, j] + interior) * d
        for i in range(bottom - 1, 0, -1):
            for j in range(columns):
                below = link[i, j]
                d = 1.0 / (store[i, j] + link[i - 1, j] + below * (1.0 - slope[i + 1, j]))
                slope[i, j] = link[i - 1, j] * d
                offset[i, j] = (store[i, j] * temperature[i, j] + below * offset[i + 1, j]) * d
        for j in range(columns):
            a = store[0, j] + link[0, j] * (1.0 - slope[1, j])
            b = store[0, j] * temperature[0, j] + link[0, j] * offset[1, j] + absorbed[k, j]
            e = emissivity[j] * STEFAN_BOLTZMANN
            # both terms alone bound the root from above
            t = min(b / a, np.sqrt(np.sqrt(b / e)))
            for _ in range(RADIATION_STEPS):
                cube = e * t * t * t
                t -= (a * t + cube * t - b) / (a + 4.0 * cube)
            before[j] = t
            emitted[j] += e * t * t * t * t
            cubed[j] += t * t * t
        for i in range(nodes):
            for j in range(columns):
                t = before[j] if i == 0 else slope[i, j] * before[j] + offset[i, j]
                before[j] = t
                moved = t - temperature[i, j]
                change[i, j] = moved
                gained[i, j] += store[i, j] * dt * moved
                temperature[i, j] = t
                total[i, j] += t
                lowest[i, j] = min(lowest[i, j], t)
                highest[i, j] = max(highest[i, j], t)
        for m in range(kept.size):
            for j in range(columns):
                series[k, m, j] = temperature[kept[m], j]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def settle(
    temperature: FloatArray,
    gained: FloatArray,
    conducted: FloatArray,
    mean_cube: FloatArray,
    seconds: float,
    emissivity: FloatArray,
) -> None:
    """Move columns (nodes, b) [K] to where the heat gained in a cycle would have left them, in place.

    Takes heat gained in a cycle (nodes, b) [J/m2], mean conductances (nodes - 1, b) [W/m2/K], the mean cube of
    the surface temperature (b,) [K3], the length of the cycle [s]. One Newton step on the condition that a cycle
    gains nothing, with the mean operator for its derivative.
    """
    nodes, columns = temperature.shape
    slope = np.zeros(nodes)
    offset = np.zeros(nodes)
    for j in range(columns):
        last = nodes - 1
        slope[last] = 1.0
        offset[last] = gained[last, j] / seconds / conducted[last - 1, j]
        for i in range(last - 1, 0, -1):
            above, below = conducted[i - 1, j], conducted[i, j]
            d = above + below * (1.0 - slope[i + 1])
            slope[i] = above / d
            offset[i] = (gained[i, j] / seconds + below * offset[i + 1]) / d
        loss = 4.0 * emissivity[j] * STEFAN_BOLTZMANN * mean_cube[j]
        d = loss + conducted[0, j] * (1.0 - slope[1])
        step = (gained[0, j] / seconds + conducted[0, j] * offset[1]) / d
        temperature[0, j] += step
        for i in range(1, nodes):
            step = slope[i] * step + offset[i]
            temperature[i, j] += step


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def ramp(value: float, low: float, high: float) -> tuple[float, float]:
    """From 0 at `low` to 1 at `high`, and the slope there."""
    if value <= low:
        return 0.0, 0.0
    if value >= high:
        return 1.0, 0.0
    return (value - low) / (high - low), 1.0 / (high - low)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def stop_between(before: float, after: float, low: float, high: float) -> float:
    """Where a Newton step ends that must not leap over a band: in its middle, from where the slope of the band counts.

    Without it the step goes to and fro between heater on and heater off.
    """
    if (before <= low and after >= high) or (before >= high and after <= low):
        return 0.5 * (low + high)
    return after


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def solve_dominant(matrix: FloatArray, right: FloatArray) -> None:
    """Solve a diagonally dominant system (n, n) in place; the answer is left in `right` (n,)."""
    n = right.size
    for i in range(n):
        for j in range(i + 1, n):
            if matrix[j, i] != 0.0:
                share = matrix[j, i] / matrix[i, i]
                for k in range(i + 1, n):
                    matrix[j, k] -= share * matrix[i, k]
                right[j] -= share * right[i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= matrix[i, k] * right[k]
        right[i] /= matrix[i, i]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def balance_nodes(
    start: FloatArray,
    loads: FloatArray,
    arriving: FloatArray,
    ground: FloatArray,
    capacity: FloatArray,
    radiating: FloatArray,
    closed: FloatArray,
    louvre: FloatArray,
    heater: FloatArray,
    thermostat: FloatArray,
    conduction: FloatArray,
    radiation: FloatArray,
    to_ground: FloatArray,
    dt: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, int]:
    """Step a network of nodes through time, backward Euler with Newton's method.

    Takes the temperatures at the start (m,) [K], loads by step (n, m) [W], infrared that arrives (n, m)
    [W/m2] and the ground's temperature (n,) [K]; heat capacities (m,) [J/K], area times emittance with louvres open
    and closed (m,) [m2], temperatures at which louvres are shut and open (m, 2) [K], heaters (m,) [W], temperatures at
    which they are fully on and off (m, 2) [K], conductances (m, m) [W/K] and radiative exchange (m, m) [m2] between
    nodes, conductance to the ground (m,) [W/K]. Returns temperatures (n + 1, m), heat by step (n, m) [W] of heaters,
    radiated, taken from the infrared, from other nodes and from the ground, and the number of steps in which
    thermostats and louvres had to be held for the iteration to end.

    Heat is told as the last Newton step took it: the balance of each node closes to round-off.
    """
    n, m = loads.shape
    temperature = np.zeros((n + 1, m))
    heated, radiated = np.zeros((n, m)), np.zeros((n, m))
    taken, exchanged, grounded = np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, m))
    matrix = np.zeros((m, m))
    right = np.zeros(m)
    t = start.copy()
    emitting, emitting_slope = np.zeros(m), np.zeros(m)
    warming, warming_slope = np.zeros(m), np.zeros(m)
    held_steps = 0
    for i in range(m):
        temperature[0, i] = start[i]
    for k in range(n):
        for turn in range(NEWTON_STEPS):
            held = turn >= HELD_AFTER
            if turn == HELD_AFTER:
                held_steps += 1
            for i in range(m):
                open_share, open_slope = ramp(t[i], louvre[i, 0], louvre[i, 1])
                off_share, off_slope = ramp(t[i], thermostat[i, 0], thermostat[i, 1])
                if not held:
                    warming[i] = heater[i] * (1.0 - off_share)
                    warming_slope[i] = -heater[i] * off_slope
                elif turn == HELD_AFTER:
                    warming[i] = heater[i] * (1.0 - off_share)
                    warming_slope[i] = 0.0
                if not held or turn == HELD_AFTER:
                    emitting[i] = closed[i] + open_share * (radiating[i] - closed[i])
                    emitting_slope[i] = 0.0 if held else open_slope * (radiating[i] - closed[i])
                cube = STEFAN_BOLTZMANN * t[i] ** 3
                net = cube * t[i] - arriving[k, i]
                loss_slope = emitting[i] * 4.0 * cube + emitting_slope[i] * net
                diagonal = capacity[i] / dt + loss_slope + to_ground[i] - warming_slope[i]
                known = (
                    capacity[i] / dt * temperature[k, i]
                    + loads[k, i]
                    + warming[i]
                    - warming_slope[i] * t[i]
                    - emitting[i] * net
                    + loss_slope * t[i]
                    + to_ground[i] * ground[k]
                )
                for j in range(m):
                    if j != i:
                        other = STEFAN_BOLTZMANN * t[j] ** 3
                        diagonal += conduction[i, j] + 4.0 * radiation[i, j] * cube
                        matrix[i, j] = -conduction[i, j] - 4.0 * radiation[i, j] * other
                        known += 3.0 * radiation[i, j] * (cube * t[i] - other * t[j])
                matrix[i, i] = diagonal
                right[i] = known
            solve_dominant(matrix, right)
            worst = 0.0
            for i in range(m):
                worst = max(worst, abs(right[i] - t[i]))
            done = worst < 1e-8 or turn == NEWTON_STEPS - 1
            if done:
                for i in range(m):
                    cube = STEFAN_BOLTZMANN * t[i] ** 3
                    moved = right[i] - t[i]
                    heated[k, i] = warming[i] + warming_slope[i] * moved
                    radiated[k, i] = (
                        emitting[i] * cube * t[i]
                        + (emitting[i] * 4.0 * cube + emitting_slope[i] * cube * t[i]) * moved
                    )
                    taken[k, i] = (emitting[i] + emitting_slope[i] * moved) * arriving[k, i]
                    grounded[k, i] = to_ground[i] * (ground[k] - right[i])
                    for j in range(m):
                        if j != i:
                            other = STEFAN_BOLTZMANN * t[j] ** 3
                            exchanged[k, i] += conduction[i, j] * (right[j] - right[i]) + radiation[i, j] * (
                                other * t[j]
                                + 4.0 * other * (right[j] - t[j])
                                - cube * t[i]
                                - 4.0 * cube * moved
                            )
            if done:
                for i in range(m):
                    t[i] = right[i]
                break
            for i in range(m):
                after = max(right[i], 0.5 * t[i])
                if not held:
                    after = stop_between(t[i], after, thermostat[i, 0], thermostat[i, 1])
                    after = stop_between(t[i], after, louvre[i, 0], louvre[i, 1])
                t[i] = after
        for i in range(m):
            temperature[k + 1, i] = t[i]
    return temperature, heated, radiated, taken, exchanged, grounded, held_steps
