import pytest

from moonstation.station.metrics import METRICS, parse
from moonstation.station.units import DIMENSIONS


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.pattern)
def test_each_metric_is_found_again(metric):
    named = parse(metric.of("power-plant_2"))
    assert named.metric is metric
    assert named.id == "power-plant_2"
    assert metric.dimension in DIMENSIONS
    assert metric.kind in ("site", "bus", "orbiter", "mission")
    assert metric.meaning.endswith(".")


def test_patterns_differ():
    assert len({m.pattern for m in METRICS}) == len(METRICS)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("site.base.earth_lnk.share", "site.base.earth_link.share"),
        ("bus.base.reserve", "bus.base.reserve.lowest"),
        ("orbiter.luna-26.altitude", "orbiter.luna-26.altitude.lowest"),
    ],
)
def test_unknown_metric_names_the_nearest(wrong, nearest):
    with pytest.raises(ValueError, match="is not known") as refusal:
        parse(wrong)
    assert f'did you mean "{nearest}"?' in str(refusal.value)


@pytest.mark.parametrize(
    "wrong", ["", ".", "site..sun.average", "site.a.b.sun.average", "x" * 10_000, "site.ba se.sun.average"]
)
def test_nonsense_is_refused_in_one_line(wrong):
    with pytest.raises(ValueError, match="is not known") as refusal:
        parse(wrong)
    assert len(str(refusal.value)) < 300
