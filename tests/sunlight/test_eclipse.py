"""Share of the Sun that the Earth hides."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.sunlight.eclipse import eclipsed_share, hidden_share, separation

SUN, EARTH = np.radians(0.2666), np.radians(0.95)


def counted(apart: float, radius: float, front: float) -> float:
    """Share of a disc within another, by counting points of a fine grid."""
    n = 2000
    u = ((np.arange(n) + 0.5) / n * 2.0 - 1.0) * radius
    x, y = np.meshgrid(u, u)
    disc = x * x + y * y < radius * radius
    return float(np.mean(np.hypot(x[disc] - apart, y[disc]) < front))


@pytest.mark.parametrize("front", [EARTH, SUN, 0.5 * SUN, 1.02 * SUN])
@pytest.mark.parametrize("share_of_reach", [0.0, 0.2, 0.5, 0.8, 0.97, 1.0, 1.5])
def test_agrees_with_points_counted(front, share_of_reach):
    apart = share_of_reach * (SUN + front)
    # A 2000 x 2000 grid counts areas to about 1e-4 of the disc.
    assert hidden_share(apart, SUN, radius_front=front) == pytest.approx(counted(apart, SUN, front), abs=2e-4)


def test_total_annular_none():
    apart = np.array([0.0, EARTH - SUN, EARTH + SUN, 3.0])
    assert eclipsed_share(apart, SUN, earth_radius=EARTH).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert hidden_share(0.0, SUN, radius_front=0.5 * SUN) == pytest.approx(0.25)


def test_no_step_where_the_cases_meet():
    apart = np.linspace(0.0, 1.1 * (EARTH + SUN), 20_001)
    share = eclipsed_share(apart, np.full(apart.size, SUN), earth_radius=EARTH)
    assert np.all(np.diff(share) <= 1e-12)
    # Steepest where the limb cuts the Sun's middle: 4 / pi per diameter of the Sun.
    assert np.max(-np.diff(share)) < 4.0 / np.pi * (apart[1] - apart[0]) / (2.0 * SUN) * 1.01


def test_separation_is_exact_near_and_far():
    assert separation(1.0, 0.3, azimuth_b=1.0, elevation_b=0.3 + 1e-12) == pytest.approx(1e-12, rel=1e-3)
    assert separation(0.0, 0.0, azimuth_b=np.pi, elevation_b=0.0) == pytest.approx(np.pi)
    assert separation(0.0, np.pi / 2, azimuth_b=2.0, elevation_b=0.5) == pytest.approx(np.pi / 2 - 0.5)
    # Over the turn of azimuth.
    assert separation(0.001, 0.0, azimuth_b=2 * np.pi - 0.001, elevation_b=0.0) == pytest.approx(0.002)


def test_refuses_a_disc_without_size():
    with pytest.raises(RequestError, match="above zero"):
        hidden_share(0.1, SUN, radius_front=0.0)
