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
    Kelvin,
    Mass,
    Month,
    Name,
    Number,
    Offset,
    Power,
    Properties,
    Rate,
    Share,
    Tilt,
    Turn,
    Volume,
    Wait,
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


COLDEST, HOTTEST = 263.15, 313.15
"""Temperatures of stores for which the law of their capacity holds [K]."""


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
    start_time: Wait = Field(
        default=0.0,
        description="Time from arrival or repair until `power` is there; nothing comes before. What is there from the "
        "start runs already.",
    )
    start_power: Power = Field(
        default=0.0, description="Power that it takes from its bus meanwhile; the clock stops without it."
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
    east: Offset | None = Field(
        default=None,
        description="Where it stands, east of the site's point; elements with a place shade each other's arrays.",
    )
    north: Offset | None = Field(default=None, description="Where it stands, north of the site's point.")
    top: Height = Field(default=0.0, description="Height above ground up to which it shades others.")
    width: Height = Field(default=0.0, description="Width over which it shades others.")
    dust: Rate = Field(
        default=0.0,
        description="Share of array power that dust takes per time (`moonstation simulate` only).",
    )
    dust_landing: Share = Field(
        default=0.0, description="Share of array power that the dust of each landing at the site takes."
    )
    dust_cleaning: Duration | None = Field(
        default=None, description="Time between cleanings of the array; never if not given."
    )
    dust_left: Share = Field(default=0.0, description="Share of the dust that a cleaning leaves.")
    dust_cleaner: Name = Field(
        default="",
        description="Element that cleans; while it does not work nobody does. Nobody needed if empty.",
    )
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
    battery_charge_efficiency: Efficiency | None = Field(
        default=None,
        description="Share of energy kept on the way in; the rest of `battery_efficiency` is lost on the way out. Its "
        "square root if not given.",
    )
    battery_temperature: Kelvin | None = Field(
        default=None,
        description="Temperature that the store is kept at, 263.15 to 313.15 K: capacity and ageing follow. Capacity "
        "as given, and ageing as at 298 K, if not given.",
    )
    battery_ageing: Literal["none", "li-ion"] = Field(
        default="none",
        description="Law by which time and cycles take capacity (`moonstation simulate` only).",
    )
    battery_cycle_life: Number | None = Field(
        default=None,
        description="Whole cycles of full depth at 298 K to 80 % of the capacity; 2787 (Xu et al. 2018) if not given.",
    )
    battery_calendar_life: Duration | None = Field(
        default=None,
        description="Time at half charge and 298 K to 80 % of the capacity; 12.5 yr (Xu et al. 2018) if not given.",
    )
    battery_retires: Share = Field(
        default=0.0,
        description="Share of the capacity below which the store is worn out and gives nothing more.",
    )
    oxygen: Mass = Field(default=0.0, description="Oxygen that it brings for crews at its site.")
    water: Mass = Field(default=0.0, description="Water that it brings for crews at its site.")
    food: Mass = Field(default=0.0, description="Food that it brings for crews at its site.")
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
        self._check_store()
        if (self.east is None) != (self.north is None):
            given = "east" if self.east is not None else "north"
            raise ValueError(f"{given} stands alone; give east and north together")
        for key in ("top", "width"):
            if getattr(self, key) and self.east is None:
                raise ValueError(
                    f'{key} says how it shades others but not from where; add east = "0 m", north = "0 m"'
                )
        if bool(self.top) != bool(self.width):
            given = "top" if self.top else "width"
            raise ValueError(f"{given} stands alone; a screen has top and width, give both")
        if (self.start_time or self.start_power) and not self.power:
            raise ValueError('start_time and start_power are of what gives power; add power = "40 kW"')
        if self.start_power and not self.start_time:
            raise ValueError('start_power needs the time that it is taken for; add start_time = "1 d"')
        rated = self.array_power or self.array_area
        for key in ("dust", "dust_landing", "dust_cleaning", "dust_left", "dust_cleaner"):
            if key in self.model_fields_set and not rated:
                raise ValueError(
                    f"{key} is of solar arrays and it has none; leave it out, or add array_power"
                )
        if self.dust_landing >= 1.0:
            raise ValueError("dust_landing 1 leaves no light at all; give less than 1")
        if self.dust_cleaning is None and (self.dust_cleaner or self.dust_left):
            given = "dust_cleaner" if self.dust_cleaner else "dust_left"
            raise ValueError(f'{given} says how it is cleaned but not how often; add dust_cleaning = "30 d"')
        if self.battery_start < self.battery_reserve and self.battery_capacity:
            raise ValueError("battery_start is below battery_reserve; start at the reserve or above")
        return self

    def _check_store(self) -> None:
        given = self.battery_charge_efficiency
        if given is not None and given < self.battery_efficiency:
            raise ValueError(
                f"battery_charge_efficiency {given:g} is below the round trip's {self.battery_efficiency:g}, of which "
                "it is a part; raise it or lower battery_efficiency"
            )
        warmth = self.battery_temperature
        if warmth is not None and not COLDEST <= warmth <= HOTTEST:
            raise ValueError(
                f"battery_temperature {warmth:g} K is outside {COLDEST:g} to {HOTTEST:g} K, where its law "
                "holds; heat or cool the store"
            )
        for key in ("battery_cycle_life", "battery_calendar_life", "battery_retires"):
            if self.battery_ageing == "none" and key in self.model_fields_set:
                raise ValueError(
                    f'{key} says nothing of a store without ageing; add battery_ageing = "li-ion"'
                )
        if self.battery_cycle_life is not None and self.battery_cycle_life < 1.0:
            raise ValueError(
                f"battery_cycle_life {self.battery_cycle_life:g} is below one cycle; give 1 or more"
            )
        if self.battery_retires >= 1.0:
            raise ValueError("battery_retires 1 wears a new store out; give less than 1")
