"""Maps as files: what they hold, that they go on after a stop, and that they refuse what makes no sense."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import rasterio.warp

from moonstation.cli.main import main
from moonstation.errors import OutputError, RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.spacetime.epochs import Epoch
from moonstation.study import maps
from moonstation.study.maps import MapRequest, make_map
from moonstation.sunlight.maps import LAYERS
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import map_grid
from terrain_reference import polar_window

MOON_LONLAT = "+proj=longlat +R=1737400 +no_defs"


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = 1_737_400.0 * np.cos(lat) * np.array([np.sin(lon), np.cos(lon)])
    return 400.0 * np.sin(x / 1500.0) * np.cos(y / 2100.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> ElevationModel:
    path = polar_window(tmp_path_factory.mktemp("t") / "w.tif", hills, half_width=12e3, pixel=200.0)
    return ElevationModel([read_elevation(path)], None)


def request(model: ElevationModel, **changes: object) -> MapRequest:
    terms: dict[str, object] = {
        "grid": map_grid(model, -89.9, 10.0, width=4e3, height=3e3),
        "start": Epoch.parse("2035-01-01"),
        "span": 30 * 86_400.0,
        "step": 3 * 3600.0,
        "heights": (2.0, 10.0),
        "directions": 24,
    }
    return MapRequest(**{**terms, **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(maps, "TILE_PIXELS", 8)


def read(path: Path) -> tuple[np.ndarray, rasterio.DatasetReader]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        with rasterio.open(path) as dataset:
            return dataset.read(), dataset


def test_file_says_what_and_where(model, tmp_path):
    asked = request(model)
    summary = make_map(model, asked, tmp_path / "m.tif")
    assert (summary.tiles, summary.kept, summary.indicative, summary.unknown) == (6, 0, 0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        with rasterio.open(tmp_path / "m.tif") as dataset:
            assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            # GeoTIFF keeps the terms of IAU_2015:30135 under its own name, so places are compared
            lon_deg, lat_deg = rasterio.warp.transform(dataset.crs, MOON_LONLAT, [1e5, -3e3], [2e5, 4e3])
            wanted = rasterio.warp.transform("IAU_2015:30135", MOON_LONLAT, [1e5, -3e3], [2e5, 4e3])
            assert np.allclose([lon_deg, lat_deg], wanted, atol=1e-9)
            assert (dataset.transform.c, dataset.transform.f, dataset.res) == (
                asked.grid.left,
                asked.grid.top,
                (200, 200),
            )
            assert np.isnan(dataset.nodata)
            names = [f"{name}_{height}m" for height in (2, 10) for name in list(LAYERS)[:7]]
            assert list(dataset.descriptions) == [*names, "slope", "terrain_pixel"]
            assert dataset.units[:3] == ("1", "1", "d")
            tags = dataset.tags()
            values = dataset.read()
    assert "w.tif" in tags["TERRAIN"]
    assert tags["PERIOD"].startswith("2035-01-01T00:00:00.000Z to 2035-01-3")
    assert tags["SOFTWARE"].startswith("moonstation ")
    assert not list(tmp_path.glob(".*"))
    average, lit, dark, light, shadow = values[:5]
    # averages are summed by direction, 15 deg apart here, spells between directions step by step
    assert ((average <= lit + 0.05) & (lit <= 1.0)).all()
    assert (dark + light <= 30.0 + 1e-4).all()
    assert np.array_equal(shadow == 1.0, lit == 0.0)
    # further up, no less is seen
    assert (values[7] >= average - 1e-6).mean() > 0.99
    assert (values[15] == 200.0).all()


def test_goes_on_after_a_stop_and_gives_the_same_bytes(model, tmp_path, monkeypatch):
    asked = request(model, layers=("average_sun", "longest_dark"))
    make_map(model, asked, tmp_path / "whole.tif")
    calls = []
    made = maps._make_part

    def stopping(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return made(*arguments)

    monkeypatch.setattr(maps, "_make_part", stopping)
    with pytest.raises(KeyboardInterrupt):
        make_map(model, asked, tmp_path / "m.tif")
    assert not (tmp_path / "m.tif").exists()
    parts = sorted((tmp_path / ".m.tif.parts").glob("*.npz"))
    assert len(parts) == 3
    # one of them was cut off by a crash of the machine, one had a bit turned
    parts[0].write_bytes(parts[0].read_bytes()[:-100])
    content = bytearray(parts[1].read_bytes())
    content[len(content) // 2] ^= 1
    parts[1].write_bytes(content)
    summary = make_map(model, asked, tmp_path / "m.tif")
    assert summary.kept == 1
    assert (tmp_path / "m.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


def test_refuses_tiles_of_another_map_and_keeps_the_old_one(model, tmp_path, monkeypatch):
    target = tmp_path / "m.tif"
    make_map(model, request(model), target)
    before = target.read_bytes()

    def failing(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(maps, "_make_part", failing)
        with pytest.raises(KeyboardInterrupt):
            make_map(model, request(model), target)
    with pytest.raises(RequestError, match="another map"):
        make_map(model, request(model, directions=36), target)
    assert target.read_bytes() == before


def test_a_disk_that_refuses_is_told(model, tmp_path, monkeypatch):
    def full(*_, **__):
        raise rasterio.errors.RasterioIOError("No space left on device")

    monkeypatch.setattr(rasterio.shutil, "copy", full)
    with pytest.raises(OutputError, match="No space left"):
        make_map(model, request(model, layers=("slope",)), tmp_path / "m.tif")
    assert not (tmp_path / "m.tif").exists()


def test_a_disk_that_has_too_little_left_is_told_beforehand(model, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(OutputError, match=r"its draft takes 0 MB, and the disk has 0 MB left; free space"):
        make_map(model, request(model, layers=("slope",)), tmp_path / "m.tif")
    assert list(tmp_path.glob(".m.tif.parts/*.npz"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"span": 3600.0}, "two steps"),
        ({"step": 0.01}, "most"),
        ({"heights": ()}, "heights"),
        ({"heights": (2.0, 2.0)}, "different"),
        ({"layers": ("sunshine",)}, "sunshine"),
        ({"directions": 2}, "directions"),
    ],
)
def test_refuses_nonsense(model, tmp_path, changes, reason):
    with pytest.raises(RequestError, match=reason):
        make_map(model, request(model, **changes), tmp_path / "m.tif")
    assert not list(tmp_path.iterdir())


def test_a_region_without_terrain(model, tmp_path):
    far = map_grid(model, -85.0, 0.0, width=2e3, height=2e3, pixel=200.0)
    with pytest.raises(RequestError, match="no pixel"):
        make_map(model, request(model, grid=far), tmp_path / "m.tif")
    assert not list(tmp_path.iterdir())


def test_a_map_that_the_terrain_given_does_not_reach(tmp_path, capsys):
    path = polar_window(tmp_path / "w.tif", hills, half_width=5e3, pixel=200.0)
    words = ["map", "--days", "3", "--directions", "4", "--layer", "slope", "--out", str(tmp_path / "m.tif")]
    words += ["--terrain", str(path), "--lon", "20deg"]
    assert main([*words, "--lat", "-85deg"]) == 2
    assert "does not hold the middle of the map" in capsys.readouterr().err
    assert main([*words, "--lat", "-85deg", "--pixel", "200m"]) == 2
    assert "no pixel of the map lies on the terrain given" in capsys.readouterr().err
    assert main([*words, "--lat", "85deg", "--pixel", "200m"]) == 2
    assert not (tmp_path / "m.tif").exists()
    # a small window in a large map is found
    assert main([*words, "--lat", "-85deg", "--size", "400km", "--pixel", "10km"]) == 0


def test_a_disk_that_fills_up(tmp_path):
    """Files of a process may grow to 40 kB: a tile needs more. With room again the run goes on to the same bytes."""
    path = polar_window(tmp_path / "w.tif", hills, half_width=5e3, pixel=100.0)
    words = ["map", "--lat", "-90deg", "--lon", "0deg", "--size", "8km", "--days", "3", "--directions", "8"]
    words += ["--layer", "average_sun", "--layer", "slope", "--terrain", str(path)]
    target = tmp_path / "m.tif"

    def run(out, limit):
        code = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, -1)); "
        code += f"sys.path[:0] = {sys.path!r}; from moonstation.cli.main import main; "
        code += f"sys.exit(main({[*words, '--out', str(out)]!r}))"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    # compiled code is kept in files too: have it there before files may not grow
    assert run(tmp_path / "n.tif", -1).returncode == 0
    done = run(target, 40_000)
    assert done.returncode == 2
    assert "a finished tile cannot be kept (File too large)" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not target.exists()
    assert [file.name for file in tmp_path.glob(".m.tif.parts/*")] == ["plan.json"]
    # tiles fit in now, and the map does not; libtiff says so in a line of its own before ours
    done = run(target, 110_000)
    assert done.returncode == 2
    assert "the map could not be written" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not target.exists()
    assert run(target, -1).returncode == 0
    assert target.read_bytes() == (tmp_path / "n.tif").read_bytes()


def test_command(tmp_path, capsys):
    path = polar_window(tmp_path / "w.tif", hills, half_width=5e3, pixel=200.0)
    words = [
        "map",
        "--lat",
        "-90deg",
        "--lon",
        "0deg",
        "--size",
        "2km",
        "--days",
        "3",
        "--directions",
        "8",
        "--layer",
        "average_sun",
    ]
    words += ["--terrain", str(path)]
    assert main([*words, "--out", str(tmp_path / "m.tif")]) == 0
    assert "10 x 10 pixels of 200 m" in capsys.readouterr().out
    assert read(tmp_path / "m.tif")[0].shape == (1, 10, 10)
    assert main(["map", "--size", "2km"]) == 2
    assert "no region" in capsys.readouterr().err
    assert main([*words, "--years", "1"]) == 2
    assert main([*words, "--out", str(tmp_path / "none" / "m.tif")]) == 2


def test_regions_by_name(capsys, tmp_path):
    words = ["--days", "2", "--directions", "4", "--layer", "slope", "--out", str(tmp_path / "m.tif")]
    assert main(["map", "Shackleton", "--pixel", "2km", *words]) == 0
    # 1.5 times 20.9 km
    assert "16 x 16 pixels of 2000 m" in capsys.readouterr().out
    assert main(["map", "haworth", "--size", "10km", "--pixel", "2km", *words]) == 0
    assert "5 x 5 pixels" in capsys.readouterr().out
    assert main(["map", "-88 deg, 20 deg", "--pixel", "2km", *words]) == 0
    assert "10 x 10 pixels" in capsys.readouterr().out
    for wrong, told in (
        (["Shakleton"], "did you mean Shackleton or"),
        (["Shackleton", "--lat", "-89deg", "--lon", "3deg"], "NAME and --lat, --lon: give one of the two"),
        (["Shackleton", "--bounds", "-90", "-180", "-88", "180"], "NAME and --bounds"),
        (["--bounds", "-90", "-180", "-88", "180", "--size", "3km"], "--size and --bounds"),
        (["--lat", "-89deg"], "no region"),
    ):
        assert main(["map", *wrong, *words]) == 2
        assert told in capsys.readouterr().err
