"""Margin policies: their numbers, what stands in for them, and what is refused."""

import pytest

from moonstation.design.margins import (
    ANSI_LEVELS,
    BY_CONFIDENCE,
    ESA_LEVELS,
    POLICIES,
    find_policy,
    with_margins,
)
from moonstation.errors import RequestError
from moonstation.station.elements import ElementKind

ESA, ANSI, NO_MARGINS = (POLICIES[name] for name in ("esa", "ansi", "none"))


@pytest.mark.parametrize(("level", "share"), [("off-the-shelf", 0.05), ("modified", 0.10), ("new", 0.20)])
def test_esa_margins_are_those_of_the_note(level, share):
    # SRE-PA/2011.097 issue 1 rev. 3, R-M1-4, for equipment of ECSS categories A/B, C and D
    assert ESA.growth_of("mass", maturity=level).share == share
    assert ESA.growth_of("mass", maturity=level).confidence == "quoted"


def test_a_worked_example_with_esa_margins():
    # 100 kg off the shelf, 50 kg modified, 30 kg new: 105 + 55 + 36 = 196 kg, and a fifth of that on top
    items = {"off-the-shelf": 100.0, "modified": 50.0, "new": 30.0}
    growth = sum(mass * ESA.growth_of("mass", maturity=level).share for level, mass in items.items())
    assert growth == pytest.approx(16.0)
    assert ESA.system_amount("mass", basic=180.0, growth=growth) == pytest.approx(39.2)


def test_a_worked_example_with_ansi_margins():
    # a 10 kg radio as a layout (20 %) and a 100 kg truss as estimated (25 %); 15 % margin of the 110 kg without growth
    radio = ANSI.growth_of("mass", maturity="layout", kind="communication", mass=10.0)
    truss = ANSI.growth_of("mass", maturity="estimated", kind="support", mass=100.0)
    assert 10.0 * radio.share + 100.0 * truss.share == pytest.approx(27.0)
    assert ANSI.system_amount("mass", basic=110.0, growth=27.0) == pytest.approx(16.5)


@pytest.mark.parametrize(("mass", "share"), [(5.0, 0.30), (5.1, 0.25), (15.0, 0.25), (15.1, 0.20)])
def test_small_electronics_grow_more(mass, share):
    assert ANSI.growth_of("mass", maturity="estimated", kind="command", mass=mass).share == share


def test_a_riper_design_never_grows_more():
    for kind in ElementKind.__args__:
        for mass in (1.0, 10.0, 100.0):
            ansi = [ANSI.growth_of("mass", maturity=x, kind=kind, mass=mass).share for x in ANSI_LEVELS]
            assert ansi == sorted(ansi, reverse=True)
            assert ansi[-1] == 0.0
    esa = [ESA.growth_of("power", maturity=x).share for x in ESA_LEVELS]
    assert esa == sorted(esa)


@pytest.mark.parametrize("policy", [ESA, ANSI])
def test_each_policy_understands_the_words_of_the_other(policy):
    for level in (*ESA_LEVELS, *ANSI_LEVELS, *BY_CONFIDENCE.values()):
        assert policy.level(level) in policy.levels
    assert ESA.level("layout") == "new"
    assert ANSI.level("modified") == "preliminary"


def test_no_margins_are_none():
    for quantity in ("mass", "power", "data", "cost"):
        assert NO_MARGINS.growth_of(quantity, maturity="new").share == 0.0
        assert NO_MARGINS.system_amount(quantity, basic=5.0, growth=0.0) == 0.0


def test_margins_of_ones_own_take_the_place_of_the_policys():
    mine = with_margins(ESA, growth={"new": 0.3, "cost": 0.5}, system=0.1)
    assert mine.growth_of("mass", maturity="new").share == 0.3
    assert mine.growth_of("power", maturity="estimated").share == 0.3
    assert mine.growth_of("mass", maturity="modified").share == 0.1
    assert mine.growth_of("cost", maturity="modified").share == 0.5
    assert mine.growth_of("data", maturity="new").share == 0.0
    assert mine.system_amount("mass", basic=100.0, growth=10.0) == pytest.approx(11.0)
    assert ESA.growth_of("mass", maturity="new").share == 0.2


@pytest.mark.parametrize(
    ("growth", "system", "words"),
    [
        ({"new": -0.1}, None, "margin new of -0.1: give 0 to 5"),
        ({}, -0.2, "margin system of -0.2: give 0 to 5"),
        ({"new": float("nan")}, None, "margin new of nan"),
        (
            {"newish": 0.1},
            None,
            'one of off-the-shelf, modified, new, mass, power, data, cost; did you mean "new"?',
        ),
        ({"layout": 0.1}, None, "margin 'layout': name a maturity"),
    ],
)
def test_margins_that_make_no_sense_are_refused(growth, system, words):
    with pytest.raises(RequestError) as caught:
        with_margins(ESA, growth=growth, system=system)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_policy_names_those_there_are():
    with pytest.raises(RequestError, match="'essa' is not known, only esa, ansi, none"):
        find_policy("essa")
