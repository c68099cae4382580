"""Options that say which forces act, added to a command by one decorator."""

from typing import Annotated, Any

import typer

from moonstation.cli.option_groups import with_options
from moonstation.cli.words import read_quantity
from moonstation.constants import GM_PLANETS
from moonstation.errors import RequestError
from moonstation.study.orbiters import ForceChanges

PANEL = "Forces"

PlanetsOption = Annotated[
    str | None,
    typer.Option(
        "--planets",
        help=f"Planets that pull beside Earth and Sun, as 'venus,jupiter' (if not given), 'all' or 'none'; of "
        f"{', '.join(GM_PLANETS)}.",
        rich_help_panel=PANEL,
    ),
]
OblatenessOption = Annotated[
    bool | None,
    typer.Option(
        "--earth-j2/--no-earth-j2",
        help="Flattening of the Earth; on if not given.",
        rich_help_panel=PANEL,
    ),
]
TidesOption = Annotated[
    bool | None,
    typer.Option(
        "--tides/--no-tides",
        help="Bulge that Earth and Sun raise on the solid Moon; on if not given.",
        rich_help_panel=PANEL,
    ),
]
RelativityOption = Annotated[
    bool | None,
    typer.Option(
        "--relativity/--no-relativity",
        help="First correction of general relativity to the Moon's pull; off if not given.",
        rich_help_panel=PANEL,
    ),
]
AreaOption = Annotated[
    str | None,
    typer.Option(
        "--area",
        help="Area turned to the Sun, e.g. '12 m2': the pressure of sunlight acts, with --mass.",
        rich_help_panel=PANEL,
    ),
]
MassOption = Annotated[
    str | None,
    typer.Option("--mass", help="Mass of the orbiter, e.g. '1200 kg', with --area.", rich_help_panel=PANEL),
]
ReflectivityOption = Annotated[
    float | None,
    typer.Option(
        "--cr",
        help="Coefficient of the pressure of sunlight (Cr), 1 for black, 2 for a mirror; 1.3 if not given.",
        rich_help_panel=PANEL,
    ),
]

OPTIONS: dict[str, Any] = {
    "planets": PlanetsOption,
    "earth_oblateness": OblatenessOption,
    "tides": TidesOption,
    "relativity": RelativityOption,
    "area": AreaOption,
    "mass": MassOption,
    "cr": ReflectivityOption,
}


def read_forces(
    *,
    planets: str | None = None,
    earth_oblateness: bool | None = None,
    tides: bool | None = None,
    relativity: bool | None = None,
    area: str | None = None,
    mass: str | None = None,
    cr: float | None = None,
) -> ForceChanges:
    """Read what is said of forces on a command line.

    Raises
    ------
    RequestError
        If a word cannot be read, or area and mass do not stand together; names the option.
    """
    changes: dict[str, Any] = {
        key: value
        for key, value in (
            ("earth_oblateness", earth_oblateness),
            ("tides", tides),
            ("relativity", relativity),
            ("reflectivity", cr),
        )
        if value is not None
    }
    if planets is not None:
        changes["planets"] = _planets(planets)
    if (area is None) != (mass is None):
        one, other = ("--area", "--mass") if mass is None else ("--mass", "--area")
        raise RequestError(f"{one} stands alone; sunlight presses by area over mass, give {other} too")
    if area is not None and mass is not None:
        square, weight = read_quantity(area, "area", "--area"), read_quantity(mass, "mass", "--mass")
        if square < 0.0 or weight <= 0.0:
            raise RequestError(
                f"--area {area}, --mass {mass}: give an area of 0 m2 or more and a mass above 0 kg"
            )
        changes["area_to_mass"] = square / weight
    return ForceChanges(changes)


def _planets(text: str) -> tuple[str, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return ()
    if words == ["all"]:
        return tuple(GM_PLANETS)
    unknown = [word for word in words if word not in GM_PLANETS]
    if unknown or not words or len(set(words)) < len(words):
        raise RequestError(
            f"--planets {text[:60]}: give some of {', '.join(GM_PLANETS)}, each once, or all, or none"
        )
    return tuple(words)


with_forces = with_options("forces", OPTIONS, read_forces)
"""Gives a command the options of `OPTIONS`; it takes what they say as its argument `forces`."""
