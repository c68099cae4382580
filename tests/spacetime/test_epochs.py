"""Epochs: what is read, what is refused, and that no digits are lost."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonstation.errors import TimeError
from moonstation.spacetime.epochs import Epoch, leap_seconds, tdb_to_utc, utc_to_tdb

UTC_TIMES = st.datetimes(min_value=datetime(1972, 1, 2), max_value=datetime(2252, 1, 1))  # noqa: DTZ001


def test_j2000() -> None:
    assert Epoch.parse("2000-01-01T12:00:00 TDB") == Epoch(0, 0.0)
    # SPICE, str2et("2000-01-01 12:00:00 UTC")
    assert Epoch.parse("2000-01-01T12:00:00Z").tdb_s == pytest.approx(64.183927284669423, abs=1e-9)


@pytest.mark.parametrize(
    "time",
    [
        "2035-01-01",
        "2035-01-01Z",
        "2035-01-01T00:00Z",
        "2035-01-01 00:00:00 UTC",
        "2035-01-01T00:00:00.000z",
        " 2035-01-01T03:00:00+03:00 ",
        "2034-12-31T19:30:00-0430",
        date(2035, 1, 1),
        datetime(2035, 1, 1, tzinfo=UTC),
        datetime(2035, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        Epoch.parse("2035-01-01"),
    ],
)
def test_ways_to_write_the_same_instant(time) -> None:
    assert Epoch.parse(time).utc == "2035-01-01T00:00:00.000Z"
    assert Epoch.parse(time) == Epoch.parse("2035-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("time", "cure"),
    [
        (
            "2028-01-01T00:00:00",
            "has no time scale: write 2028-01-01T00:00:00Z for UTC or '2028-01-01T00:00:00 TDB'",
        ),
        ("2028-01-01 06:00", "has no time scale: write"),
        (datetime(2028, 1, 1), "has no time zone: give it one"),  # noqa: DTZ001
        ("2028-1-1", "is no time: write 2035-01-01"),
        ("tomorrow", "is no time: write 2035-01-01"),
        ("", "is no time"),
        ("2028-02-30", "is no time: day is out of range"),
        ("2028-01-01T25:00:00Z", "is no time: hour must be in"),
        ("2028-01-01T00:00:00+25:00", "no such time zone"),
        ("2035-06-30T23:59:60Z", "no leap second was inserted then"),
        ("2035-06-30T23:59:60 TDB", "is no time: second must be in"),
        ("1969-07-20", "before 1972-01-01 has no leap seconds table; give a later time, or one in TDB"),
        ("9999-01-01", "year 9999 is out of reach"),
        ("1500-01-01 TDB", "year 1500 is out of reach"),
        (date(2300, 1, 1), "year 2300 is out of reach"),
        (datetime(3000, 1, 1, tzinfo=UTC), "year 3000 is out of reach"),
    ],
)
def test_refused_with_the_cure(time, cure: str) -> None:
    with pytest.raises(TimeError) as caught:
        Epoch.parse(time)
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seconds", [np.nan, np.inf, 1e10, -1e300])
def test_wild_seconds_are_refused(seconds: float) -> None:
    with pytest.raises(TimeError, match="out of reach"):
        Epoch.from_tdb_s(seconds)
    with pytest.raises(TimeError, match="out of reach"):
        tdb_to_utc(np.array([seconds]))


def test_fraction_is_a_fraction() -> None:
    with pytest.raises(TimeError, match=r"must lie in \[0, 1\)"):
        Epoch(0, 1.0)


def test_digits_are_kept() -> None:
    epoch = Epoch.parse("2035-01-01T00:00:00.123456789012 TDB")
    assert epoch.fraction == 0.123456789012
    assert (epoch + 1e-9) - epoch == pytest.approx(1e-9, rel=1e-6)
    assert Epoch.parse("1999-12-31T23:59:59.75 TDB") == Epoch(-43201, 0.75)


def test_text() -> None:
    epoch = Epoch.parse("2035-01-01T06:00:00.1239996Z")
    assert epoch.utc == str(epoch) == "2035-01-01T06:00:00.124Z"
    assert Epoch.parse("2035-01-01T23:59:59.9996Z").utc == "2035-01-02T00:00:00.000Z"
    assert Epoch.parse("1849-12-28T01:02:03.5 TDB").tdb == "1849-12-28T01:02:03.500000"


def test_leap_second_is_an_instant_of_its_own() -> None:
    before, leap, after = (
        Epoch.parse(text) for text in ("2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01")
    )
    assert leap - before == pytest.approx(1.0, abs=1e-9)
    assert after - leap == pytest.approx(1.0, abs=1e-9)
    assert Epoch.parse("2017-01-01T02:59:60+03:00") == leap
    assert leap.utc == "2017-01-01T00:00:00.000Z"


def test_table_of_leap_seconds() -> None:
    lsk = leap_seconds()
    assert len(lsk.days) == 28
    assert (str(lsk.days[0]), lsk.offsets[0]) == ("1972-01-01", 10.0)
    assert (str(lsk.days[-1]), lsk.offsets[-1]) == ("2017-01-01", 37.0)
    assert (np.diff(lsk.offsets) == 1.0).all()


def test_leap_second_shows_as_the_second_after_it() -> None:
    """The clock reads the first second of the day twice, as POSIX clocks do, and never runs back elsewhere."""
    for day in leap_seconds().days[1:]:
        utc = tdb_to_utc(utc_to_tdb(np.array([day]))[0] + np.arange(-300, 300) * 0.01 + 0.001)
        steps = np.diff(utc)
        back = np.flatnonzero(steps < np.timedelta64(0))
        np.testing.assert_array_equal(back, [299])
        assert abs(steps[299] + np.timedelta64(990, "ms")) <= np.timedelta64(2, "us")
        assert utc[200] - day.astype("datetime64[ns]") <= np.timedelta64(2, "ms")


@settings(deadline=None)
@given(UTC_TIMES)
def test_utc_comes_back(time: datetime) -> None:
    text = time.isoformat(timespec="milliseconds") + "Z"
    assert Epoch.parse(text).utc == text


@settings(deadline=None)
@given(st.lists(UTC_TIMES, min_size=1, max_size=20))
def test_arrays_come_back(times: list[datetime]) -> None:
    utc = np.array(times, dtype="datetime64[ns]")
    et = utc_to_tdb(utc)
    # a double keeps 1e-6 s so far from J2000
    assert np.max(np.abs(tdb_to_utc(et) - utc)) <= np.timedelta64(2, "us")
    single = [Epoch.parse(time.replace(tzinfo=UTC)).tdb_s for time in times]
    np.testing.assert_allclose(et, single, rtol=0, atol=2e-6)


@settings(deadline=None)
@given(st.integers(-4_000_000_000, 4_000_000_000), st.floats(0, 1, exclude_max=True), st.floats(-1e9, 1e9))
def test_arithmetic(whole: int, fraction: float, seconds: float) -> None:
    epoch = Epoch(whole, fraction)
    later = epoch + seconds
    assert 0.0 <= later.fraction < 1.0
    assert later - epoch == pytest.approx(seconds, abs=3e-7)
    assert (later > epoch) == (seconds > 0) or abs(seconds) < 1e-9
    assert Epoch.from_tdb_s(epoch.tdb_s) - epoch == pytest.approx(0.0, abs=1e-6)


def test_arrays_that_cannot_be() -> None:
    with pytest.raises(TimeError, match="missing"):
        utc_to_tdb(np.array(["2035-01-01", "NaT"], dtype="datetime64[ns]"))
    with pytest.raises(TimeError, match="before 1972"):
        utc_to_tdb(np.array(["1971-12-31"], dtype="datetime64[D]"))
    # nanoseconds would wrap round to another year
    with pytest.raises(TimeError, match="2600-01-01 is out of reach"):
        utc_to_tdb(np.array(["2035-01-01", "2600-01-01"], dtype="datetime64[s]"))
    with pytest.raises(TimeError, match="before 1972-01-01"):
        tdb_to_utc(np.array([-1e9]))
