"""Months in which a campaign can launch and land: flights to a polar orbit of the Moon, and light at its sites."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.campaign.case import month_date
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import Campaign
from moonstation.station.model import Station
from moonstation.study.campaign import LIGHT_STEP
from moonstation.study.ground import ground_of, needed_heights
from moonstation.study.run import Progress
from moonstation.sunlight.light import site_light
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.moon import Departure
from moonstation.transfers.search import find_moon_flights

DAYS = (1, 8, 15, 22)
"""Days of a month that are tried, up to the first with a flight: in a fortnight the Moon passes every declination."""

PARKING = 200e3
"""Height of the parking orbit [m]."""

ORBIT = LunarOrbit(100e3, 100e3, math.radians(90.0), south=True)
"""Where a lander comes down from: low, and over the poles."""


@dataclass(frozen=True)
class MonthWindow:
    """A month at a launch site or at a site on the Moon.

    Attributes
    ----------
    place : str
        Launch site of the catalogue, or site of the station.
    month : int
        Of the campaign, 0 for its first.
    open : bool
        Whether there is a flight, or light enough.
    day : str
        First day tried that has a flight; "" if none, or of a site on the Moon.
    figure : float
        Injection and insertion of that flight [m/s]; share of the month with light; nan if no flight was found.
    """

    place: str
    month: int
    open: bool
    day: str
    figure: float


def launch_windows(station: Station, *, most_speed: float, progress: Progress) -> list[MonthWindow]:
    """Look for a flight to the Moon from each launch site of a campaign in each of its months.

    Flights are those of `moonstation.transfers.search.find_moon_flights`, exact in the full model, from a parking orbit
    200 km up to a polar orbit 100 km over the Moon.

    Parameters
    ----------
    station : Station
        With a campaign and pads.
    most_speed : float
        Injection and insertion together that a launcher and its lander have for it [m/s].
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If the station has no campaign or no pads.
    CoverageError
        If the ephemeris does not reach over the campaign.
    """
    campaign = _campaign(station)
    sites = list(dict.fromkeys(pad.launch_site for pad in station.pads))
    if not sites:
        raise RequestError(
            f"station {station.id}: has no pads to launch from; add [[pad]] with a launch_site"
        )
    found = []
    for number, name in enumerate(sites):
        leave = Departure(find_launch_site(name), PARKING)
        for month in range(campaign.months):
            progress(f"flights from {name}", (number + month / campaign.months) / len(sites))
            found.append(_month(campaign, name, leave, month, most_speed))
    return found


def _month(campaign: Campaign, name: str, leave: Departure, month: int, most_speed: float) -> MonthWindow:
    best = math.nan
    first = Epoch.parse(month_date(campaign, month))
    for day in DAYS:
        start = first + (day - 1) * SECONDS_PER_DAY
        try:
            flights = find_moon_flights(start, start + SECONDS_PER_DAY, leave, ORBIT)
        except RequestError:
            # this day has none; another may
            continue
        speed = min(flight.injection + flight.insertion.delta_v for flight in flights)
        if speed <= most_speed:
            return MonthWindow(name, month, True, start.utc[:10], speed)
        best = min(best, speed) if best == best else speed
    return MonthWindow(name, month, False, "", best)


def landing_windows(station: Station, *, least_light: float, progress: Progress) -> list[MonthWindow]:
    """Months in which the sites of a station with elements have light for some share of the time.

    Parameters
    ----------
    station : Station
        With a campaign.
    least_light : float
        Share of a month in which any of the Sun's disc stands over the terrain, 0 to 1.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If the station has no campaign.
    MoonstationError
        If the terrain of a site cannot be used; says what and the cure.
    """
    campaign = _campaign(station)
    edges = [Epoch.parse(month_date(campaign, month)).tdb_s for month in range(campaign.months + 1)]
    et = np.arange(edges[0], edges[-1], LIGHT_STEP)
    used = {element.site for element in station.elements}
    found = []
    for number, spec in enumerate(station.sites):
        if spec.id not in used:
            continue
        progress(f"light at {spec.id}", number / len(station.sites))
        ground = ground_of(spec, needed_heights(station, spec))
        lit = site_light(ground.site, et).sun_fraction(ground.horizon, spec.height) > 0.0
        for month in range(campaign.months):
            share = float(np.mean(lit[(et >= edges[month]) & (et < edges[month + 1])]))
            found.append(MonthWindow(spec.id, month, share >= least_light, "", share))
    return found


def window_texts(campaign: Campaign, rows: Sequence[MonthWindow]) -> list[str]:
    """Open months of one place as a station file writes them, runs of months together."""
    months = [row.month for row in rows if row.open]
    runs: list[list[int]] = []
    for month in months:
        if runs and month == runs[-1][1] + 1:
            runs[-1][1] = month
        else:
            runs.append([month, month])
    names = [(f"{month_date(campaign, a):%Y-%m}", f"{month_date(campaign, b):%Y-%m}") for a, b in runs]
    return [first if first == last else f"{first}..{last}" for first, last in names]


def _campaign(station: Station) -> Campaign:
    if station.campaign is None:
        raise RequestError(f"station {station.id} has no campaign; add [campaign] with start and end")
    return station.campaign
