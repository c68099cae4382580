"""The ledger of partners as a picture: shares of all that is brought, and which function hangs on whom."""

import math
import textwrap
from typing import Any

from moonstation.report import palette
from moonstation.report.partner_looks import head, new_page, partner_colours, png, text_on
from moonstation.report.wording import number, share, shortened

MOST_PARTNERS = 12
"""Partners with a colour of their own in the picture; the others are told in the table."""

NAMED_FROM = 0.05
"""Share of a bar from which its figure is written on it."""


def ledger_picture(ledger: Any) -> bytes:
    """Draw a ledger, PNG.

    Parameters
    ----------
    ledger : Ledger
        See `moonstation.partners.ledger`.
    """
    bars = _bars(ledger)
    functions = list(ledger.functions)
    notes = textwrap.wrap("; ".join(ledger.notes), 185)[:6]
    below = 1.1 + 0.31 * len(functions) if functions else 0.0
    named = [
        p for p in ledger.partners if any(row.partner == p and row.brings > 0.0 for row in ledger.entries)
    ]
    lines = -(-min(len(named), MOST_PARTNERS) // 4)
    height = 1.35 + 0.2 * lines + 0.42 * len(bars) + below + 0.16 * len(notes)
    page = new_page(11.0, height)
    head(
        page,
        shortened(f"{ledger.station.name}: who brings what", 90),
        "Each bar is all that is brought, or owed; the figure on it is the partner's share.",
        height=height,
    )
    colours = partner_colours(ledger.station)
    _legend(page, ledger, named, colours, 1.0 - 0.62 / height)
    top = 1.0 - (0.8 + 0.2 * lines) / height
    tall = 0.42 * len(bars) / height
    _draw_bars(page.add_axes((0.17, top - tall, 0.8, tall)), bars, colours)
    if functions:
        long = 0.31 * len(functions) / height
        grid = page.add_axes((0.3, top - tall - 1.1 / height - long, 0.67, long))
        _draw_functions(grid, ledger, colours)
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


def _bars(ledger: Any) -> list[tuple[str, list[tuple[str, float]]]]:
    """Label of each bar, and the shares on it by partner."""
    bars = []
    for kind in ledger.kinds:
        rows = [row for row in ledger.entries if row.kind == kind]
        whole = sum(row.brings for row in rows)
        if whole > 0.0:
            label = f"{kind}\n{number(whole)} {rows[0].unit}".rstrip()
            bars.append((label, [(row.partner, row.brings / whole) for row in rows]))
        owed = [(row.partner, row.owed) for row in rows if not math.isnan(row.owed)]
        if kind == "data" and owed:
            bars.append(("data\nowed", owed))
    return bars


def _draw_bars(axes: Any, bars: list[tuple[str, list[tuple[str, float]]]], colours: dict[str, str]) -> None:
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(len(bars) - 0.45, -0.55)
    for row, (_, parts) in enumerate(bars):
        begin = 0.0
        for partner, part in parts:
            axes.barh(row, part, left=begin, height=0.62, color=colours[partner], edgecolor=palette.PAPER)
            if part >= NAMED_FROM:
                axes.text(
                    begin + part / 2.0, row, share(part), ha="center", va="center", fontsize=8,
                    color=text_on(colours[partner]),
                )  # fmt: skip
            begin += part
    axes.set_yticks(range(len(bars)), [label for label, _ in bars], fontsize=8)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"], fontsize=8)
    axes.tick_params(length=0, colors=palette.MUTED)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _legend(page: Any, ledger: Any, named: list[str], colours: dict[str, str], y: float) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colours[partner], label=shortened(ledger.name(partner), 28))
        for partner in named[:MOST_PARTNERS]
    ]
    page.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.16, y), ncols=min(4, max(1, len(handles))), fontsize=8.5,
        frameon=False,
    )  # fmt: skip


def _draw_functions(axes: Any, ledger: Any, colours: dict[str, str]) -> None:
    """A row a function, a column a partner: full where it cannot be without that partner, hollow where it helps."""
    shown = [
        partner
        for partner in ledger.partners
        if any(partner in row.served_by or partner in row.lost_without for row in ledger.functions)
    ][:MOST_PARTNERS]
    axes.set_xlim(-0.6, max(len(shown), 3) + 1.9)
    axes.set_ylim(len(ledger.functions) - 0.4, -0.6)
    for row, function in enumerate(ledger.functions):
        axes.axhline(row, color=palette.GRID, linewidth=0.8, zorder=0)
        for column, partner in enumerate(shown):
            vital = partner in function.lost_without
            if vital or partner in function.served_by:
                axes.plot(
                    column, row, marker="o", markersize=10 if vital else 8, color=colours[partner],
                    markerfacecolor=colours[partner] if vital else palette.PAPER, markeredgewidth=1.8,
                )  # fmt: skip
        words = f"all parts of {ledger.name(function.single_owner)}" if function.single_owner else ""
        if not function.up:
            words = "not there at all"
        axes.text(
            len(shown) - 0.4, row, words, fontsize=8, va="center_baseline", ha="left", color=palette.MUTED,
            parse_math=False, bbox={"facecolor": palette.PAPER, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    axes.set_yticks(
        range(len(ledger.functions)), [shortened(row.name, 40) for row in ledger.functions], fontsize=8.5,
        color=palette.INK,
    )  # fmt: skip
    room = 22 if len(shown) <= 3 else 11
    names = ["\n".join(textwrap.wrap(shortened(ledger.name(p), 2 * room), room)[:2]) for p in shown]
    axes.set_xticks(range(len(shown)), names, fontsize=8.5 if len(shown) <= 8 else 7.0)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        "Functions (full: lost without this partner; hollow: its parts help)", loc="left", fontsize=9.5,
        color=palette.INK, pad=24, weight="bold",
    )  # fmt: skip
