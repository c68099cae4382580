"""Search for flights to and from halo, near-rectilinear halo and distant retrograde orbits over a span of days."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.epochs import Epoch
from moonstation.threads import in_threads
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.home import LONGEST, Entry, check_flight_time
from moonstation.transfers.home_periodic import (
    PeriodicHomeFlight,
    fly_home_by_the_moon,
    fly_home_directly,
    home_passages,
)
from moonstation.transfers.moon import LONGEST_FLIGHT, SHORTEST_FLIGHT, Departure
from moonstation.transfers.periodic import (
    LONGEST_AFTER,
    PeriodicFlight,
    Way,
    direct_choices,
    fly_by_the_moon,
    fly_directly,
    passages,
)

WAYS: tuple[Way, ...] = ("direct", "flyby")

MOST_BEGUN = 4
"""First choices of a way home by the Moon that are tried in the full model until one works, the cheapest first."""

REACH = LONGEST_FLIGHT + LONGEST_AFTER + SECONDS_PER_DAY
"""How long after the last departure the orbit must be known [s]."""


def find_periodic_flights(
    start: Epoch,
    stop: Epoch,
    departure: Departure,
    path: Trajectory,
    *,
    ways: tuple[Way, ...] = WAYS,
    altitude: float = 100e3,
    progress: Callable[[float], None] | None = None,
    trouble: Callable[[str], None] | None = None,
) -> list[PeriodicFlight]:
    """The cheapest flight of every day and way into an orbit held by Earth and Moon together.

    Parameters
    ----------
    start, stop : Epoch
        Departures, sought at every noon between.
    departure : Departure
        Launch site and parking orbit.
    path : Trajectory
        Orbit to arrive in, as it is flown in the full model; from `start` to `REACH` after `stop`.
    ways : tuple
        Of "direct" and "flyby".
    altitude : float
        Of the periselene of flights by the Moon, over the 1737.4 km sphere [m].
    progress : callable, optional
        Called with the share done.
    trouble : callable, optional
        Called with why, for every flight that was tried and not found.

    Returns
    -------
    list of PeriodicFlight
        Exact in the full model, in order of lift-off.

    Raises
    ------
    RequestError
        If the span is empty or there is no flight in it; the message has the limit met.
    CoverageError
        If the kernels or the orbit do not reach over it.
    """
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(f"departures from {start.utc} to {stop.utc}: the span must end after it begins")
    if not 15e3 <= altitude <= 10_000e3:
        raise RequestError(f"flyby {altitude / 1e3:g} km over the Moon: give 15 to 10000 km")
    days = np.arange(start.tdb_s + 0.5 * SECONDS_PER_DAY, stop.tdb_s, SECONDS_PER_DAY)
    if not days.size:
        days = np.array([0.5 * (start.tdb_s + stop.tdb_s)])
    space = Cislunar.over(float(days[0]) - SECONDS_PER_DAY, float(days[-1]) + REACH)
    flights: list[PeriodicFlight] = []
    troubles: list[OrbitError] = []

    def work(task: tuple[float, Way]) -> None:
        day, way = task
        found = []
        begin = Epoch.from_tdb_s(day)
        try:
            if way == "direct":
                for _, arrival, second in direct_choices(day, departure, path, space):
                    end = Epoch.from_tdb_s(arrival)
                    found.append(fly_directly(begin, end, departure, path, second_plane=second))
            else:
                choices = passages(day, departure, path, space, altitude=altitude)
                for _, choice in sorted(choices, key=lambda held: held[0])[:1]:
                    found.append(fly_by_the_moon(begin, choice, departure, path, altitude=altitude))
        except OrbitError as error:
            troubles.append(error)
        if found:
            flights.append(min(found, key=lambda f: f.injection + f.at_the_moon))

    in_threads(work, [(float(day), way) for day in days for way in ways], progress=progress)
    if not flights:
        raise RequestError(_why_not(start, stop, departure, path, troubles))
    if trouble is not None:
        for text in sorted(str(error) for error in troubles):
            trouble(text)
    flights.sort(key=lambda f: (f.lift_off.tdb_s, f.way))
    return flights


def _why_not(
    start: Epoch, stop: Epoch, departure: Departure, path: Trajectory, troubles: list[OrbitError]
) -> str:
    """Which limit keeps every flight of a span away, and what would do."""
    text = f"departures from {start.utc[:10]} to {stop.utc[:10]}: no flight into the {path.name} was found"
    if troubles:
        return f"{text}; {min(str(error) for error in troubles)}"
    et = start.tdb_s + np.arange(SHORTEST_FLIGHT, 28.0 * SECONDS_PER_DAY, 6.0 * 3600.0)
    space = Cislunar.over(float(et[0]), float(et[-1]))
    place = space.sky.state_icrf("moon", et, center="earth")[:, :3]
    lean = np.degrees(np.abs(np.arcsin(place @ space.pole / np.linalg.norm(place, axis=1))))
    low, high = np.degrees(departure.site.inclinations())
    top = high if departure.inclination is None else np.degrees(departure.inclination)
    reached = np.flatnonzero(lean <= top)
    text += f": the Moon stands {lean[0]:.1f} deg off the equator, and {departure.site.name} launches into "
    text += f"{low:.1f} to {top:.1f} deg at most"
    if not reached.size:
        return f"{text}; it comes no nearer within four weeks: give other azimuths or a steeper --inclination"
    when = Epoch.from_tdb_s(float(et[reached[0]]))
    return f"{text}; the first arrival that works is about {when.utc[:10]}: give another start or inclination"


def periodic_table(flights: list[PeriodicFlight]) -> pd.DataFrame:
    """Flights as a table, units in the names of the columns."""
    return pd.DataFrame(
        [
            {
                "way": flight.way,
                "lift_off_utc": flight.lift_off.utc,
                "departure_utc": flight.departure.utc,
                "flyby_utc": "" if flight.flyby is None else flight.flyby.utc,
                "arrival_utc": flight.arrival.utc,
                "flight_d": flight.flight_time / SECONDS_PER_DAY,
                "coast_min": flight.coast / 60.0,
                "inclination_deg": np.degrees(flight.inclination),
                "injection_m_s": flight.injection,
                "c3_km2_s2": flight.c3 / 1e6,
                "flyby_altitude_km": flight.flyby_altitude / 1e3,
                "flyby_burn_m_s": flight.flyby_burn,
                "insertion_m_s": flight.insertion,
                "at_the_moon_m_s": flight.at_the_moon,
            }
            for flight in flights
        ]
    )


def find_periodic_home_flights(
    start: Epoch,
    stop: Epoch,
    path: Trajectory,
    *,
    flight_time: float,
    entry: Entry,
    ways: tuple[Way, ...] = WAYS,
    altitude: float = 100e3,
    progress: Callable[[float], None] | None = None,
    trouble: Callable[[str], None] | None = None,
) -> list[PeriodicHomeFlight]:
    """The cheapest flight home of every day and way from an orbit held by Earth and Moon together.

    Parameters
    ----------
    start, stop : Epoch
        Departures: direct ones at every noon between, those by the Moon at the best time of the day.
    path : Trajectory
        Orbit that they leave, as it is flown in the full model; from `start` to a day after `stop`.
    flight_time : float
        Of a direct flight, to the perigee [s]; one by the Moon takes the time that costs least.
    entry : Entry
        How the air is to be met.
    ways : tuple
        Of "direct" and "flyby".
    altitude : float
        Of the periselene of flights by the Moon, over the 1737.4 km sphere [m].
    progress : callable, optional
        Called with the share done.
    trouble : callable, optional
        Called with why, for every flight that was tried and not found.

    Returns
    -------
    list of PeriodicHomeFlight
        Exact in the full model, in order of departure.

    Raises
    ------
    RequestError
        If the span is empty or there is no flight in it; the message has the limit met.
    CoverageError
        If the kernels or the orbit do not reach over it.
    """
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(f"departures from {start.utc} to {stop.utc}: the span must end after it begins")
    if not 15e3 <= altitude <= 10_000e3:
        raise RequestError(f"flyby {altitude / 1e3:g} km over the Moon: give 15 to 10000 km")
    check_flight_time(flight_time)
    days = np.arange(start.tdb_s, stop.tdb_s, SECONDS_PER_DAY)
    space = Cislunar.over(float(days[0]), float(days[-1]) + LONGEST_AFTER + LONGEST + 2.0 * SECONDS_PER_DAY)
    flights: list[PeriodicHomeFlight] = []
    troubles: list[OrbitError] = []

    def work(task: tuple[float, Way]) -> None:
        day, way = task
        found = []
        if way == "direct":
            noon = Epoch.from_tdb_s(day + 0.5 * SECONDS_PER_DAY)
            for second in (False, True):
                try:
                    found.append(
                        fly_home_directly(
                            noon, path, flight_time=flight_time, entry=entry, second_plane=second
                        )
                    )
                except OrbitError as error:
                    troubles.append(error)
        else:
            for _, choice in home_passages(day, path, space, entry, altitude=altitude)[:MOST_BEGUN]:
                try:
                    found.append(fly_home_by_the_moon(choice, path, altitude=altitude, entry=entry))
                except OrbitError as error:
                    troubles.append(error)
                    continue
                break
        if found:
            flights.append(min(found, key=lambda f: f.delta_v))

    in_threads(work, [(float(day), way) for day in days for way in ways], progress=progress)
    if not flights:
        reason = f"; {min(str(error) for error in troubles)}" if troubles else ""
        raise RequestError(
            f"departures from {start.utc[:10]} to {stop.utc[:10]}: no flight home from the {path.name} was found"
            f"{reason}"
        )
    if trouble is not None:
        for text in sorted(str(error) for error in troubles):
            trouble(text)
    flights.sort(key=lambda f: (f.departure.tdb_s, f.way))
    return flights


def periodic_home_table(flights: list[PeriodicHomeFlight]) -> pd.DataFrame:
    """Flights home as a table, units in the names of the columns."""
    return pd.DataFrame(
        [
            {
                "way": flight.way,
                "departure_utc": flight.departure.utc,
                "flyby_utc": "" if flight.flyby is None else flight.flyby.utc,
                "entry_utc": flight.entry.utc,
                "flight_d": flight.flight_time / SECONDS_PER_DAY,
                "departure_burn_m_s": flight.departure_burn,
                "flyby_altitude_km": flight.flyby_altitude / 1e3,
                "flyby_burn_m_s": flight.flyby_burn,
                "delta_v_m_s": flight.delta_v,
                "entry_speed_m_s": flight.speed,
                "entry_angle_deg": np.degrees(flight.flight_path_angle),
                "inclination_deg": np.degrees(flight.inclination),
                "entry_lat_deg": np.degrees(flight.lat),
                "entry_lon_deg": np.degrees(flight.lon),
            }
            for flight in flights
        ]
    )
