"""`moonstation heat` as a user runs it."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

NODES = """
[[thermal_node]]
id = "box"
element = "lander"
capacity = "250 kJ/K"
area = "7 m2"
emittance = 0.02
dissipation = { value = "30 W", confidence = "assumption" }
heater = "100 W"
heater_on = "263 K"
heater_off = "268 K"
coldest = "258 K"
hottest = "313 K"

[[thermal_node]]
id = "panel"
element = "lander"
capacity = "12 kJ/K"
area = "8 m2"
sun_area_side = "4 m2"
absorptance = 0.65
emittance = 0.85
coldest = "200 K"

[[thermal_link]]
id = "mast"
node = "panel"
to = "box"
conductance = "0.03 W/K"

[[thermal_link]]
id = "legs"
node = "box"
to = "ground"
conductance = "0.05 W/K"
"""


@pytest.fixture
def warm_file(tmp_path: Path, station_file: Path) -> Path:
    path = tmp_path / "warm.toml"
    path.write_text(station_file.read_text(encoding="utf-8") + NODES, encoding="utf-8")
    return path


def test_a_station_gets_ground_and_nodes(
    moonstation: Callable[..., Any], warm_file: Path, tmp_path: Path
) -> None:
    files = {key: tmp_path / f"heat.{key}" for key in ("png", "csv", "nc")}
    done = moonstation(
        "heat",
        warm_file,
        "--step",
        "1 h",
        "--picture",
        files["png"],
        "--csv",
        files["csv"],
        "--netcdf",
        files["nc"],
    )
    assert done.status == 0, done.err
    for words in (
        "ground, surface",
        "ground, 1 m deep",
        "box",
        "panel",
        "[kWh/yr]",
        "too cold",
        "behind box",
    ):
        assert words in done.out
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    with xr.open_dataset(files["nc"]) as data:
        assert data.sizes["time"] == 12 * 24
        assert data["ground_temperature"].attrs["units"] == "K"
        assert list(data["node"].values) == ["box", "panel"]
        box = data["node_temperature"].sel(node="box").values
        heater = data["heater_power"].sel(node="box").values
        assert 257.0 < box.min() < box.max() < 320.0
        assert heater.min() >= 0.0
        assert 0.0 < heater.max() <= 100.0
        ground = data["ground_temperature"].isel(site=0)
        # the surface moves, a metre down nothing does
        assert float(ground[:, 0].max() - ground[:, 0].min()) > float(
            ground.sel(depth=1.0, method="nearest").max() - ground.sel(depth=1.0, method="nearest").min()
        )
    with files["csv"].open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 * 24
    assert float(rows[0]["box_k"]) == pytest.approx(box[0], abs=1e-3)
    again = tmp_path / "again.csv"
    assert moonstation("heat", warm_file, "--step", "1 h", "--csv", again).status == 0
    assert again.read_bytes() == files["csv"].read_bytes()


def test_a_place_near_the_equator_is_hot_at_noon(moonstation: Callable[..., Any], tmp_path: Path) -> None:
    """387 to 397 K at most and about 95 K before sunrise (Williams et al. 2017); the Sun is nearest in January."""
    table = tmp_path / "heat.csv"
    done = moonstation(
        "heat",
        "0.5 deg, -30 deg",
        "--start",
        "2035-01-01T00:00:00Z",
        "--days",
        "30",
        "--step",
        "1 h",
        "--csv",
        table,
    )
    assert done.status == 0, done.err
    assert "indicative" not in done.err
    with table.open() as file:
        surface = [float(row["place_ground_surface_k"]) for row in csv.DictReader(file)]
    assert 382.0 < max(surface) < 397.0
    assert min(surface) == pytest.approx(95.0, abs=5.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere-at-all",), "nowhere-at-all"),
        (("connecting-ridge", "--step", "7 h"), "give 1 s to 6 h"),
        (("connecting-ridge", "--step", "7 m"), "--step"),
        (("connecting-ridge", "--days", "0.001"), "more days"),
        (("lander", "--height", "3 m"), "--height: goes with a place"),
        (("connecting-ridge", "--picture", "/no/such/folder/a.png"), "--picture"),
    ],
)
def test_bad_input_is_one_line_with_its_cure(
    moonstation: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    done = moonstation("heat", *arguments)
    assert done.status == 2
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('element = "lander"\ncapacity = "12', 'element = "landr"\ncapacity = "12', 'no element "landr"'),
        ('to = "box"', 'to = "bux"', 'no thermal node "bux"'),
        ('node = "panel"\nto = "box"', 'node = "ground"\nto = "box"', "exchange the two"),
        ('heater_on = "263 K"\n', "", "thermostat"),
        ('heater_off = "268 K"', 'heater_off = "260 K"', "not above heater_on"),
        ('hottest = "313 K"', 'hottest = "213 K"', "coldest is not below hottest"),
        ("emittance = 0.85", "emittance = 1.85", "emittance"),
        ('conductance = "0.03 W/K"\n', "", "lets no heat pass"),
        ('capacity = "12 kJ/K"', 'capacity = "12 kJ"', "capacity"),
    ],
)
def test_bad_nodes_are_named(
    moonstation: Callable[..., Any], tmp_path: Path, station_file: Path, old: str, new: str, words: str
) -> None:
    assert old in NODES
    path = tmp_path / "bad.toml"
    path.write_text(station_file.read_text(encoding="utf-8") + NODES.replace(old, new), encoding="utf-8")
    done = moonstation("heat", path)
    assert done.status == 2
    assert words in done.err
    assert "bad.toml" in done.err


def test_links_between_sites_are_refused(
    moonstation: Callable[..., Any], tmp_path: Path, station_file: Path
) -> None:
    other = """
[[site]]
id = "far"
lat = "-89 deg"
lon = "0 deg"
horizon = "connecting-ridge"

[[element]]
id = "rover"
site = "far"
kind = "rover"
"""
    text = (
        station_file.read_text(encoding="utf-8")
        + other
        + NODES.replace('element = "lander"\ncapacity = "12', 'element = "rover"\ncapacity = "12')
    )
    path = tmp_path / "two.toml"
    path.write_text(text, encoding="utf-8")
    done = moonstation("heat", path)
    assert done.status == 2
    assert "link nodes of one site" in done.err
