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
        (("--objective", "speed"), "--objective speed is not known; give mass or cost"),
        (("--price", "array=3 MUSD 2026/kW"), "--price counts where cost is to be least"),
        (
            ("--objective", "cost", "--price", "array=3 MUSD 2026/kW"),
            "battery has none; give --price battery='3 MUSD 2026/kWh'",
        ),
        (
            ("--objective", "cost", "--build", "array", "--price", "array=3 MUSD 2026"),
            "--price array: 3 MUSD 2026 does not say what it is for",
        ),
        (
            ("--objective", "cost", "--build", "array", "--price", "array=3 MUSD 2026/kWh"),
            "give it as in --price array='3 MUSD 2026/kW'",
        ),
        (
            (
                *("--objective", "cost", "--build", "array", "--price", "array=3 MUSD 2026/kW"),
                *("--price", "delivery=1 MEUR 2026/kg"),
            ),
            "USD 2026 and EUR 2026 cannot be added up",
        ),
        (
            ("--objective", "cost", "--build", "array", "--price", "fission=3 MUSD 2026/kW"),
            "--price fission: not among what may be built (array), nor delivery",
        ),
        (("--objective", "cost", "--build", "arrai"), "no technology 'arrai'"),
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
