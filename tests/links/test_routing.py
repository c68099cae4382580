"""Routing: against every route enumerated, and the ties and volumes that implementations get wrong."""

import numpy as np
import pytest
from brute_network import every_route, random_plan

from moonstation.errors import RequestError
from moonstation.links.plan import ContactPlan, PlannedContact
from moonstation.links.routing import BULK, EXPEDITED, NORMAL, Router

C = PlannedContact


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("size", [0.0, 3.0])
def test_routes_are_those_of_an_enumeration(seed: int, size: float) -> None:
    plan = random_plan(np.random.default_rng(seed), nodes=5, contacts=25, span=30)
    router = Router(plan)
    for time in (0.0, 7.0):
        every = every_route(plan, "a", "e", time, size)
        best = router.route("a", "e", time, size=size)
        assert (best is None) == (not every)
        if best is not None:
            assert (best.arrival, best.hops) == pytest.approx(every[0][:2])
        found = router.routes("a", "e", time, most=len(every) + 5, size=size)
        assert {route.contacts for route in found} == {row for _, _, row in every}
        assert [route.arrival for route in found] == pytest.approx([arrival for arrival, _, _ in every])
        # those of equal arrival stand in the order of their hops
        assert [route.hops for route in found] == [hops for _, hops, _ in every]


def test_a_later_contact_may_arrive_sooner() -> None:
    # the first contact is slow, the second far shorter in light time
    plan = ContactPlan.of([C("a", "b", 0, 10, 1.0, 50.0), C("a", "b", 20, 30, 10.0, 1.0)])
    route = Router(plan).route("a", "b", 0.0, size=5.0)
    assert route is not None
    assert route.contacts == (1,)
    assert route.arrival == pytest.approx(21.5)


def test_equal_arrivals_take_the_fewest_contacts() -> None:
    # the bundle waits at c however it came: by way of b it is there sooner, straight by fewer contacts
    plan = ContactPlan.of(
        [C("a", "b", 0, 50, 1.0), C("b", "c", 0, 50, 1.0), C("a", "c", 5, 50, 1.0), C("c", "d", 20, 50, 1.0)]
    )
    route = Router(plan).route("a", "d", 0.0)
    assert route is not None
    assert (route.nodes, route.arrival) == (("a", "c", "d"), 20.0)


def test_equal_arrivals_and_contacts_take_the_later_end_then_the_smaller_node() -> None:
    ends = [
        C("s", "2", 0, 30, 1.0),
        C("2", "d", 0, 30, 1.0),
        C("s", "1", 0, 20, 1.0),
        C("1", "d", 0, 20, 1.0),
    ]
    routes = Router(ContactPlan.of(ends)).routes("s", "d", 0.0, most=5)
    assert [route.nodes[1] for route in routes] == ["2", "1"]
    same = [c._replace(stop=30.0) for c in ends]
    routes = Router(ContactPlan.of(same)).routes("s", "d", 0.0, most=5)
    assert [route.nodes[1] for route in routes] == ["1", "2"]


def test_repeated_contacts_are_taken_by_turns() -> None:
    plan = ContactPlan.of([C("a", "b", start, start + 10, 1.0, 1.0) for start in (0, 20, 40)])
    router = Router(plan)
    assert [router.route("a", "b", time).arrival for time in (0, 10, 19.5, 25, 45)] == [1, 21, 21, 26, 46]  # type: ignore[union-attr]
    assert router.route("a", "b", 50.0) is None


def test_volumes_are_used_up_by_priority() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 10, 1.0), C("a", "b", 20, 30, 1.0)])
    router = Router(plan)
    first = np.array([0])
    router.book(first, 8.0, NORMAL)
    arrivals = [router.route("a", "b", 0.0, size=4.0, priority=p).arrival for p in (BULK, NORMAL, EXPEDITED)]  # type: ignore[union-attr]
    assert arrivals == [24.0, 24.0, 4.0]
    # two bits are left behind the eight
    assert router.route("a", "b", 0.0, size=2.0).arrival == 10.0  # type: ignore[union-attr]
    router.book(first, -8.0, NORMAL)
    assert router.route("a", "b", 0.0, size=4.0).arrival == 4.0  # type: ignore[union-attr]


def test_volume_of_a_route_is_its_least_and_ends_with_later_contacts() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 100, 10.0, 1.0), C("b", "c", 0, 20, 4.0, 1.0)])
    route = Router(plan).route("a", "c", 0.0)
    assert route is not None
    # from the first byte at 1 s to 20 s at 4 bit/s
    assert route.volume == pytest.approx(76.0)
    assert (route.termination, plan[route.limiting].from_id) == (20.0, "b")


def test_selection_leaves_out_what_cannot_carry_the_bundle() -> None:
    plan = ContactPlan.of(
        [
            C("a", "b", 0, 10, 1.0),
            C("b", "d", 0, 10, 1.0),
            C("a", "c", 0, 100, 1.0),
            C("c", "d", 0, 100, 1.0, 1.0),
        ]
    )
    router = Router(plan)
    routes = router.routes("a", "d", 0.0, most=9)
    assert router.select(routes, 0.0, size=2.0).nodes == ("a", "b", "d")  # type: ignore[union-attr]
    assert router.select(routes, 0.0, size=8.0).nodes == ("a", "c", "d")  # type: ignore[union-attr]
    assert router.select(routes, 0.0, size=8.0, expires=16.5) is None
    assert router.select(routes, 95.0, size=8.0) is None


def test_routes_by_limiting_contacts_are_some_of_all() -> None:
    plan = random_plan(np.random.default_rng(3), nodes=5, contacts=25, span=30)
    router = Router(plan)
    every = {route.contacts for route in router.routes("a", "e", 0.0, most=999)}
    quick = router.limiting_routes("a", "e", 0.0, most=999)
    assert quick
    assert {route.contacts for route in quick} <= every
    assert [route.arrival for route in quick] == sorted(route.arrival for route in quick)


@pytest.mark.parametrize(
    ("ends", "words"), [(("a", "x"), "no node 'x'"), (("a", "a"), "to itself"), (("x", "a"), "it has a, b")]
)
def test_unknown_nodes_are_named(ends: tuple[str, str], words: str) -> None:
    router = Router(ContactPlan.of([C("a", "b", 0, 1, 1.0)]))
    with pytest.raises(RequestError, match=words):
        router.route(*ends, 0.0)


def test_a_plan_without_contacts_has_no_route() -> None:
    router = Router(ContactPlan.of([], nodes=["a", "b"]))
    assert router.route("a", "b", 0.0) is None
    assert router.routes("a", "b", 0.0, most=3) == []
