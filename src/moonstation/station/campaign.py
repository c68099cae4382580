"""How a station is built up: ``[campaign]``, pads, landers, milestones, crews, supplies, plants and budgets."""

import math
import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from moonstation.station.part import Part
from moonstation.station.prices import Cost, Price, read_price
from moonstation.station.units import Measure, show
from moonstation.station.vocabulary import (
    BoilOff,
    Count,
    Duration,
    Id,
    Impulse,
    Mass,
    Month,
    Name,
    Number,
    Power,
    Share,
    Speed,
    Text,
    Volume,
    Wait,
    WearRate,
    YesNo,
)

CAPABILITIES: dict[str, str | None] = {
    "power": "power",
    "mass": "mass",
    "crew_days": None,
    "data": "data_rate",
    "oxygen": "mass",
    "elements": None,
}
"""What a milestone can ask for, with its dimension; None for plain numbers. ``function:ID`` takes no amount."""

CREW = "crew"
"""Name of the store from which crews live; a supply or the product of a plant can fill it."""

_BASIS = re.compile(r"\s*([A-Za-z]{3})\s+(\d{4})\s*")


class Campaign(Part):
    """Months, prices and aim of the plan that builds the station up; there is one."""

    id: Id = Field(default="campaign", description="Name by which results refer to it.")
    start: Month = Field(description="First month of the campaign.")
    end: Month = Field(description="Last month of the campaign, included.")
    prices: Name = Field(
        default="USD 2026", description="Currency and year to which all costs are brought, as in `USD 2026`."
    )
    rates: list[Name] = Field(
        default_factory=list,
        description='What other money is worth in it, as in "1 EUR 2020 = 1.38 USD 2026"; refused without.',
    )
    objective: Literal["cost", "completion", "capability", "mix"] = Field(
        default="cost",
        description="What the plan is best in: least cost, earliest completion, most capability by a date, or a mix.",
    )
    weight_cost: Number = Field(
        default=1.0, description="Weight of a thousand million of the currency in a mix."
    )
    weight_completion: Number = Field(
        default=1.0, description="Weight of a year by which all is landed later, in a mix."
    )
    weight_capability: Number = Field(
        default=1.0, description="Weight of the share of the capability landed in time, in a mix."
    )
    capability: Literal["power", "mass", "data", "elements"] = Field(
        default="power", description="Capability that the objectives `capability` and `mix` count."
    )
    capability_by: Month | None = Field(
        default=None, description="Month at whose end it is counted; the last if not given."
    )
    everything: YesNo = Field(
        default=True,
        description="Whether all elements must be landed by the end; if not, those that milestones need.",
    )
    sunlight: Share | None = Field(
        default=None,
        description="Share of the time in which arrays are lit; computed for each site if not given.",
    )
    dark: Wait | None = Field(
        default=None,
        description="Longest dark spell that stores must bridge; computed for each site if not given.",
    )

    @field_validator("prices")
    @classmethod
    def _basis(cls, value: str) -> str:
        found = _BASIS.fullmatch(value)
        if found is None:
            raise ValueError(f'{show(value)} names no prices; write currency and year, as in "USD 2026"')
        return read_price(f"1 {found[1]} {found[2]}").basis

    @field_validator("rates")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for text in value:
            _read_rate(text)
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Campaign":
        if self.end < self.start:
            raise ValueError("end is before start; exchange them")
        if self.months > 600:
            raise ValueError(f"lasts {self.months} months; plan at most 600 (50 years)")
        if self.capability_by is not None and not self.start <= self.capability_by <= self.end:
            raise ValueError("capability_by is outside the campaign; give a month from start to end")
        for key in ("weight_cost", "weight_completion", "weight_capability"):
            if not 0.0 <= getattr(self, key) <= 1e6:
                raise ValueError(f"{key} {getattr(self, key):g} is outside 0 to 1e6; give a positive weight")
        if self.objective == "mix" and not self.weight_cost + self.weight_completion + self.weight_capability:
            raise ValueError("objective is a mix of weights that are all 0; give one of them")
        for text in self.rates:
            if _read_rate(text)[1].basis != self.prices:
                raise ValueError(
                    f"rate {show(text)} does not lead to {self.prices}; write '1 EUR 2020 = 1.38 {self.prices}'"
                )
        return self

    @property
    def months(self) -> int:
        """Number of months."""
        return self.month_of(self.end) + 1

    def month_of(self, month: Month) -> int:
        """Index of a month, 0 for the first; negative before it."""
        return 12 * (month.year - self.start.year) + month.month - self.start.month

    def worth(self, price: Price) -> float:
        """A price in the money of the campaign.

        Raises
        ------
        ValueError
            If there is no rate for its currency and year.
        """
        if price.basis == self.prices:
            return price.amount
        for text in self.rates:
            first, second = _read_rate(text)
            if first.basis == price.basis:
                return price.amount / first.amount * second.amount
        year = "" if price.year else ", or give the year of the price"
        raise ValueError(
            f"is in {price.basis}, the campaign in {self.prices}; give a rate under [campaign], as in "
            f'rates = ["1 {price.currency} {price.year or 2020} = 1.2 {self.prices}"]{year}'
        )


def _read_rate(text: str) -> tuple[Price, Price]:
    sides = text.split("=")
    cure = 'write it like "1 EUR 2020 = 1.38 USD 2026"'
    if len(sides) != 2:
        raise ValueError(f"{show(text)} is no rate; {cure}")
    try:
        first, second = read_price(sides[0]), read_price(sides[1])
    except ValueError as error:
        raise ValueError(f"{show(text)} is no rate ({error}); {cure}") from None
    if not first.amount or not second.amount:
        raise ValueError(f"{show(text)} makes money worthless; {cure}")
    return first, second


_WINDOW = re.compile(r"(?:(\d{4})-)?(\d{2})(?:\s*\.\.\s*(?:(\d{4})-)?(\d{2}))?")


def _read_window(text: str) -> tuple[int, int, bool]:
    """First and last month of a window, counted from year 0, and whether it comes back each year."""
    found = _WINDOW.fullmatch(text.strip())
    cure = 'write a month as "2033-06", some as "2033-06..2033-09", or months of every year as "10..03"'
    if found is None:
        raise ValueError(f"{show(text)} is no window; {cure}")
    year, month, last_year, last_month = found.groups()
    again = year is None
    if last_month is None:
        last_year, last_month = year, month
    if again != (last_year is None) or not (1 <= int(month) <= 12 and 1 <= int(last_month) <= 12):
        raise ValueError(f"{show(text)} is no window; {cure}")
    first = 12 * int(year or 0) + int(month) - 1
    last = 12 * int(last_year or 0) + int(last_month) - 1
    if last < first and not again:
        raise ValueError(f"window {show(text)} ends before it begins; exchange its months")
    return first, last, again


def _check_windows(texts: list[str]) -> list[str]:
    for text in texts:
        _read_window(text)
    return texts


def opens(windows: list[str], month: Month) -> bool:
    """Whether there is a window in a month; always where none are stated."""
    number, of_year = 12 * month.year + month.month - 1, month.month - 1
    for text in windows:
        first, last, again = _read_window(text)
        if not again and first <= number <= last:
            return True
        # from October to March is over the end of the year
        if again and (first <= of_year <= last or (last < first and not last < of_year < first)):
            return True
    return not windows


class Pad(Part):
    """A launch pad."""

    launch_site: Id = Field(description="Launch site of the catalogue, by id.")
    partner: Name = Field(default="", description="Partner that runs it.")
    turnaround: Duration = Field(
        default=30.4375 * 86_400.0,
        description="Time between two launches; rounded up to whole months, one at least.",
    )
    available_from: Month | None = Field(default=None, description="First month in which it can launch.")
    available_until: Month | None = Field(default=None, description="Last month in which it can launch.")
    windows: list[Name] = Field(
        default_factory=list,
        description='Months with a window to the Moon, as in `["2033-06..2033-09", "2034-01"]` or, every year, '
        '`["10..03"]`; all if not given.',
    )

    @field_validator("windows")
    @classmethod
    def _months(cls, value: list[str]) -> list[str]:
        return _check_windows(value)

    @property
    def turnaround_months(self) -> int:
        """Whole months from one launch to the next."""
        return max(1, math.ceil(self.turnaround / (30.4375 * 86_400.0) - 1e-9))


class Lander(Part):
    """What brings elements, supplies or crews from the way to the Moon to the ground."""

    from_: Id | None = Field(
        default=None, alias="from", description="Entry of the lander catalogue to start from."
    )
    partner: Name = Field(default="", description="Partner that provides it.")
    status: Text = Field(default="", description="Flown, in development, cancelled, a concept.")
    launchers: list[Id] = Field(
        default_factory=list, description="Launchers of the station that can lift it, by id."
    )
    kind: Literal["cargo", "crew"] = Field(default="cargo", description="What it brings.")
    dry_mass: Mass = Field(description="Mass without propellant and payload.")
    propellant: Mass = Field(description="Propellant that its tanks hold.")
    specific_impulse: Impulse = Field(default=320.0, description="Specific impulse, in seconds.")
    delta_v: Speed = Field(
        default=2900.0, description="From the way to the Moon down to the ground, with its reserve."
    )
    return_delta_v: Speed = Field(
        default=0.0, description="Back up from the ground without its payload; 0 if it stays."
    )
    return_mass: Mass = Field(default=0.0, description="Mass that it brings back up beside itself.")
    payload_mass: Mass | None = Field(
        default=None,
        description="Most payload that it carries; what propellant and launcher allow if not given.",
    )
    payload_volume: Volume | None = Field(
        default=None, description="Room for payload; the launcher's fairing if not given."
    )
    cost: Cost | None = Field(default=None, description="Cost of one, with currency and year of prices.")
    available_from: Month | None = Field(default=None, description="First month in which it can fly.")
    available_until: Month | None = Field(default=None, description="Last month in which it can fly.")
    reusable: Count = Field(
        default=1, ge=1, le=1000, description="Flights that one of them makes; 1 if it flies once."
    )
    refit: Wait = Field(
        default=0.0, description="Reusable: time between two flights of one; in whole months, rounded up."
    )
    most: Count | None = Field(
        default=None, ge=0, description="Most that can be built for the campaign; no limit if not given."
    )
    flight_time: Wait = Field(
        default=5.0 * 86_400.0, description="From launch to landing, in which propellant boils off."
    )
    boil_off: BoilOff = Field(default=0.0, description="Share of the propellant lost per time.")
    windows: list[Name] = Field(
        default_factory=list,
        description="Months in which it can land, such as those with light; written as the windows of a pad.",
    )
    launches: Count = Field(default=1, ge=1, le=20, description="Launches that one flight takes.")

    @field_validator("windows")
    @classmethod
    def _months(cls, value: list[str]) -> list[str]:
        return _check_windows(value)

    @model_validator(mode="after")
    def _agree(self) -> "Lander":
        if not self.launchers:
            raise ValueError('nothing lifts it; give launchers, as in launchers = ["long_march_5"]')
        if not self.dry_mass or not self.propellant:
            raise ValueError("dry_mass and propellant must be above zero; give both")
        if self.reusable > 1 and not self.return_delta_v:
            raise ValueError(
                'is reused but never comes back; give return_delta_v, as in return_delta_v = "1968 m/s"'
            )
        if self.boil_off * self.flight_time >= 1.0:
            raise ValueError("boils off all propellant on the way; lower boil_off or flight_time")
        return self

    @property
    def refit_months(self) -> int:
        """Whole months from one flight of a reusable one to its next, 1 at least."""
        return max(1, math.ceil(self.refit / (30.4375 * 86_400.0) - 1e-9))


class Milestone(Part):
    """A capability that the station must have by a month."""

    capability: Name = Field(
        description="`power`, `mass` (landed), `crew_days` (so far), `data`, `oxygen` (made so far), `elements` or "
        "`function:ID`."
    )
    at_least: float | None = Field(
        default=None, description="How much, in the unit of the capability; plain for crew days and elements."
    )
    elements: list[Id] = Field(
        default_factory=list,
        description="With `elements`: those that must stand; any `at_least` if not given.",
    )
    by: Month = Field(description="Month at whose end it must be there.")

    @field_validator("capability")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CAPABILITIES and not re.fullmatch(r"function:\S+", value):
            raise ValueError(f"{show(value)} is not one of {', '.join(CAPABILITIES)}, function:ID")
        return value

    @field_validator("at_least", mode="before")
    @classmethod
    def _in_unit(cls, value: object, info: ValidationInfo) -> float | None:
        capability = info.data.get("capability")
        if value is None or capability is None:
            return None
        dimension = CAPABILITIES.get(capability)
        if dimension is not None:
            return Measure(dimension, 0.0, above=True).validate(value, info)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1e9:
            raise ValueError(f"{show(value)} is no number above zero; write it like 60, without quotes")
        return float(value)

    @model_validator(mode="after")
    def _agree(self) -> "Milestone":
        if self.capability == "elements":
            if bool(self.elements) == (self.at_least is not None):
                raise ValueError('name elements or their number, as in elements = ["power-plant"]')
        elif self.elements:
            raise ValueError(f"elements do not go with {self.capability}; leave them out")
        elif self.function:
            if self.at_least is not None:
                raise ValueError("a function is served or not; leave at_least out")
        elif self.at_least is None:
            raise ValueError("asks for no amount; give at_least")
        return self

    @property
    def function(self) -> str:
        """Id of the function that must be served, "" if it asks for something else."""
        kind, _, name = self.capability.partition(":")
        return name if kind == "function" else ""


class CrewFlight(Part):
    """A crew that goes to the station, stays and comes back."""

    partner: Name = Field(default="", description="Partner that sends it.")
    crew: Count = Field(ge=1, le=100, description="People.")
    stay: Duration = Field(description="Time on the ground.")
    lander: Id = Field(description="Lander that brings it, by id; one of kind `crew`.")
    site: Name = Field(default="", description="Where it lands; may be left out if there is only one site.")
    launches: Count | None = Field(
        default=None, ge=1, le=20, description="Launches that it takes; the lander's if not given."
    )
    person_mass: Mass = Field(default=200.0, description="Mass of a person with suit and belongings.")
    consumables: Mass = Field(
        default=11.0, description="Oxygen, water and food used by a person in a day, before recovery."
    )
    closure: Share = Field(default=0.0, description="Share of it that the station recovers.")
    after: list[Id] = Field(
        default_factory=list, description="Elements that must stand the month before it lands."
    )
    not_before: Month | None = Field(default=None, description="First month in which it may land.")
    by: Month | None = Field(
        default=None, description="Last month in which it may land; the end if not given."
    )

    @property
    def need(self) -> float:
        """Consumables of the whole stay that must be brought [kg]."""
        return self.crew * self.stay / 86_400.0 * self.consumables * (1.0 - self.closure)

    @property
    def crew_days(self) -> float:
        """Days on the ground times people."""
        return self.crew * self.stay / 86_400.0

    @model_validator(mode="after")
    def _agree(self) -> "CrewFlight":
        if self.not_before is not None and self.by is not None and self.by < self.not_before:
            raise ValueError("by is before not_before; exchange them")
        return self


class Supply(Part):
    """Something that the station uses up and that flights bring."""

    kind: Literal["spares", "consumables", "crew"] = Field(
        description="What it is; `crew` is the store from which crews live (one such supply at most)."
    )
    partner: Name = Field(default="", description="Partner that provides it.")
    share: WearRate = Field(default=0.0, description="Used per time, as share of the landed mass.")
    per_year: Mass = Field(default=0.0, description="Used in a year, from `first` on, beside that.")
    from_failures: YesNo = Field(
        default=False,
        description="Used as [[failure]] has it: units over mean working time, each unit its share of its element.",
    )
    unit_share: Share = Field(
        default=0.1,
        description="With `from_failures`: mass of a spare as share of its element's, for one unit.",
    )
    elements: list[Id] = Field(
        default_factory=list, description="Elements whose landed mass and failures count; all if not given."
    )
    first: Month | None = Field(
        default=None, description="First month of `per_year`; the first if not given."
    )
    stock: Mass = Field(default=0.0, description="Stock on the ground at the start.")
    reserve: Wait = Field(
        default=0.0, description="Time for which the stock must last without a delivery, in whole months."
    )
    price: Cost | None = Field(default=None, description="Cost of a kilogram before launch.")

    @property
    def reserve_months(self) -> int:
        """Whole months of the reserve."""
        return math.ceil(self.reserve / (30.4375 * 86_400.0) - 1e-9)

    @model_validator(mode="after")
    def _agree(self) -> "Supply":
        if self.kind != "crew" and not (self.share or self.per_year or self.from_failures):
            raise ValueError("nothing is used of it; give share, per_year or from_failures")
        return self


class Plant(Part):
    """Something made on the spot that takes the place of what flights would bring."""

    element: Id = Field(description="Element that makes it; its mass is that of the plant.")
    product: Literal["oxygen", "water"] = Field(default="oxygen", description="What it makes.")
    yield_per_year: Mass = Field(description="Made in a year of work.")
    power: Power = Field(default=0.0, description="Power at work, beside the element's own loads.")
    start_after: Wait = Field(
        default=0.0, description="From landing to the first product; in whole months, rounded up."
    )
    fills: Id | None = Field(
        default=None,
        description="Supply that it fills, by id; nothing else needs bringing less if not given.",
    )
    usable: Share = Field(default=1.0, description="Share of the product that takes that supply's place.")

    @property
    def delay_months(self) -> int:
        """Whole months from landing to the first month of work, 1 at least."""
        return max(1, math.ceil(self.start_after / (30.4375 * 86_400.0) - 1e-9))


class YearBudget(Part):
    """Money that a partner can spend in each calendar year of the campaign."""

    partner: Name = Field(default="", description="Partner; all together if not given.")
    amount: Cost = Field(description="In each year, with currency and year of prices.")
    first: Count | None = Field(default=None, description="First year that it holds for; all if not given.")
    last: Count | None = Field(default=None, description="Last year that it holds for.")

    def holds(self, year: int) -> bool:
        """Whether it holds for a year."""
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)
