"""Contact plans of ION: the ``a contact`` and ``a range`` lines of an ionadmin command file (ionrc).

Times are UTC as ``yyyy/mm/dd-hh:mm:ss`` or ``+seconds`` past a reference (``@``), rates bytes a second, ranges light
seconds. A range from a lower to a higher number holds both ways unless one of the other way is given (ionrc(5) of ION).
"""

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import numpy as np

from moonstation.errors import DataFileError
from moonstation.formats.plan_rows import (
    PlanFile,
    PlanRow,
    check_row,
    checked_rows,
    number_nodes,
    whole_seconds,
)

BITS = 8.0
_ABSOLUTE = re.compile(r"(\d{4})/(\d\d)/(\d\d)-(\d\d:\d\d:\d\d)")
_NAME = re.compile(r"#\s*node\s+(\d+)\s+is\s+(\S+)")
OTHER = {"1", "s", "e", "v", "m", "i", "l", "d", "c", "x", "w", "q", "t", "h", "?", "r"}
"""Commands of ionadmin that make no contact; ``d`` and ``c`` would change some and are refused."""


@dataclass(frozen=True)
class _Range:
    """A range; `longest` is the latest end of it and all that begin before it."""

    start: float
    stop: float
    owlt: float
    longest: float = 0.0


def read_ion(path: Path, text: str, *, join: bool = False) -> PlanFile:
    """Read the contacts of an ionadmin command file.

    Contacts from a node to itself (loopback) and registrations are left out; a contact over which the light time
    changes becomes several. Comments ``# node 3 is base`` name nodes.

    Raises
    ------
    DataFileError
        Naming the line: what cannot be read, a contact whose range is not given all along, relative beside absolute
        times, contacts that overlap or end before they start.
    """
    reader = _Reader(path)
    for number, raw in enumerate(text.splitlines(), 1):
        reader.read(number, raw)
    rows = [piece for row in reader.contacts for piece in reader.with_light_time(row)]
    kept = checked_rows(path, rows, join=join)
    if not kept:
        raise DataFileError(
            f"{path}: holds no contact; an ION plan has lines such as 'a contact +0 +3600 1 2 100000'"
        )
    named = [
        replace(
            row,
            from_id=reader.names.get(row.from_id, row.from_id),
            to_id=reader.names.get(row.to_id, row.to_id),
        )
        for row in kept
    ]
    notes = [f"contacts of nodes with themselves, left out: {reader.left_out}"] if reader.left_out else []
    return PlanFile("ion", tuple(named), bool(reader.absolute), tuple(notes))


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.contacts: list[PlanRow] = []
        self.ranges: dict[tuple[str, str], list[_Range]] = {}
        self.sorted: dict[tuple[str, str], list[_Range]] = {}
        self.names: dict[str, str] = {}
        self.absolute: bool | None = None
        self.reference = 0.0
        self.left_out = 0

    def read(self, number: int, raw: str) -> None:
        line = raw.strip()
        name = _NAME.fullmatch(line)
        if name:
            self.names[name[1]] = name[2]
        if not line or line.startswith(("#", "^")):
            return
        words = line.split("#", 1)[0].split()
        where = f"line {number}"
        if words[0] == "@":
            self.reference = self._time(where, words[1] if len(words) > 1 else "")
        elif words[:2] == ["a", "contact"]:
            self._contact(where, words)
        elif words[:2] == ["a", "range"]:
            self._range(where, words)
        elif words[0] in ("c", "d") and len(words) > 1 and words[1] in ("contact", "range"):
            raise DataFileError(
                f"{self.path}: {where}: '{line[:40]}' changes contacts added before; write down only those that hold"
            )
        elif words[0] not in OTHER and words[0] != "a":
            raise DataFileError(
                f"{self.path}: {where}: '{line[:40]}' is no ionadmin command; an ION plan has 'a contact' and 'a range'"
            )

    def _contact(self, where: str, words: list[str]) -> None:
        if len(words) not in (7, 8):
            raise DataFileError(
                f"{self.path}: {where}: has {len(words)} words; write 'a contact START STOP FROM TO BYTES_PER_SECOND'"
            )
        source, destination = self._node(where, words[4]), self._node(where, words[5])
        if source == destination:
            self.left_out += 1
            return
        if words[3] == "0":
            raise DataFileError(
                f"{self.path}: {where}: is a hypothetical contact (stop 0), its time unknown; give it or leave it out"
            )
        start, stop = self._time(where, words[2]), self._time(where, words[3])
        rate = BITS * self._number(where, words[6], "rate in bytes a second")
        self.contacts.append(PlanRow(source, destination, start, stop, rate, 0.0, where))

    def _range(self, where: str, words: list[str]) -> None:
        if len(words) != 7:
            raise DataFileError(
                f"{self.path}: {where}: has {len(words)} words; write 'a range START STOP ONE OTHER LIGHT_SECONDS'"
            )
        pair = self._node(where, words[4]), self._node(where, words[5])
        start, stop = self._time(where, words[2]), self._time(where, words[3])
        owlt = self._number(where, words[6], "range in light seconds")
        if stop <= start:
            raise DataFileError(f"{self.path}: {where}: range ends before it begins; exchange the times")
        if owlt < 0.0:
            raise DataFileError(f"{self.path}: {where}: range of {owlt:g} light seconds; give 0 or more")
        self.ranges.setdefault(pair, []).append(_Range(start, stop, owlt))

    def _node(self, where: str, word: str) -> str:
        if not (word.isascii() and word.isdigit()):
            raise DataFileError(
                f"{self.path}: {where}: node '{word[:30]}' is no whole number, as ION wants; give one"
            )
        return str(int(word))

    def _number(self, where: str, word: str, what: str) -> float:
        try:
            return float(word)
        except ValueError as error:
            raise DataFileError(
                f"{self.path}: {where}: {what} is '{word[:30]}', no number; mend it"
            ) from error

    def _time(self, where: str, word: str) -> float:
        match = _ABSOLUTE.fullmatch(word)
        absolute = match is not None or bool(self.absolute and self.reference)
        try:
            if match is not None:
                moment = np.datetime64(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}", "s")
                time = float(moment.astype(np.int64))
            else:
                time = self.reference + float(word.removeprefix("+") if word[:1] == "+" else "no time")
        except ValueError as error:
            raise DataFileError(
                f"{self.path}: {where}: '{word[:30]}' is no time; write +seconds or yyyy/mm/dd-hh:mm:ss (UTC)"
            ) from error
        if self.absolute is not None and absolute != self.absolute:
            raise DataFileError(
                f"{self.path}: {where}: mixes +seconds with dates; set the zero with '@ yyyy/mm/dd-hh:mm:ss' on the "
                "first line"
            )
        self.absolute = absolute
        return time

    def _ranges_of(self, from_id: str, to_id: str) -> list[_Range]:
        """Ranges that hold for a way, in order; the way back where only the lower number's is given."""
        if (from_id, to_id) not in self.sorted:
            ranges = self.ranges.get((from_id, to_id))
            if ranges is None and int(to_id) < int(from_id):
                ranges = self.ranges.get((to_id, from_id))
            ranges = sorted(ranges or [], key=lambda part: part.start)
            longest = accumulate((part.stop for part in ranges), max)
            self.sorted[from_id, to_id] = [
                replace(part, longest=stop) for part, stop in zip(ranges, longest, strict=True)
            ]
        return self.sorted[from_id, to_id]

    def with_light_time(self, row: PlanRow) -> list[PlanRow]:
        """The contact with its light time, in pieces where that changes."""
        check_row(self.path, row)
        ranges = self._ranges_of(row.from_id, row.to_id)
        pieces: list[PlanRow] = []
        reached = row.start
        # ranges are many where each contact has its own; those that are over are passed by
        begin = bisect_right(ranges, row.start, key=lambda part: part.start) - 1
        while begin > 0 and ranges[begin - 1].longest > row.start:
            begin -= 1
        for part in ranges[max(begin, 0) :]:
            if part.start > reached:
                break
            stop = min(part.stop, row.stop)
            if stop > reached:
                pieces.append(replace(row, start=reached, stop=stop, owlt=part.owlt))
                reached = stop
        if reached < row.stop:
            raise DataFileError(
                f"{self.path}: {row.where}: no range from {row.from_id} to {row.to_id} at {reached:g} s, which the "
                f"contact needs until {row.stop:g} s; add 'a range START STOP {row.from_id} {row.to_id} LIGHT_SECONDS'"
            )
        return _joined(pieces)


def _joined(pieces: list[PlanRow]) -> list[PlanRow]:
    """Neighbours of equal light time as one."""
    joined: list[PlanRow] = []
    for piece in pieces:
        if joined and joined[-1].owlt == piece.owlt:
            joined[-1] = replace(joined[-1], stop=piece.stop)
        else:
            joined.append(piece)
    return joined


def ion_text(rows: Sequence[PlanRow], *, absolute: bool, title: str = "") -> tuple[str, list[str]]:
    """Contacts as an ionadmin command file, and what it cannot carry.

    ION counts whole seconds, bytes a second and light seconds: contacts begin a little later and end a little earlier,
    rates are rounded down, light times up. Nodes that are no numbers are numbered, with their names in comments.
    """
    numbers = number_nodes(name for row in rows for name in (row.from_id, row.to_id))
    lines = [f"# {title}"] if title else []
    lines += [f"# node {number} is {name}" for name, number in numbers.items() if str(number) != name]
    lost = 0
    ranges, contacts = [], []
    for row in rows:
        span = whole_seconds(row)
        rate = math.floor(row.rate / BITS)
        if span is None or rate < 1:
            lost += 1
            continue
        start, stop = (_moment(second, absolute) for second in span)
        ends = f"{numbers[row.from_id]} {numbers[row.to_id]}"
        ranges.append(f"a range {start} {stop} {ends} {math.ceil(row.owlt - 1e-9)}")
        contacts.append(f"a contact {start} {stop} {ends} {rate}")
    notes = [
        "ION keeps whole seconds, bytes a second and light seconds: times inwards, rates down, light times up"
    ]
    if lost:
        notes.append(f"{lost} contacts shorter than a second or slower than a byte a second are left out")
    return "\n".join([*lines, *ranges, *contacts]) + "\n", notes


def _moment(second: int, absolute: bool) -> str:
    if not absolute:
        return f"+{second}"
    return str(np.datetime64(second, "s")).replace("-", "/").replace("T", "-")
