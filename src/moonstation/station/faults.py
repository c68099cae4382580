"""What can break, must work, and is not known well: ``[[failure]]``, ``[[function]]``, ``[[uncertainty]]``."""

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator, model_validator

from moonstation.station.part import Part
from moonstation.station.vocabulary import Count, Duration, Name, Number, Share, Text, Wait

_LEAST = re.compile(r"\s*(\d+)\s+of\s+(.+)")


@dataclass(frozen=True)
class Need:
    """Some elements or orbiters of which at least so many must work.

    Attributes
    ----------
    least : int
        How many.
    of : tuple of str
        Ids.
    """

    least: int
    of: tuple[str, ...]


class Failure(Part):
    """A way in which an element, an orbiter or a mission fails, and what is done about it."""

    element: Name = Field(default="", description="Element or orbiter that fails.")
    mission: Name = Field(
        default="", description="Mission that may be lost with all that it brings, instead."
    )
    probability: Share | None = Field(default=None, description="Chance that the mission is lost.")
    law: Literal["exponential", "weibull"] = Field(
        default="exponential", description="Law of the time to failure."
    )
    mtbf: Duration | None = Field(
        default=None,
        description="Mean working time to the failure of one unit; none fails by chance if not given.",
    )
    shape: Number = Field(
        default=1.0, description="Shape of the Weibull law: below 1 early failures, above 1 wear."
    )
    life: Duration | None = Field(
        default=None, description="Working time at which a unit wears out for certain; never if not given."
    )
    spread: Number = Field(
        default=0.0,
        description="How well `mtbf` is known: standard deviation of its natural logarithm, drawn once a run.",
    )
    units: Count = Field(default=1, ge=1, le=1000, description="Equal units that share the work.")
    needed: Count | None = Field(
        default=None,
        ge=1,
        description="Units that must work; the rest stand by and age with `dormancy`. All if not given.",
    )
    effect: Literal["whole", "share"] = Field(
        default="whole",
        description='"whole": the element fails with fewer than `needed` units; "share": each unit takes its share of '
        "sources and stores away.",
    )
    common_cause: Share = Field(
        default=0.0, description="Share of the failure rate that strikes all units at once (the beta factor)."
    )
    dormancy: Share = Field(
        default=1.0, description="Ageing of a unit that stands by or sleeps, as share of that of one at work."
    )
    detection: Wait = Field(default=0.0, description="Time until the failure is noticed.")
    repair: Duration | None = Field(
        default=None, description="Time of a repair or an exchange; it cannot be repaired if not given."
    )
    spares: Count = Field(default=0, ge=0, le=100_000, description="Spares on the spot; a repair takes one.")
    resupply: Duration | None = Field(
        default=None, description="Time between deliveries that fill the spares up again; none if not given."
    )
    robot: Name = Field(
        default="",
        description="Element without which a repair cannot begin; nobody is needed if not given.",
    )

    @model_validator(mode="after")
    def _agree(self) -> "Failure":
        if bool(self.element) == bool(self.mission):
            raise ValueError(
                'names neither or both of element and mission; keep one, as in element = "battery"'
            )
        if self.mission:
            if self.probability is None:
                raise ValueError("a mission is lost with a probability; give it, as in probability = 0.1")
            wrong = self.model_fields_set - {"id", "name", "mission", "probability"}
            if wrong:
                raise ValueError(f"{min(wrong)} says nothing of a lost mission; leave it out")
            return self
        if self.probability is not None:
            raise ValueError('probability is of missions; give an element its mtbf, as in mtbf = "50000 h"')
        if self.mtbf is None and self.life is None:
            raise ValueError('never fails; give mtbf, as in "50000 h", or life')
        if self.law == "exponential" and self.shape != 1.0:
            raise ValueError('shape is of the Weibull law; add law = "weibull"')
        if not 0.1 <= self.shape <= 20.0:
            raise ValueError(f"shape {self.shape:g} is outside 0.1 to 20")
        if not 0.0 <= self.spread <= 3.0:
            raise ValueError(f"spread {self.spread:g} is outside 0 to 3; 0.8 is a factor of 2.2 either way")
        if self.common_cause >= 1.0:
            raise ValueError("common_cause 1 leaves nothing to fail alone; give less than 1")
        if self.needed is not None and self.needed > self.units:
            raise ValueError(f"needs {self.needed} of {self.units} units; needed is at most units")
        if self.effect == "share" and self.needed is not None:
            raise ValueError('needed does not go with effect = "share"; leave one of them out')
        if self.repair is not None and self.spares == 0 and self.resupply is None:
            raise ValueError("is repaired without spares; give spares, as in spares = 2")
        if self.repair is None and (self.spares or self.resupply is not None or self.robot):
            raise ValueError('has means of repair but no time; give repair, as in repair = "5 d"')
        return self


class Function(Part):
    """Something that the station must do, and what that takes."""

    partner: Name = Field(default="", description="Partner that answers for it.")
    needs: list[Text] = Field(
        description='All of these must hold: an element or orbiter, or "2 of a, b, c" of several.'
    )
    mode: Literal["any", "nominal"] = Field(
        default="any",
        description='"nominal": it is there only while the buses of its elements are in nominal mode.',
    )

    @field_validator("needs")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError('needs nothing; name an element, as in needs = ["power-plant"]')
        for text in value:
            need = read_need(text)
            if not 1 <= need.least <= len(need.of):
                raise ValueError(
                    f"{text!r} asks for {need.least} of {len(need.of)}; ask for 1 to {len(need.of)}"
                )
        return value

    @property
    def demands(self) -> list[Need]:
        """What all must hold."""
        return [read_need(text) for text in self.needs]


class Uncertainty(Part):
    """A value that is known between two factors only; each run draws one, evenly."""

    of: Literal["load", "array", "store", "dust"] = Field(
        description="What is drawn: factors on loads, on array power, on capacities, or the share of array power that "
        "dust takes a year."
    )
    element: Name = Field(default="", description="Element that it is about; all if not given.")
    low: Number = Field(description="Lowest.")
    high: Number = Field(description="Highest.")

    @model_validator(mode="after")
    def _agree(self) -> "Uncertainty":
        most = 0.99 if self.of == "dust" else 10.0
        if not 0.0 <= self.low <= self.high <= most:
            raise ValueError(
                f"low {self.low:g} and high {self.high:g} must rise and lie within 0 to {most:g}"
            )
        if self.of == "store" and self.low <= 0.0:
            raise ValueError("a store of no size is none; give low above 0")
        return self


def read_need(text: str) -> Need:
    """Read one demand of a function: an id, or "2 of a, b, c"."""
    found = _LEAST.fullmatch(text)
    least, names = (int(found[1]), found[2]) if found else (1, text)
    ids = tuple(name.strip() for name in names.split(","))
    return Need(least if found else len(ids), ids)
