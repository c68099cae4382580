"""Transfers from an archive that breaks off, forgets ranges, changes its files or is not there."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from archive_server import Archive, archive
from moonstation.errors import DataFileError
from moonstation.formats.download import TransferError, download

CONTENT = np.random.default_rng(1).bytes(300_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[Archive]:
    with archive() as held:
        held.files["a.img"] = CONTENT
        yield held


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_with_its_sum_and_progress(server: Archive, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "a.img"
    digest = download(server.url + "a.img", target, progress=lambda done, total: seen.append((done, total)))
    assert digest == SUM
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert leftovers(tmp_path) == ["a.img"]


def test_a_transfer_that_breaks_off_is_taken_up_where_it_stopped(server: Archive, tmp_path: Path) -> None:
    server.break_after, server.breaks = 100_000, 2
    assert download(server.url + "a.img", tmp_path / "a.img", sha256=SUM) == SUM
    assert [wanted for _, wanted in server.requests] == [None, "bytes=100000-", "bytes=200000-"]


def test_another_run_goes_on_and_a_server_that_is_gone_keeps_what_came(
    server: Archive, tmp_path: Path
) -> None:
    server.break_after, server.breaks = 0, 10**6
    part = tmp_path / "a.img.part"
    part.write_bytes(CONTENT[:123_456])
    (tmp_path / "a.img.part.from").write_text(f'{server.url}a.img\n"1"\n')
    with pytest.raises(TransferError, match="broke off after 123456 of 300000 bytes"):
        download(server.url + "a.img", tmp_path / "a.img")
    assert part.read_bytes() == CONTENT[:123_456]
    server.breaks = 0
    assert download(server.url + "a.img", tmp_path / "a.img") == SUM
    assert server.requests[-1][1] == "bytes=123456-"
    assert leftovers(tmp_path) == ["a.img"]


@pytest.mark.parametrize("why", ["no ranges", "another version", "another address"])
def test_parts_of_two_versions_are_never_joined(server: Archive, tmp_path: Path, why: str) -> None:
    (tmp_path / "a.img.part").write_bytes(b"x" * 1000)
    origin = server.url + ("b.img" if why == "another address" else "a.img")
    tag = '"0"' if why == "another version" else '"1"'
    (tmp_path / "a.img.part.from").write_text(f"{origin}\n{tag}\n")
    server.ranges = why != "no ranges"
    assert download(server.url + "a.img", tmp_path / "a.img") == SUM


def test_a_part_that_is_whole_already_needs_no_byte(server: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.img.part").write_bytes(CONTENT)
    (tmp_path / "a.img.part.from").write_text(f'{server.url}a.img\n"1"\n')
    assert download(server.url + "a.img", tmp_path / "a.img") == SUM
    # one that is too long is begun anew
    (tmp_path / "b.img.part").write_bytes(CONTENT + b"?")
    (tmp_path / "b.img.part.from").write_text(f'{server.url}a.img\n"1"\n')
    assert download(server.url + "a.img", tmp_path / "b.img") == SUM


def test_what_is_not_the_file_is_thrown_away(server: Archive, tmp_path: Path) -> None:
    target = tmp_path / "a.img"
    with pytest.raises(
        DataFileError, match=r"has SHA-256 .* where 0{16}\.\.\. is pinned; it was thrown away"
    ):
        download(server.url + "a.img", target, sha256="0" * 64)
    assert leftovers(tmp_path) == []
    with pytest.raises(DataFileError, match=r"300000 bytes came from .* where 5 are expected"):
        download(server.url + "a.img", target, size=5)
    assert leftovers(tmp_path) == []
    server.content_type = "text/html; charset=utf-8"
    with pytest.raises(TransferError, match="a web page in place of the file"):
        download(server.url + "a.img", target)
    assert leftovers(tmp_path) == []


def test_files_and_servers_that_are_not_there(server: Archive, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="404 Not Found"):
        download(server.url + "none.img", tmp_path / "a.img")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransferError, match="refused"):
        download(f"http://127.0.0.1:{port}/a.img", tmp_path / "a.img")
    with pytest.raises(DataFileError, match="no https address"):
        download("file:///etc/hostname", tmp_path / "a.img")
    assert leftovers(tmp_path) == []
