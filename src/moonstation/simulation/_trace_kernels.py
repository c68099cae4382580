"""What is kept of one run through time."""

import numba

from moonstation.simulation._life_model import Trace


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
