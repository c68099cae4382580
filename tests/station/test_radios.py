"""Radios in a station file: what is read, and what is refused with its cure."""

import math

import pytest

from moonstation.errors import RequestError
from moonstation.links.terminals import find_paths, ground_terminals, terminals
from moonstation.station.codes import CODES
from moonstation.station.loading import check_station, load_station
from moonstation.station.model import GroundStationSpec

FRAME = """\
[station]
start = 2030-04-01
span = "30 d"
ground_stations = ["kashi"]
[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
[[element]]
id = "rover"
kind = "rover"
site = "ridge"
"""
RADIO = """\
[[radio]]
id = "mast"
on = "ridge"
band = "X"
transmit = "8.45 GHz"
diameter = "0.5 m"
power = "5 W"
"""


@pytest.fixture
def check(tmp_path):
    def run(text):
        path = tmp_path / "s.toml"
        path.write_text(FRAME + text, encoding="utf-8")
        return check_station(path)

    return run


def test_a_plain_radio_is_read(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(FRAME + RADIO + 'rates = ["2 Mbit/s", "1 Mbit/s"]\ntolerances = { gain = "0.5 dB" }\n')
    (radio,) = load_station(path).radios
    assert radio.transmit == pytest.approx(8.45e9)
    assert radio.rates == [1e6, 2e6]
    assert radio.tolerances == {"gain": 0.5}
    assert radio.sends
    assert not radio.receives


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ('line_loss = "-1 dB"', 'line_loss: "-1 dB" is out of range; give 0 dB or more'),
        ('line_loss = "nan dB"', 'line_loss: "nan dB" is not a number with a unit'),
        ('pointing_loss = "-0.1 dB"', "out of range"),
        ("line_loss = 1.0", "has no unit"),
        ('gain = "40 dBi"', "would be 510 % efficient; give at most 32.9 dBi"),
        ("efficiency = 1.2", "efficiency: 1.2 is out of range"),
        ('codes = ["turbo-12"]', 'code "turbo-12" is not known; did you mean "turbo-1/2"?'),
        ("codes = []", "is empty"),
        ('receive = "2.2 GHz"', 'receive = 2.2 GHz is not in band X (7 GHz to 12 GHz); write band = "S"'),
        ('rates = ["0 bit/s"]', "rates above zero"),
        ('tolerances = { sky = "1 dB" }', '"sky" is no term of a budget'),
        ('tolerances = { gain = "-1 dB" }', "out of range"),
        ('gain = "20 dBi"\nefficiency = 0.5', "keep one of them"),
        ('gt = "1 dB/K"\nsystem_temperature = "100 K"', "keep one of them"),
        ("permittivity = 0.5", "permittivity: 0.5 is out of range; give 1 to 100"),
        ('system_temperature = "0 K"', "more than 0 K"),
        ('antenna = "telescope"', "does not go with band X"),
        ('antenna = "array"', "the array has no size; give columns"),
        ('antenna = "table"\npattern = "no.csv"', 'file "no.csv" does not exist'),
        ('talks_to = ["kashgar"]', 'there is no "kashgar" to talk to'),
    ],
)
def test_what_makes_no_sense_is_said_on_one_line(check, wrong, says):
    problems = check(RADIO + wrong + "\n")
    assert len(problems) == 1
    assert says in problems[0]
    assert "[[radio]] mast" in problems[0]


def test_a_radio_stands_on_something_and_does_something(check):
    (problem,) = check(RADIO.replace('"ridge"', '"rigde"'))
    assert 'on: there is no "rigde" that it could stand on; did you mean "ridge"?' in problem
    (problem,) = check(RADIO.replace('power = "5 W"\n', ""))
    assert 'neither sends nor receives; give power = "20 W"' in problem


def ends_of(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(FRAME + text, encoding="utf-8")
    return terminals(load_station(path))


def test_radios_of_elements_stand_at_their_site(tmp_path):
    found = ends_of(tmp_path, RADIO.replace('"ridge"', '"rover"'))
    assert [(one.end, one.kind) for one in found if one.radio.id == "mast"] == [("ridge", "site")]
    assert find_paths(found, "rover", "kashi")[0][1].radio.id == "kashi-x"
    assert find_paths(found, "mast", "kashi-x")[0][0].end == "ridge"


@pytest.mark.parametrize(
    ("radio", "sender", "receiver", "says"),
    [
        (
            RADIO.replace('"X"', '"C"').replace("8.45", "5.0"),
            "ridge",
            "kashi",
            "mast sends in band C, kashi-s receives in band S",
        ),
        (RADIO.replace("8.45", "7.2"), "ridge", "kashi-x", ""),
        (RADIO, "kashi", "ridge", "mast has no receiver; give it system_temperature"),
        (RADIO, "ridge", "jiamusi", "'jiamusi' has no radio"),
        (RADIO + 'talks_to = ["rover"]\n', "ridge", "kashi", "mast talks to rover only; add kashi"),
    ],
)
def test_bands_and_radios_that_do_not_meet_are_named(tmp_path, radio, sender, receiver, says):
    found = ends_of(tmp_path, radio)
    if not says:
        assert find_paths(found, sender, receiver)
        return
    with pytest.raises(RequestError) as error:
        find_paths(found, sender, receiver)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_frequencies_that_do_not_meet_are_named(tmp_path):
    other = RADIO.replace("mast", "relay").replace('"ridge"', '"o"').replace("transmit", "receive")
    other = other.replace("8.45", "7.2").replace('power = "5 W"', 'system_temperature = "300 K"')
    orbiter = '[[orbiter]]\nid = "o"\norbit = "queqiao-2"\n'
    with pytest.raises(RequestError, match=r"mast sends 8.45 GHz, relay receives 7.2 GHz; bring"):
        find_paths(ends_of(tmp_path, orbiter + RADIO + other), "ridge", "o")


def test_ground_stations_get_radios_from_their_dishes():
    spec = GroundStationSpec(
        id="g",
        lat=10.0,
        lon=10.0,
        dish=35.0,
        dishes=4,
        bands="X tx; X, K, Ka rx",
        gain_x=67.9,
        gt_x=58.2,
        eirp_x=106.9,
    )
    found = {one.radio.band: one for one in ground_terminals(spec)}
    assert list(found) == ["X", "K", "Ka"]
    x = found["X"].radio
    assert (x.gain, x.gt, x.antennas) == (67.9, 58.2, 4)
    assert 10.0 * math.log10(x.power) == pytest.approx(106.9 - 67.9)
    assert not found["Ka"].radio.sends
    assert found["Ka"].source("system_temperature")[1] == "assumption"
    assert x.codes == list(CODES)


def test_a_radio_of_the_user_replaces_the_derived_one_of_its_band(tmp_path):
    own = '[[radio]]\nid = "own"\nfrom = "dsn-34m-x"\non = "kashi"\n'
    found = [one.radio.id for one in ends_of(tmp_path, own) if one.end == "kashi"]
    assert found == ["own", "kashi-s", "kashi-ka"]
