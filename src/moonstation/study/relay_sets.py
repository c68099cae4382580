"""The best sets of relays: all sets where they are few enough, else step by step and by exchange."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from moonstation.arrays import AnyArray, BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.study._relay_kernels import WORD, judge_sets
from moonstation.threads import in_threads

MOST_SETS = 2_000_000
"""Sets that are all compared; above, the best ones are looked for step by step."""

CHUNK = 4096
"""Sets that a thread judges before it takes the next ones."""

MOST_PASSES = 20
"""Passes of exchange at most."""


@dataclass(frozen=True, eq=False)
class Cover:
    """When each candidate serves each site, on a grid of time.

    Attributes
    ----------
    words : ndarray of uint64, shape (candidates, sites, words)
        A bit a step, the first one lowest.
    steps : int
        Steps of the grid.
    base : ndarray of uint64, shape (2, sites, words)
        Steps at which a site is served once, and twice, without any candidate.
    """

    words: AnyArray
    steps: int
    base: AnyArray

    @property
    def pad(self) -> AnyArray:
        """Ones past the last step, shape (words,)."""
        return np.asarray(~pack(np.ones((1, self.steps), dtype=bool))[0])

    def part(self, candidates: IntArray) -> "Cover":
        """The same of some candidates."""
        return Cover(np.ascontiguousarray(self.words[candidates]), self.steps, self.base)


def pack(seen: BoolArray) -> AnyArray:
    """Rows of steps (n, steps) as words (n, ceil(steps / 64)), zeros past the end."""
    rows, steps = seen.shape
    count = math.ceil(steps / WORD)
    padded = np.zeros((rows, count * WORD), dtype=bool)
    padded[:, :steps] = seen
    return np.packbits(padded, axis=1, bitorder="little").view("<u8")


def unpack(words: AnyArray, steps: int) -> BoolArray:
    """Words (..., n) as steps (..., steps)."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=-1, bitorder="little")
    return np.asarray(bits[..., :steps], dtype=bool)


def cover_of(seen: BoolArray, base: IntArray | None = None) -> Cover:
    """Cover from steps.

    Parameters
    ----------
    seen : BoolArray
        (candidates, sites, steps)
    base : IntArray, optional
        By how many others a site is served at each step, (sites, steps); none if not given.
    """
    candidates, sites, steps = seen.shape
    counts = np.zeros((sites, steps), dtype=np.int64) if base is None else base
    words = pack(seen.reshape(-1, steps)).reshape(candidates, sites, -1)
    return Cover(words, steps, np.stack([pack(counts >= 1), pack(counts >= 2)]))


def judge(
    cover: Cover,
    sets: IntArray,
    *,
    fold: int = 1,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> IntArray:
    """Steps covered and longest gap [steps] of each set, each at the site that is worst off in it.

    Parameters
    ----------
    cover : Cover
        What the candidates see.
    sets : IntArray
        (sets, size)
    fold : int
        1: a step counts if one relay serves; 2: if two do.
    threads : int, optional
        One a processor if not given; the result does not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    IntArray
        (sets, 2)
    """
    found = np.empty((len(sets), 2), dtype=np.int64)
    sets, pad = np.ascontiguousarray(sets, dtype=np.int64), cover.pad

    def work(first: int) -> None:
        judge_sets(
            cover.words, sets[first : first + CHUNK], cover.base, pad, fold, found[first : first + CHUNK]
        )

    in_threads(work, range(0, len(sets), CHUNK), threads, progress)
    return found


def undominated(cover: Cover, cost: FloatArray) -> IntArray:
    """Candidates that no other one replaces at every step and site at no greater cost, ascending.

    Where coverage counts once, a set with a dominated member is no better than the one with the other in its place, or
    without it; where it counts twice this does not hold, and all candidates are to be kept.
    """
    kept: list[int] = []
    for i in range(len(cover.words)):
        missed = (cover.words[i][None] & ~cover.words).any(axis=(1, 2))
        better = ~missed & (cost <= cost[i])
        better[i] = False
        # of those that are alike the first one stays
        equal = better & (cost == cost[i]) & (cover.words == cover.words[i][None]).all(axis=(1, 2))
        better &= ~equal
        if not better.any() and not equal[:i].any():
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def count_sets(candidates: int, size: int) -> int:
    """How many sets of a size there are."""
    return math.comb(candidates, size)


def every_set(candidates: int, size: int) -> IntArray:
    """All sets of a size, (sets, size), in order.

    Raises
    ------
    RequestError
        If there are more than `MOST_SETS`.
    """
    count = count_sets(candidates, size)
    if count > MOST_SETS:
        raise RequestError(
            f"{count:,} sets of {size} of {candidates} relays: at most {MOST_SETS:,} are compared"
        )
    flat = np.fromiter(
        (k for chosen in combinations(range(candidates), size) for k in chosen), dtype=np.int64
    )
    return flat.reshape(count, size)


def improve(
    cover: Cover,
    cost: FloatArray,
    start: Sequence[int],
    *,
    size: int,
    by_gap: bool = False,
    fold: int = 1,
    groups: IntArray | None = None,
) -> tuple[int, ...]:
    """A good set of a size: candidates added one by one, then each exchanged while that helps.

    Parameters
    ----------
    cover : Cover
        What the candidates see.
    cost : FloatArray
        Of each; the cheaper of equals is taken.
    start : sequence of int
        Candidates to begin with, `size` at most.
    size : int
        Members of the set, at most as many as there are candidates.
    by_gap : bool
        Look for the shortest longest gap instead of the greatest share.
    fold : int
        As for `judge`.
    groups : IntArray, optional
        Group of each candidate; one is exchanged for others of its group only, so that a whole start keeps its kinds.
    """
    chosen = list(start)

    def best(trials: IntArray) -> tuple[tuple[float, ...], int]:
        found = judge(cover, trials, fold=fold)
        covered, gap, price = found[:, 0], found[:, 1], cost[trials].sum(axis=1)
        keys = (price, -covered, gap) if by_gap else (price, gap, -covered)
        k = int(np.lexsort(keys)[0])
        return tuple(float(key[k]) for key in reversed(keys)), k

    def others() -> IntArray:
        return np.setdiff1d(np.arange(len(cover.words)), chosen)

    while len(chosen) < size:
        left = others()
        trials = np.column_stack([np.tile(chosen, (len(left), 1)).astype(np.int64), left])
        chosen.append(int(left[best(trials)[1]]))
    key = best(np.array([chosen]))[0]
    for _ in range(MOST_PASSES):
        changed = False
        for place in range(size):
            left = others()
            if groups is not None:
                left = left[groups[left] == groups[chosen[place]]]
            if not left.size:
                continue
            trials = np.tile(chosen, (len(left), 1)).astype(np.int64)
            trials[:, place] = left
            trial, k = best(trials)
            if trial < key:
                key, chosen[place], changed = trial, int(left[k]), True
        if not changed:
            break
    return tuple(sorted(chosen))


def pareto(cost: FloatArray, share: FloatArray, gap: FloatArray) -> IntArray:
    """Rows that no other one beats in cost, share and gap at once, cheapest first; of equals the first.

    Parameters
    ----------
    cost, share, gap : FloatArray
        (n,); small costs and gaps and great shares are good.
    """
    order = np.lexsort((gap, -share, cost))
    kept: list[int] = []
    best: list[tuple[float, float]] = []
    for k in order:
        s, g = float(share[k]), float(gap[k])
        if any(s <= other and g >= least for other, least in best):
            continue
        best = [(other, least) for other, least in best if not (other <= s and least >= g)] + [(s, g)]
        kept.append(int(k))
    return np.array(kept, dtype=np.int64)
