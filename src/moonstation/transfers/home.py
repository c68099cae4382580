"""Flights from an orbit of the Moon back to the Earth's air, exact in the full model."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_RADIUS, GM_EARTH, GM_MOON, SECONDS_PER_DAY
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers import _kernels
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.insertion import LunarOrbit, approach_normal

GATE = 5.0e7
"""Distance from the Earth at which the way home is judged [m]: within, it is a conic but for the Earth's flattening."""

STEEPER = np.radians(3.0)
"""By how much the least inclination aimed at exceeds the Moon's declination."""

SHORTEST, LONGEST = 2.0 * SECONDS_PER_DAY, 7.0 * SECONDS_PER_DAY
"""Times of flight from near the Moon [s]."""

ANGLE_TOLERANCE = np.radians(1e-4)


@dataclass(frozen=True)
class Entry:
    """How the Earth's air is to be met.

    Attributes
    ----------
    altitude : float
        Of the interface over the equatorial radius [m]; 400,000 ft by custom.
    flight_path_angle : float
        There, negative downward [rad]: -5.5 to -7 deg for a direct or a skip entry of a capsule.
    inclination : float or None
        Of the arc to the Earth's equator [rad]; None for the least that there is, over more than pi / 2 for retrograde.
    """

    altitude: float = 121.92e3
    flight_path_angle: float = np.radians(-6.0)
    inclination: float | None = None

    def __post_init__(self) -> None:
        if not 50e3 <= self.altitude <= 1000e3:
            raise RequestError(f"entry interface {self.altitude / 1e3:g} km up: give 50 to 1000 km")
        if not np.radians(-45.0) <= self.flight_path_angle <= np.radians(-0.5):
            raise RequestError(
                f"entry at a flight-path angle of {np.degrees(self.flight_path_angle):g} deg: give -45 to -0.5 deg"
            )

    @property
    def radius(self) -> float:
        """Of the interface [m]."""
        return EARTH_RADIUS + self.altitude


@dataclass(frozen=True, eq=False)
class HomeFlight:
    """A flight from an orbit of the Moon to the Earth's air.

    Attributes
    ----------
    departure, entry : Epoch
        Injection at the periselene, and the interface.
    injection : float
        Impulse, along the motion at the orbit's periselene; the orbit's plane is that of the departure [m/s].
    v_inf : float
        Excess speed from the Moon [m/s].
    speed : float
        At the interface, in axes that do not turn [m/s].
    flight_path_angle : float
        There [rad].
    inclination : float
        Of the last arc to the Earth's equator [rad].
    lat, lon : float
        Geocentric, of the interface [rad].
    departure_state : ndarray, shape (6,)
        After the injection, Moon-centred, ICRF [m, m/s].
    departure_inclination : float
        Of the orbit that it leaves to the Moon's equator [rad].
    """

    departure: Epoch
    entry: Epoch
    injection: float
    v_inf: float
    speed: float
    flight_path_angle: float
    inclination: float
    lat: float
    lon: float
    departure_state: FloatArray
    departure_inclination: float

    @property
    def flight_time(self) -> float:
        """From the injection to the interface [s]."""
        return self.entry - self.departure


def fly_home(
    start: Epoch,
    orbit: LunarOrbit,
    *,
    flight_time: float,
    entry: Entry | None = None,
    second_plane: bool = False,
    ephemeris: Ephemeris | None = None,
) -> HomeFlight:
    """A direct return, exact in the full model: meets height, flight-path angle, inclination and time of the entry.

    Parameters
    ----------
    start : Epoch
        Injection, at the periselene of the orbit.
    orbit : LunarOrbit
        Orbit that it leaves; its node is taken to suit.
    flight_time : float
        From the injection to the (vacuum) perigee [s]; the interface comes some minutes before.
    entry : Entry, optional
        How the air is to be met.
    second_plane : bool
        Which of the two planes about the Earth that have the inclination.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Raises
    ------
    OrbitError
        If there is no such flight; the message has the limit that was met.
    CoverageError
        If the kernels do not reach over it.
    """
    meet = entry or Entry()
    check_flight_time(flight_time)
    t1 = start.tdb_s
    t2 = t1 + flight_time
    space = Cislunar.over(t1, t2 + SECONDS_PER_DAY, ephemeris=ephemeris)

    def leave(excess: FloatArray) -> FloatArray:
        return _leave(space, t1, orbit, excess)

    excess, met = to_entry(space, t1, t2, leave, meet, second_plane=second_plane)
    near = leave(excess)
    h = np.cross(near[:3], near[3:])
    return HomeFlight(
        departure=start,
        entry=met.entry,
        injection=float(np.linalg.norm(near[3:]) - orbit.periapsis_speed),
        v_inf=float(np.linalg.norm(excess)),
        speed=met.speed,
        flight_path_angle=met.flight_path_angle,
        inclination=met.inclination,
        lat=met.lat,
        lon=met.lon,
        departure_state=near,
        departure_inclination=float(np.arccos(h @ space.moon_pole(t1) / np.linalg.norm(h))),
    )


def check_flight_time(flight_time: float) -> None:
    """Refuse flights home that the first pass was not made for."""
    if not SHORTEST <= flight_time <= LONGEST:
        raise OrbitError(
            f"flight home of {flight_time / SECONDS_PER_DAY:.2f} d: give {SHORTEST / SECONDS_PER_DAY:g} to "
            f"{LONGEST / SECONDS_PER_DAY:g} d"
        )


class Met(NamedTuple):
    """The interface as it is met: when, speed [m/s], flight-path angle, inclination, latitude and longitude [rad]."""

    entry: Epoch
    speed: float
    flight_path_angle: float
    inclination: float
    lat: float
    lon: float


def to_entry(
    space: Cislunar,
    t1: float,
    t2: float,
    leave: Callable[[FloatArray], FloatArray],
    meet: Entry,
    *,
    second_plane: bool,
    near: FloatArray | None = None,
    place: FloatArray | None = None,
) -> tuple[FloatArray, Met]:
    """Velocity with which a way home begins, that meets an entry and the time of the perigee.

    Parameters
    ----------
    space : Cislunar
        The full model.
    t1, t2 : float
        Departure near the Moon and (vacuum) perigee [TDB s past J2000].
    leave : callable
        From the velocity away from the Moon (3,) [m/s] that is solved for to the state at the departure (6,),
        Moon-centred, ICRF axes.
    meet : Entry
        How the air is to be met.
    second_plane : bool
        Which of the two planes about the Earth that have the inclination.
    near : ndarray, optional
        First guess of the velocity; from a conic about the Earth if not given.
    place : ndarray, optional
        Where the way begins, Moon-centred, ICRF axes [m], if that is far from the Moon.

    Returns
    -------
    ndarray, Met
        The velocity, and the entry as it is met.

    Raises
    ------
    OrbitError
        If there is no such flight; the message has the limit that was met.
    """
    start, flight_time = Epoch.from_tdb_s(t1), t2 - t1
    moon = space.moon(t1)
    begin = moon[:3] if place is None else moon[:3] + place
    distance = float(np.linalg.norm(begin))
    out = begin / distance
    inclination = _inclination(space, out, meet)
    velocity, momentum = first_arc(distance, meet, flight_time)
    command, unknowns = inclination, near
    for _ in range(12):
        normal = home_plane(space.pole, out, command, second_plane)
        if unknowns is None:
            unknowns = velocity[0] * -out + velocity[1] * np.cross(normal, out) - moon[3:]
        found = _shoot(space, t1, t2, leave, unknowns, momentum * normal, out)
        if found is None:
            raise OrbitError(
                f"flight home from {start.utc} in {flight_time / SECONDS_PER_DAY:.2f} d: none in the full "
                f"model was found "
                "near the first pass; change the time of flight by a few hours"
            )
        unknowns = found
        flown = _met(space, t1, t2, leave(unknowns), meet)
        off_angle = flown.flight_path_angle - meet.flight_path_angle
        off_plane = flown.inclination - inclination
        plane_met = meet.inclination is None or abs(off_plane) < 10.0 * ANGLE_TOLERANCE
        if abs(off_angle) < ANGLE_TOLERANCE and plane_met:
            return unknowns, flown
        momentum *= np.cos(meet.flight_path_angle) / np.cos(flown.flight_path_angle)
        if meet.inclination is None:
            continue
        command = float(
            np.clip(command - off_plane, _lean(space, out) + 1e-6, np.pi - _lean(space, out) - 1e-6)
        )
    raise OrbitError(
        f"flight home from {start.utc}: entry at {np.degrees(meet.flight_path_angle):g} deg and inclination "
        f"{np.degrees(inclination):.2f} deg does not settle; the nearest is "
        f"{np.degrees(flown.flight_path_angle):.3f} deg and "
        f"{np.degrees(flown.inclination):.3f} deg"
    )


def _lean(space: Cislunar, out: FloatArray) -> float:
    return abs(math.asin(float(out @ space.pole)))


def _inclination(space: Cislunar, out: FloatArray, meet: Entry) -> float:
    lean = _lean(space, out)
    if meet.inclination is None:
        return float(lean + STEEPER)
    if not lean <= meet.inclination <= np.pi - lean:
        raise OrbitError(
            f"flight home with inclination {np.degrees(meet.inclination):.2f} deg: the Moon stands "
            f"{np.degrees(lean):.2f} deg off the "
            f"equator at departure; give {np.degrees(lean):.2f} to {180.0 - np.degrees(lean):.2f} deg"
        )
    return meet.inclination


def home_plane(pole: FloatArray, out: FloatArray, inclination: float, second: bool) -> FloatArray:
    """Direction of the angular momentum (3,) about the Earth of an arc from a direction, of an inclination."""
    north = pole - (out @ pole) * out
    size = float(np.linalg.norm(north))
    cosine = float(np.clip(np.cos(inclination) / size, -1.0, 1.0))
    sine = np.sqrt(1.0 - cosine**2)
    result: FloatArray = cosine * north / size + (-sine if second else sine) * np.cross(out, north / size)
    return result


def first_arc(distance: float, meet: Entry, flight_time: float) -> tuple[tuple[float, float], float]:
    """Speeds down and across at a distance [m/s], and the momentum, of a conic with the entry's flight-path angle."""
    perigee = meet.radius
    e, angle = np.nan, np.nan
    for _ in range(30):
        e, angle = _kernels.perigee_arc(perigee, distance, flight_time, GM_EARTH)
        speed2 = GM_EARTH * ((e - 1.0) / perigee + 2.0 / meet.radius)
        momentum2 = meet.radius**2 * speed2 * np.cos(meet.flight_path_angle) ** 2
        perigee = momentum2 / (GM_EARTH * (1.0 + e))
    if not np.isfinite(e):
        raise OrbitError(f"flight home of {flight_time / SECONDS_PER_DAY:.2f} d: no such arc; give 2 to 7 d")
    p = perigee * (1.0 + e)
    # mirrored in time: what goes out there comes in here
    return (float(np.sqrt(GM_EARTH / p) * e * np.sin(angle)), float(np.sqrt(GM_EARTH * p) / distance)), float(
        np.sqrt(GM_EARTH * p)
    )


def _leave(space: Cislunar, t1: float, orbit: LunarOrbit, excess: FloatArray) -> FloatArray:
    asymptote = excess / np.linalg.norm(excess)
    normal = approach_normal(asymptote, space.moon_pole(t1), orbit.inclination, south=orbit.south)
    return periselene_out(orbit.periapsis, excess, normal)


def periselene_out(radius: float, excess: FloatArray, normal: FloatArray) -> FloatArray:
    """State at the periselene (6,), Moon-centred, whose hyperbola leaves with an excess velocity, in a plane."""
    v_inf = float(np.linalg.norm(excess))
    asymptote = excess / v_inf
    e = 1.0 + radius * v_inf**2 / GM_MOON
    p = -(asymptote + np.sqrt(e * e - 1.0) * np.cross(normal, asymptote)) / e
    speed = np.sqrt(v_inf**2 + 2.0 * GM_MOON / radius)
    result: FloatArray = np.concatenate([radius * p, speed * np.cross(normal, p)])
    return result


def _shoot(
    space: Cislunar,
    t1: float,
    t2: float,
    leave: Callable[[FloatArray], FloatArray],
    unknowns: FloatArray,
    momentum: FloatArray,
    out: FloatArray,
) -> FloatArray | None:
    side = np.cross(out, space.pole)
    side /= np.linalg.norm(side)
    other = np.cross(out, side)
    moon = space.moon(t1)

    def miss(at: FloatArray) -> FloatArray | None:
        start = leave(at) + moon
        reached = space.fly_to(start, t1, t2 + 0.9 * SECONDS_PER_DAY, to="radius", level=GATE)
        if reached is None:
            return None
        when, state = reached
        off = (np.cross(state[:3], state[3:]) - momentum) / np.linalg.norm(state[3:])
        return np.array([off @ side, off @ other, 1e3 * (when + _to_perigee(state) - t2)])

    return correct(miss, unknowns, steps=np.full(3, 1e-3), largest=np.full(3, 100.0), small=1.0)


def _to_perigee(state: FloatArray) -> float:
    """Time to the perigee of the conic about the Earth [s], from a state on the way down."""
    r = float(np.linalg.norm(state[:3]))
    radial = float(state[:3] @ state[3:])
    alpha = 2.0 / r - float(state[3:] @ state[3:]) / GM_EARTH
    a = 1.0 / alpha
    if alpha > 0.0:
        anomaly = np.arctan2(radial / np.sqrt(GM_EARTH * a), 1.0 - r * alpha)
        e = np.hypot(radial / np.sqrt(GM_EARTH * a), 1.0 - r * alpha)
        return float(-(anomaly - e * np.sin(anomaly)) * np.sqrt(a**3 / GM_EARTH))
    e = np.sqrt((1.0 - r * alpha) ** 2 - radial**2 / (GM_EARTH * -a))
    anomaly = np.arcsinh(radial / np.sqrt(GM_EARTH * -a) / e)
    return float(-(e * np.sinh(anomaly) - anomaly) * np.sqrt((-a) ** 3 / GM_EARTH))


def _met(space: Cislunar, t1: float, t2: float, near: FloatArray, meet: Entry) -> Met:
    when, state, met = space.fly(
        near + space.moon(t1), t1, t2 + SECONDS_PER_DAY, to="radius", level=meet.radius
    )
    if not met:
        raise OrbitError(
            f"flight home from {Epoch.from_tdb_s(t1).utc}: passes above {meet.altitude / 1e3:.1f} km; steepen the entry"
        )
    speed = float(np.linalg.norm(state[3:]))
    h = np.cross(state[:3], state[3:])
    fixed = EarthRotation().rotation_itrs_to_gcrs(np.array([when]))[0].T @ state[:3]
    return Met(
        entry=Epoch.from_tdb_s(when),
        speed=speed,
        flight_path_angle=float(np.arcsin(state[:3] @ state[3:] / (np.linalg.norm(state[:3]) * speed))),
        inclination=float(np.arccos(h @ space.pole / np.linalg.norm(h))),
        lat=float(np.arcsin(fixed[2] / np.linalg.norm(fixed))),
        lon=float(np.arctan2(fixed[1], fixed[0])),
    )
