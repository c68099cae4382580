"""Fair shares of partners as a picture: one row of bars for each measure of a station's worth."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.partner_looks import head, new_page, partner_colours, png
from moonstation.report.wording import number, quantity, share, shortened

MOST_BARS = 12
"""Partners that a measure shows, the largest shares first."""

BAR = 0.34
"""Height of a bar with its room [inch]."""


def shares_picture(station: Any, found: Sequence[Any], note: str = "") -> bytes:
    """Draw fair shares, PNG.

    Parameters
    ----------
    station : Station
        As loaded.
    found : sequence of Shares
        One for each measure, see `moonstation.partners.worth`.
    note : str
        What has to be said below.
    """
    rows = [_rows(shares) for shares in found]
    colours = partner_colours(station)
    names = {row.id: row.name for row in station.partners}
    notes = textwrap.wrap(note, 175)
    height = 1.05 + sum(0.75 + BAR * len(each) for each in rows) + 0.16 * len(notes)
    page = new_page(10.5, height)
    head(
        page,
        shortened(f"{station.name}: what each partner adds", 85),
        "Bar: Shapley value, the mean of what a partner adds to those before it over all orders of joining. "
        "Circle: by itself. Line: lost without it.",
        height=height,
    )
    top = height - 0.75
    for shares, each in zip(found, rows, strict=True):
        top -= 0.5
        tall = BAR * len(each)
        axes = page.add_axes((0.22, (top - tall) / height, 0.74, tall / height))
        _draw(axes, shares, each, colours, names)
        top -= tall + 0.25
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


def _rows(shares: Any) -> list[int]:
    """Places of the players that are shown, largest share first."""
    order = np.argsort(-shares.division.shares, kind="stable")
    return [int(place) for place in order[:MOST_BARS]]


def _draw(axes: Any, shares: Any, places: list[int], colours: dict[str, str], names: dict[str, str]) -> None:
    division, unit = shares.division, shares.worth.unit
    whole = division.whole - division.nobody
    drawn = (*division.shares, *shares.alone.values(), *shares.last.values())
    largest = max([abs(float(value)) for value in drawn] + [1e-300])
    # what is written beside a bar needs room on the right
    axes.set_xlim(min(0.0, 1.1 * float(division.shares.min())), 1.3 * largest)
    axes.set_ylim(len(places) - 0.5, -0.5)
    for row, place in enumerate(places):
        player = shares.players[place]
        value, error = float(division.shares[place]), float(division.errors[place])
        axes.barh(row, value, height=0.6, color=colours[player], xerr=error or None, ecolor=palette.INK)
        alone, last = shares.alone[player], shares.last[player]
        axes.plot(
            alone,
            row,
            marker="o",
            markersize=6,
            color=palette.PAPER,
            markeredgecolor=palette.INK,
            zorder=5,
            clip_on=False,
        )
        axes.plot([last, last], [row - 0.36, row + 0.36], color=palette.INK, linewidth=1.8, zorder=4)
        told = share(value / whole) if whole else "–"
        amount = quantity(value, unit) if unit else number(value)
        spread = f" ± {number(error, 2)}" if error else ""
        axes.text(
            max(value, alone, last) + 0.02 * largest, row, f"{amount}{spread}  ({told})", va="center_baseline",
            fontsize=8.5, color=palette.INK,
        )  # fmt: skip
    axes.set_yticks(
        range(len(places)),
        [shortened(names[shares.players[p]], 26) for p in places],
        fontsize=8.5,
        color=palette.INK,
    )
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(palette.LINE)
    amount = quantity(whole, unit) if unit else number(whole)
    left_out = len(shares.players) - len(places)
    more = f"; {left_out} smaller ones not shown" if left_out else ""
    axes.set_title(
        f"{shares.worth.name}: {amount} in all{more}\n",
        loc="left",
        fontsize=10,
        weight="bold",
        color=palette.INK,
        pad=2,
    )
    axes.text(
        0.0, 1.0, shares.worth.rule, transform=axes.transAxes, fontsize=8, color=palette.MUTED, va="bottom",
        parse_math=False,
    )  # fmt: skip
