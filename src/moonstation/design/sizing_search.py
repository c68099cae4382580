"""The search for the sources and stores that carry a load through the light of a place and count least.

The programme over a whole history of light would have millions of variables. Two exact reductions make it small:

- It is solved over spells: stretches that begin with full stores. Every spell is a part of the whole, begun better than
  the whole could begin it.
- Steps are taken together in blocks: what can be done step by step can be done with the means of a block.

So the optimum over some spells and blocks is never heavier than that over all: a lower bound. The design found is then
run through the whole history, step by step; where it fails, the spell before the failure joins the programme, and where
that does not help, its stores are made larger until it serves. What it is heavier than the bound is the gap; blocks are
made shorter until the gap is small enough or blocks are single steps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.design.sizing_case import Case
from moonstation.design.sizing_programme import Programme, SolverError

SPELLS_A_ROUND = 6
LONGEST_SPELL = 3000
"""Steps of a spell: of longer ones only the end, begun with full stores, joins the programme."""

BLOCKS = (24, 8, 4, 2, 1)
"""Steps taken together, from coarse to exact."""

MOST_ROUNDS = 80
TIGHT = 0.99
"""Spells that a design made smaller by this ratio does not carry are near its limit."""

MOST_GROWTH = 4.0
"""A design that has to grow more than this is no start for one."""


class NoDesignError(Exception):
    """No design within the limits carries the load of a case; tells the spells that show it."""

    def __init__(self, case: Case, spells: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.case, self.spells = case, tuple(spells)


@dataclass(frozen=True, eq=False)
class Sizing:
    """A design and how good it is.

    Attributes
    ----------
    power : dict of str to float
        Rated power of each source [W].
    capacity : dict of str to float
        Capacity of each store [J].
    mass : float
        Of all of it [kg].
    value : float
        What was to be least: mass [kg] or cost.
    bound : float
        No design that serves the load has a lower value.
    spells : tuple of (int, int)
        Steps from and to which the programme was solved: those that bind are among them.
    dropped : tuple of int
        Months that it need not serve, by number.
    missing : (n,) array
        Power not served in each step [W].
    rounds : int
        How often the programme was solved.
    block : int
        Steps taken together when it was solved last.
    """

    power: dict[str, float]
    capacity: dict[str, float]
    mass: float
    value: float
    bound: float
    spells: tuple[tuple[int, int], ...]
    dropped: tuple[int, ...]
    missing: FloatArray
    rounds: int
    block: int = 1

    @property
    def gap(self) -> float:
        """How much less its value could be at most, as a share of it."""
        return (self.value - self.bound) / self.value if self.value > 0.0 else 0.0


def best_design(case: Case, gap: float, progress: Callable[[float], None] | None) -> Sizing:
    """Find the best design of a case; `NoDesignError` where there is none."""
    spells = _first_spells(case)
    best: Sizing | None = None
    rounds, bound = 0, 0.0
    for place, block in enumerate(BLOCKS):
        while True:
            rounds += 1
            try:
                solved = solve(case, spells, block)
            except SolverError:
                if best is None:
                    raise
                return best  # with the gap that it has
            if solved is None:
                raise NoDesignError(case, spells)
            power, capacity, least = solved
            bound = max(bound, least)
            missing, full, _ = case.run(power, capacity)
            new = [spell for spell in failing_spells(case, missing, full) if spell not in spells]
            if progress is not None:
                progress((place + 1.0 - 1.0 / rounds) / len(BLOCKS))
            if not new or rounds >= MOST_ROUNDS:
                break
            spells = spells + new
        found = _grown(case, power, capacity, spells, rounds)
        if found is not None and (best is None or found.value < best.value):
            best = found
        if best is not None:
            best = replace(
                best, bound=min(bound, best.value), spells=tuple(spells), rounds=rounds, block=block
            )
        if (best is not None and best.gap <= gap) or rounds >= MOST_ROUNDS:
            break
        # shorter blocks make a programme several times larger: only spells near the limit go on, others come back
        missing, full, _ = case.run(TIGHT * power, TIGHT * capacity)
        spells = failing_spells(case, missing, full) or spells
    if best is None:
        raise NoDesignError(case, spells)
    return best


def failing_spells(case: Case, missing: FloatArray, full: BoolArray) -> list[tuple[int, int]]:
    """Spells that end in a failure and begin with full stores, those that miss most energy first."""
    edges = np.flatnonzero(np.diff(np.r_[False, case.failing(missing), False].astype(np.int8)))
    found: dict[int, tuple[float, int]] = {}
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        before = np.flatnonzero(full[: first + 1])
        begin = max(int(before[-1]) if before.size else 0, int(end) - LONGEST_SPELL)
        lost, last = found.get(begin, (0.0, 0))
        found[begin] = (lost + float(np.sum(missing[first:end])), max(last, int(end)))
    worst = sorted(found.items(), key=lambda item: -item[1][0])
    return [(begin, end) for begin, (_, end) in worst[:SPELLS_A_ROUND]]


def _first_spells(case: Case) -> list[tuple[int, int]]:
    """The longest stretch in which each source gives least: a place to begin."""
    spells = []
    for source in case.sources:
        poor = source.share <= 0.05 * max(float(np.max(source.share)), 1e-300)
        edges = np.flatnonzero(np.diff(np.r_[False, poor, False].astype(np.int8)))
        if edges.size:
            length = edges[1::2] - edges[::2]
            k = int(np.argmax(length))
            spells.append(
                (max(0, int(edges[2 * k]) - 1), min(int(edges[2 * k + 1]), int(edges[2 * k]) + LONGEST_SPELL))
            )
    return list(dict.fromkeys(spells)) or [(0, min(case.load.size, LONGEST_SPELL))]


def solve(
    case: Case, spells: Sequence[tuple[int, int]], block: int
) -> tuple[FloatArray, FloatArray, float] | None:
    """Best design over some spells; None if there is none."""
    programme = Programme(case, spells, block)
    found = programme.solve(programme.worth())
    return None if found is None else (*programme.design(found[0]), found[1])


def _grown(
    case: Case,
    power: FloatArray,
    capacity: FloatArray,
    spells: Sequence[tuple[int, int]],
    rounds: int,
) -> Sizing | None:
    """Make all of a design larger in one ratio, as little as it takes to serve the history when it is run.

    Sources in whole units stay, and what has come to its limit. None where that takes too much.
    """
    fixed = np.array([source.unit > 0.0 for source in case.sources])

    def larger(ratio: float) -> tuple[FloatArray, FloatArray]:
        return case.within(np.where(fixed, power, power * ratio), capacity * ratio)

    def serves(ratio: float) -> bool:
        missing, _, _ = case.run(*larger(ratio))
        return not np.any(case.failing(missing))

    low, high = 1.0, 1.0
    while not serves(high):
        low, high = high, 1.0 + max(2.0 * (high - 1.0), 1e-4)
        if high > MOST_GROWTH:
            return None
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if serves(middle) else (middle, high)
    return _sizing(case, *larger(high), spells, rounds)


def _sizing(
    case: Case,
    power: FloatArray,
    capacity: FloatArray,
    spells: Sequence[tuple[int, int]],
    rounds: int,
) -> Sizing:
    mass = sum(s.mass_per_w * p for s, p in zip(case.sources, power, strict=True))
    mass += sum(s.mass_per_j * c for s, c in zip(case.stores, capacity, strict=True))
    missing, _, _ = case.run(power, capacity)
    return Sizing(
        power={s.id: float(p) for s, p in zip(case.sources, power, strict=True)},
        capacity={s.id: float(c) for s, c in zip(case.stores, capacity, strict=True)},
        mass=float(mass),
        value=case.worth(power, capacity),
        bound=0.0,
        spells=tuple(spells),
        dropped=(),
        missing=missing,
        rounds=rounds,
    )
