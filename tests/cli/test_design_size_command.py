"""`moonstation design size`: slips on the command line are told before anything is computed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--most", "array=-3kW"), "most of array: -3000 is below zero"),
        (
            ("--most", "fission=3kW"),
            "most of fission: not among what may be built (array, battery, fuel-cell)",
        ),
        (("--most", "arrai=3kW"), "most of arrai: not among"),
        (("--toml", "nowhere/at/all.toml"), "--toml nowhere/at/all.toml: its folder does not exist"),
        (("--csv", "nowhere/at/all.csv"), "--csv nowhere/at/all.csv: its folder does not exist"),
        (("--png", "size.pdf"), "--png size.pdf: suffix .pdf is unknown; give .png"),
    ],
)
def test_refuses(moonstation: Run, station_file: Path, words: tuple[str, ...], told: str) -> None:
    done = moonstation("design", "size", station_file, "--load", "1 kW", "--years", "0.1", *words)
    assert done.status == 2
    assert told in done.err
    assert "Traceback" not in done.err
    # nothing is sized that could not be written
    assert "together" not in done.out
