"""`moonstation site`: what a place on the Moon sees."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from moonstation.cli.console import out, progress_bar
from moonstation.errors import OutputError, RequestError
from moonstation.station.units import parse_quantity
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizon_table import write_horizon
from moonstation.terrain.horizons import horizon, locate

app = typer.Typer(help="What a place on the Moon sees.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What a place on the Moon sees."""


@app.command(name="horizon")
def horizon_command(
    lat: Annotated[
        str, typer.Argument(help="Latitude with unit, e.g. '-88.8 deg' (after '--' if negative).")
    ],
    lon: Annotated[str, typer.Argument(help="Longitude east with unit, e.g. '123.4 deg'.")],
    file: Annotated[
        Path, typer.Argument(help="Table to write (CSV), which a site names with horizon = 'FILE'.")
    ],
    terrain: Annotated[
        list[Path] | None,
        typer.Option(
            help="GeoTIFF windows, finest first; the packaged 8 pixels per degree grid lies beneath."
        ),
    ] = None,
    height: Annotated[
        list[str] | None,
        typer.Option(help="Heights above ground, e.g. --height '2 m' --height '10 m' [both]."),
    ] = None,
    azimuths: Annotated[int, typer.Option(help="Number of azimuths.", min=8, max=100_000)] = 720,
    name: Annotated[str, typer.Option(help="Name of the site in the table.")] = "site",
) -> int:
    """Make the terrain horizon of a place as a table that a station file can name."""
    heights = sorted(_quantity(text, "length", "--height") for text in height or ["2 m", "10 m"])
    lat_deg, lon_deg = (
        float(np.degrees(_quantity(text, "angle", key))) for text, key in ((lat, "LAT"), (lon, "LON"))
    )
    if not file.absolute().parent.is_dir():
        raise OutputError(f"{file}: its folder does not exist; make it first or write elsewhere")
    if heights[0] < 0:
        raise RequestError(f"--height {heights[0]:g} m: is under the ground; give a height of 0 m or more")
    with progress_bar() as report:
        report("reading terrain", 0.05)
        model = ElevationModel.from_files(terrain) if terrain else ElevationModel.packaged()
        place = locate(model, name, lat_deg, lon_deg)
        report("marching to the horizon", 0.4)
        result = horizon(place, model, heights=tuple(heights), azimuths=azimuths)
        write_horizon(result, file)
    lowest, highest = np.degrees(result.elevation[0].min()), np.degrees(result.elevation[0].max())
    out.print(
        f"{file}: {azimuths} azimuths at {', '.join(f'{h:g}' for h in heights)} m above ground at "
        f"{place.ground_m:.1f} m; from {lowest:.2f} to {highest:.2f} deg at {heights[0]:g} m",
        markup=False,
        soft_wrap=True,
    )
    out.print(f"terrain: {result.terrain}", markup=False, soft_wrap=True)
    if result.indicative:
        out.print("indicative only: the terrain under this site is coarser than 500 m", style="yellow")
    return 0


def _quantity(text: str, dimension: str, key: str) -> float:
    try:
        return parse_quantity(text, dimension)
    except ValueError as error:
        raise RequestError(f"{key}: {error}") from error
