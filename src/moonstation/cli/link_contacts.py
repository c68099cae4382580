"""`moonstation link contacts`: who can hear whom when, how fast, and how much that carries."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.windows import length
from moonstation.cli.words import check_file, write_file
from moonstation.errors import RequestError
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.links.contacts import KINDS
from moonstation.links.rates import RATES
from moonstation.report.gantt import Bar, Lane, draw_gantt
from moonstation.report.wording import rate, volume
from moonstation.station.loading import load_lunar_station
from moonstation.study.link_contacts import (
    CASE_WORDS,
    USUAL_RATES,
    LinkContacts,
    chosen,
    kinds_of,
    link_span,
    sight_words,
    station_contacts,
    totals_table,
    windows_table,
)

WIDTH = 130
KIND_WORDS = {
    "site-ground": "site to ground station",
    "site-orbiter": "site to orbiter",
    "orbiter-ground": "orbiter to ground station",
    "ground-site": "ground station to site",
    "orbiter-site": "orbiter to site",
    "ground-orbiter": "ground station to orbiter",
    "orbiter-orbiter": "orbiter to orbiter",
    "site-site": "site to site",
}
STATION_ARGUMENT = typer.Argument(help="Station file, or a built-in station such as ilrs.", metavar="STATION")
RATES_HELP = (
    "What rates rest on where radios meet: link budgets less the root of the sum of squares of all tolerances (rss), "
    "as they are (nominal) or less the sum of all tolerances (worst); or earth_rate and relay_rate of the file alone "
    "(fixed)."
)
RATES_OPTION = typer.Option(help=RATES_HELP, metavar="CASE")
START_OPTION = typer.Option(help="First instant, e.g. 2035-06-01; the station's if not given.")


def command(
    station: Annotated[str, STATION_ARGUMENT],
    from_id: Annotated[
        str | None,
        typer.Option("--from", help="Only from this site, orbiter or ground station.", metavar="ID"),
    ] = None,
    to_id: Annotated[str | None, typer.Option("--to", help="Only to this one.", metavar="ID")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Only such links, repeatable: {', '.join(KINDS)}. Those towards the Earth and those among sites and "
            "among orbiters if not given.",
            metavar="KIND",
        ),
    ] = None,
    both_ways: Annotated[
        bool,
        typer.Option("--both-ways", help="The way back of each kind, too: windows differ by light time."),
    ] = False,
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[
        float | None, typer.Option(help="Length of the span in days; the station's if not given.")
    ] = None,
    rates: Annotated[str, RATES_OPTION] = USUAL_RATES,
    csv: Annotated[Path | None, typer.Option(help="Write every window to this table.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write every window to this calendar (iCalendar).")] = None,
    picture: Annotated[
        Path | None, typer.Option("--gantt", help="Draw the windows, a row a pair, to this picture (PNG).")
    ] = None,
) -> int:
    """Find the windows of all pairs of sites, orbiters and ground stations over a span, with rate and volume.

    Edges are found to 0.1 s. Where radios meet, their link budget gives the rate at each moment; elsewhere the station
    file does (`earth_rate`, `relay_rate`); where it has none, windows are listed without. Times are times of reception,
    UTC.
    """
    checked_rates(rates)
    kinds = kinds_of(kind or (), both_ways=both_ways)
    for path, key in ((csv, "--csv"), (ics, "--ics"), (picture, "--gantt")):
        check_file(path, key)
    spec = load_lunar_station(station)
    ends = [part.id for part in (*spec.sites, *spec.orbiters, *spec.ground_stations)]
    for name, key in ((from_id, "--from"), (to_id, "--to")):
        if name is not None and name not in ends:
            raise RequestError(f"{key} {name}: is no end of a link of {spec.id}; it has {', '.join(ends)}")
    first, last = link_span(spec, start, days)
    with progress_bar() as report:
        run = station_contacts(
            spec, first, last, kinds=kinds, progress=lambda stage, share: report(stage, 0.8 * share)
        )
        contacts = chosen(run.contacts, from_id=from_id, to_id=to_id)
        planned = run.planned(
            rates, contacts=contacts, progress=lambda share: report("rates", 0.8 + 0.2 * share)
        )
    windows = windows_table(contacts, planned)
    _print(run, windows, rates)
    for path, content in (
        (csv, lambda: windows.to_csv(index=False, lineterminator="\n")),
        (ics, lambda: _calendar(run, windows)),
        (picture, lambda: _gantt(run, windows)),
    ):
        if path is not None:
            write_file(path, content())
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def checked_rates(rates: str | None) -> str:
    """What rates rest on, the usual if not given; refuses a word that names none."""
    if rates is not None and rates not in RATES:
        raise RequestError(f"--rates {rates}: is unknown; give one of {', '.join(RATES)}")
    return rates or USUAL_RATES


def _print(run: LinkContacts, windows: pd.DataFrame, rates: str) -> None:
    out.print(run.station.name, style="bold", markup=False, soft_wrap=True)
    out.print(f"{run.start.utc[:16]}Z to {run.stop.utc[:16]}Z", markup=False)
    for note in run.notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)
    for line in sight_words(run):
        out.print(line, markup=False, soft_wrap=True)
    if windows.empty:
        out.print("no contact in this span", markup=False)
        return
    totals = totals_table(windows, run, rates)
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("from", "to"):
        drawn.add_column(name, no_wrap=True)
    for name in ("windows", "together", "share", "longest", "volume", "mean rate"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("rate from", no_wrap=True)
    for row in totals.to_dict("records"):
        carried = row["volume_bit"] > 0.0
        drawn.add_row(
            row["from"],
            row["to"],
            str(row["windows"]),
            length(row["total_s"]),
            f"{100.0 * row['share']:.1f} %",
            length(row["longest_s"]),
            volume(row["volume_bit"]) if carried else "-",
            rate(row["volume_bit"] / row["total_s"]) if carried else "-",
            row["rate_from"],
        )
    out.print_wide(drawn, WIDTH)
    if totals["rate_from"].str.startswith("budget").any():
        out.print(f"budgets: {CASE_WORDS[rates]} (--rates)", markup=False, soft_wrap=True)
    out.print(
        f"{len(windows)} windows of {len(totals)} pairs; volumes of one sender add up only if it can use its links at "
        "once",
        markup=False,
        soft_wrap=True,
    )


def _calendar(run: LinkContacts, windows: pd.DataFrame) -> str:
    events = []
    for row in windows.to_dict("records"):
        lines = [KIND_WORDS[row["kind"]], f"Length: {length(row['duration_s'])}"]
        if np.isfinite(row["max_elevation_deg"]):
            lines.append(f"Highest elevation {row['max_elevation_deg']:.1f} deg")
        if row["volume_bit"] > 0.0:
            lines.append(f"Volume {volume(row['volume_bit'])}")
        events.append(
            Event(
                start=moment(row["start_utc"]),
                stop=moment(row["end_utc"]),
                summary=f"{row['from']} to {row['to']}",
                description="\n".join([*lines, *run.notes]),
            )
        )
    return calendar_text(events, name=f"Contacts: {run.station.name}", stamp=moment(run.start.utc))


def _gantt(run: LinkContacts, windows: pd.DataFrame) -> bytes:
    lanes = []
    totals = totals_table(windows, run) if len(windows) else windows
    for kind, a, b in totals[["kind", "from", "to"]].itertuples(index=False):
        rows = windows[(windows["kind"] == kind) & (windows["from"] == a) & (windows["to"] == b)]
        bars = [Bar(moment(r["start_utc"]), moment(r["end_utc"]), kind) for r in rows.to_dict("records")]
        lanes.append(Lane(f"{a} → {b}", bars))
    groups = {kind: KIND_WORDS[kind] for kind in dict.fromkeys(totals["kind"])} if len(windows) else {}
    return draw_gantt(
        lanes,
        groups,
        title=f"Contacts of {run.station.name}",
        start=moment(run.start.utc),
        stop=moment(run.stop.utc),
        note="; ".join(run.notes)[:180],
    )


def moment(utc: str) -> np.datetime64:
    """A UTC time as NumPy takes it."""
    return np.datetime64(utc.rstrip("Z"), "ns")
