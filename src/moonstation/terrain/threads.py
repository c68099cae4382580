"""Work shared among threads; compiled loops let go of the interpreter's lock."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def in_threads(work: Callable[[Item], None], items: Iterable[Item], threads: int | None) -> None:
    """Call `work` on every item, one thread a processor if `threads` is not given; an error or Ctrl-C stops early."""
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        try:
            for _ in pool.map(work, items):
                pass
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
