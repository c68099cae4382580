"""People who come and go: the table ``[[crew_visit]]`` of a station file."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from moonstation.station.faults import Need, check_needs, read_need
from moonstation.station.part import Part
from moonstation.station.vocabulary import (
    Count,
    Day,
    Duration,
    Id,
    MassRate,
    Name,
    Power,
    Share,
    Text,
    Wait,
)

DAY = 86_400.0


class CrewVisit(Part):
    """A crew that lives at a site for a time and uses what is stored there."""

    partner: Name = Field(default="", description="Partner that sends it.")
    site: Name = Field(description="Site where it lives, and of whose stocks.")
    mission: Name | None = Field(
        default=None, description="Mission that brings it; it stays away if that is lost."
    )
    arrives: Day = Field(description="Date of arrival.")
    stay: Duration = Field(description="Time that it means to stay.")
    crew: Count = Field(ge=1, le=1000, description="How many people.")
    bus: Id = Field(default="", description="Power bus that it lives on; the site's own if not given.")
    load: Power = Field(
        default=0.0,
        description="Power that it takes while there, life support included; before all other loads.",
    )
    needs: list[Text] = Field(
        default=[], description='What it cannot live without: an element, or "1 of a, b" of several.'
    )
    grace: Wait = Field(
        default=DAY,
        description="How long it bears that something of this, or power, is missing before it leaves.",
    )
    oxygen: MassRate = Field(
        default=0.84 / DAY, description="Oxygen that one person uses; 0.84 kg/d (Wieland 1994) if not given."
    )
    water: MassRate = Field(
        default=3.909 / DAY,
        description="Water to drink and prepare food with, and to wash as far as it is meant; 3.909 kg/d (BVAD 2004) "
        "if not given.",
    )
    food: MassRate = Field(
        default=1.77 / DAY,
        description="Food with the water in it; 1.77 kg/d (Wieland 1994) if not given.",
    )
    oxygen_recovery: Share = Field(default=0.0, description="Share of the oxygen that is won back.")
    water_recovery: Share = Field(default=0.0, description="Share of the water that is won back.")
    reserve: Wait = Field(
        default=3.0 * DAY,
        description="Time for which stocks must last on; the crew leaves, or does not come, when they do not.",
    )

    @field_validator("needs")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        check_needs(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _own_bus(cls, data: Any) -> Any:
        if isinstance(data, dict) and "bus" not in data and isinstance(data.get("site"), str):
            return {**data, "bus": data["site"]}
        return data

    @property
    def demands(self) -> list[Need]:
        """What all must hold."""
        return [read_need(text) for text in self.needs]
