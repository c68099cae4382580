"""The study's folder: written beside its place and put there whole, or not at all."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import added_folders, discard, draft_folder, place_folder, remove_added

SUMMARY = "summary.json"
SCHEMA = "moonstation study 1"
CHECKPOINTS = "checkpoints"
"""Folder of what is finished of long runs, gone when they are whole."""

NAMES = frozenset({"report.html", SUMMARY, "timeseries.nc", "contacts.csv", "orbits"})
"""What a study's folder holds; anything else in it is the user's."""


def check_target(folder: Path, *, schema: str = "moonstation study") -> None:
    """Refuse a place for results before anything is computed.

    Parameters
    ----------
    folder : Path
        Where results shall stand.
    schema : str
        What the schema in the summary of earlier results begins with, by which they are known.

    Raises
    ------
    RequestError
        If the place is a file, or a folder that holds something other than an earlier study.
    OutputError
        If nothing can be written there.
    """
    try:
        standing = [path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"{folder}: is no name for a folder ({reason}); choose another --out") from error
    if not standing[0].is_dir():
        raise RequestError(f"{standing[0]}: is a file, not a folder for results; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not _is_ours(folder, schema):
        raise RequestError(
            f"{folder}: holds files that are not a {schema.removeprefix('moonstation ')}; choose another --out or an "
            "empty folder"
        )
    target = Path(os.path.realpath(folder))
    parent = next(path for path in target.parents if path.exists())
    if not os.access(parent, os.W_OK):
        raise OutputError(f"{folder}: cannot be written (no permission in {parent}); choose another --out")


def _is_ours(folder: Path, schema: str) -> bool:
    if {path.name for path in folder.iterdir()} == {CHECKPOINTS}:
        return True
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(summary, dict) and str(summary.get("schema", "")).startswith(schema)


@contextmanager
def replacing_folder(
    folder: Path, *, names: frozenset[str] = NAMES, schema: str = "moonstation study"
) -> Iterator[Path]:
    """Give a fresh folder to write in; it takes the place of `folder` only if the block ends well.

    Parameters
    ----------
    folder : Path
        Where results shall stand.
    names : frozenset of str
        What such a folder holds; anything else in it is the user's and stays.
    schema : str
        See `check_target`.

    Raises
    ------
    OutputError
        If the disk is full or refuses; what stood in `folder` before is untouched.
    """
    check_target(folder, schema=schema)
    # a link to a folder leads to the folder
    target = Path(os.path.realpath(folder))
    draft: Path | None = None
    made = [path for path in target.parents if not path.exists()]
    try:
        added_folders.update(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_folder(target)
        draft.chmod(0o755)
        yield draft
        # what the user has put beside the results stays
        place_folder(draft, target, kept=lambda name: name not in names)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder}: {_reason(error)}; what was there before is untouched") from error
    finally:
        if draft is not None:
            discard(draft)
        remove_added()


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full or the file too large: free some space or choose another --out"
    return f"could not be written ({error.strerror or error}); check permissions or choose another --out"


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with Unix line ends, whatever the system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write JSON that any reader takes: no NaN, keys as given, two spaces."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
