"""What is an assumption is drawn anew in each run, within limits by its kind; the same seeds draw the same values."""

from pathlib import Path

import numpy as np
import pytest

from life_scene import HOUR, element, life_keys, station
from moonstation.simulation import _draw_kernels as draws
from moonstation.simulation import _life_model as model
from moonstation.simulation.life import drawn_values, live_many, live_traced
from moonstation.simulation.life_tables import life_of
from moonstation.simulation.ranges import POLICY, ranges_of
from moonstation.station.part import Provenance

ASSUMED = Provenance(text="", confidence="assumption")
WORKS = [{"id": "work", "needs": ["unit"]}]


def assumed(*keys):
    built = station(
        [
            element("unit", load_nominal="100 W", load_survival="50 W", mass="5 kg", endures="9 h"),
            element("sun", array_power="400 W", array_degradation="0.1 1/yr"),
            element("store", battery_capacity="2 kWh", battery_ageing="li-ion"),
        ],
        [{"id": "breaks", "element": "unit", "mtbf": "300 h", "repair": "9 h", "spares": 9}],
        WORKS,
    )
    built.provenance.update(dict.fromkeys(keys, ASSUMED))
    return built


def test_triangles_have_their_mean_and_ends():
    u = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([draws.between(np.array([0.8, 1.0, 1.5]), x) for x in u])
    assert values.min() >= 0.8
    assert values.max() <= 1.5
    assert np.mean(values) == pytest.approx((0.8 + 1.0 + 1.5) / 3.0, abs=1e-4)
    variance = (0.8**2 + 1.0 + 1.5**2 - 0.8 - 0.8 * 1.5 - 1.5) / 18.0
    assert np.var(values) == pytest.approx(variance, rel=1e-3)
    assert draws.between(np.array([0.8, np.nan, 1.2]), 0.25) == pytest.approx(0.9)


def test_every_assumption_that_counts_gets_a_range_and_masses_none():
    built = assumed(
        "element.unit.load_nominal",
        "element.unit.mass",
        "element.sun.array_power",
        "element.sun.array_degradation",
        "element.store.battery_ageing",
        "failure.breaks.mtbf",
        "failure.breaks.repair",
    )
    found = {r.label for r in ranges_of(built, assumptions=True)}
    assert found == {
        "unit.load_nominal",
        "sun.array_power",
        "sun.array_degradation",
        "store.battery_ageing",
        "breaks.mtbf",
        "breaks.repair",
    }
    assert ranges_of(built, assumptions=False) == []
    assert all(0.0 < rule.low < 1.0 < rule.high for rule in POLICY)


def test_a_range_named_by_hand_goes_before_the_policy():
    built = assumed("element.unit.load_nominal")
    hand = station([], [], [], ({"id": "loads", "of": "load", "low": 0.95, "high": 1.05},))
    built.uncertainties.extend(hand.uncertainties)
    first = next(r for r in ranges_of(built, assumptions=True) if r.of == "unit")
    assert (first.low, first.high, first.assumed) == (0.95, 1.05, False)
    assert [r.what for r in ranges_of(built, assumptions=True)].count(model.LOAD) == 3


def test_what_is_drawn_is_what_runs_live_with_and_does_not_change():
    built = assumed("element.unit.load_nominal", "element.sun.array_power")
    sun = {"sun": np.ones(50)}
    one = life_of(built, **life_keys(50, light=sun), assumptions=True)
    lives = live_many(one, seed=4, first=0, runs=20)
    values = drawn_values(one, seed=4, first=0, runs=20)
    labels = [r.label for r in one.ranges]
    given = lives.energy[:, 0, model.GENERATED] / (50 * HOUR * 400.0)
    np.testing.assert_allclose(given, values[:, labels.index("sun.array_power")], rtol=1e-3)  # it degrades
    # another assumption more leaves the draws of the others alone
    more = life_of(
        assumed("element.unit.load_nominal", "element.sun.array_power", "failure.breaks.mtbf"),
        **life_keys(50, light=sun),
        assumptions=True,
    )
    again = drawn_values(more, seed=4, first=0, runs=20)
    where = [r.label for r in more.ranges].index("sun.array_power")
    np.testing.assert_array_equal(again[:, where], values[:, labels.index("sun.array_power")])
    late = drawn_values(one, seed=4, first=7, runs=5)
    np.testing.assert_array_equal(late, values[7:12])


def test_dust_is_told_as_the_share_of_a_year():
    built = station(
        [element("sun", array_power="1 kW")], [], [], ({"id": "d", "of": "dust", "low": 0.1, "high": 0.3},)
    )
    values = drawn_values(
        life_of(built, **life_keys(9, light={"sun": np.ones(9)})), seed=1, first=0, runs=500
    )
    assert 0.1 <= values.min() < 0.11
    assert 0.29 < values.max() <= 0.3


def dusty(**more):
    return [
        element("sun", array_power="1 kW", **more),
        element("lander", arrives="2035-01-05"),
        element("passenger", arrives="2035-01-05"),
        element("robot"),
    ]


def test_landings_throw_dust_once_and_cleaning_takes_it_away():
    parts = dusty(dust_landing=0.2, dust_cleaning="10 d", dust_left=0.25, dust_cleaner="robot")
    one = life_of(station(parts, [], []), **life_keys(24 * 15, light={"sun": np.ones(24 * 15)}))
    _, trace = live_traced(one, seed=1, run=0)
    given = trace.generation[0]
    np.testing.assert_allclose(given[[0, 95, 96, 239]], [1000.0, 1000.0, 800.0, 800.0], rtol=1e-12)
    assert given[241] == pytest.approx(1000.0 * 0.8**0.25, rel=1e-12)
    failure = {"id": "stuck", "element": "robot", "life": "1 d"}
    alone = life_of(station(parts, [failure], []), **life_keys(24 * 15, light={"sun": np.ones(24 * 15)}))
    _, trace = live_traced(alone, seed=1, run=0)
    assert trace.generation[0, -1] == pytest.approx(800.0)


def test_the_page_tells_the_limits_that_are_drawn():
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()
    for rule in POLICY:
        assert f"| {rule.low:g} | {rule.high:g} |" in page, rule
    assert page.count("| 0.5 | 2 |") == 4
