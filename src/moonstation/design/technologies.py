"""What sources and stores weigh: the technologies that sizing chooses from, with where the figures come from."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moonstation.station.catalogues import DATA
from moonstation.station.reading import read_toml
from moonstation.station.units import parse_quantity


@dataclass(frozen=True)
class Technology:
    """A kind of source or store.

    Attributes
    ----------
    id, name : str
        Names.
    kind : str
        "array", "steady" or "store".
    values : dict of str to float
        Figures, SI: wings and base [kg/W], mast [kg/W/m]; unit [W] and mass [kg]; specific_energy [J/kg], usable and
        efficiency.
    about : dict of str to str
        Source, confidence and note of each, in words.
    """

    id: str
    name: str
    kind: str
    values: dict[str, float]
    about: dict[str, str]

    def array_mass(self, height: float) -> float:
        """Mass of an array with a mast, per rated power [kg/W]."""
        return self.values["wings"] + self.values["base"] + self.values["mast"] * height


_DIMENSIONS = {
    "wings": "mass_per_power",
    "base": "mass_per_power",
    "mast": "mast_mass",
    "unit": "power",
    "mass": "mass",
    "specific_energy": "specific_energy",
}


@lru_cache(maxsize=1)
def technologies() -> dict[str, Technology]:
    """The technologies of the package, by id."""
    file = read_toml(DATA / "catalogues" / "technologies.toml", "technologies.toml")
    found = {}
    for kind, rows in file.tables.items():
        for row in rows:
            figures = {key: value for key, value in row.items() if key not in ("id", "name")}
            found[row["id"]] = Technology(
                id=row["id"],
                name=row["name"],
                kind=kind,
                values={key: _figure(key, value["value"]) for key, value in figures.items()},
                about={key: _about(value) for key, value in figures.items()},
            )
    return found


def _figure(key: str, value: Any) -> float:
    return parse_quantity(value, _DIMENSIONS[key]) if key in _DIMENSIONS else float(value)


def _about(value: dict[str, Any]) -> str:
    note = f": {value['note']}" if value.get("note") else ""
    return f"{value['value']}, {value['confidence']} ({value['source']}){note}"
