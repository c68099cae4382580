"""What a change among partners does, and how lost functions come back."""

import itertools
import math

import pytest
from made_up_partners import trio

from moonstation.errors import RequestError
from moonstation.partners.capability import functions_up, working_parts
from moonstation.partners.changes import Change, Recovery, assess
from moonstation.partners.dependence import dependences
from moonstation.report.dependence_picture import change_picture, dependence_picture
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.station.prices import Price
from moonstation.study.losses import read_loss
from moonstation.study.partner_recovery import BUILD, RELOAD, antenna_stand_ins, plan_recovery, recovery_notes

YEAR = 365.25 * 86_400.0
START = Epoch.parse("2035-01-01")
LAB = Epoch.parse("2036-01-10").tdb_s


def becomes(effect):
    """Functions that a change touches, and how."""
    return {
        row.id: "lost" if row.lost else "late" if row.late else "gained"
        for row in effect.functions
        if row.lost or row.late or row.gained
    }


def test_who_leaves_takes_its_parts_and_its_flights(three):
    effect = assess(three, Change("leaves", "red", START))
    # the panel of blue still feeds the bus; the laboratory was to fly with red in 2036
    assert effect.parts == ("plant", "lab")
    assert effect.unflown == ("lab",)
    assert becomes(effect) == {"research": "lost"}
    assert (effect.missions, effect.launchers, effect.antennas) == (("second",), ("rocket",), ("kashi",))
    assert effect.agreements == ("flights", "hours")
    earlier = assess(three, Change("leaves", "red", Epoch.parse("2033-01-01")))
    # before the first mission nothing of it flies, and the bus has no source
    assert becomes(earlier) == {"power": "lost", "research": "lost", "watching": "lost"}
    assert becomes(assess(three, Change("leaves", "green", START))) == {"watching": "lost"}


def test_what_has_landed_may_stay(three):
    effect = assess(three, Change("leaves", "green", START, stays=True))
    # the telescope landed in 2034 and the relay was there from the start
    assert becomes(effect) == {}
    assert effect.parts == ()
    until = {row.id: row.until for row in assess(three, Change("leaves", "green", START)).functions}
    assert until == {"power": math.inf, "research": math.inf, "watching": START.tdb_s}


def test_who_is_late_delays_what_it_brings_and_flies(three):
    late = {row.id: row for row in assess(three, Change("late", "blue", START, delay=YEAR)).functions}
    assert late["research"].before == LAB
    assert late["research"].after == LAB + YEAR
    assert not late["power"].late
    flown = assess(three, Change("late", "red", START, delay=2.0 * YEAR))
    assert becomes(flown) == {"research": "late"}
    # what is there already cannot be late
    assert becomes(assess(three, Change("late", "green", START, delay=YEAR))) == {}


def test_who_joins_gives_what_is_lost_without_it(three):
    assert becomes(assess(three, Change("joins", "green", START))) == {"watching": "gained"}
    assert becomes(assess(three, Change("joins", "red", START))) == {
        "power": "gained",
        "research": "gained",
        "watching": "gained",
    }


def test_a_bar_closes_parts_to_its_functions_and_flights_to_its_parts(three):
    effect = assess(three, Change("bars", "blue", START, of="red"))
    # the laboratory of blue was to fly with red; power is a matter of red itself
    assert becomes(effect) == {"research": "lost"}
    assert effect.agreements == ("flights",)
    # red has power of its own without the panel of blue
    assert becomes(assess(three, Change("bars", "red", START, of="blue"))) == {}
    # the telescope of green needs the bus that red and blue feed, and each alone is enough
    assert becomes(assess(three, Change("bars", "green", START, of="red"))) == {}


def test_a_bar_of_the_file_holds_before_and_after(tmp_path):
    bars = "".join(
        f'[[bar]]\nid = "no-{of}"\npartner = "green"\nof = "{of}"\nfrom = 2034-06-01\n'
        for of in ("red", "blue")
    )
    station = trio(
        tmp_path,
        bars,
        without='[[share]]\nid = "hours"\ngiver = "red"\ngetter = "green"\nat_least = "2 h"\nper = "1 d"\n',
    )
    rows = {row.id: row for row in assess(station, Change("leaves", "blue", START)).functions}
    # green may use no source of power at all, so it never watches, whoever leaves
    assert rows["watching"].before == rows["watching"].after == math.inf
    assert not rows["watching"].lost


def test_a_function_that_is_away_for_a_time_says_until_and_from_when(tmp_path):
    more = (
        '[[element]]\nid = "second-plant"\nkind = "fission"\npower = "5 kW"\npartner = "blue"\nsite = "ridge"\n'
        'arrives = 2037-01-01\n[[function]]\nid = "nuclear"\npartner = "red"\nneeds = ["1 of plant, second-plant"]\n'
    )
    row = {r.id: r for r in assess(trio(tmp_path, more), Change("leaves", "red", START)).functions}["nuclear"]
    assert row.late
    assert not row.lost
    assert (row.until, row.after) == (START.tdb_s, Epoch.parse("2037-01-01").tdb_s)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("leaves", "guest", START), "guest brings no element"),
        (Change("bars", "red", START, of="red"), "barred from its own parts"),
        (Change("late", "red", START), "is late by nothing"),
        (Change("late", "red", START, delay=math.inf), "take --leaves red"),
    ],
)
def test_changes_that_change_nothing_are_refused(three, change, words):
    with pytest.raises(RequestError, match=words):
        assess(three, change)


def test_any_planner_can_be_given(three):
    asked = []

    def planner(request):
        asked.append(request)
        return [Recovery(("a lab",), ("lab",), "barge", "blue", 1, 500.0, START.tdb_s + YEAR, (), ())]

    effect = assess(three, Change("leaves", "red", START), planner=planner)
    assert [row.launcher for row in effect.recoveries] == ["barge"]
    (request,) = asked
    assert request.lost_functions == ("research",)
    assert request.closed == ("red",)
    assert request.restored(frozenset({"lab"}))
    assert not request.restored(frozenset())
    # nobody is asked where nothing is lost
    assert assess(three, Change("leaves", "green", START, stays=True), planner=planner).recoveries == ()
    assert len(asked) == 1


def test_what_only_lost_its_flight_is_flown_by_another(three):
    ways = assess(three, Change("leaves", "red", START), planner=plan_recovery).recoveries
    # the only rocket of the station goes, so the catalogue lends its own
    assert {way.by for way in ways} == {""}
    assert all(way.parts == ("lab, flown by another",) and way.mass == 500.0 for way in ways)
    assert ways[0].ready == pytest.approx(START.tdb_s + RELOAD + 5 * 86_400.0)
    prices = [way.costs[0].amount for way in ways if way.costs]
    assert prices == sorted(prices)
    assert recovery_notes(ways)[-1].startswith("assumptions")


def test_what_is_built_anew_takes_longer_and_costs_by_the_kilogram(three):
    request = Change("leaves", "green", START)
    ways = assess(three, request, planner=plan_recovery).recoveries
    assert ways[0].launcher == "rocket"
    assert set(ways[0].serves) == {"scope", "relay"}
    assert ways[0].ready == pytest.approx(START.tdb_s + BUILD + 5 * 86_400.0 + (ways[0].launches - 1) * YEAR)
    assert "rocket" in ways[0].unpriced

    def priced(request):
        return plan_recovery(request, price_per_kg=Price(1e6, "EUR", 2026))

    paid = assess(three, request, planner=priced).recoveries[0]
    # 200 kg of telescope; the relay's mass is not known, so it stays without a price
    assert paid.costs[0] == Price(200e6, "EUR", 2026)
    assert "relay" in paid.unpriced


def test_what_comes_after_what_is_waited_for_is_no_recovery(three):
    effect = assess(three, Change("late", "blue", START, delay=YEAR), planner=plan_recovery)
    assert effect.recoveries == ()
    assert any("sooner than what is waited for" in note for note in effect.notes)
    long = assess(three, Change("late", "blue", START, delay=10.0 * YEAR), planner=plan_recovery)
    assert all(way.ready < LAB + 10.0 * YEAR for way in long.recoveries)
    assert long.recoveries


@pytest.mark.parametrize("partner", ["cnsa", "roscosmos"])
def test_the_built_in_station_loses_what_simulate_takes_away(partner):
    station = load_station("ilrs")
    effect = assess(station, Change("leaves", partner, station.start), planner=plan_recovery)
    taken = read_loss(station, partner)
    # and what the partner would have flown later
    assert set(taken.parts) <= set(effect.parts)
    assert set(effect.antennas) == set(taken.stations)
    left = set(functions_up(station, effect.parts))
    assert {row.id for row in effect.lost} == {row.id for row in station.functions} - left
    # every recovery brings back all that was lost, and none has a part too many
    assert effect.recoveries
    for way in effect.recoveries:
        missing = set(effect.parts) - set(way.serves)
        assert set(functions_up(station, missing)) >= {row.id for row in effect.lost}
        for name in way.serves:
            assert not set(functions_up(station, missing | {name})) >= {row.id for row in effect.lost}


def test_the_nearest_antenna_of_another_network_is_named():
    station = load_station("ilrs")
    found = antenna_stand_ins(station, ["bear_lakes", "ussuriysk"])
    # Bear Lakes at 38 deg east, Ussuriysk at 132: Madrid is 42 and Shanghai 11 degrees away, and Yevpatoria destroyed
    assert found == {"bear_lakes": "madrid_dss63 (DSN)", "ussuriysk": "sheshan (CVN)"}


def test_dependences_are_those_of_the_trio(three):
    found = {(row.of, row.on, row.kind, row.hard): row.what for row in dependences(three)}
    assert found["blue", "red", "flight", True] == ("panel", "lab")
    assert found["green", "red", "flight", True] == ("scope",)
    # two partners feed the bus
    assert found["green", "red", "power", False] == ("scope",)
    # the only radio of the site is on the laboratory of blue, and the only relay is of green
    assert found["green", "blue", "data", True] == ("scope",)
    assert found["blue", "green", "data", True] == ("lab",)
    # an antenna of nobody is left without red
    assert found["blue", "red", "data", False] == ("lab",)
    assert found["red", "blue", "function", False] == ("power",)
    assert not any(row.of == row.on for row in dependences(three))


def test_hard_dependences_are_what_breaks_without_the_other():
    station = load_station("ilrs")
    for row in dependences(station):
        if row.kind != "function":
            continue
        own = {part.id for part in (*station.elements, *station.orbiters) if part.partner == row.on}
        left = set(functions_up(station, own))
        assert all((name not in left) is row.hard for name in row.what)


def test_a_dead_bus_carries_no_load(three):
    for gone in itertools.chain.from_iterable(
        itertools.combinations(("plant", "panel"), n) for n in range(3)
    ):
        fed = len(gone) < 2
        assert ({"scope", "lab"} <= working_parts(three, gone)) is fed


def test_pictures_are_drawn_for_all_kinds_of_change(three):
    for change in (
        Change("leaves", "red", START),
        Change("joins", "green", START),
        Change("late", "blue", START, delay=YEAR),
        Change("bars", "blue", START, of="red"),
    ):
        drawn = change_picture(assess(three, change, planner=plan_recovery))
        assert drawn.startswith(b"\x89PNG")
    assert dependence_picture(three, dependences(three)).startswith(b"\x89PNG")
    assert dependence_picture(three, []).startswith(b"\x89PNG")
