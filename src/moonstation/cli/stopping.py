"""Ctrl-C: the run ends at once with one line, whatever it is at, and leaves no drafts behind.

An exception would not do: compiled loops and compilation hold it up, worker threads that run on hold up the end of
the process, and one raised inside a callback of a library is printed and lost. So the handler takes the drafts away
and ends the process; should the main thread sit in compiled code, a thread of its own does so after a moment.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # as in typing, which loads slowly: little may happen before the signals are watched
if TYPE_CHECKING:
    import socket
    from types import FrameType, ModuleType
    from typing import NoReturn

STATUS = 2
GRACE = 1.0
"""How long the main thread may take to notice [s]."""

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

clearing = ""
"""What gives the terminal back as it was: control codes while a bar is on it, else nothing."""

resuming = ""
"""How a stopped run can be taken up again, in words; empty where it begins anew."""

_drafts: ModuleType | None = None
_ending = False


def watch() -> None:
    """From now on, end the process as a user expects when it is interrupted, terminated or loses its terminal."""
    global _drafts
    numbers = _watched()
    for number in numbers:
        signal.signal(number, _noticed)
    import socket
    import threading

    from moonstation.formats import drafts

    _drafts = drafts
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_guard, args=(ours, theirs, numbers), name="stopping", daemon=True).start()


def unwatch() -> None:
    """Let the process end as it is about to, whatever comes now."""
    for number in _watched():
        signal.signal(number, signal.SIG_IGN)


def message() -> str:
    """Return the line that a stopped run leaves."""
    if resuming:
        return f"stopped: {resuming}"
    if _drafts is not None and _drafts.placed:
        return f"stopped after {_drafts.placed[-1]} was written"
    return "stopped: nothing was written; earlier results are untouched"


def _watched() -> list[int]:
    """Signals that the one who started this process has not told it to ignore."""
    numbers = [int(getattr(signal, name)) for name in SIGNALS if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def _noticed(number: int, frame: FrameType | None) -> None:
    if _drafts is None or not _drafts.postpone(_end):
        _end()


def _guard(ours: socket.socket, theirs: socket.socket, numbers: list[int]) -> None:
    import time

    # `theirs` is held here so that it stays open
    while theirs and ours.recv(1)[0] not in numbers:
        continue
    time.sleep(GRACE)
    while _drafts is not None and _drafts.busy():
        time.sleep(0.01)
    if not _ending:
        _end()


def _end() -> NoReturn:
    global _ending
    _ending = True
    if _drafts is not None:
        _drafts.discard_all()
    try:
        # straight to the terminal: the streams may be locked by what was interrupted
        os.write(2, f"{clearing}{message()}\n".encode())
    finally:
        # an error in writing means that no one is there to read
        os._exit(STATUS)
