"""Requirements judged: senses, margins, units for people, and figures that are not there."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonstation.station.metrics import METRICS
from moonstation.station.model import Requirement
from moonstation.study.requirements import UNCOMPUTED, display_unit, evaluate

DAY = 86_400.0


def requirement(metric, **limits):
    return Requirement(id="r", metric=metric, **limits)


def judge(metric, value, **limits):
    (verdict,) = evaluate([requirement(metric, **limits)], {metric: value})
    return verdict


@pytest.mark.parametrize(
    ("metric", "limit", "value", "unit", "shown", "margin"),
    [
        ("site.base.earth_link.share", 0.9, 0.95, "%", 95.0, 5.0),
        ("site.base.sun.longest_light", "5 d", 6.5 * DAY, "d", 6.5, 1.5),
        ("bus.base.margin.lowest", "2 kW", 1500.0, "kW", 1.5, -0.5),
        ("orbiter.relay.altitude.lowest", "100 km", 125e3, "km", 125.0, 25.0),
    ],
)
def test_at_least_in_units_for_people(metric, limit, value, unit, shown, margin):
    verdict = judge(metric, value, at_least=limit)
    assert verdict.unit == unit
    assert verdict.value == pytest.approx(shown)
    assert verdict.margin == pytest.approx(margin)
    assert verdict.margin_share == pytest.approx(margin / verdict.limit)
    assert verdict.verdict == ("met" if margin > 0 else "not met")


def test_at_most_has_its_margin_below_the_limit():
    met = judge("site.base.sun.longest_dark", 4 * DAY, at_most="5 d")
    assert (met.sense, met.verdict, met.margin) == ("at_most", "met", pytest.approx(1.0))
    broken = judge("data.base.lost", 3e9, at_most="0 Gbit")
    assert (broken.verdict, broken.margin, broken.margin_share) == ("not met", pytest.approx(-3.0), None)


def test_both_limits_give_two_verdicts():
    both = requirement("bus.base.reserve.lowest", at_least=0.2, at_most=0.9)
    verdicts = evaluate([both], {"bus.base.reserve.lowest": 0.1})
    assert [(v.sense, v.verdict) for v in verdicts] == [("at_least", "not met"), ("at_most", "met")]


@pytest.mark.parametrize("limits", [{"at_least": 0.2}, {"at_most": 0.2}])
def test_the_limit_itself_is_met_to_round_off(limits):
    for value in (0.2, math.nextafter(0.2, 0.0), math.nextafter(0.2, 1.0)):
        verdict = judge("bus.base.reserve.lowest", value, **limits)
        assert verdict.verdict == "met"
        assert verdict.margin == pytest.approx(0.0, abs=1e-12)
        assert verdict.margin >= 0.0
    short = 0.2 + (-1e-6 if "at_least" in limits else 1e-6)
    assert judge("bus.base.reserve.lowest", short, **limits).verdict == "not met"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("limits", [{"at_least": 0.0}, {"at_most": 1.0}])
def test_what_could_not_be_computed_is_not_met(value, limits):
    verdict = judge("data.base.delivered", value, **limits)
    assert verdict.verdict == "not met"
    assert verdict.value is verdict.margin is verdict.margin_share is None
    assert "could not be computed: the site makes no data" in verdict.text


def test_what_the_study_does_not_give_is_not_met():
    asked = Requirement(id="r", metric="site.elsewhere.sun.average", at_least=0.0, text="Light enough")
    (verdict,) = evaluate([asked], {})
    assert verdict.verdict == "not met"
    assert verdict.text.startswith(
        "Light enough; not met, for this study gives no site.elsewhere.sun.average"
    )


def test_reasons_belong_to_families_that_exist():
    assert set(UNCOMPUTED) <= {family.pattern for family in METRICS}


@pytest.mark.parametrize("family", METRICS, ids=lambda family: family.pattern)
def test_every_family_has_a_unit_for_people(family):
    unit, factor = display_unit(family.of("base"), 1e6)
    assert unit
    assert factor > 0.0


@given(
    value=st.floats(-1e12, 1e12), limit=st.floats(-1e12, 1e12), sense=st.sampled_from(["at_least", "at_most"])
)
def test_sign_of_the_margin_is_the_verdict(value, limit, sense):
    asked = requirement("bus.base.margin.lowest", at_least="0 W").model_copy(
        update={"at_least": None, "at_most": None, sense: limit}
    )
    (verdict,) = evaluate([asked], {"bus.base.margin.lowest": value})
    assert (verdict.margin >= 0.0) == (verdict.verdict == "met")
    exact = value >= limit if sense == "at_least" else value <= limit
    if abs(value - limit) > 1e-6 * (abs(limit) + 1.0):
        assert (verdict.verdict == "met") == exact


def test_times_with_short_limits_are_told_in_hours():
    assert judge("site.base.link.longest_gap", 10_800.0, at_most="2 h").row() == (
        "r",
        "3 h",
        "≤ 2 h",
        "-1 h",
        "not met",
    )
    assert judge("site.base.link.longest_gap", 10_800.0, at_most="3 d").row()[1:3] == ("0.125 d", "≤ 3 d")


def test_rows_for_a_table():
    assert judge("site.base.earth_link.share", 0.95123, at_least=0.9).row() == (
        "r",
        "95.12 %",
        "≥ 90 %",
        "+5.123 points",
        "met",
    )
    assert judge("site.base.sun.longest_dark", 86.4, at_most="0 d").row() == (
        "r",
        "0.001 d",
        "≤ 0 d",
        "-0.001 d",
        "not met",
    )
    assert judge("bus.base.unserved", math.nan, at_most="0 kWh").row() == (
        "r",
        "–",
        "≤ 0 kWh",
        "–",
        "not met",
    )
