"""Event search: when a function of time is positive, and the arithmetic of the intervals it gives."""

from collections.abc import Callable, Sequence

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.errors import RequestError

Function = Callable[[FloatArray], FloatArray]

CHUNK = 200_000
GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


def find_intervals(f: Function, start: float, stop: float, *, step: float, tol: float = 0.5) -> FloatArray:
    """Intervals in which a function is positive.

    Samples at even steps, closes in on every change of sign at once by bisection, and looks between samples for windows
    and gaps that both samples miss: wherever the middle of three samples is nearest to zero, the extremum there is
    sought by golden section.

    Parameters
    ----------
    f : callable
        Takes times, shape (n,), gives values, shape (n,); continuous, with at most one extremum in two steps.
    start, stop : float
        Span searched [s].
    step : float
        Longest distance between samples [s].
    tol : float
        How closely edges are found [s].

    Returns
    -------
    ndarray, shape (k, 2)
        Disjoint intervals in order, clipped to the span.

    Raises
    ------
    RequestError
        If the span is not in order, step or tol not positive, or the function gives NaN.
    """
    if not stop > start:
        raise RequestError(f"event search from {start} to {stop} s: the span must end after it begins")
    if not (step > 0 and tol > 0):
        raise RequestError(f"event search with step {step} s and tolerance {tol} s: both must be positive")
    count = max(2, int(np.ceil((stop - start) / step)))
    return find_intervals_at(f, np.linspace(start, stop, count + 1), tol=tol)


def find_intervals_at(f: Function, times: FloatArray, *, tol: float = 0.5) -> FloatArray:
    """Intervals in which a function is positive, as `find_intervals`, from samples at given times.

    Parameters
    ----------
    f : callable
        As for `find_intervals`, with at most one extremum between a sample and the next but one.
    times : ndarray, shape (n,)
        Where to sample [s], ascending, three or more; the first and the last are the span.
    tol : float
        How closely edges are found [s].

    Returns
    -------
    ndarray, shape (k, 2)
        Disjoint intervals in order, clipped to the span.

    Raises
    ------
    RequestError
        If the times do not ascend or are too few, tol is not positive, or the function gives NaN.
    """
    if times.ndim != 1 or times.size < 3 or not np.all(np.diff(times) > 0.0):
        raise RequestError("event search: give three sample times or more, ascending")
    if not tol > 0:
        raise RequestError(f"event search with tolerance {tol} s: it must be positive")
    start, stop = float(times[0]), float(times[-1])
    values = _evaluate(f, times)
    times, values = _with_extrema(f, times, values, tol)
    positive = values > 0.0
    changes = np.flatnonzero(positive[1:] != positive[:-1])
    edges = _bisect(f, times[changes], times[changes + 1], positive[changes], tol)
    if positive[0]:
        edges = np.concatenate([[start], edges])
    if positive[-1]:
        edges = np.concatenate([edges, [stop]])
    result: FloatArray = edges.reshape(-1, 2)
    return result


def _evaluate(f: Function, times: FloatArray) -> FloatArray:
    # in pieces, so that a long search needs no more memory than a short one
    pieces = [np.asarray(f(times[i : i + CHUNK]), dtype=np.float64) for i in range(0, times.size, CHUNK)]
    values = np.concatenate(pieces) if pieces else np.empty(0)
    if values.shape != times.shape:
        raise RequestError(
            f"event search: the function gave shape {values.shape} for {times.shape} times; give one value a time"
        )
    if np.isnan(values).any():
        raise RequestError("event search: the function gave NaN; check its inputs")
    return values


def _with_extrema(
    f: Function, times: FloatArray, values: FloatArray, tol: float
) -> tuple[FloatArray, FloatArray]:
    """Add samples at extrema between samples that cross zero though their neighbours do not."""
    sign = np.where(values > 0.0, 1.0, -1.0)
    # distance from zero on the side of the middle sample; a minimum of it may hide a crossing
    height = sign[1:-1] * values[1:-1]
    before, after = sign[1:-1] * values[:-2], sign[1:-1] * values[2:]
    near = (height <= before) & (height <= after) & (before > 0.0) & (after > 0.0)
    middle = np.flatnonzero(near) + 1
    # at the ends of the span the extremum may lie between the first or last two samples
    left, right = times[middle - 1], times[middle + 1]
    side = sign[middle]
    ends_left, ends_right, ends_side = [], [], []
    for i, j in ((0, 1), (times.size - 1, times.size - 2)):
        if sign[i] == sign[j] and abs(values[i]) <= abs(values[j]):
            ends_left.append(min(times[i], times[j]))
            ends_right.append(max(times[i], times[j]))
            ends_side.append(sign[i])
    left = np.concatenate([left, ends_left])
    right = np.concatenate([right, ends_right])
    side = np.concatenate([side, ends_side])
    if not left.size:
        return times, values
    found_times, found_values = _golden(f, left, right, side, tol)
    crossing = (found_values > 0.0) != (side > 0.0)
    if not crossing.any():
        return times, values
    merged_times = np.concatenate([times, found_times[crossing]])
    merged_values = np.concatenate([values, found_values[crossing]])
    order = np.argsort(merged_times, kind="stable")
    return merged_times[order], merged_values[order]


def _golden(
    f: Function, left: FloatArray, right: FloatArray, side: FloatArray, tol: float
) -> tuple[FloatArray, FloatArray]:
    """Least value of side * f in each bracket, or a point where it is already negative."""
    a, b = left.copy(), right.copy()
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    fc, fd = side * _evaluate(f, c), side * _evaluate(f, d)
    open_ = np.ones(a.size, dtype=bool)
    while open_.any():
        i = np.flatnonzero(open_)
        lower = fc[i] < fd[i]
        low, high = i[lower], i[~lower]
        b[low], d[low], fd[low] = d[low], c[low], fc[low]
        c[low] = b[low] - GOLDEN * (b[low] - a[low])
        a[high], c[high], fc[high] = c[high], d[high], fd[high]
        d[high] = a[high] + GOLDEN * (b[high] - a[high])
        new = np.concatenate([c[low], d[high]])
        values = np.concatenate([side[low], side[high]]) * _evaluate(f, new)
        fc[low], fd[high] = values[: low.size], values[low.size :]
        open_ = (b - a > tol) & (np.minimum(fc, fd) > 0.0)
    best = np.where(fc < fd, c, d)
    return best, side * np.minimum(fc, fd)


def _bisect(
    f: Function, left: FloatArray, right: FloatArray, rising_from: BoolArray, tol: float
) -> FloatArray:
    """Times of all changes of sign together; `rising_from` says whether f is positive at the left end."""
    a, b = left.copy(), right.copy()
    if not a.size:
        return a
    for _ in range(int(np.ceil(np.log2(max(float(np.max(b - a)) / tol, 2.0)))) + 1):
        middle = 0.5 * (a + b)
        same = (_evaluate(f, middle) > 0.0) == rising_from
        a = np.where(same, middle, a)
        b = np.where(same, b, middle)
    result: FloatArray = 0.5 * (a + b)
    return result


def intersect(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intervals common to two lists of disjoint, ordered intervals, shape (k, 2)."""
    if not len(a) or not len(b):
        return np.empty((0, 2))
    return _where_count(a, b, 2)


def union(intervals: Sequence[FloatArray]) -> FloatArray:
    """Intervals that are in any of several lists, shape (k, 2)."""
    lists = [part for part in intervals if len(part)]
    if not lists:
        return np.empty((0, 2))
    every = np.concatenate(lists)
    every = every[np.argsort(every[:, 0], kind="stable")]
    reach = np.maximum.accumulate(every[:, 1])
    first = np.concatenate([[True], every[1:, 0] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.column_stack([every[first, 0], reach[last]])


def complement(intervals: FloatArray, start: float, stop: float) -> FloatArray:
    """What a list of disjoint, ordered intervals leaves of a span, shape (k, 2)."""
    inside = clip(intervals, start, stop)
    edges = np.concatenate([[start], inside.ravel(), [stop]]).reshape(-1, 2)
    result: FloatArray = edges[edges[:, 1] > edges[:, 0]]
    return result


def clip(intervals: FloatArray, start: float, stop: float) -> FloatArray:
    """What of a list of intervals lies within a span, shape (k, 2)."""
    if not len(intervals):
        return np.empty((0, 2))
    cut = np.clip(intervals, start, stop)
    result: FloatArray = cut[cut[:, 1] > cut[:, 0]]
    return result


def total(intervals: FloatArray) -> float:
    """Length of all intervals together [s]."""
    return float(np.sum(intervals[:, 1] - intervals[:, 0])) if len(intervals) else 0.0


def longest(intervals: FloatArray) -> float:
    """Length of the longest interval [s], 0 for none."""
    return float(np.max(intervals[:, 1] - intervals[:, 0])) if len(intervals) else 0.0


def _where_count(a: FloatArray, b: FloatArray, wanted: int) -> FloatArray:
    """Stretches in which `wanted` of two lists are open, by a sweep over all edges."""
    edges = np.concatenate([a[:, 0], b[:, 0], a[:, 1], b[:, 1]])
    change = np.concatenate([np.ones(len(a) + len(b)), -np.ones(len(a) + len(b))])
    order = np.lexsort((change, edges))
    level = np.cumsum(change[order])
    at = np.flatnonzero(level[:-1] == wanted)
    result: FloatArray = np.column_stack([edges[order][at], edges[order][at + 1]])
    return result[result[:, 1] > result[:, 0]]
