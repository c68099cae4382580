"""Sizing: closed forms of one store and one night, optimality against the whole programme, bad input."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from moonstation.design.sizing import least_value, size_power
from moonstation.design.sizing_case import Source, Store
from moonstation.design.sizing_search import Sizing
from moonstation.errors import RequestError
from moonstation.simulation.power import run_power
from moonstation.station.elements import Element

HOUR = 3600.0
BATTERY = Store("battery", "battery", 1.0 / (150.0 * HOUR), 0.8, 0.9)
CELL = Store("cell", "fuel cell", 1.0 / (400.0 * HOUR), 1.0, 0.5)


def array(share: np.ndarray, **more: object) -> Source:
    return Source("array", "array", share, 0.05, **more)  # type: ignore[arg-type]


def weather(hours: int, seed: int = 3) -> np.ndarray:
    """Light with nights of many lengths."""
    rng = np.random.default_rng(seed)
    slow = np.sin(2 * np.pi * np.arange(hours) / 709.0) + 0.5 * np.sin(2 * np.pi * np.arange(hours) / 8766.0)
    return np.clip(1.2 + slow + 0.3 * rng.standard_normal(hours), 0.0, 1.0)


def fails(design: Sizing) -> bool:
    return bool(np.any(design.missing > 1e-3))


def test_one_night_by_hand() -> None:
    """A night of 100 h after long light: the store holds load x night / root of the efficiency / usable share."""
    share = np.ones(3000)
    share[2000:2100] = 0.0
    design = size_power(np.full(3000, 1000.0), HOUR, sources=[array(share)], stores=[BATTERY])
    expected = 1000.0 * 100 * HOUR / math.sqrt(0.9) / 0.8
    assert design.capacity["battery"] == pytest.approx(expected, rel=1e-5)
    assert design.power["array"] == pytest.approx(1000.0, rel=1e-5)
    assert design.gap < 1e-4
    assert not fails(design)


def test_nights_in_a_row_size_the_array() -> None:
    """Half lit, half dark, in turn: in the light the array carries the load and puts back what the night took."""
    share = np.tile(np.r_[np.ones(50), np.zeros(50)], 20)
    design = size_power(np.full(2000, 1000.0), HOUR, sources=[array(share)], stores=[BATTERY])
    # what goes in counts root(0.9), what comes out 1 / root(0.9); the last night need not be made good for
    assert design.power["array"] == pytest.approx(1000.0 * (1.0 + 1.0 / 0.9), rel=0.01)
    assert design.capacity["battery"] == pytest.approx(1000.0 * 50 * HOUR / math.sqrt(0.9) / 0.8, rel=0.01)


@pytest.mark.parametrize("stores", [[BATTERY], [CELL], [BATTERY, CELL]], ids=["battery", "cell", "both"])
def test_bound_and_design_against_the_whole_programme(stores: list[Store]) -> None:
    """scipy's HiGHS on all steps at once: its optimum lies between the bound and the mass."""
    n = 1500
    share, load = weather(n), np.full(n, 1000.0)
    design = size_power(load, HOUR, sources=[array(share)], stores=stores)
    optimum = whole_programme(share, load, stores)
    assert design.bound <= optimum * (1.0 + 1e-6)
    assert design.mass >= optimum * (1.0 - 1e-6)
    # two kinds share the work in a fixed way when run, at will in the programme: then a gap remains, and is told
    assert design.gap <= (0.0021 if len(stores) == 1 else 0.06)
    assert not fails(design)


def whole_programme(share: np.ndarray, load: np.ndarray, stores: list[Store]) -> float:
    """Least mass by one linear programme over every step; columns: array [kW], stores [MJ], flows, levels."""
    n, k = share.size, len(stores)
    width = 1 + k + 3 * k * n
    cost = np.zeros(width)
    cost[0] = 50.0
    above, below, equal, zeros = [], [], [], []
    for s, store in enumerate(stores):
        cost[1 + s] = store.mass_per_j * 1e6
    for t in range(n):
        row = {0: -share[t]}
        for s, store in enumerate(stores):
            into, out, level = (1 + k + (3 * s + j) * n + t for j in range(3))
            row |= {into: 1.0, out: -1.0}
            root = math.sqrt(store.efficiency)
            change = {level: 1.0, into: -root * 3.6, out: 3.6 / root}
            change[1 + s if t == 0 else level - 1] = -store.usable if t == 0 else -1.0
            equal.append(change)
            zeros.append(0.0)
            above.append({level: 1.0, 1 + s: -store.usable})
            below.append(0.0)
        above.append(row)
        below.append(-load[t] / 1e3)

    def matrix(rows: list[dict[int, float]]) -> object:
        from scipy.sparse import coo_array

        entries = [(i, j, v) for i, row in enumerate(rows) for j, v in row.items()]
        i, j, v = zip(*entries, strict=True)
        return coo_array((v, (i, j)), shape=(len(rows), width)).tocsr()

    found = linprog(cost, A_ub=matrix(above), b_ub=below, A_eq=matrix(equal), b_eq=zeros, method="highs")
    assert found.success
    return float(found.fun)


def test_the_design_serves_when_run_and_one_a_hundredth_lighter_does_not() -> None:
    """Run by the power room, which knows nothing of sizing."""
    n = 4000
    share = weather(n, seed=5)
    design = size_power(np.full(n, 2000.0), HOUR, sources=[array(share)], stores=[BATTERY])

    def served(factor: float) -> float:
        parts = [
            Element(id="array", site="s", kind="solar-array", array_power=design.power["array"] * factor),
            Element(
                id="battery",
                site="s",
                kind="battery",
                battery_capacity=design.capacity["battery"] * factor,
                battery_efficiency=0.9,
                battery_reserve=0.2,
            ),
            Element(id="load", site="s", kind="other", load_nominal=2000.0, load_survival=2000.0),
        ]
        run = run_power(parts, times_s=np.arange(n) * HOUR, array_light={"array": share})["s"]
        return run.energy.unserved / run.energy.asked

    assert served(1.0) < 1e-9
    assert served(0.99) > 1e-7


def test_whole_units_are_whole() -> None:
    n = 500
    reactor = Source("reactor", "reactor", np.ones(n), 0.15, unit=10e3)
    design = size_power(np.full(n, 25e3), HOUR, sources=[reactor], stores=[])
    assert design.power["reactor"] == 30e3
    assert design.mass == pytest.approx(4500.0)


def test_months_left_out_make_it_lighter() -> None:
    n = 8000
    share = weather(n, seed=7)
    month = np.arange(n) // 709
    load = np.full(n, 1000.0)
    all_of_it = size_power(load, HOUR, sources=[array(share)], stores=[BATTERY])
    most = size_power(load, HOUR, sources=[array(share)], stores=[BATTERY], month=month, confidence=0.8)
    assert most.mass < all_of_it.mass
    assert len(most.dropped) <= 2
    failing = set(np.unique(month[most.missing > 1e-3]).tolist())
    assert failing <= set(most.dropped)


def test_shadow_price_of_the_load_is_the_mass_over_the_load() -> None:
    """All of a linear design scales with its load."""
    n = 3000
    share, load = weather(n), np.full(n, 1000.0)
    design = size_power(load, HOUR, sources=[array(share)], stores=[BATTERY])
    price = least_value(
        load * 1.01, HOUR, sources=[array(share)], stores=[BATTERY], like=design
    ) - least_value(load, HOUR, sources=[array(share)], stores=[BATTERY], like=design)
    assert price / 10.0 == pytest.approx(design.bound / 1000.0, rel=1e-4)


def test_what_cannot_close_says_what_binds_and_what_would_do() -> None:
    share = np.ones(1000)
    share[400:600] = 0.0
    load = np.full(1000, 1000.0)
    small = Store("battery", "battery", 1e-6, 1.0, 1.0, most=100 * HOUR * 1000.0)
    with pytest.raises(
        RequestError, match=r"battery at most 100 kWh.*battery up to 200 kWh, or a load lower by 50 %"
    ):
        size_power(load, HOUR, sources=[array(share)], stores=[small])
    with pytest.raises(RequestError, match=r"no store is offered.*a store beside the sources"):
        size_power(load, HOUR, sources=[array(share)], stores=[])
    with pytest.raises(RequestError, match="array gets no light"):
        size_power(load, HOUR, sources=[array(np.zeros(1000))], stores=[])


def named(text: str, what: str) -> float:
    """The amount that an error names as what would close it."""
    found = re.search(rf"closes it.*{what} ([0-9.e+-]+)", text)
    assert found is not None, text
    return float(found[1])


def test_the_change_that_is_named_closes_it_and_one_a_hundredth_smaller_does_not() -> None:
    n = 3000
    share, load = weather(n, seed=11), np.full(n, 1000.0)
    free = size_power(load, HOUR, sources=[array(share)], stores=[BATTERY])
    power, capacity = 0.9 * free.power["array"], 0.9 * free.capacity["battery"]

    def size(*, watts: float, joules: float, part: float = 1.0) -> Sizing:
        return size_power(
            part * load,
            HOUR,
            sources=[array(share, most=watts)],
            stores=[replace(BATTERY, most=joules)],
        )

    with pytest.raises(RequestError, match=r"array at most .* battery at most") as told:
        size(watts=power, joules=capacity)
    text = str(told.value)
    less = named(text, "lower by")
    size(watts=power, joules=capacity, part=1.0 - 0.01 * less)
    with pytest.raises(RequestError):
        size(watts=power, joules=capacity, part=1.01 * (1.0 - 0.01 * less))
    watts, joules = 1e3 * named(text, "array up to"), 3.6e6 * named(text, "battery up to")
    closed = size(watts=watts, joules=capacity)
    assert closed.power["array"] <= watts * (1.0 + 1e-9)
    assert closed.capacity["battery"] <= capacity * (1.0 + 1e-9)
    assert not fails(closed)
    with pytest.raises(RequestError):
        size(watts=0.99 * watts, joules=capacity)
    assert not fails(size(watts=power, joules=joules))
    with pytest.raises(RequestError):
        size(watts=power, joules=0.99 * joules)


def test_a_limit_holds_for_all_choices_of_a_kind_together() -> None:
    n = 2000
    high, low = weather(n, seed=2), 0.9 * weather(n, seed=2)
    load = np.full(n, 1000.0)
    most = 0.6 * size_power(load, HOUR, sources=[array(high)], stores=[CELL]).power["array"]
    sources = [
        Source("mast-10m", "high", high, 0.05, most=most, kind="mast"),
        Source("mast-2m", "low", low, 0.03, most=most, kind="mast"),
        Source("other", "other", 0.5 * high, 0.2),
    ]
    design = size_power(load, HOUR, sources=sources, stores=[CELL])
    assert design.power["mast-10m"] + design.power["mast-2m"] == pytest.approx(most, rel=1e-6)
    assert not fails(design)
    # each alone may have all of it
    free = [replace(source, kind=source.id) for source in sources]
    apart = size_power(load, HOUR, sources=free, stores=[CELL])
    assert apart.power["mast-10m"] + apart.power["mast-2m"] > 1.05 * most
    assert apart.mass < design.mass


def test_the_cheapest_is_another_than_the_lightest() -> None:
    n = 2000
    share, load = weather(n, seed=4), np.full(n, 1000.0)
    dear = replace(CELL, cost_per_j=1.0)
    cheap = replace(BATTERY, cost_per_j=1e-3)
    sources = [replace(array(share), cost_per_w=2.0)]
    lightest = size_power(load, HOUR, sources=sources, stores=[cheap, dear])
    cheapest = size_power(load, HOUR, sources=sources, stores=[cheap, dear], objective="cost")
    assert lightest.capacity["cell"] > 0.0
    assert cheapest.capacity["cell"] == pytest.approx(0.0, abs=1.0)
    assert cheapest.mass > lightest.mass
    cost = 2.0 * cheapest.power["array"] + 1e-3 * cheapest.capacity["battery"]
    assert cheapest.value == pytest.approx(cost, rel=1e-9)
    assert cheapest.bound <= cheapest.value * (1.0 + 1e-9)
    # dearer by the same factor: the same design for so much more
    twice = size_power(
        load,
        HOUR,
        sources=[replace(sources[0], cost_per_w=4.0)],
        stores=[replace(cheap, cost_per_j=2e-3), replace(dear, cost_per_j=2.0)],
        objective="cost",
    )
    assert twice.value == pytest.approx(2.0 * cheapest.value, rel=2e-3)
    with pytest.raises(RequestError, match="array: what is to be cheapest needs a price"):
        size_power(load, HOUR, sources=[array(share)], stores=[cheap], objective="cost")


def test_what_a_store_begins_with_is_no_source() -> None:
    with pytest.raises(RequestError, match="no design carries the load"):
        size_power(np.ones(100), HOUR, sources=[array(np.zeros(100))], stores=[BATTERY])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": 0.5}, "month"),
        ({"sources": []}, "no source"),
        ({"load": np.array([1.0, np.nan])}, "finite"),
        ({"sources": [array(np.array([0.5, -1.0]))]}, "share of 0 or more"),
        ({"stores": [Store("x", "x", 0.0, 1.0, 1.0)]}, "mass must be above 0"),
    ],
)
def test_nonsense_is_refused(change: dict, match: str) -> None:
    keys = {"load": np.ones(2), "sources": [array(np.ones(2))], "stores": [BATTERY], **change}
    with pytest.raises(RequestError, match=match):
        size_power(keys.pop("load"), HOUR, **keys)
