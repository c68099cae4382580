"""Files fetched from the planetary archives: resumed where they stopped, checked, and whole or not there at all."""

import contextlib
import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moonstation import __version__
from moonstation.errors import DataFileError, OutputError
from moonstation.formats.drafts import place

CHUNK = 1 << 20
TIMEOUT = 60.0
"""Silence of a server [s] after which a transfer counts as broken off."""

ATTEMPTS = 5
"""Transfers that break off are taken up again so many times in a row without a byte gained."""

PAUSE = 1.0
"""Before the second such attempt [s]; twice as long before each that follows."""

Progress = Callable[[int, int | None], None]
"""Takes the bytes that are there, and all of them if known."""

_NETWORK_ERRORS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class TransferError(Exception):
    """A transfer that did not succeed; says why."""


def download(
    url: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> str:
    """Fetch a file; a transfer that was stopped earlier goes on where it stopped.

    What has come so far stands beside the target as NAME.part, with NAME.part.from saying from where and in which
    version, so that the parts of two versions are never joined.

    Parameters
    ----------
    url : str
        https or http address.
    target : Path
        File to write; its folder exists.
    size : int, optional
        Bytes that the file must have.
    sha256 : str, optional
        What its SHA-256 must be.
    progress : callable, optional
        Called after each piece.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    TransferError
        If the server cannot be reached, has no such file, or the transfer breaks off; what came is kept.
    DataFileError
        If the file that came is not the one wanted; it is thrown away.
    OutputError
        If the file cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    failures = 0
    while True:
        before = _length(part)
        try:
            total = _transfer(url, part, size, progress)
            break
        except urllib.error.HTTPError as error:
            raise TransferError(f"{error.code} {error.reason}") from error
        except _NETWORK_ERRORS as error:
            failures = failures + 1 if _length(part) <= before else 0
            reason = getattr(error, "reason", error)
            if failures >= ATTEMPTS or isinstance(reason, ConnectionRefusedError) or not part.exists():
                raise TransferError(" ".join(str(reason).split()) or type(error).__name__) from error
            if failures:
                time.sleep(PAUSE * 2 ** (failures - 1))
    digest = _check(part, target.name, url, size if size is not None else total, sha256)
    place(part, target)
    _origin(part).unlink(missing_ok=True)
    return digest


def _transfer(url: str, part: Path, size: int | None, progress: Progress | None) -> int | None:
    """Fetch what is missing of a file; return how long the server says that it is."""
    if not re.match(r"https?://", url):
        raise DataFileError(f"{url}: is no https address; correct the catalogue of products")
    start = _length(part)
    version = _version(part, url) if start else ""
    headers = {"User-Agent": f"moonstation/{__version__}", "Accept-Encoding": "identity"}
    if start and version:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not start:
            raise
        whole = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range", ""))
        if whole is not None and int(whole[1]) == start:
            return start
        discard_part(part)
        return _transfer(url, part, size, progress)
    with response:
        if (response.headers.get_content_type() or "") == "text/html":
            raise TransferError("the server sent a web page in place of the file")
        begin, total = _range(response, start)
        expected = total if total is not None else size
        _write(response, part, begin, _validator(response), url, expected, progress)
    got = _length(part)
    if expected is not None and got < expected:
        raise ConnectionError(f"broke off after {got} of {expected} bytes")
    return total


def _range(response: Any, start: int) -> tuple[int, int | None]:
    """Where the bytes that come begin in the file, and how long it is."""
    if response.status == http.client.PARTIAL_CONTENT:
        told = re.match(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if told is None or int(told[1]) != start:
            raise TransferError("the server sent another part of the file than was asked for")
        return start, int(told[2]) if told[2] != "*" else None
    # a server that knows no ranges, or has another version by now, sends all of it
    length = response.headers.get("Content-Length")
    return 0, int(length) if length is not None and length.isdigit() else None


def _write(
    response: Any,
    part: Path,
    begin: int,
    version: str,
    url: str,
    total: int | None,
    progress: Progress | None,
) -> None:
    try:
        if begin == 0:
            part.unlink(missing_ok=True)
            _origin(part).write_text(f"{url}\n{version}\n", encoding="utf-8")
        stream = part.open("ab")
    except OSError as error:
        raise _cannot_write(part, error) from error
    with stream:
        done = begin
        while piece := response.read1(CHUNK):
            try:
                stream.write(piece)
                stream.flush()
            except OSError as error:
                raise _cannot_write(part, error) from error
            done += len(piece)
            if progress is not None:
                progress(done, total)


def _cannot_write(part: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{part}: {error.strerror}; free some space, or set MOONSTATION_DATA to another folder"
    )


def _check(part: Path, name: str, url: str, size: int | None, sha256: str | None) -> str:
    got = _length(part)
    if size is not None and got != size:
        discard_part(part)
        raise DataFileError(
            f"{name}: {got} bytes came from {url} where {size} are expected; it was thrown away"
        )
    with part.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha256 is not None and digest != sha256:
        discard_part(part)
        raise DataFileError(
            f"{name}: what came from {url} has SHA-256 {digest[:16]}... where {sha256[:16]}... is pinned; it was "
            "thrown away, try again or get the file elsewhere"
        )
    return digest


def _validator(response: Any) -> str:
    """What names the version of a file at its server; weak tags do not hold for ranges (RFC 9110, 13.1.5)."""
    tag = response.headers.get("ETag", "")
    return str(tag if tag.startswith('"') else response.headers.get("Last-Modified", ""))


def _version(part: Path, url: str) -> str:
    with contextlib.suppress(OSError, ValueError):
        told = _origin(part).read_text(encoding="utf-8").splitlines()
        if len(told) == 2 and told[0] == url:
            return told[1]
    return ""


def _origin(part: Path) -> Path:
    return part.with_name(f"{part.name}.from")


def discard_part(part: Path) -> None:
    """Throw away what has come of a file."""
    part.unlink(missing_ok=True)
    _origin(part).unlink(missing_ok=True)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
