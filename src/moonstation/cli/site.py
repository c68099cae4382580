"""`moonstation site`: what a place on the Moon sees."""

import webbrowser
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from moonstation.cli import find
from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import (
    DAYS_OPTION,
    HEIGHT_OPTION,
    PLACE_HELP,
    START_OPTION,
    TERRAIN_OPTION,
    SouthernCommand,
    check_file,
    read_quantity,
    read_span,
)
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.products import resolve_terrain
from moonstation.report.places import month_rows, summary_rows, worst_rows, write_places_page
from moonstation.study.places import find_place
from moonstation.study.sites import SitesResult, study_places
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizon_table import write_horizon
from moonstation.terrain.horizons import horizon, locate

HIGHEST = 1000.0
"""As in a station file [m]."""

app = typer.Typer(help="What a place on the Moon sees.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What a place on the Moon sees."""


# a latitude begins with a dash as often as not
@app.command(name="horizon", cls=SouthernCommand)
def horizon_command(
    lat: Annotated[str, typer.Argument(help="Latitude with unit, e.g. '-88.8 deg'.")],
    lon: Annotated[str, typer.Argument(help="Longitude east with unit, e.g. '123.4 deg'.")],
    file: Annotated[
        Path, typer.Argument(help="Table to write (CSV), which a site names with horizon = 'FILE'.")
    ],
    terrain: Annotated[
        list[str] | None,
        typer.Option(
            help="GeoTIFF, IMG, LBL or JP2 files, or names of 'moonstation data list', finest first; the packaged "
            "8 pixels per degree grid lies beneath.",
            metavar="FILE",
        ),
    ] = None,
    height: Annotated[
        list[str] | None,
        typer.Option(
            help="Heights above ground, e.g. --height '2 m' --height '10 m'; both if not given.",
            metavar="LENGTH",
        ),
    ] = None,
    azimuths: Annotated[
        int, typer.Option(help="Number of azimuths.", metavar="NUMBER", min=8, max=100_000)
    ] = 720,
    name: Annotated[str, typer.Option(help="Name of the site in the table.", metavar="NAME")] = "site",
) -> int:
    """Make the terrain horizon of a place as a table that a station file can name."""
    heights = sorted(read_quantity(text, "length", "--height") for text in height or ["2 m", "10 m"])
    lat_deg, lon_deg = (
        float(np.degrees(read_quantity(text, "angle", key))) for text, key in ((lat, "LAT"), (lon, "LON"))
    )
    if not file.absolute().parent.is_dir():
        raise OutputError(f"{file}: its folder does not exist; make it first or write elsewhere")
    for height_m in heights:
        if not 0.0 <= height_m <= HIGHEST:
            raise RequestError(f"--height {height_m:g} m: give a height above ground of 0 m to {HIGHEST:g} m")
    with progress_bar() as report:
        report("reading terrain", 0.05)
        model = (
            ElevationModel.from_files(resolve_terrain(terrain), around=[(lat_deg, lon_deg)])
            if terrain
            else ElevationModel.packaged()
        )
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
    if result.indicative and terrain:
        out.print(
            f"no terrain file holds {place.lat_deg:.4f}, {place.lon_deg:.4f} deg, or a height there; check them",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    if result.indicative:
        out.print("indicative only: the terrain under this site is coarser than 500 m", style="yellow")
    return 0


@app.command(name="show", cls=SouthernCommand)
def show_command(
    place: Annotated[str, typer.Argument(help=PLACE_HELP)],
    others: Annotated[
        list[str] | None, typer.Argument(help="With --compare: the places to set beside it.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Set several places side by side: site show --compare A B C.")
    ] = False,
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[float | None, DAYS_OPTION] = None,
    height: Annotated[str | None, HEIGHT_OPTION] = None,
    terrain: Annotated[list[Path] | None, TERRAIN_OPTION] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Page to write (HTML); none is written without this or --open."),
    ] = None,
    open_page: Annotated[
        bool,
        typer.Option("--open", help="Open the page in the browser (written to site.html without --out)."),
    ] = False,
) -> int:
    """Show the light of a place, or of several side by side: sky, calendar, spells, months, worst months.

    Figures are for the span in steps of 10 min; the worst months are those of a whole nodal cycle of the Moon (18.6
    years from the start), by the hour.
    """
    names = [place, *(others or [])]
    if len(names) > 1 and not compare:
        raise RequestError(f"{len(names)} places are given; set them side by side with --compare")
    if len(names) > MOST_PLACES:
        raise RequestError(f"{len(names)} places are too many for one page; compare {MOST_PLACES} at most")
    page = out_file if out_file is not None or not open_page else Path("site.html")
    check_file(page, "--out")
    metres = read_quantity(height, "length", "--height") if height is not None else None
    with progress_bar() as report:
        places = []
        for number, name in enumerate(names):
            share = 0.5 * number / len(names)
            places.append(
                find_place(
                    name,
                    height=metres,
                    terrain=terrain or (),
                    progress=lambda stage, share=share: report(stage, share),  # type: ignore[misc]
                )
            )
        first, last = read_span(places[0], start, days, None)
        result = study_places(
            places, first, last, progress=lambda stage, share: report(stage, 0.5 + 0.4 * share)
        )
        if page is not None:
            report("drawing the page", 0.92)
            _write_page(page, write_places_page(result))
    _print(result)
    if page is not None:
        out.print(f"\nPage: {page}", markup=False, soft_wrap=True)
        if open_page:
            webbrowser.open(page.absolute().as_uri())
    return 0


app.command(name="find", help=find.HELP, cls=SouthernCommand)(find.command)

MOST_PLACES = 8
WIDTH = 40
"""Room for a column on the terminal."""


def _write_page(path: Path, page: str) -> None:
    try:
        replace_file(path, page)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); check the folder and the space on it"
        ) from error


def _print(result: SitesResult) -> None:
    places = result.places
    out.print(result.station.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{result.start.utc[:16].replace('T', ' ')} to {result.stop.utc[:16].replace('T', ' ')} UTC, "
        f"{(result.stop - result.start) / 86_400.0:g} d",
        markup=False,
        soft_wrap=True,
    )
    for note in result.notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)
    heads = [
        f"{place.name} (indicative)" if place.ground.horizon.indicative else place.name for place in places
    ]
    for corner, rows in (
        ("", summary_rows(result)),
        ("month", month_rows(result)),
        ("worst of 18.6 years", worst_rows(result, 6)),
    ):
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for head in (corner, *heads):
            table.add_column(escape(head), overflow="fold")
        for label, cells in rows:
            table.add_row(escape(label), *(escape(cell) for cell in cells))
        out.print()
        out.print_wide(table, WIDTH * (1 + len(places)))
