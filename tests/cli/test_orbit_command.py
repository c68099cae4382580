"""`moonstation orbit`: files of every kind, events, pages, comparisons, and what is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from moonstation.orbits.messages import opm_orbit, read_ephemeris

Run = Callable[..., Any]
LOW = (
    "--periapsis",
    "100 km",
    "--apoapsis",
    "120 km",
    "--inclination",
    "90 deg",
    "--degree",
    "8",
    "--days",
    "0.3",
)


def test_propagate_writes_what_suffixes_say(moonstation: Run, tmp_path: Path) -> None:
    files = {
        suffix: tmp_path / f"low{suffix}"
        for suffix in (".csv", ".nc", ".oem", ".opm", ".bsp", ".czml", ".png")
    }
    wanted = [word for path in files.values() for word in ("--out", path)]
    done = moonstation("orbit", "propagate", *LOW, "--body-id", "-55", "--step", "5 min", *wanted)
    assert done.status == 0, done.err
    assert "Gravity to degree 8" in done.out
    table = pd.read_csv(files[".csv"])
    # 86.4 steps: 87 rows, and the end
    assert len(table) == 88
    first = table.iloc[0]
    assert (first["utc"], first["altitude_km"]) == ("2035-01-01T00:00:00.000Z", 100.0)
    assert first["inclination_deg"] == pytest.approx(90.0)
    with xr.open_dataset(files[".nc"]) as data:
        np.testing.assert_allclose(data["x_km"], table["x_km"])
        assert data["lat_deg"].attrs["units"] == "deg"
    oem, spk = read_ephemeris(files[".oem"]), read_ephemeris(files[".bsp"], body_id=-55)
    # a message tells epochs to a microsecond
    et = np.linspace(oem.et[0] + 1e-5, oem.et[-1] - 1e-5, 500)
    # OEM rows 5 min apart, as asked
    assert np.abs(oem.position_icrf(et) - spk.position_icrf(et)).max() < 1.0
    state = opm_orbit(files[".opm"]).state_icrf
    np.testing.assert_allclose(state, spk.states_icrf[0], atol=1e-3)
    np.testing.assert_allclose(state[:3], first[["x_km", "y_km", "z_km"]].to_numpy(float) * 1e3, atol=1e-3)
    assert json.loads(files[".czml"].read_text())[1]["position"]["referenceFrame"] == "FIXED"
    assert files[".png"].read_bytes()[:4] == b"\x89PNG"


def test_a_message_is_flown_on(moonstation: Run, tmp_path: Path) -> None:
    opm, csv, again = tmp_path / "low.opm", tmp_path / "a.csv", tmp_path / "b.csv"
    assert moonstation("orbit", "propagate", *LOW, "--out", opm, "--out", csv).status == 0
    done = moonstation("orbit", "propagate", opm, "--days", "0.3", "--degree", "8", "--out", again)
    assert done.status == 0, done.err
    a, b = pd.read_csv(csv), pd.read_csv(again)
    # the message tells the state to a micrometre
    np.testing.assert_allclose(a["x_km"], b["x_km"], atol=1e-5)


def test_names_states_and_the_same_bytes(moonstation: Run, tmp_path: Path) -> None:
    names = ["a.bsp", "b.bsp", "a.oem", "b.oem", "a.png", "b.png", "a.czml", "b.czml"]
    for letter in "ab":
        wanted = [word for name in names if name[0] == letter for word in ("-o", tmp_path / name)]
        done = moonstation("orbit", "propagate", "queqiao-2", "--days", "0.5", "--view", "space", *wanted)
        assert done.status == 0, done.err
    assert "Assumed, not published, for queqiao-2: node, argument of periapsis, frame" in done.out
    for a, b in zip(names[::2], names[1::2], strict=True):
        assert (tmp_path / a).read_bytes() == (tmp_path / b).read_bytes(), a
    words = (
        "--position",
        "1900, 0, 0 km",
        "--velocity",
        "0, 0.5, 1.5 km/s",
        "--days",
        "0.1",
        "--degree",
        "4",
    )
    done = moonstation("orbit", "propagate", *words, "-o", tmp_path / "state.csv")
    assert done.status == 0, done.err
    assert pd.read_csv(tmp_path / "state.csv")["x_km"][0] == 1900.0
    done = moonstation("orbit", "propagate", "ilrs:queqiao-2", "--days", "0.1", "--node", "-20 deg")
    assert done.status == 0, done.err
    assert "Given by you instead of the station file's: node." in done.out


def test_events_as_table_and_calendar(moonstation: Run, tmp_path: Path) -> None:
    csv, ics = tmp_path / "e.csv", tmp_path / "e.ics"
    wanted = (
        "--event",
        "periapsis",
        "--event",
        "altitude ..105 km",
        "--event",
        "pass 5 deg..",
        "--event",
        "mars-hidden",
    )
    done = moonstation(
        "orbit",
        "events",
        *LOW,
        *wanted,
        "--site",
        "-89 deg, 10 deg",
        "--csv",
        csv,
        "--ics",
        ics,
        "--equator",
        "icrf",
    )
    assert done.status == 0, done.err
    table = pd.read_csv(csv)
    assert set(table["event"]) <= {"periapsis", "altitude", "pass", "mars-hidden"}
    assert (table["event"] == "pass").sum() >= 3
    assert (table.loc[table["event"] == "altitude", "value"] <= 105.0).all()
    assert ics.read_text().count("BEGIN:VEVENT") == len(table)
    assert "altitude ..105 km" in done.out
    listed = moonstation("orbit", "events", "--list")
    assert listed.status == 0
    assert "speed [m/s]" in listed.out


def test_an_impact_is_told(moonstation: Run) -> None:
    words = (
        "--periapsis",
        "5 km",
        "--apoapsis",
        "60 km",
        "--inclination",
        "60 deg",
        "--node",
        "30 deg",
        "--days",
        "20",
    )
    done = moonstation("orbit", "events", *words, "--degree", "20", "--event", "impact")
    assert done.status == 0, done.err
    assert re.search(r"hits the ground \(1737.4 km sphere\) 2035-01-\d\dT", done.out)
    assert re.search(r"impact +2035-01-\d\d [\d:.]+ +1\d\d\d\.\d+ m/s", done.out)


def test_show_and_compare(moonstation: Run, tmp_path: Path) -> None:
    page, picture, scene = tmp_path / "p.html", tmp_path / "p.png", tmp_path / "p.czml"
    done = moonstation("orbit", "show", "ilrs:queqiao-2", "--days", "3", "--out", page)
    assert done.status == 0, done.err
    text = page.read_text()
    assert "Connecting Ridge, 10° and more" in done.out
    assert "contact with ground stations" in done.out
    assert "Assumed, not published" in text
    assert "http" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    oem = tmp_path / "q.oem"
    assert moonstation("orbit", "propagate", "queqiao-2", "--days", "2", "-o", oem).status == 0
    done = moonstation(
        "orbit", "compare", "queqiao-2", "polar-100", oem, "--days", "2", "-o", page, "-o", picture, "-o", scene,
        "--ground", "jiamusi",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "along track" in done.out
    assert re.search(r"distance .*(mm|under 1 mm)[^k]* at the end", done.out)
    assert len(json.loads(scene.read_text())) == 5
    for name in ("fig-space", "fig-track", "fig-apart"):
        assert f'id="{name}"' in page.read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("propagate", "queqiao2"), 'orbit "queqiao2" is unknown; did you mean queqiao-2?'),
        (("propagate", "ilrs:queqiao-9"), "station ilrs has no orbiter"),
        (("propagate",), "no orbit: give --inclination"),
        (("propagate", "--inclination", "90 deg"), "no orbit: give --periapsis and --apoapsis"),
        (("propagate", "--inclination", "90 deg", "--periapsis", "-5 km"), "is under the 1737.4 km sphere"),
        (("propagate", "--inclination", "90 deg", "--periapsis", "100"), '--periapsis: "100" has no unit'),
        (
            ("propagate", "--inclination", "90 deg", "--eccentricity", "0.1"),
            "--eccentricity without --semi-major-axis",
        ),
        (("propagate", "--position", "1, 2 km"), '--position "1, 2 km": holds 2 numbers'),
        (("propagate", "--position", "1837, 0, 0 km"), "a state takes --position and --velocity"),
        (
            ("propagate", "--position", "1000, 0, 0 km", "--velocity", "0, 1, 0 km/s"),
            "km under the 1737.4 km sphere",
        ),
        (("propagate", "--position", "1900, 0, 0 km", "--velocity", "0, 9, 0 km/s"), "is hyperbolic"),
        (("propagate", "queqiao-2", "--out", "a.xyz"), "suffix .xyz is unknown; give .csv table"),
        (("propagate", "queqiao-2", "--out", "none/a.csv"), "its folder does not exist"),
        (("propagate", "queqiao-2", "--frame", "TEME"), '--frame "TEME": give ME or ICRF'),
        (("propagate", "queqiao-2", "--epoch", "2535-01-01"), "year 2535"),
        (("propagate", "queqiao-2", "--epoch", "2249-01-01"), "the ephemeris kernels cover"),
        (("propagate", "queqiao-2", "--days", "0"), "--days 0: give more than 0"),
        (("propagate", "queqiao-2", "--view", "top"), "--view top: is unknown"),
        (("events", "queqiao-2", "--event", "eclips"), '--event "eclips": is unknown'),
        (("events", "queqiao-2", "--event", "altitude"), "--event altitude: needs a range"),
        (("events", "queqiao-2", "--event", "periapsis 3 km.."), "periapsis takes no range"),
        (("events", "queqiao-2", "--event", "pass"), "--event pass: needs a place; give --site"),
        (("show", "queqiao-2", "--days", "1", "--ground", "jiamus"), 'did you mean "jiamusi"?'),
        (("compare", "queqiao-2"), "name two orbits or more"),
        (("propagate", "queqiao-2", "--step", "0 s"), "--step 0 s: give a length above zero"),
        (("propagate", "queqiao-2", "--time-system", "GPS"), "--time-system GPS: give TDB or UTC"),
        (("propagate", "none.oem"), "none.oem: no such file; give an OEM, OPM or SPK"),
        (("show", "queqiao-2", "--mask", "95 deg"), "--mask 95 deg: nothing stands that high"),
        (
            ("propagate", "--position", "1e300, 0, 0 km", "--velocity", "0, 1, 0 km/s"),
            "orbit: 1e+303 is out of reach",
        ),
        (
            ("propagate", "--semi-major-axis", "9000 km", "--eccentricity", "nan", "--inclination", "1 deg"),
            "eccentricity is nan; give a finite number",
        ),
    ],
)
def test_refused_in_one_line(moonstation: Run, words: tuple[str, ...], error: str) -> None:
    done = moonstation("orbit", *words)
    assert done.status == 2
    assert error in done.err
    assert done.err.strip().count("\n") == 0


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.oem", b"", "a.oem: is empty"),
        ("a.bsp", b"", "a.bsp: is empty"),
        ("a.opm", b"nothing", "is no CCSDS OPM"),
        ("a.bsp", b"nothing", "a.bsp: damaged or cut off"),
        ("a.oem", bytes(range(256)), "is no text, so no CCSDS OEM"),
    ],
)
def test_files_that_hold_nothing_are_told_by_their_kind(
    moonstation: Run, tmp_path: Path, name: str, content: bytes, error: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = moonstation("orbit", "propagate", path)
    assert done.status == 2
    assert error in done.err
    assert done.err.count("\n") == 1
    path.unlink()
    path.mkdir()
    assert "is a folder; give an OEM, OPM or SPK" in moonstation("orbit", "propagate", path).err


MANOEUVRES = """
MASS = 800 [kg]
MAN_EPOCH_IGNITION = 2035-01-01T01:00:00
MAN_DURATION = 0
MAN_DELTA_MASS = -1
MAN_REF_FRAME = RTN
MAN_DV_1 = 0.005
MAN_DV_2 = 0.02
MAN_DV_3 = 0
MAN_EPOCH_IGNITION = 2035-01-01T03:00:00
MAN_DURATION = 400
MAN_DELTA_MASS = -20
MAN_REF_FRAME = TNW
MAN_DV_1 = 0.07
MAN_DV_2 = 0
MAN_DV_3 = 0.01
"""


@pytest.mark.parametrize("scale", ["TDB", "UTC"])
def test_manoeuvres_part_the_files_that_are_written(moonstation: Run, tmp_path: Path, scale: str) -> None:
    opm = tmp_path / "low.opm"
    done = moonstation("orbit", "propagate", *LOW, "--time-system", scale, "--out", opm)
    assert done.status == 0, done.err
    assert f"TIME_SYSTEM = {scale}" in opm.read_text()
    opm.write_text(opm.read_text() + MANOEUVRES)
    oem, spk, again = tmp_path / "m.oem", tmp_path / "m.bsp", tmp_path / "m.opm"
    files = [word for path in (oem, spk, again) for word in ("--out", path)]
    done = moonstation(
        "orbit", "propagate", opm, "--days", "0.3", "--degree", "8", "--time-system", scale, *files
    )
    assert done.status == 0, done.err
    assert "; 2 manoeuvres." in done.out
    # a leg before, between, in and after: nobody interpolates over an edge
    assert oem.read_text().count("META_START") == 4
    message, kernel = read_ephemeris(oem), read_ephemeris(spk)
    et = np.linspace(message.et[0] + 1e-5, message.et[-1] - 1e-5, 5000)
    assert np.linalg.norm(message.position_icrf(et) - kernel.position_icrf(et), axis=1).max() < 0.003
    first, second = opm_orbit(opm), opm_orbit(again)
    assert second.mass == 800.0
    for told, kept in zip(first.manoeuvres, second.manoeuvres, strict=True):
        assert abs(told.epoch - kept.epoch) < 1e-5
        assert (type(told), told.axes) == (type(kept), kept.axes)
        assert told.isp == pytest.approx(kept.isp, rel=1e-6)
    done = moonstation("orbit", "propagate", opm, "--days", "0.127")
    assert done.status == 2
    assert "the span ends within the burn of 2035-01-01T0" in done.err
    done = moonstation("orbit", "propagate", opm, "--days", "0.3", "--degree", "8", "--skip-burns")
    assert "2 manoeuvre(s) of low.opm left out" in done.out


def test_forces_are_chosen_and_told(moonstation: Run) -> None:
    usual = moonstation("orbit", "propagate", *LOW)
    assert (
        "Venus, Jupiter, flattening of the Earth and tides of the solid Moon; no sunlight pressure"
        in usual.out
    )
    done = moonstation(
        "orbit", "propagate", *LOW, "--planets", "saturn", "--no-earth-j2", "--no-tides", "--relativity", "--area",
        "12 m2", "--mass", "1.2 t", "--cr", "1.5",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "Earth, Sun, Saturn, sunlight pressure (area over mass 0.01 m2/kg, Cr 1.5" in done.out
    assert "relativity; no flattening of the Earth, tides of the solid Moon" in done.out


def test_forces_move_the_orbit(moonstation: Run, tmp_path: Path) -> None:
    ends = []
    for name, words in (("a", ()), ("b", ("--no-tides",)), ("c", ("--area", "40 m2", "--mass", "1 t"))):
        path = tmp_path / f"{name}.csv"
        assert moonstation("orbit", "propagate", *LOW, *words, "--out", path).status == 0
        ends.append(pd.read_csv(path).filter(regex="^x|^y|^z").iloc[-1].to_numpy()[:3] * 1e3)
    # a bulge of 1e-6 m/s2 and a light of 0.04 x 1.3 x 4.5e-6 N/m2, over 7 hours
    assert 0.05 < np.linalg.norm(ends[1] - ends[0]) < 50.0
    assert 1.0 < np.linalg.norm(ends[2] - ends[0]) < 200.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--area", "12 m2"), "--area stands alone; sunlight presses by area over mass, give --mass too"),
        (("--mass", "12 kg"), "--mass stands alone"),
        (("--cr", "1.5"), "--cr: no sunlight presses; give --area and --mass too"),
        (("--planets", "venus,pluto"), "--planets venus,pluto: give some of mercury, venus"),
        (("--area", "1 m2", "--mass", "0 kg"), "a mass above 0 kg"),
        (("--area", "1 m2", "--mass", "1 kg", "--cr", "9"), "reflectivity is 9.0; give between 0 and 3"),
    ],
)
def test_forces_that_make_no_sense(moonstation: Run, words: tuple[str, ...], message: str) -> None:
    done = moonstation("orbit", "propagate", *LOW, *words)
    assert done.status == 2
    assert message in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_an_ephemeris_takes_no_forces(moonstation: Run, tmp_path: Path) -> None:
    path = tmp_path / "low.oem"
    assert moonstation("orbit", "propagate", *LOW, "--out", path).status == 0
    done = moonstation("orbit", "propagate", path, "--no-tides")
    assert done.status == 2
    assert "is not flown anew; leave the options of forces out" in " ".join(done.err.split())
