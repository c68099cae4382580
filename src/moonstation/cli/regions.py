"""The region and the period of a map, as commands take them."""

import math

import typer

from moonstation.cli.words import read_quantity
from moonstation.errors import RequestError
from moonstation.study.places import find_spot
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import MapGrid, bounded_grid, map_grid

YEAR_DAYS = 365.25

USUAL_SIZE = 20e3
"""Width of a map about a point [m]."""

MARGIN = 1.5
"""Width of a map about a crater, by its diameter: its rim and some ground around it."""

REGION_ARGUMENT = typer.Argument(
    help="Region by name: a crater or mountain near a pole (Shackleton, 'Mons Mouton'), a built-in site, "
    "STATION:SITE, or '-89.44 deg, 222.85 deg'; instead of --lat, --lon and --bounds."
)
LAT_OPTION = typer.Option(help="Latitude of the middle, e.g. '-89.45 deg'.")
LON_OPTION = typer.Option(help="Longitude east of the middle, e.g. '222.8 deg'.")
SIZE_OPTION = typer.Option(
    help="Width and height about the middle, e.g. '20 km'. If not given, 1.5 times the diameter of a crater or "
    "mountain, else 20 km."
)
BOUNDS_OPTION = typer.Option(
    help="South, west, north and east in degrees, instead of --lat, --lon and --size."
)
PIXEL_OPTION = typer.Option(help="Pixel, e.g. '80 m'; that of the terrain if not given.")
REGION_TERRAIN_OPTION = typer.Option(
    help="Files of elevation or names of 'moonstation data list'; the packaged grid lies beneath."
)
PERIOD_START_OPTION = typer.Option(help="Begin of the period; 2035-01-01 if not given.")
PERIOD_DAYS_OPTION = typer.Option(help="Length of the period in days.")
PERIOD_YEARS_OPTION = typer.Option(help="Length of the period in years of 365.25 days; one if not given.")
STEP_OPTION = typer.Option(help="Time step; 1 h if not given.")
DIRECTIONS_OPTION = typer.Option(help="Directions of the horizons; 360 if not given.", min=4, max=7200)
NO_ECLIPSES_OPTION = typer.Option("--no-eclipses", help="Leave the Earth's shadow out.")


def read_period(days: float | None, years: float | None) -> float:
    """Length of the period [s]: one of the two as given, a year of 365.25 days without.

    Raises
    ------
    RequestError
        If both are given, or it is not above zero.
    """
    if days is not None and years is not None:
        raise RequestError("--days and --years: give one of the two")
    length = days if days is not None else YEAR_DAYS * (years if years is not None else 1.0)
    if not (math.isfinite(length) and length > 0.0):
        raise RequestError(f"period of {length:g} days: give one above zero")
    return length * 86_400.0


def read_region(
    model: ElevationModel,
    name: str | None,
    lat: str | None,
    lon: str | None,
    size: str | None,
    bounds: tuple[float, float, float, float] | None,
    pixel: str | None,
) -> MapGrid:
    """Pixels of the region that a user asks for.

    Raises
    ------
    RequestError
        If none is given, two are, or it makes no sense.
    """
    wanted = None if pixel is None else read_quantity(pixel, "length", "--pixel")
    given = [
        words
        for words, value in (
            ("NAME", name),
            ("--bounds", bounds),
            ("--lat, --lon", lat if lat is not None else lon),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise RequestError(f"{' and '.join(given)}: give one of the {'two' if len(given) == 2 else 'three'}")
    if bounds is not None:
        if size is not None:
            raise RequestError("--size and --bounds: give one of the two")
        return bounded_grid(model, *bounds, pixel=wanted)
    extent = read_quantity(size, "length", "--size") if size is not None else USUAL_SIZE
    if name is not None:
        spot = find_spot(name)
        if size is None and spot.diameter is not None:
            extent = MARGIN * spot.diameter
        return map_grid(model, spot.lat_deg, spot.lon_deg, width=extent, height=extent, pixel=wanted)
    if lat is None or lon is None:
        raise RequestError(
            "no region: give a NAME, or --lat, --lon and --size, or --bounds SOUTH WEST NORTH EAST"
        )
    lat_deg, lon_deg = (
        math.degrees(read_quantity(text, "angle", key)) for text, key in ((lat, "--lat"), (lon, "--lon"))
    )
    return map_grid(model, lat_deg, lon_deg, width=extent, height=extent, pixel=wanted)
