"""Horizons of whole tiles against closed forms, a brute march in NumPy, and what must not depend on anything."""

import math
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import GlobalGrid
from moonstation.formats.provenance import DataSource
from moonstation.terrain import _sweep_kernels
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import MapGrid, Tile, bounded_grid, map_grid
from moonstation.terrain.sweep import sweep_directions, tile_ground, tile_horizons
from terrain_reference import PolarWindow, brute_horizon, polar_window

R = 1_737_400.0


def flat_moon(height: float = 0.0) -> ElevationModel:
    source = DataSource("made up", "1", "0" * 64)
    return ElevationModel([], GlobalGrid(np.full((1440, 2880), height, np.float32), source))


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = R * np.cos(lat) * np.sin(lon), R * np.cos(lat) * np.cos(lon)
    height = np.zeros_like(x)
    for i, wave in enumerate((15e3, 6.1e3, 2.7e3, 1.1e3)):
        k = 2 * np.pi / wave
        turned = x * math.cos(1.3 * i) + y * math.sin(1.3 * i)
        across = y * math.cos(1.3 * i) - x * math.sin(1.3 * i)
        height += wave / 25 * np.sin(k * turned + i) * np.cos(0.8 * k * across - i)
    return height


def hilly(folder: Path) -> tuple[ElevationModel, Path]:
    path = polar_window(folder / "w.tif", hills, half_width=40e3, pixel=100.0, centre=(3e3, -5e3))
    return ElevationModel([read_elevation(path)], None), path


@pytest.mark.parametrize("lat_deg", [-90.0, -84.0, 30.0])
@pytest.mark.parametrize("height", [2.0, 100.0])
def test_smooth_sphere_dips(lat_deg: float, height: float) -> None:
    # an observer h above a sphere sees it sink by acos(R / (R + h)); samples about the tangent point change it by less
    # than (step / R)^2 / 2, and float32 of the near field by 1e-6
    model = flat_moon()
    grid = map_grid(model, lat_deg, 50.0, width=4e3, height=4e3, pixel=100.0)
    made = tile_horizons(tile_ground(model, grid, next(grid.tiles(64))), height, 36)
    expected = -math.acos(R / (R + height))
    assert np.abs(np.degrees(made - expected)).max() < 0.002


def test_a_peak_stands_as_the_closed_form_says(tmp_path: Path) -> None:
    # 1000 m at 50 km: 0.3209 deg (atan2 of the triangle with the Moon's centre); 0.02 deg is what the top of a hill
    # 3 km wide loses to samples 0.8 km apart
    def peak(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        x, y = 2 * R * np.tan(0.5 * (np.pi / 2 + lat)) * np.array([np.sin(lon), np.cos(lon)])
        return 1000.0 * np.exp(-((x - 50e3) ** 2 + y**2) / (2 * 3e3**2))

    path = polar_window(tmp_path / "p.tif", peak, half_width=70e3, pixel=250.0)
    model = ElevationModel([read_elevation(path)], flat_moon_grid())
    grid = map_grid(model, -90.0, 0.0, width=1e3, height=1e3, pixel=250.0)
    ground = tile_ground(model, grid, next(grid.tiles(8)))
    made = tile_horizons(ground, 0.0, 360)
    azimuth = ground.azimuth(2, 2, 360)
    x, y = grid.pixel_centres(ground.tile)
    place = grid.directions(x[2], y[2])
    summit = grid.directions(50e3, 0.0)
    d = math.acos(float(place @ summit))
    expected = math.atan2((R + 1000) * math.cos(d) - R, (R + 1000) * math.sin(d))
    found = made[:, 2, 2]
    assert math.degrees(found.max()) == pytest.approx(math.degrees(expected), abs=0.02)
    # the summit lies at longitude 90 E; azimuth counts clockwise from the pixel's own north
    east = np.array([-place[1], place[0], 0.0]) / math.hypot(place[0], place[1])
    towards = math.atan2(summit @ east, summit @ np.cross(place, east)) % (2 * math.pi)
    turn = (azimuth[int(found.argmax())] - towards + math.pi) % (2 * math.pi) - math.pi
    assert abs(math.degrees(turn)) <= 1.5


def flat_moon_grid() -> GlobalGrid:
    return GlobalGrid(np.zeros((180, 360), np.float32), DataSource("made up", "1", "0" * 64))


def test_floor_of_a_bowl(tmp_path: Path) -> None:
    # a spherical bowl of depth/diameter 0.2 raises the horizon of its floor's centre to atan(2 * 0.2) = 21.8014 deg;
    # 0.2 deg is what a pixel (20 m of 2 km) makes: the rim stands at the first one outside; the Moon's curve takes 0.03
    diameter, depth = 4e3, 800.0
    ball = (diameter**2 / 4 + depth**2) / (2 * depth)

    def bowl(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        rho = 2 * R * np.tan(0.5 * (np.pi / 2 + lat))
        sunk = np.sqrt(np.maximum(ball**2 - rho**2, 0.0)) - (ball - depth)
        return np.where(rho < diameter / 2, -sunk, 0.0)

    path = polar_window(tmp_path / "b.tif", bowl, half_width=4e3, pixel=20.0, centre=(10.0, 10.0))
    model = ElevationModel([read_elevation(path)], flat_moon_grid())
    grid = map_grid(model, -90.0, 0.0, width=60.0, height=60.0, pixel=20.0)
    ground = tile_ground(model, grid, next(grid.tiles(8)))
    row, column = np.unravel_index(int(np.argmin(ground.ground)), ground.ground.shape)
    made = np.degrees(tile_horizons(ground, 0.0, 360)[:, row, column])
    assert np.abs(made - 21.8014).max() < 0.2


def test_rough_ground_against_the_brute_march(tmp_path: Path) -> None:
    model, path = hilly(tmp_path)
    grid = map_grid(model, -89.9, -40.0, width=6e3, height=6e3)
    ground = tile_ground(model, grid, next(grid.tiles(64)))
    made = tile_horizons(ground, 2.0, 72)
    surface = PolarWindow(path)
    errors = []
    for row, column in ((3, 50), (30, 30), (55, 7), (12, 22), (41, 58)):
        lat, lon = grid.lat_lon(row, column)
        expected = brute_horizon(
            surface,
            float(lat),
            float(lon),
            radii=[R + ground.ground[row, column] + 2.0],
            azimuth=ground.azimuth(row, column, 72),
            start=50.0,
            step=2.0,
            reach=25e3,
        )[0]
        errors.append(made[:, row, column] - expected)
    error = np.degrees(np.concatenate(errors))
    # on waves of 11 pixels: bounds of the same size as those on the Moon (docs/maps.md)
    assert np.percentile(np.abs(error), 50) < 0.02
    assert np.percentile(np.abs(error), 99) < 0.15
    assert abs(error.mean()) < 0.02


def test_near_field_against_numpy() -> None:
    rng = np.random.default_rng(7)
    for stride in (1, 3):
        patch = rng.normal(0, 50, (60, 60)).astype(np.float32)
        rows, columns = (60 // stride,) * 2
        phases = patch.reshape(rows, stride, columns, stride).transpose(1, 3, 0, 2).copy()
        radius = R + rng.normal(0, 50, (6, 6))
        arc = np.array([0.4, 1.3, 2.7]) * 100.0 / R
        angle = 2.2
        nodes = np.array([0.4, 1.3, 2.7]) * stride
        near = np.stack([nodes * np.cos(angle), -nodes * np.sin(angle), np.cos(arc), np.sin(arc)], axis=1)
        best = np.empty((6, 6), np.float32)
        corner = (20, 21)
        _sweep_kernels.near_field(phases, *corner, near, radius, best)
        for i in range(6):
            for j in range(6):
                rise = []
                for right, down, cosine, sine in near:
                    y, x = corner[0] + i * stride + down, corner[1] + j * stride + right
                    r, c = math.floor(y), math.floor(x)
                    v, u = y - r, x - c
                    z = (1 - v) * ((1 - u) * patch[r, c] + u * patch[r, c + 1]) + v * (
                        (1 - u) * patch[r + 1, c] + u * patch[r + 1, c + 1]
                    )
                    rise.append(((R + z) * cosine - radius[i, j]) / ((R + z) * sine))
                # float32, and the observer's radius for the ground's in the denominator
                assert best[i, j] == pytest.approx(max(rise), rel=2e-4, abs=2e-4)


def test_threads_and_tiles_do_not_matter(tmp_path: Path) -> None:
    model, _ = hilly(tmp_path)
    grid = map_grid(model, -89.9, -40.0, width=4e3, height=4e3)
    whole = tile_ground(model, grid, Tile(0, 0, 40, 40))
    one = tile_horizons(whole, 2.0, 16, threads=1)
    assert np.array_equal(one, tile_horizons(whole, 2.0, 16, threads=3))
    part = tile_ground(model, grid, Tile(16, 8, 16, 16))
    apart = np.degrees(np.abs(tile_horizons(part, 2.0, 16) - one[:, 16:32, 8:24]))
    # tiles sample the ground far away at other places, and their axes differ by a hair
    assert np.percentile(apart, 99) < 0.1


def test_map_pixels_stand_on_nodes_of_the_terrain(tmp_path: Path) -> None:
    model, path = hilly(tmp_path)
    grid = map_grid(model, -89.9, -40.0, width=3e3, height=2e3)
    assert (grid.rows, grid.columns, grid.pixel) == (20, 30, 100.0)
    window = PolarWindow(path)
    assert ((grid.left - window.left) / 100.0) % 1.0 == pytest.approx(0.0, abs=1e-9)
    ground = tile_ground(model, grid, Tile(0, 0, 20, 30)).ground
    row, column = round((window.top - grid.top) / 100.0), round((grid.left - window.left) / 100.0)
    assert np.allclose(ground, window.heights[row : row + 20, column : column + 30], atol=1e-3)


def test_unknown_ground_is_nan_and_nothing_else(tmp_path: Path) -> None:
    model, _ = hilly(tmp_path)
    # the window ends at y = 35 km
    grid = MapGrid(-90.0, 0.0, 0.0, 36e3, 100.0, 20, 8)
    ground = tile_ground(model, grid, Tile(0, 0, 20, 8))
    made = tile_horizons(ground, 2.0, 8)
    unknown = np.isnan(ground.ground)
    assert unknown.any()
    assert not unknown.all()
    assert np.isnan(made[:, unknown]).all()
    south = 6  # direction down in the plane, where the ground is known
    assert np.isfinite(made[south][~unknown]).all()


def test_bounds_hold_the_cap() -> None:
    grid = bounded_grid(flat_moon(), -90.0, -180.0, -88.0, 180.0, pixel=1e3)
    half = 2 * R * math.tan(math.radians(1.0))
    assert grid.left == pytest.approx(-half, abs=1e3)
    assert grid.top == pytest.approx(half, abs=1e3)
    assert grid.rows == grid.columns == round(2 * half / 1e3)


def test_pixels_far_finer_than_the_terrain() -> None:
    # horizons begin half a pixel of the terrain away, here 190 pixels of the map
    model = flat_moon()
    grid = map_grid(model, -89.0, 0.0, width=80.0, height=80.0, pixel=10.0)
    made = tile_horizons(tile_ground(model, grid, next(grid.tiles(8))), 2.0, 24)
    assert np.abs(np.degrees(made + math.acos(R / (R + 2.0)))).max() < 0.002


def test_directions_run_counter_clockwise() -> None:
    assert np.allclose(sweep_directions(4), [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=1e-15)


@pytest.mark.parametrize(
    "bounds", [(-80.0, 0.0, -90.0, 10.0), (-90.0, 10.0, -80.0, 5.0), (-91.0, 0.0, -80.0, 5.0)]
)
def test_bad_bounds(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(RequestError, match="bounds"):
        bounded_grid(flat_moon(), *bounds, pixel=1e3)


def test_bad_requests() -> None:
    model = flat_moon()
    with pytest.raises(RequestError, match="width"):
        map_grid(model, -89.0, 0.0, width=1e9, height=1e3, pixel=100.0)
    grid = map_grid(model, -89.0, 0.0, width=1e3, height=1e3, pixel=100.0)
    ground = tile_ground(model, grid, next(grid.tiles(16)))
    with pytest.raises(RequestError, match="height"):
        tile_horizons(ground, -1.0, 8)
    with pytest.raises(RequestError, match="directions"):
        tile_horizons(ground, 1.0, 3)
