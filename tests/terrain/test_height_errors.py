"""Fields of height error: their distribution and correlation; horizons on disturbed ground and what they depend on."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from moonstation import threads as threads_module
from moonstation.errors import CoverageError, RequestError
from moonstation.formats.cropping import Around
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain import _error_kernels as kernels
from moonstation.terrain import _kernels as terrain_kernels
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.height_errors import (
    PACKAGED_ERROR,
    HeightError,
    assumed_error,
    disturbed_horizons,
    pack_errors,
)
from moonstation.terrain.horizons import horizon, locate
from terrain_reference import polar_position, polar_window

R = 1_737_400.0
SOURCE = DataSource("made up", "1", "0" * 64)


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = R * np.cos(lat) * np.sin(lon), R * np.cos(lat) * np.cos(lon)
    return 150.0 * np.sin(x / 900.0) * np.cos(y / 700.0) + 20.0 * np.sin(x / 130.0 + 1.0) * np.cos(y / 170.0)


def error(white: float, *correlated: tuple[float, float]) -> HeightError:
    return HeightError(white, correlated, "test", "stated")


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return polar_window(tmp_path_factory.mktemp("w") / "hills.tif", hills, half_width=6e3, pixel=40.0)


@pytest.fixture(scope="module")
def model(window: Path) -> ElevationModel:
    return ElevationModel([read_elevation(window)], None)


def towards(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Unit vectors of places in the south polar plane [m]."""
    lat, lon = polar_position(np.asarray(x, float), np.asarray(y, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def drawn(
    model: ElevationModel, made: HeightError, points: np.ndarray, *, members: int, seed: int = 1
) -> np.ndarray:
    """Errors of the first layer, shape (members, points)."""
    packed = pack_errors(model, [made] * len(model.layers), members=members, seed=seed)
    out = np.empty((members, len(points)))
    for member in range(members):
        kernels.disturb_points(model.terrain, packed, member, 0, np.ascontiguousarray(points), out[member])
    return out


def test_numbers_of_nodes_are_normal() -> None:
    values = np.array([kernels.node(np.uint64(7), i, j, -3) for i in range(-100, 100) for j in range(100)])
    # 20,000 numbers: the standard error of the mean is 0.007, of the variance 0.01, of the kurtosis 0.035
    assert abs(values.mean()) < 0.025
    assert abs(values.var() - 1.0) < 0.035
    assert abs(stats.kurtosis(values)) < 0.14
    assert stats.kstest(values, "norm").pvalue > 1e-3


def test_neighbours_and_keys_are_independent() -> None:
    field = np.array([[kernels.node(np.uint64(11), i, j, 0) for j in range(150)] for i in range(150)])
    other = np.array([[kernels.node(np.uint64(12), i, j, 0) for j in range(150)] for i in range(150)])
    # 22,500 products: standard error 0.0067
    for a, b in (
        (field[1:], field[:-1]), (field[:, 1:], field[:, :-1]), (field[1:, 1:], field[:-1, :-1]), (field, other),
    ):  # fmt: skip
        assert abs(np.mean(a * b)) < 0.027


@pytest.mark.parametrize(("along", "across"), [(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)])
def test_the_correlated_part_has_the_stated_deviation_and_correlation(
    model: ElevationModel, along: float, across: float
) -> None:
    length, sigma, members = 250.0, 3.0, 4000
    lags = np.array([0.0, 50.0, 125.0, 250.0, 375.0, 500.0, 1000.0])
    values = drawn(
        model,
        error(0.0, (sigma, length)),
        towards(1000.0 + along * lags, -700.0 + across * lags),
        members=members,
    )
    assert np.abs(values.mean(axis=0)).max() < 4.0 * sigma / math.sqrt(members)
    # the standard error of a variance over 4000 members is 2.2 %
    assert values.var(axis=0) == pytest.approx(np.full(len(lags), sigma**2), rel=0.09)
    correlation = np.mean(values * values[:, :1], axis=0) / sigma**2
    # 0.02 for two quadratic splines instead of a Gaussian, three standard errors of 0.016 to 0.022
    assert correlation == pytest.approx(np.exp(-((lags / length) ** 2)), abs=0.085)
    assert stats.kstest(values[:, 0] / sigma, "norm").pvalue > 1e-3


def test_the_correlation_without_noise_of_sampling() -> None:
    """The quintic spline that the lattice makes against the Gaussian that is promised: within 0.02."""
    t = np.linspace(-0.5, 0.5, 201)

    def weights(x: np.ndarray) -> np.ndarray:
        away = np.abs(x[:, None] - np.arange(-8, 9))
        near, far = 0.75 - away**2, 0.5 * (1.5 - away) ** 2
        return np.where(away < 0.5, near, np.where(away < 1.5, far, 0.0))

    first = weights(t)
    for r in np.linspace(0.0, 3.0, 31):
        second = weights(t + r / kernels.EDGE)
        product = (first * second).sum(1) / np.sqrt((first**2).sum(1) * (second**2).sum(1))
        assert product.mean() == pytest.approx(math.exp(-(r**2)), abs=0.02)


def test_white_error_belongs_to_pixels_and_is_bilinear_between(model: ElevationModel) -> None:
    # centres of pixels lie 20 m off the middle of the plane, for it has an even number of pixels of 40 m
    x = 20.0 + 40.0 * np.array([0, 1, 2, 0.5, 0.25])
    values = drawn(model, error(2.0), towards(x, np.full(5, 60.0 + 40.0 * 3)), members=4000)
    assert values[:, :3].var(axis=0) == pytest.approx(np.full(3, 4.0), rel=0.09)
    correlation = np.corrcoef(values[:, :3].T)
    assert np.abs(correlation - np.eye(3)).max() < 0.06
    assert values[:, 3] == pytest.approx(0.5 * (values[:, 0] + values[:, 1]), abs=1e-6)
    assert values[:, 4] == pytest.approx(0.75 * values[:, 0] + 0.25 * values[:, 1], abs=1e-6)


def test_white_error_of_the_whole_moon_closes_around_it() -> None:
    model = ElevationModel.packaged()
    lon = np.radians([180.0 - 1e-9, -180.0 + 1e-9, 0.0])
    lat = np.radians([-30.02, -30.02, 90.0])
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    values = drawn(model, error(5.0), points, members=50)
    assert values[:, 0] == pytest.approx(values[:, 1], abs=1e-5)
    assert np.isfinite(values).all()


def test_a_part_of_a_raster_has_the_errors_of_the_whole(window: Path, model: ElevationModel) -> None:
    lat, lon = np.degrees(polar_position(np.array(900.0), np.array(-1500.0)))
    part = ElevationModel([read_elevation(window, around=Around(float(lat), float(lon), 1500.0))], None)
    assert part.layers[0].heights.shape != model.layers[0].heights.shape
    points = towards(900.0 + np.arange(0, 300, 13.0), -1500.0 - np.arange(0, 300, 13.0))
    made = error(1.0, (2.0, 150.0))
    assert drawn(part, made, points, members=3) == pytest.approx(
        drawn(model, made, points, members=3), abs=1e-6
    )


def test_means_over_blocks_carry_less_white_error(window: Path) -> None:
    near = read_elevation(window, around=Around(-89.99, 10.0, 1000.0))
    far = read_elevation(window, around=Around(-89.99, 10.0, 5000.0), block=4)
    model = ElevationModel([near, far], None)
    assert [layer.resolution for layer in model.layers] == pytest.approx([40.0, 160.0])
    packed = pack_errors(model, [error(1.0, (2.0, 150.0))] * 2, members=2, seed=1)
    assert packed.white == pytest.approx([1.0, 0.25])
    assert packed.keys[0, 0] != packed.keys[0, 1]
    # the correlated part of a file is one field, whatever its pixels are joined to
    assert (packed.keys[:, 2] == packed.keys[:, 3]).all()


def test_without_error_the_horizon_is_that_of_the_march(model: ElevationModel) -> None:
    site = locate(model, "x", -89.99, 30.0)
    made = horizon(site, model, heights=(2.0,), azimuths=180)
    for nothing in (error(0.0), error(1e-10, (1e-10, 100.0))):
        found = disturbed_horizons(site, model, [nothing], height=2.0, members=2, azimuths=180)
        assert found.elevation == pytest.approx(np.repeat(made.elevation, 2, axis=0), abs=1e-10)
        assert found.azimuth == pytest.approx(made.azimuth)


def test_without_error_on_fine_terrain_over_the_packaged_grid(window: Path) -> None:
    model = ElevationModel.from_files([window])
    site = locate(model, "x", -89.99, 30.0)
    made = horizon(site, model, heights=(2.0,), azimuths=48)
    found = disturbed_horizons(site, model, [error(0.0)] * 2, height=2.0, members=1, azimuths=48)
    assert found.elevation == pytest.approx(made.elevation, abs=1e-12)


def test_members_depend_on_seed_and_number_alone(
    model: ElevationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = locate(model, "x", -89.99, 30.0)
    made = [error(0.5, (1.0, 200.0))]

    def run(members: int, seed: int) -> np.ndarray:
        return disturbed_horizons(
            site, model, made, height=2.0, members=members, seed=seed, azimuths=60
        ).elevation

    ten = run(10, 1)
    assert np.array_equal(run(3, 1), ten[:3])
    assert np.array_equal(run(10, 1), ten)
    monkeypatch.setattr(threads_module.os, "cpu_count", lambda: 1)
    assert np.array_equal(run(10, 1), ten)
    assert not np.isclose(run(10, 2), ten).any(axis=1).all()
    assert (np.ptp(ten, axis=0) > 0.0).all()


def test_pruning_loses_nothing(model: ElevationModel) -> None:
    """Every sample of the ray for every member, as against those that may matter: the same horizons."""
    site = locate(model, "x", -89.99, 30.0)
    packed = pack_errors(model, [error(0.5, (3.0, 200.0))], members=20, seed=4)
    made = disturbed_horizons(
        site, model, [error(0.5, (3.0, 200.0))], height=2.0, members=20, seed=4, azimuths=24
    )
    for i, azimuth in enumerate(made.azimuth):
        d = np.arange(20.0, 8e3, 2.5) / R
        east, north, up = site.enu_me
        way = math.cos(azimuth) * north + math.sin(azimuth) * east
        points = np.ascontiguousarray(np.cos(d)[:, None] * up + np.sin(d)[:, None] * way)
        heights, layers = np.empty(len(d)), np.empty(len(d), np.int64)
        terrain_kernels.sample_points(model.terrain, points, heights, layers)
        for member in range(20):
            noise = np.empty(len(d))
            kernels.disturb_points(model.terrain, packed, member, 0, points, noise)
            radius = R + heights + noise
            eye = R + site.ground_m + 2.0 + made.ground[member]
            tangent = (radius * np.cos(d) - eye) / (radius * np.sin(d))
            highest = np.nanmax(np.where(layers >= 0, tangent, np.nan))
            # the march takes steps of 10 m and refines the best: it may step over a kink at a pixel's edge, and finds
            # what lies between the samples here
            assert -2e-3 < math.degrees(made.elevation[member, i] - math.atan(highest)) < 0.05


def test_thinned_samples_of_smooth_errors_cost_little(model: ElevationModel) -> None:
    site = locate(model, "x", -89.99, 30.0)
    smooth = [error(0.0, (5.0, 2000.0))]
    thin = disturbed_horizons(site, model, smooth, height=2.0, members=30, azimuths=60)
    # a trace of white error keeps every sample
    full = disturbed_horizons(site, model, [error(1e-7, (5.0, 2000.0))], height=2.0, members=30, azimuths=60)
    apart = np.degrees(np.abs(thin.elevation - full.elevation))
    assert apart.mean() < 5e-4
    assert apart.max() < 0.05


def test_an_error_shared_by_site_and_surroundings_changes_nothing(model: ElevationModel) -> None:
    site = locate(model, "x", -89.99, 30.0)
    plain = horizon(site, model, azimuths=60).elevation[0]
    shared = disturbed_horizons(site, model, [error(0.0, (50.0, 1e6))], height=2.0, members=20, azimuths=60)
    assert shared.ground.std() > 20.0
    # 50 m over 1000 km tilt the ground by 0.004 deg
    assert np.degrees(np.abs(shared.elevation - plain)).max() < 0.03


def test_assumed_and_packaged_errors() -> None:
    assert assumed_error(40.0).total == pytest.approx(1.0)
    assert assumed_error(40.0).confidence == "assumption"
    assert PACKAGED_ERROR.total == pytest.approx(110.0, abs=1.0)
    assert error(0.5, (2.0, 200.0)).words == "white=0.5 m, correlated=2 m@200 m"


def test_what_is_refused(model: ElevationModel) -> None:
    site = locate(model, "x", -89.99, 30.0)
    one = [error(1.0)]
    for arguments, words in (
        ({"members": 0}, "members = 0"),
        ({"members": 10, "seed": -1}, "seed = -1"),
        ({"members": 10_001}, "10001"),
    ):
        with pytest.raises(RequestError, match=words):
            disturbed_horizons(site, model, one, height=2.0, **arguments)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="2 height errors for 1 layers"):
        disturbed_horizons(site, model, one * 2, height=2.0, members=2)
    with pytest.raises(CoverageError, match="not known"):
        disturbed_horizons(Site("far", 10.0, 0.0, 0.0), model, one, height=2.0, members=2)
