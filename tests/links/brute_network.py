"""Plain searches over small networks: every route, and the largest flow second by second."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from moonstation.links.plan import ContactPlan, PlannedContact


def every_route(
    plan: ContactPlan, source: str, destination: str, time: float, size: float = 0.0
) -> list[tuple[float, int, tuple[int, ...]]]:
    """Arrival, number of contacts and contacts of every row of contacts that visits no node twice, the best first."""

    def onward(
        node: str, now: float, been: tuple[str, ...], row: tuple[int, ...]
    ) -> Iterator[tuple[float, int, tuple]]:
        if node == destination:
            yield now, len(row), row
            return
        for index, contact in enumerate(plan.contacts()):
            if contact.from_id != node or contact.to_id in been:
                continue
            sent = max(now, contact.start) + size / contact.rate
            if now < contact.stop and sent <= contact.stop:
                yield from onward(contact.to_id, sent + contact.owlt, (*been, contact.to_id), (*row, index))

    return sorted(onward(source, time, (source,), ()))


def flow_by_seconds(
    plan: ContactPlan,
    made: list[tuple[str, int, int, int]],
    destination: str,
    storage: dict[str, int],
    end: int,
) -> int:
    """Largest flow on a grid of seconds, by scipy; all times, light times and rates must be whole.

    `made` holds (source, begin, end, rate). What a node holds from one second to the next is limited by its memory.
    """
    nodes = {node: index for index, node in enumerate(plan.nodes)}
    tail, head, capacity = [], [], []
    source, sink = len(nodes) * end, len(nodes) * end + 1
    much = int(sum(contact.rate * (contact.stop - contact.start) for contact in plan.contacts())) + 1

    def add(a: int, b: int, c: float) -> None:
        tail.append(a)
        head.append(b)
        capacity.append(int(min(c, much)))

    for node, index in nodes.items():
        for second in range(end):
            if node == destination:
                add(index * end + second, sink, much)
            elif second + 1 < end:
                add(index * end + second, index * end + second + 1, storage.get(node, math.inf))
    for contact in plan.contacts():
        for second in range(round(contact.start), round(contact.stop)):
            lands = second + round(contact.owlt)
            if lands < end:
                add(nodes[contact.from_id] * end + second, nodes[contact.to_id] * end + lands, contact.rate)
    for node, begin, stop, rate in made:
        for second in range(begin, stop):
            add(source, nodes[node] * end + second, rate)
    graph = coo_array((capacity, (tail, head)), shape=(sink + 1, sink + 1)).tocsr().astype(np.int32)
    return int(maximum_flow(graph, source, sink).flow_value)


def random_plan(
    rng: np.random.Generator, *, nodes: int, contacts: int, span: int, light: int = 2
) -> ContactPlan:
    """Contacts with whole times, rates and light times; those that would overlap are left out."""
    names = "abcdefgh"[:nodes]
    pairs = list(itertools.permutations(names, 2))
    kept: list[PlannedContact] = []
    for _ in range(contacts):
        pair = pairs[rng.integers(len(pairs))]
        start = int(rng.integers(0, span - 1))
        stop = int(rng.integers(start + 1, min(span, start + 1 + span // 3) + 1))
        new = PlannedContact(*pair, start, stop, float(rng.integers(1, 6)), float(rng.integers(0, light + 1)))
        if all(c[:2] != pair or stop <= c.start or start >= c.stop for c in kept):
            kept.append(new)
    return ContactPlan.of(kept, nodes=names)
