"""Power buses without the parts of a partner."""

import pytest

from moonstation.partners.changes import Change, assess
from moonstation.station.loading import load_station
from moonstation.study.partner_power import functions_at_risk, power_scene
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
    effect = assess(station, change)
    assert {"command", "contact", "laboratory"} <= set(functions_at_risk(station, effect.parts, scene))
    assert not {"power", "geophysics", "astronomy"} & set(functions_at_risk(station, effect.parts, scene))


def test_nothing_gone_changes_nothing():
    station = load_station("lander")
    span = study_span(station, days=10.0, step="1 h")
    (bus,) = power_scene(station, span, progress=silent).without(())
    assert not bus.worse
    assert bus.nominal_after == pytest.approx(bus.nominal_before)
    assert bus.may_freeze == ()
