"""Share of a disc above a horizon."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.sunlight.disc import visible_share

RADIUS = np.radians(0.2666)


def test_ends_and_middle_are_exact():
    x = np.array([-5.0, -1.0, 0.0, 1.0, 5.0])
    assert visible_share(x * RADIUS, 0.0, RADIUS).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_agrees_with_area_counted_in_strips():
    # The disc cut into 200,000 level strips of width 2 sqrt(1 - y^2), those above the horizon summed.
    y = (np.arange(200_000) + 0.5) / 100_000 - 1.0
    width = 2.0 * np.sqrt(1.0 - y * y)
    for x in np.linspace(-0.99, 0.99, 23):
        # The disc's centre is x above the horizon: what lies at y > -x is seen.
        above = np.sum(width[y > -x]) * 1e-5 / np.pi
        assert visible_share(0.02 + x * RADIUS, 0.02, RADIUS) == pytest.approx(above, abs=2e-5)


def test_rises_without_a_step_and_is_symmetric():
    x = np.linspace(-1.2, 1.2, 1001)
    share = visible_share(x * RADIUS, 0.0, RADIUS)
    assert np.all(np.diff(share) >= 0.0)
    np.testing.assert_allclose(share + share[::-1], 1.0, atol=1e-14)


def test_arguments_broadcast():
    assert visible_share(np.zeros((3, 1)), np.zeros(4), RADIUS).shape == (3, 4)


def test_refuses_a_disc_without_size():
    with pytest.raises(RequestError, match="above zero"):
        visible_share([0.1, 0.2], 0.0, [RADIUS, 0.0])
