"""`site find` as a user runs it: tables, files, what is told when nothing is found, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from moonstation.formats import drafts
from moonstation.station.loading import load_station
from moonstation.study import find
from terrain_reference import polar_window

Run = Callable[..., Any]


def hills(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    x, y = 1_737_400.0 * np.cos(lat) * np.array([np.sin(lon), np.cos(lon)])
    return 300.0 * np.sin(x / 1500.0) * np.cos(y / 2100.0)


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words that name a region of a few hundred pixels; the working directory is empty but for its terrain."""
    monkeypatch.chdir(tmp_path)
    polar_window(tmp_path / "w.tif", hills, half_width=12e3, pixel=200.0)
    return ["--lat", "-90 deg", "--lon", "0 deg", "--size", "5 km", "--terrain", "w.tif", "--start", "2035-03-01",
            "--days", "30", "--step", "3 h", "--directions", "36"]  # fmt: skip


@pytest.mark.slow
def test_places_are_told_and_written_to_files_that_others_open(
    moonstation: Run, region: list[str], tmp_path: Path
) -> None:
    done = moonstation(
        "site", "find", *region, "--best", "2", "--want", "slope <= 12 deg", "--footprint", "400 m",
        "--csv", "a.csv", "--geojson", "a.json", "--toml", "a.toml", "--png", "a.png",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "25 x 25 pixels of 200 m; 2035-03-01T00:00Z + 30 d; 2 m above ground" in done.out
    assert "slope over 400 m" in done.out
    assert (
        "2 places by average Sun, at least 1 km apart; exact figures, those of the map in brackets"
        in done.out
    )
    table = pd.read_csv("a.csv")
    assert list(table["number"]) == [1, 2]
    assert table["average_sun_percent"].is_monotonic_decreasing
    assert (table["slope_deg"] <= 12.0).all()
    assert not table["indicative"].any()
    assert table["undominated"].iloc[0]
    assert {"average_sun_percent_map", "shadow_distance_km", "area_km2", "ground_m", "x_m"} <= set(
        table.columns
    )
    for row in table.itertuples():
        assert f"{row.latitude_deg:.4f}" in done.out
        assert f"{row.average_sun_percent:.2f} ({row.average_sun_percent_map:.2f})" in done.out
    points = json.loads(Path("a.json").read_text(encoding="utf-8"))
    assert points["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU_2015::30100"
    assert [point["geometry"]["type"] for point in points["features"]] == ["Point"] * 2
    longitude, latitude = points["features"][0]["geometry"]["coordinates"]
    assert (latitude, longitude) == pytest.approx(
        (table["latitude_deg"][0], table["longitude_deg"][0]), abs=1e-5
    )
    assert points["features"][0]["properties"]["average_sun_percent"] == table["average_sun_percent"][0]
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    # the tables stand in a station file beside the terrain
    station = tmp_path / "s.toml"
    station.write_text(
        '[station]\nname = "Found"\nstart = 2035-03-01\nspan = "10 d"\n\n'
        + Path("a.toml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    sites = load_station(station).sites
    assert [site.id for site in sites] == ["place-1", "place-2"]
    assert sites[0].lat_deg == pytest.approx(table["latitude_deg"][0], abs=1e-6)
    assert Path(sites[0].terrain[0]) == tmp_path / "w.tif"
    # the map that was made for it is gone
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.csv",
        "a.json",
        "a.png",
        "a.toml",
        "s.toml",
        "w.tif",
    ]


@pytest.mark.slow
def test_a_kept_map_is_searched_under_other_terms(moonstation: Run, region: list[str]) -> None:
    first = moonstation("site", "find", *region, "--best", "1", "--keep-map", "m.tif", "--csv", "a.csv")
    assert "m.tif: written" in first.out
    again = moonstation(
        "site", "find", "--map", "m.tif", "--terrain", "w.tif", "--best", "1", "--csv", "b.csv"
    )
    assert again.status == 0, again.err
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    rough = moonstation("site", "find", "--map", "m.tif", "--no-refine", "--best", "1", "--csv", "c.csv")
    assert rough.status == 0, rough.err
    assert "figures of the map, not refined" in rough.out
    assert "average_sun_percent_map" not in pd.read_csv("c.csv").columns
    other = moonstation("site", "find", "--map", "m.tif")
    assert other.status == 2
    assert "was made from other terrain" in other.err
    assert other.err.count("\n") == 1
    both = moonstation("site", "find", "--map", "m.tif", "--terrain", "w.tif", "--days", "3")
    assert both.status == 2
    assert "--map and --days" in both.err


def test_a_stopped_search_goes_on_with_the_map_that_it_made(
    moonstation: Run, region: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(find, "Candidates", stop)
        assert moonstation("site", "find", *region, "--no-refine").status == 2
    hidden = list(tmp_path.glob(".moonstation-find-*.tif"))
    assert len(hidden) == 1
    made = hidden[0].stat().st_mtime_ns
    calls = []
    monkeypatch.setattr("moonstation.cli.find.make_map", lambda *words, **more: calls.append(words))
    done = moonstation("site", "find", *region, "--no-refine")
    assert done.status == 0, done.err
    assert not calls
    assert made
    assert not list(tmp_path.glob(".*"))
    assert not drafts.unfinished


def test_none_found_says_which_term_to_relax(moonstation: Run, region: list[str], tmp_path: Path) -> None:
    done = moonstation(
        "site", "find", *region, "--want", "average_sun >= 99 %", "--want", "slope <= 8 deg", "--csv", "a.csv",
        "--keep-map", "m.tif",
    )  # fmt: skip
    assert done.status == 1
    assert done.err == ""
    assert "no place meets all terms" in done.out
    assert "average_sun >= 99 % leaves most out: relaxed to >= " in done.out
    assert not Path("a.csv").exists()
    bound = done.out.split("leaves most out: relaxed to >= ")[1].split(" %")[0]
    words = ["--map", "m.tif", "--terrain", "w.tif", "--want", "slope <= 8 deg", "--no-refine"]
    assert moonstation("site", "find", *words, "--want", f"average_sun >= {bound} %").status == 0
    higher = f"average_sun >= {float(bound) + 0.02} %"
    assert moonstation("site", "find", *words, "--want", higher).status == 1


def test_pairs_are_told_and_written(moonstation: Run, region: list[str]) -> None:
    done = moonstation(
        "site", "find", *region, "--pairs", "--distance", "1 km", "3 km", "--best", "2", "--csv", "p.csv",
        "--geojson", "p.json", "--toml", "p.toml", "--png", "p.png",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "pairs 1 km to 3 km apart" in done.out
    table = pd.read_csv("p.csv")
    assert table["distance_km"].between(1.0, 3.0).all()
    assert (
        table["together_any_light_percent"]
        >= table[["any_light_percent_a", "any_light_percent_b"]].max(axis=1)
    ).all()
    assert (table["any_light_percent_a"] >= table["any_light_percent_b"]).all()
    assert set(table["sight"]) <= {True, False}
    lines = json.loads(Path("p.json").read_text(encoding="utf-8"))
    assert {line["geometry"]["type"] for line in lines["features"]} == {"LineString"}
    assert Path("p.toml").read_text(encoding="utf-8").count("[[site]]") == 4


@pytest.mark.slow
def test_coarse_terrain_is_marked_everywhere(
    moonstation: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = moonstation(
        "site", "find", "--lat", "-89.5 deg", "--lon", "0 deg", "--size", "40 km", "--days", "10", "--step", "6 h",
        "--best", "1", "--csv", "a.csv", "--toml", "a.toml", "--directions", "36",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "3.8 km (indicative)" in done.out
    assert "indicative: places on terrain coarser than 500 m" in done.out
    assert pd.read_csv("a.csv")["indicative"].all()
    assert "indicative only" in Path("a.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--want", "average_sun > 3"], "is no term"),
        (["--want", "sunshine >= 3 %"], "is not known"),
        (["--want", "slope <= 8 km"], "--want slope"),
        (["--rank", "beauty"], "--rank"),
        (["--best", "0"], "--best"),
        (["--apart", "-1 km"], "--apart"),
        (["--pairs", "--distance", "5 km", "1 km"], "--distance"),
        (["--pairs", "--rank", "slope"], "--rank slope"),
        (["--footprint", "100 km"], "--footprint"),
        (["--footprint", "100"], "no unit"),
        (["--csv", "no/where.csv"], "folder does not exist"),
        (["--keep-map", "no/where.tif"], "folder does not exist"),
        (["--days", "1", "--years", "1"], "one of the two"),
        (["--bounds", "-90", "0", "-89", "10"], "give one of the two"),
        (["--map", "w.tif"], "--map and --lat"),
    ],
)
def test_refuses_in_one_line_and_leaves_nothing(
    moonstation: Run, region: list[str], tmp_path: Path, words: list[str], told: str
) -> None:
    if "--years" in words:
        region = region[:8]
    done = moonstation("site", "find", *region, *words)
    assert done.status == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["w.tif"]
