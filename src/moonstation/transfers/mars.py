"""Flights from the Earth to Mars: when they are cheap, and what they ask of launcher and arrival."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_RADIUS, GM_EARTH, GM_SUN, SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.terrain.threads import in_threads
from moonstation.transfers import _kernels

Aim = Literal["c3", "arrival", "sum"]
"""What is least in a window: departure energy, arrival speed, or the sum of both excess speeds."""

AIMS: tuple[Aim, ...] = ("c3", "arrival", "sum")

PARKING_ALTITUDE = 200e3
"""Height of the circular orbit that the injection starts from, over the equatorial radius [m]."""

SHORTEST_FLIGHT = 90.0 * SECONDS_PER_DAY
LONGEST_FLIGHT = 450.0 * SECONDS_PER_DAY
SEARCH_STEP = 4.0 * SECONDS_PER_DAY
ROWS_PER_TASK = 16
BORDER = np.radians(0.2)
"""From half a turn: a search that ends as near has slid to the border of the types, and found no minimum."""

MODEL = (
    "Patched conics: two-body arcs about the Sun (Lambert; Izzo 2015) from the Earth-Moon barycentre to the barycentre "
    "of Mars, DE440; excess velocities are the differences to those bodies' velocities."
)


@dataclass(frozen=True)
class MarsFlight:
    """A flight to Mars.

    Attributes
    ----------
    departure, arrival : Epoch
        When it leaves the Earth and reaches Mars.
    c3 : float
        Departure energy, excess speed squared [m^2/s^2].
    declination : float
        Of the departure asymptote, ICRF equator [rad].
    right_ascension : float
        Of the departure asymptote, ICRF [rad].
    arrival_speed : float
        Excess speed at Mars [m/s].
    angle : float
        Way round the Sun [rad]; type I is less than pi, type II more.
    """

    departure: Epoch
    arrival: Epoch
    c3: float
    declination: float
    right_ascension: float
    arrival_speed: float
    angle: float

    @property
    def flight_time(self) -> float:
        """From departure to arrival [s]."""
        return self.arrival - self.departure

    @property
    def type(self) -> str:
        """I for less than half a turn about the Sun, II for more."""
        return "I" if self.angle < np.pi else "II"

    @property
    def injection(self) -> float:
        """Impulse from a circular orbit 200 km up, in its plane [m/s]."""
        return float(injection_from_c3(np.array(self.c3)))


@dataclass(frozen=True, eq=False)
class MarsWindow:
    """The departures between two conjunctions of Mars with the Sun, and the best flights of each type.

    Attributes
    ----------
    name : str
        Year of the best flight's departure.
    flights : tuple of MarsFlight
        The best of type I and of type II, in that order, where there are any.
    first, last : float
        Departures searched [TDB s past J2000].
    """

    name: str
    flights: tuple[MarsFlight, ...]
    first: float
    last: float

    def best(self, aim: Aim = "c3") -> MarsFlight:
        """The better of the two types."""
        return min(self.flights, key=lambda flight: _worth(flight, aim))


def injection_from_c3(c3: FloatArray, *, altitude: float = PARKING_ALTITUDE) -> FloatArray:
    """Impulse [m/s] that gives an energy [m^2/s^2] from a circular orbit, along the motion."""
    radius = EARTH_RADIUS + altitude
    result: FloatArray = np.sqrt(c3 + 2.0 * GM_EARTH / radius) - np.sqrt(GM_EARTH / radius)
    return result


def mars_porkchop(
    departures: FloatArray, arrivals: FloatArray, *, ephemeris: Ephemeris | None = None
) -> xr.Dataset:
    """Every pair of a departure and an arrival.

    Parameters
    ----------
    departures, arrivals : ndarray, shape (n,) and (m,)
        TDB seconds past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    Dataset
        c3 [m^2/s^2], arrival_speed [m/s], declination of the departure asymptote [rad, ICRF], angle round the Sun
        [rad],
        flight_time [s] over dimensions departure and arrival; NaN where there is no way.

    Raises
    ------
    CoverageError
        If the kernels do not reach over the dates.
    """
    sky = ephemeris or default_ephemeris()
    grid = _grid(sky, departures, arrivals)
    leaving = np.sum(grid[..., :3] ** 2, axis=-1)
    dims = ("departure", "arrival")

    def layer(
        values: FloatArray, units: str, name: str
    ) -> tuple[tuple[str, str], FloatArray, dict[str, str]]:
        return dims, values, {"units": units, "long_name": name}

    flight = arrivals[None, :] - departures[:, None]
    return xr.Dataset(
        {
            "c3": layer(leaving, "m2 s-2", "departure energy"),
            "arrival_speed": layer(np.linalg.norm(grid[..., 3:6], axis=-1), "m s-1", "excess speed at Mars"),
            "declination": layer(
                np.arcsin(grid[..., 2] / np.sqrt(leaving)),
                "rad",
                "declination of the departure asymptote, ICRF",
            ),
            "angle": layer(grid[..., 6], "rad", "way round the Sun"),
            "flight_time": layer(np.where(np.isfinite(leaving), flight, np.nan), "s", "time of flight"),
        },
        coords={
            "departure": ("departure", departures, {"units": "s", "long_name": "TDB past J2000"}),
            "arrival": ("arrival", arrivals, {"units": "s", "long_name": "TDB past J2000"}),
        },
        attrs={"model": MODEL},
    )


def find_mars_windows(
    start: Epoch,
    stop: Epoch,
    *,
    aim: Aim = "c3",
    longest_flight: float = LONGEST_FLIGHT,
    ephemeris: Ephemeris | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[MarsWindow]:
    """Best flights to Mars of both types in every window whose best departure lies in a span.

    Parameters
    ----------
    start, stop : Epoch
        Departures.
    aim : {"c3", "arrival", "sum"}
        What is to be least: departure energy, arrival speed, or the sum of both excess speeds.
    longest_flight : float
        Longest flight looked at [s].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    list of MarsWindow
        In order of time.

    Raises
    ------
    CoverageError
        If the kernels do not reach from the first departure to the last arrival.
    RequestError
        If the span is empty, or no window lies in it; the message has the nearest that does.

    Notes
    -----
    A window is what lies between two conjunctions of Mars with the Sun, about 780 days. It is searched on a grid of 4
    days; the least local minimum of each type is then improved by a simplex search to a second or so. Minima on the
    border of the types, half a turn about the Sun, are none: they end at a ridge.
    """
    if aim not in AIMS:
        raise RequestError(f"aim '{aim}' is none; give one of {', '.join(AIMS)}")
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(
            f"departures from {start.utc[:10]} to {stop.utc[:10]}: the span must end after it begins"
        )
    if not longest_flight > SHORTEST_FLIGHT:
        raise RequestError(
            f"longest flight {longest_flight / SECONDS_PER_DAY:g} d: give more than "
            f"{SHORTEST_FLIGHT / SECONDS_PER_DAY:g} d"
        )
    sky = ephemeris or default_ephemeris()
    sky.require(start.tdb_s, stop.tdb_s + longest_flight)
    edges = _conjunctions(sky, start.tdb_s, stop.tdb_s, longest_flight)
    # all windows that touch the span, and one on either side to tell of where there is none in it
    touched = np.flatnonzero((edges[1:] > start.tdb_s) & (edges[:-1] < stop.tdb_s))
    edges = edges[max(int(touched[0]) - 1, 0) : int(touched[-1]) + 3]
    windows: list[MarsWindow] = []
    outside: list[MarsWindow] = []
    for number, (first, last) in enumerate(itertools.pairwise(edges)):
        flights = _best_of_window(sky, float(first), float(last), aim, longest_flight)
        if progress is not None:
            progress((number + 1) / (len(edges) - 1))
        if not flights:
            continue
        best = min(flights, key=lambda flight: _worth(flight, aim))
        window = MarsWindow(best.departure.utc[:4], flights, float(first), float(last))
        inside = start.tdb_s <= best.departure.tdb_s <= stop.tdb_s
        (windows if inside else outside).append(window)
    if not windows:
        nearest = ", ".join(window.best(aim).departure.utc[:10] for window in outside)
        raise RequestError(
            f"departures from {start.utc[:10]} to {stop.utc[:10]}: no window to Mars has its best day there"
            + (f"; the nearest are {nearest}" if nearest else "")
        )
    return windows


def windows_table(windows: list[MarsWindow]) -> pd.DataFrame:
    """Windows as a table: one row a flight, units in the names of the columns."""
    rows = [
        {
            "window": window.name,
            "type": flight.type,
            "departure_utc": flight.departure.utc,
            "arrival_utc": flight.arrival.utc,
            "flight_d": flight.flight_time / SECONDS_PER_DAY,
            "c3_km2_s2": flight.c3 / 1e6,
            "declination_deg": np.degrees(flight.declination),
            "right_ascension_deg": np.degrees(flight.right_ascension) % 360.0,
            "arrival_speed_km_s": flight.arrival_speed / 1e3,
            "injection_m_s": flight.injection,
            "angle_deg": np.degrees(flight.angle),
        }
        for window in windows
        for flight in window.flights
    ]
    return pd.DataFrame(rows)


def departure_curve(
    start: float, stop: float, *, step: float = SEARCH_STEP, ephemeris: Ephemeris | None = None
) -> xr.Dataset:
    """Least departure energy of each day and type, and the arrival speed that goes with it.

    Parameters
    ----------
    start, stop : float
        Departures [TDB s past J2000].
    step : float
        [s]
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    Dataset
        c3 [m^2/s^2] and arrival_speed [m/s] over departure and type (I, II).
    """
    sky = ephemeris or default_ephemeris()
    sky.require(start, stop + LONGEST_FLIGHT)
    departures = np.arange(start, stop, step)
    flights = np.arange(SHORTEST_FLIGHT, LONGEST_FLIGHT, step)
    energy = np.full((departures.size, 2), np.nan)
    speed = np.full((departures.size, 2), np.nan)
    # in strips, since a rectangle of all departures and arrivals would be mostly empty
    strip = 64
    for i in range(0, departures.size, strip):
        part = departures[i : i + strip]
        arrivals = np.arange(part[0] + flights[0], part[-1] + flights[-1], step)
        chop = mars_porkchop(part, arrivals, ephemeris=sky)
        flight = chop.flight_time.values
        for kind in range(2):
            here = (chop.angle.values < np.pi) == (kind == 0)
            c3 = np.where(
                here & (flight >= SHORTEST_FLIGHT) & (flight <= LONGEST_FLIGHT), chop.c3.values, np.inf
            )
            least = np.argmin(np.nan_to_num(c3, nan=np.inf), axis=1)
            rows = np.arange(part.size)
            found = np.isfinite(c3[rows, least])
            energy[i + rows[found], kind] = c3[rows, least][found]
            speed[i + rows[found], kind] = chop.arrival_speed.values[rows, least][found]
    return xr.Dataset(
        {
            "c3": (("departure", "type"), energy, {"units": "m2 s-2"}),
            "arrival_speed": (("departure", "type"), speed, {"units": "m s-1"}),
        },
        coords={"departure": departures, "type": ["I", "II"]},
    )


def _states(sky: Ephemeris, body: str, et: FloatArray) -> FloatArray:
    return np.ascontiguousarray(sky.state_icrf(body, et, center="sun"))


def _axis(states: FloatArray) -> FloatArray:
    """Direction about which the Earth goes round the Sun."""
    axis = np.cross(states[0, :3], states[0, 3:])
    result: FloatArray = axis / np.linalg.norm(axis)
    return result


def _grid(sky: Ephemeris, departures: FloatArray, arrivals: FloatArray) -> FloatArray:
    earth, mars = _states(sky, "emb", departures), _states(sky, "mars", arrivals)
    axis = _axis(earth)
    out = np.empty((departures.size, arrivals.size, 7))
    t1, t2 = np.ascontiguousarray(departures), np.ascontiguousarray(arrivals)

    def rows(first: int) -> None:
        last = min(first + ROWS_PER_TASK, departures.size)
        _kernels.lambert_grid(earth, mars, t1, t2, GM_SUN, axis, first, last, out)

    if departures.size <= ROWS_PER_TASK:
        rows(0)
    else:
        in_threads(rows, range(0, departures.size, ROWS_PER_TASK))
    return out


def _conjunctions(sky: Ephemeris, start: float, stop: float, longest_flight: float) -> FloatArray:
    """Conjunctions of Mars with the Sun around a span, as far as the kernels reach [TDB s past J2000]."""
    first, last = sky.span
    margin = 2.0 * SECONDS_PER_DAY
    et = np.arange(
        max(start - 1600.0 * SECONDS_PER_DAY, first + margin),
        min(stop + 1600.0 * SECONDS_PER_DAY, last - margin - longest_flight),
        SECONDS_PER_DAY,
    )
    earth, mars = _states(sky, "emb", et), _states(sky, "mars", et)
    axis = _axis(earth)
    sine = np.cross(earth[:, :3], mars[:, :3]) @ axis
    cosine = np.sum(earth[:, :3] * mars[:, :3], axis=1)
    # the Earth overtakes Mars: the angle from the Earth on to Mars falls through half a turn
    changes = np.flatnonzero((sine[:-1] < 0.0) & (sine[1:] >= 0.0) & (cosine[:-1] < 0.0))
    opposite = et[changes]
    return np.concatenate([et[:1], opposite, et[-1:]]) if not opposite.size else opposite


def _best_of_window(
    sky: Ephemeris, first: float, last: float, aim: Aim, longest_flight: float
) -> tuple[MarsFlight, ...]:
    departures = np.arange(first, last, SEARCH_STEP)
    arrivals = np.arange(first + SHORTEST_FLIGHT, last + longest_flight, SEARCH_STEP)
    grid = _grid(sky, departures, arrivals)
    flight = arrivals[None, :] - departures[:, None]
    value = _value(grid, aim)
    value = np.where((flight >= SHORTEST_FLIGHT) & (flight <= longest_flight), value, np.inf)
    value = np.where(np.isfinite(value), value, np.inf)
    first_type = grid[..., 6] < np.pi
    found: list[MarsFlight] = []
    for kind in ("I", "II"):
        # a minimum has neighbours of its own type all around: on the border of the types there is none
        here = np.where(first_type == (kind == "I"), value, np.nan)
        lowest = here[1:-1, 1:-1].copy()
        for i, j in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
            beside = here[1 + i : here.shape[0] - 1 + i, 1 + j : here.shape[1] - 1 + j]
            lowest = np.where(lowest <= beside, lowest, np.inf)
        row, column = np.unravel_index(int(np.argmin(lowest)), lowest.shape)
        if np.isfinite(lowest[row, column]):
            t1, t2 = float(departures[row + 1]), float(arrivals[column + 1])
            better = _improved(sky, t1, t2, kind, aim, longest_flight)
            if abs(better.angle - np.pi) > BORDER:
                found.append(better)
    return tuple(found)


def _improved(
    sky: Ephemeris, departure: float, arrival: float, kind: str, aim: Aim, longest_flight: float
) -> MarsFlight:
    # imported when it is wanted: commands that fly nowhere need not wait for it
    from scipy.optimize import minimize

    def cell(days: FloatArray) -> FloatArray:
        t1, t2 = departure + days[0] * SECONDS_PER_DAY, arrival + days[1] * SECONDS_PER_DAY
        result: FloatArray = _grid(sky, np.array([t1]), np.array([t2]))[0, 0]
        return result

    def cost(days: FloatArray) -> float:
        flown = arrival - departure + (days[1] - days[0]) * SECONDS_PER_DAY
        got = cell(days)
        right = (got[6] < np.pi) == (kind == "I") and SHORTEST_FLIGHT <= flown <= longest_flight
        return float(_value(got, aim)) if right and np.isfinite(got[0]) else 1e12

    start = np.array([[0.0, 0.0], [1.5, 0.3], [0.3, 1.5]])
    best = minimize(
        cost,
        np.zeros(2),
        method="Nelder-Mead",
        options={"initial_simplex": start, "xatol": 1e-5, "fatol": 1e-3},
    ).x
    got = cell(best)
    leaving = got[:3]
    return MarsFlight(
        departure=Epoch.from_tdb_s(departure + best[0] * SECONDS_PER_DAY),
        arrival=Epoch.from_tdb_s(arrival + best[1] * SECONDS_PER_DAY),
        c3=float(leaving @ leaving),
        declination=float(np.arcsin(leaving[2] / np.linalg.norm(leaving))),
        right_ascension=float(np.arctan2(leaving[1], leaving[0]) % (2.0 * np.pi)),
        arrival_speed=float(np.linalg.norm(got[3:6])),
        angle=float(got[6]),
    )


def _value(grid: FloatArray, aim: Aim) -> FloatArray:
    """What is to be least, for each cell (..., 7)."""
    leaving = np.sum(grid[..., :3] ** 2, axis=-1)
    arriving = np.sqrt(np.sum(grid[..., 3:6] ** 2, axis=-1))
    result: FloatArray = np.sqrt(leaving) + arriving
    if aim != "sum":
        result = leaving if aim == "c3" else arriving
    return result


def _worth(flight: MarsFlight, aim: Aim) -> float:
    if aim == "c3":
        return flight.c3
    return flight.arrival_speed + (np.sqrt(flight.c3) if aim == "sum" else 0.0)
