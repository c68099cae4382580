"""`moonstation campaign risk`: dates at a confidence under launch failures and delays, what spares and reserves buy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from moonstation.cli.campaign_plan import NOTHING_CLOSES
from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.report.wording import share
from moonstation.station.loading import load_lunar_station
from moonstation.station.model import Station

if TYPE_CHECKING:
    from moonstation.study.campaign_risk import CampaignRisk

WIDTH = 130
SHOWN = 8
MOST_DRAWS = 200_000


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    draws: Annotated[int, typer.Option(help="How often the plan is carried out.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the luck; the same seed gives the same draws.")] = 1,
    replan: Annotated[
        bool, typer.Option("--replan", help="Also plan what is left anew after each loss, and compare.")
    ] = False,
    reserves: Annotated[
        int, typer.Option(help="Launchers with landers that stand ready for the first losses.", min=0, max=50)
    ] = 0,
    slip: Annotated[float, typer.Option(help="Months by which a flight is late on average.")] = 2.0,
    rebuild: Annotated[int, typer.Option(help="Months until a lost element is built again.")] = 24,
    lead: Annotated[
        int, typer.Option(help="Months until a launcher and a lander are ready for a flight not planned.")
    ] = 12,
    stand_down: Annotated[
        int, typer.Option(help="Months for which a launcher stays on the ground after a loss.")
    ] = 6,
    unflown: Annotated[
        float, typer.Option(help="Chance that a launch goes well of what has no flight record.")
    ] = 0.85,
    landing: Annotated[
        float | None, typer.Option(help="Chance that a landing goes well; --unflown if not given.")
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="Take the first plan, without searching a better one.")
    ] = False,
    time_limit: Annotated[str, typer.Option(help="Of the search for the plan.")] = "60 s",
    cluster: Annotated[
        str | None,
        typer.Option(
            help="With --replan: a Dask cluster that does it: local, local:N for N workers, or tcp://HOST:PORT.",
            metavar="ADDRESS",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the dates at each confidence to this table.")
    ] = None,
    spares_csv: Annotated[
        Path | None, typer.Option("--spares-csv", help="Write what each spare buys to this table.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Draw dates and spares to this picture.")] = None,
) -> int:
    """Carry a campaign's plan out many times under launch failures, failed landings and delays.

    The chance of a launcher is drawn from its flight record in the station file (`flights`, `successes`; Jeffreys'
    prior), once a draw. A lost flight is flown again when its cargo is built again, its launcher flies again and a
    lander is ready; what needs other elements or their power waits for them. With --replan what is left is also
    planned anew after each loss, and the quicker way is taken.

    The times and chances that no record gives are assumptions and are printed as such.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise RequestError(f"--draws {draws}: give 1 to {MOST_DRAWS}")
    limit = read_quantity(time_limit, "time", "--time-limit")
    if not limit > 0.0:
        raise RequestError(f"--time-limit {time_limit}: give more than zero")
    if cluster is not None and not replan:
        raise RequestError(
            "--cluster: goes with --replan, the rest takes a second; add it or leave --cluster out"
        )
    for path, key in ((csv, "--csv"), (spares_csv, "--spares-csv"), (png, "--png")):
        check_file(path, key)
    spec = load_lunar_station(station)
    # solvers and light load only once the request is known to be sound
    from moonstation.study.campaign import plan_station
    from moonstation.study.campaign_risk import campaign_risk, chances_of

    chances, assumed = chances_of(
        spec, slip=slip, rebuild=rebuild, lead=lead, stand_down=stand_down, unflown=unflown, landing=landing
    )
    with progress_bar() as report:
        run = plan_station(
            spec,
            seconds=limit,
            search=not first,
            progress=lambda words, part: report(words, 0.4 * part),
        )
        if run.plan is None:
            risk = None
        else:
            risk = campaign_risk(
                run.case,
                run.plan,
                chances,
                assumed,
                draws=draws,
                seed=seed,
                reserves=reserves,
                replan=replan,
                cluster=cluster,
                progress=lambda words, part: report(words, 0.4 + 0.6 * part),
            )
    if risk is None:
        out.print("No plan closes; 'moonstation campaign plan' names the demands in conflict.", markup=False)
        return NOTHING_CLOSES
    _print(risk, spec, seed)
    if csv is not None:
        write_file(csv, risk.dates.to_csv(index=False, lineterminator="\n"))
    if spares_csv is not None:
        rows = ["what,months_earlier_mean,standard_error,months_earlier_p90"]
        rows += [
            f"{gain.what or 'reserve launch'},{gain.mean:.4f},{gain.error:.4f},{gain.late:.2f}"
            for gain in (risk.reserve, *risk.spares)
        ]
        write_file(spares_csv, "\n".join(rows) + "\n")
    if png is not None:
        write_file(png, _picture(risk, spec))
    for path in (csv, spares_csv, png):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def _print(risk: "CampaignRisk", station: Station, seed: int) -> None:
    plan = risk.plan
    count = risk.draws.landed.shape[0]
    out.print(f"{station.name}: campaign at risk", style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{len(plan.flights)} flights, {plan.launches} launches; {count} draws, seed {seed}; plan: {plan.status}",
        markup=False,
        soft_wrap=True,
    )
    for words in risk.assumed:
        out.print(f"assumed: {words}", markup=False, style="yellow", soft_wrap=True)
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("", no_wrap=True)
    heads = ["planned", "asked by", "at 50 %", "at 90 %", "in time", "never"]
    if risk.replanned is not None:
        heads += ["replanned 50 %", "90 %", "in time"]
    for name in heads:
        drawn.add_column(name, justify="right", no_wrap=True)
    names = {milestone.id: milestone.name or milestone.id for milestone in station.milestones}
    for row in risk.dates.to_dict("records"):
        cells = [
            row["planned"],
            row["asked"] or "-",
            row["p50"],
            row["p90"],
            share(row["in_time"]),
            share(row["never"]),
        ]
        if risk.replanned is not None:
            cells += [row["replanned_p50"], row["replanned_p90"], share(row["replanned_in_time"])]
        drawn.add_row(names.get(row["what"], row["what"]), *map(str, cells))
    out.print()
    out.print_wide(drawn, WIDTH)
    lost = float(sum(n * part for n, part in enumerate(risk.losses)))
    out.print(
        f"{lost:.1f} flights are lost on average, none in {share(float(risk.losses[0]))} of the draws; cost "
        f"{risk.cost[0] / 1e6:,.0f} million {plan.prices} as planned, {risk.cost[1] / 1e6:,.0f} at 50 %, "
        f"{risk.cost[2] / 1e6:,.0f} at 90 %",
        markup=False,
        soft_wrap=True,
    )
    out.print()
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("what is ready", no_wrap=True)
    for name in ("all stands earlier by", "at 90 %"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_row("one more launcher with lander", *_gain(risk.reserve))
    elements = {element.id: element.name or element.id for element in station.elements}
    for gain in [gain for gain in risk.spares if gain.mean > 0.0][:SHOWN]:
        drawn.add_row(f"beside it, a second {elements[gain.what]}", *_gain(gain))
    out.print_wide(drawn, WIDTH)


def _gain(gain) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    return f"{gain.mean:.2f} ± {gain.error:.2f} months", f"{gain.late:.0f} months"


def _picture(risk: "CampaignRisk", station: Station) -> bytes:
    # drawing takes a second to load
    from moonstation.report.risk_picture import draw_risk
    from moonstation.study.campaign import names_of
    from moonstation.study.campaign_risk import date_spreads

    return draw_risk(
        risk.plan,
        date_spreads(station, risk),
        risk.spares,
        risk.reserve,
        names=names_of(station),
        title=f"{station.name}: campaign at risk",
        note=f"{risk.draws.landed.shape[0]} draws, not planned anew. Assumed: {'; '.join(risk.assumed[:3])}.",
        horizon=risk.draws.horizon,
    )
