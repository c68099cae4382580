"""`moonstation link plan`: contact plans from one dialect to another, and from a station."""

from pathlib import Path
from typing import Annotated

import typer

from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.link_contacts import RATES_HELP, checked_rates
from moonstation.cli.words import check_file, write_file
from moonstation.errors import RequestError
from moonstation.formats.contact_plans import DIALECTS, dialect_of
from moonstation.links.plan import ContactPlan
from moonstation.links.plan_files import LoadedPlan, load_plan, write_plan_text
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import builtin_stations, load_lunar_station
from moonstation.study.link_contacts import LinkContacts, link_span, rate_words, station_contacts

app = typer.Typer(help="Contact plans of ION, HDTN and uD3TN: read, write, convert.", no_args_is_help=True)

SOURCE_HELP = (
    "A contact plan (ION, HDTN, uD3TN or a table; told by its content), a station file, or a built-in station such as "
    "ilrs."
)
NodeOption = Annotated[
    str | None, typer.Option("--node", help="uD3TN: the node that the file configures.", metavar="ID")
]
JoinOption = Annotated[
    bool,
    typer.Option(
        "--join-overlaps",
        help="Take overlapping contacts of the same two nodes, rate and light time for one told twice.",
    ),
]
RatesOption = Annotated[
    str | None,
    typer.Option("--rates", help=f"Station: {RATES_HELP[0].lower()}{RATES_HELP[1:]}", metavar="CASE"),
]
EpochOption = Annotated[
    str | None,
    typer.Option("--epoch", help="When the zero of a plan without dates is, e.g. 2035-01-01T00:00:00Z."),
]


@app.callback()
def _group() -> None:
    """Contact plans of ION, HDTN and uD3TN: read, write, convert."""


@app.command(name="convert")
def convert_command(
    source: Annotated[str, typer.Argument(help=SOURCE_HELP, metavar="IN")],
    target: Annotated[
        Path,
        typer.Argument(
            help="File to write; its ending tells the dialect: .rc (ION), .json (HDTN), .ud3tn, .jsonl (uD3TN), .csv.",
            metavar="OUT",
        ),
    ],
    to: Annotated[
        str | None, typer.Option("--to", help=f"Dialect, whatever the ending: {', '.join(DIALECTS)}.")
    ] = None,
    node: NodeOption = None,
    join: JoinOption = False,
    epoch: EpochOption = None,
    start: Annotated[
        str | None, typer.Option(help="Station: first instant, e.g. 2035-06-01; its own if not given.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="Station: length of the span in days; its own if not given.")
    ] = None,
    rates: RatesOption = None,
) -> int:
    """Write a contact plan in another dialect; tells what that dialect cannot carry.

    Without dates, times count from the plan's own zero; --epoch makes dates of them. HDTN keeps dates as seconds past
    1970. Rates of a station come from link budgets where radios meet, else from its file.
    """
    dialect = dialect_of(target, to)
    check_file(target, "OUT")
    with progress_bar() as report:
        loaded, name = open_plan(
            source, node=node, join=join, epoch=epoch, start=start, days=days, rates=rates, report=report
        )
    for note in loaded.notes:
        out.print(f"{source}: {note}", markup=False, style="yellow", soft_wrap=True)
    text, lost = write_plan_text(
        loaded.plan, dialect, absolute=loaded.absolute, node=node or "", title=f"contact plan: {name}"
    )
    write_file(target, text)
    for note in lost:
        out.print(f"{target}: {note}", markup=False, style="yellow", soft_wrap=True)
    out.print(f"{target}: written, {DIALECTS[dialect]}", markup=False, soft_wrap=True)
    return 0


def is_station(source: str) -> bool:
    """Whether a name stands for a station rather than a contact plan."""
    path = Path(source)
    return path.suffix.lower() == ".toml" or source in builtin_stations() or not path.exists()


def open_plan(
    source: str,
    *,
    node: str | None,
    join: bool,
    epoch: str | None,
    start: str | None,
    days: float | None,
    rates: str | None,
    report: Report,
) -> tuple[LoadedPlan, str]:
    """The plan of a file or of a station, and a name for headings."""
    if is_station(source):
        refuse((node, "--node"), (join or None, "--join-overlaps"), (epoch, "--epoch"), why="goes with plans")
        case = checked_rates(rates)
        run = station_run(source, start, days, report)
        plan: ContactPlan = run.plan(case)
        notes = (*run.notes, *rate_words(run, case))
        return LoadedPlan(plan, True, "station", notes), run.station.name
    refuse((rates, "--rates"), why="goes with stations; a plan has its own rates")
    return open_file(source, node=node, join=join, epoch=epoch, start=start, days=days)


def open_file(
    source: str, *, node: str | None, join: bool, epoch: str | None, start: str | None, days: float | None
) -> tuple[LoadedPlan, str]:
    """The plan of a file, and a name for headings."""
    refuse((start, "--start"), (days, "--days"), why="goes with stations; a plan has its own span")
    zero = None if epoch is None else Epoch.parse(epoch)
    return load_plan(Path(source), node=node or "", join=join, epoch=zero), Path(source).name


def station_run(source: str, start: str | None, days: float | None, report: Report) -> LinkContacts:
    """Contacts of a station towards the Earth over a span."""
    station = load_lunar_station(source)
    first, last = link_span(station, start, days)
    return station_contacts(station, first, last, progress=report)


def refuse(*given: tuple[object, str], why: str) -> None:
    """Refuse options that do not go with what is read."""
    for value, key in given:
        if value is not None:
            raise RequestError(f"{key}: {why}")
