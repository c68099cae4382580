"""Running the command as a user would, in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from moonstation.cli.main import main

STATION = """\
[station]
name = "Two masts"
start = 2030-04-01
span = "12 d"
ground_stations = ["kashi", "zapala"]

[[partner]]
id = "us"

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"

[[element]]
id = "lander"
site = "ridge"
kind = "lander"
load_nominal = "300 W"
load_survival = "50 W"
array_power = "1 kW"
battery_capacity = "20 kWh"
data_rate_nominal = "100 kbit/s"
data_storage = "300 Gbit"
earth_rate = "2 Mbit/s"

[[orbiter]]
id = "relay"
orbit = "queqiao-2"
relay = true
relay_rate = "1 Mbit/s"
earth_rate = "10 Mbit/s"
data_storage = "1 Tbit"

[[requirement]]
id = "alive"
metric = "bus.ridge.unserved"
at_most = "0 kWh"
"""


@dataclass
class Outcome:
    """What a command left: exit status and the two streams."""

    status: int
    out: str
    err: str


@pytest.fixture
def moonstation(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run `moonstation` with arguments; wide enough that no line is folded."""
    monkeypatch.setenv("COLUMNS", "200")
    # the consoles read it when they are made, which another test may have brought about before
    monkeypatch.setattr("moonstation.cli.console.out._width", 200)
    monkeypatch.setattr("moonstation.cli.console.err._width", 200)

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return run


@pytest.fixture
def station_file(tmp_path: Path) -> Path:
    """Write a small station that takes a second to study."""
    path = tmp_path / "masts.toml"
    path.write_text(STATION, encoding="utf-8")
    return path
