"""Compiled loop of a station's life: power, failures, repairs, functions and data, step by step.

Between two events (a failure, a repair, an arrival, a change of mode, the end of a year) the station stays as it is, so
what depends on its elements is worked out at events only and a step costs little more than its buses. All times are in
steps; random numbers are functions of seed, run, stream and count, so that runs do not depend on each other or on the
order in which they are made.
"""

from typing import NamedTuple

import numba
import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.simulation._kernels import ROUND_OFF

NOMINAL, SURVIVAL, SHORT = 0, 1, 2

FAILED, DETECTED, REPAIR_BEGUN, REPAIRED, SHOCK, FROZEN, ARRIVED, NEVER_ARRIVED = 1, 2, 3, 4, 5, 6, 7, 8
MODE, FUNCTION_LOST, FUNCTION_BACK, LEFT = 9, 10, 11, 12
"""Kinds of events; the number that goes with one is a unit's item, an element, ``4 * bus + mode`` or a function."""

WORKS, HIDDEN, WAITS, IN_REPAIR = 0, 1, 2, 3

GENERATED, SERVED, UNSERVED, CURTAILED, LOSSES, ARRIVED_CHARGE, LOST_CHARGE, CHARGE_END = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
)
BOOKS = 8
MADE, SENT, LOST, STORED_END = 0, 1, 2, 3
DATA_BOOKS = 4

(
    STREAM_MISSION,
    STREAM_LOAD,
    STREAM_ARRAY,
    STREAM_DUST,
    STREAM_STORE,
    STREAM_RATE,
    STREAM_UNIT,
    STREAM_SHOCK,
) = range(8)


class LifeModel(NamedTuple):
    """A station as arrays: e elements (orbiters last), b buses, k stores, i failure items of u units, f functions.

    Powers in W, energies in J, data in bit, times in steps; an index of -1 means none.
    """

    step_s: float
    years: IntArray
    """(y + 1,) steps at which years begin, the last one ends the run."""
    share: FloatArray
    """(s, n) what sources give in each step, as share of their rated power."""
    bus_of: IntArray
    first: IntArray
    gone: IntArray
    """(e,) steps from which and until which an element is there."""
    nominal: FloatArray
    survival: FloatArray
    array_power: FloatArray
    array_share: IntArray
    steady_power: FloatArray
    steady_share: IntArray
    order: IntArray
    endurance: FloatArray
    """(e,) steps without survival power after which an element is lost; infinite if never."""
    mission_of: IntArray
    mission_risk: FloatArray
    buses: int
    survival_below: float
    nominal_above: float
    load_range: FloatArray
    """(e, 2) factors between which a run's loads lie; so for arrays, stores and (share a step) dust."""
    array_range: FloatArray
    dust_range: FloatArray
    store_range: FloatArray
    dust_every: int
    store_of: IntArray
    capacity: FloatArray
    floor: FloatArray
    start: FloatArray
    one_way: FloatArray
    charge_limit: FloatArray
    discharge_limit: FloatArray
    item_of: IntArray
    """(i,) element of each failure item."""
    units: IntArray
    """(i + 1,) first unit of each item."""
    needed: IntArray
    shared: IntArray
    """(i,) 1 where each unit lost takes its share of the element away, 0 where fewer than `needed` take it whole."""
    scale: FloatArray
    """(i,) characteristic life of the law; the mean for the exponential."""
    weibull: FloatArray
    life: FloatArray
    beta: FloatArray
    dormancy: FloatArray
    sigma: FloatArray
    detect: FloatArray
    repair: FloatArray
    spares: IntArray
    resupply: FloatArray
    """(i,) steps between deliveries that fill the spares up again; infinite if none come."""
    robot: IntArray
    shock_scale: FloatArray
    """(i,) mean time between failures of all units at once, by mean life and beta; infinite if none."""
    need_function: IntArray
    need_least: IntArray
    need_first: IntArray
    need_element: IntArray
    in_nominal: IntArray
    """(f,) 1 where a function counts only in nominal mode."""
    site_of: IntArray
    made_nominal: FloatArray
    made_survival: FloatArray
    storage: FloatArray
    earth_rate: FloatArray
    relay_rate: FloatArray
    ground: FloatArray
    """(sites, n) share of each step in which a site has a ground station."""
    through: FloatArray
    """(sites, r, n) share of each step in which a site has a ground station through a relay."""
    relay_of: IntArray
    relay_limit: FloatArray


class Tally(NamedTuple):
    """What is kept of one run."""

    up: FloatArray
    """(f, y) steps of each year in which a function is there."""
    first_lost: FloatArray
    """(f,) step at which a function that was there is lost first; infinite if never."""
    last_up: FloatArray
    """(f,) end of the last step in which it is there; 0 if never."""
    failures: IntArray
    spent: IntArray
    blame: FloatArray
    """(i,) steps in which an item is broken and a function lost."""
    item_down: FloatArray
    down: FloatArray
    """(e,) steps in which an element that has arrived does not work or has no power."""
    frozen: FloatArray
    """(e,) step at which it froze; infinite if never."""
    energy: FloatArray
    """(b, BOOKS) [J]."""
    unserved_year: FloatArray
    """(b, y) [J]."""
    modes: FloatArray
    """(b, 3) steps in each mode."""
    data: FloatArray
    """(sites, DATA_BOOKS) [bit]."""


class Trace(NamedTuple):
    """What is kept of one run through time, at every `every`-th instant; empty where none is wanted."""

    every: int
    charge: FloatArray
    """(b, m) [J]"""
    generation: FloatArray
    served: FloatArray
    mode: AnyArray
    stored: FloatArray
    """(sites, m) [bit]"""
    working: FloatArray
    """(e, m) share of each element that works and has power."""
    functions: AnyArray
    event: FloatArray
    """(q, 3) step, kind and number of each event."""
    met: IntArray
    """(1,) events met, which may be more than were kept."""


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def uniform(seed: int, run: int, stream: int, index: int, count: int) -> float:
    """Random number in (0, 1) that belongs to its arguments: splitmix64's finaliser over each in turn.

    Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014 (variant 13 of Stafford's mixers).
    """
    state = np.uint64(seed) ^ np.uint64(0x6D6F6F6E)
    for word in (run, stream, index, count):
        state = state + (np.uint64(word) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return (np.float64(state >> np.uint64(12)) + 0.5) * 2.0**-52


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def between(limits: FloatArray, seed: int, run: int, stream: int, index: int) -> float:
    """Uniform draw between two limits, which need no draw where they are equal."""
    if limits[0] == limits[1]:
        return limits[0]
    return limits[0] + (limits[1] - limits[0]) * uniform(seed, run, stream, index, 0)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def normal(seed: int, run: int, stream: int, index: int) -> float:
    """Standard normal draw (Box and Muller 1958)."""
    radius = np.sqrt(-2.0 * np.log(uniform(seed, run, stream, index, 0)))
    return radius * np.cos(2.0 * np.pi * uniform(seed, run, stream, index, 1))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def note(trace: Trace, step: float, kind: int, number: int) -> None:
    """Keep an event, if events are kept and there is room."""
    count = trace.met[0]
    if count < trace.event.shape[0]:
        trace.event[count, 0] = step
        trace.event[count, 1] = kind
        trace.event[count, 2] = number
    trace.met[0] = count + 1


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def total_of(level: FloatArray, by_bus: IntArray, bus_first: IntArray, bus: int) -> float:
    """What the stores of a bus hold together [J]."""
    total = 0.0
    for p in range(bus_first[bus], bus_first[bus + 1]):
        total += level[by_bus[p]]
    return total


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def keep_bus(
    trace: Trace, bus: int, row: int, charge: float, generation: float, served: float, mode: int
) -> None:
    """Keep one instant of a bus."""
    trace.charge[bus, row] = charge
    trace.generation[bus, row] = generation
    trace.served[bus, row] = served
    trace.mode[bus, row] = mode


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def draw_life(m: LifeModel, item: int, factor: float, seed: int, run: int, unit: int, count: int) -> float:
    """Active age at which a new unit fails by itself [steps]: Weibull, cut at its design life."""
    if not np.isfinite(m.scale[item]):
        return m.life[item]
    alone = m.scale[item] * factor / max(1.0 - m.beta[item], 1e-12)
    age = alone * (-np.log(uniform(seed, run, STREAM_UNIT, unit, count))) ** (1.0 / m.weibull[item])
    return min(age, m.life[item])


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def live(m: LifeModel, immune: AnyArray, seed: int, run: int, tally: Tally, trace: Trace) -> None:
    """Live one run through; fills `tally` and, where it has room, `trace`. Items marked `immune` (i,) never fail."""
    n = m.share.shape[1]
    elements = m.bus_of.size
    stores = m.store_of.size
    items = m.item_of.size
    units = m.units[items]
    functions = m.in_nominal.size
    sites = m.ground.shape[0]
    relays = m.relay_of.size
    shares = m.share.shape[0]
    needs = m.need_function.size

    # --- what this run draws once
    load_factor = np.empty(elements)
    array_factor = np.empty(elements)
    dust = np.empty(elements)
    first = m.first.copy()
    dusty = False
    for e in range(elements):
        load_factor[e] = between(m.load_range[e], seed, run, STREAM_LOAD, e)
        array_factor[e] = between(m.array_range[e], seed, run, STREAM_ARRAY, e)
        dust[e] = between(m.dust_range[e], seed, run, STREAM_DUST, e)
        dusty = dusty or (dust[e] > 0.0 and m.array_power[e] > 0.0)
        mission = m.mission_of[e]
        if mission >= 0 and uniform(seed, run, STREAM_MISSION, mission, 0) < m.mission_risk[mission]:
            note(trace, min(first[e], n), NEVER_ARRIVED, e)
            first[e] = n + 1
    capacity_full = np.empty(stores)
    for s in range(stores):
        capacity_full[s] = m.capacity[s] * between(m.store_range[s], seed, run, STREAM_STORE, s)
    rate_factor = np.ones(items)
    item_of_unit = np.empty(units, dtype=np.int64)
    age = np.zeros(units)
    ageing = np.zeros(units)
    fails_at = np.empty(units)
    drawn = np.ones(units, dtype=np.int64)
    state = np.zeros(units, dtype=np.int8)
    until = np.full(units, np.inf)
    shock_age = np.zeros(items)
    shock_at = np.full(items, np.inf)
    shock_ageing = np.zeros(items)
    shocks = np.ones(items, dtype=np.int64)
    spares = m.spares.copy()
    for i in range(items):
        if m.sigma[i] > 0.0:
            rate_factor[i] = np.exp(m.sigma[i] * normal(seed, run, STREAM_RATE, i))
        for u in range(m.units[i], m.units[i + 1]):
            item_of_unit[u] = i
            fails_at[u] = np.inf if immune[i] else draw_life(m, i, rate_factor[i], seed, run, u, 0)
        if np.isfinite(m.shock_scale[i]) and not immune[i]:
            shock_at[i] = -np.log(uniform(seed, run, STREAM_SHOCK, i, 0)) * m.shock_scale[i] * rate_factor[i]

    # --- state
    here = np.zeros(elements, dtype=np.bool_)
    factor = np.zeros(elements)
    frozen = np.zeros(elements, dtype=np.bool_)
    dark = np.zeros(elements, dtype=np.bool_)
    dark_since = np.full(elements, np.inf)
    up = np.zeros(elements, dtype=np.bool_)
    working = np.zeros(items, dtype=np.int64)
    function_up = np.zeros(functions, dtype=np.bool_)
    ever_up = np.zeros(functions, dtype=np.bool_)
    coefficient = np.zeros((m.buses, shares))
    nominal = np.zeros(m.buses)
    survival = np.zeros(m.buses)
    mode = np.zeros(m.buses, dtype=np.int8)
    in_survival = np.zeros(m.buses, dtype=np.bool_)
    level = np.zeros(stores)
    capacity = np.zeros(stores)
    floor = np.zeros(stores)
    charging = np.zeros(stores)
    discharging = np.zeros(stores)
    give = np.zeros(stores)
    take = np.zeros(stores)
    filled = np.zeros(stores, dtype=np.bool_)
    # sources and stores by bus, so that a step meets only its own
    giving = np.zeros((m.buses, shares), dtype=np.int64)
    givers = np.zeros(m.buses, dtype=np.int64)
    bus_first = np.zeros(m.buses + 1, dtype=np.int64)
    by_bus = np.empty(stores, dtype=np.int64)
    for b in range(m.buses):
        bus_first[b + 1] = bus_first[b]
        for s in range(stores):
            if m.bus_of[m.store_of[s]] == b:
                by_bus[bus_first[b + 1]] = s
                bus_first[b + 1] += 1
    fed_first = np.zeros(m.buses + 1, dtype=np.int64)
    fed = np.empty(m.order.size, dtype=np.int64)
    for b in range(m.buses):
        fed_first[b + 1] = fed_first[b]
        for p in range(m.order.size):
            if m.bus_of[m.order[p]] == b:
                fed[fed_first[b + 1]] = m.order[p]
                fed_first[b + 1] += 1
    full = np.zeros(m.buses, dtype=np.bool_)
    idle = np.zeros(m.buses, dtype=np.bool_)
    made_rate = np.zeros(sites)
    storage = np.zeros(sites)
    earth_rate = np.zeros(sites)
    relay_rate = np.zeros((sites, relays))
    stored = np.zeros(sites)
    books = tally.energy
    modes = tally.modes
    since = 0
    year = 0
    next_event = 0.0
    next_resupply = np.empty(items)
    for i in range(items):
        next_resupply[i] = m.resupply[i]
    tally.first_lost[:] = np.inf
    tally.frozen[:] = np.inf
    dirty = True

    for k in range(n + 1):
        if dirty or k >= next_event:
            dirty = False
            # --- books of the time since the last event
            passed = k - since
            if passed > 0:
                lost_one = False
                for f in range(functions):
                    if function_up[f]:
                        tally.up[f, year] += passed
                        tally.last_up[f] = k
                    elif ever_up[f]:
                        lost_one = True
                for e in range(elements):
                    if here[e] and not up[e]:
                        tally.down[e] += passed
                for i in range(items):
                    if here[m.item_of[i]] and working[i] < m.units[i + 1] - m.units[i]:
                        tally.item_down[i] += passed
                        if lost_one:
                            tally.blame[i] += passed
                for u in range(units):
                    age[u] += passed * ageing[u]
                for i in range(items):
                    shock_age[i] += passed * shock_ageing[i]
            since = k
            if k == n:
                break
            while k >= m.years[year + 1]:
                year += 1
            # --- arrivals, cold, failures, repairs
            for e in range(elements):
                if here[e] and k >= m.gone[e]:
                    here[e] = False
                    note(trace, k, LEFT, e)
                elif not here[e] and first[e] <= k < m.gone[e]:
                    here[e] = True
                    if first[e] > 0:
                        note(trace, k, ARRIVED, e)
                if here[e] and not frozen[e] and dark[e] and k - dark_since[e] >= m.endurance[e]:
                    frozen[e] = True
                    tally.frozen[e] = k
                    note(trace, k, FROZEN, e)
            for i in range(items):
                if not here[m.item_of[i]]:
                    continue
                if k >= next_resupply[i]:
                    spares[i] = m.spares[i]
                    while next_resupply[i] <= k:
                        next_resupply[i] += m.resupply[i]
                struck = shock_age[i] >= shock_at[i] - 1e-9
                if struck:
                    note(trace, k, SHOCK, i)
                    u01 = uniform(seed, run, STREAM_SHOCK, i, shocks[i])
                    shock_at[i] = shock_age[i] - np.log(u01) * m.shock_scale[i] * rate_factor[i]
                    shocks[i] += 1
                for u in range(m.units[i], m.units[i + 1]):
                    if state[u] == WORKS and (struck or age[u] >= fails_at[u] - 1e-9):
                        state[u] = HIDDEN
                        until[u] = k + m.detect[i]
                        tally.failures[i] += 1
                        note(trace, k, FAILED, i)
                    if state[u] == HIDDEN and k >= until[u]:
                        state[u] = WAITS
                        until[u] = np.inf
                        note(trace, k, DETECTED, i)
                    if state[u] == IN_REPAIR and k >= until[u]:
                        state[u] = WORKS
                        until[u] = np.inf
                        age[u] = 0.0
                        fails_at[u] = draw_life(m, i, rate_factor[i], seed, run, u, drawn[u])
                        drawn[u] += 1
                        note(trace, k, REPAIRED, i)
            # --- what works: robots first need to be known, so repairs begin after elements
            for e in range(elements):
                factor[e] = 1.0 if here[e] and not frozen[e] else 0.0
            for i in range(items):
                working[i] = 0
                for u in range(m.units[i], m.units[i + 1]):
                    if state[u] == WORKS:
                        working[i] += 1
                count = m.units[i + 1] - m.units[i]
                left = 1.0 if working[i] >= m.needed[i] else 0.0
                if m.shared[i] == 1:
                    left = working[i] / count
                factor[m.item_of[i]] = min(factor[m.item_of[i]], left)
            for e in range(elements):
                up[e] = factor[e] > 0.0 and not dark[e]
            for i in range(items):
                helper = m.robot[i]
                if not np.isfinite(m.repair[i]) or (helper >= 0 and not up[helper]) or frozen[m.item_of[i]]:
                    continue
                for u in range(m.units[i], m.units[i + 1]):
                    if state[u] == WAITS and spares[i] > 0:
                        spares[i] -= 1
                        tally.spent[i] += 1
                        state[u] = IN_REPAIR
                        until[u] = k + m.repair[i]
                        note(trace, k, REPAIR_BEGUN, i)
            # --- power
            coefficient[:] = 0.0
            nominal[:] = 0.0
            survival[:] = 0.0
            for e in range(elements):
                b = m.bus_of[e]
                if b < 0 or factor[e] <= 0.0:
                    continue
                nominal[b] += m.nominal[e] * load_factor[e]
                survival[b] += m.survival[e] * load_factor[e]
                if m.array_power[e] > 0.0:
                    clean = np.exp(-dust[e] * (k - m.first[e]))
                    coefficient[b, m.array_share[e]] += m.array_power[e] * array_factor[e] * factor[e] * clean
                if m.steady_power[e] > 0.0:
                    coefficient[b, m.steady_share[e]] += m.steady_power[e] * factor[e]
            for s in range(stores):
                e = m.store_of[s]
                b = m.bus_of[e]
                part = factor[e]
                grown = capacity_full[s] / m.capacity[s] * part
                capacity[s] = m.capacity[s] * grown
                floor[s] = m.floor[s] * grown
                charging[s] = m.charge_limit[s] * part
                discharging[s] = m.discharge_limit[s] * part
                if here[e] and not filled[s]:
                    filled[s] = True
                    level[s] = m.start[s] * capacity_full[s] / m.capacity[s]
                    books[b, ARRIVED_CHARGE] += level[s]
                if level[s] > capacity[s]:
                    books[b, LOST_CHARGE] += level[s] - capacity[s]
                    level[s] = capacity[s]
            for b in range(m.buses):
                full[b] = False
                givers[b] = 0
                for s in range(shares):
                    if coefficient[b, s] > 0.0:
                        giving[b, givers[b]] = s
                        givers[b] += 1
                # nothing gives and nothing asks: what is stored stays
                idle[b] = givers[b] == 0 and nominal[b] == 0.0 and survival[b] == 0.0 and mode[b] == NOMINAL
            # --- functions
            for f in range(functions):
                now = True
                for g in range(needs):
                    if m.need_function[g] != f:
                        continue
                    met = 0
                    for p in range(m.need_first[g], m.need_first[g + 1]):
                        e = m.need_element[p]
                        b = m.bus_of[e]
                        if up[e] and (m.in_nominal[f] == 0 or b < 0 or mode[b] == NOMINAL):
                            met += 1
                    if met < m.need_least[g]:
                        now = False
                if now != function_up[f]:
                    if ever_up[f]:
                        note(trace, k, FUNCTION_BACK if now else FUNCTION_LOST, f)
                    if not now and tally.first_lost[f] > k:
                        tally.first_lost[f] = k
                    function_up[f] = now
                ever_up[f] = ever_up[f] or now
            # --- data
            made_rate[:] = 0.0
            storage[:] = 0.0
            earth_rate[:] = 0.0
            relay_rate[:] = 0.0
            for e in range(elements):
                s = m.site_of[e]
                if s < 0 or not here[e]:
                    continue
                if factor[e] > 0.0:
                    storage[s] += m.storage[e]
                if not up[e]:
                    continue
                b = m.bus_of[e]
                made_rate[s] += m.made_nominal[e] if mode[b] == NOMINAL else m.made_survival[e]
                earth_rate[s] = max(earth_rate[s], m.earth_rate[e])
                for r in range(relays):
                    if up[m.relay_of[r]]:
                        relay_rate[s, r] = max(relay_rate[s, r], min(m.relay_rate[e], m.relay_limit[r]))
            # --- how fast units age, and when something happens next
            next_event = float(m.years[year + 1])
            if dusty:
                next_event = min(next_event, float((k // m.dust_every + 1) * m.dust_every))
            for e in range(elements):
                if here[e]:
                    next_event = min(next_event, float(m.gone[e]))
                elif k < first[e]:
                    next_event = min(next_event, float(first[e]))
                if here[e] and dark[e] and not frozen[e]:
                    next_event = min(next_event, dark_since[e] + m.endurance[e])
            for i in range(items):
                e = m.item_of[i]
                b = m.bus_of[e]
                asleep = not up[e] or (b >= 0 and mode[b] != NOMINAL)
                active = 0
                for u in range(m.units[i], m.units[i + 1]):
                    ageing[u] = 0.0
                    if here[e] and not frozen[e] and state[u] == WORKS:
                        resting = asleep or (m.shared[i] == 0 and active >= m.needed[i])
                        active += 1
                        ageing[u] = m.dormancy[i] if resting else 1.0
                        if ageing[u] > 0.0:
                            next_event = min(
                                next_event, k + np.ceil(max(fails_at[u] - age[u], 0.0) / ageing[u] - 1e-9)
                            )
                    next_event = min(next_event, until[u])
                    if state[u] == WAITS and spares[i] == 0:
                        next_event = min(next_event, next_resupply[i])
                shock_ageing[i] = 0.0
                if active > 0:
                    shock_ageing[i] = m.dormancy[i] if asleep else 1.0
                    if shock_ageing[i] > 0.0:
                        wait = max(shock_at[i] - shock_age[i], 0.0) / shock_ageing[i]
                        next_event = min(next_event, k + np.ceil(wait - 1e-9))
            next_event = max(next_event, k + 1.0)

        # --- one step of every bus: the rules of `moonstation.simulation.power`
        for b in range(m.buses):
            if idle[b] and trace.every == 0:
                modes[b, NOMINAL] += 1.0
                continue
            generation = 0.0
            for p in range(givers[b]):
                generation += coefficient[b, giving[b, p]] * m.share[giving[b, p], k]
            books[b, GENERATED] += generation * m.step_s
            if full[b] and mode[b] == NOMINAL and generation >= nominal[b]:
                # full stores and enough power: nothing but the books can change
                books[b, SERVED] += nominal[b] * m.step_s
                books[b, CURTAILED] += (generation - nominal[b]) * m.step_s
                modes[b, NOMINAL] += 1.0
                if trace.every > 0 and k % trace.every == 0:
                    keep_bus(
                        trace,
                        b,
                        k // trace.every,
                        total_of(level, by_bus, bus_first, b),
                        generation,
                        nominal[b],
                        NOMINAL,
                    )
                continue
            usable = 0.0
            usable_capacity = 0.0
            can_give = 0.0
            can_take = 0.0
            for p in range(bus_first[b], bus_first[b + 1]):
                s = by_bus[p]
                if capacity[s] <= 0.0:
                    continue
                above_floor = max(level[s] - floor[s], 0.0)
                usable += above_floor
                usable_capacity += capacity[s] - floor[s]
                give[s] = min(discharging[s], above_floor * m.one_way[s] / m.step_s)
                take[s] = min(charging[s], max(capacity[s] - level[s], 0.0) / (m.one_way[s] * m.step_s))
                can_give += give[s]
                can_take += take[s]
            carries = generation + can_give >= nominal[b] * (1.0 - ROUND_OFF)
            if survival[b] >= nominal[b]:
                in_survival[b] = False
            elif in_survival[b]:
                if carries and usable >= m.nominal_above * usable_capacity:
                    in_survival[b] = False
            elif not carries or (
                usable < m.survival_below * usable_capacity and generation < nominal[b] * (1.0 - ROUND_OFF)
            ):
                in_survival[b] = True
            now_mode = SURVIVAL if in_survival[b] else NOMINAL
            demand = survival[b] if in_survival[b] else nominal[b]
            surplus = generation - demand
            if surplus >= 0.0:
                taken = 0.0
                if can_take > 0.0:
                    portion = min(surplus / can_take, 1.0)
                    for p in range(bus_first[b], bus_first[b + 1]):
                        s = by_bus[p]
                        if capacity[s] <= 0.0:
                            continue
                        put = portion * take[s]
                        if put > 0.0:
                            level[s] = min(level[s] + put * m.one_way[s] * m.step_s, capacity[s])
                            books[b, LOSSES] += put * (1.0 - m.one_way[s]) * m.step_s
                            taken += put
                served = demand
                full[b] = can_take <= 0.0
                books[b, CURTAILED] += max(surplus - taken, 0.0) * m.step_s
            else:
                portion = min(-surplus / can_give, 1.0) if can_give > 0.0 else 0.0
                given = 0.0
                for p in range(bus_first[b], bus_first[b + 1]):
                    s = by_bus[p]
                    if capacity[s] <= 0.0:
                        continue
                    got = portion * give[s]
                    if got > 0.0:
                        level[s] = max(level[s] - got / m.one_way[s] * m.step_s, floor[s])
                        books[b, LOSSES] += got * (1.0 / m.one_way[s] - 1.0) * m.step_s
                        given += got
                served = generation + given
                missing = demand - served
                if missing > ROUND_OFF * demand:
                    now_mode = SHORT
                    books[b, UNSERVED] += missing * m.step_s
                    tally.unserved_year[b, year] += missing * m.step_s
            books[b, SERVED] += served * m.step_s
            modes[b, now_mode] += 1.0
            if now_mode == SHORT or mode[b] == SHORT:
                left = served * (1.0 + ROUND_OFF)
                for p in range(fed_first[b], fed_first[b + 1]):
                    e = fed[p]
                    if factor[e] <= 0.0:
                        continue
                    wants = min(m.survival[e], m.nominal[e]) * load_factor[e]
                    if survival[b] >= nominal[b]:
                        wants = m.nominal[e] * load_factor[e]
                    unfed = now_mode == SHORT and wants > left
                    if not unfed:
                        left -= wants
                    if unfed != dark[e]:
                        dark[e] = unfed
                        dark_since[e] = float(k) if unfed else np.inf
                        dirty = True
            if now_mode != mode[b]:
                mode[b] = now_mode
                dirty = True
                note(trace, k, MODE, 4 * b + now_mode)
            if trace.every > 0 and k % trace.every == 0:
                total = total_of(level, by_bus, bus_first, b)
                keep_bus(trace, b, k // trace.every, total, generation, served, now_mode)

        # --- and of every site's data: straight to ground first, then the relay that takes most
        for s in range(sites):
            making = made_rate[s] * m.step_s
            if making <= 0.0 and stored[s] <= 0.0:
                continue
            can = earth_rate[s] * m.ground[s, k] * m.step_s
            held = stored[s] + making
            if can < held:
                most = 0.0
                for r in range(relays):
                    most = max(most, relay_rate[s, r] * m.through[s, r, k])
                can += most * m.step_s
            sent = min(held, can)
            held -= sent
            over = max(held - storage[s], 0.0)
            stored[s] = held - over
            tally.data[s, MADE] += making
            tally.data[s, SENT] += sent
            tally.data[s, LOST] += over
        if trace.every > 0 and k % trace.every == 0:
            row = k // trace.every
            for s in range(sites):
                trace.stored[s, row] = stored[s]
            for e in range(elements):
                trace.working[e, row] = factor[e] if up[e] else 0.0
            for f in range(functions):
                trace.functions[f, row] = function_up[f]

    for s in range(stores):
        tally.energy[m.bus_of[m.store_of[s]], CHARGE_END] += level[s]
    for s in range(sites):
        tally.data[s, STORED_END] = stored[s]
