"""`moonstation partners ledger`: contributions against entitlements, and functions with a single owner."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.partners import new_table
from moonstation.cli.words import check_file, write_file
from moonstation.report.wording import count, number, share
from moonstation.station.loading import load_station

if TYPE_CHECKING:
    from moonstation.partners.ledger import Entry, Ledger

WIDE = 130


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    csv: Annotated[Path | None, typer.Option(help="Write all accounts to this table.")] = None,
    parts: Annotated[
        Path | None,
        typer.Option(help="Write every part with its partner and level of cooperation to this table."),
    ] = None,
    functions: Annotated[
        Path | None, typer.Option(help="Write every function and whom it hangs on to this table.")
    ] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the ledger.")] = None,
    depends: Annotated[Path | None, typer.Option(help="Draw who depends on whom (PNG).")] = None,
) -> None:
    """Add up what each partner brings, is owed and owes, and name the functions that hang on a single owner.

    Parts are of the partner that their table names, launchers of the partner that contributes them ([[contribution]]).
    What is owed stands in [[entitlement]] and [[share]]. Costs of different currencies or years are not added.
    """
    files = {"--csv": csv, "--parts": parts, "--functions": functions, "--png": png, "--depends": depends}
    for key, path in files.items():
        check_file(path, key)
    loaded = load_station(station)
    # astronomy libraries load only now, so that a slip on the command line need not wait for them
    from moonstation.partners.ledger import entries_frame, functions_frame, holdings_frame, make_ledger

    with progress_bar() as report:
        report("adding up", 0.1)
        ledger = make_ledger(loaded)
        report("writing", 0.8)
        for path, frame in ((csv, entries_frame), (parts, holdings_frame), (functions, functions_frame)):
            if path is not None:
                write_file(path, str(frame(ledger).to_csv(index=False, lineterminator="\n")))
        if png is not None:
            from moonstation.report.ledger_picture import ledger_picture

            write_file(png, ledger_picture(ledger))
        if depends is not None:
            from moonstation.partners.dependence import dependences
            from moonstation.report.dependence_picture import dependence_picture

            write_file(depends, dependence_picture(loaded, dependences(loaded)))
    _print(ledger)
    for path in files.values():
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)


def _print(ledger: "Ledger") -> None:
    out.print(ledger.station.name, markup=False, style="bold")
    table = new_table("partner", "level", "what", "brings", "share", "is owed", "owes", "balance")
    for partner in ledger.partners:
        told = [row for row in ledger.entries if row.partner == partner and _says_something(row)]
        for place, row in enumerate(told):
            first = place == 0
            table.add_row(
                ledger.name(partner) if first else "",
                " ".join(ledger.levels(partner)) if first else "",
                row.kind,
                f"{number(row.brings)} {row.unit}".rstrip(),
                share(row.share),
                _agreed(row, row.owed),
                _agreed(row, row.owes),
                _balance(row),
            )
    out.print_wide(table, WIDE)
    table = new_table("\nfunction", "answers", "served by", "lost without", "", words=4)
    for function in ledger.functions:
        words = "single owner" if function.single_owner else ""
        table.add_row(
            function.name,
            function.answers or "nobody",
            ", ".join(function.served_by) or "nobody",
            ", ".join(function.lost_without) or "no one alone",
            words if function.up else "not there at all",
        )
    if ledger.functions:
        out.print_wide(table, WIDE)
    else:
        out.print("the station names no function; add [[function]] to see which hang on whom", markup=False)
    if ledger.idle:
        out.print(
            f"{count(len(ledger.idle), 'partner')} of {len(ledger.station.partners)} neither brings nor is owed "
            f"anything in the file: {', '.join(ledger.idle)}",
            markup=False,
            soft_wrap=True,
        )
    for note in ledger.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True, style="yellow")


def _says_something(row: "Entry") -> bool:
    return row.brings > 0.0 or not (math.isnan(row.owed) and math.isnan(row.owes))


def _agreed(row: "Entry", value: float) -> str:
    if math.isnan(value):
        return "–"
    if row.kind == "data":
        return share(value)
    return f"{number(value)} {_unit(row)}"


def _unit(row: "Entry") -> str:
    return row.unit or "per year"


def _balance(row: "Entry") -> str:
    if math.isnan(row.balance):
        return "–"
    sign = "+" if row.balance > 0.0 else ""
    if row.kind == "data":
        return f"{sign}{number(100.0 * row.balance)} points"
    return f"{sign}{number(row.balance)} {_unit(row)}"
