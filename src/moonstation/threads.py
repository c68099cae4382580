"""Work shared among threads; compiled loops let go of the interpreter's lock."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def in_threads(
    work: Callable[[Item], None],
    items: Sequence[Item],
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Call `work` on every item, one thread a processor if `threads` is not given; an error or Ctrl-C stops early.

    `progress` is called with the share of the items done, 0 to 1, by the thread that waits.
    """
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        try:
            for done, _ in enumerate(pool.map(work, items), start=1):
                if progress is not None:
                    progress(done / len(items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
