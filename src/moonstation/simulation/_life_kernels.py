"""Compiled loop of a station's life: power and data step by step, and what happens at events in between.

Between two events (a failure, a repair, an arrival, a change of mode, the end of a year) the station stays as it is, so
what depends on its elements is worked out at events only and a step costs little more than its buses. All times are in
steps.
"""

import numba
import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.simulation._ageing_kernels import half_cycles, health_of, turn
from moonstation.simulation._event_kernels import begin, close_books, happen, next_after, refresh
from moonstation.simulation._kernels import ROUND_OFF
from moonstation.simulation._life_model import (
    CHARGE_END,
    CURTAILED,
    GENERATED,
    LOAD,
    LOSSES,
    LOST,
    MADE,
    MODE,
    NOMINAL,
    SENT,
    SERVED,
    SHORT,
    STORED_END,
    SURVIVAL,
    UNSERVED,
    LifeModel,
    Tally,
    Trace,
)
from moonstation.simulation._trace_kernels import keep_bus, note


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def total_of(level: FloatArray, by_bus: IntArray, bus_first: IntArray, bus: int) -> float:
    """What the stores of a bus hold together [J]."""
    total = 0.0
    for p in range(bus_first[bus], bus_first[bus + 1]):
        total += level[by_bus[p]]
    return total


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def live(m: LifeModel, immune: AnyArray, seed: int, run: int, tally: Tally, trace: Trace) -> None:
    """Live one run through; fills `tally` and, where it has room, `trace`. Items marked `immune` (i,) never fail."""
    n = m.share.shape[1]
    elements = m.bus_of.size
    functions = m.in_nominal.size
    stores = m.store_of.size
    sites = m.ground.shape[0]
    relays = m.relay_of.size
    now = begin(m, immune, seed, run, trace)
    load_factor = now.drawn[LOAD]
    factor, dark, dark_since = now.factor, now.dark, now.dark_since
    coefficient, giving, givers = now.coefficient, now.giving, now.givers
    nominal, survival, mode = now.nominal, now.survival, now.mode
    in_survival, full, idle = now.in_survival, now.full, now.idle
    level, capacity, floor = now.level, now.capacity, now.floor
    charging, discharging, into, out_of = now.charging, now.discharging, now.into, now.out_of
    heading, turns, depth, damage = now.heading, now.turns, now.depth, now.damage
    bus_first, by_bus, fed_first, fed = now.bus_first, now.by_bus, now.fed_first, now.fed
    made_rate, storage, stored = now.made_rate, now.storage, now.stored
    earth_rate, relay_rate = now.earth_rate, now.relay_rate
    give = np.zeros(stores)
    take = np.zeros(stores)
    books = tally.energy
    modes = tally.modes
    since = 0
    year = 0
    next_event = 0.0
    tally.first_lost[:] = np.inf
    tally.frozen[:] = np.inf
    tally.worn[:] = np.inf
    dirty = True

    for k in range(n + 1):
        if dirty or k >= next_event:
            dirty = False
            close_books(m, now, tally, k, k - since, year)
            since = k
            if k == n:
                break
            while k >= m.years[year + 1]:
                year += 1
            happen(m, now, immune, seed, run, tally, trace, k)
            refresh(m, now, tally, trace, k)
            next_event = next_after(m, now, k, year)

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
                    total = total_of(level, by_bus, bus_first, b)
                    keep_bus(trace, b, k // trace.every, total, generation, nominal[b], NOMINAL)
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
                give[s] = min(discharging[s], above_floor * out_of[s] / m.step_s)
                take[s] = min(charging[s], max(capacity[s] - level[s], 0.0) / (into[s] * m.step_s))
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
                            if m.ages[s] == 1 and heading[s] <= 0:
                                turn(m, damage, turns, depth, s, level[s] / capacity[s])
                                heading[s] = 1
                            level[s] = min(level[s] + put * into[s] * m.step_s, capacity[s])
                            books[b, LOSSES] += put * (1.0 - into[s]) * m.step_s
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
                        if m.ages[s] == 1 and heading[s] >= 0:
                            turn(m, damage, turns, depth, s, level[s] / capacity[s])
                            heading[s] = -1
                        level[s] = max(level[s] - got / out_of[s] * m.step_s, floor[s])
                        books[b, LOSSES] += got * (1.0 / out_of[s] - 1.0) * m.step_s
                        tally.through_store[s] += got * m.step_s
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
                    if now.starting[e] > 0.0:
                        wants += m.start_power[e]
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
                trace.working[e, row] = factor[e] if now.up[e] else 0.0
            for f in range(functions):
                trace.functions[f, row] = now.function_up[f]
            for s in range(stores):
                trace.health[s, row] = health_of(now, s)

    for s in range(stores):
        tally.energy[m.bus_of[m.store_of[s]], CHARGE_END] += level[s]
        if m.ages[s] == 1:
            damage[s] += m.cycling[s] * half_cycles(turns[s], depth[s])
        tally.health[s] = health_of(now, s)
    for s in range(sites):
        tally.data[s, STORED_END] = stored[s]
