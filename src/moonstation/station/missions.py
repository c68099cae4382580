"""Flights and what launches them: the tables ``[[mission]]`` and ``[[launcher]]`` of a station file."""

import math
from typing import Literal

from pydantic import Field, field_validator, model_validator

from moonstation.station.part import Part
from moonstation.station.prices import Cost
from moonstation.station.vocabulary import (
    Altitude,
    Count,
    Day,
    Duration,
    FlightTime,
    Frequency,
    Id,
    Impulse,
    Inclination,
    Mass,
    Month,
    Name,
    ParkingAltitude,
    Share,
    Text,
    Volume,
)


class Mission(Part):
    """A flight that brings or serves something; with `departs` the study computes how it gets to the Moon."""

    partner: Name = Field(default="", description="Partner that flies it.")
    operator: Name = Field(default="", description="Agency that flies it.")
    status: Name = Field(default="", description="Flown, planned, lost, cancelled.")
    launch: Name = Field(default="", description="Launch date or year, as far as known.")
    launcher: Name = Field(default="", description="Launcher, by id where the station has it.")
    mass: Mass | None = Field(default=None, description="Mass at launch.")
    life: Duration | None = Field(default=None, description="Design life.")
    content: Text = Field(default="", description="What it brings or does.")
    departs: Day | None = Field(
        default=None,
        description="Day of lift-off, UTC: the study computes its flight, or that of the nearest day that has one.",
    )
    launch_site: Id | None = Field(
        default=None, description="Launch site of the catalogue, by id; needed with `departs`."
    )
    rocket: Name | None = Field(
        default=None,
        description="Launcher of the station, by id, whose mass to the Moon counts; `launcher` if that is an id.",
    )
    parking_altitude: ParkingAltitude = Field(
        default=200e3, description="Circular parking orbit about the Earth, above its equatorial radius."
    )
    flight_time: FlightTime | None = Field(
        default=None, description="About this long to the Moon; the cheapest if not given."
    )
    periapsis_altitude: Altitude = Field(
        default=100e3, description="Orbit of the Moon that it goes into first: lowest altitude."
    )
    apoapsis_altitude: Altitude | None = Field(
        default=None, description="The same, highest altitude; circular if not given."
    )
    inclination: Inclination = Field(
        default=math.pi / 2, description="Inclination of that orbit to the Moon's equator."
    )
    periapsis_in: Literal["south", "north"] = Field(
        default="south",
        description="Half of the Moon for its periapsis; north for a relay over the south.",
    )
    site: Name | None = Field(
        default=None, description="Site that it lands at; it stays in orbit if not given."
    )
    specific_impulse: Impulse = Field(
        default=320.0, description="Specific impulse of the craft's engines, in seconds."
    )
    insertion_margin: Share = Field(
        default=0.0,
        description="Added to the computed insertion alone; published masses and descents hold their own margins.",
    )
    craft_mass: Mass | None = Field(
        default=None, description="Empty mass of the craft beside the elements that it brings."
    )

    @field_validator("periapsis_altitude")
    @classmethod
    def _above_ground(cls, value: float) -> float:
        if value <= 0.0:
            raise ValueError(f"{value / 1e3:g} km: the orbit hits the ground; give more than 0 km")
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Mission":
        if self.apoapsis_altitude is not None and self.apoapsis_altitude < self.periapsis_altitude:
            raise ValueError("apoapsis_altitude is below periapsis_altitude; exchange them")
        if self.departs is not None and self.launch_site is None:
            raise ValueError('departs stands alone; say from where, as in launch_site = "wenchang"')
        return self

    @property
    def launched_by(self) -> str:
        """Id of its launcher, where the station has it."""
        return self.rocket or self.launcher


class Launcher(Part):
    """A launch vehicle."""

    from_: Id | None = Field(
        default=None, alias="from", description="Entry of the launcher catalogue to start from."
    )
    country: Name = Field(default="", description="Country.")
    status: Text = Field(default="", description="Operational, in development, suspended.")
    tli: Mass | None = Field(default=None, description="Payload to trans-lunar injection.")
    leo: Mass | None = Field(default=None, description="Payload to low Earth orbit.")
    gto: Mass | None = Field(default=None, description="Payload to geostationary transfer.")
    tmi: Mass | None = Field(default=None, description="Payload to trans-Mars injection.")
    liftoff_mass: Mass | None = Field(default=None, description="Mass at lift-off.")
    cadence: Frequency | None = Field(default=None, description="Launches per time.")
    cost: Cost | None = Field(
        default=None, description="Cost of a launch, with currency and year of prices for a campaign."
    )
    partner: Name = Field(default="", description="Partner that launches it.")
    pads: list[Id] = Field(
        default_factory=list,
        description="Pads that it starts from, by id; a campaign flies it only with a pad.",
    )
    available_from: Month | None = Field(default=None, description="First month in which it can fly.")
    available_until: Month | None = Field(default=None, description="Last month in which it can fly.")
    flights: Count | None = Field(default=None, ge=0, description="Flights so far.")
    successes: Count | None = Field(default=None, ge=0, description="Flights that went well.")
    fairing_volume: Volume | None = Field(default=None, description="Room under its fairing.")
    first_flight: Name = Field(default="", description="Year of the first flight, where it is to come.")
    site: Name = Field(default="", description="Launch site.")

    @model_validator(mode="after")
    def _agree(self) -> "Launcher":
        if self.successes is not None and (self.flights is None or self.successes > self.flights):
            raise ValueError("successes go with flights and are at most as many; give both")
        return self
