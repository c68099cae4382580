"""Contact plans: order, checks and what is left without a node."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.links.plan import ContactPlan, PlannedContact

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
