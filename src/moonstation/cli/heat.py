"""`moonstation heat`: how warm the ground and what stands on it are through a span."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import (
    DAYS_OPTION,
    HEIGHT_OPTION,
    START_OPTION,
    TERRAIN_OPTION,
    check_file,
    read_quantity,
    read_span,
    write_file,
)
from moonstation.errors import RequestError
from moonstation.station.checks import is_file
from moonstation.station.loading import builtin_stations, load_station
from moonstation.study.files import place_series
from moonstation.study.heat import STEP, HeatResult, station_places, study_heat
from moonstation.study.places import Place, find_place

WIDTH = 136
"""Room that the table takes if it needs it, however narrow the terminal."""

WHAT_HELP = (
    "A station (built-in or a file): the ground at its sites and its elements with thermal nodes. Or a place, as of "
    "'moonstation windows': '-89.44 deg, 222.85 deg', a built-in site, STATION:SITE, a named feature."
)


def command(
    what: Annotated[str, typer.Argument(help=WHAT_HELP, metavar="STATION|PLACE")],
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[float | None, DAYS_OPTION] = None,
    years: Annotated[float | None, typer.Option(help="Length of the span in years of 365.25 d.")] = None,
    step: Annotated[str | None, typer.Option(help="Step, e.g. '1 h'; 10 min if not given.")] = None,
    height: Annotated[str | None, HEIGHT_OPTION] = None,
    terrain: Annotated[list[Path] | None, TERRAIN_OPTION] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", help="Draw temperature with depth and time, and of elements, to this file (PNG)."
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the series to this table, too.")] = None,
    netcdf: Annotated[
        Path | None, typer.Option("--netcdf", help="Write all series, every depth, to this file (NetCDF-4).")
    ] = None,
) -> int:
    """Tell how warm the ground is, at the surface and below, and what stands on it, with the heat it needs.

    The ground conducts heat as regolith does (Hayne et al. 2017) under the real Sun of the place, over its horizon. It
    is settled on the year before the start. Elements are those of a station with thermal nodes.
    """
    for path, key in ((picture, "--picture"), (csv, "--csv"), (netcdf, "--netcdf")):
        check_file(path, key)
    seconds = STEP if step is None else read_quantity(step, "time", "--step")
    with progress_bar() as report:
        places, name = _places(what, height, terrain or [], lambda stage: report(stage, 0.02))
        first, last = read_span(places[0], start, days, years)
        result = study_heat(
            places,
            first,
            last,
            step=seconds,
            name=name,
            progress=lambda stage, share: report(stage, 0.05 + 0.85 * share),
        )
        # the drawing library takes long to import
        from moonstation.report.heat import heat_png, heat_series, heat_table

        report("drawing and writing", 0.92)
        table = heat_table(result)
        if picture is not None:
            write_file(picture, heat_png(result))
        if csv is not None:
            write_file(csv, heat_series(result).to_csv(index=False, lineterminator="\n"))
        if netcdf is not None:
            place_series(result.series(), netcdf)
    _print(result, table)
    for path in (picture, csv, netcdf):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def _places(
    what: str, height: str | None, terrain: list[Path], tell: Callable[[str], None]
) -> tuple[list[Place], str]:
    """The sites of a station, or the one place that is meant, and a title."""
    if what in builtin_stations() or (what.endswith(".toml") and is_file(Path(what))):
        for given, key in ((height, "--height"), (terrain, "--terrain")):
            if given:
                raise RequestError(
                    f"{key}: goes with a place; name one site, as in {what}:SITE, or change the station file"
                )
        station = load_station(what)
        return station_places(station, progress=lambda _: tell("horizons")), station.name
    metres = None if height is None else read_quantity(height, "length", "--height")
    found = find_place(what, height=metres, terrain=terrain, progress=tell)
    return [found], found.name


def _print(result: HeatResult, table: pd.DataFrame) -> None:
    span = result.span
    out.print(result.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{_minute(span.start.utc)} to {_minute(span.stop.utc)} UTC, steps of {span.step_s / 60.0:g} min",
        markup=False,
        soft_wrap=True,
    )
    for name, ground in result.grounds.items():
        site = ground.place.site
        out.print(
            f"{name}: {site.lat_deg:.4f} deg, {site.lon_deg:.4f} deg; sees {100.0 * ground.sun.sky_view:.1f} % of the "
            f"sky; sunlight of {ground.place.ground.horizon.heights[0]:g} m above ground on the ground; it settled to "
            f"{ground.settled.drift:.2f} K a year",
            markup=False,
            soft_wrap=True,
        )
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    several = len(result.grounds) > 1
    heated = bool(table["heater_kwh_a_year"].notna().any())
    limited = bool(table[["too_cold_h", "too_hot_h"]].notna().to_numpy().any())
    if several:
        drawn.add_column("site", no_wrap=True)
    drawn.add_column("what", no_wrap=True)
    drawn.add_column("mean [K]", justify="right", no_wrap=True)
    for title in ("coldest [K]", "hottest [K]"):
        drawn.add_column(title, justify="right", no_wrap=True)
        drawn.add_column("UTC", no_wrap=True)
    if heated:
        drawn.add_column(escape("heater\n[kWh/yr]"), justify="right", no_wrap=True)
        drawn.add_column("\n[W]", justify="right", no_wrap=True)
    if limited:
        drawn.add_column(escape("too cold\n[h]"), justify="right", no_wrap=True)
        drawn.add_column(escape("too hot\n[h]"), justify="right", no_wrap=True)
    for row in table.to_dict("records"):
        cells = [str(row["where"])] if several else []
        cells += [
            str(row["what"]),
            f"{row['mean_k']:.1f}",
            f"{row['coldest_k']:.1f}",
            _minute(str(row["coldest_utc"])),
            f"{row['hottest_k']:.1f}",
            _minute(str(row["hottest_utc"])),
        ]
        if heated:
            cells += [_number(row["heater_kwh_a_year"]), _number(row["heater_most_w"])]
        if limited:
            cells += [_number(row["too_cold_h"]), _number(row["too_hot_h"])]
        # names come from a file
        drawn.add_row(*(escape(cell) for cell in cells))
    out.print_wide(drawn, WIDTH)
    for note in result.notes:
        out.print(note, markup=False, style="yellow" if "indicative" in note else None, soft_wrap=True)


def _minute(utc: str) -> str:
    return utc.replace("T", " ")[:16]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.0f}"
