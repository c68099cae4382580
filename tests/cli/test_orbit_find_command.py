"""`moonstation orbit find`: what is found, written and refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from moonstation.orbits.messages import read_ephemeris

Run = Callable[..., Any]


def test_dro_is_found_kept_and_written(moonstation: Run, tmp_path: Path) -> None:
    spk, picture, burns = tmp_path / "dro.bsp", tmp_path / "dro.png", tmp_path / "burns.csv"
    done = moonstation(
        "orbit", "find", "dro", "--radius", "20000 km", "--revolutions", "5", "--keep", "2", "--seed", "3",
        "--out", spk, "--out", picture, "--keep-out", burns,
    )  # fmt: skip
    assert done.status == 0, done.err
    for words in (
        "Jacobi constant",
        "stability index",
        "disturbances do not grow",
        "m/s on average",
        "seed 3",
    ):
        assert words in done.out
    flown = read_ephemeris(spk)
    assert flown.et[-1] - flown.et[0] > 5 * 86_400.0
    assert picture.read_bytes()[:4] == b"\x89PNG"
    table = pd.read_csv(burns)
    assert list(table.columns) == ["member", "utc", "delta_v_m_s", "miss_km"]
    assert table["member"].nunique() == 2


@pytest.mark.slow
def test_nrho_and_halo_are_found(moonstation: Run) -> None:
    done = moonstation("orbit", "find", "nrho", "--revolutions", "3")
    assert done.status == 0, done.err
    assert "6.562" in done.out
    done = moonstation("orbit", "find", "halo", "--z-amplitude", "13000 km", "--revolutions", "2", "--north")
    assert done.status == 0, done.err
    assert "L2 northern halo orbit" in done.out


def test_relay_writes_table_map_and_the_first(moonstation: Run, tmp_path: Path) -> None:
    table, picture, oem = tmp_path / "relay.csv", tmp_path / "relay.png", tmp_path / "best.oem"
    done = moonstation(
        "orbit", "find", "relay", "--nodes", "4", "--arguments", "2", "--years", "0.02", "--degree", "8",
        "--table", table, "--map", picture, "--out", oem,
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "8 orbits" in done.out
    assert "the south pole at 10 deg" in done.out
    found = pd.read_csv(table)
    assert len(found) == 8
    assert picture.read_bytes()[:4] == b"\x89PNG"
    flown = read_ephemeris(oem)
    assert (flown.et[-1] - flown.et[0]) / 86_400.0 == pytest.approx(0.02 * 365.25, abs=1e-3)


def test_lifetimes_are_told_by_inclination(moonstation: Run, tmp_path: Path) -> None:
    table = tmp_path / "life.csv"
    done = moonstation(
        "orbit", "find", "lifetimes", "--altitude", "30 km", "--inclinations", "11 deg..50 deg", "--inclination-step",
        "39 deg", "--nodes", "1", "--days", "6", "--degree", "20", "--table", table,
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "lifetime [d]: least" in done.out
    found = pd.read_csv(table)
    assert found["inclination_deg"].tolist() == [11.0, 50.0]
    assert found["lifetime_d"][0] < 6.0


@pytest.mark.slow
def test_frozen_and_low_orbits_are_kept(moonstation: Run, tmp_path: Path) -> None:
    burns = tmp_path / "burns.csv"
    done = moonstation(
        "orbit", "find", "frozen", "--altitude", "100 km", "--inclination", "86 deg", "--degree", "20", "--days", "60",
        "--keep", "--cycles", "2", "--keep-out", burns,
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "still flies after 60 d" in done.out
    assert len(pd.read_csv(burns)) == 4
    done = moonstation("orbit", "find", "low", "--cycles", "1", "--degree", "20")
    assert done.status == 0, done.err
    assert "by year" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("halo",), "give one of --z-amplitude, --period and --perilune"),
        (("halo", "--period", "3 d"), "the family goes from"),
        (("halo", "--z-amplitude", "130000 km"), "the family goes from"),
        (("halo", "--period", "14 d", "--point", "L4"), "give L1 or L2"),
        (("nrho", "--resonance", "nine"), "as 9:2"),
        (("nrho", "--navigation", "1 km"), "errors of position and velocity"),
        (("nrho", "--keep-out", "burns.csv"), "give --keep NUMBER"),
        (("nrho", "--keep", "5", "--revolutions", "2"), "more --revolutions"),
        (("nrho", "--deadband", "-1 cm/s"), "below zero"),
        (("nrho", "--out", "orbit.xyz"), "is unknown"),
        (("dro", "--radius", "3 km"), "give 10,000 to 100,000 km"),
        (("dro", "--epoch", "2600-01-01", "--radius", "20000 km"), "2600"),
        (("frozen", "--altitude", "5 km"), "give 20 to"),
        (("frozen", "--days", "0"), "more than 0"),
        (("frozen", "--keep-out", "burns.csv"), "give --keep"),
        (("low", "--apoapsis", "3000 km"), "this keeps orbits under"),
        (("relay", "--periapsis", "-5 km"), "sphere; raise it"),
        (("relay", "--nodes", "3600", "--arguments", "3600"), "give 1 to 100000"),
        (("relay", "--inclination", "200 deg"), "between 0 and 180 deg"),
        (("frozen", "--inclination", "200 deg"), "between 0 and 180 deg"),
        (("relay", "--years", "0"), "above zero"),
        (("relay", "--map", "map.pdf"), "give .png"),
        (("relay", "--argument-range", "70 deg.."), "both ends"),
        (("lifetimes", "--inclinations", "10 deg..200 deg"), "0 deg to 180 deg"),
        (("lifetimes", "--inclination-step", "0 deg"), "above zero"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    moonstation: Run, words: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = moonstation("orbit", "find", *words)
    assert done.status == 2
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
