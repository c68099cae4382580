"""Horizons against a brute march in NumPy, on made-up ground, and what must not depend on anything."""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from moonstation import threads as threads_module
from moonstation.errors import CoverageError, RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import GlobalGrid, read_packaged_grid
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain import _kernels
from moonstation.terrain import horizons as horizons_module
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from terrain_reference import PolarWindow, WholeMoon, brute_horizon, layered, polar_window

R = 1_737_400.0
SOURCE = DataSource("made up", "1", "0" * 64)
EVERY_5_DEG = np.radians(np.arange(0, 360, 5.0))


def hills(
    lat: np.ndarray, lon: np.ndarray, waves: tuple[float, ...] = (15e3, 6.1e3, 2.7e3, 1.1e3)
) -> np.ndarray:
    """Hills of 100 m to 1 km on waves of 1 to 15 km: as rough as lunar highlands."""
    x, y = R * np.cos(lat) * np.sin(lon), R * np.cos(lat) * np.cos(lon)
    height = np.zeros_like(x)
    for i, wave in enumerate(waves):
        k = 2 * np.pi / wave
        turned = x * math.cos(1.3 * i) + y * math.sin(1.3 * i)
        across = y * math.cos(1.3 * i) - x * math.sin(1.3 * i)
        height += wave / 25 * np.sin(k * turned + i) * np.cos(0.8 * k * across - i)
    return height


def flat_grid(rows: int = 1440) -> GlobalGrid:
    return GlobalGrid(np.zeros((rows, 2 * rows), np.float32), SOURCE)


def test_rough_ground_against_the_brute_march(tmp_path: Path) -> None:
    """Quarter-pixel samples, refined, against sixteenth-pixel samples, unrefined and never ended early."""
    path = polar_window(tmp_path / "w.tif", hills, half_width=40e3, pixel=200.0, centre=(3e3, -5e3))
    model = ElevationModel([read_elevation(path)], None)
    site = locate(model, "hill", -89.9, -40.0)
    made = horizon(site, model, heights=(2.0, 50.0), azimuths=72)
    expected = brute_horizon(
        PolarWindow(path),
        -89.9,
        -40.0,
        radii=[R + site.ground_m + 2.0, R + site.ground_m + 50.0],
        azimuth=EVERY_5_DEG,
        start=100.0,
        step=1.0,
        reach=25e3,
    )
    error = np.degrees(made.elevation - expected)
    # Refinement finds the ground between the brute samples, half a metre of run away: up to 0.01 deg at 200 m. A higher
    # sample that a quarter pixel stepped over would show as a negative error.
    assert error.min() > -1e-4
    assert error.max() < 1e-2
    assert np.median(np.abs(error)) < 5e-4


def test_steps_of_a_quarter_pixel_lose_nothing_against_finer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure behind STEPS_PER_PIXEL: 16 times finer steps change 99 % of azimuths by under 1e-6 deg."""
    path = polar_window(tmp_path / "w.tif", hills, half_width=40e3, pixel=200.0)
    window = read_elevation(path)
    model = ElevationModel([window], None)
    site = locate(model, "hill", -89.9, 10.0)
    made = horizon(site, model, heights=(2.0, 10.0))
    monkeypatch.setattr(_kernels, "STEPS_PER_PIXEL", 64.0)
    finer = horizon(site, ElevationModel([window], None), heights=(2.0, 10.0))
    change = np.abs(np.degrees(made.elevation - finer.elevation))
    assert np.quantile(change, 0.99) < 1e-6
    assert change.max() < 0.05


def test_packaged_grid_against_the_brute_march() -> None:
    """The global layer alone, near the pole where columns converge, at mid-latitude and on the antimeridian."""
    model = ElevationModel.packaged()
    surface = WholeMoon(read_packaged_grid().heights)
    for lat_deg, lon_deg in ((-89.7, 130.0), (43.0, 20.0), (-5.0, 179.99)):
        site = locate(model, "x", lat_deg, lon_deg)
        made = horizon(site, model, heights=(10.0,), azimuths=18)
        expected = brute_horizon(
            surface,
            lat_deg,
            lon_deg,
            radii=[R + site.ground_m + 10.0],
            azimuth=made.azimuth,
            start=0.5 * math.pi * R / 1440,
            step=4.0,
            reach=250e3,
        )
        error = np.degrees(made.elevation - expected)
        # Near the pole a column is 20 m wide, as are the steps: 0.002 deg may be stepped over there. What refinement
        # finds between the brute samples comes on top.
        assert error.min() > -2e-3, (lat_deg, lon_deg)
        assert error.max() < 2e-2, (lat_deg, lon_deg)
        assert np.median(np.abs(error)) < 2e-3, (lat_deg, lon_deg)


def test_fine_terrain_behind_coarse_is_entered_without_a_gap(tmp_path: Path) -> None:
    """A wall one pixel inside the rim of a fine window, met by coarse steps: the step back must find it."""
    wall = polar_window(
        tmp_path / "wall.tif",
        lambda lat, lon: np.where(R * np.cos(lat) * np.cos(lon) < 30150.0, 900.0, 0.0),
        half_width=5e3,
        pixel=50.0,
        centre=(0.0, 35e3),
    )
    model = ElevationModel([read_elevation(wall)], flat_grid(180))
    site = Site(name="pole", lat_deg=-90.0, lon_deg=0.0, ground_m=0.0)
    made = horizon(site, model, heights=(2.0,), azimuths=360)
    expected = brute_horizon(
        layered(PolarWindow(wall), WholeMoon(np.zeros((180, 360)))),
        -90.0,
        0.0,
        radii=[R + 2.0],
        azimuth=made.azimuth[:5],
        start=1000.0,
        step=1.0,
        reach=42e3,
    )
    assert np.degrees(expected[0, 0]) > 1.0
    np.testing.assert_allclose(np.degrees(made.elevation[0, :5]), np.degrees(expected[0]), atol=2e-4)
    assert made.distance[0, 0] == pytest.approx(30.1e3, abs=100.0)


def test_the_early_end_loses_nothing(tmp_path: Path) -> None:
    """A peak of 10 km far out must be seen although 150 km of plain lie before it."""
    far = polar_window(
        tmp_path / "far.tif",
        lambda lat, lon: (
            10000.0
            * np.exp(
                -((np.hypot(R * np.cos(lat) * np.sin(lon), R * np.cos(lat) * np.cos(lon) - 180e3) / 4e3) ** 2)
            )
        ),
        half_width=20e3,
        pixel=100.0,
        centre=(0.0, 180e3),
    )
    model = ElevationModel([read_elevation(far)], flat_grid())
    site = Site(name="pole", lat_deg=-90.0, lon_deg=0.0, ground_m=0.0)
    made = horizon(site, model, heights=(2.0,), azimuths=360)
    top = model.highest
    d = made.distance[0, 0] / R
    assert made.distance[0, 0] == pytest.approx(180e3, abs=1500.0)
    # the line of sight touches the slope 5 m below the summit, and pixels cut off some metres: 10 m at 180 km
    summit = math.atan2((R + top) * math.cos(d) - R - 2, (R + top) * math.sin(d))
    assert summit - 1e-4 < made.elevation[0, 0] < summit
    assert np.degrees(made.elevation[0, 180]) == pytest.approx(-0.08694, abs=1e-4)


def test_heights_share_one_march_and_change_nothing_for_each_other(tmp_path: Path) -> None:
    path = polar_window(tmp_path / "w.tif", hills, half_width=20e3, pixel=200.0)
    model = ElevationModel.from_files([path])
    site = locate(model, "x", -89.95, 0.0)
    both = horizon(site, model, heights=(10.0, 2.0), azimuths=90)
    assert both.heights.tolist() == [2.0, 10.0]
    for k, height in enumerate((2.0, 10.0)):
        alone = horizon(site, model, heights=(height,), azimuths=90)
        np.testing.assert_array_equal(both.elevation[k], alone.elevation[0])
        np.testing.assert_array_equal(both.distance[k], alone.distance[0])
    assert (both.elevation[1] < both.elevation[0]).all()


def test_any_number_of_threads_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ElevationModel.packaged()
    site = locate(model, "x", 10.0, 20.0)
    results = []
    for workers, block in ((1, 24), (4, 7), (2, 1000)):
        monkeypatch.setattr(horizons_module, "BLOCK", block)
        monkeypatch.setattr(
            threads_module, "ThreadPoolExecutor", lambda max_workers, n=workers: ThreadPoolExecutor(n)
        )
        made = horizon(site, model, azimuths=100)
        results.append(made.elevation.tobytes() + made.distance.tobytes())
    assert results[0] == results[1] == results[2]


def test_north_and_south_mirror_each_other(tmp_path: Path) -> None:
    """The same ground in both polar projections, mirrored: azimuths mirror too."""

    def ground(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return hills(-np.abs(lat), lon)

    south = ElevationModel.from_files(
        [polar_window(tmp_path / "s.tif", ground, half_width=30e3, pixel=200.0)], packaged=False
    )
    north = ElevationModel.from_files(
        [polar_window(tmp_path / "n.tif", ground, half_width=30e3, pixel=200.0, south=False)], packaged=False
    )
    a = horizon(locate(south, "s", -89.8, 25.0), south, azimuths=180)
    b = horizon(locate(north, "n", 89.8, 25.0), north, azimuths=180)
    mirrored = np.roll(b.elevation[0][::-1], 91)
    # azimuth z in the south is 180 - z in the north
    np.testing.assert_allclose(np.degrees(a.elevation[0]), np.degrees(mirrored), atol=1e-4)


def test_the_same_ground_in_another_projection_gives_the_same_horizon(tmp_path: Path) -> None:
    """Polar stereographic against an oblique equal-area raster of the same hills, warped when read."""
    import rasterio.warp
    from rasterio.transform import Affine

    from terrain_reference import write_geotiff

    def rolling(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return hills(lat, lon, waves=(15e3, 6.1e3))

    polar = polar_window(tmp_path / "polar.tif", rolling, half_width=30e3, pixel=100.0)
    models = {"polar": ElevationModel.from_files([polar], packaged=False)}
    for name, crs, pixel, (x, y), (rows, columns) in (
        (
            "oblique",
            "+proj=laea +lat_0=-89 +lon_0=60 +R=1737400 +units=m",
            100.0,
            (-60e3, 60e3),
            (1000, 1000),
        ),
        ("equirectangular", "+proj=eqc +lat_ts=-89 +lon_0=0 +R=1737400 +units=m", 100.0, (0.0, 0.0), (0, 0)),
    ):
        if name == "equirectangular":
            # all longitudes, -90 to -89.2 deg
            (x0,), (y0,) = rasterio.warp.transform("+proj=longlat +R=1737400", crs, [-180.0], [-89.2])
            rows, columns, x, y = 243, 2000, x0, y0
            transform = Affine(-2 * x0 / columns, 0, x0, 0, -100.0, y0)
        else:
            transform = Affine(pixel, 0, x, 0, -pixel, y)
        column, row = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
        px = transform.a * column + transform.c
        py = transform.e * row + transform.f
        lon, lat = rasterio.warp.transform(crs, "+proj=longlat +R=1737400", px.ravel(), py.ravel())
        heights = rolling(np.radians(lat), np.radians(lon)).reshape(rows, columns).astype(np.float32)
        path = write_geotiff(tmp_path / f"{name}.tif", heights, crs=crs, transform=transform)
        models[name] = ElevationModel.from_files([path], packaged=False)
    site = locate(models["polar"], "x", -89.7, 60.0)
    made = {name: horizon(site, model, heights=(20.0,), azimuths=90) for name, model in models.items()}
    # the rasters end in different places: compare where the horizon stands well inside all of them
    near = np.all([one.distance < 15e3 for one in made.values()], axis=0)
    assert near.mean() > 0.5
    for name in ("oblique", "equirectangular"):
        error = np.degrees(made[name].elevation - made["polar"].elevation)[near]
        # resampling smooths by under 0.5 m, 0.03 deg at 1 km; a shift by half a pixel, 50 m, gives 5 m on these slopes
        assert np.abs(error).max() < 0.03, name
        assert np.median(np.abs(error)) < 0.005, name


def test_the_exact_pole_is_a_site() -> None:
    model = ElevationModel.packaged()
    a = horizon(locate(model, "pole", -90.0, 0.0), model, azimuths=72)
    b = horizon(locate(model, "pole", -90.0, 90.0), model, azimuths=72)
    # north at the pole is along the named longitude: a turn of 90 deg in one is one in the other
    np.testing.assert_allclose(np.degrees(np.roll(a.elevation, -18)), np.degrees(b.elevation), atol=1e-6)
    assert a.indicative


def test_profile_and_lookup() -> None:
    model = ElevationModel([], flat_grid())
    made = horizon(
        Site(name="plain", lat_deg=3.0, lon_deg=4.0, ground_m=0.0), model, heights=(2.0, 10.0), azimuths=8
    )
    np.testing.assert_allclose(made.profile(4.0), 0.75 * made.elevation[0] + 0.25 * made.elevation[1])
    np.testing.assert_array_equal(made.profile(10.0), made.elevation[1])
    with pytest.raises(RequestError, match=r"plain: 1 m above ground is outside .* \(2 and 10 m\)"):
        made.profile(1.0)
    ramp = horizons_module.replace(made, elevation=np.array([np.arange(8.0), np.arange(8.0) + 10]))
    at = ramp.at(np.radians([0.0, 22.5, 337.5, -22.5, 720.0 + 45.0]), height=2.0)
    np.testing.assert_allclose(at, [0.0, 0.5, 3.5, 3.5, 1.0], atol=1e-9)


def test_progress_reaches_one() -> None:
    model = ElevationModel([], flat_grid(180))
    seen: list[float] = []
    horizon(Site(name="x", lat_deg=0.0, lon_deg=0.0), model, azimuths=100, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_ground_that_is_not_given_comes_from_the_model() -> None:
    model = ElevationModel([], GlobalGrid(np.full((180, 360), 500.0, np.float32), SOURCE))
    made = horizon(Site(name="x", lat_deg=0.0, lon_deg=0.0, ground_m=math.nan), model, azimuths=8)
    assert made.site.ground_m == pytest.approx(500.0)
    given = horizon(Site(name="x", lat_deg=0.0, lon_deg=0.0, ground_m=600.0), model, azimuths=8)
    assert given.site.ground_m == 600.0
    assert (given.elevation < made.elevation).all()


def test_bad_requests_say_the_cure(tmp_path: Path) -> None:
    path = polar_window(tmp_path / "w.tif", hills, half_width=2e3, pixel=100.0)
    model = ElevationModel.from_files([path], packaged=False)
    inside = locate(model, "inside", -90.0, 0.0)
    with pytest.raises(CoverageError, match=r"outside .* no layer of the terrain covers it; add a window"):
        locate(model, "outside", -80.0, 0.0)
    with pytest.raises(RequestError, match="0 m or more"):
        horizon(inside, model, heights=(-1.0,))
    with pytest.raises(RequestError, match="different heights"):
        horizon(inside, model, heights=(2.0, 2.0))
    with pytest.raises(RequestError, match="different heights"):
        horizon(inside, model, heights=())
    with pytest.raises(RequestError, match="at least 4 directions"):
        horizon(inside, model, azimuths=3)
    edge = locate(model, "edge", -90.0 + np.degrees(1949.0 / R), 0.0)
    with pytest.raises(CoverageError, match=r"no terrain is known towards azimuth .* add the packaged grid"):
        horizon(edge, model)
