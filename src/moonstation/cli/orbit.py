"""`moonstation orbit`: propagate, look at, search and compare orbits about the Moon."""

import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from moonstation.arrays import FloatArray
from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.orbit_words import OrbitArgument, SiteOption, check_files, with_orbit, with_span
from moonstation.cli.words import SouthernCommand, check_file, read_mask, read_quantity
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.spk import BODY_ID
from moonstation.orbits.events import KINDS, events_frame, find_events
from moonstation.orbits.osculating import differences_rsw
from moonstation.orbits.sampling import sample_times
from moonstation.report.orbits import difference_rows, events_words, orbit_rows, write_orbits_page
from moonstation.report.wording import duration
from moonstation.spacetime.sites import Site
from moonstation.study.orbit_events import event_calendar, event_names, queries_of
from moonstation.study.orbit_files import (
    SUFFIXES,
    TIME_SYSTEMS,
    FileOptions,
    write_orbit_file,
    write_scene,
    write_text_file,
)
from moonstation.study.orbit_study import OrbitLine, OrbitStudy, find_stations, orbit_line, study_orbit
from moonstation.study.orbiters import ForceChanges
from moonstation.study.orbits import OrbitInput, OrbitRun, find_orbit
from moonstation.study.places import Place, find_place
from moonstation.study.run import software

VIEWS = ("all", "track", "south", "north", "space")
PICTURE = {".png": "picture"}
PAGE = {".html": "page"}
SHOWN = 40
MOST_ORBITS = 6
NOTHING = OrbitInput()
"""What is said of an orbit where nothing is."""
COMPARED = 20_000
"""Instants at which two orbits are compared at most."""

app = typer.Typer(help="Propagate, look at, search and compare orbits about the Moon.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Propagate, look at, search and compare orbits about the Moon."""


@app.command(name="propagate", cls=SouthernCommand)
@with_orbit
def propagate_command(
    orbit: OrbitArgument = None,
    out_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            help="Files to write, repeatable, by suffix: .csv and .nc tables, .oem, .opm, .bsp (SPK), .czml "
            "(Cesium), .png.",
        ),
    ] = None,
    step: Annotated[
        str | None,
        typer.Option(
            help="Even step of the rows of tables and OEM, e.g. '1 min'; if not given 10 min in tables, and in OEM as "
            "the motion asks."
        ),
    ] = None,
    view: Annotated[
        str, typer.Option(help=f"What pictures show: {', '.join(VIEWS)} ('all': track, space and south).")
    ] = "all",
    site: SiteOption = None,
    object_id: Annotated[
        str, typer.Option("--object-id", help="International designator for messages.")
    ] = "",
    time_system: Annotated[
        str, typer.Option("--time-system", help="Scale of the times in messages: TDB or UTC.")
    ] = "TDB",
    given: OrbitInput = NOTHING,
) -> int:
    """Propagate an orbit and write it as tables, messages, kernels, scenes and pictures.

    Forces: lunar gravity to a degree chosen by height, Earth and Sun, and what the options of forces say; a note
    tells which acted. An orbit that hits the ground is given as far as it goes.
    """
    files = out_files or []
    check_files(files, SUFFIXES | PICTURE)
    if view not in VIEWS:
        raise RequestError(f"--view {view}: is unknown; give one of {', '.join(VIEWS)}")
    system = time_system.upper()
    if system not in TIME_SYSTEMS:
        raise RequestError(f"--time-system {time_system[:20]}: give {' or '.join(TIME_SYSTEMS)}")
    seconds = None if step is None else read_quantity(step, "time", "--step")
    if seconds is not None and not seconds > 0.0:
        raise RequestError(f"--step {step}: give a length above zero, e.g. '10 min'")
    with progress_bar() as report:
        run = _find(orbit, given, report, 0.8)
        places = find_places(site, report)
        options = FileOptions(
            step=seconds,
            body_id=BODY_ID if given.body_id is None else given.body_id,
            object_id=object_id,
            places=places,
            time_system=system,
        )
        for number, path in enumerate(files):
            report(f"writing {path.name}", 0.8 + 0.2 * number / len(files))
            if path.suffix.lower() in PICTURE:
                draw_picture(path, [orbit_line(run)], view, places)
            else:
                write_orbit_file(path, run, options)
    print_run(run)
    for path in files:
        out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


@app.command(name="events", cls=SouthernCommand)
@with_orbit
def events_command(
    orbit: OrbitArgument = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            help="Event to look for, repeatable, with a range where it takes one: moon-umbra, earth-hidden, "
            "'altitude ..100 km', 'pass 10 deg..'; --list tells all. If not given: periapsis, eclipses, Earth "
            "hidden, impact."
        ),
    ] = None,
    site: SiteOption = None,
    equator: Annotated[str, typer.Option(help="Plane of the nodes: ME or ICRF.")] = "ME",
    csv: Annotated[Path | None, typer.Option(help="Write the events to this table, too.")] = None,
    ics: Annotated[
        Path | None, typer.Option(help="Write the events to this calendar (iCalendar), too.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print more than the first {SHOWN}.")] = False,
    list_kinds: Annotated[
        bool, typer.Option("--list", help="List the events that can be looked for, and stop.")
    ] = False,
    given: OrbitInput = NOTHING,
) -> int:
    """Find events of an orbit: passages, nodes, eclipses, occultations, conjunctions, crossings, passes over a site.

    Edges are found to 0.05 s on the propagated motion. Passes are over a level horizon; for terrain see orbit show.
    """
    if list_kinds:
        _print_kinds()
        return 0
    for path, key in ((csv, "--csv"), (ics, "--ics")):
        check_file(path, key)
    with progress_bar() as report:
        places = find_places(site, report)
        queries = queries_of(event or [], site=places[0] if places else None)
        run = _find(orbit, given, report, 0.7)
        found = find_events(
            run.trajectory,
            queries,
            equator=equator.upper(),
            progress=lambda share: report("searching", 0.7 + 0.3 * share),
        )
        table = events_frame(run.trajectory, found)
    print_run(run)
    _print_events(table, [query.label for query in queries], every=every)
    if csv is not None:
        write_text_file(csv, str(table.to_csv(index=False, lineterminator="\n")))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    if ics is not None:
        write_text_file(ics, event_calendar(run, table))
        out.print(f"{ics}: written", markup=False, soft_wrap=True)
    return 0


PageOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--out",
        "-o",
        help="Files to write, repeatable: .html page, .png picture, .czml scene; without it figures are printed alone.",
    ),
]
OpenOption = Annotated[
    bool,
    typer.Option(
        "--open", help="Open the page in the browser (written to orbit.html if no page is asked for)."
    ),
]
MaskOption = Annotated[
    str, typer.Option(help="Least elevation over the place, above its terrain or not, e.g. '10 deg'.")
]
GroundOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ground",
        help="Ground stations, repeatable, by id (jiamusi, malargue); those of the orbiter's station if not given.",
    ),
]
PLACE = "connecting-ridge"


@app.command(name="show", cls=SouthernCommand)
@with_orbit
def show_command(
    orbit: OrbitArgument = None,
    out_files: PageOption = None,
    open_page: OpenOption = False,
    site: SiteOption = PLACE,
    mask: MaskOption = "10 deg",
    ground: GroundOption = None,
    view: Annotated[str, typer.Option(help=f"What a picture shows: {', '.join(VIEWS)}.")] = "all",
    given: OrbitInput = NOTHING,
) -> int:
    """Show an orbit: elements, heights, life, shadow, sight of the Earth, passes over a place, contacts, pictures."""
    _show([orbit], given, out_files or [], site, mask, ground or [], view, open_page=open_page, apart=False)
    return 0


@app.command(name="compare", cls=SouthernCommand)
@with_span
def compare_command(
    orbits: Annotated[
        list[str],
        typer.Argument(
            help="Orbits to set side by side: catalogue names, STATION:ORBITER, OEM, OPM or SPK files.",
            metavar="A B [C ...]",
        ),
    ],
    out_files: PageOption = None,
    open_page: OpenOption = False,
    differences: Annotated[
        bool | None,
        typer.Option(
            "--differences/--no-differences",
            help="Radial, along-track and cross-track differences from the first; given without asking where one is a "
            "file.",
        ),
    ] = None,
    site: SiteOption = PLACE,
    mask: MaskOption = "10 deg",
    ground: GroundOption = None,
    view: Annotated[str, typer.Option(help=f"What a picture shows: {', '.join(VIEWS)}.")] = "all",
    given: OrbitInput = NOTHING,
) -> int:
    """Set orbits, or ephemerides of the same flight, side by side."""
    if len(orbits) < 2:
        raise RequestError(f"{orbits[0]} alone: name two orbits or more, or see it with orbit show")
    if len(orbits) > MOST_ORBITS:
        raise RequestError(f"{len(orbits)} orbits are too many for one page; compare {MOST_ORBITS} at most")
    asked = (
        any(Path(name).suffix.lower() in (".oem", ".bsp", ".opm") for name in orbits)
        if differences is None
        else differences
    )
    _show(
        list(orbits), given, out_files or [], site, mask, ground or [], view, open_page=open_page, apart=asked
    )
    return 0


def _show(
    names: list[str | None],
    given: OrbitInput,
    files: list[Path],
    site: str | None,
    mask: str,
    ground: list[str],
    view: str,
    *,
    open_page: bool,
    apart: bool,
) -> None:
    page = next((path for path in files if path.suffix.lower() == ".html"), None)
    if open_page and page is None:
        page = Path("orbit.html")
        files = [*files, page]
    check_files(files, PAGE | PICTURE | {".czml": "scene for Cesium"})
    if view not in VIEWS:
        raise RequestError(f"--view {view}: is unknown; give one of {', '.join(VIEWS)}")
    least = read_mask(mask)
    count = len(names)
    with progress_bar() as report:
        place = None if site is None else find_place(site, progress=lambda stage: report(stage, 0.02))
        studies: list[OrbitStudy] = []
        for number, name in enumerate(names):
            base, share = 0.05 + 0.85 * number / count, 0.85 / count

            def flying(stage: str, done: float, base: float = base, share: float = share) -> None:
                report(stage, base + share * done)

            run = _named_apart(_find(name, _input_for(name, given), flying, 0.4), studies)
            studies.append(
                study_orbit(
                    run,
                    place=place,
                    mask=least,
                    stations=find_stations(ground, run),
                    progress=lambda stage, done, flying=flying: flying(stage, 0.4 + 0.6 * done),  # type: ignore[misc]
                )
            )
        differences = _differences(studies) if apart else {}
        places = (marked(place),) if place is not None else ()
        for path in files:
            report(f"writing {path.name}", 0.92)
            if path.suffix.lower() == ".html":
                text = write_orbits_page(studies, differences=differences, software=software())
                write_text_file(path, text)
            elif path.suffix.lower() == ".czml":
                write_scene(path, [study.run for study in studies], places=places)
            else:
                draw_picture(path, [study.line for study in studies], view, places)
    _print_studies(studies, differences)
    for path in files:
        out.print(f"{path}: written", markup=False, soft_wrap=True)
    if open_page and page is not None:
        webbrowser.open(page.absolute().as_uri())


def _find(orbit: str | None, given: OrbitInput, report: Report, share: float) -> OrbitRun:
    """Find and fly an orbit, which takes a share of what is reported."""
    name = orbit or "orbit"
    report(f"flying {name[-24:]}", 0.0)
    return find_orbit(orbit, given, progress=lambda done: report(f"flying {name[-24:]}", share * done))


def _input_for(name: str | None, given: OrbitInput) -> OrbitInput:
    """What is said, less what a file does not take."""
    suffix = Path(name or "").suffix.lower()
    if suffix in (".oem", ".bsp"):
        return replace(given, degree=None, forces=ForceChanges())
    return replace(given, epoch=None) if suffix == ".opm" else given


def _named_apart(run: OrbitRun, studies: list[OrbitStudy]) -> OrbitRun:
    """The run under a name that no other one has."""
    names = [study.run.name for study in studies]
    name, k = run.name, 1
    while name in names:
        k += 1
        name = f"{run.name} [{k}]"
    return replace(run, name=name, id=run.id if k == 1 else f"{run.id}-{k}")


def _differences(studies: list[OrbitStudy]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Differences of the others from the first, where their spans overlap."""
    first, found = studies[0].run, {}
    for study in studies[1:]:
        begin = max(first.start, study.run.start).tdb_s
        end = min(first.stop, study.run.stop).tdb_s
        if not end > begin:
            raise RequestError(
                f"{first.name} ({first.start.utc} to {first.stop.utc}) and {study.run.name} ({study.run.start.utc} to "
                f"{study.run.stop.utc}) have no time in common; choose --epoch and --days, or --no-differences"
            )
        et = sample_times(first.trajectory, begin, end)
        et = et[:: -(-et.size // COMPARED)]
        for trajectory in (first.trajectory, study.run.trajectory):
            # an epoch in parts may round past the end of the trajectory it came from
            et = np.clip(et, trajectory.et[0], trajectory.et[-1])
        found[study.run.name] = (et, differences_rsw(first.trajectory, study.run.trajectory, et))
    return found


def find_places(site: str | None, report: Report) -> tuple[Site, ...]:
    """The place that is named, if one is."""
    if site is None:
        return ()
    return (marked(find_place(site, progress=lambda stage: report(stage, 0.0))),)


def marked(place: Place) -> Site:
    """The point under the name that people know."""
    return replace(place.site, name=place.name)


def draw_picture(path: Path, lines: list[OrbitLine], view: str, places: tuple[Site, ...]) -> None:
    """Write a picture of orbits whole or not at all."""
    # the drawing library takes long to import
    from moonstation.report.orbit_pictures import draw_orbits

    try:
        replace_file(path, draw_orbits(lines, view=view, places=places))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def print_run(run: OrbitRun) -> None:
    """Print the name, the span, the end and the notes of an orbit."""
    out.print(run.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        # a span of whole days in TDB ends a millisecond or two beside midnight UTC
        f"{(run.start + 0.5).utc[:19].replace('T', ' ')} to {(run.stop + 0.5).utc[:19].replace('T', ' ')} UTC, "
        f"{days_words(run.stop - run.start)} d",
        markup=False,
        soft_wrap=True,
    )
    if run.ending:
        out.print(f"{run.id} {run.ending}", markup=False, style="yellow", soft_wrap=True)
    for note in run.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True)


def days_words(seconds: float) -> str:
    """Days to four digits, as many before the point as there are."""
    days = seconds / 86_400.0
    return f"{days:.0f}" if days >= 1000.0 else f"{days:.4g}"


def _print_kinds() -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in ("event", "what", "range", "value told"):
        table.add_column(head, overflow="fold")
    for name, kind in zip(event_names(), KINDS.values(), strict=True):
        usual = ""
        if kind.dimension == "angle":
            low, high = (float(np.degrees(bound)) for bound in kind.usual)
            usual = "needed" if np.isinf([low, high]).all() else f"{_bound(low)}..{_bound(high)} if not given"
        elif kind.dimension:
            usual = "needed"
        table.add_row(name, kind.words, usual, escape(f"{kind.value} [{kind.unit}]"))
    out.print_wide(table, 130)


def _bound(value: float) -> str:
    return "" if np.isinf(value) else f"{value:g} deg"


def _print_events(table: pd.DataFrame, asked: list[str], *, every: bool) -> None:
    if table.empty:
        out.print(f"no event in this span ({', '.join(asked)})", markup=False, soft_wrap=True)
        return
    counts = {
        str(name): (len(lengths), float(lengths.sum()), float(lengths.max()))
        for name, lengths in table.groupby("asked", sort=False)["duration_s"]
    }
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("event", "number", "together", "longest"):
        drawn.add_column(name, justify="left" if name == "event" else "right")
    for name in asked:
        if name not in counts:
            drawn.add_row(escape(name), "0", "", "")
            continue
        number, together, most = counts[name]
        lengths = ("", "") if most == 0.0 else (duration(together, 4), duration(most, 4))
        drawn.add_row(escape(name), f"{number}", *lengths)
    out.print(drawn)
    shown = table if every else table.head(SHOWN)
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("event", "start [UTC]", "end [UTC]"):
        drawn.add_column(name, no_wrap=True)
    for name in ("length", "value", "lat, lon [deg]", "altitude [km]"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for cells in events_words(shown):
        drawn.add_row(*(escape(cell) for cell in cells))
    out.print()
    out.print_wide(drawn, 130)
    if bool(shown["clipped"].any()):
        out.print("* cut by the span, so may be longer", markup=False)
    if len(shown) < len(table):
        out.print(f"... and {len(table) - len(shown)} more; see them with --all or --csv FILE", markup=False)


def _print_studies(studies: list[OrbitStudy], differences: dict[str, tuple[FloatArray, FloatArray]]) -> None:
    several = len(studies) > 1
    for study in studies:
        if not several:
            out.print(study.run.name, style="bold", markup=False, soft_wrap=True)
        for note in study.run.notes:
            text = f"{study.run.name}: {note}" if several else note
            out.print(f"note: {text}", markup=False, soft_wrap=True)
    tables = [(["", *(study.run.name for study in studies)], orbit_rows(studies))]
    if differences:
        tables.append(([f"from {studies[0].run.name}", *differences], difference_rows(differences)))
    for heads, rows in tables:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for head in heads:
            table.add_column(escape(head), overflow="fold")
        for label, cells in rows:
            table.add_row(escape(label), *(escape(cell) for cell in cells))
        out.print()
        out.print_wide(table, 40 + 44 * (len(heads) - 1))
