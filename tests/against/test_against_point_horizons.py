"""Maps against horizons and light of single sites, which march every ray on its own (terrain/horizons.py).

The march is held to a brute one in tests/terrain/test_horizons.py. Bounds are those that the maps were asked to keep:
horizons made beyond three pixels at most 0.1 deg apart at the 99th percentile; average sunlight at 2 m at most 0.5
points apart in the mean and 2 at the 95th percentile.
"""

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.sunlight.light import site_light
from moonstation.sunlight.maps import region_sky, tile_light
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain import _kernels
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon
from moonstation.terrain.region import map_grid
from moonstation.terrain.sweep import tile_ground, tile_horizons

HEIGHT, DIRECTIONS, PIXEL = 2.0, 360, 40.0
# one middle in each of the ten windows
PLACES = (
    (-89.46, -137.4),
    (-88.23, -64.6),
    (-88.68, -67.9),
    (-86.77, -22.8),
    (-85.99, -0.25),
    (-88.82, 123.7),
    (-89.76, -171.7),
    (-89.53, 56.3),
    (-88.08, 11.9),
    (-88.97, 37.0),
)


@pytest.mark.slow
def test_tiles_against_single_sites(truth):
    model = ElevationModel.from_files(sorted((truth / "terrain").glob("*_40m.tif")))
    et = Epoch.parse("2035-01-01").tdb_s + 3600.0 * np.arange(8766)
    rng = np.random.default_rng(2035)
    apart, distance, average, any_light, dark, earth = [], [], [], [], [], []
    for lat_deg, lon_deg in PLACES:
        grid = map_grid(model, lat_deg, lon_deg, width=64 * PIXEL, height=64 * PIXEL)
        assert grid.pixel == PIXEL
        ground = tile_ground(model, grid, next(grid.tiles(64)))
        swept = tile_horizons(ground, HEIGHT, DIRECTIONS)
        light = tile_light(ground, region_sky(lat_deg, lon_deg, et), HEIGHT, directions=DIRECTIONS)
        for row, column in rng.integers(0, 64, (10, 2)):
            place_lat, place_lon = (float(value) for value in grid.lat_lon(row, column))
            site = Site("point", place_lat, place_lon, float(ground.ground[row, column]))
            elevation, far = np.empty((1, DIRECTIONS)), np.empty((1, DIRECTIONS))
            _kernels.march(
                model.terrain,
                np.ascontiguousarray(site.enu_me),
                ground.azimuth(row, column, DIRECTIONS),
                np.array([MOON_RADIUS + site.ground_m + HEIGHT]),
                0.5 * PIXEL / MOON_RADIUS,
                1e-3,
                elevation,
                far,
            )
            apart.append(swept[:, row, column] - elevation[0])
            distance.append(far[0])
            at = site_light(site, et)
            around = horizon(site, model, heights=(HEIGHT,))
            point = light_statistics(et, at.sun_fraction(around, HEIGHT))
            up = at.earth_elevation > around.at(at.earth_azimuth, height=HEIGHT)
            average.append(light["average_sun"][row, column] - point.average)
            any_light.append(light["any_light"][row, column] - point.any_light)
            dark.append(light["longest_dark"][row, column] - point.longest_dark / 86_400.0)
            earth.append(light["earth_visible"][row, column] - np.mean(up))
    degrees = np.degrees(np.abs(np.concatenate(apart)))
    beyond = np.concatenate(distance) > 3 * PIXEL
    points = 100.0 * np.abs(np.array(average))
    print(
        f"horizons beyond three pixels: median {np.median(degrees[beyond]):.4f}, 95 % "
        f"{np.percentile(degrees[beyond], 95):.3f}, 99 % {np.percentile(degrees[beyond], 99):.3f} deg; all: 99 % "
        f"{np.percentile(degrees, 99):.3f}; average sunlight: mean {points.mean():.3f}, 95 % "
        f"{np.percentile(points, 95):.3f}, greatest {points.max():.2f} points; any light mean "
        f"{100 * np.mean(np.abs(any_light)):.3f}; longest dark: median {np.median(np.abs(dark)):.3f}, 95 % "
        f"{np.percentile(np.abs(dark), 95):.2f} d; Earth mean {100 * np.mean(np.abs(earth)):.3f} points"
    )
    assert np.percentile(degrees[beyond], 99) <= 0.1
    assert points.mean() <= 0.5
    assert np.percentile(points, 95) <= 2.0
    # the same instants and the same rule, so only horizons differ
    assert 100 * np.mean(np.abs(any_light)) <= 0.5
    assert 100 * np.mean(np.abs(earth)) <= 0.5
    assert np.median(np.abs(dark)) <= 1.0 / 24.0
