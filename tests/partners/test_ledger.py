"""The ledger of partners: sums by hand, nothing counted twice, functions with a single owner."""

import math

import numpy as np
import pytest

from moonstation.partners.capability import arrivals, functions_up, lost_without
from moonstation.partners.holdings import holdings, mission_owners, watch_share
from moonstation.partners.ledger import entries_frame, functions_frame, holdings_frame, make_ledger
from moonstation.report.ledger_picture import ledger_picture
from moonstation.station.loading import load_station


def test_every_part_is_of_its_partner_and_missions_of_who_lifts_them(three):
    assert mission_owners(three) == {"first": "red", "second": "red"}
    owners = {(row.kind, row.id): row.partner for row in holdings(three)}
    assert owners["launcher", "rocket"] == "red"
    assert owners["element", "lab"] == "blue"
    assert owners["ground station", "malargue"] == ""
    levels = {row.id: row.level for row in holdings(three) if row.level}
    assert levels == {"rocket": "A", "first": "A", "panel": "B", "lab": "B"}


def test_accounts_are_the_sums_by_hand(three):
    ledger = make_ledger(three)
    assert ledger.partners == ("red", "blue", "green", "")
    assert ledger.idle == ("guest",)
    mass = {p: ledger.of(p, "landed mass") for p in ("red", "blue", "green")}
    assert [row.brings for row in mass.values()] == [1000.0, 800.0, 200.0]
    assert [row.share for row in mass.values()] == pytest.approx([0.5, 0.4, 0.1])
    assert (ledger.of("red", "launches").brings, ledger.of("red", "launches").owes) == (2.0, 0.5)
    assert ledger.of("blue", "launches").balance == pytest.approx(0.5)
    data = {p: ledger.of(p, "data") for p in ("blue", "green")}
    assert data["blue"].brings == pytest.approx(3e6 * 86_400 / 1e9)
    # a half is owed, a quarter made
    assert data["green"].balance == pytest.approx(0.25)
    assert math.isnan(data["blue"].balance)
    assert ledger.of("green", "crew places").owed == 2.0
    # 2 h a day are 14 h a week
    assert (ledger.of("red", "ground time").owes, ledger.of("green", "ground time").balance) == (14.0, 14.0)


def test_costs_of_different_money_stand_apart(three):
    ledger = make_ledger(three)
    assert ledger.of("red", "cost, USD 2026").brings == 100.0
    # what a contribution costs counts beside the costs of its parts
    assert ledger.of("blue", "cost, USD 2026").brings == 10.0
    assert ledger.of("blue", "cost, EUR 2026").brings == 40.0


def test_shares_of_all_that_is_brought_add_up_to_one(three):
    table = entries_frame(make_ledger(three))
    sums = table.groupby("kind")["share"].sum(min_count=1).dropna()
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
    assert set(sums.index) >= {"elements", "landed mass", "ground time", "data"}


def test_what_the_moon_stands_above_an_antenna_is_near_half(three):
    # a month at 39 deg north with a mask of 10 deg: somewhat under half of the time
    share = watch_share(three.ground_stations[0], three.start)
    assert 0.38 < share < 0.48
    whole = three.ground_stations[0].model_copy(update={"mask_deg": -5.0})
    assert share < watch_share(whole, three.start) < 0.6


def test_functions_hang_on_parts_power_and_flights(three):
    assert functions_up(three) == ["power", "research", "watching"]
    assert functions_up(three, {"plant"}) == ["power", "research", "watching"]
    # with neither source the bus is dead, and what uses power with it
    assert functions_up(three, {"plant", "panel"}) == []
    assert functions_up(three, {"relay"}) == ["power", "research"]
    # red flies everything
    assert lost_without(three) == {
        "power": ["red"],
        "research": ["red", "blue"],
        "watching": ["red", "green"],
    }
    there = arrivals(three)
    assert there["relay"] == -math.inf
    assert there["plant"] < three.start.tdb_s < there["lab"]


def test_single_owners_are_named(three):
    rows = {row.id: row for row in make_ledger(three).functions}
    assert (rows["research"].single_owner, rows["watching"].single_owner, rows["power"].single_owner) == (
        "blue",
        "green",
        "",
    )
    table = functions_frame(make_ledger(three))
    assert table.set_index("function").loc["power", "served_by"] == "red blue"


def test_the_built_in_station_has_every_part_in_one_account():
    station = load_station("ilrs")
    ledger = make_ledger(station)
    table = holdings_frame(ledger)
    kinds = table["kind"].value_counts()
    assert kinds["element"] == len(station.elements)
    assert kinds["mission"] == len(station.missions)
    counted = sum(ledger.of(p, "elements").brings for p in ledger.partners)
    assert counted == len(station.elements)
    mass = sum(ledger.of(p, "landed mass").brings for p in ledger.partners)
    assert mass == pytest.approx(sum(e.mass for e in station.elements))
    assert set(ledger.levels("cnsa")) == {"A", "B", "E"}
    # every level that is shown says that its letter is no published fact
    assert set(table.loc[table["level"] != "", "level_confidence"]) <= {"estimated", "assumption"}


def test_the_picture_is_drawn_for_any_number_of_partners(three):
    for station in (three, load_station("ilrs"), load_station("lander")):
        assert ledger_picture(make_ledger(station)).startswith(b"\x89PNG")
