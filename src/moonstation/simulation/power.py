"""Power of a station through time: sources, loads by mode and stores, bus by bus.

Assumptions and limits
----------------------
- Values at an instant hold over the step that begins there; energy is power times step.
- A bus is all elements with the same ``bus``, whatever their site, joined without loss or limit.
- Stores share charging and discharging in the ratio of what each could take or give in the step.
- Of the round-trip efficiency, what ``battery_charge_efficiency`` says is lost on the way in, the rest on the way
  out; half and half (square roots) if it says nothing. Capacity follows ``battery_temperature``. No self-discharge,
  no dependence on charge, and no ageing here (`moonstation.simulation.life` has it).
- A source with ``start_time`` gives nothing for that time after it arrives and takes ``start_power`` meanwhile,
  whether its bus has it or not.
- A bus sheds to survival mode when usable charge falls below `SURVIVAL_BELOW` of the usable capacity while
  sources give less than the nominal load, or when sources and stores together cannot carry the nominal load
  through the step; it returns when usable charge is back at `NOMINAL_ABOVE` and the nominal load can be
  carried. Where survival would save nothing (its load is not the smaller one) the bus stays in nominal mode.
- Without stores the choice is made at each step by the power at hand.
- An element counts from the first instant at or after 00:00 UTC of the day it arrives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.errors import RequestError
from moonstation.simulation._kernels import step_bus
from moonstation.simulation.arrays import rated_power
from moonstation.simulation.instants import present
from moonstation.simulation.sources import constant_power, solar_power, starting
from moonstation.simulation.stores import Stores, stores_of, survival_time
from moonstation.spacetime.steps import even_step
from moonstation.station.elements import Element

SURVIVAL_BELOW = 0.3
"""Usable charge, as share of the usable capacity, below which a bus sheds to survival mode."""

NOMINAL_ABOVE = 0.5
"""Usable charge, as share of the usable capacity, at which a bus returns to nominal mode."""

FULL_WITHIN = 0.01
"""A spell of discharge begins at the last instant within this share of the highest charge before it."""

NOMINAL, SURVIVAL, UNSERVED = 0, 1, 2
"""Values of `PowerRun.mode`."""

_CLOSING_DOUBLINGS = 12
_CLOSING_HALVINGS = 12


@dataclass(frozen=True)
class Spell:
    """A spell of discharge.

    Attributes
    ----------
    start, lowest, stop : float
        When charge was last near full before it, when it was lowest, and when it was back at the level of the
        start [s, TDB past J2000]; stop is the end of the run if it never was.
    share : float
        Usable charge at the lowest point, as share of the usable capacity.
    recovered : bool
        Whether charge came back within the run.
    """

    start: float
    lowest: float
    stop: float
    share: float
    recovered: bool


@dataclass(frozen=True)
class EnergyBooks:
    """Energy over a run [J]; ``generated + arrived = served + losses + curtailed + charge_change``.

    Attributes
    ----------
    generated : float
        What all sources offered.
    by_source : dict of str to float
        The same by "solar", "fission" and "isotope".
    asked, served, unserved : float
        What the loads asked for in the mode of each step, what they got and what they did not get.
    curtailed : float
        What no load or store could take.
    losses : float
        Lost in charging and discharging.
    charge_change : float
        Charge at the end less charge at the start, stores that arrive later included.
    arrived : float
        Charge that stores held when they arrived later than the start.
    """

    generated: float
    by_source: dict[str, float]
    asked: float
    served: float
    unserved: float
    curtailed: float
    losses: float
    charge_change: float
    arrived: float


@dataclass(frozen=True)
class PowerRun:
    """One bus through time; arrays hold one value for each instant (n,).

    Attributes
    ----------
    bus : str
        Its id.
    elements : tuple of str
        Ids of the elements on it.
    times_s : (n,) array
        Instants [s, TDB past J2000]; each opens a step of length `step`.
    step : float
        [s]
    array_power : dict of str to (n,) array
        Power offered by each element's solar array [W].
    solar, constant, generation : (n,) array
        Power offered by arrays, by reactors and isotopes, by all [W].
    load, served, unserved, curtailed, losses : (n,) array
        Power asked for in the mode of the step, given, not given, offered in vain, lost in stores [W].
    charge, capacity : (n,) array
        Energy held by the stores at each instant, and what they could hold [J].
    state_of_charge : (n,) array
        ``charge / capacity``; nan without stores.
    usable_share : (n,) array
        Charge above the reserve as share of the usable capacity; nan without stores.
    mode : (n,) array of int8
        0 nominal, 1 survival, 2 a load not wholly served.
    charge_end : float
        Energy held after the last step [J].
    reserve_lowest, reserve_lowest_at : float
        Lowest state of charge, the end of the run included, and when [s]; nan without stores.
    dark_margin : float
        Usable charge left at the lowest point as share of the usable capacity. Where a load was not wholly
        served it is negative: the energy missing in the worst unbroken shortfall, in the same measure. Nan
        without stores.
    worst_spell : Spell or None
        The spell of discharge that led to the lowest point; None without stores or if they were never drawn on.
    survival_time : float
        How long full stores would carry the survival load with no source [s], see `survival_time`.
    time_in_survival, time_unserved : float
        Time not in nominal mode, and time with a load not wholly served [s].
    margin_lowest, margin_lowest_at : float
        Smallest difference of power offered and asked for [W], and when [s].
    energy : EnergyBooks
        Energy over the run.
    bridged : bool
        Whether every load was served throughout, in nominal or in survival mode.
    closing_capacity : float or None
        Extra capacity of the stores [J] that would make `bridged` true: all stores grown in one ratio, limits
        and charge at the start with them, found by doubling and bisection to 0.1 % of what is there. 0 when
        already bridged, None when no store is there or 4096 times as much would not do.
    closing_power : float
        Extra constant power [W] that would make `bridged` true, by bisection to 0.03 % of the largest
        survival load.
    """

    bus: str
    elements: tuple[str, ...]
    times_s: FloatArray
    step: float
    array_power: dict[str, FloatArray]
    solar: FloatArray
    constant: FloatArray
    generation: FloatArray
    load: FloatArray
    served: FloatArray
    unserved: FloatArray
    curtailed: FloatArray
    losses: FloatArray
    charge: FloatArray
    capacity: FloatArray
    state_of_charge: FloatArray
    usable_share: FloatArray
    mode: AnyArray
    charge_end: float
    reserve_lowest: float
    reserve_lowest_at: float
    dark_margin: float
    worst_spell: Spell | None
    survival_time: float
    time_in_survival: float
    time_unserved: float
    margin_lowest: float
    margin_lowest_at: float
    energy: EnergyBooks
    bridged: bool
    closing_capacity: float | None
    closing_power: float


@dataclass(frozen=True)
class _Inputs:
    """What the loop of one bus takes."""

    generation: FloatArray
    nominal: FloatArray
    survival: FloatArray
    stores: Stores
    step: float
    survival_below: float
    nominal_above: float

    def run(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, AnyArray]:
        stores = self.stores
        charge, served, unserved, curtailed, losses, mode = step_bus(
            self.generation,
            self.nominal,
            self.survival,
            stores.capacity,
            stores.floor,
            stores.start,
            stores.into,
            stores.out_of,
            stores.charge_limit,
            stores.discharge_limit,
            stores.first,
            self.step,
            self.survival_below,
            self.nominal_above,
        )
        return charge, served, unserved, curtailed, losses, mode

    def bridges(self) -> bool:
        return not bool(np.any(self.run()[5] == UNSERVED))


def run_power(
    elements: Sequence[Element],
    *,
    times_s: FloatArray,
    array_light: Mapping[str, FloatArray],
    survival_below: float = SURVIVAL_BELOW,
    nominal_above: float = NOMINAL_ABOVE,
) -> dict[str, PowerRun]:
    """Run every bus of a station through time.

    Parameters
    ----------
    elements : sequence of Element
        Elements of the station.
    times_s : (n,) array
        Instants, TDB seconds past J2000, evenly spaced, n >= 2; the first is the start of the study.
    array_light : mapping of str to (n,) array
        Irradiance on the face of each element's array as share of 1361 W/m2 (see `arrays.array_irradiance`).
    survival_below, nominal_above : float
        Thresholds of usable charge, 0 to 1, see the module.

    Returns
    -------
    dict of str to PowerRun
        By bus, in the order in which elements name them.

    Raises
    ------
    RequestError
        If times are not evenly spaced, thresholds cross or the light of an array is missing or does not fit.
    """
    if not 0.0 <= survival_below <= nominal_above <= 1.0:
        raise RequestError(
            f"thresholds of charge {survival_below:g} and {nominal_above:g} do not make a band; "
            "use 0 <= survival_below <= nominal_above <= 1"
        )
    step = even_step(times_s)
    buses: dict[str, list[Element]] = {}
    for element in elements:
        buses.setdefault(element.bus, []).append(element)
    return {
        bus: _run_bus(bus, members, times_s, step, array_light, survival_below, nominal_above)
        for bus, members in buses.items()
    }


def _light_of(element: Element, n: int, array_light: Mapping[str, FloatArray]) -> FloatArray:
    light = array_light.get(element.id)
    if light is None:
        raise RequestError(f"element {element.id}: no light given for its array; add it to array_light")
    if light.shape != (n,) or not np.all(np.isfinite(light)):
        raise RequestError(
            f"element {element.id}: light of shape {light.shape} must be {n} finite shares, one an instant"
        )
    return light


def _run_bus(
    bus: str,
    members: Sequence[Element],
    times_s: FloatArray,
    step: float,
    array_light: Mapping[str, FloatArray],
    survival_below: float,
    nominal_above: float,
) -> PowerRun:
    n = times_s.size
    arrays = {
        e.id: solar_power(e, times_s, light=_light_of(e, n, array_light))
        for e in members
        if rated_power(e) > 0.0
    }
    steady = {"fission": np.zeros(n), "isotope": np.zeros(n)}
    nominal = np.zeros(n)
    survival = np.zeros(n)
    for e in members:
        here = present(e, times_s)
        nominal += np.where(here, e.load_nominal, 0.0)
        survival += np.where(here, e.load_survival, 0.0)
        if e.power > 0.0:
            steady[e.power_kind or "fission"] += constant_power(e, times_s)
            asks = np.where(starting(e, times_s), e.start_power, 0.0)
            nominal += asks
            survival += asks
    solar = np.sum(list(arrays.values()), axis=0) if arrays else np.zeros(n)
    constant = steady["fission"] + steady["isotope"]
    stores = stores_of(members, times_s)
    inputs = _Inputs(solar + constant, nominal, survival, stores, step, survival_below, nominal_above)
    charges, served, unserved, curtailed, losses, mode = inputs.run()

    charge = np.sum(charges, axis=0)
    capacity = stores.total(stores.capacity, n)
    usable = np.sum(
        np.maximum(charges - stores.floor[:, None], 0.0), axis=0
    )  # stores yet to come hold nothing
    state = _share(charge, capacity)
    usable_share = _share(usable, stores.total(stores.capacity - stores.floor, n))
    instants = np.r_[times_s, times_s[-1] + step]
    lowest, lowest_at = _lowest(state, instants)
    worst = _worst_spell(usable_share, instants)
    load = np.where(mode == NOMINAL, nominal, survival)
    load = np.where((mode == UNSERVED) & (survival >= nominal), nominal, load)
    margin = inputs.generation - load
    later = (stores.first > 0) & (stores.first < n)
    arrived = float(np.sum(stores.start[later]))
    at_start = float(np.sum(stores.start[stores.first == 0]))
    bridged = not bool(np.any(mode == UNSERVED))
    return PowerRun(
        bus=bus,
        elements=tuple(e.id for e in members),
        times_s=times_s,
        step=step,
        array_power=arrays,
        solar=solar,
        constant=constant,
        generation=inputs.generation,
        load=load,
        served=served,
        unserved=unserved,
        curtailed=curtailed,
        losses=losses,
        charge=charge[:n],
        capacity=capacity[:n],
        state_of_charge=state[:n],
        usable_share=usable_share[:n],
        mode=mode,
        charge_end=float(charge[n]),
        reserve_lowest=lowest,
        reserve_lowest_at=lowest_at,
        dark_margin=_dark_margin(usable_share, unserved * step, stores),
        worst_spell=worst,
        survival_time=survival_time(members),
        time_in_survival=float(np.count_nonzero(mode != NOMINAL)) * step,
        time_unserved=float(np.count_nonzero(mode == UNSERVED)) * step,
        margin_lowest=float(np.min(margin)),
        margin_lowest_at=float(times_s[np.argmin(margin)]),
        energy=EnergyBooks(
            generated=float(np.sum(inputs.generation)) * step,
            by_source={
                "solar": float(np.sum(solar)) * step,
                "fission": float(np.sum(steady["fission"])) * step,
                "isotope": float(np.sum(steady["isotope"])) * step,
            },
            asked=float(np.sum(load)) * step,
            served=float(np.sum(served)) * step,
            unserved=float(np.sum(unserved)) * step,
            curtailed=float(np.sum(curtailed)) * step,
            losses=float(np.sum(losses)) * step,
            charge_change=float(charge[n]) - at_start,
            arrived=arrived,
        ),
        bridged=bridged,
        closing_capacity=0.0 if bridged else _closing_capacity(inputs),
        closing_power=0.0 if bridged else _closing_power(inputs),
    )


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0.0)


def _lowest(series: FloatArray, instants: FloatArray) -> tuple[float, float]:
    if not np.any(np.isfinite(series)):
        return float("nan"), float("nan")
    k = int(np.nanargmin(series))
    return float(series[k]), float(instants[k])


def _worst_spell(usable_share: FloatArray, instants: FloatArray) -> Spell | None:
    """Spell of discharge around the lowest usable share."""
    known = np.flatnonzero(np.isfinite(usable_share))
    if known.size == 0:
        return None
    share = usable_share[known]
    at = instants[known]
    low = int(np.argmin(share))
    if float(np.max(share[: low + 1])) == share[low]:
        return None
    top = float(np.max(share[: low + 1])) - FULL_WITHIN
    begin = int(np.flatnonzero(share[: low + 1] >= top)[-1])
    back = np.flatnonzero(share[low:] >= min(top, float(share[begin])))
    end = low + int(back[0]) if back.size else share.size - 1
    return Spell(float(at[begin]), float(at[low]), float(at[end]), float(share[low]), bool(back.size))


def _dark_margin(usable_share: FloatArray, missing: FloatArray, stores: Stores) -> float:
    """Usable share left at the worst, or what was missing [J in each step] in the same measure, negative."""
    if not np.any(np.isfinite(usable_share)):
        return float("nan")
    short = missing > 0.0
    if not np.any(short):
        return float(np.nanmin(usable_share))
    starts = np.flatnonzero(short & ~np.r_[False, short[:-1]])
    # Sums from each start to the next take in only zeros after the shortfall that begins there.
    worst = float(np.max(np.add.reduceat(missing, starts)))
    return -worst / float(np.sum(stores.capacity - stores.floor))


def _closing_capacity(inputs: _Inputs) -> float | None:
    """Extra capacity that lets the bus serve every load, all stores grown in one ratio [J]."""
    total = float(np.sum(inputs.stores.capacity))
    if total == 0.0:
        return None
    high = 1.0
    for _ in range(_CLOSING_DOUBLINGS):
        high *= 2.0
        if replace(inputs, stores=inputs.stores.grown(high)).bridges():
            break
    else:
        return None
    low = high / 2.0
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        if replace(inputs, stores=inputs.stores.grown(middle)).bridges():
            high = middle
        else:
            low = middle
    return (high - 1.0) * total


def _closing_power(inputs: _Inputs) -> float:
    """Extra constant power that lets the bus serve every load [W]."""
    low = 0.0
    high = float(np.max(np.minimum(inputs.survival, inputs.nominal)))
    for _ in range(_CLOSING_HALVINGS):
        middle = 0.5 * (low + high)
        if replace(inputs, generation=inputs.generation + middle).bridges():
            high = middle
        else:
            low = middle
    return high
