"""`check`, `scenarios`, `show`, `data`, `site horizon`, and the command itself."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moonstation import __version__
from moonstation.station.loading import builtin_stations
from moonstation.terrain.horizon_table import read_horizon

Run = Callable[..., Any]


def test_version_and_help(moonstation: Run) -> None:
    assert moonstation("--version").out.strip() == f"moonstation {__version__}"
    done = moonstation("--help")
    assert done.status == 0
    for name in ("study", "check", "scenarios", "show", "data", "site", "windows"):
        assert name in done.out


@pytest.mark.parametrize("command", ["study", "check", "scenarios", "show", "data", "site", "windows"])
def test_every_command_has_a_help(moonstation: Run, command: str) -> None:
    done = moonstation(command, "--help")
    assert done.status == 0
    assert len(done.out.splitlines()) > 5


def test_unknown_commands_and_options_are_bad_input(moonstation: Run) -> None:
    assert moonstation("fly").status == 2
    assert moonstation("study", "ilrs", "--warp", "9").status == 2
    assert moonstation("study").status == 2


def test_check_says_well_or_every_problem(moonstation: Run, station_file: Path) -> None:
    well = moonstation("check", station_file)
    assert well.status == 0
    assert "no problems found" in well.out
    station_file.write_text(
        station_file.read_text().replace('"300 W"', '"300 kg"').replace("relay_rate", "rate")
    )
    ill = moonstation("check", station_file)
    assert ill.status == 2
    assert "2 problems found" in ill.err
    assert "300 kg" in ill.err


def test_builtin_stations_are_listed_right_and_can_be_shown(moonstation: Run) -> None:
    listed = moonstation("scenarios").out
    for name in builtin_stations():
        assert name in listed
        assert moonstation("check", name).status == 0
        assert moonstation("show", name).status == 0


def test_show_draws_the_station_as_a_tree(moonstation: Run) -> None:
    done = moonstation("show", "ilrs")
    for words in ("Partners", "Facilities", "Sites and elements", "Orbiters", "Ground stations", "Missions"):
        assert words in done.out
    for words in ("queqiao-2", "jiamusi", "power-plant"):
        assert words in done.out


def test_data_names_every_file_with_its_hash(moonstation: Run) -> None:
    done = moonstation("data")
    assert done.status == 0
    for name in (
        "de440s.bsp",
        "moon_pa_de440_200625.bpc",
        "gggrx_1200a_sha.tab",
        "moon_dem.npz",
        "leapseconds.tls",
    ):
        assert name in done.out
    assert len(re.findall(r"\b[0-9a-f]{64}\b", done.out)) == 5


def test_site_horizon_writes_a_table_that_reads_back(moonstation: Run, tmp_path: Path) -> None:
    table = tmp_path / "here.csv"
    done = moonstation(
        "site", "horizon", "--azimuths", "90", "--name", "here", "--", "-89 deg", "123 deg", table
    )
    assert done.status == 0, done.err
    assert "indicative only" in done.out
    horizon = read_horizon(table)
    assert horizon.elevation.shape == (2, 90)
    assert horizon.indicative
    assert horizon.site.lat_deg == pytest.approx(-89.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--", "-89", "123 deg"], "LAT"),
        (["--", "-99 deg", "123 deg"], "off the Moon"),
        (["--height", "10 kg", "--", "-89 deg", "123 deg"], "--height"),
        (["--terrain", "nowhere.tif", "--", "-89 deg", "123 deg"], "nowhere.tif"),
    ],
)
def test_site_horizon_refuses_what_makes_no_sense(
    moonstation: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = moonstation("site", "horizon", *arguments, tmp_path / "table.csv")
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "table.csv").exists()
