"""Ten thousand columns of ground through a year of hours, beside the same model in plain NumPy and in SciPy.

One model in three programs: ours; NumPy, with all columns of a block in one array and the elimination as a loop over
nodes, as one would write it without a compiler; and SciPy, one `solve_banded` per column and step, as a script for one
place would. The peers run on fewer columns and steps, which are told, and are scaled to the whole; their temperatures
are compared with ours on what they ran. Processor time counts, and wall time is told. Run by hand:
python benchmarks/heat.py [COLUMNS]
"""

import os
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.linalg import solve_banded

from moonstation.arrays import FloatArray
from moonstation.simulation.regolith import (
    STEFAN_BOLTZMANN,
    Columns,
    Heated,
    column_grid,
    heat_columns,
    start_columns,
)

STEP = 3600.0
YEAR = 8766
NUMPY_SHARE = (1000, 200)
SCIPY_SHARE = (4, 200)
"""Columns and steps that the peers run."""


def sunlight(columns: int, steps: int, part: slice = slice(None)) -> FloatArray:
    """Days of different height and phase, dark half of the time."""
    which = np.arange(columns)[part]
    hour = 2.0 * np.pi * STEP / 2_551_442.976 * np.arange(1, steps + 1)[:, np.newaxis]
    return np.maximum(np.cos(hour + 0.001 * which), 0.0) * (200.0 + 0.1 * which)


def fresh(columns: int) -> Columns:
    """Columns in the steady state of 100 W/m2."""
    return start_columns(np.full(columns, 100.0), grid=column_grid())


def properties(columns: Columns, ahead: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each cell stores over a step and each pair conducts, (nodes, columns) [W/m2/K]."""
    ground, grid = columns.ground, columns.grid
    z, middles = grid.depth, 0.5 * (grid.depth[1:] + grid.depth[:-1])
    mass = np.diff(grid.edges) * ground.density(0.5 * (grid.edges[1:] + grid.edges[:-1]))
    store = mass[:, np.newaxis] * ground.heat_capacity(ahead) / STEP
    between = 0.5 * (ahead[1:] + ahead[:-1])
    link = ground.conductivity(middles[:, np.newaxis], between) / np.diff(z)[:, np.newaxis]
    return store, link


def surface(a: FloatArray, b: FloatArray, emits: FloatArray) -> FloatArray:
    """Root of a T + e s T^4 = b, by Newton's method from above."""
    t = np.minimum(b / a, (b / emits) ** 0.25)
    for _ in range(5):
        cube = emits * t**3
        t = t - (a * t + cube * t - b) / (a + 4.0 * cube)
    return t


def by_numpy(columns: Columns, flux: FloatArray) -> FloatArray:
    """All columns together, node by node."""
    t, change = columns.temperature, columns.change
    emits = columns.emissivity * STEFAN_BOLTZMANN
    for absorbed in flux:
        store, link = properties(columns, np.maximum(t + 0.5 * change, 2.0))
        slope, offset = np.empty_like(t), np.empty_like(t)
        d = 1.0 / (store[-1] + link[-1])
        slope[-1], offset[-1] = link[-1] * d, (store[-1] * t[-1] + columns.ground.interior) * d
        for i in range(t.shape[0] - 2, 0, -1):
            d = 1.0 / (store[i] + link[i - 1] + link[i] * (1.0 - slope[i + 1]))
            slope[i], offset[i] = link[i - 1] * d, (store[i] * t[i] + link[i] * offset[i + 1]) * d
        after = np.empty_like(t)
        after[0] = surface(
            store[0] + link[0] * (1.0 - slope[1]), store[0] * t[0] + link[0] * offset[1] + absorbed, emits
        )
        for i in range(1, t.shape[0]):
            after[i] = slope[i] * after[i - 1] + offset[i]
        change, t = after - t, after
    return t


def by_scipy(columns: Columns, flux: FloatArray) -> FloatArray:
    """One column at a time, two banded solutions a step."""
    out = np.empty_like(columns.temperature)
    for j in range(flux.shape[1]):
        t, change = columns.temperature[:, j : j + 1], columns.change[:, j : j + 1]
        emits = columns.emissivity[j : j + 1] * STEFAN_BOLTZMANN
        unit = np.zeros_like(t)
        unit[0] = 1.0
        for absorbed in flux[:, j]:
            store, link = properties(columns, np.maximum(t + 0.5 * change, 2.0))
            bands = np.zeros((3, t.size))
            bands[1] = store[:, 0]
            bands[1, :-1] += link[:, 0]
            bands[1, 1:] += link[:, 0]
            bands[0, 1:] = bands[2, :-1] = -link[:, 0]
            known = store * t
            known[0] += absorbed
            known[-1] += columns.ground.interior
            plain, by_loss = solve_banded((1, 1), bands, np.hstack((known, unit))).T
            root = surface(1.0 / by_loss[:1], plain[:1] / by_loss[:1], emits)
            after = (plain - by_loss * emits * root**4)[:, np.newaxis]
            change, t = after - t, after
        out[:, j] = t[:, 0]
    return out


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Processor and wall time [s], and what came out."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return time.process_time() - processor, time.perf_counter() - wall, result


def main() -> None:
    """Time the three."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    cores = len(os.sched_getaffinity(0))
    heat_columns(fresh(2), sunlight(2, 2), step=STEP)
    all_cell_steps = count * YEAR * fresh(1).temperature.shape[0]
    ours_cpu, ours_wall, run = timed(
        lambda: heat_columns(fresh(count), lambda part: sunlight(count, YEAR, part), step=STEP, threads=cores)
    )
    assert isinstance(run, Heated)
    missed = run.gained.sum(axis=0) - run.absorbed - 0.018 * YEAR * STEP + run.emitted
    print(
        f"{count} columns of {fresh(1).temperature.shape[0]} nodes, {YEAR} steps of an hour, {cores} threads"
    )
    print(f"moonstation  {ours_cpu:8.1f} s processor  {ours_wall:7.1f} s wall, ", end="")
    print(f"{1e9 * ours_cpu / all_cell_steps:.2f} ns a cell and step; balance to ", end="")
    print(
        f"{np.max(np.abs(missed) / run.emitted):.0e}; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )
    peers = ((by_numpy, "NumPy", NUMPY_SHARE), (by_scipy, "SciPy", SCIPY_SHARE))
    for peer, name, (columns, steps) in peers:
        flux = sunlight(columns, steps)
        cpu, wall, theirs = timed(lambda peer=peer, flux=flux, n=columns: peer(fresh(n), flux))  # type: ignore[misc]
        same = fresh(columns)
        heat_columns(same, flux, step=STEP)
        scale = count * YEAR / (columns * steps)
        apart = np.max(np.abs(np.asarray(theirs) - same.temperature))
        print(f"{name:12s} {cpu * scale:8.0f} s processor  {wall * scale:7.0f} s wall, scaled from ", end="")
        print(
            f"{columns} columns and {steps} steps ({cpu:.1f} s); {cpu * scale / ours_cpu:.0f} x ours; ",
            end="",
        )
        print(f"apart by {apart:.0e} K")


if __name__ == "__main__":
    main()
