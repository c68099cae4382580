"""Maps of the spread over disturbed terrains: against single sites, and what they hold and refuse."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from moonstation.errors import RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.spacetime.epochs import Epoch
from moonstation.study.confidence import Ensemble, parse_error
from moonstation.study.map_spread import file_errors
from moonstation.study.maps import MapRequest, make_map
from moonstation.sunlight.light import site_light
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.height_errors import disturbed_horizons
from moonstation.terrain.horizons import horizon, locate
from moonstation.terrain.region import map_grid
from terrain_reference import R, polar_window

START = Epoch.parse("2035-05-01")
DAYS, STEP, DIRECTIONS = 30.0, 3600.0, 120


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = R * np.cos(lat) * np.sin(lon), R * np.cos(lat) * np.cos(lon)
    return 15.0 * np.sin(x / 900.0) * np.cos(y / 700.0) + 3.0 * np.sin(x / 260.0 + 1.0) * np.cos(y / 310.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ElevationModel:
    path = polar_window(tmp_path_factory.mktemp("w") / "hills.tif", hills, half_width=6e3, pixel=40.0)
    return ElevationModel([read_elevation(path)], None)


@pytest.fixture(scope="module")
def request_(model: ElevationModel) -> MapRequest:
    return MapRequest(
        grid=map_grid(model, -89.97, 30.0, width=480.0, height=480.0, pixel=40.0),
        start=START,
        span=DAYS * 86_400.0,
        step=STEP,
        directions=DIRECTIONS,
        layers=("average_sun", "longest_dark", "slope"),
        ensemble=Ensemble(10, 2, parse_error("white=0.2m,correlated=4m@400m")),
    )


@pytest.fixture(scope="module")
def made(model: ElevationModel, request_: MapRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("m") / "m.tif"
    make_map(model, request_, path)
    return path


def bands_of(path: Path) -> dict[str, np.ndarray]:
    with rasterio.open(path) as raster:
        return dict(zip(raster.descriptions, raster.read(), strict=True))


def test_bands_and_tags(made: Path) -> None:
    with rasterio.open(made) as raster:
        assert raster.descriptions == (
            "average_sun_2m", "longest_dark_2m", "slope",
            "average_sun_lowest_2m", "average_sun_p50_2m", "average_sun_highest_2m",
            "longest_dark_lowest_2m", "longest_dark_p50_2m", "longest_dark_highest_2m",
        )  # fmt: skip
        tags = raster.tags()
    assert tags["ENSEMBLE"] == "10 disturbed terrains, seed 2"
    assert tags["HEIGHT_ERROR"] == "hills.tif: white=0.2 m, correlated=4 m@400 m (as stated: stated)"
    assert tags["TERRAIN_FINEST_M"].startswith("40")
    bands = bands_of(made)
    for name in ("average_sun", "longest_dark"):
        low, middle, high = (bands[f"{name}_{short}_2m"] for short in ("lowest", "p50", "highest"))
        assert np.isfinite(low).all()
        assert (low <= middle).all()
        assert (middle <= high).all()
        assert (low < high).any()


def test_the_spread_of_a_pixel_is_that_of_a_single_site(
    model: ElevationModel, request_: MapRequest, made: Path
) -> None:
    """The fields are functions of place, so map and site stand on the same ten terrains.

    They differ as maps and single sites do without error (docs/maps.md: 0.14 points on average, 0.44 at most).
    """
    assert request_.ensemble is not None
    bands = bands_of(made)
    error = request_.ensemble.error
    assert error is not None
    apart = []
    for row, column in ((2, 3), (6, 6), (9, 1)):
        lat, lon = request_.grid.lat_lon(row, column)
        site = locate(model, "x", float(lat), float(lon))
        plain = horizon(site, model, heights=(2.0,), azimuths=DIRECTIONS * 2)
        found = disturbed_horizons(
            site, model, [error], height=2.0, members=10, seed=2, azimuths=DIRECTIONS * 2
        )
        light = site_light(site, START.tdb_s + STEP * np.arange(round(DAYS * 86_400.0 / STEP)))
        averages = []
        for member in found.elevation:
            fraction = light.sun_fraction(replace(plain, elevation=member[None]), 2.0)
            averages.append(light_statistics(light.et, fraction).average)
        for short, share in (("lowest", 0.0), ("p50", 0.5), ("highest", 1.0)):
            apart.append(float(bands[f"average_sun_{short}_2m"][row, column]) - np.quantile(averages, share))
        assert np.ptp(averages) > 0.03
    assert np.abs(apart).max() < 0.015
    assert np.mean(np.abs(apart)) < 0.005


def test_the_undisturbed_bands_are_those_of_a_map_without_ensemble(
    model: ElevationModel, request_: MapRequest, made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plain.tif"
    make_map(model, replace(request_, ensemble=None), path)
    plain, spread = bands_of(path), bands_of(made)
    assert list(plain) == list(spread)[:3]
    for name, values in plain.items():
        assert np.array_equal(values, spread[name])


def test_the_same_map_twice_and_another_seed(
    model: ElevationModel, request_: MapRequest, made: Path, tmp_path: Path
) -> None:
    again, other = tmp_path / "again.tif", tmp_path / "other.tif"
    shares: list[float] = []
    make_map(model, request_, again, threads=1, progress=lambda stage, share: shares.append(share))
    assert again.read_bytes() == made.read_bytes()
    assert len([share for share in shares if 0.0 < share < 1.0]) >= 9
    assert request_.ensemble is not None
    make_map(model, replace(request_, ensemble=replace(request_.ensemble, seed=3)), other)
    first, second = bands_of(made), bands_of(other)
    assert not np.array_equal(first["average_sun_p50_2m"], second["average_sun_p50_2m"])


def test_a_hundred_members_name_percentiles(request_: MapRequest) -> None:
    names = [band.name for band in replace(request_, ensemble=Ensemble(100)).bands()]
    assert names[3:6] == ["average_sun_p01_2m", "average_sun_p50_2m", "average_sun_p99_2m"]
    layers = [band.layer for band in replace(request_, ensemble=Ensemble(100)).bands()]
    assert layers[3] == "average_sun_p01"


def test_every_file_has_its_error(model: ElevationModel) -> None:
    ((name, error),) = file_errors(model, None)
    assert name == "hills.tif"
    assert error.confidence == "assumption"


def test_what_is_refused(model: ElevationModel, request_: MapRequest, tmp_path: Path) -> None:
    for change, words in (
        ({"layers": ("slope",)}, "average_sun and longest_dark"),
        ({"ensemble": Ensemble(1001)}, "1000 members at most"),
    ):
        with pytest.raises(RequestError, match=words):
            make_map(model, replace(request_, **change), tmp_path / "no.tif")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
