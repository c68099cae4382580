"""The study's folder: written beside its place and put there whole, or not at all."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moonstation.errors import OutputError, RequestError

SUMMARY = "summary.json"
SCHEMA = "moonstation study 1"


def check_target(folder: Path) -> None:
    """Refuse a place for results before anything is computed.

    Raises
    ------
    RequestError
        If the place is a file, or a folder that holds something other than an earlier study.
    OutputError
        If nothing can be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder}: is a file, not a folder for results; choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not _is_study(folder):
        raise RequestError(
            f"{folder}: holds files that are not a study; choose another --out or an empty folder"
        )
    parent = next(p for p in folder.absolute().parents if p.exists())
    if not os.access(parent, os.W_OK):
        raise OutputError(f"{folder}: cannot be written (no permission in {parent}); choose another --out")


def _is_study(folder: Path) -> bool:
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and str(summary.get("schema", "")).startswith("moonstation study")


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a fresh folder to write in; it takes the place of `folder` only if the block ends well.

    Raises
    ------
    OutputError
        If the disk is full or refuses; what stood in `folder` before is untouched.
    """
    check_target(folder)
    target = folder.absolute()
    draft: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        draft.chmod(0o755)
        yield draft
        _exchange(draft, target)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder}: {_reason(error)}; what was there before is untouched") from error
    finally:
        if draft is not None and draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def _exchange(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    retired = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(retired / target.name)
    try:
        draft.rename(target)
    except OSError:
        (retired / target.name).rename(target)
        retired.rmdir()
        raise
    shutil.rmtree(retired, ignore_errors=True)


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
