"""Two stations or plans side by side: sums, dates, single owners, and what cannot be read."""

import json

import pytest

from moonstation.errors import RequestError
from moonstation.report.campaign_compare import date_rows, figure_rows, growth_picture, write_comparison_page
from moonstation.study.compare import compare_stations, comparison_frame
from moonstation.study.compare_sides import load_side, read_plan

FILE = """
[station]
start = 2030-01-01
span = "30 d"
[[partner]]
id = "a"
[[partner]]
id = "b"
[[partner]]
id = "idle"
[[site]]
id = "base"
lat = "-89 deg"
lon = "0 deg"
[[mission]]
id = "m"
launch = "2031"
[[element]]
id = "one"
site = "base"
kind = "other"
partner = "a"
mass = { value = "3 t", source = "x", confidence = "published" }
array_power = "10 kW"
arrives = { value = 2030-06-10, source = "x", confidence = "published" }
[[element]]
id = "two"
site = "base"
kind = "other"
partner = "b"
mass = { value = "1 t", source = "x", confidence = "assumption" }
mission = "m"
[[function]]
id = "both"
needs = ["one", "two"]
[[function]]
id = "either"
needs = ["1 of one, two"]
"""


@pytest.fixture
def side(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(FILE)
    return load_side(str(path))


def lines_of(result):
    return {line.id: line for line in result.lines}


def test_sums_dates_and_owners_of_a_known_station(side):
    result = compare_stations(side, side)
    lines = lines_of(result)
    assert lines["mass-moon"].figures[0].value == 4000.0
    assert lines["mass-moon"].figures[0].confidence == pytest.approx({"published": 0.75, "assumption": 0.25})
    assert lines["power"].figures[0].value == 10e3
    assert lines["partners"].figures[0].value == 3
    assert lines["busy"].figures[0].value == 2
    assert lines["crew-days"].figures[0].value is None
    # the first function needs both partners, the second none in particular
    assert result.single[0] == ("both (a)", "both (b)")
    found = {row.id: row.arrivals[0] for row in result.dates}
    assert str(found["first"].day) == "2030-06-10"
    assert found["first"].confidence == "published"
    # the year alone is stated: its middle is an assumption
    assert str(found["last"].day) == "2031-07-01"
    assert found["last"].confidence == "assumption"
    assert str(found["function-both"].day) == "2031-07-01"
    assert str(found["function-either"].day) == "2030-06-10"
    assert list(result.growth[0]["mass"]) == [3000.0, 4000.0]
    assert list(result.partners["mass_share"])[:2] == [0.75, 0.25]


def test_a_station_beside_itself_differs_in_nothing(side):
    result = compare_stations(side, side)
    assert all(line.difference in (0, None) for line in result.lines)
    assert all(row.months == 0.0 for row in result.dates)
    assert all(row[3] in ("same", "–") for row in figure_rows(result, ("", "")))


def test_exchanging_both_turns_the_signs():
    first, second = load_side("ilrs"), load_side("artemis")
    there, back = compare_stations(first, second), compare_stations(second, first)
    for line in there.lines:
        other = lines_of(back)[line.id].difference
        assert line.difference is None if other is None else line.difference == pytest.approx(-other)
    months = {row.id: row.months for row in back.dates}
    assert all(row.months is None or row.months == -months[row.id] for row in there.dates)


def test_orbital_stations_have_their_mass_in_orbit():
    lines = lines_of(compare_stations(load_side("iss"), load_side("tiangong")))
    assert lines["mass-moon"].figures[0].value is None
    assert lines["mass-orbit"].difference == pytest.approx(69_000.0 - 419_725.0)


def plan_of(station, flights, **more):
    return {
        "station": station,
        "start": "2030-01",
        "months": 60,
        "prices": "USD 2026",
        "notes": [],
        "plan": {
            "objective": "cost", "value": 5.0, "bound": 5.0, "gap": 0.0, "status": "optimal",
            "flights": flights, "cost_by_year": {"2030": {"a": 5.0}}, **more,
        },
    }  # fmt: skip


def flight(month, elements):
    return {
        "month": month, "launches": month, "launcher": "l", "pad": "p", "lander": "x", "partner": "a",
        "kind": "cargo", "site": "base", "elements": elements, "crew": "", "landed_kg": 1.0, "cost": 5.0,
    }  # fmt: skip


def test_a_plan_counts_by_its_flights(tmp_path, side):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of("s", [flight("2032-02", "one")])))
    planned = load_side(str(path))
    assert {name: str(a.day) for name, a in planned.arrivals.items()} == {"one": "2032-02-29"}
    lines = lines_of(compare_stations(side, planned))
    assert lines["mass-moon"].figures[1].value == 3000.0
    assert lines["launches"].figures[1].value == 1
    assert lines["cost"].figures[1].value == 5.0
    notes = compare_stations(side, planned).notes
    assert any("1 elements of s do not fly" in note for note in notes)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"plan": null}', '{"plan": {}}', '{"plan": 3, "station": "s"}']
)
def test_files_that_hold_no_plan(tmp_path, text):
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(RequestError, match="give a station, or a plan"):
        read_plan(path)


def test_a_plan_of_another_station_is_refused(tmp_path, side):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of("s", [flight("2032-02", "other")])))
    with pytest.raises(RequestError, match="lands other, which station"):
        load_side(str(path))
    with pytest.raises(RequestError, match="cannot be read"):
        load_side(str(tmp_path / "none.json"))


def test_table_picture_and_page(side):
    result = compare_stations(side, load_side("tiangong"))
    frame = comparison_frame(result)
    assert set(frame["part"]) == {"figure", "date", "partner"}
    assert growth_picture(result).startswith(b"\x89PNG")
    page = write_comparison_page(result, ("", ""))
    assert page == write_comparison_page(result, ("", ""))
    assert "tiangong" in page
    assert "not given" in page
    assert any("earlier" in row[3] for row in date_rows(result))
