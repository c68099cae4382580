"""Averages, spells and months of a series of light."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.epochs import utc_to_tdb
from moonstation.sunlight.statistics import light_statistics, monthly, spells

HOUR = 3600.0


def epochs(start: str, n: int, step_h: int = 1) -> np.ndarray:
    utc = np.datetime64(start, "ns") + np.arange(n) * np.timedelta64(step_h, "h")
    return utc_to_tdb(utc)


def test_a_spell_of_k_samples_lasts_k_steps():
    et = epochs("2035-01-01T00:00:00", 10)
    fraction = np.array([1, 1, 0, 0, 0, 0.2, 0, 0, 1, 1], dtype=float)
    s = light_statistics(et, fraction)
    assert s.average == pytest.approx(0.42)
    assert s.any_light == pytest.approx(0.5)
    assert s.longest_dark == pytest.approx(3 * HOUR, abs=1e-3)
    assert (s.longest_dark_start, s.longest_dark_stop) == (et[2], et[5])
    assert not s.longest_dark_clipped
    assert s.dark_spells == 2
    # Two light spells of two hours: the first counts, and it may have begun before the series.
    assert s.longest_light == pytest.approx(2 * HOUR, abs=1e-3)
    assert s.longest_light_start == et[0]
    assert s.longest_light_clipped
    assert s.step == pytest.approx(HOUR, abs=1e-4)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_all_dark_and_all_light(level):
    et = epochs("2035-01-01T00:00:00", 24)
    s = light_statistics(et, np.full(24, level))
    longest, none = (s.longest_light, s.longest_dark) if level else (s.longest_dark, s.longest_light)
    assert longest == pytest.approx(24 * HOUR, abs=1e-2)
    assert none == 0.0
    assert np.isnan(s.longest_dark_start if level else s.longest_light_start)
    table = spells(et, np.full(24, level))
    assert table["kind"].tolist() == ["light" if level else "dark"]
    assert table["clipped"].tolist() == [True]


def test_random_series_against_a_plain_count():
    rng = np.random.default_rng(5)
    et = epochs("2035-01-01T00:00:00", 3000)
    fraction = np.where(rng.random(3000) < 0.7, rng.random(3000), 0.0)
    longest = {True: 0, False: 0}
    run, previous = 0, None
    for lit in (fraction > 0.0).tolist():
        run = run + 1 if lit == previous else 1
        previous = lit
        longest[lit] = max(longest[lit], run)
    s = light_statistics(et, fraction)
    assert round(s.longest_dark / HOUR) == longest[False]
    assert round(s.longest_light / HOUR) == longest[True]
    table = spells(et, fraction)
    assert table["duration_s"].sum() == pytest.approx(3000 * HOUR, rel=1e-6)
    assert (table["kind"] == "dark").sum() == s.dark_spells
    dark = table[table["kind"] == "dark"]
    assert dark["duration_s"].max() == pytest.approx(s.longest_dark)


def test_months_are_calendar_months_in_utc():
    n = (31 + 28 + 1) * 24
    et = epochs("2035-01-01T00:00:00", n)
    fraction = np.ones(n)
    fraction[30 * 24 : 33 * 24] = 0.0  # dark from 31 January to 2 February
    table = monthly(et, fraction)
    assert table["month"].tolist() == ["2035-01", "2035-02", "2035-03"]
    assert table["average"].tolist() == pytest.approx([30 / 31, 26 / 28, 1.0])
    assert table["longest_dark_s"].tolist() == pytest.approx([86_400.0, 2 * 86_400.0, 0.0], abs=0.1)
    assert table["days"].tolist() == pytest.approx([31, 28, 1], abs=1e-5)


def test_spells_carry_utc_text():
    et = epochs("2035-01-01T00:00:00", 6)
    table = spells(et, np.array([0, 1, 1, 0, 0, 1.0]))
    assert table["start_utc"].tolist()[1] == "2035-01-01T01:00:00Z"
    assert table["end_utc"].tolist()[-1] == "2035-01-01T06:00:00Z"
    assert table["clipped"].tolist() == [True, False, False, True]


def test_a_leap_second_is_no_uneven_step():
    et = epochs("2016-12-31T12:00:00", 24)
    assert float(et[-1] - et[0]) == pytest.approx(23 * HOUR + 1.0, abs=1e-2)
    assert light_statistics(et, np.ones(24)).any_light == 1.0


def test_refuses_what_is_no_even_series():
    et = epochs("2035-01-01T00:00:00", 10)
    with pytest.raises(RequestError, match="even steps"):
        light_statistics(np.delete(et, 4), np.ones(9))
    with pytest.raises(RequestError, match="of one length"):
        light_statistics(et, np.ones(9))
    with pytest.raises(RequestError, match="two or more"):
        light_statistics(et[:1], np.ones(1))
    with pytest.raises(RequestError, match="nan"):
        monthly(et, np.full(10, np.nan))
    with pytest.raises(RequestError, match="even steps"):
        spells(et[::-1].copy(), np.ones(10))
