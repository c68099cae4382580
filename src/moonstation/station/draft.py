"""A station file while it is being read: raw tables, records made of them, and every problem met."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from moonstation.station.catalogues import Catalogue, Entry, nearest
from moonstation.station.model import SINGLE, TABLES
from moonstation.station.part import Confidence, Part, Provenance
from moonstation.station.reading import Problem, TomlFile
from moonstation.station.units import FROM_FILE, show

MOST_PROBLEMS = 200
MOST_TABLES = 5000
ABOUT = ("source", "confidence", "note")
"""Keys that say where values come from; beside a value, or in a table for all its values."""


class TooManyProblemsError(Exception):
    """The list of problems is long enough."""


@dataclass
class Row:
    """A table of the file.

    Attributes
    ----------
    kind : str
        Key of `moonstation.station.model.TABLES`.
    number : int
        Position among the tables of its kind.
    values : dict
        Its keys (with ``_``), bare values; what a catalogue gave included.
    entry : Entry or None
        Catalogue entry that it started from.
    own : set of str
        Keys that stand in the station file itself.
    record : Part or None
        The valid record, if it is valid.
    listed : str
        Key of ``[station]`` that lists it by name; "" if it has a table of its own.
    lost : bool
        True if the catalogue entry that it starts from does not exist: then its keys cannot be judged.
    origin : TomlFile or None
        The file that it stands in, where that is the station which the file varies.
    """

    kind: str
    number: int
    values: dict[str, Any]
    own: set[str]
    entry: Entry | None = None
    record: Part | None = None
    listed: str = ""
    lost: bool = False
    origin: TomlFile | None = None

    @property
    def id(self) -> str:
        """The id as written, "" if there is none."""
        name = self.values.get("id")
        return name if isinstance(name, str) else ""

    @property
    def label(self) -> str:
        """The table in messages: ``[[element]] power-plant``."""
        if self.kind in SINGLE:
            return f"[{self.kind}]"
        return f"[[{self.kind}]] {self.id[:64] or f'number {self.number + 1}'}"


@dataclass
class Draft:
    """Tables, provenance and problems of a station file."""

    file: TomlFile
    catalogue: Catalogue
    rows: dict[str, list[Row]] = field(default_factory=lambda: {kind: [] for kind in TABLES})
    provenance: dict[str, Provenance] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Folder that relative paths in the file start from."""
        return self.file.path.parent

    def all_rows(self) -> list[Row]:
        """Every table, in the order of kinds."""
        return [row for rows in self.rows.values() for row in rows]

    def ids(self, *kinds: str) -> list[str]:
        """Ids of some kinds of tables as written, whether the table is valid or not."""
        return [row.id for kind in kinds for row in self.rows[kind] if row.id]

    def add(self, problem: Problem) -> None:
        """Keep a problem; gives up when there are too many to be of use."""
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise TooManyProblemsError

    def report(self, row: Row, key: str, text: str) -> None:
        """Keep a problem with a key of a table, at the line that it stands in."""
        top = key.partition(".")[0].partition("[")[0]
        entry = row.entry
        if entry is not None and not entry.packaged and top in entry.values and top not in row.own:
            kind = "orbit" if row.kind == "orbiter" else row.kind
            line = entry.file.line(kind, entry.number, top)
            self.add(Problem(entry.file.name, line, row.label, key, text))
        else:
            file = row.origin or self.file
            line = file.line("station", 0, row.listed) if row.listed else file.line(row.kind, row.number, top)
            self.add(Problem(file.name, line, row.label, key, text))


def normal_keys(draft: Draft, kind: str, number: int, table: Mapping[str, Any]) -> dict[str, Any]:
    """Write all keys of a table with ``_``; a key given in both spellings is a problem."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in values:
            text = f'stands twice, once with "-" and once with "_"; keep "{name[:60]}"'
            draft.add(
                Problem(draft.file.name, draft.file.line(kind, number, name), f"[[{kind}]]", name[:60], text)
            )
        values[name] = value
    return values


def unwrap(draft: Draft, row: Row, values: dict[str, Any], keep: bool = True) -> dict[str, Any]:
    """Take values out of ``{ value = ..., source = ... }`` and keep what they say about themselves.

    Parameters
    ----------
    keep : bool
        False to drop the provenance (a catalogue's value that the file replaces).
    """
    general = {key: _about(draft, row, key, values[key]) for key in ABOUT if key in values}
    bare: dict[str, Any] = {}
    for key, value in values.items():
        if key in ABOUT:
            continue
        if isinstance(value, dict) and "value" not in value:
            bare[key] = {k: _bare(draft, row, f"{key}.{k}", v, general, keep) for k, v in value.items()}
        else:
            bare[key] = _bare(draft, row, key, value, general, keep)
    return bare


def _bare(draft: Draft, row: Row, key: str, value: Any, general: dict[str, str], keep: bool) -> Any:
    said = dict(general)
    if isinstance(value, dict) and "value" in value:
        for name, text in value.items():
            if name in ABOUT:
                said[name] = _about(draft, row, f"{key}.{name}", text)
            elif name != "value":
                draft.report(
                    row, f"{key}.{name[:40]}", f"is not known beside a value; use value, {', '.join(ABOUT)}"
                )
        value = value["value"]
    if keep and key not in ("id", "from", "orbit", "name"):
        name = "station" if row.kind == "station" else f"{row.kind}.{row.id}"
        draft.provenance[f"{name}.{key}"] = Provenance(text=_as_text(value), **said)
    return value


def _about(draft: Draft, row: Row, key: str, text: Any) -> str:
    if not isinstance(text, str):
        draft.report(row, key, f"{show(text)} is not text; put it in quotes")
        return ""
    levels = get_args(Confidence)
    if key.rpartition(".")[2] == "confidence" and text not in levels:
        draft.report(
            row,
            key,
            f"{show(text)} is not one of {', '.join(levels)}{nearest(text, levels)}",
        )
        return ""
    return text


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value[:20] if not isinstance(item, list | dict))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return show(value)


def validate(draft: Draft, row: Row) -> None:
    """Make the record of a table, or report all that is wrong with it."""
    if row.lost:
        return
    model = TABLES[row.kind]
    try:
        row.record = model.model_validate(row.values, context=FROM_FILE)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
            draft.report(row, key.lstrip(".")[:80], _say(detail, model))


def _say(detail: ErrorDetails, model: type[Part]) -> str:
    kind, value = detail["type"], detail["input"]
    context = detail.get("ctx", {})
    words = keys_of(model)
    match kind:
        case "extra_forbidden":
            near = nearest(detail["loc"][-1], words)
            return f"is not a known key{near or '; known are ' + ', '.join(words)}"
        case "missing":
            return f"is missing; add it{_example(model, str(detail['loc'][-1]))}"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            choices = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
            return f"{show(value)} is not one of {', '.join(choices)}{nearest(value, choices)}"
        case "string_type":
            return f"{show(value)} is not text; put it in quotes"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters; shorten it"
        case "list_type":
            return f'{show(value)} is no list; write ["a", "b"]'
        case "greater_than_equal":
            return f"{show(value)} is too small; give {context['ge']} or more"
        case "less_than_equal":
            return f"{show(value)} is too large; give {context['le']} or less"
        case _:
            return f"{show(value)} cannot be used ({detail['msg']}); see docs/station-file.md"


def keys_of(model: type[Part]) -> list[str]:
    """Keys of a table as a station file writes them."""
    return [info.alias or name for name, info in model.model_fields.items()]


def _example(model: type[Part], key: str) -> str:
    examples = {
        "start": "start = 2035-01-01",
        "span": 'span = "1 yr"',
        "lat": 'lat = "-88.8 deg"',
        "lon": 'lon = "123.4 deg"',
        "kind": 'kind = "science"',
        "metric": 'metric = "site.base.sun.average"',
        "site": 'site = "base"',
        "id": 'id = "base"',
    }
    return f", as in {examples[key]}" if key in examples else ""
