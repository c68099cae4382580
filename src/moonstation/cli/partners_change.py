"""`moonstation partners change`: what is lost when a partner leaves, is late or barred, and how it comes back."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.partners import new_table
from moonstation.cli.partners_replan import date_rows, flight_rows, print_replan
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError, TimeError
from moonstation.report.wording import duration, listing, number, share
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.station.prices import Price, read_price
from moonstation.station.units import parse_quantity

if TYPE_CHECKING:
    from moonstation.partners.changes import Change, Effect
    from moonstation.station.model import Station
    from moonstation.study.partner_power import BusAfter, PowerScene

MONTH = 365.25 * 86_400.0 / 12.0
WIDE = 130
SHOWN = 5


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    leaves: Annotated[str | None, typer.Option(help="A partner that leaves, by id.", metavar="ID")] = None,
    joins: Annotated[
        str | None,
        typer.Option(
            help="A partner of the file that joins: what the station has with it and not without.",
            metavar="ID",
        ),
    ] = None,
    late: Annotated[
        str | None,
        typer.Option(
            help="A partner that is late, and by how long, as in roscosmos=24mo.", metavar="ID=TIME"
        ),
    ] = None,
    bars: Annotated[
        str | None,
        typer.Option(
            help="A partner that may not use the parts of another, as in roscosmos:cnsa.", metavar="ID:ID"
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="From when; if not given the station's start, or its campaign's where that is over by then.",
            metavar="DATE",
        ),
    ] = None,
    stays: Annotated[
        bool, typer.Option("--stays", help="With --leaves: what has landed works on without its partner.")
    ] = False,
    price: Annotated[
        str | None,
        typer.Option(
            "--price-per-kg",
            help="Price of a kilogram of what must be built and has no cost in the file, as in '1 MUSD 2026'.",
            metavar="COST",
        ),
    ] = None,
    runs: Annotated[
        int,
        typer.Option(
            help="Live the station through so often with and without the change (--leaves); 0 for not at all."
        ),
    ] = 0,
    power: Annotated[
        bool,
        typer.Option(
            "--power/--no-power",
            help="Whether to run the power buses with the light of a year, from each arrival to the next.",
        ),
    ] = True,
    replan: Annotated[
        bool,
        typer.Option(
            "--replan/--no-replan",
            help="Whether to plan the station's campaign anew after the change, where it has one.",
        ),
    ] = True,
    time_limit: Annotated[
        str,
        typer.Option(
            help="Of the searches for the plans before and after; 0 s for first plans, found at once."
        ),
    ] = "30 s",
    csv: Annotated[
        Path | None, typer.Option(help="Write what becomes of each function to this table.")
    ] = None,
    dates_csv: Annotated[
        Path | None,
        typer.Option("--dates-csv", help="Write milestones and functions by the two plans to this table."),
    ] = None,
    flights_csv: Annotated[
        Path | None,
        typer.Option(
            "--flights-csv", help="Write what each element flies on, by the two plans, to this table."
        ),
    ] = None,
    recoveries: Annotated[Path | None, typer.Option(help="Write all recoveries found to this table.")] = None,
    depends: Annotated[Path | None, typer.Option(help="Write who depends on whom to this table.")] = None,
    png: Annotated[
        Path | None, typer.Option(help="Draw functions through time and who depends on whom.")
    ] = None,
) -> None:
    """Tell which functions, parts, antennas and launches a change among partners takes, and the cheapest way back.

    A function is judged by its parts and by a source of power on their buses; when a partner leaves, buses are run
    with the light of a year, too. The way back is found among the element and launcher catalogues: what stands in for
    the lost parts, on whose launcher, when and at which cost.

    Where the station has a campaign, it is planned before the change, and anew from its month on: what has flown
    stays flown, stand-ins are built by those that are left, and milestones, costs and flights are laid side by side.
    """
    written = (csv, dates_csv, flights_csv, recoveries, depends, png)
    keys = ("--csv", "--dates-csv", "--flights-csv", "--recoveries", "--depends", "--png")
    for path, key in zip(written, keys, strict=True):
        check_file(path, key)
    limit = read_quantity(time_limit, "time", "--time-limit")
    if limit < 0.0:
        raise RequestError(f"--time-limit {time_limit}: give 0 s or more")
    if stays and leaves is None:
        raise RequestError("--stays: goes with --leaves; add it or leave --stays out")
    if runs and leaves is None:
        raise RequestError("--runs: goes with --leaves; add it or leave --runs out")
    each_kg = _read_price(price)
    loaded = load_station(station)
    change = _read_change(loaded, leaves, joins, late, bars, since, stays)
    replan = _replans(loaded, replan, change, dates_csv is not None or flights_csv is not None)
    # astronomy libraries load only now, so that a slip on the command line need not wait for them
    from moonstation.partners.changes import RecoveryRequest, assess
    from moonstation.partners.dependence import dependences_frame
    from moonstation.study.partner_recovery import plan_recovery, recovery_notes

    def planner(request: RecoveryRequest) -> Sequence[Any]:
        return plan_recovery(request, price_per_kg=each_kg)

    with progress_bar() as report:
        # of outposts in orbit no light is computed, and so no power
        ground = loaded.without_outposts()
        scene = _power(ground, report) if power and ground.buses else None
        report("the change", 0.4)
        replanner = None
        if replan:
            from moonstation.study.partner_replan import Replanner

            replanner = Replanner(
                ground,
                change,
                seconds=limit,
                price_per_kg=each_kg,
                progress=lambda words, part: report(words, 0.4 + 0.5 * part),
            )
        effect = assess(
            loaded,
            change,
            planner=planner if replanner is None else replanner,
            enough=scene.keeps_warm if scene is not None and leaves else None,
        )
        anew = None
        if replanner is not None:
            # where nothing is lost there is nothing to build, but the flights may change
            anew = replanner.found or replanner.plan()
        at_risk = _at_risk(effect, scene)
        lived = _live(loaded, effect, runs, report) if runs else None
        report("writing", 0.95)
        if csv is not None:
            write_file(csv, _csv(_function_rows(effect, at_risk)))
        if anew is not None:
            if dates_csv is not None:
                write_file(dates_csv, _csv(date_rows(anew)))
            if flights_csv is not None:
                write_file(flights_csv, _csv(flight_rows(anew)))
        if recoveries is not None:
            write_file(recoveries, _csv(_recovery_rows(effect)))
        if depends is not None:
            write_file(
                depends, str(dependences_frame(list(effect.depends)).to_csv(index=False, lineterminator="\n"))
            )
        if png is not None:
            from moonstation.report.dependence_picture import change_picture

            write_file(png, change_picture(effect, at_risk))
    _print(effect, scene, at_risk)
    if anew is not None:
        print_replan(anew, loaded)
    if lived is not None:
        _print_lived(loaded, lived, runs)
    planned = () if anew is None else anew.notes
    by_plan = anew is not None and anew.recovery is not None
    found = recovery_notes(effect.recoveries, planned=by_plan)
    light = (
        [
            "power between two arrivals is run with the light of the whole year: a short time may miss the worst of it"
        ]
        if scene is not None
        else []
    )
    if power and loaded.outposts:
        light.append("the power of outposts in orbit is not computed")
    for note in (*effect.notes, *light, *planned, *found, *_no_campaign(loaded, replan, change)):
        out.print(f"note: {note}", markup=False, soft_wrap=True, style="yellow")
    for path in written:
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)


def _replans(station: "Station", wanted: bool, change: "Change", tables: bool) -> bool:
    """Whether the campaign is planned anew: it is wanted, and there is one that goes on after the change."""
    if station.campaign is None or not wanted:
        if tables:
            cure = (
                "leave --no-replan out" if not wanted else "take a station with [campaign], or leave them out"
            )
            raise RequestError(f"--dates-csv and --flights-csv: hold the campaign planned anew; {cure}")
        return False
    from moonstation.study.partner_replan import replan_month

    if not tables and _is_over(station, change):
        return False
    replan_month(station, change.since)
    return True


def _is_over(station: "Station", change: "Change") -> bool:
    return station.campaign is not None and f"{station.campaign.end:%Y-%m}" < change.since.utc[:7]


def _no_campaign(station: "Station", replan: bool, change: "Change") -> list[str]:
    if replan or change.kind == "joins":
        return []
    found = "dates and costs of the way back are those of a search in the catalogues"
    if station.campaign is None:
        return [f"the station has no campaign: {found}"]
    if _is_over(station, change):
        return [f"the campaign is over in {station.campaign.end:%Y-%m}, before the change: {found}"]
    return [f"the campaign is not planned anew: {found}"]


def _start_of_change(station: "Station") -> Epoch:
    """The station's start; of a station that is built up by then, the start of its campaign."""
    campaign = station.campaign
    if campaign is not None and f"{campaign.end:%Y-%m}" < station.start.utc[:7]:
        return Epoch.parse(campaign.start)
    return station.start


def _read_change(
    station: "Station",
    leaves: str | None,
    joins: str | None,
    late: str | None,
    bars: str | None,
    since: str | None,
    stays: bool,
) -> "Change":
    from moonstation.partners.changes import Change
    from moonstation.partners.holdings import require_partner

    given = [
        key
        for key, value in zip(("leaves", "joins", "late", "bars"), (leaves, joins, late, bars), strict=True)
        if value
    ]
    if len(given) != 1:
        told = " and ".join(f"--{key}" for key in given) or "nothing"
        raise RequestError(
            f"{told}: give one change, as in --leaves roscosmos, --joins roscosmos, --late roscosmos=24mo or "
            "--bars roscosmos:cnsa"
        )
    try:
        start = _start_of_change(station) if since is None else Epoch.parse(since)
    except TimeError as error:
        raise TimeError(f"--from {since}: {error}") from error
    if leaves:
        return Change("leaves", require_partner(station, leaves, "--leaves"), start, stays=stays)
    if joins:
        return Change("joins", require_partner(station, joins, "--joins"), start)
    if late:
        partner, equals, delay = late.partition("=")
        if not equals:
            raise RequestError(f"--late {late}: write a partner, '=' and a time, as in roscosmos=24mo")
        return Change(
            "late", require_partner(station, partner, "--late"), start, delay=_read_delay(late, delay)
        )
    partner, colon, other = str(bars).partition(":")
    if not colon:
        raise RequestError(f"--bars {bars}: write two partners with a colon, as in roscosmos:cnsa")
    return Change(
        "bars",
        require_partner(station, partner, "--bars"),
        start,
        of=require_partner(station, other, "--bars"),
    )


def _read_delay(text: str, delay: str) -> float:
    """A time [s]; months are twelfths of a year."""
    words = delay.strip()
    for ending in ("months", "month", "mo"):
        if words.endswith(ending):
            try:
                return float(words.removesuffix(ending)) * MONTH
            except ValueError as error:
                raise RequestError(f"--late {text}: {delay} is no time; write it like 24mo or 2yr") from error
    try:
        return parse_quantity(words, "time")
    except ValueError as error:
        raise RequestError(f"--late {text}: {error}") from error


def _read_price(text: str | None) -> Price | None:
    if text is None:
        return None
    try:
        return read_price(text)
    except ValueError as error:
        raise RequestError(f"--price-per-kg: {error}") from error


def _live(station: "Station", effect: "Effect", runs: int, report: Any) -> Any:
    """Availability with and without the partner, see `simulate --without`."""
    from moonstation.study.life_scene import life_scene
    from moonstation.study.losses import Loss
    from moonstation.study.run import study_span
    from moonstation.study.simulation import check_simulation, simulate

    check_simulation(station, runs=runs, seed=1, confidence=0.95)
    loss = Loss(effect.change.partner, "partner", effect.change.since, effect.parts, effect.antennas)
    scene = life_scene(
        station, study_span(station, step="1 h"), progress=lambda stage, part: report(stage, 0.4 * part)
    )
    return simulate(
        scene,
        runs=runs,
        seed=1,
        losses=[loss],
        tried=0,
        progress=lambda stage, part: report(stage, 0.4 + 0.5 * part),
    )


def _power(station: "Station", report: Any) -> "PowerScene":
    """The light of the station's span or of a year of it, and its buses."""
    from moonstation.study.partner_power import power_scene
    from moonstation.study.run import study_span

    span = study_span(station, days=min(station.span / 86_400.0, 365.25), step="1 h")
    return power_scene(station, span, progress=lambda stage, part: report(stage, 0.4 * part))


def _at_risk(effect: "Effect", scene: "PowerScene | None") -> list[str]:
    """Functions that need what may be lost to the cold."""
    if scene is None:
        return []
    from moonstation.study.partner_power import functions_at_risk

    return functions_at_risk(scene, effect.change)


def _print(effect: "Effect", scene: "PowerScene | None", at_risk: Sequence[str]) -> None:
    station = effect.station
    names = {row.id: row.name for row in station.partners}
    out.print(station.name, markup=False, style="bold")
    out.print(f"{effect.change.words} ({names[effect.change.partner]})", markup=False, soft_wrap=True)
    table = new_table("\nfunction", "answers", "there without the change", "with it", "", "by", words=5)
    for row in effect.functions:
        table.add_row(
            row.name,
            row.answers or "nobody",
            _day(row.before),
            _after(row),
            _verdict(row, at_risk),
            ", ".join(row.broken) if _verdict(row, ()) else "",
        )
    if effect.functions:
        out.print_wide(table, WIDE)
    verb = {"joins": "come", "late": "come later", "leaves": "go", "bars": "are closed"}[effect.change.kind]
    out.print()
    for words, listed in (
        (f"elements and orbiters that {verb}", effect.parts),
        (
            "of these, another's that lose their flight",
            effect.unflown if effect.change.kind == "leaves" else (),
        ),
        (f"antennas that {verb}", effect.antennas),
        (f"missions that {verb}", effect.missions),
        (f"launchers that {verb}", effect.launchers),
        ("agreements that end", effect.agreements),
    ):
        if listed:
            out.print(f"{words}: {', '.join(listed)}", markup=False, soft_wrap=True)
    if effect.antennas and effect.change.kind in ("leaves", "bars"):
        _print_antennas(effect)
    if scene is not None:
        _print_stages(effect, scene)
    if effect.depends:
        table = new_table("\nwho depends", "on whom", "for", "number", "what", words=1)
        for need in effect.depends:
            kind = need.kind if need.hard else f"{need.kind} (shared)"
            table.add_row(need.of, need.on, kind, str(len(need.what)), listing(list(need.what)))
        out.print_wide(table, WIDE)
    if effect.recoveries:
        table = new_table("\nback by", "of", "launches", "landed", "there", "cost", "not priced", words=1)
        for way in effect.recoveries[:SHOWN]:
            table.add_row(
                way.launcher,
                way.by or "no partner of the station",
                str(way.launches),
                "not all known" if math.isnan(way.mass) else f"{number(way.mass)} kg",
                _day(way.ready),
                " + ".join(_money(price) for price in way.costs) or "–",
                ", ".join(way.unpriced),
            )
        out.print_wide(table, WIDE)
        out.print(f"brings {'; '.join(effect.recoveries[0].parts)}", markup=False, soft_wrap=True)
        if scene is not None and effect.change.kind == "leaves":
            _print_power(
                "with it, power of bus", scene.without(set(effect.parts) - set(effect.recoveries[0].serves))
            )
    elif effect.lost:
        out.print(
            "nothing in the catalogues brings the lost functions back: no launcher that is left lands the heaviest "
            "part that is needed",
            markup=False,
            soft_wrap=True,
        )


def _print_stages(effect: "Effect", scene: "PowerScene") -> None:
    """Power from each arrival to the next, where it differs from what it would be without the change."""
    from moonstation.study.partner_power import power_stages

    found = power_stages(scene, effect.change)
    for stage in found:
        when = f"from {_day(stage.begin)} " + (f"to {_day(stage.end)}" if stage.end < math.inf else "on")
        whose = f" to {stage.partner}, with what it may use" if stage.partner else ""
        _print_power(f"power{whose}, {when}, bus", stage.buses)
    if not found:
        out.print("power: no bus is worse or better off at any date", markup=False, soft_wrap=True)


def _print_power(words: str, buses: "Sequence[BusAfter]") -> None:
    """Buses that are worse or better off than without the change."""
    for bus in buses:
        if not (bus.worse or bus.better):
            continue
        frozen = (
            f"; {', '.join(bus.may_freeze)} may be lost to the cold, and what needs them"
            if bus.may_freeze
            else ""
        )
        out.print(
            f"{words} {bus.bus}: nominal {share(bus.nominal_after)} of the time ({share(bus.nominal_before)} before), "
            f"short for {duration(bus.short_after)} on end ({duration(bus.short_before)}){frozen}",
            markup=False,
            soft_wrap=True,
            style="yellow" if bus.worse else None,
        )


def _print_antennas(effect: "Effect") -> None:
    """Antenna time that goes, and what of the catalogue sees the Moon at the same hours."""
    from moonstation.partners.holdings import antenna_time
    from moonstation.study.partner_recovery import antenna_stand_ins

    station, gone = effect.station, set(effect.antennas)
    whole = antenna_time(station.ground_stations, station.start)
    lost = antenna_time([row for row in station.ground_stations if row.id in gone], station.start)
    others = antenna_stand_ins(station, effect.antennas)
    told = ", ".join(dict.fromkeys(others.values()))
    out.print(
        f"antenna time that goes: {number(lost / 3600.0)} of {number(whole / 3600.0)} h a week with the Moon up"
        + (f"; nearest of other networks: {told}" if told else ""),
        markup=False,
        soft_wrap=True,
    )


def _day(seconds: float) -> str:
    if seconds == -math.inf:
        return "from the start"
    return "never" if seconds == math.inf else Epoch.from_tdb_s(seconds).utc[:10]


def _after(row: Any) -> str:
    if row.until < math.inf:
        return f"until {_day(row.until)}" + (f", then {_day(row.after)}" if row.after < math.inf else "")
    return _day(row.after)


def _verdict(row: Any, at_risk: Sequence[str]) -> str:
    if row.lost:
        return "lost"
    if row.late and row.until < math.inf:
        return f"away for {number((row.after - row.until) / MONTH)} months"
    if row.late:
        return f"{number((row.after - row.before) / MONTH)} months later"
    if row.id in at_risk:
        return "may freeze"
    return "gained" if row.gained else ""


def _money(price: Price) -> str:
    return f"{number(price.amount / 1e6)} M{price.currency}" + (f" {price.year}" if price.year else "")


def _print_lived(station: "Station", lived: Any, runs: int) -> None:
    names = {row.id: row.name for row in station.functions}
    table = new_table(f"\nlived through {runs} times", "available", "without the change")
    for name, rows in lived.availability.groupby("function", sort=False):
        whole = lived.whole[lived.whole["function"] == name]
        table.add_row(
            names[str(name)],
            f"{100.0 * float(rows['availability'].mean()):.1f} %",
            f"{100.0 * float(whole['availability'].mean()):.1f} %",
        )
    out.print_wide(table, WIDE)


def _csv(rows: list[dict[str, Any]]) -> str:
    import pandas as pd

    return str(pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))


def _function_rows(effect: "Effect", at_risk: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "function": row.id,
            "answers": row.answers,
            "there_before": _day(row.before),
            "there_after": _day(row.after),
            "until": "" if row.until == math.inf else _day(row.until),
            "becomes": "lost" if row.lost else "later" if row.late else "gained" if row.gained else "kept",
            "may_freeze": row.id in at_risk,
            "by": " ".join(row.broken),
        }
        for row in effect.functions
    ]


def _recovery_rows(effect: "Effect") -> list[dict[str, Any]]:
    return [
        {
            "launcher": way.launcher,
            "of": way.by,
            "launches": way.launches,
            "mass_kg": way.mass,
            "there": _day(way.ready),
            "cost": " + ".join(f"{price.amount:.0f} {price.basis}" for price in way.costs),
            "not_priced": " ".join(way.unpriced),
            "replaces": " ".join(way.serves),
            "brings": "; ".join(way.parts),
        }
        for way in effect.recoveries
    ]
