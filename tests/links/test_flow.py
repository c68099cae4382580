"""Maximum flow over time: against scipy's on a grid of seconds, and cases worked out by hand."""

import math

import numpy as np
import pytest
from brute_network import flow_by_seconds, random_plan

from moonstation.errors import RequestError
from moonstation.links.bundles import Traffic
from moonstation.links.flow import most_delivered
from moonstation.links.plan import ContactPlan, PlannedContact

C = PlannedContact


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("memory", [None, 3])
def test_flow_is_that_of_scipy_on_a_grid_of_seconds(seed: int, memory: int | None) -> None:
    rng = np.random.default_rng(seed)
    plan = random_plan(rng, nodes=5, contacts=25, span=30)
    made = [("a", 0, 20, int(rng.integers(1, 9))), ("b", 5, 12, 2)]
    # memory of the grid is what goes from second to second: the same as at the cuts
    storage = {} if memory is None else dict.fromkeys("abcd", memory)
    ours = most_delivered(plan, [Traffic(s, "e", r, a, b) for s, a, b, r in made], "e", storage=storage)
    assert ours.volume == flow_by_seconds(plan, made, "e", storage, 40)


def test_flow_by_contact_keeps_to_volumes() -> None:
    plan = random_plan(np.random.default_rng(5), nodes=5, contacts=25, span=30)
    found = most_delivered(plan, [Traffic("a", "e", math.inf, 0.0, 30.0)], "e")
    assert np.all(found.by_contact <= plan.volume + 1e-9)
    home = plan.receiver == plan.place("e")
    assert np.sum(found.by_contact[home]) == pytest.approx(found.volume)
    assert found.volume > 0.0


def test_memory_holds_flow_back() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 100, 1e6, 1.0), C("b", "c", 50, 150, 5e5, 1.0)])
    traffic = [Traffic("a", "c", 1e6, 0, 100)]
    assert most_delivered(plan, traffic, "c").volume == pytest.approx(50e6)
    # 20 Mbit kept until 50 s, then half a megabit a second goes through to 101 s, and what is kept again follows
    assert most_delivered(plan, traffic, "c", storage={"b": 20e6}).volume == pytest.approx(45.5e6)
    assert most_delivered(plan, traffic, "c", stop=100.0).volume == pytest.approx(24.5e6)


def test_contacts_that_miss_each_other_by_the_light_time_carry_nothing() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 10, 1.0, 3.0), C("b", "c", 0, 3, 1.0)])
    traffic = [Traffic("a", "c", math.inf, 0.0, 10.0)]
    assert most_delivered(plan, traffic, "c").volume == 0.0
    assert (
        most_delivered(ContactPlan.of(c._replace(owlt=0.0) for c in plan.contacts()), traffic, "c").volume
        == 3.0
    )


def test_light_times_of_several_ways_are_kept_by_clocks() -> None:
    """Cuts echo between two ways of unlike light times; the true figure lies within what the slack can move."""
    rng = np.random.default_rng(4)
    rows = []
    for day in range(40):
        begin = 86_400.0 * day
        for a, b, light in (
            ("s", "r", 0.05),
            ("r", "g", 1.31),
            ("r", "h", 1.29),
            ("s", "g", 1.3),
            ("s", "h", 1.27),
        ):
            start = begin + float(rng.integers(0, 40_000))
            rows.append(C(a, b, start, start + 40_000.0, 1e6, light))
    rows += [C("g", "e", 0.0, 4e6, 1e12), C("h", "e", 0.0, 4e6, 1e12)]
    plan = ContactPlan.of(rows)
    traffic = [Traffic("s", "e", 3e6, 0.0, 3.5e6)]
    found = most_delivered(plan, traffic, "e", storage={"r": 1e10})
    assert 0.0 < found.slack < 0.05
    none = most_delivered(
        ContactPlan.of(c._replace(owlt=0.0) for c in rows), traffic, "e", storage={"r": 1e10}
    )
    assert none.slack == 0.0
    # every contact moves by 1.3 s at most
    assert found.volume == pytest.approx(none.volume, abs=200 * 1.3 * 1e6)
    assert found.volume != none.volume


def test_volumes_beyond_what_integers_hold_are_scaled() -> None:
    plan = ContactPlan.of([C("a", "b", 0.0, 3e7, 1e13)])
    found = most_delivered(plan, [Traffic("a", "b", math.inf, 0.0, 3e7)], "b")
    assert found.volume == pytest.approx(3e20, rel=1e-9)


def test_a_way_without_limit_does_not_coarsen_the_count() -> None:
    plan = ContactPlan.of([C("a", "b", 0.0, 10.0, 1.0), C("b", "c", 0.0, 20.0, 1e30)])
    assert most_delivered(plan, [Traffic("a", "c", math.inf, 0.0, 10.0)], "c").volume == 10.0
    assert most_delivered(plan, [Traffic("a", "c", 0.5, 0.0, 10.0)], "c").volume == 5.0


def test_unknown_and_senseless_ends_are_named() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 1, 1.0)])
    with pytest.raises(RequestError, match="no node 'x'"):
        most_delivered(plan, [Traffic("x", "b", 1.0, 0.0, 1.0)], "b")
    with pytest.raises(RequestError, match="at home already"):
        most_delivered(plan, [Traffic("b", "b", 1.0, 0.0, 1.0)], "b")
