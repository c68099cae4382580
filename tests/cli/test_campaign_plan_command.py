"""`moonstation campaign plan`: tables, files, refusals."""

import json

import pandas as pd
import pytest

STATION = """
[station]
name = "Outpost"
start = 2031-01-01
span = "30 d"

[[partner]]
id = "alpha"

[[site]]
id = "base"
lat = "-88.8 deg"
lon = "123.4 deg"

[campaign]
start = "2031-01"
end = "2033-12"
sunlight = 0.8
dark = "3 d"

[[pad]]
id = "pad"
launch_site = "wenchang"

[[launcher]]
id = "rocket"
tli = "8 t"
cost = "100 MUSD 2026"
pads = ["pad"]
available_from = "2031-03"

[[lander]]
id = "lander"
launchers = ["rocket"]
dry_mass = "1500 kg"
propellant = "5500 kg"
cost = "80 MUSD 2026"

[[element]]
id = "array"
kind = "solar-array"
site = "base"
mass = "500 kg"
array_power = "10 kW"
battery_capacity = "30 kWh"

[[element]]
id = "laboratory"
kind = "science"
site = "base"
mass = "1300 kg"
load_survival = "200 W"
after = ["array"]

[[milestone]]
id = "powered"
capability = "power"
at_least = "8 kW"
by = "2031-12"
"""


@pytest.fixture
def run(moonstation, tmp_path):
    def command(text, *options):
        path = tmp_path / "s.toml"
        path.write_text(text, encoding="utf-8")
        files = [tmp_path / option if option.endswith((".csv", ".json")) else option for option in options]
        return moonstation("campaign", "plan", path, *files)

    return command


def test_a_plan_on_the_screen_and_in_files(run, tmp_path):
    done = run(STATION, "--csv", "f.csv", "--growth-csv", "g.csv", "--json", "p.json")
    assert done.status == 0, done.err
    assert "2 launches, 2 landings" in done.out
    assert "powered: power of 8 kW" in done.out
    flights = pd.read_csv(tmp_path / "f.csv")
    assert list(flights["elements"]) == ["array", "laboratory"]
    assert flights["cost"].sum() == 360e6
    growth = pd.read_csv(tmp_path / "g.csv")
    assert growth["landed_mass"].max() == 1800.0
    kept = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert kept["plan"]["gap"] <= 0.01
    assert kept["light"]["base"]["source"] == "stated under [campaign]"


def test_the_first_plan_is_not_called_the_best(run):
    done = run(STATION, "--first")
    assert done.status == 0, done.err
    assert "the first plan, nothing proven of it" in done.out


def test_a_plan_that_cannot_close_names_the_conflict(run):
    done = run(STATION.replace('by = "2031-12"', 'by = "2031-02"'))
    assert done.status == 1
    assert "milestone powered: power of 8 kW by 2031-02" in done.out
    assert "element laboratory" not in done.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--objective", "beauty"], "is not one of cost"),
        (["--gap", "-1 %"], "0 % or more"),
        (["--time-limit", "0 s"], "more than zero"),
        (["--without", "nobody"], "nobody"),
    ],
)
def test_requests_that_make_no_sense(run, options, said):
    done = run(STATION, *options)
    assert done.status == 2
    assert said in done.err
