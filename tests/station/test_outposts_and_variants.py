"""Stations around the Earth, stations that vary another, and the built-in ones that use either."""

import pytest

from moonstation.errors import RequestError, StationFileError
from moonstation.station.loading import check_station, load_lunar_station, load_station

HEAD = '[station]\nstart = 2030-01-01\nspan = "30 d"\n'
OUTPOST = '[[outpost]]\nid = "high"\nbody = "earth"\nlowest_altitude = "400 km"\ninclination = "51.6 deg"\n'
SITE = '[[site]]\nid = "base"\nlat = "-89 deg"\nlon = "0 deg"\n'


def write(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def element(name, site, more=""):
    return f'[[element]]\nid = "{name}"\nsite = "{site}"\nkind = "other"\nmass = "5 t"\n{more}'


def test_elements_stand_on_an_outpost_and_stay_out_of_lunar_studies(tmp_path):
    text = HEAD + OUTPOST + SITE + element("module", "high") + element("box", "base")
    text += (
        '[[function]]\nid = "both"\nneeds = ["module", "box"]\n[[function]]\nid = "one"\nneeds = ["box"]\n'
    )
    station = load_station(write(tmp_path, text))
    assert [e.id for e in station.elements] == ["module", "box"]
    assert station.outposts[0].shape == "about the Earth, 400 km, 51.60 deg"
    lunar = station.on_the_moon()
    assert [e.id for e in lunar.elements] == ["box"]
    assert [f.id for f in lunar.functions] == ["one"]
    assert not lunar.outposts


def test_a_station_without_anything_at_the_moon_is_refused_for_lunar_studies():
    for name in ("iss", "tiangong"):
        assert load_station(name).elements
        with pytest.raises(RequestError, match=f"^{name}: has no site and no orbiter of the Moon"):
            load_lunar_station(name)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('inclination = "51.6 deg"\n', "", "inclination is missing for an orbit of the Earth"),
        (
            '"400 km"\n',
            '"400 km"\nhighest_altitude = "300 km"\n',
            "highest_altitude is below lowest_altitude",
        ),
        ('"earth"', '"moon"', 'lowest_altitude is for body = "earth"'),
        ('"400 km"', '"50 km"', "lowest_altitude"),
        ('body = "earth"', 'body = "mars"', "is not one of earth, moon"),
        ('id = "high"', 'id = "base"', '"base" is a site already'),
    ],
)
def test_wrong_outposts_are_told(tmp_path, old, new, text):
    assert old in OUTPOST
    problems = check_station(write(tmp_path, HEAD + SITE + OUTPOST.replace(old, new)))
    assert len(problems) == 1
    assert text in problems[0]


def test_an_outpost_of_the_moon_names_an_orbiter(tmp_path):
    text = HEAD + SITE + '[[outpost]]\nid = "up"\nbody = "moon"\norbiter = "gate"\n'
    problems = check_station(write(tmp_path, text))
    assert problems
    assert 'there is no orbiter "gate"' in problems[0]
    assert "has no orbit" in check_station(write(tmp_path, text.replace('orbiter = "gate"\n', "")))[0]


def test_a_variant_replaces_key_by_key_and_adds(tmp_path):
    base = HEAD + SITE + element("box", "base", 'load_nominal = "10 W"\n') + element("crate", "base")
    write(tmp_path, base, "first.toml")
    text = '[station]\nfrom = "first.toml"\nspan = "60 d"\n[[element]]\nid = "box"\nmass = "6 t"\n'
    station = load_station(write(tmp_path, text + element("chest", "base")))
    assert station.id == "mine"
    assert station.span == 60 * 86_400.0
    assert station.start.utc.startswith("2030-01-01")
    assert [(e.id, e.mass, e.load_nominal) for e in station.elements] == [
        ("box", 6000.0, 10.0),
        ("crate", 5000.0, 0.0),
        ("chest", 5000.0, 0.0),
    ]
    assert station.provenance["element.box.mass"].text == "6 t"
    assert station.provenance["element.box.load_nominal"].text == "10 W"


def test_problems_of_a_variant_stand_at_the_file_they_are_in(tmp_path):
    write(tmp_path, HEAD + SITE + element("box", "nowhere"), "first.toml")
    path = write(tmp_path, '[station]\nfrom = "first.toml"\n')
    assert check_station(path)[0].startswith("first.toml:")
    path = write(tmp_path, '[station]\nfrom = "second.toml"\n')
    assert 'there is no station "second.toml" to vary' in check_station(path)[0]
    path = write(tmp_path, '[station]\nfrom = "mine.toml"\n')
    with pytest.raises(StationFileError, match="varies a station itself"):
        load_station(path)
    assert "varies a station itself" in check_station(write(tmp_path, '[station]\nfrom = "ilrs-2026"\n'))[0]


def test_the_dates_of_2026_change_dates_alone():
    old, new = load_station("ilrs"), load_station("ilrs-2026")
    assert [e.id for e in old.elements] == [e.id for e in new.elements]
    assert [(e.mass, e.load_nominal, e.power) for e in old.elements] == [
        (e.mass, e.load_nominal, e.power) for e in new.elements
    ]
    days = {m.id: m.departs for m in new.missions if m.departs is not None}
    for mission in old.missions:
        if mission.departs is not None:
            assert days[mission.id].year == mission.departs.year + 2
    assert [r.metric for r in old.requirements] == [r.metric for r in new.requirements]


def test_masses_of_orbital_stations_add_up_to_the_published_totals():
    # 419,725 kg: aerovia_iss; 69 t of three modules: nse_tg
    assert sum(e.mass for e in load_station("iss").elements) == pytest.approx(419_725.0)
    assert sum(e.mass for e in load_station("tiangong").elements) == pytest.approx(69_000.0)


@pytest.mark.parametrize(("name", "least"), [("ilrs", 20), ("ilrs-build", 40), ("artemis", 15)])
def test_campaigns_of_built_in_stations_are_whole(name, least):
    station = load_station(name)
    assert station.campaign is not None
    assert len(station.elements) >= least
    flying = {x.id: x for x in station.launchers if x.pads}
    assert {pad for x in flying.values() for pad in x.pads} <= {pad.id for pad in station.pads}
    for lander in station.landers:
        assert any(x in flying and flying[x].cost is not None for x in lander.launchers), lander.id
        assert all(flying[x].flights is not None or flying[x].status for x in lander.launchers if x in flying)
    assert station.milestones
