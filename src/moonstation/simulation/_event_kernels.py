"""What happens at the events of a station's life: arrivals, cold, failures, repairs, ageing, and what they change."""

import numba
import numpy as np

from moonstation.arrays import AnyArray
from moonstation.simulation._ageing_kernels import age_stores, health_of
from moonstation.simulation._draw_kernels import draw_life, draw_values, normal, shock_scale, uniform
from moonstation.simulation._life_model import (
    ARRAY,
    ARRIVED,
    ARRIVED_CHARGE,
    CLEANED,
    DATA,
    DEGRADATION,
    DETECTED,
    DETECTION,
    DORMANCY,
    DUST,
    ENDURANCE,
    FAILED,
    FROZEN,
    FUNCTION_BACK,
    FUNCTION_LOST,
    HIDDEN,
    IN_REPAIR,
    LEFT,
    LINK,
    LOAD,
    LOST_CHARGE,
    MEMORY,
    MISSION,
    NEVER_ARRIVED,
    NOMINAL,
    REPAIR,
    REPAIR_BEGUN,
    REPAIRED,
    SHOCK,
    SOURCE,
    START,
    STARTED,
    STORE,
    STORE_LOSS,
    STREAM_MISSION,
    STREAM_RATE,
    STREAM_SHOCK,
    TURNS,
    WAITS,
    WORKS,
    WORN,
    LifeModel,
    Now,
    Tally,
    Trace,
)
from moonstation.simulation._trace_kernels import note


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def begin(m: LifeModel, immune: AnyArray, seed: int, run: int, trace: Trace) -> Now:
    """The state before the first step, with all that the run draws once."""
    n = m.share.shape[1]
    elements, stores, items = m.bus_of.size, m.store_of.size, m.item_of.size
    units = m.units[items]
    functions, sites, relays, shares = m.in_nominal.size, m.ground.shape[0], m.relay_of.size, m.share.shape[0]
    drawn = draw_values(m, seed, run, max(elements, items, m.mission_risk.size))
    first = m.first.copy()
    for e in range(elements):
        mission = m.mission_of[e]
        if mission >= 0:
            risk = m.mission_risk[mission] * drawn[MISSION, mission]
            if uniform(seed, run, STREAM_MISSION, mission, 0) < risk:
                note(trace, min(first[e], n), NEVER_ARRIVED, e)
                first[e] = n + 1
    rate_factor = np.ones(items)
    item_of_unit = np.empty(units, dtype=np.int64)
    fails_at = np.full(units, np.inf)
    shock_at = np.full(items, np.inf)
    for i in range(items):
        if m.sigma[i] > 0.0:
            rate_factor[i] = np.exp(m.sigma[i] * normal(seed, run, STREAM_RATE, i))
        for u in range(m.units[i], m.units[i + 1]):
            item_of_unit[u] = i
            if not immune[i]:
                fails_at[u] = draw_life(m, drawn, i, rate_factor[i], seed, run, u, 0)
        if not immune[i]:
            shock_at[i] = -np.log(uniform(seed, run, STREAM_SHOCK, i, 0)) * shock_scale(
                m, drawn, i, rate_factor[i]
            )
    size = np.empty(stores)
    into = np.empty(stores)
    out_of = np.empty(stores)
    for s in range(stores):
        size[s] = m.capacity[s] * drawn[STORE, s]
        into[s] = max(1.0 - (1.0 - m.into[s]) * drawn[STORE_LOSS, s], 0.01)
        out_of[s] = max(1.0 - (1.0 - m.out_of[s]) * drawn[STORE_LOSS, s], 0.01)
    starting = np.zeros(elements)
    for e in range(elements):
        if first[e] > 0:
            starting[e] = np.ceil(m.start_steps[e] * drawn[START, e])
    # stores and loads by bus, so that a step meets only its own
    bus_first = np.zeros(m.buses + 1, dtype=np.int64)
    by_bus = np.empty(stores, dtype=np.int64)
    fed_first = np.zeros(m.buses + 1, dtype=np.int64)
    fed = np.empty(m.order.size, dtype=np.int64)
    for b in range(m.buses):
        bus_first[b + 1] = bus_first[b]
        for s in range(stores):
            if m.bus_of[m.store_of[s]] == b:
                by_bus[bus_first[b + 1]] = s
                bus_first[b + 1] += 1
        fed_first[b + 1] = fed_first[b]
        for p in range(m.order.size):
            if m.bus_of[m.order[p]] == b:
                fed[fed_first[b + 1]] = m.order[p]
                fed_first[b + 1] += 1
    return Now(
        drawn=drawn,
        first=first,
        here=np.zeros(elements, dtype=np.bool_),
        factor=np.zeros(elements),
        frozen=np.zeros(elements, dtype=np.bool_),
        dark=np.zeros(elements, dtype=np.bool_),
        dark_since=np.full(elements, np.inf),
        up=np.zeros(elements, dtype=np.bool_),
        starting=starting,
        dirt=np.zeros(elements),
        next_cleaning=first + m.cleaned_every,
        working=np.zeros(items, dtype=np.int64),
        rate_factor=rate_factor,
        shock_age=np.zeros(items),
        shock_at=shock_at,
        shock_ageing=np.zeros(items),
        shocks=np.ones(items, dtype=np.int64),
        spares=m.spares.copy(),
        next_resupply=m.resupply.copy(),
        item_of_unit=item_of_unit,
        age=np.zeros(units),
        ageing=np.zeros(units),
        fails_at=fails_at,
        lives=np.ones(units, dtype=np.int64),
        state=np.zeros(units, dtype=np.int8),
        until=np.full(units, np.inf),
        function_up=np.zeros(functions, dtype=np.bool_),
        ever_up=np.zeros(functions, dtype=np.bool_),
        coefficient=np.zeros((m.buses, shares)),
        giving=np.zeros((m.buses, shares), dtype=np.int64),
        givers=np.zeros(m.buses, dtype=np.int64),
        nominal=np.zeros(m.buses),
        survival=np.zeros(m.buses),
        mode=np.zeros(m.buses, dtype=np.int8),
        in_survival=np.zeros(m.buses, dtype=np.bool_),
        full=np.zeros(m.buses, dtype=np.bool_),
        idle=np.zeros(m.buses, dtype=np.bool_),
        size=size,
        level=np.zeros(stores),
        capacity=np.zeros(stores),
        floor=np.zeros(stores),
        charging=np.zeros(stores),
        discharging=np.zeros(stores),
        into=into,
        out_of=out_of,
        filled=np.zeros(stores, dtype=np.bool_),
        worn=np.zeros(stores, dtype=np.bool_),
        damage=np.zeros(stores),
        charge_then=np.zeros(stores),
        heading=np.zeros(stores, dtype=np.int64),
        turns=np.zeros((stores, TURNS)),
        depth=np.zeros(stores, dtype=np.int64),
        bus_first=bus_first,
        by_bus=by_bus,
        fed_first=fed_first,
        fed=fed,
        made_rate=np.zeros(sites),
        storage=np.zeros(sites),
        earth_rate=np.zeros(sites),
        relay_rate=np.zeros((sites, relays)),
        stored=np.zeros(sites),
    )


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def close_books(m: LifeModel, now: Now, tally: Tally, k: int, passed: int, year: int) -> None:
    """Book the steps that passed since the last event, in which nothing changed but charge."""
    if passed <= 0:
        return
    lost_one = False
    for f in range(m.in_nominal.size):
        if now.function_up[f]:
            tally.up[f, year] += passed
            tally.last_up[f] = k
        elif now.ever_up[f]:
            lost_one = True
    for e in range(m.bus_of.size):
        if not now.here[e]:
            continue
        if not now.up[e]:
            tally.down[e] += passed
        if now.starting[e] > 0.0 and now.factor[e] > 0.0 and not now.dark[e]:
            now.starting[e] -= passed
        if m.array_power[e] > 0.0:
            now.dirt[e] += passed * (m.dust[e] + now.drawn[DUST, e])
            now.dirt[e] += passed * m.degradation[e] * (now.drawn[DEGRADATION, e] - 1.0)
    for i in range(m.item_of.size):
        if now.here[m.item_of[i]] and now.working[i] < m.units[i + 1] - m.units[i]:
            tally.item_down[i] += passed
            if lost_one:
                tally.blame[i] += passed
        now.shock_age[i] += passed * now.shock_ageing[i]
    for u in range(now.age.size):
        now.age[u] += passed * now.ageing[u]
    age_stores(m, now, passed)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def clean(m: LifeModel, now: Now, trace: Trace, e: int, k: int) -> None:
    """Wipe the dust off an array when its time has come and who cleans works."""
    if not now.here[e] or k < now.next_cleaning[e]:
        return
    while now.next_cleaning[e] <= k:
        now.next_cleaning[e] += m.cleaned_every[e]
    helper = m.cleaner[e]
    if helper < 0 or now.up[helper]:
        # degradation stays: only dust is wiped off
        faded = (k - m.first[e]) * m.degradation[e] * (now.drawn[DEGRADATION, e] - 1.0)
        now.dirt[e] = faded + (now.dirt[e] - faded) * m.cleaned_to[e]
        note(trace, k, CLEANED, e)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def wear(m: LifeModel, now: Now, immune: AnyArray, tally: Tally, trace: Trace, k: int) -> None:
    """Take stores out of use whose capacity has faded too far; units that can be exchanged fail together."""
    for s in range(m.store_of.size):
        e = m.store_of[s]
        if m.ages[s] == 0 or now.worn[s] or not now.here[e] or health_of(now, s) >= m.retires[s]:
            continue
        i = m.renewed_by[s]
        if i >= 0 and immune[i]:
            continue
        note(trace, k, WORN, e)
        tally.worn[s] = min(tally.worn[s], float(k))
        if i < 0:
            now.worn[s] = True
            continue
        now.damage[s] = 0.0
        now.depth[s] = 0
        now.heading[s] = 0
        for u in range(m.units[i], m.units[i + 1]):
            if now.state[u] == WORKS:
                now.fails_at[u] = now.age[u]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def renew(m: LifeModel, now: Now, i: int) -> None:
    """A unit has been exchanged: its share of the ageing of what the item stores is gone."""
    for s in range(m.store_of.size):
        if m.renewed_by[s] == i:
            now.damage[s] *= 1.0 - 1.0 / (m.units[i + 1] - m.units[i])


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def happen(
    m: LifeModel, now: Now, immune: AnyArray, seed: int, run: int, tally: Tally, trace: Trace, k: int
) -> None:
    """Arrivals, cold, failures and repairs of an instant, and what works after them."""
    elements, items = m.bus_of.size, m.item_of.size
    for e in range(elements):
        if now.here[e] and k >= m.gone[e]:
            now.here[e] = False
            note(trace, k, LEFT, e)
        elif not now.here[e] and now.first[e] <= k < m.gone[e]:
            now.here[e] = True
            if now.first[e] > 0:
                note(trace, k, ARRIVED, e)
                land(m, now, e, k)
        if (
            now.here[e]
            and not now.frozen[e]
            and now.dark[e]
            and k - now.dark_since[e] >= m.endurance[e] * now.drawn[ENDURANCE, e]
        ):
            now.frozen[e] = True
            tally.frozen[e] = k
            note(trace, k, FROZEN, e)
    wear(m, now, immune, tally, trace, k)
    for i in range(items):
        if not now.here[m.item_of[i]]:
            continue
        if k >= now.next_resupply[i]:
            now.spares[i] = m.spares[i]
            while now.next_resupply[i] <= k:
                now.next_resupply[i] += m.resupply[i]
        struck = now.shock_age[i] >= now.shock_at[i] - 1e-9
        if struck:
            note(trace, k, SHOCK, i)
            u01 = uniform(seed, run, STREAM_SHOCK, i, now.shocks[i])
            now.shock_at[i] = now.shock_age[i] - np.log(u01) * shock_scale(
                m, now.drawn, i, now.rate_factor[i]
            )
            now.shocks[i] += 1
        for u in range(m.units[i], m.units[i + 1]):
            if now.state[u] == WORKS and (struck or now.age[u] >= now.fails_at[u] - 1e-9):
                now.state[u] = HIDDEN
                now.until[u] = k + np.ceil(m.detect[i] * now.drawn[DETECTION, i])
                tally.failures[i] += 1
                note(trace, k, FAILED, i)
            if now.state[u] == HIDDEN and k >= now.until[u]:
                now.state[u] = WAITS
                now.until[u] = np.inf
                note(trace, k, DETECTED, i)
            if now.state[u] == IN_REPAIR and k >= now.until[u]:
                now.state[u] = WORKS
                now.until[u] = np.inf
                now.age[u] = 0.0
                now.fails_at[u] = draw_life(
                    m, now.drawn, i, now.rate_factor[i], seed, run, u, now.lives[u]
                )
                now.lives[u] += 1
                renew(m, now, i)
                note(trace, k, REPAIRED, i)
    # robots first need to be known, so repairs begin after elements
    for e in range(elements):
        now.factor[e] = 1.0 if now.here[e] and not now.frozen[e] else 0.0
    for i in range(items):
        now.working[i] = 0
        for u in range(m.units[i], m.units[i + 1]):
            if now.state[u] == WORKS:
                now.working[i] += 1
        count = m.units[i + 1] - m.units[i]
        left = 1.0 if now.working[i] >= m.needed[i] else 0.0
        if m.shared[i] == 1:
            left = now.working[i] / count
        now.factor[m.item_of[i]] = min(now.factor[m.item_of[i]], left)
    for e in range(elements):
        if now.factor[e] <= 0.0 and now.here[e]:
            now.starting[e] = np.ceil(m.start_steps[e] * now.drawn[START, e])
        was = now.up[e]
        now.up[e] = now.factor[e] > 0.0 and not now.dark[e] and now.starting[e] <= 0.0
        if now.up[e] and not was and m.start_steps[e] > 0.0 and k > 0:
            note(trace, k, STARTED, e)
    for e in range(elements):
        if m.array_power[e] > 0.0:
            clean(m, now, trace, e, k)
    for i in range(items):
        helper = m.robot[i]
        if (
            not np.isfinite(m.repair[i])
            or (helper >= 0 and not now.up[helper])
            or now.frozen[m.item_of[i]]
        ):
            continue
        for u in range(m.units[i], m.units[i + 1]):
            if now.state[u] == WAITS and now.spares[i] > 0:
                now.spares[i] -= 1
                tally.spent[i] += 1
                now.state[u] = IN_REPAIR
                now.until[u] = k + np.ceil(m.repair[i] * now.drawn[REPAIR, i])
                note(trace, k, REPAIR_BEGUN, i)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def land(m: LifeModel, now: Now, e: int, k: int) -> None:
    """A landing throws dust on the arrays that stand at its site; what lands together throws it once."""
    for other in range(e):
        if m.site_of[other] == m.site_of[e] and now.here[other] and now.first[other] == k:
            return
    for a in range(m.bus_of.size):
        if m.array_power[a] > 0.0 and m.site_of[a] == m.site_of[e] and now.here[a] and now.first[a] < k:
            now.dirt[a] += m.dust_landing[a]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def refresh(m: LifeModel, now: Now, tally: Tally, trace: Trace, k: int) -> None:
    """Power, functions and data of the elements as they are now."""
    set_power(m, now, tally)
    set_functions(m, now, tally, trace, k)
    set_data(m, now)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def set_power(m: LifeModel, now: Now, tally: Tally) -> None:
    """What gives, asks and stores on every bus."""
    shares = m.share.shape[0]
    now.coefficient[:] = 0.0
    now.nominal[:] = 0.0
    now.survival[:] = 0.0
    for e in range(m.bus_of.size):
        b = m.bus_of[e]
        if b < 0 or now.factor[e] <= 0.0:
            continue
        now.nominal[b] += m.nominal[e] * now.drawn[LOAD, e]
        now.survival[b] += m.survival[e] * now.drawn[LOAD, e]
        if m.array_power[e] > 0.0:
            given = m.array_power[e] * now.drawn[ARRAY, e] * now.factor[e] * np.exp(-now.dirt[e])
            now.coefficient[b, m.array_share[e]] += given
        if now.starting[e] > 0.0:
            now.nominal[b] += m.start_power[e]
            now.survival[b] += m.start_power[e]
        elif m.steady_power[e] > 0.0:
            given = m.steady_power[e] * now.drawn[SOURCE, e] * now.factor[e]
            now.coefficient[b, m.steady_share[e]] += given
    for s in range(m.store_of.size):
        e = m.store_of[s]
        b = m.bus_of[e]
        part = now.factor[e]
        grown = now.size[s] / m.capacity[s] * part
        if m.ages[s] == 1:
            grown *= health_of(now, s)
        now.capacity[s] = m.capacity[s] * grown
        now.floor[s] = m.floor[s] * grown
        now.charging[s] = m.charge_limit[s] * part
        now.discharging[s] = m.discharge_limit[s] * part
        if now.here[e] and not now.filled[s]:
            now.filled[s] = True
            now.level[s] = m.start[s] * now.size[s] / m.capacity[s]
            now.charge_then[s] = m.start[s] / m.capacity[s]
            tally.energy[b, ARRIVED_CHARGE] += now.level[s]
        if now.level[s] > now.capacity[s]:
            tally.energy[b, LOST_CHARGE] += now.level[s] - now.capacity[s]
            now.level[s] = now.capacity[s]
    for b in range(m.buses):
        now.full[b] = False
        now.givers[b] = 0
        for s in range(shares):
            if now.coefficient[b, s] > 0.0:
                now.giving[b, now.givers[b]] = s
                now.givers[b] += 1
        # nothing gives and nothing asks: what is stored stays
        now.idle[b] = (
            now.givers[b] == 0 and now.nominal[b] == 0.0 and now.survival[b] == 0.0 and now.mode[b] == NOMINAL
        )


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def set_functions(m: LifeModel, now: Now, tally: Tally, trace: Trace, k: int) -> None:
    """Which functions are there."""
    for f in range(m.in_nominal.size):
        there = True
        for g in range(m.need_function.size):
            if m.need_function[g] != f:
                continue
            met = 0
            for p in range(m.need_first[g], m.need_first[g + 1]):
                e = m.need_element[p]
                b = m.bus_of[e]
                if now.up[e] and (m.in_nominal[f] == 0 or b < 0 or now.mode[b] == NOMINAL):
                    met += 1
            if met < m.need_least[g]:
                there = False
        if there != now.function_up[f]:
            if now.ever_up[f]:
                note(trace, k, FUNCTION_BACK if there else FUNCTION_LOST, f)
            if not there and tally.first_lost[f] > k:
                tally.first_lost[f] = k
            now.function_up[f] = there
        now.ever_up[f] = now.ever_up[f] or there


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def set_data(m: LifeModel, now: Now) -> None:
    """What sites make, keep and can send."""
    now.made_rate[:] = 0.0
    now.storage[:] = 0.0
    now.earth_rate[:] = 0.0
    now.relay_rate[:] = 0.0
    for e in range(m.bus_of.size):
        s = m.site_of[e]
        if s < 0 or not now.here[e]:
            continue
        if now.factor[e] > 0.0:
            now.storage[s] += m.storage[e] * now.drawn[MEMORY, e]
        if not now.up[e]:
            continue
        makes = m.made_nominal[e] if now.mode[m.bus_of[e]] == NOMINAL else m.made_survival[e]
        now.made_rate[s] += makes * now.drawn[DATA, e]
        now.earth_rate[s] = max(now.earth_rate[s], m.earth_rate[e] * now.drawn[LINK, e])
        for r in range(m.relay_of.size):
            o = m.relay_of[r]
            if now.up[o]:
                can = min(m.relay_rate[e] * now.drawn[LINK, e], m.relay_limit[r] * now.drawn[LINK, o])
                now.relay_rate[s, r] = max(now.relay_rate[s, r], can)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def next_after(m: LifeModel, now: Now, k: int, year: int) -> float:
    """How fast units age from now on, and the step at which something happens next."""
    soonest = float(m.years[year + 1])
    slow = False
    for s in range(m.store_of.size):
        slow = slow or m.ages[s] == 1
    for e in range(m.bus_of.size):
        if now.here[e]:
            soonest = min(soonest, float(m.gone[e]))
            if now.dark[e] and not now.frozen[e]:
                soonest = min(soonest, now.dark_since[e] + m.endurance[e] * now.drawn[ENDURANCE, e])
            if now.starting[e] > 0.0 and now.factor[e] > 0.0 and not now.dark[e]:
                soonest = min(soonest, k + now.starting[e])
            if m.array_power[e] > 0.0:
                soonest = min(soonest, now.next_cleaning[e])
                changes = m.dust[e] + now.drawn[DUST, e]
                changes += m.degradation[e] * abs(now.drawn[DEGRADATION, e] - 1.0)
                slow = slow or changes != 0.0
        elif k < now.first[e]:
            soonest = min(soonest, float(now.first[e]))
    if slow:
        soonest = min(soonest, float((k // m.upkeep + 1) * m.upkeep))
    for i in range(m.item_of.size):
        e = m.item_of[i]
        b = m.bus_of[e]
        asleep = not now.up[e] or (b >= 0 and now.mode[b] != NOMINAL)
        at_rest = min(m.dormancy[i] * now.drawn[DORMANCY, i], 1.0)
        active = 0
        for u in range(m.units[i], m.units[i + 1]):
            now.ageing[u] = 0.0
            if now.here[e] and not now.frozen[e] and now.state[u] == WORKS:
                resting = asleep or (m.shared[i] == 0 and active >= m.needed[i])
                active += 1
                now.ageing[u] = at_rest if resting else 1.0
                if now.ageing[u] > 0.0:
                    wait = max(now.fails_at[u] - now.age[u], 0.0) / now.ageing[u]
                    soonest = min(soonest, k + np.ceil(wait - 1e-9))
            soonest = min(soonest, now.until[u])
            if now.state[u] == WAITS and now.spares[i] == 0:
                soonest = min(soonest, now.next_resupply[i])
        now.shock_ageing[i] = 0.0
        if active > 0:
            now.shock_ageing[i] = at_rest if asleep else 1.0
            if now.shock_ageing[i] > 0.0:
                wait = max(now.shock_at[i] - now.shock_age[i], 0.0) / now.shock_ageing[i]
                soonest = min(soonest, k + np.ceil(wait - 1e-9))
    return max(soonest, k + 1.0)
