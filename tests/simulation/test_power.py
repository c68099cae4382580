"""Buses run through time: who counts when, books, spells, what would close a gap, bad requests."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moonstation.errors import RequestError
from moonstation.simulation.power import run_power
from moonstation.simulation.stores import survival_time
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element

HOUR = 3600.0
START = Epoch.parse("2035-01-01").tdb_s


def times(n, step=HOUR):
    return START + np.arange(n) * step


def load(nominal, survival=0.0, **keys):
    return Element(
        id=keys.pop("id", "load"),
        site="base",
        kind="habitat",
        load_nominal=f"{nominal} W",
        load_survival=f"{survival} W",
        **keys,
    )


def battery(kwh, **keys):
    return Element(
        id=keys.pop("id", "battery"), site="base", kind="battery", battery_capacity=f"{kwh} kWh", **keys
    )


def array(watts, **keys):
    return Element(
        id=keys.pop("id", "array"), site="base", kind="solar-array", array_power=f"{watts} W", **keys
    )


def reactor(watts, **keys):
    return Element(id=keys.pop("id", "reactor"), site="base", kind="fission", power=f"{watts} W", **keys)


def run(*elements, n=48, light=None, **keys):
    lit = {e.id: np.ones(n) if light is None else light for e in elements}
    return run_power(elements, times_s=times(n), array_light=lit, **keys)


def test_elements_share_the_bus_that_they_name():
    buses = run(
        load(100),
        reactor(500, id="far", bus="grid"),
        load(300, id="user", bus="grid"),
        reactor(150, id="near"),
    )
    assert list(buses) == ["base", "grid"]
    assert buses["base"].elements == ("load", "near")
    np.testing.assert_array_equal(buses["grid"].load, 300.0)
    assert buses["base"].margin_lowest == 50.0
    assert buses["grid"].margin_lowest == 200.0


def test_an_element_counts_from_its_day_of_arrival():
    # The day that follows in UTC may begin milliseconds before or after an even step of TDB.
    late = array(1000, id="late", arrives=dt.date(2035, 1, 2), array_degradation="0.1 1/yr")
    buses = run(load(100), array(1000), late, battery(1, id="spare", arrives=dt.date(2035, 1, 2)))
    power = buses["base"]
    assert np.count_nonzero(power.array_power["late"]) == 24
    assert power.array_power["late"][24] == pytest.approx(1000.0, rel=1e-9)  # rated on arrival
    assert np.all(np.isnan(power.state_of_charge[:24]))
    assert power.state_of_charge[24] == pytest.approx(1.0)
    assert power.energy.arrived == pytest.approx(3.6e6)


def test_what_comes_after_the_end_never_counts():
    never = battery(1, arrives=dt.date(2036, 1, 1))
    power = run(load(100), reactor(200), never)["base"]
    assert power.energy.arrived == 0.0
    assert math.isnan(power.reserve_lowest)
    assert power.worst_spell is None


def test_batteries_bridge_and_the_worst_spell_is_found():
    n = 24 * 30
    hours = np.arange(n)
    light = np.where((hours % 48 < 12) | ((hours > 340) & (hours < 380)), 0.0, 1.0)
    power = run(load(1000, 400), array(5000), battery(100), n=n, light=light)["base"]
    assert power.bridged
    spell = power.worst_spell
    assert spell is not None
    # The night of the cycle that begins at 336 h runs into the long one, which ends at 380 h.
    assert spell.start == START + 336 * HOUR
    assert spell.lowest == START + 380 * HOUR
    assert spell.stop > spell.lowest
    assert spell.recovered
    # 44 h at 1 kW, through half of the round trip, out of 80 kWh above the reserve.
    assert spell.share == pytest.approx(1.0 - 44.0 / math.sqrt(0.9) / 80.0)
    assert spell.share == pytest.approx(power.dark_margin)
    assert power.reserve_lowest == pytest.approx(0.2 + 0.8 * power.dark_margin)
    assert power.reserve_lowest_at == spell.lowest


def test_without_stores_the_power_at_hand_decides():
    light = np.tile([1.0, 0.5, 0.1], 16)
    power = run(load(1000, 500), array(1000), light=light)["base"]
    assert power.mode[:3].tolist() == [0, 1, 2]
    assert power.unserved[2] == pytest.approx(400.0)
    assert power.energy.unserved == pytest.approx(400.0 * HOUR * 16)
    assert not power.bridged
    assert power.closing_capacity is None
    # In the step of least light survival needs 500 W and has 100 W.
    assert power.closing_power == pytest.approx(400.0, abs=0.5)


def test_stores_never_drawn_on_have_no_worst_spell():
    power = run(load(100), reactor(200), battery(1))["base"]
    assert power.worst_spell is None
    assert power.dark_margin == power.reserve_lowest == 1.0


def test_dark_margin_tells_the_worst_shortfall():
    light = np.ones(96)
    light[[10, 11, 40, 41, 42, 43, 44, 80]] = 0.0
    tiny = battery(1, battery_reserve=0, battery_efficiency=1)
    power = run(load(1000, 1000), array(3000), tiny, n=96, light=light)["base"]
    # Five dark hours of 1 kW from 1 kWh leave 4 kWh missing: four times what the battery holds.
    assert power.dark_margin == pytest.approx(-4.0)


def test_survival_that_saves_nothing_is_not_entered():
    power = run(load(1000, 1500), reactor(900))["base"]
    assert power.mode.tolist() == [2] * 48
    np.testing.assert_allclose(power.load, 1000.0)
    np.testing.assert_allclose(power.unserved, 100.0)


def test_closing_capacity_closes_and_a_little_less_does_not():
    light = np.r_[np.zeros(40), np.ones(56)]
    parts = [load(1000, 400), array(8000)]
    failing = run(*parts, battery(10), n=96, light=light)["base"]
    assert not failing.bridged
    extra = failing.closing_capacity
    assert extra is not None
    enough = run(*parts, battery(10 + extra / 3.6e6 + 0.02), n=96, light=light)["base"]
    short = run(*parts, battery(10 + extra / 3.6e6 - 0.1), n=96, light=light)["base"]
    assert enough.bridged
    assert not short.bridged
    boosted = run(*parts, battery(10), reactor(failing.closing_power), n=96, light=light)["base"]
    assert boosted.bridged


def test_survival_time_within_limits_of_power():
    # 10 kWh without limit and 10 kWh that gives no more than 100 W, no losses, no reserve.
    free = battery(10, battery_efficiency=1, battery_reserve=0)
    slow = battery(10, id="slow", battery_efficiency=1, battery_reserve=0, battery_discharge="100 W")
    assert survival_time([load(0, 1000), free, slow]) == pytest.approx(10e3 / 900 * HOUR)
    assert survival_time([load(0, 100), free, slow]) == pytest.approx(200 * HOUR)
    assert survival_time([load(0, 1000), slow]) == 0.0
    assert survival_time([load(0, 100), slow]) == pytest.approx(100 * HOUR)
    assert survival_time([load(0, 100)]) == 0.0
    stuck = battery(10, id="stuck", battery_discharge="0 W")
    assert survival_time([load(0, 100), stuck]) == 0.0
    assert survival_time([load(0, 100), stuck, slow]) == pytest.approx(100 * HOUR)
    assert math.isnan(survival_time([load(100), free]))
    half = battery(10, battery_efficiency=0.81, battery_reserve=0.5)
    assert survival_time([load(0, 900), half]) == pytest.approx(5 * HOUR)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    watts=st.floats(0, 5000),
    kwh=st.floats(0, 200),
    efficiency=st.floats(0.1, 1.0),
    reserve=st.floats(0, 0.9),
    nominal=st.floats(0, 3000),
    survival=st.floats(0, 3000),
    seed=st.integers(0, 1000),
)
def test_books_of_a_bus_balance(watts, kwh, efficiency, reserve, nominal, survival, seed):
    light = np.random.default_rng(seed).random(96).round(1)
    elements = [
        load(nominal, survival),
        array(watts, array_degradation="0.05 1/yr"),
        battery(kwh, battery_efficiency=efficiency, battery_reserve=reserve, arrives=dt.date(2035, 1, 2)),
        battery(5, id="first"),
    ]
    power = run(*elements, n=96, light=light)["base"]
    books = power.energy
    used = books.served + books.losses + books.curtailed + books.charge_change
    assert used == pytest.approx(books.generated + books.arrived, rel=1e-10, abs=1e-2)
    assert books.asked == pytest.approx(books.served + books.unserved, rel=1e-10, abs=1e-2)
    assert sum(books.by_source.values()) == pytest.approx(books.generated)
    assert power.bridged == (power.time_unserved == 0.0)
    assert np.nanmin(power.state_of_charge) >= power.reserve_lowest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times_s": np.array([START])}, "two or more"),
        ({"times_s": START + np.array([0.0, 600.0, 1800.0])}, "give even steps"),
        ({"array_light": {}}, "element array: no light given"),
        ({"array_light": {"array": np.ones(5)}}, r"element array: light of shape \(5,\)"),
        ({"array_light": {"array": np.full(48, np.nan)}}, "finite"),
        ({"survival_below": 0.6, "nominal_above": 0.5}, "do not make a band"),
        ({"survival_below": math.nan}, "do not make a band"),
    ],
)
def test_bad_requests_are_refused(change, message):
    request = {"times_s": times(48), "array_light": {"array": np.ones(48)}} | change
    with pytest.raises(RequestError, match=message):
        run_power([array(100)], **request)
