"""CCSDS messages in keyword = value notation (KVN): lines with their numbers, times, numbers with units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moonstation.errors import DataFileError

LARGEST = 1_000_000_000
"""Files beyond this are no messages [bytes]."""

_KEY = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_UNIT = re.compile(r"(.*?)\s*\[([^\]]*)\]")
_CLOCK = r"T(?P<clock>\d\d:\d\d:\d\d)(?P<fraction>\.\d*)?Z?"
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)" + _CLOCK)
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})" + _CLOCK)


@dataclass(frozen=True)
class Line:
    """A line that says something.

    Attributes
    ----------
    number : int
        Its number in the file, from 1.
    key : str
        Keyword; "" for a line of data, "COMMENT" for a comment, the word itself for META_START and the like.
    value : str
        What stands after the equals sign, the words of a comment, or the whole line of data.
    """

    number: int
    key: str
    value: str


@dataclass(frozen=True)
class Moment:
    """A time in a message: whole seconds on the clock of its scale, and the rest.

    Attributes
    ----------
    clock : numpy.datetime64
        To the second; a leap second (":60") stands as the second before, with `leap` set.
    fraction : float
        [s], in [0, 1).
    leap : bool
        Whether it lies within a leap second.
    """

    clock: np.datetime64
    fraction: float
    leap: bool = False


def read_lines(path: Path, kind: str) -> list[Line]:
    """Read the lines of a message.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it should be, "OEM" or "OPM": the first keyword is ``CCSDS_<kind>_VERS``.

    Raises
    ------
    DataFileError
        If the file is missing, no text, or another kind of message.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DataFileError(f"{path}: is over a gigabyte, too long for a message; thin it out")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: is no text, so no CCSDS {kind}; check the file") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    lines = list(_split(text))
    first = next((line for line in lines if line.key != "COMMENT"), None)
    if first is None or first.key != f"CCSDS_{kind}_VERS":
        if text.lstrip()[:1] == "<":
            raise DataFileError(f"{path}: is XML; give the {kind} in keyword = value notation (KVN)")
        found = f"it begins with {first.key or first.value[:40]}" if first else "it is empty"
        raise DataFileError(f"{path}: is no CCSDS {kind} ({found}); its first keyword is CCSDS_{kind}_VERS")
    if not first.value.startswith(("1.", "2.", "3.")):
        raise DataFileError(
            f"{path}: line {first.number}: {kind} version {first.value[:20]} is unknown; give 1 to 3"
        )
    return lines


def _split(text: str) -> Iterator[Line]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("COMMENT"):
            yield Line(number, "COMMENT", line[7:].strip())
            continue
        match = _KEY.fullmatch(line)
        if match:
            yield Line(number, match[1], match[2].strip())
        elif re.fullmatch(r"[A-Z]+_(START|STOP)", line):
            yield Line(number, line, "")
        else:
            yield Line(number, "", line)


def read_number(path: Path, line: Line, unit: str = "") -> float:
    """Number of a line, its unit checked where it has one.

    Raises
    ------
    DataFileError
        If it is no finite number, or in another unit.
    """
    text = line.value
    match = _UNIT.fullmatch(text)
    if match:
        text = match[1]
        if unit and match[2].replace(" ", "").lower() != unit.lower():
            raise DataFileError(f"{path}: line {line.number}: {line.key} is in {match[2]}; give {unit}")
    try:
        value = float(text)
    except ValueError as error:
        raise DataFileError(
            f"{path}: line {line.number}: {line.key} is '{text[:30]}', no number; mend it"
        ) from error
    if not np.isfinite(value):
        raise DataFileError(f"{path}: line {line.number}: {line.key} is {text[:30]}; give a finite number")
    return value


def read_moment(path: Path, number: int, text: str) -> Moment:
    """Time of a message, in calendar or day-of-year form.

    Raises
    ------
    DataFileError
        If it is no such time.
    """
    match = _DATE.fullmatch(text.strip())
    if match:
        day = f"{match[1]}-{match[2]}-{match[3]}"
    else:
        match = _DAY_OF_YEAR.fullmatch(text.strip())
        if match is None or not 1 <= int(match[2]) <= 366:
            raise DataFileError(
                f"{path}: line {number}: '{text[:40]}' is no time; write 2035-01-01T00:00:00.000 or 2035-001T00:00:00"
            )
        day = str(np.datetime64(f"{match[1]}-01-01", "D") + np.timedelta64(int(match[2]) - 1, "D"))
    clock, digits = match["clock"], match["fraction"]
    leap = clock.endswith(":60")
    try:
        moment = np.datetime64(f"{day}T{clock[:-2] + '59' if leap else clock}", "s")
    except ValueError as error:
        raise DataFileError(f"{path}: line {number}: '{text[:40]}' is no time ({error})") from error
    return Moment(moment, float(f"0{digits}") if digits else 0.0, leap)
