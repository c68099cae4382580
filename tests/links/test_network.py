"""Store and forward: no bundle is ever lost from the account, and small networks worked out by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from brute_network import random_plan
from hypothesis import given, settings
from hypothesis import strategies as st

from moonstation.errors import RequestError
from moonstation.links.bundles import Bundle, Traffic, cut_bundles
from moonstation.links.flow import most_delivered
from moonstation.links.network import run_network
from moonstation.links.plan import ContactPlan, PlannedContact
from moonstation.links.results import DELIVERED, EXPIRED, WAITING, NetworkRun
from moonstation.links.routing import BULK, EXPEDITED

C = PlannedContact


def check_account(run: NetworkRun) -> None:
    account = run.account()
    parts = sum(account[name] for name in ("waiting", "delivered", "expired", "refused"))
    assert parts == pytest.approx(account["made"], rel=1e-12)
    assert sum(run.left().values()) == pytest.approx(account["waiting"])
    assert sum(run.ways().values()) == pytest.approx(account["delivered"])


def check_contacts(plan: ContactPlan, run: NetworkRun) -> None:
    """No pair of nodes carries more than its contacts can."""
    carried: dict[tuple[str, str], float] = {}
    for index, path in enumerate(run.path):
        for a, b in pairwise(path):
            pair = (plan.nodes[a], plan.nodes[b])
            carried[pair] = carried.get(pair, 0.0) + run.bundles[index].size
    for pair, bits in carried.items():
        there = sum(c.rate * (c.stop - c.start) for c in plan.contacts() if c[:2] == pair)
        assert bits <= there * (1.0 + 1e-9)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    nodes=st.integers(2, 6),
    contacts=st.integers(0, 30),
    count=st.integers(0, 40),
    memory=st.sampled_from([None, 0.0, 5.0, 20.0]),
    lifetime=st.sampled_from([math.inf, 5.0, 20.0]),
    stop=st.sampled_from([None, 0.0, 13.0, 100.0]),
)
def test_no_bundle_is_lost(
    seed: int,
    nodes: int,
    contacts: int,
    count: int,
    memory: float | None,
    lifetime: float,
    stop: float | None,
) -> None:
    rng = np.random.default_rng(seed)
    plan = random_plan(rng, nodes=nodes, contacts=contacts, span=40)
    bundles = []
    for _ in range(count):
        source, destination = rng.choice(nodes, 2, replace=False)
        created = float(rng.integers(0, 40))
        bundles.append(
            Bundle(
                plan.nodes[source],
                plan.nodes[destination],
                float(rng.integers(1, 8)),
                created,
                int(rng.integers(0, 3)),
                created + lifetime,
            )
        )
    limited = dict.fromkeys(plan.nodes[1:], memory) if memory is not None else {}
    run = run_network(plan, bundles, storage=limited, stop=stop)
    check_account(run)
    check_contacts(plan, run)
    for node, limit in limited.items():
        assert np.max(run.stored[node][:, 1]) <= limit + 1e-9
    reached = run.status == DELIVERED
    assert np.all(run.latency[reached] >= 0.0)
    expires = np.array([bundle.expires for bundle in bundles])
    assert np.all(run.delivered[reached] <= expires[reached])
    assert np.all(expires[run.status == EXPIRED] <= run.end)


@pytest.mark.parametrize("seed", range(25))
def test_routing_brings_home_no_more_than_the_largest_flow(seed: int) -> None:
    plan = random_plan(np.random.default_rng(seed), nodes=5, contacts=25, span=60)
    traffic = [Traffic("a", "e", 2.0, 0.0, 40.0)]
    run = run_network(plan, cut_bundles(traffic, size=0.5))
    most = most_delivered(plan, traffic, "e").volume
    assert run.account()["delivered"] <= most + 1e-6


def test_a_lone_link_is_worked_out_by_hand() -> None:
    plan = ContactPlan.of([C("a", "b", 10, 20, 2.0, 3.0)])
    bundles = [Bundle("a", "b", 4.0, 0.0), Bundle("a", "b", 8.0, 0.0), Bundle("a", "b", 9.0, 0.0)]
    run = run_network(plan, bundles)
    assert run.delivered[:2] == pytest.approx([15.0, 19.0])
    assert run.status.tolist() == [DELIVERED, DELIVERED, WAITING]
    assert run.left() == {"a": 9.0}
    assert run.latency_percentiles() == pytest.approx([19.0, 19.0, 19.0, 19.0])
    # 21 bit until 12 s, 17 until 16 s, 9 from then on
    assert run.stored["a"].tolist() == [[0.0, 21.0], [12.0, 17.0], [16.0, 9.0], [23.0, 9.0]]


def test_higher_priority_goes_first_and_the_other_takes_the_next_contact() -> None:
    plan = ContactPlan.of([C("a", "b", 10, 20, 1.0), C("a", "b", 30, 40, 1.0)])
    bundles = [Bundle("a", "b", 8.0, 0.0, BULK), Bundle("a", "b", 8.0, 5.0, EXPEDITED)]
    run = run_network(plan, bundles)
    assert run.delivered == pytest.approx([38.0, 18.0])


def test_full_memory_holds_data_back_and_refuses_new() -> None:
    plan = ContactPlan.of([C("a", "r", 0, 10, 1.0), C("r", "b", 20, 40, 1.0), C("a", "r", 25, 40, 1.0)])
    bundles = [Bundle("a", "b", 4.0, 0.0), Bundle("a", "b", 4.0, 0.0), Bundle("a", "b", 4.0, 1.0)]
    run = run_network(plan, bundles, storage={"r": 5.0, "a": 8.0})
    account = run.account()
    assert account["refused"] == 4.0
    # the second has room at r when the first has left it, and goes with the second contact
    assert run.delivered[:2] == pytest.approx([24.0, 33.0])


def test_what_expires_is_told() -> None:
    plan = ContactPlan.of([C("a", "b", 10, 20, 1.0), C("b", "c", 30, 40, 1.0)])
    run = run_network(plan, [Bundle("a", "c", 1.0, 0.0, expires=25.0), Bundle("a", "c", 1.0, 0.0)])
    assert run.account()["expired"] == 1.0
    assert run.status.tolist() == [EXPIRED, DELIVERED]


def test_ways_and_partners() -> None:
    plan = ContactPlan.of(
        [
            C("s", "x", 0, 10, 1.0),
            C("s", "y", 20, 25, 1.0),
            C("x", "home", 0, 30, 9.0),
            C("y", "home", 0, 30, 9.0),
        ]
    )
    run = run_network(plan, cut_bundles([Traffic("s", "home", 100.0, -1.0, -0.85)], size=1.0))
    assert run.ways() == {("s", "x", "home"): 10.0, ("s", "y", "home"): 5.0}
    assert run.through() == {"x": 10.0, "y": 5.0}
    assert run.by_partner({"x": "cnsa", "y": "cnsa", "s": "nasa"}) == {"cnsa": 15.0}
    table = run.waiting_table()
    assert table["node"].tolist()[0] == "s"
    assert table["share"].sum() == pytest.approx(1.0)
    assert run.frame()["path"].iloc[0] == "s > x > home"


def test_data_at_a_rate_are_cut() -> None:
    bundles = cut_bundles([Traffic("a", "b", 2.0, 10.0, 15.0, lifetime=7.0)], size=4.0)
    assert [(b.size, b.created, b.expires) for b in bundles] == [
        (4.0, 12.0, 19.0),
        (4.0, 14.0, 21.0),
        (2.0, 15.0, 22.0),
    ]


@pytest.mark.parametrize(
    ("bundle", "words"),
    [
        (Bundle("a", "x", 1.0, 0.0), "no node 'x'"),
        (Bundle("a", "a", 1.0, 0.0), "own source"),
        (Bundle("a", "b", math.nan, 0.0), "size above zero"),
        (Bundle("a", "b", 1.0, 0.0, expires=-1.0), "expires"),
        (Bundle("a", "b", 1.0, 0.0, 7), "priority 7"),
    ],
)
def test_impossible_bundles_are_named(bundle: Bundle, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        run_network(ContactPlan.of([C("a", "b", 0, 1, 1.0)]), [bundle])


def test_networks_without_contacts_or_before_2000() -> None:
    alone = run_network(ContactPlan.of([], nodes=["a", "b"]), [Bundle("a", "b", 1.0, 5.0)])
    assert alone.account() == {"made": 1.0, "waiting": 1.0, "delivered": 0.0, "expired": 0.0, "refused": 0.0}
    assert alone.latency_percentiles((50.0,)) == pytest.approx([math.nan], nan_ok=True)
    plan = ContactPlan.of([C("a", "b", -1e8, -1e8 + 10.0, 1.0)])
    run = run_network(plan, [Bundle("a", "b", 1.0, -1e8)])
    assert (run.end, run.account()["delivered"]) == (-1e8 + 10.0, 1.0)


def test_impossible_memory_is_named() -> None:
    plan = ContactPlan.of([C("a", "b", 0, 1, 1.0)])
    with pytest.raises(RequestError, match="memory of a"):
        run_network(plan, [], storage={"a": math.nan})
    with pytest.raises(RequestError, match="no node 'q'"):
        run_network(plan, [], storage={"q": 1.0})
