"""Quantities written as text ("40 kW", "-88.8 deg", "10 Mbit/s") and the SI floats that they stand for.

Pint knows how units combine and convert. It is given a short list of its own instead of its default
registry, for three reasons: bits and angles are dimensions here, so that "3 Hz" is no data rate and "0.2 deg"
no share; rare units that a slip of the pen could mean ("a" for are, "ft" for femtotonne) do not exist; and it
starts at once. Text never reaches pint unless it has the plain form of a unit, so that no file can hang it.
"""

import difflib
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pint
from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

DEFINITIONS = """
milli- = 1e-3 = m-
micro- = 1e-6 = u- = µ- = μ-
nano- = 1e-9 = n-
centi- = 1e-2 = c-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
meter = [length] = m
second = [time] = s
gram = [mass] = g
kelvin = [temperature] = K
ampere = [current] = A
radian = [angle] = rad
bit = [information]
USD = [money]
dB = [decibel]
dBi = [antenna_gain]
dBW = [radiated_power]
degree = 0.017453292519943295 * radian = deg = °
arcminute = degree / 60 = arcmin
arcsecond = degree / 3600 = arcsec
minute = 60 * second = min
hour = 3600 * second = h
day = 86400 * second = d
week = 7 * day
year = 365.25 * day = yr
tonne = 1000000 * gram = t
newton = kilogram * meter / second ** 2 = N
joule = newton * meter = J
watt = joule / second = W
watt_hour = watt * hour = Wh
volt = watt / ampere = V
byte = 8 * bit = B
bps = bit / second
hertz = 1 / second = Hz
"""

_NUMBER = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?"
_TERM = r"(?:1|[A-Za-zµμ°]{1,20})(?:\^?-?[1-9])?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*(%|{_TERM}(?:\s*[*/·]\s*{_TERM}){{0,4}})?", re.ASCII)
_POWER = re.compile(r"(?<=[A-Za-zµμ°])\^?(-?[1-9])")
_NICE = {
    "kw": "kW",
    "mw": "MW",
    "w": "W",
    "kwh": "kWh",
    "wh": "Wh",
    "km": "km",
    "kg": "kg",
    "years": "yr",
    "y": "yr",
}
_USUAL = """m km cm mm s min h d yr g kg t W kW MW J kJ MJ Wh kWh MWh deg rad 1/yr m2 USD MUSD dBi dBW dB/K
K V A N dB Hz kHz MHz GHz nm bit kbit Mbit Gbit Tbit B kB MB GB TB bit/s kbit/s Mbit/s Gbit/s MB/s"""
LONGEST_TEXT = 100
FROM_FILE = "from a file"


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity.

    Attributes
    ----------
    name : str
        Name for messages, with article: "a power".
    si : str
        Unit in which the value is held.
    display : str
        Unit for people.
    example : str
        How a station file writes it.
    """

    name: str
    si: str
    display: str
    example: str


DIMENSIONS: dict[str, Dimension] = {
    "share": Dimension("a share", "1", "1", "0.2 or 20 %"),
    "length": Dimension("a length", "m", "m", "2 m"),
    "altitude": Dimension("a length", "m", "km", "100 km"),
    "area": Dimension("an area", "m^2", "m2", "12 m2"),
    "volume": Dimension("a volume", "m^3", "m3", "12 m3"),
    "mass": Dimension("a mass", "kg", "kg", "1200 kg"),
    "mass_rate": Dimension("a mass per time", "kg/s", "kg/d", "0.84 kg/d"),
    "time": Dimension("a time", "s", "d", "30 d"),
    "speed": Dimension("a speed", "m/s", "m/s", "3 cm/s"),
    "angle": Dimension("an angle", "rad", "deg", "45 deg"),
    "degrees": Dimension("an angle", "deg", "deg", "-88.8 deg"),
    "power": Dimension("a power", "W", "kW", "40 kW"),
    "energy": Dimension("an energy", "J", "kWh", "50 kWh"),
    "heat_capacity": Dimension("a heat capacity", "J/K", "kJ/K", "90 kJ/K"),
    "conductance": Dimension("a thermal conductance", "W/K", "W/K", "0.5 W/K"),
    "rate": Dimension("a rate of change", "1/s", "1/yr", "0.01 1/yr"),
    "data": Dimension("an amount of data", "bit", "Gbit", "500 Gbit"),
    "data_rate": Dimension("a data rate", "bit/s", "Mbit/s", "10 Mbit/s"),
    "mass_per_power": Dimension("a mass for a power", "kg/W", "kg/kW", "50 kg/kW"),
    "mast_mass": Dimension("a mass for a power and a length", "kg/W/m", "kg/kW/m", "2 kg/kW/m"),
    "specific_energy": Dimension("an energy for a mass", "J/kg", "Wh/kg", "150 Wh/kg"),
    "money": Dimension("a sum of money", "USD", "MUSD", "160 MUSD"),
    "gain": Dimension("an antenna gain", "dBi", "dBi", "68 dBi"),
    "figure_of_merit": Dimension("a gain over temperature", "dB/K", "dB/K", "53 dB/K"),
    "decibel": Dimension("a ratio in decibels", "dB", "dB", "0.5 dB"),
    "frequency": Dimension("a frequency", "Hz", "GHz", "8.4 GHz"),
    "temperature": Dimension("a temperature", "K", "K", "120 K"),
    "eirp": Dimension("a radiated power", "dBW", "dBW", "107 dBW"),
}
"""Every kind of quantity that a station file knows."""


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return pint with the units of station files and no others."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(None, on_redefinition="raise")
    units.load_definitions(DEFINITIONS.strip().splitlines())
    return units


@lru_cache(maxsize=2048)
def conversion(unit: str, target: str) -> float:
    """Factor from one unit to another.

    Raises
    ------
    LookupError
        If the unit is not known; says which are.
    TypeError
        If the unit is of another dimension; says which.
    """
    units = registry()
    try:
        source = units.parse_units(_for_pint(unit))
    except (
        pint.errors.UndefinedUnitError,
        pint.errors.DefinitionSyntaxError,
        ValueError,
        TypeError,
        AttributeError,
    ) as e:
        raise LookupError(f"unit {unit!r} is not known{_nearest_unit(unit)}") from e
    wanted = units.parse_units(_for_pint(target))
    if source == wanted:
        return 1.0
    if source.dimensionality != wanted.dimensionality:
        raise TypeError(_name_of(source.dimensionality) or f"{unit!r} measures something else")
    return float((1.0 * source).to(wanted).magnitude)


def _for_pint(unit: str) -> str:
    return _POWER.sub(r"**\1", unit.replace("·", "*").replace("°", "degree"))


@lru_cache(maxsize=256)
def _name_of(dimensionality: Any) -> str:
    for kind in DIMENSIONS.values():
        if kind.si != "1" and registry().parse_units(_for_pint(kind.si)).dimensionality == dimensionality:
            return f"that is {kind.name}"
    return ""


def _nearest_unit(unit: str) -> str:
    known = _NICE.get(unit.lower())
    if known is None:
        close = difflib.get_close_matches(unit, _USUAL.split(), n=1, cutoff=0.6)
        known = close[0] if close else None
    return f" (did you mean {known!r}?)" if known else ""


def show(value: object, limit: int = 48) -> str:
    """Write a value from a file so that it fits in one line of a message."""
    if isinstance(value, str):
        text = '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value[: limit + 1]) + '"'
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = "a list"
    elif isinstance(value, int) and abs(value) > 10**18:
        text = "a number of more than 18 digits"
    else:
        text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def parse_quantity(value: object, dimension: str) -> float:
    """Read a quantity as a float in the SI unit of its dimension.

    Parameters
    ----------
    value : object
        Text with number and unit; for shares a plain number or text in per cent.
    dimension : str
        A key of `DIMENSIONS`.

    Raises
    ------
    ValueError
        One line with the value, what is wrong with it and how to write it.
    """
    kind = DIMENSIONS[dimension]
    cure = f'write it like "{kind.example}"' if dimension != "share" else 'write it like 0.2 or "20 %"'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{show(value)} is not {kind.name}; {cure}")  # noqa: TRY004
    if not isinstance(value, str):
        return _plain_number(value, dimension, cure)
    text = value.strip()
    match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if match is None:
        raise ValueError(f"{show(value)} is not a number with a unit; {cure}")
    number, unit = float(match[1]), match[2] or ""
    if not math.isfinite(number):
        raise ValueError(f"{show(value)} is too large for a number; {cure}")
    if dimension == "share":
        if unit not in ("", "%"):
            raise ValueError(f"{show(value)} has a unit, but a share has none; {cure}")
        return number / 100.0 if unit else number
    if not unit:
        raise ValueError(f"{show(value)} has no unit; {cure}")
    if unit == "%":
        raise ValueError(f"{show(value)} is a share, not {kind.name}; {cure}")
    try:
        factor = conversion(unit, kind.si)
    except LookupError as error:
        raise ValueError(f"{show(value)}: {error.args[0]}; {cure}") from None
    except TypeError as error:
        raise ValueError(f"{show(value)}: {error.args[0]}, not {kind.name}; {cure}") from None
    result = number * factor
    if not math.isfinite(result):
        raise ValueError(f"{show(value)} is too large for a number; {cure}")
    return result


def _plain_number(value: float, dimension: str, cure: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{show(value)} is not a finite number; {cure}")
    if dimension != "share":
        raise ValueError(f"{show(value)} has no unit; {cure}")
    return number


def format_quantity(value: float, dimension: str) -> str:
    """Write an SI value in the unit for people, e.g. "40 kW"."""
    kind = DIMENSIONS[dimension]
    if kind.si == "1":
        return f"{value:g}"
    return f"{value / conversion(kind.display, kind.si):g} {kind.display}"


@dataclass(frozen=True)
class Measure:
    """Marks a field of a model as a quantity and bounds it: ``Annotated[float, Measure("power", low=0.0)]``.

    Attributes
    ----------
    dimension : str
        A key of `DIMENSIONS`.
    low, high : float
        Smallest and largest value allowed, SI.
    above : bool
        True if `low` itself is not allowed.
    """

    dimension: str
    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def validate(self, value: object, info: ValidationInfo) -> float:
        """Read and bound a value.

        A plain number is SI when a program makes the record, and refused when a file is read
        (validation context `FROM_FILE`), for a file says its units.

        Raises
        ------
        ValueError
            If it is no such quantity, or out of bounds; says which bounds.
        """
        plain = isinstance(value, int | float) and not isinstance(value, bool) and info.context != FROM_FILE
        number = parse_quantity(value, "share") if plain else parse_quantity(value, self.dimension)
        if number < self.low or number > self.high or (self.above and number == self.low):
            raise ValueError(f"{show(value)} is out of range; give {self.bounds}")
        return number

    @property
    def bounds(self) -> str:
        """The bounds in words, "" if there are none."""
        low, high = (
            format_quantity(x, self.dimension) if math.isfinite(x) else "" for x in (self.low, self.high)
        )
        if low and high:
            return f"{'more than ' if self.above else ''}{low} to {high}"
        if low:
            return f"more than {low}" if self.above else f"{low} or more"
        return f"{high} or less" if high else ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validate)


def parse_range(text: str, dimension: str) -> tuple[float, float]:
    """Read a range such as "2 deg..8 deg", "5 deg.." or "..8 deg" as two SI floats, infinite where open.

    Raises
    ------
    ValueError
        One line with the text, what is wrong with it and how to write it.
    """
    example = DIMENSIONS[dimension].example
    first, dots, last = (part.strip() for part in text.partition(".."))
    if not dots or not (first or last):
        raise ValueError(f'{show(text)} is no range; write it like "{example}.." or "{example}..{example}"')
    low = parse_quantity(first, dimension) if first else -math.inf
    high = parse_quantity(last, dimension) if last else math.inf
    if low == high:
        raise ValueError(f"{show(text)} has no width; write a lower and a higher bound")
    if not low < high:
        raise ValueError(f'{show(text)} is upside down; write the lower bound first, "{last}..{first}"')
    return low, high
