"""`check`, `scenarios`, `show`, `data`, `site horizon`, and the command itself."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

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


def test_helps_say_the_defaults_in_words(moonstation: Run) -> None:
    # square brackets would be taken for colours and vanish
    told = moonstation("study", "--help").out + moonstation("site", "horizon", "--help").out
    for words in ("the station's if not given", "studies/NAME if not given", "both if not given"):
        assert words in told
    assert " ." not in told


def test_no_command_shows_the_help_alone(moonstation: Run) -> None:
    for group in ([], ["site"]):
        done = moonstation(*group)
        assert done.status == 2
        assert "Commands" in done.out + done.err
        assert "error" not in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["study", "lander", "--days", "abc"], "'--days'"),
        (["study"], "station"),
        (["site", "horizon", "-89 deg", "0 deg"], "file"),
        (["study", ""], "has no name"),
        (["check", " "], "has no name"),
    ],
)
def test_usage_errors_name_what_is_wrong(moonstation: Run, arguments: list[str], words: str) -> None:
    done = moonstation(*arguments)
    assert done.status == 2
    assert words in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_output_that_cannot_be_printed_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "moonstation", "data"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot print" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are POSIX")
def test_a_reader_who_leaves_does_no_harm() -> None:
    command = [sys.executable, "-m", "moonstation", "data"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert told == ""


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
        (["--height", "2000 km", "--", "-89 deg", "123 deg"], "0 m to 1000 m"),
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


def test_a_latitude_may_begin_with_a_dash(moonstation: Run, tmp_path: Path) -> None:
    done = moonstation("site", "horizon", "-89.5 deg", "-12 deg", tmp_path / "t.csv", "--azimuths", "60")
    assert done.status == 0, done.err
    assert read_horizon(tmp_path / "t.csv").site.lon_deg == pytest.approx(-12.0)


def test_windows_that_do_not_hold_the_site_are_said_to(moonstation: Run, tmp_path: Path) -> None:
    window = tmp_path / "far.tif"
    with rasterio.open(
        window,
        "w",
        driver="GTiff",
        width=40,
        height=40,
        count=1,
        dtype="float32",
        crs="+proj=stere +lat_0=-90 +R=1737400 +units=m",
        transform=Affine(40.0, 0.0, 50e3, 0.0, -40.0, 50e3),
    ) as file:
        file.write(np.zeros((40, 40), np.float32), 1)
    options = ["--azimuths", "60", "--terrain", window]
    done = moonstation("site", "horizon", *options, "-89.9 deg", "10 deg", tmp_path / "t.csv")
    assert done.status == 0, done.err
    assert "no terrain file holds -89.9000, 10.0000 deg" in done.out
    station = tmp_path / "station.toml"
    station.write_text(
        '[station]\nstart = 2030-04-01\nspan = "2 d"\n'
        '[[site]]\nid = "s"\nlat = "-89.9 deg"\nlon = "10 deg"\nterrain = ["far.tif"]\n'
    )
    done = moonstation("study", station, "--step", "1 h", "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert "terrain files of s do not hold its place" in done.out
    assert "indicative only" in done.out
    assert "2 d at 1 h" in done.out
