"""`moonstation simulate`: the station through years with failures, as tables and a folder."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.formats.drafts import added_folders
from moonstation.report.wording import share
from moonstation.station.loading import load_lunar_station
from moonstation.study.life_files import KIND, write_simulation
from moonstation.study.life_scene import life_scene
from moonstation.study.losses import check_losses, read_loss
from moonstation.study.output import CHECKPOINTS, check_target
from moonstation.study.run import study_span
from moonstation.study.simulation import Simulation, check_simulation, simulate


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    years: Annotated[
        float,
        typer.Option(help="Length of a run in years of 365.25 days.", metavar="YEARS", min=0.01, max=50.0),
    ] = 10.0,
    runs: Annotated[
        int, typer.Option(help="How many times it is lived through, each with draws of its own.", metavar="N")
    ] = 100,
    seed: Annotated[
        int, typer.Option(help="Seed of the draws; the same one gives the same runs anywhere.", metavar="N")
    ] = 1,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Partner, element, orbiter, ground station, mission, facility or crew visit that is lost, from the "
            "start or from a date: roscosmos, or queqiao-2@2037-06-01. May be given several times.",
            metavar="NAME[@TIME]",
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First instant; the station's if not given.", metavar="TIME")
    ] = None,
    step: Annotated[str, typer.Option(help="Step, with its unit.", metavar="TIME")] = "10 min",
    drivers: Annotated[
        int,
        typer.Option(
            help="Failures that are made impossible in turn to see what that buys, and values that are told.",
            min=0,
            max=100,
        ),
    ] = 5,
    confidence: Annotated[
        float, typer.Option(help="Probability with which the spares shall last.", metavar="SHARE")
    ] = 0.95,
    assumptions: Annotated[
        bool,
        typer.Option(
            help="Draw each value that the station file calls an assumption anew in each run, within limits by its "
            "kind (docs/simulate.md), or take them as they stand.",
        ),
    ] = True,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Live the runs on Dask: local, local:N workers, or a scheduler's address.", metavar="WHERE"
        ),
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for the results; simulations/NAME if not given.", metavar="FOLDER"
        ),
    ] = None,
    open_report: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser when done.")
    ] = False,
) -> None:
    """Live a station through years: power, failures, repairs, functions and data, step by step.

    Writes report.html, availability.png, tables (CSV), all runs and the worst one (NetCDF) into one folder. A run that
    is stopped goes on from its last checkpoint when the same command is given again, with the same results.
    """
    loaded = load_lunar_station(station)
    span = study_span(loaded, start=start, days=years * 365.25, step=step)
    losses = [read_loss(loaded, text) for text in without or []]
    check_losses(losses, span)
    folder = out_folder if out_folder is not None else Path("simulations") / Path(station).stem
    check_simulation(loaded, runs=runs, seed=seed, confidence=confidence)
    check_target(folder, schema=KIND)
    keep = folder / CHECKPOINTS
    added_folders.update(path for path in (keep, *keep.parents) if not path.exists())
    keep.mkdir(parents=True, exist_ok=True)
    with progress_bar() as report:
        scene = life_scene(loaded, span, progress=lambda stage, part: report(stage, 0.2 * part))
        simulation = simulate(
            scene,
            runs=runs,
            seed=seed,
            losses=losses,
            tried=drivers,
            confidence=confidence,
            assumptions=assumptions,
            keep=keep,
            cluster=cluster,
            progress=lambda stage, part: report(stage, 0.2 + 0.75 * part),
        )
        from moonstation.report.life import life_picture, write_life_page

        report("drawing the report", 0.96)
        page, picture = write_life_page(simulation), life_picture(simulation)
        report("writing", 0.98)
        write_simulation(simulation, folder, page=page, picture=picture)
    _print(simulation)
    out.print(f"\nReport: {folder / 'report.html'}", markup=False, soft_wrap=True)
    if open_report:
        webbrowser.open((folder / "report.html").absolute().as_uri())


def _print(simulation: Simulation) -> None:
    station, span = simulation.station, simulation.scene.span
    out.print(station.name, markup=False, style="bold")
    days = (span.stop - span.start) / 86_400.0
    out.print(
        f"{span.start.utc[:16]}Z, {days / 365.25:.4g} yr at {span.step_s / 60.0:g} min, {simulation.runs} runs, "
        f"seed {simulation.seed}",
        markup=False,
    )
    for note in simulation.notes:
        out.print(f"note: {note}", markup=False, style="yellow")
    for loss in simulation.losses:
        since = f" from {loss.since.utc[:16]}Z" if loss.since else ""
        gone = ", ".join([*loss.parts, *loss.stations, *loss.visits])
        out.print(f"without {loss.kind} {loss.name}{since}: {gone}", markup=False, style="yellow")
    names = {f.id: f.name for f in station.functions}
    table = _table("function", "available", "worst year", "not lost for good")
    if simulation.whole is not None:
        table.add_column("available with all", justify="right")
    for name, rows in simulation.availability.groupby("function", sort=False):
        last = rows.iloc[-1]
        cells = [
            names[str(name)],
            share(float(rows["availability"].mean())),
            share(float(rows["availability"].min())),
            f"{share(float(last['survival']))} ({share(float(last['survival_low']))} to "
            f"{share(float(last['survival_high']))})",
        ]
        if simulation.whole is not None:
            whole = simulation.whole[simulation.whole["function"] == name]
            cells.append(share(float(whole["availability"].mean())))
        table.add_row(*cells)
    out.print(table)
    gained = simulation.drivers[simulation.drivers["clear"]]
    if len(gained):
        table = _table("\nwhat drives it", "if it were", "days of function gained a run", "most for")
        for row in gained.itertuples():
            gain = f"{row.days_gained:.0f} ± {row.error:.0f}"
            table.add_row(str(row.driver), str(row.change), gain, names[str(row.function)])
        out.print(table)
    if len(simulation.visits):
        table = _table("\ncrew visit", "planned", "mean stay", "came", "stayed to the end")
        for visit in simulation.visits.to_dict("records"):
            planned, stay = f"{visit['planned_days']:g} d", f"{visit['days']:.1f} d"
            table.add_row(visit["visit"], planned, stay, share(visit["came"]), share(visit["as_planned"]))
        out.print(table)
    missing = simulation.spares[simulation.spares["missing"] > 0]
    if len(missing):
        table = _table(f"\nspares for {share(simulation.confidence)}", "held", "needed")
        for row in missing.itertuples():
            table.add_row(str(row.failure), str(row.held), str(row.needed))
        out.print(table)
    for r in simulation.replacements:
        mass = ", of unknown mass" if r.mass != r.mass else f", {r.mass:.4g} kg"
        words = (
            f"{r.count} x {r.entry}{mass}"
            if r.entry
            else f"nothing known of its kind ({r.kind}) does as much"
        )
        out.print(f"lightest replacement of {r.element}: {words}", markup=False)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table
