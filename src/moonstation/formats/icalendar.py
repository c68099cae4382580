"""iCalendar files (RFC 5545): events with UTC times, for any calendar program."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moonstation import __version__

LONGEST_LINE = 75
"""Octets in a line without its end (RFC 5545, section 3.1)."""

ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True)
class Event:
    """One event of a calendar.

    Attributes
    ----------
    start, stop : numpy.datetime64
        UTC; written to the second, and at least one second apart.
    summary : str
        One line for the calendar.
    description : str
        More, with line breaks where wanted.
    location : str
        Where.
    """

    start: np.datetime64
    stop: np.datetime64
    summary: str
    description: str = ""
    location: str = ""


def calendar_text(events: Sequence[Event], *, name: str, stamp: np.datetime64) -> str:
    """Write events as the text of an iCalendar file.

    The same events give the same text: UIDs come from what the event says, and the stamp is given.

    Parameters
    ----------
    events : sequence of Event
        In any order.
    name : str
        Name of the calendar.
    stamp : numpy.datetime64
        DTSTAMP of every event, UTC.

    Returns
    -------
    str
        Lines that end in CR LF, folded at 75 octets of UTF-8.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//moonstation//moonstation {__version__}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for event in events:
        start = _second(event.start)
        stop = max(_second(event.stop), start + np.timedelta64(1, "s"))
        said = "\0".join((name, str(start), str(stop), event.summary, event.description, event.location))
        lines += [
            "BEGIN:VEVENT",
            f"UID:{hashlib.sha256(said.encode()).hexdigest()[:32]}@moonstation",
            f"DTSTAMP:{_utc(_second(stamp))}",
            f"DTSTART:{_utc(start)}",
            f"DTEND:{_utc(stop)}",
            f"SUMMARY:{_escaped(event.summary)}",
        ]
        if event.description:
            lines.append(f"DESCRIPTION:{_escaped(event.description)}")
        if event.location:
            lines.append(f"LOCATION:{_escaped(event.location)}")
        lines += ["TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _second(moment: np.datetime64) -> np.datetime64:
    """To the nearest second."""
    return np.datetime64(moment.astype("datetime64[ns]") + np.timedelta64(500_000_000, "ns"), "s")


def _utc(moment: np.datetime64) -> str:
    return str(moment).replace("-", "").replace(":", "") + "Z"


def _escaped(text: str) -> str:
    plain = "\n".join(text.splitlines())
    # other control characters have no place in a calendar
    kept = "".join(c for c in plain if c == "\n" or c.isprintable())
    return "".join(ESCAPES.get(c, c) for c in kept)


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, each further one begun by a space, no character cut."""
    pieces, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > LONGEST_LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += width
    return "\r\n".join(pieces)
