"""What a station is without a partner, mission, facility, element, relay, antenna or crew, and from when on."""

import math

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.links.contacts import Contact
from moonstation.station.loading import load_station
from moonstation.study.life_scene import LifeScene
from moonstation.study.lives import live_runs
from moonstation.study.losses import check_losses, read_loss
from moonstation.study.replacements import replacements
from moonstation.study.run import study_span

STATION = """
[station]
start = 2035-01-01
span = "30 d"

[[partner]]
id = "north"
[[partner]]
id = "south"
[[partner]]
id = "guest"
[[facility]]
id = "plant"
[[mission]]
id = "first"

[[site]]
id = "ridge"
lat = "-89 deg"
lon = "0 deg"

[[ground_station]]
from = "kashi"
partner = "north"

[[orbiter]]
id = "relay"
orbit = "queqiao-2"
partner = "north"
relay = true
relay_rate = "5 Mbit/s"
earth_rate = "9 Mbit/s"
mass = "900 kg"

[[element]]
id = "reactor"
partner = "south"
facility = "plant"
mission = "first"
site = "ridge"
kind = "fission"
power = "35 kW"

[[element]]
id = "store"
partner = "south"
site = "ridge"
kind = "battery"
battery_capacity = "150 kWh"

[[element]]
id = "masts"
partner = "north"
mission = "first"
site = "ridge"
kind = "solar-array"
array_power = "10 kW"
array_height = "10 m"

[[element]]
id = "lab"
partner = "north"
site = "ridge"
kind = "science"
load_nominal = "3 kW"
load_survival = "1 kW"
mass = "700 kg"
data_rate_nominal = "1 Mbit/s"
data_storage = "1 Gbit"
relay_rate = "2 Mbit/s"
oxygen = "99 kg"
water = "500 kg"
food = "99 kg"

[[function]]
id = "power"
needs = ["reactor"]
[[function]]
id = "science"
needs = ["lab"]
[[function]]
id = "contact"
needs = ["relay"]

[[crew_visit]]
id = "crew"
partner = "north"
site = "ridge"
arrives = 2035-01-09
stay = "9 d"
crew = 2
"""

DAY = 24


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> LifeScene:
    path = tmp_path_factory.mktemp("losses") / "all.toml"
    path.write_text(STATION)
    station = load_station(str(path))
    span = study_span(station, step="1 h")
    start, stop = float(span.et[0]), float(span.et[-1])
    contacts = tuple(
        Contact(a, b, kind, start, stop, 1.0, False)
        for a, b, kind in (("ridge", "relay", "surface-orbiter"), ("relay", "kashi", "orbiter-ground"))
    )
    return LifeScene(station, span, {}, {"masts": np.ones(span.et.size)}, contacts, {}, {}, ())


def up(scene: LifeScene, *names: str) -> dict[str, float]:
    """Days of each function, days of the crew, and data that arrive [Gbit], without some parts."""
    life = scene.life([read_loss(scene.station, name) for name in names])
    lives = live_runs(life, runs=1, seed=1, progress=lambda share: None)
    days = {name: float(lives.up[0, f].sum()) / DAY for f, name in enumerate(life.functions)}
    return days | {"crew": float(lives.visits[0, 0, 1]) / DAY, "sent": float(lives.data[0, 0, 1]) / 1e9}


def test_whole(scene: LifeScene) -> None:
    found = up(scene)
    assert [found[key] for key in ("power", "science", "contact", "crew")] == [30.0, 30.0, 30.0, 9.0]
    assert found["sent"] == pytest.approx(30 * 86.4, rel=0.01)


@pytest.mark.parametrize(
    ("name", "kind", "power", "science", "contact", "crew", "sent"),
    [
        ("south", "partner", 0, 30, 30, 9, 30),
        ("south@2035-01-11", "partner", 10, 30, 30, 9, 30),
        ("reactor@2035-01-11", "element", 10, 30, 30, 9, 30),
        ("plant@2035-01-21", "facility", 20, 30, 30, 9, 30),
        ("first", "mission", 0, 2.5, 30, 9, 28 / 24),
        ("relay@2035-01-11", "orbiter", 30, 30, 10, 9, 10),
        ("kashi@2035-01-06", "ground station", 30, 30, 30, 9, 5),
        ("crew@2035-01-11", "crew visit", 30, 30, 30, 2, 30),
        ("north@2035-01-11", "partner", 30, 10, 10, 2, 10),
    ],
)
def test_each_kind_of_loss_and_its_date(
    scene: LifeScene,
    name: str,
    kind: str,
    power: float,
    science: float,
    contact: float,
    crew: float,
    sent: float,
) -> None:
    assert read_loss(scene.station, name).kind == kind
    found = up(scene, name)
    assert [found[key] for key in ("power", "science", "contact", "crew")] == [power, science, contact, crew]
    assert found["sent"] == pytest.approx(sent * 86.4, rel=0.03)


def test_losses_add_up(scene: LifeScene) -> None:
    found = up(scene, "reactor@2035-01-11", "masts", "store")
    assert found["power"] == 10.0
    # without any power left science stops, and with it the crew's air is no matter: it needs nothing here
    assert found["science"] == pytest.approx(10.0, abs=0.1)


def test_what_stands_in_at_least_mass(scene: LifeScene) -> None:
    losses = [read_loss(scene.station, name) for name in ("south", "north")]
    found = {r.element: (r.count, r.entry, r.mass) for r in replacements(scene.station, losses)}
    assert found["reactor"] == (4, "kilopower", 6000.0) or found["reactor"] == (1, "fission_40kw", 6000.0)
    assert found["store"] == (1, "Lithium-ion batteries", pytest.approx(1000.0))
    assert found["masts"][2] == pytest.approx(500.0)  # 20 W/kg, mast of 10 m
    assert found["lab"] == (1, "another of it", 700.0)
    assert found["relay"] == (1, "another of it", 900.0)
    assert math.isnan(found["kashi"][2])


def test_an_empty_partner_is_named_with_those_that_bring_something(scene: LifeScene) -> None:
    with pytest.raises(
        RequestError, match=r"partner 'guest' brings no .* crew, .*; those that do are south, north"
    ):
        read_loss(scene.station, "guest")


@pytest.mark.parametrize(
    ("when", "told"),
    [("2034-12-31", "is before the start, 2035-01-01"), ("2099-01-01", "so nothing would change")],
)
def test_losses_outside_the_span_are_refused(when: str, told: str) -> None:
    built = load_station("ilrs").on_the_moon()
    span = study_span(built, days=10.0)
    check_losses([read_loss(built, "roscosmos"), read_loss(built, "roscosmos@2035-01-05")], span)
    with pytest.raises(RequestError, match=rf"--without roscosmos@{when}.*{told}"):
        check_losses([read_loss(built, f"roscosmos@{when}")], span)
