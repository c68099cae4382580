"""Maps as Zarr stores: what xarray finds in them, that they equal the GeoTIFF, and that they appear whole."""

import numpy as np
import pytest
import rasterio.warp
import xarray as xr
from rasterio.crs import CRS

from moonstation.errors import DataFileError, OutputError
from moonstation.formats import map_zarr
from moonstation.formats.map_raster import Band, Frame, read_map, write_map
from moonstation.formats.map_zarr import check_store, read_store, write_store

POLE = Frame(-90.0, 0.0, -3000.0, 2000.0, 100.0, 37, 50)
EQUATOR = Frame(12.5, 30.25, -3000.0, 2000.0, 100.0, 37, 50)
BANDS = (
    Band("average_sun_2m", "1", "time mean, 2 m above ground", "average_sun", 2.0),
    Band("average_sun_10m", "1", "time mean, 10 m above ground", "average_sun", 10.0),
    Band("slope", "deg", "steepness", "slope"),
)
TAGS = {"TERRAIN": "made up", "PERIOD": "2035-01-01T00:00:00.000Z to 2036-01-01T00:00:00.000Z"}


def values(frame: Frame) -> np.ndarray:
    found = np.random.default_rng(3).random((len(BANDS), frame.rows, frame.columns)).astype(np.float32)
    found[:, 5:8, 30:] = np.nan
    return found


def parts(whole: np.ndarray, tile: int):
    for row in range(0, whole.shape[1], tile):
        for column in range(0, whole.shape[2], tile):
            yield row, column, whole[:, row : row + tile, column : column + tile]


def write(path, frame: Frame, whole: np.ndarray, tile: int = 16) -> None:
    scratch = path.parent / ".parts"
    scratch.mkdir(exist_ok=True)
    write_store(path, frame, BANDS, parts(whole, tile), TAGS, scratch=scratch, tile=tile)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("frame", [POLE, EQUATOR], ids=["pole", "equator"])
def test_xarray_opens_it_in_place(tmp_path, frame):
    whole = values(frame)
    write(tmp_path / "m.zarr", frame, whole)
    with xr.open_zarr(tmp_path / "m.zarr", chunks=None) as store:
        assert store["average_sun"].dims == ("height", "y", "x")
        assert store["slope"].dims == ("y", "x")
        assert store["height"].values.tolist() == [2.0, 10.0]
        assert np.array_equal(store["average_sun"].values, whole[:2], equal_nan=True)
        assert np.array_equal(store["slope"].values, whole[2], equal_nan=True)
        assert (store["slope"].attrs["units"], store["slope"].attrs["long_name"]) == ("deg", "steepness")
        assert store["average_sun"].attrs["long_name"] == "time mean"
        assert store["slope"].encoding["dtype"] == np.float32
        assert np.allclose(store["x"].values[[0, -1]], [-2950.0, 1950.0])
        assert np.allclose(store["y"].values[[0, -1]], [1950.0, -1650.0])
        assert {key: store.attrs[key] for key in TAGS} == TAGS
        # where rioxarray looks: a coordinate of every variable, named by its grid_mapping
        assert store["slope"].attrs["grid_mapping"] == "spatial_ref"
        system = store["slope"].coords["spatial_ref"].attrs
        # GDAL's order of a transform: left, pixel, 0, top, 0, -pixel
        assert [float(n) for n in system["GeoTransform"].split()] == [-3000, 100, 0, 2000, 0, -100]
        crs = CRS.from_wkt(system["crs_wkt"])
    there = rasterio.warp.transform(crs, "+proj=longlat +R=1737400 +no_defs", [0.0], [0.0])
    assert there[1][0] == pytest.approx(frame.lat_deg)
    if frame is EQUATOR:
        assert there[0][0] == pytest.approx(frame.lon_deg)


def test_gdal_opens_it_in_place(tmp_path):
    write(tmp_path / "m.zarr", POLE, values(POLE))
    with rasterio.open(f'ZARR:"{tmp_path / "m.zarr"}":/slope') as dataset:
        assert dataset.crs.to_dict()["lat_0"] == -90
        assert tuple(dataset.transform)[:6] == (100.0, 0.0, -3000.0, 0.0, -100.0, 2000.0)
        assert np.array_equal(dataset.read(1), values(POLE)[2], equal_nan=True)


@pytest.mark.parametrize("tile", [8, 16, 300])
def test_equals_the_geotiff_bit_for_bit(tmp_path, tile, monkeypatch):
    monkeypatch.setattr(map_zarr, "BLOCK", 24)
    whole = values(POLE)
    write(tmp_path / "m.zarr", POLE, whole, tile)
    write_map(tmp_path / "m.tif", POLE, BANDS, parts(whole, tile), TAGS, scratch=tmp_path)
    store, file = read_store(tmp_path / "m.zarr"), read_map(tmp_path / "m.tif")
    assert store.frame == file.frame == POLE
    assert store.tags == file.tags == TAGS
    names = [band.name for band in store.bands]
    assert sorted(names) == sorted(band.name for band in file.bands)
    for i, band in enumerate(file.bands):
        assert band.unit == store.bands[names.index(band.name)].unit
        a, b = file.band(i, 1000), store.band(names.index(band.name), 1000)
        assert a.tobytes() == b.tobytes() == whole[i].tobytes()


def test_thinned_values_are_means_of_what_is_known(tmp_path):
    whole = np.broadcast_to(np.arange(50.0, dtype=np.float32), (3, 37, 50)).copy()
    whole[:, :, 45:] = np.nan
    write(tmp_path / "m.zarr", POLE, whole)
    thin = read_store(tmp_path / "m.zarr").band(2, 10)
    assert thin.shape == (7, 10)
    assert thin[0, :9].tolist() == [2.0, 7.0, 12.0, 17.0, 22.0, 27.0, 32.0, 37.0, 42.0]
    assert np.isnan(thin[:, 9]).all()


def test_a_store_is_replaced_by_a_whole_one_only(tmp_path):
    whole = values(POLE)
    write(tmp_path / "m.zarr", POLE, whole)
    before = {p: p.read_bytes() for p in sorted((tmp_path / "m.zarr").rglob("*")) if p.is_file()}

    def broken():
        yield 0, 0, whole[:, :16, :16] + 1.0
        raise OSError(28, "No space left on device")

    scratch = tmp_path / ".parts"
    with pytest.raises(OutputError, match="No space left"):
        write_store(tmp_path / "m.zarr", POLE, BANDS, broken(), TAGS, scratch=scratch, tile=16)
    assert {p: p.read_bytes() for p in sorted((tmp_path / "m.zarr").rglob("*")) if p.is_file()} == before
    write(tmp_path / "m.zarr", EQUATOR, whole + 1.0)
    assert read_store(tmp_path / "m.zarr").frame == EQUATOR
    assert sorted(p.name for p in tmp_path.iterdir()) == [".parts", "m.zarr"]


def test_refuses_a_folder_that_is_no_store(tmp_path):
    (tmp_path / "mine.zarr").mkdir()
    check_store(tmp_path / "mine.zarr")
    (tmp_path / "mine.zarr" / "diary.txt").write_text("dear")
    with pytest.raises(OutputError, match="no Zarr store"):
        check_store(tmp_path / "mine.zarr")
    with pytest.raises(DataFileError, match="cannot be read as a map"):
        read_store(tmp_path / "mine.zarr")
    (tmp_path / "file.zarr").write_text("x")
    with pytest.raises(OutputError, match="no Zarr store"):
        check_store(tmp_path / "file.zarr")


def test_refuses_a_raster_that_is_no_map(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read as a map"):
        read_map(tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(DataFileError, match="cannot be read as a map"):
        read_map(tmp_path / "text.tif")
