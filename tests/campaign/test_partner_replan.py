"""A campaign planned anew after a change among partners: what is flown stays, and all rules hold for what is left."""

import datetime as dt
from dataclasses import replace

import pytest
from campaign_stations import element, lander, launcher, month, pad, random_station, station

from moonstation.campaign.check import check_plan
from moonstation.errors import RequestError
from moonstation.partners.changes import Change, assess
from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import Milestone, Supply
from moonstation.station.faults import Function
from moonstation.study import partner_replan
from moonstation.study.partner_replan import Replanner, replan_month

SINCE = Epoch.parse("2030-07-01")


def silent(words, share):
    """Progress that no one looks at."""


def made(**tables):
    parts = [
        element("source", 900.0, kind="fission", power=5e3, partner="a"),
        element("laboratory", 1200.0, load_survival=800.0, after=["source"], partner="a"),
        element("drill", 600.0, partner="b", load_nominal=300.0, not_before=month(8), after=["source"]),
        element("store", 500.0, partner="a", not_before=month(10), after=["drill"]),
        element("mast", 400.0, partner="b", not_before=month(1)),
    ]
    known = {
        "pads": [pad(), pad("pad2", partner="b")],
        "launchers": [
            launcher(cost="150 MUSD 2026"),
            launcher("cheap", cost="60 MUSD 2026", pads=("pad2",), partner="b"),
        ],
        "landers": [lander(), lander("other", ("cheap",), partner="b")],
        "functions": [Function(id="drilling", needs=["drill", "source"], partner="a")],
        "milestones": [
            Milestone(id="ice", capability="function:drilling", by=month(12)),
            Milestone(id="half", capability="mass", at_least=2000.0, by=month(6)),
        ],
        "supplies": [
            Supply(id="spares", kind="spares", share=0.05 / (365.25 * 86_400), reserve=60 * 86_400.0)
        ],
    }
    return station(parts, **{**known, **tables})


@pytest.fixture
def cases(monkeypatch):
    """Every plan that is searched, against the checker."""
    kept = []
    search = Replanner._search

    def watched(self, case, seconds, name, begin):
        plan = search(self, case, seconds, name, begin)
        kept.append((name, case, plan))
        assert plan is None or check_plan(case, plan) == []
        return plan

    monkeypatch.setattr(partner_replan.Replanner, "_search", watched)
    return kept


def planned(change, cases, base=None):
    base = base or made()
    planner = Replanner(base, change, seconds=20.0, workers=1, progress=silent)
    effect = assess(base, change, planner=planner)
    found = planner.found or planner.plan()
    assert found.reason == ""
    return effect, found, cases[-1][1]


def when(found):
    flown = {name: flight.month for flight in found.flown for name in flight.elements}
    first = dt.date(2030, 1, 1)
    later = {
        row.element: 12 * (int(row.after_month[:4]) - first.year) + int(row.after_month[5:]) - 1
        for row in found.carried
        if row.after_month
    }
    assert not flown.keys() & later.keys()
    return flown | later


def test_who_leaves_is_flown_around_and_built_again(cases):
    effect, found, case = planned(Change("leaves", "b", SINCE), cases)
    assert found.since == "2030-07"
    assert [flight.month < 6 for flight in found.flown] == [True] * len(found.flown)
    assert found.flown == tuple(flight for flight in found.before.flights if flight.month < 6)
    lands = when(found)
    # the drill is built again, five years later, and the store waits for it; the mast is not asked for
    assert found.built.keys() == {"drill"}
    assert lands["drill"] >= 6 + 60
    assert lands["store"] >= lands["drill"]
    assert found.lost == ("mast",)
    assert {flight.launcher for flight in found.after.flights} == {"rocket"}
    rows = {row.what.partition(":")[0]: row for row in found.dates}
    assert rows["ice"].before <= "2031-01" < "2035-07" <= rows["ice"].after
    assert rows["half"].before == rows["half"].after <= "2030-07"
    assert rows["function drilling"].after == rows["ice"].after
    assert any(note.startswith("put back") and "ice" in note and "half" not in note for note in found.notes)
    # dates and cost of the way back are those of the plan
    (way,) = effect.recoveries
    assert Epoch.from_tdb_s(way.ready).utc[:7] > rows["ice"].after
    assert way.launcher == "rocket"
    assert found.cost_after["b"] < found.cost_before["b"]
    spent = sum(flight.cost for flight in (*found.flown, *found.after.flights))
    # elements at 10 million each, of which the drill has a price by its own
    assert sum(found.cost_after.values()) == pytest.approx(
        spent + sum(1e3 * case.item(n).cost if n in {i.id for i in case.items} else 1e7 for n in lands)
    )


def test_what_stays_is_not_built_again(cases):
    base = made()
    _, found, case = planned(Change("leaves", "b", Epoch.parse("2031-06-01"), stays=True), cases, base)
    assert "drill" in {name for flight in found.flown for name in flight.elements}
    assert not found.built
    assert found.lost == ()
    assert case.item("drill").earliest == -1


def test_who_is_late_brings_all_so_much_later(cases):
    months = 9
    change = Change("late", "b", SINCE, delay=months * 30.4375 * 86_400.0)
    _, found, _ = planned(change, cases)
    before = {n: f.month for f in found.before.flights for n in f.elements}
    lands = when(found)
    assert lands["drill"] >= before["drill"] + months
    first = min((f.month for f in found.before.flights if f.launcher == "cheap" and f.month >= 6), default=6)
    assert all(f.month + 6 >= first + months for f in found.after.flights if f.launcher == "cheap")
    rows = {row.what.partition(":")[0]: row for row in found.dates}
    assert rows["ice"].after > rows["ice"].before


def test_who_is_barred_flies_on_its_own(cases):
    dear = {
        "launchers": [
            launcher(cost="50 MUSD 2026"),
            launcher("cheap", cost="260 MUSD 2026", pads=("pad2",), partner="b"),
        ]
    }
    _, found, case = planned(Change("bars", "b", SINCE, of="a"), cases, made(**dear))
    assert {f.launcher for f in found.before.flights} == {"rocket"}
    for flight in found.after.flights:
        for name in flight.elements:
            if case.item(name).partner == "b":
                assert flight.launcher == "cheap"
    assert any(row.element == "drill" and row.by == ("a", "b") for row in found.carried)


def test_who_joins_brings_its_own(cases):
    _, found, _ = planned(Change("joins", "b", SINCE), cases)
    assert {f.launcher for f in found.before.flights} == {"rocket"}
    assert "drill" not in {n for f in found.before.flights for n in f.elements}
    rows = {row.what.partition(":")[0]: row for row in found.dates}
    assert (rows["ice"].before, rows["ice"].after != "") == ("", True)
    assert "b" in found.cost_after
    assert "b" not in found.cost_before


def test_pads_and_stores_remember_what_was_flown(cases):
    _, found, case = planned(Change("leaves", "b", SINCE), cases)
    assert set(case.launched) == {(f.launcher, f.pad, m - 6) for f in found.flown for m in f.launch_months}
    assert all(month < 0 for _, _, month in case.launched)
    brought = sum(f.supplies.get("spares", 0.0) for f in found.flown)
    assert case.stores[0].stock <= 1000.0 * brought


def test_what_nothing_can_land_or_power_is_left_out(cases):
    base = made()
    more = [
        element("bulk", 2500.0, partner="a", not_before=month(9)),
        # no reactor of the catalogue of that power is light enough for the lander that is left
        element("second", 1000.0, kind="fission", power=2e5, not_before=month(9), partner="b"),
        element("hut", 300.0, load_survival=1e5, not_before=month(9), after=["second"]),
    ]
    strong = lander("other", ("cheap",), partner="b", propellant=9e3)
    base = replace(
        base,
        elements=[*base.elements, *more],
        landers=[lander(payload_mass=2000.0), strong],
        launchers=[base.launchers[0], base.launchers[1].model_copy(update={"tli": 12_000.0})],
    )
    _, found, _ = planned(Change("leaves", "b", SINCE), cases, base)
    assert {"bulk", "hut"} <= {n for f in found.before.flights for n in f.elements}
    assert set(found.stuck) == {"bulk", "second", "hut"}
    assert not {"bulk", "second", "hut"} & when(found).keys()
    assert "drill" in when(found)


CHANGES = {
    "leaves": Change("leaves", "b", SINCE),
    "stays": Change("leaves", "b", SINCE, stays=True),
    "late": Change("late", "b", SINCE, delay=6 * 30.4375 * 86_400.0),
    "bars": Change("bars", "b", SINCE, of="a"),
    "joins": Change("joins", "b", SINCE),
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("seed", [0, 3, 4, 6])
def test_plans_after_any_change_are_kept_by_the_checker(seed, kind, cases):
    """Crews, supplies, plants, budgets, pads of long turnaround and windows by chance."""
    base = random_station(seed, elements=5, months=14, rich=True)
    _, found, _ = planned(CHANGES[kind], cases, base)
    assert [name for name, _, plan in cases if plan is not None][-1] == "after"
    lands = when(found)
    assert not set(found.stuck) & lands.keys()
    assert set(lands) >= {e.id for e in base.elements} - set(found.lost) - set(found.stuck)
    assert found.mass_after == pytest.approx(
        sum(flight.landed_mass for flight in (*found.flown, *found.after.flights))
    )


def test_a_change_after_the_campaign_is_refused():
    base = made()
    with pytest.raises(
        RequestError, match=r"the campaign is over in 2031-12, before the change of 2032-01-01.*--from"
    ):
        replan_month(base, Epoch.parse("2032-01-01"))
    assert replan_month(base, Epoch.parse("2029-01-01")) == 0
    bare = replace(base, campaign=None)
    with pytest.raises(RequestError, match="has no campaign to plan anew"):
        Replanner(bare, Change("leaves", "b", SINCE), seconds=1.0, progress=silent).plan()


def test_where_nothing_that_is_left_can_land_it_is_told():
    base = made(landers=[lander("other", ("cheap",), partner="b")])
    planner = Replanner(base, Change("leaves", "b", SINCE), seconds=5.0, workers=1, progress=silent)
    effect = assess(base, planner.change, planner=planner)
    assert planner.found.after is None
    assert "nothing that is left can land anything" in planner.found.reason
    assert all(row.after == "" for row in planner.found.dates)
    # what the catalogues hold is told all the same
    assert effect.recoveries == () or effect.recoveries[0].launcher
