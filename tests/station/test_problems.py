"""What is wrong with a station file is said once, on one line, with place and cure."""

import time

import pytest

from moonstation.station.loading import check_station

GOOD = """\
[station]
start = 2035-01-01
span = "30 d"
ground_stations = ["kashi"]

[[partner]]
id = "cnsa"
[[partner]]
id = "roscosmos"

[[site]]
id = "base"
lat = "-88.8 deg"
lon = "123.4 deg"

[[element]]
id = "lab"
partner = "cnsa"
site = "base"
kind = "science"
load_nominal = "8 kW"

[[orbiter]]
id = "relay"
periapsis_altitude = "300 km"
apoapsis_altitude = "8600 km"
inclination = "55 deg"
relay = true

[[requirement]]
id = "link"
metric = "site.base.link.longest_gap"
at_most = "2 h"
"""


@pytest.fixture
def check(tmp_path):
    def _check(text):
        path = tmp_path / "s.toml"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        problems = check_station(path)
        assert all(len(p.splitlines()) == 1 and p.isprintable() for p in problems)
        return [p.replace(f"{tmp_path}/", "") for p in problems]

    return _check


ELEMENTS = 'periapsis_altitude = "300 km"\napoapsis_altitude = "8600 km"\ninclination = "55 deg"\n'


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "",
            'periapsis_altitude: is missing; add it, as in periapsis_altitude = "100 km", or orbit = "queqiao-2"',
        ),
        ('kind = "halo"', "a halo orbit takes one of z_amplitude, period, perilune; give one"),
        ('kind = "halo"\nperiod = "14 d"\nperilune = "9000 km"', "a halo orbit takes one of"),
        ('kind = "dro"', 'a distant retrograde orbit has no size; add radius = "70000 km"'),
        (
            'kind = "nrho"\nresonance = "nine"',
            'resonance: "nine" is no resonance; give turns and synodic months, as 9:2',
        ),
        ('kind = "nrho"\nradius = "70000 km"', "radius does not go with kind nrho; leave it out"),
        (
            'kind = "nrho"\n' + ELEMENTS,
            "periapsis_altitude: does not go with kind nrho, which has no elements",
        ),
        (ELEMENTS + 'resonance = "9:2"', "resonance does not go with kind elements"),
        ('kind = "nhro"', '"nhro" is not one of elements, halo, nrho, dro; did you mean "nrho"?'),
        ('ephemeris = "none.oem"', 'ephemeris: file "none.oem" does not exist; check the path'),
        (
            'ephemeris = "s.toml"\norbit = "queqiao-2"',
            'ephemeris: stands beside orbit = "queqiao-2"; keep one',
        ),
        ('ephemeris = "s.toml"\nepoch = 2035-01-01', "epoch does not go with an ephemeris"),
        (
            ELEMENTS + 'area = "3 m2"',
            "area stands alone; sunlight presses by area over mass, give mass too",
        ),
        (ELEMENTS + 'area = "3 m2"\nmass = "1 g"', "area over mass is above 100 m2/kg; check both"),
    ],
)
def test_orbits_of_orbiters(check, keys, message):
    problems = check(GOOD.replace(ELEMENTS, keys + "\n"))
    assert any(message in problem for problem in problems), problems
    assert all("[[orbiter]] relay" in problem for problem in problems)


@pytest.mark.parametrize(
    "keys",
    [
        'kind = "halo"\nz_amplitude = "13000 km"\npoint = "L1"\nnorth = true',
        'orbit = "gateway-nrho"\ndegree = 12\nepoch = 2034-12-01',
        'orbit = "dro-70000"\nradius = "50000 km"',
        'ephemeris = "s.toml"\nbody_id = -5',
        ELEMENTS + 'area = "30 m2"\nmass = "1 t"\nreflectivity = 1.6',
    ],
)
def test_orbits_of_orbiters_that_are_well(check, keys):
    assert check(GOOD.replace(ELEMENTS, keys + "\n")) == []


def test_good_file_has_no_problems(check):
    assert check(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'lon = "123.4 deg"',
            'lon = "123.4 deg"\nhorizon = "change7-reference"\nterrain = ["s.toml"]',
            "horizon and terrain both say what stands around the site; keep one of them",
        ),
        (
            "load_nominal",
            "load_nominl",
            's.toml:21: [[element]] lab: load_nominl: is not a known key; did you mean "load_nominal"?',
        ),
        ("[[site]]", "[[sight]]", 's.toml:11: [[sight]]: is not a known table; did you mean "site"?'),
        (
            '"8 kW"',
            '"8 kg"',
            's.toml:21: [[element]] lab: load_nominal: "8 kg": that is a mass, not a power; write it like "40 kW"',
        ),
        ('"8 kW"', "8", 's.toml:21: [[element]] lab: load_nominal: 8 has no unit; write it like "40 kW"'),
        (
            '"8 kW"',
            '"-8 kW"',
            's.toml:21: [[element]] lab: load_nominal: "-8 kW" is out of range; give 0 kW or more',
        ),
        ('"8 kW"', '"8 kW"\nbattery_reserve = 1.5', "battery_reserve: 1.5 is out of range; give 0 to 1"),
        (
            '"8 kW"',
            '"8 kW"\nbattery_capacity = "-1 kWh"',
            'battery_capacity: "-1 kWh" is out of range; give 0 kWh or more',
        ),
        (
            '"8 kW"',
            '{ value = "8 kW", confidence = "sure" }',
            "is not one of published, estimated, assumption",
        ),
        ('"8 kW"', '{ value = "8 kW", sauce = "x" }', "load_nominal.sauce: is not known beside a value"),
        ('"8 kW"', '{ value = "8 kW", note = 3 }', "load_nominal.note: 3 is not text; put it in quotes"),
        ('"8 kW"', '"8 kW"\nload-nominal = "7 kW"', 'stands twice, once with "-" and once with "_"'),
        (
            '"8 kW"',
            '"8 kW"\npower = "1 kW"',
            'power comes from nowhere; say power_kind = "fission" or "isotope"',
        ),
        ('"8 kW"', '"8 kW"\narray_area = "2 m2"', "array_area stands alone"),
        ('"8 kW"', '"8 kW"\narray_power = "2 kW"\narray_pointing = "fixed"', "give array_azimuth"),
        ('kind = "science"', 'kind = "sience"', '"sience" is not one of'),
        ('kind = "science"', "", "[[element]] lab: kind: is missing; add it, as in kind"),
        ('kind = "science"', 'kind = "fission"', "it gives no power"),
        (
            'site = "base"',
            'site = "bas"',
            's.toml:19: [[element]] lab: site: there is no site "bas"; did you mean "base"?',
        ),
        ('partner = "cnsa"', 'partner = "esa"', 'there is no partner "esa"; did you mean "cnsa"?'),
        ('partner = "cnsa"', "", "partner: is missing; name one of cnsa, roscosmos"),
        (
            'partner = "cnsa"',
            'partner = "cnsa"\nmission = "x"',
            'there is no mission "x"; add [[mission]] with id = "x"',
        ),
        (
            '"-88.8 deg"',
            '"-98.8 deg"',
            's.toml:13: [[site]] base: lat: "-98.8 deg" is out of range; give -90 deg to 90 deg',
        ),
        ('"-88.8 deg"', '"-88.8 deg"\nheight = "2 s"', '"2 s": that is a time, not a length'),
        ('"-88.8 deg"', '"-88.8 deg"\nhorizon = "conecting-ridge"', 'did you mean "connecting-ridge"?'),
        (
            '"-88.8 deg"',
            '"-88.8 deg"\nhorizon = "no/such.csv"',
            'file "no/such.csv" does not exist; make it with',
        ),
        ('"-88.8 deg"', '"-88.8 deg"\nterrain = ["t.tif"]', 'terrain[0]: file "t.tif" does not exist'),
        ('"-88.8 deg"', '"-88.8 deg"\nterrain = "t.tif"', "is no list; write"),
        ('id = "base"', 'id = "ba se"', '"ba se" is no id; use up to 64 letters'),
        ('id = "base"', "id = 5", "5 is no id"),
        (
            'id = "relay"',
            'id = "base"',
            's.toml:24: [[orbiter]] base: id: "base" is already the site in line 11; links need different ids',
        ),
        ('id = "relay"', 'id = "kashi"', "links need different ids"),
        (
            'id = "roscosmos"',
            'id = "cnsa"',
            's.toml:9: [[partner]] cnsa: id: "cnsa" is already partner in line 6',
        ),
        (
            '"300 km"',
            '"-300 km"',
            "periapsis_altitude: -300 km: the orbit hits the ground; altitudes count from the 1737.4 km",
        ),
        ('"300 km"', '"9000 km"', "apoapsis_altitude is below periapsis_altitude; exchange them"),
        (
            '"300 km"',
            '"300 km"\norbit = "queqiao2"',
            'orbit: "queqiao2" is not in the orbit catalogue; did you mean "queqiao-2"?',
        ),
        ("relay = true", 'relay = "yes"', '"yes" is neither true nor false'),
        ("relay = true", "relay = true\ndegree = 2.5", "2.5 is not a whole number"),
        ("relay = true", "relay = true\ndegree = -1", "-1 is too small; give 0 or more"),
        ("2035-01-01", "1899-12-31", "1899-12-31 is outside the years 1900 to 2150"),
        ("2035-01-01", '"2150-12-20"', "ends after 2150"),
        ("2035-01-01", "2035-01-01T00:00:00", "s.toml:2: [station]: start: "),
        ("2035-01-01", '"soon"', "[station]: start: "),
        ("2035-01-01", "2035", "2035 is no date; write 2035-01-01"),
        ("2035-01-01", "12:00:00", "is no date"),
        ('span = "30 d"', "", "[station]: span: is missing; add it, as in span"),
        ('"kashi"', '"yevpatoria"', '"yevpatoria" is reported destroyed; leave it out'),
        (
            '"kashi"',
            '"kashgar"',
            's.toml:4: [station]: ground_stations[0]: "kashgar" is not in the ground station catalogue',
        ),
        ('"kashi"', '"kashi", "kashi"', '"kashi" is already ground_station'),
        ("link.longest_gap", "link.longest_gab", 'did you mean "site.base.link.longest_gap"?'),
        ("site.base.link", "site.bose.link", 'there is no site "bose"; did you mean "base"?'),
        ("site.base.link.longest_gap", "bus.rover.unserved", 'there is no bus "rover"; there is base'),
        ('"2 h"', '"2 kW"', 's.toml:33: [[requirement]] link: at_most: "2 kW": that is a power, not a time'),
        ('at_most = "2 h"', "", "[[requirement]] link: has no limit; give at_least, at_most or both"),
        ('at_most = "2 h"', 'at_most = "2 h"\nat_least = "3 h"', "which nothing can meet"),
        ("site.base.link", "site.base.relay_link", None),
        ("[station]", "[Station]", "[station]: is missing"),
        ("[[element]]", "[element]", "s.toml:16: [element]: needs double brackets; write [[element]]"),
        ("[[element]]", "element = 3\n[[site]]", "element"),
    ],
)
def test_each_mistake_is_named_with_its_cure(check, old, new, problem):
    assert GOOD.count(old) >= 1
    problems = check(GOOD.replace(old, new, 1))
    if problem is None:
        assert problems == []
    else:
        assert any(problem in p for p in problems), problems


def test_links_need_another_end(check):
    text = GOOD.replace('ground_stations = ["kashi"]', "").replace("relay = true", "")
    earth = check(text.replace("base.link", "base.earth_link"))
    assert len(earth) == 1
    assert "there is no ground station to link to; add ground_stations" in earth[0]
    relay = check(text.replace("base.link", "base.relay_link"))
    assert len(relay) == 1
    assert "there is no relay to link to; add relay = true" in relay[0]


MISSION = """
[[mission]]
id = "first"
launcher = "long_march_5"
departs = 2034-12-01
launch_site = "wenchang"
site = "base"

[[requirement]]
id = "mass"
metric = "mission.first.mass_margin"
at_least = "100 kg"
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", None),
        ('"wenchang"', '"wenchan"', 'there is no launch site "wenchan"'),
        ('"wenchang"', '"wenchan"', 'did you mean "wenchang"?'),
        ('launch_site = "wenchang"', "", "departs stands alone; say from where"),
        (
            '"long_march_5"',
            '"a heavy one"',
            'needs a launcher of the station by its id, and "a heavy one" is none',
        ),
        ('"long_march_5"', '"words"\nrocket = "long_march_5"', None),
        ('"base"', '"bose"', 'there is no site "bose"'),
        ("departs = 2034-12-01", "", 'there is no mission with departs "first"'),
        ('site = "base"', 'flight_time = "9 d"', "flight_time"),
        ('site = "base"', 'apoapsis_altitude = "50 km"', "apoapsis_altitude is below periapsis_altitude"),
        ('"wenchang"', '"wenchang"\nparking_altitude = "50 km"', "parking_altitude"),
        ("mission.first.mass", "mission.second.mass", 'there is no mission with departs "second"'),
    ],
)
def test_flights_of_missions_can_be_computed(check, old, new, problem):
    good = GOOD.replace('["kashi"]', '["kashi"]\nlaunchers = ["long_march_5"]')
    problems = check(good + MISSION.replace(old, new, 1))
    if problem is None:
        assert problems == []
    else:
        assert any(problem in p for p in problems), problems


def test_a_mission_in_orbit_has_no_landing_to_judge(check):
    good = GOOD.replace('["kashi"]', '["kashi"]\nlaunchers = ["long_march_5"]')
    text = (
        MISSION.replace('site = "base"', "").replace("mass_margin", "landing_sun").replace("100 kg", "1 deg")
    )
    assert any('mission "first" lands nowhere; give it a site' in p for p in check(good + text))


def test_all_problems_are_told_in_the_order_of_the_file(check):
    text = GOOD.replace('"8 kW"', '"8 kg"').replace('"-88.8 deg"', '"-98 deg"').replace('"2 h"', "5")
    problems = check(text)
    assert [p.split(":")[1] for p in problems] == ["13", "21", "33"]


def test_mistakes_in_own_catalogues_are_told_with_their_file(check, tmp_path):
    (tmp_path / "c.toml").write_text(
        '[[orbit]]\nid = "low"\nperiapsis_altitude = "5 kg"\n[[orbits]]\nid = "x"\n[[launcher]]\n'
    )
    text = GOOD.replace("[[partner]]", 'catalogues = ["c.toml", "none.toml"]\n[[partner]]', 1)
    text = text.replace('periapsis_altitude = "300 km"', 'orbit = "low"')
    problems = check(text)
    assert any(p.startswith("c.toml:3: [[orbiter]] relay: periapsis_altitude") for p in problems)
    assert any(p.startswith("c.toml:4: [orbits]: is no catalogue table") for p in problems)
    assert any(p.startswith("c.toml:6: [[launcher]]: has no id") for p in problems)
    assert any("catalogues[1]: none.toml: does not exist" in p for p in problems)


def test_syntax_errors_have_a_line(check):
    assert check(GOOD.replace('"8 kW"', "8 kW"))[0].startswith("s.toml:21: is not TOML: ")
    assert check(GOOD + "[station]\n")[0].startswith("s.toml:34: is not TOML: ")
    assert check(GOOD + "x = [")[0].startswith("s.toml: is not TOML: ")


def test_files_that_are_no_text(check, tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(GOOD.encode() + b"# caf\xe9\n")
    assert check_station(path) == [f"{path}:34: is not UTF-8 text; save it as UTF-8"]
    path.write_bytes(b"\x00" * 100)
    assert len(check_station(path)) == 1
    assert "is empty" in check("  \n\n")[0]
    assert "is empty" in check("")[0]
    assert "nested too deeply" in check("x = " + "[" * 100_000 + "]" * 100_000)[0]
    assert len(check("x = " + "9" * 20_000)) == 1
    path.write_bytes(b"# " + b"x" * 3_000_000)
    assert "has 3.0 MB" in check_station(path)[0]


def test_files_that_are_none(tmp_path):
    assert "is a folder" in check_station(tmp_path)[0]
    assert "does not exist" in check_station(tmp_path / "no.toml")[0]
    assert check_station("ilr") == [
        "ilr: is neither a file nor a built-in station (artemis, ilrs, ilrs-2026, ilrs-build, iss, lander, tiangong); "
        'did you mean "ilrs"?'
    ]
    for name in ("a\0b", "a\0b.toml", "x" * 5000, "x" * 5000 + ".toml", "/dev/null", ""):
        problems = check_station(name)
        assert len(problems) == 1
        assert problems[0].isprintable()


def test_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "s.toml"
    path.write_text(GOOD)

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    assert check_station(path) == [f"{path}: cannot be read (Permission denied); check path and permissions"]


def test_large_files_take_no_long_time(check):
    kinds = ("partner", "facility", "site", "element", "orbiter", "ground_station", "mission", "launcher")
    keys = {
        "site": 'lat = "1 deg"\nlon = "1 deg"\n',
        "element": 'site = "s0"\npartner = "p0"\nkind = "other"\n',
        "orbiter": 'orbit = "luna-26"\n',
        "ground_station": 'from = "kashi"\n',
    }
    text = GOOD + "".join(
        f'[[{kind}]]\nid = "{kind[0]}{n}"\n{keys.get(kind, "")}' for kind in kinds for n in range(1500)
    )
    started = time.perf_counter()
    problems = check(text)
    assert time.perf_counter() - started < 20.0
    assert problems == []
    assert "more than 100 dots" in check(GOOD + ".".join("a" * 100_000) + " = 1")[0]
    assert "at most 5000 can be read" in check(GOOD + "[[launcher]]\n" * 6000)[0]


def test_endless_problems_end(check):
    problems = check(GOOD + "".join(f'[[mission]]\nid = "{n} "\n' for n in range(1000)))
    assert len(problems) == 201
    assert any("mend these first" in p for p in problems)
