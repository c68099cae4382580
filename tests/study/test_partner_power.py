"""Power buses without the parts of a partner."""

import pytest

from moonstation.station.loading import load_station
from moonstation.study.partner_power import buses_without
from moonstation.study.run import study_span


def silent(stage, part):
    """Progress that no one looks at."""


def test_the_base_goes_short_without_the_reactor_and_not_with_all():
    station = load_station("ilrs")
    span = study_span(station, start="2035-05-01", days=60.0, step="1 h")
    base = {bus.bus: bus for bus in buses_without(station, {"power-plant"}, span, progress=silent)}["base"]
    assert (base.nominal_before, base.short_before) == (1.0, 0.0)
    assert base.worse
    assert base.nominal_after < 0.9
    # longer than the three days that the command centre endures, in the southern winter
    assert base.short_after > 3.0 * 86_400.0
    assert "command-centre" in base.may_freeze
    others = [
        bus for bus in buses_without(station, {"power-plant"}, span, progress=silent) if bus.bus != "base"
    ]
    assert not any(bus.worse for bus in others)


def test_nothing_gone_changes_nothing():
    station = load_station("lander")
    span = study_span(station, days=10.0, step="1 h")
    (bus,) = buses_without(station, (), span, progress=silent)
    assert not bus.worse
    assert bus.nominal_after == pytest.approx(bus.nominal_before)
    assert bus.may_freeze == ()
