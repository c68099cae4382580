"""What is kept of one run through time."""

import numba

from moonstation.simulation._ageing_kernels import health_of
from moonstation.simulation._life_model import LIVES_HERE, Now, Trace


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def note(trace: Trace, step: float, kind: int, number: int) -> None:
    """Keep an event, if events are kept and there is room."""
    count = trace.met[0]
    if count < trace.event.shape[0]:
        trace.event[count, 0] = step
        trace.event[count, 1] = kind
        trace.event[count, 2] = number
    trace.met[0] = count + 1


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def keep_bus(
    trace: Trace, bus: int, row: int, charge: float, generation: float, served: float, mode: int
) -> None:
    """Keep one instant of a bus."""
    trace.charge[bus, row] = charge
    trace.generation[bus, row] = generation
    trace.served[bus, row] = served
    trace.mode[bus, row] = mode


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def keep_instant(now: Now, trace: Trace, row: int) -> None:
    """Keep one instant of sites, parts, functions and stores."""
    for s in range(now.sites.size):
        trace.stored[s, row] = now.sites[s].stored
        for c in range(3):
            trace.stocks[s, c, row] = now.stocks[s, c]
    for v in range(now.visits.size):
        trace.crew[v, row] = 1.0 if now.visits[v].state == LIVES_HERE else 0.0
    for e in range(now.parts.size):
        trace.working[e, row] = now.parts[e].factor if now.parts[e].up else 0.0
    for f in range(now.functions.size):
        trace.functions[f, row] = now.functions[f].there
    for s in range(now.stores.size):
        trace.health[s, row] = health_of(now, s)
