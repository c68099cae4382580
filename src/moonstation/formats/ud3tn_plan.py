"""Contacts of uD3TN: configuration messages of one node, as text or as JSON (uD3TN 0.15 and later).

A message adds another node with the contacts in which the configured node can send to it:
``1(dtn://relay.dtn/):(mtcp:host:4224)::[{start,end,bytes_per_second}];`` Times are DTN seconds, past 2000-01-01 UTC.
Light times are not part of it, nor who the configured node is.
"""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moonstation.errors import DataFileError, RequestError
from moonstation.formats.plan_rows import PlanFile, PlanRow, checked_rows, whole_seconds

DTN_EPOCH = 946_684_800
"""2000-01-01 UTC in seconds past 1970."""

BITS = 8.0
_MESSAGE = re.compile(
    r"(?P<command>[1-4])\((?P<node>[^)]+)\)(,(?P<reliability>\d+))?"
    r"(:(\((?P<address>[^)]*)\))?(:(\[(?P<reachable>[^\]]*)\])?(:\[(?P<contacts>.*)\])?)?)?"
)
_CONTACT = re.compile(r"\{(?P<start>\d+),(?P<end>\d+),(?P<rate>\d+)(,\[(?P<reachable>[^\]]*)\])?\}(,|$)")
_EID = re.compile(r"[a-zA-Z0-9]+:.+")


def read_ud3tn_text(path: Path, text: str, node: str, *, join: bool = False) -> PlanFile:
    """Read configuration messages in uD3TN's own text form.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
        One or several messages, each ended by a semicolon.
    node : str
        The node that they configure, which the file does not tell.

    Raises
    ------
    DataFileError
        Naming the message: what cannot be read, contacts that overlap or end before they start.
    """
    rows: list[PlanRow] = []
    reachable = 0
    for number, message in enumerate((part.strip() for part in text.split(";")), 1):
        if not message:
            continue
        where = f"message {number}"
        match = _MESSAGE.fullmatch(message)
        if match is None:
            raise DataFileError(
                f"{path}: {where}: '{message[:40]}' is no configuration message; "
                "write 1(dtn://relay.dtn/):(mtcp:host:4224)::[{start,end,bytes_per_second}];"
            )
        _check_command(path, where, match["command"])
        listed = match["contacts"] or ""
        place = 0
        while place < len(listed):
            contact = _CONTACT.match(listed, place)
            if contact is None:
                said = listed[place : place + 40]
                raise DataFileError(
                    f"{path}: {where}: '{said}' is no contact; write {{start,end,bytes_per_second}}"
                )
            start, end, rate = (float(contact[key]) for key in ("start", "end", "rate"))
            rows.append(_row(node, match["node"], start, end, rate, where))
            reachable += bool(contact["reachable"])
            place = contact.end()
    return _plan(path, rows, reachable, join)


def read_ud3tn_json(path: Path, messages: Sequence[Any], node: str, *, join: bool = False) -> PlanFile:
    """Read configuration messages in uD3TN's JSON form, see `read_ud3tn_text`."""
    rows: list[PlanRow] = []
    reachable = 0
    for number, message in enumerate(messages):
        where = f"message {number + 1}"
        if not isinstance(message, dict) or not isinstance(message.get("node_id"), str):
            raise DataFileError(
                f'{path}: {where}.node_id: is missing; write {{"command": "ADD", "node_id": "dtn://..."}}'
            )
        _check_command(path, where, message.get("command"))
        for index, contact in enumerate(message.get("contact_list", [])):
            place = f"{where}.contact_list[{index}]"
            try:
                start, end, rate = (float(contact[key]) for key in ("start", "end", "data_rate"))
            except (KeyError, TypeError, ValueError) as error:
                raise DataFileError(
                    f"{path}: {place}: give start, end and data_rate, each a whole number"
                ) from error
            rows.append(_row(node, message["node_id"], start, end, rate, place))
            reachable += bool(contact.get("reachable_eids"))
    return _plan(path, rows, reachable, join)


def _check_command(path: Path, where: str, command: object) -> None:
    if command not in ("1", "2", "ADD", "UPDATE"):
        raise DataFileError(
            f"{path}: {where}: command {command!r} adds no contact; keep ADD (1) and UPDATE (2) only"
        )


def _row(node: str, other: str, start: float, end: float, rate: float, where: str) -> PlanRow:
    return PlanRow(node, other, start + DTN_EPOCH, end + DTN_EPOCH, BITS * rate, 0.0, where)


def _plan(path: Path, rows: list[PlanRow], reachable: int, join: bool) -> PlanFile:
    if not rows:
        raise DataFileError(f"{path}: holds no contact; give messages with a list of contacts")
    kept = checked_rows(path, rows, join=join)
    notes = ["uD3TN tells no light times: taken as 0 s"]
    if reachable:
        notes.append(
            f"nodes reachable behind others are named for {reachable} contacts, but not when: left out"
        )
    return PlanFile("ud3tn", kept, True, tuple(notes))


def ud3tn_text(rows: Sequence[PlanRow], *, node: str, as_json: bool) -> tuple[str, list[str]]:
    """Contacts of one sender as configuration messages of uD3TN, and what they cannot carry.

    Parameters
    ----------
    rows : sequence of PlanRow
        Times in UTC seconds past 1970.
    node : str
        The sender to be configured; "" where all rows have the same.
    as_json : bool
        JSON, one message a line, for uD3TN 0.15 and later; else the text form, one message a line.

    Raises
    ------
    RequestError
        If the sender is not clear, or has no contact.
    """
    senders = list(dict.fromkeys(row.from_id for row in rows))
    if not node and len(senders) > 1:
        raise RequestError(
            f"uD3TN is configured node by node, and the plan has {len(senders)} senders; "
            f"choose one with --node, e.g. --node {senders[0]}"
        )
    chosen = node or senders[0]
    if chosen not in senders:
        raise RequestError(
            f"--node {chosen}: sends nothing in this plan; its senders are {', '.join(senders)}"
        )
    contacts: dict[str, list[tuple[int, int, int]]] = {}
    lost = 0
    for row in rows:
        if row.from_id != chosen:
            continue
        span, rate = whole_seconds(row), math.floor(row.rate / BITS)
        if span is None or rate < 1 or span[0] < DTN_EPOCH:
            lost += 1
            continue
        contacts.setdefault(row.to_id, []).append((span[0] - DTN_EPOCH, span[1] - DTN_EPOCH, rate))
    write = _json_message if as_json else _text_message
    text = "".join(write(_eid(other), listed) + "\n" for other, listed in contacts.items())
    notes = [
        f"uD3TN: the contacts of {chosen} alone, in whole seconds and bytes a second, without light times; add the "
        "address of each node's convergence layer"
    ]
    if lost:
        notes.append(
            f"{lost} contacts shorter than a second, slower than a byte a second or before 2000 are left out"
        )
    return text, notes


def _eid(name: str) -> str:
    return name if _EID.fullmatch(name) else f"dtn://{name}/"


def _text_message(eid: str, contacts: list[tuple[int, int, int]]) -> str:
    return f"1({eid})::[]:[{','.join(f'{{{start},{end},{rate}}}' for start, end, rate in contacts)}];"


def _json_message(eid: str, contacts: list[tuple[int, int, int]]) -> str:
    listed = [
        {"start": start, "end": end, "data_rate": rate, "reachable_eids": []} for start, end, rate in contacts
    ]
    return json.dumps({"command": "ADD", "node_id": eid, "contact_list": listed})
