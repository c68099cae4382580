"""`moonstation link relays`: how many relays in which orbits."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.links.contacts import SurfaceAntenna
from moonstation.report.wording import duration
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import builtin_stations, load_lunar_station
from moonstation.station.model import Station
from moonstation.study.ground import Ground, ground_of
from moonstation.study.places import MINUS, Place, find_place
from moonstation.study.relay_cover import RelayScene
from moonstation.study.relay_design import RelayDesign, RelaySet, design_relays
from moonstation.study.relay_files import csv_text, data_a_day, front_table, orbiters_toml
from moonstation.study.relay_orbits import KINDS, families, relay_orbits
from moonstation.study.relay_wish import MEASURES, UNITS, Price, RelayWish

DAY = 86_400.0
USUAL_ELLIPTICAL = ("300 x 8600 km", "600 x 16000 km")
"""Twelve hours, as planned for Queqiao-2 (Zhang 2021), and a day; its 200 x 16,000 km hit the ground within a year."""

USUAL_RATE = 10e6
"""Where no relay of the station has a rate [bit/s]."""

WIDTH = 132

_SIZES = re.compile(r"\s*(\S+)\s*[x×]\s*(\S+)\s*(km|m)\s*")


def command(
    places: Annotated[
        list[str],
        typer.Argument(
            help="A station (built in, or its file), or one or more places: '-89.5 deg, 222 deg', a crater, "
            "STATION:SITE.",
            metavar="STATION_OR_SITES...",
        ),
    ],
    site: Annotated[
        list[str] | None,
        typer.Option(help="Only these sites of the station; may be given again.", metavar="ID"),
    ] = None,
    network: Annotated[
        str,
        typer.Option(help="Station whose ground stations listen, where places are given.", metavar="STATION"),
    ] = "ilrs",
    orbits: Annotated[
        str, typer.Option(help=f"Families of orbits to choose from, of {', '.join(KINDS)}.", metavar="KINDS")
    ] = ",".join(KINDS),
    elliptical: Annotated[
        list[str] | None,
        typer.Option(
            help="Heights of an elliptical orbit; may be given again. '300 x 8600 km' and '600 x 16000 km' if not "
            "given."
        ),
    ] = None,
    low: Annotated[
        list[str] | None,
        typer.Option(help="Height of a circular polar orbit; may be given again. '500 km' if not given."),
    ] = None,
    nodes: Annotated[int, typer.Option(help="Nodes of each elliptical orbit, 1 to 36.")] = 6,
    phases: Annotated[int, typer.Option(help="Places along each orbit, 1 to 72.")] = 6,
    most: Annotated[int, typer.Option(help="Relays at most.")] = 4,
    live: Annotated[
        bool,
        typer.Option(
            "--live/--store",
            help="A relay counts while it sees a ground station too; or also while it must keep data for later.",
        ),
    ] = True,
    direct: Annotated[
        bool, typer.Option("--direct", help="Times in which a site sees a ground station itself count, too.")
    ] = False,
    fold: Annotated[int, typer.Option(help="2: only times count in which two relays serve at once.")] = 1,
    at_least: Annotated[
        str | None, typer.Option(help="Share of time wanted at every site, e.g. '99 %'.")
    ] = None,
    gap_at_most: Annotated[
        str | None, typer.Option(help="Longest gap allowed at any site, e.g. '1 h'.")
    ] = None,
    cost: Annotated[
        str, typer.Option(help=f"How cost is counted: {', '.join(MEASURES)}.", metavar="MEASURE")
    ] = "mass",
    life: Annotated[str, typer.Option(help="Time over which a relay is kept in its orbit.")] = "8 yr",
    dry_mass: Annotated[str, typer.Option(help="Of a relay without propellant.")] = "1200 kg",
    isp: Annotated[float, typer.Option(help="Specific impulse of its engines, in seconds.")] = 315.0,
    margin: Annotated[str, typer.Option(help="Added to insertions that are computed.")] = "5 %",
    rate: Annotated[
        str | None,
        typer.Option(help="Data rate from a site; the greatest of the station's relays, else 10 Mbit/s."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First instant; the station's, else 2035-01-01, if not given.")
    ] = None,
    days: Annotated[
        float, typer.Option(help="Length of the span in days; 28 d hold a turn of the Moon.")
    ] = 28.0,
    step: Annotated[str, typer.Option(help="Step of the grid on which sets are compared.")] = "2 min",
    lasts: Annotated[
        str, typer.Option(help="Elliptical orbits must stay above the ground for this long without burns.")
    ] = "1 yr",
    mask: Annotated[
        str,
        typer.Option(help="Lowest elevation at which a site's antenna works; the terrain counts besides."),
    ] = "0 deg",
    seed: Annotated[int, typer.Option(help="Of the search among sets too many to compare all.", min=0)] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Fly candidates on Dask: local, local:N or the address of a scheduler.", metavar="WHERE"
        ),
    ] = None,
    choose: Annotated[
        int | None, typer.Option(help="Row of the table that --write takes; the one proposed if not given.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table here (CSV).")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the picture here (PNG).")] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the chosen set as orbiter tables of a station file (TOML).")
    ] = None,
) -> int:
    """Find how many relays in which orbits serve one or more sites: coverage and longest gap against cost.

    Shows the sets that no other set beats in share of time served at the worst site, longest gap and cost. Orbits are
    flown in the full model, sites look over their real horizon, and the sets shown are computed from contacts with
    edges to 0.1 s. Exit status 1 where --at-least or --gap-at-most is not reached.
    """
    for path, key in ((csv, "--csv"), (png, "--png"), (write, "--write")):
        check_file(path, key)
    price = Price(
        measure=cost,  # type: ignore[arg-type]
        life=read_quantity(life, "time", "--life"),
        dry_mass=read_quantity(dry_mass, "mass", "--dry-mass"),
        isp=isp,
        margin=read_quantity(margin, "share", "--margin"),
    )
    wish = RelayWish(
        most=most,
        fold=fold,
        direct=direct,
        at_least=None if at_least is None else read_quantity(at_least, "share", "--at-least"),
        gap_at_most=None if gap_at_most is None else read_quantity(gap_at_most, "time", "--gap-at-most"),
        price=price,
        seed=seed,
    )
    kinds = [word.strip().lower() for word in orbits.split(",") if word.strip()]
    sizes = [_sizes(text) for text in elliptical or USUAL_ELLIPTICAL]
    heights = [read_quantity(text, "altitude", "--low") for text in low or ("500 km",)]
    lowest = read_quantity(mask, "angle", "--mask")
    if not -0.5 * math.pi <= lowest < 0.5 * math.pi:
        raise RequestError(f"--mask {mask}: give -90 to below 90 deg")
    station = _station(places)
    listening = station or load_lunar_station(network)
    speed = _rate(rate, station)
    with progress_bar() as report:
        antennas = _antennas(places, station, site, lowest, report)
        begin = Epoch.parse(start) if start is not None else listening.start
        scene = RelayScene(
            antennas,
            {one.id: one.station() for one in listening.ground_stations},
            begin,
            days * DAY,
            read_quantity(step, "time", "--step"),
            live=live,
            lasts=read_quantity(lasts, "time", "--lasts"),
        )
        report("orbits to choose from", 0.02)
        candidates = relay_orbits(
            kinds,
            epoch=begin,
            elliptical=sizes,
            low=heights,
            nodes=nodes,
            phases=phases,
            north=_north(antennas),
        )
        design = design_relays(
            scene,
            candidates,
            wish,
            cluster=cluster,
            progress=lambda stage, share: report(stage, 0.05 + 0.95 * share),
        )
    chosen = _chosen(design, choose)
    _print(design, speed, kinds, assumed=rate is None and not _relay_rates(station))
    files: list[tuple[Path, str | bytes]] = []
    if csv is not None:
        files.append((csv, csv_text(front_table(design, rate=speed))))
    if png is not None:
        files.append((png, _picture(design, station)))
    if write is not None:
        files.append((write, orbiters_toml(design.front[chosen], design, rate=speed)))
    for path, content in files:
        write_file(path, content)
        out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0 if design.proposed is not None else 1


def _station(places: Sequence[str]) -> Station | None:
    """The station that a single word names, None for places."""
    if len(places) == 1 and (places[0] in builtin_stations() or places[0].endswith(".toml")):
        return load_lunar_station(places[0])
    return None


def _antennas(
    places: Sequence[str],
    station: Station | None,
    wanted: Sequence[str] | None,
    lowest: float,
    report: Report,
) -> dict[str, SurfaceAntenna]:
    if station is None:
        if wanted:
            raise RequestError("--site: goes with a station; name the places themselves")
        found: dict[str, SurfaceAntenna] = {}
        for done, text in enumerate(places):
            report("terrain and horizons", 0.02 * done / len(places))
            place = find_place(text, progress=lambda stage: report(stage, 0.01))
            found[_new_id(place, found)] = _antenna(place.ground, place.height, lowest)
        return found
    if not station.sites:
        raise RequestError(f"{station.name}: has no site; add a [[site]] to the station file")
    known = {spec.id: spec for spec in station.sites}
    for name in wanted or ():
        if name not in known:
            raise RequestError(f"--site {name[:40]}: {station.name} has {', '.join(known)}")
    report("terrain and horizons", 0.01)
    return {
        spec.id: _antenna(ground_of(spec, [spec.height]), spec.height, lowest)
        for spec in station.sites
        if not wanted or spec.id in wanted
    }


def _antenna(ground: Ground, height: float, lowest: float) -> SurfaceAntenna:
    # an antenna at 0 deg looks down to the terrain, which near a pole lies below the level horizon
    least = {"min_elevation": lowest} if lowest > 0.0 else {}
    return SurfaceAntenna(ground.site, ground.horizon, height, **least)


def _new_id(place: Place, found: dict[str, SurfaceAntenna]) -> str:
    """A site's own id; coordinates and features, which all have the same, go by their name."""
    known = place.id if place.station is not None else place.name
    if known not in found:
        return known
    return next(name for k in range(2, 1000) if (name := f"{known} ({k})") not in found)


def _north(antennas: dict[str, SurfaceAntenna]) -> bool:
    return sum(antenna.site.lat_deg for antenna in antennas.values()) > 0.0


def _sizes(text: str) -> tuple[float, float]:
    match = _SIZES.fullmatch(text.replace(MINUS, "-"))
    if match is None:
        raise RequestError(f"--elliptical {text[:40]!r}: give two heights as '300 x 8600 km'")
    low, high, unit = match.groups()
    return (
        read_quantity(f"{low} {unit}", "altitude", "--elliptical"),
        read_quantity(f"{high} {unit}", "altitude", "--elliptical"),
    )


def _relay_rates(station: Station | None) -> list[float]:
    return (
        [] if station is None else [o.relay_rate for o in station.orbiters if o.relay and o.relay_rate > 0.0]
    )


def _rate(text: str | None, station: Station | None) -> float:
    if text is not None:
        return read_quantity(text, "data_rate", "--rate")
    return max(_relay_rates(station), default=USUAL_RATE)


def _chosen(design: RelayDesign, choose: int | None) -> int:
    if choose is None:
        return design.proposed if design.proposed is not None else _best(design)
    if not 1 <= choose <= len(design.front):
        raise RequestError(f"--choose {choose}: the table has rows 1 to {len(design.front)}")
    return choose - 1


def _best(design: RelayDesign) -> int:
    return max(range(len(design.front)), key=lambda k: (design.front[k].share, -design.front[k].longest_gap))


def _picture(design: RelayDesign, station: Station | None) -> bytes:
    from moonstation.report.relay_picture import RelayMark, relay_picture_png

    wish = design.wish
    words = {"mass": "mass sent to the Moon", "delta-v": "delta-v of all relays", "number": "number"}
    return relay_picture_png(
        [RelayMark(len(one.relays), one.cost, one.share, one.longest_gap) for one in design.front],
        design.cloud[:, 1:3],
        proposed=design.proposed,
        title=_title(design, station),
        cost=f"{words[wish.price.measure]} [{UNITS[wish.price.measure]}]",
        fold=wish.fold,
    )


def _title(design: RelayDesign, station: Station | None) -> str:
    scene = design.scene
    where = station.name if station is not None else ", ".join(scene.antennas)
    mode = "live to the Earth" if scene.live else "store and forward"
    return (
        f"Relays for {where}: sets that no other beats\n"
        f"{len(scene.antennas)} site{'s' if len(scene.antennas) > 1 else ''}, {mode}, from "
        f"{scene.start.utc[:10]} for {scene.duration / DAY:g} d"
    )


def _print(design: RelayDesign, rate: float, kinds: Sequence[str], *, assumed: bool) -> None:
    scene, wish = design.scene, design.wish
    out.print(
        f"Relays for {', '.join(scene.antennas)}: {scene.start.utc[:16]}Z, {scene.duration / DAY:g} d, "
        f"{len(scene.stations)} ground stations, {'live' if scene.live else 'store and forward'}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    for note in design.notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)
    two = wish.fold == 2
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in (
        "",
        "relays",
        "orbits",
        "two at once" if two else "served",
        "longest gap",
        "" if two else "two at once",
        "worst site",
        f"cost [{UNITS[wish.price.measure]}]",
        "data a day",
    ):
        if name or not table.columns:
            left = name in ("orbits", "worst site")
            table.add_column(name, justify="left" if left else "right", overflow="fold")
    for number, one in enumerate(design.front, start=1):
        row = [
            f"{number}{'*' if number - 1 == design.proposed else ' '}",
            str(len(one.relays)),
            one.orbits,
            _percent(one.share),
            duration(one.longest_gap),
            *([] if two else [f"{100.0 * one.twice:.1f} %"]),
            one.worst_site,
            f"{one.cost:,.0f}",
            f"{data_a_day(one, rate) / 8e9:,.3g} GB",
        ]
        table.add_row(*row, style="bold" if number - 1 == design.proposed else "")
    out.print_wide(table, WIDTH)
    out.print(
        f"* {_proposal(design)}" if design.proposed is not None else _proposal(design),
        markup=False,
        soft_wrap=True,
    )
    for size, text in design.proof.items():
        out.print(f"sets of {size}: {text}", markup=False, soft_wrap=True)
    out.print(f"cost: {wish.price.told()}", markup=False, soft_wrap=True)
    if wish.price.measure != "number":
        for kind in kinds:
            for line in families()[kind].told:
                out.print(f"  {line}", markup=False, soft_wrap=True)
    out.print(
        f"data: {rate / 1e6:g} Mbit/s at any distance{' (assumption)' if assumed else ''}, one site at a time; "
        "'moonstation link budget' gives rates by distance",
        markup=False,
        soft_wrap=True,
    )


def _proposal(design: RelayDesign) -> str:
    wish = design.wish
    asked = [f"{100.0 * wish.at_least:g} % of the time"] if wish.at_least is not None else []
    if wish.gap_at_most is not None:
        asked.append(f"gaps of at most {duration(wish.gap_at_most)}")
    if design.proposed is not None:
        return (
            f"the cheapest set with {' and '.join(asked)}"
            if asked
            else "proposed: the cheapest within a point of the best"
        )
    best = design.front[_best(design)]
    shortest = min(design.front, key=lambda one: one.longest_gap)
    return (
        f"not reached with {wish.most} relay{'s' if wish.most > 1 else ''} of these orbits: {' and '.join(asked)}; the "
        f"best found has {_told(best)}, the shortest gap {_told(shortest)}; allow more with --most, --nodes, --phases "
        "or --orbits"
    )


def _percent(share: float) -> str:
    """Cut, not rounded: 100 % is said of what has no gap."""
    return f"{math.floor(1e4 * share + 1e-9) / 1e2:.2f} %"


def _told(one: RelaySet) -> str:
    return f"{_percent(one.share)} and gaps of up to {duration(one.longest_gap)}"
