"""Budgets add up: every tree, every policy; margins once; what is missing is named."""

import itertools
import random

import pytest

from moonstation.design.budgets import (
    DarkSpell,
    budget_tree,
    check_partner,
    check_sources,
    idle_partners,
    station_budgets,
)
from moonstation.design.closing import bus_budgets, mission_budgets
from moonstation.design.margins import POLICIES, with_margins
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element, ElementKind
from moonstation.station.missions import Launcher, Mission
from moonstation.station.model import Orbiter, Partner, SiteSpec, Station
from moonstation.station.part import Maturity, Provenance

SITES = [SiteSpec(id=name, lat=-89.0, lon=0.0) for name in ("base", "ridge")]
PARTNERS = [Partner(id=name) for name in ("ours", "theirs", "nobody")]


def station(elements, *, orbiters=(), missions=(), launchers=(), provenance=None):
    return Station(
        id="camp", name="Camp", description="", start=Epoch.parse("2035-01-01"), span=86_400.0 * 30.0,
        partners=PARTNERS, sites=SITES, elements=list(elements), orbiters=list(orbiters), missions=list(missions),
        launchers=list(launchers), provenance=provenance or {},
    )  # fmt: skip


def element(name, **keys):
    return Element(**{"id": name, "site": "base", "kind": "other", "partner": "ours", **keys})


def drawn_station(dice):
    elements, provenance = [], {}
    for number in range(dice.randint(1, 25)):
        keys = {"site": dice.choice(("base", "ridge")), "partner": dice.choice(("ours", "theirs"))}
        keys["kind"] = dice.choice([k for k in ElementKind.__args__ if k not in ("fission", "isotope")])
        for key, most in (
            ("mass", 5000.0),
            ("load_nominal", 9e3),
            ("load_survival", 2e3),
            ("data_rate_nominal", 1e6),
        ):
            if dice.random() < 0.8:
                keys[key] = dice.uniform(0.0, most)
        if dice.random() < 0.5:
            keys["maturity"] = dice.choice(Maturity.__args__)
        if dice.random() < 0.5:
            keys["facility"] = dice.choice(("lab", "port"))
        if dice.random() < 0.5:
            keys["cost"] = f"{dice.randint(1, 500)} {dice.choice(('MUSD 2025', 'MEUR 2025', 'MEUR'))}"
        if dice.random() < 0.2:
            keys |= {"power": dice.uniform(1.0, 90.0), "power_kind": "isotope"}
        elements.append(element(f"e{number}", **keys))
        said = dice.choice(("", "published", "estimated", "assumption"))
        provenance[f"element.e{number}.mass"] = Provenance("", confidence=said)
    return station(elements, provenance=provenance)


def dark_of(made, days=5.0):
    return {bus: DarkSpell(days * 86_400.0, "", False, 10.0) for bus in made.buses}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", POLICIES)
def test_leaves_of_every_tree_add_up_to_its_root_and_margins_come_once(seed, name):
    made, policy = drawn_station(random.Random(seed)), POLICIES[name]
    for budget in station_budgets(made, policy, dark=dark_of(made)):
        # each margin once: growth of what grows by its share, the system margin of the sum
        grows = sum(line.basic - line.fixed for line in budget.lines)
        growth = sum((line.basic - line.fixed) * line.margin.share for line in budget.lines)
        held = budget.system_margin.share * (grows + growth if policy.system_on == "predicted" else grows)
        assert budget.growth == pytest.approx(growth, rel=1e-12, abs=1e-9)
        assert budget.total == pytest.approx(budget.basic + growth + held, rel=1e-12, abs=1e-9)
        for by in ((), ("partner",), ("site", "kind"), ("partner", "facility", "mission", "bus")):
            tree = budget_tree(budget, by)
            leaves = tree.leaves() if tree.children else []
            assert sum(leaf.total for leaf in leaves) == pytest.approx(tree.total, rel=1e-12, abs=1e-9)
            assert tree.total == pytest.approx(budget.total, rel=1e-12, abs=1e-9)
            assert sorted(leaf.id for leaf in leaves if leaf.level == "element") == sorted(
                line.id for line in budget.lines
            )
            assert sum(leaf.level == "margin" for leaf in leaves) == (budget.system > 0.0)
            for node in all_nodes(tree):
                if node.children:
                    assert node.total == pytest.approx(
                        sum(child.total for child in node.children), rel=1e-12, abs=1e-9
                    )


def all_nodes(node):
    return [node, *(found for child in node.children for found in all_nodes(child))]


@pytest.mark.parametrize("seed", range(20))
def test_every_element_is_counted_or_named_as_missing(seed):
    made = drawn_station(random.Random(seed))
    budgets = station_budgets(made, POLICIES["esa"])
    ids = sorted(e.id for e in made.elements)
    for budget in budgets:
        if budget.id in ("mass", "power-nominal", "power-survival", "energy-day", "data-day"):
            assert sorted([*(line.id for line in budget.lines), *budget.missing]) == ids
    costs = [budget for budget in budgets if budget.dimension == "money"]
    assert sorted([*(line.id for b in costs for line in b.lines), *costs[0].missing]) == ids


def test_a_mass_of_zero_is_a_value_and_no_mass_is_none():
    mass = station_budgets(station([element("a", mass="0 kg"), element("b")]), POLICIES["esa"])[0]
    assert [line.id for line in mass.lines] == ["a"]
    assert mass.missing == ("b",)


def test_maturity_follows_the_confidence_of_each_value_where_none_is_stated():
    provenance = {
        "element.a.mass": Provenance("", confidence="published"),
        "element.a.load_nominal": Provenance("", confidence="estimated"),
        "element.b.mass": Provenance("", confidence="published"),
    }
    made = station(
        [
            element("a", mass=100.0, load_nominal=100.0, array_power=1.0),
            element("b", mass=100.0, maturity="new"),
        ],
        provenance=provenance,
    )
    found = {budget.id: budget for budget in station_budgets(made, POLICIES["esa"])}
    a, b = found["mass"].lines
    assert (a.maturity, a.growth, a.stated) == ("off-the-shelf", pytest.approx(5.0), False)
    assert (b.maturity, b.growth, b.stated) == ("new", pytest.approx(20.0), True)
    assert found["power-nominal"].lines[0].growth == pytest.approx(10.0)
    # 125 kg with growth, of 200 kg, and a fifth of it
    assert found["mass"].total == pytest.approx((105.0 + 120.0) * 1.2)


def test_isotope_heat_is_added_and_does_not_grow():
    made = station([element("a", load_nominal=100.0, power=60.0, power_kind="isotope", maturity="new")])
    heat = next(b for b in station_budgets(made, POLICIES["esa"]) if b.id == "heat-nominal")
    isotope = 60.0 / 0.06 - 60.0
    assert heat.basic == pytest.approx(100.0 + isotope)
    assert heat.total == pytest.approx(100.0 * 1.2 * 1.2 + isotope)


def test_different_money_is_never_added():
    made = station(
        [element("a", cost="1 MUSD 2025"), element("b", cost="2 MEUR 2025"), element("c", cost="3 MUSD")]
    )
    costs = [b for b in station_budgets(made, POLICIES["esa"]) if b.dimension == "money"]
    assert {b.basis: b.total for b in costs} == {
        "USD 2025": 1e6,
        "EUR 2025": 2e6,
        "USD of no stated year": 3e6,
    }
    assert len({b.id for b in costs}) == 3
    assert "convert them" in costs[0].note
    assert all(b.missing == () for b in costs)


def test_orbiters_count_in_mass_and_data_alone():
    relay = Orbiter(
        id="relay", partner="theirs", periapsis_altitude="300 km", apoapsis_altitude="16000 km", inclination="60 deg",
        mass="1200 kg", data_rate="1 Mbit/s",
    )  # fmt: skip
    found = {b.id: b for b in station_budgets(station([element("a")], orbiters=[relay]), POLICIES["none"])}
    assert found["mass"].total == 1200.0
    assert found["data-day"].total == 86_400e6
    assert "relay" not in found["power-nominal"].missing
    assert budget_tree(found["mass"], ("site",)).children[0].id == "in orbit"


def test_a_bus_is_judged_with_all_margins_through_its_longest_dark():
    made = station(
        [
            element("lamp", load_nominal=100.0, load_survival=50.0, maturity="modified"),
            element("store", battery_capacity="10 kWh", battery_efficiency=0.81, battery_reserve=0.2),
            element("source", power=20.0, power_kind="fission"),
        ]
    )
    budgets = station_budgets(made, POLICIES["esa"])
    (bus,) = bus_budgets(made, POLICIES["esa"], budgets, dark=dark_of(made, 10.0))
    assert bus.nominal == pytest.approx(100.0 * 1.1 * 1.2)
    assert bus.needed == pytest.approx(50.0 * 1.1 * 1.2 * 864_000.0)
    assert bus.held == pytest.approx(20.0 * 864_000.0 + 10.0 * 3.6e6 * 0.8 * 0.9)
    assert bus.left == pytest.approx(bus.held / bus.needed - 1.0)
    assert bus.unstated == ("store", "source")


@pytest.mark.parametrize("name", POLICIES)
def test_buses_and_missions_hold_their_shares_of_the_margins(name):
    made = drawn_station(random.Random(3))
    budgets = station_budgets(made, POLICIES[name])
    power = next(b for b in budgets if b.id == "power-nominal")
    assert sum(bus.nominal for bus in bus_budgets(made, POLICIES[name], budgets)) == pytest.approx(
        power.total
    )
    all_by_one = station(
        [e.model_copy(update={"mission": "m"}) for e in made.elements], missions=[Mission(id="m")]
    )
    mass = station_budgets(all_by_one, POLICIES[name])[0]
    (mission,) = mission_budgets(all_by_one, POLICIES[name], mass, delivered={"m": 1e6})
    assert mission.total == pytest.approx(mass.total)
    assert mission.left == pytest.approx(1e6 - mass.total)


def test_missions_name_what_is_not_weighed_and_why_nothing_is_known():
    missions = [
        Mission(id="flown", craft_mass="500 kg"),
        Mission(id="later"),
        Mission(id="empty"),
        Mission(id="lost"),
    ]
    made = station(
        [
            element("a", mass=100.0, mission="flown", maturity="new"),
            element("b", mission="flown"),
            element("c", mass=1.0, mission="later"),
            element("d", mass=1.0, mission="lost"),
        ],
        missions=missions,
        launchers=[Launcher(id="rocket")],
    )
    mass = station_budgets(made, POLICIES["esa"])[0]
    flown, later, lost = mission_budgets(
        made, POLICIES["esa"], mass, delivered={"flown": 700.0}, refused={"lost": "no flight"}
    )
    assert (flown.elements, flown.unweighed) == (2, ("b",))
    assert flown.left == pytest.approx(700.0 - 500.0 - 100.0 * 1.2 * 1.2)
    assert (later.left, "departs" in later.why) == (None, True)
    assert lost.why == "no flight"


def test_a_bus_with_loads_and_no_source_is_refused():
    made = station([element("lamp", load_nominal=5.0), element("store", battery_capacity="1 kWh")])
    with pytest.raises(RequestError, match="bus base: lamp use power there and nothing gives any; give"):
        check_sources(made)
    check_sources(station([element("lamp", load_nominal=5.0), element("panel", array_power=10.0)]))
    check_sources(station([element("rock")]))


def test_an_empty_partner_is_named():
    made = station([element("a"), element("b", partner="theirs")])
    assert idle_partners(made) == ["nobody"]
    check_partner(made, "theirs")
    with pytest.raises(RequestError, match=r"brings no element and no orbiter.*ours, theirs"):
        check_partner(made, "nobody")
    with pytest.raises(RequestError, match="no such partner; it has ours, theirs, nobody"):
        check_partner(made, "nasa")


def test_a_partners_budgets_add_up_to_the_stations():
    made = drawn_station(random.Random(7))
    policy = with_margins(POLICIES["esa"], growth={"data": 0.3})
    whole = station_budgets(made, policy)
    parts = [station_budgets(made, policy, partner=name) for name in ("ours", "theirs")]
    for budget in whole:
        if budget.dimension != "money":
            shares = [b.total for part in parts for b in part if b.id == budget.id]
            assert sum(shares) == pytest.approx(budget.total)


@pytest.mark.parametrize(("by", "words"), [(("colour",), "cannot be grouped"), (("site", "site"), "twice")])
def test_groups_that_make_no_sense_are_refused(by, words):
    mass = station_budgets(station([element("a", mass=1.0)]), POLICIES["esa"])[0]
    with pytest.raises(RequestError, match=words):
        budget_tree(mass, by)


def test_trees_of_any_order_hold_the_same_total():
    made = drawn_station(random.Random(11))
    mass = station_budgets(made, POLICIES["ansi"])[0]
    totals = [budget_tree(mass, by).total for by in itertools.permutations(("partner", "site", "kind"))]
    assert totals == pytest.approx([mass.total] * len(totals))


def test_an_empty_station_is_refused():
    with pytest.raises(RequestError, match="no element and no orbiter to budget"):
        station_budgets(station([]), POLICIES["esa"])


def test_an_element_and_an_orbiter_of_one_id_stay_two_leaves():
    orbiter = Orbiter(
        id="twin", partner="ours", periapsis_altitude="300 km", apoapsis_altitude="300 km", inclination="90 deg",
        mass="2 kg",
    )  # fmt: skip
    made = station([element("twin", mass=1.0)], orbiters=[orbiter])
    tree = budget_tree(station_budgets(made, POLICIES["none"])[0], ())
    assert {leaf.id: leaf.total for leaf in tree.leaves()} == {"twin": 1.0, "orbiter twin": 2.0}
