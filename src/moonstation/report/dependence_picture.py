"""What a change among partners does, as a picture: functions through time, and who depends on whom."""

import math
import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.partner_looks import head, new_page, partner_colours, png
from moonstation.report.wording import count, shortened
from moonstation.spacetime.epochs import tdb_to_utc

ROW = 0.34
"""Height of a function with its room [inch]."""

MOST_BANDS = 40
"""Dependences that are drawn, those that one cannot be without first."""

YEAR = 365.25 * 86_400.0

KEPT, LATE, LOST, COLD = palette.SKY_BLUE, palette.ORANGE, palette.VERMILLION, palette.PURPLE
WORDS = {
    "function": ("function", "functions"),
    "flight": ("flight of a part", "flights of parts"),
    "power": ("load fed", "loads fed"),
    "data": ("way home of data", "ways home of data"),
    "repair": ("repair", "repairs"),
}


def change_picture(effect: Any, at_risk: Collection[str] = ()) -> bytes:
    """Draw an effect, PNG.

    Parameters
    ----------
    effect : Effect
        See `moonstation.partners.changes`.
    at_risk : collection of str
        Functions that need what may be lost to the cold after the change.
    """
    functions = list(effect.functions)
    notes = textwrap.wrap("; ".join(effect.notes), 185)[:4]
    tall = ROW * max(len(functions), 1)
    bands = _band_height(effect.depends)
    height = 2.4 + tall + bands + 0.16 * len(notes)
    page = new_page(11.0, height)
    head(
        page,
        shortened(f"{effect.station.name}: {effect.change.words}", 95),
        _summary(effect, at_risk),
        height=height,
    )
    lanes = page.add_axes((0.26, 1.0 - (1.15 + tall) / height, 0.7, tall / height))
    _draw_functions(lanes, effect, functions, at_risk)
    net = page.add_axes((0.02, (0.25 + 0.16 * len(notes)) / height, 0.96, bands / height))
    _draw_network(net, effect.station, effect.depends)
    page.text(
        0.015,
        0.1 / height,
        "\n".join(notes),
        va="bottom",
        fontsize=7.5,
        color=palette.MUTED,
        parse_math=False,
    )
    return png(page)


def dependence_picture(station: Any, found: Sequence[Any]) -> bytes:
    """Draw who depends on whom in the whole station, PNG."""
    bands = _band_height(found)
    height = bands + 1.15
    page = new_page(11.0, height)
    head(page, shortened(f"{station.name}: who depends on whom", 95), "", height=height)
    _draw_network(page.add_axes((0.02, 0.15 / height, 0.96, bands / height)), station, found)
    return png(page)


def _band_height(found: Sequence[Any]) -> float:
    """Height in which the bands of dependences can be read [inch]."""
    return max(0.8 if not found else 4.6, 0.27 * min(len(found), MOST_BANDS))


def _summary(effect: Any, at_risk: Collection[str]) -> str:
    gained = [row for row in effect.functions if row.gained]
    parts = [
        f"{count(len(effect.lost), 'function')} lost"
        if not gained
        else f"{count(len(gained), 'function')} gained",
        f"{count(len(effect.delayed), 'function')} later or for a time" if effect.delayed else "",
        f"{count(len(at_risk), 'function')} may be lost to the cold" if at_risk else "",
        count(len(effect.parts), "part"),
        count(len(effect.missions), "mission") + " to come" if effect.missions else "",
        count(len(effect.antennas), "antenna") if effect.antennas else "",
    ]
    return ", ".join(part for part in parts if part) + " concerned"


def _moment(seconds: float) -> Any:
    return tdb_to_utc(np.array([seconds]))[0]


def _draw_functions(axes: Any, effect: Any, functions: Sequence[Any], at_risk: Collection[str]) -> None:
    from matplotlib import dates as ticks
    from matplotlib.patches import Patch

    scale: Any = ticks

    since = effect.change.since.tdb_s
    dates = [x for row in functions for x in (row.before, row.after, row.until) if math.isfinite(x)]
    dates += [row.ready for row in effect.recoveries[:1]] + [since]
    first, last = min(dates) - 0.7 * YEAR, max(dates) + 1.5 * YEAR

    def x(seconds: float) -> float:
        return float(scale.date2num(_moment(min(max(seconds, first), last))))

    def bar(row: int, start: float, stop: float, colour: str, **looks: Any) -> None:
        if stop > start:
            axes.barh(row, x(stop) - x(start), left=x(start), height=0.56, color=colour, **looks)

    for row, function in enumerate(functions):
        if function.gained:
            bar(row, function.after, function.before, palette.GREEN)
            bar(row, function.before, last, KEPT)
            continue
        bar(row, function.before, min(function.until, last), KEPT)
        if function.id in at_risk:
            cold = max(since, function.before)
            bar(row, cold, last, COLD, hatch="////", edgecolor=palette.PAPER, linewidth=0.0)
        if function.lost or function.late:
            away = since if function.until < math.inf else function.before
            colour = LOST if function.lost else LATE
            axes_looks = {"hatch": "////", "edgecolor": palette.PAPER, "linewidth": 0.0}
            if function.before < math.inf:
                bar(row, function.before, away, KEPT)
                bar(row, away, min(function.after, last), colour, **axes_looks)
            bar(row, function.after, last, KEPT)
    axes.axvline(x(since), color=palette.INK, linewidth=1.3)
    axes.text(x(since), -0.62, " the change", fontsize=8, color=palette.INK, va="bottom")
    if effect.recoveries and (effect.lost or effect.delayed):
        best = effect.recoveries[0]
        axes.axvline(x(best.ready), color=palette.GREEN, linewidth=1.5, linestyle="--")
        axes.text(x(best.ready), -0.62, " back at the cheapest", fontsize=8, color=palette.GREEN, va="bottom")
    axes.set_yticks(range(len(functions)), [shortened(row.name, 34) for row in functions], fontsize=8.5)
    axes.set_ylim(max(len(functions), 1) - 0.5, -0.5)
    axes.set_xlim(x(first), x(last))
    locator = scale.AutoDateLocator(minticks=4, maxticks=10)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(scale.ConciseDateFormatter(locator))
    axes.tick_params(length=0, labelsize=8.5, colors=palette.INK)
    axes.grid(axis="x", color=palette.GRID)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    kinds = [
        ("there", KEPT, None, True),
        ("lost", LOST, "////", bool(effect.lost)),
        ("later or away for a time", LATE, "////", bool(effect.delayed)),
        ("needs what may freeze", COLD, "////", bool(at_risk)),
        ("only with the partner", palette.GREEN, None, any(row.gained for row in functions)),
    ]
    handles = [
        Patch(facecolor=c, hatch=h, edgecolor=palette.PAPER, label=w) for w, c, h, used in kinds if used
    ]
    axes.figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=(0.985, 1.0 - 0.55 / axes.figure.get_figheight()),
        ncols=len(handles),
        fontsize=8,
        frameon=False,
    )


def _draw_network(axes: Any, station: Any, found: Sequence[Any]) -> None:
    """Who depends on the left, on whom on the right, a band for each kind, as wide as what it carries."""
    names = {row.id: row.name for row in station.partners}
    colours = partner_colours(station)
    axes.set_axis_off()
    axes.set_xlim(-0.27, 1.27)
    left_out = max(0, len(found) - MOST_BANDS)
    more = f" ({left_out} weaker ones not shown)" if left_out else ""
    axes.set_title(
        f"Who depends (left) on whom (right): full, cannot be without; pale, the other has a share in it{more}",
        loc="left", fontsize=9.5, weight="bold", color=palette.INK,
    )  # fmt: skip
    if not found:
        axes.set_ylim(-1.0, 1.0)
        axes.text(0.5, 0.0, "no partner depends on another here", ha="center", color=palette.MUTED)
        return
    rows = sorted(found, key=lambda row: (not row.hard, -len(row.what)))[:MOST_BANDS]
    order = list(names)
    most = max(len(row.what) for row in rows)
    wide = {id(row): 0.5 + len(row.what) / most for row in rows}
    left = _stack(rows, wide, order, "of", "on")
    right = _stack(rows, wide, order, "on", "of")
    tall = max(max(top for top, _ in side.values()) for side in (left, right)) + 1.6
    axes.set_ylim(tall, -0.3)
    along = np.linspace(0.0, 1.0, 60)
    bend = along**2 * (3.0 - 2.0 * along)
    for row in rows:
        (y0, _), (y1, _), height = left[id(row)], right[id(row)], wide[id(row)]
        upper = y0 + (y1 - y0) * bend
        axes.fill_between(
            along, upper, upper + height, color=colours[row.of], alpha=0.62 if row.hard else 0.25, lw=0
        )
        axes.text(
            0.015, y0 + height / 2.0, f"{len(row.what)} {WORDS[row.kind][len(row.what) > 1]}", fontsize=8,
            va="center_baseline", color=palette.INK,
        )  # fmt: skip
    for side, key, x, align in ((left, "of", -0.012, "right"), (right, "on", 1.012, "left")):
        for name in order:
            own = [
                (side[id(row)][0], side[id(row)][0] + wide[id(row)])
                for row in rows
                if getattr(row, key) == name
            ]
            if own:
                low, high = min(a for a, _ in own), max(b for _, b in own)
                axes.plot([x, x], [low, high], color=colours[name], linewidth=5.0, solid_capstyle="butt")
                axes.text(
                    x + (-0.015 if align == "right" else 0.015), 0.5 * (low + high), shortened(names[name], 24),
                    ha=align, va="center", fontsize=9, weight="bold", color=palette.INK, parse_math=False,
                )  # fmt: skip


def _stack(
    rows: Sequence[Any], wide: dict[int, float], order: list[str], key: str, other: str
) -> dict[int, tuple[float, float]]:
    """Top and bottom of each band on one side: partner by partner, with a gap between."""
    places: dict[int, tuple[float, float]] = {}
    y = 0.0
    for name in order:
        own = [row for row in rows if getattr(row, key) == name]
        own.sort(
            key=lambda row: (order.index(getattr(row, other)), list(WORDS).index(row.kind), not row.hard)
        )
        for row in own:
            places[id(row)] = (y, y + wide[id(row)])
            y += wide[id(row)] + 0.06
        if own:
            y += 0.7
    return places
