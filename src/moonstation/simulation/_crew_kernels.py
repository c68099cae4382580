"""Crews of a station's life: they come, use what is stored at their site, and leave, as planned or before."""

import numba
import numpy as np

from moonstation.simulation._draw_kernels import uniform
from moonstation.simulation._life_model import (
    AWAY,
    CREW_CAME,
    CREW_CUT_OFF,
    CREW_LEFT,
    CREW_NEVER_CAME,
    CREW_RAN_SHORT,
    CREW_USE,
    GONE_HOME,
    LIVES_HERE,
    LOSS_OF_WATER_AND_AIR,
    MISSION,
    RECOVERED,
    STREAM_MISSION,
    USED,
    VISIT_LOAD,
    LifeModel,
    Now,
    Tally,
    Trace,
)
from moonstation.simulation._trace_kernels import note


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def begin_visits(m: LifeModel, now: Now, seed: int, run: int) -> None:
    """What a run draws of visits: what they use a step, and whether their mission is lost."""
    for v in range(m.visits.size):
        visit, there = m.visits[v], now.visits[v]
        there.first = visit.first
        mission = visit.mission_of
        if mission >= 0:
            risk = m.mission_risk[mission] * now.drawn[MISSION, mission]
            there.lost = uniform(seed, run, STREAM_MISSION, mission, 0) < risk
        there.load = visit.load * now.drawn[VISIT_LOAD, v]
        there.unmet_since = np.inf
        for c in range(3):
            gross = m.visit_use[v, c] * now.drawn[CREW_USE, v]
            lost = m.visit_lost[v, c]
            if lost < 1.0:
                lost = min(lost * now.drawn[LOSS_OF_WATER_AND_AIR, v], 1.0)
            now.use[v, c] = gross * lost
            now.won[v, c] = gross * (1.0 - lost)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def use_stocks(m: LifeModel, now: Now, tally: Tally, passed: int) -> None:
    """Book what crews used in the steps since the last event."""
    for v in range(m.visits.size):
        if now.visits[v].state != LIVES_HERE:
            continue
        site = m.visits[v].site
        tally.visits[v, 1] += passed
        for c in range(3):
            now.stocks[site, c] -= passed * now.use[v, c]
            tally.stocks[site, c, USED] += passed * now.use[v, c]
            tally.stocks[site, c, RECOVERED] += passed * now.won[v, c]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def lasting(m: LifeModel, now: Now, v: int) -> float:
    """Steps for which stocks last at a crew's site until its reserve is touched, were it there."""
    site = m.visits[v].site
    steps = np.inf
    for c in range(3):
        if now.use[v, c] <= 0.0:
            continue
        together = now.use[v, c] if now.visits[v].state != LIVES_HERE else 0.0
        for other in range(m.visits.size):
            if now.visits[other].state == LIVES_HERE and m.visits[other].site == site:
                together += now.use[other, c]
        kept = m.visits[v].reserve * now.use[v, c]
        steps = min(steps, np.floor((now.stocks[site, c] - kept) / together + 1e-9))
    return steps


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def needs_met(m: LifeModel, now: Now, v: int) -> bool:
    """Whether what a crew cannot live without works."""
    for g in range(m.visit_need_of.size):
        if m.visit_need_of[g] != v:
            continue
        met = 0
        for p in range(m.visit_need_first[g], m.visit_need_first[g + 1]):
            if now.parts[m.visit_need_element[p]].up:
                met += 1
        if met < m.visit_need_least[g]:
            return False
    return True


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def move_crews(m: LifeModel, now: Now, tally: Tally, trace: Trace, k: int) -> None:
    """Crews come, leave, or stay away."""
    for v in range(m.visits.size):
        visit, there = m.visits[v], now.visits[v]
        if there.state == GONE_HOME or k < there.first:
            continue
        met = needs_met(m, now, v) and not there.dark
        enough = lasting(m, now, v) >= 1.0
        if there.state == AWAY:
            if there.lost or not met or not enough:
                there.state = GONE_HOME
                note(trace, k, CREW_NEVER_CAME, v)
                continue
            there.state = LIVES_HERE
            tally.visits[v, 0] = k
            note(trace, k, CREW_CAME, v)
            continue
        if met:
            there.unmet_since = np.inf
        else:
            there.unmet_since = min(there.unmet_since, float(k))
        why = 0
        if k >= visit.stop:
            why = CREW_LEFT
        elif not enough:
            why = CREW_RAN_SHORT
        elif k - there.unmet_since >= visit.grace:
            why = CREW_CUT_OFF
        if why > 0:
            there.state = GONE_HOME
            tally.visits[v, 2] = why
            note(trace, k, why, v)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def crews_next(m: LifeModel, now: Now, k: int) -> float:
    """Step at which something happens to a crew next."""
    soonest = np.inf
    for v in range(m.visits.size):
        visit, there = m.visits[v], now.visits[v]
        if there.state == AWAY:
            soonest = min(soonest, float(there.first))
        elif there.state == LIVES_HERE:
            soonest = min(soonest, float(visit.stop))
            soonest = min(soonest, k + lasting(m, now, v))
            soonest = min(soonest, there.unmet_since + visit.grace)
    return soonest


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def feed_crews(m: LifeModel, now: Now, b: int, left: float, short: bool) -> tuple[float, bool, float, float]:
    """Feed crews before all else.

    Returns what is left, whether any went dark or came back, and by how much less or more power that would not change.
    """
    changed = False
    less, more = np.inf, np.inf
    for v in range(m.visits.size):
        there = now.visits[v]
        if m.visits[v].bus != b or there.state != LIVES_HERE:
            continue
        unfed = short and there.load > left
        if unfed:
            more = min(more, there.load - left)
        else:
            left -= there.load
            less = min(less, left)
        if unfed != there.dark:
            there.dark = unfed
            changed = True
    return left, changed, less, more
