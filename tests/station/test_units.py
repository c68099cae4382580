import math
import time

import pytest

from moonstation.station.units import DIMENSIONS, format_quantity, parse_quantity, parse_range, show


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("40 kW", "power", 40e3),
        ("40kW", "power", 40e3),
        ("-88.8 deg", "degrees", -88.8),
        ("-88.8 deg", "angle", math.radians(-88.8)),
        ("90°", "angle", math.pi / 2),
        ("1 yr", "time", 365.25 * 86_400.0),
        ("1e3 days", "time", 8.64e7),
        ("10 Mbit/s", "data_rate", 10e6),
        ("1 MB/s", "data_rate", 8e6),
        ("50 kWh", "energy", 1.8e8),
        ("12 m2", "area", 12.0),
        ("12 m^2", "area", 12.0),
        ("0.0073 1/yr", "rate", 0.0073 / (365.25 * 86_400.0)),
        ("2.5 t", "mass", 2500.0),
        ("3 N·m/s", "power", 3.0),
        ("53.2 dB/K", "figure_of_merit", 53.2),
        ("160 MUSD", "money", 160e6),
        ("20 %", "share", 0.2),
        ("0.2", "share", 0.2),
        (0.2, "share", 0.2),
        (1, "share", 1.0),
    ],
)
def test_text_becomes_si(text, dimension, value):
    assert parse_quantity(text, dimension) == pytest.approx(value, rel=1e-14)


def test_degrees_keep_their_digits():
    assert parse_quantity("-89.45267485051342 deg", "degrees") == -89.45267485051342


@pytest.mark.parametrize(
    ("value", "dimension", "says"),
    [
        (40, "power", '40 has no unit; write it like "40 kW"'),
        ("40", "power", "has no unit"),
        ("40 kg", "power", "that is a mass, not a power"),
        ("40 KW", "power", "did you mean 'kW'"),
        ("40 %", "power", "is a share, not a power"),
        ("3 Hz", "data_rate", "that is a rate of change, not a data rate"),
        ("0.2 deg", "share", "has a unit, but a share has none"),
        ("3 in", "length", "unit 'in' is not known"),
        ("1e9**9**9 m", "length", "is not a number with a unit"),
        ("9**9**9**9 m", "length", "is not a number with a unit"),
        ("__import__('os') m", "length", "is not a number with a unit"),
        ("5 m" + "*m" * 40, "length", "is not a number with a unit"),
        ("nan m", "length", "is not a number with a unit"),
        ("inf m", "length", "is not a number with a unit"),
        ("1e999 m", "length", "too large"),
        ("1e307 km", "length", "too large"),
        ("٣ m", "length", "is not a number with a unit"),
        (math.nan, "share", "not a finite number"),
        (math.inf, "share", "not a finite number"),
        (10**400, "share", "not a finite number"),
        (True, "share", "true is not a share"),
        (None, "length", "is not a length"),
        (["2 m"], "length", "a list is not a length"),
        ("", "length", "is not a number with a unit"),
    ],
)
def test_wrong_text_is_refused_with_the_cure(value, dimension, says):
    started = time.perf_counter()
    with pytest.raises(ValueError, match="write it like") as refusal:
        parse_quantity(value, dimension)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert time.perf_counter() - started < 10.0  # hostile text must not hang; usual is a millisecond


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_example_of_each_dimension_can_be_read(dimension):
    example = DIMENSIONS[dimension].example.partition(" or ")[0]
    value = parse_quantity(example, dimension)
    assert parse_quantity(format_quantity(value, dimension), dimension) == pytest.approx(value)


def test_hostile_values_are_shown_on_one_short_line():
    for value in ("a\nb\x1b[31m" * 50, 10**5000, {"a": 1}, ["x"] * 1000, True):
        assert len(show(value)) <= 48
        assert show(value).isprintable()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2 deg..8 deg", 2.0, 8.0),
        ("5 deg..", 5.0, math.inf),
        ("..-8.5 deg", -math.inf, -8.5),
        ("1deg .. 2deg", 1, 2),
    ],
)
def test_ranges_may_be_open_on_either_side(text, low, high):
    assert parse_range(text, "degrees") == (low, high)


@pytest.mark.parametrize(
    "text", ["", "..", "2 deg", "8 deg..2 deg", "2 deg..2 deg", "2..8 deg", "1 deg..2 deg..3 deg"]
)
def test_wrong_ranges_are_refused_in_one_line(text):
    with pytest.raises(ValueError, match="write") as refusal:
        parse_range(text, "degrees")
    assert "\n" not in str(refusal.value)
