"""Flights from the Earth to the Moon: a first pass by conics over many dates, then exact in the full model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, GM_MOON, SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.threads import in_threads
from moonstation.transfers import _kernels
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.insertion import Insertion, LunarOrbit, approach_normal, b_plane, insertion
from moonstation.transfers.launch import LaunchSite, launch_time, parking_radius, parking_state

SHORTEST_FLIGHT = 2.0 * SECONDS_PER_DAY
LONGEST_FLIGHT = 7.0 * SECONDS_PER_DAY
CLOSE = 1.0
"""Miss in the B-plane that is small enough [m], at the scale of 1 km/s times the miss in time."""

NEAR = 1e3
"""The same of a trial with the Moon's gravity to degree 2, from which the full model is within some 100 m."""

TIMING = 1.0
"""Lift-off and plane agree to this [s]."""

STEEPER = np.radians(2.0)
"""By how much the least inclination chosen exceeds the Moon's declination."""

STEPS, LARGEST = np.array([1e-6, 1e-6, 1e-3]), np.array([0.05, 0.05, 30.0])
"""For the differences by node, place in the parking orbit and impulse; and their largest changes of a round."""

ASIDE = (0.0, 3.0, -3.0, 8.0, -8.0)
"""Changes of the impulse that lead a first guess past the Moon's middle, tried in turn [m/s]."""

ROWS_PER_TASK = 16

MODEL = (
    "First pass: a conic about the Earth alone, from its perigee in the parking orbit to the Moon's place at arrival "
    "(DE440); the excess speed is the difference of velocities there."
)


@dataclass(frozen=True)
class Departure:
    """Where flights start from.

    Attributes
    ----------
    site : LaunchSite
        Launch site, whose azimuths bound the inclination.
    altitude : float
        Of the circular parking orbit over the equatorial radius [m].
    inclination : float or None
        Of the parking orbit [rad]; None for the least that reaches the Moon, which costs the launcher least.
    turns : int
        Whole turns in the parking orbit before the injection, for checks.
    """

    site: LaunchSite
    altitude: float = 200e3
    inclination: float | None = None
    turns: int = 0

    def __post_init__(self) -> None:
        parking_radius(self.altitude)
        if not 0 <= self.turns <= 16:
            raise RequestError(f"{self.turns} turns in the parking orbit: give 0 to 16")
        if self.inclination is not None:
            low, high = self.site.inclinations()
            if not low - 1e-9 <= self.inclination <= high + 1e-9:
                a, b = np.degrees(self.site.azimuths)
                raise RequestError(
                    f"inclination {np.degrees(self.inclination):g} deg: {self.site.name} at latitude "
                    f"{np.degrees(self.site.lat):.2f} deg reaches {np.degrees(low):.2f} to "
                    f"{np.degrees(high):.2f} deg with "
                    f"azimuths {a:g} to {b:g} deg; choose within, or give other azimuths"
                )

    @property
    def radius(self) -> float:
        """Of the parking orbit [m]."""
        return parking_radius(self.altitude)


@dataclass(frozen=True, eq=False)
class MoonFlight:
    """A flight to the Moon, exact in the full model.

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
    v_inf : float
        Excess speed at the Moon [m/s].
    approach_declination : float
        Of the approach's motion to the Moon's equator [rad].
    arrival_state : ndarray, shape (6,)
        At the periselene before the insertion, Moon-centred, ICRF axes [m, m/s].
    arrival_inclination : float
        Of the approach to the Moon's equator [rad].
    insertion : Insertion
        What the orbit costs.
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
    v_inf: float
    approach_declination: float
    arrival_state: FloatArray
    arrival_inclination: float
    insertion: Insertion

    @property
    def flight_time(self) -> float:
        """From the departure to the periselene [s]."""
        return self.arrival - self.departure


def moon_porkchop(
    departures: FloatArray,
    arrivals: FloatArray,
    departure: Departure,
    orbit: LunarOrbit,
    *,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """First pass over every pair of a departure and an arrival.

    Parameters
    ----------
    departures, arrivals : ndarray, shape (n,) and (m,)
        TDB seconds past J2000.
    departure : Departure
        Launch site and parking orbit.
    orbit : LunarOrbit
        Orbit to arrive at.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    Dataset
        injection, insertion, total [m/s], c3 [m^2/s^2], v_inf [m/s] (cheaper of the two planes that hold launch and
        Moon), flight_time [s], turn [rad] over departure and arrival; inclination [rad] of the parking orbit and
        moon_declination [rad] over arrival. NaN where there is no flight.

    Raises
    ------
    CoverageError
        If the kernels do not reach over the dates.
    """
    sky = ephemeris or default_ephemeris()
    moon = sky.state_icrf("moon", arrivals, center="earth")
    place = Cislunar.over(float(departures[0]), float(arrivals[-1]), ephemeris=sky)
    distance = np.ascontiguousarray(np.linalg.norm(moon[:, :3], axis=1))
    arcs = np.empty((departures.size, arrivals.size, 2))

    def rows(first: int) -> None:
        last = min(first + ROWS_PER_TASK, departures.size)
        _kernels.perigee_grid(departures, arrivals, departure.radius, distance, GM_EARTH, first, last, arcs)

    in_threads(rows, range(0, departures.size, ROWS_PER_TASK))
    e, angle = arcs[..., 0], arcs[..., 1]
    flight = arrivals[None, :] - departures[:, None]
    e = np.where((flight >= SHORTEST_FLIGHT) & (flight <= LONGEST_FLIGHT), e, np.nan)
    p = departure.radius * (1.0 + e)
    radial = np.sqrt(GM_EARTH / p) * e * np.sin(angle)
    across = np.sqrt(GM_EARTH * p) / distance
    inclination, normals = planes_over(moon[:, :3], place.pole, departure)
    out = moon[:, :3] / distance[:, None]
    pole = sky.rotation_icrf_to_me(arrivals)[:, 2]
    ways = [_arrival(radial, across, out, normal, moon[:, 3:], pole, orbit) for normal in normals]
    cheaper = np.nan_to_num(ways[1][0], nan=np.inf) < np.nan_to_num(ways[0][0], nan=np.inf)
    cost, v_inf, turn = (np.where(cheaper, b, a) for a, b in zip(*ways, strict=True))
    circular = np.sqrt(GM_EARTH / departure.radius)
    injection = circular * (np.sqrt(1.0 + e) - 1.0)
    injection = np.where(np.isfinite(cost), injection, np.nan)
    grid = ("departure", "arrival")
    return xr.Dataset(
        {
            "injection": (grid, injection, {"units": "m s-1"}),
            "insertion": (grid, cost, {"units": "m s-1"}),
            "total": (grid, injection + cost, {"units": "m s-1"}),
            "c3": (grid, GM_EARTH * (e - 1.0) / departure.radius, {"units": "m2 s-2"}),
            "v_inf": (grid, v_inf, {"units": "m s-1"}),
            "turn": (grid, turn, {"units": "rad"}),
            "second_plane": (grid, cheaper),
            "flight_time": (grid, np.where(np.isfinite(injection), flight, np.nan), {"units": "s"}),
            "inclination": ("arrival", inclination, {"units": "rad"}),
            "moon_declination": ("arrival", np.arcsin(out @ place.pole), {"units": "rad"}),
        },
        coords={"departure": departures, "arrival": arrivals},
        attrs={"model": MODEL},
    )


def planes_over(
    places: FloatArray, pole: FloatArray, departure: Departure
) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    """Inclination (m,) for each place (m, 3) aimed at, and normals (m, 3) of the two planes through it; NaN if none."""
    out = places / np.linalg.norm(places, axis=1)[:, None]
    lean = np.abs(np.arcsin(out @ pole))
    low, high = departure.site.inclinations()
    if departure.inclination is None:
        # a little steeper than the Moon's declination: just there both planes are one, and nothing can be corrected
        inclination = np.minimum(np.maximum(low, lean + STEEPER), high)
        inclination = np.where(inclination >= lean, inclination, np.nan)
    else:
        inclination = np.where(lean <= departure.inclination, departure.inclination, np.nan)
    north = pole - (out @ pole)[:, None] * out
    north /= np.linalg.norm(north, axis=1)[:, None]
    beside = np.cross(out, north)
    cosine = np.minimum(np.cos(inclination) / np.cos(lean), 1.0)
    sine = np.sqrt(1.0 - cosine**2)
    first, second = (cosine[:, None] * north + sign * sine[:, None] * beside for sign in (1.0, -1.0))
    return inclination, (first, second)


def _arrival(
    radial: FloatArray,
    across: FloatArray,
    out: FloatArray,
    normal: FloatArray,
    v_moon: FloatArray,
    pole: FloatArray,
    orbit: LunarOrbit,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Insertion [m/s], excess speed [m/s] and turn of the plane [rad] for each cell of a grid."""
    velocity = radial[..., None] * out + across[..., None] * np.cross(normal, out)
    excess = velocity - v_moon
    v_inf = np.linalg.norm(excess, axis=-1)
    lean = np.abs(np.arcsin(np.sum(excess * pole, axis=-1) / v_inf))
    fast = np.sqrt(v_inf**2 + 2.0 * GM_MOON / orbit.periapsis)
    cost = fast - orbit.periapsis_speed
    wanted = orbit.inclination
    turn = np.zeros_like(lean) if wanted is None else np.maximum(0.0, lean - min(wanted, np.pi - wanted))
    for cell in zip(*np.nonzero(turn > 0.0), strict=True):
        cost[cell] = insertion(orbit, float(v_inf[cell]), float(lean[cell])).delta_v
    return cost, v_inf, np.where(np.isfinite(v_inf), turn, np.nan)


def fly_to_moon(
    start: Epoch,
    arrival: Epoch,
    departure: Departure,
    orbit: LunarOrbit,
    *,
    second_plane: bool = False,
    ephemeris: Ephemeris | None = None,
) -> MoonFlight:
    """A flight exact in the full model, that meets the Moon at a time and height and the launch site's plane.

    Parameters
    ----------
    start : Epoch
        About when to depart; the lift-off that puts the site into the plane shifts it by up to 12 h.
    arrival : Epoch
        Of the periselene, met exactly.
    departure : Departure
        Launch site and parking orbit.
    orbit : LunarOrbit
        Orbit to arrive at.
    second_plane : bool
        Which of the two planes that hold the inclination and the Moon.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Raises
    ------
    OrbitError
        If no flight is found; the message has the limit that was met.
    CoverageError
        If the kernels do not reach over it.

    Notes
    -----
    Unknowns are node, place in the parking orbit and impulse; targets are the two components of the B vector and the
    time of the periselene. Newton's method with differences; then the departure is shifted until the plane passes over
    the site at lift-off.
    """
    sky = ephemeris or default_ephemeris()
    t1, t2 = start.tdb_s, arrival.tdb_s
    day = SECONDS_PER_DAY
    space = Cislunar.over(t1 - day, t2 + day, ephemeris=sky)
    guess = first_guess(space, t1, t2, departure, space.moon(t2)[:3], second_plane=second_plane)
    inclination = float(guess[3])

    def normal(asymptote: FloatArray, pole: FloatArray) -> FloatArray:
        return approach_normal(asymptote, pole, orbit.inclination, south=orbit.south)

    def solve(begin: float, near: FloatArray) -> FloatArray | None:
        return to_periselene(
            space, begin, t2, departure.radius, inclination, near, periapsis=orbit.periapsis, normal=normal
        )

    launched = fit_launch(solve, t1, t2, departure, inclination, guess[:3])
    return _flight(space, launched, t2, departure, inclination, orbit)


class Launched(NamedTuple):
    """A departure that the launch site's plane fits: times [TDB s past J2000], coast [s], and the unknowns solved.

    The unknowns are node and place in the parking orbit [rad] and impulse [m/s].
    """

    departure: float
    lift_off: float
    coast: float
    unknowns: FloatArray


def fit_launch(
    solve: Callable[[float, FloatArray], FloatArray | None],
    departs: float,
    arrives: float,
    departure: Departure,
    inclination: float,
    guess: FloatArray,
) -> Launched:
    """Shift a departure, solving the flight anew, until its plane passes over the launch site at lift-off.

    Parameters
    ----------
    solve : callable
        Takes a departure and unknowns near its solution (node, place in the parking orbit, impulse); gives those
        solved, or None.
    departs, arrives : float
        Departure to begin with, and the arrival, which stays [TDB s past J2000].
    departure : Departure
        Launch site and parking orbit.
    inclination : float
        Of the parking orbit [rad].
    guess : ndarray, shape (3,)
        First guess of the unknowns.

    Raises
    ------
    OrbitError
        If no flight is found, or the shift leaves too little or too much time.
    """
    t1, unknowns = departs, guess
    when = Epoch.from_tdb_s(arrives).utc
    for _ in range(8):
        solved = solve(t1, unknowns)
        if solved is None:
            raise OrbitError(
                f"flight to the Moon from {Epoch.from_tdb_s(departs).utc} to {when}: no flight in the "
                "full model was found near the first pass; change the time of flight by a few hours"
            )
        unknowns = solved
        ways = launch_time(
            departure.site,
            inclination,
            unknowns[0],
            unknowns[1],
            tli=t1,
            radius=departure.radius,
            turns=departure.turns,
        )
        if not ways:
            raise OrbitError(
                f"flight to the Moon: {departure.site.name} cannot launch into "
                f"{np.degrees(inclination):.2f} deg within its "
                "azimuths; give other azimuths or inclinations"
            )
        lift_off, coast, late = min(ways, key=lambda way: abs(way[2]))
        if abs(late) < TIMING:
            break
        t1 += late
        if not SHORTEST_FLIGHT <= arrives - t1 <= LONGEST_FLIGHT:
            raise OrbitError(
                f"flight to the Moon arriving {when}: the launch that fits leaves "
                f"{(arrives - t1) / SECONDS_PER_DAY:.2f} d, and flights "
                f"take {SHORTEST_FLIGHT / SECONDS_PER_DAY:g} to {LONGEST_FLIGHT / SECONDS_PER_DAY:g} d here; "
                "choose a later arrival"
            )
    return Launched(t1, lift_off, coast, unknowns)


def first_guess(
    space: Cislunar,
    t1: float,
    t2: float,
    departure: Departure,
    place: FloatArray,
    *,
    second_plane: bool,
) -> FloatArray:
    """Node, argument of latitude, impulse, and the inclination, of a conic to a place (3,) from the Earth [m].

    Raises
    ------
    OrbitError
        If there is no such arc, or the place lies too far off the equator for the parking orbit.
    """
    distance = float(np.linalg.norm(place))
    e, angle = _kernels.perigee_arc(departure.radius, distance, t2 - t1, GM_EARTH)
    if not np.isfinite(e):
        raise OrbitError(
            f"flight to the Moon of {(t2 - t1) / SECONDS_PER_DAY:.2f} d: no such arc; give "
            f"{SHORTEST_FLIGHT / SECONDS_PER_DAY:g} to {LONGEST_FLIGHT / SECONDS_PER_DAY:g} d"
        )
    inclinations, normals = planes_over(place[None], space.pole, departure)
    inclination = float(inclinations[0])
    if not np.isfinite(inclination):
        lean = abs(float(np.degrees(np.arcsin(place @ space.pole / distance))))
        low, high = np.degrees(departure.site.inclinations())
        held = (
            f"{low:.2f} to {high:.2f}"
            if departure.inclination is None
            else f"{np.degrees(departure.inclination):.2f}"
        )
        raise OrbitError(
            f"flight to the Moon arriving {Epoch.from_tdb_s(t2).utc}: the Moon stands {lean:.2f} deg off "
            f"the equator then, and "
            f"the parking orbit is inclined {held} deg; launch at {lean:.2f} deg or more, or arrive within some days "
            "of its passing the equator"
        )
    normal = normals[1 if second_plane else 0][0]
    # clear of the pole of the choice, where both planes are one and the slopes vanish
    x = np.array([1.0, 0.0, 0.0]) - space.pole[0] * space.pole
    x /= np.linalg.norm(x)
    y = np.cross(space.pole, x)
    line = np.cross(space.pole, normal)
    line /= np.linalg.norm(line)
    out = place / distance
    there = np.arctan2(out @ np.cross(normal, line), out @ line)
    injection = np.sqrt(GM_EARTH / departure.radius) * (np.sqrt(1.0 + e) - 1.0)
    return np.array([np.arctan2(line @ y, line @ x), there - angle, injection, inclination])


def to_periselene(
    space: Cislunar,
    t1: float,
    t2: float,
    radius: float,
    inclination: float,
    unknowns: FloatArray,
    *,
    periapsis: float,
    normal: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray | None:
    """Node, place in the parking orbit and impulse (3,) that lead to a periselene at a time, height and plane.

    Parameters
    ----------
    space : Cislunar
        The full model.
    t1, t2 : float
        Departure and periselene [TDB s past J2000].
    radius, inclination : float
        Of the parking orbit [m], [rad].
    unknowns : ndarray, shape (3,)
        First guess.
    periapsis : float
        Radius of the periselene [m].
    normal : callable
        Direction of the angular momentum wanted, from the approach's direction and the Moon's pole.

    Returns
    -------
    ndarray or None
        None where Newton's method finds none.
    """
    circular = np.sqrt(GM_EARTH / radius)

    def trial(model: Cislunar, at: FloatArray) -> FloatArray | None:
        start = parking_state(space.pole, inclination, at[0], at[1], radius=radius, speed=circular + at[2])
        reached = model.fly_to(start, t1, t2 + 0.9 * SECONDS_PER_DAY, to="periselene")
        if reached is None:
            return None
        when, state = reached
        near = state - space.moon(when)
        found = b_plane(near[:3], near[3:])
        if found is None:
            return None
        asymptote, b, v_inf = found
        pole = space.moon_pole(when)
        size = periapsis * np.sqrt(1.0 + 2.0 * GM_MOON / (periapsis * v_inf**2))
        off = b - size * np.cross(asymptote, normal(asymptote, pole))
        side = np.cross(asymptote, pole)
        side /= np.linalg.norm(side)
        return np.array([off @ side, off @ np.cross(asymptote, side), 1e3 * (when - t2)])

    # a first guess aims at the Moon's middle: one that runs into it is pushed aside
    starts = (unknowns + np.array([0.0, 0.0, aside]) for aside in ASIDE)
    start = next((at for at in starts if trial(space.rough, at) is not None), unknowns)
    near = correct(lambda at: trial(space.rough, at), start, steps=STEPS, largest=LARGEST, small=NEAR)
    if near is None:
        return None
    return correct(lambda at: trial(space, at), near, steps=STEPS, largest=LARGEST, small=CLOSE)


def _flight(
    space: Cislunar,
    launched: Launched,
    t2: float,
    departure: Departure,
    inclination: float,
    orbit: LunarOrbit,
) -> MoonFlight:
    t1 = launched.departure
    circular = np.sqrt(GM_EARTH / departure.radius)
    raan, place, impulse = (float(value) for value in launched.unknowns)
    speed = circular + impulse
    start = parking_state(space.pole, inclination, raan, place, radius=departure.radius, speed=speed)
    when, state, _ = space.fly(start, t1, t2 + SECONDS_PER_DAY, to="periselene")
    near = state - space.moon(when)
    found = b_plane(near[:3], near[3:])
    if found is None:
        raise OrbitError(
            "flight to the Moon: it arrives bound, which impulses from a parking orbit cannot give"
        )
    asymptote, _, v_inf = found
    pole = space.moon_pole(when)
    lean = float(np.arcsin(asymptote @ pole))
    h = np.cross(near[:3], near[3:])
    return MoonFlight(
        lift_off=Epoch.from_tdb_s(launched.lift_off),
        departure=Epoch.from_tdb_s(t1),
        arrival=Epoch.from_tdb_s(when),
        coast=launched.coast,
        inclination=inclination,
        raan=raan % (2.0 * np.pi),
        arg_latitude=place % (2.0 * np.pi),
        injection=impulse,
        c3=float(speed**2 - 2.0 * GM_EARTH / departure.radius),
        v_inf=v_inf,
        approach_declination=lean,
        arrival_state=near,
        arrival_inclination=float(np.arccos(h @ pole / np.linalg.norm(h))),
        insertion=insertion(orbit, v_inf, lean),
    )
