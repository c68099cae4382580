"""The assignment of antennas as a mixed-integer programme, one function for each family of constraints.

Unknowns, for each pair of a spacecraft and a ground station and each slot k in which it can be heard:

- x[k], 0 or 1: an antenna of the station listens to the spacecraft in slot k;
- y[k], 0 or 1: a block begins with slot k. It ends with slot k where z[k] = x[k] - x[k+1] + y[k+1] is 1;

and for each demand and period f, 0 to 1: the share of what is asked for that is served; for each agreement and period
m, at least 0: hours that are missing from what was agreed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.links.hand_overs import Grid, Slots
from moonstation.links.passes import asked, worth

MISSING_COST = 1000.0
"""Value lost with each hour missing from an agreement, in days of priority 1: agreements come before all demands."""

HELD_COST = 1e-4
"""Value of leaving an antenna free for an hour: so little that it only keeps antennas from listening for nothing."""

BLOCK_COST = 1e-4
"""Value of one block less: so little that it only keeps blocks from being cut up for nothing."""


Entries = tuple[IntArray, IntArray, FloatArray]
"""Rows (or slots), columns and factors."""


@dataclass
class Programme:
    """Maximise ``value @ v`` with ``low <= matrix @ v <= high`` and ``0 <= v <= upper``.

    Attributes
    ----------
    x, y, f, m : list of int arrays
        Columns of the unknowns, by pair, by demand, by agreement.
    capacity : dict of str to (int array, int array)
        Slots and rows of the antennas of each station that can be short of them.
    served : list of int arrays
        Rows of the demands, by demand.
    agreed : list of (int array, int array)
        Rows of at_least and of at_most, by agreement; empty where it has none.
    """

    value: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    whole: list[BoolArray] = field(default_factory=list)
    columns: int = 0
    rows: int = 0
    entries: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    low: list[FloatArray] = field(default_factory=list)
    high: list[FloatArray] = field(default_factory=list)
    x: list[IntArray] = field(default_factory=list)
    y: list[IntArray] = field(default_factory=list)
    f: list[IntArray] = field(default_factory=list)
    m: list[IntArray] = field(default_factory=list)
    capacity: dict[str, tuple[IntArray, IntArray]] = field(default_factory=dict)
    served: list[IntArray] = field(default_factory=list)
    agreed: list[tuple[IntArray, IntArray]] = field(default_factory=list)

    def add_columns(self, value: FloatArray, *, upper: float, whole: bool) -> IntArray:
        """Add unknowns from 0 up to a bound; returns their columns."""
        columns = np.arange(self.columns, self.columns + len(value))
        self.value.append(value)
        self.upper.append(np.full(len(value), upper))
        self.whole.append(np.full(len(value), whole))
        self.columns += len(value)
        return columns

    def add_rows(self, entries: Entries, *, low: FloatArray, high: FloatArray) -> IntArray:
        """Add constraints: factors by row (from 0) and column; returns their rows."""
        row, column, factor = entries
        self.entries.append((row + self.rows, column, factor))
        self.low.append(low)
        self.high.append(high)
        self.rows += len(low)
        return np.arange(self.rows - len(low), self.rows)

    def at_most(self, entries: Entries, high: FloatArray) -> IntArray:
        """Add constraints with an upper limit only."""
        return self.add_rows(entries, low=np.full(len(high), -np.inf), high=high)

    def arrays(self) -> "ProgrammeArrays":
        """The whole of it as arrays."""
        row, column, factor = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.coo_array((factor, (row, column)), shape=(self.rows, self.columns)).tocsr()
        return ProgrammeArrays(
            np.concatenate(self.value),
            np.concatenate(self.upper),
            np.concatenate(self.whole),
            matrix,
            np.concatenate(self.low),
            np.concatenate(self.high),
        )


@dataclass(frozen=True, eq=False)
class ProgrammeArrays:
    """A programme as arrays, see `Programme`."""

    value: FloatArray
    upper: FloatArray
    whole: BoolArray
    matrix: Any
    low: FloatArray
    high: FloatArray


def programme_of(grid: Grid) -> Programme:
    """Write an assignment as a programme."""
    p = Programme()
    hours = grid.step / 3600.0
    for slots in grid.rows:
        n = len(slots.index)
        p.x.append(p.add_columns(np.full(n, -HELD_COST * hours), upper=1.0, whole=True))
        p.y.append(p.add_columns(np.full(n, -BLOCK_COST), upper=1.0, whole=True))
    for need in grid.task.needs:
        value = np.array([worth(need, *period) for period in grid.task.periods(need.period)])
        p.f.append(p.add_columns(value, upper=1.0, whole=False))
    for agreement in grid.task.agreements:
        count = len(grid.task.periods(agreement.period)) if agreement.at_least > 0.0 else 0
        p.m.append(p.add_columns(np.full(count, -MISSING_COST), upper=np.inf, whole=False))
    hold_no_more_antennas_than_there_are(p, grid)
    hear_a_spacecraft_once(p, grid)
    begin_blocks(p, grid)
    keep_blocks_long(p, grid)
    serve_from_passes(p, grid)
    keep_agreements(p, grid)
    return p


def hold_no_more_antennas_than_there_are(p: Programme, grid: Grid) -> None:
    """For each station and slot k: sum over spacecraft of the antennas that they hold <= dishes * links of a dish.

    A spacecraft holds one in slot k where it is heard, x[k], where it is set up for in time, y[k+1] + ... + y[k+lead],
    and where it is taken down after it, z[k-trail] + ... + z[k-1].
    """
    for antennas in grid.task.antennas:
        members = [i for i, slots in enumerate(grid.rows) if slots.antennas.id == antennas.id]
        if len(members) <= antennas.channels and not any(_holds_beside(grid.rows[i]) for i in members):
            continue
        slot, column, factor = _joined([part for i in members for part in _held(grid, p, i)])
        inside = (slot >= 0) & (slot < grid.count)
        used, row = np.unique(slot[inside], return_inverse=True)
        rows = p.at_most((row, column[inside], factor[inside]), np.full(len(used), float(antennas.channels)))
        p.capacity[antennas.id] = (used, rows)


def _holds_beside(slots: Slots) -> bool:
    return slots.lead + slots.trail > 0


def _held(grid: Grid, p: Programme, i: int) -> Iterator[Entries]:
    slots, x, y = grid.rows[i], p.x[i], p.y[i]
    yield slots.index, x, np.ones(len(x))
    for ahead in range(1, slots.lead + 1):
        yield slots.index - ahead, y, np.ones(len(y))
    for slot, column, factor in _ends(slots, x, y, np.ones(len(x))):
        for behind in range(1, slots.trail + 1):
            yield slot + behind, column, factor


def hear_a_spacecraft_once(p: Programme, grid: Grid) -> None:
    """For each spacecraft and slot k: sum over stations of x[k] <= 1. It has one transmitter towards the Earth."""
    for need in grid.task.needs:
        members = [i for i, slots in enumerate(grid.rows) if slots.need is need]
        if len(members) > 1:
            slot = np.concatenate([grid.rows[i].index for i in members])
            column = np.concatenate([p.x[i] for i in members])
            used, row = np.unique(slot, return_inverse=True)
            p.at_most((row, column, np.ones(len(column))), np.ones(len(used)))


def begin_blocks(p: Programme, grid: Grid) -> None:
    """For each pair and slot k: x[k] - x[k-1] - y[k] <= 0, with x[k-1] = 0 where slot k-1 is none of the pair's."""
    for slots, x, y in zip(grid.rows, p.x, p.y, strict=True):
        n = len(x)
        k, after = np.arange(n), np.flatnonzero(np.diff(slots.index) == 1) + 1
        p.at_most(
            _joined(
                [
                    (k, x, np.ones(n)),
                    (after, x[after - 1], -np.ones(len(after))),
                    (k, y, -np.ones(n)),
                ]
            ),
            np.zeros(n),
        )


def keep_blocks_long(p: Programme, grid: Grid) -> None:
    """For each pair and slot k: y[k-L+1] + ... + y[k] <= x[k], L the fewest slots that hold a pass.

    A block that would run out of the pair's slots does not begin: y[k] = 0 where fewer than L follow each other.
    """
    for slots, x, y in zip(grid.rows, p.x, p.y, strict=True):
        n = len(x)
        k = np.arange(n)
        stretch = np.cumsum(np.r_[True, np.diff(slots.index) != 1])
        parts = [(k, x, -np.ones(n))]
        for back in range(min(slots.least, n)):
            together = k[back:][stretch[back:] == stretch[: n - back]]
            parts.append((together, y[together - back], np.ones(len(together))))
        p.at_most(_joined(parts), np.zeros(n))
        left = np.searchsorted(stretch, stretch, side="right") - k
        cramped = np.flatnonzero(left < slots.least)
        p.at_most((np.arange(len(cramped)), y[cramped], np.ones(len(cramped))), np.zeros(len(cramped)))


def serve_from_passes(p: Programme, grid: Grid) -> None:
    """For each demand and period: f <= sum of (gain[k] x[k] - late[k] y[k] - early[k] z[k]) / asked.

    The sum goes over the slots of the period, at all stations.
    """
    for need, f in zip(grid.task.needs, p.f, strict=True):
        periods = grid.task.periods(need.period)
        scale = np.array([1.0 / asked(need, *period) for period in periods])
        members = [i for i, slots in enumerate(grid.rows) if slots.need is need]
        parts = [
            part
            for i in members
            for part in _brought(
                grid.rows[i], p.x[i], p.y[i], grid.rows[i].gain, grid.rows[i].late, grid.rows[i].early
            )
        ]
        slot, column, factor = _joined(parts)
        row = grid.period_of(slot, need.period)
        here = np.arange(len(periods))
        entries = _joined([(here, f, np.ones(len(f))), (row, column, -factor * scale[row])])
        p.served.append(p.at_most(entries, np.zeros(len(periods))))


def keep_agreements(p: Programme, grid: Grid) -> None:
    """For each agreement and period: at_least - m <= hours on the air of its antennas for its spacecraft <= at_most."""
    for agreement, m in zip(grid.task.agreements, p.m, strict=True):
        periods = grid.task.periods(agreement.period)
        part = np.array([(b - a) / agreement.period for a, b in periods]) / 3600.0
        members = [i for i, slots in enumerate(grid.rows) if agreement.covers(slots.antennas, slots.need)]
        slot, column, factor = _joined(
            [
                piece
                for i in members
                for piece in _brought(
                    grid.rows[i],
                    p.x[i],
                    p.y[i],
                    grid.rows[i].time,
                    grid.rows[i].late_time,
                    grid.rows[i].early_time,
                )
            ]
        )
        row = grid.period_of(slot, agreement.period)
        least = most = np.empty(0, dtype=np.int64)
        if len(m):
            entries = _joined([(row, column, factor / 3600.0), (np.arange(len(m)), m, np.ones(len(m)))])
            least = p.add_rows(entries, low=part * agreement.at_least, high=np.full(len(m), np.inf))
        if np.isfinite(agreement.at_most):
            most = p.at_most((row, column, factor / 3600.0), part * agreement.at_most)
        p.agreed.append((least, most))


def _brought(
    slots: Slots, x: IntArray, y: IntArray, gain: FloatArray, late: FloatArray, early: FloatArray
) -> Iterator[Entries]:
    """Slots, columns and factors of what a pair brings; what is lost counts in the slot at the block's edge."""
    yield slots.index, x, gain
    yield slots.index, y, -late
    yield from _ends(slots, x, y, -early)


def _ends(slots: Slots, x: IntArray, y: IntArray, factor: FloatArray) -> Iterator[Entries]:
    """Factor times z[k] = x[k] - x[k+1] + y[k+1]; the last two only where slot k+1 is one of the pair's."""
    follows = np.flatnonzero(np.diff(slots.index) == 1)
    yield slots.index, x, factor
    yield slots.index[follows], x[follows + 1], -factor[follows]
    yield slots.index[follows], y[follows + 1], factor[follows]


def _joined(parts: Sequence[Entries]) -> Entries:
    if not parts:
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, np.empty(0)
    first, second, factor = (np.concatenate(part) for part in zip(*parts, strict=True))
    return first, second, factor
