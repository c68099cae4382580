"""`moonstation design size`: the lightest or cheapest power plant that carries a load through a site's light."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError, TimeError
from moonstation.report.wording import day, duration, share
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_lunar_station
from moonstation.station.model import Station
from moonstation.study.sizing import SiteSizing, check_technologies, size_site, sizing_rows, station_tables
from moonstation.study.sizing_prices import PowerPrices, power_prices

FRONT = (0.8, 0.9, 0.95, 0.98, 1.0)
"""Confidences of the picture of mass against load not carried."""


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    site: Annotated[
        str | None, typer.Option(help="Site, by id; the first of the station if not given.", metavar="ID")
    ] = None,
    load: Annotated[
        str | None,
        typer.Option(
            help="Power carried at all times, e.g. '12 kW'; that of the site's elements if not given."
        ),
    ] = None,
    survival: Annotated[
        bool,
        typer.Option("--survival", help="Carry the elements' survival loads instead of the nominal ones."),
    ] = False,
    years: Annotated[
        float,
        typer.Option(help="Length of the history of light in years of 365.25 days.", min=0.1, max=100.0),
    ] = 18.6,
    start: Annotated[
        str | None, typer.Option(help="Its begin; the station's start if not given.", metavar="TIME")
    ] = None,
    mast: Annotated[
        list[str] | None,
        typer.Option(help="Height of arrays to choose from, e.g. '10 m'; may be given several times."),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            help="Technology to choose from: array, fixed-array, battery, fuel-cell, kilopower, fission, isotope. May "
            "be given several times; array, battery and fuel-cell if not given."
        ),
    ] = None,
    most: Annotated[
        list[str] | None,
        typer.Option(help="Most of a technology, e.g. array=20kW or battery=100kWh.", metavar="NAME=AMOUNT"),
    ] = None,
    confidence: Annotated[
        float,
        typer.Option(help="Share of the lunations in which the whole load is carried.", metavar="SHARE"),
    ] = 1.0,
    objective: Annotated[
        str, typer.Option(help="What is to be least: mass, or cost by the prices given.", metavar="AIM")
    ] = "mass",
    price: Annotated[
        list[str] | None,
        typer.Option(
            help="Price of a technology, e.g. array='3 MUSD 2026/kW', battery='0.5 MUSD 2026/kWh'; delivery='0.1 MUSD "
            "2026/kg' is that of bringing it, by the station's cheapest lander if not given.",
            metavar="NAME=AMOUNT",
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the design as a table.", metavar="FILE")] = None,
    toml: Annotated[
        Path | None, typer.Option(help="Write its elements for a station file.", metavar="FILE")
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(
            help="Draw the spell that sizes it, and mass against load not carried (takes longer).",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Size the power of a site: masts, arrays, stores and reactors of least mass or cost.

    A linear programme (mixed-integer with reactors) over an hourly history of light. The design is run through the
    whole history; what it could be lighter at most is told as the gap.
    """
    for path, key, suffix in ((csv, "--csv", ""), (toml, "--toml", ""), (png, "--png", ".png")):
        check_file(path, key, suffix)
    loaded = load_lunar_station(station)
    if not loaded.sites:
        raise RequestError(f"station {loaded.id} has no site to size power for; add a [[site]]")
    try:
        begin = None if start is None else Epoch.parse(start)
    except TimeError as error:
        raise TimeError(f"--start: {error}") from error
    limits = dict(_limit(text) for text in most or [])
    parts = tuple(build) if build else ("array", "battery", "fuel-cell")
    prices = _prices(loaded, objective, parts, price or [])
    with progress_bar() as report:
        sized = size_site(
            loaded,
            site or loaded.sites[0].id,
            start=begin,
            years=years,
            load=None if load is None else read_quantity(load, "power", "--load"),
            mode="survival" if survival else "nominal",
            heights=[read_quantity(text, "length", "--mast") for text in mast or []],
            build=parts,
            limits=limits,
            confidence=confidence,
            prices=prices,
            front=FRONT if png else (),
            progress=report,
        )
    _print(sized)
    if csv is not None:
        write_file(csv, sizing_rows(sized).to_csv(index=False, lineterminator="\n"))
    if toml is not None:
        write_file(toml, station_tables(sized))
    if png is not None:
        from moonstation.report.sizing import sizing_png

        write_file(png, sizing_png(sized))
    for path in (csv, toml, png):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)


def _prices(station: Station, objective: str, build: tuple[str, ...], given: list[str]) -> PowerPrices | None:
    if objective not in ("mass", "cost"):
        raise RequestError(f"--objective {objective} is not known; give mass or cost")
    if objective == "mass":
        if given:
            raise RequestError("--price counts where cost is to be least; add --objective cost")
        return None
    check_technologies(build)
    texts: dict[str, str] = {}
    for text in given:
        name, equals, amount = text.partition("=")
        if not equals or name in texts:
            raise RequestError(
                f"--price {text}: give each name once with an amount, as in array='3 MUSD 2026/kW'"
            )
        texts[name] = amount
    return power_prices(station, build, texts)


def _limit(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    if not equals:
        raise RequestError(f"--most {text}: give a name and an amount, as in array=20kW")
    dimension = "energy" if name in ("battery", "fuel-cell") else "power"
    return name, read_quantity(amount, dimension, f"--most {name}")


def _print(sized: SiteSizing) -> None:
    best = sized.best
    first, last = sized.times[0], sized.times[-1]
    out.print(
        f"{sized.site.name}: {sized.load / 1e3:g} kW in {share(sized.confidence)} of the lunations, light of "
        f"{day(first)} to {day(last)}",
        markup=False,
        style="bold",
    )
    for note in sized.notes:
        out.print(f"note: {note}", markup=False, style="yellow")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    costs = [] if sized.prices is None else [f"cost, M{sized.prices.basis}"]
    for name in ("build", "size", "mass", *costs):
        table.add_column(name, justify="left" if name == "build" else "right", overflow="fold")
    for row in sizing_rows(sized).to_dict("records"):
        cost = [f"{row['cost'] / 1e6:,.2f}"] if costs else []
        table.add_row(row["name"], f"{row['amount']:.4g} {row['unit']}", f"{row['mass_kg']:.0f} kg", *cost)
    table.add_row("together", "", f"{best.mass:.0f} kg", *([f"{best.value / 1e6:,.2f}"] if costs else []))
    out.print(table)
    less = "cheaper" if costs else "lighter"
    out.print(
        f"no design is {less} than {sized.amount(best.bound)} (gap {100.0 * best.gap:.2f} %)", markup=False
    )
    spell = sized.sizing_spell()
    if spell is not None:
        begin, end = sized.span_of(spell)
        seconds = float((end - begin) / np.timedelta64(1, "s"))
        out.print(f"sized by {day(begin)} to {day(end)}, {duration(seconds)}", markup=False)
    if best.dropped:
        out.print(
            f"{len(best.dropped)} lunations may fail; {share(sized.unserved_share(best))} of all energy is not given",
            markup=False,
        )
    for margin in sized.margins:
        verb = "adds" if margin.change > 0.0 else "saves"
        out.print(f"{margin.what} {verb} {sized.amount(abs(margin.change), figures=3)}", markup=False)
    out.print("figures behind it:", markup=False, style="bold")
    for technology in sized.used:
        for key, words in technology.about.items():
            out.print(f"  {technology.id}.{key}: {words}", markup=False)
    for words in sized.prices.about if sized.prices is not None else ():
        out.print(f"  price of {words}", markup=False)
