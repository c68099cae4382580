"""`moonstation link budget`: every term between two antennas, line by line, over time and by case."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import numpy as np
import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import START_OPTION, check_file, read_quantity, write_file
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.links.budget import CASES, Budget
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import packaged_sources
from moonstation.station.codes import Code
from moonstation.station.loading import load_lunar_station
from moonstation.station.model import Station
from moonstation.station.part import Confidence
from moonstation.station.units import parse_quantity
from moonstation.study.link_budget import (
    USUAL_DAYS,
    LinkStudy,
    budget_at,
    budget_by_distance,
    budget_over,
    series_frame,
)

if TYPE_CHECKING:
    from moonstation.report.link_pictures import LinkCurves

WIDTH = 150
LEVELS = get_args(Confidence)
PARTS = {"sender": "Sender", "path": "Path", "receiver": "Receiver", "demodulator": "Demodulator"}
MOMENTS = {"worst": "lowest", "median": "median", "best": "highest", "at": "asked for", "asked": "asked for"}


def command(
    station: Annotated[str, typer.Argument(help="Station file or built-in station.")],
    sender: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="Sender: site, element, orbiter, ground station or radio, by its id."
        ),
    ],
    receiver: Annotated[str, typer.Argument(metavar="TO", help="Receiver, by its id.")],
    at: Annotated[
        str | None, typer.Option(help="One moment instead of all contacts, e.g. 2035-01-09T06:00Z.")
    ] = None,
    distance: Annotated[
        str | None,
        typer.Option("--range", help="A distance instead of the motion of the ends, e.g. '400000 km'."),
    ] = None,
    elevation: Annotated[
        str | None,
        typer.Option(help="Goes with --range: elevation at either end, e.g. '20 deg'; zenith if not given."),
    ] = None,
    start: Annotated[str | None, START_OPTION] = None,
    days: Annotated[
        float | None,
        typer.Option(help=f"Length of the span in days; {USUAL_DAYS:g}, or the station's if shorter."),
    ] = None,
    band: Annotated[
        str | None, typer.Option(help="Band, where radios meet in several; the fastest if not given.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Data rate of the margins, e.g. '2 Mbit/s'; the best if not given.")
    ] = None,
    case: Annotated[str, typer.Option(help=f"Case that best rates keep: {', '.join(CASES)}.")] = "rss",
    rain: Annotated[
        str | None,
        typer.Option(help="Add rain on Earth that is worse in this share of the year only, e.g. '1 %'."),
    ] = None,
    over: Annotated[
        Path | None, typer.Option(help="Write every term at every moment to this table (CSV).")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the budget's lines to this table (CSV).")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write lines and results to this file (JSON).")
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(help="Draw rate against distance and elevation, and margin over time (PNG)."),
    ] = None,
) -> int:
    """Show the link budget between two ends of a station, line by line with units and sources.

    The terms are shown at the moments of least, median and highest signal of all contacts over the span; the results
    below them by case: nominal, rss (less the root of the sum of squares of all tolerances) and worst (less their sum).

    A rate is the highest that keeps the required margin in the case asked for, in the steps that the sender has.
    """
    for path, key in ((over, "--over"), (csv, "--csv"), (json_file, "--json"), (png, "--png")):
        check_file(path, key)
    if case not in CASES:
        raise RequestError(f"--case {case}: give one of {', '.join(CASES)}")
    bits = read_quantity(rate, "data_rate", "--rate") if rate is not None else None
    if bits is not None and not bits > 0.0:
        raise RequestError(f"--rate {rate}: give more than 0 bit/s")
    share = _share(rain)
    loaded = load_lunar_station(station)
    with progress_bar() as report:
        if distance is not None:
            if at is not None:
                raise RequestError("--at and --range: give one of them")
            metres = read_quantity(distance, "altitude", "--range")
            up = 0.5 * np.pi if elevation is None else read_quantity(elevation, "angle", "--elevation")
            if not abs(up) <= 0.5 * np.pi:
                raise RequestError(f"--elevation {elevation}: give -90 to 90 deg")
            found = budget_by_distance(loaded, sender, receiver, np.array([metres]), elevation=up, rain=share)
        elif elevation is not None:
            raise RequestError("--elevation: goes with --range DISTANCE; add it")
        elif at is not None:
            moment = Epoch.parse(at)
            default_ephemeris().require(moment.tdb_s - SECONDS_PER_DAY, moment.tdb_s + SECONDS_PER_DAY)
            found = budget_at(loaded, sender, receiver, moment=moment, rain=share)
        else:
            first, last = _span(loaded, start, days)
            found = budget_over(
                loaded, sender, receiver, start=first, stop=last, rain=share, case=case, progress=report
            )
        study, others = _chosen(found, band, case)
    _print(study, others, bits, case)
    if over is not None:
        write_file(over, series_frame(study, case=case, rate=bits).to_csv(index=False, lineterminator="\n"))
    if csv is not None:
        write_file(csv, _csv(study))
    if json_file is not None:
        write_file(json_file, json.dumps(_json(loaded, study, bits, case), indent=1) + "\n")
    if png is not None:
        if study.budget.count < 2:
            raise RequestError("--png: a picture needs the contacts of a span; leave --at and --range out")
        # matplotlib takes a second to load
        from moonstation.report.link_pictures import link_png

        write_file(png, link_png(_curves(study, bits, case)))
    for written in (over, csv, json_file, png):
        if written is not None:
            out.print(f"{written}: written", markup=False, soft_wrap=True)
    return 0


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_quantity(text, "share")
    except ValueError as error:
        raise RequestError(f"--rain: {error}") from error


def _span(station: Station, start: str | None, days: float | None) -> tuple[Epoch, Epoch]:
    first = station.start if start is None else Epoch.parse(start)
    length = min(USUAL_DAYS * SECONDS_PER_DAY, station.span) if days is None else days * SECONDS_PER_DAY
    if not 0.0 < length < 5e9:
        raise RequestError(
            f"--days {length / SECONDS_PER_DAY:g}: give a length above zero and below 57870, e.g. --days 28"
        )
    stop = first + length
    default_ephemeris().require(first.tdb_s, stop.tdb_s)
    return first, stop


def _chosen(found: list[LinkStudy], band: str | None, case: str) -> tuple[LinkStudy, list[LinkStudy]]:
    kept = [one for one in found if band is None or one.sender.radio.band == band]
    if not kept:
        known = ", ".join(dict.fromkeys(one.sender.radio.band for one in found))
        raise RequestError(f"--band {band}: the ends meet in {known} only; give one of these")
    best = max(kept, key=lambda one: float(np.mean(one.budget.best(case)[0])))
    return best, [one for one in found if one is not best]


def _print(study: LinkStudy, others: Sequence[LinkStudy], rate: float | None, case: str) -> None:
    a, b, budget = study.sender, study.receiver, study.budget
    out.print(f"{a.end} to {b.end}", style="bold", markup=False, soft_wrap=True)
    frequency = budget.frequency / 1e9
    shown = f"{frequency:.4g} GHz" if frequency < 1e4 else f"{299.792458e6 / frequency / 1e6:.4g} um"
    out.print(f"{a.radio.name} to {b.radio.name}: {a.radio.band} band, {shown}", markup=False, soft_wrap=True)
    if study.windows.size:
        hours = float(np.sum(study.windows[:, 1] - study.windows[:, 0])) / 3600.0
        first, last = (_utc(float(edge)) for edge in (study.windows[0, 0], study.windows[-1, 1]))
        words = "contact" if len(study.windows) == 1 else "contacts"
        out.print(
            f"{len(study.windows)} {words}, {hours:.1f} h together, {first} to {last} UTC", markup=False
        )
    for note in study.notes:
        out.print(note, markup=False, style="yellow", soft_wrap=True)
    out.print()
    out.print_wide(_lines(study), WIDTH)
    out.print()
    out.print_wide(_results(study, rate, case), WIDTH)
    out.print()
    if budget.photons_per_bit is None:
        out.print_wide(_codes(study), WIDTH)
    if others:
        told = ", ".join(f"{one.sender.radio.id} to {one.receiver.radio.id}" for one in others)
        out.print(f"also: {told}; choose with --band or by the id of a radio", markup=False, soft_wrap=True)
    known = packaged_sources()
    for name in dict.fromkeys(line.source.partition(";")[0] for line in budget.lines):
        if name in known:
            out.print(f"{name}: {known[name]['title']}", markup=False, style="dim", soft_wrap=True)
    marked = [line for line in budget.lines if line.confidence == "assumption"]
    if marked:
        out.print(
            f"{len(marked)} of {len(budget.lines)} terms are assumptions (a), others published (p) or estimated (e)",
            markup=False,
            soft_wrap=True,
        )


def _lines(study: LinkStudy) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("term", no_wrap=True)
    for name in study.moments:
        drawn.add_column(MOMENTS[name], justify="right", no_wrap=True)
    drawn.add_column("unit", no_wrap=True)
    drawn.add_column("better", justify="right", no_wrap=True)
    drawn.add_column("worse", justify="right", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    drawn.add_column("source", overflow="fold")
    budgets = [study.budget.at(index) for index in study.moments.values()]
    if study.windows.size or "at" in study.moments:
        times = [_utc(float(study.geometry.et[index])) for index in study.moments.values()]
        drawn.add_row("Moment", *[time[5:] for time in times], "UTC")
    for term, unit, values, digits in _geometry(study):
        if np.all(np.isfinite(values)):
            drawn.add_row(term, *[f"{value:.{digits}f}" for value in values], unit)
    last = budgets[-1]
    told: set[str] = set()
    for part, title in PARTS.items():
        drawn.add_row(f"[bold]{title}[/bold]")
        for k, line in enumerate(last.lines):
            if line.part != part:
                continue
            values = [float(one.lines[k].value[0]) for one in budgets]
            better = max(float(np.max(one.lines[k].favourable)) for one in budgets)
            worse = max(float(np.max(one.lines[k].adverse)) for one in budgets)
            # what is said of many lines is said once
            source = line.source if line.source not in told else line.source.partition(";")[0]
            told.add(line.source)
            said = "; ".join(word for word in (line.note, source) if word)
            drawn.add_row(
                f"  {line.term}",
                *[f"{value:.2f}" for value in values],
                line.unit,
                f"+{better:.2f}" if better else "",
                f"-{worse:.2f}" if worse else "",
                line.confidence[:1] if line.confidence in LEVELS else "",
                said,
                style="" if line.sign else "dim",
            )
        if part == "sender":
            drawn.add_row("  EIRP", *[f"{float(one.eirp[0]):.2f}" for one in budgets], "dBW", style="bold")
        if part == "receiver" and budgets[0].photons_per_bit is None:
            values = [_merit(one) for one in budgets]
            drawn.add_row("  G/T", *[f"{value:.2f}" for value in values], "dB/K", style="bold")
    return drawn


def _geometry(study: LinkStudy) -> list[tuple[str, str, list[float], int]]:
    geometry = study.geometry
    at = list(study.moments.values())
    rows = [("Distance", "km", (geometry.distance[at] / 1e3).tolist(), 0)]
    for end, sight in ((study.sender.end, geometry.sender), (study.receiver.end, geometry.receiver)):
        rows.append((f"Elevation at {end}", "deg", np.degrees(sight.elevation[at]).tolist(), 2))
    sight = geometry.receiver
    for body in ("moon", "sun"):
        if body in sight.discs and not (body == "moon" and study.receiver.kind == "site"):
            name = f"{body.capitalize()}'s centre from the line"
            rows.append((name, "deg", np.degrees(sight.discs[body][0][at]).tolist(), 3))
    return rows


def _merit(budget: Budget) -> float:
    return float(budget.total("receiver")[0] + budget.line("boltzmann").value[0])


def _results(study: LinkStudy, rate: float | None, case: str) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("result", no_wrap=True)
    for name in study.moments:
        for column in CASES:
            drawn.add_column(f"{MOMENTS[name]}\n{column}", justify="right", no_wrap=True)
    drawn.add_column("unit", no_wrap=True)
    drawn.add_column("")
    budgets = [study.budget.at(index) for index in study.moments.values()]
    optical = study.budget.photons_per_bit is not None
    chosen = [rate if rate is not None else float(one.best(case)[0][0]) for one in budgets]
    ratio = "Photons for each bit" if optical else "Eb/N0"

    def row(name: str, values: list[str], unit: str, said: str = "", style: str = "") -> None:
        drawn.add_row(name, *values, unit, said, style=style)

    density = [f"{float(one.density_in(c)[0]):.2f}" for one in budgets for c in CASES]
    row("Photons detected" if optical else "C/N0", density, "dB/s" if optical else "dBHz")
    said = "as asked for" if rate is not None else f"best that keeps {study.budget.margin:g} dB ({case})"
    row("Data rate", [_mega(value) for value in chosen for _ in CASES], "Mbit/s", said)
    codes = [study.budget.code_for(bits) for bits in chosen]
    pairs = list(zip(budgets, chosen, codes, strict=True))

    def figures(value: Callable[[Budget, float, Code | None, str], float]) -> list[str]:
        return [
            f"{value(one, bits, code, c):.2f}" if bits > 0.0 else "-"
            for one, bits, code in pairs
            for c in CASES
        ]

    row(ratio, figures(lambda one, bits, code, c: float(one.ebn0(bits, c)[0])), "dB")
    names = ", ".join(dict.fromkeys(code.name for code in codes if code is not None))
    row("Required", figures(lambda one, bits, code, c: one.required(code)), "dB", names)
    margins = figures(lambda one, bits, code, c: float(one.link_margin(bits, c, code=code)[0]))
    row("Margin", margins, "dB", style="bold")
    return drawn


def _codes(study: LinkStudy) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("best rate by code", no_wrap=True)
    for name in study.moments:
        for column in CASES:
            drawn.add_column(f"{MOMENTS[name]}\n{column}", justify="right", no_wrap=True)
    drawn.add_column("unit", no_wrap=True)
    drawn.add_column("needs", no_wrap=True)
    budgets = [study.budget.at(index) for index in study.moments.values()]
    for code in study.budget.codes:
        rates = [_mega(float(one.limit(c, code=code)[0])) for one in budgets for c in CASES]
        drawn.add_row(code.id, *rates, "Mbit/s", f"{code.required:.2f} dB, rate {code.rate:.3f}")
    return drawn


def _mega(rate: float) -> str:
    return f"{rate / 1e6:.4g}"


def _utc(et: float) -> str:
    return Epoch.from_tdb_s(et).utc[:16].replace("T", " ")


def _curves(study: LinkStudy, rate: float | None, case: str) -> "LinkCurves":
    from moonstation.report.link_pictures import LinkCurves

    budget, geometry = study.budget, study.geometry
    bits = rate
    if bits is None:
        bits = float(np.median(budget.best(case)[0])) or float(np.median(budget.limit(case)))
    most = (
        budget.most_symbols * budget.bits_per_symbol * max((code.rate for code in budget.codes), default=1.0)
    )
    ground = study.receiver.kind == "ground" or study.sender.kind == "orbiter"
    end, sight = (study.receiver.end, geometry.receiver) if ground else (study.sender.end, geometry.sender)
    return LinkCurves(
        title=f"{study.sender.end} to {study.receiver.end}, {study.sender.radio.band} band",
        et=geometry.et,
        windows=study.windows,
        distance=geometry.distance,
        elevation=sight.elevation,
        elevation_at=end,
        limits={name: budget.limit(name, bandwidth=False) for name in CASES},
        margins={name: budget.link_margin(bits, name, code=budget.code_for(bits)) for name in CASES},
        most=min(most, max(budget.steps, default=most)),
        rate=bits,
        required=budget.margin,
    )


def _csv(study: LinkStudy) -> str:
    frames = []
    for name, index in study.moments.items():
        frame = study.budget.frame(index)
        frame.insert(0, "moment", MOMENTS[name])
        frames.append(frame)
    import pandas as pd

    text: str = pd.concat(frames).to_csv(index=False, lineterminator="\n")
    return text


def _json(station: Station, study: LinkStudy, rate: float | None, case: str) -> dict[str, Any]:
    budget = study.budget
    moments = []
    for name, index in study.moments.items():
        one = budget.at(index)
        bits = rate if rate is not None else float(one.best(case)[0][0])
        code = one.code_for(bits)
        entry: dict[str, Any] = {"moment": MOMENTS[name]}
        if study.windows.size or name == "at":
            entry["time_utc"] = Epoch.from_tdb_s(float(study.geometry.et[index])).utc
        entry["distance_m"] = float(study.geometry.distance[index])
        entry["lines"] = [
            {key: value for key, value in row.items() if value != ""}
            for row in one.frame().to_dict("records")
        ]
        entry["rate_bit_s"] = bits
        entry["code"] = code.id if code is not None else None
        entry["required_db"] = budget.required(code)
        for c in CASES:
            entry[c] = {"cn0_dbhz": float(one.density_in(c)[0])}
            if bits > 0.0:
                entry[c]["ebn0_db"] = float(one.ebn0(bits, c)[0])
                entry[c]["margin_db"] = float(one.link_margin(bits, c, code=code)[0])
            entry[c]["best_rate_bit_s"] = float(one.best(c)[0][0])
            entry[c]["rate_by_code_bit_s"] = {
                code.id: float(one.limit(c, code=code)[0]) for code in budget.codes
            }
        moments.append(entry)
    return {
        "station": station.id,
        "station_sha256": station.sha256,
        "from": study.sender.end,
        "to": study.receiver.end,
        "radios": [study.sender.radio.id, study.receiver.radio.id],
        "band": study.sender.radio.band,
        "frequency_hz": budget.frequency,
        "required_margin_db": budget.margin,
        "case": case,
        "in_contact": study.in_contact,
        "notes": list(study.notes),
        "moments": moments,
    }
