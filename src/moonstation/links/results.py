"""What came of the bundles of a network: the account, latencies, ways, and where data waited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.links.bundles import Bundle
from moonstation.links.routing import PRIORITIES

STATUS = ("waiting", "delivered", "expired", "refused")
WAITING, DELIVERED, EXPIRED, REFUSED = range(4)


@dataclass
class StoredData:
    """What one node holds, written down at each change.

    Attributes
    ----------
    times, bits : list of float
        From each time on, so much [s], [bit].
    """

    times: list[float] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)

    def add(self, time: float, bits: float) -> None:
        """Write down a change."""
        if self.times and self.times[-1] == time:
            self.bits[-1] = bits
        else:
            self.times.append(time)
            self.bits.append(bits)

    def series(self, end: float) -> FloatArray:
        """Times [s] and what is held from then on [bit], shape (n, 2); the last row is the end."""
        if not self.times:
            return np.array([[end, 0.0]])
        # what rounding leaves of sums and differences is nothing
        bits = np.where(np.abs(self.bits) < 1e-6, 0.0, self.bits)
        return np.column_stack([[*self.times, end], [*bits, bits[-1]]])


@dataclass(frozen=True, eq=False)
class NetworkRun:
    """What became of every bundle.

    Attributes
    ----------
    nodes : tuple of str
        Of the plan.
    bundles : tuple of Bundle
        As given.
    status : (n,) array of int
        Place in `STATUS`.
    delivered : (n,) array
        When the last bit arrived [s]; nan where it did not.
    path : tuple of tuple of int
        Nodes that each bundle has been at, places in `nodes`.
    flying : (n,) array of bool
        Whether it was under way between two nodes at the end.
    stored : dict of str to (k, 2) array
        Times [s] and what the node holds from then on [bit].
    end : float
        When the account was made [s].
    """

    nodes: tuple[str, ...]
    bundles: tuple[Bundle, ...]
    status: IntArray
    delivered: FloatArray
    path: tuple[tuple[int, ...], ...]
    flying: BoolArray
    stored: dict[str, FloatArray]
    end: float

    @property
    def size(self) -> FloatArray:
        """Of each bundle [bit], shape (n,)."""
        return np.array([bundle.size for bundle in self.bundles], dtype=np.float64)

    @property
    def latency(self) -> FloatArray:
        """From the making of each bundle to its delivery [s], shape (n,); nan where it was not delivered."""
        created = np.array([bundle.created for bundle in self.bundles], dtype=np.float64)
        return np.asarray(self.delivered - created, dtype=np.float64)

    def account(self) -> dict[str, float]:
        """All data and what became of them [bit]: "made" is the sum of the four others."""
        size = self.size
        account = {"made": float(np.sum(size))}
        for place, name in enumerate(STATUS):
            account[name] = float(np.sum(size[self.status == place]))
        return account

    def latency_percentiles(self, percents: tuple[float, ...] = (50.0, 95.0, 99.0, 100.0)) -> list[float]:
        """Latency [s] within which these percent of the delivered data came; nan where none did."""
        reached = np.flatnonzero(self.status == DELIVERED)
        if not reached.size:
            return [float("nan")] * len(percents)
        order = reached[np.argsort(self.latency[reached], kind="stable")]
        whole = np.cumsum(self.size[order])
        places = [np.searchsorted(whole, percent / 100.0 * whole[-1] * (1.0 - 1e-12)) for percent in percents]
        return [float(self.latency[order[min(place, order.size - 1)]]) for place in places]

    def ways(self) -> dict[tuple[str, ...], float]:
        """What was delivered by each row of nodes [bit], the most first."""
        found: dict[tuple[int, ...], float] = {}
        for index in np.flatnonzero(self.status == DELIVERED):
            path = self.path[index]
            found[path] = found.get(path, 0.0) + self.bundles[index].size
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return {tuple(self.nodes[node] for node in path): bits for path, bits in ranked}

    def carried(self) -> dict[tuple[str, str], float]:
        """What of the delivered data went from each node to each other [bit], in the order of the most."""
        found: dict[tuple[str, str], float] = {}
        for way, bits in self.ways().items():
            for pair in pairwise(way):
                found[pair] = found.get(pair, 0.0) + bits
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def through(self) -> dict[str, float]:
        """What was delivered by way of each node between source and destination [bit], the most first."""
        found: dict[str, float] = {}
        for way, bits in self.ways().items():
            for node in dict.fromkeys(way[1:-1]):
                found[node] = found.get(node, 0.0) + bits
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def returned(self) -> int:
        """How many bundles came to a node that they had been at: their way was taken from them by others."""
        return sum(len(set(path)) < len(path) for path in self.path)

    def by_partner(self, partners: Mapping[str, str]) -> dict[str, float]:
        """What was delivered by way of at least one node of each partner [bit]; `partners` gives that of nodes."""
        found: dict[str, float] = {}
        for way, bits in self.ways().items():
            for partner in dict.fromkeys(partners[node] for node in way[1:-1] if partners.get(node)):
                found[partner] = found.get(partner, 0.0) + bits
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def left(self) -> dict[str, float]:
        """What still waits at each node at the end [bit]; what is between two nodes counts at the sender."""
        found: dict[str, float] = {}
        for index in np.flatnonzero(self.status == WAITING):
            node = self.nodes[self.path[index][-1]]
            found[node] = found.get(node, 0.0) + self.bundles[index].size
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def waiting_table(self) -> pd.DataFrame:
        """Where data waits: mean and peak memory of nodes, and their shares of all waiting.

        Without nodes where data hardly waits, less than a millionth of all and none at the end.
        """
        rows = []
        for node, series in self.stored.items():
            held = np.diff(series[:, 0]) * series[:-1, 1]
            if np.any(series[:, 1] > 0.0):
                rows.append(
                    {"node": node, "held_bit_s": float(np.sum(held)), "peak_bit": float(np.max(series[:, 1]))}
                )
        table = pd.DataFrame(rows, columns=["node", "held_bit_s", "peak_bit"])
        first = min((bundle.created for bundle in self.bundles), default=self.end)
        table["mean_bit"] = table["held_bit_s"] / max(self.end - first, 1e-9)
        whole = float(table["held_bit_s"].sum())
        table["share"] = table["held_bit_s"] / whole if whole > 0.0 else 0.0
        left = self.left()
        table["left_bit"] = [left.get(node, 0.0) for node in table["node"]]
        table = table[(table["share"] > 1e-6) | (table["left_bit"] > 0.0)]
        return table.sort_values(["held_bit_s", "node"], ascending=[False, True], ignore_index=True)

    def frame(self) -> pd.DataFrame:
        """One row a bundle, in the order given; times in seconds as they are in the plan."""
        rows: list[dict[str, Any]] = []
        for index, bundle in enumerate(self.bundles):
            path = [self.nodes[node] for node in self.path[index]]
            rows.append(
                {
                    "bundle": index,
                    "source": bundle.source,
                    "destination": bundle.destination,
                    "size_bit": bundle.size,
                    "priority": PRIORITIES[bundle.priority],
                    "created_s": bundle.created,
                    "expires_s": bundle.expires,
                    "status": STATUS[int(self.status[index])],
                    "delivered_s": float(self.delivered[index]),
                    "latency_s": float(self.delivered[index]) - bundle.created,
                    "hops": len(path) - 1,
                    "path": " > ".join(path),
                    "at": path[-1] if self.status[index] != DELIVERED else "",
                }
            )
        return pd.DataFrame(rows)
