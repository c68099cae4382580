"""Plain Python references of the simulation's compiled loops, written another way."""

import math
from collections import deque


def bus_reference(generation, nominal, survival, stores, dt, survival_below, nominal_above):
    """One bus; `stores` is a list of dicts. Energies [J] step by step instead of powers."""
    level = [0.0] * len(stores)
    in_survival = False
    rows = []
    for k, offered in enumerate(generation):
        for b, store in enumerate(stores):
            if store["first"] == k:
                level[b] = store["start"]
        here = [b for b, store in enumerate(stores) if k >= store["first"]]
        before = list(level)
        usable = {b: max(0.0, level[b] - stores[b]["floor"]) for b in here}
        total_usable = sum(usable.values())
        total_capacity = sum(stores[b]["capacity"] - stores[b]["floor"] for b in here)
        out = {b: min(stores[b]["discharge_limit"] * dt, usable[b] * stores[b]["out_of"]) for b in here}
        into = {
            b: min(stores[b]["charge_limit"] * dt, (stores[b]["capacity"] - level[b]) / stores[b]["into"])
            for b in here
        }
        can = offered * dt + sum(out.values()) >= nominal[k] * dt * (1.0 - 1e-12)
        if survival[k] >= nominal[k]:
            in_survival = False
        elif in_survival:
            in_survival = not (can and total_usable >= nominal_above * total_capacity)
        else:
            low = total_usable < survival_below * total_capacity and offered < nominal[k] * (1 - 1e-12)
            in_survival = low or not can
        asked = (survival[k] if in_survival else nominal[k]) * dt
        got = offered * dt
        lost = 0.0
        if got >= asked:
            spare = got - asked
            room = sum(into.values())
            for b in here:
                put = into[b] * min(1.0, spare / room) if room > 0.0 else 0.0
                level[b] += put * stores[b]["into"]
                lost += put * (1.0 - stores[b]["into"])
            served, curtailed = asked, max(0.0, spare - room)
        else:
            need = asked - got
            there = sum(out.values())
            for b in here:
                give = out[b] * min(1.0, need / there) if there > 0.0 else 0.0
                level[b] -= give / stores[b]["out_of"]
                lost += give / stores[b]["out_of"] - give
            served, curtailed = min(asked, got + there), 0.0
        missing = asked - served
        failed = missing > 1e-12 * asked
        rows.append(
            {
                "charge": before,
                "served": served / dt,
                "unserved": missing / dt if failed else 0.0,
                "curtailed": curtailed / dt,
                "losses": lost / dt,
                "mode": 2 if failed else int(in_survival),
            }
        )
    return rows, level


class Packets:
    """A queue of packets [source, bits, made from, made to], each made evenly over its time."""

    def __init__(self):
        self.queue = deque()

    @property
    def bits(self):
        return math.fsum(p[1] for p in self.queue)

    def put(self, source, bits, begin, end):
        if bits > 0.0:
            self.queue.append([source, bits, begin, end])

    def take(self, amount):
        """Packets that go when `amount` can: whole ones, and the older part of the next."""
        gone = []
        while self.queue and amount > 0.0:
            source, bits, begin, end = self.queue[0]
            if bits <= amount:
                gone.append(self.queue.popleft())
                amount -= bits
            else:
                cut = begin + (end - begin) * amount / bits
                gone.append([source, amount, begin, cut])
                self.queue[0] = [source, bits - amount, cut, end]
                amount = 0.0
        return gone

    def oldest(self, source):
        """When the oldest of a source was made; less than half a bit is round-off."""
        return min((p[2] for p in self.queue if p[0] == source and p[1] >= 0.5), default=None)


def data_reference(made, storage, ground, relay, relay_made, relay_storage, receive, downlink, dt):
    """Packets through sites and relays; rows of what each source has at the end of each step."""
    sites, n, orbiters = len(made), len(made[0]) if made else len(downlink[0]), len(relay_made)
    at_site = [Packets() for _ in range(sites)]
    at_relay = [Packets() for _ in range(orbiters)]
    rows = []
    for k in range(n):
        begin, end = k * dt, (k + 1) * dt
        row = {
            name: [0.0] * (sites + orbiters)
            for name in ("sent", "delivered", "lost", "stored", "aboard", "age_unsent", "age")
        }
        room = []
        for r in range(orbiters):
            free = max(0.0, relay_storage[r] + downlink[r][k] - at_relay[r].bits)
            keep = min(relay_made[r][k], free)
            row["lost"][sites + r] = relay_made[r][k] - keep
            at_relay[r].put(sites + r, keep, begin, end)
            room.append(min(free - keep, receive[r]))
        for s in range(sites):
            held = at_site[s].bits
            total = held + made[s][k]
            direct = min(total, ground[s][k])
            offers = [min(relay[s][r][k], room[r]) for r in range(orbiters)]
            up = 0.0
            if offers and max(offers) > 0.0:
                best = offers.index(max(offers))
                up = min(total - direct, offers[best])
            lost = min(max(0.0, total - direct - up - storage[s][k]), made[s][k])
            at_site[s].put(s, made[s][k] - lost, begin, end)
            row["lost"][s] = lost
            row["delivered"][s] += math.fsum(p[1] for p in at_site[s].take(direct))
            row["sent"][s] = direct + up
            if up > 0.0:
                for packet in at_site[s].take(up):
                    at_relay[best].put(*packet)
                room[best] -= up
        for r in range(orbiters):
            for source, bits, _, _ in at_relay[r].take(downlink[r][k]):
                row["delivered"][source] += bits
            row["stored"][sites + r] = at_relay[r].bits
        for source in range(sites + orbiters):
            ages = [end - t for q in at_relay if (t := q.oldest(source)) is not None]
            if source < sites:
                row["stored"][source] = at_site[source].bits
                own = at_site[source].oldest(source)
                row["age_unsent"][source] = 0.0 if own is None else end - own
                ages.append(row["age_unsent"][source])
            row["age"][source] = max(ages, default=0.0)
            row["aboard"][source] = math.fsum(p[1] for q in at_relay for p in q.queue if p[0] == source)
        rows.append(row)
    return rows
