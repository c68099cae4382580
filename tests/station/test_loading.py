"""What a station file gives when it is right."""

import dataclasses
import math
from pathlib import Path

import pytest

from moonstation.errors import StationFileError
from moonstation.station.elements import Element
from moonstation.station.loading import builtin_stations, check_station, load_station
from moonstation.station.model import SiteSpec

DESIGN_EXAMPLE = """
[station]
name  = "International Lunar Research Station"
start = 2035-01-01
span  = "1 yr"
ground_stations = ["jiamusi", "kashi"]

[[partner]]
id = "roscosmos"

[[site]]
id  = "base"
lat = "-88.8 deg"
lon = "123.4 deg"          # source and confidence can stand beside any value

[[element]]
id = "power-plant"
partner = "roscosmos"
site = "base"
kind = "fission"
power = { value = "40 kW", confidence = "assumption", source = "facts: elements.fission_40kw" }

[[orbiter]]
id = "queqiao-2"
orbit = "queqiao-2"        # from the catalogue

[[requirement]]
id = "earth-link"
metric = "site.base.earth_link.share"
at_least = 0.9
"""


@pytest.fixture
def write(tmp_path):
    def _write(text: str, name: str = "station.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_example_of_the_design_loads(write):
    station = load_station(write(DESIGN_EXAMPLE, "my.toml"))
    assert station.id == "my"
    assert station.start.utc == "2035-01-01T00:00:00.000Z"
    assert station.span == 365.25 * 86_400.0
    assert station.path is not None
    assert len(station.sha256) == 64
    site = station.sites[0]
    assert (site.id, site.name, site.lat_deg, site.lon_deg) == ("base", "base", -88.8, 123.4)
    assert site.lat == pytest.approx(math.radians(-88.8), abs=1e-15)
    assert math.isnan(site.site().ground_m)
    plant = station.elements[0]
    assert (plant.power, plant.power_kind, plant.bus, plant.load_nominal) == (40e3, "fission", "base", 0.0)
    said = station.provenance["element.power-plant.power"]
    assert dataclasses.astuple(said) == ("40 kW", "facts: elements.fission_40kw", "assumption", "")
    assert ("element.power-plant.power", said) in station.assumptions()
    relay = station.orbiters[0]
    assert (relay.periapsis_altitude, relay.apoapsis_altitude) == (254e3, 16_941e3)
    assert relay.inclination == pytest.approx(math.radians(119.249))
    assert station.provenance["orbiter.queqiao-2.apoapsis_altitude"].source == "ayap"
    assert [g.id for g in station.ground_stations] == ["jiamusi", "kashi"]
    assert station.ground_stations[0].station().mask_deg == 10.0
    assert station.requirements[0].at_least == 0.9


def test_keys_may_have_hyphens_and_source_may_stand_in_the_table(write):
    station = load_station(
        write(
            DESIGN_EXAMPLE
            + """
[[element]]
id = "lab"
site = "base"
kind = "science"
source = "judge"
confidence = "assumption"
load-nominal = "8 kW"
load_survival = { value = "1 kW", confidence = "estimated" }
[element.properties]
speed = { value = "0.8 km/h", source = "viper_pl", confidence = "published" }
"""
        )
    )
    lab = station.elements[1]
    assert (lab.load_nominal, lab.load_survival) == (8e3, 1e3)
    assert lab.partner == "roscosmos"
    assert lab.properties == {"speed": "0.8 km/h"}
    kept = station.provenance
    assert kept["element.lab.load_nominal"].confidence == "assumption"
    assert (kept["element.lab.load_survival"].confidence, kept["element.lab.load_survival"].source) == (
        "estimated",
        "judge",
    )
    assert kept["element.lab.properties.speed"].source == "viper_pl"


def test_own_catalogue_overrides_packaged_entries_and_own_keys_override_both(write):
    write(
        """
[[ground_station]]
id = "kashi"
name = "My Kashi"
lat = "38 deg"
lon = "76 deg"
alt = { value = "1.2 km", source = "survey", confidence = "published" }
[[orbit]]
id = "mine"
periapsis-altitude = "100 km"
apoapsis-altitude = "200 km"
inclination = "90 deg"
frame = "ICRF"
""",
        "mine.toml",
    )
    text = DESIGN_EXAMPLE.replace("ground_stations", 'catalogues = ["mine.toml"]\nground_stations')
    text += '[[ground_station]]\nfrom = "zapala"\nmask = "5 deg"\n'
    text += '[[orbiter]]\nid = "o"\norbit = "mine"\napoapsis_altitude = "300 km"\n'
    station = load_station(write(text))
    kashi = next(g for g in station.ground_stations if g.id == "kashi")
    assert (kashi.name, kashi.lat_deg, kashi.alt) == ("My Kashi", 38.0, 1200.0)
    assert station.provenance["ground_station.kashi.alt"].source == "survey"
    zapala = next(g for g in station.ground_stations if g.id == "zapala")
    assert (zapala.mask_deg, zapala.network) == (5.0, "CDSN")
    orbiter = station.orbiters[1]
    assert (orbiter.periapsis_altitude, orbiter.apoapsis_altitude, orbiter.frame) == (100e3, 300e3, "ICRF")
    assert orbiter.name == "o"


def test_array_can_be_given_by_area(write):
    array = '[[element]]\nid = "a"\nsite = "base"\nkind = "solar-array"\n'
    station = load_station(
        write(DESIGN_EXAMPLE + array + 'array_area = "10 m2"\narray_efficiency = "30 %"\n')
    )
    assert station.elements[1].array_power == pytest.approx(10.0 * 0.3 * 1361.0)


def test_paths_start_at_the_station_file(write, tmp_path, monkeypatch):
    (tmp_path / "h.csv").write_text("x")
    (tmp_path / "t.tif").write_text("x")
    tabled = write(DESIGN_EXAMPLE.replace('lon = "123.4 deg"', 'lon = "123.4 deg"\nhorizon = "h.csv"'))
    monkeypatch.chdir("/")
    assert load_station(tabled).sites[0].horizon == str(tmp_path / "h.csv")
    rasters = write(DESIGN_EXAMPLE.replace('lon = "123.4 deg"', 'lon = "123.4 deg"\nterrain = ["t.tif"]'))
    assert load_station(rasters).sites[0].terrain == [str(tmp_path / "t.tif")]


def test_programs_give_plain_si_numbers():
    site = SiteSpec(id="s", lat=-89.0, lon=200.0)
    assert site.site(ground_m=12.0).lon_deg == -160.0
    assert Element(id="b", site="s", kind="battery", battery_capacity=3.6e6).battery_capacity == 3.6e6


def test_byte_order_mark_and_windows_lines_are_no_matter(tmp_path):
    path = tmp_path / "w.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DESIGN_EXAMPLE.replace("\n", "\r\n").encode())
    assert check_station(path) == []


def test_same_file_same_station(write):
    path = write(DESIGN_EXAMPLE)
    assert load_station(path) == load_station(path)


def test_error_of_loading_carries_all_problems(write):
    with pytest.raises(StationFileError) as refusal:
        load_station(write(DESIGN_EXAMPLE.replace('"40 kW"', '"40 kg"').replace("0.9", "1 yr")))
    assert isinstance(refusal.value, ValueError)
    assert len(refusal.value.problems) == 1  # TOML is broken by "1 yr" without quotes
    with pytest.raises(StationFileError) as refusal:
        load_station(write(DESIGN_EXAMPLE.replace('"40 kW"', '"40 kg"').replace("0.9", '"1 yr"')))
    assert len(refusal.value.problems) == 2


def test_builtin_stations_are_right_and_described():
    stations = builtin_stations()
    assert list(stations) == ["artemis", "ilrs", "ilrs-2026", "ilrs-build", "iss", "lander", "tiangong"]
    for name, description in stations.items():
        assert check_station(name) == []
        assert 20 < len(description) < 160
