"""The arithmetic behind the figures, each against a plain way to get the same."""

import json
import zlib
from itertools import pairwise

import numpy as np
import pytest

from moonstation.report import figure, relief
from moonstation.report.contacts import covered
from moonstation.report.light import month_grid
from moonstation.report.map import pole_plane
from moonstation.report.palette import tint


def test_days_group_a_series_that_starts_inside_a_day() -> None:
    times = np.datetime64("2035-01-01T18:00", "ns") + np.arange(10) * np.timedelta64(6, "h")
    values = np.arange(10.0)
    days = figure.Days.of(times)
    assert [str(d) for d in days.day] == ["2035-01-01", "2035-01-02", "2035-01-03", "2035-01-04"]
    assert days.total(values).tolist() == [0.0, 10.0, 26.0, 9.0]
    assert days.mean(values).tolist() == [0.0, 2.5, 6.5, 9.0]
    assert days.lowest(values).tolist() == [0.0, 1.0, 5.0, 9.0]
    assert days.highest(values).tolist() == [0.0, 4.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("mask", "run"),
    [([0, 1, 1, 0, 1], (1, 3)), ([0, 0], (0, 0)), ([1, 1, 1], (0, 3)), ([1, 0, 1, 1], (2, 4)), ([], (0, 0))],
)
def test_longest_run(mask: list[int], run: tuple[int, int]) -> None:
    assert figure.longest_run(np.array(mask, dtype=bool)) == run


def test_covered_share_against_a_scan() -> None:
    rng = np.random.default_rng(5)
    start = np.datetime64("2035-01-01", "ns")
    edges = start + np.array([0, 5, 24, 48, 55]) * np.timedelta64(3600, "s")
    cuts = np.sort(rng.choice(np.arange(55 * 60), 40, replace=False))
    begin, end = (start + cuts[i::2] * np.timedelta64(60, "s") for i in (0, 1))
    scan = start + (np.arange(55 * 60) * 60 + 30) * np.timedelta64(1, "s")
    inside = ((scan[:, None] >= begin) & (scan[:, None] < end)).any(axis=1)
    expected = [inside[(scan >= a) & (scan < b)].mean() for a, b in pairwise(edges)]
    assert covered(begin, end, edges) == pytest.approx(expected, abs=1e-12)


def test_calendar_puts_days_in_their_month_and_leaves_the_others_empty() -> None:
    day = np.arange(np.datetime64("2035-01-30"), np.datetime64("2035-03-02"))
    names, grid = month_grid(day, np.arange(len(day), dtype=float))
    assert names == ["Jan 2035", "Feb 2035", "Mar 2035"]
    assert grid[0, 29] == 0.0
    assert grid[1, 0] == 2.0
    assert grid[2, 0] == 30.0
    assert np.isnan(grid[0, :29]).all()
    assert np.isnan(grid[1, 28:]).all()


def test_pole_plane_turns_as_seen_from_above() -> None:
    # Snyder (1987), fig. 24: the south polar aspect has 0 deg up and east longitudes clockwise, the north polar
    # aspect has 0 deg down and east longitudes counter-clockwise
    x, y = pole_plane([-89.0] * 3, [0.0, 90.0, 180.0], south=True)
    assert np.sign(np.round(x, 3)).tolist() == [0.0, 1.0, 0.0]
    assert np.sign(np.round(y, 3)).tolist() == [1.0, 0.0, -1.0]
    x, y = pole_plane([89.0] * 3, [0.0, 90.0, 180.0], south=False)
    assert np.sign(np.round(x, 3)).tolist() == [0.0, 1.0, 0.0]
    assert np.sign(np.round(y, 3)).tolist() == [-1.0, 0.0, 1.0]
    # true scale at the pole: one degree is R pi / 180 there, within the (1 + x^2 / 12) of the projection
    assert np.hypot(*pole_plane(-89.0, 30.0, south=True)) == pytest.approx(1737.4e3 * np.pi / 180, rel=3e-5)


def test_hillshade_lights_slopes_that_face_the_upper_left() -> None:
    y, x = np.mgrid[0:9, 0:9] * 100.0
    facing, averted, flat = x - y, y - x, 0.0 * x
    bright, dark, level = (relief.hillshade(0.3 * z, 100.0)[4, 4] for z in (facing, averted, flat))
    assert bright > level > dark
    assert relief.hillshade(np.full((3, 3), np.nan), 1.0).min() == 255


def test_png_holds_the_picture() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    content = relief.png(grey)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    start = content.index(b"IDAT") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(content[start : start + length]), dtype=np.uint8).reshape(3, 5)
    assert rows[:, 0].tolist() == [2, 2, 2]
    assert np.array_equal(np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8), grey)


@pytest.mark.parametrize("n", [301, 300, 1001, 7])
@pytest.mark.parametrize("wanted", [40e3, 75e3, 1e9])
def test_cropped_relief_keeps_the_pole_in_the_middle(n: int, wanted: float) -> None:
    line = np.linspace(-200e3, 200e3, n)
    kept, reach = relief.cropped(np.broadcast_to(line, (n, n)), 200e3, wanted)
    assert kept.shape[0] == kept.shape[1] <= relief.MOST_PIXELS
    assert kept[0, 0] == pytest.approx(-reach)
    assert kept[0, -1] == pytest.approx(reach)
    assert reach >= min(wanted, 200e3) - 4 * 400e3 / (n - 1)


def test_numbers_have_holes_but_no_nan_and_no_negative_zero() -> None:
    assert figure.numbers(np.array([1.234, np.nan, -0.001]), 1) == [1.2, None, 0.0]
    assert json.dumps(figure.numbers(np.array([1.6, -0.2]), 0)) == "[2, 0]"


def test_json_cannot_end_its_script() -> None:
    text = figure.to_json({"a": "</script><b>&"})
    assert "<" not in text
    assert json.loads(text) == {"a": "</script><b>&"}


def test_tint() -> None:
    assert tint("#0072B2", 0.25) == "rgba(0,114,178,0.25)"
