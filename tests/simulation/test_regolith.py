"""Columns of ground: against a plain reference and closed forms, with balances to round-off."""

import math

import numpy as np
import pytest
from heat_reference import conduct_plainly

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.simulation.regolith import (
    STEFAN_BOLTZMANN,
    Regolith,
    column_grid,
    equilibrium_temperature,
    heat_columns,
    settle_columns,
    skin_depth,
    start_columns,
)

PLAIN = Regolith(
    surface_conductivity=2e-3,
    deep_conductivity=2e-3,
    surface_density=1500.0,
    deep_density=1500.0,
    radiative=0.0,
    specific_heat=(700.0, 0.0, 0.0, 0.0, 0.0),
    interior=0.0,
)
"""A half-space that does not change with depth or temperature."""


def days(count: int, columns: int, *, steps: int = 200) -> FloatArray:
    hour = 2.0 * math.pi * count * np.arange(1, steps + 1) / steps
    return np.maximum(np.cos(hour), 0.0)[:, np.newaxis] * np.linspace(10.0, 1200.0, columns)


def test_steps_are_those_of_the_plain_reference() -> None:
    flux = days(2, 1)
    columns = start_columns(flux.mean(axis=0))
    twin = start_columns(flux.mean(axis=0))
    run = heat_columns(columns, flux, step=9000.0, keep=np.arange(columns.grid.depth.size))
    np.testing.assert_allclose(run.series[:, :, 0], conduct_plainly(twin, flux[:, 0], step=9000.0), rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_energy_balances_to_round_off(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, steps = int(rng.integers(1, 70)), int(rng.integers(3, 300))
    flux = rng.uniform(0.0, 1300.0, (steps, count)) * (rng.random((steps, count)) < 0.5)
    step = float(rng.uniform(60.0, 30_000.0))
    ground = Regolith(scale=float(rng.uniform(0.0, 0.2)), interior=float(rng.uniform(0.0, 0.05)))
    columns = start_columns(flux.mean(axis=0) + 1.0, ground=ground, emissivity=rng.uniform(0.5, 1.0, count))
    run = heat_columns(columns, flux, step=step)
    gained = run.gained.sum(axis=0)
    taken = run.absorbed + ground.interior * steps * step
    turned = taken + run.emitted + np.abs(run.gained).sum(axis=0)
    assert np.max(np.abs(gained - taken + run.emitted) / turned) < 1e-12


def test_a_small_wave_falls_as_the_closed_form_says() -> None:
    """Surface: q / ((1 + i) sqrt(w k rho c / 2) + 4 e s T^3); with depth: exp(-(1 + i) z / skin depth)."""
    period, mean, wave, n = 2.5e6, 200.0, 1.0, 4000
    omega, conductivity, stored = 2.0 * math.pi / period, 2e-3, 1500.0 * 700.0
    phase = omega * period / n * np.arange(1, n + 1)
    flux = (mean + wave * np.cos(phase))[:, np.newaxis]
    columns = start_columns([mean], ground=PLAIN, grid=column_grid(refine=3))
    settle_columns(columns, flux, step=period / n, tolerance=1e-6, most=30)
    run = heat_columns(columns, flux, step=period / n, keep=np.arange(columns.grid.depth.size))
    got = 2.0 / n * (run.series[:, :, 0].T @ np.exp(-1j * phase))
    steady = float(equilibrium_temperature(mean))
    stiffness = (1.0 + 1.0j) * math.sqrt(omega * conductivity * stored / 2.0)
    surface = wave / (stiffness + 4.0 * 0.95 * STEFAN_BOLTZMANN * steady**3)
    skin = skin_depth(PLAIN, depth=0.0, temperature=steady, period=period)
    assert skin == pytest.approx(math.sqrt(conductivity * period / (math.pi * stored)), rel=1e-12)
    near = columns.grid.depth < 2.0 * skin
    expected = surface * np.exp(-(1.0 + 1.0j) * columns.grid.depth[near] / skin)
    assert np.max(np.abs(got[near] - expected)) < 0.01 * abs(surface)


def test_constant_flux_ends_where_conduction_and_radiation_meet() -> None:
    columns = start_columns([0.0, 5.0, 300.0])
    before = columns.temperature.copy()
    heat_columns(columns, np.tile([0.0, 5.0, 300.0], (50, 1)), step=1e6)
    # the steady profile of the start is one of middle temperatures: it moves little
    np.testing.assert_allclose(columns.temperature[0], before[0], atol=1e-3)
    np.testing.assert_allclose(columns.temperature, before, atol=0.2)


def test_settling_finds_what_a_long_run_finds() -> None:
    flux = days(1, 3)
    quick, slow = start_columns(flux.mean(axis=0)), start_columns(flux.mean(axis=0))
    assert settle_columns(quick, flux, step=12_757.0, tolerance=0.01).drift <= 0.01
    for _ in range(1500):
        heat_columns(slow, flux, step=12_757.0)
    np.testing.assert_allclose(quick.temperature, slow.temperature, atol=0.1)


def test_threads_and_neighbours_do_not_change_a_byte() -> None:
    flux = days(1, 70)
    runs = []
    for threads in (1, 4):
        columns = start_columns(flux.mean(axis=0))
        heat_columns(columns, lambda part: flux[:, part], step=9000.0, threads=threads)
        runs.append(columns.temperature)
    np.testing.assert_array_equal(runs[0], runs[1])
    alone = start_columns(flux[:, 40:41].mean(axis=0))
    heat_columns(alone, flux[:, 40:41], step=9000.0)
    np.testing.assert_array_equal(alone.temperature[:, 0], runs[0][:, 40])


def test_properties_are_those_of_the_paper() -> None:
    """Hayne et al. 2017, table A1 and figures of the appendix."""
    ground = Regolith()
    np.testing.assert_allclose(ground.density([0.0, 0.06, 10.0]), [1100.0, 1800.0 - 700.0 / math.e, 1800.0])
    np.testing.assert_allclose(ground.contact_conductivity([0.0, 10.0]), [7.4e-4, 3.4e-3])
    assert float(ground.conductivity(0.0, 350.0)) == pytest.approx(3.7 * 7.4e-4)
    assert float(ground.heat_capacity(300.0)) == pytest.approx(770.0, abs=10.0)
    assert float(ground.albedo_at(math.pi / 4.0)) == pytest.approx(0.12 + 0.06 + 0.25 / 256.0)


def test_bad_input_is_refused_with_its_cure() -> None:
    columns = start_columns([1.0])
    with pytest.raises(RequestError, match="step above zero"):
        heat_columns(columns, np.ones((3, 1)), step=0.0)
    for bad in (-1.0, math.nan):
        with pytest.raises(RequestError, match="zero or more"):
            heat_columns(columns, np.full((3, 1), bad), step=60.0)
    with pytest.raises(RequestError, match="first cell above zero"):
        column_grid(0.001)
