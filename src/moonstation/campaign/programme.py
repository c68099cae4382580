"""A campaign as a model of CP-SAT: its unknowns; the constraints on them are in `moonstation.campaign.rules`."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from moonstation.campaign.case import Case


@dataclass(eq=False)
class Programme:
    """A case as a model of CP-SAT; see the head of `moonstation.campaign.rules` for the unknowns.

    Attributes
    ----------
    without : collection of str
        Demands that are left out, by their names (see `demands`).
    """

    case: Case
    model: Any
    slots: int
    without: Collection[str] = ()
    month: list[Any] = field(default_factory=list)
    used: list[Any] = field(default_factory=list)
    ways: list[list[Any]] = field(default_factory=list)
    same: list[Any] = field(default_factory=list)
    lands: dict[str, list[Any]] = field(default_factory=dict)
    when: dict[str, Any] = field(default_factory=dict)
    crew_when: dict[str, Any] = field(default_factory=dict)
    supplies: dict[str, list[Any]] = field(default_factory=dict)
    new: dict[str, list[Any]] = field(default_factory=dict)
    early: dict[tuple[str, int], Any] = field(default_factory=dict)

    def keeps(self, demand: str) -> bool:
        """Whether a demand is part of the model."""
        return demand not in self.without

    def landed_by(self, name: str, month: int) -> Any:
        """1 where an element is landed at the end of a month; may be 0 even then."""
        found = self.early.get((name, month))
        if found is None:
            found = self.model.new_bool_var(f"early_{name}_{month}")
            self.model.add(self.when[name] <= month).only_enforce_if(found)
            self.early[name, month] = found
        return found
