"""SPICE kernels read as arrays: Chebyshev records of SPK and binary PCK, leap seconds of an LSK."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

import numpy as np
import spiceypy
from spiceypy.utils.exceptions import SpiceyError

from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError

CHEBYSHEV_POSITION = 2
"""Data type of segments with Chebyshev polynomials for three components, no rates."""

J2000_AXES = 1
"""SPICE's number of the J2000 frame, whose axes are taken as the ICRF's, as DE440 does."""

_SPICE = Lock()
"""The SPICE toolkit keeps one state for the whole process: one thread at a time."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class ChebyshevSegment:
    """Where one type 2 segment of an SPK or a binary PCK lies; `read_records` reads its coefficients.

    Attributes
    ----------
    path : Path
        The file.
    target, centre : int
        NAIF ids of body and centre; for a PCK the frame class id and the reference frame id.
    start, stop : float
        Span, TDB seconds past J2000.
    first : float
        Where the first record begins, TDB seconds past J2000.
    length : float
        Length of a record [s].
    size, count : int
        Words in a record and number of records.
    address : int
        First word of the first record in the file.
    """

    path: Path
    target: int
    centre: int
    start: float
    stop: float
    first: float
    length: float
    size: int
    count: int
    address: int


def list_segments(path: Path) -> list[ChebyshevSegment]:
    """List the Chebyshev segments (type 2, axes of J2000) of an SPK or a binary PCK; other segments are passed over.

    Raises
    ------
    DataFileError
        If the file is missing, damaged, or neither of the two.
    """
    with opened_kernel(path) as (handle, kind):
        segments = []
        spiceypy.dafbfs(handle)
        while spiceypy.daffna():
            span, numbers = spiceypy.dafus(spiceypy.dafgs(), 2, 6 if kind == "SPK" else 5)
            # SPK: body, centre, frame, type, begin, end; PCK: frame class, frame, type, begin, end
            frame, data_type, begin, end = (int(number) for number in numbers[-4:])
            if data_type != CHEBYSHEV_POSITION or frame != J2000_AXES:
                continue
            first, length, size, count = (float(word) for word in spiceypy.dafgda(handle, end - 3, end))
            if not (size >= 5 and size % 3 == 2 and length > 0 and size * count + 4 == end - begin + 1):
                raise DataFileError(f"{path}: damaged (segment of {numbers[0]}); fetch the kernel again")
            segments.append(
                ChebyshevSegment(
                    path=path,
                    target=int(numbers[0]),
                    centre=int(numbers[1]),
                    start=float(span[0]),
                    stop=float(span[1]),
                    first=first,
                    length=length,
                    size=int(size),
                    count=int(count),
                    address=begin,
                )
            )
    return segments


def read_records(segment: ChebyshevSegment) -> FloatArray:
    """Read the coefficients of a segment, shape (n_records, 3, n_coefficients), in the file's units (km, or rad).

    Raises
    ------
    DataFileError
        If the file went missing, is cut off, or holds numbers that are not finite.
    """
    with opened_kernel(segment.path) as (handle, _):
        last = segment.address + segment.size * segment.count - 1
        words = np.asarray(spiceypy.dafgda(handle, segment.address, last), dtype=np.float64)
    if not np.isfinite(words).all():
        raise DataFileError(
            f"{segment.path}: damaged (no numbers in the segment of {segment.target}); fetch the kernel again"
        )
    # each record begins with its middle and its half length, which the even spacing makes redundant
    coefficients = words.reshape(segment.count, segment.size)[:, 2:].reshape(segment.count, 3, -1)
    return np.ascontiguousarray(coefficients)


@contextmanager
def spice_lock() -> Iterator[None]:
    """Hold the toolkit for one thread while the block runs."""
    with _SPICE:
        yield


@contextmanager
def opened_kernel(path: Path) -> Iterator[tuple[int, str]]:
    """Handle and kind ("SPK" or "PCK") of a kernel, opened as a bare array file: SPICE's pool stays as it is."""
    if not path.is_file():
        raise DataFileError(f"{path}: no such kernel; check the path")
    with _SPICE:
        try:
            architecture, kind = spiceypy.getfat(str(path))
            if architecture != "DAF" or kind not in ("SPK", "PCK"):
                raise DataFileError(
                    f"{path}: is {architecture}/{kind}, not a binary SPK or PCK; give such a kernel"
                )
            handle = spiceypy.dafopr(str(path))
            try:
                yield handle, kind
            finally:
                spiceypy.dafcls(handle)
        except SpiceyError as error:
            raise DataFileError(
                f"{path}: damaged or cut off ({error.short}); fetch the kernel again"
            ) from error


@dataclass(frozen=True, eq=False)
class LeapSeconds:
    """Content of a leap seconds kernel.

    Attributes
    ----------
    days : ndarray of datetime64[D], shape (n,)
        Days from whose beginning (UTC) each offset holds.
    offsets : ndarray, shape (n,)
        TAI minus UTC [s].
    delta_t_a, k, eb, m0, m1 : float
        TT minus TAI [s], and amplitude [s], eccentricity, phase [rad] and rate [rad/s] of TDB minus TT.
    """

    days: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    offsets: FloatArray
    delta_t_a: float
    k: float
    eb: float
    m0: float
    m1: float


def read_leap_seconds(path: Path) -> LeapSeconds:
    """Read a leap seconds kernel (LSK).

    Raises
    ------
    DataFileError
        If the file is missing or lacks what an LSK holds.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path}: cannot be read as a leap seconds kernel; check the path") from error
    body = " ".join(re.findall(r"\\begindata(.*?)(?:\\begintext|\Z)", text, re.DOTALL))
    values = dict(re.findall(r"DELTET/(\w+)\s*=\s*(\([^)]*\)|\S+)", body))
    try:
        delta_t_a, k, eb = (_number(values[name]) for name in ("DELTA_T_A", "K", "EB"))
        m0, m1 = (_number(word) for word in values["M"].strip("()").split())
        days, offsets = _table(values["DELTA_AT"])
    except (KeyError, ValueError) as error:
        raise DataFileError(
            f"{path}: is no leap seconds kernel ({error} is missing or wrong); give an LSK"
        ) from error
    return LeapSeconds(
        days=days,
        offsets=offsets,
        delta_t_a=delta_t_a,
        k=k,
        eb=eb,
        m0=m0,
        m1=m1,
    )


def _table(text: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.datetime64]], FloatArray]:
    """Days and offsets of a table such as "( 10, @1972-JAN-1 11, @1972-JUL-1 )"."""
    words = text.strip("()").replace(",", " ").upper().split()
    offsets = np.array([float(word) for word in words[::2]])
    dates = [word.removeprefix("@").split("-") for word in words[1::2]]
    days = np.array(
        [date(int(year), _MONTHS.index(month) + 1, int(day)) for year, month, day in dates],
        dtype="datetime64[D]",
    )
    if not (0 < offsets.size == days.size and np.all(np.diff(days) > np.timedelta64(0))):
        raise ValueError("DELTA_AT")
    return days, offsets


def _number(word: str) -> float:
    return float(word.upper().replace("D", "E"))
