"""`site show --ensemble`: what it tells, writes and refuses."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Run = Callable[..., Any]
COARSE = "-89.45 deg, 222.85 deg"
SHOW = ("site", "show", COARSE, "--days", "5", "--ensemble", "10")


def test_the_spread_is_told_and_written_and_marked_as_indicative(moonstation: Run, tmp_path: Path) -> None:
    page, csv = tmp_path / "site.html", tmp_path / "members.csv"
    done = moonstation(*SHOW, "--out", page, "--csv", csv)
    assert done.status == 0, done.err
    assert "(indicative)" in done.out
    assert re.search(r"average sunlight: lowest to highest of 10 +[\d.]+\s%", done.out)
    assert re.search(r"disturbed terrains +10, seed 1", done.out)
    assert "correlated=106 m@2600 m" in done.out
    assert "the spread is indicative as well" in done.out
    table = pd.read_csv(csv)
    assert list(table["member"]) == list(range(11))
    assert table["indicative"].all()
    assert (table["terrain_resolution_m"] > 3000.0).all()
    text = page.read_text(encoding="utf-8")
    assert 'id="fig-confidence-1"' in text
    assert "They are too few to name a 1st and a 99th percentile" in text
    section = text[text.index('id="confidence"') :]
    assert "3.8\N{NO-BREAK SPACE}km, indicative only" in section[: section.index("</p>", 800)]
    # sky, calendar, cycle, band
    assert text.count('class="limit">indicative: 3.8') == 4
    again = tmp_path / "again.html", tmp_path / "again.csv"
    moonstation(*SHOW, "--out", again[0], "--csv", again[1])
    assert again[0].read_bytes() == page.read_bytes()
    assert again[1].read_bytes() == csv.read_bytes()
    other = moonstation(*SHOW, "--seed", "2")
    assert "10, seed 2" in other.out


def test_a_stated_error_holds_side_by_side(moonstation: Run, tmp_path: Path) -> None:
    csv = tmp_path / "members.csv"
    done = moonstation(
        "site", "show", "--compare", COARSE, "-89.9 deg, -156 deg", "--days", "2", "--ensemble", "10",
        "--error", "white=1m,correlated=20m@3km", "--csv", csv,
    )  # fmt: skip
    assert done.status == 0, done.err
    assert done.out.count("white=1 m, correlated=20 m@3000 m (as stated)") >= 1
    table = pd.read_csv(csv)
    assert table["place"].nunique() == 2
    assert set(table["height_error"].str.contains("white=1 m")) == {True}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["connecting-ridge", "--ensemble", "100"], "finished horizon table"),
        ([COARSE, "--ensemble", "5"], "give 10 to 10000 members"),
        ([COARSE, "--ensemble", "10", "--error", "2m"], "is no part of an error"),
        ([COARSE, "--ensemble", "10", "--seed", "-4"], "--seed -4"),
        ([COARSE, "--error", "white=2m"], "goes with --ensemble"),
        ([COARSE, "--seed", "2"], "goes with --ensemble"),
        ([COARSE, "--csv", "x.csv"], "goes with --ensemble"),
        ([COARSE, "--ensemble", "10", "--csv", "no/such/folder.csv"], "folder does not exist"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    moonstation: Run, arguments: list[str], words: str
) -> None:
    done = moonstation("site", "show", *arguments)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""
