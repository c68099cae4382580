"""What keeps elements warm and cool: the tables ``[[thermal_node]]`` and ``[[thermal_link]]`` of a station file."""

from pydantic import Field, model_validator

from moonstation.station.part import Part
from moonstation.station.vocabulary import (
    Area,
    Conductance,
    Duration,
    HeatCapacity,
    Id,
    Name,
    Power,
    Share,
    Temperature,
)

GROUND = "ground"
"""The other end of a link that is the surface of the ground under the element."""

PLUTONIUM_238 = 87.7 * 365.25 * 86_400.0
"""Half-life of plutonium-238 [s], 87.7 yr (National Nuclear Data Center)."""


class ThermalNode(Part):
    """A part of an element that has one temperature: a box, a radiator, a panel."""

    element: Name = Field(description="Element that it is part of.")
    capacity: HeatCapacity = Field(description="Heat capacity: mass times specific heat.")
    area: Area = Field(default=0.0, description="Outer surface that radiates.")
    sun_area_top: Area = Field(default=0.0, description="Area of its outline seen from above.")
    sun_area_side: Area = Field(default=0.0, description="Area of its outline seen from the horizon.")
    absorptance: Share = Field(default=0.0, description="Share of sunlight that it absorbs.")
    emittance: Share = Field(default=0.0, description="Infrared emittance; with louvres, when they are open.")
    sky_view: Share = Field(
        default=0.5,
        description="Share of its view on open flat ground that is sky; the rest is the ground around it.",
    )
    dissipation: Power = Field(default=0.0, description="Heat of what works inside, all the time.")
    heater: Power = Field(default=0.0, description="Largest power of its electric heater.")
    heater_on: Temperature | None = Field(
        default=None, description="At and below this the heater gives all it has."
    )
    heater_off: Temperature | None = Field(
        default=None,
        description="At and above this it is off; in between in proportion, the mean of a thermostat.",
    )
    isotope_heat: Power = Field(
        default=0.0, description="Heat of radioisotope units at the start, or at arrival if later."
    )
    half_life: Duration = Field(
        default=PLUTONIUM_238, description="Half-life of that heat; that of plutonium-238 if not given."
    )
    emittance_closed: Share | None = Field(
        default=None, description="Infrared emittance with louvres closed; no louvres if not given."
    )
    louvre_closed: Temperature | None = Field(
        default=None, description="At and below this louvres are closed."
    )
    louvre_open: Temperature | None = Field(
        default=None, description="At and above this they are open; in between in proportion."
    )
    coldest: Temperature | None = Field(default=None, description="Lowest temperature that it may have.")
    hottest: Temperature | None = Field(default=None, description="Highest temperature that it may have.")

    @model_validator(mode="after")
    def _heater(self) -> "ThermalNode":
        if self.heater > 0.0 and (self.heater_on is None or self.heater_off is None):
            raise ValueError('heater has no thermostat; add heater_on = "253 K" and heater_off = "258 K"')
        if self.heater_on is not None and self.heater_off is not None and self.heater_off <= self.heater_on:
            raise ValueError("heater_off is not above heater_on; exchange them")
        return self

    @model_validator(mode="after")
    def _louvres(self) -> "ThermalNode":
        given = [x is not None for x in (self.emittance_closed, self.louvre_closed, self.louvre_open)]
        if any(given) and not all(given):
            raise ValueError("louvres need emittance_closed, louvre_closed and louvre_open; give all three")
        if self.emittance_closed is not None and self.emittance_closed > self.emittance:
            raise ValueError("emittance_closed is above emittance; exchange them")
        if (
            self.louvre_closed is not None
            and self.louvre_open is not None
            and self.louvre_open <= self.louvre_closed
        ):
            raise ValueError("louvre_open is not above louvre_closed; exchange them")
        return self

    @model_validator(mode="after")
    def _limits(self) -> "ThermalNode":
        if self.coldest is not None and self.hottest is not None and self.coldest >= self.hottest:
            raise ValueError("coldest is not below hottest; exchange them")
        return self


class ThermalLink(Part):
    """A way for heat between two nodes, or from a node to the ground."""

    node: Id = Field(description="Node at one end.")
    to: Id = Field(description='Node at the other end; "ground" for the surface under it.')
    conductance: Conductance = Field(default=0.0, description="Conductance of the way through matter.")
    radiative_area: Area = Field(
        default=0.0,
        description="For radiation between the two: area times view factor times effective emittance.",
    )

    @model_validator(mode="after")
    def _passes(self) -> "ThermalLink":
        if self.conductance == 0.0 and self.radiative_area == 0.0:
            raise ValueError('lets no heat pass; give conductance = "0.5 W/K" or radiative_area = "0.1 m2"')
        if self.node == self.to:
            raise ValueError(f"joins {self.node} to itself; name another node")
        if self.to == GROUND and self.radiative_area > 0.0:
            raise ValueError(
                "radiative_area to the ground: nodes see the ground by their area and sky_view; leave it out"
            )
        return self
