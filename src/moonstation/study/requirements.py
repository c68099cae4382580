"""Requirements judged: each figure against its limit, with the margin."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moonstation.constants import SECONDS_PER_DAY
from moonstation.station.metrics import parse
from moonstation.station.model import Requirement
from moonstation.station.units import DIMENSIONS, conversion

ROUND_OFF = 1e-9
"""A figure this share of its limit short of it still meets it: sums in another order differ by less."""

HOURS_UP_TO = 2.0 * SECONDS_PER_DAY
"""Times with limits up to this are told in hours [s]."""

UNCOMPUTED: Mapping[str, str] = {
    "bus.{bus}.reserve.lowest": "the bus has no store of energy",
    "bus.{bus}.dark_margin": "the bus has no store of energy above its reserve",
    "bus.{bus}.survival_time": "the bus has no survival load; give load_survival",
    "data.{site}.delivered": "the site makes no data",
    "mission.{mission}.mass_margin": "no mass to the Moon is known of its launcher; give tli",
    "mission.{mission}.landing_sun": "no lit landing was found within 30 d of the arrival",
}
"""Why a figure of a family can be nan; others are plainly not there."""


@dataclass(frozen=True)
class Verdict:
    """A requirement judged.

    Attributes
    ----------
    id : str
        Id of the requirement.
    metric : str
        The figure that is judged.
    value : float or None
        The figure in `unit`; None when it could not be computed.
    unit : str
        Unit for people, "%" for shares.
    limit : float
        Limit in `unit`.
    sense : str
        "at_least" or "at_most".
    margin : float or None
        Distance from the limit in `unit`, positive is good; None without a value.
    margin_share : float or None
        The margin as share of the limit; None without a value or where the limit is zero.
    verdict : str
        "met" or "not met"; what could not be computed is not met.
    text : str
        The requirement in words, and why its figure could not be computed where that is so.
    """

    id: str
    metric: str
    value: float | None
    unit: str
    limit: float
    sense: Literal["at_least", "at_most"]
    margin: float | None
    margin_share: float | None
    verdict: Literal["met", "not met"]
    text: str

    def row(self) -> tuple[str, str, str, str, str]:
        """Id, value, limit, margin and verdict as text for a table."""
        sign = "≥" if self.sense == "at_least" else "≤"
        margin = "–" if self.margin is None else f"{_number(self.margin, sign=True)} {self._margin_unit}"
        value = "–" if self.value is None else f"{_number(self.value)} {self.unit}"
        return self.id, value, f"{sign} {_number(self.limit)} {self.unit}", margin, self.verdict

    @property
    def _margin_unit(self) -> str:
        return "points" if self.unit == "%" else self.unit


def evaluate(requirements: Sequence[Requirement], metrics: Mapping[str, float]) -> list[Verdict]:
    """Judge every requirement.

    Parameters
    ----------
    requirements : sequence of Requirement
        From the station, limits in SI units.
    metrics : mapping of str to float
        Figures in SI units by name; nan, or nothing, where a figure could not be computed.

    Returns
    -------
    list of Verdict
        In the order of the requirements; one with two limits gives two.
    """
    verdicts = []
    for requirement in requirements:
        if requirement.at_least is not None:
            verdicts.append(_judge(requirement, metrics, "at_least", requirement.at_least))
        if requirement.at_most is not None:
            verdicts.append(_judge(requirement, metrics, "at_most", requirement.at_most))
    return verdicts


def display_unit(metric: str, limit: float) -> tuple[str, float]:
    """Unit for people of a metric, and what one SI unit is in it.

    "%" for shares, hours for times that are limited to two days or less, else the unit of the metric's dimension.

    Parameters
    ----------
    metric : str
        Name of the metric.
    limit : float
        The limit that it is judged by, SI.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    dimension = parse(metric).metric.dimension
    if dimension == "share":
        return "%", 100.0
    unit = "h" if dimension == "time" and 0.0 < abs(limit) <= HOURS_UP_TO else DIMENSIONS[dimension].display
    return unit, conversion(DIMENSIONS[dimension].si, unit)


def _judge(
    requirement: Requirement,
    metrics: Mapping[str, float],
    sense: Literal["at_least", "at_most"],
    limit: float,
) -> Verdict:
    unit, factor = display_unit(requirement.metric, limit)
    value = metrics.get(requirement.metric, math.nan)
    if not math.isfinite(value):
        why = _why_not(requirement.metric, metrics)
        text = f"{requirement.text}; {why}" if requirement.text else why
        return Verdict(
            requirement.id, requirement.metric, None, unit, limit * factor, sense, None, None, "not met", text
        )
    margin = value - limit if sense == "at_least" else limit - value
    met = margin >= -ROUND_OFF * abs(limit)
    if met:
        margin = max(margin, 0.0)
    return Verdict(
        id=requirement.id,
        metric=requirement.metric,
        value=value * factor,
        unit=unit,
        limit=limit * factor,
        sense=sense,
        margin=margin * factor,
        margin_share=margin / abs(limit) if limit != 0.0 else None,
        verdict="met" if met else "not met",
        text=requirement.text,
    )


def _why_not(metric: str, metrics: Mapping[str, float]) -> str:
    if metric not in metrics:
        return f"not met, for this study gives no {metric}: check the id"
    reason = UNCOMPUTED.get(parse(metric).metric.pattern, "it came out as no finite number")
    return f"not met, for {metric} could not be computed: {reason}"


def _number(value: float, *, sign: bool = False) -> str:
    """Four significant digits, without an exponent in the range of people."""
    if value != 0.0 and not 1e-3 <= abs(value) < 1e7:
        return f"{value:{'+' if sign else ''}.3e}"
    digits = 0 if value == 0.0 else max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:{'+' if sign and value != 0.0 else ''}.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
