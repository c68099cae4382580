"""A station's life: what fails is lost, mended and counted; nothing is made or lost in the books."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from life_scene import HOUR, START, element, life, station
from moonstation.errors import RequestError
from moonstation.simulation import _draw_kernels as draws
from moonstation.simulation import _life_model as kernels
from moonstation.simulation.ageing import warmth_stress
from moonstation.simulation.life import live_many, live_traced
from moonstation.simulation.power import run_power

WORKS = [{"id": "work", "needs": ["unit"]}]


def fails(**more):
    return {"id": "breaks", "element": "unit", "mtbf": "1000 h", **more}


def test_a_life_without_failures_is_that_of_the_power_room():
    rng = np.random.default_rng(1)
    hours = 24 * 60
    sun = np.clip(rng.uniform(-0.5, 1.2, hours), 0.0, 1.0)
    parts = [
        element("array", array_power="3 kW", array_degradation="0.05 1/yr"),
        element("store", battery_capacity="9 kWh", battery_charge="2 kW", arrives="2035-01-03"),
        element("other-store", battery_capacity="4 kWh", battery_efficiency=0.8),
        element("heat", power="150 W", power_kind="isotope", half_life="1 yr"),
        element("load", load_nominal="1.4 kW", load_survival="400 W", arrives="2035-01-05"),
        element("rover", bus="rover", load_nominal="50 W", load_survival="5 W", array_power="60 W"),
    ]
    times = START.tdb_s + HOUR * np.arange(hours)
    light = {"array": sun, "rover": sun}
    expected = run_power(parts, times_s=times, array_light=light)
    one = life(station(parts, [], []), hours, light=light)
    lives, trace = live_traced(one, seed=0, run=0)
    for b, name in enumerate(one.buses):
        bus = expected[name]
        assert lives.energy[0, b, kernels.SERVED] == pytest.approx(bus.energy.served, rel=1e-12)
        assert lives.energy[0, b, kernels.UNSERVED] == pytest.approx(bus.energy.unserved, rel=1e-9, abs=1.0)
        assert lives.energy[0, b, kernels.CURTAILED] == pytest.approx(bus.energy.curtailed, rel=1e-9, abs=1.0)
        assert lives.energy[0, b, kernels.LOSSES] == pytest.approx(bus.energy.losses, rel=1e-9, abs=1.0)
        np.testing.assert_array_equal(trace.mode[b], bus.mode)
        np.testing.assert_allclose(trace.generation[b], bus.generation, rtol=1e-12)
    # charge after each step is charge before the next one, but where a store arrives in between
    differ = np.abs(trace.charge[0, :-1] - expected["base"].charge[1:]) > 1.0
    np.testing.assert_array_equal(np.flatnonzero(differ), [47])


def test_a_store_fills_again_after_each_of_many_nights():
    sun = np.tile(np.r_[np.ones(30), np.zeros(10)], 10)
    parts = [
        element("array", array_power="3 kW"),
        element("store", battery_capacity="40 kWh", battery_charge_efficiency=0.98),
        element("unit", load_nominal="1 kW", load_survival="1 kW"),
    ]
    expected = run_power(parts, times_s=START.tdb_s + HOUR * np.arange(400), array_light={"array": sun})[
        "base"
    ]
    lives, trace = live_traced(life(station(parts, [], WORKS), 400, light={"array": sun}), seed=0, run=0)
    np.testing.assert_allclose(trace.charge[0, :-1], expected.charge[1:], rtol=1e-12)
    assert lives.energy[0, 0, kernels.LOSSES] == pytest.approx(expected.energy.losses, rel=1e-12)
    assert trace.charge[0, 38] > 1.03 * trace.charge[0, 39]


def test_heaters_are_loads_hour_by_hour():
    """A battery carries load and heater through a night, by hand; the books balance."""
    sun = np.r_[np.ones(20), np.zeros(10), np.ones(20)]
    heat = np.r_[np.full(20, 50.0), np.full(10, 400.0), np.full(20, 50.0)]
    parts = [
        element("array", array_power="3 kW"),
        element("store", battery_capacity="40 kWh", battery_efficiency=0.81),
        element("unit", load_nominal="1 kW", load_survival="300 W"),
        element("late", load_nominal="1 W", load_survival="1 W", arrives="2035-01-03"),
    ]
    heaters = {"unit": heat, "late": np.full(50, 7.0)}
    one = life(station(parts, [], WORKS), 50, light={"array": sun}, heaters=heaters)
    lives, trace = live_traced(one, seed=0, run=0)
    books = lives.energy[0, 0]
    asked = HOUR * (50 * 1000.0 + heat.sum() + 2 * 8.0)
    assert books[kernels.SERVED] == pytest.approx(asked, rel=1e-12)
    assert books[kernels.UNSERVED] == 0.0
    assert trace.charge[0, 29] == pytest.approx(40 * 3.6e6 - 10 * HOUR * 1400.0 / 0.9, rel=1e-12)
    held = books[kernels.CHARGE_END] - books[kernels.ARRIVED_CHARGE]
    spent = books[kernels.SERVED] + books[kernels.CURTAILED] + books[kernels.LOSSES]
    assert books[kernels.GENERATED] == pytest.approx(spent + held, rel=1e-12)


def test_what_cannot_heat_itself_goes_dark_and_comes_back_when_it_is_warmer():
    parts = [
        element("array", array_power="1 kW"),
        element("unit", load_nominal="600 W", load_survival="600 W", endures="5 h"),
    ]
    heat = np.r_[np.full(10, 300.0), np.full(3, 500.0), np.full(10, 350.0), np.full(7, 450.0)]
    one = life(station(parts, [], WORKS), 30, light={"array": np.ones(30)}, heaters={"unit": heat})
    lives, trace = live_traced(one, seed=0, run=0)
    up = trace.functions[0]
    assert np.all(up[:10])
    assert not np.any(up[11:13])
    assert np.all(up[14:23])
    assert lives.energy[0, 0, kernels.UNSERVED] == pytest.approx(HOUR * (3 * 100.0 + 5 * 50.0), rel=1e-12)
    # the second cold spell lasts longer than it endures: then it asks for nothing any more
    assert lives.frozen[0, 1] == 28


def test_heaters_must_fit_the_steps():
    with pytest.raises(RequestError, match="unit: give the power of its heaters at each of 50 instants"):
        life(station([element("unit")], [], WORKS), 50, heaters={"unit": np.zeros(49)})


def test_a_warmer_battery_ages_at_the_mean_of_the_rates():
    parts = [
        element("store", battery_capacity="20 kWh", battery_ageing="li-ion"),
        element("unit", load_nominal="0 W"),
    ]
    warm = {"store": np.array([280.0, 310.0])}
    plain = life(station(parts, [], WORKS), 50)
    aged = life(station(parts, [], WORKS), 50, battery_warmth=warm)
    mean = 0.5 * (warmth_stress(280.0) + warmth_stress(310.0))
    for key in ("calendar", "cycling"):
        assert aged.model.stores[key][0] == pytest.approx(mean * plain.model.stores[key][0], rel=1e-12)


def test_a_broken_unit_stays_broken_without_repair():
    one = life(station([element("unit")], [fails(mtbf=None, life="10 h")], WORKS), 50)
    lives = live_many(one, seed=1, first=0, runs=3)
    np.testing.assert_array_equal(lives.up[:, 0, 0], 10)
    np.testing.assert_array_equal(lives.first_lost[:, 0], 10)
    np.testing.assert_array_equal(lives.last_up[:, 0], 10)
    np.testing.assert_array_equal(lives.item_down[:, 0], 40)
    np.testing.assert_array_equal(lives.blame[:, 0], 40)


def test_repair_takes_time_to_notice_and_to_do_and_a_spare():
    table = fails(mtbf=None, life="10 h", detection="2 h", repair="3 h", spares=2)
    one = life(station([element("unit")], [table], WORKS), 100)
    lives, trace = live_traced(one, seed=1, run=0)
    up = trace.functions[0]
    # ten hours of work, five out of it, twice; the third time no spare is left
    expected = ([True] * 10 + [False] * 5) * 2 + [True] * 10
    np.testing.assert_array_equal(up[: len(expected)], expected)
    assert not np.any(up[len(expected) :])
    assert lives.failures[0, 0] == 3
    assert lives.spent[0, 0] == 2


def test_spares_come_again_with_a_delivery():
    table = fails(mtbf=None, life="10 h", repair="1 h", spares=1, resupply="60 h")
    one = life(station([element("unit")], [table], WORKS), 100)
    _, trace = live_traced(one, seed=1, run=0)
    up = trace.functions[0]
    assert not np.any(up[21:60])
    assert np.all(up[61:71])


def test_a_repair_waits_for_its_robot():
    failures = [
        fails(mtbf=None, life="10 h", repair="1 h", spares=9, robot="robot"),
        {
            "id": "robot-rests",
            "element": "robot",
            "life": "5 h",
            "detection": "20 h",
            "repair": "1 h",
            "spares": 9,
        },
    ]
    one = life(station([element("unit"), element("robot")], failures, WORKS), 60)
    _, trace = live_traced(one, seed=1, run=0)
    assert not np.any(trace.functions[0, 10:27])
    assert trace.functions[0, 27]


def test_an_element_without_survival_power_freezes_for_good():
    parts = [
        element("unit", load_nominal="100 W", load_survival="50 W", endures="6 h", priority=2),
        element("first", load_nominal="100 W", load_survival="50 W", endures="6 h", priority=1),
        element("source", array_power="200 W"),
    ]
    sun = np.ones(60)
    sun[20:24] = 0.3  # 60 W for four hours: the first is fed, the second cold but alive
    sun[40:50] = 0.3
    one = life(station(parts, [], WORKS), 60, light={"source": sun})
    lives, trace = live_traced(one, seed=0, run=0)
    assert trace.functions[0, 30]
    assert lives.frozen[0, 0] == 46
    assert not trace.functions[0, 55]
    assert np.isinf(lives.frozen[0, 1])
    assert lives.down[0, 1] == 0


def test_loads_are_fed_in_their_order_at_every_power():
    """What is remembered between steps is what each step alone would say."""
    rng = np.random.default_rng(5)
    wants = [170.0, 60.0, 90.0, 40.0, 120.0]
    parts = [
        *(
            element(f"l{i}", load_nominal=f"{w} W", load_survival=f"{w} W", priority=i + 1)
            for i, w in enumerate(wants)
        ),
        element("sun", array_power="500 W"),
    ]
    sun = np.repeat(rng.uniform(0.0, 0.97, 60), 3)
    sun = np.clip(sun + rng.uniform(-0.02, 0.02, 180), 0.0, 0.95)
    _, trace = live_traced(life(station(parts, [], []), 180, light={"sun": sun}), seed=0, run=0)
    for k in range(179):
        left = 500.0 * sun[k] * (1.0 + 1e-12)
        for i, w in enumerate(wants):
            fed = w <= left
            left -= w if fed else 0.0
            # known a step later
            assert (trace.working[i, k + 1] > 0.0) == fed, (k, i)


def test_a_partner_that_leaves_takes_its_elements_along():
    parts = [element("unit"), element("spare-unit")]
    functions = [
        {"id": "both", "needs": ["2 of unit, spare-unit"]},
        {"id": "any", "needs": ["1 of unit, spare-unit"]},
    ]
    one = life(station(parts, [], functions), 50, gone={"unit": START.tdb_s + 20 * HOUR})
    lives = live_many(one, seed=1, first=0, runs=1)
    np.testing.assert_array_equal(lives.up[0, :, 0], [20, 50])


def test_a_lost_mission_brings_nothing():
    parts = [element("unit", mission="flight", arrives="2035-01-02"), element("here")]
    table = {"id": "crash", "mission": "flight", "probability": 0.25}
    one = life(station(parts, [table], WORKS), 72)
    lives = live_many(one, seed=5, first=0, runs=4000)
    arrived = lives.up[:, 0, 0] > 0
    assert np.all(lives.up[arrived, 0, 0] == 48)
    assert np.mean(arrived) == pytest.approx(0.75, abs=4.0 * np.sqrt(0.75 * 0.25 / 4000))


def test_a_function_in_nominal_mode_is_lost_when_its_bus_sheds():
    parts = [
        element("unit", load_nominal="100 W", load_survival="20 W"),
        element("source", array_power="100 W"),
        element("store", battery_capacity="1 kWh", battery_reserve=0.0),
    ]
    functions = [{"id": "any", "needs": ["unit"]}, {"id": "full", "needs": ["unit"], "mode": "nominal"}]
    sun = np.ones(40)
    sun[10:25] = 0.0
    one = life(station(parts, [], functions), 40, light={"source": sun})
    lives = live_many(one, seed=0, first=0, runs=1)
    assert lives.up[0, 0, 0] == 40
    assert lives.up[0, 1, 0] < 35
    assert lives.modes[0, 0, 1] == pytest.approx(40 - lives.up[0, 1, 0], abs=1)


def test_what_is_not_known_well_is_drawn_within_its_limits():
    parts = [
        element("unit", load_nominal="100 W", load_survival="100 W"),
        element("source", power="1 kW", power_kind="fission"),
    ]
    known = ({"id": "loads", "of": "load", "low": 0.5, "high": 1.5},)
    one = life(station(parts, [], WORKS, known), 10)
    lives = live_many(one, seed=3, first=0, runs=2000)
    load = lives.energy[:, 0, kernels.SERVED] / (10 * HOUR)
    assert np.min(load) >= 50.0
    assert np.max(load) <= 150.0
    assert np.mean(load) == pytest.approx(100.0, abs=4.0 * 100.0 / np.sqrt(12.0 * 2000))


def test_dust_takes_its_share_of_a_year():
    hours = 8766
    known = ({"id": "dust", "of": "dust", "low": 0.1, "high": 0.1},)
    one = life(
        station([element("source", array_power="1 kW")], [], [], known),
        hours,
        light={"source": np.ones(hours)},
    )
    _, trace = live_traced(one, seed=3, run=0)
    assert trace.generation[0, 0] == pytest.approx(1000.0)
    assert trace.generation[0, -1] == pytest.approx(900.0, rel=3e-4)  # brought up to date once a day


def test_data_are_made_sent_kept_and_lost_but_never_unaccounted_for():
    parts = [
        element("unit", data_rate_nominal="1 Mbit/s", data_storage="20 Gbit", earth_rate="5 Mbit/s"),
        element("source", power="1 kW", power_kind="fission"),
    ]
    contact = np.zeros(100)
    contact[::7] = 0.9
    one = life(
        station(parts, [fails(mtbf="60 h", repair="9 h", spares=50)], WORKS), 100, ground={"base": contact}
    )
    data = live_many(one, seed=2, first=0, runs=20).data[:, 0]
    assert np.all(data[:, kernels.SENT] > 0.0)
    np.testing.assert_allclose(data[:, 0], data[:, 1] + data[:, 2] + data[:, 3], rtol=1e-12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), mtbf=st.floats(20.0, 2000.0), store=st.floats(0.5, 30.0))
def test_energy_is_neither_made_nor_lost(seed, mtbf, store):
    rng = np.random.default_rng(seed)
    sun = np.clip(rng.uniform(-1.0, 1.0, 500), 0.0, 1.0)
    parts = [
        element("array", array_power="2 kW"),
        element(
            "store",
            battery_capacity=f"{store} kWh",
            battery_charge_efficiency=0.97,
            battery_temperature="268.15 K",
            battery_ageing="li-ion",
            battery_cycle_life=60,
            battery_retires=0.7,
        ),
        element(
            "reactor",
            kind="fission",
            power="300 W",
            start_time="9 h",
            start_power="200 W",
            arrives="2035-01-04",
        ),
        element("load", load_nominal="600 W", load_survival="100 W", endures="30 h"),
    ]
    failures = [
        {
            "id": "a",
            "element": "array",
            "mtbf": f"{mtbf} h",
            "units": 4,
            "effect": "share",
            "repair": "7 h",
            "spares": 5,
        },
        {
            "id": "s",
            "element": "store",
            "mtbf": f"{mtbf} h",
            "repair": "9 h",
            "spares": 5,
            "common_cause": 0.2,
        },
        {"id": "r", "element": "reactor", "mtbf": f"{mtbf} h", "repair": "9 h", "spares": 5},
    ]
    known = tuple({"id": of, "of": of, "low": 0.8, "high": 1.2} for of in ("load", "array", "store"))
    one = life(station(parts, failures, [], known), 500, light={"array": sun})
    books = live_many(one, seed=seed, first=0, runs=3).energy[:, 0]
    left = books[:, kernels.GENERATED] + books[:, kernels.ARRIVED_CHARGE]
    right = (
        books[:, kernels.SERVED]
        + books[:, kernels.CURTAILED]
        + books[:, kernels.LOSSES]
        + books[:, kernels.LOST_CHARGE]
        + books[:, kernels.CHARGE_END]
    )
    np.testing.assert_allclose(left, right, rtol=1e-11)


def test_runs_are_the_same_however_they_are_divided():
    table = fails(mtbf="40 h", repair="5 h", spares=100, spread=0.8, common_cause=0.1, units=2, needed=1)
    one = life(station([element("unit")], [table], WORKS), 500)
    whole = live_many(one, seed=7, first=0, runs=12, workers=1)
    parts = [live_many(one, seed=7, first=first, runs=4, workers=3) for first in (0, 4, 8)]
    np.testing.assert_array_equal(whole.up, np.concatenate([part.up for part in parts]))
    np.testing.assert_array_equal(whole.failures, np.concatenate([part.failures for part in parts]))
    assert np.unique(whole.failures).size > 1
    traced, _ = live_traced(one, seed=7, run=5)
    np.testing.assert_array_equal(traced.up[0], whole.up[5])


def test_a_failure_made_impossible_leaves_the_others_as_they_were():
    failures = [fails(), {"id": "other", "element": "other", "mtbf": "200 h"}]
    one = life(station([element("unit"), element("other")], failures, WORKS), 3000)
    before = live_many(one, seed=7, first=0, runs=50)
    after = live_many(one, seed=7, first=0, runs=50, immune=["breaks"])
    assert np.sum(before.failures[:, 0]) > 0
    assert np.sum(after.failures[:, 0]) == 0
    np.testing.assert_array_equal(before.failures[:, 1], after.failures[:, 1])
    with pytest.raises(RequestError, match="no failure 'nothing'"):
        live_many(one, seed=7, first=0, runs=1, immune=["nothing"])


def test_random_numbers_are_even_and_independent_of_their_neighbours():
    drawn = np.array([[draws.uniform(1, run, 6, unit, 0) for unit in range(50)] for run in range(200)])
    assert np.mean(drawn) == pytest.approx(0.5, abs=4.0 / np.sqrt(12.0 * drawn.size))
    counts = np.histogram(drawn, bins=20, range=(0.0, 1.0))[0]
    # chi-squared with 19 degrees of freedom: 43.8 is passed once in a thousand; the draws are fixed
    assert np.sum((counts - 500.0) ** 2 / 500.0) < 43.8
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.04
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.04
