"""Costs as a station file writes them: an amount, its currency and the year of its prices."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

from moonstation.station.units import show

CURRENCIES = (
    "USD", "EUR", "CNY", "RUB", "JPY", "INR", "GBP", "CHF", "KRW", "CAD",
    "AUD", "AED", "BRL", "TRY", "ZAR", "THB", "PKR",
)  # fmt: skip
"""Currencies by their ISO 4217 codes."""

SIZES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
FIRST_YEAR, LAST_YEAR = 1950, 2150
CURE = 'write it like "120 MUSD 2026": amount, k, M or G, currency, year of the prices'

_PRICE = re.compile(r"(\d{1,18}(?:\.\d{0,12})?)\s*([kMG]?)([A-Za-z]{3})(?:\s*\(?\s*(\d{4})\s*\)?)?", re.ASCII)


@dataclass(frozen=True)
class Price:
    """A sum of money of a time.

    Attributes
    ----------
    amount : float
        In units of the currency, 0 or more.
    currency : str
        Code of ISO 4217, e.g. "USD".
    year : int or None
        Year of the prices; None if it is not said.
    """

    amount: float
    currency: str
    year: int | None = None

    @property
    def basis(self) -> str:
        """What may be added up with it: "USD 2026", or "USD of no stated year"."""
        return f"{self.currency} {self.year}" if self.year else f"{self.currency} of no stated year"


def read_price(value: object) -> Price:
    """Read a price such as "120 MUSD 2026".

    Raises
    ------
    ValueError
        One line with the value, what is wrong with it and how to write it.
    """
    if isinstance(value, Price):
        return value
    match = _PRICE.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= 60 else None
    if match is None:
        raise ValueError(f"{show(value)} is no cost; {CURE}")
    currency = match[3].upper()
    if currency not in CURRENCIES:
        raise ValueError(f"{show(value)}: currency {currency} is not one of {', '.join(CURRENCIES)}; {CURE}")
    year = int(match[4]) if match[4] else None
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{show(value)}: year {year} is not within {FIRST_YEAR} to {LAST_YEAR}; {CURE}")
    amount = float(match[1]) * SIZES[match[2]]
    if not math.isfinite(amount):
        raise ValueError(f"{show(value)} is too large for a number; {CURE}")
    return Price(amount, currency, year)


Cost: TypeAlias = Annotated[Price, BeforeValidator(read_price)]
"""A cost in a station file."""
