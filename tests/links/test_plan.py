"""Contact plans: order, checks and what is left without a node."""

from itertools import pairwise

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.links.plan import ContactPlan, PlannedContact, one_receiver_at_a_time
from moonstation.spacetime.events import union

FIRST = PlannedContact("base", "relay", 10.0, 20.0, 1e6, 0.1)
SECOND = PlannedContact("relay", "earth", 5.0, 30.0, 2e6, 1.3)


def test_a_plan_is_in_order_of_time_and_knows_its_nodes() -> None:
    plan = ContactPlan.of([FIRST, SECOND], nodes=["earth", "spare"])
    assert plan.nodes == ("earth", "spare", "relay", "base")
    assert [plan[0], plan[1]] == [SECOND, FIRST]
    np.testing.assert_allclose(plan.volume, [50e6, 10e6])


def test_without_a_node_its_contacts_are_gone_and_its_name_stays() -> None:
    plan = ContactPlan.of([FIRST, SECOND]).without(["base"])
    assert len(plan) == 1
    assert "base" in plan.nodes
    with pytest.raises(RequestError, match="no node 'moon'"):
        plan.without(["moon"])


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (FIRST._replace(stop=10.0), "before it starts"),
        (FIRST._replace(rate=0.0), "more than 0"),
        (FIRST._replace(rate=float("nan")), "finite"),
        (FIRST._replace(owlt=-1.0), "light time"),
        (FIRST._replace(to_id="base"), "own sender"),
    ],
)
def test_contacts_that_make_no_sense_are_refused(wrong: PlannedContact, match: str) -> None:
    with pytest.raises(RequestError, match=match):
        ContactPlan.of([wrong])


def test_contacts_of_one_pair_may_touch_but_not_overlap() -> None:
    ContactPlan.of([FIRST, FIRST._replace(start=20.0, stop=25.0)])
    with pytest.raises(RequestError, match="overlap"):
        ContactPlan.of([FIRST, FIRST._replace(start=19.0, stop=25.0)])


def test_one_receiver_at_a_time_keeps_to_the_fastest_and_changes_little() -> None:
    contacts = [
        PlannedContact("s", "a", 0.0, 50.0, 1.0),
        PlannedContact("s", "b", 10.0, 100.0, 1.0, 0.5),
        PlannedContact("s", "c", 30.0, 40.0, 9.0),
        PlannedContact("s", "d", 45.0, 90.0, 1.0),
        PlannedContact("s", "relay", 0.0, 100.0, 5.0),
        PlannedContact("other", "a", 0.0, 50.0, 1.0),
    ]
    plan = one_receiver_at_a_time(ContactPlan.of(contacts), ["a", "b", "c", "d"])
    served = [c[1:4] for c in plan.contacts() if c.from_id == "s" and c.to_id != "relay"]
    # a until the faster c comes, then of those at hand the one that goes on longest
    assert served == [("a", 0.0, 30.0), ("c", 30.0, 40.0), ("b", 40.0, 100.0)]
    assert [c for c in plan.contacts() if c.to_id == "relay" or c.from_id == "other"] == [
        contacts[5],
        contacts[4],
    ]
    assert [c.owlt for c in plan.contacts() if c.to_id == "b"] == [0.5]


def test_one_receiver_at_a_time_leaves_no_sight_unused() -> None:
    rng = np.random.default_rng(2)
    rows = []
    for to in "abcde":
        edges = np.sort(rng.uniform(0.0, 1000.0, 20))
        rows += [PlannedContact("s", to, a, b, 1.0) for a, b in edges.reshape(-1, 2).tolist()]
    plan = one_receiver_at_a_time(ContactPlan.of(rows), "abcde")
    together = union([np.array([[c.start, c.stop] for c in rows if c.to_id == to]) for to in "abcde"])
    assert plan.volume.sum() == pytest.approx(np.sum(together[:, 1] - together[:, 0]))
    served = sorted((c.start, c.stop) for c in plan.contacts())
    assert all(a[1] <= b[0] for a, b in pairwise(served))
