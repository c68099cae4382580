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

NEWTON_STEPS = 40
HELD_AFTER = 20
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
    (b,) [W/m2] and cube of the surface temperature (b,) [K3]; keeps extremes, and the temperatures of the `kept` nodes in series (n, kept, b).

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
