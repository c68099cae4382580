"""Epochs: UTC at the edge, TDB seconds past J2000 inside."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray, TimeArray
from moonstation.errors import TimeError
from moonstation.formats.spice import LeapSeconds, read_leap_seconds

LEAP_SECONDS_FILE = Path(__file__).parents[1] / "data" / "kernels" / "leapseconds.tls"
J2000 = np.datetime64("2000-01-01T12:00:00", "ns")
NS = 1_000_000_000
FARTHEST_S = 8.0e9
"""Seconds from J2000 within which nanosecond dates work: 1746 to 2253."""

_TEXT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d+))?)?"
    r"\s*(?P<scale>Z|UTC|TDB|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def leap_seconds() -> LeapSeconds:
    """Leap seconds of the packaged kernel."""
    return read_leap_seconds(LEAP_SECONDS_FILE)


def _tdb_minus_tt(et: FloatArray) -> FloatArray:
    lsk = leap_seconds()
    m = lsk.m0 + lsk.m1 * et
    result: FloatArray = lsk.k * np.sin(m + lsk.eb * np.sin(m))
    return result


def tt_to_tdb(seconds: FloatArray) -> FloatArray:
    """TDB seconds past J2000 of TT seconds past J2000 (2000-01-01T12:00:00 on their clock), any shape [s]."""
    tt = np.asarray(seconds, dtype=np.float64)
    return tt + _tdb_minus_tt(tt + _tdb_minus_tt(tt))


def _tai_minus_utc(clock_ns: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> FloatArray:
    """TAI minus UTC [s] for UTC clock readings, ns past 2000-01-01T12:00 without leap seconds."""
    lsk = leap_seconds()
    edges = (lsk.days.astype("datetime64[ns]") - J2000).astype(np.int64)
    which = np.searchsorted(edges, clock_ns, side="right") - 1
    if np.any(which < 0):
        raise TimeError(
            f"UTC before {lsk.days[0]} has no leap seconds table; give a later time, or one in TDB"
        )
    return lsk.offsets[which]


def utc_to_tdb(times: TimeArray) -> FloatArray:
    """TDB seconds past J2000 of UTC times.

    Parameters
    ----------
    times : array of datetime64, any shape
        UTC.

    Returns
    -------
    ndarray
        TDB seconds past J2000 [s], same shape, within 30 microseconds of the definition of TDB and 1e-7 s of SPICE.

    Raises
    ------
    TimeError
        If a time lies before 1972, where UTC had no leap seconds, or is NaT.
    """
    moments = np.asarray(times)
    if np.any(np.isnat(moments)):
        raise TimeError("a time is missing (NaT); give every time")
    # checked on days, since what nanoseconds cannot hold would wrap round without a word
    days = moments.astype("datetime64[D]")
    if np.any(np.abs((days - J2000.astype("datetime64[D]")).astype(np.int64)) * 86400.0 > FARTHEST_S):
        raise TimeError(f"UTC {np.min(days)} to {np.max(days)} is out of reach; give times from 1972 to 2253")
    clock = (moments.astype("datetime64[ns]") - J2000).astype(np.int64)
    tt = clock / NS + _tai_minus_utc(clock) + leap_seconds().delta_t_a
    return tt_to_tdb(tt)


def tdb_to_utc(et: FloatArray) -> TimeArray:
    """UTC times of TDB seconds past J2000.

    Parameters
    ----------
    et : ndarray, any shape
        TDB seconds past J2000 [s].

    Returns
    -------
    ndarray of datetime64[ns]
        UTC, rounded to the microsecond (a double keeps little more); a leap second shows as the second after it.

    Raises
    ------
    TimeError
        If a time lies before 1972 or after 2253, or is no number.
    """
    seconds = np.asarray(et, dtype=np.float64)
    if not np.all(np.abs(seconds) <= FARTHEST_S):
        raise TimeError("a TDB time is no number or out of reach of UTC; give times from 1972 to 2253")
    lsk = leap_seconds()
    tai = seconds - _tdb_minus_tt(seconds) - lsk.delta_t_a
    # when each offset begins, counted in TAI: there the leap second still belongs to the offset before it
    begins = (lsk.days.astype("datetime64[ns]") - J2000).astype(np.int64) / NS + lsk.offsets
    which = np.searchsorted(begins, tai + 1e-6, side="right") - 1
    if np.any(which < 0):
        raise TimeError(f"TDB before {lsk.days[0]} UTC has no UTC; give a later time")
    clock = np.rint((tai - lsk.offsets[which]) * 1e6).astype(np.int64) * 1000
    return J2000 + clock.astype("timedelta64[ns]")


def _moment(clock: datetime) -> np.datetime64:
    """Reading of a clock, to the microsecond, in nanoseconds, which reach no further than 1678 to 2262."""
    if not 1747 <= clock.year <= 2252:
        raise TimeError(f"year {clock.year} is out of reach; give a year from 1747 to 2252")
    return np.datetime64(clock, "ns")


@dataclass(frozen=True, order=True)
class Epoch:
    """An instant, kept as whole and fractional TDB seconds past J2000 so that no digits are lost.

    Attributes
    ----------
    whole : int
        Whole seconds, TDB past J2000.
    fraction : float
        The rest, in [0, 1) [s].
    """

    whole: int
    fraction: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraction < 1.0:
            raise TimeError(f"fraction of an epoch is {self.fraction}; it must lie in [0, 1)")
        if abs(self.whole) > FARTHEST_S:
            raise TimeError(
                f"epoch at {self.whole} s past J2000 is out of reach; give a time from 1747 to 2253"
            )

    @classmethod
    def parse(cls, time: "str | date | datetime | Epoch") -> "Epoch":
        """Read a time that names its scale.

        Parameters
        ----------
        time : str, date or datetime
            "2035-01-01" (00:00 UTC), "2035-01-01T06:00:00Z", "... UTC", "... TDB", "...+03:00"; a date; a datetime
            with its zone. A leap second, "2016-12-31T23:59:60Z", is a time as any other.

        Raises
        ------
        TimeError
            If there is no scale or zone, or the text is no time; the message has the cure.
        """
        if isinstance(time, Epoch):
            return time
        if isinstance(time, datetime):
            if time.tzinfo is None:
                raise TimeError(
                    f"{time.isoformat()} has no time zone: give it one, e.g. {time.isoformat()}Z for UTC"
                )
            return cls._from_utc(_moment(time.astimezone(UTC).replace(tzinfo=None)))
        if isinstance(time, date):
            return cls._from_utc(_moment(datetime(time.year, time.month, time.day)))  # noqa: DTZ001
        match = _TEXT.fullmatch(time.strip())
        if match is None:
            raise TimeError(
                f"'{time}' is no time: write 2035-01-01, 2035-01-01T06:00:00Z or 2035-01-01T06:00:00 TDB"
            )
        day, clock, digits, scale = match.group("day", "clock", "fraction", "scale")
        if clock is not None and scale is None:
            raise TimeError(
                f"'{time}' has no time scale: write {time.strip()}Z for UTC or '{time.strip()} TDB'"
            )
        leap = scale is not None and scale.upper() != "TDB" and clock is not None and clock.endswith(":60")
        if leap:
            clock = clock[:-2] + "59"
        try:
            moment = _moment(datetime.fromisoformat(f"{day}T{clock or '00:00:00'}"))
        except ValueError as error:
            raise TimeError(f"'{time}' is no time: {error}") from error
        fraction = float(f"0.{digits}") if digits else 0.0
        scale = (scale or "Z").upper()
        if scale == "TDB":
            return cls(int((moment - J2000).astype(np.int64) // NS), 0.0) + fraction
        if scale not in ("Z", "UTC"):
            sign = -1 if scale[0] == "-" else 1
            hours, minutes = int(scale[1:3]), int(scale[-2:])
            if hours > 14 or minutes > 59:
                raise TimeError(f"'{time}' has no such time zone: write -14:00 to +14:00, or Z for UTC")
            moment = moment - np.timedelta64(sign * (60 * hours + minutes), "m")
        if not leap:
            return cls._from_utc(moment, fraction)
        after = cls._from_utc(moment + np.timedelta64(1, "s"))
        if round(after - cls._from_utc(moment)) != 2:
            raise TimeError(f"'{time}' is no time: no leap second was inserted then; write 59 or less")
        return cls._from_utc(moment, fraction) + 1.0

    @classmethod
    def _from_utc(cls, moment: np.datetime64, fraction: float = 0.0) -> "Epoch":
        clock = np.array([(moment - J2000).astype(np.int64)])
        whole, rest = divmod(int(clock[0]), NS)
        offset = float(_tai_minus_utc(clock)[0])
        shift = leap_seconds().delta_t_a + float(_tdb_minus_tt(utc_to_tdb(np.array([moment])))[0])
        return cls(whole + int(offset), 0.0) + (rest / NS + fraction + shift)

    @classmethod
    def from_tdb_s(cls, seconds: float) -> "Epoch":
        """Epoch at TDB seconds past J2000."""
        if not abs(seconds) <= FARTHEST_S:
            raise TimeError(f"epoch at {seconds} s past J2000 is out of reach; give a time from 1747 to 2253")
        whole = int(np.floor(seconds))
        return cls(whole, float(seconds - whole))

    @property
    def tdb_s(self) -> float:
        """TDB seconds past J2000 [s]."""
        return self.whole + self.fraction

    @property
    def utc(self) -> str:
        """UTC, ISO 8601 to the millisecond, with Z."""
        moment = tdb_to_utc(np.array([self.tdb_s]))[0]
        return f"{np.datetime_as_string(moment + np.timedelta64(500, 'us'), unit='ms')}Z"

    @property
    def tdb(self) -> str:
        """TDB, ISO 8601 to the microsecond, without a mark."""
        moment = J2000 + np.timedelta64(self.whole * NS + round(self.fraction * 1e6) * 1000, "ns")
        return str(np.datetime_as_string(moment, unit="us"))

    def __add__(self, seconds: float) -> "Epoch":
        whole = int(np.floor(seconds))
        fraction = self.fraction + (seconds - whole)
        carry = int(np.floor(fraction))
        return Epoch(self.whole + whole + carry, min(fraction - carry, np.nextafter(1.0, 0.0)))

    def __sub__(self, other: "Epoch") -> float:
        return (self.whole - other.whole) + (self.fraction - other.fraction)

    def __str__(self) -> str:
        return self.utc
