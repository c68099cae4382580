"""The tables [[contribution]], [[entitlement]], [[data_right]] and [[bar]] of a station file."""

import datetime as dt
import math

import pytest

from moonstation.errors import StationFileError
from moonstation.station.loading import load_station

FILE = """
[station]
start = 2035-01-01
span = "30 d"
ground_stations = ["kashi"]
launchers = ["angara_a5"]

[[partner]]
id = "cnsa"

[[partner]]
id = "esa"

[[partner]]
id = "roscosmos"

[[site]]
id = "ridge"
lat = "-89.44 deg"
lon = "222.8 deg"

[[mission]]
id = "first"

[[element]]
id = "plant"
kind = "fission"
power = "40 kW"
partner = "roscosmos"
site = "ridge"

[[element]]
id = "scope"
kind = "science"
partner = "cnsa"
site = "ridge"

"""
CONTRIBUTION = '[[contribution]]\nid = "c"\npartner = "roscosmos"\n'
OWED = '[[entitlement]]\nid = "e"\npartner = "esa"\n'
RIGHT = '[[data_right]]\nid = "r"\nof = ["scope"]\n'
BAR = '[[bar]]\nid = "b"\npartner = "esa"\nof = "cnsa"\n'


def load(tmp_path, text):
    path = tmp_path / "station.toml"
    path.write_text(FILE + text)
    return load_station(path)


def test_agreements_are_read_in_si(tmp_path):
    station = load(
        tmp_path,
        CONTRIBUTION
        + 'level = "B"\nof = ["plant", "angara_a5"]\ncost = "80 MUSD 2026"\n'
        + OWED
        + 'ground_time = "4 h"\n'
        + OWED.replace('"e"', '"f"')
        + "crew = 0.5\n"
        + RIGHT
        + 'access = "embargo"\nembargo = "365 d"\n'
        + BAR
        + "from = 2036-01-01\n",
    )
    brought = station.contributions[0]
    assert (brought.level, brought.of, brought.cost.amount) == ("B", ["plant", "angara_a5"], 80e6)
    hours, places = station.entitlements
    assert (hours.kind, hours.ground_time, hours.period) == ("ground_time", 4 * 3600.0, 7 * 86_400.0)
    assert (places.kind, places.crew, places.period) == ("crew", 0.5, 365.25 * 86_400.0)
    assert station.data_rights[0].wait == 365 * 86_400.0
    assert station.bars[0].from_ == dt.date(2036, 1, 1)


def test_access_orders_by_how_long_it_waits(tmp_path):
    rights = load(
        tmp_path,
        RIGHT + 'access = "open"\npartners = ["esa"]\n' + RIGHT.replace('"r"', '"s"') + 'access = "never"\n',
    ).data_rights
    assert [right.wait for right in rights] == [0.0, math.inf]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CONTRIBUTION, "brings nothing"),
        (CONTRIBUTION + 'level = "F"\nof = ["plant"]\n', "level"),
        (CONTRIBUTION + 'of = ["plan"]\n', 'did you mean "plant"'),
        (CONTRIBUTION + 'of = ["scope"]\n', "is of cnsa, not of roscosmos"),
        (
            CONTRIBUTION + 'of = ["plant"]\n' + CONTRIBUTION.replace('"c"', '"d"') + 'of = ["plant"]\n',
            "in contribution c already",
        ),
        (OWED, "gives nothing"),
        (OWED + 'ground_time = "4 h"\ncrew = 1\n', "gives ground_time and crew"),
        (OWED + "crew = 0\n", "owed nothing"),
        (OWED + 'data_share = 0.5\nper = "1 d"\n', "per does not go with data_share"),
        (OWED + 'giver = "esa"\ncrew = 1\n', "owes it to itself"),
        (OWED + 'giver = "nasa"\ncrew = 1\n', "there is no partner"),
        (OWED.replace('"esa"', '"esq"') + "crew = 1\n", 'did you mean "esa"'),
        (
            OWED + "data_share = 0.6\n" + OWED.replace('"e"', '"f"') + "data_share = 0.5\n",
            "add up to 110 %",
        ),
        (RIGHT + 'access = "embargo"\n', "for how long"),
        (RIGHT + 'access = "never"\nembargo = "1 d"\n', "beside an embargo"),
        (RIGHT.replace("scope", "scop") + 'access = "open"\n', 'did you mean "scope"'),
        (RIGHT + 'access = "never"\npartners = ["cnsa"]\n', "always sees its data"),
        (RIGHT + 'access = "open"\npartners = ["nasa"]\n', "there is no partner"),
        (
            RIGHT
            + 'access = "never"\n'
            + RIGHT.replace('"r"', '"s"')
            + 'access = "embargo"\nembargo = "30 d"\n',
            "open after 30 d to all partners here but never open in data_right r",
        ),
        (
            RIGHT + 'access = "open"\n' + RIGHT.replace('"r"', '"s"') + 'access = "open"\n',
            "says already",
        ),
        (BAR.replace('"cnsa"', '"esa"'), "barred from its own parts"),
        (BAR.replace('"cnsa"', '"cnsq"'), 'did you mean "cnsa"'),
        (BAR + BAR.replace('"b"', '"c"'), "by bar b already"),
        (BAR + OWED + 'giver = "cnsa"\ncrew = 1\n', "barred from parts of cnsa by bar b; leave one"),
        (
            BAR + "from = 2036-01-01\n" + OWED + 'giver = "cnsa"\ncrew = 1\n',
            "by bar b from 2036-01-01; add until = 2036-01-01",
        ),
        (
            BAR + '[[share]]\nid = "s"\ngiver = "cnsa"\ngetter = "esa"\nat_most = "1 h"\n',
            "esa is barred from parts of cnsa",
        ),
        (BAR + RIGHT + 'access = "open"\npartners = ["esa"]\n', 'write access = "never"'),
    ],
)
def test_what_contradicts_itself_is_named_with_the_cure(tmp_path, text, words):
    with pytest.raises(StationFileError) as caught:
        load(tmp_path, text)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_an_entitlement_that_ends_before_the_bar_stands_beside_it(tmp_path):
    text = BAR + "from = 2036-01-01\n" + OWED + 'giver = "cnsa"\ncrew = 1\nuntil = 2036-01-01\n'
    assert load(tmp_path, text).entitlements[0].until == dt.date(2036, 1, 1)


def test_a_right_for_one_partner_stands_beside_one_for_all(tmp_path):
    text = (
        RIGHT + 'access = "never"\n' + RIGHT.replace('"r"', '"s"') + 'access = "open"\npartners = ["esa"]\n'
    )
    assert len(load(tmp_path, text).data_rights) == 2
