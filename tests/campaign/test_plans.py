"""Plans of campaigns: the search against all plans there are, every plan against the checker, conflicts, growth."""

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from campaign_stations import element, lander, launcher, month, pad, random_station, station

from moonstation.campaign.case import campaign_case, payload, propellant
from moonstation.campaign.check import check_plan
from moonstation.campaign.conflicts import conflicting_demands
from moonstation.campaign.flights import Landing, plan_of
from moonstation.campaign.growth import growth
from moonstation.campaign.solve import greedy_plan, plan_campaign
from moonstation.errors import RequestError
from moonstation.station.agreements import Bar
from moonstation.station.campaign import Milestone, Plant, Supply, opens


def partitions(names):
    if not names:
        yield []
        return
    first, rest = names[0], names[1:]
    for found in partitions(rest):
        yield [[first], *found]
        for i in range(len(found)):
            yield [*found[:i], [first, *found[i]], *found[i + 1 :]]


def all_plans(case, objective):
    """Every plan of a case without supplies and crews that the checker lets pass."""
    moves = [(w, t) for w, way in enumerate(case.ways) for t in range(way.first, way.last + 1)]
    mass = {item.id: item.mass for item in case.items}
    for blocks in partitions([item.id for item in case.items]):
        fits = [
            [(w, t) for w, t in moves if case.ways[w].capacity >= sum(mass[n] for n in block)]
            for block in blocks
        ]
        for choice in itertools.product(*fits):
            if len({(case.ways[w].pad, t) for w, t in choice}) < len(choice):
                continue
            landings = [Landing(t, w, list(block)) for (w, t), block in zip(choice, blocks, strict=True)]
            plan = plan_of(case, landings, objective=objective)
            if not check_plan(case, plan):
                yield plan


def check_against_all(seed, *, elements, months, objective):
    made = random_station(seed, elements=elements, months=months)
    made = replace(made, campaign=made.campaign.model_copy(update={"objective": objective}))
    case = campaign_case(made)
    values = [plan.value for plan in all_plans(case, objective)]
    found = plan_campaign(case, seconds=30.0, gap=0.0, workers=1)
    if not values:
        assert found is None
        return
    assert found is not None
    best = max(values) if objective == "capability" else min(values)
    assert found.value == pytest.approx(best, rel=1e-9)
    assert found.bound == pytest.approx(best, rel=1e-6)
    assert found.status == "optimal"


@pytest.mark.parametrize("seed", range(10))
def test_the_search_finds_the_best_of_all_plans(seed):
    check_against_all(seed, elements=3, months=4, objective=("cost", "completion", "capability")[seed % 3])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_the_search_finds_the_best_of_all_larger_plans(seed):
    check_against_all(seed, elements=4, months=4, objective=("cost", "completion", "capability")[seed % 3])


@pytest.mark.parametrize("seed", range(20))
def test_every_plan_is_kept_by_the_checker(seed):
    case = campaign_case(random_station(seed, elements=5, months=14, rich=True))
    first, faults = greedy_plan(case), check_plan(case, greedy_plan(case))
    plan = plan_campaign(case, seconds=20.0, gap=0.02, workers=1)
    if plan is None:
        assert faults
        return
    assert check_plan(case, plan) == []
    assert plan.bound <= plan.value * (1.0 + 1e-9)
    if not faults:
        assert plan.value <= first.value * (1.0 + 1e-9)
    assert sum(flight.cost for flight in plan.flights) + 1e7 * 5 == pytest.approx(plan.cost, rel=1e-9)


@pytest.fixture(scope="module")
def usual():
    parts = [
        element("source", 900.0, kind="fission", power=5e3, after=[]),
        element("laboratory", 1200.0, load_survival=800.0, load_nominal=2e3, after=["source"]),
        element("rover", 600.0, load_survival=100.0, partner="b"),
    ]
    case = campaign_case(station(parts, supplies=[Supply(id="spares", kind="spares", per_year=60.0)]))
    plan = plan_campaign(case, seconds=20.0, gap=0.0, workers=1)
    assert plan is not None
    return case, plan


def broken(plan, number=0, **keys):
    flights = list(plan.flights)
    flights[number] = replace(flights[number], **keys)
    return replace(plan, flights=tuple(flights))


def test_a_good_plan_passes_and_grows(usual):
    case, plan = usual
    assert check_plan(case, plan) == []
    grown = growth(case.station, plan)
    assert float(grown.landed_mass[:, -1].sum()) == 2700.0
    assert float(grown.power_made[-1]) == 5e3
    assert float(grown.cost[:, -1].sum()) == pytest.approx(plan.cost)
    assert (grown.stock >= -0.5).all()
    assert float(grown.stock[0, -1]) < 1.0


def test_the_checker_sees_what_is_broken(usual):
    case, plan = usual
    names = [name for flight in plan.flights for name in flight.elements]
    assert sorted(names) == ["laboratory", "rover", "source"]
    flight = plan.flights[0]
    for keys, said in (
        ({"elements": flight.elements[:-1]}, "never lands"),
        ({"elements": (*flight.elements, *flight.elements)}, "more than once"),
        ({"landed_mass": 1.0}, "its landed mass is"),
        ({"supplies": {"spares": 5000.0}}, "is the most"),
        ({"supplies": {}}, "runs out"),
        ({"month": 30, "launch_months": (30,)}, "outside the campaign"),
        ({"launch_months": ()}, "does not land in the month of its last launch"),
        ({"pad": "elsewhere"}, "there is no pad elsewhere"),
        ({"kind": "crew", "crew": "nobody"}, "there is no crew flight"),
    ):
        assert any(said in line for line in check_plan(case, broken(plan, **keys))), (keys, said)


def test_a_plan_that_leaves_the_first_lander_dark_is_refused():
    parts = [
        element("laboratory", 1500.0, load_survival=800.0),
        element("source", 1500.0, kind="fission", power=5e3),
    ]
    case = campaign_case(station(parts, landers=[lander(payload_mass=1600.0)]))
    dark = plan_of(case, [Landing(0, 0, ["laboratory"]), Landing(3, 0, ["source"])], objective="cost")
    assert any("short of its survival loads in 2030-01" in line for line in check_plan(case, dark))
    assert greedy_plan(case).flights[0].elements == ("source",)
    best = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert best is not None
    assert best.flights[0].elements == ("source",)


def test_arrays_alone_do_not_bridge_the_dark():
    array = {"kind": "solar-array", "array_power": 5e3}
    parts = [element("array", 500.0, **array), element("laboratory", 500.0, load_survival=100.0)]
    case = campaign_case(station(parts))
    assert plan_campaign(case, seconds=10.0, workers=1) is None
    words, proven = conflicting_demands(case, seconds=20.0)
    assert proven
    assert any("survives" in line for line in words)
    # 100 W for 72 h are 7.2 kWh
    parts.append(element("store", 100.0, kind="battery", battery_capacity=12.0 * 3.6e6))
    assert plan_campaign(campaign_case(station(parts)), seconds=10.0, workers=1) is not None


def test_the_smallest_conflict_is_named():
    parts = [element(f"e{i}", 2000.0) for i in range(4)]
    late = [
        Milestone(id="two", capability="elements", at_least=2, by=month(5)),
        Milestone(id="mass", capability="mass", at_least=4000.0, by=month(2)),
        Milestone(id="easy", capability="mass", at_least=2000.0, by=month(20)),
    ]
    yearly = 1.0 / (365.25 * 86_400.0)
    case = campaign_case(station(parts, months=60, milestones=late, launchers=[launcher(cadence=yearly)]))
    assert plan_campaign(case, seconds=10.0, workers=1) is None
    words, proven = conflicting_demands(case, seconds=30.0)
    assert proven
    assert len(words) == 2
    assert any(line.startswith("launcher rocket flies at most 1") for line in words)
    assert any(line.startswith("milestone") and "easy" not in line for line in words)


def test_a_plant_pays_back_in_supplies_not_flown():
    parts = [element("works", 800.0), element("other", 800.0)]
    food = Supply(id="food", kind="consumables", per_year=240.0, price="0.1 MUSD 2026")
    plant = Plant(id="plant", element="works", yield_per_year=200.0, fills="food")
    without = plan_campaign(campaign_case(station(parts, supplies=[food])), seconds=15.0, gap=0.0, workers=1)
    with_it = plan_campaign(
        campaign_case(station(parts, supplies=[food], plants=[plant])), seconds=15.0, gap=0.0, workers=1
    )
    brought = [sum(f.supplies.get("food", 0.0) for f in plan.flights) for plan in (without, with_it)]
    assert brought[0] == pytest.approx(480.0, abs=1.0)
    # landed in the first month, it works from the second to the last: 23 months
    assert brought[1] == pytest.approx(480.0 - 23 * 200.0 / 12.0, abs=2.0)


def test_a_reused_lander_is_bought_once():
    parts = [element(f"e{i}", 1000.0) for i in range(3)]
    taxi = lander(return_delta_v=1900.0, reusable=2, refit=90 * 86_400.0, payload_mass=1000.0, propellant=9e3)
    case = campaign_case(station(parts, landers=[taxi], launchers=[launcher(tli=20_000.0)]))
    plan = plan_campaign(case, seconds=15.0, gap=0.0, workers=1)
    assert plan is not None
    assert [flight.new_lander for flight in plan.flights] == [True, True, False]
    assert plan.cost == pytest.approx(3 * 100e6 + 2 * 50e6 + 30e6)


def test_what_is_flown_already_stays(usual):
    case, plan = usual
    late = broken(plan, month=5, launch_months=(5,)).flights
    again = plan_campaign(case, seconds=10.0, gap=0.0, fixed=late[:1], workers=1, without=["supply spares"])
    assert again is not None
    assert any(flight.month == 5 and flight.elements == late[0].elements for flight in again.flights)


@pytest.mark.parametrize(
    ("parts", "tables", "said"),
    [
        ([element("a", 9000.0)], {}, "too heavy for any lander"),
        ([element("a", 900.0, volume=90.0)], {"landers": [lander(payload_volume=9.0)]}, "m3"),
        ([element("a", 0.0)], {}, "mass is missing"),
        ([element("a", 900.0)], {"pads": [], "launchers": [launcher(pads=())]}, "nothing can fly"),
        ([element("a", 900.0)], {"launchers": [launcher(cost=None)]}, "cost is missing"),
        ([element("a", 900.0)], {"landers": [lander(dry_mass=5000.0)]}, "nothing can fly"),
    ],
)
def test_what_cannot_be_planned_is_told(parts, tables, said):
    with pytest.raises(RequestError, match=said) as caught:
        campaign_case(station(parts, **tables))
    assert "\n" not in str(caught.value)


def test_without_a_partner_its_launchers_and_landers_stay_away():
    made = random_station(3)
    assert {way.launcher for way in campaign_case(made).ways} == {"rocket", "big"}
    assert {way.launcher for way in campaign_case(made, without=["b"]).ways} == {"rocket"}


def test_what_is_barred_flies_with_others_or_not_at_all():
    two = {
        "pads": [pad(), pad("pad2")],
        "launchers": [launcher(), launcher("dear", cost="300 MUSD 2026", pads=("pad2",), partner="b")],
        "landers": [lander(), lander("other", ("dear",), partner="b")],
    }
    parts = [element("mine", 800.0, partner="b"), element("yours", 800.0, not_before=month(8))]
    closed = Bar(id="bar", partner="b", of="a")
    free = plan_campaign(campaign_case(station(parts, **two)), seconds=10.0, gap=0.0, workers=1)
    case = campaign_case(station(parts, bars=[closed], **two))
    barred = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert {flight.launcher for flight in free.flights} == {"rocket"}
    assert [f.launcher for f in barred.flights if "mine" in f.elements] == ["dear"]
    assert [f.launcher for f in greedy_plan(case).flights if "mine" in f.elements] == ["dear"]
    assert any("brings mine, but b is barred from parts of a" in line for line in check_plan(case, free))
    # a bar that comes later leaves the months before it
    later = station(parts, bars=[closed.model_copy(update={"from_": month(5)})], **two)
    early = plan_campaign(campaign_case(later), seconds=10.0, gap=0.0, workers=1)
    assert [(f.launcher, f.month < 5) for f in early.flights if "mine" in f.elements] == [("rocket", True)]
    with pytest.raises(RequestError, match="b is barred from all launchers"):
        campaign_case(station(parts, bars=[closed]))
    weak = [lander(), lander("other", ("dear",), partner="b", payload_mass=500.0)]
    heavy = station(parts, bars=[closed], **{**two, "landers": weak})
    with pytest.raises(RequestError, match="too heavy for any lander that b may use"):
        campaign_case(heavy)


@pytest.mark.parametrize(
    ("tables", "flights"),
    [
        ({"landers": [lander()]}, 1),
        ({"landers": [lander(payload_volume=16.0)]}, 1),
        ({"landers": [lander(payload_volume=15.9)]}, 2),
        ({"landers": [lander()], "launchers": [launcher(fairing_volume=12.0)]}, 2),
        # what the lander states goes before the fairing
        ({"landers": [lander(payload_volume=20.0)], "launchers": [launcher(fairing_volume=12.0)]}, 1),
        ({"landers": [lander(payload_volume=8.0)]}, 2),
    ],
)
def test_elements_take_the_room_of_a_lander(tables, flights):
    parts = [element("one", 500.0, volume=8.0), element("two", 500.0, volume=8.0), element("flat", 100.0)]
    case = campaign_case(station(parts, **tables))
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert len(plan.flights) == flights
    assert plan.bound == pytest.approx(plan.value)
    assert len(greedy_plan(case).flights) == flights
    together = plan_of(case, [Landing(0, 0, ["one", "two", "flat"])], objective="cost")
    assert bool([line for line in check_plan(case, together) if "16 m3" in line]) is (flights == 2)


def test_no_lander_has_room_and_strength_both():
    parts = [element("tall", 1500.0, volume=30.0)]
    two = [lander(payload_volume=10.0), lander("roomy", payload_mass=900.0, payload_volume=40.0)]
    with pytest.raises(RequestError, match=r"tall: 30 m3 and 1500 kg fit no lander together.*payload_volume"):
        campaign_case(station(parts, landers=two))


def check_mix(seed, **weights):
    made = random_station(seed, elements=3, months=4)
    keys = {
        "objective": "mix",
        "capability": ("mass", "power")[seed % 2],
        "capability_by": month(1),
        **weights,
    }
    case = campaign_case(replace(made, campaign=made.campaign.model_copy(update=keys)))
    plans = list(all_plans(case, "mix"))
    found = plan_campaign(case, seconds=30.0, gap=0.0, workers=1)
    if not plans:
        assert found is None
        return None
    total = sum(case.capability(case.campaign.capability, item) for item in (*case.items, *case.standing))

    def mixed(plan):
        early = {n for flight in plan.flights if flight.month <= 1 for n in flight.elements}
        gained = sum(case.capability(case.campaign.capability, case.item(n)) for n in early)
        return (
            weights["weight_cost"] * plan.cost / 1e9
            + weights["weight_completion"] * plan.completion / 12.0
            - weights["weight_capability"] * gained / max(1, total)
        )

    assert found.value == pytest.approx(mixed(found))
    # a search counts cost in millions and a watt or kilogram by a rounded weight
    step = 1e-3 * weights["weight_cost"] + total * 1e-8
    assert found.value <= min(mixed(plan) for plan in plans) + step
    assert found.bound <= min(mixed(plan) for plan in plans) + 1e-9
    assert found.bound >= found.value - 2.0 * step - 1e-9
    return found


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 9, 11])
@pytest.mark.parametrize("weights", [(1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.2, 3.0, 0.5), (0.1, 0.0, 4.0)])
def test_a_mix_is_the_best_of_all_plans(seed, weights):
    check_mix(
        seed, **dict(zip(("weight_cost", "weight_completion", "weight_capability"), weights, strict=True))
    )


def test_weights_of_a_mix_change_the_plan():
    cheap = check_mix(2, weight_cost=1.0, weight_completion=0.0, weight_capability=0.0)
    soon = check_mix(2, weight_cost=0.01, weight_completion=10.0, weight_capability=0.0)
    assert (cheap.cost, cheap.completion) == (330e6, 2)
    assert (soon.cost, soon.completion) == (400e6, 1)
    cheap = check_mix(4, weight_cost=1.0, weight_completion=0.0, weight_capability=0.0)
    able = check_mix(4, weight_cost=0.1, weight_completion=0.0, weight_capability=4.0)
    assert cheap.cost < able.cost


def test_nothing_flies_in_a_month_without_a_window():
    parts = [element("one", 2000.0), element("two", 2000.0)]
    aim = {"objective": "completion"}
    free = plan_campaign(campaign_case(station(parts, campaign=aim)), seconds=10.0, gap=0.0, workers=1)
    assert [flight.month for flight in free.flights] == [0, 1]
    # launches from March to April 2030 and each October, landings in light: April to October
    rare = {
        "pads": [pad(windows=["2030-03..2030-04", "10"])],
        "landers": [lander(windows=["04..10"])],
    }
    case = campaign_case(station(parts, campaign=aim, **rare))
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert [flight.month for flight in plan.flights] == [3, 9]
    assert plan.bound == 10.0
    assert [flight.month for flight in greedy_plan(case).flights] == [3, 9]
    told = check_plan(case, free)
    assert any("pad has no window in 2030-01" in line for line in told)
    assert any("lander does not land in that month" in line for line in told)
    early = plan_of(case, [Landing(2, 0, ["one"]), Landing(9, 0, ["two"])], objective="completion")
    assert [line for line in check_plan(case, early) if "window" in line] == [
        "flight of 2030-03 (lander on rocket): lander does not land in that month, which is in no window of it"
    ]
    # best of all plans there are
    assert min(found.value for found in all_plans(case, "completion")) == plan.value


def test_all_launches_of_a_flight_need_windows():
    parts = [element("one", 3000.0)]
    two = [lander(launches=2, propellant=12_000.0)]
    slow = pad(windows=["2030-02", "2030-05", "2030-07"], turnaround=60 * 86_400.0)
    case = campaign_case(station(parts, campaign={"objective": "completion"}, pads=[slow], landers=two))
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert [flight.launch_months for flight in plan.flights] == [(4, 6)]
    # two months from launch to launch: no window is two months after another
    never = [slow.model_copy(update={"windows": ["2030-02", "2030-05..2030-06"]})]
    with pytest.raises(RequestError, match="nothing can fly"):
        campaign_case(station(parts, pads=never, landers=two))


def test_windows_are_named_where_they_stand_in_the_way():
    parts = [element("one", 2000.0), element("two", 2000.0)]
    both = [Milestone(id="both", capability="mass", at_least=4000.0, by=month(6))]
    rare = {"pads": [pad(windows=["02", "2030-12"])], "milestones": both}
    case = campaign_case(station(parts, **rare))
    assert plan_campaign(case, seconds=10.0, workers=1) is None
    words, proven = conflicting_demands(case, seconds=20.0)
    assert proven
    assert "nothing is launched or landed in a month without a window" in words
    assert any(line.startswith("milestone both") for line in words)


@pytest.mark.parametrize(
    ("windows", "month", "open_"),
    [
        ([], (2030, 5), True),
        (["2030-05"], (2030, 5), True),
        (["2030-05"], (2031, 5), False),
        (["2030-11..2031-02"], (2031, 1), True),
        (["2030-11..2031-02"], (2031, 3), False),
        (["05"], (2044, 5), True),
        (["11..02"], (2031, 1), True),
        (["11..02"], (2031, 12), True),
        (["11..02"], (2031, 3), False),
        (["03..04", "2031-08"], (2031, 8), True),
    ],
)
def test_windows_are_months_of_one_year_or_of_all(windows, month, open_):
    assert opens(windows, dt.date(*month, 1)) is open_


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2030-13", "is no window; write a month"),
        ("spring", "is no window; write a month"),
        ("2030-05..07", "is no window; write a month"),
        ("2030-05..2030-03", "ends before it begins"),
    ],
)
def test_windows_that_are_none_are_refused(text, said):
    with pytest.raises(ValueError, match=said):
        pad(windows=[text])
    with pytest.raises(ValueError, match=said):
        lander(windows=[text])


def test_launches_before_the_first_month_take_pads_and_cadence():
    parts = [element("one", 2000.0), element("two", 2000.0)]
    yearly = 2.0 / (365.25 * 86_400.0)
    tables = {"launchers": [launcher(cadence=yearly)], "pads": [pad(turnaround=80 * 86_400.0)]}
    case = campaign_case(station(parts, campaign={"objective": "completion"}, **tables))
    # one launch in the year that ends in the fourth month, the pad free in the third
    case = replace(case, launched=(("rocket", "pad", -8), ("rocket", "pad", -1)))
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert [flight.month for flight in plan.flights] == [4, 11]
    assert [flight.month for flight in greedy_plan(case).flights] == [4, 11]
    moved = broken(plan, month=1, launch_months=(1,))
    told = check_plan(case, moved)
    assert any("pad pad: launches in 2029-12 and 2030-02" in line for line in told)
    assert any("launcher rocket: 3 launches in the year" in line for line in told)


def test_a_site_that_is_dark_already_is_judged_from_its_month():
    parts = [
        element("laboratory", 500.0, load_survival=800.0, arrives=dt.date(2029, 1, 1)),
        element("rover", 500.0, load_survival=100.0),
        element("source", 500.0, kind="fission", power=5e3, not_before=month(9)),
    ]
    case = campaign_case(station(parts, campaign={"objective": "completion"}))
    early = plan_of(case, [Landing(2, 0, ["rover"]), Landing(9, 0, ["source"])], objective="completion")
    assert any("short of its survival loads in 2030-03" in line for line in check_plan(case, early))
    case = replace(case, short_until={"base": 9})
    assert check_plan(case, early) == []
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert plan.completion == 10
    late = plan_of(case, [Landing(9, 0, ["rover"]), Landing(12, 0, ["source"])], objective="completion")
    assert any("short of its survival loads in 2030-10" in line for line in check_plan(case, late))


def test_pads_of_long_turnaround_and_flights_of_two_launches():
    parts = [element("a", 3000.0), element("b", 3000.0)]
    tables = {
        "pads": [pad(turnaround=80 * 86_400.0)],
        "landers": [lander(launches=2, propellant=12_000.0)],
    }
    case = campaign_case(station(parts, campaign={"objective": "completion"}, **tables))
    plan = plan_campaign(case, seconds=10.0, gap=0.0, workers=1)
    assert plan is not None
    assert [flight.launch_months for flight in plan.flights] in ([(0, 3), (6, 9)], [(0, 3)])


def test_payload_and_propellant_are_each_others_inverse():
    craft = lander(return_delta_v=1900.0, return_mass=100.0, boil_off=0.01 / 86_400.0, propellant=1e6)
    load = payload(craft, 30_000.0)
    assert craft.dry_mass + load + propellant(craft, load) == pytest.approx(30_000.0)
    full = lander(propellant=4000.0)
    assert propellant(full, payload(full, 1e6)) == pytest.approx(4000.0)
