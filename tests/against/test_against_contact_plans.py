"""Contact plans and routes of NASA's HDTN and JPL's ION.

Source: contact plans of the test suites of HDTN (https://github.com/nasa/HDTN) and ION
(https://github.com/nasa-jpl/ION-DTN) with the routes expected there; arrivals are exact, as all times are whole
seconds. Where routes tie, arrivals are compared.
"""

from pathlib import Path

import pytest

from moonstation.errors import DataFileError
from moonstation.formats.contact_plans import plan_text, read_plan_file
from moonstation.links.plan_files import load_plan
from moonstation.links.routing import Router


@pytest.fixture
def plans(truth: Path) -> Path:
    return truth / "links"


def test_hdtn_tutorial_has_seven_routes(plans: Path) -> None:
    plan = load_plan(plans / "hdtn_cgrTutorial.json").plan
    routes = Router(plan).routes("1", "5", 0.0, most=50)
    assert [route.arrival for route in routes] == [3.0, 4.0, 11.0, 31.0, 31.0, 51.0, 51.0]
    # contacts 4, 6 and 10 of the file: 1 to 3 from 0 to 60 s, 3 to 4 from 0 to 30 s, 4 to 5 from 0 to 10 s
    best = [plan[index] for index in routes[0].contacts]
    assert [(c.from_id, c.to_id, c.start, c.stop) for c in best] == [
        ("1", "3", 0.0, 60.0),
        ("3", "4", 0.0, 30.0),
        ("4", "5", 0.0, 10.0),
    ]
    assert [route.hops for route in routes] == [3, 4, 1, 3, 4, 3, 4]


def test_hdtn_routing_test(plans: Path) -> None:
    path = plans / "hdtn_contactPlan_RoutingTest.json"
    # contacts 1 and 5 of the list go from node 1 to 2 at the same time
    with pytest.raises(
        DataFileError, match=r"contacts\[5\].*before that of contacts\[1\] ends.*--join-overlaps"
    ):
        load_plan(path)
    router = Router(load_plan(path, join=True).plan)
    route = router.route("1", "4", 0.0)
    assert route is not None
    assert (route.nodes, route.arrival) == (("1", "2", "4"), 12.0)
    assert router.route("4", "1", 0.0) is None


@pytest.mark.parametrize(
    ("time", "way", "arrival"),
    [
        (1.0, "3", 3.0),
        (29.0, "2", 32.0),  # by 3 it would come at 30, when that contact has ended
        (59.5, "3", 62.0),
        (90.0, "2", 92.0),
        (145.0, "3", 147.0),
    ],
)
def test_ion_takes_the_way_that_opens_first(plans: Path, time: float, way: str, arrival: float) -> None:
    """Nodes 2 and 3 pass on by turns of thirty seconds; worked out by hand from the plan, a second a hop."""
    router = Router(load_plan(plans / "ion_cgr_recompute_global.ionrc").plan)
    route = router.route("1", "4", time)
    assert route is not None
    assert (route.nodes[1], route.arrival) == (way, arrival)


@pytest.mark.parametrize(
    "name", ["hdtn_cgrTutorial.json", "hdtn_contactPlan_RoutingTest.json", "ion_cgr_recompute_global.ionrc"]
)
def test_each_dialect_carries_them(plans: Path, tmp_path: Path, name: str) -> None:
    first = read_plan_file(plans / name, join=True)
    plain = [(r.from_id, r.to_id, r.start, r.stop, r.rate, r.owlt) for r in first.rows]
    for dialect in ("ion", "hdtn", "csv"):
        text, _ = plan_text(first.rows, dialect, absolute=first.absolute)
        (tmp_path / dialect).write_text(text)
        again = read_plan_file(tmp_path / dialect)
        assert again.dialect == dialect
        assert [(r.from_id, r.to_id, r.start, r.stop, r.rate, r.owlt) for r in again.rows] == plain
