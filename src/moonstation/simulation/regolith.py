"""Temperature of the ground: heat conduction in columns of regolith, many at a time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.simulation import _heat_kernels as kernels
from moonstation.simulation._heat_kernels import STEFAN_BOLTZMANN
from moonstation.threads import in_threads

BLOCK = 32
"""Columns stepped together, so that the compiler puts four in one instruction; results do not depend on it."""

LUNATION = 2_551_442.976
"""Mean synodic month [s], 29.530587 d (Hayne et al. 2017, table A1)."""

DEPTH = 2.0
"""Of the default column [m]: seven times what a wave of a year reaches into cold ground (0.28 m)."""

FIRST_CELL = 2.0e-3
GROWTH = 1.16
"""Thickness of the first cell [m] and the ratio of neighbours: halving the cells moves noon and midnight at the
equator by less than 0.1 K (docs/heat.md)."""

SETTLED = 0.05
"""Largest change of any node over a cycle that counts as periodic [K]."""

MOST_CYCLES = 12


@dataclass(frozen=True)
class Regolith:
    """What the ground is made of (Hayne et al. 2017, table A1, doi 10.1002/2017JE005387).

    Attributes
    ----------
    surface_conductivity, deep_conductivity : float
        Contact conductivity at the surface and at depth [W/m/K].
    surface_density, deep_density : float
        Bulk density at the surface and at depth [kg/m^3].
    scale : float
        Depth over which density goes from one to the other, the H parameter [m].
    radiative : float
        Radiative part of the conductivity at 350 K as a multiple of the contact part.
    specific_heat : tuple of float
        Coefficients of the specific heat in powers of the temperature [J/kg/K, K].
    emissivity : float
        Infrared emissivity.
    albedo, albedo_a, albedo_b : float
        Solar albedo at normal incidence, and its rise towards grazing incidence (see `albedo_at`).
    interior : float
        Heat from the interior [W/m^2] (Langseth et al. 1976, as Hayne et al. take it).
    """

    surface_conductivity: float = 7.4e-4
    deep_conductivity: float = 3.4e-3
    surface_density: float = 1100.0
    deep_density: float = 1800.0
    scale: float = 0.06
    radiative: float = 2.7
    specific_heat: tuple[float, float, float, float, float] = (
        -3.6125,
        2.7431,
        2.3616e-3,
        -1.2340e-5,
        8.9093e-9,
    )
    emissivity: float = 0.95
    albedo: float = 0.12
    albedo_a: float = 0.06
    albedo_b: float = 0.25
    interior: float = 0.018

    def density(self, depth: ArrayLike) -> FloatArray:
        """Bulk density [kg/m^3] at a depth [m]: ``rd - (rd - rs) exp(-z / H)`` (Hayne et al. 2017, appendix A)."""
        z = np.asarray(depth, dtype=np.float64)
        fall = np.exp(-z / self.scale) if self.scale > 0.0 else np.zeros_like(z)
        result: FloatArray = self.deep_density - (self.deep_density - self.surface_density) * fall
        return result

    def contact_conductivity(self, depth: ArrayLike) -> FloatArray:
        """Conductivity by contact [W/m/K] at a depth [m], linear in the density (Hayne et al. 2017, appendix A)."""
        spread = self.deep_density - self.surface_density
        share = (self.deep_density - self.density(depth)) / spread if spread else np.zeros(np.shape(depth))
        result: FloatArray = (
            self.deep_conductivity - (self.deep_conductivity - self.surface_conductivity) * share
        )
        return result

    def conductivity(self, depth: ArrayLike, temperature: ArrayLike) -> FloatArray:
        """Conductivity [W/m/K], ``Kc (1 + chi (T / 350 K)^3)`` (Hayne et al. 2017, appendix A)."""
        t = np.asarray(temperature, dtype=np.float64)
        result: FloatArray = self.contact_conductivity(depth) * (1.0 + self.radiative * (t / 350.0) ** 3)
        return result

    def heat_capacity(self, temperature: ArrayLike) -> FloatArray:
        """Specific heat [J/kg/K] (Hayne et al. 2017, appendix A)."""
        t = np.asarray(temperature, dtype=np.float64)
        c0, c1, c2, c3, c4 = self.specific_heat
        result: FloatArray = c0 + t * (c1 + t * (c2 + t * (c3 + t * c4)))
        return result

    def albedo_at(self, incidence: ArrayLike) -> FloatArray:
        """Solar albedo at an angle of incidence [rad]: ``A0 + a (i / 45 deg)^3 + b (i / 90 deg)^8``.

        Keihm 1984 in the form of Vasavada et al. 2012 (doi 10.1029/2011JE003987), coefficients of Hayne et al. 2017.
        """
        i = np.minimum(np.asarray(incidence, dtype=np.float64), math.pi / 2.0) / (math.pi / 2.0)
        result: FloatArray = self.albedo + self.albedo_a * (2.0 * i) ** 3 + self.albedo_b * i**8
        return result


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes of a column, the first on the surface.

    Attributes
    ----------
    depth : (nodes,) array
        Depth of each node [m].
    edges : (nodes + 1,) array
        Depths between which the cell of each node lies [m].
    """

    depth: FloatArray
    edges: FloatArray


def column_grid(
    depth: float = DEPTH, *, first_cell: float = FIRST_CELL, growth: float = GROWTH, refine: int = 1
) -> Grid:
    """Grid whose cells thicken downwards.

    Parameters
    ----------
    depth : float
        How deep it reaches at least [m].
    first_cell : float
        Distance from the surface to the second node [m].
    growth : float
        Ratio of neighbouring distances, 1 or more.
    refine : int
        Put so many cells in the place of each.

    Raises
    ------
    RequestError
        If that gives no grid.
    """
    if not (0.0 < first_cell < depth and growth >= 1.0 and refine >= 1):
        raise RequestError(
            f"grid of {depth:g} m from {first_cell:g} m by {growth:g}: give a first cell above zero and smaller than "
            "the depth, and a growth of 1 or more"
        )
    nodes = [0.0]
    step = first_cell
    while nodes[-1] < depth:
        nodes.append(nodes[-1] + step)
        step *= growth
    coarse = np.array(nodes)
    fine = np.interp(np.arange((coarse.size - 1) * refine + 1) / refine, np.arange(coarse.size), coarse)
    return Grid(fine, np.concatenate(([0.0], 0.5 * (fine[1:] + fine[:-1]), fine[-1:])))


def skin_depth(ground: Regolith, *, depth: float, temperature: float, period: float) -> float:
    """Depth over which a wave of the given period falls to 1/e [m]: ``sqrt(K P / (pi rho c))``."""
    k = float(ground.conductivity(depth, temperature))
    stored = float(ground.density(depth)) * float(ground.heat_capacity(temperature))
    return math.sqrt(k * period / (math.pi * stored))


def equilibrium_temperature(absorbed: ArrayLike, *, emissivity: float = 0.95) -> FloatArray:
    """Temperature [K] at which a surface radiates what it absorbs [W/m^2]: ``(Q / (e sigma))^(1/4)``."""
    result: FloatArray = (np.asarray(absorbed, dtype=np.float64) / (emissivity * STEFAN_BOLTZMANN)) ** 0.25
    return result


@dataclass(eq=False)
class Columns:
    """The state of columns of ground.

    Attributes
    ----------
    ground : Regolith
        What they are made of.
    grid : Grid
        Their nodes.
    temperature : (nodes, columns) array
        [K].
    change : (nodes, columns) array
        Change over the last step [K], from which the properties half a step ahead are told.
    emissivity : (columns,) array
        Of their surfaces.
    step : float
        That the change belongs to [s].
    """

    ground: Regolith
    grid: Grid
    temperature: FloatArray
    change: FloatArray
    emissivity: FloatArray
    step: float


@dataclass(frozen=True, eq=False)
class Heated:
    """What a span of time did to columns of ground.

    Attributes
    ----------
    mean, lowest, highest : (nodes, columns) array
        Temperature of each node over the span [K], at the ends of the steps.
    series : (steps, kept, columns) array
        Temperature of the nodes that were to be kept, at the end of each step [K].
    gained : (nodes, columns) array
        Heat that each cell gained [J/m^2].
    absorbed, emitted : (columns,) array
        What the surface absorbed and radiated [J/m^2]; with the interior's heat they make up what was gained.
    conductance : (nodes - 1, columns) array
        Mean conductance between neighbours [W/m^2/K].
    mean_cube : (columns,) array
        Mean of the cube of the surface temperature [K^3].
    """

    mean: FloatArray
    lowest: FloatArray
    highest: FloatArray
    series: FloatArray
    gained: FloatArray
    absorbed: FloatArray
    emitted: FloatArray
    conductance: FloatArray
    mean_cube: FloatArray


Absorbed = FloatArray | Callable[[slice], FloatArray]
"""What the surfaces absorb at the end of each step [W/m^2], (steps, columns); or a function that gives it for some of
the columns, called from several threads, so that it need not all be in memory at once."""


def start_columns(
    mean_absorbed: ArrayLike,
    *,
    ground: Regolith | None = None,
    grid: Grid | None = None,
    emissivity: ArrayLike | None = None,
) -> Columns:
    """Columns in the steady state of a constant flux, from which a spin-up starts.

    Parameters
    ----------
    mean_absorbed : array_like, shape (columns,)
        What each surface absorbs on average [W/m^2].
    ground : Regolith, optional
        That of Hayne et al. 2017 if not given.
    grid : Grid, optional
        `column_grid` if not given.
    emissivity : array_like, optional
        Of each surface; the ground's if not given.
    """
    made = ground or Regolith()
    nodes = grid or column_grid()
    absorbed = np.atleast_1d(np.asarray(mean_absorbed, dtype=np.float64))
    emits = np.ascontiguousarray(
        np.broadcast_to(
            made.emissivity if emissivity is None else np.asarray(emissivity, float), absorbed.shape
        ),
        dtype=np.float64,
    )
    temperature = np.empty((nodes.depth.size, absorbed.size))
    temperature[0] = ((absorbed + made.interior) / (emits * STEFAN_BOLTZMANN)) ** 0.25
    middles = 0.5 * (nodes.depth[1:] + nodes.depth[:-1])
    for i, thickness in enumerate(np.diff(nodes.depth)):
        # steady: the interior's heat passes every level
        k = made.conductivity(middles[i], temperature[i])
        temperature[i + 1] = temperature[i] + made.interior / k * thickness
    return Columns(made, nodes, temperature, np.zeros_like(temperature), emits, 0.0)


def heat_columns(
    columns: Columns,
    absorbed: Absorbed,
    *,
    step: float,
    keep: ArrayLike = (),
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Heated:
    """Step columns through time; their state moves along. The same bytes for any number of threads.

    Conduction with the properties of Hayne et al. 2017 in finite volumes, backward Euler in time: stable for any
    step. Radiation of the surface is solved exactly in each step, not linearised; conductivity and specific heat are
    those of the temperature half a step ahead, by the last change.

    Parameters
    ----------
    columns : Columns
        The state, changed in place.
    absorbed : (steps, columns) array, or callable
        See `Absorbed`.
    step : float
        Length of a step [s].
    keep : array_like of int
        Nodes whose temperatures are kept.
    threads : int, optional
        One a processor if not given.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If the step is not above zero, or the flux is negative or not a number.
    """
    if not step > 0.0:
        raise RequestError(f"step of {step:g} s: give a step above zero")
    nodes, count = columns.temperature.shape
    kept = np.atleast_1d(np.asarray(keep, dtype=np.int64))
    ground, grid = columns.ground, columns.grid
    middles = 0.5 * (grid.depth[1:] + grid.depth[:-1])
    mass = np.diff(grid.edges) * ground.density(0.5 * (grid.edges[1:] + grid.edges[:-1]))
    contact = ground.contact_conductivity(middles) / np.diff(grid.depth)
    if columns.step != step:
        columns.change *= step / columns.step if columns.step > 0.0 else 0.0
        columns.step = step
    shape = (nodes, count)
    mean, lowest, highest, gained = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    taken, emitted, cubed = np.empty(count), np.empty(count), np.empty(count)
    conductance = np.empty((nodes - 1, count))
    series: list[FloatArray] = [np.empty((0, kept.size, 0))] * math.ceil(count / BLOCK)

    def work(number: int) -> None:
        part = slice(number * BLOCK, min((number + 1) * BLOCK, count))
        flux = np.ascontiguousarray(absorbed(part) if callable(absorbed) else absorbed[:, part], dtype=float)
        if not np.all(flux >= 0.0):
            raise RequestError("flux on the ground: is negative or not a number; give W/m2 of zero or more")
        temperature, change = columns.temperature[:, part].copy(), columns.change[:, part].copy()
        wide = temperature.shape
        kept_series = np.empty((flux.shape[0], kept.size, wide[1]))
        total, got, through = np.zeros(wide), np.zeros(wide), np.zeros((nodes - 1, wide[1]))
        low, high = np.full(wide, np.inf), np.full(wide, -np.inf)
        out, cube = np.zeros(wide[1]), np.zeros(wide[1])
        kernels.conduct(
            temperature,
            change,
            flux,
            mass,
            contact,
            np.array(ground.specific_heat),
            ground.radiative / 350.0**3,
            columns.emissivity[part].copy(),
            ground.interior,
            step,
            kept,
            kept_series,
            total,
            low,
            high,
            got,
            through,
            out,
            cube,
        )
        steps = flux.shape[0]
        columns.temperature[:, part], columns.change[:, part] = temperature, change
        mean[:, part], lowest[:, part], highest[:, part] = total / steps, low, high
        gained[:, part], conductance[:, part] = got, through / steps
        taken[part], emitted[part], cubed[part] = flux.sum(axis=0) * step, out * step, cube / steps
        series[number] = kept_series

    in_threads(work, range(len(series)), threads, progress)
    return Heated(
        mean=mean,
        lowest=lowest,
        highest=highest,
        series=np.concatenate(series, axis=2) if series else np.empty((0, kept.size, 0)),
        gained=gained,
        absorbed=taken,
        emitted=emitted,
        conductance=conductance,
        mean_cube=cubed,
    )


@dataclass(frozen=True)
class Settled:
    """How columns came to a periodic state.

    Attributes
    ----------
    cycles : int
        Times that the cycle was run.
    drift : float
        Largest change of any node of any column over the last cycle [K].
    """

    cycles: int
    drift: float


def settle_columns(
    columns: Columns,
    absorbed: Absorbed,
    *,
    step: float,
    tolerance: float = SETTLED,
    most: int = MOST_CYCLES,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Settled:
    """Bring columns to the periodic state of a cycle that repeats; they end at the end of a cycle.

    A plain spin-up takes the diffusion time of the column, decades for 2 m. Here the heat that each cell gained over
    a cycle tells how far the column is from periodic: one solution of the mean heat equation (mean conductances, mean
    slope of the radiation) moves the whole profile to where that heat would have left it, and the cycle is run again
    until nothing changes by more than the tolerance.

    Parameters
    ----------
    columns : Columns
        The state, changed in place; see `start_columns`.
    absorbed : (steps, columns) array, or callable
        One cycle; see `Absorbed`.
    step : float
        Length of a step [s].
    tolerance : float
        Largest change of a node over a cycle [K].
    most : int
        Cycles to give up after; the drift left is told.
    threads, progress
        See `heat_columns`.
    """
    drift = math.inf
    for cycle in range(most):
        before = columns.temperature.copy()
        done = heat_columns(columns, absorbed, step=step, threads=threads)
        drift = float(np.max(np.abs(columns.temperature - before), initial=0.0))
        if progress is not None:
            progress((cycle + 1) / most)
        if drift <= tolerance:
            return Settled(cycle + 1, drift)
        if cycle + 1 < most:
            steps = (absorbed(slice(0, 1)) if callable(absorbed) else absorbed).shape[0]
            kernels.settle(
                columns.temperature,
                done.gained,
                done.conductance,
                done.mean_cube,
                steps * step,
                columns.emissivity,
            )
    return Settled(most, drift)
