"""Picture of a low-energy flight: seen from the Earth, with the Sun held still (PNG)."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from moonstation.constants import SECONDS_PER_DAY
from moonstation.report.palette import BLUE, GRID, INK, MUTED, VERMILLION
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.low_energy import LowEnergyFlight, low_energy_path

DPI = 130
POINTS = 2000
WIDTH, HIGHEST, NARROWEST, MARGIN = 8.4, 11.0, 7.0, 0.9
"""Of the page [in]."""

EDGE = 0.08
"""Round about what is drawn [million km]."""

TICK_DAYS = 10


def low_energy_png(flight: LowEnergyFlight, *, title: str) -> bytes:
    """Picture of a flight in axes that turn with the Sun: x points away from it, z to the ecliptic's north.

    Parameters
    ----------
    flight : LowEnergyFlight
        To be drawn.
    title : str
        Heading.

    Returns
    -------
    bytes
        PNG.
    """
    start, stop = flight.departure.tdb_s, flight.arrival.tdb_s
    space = Cislunar.over(start - SECONDS_PER_DAY, stop + SECONDS_PER_DAY)
    # close together at the Earth, where it is fast
    et = start + (stop - start) * np.linspace(0.0, 1.0, POINTS) ** 2
    et[-1] = stop
    states = low_energy_path(space, flight.departure_state, et)
    sun = space.sky.state_icrf("sun", et, center="earth")
    away = -sun[:, :3] / np.linalg.norm(sun[:, :3], axis=1)[:, None]
    north = np.cross(sun[:, :3], sun[:, 3:])
    north /= np.linalg.norm(north, axis=1)[:, None]
    axes = np.stack([away, np.cross(north, away), north], axis=1)
    moon = space.sky.state_icrf("moon", et, center="earth")[:, :3]
    path, orbit = (np.einsum("nij,nj->ni", axes, r) / 1e9 for r in (states[:, :3], moon))

    both = np.concatenate([path, orbit])
    low, high = both.min(axis=0) - EDGE, both.max(axis=0) + EDGE
    size = high - low
    # as wide as the page or as high as it may be, with room for the words
    scale = min((WIDTH - MARGIN) / size[0], (HIGHEST - 2.0 * MARGIN) / (size[1] + size[2]))
    figure = Figure(
        figsize=(max(scale * size[0], NARROWEST) + MARGIN, scale * (size[1] + size[2]) + 2.0 * MARGIN),
        dpi=DPI,
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    plan, side = figure.subplots(2, 1, height_ratios=[size[1], size[2]])
    ticks = np.arange(0.0, (stop - start) / SECONDS_PER_DAY, TICK_DAYS)
    at = np.searchsorted((et - start) / SECONDS_PER_DAY, ticks)
    for panel, second in ((plan, 1), (side, 2)):
        panel.plot(orbit[:, 0], orbit[:, second], color=MUTED, linewidth=0.8, label="Moon")
        panel.plot(path[:, 0], path[:, second], color=BLUE, linewidth=1.6, label="flight")
        panel.plot(path[at, 0], path[at, second], ".", color=BLUE, markersize=6, label=f"every {TICK_DAYS} d")
        panel.plot(0.0, 0.0, "o", color=INK, markersize=6, label="Earth")
        panel.plot(
            path[-1, 0], path[-1, second], "*", color=VERMILLION, markersize=12, label="arrival at the Moon"
        )
        panel.set(xlim=(low[0], high[0]), ylim=(low[second], high[second]), aspect="equal")
        panel.grid(color=GRID, linewidth=0.6)
    plan.set_ylabel("along the Earth's motion [million km]")
    side.set_ylabel("north")
    side.set_xlabel(
        "away from the Sun [million km]; the Sun is to the left; below: seen along the Earth's motion"
    )
    for day, k in zip(ticks[1:], at[1:], strict=True):
        plan.annotate(
            f"{day:.0f} d",
            path[k, :2],
            (6, 3),
            textcoords="offset points",
            fontsize=8,
            color=MUTED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
        )
    plan.legend(loc="best", fontsize=9)
    days = flight.flight_time / SECONDS_PER_DAY
    plan.set_title(
        f"{title}\n{flight.departure.utc[:10]} to {flight.arrival.utc[:10]}, {days:.0f} d: "
        f"injection {flight.injection:.0f} m/s (C3 {flight.c3 / 1e6:.2f} km$^2$/s$^2$), "
        f"insertion {flight.insertion:.0f} m/s",
        fontsize=11,
    )
    held = io.BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()
