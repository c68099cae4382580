"""`moonstation link relays`: table, files, what is proposed, and what is refused."""

import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Run = Callable[..., Any]
QUICK = ("--orbits", "elliptical", "--elliptical", "300 x 8600 km", "--nodes", "2", "--phases", "3",
         "--days", "4", "--lasts", "0 d")  # fmt: skip


def test_table_and_files(moonstation: Run, station_file: Path, tmp_path: Path) -> None:
    csv, png, toml = (tmp_path / f"relays.{end}" for end in ("csv", "png", "toml"))
    done = moonstation(
        "link", "relays", station_file, *QUICK, "--most", "2", "--csv", csv, "--png", png, "--write", toml
    )
    assert done.status == 0, done.err
    assert "proposed: the cheapest within a point of the best" in done.out
    assert "sets of 2: all" in done.out
    assert "keeping 5 m/s a year: assumption (judge)" in done.out
    # the rate is that of the station's relay
    assert "data: 1 Mbit/s at any distance," in done.out
    table = pd.read_csv(csv)
    proposed = table[table["proposed"]].iloc[0]
    # shares are cut to two digits, not rounded
    assert f"{math.floor(100.0 * proposed['share_pct']) / 100.0:.2f} %" in done.out
    orbiters = tomllib.loads(toml.read_text(encoding="utf-8"))["orbiter"]
    assert len(orbiters) == proposed["relays"]
    assert orbiters[0]["relay_rate"] == "1 Mbit/s"
    assert png.read_bytes().startswith(b"\x89PNG")
    # what is written can be pasted: the station with it is a station
    both = tmp_path / "both.toml"
    both.write_text(
        station_file.read_text(encoding="utf-8") + toml.read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert moonstation("check", both).status == 0


def test_another_row_and_measure(moonstation: Run, station_file: Path, tmp_path: Path) -> None:
    csv, toml = tmp_path / "a.csv", tmp_path / "a.toml"
    done = moonstation(
        "link", "relays", station_file, *QUICK, "--most", "2", "--cost", "number", "--choose", "1", "--csv", csv,
        "--write", toml, "--store", "--site", "ridge",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "cost: number of relays" in done.out
    assert "store and forward" in done.out
    table = pd.read_csv(csv)
    assert (table["cost_relays"] == table["relays"]).all()
    assert toml.read_text(encoding="utf-8").count("[[orbiter]]") == table["relays"][0]
    refused = moonstation("link", "relays", station_file, *QUICK, "--most", "1", "--choose", "77")
    assert refused.status == 2
    assert "--choose 77: the table has rows 1 to" in refused.err


def test_places_use_the_ground_stations_of_a_network(moonstation: Run) -> None:
    done = moonstation(
        "link",
        "relays",
        "-89.9 deg, 10 deg",
        "-89.8 deg, 100 deg",
        *QUICK,
        "--most",
        "1",
        "--network",
        "lander",
    )
    assert done.status == 0, done.err
    assert "2 ground stations" in done.out
    assert "indicative only at" in done.out
    assert "data: 10 Mbit/s at any distance (assumption)" in done.out


def test_what_cannot_be_reached_ends_with_status_one_and_the_best(
    moonstation: Run, station_file: Path
) -> None:
    done = moonstation(
        "link",
        "relays",
        station_file,
        *QUICK,
        "--most",
        "1",
        "--at-least",
        "99.9 %",
        "--gap-at-most",
        "1 min",
    )
    assert done.status == 1
    assert "not reached with 1 relay of these orbits: 99.9 % of the time and gaps of at most" in done.out
    assert "the best found has" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--orbits", "molniya"), "'molniya': give some of elliptical, low, nrho, halo, dro"),
        (("--orbits", ","), "no orbits to choose from"),
        (("--most", "40"), "--most 40: give 1 to 12 relays"),
        (("--most", "9", *QUICK), "--most 9: there are only 6 orbits"),
        (("--cost", "gold"), "--cost gold: give one of mass, delta-v, number"),
        (("--elliptical", "300 km"), "give two heights as '300 x 8600 km'"),
        (("--elliptical", "9000 x 300 km"), "swap them"),
        (("--fold", "3"), "--fold 3"),
        (("--at-least", "130 %"), "--at-least"),
        (("--gap-at-most", "1 km"), "--gap-at-most"),
        (("--site", "moria"), "--site moria: Two masts has ridge"),
        (("--days", "0"), "fewer than ten steps"),
        (("--step", "0 s"), "1 s to 1 h"),
        (("--mask", "100 deg"), "--mask 100 deg: give -90 to below 90 deg"),
        (("--rate", "5 km"), "--rate"),
        (("--isp", "nan"), "specific impulse"),
        (("--csv", "nowhere/at/all.csv"), "its folder does not exist"),
        (("--cluster", "elsewhere", *QUICK), "--cluster elsewhere"),
    ],
)
def test_refuses(moonstation: Run, station_file: Path, words: tuple[str, ...], told: str) -> None:
    done = moonstation("link", "relays", station_file, *words)
    assert done.status == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_station_without_sites_or_ground_stations(moonstation: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    bare = '[station]\nname = "Bare"\nstart = 2030-01-01\nspan = "10 d"\n'
    path.write_text(f'{bare}\n[[orbiter]]\nid = "one"\norbit = "polar-100"\n', encoding="utf-8")
    done = moonstation("link", "relays", path)
    assert done.status == 2
    assert "has no site; add a [[site]]" in done.err
    with path.open("a", encoding="utf-8") as file:
        file.write('\n[[site]]\nid = "here"\nlat = "-89.9 deg"\nlon = "0 deg"\n')
    done = moonstation("link", "relays", path)
    assert done.status == 2
    assert "there is no ground station" in done.err
    done = moonstation("link", "relays")
    assert done.status == 2
