"""Long jobs in many pieces on other processes and machines, by Dask distributed.

A piece of work is a callable that pickles and an item to call it with; what it returns comes back to this process,
which alone writes files. So a run on a cluster differs from one without in the order in which pieces are done, and in
nothing else. `docs/decisions/0007-dask.md` gives the reasons.
"""

import logging
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, TypeVar

from moonstation import __version__
from moonstation.errors import MoonstationError, OutputError, RequestError

Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECT_S = 10.0
"""How long a scheduler may take to answer [s]."""

WORKERLESS_S = 60.0
"""How long a cluster may be without any worker before the run gives up [s]; a restarted one needs a few seconds."""

AHEAD = 2
"""Pieces handed out for each thread of the workers, so that none waits while a result is fetched."""

LOST = "what is finished is kept: give the same command again"


def run_tiles(
    work: Callable[[Item], Result], items: Sequence[Item], cluster: str
) -> Iterator[tuple[Item, Result]]:
    """Do work on each of some items on a cluster.

    A piece whose worker is lost is done again by another. Workers may come and go.

    Parameters
    ----------
    work : callable
        Takes an item; it, the items and the results must pickle. It runs in several threads of a worker at a time.
    items : sequence
        Arguments.
    cluster : str
        "local" (one worker a processor), "local:N" (N workers), or the address of a scheduler, as "tcp://host:8786".

    Yields
    ------
    tuple of (item, result)
        In the order in which they are finished.

    Raises
    ------
    RequestError
        If `cluster` is no such text, Dask is not installed, nobody answers at the address, or a worker has no
        moonstation.
    OutputError
        If all workers or the scheduler are lost.
    MoonstationError
        What `work` raised; the message names the worker.
    """
    count = _local_count(cluster)
    distributed = _distributed()
    if not items:
        return
    with _quiet(), ExitStack() as stack:
        address = cluster
        if count is not None:
            address = stack.enter_context(_local(distributed, min(count, len(items)))).scheduler_address
        try:
            client = stack.enter_context(
                distributed.Client(address, timeout=CONNECT_S, set_as_default=False, name="moonstation")
            )
        except (OSError, ValueError) as error:
            raise RequestError(
                f"--cluster {cluster}: no Dask scheduler answers there; start one with 'dask scheduler' and workers "
                f"with 'dask worker {cluster}', or use --cluster local"
            ) from error
        yield from _run(distributed, client, work, items, cluster)


def _run(
    distributed: Any, client: Any, work: Callable[[Item], Result], items: Sequence[Item], cluster: str
) -> Iterator[tuple[Item, Result]]:
    waiting = deque(items)
    running: dict[Any, Item] = {}
    seen = time.monotonic()
    while waiting or running:
        try:
            threads = sum(client.nthreads().values())
            if threads:
                seen = time.monotonic()
            elif time.monotonic() - seen > WORKERLESS_S:
                raise OutputError(
                    f"--cluster {cluster}: has had no worker for {WORKERLESS_S:.0f} s; start some with 'dask worker "
                    f"{cluster}'; {LOST}"
                )
            while waiting and len(running) < AHEAD * threads:
                item = waiting.popleft()
                running[client.submit(_on_worker, work, item, pure=False)] = item
            finished = _finished(running)
            failed = [future.exception() for future in finished if future.status == "error"]
            results = [(future, future.result()) for future in finished] if not failed else []
        except (OSError, CancelledError) as error:
            if isinstance(error, MoonstationError):
                raise
            raise OutputError(f"--cluster {cluster}: the scheduler was lost; {LOST}") from error
        if failed:
            raise _told(distributed, failed[0], cluster) from failed[0]
        for future, result in results:
            yield running.pop(future), result


def _told(distributed: Any, error: BaseException, cluster: str) -> BaseException:
    """What to say of an error that a piece of work ended in."""
    if isinstance(error, distributed.KilledWorker):
        return OutputError(
            f"--cluster {cluster}: {error.allowed_failures + 1} workers died one after the other at the same piece of "
            f"work, perhaps for want of memory (1 GB for each thread is enough); {LOST}"
        )
    if isinstance(error, (ImportError, AttributeError)):
        return RequestError(
            f"--cluster {cluster}: a worker cannot run moonstation {__version__} ({error}); install it there"
        )
    return error


def _finished(futures: Iterable[Any]) -> list[Any]:
    """Those of some futures that are done, once there are any, or none after a second."""
    futures = list(futures)
    for _ in range(50):
        done = [future for future in futures if future.done()]
        if done:
            return done
        time.sleep(0.02)
    return []


def _on_worker(work: Callable[[Item], Result], item: Item) -> Result:
    """Do a piece of work on a worker; what is wrong there names it."""
    try:
        return work(item)
    except MoonstationError as error:
        address = import_module("distributed").get_worker().address
        raise type(error)(f"{error} (on worker {address})") from error


def _local_count(cluster: str) -> int | None:
    """Workers of a local cluster; None for an address."""
    local = re.fullmatch(r"local(?::(\d+))?", cluster)
    if local is not None:
        count = int(local[1]) if local[1] is not None else os.cpu_count() or 1
        if not 1 <= count <= 1024:
            raise RequestError(f"--cluster {cluster}: give 1 to 1024 workers")
        return count
    if re.fullmatch(r"[a-z]+://\S+", cluster) is None:
        raise RequestError(
            f"--cluster {cluster}: give local, local:N for N workers, or the address of a Dask scheduler such as "
            "tcp://host:8786"
        )
    return None


def _local(distributed: Any, count: int) -> Any:
    """Start workers on this machine."""
    before = os.environ.get("PYTHONWARNINGS")
    # a stopped run ends at once; Python's watcher over semaphores would then call them leaked, on the terminal
    os.environ["PYTHONWARNINGS"] = ",".join([*filter(None, [before]), "ignore:resource_tracker:UserWarning"])
    try:
        return distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        )
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise RequestError(
            "--cluster: Dask is not installed; run pip install 'moonstation[cluster]', or leave --cluster out"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log off the terminal: what matters in it is told as an error."""
    log = logging.getLogger("distributed")
    handlers = [(handler, handler.level) for handler in log.handlers]
    for handler, _ in handlers:
        handler.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for handler, level in handlers:
            handler.setLevel(level)
