"""`moonstation campaign plan`: which flight brings what when, proven the best up to a gap."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.station.loading import load_lunar_station
from moonstation.station.model import Station

if TYPE_CHECKING:
    from moonstation.campaign.plan import Flight, Plan
    from moonstation.study.campaign import CampaignRun

WIDTH = 130
OBJECTIVES = ("cost", "completion", "capability", "mix")
NOTHING_CLOSES = 1
"""Exit status where it is proven that no plan closes."""


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    objective: Annotated[
        str | None,
        typer.Option(
            help=f"What the plan is best in: {', '.join(OBJECTIVES)}; the campaign's own if not given.",
            metavar="AIM",
        ),
    ] = None,
    gap: Annotated[
        str, typer.Option(help="Stop when no plan can be better by more than this, e.g. '0.5 %'.")
    ] = "1 %",
    time_limit: Annotated[str, typer.Option(help="Stop after this and take the best so far.")] = "120 s",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A partner, launcher, lander or pad that is not to be had, by its id. May be given several times.",
            metavar="ID",
        ),
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="Print the first plan at once, without searching a better one.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Of the search; others find other plans of much the same value.")
    ] = 1,
    csv: Annotated[Path | None, typer.Option(help="Write the flights to this table.")] = None,
    growth_csv: Annotated[
        Path | None, typer.Option(help="Write the station month by month to this table.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything to this file.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page about the plan to this file.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Draw the plan to this picture.")] = None,
    ics: Annotated[
        Path | None, typer.Option("--ics", help="Write flights and milestones to this calendar (iCalendar).")
    ] = None,
) -> int:
    """Plan how a station is built up: what flies on which launch when, from whom.

    The station file says what is to be landed ([[element]] with mass, after, not_before), with what ([[launcher]] with
    tli, cost and pads, [[lander]], [[pad]]), and by when ([[milestone]], [[crew_flight]], [[supply]], [[budget]]); see
    [campaign] in docs/station-file.md. Payloads follow from the rocket equation. A plan that leaves a site without the
    power to survive, a store empty or a milestone late is refused. Where no plan closes, the smallest set of demands
    in conflict is named, and the exit status is 1.
    """
    if objective is not None and objective not in OBJECTIVES:
        raise RequestError(
            f"--objective {objective}: is not one of {', '.join(OBJECTIVES)}; give one of them"
        )
    limit = read_quantity(time_limit, "time", "--time-limit")
    wanted = read_quantity(gap, "share", "--gap")
    if not limit > 0.0:
        raise RequestError(f"--time-limit {time_limit}: give more than zero")
    if wanted < 0.0:
        raise RequestError(f"--gap {gap}: give 0 % or more")
    for path, key in (
        (csv, "--csv"),
        (growth_csv, "--growth-csv"),
        (json_file, "--json"),
        (html, "--html"),
        (png, "--png"),
        (ics, "--ics"),
    ):
        check_file(path, key)
    spec = load_lunar_station(station)
    # solvers and light load only once the request is known to be sound
    from moonstation.study.campaign import flights_frame, plan_station, run_as_dict

    with progress_bar() as report:
        run = plan_station(
            spec,
            objective=objective,
            seconds=limit,
            gap=wanted,
            without=without or (),
            search=not first,
            seed=seed,
            progress=report,
        )
    _print(run, spec.name)
    if run.plan is not None and run.growth is not None:
        if csv is not None:
            write_file(csv, flights_frame(run.plan).to_csv(index=False, lineterminator="\n"))
        if growth_csv is not None:
            table = run.growth.drop_vars(["stock", "supply"]).to_dataframe().reset_index()
            write_file(growth_csv, table.to_csv(index=False, lineterminator="\n"))
        _draw(run, spec, html=html, png=png, ics=ics)
    if json_file is not None:
        write_file(json_file, json.dumps(run_as_dict(run), indent=1) + "\n")
    for path in (csv, growth_csv, json_file, html, png, ics):
        if path is not None and (run.plan is not None or path == json_file):
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0 if run.plan is not None else NOTHING_CLOSES


def _draw(
    run: "CampaignRun", station: Station, *, html: Path | None, png: Path | None, ics: Path | None
) -> None:
    """Write page, picture and calendar of a plan."""
    if run.plan is None or (html is None and png is None and ics is None):
        return
    # drawing takes a second to load
    from moonstation.report.campaign import write_campaign_page
    from moonstation.report.campaign_calendar import campaign_calendar
    from moonstation.report.campaign_picture import draw_campaign
    from moonstation.study.campaign import assumed_of, names_of

    names = names_of(station)
    notes = assumed_of(station)
    if html is not None:
        page = write_campaign_page(
            run.plan,
            run.growth,
            title=station.name,
            names=names,
            milestones=run.milestones,
            assumptions=notes,
        )
        write_file(html, page)
    if png is not None:
        note = f"Rests on {len(notes)} assumptions of the station file." if notes else ""
        title = f"{station.name}: campaign"
        write_file(png, draw_campaign(run.plan, run.growth, names=names, title=title, note=note))
    if ics is not None:
        asked = [
            (row[0], run.case.by(one)) for row, one in zip(run.milestones, station.milestones, strict=True)
        ]
        write_file(ics, campaign_calendar(run.plan, title=station.name, names=names, milestones=asked))


def _print(run: "CampaignRun", name: str) -> None:
    case, plan = run.case, run.plan
    out.print(f"{name}: campaign", style="bold", markup=False, soft_wrap=True)
    for note in case.notes if plan is None else plan.notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)
    if plan is None:
        _print_conflict(run)
        return
    drawn = _table(
        "month", "launcher", "lander", "from", "site", "brings", "mass, t", "cost, M", right=(6, 7)
    )
    for flight in plan.flights:
        drawn.add_row(
            plan.month_name(flight.month),
            flight.launcher + (f" x{len(flight.launch_months)}" if len(flight.launch_months) > 1 else ""),
            flight.lander + ("" if flight.new_lander else " (again)"),
            flight.partner,
            flight.site,
            _brings(flight),
            f"{flight.landed_mass / 1e3:.2f}",
            f"{flight.cost / 1e6:,.0f}",
        )
    out.print_wide(drawn, WIDTH)
    if run.milestones:
        drawn = _table("milestone", "by", "reached", "there by then")
        for row in run.milestones:
            drawn.add_row(row[0], row[1], row[2] or "never", row[3])
        out.print()
        out.print_wide(drawn, WIDTH)
    _print_costs(plan)
    for line in run.problems:
        out.print(f"breaks: {line}", markup=False, style="red", soft_wrap=True)
    out.print(_summary(plan), markup=False, soft_wrap=True)


def _print_conflict(run: "CampaignRun") -> None:
    if not run.conflict:
        text = "No plan closes, and no demand is to blame: pads, windows and landers alone are too few for the months."
        out.print(text, markup=False, soft_wrap=True)
        return
    out.print(
        "No plan closes. These demands cannot be kept together; give way in one of them:", soft_wrap=True
    )
    for words in run.conflict:
        out.print(f"  - {words}", markup=False, soft_wrap=True)
    out.print("Launchers, landers, pads and the dates from which they are to be had stand.", markup=False)
    if not run.proven:
        out.print("(time ran out: some of them may not be needed for the conflict)", markup=False)


def _brings(flight: "Flight") -> str:
    parts = [", ".join(flight.elements)] if flight.elements else []
    parts += [f"crew {flight.crew}"] if flight.crew else []
    parts += [f"{mass:,.0f} kg {name}" for name, mass in flight.supplies.items()]
    return "; ".join(parts)


def _print_costs(plan: "Plan") -> None:
    partners = sorted({name for shares in plan.budget_by_year.values() for name in shares})
    if not partners:
        return
    drawn = _table(
        "year", *(name or "no partner" for name in partners), "sum", right=tuple(range(1, len(partners) + 2))
    )
    for year, shares in plan.budget_by_year.items():
        values = [shares.get(name, 0.0) for name in partners]
        drawn.add_row(str(year), *(f"{value / 1e6:,.0f}" for value in (*values, sum(values))))
    out.print()
    out.print(f"Cost in millions, {plan.prices}, launches, landers, supplies and elements:", markup=False)
    out.print_wide(drawn, WIDTH)


def _summary(plan: "Plan") -> str:
    words = (
        f"{plan.launches} launches, {len(plan.flights)} landings, all landed after {plan.completion} months, "
    )
    words += f"{plan.cost / 1e6:,.0f} million {plan.prices}"
    if plan.status == "greedy":
        return f"{words}; the first plan, nothing proven of it"
    bound = {
        "cost": f"no plan costs less than {plan.bound / 1e6:,.0f} million",
        "completion": f"no plan is done before {plan.bound:.0f} months",
    }.get(plan.objective, f"no plan passes {plan.bound:,.4g}")
    return f"{words}; best by {plan.objective} up to {100.0 * plan.gap:.2f} %: {bound}"


def _table(*names: str, right: tuple[int, ...] = ()) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        drawn.add_column(name, justify="right" if place in right else "left", no_wrap=name != "brings")
    return drawn
