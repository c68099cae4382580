"""What `moonstation orbit find` reads from a command line, and prints, in common."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from moonstation.cli.console import Report, out
from moonstation.cli.orbit import PICTURE, draw_picture
from moonstation.cli.orbit_words import check_files
from moonstation.cli.words import read_quantity
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.orbits.station_keeping import KeepingErrors
from moonstation.report.wording import duration, number, share
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.sites import Site
from moonstation.study.kept_orbits import KeepingPlan
from moonstation.study.orbit_files import SUFFIXES, FileOptions, write_orbit_file
from moonstation.study.orbit_search import Sight, turning_line
from moonstation.study.orbit_study import orbit_line
from moonstation.study.orbits import USUAL_START, OrbitRun

Rows = list[tuple[str, str]]
KEEPING = "Keeping it"

OutOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--out",
        "-o",
        help="Files to write, repeatable, by suffix: .csv and .nc tables, .oem, .opm, .bsp (SPK), .czml (Cesium), "
        ".png.",
    ),
]
EpochOption = Annotated[str, typer.Option(help="When the orbit begins.")]
RevolutionsOption = Annotated[int, typer.Option(help="How often it goes round.", min=1)]
DegreeOption = Annotated[
    int | None,
    typer.Option(help="Degree of the gravity field; chosen by the perilune if not given.", min=2, max=1200),
]
SiteOption = Annotated[
    str | None,
    typer.Option(
        "--site",
        help="A place that it is to be seen from: '-89.44 deg, 222.85 deg', a built-in site, STATION:SITE.",
    ),
]
MaskOption = Annotated[str, typer.Option(help="Least elevation there, over a level horizon.")]
NorthOption = Annotated[
    bool, typer.Option("--north", help="Spend most time over the north of the Moon; the south if not given.")
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(help="Threads; one a processor if not given. Figures do not depend on it.", min=1),
]

KeepOption = Annotated[
    int | None,
    typer.Option(
        "--keep",
        help="Keep so many orbiters, each with errors of its own, near the orbit, and tell what it costs.",
        min=1,
        max=10_000,
        rich_help_panel=KEEPING,
    ),
]
NavigationOption = Annotated[
    str,
    typer.Option(
        help="Navigation error of position and velocity, each axis, one standard deviation; also of the first state.",
        rich_help_panel=KEEPING,
    ),
]
BurnErrorOption = Annotated[
    str, typer.Option(help="Error of the size of a burn, one standard deviation.", rich_help_panel=KEEPING)
]
PointingOption = Annotated[
    str,
    typer.Option(help="Error of the direction of a burn, one standard deviation.", rich_help_panel=KEEPING),
]
DeadbandOption = Annotated[str, typer.Option(help="Burns under this are left out.", rich_help_panel=KEEPING)]
BurnsOption = Annotated[
    int,
    typer.Option(
        help="Burns allowed in a revolution, evenly spaced.", min=1, max=50, rich_help_panel=KEEPING
    ),
]
SeedOption = Annotated[int, typer.Option(help="Of the errors.", min=0, rich_help_panel=KEEPING)]
KeepOutOption = Annotated[
    Path | None,
    typer.Option("--keep-out", help="Write the burns to this table (CSV).", rich_help_panel=KEEPING),
]
USUAL_EPOCH = USUAL_START
USUAL_NAVIGATION = "1 km, 1 cm/s"
USUAL_BURN_ERROR = "1 %"
USUAL_POINTING = "0.5 deg"
USUAL_DEADBAND = "3 cm/s"


def read_plan(
    members: int, navigation: str, burn_error: str, pointing: str, deadband: str, burns: int, seed: int
) -> KeepingPlan:
    """Read how an orbit is kept.

    Raises
    ------
    RequestError
        If a word cannot be read; names its option.
    """
    parts = navigation.split(",")
    if len(parts) != 2:
        raise RequestError(
            f"--navigation {navigation[:40]}: give errors of position and velocity, '{USUAL_NAVIGATION}'"
        )
    position = not_negative(read_quantity(parts[0].strip(), "length", "--navigation"), "--navigation")
    velocity = not_negative(read_quantity(parts[1].strip(), "speed", "--navigation"), "--navigation")
    return KeepingPlan(
        members=members,
        errors=KeepingErrors(
            position=position,
            velocity=velocity,
            burn_size=not_negative(read_quantity(burn_error, "share", "--burn-error"), "--burn-error"),
            burn_direction=not_negative(read_quantity(pointing, "angle", "--pointing"), "--pointing"),
            insertion_position=position,
            insertion_velocity=velocity,
        ),
        deadband=not_negative(read_quantity(deadband, "speed", "--deadband"), "--deadband"),
        burns_per_revolution=burns,
        seed=seed,
    )


def not_negative(value: float, key: str) -> float:
    """Refuse a size below zero."""
    if value < 0.0:
        raise RequestError(f"{key}: is below zero; give zero or more")
    return value


def check_outputs(files: Sequence[Path] | None) -> list[Path]:
    """The files to be written, their suffixes known."""
    paths = list(files or [])
    check_files(paths, SUFFIXES | PICTURE)
    return paths


def write_found(
    run: OrbitRun,
    files: Sequence[Path],
    report: Report,
    *,
    done: float,
    places: tuple[Site, ...] = (),
    turning: bool = False,
) -> None:
    """Write an orbit that was found; its picture in turning axes, or as `orbit propagate` draws it."""
    for index, path in enumerate(files):
        report(f"writing {path.name}", done + (1.0 - done) * index / len(files))
        if path.suffix.lower() not in PICTURE:
            write_orbit_file(path, run, FileOptions(places=places))
        elif turning:
            # the drawing library takes long to import
            from moonstation.report.orbit_turning import draw_turning

            write_bytes(path, draw_turning(turning_line(run)))
        else:
            draw_picture(path, [orbit_line(run)], "all", places)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a picture whole or not at all."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def sight_rows(sight: Sight, place: str, mask: float) -> Rows:
    """What is seen from an orbit, in words."""
    moments = [str(moment)[:10] for moment in tdb_to_utc(np.array([sight.least_at, sight.greatest_at]))]
    rows = [
        (
            "distance from the Moon's centre",
            f"{km(sight.least)} ({moments[0]}) to {km(sight.greatest)} ({moments[1]})",
        ),
        ("Earth hidden by the Moon", _for(sight.earth_hidden, sight.earth_hidden_longest)),
        ("in the Moon's full shadow", _for(sight.umbra, sight.umbra_longest)),
    ]
    if sight.dwell is not None:
        rows.append(
            (
                f"over {place}",
                f"{share(sight.dwell)} of the time at {np.degrees(mask):g} deg and more (level horizon), longest gap "
                f"{duration(sight.gap, 3)}",
            )
        )
    return rows


def _for(part: float, length: float) -> str:
    return "never" if length == 0.0 else f"{share(part)} of the time, longest {duration(length, 3)}"


def km(metres: float) -> str:
    """A distance in kilometres, to the kilometre or finer."""
    return f"{number(metres / 1e3, 5)} km"


def print_rows(title: str, rows: Rows) -> None:
    """Print a title over names and values."""
    out.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(escape(label), escape(value))
    out.print(title, style="bold", markup=False, soft_wrap=True)
    out.print_wide(table, 120)


def print_files(files: Sequence[Path]) -> None:
    """Tell which files were written."""
    for path in files:
        out.print(f"{path}: written", markup=False, soft_wrap=True)
