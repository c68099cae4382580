"""Compiled loops for places that are lit together: when each sees the Sun, as bits, and what two of them add up to."""

import numpy as np
from numba import njit

from moonstation.arrays import AnyArray, FloatArray, IntArray

WORD = 64
"""Steps in a word."""


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lit_words(
    horizon: AnyArray, gx: AnyArray, gy: AnyArray, sector: IntArray, sun: AnyArray, out: AnyArray
) -> None:
    """Steps at which any of the Sun is seen, a bit each, the first one lowest.

    Parameters
    ----------
    horizon : ndarray of float32, shape (directions, n)
        [rad].
    gx, gy : ndarray of float32, shape (n,)
        Pixels in the plane of the tile.
    sector : ndarray of int64, shape (steps,)
        Direction just before the Sun.
    sun : ndarray of float32, shape (steps, 4)
        As for `_kernels.spells`.
    out : ndarray of uint64, shape (n, words)
        Zeros; filled.
    """
    directions = horizon.shape[0]
    for i in range(sector.shape[0]):
        j = sector[i]
        k = (j + 1) % directions
        u = sun[i, 0]
        top = sun[i, 1]
        a = sun[i, 2]
        b = sun[i, 3]
        word = i // WORD
        bit = np.uint64(1) << np.uint64(i % WORD)
        for p in range(gx.shape[0]):
            if top + a * gx[p] + b * gy[p] > horizon[j, p] + u * (horizon[k, p] - horizon[j, p]):
                out[p, word] |= bit


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def count_either(
    words: AnyArray, towards: FloatArray, nearest: float, farthest: float, first: int, out: AnyArray
) -> None:
    """Steps at which one or both of two places see the Sun, for all pairs at a distance.

    Parameters
    ----------
    words : ndarray of uint64, shape (n, words)
        Steps of each place.
    towards : ndarray, shape (n, 3)
        Unit vectors to the places.
    nearest, farthest : float
        Chords between the places of a pair, least and greatest.
    first : int
        Place that the first row of `out` is of.
    out : ndarray of int32, shape (rows, n)
        Filled: element [i, j] for the places first + i and j > first + i; -1 elsewhere and out of distance.
    """
    m1 = np.uint64(0x5555555555555555)
    m2 = np.uint64(0x3333333333333333)
    m4 = np.uint64(0x0F0F0F0F0F0F0F0F)
    sums = np.uint64(0x0101010101010101)
    for i in range(out.shape[0]):
        a = first + i
        for b in range(out.shape[1]):
            out[i, b] = -1
        for b in range(a + 1, out.shape[1]):
            chord = np.sqrt(
                (towards[a, 0] - towards[b, 0]) ** 2
                + (towards[a, 1] - towards[b, 1]) ** 2
                + (towards[a, 2] - towards[b, 2]) ** 2
            )
            if nearest <= chord <= farthest:
                count = np.uint64(0)
                for k in range(words.shape[1]):
                    # bits of a word by adding ever wider fields (Warren 2013, Hacker's Delight, fig. 5-2)
                    x = words[a, k] | words[b, k]
                    x -= (x >> np.uint64(1)) & m1
                    x = (x & m2) + ((x >> np.uint64(2)) & m2)
                    x = (x + (x >> np.uint64(4))) & m4
                    count += (x * sums) >> np.uint64(56)
                out[i, b] = np.int32(count)
