"""From the bytes of a station file or catalogue to plain tables, with the line of each key."""

import hashlib
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moonstation.errors import StationFileError

LARGEST_FILE = 1_000_000
"""Bytes; the built-in ILRS has about 35,000."""

MOST_DOTS = 100
"""In a line: a key of many dotted parts takes the TOML reader time that grows with their square."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\- \"']{1,200}?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-]{1,100}|\"[^\"]{1,100}\")\s*[=.]")
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a station file, with its place and its cure.

    Attributes
    ----------
    file : str
        File as the user named it.
    line : int
        Line, counted from 1; 0 if not known.
    table : str
        Table and id, e.g. ``[[element]] power-plant``; "" for the file as a whole.
    key : str
        Key in the table, "" for the table as a whole.
    text : str
        What is wrong, and the cure.
    """

    file: str
    line: int
    table: str
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return one_line(": ".join(part for part in (place, self.table, self.key, self.text) if part))


def one_line(text: str) -> str:
    """Keep a message to one printable line, whatever was in the file."""
    return "".join(c if c.isprintable() else " " for c in text)


@dataclass
class TomlFile:
    """A TOML file that has been read.

    Attributes
    ----------
    name : str
        The file as the user named it.
    path : Path
        Where it is.
    tables : dict
        Its content.
    sha256 : str
        SHA-256 of its bytes, hexadecimal.
    """

    name: str
    path: Path
    tables: dict[str, Any]
    sha256: str
    _text: str = ""
    _lines: dict[tuple[str, int, str], int] = field(default_factory=dict)

    def line(self, table: str, number: int = 0, key: str = "") -> int:
        """Line of a key of the numbered table of a kind, or of its header; 0 if not found."""
        if not self._lines:
            self._lines = _index_lines(self._text)
        return self._lines.get((table, number, key)) or self._lines.get((table, number, ""), 0)


def _index_lines(text: str) -> dict[tuple[str, int, str], int]:
    lines: dict[tuple[str, int, str], int] = {("", 0, ""): 0}
    counts: dict[str, int] = {}
    table, number = "", 0
    for n, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            name = header[2].replace("-", "_")
            top, _, rest = name.partition(".")
            if not rest:
                counts[top] = counts.get(top, -1) + 1
            table, number = top, max(counts.get(top, 0), 0)
            lines.setdefault((table, number, rest), n)
            continue
        key = _KEY.match(line)
        if key:
            lines.setdefault((table, number, key[1].strip('"').replace("-", "_")), n)
    return lines


def read_toml(path: Path, name: str | None = None) -> TomlFile:
    """Read a TOML file of reasonable size.

    Raises
    ------
    StationFileError
        If it cannot be read, is no text or no TOML; one problem, with the line where there is one.
    """
    name = str(path) if name is None else name
    data = _read_bytes(path, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refuse(name, "is not UTF-8 text; save it as UTF-8", line) from None
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise _refuse(name, "is empty; begin with [station], start and span (see docs/station-file.md)")
    for n, words in enumerate(text.split("\n"), start=1):
        if words.count(".") > MOST_DOTS:
            raise _refuse(name, f"has a line with more than {MOST_DOTS} dots; break it up", n)
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise _refuse(
            name, "has lists or tables nested too deeply; a station file needs two levels"
        ) from None
    except ValueError as error:
        raise _syntax(name, str(error)) from None
    return TomlFile(name=name, path=path, tables=tables, sha256=hashlib.sha256(data).hexdigest(), _text=text)


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        state = path.stat()
    except FileNotFoundError:
        raise _refuse(name, "does not exist; check the path") from None
    except (OSError, ValueError):
        raise _refuse(name, "cannot be found; check the path and permissions") from None
    try:
        if stat.S_ISDIR(state.st_mode):
            raise _refuse(name, "is a folder; name the station file in it")
        if not stat.S_ISREG(state.st_mode):
            raise _refuse(name, "is no ordinary file; name a TOML file")
        if state.st_size > LARGEST_FILE:
            size, most = state.st_size / 1e6, LARGEST_FILE / 1e6
            raise _refuse(
                name,
                f"has {size:.1f} MB; at most {most:g} MB are read; check that it is a station file",
            )
        return path.read_bytes()
    except OSError as error:
        raise _refuse(
            name, f"cannot be read ({error.strerror or 'unknown reason'}); check path and permissions"
        ) from None


def _syntax(name: str, text: str) -> StationFileError:
    place = _AT_LINE.search(text)
    line, what = (int(place[1]), text[: place.start()]) if place else (0, text)
    if what.startswith("Exceeds the limit"):
        what = "a number has too many digits"
    what = what.removesuffix(" (at end of document)")
    cure = "put text in quotes, and each key on a line of its own"
    return _refuse(name, f"is not TOML: {what[:1].lower()}{what[1:]}; {cure}", line)


def _refuse(name: str, text: str, line: int = 0) -> StationFileError:
    return StationFileError([str(Problem(file=name, line=line, table="", key="", text=text))])
