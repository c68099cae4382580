"""The lowest and the highest point of a motion: between samples, at an end, of many alike."""

import numpy as np
import pytest

from moonstation.orbits.extremes import altitude_extremes


def wave(et):
    """Lowest at 1234.5 s and each 7200 s after, 10 m lower from the second on; 100 to 300 km."""
    depth = np.where(et > 5000.0, 10.0, 0.0)
    return 2e5 - 1e5 * np.cos(2 * np.pi * (et - 1234.5) / 7200.0) - depth


def test_between_samples():
    # A cosine of 100 km over 7200 s changes by 1e-3 m in 0.16 s about its extremes.
    found = altitude_extremes(wave, 0.0, 20_000.0)
    assert found.lowest == pytest.approx(1e5 - 10.0, abs=1e-3)
    assert found.lowest_at == pytest.approx(8434.5, abs=0.2) or found.lowest_at == pytest.approx(
        15_634.5, abs=0.2
    )
    assert found.highest == pytest.approx(3e5, abs=1e-3)
    assert found.highest_at == pytest.approx(4834.5, abs=0.2)


def test_at_the_ends_of_the_span():
    found = altitude_extremes(wave, 1500.0, 3000.0)
    assert (found.lowest_at, found.highest_at) == pytest.approx((1500.0, 3000.0), abs=0.1)
    assert (found.lowest, found.highest) == pytest.approx(tuple(wave(np.array([1500.0, 3000.0]))))


def test_the_lowest_of_many_dips_is_not_the_lowest_sample():
    # Every dip is 1 m lower than the one before, but a sample lies at the bottom of the first one only.
    dips = 60.0 + 7231.7 * np.arange(12)

    def altitude(et):
        nearest = np.argmin(np.abs(et[:, None] - dips), axis=1)
        return 1e5 - nearest + 0.5 * (et - dips[nearest]) ** 2

    found = altitude_extremes(altitude, 0.0, 90_000.0)
    assert found.lowest_at == pytest.approx(dips[-1], abs=0.1)
    assert found.lowest == pytest.approx(1e5 - 11.0, abs=0.01)
