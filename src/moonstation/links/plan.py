"""Contact plans: which node can send to which, from when to when, how fast and how far away.

This is what routing, flow and assignment start from, and what other systems' contact plans are read into. A contact
of the sky whose rate changes on the way becomes several contacts of the plan, one after the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError


class PlannedContact(NamedTuple):
    """One contact of a plan.

    Attributes
    ----------
    from_id, to_id : str
        Sending and receiving node.
    start, stop : float
        Sending begins and ends [s], TDB past J2000 or past the plan's own zero.
    rate : float
        What can be sent [bit/s].
    owlt : float
        One-way light time [s].
    """

    from_id: str
    to_id: str
    start: float
    stop: float
    rate: float
    owlt: float = 0.0


@dataclass(frozen=True, eq=False)
class ContactPlan:
    """Contacts between nodes, in the order of their start, then of sender, receiver and stop.

    Attributes
    ----------
    nodes : tuple of str
        Ids of all nodes, with or without contacts.
    sender, receiver : (n,) array of int
        Places in `nodes`.
    start, stop : (n,) array
        Sending begins and ends [s].
    rate : (n,) array
        [bit/s]
    owlt : (n,) array
        One-way light time [s].
    """

    nodes: tuple[str, ...]
    sender: NDArray[np.int64]
    receiver: NDArray[np.int64]
    start: FloatArray
    stop: FloatArray
    rate: FloatArray
    owlt: FloatArray

    @classmethod
    def of(cls, contacts: Iterable[PlannedContact], *, nodes: Iterable[str] = ()) -> "ContactPlan":
        """Make a plan of contacts.

        Parameters
        ----------
        contacts : iterable of PlannedContact
            In any order.
        nodes : iterable of str
            Nodes to have even without contacts; those of the contacts follow in the order of first appearance.

        Raises
        ------
        RequestError
            If a contact is not finite, ends before it starts, has no rate, goes to its own sender, or overlaps
            another of the same pair.
        """
        rows = list(contacts)
        for row in rows:
            _check(row)
        rows.sort(key=lambda c: (c.start, c.from_id, c.to_id, c.stop))
        last: dict[tuple[str, str], PlannedContact] = {}
        for row in rows:
            before = last.get((row.from_id, row.to_id))
            if before is not None and row.start < before.stop:
                raise RequestError(
                    f"contacts from {row.from_id} to {row.to_id} overlap: {before.start:.3f} to {before.stop:.3f} s "
                    f"and {row.start:.3f} to {row.stop:.3f} s; end the first before the second begins"
                )
            last[row.from_id, row.to_id] = row
        ids = tuple(dict.fromkeys([*nodes, *(end for row in rows for end in (row.from_id, row.to_id))]))
        place = {node: index for index, node in enumerate(ids)}
        return cls(
            nodes=ids,
            sender=np.array([place[row.from_id] for row in rows], dtype=np.int64),
            receiver=np.array([place[row.to_id] for row in rows], dtype=np.int64),
            start=np.array([row.start for row in rows], dtype=np.float64),
            stop=np.array([row.stop for row in rows], dtype=np.float64),
            rate=np.array([row.rate for row in rows], dtype=np.float64),
            owlt=np.array([row.owlt for row in rows], dtype=np.float64),
        )

    def __len__(self) -> int:
        return self.start.size

    def __getitem__(self, index: int) -> PlannedContact:
        return PlannedContact(
            self.nodes[self.sender[index]],
            self.nodes[self.receiver[index]],
            float(self.start[index]),
            float(self.stop[index]),
            float(self.rate[index]),
            float(self.owlt[index]),
        )

    @property
    def volume(self) -> FloatArray:
        """What each contact can carry [bit], shape (n,)."""
        return self.rate * (self.stop - self.start)

    def without(self, nodes: Iterable[str]) -> "ContactPlan":
        """Return the plan without the contacts of some nodes, which stay known by name.

        Raises
        ------
        RequestError
            If a node is not in the plan.
        """
        gone = np.array([self.place(node) for node in nodes], dtype=np.int64)
        keep = ~(np.isin(self.sender, gone) | np.isin(self.receiver, gone))
        return self.take(keep)

    def take(self, which: NDArray[Any]) -> "ContactPlan":
        """Return the plan of some contacts, chosen by a mask or by places in order; all nodes stay known."""
        return ContactPlan(
            nodes=self.nodes,
            sender=self.sender[which],
            receiver=self.receiver[which],
            start=self.start[which],
            stop=self.stop[which],
            rate=self.rate[which],
            owlt=self.owlt[which],
        )

    def contacts(self) -> list[PlannedContact]:
        """Every contact, in order."""
        return [self[index] for index in range(len(self))]

    def place(self, node: str) -> int:
        """Place of a node in `nodes`.

        Raises
        ------
        RequestError
            If the plan does not know it.
        """
        try:
            return self.nodes.index(node)
        except ValueError as error:
            raise RequestError(
                f"no node {node!r} in the contact plan; it has {', '.join(self.nodes)}"
            ) from error


def one_receiver_at_a_time(plan: ContactPlan, receivers: Iterable[str]) -> ContactPlan:
    """Let each sender serve at most one of some receivers at any instant, as one antenna does.

    The fastest contact is served; among equals the one being served, then the one that goes on longest, so that there
    are few changes. Contacts to other receivers stay as they are.

    Parameters
    ----------
    plan : ContactPlan
        All contacts, as if each had an antenna.
    receivers : iterable of str
        Ids that share the sender's antenna: all ground stations, or all relays.
    """
    shared = set(receivers)
    groups: dict[str, list[PlannedContact]] = {}
    kept = []
    for contact in plan.contacts():
        if contact.to_id in shared:
            groups.setdefault(contact.from_id, []).append(contact)
        else:
            kept.append(contact)
    for group in groups.values():
        kept.extend(_by_turns(group))
    return ContactPlan.of(kept, nodes=plan.nodes)


def _by_turns(contacts: list[PlannedContact]) -> list[PlannedContact]:
    """Contacts of one sender, in order of start, cut so that no two overlap."""
    edges = sorted({time for contact in contacts for time in (contact.start, contact.stop)})
    served: list[PlannedContact] = []
    active: list[PlannedContact] = []
    coming = 0
    current: PlannedContact | None = None
    for begin, end in pairwise(edges):
        while coming < len(contacts) and contacts[coming].start <= begin:
            active.append(contacts[coming])
            coming += 1
        active = [contact for contact in active if contact.stop > begin]
        if not active:
            current = None
            continue
        chosen = max(active, key=lambda contact: (contact.rate, contact is current, contact.stop))
        if chosen is current:
            served[-1] = served[-1]._replace(stop=end)
        else:
            served.append(chosen._replace(start=begin, stop=end))
        current = chosen
    return served


def _check(contact: PlannedContact) -> None:
    what = f"contact from {contact.from_id} to {contact.to_id} at {contact.start:.3f} s"
    if not np.all(np.isfinite(contact[2:])):
        raise RequestError(f"{what}: start, stop, rate and light time must be finite numbers")
    if contact.stop <= contact.start:
        raise RequestError(f"{what} ends at {contact.stop:.3f} s, before it starts; exchange the two")
    if contact.rate <= 0.0:
        raise RequestError(f"{what} has a rate of {contact.rate:g} bit/s; give more than 0 or leave it out")
    if contact.owlt < 0.0:
        raise RequestError(f"{what} has a light time of {contact.owlt:g} s; give 0 or more")
    if contact.from_id == contact.to_id:
        raise RequestError(f"{what} goes to its own sender; name two nodes")
