"""Maps against horizons and light of single sites, which march every ray on its own (terrain/horizons.py).

The march is held to a brute one in tests/terrain/test_horizons.py. Bounds are those that the maps were asked to keep:
horizons made beyond three pixels at most 0.1 deg apart at the 99th percentile; average sunlight at 2 m at most 0.5
points apart in the mean and 2 at the 95th percentile.
"""

import numpy as np
import pytest

from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.sunlight.light import site_light
from moonstation.sunlight.maps import region_sky, tile_light
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, rays
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


def compared(truth, places, points: int, layers: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Maps less points, at so many random points of tiles at each place: horizons with their distance, and light."""
    model = ElevationModel.from_files(sorted((truth / "terrain").glob("*_40m.tif")))
    et = Epoch.parse("2035-01-01").tdb_s + 3600.0 * np.arange(8766)
    rng = np.random.default_rng(2035)
    found: dict[str, list] = {name: [] for name in ("apart", "distance", *layers)}
    for lat_deg, lon_deg in places:
        grid = map_grid(model, lat_deg, lon_deg, width=64 * PIXEL, height=64 * PIXEL)
        assert grid.pixel == PIXEL
        ground = tile_ground(model, grid, next(grid.tiles(64)))
        swept = tile_horizons(ground, HEIGHT, DIRECTIONS)
        sky = region_sky(lat_deg, lon_deg, et)
        light = tile_light(ground, sky, HEIGHT, directions=DIRECTIONS, layers=layers)
        for row, column in rng.integers(0, 64, (points, 2)):
            place_lat, place_lon = (float(value) for value in grid.lat_lon(row, column))
            site = Site("point", place_lat, place_lon, float(ground.ground[row, column]))
            azimuth = ground.azimuth(row, column, DIRECTIONS)
            elevation, far = rays(site, model, azimuth, np.array([HEIGHT]))
            found["apart"].append(swept[:, row, column] - elevation[0])
            found["distance"].append(far[0])
            at = site_light(site, et)
            around = horizon(site, model, heights=(HEIGHT,))
            point = light_statistics(et, at.sun_fraction(around, HEIGHT))
            up = at.earth_elevation > around.at(at.earth_azimuth, height=HEIGHT)
            alone = {
                "average_sun": point.average,
                "any_light": point.any_light,
                "longest_dark": point.longest_dark / 86_400.0,
                "earth_visible": np.mean(up),
            }
            for name in layers:
                found[name].append(light[name][row, column] - alone[name])
    return {name: np.array(values) for name, values in found.items()}


def check_horizons_and_averages(found: dict[str, np.ndarray]) -> None:
    degrees = np.degrees(np.abs(found["apart"]))
    beyond = degrees[found["distance"] > 3 * PIXEL]
    points = 100.0 * np.abs(found["average_sun"])
    print(
        f"{len(points)} points: horizons beyond three pixels: median {np.median(beyond):.4f}, 95 % "
        f"{np.percentile(beyond, 95):.3f}, 99 % {np.percentile(beyond, 99):.3f} deg; all: 99 % "
        f"{np.percentile(degrees, 99):.3f}, mean of map less point {np.degrees(found['apart']).mean():.4f}; average "
        f"sunlight: mean {points.mean():.3f}, 95 % {np.percentile(points, 95):.3f}, greatest {points.max():.2f} points"
    )
    assert np.percentile(beyond, 99) <= 0.1
    assert points.mean() <= 0.5
    assert np.percentile(points, 95) <= 2.0


def test_a_few_points(truth):
    check_horizons_and_averages(compared(truth, PLACES[:1], 8, ("average_sun",)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_averages_of_five_hundred_points(truth, part):
    # a hundred at a time; bounds that hold for each hundred hold for all
    check_horizons_and_averages(compared(truth, PLACES[part::5], 50, ("average_sun",)))


@pytest.mark.slow
def test_tiles_against_single_sites(truth):
    found = compared(truth, PLACES, 10, ("average_sun", "any_light", "longest_dark", "earth_visible"))
    check_horizons_and_averages(found)
    any_light, dark, earth = (np.abs(found[name]) for name in ("any_light", "longest_dark", "earth_visible"))
    print(
        f"any light mean {100 * any_light.mean():.3f}; longest dark: median {np.median(dark):.3f}, 95 % "
        f"{np.percentile(dark, 95):.2f} d; Earth mean {100 * earth.mean():.3f} points"
    )
    # the same instants and the same rule, so only horizons differ
    assert 100 * any_light.mean() <= 0.5
    assert 100 * earth.mean() <= 0.5
    assert np.median(dark) <= 1.0 / 24.0
