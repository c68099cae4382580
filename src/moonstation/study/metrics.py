"""The figures that requirements name, collected from the pieces of a study; all in SI units."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.simulation.data import DataRun
from moonstation.simulation.power import PowerRun
from moonstation.spacetime.events import clip, complement, longest, total
from moonstation.station.metrics import METRICS
from moonstation.study.missions import MissionFlight
from moonstation.sunlight.statistics import LightStatistics


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
    site: str, *, earth: FloatArray, relay: FloatArray, reach: FloatArray, start: float, stop: float
) -> dict[str, float]:
    """Figures of a site's links: to any ground station, to any relay, and to the Earth by either way.

    Parameters
    ----------
    site : str
        Id of the site.
    earth, relay, reach : (m, 2) array
        Windows with any ground station, with any relay, and in which the Earth is reached at that moment, each
        sorted and disjoint [s, TDB past J2000].
    start, stop : float
        The span [s, TDB past J2000].
    """
    figures = {}
    for name, contacts in (("earth_link", earth), ("relay_link", relay), ("link", reach)):
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
    return {f"orbiter.{orbiter}.altitude.lowest": trajectory.altitude_extremes.lowest}


def mission_metrics(flown: MissionFlight) -> dict[str, float]:
    """Figures of a mission's flight; none that it has no meaning for."""
    figures = {} if flown.mass_margin is None else {"mass_margin": flown.mass_margin}
    if flown.arrival is not None and flown.arrival.landing is not None:
        figures["landing_sun"] = flown.arrival.landing_sun_elevation
    return {f"mission.{flown.mission.id}.{name}": value for name, value in figures.items()}


def complete_metrics(
    metrics: Mapping[str, float],
    *,
    sites: Iterable[str],
    buses: Iterable[str],
    orbiters: Iterable[str],
    missions: Iterable[str] = (),
) -> dict[str, float]:
    """Every metric of a station, in the order of the table; nan where the study had nothing to say.

    Parameters
    ----------
    metrics : mapping of str to float
        What was found.
    sites, buses, orbiters, missions : iterable of str
        Ids of the station; of missions, those that are flown.

    Raises
    ------
    RequestError
        If a figure was found that the table does not know, so that none is lost by a slip in its name.
    """
    ids = {"site": list(sites), "bus": list(buses), "orbiter": list(orbiters), "mission": list(missions)}
    names = [family.of(name) for family in METRICS for name in ids[family.kind]]
    unknown = sorted(set(metrics) - set(names))
    if unknown:
        raise RequestError(f"metric {unknown[0]} is not in the table of metrics; add its pattern there")
    return {name: float(metrics.get(name, math.nan)) for name in names}
