"""Antenna time cut into slots: which ground station listens to which spacecraft in which slot, and what that brings.

A *block* is a run of slots in which an antenna of one station listens to one spacecraft. It hears what of the pair's
windows lies in the block, less pieces at its ends that are shorter than the least pass. Before a block the antenna is
set up and after it taken down, each in whole slots (rounded up), while the spacecraft may still be, or already be,
heard elsewhere. So antennas change hands on the grid only, but passes begin and end where windows do, and an antenna
that waits behind the Moon's limb for its spacecraft needs no second set-up.
"""

import math
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.links.passes import GroundAntennas, Need, Pair, Task

WAIT = 5400.0
"""How long an antenna may wait for its spacecraft to come back into view without a new set-up [s]."""

ROUNDING = 1e-6
"""Times that differ by less are equal [s]."""


@dataclass(frozen=True, eq=False)
class Slots:
    """Slots of one pair in which it can be heard, or waited for.

    Attributes
    ----------
    pair : Pair
        The pair.
    need : Need
        What its spacecraft asks for.
    antennas : GroundAntennas
        The antennas of its station.
    index : (n,) array of int
        Slots, ascending; a gap in them ends a block.
    gain, late, early : (n,) array
        Served in a slot; not served if a block begins with it, or ends with it [bit] or [s].
    time, late_time, early_time : (n,) array
        The same on the air [s].
    least : int
        Fewest slots of a block.
    lead, trail : int
        Slots of set-up before a block and of tear-down after it.
    """

    pair: Pair
    need: Need
    antennas: GroundAntennas
    index: IntArray
    gain: FloatArray
    late: FloatArray
    early: FloatArray
    time: FloatArray
    late_time: FloatArray
    early_time: FloatArray
    least: int
    lead: int
    trail: int


@dataclass(frozen=True, eq=False)
class Grid:
    """A task on slots.

    Attributes
    ----------
    task : Task
        The task.
    step : float
        Length of a slot [s], such that slots fill the span.
    count : int
        Number of slots.
    rows : tuple of Slots
        One for each pair that is ever heard.
    """

    task: Task
    step: float
    count: int
    rows: tuple[Slots, ...]

    @classmethod
    def of(cls, task: Task, step: float) -> "Grid":
        """Cut a task into slots of at most a length [s]."""
        count = max(1, math.ceil((task.stop - task.start) / step - 1e-9))
        step = (task.stop - task.start) / count
        needs = {need.spacecraft: need for need in task.needs}
        rows = [_slots(task, pair, needs[pair.spacecraft], step, count) for pair in task.pairs]
        return cls(task, step, count, tuple(row for row in rows if row is not None))

    def edge(self, slot: int) -> float:
        """Epoch at which a slot begins [s]."""
        return self.task.start + slot * self.step

    def period_of(self, slot: IntArray, period: float) -> IntArray:
        """Place of the period in which the middle of a slot lies."""
        last = len(self.task.periods(period)) - 1
        return np.asarray(np.minimum(((slot + 0.5) * self.step / period).astype(np.int64), last))


def heard(windows: FloatArray, begin: float, end: float, *, least_pass: float) -> FloatArray:
    """What a block hears of windows: passes (n, 2), none shorter than the least."""
    first = int(np.searchsorted(windows[:, 1], begin, side="right"))
    last = int(np.searchsorted(windows[:, 0], end, side="left"))
    cut = np.clip(windows[first:last], begin, end)
    result: FloatArray = cut[cut[:, 1] - cut[:, 0] >= max(least_pass, ROUNDING) - ROUNDING]
    return result


def _slots(task: Task, pair: Pair, need: Need, step: float, count: int) -> Slots | None:
    station = task.antenna(pair.station)
    edge: FloatArray = task.start + np.arange(count + 1, dtype=np.float64) * step
    on_air = np.flatnonzero(pair.time(edge[:-1], edge[1:]) > 0.0)
    if not on_air.size:
        return None
    wanted = np.zeros(count, dtype=bool)
    wanted[on_air] = True
    for gap in np.flatnonzero(np.diff(on_air) > 1).tolist():
        if (on_air[gap + 1] - on_air[gap] - 1) * step <= WAIT:
            wanted[on_air[gap] : on_air[gap + 1]] = True
    index = np.flatnonzero(wanted)
    begin, end = edge[index], edge[index + 1]
    amount = pair.time if need.in_time else pair.data
    least_pass = max(need.least_pass, ROUNDING)
    short_until = _piece_after(pair, begin, least_pass)
    short_from = _piece_before(pair, end, least_pass)
    return Slots(
        pair=pair,
        need=need,
        antennas=station,
        index=index,
        gain=amount(begin, end),
        late=amount(begin, short_until),
        early=amount(short_from, end),
        time=pair.time(begin, end),
        late_time=pair.time(begin, short_until),
        early_time=pair.time(short_from, end),
        least=max(1, math.ceil(least_pass / step - 1e-9)),
        lead=math.ceil(station.set_up / step - 1e-9),
        trail=math.ceil(station.tear_down / step - 1e-9),
    )


def _piece_after(pair: Pair, begin: FloatArray, least_pass: float) -> FloatArray:
    """Until when a block that begins at `begin` hears nothing, as its piece of a window is too short."""
    place = np.minimum(np.searchsorted(pair.windows[:, 1], begin, side="right"), len(pair.windows) - 1)
    opens, closes = pair.windows[place].T
    short = (opens < begin) & (closes > begin) & (closes - begin < least_pass - ROUNDING)
    return np.where(short, closes, begin)


def _piece_before(pair: Pair, end: FloatArray, least_pass: float) -> FloatArray:
    """From when on a block that ends at `end` hears nothing, as its piece of a window is too short."""
    place = np.maximum(np.searchsorted(pair.windows[:, 0], end, side="left") - 1, 0)
    opens, closes = pair.windows[place].T
    short = (opens < end) & (closes > end) & (end - opens < least_pass - ROUNDING)
    return np.where(short, opens, end)
