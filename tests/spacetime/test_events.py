"""Event search against brute force, and the algebra of intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonstation.errors import RequestError
from moonstation.spacetime import events
from moonstation.spacetime.events import (
    clip,
    complement,
    find_intervals,
    intersect,
    longest,
    total,
    union,
)

SPAN = 1000.0


def brute(f, start: float, stop: float, fine: float) -> np.ndarray:
    """Intervals by a plain scan, edges to `fine`."""
    times = np.arange(start, stop + fine / 2, fine)
    high = np.concatenate([[False], f(times) > 0.0, [False]])
    rises, falls = np.flatnonzero(high[1:] & ~high[:-1]), np.flatnonzero(high[:-1] & ~high[1:]) - 1
    return np.column_stack([times[rises], times[falls]])


def check_shape(found: np.ndarray, start: float, stop: float) -> None:
    assert found.shape == (len(found), 2)
    assert found.dtype == np.float64
    flat = found.ravel()
    assert (np.diff(flat) >= 0.0).all()
    assert (found[:, 1] > found[:, 0]).all()
    if flat.size:
        assert start <= flat[0]
        assert flat[-1] <= stop


# No sinusoid below a period of 80 s, searched at 10 s: at most one extremum in two steps, as find_intervals asks,
# but for the rare near-inflection, which the measure of what both agree on does not feel.
WAVES = st.lists(
    st.tuples(st.floats(0.1, 1.0), st.floats(80.0, 900.0), st.floats(0.0, 6.3)), min_size=1, max_size=4
)


@settings(max_examples=200, deadline=None)
@given(WAVES, st.floats(-1.5, 1.5))
def test_sums_of_waves_against_a_fine_scan(waves: list[tuple[float, float, float]], offset: float) -> None:
    def f(t):
        return offset + sum(a * np.sin(2.0 * np.pi * t / period + phase) for a, period, phase in waves)

    found = find_intervals(f, 0.0, SPAN, step=10.0, tol=1e-3)
    check_shape(found, 0.0, SPAN)
    expected = brute(f, 0.0, SPAN, 0.05)
    # wherever the two differ is within a scan step of an edge, or a window or gap shorter than that scan tells
    middle = np.arange(0.0, SPAN, 0.5) + 0.0123
    inside = np.zeros(middle.size, dtype=bool)
    for start, stop in found:
        inside |= (middle >= start) & (middle <= stop)
    wrong = middle[inside != (f(middle) > 0.0)]
    edges = np.concatenate([found.ravel(), expected.ravel(), [-np.inf]])
    assert all(np.min(np.abs(edges - t)) < 0.1 or abs(f(t)) < 1e-6 for t in wrong)
    assert total(found) == pytest.approx(total(expected), abs=0.1 * (len(found) + len(expected) + 1))


@pytest.mark.parametrize("offset", [-0.999, -0.9999, -0.999999, 0.999, 0.9999])
@pytest.mark.parametrize("start", [0.0, 3.3, 25.0])
def test_windows_and_gaps_between_samples(offset: float, start: float) -> None:
    """Windows of 2.8 s down to 0.09 s in a period of 200 s, sampled every 50 s."""

    def f(t):
        return np.sin(2.0 * np.pi * t / 200.0) + offset

    found = find_intervals(f, start, start + 2000.0, step=50.0, tol=1e-3)
    width = 200.0 * np.arccos(abs(offset)) / np.pi
    centre = 50.0 if offset < 0 else 150.0
    centres = centre + 200.0 * np.arange(-1, 12)
    narrow = np.column_stack([centres - width / 2, centres + width / 2])
    narrow = clip(narrow, start, start + 2000.0)
    expected = narrow if offset < 0 else complement(narrow, start, start + 2000.0)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_edges_are_as_close_as_asked() -> None:
    for tol in (10.0, 0.5, 1e-4):
        found = find_intervals(lambda t: np.sin(t / 1000.0), 100.0, 60_000.0, step=500.0, tol=tol)
        edges = np.pi * 1000.0 * np.arange(1, 20)
        expected = np.concatenate([[100.0], edges, [60_000.0]])
        assert np.max(np.abs(found.ravel() - expected[: found.size])) <= tol


def test_always_and_never() -> None:
    np.testing.assert_array_equal(find_intervals(np.ones_like, 0.0, SPAN, step=7.0), [[0.0, SPAN]])
    assert find_intervals(lambda t: -np.ones_like(t), 0.0, SPAN, step=7.0).shape == (0, 2)
    assert find_intervals(np.zeros_like, 0.0, SPAN, step=7.0).shape == (0, 2)
    np.testing.assert_array_equal(find_intervals(np.ones_like, 0.0, 5.0, step=1e6), [[0.0, 5.0]])


def test_steps_are_found_though_they_are_no_smooth_function() -> None:
    found = find_intervals(
        lambda t: np.where((t > 100.0) & (t < 333.0), 1.0, -1.0), 0.0, SPAN, step=60.0, tol=0.01
    )
    np.testing.assert_allclose(found, [[100.0, 333.0]], atol=0.01)


def test_window_that_begins_or_ends_with_the_span() -> None:
    found = find_intervals(lambda t: 2.0 - t, 0.0, SPAN, step=60.0, tol=0.01)
    np.testing.assert_allclose(found, [[0.0, 2.0]], atol=0.01)
    # a window that opens and closes between the first two samples, and one between the last two
    found = find_intervals(
        lambda t: np.cos(2.0 * np.pi * (t - 20.0) / 960.0) - 0.9999, 0.0, SPAN, step=60.0, tol=0.01
    )
    half = 960.0 * np.arccos(0.9999) / (2.0 * np.pi)
    np.testing.assert_allclose(found, [[20.0 - half, 20.0 + half], [980.0 - half, 980.0 + half]], atol=0.02)


def test_memory_is_bounded_by_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def f(t):
        sizes.append(t.size)
        return np.sin(t / 50.0)

    whole = find_intervals(f, 0.0, 10_000.0, step=1.0)
    assert max(sizes) > 5000
    sizes.clear()
    monkeypatch.setattr(events, "CHUNK", 700)
    np.testing.assert_array_equal(find_intervals(f, 0.0, 10_000.0, step=1.0), whole)
    assert max(sizes) == 700


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(RequestError, match="the span must end after it begins"):
        find_intervals(np.sin, 5.0, 5.0, step=1.0)
    with pytest.raises(RequestError, match="the span must end after it begins"):
        find_intervals(np.sin, 0.0, np.nan, step=1.0)
    for step, tol in ((0.0, 0.5), (-1.0, 0.5), (1.0, 0.0), (np.nan, 0.5)):
        with pytest.raises(RequestError, match="both must be positive"):
            find_intervals(np.sin, 0.0, 5.0, step=step, tol=tol)
    with pytest.raises(RequestError, match="gave NaN"):
        find_intervals(lambda t: np.where(t > 3.0, np.nan, 1.0), 0.0, 5.0, step=1.0)
    with pytest.raises(RequestError, match="give one value a time"):
        find_intervals(lambda t: np.ones((t.size, 2)), 0.0, 5.0, step=1.0)


@st.composite
def intervals(draw: st.DrawFn) -> np.ndarray:
    edges = draw(st.lists(st.integers(0, 60), max_size=16, unique=True))
    edges = sorted(edges[: len(edges) // 2 * 2])
    return np.array(edges, dtype=float).reshape(-1, 2)


def members(parts: np.ndarray) -> np.ndarray:
    """Which of the middles between whole numbers lie in the intervals."""
    middle = np.arange(60) + 0.5
    return ((middle[:, None] > parts[:, 0]) & (middle[:, None] < parts[:, 1])).any(axis=1)


@settings(deadline=None)
@given(intervals(), intervals())
def test_sets_of_two(a: np.ndarray, b: np.ndarray) -> None:
    both, either = intersect(a, b), union([a, b])
    for result in (both, either):
        check_shape(result, 0.0, 60.0)
    np.testing.assert_array_equal(members(both), members(a) & members(b))
    np.testing.assert_array_equal(members(either), members(a) | members(b))
    assert total(a) + total(b) == total(both) + total(either)
    np.testing.assert_array_equal(both, intersect(b, a))


@settings(deadline=None)
@given(intervals(), st.integers(-5, 65), st.integers(0, 40))
def test_sets_of_one(a: np.ndarray, start: int, length: int) -> None:
    stop = start + length
    rest = complement(a, start, stop)
    check_shape(rest, start, stop)
    assert total(clip(a, start, stop)) + total(rest) == length
    assert total(intersect(a, rest)) == 0.0
    np.testing.assert_array_equal(complement(rest, start, stop), union([clip(a, start, stop)]))
    assert longest(a) <= total(a)
    np.testing.assert_array_equal(union([a, a]), union([a]))


def test_sets_of_nothing() -> None:
    none = np.empty((0, 2))
    some = np.array([[1.0, 2.0]])
    assert intersect(none, some).shape == union([]).shape == union([none]).shape == (0, 2)
    np.testing.assert_array_equal(complement(none, 0.0, 3.0), [[0.0, 3.0]])
    np.testing.assert_array_equal(union([none, some]), some)
    assert (total(none), longest(none)) == (0.0, 0.0)
    assert longest(np.array([[0.0, 2.0], [5.0, 8.0]])) == 3.0


def test_intervals_that_touch_are_one() -> None:
    np.testing.assert_array_equal(union([np.array([[0.0, 1.0]]), np.array([[1.0, 2.0]])]), [[0.0, 2.0]])
    assert intersect(np.array([[0.0, 1.0]]), np.array([[1.0, 2.0]])).shape == (0, 2)
