"""Compiled loops for sets of relays: what they cover together, and for how long they leave a site alone."""

import numpy as np
from numba import njit

from moonstation.arrays import AnyArray, IntArray

WORD = 64
"""Steps in a word, the first one lowest."""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def judge_sets(
    words: AnyArray, sets: IntArray, base: AnyArray, pad: AnyArray, fold: int, out: IntArray
) -> None:
    """Steps covered and longest gap of each set, at the site that is worst off in each.

    Parameters
    ----------
    words : ndarray of uint64, shape (candidates, sites, words)
        Steps at which a candidate serves a site.
    sets : ndarray of int64, shape (sets, size)
        Candidates of each set.
    base : ndarray of uint64, shape (2, sites, words)
        Steps at which a site is served once, and twice, without any candidate.
    pad : ndarray of uint64, shape (words,)
        Ones past the last step.
    fold : int
        1: a step counts if one relay serves; 2: if two do.
    out : ndarray of int64, shape (sets, 2)
        Filled: steps covered, and steps of the longest gap.
    """
    m1 = np.uint64(0x5555555555555555)
    m2 = np.uint64(0x3333333333333333)
    m4 = np.uint64(0x0F0F0F0F0F0F0F0F)
    sums = np.uint64(0x0101010101010101)
    one = np.uint64(1)
    full = ~np.uint64(0)
    sites, count = words.shape[1], words.shape[2]
    for row in range(sets.shape[0]):
        least = np.int64(WORD * count)
        worst = np.int64(0)
        for site in range(sites):
            covered = np.int64(0)
            run = np.int64(0)
            gap = np.int64(0)
            for k in range(count):
                once = base[0, site, k]
                twice = base[1, site, k]
                for member in range(sets.shape[1]):
                    seen = words[sets[row, member], site, k]
                    twice |= once & seen
                    once |= seen
                x = (once if fold == 1 else twice) & ~pad[k]
                y = x | pad[k]
                if y == full:
                    gap = max(gap, run)
                    run = np.int64(0)
                elif y == 0:
                    run += WORD
                else:
                    z = y
                    for _ in range(WORD):
                        if z & one:
                            gap = max(gap, run)
                            run = np.int64(0)
                        else:
                            run += 1
                        z = z >> one
                # bits of a word by adding ever wider fields (Warren 2013, Hacker's Delight, fig. 5-2)
                x -= (x >> one) & m1
                x = (x & m2) + ((x >> np.uint64(2)) & m2)
                x = (x + (x >> np.uint64(4))) & m4
                covered += np.int64((x * sums) >> np.uint64(56))
            least = min(least, covered)
            worst = max(worst, gap, run)
        out[row, 0] = least
        out[row, 1] = worst
