"""Batteries age, feel the cold and lose on both ways; reactors start up: against closed forms."""

import itertools
import math

import numpy as np
import pytest

from life_scene import HOUR, START, element, life, station
from moonstation.simulation import _ageing_kernels as kernels
from moonstation.simulation import _life_model as model
from moonstation.simulation.ageing import (
    DAMAGE_TO_LEFT,
    TIME_RATE,
    calendar_rate,
    capacity_at,
    cycle_factor,
    warmth_stress,
)
from moonstation.simulation.life import live_many, live_traced
from moonstation.simulation.power import run_power

WORKS = [{"id": "work", "needs": ["unit"]}]
YEAR_HOURS = 8766


def left(damage):
    return 0.0575 * math.exp(-121.0 * damage) + 0.9425 * math.exp(-damage)


def rainflow(series):
    """Cycles of a series of turning points as (range, mean, count): ASTM E1049-85, three points, written plainly."""
    found, points = [], []
    for value in series:
        points.append(value)
        while len(points) >= 3:
            last, before = abs(points[-1] - points[-2]), abs(points[-2] - points[-3])
            if last < before:
                break
            if len(points) == 3:
                found.append((before, 0.5 * (points[0] + points[1]), 0.5))
                points.pop(0)
            else:
                found.append((before, 0.5 * (points[-2] + points[-3]), 1.0))
                del points[-3:-1]
    found += [(abs(b - a), 0.5 * (a + b), 0.5) for a, b in itertools.pairwise(points)]
    return found


def test_cycles_of_the_standard_example():
    """ASTM E1049-85, figure 6: peaks and valleys -2 1 -3 5 -1 3 -4 4 -2 give ranges 3 4 6 8 9 and so many of each."""
    series = [-2, 1, -3, 5, -1, 3, -4, 4, -2]
    counts = {}
    for size, _, count in rainflow(series):
        counts[size] = counts.get(size, 0.0) + count
    assert counts == {3: 0.5, 4: 1.5, 6: 0.5, 8: 1.0, 9: 0.5}


@pytest.mark.parametrize("seed", range(20))
def test_cycles_counted_as_they_close_are_those_of_the_whole_series(seed):
    rng = np.random.default_rng(seed)
    series = rng.uniform(0.2, 1.0, 60)
    ups = rng.permutation(series)
    turning = [ups[0]]
    for value in ups[1:]:  # keep turning points only
        if len(turning) > 1 and (turning[-1] - turning[-2]) * (value - turning[-1]) >= 0.0:
            turning[-1] = value
        else:
            turning.append(value)
    kept = np.zeros(model.TURNS)
    depth, damage = 0, 0.0
    for value in turning:
        done, depth = kernels.count_turn(kept, depth, value)
        damage += done
    damage += kernels.half_cycles(kept, depth)
    expected = sum(
        count * kernels.cycle_damage(mean - 0.5 * size, mean + 0.5 * size)
        for size, mean, count in rainflow(turning)
    )
    assert damage == pytest.approx(expected, rel=1e-12)


def test_more_turning_points_than_are_kept_are_not_lost():
    swing = [
        0.5 + 0.4 * (1.0 - t / 200.0) * (-1) ** t for t in range(150)
    ]  # every cycle is within the one before
    kept = np.zeros(model.TURNS)
    depth, damage = 0, 0.0
    for value in swing:
        done, depth = kernels.count_turn(kept, depth, value)
        damage += done
    damage += kernels.half_cycles(kept, depth)
    expected = sum(0.5 * kernels.cycle_damage(a, b) for a, b in itertools.pairwise(swing))
    assert damage == pytest.approx(expected, rel=0.02)


def test_makers_lives_end_at_four_fifths():
    calendar = calendar_rate(life=15 * 365.25 * 86400.0, temperature=None) * 15 * 365.25 * 86400.0
    assert kernels.health_after(calendar) == pytest.approx(0.8, abs=1e-7)
    cycles = 4000.0 * cycle_factor(life=4000.0, temperature=None) * kernels.cycle_damage(0.0, 1.0)
    assert kernels.health_after(cycles) == pytest.approx(0.8, abs=1e-7)
    # the figures that the station file's reference tells for cells as published
    assert DAMAGE_TO_LEFT / kernels.cycle_damage(0.0, 1.0) == pytest.approx(2787.0, abs=1.0)
    assert pytest.approx(12.5, abs=0.05) == DAMAGE_TO_LEFT / TIME_RATE / (365.25 * 86400.0)


def test_cold_takes_capacity_and_slows_ageing():
    assert [capacity_at(t) for t in (None, 263.15, 268.15, 298.15, 305.0)] == pytest.approx(
        [1, 0.6, 0.7, 1, 1]
    )
    assert warmth_stress(298.15) == 1.0
    # ten kelvin less halve it about: the published coefficient
    assert warmth_stress(288.15) == pytest.approx(math.exp(-0.693 * 298.15 / 288.15))


def test_a_store_at_rest_ages_by_the_calendar():
    store = element(
        "unit", battery_capacity="10 kWh", battery_ageing="li-ion", battery_temperature="283.15 K"
    )
    one = life(station([store], [], WORKS), YEAR_HOURS)
    lives, trace = live_traced(one, seed=1, run=0)
    damage = TIME_RATE * warmth_stress(283.15) * math.exp(1.04 * 0.5) * YEAR_HOURS * HOUR
    assert lives.health[0, 0] == pytest.approx(left(damage), rel=1e-9)
    # what a shrinking store cannot hold is lost, and it was smaller in the cold
    assert trace.charge[0, 0] == pytest.approx(10 * 3.6e6 * capacity_at(283.15))
    lost = lives.energy[0, 0, model.LOST_CHARGE]
    assert lost + lives.energy[0, 0, model.CHARGE_END] == pytest.approx(trace.charge[0, 0], rel=1e-12)


def test_a_cycled_store_ages_by_its_cycles():
    parts = [
        element("unit", load_nominal="1 kW", load_survival="1 kW"),
        element("sun", array_power="3 kW"),
        element(
            "store",
            battery_capacity="20 kWh",
            battery_efficiency=1.0,
            battery_ageing="li-ion",
            battery_calendar_life="100000 yr",
        ),
    ]
    light = np.tile(np.r_[np.ones(10), np.zeros(10)], 100)  # half empty and full again, a hundred times
    one = life(station(parts, [], WORKS), 2000, light={"sun": light})
    lives = live_many(one, seed=1, first=0, runs=1)
    damage = 0.0
    for cycle in range(100):  # depth grows as the store shrinks; the last one is not charged again
        depth = 0.5 / left(damage)
        damage += (1.0 if cycle < 99 else 0.5) * kernels.cycle_damage(1.0 - depth, 1.0)
    assert lives.health[0, 0] == pytest.approx(left(damage), abs=1e-4)  # brought up to date once a day
    assert lives.through_store[0, 0] == pytest.approx(100 * 10 * 3.6e6, rel=1e-9)


def worn(**failure):
    store = element("unit", battery_capacity="10 kWh", battery_ageing="li-ion", battery_retires=0.93)
    failures = [{"id": "cells", "element": "unit", "life": "50 yr", "units": 2, "effect": "share", **failure}]
    return life(station([store], failures if failure else [], WORKS), 3 * YEAR_HOURS)


def test_a_worn_store_gives_nothing_more():
    lives, trace = live_traced(worn(), seed=1, run=0)
    when = int(lives.worn[0, 0])
    health = trace.health[0]
    assert health[when - 25] > 0.93
    assert health[when] == 0.0
    assert lives.health[0, 0] == 0.0
    assert trace.charge[0, when] == 0.0


def test_worn_units_are_exchanged_where_there_are_spares():
    lives, trace = live_traced(worn(repair="5 d", spares=4), seed=1, run=0)
    when = int(lives.worn[0, 0])
    assert lives.spent[0, 0] == 2
    assert trace.health[0, when - 1] < 0.931
    assert not trace.functions[0, when + 10]
    assert trace.functions[0, -1]
    assert trace.health[0, -1] > 0.93
    never = live_many(worn(repair="5 d", spares=4), seed=1, first=0, runs=1, immune=["cells"])
    assert np.isinf(never.worn[0, 0])
    assert never.health[0, 0] < 0.93


def reactor(**more):
    return [
        element("unit", load_nominal="1 kW", load_survival="1 kW"),
        element("store", battery_capacity="200 kWh", battery_reserve=0.0),
        element(
            "reactor",
            kind="fission",
            power="5 kW",
            start_time="10 h",
            start_power="2 kW",
            arrives="2035-01-02",
            **more,
        ),
    ]


def test_a_reactor_takes_power_before_it_gives_any():
    one = life(station(reactor(), [], WORKS), 100)
    _, trace = live_traced(one, seed=1, run=0)
    np.testing.assert_array_equal(trace.generation[0, :34], 0.0)
    np.testing.assert_array_equal(trace.generation[0, 34:], 5000.0)
    np.testing.assert_allclose(
        trace.served[0, 20:40], [1000.0] * 4 + [3000.0] * 10 + [1000.0] * 6, rtol=1e-12
    )


def test_a_start_is_the_same_in_the_study():
    expected = run_power(reactor(), times_s=START.tdb_s + HOUR * np.arange(100), array_light={})["base"]
    _, trace = live_traced(life(station(reactor(), [], WORKS), 100), seed=1, run=0)
    np.testing.assert_allclose(trace.generation[0], expected.generation, rtol=1e-12)
    np.testing.assert_allclose(trace.charge[0, :-1], expected.charge[1:], rtol=1e-12)


def test_a_repaired_reactor_starts_anew():
    failure = {"id": "scram", "element": "reactor", "life": "20 h", "repair": "5 h", "spares": 1}
    one = life(station(reactor(), [failure], WORKS), 100)
    _, trace = live_traced(one, seed=1, run=0)
    gives = trace.generation[0] > 0.0
    # ten hours of start age it as well as ten of power
    np.testing.assert_array_equal(np.flatnonzero(np.diff(gives.astype(int))), [33, 43, 58, 68])


def test_a_start_without_power_waits():
    parts = [p for p in reactor() if p.id != "store"] + [element("sun", array_power="4 kW")]
    light = np.r_[np.zeros(50), np.ones(50)]
    one = life(station(parts, [], WORKS), 100, light={"sun": light})
    _, trace = live_traced(one, seed=1, run=0)
    gives = trace.generation[0] > 4500.0
    # one step passes before it is known that there is power
    assert int(np.argmax(gives)) == 61
