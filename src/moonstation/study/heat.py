"""Temperatures through a span: of the ground at places, and of the elements that stand there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.formats.provenance import DataSource
from moonstation.simulation.insolation import NEGLECTED, Insolation, absorbed_by_ground, insolation
from moonstation.simulation.instants import arrival, present
from moonstation.simulation.regolith import (
    LUNATION,
    Regolith,
    Settled,
    column_grid,
    heat_columns,
    settle_columns,
    start_columns,
)
from moonstation.simulation.thermal import NodeHeat, heat_nodes, join_nodes
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.model import Station
from moonstation.station.part import Provenance
from moonstation.station.thermal import ThermalNode
from moonstation.study.ground import site_grounds
from moonstation.study.light import light_in_pieces
from moonstation.study.places import Place
from moonstation.study.run import Progress, StudySpan, software, span_from
from moonstation.study.sources import place_sources

STEP = 600.0
"""Step unless the user gives another [s]."""

LONGEST_STEP = 6.0 * 3600.0
"""Longer steps do not follow a sunrise [s]."""

SPIN_LUNATIONS = 12
SPIN_STEPS = 8505
"""Steps of the cycle that the ground is settled in, an hour each: the twelve lunations before the start, in which the
Sun goes through its heights over a pole (346.6 d) to within eight days."""

YEAR = 365.25 * 86_400.0
MOST_DRIFT = 0.5
"""Drift of the settled ground that is told as a limit [K]."""


@dataclass(frozen=True, eq=False)
class GroundHeat:
    """The ground at a place.

    Attributes
    ----------
    place : Place
        Where.
    sun : Insolation
        Sunlight on it, at the lowest height that its horizon is known for.
    sun_above : Insolation
        Sunlight at the height of the place, for what stands there.
    absorbed : (n,) array
        What it absorbs of Sun and terrain [W/m^2].
    depth : (k,) array
        Depths of the column [m], the first 0.
    temperature : (n, k) array
        At the instants [K].
    settled : Settled
        How its first state came to be.
    """

    place: Place
    sun: Insolation
    sun_above: Insolation
    absorbed: FloatArray
    depth: FloatArray
    temperature: FloatArray
    settled: Settled

    def at_depth(self, depth: float) -> FloatArray:
        """Temperature at a depth [m] through the span [K], (n,), linear between nodes."""
        upper = int(np.clip(np.searchsorted(self.depth, depth), 1, self.depth.size - 1))
        share = (depth - self.depth[upper - 1]) / (self.depth[upper] - self.depth[upper - 1])
        result: FloatArray = (1.0 - share) * self.temperature[:, upper - 1] + share * self.temperature[
            :, upper
        ]
        return result


@dataclass(frozen=True, eq=False)
class NodeRun:
    """A node of an element through the span, from its arrival on.

    Attributes
    ----------
    node : ThermalNode
        What it is.
    element : Element
        What it is part of.
    temperature : (n,) array
        At the instants [K]; NaN before the element arrives.
    heater : (n,) array
        Electric heat over each step [W]; NaN before the element arrives.
    heater_energy_a_year : float
        Mean over the time that the element is there [J/yr].
    too_cold, too_hot : float
        Time outside its limits [s]; 0 where it has none.
    assumed : tuple of str
        Keys of the node that the station file calls assumptions.
    """

    node: ThermalNode
    element: Element
    temperature: FloatArray
    heater: FloatArray
    heater_energy_a_year: float
    too_cold: float
    too_hot: float
    assumed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class HeatResult:
    """Temperatures through a span.

    Attributes
    ----------
    name : str
        Of the place or the station.
    span : StudySpan
        The instants.
    grounds : dict of str to GroundHeat
        By site.
    nodes : list of NodeRun
        In the order of the station file.
    balances : dict of str to NodeHeat
        Every term of the balance of the nodes, by site.
    notes : list of str
        Limits to be told beside the figures.
    sources : list of DataSource
        Data files behind them.
    software : dict of str to str
        Versions of what computed this.
    """

    name: str
    span: StudySpan
    grounds: dict[str, GroundHeat]
    nodes: list[NodeRun]
    balances: dict[str, NodeHeat]
    notes: list[str]
    sources: list[DataSource]
    software: dict[str, str]

    def series(self) -> xr.Dataset:
        """All series on dimensions ``time`` (UTC), ``site``, ``depth`` [m] and ``node``, SI."""
        about = {"units": "K", "long_name": "temperature of the ground"}
        sites = list(self.grounds.values())
        data = {
            "ground_temperature": (
                ("site", "time", "depth"),
                np.stack([ground.temperature for ground in sites]),
                about,
            ),
            "absorbed": (
                ("site", "time"),
                np.stack([ground.absorbed for ground in sites]),
                {"units": "W m-2", "long_name": "absorbed by the ground from Sun and terrain"},
            ),
        }
        if self.nodes:
            data["node_temperature"] = (
                ("node", "time"),
                np.stack([run.temperature for run in self.nodes]),
                {"units": "K", "long_name": "temperature of a thermal node, from its arrival on"},
            )
            data["heater_power"] = (
                ("node", "time"),
                np.stack([run.heater for run in self.nodes]),
                {"units": "W", "long_name": "electric heat over the step that begins at the instant"},
            )
        depth = next(iter(self.grounds.values())).depth
        return xr.Dataset(
            data,
            coords={
                "time": ("time", self.span.times, {"long_name": "UTC; each instant opens a step"}),
                "site": list(self.grounds),
                "depth": ("depth", depth, {"units": "m", "long_name": "depth below the surface"}),
                "node": [run.node.id for run in self.nodes],
            },
            attrs={
                "title": f"Temperatures: {self.name}",
                "model": "regolith of Hayne et al. 2017, doi 10.1002/2017JE005387",
                "limits": "; ".join(self.notes),
                "data": "; ".join(f"{source.name} {source.version}" for source in self.sources),
                "software": ", ".join(f"{key} {value}" for key, value in self.software.items()),
            },
        )


def station_places(station: Station, progress: Callable[[float], None]) -> list[Place]:
    """The sites of a station with their horizons."""
    grounds = site_grounds(station, progress=progress)
    return [Place(spec.id, spec.name, spec.height, grounds[spec.id], station) for spec in station.sites]


def study_heat(
    places: Sequence[Place],
    start: Epoch,
    stop: Epoch,
    *,
    step: float = STEP,
    ground: Regolith | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> HeatResult:
    """Temperatures of the ground at places and of the elements there, through a span.

    The ground is settled on the twelve lunations before the start, repeated until they leave it as they found it;
    elements begin in their steady state and run through the last of these lunations.

    Parameters
    ----------
    places : sequence of Place
        Sites of one station, or a place; elements with thermal nodes that stand at them are computed, too.
    start, stop : Epoch
        The span.
    step : float
        [s], 1 s to 6 h.
    ground : Regolith, optional
        That of Hayne et al. 2017 if not given.
    name : str
        Title; that of the first place if not given.
    progress : callable, optional
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If there is no place, the step is out of range or the span too short.
    CoverageError
        If the ephemeris does not reach over the span and the year before it.
    """
    if not places:
        raise RequestError("no site stands on the ground; name a place or a station with a [[site]]")
    if not 1.0 <= step <= LONGEST_STEP:
        raise RequestError(f"--step {step:g} s: give 1 s to 6 h, so that sunrise can be followed")
    if stop - start < 2.0 * step:
        raise RequestError(f"--days {(stop - start) / 86_400.0:g}: is shorter than two steps; take more days")
    span = span_from(start, stop - start, step)
    default_ephemeris().require(start.tdb_s - SPIN_LUNATIONS * LUNATION, stop.tdb_s)
    made = ground or Regolith()
    grounds: dict[str, GroundHeat] = {}
    balances: dict[str, NodeHeat] = {}
    runs: dict[str, NodeRun] = {}
    for number, place in enumerate(places):

        def tell(share: float, number: int = number, place: Place = place) -> None:
            if progress is not None:
                progress(place.name, (number + share) / len(places))

        warm = _settle(place, start, made, lambda share: tell(0.5 * share))
        grounds[place.id] = _heat_ground(place, span, warm, made, lambda share: tell(0.5 + 0.4 * share))
        balance, nodes = _heat_elements(place, span, grounds[place.id], warm, made)
        runs |= {run.node.id: run for run in nodes}
        if balance is not None:
            balances[place.id] = balance
        tell(1.0)
    order = [node.id for node in places[0].station.thermal_nodes] if places[0].station is not None else []
    ordered = [runs[key] for key in order if key in runs]
    return HeatResult(
        name=name or places[0].name,
        span=span,
        grounds=grounds,
        nodes=ordered,
        balances=balances,
        notes=_notes(places, grounds, ordered, balances),
        sources=place_sources([place.ground.horizon for place in places]),
        software=software(),
    )


def element_heaters(result: HeatResult) -> dict[str, FloatArray]:
    """Electric heat of each element with heaters over each step [W], (n,) by id: a load for its bus.

    Before an element arrives it takes none.

    Parameters
    ----------
    result : HeatResult
        See `study_heat`; with a step of an hour, ten years of a site take seconds.
    """
    loads: dict[str, FloatArray] = {}
    for run in result.nodes:
        if run.node.heater > 0.0:
            power = np.nan_to_num(run.heater, nan=0.0)
            loads[run.element.id] = loads.get(run.element.id, np.zeros(power.size)) + power
    return loads


@dataclass(frozen=True, eq=False)
class _Warm:
    """What the year before the span leaves behind."""

    profile: FloatArray
    change: FloatArray
    settled: Settled
    last_sun: Insolation
    last_surface: FloatArray
    step: float


def _sun(place: Place, et: FloatArray, tell: Callable[[float], None]) -> tuple[Insolation, Insolation]:
    """Sunlight on the ground, and at the height of the place."""
    light = light_in_pieces(place.site, et, progress=tell)
    horizon = place.ground.horizon
    low = float(horizon.heights[0])
    ground = insolation(light, horizon, height=low)
    return ground, ground if place.height == low else insolation(light, horizon, height=place.height)


def _settle(place: Place, start: Epoch, ground: Regolith, tell: Callable[[float], None]) -> _Warm:
    step = SPIN_LUNATIONS * LUNATION / SPIN_STEPS
    et = start.tdb_s + step * np.arange(1.0 - SPIN_STEPS, 1.0, dtype=np.float64)
    sun, above = _sun(place, et, lambda share: tell(0.6 * share))
    absorbed = absorbed_by_ground(sun, ground=ground)[:, np.newaxis]
    columns = start_columns(absorbed.mean(axis=0), ground=ground, grid=column_grid())
    settled = settle_columns(columns, absorbed, step=step, progress=lambda share: tell(0.6 + 0.4 * share))
    again = heat_columns(columns, absorbed, step=step, keep=[0])
    last = slice(SPIN_STEPS - SPIN_STEPS // SPIN_LUNATIONS, SPIN_STEPS)
    return _Warm(
        profile=columns.temperature,
        change=columns.change,
        settled=settled,
        last_sun=_part(above, last),
        last_surface=again.series[last, 0, 0],
        step=step,
    )


def _part(sun: Insolation, part: slice) -> Insolation:
    return Insolation(sun.irradiance[part], sun.elevation[part], sun.open_flux[part], sun.sky_view)


def _heat_ground(
    place: Place, span: StudySpan, warm: _Warm, ground: Regolith, tell: Callable[[float], None]
) -> GroundHeat:
    sun, above = _sun(place, span.et, tell)
    absorbed = absorbed_by_ground(sun, ground=ground)
    columns = start_columns([1.0], ground=ground, grid=column_grid())
    columns.temperature[:], columns.change[:], columns.step = warm.profile, warm.change, warm.step
    depth = columns.grid.depth
    run = heat_columns(columns, absorbed[1:, np.newaxis], step=span.step_s, keep=np.arange(depth.size))
    temperature = np.concatenate((warm.profile.T, run.series[:, :, 0]))
    return GroundHeat(place, sun, above, absorbed, depth, temperature, warm.settled)


def _heat_elements(
    place: Place, span: StudySpan, heat: GroundHeat, warm: _Warm, ground: Regolith
) -> tuple[NodeHeat | None, list[NodeRun]]:
    station = place.station
    if station is None:
        return None, []
    elements = {element.id: element for element in station.elements if element.site == place.id}
    nodes = [node for node in station.thermal_nodes if node.element in elements]
    if not nodes:
        return None, []
    ids = {node.id for node in nodes}
    network = join_nodes(nodes, [link for link in station.thermal_links if link.node in ids])
    surface = heat.temperature[:, 0]
    fresh = np.zeros((warm.last_surface.size, len(nodes)))
    before = heat_nodes(network, warm.last_sun, warm.last_surface, step=warm.step, age=fresh, ground=ground)
    age = np.stack([span.et - arrival(elements[node.element], span.et) for node in nodes], axis=1)
    balance = heat_nodes(
        network,
        heat.sun_above,
        surface,
        step=span.step_s,
        age=age,
        ground=ground,
        start=before.temperature[-1],
    )
    runs = []
    for i, node in enumerate(nodes):
        here = present(elements[node.element], span.et)
        temperature = np.where(here, balance.temperature[:-1, i], np.nan)
        heater = np.where(here, balance.heater[:, i], np.nan)
        there = int(np.count_nonzero(here))
        runs.append(
            NodeRun(
                node=node,
                element=elements[node.element],
                temperature=temperature,
                heater=heater,
                heater_energy_a_year=float(np.nansum(heater)) / there * YEAR if there else 0.0,
                too_cold=span.step_s
                * float(np.sum(temperature < (-np.inf if node.coldest is None else node.coldest))),
                too_hot=span.step_s
                * float(np.sum(temperature > (np.inf if node.hottest is None else node.hottest))),
                assumed=_assumed(station.provenance, node),
            )
        )
    return balance, runs


def _assumed(provenance: dict[str, Provenance], node: ThermalNode) -> tuple[str, ...]:
    start = f"thermal_node.{node.id}."
    return tuple(
        key.removeprefix(start)
        for key, said in provenance.items()
        if key.startswith(start) and said.confidence == "assumption"
    )


def _notes(
    places: Sequence[Place],
    grounds: dict[str, GroundHeat],
    nodes: list[NodeRun],
    balances: dict[str, NodeHeat],
) -> list[str]:
    notes = [place.limit for place in places if place.limit]
    notes += [
        f"{name}: the ground still drifts by {ground.settled.drift:.2f} K a year at some depth"
        for name, ground in grounds.items()
        if ground.settled.drift > MOST_DRIFT
    ]
    notes.append(NEGLECTED)
    assumed = [run.node.id for run in nodes if run.assumed]
    if assumed:
        notes.append(f"assumptions of the station file stand behind {', '.join(assumed)}")
    if nodes:
        notes.append("the ground around elements is as warm as if they cast no shadow on it")
    notes += [
        f"{name}: thermostats and louvres were held in {balance.held_steps} steps"
        for name, balance in balances.items()
        if balance.held_steps
    ]
    return notes
