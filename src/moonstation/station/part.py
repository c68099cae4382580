"""What all tables of a station file share: an id, a name, and where values come from."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from moonstation.station.vocabulary import Id, Name

Confidence = Literal["published", "estimated", "assumption"]

Maturity = Literal[
    "off-the-shelf",
    "modified",
    "new",
    "estimated",
    "layout",
    "preliminary",
    "released",
    "existing",
    "actual",
]
"""How far a design is: the three words of ESA's margin philosophy, then the classes of ANSI/AIAA S-120A."""


@dataclass(frozen=True)
class Provenance:
    """Where a value of a station comes from.

    Attributes
    ----------
    text : str
        The value as written in the file.
    source : str
        Document, or id of a row in the packaged list of sources; "" if not said.
    confidence : str
        "published", "estimated" or "assumption"; "" if not said.
    note : str
        Reasoning or caveat; "" if none.
    """

    text: str
    source: str = ""
    confidence: str = ""
    note: str = ""


class Part(BaseModel):
    """A table of a station file."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    id: Id = Field(description="Name by which other tables and results refer to this.")
    name: Name = Field(default="", description="Name for people; the id if not given.")

    @model_validator(mode="before")
    @classmethod
    def _name_of_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and "name" not in data and isinstance(data.get("id"), str):
            return {**data, "name": data["id"][:200]}
        return data
