import pytest

from moonstation.station.prices import Price, read_price


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("120 MUSD 2026", Price(120e6, "USD", 2026)),
        ("120 Musd", Price(120e6, "USD", None)),
        ("1.5 GEUR (2024)", Price(1.5e9, "EUR", 2024)),
        ("300kCNY 2030", Price(300e3, "CNY", 2030)),
        ("7 RUB", Price(7.0, "RUB", None)),
    ],
)
def test_costs_are_read_with_currency_and_year(text, price):
    assert read_price(text) == price


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("120", "is no cost"),
        ("-5 MUSD", "is no cost"),
        (120.0, "is no cost"),
        ("120 MXXX 2026", "currency XXX is not one of USD"),
        ("120 MUSD 1066", "year 1066"),
        ("120 mUSD", "is no cost"),
        ("1e9 USD", "is no cost"),
    ],
)
def test_what_is_no_cost_is_refused_with_the_cure(value, words):
    with pytest.raises(ValueError, match=words) as caught:
        read_price(value)
    assert "120 MUSD 2026" in str(caught.value)


def test_what_may_be_added_up():
    assert Price(1.0, "USD", 2026).basis == "USD 2026"
    assert Price(1.0, "USD").basis == "USD of no stated year"
