"""A campaign under failures and delays as a picture: when what stands, and what spares buy (PNG)."""

import io
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from moonstation.campaign.plan import Plan
from moonstation.campaign.risk import DateSpread, Gain
from moonstation.report import palette
from moonstation.report.campaign_picture import first_day
from moonstation.report.wording import shortened

DPI = 130
MOST_SPARES = 12


def draw_risk(
    plan: Plan,
    spreads: Sequence[DateSpread],
    gains: Sequence[Gain],
    reserve: Gain,
    *,
    names: Mapping[str, str],
    title: str,
    note: str,
    horizon: int,
) -> bytes:
    """Draw dates of a plan at all confidences, and what spares buy, as a PNG picture.

    Parameters
    ----------
    plan : Plan
        The plan.
    spreads : sequence of DateSpread
        All landed, and milestones.
    gains, reserve : sequence of Gain, Gain
        What a spare of each element buys, and one more reserve launch.
    names : mapping of str to str
        Names of elements by id.
    title, note : str
        Above and below.
    horizon : int
        Month that stands for never.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    shown = [gain for gain in gains if gain.mean > 0.0][:MOST_SPARES]
    figure = Figure(figsize=(12.0, 5.4 + 0.2 * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1.0))
    for i, spread in enumerate(spreads):
        colour = palette.BLACK if i == 0 else palette.SITES[(i - 1) % len(palette.SITES)]
        there = np.sort(spread.months[spread.months < horizon])
        share = 100.0 * (np.arange(there.size) + 1) / spread.months.size
        days = [first_day(plan, int(month) + 1) for month in there]
        left.step(days, share, where="post", color=colour, label=shortened(spread.name, 40), lw=1.6)
        if spread.asked >= 0:
            left.plot(
                [first_day(plan, spread.asked + 1)], [100.0], "v", color=colour, markersize=6, clip_on=False
            )
    for level in (50.0, 90.0):
        left.axhline(level, color=palette.MUTED, lw=0.8, ls=":")
        left.annotate(
            f"{level:g} %", (1.0, level), xycoords=("axes fraction", "data"), fontsize=8, color=palette.MUTED
        )
    left.set_ylim(0.0, 101.0)
    left.set_ylabel("share of the draws in which it stands [%]", fontsize=9, color=palette.INK)
    left.set_title("What stands by when; triangles: asked for", fontsize=10, loc="left", color=palette.INK)
    locator = AutoDateLocator(minticks=4, maxticks=9)
    left.xaxis.set_major_locator(locator)
    left.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    left.legend(fontsize=8, frameon=False, loc="lower right")
    rows = [
        ("one more reserve launch", reserve),
        *((names.get(gain.what, gain.what), gain) for gain in shown),
    ]
    for row, (_, gain) in enumerate(rows):
        right.barh(row, gain.mean, color=palette.ORANGE if row == 0 else palette.BLUE, height=0.7)
        right.plot([gain.mean - gain.error, gain.mean + gain.error], [row, row], color=palette.INK, lw=1.2)
    right.set_yticks(range(len(rows)), [shortened(name, 34) for name, _ in rows], fontsize=8)
    right.set_ylim(len(rows) - 0.4, -0.6)
    right.set_xlabel("months by which all stands earlier, mean", fontsize=9, color=palette.INK)
    right.set_title(
        "What a reserve launch and, beside it, a spare buy", fontsize=10, loc="left", color=palette.INK
    )
    for axes in (left, right):
        axes.grid(color=palette.GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8, colors=palette.MUTED)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=palette.INK, fontweight="bold")
    figure.supxlabel("\n".join(textwrap.wrap(note, 170)), fontsize=8, color=palette.MUTED, x=0.01, ha="left")
    with io.BytesIO() as out:
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
        return out.getvalue()
