"""Light on solar arrays, pointing, rating and degradation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonstation.constants import AU, SOLAR_CONSTANT
from moonstation.errors import RequestError
from moonstation.simulation.arrays import (
    array_irradiance,
    degradation_factor,
    fixed_cosine,
    irradiance_share,
    rated_power,
    tracking_cosine,
)
from moonstation.station.elements import Element

YEAR = 365.25 * 86_400.0


def element(**keys):
    return Element(id="array", site="base", kind="solar-array", **keys)


def unit_vector(azimuth, elevation):
    return np.array(
        [np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)]
    )


def test_irradiance_falls_with_the_square_of_the_distance():
    share = irradiance_share(np.array([1.0, 0.5]), np.array([AU, 2.0 * AU]), cosine=np.array([1.0, 0.5]))
    np.testing.assert_allclose(share, [1.0, 0.0625], rtol=1e-15)


@given(
    azimuth=st.floats(-7, 7),
    elevation=st.floats(-1.5, 1.5),
    face=st.floats(-7, 7),
    tilt=st.floats(0, math.pi),
)
def test_fixed_cosine_is_the_product_of_normal_and_sun(azimuth, elevation, face, tilt):
    normal = np.array([math.sin(tilt) * math.sin(face), math.sin(tilt) * math.cos(face), math.cos(tilt)])
    wanted = max(0.0, float(normal @ unit_vector(azimuth, elevation)))
    got = fixed_cosine(np.array([azimuth]), np.array([elevation]), array_azimuth=face, array_tilt=tilt)
    assert got[0] == pytest.approx(wanted, abs=1e-14)


def test_tracking_faces_the_sun_wherever_it_is():
    np.testing.assert_array_equal(tracking_cosine(np.array([-0.01, 0.0, 1.2])), 1.0)


def test_pointing_of_the_element_decides():
    sun = {
        "azimuth": np.array([0.0, math.pi]),
        "elevation": np.array([0.02, 0.02]),
        "distance": np.array([AU, AU]),
    }
    full = np.ones(2)
    turned = element(array_power="10 kW")
    fixed = element(array_power="10 kW", array_pointing="fixed", array_azimuth="0 deg", array_tilt="90 deg")
    np.testing.assert_allclose(array_irradiance(turned, full, **sun), 1.0)
    np.testing.assert_allclose(array_irradiance(fixed, full, **sun), [math.cos(0.02), 0.0], atol=1e-15)
    lost = turned.model_copy(update={"array_pointing": "upwards"})
    with pytest.raises(
        RequestError, match=r"element array: array_pointing 'upwards'.*use 'tracking' or 'fixed'"
    ):
        array_irradiance(lost, full, **sun)


def test_rating_by_power_or_by_area():
    assert rated_power(element(array_power="10 kW")) == 10e3
    by_area = element(array_area="12 m2", array_efficiency=0.3)
    assert rated_power(by_area) == pytest.approx(12 * 0.3 * SOLAR_CONSTANT)
    assert rated_power(element()) == 0.0


def test_degradation_compounds():
    left = degradation_factor(np.array([-YEAR, 0.0, YEAR, 10 * YEAR]), rate=0.03 / YEAR)
    np.testing.assert_allclose(left, [1.0, 1.0, 0.97, 0.97**10], rtol=1e-14)
