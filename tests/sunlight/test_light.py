"""Sun and Earth at a site over a horizon."""

import math

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.sunlight.light import site_light, sun_fraction
from moonstation.terrain.horizons import Horizon

SITE = Site("rim", -89.68, 166.0, 1500.0)


def level(site, *elevations_deg):
    """Horizons of one elevation all round, at 2 m, 4 m, ..."""
    rows = np.repeat(np.radians(elevations_deg)[:, None], 360, axis=1)
    return Horizon(
        site=site,
        heights=2.0 * np.arange(1.0, len(elevations_deg) + 1.0),
        azimuth=np.radians(np.arange(360.0)),
        elevation=rows,
        distance=np.full(rows.shape, np.nan),
        terrain="made up",
        resolution_m=math.nan,
        indicative=False,
        sources=(),
    )


def hours(start, n, step=3600.0):
    return Epoch.parse(start).tdb_s + step * np.arange(n)


def test_over_a_level_horizon_the_sun_is_up_half_of_a_turn_at_the_equator():
    site = Site("equator", 0.0, 45.0, 0.0)
    light = site_light(site, hours("2030-01-01", 24 * 355))
    fraction = light.sun_fraction(level(site, 0.0), 2.0, eclipses=False)
    # Twelve synodic months of 29.53 d; the libration in longitude shifts sunrise by hours, not the share.
    assert np.mean(fraction) == pytest.approx(0.5, abs=0.005)
    assert light.earth_fraction(level(site, 0.0), 2.0).min() == 1.0
    assert np.degrees(light.earth_elevation).mean() == pytest.approx(45.0, abs=1.0)


def test_half_a_disc_where_the_horizon_cuts_its_centre():
    et = hours("2030-06-01", 3)
    light = site_light(SITE, et)
    horizon = level(SITE, float(np.degrees(light.elevation[1])))
    assert light.sun_fraction(horizon, 2.0)[1] == pytest.approx(0.5, abs=1e-9)
    assert np.degrees(light.radius[1]) == pytest.approx(0.2666, abs=0.005)
    assert np.degrees(light.earth_radius[1]) == pytest.approx(0.95, abs=0.1)


def test_total_lunar_eclipse_darkens_the_sun_for_the_whole_near_side():
    # NASA's catalogue (Espenak): total lunar eclipse of 2025-03-14, greatest 06:58:43 UT (06:59:56 TD),
    # totality 65.4 min, partial 218.3 min, umbral magnitude 1.178. In the middle of the near side the Sun
    # goes and comes when the umbra's edge crosses that place, between those two spans.
    site = Site("near side", 0.0, 0.0, 0.0)
    et = hours("2025-03-14T03:00:00Z", 8 * 60, step=60.0)
    light = site_light(site, et)
    dark = et[light.eclipsed == 1.0]
    assert 65.4 * 60 <= dark[-1] - dark[0] <= 218.3 * 60
    middle = Epoch.parse("2025-03-14T06:58:43Z").tdb_s
    assert light.eclipsed[np.argmin(np.abs(et - middle))] == 1.0
    # Penumbral phase of the catalogue: 362.6 min for the Moon as a whole.
    some = et[light.eclipsed > 0.0]
    assert 218.3 * 60 < some[-1] - some[0] < 362.6 * 60
    fraction = light.sun_fraction(level(site, 0.0), 2.0)
    np.testing.assert_allclose(fraction, 1.0 - light.eclipsed, atol=1e-12)
    assert light.sun_fraction(level(site, 0.0), 2.0, eclipses=False).min() == 1.0


def test_heights_are_looked_up_in_the_horizon():
    et = hours("2030-01-01", 24 * 30)
    light = site_light(SITE, et)
    horizon = level(SITE, 1.0, -1.0)
    low, middle, high = (light.sun_fraction(horizon, h) for h in (2.0, 3.0, 4.0))
    assert np.all(low <= middle)
    assert np.all(middle <= high)
    np.testing.assert_array_equal(middle, light.sun_fraction(level(SITE, 0.0), 2.0))
    np.testing.assert_array_equal(sun_fraction(SITE, horizon, et, height=2.0), low)
    with pytest.raises(RequestError, match="outside the computed heights"):
        light.sun_fraction(horizon, 20.0)
