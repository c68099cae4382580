"""A small station of three partners whose accounts can be added up by hand."""

from moonstation.station.loading import load_station

STATION = """
[station]
id = "trio"
start = 2035-01-01
span = "30 d"
ground_stations = []
launchers = []

[[partner]]
id = "red"

[[partner]]
id = "blue"

[[partner]]
id = "green"

[[partner]]
id = "guest"

[[site]]
id = "ridge"
lat = "-89.44 deg"
lon = "222.8 deg"

[[launcher]]
id = "rocket"
tli = "20000 kg"

[[mission]]
id = "first"
partner = "red"
departs = 2034-01-01
launch_site = "wenchang"
rocket = "rocket"

[[mission]]
id = "second"
departs = 2036-01-01
launch_site = "wenchang"
rocket = "rocket"

[[element]]
id = "plant"
kind = "fission"
power = "10 kW"
mass = "1000 kg"
cost = "100 MUSD 2026"
partner = "red"
mission = "first"
site = "ridge"

[[element]]
id = "panel"
kind = "solar-array"
array_power = "5 kW"
mass = "300 kg"
partner = "blue"
mission = "first"
site = "ridge"

[[element]]
id = "lab"
kind = "science"
load_nominal = "2 kW"
mass = "500 kg"
cost = "40 MEUR 2026"
data_rate_nominal = "3 Mbit/s"
data_storage = "1 Tbit"
relay_rate = "10 Mbit/s"
partner = "blue"
mission = "second"
arrives = 2036-01-10
site = "ridge"

[[element]]
id = "scope"
kind = "science"
load_nominal = "100 W"
mass = "200 kg"
data_rate_nominal = "1 Mbit/s"
partner = "green"
mission = "first"
site = "ridge"

[[orbiter]]
id = "relay"
partner = "green"
orbit = "queqiao-2"
relay = true
relay_rate = "10 Mbit/s"
earth_rate = "20 Mbit/s"
data_storage = "2 Tbit"

[[ground_station]]
from = "kashi"
partner = "red"

[[ground_station]]
from = "malargue"

[[function]]
id = "power"
partner = "red"
needs = ["1 of plant, panel"]

[[function]]
id = "research"
partner = "blue"
needs = ["lab"]

[[function]]
id = "watching"
partner = "green"
needs = ["scope", "relay"]

[[contribution]]
id = "rockets"
partner = "red"
level = "A"
of = ["rocket", "first"]

[[contribution]]
id = "systems"
partner = "blue"
level = "B"
of = ["panel", "lab"]
cost = "10 MUSD 2026"

[[entitlement]]
id = "flights"
partner = "blue"
giver = "red"
launches = 1
per = "2 yr"

[[entitlement]]
id = "places"
partner = "green"
crew = 2

[[entitlement]]
id = "data"
partner = "green"
data_share = 0.5

[[share]]
id = "hours"
giver = "red"
getter = "green"
at_least = "2 h"
per = "1 d"
"""


def trio(folder, text="", *, without=""):
    """The station with more tables, or with some of its text left out."""
    path = folder / "trio.toml"
    assert not without or without in STATION
    path.write_text(STATION.replace(without, "") + text)
    return load_station(path)
