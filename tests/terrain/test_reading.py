"""Rasters larger than memory: full resolution near the sites, means beyond, and no pixel out of its place."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import CoverageError, RequestError
from moonstation.formats.cropping import Around, read_means, whole
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.formats.rasters import open_raster
from moonstation.terrain import reading
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from pds3_writer import power_law, write_pds3

R = 1_737_400.0
PIXEL = 100.0
SITES = ((-89.5, 40.0), (-89.1, -120.0))


@pytest.fixture(scope="module")
def ground() -> np.ndarray:
    return power_law((1024, 1024), PIXEL, craters=200)


@pytest.fixture
def image(ground: np.ndarray, tmp_path: Path) -> Path:
    return write_pds3(tmp_path, "LDEM_BIG", np.round(2 * ground).astype("<i2"), pixel=PIXEL)


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the image of the tests for a large one: 10 km at full resolution, means of 4 x 4 beyond."""
    for name, value in (("WHOLE_PIXELS", 1000), ("NEAR", 10e3), ("NEAR_PIXELS", 150), ("FAR_PIXELS", 256)):
        monkeypatch.setattr(reading, name, value)


def test_a_part_has_the_very_pixels_of_the_whole(image: Path) -> None:
    full = ElevationModel([read_elevation(image)], None)
    random = np.random.default_rng(2)
    for lat_deg, lon_deg in (*SITES, (-90.0, 0.0)):
        window = read_elevation(image, around=Around(lat_deg, lon_deg, 8e3))
        assert window.heights.size < 200**2
        part = ElevationModel([window], None)
        d, a = np.sqrt(random.uniform(0, 1, 500)) * 7.9e3, random.uniform(0, 2 * np.pi, 500)
        lat0, lon0 = np.radians(lat_deg), np.radians(lon_deg)
        lat = np.arcsin(np.sin(lat0) * np.cos(d / R) + np.cos(lat0) * np.sin(d / R) * np.cos(a))
        lon = lon0 + np.arctan2(
            np.sin(a) * np.sin(d / R) * np.cos(lat0), np.cos(d / R) - np.sin(lat0) * np.sin(lat)
        )
        lat, lon = np.degrees(lat), np.degrees(lon)
        np.testing.assert_allclose(part.elevation(lat, lon), full.elevation(lat, lon), rtol=0, atol=1e-4)


def test_means_are_those_of_their_blocks_and_lie_in_their_middle(image: Path, ground: np.ndarray) -> None:
    with open_raster(image) as raster:
        means, transform = read_means(raster, whole(raster), 5)
    expected = ground[:1020, :1020].reshape(204, 5, 204, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-3)
    assert (transform.a, transform.c, transform.f) == (500.0, -51_200.0, 51_200.0)
    window = read_elevation(image, block=5)
    assert window.pixel == 500.0
    # the middle of the first block is the centre of its pixel (2, 2)
    a, _, c, _, e, f = window.to_pixel
    assert (a * (-51_200.0 + 250.0) + c, e * (51_200.0 - 250.0) + f) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_blocks_mostly_without_data_stay_unknown(tmp_path: Path) -> None:
    samples = np.full((8, 8), 100, "<i2")
    samples[:4, :4] = -32768
    samples[0, 0] = 60
    samples[4:6, 4:] = -32768
    path = write_pds3(tmp_path, "HOLES", samples)
    with open_raster(path) as raster:
        means, _ = read_means(raster, whole(raster), 4)
    assert np.isnan(means[0, 0])
    np.testing.assert_array_equal(means.ravel()[1:], 50.0)


@pytest.mark.usefixtures("tight")
def test_a_large_file_gives_two_layers_a_site(image: Path) -> None:
    model = ElevationModel.from_files([image], around=SITES)
    assert [layer.resolution for layer in model.layers[:-1]] == pytest.approx([100.0, 400.0])
    full = ElevationModel([read_elevation(image)], None)
    for lat_deg, lon_deg in SITES:
        assert model.resolution(lat_deg, lon_deg) == 100.0
        assert model.elevation(lat_deg, lon_deg) == pytest.approx(full.elevation(lat_deg, lon_deg), abs=1e-4)
    assert model.resolution(-89.3, 130.0) == pytest.approx(400.0)
    assert "averaged to 400 m" in model.sources[1].name
    single = ElevationModel.from_files([image], around=SITES[:1])
    assert single.layers[0].heights.size < 4 * 150**2


@pytest.mark.usefixtures("tight")
def test_horizons_over_means_stay_near_those_of_the_whole(image: Path) -> None:
    full = ElevationModel([read_elevation(image)], read_packaged_grid())
    for lat_deg, lon_deg in SITES:
        model = ElevationModel.from_files([image], around=[(lat_deg, lon_deg)])
        site = locate(model, "site", lat_deg, lon_deg)
        a, b = (horizon(site, m, heights=(2.0,), azimuths=180).elevation[0] for m in (model, full))
        off = np.degrees(np.abs(a - b))
        # means of 400 m from 10 km on, 10 times as wide an angle as the real rule leaves: 0.58 deg at most was seen
        assert np.median(off) < 0.01
        assert off.max() < 0.75


@pytest.mark.usefixtures("tight")
def test_sites_off_a_large_file(image: Path) -> None:
    beyond = ElevationModel.from_files([image], around=[(-87.0, 0.0)])
    assert [layer.resolution for layer in beyond.layers[:-1]] == pytest.approx([400.0])
    with pytest.raises(CoverageError, match=r"does not reach within 400 km of \(10\.0000, 20\.0000 deg\)"):
        ElevationModel.from_files([image], around=[(10.0, 20.0)])
    with pytest.raises(RequestError, match="no place on the Moon"):
        ElevationModel.from_files([image], around=[(91.0, 20.0)])


def test_memory_holds_the_part_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WHOLE_PIXELS", 1000)
    monkeypatch.setattr(reading, "FAR_PIXELS", 300)
    monkeypatch.setattr("moonstation.formats.cropping.BAND_PIXELS", 200_000)
    side = 6000
    path = write_pds3(tmp_path, "LDEM_HUGE", np.zeros((2, 2), "<i2"), pixel=20.0)
    from pds3_writer import label

    path.write_bytes(label("LDEM_HUGE", (side, side), pixel=20.0).encode())
    with (tmp_path / "ldem_huge.img").open("wb") as stream:
        stream.truncate(2 * side * side)
    tracemalloc.start()
    windows = reading.read_windows([path], [(-89.5, 0.0)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(windows) == 2
    near = windows[0].heights.size
    # samples as float64, masks and heights of the part that is read at a time; the file holds 72 MB
    assert peak < 40 * max(near, 200_000)
    assert max(w.heights.size for w in windows) < side * side / 2
