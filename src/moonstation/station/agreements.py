"""What partners have agreed on: ``[[contribution]]``, ``[[entitlement]]``, ``[[data_right]]`` and ``[[bar]]``."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from moonstation.station.part import Part
from moonstation.station.prices import Cost
from moonstation.station.vocabulary import Count, Day, Duration, Name, Number, Share

Level = Literal["A", "B", "C", "D", "E"]

LEVELS: dict[str, str] = {
    "A": "mission level",
    "B": "system level",
    "C": "subsystem level",
    "D": "equipment level",
    "E": "ground facilities and application",
}
"""Levels of cooperation. The names are published (Xinhua, 5 September 2024); that the ILRS Guide for Partnership of
June 2021 letters them A to E is recalled, so the letters are an estimate."""

AMOUNTS = ("ground_time", "crew", "data_share", "launches")
"""Keys of an entitlement, of which it gives one."""

NEVER = float("inf")
"""Embargo that does not end [s]."""


class Contribution(Part):
    """What one partner brings under one agreement, and at which level of cooperation."""

    partner: Name = Field(description="Partner that brings it.")
    level: Level | None = Field(
        default=None,
        description="Level of cooperation: A mission, B system, C subsystem, D equipment, E ground and application.",
    )
    of: list[Name] = Field(
        default_factory=list,
        description="Its elements, orbiters, ground stations, missions and launchers, by id. A launcher belongs to the "
        "partner that contributes it.",
    )
    cost: Cost | None = Field(
        default=None, description="Money or work beside the costs that these state themselves."
    )

    @model_validator(mode="after")
    def _something(self) -> "Contribution":
        if not self.of and self.cost is None:
            raise ValueError('brings nothing; name parts, as in of = ["power-plant"], or give a cost')
        return self


class Entitlement(Part):
    """What a partner is owed for what it brings: one amount of one kind."""

    partner: Name = Field(description="Partner that is owed it.")
    giver: Name = Field(default="", description="Partner that owes it; all partners together if not given.")
    ground_time: Duration | None = Field(default=None, description="Antenna time in each period.")
    crew: Number | None = Field(
        default=None, description="Crew places in each period; parts of one are averages."
    )
    data_share: Share | None = Field(
        default=None, description="Share of the data of the station, or of the giver."
    )
    launches: Count | None = Field(default=None, ge=1, description="Launches for it in each period.")
    per: Duration | None = Field(
        default=None,
        description="The period; a week for ground time and a year for crew and launches if not given.",
    )
    until: Day | None = Field(
        default=None, description="First day on which it no longer holds; it does not end if not given."
    )

    @model_validator(mode="after")
    def _one_amount(self) -> "Entitlement":
        given = [key for key in AMOUNTS if getattr(self, key) is not None]
        if len(given) != 1:
            told = " and ".join(given) or "nothing"
            raise ValueError(
                f'gives {told}; give one of {", ".join(AMOUNTS)}, as in ground_time = "4 h", and a table for each'
            )
        if not getattr(self, given[0]) > 0.0:
            raise ValueError(f"{given[0]} is owed nothing; give more than zero or leave the table out")
        if self.per is not None and self.data_share is not None:
            raise ValueError("per does not go with data_share, which has no period; leave it out")
        return self

    @property
    def kind(self) -> str:
        """Key of `AMOUNTS` that it gives."""
        return next(key for key in AMOUNTS if getattr(self, key) is not None)

    @property
    def period(self) -> float:
        """The period [s]."""
        usual = 7 * 86_400.0 if self.kind == "ground_time" else 365.25 * 86_400.0
        return self.per or usual


class DataRight(Part):
    """Who may see the data of some elements and orbiters, and when."""

    of: list[Name] = Field(description="Elements and orbiters that make the data, by id.")
    partners: list[Name] = Field(
        default_factory=list,
        description="Partners that it is about; all others than the owner if not given. A right that names a partner "
        "goes before one for all.",
    )
    access: Literal["open", "embargo", "never"] = Field(
        description='"open": at once; "embargo": after a time; "never".'
    )
    embargo: Duration | None = Field(
        default=None, description='Time from arrival on Earth; needed with access = "embargo".'
    )

    @field_validator("of")
    @classmethod
    def _not_empty(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError('is about no data; name elements, as in of = ["observatory"]')
        return value

    @model_validator(mode="after")
    def _agree(self) -> "DataRight":
        if self.access == "embargo" and self.embargo is None:
            raise ValueError('access is "embargo" but for how long; add embargo = "365 d"')
        if self.access != "embargo" and self.embargo is not None:
            raise ValueError(
                f'access is "{self.access}" beside an embargo; write access = "embargo" or leave embargo out'
            )
        return self

    @property
    def wait(self) -> float:
        """From the arrival of data on Earth until they may be seen [s]; infinite for never."""
        return {"open": 0.0, "never": NEVER}.get(self.access, self.embargo or 0.0)


class Bar(Part):
    """A partner that may not use what another provides."""

    partner: Name = Field(description="Partner that may not.")
    of: Name = Field(description="Partner whose elements, orbiters, antennas and launchers are closed to it.")
    from_: Day | None = Field(
        default=None, alias="from", description="First day of it, UTC; from the start if not given."
    )

    @model_validator(mode="after")
    def _two(self) -> "Bar":
        if self.partner == self.of:
            raise ValueError(
                f"{self.partner} is barred from its own parts; name another partner in of, or leave it out"
            )
        return self
