"""`moonstation windows`: when the Sun and the Earth stand at a place as a user wants them."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import (
    DAYS_OPTION,
    HEIGHT_OPTION,
    PLACE_HELP,
    START_OPTION,
    TERRAIN_OPTION,
    check_file,
    read_quantity,
    read_range,
    read_span,
    write_file,
)
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.spacetime.epochs import Epoch
from moonstation.study.places import Place, find_place
from moonstation.sunlight.windows import Conditions, find_windows, windows_frame

SHOWN = 40
"""Most windows on the terminal unless the user asks for all."""

WIDTH = 100
"""Room that the table takes if it needs it, however narrow the terminal."""


def command(
    place: Annotated[str, typer.Argument(help=PLACE_HELP)],
    sun_elevation: Annotated[
        str | None,
        typer.Option(help="Elevation of the Sun's centre, e.g. '2 deg..8 deg', '2 deg..' or '..8 deg'."),
    ] = None,
    lit: Annotated[bool, typer.Option("--lit", help="Any of the Sun's disc above the terrain.")] = False,
    fully_lit: Annotated[
        bool, typer.Option("--fully-lit", help="The whole of the Sun's disc above the terrain.")
    ] = False,
    lit_for: Annotated[
        str | None,
        typer.Option(
            help="Landing windows: lit without a break for this long from each instant, e.g. '10 d'."
        ),
    ] = None,
    dark_at_most: Annotated[
        str | None,
        typer.Option(help="Dark spells that last no longer than this count as lit, e.g. '6 h'."),
    ] = None,
    earth_elevation: Annotated[
        str | None, typer.Option(help="Elevation of the Earth's centre, e.g. '5 deg..'.")
    ] = None,
    earth_visible: Annotated[
        bool, typer.Option("--earth-visible", help="The Earth's centre above the terrain.")
    ] = False,
    at_least: Annotated[
        str | None, typer.Option(help="Leave out windows shorter than this, e.g. '2 h'.")
    ] = None,
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[float | None, DAYS_OPTION] = None,
    years: Annotated[float | None, typer.Option(help="Length of the span in years of 365.25 d.")] = None,
    height: Annotated[str | None, HEIGHT_OPTION] = None,
    terrain: Annotated[list[Path] | None, TERRAIN_OPTION] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the windows to this table, too.")] = None,
    ics: Annotated[
        Path | None, typer.Option(help="Write the windows to this calendar (iCalendar), too.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print more than the first {SHOWN}.")] = False,
) -> int:
    """Find the windows in which all given conditions hold at a place, edges to the second.

    With --lit-for, a window holds the instants at which a lander may arrive: from each of them the place stays lit for
    that long. The other conditions hold at the instant of arrival.
    """
    conditions = Conditions(
        sun_elevation=read_range(sun_elevation, "angle", "--sun-elevation"),
        earth_elevation=read_range(earth_elevation, "angle", "--earth-elevation"),
        lit=lit or fully_lit or dark_at_most is not None,
        disc="whole" if fully_lit else "any",
        lit_for=_time(lit_for, "--lit-for"),
        dark_at_most=_time(dark_at_most, "--dark-at-most"),
        earth_visible=earth_visible,
        at_least=_time(at_least, "--at-least"),
    )
    for path, key in ((csv, "--csv"), (ics, "--ics")):
        check_file(path, key)
    metres = read_quantity(height, "length", "--height") if height is not None else None
    with progress_bar() as report:
        found = find_place(
            place, height=metres, terrain=terrain or (), progress=lambda stage: report(stage, 0.05)
        )
        first, last = read_span(found, start, days, years)
        windows = find_windows(
            found.site,
            found.ground.horizon,
            conditions,
            first.tdb_s,
            last.tdb_s,
            height=found.height,
            progress=lambda share: report("searching", 0.3 + 0.7 * share),
        )
    table = windows_frame(found.site, windows, start=first.tdb_s, stop=last.tdb_s)
    _print(found, conditions, table, first, last, every=every)
    if csv is not None:
        write_file(csv, _csv(found, table))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    if ics is not None:
        write_file(ics, _calendar(found, conditions, table, first))
        out.print(f"{ics}: written", markup=False, soft_wrap=True)
    return 0


def _time(text: str | None, key: str) -> float:
    return 0.0 if text is None else read_quantity(text, "time", key)


def _print(
    place: Place, conditions: Conditions, table: pd.DataFrame, first: Epoch, last: Epoch, *, every: bool
) -> None:
    horizon = place.ground.horizon
    out.print(place.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{_coordinates(place)}, {place.height:g} m above ground; {_spaced(first.utc)[:16]} to "
        f"{_spaced(last.utc)[:16]} UTC",
        markup=False,
        soft_wrap=True,
    )
    out.print(f"when: {'; '.join(conditions.words())}", markup=False, soft_wrap=True)
    if conditions.needs_terrain:
        out.print(f"terrain: {horizon.terrain}", markup=False, soft_wrap=True)
        if place.limit:
            out.print(place.limit, markup=False, style="yellow", soft_wrap=True)
    if table.empty:
        out.print("no window in this span", markup=False)
        return
    shown = table if every else table.head(SHOWN)
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("start [UTC]", "end [UTC]"):
        drawn.add_column(name, no_wrap=True)
    for name in ("length", "Sun [deg]", "Earth [deg]"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for row in shown.to_dict("records"):
        drawn.add_row(
            _spaced(row["start_utc"]),
            _spaced(row["end_utc"]),
            length(row["duration_s"]) + ("*" if row["clipped"] else ""),
            f"{row['sun_elevation_start_deg']:.1f} to {row['sun_elevation_end_deg']:.1f}",
            f"{row['earth_elevation_start_deg']:.1f} to {row['earth_elevation_end_deg']:.1f}",
        )
    out.print_wide(drawn, WIDTH)
    if bool(shown["clipped"].any()):
        out.print("* cut by the span, so may be longer", markup=False)
    if len(shown) < len(table):
        out.print(f"... and {len(table) - len(shown)} more; see them with --all or --csv FILE", markup=False)
    whole = float(table["duration_s"].sum())
    share = whole / (last - first)
    out.print(
        f"{len(table)} window{'s' if len(table) > 1 else ''}, {length(whole)} together, {100 * share:.1f} % of the "
        f"span; longest {length(float(table['duration_s'].max()))}",
        markup=False,
        soft_wrap=True,
    )


def _spaced(utc: str) -> str:
    return utc.replace("T", " ").rstrip("Z")


def length(seconds: float) -> str:
    """A length of time in the unit that reads best."""
    for unit, size, digits in (("d", 86_400.0, 2), ("h", 3600.0, 2), ("min", 60.0, 1)):
        if seconds >= size:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds:.0f} s"


def _coordinates(place: Place) -> str:
    return f"{place.lat_deg:.4f} deg, {place.lon_deg:.4f} deg"


def _csv(place: Place, table: pd.DataFrame) -> str:
    horizon = place.ground.horizon
    told = table.assign(
        place=place.name, terrain_resolution_m=horizon.resolution_m, indicative=horizon.indicative
    )
    text: str = told.to_csv(index=False, lineterminator="\n")
    return text


def _calendar(place: Place, conditions: Conditions, table: pd.DataFrame, first: Epoch) -> str:
    limit = place.limit if conditions.needs_terrain else ""
    mark = " (indicative)" if limit else ""
    kind = "Landing window" if conditions.lit_for else "Window"
    where = f"{place.name} ({_coordinates(place)}), Moon"
    terrain = f"Terrain: {place.ground.horizon.terrain}" if conditions.needs_terrain else ""
    events = []
    for row in table.to_dict("records"):
        lines = [
            f"When: {'; '.join(conditions.words())}",
            f"Length: {length(row['duration_s'])}{', cut by the span searched' if row['clipped'] else ''}",
            f"Sun {row['sun_elevation_start_deg']:.2f} to {row['sun_elevation_end_deg']:.2f} deg, Earth "
            f"{row['earth_elevation_start_deg']:.2f} to {row['earth_elevation_end_deg']:.2f} deg",
            terrain,
            limit,
        ]
        events.append(
            Event(
                start=_moment(row["start_utc"]),
                stop=_moment(row["end_utc"]),
                summary=f"{kind}: {place.name}{mark}",
                description="\n".join(line for line in lines if line),
                location=where,
            )
        )
    return calendar_text(events, name=f"{kind}s: {place.name}", stamp=_moment(first.utc))


def _moment(utc: str) -> np.datetime64:
    return np.datetime64(utc.rstrip("Z"), "ns")
