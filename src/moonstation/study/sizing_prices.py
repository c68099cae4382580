"""What the parts of a power plant cost: to buy, and to bring to the Moon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moonstation.campaign.case import MONEY, campaign_case
from moonstation.design.technologies import technologies
from moonstation.errors import RequestError
from moonstation.station.model import Station
from moonstation.station.prices import Price, read_price
from moonstation.station.units import parse_quantity

DELIVERY = "delivery"
"""Name of the price of a kilogram brought to the Moon."""

UNITS = {"array": ("power", "kW"), "steady": ("power", "kW"), "store": ("energy", "kWh")}
"""Dimension and usual unit that the price of each kind of technology is for."""


@dataclass(frozen=True)
class PowerPrices:
    """Prices in one money.

    Attributes
    ----------
    basis : str
        Money and year, as in "USD 2026".
    each : mapping of str to float
        By technology: of a watt, or of a joule of a store.
    delivery : float
        Of a kilogram brought to the Moon.
    about : tuple of str
        Where each comes from, in words.
    """

    basis: str
    each: Mapping[str, float]
    delivery: float
    about: tuple[str, ...]


def power_prices(station: Station, build: Sequence[str], given: Mapping[str, str]) -> PowerPrices:
    """Read prices such as ``{"array": "3 MUSD 2026/kW", "delivery": "0.1 MUSD 2026/kg"}``.

    Without a price of delivery, it is that of the cheapest flight of the station's campaign with all its payload;
    nothing is counted for it where the station has none.

    Raises
    ------
    RequestError
        If one is missing, makes no sense, or is in other money than the others; says the cure.
    """
    known = technologies()
    for name in given:
        if name != DELIVERY and name not in build:
            raise RequestError(
                f"--price {name}: not among what may be built ({', '.join(build)}), nor {DELIVERY}"
            )
    for name in build:
        if name not in given:
            unit = UNITS[known[name].kind][1]
            raise RequestError(
                f"what is cheapest needs a price of each part, and {name} has none; give --price "
                f"{name}='3 MUSD 2026/{unit}'"
            )
    money: dict[str, Price] = {}
    each: dict[str, float] = {}
    for name, text in given.items():
        dimension, unit = ("mass", "kg") if name == DELIVERY else UNITS[known[name].kind]
        money[name], each[name] = _read(name, text, dimension, unit)
    bases = list(dict.fromkeys(price.basis for price in money.values()))
    if len(bases) > 1:
        raise RequestError(
            f"--price: {bases[0]} and {bases[1]} cannot be added up; give all prices in one money of one year"
        )
    about = [f"{name}: {text.strip()} (given)" for name, text in given.items()]
    delivery = each.pop(DELIVERY, None)
    if delivery is None:
        delivery, words = _delivery(station, bases[0])
        about.append(f"{DELIVERY}: {words}")
    return PowerPrices(bases[0], each, delivery, tuple(about))


def _read(name: str, text: str, dimension: str, unit: str) -> tuple[Price, float]:
    cure = f"give it as in --price {name}='3 MUSD 2026/{unit}'"
    amount, slash, per = text.rpartition("/")
    if not slash:
        raise RequestError(f"--price {name}: {text} does not say what it is for; {cure}")
    try:
        price = read_price(amount)
        value = price.amount / parse_quantity(f"1 {per.strip()}", dimension)
    except ValueError as error:
        raise RequestError(f"--price {name}: {error}; {cure}") from error
    if not value > 0.0:
        raise RequestError(f"--price {name}: {text} must be above 0")
    return price, value


def _delivery(station: Station, basis: str) -> tuple[float, str]:
    campaign = station.campaign
    if campaign is None or campaign.prices != basis:
        why = (
            "the station has no campaign" if campaign is None else f"the campaign counts in {campaign.prices}"
        )
        return 0.0, f"not counted, for {why}; give --price {DELIVERY}='0.1 M{basis}/kg'"
    ways = [way for way in campaign_case(station).ways if not way.crew and way.capacity > 0]
    if not ways:
        return 0.0, f"not counted, for no cargo flies; give --price {DELIVERY}='0.1 M{basis}/kg'"
    least, way = min(
        (((way.launch_cost + way.lander_cost / way.uses) * MONEY / way.capacity, way) for way in ways),
        key=lambda pair: pair[0],
    )
    return least, (
        f"{least / 1e6:.3g} M{basis}/kg, from {way.launcher} with {way.lander}, {way.capacity} kg full "
        "(prices of the station file)"
    )
