"""The packaged grid and the mosaic against LOLA at 40 m (NASA LRO LOLA, `truth/terrain`, IAU_2015:30135)."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import rasterio

from moonstation.formats.global_grid import GlobalGrid, read_packaged_grid
from moonstation.terrain.elevation import ElevationModel
from terrain_reference import polar_position

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def windows(truth: Path) -> list[Path]:
    paths = sorted((truth / "terrain").glob("*_40m.tif"))
    assert len(paths) == 10
    return paths


def pixels(path: Path, every: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latitude, longitude [deg] and height [m] of the pixels of a window, by Snyder's formulas."""
    with rasterio.open(path) as dataset:
        heights, transform = dataset.read(1), dataset.transform
    column, row = np.meshgrid(np.arange(heights.shape[1]) + 0.5, np.arange(heights.shape[0]) + 0.5)
    lat, lon = polar_position(transform.a * column + transform.c, transform.e * row + transform.f)
    part = (slice(None, None, every), slice(None, None, every))
    return np.degrees(lat[part]).ravel(), np.degrees(lon[part]).ravel(), heights[part].ravel().astype(float)


def agreement(model: ElevationModel, windows: list[Path]) -> tuple[float, float]:
    """Correlation and rms difference [m] of a model with all windows."""
    lat, lon, height = (np.concatenate(parts) for parts in zip(*(pixels(p, 5) for p in windows), strict=True))
    seen = model.elevation(lat, lon)
    return float(np.corrcoef(seen, height)[0, 1]), float(np.sqrt(np.mean((seen - height) ** 2)))


def shifted(grid: GlobalGrid, heights: np.ndarray) -> ElevationModel:
    return ElevationModel([], GlobalGrid(np.ascontiguousarray(heights), grid.source))


def test_orientation_of_the_packaged_grid(windows: list[Path]) -> None:
    """Published with the windows: correlation 0.9992, rms 95 m; -0.22 and 3170 m with column 0 at 0 E.

    Which pixels those figures used is not said. Every fifth pixel of all ten windows, bilinear, gives 0.9979, 107 m and
    -0.31, 2478 m; means over the cells of the grid 0.9991, 57 m. So the correlation is held within 0.002 and the rms
    within 15 m of the published ones, and the wrong orientation to be wrong beyond any doubt.
    """
    correlation, rms = agreement(ElevationModel.packaged(), windows)
    assert correlation == pytest.approx(0.9992, abs=0.002)
    assert rms == pytest.approx(95.0, abs=15.0)
    grid = read_packaged_grid()
    correlation, rms_turned = agreement(shifted(grid, np.roll(grid.heights, 1440, axis=1)), windows)
    assert correlation < 0.0
    assert rms_turned > 2000.0
    assert agreement(shifted(grid, grid.heights[::-1]), windows)[0] < 0.5
    # one column or row to either side is worse: pixel centres lie where the reader says
    for axis in (0, 1):
        for columns in (-1, 1):
            assert (
                agreement(shifted(grid, np.roll(grid.heights, columns, axis=axis)), windows)[1] > 1.01 * rms
            )


def test_every_window_is_found_in_the_mosaic(windows: list[Path]) -> None:
    """Overlapping windows hold the same heights, so the mosaic gives each window's pixels whatever the order."""
    model = ElevationModel.from_files(windows)
    assert [layer.resolution for layer in model.layers] == [40.0, pytest.approx(3790.4, abs=0.1)]
    for path in windows:
        lat, lon, height = pixels(path, 7)
        found = model.resolution(lat, lon) == 40.0
        assert found.mean() > 0.98  # the outermost half pixel belongs to the grid beyond
        np.testing.assert_allclose(model.elevation(lat, lon)[found], height[found], rtol=0, atol=1e-3)
    backwards = ElevationModel.from_files(windows[::-1])
    np.testing.assert_array_equal(model.layers[0].heights, backwards.layers[0].heights)


def test_overlapping_windows_agree_between_their_pixels(windows: list[Path]) -> None:
    random = np.random.default_rng(11)
    models = [ElevationModel.from_files([path], packaged=False) for path in windows]
    colatitude, lon = 4.0 * np.sqrt(random.uniform(0, 1, 100_000)), random.uniform(-180, 180, 100_000)
    heights = np.array([model.elevation(colatitude - 90.0, lon) for model in models])
    shared = 0
    for a, b in itertools.combinations(heights, 2):
        both = np.isfinite(a) & np.isfinite(b)
        shared += int(both.sum())
        np.testing.assert_allclose(a[both], b[both], rtol=0, atol=1e-3)
    assert shared > 500
