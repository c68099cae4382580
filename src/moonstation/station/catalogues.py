"""Catalogues: entries that a station file can refer to by name, packaged ones and the user's."""

import difflib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from moonstation.errors import StationFileError
from moonstation.station.reading import Problem, TomlFile, read_toml
from moonstation.station.units import show

KINDS = ("ground_station", "launcher", "orbit", "element", "radio", "lander")
"""Tables of a catalogue file."""

DATA = Path(str(files("moonstation") / "data"))


@dataclass(frozen=True)
class Entry:
    """An entry of a catalogue: its raw keys and the file that it comes from."""

    values: dict[str, Any]
    file: TomlFile
    number: int

    @property
    def packaged(self) -> bool:
        """Whether it comes with the package, so that a user cannot mend it there."""
        return self.file.path.parent == DATA / "catalogues"


class Catalogue:
    """Entries by kind and id.

    Parameters
    ----------
    entries : dict
        Entries by kind and id; a later file's replace an earlier one's.
    """

    def __init__(self, entries: dict[str, dict[str, Entry]]) -> None:
        self.entries = entries

    def find(self, kind: str, name: object) -> Entry:
        """Return an entry.

        Raises
        ------
        LookupError
            If there is none; names the nearest one.
        """
        entries = self.entries.get(kind, {})
        if isinstance(name, str) and name in entries:
            return entries[name]
        raise LookupError(
            f"{show(name)} is not in the {kind.replace('_', ' ')} catalogue{nearest(name, entries)}"
        )

    def extended(self, file: TomlFile) -> tuple["Catalogue", list[Problem]]:
        """Return the catalogue with a file's entries, and what is wrong with that file."""
        entries = {kind: dict(self.entries.get(kind, {})) for kind in KINDS}
        problems = []
        for table, rows in file.tables.items():
            kind = table.replace("-", "_")
            if kind not in KINDS:
                cure = f"catalogues hold {', '.join(f'[[{k}]]' for k in KINDS)}{nearest(kind, KINDS)}"
                problems.append(
                    Problem(
                        file.name, file.line(kind), f"[{table[:60]}]", "", f"is no catalogue table; {cure}"
                    )
                )
                continue
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                text = f"write [[{kind}]] above the keys of each entry"
                problems.append(Problem(file.name, file.line(kind), f"[{table[:60]}]", "", text))
                continue
            for number, row in enumerate(rows):
                if isinstance(row.get("id"), str):
                    values = {key.replace("-", "_"): value for key, value in row.items()}
                    entries[kind][row["id"]] = Entry(values, file, number)
                else:
                    text = 'has no id; add id = "..." so that a station can name it'
                    problems.append(Problem(file.name, file.line(kind, number), f"[[{kind}]]", "", text))
        return Catalogue(entries), problems


def nearest(name: object, known: Any) -> str:
    """Advice that names the nearest known word, "" if none is near."""
    if not isinstance(name, str):
        return ""
    close = difflib.get_close_matches(name[:80], list(known), n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else ""


@lru_cache(maxsize=1)
def packaged_catalogue() -> Catalogue:
    """Return the catalogues that come with the package.

    Raises
    ------
    StationFileError
        If the installation is damaged.
    """
    catalogue = Catalogue({})
    for name in ("ground_stations", "launchers", "orbits", "elements", "radios", "landers"):
        catalogue, problems = catalogue.extended(
            read_toml(DATA / "catalogues" / f"{name}.toml", f"{name}.toml")
        )
        if problems:
            raise StationFileError([str(problem) for problem in problems])
    return catalogue


@lru_cache(maxsize=1)
def packaged_launch_sites() -> dict[str, dict[str, str]]:
    """Return the launch sites of the package as written, by id."""
    rows = read_toml(DATA / "catalogues" / "launch_sites.toml", "launch_sites.toml").tables["launch_site"]
    return {row["id"]: row for row in rows}


@lru_cache(maxsize=1)
def packaged_sources() -> dict[str, dict[str, str]]:
    """Return title, url and date of the documents behind packaged values, by id."""
    sources: dict[str, dict[str, str]] = read_toml(DATA / "catalogues" / "sources.toml").tables
    return sources
