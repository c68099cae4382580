"""Numbers in plain words, at the edges where wording goes wrong."""

import numpy as np
import pytest

from moonstation.report import wording

SPACE = wording.NO_BREAK


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.99996, "over 99.9 %"),
        (0.0001, "under 0.1 %"),
        (0.874, "87.4 %"),
        (0.9, "90 %"),
        (-0.12, f"{wording.MINUS}12 %"),
        (1.25, "125 %"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_share_reaches_its_ends_only_when_it_is_there(value: float | None, words: str) -> None:
    assert wording.share(value).replace(SPACE, " ") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (8.0, "8 s"),
        (720.0, "12 min"),
        (46_800.0, "13 h"),
        (4.62 * 86_400, "4.6 d"),
        (20.2 * 86_400, "20.2 d"),
        (365 * 86_400, "365 d"),
        (-12.8 * 86_400, f"{wording.MINUS}12.8 d"),
    ],
)
def test_duration_takes_the_unit_that_reads_best(seconds: float, words: str) -> None:
    assert wording.duration(seconds).replace(SPACE, " ") == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (0.05012, "0.0501"),
        (1234.4, "1 234"),
        (-12.84, f"{wording.MINUS}12.8"),
        (999.7, "1 000"),
    ],
)
def test_number_has_no_powers_and_no_empty_decimals(value: float, words: str) -> None:
    assert wording.number(value).replace(wording.NARROW_SPACE, " ") == words


@pytest.mark.parametrize(("n", "words"), [(0, "no site"), (1, "1 site"), (3, "3 sites")])
def test_count_in_singular_and_plural(n: int, words: str) -> None:
    assert wording.count(n, "site") == words


def test_listing_counts_what_it_leaves_out() -> None:
    assert wording.listing([]) == ""
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b"]) == "a and b"
    assert wording.listing(["a", "b", "c", "d", "e"], 3) == "a, b and 3 others"


def test_units_scale() -> None:
    assert wording.power(1500.0).replace(SPACE, " ") == "1.5 kW"
    assert wording.energy(9e8).replace(SPACE, " ") == "250 kWh"
    assert wording.volume(6.31e13).replace(SPACE, " ") == "63.1 Tbit"
    assert wording.power(0.0).replace(SPACE, " ") == "0 W"


def test_days_and_places() -> None:
    assert wording.minute(np.datetime64("2035-06-12T04:20:31")) == "2035-06-12 04:20 UTC"
    assert wording.latitude(-88.8).replace(SPACE, " ") == "88.80° S"
    assert wording.longitude(-137.3).replace(SPACE, " ") == "137.30° W"
    assert [wording.compass(a) for a in (0.0, 44.0, 181.0, 350.0)] == ["N", "NE", "S", "N"]
