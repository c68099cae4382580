"""The tables [[demand]] and [[share]] of a station file."""

import pytest

from moonstation.errors import StationFileError
from moonstation.station.loading import load_station

FILE = """
[station]
start = 2035-01-01
span = "30 d"
ground_stations = ["kashi"]

[[partner]]
id = "cnsa"

[[partner]]
id = "esa"

[[site]]
id = "ridge"
lat = "-89.44 deg"
lon = "222.8 deg"

"""
DEMAND = '[[demand]]\nid = "d"\nfrom = "ridge"\n'
SHARE = '[[share]]\nid = "s"\ngiver = "cnsa"\ngetter = "esa"\n'


def load(tmp_path, text):
    path = tmp_path / "station.toml"
    path.write_text(FILE + text)
    return load_station(path)


def test_demands_and_shares_are_read_in_si(tmp_path):
    station = load(
        tmp_path,
        DEMAND
        + 'data = "5 Gbit"\npriority = 3\nleast_pass = "20 min"\n'
        + SHARE
        + 'at_least = "2 h"\nper = "1 d"\n',
    )
    demand, share = station.demands[0], station.shares[0]
    assert (demand.from_, demand.data, demand.time, demand.per) == ("ridge", 5e9, None, 86_400.0)
    assert (demand.priority, demand.least_pass) == (3, 1200.0)
    assert (share.giver, share.getter, share.at_least, share.at_most, share.per) == (
        "cnsa",
        "esa",
        7200.0,
        None,
        86_400.0,
    )
    assert (station.ground_stations[0].set_up, station.ground_stations[0].links_per_dish) == (900.0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DEMAND, "asks for data or for time"),
        (DEMAND + 'data = "1 Gbit"\ntime = "1 h"\n', "asks for data or for time"),
        (DEMAND + 'data = "0 Gbit"\n', "asks for nothing"),
        (DEMAND + 'time = "25 h"\n', "more time than its period has"),
        (DEMAND + 'time = "-1 h"\n', "time"),
        (DEMAND + 'time = "1 h"\npriority = 0\n', "priority"),
        (DEMAND + 'time = "1 h"\n' + DEMAND.replace('"d"', '"e"') + 'time = "1 h"\n', "has a demand already"),
        (DEMAND.replace("ridge", "rigde") + 'time = "1 h"\n', "there is no site or orbiter"),
        (SHARE, "agrees on nothing"),
        (SHARE + 'at_least = "2 h"\nat_most = "1 h"\n', "exchange them"),
        (SHARE.replace("esa", "nasa") + 'at_most = "1 h"\n', "there is no partner"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path, text, words):
    with pytest.raises(StationFileError, match=words):
        load(tmp_path, text)
