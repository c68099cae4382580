"""Rain by itur: grows with frequency and as the elevation falls; what is missing or out of range is named."""

import importlib.util

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.links.rain import rain_loss
from moonstation.spacetime.earth import GroundStation

KASHI = GroundStation("kashi", "Kashi", 38.4214, 76.7144, 1300.0)
ELEVATION = np.radians([10.0, 30.0, 80.0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_rain_grows_with_frequency_and_path():
    pytest.importorskip("itur")
    low = rain_loss(KASHI, ELEVATION, frequency=8.4e9, share=0.001)
    high = rain_loss(KASHI, ELEVATION, frequency=26e9, share=0.001)
    assert np.all(np.diff(low) < 0.0)
    assert np.all(high > 5.0 * low)
    assert np.all(rain_loss(KASHI, ELEVATION, frequency=26e9, share=0.01) < high)


def test_what_rain_needs_is_named(monkeypatch):
    with pytest.raises(RequestError, match=r"0\.01 % to 5 %"):
        rain_loss(KASHI, ELEVATION, frequency=26e9, share=0.5)
    with pytest.raises(RequestError, match="55 GHz"):
        rain_loss(KASHI, ELEVATION, frequency=193e12, share=0.01)
    assert not rain_loss(KASHI, ELEVATION, frequency=0.4e9, share=0.01).any()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"pip install 'moonstation\[rain\]'"):
        rain_loss(KASHI, ELEVATION, frequency=26e9, share=0.01)
