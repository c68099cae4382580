"""Maps of rasters larger than memory: every tile reads its surroundings, and depends on nothing else."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from moonstation.errors import RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.formats.rasters import open_raster
from moonstation.terrain import reading
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import Tile, map_grid
from moonstation.terrain.sweep import tile_ground, tile_horizons
from pds3_writer import power_law, write_pds3

PIXEL = 100.0
AROUND = 2.0 * np.pi * 1_737_400.0
PLACE = (-89.3, 40.0)


@pytest.fixture(scope="module")
def ground() -> np.ndarray:
    return power_law((1000, 1000), PIXEL, craters=200, seed=7)


@pytest.fixture(scope="module")
def image(ground: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terrain")
    return write_pds3(folder, "LDEM_BIG", np.round(2 * ground).astype("<i2"), pixel=PIXEL)


@pytest.fixture(autouse=True)
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the image of the tests for a large one: means of 4 x 4, and 400 pixels about a tile."""
    sizes = {"WHOLE_PIXELS": 1000, "NEAR": 10e3, "TILE_PIXELS": 400, "FAR_PIXELS": 256}
    for name, value in sizes.items():
        monkeypatch.setattr(reading, name, value)


def whole(path: Path) -> ElevationModel:
    return ElevationModel([read_elevation(path)], read_packaged_grid())


def tile_of(model: ElevationModel, tile: Tile) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    grid = map_grid(model, *PLACE, width=8e3, height=8e3, pixel=PIXEL)
    found = tile_ground(model, grid, tile)
    return found.ground, found.slope, tile_horizons(found, 2500.0, 48)


def test_a_model_in_memory_serves_every_place(image: Path) -> None:
    model = whole(image)
    assert model.around(-89.0, 10.0, 5e3) is model
    assert ElevationModel.packaged().around(80.0, 10.0, 5e3) is ElevationModel.packaged()


def test_the_model_of_all_places_is_coarse_and_says_so(image: Path, ground: np.ndarray) -> None:
    shares: list[float] = []
    model = ElevationModel.from_files([image], progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [layer.resolution for layer in model.layers[:-1]] == pytest.approx([400.0])
    assert model.resolution(*PLACE) == pytest.approx(400.0)
    assert model.finest == pytest.approx(PIXEL)
    assert "finest 100 m (LDEM_BIG.LBL, averaged to 400 m far away)" in model.description
    assert "100 m, means of 400 m further than 10 km away" in model.sources[0].resolution
    near = model.around(*PLACE, 1e3)
    assert near.resolution(*PLACE) == PIXEL
    assert near.elevation(*PLACE) == pytest.approx(whole(image).elevation(*PLACE), abs=1e-4)
    # pixels of the map lie on those of the terrain, not on those of the means
    grid = map_grid(model, *PLACE, width=8e3, height=8e3)
    assert grid == map_grid(whole(image), *PLACE, width=8e3, height=8e3)


def test_tiles_have_their_very_ground_and_nearly_their_horizons(image: Path) -> None:
    tile = Tile(16, 16, 24, 24)
    a, b = (tile_of(model, tile) for model in (ElevationModel.from_files([image]), whole(image)))
    np.testing.assert_allclose(a[0], b[0], rtol=0, atol=2e-3)
    np.testing.assert_allclose(a[1], b[1], rtol=0, atol=1e-5)
    off = np.degrees(np.abs(a[2] - b[2]))
    # from 2.5 km up the ground is seen past the 20 km that are read in full; 0.084 deg at most was seen
    assert np.median(off) < 1e-3
    assert 0.0 < off.max() < 0.25


def test_a_tile_depends_on_no_other(image: Path) -> None:
    tile, other = Tile(16, 16, 24, 24), Tile(56, 0, 24, 24)
    fresh = tile_of(ElevationModel.from_files([image]), tile)
    used = ElevationModel.from_files([image])
    tile_of(used, other)
    for before, after in zip(fresh, tile_of(used, tile), strict=True):
        np.testing.assert_array_equal(before, after)


def test_geotiff_gives_the_same_tiles(image: Path, ground: np.ndarray, tmp_path: Path) -> None:
    with open_raster(image) as raster:
        words = {"crs": raster.crs, "transform": raster.transform, "dtype": "int16", "count": 1}
        path = tmp_path / "big.tif"
        with rasterio.open(
            path, "w", height=1000, width=1000, tiled=True, blockxsize=256, blockysize=256, **words
        ) as d:
            d.write(np.round(2 * ground).astype("int16"), 1)
            d.scales = (0.5,)
    tile = Tile(16, 16, 24, 24)
    a, b = (tile_of(ElevationModel.from_files([p]), tile) for p in (image, path))
    for one, two in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, two)


def test_what_is_read_about_a_tile_is_bounded(image: Path) -> None:
    (raster,) = reading.read_terrain([image])[1]
    for radius, pixels in ((1e3, 100.0), (18e3, 100.0), (22e3, 200.0)):
        near, overview = raster.around(*PLACE, radius)
        assert near.pixel == pytest.approx(pixels)
        assert max(near.heights.shape) <= 1.03 * 400 + 4
        assert overview is raster.overview
    # means about a tile as coarse as the overview say nothing new
    assert raster.around(*PLACE, 70e3) == [raster.overview]
    # off the raster, which still makes part of the horizons there
    assert raster.around(-80.0, 0.0, 1e3) == [raster.overview]


def test_a_sea_of_no_data_is_passed_over(ground: np.ndarray, tmp_path: Path) -> None:
    samples = np.round(2 * ground).astype("<i2")
    samples[:, 400:] = -32768
    path = write_pds3(tmp_path, "SEA", samples, pixel=PIXEL)
    model = ElevationModel.from_files([path])
    # the middle of the sea takes the packaged grid, its shore (10 km from the pole towards 90 deg W) both
    assert model.around(-89.0, 90.0, 1e3).resolution(-89.0, 90.0) > 3e3
    grid = map_grid(model, -90.0 + 10.0 / 30.32, -90.0, width=4e3, height=4e3, pixel=PIXEL)
    found = tile_ground(model, grid, Tile(0, 0, 40, 40))
    assert np.isfinite(found.ground).all()
    assert found.pixels.min() == PIXEL
    assert found.pixels.max() > 3e3


def test_cylindrical_rasters_are_read_about_each_tile(tmp_path: Path) -> None:
    heights = power_law((400, 2400), AROUND / 2400, craters=50)
    path = write_pds3(
        tmp_path,
        "LDEM_CYL",
        np.round(2 * heights).astype("<i2"),
        projection="SIMPLE CYLINDRICAL",
        pixel=AROUND / 2400,
    )
    model = ElevationModel.from_files([path], packaged=False)
    assert model.layers == ()
    near = model.around(12.0, 170.0, 5e3)
    assert near.resolution(12.0, 170.0) == pytest.approx(AROUND / 2400, rel=0.05)
    grid = map_grid(model, 12.0, 170.0, width=30e3, height=30e3, pixel=3e3)
    found = tile_ground(model, grid, Tile(0, 0, 10, 10))
    assert np.isfinite(found.ground).all()


def test_without_any_terrain_a_map_is_refused(image: Path) -> None:
    model = ElevationModel.from_files([image], packaged=False)
    with pytest.raises(RequestError, match="no terrain is known in the middle of the map"):
        map_grid(model, 45.0, 10.0, width=8e3, height=8e3)
