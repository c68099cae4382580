"""Compiled search for the best blocks of one spacecraft."""

import numpy as np
from numba import njit

from moonstation.arrays import FloatArray, IntArray


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def best_blocks(
    value: FloatArray, begin: FloatArray, finish: FloatArray, least: IntArray, held: IntArray
) -> float:
    """Blocks of one spacecraft, one station at a time, that are worth most together.

    Dynamic programming over slots: the best that ends before a slot, and for each station the best begin of a block
    that reaches the slot.

    Parameters
    ----------
    value : (m, n) array
        Worth of each slot at each station; -inf where it cannot be heard.
    begin, finish : (m, n) array
        Added where a block begins with the slot, or ends with it; -inf where none may.
    least : (m,) array of int
        Fewest slots of a block.
    held : (n,) array of int
        Written: station by slot, -1 for none.

    Returns
    -------
    float
        Worth of them all.
    """
    m, n = value.shape
    best = np.zeros(n + 1)
    came = np.full(n + 1, -1, dtype=np.int64)
    by = np.full(n + 1, -1, dtype=np.int64)
    running = np.zeros((m, n + 1))
    reach = np.full(m, -np.inf)
    from_ = np.full(m, -1, dtype=np.int64)
    since = np.zeros(m, dtype=np.int64)
    for k in range(n):
        best[k + 1] = best[k]
        for i in range(m):
            if value[i, k] == -np.inf:
                reach[i] = -np.inf
                since[i] = k + 1
                running[i, k + 1] = 0.0
                continue
            running[i, k + 1] = running[i, k] + value[i, k]
            j = k - least[i] + 1
            if j >= since[i]:
                # what stands before the block, and what the sum from its stretch's begin has too much
                start = best[j] + begin[i, j] - running[i, j]
                if start > reach[i]:
                    reach[i], from_[i] = start, j
            total = reach[i] + running[i, k + 1] + finish[i, k]
            if total > best[k + 1]:
                best[k + 1], came[k + 1], by[k + 1] = total, from_[i], i
    held[:] = -1
    k = n
    while k > 0:
        if by[k] < 0:
            k -= 1
        else:
            from_slot = int(came[k])
            held[from_slot:k] = by[k]
            k = from_slot
    return float(best[n])


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def add_block(
    total: FloatArray,
    period: IntArray,
    gain: FloatArray,
    late: FloatArray,
    early: FloatArray,
    first: int,
    last: int,
    factor: float,
) -> None:
    """Add what a block brings to the sums of its periods.

    Parameters
    ----------
    total : (p,) array
        Changed: sums by period.
    period : (n,) array of int
        Period of each slot.
    gain, late, early : (n,) array
        Brought by each slot; lost where a block begins with it, or ends with it.
    first, last : int
        Slots of the block, both within it.
    factor : float
        Times this; -1 takes the block away.
    """
    for k in range(first, last + 1):
        total[period[k]] += factor * gain[k]
    total[period[first]] -= factor * late[first]
    total[period[last]] -= factor * early[last]
