"""Compiled loops of power and data: float arrays in and out, SI units, no objects.

Their plain Python references are in tests/simulation/reference.py.
"""

import numba
import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray

ROUND_OFF = 1e-12
"""Share of a load below which it counts as served: sums of powers in another order differ by less."""

HALF_A_BIT = 0.5
"""Less than this is round-off [bit]: such a rest goes along with what was sent, such a room counts as full."""


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def step_bus(
    generation: FloatArray,
    nominal: FloatArray,
    survival: FloatArray,
    capacity: FloatArray,
    floor: FloatArray,
    start: FloatArray,
    into: FloatArray,
    out_of: FloatArray,
    charge_limit: FloatArray,
    discharge_limit: FloatArray,
    first: IntArray,
    dt: float,
    survival_below: float,
    nominal_above: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, AnyArray]:
    """Run one bus: generation and loads (n,) [W], batteries (b,) [J, W], step [s].

    Returns the charge of each battery (b, n + 1) [J] (at each instant, and after the last step), and for each
    step served, unserved, curtailed and lost power (n,) [W], and the mode (n,) int8.
    """
    n = generation.size
    batteries = capacity.size
    charge = np.zeros((batteries, n + 1))
    served = np.zeros(n)
    unserved = np.zeros(n)
    curtailed = np.zeros(n)
    losses = np.zeros(n)
    mode = np.zeros(n, dtype=np.int8)
    level = np.zeros(batteries)
    give = np.zeros(batteries)
    take = np.zeros(batteries)
    in_survival = False
    for k in range(n):
        usable = 0.0
        usable_capacity = 0.0
        can_give = 0.0
        can_take = 0.0
        for b in range(batteries):
            if k == first[b]:
                level[b] = start[b]
            if k < first[b]:
                give[b] = 0.0
                take[b] = 0.0
                continue
            above_floor = max(level[b] - floor[b], 0.0)
            usable += above_floor
            usable_capacity += capacity[b] - floor[b]
            give[b] = min(discharge_limit[b], above_floor * out_of[b] / dt)
            take[b] = min(charge_limit[b], max(capacity[b] - level[b], 0.0) / (into[b] * dt))
            can_give += give[b]
            can_take += take[b]
            charge[b, k] = level[b]

        carries_nominal = generation[k] + can_give >= nominal[k] * (1.0 - ROUND_OFF)
        if survival[k] >= nominal[k]:
            in_survival = False  # shedding would save nothing
        elif in_survival:
            if carries_nominal and usable >= nominal_above * usable_capacity:
                in_survival = False
        elif not carries_nominal or (
            usable < survival_below * usable_capacity and generation[k] < nominal[k] * (1.0 - ROUND_OFF)
        ):
            in_survival = True
        mode[k] = 1 if in_survival else 0
        demand = survival[k] if in_survival else nominal[k]

        surplus = generation[k] - demand
        if surplus >= 0.0:
            share = min(surplus / can_take, 1.0) if can_take > 0.0 else 0.0
            taken = 0.0
            for b in range(batteries):
                put = share * take[b]
                if put > 0.0:
                    level[b] = min(level[b] + put * into[b] * dt, capacity[b])
                    losses[k] += put * (1.0 - into[b])
                    taken += put
            served[k] = demand
            curtailed[k] = max(surplus - taken, 0.0)
        else:
            share = min(-surplus / can_give, 1.0) if can_give > 0.0 else 0.0
            given = 0.0
            for b in range(batteries):
                got = share * give[b]
                if got > 0.0:
                    level[b] = max(level[b] - got / out_of[b] * dt, floor[b])
                    losses[k] += got * (1.0 / out_of[b] - 1.0)
                    given += got
            served[k] = generation[k] + given
            missing = demand - served[k]
            if missing > ROUND_OFF * demand:
                unserved[k] = missing
                mode[k] = 2
    for b in range(batteries):
        charge[b, n] = level[b]
    return charge, served, unserved, curtailed, losses, mode


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def origin_of(accepted: FloatArray, position: float, j: int, last: int) -> tuple[float, int]:
    """When the bit at a position of a stream was made, in steps, and the step that made it.

    `accepted` (n + 1,) is the stream's running total at the instants; the search goes on from step `j`.
    """
    while j < last and accepted[j + 1] <= position:
        j += 1
    made = accepted[j + 1] - accepted[j]
    within = (position - accepted[j]) / made if made > 0.0 else 0.0
    return j + min(max(within, 0.0), 1.0), j


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def pass_data(
    made: FloatArray,
    storage: FloatArray,
    ground: FloatArray,
    relay: FloatArray,
    relay_made: FloatArray,
    relay_storage: FloatArray,
    receive: FloatArray,
    downlink: FloatArray,
    dt: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Run data of s sites through r orbiters to the ground, first in first out; all in bits per step.

    Takes what sites make, can store and can send to ground (s, n), can send to each orbiter (s, r, n);
    what orbiters make (r, n), can store (r,), can receive in a step (r,), can send to ground (r, n). Sources
    are the sites, then the orbiters. Returns by step ``sent`` (s, n) by sites over any link, ``delivered``
    and ``lost`` (s + r, n); at the n + 1 instants ``stored`` (s + r, n + 1) in sites and, of all sources, in
    orbiters, ``aboard`` (s + r, n + 1) of each source in orbiters, and ages [s] of the oldest data not yet
    sent by its site (s, n + 1) and not yet on the ground (s + r, n + 1).
    """
    sites, n = made.shape
    orbiters = relay_made.shape[0]
    sources = sites + orbiters
    sent = np.zeros((sites, n))
    delivered = np.zeros((sources, n))
    lost = np.zeros((sources, n))
    stored = np.zeros((sources, n + 1))
    aboard = np.zeros((sources, n + 1))
    age_unsent = np.zeros((sites, n + 1))
    age = np.zeros((sources, n + 1))
    accepted = np.zeros((sources, n + 1))
    position = np.zeros(sites)
    oldest_step = np.zeros(sites, dtype=np.int64)
    # Each orbiter's queue: runs of bits of one source's stream; at most one run per source and step.
    run_source = np.zeros((orbiters, n * (sites + 1)), dtype=np.int64)
    run_position = np.zeros((orbiters, n * (sites + 1)))
    run_bits = np.zeros((orbiters, n * (sites + 1)))
    head = np.zeros(orbiters, dtype=np.int64)
    tail = np.zeros(orbiters, dtype=np.int64)
    first_run = np.zeros((orbiters, sources), dtype=np.int64)
    run_step = np.zeros((orbiters, sources), dtype=np.int64)
    waiting = np.zeros(orbiters)
    room = np.zeros(orbiters)

    for k in range(n):
        for r in range(orbiters):
            own = sites + r
            free = max(relay_storage[r] + downlink[r, k] - waiting[r], 0.0)
            keep = min(relay_made[r, k], free)
            if keep < relay_made[r, k] and keep < HALF_A_BIT:
                keep = 0.0
            lost[own, k] = relay_made[r, k] - keep
            accepted[own, k + 1] = accepted[own, k] + keep
            if keep > 0.0:
                run_source[r, tail[r]] = own
                run_position[r, tail[r]] = accepted[own, k]
                run_bits[r, tail[r]] = keep
                tail[r] += 1
                waiting[r] += keep
            room[r] = min(free - keep, receive[r])

        for s in range(sites):
            rest = accepted[s, k] - position[s] + made[s, k]
            direct = min(rest, ground[s, k])
            if ground[s, k] > 0.0 and rest - direct < HALF_A_BIT:
                direct = rest
            rest -= direct
            best = -1
            most = 0.0
            for r in range(orbiters):
                can = min(relay[s, r, k], room[r])
                if can > most:
                    most = can
                    best = r
            up = 0.0
            if most >= HALF_A_BIT:
                up = rest if rest - most < HALF_A_BIT else most
            rest -= up
            over = min(max(rest - storage[s, k], 0.0), made[s, k])
            lost[s, k] = over
            # In this order the stream never runs backwards: ages are looked up in it.
            accepted[s, k + 1] = accepted[s, k] + (made[s, k] - over)
            delivered[s, k] += direct
            sent[s, k] = direct + up
            position[s] += direct
            if up > 0.0:
                run_source[best, tail[best]] = s
                run_position[best, tail[best]] = position[s]
                run_bits[best, tail[best]] = up
                tail[best] += 1
                waiting[best] += up
                room[best] -= up
                position[s] += up
            if rest <= over:
                position[s] = accepted[s, k + 1]
            stored[s, k + 1] = max(accepted[s, k + 1] - position[s], 0.0)

        for r in range(orbiters):
            left = downlink[r, k]
            while left > 0.0 and head[r] < tail[r]:
                bits = run_bits[r, head[r]]
                source = run_source[r, head[r]]
                if bits <= left + HALF_A_BIT:
                    delivered[source, k] += bits
                    waiting[r] -= bits
                    run_bits[r, head[r]] = 0.0
                    head[r] += 1
                    left -= bits
                else:
                    delivered[source, k] += left
                    waiting[r] -= left
                    run_bits[r, head[r]] = bits - left
                    run_position[r, head[r]] += left
                    left = 0.0
            if head[r] == tail[r]:
                waiting[r] = 0.0
            stored[sites + r, k + 1] = waiting[r]

        for s in range(sources):
            oldest = float(k + 1)
            if s < sites and stored[s, k + 1] > 0.0:
                oldest, oldest_step[s] = origin_of(accepted[s], position[s], oldest_step[s], k)
                age_unsent[s, k + 1] = (k + 1 - oldest) * dt
            in_orbit = aboard[s, k] - delivered[s, k]
            if s < sites:
                in_orbit += sent[s, k]
            else:
                in_orbit += accepted[s, k + 1] - accepted[s, k]
            any_aboard = False
            for r in range(orbiters):
                i = max(first_run[r, s], head[r])
                while i < tail[r] and run_source[r, i] != s:
                    i += 1
                first_run[r, s] = i
                if i < tail[r]:
                    any_aboard = True
                    begin, run_step[r, s] = origin_of(accepted[s], run_position[r, i], run_step[r, s], k)
                    oldest = min(oldest, begin)
            aboard[s, k + 1] = max(in_orbit, 0.0) if any_aboard else 0.0
            age[s, k + 1] = (k + 1 - oldest) * dt
    return sent, delivered, lost, stored, aboard, age_unsent, age
