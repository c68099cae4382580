"""The most that a network can bring home: maximum flow over time, whatever the routing.

Each node's time is cut where anything that concerns it begins or ends; between cuts all rates are steady, so that a
static flow through the pieces is the flow over time (Ford and Fulkerson 1958, doi 10.1287/opre.6.3.419, with contacts
that come and go). Light times are kept exactly where that ends: a cut at one end of a contact is carried to the other.
Where several ways lead to a node the cuts echo round and round. Then each node is given a clock that is late by
the light time to it, which leaves only what light times change over the span; how much that is, is told.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.links.bundles import Traffic
from moonstation.links.plan import ContactPlan

MOST_PIECES = 3_000_000
"""More pieces of contacts than this are too many for the memory of common machines."""

MOST_EXACT = 50_000
"""More pieces than this, and cuts are taken to echo."""

LARGEST = 2**46
"""Volumes are counted in whole units so that none is above this."""

NONE = np.empty(0, np.int64)

SAME = 1e-6
"""Cuts nearer than this are one [s]."""


@dataclass(frozen=True, eq=False)
class FlowGraph:
    """A network over time as a graph: nodes are pieces of time of nodes of the plan.

    Attributes
    ----------
    tail, head : (edges,) arrays
        Ends of each edge.
    capacity : (edges,) array
        [bit], may be infinite.
    contact : (edges,) array
        Contact of the plan behind each edge; -1 for memory and for what is made and delivered.
    source, sink : int
        Where all flow begins and ends.
    origin : (k,) array
        Nodes that are pieces of nodes where something is made.
    nodes : int
        Number of nodes.
    """

    tail: IntArray
    head: IntArray
    capacity: FloatArray
    contact: IntArray
    source: int
    sink: int
    origin: IntArray
    nodes: int


@dataclass(frozen=True, eq=False)
class FlowResult:
    """The most that can be brought home.

    Attributes
    ----------
    volume : float
        [bit]
    made : float
        What there was to bring [bit]; infinite where the source never runs dry.
    by_contact : (n,) array
        What each contact of the plan carries in one such flow, of several [bit].
    slack : float
        Light times are kept to within this [s]: contacts may be shifted by so much against each other.
    """

    volume: float
    made: float
    by_contact: FloatArray
    slack: float


def most_delivered(
    plan: ContactPlan,
    traffic: Sequence[Traffic],
    destination: str,
    *,
    storage: Mapping[str, float] | None = None,
    stop: float | None = None,
) -> FlowResult:
    """The most data that can reach a node, by whatever way and in whatever pieces.

    Parameters
    ----------
    plan : ContactPlan
        Contacts.
    traffic : sequence of Traffic
        Data made; with an infinite rate the source has as much as can be sent. Destinations, priorities and
        lifetimes do not count here.
    destination : str
        Where it shall go.
    storage : mapping of str to float, optional
        Memory of nodes [bit]; nodes not named have room for everything.
    stop : float, optional
        What arrives later does not count [s]; all does if not given.

    Raises
    ------
    RequestError
        If a node is unknown, traffic begins at the destination, or there are too many pieces.
    """
    home = plan.place(destination)
    for made in traffic:
        if plan.place(made.source) == home:
            raise RequestError(
                f"data made at {destination} is at home already; name another source or destination"
            )
    sources = [plan.place(made.source) for made in traffic]
    limits = np.full(len(plan.nodes), np.inf)
    for name, limit in (storage or {}).items():
        limits[plan.place(name)] = limit
    last = math.inf if stop is None else stop
    needed = _useful(plan, sources, home)
    slack = 0.0
    cuts = _cuts(plan, needed, traffic, sources, last)
    if cuts is None:
        clocks, slack = _clocks(plan, needed)
        plan = _by_clocks(plan, clocks)
        traffic = [
            replace(made, start=made.start - clocks[node], stop=made.stop - clocks[node])
            for made, node in zip(traffic, sources, strict=True)
        ]
        last -= clocks[home]
        cuts = _common_cuts(plan, needed, traffic, sources, last)
    graph = _graph(plan, needed, traffic, sources, home, cuts, limits, last)
    flow = solve(graph)
    by_contact = np.zeros(len(plan))
    used = graph.contact >= 0
    np.add.at(by_contact, graph.contact[used], flow[used])
    return FlowResult(
        volume=float(np.sum(flow[graph.head == graph.sink])),
        made=sum(made.volume for made in traffic),
        by_contact=by_contact,
        slack=slack,
    )


def _graph(
    plan: ContactPlan,
    needed: IntArray,
    traffic: Sequence[Traffic],
    sources: Sequence[int],
    home: int,
    cuts: Sequence[FloatArray],
    limits: FloatArray,
    last: float,
) -> FlowGraph:
    """The network over time as a graph."""
    first = np.cumsum([0, *(cut.size + 1 for cut in cuts)])
    source, sink = int(first[-1]), int(first[-1]) + 1
    tail: list[IntArray] = []
    head: list[IntArray] = []
    capacity: list[FloatArray] = []
    contact: list[IntArray] = []

    def add(tails: IntArray, heads: IntArray, capacities: FloatArray, index: int = -1) -> None:
        tail.append(tails)
        head.append(heads)
        capacity.append(capacities)
        contact.append(np.full(tails.size, index, np.int64))

    # piece k of a node ends at its cut k
    for node, cut in enumerate(cuts):
        piece = first[node] + np.arange(cut.size)
        if node != home:
            add(piece, piece + 1, np.full(cut.size, limits[node]))
    for index in needed:
        sender, receiver = int(plan.sender[index]), int(plan.receiver[index])
        owlt = plan.owlt[index]
        begin, end = plan.start[index], min(plan.stop[index], last - owlt)
        if end - begin <= SAME:
            continue
        edges = _within(cuts[sender], begin, end)
        middle = 0.5 * (edges[:-1] + edges[1:])
        leaves = first[sender] + np.searchsorted(cuts[sender], middle)
        comes = first[receiver] + np.searchsorted(cuts[receiver], middle + owlt)
        add(leaves, comes, plan.rate[index] * np.diff(edges), int(index))
    for made, node in zip(traffic, sources, strict=True):
        edges = _within(cuts[node], made.start, min(made.stop, last))
        middle = 0.5 * (edges[:-1] + edges[1:])
        pieces = first[node] + np.searchsorted(cuts[node], middle)
        add(np.full(pieces.size, source), pieces, made.rate * np.diff(edges))
    at_home = first[home] + np.arange(cuts[home].size + 1)
    add(at_home, np.full(at_home.size, sink), np.full(at_home.size, np.inf))
    return FlowGraph(
        tail=np.concatenate(tail).astype(np.int64),
        head=np.concatenate(head).astype(np.int64),
        capacity=np.concatenate(capacity),
        contact=np.concatenate(contact),
        source=source,
        sink=sink,
        origin=np.concatenate([NONE, *(np.arange(first[node], first[node + 1]) for node in set(sources))]),
        nodes=sink + 1,
    )


def _useful(plan: ContactPlan, sources: Sequence[int], home: int) -> IntArray:
    """Contacts that lie on some row of nodes from a source to home; those out of home are none."""
    nodes = len(plan.nodes)
    from_source = _reached(sources, plan.sender, plan.receiver, nodes)
    to_home = _reached([home], plan.receiver, plan.sender, nodes)
    return np.flatnonzero(from_source[plan.sender] & to_home[plan.receiver] & (plan.sender != home))


def _reached(begin: Sequence[int], tail: IntArray, head: IntArray, nodes: int) -> BoolArray:
    """Nodes that lie on some row of contacts, whatever their times, from those to begin with."""
    reached = np.zeros(nodes, np.bool_)
    reached[list(begin)] = True
    while True:
        further = reached.copy()
        further[head[reached[tail]]] = True
        if np.array_equal(further, reached):
            return reached
        reached = further


def _cuts(
    plan: ContactPlan, needed: IntArray, traffic: Sequence[Traffic], sources: Sequence[int], last: float
) -> list[FloatArray] | None:
    """Times at which something changes at each node, those at one end of a contact carried to the other.

    None where they echo, so that there is no end of them.
    """
    if not np.any(plan.owlt[needed]):
        return _common_cuts(plan, needed, traffic, sources, last)
    cuts: list[FloatArray] = [np.empty(0) for _ in plan.nodes]
    fresh: list[list[FloatArray]] = [[] for _ in plan.nodes]
    for index in needed:
        ends = np.array([plan.start[index], min(plan.stop[index], last - plan.owlt[index])])
        fresh[plan.sender[index]].append(ends)
        fresh[plan.receiver[index]].append(ends + plan.owlt[index])
    for made, node in zip(traffic, sources, strict=True):
        fresh[node].append(np.array([made.start, min(made.stop, last)]))
    by_node: list[list[int]] = [[] for _ in plan.nodes]
    for index in needed:
        by_node[plan.sender[index]].append(int(index))
        by_node[plan.receiver[index]].append(int(index))
    waiting = [node for node in range(len(plan.nodes)) if fresh[node]]
    pieces = 0
    while waiting:
        node = waiting.pop()
        new = _distinct(np.concatenate(fresh[node]), cuts[node])
        fresh[node] = []
        if not new.size:
            continue
        cuts[node] = np.sort(np.concatenate([cuts[node], new]))
        new = np.sort(new)
        for index in by_node[node]:
            sends = plan.sender[index] == node
            shift = 0.0 if sends else plan.owlt[index]
            low, high = np.searchsorted(
                new, [plan.start[index] + shift + SAME, plan.stop[index] + shift - SAME]
            )
            if high <= low:
                continue
            pieces += int(high - low)
            other = int(plan.receiver[index] if sends else plan.sender[index])
            fresh[other].append(new[low:high] + (plan.owlt[index] if sends else -plan.owlt[index]))
            if other not in waiting:
                waiting.append(other)
        if pieces > MOST_EXACT:
            return None
    return cuts


def _common_cuts(
    plan: ContactPlan, needed: IntArray, traffic: Sequence[Traffic], sources: Sequence[int], last: float
) -> list[FloatArray]:
    """The same cuts for all nodes: every begin and end; right where light times are none.

    Raises
    ------
    RequestError
        If that makes too many pieces.
    """
    times = [plan.start[needed], np.minimum(plan.stop[needed], last)]
    times += [np.array([made.start, min(made.stop, last)]) for made in traffic]
    cuts = _distinct(np.concatenate(times), np.empty(0))
    inside = np.searchsorted(cuts, plan.stop[needed]) - np.searchsorted(cuts, plan.start[needed])
    if np.sum(inside) > MOST_PIECES:
        raise RequestError(
            f"maximum flow: {np.sum(inside)} pieces of contacts are over {MOST_PIECES}; take a shorter span"
        )
    return [cuts for _ in plan.nodes]


def _clocks(plan: ContactPlan, needed: IntArray) -> tuple[FloatArray, float]:
    """How late each node's clock is set [s], so that contacts take next to no time by them, and what is left [s]."""
    rows = np.zeros((needed.size, len(plan.nodes)))
    rows[np.arange(needed.size), plan.receiver[needed]] = 1.0
    rows[np.arange(needed.size), plan.sender[needed]] -= 1.0
    weight = np.sqrt(plan.stop[needed] - plan.start[needed])
    clocks, *_ = np.linalg.lstsq(rows * weight[:, np.newaxis], plan.owlt[needed] * weight, rcond=None)
    left = np.abs(rows @ clocks - plan.owlt[needed])
    return np.asarray(clocks, dtype=np.float64), float(np.max(left, initial=0.0))


def _by_clocks(plan: ContactPlan, clocks: FloatArray) -> ContactPlan:
    """The plan by the clocks of its senders, without light times."""
    late = clocks[plan.sender]
    return ContactPlan(
        nodes=plan.nodes,
        sender=plan.sender,
        receiver=plan.receiver,
        start=plan.start - late,
        stop=plan.stop - late,
        rate=plan.rate,
        owlt=np.zeros(len(plan)),
    )


def _distinct(times: FloatArray, known: FloatArray) -> FloatArray:
    """Times that are none of the known ones and not twice the same."""
    times = np.sort(times)
    times = times[np.r_[True, np.diff(times) > SAME]]
    if known.size:
        place = np.searchsorted(known, times)
        before = np.abs(times - known[np.maximum(place - 1, 0)])
        after = np.abs(times - known[np.minimum(place, known.size - 1)])
        times = times[(before > SAME) & (after > SAME)]
    return times


def _within(cuts: FloatArray, begin: float, end: float) -> FloatArray:
    """Begin and end of a span with the cuts between them."""
    low, high = np.searchsorted(cuts, [begin + SAME, end - SAME])
    return np.concatenate([[begin], cuts[low:high], [max(end, begin)]])


def solve(graph: FlowGraph) -> FloatArray:
    """Flow over each edge of a maximum flow [bit], by OR-Tools' push-relabel.

    Volumes are counted in whole bits, or in larger whole units where the sum would not fit; rounding is downwards.
    """
    from ortools.graph.python import max_flow

    # all flow leaves the source, and then a node of a source by a contact
    first = graph.tail == graph.source
    origins = np.isin(graph.tail, graph.origin) & (graph.contact >= 0)
    bound = min(float(np.sum(graph.capacity[first])), float(np.sum(graph.capacity[origins]))) + 1.0
    unit = max(1.0, bound / LARGEST)
    capacity = np.floor(np.minimum(graph.capacity, bound) / unit + 1e-9).astype(np.int64)
    solver = max_flow.SimpleMaxFlow()
    edges = solver.add_arcs_with_capacity(graph.tail, graph.head, capacity)
    if solver.solve(graph.source, graph.sink) != solver.OPTIMAL:
        raise RequestError("maximum flow: the volumes are too large to be counted; take a shorter span")
    return np.asarray(solver.flows(edges), dtype=np.float64) * unit
