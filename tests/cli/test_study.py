"""`moonstation study`: what it prints and writes, and what it leaves alone when it fails."""

import errno
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr

Run = Callable[..., Any]
FILES = {"report.html", "summary.json", "timeseries.nc", "contacts.csv", "orbits/relay.oem"}


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_writes_the_whole_folder_and_a_table_of_verdicts(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    done = moonstation("study", station_file, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert "Two masts" in done.out
    assert "✓ met" in done.out
    assert "1 of 1 requirement met" in done.out
    assert set(_tree(tmp_path / "out")) == FILES
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_files_open_in_the_tools_that_they_are_for(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    moonstation("study", station_file, "--days", "3", "--step", "30 min", "--out", tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "timeseries.nc") as series:
        assert series.sizes["time"] == 144
        assert str(series.time.values[0]).startswith("2030-04-01T00:00:00.000000000")
        assert str(series.time.values[-1]).startswith("2030-04-03T23:30:00.000000000")
        for name, variable in series.data_vars.items():
            assert variable.attrs["units"], name
            assert variable.attrs["long_name"], name
        assert 0.0 <= float(series.sun_fraction.min()) <= float(series.sun_fraction.max()) <= 1.0
    contacts = pd.read_csv(tmp_path / "out" / "contacts.csv")
    assert {"site-ground", "site-orbiter", "orbiter-ground"} == set(contacts.kind)
    assert (contacts.duration_s > 0).all()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["schema"] == "moonstation study 1"
    assert summary["span"]["days"] == pytest.approx(3.0)
    assert [source["sha256"] for source in summary["sources"] if len(source["sha256"]) != 64] == []


def test_exit_status_1_when_a_requirement_is_not_met(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    text = station_file.read_text().replace('load_survival = "50 W"', 'load_survival = "5 kW"')
    station_file.write_text(text.replace('load_nominal = "300 W"', 'load_nominal = "5 kW"'))
    done = moonstation("study", station_file, "--out", tmp_path / "out")
    assert done.status == 1
    assert "✗ not met" in done.out
    assert "0 of 1 requirement met" in done.out


def test_same_inputs_give_the_same_bytes(moonstation: Run, station_file: Path, tmp_path: Path) -> None:
    trees = []
    for name in ("one", "two"):
        assert moonstation("study", station_file, "--days", "3", "--out", tmp_path / name).status == 0
        tree = _tree(tmp_path / name)
        summary = json.loads(tree.pop("summary.json"))
        assert summary.pop("timings_s")
        trees.append((tree, summary))
    assert trees[0][1] == trees[1][1]
    different = [name for name in trees[0][0] if trees[0][0][name] != trees[1][0][name]]
    assert different == []


def test_replaces_an_earlier_study_but_nothing_else(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert moonstation("study", station_file, "--days", "2", "--out", out).status == 0
    (out / "orbits" / "retired-relay.oem").write_text("of the earlier study")
    (out / "notes.md").write_text("of the user")
    assert moonstation("study", station_file, "--days", "2", "--out", out).status == 0
    assert set(_tree(out)) == FILES | {"notes.md"}
    assert (out / "notes.md").read_text() == "of the user"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    done = moonstation("study", station_file, "--days", "2", "--out", mine)
    assert done.status == 2
    assert "choose another --out" in done.err
    assert _tree(mine) == {"thesis.tex": b"years of work"}


BAD_REQUESTS = {
    "days": (["--days", "0"], "must hold two steps"),
    "negative-days": (["--days", "-4"], "must hold two steps"),
    "nan-days": (["--days", "nan"], "must hold two steps"),
    "step-without-unit": (["--step", "10"], "--step"),
    "step-of-another-kind": (["--step", "10 kg"], "--step"),
    "step-too-short": (["--step", "1 ms"], "between 1 s and 1 d"),
    "start-without-scale": (["--start", "2030-01-01T00:00:00"], "has no time scale"),
    "start-no-date": (["--start", "tomorrow"], "--start: 'tomorrow' is no time"),
    "days-without-end": (["--days", "1e300"], "1.44e+302 steps"),
    "start-outside-kernels": (["--start", "2150-01-15"], "choose dates within"),
    "too-many-steps": (["--days", "30000", "--step", "1 s"], "too many"),
    "orbit-epoch": (["--start", "2200-01-01"], "choose dates within"),
}


@pytest.mark.parametrize(("options", "words"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_bad_requests_are_one_line_and_touch_nothing(
    moonstation: Run, station_file: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    done = moonstation("study", station_file, *options, "--out", tmp_path / "out")
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_bad_stations_are_named_with_the_cure(moonstation: Run, station_file: Path, tmp_path: Path) -> None:
    station_file.write_text(station_file.read_text().replace("array_power", "array_pwer"))
    done = moonstation("study", station_file, "--out", tmp_path / "out")
    assert done.status == 2
    assert "masts.toml" in done.err
    assert "array_power" in done.err
    missing = moonstation("study", tmp_path / "nowhere.toml")
    assert missing.status == 2
    assert "nowhere.toml" in missing.err


def test_a_height_that_the_horizon_table_lacks_is_refused(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    station_file.write_text(
        station_file.read_text().replace("[[element]]", "height = '60 m'\n\n[[element]]", 1)
    )
    done = moonstation("study", station_file, "--out", tmp_path / "out")
    assert done.status == 2
    assert "60 m" in done.err
    assert "moonstation site horizon" in done.err


def test_a_low_orbit_that_hits_the_ground_says_when(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    orbit = "periapsis_altitude = '11 km'\napoapsis_altitude = '60 km'\ninclination = '70 deg'\n"
    station_file.write_text(station_file.read_text().replace('orbit = "queqiao-2"', orbit))
    done = moonstation("study", station_file, "--days", "60", "--out", tmp_path / "out")
    assert done.status == 2
    assert "relay" in done.err
    assert done.err.count("\n") == 1, done.err


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file size are POSIX")
def test_a_disk_that_refuses_leaves_the_earlier_study(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert moonstation("study", station_file, "--days", "2", "--out", out).status == 0
    before = _tree(out)
    # a limit on the size of files stands in for a full disk: the system refuses writes in the same way
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from moonstation.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "study", str(station_file), "--days", "2", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "untouched" in done.stderr
    assert "Traceback" not in done.stderr
    assert _tree(out) == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    "place", ["file", "file/within", "x" * 300], ids=["file", "within-a-file", "long-name"]
)
def test_places_that_cannot_be_folders_are_refused_at_once(
    moonstation: Run, station_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr("moonstation.cli.study.run_study", None)
    done = moonstation("study", station_file, "--out", tmp_path / place)
    assert done.status == 2
    assert "choose another --out" in done.err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_study_that_fails_leaves_no_folders(
    moonstation: Run, station_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("moonstation.study.files.write_series", full)
    done = moonstation("study", station_file, "--days", "2", "--out", tmp_path / "new" / "deep" / "out")
    assert done.status == 2
    assert "disk is full" in done.err
    assert list(tmp_path.iterdir()) == [station_file]


def test_a_link_to_a_folder_stays_a_link(moonstation: Run, station_file: Path, tmp_path: Path) -> None:
    (tmp_path / "big disk").mkdir()
    (tmp_path / "out").symlink_to("big disk")
    for _ in range(2):
        assert moonstation("study", station_file, "--days", "2", "--out", tmp_path / "out").status == 0
    assert (tmp_path / "out").is_symlink()
    assert set(_tree(tmp_path / "big disk")) == FILES


def test_names_are_printed_as_they_are_and_ids_are_not_cut(
    moonstation: Run, station_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "月球 [bold]x[/bold] :sun: <b>"
    text = station_file.read_text().replace("Two masts", name).replace('"alive"', '"' + "alive-" * 10 + '"')
    station_file.write_text(text, encoding="utf-8")
    monkeypatch.setattr("moonstation.cli.console.out._width", 80)
    done = moonstation("study", station_file, "--days", "2", "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert name in done.out
    assert "…" not in done.out
    assert max(len(line) for line in done.out.splitlines() if "Report" not in line) <= 80
    assert f"<b>{name}" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_an_orbiter_that_fails_gives_the_others_up(
    moonstation: Run, station_file: Path, tmp_path: Path
) -> None:
    low = (
        '[[orbiter]]\nid = "low"\nperiapsis_altitude = "11 km"\napoapsis_altitude = "60 km"\n'
        'inclination = "70 deg"\n'
    )
    high = (
        '[[orbiter]]\nid = "long"\nperiapsis_altitude = "30 km"\napoapsis_altitude = "40 km"\n'
        'inclination = "90 deg"\ndegree = 100\n'
    )
    station_file.write_text(station_file.read_text() + high + low)
    done = moonstation("study", station_file, "--days", "200", "--step", "1 h", "--out", tmp_path / "out")
    assert done.status == 2
    assert "hits the ground" in done.err
    assert [t.name for t in threading.enumerate() if t.name.startswith("flight")] == []
