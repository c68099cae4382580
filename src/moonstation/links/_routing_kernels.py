"""Compiled search for the way by which a bundle arrives first, over the contacts of a plan.

Contacts are grouped by sender and receiver ("pairs"), those of a pair in the order of time; the places of contacts in
the arrays below are places in that order. A bundle is received whole before it is sent on.
"""

import math

import numpy as np
from numba import njit

from moonstation.arrays import BoolArray, FloatArray, IntArray


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def first_open(stop: FloatArray, low: int, high: int, time: float) -> int:
    """First contact of a pair, places `low` to `high`, that ends after a time."""
    while low < high:
        middle = (low + high) // 2
        if stop[middle] > time:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def earliest_route(
    node_pairs: IntArray,
    pair_receiver: IntArray,
    pair_contacts: IntArray,
    pair_owlt: FloatArray,
    start: FloatArray,
    stop: FloatArray,
    rate: FloatArray,
    owlt: FloatArray,
    booked: FloatArray,
    banned_contacts: BoolArray,
    banned_nodes: BoolArray,
    source: int,
    destination: int,
    time: float,
    size: float,
    skipped: IntArray,
    best: FloatArray,
    label_of: IntArray,
) -> tuple[float, IntArray]:
    """Contacts by which a bundle arrives first, and of those ways the one of fewest contacts.

    Rounds over the number of contacts: round k holds, for each node, the earliest arrival over at most k contacts, so
    the first round that reaches the earliest arrival of all has the fewest contacts. Nodes that are no sooner reached
    than the destination are not followed.

    Parameters
    ----------
    node_pairs : (nodes + 1,) array
        First pair of each sender.
    pair_receiver : (pairs,) array
        Receiving node.
    pair_contacts : (pairs + 1,) array
        First contact of each pair.
    pair_owlt : (pairs,) array
        Least light time of each pair [s].
    start, stop, rate, owlt : (contacts,) arrays
        [s], [s], [bit/s], [s]
    booked : (contacts,) array
        What is promised of each contact already [bit]; it is taken to be sent from its start on.
    banned_contacts : (contacts,) array
        Contacts not to be used.
    banned_nodes : (nodes,) array
        Nodes not to be entered.
    source, destination : int
        Nodes.
    time, size : float
        When the bundle is there [s], and its size [bit].
    skipped : (k,) array
        Contacts that may not be the first.
    best, label_of : (nodes,) arrays
        Room to work in.

    Returns
    -------
    float
        Arrival [s], infinite if there is no way.
    (hops,) array
        Contacts in order.
    """
    nodes = best.shape[0]
    for v in range(nodes):
        best[v] = math.inf
        label_of[v] = -1
    room = 4 * nodes + 4
    label_node = np.empty(room, np.int64)
    label_contact = np.empty(room, np.int64)
    label_parent = np.empty(room, np.int64)
    label_arrival = np.empty(room)
    best[source] = time
    label_of[source] = 0
    label_node[0], label_contact[0], label_parent[0], label_arrival[0] = source, -1, -1, time
    count = 1
    first, last = 0, 1
    while first < last:
        for at in range(first, last):
            u = label_node[at]
            t = label_arrival[at]
            if t >= best[destination]:
                continue
            for pair in range(node_pairs[u], node_pairs[u + 1]):
                v = pair_receiver[pair]
                if banned_nodes[v]:
                    continue
                limit = min(best[v], best[destination])
                found = -1
                low, high = pair_contacts[pair], pair_contacts[pair + 1]
                for c in range(first_open(stop, low, high, t), high):
                    if start[c] + pair_owlt[pair] >= limit:
                        break
                    if banned_contacts[c]:
                        continue
                    sent = max(t, start[c] + booked[c] / rate[c]) + size / rate[c]
                    if sent > stop[c] or sent + owlt[c] >= limit:
                        continue
                    if at == 0:
                        skip = False
                        for k in range(skipped.shape[0]):
                            skip = skip or skipped[k] == c
                        if skip:
                            continue
                    limit = sent + owlt[c]
                    found = c
                if found < 0:
                    continue
                best[v] = limit
                label = label_of[v]
                if label < last:
                    # the label of an earlier round stays: others may lead on from it
                    if count == room:
                        room *= 2
                        label_node = _longer(label_node, room)
                        label_contact = _longer(label_contact, room)
                        label_parent = _longer(label_parent, room)
                        longer = np.empty(room)
                        longer[:count] = label_arrival
                        label_arrival = longer
                    label = count
                    label_of[v] = label
                    count += 1
                label_node[label] = v
                label_contact[label] = found
                label_parent[label] = at
                label_arrival[label] = limit
        first, last = last, count
    hops = 0
    label = label_of[destination]
    while label > 0:
        hops += 1
        label = label_parent[label]
    contacts = np.empty(hops, np.int64)
    label = label_of[destination]
    while label > 0:
        hops -= 1
        contacts[hops] = label_contact[label]
        label = label_parent[label]
    return best[destination], contacts


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _longer(array: IntArray, room: int) -> IntArray:
    longer = np.empty(room, np.int64)
    longer[: array.shape[0]] = array
    return longer
