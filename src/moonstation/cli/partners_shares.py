"""`moonstation partners shares`: a fair division of what the station is worth among its partners."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.partners import new_table
from moonstation.cli.words import check_file, write_file
from moonstation.errors import RequestError
from moonstation.report.wording import count, number, quantity, share
from moonstation.station.loading import load_station

if TYPE_CHECKING:
    import pandas as pd

    from moonstation.partners.worth import Shares
    from moonstation.station.model import Station

MEASURES = ("functions", "mass", "energy", "data")
WIDE = 120


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    value: Annotated[
        list[str] | None,
        typer.Option(
            help="What the station is worth: functions (that are there, weighed), mass (landed), energy (served a day) "
            "or data (that can be brought home a day). May be given several times; functions and mass if not given.",
            metavar="MEASURE",
        ),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="Weight of a function for --value functions, as in power=3; 1 if not given. May be given several "
            "times.",
            metavar="FUNCTION=NUMBER",
        ),
    ] = None,
    days: Annotated[
        float, typer.Option(help="Length of the sunlight and the contacts of energy and data, in days.")
    ] = 30.0,
    orders: Annotated[
        int, typer.Option(help="Orders of joining drawn where more than 12 partners bring something.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="Which orders are drawn.")] = 1,
    csv: Annotated[Path | None, typer.Option(help="Write all shares to this table.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the shares.")] = None,
) -> None:
    """Divide what the station is worth among its partners by what each adds, the Shapley value.

    A coalition of partners has their parts, as far as its own missions bring them. The share of a partner is the mean
    of what it adds to those that have joined before it, over all orders of joining: exact for up to 12 partners that
    bring something, else from drawn orders with the standard error. It measures what a partner is needed for, not what
    it spent.
    """
    for path, key in ((csv, "--csv"), (png, "--png")):
        check_file(path, key)
    measures = list(dict.fromkeys(value or ["functions", "mass"]))
    for name in measures:
        if name not in MEASURES:
            raise RequestError(f"--value {name}: there is no such measure; give one of {', '.join(MEASURES)}")
    weights = dict(_read_weight(text) for text in weight or [])
    if weights and "functions" not in measures:
        raise RequestError("--weight: goes with --value functions; add it")
    loaded = load_station(station)
    # astronomy libraries load only now, so that a slip on the command line need not wait for them
    from moonstation.partners.worth import Worth, divide, functions_worth, mass_worth
    from moonstation.study.partner_worth import data_worth, energy_worth

    found = []
    with progress_bar() as report:
        for place, name in enumerate(measures):

            def tell(stage: str, part: float, place: int = place) -> None:
                report(stage, (place + 0.5 * part) / len(measures))

            def tried(part: float, place: int = place, name: str = name) -> None:
                report(f"coalitions by {name}", (place + 0.5 + 0.5 * part) / len(measures))

            worth: Worth
            match name:
                case "functions":
                    worth = functions_worth(loaded, weights)
                case "mass":
                    worth = mass_worth()
                case "energy":
                    worth = energy_worth(loaded, days=days, progress=tell)
                case _:
                    worth = data_worth(loaded, days=days, progress=tell)
            found.append(divide(loaded, worth, orders=orders, seed=seed, progress=tried))
        if csv is not None:
            write_file(csv, str(_frame(loaded, found).to_csv(index=False, lineterminator="\n")))
        if png is not None:
            from moonstation.report.shares_picture import shares_picture

            write_file(png, shares_picture(loaded, found, note=_how(found[0])))
    _print(loaded, found)
    for path in (csv, png):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)


def _read_weight(text: str) -> tuple[str, float]:
    name, _, amount = text.partition("=")
    try:
        return name.strip(), float(amount)
    except ValueError as error:
        raise RequestError(f"--weight {text}: write a function, '=' and a number, as in power=3") from error


def _print(station: "Station", found: Sequence["Shares"]) -> None:
    names = {row.id: row.name for row in station.partners}
    out.print(station.name, markup=False, style="bold")
    for shares in found:
        division, unit = shares.division, shares.worth.unit
        whole = division.whole - division.nobody

        def amount(figure: float, unit: str = unit) -> str:
            return quantity(figure, unit) if unit else number(figure)

        out.print(f"\n{shares.worth.name}: {shares.worth.rule}", markup=False, soft_wrap=True)
        errors = [] if division.exact else ["standard error"]
        table = new_table("partner", "fair share", "of all", *errors, "by itself", "lost without it")
        for place, player in enumerate(shares.players):
            value = float(division.shares[place])
            error = [] if division.exact else [amount(float(division.errors[place]))]
            table.add_row(
                names[player],
                amount(value),
                share(value / whole) if whole else "–",
                *error,
                amount(shares.alone[player]),
                amount(shares.last[player]),
            )
        table.add_row(
            "all", amount(whole), share(1.0) if whole else "–", *[""] * len(errors), "", amount(whole)
        )
        out.print_wide(table, WIDE)
        if division.nobody:
            out.print(f"without any partner: {amount(division.nobody)}, in nobody's share", markup=False)
    nothing = len(station.partners) - len(found[0].players)
    if nothing:
        verbs = "brings no part and gets" if nothing == 1 else "bring no part and get"
        out.print(f"\n{count(nothing, 'partner')} {verbs} nothing", markup=False)
    out.print(f"note: {_how(found[0])}", markup=False, soft_wrap=True, style="yellow")


def _how(shares: "Shares") -> str:
    division = shares.division
    if division.exact:
        how = f"exact, over all {division.coalitions} coalitions of {count(len(shares.players), 'partner')}"
    else:
        how = f"drawn, over {division.orders} orders and {division.coalitions} coalitions; ± is the standard error"
    return (
        f"{how}. A partner's parts count in a coalition only where the partner that flies them is in it, too. The "
        "shares rest on the station file alone, with its assumptions, and say nothing of what was paid."
    )


def _frame(station: "Station", found: Sequence["Shares"]) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for shares in found:
        division = shares.division
        places = {player: place for place, player in enumerate(shares.players)}
        whole = division.whole - division.nobody
        for partner in station.partners:
            place = places.get(partner.id)
            value = float(division.shares[place]) if place is not None else 0.0
            rows.append(
                {
                    "measure": shares.worth.name,
                    "unit": shares.worth.unit,
                    "partner": partner.id,
                    "share": value,
                    "of_all": value / whole if whole else float("nan"),
                    "standard_error": float(division.errors[place]) if place is not None else 0.0,
                    "by_itself": shares.alone.get(partner.id, 0.0),
                    "lost_without": shares.last.get(partner.id, 0.0),
                    "exact": division.exact,
                }
            )
    return pd.DataFrame(rows)
