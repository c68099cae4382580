"""`moonstation orbit find relay` and `lifetimes`: many orbits flown to their ends, as tables and pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from moonstation.arrays import FloatArray
from moonstation.cli.console import out, progress_bar
from moonstation.cli.orbit import find_places, print_run
from moonstation.cli.orbit_find_words import (
    USUAL_EPOCH,
    EpochOption,
    MaskOption,
    OutOption,
    SiteOption,
    ThreadsOption,
    check_outputs,
    print_files,
    write_bytes,
    write_found,
)
from moonstation.cli.words import check_file, read_mask, read_quantity, read_range
from moonstation.errors import RequestError
from moonstation.orbits.batches import Survey
from moonstation.report.wording import count
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.orbit_files import write_text_file
from moonstation.study.orbit_survey import SURVEYED, survey_lifetimes, survey_relays
from moonstation.study.orbits import OrbitInput, find_orbit

YEAR_DAYS = 365.25
SHOWN = 8
POLE = "south pole"

TableOption = Annotated[Path | None, typer.Option("--table", help="Write all of them to this table (CSV).")]
MapOption = Annotated[Path | None, typer.Option("--map", help="Draw them as this picture (PNG).")]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="Fly them on a Dask cluster: local, local:N for N workers, or tcp://HOST:PORT of a scheduler.",
    ),
]
SurveyDegreeOption = Annotated[int, typer.Option(help="Degree of the gravity field.", min=2, max=1200)]


def relay_command(
    periapsis: Annotated[str, typer.Option(help="Lowest altitude at the epoch.")] = "200 km",
    apoapsis: Annotated[str, typer.Option(help="Highest altitude.")] = "16000 km",
    inclination: Annotated[str, typer.Option(help="To the Moon's equator of the epoch.")] = "62.4 deg",
    nodes: Annotated[int, typer.Option(help="Nodes tried, evenly round the Moon.", min=1, max=3600)] = 24,
    arguments: Annotated[int, typer.Option(help="Arguments of periapsis tried.", min=1, max=3600)] = 5,
    argument_range: Annotated[
        str | None,
        typer.Option(
            "--argument-range",
            help="Between which; '70 deg..110 deg' if not given (apoapsis over the south), 180 deg more with --north.",
        ),
    ] = None,
    north: Annotated[bool, typer.Option("--north", help="Apoapsis over the north.")] = False,
    epoch: EpochOption = USUAL_EPOCH,
    years: Annotated[float, typer.Option(help="How long each is flown at most.")] = 1.0,
    degree: SurveyDegreeOption = 20,
    site: SiteOption = None,
    mask: MaskOption = "10 deg",
    table: TableOption = None,
    map_file: MapOption = None,
    out_files: OutOption = None,
    threads: ThreadsOption = None,
    cluster: ClusterOption = None,
) -> int:
    """Survey elliptical relay orbits over node and argument of periapsis: which live longest and dwell over a site.

    The usual figures are those of Queqiao-2 as designed. All begin at their periapsis; those that hit the ground (the
    1737.4 km sphere) end there. Without --site the place is the pole under the apoapsis. --out writes the first of the
    table.
    """
    low, high = (
        read_quantity(text, "altitude", key)
        for text, key in ((periapsis, "--periapsis"), (apoapsis, "--apoapsis"))
    )
    tilt, least = read_quantity(inclination, "angle", "--inclination"), read_mask(mask)
    middle = 270.0 if north else 90.0
    given = read_range(argument_range, "angle", "--argument-range")
    first, last = np.radians([middle - 20.0, middle + 20.0]) if given is None else given
    if not np.isfinite([first, last]).all():
        raise RequestError("--argument-range: give both ends, as '70 deg..110 deg'")
    span = _span(years, "--years")
    moment = Epoch.parse(epoch)
    files = check_outputs(out_files)
    _check_survey_files(table, map_file)
    with progress_bar() as report:
        places = find_places(site, report)
        place = places[0] if places else Site("north pole" if north else POLE, 90.0 if north else -90.0, 0.0)
        share = 0.8 if files else 0.98
        found = survey_relays(
            periapsis_altitude=low,
            apoapsis_altitude=high,
            inclination=tilt,
            epoch=moment,
            duration=span,
            nodes=_round(nodes),
            arguments=_between(float(first), float(last), arguments),
            site=place,
            mask_deg=float(np.degrees(least)),
            degree=degree,
            threads=threads,
            cluster=cluster,
            progress=lambda done: report(f"flying {nodes * arguments} orbits", share * done),
        )
        name = place.name if places else f"the {place.name}"
        title = (
            f"Relay orbits of {low / 1e3:g} x {high / 1e3:g} km, {np.degrees(tilt):g}°, from {moment.utc[:10]} for "
            f"{span / 86_400.0:g} d at most"
        )
        if map_file is not None:
            report("drawing", share)
            # the drawing library takes long to import
            from moonstation.report.orbit_maps import draw_relays

            write_bytes(map_file, draw_relays(found, title=title, site=name))
        if table is not None:
            write_text_file(table, found.to_csv(index=False, lineterminator="\n"))
        best = None
        if files:
            row = found.iloc[0]
            best = find_orbit(
                None,
                OrbitInput(
                    epoch=moment,
                    days=span / 86_400.0,
                    degree=degree,
                    periapsis_altitude=low,
                    apoapsis_altitude=high,
                    inclination=tilt,
                    raan=float(np.radians(row["node_deg"])),
                    arg_periapsis=float(np.radians(row["argument_deg"])),
                    forces=SURVEYED,
                ),
                progress=lambda done: report("flying the first again", share + 0.1 * done),
            )
            best = replace(
                best,
                id="relay",
                name=f"Relay orbit, {low / 1e3:g} x {high / 1e3:g} km, {np.degrees(tilt):g} deg, node "
                f"{row['node_deg']:g} deg, argument {row['argument_deg']:g} deg",
            )
            write_found(best, files, report, done=share + 0.1, places=(place,))
    out.print(title, style="bold", markup=False, soft_wrap=True)
    stays = int((found["ending"] == "stays").sum())
    out.print(
        f"{count(len(found), 'orbit')}, {stays} of them stay to the end; gravity to degree {degree}, Earth and Sun; "
        f"seen from {name} at {np.degrees(least):g} deg and more over a level horizon, looked at each "
        f"{Survey.sample / 60:g} min",
        markup=False,
        soft_wrap=True,
    )
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in (
        "node [deg]",
        "argument [deg]",
        "lifetime [d]",
        "ending",
        "lowest [km]",
        "seen [%]",
        "longest gap [h]",
    ):
        drawn.add_column(escape(head), justify="left" if head == "ending" else "right", no_wrap=True)
    for cells in found.head(SHOWN).to_dict("records"):
        drawn.add_row(
            f"{cells['node_deg']:g}", f"{cells['argument_deg']:g}", f"{cells['lifetime_d']:.2f}", cells["ending"],
            f"{cells['lowest_km']:z.1f}", f"{100.0 * cells['dwell_share']:.1f}", f"{cells['longest_gap_h']:.2f}",
        )  # fmt: skip
    out.print_wide(drawn, 110)
    if len(found) > SHOWN:
        out.print(f"... and {len(found) - SHOWN} more; see them with --table FILE", markup=False)
    if best is not None:
        out.print()
        print_run(best)
    print_files([*(path for path in (table, map_file) if path is not None), *files])
    return 0


def lifetimes_command(
    altitude: Annotated[
        str, typer.Option(help="Altitude at the epoch; the orbits are round then.")
    ] = "100 km",
    inclinations: Annotated[str, typer.Option(help="Between which inclinations.")] = "0 deg..180 deg",
    inclination_step: Annotated[str, typer.Option("--inclination-step", help="Step between them.")] = "5 deg",
    nodes: Annotated[int, typer.Option(help="Nodes, evenly round the Moon.", min=1, max=3600)] = 4,
    epoch: EpochOption = USUAL_EPOCH,
    days: Annotated[float, typer.Option(help="Days that each is flown at most.")] = YEAR_DAYS,
    degree: SurveyDegreeOption = 30,
    table: TableOption = None,
    map_file: MapOption = None,
    threads: ThreadsOption = None,
    cluster: ClusterOption = None,
) -> int:
    """Map how long low orbits last before they hit the ground, over inclination and node.

    A year takes a processor about 2 s an orbit at degree 30 and 6 s at degree 50, less where it ends early. Lifetimes
    depend on the degree: mascons pull low orbits down.
    """
    height = read_quantity(altitude, "altitude", "--altitude")
    tilts = read_range(inclinations, "angle", "--inclinations")
    step = read_quantity(inclination_step, "angle", "--inclination-step")
    if tilts is None or not 0.0 <= tilts[0] <= tilts[1] <= np.pi + 1e-12:
        raise RequestError(f"--inclinations {inclinations[:40]}: give 0 deg to 180 deg or a part of it")
    if not step > 0.0:
        raise RequestError(f"--inclination-step {inclination_step[:40]}: give an angle above zero")
    span = _span(days / YEAR_DAYS, "--days")
    moment = Epoch.parse(epoch)
    _check_survey_files(table, map_file)
    grid = np.minimum(tilts[0] + step * np.arange(int((tilts[1] - tilts[0]) / step + 1e-9) + 1), np.pi)
    with progress_bar() as report:
        found = survey_lifetimes(
            altitude=height,
            inclinations=grid,
            nodes=_round(nodes),
            epoch=moment,
            duration=span,
            degree=degree,
            threads=threads,
            cluster=cluster,
            progress=lambda done: report(f"flying {len(grid) * nodes} orbits", 0.98 * done),
        )
        title = f"Lifetimes of round orbits {height / 1e3:g} km up, from {moment.utc[:10]}, gravity to degree {degree}"
        if map_file is not None:
            report("drawing", 0.98)
            # the drawing library takes long to import
            from moonstation.report.orbit_maps import draw_lifetimes

            write_bytes(map_file, draw_lifetimes(found, title=title, span_days=span / 86_400.0))
        if table is not None:
            write_text_file(table, found.to_csv(index=False, lineterminator="\n"))
    out.print(title, style="bold", markup=False, soft_wrap=True)
    stays = int((found["ending"] == "stays").sum())
    out.print(
        f"{count(len(found), 'orbit')} flown for {span / 86_400.0:g} d at most, {stays} of them stay; an orbit ends on "
        "the 1737.4 km sphere, terrain is not looked at",
        markup=False,
        soft_wrap=True,
    )
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in ("inclination [deg]", "lifetime [d]: least", "median", "greatest", "stay"):
        drawn.add_column(escape(head), justify="right", no_wrap=True)
    for tilt, part in found.groupby("inclination_deg"):
        life = part["lifetime_d"]
        drawn.add_row(
            f"{tilt:g}", f"{life.min():.1f}", f"{life.median():.1f}", f"{life.max():.1f}",
            f"{int((part['ending'] == 'stays').sum())} of {len(part)}",
        )  # fmt: skip
    out.print_wide(drawn, 90)
    print_files([path for path in (table, map_file) if path is not None])
    return 0


def _span(years: float, key: str) -> float:
    if not 0.0 < years <= 100.0:
        raise RequestError(f"{key}: give a length above zero, of 100 years at most")
    return years * YEAR_DAYS * 86_400.0


def _round(number: int) -> FloatArray:
    """Angles evenly round the circle [rad]."""
    return np.asarray(2.0 * np.pi * np.arange(number) / number)


def _between(first: float, last: float, number: int) -> FloatArray:
    return np.array([0.5 * (first + last)]) if number == 1 else np.linspace(first, last, number)


def _check_survey_files(table: Path | None, map_file: Path | None) -> None:
    check_file(table, "--table")
    check_file(map_file, "--map", ".png")
