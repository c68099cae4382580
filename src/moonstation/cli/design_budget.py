"""`moonstation design budget`: mass, power, energy, heat, data and cost as trees with margins."""

import json
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.design.budgets import KEYS, Key
from moonstation.design.margins import POLICIES, find_policy, with_margins
from moonstation.errors import RequestError
from moonstation.station.loading import load_station

if TYPE_CHECKING:
    from moonstation.study.budget import StationBudget

WIDE = 150


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    by: Annotated[
        str,
        typer.Option(
            help=f"What the trees group by, outermost first, with commas: {', '.join(KEYS)}; or none.",
            metavar="KEYS",
        ),
    ] = "partner,facility",
    policy: Annotated[
        str, typer.Option(help=f"Margin policy: {', '.join(POLICIES)}.", metavar="POLICY")
    ] = "esa",
    margin: Annotated[
        list[str] | None,
        typer.Option(
            help="A margin of your own in place of the policy's, by maturity or by quantity (mass, power, data, cost), "
            "as in 'new=25 %' or 'cost=30 %'. May be given several times.",
            metavar="NAME=SHARE",
        ),
    ] = None,
    system_margin: Annotated[
        str | None,
        typer.Option(
            help="System margin of mass and power in place of the policy's, as in '10 %'.", metavar="SHARE"
        ),
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="Count what this partner brings alone, by its id.", metavar="ID")
    ] = None,
    light: Annotated[
        bool,
        typer.Option(
            "--light/--no-light", help="Whether to compute the longest dark spell of each power bus."
        ),
    ] = True,
    missions: Annotated[
        bool,
        typer.Option(
            "--missions/--no-missions",
            help="Whether to fly the missions that bring elements and weigh them against their launchers.",
        ),
    ] = True,
    start: Annotated[
        str | None, typer.Option(help="First instant of the light; the station's if not given.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="Length of the light in days; the station's span if not given.")
    ] = None,
    step: Annotated[str, typer.Option(help="Step of the light, with its unit.", metavar="TIME")] = "30 min",
    csv: Annotated[Path | None, typer.Option(help="Write every node of every tree to this table.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything to this file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw one budget as nested rings.")] = None,
    draw: Annotated[
        str, typer.Option(help="Which budget --png draws, by its id in the table.", metavar="BUDGET")
    ] = "mass",
    html: Annotated[
        Path | None, typer.Option(help="Write a page with all budgets as rings and tables.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page of --html in the browser.")
    ] = False,
) -> None:
    """Add up mass, power by mode, energy, heat, data and cost, element by element, with margins by maturity.

    Maturity is the key 'maturity' of an element; where it is not stated, each value is taken after its confidence. What
    the station file does not give is named, never taken as zero.
    """
    for path, key in ((csv, "--csv"), (json_file, "--json"), (html, "--html")):
        check_file(path, key)
    check_file(png, "--png", ".png")
    if open_page and html is None:
        raise RequestError("--open: there is no page to open; add --html budget.html")
    margins = with_margins(
        find_policy(policy),
        growth=dict(_read_margin(text) for text in margin or []),
        system=read_quantity(system_margin, "share", "--system-margin") if system_margin else None,
    )
    loaded = load_station(station)
    # the study imports astronomy libraries, which a slip on the command line need not wait for
    from moonstation.study.budget import budget_json, budget_station, nodes_frame
    from moonstation.study.run import study_span

    span = study_span(loaded, start=start, days=days, step=step) if light else None
    with progress_bar() as report:
        result = budget_station(
            loaded,
            margins,
            by=_read_keys(by),
            partner=partner,
            span=span,
            flights=missions,
            progress=report,
        )
        drawn = [budget.id for budget in result.budgets if budget.total > 0.0]
        if png is not None and draw not in drawn:
            raise RequestError(
                f"--draw {draw}: there is no such budget with a value; give one of {', '.join(drawn)}"
            )
        report("writing", 0.96)
        if csv is not None:
            write_file(csv, str(nodes_frame(result).to_csv(index=False, lineterminator="\n")))
        if json_file is not None:
            write_file(json_file, json.dumps(budget_json(result), indent=1, ensure_ascii=False) + "\n")
        if png is not None:
            from moonstation.report.budget_picture import budget_picture

            write_file(png, budget_picture(result, draw))
        if html is not None:
            from moonstation.report.budgets import write_budget_page

            write_file(html, write_budget_page(result))
    _print(result)
    for path in (csv, json_file, png, html):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    if open_page and html is not None:
        webbrowser.open(html.absolute().as_uri())


def _read_margin(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"--margin {text}: write a name, '=' and a share, as in 'new=25 %'")
    return name.strip(), read_quantity(value.strip(), "share", f"--margin {name.strip()}")


def _read_keys(text: str) -> tuple[Key, ...]:
    if text.strip() == "none":
        return ()
    # keys that are none are refused where the trees are made
    return tuple(cast("Key", key.strip()) for key in text.split(","))


def _print(result: "StationBudget") -> None:
    from moonstation.report import budgets as words

    out.print(result.station.name, markup=False, style="bold")
    out.print(f"margins: {result.policy.name}", markup=False, soft_wrap=True)
    out.print(words.headline(result), markup=False, soft_wrap=True)
    table = _table("\nbudget", "id", "best estimate", "growth", "system margin", "total", "missing")
    for budget, row in zip(result.budgets, words.summary_rows(result), strict=True):
        table.add_row(row[0], budget.id, *row[1:])
    out.print_wide(table, WIDE)
    shown = [budget for budget in result.budgets if budget.lines]
    table = _table("\nwith growth", *(budget.id for budget in shown))
    for line in words.tree_rows(result):
        style = "" if line.level == "element" else "bold"
        table.add_row("  " * line.depth + line.name, *line.amounts, style=style)
    out.print_wide(table, WIDE)
    if result.buses:
        _print_rows(words.BUS_HEADS, words.bus_rows(result))
    if result.missions:
        _print_rows(words.MISSION_HEADS, words.mission_rows(result))
        for reason in words.reasons(result):
            out.print(reason, markup=False, soft_wrap=True)
    out.print()
    for titles, names in words.missing_rows(result):
        out.print(f"missing in {titles}: {names}", markup=False, soft_wrap=True, style="yellow")
    for note in result.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True, style="yellow")


def _print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = _table("\n" + heads[0].lower(), *(head.lower() for head in heads[1:]))
    for row in rows:
        table.add_row(*row)
    out.print_wide(table, WIDE)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
