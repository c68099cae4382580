"""Places off the ground of the Moon: the table ``[[outpost]]`` of a station file.

Elements stand on an outpost as they stand at a site, and count in budgets, among partners and in comparisons. No
light, link, power or heat is computed for them: that physics is of the Moon's ground.
"""

import math
from typing import Literal

from pydantic import Field, model_validator

from moonstation.station.part import Part
from moonstation.station.vocabulary import EarthOrbit, Id, Inclination, Name, Text


class Outpost(Part):
    """A station in orbit on which elements stand; it counts in budgets, its physics is not computed."""

    body: Literal["earth", "moon"] = Field(description="What it orbits.")
    partner: Name = Field(default="", description="Partner that leads it.")
    status: Text = Field(default="", description="Active, planned, paused.")
    lowest_altitude: EarthOrbit | None = Field(
        default=None,
        description="About the Earth: lowest altitude above its equatorial radius; required there.",
    )
    highest_altitude: EarthOrbit | None = Field(
        default=None, description="The same, highest altitude; circular if not given."
    )
    inclination: Inclination | None = Field(
        default=None, description="About the Earth: inclination to its equator; required there."
    )
    orbiter: Id | None = Field(
        default=None, description="About the Moon: the orbiter of the station, by id, whose orbit it has."
    )

    @model_validator(mode="after")
    def _agree(self) -> "Outpost":
        if self.body == "earth":
            if self.orbiter is not None:
                raise ValueError('orbiter is for body = "moon"; give lowest_altitude and inclination')
            if self.lowest_altitude is None or self.inclination is None:
                missing = "lowest_altitude" if self.lowest_altitude is None else "inclination"
                example = "400 km" if self.lowest_altitude is None else "51.6 deg"
                raise ValueError(
                    f'{missing} is missing for an orbit of the Earth; add it, as in {missing} = "{example}"'
                )
            if self.highest_altitude is not None and self.highest_altitude < self.lowest_altitude:
                raise ValueError("highest_altitude is below lowest_altitude; exchange them")
        else:
            for key in ("lowest_altitude", "highest_altitude", "inclination"):
                if getattr(self, key) is not None:
                    raise ValueError(
                        f'{key} is for body = "earth"; about the Moon add [[orbiter]] and name it in orbiter'
                    )
            if self.orbiter is None:
                raise ValueError("has no orbit; add [[orbiter]] and name it in orbiter")
        return self

    @property
    def shape(self) -> str:
        """The orbit in a few words."""
        if self.lowest_altitude is None or self.inclination is None:
            return f"about the Moon, as orbiter {self.orbiter}"
        low, high = self.lowest_altitude / 1e3, (self.highest_altitude or self.lowest_altitude) / 1e3
        heights = f"{low:g} km" if high == low else f"{low:g} to {high:g} km"
        return f"about the Earth, {heights}, {math.degrees(self.inclination):.2f} deg"
