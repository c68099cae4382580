"""Search for flights to the Moon and home over a span of days."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.terrain.threads import in_threads
from moonstation.transfers.home import Entry, HomeFlight, fly_home
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.moon import (
    LONGEST_FLIGHT,
    SHORTEST_FLIGHT,
    Departure,
    MoonFlight,
    fly_to_moon,
    moon_porkchop,
)

Aim = Literal["total", "injection", "insertion"]
AIMS: tuple[Aim, ...] = ("total", "injection", "insertion")
ARRIVAL_STEP = 2.0 * 3600.0
SAME = 20.0 * 60.0
"""Flights whose lift-offs are nearer than this are one [s]."""

LOOK_AHEAD = 28.0 * SECONDS_PER_DAY


def find_moon_flights(
    start: Epoch,
    stop: Epoch,
    departure: Departure,
    orbit: LunarOrbit,
    *,
    aim: Aim = "total",
    flight_time: float | None = None,
    progress: Callable[[float], None] | None = None,
    trouble: Callable[[str], None] | None = None,
) -> list[MoonFlight]:
    """Best flights of every day, two a day where the parking orbit can pass over the Moon in two ways.

    Parameters
    ----------
    start, stop : Epoch
        Departures; flights whose lift-off falls outside are left out.
    departure : Departure
        Launch site and parking orbit.
    orbit : LunarOrbit
        Orbit to arrive at.
    aim : {"total", "injection", "insertion"}
        Which impulse is to be least, by the first pass, when the time of flight is chosen.
    flight_time : float, optional
        About this time of flight instead [s].
    progress : callable, optional
        Called with the share done.
    trouble : callable, optional
        Called with why, for every flight that was tried and not found.

    Returns
    -------
    list of MoonFlight
        Exact in the full model, in order of lift-off.

    Raises
    ------
    RequestError
        If the span is empty or there is no flight in it; the message has the limit met and the nearest day that works.
    CoverageError
        If the kernels do not reach over it.
    """
    if aim not in AIMS:
        raise RequestError(f"aim '{aim}' is none; give one of {', '.join(AIMS)}")
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(f"departures from {start.utc} to {stop.utc}: the span must end after it begins")
    if flight_time is not None and not SHORTEST_FLIGHT <= flight_time <= LONGEST_FLIGHT:
        raise RequestError(
            f"flight of {flight_time / SECONDS_PER_DAY:g} d: give {SHORTEST_FLIGHT / SECONDS_PER_DAY:g} to "
            f"{LONGEST_FLIGHT / SECONDS_PER_DAY:g} d"
        )
    default_ephemeris().require(start.tdb_s - SECONDS_PER_DAY, stop.tdb_s + LONGEST_FLIGHT + SECONDS_PER_DAY)
    days = np.arange(start.tdb_s + 0.5 * SECONDS_PER_DAY, stop.tdb_s, SECONDS_PER_DAY)
    if not days.size:
        days = np.array([0.5 * (start.tdb_s + stop.tdb_s)])
    arrivals = np.arange(days[0] + SHORTEST_FLIGHT, days[-1] + LONGEST_FLIGHT, ARRIVAL_STEP)
    chop = moon_porkchop(days, arrivals, departure, orbit)
    times = chop.flight_time.values
    value = np.abs(times - flight_time) if flight_time is not None else chop[aim].values
    value = np.where(np.isfinite(value), value, np.inf)
    tasks = [
        (float(days[i]), float(times[i, int(np.argmin(value[i]))]), second)
        for i in np.flatnonzero(np.isfinite(value).any(axis=1))
        for second in (False, True)
    ]
    if not tasks:
        raise RequestError(_why_not(start, stop, departure, orbit))
    flights: list[MoonFlight] = []
    troubles: list[OrbitError] = []

    def work(task: tuple[float, float, bool]) -> None:
        day, long, second = task
        try:
            first = _fly(day, long, departure, orbit, second=second)
            # the launch that fits has moved the departure by hours: the arrival moves along
            flights.append(_fly(first.departure.tdb_s, long, departure, orbit, second=second))
        except OrbitError as error:
            troubles.append(error)

    in_threads(work, tasks, progress=progress)
    flights = [f for f in flights if start.tdb_s <= f.lift_off.tdb_s <= stop.tdb_s]
    if not flights:
        reason = (
            f"; {troubles[0]}" if troubles else "; the lift-offs that fit lie outside: give a day or more"
        )
        raise RequestError(
            f"departures from {start.utc[:16]}Z to {stop.utc[:16]}Z: no flight to the Moon was found{reason}"
        )
    _tell(troubles, trouble)
    flights.sort(key=lambda f: (f.lift_off.tdb_s, f.injection))
    kept = flights[:1]
    for flight in flights[1:]:
        if flight.lift_off.tdb_s - kept[-1].lift_off.tdb_s > SAME:
            kept.append(flight)
    return kept


def _fly(day: float, long: float, departure: Departure, orbit: LunarOrbit, *, second: bool) -> MoonFlight:
    return fly_to_moon(
        Epoch.from_tdb_s(day), Epoch.from_tdb_s(day + long), departure, orbit, second_plane=second
    )


def _tell(troubles: Sequence[OrbitError], trouble: Callable[[str], None] | None) -> None:
    if trouble is not None:
        for error in troubles:
            trouble(str(error))


def _why_not(start: Epoch, stop: Epoch, departure: Departure, orbit: LunarOrbit) -> str:
    """Which limit keeps every flight of a span away, and the nearest day that works."""
    arrivals = np.arange(
        start.tdb_s + SHORTEST_FLIGHT, stop.tdb_s + LONGEST_FLIGHT + LOOK_AHEAD, ARRIVAL_STEP
    )
    chop = moon_porkchop(np.array([start.tdb_s]), arrivals, departure, orbit)
    lean = np.degrees(np.abs(chop.moon_declination.values))
    reached = np.flatnonzero(np.isfinite(chop.inclination.values))
    low, high = np.degrees(departure.site.inclinations())
    top = high if departure.inclination is None else np.degrees(departure.inclination)
    text = (
        f"departures from {start.utc[:10]} to {stop.utc[:10]}: the Moon stands {lean[0]:.1f} deg off the equator, and "
        f"{departure.site.name} launches into {low:.1f} to {top:.1f} deg at most"
    )
    if not reached.size:
        return f"{text}; it comes no nearer within four weeks: give other azimuths or a steeper --inclination"
    when = Epoch.from_tdb_s(float(arrivals[reached[0]]))
    return f"{text}; the first arrival that works is {when.utc[:10]}: give another start, azimuths or inclination"


def moon_table(flights: list[MoonFlight]) -> pd.DataFrame:
    """Flights to the Moon as a table, units in the names of the columns."""
    return pd.DataFrame(
        [
            {
                "lift_off_utc": flight.lift_off.utc,
                "departure_utc": flight.departure.utc,
                "arrival_utc": flight.arrival.utc,
                "flight_d": flight.flight_time / SECONDS_PER_DAY,
                "coast_min": flight.coast / 60.0,
                "inclination_deg": np.degrees(flight.inclination),
                "injection_m_s": flight.injection,
                "c3_km2_s2": flight.c3 / 1e6,
                "v_inf_m_s": flight.v_inf,
                "insertion_m_s": flight.insertion.delta_v,
                "impulses": flight.insertion.impulses,
                "plane_turn_deg": np.degrees(flight.insertion.turn),
                "arrival_inclination_deg": np.degrees(flight.arrival_inclination),
            }
            for flight in flights
        ]
    )


def find_home_flights(
    start: Epoch,
    stop: Epoch,
    orbit: LunarOrbit,
    *,
    flight_time: float,
    entry: Entry,
    step: float = SECONDS_PER_DAY,
    progress: Callable[[float], None] | None = None,
    trouble: Callable[[str], None] | None = None,
) -> list[HomeFlight]:
    """The cheaper direct return of every step of a span.

    Parameters
    ----------
    start, stop : Epoch
        Departures.
    orbit : LunarOrbit
        Orbit that is left; its node is taken to suit each.
    flight_time : float
        From the departure to the perigee [s].
    entry : Entry
        How the air is to be met.
    step : float
        Between departures [s].
    progress : callable, optional
        Called with the share done.
    trouble : callable, optional
        Called with why, for every flight that was tried and not found.

    Raises
    ------
    RequestError
        If there is none; the message has the limit met.
    CoverageError
        If the kernels do not reach over it.
    """
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(f"departures from {start.utc} to {stop.utc}: the span must end after it begins")
    default_ephemeris().require(start.tdb_s, stop.tdb_s + flight_time + SECONDS_PER_DAY)
    found: dict[float, HomeFlight] = {}
    troubles: dict[float, OrbitError] = {}

    def work(when: float) -> None:
        for second in (False, True):
            try:
                flight = fly_home(
                    Epoch.from_tdb_s(when), orbit, flight_time=flight_time, entry=entry, second_plane=second
                )
            except OrbitError as error:
                troubles[when] = error
                continue
            if when not in found or flight.injection < found[when].injection:
                found[when] = flight

    moments: FloatArray = np.arange(start.tdb_s, stop.tdb_s, step)
    in_threads(work, [float(when) for when in moments], progress=progress)
    if not found:
        raise RequestError(
            f"departures from {start.utc[:10]} to {stop.utc[:10]}: no flight home was found; "
            f"{next(iter(troubles.values()))}"
        )
    _tell([error for when, error in troubles.items() if when not in found], trouble)
    return [found[when] for when in sorted(found)]


def home_table(flights: list[HomeFlight]) -> pd.DataFrame:
    """Flights home as a table, units in the names of the columns."""
    return pd.DataFrame(
        [
            {
                "departure_utc": flight.departure.utc,
                "entry_utc": flight.entry.utc,
                "flight_d": flight.flight_time / SECONDS_PER_DAY,
                "injection_m_s": flight.injection,
                "v_inf_m_s": flight.v_inf,
                "entry_speed_m_s": flight.speed,
                "entry_angle_deg": np.degrees(flight.flight_path_angle),
                "inclination_deg": np.degrees(flight.inclination),
                "entry_lat_deg": np.degrees(flight.lat),
                "entry_lon_deg": np.degrees(flight.lon),
                "departure_inclination_deg": np.degrees(flight.departure_inclination),
            }
            for flight in flights
        ]
    )
