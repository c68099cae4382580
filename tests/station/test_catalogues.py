"""The packaged data: every entry can be used, and every value says where it comes from."""

import math
import tomllib

import pytest

from moonstation.station.catalogues import DATA, KINDS, packaged_catalogue, packaged_sources
from moonstation.station.loading import check_station, load_station

LEVELS = {"published", "estimated", "assumption"}
REFERENCE_PAGE = DATA.parents[2] / "docs" / "station-file.md"

FRAME = """
[station]
start = 2035-01-01
span = "30 d"
[[site]]
id = "base"
lat = "-88.8 deg"
lon = "123.4 deg"
"""

USE = {
    "ground_station": '[[ground_station]]\nfrom = "{id}"\nstatus = "active"\n',
    "launcher": '[[launcher]]\nfrom = "{id}"\n',
    "orbit": '[[orbiter]]\nid = "o"\norbit = "{id}"\n',
    "element": '[[element]]\nid = "e"\nfrom = "{id}"\nsite = "base"\n',
    "radio": '[[radio]]\nid = "r"\nfrom = "{id}"\non = "base"\n',
    "lander": "".join(f'[[launcher]]\nfrom = "{name}"\n' for name in packaged_catalogue().entries["launcher"])
    + '[[lander]]\nfrom = "{id}"\n',
}
ENTRIES = [(kind, name) for kind in KINDS for name in packaged_catalogue().entries[kind]]


def values_of(table):
    for key, value in table.items():
        if isinstance(value, dict) and "value" in value:
            yield key, value
        elif isinstance(value, dict):
            yield from values_of(value)


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_each_entry_can_be_used(kind, name, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(FRAME + USE[kind].replace("{id}", name), encoding="utf-8")
    assert check_station(path) == []


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_each_value_has_a_known_source_and_a_confidence(kind, name):
    values = packaged_catalogue().entries[kind][name].values
    for key, value in values_of(values):
        assert value["confidence"] in LEVELS, key
        assert value["source"] in packaged_sources(), key
    bare = {k for k, v in values.items() if not isinstance(v, dict)}
    assert bare <= {"id", "name", "kind", "note", "band", "antenna"}


def test_traps_of_the_sources_are_avoided():
    entries = packaged_catalogue().entries
    orbit, stations = entries["orbit"]["queqiao-2"].values, entries["ground_station"]
    # 1,991.69 x 18,678.5 km are radii: the published period of 26.18 h proves it
    a = (
        1737.4
        + (float(orbit["periapsis_altitude"]["value"][:-3]) + float(orbit["apoapsis_altitude"]["value"][:-3]))
        / 2
    )
    assert 2 * math.pi * math.sqrt(a**3 / 4902.800066) / 3600 == pytest.approx(26.18, abs=0.02)
    # geocentric latitudes were printed as geodetic ones: 44.208 and 45.381
    assert stations["ussuriysk"].values["lat"]["value"] == "44.0161 deg"
    assert stations["yevpatoria"].values["lat"]["value"] == "45.1891 deg"
    assert stations["yevpatoria"].values["status"]["value"] == "destroyed"
    assert "yevpatoria" not in {g.id for g in load_station("ilrs").ground_stations}


def test_catalogues_hold_the_rows_of_the_facts(facts):
    rows = tomllib.loads((facts / "facts.toml").read_text(encoding="utf-8"))
    entries = packaged_catalogue().entries
    stations, launchers = entries["ground_station"], entries["launcher"]
    assert list(stations) == [row["id"] for row in rows["ground_stations"]]
    assert list(launchers) == [row["id"] for row in rows["launchers"]]
    # life support and spares are no elements
    elements = [row["id"] for row in rows["elements"] if row["id"] not in ("crew_consumables", "reliability")]
    assert list(entries["element"]) == elements
    for row in rows["ground_stations"]:
        for key in ("lat", "lon", "alt", "dish", "gain_x", "gt_x", "eirp_x"):
            if key in row:
                kept = stations[row["id"]].values[key]
                assert float(kept["value"].split()[0]) == row[key]["v"]
                assert (kept["source"], kept["confidence"]) == (row[key]["s"], row[key]["c"])
    for row in rows["launchers"]:
        for key in ("tli", "leo", "gto", "tmi", "liftoff_mass", "cadence"):
            if key in row:
                kept = launchers[row["id"]].values[key]
                assert float(kept["value"].split()[0]) == row[key]["v"]
                assert (kept["source"], kept["confidence"]) == (row[key]["s"], row[key]["c"])


def test_ilrs_is_what_was_agreed():
    station = load_station("ilrs")
    assert len(station.partners) == 26
    assert [f.id for f in station.facilities] == ["ctf", "lsf", "ltof", "lscf", "gsaf"]
    missions = {m.id for m in station.missions}
    assert missions >= {f"ilrs-{n}" for n in range(1, 6)} | {
        "change-7",
        "change-8",
        "luna-26",
        "luna-27-1",
        "queqiao-2",
    }
    elements = {e.id for e in station.elements}
    assert elements >= {
        "power-plant",
        "change-7-lander",
        "change-7-rover",
        "change-7-hopper",
        "command-centre",
    }
    assert [s.horizon for s in station.sites] == ["change7-reference", "connecting-ridge", "shackleton-rim"]
    assert sum(o.relay for o in station.orbiters) >= 2
    assert len(station.ground_stations) >= 8
    assert 8 <= len(station.requirements) <= 12
    assert station.span == 365 * 86_400.0
    assert any(key == "element.power-plant.power" for key, _ in station.assumptions())
    # each bus that uses power can get some
    for bus in station.buses:
        members = [e for e in station.elements if e.bus == bus]
        given = sum(e.power + e.array_power for e in members)
        assert given >= sum(e.load_nominal for e in members), bus


@pytest.mark.parametrize("name", ["ilrs", "ilrs-2026", "ilrs-build", "artemis", "iss", "tiangong"])
def test_values_of_builtin_stations_say_where_they_come_from(name):
    station = load_station(name)
    naming = {
        "partner",
        "facility",
        "mission",
        "site",
        "kind",
        "bus",
        "relay",
        "horizon",
        "description",
        "reference",
    }
    naming |= {
        "launchers",
        "ground_stations",
        "from",
        "body",
        "orbiter",
        "pads",
        "launch_site",
        "capability",
        "product",
        "fills",
        "span",
        "metric",
        "at_least",
        "at_most",
        "text",
        "power_kind",
        "content",
        "launcher",
        "on",
        "band",
        "antenna",
        "reflection",
        "of",
        "needs",
        "mode",
        "element",
        "robot",
        "effect",
        "law",
    }
    for key, said in station.provenance.items():
        if key.rpartition(".")[2] in naming and not said.source:
            continue
        assert said.confidence in LEVELS, key
        assert said.source, key
        assert all(s in packaged_sources() for s in said.source.split(", ")), key
