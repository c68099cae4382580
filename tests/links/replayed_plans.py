"""Replays plans of antennas with rules of its own, and finds the best plan of a tiny task by trying all."""

from itertools import pairwise, product

import numpy as np

from moonstation.links.hand_overs import WAIT

TINY = 1e-3


def replay(plan):
    """Check every rule that a plan must keep; returns what each demand got in each period."""
    task = plan.task
    stations = {a.id: a for a in task.antennas}
    needs = {n.id: n for n in task.needs}
    windows = {(p.spacecraft, p.station): p.windows for p in task.pairs}
    for one in plan.passes:
        need = needs[one.need]
        assert one.stop - one.start >= need.least_pass - TINY
        inside = windows[one.spacecraft, one.station]
        assert np.any((inside[:, 0] <= one.start + TINY) & (one.stop <= inside[:, 1] + TINY))
        assert 1 <= one.antenna <= stations[one.station].dishes
        assert one.held_from <= one.start - stations[one.station].set_up + TINY
        assert one.held_to >= one.stop + stations[one.station].tear_down - TINY
        assert task.start - TINY <= one.start
        assert one.stop <= task.stop + TINY
    # a spacecraft speaks to one antenna at a time
    for name in {one.spacecraft for one in plan.passes}:
        mine = sorted((p.start, p.stop) for p in plan.passes if p.spacecraft == name)
        assert all(b[0] >= a[1] - TINY for a, b in pairwise(mine))
    # an antenna hears no more spacecraft at once than it can, set-up and tear-down included
    for station in stations.values():
        for dish in range(1, station.dishes + 1):
            mine = [p for p in plan.passes if (p.station, p.antenna) == (station.id, dish)]
            holds = {(p.spacecraft, p.held_from, p.held_to) for p in mine}
            edges = sorted([(a + TINY, 1) for _, a, _ in holds] + [(b - TINY, -1) for _, _, b in holds])
            level = np.cumsum([step for _, step in edges])
            assert not len(level) or level.max() <= station.links
            # without a new set-up an antenna waits for its spacecraft no longer than it may
            for _, begin, end in holds:
                block = sorted((p.start, p.stop) for p in mine if (p.held_from, p.held_to) == (begin, end))
                assert all(b[0] - a[1] <= WAIT + 2 * plan.step for a, b in pairwise(block))
    served = {}
    for need in needs.values():
        got = np.zeros(len(task.periods(need.period)))
        for one in plan.passes:
            if one.need == need.id:
                for k, (a, b) in enumerate(task.periods(need.period)):
                    long = max(0.0, min(one.stop, b) - max(one.start, a))
                    part = long / (one.stop - one.start)
                    got[k] += long if need.in_time else part * one.bits
        served[need.id] = got
    for agreement in task.agreements:
        for a, b in task.periods(agreement.period):
            given = sum(
                max(0.0, min(p.stop, b) - max(p.start, a))
                for p in plan.passes
                if agreement.covers(stations[p.station], needs[p.need])
            )
            assert given <= agreement.at_most * (b - a) / agreement.period + 1.0
            told = next(kept for kept in plan.kept if kept.agreement is agreement and kept.start == a)
            assert abs(told.given_h * 3600.0 - given) < 1.0
    return served


def worth_of(task, served):
    """Value of what was brought home, without the small costs."""
    value = 0.0
    for need in task.needs:
        for (a, b), got in zip(task.periods(need.period), served[need.id], strict=True):
            value += (
                need.priority * (b - a) / 86_400.0 * min(1.0, got / (need.amount * (b - a) / need.period))
            )
    return value


def best_of_all(task, step, count):
    """Value of the best plan on slots, by trying every one; for two demands of one period, and no agreements."""
    patterns = []
    for need in task.needs:
        pairs = [p for p in task.pairs if p.spacecraft == need.spacecraft]
        mine = []
        for held in product(range(-1, len(pairs)), repeat=count):
            got, taken = 0.0, {a.id: np.zeros(count, int) for a in task.antennas}
            k = 0
            while k < count:
                if held[k] < 0:
                    k += 1
                    continue
                first = k
                while k < count and held[k] == held[first]:
                    k += 1
                pair = pairs[held[first]]
                station = task.antenna(pair.station)
                a, b = task.start + first * step, task.start + k * step
                lead, trail = (int(np.ceil(t / step - 1e-9)) for t in (station.set_up, station.tear_down))
                taken[station.id][max(0, first - lead) : k + trail] += 1
                for opens, closes in pair.windows:
                    long = min(b, closes) - max(a, opens)
                    if long >= max(need.least_pass, 1e-6) - 1e-6:
                        rate = pair.bits[-1] / pair.seconds[-1]
                        got += long if need.in_time else long * rate
            share = min(1.0, got / (need.amount * (task.stop - task.start) / need.period))
            value = need.priority * (task.stop - task.start) / 86_400.0 * share
            mine.append((value, np.concatenate([taken[a.id] for a in task.antennas])))
        patterns.append((np.array([v for v, _ in mine]), np.array([t for _, t in mine])))
    most = np.concatenate([np.full(count, a.channels) for a in task.antennas])
    (v1, t1), (v2, t2) = patterns
    best = 0.0
    for value, taken in zip(v1, t1, strict=True):
        fits = np.all(taken + t2 <= most, axis=1)
        if fits.any():
            best = max(best, value + float(v2[fits].max()))
    return best
