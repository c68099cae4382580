"""`moonstation partners data`: who may see which data when, against whom they reach."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.partners import new_table
from moonstation.cli.words import check_file, write_file
from moonstation.errors import RequestError
from moonstation.report.wording import count, duration, listing, share
from moonstation.station.loading import load_station

if TYPE_CHECKING:
    from moonstation.partners.data_rights import Access, DataCheck

WIDE = 130
GRAVE = ("receives", "early", "unstated")
CURES = {
    "receives": "may never see what its antennas get: route it to others, or seal it",
    "early": "gets at once what it may see only later: seal it until then",
    "unstated": "gets what nothing is agreed about: add a [[data_right]]",
    "carries": "may never see what its relays pass on: seal it",
    "unreached": "may see what none of its antennas get: agree on who hands it over",
}


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    start: Annotated[
        str | None, typer.Option(help="First instant of the network's run; the station's if not given.")
    ] = None,
    days: Annotated[float, typer.Option(help="Length of that run, in days.")] = 5.0,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="End with status 1 if a partner gets what it may not see, or not yet."),
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write every product and partner to this table.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw rights and arrivals.")] = None,
) -> int:
    """Hold the rights to data against the network: whose antennas each product arrives at, and who may see it when.

    Rights stand in [[data_right]]: open, after an embargo that counts from arrival on Earth, or never. An owner sees
    its own; a [[bar]] closes the data of the other. Data arrive where the first way home ends (see link network).
    """
    for path, key in ((csv, "--csv"), (png, "--png")):
        check_file(path, key)
    loaded = load_station(station)
    if not loaded.partners:
        raise RequestError(
            f'station {loaded.id}: has no partner, so no rights to data can be told; add [[partner]] with id = "cnsa"'
        )
    # astronomy libraries load only now, so that a slip on the command line need not wait for them
    from moonstation.study.partner_data import data_of_partners

    with progress_bar() as report:
        check = data_of_partners(loaded, start=start, days=days, progress=report)
        if not check.products:
            raise RequestError(
                f"station {loaded.id}: nothing makes data; give an element data_rate_nominal, or an orbiter data_rate"
            )
        if csv is not None:
            write_file(csv, _csv(check))
        if png is not None:
            from moonstation.report.rights_picture import rights_picture

            write_file(png, rights_picture(check))
    _print(check)
    for path in (csv, png):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return int(strict and any(row.trouble in GRAVE for row in check.accesses))


def _print(check: "DataCheck") -> None:
    from moonstation.partners.data_rights import handed_over, receivers

    station = check.station
    names = {row.id: row.name for row in station.partners} | {"": "hired antennas"}
    out.print(station.name, markup=False, style="bold")
    table = new_table(
        "data of", "owner", "arrives at antennas of", "half within", "others may see it", words=4
    )
    for product in check.products:
        rows = [row for row in check.accesses if row.product == product.id]
        there = [row for row in rows if row.share > 0.0]
        there.sort(key=lambda row: -row.share)
        table.add_row(
            product.name,
            product.owner,
            ", ".join(f"{row.partner} {share(row.share)}" for row in there) or "none of a partner",
            duration(min(row.latency for row in there)) if there else "–",
            _rights([row for row in rows if row.rule != "owner"]),
        )
    out.print_wide(table, WIDE)
    owed = {row.partner: row.data_share for row in station.entitlements if row.data_share and not row.giver}
    table = new_table("\nantennas of", "of all delivered data", "owed to it")
    for partner in dict.fromkeys([*check.received, *owed]):
        agreed = owed.get(partner)
        table.add_row(
            names[partner], share(check.received.get(partner, 0.0)), share(agreed) if agreed else "–"
        )
    out.print_wide(table, WIDE)
    out.print()
    lone = handed_over(check)
    found = False
    for kind in CURES:
        told = [row for row in check.accesses if row.trouble == kind]
        for partner in dict.fromkeys(row.partner for row in told):
            if kind == "unreached" and partner in lone:
                continue
            found = True
            products = [row.product for row in told if row.partner == partner]
            out.print(
                f"{names[partner]}: {', '.join(products)}: {CURES[kind]}",
                markup=False,
                soft_wrap=True,
                style="red" if kind in GRAVE else "yellow",
            )
    if lone:
        found = True
        from_whom = list(dict.fromkeys(p for product in check.products for p in receivers(check, product.id)))
        every = sorted({product for products in lone.values() for product in products})
        out.print(
            f"{count(len(lone), 'partner')} without an antenna may see data of {listing(every)} and get them from "
            f"{' or '.join(from_whom) or 'nobody'} alone: {listing(list(lone), 6)}",
            markup=False,
            soft_wrap=True,
            style="yellow",
        )
    if not found:
        out.print("rights and network agree", markup=False)
    for note in check.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True, style="yellow")


def _rights(rows: "Sequence[Access]") -> str:
    """Who may see a product, the same wait together."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(_wait(row), []).append(row.partner)
    return "; ".join(
        f"{words}: {listing(partners, 3)}" if len(groups) > 1 else f"{words}: all"
        for words, partners in groups.items()
    )


def _wait(row: "Access") -> str:
    if math.isnan(row.wait):
        return "not stated"
    if row.wait == 0.0:
        return "open"
    return f"after {duration(row.wait)}" if row.may else "never"


def _csv(check: "DataCheck") -> str:
    import pandas as pd

    owners = {product.id: product for product in check.products}
    rows: list[dict[str, Any]] = [
        {
            "product": row.product,
            "owner": owners[row.product].owner,
            "source": owners[row.product].source,
            "rate_bit_s": owners[row.product].rate,
            "partner": row.partner,
            "may_see": _wait(row),
            "wait_d": row.wait / 86_400.0,
            "rule": row.rule,
            "share_received": row.share,
            "half_within_s": row.latency,
            "share_through_its_relays": row.through,
            "trouble": row.trouble or "",
        }
        for row in check.accesses
    ]
    return str(pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
