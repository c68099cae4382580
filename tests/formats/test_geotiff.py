"""What the reader of elevation windows takes, and what it refuses in one line with the cure."""

from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from moonstation.errors import DataFileError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import read_grid, read_packaged_grid
from terrain_reference import SOUTH_POLAR, write_geotiff

TRANSFORM = Affine(40.0, 0, -400.0, 0, -40.0, 400.0)


def plain(path: Path, heights: np.ndarray | None = None, **profile: object) -> Path:
    values = np.arange(400, dtype=np.float32).reshape(20, 20) if heights is None else heights
    return write_geotiff(path, values, **{"crs": SOUTH_POLAR, "transform": TRANSFORM, **profile})


def message(path: Path) -> str:
    with pytest.raises(DataFileError) as caught:
        read_elevation(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_polar_pixels_are_kept_as_they_are(tmp_path: Path) -> None:
    window = read_elevation(plain(tmp_path / "w.tif"))
    assert window.heights.dtype == np.float32
    np.testing.assert_array_equal(window.heights.ravel(), np.arange(400))
    assert (window.centre_lat, window.centre_lon, window.pixel, window.warped) == (
        -np.pi / 2,
        0.0,
        40.0,
        False,
    )
    # the centre of the plane is the corner of four pixels: whole numbers are pixel centres, so it lies at 9.5
    assert window.to_pixel == pytest.approx((1 / 40, 0, 9.5, 0, -1 / 40, 9.5))
    assert window.source.resolution == "40 m"
    assert len(window.source.sha256) == 64


def test_scale_offset_unit_and_no_data_are_honoured(tmp_path: Path) -> None:
    import rasterio

    path = plain(tmp_path / "w.tif", np.full((4, 4), 2000, np.int16), nodata=-32768)
    with rasterio.open(path, "r+") as dataset:
        values = dataset.read(1)
        values[0, 0] = -32768
        dataset.write(values, 1)
        dataset.scales, dataset.offsets = (0.5,), (100.0,)
    heights = read_elevation(path).heights
    assert np.isnan(heights[0, 0])
    assert (heights.ravel()[1:] == 1100.0).all()
    radii = plain(tmp_path / "radii.tif", np.full((4, 4), 1738400.25))
    with rasterio.open(radii, "r+") as dataset:
        dataset.offsets = (-1737400.0,)
    assert (read_elevation(radii).heights == 1000.25).all()
    km = plain(tmp_path / "km.tif", np.full((4, 4), 1.25, np.float32))
    with rasterio.open(km, "r+") as dataset:
        dataset.units = ("km",)
    assert (read_elevation(km).heights == 1250.0).all()
    with rasterio.open(km, "r+") as dataset:
        dataset.units = ("ft",)
    assert "'ft'; convert them to metres" in message(km)


def test_infinities_are_no_heights(tmp_path: Path) -> None:
    values = np.ones((4, 4), np.float32)
    values[1, 1], values[2, 2] = np.inf, -np.inf
    heights = read_elevation(plain(tmp_path / "w.tif", values)).heights
    assert np.isnan(heights).sum() == 2


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file; check the path" in message(tmp_path / "nowhere.tif")
    assert "is a folder" in message(tmp_path)


@pytest.mark.parametrize("keep", [0.0, 0.02, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(
    "layout", [{}, {"compress": "deflate"}, {"tiled": True, "blockxsize": 64, "blockysize": 64}]
)
def test_a_cut_off_file_fails_when_it_is_read(tmp_path: Path, keep: float, layout: dict[str, object]) -> None:
    values = np.random.default_rng(1).uniform(-1000, 1000, (200, 200)).astype(np.float32)
    path = plain(tmp_path / "w.tif", values, **layout)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    assert "damaged, cut off or of another kind" in message(path)


@pytest.mark.parametrize("crs", [SOUTH_POLAR, "+proj=eqc +R=1737400 +units=m"])
def test_damaged_bytes_are_refused_in_one_line_or_harmless(tmp_path: Path, crs: str) -> None:
    random = np.random.default_rng(5)
    values = random.uniform(-1000, 1000, (40, 40)).astype(np.float32)
    data = plain(tmp_path / "w.tif", values, crs=crs, compress="deflate").read_bytes()
    path = tmp_path / "damaged.tif"
    messages = []
    for i in range(300):
        damaged = bytearray(data)
        for _ in range(random.integers(1, 6)):
            damaged[random.integers(0, len(data) if i % 3 == 0 else 700)] = random.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            heights = read_elevation(path).heights
        except DataFileError as error:
            messages.append(str(error))
        else:
            assert np.nanmax(np.abs(heights)) <= 12_000.0
    assert 100 < len(messages) < 300
    assert all(text.startswith(str(path)) and "\n" not in text for text in messages)


def test_pixels_of_no_size_are_refused(tmp_path: Path) -> None:
    tiny = Affine(1e-9, 0, -400.0, 0, -1e-9, 400.0)
    assert "pixels are 1e-09 m wide; correct its georeferencing" in message(
        plain(tmp_path / "w.tif", transform=tiny)
    )


def test_text_is_no_raster(tmp_path: Path) -> None:
    path = tmp_path / "w.tif"
    path.write_text("lat,lon,height\n")
    assert "damaged, cut off or of another kind" in message(path)


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        (None, "has no coordinate system; assign it"),
        ("EPSG:32633", "radius 6378.137 km, not on the 1737.4 km lunar sphere"),
        ("EPSG:4326", "radius 6378.137 km"),
        ("+proj=stere +lat_0=-90 +R=1738000 +units=m", "radius 1738.000 km"),
        ("+proj=longlat +a=1737400 +b=1736000", "not on the 1737.4 km"),
        ("+proj=eqc +R=3396190 +units=m", "radius 3396.190 km"),
    ],
)
def test_other_worlds_are_refused(tmp_path: Path, crs: str | None, expected: str) -> None:
    assert expected in message(plain(tmp_path / "w.tif", crs=crs))


def test_a_raster_without_a_place_is_refused(tmp_path: Path) -> None:
    assert "no georeferencing" in message(plain(tmp_path / "w.tif", transform=Affine.identity()))


def test_one_band_of_real_numbers_is_needed(tmp_path: Path) -> None:
    assert "has 3 bands" in message(plain(tmp_path / "rgb.tif", np.zeros((3, 8, 8), np.uint8)))
    assert "complex64 values" in message(plain(tmp_path / "c.tif", np.zeros((8, 8), np.complex64)))
    assert "1 x 8 pixels" in message(plain(tmp_path / "line.tif", np.zeros((8, 1), np.float32)))


@pytest.mark.parametrize(
    ("value", "kind"), [(1737400.0, np.float32), (-32768, np.int16), (-3.4e38, np.float32), (21000, np.int16)]
)
def test_heights_that_the_moon_has_not_are_refused(tmp_path: Path, value: float, kind: type) -> None:
    values = np.zeros((8, 8), kind)
    values[3, 3] = value
    text = message(plain(tmp_path / "w.tif", values))
    assert "no ground on the Moon has" in text
    assert "convert to metres above the 1737.4 km sphere" in text


def test_an_empty_window_is_refused(tmp_path: Path) -> None:
    assert "no valid height" in message(plain(tmp_path / "nan.tif", np.full((8, 8), np.nan, np.float32)))
    assert "no valid height" in message(plain(tmp_path / "nd.tif", np.full((8, 8), -1, np.int16), nodata=-1))


def test_a_raster_of_half_the_moon_is_refused(tmp_path: Path) -> None:
    path = plain(
        tmp_path / "w.tif",
        np.zeros((180, 360), np.float32),
        crs="+proj=longlat +R=1737400",
        transform=Affine(1.0, 0, -180.0, 0, -1.0, 90.0),
    )
    assert "spans too much of the Moon" in message(path)
    assert "cut one around the site" in message(path)


def test_the_packaged_grid_is_checked(tmp_path: Path) -> None:
    grid = read_packaged_grid()
    assert grid.heights.shape == (1440, 2880)
    assert grid.heights.dtype == np.float32
    # lowest and highest ground of the Moon (LOLA: -9.1 km in Antoniadi, +10.8 km at the highest point;
    # averaged here) sert -9200 < grid.heights.min() < -8500
    assert 10400 < grid.heights.max() < 10800
    bad = tmp_path / "moon_dem.npz"
    bad.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DataFileError, match=r"moon_dem\.npz: cannot be read as the global elevation grid"):
        read_grid(bad)
    np.savez(bad, elev_km=np.zeros((4, 8)))
    with pytest.raises(DataFileError, match=r"\(1440, 2880\) are expected; reinstall"):
        read_grid(bad)
    np.savez(bad, other=np.zeros((4, 8)))
    with pytest.raises(DataFileError, match="reinstall"):
        read_grid(bad)
    np.savez(bad, elev_km=np.full((1440, 2880), np.nan, np.float32))
    with pytest.raises(DataFileError, match="no ground on the Moon has"):
        read_grid(bad)
