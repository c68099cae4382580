"""Porkchop pictures: departure energy and arrival speed over dates, with the best flights marked (PNG)."""

import io
from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.report.palette import BLUE, GRID, INK, LIGHT_SCALE, LINE, MUTED, VERMILLION
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.transfers.mars import MarsFlight, MarsWindow
from moonstation.transfers.moon import MoonFlight

DPI = 130
ENERGY_COLOURS = LinearSegmentedColormap.from_list(
    "energy", ["#f7f3df", "#e8d9a0", "#c9b26b", "#93835d", "#5d5a5c"]
)
C3_LINES = np.array([-2.3, -2.2, -2.1, -2.0, -1.9, -1.8, -1.6, -1.4, -1.0, -0.5, 0.0])
"""Departure energies drawn for flights to the Moon [km^2/s^2]."""

SEEN = LinearSegmentedColormap.from_list("seen", [LINE, LIGHT_SCALE[-1][1]])
RIDGE = np.radians(5.0)
"""From half a turn: there all lines crowd, and arrival speeds are left out."""


def mars_porkchop_png(
    chop: xr.Dataset, flights: Sequence[MarsFlight], *, title: str, most_c3: float
) -> bytes:
    """Picture of one window to Mars.

    Parameters
    ----------
    chop : Dataset
        As of `transfers.mars.mars_porkchop`.
    flights : sequence of MarsFlight
        Marked with a star and told in the legend.
    title : str
        Heading.
    most_c3 : float
        Departure energies above are left white [m^2/s^2].
    """
    figure, axes = _page(8.2, 7.4)
    x, y = tdb_to_utc(chop.departure.values), tdb_to_utc(chop.arrival.values)
    c3 = chop.c3.values.T / 1e6
    speed = chop.arrival_speed.values.T / 1e3
    least, most = float(np.nanmin(c3)), most_c3 / 1e6
    levels = _levels(least, most)
    shown = np.where(c3 <= most, c3, np.nan)
    filled = axes.contourf(x, y, c3, levels=levels, cmap=ENERGY_COLOURS)
    _label(axes, axes.contour(x, y, shown, levels=levels, colors=INK, linewidths=0.6), "%.3g")
    # arrival speeds only where the departure is shown, or they would fill the page
    ridge = np.abs(chop.angle.values.T - np.pi) < RIDGE
    seen = np.where((c3 <= most) & ~ridge, speed, np.nan)
    if np.isfinite(seen).any():
        fast = np.arange(np.floor(2.0 * np.nanmin(seen)) / 2.0, min(np.nanmax(seen), 9.0) + 0.5, 0.5)
        _label(axes, axes.contour(x, y, seen, levels=fast, colors=BLUE, linewidths=1.1), "%.1f")
    days = (chop.arrival.values[:, None] - chop.departure.values[None, :]) / SECONDS_PER_DAY
    flight_lines = np.arange(100.0, 500.0, 50.0)
    drawn = axes.contour(x, y, days, levels=flight_lines, colors=VERMILLION, linewidths=0.8, linestyles="--")
    _label(axes, drawn, "%.0f d")
    handles = [
        Line2D([], [], color=INK, linewidth=0.8, label="departure energy C3 [km²/s²]"),
        Line2D([], [], color=BLUE, linewidth=1.2, label="arrival excess speed [km/s]"),
        Line2D([], [], color=VERMILLION, linewidth=0.9, linestyle="--", label="time of flight [d]"),
    ]
    for flight, marker in zip(flights, ("*", "P", "X", "D"), strict=False):
        at = tdb_to_utc(np.array([flight.departure.tdb_s, flight.arrival.tdb_s]))
        axes.plot(
            at[:1], at[1:], marker=marker, markersize=14, color=VERMILLION, markeredgecolor="white", zorder=5
        )
        text = (
            f"type {flight.type}: {_day(at[0])} to {_day(at[1])}, C3 {flight.c3 / 1e6:.2f} km²/s², "
            f"arrival {flight.arrival_speed / 1e3:.2f} km/s"
        )
        handles.append(
            Line2D([], [], color=VERMILLION, marker=marker, markersize=10, linewidth=0, label=text)
        )
    bar = figure.colorbar(filled, ax=axes, pad=0.02, fraction=0.05, aspect=40)
    bar.ax.yaxis.set_major_formatter("{x:.3g}")
    bar.set_label("departure energy C3 [km²/s²]", color=MUTED)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    _dates(axes)
    axes.set_xlabel("departure from the Earth (UTC)")
    axes.set_ylabel("arrival at Mars (UTC)")
    axes.set_title(title, loc="left", fontweight="bold", color=INK)
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=2 if len(handles) < 5 else 1,
        frameon=False,
        fontsize=8.5,
    )
    return png_of(figure)


def mars_overview_png(curve: xr.Dataset, windows: Sequence[MarsWindow], *, title: str) -> bytes:
    """Least departure energy of every day over many years, and the arrival speed that goes with it.

    Parameters
    ----------
    curve : Dataset
        As of `transfers.mars.departure_curve`.
    windows : sequence of MarsWindow
        Their best flights are marked.
    title : str
        Heading.
    """
    figure = Figure(figsize=(11.0, 6.0), dpi=DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    x = tdb_to_utc(curve.departure.values)
    marks = {"I": ("o", BLUE), "II": ("s", VERMILLION)}
    top = 30.0
    for number, kind in enumerate(("I", "II")):
        marker, colour = marks[kind]
        energy = curve.c3.values[:, number] / 1e6
        shown = energy <= top
        upper.plot(x, np.where(shown, energy, np.nan), color=colour, linewidth=1.2)
        lower.plot(
            x,
            np.where(shown, curve.arrival_speed.values[:, number] / 1e3, np.nan),
            color=colour,
            linewidth=1.2,
        )
        flights = [f for window in windows for f in window.flights if f.type == kind]
        at = tdb_to_utc(np.array([f.departure.tdb_s for f in flights]))
        label = f"type {kind}, {'less' if kind == 'I' else 'more'} than half a turn about the Sun"
        upper.plot(at, [f.c3 / 1e6 for f in flights], marker, color=colour, markersize=6, label=label)
        lower.plot(at, [f.arrival_speed / 1e3 for f in flights], marker, color=colour, markersize=6)
    for window in windows:
        best = window.best()
        at = tdb_to_utc(np.array([best.departure.tdb_s]))
        upper.annotate(
            f"{_month(at[0])}\n{best.c3 / 1e6:.1f}",
            (mdates.date2num(at[0]), best.c3 / 1e6),
            xytext=(0, -9),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8,
            color=INK,
        )
    upper.set_ylim(0.0, top)
    upper.set_ylabel("least departure energy\nC3 [km²/s²]")
    lower.set_ylabel("arrival excess speed\nwith it [km/s]")
    lower.set_ylim(bottom=0.0)
    lower.set_xlabel("departure from the Earth")
    lower.xaxis.set_major_locator(mdates.YearLocator(2))
    lower.xaxis.set_minor_locator(mdates.YearLocator(1))
    lower.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    lower.set_xlim(x[0], x[-1])
    for axes in (upper, lower):
        plain_axes(axes)
    upper.set_title(title, loc="left", fontweight="bold", color=INK)
    upper.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8.5, frameon=False)
    return png_of(figure)


def moon_porkchop_png(
    chop: xr.Dataset,
    flights: Sequence[MoonFlight],
    *,
    title: str,
    site: str = "",
    strips: Sequence[tuple[str, FloatArray, FloatArray]] = (),
) -> bytes:
    """Picture of flights to the Moon over departure and time of flight.

    Parameters
    ----------
    chop : Dataset
        As of `transfers.moon.moon_porkchop`; departures and arrivals on even steps of the same length.
    flights : sequence of MoonFlight
        Exact flights, marked; the cheapest with a star.
    title : str
        Heading.
    site : str
        Name of the site that the strips are of.
    strips : sequence of (label, times, shares)
        What a site sees by date: times [TDB s past J2000] and values from 0 to 1.
    """
    band = _by_flight_time(chop)
    height = 6.6 + 0.45 * len(strips)
    figure = Figure(figsize=(10.0, height), dpi=DPI, layout="constrained")
    ratios = [6.0, *[0.32] * len(strips)]
    rows = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios, squeeze=False)[:, 0]
    axes = rows[0]
    plain_axes(axes)
    x = tdb_to_utc(band.departure.values)
    y = band.days.values
    total = band.total.values.T
    least = float(np.nanmin(total))
    levels = least + np.array([0.0, 10.0, 20.0, 40.0, 60.0, 100.0, 150.0, 200.0, 300.0])
    shown = np.where(total <= levels[-1], total, np.nan)
    filled = axes.contourf(x, y, total, levels=levels, cmap=ENERGY_COLOURS)
    energy = band.c3.values.T / 1e6
    drawn = axes.contour(
        x,
        y,
        np.where(np.isfinite(shown), energy, np.nan),
        levels=C3_LINES,
        colors=INK,
        linewidths=0.7,
        linestyles="solid",
    )
    _label(axes, drawn, "%.1f")
    cost = np.where(np.isfinite(shown), band.insertion.values.T, np.nan)
    base = np.ceil(float(np.nanmin(cost)) / 20.0) * 20.0
    steps = base + np.array([0.0, 20.0, 40.0, 60.0, 100.0, 160.0])
    _label(axes, axes.contour(x, y, cost, levels=steps, colors=BLUE, linewidths=1.1), "%.0f")
    handles = [
        Line2D([], [], color=INK, linewidth=0.8, label="departure energy C3 [km²/s²], first pass"),
        Line2D([], [], color=BLUE, linewidth=1.2, label="insertion [m/s], first pass"),
    ]
    if flights:
        at = tdb_to_utc(np.array([f.departure.tdb_s for f in flights]))
        days = [f.flight_time / SECONDS_PER_DAY for f in flights]
        axes.plot(at, days, "o", color=VERMILLION, markeredgecolor="white", markersize=6, zorder=4)
        costs = [f.injection + f.insertion.delta_v for f in flights]
        cheapest = int(np.argmin(costs))
        axes.plot(
            at[cheapest],
            days[cheapest],
            "*",
            color=VERMILLION,
            markeredgecolor="white",
            markersize=16,
            zorder=5,
        )
        best = flights[cheapest]
        handles += [
            Line2D(
                [], [], color=VERMILLION, marker="o", linewidth=0, label="flights exact in the full model"
            ),
            Line2D(
                [],
                [],
                color=VERMILLION,
                marker="*",
                markersize=11,
                linewidth=0,
                label=f"cheapest: lift-off {best.lift_off.utc[:16].replace('T', ' ')}, injection "
                f"{best.injection:.0f} m/s, "
                f"insertion {best.insertion.delta_v:.0f} m/s",
            ),
        ]
    bar = figure.colorbar(filled, ax=axes, pad=0.01, fraction=0.05, aspect=35)
    bar.ax.yaxis.set_major_formatter("{x:.0f}")
    bar.set_label("injection and insertion together [m/s]", color=MUTED)
    axes.set_ylabel("time of flight [d]")
    axes.set_ylim(float(y[0]), float(y[-1]))
    axes.set_xlim(x[0], x[-1])
    below = draw_strips(rows[1:], strips, site)
    for strip in rows[1:]:
        strip.set_xlim(mdates.date2num(x[0]), mdates.date2num(x[-1]))
    last = rows[-1]
    date_axis(last)
    last.set_xlabel(f"departure from the parking orbit (UTC){below}")
    axes.set_title(title, loc="left", fontweight="bold", color=INK)
    figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False, fontsize=8.5)
    return png_of(figure)


def date_axis(axes: Axes) -> None:
    """Dates along x: days, or hours too where a day would stand twice."""
    low, high = axes.get_xlim()
    days = high - low
    if days < 4.0:
        axes.xaxis.set_major_locator(mdates.HourLocator(byhour=(0, 6, 12, 18) if days < 2.0 else (0, 12)))
    else:
        dates = mdates.AutoDateLocator(minticks=5, maxticks=10)
        axes.xaxis.set_major_locator(mdates.DayLocator() if days < 10.0 else dates)
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%-d %b %Y, %H:%M" if days < 4.0 else "%-d %b %Y"))
    for text in axes.get_xticklabels():
        text.set_rotation(30)
        text.set_horizontalalignment("right")


def draw_strips(rows: Iterable[Axes], strips: Sequence[tuple[str, FloatArray, FloatArray]], site: str) -> str:
    """Draw what a site sees by date, a strip each; gives the words that explain them."""
    for strip, (label, times, shares) in zip(rows, strips, strict=True):
        moments = mdates.date2num(tdb_to_utc(times))
        strip.imshow(
            shares[None, :],
            aspect="auto",
            extent=(moments[0], moments[-1], 0.0, 1.0),
            cmap=SEEN,
            vmin=0.0,
            vmax=1.0,
            interpolation="nearest",
        )
        strip.set_yticks([0.5], [label])
        for side in strip.spines.values():
            side.set_color(LINE)
        strip.tick_params(colors=MUTED, left=False)
    return f"; strips: what {site} sees on that date (yellow: whole disc, grey: none)" if strips else ""


def _by_flight_time(chop: xr.Dataset) -> xr.Dataset:
    """The grid turned from arrivals to times of flight, which the same steps of both allow."""
    t1, t2 = chop.departure.values, chop.arrival.values
    step = float(t1[1] - t1[0])
    count = t2.size - t1.size + 1
    rows = np.arange(t1.size)[:, None]
    columns = rows + np.arange(count)[None, :]
    days = (t2[:count] - t1[0]) / SECONDS_PER_DAY
    if abs(float(t2[1] - t2[0]) - step) > 1e-3:
        raise RequestError(
            "porkchop over times of flight: departures and arrivals need steps of the same length"
        )
    return xr.Dataset(
        {
            name: (("departure", "days"), chop[name].values[rows, columns])
            for name in ("total", "c3", "insertion", "injection")
        },
        coords={"departure": t1, "days": days},
    )


def _page(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    plain_axes(axes)
    return figure, axes


def plain_axes(axes: Axes) -> None:
    """Give axes their quiet lines and colours."""
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED)
    for side in axes.spines.values():
        side.set_color(LINE)


def _dates(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        locator = mdates.AutoDateLocator(minticks=5, maxticks=10)
        axis.set_major_locator(locator)
        axis.set_major_formatter(mdates.DateFormatter("%-d %b %Y"))
    for label in axes.get_xticklabels():
        label.set_rotation(30)
        label.set_horizontalalignment("right")


def _levels(least: float, most: float) -> FloatArray:
    """Contour levels: close together near the least, wide apart above."""
    start = np.ceil(least + 0.2)
    steps = [least, start, start + 1, start + 2, start + 4, start + 7, start + 11, start + 16, start + 24]
    kept = [step for step in steps if step < most]
    return np.array([*kept, most])


def _label(axes: Axes, contours: object, form: str) -> None:
    for text in axes.clabel(contours, fmt=form, fontsize=7.5, inline_spacing=2):  # type: ignore[arg-type]
        text.set_clip_on(True)


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def _month(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[M]"))


def png_of(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream, metadata={"Software": "moonstation"})
    return stream.getvalue()
