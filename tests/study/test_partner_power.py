"""Power buses without the parts of a partner."""

import pytest

from moonstation.partners.changes import Change, assess, stages
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.study.partner_power import functions_at_risk, power_scene, power_stages
from moonstation.study.partner_recovery import plan_recovery
from moonstation.study.run import study_span


def silent(stage, part):
    """Progress that no one looks at."""


def test_the_base_goes_short_without_the_reactor_and_not_with_all():
    station = load_station("ilrs")
    span = study_span(station, start="2035-05-01", days=60.0, step="1 h")
    scene = power_scene(station, span, progress=silent)
    buses = {bus.bus: bus for bus in scene.without({"power-plant"})}
    base = buses.pop("base")
    assert (base.nominal_before, base.short_before) == (1.0, 0.0)
    assert base.worse
    assert base.nominal_after < 0.9
    # longer than the three days that the command centre endures, in the southern winter
    assert base.short_after > 3.0 * 86_400.0
    assert "command-centre" in base.may_freeze
    assert not any(bus.worse for bus in buses.values())
    assert not scene.keeps_warm({"power-plant"})
    assert scene.keeps_warm({"long-range-vehicle"})


def test_a_way_back_must_keep_the_base_warm():
    station = load_station("ilrs")
    span = study_span(station, days=365.0, step="1 h")
    scene = power_scene(station, span, progress=silent)
    change = Change("leaves", "roscosmos", station.start)
    cold = assess(station, change, planner=plan_recovery).recoveries[0]
    warm = assess(station, change, planner=plan_recovery, enough=scene.keeps_warm).recoveries[0]
    # by its parts alone the power of the base comes back without a reactor
    assert "power-plant" not in cold.serves
    assert {*cold.serves, "power-plant"} == set(warm.serves)
    assert any("fission" in words for words in warm.parts)
    # kept by their parts, and needing what may freeze
    at_risk = set(functions_at_risk(scene, change))
    assert {"command", "contact", "laboratory"} <= at_risk
    assert not {"power", "geophysics", "astronomy"} & at_risk


@pytest.fixture(scope="module")
def winter():
    station = load_station("ilrs")
    return power_scene(
        station, study_span(station, start="2035-05-01", days=60.0, step="1 h"), progress=silent
    )


def day(text):
    return Epoch.parse(text).tdb_s


def test_a_late_reactor_leaves_the_base_dark_until_it_comes(winter):
    change = Change("late", "roscosmos", Epoch.parse("2030-01-01"), delay=2 * 365.25 * 86_400.0)
    found = power_stages(winter, change)
    # the reactor is to arrive on 2034-12-01, and what needs its power comes late, too
    worse = [stage for stage in found if any(bus.may_freeze for bus in stage.buses)]
    assert worse[0].begin == day("2034-12-01")
    assert worse[-1].end == pytest.approx(day("2036-12-01"), abs=1.5 * 86_400.0)
    assert all("command-centre" in bus.may_freeze for stage in worse for bus in stage.buses)
    assert "command" in functions_at_risk(winter, change)
    short = Change("late", "roscosmos", Epoch.parse("2035-01-01"), delay=365.25 * 86_400.0)
    # all has arrived by then
    assert power_stages(winter, short) == []
    assert functions_at_risk(winter, short) == []


def test_who_joins_uses_power_before_it_brings_any(winter):
    found = power_stages(winter, Change("joins", "roscosmos", Epoch.parse("2032-01-01")))
    assert found[0].begin == day("2032-01-01")
    assert all(bus.worse for bus in found[0].buses)
    last = found[-1]
    assert (last.begin, last.end) == (day("2034-12-01"), float("inf"))
    assert all(bus.better and bus.nominal_after == 1.0 for bus in last.buses)


def test_who_is_barred_has_no_power_of_the_other(winter):
    found = power_stages(winter, Change("bars", "roscosmos", Epoch.parse("2032-01-01"), of="cnsa"))
    own = [stage for stage in found if stage.partner == "roscosmos"]
    assert own[0].begin == day("2032-01-01")
    assert all(bus.nominal_after == 0.0 for bus in own[0].buses)
    # with its reactor it needs no other
    assert own[-1].end == day("2034-12-01")


def test_each_time_is_that_between_arrivals():
    station = load_station("ilrs")
    rows = stages(station, Change("leaves", "roscosmos", Epoch.parse("2031-01-01")))
    assert [row.begin for row in rows[1:]] == [row.end for row in rows[:-1]]
    assert rows[-1].end == float("inf")
    assert rows[-1].before == frozenset()
    assert "power-plant" in rows[-1].after
    assert all(row.before < row.after for row in rows)
    joins = stages(station, Change("joins", "roscosmos", Epoch.parse("2031-01-01")))
    assert [(row.before, row.after) for row in joins] == [(row.after, row.before) for row in rows]


def test_nothing_gone_changes_nothing():
    station = load_station("lander")
    span = study_span(station, days=10.0, step="1 h")
    (bus,) = power_scene(station, span, progress=silent).without(())
    assert not bus.worse
    assert bus.nominal_after == pytest.approx(bus.nominal_before)
    assert bus.may_freeze == ()
