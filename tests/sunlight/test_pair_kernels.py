"""Bits of light and pairs of them, against plain NumPy and against the map's own layer."""

import numpy as np
import pytest

from moonstation.formats.geotiff import read_elevation
from moonstation.spacetime.epochs import Epoch
from moonstation.sunlight import _pair_kernels
from moonstation.sunlight.maps import region_sky, tile_light, tile_lit
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import Tile, map_grid
from moonstation.terrain.sweep import tile_ground
from terrain_reference import polar_window


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = 1_737_400.0 * np.cos(lat) * np.array([np.sin(lon), np.cos(lon)])
    return 400.0 * np.sin(x / 1500.0) * np.cos(y / 2100.0)


def test_bits_are_the_steps_that_the_map_counts(tmp_path):
    path = polar_window(tmp_path / "w.tif", hills, half_width=12e3, pixel=200.0)
    model = ElevationModel([read_elevation(path)], None)
    grid = map_grid(model, -89.9, 10.0, width=4e3, height=4e3)
    # steps that do not fill the last word
    et = Epoch.parse("2035-08-01").tdb_s + 3600.0 * np.arange(24 * 41 + 7)
    sky = region_sky(-89.9, 10.0, et)
    tile = Tile(0, 0, grid.rows, grid.columns)
    ground = tile_ground(model, grid, tile)
    light = tile_light(ground, sky, 2.0, directions=36, layers=("any_light",))["any_light"].ravel()
    pixels = np.arange(0, light.size, 3)
    words = tile_lit(ground, sky, 2.0, pixels, directions=36)
    assert words.shape == (pixels.size, -(-et.size // 64))
    counts = np.bitwise_count(words).sum(axis=1)
    assert counts.min() == 0
    assert counts.max() > 100
    np.testing.assert_array_equal(np.float32(counts) / np.float32(et.size), light[pixels])
    assert not (words[:, -1] >> np.uint64(et.size % 64)).any()


@pytest.mark.parametrize("first", [0, 5])
def test_pairs_are_counted_as_numpy_does(first):
    rng = np.random.default_rng(7)
    words = rng.integers(0, 2**64, (12, 5), dtype=np.uint64, endpoint=False)
    words[3] = np.uint64(2**64 - 1)
    words[4] = 0
    angle = np.radians(rng.uniform(0.0, 10.0, 12))
    towards = np.stack([np.cos(angle), np.sin(angle), np.zeros(12)], axis=1)
    low, high = 0.02, 0.1
    out = np.full((4, 12), 99, np.int32)
    _pair_kernels.count_either(words, towards, low, high, first, out)
    for i in range(4):
        for b in range(12):
            a = first + i
            bits = np.unpackbits((words[a] | words[b]).view(np.uint8)).sum()
            near = low <= np.linalg.norm(towards[a] - towards[b]) <= high
            assert out[i, b] == (bits if b > a and near else -1)
    assert (out >= 0).any()
    assert (out == -1).any()
