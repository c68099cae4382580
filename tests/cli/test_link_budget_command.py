"""`moonstation link budget` and `link codes` as a user runs them."""

import json

import pandas as pd
import pytest

RADIO = """
[[radio]]
id = "lander-x"
from = "lander-x"
on = "lander"
[[radio]]
id = "eye"
from = "optical-flight"
on = "ridge"
[[radio]]
id = "rover-uhf"
from = "rover-uhf"
on = "rover"
[[radio]]
id = "mast-uhf"
from = "rover-uhf"
on = "lander"
[[radio]]
id = "sky"
from = "optical-ground"
on = "kashi"
"""


@pytest.fixture
def station(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        """\
[station]
start = 2030-04-01
span = "4 d"
ground_stations = ["kashi", "zapala"]
[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"
[[element]]
id = "lander"
kind = "lander"
site = "ridge"
[[element]]
id = "rover"
kind = "rover"
site = "ridge"
"""
        + RADIO,
        encoding="utf-8",
    )
    return str(path)


def test_a_budget_says_every_term_and_writes_its_files(moonstation, station, tmp_path):
    files = {key: tmp_path / f"b.{key}" for key in ("csv", "json", "png", "over")}
    words = ["link", "budget", station, "lander", "kashi", "--band", "X"]
    for key, path in files.items():
        words += [f"--{key}", str(path)]
    done = moonstation(*words)
    assert done.status == 0
    for word in ("Free-space loss", "of the Moon in the beam", "G/T", "Margin", "EIRP", "rss", "ldpc-1/2"):
        assert word in done.out
    lines = pd.read_csv(files["csv"])
    assert list(lines["moment"].unique()) == ["lowest", "median", "highest"]
    assert lines["source"].notna().all()
    told = json.loads(files["json"].read_text())
    series = pd.read_csv(files["over"])
    for moment in told["moments"]:
        total = sum(
            (-1.0 if line["unit"] in ("dB", "dBK", "dBW/K/Hz") and line["key"] != "combining" else 1.0)
            * line["value"]
            for line in moment["lines"]
            if line["unit"] != "K" and line["part"] != "demodulator"
        )
        # the lines add up to the result
        assert total == pytest.approx(moment["nominal"]["cn0_dbhz"], abs=1e-6)
        assert moment["worst"]["margin_db"] < moment["rss"]["margin_db"] < moment["nominal"]["margin_db"]
        assert moment["rss"]["margin_db"] >= 3.0 - 1e-9
        assert series["cn0_nominal_dbhz"].min() - 1e-6 <= moment["nominal"]["cn0_dbhz"]
    assert files["png"].read_bytes()[:4] == b"\x89PNG"


def test_a_moment_and_a_distance(moonstation, station):
    done = moonstation(
        "link", "budget", station, "ridge", "kashi", "--at", "2030-04-02T06:00:00Z", "--band", "X"
    )
    assert done.status == 0
    assert "asked for" in done.out
    done = moonstation(
        "link",
        "budget",
        station,
        "ridge",
        "kashi",
        "--band",
        "X",
        "--range",
        "400000 km",
        "--rate",
        "1 Mbit/s",
    )
    assert done.status == 0
    # 20 lg(4 pi 4e8 m 8.45 GHz / c)
    assert "223.03" in done.out


def test_a_rover_and_a_mast_at_one_site(moonstation, station):
    done = moonstation(
        "link", "budget", station, "rover", "lander", "--range", "2 km", "--elevation", "0.5 deg"
    )
    assert done.status == 0
    assert "of the ground in the beam" in done.out
    done = moonstation("link", "budget", station, "rover", "lander")
    assert done.status == 2
    assert "stand at one place; name two ends apart, or give --range" in done.err


def test_optical_links_count_photons(moonstation, station, tmp_path):
    path = tmp_path / "o.json"
    done = moonstation("link", "budget", station, "eye", "sky", "--json", str(path))
    assert done.status == 0
    assert "Photons for each bit" in done.out
    told = json.loads(path.read_text())
    # an experiment of this size carried 622 Mbit/s from the Moon in 2013 (Boroson et al. 2014, doi 10.1117/12.2045508);
    # with assumed losses and 2 photons a bit the same order comes out
    assert 1e8 < told["moments"][1]["nominal"]["best_rate_bit_s"] < 3e9


def test_the_codes_are_listed(moonstation):
    done = moonstation("link", "codes")
    assert done.status == 0
    assert "turbo-1/6" in done.out
    assert "CCSDS 130.1-G-3" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ridge", "nowhere"), "'nowhere' has no radio"),
        (("ridge", "lander"), "stand at one place"),
        (("kashi", "zapala"), "kashi and zapala are both a ground"),
        (("ridge", "kashi", "--case", "best"), "--case best: give one of nominal, rss, worst"),
        (("ridge", "kashi", "--band", "UHF"), "--band UHF: the ends meet in"),
        (("ridge", "kashi", "--rate", "0 bit/s"), "give more than 0 bit/s"),
        (("ridge", "kashi", "--range", "-5 km"), "give a distance above 0"),
        (("ridge", "kashi", "--elevation", "5 deg"), "goes with --range"),
        (("ridge", "kashi", "--rain", "50 %", "--days", "3"), "0.01 % to 5 %"),
        (("ridge", "kashi", "--days", "-1"), "give a length above zero and below"),
        (
            ("ridge", "kashi", "--range", "4e5 km", "--elevation", "-5 deg"),
            "--elevation -5 deg: give more than 0 and at most 90 deg",
        ),
        (("ridge", "kashi", "--at", "2030-04-02T06:00:00Z", "--png", "x.png", "--band", "X"), "--png"),
    ],
)
def test_bad_words_are_named(moonstation, station, words, says):
    done = moonstation("link", "budget", station, *words)
    assert done.status == 2
    assert says in done.err
    assert done.err.count("error:") == 1


def test_the_table_of_codes_has_its_unit(moonstation):
    # unescaped, [dB] would be read as a style and vanish
    assert "Eb/N0 [dB]" in moonstation("link", "codes").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--range", "2 km", "--elevation", "100 deg"), "--elevation 100 deg: give -90 to 90 deg"),
        (("--days", "1e9"), "--days 1e+09: give a length above zero and below 57870"),
    ],
)
def test_angles_and_spans_out_of_reach(moonstation, station, words, told):
    done = moonstation("link", "budget", station, "lander", "kashi", *words)
    assert done.status == 2
    assert told in done.err
