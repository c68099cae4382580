"""`moonstation campaign compare`: two stations or two plans side by side."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from moonstation.cli.console import out
from moonstation.cli.words import check_file, write_file
from moonstation.errors import RequestError

if TYPE_CHECKING:
    from moonstation.study.compare import Comparison

WIDE = 150


def command(
    first: Annotated[str, typer.Argument(help="A built-in station, a station file, or a plan (JSON).")],
    second: Annotated[str, typer.Argument(help="What to lay beside it; the same kinds.")],
    csv: Annotated[Path | None, typer.Option(help="Write all of it to this table, SI units.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw how both grow: mass, power, functions.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with tables and drawings.")] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page of --html in the browser.")
    ] = False,
) -> int:
    """Lay two stations, or two plans of how they are built up, side by side.

    Partners, elements, mass, power, crew days, launches, cost, dates, and which functions end if one partner leaves,
    with differences and how sure each figure is. A station counts by the dates in its file; a plan that 'moonstation
    campaign plan' wrote as JSON counts by its flights. What a file does not say is called not given, never zero.
    """
    for path, key in ((csv, "--csv"), (png, "--png"), (html, "--html")):
        check_file(path, key)
    if open_page and html is None:
        raise RequestError("--open: there is no page to open; add --html compare.html")
    from moonstation.study.compare import compare_stations, comparison_frame, cost_basis
    from moonstation.study.compare_sides import load_side

    result = compare_stations(load_side(first), load_side(second))
    money = [cost_basis(side) or "" for side in result.sides]
    if csv is not None:
        write_file(csv, str(comparison_frame(result).to_csv(index=False, lineterminator="\n")))
    if png is not None:
        from moonstation.report.campaign_compare import growth_picture

        write_file(png, growth_picture(result))
    if html is not None:
        from moonstation.report.campaign_compare import write_comparison_page

        write_file(html, write_comparison_page(result, money))
    _print(result, money)
    for path in (csv, png, html):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    if open_page and html is not None:
        webbrowser.open(html.absolute().as_uri())
    return 0


def _print(result: "Comparison", money: Sequence[str]) -> None:
    from moonstation.report import campaign_compare as words

    names = words.labels_of(result)
    for name, side in zip(names, result.sides, strict=True):
        out.print(f"{name}: {side.station.name}", markup=False, soft_wrap=True)
    _table(words.heads(words.FIGURE_HEADS, names), words.figure_rows(result, money), (1, 2, 3))
    _table(words.heads(words.DATE_HEADS, names), words.date_rows(result), ())
    _table(words.PARTNER_HEADS, words.partner_rows(result), (2, 3, 4, 5, 6))
    out.print("\nhow sure, where mixed: per cent published / estimated / assumption", markup=False)
    for name, found in zip(names, result.single, strict=True):
        out.print(
            f"{name}, functions that end with one partner: {', '.join(found) or 'none'}",
            markup=False,
            soft_wrap=True,
        )
    for note in result.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True, style="yellow")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(
            ("\n" if place == 0 else "") + head, justify="right" if place in right else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*row)
    out.print_wide(table, WIDE)
