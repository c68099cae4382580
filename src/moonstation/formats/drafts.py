"""Results that are being written: under another name until they are whole, and taken away when the run is stopped."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

unfinished: set[Path] = set()
"""Files and folders that no one should find after the run: drafts, and what a draft has just replaced."""

added_folders: set[Path] = set()
"""Folders made so that a result can stand in them; those that stay empty go again."""

placed: list[Path] = []
"""Results that have been put in their place, whole."""

_held = 0
_when_released: Callable[[], None] | None = None


@contextmanager
def unparted() -> Iterator[None]:
    """Steps that a stop must not part: it waits until they are done (milliseconds)."""
    global _held, _when_released
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _held == 0 and _when_released is not None:
            waiting, _when_released = _when_released, None
            waiting()


def postpone(stop: Callable[[], None]) -> bool:
    """Have `stop` called once unparted steps are done; False, and nothing is kept, where none are under way."""
    global _when_released
    if _held:
        _when_released = stop
    return _held > 0


def busy() -> bool:
    """Whether steps are under way that a stop must not part."""
    return _held > 0


def place(draft: Path, target: Path) -> None:
    """Give a draft, file or folder, the name of what it is; a file that has it is replaced."""
    with unparted():
        draft.replace(target)
        unfinished.discard(draft)
        if not unfinished.intersection(target.parents):
            placed.append(target)


def place_folder(draft: Path, target: Path, *, kept: Callable[[str], bool] = lambda name: False) -> None:
    """Put a draft folder in its place; one that is there goes, but for what is `kept` of it by its name."""
    retired: Path | None = None
    try:
        with unparted():
            if target.exists():
                retired = draft_folder(target, label="old.")
                target.rename(retired / target.name)
            place(draft, target)
            if retired is not None:
                _carry_over(retired / target.name, target, kept)
    finally:
        if retired is not None:
            if not target.exists() and (retired / target.name).exists():
                (retired / target.name).rename(target)
            discard(retired)


def _carry_over(old: Path, new: Path, kept: Callable[[str], bool]) -> None:
    for other in old.iterdir():
        if kept(other.name):
            other.rename(new / other.name)


def draft_folder(beside: Path, *, label: str = "") -> Path:
    """Make an empty hidden folder beside a place, known as unfinished."""
    with unparted():
        folder = Path(tempfile.mkdtemp(prefix=f".{beside.name[:100]}.{label}", dir=beside.parent))
        unfinished.add(folder)
    return folder


def discard(draft: Path) -> None:
    """Take a draft away, if it is still there."""
    with unparted():
        if draft.is_dir() and not draft.is_symlink():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                draft.unlink()
        unfinished.discard(draft)


def remove_added() -> None:
    """Take away the added folders in which nothing has been put."""
    for folder in sorted(added_folders, reverse=True):
        with contextlib.suppress(OSError):
            folder.rmdir()
        added_folders.discard(folder)


def discard_all() -> None:
    """Take away every draft of this process."""
    for draft in sorted(unfinished):
        discard(draft)
    remove_added()


def replace_file(path: Path, content: str | bytes, *, encoding: str = "utf-8") -> None:
    """Write a file that appears whole or not at all; text with Unix line ends whatever the system.

    Parameters
    ----------
    path : Path
        Place; a file that is there is replaced, a link to a file leads to the file.
    content : str or bytes
        Content.
    encoding : str
        Encoding of text.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched.
    """
    data = content.encode(encoding) if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        # a device, a pipe: nothing that could be replaced
        with target.open("wb") as stream:
            stream.write(data)
        return
    with unparted():
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        draft = Path(name)
        unfinished.add(draft)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp keeps others out; a result is as readable as any new file
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        place(draft, target)
    finally:
        if draft in unfinished:
            discard(draft)
