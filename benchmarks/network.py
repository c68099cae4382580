"""Routing, store and forward, and maximum flow: speed against a plain Dijkstra over contacts, and growth of cost.

Usage::

    python benchmarks/network.py

Processor time, so that other work on the machine does not count; compiled loops are called once before. The plain
search is the textbook one, contacts as nodes of a graph and a heap of arrivals: in Python, and the same compiled. It
runs on some of the bundles and is scaled to all. Its arrivals must be the same.
"""

import heapq
import math
import time

import numpy as np
from numba import njit

from moonstation.links.bundles import Bundle, Traffic
from moonstation.links.flow import most_delivered
from moonstation.links.network import run_network
from moonstation.links.plan import ContactPlan, PlannedContact
from moonstation.links.routing import Router

DAY = 86_400.0
PLAIN, PLAIN_COMPILED = 20, 300
"""Bundles that the plain searches route."""


def made_up_plan(contacts: int, *, nodes: int = 60, days: float = 30.0, seed: int = 1) -> ContactPlan:
    """A network of so many contacts: each node has ten neighbours, seen by turns for minutes to an hour."""
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in range(nodes) for b in rng.choice(nodes, 10, replace=False) if a != b]
    each = math.ceil(contacts / len(pairs))
    rows = []
    for a, b in pairs:
        slot = days * DAY / each
        begin = np.arange(each) * slot + rng.uniform(0.0, 0.5 * slot, each)
        length = rng.uniform(0.05, 0.45, each) * slot
        rate, owlt = rng.uniform(1e6, 5e7), rng.uniform(0.01, 1.3)
        rows += [
            PlannedContact(f"n{a}", f"n{b}", s, s + d, rate, owlt)
            for s, d in zip(begin.tolist(), length.tolist(), strict=True)
        ]
    return ContactPlan.of(rows[:contacts])


def made_up_bundles(plan: ContactPlan, count: int, *, seed: int = 2) -> list[Bundle]:
    rng = np.random.default_rng(seed)
    last = float(np.max(plan.stop))
    bundles = []
    for _ in range(count):
        a, b = rng.choice(len(plan.nodes), 2, replace=False)
        created = float(rng.uniform(0.0, 0.8 * last))
        bundles.append(
            Bundle(plan.nodes[a], plan.nodes[b], float(rng.uniform(1e7, 1e9)), created, int(rng.integers(3)))
        )
    return bundles


def plain_dijkstra(plan: ContactPlan, onward: dict[str, list[int]], bundle: Bundle) -> float:
    """Earliest arrival, contacts as nodes."""
    contacts = PLAIN_CONTACTS
    heap: list[tuple[float, int]] = []
    best: dict[int, float] = {}

    def reach(node: str, now: float) -> None:
        for c in onward.get(node, []):
            _, _, start, stop, rate, owlt = contacts[c]
            sent = max(now, start) + bundle.size / rate
            if stop > now and sent <= stop and sent + owlt < best.get(c, math.inf):
                best[c] = sent + owlt
                heapq.heappush(heap, (sent + owlt, c))

    reach(bundle.source, bundle.created)
    while heap:
        now, c = heapq.heappop(heap)
        if now > best[c]:
            continue
        if contacts[c][1] == bundle.destination:
            return now
        reach(contacts[c][1], now)
    return math.inf


PLAIN_CONTACTS: list[PlannedContact] = []


@njit(error_model="numpy")
def compiled_dijkstra(begin, order, receiver, start, stop, rate, owlt, source, destination, created, size):
    """The same, compiled: `order` holds the contacts of each sender, from `begin` on."""
    best = np.full(start.size, np.inf)
    heap = [(created, -1)]
    while heap:
        now, c = heapq.heappop(heap)
        if c >= 0 and now > best[c]:
            continue
        node = source if c < 0 else receiver[c]
        if node == destination:
            return now
        for k in range(begin[node], begin[node + 1]):
            d = order[k]
            sent = max(now, start[d]) + size / rate[d]
            if stop[d] > now and sent <= stop[d] and sent + owlt[d] < best[d]:
                best[d] = sent + owlt[d]
                heapq.heappush(heap, (best[d], d))
    return np.inf


def compiled(plan: ContactPlan, bundles: list[Bundle]) -> tuple[float, list[float]]:
    """Processor time of the compiled plain search, and the arrivals."""
    order = np.argsort(plan.sender, kind="stable")
    begin = np.searchsorted(plan.sender[order], np.arange(len(plan.nodes) + 1))
    arrays = (begin, order, plan.receiver, plan.start, plan.stop, plan.rate, plan.owlt)
    place = {node: index for index, node in enumerate(plan.nodes)}
    time_before = time.process_time()
    arrivals = [
        compiled_dijkstra(*arrays, place[b.source], place[b.destination], b.created, b.size) for b in bundles
    ]
    return time.process_time() - time_before, arrivals


def told(name: str, seconds: float, more: str = "") -> None:
    print(f"{name:58}{seconds:10.3f} s  {more}")


def routed(plan: ContactPlan, bundles: list[Bundle]) -> tuple[float, list[float]]:
    """Processor time of one route each, and the arrivals."""
    begin = time.process_time()
    router = Router(plan)
    place = {node: index for index, node in enumerate(plan.nodes)}
    arrivals = [
        router.earliest(place[b.source], place[b.destination], b.created, size=b.size)[0] for b in bundles
    ]
    return time.process_time() - begin, arrivals


def main() -> None:
    global PLAIN_CONTACTS
    small = made_up_plan(1000)
    routed(small, made_up_bundles(small, 5))
    compiled(small, made_up_bundles(small, 5))
    plan = made_up_plan(100_000)
    bundles = made_up_bundles(plan, 10_000)
    print(f"{len(plan)} contacts, {len(plan.nodes)} nodes, {len(bundles)} bundles")
    mine, arrivals = routed(plan, bundles)
    told("one route each", mine)
    begin, wall = time.process_time(), time.perf_counter()
    run = run_network(plan, bundles)
    whole = time.process_time() - begin
    account = run.account()
    hops = sum(len(path) - 1 for path in run.path)
    told(
        "store and forward, routed anew at each node",
        whole,
        f"(wall clock {time.perf_counter() - wall:.1f} s, {hops} hops, {account['delivered'] / account['made']:.1%})",
    )
    PLAIN_CONTACTS = plan.contacts()
    onward: dict[str, list[int]] = {}
    for index, contact in enumerate(PLAIN_CONTACTS):
        onward.setdefault(contact.from_id, []).append(index)
    begin = time.process_time()
    plain = [plain_dijkstra(plan, onward, bundle) for bundle in bundles[:PLAIN]]
    each = (time.process_time() - begin) / PLAIN
    assert np.allclose(plain, arrivals[:PLAIN], rtol=0.0, atol=1e-6), "arrivals differ"
    told(f"plain Dijkstra over contacts, {PLAIN} bundles scaled", each * len(bundles))
    seconds, same = compiled(plan, bundles[:PLAIN_COMPILED])
    other = seconds / PLAIN_COMPILED
    assert np.allclose(same, arrivals[:PLAIN_COMPILED], rtol=0.0, atol=1e-6), "arrivals differ"
    told(f"the same compiled, {PLAIN_COMPILED} bundles scaled", other * len(bundles))
    for name, one in (("in Python", each), ("compiled", other)):
        print(
            f"against the plain search {name}: one route each {one * len(bundles) / mine:.0f} times as fast, the whole "
            f"network {one * hops / whole:.0f} times as fast as its {hops} hops"
        )

    print("\ngrowth with contacts (2,000 bundles)")
    for count in (1000, 10_000, 100_000, 400_000):
        other = made_up_plan(count)
        some = made_up_bundles(other, 2000)
        seconds, _ = routed(other, some)
        begin = time.process_time()
        account = run_network(other, some).account()
        run_s = time.process_time() - begin
        told(
            f"{count} contacts: one route each",
            seconds,
            f"network {run_s:.2f} s, {account['delivered'] / account['made']:.0%} home",
        )
    print("\ngrowth with bundles (100,000 contacts)")
    for count in (1000, 10_000, 50_000):
        begin = time.process_time()
        account = run_network(plan, made_up_bundles(plan, count)).account()
        told(
            f"{count} bundles: network",
            time.process_time() - begin,
            f"{account['delivered'] / account['made']:.0%} home",
        )
    print("\nmaximum flow")
    for count in (1000, 5000, 20_000):
        other_plan = made_up_plan(count, nodes=12)
        begin = time.process_time()
        found = most_delivered(other_plan, [Traffic("n0", "n5", 2e7, 0.0, 30 * DAY)], "n5")
        told(
            f"{count} contacts",
            time.process_time() - begin,
            f"{found.volume / 1e12:.3f} Tbit, light times kept to {found.slack:.2f} s",
        )


if __name__ == "__main__":
    main()
