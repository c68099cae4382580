"""The figures that requirements name, collected from the pieces of a study; all in SI units."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.simulation.data import DataRun
from moonstation.simulation.power import PowerRun
from moonstation.spacetime.events import clip, complement, longest, total, union
from moonstation.station.metrics import METRICS
from moonstation.sunlight.statistics import LightStatistics

ALTITUDE_STEP = 60.0
"""Step at which altitudes are looked at before the lowest is refined [s]; an orbit takes over 6000 s."""


@dataclass(frozen=True)
class LinkFigures:
    """One kind of link of a site over a span.

    Attributes
    ----------
    share : float
        Share of the span in contact.
    longest_gap : float
        Longest time without contact [s]; gaps at the ends of the span count as far as they lie in it.
    """

    share: float
    longest_gap: float


def light_metrics(site: str, sun: LightStatistics, *, earth_visible: float) -> dict[str, float]:
    """Figures of the Sun and the Earth at a site.

    Parameters
    ----------
    site : str
        Id of the site.
    sun : LightStatistics
        Of the visible share of the solar disc.
    earth_visible : float
        Share of time in which the Earth's centre is above the horizon.
    """
    return {
        f"site.{site}.sun.average": sun.average,
        f"site.{site}.sun.any_light": sun.any_light,
        f"site.{site}.sun.longest_dark": sun.longest_dark,
        f"site.{site}.sun.longest_light": sun.longest_light,
        f"site.{site}.earth.visible": earth_visible,
    }


def link_figures(contacts: FloatArray, *, start: float, stop: float) -> LinkFigures:
    """Share of time in contact and longest gap.

    Parameters
    ----------
    contacts : (m, 2) array
        Windows, sorted and disjoint [s, TDB past J2000].
    start, stop : float
        The span [s, TDB past J2000].
    """
    within = clip(contacts, start, stop)
    return LinkFigures(
        share=float(total(within)) / (stop - start),
        longest_gap=float(longest(complement(within, start, stop))),
    )


def link_metrics(
    site: str, *, earth: FloatArray, relay: FloatArray, start: float, stop: float
) -> dict[str, float]:
    """Figures of a site's links: to any ground station, to any relay, to either.

    Parameters
    ----------
    site : str
        Id of the site.
    earth, relay : (m, 2) array
        Windows with any ground station, and with any relay, each sorted and disjoint [s, TDB past J2000].
    start, stop : float
        The span [s, TDB past J2000].
    """
    figures = {}
    for name, contacts in (("earth_link", earth), ("relay_link", relay), ("link", union([earth, relay]))):
        link = link_figures(contacts, start=start, stop=stop)
        figures[f"site.{site}.{name}.share"] = link.share
        figures[f"site.{site}.{name}.longest_gap"] = link.longest_gap
    return figures


def power_metrics(run: PowerRun) -> dict[str, float]:
    """Figures of a bus."""
    return {
        f"bus.{run.bus}.reserve.lowest": run.reserve_lowest,
        f"bus.{run.bus}.unserved": run.energy.unserved,
        f"bus.{run.bus}.survival_time": run.survival_time,
        f"bus.{run.bus}.dark_margin": run.dark_margin,
        f"bus.{run.bus}.margin.lowest": run.margin_lowest,
    }


def data_metrics(run: DataRun) -> dict[str, float]:
    """Figures of a site's data; data wait until they are on the ground, aboard a relay too."""
    return {
        f"data.{run.id}.backlog.longest": run.age_longest,
        f"data.{run.id}.delivered": run.delivered_share,
        f"data.{run.id}.lost": run.lost_total,
    }


def orbiter_metrics(orbiter: str, trajectory: Trajectory) -> dict[str, float]:
    """Figures of an orbiter."""
    return {f"orbiter.{orbiter}.altitude.lowest": lowest_altitude(trajectory)[0]}


def lowest_altitude(trajectory: Trajectory) -> tuple[float, float]:
    """Lowest altitude over the 1737.4 km sphere [m], and when [s, TDB past J2000].

    Of all the low points between samples every minute, the one whose parabola through three samples reaches
    lowest is taken, and refined by golden section to 0.1 s.
    """
    return _lowest(trajectory.altitude, float(trajectory.et[0]), float(trajectory.et[-1]))


def highest_altitude(trajectory: Trajectory) -> tuple[float, float]:
    """Highest altitude over the 1737.4 km sphere [m], and when [s, TDB past J2000], as `lowest_altitude`."""
    depth, at = _lowest(
        lambda et: np.negative(trajectory.altitude(et)), float(trajectory.et[0]), float(trajectory.et[-1])
    )
    return -depth, at


def _lowest(altitude: Callable[[FloatArray], FloatArray], begin: float, end: float) -> tuple[float, float]:
    times = np.linspace(begin, end, max(2, math.ceil((end - begin) / ALTITUDE_STEP)) + 1)
    altitudes = altitude(times)
    k = _lowest_dip(altitudes)
    low, high = float(times[max(k - 1, 0)]), float(times[min(k + 1, times.size - 1)])
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    while high - low > 0.1:
        inner = np.array([high - ratio * (high - low), low + ratio * (high - low)])
        left, right = altitude(inner)
        if left < right:
            high = float(inner[1])
        else:
            low = float(inner[0])
    middle = 0.5 * (low + high)
    refined = float(altitude(np.array([middle]))[0])
    # At an end of the span the lowest point may be the end itself.
    return (refined, middle) if refined < altitudes[k] else (float(altitudes[k]), float(times[k]))


def _lowest_dip(values: FloatArray) -> int:
    """Index of the sample at the lowest dip, by the vertex of the parabola through it and its neighbours."""
    left, middle, right = values[:-2], values[1:-1], values[2:]
    dips = np.flatnonzero((middle <= left) & (middle <= right)) + 1
    bend = values[dips - 1] - 2.0 * values[dips] + values[dips + 1]
    slope = values[dips + 1] - values[dips - 1]
    vertex = values[dips] - np.divide(slope**2, 8.0 * bend, out=np.zeros_like(bend), where=bend > 0.0)
    candidates = np.r_[0, values.size - 1, dips]
    return int(candidates[np.argmin(np.r_[values[0], values[-1], vertex])])


def complete_metrics(
    metrics: Mapping[str, float], *, sites: Iterable[str], buses: Iterable[str], orbiters: Iterable[str]
) -> dict[str, float]:
    """Every metric of a station, in the order of the table; nan where the study had nothing to say.

    Parameters
    ----------
    metrics : mapping of str to float
        What was found.
    sites, buses, orbiters : iterable of str
        Ids of the station.

    Raises
    ------
    RequestError
        If a figure was found that the table does not know, so that none is lost by a slip in its name.
    """
    ids = {"site": list(sites), "bus": list(buses), "orbiter": list(orbiters)}
    names = [family.of(name) for family in METRICS for name in ids[family.kind]]
    unknown = sorted(set(metrics) - set(names))
    if unknown:
        raise RequestError(f"metric {unknown[0]} is not in the table of metrics; add its pattern there")
    return {name: float(metrics.get(name, math.nan)) for name in names}
