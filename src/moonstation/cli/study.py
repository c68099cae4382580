"""`moonstation study`: a year of the station, as a table of verdicts and a folder."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.report.page import write_report
from moonstation.report.sky import metric_limit
from moonstation.station.loading import load_lunar_station
from moonstation.study.files import write_study
from moonstation.study.output import check_target
from moonstation.study.result import StudyResult
from moonstation.study.run import run_study, study_span


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    start: Annotated[
        str | None,
        typer.Option(
            help="First instant, e.g. 2035-01-01 or 2035-01-01T06:00:00Z; the station's if not given.",
            metavar="TIME",
        ),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(help="Length of the span in days; the station's if not given.", metavar="DAYS"),
    ] = None,
    step: Annotated[
        str, typer.Option(help="Step of the series, with its unit, e.g. '10 min' or '1 h'.", metavar="TIME")
    ] = "10 min",
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for the results; studies/NAME if not given.", metavar="FOLDER"
        ),
    ] = None,
    open_report: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser when done.")
    ] = False,
) -> int:
    """Study a station: light, links, power, data and requirements over a span.

    Writes report.html, summary.json, timeseries.nc, contacts.csv and orbits/NAME.oem into one folder, whole
    or not at all. Exit status 0 when every requirement is met, 1 when one is not, 2 for bad input.
    """
    loaded = load_lunar_station(station)
    span = study_span(loaded, start=start, days=days, step=step)
    folder = out_folder if out_folder is not None else Path("studies") / Path(station).stem
    check_target(folder)
    with progress_bar() as report:
        result = run_study(loaded, span, progress=lambda stage, share: report(stage, 0.9 * share))
        report("drawing the report", 0.92)
        page = write_report(result)
        report("writing", 0.97)
        write_study(result, folder, page=page)
    print_verdicts(result)
    out.print(f"\nReport: {folder / 'report.html'}", markup=False, soft_wrap=True)
    if open_report:
        webbrowser.open((folder / "report.html").absolute().as_uri())
    return 0 if result.met else 1


def print_verdicts(result: StudyResult) -> None:
    """Print the requirements with value, limit and margin."""
    station = result.station
    days = (result.stop - result.start) / 86_400.0
    out.print(station.name, markup=False, style="bold")
    out.print(f"{result.start.utc[:16]}Z, {days:g} d at {_step(result.step_s)}", markup=False)
    for note in result.notes:
        out.print(f"note: {note}", markup=False, style="yellow")
    if not result.verdicts:
        out.print("The station file sets no requirements.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("requirement", "value", "limit", "margin", "verdict"):
        table.add_column(
            name, justify="left" if name in ("requirement", "verdict") else "right", overflow="fold"
        )
    for verdict in result.verdicts:
        met = verdict.verdict == "met"
        row = list(verdict.row())
        if metric_limit(result, verdict.metric):
            row[1] += " (indicative)"
        table.add_row(*row[:-1], f"[{'green' if met else 'bold red'}]{'✓' if met else '✗'} {row[-1]}[/]")
    out.print(table)
    met_count = sum(verdict.verdict == "met" for verdict in result.verdicts)
    of = len(result.verdicts)
    out.print(f"{met_count} of {of} requirement{'s' if of > 1 else ''} met", markup=False)


def _step(seconds: float) -> str:
    for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
