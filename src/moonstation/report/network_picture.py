"""A network as a picture: who sends to whom and how much, the ways of the data, and what waits where over time."""

import io
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from moonstation.links.plan import ContactPlan
from moonstation.links.results import NetworkRun
from moonstation.report import palette
from moonstation.report.wording import duration, listing, shortened, volume
from moonstation.spacetime.epochs import tdb_to_utc

DPI = 130
MOST_WAYS = 10
MOST_STORES = 7
MOST_NODES = 40
WIDEST = 9.0
MOST_POINTS = 4000
NOTE_WIDTH = 190
"""Characters in a line of the note."""


def draw_network(
    plan: ContactPlan,
    run: NetworkRun,
    *,
    columns: Mapping[str, int],
    storage: Mapping[str, float],
    title: str,
    note: str,
    absolute: bool,
) -> bytes:
    """Draw a network and what went through it as a PNG picture.

    Parameters
    ----------
    plan : ContactPlan
        Contacts.
    run : NetworkRun
        What became of the bundles.
    columns : mapping of str to int
        Where nodes stand from left to right; by their distance from the sources where not given.
    storage : mapping of str to float
        Memory of nodes [bit], drawn where it is reached by half.
    title, note : str
        Above and below.
    absolute : bool
        Whether times are TDB past J2000, drawn as UTC; otherwise seconds.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 10.0), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.55, 1.0), height_ratios=(1.25, 1.0))
    _draw_map(figure.add_subplot(grid[0, :]), plan, run, columns)
    _draw_stores(figure.add_subplot(grid[1, 0]), run, storage, absolute)
    _draw_ways(figure.add_subplot(grid[1, 1]), run)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, color=palette.INK, fontweight="bold")
    if note:
        figure.supxlabel(_folded(note), fontsize=8, color=palette.MUTED, x=0.01, ha="left")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _folded(note: str) -> str:
    """A note in lines that fit below the picture."""
    return "\n".join(line for part in note.splitlines() for line in textwrap.wrap(part, NOTE_WIDTH))


def _places(plan: ContactPlan, run: NetworkRun, columns: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Where nodes stand: a column by kind or distance, spread evenly within it."""
    used = {node for pair in run.carried() for node in pair}
    linked = {plan.nodes[index] for index in (*plan.sender.tolist(), *plan.receiver.tolist())}
    nodes = [node for node in plan.nodes if node in linked or node in used]
    if len(nodes) > MOST_NODES:
        nodes = [node for node in nodes if node in used][:MOST_NODES]
    found = columns if columns else _distances(plan, run)
    rows: dict[int, list[str]] = {}
    for node in nodes:
        rows.setdefault(found.get(node, 0), []).append(node)
    place = {}
    for x, column in enumerate(sorted(rows)):
        for number, node in enumerate(rows[column]):
            # columns of few nodes are shifted a little, so that lines between others pass beside their names
            place[node] = (float(x), 1.0 - (number + 0.5 + 0.12 * (x % 2)) / (len(rows[column]) + 0.12))
    return place


def _distances(plan: ContactPlan, run: NetworkRun) -> dict[str, int]:
    """Contacts from the nearest source; destinations to the right of all."""
    distance = {bundle.source: 0 for bundle in run.bundles}
    pairs = {
        (plan.nodes[a], plan.nodes[b])
        for a, b in zip(plan.sender.tolist(), plan.receiver.tolist(), strict=True)
    }
    fresh = set(distance)
    while fresh:
        onward = {b for a, b in pairs if a in fresh and b not in distance}
        distance |= dict.fromkeys(onward, 1 + max((distance[a] for a in fresh), default=0))
        fresh = onward
    last = max(distance.values(), default=0)
    return distance | dict.fromkeys(
        (b.destination for b in run.bundles if distance.get(b.destination, 1) > 0), last + 1
    )


def _draw_map(axes: Any, plan: ContactPlan, run: NetworkRun, columns: Mapping[str, int]) -> None:
    from matplotlib.patches import FancyArrowPatch

    place = _places(plan, run, columns)
    carried = run.carried()
    most = max(carried.values(), default=1.0)
    pairs = {
        (plan.nodes[a], plan.nodes[b])
        for a, b in zip(plan.sender.tolist(), plan.receiver.tolist(), strict=True)
    }
    for pair in sorted(pairs, key=lambda pair: carried.get(pair, 0.0)):
        if pair[0] not in place or pair[1] not in place:
            continue
        bits = carried.get(pair, 0.0)
        wide = 0.9 + WIDEST * bits / most if bits else 0.6
        # the head apart, as it would grow with the line
        for style, width in (("-", wide), ("-|>", 0.0))[: 2 if bits else 1]:
            axes.add_patch(
                FancyArrowPatch(
                    place[pair[0]],
                    place[pair[1]],
                    arrowstyle=style,
                    mutation_scale=11.0 + 1.6 * wide,
                    connectionstyle="arc3,rad=0.08",
                    linewidth=width,
                    color=palette.BLUE if bits else palette.LINE,
                    alpha=0.55 if bits else 1.0,
                    shrinkA=9,
                    shrinkB=9,
                    zorder=2 if bits else 1,
                )
            )
    held = {row["node"]: row for row in run.waiting_table().to_dict("records")}
    longest = max((row["mean_bit"] for row in held.values()), default=0.0)
    for node, (x, y) in place.items():
        size = 60.0 + (500.0 * held[node]["mean_bit"] / longest if node in held and longest > 0.0 else 0.0)
        axes.scatter([x], [y], s=size, color=palette.ORANGE, edgecolor=palette.INK, linewidth=0.8, zorder=3)
        axes.annotate(
            shortened(node, 24),
            (x, y),
            xytext=(0, -9 - 0.5 * np.sqrt(size)),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8.5,
            color=palette.INK,
            zorder=4,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        )
    axes.set_xlim(-0.35, max((x for x, _ in place.values()), default=0.0) + 0.35)
    axes.set_ylim(-0.08, 1.06)
    axes.axis("off")
    axes.set_title(
        f"Delivered data by link (widest line {volume(most) if carried else '0 bit'}); "
        "larger dots hold more data on average; grey: contacts that carried none",
        loc="left",
        fontsize=10,
        color=palette.INK,
    )


def _draw_ways(axes: Any, run: NetworkRun) -> None:
    ways = list(run.ways().items())
    shown = ways[:MOST_WAYS]
    rest = sum(bits for _, bits in ways[MOST_WAYS:])
    names = [_way_words(way) for way, _ in shown]
    sizes = [bits for _, bits in shown]
    if rest:
        names.append(f"{len(ways) - MOST_WAYS} other ways")
        sizes.append(rest)
    whole = max(sum(sizes), 1e-9)
    places = np.arange(len(names))
    axes.barh(places, [100.0 * bits / whole for bits in sizes], color=palette.BLUE, height=0.34)
    for place, name, bits in zip(places, names, sizes, strict=True):
        axes.text(0.0, place - 0.24, f"{name}: {volume(bits)}", fontsize=8, va="bottom", color=palette.INK)
    axes.set_ylim(max(len(names), 3) - 0.4, -0.75)
    axes.set_xlim(0.0, max(100.0 * max(sizes, default=1.0) / whole * 1.05, 1.0))
    axes.set_yticks([])
    axes.set_xlabel("share of the delivered data [%]", fontsize=9)
    axes.set_title("Ways of the data", loc="left", fontsize=10, color=palette.INK)
    _tidy(axes)


def _way_words(way: tuple[str, ...]) -> str:
    return shortened(" → ".join(way), 60)


def _draw_stores(axes: Any, run: NetworkRun, storage: Mapping[str, float], absolute: bool) -> None:
    table = run.waiting_table().head(MOST_STORES)
    top = float(table["peak_bit"].max()) if len(table) else 0.0
    scale, unit = next(
        (size, name)
        for size, name in ((1e12, "Tbit"), (1e9, "Gbit"), (1e6, "Mbit"), (0.0, "bit"))
        if top >= size
    )
    scale = scale or 1.0
    first = min((bundle.created for bundle in run.bundles), default=0.0)
    for number, node in enumerate(table["node"]):
        series = _thinned(run.stored[node])
        times = tdb_to_utc(series[:, 0]) if absolute else series[:, 0]
        colour = palette.SITES[number % len(palette.SITES)]
        axes.step(
            times, series[:, 1] / scale, where="post", color=colour, linewidth=1.1, label=shortened(node, 22)
        )
        limit = storage.get(node, np.inf)
        if limit <= 2.0 * float(table["peak_bit"].iloc[number]):
            axes.axhline(limit / scale, color=colour, linewidth=0.8, linestyle=":")
    axes.set_ylabel(f"data held [{unit}]", fontsize=9)
    axes.set_ylim(bottom=0.0)
    if absolute:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=4, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.xaxis.get_offset_text().set_fontsize(8)
        axes.set_xlabel("UTC", fontsize=9)
        axes.set_xlim(tdb_to_utc(np.array([first]))[0], tdb_to_utc(np.array([run.end]))[0])
    else:
        axes.set_xlabel("time of the plan [s]", fontsize=9)
        axes.set_xlim(first, run.end)
    axes.set_title("Where data wait (dotted: memory)", loc="left", fontsize=10, color=palette.INK)
    if len(table):
        axes.legend(fontsize=8, frameon=False, loc="upper left", ncols=2)
        axes.set_ylim(0.0, axes.get_ylim()[1] * 1.25)
    _tidy(axes)


def _thinned(series: Any) -> Any:
    """Few enough points for a picture: the highest of each stretch of time."""
    if len(series) <= MOST_POINTS:
        return series
    edges = np.linspace(0, len(series), MOST_POINTS // 2 + 1).astype(int)[:-1]
    highest = np.maximum.reduceat(series[:, 1], edges)
    return np.vstack([np.column_stack([series[edges, 0], highest]), series[-1:]])


def _tidy(axes: Any) -> None:
    axes.grid(axis="x", color=palette.LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def way_summary(run: NetworkRun) -> str:
    """A sentence on the network: what came home, how late, by how many ways."""
    account = run.account()
    middle, late = run.latency_percentiles((50.0, 95.0))
    through = listing([f"{node} ({volume(bits)})" for node, bits in run.through().items()], 4)
    return (
        f"{volume(account['delivered'])} of {volume(account['made'])} delivered, half of it within {duration(middle)}, "
        f"95 % within {duration(late)}; through {through or 'no other node'}"
    )
