"""Pairs of places compared step by step: the compiled loop against NumPy's bit counts, in the same run.

Usage::

    python benchmarks/find.py

2000 places with random light, 1 and 18.6 years by hours; processor time of one thread, one warm-up.
"""

import time

import numpy as np

from moonstation.sunlight import _pair_kernels

PLACES, ROWS = 2000, 100


def main() -> None:
    rng = np.random.default_rng(1)
    angle = rng.uniform(0.0, 1e-3, (PLACES, 2))
    towards = np.column_stack([angle, np.ones(PLACES)])
    out = np.empty((ROWS, PLACES), np.int32)
    for steps in (8766, 163_161):
        words = rng.integers(0, 2**64, (PLACES, -(-steps // _pair_kernels.WORD)), dtype=np.uint64)
        _pair_kernels.count_either(words, towards, 0.0, 1.0, 0, out)
        begin = time.thread_time()
        _pair_kernels.count_either(words, towards, 0.0, 1.0, 0, out)
        ours = int((out >= 0).sum()) / (time.thread_time() - begin)
        begin = time.thread_time()
        pairs = 0
        for row in range(ROWS):
            counts = np.bitwise_count(words[row] | words[row + 1 :]).sum(axis=1)
            assert np.array_equal(counts, out[row, row + 1 :])
            pairs += counts.size
        theirs = pairs / (time.thread_time() - begin)
        print(
            f"{steps} steps: {ours / 1e6:.1f} M pairs/s ({ours * steps / 1e9:.0f} G pair-steps/s), NumPy "
            f"{theirs / 1e6:.1f} M pairs/s: {ours / theirs:.1f} times"
        )


if __name__ == "__main__":
    main()
