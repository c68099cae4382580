"""Search for good assignments: in a stretch of time, some spacecraft get the best blocks that the others leave them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.links._assignment_kernels import add_block, best_blocks
from moonstation.links.assignment_model import BLOCK_COST, HELD_COST, MISSING_COST
from moonstation.links.hand_overs import Grid
from moonstation.links.passes import asked, worth

SLACK = 1e-6
"""How far over an agreement rounding may reach, in hours."""

SHARES = (0.0, 0.3, 0.6, 0.8, 1.0, 1.1)
"""Parts of the antennas' prices that spacecraft are made to pay while they are put back."""

GENEROUS = 1.15
"""Service beyond this part of what is asked for is given back at once."""

MOST_PICKED = 4
"""Most spacecraft that are taken out at once."""

STRETCHES_H = (6.0, 48.0)
"""Shortest and longest stretch that is planned anew, in hours."""


@dataclass(frozen=True, eq=False)
class Prices:
    """What antennas, data and agreements are worth at the margin, in value.

    Attributes
    ----------
    antenna : (g, n) array
        An antenna of each station in each slot.
    served : list of arrays
        All that is asked for in a period, by need.
    least, most : list of arrays
        An hour under an agreement in a period, by agreement: what is missing, what is too much.
    """

    antenna: FloatArray
    served: list[FloatArray]
    least: list[FloatArray]
    most: list[FloatArray]


class Block(NamedTuple):
    """A run of slots in which one pair is on the air.

    Attributes
    ----------
    craft : int
        Place of the need.
    row : int
        Place among the pairs of its spacecraft.
    first, last : int
        Slots, both within the block.
    """

    craft: int
    row: int
    first: int
    last: int


class Craft:
    """One spacecraft of a grid, with its pairs as dense arrays over all slots.

    Parameters
    ----------
    grid : Grid
        The grid.
    place : int
        Place of its need in the task.
    """

    def __init__(self, grid: Grid, place: int) -> None:
        self.place, self.count = place, grid.count
        self.need = grid.task.needs[place]
        self.rows = [row for row in grid.rows if row.need is self.need]
        stations = [antennas.id for antennas in grid.task.antennas]
        self.station = np.array([stations.index(row.antennas.id) for row in self.rows], dtype=np.int64)
        self.least = np.array([row.least for row in self.rows], dtype=np.int64)
        self.lead = np.array([row.lead for row in self.rows], dtype=np.int64)[:, np.newaxis]
        self.trail = np.array([row.trail for row in self.rows], dtype=np.int64)[:, np.newaxis]
        periods = grid.task.periods(self.need.period)
        self.asked = np.array([asked(self.need, *period) for period in periods])
        self.worth = np.array([worth(self.need, *period) for period in periods])
        slots = np.arange(grid.count)
        self.period = grid.period_of(slots, self.need.period)
        shape = (len(self.rows), grid.count)
        self.open: BoolArray = np.zeros(shape, dtype=bool)
        self.gain, self.late, self.early = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.hours, self.late_hours, self.early_hours = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for i, row in enumerate(self.rows):
            at = row.index
            self.open[i, at] = True
            self.gain[i, at], self.late[i, at], self.early[i, at] = row.gain, row.late, row.early
            self.hours[i, at] = row.time / 3600.0
            self.late_hours[i, at], self.early_hours[i, at] = row.late_time / 3600.0, row.early_time / 3600.0
        # agreements that cover it: their place, the period of each slot, and the pairs under them
        self.covered = [
            (
                number,
                grid.period_of(slots, agreement.period),
                np.array([agreement.covers(row.antennas, row.need) for row in self.rows], dtype=bool),
            )
            for number, agreement in enumerate(grid.task.agreements)
        ]
        self.held_cost = HELD_COST * grid.step / 3600.0

    def best(
        self,
        weight: FloatArray,
        prices: Prices,
        *,
        share: float = 1.0,
        free: IntArray | None = None,
        busy: BoolArray | None = None,
        first: int = 0,
        stop: int | None = None,
    ) -> tuple[list[Block], float]:
        """Blocks that are worth most at given prices, and their worth.

        Parameters
        ----------
        weight : (p,) array
            Value of all that is asked for, by period.
        prices : Prices
            Prices of antennas and agreements.
        share : float
            Part of the antennas' prices that counts.
        free : (g, n) array of int, optional
            Antennas left at each station; any number if not given.
        busy : (n,) array of bool, optional
            Slots in which the spacecraft is on the air already.
        first, stop : int
            Only slots from the first to before the stop.
        """
        stop = self.count if stop is None else stop
        if not self.rows:
            return [], 0.0
        span = slice(first, stop)
        by_slot = (weight / self.asked)[self.period[span]]
        value = self.gain[:, span] * by_slot - self.held_cost
        begin = -self.late[:, span] * by_slot - BLOCK_COST
        finish = -self.early[:, span] * by_slot
        for number, period, under in self.covered:
            hour = np.where(
                under[:, np.newaxis], (prices.least[number] - prices.most[number])[period[span]], 0.0
            )
            value += self.hours[:, span] * hour
            begin -= self.late_hours[:, span] * hour
            finish -= self.early_hours[:, span] * hour
        k = np.arange(first, stop)
        before, after = np.maximum(k - self.lead, 0), np.minimum(k + 1 + self.trail, self.count)
        if share:
            price = share * prices.antenna[self.station]
            paid = np.concatenate([np.zeros((len(price), 1)), np.cumsum(price, axis=1)], axis=1)
            value -= price[:, span]
            begin -= paid[:, k] - np.take_along_axis(paid, before, axis=1)
            finish -= np.take_along_axis(paid, after, axis=1) - paid[:, k + 1]
        shut = ~self.open[:, span]
        if busy is not None:
            shut |= busy[span]
        if free is not None:
            full = free[self.station] <= 0
            shut |= full[:, span]
            so_far = np.concatenate(
                [np.zeros((len(full), 1), dtype=np.int64), np.cumsum(full, axis=1, dtype=np.int64)], axis=1
            )
            begin[so_far[:, k] > np.take_along_axis(so_far, before, axis=1)] = -np.inf
            finish[np.take_along_axis(so_far, after, axis=1) > so_far[:, k + 1]] = -np.inf
        value[shut] = -np.inf
        held = np.empty(stop - first, dtype=np.int64)
        total = best_blocks(value, begin, finish, self.least, held)
        return self._joined(_runs(held, self.place, first), shut, first), total

    def _joined(self, blocks: list[Block], shut: BoolArray, first: int) -> list[Block]:
        """Join blocks of one station between which no antenna is freed anyway: it waits, and needs no new set-up."""
        joined: list[Block] = []
        for block in blocks:
            last = joined[-1] if joined else None
            if last is not None and last.row == block.row:
                between = slice(last.last + 1 - first, block.first - first)
                near = block.first - last.last - 1 < self.lead[block.row, 0] + self.trail[block.row, 0]
                if near and not shut[block.row, between].any():
                    joined[-1] = last._replace(last=block.last)
                    continue
            joined.append(block)
        return joined


def _runs(held: IntArray, craft: int, first: int) -> list[Block]:
    edges = np.flatnonzero(np.diff(np.r_[-1, held, -1])).tolist()
    return [Block(craft, int(held[a]), first + a, first + b - 1) for a, b in pairwise(edges) if held[a] >= 0]


class Search:
    """An assignment that gets better.

    Parameters
    ----------
    grid : Grid
        The task on slots.
    seed : int
        Of the choice of what is planned anew.

    Attributes
    ----------
    blocks : list of lists of Block
        The assignment, by need.
    free : (g, n) array of int
        Antennas left at each station in each slot.
    """

    def __init__(self, grid: Grid, *, seed: int = 1) -> None:
        self.grid = grid
        self.crafts = [Craft(grid, place) for place in range(len(grid.task.needs))]
        self.periods = [grid.task.periods(a.period) for a in grid.task.agreements]
        self.parts = [
            np.array([(b - a) / agreement.period for a, b in periods]) / 3600.0
            for agreement, periods in zip(grid.task.agreements, self.periods, strict=True)
        ]
        self._rng = np.random.default_rng(seed)
        channels = np.array([antennas.channels for antennas in grid.task.antennas], dtype=np.int64)
        self.free: IntArray = np.repeat(channels[:, np.newaxis], grid.count, axis=1)
        self.blocks: list[list[Block]] = [[] for _ in self.crafts]
        self.served = [np.zeros(len(craft.asked)) for craft in self.crafts]
        self.hours = [np.zeros(len(periods)) for periods in self.periods]
        self._cost = 0.0

    @property
    def no_prices(self) -> Prices:
        """Antennas for nothing; only what is agreed is worth having."""
        return Prices(
            np.zeros(self.free.shape),
            [craft.worth for craft in self.crafts],
            [
                np.full(len(part), MISSING_COST if agreement.at_least > 0.0 else 0.0)
                for part, agreement in zip(self.parts, self.grid.task.agreements, strict=True)
            ],
            [np.zeros(len(part)) for part in self.parts],
        )

    @property
    def value(self) -> float:
        """Value of the assignment, small costs included; -inf where it takes more than was agreed."""
        value = -self._cost
        for craft, served in zip(self.crafts, self.served, strict=True):
            value += float(craft.worth @ np.minimum(served / craft.asked, 1.0))
        for agreement, part, hours in zip(self.grid.task.agreements, self.parts, self.hours, strict=True):
            if np.any(hours > part * agreement.at_most + SLACK):
                return -np.inf
            value -= MISSING_COST * float(np.sum(np.maximum(0.0, part * agreement.at_least - hours)))
        return value

    def upper(self, prices: Prices) -> float:
        """No assignment on this grid is worth more than this, whatever the prices (Lagrange's bound).

        Prices of antennas, demands and agreements stand in place of their constraints, so that each spacecraft's best
        blocks are found for themselves; any prices, at least 0, give a bound, good prices a close one.
        """
        bound = 0.0
        for craft, margin in zip(self.crafts, prices.served, strict=True):
            bound += craft.best(margin, prices)[1] + float(np.sum(np.maximum(0.0, craft.worth - margin)))
        for antennas, price in zip(self.grid.task.antennas, prices.antenna, strict=True):
            bound += antennas.channels * float(np.sum(price))
        for number, agreement in enumerate(self.grid.task.agreements):
            if np.isfinite(agreement.at_most):
                bound += float(prices.most[number] @ self.parts[number]) * agreement.at_most
            bound -= float(prices.least[number] @ self.parts[number]) * agreement.at_least
        return bound

    def greedy(self) -> None:
        """First come first served, in the order of priority: a plan at once."""
        for craft in sorted(self.crafts, key=lambda craft: -craft.need.priority):
            self._again([craft], self.no_prices, 0, self.grid.count, share=0.0, mix=1.0)

    def improve(self, prices: Prices, *, loss: float = 0.0) -> bool:
        """Plan a stretch anew for some spacecraft at other prices; whether that was taken.

        A worse plan is taken with probability ``exp(-(what is lost) / loss)`` (simulated annealing).
        """
        rng = self._rng
        count = 1 + int(rng.integers(min(MOST_PICKED, len(self.crafts))))
        picked = [self.crafts[i] for i in rng.permutation(len(self.crafts))[:count]]
        hours = STRETCHES_H[0] * (STRETCHES_H[1] / STRETCHES_H[0]) ** rng.random()
        length = max(2, round(hours * 3600.0 / self.grid.step))
        first = int(rng.integers(-length // 2, self.grid.count - length // 2))
        span = max(0, first), min(self.grid.count, first + length)
        allowed = loss * float(rng.exponential())
        share, mix = float(rng.choice(SHARES)), float(rng.random())
        return self._again(picked, prices, *span, share=share, mix=mix, allowed=allowed)

    def _again(
        self,
        picked: list[Craft],
        prices: Prices,
        first: int,
        stop: int,
        *,
        share: float,
        mix: float,
        allowed: float = 0.0,
    ) -> bool:
        """Take blocks within a stretch away and put better ones in their place; whether the value did not sink."""
        before = self.value
        away = [b for craft in picked for b in self.blocks[craft.place] if first <= b.first and b.last < stop]
        for block in away:
            self._change(block, -1)
        added: list[Block] = []
        for craft in picked:
            busy = np.zeros(self.grid.count, dtype=bool)
            for block in self.blocks[craft.place]:
                busy[block.first : block.last + 1] = True
            margin = prices.served[craft.place]
            weight = margin + mix * (craft.worth - margin)
            blocks, _ = craft.best(
                weight, prices, share=share, free=self.free, busy=busy, first=first, stop=stop
            )
            for block in blocks:
                self._change(block, 1)
            if self.value == -np.inf:
                blocks = self._within_agreements(blocks)
            # the best blocks know no end of demand: what goes beyond it is left to the others
            if np.any(self.served[craft.place] > GENEROUS * craft.asked):
                blocks = self._trimmed(blocks)
            added += blocks
        # one spacecraft's own blocks may have met in time for set-up
        if np.all(self.free >= 0) and self.value >= before - allowed - 1e-9:
            return True
        for block in added:
            self._change(block, -1)
        for block in away:
            self._change(block, 1)
        return False

    def trim(self) -> None:
        """Give back what antenna time brings nothing."""
        self._trimmed([block for blocks in self.blocks for block in blocks])

    def _trimmed(self, blocks: list[Block]) -> list[Block]:
        """Give back what of some blocks brings nothing, whole ones first, then slots at their ends; what is left."""
        kept = [
            block for block in sorted(blocks, key=lambda b: b.last - b.first) if not self._try([block], [])
        ]
        left = []
        for whole in kept:
            block = whole
            least = int(self.crafts[block.craft].least[block.row])
            shorter = True
            while shorter and block.last - block.first + 1 > least:
                shorter = False
                for smaller in (block._replace(last=block.last - 1), block._replace(first=block.first + 1)):
                    if self._try([block], [smaller]):
                        block, shorter = smaller, True
                        break
            left.append(block)
        return left

    def _within_agreements(self, blocks: list[Block]) -> list[Block]:
        """Shorten blocks, the last first, until no agreement gives more than it may; what is left."""
        left = list(blocks)
        for whole in reversed(blocks):
            block = whole
            craft = self.crafts[block.craft]
            under = any(covers[block.row] for _, _, covers in craft.covered)
            while under and self.value == -np.inf:
                self._change(block, -1)
                left.remove(block)
                if block.last - block.first + 1 <= craft.least[block.row]:
                    break
                block = block._replace(last=block.last - 1)
                self._change(block, 1)
                left.append(block)
        return left

    def _try(self, away: list[Block], added: list[Block]) -> bool:
        """Change blocks if the value rises; whether it did."""
        before = self.value
        for block in away:
            self._change(block, -1)
        for block in added:
            self._change(block, 1)
        if self.value > before:
            return True
        for block in added:
            self._change(block, -1)
        for block in away:
            self._change(block, 1)
        return False

    def keep(self) -> list[list[Block]]:
        """The assignment as it is, to come back to."""
        return [list(blocks) for blocks in self.blocks]

    def back_to(self, kept: list[list[Block]]) -> None:
        """Take up an assignment that was kept."""
        for block in [block for blocks in self.blocks for block in blocks]:
            self._change(block, -1)
        for block in [block for blocks in kept for block in blocks]:
            self._change(block, 1)

    def _change(self, block: Block, sign: int) -> None:
        """Add a block (1) or take it away (-1)."""
        craft = self.crafts[block.craft]
        i, first, last = block.row, block.first, block.last
        if sign > 0:
            self.blocks[block.craft].append(block)
        else:
            self.blocks[block.craft].remove(block)
        from_ = max(0, first - int(craft.lead[i, 0]))
        self.free[craft.station[i], from_ : last + 1 + int(craft.trail[i, 0])] -= sign
        add_block(
            self.served[block.craft],
            craft.period,
            craft.gain[i],
            craft.late[i],
            craft.early[i],
            first,
            last,
            float(sign),
        )
        for number, period, under in craft.covered:
            if under[i]:
                add_block(
                    self.hours[number],
                    period,
                    craft.hours[i],
                    craft.late_hours[i],
                    craft.early_hours[i],
                    first,
                    last,
                    float(sign),
                )
        self._cost += sign * (craft.held_cost * (last - first + 1) + BLOCK_COST)
