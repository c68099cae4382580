"""Pictures of a sized power plant: the spell that makes it what it is, and mass against load not carried (PNG)."""

import io
from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.wording import share

MARGIN = 120
"""Steps shown before and after the spell."""


def sizing_png(sized: Any) -> bytes:
    """Draw a sized power plant.

    Parameters
    ----------
    sized : SiteSizing
        See `moonstation.study.sizing`.

    Returns
    -------
    bytes
        PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    page = Figure(figsize=(11.0, 4.6), dpi=130, layout="constrained")
    FigureCanvasAgg(page)
    left, right = page.subplots(1, 2, width_ratios=(1.7, 1.0))
    charge = sized.charge(sized.best)
    begin, end = sized.sizing_spell() or (0, min(720, charge.size - 1))
    shown = slice(max(0, begin - MARGIN), min(charge.size, end + MARGIN))
    times = sized.times[shown]
    offered = sum(sized.best.power[s.id] * s.share[shown] for s in sized.sources) / 1e3
    left.fill_between(
        times, offered, step="post", color=palette.SUN, alpha=0.35, lw=0, label="offered by sources"
    )
    left.axhline(sized.load / 1e3, color=palette.LOAD, lw=1.4, label="load")
    left.set_ylabel("power [kW]")
    left.set_ylim(bottom=0.0)
    other = left.twinx()
    other.plot(times, charge[shown] / 3.6e6, color=palette.CHARGE, lw=1.6, label="in the stores")
    other.set_ylabel("energy above what is never used [kWh]")
    other.set_ylim(bottom=0.0)
    locator = AutoDateLocator(maxticks=7)
    left.xaxis.set_major_locator(locator)
    left.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    left.set_title("The spell that sizes it", loc="left", fontsize=10)
    handles = [*left.get_legend_handles_labels()[0], *other.get_legend_handles_labels()[0]]
    names = [*left.get_legend_handles_labels()[1], *other.get_legend_handles_labels()[1]]
    left.legend(
        handles, names, loc="lower center", bbox_to_anchor=(0.5, -0.24), ncols=3, frameon=False, fontsize=8
    )
    _front(right, sized)
    by_mass = sized.prices is None
    page.suptitle(
        f"{sized.site.name}: {sized.load / 1e3:g} kW carried {'by' if by_mass else 'for'} "
        + sized.amount(sized.best.value).replace(",", " "),
        x=0.01,
        ha="left",
        fontsize=11,
    )
    for axes in (left, other, right):
        axes.tick_params(labelsize=8)
        axes.spines["top"].set_visible(False)
    with io.BytesIO() as out:
        page.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


def _front(axes: Any, sized: Any) -> None:
    designs = sized.front or ((sized.confidence, sized.best),)
    missing = np.array([100.0 * sized.unserved_share(design) for _, design in designs])
    by_mass = sized.prices is None
    value = np.array([design.value if by_mass else design.value / 1e6 for _, design in designs])
    axes.plot(missing, value, color=palette.BLUE, marker="o", lw=1.2)
    for x, y, (level, _) in zip(missing, value, designs, strict=True):
        axes.annotate(share(level), (x, y), xytext=(5, 5), textcoords="offset points", fontsize=8)
    axes.set_xlabel("energy not given [%]")
    axes.set_ylabel("mass [kg]" if by_mass else f"cost [million {sized.prices.basis}]")
    axes.margins(x=0.18, y=0.12)
    axes.grid(color=palette.GRID)
    axes.spines["right"].set_visible(False)
    axes.set_title(f"{'Mass' if by_mass else 'Cost'} by share of lunations carried", loc="left", fontsize=10)
