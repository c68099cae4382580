"""`windows` and `site show`: tables, files, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Run = Callable[..., Any]
RIDGE = ("windows", "connecting-ridge", "--start", "2035-01-01", "--days", "90")


def test_windows_are_told_and_written_as_table_and_calendar(moonstation: Run, tmp_path: Path) -> None:
    csv, ics = tmp_path / "w.csv", tmp_path / "w.ics"
    done = moonstation(*RIDGE, "--lit", "--earth-elevation", "2 deg..", "--csv", csv, "--ics", ics)
    assert done.status == 0, done.err
    assert "when: any of the Sun's disc above the terrain; Earth above 2 deg" in done.out
    table = pd.read_csv(csv)
    assert f"{len(table)} windows" in done.out
    assert len(table) >= 3
    for start in table["start_utc"]:
        assert start.replace("T", " ").rstrip("Z") in done.out
    text = ics.read_bytes().decode()
    assert text.count("BEGIN:VEVENT") == len(table)
    starts = [f"{s[:4]}-{s[4:6]}-{s[6:11]}:{s[11:13]}:{s[13:]}" for s in re.findall(r"DTSTART:(\S+)", text)]
    assert starts == list(table["start_utc"])
    assert not table["indicative"].any()
    assert (table["earth_elevation_start_deg"] > 1.999).all()


def test_the_same_command_gives_the_same_bytes(moonstation: Run, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.ics", "b.ics", "a.csv", "b.csv")]
    for ics, csv in (files[::2], files[1::2]):
        moonstation(*RIDGE, "--fully-lit", "--ics", ics, "--csv", csv)
    a, b, c, d = (path.read_bytes() for path in files)
    assert a == b
    assert c == d


def test_landing_windows_and_years(moonstation: Run) -> None:
    done = moonstation(
        "windows", "connecting-ridge", "--years", "1", "--sun-elevation", "1 deg..8 deg", "--lit-for", "10 d",
        "--dark-at-most", "6 h", "--at-least", "1 d",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "for 10 d from the start on, dark spells of up to 6 h aside" in done.out
    assert "2035-01-01 00:00 to 2036-01-01 06:00 UTC" in done.out


def test_southern_coordinates_need_no_dashes_and_are_marked_as_indicative(
    moonstation: Run, tmp_path: Path
) -> None:
    csv, ics = tmp_path / "w.csv", tmp_path / "w.ics"
    place = "-89.45 deg, 222.85 deg"
    done = moonstation("windows", place, "--lit", "--days", "30", "--csv", csv, "--ics", ics)
    assert done.status == 0, done.err
    assert "indicative only" in done.out
    assert pd.read_csv(csv)["indicative"].all()
    assert "(indicative)" in ics.read_text()
    negative = moonstation(
        "windows", "connecting-ridge", "--sun-elevation", "-1 deg..-0.5 deg", "--days", "30"
    )
    assert negative.status == 0, negative.err
    assert "between -1 and -0.5 deg" in negative.out


def test_a_station_gives_start_span_and_height(moonstation: Run) -> None:
    done = moonstation("windows", "ilrs:base", "--earth-visible")
    assert done.status == 0, done.err
    assert "10 m above ground; 2035-01-01 00:00" in done.out


def test_no_window_and_many_windows(moonstation: Run) -> None:
    assert "no window in this span" in moonstation(*RIDGE, "--sun-elevation", "60 deg..").out
    many = ("windows", "connecting-ridge", "--years", "18.6", "--lit")
    short, long = moonstation(*many), moonstation(*many, "--all")
    assert "more; see them with --all" in short.out
    assert len(long.out.splitlines()) > len(short.out.splitlines()) > 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["connecting-ridge"], "no condition is given"),
        (["conecting-ridge", "--lit"], "did you mean connecting-ridge"),
        (["ilrs:bse", "--lit"], "did you mean ilrs:base"),
        (["connecting-ridge", "--sun-elevation", "8 deg..2 deg"], "--sun-elevation"),
        (["connecting-ridge", "--sun-elevation", "8 deg"], "no range"),
        (["connecting-ridge", "--sun-elevation", "2 km.."], "a length"),
        (["connecting-ridge", "--lit-for", "10"], "--lit-for"),
        (["connecting-ridge", "--lit-for", "-3 d"], "--lit-for"),
        (["connecting-ridge", "--lit", "--days", "1", "--years", "1"], "one of them"),
        (["connecting-ridge", "--lit", "--days", "-3"], "above zero"),
        (["connecting-ridge", "--lit", "--days", "nan"], "above zero"),
        (["connecting-ridge", "--lit", "--days", "1e9"], "take fewer"),
        (["connecting-ridge", "--lit", "--start", "2149-12-01"], "kernels cover"),
        (["connecting-ridge", "--lit", "--start", "2035-01-01T00:00"], "2035-01-01T00:00"),
        (["connecting-ridge", "--lit", "--height", "50 m"], "50 m above ground"),
        (["connecting-ridge", "--lit", "--csv", "no/such/folder.csv"], "folder does not exist"),
        (["connecting-ridge", "--lit", "--terrain", "nowhere.tif"], "nowhere.tif"),
        (["-89.45, 3 deg", "--lit"], "no unit"),
    ],
)
def test_windows_refuses_what_makes_no_sense_in_one_line(
    moonstation: Run, arguments: list[str], words: str
) -> None:
    done = moonstation("windows", *arguments)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_site_show_tells_and_draws_one_place(moonstation: Run, tmp_path: Path) -> None:
    page = tmp_path / "site.html"
    done = moonstation("site", "show", "connecting-ridge", "--days", "60", "--out", page)
    assert done.status == 0, done.err
    for words in (
        "ground over 1737.4 km",
        "longest dark spell",
        "Earth in view",
        "darkest month, 18.6 years",
    ):
        assert words in done.out
    text = page.read_text(encoding="utf-8")
    for name in ("fig-sky-1", "fig-light-1", "fig-cycle-1"):
        assert f'id="{name}"' in text
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text[: text.index('<script type="application/json"')])
    assert "indicative only" not in text
    again = tmp_path / "again.html"
    moonstation("site", "show", "connecting-ridge", "--days", "60", "--out", again)
    assert again.read_bytes() == page.read_bytes()


def test_site_show_sets_places_side_by_side_and_marks_coarse_terrain(
    moonstation: Run, tmp_path: Path
) -> None:
    page = tmp_path / "sites.html"
    done = moonstation(
        "site", "show", "--compare", "connecting-ridge", "-89.9 deg, -156 deg", "ilrs:base", "--days", "40",
        "--start", "2035-03-01", "--out", page,
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "note: indicative only" in done.out
    text = page.read_text(encoding="utf-8")
    assert text.count("(indicative)</th>") == 3  # summary, months, worst months
    assert text.count('class="limit">indicative: 3.8') == 3  # sky, calendar, cycle
    for i in (1, 2, 3):
        assert f'id="fig-cycle-{i}"' in text


def test_site_show_of_a_place_that_never_sees_the_sun(moonstation: Run, tmp_path: Path) -> None:
    # the floor of Shackleton
    done = moonstation("site", "show", "-89.66 deg, 129 deg", "--days", "1", "--out", tmp_path / "dark.html")
    assert done.status == 0, done.err
    assert re.search(r"any sunlight +0\s%", done.out)
    assert re.search(r"longest light spell +none", done.out)
    assert "never sees the Sun" in (tmp_path / "dark.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["conecting-ridge"], "did you mean connecting-ridge"),
        (["connecting-ridge", "shackleton-rim"], "--compare"),
        (["connecting-ridge", "--days", "0.1"], "a day or more"),
        (["connecting-ridge", "--start", "2140-01-01"], "kernels cover"),
        (["connecting-ridge", "--out", "no/such/site.html"], "folder does not exist"),
        (["--compare", *["connecting-ridge"] * 9], "8 at most"),
    ],
)
def test_site_show_refuses_what_makes_no_sense(moonstation: Run, arguments: list[str], words: str) -> None:
    done = moonstation("site", "show", *arguments)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
