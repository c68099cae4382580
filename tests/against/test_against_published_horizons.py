"""Horizons against closed forms: what a horizon on a sphere of 1737.4 km must be.

Source: `truth/sunlight/README.md`, section 3; the formulas are geometry, the figures typed in from there. Tolerance
1e-4 deg unless said: the figures are given to 1e-5 deg, pixels of 20 to 100 m round summits off by centimetres.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import GlobalGrid
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from terrain_reference import polar_window

R = 1_737_400.0
SMOOTH = GlobalGrid(np.zeros((1440, 2880), np.float32), DataSource("smooth sphere", "1", "0" * 64))
POLE = Site(name="pole", lat_deg=-90.0, lon_deg=0.0, ground_m=0.0)


def smooth(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    return np.zeros_like(lat)


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg"), [(-90.0, 0.0), (-45.0, 180.0), (0.0, 10.0), (60.0, -120.0), (90.0, 0.0)]
)
def test_dip_of_a_smooth_sphere_on_the_packaged_lattice(lat_deg: float, lon_deg: float) -> None:
    site = Site(name="plain", lat_deg=lat_deg, lon_deg=lon_deg, ground_m=0.0)
    made = horizon(site, ElevationModel([], SMOOTH), heights=(2.0, 10.0, 100.0), azimuths=72)
    for k, (height, dip_deg) in enumerate(((2.0, -0.08694), (10.0, -0.19440), (100.0, -0.61472))):
        np.testing.assert_allclose(np.degrees(made.elevation[k]), dip_deg, rtol=0, atol=1e-5)
        exact = -math.acos(R / (R + height))
        np.testing.assert_allclose(np.degrees(made.elevation[k]), math.degrees(exact), rtol=0, atol=1e-9)
        np.testing.assert_allclose(made.distance[k], -exact * R, rtol=1e-3)


def test_dip_of_a_smooth_sphere_in_a_window(tmp_path: Path) -> None:
    """A flat window in a flat world: the stereographic plane must not show."""
    path = polar_window(tmp_path / "w.tif", smooth, half_width=30e3, pixel=40.0, centre=(10e3, 5e3))
    made = horizon(
        POLE, ElevationModel([read_elevation(path)], SMOOTH), heights=(2.0, 10.0, 100.0), azimuths=72
    )
    expected = np.array([-0.08694, -0.19440, -0.61472])[:, None] * np.ones(72)
    np.testing.assert_allclose(np.degrees(made.elevation), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("height", "arc", "elevation_deg"),
    [(1000.0, 50e3, 0.32091), (5000.0, 150e3, -0.56811)],
    ids=["1 km", "5 km"],
)
def test_a_peak_at_a_distance(tmp_path: Path, height: float, arc: float, elevation_deg: float) -> None:
    """A needle of one pixel at an arc distance, seen from the ground.

    Other worlds give 1.14576 deg (flat) or 0.92084 deg (the Earth's radius) for 1000 m at 50 km.
    """
    pixel = 20.0
    # in the plane the arc is 2 R tan(d / 2) long; the needle's pixel centre is put exactly there
    rho = 2 * R * math.tan(arc / R / 2)

    def needle(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        x, y = rho * np.sin(lon), rho * np.cos(lon)
        at = np.hypot(x, y - rho) < 0.5 * pixel
        near = np.abs(2 * R * np.tan((lat + math.pi / 2) / 2) - rho) < 0.5 * pixel
        return np.where(at & near, height, -9000.0)

    path = polar_window(
        tmp_path / "w.tif", needle, half_width=2e3, pixel=pixel, centre=(0.5 * pixel, rho + 0.5 * pixel)
    )
    window = read_elevation(path)
    assert np.sort(window.heights.ravel())[-2:].tolist() == [-9000.0, height]
    site = Site(name="pole", lat_deg=-90.0, lon_deg=0.0, ground_m=0.0)
    # The rest of the world lies 9 km deep, for the smooth horizon would hide the second peak.
    abyss = GlobalGrid(np.full((1440, 2880), -9000.0, np.float32), SMOOTH.source)
    made = horizon(site, ElevationModel([window], abyss), heights=(0.0,), azimuths=72)
    assert math.degrees(made.elevation[0, 0]) == pytest.approx(elevation_deg, abs=1e-4)
    assert made.distance[0, 0] == pytest.approx(arc, abs=0.1 * pixel)


@pytest.mark.parametrize("south", [True, False])
def test_a_spherical_bowl(tmp_path: Path, south: bool) -> None:
    """Depth to diameter 0.2: the horizon from the floor's centre is atan(2 D) = 21.8014 deg, in a flat world.

    The rim of a bowl 2 km wide lies 0.3 m below the plane (curvature): 0.014 deg. Pixels of 1 m cut the sharp rim by
    up to a quarter of the slope of 0.8 times their size, 0.2 m or 0.01 deg, never upwards.
    """
    diameter, depth = 2000.0, 400.0
    ball = (diameter**2 / 4 + depth**2) / (2 * depth)

    def bowl(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        s = R * (math.pi / 2 - np.abs(lat))
        return np.where(s < diameter / 2, ball - depth - np.sqrt(np.maximum(ball**2 - s**2, 0.0)), 0.0)

    path = polar_window(tmp_path / "w.tif", bowl, half_width=1010.0, pixel=1.0, south=south)
    site = Site(name="floor", lat_deg=-90.0 if south else 90.0, lon_deg=0.0, ground_m=-depth)
    made = horizon(site, ElevationModel.from_files([path], packaged=False), heights=(0.0,), azimuths=90)
    d = diameter / 2 / R
    exact = math.degrees(math.atan2(R * math.cos(d) - (R - depth), R * math.sin(d)))
    error = np.degrees(made.elevation) - exact
    assert error.max() < 1e-4
    assert error.min() > -0.012
    np.testing.assert_allclose(np.degrees(made.elevation), 21.8014, rtol=0, atol=0.03)
    np.testing.assert_allclose(made.distance, diameter / 2, rtol=0, atol=1.5)


def test_connecting_ridge_roi_4(truth: Path) -> None:
    """A horizon made by others (RootVandal/lunar-ops) from LOLA 10 m to 5 km, 80 m to 30 km and coarser beyond.

    From 40 m and 3.8 km terrain at 1 m above ground, where the ridge itself makes much of the horizon, the median
    agrees within 0.1 deg, a fifth of the Sun, and 90 % within 0.6 deg; a mirrored or turned azimuth does not.
    """
    model = ElevationModel.from_files(sorted((truth / "terrain").glob("*_40m.tif")))
    site = locate(model, "RoI 4", -89.45267485051342, -137.14865265000893)
    assert site.ground_m == pytest.approx(1956.4, abs=1.0)
    made = np.degrees(horizon(site, model, heights=(1.0,), azimuths=1440).elevation[0])
    theirs = np.loadtxt(truth / "sunlight" / "roi4_1m_horizon.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(theirs[:1440, 0], np.arange(1440) * 0.25)
    error = made - theirs[:1440, 1]
    assert np.median(np.abs(error)) < 0.1
    assert np.quantile(np.abs(error), 0.9) < 0.6
    for wrong in (made[::-1], *(np.roll(made, shift) for shift in (-20, 20, 360, 720))):
        assert np.mean((wrong - theirs[:1440, 1]) ** 2) > 1.1 * np.mean(error**2)
