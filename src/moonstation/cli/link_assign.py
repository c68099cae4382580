"""`moonstation link assign`: which ground antenna listens to which spacecraft when."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.link_contacts import RATES_OPTION, START_OPTION, STATION_ARGUMENT, checked_rates, moment
from moonstation.cli.windows import length
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.links.assignment import Assignment, Serving, assign
from moonstation.report.gantt import Bar, Lane, draw_gantt
from moonstation.report.wording import volume
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_lunar_station
from moonstation.station.model import Station
from moonstation.study.link_assign import assignment_task, assumed_antennas, passes_frame, servings_frame
from moonstation.study.link_contacts import USUAL_RATES, link_span, rate_words, station_contacts

SHOWN = 40
WIDTH = 118
USUAL_DAYS = 7.0


def command(
    station: Annotated[str, STATION_ARGUMENT],
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[float, typer.Option(help="Length of the plan in days.")] = USUAL_DAYS,
    slot: Annotated[
        str, typer.Option(help="Antennas change hands on a grid of this length, e.g. '15 min'.")
    ] = "30 min",
    gap: Annotated[
        str, typer.Option(help="Stop when no plan can be better by more than this, e.g. '0.5 %'.")
    ] = "1 %",
    time_limit: Annotated[str, typer.Option(help="Stop after this and take the best so far.")] = "60 s",
    rates: Annotated[str, RATES_OPTION] = USUAL_RATES,
    seed: Annotated[
        int, typer.Option(help="Of the search; other seeds find other plans of much the same value.")
    ] = 1,
    csv: Annotated[Path | None, typer.Option(help="Write the schedule to this table.")] = None,
    demands_csv: Annotated[
        Path | None, typer.Option(help="Write how each demand fares in each period to this table.")
    ] = None,
    ics: Annotated[Path | None, typer.Option(help="Write the schedule to this calendar (iCalendar).")] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--gantt", help="Draw the schedule, a row an antenna, to this picture (PNG)."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print more than the first {SHOWN} passes.")] = False,
) -> int:
    """Assign ground antennas to sites and orbiters so that most value comes home, to a proven gap.

    The station file says what is asked for (`[[demand]]`: data or hours by day or week, priority, least pass), what
    partners give each other (`[[share]]`), and what antennas can do (`dishes`, `links_per_dish`, `set_up`,
    `tear_down` of ground stations). Value is priority times the share of what is asked for that is served, added up
    over days.

    An antenna hears one spacecraft at a time, a spacecraft speaks to one antenna at a time. The gap is between the plan
    and a bound that no plan with this --slot can pass.
    """
    checked_rates(rates)
    step = read_quantity(slot, "time", "--slot")
    limit = read_quantity(time_limit, "time", "--time-limit")
    wanted = read_quantity(gap, "share", "--gap")
    for value, text, key in ((step, slot, "--slot"), (limit, time_limit, "--time-limit")):
        if not value > 0.0:
            raise RequestError(f"{key} {text}: give more than zero")
    if wanted < 0.0:
        raise RequestError(f"--gap {gap}: give 0 % or more")
    for path, key in ((csv, "--csv"), (demands_csv, "--demands-csv"), (ics, "--ics"), (picture, "--gantt")):
        check_file(path, key)
    spec = load_lunar_station(station)
    first, last = link_span(spec, start, days)
    if step > last - first:
        raise RequestError(f"--slot {slot}: is longer than the plan; give less")
    with progress_bar() as report:
        run = station_contacts(
            spec,
            first,
            last,
            kinds=("site-ground", "orbiter-ground"),
            progress=lambda stage, share: report(stage, 0.3 * share),
        )
        task = assignment_task(run, rates)
        plan = assign(
            task,
            step=step,
            gap=wanted,
            time_limit=limit,
            seed=seed,
            progress=lambda words, share: report(words, 0.3 + 0.7 * share),
        )
    passes = passes_frame(plan)
    notes = [note for note in (*run.notes, *rate_words(run, rates), assumed_antennas(spec)) if note]
    _print(spec, plan, passes, first, last, notes, every=every)
    for path, content in (
        (csv, lambda: passes.to_csv(index=False, lineterminator="\n")),
        (demands_csv, lambda: servings_frame(plan).to_csv(index=False, lineterminator="\n")),
        (ics, lambda: _calendar(spec, passes, first, notes)),
        (picture, lambda: _gantt(spec, plan, passes, first, last, notes)),
    ):
        if path is not None:
            write_file(path, content())
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def _print(
    station: Station,
    plan: Assignment,
    passes: pd.DataFrame,
    first: Epoch,
    last: Epoch,
    notes: list[str],
    *,
    every: bool,
) -> None:
    out.print(station.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{first.utc[:16]}Z to {last.utc[:16]}Z, antennas change hands every {length(plan.step)}",
        markup=False,
    )
    for note in notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)
    shown = passes if every else passes.head(SHOWN)
    drawn = _table(
        "station", "antenna", "from", "on the air [UTC]", "until", "length", "volume", right=(1, 5, 6)
    )
    for row in shown.to_dict("records"):
        drawn.add_row(
            row["station"],
            str(row["antenna"]),
            row["from"],
            _minute(row["start_utc"]),
            _minute(row["end_utc"])[-5:],
            length(row["duration_s"]),
            volume(row["volume_bit"]),
        )
    out.print_wide(drawn, WIDTH)
    if len(shown) < len(passes):
        out.print(f"... and {len(passes) - len(shown)} more; see them with --all or --csv FILE", markup=False)
    _print_demands(plan)
    _print_shares(plan)
    out.print(
        f"{len(passes)} passes, value {plan.value:.2f} of at most {plan.bound:.2f}: gap {100.0 * plan.gap:.2f} % "
        f"(proven for hand-overs every {length(plan.step)})",
        markup=False,
        soft_wrap=True,
    )


def _print_demands(plan: Assignment) -> None:
    drawn = _table(
        "demand", "from", "priority", "asked", "served", "share", "not served because", right=(2, 3, 4, 5)
    )
    for need in plan.task.needs:
        rows = [s for s in plan.servings if s.need is need]
        # what goes beyond one period's demand does not make good another's
        served = sum(min(s.served, s.asked) for s in rows)
        asked = sum(s.asked for s in rows)
        drawn.add_row(
            need.id,
            need.spacecraft,
            f"{need.priority:g}",
            _amount(rows[0], asked),
            _amount(rows[0], served),
            f"{100.0 * served / asked:.1f} %",
            _worst(rows),
        )
    out.print()
    out.print_wide(drawn, WIDTH)


def _worst(rows: list[Serving]) -> str:
    short = [s for s in rows if s.reason]
    if not short:
        return ""
    worst = min(short, key=lambda s: s.served / s.asked)
    when = f" ({len(short)} of {len(rows)} periods, worst from {Epoch.from_tdb_s(worst.start).utc[:10]})"
    return worst.reason + (when if len(rows) > 1 else "")


def _print_shares(plan: Assignment) -> None:
    if not plan.kept:
        return
    drawn = _table("share", "giver", "getter", "from", "agreed [h]", "given [h]", "", right=(4, 5))
    for kept in plan.kept:
        limits = [f"at least {kept.at_least_h:.1f}"] if kept.at_least_h > 0.0 else []
        limits += [f"at most {kept.at_most_h:.1f}"] if kept.at_most_h < float("inf") else []
        missing = kept.at_least_h - kept.given_h
        drawn.add_row(
            kept.agreement.id,
            kept.agreement.giver,
            kept.agreement.getter,
            Epoch.from_tdb_s(kept.start).utc[:10],
            ", ".join(limits),
            f"{kept.given_h:.1f}",
            f"{missing:.1f} h missing: agree on no more than {kept.given_h:.1f} h"
            if missing > 0.01
            else "kept",
        )
    out.print()
    out.print_wide(drawn, WIDTH)


def _table(*names: str, right: tuple[int, ...] = ()) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        if place in right:
            drawn.add_column(name, justify="right", no_wrap=True)
        else:
            drawn.add_column(name, no_wrap=place < len(names) - 1)
    return drawn


def _amount(serving: Serving, value: float) -> str:
    return length(value) if serving.need.in_time else volume(value)


def _minute(utc: str) -> str:
    return utc.replace("T", " ")[:16]


def _calendar(station: Station, passes: pd.DataFrame, first: Epoch, notes: list[str]) -> str:
    events = []
    for row in passes.to_dict("records"):
        lines = [
            f"Demand {row['demand']}, volume {volume(row['volume_bit'])}",
            f"Antenna taken from {_minute(row['held_from_utc'])} to {_minute(row['held_to_utc'])} UTC",
            *notes,
        ]
        events.append(
            Event(
                start=moment(row["start_utc"]),
                stop=moment(row["end_utc"]),
                summary=f"{row['station']} {row['antenna']}: {row['from']}",
                description="\n".join(lines),
                location=row["station"],
            )
        )
    return calendar_text(events, name=f"Antennas: {station.name}", stamp=moment(first.utc))


def _gantt(
    station: Station, plan: Assignment, passes: pd.DataFrame, first: Epoch, last: Epoch, notes: list[str]
) -> bytes:
    lanes = []
    for antennas in plan.task.antennas:
        for dish in range(1, antennas.dishes + 1):
            rows = passes[(passes["station"] == antennas.id) & (passes["antenna"] == dish)]
            bars = [
                Bar(
                    moment(row["start_utc"]),
                    moment(row["end_utc"]),
                    row["from"],
                    row["from"],
                    (moment(row["held_from_utc"]), moment(row["held_to_utc"])),
                )
                for row in rows.to_dict("records")
            ]
            lanes.append(Lane(antennas.id if antennas.dishes == 1 else f"{antennas.id} {dish}", bars))
    return draw_gantt(
        lanes,
        {need.spacecraft: need.spacecraft for need in plan.task.needs},
        title=f"Antennas of {station.name}, gap {100.0 * plan.gap:.2f} %",
        start=moment(first.utc),
        stop=moment(last.utc),
        note="Faint: set-up, tear-down and waiting. " + "; ".join(notes)[:150],
    )
