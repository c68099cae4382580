"""The simulation of a station file: the same runs however they are made, checkpoints, losses, files, bad input."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from moonstation.cli.commands import run_command
from moonstation.errors import RequestError
from moonstation.report.life import life_picture, write_life_page
from moonstation.simulation import life as life_module
from moonstation.station.loading import load_station
from moonstation.station.part import Provenance
from moonstation.study import lives as lives_module
from moonstation.study.life_files import NAMES, write_simulation
from moonstation.study.life_scene import LifeScene, life_scene
from moonstation.study.lives import availability, live_runs, wilson
from moonstation.study.losses import read_loss
from moonstation.study.replacements import replacements
from moonstation.study.run import study_span
from moonstation.study.simulation import check_simulation, simulate

STATION = """
[station]
name = "Two of everything"
start = 2035-01-01
span = "60 d"
ground_stations = ["kashi", "zapala"]

[[partner]]
id = "north"
[[partner]]
id = "south"

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"

[[element]]
id = "reactor"
partner = "north"
site = "ridge"
kind = "fission"
power = "10 kW"

[[element]]
id = "array"
partner = "south"
site = "ridge"
kind = "solar-array"
array_power = "5 kW"

[[element]]
id = "store"
partner = "south"
site = "ridge"
kind = "battery"
battery_capacity = "50 kWh"

[[element]]
id = "lab"
partner = "south"
site = "ridge"
kind = "science"
load_nominal = "3 kW"
load_survival = "1 kW"
endures = "1 d"
data_rate_nominal = "1 Mbit/s"
data_storage = "1 Tbit"
earth_rate = "5 Mbit/s"

[[function]]
id = "power"
name = "Power & <light>"
needs = ["1 of reactor, array"]

[[function]]
id = "science"
needs = ["lab"]
mode = "nominal"

[[failure]]
id = "pump"
element = "reactor"
mtbf = "20 d"
repair = "3 d"
spares = 1
spread = 0.5

[[failure]]
id = "instrument"
element = "lab"
mtbf = "40 d"
"""


ELEMENT = '[[element]]\nid = "x"\npartner = "south"\nsite = "ridge"\nkind = "other"\n'


def quiet(stage: str, share: float) -> None:
    """Takes progress and says nothing."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> LifeScene:
    path = tmp_path_factory.mktemp("station") / "two.toml"
    path.write_text(STATION)
    station = load_station(str(path))
    return life_scene(station, study_span(station, step="1 h"), progress=quiet)


def test_runs_are_the_same_in_pieces_and_from_checkpoints(
    scene: LifeScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = scene.life()
    whole = live_runs(life, runs=7, seed=3, progress=lambda share: None)
    monkeypatch.setattr(lives_module, "PIECE", 2)
    done: list[float] = []

    def stop(share: float) -> None:
        done.append(share)
        if len(done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        live_runs(life, runs=7, seed=3, keep=tmp_path, progress=stop)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    sorted(tmp_path.glob("*.npz"))[0].write_bytes(b"broken")
    lived: list[int] = []
    original = life_module.live_many

    def counted(*args: object, **keys: object) -> object:
        lived.append(int(keys["first"]))  # type: ignore[call-overload]
        return original(*args, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(lives_module, "live_many", counted)
    again = live_runs(life, runs=7, seed=3, keep=tmp_path, progress=lambda share: None)
    assert len(lived) == 3  # of four pieces one was kept whole
    for name in ("up", "failures", "energy", "data", "last_up"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(again, name))


def test_checkpoints_of_another_seed_or_station_are_not_taken(scene: LifeScene, tmp_path: Path) -> None:
    life = scene.life()
    first = live_runs(life, runs=5, seed=3, keep=tmp_path, progress=lambda share: None)
    other = live_runs(life, runs=5, seed=4, keep=tmp_path, progress=lambda share: None)
    assert not np.array_equal(first.up, other.up)
    without = live_runs(
        scene.life([read_loss(scene.station, "reactor")]),
        runs=5,
        seed=3,
        keep=tmp_path,
        progress=lambda share: None,
    )
    assert not np.array_equal(first.up, without.up)


@pytest.mark.slow
def test_a_cluster_gives_the_same_runs(scene: LifeScene) -> None:
    life = scene.life()
    here = live_runs(life, runs=20, seed=3, progress=lambda share: None)
    there = live_runs(life, runs=20, seed=3, cluster="local:2", progress=lambda share: None)
    np.testing.assert_array_equal(here.up, there.up)
    np.testing.assert_array_equal(here.energy, there.energy)


def test_a_lost_partner_takes_its_share_from_its_date_on(scene: LifeScene) -> None:
    loss = read_loss(scene.station, "north@2035-01-21")
    assert (loss.kind, loss.parts) == ("partner", ("reactor",))
    result = simulate(scene, runs=20, seed=1, losses=[loss], tried=2, progress=quiet)
    assert result.whole is not None
    science = result.availability.set_index("function")["availability"]["science"]
    assert science < result.whole.set_index("function")["availability"]["science"]
    trace = result.trace.sel(part="reactor")["working"].values
    assert not np.any(trace[20 * 24 :])
    assert [r.entry for r in replacements(scene.station, [loss])] == ["kilopower"]
    assert "gone" in set(result.story["what"])


def test_a_lost_ground_station_is_heard_no_more(scene: LifeScene) -> None:
    before = scene.life().model.ground
    after = scene.life(
        [read_loss(scene.station, "kashi"), read_loss(scene.station, "zapala@2035-01-11")]
    ).model.ground
    assert np.sum(after[:, 240:]) == 0.0
    assert 0.0 < np.sum(after) < np.sum(before)


def test_what_drives_it_is_found_in_the_same_runs(scene: LifeScene) -> None:
    result = simulate(scene, runs=100, seed=1, progress=quiet)
    assert result.drivers["driver"].iloc[0] == "instrument"
    assert result.drivers["days_gained"].iloc[0] > 3.0 * result.drivers["error"].iloc[0]


def test_assumptions_are_drawn_unless_they_shall_stand(scene: LifeScene) -> None:
    said = dict.fromkeys(
        ("element.lab.load_nominal", "failure.instrument.mtbf"), Provenance("", "", "assumption")
    )
    guessed = replace(scene, station=replace(scene.station, provenance=scene.station.provenance | said))
    drawn = simulate(guessed, runs=40, seed=1, tried=3, progress=quiet)
    assert list(drawn.ranges["value"]) == ["lab.load_nominal", "instrument.mtbf"]
    assert "draws 2 values that are assumptions" in drawn.notes[-1]
    assert set(drawn.drivers["kind"]) == {"failure", "value"}
    values = drawn.drivers[drawn.drivers["kind"] == "value"].set_index("driver")
    # a longer mean life is what buys most
    assert values["days_gained"].idxmax() == "instrument.mtbf"
    assert values["change"]["instrument.mtbf"] == "x 3"
    stands = simulate(guessed, runs=40, seed=1, assumptions=False, progress=quiet)
    assert len(stands.ranges) == 0
    assert "2 values of elements and failures are assumptions and are taken as they stand" in stands.notes[-1]
    plain = simulate(scene, runs=40, seed=1, progress=quiet)
    np.testing.assert_array_equal(stands.lives.up, plain.lives.up)


def test_availability_adds_up(scene: LifeScene) -> None:
    life = scene.life()
    lives = live_runs(life, runs=50, seed=1, progress=lambda share: None)
    frame = availability(life, lives).set_index("function")
    expected = np.mean(lives.up[:, 0, 0]) / life.times_s.size
    assert frame["availability"]["power"] == pytest.approx(expected)
    assert frame["survival_low"]["science"] < frame["survival"]["science"] < frame["survival_high"]["science"]


def test_wilson_interval() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_files_open_in_other_tools_and_say_the_same(scene: LifeScene, tmp_path: Path) -> None:
    result = simulate(scene, runs=10, seed=1, progress=quiet)
    page, picture = write_life_page(result), life_picture(result)
    assert "Power &amp; &lt;light&gt;" in page
    assert "<light>" not in page
    assert picture.startswith(b"\x89PNG")
    folder = tmp_path / "out"
    write_simulation(result, folder, page=page, picture=picture)
    assert {path.name for path in folder.iterdir()} <= NAMES
    summary = json.loads((folder / "summary.json").read_text())
    with xr.open_dataset(folder / "runs.nc") as runs:
        share = float(runs["up"].sel(function="power").mean()) / 60.0
    row = next(row for row in summary["availability"] if row["function"] == "power")
    assert share == pytest.approx(row["availability"])
    with xr.open_dataset(folder / "worst-run.nc") as worst:
        assert dict(worst.sizes) == {
            "bus": 1,
            "time": 1440,
            "site": 1,
            "store": 1,
            "visit": 0,
            "consumable": 3,
            "part": 4,
            "function": 2,
        }
    first = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".nc"}
    again = simulate(scene, runs=10, seed=1, progress=quiet)
    write_simulation(again, folder, page=write_life_page(again), picture=life_picture(again))
    assert first == {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".nc"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("east", "no partner, element"),
        ("sout", 'did you mean "south"'),
        ("north@yesterday", "--without north@yesterday"),
    ],
)
def test_losses_that_make_no_sense(scene: LifeScene, text: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        read_loss(scene.station, text)


def test_loads_without_a_source_are_refused(scene: LifeScene) -> None:
    lab = next(e for e in scene.station.elements if e.id == "lab")
    alone = replace(
        scene.station, elements=[*scene.station.elements, lab.model_copy(update={"bus": "cable"})]
    )
    with pytest.raises(RequestError, match=r"bus cable: .*lab for most.* nothing on it gives power; add"):
        check_simulation(alone, runs=1, seed=1, confidence=0.9)


def test_a_station_without_functions_cannot_be_judged(scene: LifeScene) -> None:
    scene.station.functions.clear()
    with pytest.raises(RequestError, match=r"add a \[\[function\]\]"):
        simulate(scene, runs=1, seed=1, progress=quiet)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ('[[failure]]\nid = "x"\nelement = "lb"\nmtbf = "1 d"', 'did you mean "lab"'),
        ('[[failure]]\nid = "x"\nelement = "lab"', "never fails; give mtbf"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "-1 d"', "mtbf"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\ncommon_cause = 1.5', "common_cause"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\nrepair = "1 d"', "without spares"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\nneeded = 2', "needed is at most units"),
        ('[[failure]]\nid = "x"\nmission = "m"\nprobability = 0.1', "there is no mission"),
        ('[[mission]]\nid = "m"\n[[failure]]\nid = "x"\nmission = "m"\nprobability = 1.5', "probability"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\ndormancy = -0.1', "dormancy"),
        ('[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\nspread = 9.0', "outside 0 to 3"),
        (
            '[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\nrepair = "1 d"\nspares = 1\nrobot = "array"\n'
            '[[failure]]\nid = "y"\nelement = "array"\nmtbf = "1 d"\nrepair = "1 d"\nspares = 1\nrobot = "lab"',
            "a cycle: lab needs array needs lab",
        ),
        (
            '[[crew_visit]]\nid = "x"\nsite = "ridge"\narrives = 2035-01-09\nstay = "9 d"\ncrew = 2',
            "brings any oxygen",
        ),
        (
            '[[crew_visit]]\nid = "x"\nsite = "ridge"\narrives = 2035-01-09\nstay = "9 d"\ncrew = 2\nneeds = ["labb"]',
            'did you mean "lab"',
        ),
        (
            '[[crew_visit]]\nid = "x"\nsite = "ridge"\nbus = "rige"\nload = "1 kW"\narrives = 2035-01-09\n'
            'stay = "9 d"\ncrew = 2',
            'did you mean "ridge"',
        ),
        (ELEMENT + 'battery_temperature = "250 K"\nbattery_capacity = "1 kWh"', "outside 263.15 to 313.15 K"),
        (ELEMENT + 'battery_charge_efficiency = 0.5\nbattery_capacity = "1 kWh"', "below the round trip"),
        (ELEMENT + 'battery_retires = 0.7\nbattery_capacity = "1 kWh"', 'add battery_ageing = "li-ion"'),
        (ELEMENT + 'start_time = "1 d"', 'add power = "40 kW"'),
        (ELEMENT + 'power = "1 kW"\npower_kind = "fission"\nstart_power = "1 kW"', 'add start_time = "1 d"'),
        (ELEMENT + 'dust = "0.1 1/yr"', "it has none; leave it out"),
        (ELEMENT + 'array_power = "1 kW"\ndust_cleaner = "lab"', 'add dust_cleaning = "30 d"'),
        (ELEMENT + 'array_power = "1 kW"\ndust_cleaning = "9 d"\ndust_cleaner = "lap"', 'did you mean "lab"'),
        (ELEMENT + 'east = "5 m"', "give east and north together"),
        (ELEMENT + 'top = "5 m"\nwidth = "1 m"', 'add east = "0 m"'),
        (ELEMENT + 'east = "5 m"\nnorth = "5 m"\ntop = "5 m"', "give both"),
        ('[[function]]\nid = "x"\nneeds = ["3 of lab, array"]', "ask for 1 to 2"),
        ('[[function]]\nid = "x"\nneeds = []', "needs nothing"),
        ('[[function]]\nid = "x"\nneeds = ["arrray"]', 'did you mean "array"'),
        ('[[uncertainty]]\nid = "x"\nof = "load"\nlow = 2.0\nhigh = 1.0', "must rise"),
        (
            '[[failure]]\nid = "x"\nelement = "lab"\nmtbf = "1 d"\nrepair = "1 d"\nspares = 1\nrobot = "lab"',
            "a cycle: lab needs lab",
        ),
    ],
)
def test_bad_tables_are_named_with_their_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, match: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f"{STATION}\n{table}\n")
    assert run_command(["check", str(path)]) in (1, 2)
    told = capsys.readouterr()
    assert match in " ".join((told.out + told.err).split())


def test_the_command_refuses_a_folder_with_other_things(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert run_command(["simulate", "ilrs", "--out", str(tmp_path)]) == 2
    assert "holds files that are not a simulation" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("option", "value"), [("--runs", "0"), ("--seed", "-1"), ("--confidence", "2")])
def test_bad_numbers_are_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    folder = tmp_path / "out"
    assert run_command(["simulate", "ilrs", option, value, "--out", str(folder)]) == 2
    assert f"{option} {value}: give" in " ".join(capsys.readouterr().err.split())
    assert not folder.exists()
