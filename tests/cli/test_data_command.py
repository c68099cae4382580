"""`data list|get|verify`, and stations and horizons on products by name."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive_server import Archive, archive
from moonstation.formats.products import cache_folder, products
from moonstation.terrain.horizon_table import read_horizon
from pds3_writer import label, power_law

Run = Callable[..., Any]
SAMPLES = np.round(2 * power_law((200, 200), 100.0)).astype("<i2")
LABEL = label("LDEM_TINY", SAMPLES.shape, pixel=100.0).encode()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MOONSTATION_DATA", str(folder))
    return folder


@pytest.fixture
def server(cache: Path) -> Iterator[Archive]:
    with archive() as held:
        held.files |= {"LDEM_TINY.LBL": LABEL, "LDEM_TINY.IMG": SAMPLES.tobytes(), "a.bsp": b"kernel"}
        cache.mkdir()
        pinned = hashlib.sha256(b"kernel").hexdigest()
        (cache / "products.toml").write_text(f"""\
[tiny]
title = "Synthetic ground about the pole"
kind = "terrain"
resolution = "100 m"
files = [
  {{ name = "LDEM_TINY.LBL", urls = ["{held.url}none/LDEM_TINY.LBL", "{held.url}LDEM_TINY.LBL"] }},
  {{ name = "LDEM_TINY.IMG", urls = ["{held.url}LDEM_TINY.IMG"], size = {SAMPLES.nbytes} }},
]

[kernel]
title = "A kernel"
kind = "kernel"
files = [{{ name = "a.bsp", urls = ["{held.url}a.bsp"], sha256 = "{pinned}" }}]
""")
        yield held


def test_list_names_products_with_size_and_whether_they_are_here(moonstation: Run, cache: Path) -> None:
    done = moonstation("data", "list")
    assert done.status == 0, done.err
    for words in ("de440s.bsp", "ldem-80s-20m ", "1.85 GB", "20 m", str(cache)):
        assert words in done.out
    for name in products():
        assert name in done.out


def test_the_packaged_catalogue_is_sound(cache: Path) -> None:
    known = products()
    assert len(known) > 20
    names = [part.name.lower() for product in known.values() for part in product.files]
    assert len(names) == len(set(names))
    for product in known.values():
        assert product.kind in {"terrain", "kernel", "gravity"}
        assert product.confidence in {"high", "medium"}
        for part in product.files:
            assert part.urls
            for url in part.urls:
                assert url.startswith("https://")
                assert url.lower().endswith("/" + part.name.lower())
    # 608 km at 20 m, two bytes a pixel (issue of the project: 30,400 x 30,400)
    assert known["ldem-80s-20m"].files[1].size == 2 * 30_400**2


def test_get_fetches_records_and_verify_sees_a_change(moonstation: Run, server: Archive, cache: Path) -> None:
    done = moonstation("data", "get", "tiny", "kernel")
    assert done.status == 0, done.err
    assert done.out.count(": fetched") == 3
    sums = (cache / "SHA256SUMS").read_text()
    assert f"{hashlib.sha256(SAMPLES.tobytes()).hexdigest()}  LDEM_TINY.IMG\n" in sums
    count = len(server.requests)
    again = moonstation("data", "get", "TINY")
    assert again.out.count("already there") == 2
    assert len(server.requests) == count
    well = moonstation("data", "verify")
    assert well.status == 0
    assert "3 of 3 files" in well.out
    image = cache / "LDEM_TINY.IMG"
    image.write_bytes(b"\x01" + image.read_bytes()[1:])
    (cache / "a.bsp").write_bytes(b"kernem")
    (cache / "LDEM_TINY.LBL").unlink()
    ill = moonstation("data", "verify")
    assert ill.status == 2
    assert "LDEM_TINY.IMG: has another SHA-256 than is recorded" in ill.err
    assert "a.bsp: has another SHA-256 than is pinned" in ill.err
    assert "LDEM_TINY.LBL: is recorded but gone" in ill.err
    assert "0 of 3 files" in ill.out
    refused = moonstation("data", "get", "kernel")
    assert refused.status == 2
    assert "delete it and get it again" in refused.err


def test_a_name_of_a_product_is_terrain(
    moonstation: Run, server: Archive, cache: Path, tmp_path: Path, station_file: Path
) -> None:
    table = tmp_path / "here.csv"
    command = ("site", "horizon", "--terrain", "tiny", "--azimuths", "60", "--", "-89.9 deg", "0 deg", table)
    early = moonstation(*command)
    assert early.status == 2
    assert (
        "tiny: is not on this machine; get it with 'moonstation data get tiny', or put LDEM_TINY.LBL"
        in early.err
    )
    text = station_file.read_text().replace('horizon = "connecting-ridge"', 'terrain = ["tiny"]')
    station_file.write_text(text)
    early = moonstation("check", station_file)
    assert early.status == 2
    assert "terrain[0]" in early.err
    assert "get it with 'moonstation data get tiny'" in early.err
    assert moonstation("data", "get", "tiny").status == 0
    assert moonstation(*command).status == 0
    horizon = read_horizon(table)
    assert horizon.resolution_m == 100.0
    assert not horizon.indicative
    assert moonstation("check", station_file).status == 0
    by_file = (*command[:3], cache / "LDEM_TINY.IMG", *command[4:-1], tmp_path / "same.csv")
    assert moonstation(*by_file).status == 0
    np.testing.assert_array_equal(read_horizon(tmp_path / "same.csv").elevation, horizon.elevation)
    station_file.write_text(text.replace('"tiny"', '"kernel"'))
    assert "is no terrain but kernel" in moonstation("check", station_file).err
    station_file.write_text(text.replace('"tiny"', '"tinny"'))
    assert "did you mean tiny?" in moonstation("check", station_file).err


def test_a_study_runs_on_a_product(
    moonstation: Run, server: Archive, station_file: Path, tmp_path: Path
) -> None:
    text = station_file.read_text().replace('horizon = "connecting-ridge"', 'terrain = ["tiny"]')
    station_file.write_text(
        text.replace("-89.4399 deg", "-89.8 deg").replace('span = "12 d"', 'span = "2 d"')
    )
    assert moonstation("data", "get", "tiny").status == 0
    done = moonstation("study", station_file, "--out", tmp_path / "out")
    assert done.status in {0, 1}, done.err
    assert "LDEM_TINY.LBL" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_files_got_by_hand_are_picked_up(
    moonstation: Run, server: Archive, cache: Path, tmp_path: Path
) -> None:
    (cache / "ldem_tiny.lbl").write_bytes(LABEL)
    hand = tmp_path / "hand"
    hand.mkdir()
    (hand / "ldem_tiny.img").write_bytes(SAMPLES.tobytes())
    done = moonstation("data", "get", "tiny", "--from", hand)
    assert done.status == 0, done.err
    assert "ldem_tiny.lbl: recorded" in done.out
    assert "LDEM_TINY.IMG: copied" in done.out
    assert server.requests == []
    (hand / "a.bsp").write_bytes(b"another")
    wrong = moonstation("data", "get", "kernel", "--from", hand)
    assert wrong.status == 2
    assert f"{hand / 'a.bsp'}: has another SHA-256 than is pinned" in wrong.err
    assert not (cache / "a.bsp").exists()
    assert moonstation("data", "get", "kernel", "--from", tmp_path / "none").status == 2


def test_label_and_image_that_do_not_belong_together_are_told(
    moonstation: Run, server: Archive, cache: Path
) -> None:
    server.files["LDEM_TINY.LBL"] = label("LDEM_TINY", (100, 200), pixel=100.0).encode()
    done = moonstation("data", "get", "tiny")
    assert done.status == 2
    assert "so they do not belong together" in done.err


def test_offline_says_how_to_get_the_file_by_hand(moonstation: Run, server: Archive, cache: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    catalogue = cache / "products.toml"
    catalogue.write_text(catalogue.read_text().replace(server.url, f"http://127.0.0.1:{port}/"))
    done = moonstation("data", "get", "kernel")
    assert done.status == 2
    assert done.err.count("\n") == 1
    for words in (
        f"http://127.0.0.1:{port}/a.bsp",
        "refused",
        "get it by hand and put it into",
        str(cache),
        "--from",
    ):
        assert words in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get", "ldem-80s-20"), "did you mean ldem-80s-20m"),
        (("get", "quite-else"), "see 'moonstation data list'"),
        (("get",), "moonstation data get --help"),
    ],
)
def test_bad_input_is_one_line(moonstation: Run, cache: Path, arguments: tuple[str, ...], words: str) -> None:
    done = moonstation("data", *arguments)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_catalogue_of_ones_own_that_is_wrong(moonstation: Run, cache: Path) -> None:
    cache.mkdir()
    for text in (
        "[a]\ntitle = 3",
        "not toml",
        '[a]\ntitle="t"\nkind="terrain"\nfiles=[{name="../x", urls=[]}]',
    ):
        (cache / "products.toml").write_text(text)
        done = moonstation("data", "list")
        assert done.status == 2
        assert "cannot be read as a catalogue of products" in done.err


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MOONSTATION_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "moonstation"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "moonstation"
