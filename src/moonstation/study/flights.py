"""The orbiters of a study, each propagated by a thread of its own while the rest goes on."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType

from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Orbiter
from moonstation.study.orbiters import OrbiterFlight, fly_orbiter

WORKERS = 2
LOOK = 0.2
"""Time between two looks at how far they are [s]."""


class GivenUpError(Exception):
    """Ends a flight that no one waits for any more; never leaves this module."""


class Flights:
    """Orbiters under way; leaving the block early gives them up within tenths of a second.

    Parameters
    ----------
    orbiters : sequence of Orbiter
        What flies.
    start, stop : Epoch
        Span over which their motion has to be known.
    """

    def __init__(self, orbiters: Sequence[Orbiter], *, start: Epoch, stop: Epoch) -> None:
        self._over = threading.Event()
        self._shares = {orbiter.id: 0.0 for orbiter in orbiters}
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="flight")
        self._flights = {
            orbiter.id: self._pool.submit(self._fly, orbiter, start, stop) for orbiter in orbiters
        }

    def __enter__(self) -> "Flights":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def flown(self, progress: Callable[[float], None]) -> dict[str, OrbiterFlight]:
        """Wait for all of them; flights by id of the orbiter.

        Parameters
        ----------
        progress : callable
            Called with the mean share done, 0 to 1, by the thread that waits.

        Raises
        ------
        MoonstationError
            Of the first orbiter, in their order, that cannot be flown; as soon as one cannot, none is waited for.
        """
        left = set(self._flights.values())
        while left:
            done, left = wait(left, timeout=LOOK)
            if any(flight.exception() for flight in done):
                break
            progress(sum(self._shares.values()) / len(self._shares))
        for flight in self._flights.values():
            if flight.done() and (error := flight.exception()) is not None:
                raise error
        return {name: flight.result() for name, flight in self._flights.items()}

    def _fly(self, orbiter: Orbiter, start: Epoch, stop: Epoch) -> OrbiterFlight:
        def tell(share: float) -> None:
            self._shares[orbiter.id] = share
            if self._over.is_set():
                raise GivenUpError

        return fly_orbiter(orbiter, start=start, stop=stop, progress=tell)
