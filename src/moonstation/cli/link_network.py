"""`moonstation link network`: how much data gets home, by which way, how late, and what is lost without some part."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.link_contacts import checked_rates
from moonstation.cli.link_plan import (
    SOURCE_HELP,
    EpochOption,
    JoinOption,
    NodeOption,
    RatesOption,
    is_station,
    open_file,
    refuse,
    station_run,
)
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.links.bundles import Traffic
from moonstation.links.results import NetworkRun
from moonstation.links.routing import NORMAL, PRIORITIES, Route, Router
from moonstation.report.network_picture import draw_network, way_summary
from moonstation.report.wording import count, duration, share, volume
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.study.network import (
    NetworkScene,
    Outcome,
    largest_flow,
    outcomes,
    plan_scene,
    station_scene,
)

WIDTH = 110
SHOWN_WAYS = 8
DEMAND = "FROM:TO:AMOUNT[:PRIORITY][:LIFETIME]"


def command(
    source: Annotated[str, typer.Argument(help=SOURCE_HELP, metavar="STATION_OR_PLAN")],
    demand: Annotated[
        list[str] | None,
        typer.Option(
            help="Data wanted, repeatable: FROM:TO:1Gbit (there from the start) or FROM:TO:8Mbit/s (made all the "
            f"time), then {', '.join(PRIORITIES)} and a lifetime such as 2d if wanted. What the station makes, if not "
            "given.",
            metavar=DEMAND,
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out a node, or all of a partner's orbiters and ground stations as partner:ID; repeatable, each "
            "alone.",
            metavar="ID",
        ),
    ] = None,
    max_flow: Annotated[
        bool, typer.Option("--max-flow", help="The most that can be brought home, whatever the routing.")
    ] = False,
    routes: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Print the routes from one node to another instead.", metavar="FROM TO"),
    ] = None,
    most: Annotated[int, typer.Option(help="With --routes: how many.", min=1, max=10_000)] = 10,
    at: Annotated[
        str | None,
        typer.Option(
            help="With --routes: from when on, UTC or seconds of the plan; its begin if not given.",
            metavar="TIME",
        ),
    ] = None,
    storage: Annotated[
        list[str] | None,
        typer.Option(help="Memory of a node, e.g. relay=2Tbit; repeatable.", metavar="ID=AMOUNT"),
    ] = None,
    lifetime: Annotated[
        str | None,
        typer.Option(help="How long what the station makes is of use, e.g. '2 d'; for ever if not given."),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option(help="Size of bundles, e.g. '1 Gbit'; such that there are about 50,000 if not given."),
    ] = None,
    earth: Annotated[
        list[str] | None,
        typer.Option(
            help="Plan: a ground station, which delivers to the node earth; repeatable.", metavar="ID"
        ),
    ] = None,
    node: NodeOption = None,
    join: JoinOption = False,
    epoch: EpochOption = None,
    start: Annotated[
        str | None, typer.Option(help="Station: first instant, e.g. 2035-06-01; its own if not given.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="Station: length of the span in days; its own if not given.")
    ] = None,
    rates: RatesOption = None,
    csv: Annotated[Path | None, typer.Option(help="Write every bundle to this table.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw network, ways and waiting data to this picture (PNG).")
    ] = None,
) -> int:
    """Send data through a network by store and forward: what gets home, how late, by which way, where it waits.

    Every bundle goes by the way that arrives first (contact graph routing, CCSDS 734.3-B-1), contacts and memories are
    used up. The network is that of a station, all data for the node earth, or a contact plan of ION, HDTN or uD3TN.
    """
    for path, key in ((csv, "--csv"), (picture, "--picture")):
        check_file(path, key)
    if routes is None:
        refuse((at, "--at"), why="goes with --routes FROM TO")
    with progress_bar() as report:
        scene = _scene(source, node, join, epoch, start, days, earth or [], lifetime, rates, report)
    scene = _asked(scene, demand or [], storage or [])
    if routes is not None:
        _print_routes(scene, routes, most, at, bundle)
        return 0
    if not scene.traffic:
        raise RequestError(
            f"{source}: nothing is to be sent; give --demand {DEMAND}, e.g. --demand "
            f"{scene.contacts.nodes[0]}:{scene.contacts.nodes[-1]}:1Gbit, or --routes FROM TO"
        )
    size = None if bundle is None else read_quantity(bundle, "data", "--bundle")
    with progress_bar() as report:
        found = outcomes(scene, without or (), size=size, most=max_flow, progress=report)
        endless = None
        if max_flow:
            report("maximum flow", 0.95)
            endless = largest_flow(scene, scene.plan(), endless=True).volume
        drawn = _picture(scene, found[0].run) if picture is not None else None
    _print(scene, found, size, endless)
    if csv is not None:
        write_file(csv, _csv(scene, found[0].run))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    if picture is not None and drawn is not None:
        write_file(picture, drawn)
        out.print(f"{picture}: written", markup=False, soft_wrap=True)
    return 0


def _scene(
    source: str,
    node: str | None,
    join: bool,
    epoch: str | None,
    start: str | None,
    days: float | None,
    earth: list[str],
    lifetime: str | None,
    rates: str | None,
    report: Report,
) -> NetworkScene:
    if not is_station(source):
        refuse((lifetime, "--lifetime"), why="goes with stations; add a lifetime to --demand")
        refuse((rates, "--rates"), why="goes with stations; a plan has its own rates")
        loaded, name = open_file(source, node=node, join=join, epoch=epoch, start=start, days=days)
        return plan_scene(name, loaded, earth=earth)
    refuse(
        (node, "--node"),
        (join or None, "--join-overlaps"),
        (epoch, "--epoch"),
        (earth[0] if earth else None, "--earth"),
        why="goes with plans",
    )
    life = math.inf if lifetime is None else read_quantity(lifetime, "time", "--lifetime")
    case = checked_rates(rates)
    run = station_run(source, start, days, report)
    return station_scene(run, case, lifetime=life)


def _asked(scene: NetworkScene, demands: list[str], storage: list[str]) -> NetworkScene:
    """The network with what the user asks of it."""
    memory = dict(scene.storage)
    for text in storage:
        name, sign, amount = text.partition("=")
        scene.contacts.place(name.strip())
        if not sign:
            raise RequestError(f"--storage {text}: write ID=AMOUNT, e.g. relay=2Tbit")
        memory[name.strip()] = read_quantity(amount.strip(), "data", f"--storage {name}")
    traffic = tuple(_demand(scene, text) for text in demands) or scene.traffic
    return replace(scene, storage=memory, traffic=traffic)


def _demand(scene: NetworkScene, text: str) -> Traffic:
    source, rest = _leading_node(scene, text)
    destination, rest = _leading_node(scene, rest)
    amount, *more = [part.strip() for part in rest.split(":")]
    if not amount or len(more) > 2:
        raise RequestError(
            f"--demand {text}: write {DEMAND}, e.g. base:earth:1Gbit or base:earth:8Mbit/s:bulk:2d"
        )
    scene.contacts.place(source)
    scene.contacts.place(destination)
    if source == destination:
        raise RequestError(f"--demand {text}: goes from {source} to itself; name two nodes")
    priority, lifetime = NORMAL, math.inf
    for word in more:
        if word in PRIORITIES:
            priority = PRIORITIES.index(word)
        else:
            lifetime = read_quantity(
                word, "time", f"--demand {text}: neither {', '.join(PRIORITIES)} nor a lifetime"
            )
    if amount.endswith(("/s", "bps")):
        start, stop = scene.start, scene.stop
        rate = read_quantity(amount, "data_rate", f"--demand {text}")
    else:
        # there from the start: all of it is made just before
        start, stop = scene.start - 1e-3, scene.start
        rate = read_quantity(amount, "data", f"--demand {text}") / (stop - start)
    if not (rate > 0.0 and lifetime > 0.0):
        raise RequestError(f"--demand {text}: give an amount and a lifetime above zero")
    return Traffic(source, destination, rate, start, stop, priority, lifetime)


def _leading_node(scene: NetworkScene, text: str) -> tuple[str, str]:
    """Node before the first colon, and the rest; names of nodes may hold colons of their own (ipn:7.0)."""
    fitting = [node for node in scene.contacts.nodes if text.startswith(f"{node}:")]
    node = max(fitting, key=len) if fitting else text.partition(":")[0]
    return node.strip(), text[len(node) + 1 :]


def _print(scene: NetworkScene, found: list[Outcome], size: float | None, endless: float | None) -> None:
    run = found[0].run
    account = run.account()
    _print_head(scene)
    out.print(
        f"{count(len(run.bundles), 'bundle')} of "
        + (f"{volume(size)}" if size else f"{duration(scene.usual_time())} on the usual link of their source")
        + ", received whole before they go on; memory "
        + (", ".join(f"{name} {volume(bits)}" for name, bits in scene.storage.items()) or "without limit"),
        markup=False,
        soft_wrap=True,
    )
    made = account["made"]
    table = _table("data", "amount", "share")
    for name in ("made", "delivered", "waiting", "expired", "refused"):
        words = "refused (memory of the source full)" if name == "refused" else name
        table.add_row(words, volume(account[name]), share(account[name] / made) if made else "-")
    out.print_wide(table, WIDTH)
    latencies = run.latency_percentiles()
    told = [
        f"{word} {duration(value)}"
        for word, value in zip(("p50", "p95", "p99", "max"), latencies, strict=True)
    ]
    out.print(f"latency of the delivered data: {', '.join(told)}", markup=False, soft_wrap=True)
    _print_ways(run)
    _print_waiting(run, scene)
    _print_troubles(scene, run)
    if found[0].most is not None:
        flow, slack = found[0].most.volume, found[0].most.slack
        out.print(
            f"the most that can be brought home: {volume(flow)}, {share(flow / made)} of what is made; store and "
            f"forward brings {share(account['delivered'] / flow) if flow else '-'} of it"
            + (f" (light times kept to {slack:.2g} s)" if slack else ""),
            markup=False,
            soft_wrap=True,
        )
    if endless is not None:
        out.print(f"if the sources never ran dry: {volume(endless)}", markup=False, soft_wrap=True)
    if len(found) > 1:
        _print_outcomes(found)


def _print_head(scene: NetworkScene) -> None:
    out.print(scene.name, style="bold", markup=False, soft_wrap=True)
    out.print(
        f"{_when(scene, scene.start)} to {_when(scene, scene.stop)}; {count(len(scene.contacts.nodes), 'node')}, "
        f"{count(len(scene.contacts), 'contact')}",
        markup=False,
        soft_wrap=True,
    )
    for note in scene.notes:
        out.print(f"note: {note}", markup=False, style="yellow", soft_wrap=True)


def _print_ways(run: NetworkRun) -> None:
    ways = list(run.ways().items())
    if not ways:
        out.print("nothing is delivered", markup=False, style="yellow")
        return
    whole = sum(bits for _, bits in ways)
    table = _table("way", "delivered", "share")
    for way, bits in ways[:SHOWN_WAYS]:
        table.add_row(" > ".join(way), volume(bits), share(bits / whole))
    out.print_wide(table, WIDTH)
    if len(ways) > SHOWN_WAYS:
        out.print(f"... and {count(len(ways) - SHOWN_WAYS, 'way')} more; see them with --csv", markup=False)


def _print_waiting(run: NetworkRun, scene: NetworkScene) -> None:
    waiting = run.waiting_table()
    if waiting.empty:
        return
    table = _table("waits at", "share of waiting", "mean", "peak", "memory", "left at the end")
    for row in waiting.to_dict("records"):
        memory = scene.storage.get(row["node"])
        table.add_row(
            row["node"],
            share(row["share"]),
            volume(row["mean_bit"]),
            volume(row["peak_bit"]),
            volume(memory) if memory is not None else "no limit",
            volume(row["left_bit"]),
        )
    out.print_wide(table, WIDTH)


def _print_troubles(scene: NetworkScene, run: NetworkRun) -> None:
    """What of the traffic has no way at all, and bundles that went in circles."""
    reached = {(way[0], way[-1]) for way in run.ways()}
    router = None
    for made in scene.traffic:
        if (made.source, made.destination) in reached:
            continue
        router = router or Router(scene.plan())
        begin = max(made.start, scene.start)
        if router.route(made.source, made.destination, begin) is None:
            out.print(
                f"no route from {made.source} to {made.destination} from {_when(scene, begin)} on, whatever the "
                "size: all of it waits; see which nodes it can reach, or plan more contacts",
                markup=False,
                style="yellow",
                soft_wrap=True,
            )
        else:
            out.print(
                f"nothing from {made.source} gets to {made.destination}, though there is a route: its bundles are too "
                "large for the contacts or expire on the way; try a smaller --bundle or a longer lifetime",
                markup=False,
                style="yellow",
                soft_wrap=True,
            )
    if returned := run.returned():
        out.print(
            f"{count(returned, 'bundle')} came back to a node where they had been, as others took their way",
            markup=False,
            style="yellow",
            soft_wrap=True,
        )


def _print_outcomes(found: list[Outcome]) -> None:
    table = _table("without", "made", "delivered", "lost", "p95", "left waiting", "refused")
    with_flow = found[0].most is not None
    if with_flow:
        table.add_column("most possible", justify="right", no_wrap=True)
    whole = found[0].run.account()["delivered"]
    for outcome in found:
        account = outcome.run.account()
        lost = whole - account["delivered"]
        name = ", ".join(outcome.without) or "(all there)"
        if outcome.without and outcome.without != outcome.nodes:
            name += f" ({', '.join(outcome.nodes)})"
        table.add_row(
            name,
            volume(account["made"]),
            volume(account["delivered"]),
            share(lost / whole) if whole else "-",
            duration(outcome.run.latency_percentiles((95.0,))[0]),
            volume(account["waiting"]),
            volume(account["refused"]),
            *([volume(outcome.most.volume) if outcome.most is not None else "-"] if with_flow else []),
        )
    out.print_wide(table, WIDTH + 30)
    if any(outcome.run.account()["made"] < found[0].run.account()["made"] for outcome in found):
        out.print("what a part that is left out would have made counts as lost, too", markup=False)


def _print_routes(
    scene: NetworkScene, ends: tuple[str, str], most: int, at: str | None, bundle: str | None
) -> None:
    time = scene.start if at is None else _moment(scene, at)
    size = 0.0 if bundle is None else read_quantity(bundle, "data", "--bundle")
    plan = scene.plan()
    found = Router(plan).routes(*ends, time, most=most, size=size)
    _print_head(scene)
    of = f"a bundle of {volume(size)}" if size else "a bundle of no size"
    if not found:
        out.print(
            f"no route from {ends[0]} to {ends[1]} for {of} from {_when(scene, time)} on",
            markup=False,
            soft_wrap=True,
        )
        return
    out.print(
        f"routes from {ends[0]} to {ends[1]} for {of} there at {_when(scene, time)}, the best first",
        markup=False,
        soft_wrap=True,
    )
    table = _table("route", "contacts", "leaves", "arrives", "after", "ends", "volume")
    for route in found:
        table.add_row(*_route_row(scene, route, time))
    out.print_wide(table, WIDTH + 35)


def _route_row(scene: NetworkScene, route: Route, time: float) -> list[str]:
    return [
        " > ".join(route.nodes),
        str(route.hops),
        _when(scene, route.departure),
        _when(scene, route.arrival),
        duration(route.arrival - time, 3),
        _when(scene, route.termination),
        volume(route.volume),
    ]


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _when(scene: NetworkScene, time: float) -> str:
    if not scene.absolute:
        return f"{time:.10g} s"
    utc = (tdb_to_utc(np.array([time]))[0] + np.timedelta64(500, "ms")).astype("datetime64[s]")
    return str(utc).replace("T", " ")


def _moment(scene: NetworkScene, text: str) -> float:
    if scene.absolute:
        return Epoch.parse(text).tdb_s
    try:
        return float(text.removesuffix("s"))
    except ValueError as error:
        raise RequestError(
            f"--at {text}: this plan has no dates; give seconds past its zero, or --epoch"
        ) from error


def _csv(scene: NetworkScene, run: NetworkRun) -> str:
    frame = run.frame()
    if scene.absolute:
        for name in ("created", "expires", "delivered"):
            seconds = frame.pop(f"{name}_s").to_numpy()
            known = np.isfinite(seconds)
            utc = np.full(seconds.size, "", dtype=object)
            utc[known] = [f"{moment}Z" for moment in tdb_to_utc(seconds[known]).astype("datetime64[ms]")]
            frame[f"{name}_utc"] = utc
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text


def _picture(scene: NetworkScene, run: NetworkRun) -> bytes:
    return draw_network(
        scene.plan(),
        run,
        columns=scene.columns,
        storage=scene.storage,
        title=f"Network: {scene.name}",
        note=f"{way_summary(run)}\n{'; '.join(scene.notes)}",
        absolute=scene.absolute,
    )
