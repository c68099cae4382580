"""Terms on places: what is read, what is refused, and which places no other beats."""

import math

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.study.terms import MEASURES, parse_term, undominated


@pytest.mark.parametrize(
    ("text", "name", "least", "bound"),
    [
        ("average_sun >= 70 %", "average_sun", True, 0.7),
        ("any_light>=0.7", "any_light", True, 0.7),
        ("longest_dark <= 5 d", "longest_dark", False, 432_000.0),
        ("longest_dark ≤ 120 h", "longest_dark", False, 432_000.0),
        ("slope <= 8 deg", "slope", False, math.radians(8.0)),
        ("  shadow_distance   <= 5 km ", "shadow_distance", False, 5000.0),
        ("area >= 0.05 km2", "area", True, 50_000.0),
    ],
)
def test_terms_carry_their_units(text, name, least, bound):
    term = parse_term(text)
    assert (term.measure.name, term.least) == (name, least)
    assert term.bound == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("average_sun > 70 %", "is no term"),
        ("sunny", "is no term"),
        ("averge_sun >= 70 %", "did you mean average_sun"),
        ("height >= 3 m", "there are average_sun, any_light"),
        ("average_sun >= 70 km", "--want average_sun"),
        ("average_sun >= 70", "no place has that"),
        ("longest_dark <= 5", "no unit"),
        ("slope <= 8 km", "a length, not an angle"),
        ("slope <= -8 deg", "no place has that"),
    ],
)
def test_refuses_in_one_line(text, words):
    with pytest.raises(RequestError, match=words) as refused:
        parse_term(text)
    assert "\n" not in str(refused.value)


def test_bounds_hold_for_the_digits_of_a_map_and_not_for_what_is_unknown():
    term = parse_term("longest_dark <= 5 d")
    steps = np.float32(120) * np.float32(1.0 / 24.0) * np.float32(86_400.0)
    found = term.holds(np.array([steps, 432_000.0 + 3600.0, np.nan, 0.0]))
    assert found.tolist() == [True, False, False, True]
    assert term.shortfall(864_000.0) == pytest.approx(1.0)
    assert term.shortfall(1.0) == 0.0
    assert term.shortfall(math.nan) == math.inf


def test_undominated_places_are_those_of_the_front():
    measures = [MEASURES["average_sun"], MEASURES["slope"]]
    places = [(0.9, 0.3), (0.8, 0.1), (0.8, 0.2), (0.7, math.nan), (0.9, 0.3), (0.5, 0.05)]
    figures = [{"average_sun": sun, "slope": slope} for sun, slope in places]
    # less slope is better; the two equal ones do not beat each other
    assert undominated(figures, measures) == [True, True, False, False, True, True]


def test_measures_name_layers_that_maps_have():
    from moonstation.sunlight.maps import LAYERS

    assert {measure.layer for measure in MEASURES.values()} - {""} <= set(LAYERS)
    assert MEASURES["area"].factor == pytest.approx(1e6)
    assert MEASURES["average_sun"].write(0.8764, 1) == "87.6 %"
