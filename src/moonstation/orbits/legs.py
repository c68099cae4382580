"""Flights that end at an event: one state after another through the same plan, nothing kept but the end."""

from collections.abc import Callable

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.orbits import _kernels
from moonstation.orbits.forces import NO_THRUST, needs_extras
from moonstation.orbits.plans import Plan, collocation_rule

Rising = Callable[[FloatArray, FloatArray], FloatArray]
"""Epochs (n,) [TDB s past J2000] and states (n, 6) [m, m/s] to values (n,) that rise through zero at the event."""

EpochsAndStates = tuple[FloatArray, FloatArray]

STEPS_AT_ONCE = 16
"""Steps between two looks for the event: a flight to the Moon takes about thirty."""

LOOKS = 8
"""Places in a step that are looked at: an event may begin and end within one, as a dip into the Earth's air does."""

SHORTEST_STEP = 1.0
"""Step below which a flight that meets a body has met it [s]."""

WITHIN = 1e-7
"""How closely in time the event is found [s]."""

MOST_TRIALS = 60


def fly_until(
    plan: Plan, start: FloatArray, rising: Rising | None = None
) -> tuple[float, FloatArray, bool] | None:
    """Fly a state to the end of a plan, or to the first event.

    Parameters
    ----------
    plan : Plan
        Span, forces and limits (`orbits.plans.plan_flight`).
    start : FloatArray
        State (6,) at its begin [m, m/s], Moon-centred, ICRF axes.
    rising : callable, optional
        What rises through zero, in the sense of flight, at the event; the event must not hold at the start.

    Returns
    -------
    tuple or None
        Epoch [TDB s past J2000] and state (6,) where the flight ends, and whether that is the event; None where it
        meets a body, goes farther than the plan allows or cannot be integrated before.
    """
    sign = plan.sign
    state = plan.first_state(start)
    span = abs(plan.et1 - plan.et0)
    tau = np.empty(STEPS_AT_ONCE + 1)
    y = np.empty((STEPS_AT_ONCE + 1, 6))
    record = np.empty((STEPS_AT_ONCE, 3, _kernels.RECORD_COEFFICIENTS))
    extras = needs_extras(plan.forces, NO_THRUST)

    def in_time(taus: FloatArray, states: FloatArray) -> EpochsAndStates:
        if sign > 0:
            return plan.et0 + taus, states
        return plan.et0 - taus, states * np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])

    while True:
        steps, status = _kernels.advance(
            plan.window,
            plan.gravity.packed,
            plan.forces,
            NO_THRUST,
            collocation_rule(),
            span,
            plan.tolerance,
            plan.ground,
            plan.farthest,
            state,
            extras,
            None,
            tau,
            y,
            record,
            None,
            None,
        )
        if rising is not None and steps:
            nodes, records = tau[: steps + 1], record[:steps]
            looks = _looks(nodes)
            values = rising(*in_time(looks, _evaluated(looks, nodes, records)))
            up = np.flatnonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))
            if up.size:
                k = int(up[0])

                def at(
                    when: float, nodes: FloatArray = nodes, records: FloatArray = records
                ) -> EpochsAndStates:
                    times = np.array([when])
                    return in_time(times, _evaluated(times, nodes, records))

                ends, found = (float(looks[k]), float(looks[k + 1])), (float(values[k]), float(values[k + 1]))
                return *_close_in(at, rising, ends, found), True
        if status == _kernels.REACHED_END:
            et, states = in_time(tau[steps : steps + 1], y[steps : steps + 1])
            return float(et[0]), states[0].copy(), False
        if status == _kernels.HIT_EARTH and state[1] > SHORTEST_STEP:
            # the event may come first: look at shorter steps
            state[1] *= 0.5
        elif status != _kernels.BUFFER_FULL:
            return None


def _looks(nodes: FloatArray) -> FloatArray:
    """Times (n,) at which steps are looked at, their ends among them."""
    parts = nodes[:-1, None] + np.diff(nodes)[:, None] * (np.arange(LOOKS) / LOOKS)
    return np.append(parts.ravel(), nodes[-1])


def _evaluated(times: FloatArray, nodes: FloatArray, records: FloatArray) -> FloatArray:
    """States (n, 6) at times (n,) within steps, in the sense of flight."""
    out = np.empty((len(times), 6))
    _kernels.evaluate_trajectory(times, nodes, records, out)
    return out


def _close_in(
    at: Callable[[float], EpochsAndStates],
    rising: Rising,
    between: tuple[float, float],
    values: tuple[float, float],
) -> tuple[float, FloatArray]:
    """Epoch and state of a zero between two times, by regula falsi that does not stand still at one end (Illinois)."""
    (low, high), (at_low, at_high) = between, values
    side = 0
    et, states = at(high)
    for _ in range(MOST_TRIALS):
        if high - low < WITHIN:
            break
        part = (low * at_high - high * at_low) / (at_high - at_low)
        et, states = at(part)
        value = float(rising(et, states)[0])
        if value >= 0.0:
            done, high, at_high = high - part < 0.1 * WITHIN, part, value
            if side == 1:
                at_low *= 0.5
            side = 1
        else:
            done, low, at_low = part - low < 0.1 * WITHIN, part, value
            if side == -1:
                at_high *= 0.5
            side = -1
        if done or value == 0.0:
            break
    return float(et[0]), states[0].copy()
