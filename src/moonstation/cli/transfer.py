"""`moonstation transfer`: windows to Mars, flights to the Moon and home."""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.table import Table

from moonstation.cli import transfer_moon
from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.mars import (
    AIMS,
    LONGEST_FLIGHT,
    MODEL,
    SHORTEST_FLIGHT,
    MarsWindow,
    departure_curve,
    find_mars_windows,
    mars_porkchop,
    windows_table,
)

app = typer.Typer(
    help="Ways there and back: windows to Mars, flights to the Moon and home.", no_args_is_help=True
)

WIDTH = 110
CELLS = 400
"""Departures and arrivals of a porkchop picture."""

app.command(name="moon")(transfer_moon.moon_command)
app.command(name="home")(transfer_moon.home_command)


@app.command(name="mars")
def mars_command(
    start: Annotated[str, typer.Option("--from", help="First departure: a year or a date.")] = "2026",
    stop: Annotated[
        str, typer.Option("--to", help="Last departure: a year (to its end) or a date.")
    ] = "2050",
    best: Annotated[
        str, typer.Option(help=f"What is to be least: {', '.join(AIMS)} (of both excess speeds).")
    ] = "c3",
    longest: Annotated[str, typer.Option(help="Longest flight, e.g. '300 d'.")] = "450 d",
    window: Annotated[
        str | None, typer.Option(help="Window of the porkchop picture, by its year in the table; the first.")
    ] = None,
    most_c3: Annotated[
        float, typer.Option(help="Departure energy in km2/s2 up to which the picture is coloured.")
    ] = 30.0,
    png: Annotated[Path | None, typer.Option(help="Write a porkchop picture of one window (PNG).")] = None,
    overview: Annotated[Path | None, typer.Option(help="Write a picture of all windows (PNG).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the windows to this table, too.")] = None,
) -> int:
    """Find the windows to Mars: departure energy, arrival speed, flight time, of both types.

    Type I goes less than half a turn about the Sun, type II more.
    """
    first, last = _edge(start, "--from", end=False), _edge(stop, "--to", end=True)
    for path, key in ((png, "--png"), (overview, "--overview")):
        check_file(path, key, ".png")
    check_file(csv, "--csv")
    if best not in AIMS:
        raise RequestError(f"--best {best}: give one of {', '.join(AIMS)}")
    longest_flight = read_quantity(longest, "time", "--longest")
    if not SHORTEST_FLIGHT < longest_flight <= LONGEST_FLIGHT:
        raise RequestError(f"--longest {longest}: give more than 90 d and up to 450 d")
    with progress_bar() as report:
        windows = find_mars_windows(
            first,
            last,
            aim=best,
            longest_flight=longest_flight,
            progress=lambda share: report("searching windows", 0.7 * share),
        )
        chosen = _chosen(windows, window)
        if png is not None:
            report("drawing", 0.75)
            write_file(png, _porkchop(chosen, most_c3))
        if overview is not None:
            report("drawing all windows", 0.85)
            from moonstation.report.porkchop import mars_overview_png

            curve = departure_curve(first.tdb_s, last.tdb_s)
            write_file(overview, mars_overview_png(curve, windows, title=f"Earth to Mars, {start} to {stop}"))
    table = windows_table(windows)
    _print_mars(table)
    if csv is not None:
        write_file(csv, table.to_csv(index=False, lineterminator="\n"))
    for path in (png, overview, csv):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def _edge(text: str, key: str, *, end: bool) -> Epoch:
    """A date, or a year: its first instant, or its last day."""
    if re.fullmatch(r"\d{4}", text.strip()):
        year = int(text)
        return Epoch.parse(f"{year + 1:04d}-01-01") + (-1.0) if end else Epoch.parse(f"{year:04d}-01-01")
    if not text.strip():
        raise RequestError(f"{key}: give a year or a date, e.g. 2033 or 2033-04-01")
    return Epoch.parse(text)


def _chosen(windows: list[MarsWindow], name: str | None) -> MarsWindow:
    if name is None:
        return windows[0]
    for window in windows:
        if window.name == name.strip():
            return window
    raise RequestError(f"--window {name}: is none of {', '.join(window.name for window in windows)}")


def _porkchop(window: MarsWindow, most_c3: float) -> bytes:
    """Picture about the best flights of a window, with room on all sides."""
    # imported when it is wanted: the drawing library takes a second that other commands need not wait
    from moonstation.report.porkchop import mars_porkchop_png

    if not most_c3 * 1e6 > window.best().c3:
        raise RequestError(
            f"--most-c3 {most_c3:g}: the least in {window.name} is {window.best().c3 / 1e6:.2f} km2/s2"
        )
    leave = [flight.departure.tdb_s for flight in window.flights]
    reach = [flight.arrival.tdb_s for flight in window.flights]
    day = SECONDS_PER_DAY
    chop = mars_porkchop(
        np.linspace(min(leave) - 75.0 * day, max(leave) + 75.0 * day, CELLS),
        np.linspace(min(reach) - 90.0 * day, max(reach) + 90.0 * day, CELLS),
    )
    return mars_porkchop_png(
        chop, window.flights, title=f"Earth to Mars, window of {window.name}", most_c3=most_c3 * 1e6
    )


def _print_mars(table: pd.DataFrame) -> None:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("window", "type", "departure", "arrival"):
        drawn.add_column(name, no_wrap=True)
    for name in (
        "flight\n[d]",
        "C3\n[km2/s2]",
        "declination\n[deg]",
        "arrival\n[km/s]",
        "from 200 km\n[m/s]",
    ):
        drawn.add_column(name, justify="right", no_wrap=True)
    for row in table.to_dict("records"):
        drawn.add_row(
            row["window"],
            row["type"],
            row["departure_utc"][:10],
            row["arrival_utc"][:10],
            f"{row['flight_d']:.0f}",
            f"{row['c3_km2_s2']:.2f}",
            f"{row['declination_deg']:.1f}",
            f"{row['arrival_speed_km_s']:.2f}",
            f"{row['injection_m_s']:.0f}",
        )
    out.print_wide(drawn, WIDTH)
    out.print(
        "declination: of the departure asymptote, ICRF; the parking orbit must be inclined as much or more. arrival: "
        "excess speed. No margin.",
        markup=False,
        soft_wrap=True,
        style="dim",
    )
    out.print(MODEL, markup=False, soft_wrap=True, style="dim")
