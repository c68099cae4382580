"""SPICE kernels read as arrays: Chebyshev records of SPK and binary PCK, leap seconds of an LSK."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import spiceypy

from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError

CHEBYSHEV_POSITION = 2
"""Data type of segments with Chebyshev polynomials for three components, no rates."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, eq=False)
class ChebyshevSegment:
    """One type 2 segment of an SPK or a binary PCK.

    Attributes
    ----------
    target, centre : int
        NAIF ids of body and centre; for a PCK the frame class id and the reference frame id.
    start, stop : float
        Span, TDB seconds past J2000.
    first : float
        Where the first record begins, TDB seconds past J2000.
    length : float
        Length of a record [s].
    records : ndarray, shape (n_records, 3, n_coefficients)
        Coefficients in the file's units (km, or rad).
    """

    target: int
    centre: int
    start: float
    stop: float
    first: float
    length: float
    records: FloatArray


def read_segments(path: Path) -> list[ChebyshevSegment]:
    """Read all Chebyshev segments (type 2) of an SPK or binary PCK.

    Raises
    ------
    DataFileError
        If the file is missing, damaged, or neither of the two.
    """
    if not path.is_file():
        raise DataFileError(f"{path}: no such kernel; check the path")
    try:
        architecture, kind = spiceypy.getfat(str(path))
        if architecture != "DAF" or kind not in ("SPK", "PCK"):
            raise DataFileError(
                f"{path}: is {architecture}/{kind}, not a binary SPK or PCK; give such a kernel"
            )
        handle = spiceypy.dafopr(str(path))
        try:
            return _segments(handle, integers=6 if kind == "SPK" else 5)
        finally:
            spiceypy.dafcls(handle)
    except spiceypy.utils.exceptions.SpiceyError as error:
        raise DataFileError(f"{path}: damaged or cut off ({error.short}); fetch the kernel again") from error


def _segments(handle: int, *, integers: int) -> list[ChebyshevSegment]:
    segments = []
    spiceypy.dafbfs(handle)
    while spiceypy.daffna():
        span, numbers = spiceypy.dafus(spiceypy.dafgs(), 2, integers)
        target, centre = int(numbers[0]), int(numbers[1])
        data_type, begin, end = int(numbers[-3]), int(numbers[-2]), int(numbers[-1])
        if data_type != CHEBYSHEV_POSITION:
            continue
        first, length, size, count = spiceypy.dafgda(handle, end - 3, end)
        words = np.asarray(spiceypy.dafgda(handle, begin, end - 4), dtype=np.float64)
        records = words.reshape(int(count), int(size))[:, 2:].reshape(int(count), 3, -1)
        segments.append(
            ChebyshevSegment(
                target=target,
                centre=centre,
                start=float(span[0]),
                stop=float(span[1]),
                first=float(first),
                length=float(length),
                records=np.ascontiguousarray(records),
            )
        )
    return segments


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
        pairs = re.findall(r"(\d+)\s*,\s*@(\d+)-([A-Z]{3})-(\d+)", values["DELTA_AT"])
    except (KeyError, ValueError) as error:
        raise DataFileError(
            f"{path}: is no leap seconds kernel ({error} is missing or wrong); give an LSK"
        ) from error
    days = [date(int(year), _MONTHS.index(month) + 1, int(day)) for _, year, month, day in pairs]
    return LeapSeconds(
        days=np.array(days, dtype="datetime64[D]"),
        offsets=np.array([float(offset) for offset, *_ in pairs]),
        delta_t_a=delta_t_a,
        k=k,
        eb=eb,
        m0=m0,
        m1=m1,
    )


def _number(word: str) -> float:
    return float(word.upper().replace("D", "E"))
