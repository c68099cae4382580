"""Crews come, eat, drink, breathe, win back, and leave; what is delivered is used or left over."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from life_scene import START, element, life, life_keys, station
from moonstation.simulation import _life_model as model
from moonstation.simulation.life import live_many, live_traced
from moonstation.simulation.life_tables import life_of
from moonstation.station.crews import CrewVisit

DAY = 24


def visit(name="crew", **more):
    keys = {"id": name, "site": "base", "arrives": "2035-01-05", "stay": "10 d", "crew": 2}
    return CrewVisit.model_validate(keys | more)


def built(visits, parts=None, failures=()):
    stock = element("cargo", oxygen="100 kg", water="400 kg", food="100 kg")
    one = station(parts or [stock, element("unit")], list(failures), [{"id": "work", "needs": ["unit"]}])
    one.crew_visits.extend(visits)
    return one


def test_a_visit_as_planned_uses_what_the_file_says():
    lives, trace = live_traced(life(built([visit()]), 20 * DAY), seed=1, run=0)
    np.testing.assert_array_equal(lives.visits[0, 0], [4 * DAY, 10 * DAY, model.CREW_LEFT])
    np.testing.assert_allclose(
        lives.stocks[0, 0, :, model.USED], [2 * 10 * 0.84, 2 * 10 * 3.909, 2 * 10 * 1.77]
    )
    np.testing.assert_array_equal(np.flatnonzero(trace.crew[0]), np.arange(4 * DAY, 14 * DAY))
    assert trace.stocks[0, model.OXYGEN, -1] == pytest.approx(100.0 - 16.8)


def test_what_is_won_back_is_not_taken_from_the_stocks():
    one = built([visit(water_recovery=0.98, oxygen_recovery=0.47)])
    lives = live_many(life(one, 20 * DAY), seed=1, first=0, runs=1)
    used, won = lives.stocks[0, 0, :, model.USED], lives.stocks[0, 0, :, model.RECOVERED]
    np.testing.assert_allclose(used, [16.8 * 0.53, 78.18 * 0.02, 35.4])
    np.testing.assert_allclose(used + won, [16.8, 78.18, 35.4])


def test_a_crew_goes_home_when_stocks_run_short():
    stock = element("cargo", oxygen="100 kg", water="400 kg", food="24.78 kg")  # of food for seven days
    lives = live_many(life(built([visit()], [stock, element("unit")]), 20 * DAY), seed=1, first=0, runs=1)
    # three days are kept in reserve
    np.testing.assert_array_equal(lives.visits[0, 0], [4 * DAY, 4 * DAY, model.CREW_RAN_SHORT])
    assert lives.stocks[0, 0, model.FOOD, model.LEFT_OVER] == pytest.approx(3 * 2 * 1.77)


def test_a_crew_does_not_come_where_it_could_not_live():
    nothing = built([visit()], [element("unit")])
    assert live_many(life(nothing, 20 * DAY), seed=1, first=0, runs=1).visits[0, 0].tolist() == [
        -1.0,
        0.0,
        0.0,
    ]
    broken = built([visit(needs=["unit"])], failures=[{"id": "b", "element": "unit", "life": "1 d"}])
    assert live_many(life(broken, 20 * DAY), seed=1, first=0, runs=1).visits[0, 0, 0] == -1.0
    lost = built([visit(mission="ship")], failures=[{"id": "b", "mission": "ship", "probability": 1.0}])
    assert live_many(life(lost, 20 * DAY), seed=1, first=0, runs=1).visits[0, 0, 0] == -1.0


def test_a_crew_bears_a_broken_habitat_for_its_grace():
    failure = {"id": "b", "element": "unit", "life": "7 d", "detection": "5 h", "repair": "15 h", "spares": 1}
    one = built([visit(needs=["unit"], grace="1 d")], failures=[failure])
    lives = live_many(life(one, 30 * DAY), seed=1, first=0, runs=1)
    # the first failure is mended in time, the second, a week later, is not in the visit any more
    np.testing.assert_array_equal(lives.visits[0, 0, 1:], [10 * DAY, model.CREW_LEFT])
    hasty = built([visit(needs=["unit"], grace="10 h")], failures=[failure])
    lives = live_many(life(hasty, 30 * DAY), seed=1, first=0, runs=1)
    np.testing.assert_array_equal(lives.visits[0, 0, 1:], [3 * DAY + 10, model.CREW_CUT_OFF])


def test_a_crew_takes_power_before_all_else_and_leaves_without_it():
    parts = [
        element("cargo", oxygen="100 kg", water="400 kg", food="100 kg"),
        element("unit", load_nominal="500 W", load_survival="500 W", endures="30 d"),
        element("sun", array_power="1.2 kW"),
    ]
    light = np.ones(20 * DAY)
    light[7 * DAY : 9 * DAY] = 0.9
    light[10 * DAY :] = 0.1
    one = built([visit(load="1 kW", grace="12 h")], parts)
    lives, trace = live_traced(life(one, 20 * DAY, light={"sun": light}), seed=1, run=0)
    assert trace.served[0, 5 * DAY] == pytest.approx(1200.0)
    # at 1080 W the crew has its kilowatt and the unit goes dark
    assert trace.working[1, 8 * DAY] == 0.0
    assert lives.visits[0, 0, 2] == model.CREW_CUT_OFF
    assert lives.visits[0, 0, 1] == 6 * DAY + 13  # a step passes before it is dark


def test_a_visit_that_is_called_off_does_not_begin():
    one = built([visit(), visit("later", arrives="2035-01-12", stay="3 d")])
    at = START.tdb_s + 6 * DAY * 3600.0
    both = life_of(one, **life_keys(20 * DAY), called_off={"crew": at, "later": at})
    lives = live_many(both, seed=1, first=0, runs=1)
    assert lives.visits[0, :, 1].tolist() == [2.0 * DAY, 0.0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    oxygen=st.floats(0.0, 60.0),
    water=st.floats(0.0, 99.0),
    lost=st.floats(0.0, 1.0),
)
def test_stocks_are_neither_made_nor_lost_and_never_negative(seed, oxygen, water, lost):
    parts = [
        element("cargo", oxygen=f"{oxygen} kg", water=f"{water} kg", food="60 kg"),
        element("ship", oxygen="9 kg", food="20 kg", arrives="2035-01-08", mission="flight"),
        element("unit"),
    ]
    visits = [
        visit(reserve=f"{seed % 5} d", needs=["unit"]),
        visit("second", arrives="2035-01-07", crew=3, water_recovery=0.9, stay="20 d"),
        visit("third", arrives="2035-01-20", stay="2 d"),
    ]
    failures = [
        {"id": "m", "mission": "flight", "probability": lost},
        {"id": "b", "element": "unit", "mtbf": "400 h", "repair": "30 h", "spares": 9},
    ]
    lives = live_many(life(built(visits, parts, failures), 40 * DAY), seed=seed, first=0, runs=4)
    books = lives.stocks[:, 0]
    scale = np.maximum(books[..., model.DELIVERED], 1.0)
    over = books[..., model.DELIVERED] - books[..., model.USED] - books[..., model.LEFT_OVER]
    assert np.max(np.abs(over) / scale) < 1e-12
    assert np.min(books[..., model.LEFT_OVER]) > -1e-9
