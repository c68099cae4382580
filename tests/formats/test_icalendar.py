"""Calendars, read back by a strict small parser of RFC 5545."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonstation.formats.icalendar import Event, calendar_text

STAMP = np.datetime64("2035-01-01T00:00:00", "ns")
DATE = re.compile(r"\d{8}T\d{6}Z")
LINE = re.compile(r"([A-Z-]+):(.*)", re.DOTALL)
TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "X-WR-CALNAME"}


def read_calendar(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Properties of the calendar and of each event; fails on what RFC 5545 does not allow."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    raw = text[:-2].split("\r\n")
    lines: list[str] = []
    for line in raw:
        assert 0 < len(line.encode()) <= 75
        if line[0] == " ":
            lines[-1] += line[1:]
        else:
            lines.append(line)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    head: dict[str, str] = {}
    events: list[dict[str, str]] = []
    within = head
    for line in lines[1:-1]:
        match = LINE.fullmatch(line)
        assert match, line
        name, value = match.groups()
        if line == "BEGIN:VEVENT":
            assert within is head
            within = {}
            events.append(within)
            continue
        if line == "END:VEVENT":
            assert within is not head
            assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(within)
            within = head
            continue
        assert name not in within, name
        if name.startswith("DT"):
            assert DATE.fullmatch(value), value
        within[name] = unescaped(value) if name in TEXTS else value
    assert within is head
    assert head["VERSION"] == "2.0"
    assert head["PRODID"]
    assert len({event["UID"] for event in events}) == len(events)
    assert all(event["DTSTART"] < event["DTEND"] for event in events)
    return head, events


def unescaped(value: str) -> str:
    out, rest = "", value
    while rest:
        if rest[0] == "\\":
            assert rest[1] in "\\;,nN", value
            out += {"n": "\n", "N": "\n"}.get(rest[1], rest[1])
            rest = rest[2:]
        else:
            assert rest[0] not in ";,", value
            assert rest[0].isprintable(), value
            out, rest = out + rest[0], rest[1:]
    return out


def event(first: float = 0.0, length: float = 3600.0, **texts: str) -> Event:
    start = STAMP + np.timedelta64(round(first * 1e9), "ns")
    stop = start + np.timedelta64(round(length * 1e9), "ns")
    return Event(start, stop, **{"summary": "Window", **texts})


def test_texts_are_escaped_and_lines_folded_between_characters() -> None:
    description = "a; b, c\\d\n" + "Rücken Ø 月面 🌕 " * 20
    text = calendar_text(
        [event(summary="Ridge, north; south", description=description.strip(), location="89° S")],
        name="Landing, windows",
        stamp=STAMP,
    )
    head, (found,) = read_calendar(text)
    assert head["X-WR-CALNAME"] == "Landing, windows"
    assert found["SUMMARY"] == "Ridge, north; south"
    assert found["DESCRIPTION"] == description.strip()
    assert found["LOCATION"] == "89° S"
    assert found["DTSTAMP"] == "20350101T000000Z"


def test_times_are_utc_to_the_nearest_second_and_never_empty() -> None:
    text = calendar_text([event(0.4, 100.2), event(0.6, 0.1)], name="w", stamp=STAMP)
    _, (first, second) = read_calendar(text)
    assert (first["DTSTART"], first["DTEND"]) == ("20350101T000000Z", "20350101T000141Z")
    assert (second["DTSTART"], second["DTEND"]) == ("20350101T000001Z", "20350101T000002Z")


def test_the_same_events_give_the_same_bytes_and_others_other_uids() -> None:
    one = [event(0.0), event(7200.0)]
    assert calendar_text(one, name="w", stamp=STAMP) == calendar_text(list(one), name="w", stamp=STAMP)
    _, found = read_calendar(calendar_text([*one, event(0.0, summary="Other")], name="w", stamp=STAMP))
    assert len({e["UID"] for e in found}) == 3


def test_a_calendar_without_events_is_one() -> None:
    assert read_calendar(calendar_text([], name="none", stamp=STAMP))[1] == []


@given(st.text(max_size=300), st.text(min_size=1, max_size=100))
def test_any_text_makes_a_calendar_that_reads_back(description: str, summary: str) -> None:
    _, (found,) = read_calendar(
        calendar_text([event(description=description, summary=summary)], name=summary, stamp=STAMP)
    )
    kept = "".join(c for c in "\n".join(description.splitlines()) if c == "\n" or c.isprintable())
    assert found.get("DESCRIPTION", "") == kept


def test_the_parser_of_this_test_can_fail() -> None:
    good = calendar_text([event(summary="a, b")], name="w", stamp=STAMP)
    for bad in (
        good.replace("\r\n", "\n"),
        good.replace("\\,", ","),
        good.replace("DTSTART:20350101T000000Z", "DTSTART:2035-01-01"),
        good.replace("END:VEVENT\r\n", ""),
        good.replace("SUMMARY", "X" * 80),
    ):
        with pytest.raises(AssertionError):
            read_calendar(bad)
