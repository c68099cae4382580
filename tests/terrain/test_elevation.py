"""Sampling of layers: pixel centres, seams, poles, and which layer speaks."""

from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from moonstation.errors import RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import GlobalGrid, read_packaged_grid
from moonstation.formats.provenance import DataSource
from moonstation.terrain.elevation import ElevationModel
from terrain_reference import PolarWindow, WholeMoon, plane_position, polar_window, write_geotiff

R = 1_737_400.0
NOWHERE = DataSource("made up", "1", "0" * 64)


def rough(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Ground with relief at all scales from 200 m to 20 km, anywhere on the Moon."""
    x, y, z = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    height = np.zeros_like(x)
    for i, wave in enumerate((20e3, 7e3, 2.3e3, 700.0)):
        k = 2 * np.pi * R / wave
        height += wave / 30 * np.sin(k * x + i) * np.cos(k * y - 2 * i) * np.cos(k * (z % 1e-3) * 0.3)
    return height


def sphere_grid(height: float = 0.0) -> GlobalGrid:
    return GlobalGrid(np.full((180, 360), height, np.float32), NOWHERE)


@pytest.mark.parametrize("south", [True, False])
def test_a_polar_window_gives_its_pixels_at_their_centres(tmp_path: Path, south: bool) -> None:
    path = polar_window(
        tmp_path / "w.tif", rough, half_width=4e3, pixel=100.0, centre=(21e3, -8e3), south=south
    )
    window = read_elevation(path)
    assert not window.warped
    model = ElevationModel([window], None)
    row, column = np.mgrid[0:80, 0:80]
    x = 21e3 - 4e3 + (column + 0.5) * 100.0
    y = -8e3 + 4e3 - (row + 0.5) * 100.0
    colatitude = 2 * np.arctan(np.hypot(x, y) / (2 * R))
    lat = np.degrees(colatitude) - 90 if south else 90 - np.degrees(colatitude)
    lon = np.degrees(np.arctan2(x, y if south else -y))
    inner = (slice(1, -1), slice(1, -1))
    # float32 heights of some 100 m; half a pixel off would show as tens of metres
    np.testing.assert_allclose(
        model.elevation(lat[inner], lon[inner]), window.heights[inner], rtol=0, atol=1e-4
    )


def test_window_and_grid_agree_with_the_numpy_sampler(tmp_path: Path) -> None:
    path = polar_window(tmp_path / "w.tif", rough, half_width=20e3, pixel=90.0, centre=(-30e3, 11e3))
    grid = read_packaged_grid()
    model = ElevationModel.from_files([path])
    random = np.random.default_rng(7)
    lat = np.radians(np.concatenate([random.uniform(-90, -87, 4000), random.uniform(-90, 90, 4000)]))
    lon = np.radians(random.uniform(-180, 360, 8000))
    window, moon = PolarWindow(path), WholeMoon(grid.heights)
    expected = window(lat, lon)
    assert np.isfinite(expected).sum() > 100
    expected = np.where(np.isnan(expected), moon(lat, lon), expected)
    # rounding of the position (1e-9 pixel) times the roughest step between two pixels of the grid (some km)
    np.testing.assert_allclose(model.elevation(np.degrees(lat), np.degrees(lon)), expected, rtol=0, atol=1e-4)


def test_the_antimeridian_and_the_poles_are_no_seams() -> None:
    model = ElevationModel.packaged()
    lat = np.linspace(-89.9, 89.9, 500)
    west, east = model.elevation(lat, 179.999999), model.elevation(lat, -179.999999)
    np.testing.assert_allclose(west, east, atol=0.02)
    np.testing.assert_allclose(model.elevation(lat, 181.25), model.elevation(lat, -178.75), rtol=0, atol=1e-6)
    for pole, row in ((90.0, 0), (-90.0, -1)):
        heights = model.elevation(pole, np.linspace(-180, 180, 73))
        np.testing.assert_allclose(heights, heights[0], rtol=0, atol=1e-6)
        assert heights[0] == pytest.approx(model.layers[-1].heights[row].mean(dtype=float), abs=1e-3)
        across = model.elevation(np.sign(pole) * 89.99999, np.array([30.0, -150.0]))
        np.testing.assert_allclose(across, heights[0], atol=0.2)


def test_grid_pixels_lie_at_their_centres() -> None:
    grid = read_packaged_grid()
    model = ElevationModel([], grid)
    rows, columns = np.array([0, 1, 700, 1439]), np.array([0, 1, 1440, 2879])
    lat, lon = 89.9375 - 0.125 * rows, -179.9375 + 0.125 * columns
    np.testing.assert_allclose(
        model.elevation(lat[:, None], lon[None, :]), grid.heights[np.ix_(rows, columns)], atol=1e-4
    )


def test_the_finest_layer_that_knows_all_four_neighbours_speaks(tmp_path: Path) -> None:
    transform = Affine(1000.0, 0, -5000.0, 0, -1000.0, 5000.0)
    coarse = write_geotiff(
        tmp_path / "coarse.tif", np.full((10, 10), 20, np.float32), crs="IAU_2015:30135", transform=transform
    )
    heights = np.full((10, 10), 10, np.float32)
    heights[4, 4] = -9999
    fine = write_geotiff(
        tmp_path / "fine.tif",
        heights,
        crs="IAU_2015:30135",
        transform=Affine(100.0, 0, -500.0, 0, -100.0, 500.0),
        nodata=-9999,
    )
    model = ElevationModel([read_elevation(coarse), read_elevation(fine)], sphere_grid(30.0))
    assert [layer.resolution for layer in model.layers] == [100.0, 1000.0, pytest.approx(np.pi * R / 180)]
    # beyond the centres of the outermost pixels (450 m, 4500 m) and beside the hole at (-50, 50) the next one speaks
    x = np.array([200.0, 449.0, 451.0, -60.0, -149.0, -151.0, 4499.0, 4501.0])
    y = np.array([200.0, 0.0, 0.0, 60.0, 50.0, 50.0, 0.0, 0.0])
    colatitude = np.degrees(2 * np.arctan(np.hypot(x, y) / (2 * R)))
    lon = np.degrees(np.arctan2(x, y))
    np.testing.assert_allclose(
        model.elevation(colatitude - 90, lon), [10, 10, 20, 20, 20, 10, 20, 30], atol=1e-9
    )
    expected = [100, 100, 1000, 1000, 1000, 100, 1000, np.pi * R / 180]
    np.testing.assert_allclose(model.resolution(colatitude - 90, lon), expected)
    alone = ElevationModel([read_elevation(fine)], None)
    assert np.isnan(alone.elevation(0.0, 0.0))
    assert np.isnan(alone.resolution(0.0, 0.0))
    assert alone.highest == 10.0


def test_windows_on_one_lattice_leave_no_strip_between_them(tmp_path: Path) -> None:
    whole = polar_window(tmp_path / "whole.tif", rough, half_width=3e3, pixel=100.0)
    left = polar_window(tmp_path / "left.tif", rough, half_width=1.5e3, pixel=100.0, centre=(-1.5e3, 0.0))
    right = polar_window(tmp_path / "right.tif", rough, half_width=1.5e3, pixel=100.0, centre=(1.5e3, 0.0))
    joined = ElevationModel.from_files([left, right], packaged=False)
    assert len(joined.layers) == 1
    assert [source.name for source in joined.sources] == [
        "elevation window left.tif",
        "elevation window right.tif",
    ]
    lat, lon = -90 + np.linspace(0.01, 0.045, 50), np.linspace(-10, 10, 50)
    expected = ElevationModel.from_files([whole], packaged=False).elevation(lat, lon)
    np.testing.assert_allclose(joined.elevation(lat, lon), expected, rtol=0, atol=1e-9)
    # far apart, a joined box would be mostly empty: they stay two layers
    far = polar_window(tmp_path / "far.tif", rough, half_width=1.5e3, pixel=100.0, centre=(90e3, 90e3))
    assert len(ElevationModel.from_files([left, far], packaged=False).layers) == 2
    # half a pixel off the lattice they cannot be joined either
    off = polar_window(tmp_path / "off.tif", rough, half_width=1.5e3, pixel=100.0, centre=(1.55e3, 0.0))
    assert len(ElevationModel.from_files([left, off], packaged=False).layers) == 2


EQUIRECTANGULAR = "IAU_2015:30110"


@pytest.mark.parametrize(
    ("crs", "lat_deg", "lon_deg"),
    [
        ("+proj=eqc +lat_ts=0 +lon_0=0 +R=1737400 +units=m", 26.0, 3.6),
        ("+proj=eqc +lat_ts=-60 +lon_0=180 +R=1737400 +units=m", -60.0, 180.0),
        ("+proj=longlat +R=1737400", -45.0, 179.9),
        ("+proj=stere +lat_0=-89 +lon_0=-137 +R=1737400 +units=m", -89.0, -137.0),
        ("+proj=stere +lat_0=90 +lat_ts=80 +lon_0=45 +R=1737400 +units=m", 88.0, 10.0),
        ("+proj=stere +lat_0=20 +lon_0=10 +k=0.99 +x_0=5000 +y_0=-300 +R=1737400 +units=m", 20.0, 11.0),
        ("+proj=laea +lat_0=-85 +lon_0=30 +R=1737400 +units=m", -85.0, 30.0),
        ("+proj=tmerc +lat_0=0 +lon_0=30 +R=1737400 +units=km", 10.0, 30.0),
    ],
)
def test_any_projection_puts_the_ground_where_it_is(
    tmp_path: Path, crs: str, lat_deg: float, lon_deg: float
) -> None:
    """Smooth made-up ground, so that resampling adds centimetres and a shift of half a pixel adds metres."""
    import rasterio.warp

    def smooth(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        k = 2 * np.pi * R / 9000.0
        return 300 * np.sin(k * np.cos(lat) * np.cos(lon)) * np.cos(
            k * np.cos(lat) * np.sin(lon)
        ) + 300 * np.cos(k * np.sin(lat))

    geographic = "+proj=longlat +R=1737400"
    (x,), (y,) = rasterio.warp.transform(geographic, crs, [lon_deg], [lat_deg])
    pixel = 60.0 / R * 180 / np.pi if "longlat" in crs else 0.06 if "units=km" in crs else 60.0
    x, y = round(x / pixel) * pixel, round(y / pixel) * pixel
    size = 300
    transform = Affine(pixel, 0, x - size / 2 * pixel, 0, -pixel, y + size / 2 * pixel)
    column, row = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    lon, lat = rasterio.warp.transform(
        crs, geographic, *(v.ravel() for v in (transform.c + pixel * column, transform.f - pixel * row))
    )
    heights = smooth(np.radians(lat), np.radians(lon)).reshape(size, size).astype(np.float32)
    path = write_geotiff(tmp_path / "w.tif", heights, crs=crs, transform=transform)
    window = read_elevation(path)
    assert window.warped == ("stere" not in crs)
    assert window.pixel == pytest.approx(60.0, rel=0.25)
    model = ElevationModel([window], None)
    inner = np.zeros((size, size), bool)
    inner[20:-20, 20:-20] = True
    lat, lon = np.array(lat)[inner.ravel()], np.array(lon)[inner.ravel()]
    # sampled between pixels too
    lat = lat + 0.3 * 60.0 / R * 180 / np.pi
    error = model.elevation(lat, lon) - smooth(np.radians(lat), np.radians(lon))
    # bilinear curvature error once (exact) or twice (warped): h'' p^2 / 8 with h'' = 300 (2 pi / 9 km)^2 and
    # p = 60 m gives 0.07 m along each axis and term; GDAL's kernel is up to 1.4 pixels wide where those are
    # not square. Half a pixel of shift would give up to 6 m
    assert np.abs(error).max() < (1.2 if window.warped else 0.3)
    assert abs(error.mean()) < 0.05


def test_latitude_longitude_around_the_pole_becomes_a_polar_plane(tmp_path: Path) -> None:
    lat, lon = np.meshgrid(
        90 - (np.arange(60) + 0.5) * 0.05, -180 + (np.arange(1440) + 0.5) * 0.25, indexing="ij"
    )
    heights = (2000 * np.sin(np.radians(lon)) * np.cos(np.radians(lat)) / np.cos(np.radians(87))).astype(
        np.float32
    )
    path = write_geotiff(
        tmp_path / "ring.tif",
        heights,
        crs="+proj=longlat +R=1737400",
        transform=Affine(0.25, 0, -180, 0, -0.05, 90),
    )
    window = read_elevation(path)
    assert (window.centre_lat, window.centre_lon) == (pytest.approx(np.pi / 2), 0.0)
    model = ElevationModel([window], None)
    at = np.array([88.0, 89.0, 89.7])
    for azimuth in (-179.0, -90.0, 33.0, 150.0):
        expected = 2000 * np.sin(np.radians(azimuth)) * np.cos(np.radians(at)) / np.cos(np.radians(87))
        np.testing.assert_allclose(model.elevation(at, azimuth), expected, atol=8.0)


def test_a_model_needs_a_layer_and_a_place_on_the_moon() -> None:
    with pytest.raises(RequestError, match="at least one window or the packaged grid"):
        ElevationModel.from_files([], packaged=False)
    with pytest.raises(RequestError, match="-90 and 90"):
        ElevationModel.packaged().elevation(91.0, 0.0)
    with pytest.raises(RequestError, match="number"):
        ElevationModel.packaged().elevation(0.0, np.nan)


def test_the_reference_sampler_inverts_its_own_projection() -> None:
    x, y = np.array([1e3, -5e4]), np.array([2e4, 3.0])
    for south in (True, False):
        from terrain_reference import polar_position

        back = plane_position(*polar_position(x, y, south=south), south=south)
        np.testing.assert_allclose(back, (x, y), atol=1e-6)
