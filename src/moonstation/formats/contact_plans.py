"""Contact plans in the dialects of ION, HDTN and uD3TN, and as a plain table: which one a file is, reading, writing."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.errors import DataFileError, RequestError
from moonstation.formats.hdtn_plan import hdtn_text, read_hdtn
from moonstation.formats.ion_plan import ion_text, read_ion
from moonstation.formats.plan_rows import PlanFile, PlanRow, checked_rows
from moonstation.formats.ud3tn_plan import read_ud3tn_json, read_ud3tn_text, ud3tn_text

LARGEST = 500_000_000
"""Files beyond this are no contact plans [bytes]."""

DIALECTS = {
    "ion": "ION, lines 'a contact' and 'a range' (.rc, .ionrc)",
    "hdtn": "HDTN, JSON with a list 'contacts' (.json)",
    "ud3tn": "uD3TN, text messages of one node (.ud3tn)",
    "ud3tn-json": "uD3TN, JSON messages of one node (.jsonl)",
    "csv": "table, nothing lost (.csv)",
}
SUFFIXES = {
    ".rc": "ion",
    ".ionrc": "ion",
    ".txt": "ion",
    ".json": "hdtn",
    ".ud3tn": "ud3tn",
    ".jsonl": "ud3tn-json",
    ".csv": "csv",
}
COLUMNS = ("from", "to", "start_utc", "stop_utc", "rate_bit_s", "owlt_s")
RELATIVE = ("from", "to", "start_s", "stop_s", "rate_bit_s", "owlt_s")


def read_plan_file(path: Path, *, node: str = "", join: bool = False) -> PlanFile:
    """Read a contact plan of any dialect, told by its content.

    Parameters
    ----------
    path : Path
        The file.
    node : str
        For uD3TN: the node that the file configures; "local" if not given.
    join : bool
        Whether overlapping contacts of the same two nodes, rate and light time are one contact told twice.

    Raises
    ------
    DataFileError
        If the file cannot be read, is of no known dialect, or says something that cannot be: names the line or key.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DataFileError(f"{path}: is over half a gigabyte, too long for a contact plan; cut it")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: is no text, so no contact plan; check the file") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    head = text.lstrip()[:1]
    if not head:
        raise DataFileError(f"{path}: is empty; give a contact plan of {', '.join(DIALECTS)}")
    if head in "{[":
        return _read_json(path, text, node or "local", join)
    first = next((line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"), "")
    if head.isdigit() and "(" in first.split(";")[0][:2]:
        return read_ud3tn_text(path, text, node or "local", join=join)
    if "," in first and {word.strip() for word in first.split(",")} >= {"from", "to"}:
        return _read_csv(path, text, join)
    words = first.split()
    if words and (words[0] in ("a", "@", "^", "1", "s", "e", "v", "m", "c", "d")):
        return read_ion(path, text, join=join)
    raise DataFileError(
        f"{path}: is no contact plan (it begins with '{first[:40]}'); known are ION ('a contact ...'), HDTN (JSON), "
        f"uD3TN ('1(dtn://...') and tables ({','.join(RELATIVE)})"
    )


def _read_json(path: Path, text: str, node: str, join: bool) -> PlanFile:
    documents: list[Any] = []
    try:
        try:
            documents.append(json.loads(text))
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise
            # one message a line
            documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise DataFileError(f"{path}: line {error.lineno}: is no JSON ({error.msg}); mend it") from error
    first = documents[0]
    if isinstance(first, dict) and "contacts" in first and len(documents) == 1:
        return read_hdtn(path, first, join=join)
    messages = first if isinstance(first, list) and len(documents) == 1 else documents
    if messages and all(isinstance(message, dict) and "node_id" in message for message in messages):
        return read_ud3tn_json(path, messages, node, join=join)
    raise DataFileError(
        f'{path}: is JSON, but neither HDTN ({{"contacts": [...]}}) nor uD3TN ({{"command": "ADD", "node_id": ...}}); '
        "check the file"
    )


def _read_csv(path: Path, text: str, join: bool) -> PlanFile:
    table = csv.DictReader(io.StringIO(text))
    names = [name.strip() for name in table.fieldnames or ()]
    absolute = "start_utc" in names
    wanted = COLUMNS if absolute else RELATIVE
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataFileError(f"{path}: line 1: column {missing[0]} is missing; a table has {','.join(wanted)}")
    rows = []
    for record in table:
        where = f"line {table.line_num}"
        fields = [(record.get(name) or "").strip() for name in wanted]
        if not fields[0] or not fields[1]:
            raise DataFileError(f"{path}: {where}: names no sender or no receiver; fill 'from' and 'to'")
        if fields[0] == fields[1]:
            raise DataFileError(f"{path}: {where}: contact from {fields[0]} to itself; name two nodes")
        try:
            start, stop = (_posix(field) if absolute else float(field) for field in fields[2:4])
            rate, owlt = (float(field) for field in fields[4:])
        except ValueError as error:
            raise DataFileError(f"{path}: {where}: cannot be read ({error}); mend it") from error
        rows.append(PlanRow(fields[0], fields[1], start, stop, rate, owlt, where))
    if not rows:
        raise DataFileError(f"{path}: holds no contact; a table has {','.join(wanted)}")
    return PlanFile("csv", checked_rows(path, rows, join=join), absolute)


def _posix(text: str) -> float:
    return float(np.datetime64(text.rstrip("Z"), "us").astype(np.int64)) * 1e-6


def plan_text(
    rows: Sequence[PlanRow], dialect: str, *, absolute: bool, node: str = "", title: str = ""
) -> tuple[str, list[str]]:
    """Contacts as text of a dialect, and what that cannot carry (sentences).

    Parameters
    ----------
    rows : sequence of PlanRow
        In order.
    dialect : str
        A key of `DIALECTS`.
    absolute : bool
        Whether times are UTC seconds past 1970.
    node : str
        For uD3TN: the sender to be configured.
    title : str
        Told in a comment where the dialect has comments.

    Raises
    ------
    RequestError
        If the dialect is not known, or needs what is not given.
    """
    if dialect not in DIALECTS:
        raise RequestError(f"dialect {dialect!r} is not known; give one of {', '.join(DIALECTS)}")
    if dialect == "ion":
        return ion_text(rows, absolute=absolute, title=title)
    if dialect == "hdtn":
        return hdtn_text(rows)
    if dialect == "csv":
        return _csv_text(rows, absolute=absolute), []
    if not absolute:
        raise RequestError(
            "uD3TN wants dates, and this plan counts from its own zero; tell when that is with --epoch"
        )
    return ud3tn_text(rows, node=node, as_json=dialect == "ud3tn-json")


def _csv_text(rows: Sequence[PlanRow], *, absolute: bool) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS if absolute else RELATIVE)
    for row in rows:
        times = [_utc(row.start), _utc(row.stop)] if absolute else [repr(row.start), repr(row.stop)]
        writer.writerow([row.from_id, row.to_id, *times, f"{row.rate:.12g}", f"{row.owlt:.9g}"])
    return stream.getvalue()


def _utc(seconds: float) -> str:
    return f"{np.datetime64(round(seconds * 1e3), 'ms')}Z"


def dialect_of(path: Path, dialect: str | None = None) -> str:
    """Dialect to write a file in: as asked for, else by its ending.

    Raises
    ------
    RequestError
        If neither tells it.
    """
    found = dialect or SUFFIXES.get(path.suffix.lower())
    if found not in DIALECTS:
        told = f"--to {dialect}" if dialect else f"{path}: its ending"
        raise RequestError(f"{told}: no dialect of contact plans; give --to {', '.join(DIALECTS)}")
    return str(found)
