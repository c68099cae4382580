"""Ctrl-C, at moments that the run itself announces: one line, status 2, earlier results and no drafts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moonstation.formats import drafts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

Run = Callable[..., Any]

INTERRUPT = """\
import os, signal, sys
from moonstation.cli import main
def interrupt(*args, **kwargs):
    os.kill(os.getpid(), signal.SIG{name})
    return original(*args, **kwargs)
import {module} as module
original = module.{function}
module.{function} = interrupt
sys.argv[0] = "moonstation"
main.run()
"""

MOMENTS = {
    "horizons": ("study.run", "site_grounds"),
    "sunlight": ("study.run", "_light"),
    "contacts": ("study.run", "find_contacts"),
    "power": ("study.run", "run_power"),
    "report": ("cli.study", "write_report"),
    "first-file": ("study.files", "write_text"),
    "summary": ("study.files", "write_json"),
    "series": ("study.files", "write_series"),
    "orbit": ("formats.drafts", "tempfile.mkstemp"),
    "exchange": ("study.output", "place_folder"),
}


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _run(script: str, *arguments: str | Path) -> tuple["subprocess.CompletedProcess[str]", float]:
    command = [sys.executable, "-c", script, *(str(argument) for argument in arguments)]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done, time.monotonic() - begun


def _hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


# each takes a process of its own: the two that differ most in what is under way always, the others with the slow ones
@pytest.mark.parametrize(
    ("module", "function"),
    [
        pytest.param(*place, id=name, marks=() if name in ("horizons", "orbit") else pytest.mark.slow)
        for name, place in MOMENTS.items()
    ],
)
def test_ctrl_c_leaves_the_earlier_study(
    station_file: Path, tmp_path: Path, module: str, function: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.json").write_text('{"schema": "moonstation study 1"}')
    before = _tree(out)
    script = INTERRUPT.format(name="INT", module=f"moonstation.{module}", function=function)
    done, _ = _run(script, "study", station_file, "--days", "2", "--out", out)
    assert done.returncode == 2, done.stderr
    assert done.stderr == "stopped: nothing was written; earlier results are untouched\n"
    assert done.stdout == ""
    assert _tree(out) == before
    assert _hidden(tmp_path) == []


def test_a_stop_in_the_midst_of_exchanging_waits_until_the_study_is_in_its_place(
    station_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.json").write_text('{"schema": "moonstation study 1"}')
    script = INTERRUPT.format(name="INT", module="moonstation.formats.drafts", function="_carry_over")
    done, _ = _run(script, "study", station_file, "--days", "2", "--out", out)
    assert done.returncode == 2
    assert done.stderr == f"stopped after {out} was written\n"
    assert len(_tree(out)) == 5
    assert _hidden(tmp_path) == []


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_other_ends_leave_no_drafts_either(station_file: Path, tmp_path: Path, name: str) -> None:
    script = INTERRUPT.format(name=name, module="moonstation.study.files", function="write_series")
    done, _ = _run(script, "study", station_file, "--days", "2", "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("stopped")
    assert sorted(path.name for path in tmp_path.iterdir()) == [station_file.name]


def test_a_loop_in_compiled_code_is_not_waited_for() -> None:
    script = """\
import ctypes, os, signal, threading
from moonstation.cli import stopping
stopping.watch()
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
# the main thread looks at no signal here and holds no lock of Python, as in compiled code; the other one takes it
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
ctypes.CDLL(None).sleep(30)
print("slept")
"""
    done, took = _run(script)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("stopped")
    assert done.stdout == ""
    assert took < 15.0


def test_ctrl_c_while_the_libraries_load() -> None:
    for pause in (0.05, 0.2, 0.4):
        # the process says when it has begun, so that the machine's speed does not matter
        script = (
            "import time; from moonstation.cli import main, stopping; original = stopping.watch;"
            "stopping.watch = lambda: (original(), print('watching', flush=True));"
            "main.run()"
        )
        command = [sys.executable, "-c", script, "scenarios"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "watching\n"
            time.sleep(pause)
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert (process.returncode, err) in (
            (2, "stopped: nothing was written; earlier results are untouched\n"),
            (0, ""),  # a fast machine is through by then
        )


def test_a_signal_that_was_ignored_from_the_start_stays_ignored() -> None:
    script = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from moonstation.cli import stopping; stopping.watch();"
        "os.kill(os.getpid(), signal.SIGHUP); print('still here')"
    )
    done, _ = _run(script)
    assert (done.returncode, done.stdout) == (0, "still here\n")


def test_drafts_are_known_until_they_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    drafts.replace_file(path, "one\n")
    drafts.replace_file(path, "two\n")
    assert path.read_bytes() == b"two\n"
    assert list(tmp_path.iterdir()) == [path]
    folder = drafts.draft_folder(tmp_path / "study")
    (folder / "part.nc").write_text("half")
    assert folder in drafts.unfinished
    drafts.discard_all()
    assert list(tmp_path.iterdir()) == [path]
    assert drafts.unfinished == set()


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    drafts.replace_file(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_stop_between_unparted_steps_waits() -> None:
    called = []
    assert not drafts.postpone(lambda: called.append("at once"))
    with drafts.unparted():
        with drafts.unparted():
            assert drafts.postpone(lambda: called.append("after"))
        assert called == []
    assert called == ["after"]


def test_interrupts_inside_this_process_end_in_one_line(
    moonstation: Run, station_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("moonstation.study.run.find_contacts", interrupt)
    done = moonstation("study", station_file, "--days", "2", "--out", tmp_path / "out")
    assert done.status == 2
    assert done.err.startswith("stopped")
    assert done.err.count("\n") == 1
