"""Sunlight over tiles against plain NumPy, and against single sites on a smooth Moon."""

import math

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.formats.global_grid import GlobalGrid
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.sunlight import _kernels
from moonstation.sunlight.disc import visible_share
from moonstation.sunlight.light import site_light
from moonstation.sunlight.maps import LAYERS, PROFILE, TABLE_STEP, region_sky, tile_light
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import map_grid
from moonstation.terrain.sweep import sweep_directions, tile_ground

ET = Epoch.parse("2035-01-01").tdb_s + 3600.0 * np.arange(1440)


def smooth_moon() -> ElevationModel:
    source = DataSource("made up", "1", "0" * 64)
    return ElevationModel([], GlobalGrid(np.zeros((1440, 2880), np.float32), source))


def test_table_holds_the_share_above_any_horizon():
    rng = np.random.default_rng(3)
    n, directions = 400, 8
    sector, between = rng.integers(0, directions, n), rng.random(n)
    elevation, radius = rng.normal(0, 0.03, n), rng.uniform(0.0045, 0.0047, n)
    weight = rng.random(n)
    lowest = float((elevation - radius).min()) - 2 * TABLE_STEP
    count = math.ceil((float((elevation + radius).max()) - lowest) / TABLE_STEP) + 2
    table = np.zeros((directions, count))
    _kernels.tabulate(sector, between, elevation, radius, weight, PROFILE, lowest, TABLE_STEP, table)
    heights = lowest + TABLE_STEP * np.arange(count)
    expected = np.zeros_like(table)
    for i in range(n):
        share = weight[i] * visible_share(elevation[i], heights, radius[i])
        expected[sector[i]] += (1 - between[i]) * share
        expected[(sector[i] + 1) % directions] += between[i] * share
    # the profile's own steps, a thousandth of a radius
    assert np.abs(table - expected).max() < 1e-4 * weight.sum()
    horizon = rng.normal(0, 0.04, (directions, 50)).astype(np.float32)
    gx, gy, out = rng.normal(0, 0.003, 50), rng.normal(0, 0.003, 50), np.zeros(50)
    ways = sweep_directions(directions)
    for j in range(directions):
        _kernels.look_up(horizon[j], gx, gy, ways[j], 1.01, lowest, TABLE_STEP, table[j], out)
    plain = np.zeros(50)
    for j in range(directions):
        tilted = horizon[j] - 1.01 * (gx * ways[j, 0] + gy * ways[j, 1])
        plain += np.interp(tilted, heights, table[j], right=0.0)
    assert np.allclose(out, plain, atol=1e-9)


def test_spells_against_numpy():
    rng = np.random.default_rng(4)
    steps, directions, pixels = 300, 12, 700
    horizon = rng.normal(0, 0.02, (directions, pixels)).astype(np.float32)
    gx, gy = (rng.normal(0, 0.003, pixels).astype(np.float32) for _ in range(2))
    rows, sectors = [], []
    for _ in range(2):
        sectors.append(np.sort(rng.integers(0, directions, steps)))
        row = np.stack(
            [rng.random(steps), rng.normal(0, 0.01, steps), rng.normal(0, 1, steps), rng.normal(0, 1, steps)]
        )
        rows.append(np.ascontiguousarray(row.T, dtype=np.float32))
    out = np.empty((5, pixels), np.int64)
    _kernels.spells(horizon, gx, gy, sectors[0], rows[0], sectors[1], rows[1], out)
    up = []
    for sector, row in zip(sectors, rows, strict=True):
        u, top, a, b = row.T[:, :, None]
        ground = horizon[sector] + u * (horizon[(sector + 1) % directions] - horizon[sector])
        up.append(top + a * gx + b * gy > ground)
    for p in range(0, pixels, 37):
        lit = light_statistics(3600.0 * np.arange(steps), up[0][:, p].astype(float))
        assert out[0, p] == round(lit.longest_dark / 3600)
        assert out[1, p] == round(lit.longest_light / 3600)
        assert out[2, p] == up[0][:, p].sum()
        assert out[3, p] == up[1][:, p].sum()
        assert out[4, p] == (up[0] & up[1])[:, p].sum()


@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(-89.0, 30.0), (-60.0, -100.0), (10.0, 80.0)])
def test_smooth_moon_against_single_sites(lat_deg, lon_deg):
    # one horizon in all directions: what is left are the directions to Sun and Earth, and the steps of the table
    model = smooth_moon()
    grid = map_grid(model, lat_deg, lon_deg, width=20e3, height=20e3, pixel=1e3)
    ground = tile_ground(model, grid, next(grid.tiles(20)))
    made = tile_light(ground, region_sky(lat_deg, lon_deg, ET), 100.0, directions=90)
    assert list(made) == list(LAYERS)
    dip = -math.acos(1_737_400.0 / 1_737_500.0)
    for row, column in ((0, 0), (19, 3), (10, 10)):
        lat, lon = grid.lat_lon(row, column)
        light = site_light(Site("point", float(lat), float(lon)), ET)
        share = visible_share(light.elevation, dip, light.radius) * (1.0 - light.eclipsed)
        point = light_statistics(ET, share)
        seen = np.mean(light.earth_elevation > dip)
        both = np.mean((light.earth_elevation > dip) & (share > 0))
        assert made["average_sun"][row, column] == pytest.approx(point.average, abs=0.002)
        # an hour at each end of a month's day, where the Sun grazes
        assert made["any_light"][row, column] == pytest.approx(point.any_light, abs=4 / 1440)
        assert made["longest_dark"][row, column] == pytest.approx(point.longest_dark / 86_400, abs=2 / 24)
        assert made["longest_light"][row, column] == pytest.approx(point.longest_light / 86_400, abs=2 / 24)
        assert made["earth_visible"][row, column] == pytest.approx(seen, abs=4 / 1440)
        assert made["sun_and_earth"][row, column] == pytest.approx(both, abs=4 / 1440)
        assert made["permanent_shadow"][row, column] == float(point.any_light == 0.0)
    assert np.abs(made["slope"]).max() < 0.01


def test_only_what_is_asked_for():
    model = smooth_moon()
    grid = map_grid(model, -89.0, 0.0, width=3e3, height=3e3, pixel=1e3)
    ground = tile_ground(model, grid, next(grid.tiles(8)))
    sky = region_sky(-89.0, 0.0, ET)
    assert list(tile_light(ground, sky, 2.0, directions=8, layers=("slope", "average_sun"))) == [
        "average_sun",
        "slope",
    ]
    with pytest.raises(RequestError, match="layer"):
        tile_light(ground, sky, 2.0, layers=("sunshine",))


def test_averages_need_no_stored_horizons_and_no_number_of_threads():
    # the same sums whether horizons are kept for layers that follow every step or not, in any number of threads
    rng = np.random.default_rng(8)
    heights = rng.normal(0.0, 800.0, (720, 1440)).astype(np.float32)
    model = ElevationModel([], GlobalGrid(heights, DataSource("made up", "1", "0" * 64)))
    grid = map_grid(model, -88.0, 20.0, width=20e3, height=12e3, pixel=500.0)
    ground = tile_ground(model, grid, next(grid.tiles(40)))
    sky = region_sky(-88.0, 20.0, ET)
    alone = tile_light(ground, sky, 2.0, directions=45, layers=("average_sun",), threads=1)["average_sun"]
    assert np.ptp(alone) > 0.05
    for layers, threads in ((("average_sun",), 3), (("average_sun", "any_light"), 2)):
        again = tile_light(ground, sky, 2.0, directions=45, layers=layers, threads=threads)
        assert np.array_equal(again["average_sun"], alone)


def test_a_map_of_more_pixels_than_a_computer_can_make_is_refused() -> None:
    with pytest.raises(RequestError, match=r"give a pixel of [0-9.]+ m or more, or a smaller region"):
        map_grid(ElevationModel.packaged(), -89.0, 0.0, width=40e3, height=40e3, pixel=1e-3)
