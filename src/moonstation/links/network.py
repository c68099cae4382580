"""Store and forward over a contact plan: what becomes of every bundle, and where data waits.

Every node knows the plan and what is promised of it. A bundle that is made or received goes by the way that arrives
first (`moonstation.links.routing`), and that way is promised to it; at the next node the way is looked for anew. Each
contact sends one bundle after the other, higher priority first; a bundle goes only if it will be through before the
contact ends and the next node has room for it. What a contact could not send looks for another way when it ends. What
has no way waits, and looks again when something promised is taken back. Nothing is thrown away but what expires, and
what finds the memory of its source full ("refused").
"""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from moonstation.arrays import IntArray
from moonstation.errors import RequestError
from moonstation.links.bundles import Bundle, check_bundle
from moonstation.links.plan import ContactPlan
from moonstation.links.results import DELIVERED, EXPIRED, REFUSED, WAITING, NetworkRun, StoredData
from moonstation.links.routing import NONE, Router

ARRIVE, SENT, OPEN, CREATE, AGAIN, CLOSE, EXPIRE = range(7)
"""Kinds of events, in the order in which those of one instant happen."""

TOLD_EVERY = 2000
"""Events between two reports of progress."""

MICROSECOND = 1e-6
"""A bundle may end so much after its contact [s]: times past J2000 are not kept better."""


def run_network(
    plan: ContactPlan,
    bundles: Sequence[Bundle],
    *,
    storage: Mapping[str, float] | None = None,
    stop: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> NetworkRun:
    """Let bundles travel over a contact plan.

    Parameters
    ----------
    plan : ContactPlan
        Every contact can be used at once; see `plan.one_receiver_at_a_time` for antennas that cannot.
    bundles : sequence of Bundle
        In any order.
    storage : mapping of str to float, optional
        Memory of nodes [bit]; nodes not named have room for everything.
    stop : float, optional
        When to look at what is left [s]; when the last bit of the plan has arrived if not given. What is made later
        counts as waiting at its source.
    progress : callable, optional
        Called with the share of the time that is behind us, 0 to 1.

    Raises
    ------
    RequestError
        If a bundle or a memory makes no sense or names an unknown node.
    """
    for bundle in bundles:
        check_bundle(bundle, plan.nodes)
    for node, limit in (storage or {}).items():
        plan.place(node)
        if not limit >= 0.0:
            raise RequestError(f"memory of {node}: {limit:g} bit; give 0 or more")
    over = [float(np.max(plan.stop + plan.owlt))] if len(plan) else [bundle.created for bundle in bundles]
    end = stop if stop is not None else max(over, default=0.0)
    network = _Network(plan, bundles, storage or {}, end)
    network.run(progress)
    return network.result()


class _Network:
    """All that changes while bundles travel; contacts are places in the router's arrays."""

    def __init__(
        self, plan: ContactPlan, bundles: Sequence[Bundle], storage: Mapping[str, float], end: float
    ) -> None:
        self.plan, self.bundles, self.end = plan, list(bundles), end
        self.router = Router(plan)
        place = {node: index for index, node in enumerate(plan.nodes)}
        self.limit = [storage.get(node, math.inf) for node in plan.nodes]
        # what a node has room for counts from the first bit on, what it holds from the last
        self.used = [0.0] * len(plan.nodes)
        self.held = [0.0] * len(plan.nodes)
        self.stored = [StoredData() for _ in plan.nodes]
        self.start, self.close = self.router.start.tolist(), self.router.stop.tolist()
        self.rate, self.owlt = self.router.rate.tolist(), self.router.owlt.tolist()
        self.sender, self.receiver = self.router.sender.tolist(), self.router.receiver.tolist()
        # by bundle
        self.destination = [place[bundle.destination] for bundle in bundles]
        self.at = [place[bundle.source] for bundle in bundles]
        self.status = [WAITING] * len(bundles)
        self.delivered = [math.nan] * len(bundles)
        self.path: list[list[int]] = [[node] for node in self.at]
        self.route: list[IntArray] = [NONE] * len(bundles)
        self.queued = [-1] * len(bundles)
        self.flying = [False] * len(bundles)
        # by contact, those in use
        self.queue: dict[int, list[tuple[int, int, int]]] = {}
        self.busy: set[int] = set()
        self.idle_since: dict[int, float] = {}
        # by node
        self.blocked: list[set[int]] = [set() for _ in plan.nodes]
        self.parked: dict[tuple[int, int, int], list[tuple[float, int, int]]] = {}
        self.hopeless: dict[tuple[int, int, int], float] = {}
        self.unblocked: set[tuple[int, int, int]] = set()
        self.released = False
        self.events: list[tuple[float, int, int, int, int]] = []
        self.count = 0

    def run(self, progress: Callable[[float], None] | None) -> None:
        for index, bundle in enumerate(self.bundles):
            self.add(bundle.created, CREATE, index)
            if bundle.expires <= self.end:
                self.add(bundle.expires, EXPIRE, index)
        first = min((bundle.created for bundle in self.bundles), default=0.0)
        done = 0
        while self.events and self.events[0][0] <= self.end:
            time, kind, _, a, b = heapq.heappop(self.events)
            if kind == ARRIVE:
                self.arrive(a, b, time)
            elif kind == SENT:
                self.sent(a, b, time)
            elif kind == OPEN:
                self.send(a, time)
            elif kind == CREATE:
                self.create(a, time)
            elif kind == AGAIN:
                if self.status[a] == WAITING:
                    self.forward(a, time)
            elif kind == CLOSE:
                self.closed(a, time)
            else:
                self.expire(a, time)
            if self.released or self.unblocked:
                self.retry(time)
            done += 1
            if progress is not None and done % TOLD_EVERY == 0:
                progress((time - first) / max(self.end - first, 1e-9))

    def add(self, time: float, kind: int, a: int, b: int = 0) -> None:
        # the count keeps equals in the order of their making
        self.count += 1
        heapq.heappush(self.events, (time, kind, self.count, a, b))

    # ------------------------------------------------------------------------------------------------- bundles
    def create(self, index: int, time: float) -> None:
        node = self.at[index]
        if self.used[node] + self.bundles[index].size > self.limit[node]:
            self.status[index] = REFUSED
            return
        self.used[node] += self.bundles[index].size
        self.hold(node, self.bundles[index].size, time)
        self.forward(index, time)

    def forward(self, index: int, time: float) -> None:
        """Find a way, or wait until something that was promised is taken back."""
        key = self.kind(index)
        size = self.bundles[index].size
        if size < self.hopeless.get(key, math.inf) and self.find_way(index, time):
            return
        self.count += 1
        heapq.heappush(self.parked.setdefault(key, []), (size, self.count, index))

    def kind(self, index: int) -> tuple[int, int, int]:
        """What bundles have in common that find a way, or none, together: where, where to, priority."""
        return self.at[index], self.destination[index], self.bundles[index].priority

    def find_way(self, index: int, time: float) -> bool:
        """Find a way and queue for its first contact; False where there is none in time."""
        bundle, node = self.bundles[index], self.at[index]
        arrival, contacts = self.router.earliest(
            node, self.destination[index], time, size=bundle.size, priority=bundle.priority
        )
        if math.isinf(arrival):
            # nor is there one for a larger bundle, until something is taken back
            self.hopeless[self.kind(index)] = bundle.size
        if not contacts.size or arrival > bundle.expires:
            return False
        self.router.book(contacts, bundle.size, bundle.priority)
        self.route[index] = contacts
        first = int(contacts[0])
        self.queued[index] = first
        if first not in self.queue:
            self.queue[first] = []
            self.add(self.close[first], CLOSE, first)
            if self.start[first] > time:
                self.add(self.start[first], OPEN, first)
        self.count += 1
        heapq.heappush(self.queue[first], (-bundle.priority, self.count, index))
        if self.start[first] <= time:
            self.send(first, time)
        return True

    def arrive(self, index: int, contact: int, time: float) -> None:
        bundle, node = self.bundles[index], self.receiver[contact]
        self.flying[index] = False
        self.at[index] = node
        self.path[index].append(node)
        rest = self.route[index][1:]
        self.route[index] = NONE
        if time <= bundle.expires and node == self.destination[index]:
            self.status[index], self.delivered[index] = DELIVERED, time
            return
        if node != self.destination[index]:
            self.hold(node, bundle.size, time)
        self.router.book(rest, -bundle.size, bundle.priority)
        if time > bundle.expires:
            self.status[index] = EXPIRED
            self.released = True
            if node != self.destination[index]:
                self.give_up(node, bundle.size, time)
            return
        self.forward(index, time)
        if not np.array_equal(rest, self.route[index]):
            self.released = True

    def expire(self, index: int, time: float) -> None:
        if self.status[index] != WAITING or self.flying[index]:
            return
        self.status[index] = EXPIRED
        if not self.route[index].size:
            # it had no way, and may have kept others of its kind from looking for theirs
            self.unblocked.add(self.kind(index))
        self.take_back(index)
        self.give_up(self.at[index], self.bundles[index].size, time)

    def take_back(self, index: int) -> None:
        """Take a bundle from its queue and back what was promised to it."""
        if self.route[index].size:
            self.router.book(self.route[index], -self.bundles[index].size, self.bundles[index].priority)
            self.released = True
        self.route[index] = NONE
        self.queued[index] = -1

    def retry(self, time: float) -> None:
        """Let those without a way look again, the smallest of each kind first, up to the first that still has none."""
        kinds = list(self.parked) if self.released else sorted(self.unblocked)
        if self.released:
            self.hopeless.clear()
        self.released = False
        self.unblocked.clear()
        for kind in kinds:
            heap = self.parked.get(kind, [])
            while heap:
                index = heap[0][2]
                if self.status[index] == WAITING and not self.find_way(index, time):
                    break
                heapq.heappop(heap)
            if not heap:
                self.parked.pop(kind, None)

    # ------------------------------------------------------------------------------------------------ contacts
    def send(self, contact: int, time: float) -> None:
        """Begin to send the first bundle of a contact's queue that can go."""
        if contact in self.busy or not self.start[contact] <= time < self.close[contact]:
            return
        queue, held, late = self.queue[contact], [], []
        receiver = self.receiver[contact]
        while queue:
            entry = heapq.heappop(queue)
            index = entry[2]
            if self.queued[index] != contact:
                continue
            size = self.bundles[index].size
            if time + size / self.rate[contact] > self.close[contact] + MICROSECOND:
                late.append(index)
                continue
            if receiver != self.destination[index]:
                if self.used[receiver] + size > self.limit[receiver]:
                    held.append(entry)
                    self.blocked[receiver].add(contact)
                    continue
                self.used[receiver] += size
            self.begin(contact, index, time)
            break
        for entry in held:
            heapq.heappush(queue, entry)
        for index in late:
            self.take_back(index)
            self.add(time, AGAIN, index)

    def begin(self, contact: int, index: int, time: float) -> None:
        # what passed unused before is gone for all, and what a bundle takes now for those of higher priority too
        idle = time - self.idle_since.get(contact, self.start[contact])
        self.router.booked[:, contact] += idle * self.rate[contact]
        self.router.booked[self.bundles[index].priority + 1 :, contact] += self.bundles[index].size
        self.busy.add(contact)
        self.queued[index] = -1
        self.flying[index] = True
        self.add(time + self.bundles[index].size / self.rate[contact], SENT, contact, index)

    def sent(self, contact: int, index: int, time: float) -> None:
        self.busy.discard(contact)
        self.idle_since[contact] = time
        self.add(time + self.owlt[contact], ARRIVE, index, contact)
        self.give_up(self.sender[contact], self.bundles[index].size, time)
        self.send(contact, time)

    def closed(self, contact: int, time: float) -> None:
        """Let what a contact could not send look for another way."""
        left = sorted(self.queue.pop(contact))
        self.blocked[self.receiver[contact]].discard(contact)
        for _, _, index in left:
            if self.queued[index] == contact:
                self.take_back(index)
                self.forward(index, time)

    # -------------------------------------------------------------------------------------------------- memory
    def hold(self, node: int, size: float, time: float) -> None:
        self.held[node] += size
        self.stored[node].add(time, self.held[node])

    def give_up(self, node: int, size: float, time: float) -> None:
        self.used[node] -= size
        self.hold(node, -size, time)
        if self.blocked[node]:
            waiting, self.blocked[node] = sorted(self.blocked[node]), set()
            for contact in waiting:
                if contact in self.queue:
                    self.send(contact, time)

    def result(self) -> NetworkRun:
        nodes = self.plan.nodes
        for index, bundle in enumerate(self.bundles):
            if self.flying[index] and bundle.expires < self.end:
                self.status[index] = EXPIRED
        return NetworkRun(
            nodes=nodes,
            bundles=tuple(self.bundles),
            status=np.array(self.status, np.int64),
            delivered=np.array(self.delivered),
            path=tuple(tuple(path) for path in self.path),
            flying=np.array(self.flying, np.bool_),
            stored={node: self.stored[index].series(self.end) for index, node in enumerate(nodes)},
            end=self.end,
        )
