"""Rays end early and step over ground that cannot matter: the same horizons as rays that look at every sample."""

import math
from pathlib import Path

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import GlobalGrid, read_packaged_grid
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain import _kernels
from moonstation.terrain.ceilings import EDGES, SECTORS, ceilings
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from terrain_reference import PolarWindow, WholeMoon, layered, polar_window

R = MOON_RADIUS
HEIGHT = 2.0
REACH = 900e3
"""Beyond it nothing on the Moon, 11 km high, rises above the horizon of an observer 9 km below the sphere."""


def rough(seed: int, rows: int, columns: int, size: float) -> np.ndarray:
    """Smooth random hills with a few sharp peaks."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0.0, size, (rows // 8 + 2, columns // 8 + 2))
    y, x = np.arange(rows) / 8, np.arange(columns) / 8
    r, c = y.astype(int)[:, None], x.astype(int)[None, :]
    v, u = (y % 1)[:, None], (x % 1)[None, :]
    z = (1 - v) * ((1 - u) * coarse[r, c] + u * coarse[r, c + 1])
    z = z + v * ((1 - u) * coarse[r + 1, c] + u * coarse[r + 1, c + 1])
    z[rng.integers(0, rows, 40), rng.integers(0, columns, 40)] += 6.0 * size
    return z.astype(np.float32)


def made_up(folder: Path) -> tuple[ElevationModel, PolarWindow, WholeMoon]:
    def surface(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return rough(1, *lat.shape, 150.0)

    path = polar_window(folder / "w.tif", surface, half_width=15e3, pixel=100.0, centre=(-20e3, 35e3))
    grid = GlobalGrid(rough(2, 720, 1440, 1200.0), DataSource("made up", "1", "0" * 64))
    return ElevationModel([read_elevation(path)], grid), PolarWindow(path), WholeMoon(grid.heights)


def measured(folder: Path) -> tuple[ElevationModel, PolarWindow, WholeMoon]:
    path = folder / "connecting_ridge_40m.tif"
    return ElevationModel.from_files([path]), PolarWindow(path), WholeMoon(read_packaged_grid().heights)


def distances(
    place: np.ndarray, way: np.ndarray, window: PolarWindow, pixel: float, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Arc distances [rad] of a ray's samples by the rule alone, no end but the reach; and unit vectors there.

    A quarter of a pixel of the window, and where it ends of the narrower side of the grid's; a hundredth of the
    distance close by, and never less than a sixteenth of the step.
    """
    found, d = [], 0.5 * pixel / R
    inside = True
    while d < REACH / R:
        found.append(d)
        point = math.cos(d) * place + math.sin(d) * way
        if inside:
            lat, lon = math.asin(point[2]), math.atan2(point[1], point[0])
            inside = bool(np.isfinite(window(np.array(lat), np.array(lon))))
        narrow = max(math.hypot(point[0], point[1]), 0.02) * math.pi / rows / 4.0
        step = 0.25 * pixel / R if inside else narrow
        d += min(step, max(0.01 * d, step / 16.0))
    d_all = np.array(found)
    return d_all, np.cos(d_all)[:, None] * place + np.sin(d_all)[:, None] * way


def brute(
    site: Site, azimuth: np.ndarray, window: PolarWindow, moon: WholeMoon, pixel: float, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Elevation [rad] and distance [rad] of the highest sample on each ray, plain NumPy."""
    frame = np.asarray(site.enu_me)
    surface = layered(window, moon)
    elevation, distance = np.empty(len(azimuth)), np.empty(len(azimuth))
    for i, a in enumerate(azimuth):
        d, points = distances(frame[2], math.sin(a) * frame[0] + math.cos(a) * frame[1], window, pixel, rows)
        z = surface(np.arcsin(points[:, 2]), np.arctan2(points[:, 1], points[:, 0]))
        rise = np.arctan2((R + z) * np.cos(d) - (R + site.ground_m + HEIGHT), (R + z) * np.sin(d))
        elevation[i], distance[i] = rise.max(), d[rise.argmax()]
    return elevation, distance


@pytest.mark.parametrize("ground", ["made up", "measured"])
def test_pruned_rays_are_those_that_see_everything(
    ground: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ground == "measured":
        model, window, moon = measured(request.getfixturevalue("truth") / "terrain")
        places = ((-89.46, -137.4), (-89.50, -138.5))
    else:
        model, window, moon = made_up(tmp_path)
        places = ((-88.7, -30.0), (-88.5, -35.0))
    pixel, rows = model.layers[0].resolution, model.layers[-1].heights.shape[0]
    azimuth = np.radians(np.arange(0.0, 360.0, 15.0) + 1.0)
    for lat, lon in places:
        site = locate(model, "site", lat, lon)
        expected, where = brute(site, azimuth, window, moon, pixel, rows)
        # compiled, and refined: never lower, and between the neighbours of such a sample
        made = horizon(site, model, heights=(HEIGHT,), azimuths=360)
        assert (made.elevation[0, 1::15] >= expected - 1e-6).all()
        close = np.abs(made.distance[0, 1::15] / R - where) <= 0.02 * where + 0.25 * pixel / R
        assert close.mean() > 0.9
        # without its refinement between samples, the march has nothing but its samples to choose from; run by Python,
        # for what is compiled would keep the changed constant
        elevation, distance = np.empty((1, len(azimuth))), np.empty((1, len(azimuth)))
        with monkeypatch.context() as patch:
            patch.setattr(_kernels, "REFINEMENTS", 0)
            _kernels.march.py_func(
                model.terrain,
                np.ascontiguousarray(site.enu_me),
                azimuth,
                np.array([R + site.ground_m + HEIGHT]),
                0.5 * pixel / R,
                1e-3,
                EDGES,
                *ceilings(model, np.ascontiguousarray(site.enu_me)),
                elevation,
                distance,
            )
        assert np.abs(elevation[0] - expected).max() < 1e-6
        # the same samples, too
        assert np.median(np.abs(distance[0] / R - where)) < 1e-9


def test_ceilings_are_never_below_the_ground(tmp_path: Path) -> None:
    model, window, moon = made_up(tmp_path)
    surface = layered(window, moon)
    rng = np.random.default_rng(5)
    for lat, lon in ((-88.7, -30.0), (-60.0, 179.9), (4.0, 20.0), (90.0, 0.0)):
        site = locate(model, "site", lat, lon)
        frame = np.asarray(site.enu_me)
        ceiling, plain = ceilings(model, np.ascontiguousarray(frame))
        d = np.exp(rng.uniform(math.log(1e3 / R), math.log(0.499 * math.pi), 40_000))
        a = rng.uniform(0.0, 2.0 * math.pi, d.size)
        way = np.sin(a)[:, None] * frame[0] + np.cos(a)[:, None] * frame[1]
        points = np.cos(d)[:, None] * frame[2] + np.sin(d)[:, None] * way
        at = np.arcsin(points[:, 2]), np.arctan2(points[:, 1], points[:, 0])
        ring = np.searchsorted(EDGES, d, side="right") - 1
        sector = (a * SECTORS / (2.0 * math.pi)).astype(int)
        assert (surface(*at) <= ceiling[sector, ring] + 1e-6).all()
        assert not (plain[sector, ring] & np.isfinite(window(*at))).any()
    # they are of use: not far above the ground either, where a window and the grid are seen from close by
    site = locate(model, "site", -88.7, -30.0)
    ceiling, _ = ceilings(model, np.ascontiguousarray(site.enu_me))
    assert np.median(ceiling[:, 20]) < model.highest - 1000.0


def test_no_grid_beyond_the_window(tmp_path: Path) -> None:
    path = polar_window(
        tmp_path / "w.tif", lambda lat, lon: rough(3, *lat.shape, 80.0), half_width=12e3, pixel=100.0
    )
    alone = ElevationModel.from_files([path], packaged=False)
    low = GlobalGrid(np.full((180, 360), -9000.0, np.float32), DataSource("made up", "1", "0" * 64))
    with_floor = ElevationModel([read_elevation(path)], low)
    site = locate(alone, "site", -89.95, 10.0)
    made, floor = (horizon(site, model, azimuths=36) for model in (alone, with_floor))
    assert np.array_equal(made.elevation, floor.elevation)
