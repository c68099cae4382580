"""Rights to data as a picture: a row for each product, a column for each partner with rights or antennas of its own."""

import math
import textwrap
from typing import Any

from moonstation.report import palette
from moonstation.report.partner_looks import head, new_page, png
from moonstation.report.wording import duration, share, shortened

OPEN, EMBARGO, CLOSED, UNSAID = "#cfe8dc", "#fbe3bd", "#d9dce1", palette.PAPER
MOST_PARTNERS = 12
MOST_PRODUCTS = 60
CELL = 0.42
"""Height of a row [inch]."""


def rights_picture(check: Any) -> bytes:
    """Draw rights and arrivals, PNG; partners with the same rights and no antenna share a column.

    Parameters
    ----------
    check : DataCheck
        See `moonstation.partners.data_rights`.
    """
    products = list(check.products)[:MOST_PRODUCTS]
    columns = _columns(check, products)
    notes = textwrap.wrap("; ".join(check.notes), 185)[:6]
    tall = CELL * len(products)
    height = 2.15 + tall + 0.16 * len(notes) + 0.25
    page = new_page(11.0, height)
    head(
        page,
        shortened(f"{check.station.name}: who may see which data, and whom they reach", 95),
        f"Shares are of what is made and arrives at the partner's own antennas within {check.days:g} d.",
        height=height,
    )
    axes = page.add_axes((0.27, 1.0 - (1.65 + tall) / height, 0.71, tall / height))
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(products) - 0.5, -0.5)
    for row, product in enumerate(products):
        for column, (_, partner) in enumerate(columns):
            _draw_cell(axes, row, column, check.of(product.id, partner))
    axes.set_yticks(
        range(len(products)),
        [f"{shortened(p.name, 30)} ({shortened(p.owner, 12)})" for p in products],
        fontsize=8,
    )
    axes.set_xticks(
        range(len(columns)), ["\n".join(textwrap.wrap(name, 16)[:3]) for name, _ in columns], fontsize=8.5
    )
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=palette.INK)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    _legend(page, height)
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


def _columns(check: Any, products: list[Any]) -> list[tuple[str, str]]:
    """Name of each column and the partner that it shows; those alike in everything but their name share the last."""
    station = check.station
    busy = {product.owner for product in products}
    busy |= {row.partner for row in check.accesses if row.share > 0.0 or row.through > 0.0}
    busy |= {name for right in station.data_rights for name in right.partners} | {
        bar.partner for bar in station.bars
    }
    named = [row for row in station.partners if row.id in busy][:MOST_PARTNERS]
    others = [row for row in station.partners if row not in named]
    columns = [(row.name, row.id) for row in named]
    if others:
        columns.append((f"{len(others)} other partners" if len(others) > 1 else others[0].name, others[0].id))
    return columns


def _draw_cell(axes: Any, row: int, column: int, access: Any) -> None:
    from matplotlib.patches import Rectangle

    if math.isnan(access.wait):
        colour, words = UNSAID, "not stated"
    elif access.rule == "owner":
        colour, words = OPEN, "its own"
    elif access.wait == 0.0:
        colour, words = OPEN, "open"
    elif access.may:
        colour, words = EMBARGO, f"after {duration(access.wait)}"
    else:
        colour, words = CLOSED, "never"
    trouble = access.trouble
    grave = trouble in ("receives", "early", "unstated")
    axes.add_patch(
        Rectangle(
            (column - 0.47, row - 0.43), 0.94, 0.86, facecolor=colour,
            edgecolor=palette.VERMILLION if grave else palette.LINE, linewidth=2.0 if grave else 0.8,
        )
    )  # fmt: skip
    below = {
        "unreached": "not reached",
        "carries": "its relays carry it",
    }.get(trouble or "", f"gets {share(access.share)}" if access.share > 0.0 else "")
    axes.text(
        column, row - (0.14 if below else 0.0), words, ha="center", va="center", fontsize=8,
        color=palette.MUTED if math.isnan(access.wait) else palette.INK,
    )  # fmt: skip
    if below:
        axes.text(
            column, row + 0.2, below, ha="center", va="center", fontsize=7.5,
            color=palette.VERMILLION if grave else palette.BLUE if trouble == "unreached" else palette.MUTED,
        )  # fmt: skip


def _legend(page: Any, height: float) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=OPEN, edgecolor=palette.LINE, label="open"),
        Patch(facecolor=EMBARGO, edgecolor=palette.LINE, label="after an embargo"),
        Patch(facecolor=CLOSED, edgecolor=palette.LINE, label="never"),
        Patch(facecolor=UNSAID, edgecolor=palette.LINE, label="not stated"),
        Patch(
            facecolor=UNSAID,
            edgecolor=palette.VERMILLION,
            linewidth=2.0,
            label="gets what it may not, or not yet",
        ),
    ]
    page.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.01, 1.0 - 0.62 / height),
        ncols=5,
        fontsize=8,
        frameon=False,
    )
