"""When something that moves stands above an uneven horizon, also for a few seconds only."""

import math

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.links.views import SiteView
from moonstation.spacetime.events import complement, find_intervals, find_intervals_at, intersect, union

TOLERANCE = 0.05
"""Edges of windows are found to this [s]."""

LEVEL = 1e-6
"""Margin about the lowest and highest horizon [rad], so that rounding opens no gap between them."""

ANGLE_PER_SAMPLE = 0.25
"""Samples within the band of the terrain, in steps of the horizon's azimuths."""

SHORTEST_STEP = 0.25
"""Closest samples within the band [s]."""

FEWEST_STEPS = 8
"""Steps that each stay within the band has at least."""

GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
GOLDEN_STEPS = 24


def slow_windows(view: SiteView, start: float, stop: float, *, step: float) -> FloatArray:
    """Windows above the terrain of something that crosses less than an azimuth of the horizon within a step.

    Parameters
    ----------
    view : View
        Site, horizon and target.
    start, stop : float
        Span, TDB seconds past J2000.
    step : float
        Time between samples [s].

    Returns
    -------
    (n, 2) array
        Begins and ends, TDB seconds past J2000.
    """
    return find_intervals(view.above, start, stop, step=step, tol=TOLERANCE)


def fast_windows(view: SiteView, looks: FloatArray) -> FloatArray:
    """Windows above the terrain of something that may cross several azimuths of the horizon within a step.

    Passes are found against the lowest elevation of the horizon, which is level and so smooth. While the
    target stands between the horizon's lowest and highest elevation, it is sampled every quarter of the
    horizon's step in azimuth, so that a gap in a ridge opens its own window; above the highest nothing can
    hide it.

    Parameters
    ----------
    view : View
        Site, horizon and target.
    looks : (n,) array
        Epochs at which to look for passes, ascending; the first and the last are the span, TDB seconds past J2000.

    Returns
    -------
    (n, 2) array
        Begins and ends, TDB seconds past J2000.
    """
    lowest, highest = float(np.min(view.horizon)), float(np.max(view.horizon))
    if highest - lowest < LEVEL:
        return find_intervals_at(view.above, looks, tol=TOLERANCE)
    below, above = math.sin(lowest - LEVEL), math.sin(highest + LEVEL)
    risen = find_intervals_at(lambda et: view.sine(et) - below, looks, tol=TOLERANCE)
    clear = find_intervals_at(lambda et: view.sine(et) - above, looks, tol=TOLERANCE)
    band = intersect(risen, complement(clear, float(looks[0]), float(looks[-1])))
    return union([clear, _windows_within(view, band)])


def _windows_within(view: SiteView, spans: FloatArray) -> FloatArray:
    """Windows above the terrain within given spans, sampled finely."""
    if spans.shape[0] == 0:
        return np.empty((0, 2))
    rows = np.ceil((spans[:, 1] - spans[:, 0]) / _fine_steps(view, spans)).astype(np.int64) + 1
    owner = np.repeat(np.arange(rows.size), rows)
    place = np.arange(owner.size) - np.repeat(np.cumsum(rows) - rows, rows)
    share = place / (rows[owner] - 1)
    et = spans[owner, 0] * (1.0 - share) + spans[owner, 1] * share
    value = view.above(et)
    same = owner[1:] == owner[:-1]
    et, value, owner = _with_extrema(view, et, value, owner, same)
    same = owner[1:] == owner[:-1]
    up = value > 0.0
    cross = np.flatnonzero(same & (up[1:] != up[:-1]))
    edge = _bisect(view, et[cross], et[cross + 1], up[cross])
    # A span whose first or last sample is up opens or closes its window there.
    first, last = np.r_[True, ~same], np.r_[~same, True]
    begins = np.sort(np.r_[edge[~up[cross]], et[first & up]])
    ends = np.sort(np.r_[edge[up[cross]], et[last & up]])
    windows = np.column_stack([begins, ends])
    return windows[windows[:, 1] > windows[:, 0]]


def _fine_steps(view: SiteView, spans: FloatArray) -> FloatArray:
    """Time in which the target crosses `ANGLE_PER_SAMPLE` azimuths at its fastest, by span [s]."""
    length = spans[:, 1] - spans[:, 0]
    share = np.linspace(0.0, 1.0, 9)
    et = (spans[:, :1] + length[:, np.newaxis] * share).ravel()
    azimuth = np.unwrap(view.look(et)[:, 2].reshape(-1, share.size), axis=1)
    turn = np.max(np.abs(np.diff(azimuth, axis=1)), axis=1) / (length / (share.size - 1))
    spacing = 2.0 * math.pi / view.horizon.size
    step = ANGLE_PER_SAMPLE * spacing / np.maximum(turn, 1e-12)
    return np.asarray(np.clip(step, SHORTEST_STEP, length / FEWEST_STEPS), dtype=np.float64)


def _with_extrema(
    view: SiteView, et: FloatArray, value: FloatArray, owner: IntArray, same: BoolArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Add a sample wherever the other sign shows between samples: at peaks below zero and dips above it."""
    middle = np.flatnonzero(same[1:] & same[:-1]) + 1
    sign = np.where(value[middle] > 0.0, -1.0, 1.0)
    before, here, after = sign * value[middle - 1], sign * value[middle], sign * value[middle + 1]
    # A peak between samples rises over them by no more than a few of the differences beside it.
    rise = np.maximum(np.abs(here - before), np.abs(here - after))
    turns = (here >= before) & (here >= after) & (here > -4.0 * rise)
    middle, sign = middle[turns], sign[turns]
    where, peak = _highest(view, et[middle - 1], et[middle + 1], sign)
    crosses = peak > 0.0
    new_et = np.r_[et, where[crosses]]
    new_value = np.r_[value, (sign * peak)[crosses]]
    new_owner = np.r_[owner, owner[middle[crosses]]]
    order = np.lexsort((new_et, new_owner))
    return new_et[order], new_value[order], new_owner[order]


def _highest(
    view: SiteView, left: FloatArray, right: FloatArray, sign: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Golden section, all at once: where sign * (elevation above the horizon) is highest, and how high."""
    a, b = left.copy(), right.copy()
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    at_c, at_d = sign * view.above(c), sign * view.above(d)
    for _ in range(GOLDEN_STEPS):
        to_left = at_c > at_d
        a, b = np.where(to_left, a, c), np.where(to_left, d, b)
        probe = np.where(to_left, b - GOLDEN * (b - a), a + GOLDEN * (b - a))
        at_probe = sign * view.above(probe)
        c, d = np.where(to_left, probe, d), np.where(to_left, c, probe)
        at_c, at_d = np.where(to_left, at_probe, at_d), np.where(to_left, at_c, at_probe)
    return np.where(at_c > at_d, c, d), np.maximum(at_c, at_d)


def _bisect(view: SiteView, left: FloatArray, right: FloatArray, falls: BoolArray) -> FloatArray:
    """Edges between samples of unlike sign, all at once, to `TOLERANCE`."""
    a, b = left.copy(), right.copy()
    widest = float(np.max(b - a, initial=TOLERANCE))
    for _ in range(math.ceil(math.log2(widest / TOLERANCE)) + 1):
        middle = 0.5 * (a + b)
        on_left = (view.above(middle) > 0.0) == falls
        a, b = np.where(on_left, middle, a), np.where(on_left, b, middle)
    return np.asarray(0.5 * (a + b), dtype=np.float64)
