"""What stands at a site: the table ``[[element]]`` of a station file."""

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from moonstation.constants import SOLAR_CONSTANT
from moonstation.station.part import Maturity, Part
from moonstation.station.prices import Cost
from moonstation.station.vocabulary import (
    Area,
    Count,
    Data,
    DataRate,
    Day,
    Duration,
    Efficiency,
    Energy,
    Height,
    Id,
    Mass,
    Month,
    Name,
    Power,
    Properties,
    Rate,
    Share,
    Tilt,
    Turn,
    Volume,
)

ElementKind = Literal[
    "fission",
    "isotope",
    "solar-array",
    "battery",
    "fuel-cell",
    "command",
    "communication",
    "science",
    "isru",
    "rover",
    "hopper",
    "lander",
    "habitat",
    "support",
    "other",
]


class Element(Part):
    """Something that stands at a site, uses or gives power, and makes or sends data."""

    from_: Id | None = Field(
        default=None, alias="from", description="Entry of the element catalogue to start from."
    )
    partner: Name = Field(
        default="", description="Partner that provides it; may be left out if there is only one."
    )
    site: Name = Field(description="Site where it stands.")
    facility: Name | None = Field(default=None, description="Facility that it belongs to.")
    mission: Name | None = Field(default=None, description="Mission that delivers it.")
    kind: ElementKind = Field(description="What it is.")
    bus: Id = Field(
        default="", description="Power bus that it is on; the site's own (same id as the site) if not given."
    )
    mass: Mass = Field(default=0.0, description="Mass as landed.")
    volume: Volume | None = Field(
        default=None, description="Room that it takes in a lander; not counted if not given."
    )
    maturity: Maturity | None = Field(
        default=None,
        description="How far its design is, for margins: ESA's words or the classes of ANSI/AIAA S-120A; after the "
        "confidence of each value if not given.",
    )
    cost: Cost | None = Field(
        default=None, description='Cost, with currency and year of prices, as in "120 MUSD 2026".'
    )
    arrives: Day | None = Field(
        default=None, description="Date of arrival; there from the start if not given."
    )
    after: list[Id] = Field(
        default_factory=list,
        description="Elements that must stand before it lands, or land with it; for the campaign.",
    )
    not_before: Month | None = Field(
        default=None, description="First month in which the campaign may land it."
    )
    life: Duration | None = Field(default=None, description="Design life.")
    load_nominal: Power = Field(default=0.0, description="Power used in nominal mode.")
    load_survival: Power = Field(default=0.0, description="Power used in survival mode.")
    priority: Count = Field(
        default=5,
        ge=1,
        le=9,
        description="Order in which loads are kept when power is short: 1 is shed last, 9 first.",
    )
    endures: Duration | None = Field(
        default=None,
        description="Time without its survival load after which the cold destroys it; never if not given.",
    )
    power: Power = Field(
        default=0.0, description="Power given all the time (reactor, isotope source), at the start."
    )
    power_kind: Literal["fission", "isotope"] | None = Field(
        default=None, description="What gives `power`; follows from `kind` if that is fission or isotope."
    )
    half_life: Duration | None = Field(
        default=None, description="Half-life of `power`; constant if not given."
    )
    array_power: Power = Field(
        default=0.0,
        description="Power of the solar array facing the whole Sun at 1 au, at the start of the study.",
    )
    array_area: Area | None = Field(default=None, description="Area of the array, instead of `array_power`.")
    array_efficiency: Efficiency | None = Field(
        default=None, description="Efficiency that goes with `array_area`."
    )
    array_pointing: Literal["tracking", "fixed"] = Field(
        default="tracking", description="Turned to the Sun about both axes, or fixed."
    )
    array_azimuth: Turn = Field(
        default=0.0, description="Fixed array: azimuth of its normal, clockwise from north."
    )
    array_tilt: Tilt = Field(
        default=math.pi / 2, description="Fixed array: tilt of its face from the horizontal."
    )
    array_height: Height = Field(default=2.0, description="Height of the array's middle above ground.")
    array_degradation: Rate = Field(default=0.0, description="Share of array power lost per time.")
    battery_capacity: Energy = Field(
        default=0.0, description="Energy of the full store (battery or fuel cell)."
    )
    battery_efficiency: Efficiency = Field(default=0.9, description="Round-trip efficiency of the store.")
    battery_reserve: Share = Field(default=0.2, description="Share of the capacity that is never used.")
    battery_charge: Power | None = Field(
        default=None, description="Most power into the store; no limit if not given."
    )
    battery_discharge: Power | None = Field(
        default=None, description="Most power out of the store; no limit if not given."
    )
    battery_start: Share = Field(default=1.0, description="Share of the capacity held at the start.")
    data_rate_nominal: DataRate = Field(default=0.0, description="Data made in nominal mode.")
    data_rate_survival: DataRate = Field(default=0.0, description="Data made in survival mode.")
    data_storage: Data = Field(
        default=0.0, description="Memory for data that waits to be sent; shared at the site."
    )
    earth_rate: DataRate = Field(default=0.0, description="Data rate to a ground station while in contact.")
    relay_rate: DataRate = Field(default=0.0, description="Data rate to a relay orbiter while in contact.")
    properties: Properties = Field(
        default_factory=dict,
        description="Further facts by name; kept with their source, not used in computations.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        if "bus" not in filled and isinstance(filled.get("site"), str):
            filled["bus"] = filled["site"]
        if filled.get("kind") in ("fission", "isotope"):
            filled.setdefault("power_kind", filled["kind"])
        return filled

    @model_validator(mode="after")
    def _agree(self) -> "Element":
        if (self.array_area is None) != (self.array_efficiency is None):
            given = "array_area" if self.array_area is not None else "array_efficiency"
            raise ValueError(f"{given} stands alone; give array_area and array_efficiency together")
        if self.array_area is not None and self.array_efficiency is not None:
            if "array_power" in self.model_fields_set:
                raise ValueError("array_power and array_area both size the array; keep one of them")
            object.__setattr__(self, "array_power", self.array_area * self.array_efficiency * SOLAR_CONSTANT)
        if (
            self.array_power
            and self.array_pointing == "fixed"
            and "array_azimuth" not in self.model_fields_set
        ):
            raise ValueError(
                'the array is fixed but has no direction; give array_azimuth, as in "0 deg" for north'
            )
        if self.power and self.power_kind is None:
            raise ValueError('power comes from nowhere; say power_kind = "fission" or "isotope"')
        if self.kind in ("fission", "isotope") and not self.power:
            raise ValueError(f'kind is {self.kind} but it gives no power; add power = "40 kW"')
        if self.battery_start < self.battery_reserve and self.battery_capacity:
            raise ValueError("battery_start is below battery_reserve; start at the reserve or above")
        return self
