"""Compiled loop of a station's life: power and data step by step, and what happens at events in between.

Between two events (a failure, a repair, an arrival, a change of mode, the end of a year) the station stays as it is, so
what depends on its elements is worked out at events only and a step costs little more than its buses. All times are in
steps.
"""

import numba
import numpy as np

from moonstation.arrays import AnyArray
from moonstation.simulation._ageing_kernels import half_cycles, health_of, turn
from moonstation.simulation._crew_kernels import feed_crews
from moonstation.simulation._event_kernels import (
    begin,
    close_books,
    happen,
    next_after,
    set_data,
    set_functions,
    set_power,
)
from moonstation.simulation._kernels import ROUND_OFF
from moonstation.simulation._life_model import (
    CHARGE_END,
    CURTAILED,
    GENERATED,
    LEFT_OVER,
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
    Now,
    Tally,
    Trace,
)
from moonstation.simulation._trace_kernels import keep_bus, keep_instant, note


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def total_of(m: LifeModel, stores: AnyArray, bus: int) -> float:
    """What the stores of a bus hold together [J]."""
    total = 0.0
    for p in range(m.bus_first[bus], m.bus_first[bus + 1]):
        total += stores[m.by_bus[p]].level
    return total


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def live(m: LifeModel, now: Now, immune: AnyArray, seed: int, run: int, tally: Tally, trace: Trace) -> None:
    """Live one run through; fills `tally` and, where it has room, `trace`. Items marked `immune` (i,) never fail.

    `now` is room for the state, all zero.
    """
    n = m.share.shape[1]
    stores = now.stores
    sites = m.ground.shape[0]
    relays = m.relays.size
    books = tally.energy
    modes = tally.modes
    since = 0
    year = 0
    next_event = 0.0
    tally.first_lost[:] = np.inf
    tally.frozen[:] = np.inf
    tally.worn[:] = np.inf
    for v in range(m.visits.size):
        tally.visits[v, 0] = -1.0
    begin(m, now, immune, seed, run, trace)
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
            set_power(m, now, tally)
            set_functions(m, now, tally, trace, k)
            set_data(m, now)
            next_event = next_after(m, now, k, year)
        traced = trace.every > 0 and k % trace.every == 0

        # --- one step of every bus: the rules of `moonstation.simulation.power`
        for b in range(m.buses):
            bus = now.buses[b]
            if bus.idle and trace.every == 0:
                modes[b, NOMINAL] += 1.0
                continue
            generation = 0.0
            for p in range(bus.givers):
                source = now.giving[b, p]
                generation += now.coefficient[b, source] * m.share[source, k]
            books[b, GENERATED] += generation * m.step_s
            # heaters ask for as much as it is cold, in either mode
            heat = 0.0
            for p in range(bus.heaters):
                heat += m.heat[now.heating[b, p], k]
            nominal = bus.nominal + heat
            survival = bus.survival + heat
            if bus.full and bus.mode == NOMINAL and generation >= nominal:
                # full stores and enough power: nothing but the books can change
                books[b, SERVED] += nominal * m.step_s
                books[b, CURTAILED] += (generation - nominal) * m.step_s
                modes[b, NOMINAL] += 1.0
                if traced:
                    total = total_of(m, stores, b)
                    keep_bus(trace, b, k // trace.every, total, generation, nominal, NOMINAL)
                continue
            usable = 0.0
            usable_capacity = 0.0
            can_give = 0.0
            can_take = 0.0
            for p in range(m.bus_first[b], m.bus_first[b + 1]):
                store = stores[m.by_bus[p]]
                store.give = 0.0
                store.take = 0.0
                if store.capacity <= 0.0:
                    continue
                above_floor = max(store.level - store.floor, 0.0)
                usable += above_floor
                usable_capacity += store.capacity - store.floor
                store.give = min(store.discharging, above_floor * store.giving)
                store.take = min(store.charging, max(store.capacity - store.level, 0.0) * store.taking)
                can_give += store.give
                can_take += store.take
            carries = generation + can_give >= nominal * (1.0 - ROUND_OFF)
            if survival >= nominal:
                bus.in_survival = False
            elif bus.in_survival:
                if carries and usable >= m.nominal_above * usable_capacity:
                    bus.in_survival = False
            elif not carries or (
                usable < m.survival_below * usable_capacity and generation < nominal * (1.0 - ROUND_OFF)
            ):
                bus.in_survival = True
            mode = SURVIVAL if bus.in_survival else NOMINAL
            demand = survival if bus.in_survival else nominal
            surplus = generation - demand
            if surplus >= 0.0:
                taken = 0.0
                if can_take > 0.0:
                    portion = surplus / can_take if surplus < can_take else 1.0
                    for p in range(m.bus_first[b], m.bus_first[b + 1]):
                        s = m.by_bus[p]
                        store = stores[s]
                        put = portion * store.take
                        if put > 0.0:
                            if m.stores[s].ages == 1 and store.heading <= 0:
                                turn(m, now, s, 1)
                            store.level = min(store.level + put * store.gain, store.capacity)
                            books[b, LOSSES] += put * store.gain_lost
                            taken += put
                served = demand
                bus.full = can_take <= 0.0
                books[b, CURTAILED] += max(surplus - taken, 0.0) * m.step_s
            else:
                bus.full = False
                portion = -surplus / can_give if -surplus < can_give else 1.0
                given = 0.0
                for p in range(m.bus_first[b], m.bus_first[b + 1]):
                    s = m.by_bus[p]
                    store = stores[s]
                    got = portion * store.give
                    if got > 0.0:
                        if m.stores[s].ages == 1 and store.heading >= 0:
                            turn(m, now, s, -1)
                        store.level = max(store.level - got * store.drain, store.floor)
                        books[b, LOSSES] += got * store.drain_lost
                        tally.through_store[s] += got * m.step_s
                        given += got
                served = generation + given
                missing = demand - served
                if missing > ROUND_OFF * demand:
                    mode = SHORT
                    books[b, UNSERVED] += missing * m.step_s
                    tally.unserved_year[b, year] += missing * m.step_s
            books[b, SERVED] += served * m.step_s
            modes[b, mode] += 1.0
            known = mode == SHORT and bus.heaters == 0 and bus.fed_from <= served < bus.fed_below
            if not known and (mode == SHORT or bus.mode == SHORT):
                dirty = feed(m, now, b, k, served, mode == SHORT) or dirty
            if mode != bus.mode:
                bus.mode = mode
                dirty = True
                note(trace, k, MODE, 4 * b + mode)
            if traced:
                keep_bus(trace, b, k // trace.every, total_of(m, stores, b), generation, served, mode)

        # --- and of every site's data: straight to ground first, then the relay that takes most
        for s in range(sites):
            site = now.sites[s]
            making = site.made_rate * m.step_s
            if making <= 0.0 and site.stored <= 0.0:
                continue
            can = site.earth_rate * m.ground[s, k] * m.step_s
            held = site.stored + making
            if can < held:
                most = 0.0
                for r in range(relays):
                    most = max(most, now.relay_rate[s, r] * m.through[s, r, k])
                can += most * m.step_s
            sent = min(held, can)
            held -= sent
            over = max(held - site.storage, 0.0)
            site.stored = held - over
            tally.data[s, MADE] += making
            tally.data[s, SENT] += sent
            tally.data[s, LOST] += over
        if traced:
            keep_instant(now, trace, k // trace.every)

    for s in range(stores.size):
        tally.energy[m.parts[m.stores[s].part].bus_of, CHARGE_END] += stores[s].level
        if m.stores[s].ages == 1:
            stores[s].damage += m.stores[s].cycling * half_cycles(now.turns[s], stores[s].depth)
        tally.health[s] = health_of(now, s)
    for s in range(sites):
        tally.data[s, STORED_END] = now.sites[s].stored
        for c in range(3):
            tally.stocks[s, c, LEFT_OVER] = now.stocks[s, c]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def feed(m: LifeModel, now: Now, b: int, k: int, served: float, short: bool) -> bool:
    """Feed survival loads in their order, each wholly or not at all; tells whether any went dark or came back.

    Keeps between which powers the same loads would be fed, so that steps need not ask again.
    """
    bus = now.buses[b]
    left, changed, less, more = feed_crews(m, now, b, served * (1.0 + ROUND_OFF), short)
    for p in range(m.fed_first[b], m.fed_first[b + 1]):
        e = m.fed[p]
        part, there = m.parts[e], now.parts[e]
        if there.factor <= 0.0:
            continue
        wants = min(part.survival, part.nominal) * now.drawn[LOAD, e]
        if bus.survival >= bus.nominal:
            wants = part.nominal * now.drawn[LOAD, e]
        if part.heater >= 0:
            wants += m.heat[part.heater, k]
        if there.starting > 0.0:
            wants += part.start_power
        unfed = short and wants > left
        if unfed:
            more = min(more, wants - left)
        else:
            left -= wants
            less = min(less, left)
        if unfed != there.dark:
            there.dark = unfed
            there.dark_since = float(k) if unfed else np.inf
            changed = True
    # a little within the bounds, so that round-off does not decide
    bus.fed_from = served - 0.999 * max(less, 0.0) if short else np.inf
    bus.fed_below = served + 0.999 * more if short else -np.inf
    return changed
