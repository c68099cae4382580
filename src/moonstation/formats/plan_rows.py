"""Rows of contact plans, whatever the dialect they are written in, and what no dialect may say."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from moonstation.errors import DataFileError


@dataclass(frozen=True)
class PlanRow:
    """One contact of a file.

    Attributes
    ----------
    from_id, to_id : str
        Sending and receiving node, as the file names them.
    start, stop : float
        Sending begins and ends: UTC seconds past 1970 (as POSIX counts them), or seconds past the plan's own zero.
    rate : float
        [bit/s]
    owlt : float
        One-way light time [s].
    where : str
        Place in the file, for messages: "line 12" or "contacts[3]".
    """

    from_id: str
    to_id: str
    start: float
    stop: float
    rate: float
    owlt: float
    where: str = ""


@dataclass(frozen=True)
class PlanFile:
    """A contact plan as it stands in a file.

    Attributes
    ----------
    dialect : str
        "ion", "hdtn", "ud3tn" or "csv".
    rows : tuple of PlanRow
        In the order of the file.
    absolute : bool
        Whether times are UTC seconds past 1970; otherwise they count from the plan's own zero.
    notes : tuple of str
        What the file does not say, or what of it was left out; a sentence each.
    """

    dialect: str
    rows: tuple[PlanRow, ...]
    absolute: bool
    notes: tuple[str, ...] = ()


def checked_rows(path: Path, rows: Iterable[PlanRow], *, join: bool) -> tuple[PlanRow, ...]:
    """Refuse contacts that cannot be: no finite numbers, an end before the start, overlaps of the same two nodes.

    Parameters
    ----------
    path : Path
        For messages.
    rows : iterable of PlanRow
        In the order of the file, which is kept.
    join : bool
        Whether overlapping contacts of the same two nodes, rate and light time are one contact told twice.

    Raises
    ------
    DataFileError
        Naming the line or key, and the cure.
    """
    gone: set[int] = set()
    last: dict[tuple[str, str], int] = {}
    ordered = list(rows)
    for row in ordered:
        check_row(path, row)
    for index in sorted(range(len(ordered)), key=lambda index: ordered[index].start):
        row = ordered[index]
        pair = (row.from_id, row.to_id)
        before = ordered[last[pair]] if pair in last else None
        if before is None or row.start >= before.stop:
            last[pair] = index
            continue
        if not join:
            raise DataFileError(
                f"{path}: {row.where}: contact from {row.from_id} to {row.to_id} begins at {row.start:g} s, before "
                f"that of {before.where} ends ({before.stop:g} s); end one before the other begins, or take them for "
                "one with --join-overlaps"
            )
        if (row.rate, row.owlt) != (before.rate, before.owlt):
            raise DataFileError(
                f"{path}: {row.where}: contact from {row.from_id} to {row.to_id} overlaps that of {before.where} at "
                "another rate or light time, so they cannot be one; end one before the other begins"
            )
        ordered[last[pair]] = replace(before, stop=max(before.stop, row.stop))
        gone.add(index)
    return tuple(row for index, row in enumerate(ordered) if index not in gone)


def check_row(path: Path, row: PlanRow) -> None:
    """Refuse a contact that cannot be, whatever stands beside it."""
    what = f"{path}: {row.where}: contact from {row.from_id} to {row.to_id}"
    if not all(math.isfinite(value) for value in (row.start, row.stop, row.rate, row.owlt)):
        raise DataFileError(f"{what} has a time, rate or light time that is no finite number; mend it")
    if row.stop <= row.start:
        raise DataFileError(
            f"{what} ends at {row.stop:g} s, but begins at {row.start:g} s; exchange them, or leave it out"
        )
    if row.rate <= 0.0:
        raise DataFileError(f"{what} has a rate of {row.rate:g} bit/s; give more than 0, or leave it out")
    if row.owlt < 0.0:
        raise DataFileError(f"{what} has a light time of {row.owlt:g} s; give 0 or more")


def number_nodes(ids: Iterable[str]) -> dict[str, int]:
    """Numbers for dialects that know nodes by number alone: their own where all have one, else 1, 2, ... in order."""
    names = list(dict.fromkeys(ids))
    if all(name.isascii() and name.isdigit() and int(name) > 0 for name in names):
        return {name: int(name) for name in names}
    return {name: number for number, name in enumerate(names, 1)}


def whole_seconds(row: PlanRow) -> tuple[int, int] | None:
    """Begin and end in whole seconds that promise no more than there is; None where nothing is left."""
    start, stop = math.ceil(row.start - 1e-6), math.floor(row.stop + 1e-6)
    return (start, stop) if stop > start else None
