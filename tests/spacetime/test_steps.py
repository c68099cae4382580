"""Share of each step of a series in contact."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.steps import even_step, share_of_steps


def test_exact_overlap_with_each_step():
    times = np.arange(0.0, 60.0, 10.0)
    windows = np.array([[-5.0, 3.0], [12.0, 14.0], [16.0, 20.0], [25.0, 47.0], [58.0, 99.0]])
    assert share_of_steps(windows, times).tolist() == pytest.approx([0.3, 0.6, 0.5, 1.0, 0.7, 0.2])


def test_nothing_and_everything_are_exact():
    times = 8e8 + 600.0 * np.arange(52_560)
    assert share_of_steps(np.empty((0, 2)), times).max() == 0.0
    assert share_of_steps(np.array([[0.0, 1e10]]), times).min() == 1.0
    windows = np.column_stack([times[:-1:2], times[1::2]])
    assert set(share_of_steps(windows, times).tolist()) == {0.0, 1.0}


def test_against_a_plain_sum_over_windows():
    rng = np.random.default_rng(0)
    edges = np.sort(rng.uniform(-500.0, 11_000.0, 120))
    windows = edges.reshape(-1, 2)
    times = np.linspace(0.0, 9_900.0, 100)
    plain = [sum(max(0.0, min(b, t + 100.0) - max(a, t)) for a, b in windows) / 100.0 for t in times]
    np.testing.assert_allclose(share_of_steps(windows, times), plain, atol=1e-9)


def test_even_steps_are_known_to_the_microsecond():
    wobble = 1.7e-3 * np.sin(np.arange(1000) / 50.0)
    assert even_step(8e8 + 600.0 * np.arange(1000) + wobble) == pytest.approx(600.0, abs=1e-5)
    assert even_step(np.array([0.0, 600.00000004])) == 600.0


@pytest.mark.parametrize("times", [np.array([0.0]), np.array([0.0, 10.0, 5.0]), np.array([0.0, 10.0, 25.0])])
def test_refuses_what_is_no_series(times):
    with pytest.raises(RequestError, match=r"two or more|ascend"):
        share_of_steps(np.empty((0, 2)), times)
