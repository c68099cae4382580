"""Temperature of what stands on the ground: nodes that conduct, radiate, take sunlight and are heated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.simulation import _heat_kernels as kernels
from moonstation.simulation._heat_kernels import STEFAN_BOLTZMANN
from moonstation.simulation.insolation import Insolation
from moonstation.simulation.regolith import Regolith
from moonstation.station.thermal import GROUND, ThermalLink, ThermalNode

NEVER = 1e9
"""A temperature that no node reaches [K]: where the ramp of a louvre or heater that is not there begins."""

STEADY = 1e15
"""A step long enough for the end to be the steady state [s]."""


def radiated_power(temperature: ArrayLike, *, area: float, emittance: float) -> FloatArray:
    """Power that a surface radiates [W]: ``e A sigma T^4`` (Stefan-Boltzmann).

    Parameters
    ----------
    temperature : array_like
        [K].
    area : float
        [m^2].
    emittance : float
        Infrared, hemispherical.
    """
    result: FloatArray = emittance * area * STEFAN_BOLTZMANN * np.asarray(temperature, dtype=np.float64) ** 4
    return result


def louvre_emittance(
    temperature: ArrayLike, *, shut: float, opened: float, shut_below: float, open_above: float
) -> FloatArray:
    """Effective emittance of a radiator behind louvres, linear in the temperature between shut and open.

    Gilmore 2002 (Spacecraft Thermal Control Handbook, vol. 1, ch. 9): bimetal actuators open blades in proportion.

    Parameters
    ----------
    temperature : array_like
        Of the radiator [K].
    shut, opened : float
        Emittance with closed and with open blades.
    shut_below, open_above : float
        Temperatures at which they are closed and open [K].
    """
    share = np.clip(
        (np.asarray(temperature, dtype=np.float64) - shut_below) / (open_above - shut_below), 0.0, 1.0
    )
    result: FloatArray = shut + (opened - shut) * share
    return result


def heater_power(temperature: ArrayLike, *, most: float, on: float, off: float) -> FloatArray:
    """Mean power of a heater behind a thermostat [W]: all at `on` and below, none at `off` and above.

    In between it falls in proportion: a thermostat that switches within a step gives that share of the time, up to
    the width of its band.

    Parameters
    ----------
    temperature : array_like
        Of the node [K].
    most : float
        Power when on [W].
    on, off : float
        Temperatures [K].
    """
    share = np.clip((np.asarray(temperature, dtype=np.float64) - on) / (off - on), 0.0, 1.0)
    result: FloatArray = most * (1.0 - share)
    return result


def isotope_heat(age: ArrayLike, *, heat: float, half_life: float) -> FloatArray:
    """Heat of a radioisotope unit [W]: ``P 2^(-t / half_life)``; before age zero that of age zero.

    Parameters
    ----------
    age : array_like
        Time since it gave `heat` [s].
    heat : float
        [W].
    half_life : float
        [s].
    """
    result: FloatArray = heat * np.exp2(-np.maximum(np.asarray(age, dtype=np.float64), 0.0) / half_life)
    return result


def absorbed_sun(sun: Insolation, *, absorptance: float, top: float, side: float) -> FloatArray:
    """Sunlight that a body absorbs [W], (n,): ``a E (A_top sin e + A_side cos e)``.

    Parameters
    ----------
    sun : Insolation
        Sunlight where it stands.
    absorptance : float
        Of sunlight.
    top, side : float
        Area of its outline from above and from the horizon [m^2]; exact for a box of which one side looks at the
        Sun and for an upright cylinder.
    """
    e = np.maximum(sun.elevation, 0.0)
    result: FloatArray = absorptance * sun.irradiance * (top * np.sin(e) + side * np.cos(e))
    return result


def absorbed_reflection(
    sun: Insolation, *, absorptance: float, area: float, sky_view: float, ground: Regolith
) -> FloatArray:
    """Sunlight from the ground around that a body absorbs [W], (n,): ``a A (1 - v) albedo E sin e``.

    The ground is flat, lit as the place is, and scatters alike into all directions (Lambert).

    Parameters
    ----------
    sun : Insolation
        Sunlight where it stands.
    absorptance : float
        Of sunlight.
    area : float
        Outer surface [m^2].
    sky_view : float
        Share of its view that is sky.
    ground : Regolith
        With its albedo by incidence.
    """
    e = np.maximum(sun.elevation, 0.0)
    scattered = ground.albedo_at(np.pi / 2.0 - e) * sun.irradiance * np.sin(e)
    result: FloatArray = absorptance * area * (1.0 - sky_view) * scattered
    return result


def ground_infrared(ground_temperature: ArrayLike, *, sky_view: float, emissivity: float) -> FloatArray:
    """Infrared of the ground around on a body [W/m^2]: ``(1 - v) e_g sigma T_g^4``; it absorbs its emittance of it.

    Parameters
    ----------
    ground_temperature : array_like
        Of the surface around [K]; the shadow of the body on it is left out.
    sky_view : float
        Share of its view that is sky.
    emissivity : float
        Of the ground.
    """
    return radiated_power(ground_temperature, area=1.0 - sky_view, emittance=emissivity)


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes and the ways for heat between them, as arrays.

    Attributes
    ----------
    nodes : tuple of ThermalNode
        The nodes, in the order of the arrays.
    conduction : (m, m) array
        Conductance between nodes [W/K], symmetric.
    radiation : (m, m) array
        Radiative exchange area between nodes [m^2], symmetric.
    to_ground : (m,) array
        Conductance to the ground [W/K].
    """

    nodes: tuple[ThermalNode, ...]
    conduction: FloatArray
    radiation: FloatArray
    to_ground: FloatArray


def join_nodes(nodes: Sequence[ThermalNode], links: Sequence[ThermalLink]) -> Network:
    """Network of nodes and links.

    Raises
    ------
    RequestError
        If a link names a node that is not there.
    """
    place = {node.id: i for i, node in enumerate(nodes)}
    conduction, radiation = np.zeros((len(nodes), len(nodes))), np.zeros((len(nodes), len(nodes)))
    to_ground = np.zeros(len(nodes))
    for link in links:
        for end in (link.node, link.to):
            if end not in place and end != GROUND:
                raise RequestError(f"thermal link {link.id}: there is no node {end}; add it or mend the name")
        i = place[link.node]
        if link.to == GROUND:
            to_ground[i] += link.conductance
            continue
        j = place[link.to]
        for a, b in ((i, j), (j, i)):
            conduction[a, b] += link.conductance
            radiation[a, b] += link.radiative_area
    return Network(tuple(nodes), conduction, radiation, to_ground)


@dataclass(frozen=True, eq=False)
class NodeHeat:
    """A network of nodes through time.

    Attributes
    ----------
    network : Network
        The nodes.
    step : float
        Length of a step [s].
    temperature : (n + 1, m) array
        At the instants and after the last step [K].
    sunlight, infrared, inner : (n, m) array
        Absorbed from Sun and lit ground, from the ground's infrared, and made inside by what works and isotopes,
        over each step [W].
    heater : (n, m) array
        Electric heat [W].
    radiated : (n, m) array
        To sky and ground [W].
    exchanged : (n, m) array
        From other nodes [W].
    grounded : (n, m) array
        By contact from the ground [W].
    held_steps : int
        Steps in which thermostats and louvres were held where the iteration had them, so that it came to an end.
    """

    network: Network
    step: float
    temperature: FloatArray
    sunlight: FloatArray
    infrared: FloatArray
    inner: FloatArray
    heater: FloatArray
    radiated: FloatArray
    exchanged: FloatArray
    grounded: FloatArray
    held_steps: int

    def imbalance(self) -> FloatArray:
        """What each node's energy balance misses over the run, as a share of what it turned over, (m,)."""
        capacity = np.array([node.capacity for node in self.network.nodes])
        stored = capacity * (self.temperature[-1] - self.temperature[0])
        parts = (self.sunlight, self.infrared, self.inner, self.heater, self.exchanged, self.grounded)
        gained = sum((part.sum(axis=0) for part in parts), np.zeros(capacity.size)) * self.step
        lost = self.radiated.sum(axis=0) * self.step
        turned = sum((np.abs(part).sum(axis=0) for part in parts), np.zeros(capacity.size)) * self.step
        missed: FloatArray = np.abs(gained - lost - stored) / (turned + lost + capacity * self.temperature[0])
        return missed


def heat_nodes(
    network: Network,
    sun: Insolation,
    ground_temperature: FloatArray,
    *,
    step: float,
    age: FloatArray,
    ground: Regolith,
    start: FloatArray | None = None,
) -> NodeHeat:
    """Temperatures of nodes through time.

    Backward Euler with Newton's method on conduction, radiation, thermostats and louvres together: stable for nodes
    of any stiffness at any step, and each node's energy balance closes to round-off. What the place does at an
    instant holds over the step that begins there.

    Parameters
    ----------
    network : Network
        Nodes and links.
    sun : Insolation
        Sunlight where they stand, (n,).
    ground_temperature : (n,) array
        Surface of the ground around and under them [K].
    step : float
        Length of a step [s].
    age : (n, m) array
        Of each node's isotope heat [s].
    ground : Regolith
        Albedo and emissivity of the ground.
    start : (m,) array, optional
        Temperatures at the start [K]; the steady state under the mean loads if not given.

    Raises
    ------
    RequestError
        If the step is not above zero.
    """
    if not step > 0.0:
        raise RequestError(f"step of {step:g} s: give a step above zero")
    nodes = network.nodes
    count = ground_temperature.size
    sunlight, arriving, inner = (np.zeros((count, len(nodes))) for _ in range(3))
    for i, node in enumerate(nodes):
        view = node.sky_view * sun.sky_view
        sunlight[:, i] = absorbed_sun(
            sun, absorptance=node.absorptance, top=node.sun_area_top, side=node.sun_area_side
        ) + absorbed_reflection(
            sun, absorptance=node.absorptance, area=node.area, sky_view=view, ground=ground
        )
        arriving[:, i] = ground_infrared(ground_temperature, sky_view=view, emissivity=ground.emissivity)
        inner[:, i] = node.dissipation + isotope_heat(
            age[:, i], heat=node.isotope_heat, half_life=node.half_life
        )
    loads = sunlight + inner
    if start is None:
        steady = _step_nodes(
            network,
            np.full(len(nodes), 250.0),
            loads.mean(axis=0, keepdims=True),
            arriving.mean(axis=0, keepdims=True),
            ground_temperature.mean(keepdims=True),
            STEADY,
        )
        start = steady[0][-1]
    temperature, heater, radiated, infrared, exchanged, grounded, held = _step_nodes(
        network, start, loads, arriving, ground_temperature, step
    )
    return NodeHeat(
        network=network,
        step=step,
        temperature=temperature,
        sunlight=sunlight,
        infrared=infrared,
        inner=inner,
        heater=heater,
        radiated=radiated,
        exchanged=exchanged,
        grounded=grounded,
        held_steps=held,
    )


def _step_nodes(
    network: Network,
    start: FloatArray,
    loads: FloatArray,
    arriving: FloatArray,
    ground_temperature: FloatArray,
    step: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, int]:
    nodes = network.nodes

    def column(values: list[float]) -> FloatArray:
        return np.array(values, dtype=np.float64)

    shut = [node.emittance if node.emittance_closed is None else node.emittance_closed for node in nodes]
    louvre = [
        (NEVER, 2.0 * NEVER)
        if node.louvre_closed is None or node.louvre_open is None
        else (node.louvre_closed, node.louvre_open)
        for node in nodes
    ]
    thermostat = [
        (NEVER, 2.0 * NEVER)
        if node.heater_on is None or node.heater_off is None
        else (node.heater_on, node.heater_off)
        for node in nodes
    ]
    return kernels.balance_nodes(
        np.ascontiguousarray(start, dtype=np.float64),
        np.ascontiguousarray(loads, dtype=np.float64),
        np.ascontiguousarray(arriving, dtype=np.float64),
        np.ascontiguousarray(ground_temperature, dtype=np.float64),
        column([node.capacity for node in nodes]),
        column([node.area * node.emittance for node in nodes]),
        column([node.area * e for node, e in zip(nodes, shut, strict=True)]),
        np.array(louvre, dtype=np.float64).reshape(len(nodes), 2),
        column([node.heater for node in nodes]),
        np.array(thermostat, dtype=np.float64).reshape(len(nodes), 2),
        network.conduction,
        network.radiation,
        network.to_ground,
        float(step),
    )
