"""What `moonstation map` and `moonstation picture` write: stores and pictures, whole or not at all."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from PIL import Image

from moonstation.study import maps
from terrain_reference import polar_window


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = 1_737_400.0 * np.cos(lat) * np.array([np.sin(lon), np.cos(lon)])
    return 400.0 * np.sin(x / 1500.0) * np.cos(y / 2100.0)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(maps, "TILE_PIXELS", 8)
    window = polar_window(tmp_path / "w.tif", hills, half_width=5e3, pixel=200.0)
    asked = (
        "map --lat -90deg --lon 0deg --size 4km --days 3 --directions 8 --height 2m --height 10m --terrain"
    )
    return [*asked.split(), str(window)]


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        image.load()
        return image.size


def test_a_store_equals_the_geotiff(moonstation, words, tmp_path):
    for name in ("m.tif", "m.zarr"):
        done = moonstation(*words, "--out", tmp_path / name)
        assert done.status == 0, done.err
    with rasterio.open(tmp_path / "m.tif") as file, xr.open_zarr(tmp_path / "m.zarr", chunks=None) as store:
        for index, name in enumerate(file.descriptions, start=1):
            layer, _, height = name.rpartition("_") if name.endswith(("0m", "2m")) else (name, "", "")
            values = store[layer]
            if height:
                values = values.sel(height=float(height[:-1]))
            assert np.array_equal(values.values, file.read(index), equal_nan=True), name
            assert values.attrs["units"] == file.units[index - 1]
        assert {key: file.tags()[key] for key in store.attrs if key != "Conventions"} == {
            key: value for key, value in store.attrs.items() if key != "Conventions"
        }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.tif", "m.zarr", "w.tif"]


def test_a_stopped_store_goes_on_and_an_old_one_stays_until_then(moonstation, words, tmp_path, monkeypatch):
    target = tmp_path / "m.zarr"
    assert moonstation(*words, "--layer", "slope", "--out", target).status == 0
    made, calls = maps._make_part, []

    def stopping(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return made(*arguments)

    monkeypatch.setattr(maps, "_make_part", stopping)
    stopped = moonstation(*words, "--layer", "average_sun", "--out", target)
    assert stopped.status == 2
    with xr.open_zarr(target, chunks=None) as store:
        assert list(store) == ["slope"]
    done = moonstation(*words, "--layer", "average_sun", "--out", target)
    assert "2 of them from an earlier run" in done.out
    assert moonstation(*words, "--layer", "average_sun", "--out", tmp_path / "whole.zarr").status == 0
    files = [
        {p.relative_to(store): p.read_bytes() for p in store.rglob("*") if p.is_file()}
        for store in (target, tmp_path / "whole.zarr")
    ]
    assert files[0] == files[1]


def test_a_folder_of_someone_is_refused_before_any_work(moonstation, words, tmp_path):
    (tmp_path / "m.zarr").mkdir()
    (tmp_path / "m.zarr" / "diary.txt").write_text("dear")
    refused = moonstation(*words, "--out", tmp_path / "m.zarr")
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "no Zarr store" in refused.err
    assert [path.name for path in (tmp_path / "m.zarr").iterdir()] == ["diary.txt"]


def test_map_draws_pictures_too(moonstation, words, tmp_path):
    done = moonstation(*words, "--out", tmp_path / "m.tif", "--png", tmp_path / "m.png")
    assert done.status == 0, done.err
    assert f"{tmp_path / 'm.png'}: picture" in done.out
    assert min(size_of(tmp_path / "m.png")) > 900
    both = moonstation(
        *words,
        "--out",
        tmp_path / "m.zarr",
        "--png",
        tmp_path / "p.png",
        "--png-layer",
        "slope",
        "--png-layer",
        "any_light",
    )
    assert both.status == 0, both.err
    assert {"p-slope.png", "p-any_light.png"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (["--png-layer", "slope"], "give --png"),
        (["--png", "p.png", "--png-layer", "cheese"], "cheese"),
        (["--png", "none/p.png"], "folder does not exist"),
    ],
)
def test_pictures_that_cannot_be_are_refused_before_any_work(
    moonstation, words, tmp_path, monkeypatch, extra, reason
):
    monkeypatch.chdir(tmp_path)
    refused = moonstation(*words, "--out", "m.tif", *extra)
    assert refused.status == 2
    assert reason in refused.err
    assert not (tmp_path / "m.tif").exists()


def test_picture_of_a_map_file(moonstation, words, tmp_path):
    assert moonstation(*words, "--out", tmp_path / "m.tif").status == 0
    assert moonstation(*words, "--out", tmp_path / "m.zarr").status == 0
    assert moonstation("picture", tmp_path / "m.tif").status == 0
    plain = (tmp_path / "m.png").read_bytes()
    assert moonstation("picture", tmp_path / "m.zarr", "--out", tmp_path / "z.png").status == 0
    assert (tmp_path / "z.png").read_bytes() == plain
    assert moonstation("picture", tmp_path / "m.tif", "--layer", "longest_dark_10m").status == 0
    assert size_of(tmp_path / "m-longest_dark_10m.png")[0] > 900
    marked = moonstation(
        "picture",
        tmp_path / "m.tif",
        "--mark",
        "Camp = -89.98 deg, 10 deg",
        "--title",
        "Here",
        "--terrain",
        tmp_path / "w.tif",
    )
    assert marked.status == 0, marked.err
    assert (tmp_path / "m.png").read_bytes() != plain


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none.tif"], "no such map"),
        (["w.tif"], "no map of"),
        (["m.tif", "--layer", "cheese"], "cheese"),
        (["m.tif", "--mark", "nowhere at all"], "nowhere"),
        (["m.tif", "--out", "m.tif"], "the map itself"),
        (["m.tif", "--out", "none/p.png"], "folder does not exist"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_line(moonstation, words, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    assert moonstation(*words, "--layer", "slope", "--out", "m.tif").status == 0
    before = (tmp_path / "m.tif").read_bytes()
    refused = moonstation("picture", *arguments)
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert reason in refused.err
    assert (tmp_path / "m.tif").read_bytes() == before


def test_the_command_line_does_not_wait_for_libraries_of_pictures():
    code = (
        "import sys, moonstation.cli.commands; print([m for m in ('matplotlib', 'zarr') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_more_pixels_than_anyone_waits_for_are_refused_with_the_finest_that_works(moonstation):
    done = moonstation("map", "Shackleton", "--pixel", "1 mm")
    assert done.status == 2
    assert "31,380,000 x 31,380,000 pixels; give a pixel of 0.48 m or more, or a smaller region" in done.err
    done = moonstation("map", "Shackleton", "--pixel", "0.4 m")
    assert done.status == 2
