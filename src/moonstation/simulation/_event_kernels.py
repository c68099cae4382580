"""What happens at the events of a station's life: arrivals, cold, failures, repairs, ageing, and what they change."""

import numba
import numpy as np

from moonstation.arrays import AnyArray
from moonstation.simulation._ageing_kernels import age_stores, health_of
from moonstation.simulation._crew_kernels import begin_visits, crews_next, move_crews, use_stocks
from moonstation.simulation._draw_kernels import draw_life, draw_values, normal, shock_scale, uniform
from moonstation.simulation._life_model import (
    ARRAY,
    ARRIVED,
    ARRIVED_CHARGE,
    CLEANED,
    DATA,
    DEGRADATION,
    DELIVERED,
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
    LIVES_HERE,
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
def begin(m: LifeModel, now: Now, immune: AnyArray, seed: int, run: int, trace: Trace) -> None:
    """Fill the state before the first step, with all that the run draws once."""
    n = m.share.shape[1]
    drawn = now.drawn
    draw_values(m, seed, run, drawn)
    for e in range(m.parts.size):
        part, there = m.parts[e], now.parts[e]
        there.first = part.first
        there.dark_since = np.inf
        mission = part.mission_of
        if mission >= 0:
            risk = m.mission_risk[mission] * drawn[MISSION, mission]
            if uniform(seed, run, STREAM_MISSION, mission, 0) < risk:
                note(trace, min(part.first, n), NEVER_ARRIVED, e)
                there.first = n + 1
        if there.first > 0:
            there.starting = np.ceil(part.start_steps * drawn[START, e] - 1e-6)
        there.next_cleaning = there.first + part.cleaned_every
    for i in range(m.items.size):
        item = now.items[i]
        item.rate_factor = 1.0
        if m.items[i].sigma > 0.0:
            item.rate_factor = np.exp(m.items[i].sigma * normal(seed, run, STREAM_RATE, i))
        for u in range(m.units[i], m.units[i + 1]):
            unit = now.units[u]
            unit.lives = 1
            unit.until = np.inf
            unit.fails_at = np.inf
            if not immune[i]:
                unit.fails_at = draw_life(m, drawn, i, item.rate_factor, seed, run, u, 0)
        item.shock_at = np.inf
        if not immune[i]:
            scale = shock_scale(m, drawn, i, item.rate_factor)
            item.shock_at = -np.log(uniform(seed, run, STREAM_SHOCK, i, 0)) * scale
        item.shocks = 1
        item.spares = m.items[i].spares
        item.next_resupply = m.items[i].resupply
    for s in range(m.stores.size):
        given, store = m.stores[s], now.stores[s]
        store.size = given.capacity * drawn[STORE, s]
        store.into = max(1.0 - (1.0 - given.into) * drawn[STORE_LOSS, s], 0.01)
        store.out_of = max(1.0 - (1.0 - given.out_of) * drawn[STORE_LOSS, s], 0.01)
        # no division is left for the steps
        store.giving = store.out_of / m.step_s
        store.taking = 1.0 / (store.into * m.step_s)
        store.gain = store.into * m.step_s
        store.gain_lost = (1.0 - store.into) * m.step_s
        store.drain = m.step_s / store.out_of
        store.drain_lost = (1.0 / store.out_of - 1.0) * m.step_s
    begin_visits(m, now, seed, run)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def close_books(m: LifeModel, now: Now, tally: Tally, k: int, passed: int, year: int) -> None:
    """Book the steps that passed since the last event, in which nothing changed but charge."""
    if passed <= 0:
        return
    lost_one = False
    for f in range(m.in_nominal.size):
        if now.functions[f].there:
            tally.up[f, year] += passed
            tally.last_up[f] = k
        elif now.functions[f].ever:
            lost_one = True
    for e in range(m.parts.size):
        if not now.parts[e].here:
            continue
        if not now.parts[e].up:
            tally.down[e] += passed
        if (
            now.parts[e].starting > 0.0
            and now.parts[e].factor > 0.0
            and now.parts[e].fed
            and not now.parts[e].dark
        ):
            now.parts[e].starting -= passed
        if m.parts[e].array_power > 0.0:
            now.parts[e].dirt += passed * (m.parts[e].dust + now.drawn[DUST, e])
            now.parts[e].dirt += passed * m.parts[e].degradation * (now.drawn[DEGRADATION, e] - 1.0)
    for i in range(m.items.size):
        if now.parts[m.items[i].part].here and now.items[i].working < m.units[i + 1] - m.units[i]:
            tally.item_down[i] += passed
            if lost_one:
                tally.blame[i] += passed
        now.items[i].shock_age += passed * now.items[i].shock_ageing
    for u in range(now.units.size):
        now.units[u].age += passed * now.units[u].ageing
    age_stores(m, now, passed)
    use_stocks(m, now, tally, passed)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def clean(m: LifeModel, now: Now, trace: Trace, e: int, k: int) -> None:
    """Wipe the dust off an array when its time has come and who cleans works."""
    if not now.parts[e].here or k < now.parts[e].next_cleaning:
        return
    while now.parts[e].next_cleaning <= k:
        now.parts[e].next_cleaning += m.parts[e].cleaned_every
    helper = m.parts[e].cleaner
    if helper < 0 or now.parts[helper].up:
        # degradation stays: only dust is wiped off
        faded = (k - m.parts[e].first) * m.parts[e].degradation * (now.drawn[DEGRADATION, e] - 1.0)
        now.parts[e].dirt = faded + (now.parts[e].dirt - faded) * m.parts[e].cleaned_to
        note(trace, k, CLEANED, e)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def wear(m: LifeModel, now: Now, immune: AnyArray, tally: Tally, trace: Trace, k: int) -> None:
    """Take stores out of use whose capacity has faded too far; units that can be exchanged fail together."""
    for s in range(m.stores.size):
        e = m.stores[s].part
        if (
            m.stores[s].ages == 0
            or now.stores[s].worn
            or not now.parts[e].here
            or health_of(now, s) >= m.stores[s].retires
        ):
            continue
        i = m.stores[s].renewed_by
        if i >= 0 and immune[i]:
            continue
        note(trace, k, WORN, e)
        tally.worn[s] = min(tally.worn[s], float(k))
        if i < 0:
            now.stores[s].worn = True
            continue
        now.stores[s].damage = 0.0
        now.stores[s].depth = 0
        now.stores[s].heading = 0
        for u in range(m.units[i], m.units[i + 1]):
            if now.units[u].state == WORKS:
                now.units[u].fails_at = now.units[u].age


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def renew(m: LifeModel, now: Now, i: int) -> None:
    """A unit has been exchanged: its share of the ageing of what the item stores is gone."""
    for s in range(m.stores.size):
        if m.stores[s].renewed_by == i:
            now.stores[s].damage *= 1.0 - 1.0 / (m.units[i + 1] - m.units[i])


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def happen(
    m: LifeModel, now: Now, immune: AnyArray, seed: int, run: int, tally: Tally, trace: Trace, k: int
) -> None:
    """Arrivals, cold, failures and repairs of an instant, and what works after them."""
    elements, items = m.parts.size, m.items.size
    for e in range(elements):
        if now.parts[e].here and k >= m.parts[e].gone:
            now.parts[e].here = False
            note(trace, k, LEFT, e)
        elif not now.parts[e].here and now.parts[e].first <= k < m.parts[e].gone:
            now.parts[e].here = True
            for c in range(3):
                if m.brings[e, c] > 0.0:
                    now.stocks[m.parts[e].site_of, c] += m.brings[e, c]
                    tally.stocks[m.parts[e].site_of, c, DELIVERED] += m.brings[e, c]
            if now.parts[e].first > 0:
                note(trace, k, ARRIVED, e)
                land(m, now, e, k)
        if (
            now.parts[e].here
            and not now.parts[e].frozen
            and now.parts[e].dark
            and k - now.parts[e].dark_since >= m.parts[e].endurance * now.drawn[ENDURANCE, e]
        ):
            now.parts[e].frozen = True
            tally.frozen[e] = k
            note(trace, k, FROZEN, e)
    wear(m, now, immune, tally, trace, k)
    for i in range(items):
        if not now.parts[m.items[i].part].here:
            continue
        if k >= now.items[i].next_resupply:
            now.items[i].spares = m.items[i].spares
            while now.items[i].next_resupply <= k:
                now.items[i].next_resupply += m.items[i].resupply
        struck = now.items[i].shock_age >= now.items[i].shock_at - 1e-9
        if struck:
            note(trace, k, SHOCK, i)
            u01 = uniform(seed, run, STREAM_SHOCK, i, now.items[i].shocks)
            now.items[i].shock_at = now.items[i].shock_age - np.log(u01) * shock_scale(
                m, now.drawn, i, now.items[i].rate_factor
            )
            now.items[i].shocks += 1
        for u in range(m.units[i], m.units[i + 1]):
            if now.units[u].state == WORKS and (struck or now.units[u].age >= now.units[u].fails_at - 1e-9):
                now.units[u].state = HIDDEN
                now.units[u].until = k + np.ceil(m.items[i].detect * now.drawn[DETECTION, i])
                tally.failures[i] += 1
                note(trace, k, FAILED, i)
            if now.units[u].state == HIDDEN and k >= now.units[u].until:
                now.units[u].state = WAITS
                now.units[u].until = np.inf
                note(trace, k, DETECTED, i)
            if now.units[u].state == IN_REPAIR and k >= now.units[u].until:
                now.units[u].state = WORKS
                now.units[u].until = np.inf
                now.units[u].age = 0.0
                now.units[u].fails_at = draw_life(
                    m, now.drawn, i, now.items[i].rate_factor, seed, run, u, now.units[u].lives
                )
                now.units[u].lives += 1
                renew(m, now, i)
                note(trace, k, REPAIRED, i)
    # robots first need to be known, so repairs begin after elements
    for e in range(elements):
        now.parts[e].factor = 1.0 if now.parts[e].here and not now.parts[e].frozen else 0.0
    for i in range(items):
        now.items[i].working = 0
        for u in range(m.units[i], m.units[i + 1]):
            if now.units[u].state == WORKS:
                now.items[i].working += 1
        count = m.units[i + 1] - m.units[i]
        left = 1.0 if now.items[i].working >= m.items[i].needed else 0.0
        if m.items[i].shared == 1:
            left = now.items[i].working / count
        now.parts[m.items[i].part].factor = min(now.parts[m.items[i].part].factor, left)
    for e in range(elements):
        if now.parts[e].factor <= 0.0 and now.parts[e].here:
            now.parts[e].starting = np.ceil(m.parts[e].start_steps * now.drawn[START, e] - 1e-6)
        now.parts[e].fed = not now.parts[e].dark
        was = now.parts[e].up
        now.parts[e].up = now.parts[e].factor > 0.0 and not now.parts[e].dark and now.parts[e].starting <= 0.0
        if now.parts[e].up and not was and m.parts[e].start_steps > 0.0 and k > 0:
            note(trace, k, STARTED, e)
    move_crews(m, now, tally, trace, k)
    for e in range(elements):
        if m.parts[e].array_power > 0.0:
            clean(m, now, trace, e, k)
    for i in range(items):
        helper = m.items[i].robot
        if (
            not np.isfinite(m.items[i].repair)
            or (helper >= 0 and not now.parts[helper].up)
            or now.parts[m.items[i].part].frozen
        ):
            continue
        for u in range(m.units[i], m.units[i + 1]):
            if now.units[u].state == WAITS and now.items[i].spares > 0:
                now.items[i].spares -= 1
                tally.spent[i] += 1
                now.units[u].state = IN_REPAIR
                now.units[u].until = k + np.ceil(m.items[i].repair * now.drawn[REPAIR, i])
                note(trace, k, REPAIR_BEGUN, i)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def land(m: LifeModel, now: Now, e: int, k: int) -> None:
    """A landing throws dust on the arrays that stand at its site; what lands together throws it once."""
    for other in range(e):
        if (
            m.parts[other].site_of == m.parts[e].site_of
            and now.parts[other].here
            and now.parts[other].first == k
        ):
            return
    for a in range(m.parts.size):
        if (
            m.parts[a].array_power > 0.0
            and m.parts[a].site_of == m.parts[e].site_of
            and now.parts[a].here
            and now.parts[a].first < k
        ):
            now.parts[a].dirt += m.parts[a].dust_landing


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def set_power(m: LifeModel, now: Now, tally: Tally) -> None:
    """What gives, asks and stores on every bus."""
    shares = m.share.shape[0]
    now.coefficient[:] = 0.0
    for b in range(m.buses):
        now.buses[b].nominal = 0.0
        now.buses[b].survival = 0.0
        now.buses[b].heaters = 0
    for v in range(m.visits.size):
        if now.visits[v].state == LIVES_HERE and m.visits[v].bus >= 0:
            now.buses[m.visits[v].bus].nominal += now.visits[v].load
            now.buses[m.visits[v].bus].survival += now.visits[v].load
    for e in range(m.parts.size):
        b = m.parts[e].bus_of
        if b < 0 or now.parts[e].factor <= 0.0:
            continue
        now.buses[b].nominal += m.parts[e].nominal * now.drawn[LOAD, e]
        now.buses[b].survival += m.parts[e].survival * now.drawn[LOAD, e]
        if m.parts[e].heater >= 0:
            now.heating[b, now.buses[b].heaters] = m.parts[e].heater
            now.buses[b].heaters += 1
        if m.parts[e].array_power > 0.0:
            given = (
                m.parts[e].array_power
                * now.drawn[ARRAY, e]
                * now.parts[e].factor
                * np.exp(-now.parts[e].dirt)
            )
            now.coefficient[b, m.parts[e].array_share] += given
        if now.parts[e].starting > 0.0:
            now.buses[b].nominal += m.parts[e].start_power
            now.buses[b].survival += m.parts[e].start_power
        elif m.parts[e].steady_power > 0.0:
            given = m.parts[e].steady_power * now.drawn[SOURCE, e] * now.parts[e].factor
            now.coefficient[b, m.parts[e].steady_share] += given
    for s in range(m.stores.size):
        e = m.stores[s].part
        b = m.parts[e].bus_of
        part = now.parts[e].factor
        grown = now.stores[s].size / m.stores[s].capacity * part
        if m.stores[s].ages == 1:
            grown *= health_of(now, s)
        now.stores[s].capacity = m.stores[s].capacity * grown
        now.stores[s].floor = m.stores[s].floor * grown
        now.stores[s].charging = m.stores[s].charge_limit * part
        now.stores[s].discharging = m.stores[s].discharge_limit * part
        if now.parts[e].here and not now.stores[s].filled:
            now.stores[s].filled = True
            now.stores[s].level = m.stores[s].start * now.stores[s].size / m.stores[s].capacity
            now.stores[s].charge_then = m.stores[s].start / m.stores[s].capacity
            tally.energy[b, ARRIVED_CHARGE] += now.stores[s].level
        if now.stores[s].level > now.stores[s].capacity:
            tally.energy[b, LOST_CHARGE] += now.stores[s].level - now.stores[s].capacity
            now.stores[s].level = now.stores[s].capacity
    for b in range(m.buses):
        now.buses[b].full = False
        now.buses[b].fed_from = np.inf
        now.buses[b].fed_below = -np.inf
        now.buses[b].givers = 0
        for s in range(shares):
            if now.coefficient[b, s] > 0.0:
                now.giving[b, now.buses[b].givers] = s
                now.buses[b].givers += 1
        # nothing gives and nothing asks: what is stored stays
        now.buses[b].idle = (
            now.buses[b].givers == 0
            and now.buses[b].heaters == 0
            and now.buses[b].nominal == 0.0
            and now.buses[b].survival == 0.0
            and now.buses[b].mode == NOMINAL
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
                b = m.parts[e].bus_of
                if now.parts[e].up and (m.in_nominal[f] == 0 or b < 0 or now.buses[b].mode == NOMINAL):
                    met += 1
            if met < m.need_least[g]:
                there = False
        if there != now.functions[f].there:
            if now.functions[f].ever:
                note(trace, k, FUNCTION_BACK if there else FUNCTION_LOST, f)
            if not there and tally.first_lost[f] > k:
                tally.first_lost[f] = k
            now.functions[f].there = there
        now.functions[f].ever = now.functions[f].ever or there


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def set_data(m: LifeModel, now: Now) -> None:
    """What sites make, keep and can send."""
    for s in range(now.sites.size):
        now.sites[s].made_rate = 0.0
        now.sites[s].storage = 0.0
        now.sites[s].earth_rate = 0.0
    now.relay_rate[:] = 0.0
    for e in range(m.parts.size):
        s = m.parts[e].site_of
        if s < 0 or not now.parts[e].here:
            continue
        if now.parts[e].factor > 0.0:
            now.sites[s].storage += m.parts[e].storage * now.drawn[MEMORY, e]
        if not now.parts[e].up:
            continue
        makes = (
            m.parts[e].made_nominal
            if now.buses[m.parts[e].bus_of].mode == NOMINAL
            else m.parts[e].made_survival
        )
        now.sites[s].made_rate += makes * now.drawn[DATA, e]
        now.sites[s].earth_rate = max(now.sites[s].earth_rate, m.parts[e].earth_rate * now.drawn[LINK, e])
        for r in range(m.relays.size):
            o = m.relays[r].part
            if now.parts[o].up:
                can = min(m.parts[e].relay_rate * now.drawn[LINK, e], m.relays[r].limit * now.drawn[LINK, o])
                now.relay_rate[s, r] = max(now.relay_rate[s, r], can)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def next_after(m: LifeModel, now: Now, k: int, year: int) -> float:
    """How fast units age from now on, and the step at which something happens next."""
    soonest = float(m.years[year + 1])
    slow = False
    for s in range(m.stores.size):
        slow = slow or m.stores[s].ages == 1
    for e in range(m.parts.size):
        if now.parts[e].here:
            soonest = min(soonest, float(m.parts[e].gone))
            if now.parts[e].dark and not now.parts[e].frozen:
                soonest = min(
                    soonest, now.parts[e].dark_since + m.parts[e].endurance * now.drawn[ENDURANCE, e]
                )
            if now.parts[e].starting > 0.0 and now.parts[e].factor > 0.0 and not now.parts[e].dark:
                soonest = min(soonest, k + now.parts[e].starting)
            if m.parts[e].array_power > 0.0:
                soonest = min(soonest, now.parts[e].next_cleaning)
                changes = m.parts[e].dust + now.drawn[DUST, e]
                changes += m.parts[e].degradation * abs(now.drawn[DEGRADATION, e] - 1.0)
                slow = slow or changes != 0.0
        elif k < now.parts[e].first:
            soonest = min(soonest, float(now.parts[e].first))
    if slow:
        soonest = min(soonest, float((k // m.upkeep + 1) * m.upkeep))
    for i in range(m.items.size):
        e = m.items[i].part
        b = m.parts[e].bus_of
        asleep = not now.parts[e].up or (b >= 0 and now.buses[b].mode != NOMINAL)
        at_rest = min(m.items[i].dormancy * now.drawn[DORMANCY, i], 1.0)
        active = 0
        for u in range(m.units[i], m.units[i + 1]):
            now.units[u].ageing = 0.0
            if now.parts[e].here and not now.parts[e].frozen and now.units[u].state == WORKS:
                resting = asleep or (m.items[i].shared == 0 and active >= m.items[i].needed)
                active += 1
                now.units[u].ageing = at_rest if resting else 1.0
                if now.units[u].ageing > 0.0:
                    wait = max(now.units[u].fails_at - now.units[u].age, 0.0) / now.units[u].ageing
                    soonest = min(soonest, k + np.ceil(wait - 1e-9))
            soonest = min(soonest, now.units[u].until)
            if now.units[u].state == WAITS and now.items[i].spares == 0:
                soonest = min(soonest, now.items[i].next_resupply)
        now.items[i].shock_ageing = 0.0
        if active > 0:
            now.items[i].shock_ageing = at_rest if asleep else 1.0
            if now.items[i].shock_ageing > 0.0:
                wait = max(now.items[i].shock_at - now.items[i].shock_age, 0.0) / now.items[i].shock_ageing
                soonest = min(soonest, k + np.ceil(wait - 1e-9))
    soonest = min(soonest, crews_next(m, now, k))
    return max(soonest, k + 1.0)
