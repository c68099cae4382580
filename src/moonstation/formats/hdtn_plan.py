"""Contact plans of NASA's HDTN: JSON with a list ``contacts``, nodes by number, times in whole seconds from a zero."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moonstation.errors import DataFileError
from moonstation.formats.plan_rows import PlanFile, PlanRow, checked_rows, number_nodes, whole_seconds

KEYS = ("source", "dest", "startTime", "endTime", "rateBitsPerSec", "owlt")
UNIX = 1e9
"""Start times from here on are UTC seconds past 1970, as HDTN can take them; smaller ones count from a zero."""


def read_hdtn(path: Path, document: Any, *, join: bool = False) -> PlanFile:
    """Read the contacts of a JSON document of HDTN.

    Contacts from a node to itself are left out. A list ``nodeNames`` ({number: name}), which HDTN passes over, names
    nodes.

    Raises
    ------
    DataFileError
        Naming the entry and key: what is missing or no number, contacts that overlap or end before they start.
    """
    entries = document.get("contacts")
    if not isinstance(entries, list) or not entries:
        raise DataFileError(
            f'{path}: contacts: is no list with contacts; an HDTN plan is {{"contacts": [{{...}}]}}'
        )
    names = document.get("nodeNames", {})
    if not isinstance(names, dict):
        raise DataFileError(f'{path}: nodeNames: write {{"1": "base", ...}} or leave it out')
    rows, left_out = [], 0
    for index, entry in enumerate(entries):
        where = f"contacts[{index}]"
        if not isinstance(entry, dict):
            raise DataFileError(f'{path}: {where}: is no object; write {{"source": 1, "dest": 2, ...}}')
        source, destination = _node(path, where, entry, "source"), _node(path, where, entry, "dest")
        start, stop = _number(path, where, entry, "startTime"), _number(path, where, entry, "endTime")
        rate, owlt = _rate(path, where, entry), _number(path, where, entry, "owlt")
        if source == destination:
            left_out += 1
            continue
        ends = (str(names.get(source, source)), str(names.get(destination, destination)))
        rows.append(PlanRow(*ends, start, stop, rate, owlt, where))
    kept = checked_rows(path, rows, join=join)
    absolute = bool(rows) and min(row.start for row in rows) >= UNIX
    notes = [f"contacts of nodes with themselves, left out: {left_out}"] if left_out else []
    return PlanFile("hdtn", kept, absolute, tuple(notes))


def _node(path: Path, where: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DataFileError(
            f"{path}: {where}.{key}: is {value!r}; HDTN numbers its nodes, give a whole number above 0"
        )
    return str(value)


def _number(path: Path, where: str, entry: dict[str, Any], key: str) -> float:
    value = entry.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        said = "is missing" if key not in entry else f"is {value!r}, no number"
        raise DataFileError(f"{path}: {where}.{key}: {said}; a contact has {', '.join(KEYS)}")
    return float(value)


def _rate(path: Path, where: str, entry: dict[str, Any]) -> float:
    # HDTN 1.0 wrote megabits under another name
    if "rateBitsPerSec" not in entry and "rate" in entry:
        return 1e6 * _number(path, where, entry, "rate")
    return _number(path, where, entry, "rateBitsPerSec")


def hdtn_text(rows: Sequence[PlanRow]) -> tuple[str, list[str]]:
    """Contacts as JSON of HDTN, and what it cannot carry.

    HDTN counts whole seconds and light seconds: contacts begin a little later and end a little earlier, light times are
    rounded up. Nodes that are no numbers are numbered; `nodeNames` tells their names.
    """
    numbers = number_nodes(name for row in rows for name in (row.from_id, row.to_id))
    contacts: list[dict[str, int]] = []
    lost = 0
    for row in rows:
        span = whole_seconds(row)
        if span is None or row.rate < 1.0:
            lost += 1
            continue
        contacts.append(
            {
                "contact": len(contacts),
                "source": numbers[row.from_id],
                "dest": numbers[row.to_id],
                "startTime": span[0],
                "endTime": span[1],
                "rateBitsPerSec": math.floor(row.rate),
                "owlt": math.ceil(row.owlt - 1e-9),
            }
        )
    document: dict[str, Any] = {"contacts": contacts}
    if any(str(number) != name for name, number in numbers.items()):
        document["nodeNames"] = {str(number): name for name, number in numbers.items()}
    notes = ["HDTN keeps whole seconds and light seconds: times inwards, light times up"]
    if lost:
        notes.append(f"{lost} contacts shorter than a second are left out")
    return json.dumps(document, indent=1) + "\n", notes
