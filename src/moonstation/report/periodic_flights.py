"""Picture of flights into halo and distant retrograde orbits: what they cost, day by day (PNG)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.report.palette import BLUE, INK, MUTED, VERMILLION
from moonstation.report.porkchop import DPI, date_axis, draw_strips, plain_axes, png_of
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.transfers.periodic import PeriodicFlight

WAYS = {"direct": ("o", BLUE, "direct"), "flyby": ("D", VERMILLION, "by a burn close to the Moon")}
PANELS = ("at the Moon\n[m/s]", "injection\n[m/s]", "time of flight\n[d]")


def periodic_flights_png(
    flights: Sequence[PeriodicFlight],
    *,
    title: str,
    site: str = "",
    strips: Sequence[tuple[str, FloatArray, FloatArray]] = (),
) -> bytes:
    """Picture of exact flights over the day of departure: burns at the Moon, injection, time of flight.

    Parameters
    ----------
    flights : sequence of PeriodicFlight
        One or more; the cheapest is marked with a star.
    title : str
        Heading.
    site : str
        Name of the site that the strips are of.
    strips : sequence of (label, times, shares)
        What a site sees by date: times [TDB s past J2000] and values from 0 to 1.

    Returns
    -------
    bytes
        PNG.
    """
    figure = Figure(figsize=(10.0, 6.6 + 0.45 * len(strips)), dpi=DPI, layout="constrained")
    ratios = [2.6, 1.4, 1.8, *[0.32] * len(strips)]
    rows = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios, squeeze=False)[:, 0]
    values = np.array([[f.at_the_moon, f.injection, f.flight_time / SECONDS_PER_DAY] for f in flights])
    at = tdb_to_utc(np.array([f.departure.tdb_s for f in flights]))
    cheapest = int(np.argmin(values[:, 0] + values[:, 1]))
    for column, (axes, label) in enumerate(zip(rows, PANELS, strict=False)):
        plain_axes(axes)
        for way, (marker, colour, words) in WAYS.items():
            chosen = np.array([f.way == way for f in flights])
            if not chosen.any():
                continue
            axes.plot(
                at[chosen],
                values[chosen, column],
                marker=marker,
                color=colour,
                markeredgecolor="white",
                markersize=7,
                linewidth=0.8,
                linestyle=":",
                label=words if column == 0 else None,
            )
        axes.plot(
            at[cheapest],
            values[cheapest, column],
            "*",
            color=INK,
            markeredgecolor="white",
            markersize=15,
            zorder=5,
            label=_told(flights[cheapest]) if column == 0 else None,
        )
        axes.set_ylabel(label, color=MUTED)
        axes.margins(x=0.03, y=0.14)
    below = draw_strips(rows[len(PANELS) :], strips, site)
    last = rows[-1]
    date_axis(last)
    last.set_xlabel(f"departure from the parking orbit (UTC){below}")
    rows[0].set_title(title, loc="left", fontweight="bold", color=INK)
    figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=8.5)
    return png_of(figure)


def _told(flight: PeriodicFlight) -> str:
    return (
        f"cheapest: lift-off {flight.lift_off.utc[:16].replace('T', ' ')}, injection {flight.injection:.0f} m/s, "
        f"at the Moon {flight.at_the_moon:.0f} m/s"
    )
