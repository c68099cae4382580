"""Contact graph routing over a contact plan, after schedule-aware bundle routing (CCSDS 734.3-B-1, SABR).

A route is a row of contacts; its arrival is the best case, each contact taken as soon as the bundle is there. A bundle
is received whole before it is sent on. What is promised of a contact to bundles of a priority and those above it is
gone for that priority and those below (the standard's maximum transmission volumes), and delays what comes after it
(its earliest transmission opportunity).
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import BoolArray, IntArray
from moonstation.errors import RequestError
from moonstation.links import _routing_kernels
from moonstation.links.plan import ContactPlan

PRIORITIES = ("bulk", "normal", "expedited")
"""Lowest first, as in the bundle protocol."""

BULK, NORMAL, EXPEDITED = range(3)
NONE = np.empty(0, np.int64)

MOST_TIES = 100
"""Routes looked at beyond those asked for, where arrival and contacts are the same as those of the last."""


@dataclass(frozen=True)
class Route:
    """A row of contacts from one node to another.

    Attributes
    ----------
    contacts : tuple of int
        Places in the plan, in order.
    nodes : tuple of str
        From the source to the destination; one more than contacts.
    departure, arrival : float
        First bit sent, last bit received in the best case [s].
    termination : float
        When the first of its contacts ends [s]: from then on the route is no more.
    limiting : int
        That contact, place in the plan.
    volume : float
        Most that can go by it from the departure on [bit]: the least of its contacts' effective volume limits.
    """

    contacts: tuple[int, ...]
    nodes: tuple[str, ...]
    departure: float
    arrival: float
    termination: float
    limiting: int
    volume: float

    @property
    def hops(self) -> int:
        """Number of contacts."""
        return len(self.contacts)


class Router:
    """Finds routes over a contact plan, less what is promised of it.

    Parameters
    ----------
    plan : ContactPlan
        The contacts.

    Attributes
    ----------
    plan : ContactPlan
        As given.
    booked : (3, n) array
        By priority and contact (in the order of the plan's contacts as the router keeps them, see `place`): what is
        promised to bundles of that priority and above, and what has passed unused before them [bit].
    """

    def __init__(self, plan: ContactPlan) -> None:
        self.plan = plan
        nodes = len(plan.nodes)
        order = np.lexsort((plan.start, plan.receiver, plan.sender))
        sender, receiver = plan.sender[order], plan.receiver[order]
        self.order = order.astype(np.int64)
        """Contact of the plan at each place of the router's arrays."""
        self.place = np.empty(len(plan), np.int64)
        """Place of each contact of the plan in the router's arrays."""
        self.place[order] = np.arange(len(plan))
        new = (
            np.flatnonzero(np.r_[True, (np.diff(sender) != 0) | (np.diff(receiver) != 0)])
            if len(plan)
            else NONE
        )
        self.start, self.stop = plan.start[order], plan.stop[order]
        self.rate, self.owlt = plan.rate[order], plan.owlt[order]
        self.sender, self.receiver = sender, receiver
        self._pair_receiver = receiver[new]
        self._pair_contacts = np.r_[new, len(plan)].astype(np.int64)
        self._pair_owlt = np.minimum.reduceat(self.owlt, new) if new.size else np.empty(0)
        self._node_pairs = np.searchsorted(sender[new], np.arange(nodes + 1)).astype(np.int64)
        self.booked = np.zeros((len(PRIORITIES), len(plan)))
        self._no_contacts = np.zeros(len(plan), np.bool_)
        self._no_nodes = np.zeros(nodes, np.bool_)
        self._best = np.empty(nodes)
        self._labels = np.empty(nodes, np.int64)

    def earliest(
        self,
        source: int,
        destination: int,
        time: float,
        *,
        size: float = 0.0,
        priority: int = NORMAL,
        skipped: IntArray = NONE,
        banned_contacts: BoolArray | None = None,
        banned_nodes: BoolArray | None = None,
    ) -> tuple[float, IntArray]:
        """Arrival [s] and contacts (places in the router's arrays) of the way that arrives first, the fewest contacts.

        Parameters
        ----------
        source, destination : int
            Places in the plan's nodes.
        time : float
            When the bundle is at the source [s].
        size : float
            [bit]
        priority : int
            Place in `PRIORITIES`.
        skipped : (k,) array
            Contacts that may not be the first.
        banned_contacts, banned_nodes : arrays of bool, optional
            What may not be used.
        """
        arrival, contacts = _routing_kernels.earliest_route(
            self._node_pairs,
            self._pair_receiver,
            self._pair_contacts,
            self._pair_owlt,
            self.start,
            self.stop,
            self.rate,
            self.owlt,
            self.booked[priority],
            self._no_contacts if banned_contacts is None else banned_contacts,
            self._no_nodes if banned_nodes is None else banned_nodes,
            source,
            destination,
            time,
            size,
            skipped,
            self._best,
            self._labels,
        )
        return float(arrival), contacts

    def book(self, contacts: IntArray, size: float, priority: int) -> None:
        """Promise contacts (places in the router's arrays) to a bundle [bit]; a negative size takes it back."""
        self.booked[: priority + 1, contacts] += size

    def route(
        self, source: str, destination: str, time: float, *, size: float = 0.0, priority: int = NORMAL
    ) -> Route | None:
        """Route by which a bundle arrives first, and of those the one of fewest contacts; None if there is no way.

        Parameters
        ----------
        source, destination : str
            Nodes.
        time : float
            When the bundle is at the source [s].
        size : float
            [bit]
        priority : int
            Place in `PRIORITIES`.

        Raises
        ------
        RequestError
            If a node is not in the plan, or both are the same.
        """
        ends = self._ends(source, destination)
        arrival, contacts = self.earliest(*ends, time, size=size, priority=priority)
        return None if np.isinf(arrival) else self._told(contacts, time, size, priority)

    def routes(
        self,
        source: str,
        destination: str,
        time: float,
        *,
        most: int,
        size: float = 0.0,
        priority: int = NORMAL,
    ) -> list[Route]:
        """The best routes in the order of the standard: arrival, contacts, termination, first node.

        Yen's algorithm on rows of contacts that visit no node twice (Yen 1971, doi 10.1287/mnsc.17.11.712).

        Parameters
        ----------
        source, destination : str
            Nodes.
        time : float
            When the bundle is at the source [s].
        most : int
            How many.
        size : float
            [bit]
        priority : int
            Place in `PRIORITIES`.

        Raises
        ------
        RequestError
            If a node is not in the plan, both are the same, or `most` is below 1.
        """
        if most < 1:
            raise RequestError(f"{most} routes: ask for 1 or more")
        ends = self._ends(source, destination)
        found: list[IntArray] = []
        waiting: list[tuple[tuple[float, float, float, float], tuple[int, ...]]] = []
        known: set[tuple[int, ...]] = set()

        def offer(arrival: float, contacts: IntArray) -> None:
            row = tuple(int(c) for c in contacts)
            if np.isfinite(arrival) and row not in known:
                known.add(row)
                heapq.heappush(waiting, (self._rank(arrival, contacts), row))

        offer(*self.earliest(*ends, time, size=size, priority=priority))
        last = (np.inf, np.inf)
        # those that tie with the last one are found before any is left out, for their order to be that of the standard
        while waiting and len(found) < most + MOST_TIES and (len(found) < most or waiting[0][0][:2] <= last):
            last = waiting[0][0][:2]
            best = np.array(heapq.heappop(waiting)[1], np.int64)
            found.append(best)
            for root, spur, there, skipped in self._spurs(best, found, ends[0], time, size, priority):
                banned = np.zeros(len(self.plan.nodes), np.bool_)
                banned[self.sender[root]] = True
                arrival, rest = self.earliest(
                    spur, ends[1], there, size=size, priority=priority, skipped=skipped, banned_nodes=banned
                )
                offer(arrival, np.r_[root, rest])
        told = [(self._rank(self._arrival(row, time, size, priority), row), row) for row in found]
        told.sort(key=lambda pair: (pair[0], tuple(pair[1])))
        return [self._told(row, time, size, priority) for _, row in told[:most]]

    def _spurs(
        self, best: IntArray, found: list[IntArray], source: int, time: float, size: float, priority: int
    ) -> Iterator[tuple[IntArray, int, float, IntArray]]:
        """Each begin of a route, the node it ends at, when the bundle is there, and how routes found go on from it."""
        there = time
        for place in range(best.size):
            root = best[:place]
            spur = int(self.receiver[root[-1]]) if place else source
            onward = [r[place] for r in found if r.size > place and np.array_equal(r[:place], root)]
            yield root, spur, there, np.array(sorted(set(onward)), np.int64)
            there = self._passed(best[place], there, size, priority)

    def limiting_routes(
        self,
        source: str,
        destination: str,
        time: float,
        *,
        most: int,
        size: float = 0.0,
        priority: int = NORMAL,
    ) -> list[Route]:
        """Routes found by leaving out, after each, the contact of it that ends first.

        The quick way of implementations of contact graph routing: it misses routes that share such a contact. See
        `routes` for the arguments.
        """
        ends = self._ends(source, destination)
        banned = np.zeros(len(self.plan), np.bool_)
        found: list[Route] = []
        while len(found) < most:
            arrival, contacts = self.earliest(
                *ends, time, size=size, priority=priority, banned_contacts=banned
            )
            if np.isinf(arrival):
                break
            found.append(self._told(contacts, time, size, priority))
            banned[self.place[found[-1].limiting]] = True
        return found

    def select(
        self,
        routes: Sequence[Route],
        time: float,
        *,
        size: float,
        expires: float = np.inf,
        priority: int = NORMAL,
    ) -> Route | None:
        """Of routes found before, the one by which a bundle goes now: the best of those that can still carry it whole.

        Projected arrival, then contacts, then the later termination, then the smaller first node.

        Parameters
        ----------
        routes : sequence of Route
            Candidates.
        time : float
            Now, the bundle being at the source [s].
        size, expires : float
            Of the bundle [bit], [s].
        priority : int
            Place in `PRIORITIES`.
        """
        ranked = []
        for route in routes:
            contacts = self.place[list(route.contacts)]
            arrival = self._arrival(contacts, time, size, priority)
            if arrival <= expires and np.isfinite(arrival):
                now = self._told(contacts, time, size, priority)
                if now.volume >= size * (1.0 - 1e-12):
                    ranked.append((self._rank(arrival, contacts), now))
        return min(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def _passed(self, c: int, there: float, size: float, priority: int) -> float:
        """When a bundle has passed a contact [s]; infinite if it cannot."""
        sent = max(there, self.start[c] + self.booked[priority, c] / self.rate[c]) + size / self.rate[c]
        return float(sent + self.owlt[c]) if sent <= self.stop[c] and there < self.stop[c] else np.inf

    def _arrival(self, contacts: IntArray, time: float, size: float, priority: int) -> float:
        for c in contacts:
            time = self._passed(c, time, size, priority)
        return time

    def _rank(self, arrival: float, contacts: IntArray) -> tuple[float, float, float, float]:
        first = self.plan.nodes[self.receiver[contacts[0]]]
        number = int(first) if first.isascii() and first.isdigit() else int(self.receiver[contacts[0]])
        return (arrival, float(contacts.size), -float(np.min(self.stop[contacts])), float(number))

    def _told(self, contacts: IntArray, time: float, size: float, priority: int) -> Route:
        stop = self.stop[contacts]
        nodes = [
            self.plan.nodes[self.sender[contacts[0]]],
            *(self.plan.nodes[v] for v in self.receiver[contacts]),
        ]
        ready = self.start + self.booked[priority] / self.rate if size else self.start
        return Route(
            contacts=tuple(int(self.order[c]) for c in contacts),
            nodes=tuple(nodes),
            departure=float(max(time, ready[contacts[0]])),
            arrival=self._arrival(contacts, time, size, priority),
            termination=float(np.min(stop)),
            limiting=int(self.order[contacts[np.argmin(stop)]]),
            volume=self._volume(contacts, time, priority),
        )

    def _volume(self, contacts: IntArray, time: float, priority: int) -> float:
        """Least of the effective volume limits: what fits from the first bit to the end of this and later contacts."""
        least = np.inf
        ends = np.minimum.accumulate(self.stop[contacts][::-1])[::-1]
        for c, end in zip(contacts, ends, strict=True):
            begin = max(time, self.start[c])
            left = self.rate[c] * (self.stop[c] - self.start[c]) - self.booked[priority, c]
            least = min(least, left, self.rate[c] * max(0.0, end - begin))
            time = begin + self.owlt[c]
        return float(max(0.0, least))

    def _ends(self, source: str, destination: str) -> tuple[int, int]:
        ends = self.plan.place(source), self.plan.place(destination)
        if ends[0] == ends[1]:
            raise RequestError(f"route from {source} to itself: name two nodes")
        return ends
