"""Low-energy flights to the Moon: out to 1 to 1.5 million km, where the Sun's pull lifts the perigee, and back.

They are sought backwards from the periselene (Parker and Anderson 2014, Low-Energy Lunar Trajectory Design, chapter 3).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, GM_MOON, SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.threads import in_threads
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.launch import launch_time
from moonstation.transfers.moon import STEEPER, TIMING, Departure

SHORTEST, LONGEST = 70.0 * SECONDS_PER_DAY, 130.0 * SECONDS_PER_DAY
"""Times of flight kept [s]: those published go from 80 to 130 d."""

ENERGIES = (0.0, 5e4)
"""Twice the energy about the Moon at the periselene, tried in this order [m^2/s^2]: 1e5 costs some 20 m/s."""

ARRIVAL_STEP = 3.0 * SECONDS_PER_DAY
TURN_STEP = np.radians(15.0)
"""Steps of the survey in time, and in node and argument of the periselene."""

GATE = 1.5e8
"""Distance from the Earth at which the way back is judged [m]: within, it is about a conic."""

NEAR = 0.35
"""Momentum about the Earth there, as a share of a parabola's through the gate, that a correction may begin with."""

CLOSE = 20.0
"""Miss of the perigee that is small enough [m], and a thousand times that of the launch [s]: what rounding leaves."""

LATE_STEP = 4.0 * 3600.0
"""Most that the launch is shifted at once [s]."""

AROUND = 8.0 * SECONDS_PER_DAY
"""Corrections begin with ways back that end within so long of the departures asked for [s]: they move by days."""

SAME = 0.5 * SECONDS_PER_DAY
"""Flights whose departures and arrivals are nearer than this are one [s]."""

LEAST_APOGEE = 7e8
"""Farthest distance that a flight must reach [m], or it is not the Sun that lifts its perigee."""

MOST_STARTS = 8
"""Corrections begun for each time of arrival, the nearest first."""


@dataclass(frozen=True, eq=False)
class LowEnergyFlight:
    """A flight by way of the Sun's pull, exact in the full model.

    Attributes
    ----------
    lift_off, departure, arrival : Epoch
        Launch, injection, and periselene.
    coast : float
        In the parking orbit [s].
    inclination, raan, arg_latitude : float
        Parking orbit and the place of the injection on it, Earth's equator of date [rad].
    injection : float
        Impulse at the departure, along the motion [m/s].
    c3 : float
        Energy after it, about the Earth alone [m^2/s^2].
    apogee : float
        Farthest distance from the Earth [m].
    insertion : float
        Impulse at the periselene [m/s].
    departure_state : ndarray, shape (6,)
        After the injection, Earth-centred, ICRF axes [m, m/s].
    arrival_state : ndarray, shape (6,)
        At the periselene before the insertion, Moon-centred, ICRF axes [m, m/s].
    arrival_inclination : float
        To the Moon's equator [rad].
    closure : float
        By how much the flight, flown anew from the Earth, ends beside its periselene [m].
    """

    lift_off: Epoch
    departure: Epoch
    arrival: Epoch
    coast: float
    inclination: float
    raan: float
    arg_latitude: float
    injection: float
    c3: float
    apogee: float
    insertion: float
    departure_state: FloatArray
    arrival_state: FloatArray
    arrival_inclination: float
    closure: float

    @property
    def flight_time(self) -> float:
        """From the departure to the periselene [s]."""
        return self.arrival - self.departure


def find_low_energy_flights(
    start: Epoch,
    stop: Epoch,
    departure: Departure,
    orbit: LunarOrbit,
    *,
    progress: Callable[[float], None] | None = None,
) -> list[LowEnergyFlight]:
    """Flights by way of the Sun's pull that depart within a span.

    Parameters
    ----------
    start, stop : Epoch
        Departures.
    departure : Departure
        Launch site and parking orbit.
    orbit : LunarOrbit
        Orbit to arrive at; its inclination must be given, its node and argument are what the flight gives.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    list of LowEnergyFlight
        In order of departure; what was found, not all that there are.

    Raises
    ------
    RequestError
        If the span is empty, the orbit has no inclination, or no flight is found; says how near the perigees came.
    CoverageError
        If the kernels do not reach over it.

    Notes
    -----
    A survey over arrival, node and argument of the periselene flies back until 150,000 km from the Earth. Where
    the momentum there is small, Newton's method makes it that of a parking orbit of the height and inclination asked
    for, and moves the arrival until the launch site lies under its plane at lift-off.
    """
    if not stop.tdb_s > start.tdb_s:
        raise RequestError(f"departures from {start.utc} to {stop.utc}: the span must end after it begins")
    if orbit.inclination is None:
        raise RequestError("low-energy flight: give the orbit's inclination; 'free' goes with direct flights")
    arrivals = np.arange(start.tdb_s + SHORTEST, stop.tdb_s + LONGEST, ARRIVAL_STEP)
    search = Search(
        Cislunar.over(start.tdb_s - 2.0 * AROUND, stop.tdb_s + LONGEST + AROUND),
        departure,
        orbit,
    )
    found: list[LowEnergyFlight] = []
    nearest: list[float] = []

    def work(task: tuple[float, float]) -> None:
        when, energy = task
        starts = search.survey(when, energy, start.tdb_s, stop.tdb_s)
        nearest.extend(share for share, _, _ in starts[:1])
        for share, node, argument in starts[:MOST_STARTS]:
            if share > NEAR:
                break
            flight = search.correct(np.array([node, argument, when]), energy)
            if flight is not None:
                found.append(flight)

    tasks = [(float(when), energy) for when in arrivals for energy in ENERGIES]
    in_threads(work, tasks, progress=progress)
    inside = [f for f in found if start.tdb_s <= f.departure.tdb_s <= stop.tdb_s and f.apogee > LEAST_APOGEE]
    if not inside:
        raise RequestError(_why_not(start, stop, found, nearest))
    # the least insertion first; by time where it is the same, whatever thread was first
    inside.sort(key=lambda f: (f.insertion, f.departure.tdb_s))
    kept: list[LowEnergyFlight] = []
    for flight in inside:
        if not any(
            abs(flight.departure - held.departure) < SAME and abs(flight.arrival - held.arrival) < SAME
            for held in kept
        ):
            kept.append(flight)
    return sorted(kept, key=lambda f: f.departure.tdb_s)


class Search:
    """Flights sought backwards: the full model with the parking orbit and the orbit aimed at."""

    def __init__(self, space: Cislunar, departure: Departure, orbit: LunarOrbit) -> None:
        self.space, self.departure, self.orbit = space, departure, orbit

    def periselene(self, at: FloatArray, energy: float) -> FloatArray:
        """State before the insertion (6,), Moon-centred, by node, argument of the periselene and time."""
        node, argument, when = at
        lean = float(self.orbit.inclination or 0.0)
        to_me = self.space.sky.rotation_icrf_to_me(np.array([when]))[0]
        line = np.array([np.cos(node), np.sin(node), 0.0])
        up = np.array([-np.sin(node) * np.cos(lean), np.cos(node) * np.cos(lean), np.sin(lean)])
        out = np.cos(argument) * line + np.sin(argument) * up
        along = -np.sin(argument) * line + np.cos(argument) * up
        radius = self.orbit.periapsis
        speed = np.sqrt(energy + 2.0 * GM_MOON / radius)
        result: FloatArray = np.concatenate([radius * out @ to_me, speed * along @ to_me])
        return result

    def back(self, at: FloatArray, energy: float) -> tuple[float, FloatArray] | None:
        """Time and state at the gate, flown back from the periselene; None where it does not come there."""
        when = float(at[2])
        until = max(when - LONGEST, self.space.start)
        if not until < when < self.space.stop:
            return None
        state = self.periselene(at, energy) + self.space.moon(when)
        return self.space.fly_to(state, when, until, to="radius", level=GATE)

    def survey(
        self, when: float, energy: float, first: float, last: float
    ) -> list[tuple[float, float, float]]:
        """Momentum at the gate as a share, node and argument, the nearest first."""
        found = []
        most = np.sqrt(2.0 * GM_EARTH * GATE)
        for node in np.arange(0.0, 2.0 * np.pi, TURN_STEP):
            for argument in self._arguments():
                reached = self.back(np.array([node, argument, when]), energy)
                if reached is None or when - reached[0] < SHORTEST:
                    continue
                if not first - AROUND <= reached[0] <= last + AROUND:
                    continue
                momentum = np.linalg.norm(np.cross(reached[1][:3], reached[1][3:]))
                found.append((float(momentum / most), float(node), float(argument)))
        return sorted(found)

    def _arguments(self) -> FloatArray:
        """Arguments of the periselene in the half of the Moon asked for."""
        half = np.arange(0.5 * TURN_STEP, np.pi, TURN_STEP)
        return half + np.pi if self.orbit.south else half

    def correct(self, at: FloatArray, energy: float) -> LowEnergyFlight | None:
        """A flight near a first guess of node, argument and time."""
        pole = self.space.pole
        high = self.departure.site.inclinations()[1]

        def aim(state: FloatArray, second: bool) -> tuple[FloatArray, FloatArray, float] | None:
            """Miss of the momentum over the speed at the perigee, direction of the perigee, inclination."""
            r, v = state[:3], state[3:]
            h = np.cross(r, v)
            e = np.cross(v, h) / GM_EARTH - r / np.linalg.norm(r)
            size = float(np.linalg.norm(e))
            p = e / size
            lean = abs(float(np.arcsin(p @ pole)))
            inclination = self.departure.inclination
            if inclination is None:
                inclination = max(self.departure.site.inclinations()[0], lean + STEEPER)
            if inclination > high + 1e-9 or lean > inclination:
                return None
            north = pole - (p @ pole) * p
            length = float(np.linalg.norm(north))
            cosine = float(np.cos(inclination)) / length
            beside = np.cross(p, north / length)
            sine = np.sqrt(max(0.0, 1.0 - cosine**2)) * (-1.0 if second else 1.0)
            wanted = cosine * north / length + sine * beside
            speed = np.sqrt(GM_EARTH * (1.0 + size) / self.departure.radius)
            off = h / speed - self.departure.radius * wanted
            return np.array([off @ north / length, off @ beside]), p, inclination

        for second in (False, True):
            flight = self._solve(at, energy, aim, second)
            if flight is not None:
                return flight
        return None

    def _solve(
        self,
        at: FloatArray,
        energy: float,
        aim: Callable[[FloatArray, bool], tuple[FloatArray, FloatArray, float] | None],
        second: bool,
    ) -> LowEnergyFlight | None:
        def at_gate(turns: FloatArray) -> FloatArray | None:
            reached = self.back(np.append(turns, at[2]), energy)
            met = None if reached is None else aim(reached[1], second)
            return None if met is None else met[0]

        def exact(whole: FloatArray, late: float) -> FloatArray | None:
            place = self._perigee(whole, energy)
            met = None if place is None else aim(place[1], second)
            if place is None or met is None:
                return None
            off = [_within_a_day(way[2] - late) for way in self._launches(place, met[2])]
            return np.append(met[0], 1e3 * min(off, key=abs)) if off else None

        coarse = correct(at_gate, at[:2], steps=np.full(2, 3e-6), largest=np.full(2, 0.1), small=1e4)
        if coarse is None:
            return None
        begin = np.append(coarse, at[2])
        first = exact(begin, 0.0)
        if first is None:
            return None
        # the Earth turns the site under the plane by waiting or by leaving earlier; a bit at a time, or it is lost
        late = 1e-3 * float(first[2])
        for whole_way in (late, late - float(np.copysign(SECONDS_PER_DAY, late))):
            whole: FloatArray | None = begin
            for share in np.linspace(1.0, 0.0, 1 + int(np.ceil(abs(whole_way) / LATE_STEP))):
                if whole is None:
                    break
                whole = correct(
                    lambda x, still=share * whole_way: exact(x, still),  # type: ignore[misc]
                    whole,
                    steps=np.array([3e-6, 3e-6, 3.0]),
                    largest=np.array([0.05, 0.05, 7200.0]),
                    small=CLOSE,
                )
            if whole is not None:
                return self._flight(whole, energy, aim, second)
        return None

    def _perigee(self, at: FloatArray, energy: float) -> tuple[float, FloatArray] | None:
        reached = self.back(at, energy)
        if reached is None:
            return None
        return self.space.fly_to(reached[1], reached[0], reached[0] - 3.0 * SECONDS_PER_DAY, to="perigee")

    def _launches(
        self, place: tuple[float, FloatArray], inclination: float
    ) -> list[tuple[float, float, float]]:
        """Lift-off, coast, and by how much the launch is late, for each way to launch; see `launch.launch_time`."""
        when, state = place
        raan, there = _plane(state, self.space.pole)
        return launch_time(
            self.departure.site,
            inclination,
            raan,
            there,
            tli=when,
            radius=self.departure.radius,
            turns=self.departure.turns,
        )

    def _flight(
        self,
        at: FloatArray,
        energy: float,
        aim: Callable[[FloatArray, bool], tuple[FloatArray, FloatArray, float] | None],
        second: bool,
    ) -> LowEnergyFlight | None:
        place = self._perigee(at, energy)
        met = None if place is None else aim(place[1], second)
        if place is None or met is None:
            return None
        when, state = place
        raan, there = _plane(state, self.space.pole)
        launch = min(self._launches(place, met[2]), key=lambda way: abs(way[2]))
        if abs(launch[2]) > TIMING:
            return None
        arrival = float(at[2])
        if not SHORTEST <= arrival - when <= LONGEST:
            return None
        near = self.periselene(at, energy)
        try:
            path = low_energy_path(self.space, state, np.linspace(when, arrival, 120))
        except OrbitError:
            return None
        radius = float(np.linalg.norm(state[:3]))
        speed = float(np.linalg.norm(state[3:]))
        return LowEnergyFlight(
            lift_off=Epoch.from_tdb_s(launch[0]),
            departure=Epoch.from_tdb_s(when),
            arrival=Epoch.from_tdb_s(arrival),
            coast=launch[1],
            inclination=met[2],
            raan=raan % (2.0 * np.pi),
            arg_latitude=there % (2.0 * np.pi),
            injection=speed - float(np.sqrt(GM_EARTH / radius)),
            c3=speed**2 - 2.0 * GM_EARTH / radius,
            apogee=float(np.linalg.norm(path[:, :3], axis=1).max()),
            insertion=float(np.linalg.norm(near[3:])) - self.orbit.periapsis_speed,
            departure_state=state,
            arrival_state=near,
            arrival_inclination=float(self.orbit.inclination or 0.0),
            closure=float(np.linalg.norm(path[-1, :3] - self.space.moon(arrival)[:3] - near[:3])),
        )


def low_energy_path(space: Cislunar, state: FloatArray, times: FloatArray) -> FloatArray:
    """States (n, 6) at times (n,) [TDB s past J2000] of a flight from a state at the first, Earth-centred [m, m/s].

    Raises
    ------
    OrbitError
        If it runs into a body.
    """
    path = np.empty((times.size, 6))
    path[0] = state
    for k in range(1, times.size):
        path[k] = space.fly(path[k - 1], float(times[k - 1]), float(times[k]))[1]
    return path


def _plane(state: FloatArray, pole: FloatArray) -> tuple[float, float]:
    """Node and place in the orbit [rad], counted as `launch.parking_state` does."""
    h = np.cross(state[:3], state[3:])
    h /= np.linalg.norm(h)
    x = np.array([1.0, 0.0, 0.0]) - pole[0] * pole
    x /= np.linalg.norm(x)
    line = np.cross(pole, h)
    line /= np.linalg.norm(line)
    raan = float(np.arctan2(line @ np.cross(pole, x), line @ x))
    return raan, float(np.arctan2(state[:3] @ np.cross(h, line), state[:3] @ line))


def _within_a_day(seconds: float) -> float:
    half = 0.5 * SECONDS_PER_DAY
    return (seconds + half) % SECONDS_PER_DAY - half


def _why_not(start: Epoch, stop: Epoch, found: list[LowEnergyFlight], nearest: list[float]) -> str:
    text = f"departures from {start.utc[:10]} to {stop.utc[:10]}: no low-energy flight was found"
    if found:
        close = min(found, key=lambda f: abs(f.departure.tdb_s - start.tdb_s))
        return f"{text}; the nearest departs {close.departure.utc[:10]}: give more --days or another --from"
    if nearest:
        least = min(nearest) ** 2 * GATE / 1e3
        return (
            f"{text}; perigees came down to about {least:.0f} km from the Earth's centre, but none to "
            "the parking orbit in a plane that the launch site reaches: give more --days, other azimuths or "
            "another --orbit-inclination"
        )
    return f"{text}; none comes back from the Sun's pull in {SHORTEST / SECONDS_PER_DAY:g} to " + (
        f"{LONGEST / SECONDS_PER_DAY:g} d: give more --days or another --orbit-inclination"
    )


def low_energy_table(flights: list[LowEnergyFlight]) -> pd.DataFrame:
    """Flights as a table, units in the names of the columns."""
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
                "apogee_km": flight.apogee / 1e3,
                "insertion_m_s": flight.insertion,
                "arrival_inclination_deg": np.degrees(flight.arrival_inclination),
                "closure_m": flight.closure,
            }
            for flight in flights
        ]
    )
