"""Terms on a place, as a user writes them: "average_sun >= 70 %", "longest_dark <= 5 d", "slope <= 8 deg"."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moonstation.arrays import AnyArray, BoolArray
from moonstation.errors import RequestError
from moonstation.station.units import conversion, parse_quantity, show

SLACK = 1e-6
"""Share of a bound within which a value counts as on it: maps hold seven digits."""

_TERM = re.compile(r"\s*([A-Za-z_]\w*)\s*(>=|<=|≥|≤)\s*(.+?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Measure:
    """What a place can be asked for.

    Attributes
    ----------
    name : str
        As in terms.
    dimension : str
        Kind of quantity, a key of `station.units.DIMENSIONS`.
    unit : str
        Unit for people.
    layer : str
        Layer of a map that it is made from.
    better : 1 or -1
        Whether more (1) or less (-1) of it is better.
    title : str
        Short name for tables.
    meaning : str
        In words.
    """

    name: str
    dimension: str
    unit: str
    layer: str
    better: Literal[1, -1]
    title: str
    meaning: str

    @property
    def factor(self) -> float:
        """SI value of one `unit`."""
        return 0.01 if self.unit == "%" else conversion(self.unit, _SI[self.dimension])

    def write(self, value: float, digits: int = 2) -> str:
        """A value with its unit."""
        return f"{value / self.factor:.{digits}f} {self.unit}" if math.isfinite(value) else "unknown"


_SI = {"share": "1", "time": "s", "angle": "rad", "length": "m", "area": "m^2"}

MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "average_sun", "share", "%", "average_sun", 1, "average Sun", "time mean of the visible disc"
        ),
        Measure("any_light", "share", "%", "any_light", 1, "any light", "share of time with any of the disc"),
        Measure(
            "longest_dark", "time", "d", "longest_dark", -1, "longest dark", "longest spell with none of it"
        ),
        Measure(
            "longest_light", "time", "d", "longest_light", 1, "longest light", "longest spell with any of it"
        ),
        Measure(
            "earth_visible",
            "share",
            "%",
            "earth_visible",
            1,
            "Earth",
            "share of time with the Earth's centre",
        ),
        Measure(
            "sun_and_earth",
            "share",
            "%",
            "sun_and_earth",
            1,
            "Sun and Earth",
            "share of time with both of them",
        ),
        Measure("slope", "angle", "deg", "slope", -1, "slope", "greatest slope within the footprint"),
        Measure("mean_slope", "angle", "deg", "slope", -1, "mean slope", "mean slope within the footprint"),
        Measure(
            "shadow_distance",
            "length",
            "km",
            "permanent_shadow",
            -1,
            "to shadow",
            "way over the ground to the nearest pixel without any light in the period",
        ),
        Measure("area", "area", "km2", "", 1, "area", "of the patch around that meets all other terms"),
    )
}
"""All measures, in the order of tables."""

LIGHT = ("average_sun", "any_light", "longest_dark", "longest_light", "earth_visible", "sun_and_earth")
"""Measures that the light of a single place gives, beside a map."""


@dataclass(frozen=True)
class Term:
    """A bound on a measure.

    Attributes
    ----------
    measure : Measure
        What is bounded.
    least : bool
        Whether the bound is the lowest value allowed, else the highest.
    bound : float
        SI.
    text : str
        As the user wrote it.
    """

    measure: Measure
    least: bool
    bound: float
    text: str

    def holds(self, values: AnyArray) -> BoolArray:
        """Where values (SI) meet the bound; unknown ones (NaN) do not."""
        slack = SLACK * abs(self.bound)
        met: BoolArray = values >= self.bound - slack if self.least else values <= self.bound + slack
        return met

    def shortfall(self, value: float) -> float:
        """By how much a value misses the bound, in parts of the bound (of the unit for a bound of 0); 0 if it holds."""
        scale = abs(self.bound) or self.measure.factor
        gap = self.bound - value if self.least else value - self.bound
        return math.inf if math.isnan(gap) else max(0.0, gap / scale)


def parse_term(text: str) -> Term:
    """Read a term.

    Parameters
    ----------
    text : str
        "NAME >= QUANTITY" or "NAME <= QUANTITY" with a name of `MEASURES` and a quantity with its unit.

    Raises
    ------
    RequestError
        If it is no term, the name is not known, or the quantity is of another kind or negative.
    """
    match = _TERM.fullmatch(text)
    if match is None:
        raise RequestError(
            f"--want {show(text)}: is no term; write NAME >= VALUE or NAME <= VALUE, e.g. 'average_sun >= 70 %' or "
            "'slope <= 8 deg'"
        )
    measure = find_measure(match[1], "--want")
    try:
        bound = parse_quantity(match[3], measure.dimension)
    except ValueError as error:
        raise RequestError(f"--want {measure.name}: {error}") from error
    if bound < 0.0 or (measure.dimension == "share" and bound > 1.0):
        high = " to 100 %" if measure.dimension == "share" else f" {measure.unit} or more"
        raise RequestError(f"--want {show(text)}: no place has that; give 0{high}")
    return Term(measure, match[2] in (">=", "≥"), bound, " ".join(text.split()))


def find_measure(name: str, key: str) -> Measure:
    """The measure of a name.

    Raises
    ------
    RequestError
        If there is none; says which there are.
    """
    measure = MEASURES.get(name.strip())
    if measure is None:
        close = difflib.get_close_matches(name, MEASURES, n=1, cutoff=0.6)
        hint = f"did you mean {close[0]}? " if close else ""
        raise RequestError(f"{key}: {show(name)} is not known; {hint}there are {', '.join(MEASURES)}")
    return measure


def undominated(figures: Sequence[Mapping[str, float]], measures: Sequence[Measure]) -> list[bool]:
    """Which of some places no other one beats: as good in all measures and better in one (Pareto).

    Parameters
    ----------
    figures : sequence of mapping of str to float
        Of each place, by measure; what is unknown (NaN) is worse than anything.
    measures : sequence of Measure
        Those that count.
    """
    rows = [
        [value if math.isfinite(value) else -math.inf for value in (m.better * f[m.name] for m in measures)]
        for f in figures
    ]
    return [
        not any(other != row and all(a >= b for a, b in zip(other, row, strict=True)) for other in rows)
        for row in rows
    ]
