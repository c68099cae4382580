"""Heat written plainly, to hold the compiled loops against."""

import numpy as np
from scipy.linalg import solve_banded
from scipy.optimize import brentq, fsolve

from moonstation.arrays import FloatArray
from moonstation.simulation.regolith import Columns

SIGMA = 5.670374419e-8


def conduct_plainly(columns: Columns, absorbed: FloatArray, *, step: float) -> FloatArray:
    """Temperatures (steps, nodes) of the first column: two banded solutions a step and a root for the surface."""
    ground, grid = columns.ground, columns.grid
    z = grid.depth
    middles = 0.5 * (z[1:] + z[:-1])
    mass = np.diff(grid.edges) * ground.density(0.5 * (grid.edges[1:] + grid.edges[:-1]))
    t, change = columns.temperature[:, 0].copy(), columns.change[:, 0].copy()
    emits = float(columns.emissivity[0]) * SIGMA
    out = np.empty((absorbed.size, z.size))
    for k, flux in enumerate(absorbed):
        ahead = t + 0.5 * change
        store = mass * ground.heat_capacity(ahead) / step
        link = ground.conductivity(middles, 0.5 * (ahead[1:] + ahead[:-1])) / np.diff(z)
        bands = np.zeros((3, z.size))
        bands[1] = store
        bands[1, :-1] += link
        bands[1, 1:] += link
        bands[0, 1:] = bands[2, :-1] = -link
        known = store * t
        known[0] += flux
        known[-1] += ground.interior
        unit = np.zeros(z.size)
        unit[0] = 1.0
        plain, by_loss = solve_banded((1, 1), bands, known), solve_banded((1, 1), bands, unit)
        # the surface is linear in what it radiates
        surface = brentq(
            lambda s, p=plain[0], q=by_loss[0]: s - p + q * emits * s**4, 1.0, 1000.0, xtol=1e-12, rtol=1e-14
        )
        after = plain - by_loss * emits * surface**4
        change, t = after - t, after
        out[k] = t
    return out


def balance_plainly(
    start: FloatArray,
    loads: FloatArray,
    *,
    capacity: FloatArray,
    emitting: FloatArray,
    conduction: FloatArray,
    radiation: FloatArray,
    to_ground: FloatArray,
    ground: float,
    step: float,
) -> FloatArray:
    """Nodes without heaters and louvres (steps + 1, m): backward Euler, a general root finder a step."""
    out = [start]
    for load in loads:

        def missing(t: FloatArray, load: FloatArray = load, before: FloatArray = out[-1]) -> FloatArray:
            gained = load - emitting * SIGMA * t**4 + to_ground * (ground - t)
            gained = gained + (conduction * (t[None, :] - t[:, None])).sum(axis=1)
            gained = gained + SIGMA * (radiation * (t[None, :] ** 4 - t[:, None] ** 4)).sum(axis=1)
            result: FloatArray = capacity * (t - before) / step - gained
            return result

        out.append(fsolve(missing, out[-1], xtol=1e-13))
    return np.array(out)
