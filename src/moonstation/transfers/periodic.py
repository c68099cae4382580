"""Flights to halo, near-rectilinear halo and distant retrograde orbits: direct, or with a burn close to the Moon."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, GM_MOON, MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import OrbitError
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers import _kernels
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.insertion import normal_at
from moonstation.transfers.lambert import solve_lambert_batch
from moonstation.transfers.launch import parking_state
from moonstation.transfers.moon import (
    LARGEST,
    LONGEST_FLIGHT,
    SHORTEST_FLIGHT,
    STEPS,
    Departure,
    Launched,
    first_guess,
    fit_launch,
    planes_over,
    to_periselene,
)

Way = Literal["direct", "flyby"]

CLOSE = 1.0
"""Miss of the insertion's place that is small enough [m]."""

LONGEST_AFTER = 7.0 * SECONDS_PER_DAY
"""From the burn close to the Moon to the insertion [s]."""

SHORTEST_AFTER = 0.5 * SECONDS_PER_DAY

OUTBOUND = SECONDS_PER_DAY * np.array([3.5, 4.0, 4.5, 5.0, 5.5])
AFTER = SECONDS_PER_DAY * np.arange(0.75, 6.1, 0.25)
ANGLES = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
"""First pass: times to the Moon and from it [s], and directions in which the Moon is passed [rad]."""

ARRIVAL_STEP = 3.0 * 3600.0

MOST_TRIALS = 90
"""Of a flight by the Moon in the full model, when its times and its plane are chosen."""


@dataclass(frozen=True, eq=False)
class PeriodicFlight:
    """A flight into an orbit that is held by Earth and Moon together, exact in the full model.

    Attributes
    ----------
    way : {"direct", "flyby"}
        With one burn on arrival, or with another at a periselene before.
    lift_off, departure, arrival : Epoch
        Launch, injection, and insertion.
    flyby : Epoch or None
        Of the burn at the periselene.
    coast : float
        In the parking orbit [s].
    inclination, raan, arg_latitude : float
        Parking orbit and the place of the injection on it, Earth's equator of date [rad].
    injection : float
        Impulse at the departure, along the motion [m/s].
    c3 : float
        Energy after it, about the Earth alone [m^2/s^2].
    flyby_altitude, flyby_burn : float
        Of the periselene over the 1737.4 km sphere [m], and its impulse [m/s]; NaN and 0 for a direct flight.
    insertion : float
        Impulse into the orbit [m/s].
    flyby_state : ndarray, shape (6,)
        After its burn, Moon-centred, ICRF axes [m, m/s]; NaN for a direct flight.
    arrival_state : ndarray, shape (6,)
        Before the insertion, Moon-centred, ICRF axes [m, m/s].
    """

    way: Way
    lift_off: Epoch
    departure: Epoch
    flyby: Epoch | None
    arrival: Epoch
    coast: float
    inclination: float
    raan: float
    arg_latitude: float
    injection: float
    c3: float
    flyby_altitude: float
    flyby_burn: float
    insertion: float
    flyby_state: FloatArray
    arrival_state: FloatArray

    @property
    def flight_time(self) -> float:
        """From the departure to the insertion [s]."""
        return self.arrival - self.departure

    @property
    def at_the_moon(self) -> float:
        """Both impulses after the departure [m/s]."""
        return self.flyby_burn + self.insertion


def fly_directly(
    start: Epoch,
    arrival: Epoch,
    departure: Departure,
    path: Trajectory,
    *,
    second_plane: bool = False,
) -> PeriodicFlight:
    """A flight with one burn on arrival, near a departure and an arrival, cheapest within half a day of that.

    Parameters
    ----------
    start : Epoch
        About when to depart; the lift-off that puts the site into the plane shifts it by up to 12 h.
    arrival : Epoch
        About when to arrive.
    departure : Departure
        Launch site and parking orbit.
    path : Trajectory
        Orbit to arrive in, as it is flown in the full model.
    second_plane : bool
        Which of the two planes that hold the inclination and the place of the insertion.

    Raises
    ------
    OrbitError
        If no flight is found; the message has the limit that was met.
    CoverageError
        If the kernels or the orbit do not reach over it.
    """
    t1, t2 = start.tdb_s, arrival.tdb_s
    space = Cislunar.over(t1 - SECONDS_PER_DAY, t2 + SECONDS_PER_DAY)
    guess = first_guess(space, t1, t2, departure, _aim(space, path, t2)[:3], second_plane=second_plane)
    inclination, near = float(guess[3]), guess[:3]

    def solve(begin: float, end: float, unknowns: FloatArray) -> FloatArray | None:
        aim = _aim(space, path, end)[:3]

        def miss(at: FloatArray) -> FloatArray | None:
            out = _leave(space, departure.radius, inclination, at)
            return space.fly(out, begin, end)[1][:3] - aim

        return correct(miss, unknowns, steps=STEPS, largest=LARGEST, small=CLOSE)

    def cost(end: float) -> float:
        found = solve(launched.departure, end, launched.unknowns)
        if found is None:
            return 1e6
        arrived = space.fly(_leave(space, departure.radius, inclination, found), launched.departure, end)[1]
        return float(found[2] + np.linalg.norm(arrived[3:] - _aim(space, path, end)[3:]))

    launched = fit_launch(lambda begin, at: solve(begin, t2, at), t1, t2, departure, inclination, near)
    bounds = (
        max(t2 - 0.5 * SECONDS_PER_DAY, launched.departure + SHORTEST_FLIGHT),
        min(t2 + 0.5 * SECONDS_PER_DAY, launched.departure + LONGEST_FLIGHT),
    )
    end = float(minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 600.0}).x)
    launched = fit_launch(
        lambda begin, at: solve(begin, end, at),
        launched.departure,
        end,
        departure,
        inclination,
        launched.unknowns,
    )
    arrived = space.fly(
        _leave(space, departure.radius, inclination, launched.unknowns), launched.departure, end
    )[1]
    return _flight(space, path, departure, inclination, launched, end, arrived - space.moon(end))


@dataclass(frozen=True, eq=False)
class Passage:
    """First choices of a flight by the Moon.

    Attributes
    ----------
    periselene, insertion : float
        When [TDB s past J2000].
    angle : float
        Of the angular momentum about the approach, from the Moon's pole: the side that is passed on [rad].
    second_plane : bool
        Which of the two planes of the parking orbit that hold its inclination and the Moon.
    after : ndarray, shape (3,)
        Velocity after the burn at the periselene, Moon-centred, ICRF axes [m/s].
    """

    periselene: float
    insertion: float
    angle: float
    second_plane: bool
    after: FloatArray


def fly_by_the_moon(
    start: Epoch,
    passage: Passage,
    departure: Departure,
    path: Trajectory,
    *,
    altitude: float,
) -> PeriodicFlight:
    """A flight with a burn at a periselene and one into the orbit, cheapest near first choices (`passages`).

    Parameters
    ----------
    start : Epoch
        About when to depart; the lift-off that puts the site into the plane shifts it by up to 12 h.
    passage : Passage
        First choices.
    departure : Departure
        Launch site and parking orbit.
    path : Trajectory
        Orbit to arrive in, as it is flown in the full model.
    altitude : float
        Of the periselene over the 1737.4 km sphere [m].

    Raises
    ------
    OrbitError
        If no flight is found; the message has the limit that was met.
    CoverageError
        If the kernels or the orbit do not reach over it.
    """
    t1 = start.tdb_s
    tp = passage.periselene
    space = Cislunar.over(t1 - SECONDS_PER_DAY, passage.insertion + 2.0 * SECONDS_PER_DAY)
    guess = first_guess(space, t1, tp, departure, space.moon(tp)[:3], second_plane=passage.second_plane)
    inclination = float(guess[3])

    def out(begin: float, end: float, angle: float, unknowns: FloatArray) -> FloatArray | None:
        return to_periselene(
            space,
            begin,
            end,
            departure.radius,
            inclination,
            unknowns,
            periapsis=MOON_RADIUS + altitude,
            normal=lambda asymptote, pole: normal_at(asymptote, pole, angle),
        )

    def arrive(unknowns: FloatArray, begin: float, end: float) -> tuple[float, FloatArray] | None:
        return space.fly_to(
            _leave(space, departure.radius, inclination, unknowns),
            begin,
            end + SECONDS_PER_DAY,
            to="periselene",
        )

    def onward(
        when: float, place: FloatArray, velocity: FloatArray, end: float
    ) -> tuple[FloatArray, FloatArray] | None:
        """Velocity after the burn and state at the insertion, both Moon-centred."""
        moon, aim = space.moon(when), _aim(space, path, end)[:3]

        def reach(v: FloatArray) -> FloatArray:
            return space.fly(np.concatenate([place, v]) + moon, when, end)[1]

        found = correct(
            lambda v: reach(v)[:3] - aim,
            velocity,
            steps=np.full(3, 1e-4),
            largest=np.full(3, 20.0),
            small=CLOSE,
        )
        return None if found is None else (found, reach(found) - space.moon(end))

    def whole(
        begin: float, choice: FloatArray, unknowns: FloatArray, velocity: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, FloatArray, float] | None:
        """Delta-v; unknowns, states before and after the burn and at the insertion, and time of the burn."""
        end, insertion, angle = choice
        solved = out(begin, end, angle, unknowns)
        reached = None if solved is None else arrive(solved, begin, end)
        if solved is None or reached is None:
            return None
        when, state = reached
        before = state - space.moon(when)
        try:
            way = onward(when, before[:3], velocity, insertion)
        except OrbitError:
            return None
        if way is None:
            return None
        after = np.concatenate([before[:3], way[0]])
        dv = float(
            solved[2]
            + np.linalg.norm(after[3:] - before[3:])
            + np.linalg.norm(_target(path, insertion)[3:] - way[1][3:])
        )
        return dv, solved, before, after, way[1], when

    choice = np.array([tp, passage.insertion, passage.angle])
    launched = fit_launch(
        lambda begin, at: out(begin, tp, passage.angle, at), t1, tp, departure, inclination, guess[:3]
    )
    found = whole(launched.departure, choice, launched.unknowns, passage.after)
    if found is None:
        raise OrbitError(
            f"flight by the Moon from {start.utc}: no way on from its periselene was found in the full model "
            "near the first pass; take another day"
        )
    best, chosen = found, choice

    def cost(scaled: FloatArray) -> float:
        nonlocal best, chosen
        at = choice + scaled * scale
        if not (
            SHORTEST_FLIGHT <= at[0] - launched.departure <= LONGEST_FLIGHT
            and SHORTEST_AFTER <= at[1] - at[0] <= LONGEST_AFTER
            and at[1] <= path.et[-1]
        ):
            return 1e6
        tried = whole(launched.departure, at, best[1], best[3][3:])
        if tried is None:
            return 1e6
        if tried[0] < best[0]:
            best, chosen = tried, at
        return tried[0]

    scale = np.array([7200.0, 10_800.0, 0.15])
    simplex = np.vstack([np.zeros(3), np.eye(3)])
    minimize(
        cost,
        np.zeros(3),
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": MOST_TRIALS, "xatol": 0.03, "fatol": 0.1},
    )
    launched = fit_launch(
        lambda begin, at: out(begin, float(chosen[0]), float(chosen[2]), at),
        launched.departure,
        float(chosen[0]),
        departure,
        inclination,
        best[1],
    )
    found = whole(launched.departure, chosen, launched.unknowns, best[3][3:])
    if found is None:
        raise OrbitError(
            f"flight by the Moon from {start.utc}: lost when the launch was fitted; take another day"
        )
    _, _, before, after, arrived, when = found
    return _flight(
        space, path, departure, inclination, launched, float(chosen[1]), arrived, (when, before, after)
    )


def _aim(space: Cislunar, path: Trajectory, et: float) -> FloatArray:
    """State of the orbit from the Earth (6,)."""
    result: FloatArray = _target(path, et) + space.moon(et)
    return result


def _target(path: Trajectory, et: float) -> FloatArray:
    result: FloatArray = path.state_icrf(np.array([et]))[0]
    return result


def _leave(space: Cislunar, radius: float, inclination: float, at: FloatArray) -> FloatArray:
    speed = np.sqrt(GM_EARTH / radius) + at[2]
    return parking_state(space.pole, inclination, at[0], at[1], radius=radius, speed=speed)


def _flight(
    space: Cislunar,
    path: Trajectory,
    departure: Departure,
    inclination: float,
    launched: Launched,
    end: float,
    arrived: FloatArray,
    passed: tuple[float, FloatArray, FloatArray] | None = None,
) -> PeriodicFlight:
    raan, place, impulse = (float(value) for value in launched.unknowns)
    speed = np.sqrt(GM_EARTH / departure.radius) + impulse
    return PeriodicFlight(
        way="direct" if passed is None else "flyby",
        lift_off=Epoch.from_tdb_s(launched.lift_off),
        departure=Epoch.from_tdb_s(launched.departure),
        flyby=None if passed is None else Epoch.from_tdb_s(passed[0]),
        arrival=Epoch.from_tdb_s(end),
        coast=launched.coast,
        inclination=inclination,
        raan=raan % (2.0 * np.pi),
        arg_latitude=place % (2.0 * np.pi),
        injection=impulse,
        c3=float(speed**2 - 2.0 * GM_EARTH / departure.radius),
        flyby_altitude=np.nan if passed is None else float(np.linalg.norm(passed[1][:3])) - MOON_RADIUS,
        flyby_burn=0.0 if passed is None else float(np.linalg.norm(passed[2][3:] - passed[1][3:])),
        insertion=float(np.linalg.norm(_target(path, end)[3:] - arrived[3:])),
        flyby_state=np.full(6, np.nan) if passed is None else passed[2],
        arrival_state=arrived,
    )


def direct_choices(
    day: float, departure: Departure, path: Trajectory, space: Cislunar
) -> list[tuple[float, float, bool]]:
    """First pass for a departure: (delta-v, arrival, second plane) of the best arrival in each plane, by conics."""
    arrivals = np.arange(day + SHORTEST_FLIGHT, day + LONGEST_FLIGHT, ARRIVAL_STEP)
    states = path.state_icrf(arrivals) + space.sky.state_icrf("moon", arrivals, center="earth")
    radial, across, impulse, out = _conics(day, arrivals, states[:, :3], departure)
    choices = []
    for second, normal in enumerate(planes_over(states[:, :3], space.pole, departure)[1]):
        velocity = radial[:, None] * out + across[:, None] * np.cross(normal, out)
        value = impulse + np.linalg.norm(velocity - states[:, 3:], axis=1)
        if np.isfinite(value).any():
            best = int(np.nanargmin(value))
            choices.append((float(value[best]), float(arrivals[best]), bool(second)))
    return choices


def _conics(
    day: float, arrivals: FloatArray, places: FloatArray, departure: Departure
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Speeds outward and across on arrival, impulse at the departure, and directions (n, 3), of conics to places."""
    distance = np.ascontiguousarray(np.linalg.norm(places, axis=1))
    arcs = np.empty((1, arrivals.size, 2))
    _kernels.perigee_grid(np.array([day]), arrivals, departure.radius, distance, GM_EARTH, 0, 1, arcs)
    e, angle = arcs[0, :, 0], arcs[0, :, 1]
    p = departure.radius * (1.0 + e)
    radial = np.sqrt(GM_EARTH / p) * e * np.sin(angle)
    impulse = np.sqrt(GM_EARTH / departure.radius) * (np.sqrt(1.0 + e) - 1.0)
    return radial, np.sqrt(GM_EARTH * p) / distance, impulse, places / distance[:, None]


def passages(
    day: float, departure: Departure, path: Trajectory, space: Cislunar, *, altitude: float
) -> list[tuple[float, Passage]]:
    """First pass for a departure: (delta-v, choices) of the best passage in each plane.

    A conic about the Earth to the Moon's place, a hyperbola about the Moon, and from its periselene a conic about the
    Moon to the orbit, over times and the side that the Moon is passed on.
    """
    periselenes = day + OUTBOUND
    moon = space.sky.state_icrf("moon", periselenes, center="earth")
    poles = space.sky.rotation_icrf_to_me(periselenes)[:, 2]
    radial, across, impulse, out = _conics(day, periselenes, moon[:, :3], departure)
    radius = MOON_RADIUS + altitude
    choices = []
    for second, normals in enumerate(planes_over(moon[:, :3], space.pole, departure)[1]):
        excess = radial[:, None] * out + across[:, None] * np.cross(normals, out) - moon[:, 3:]
        best: tuple[float, Passage] | None = None
        for k in np.flatnonzero(np.isfinite(excess).all(axis=1)):
            v_inf = float(np.linalg.norm(excess[k]))
            asymptote = excess[k] / v_inf
            e = 1.0 + radius * v_inf**2 / GM_MOON
            speed = np.sqrt(v_inf**2 + 2.0 * GM_MOON / radius)
            ends = periselenes[k] + AFTER
            goal = path.state_icrf(ends)
            for angle in ANGLES:
                normal = normal_at(asymptote, poles[k], angle)
                # from S = (p + sqrt(e^2 - 1) q) / e with q = h x p
                place = (asymptote + np.sqrt(e * e - 1.0) * np.cross(asymptote, normal)) / e
                before = speed * np.cross(normal, place)
                v1, v2 = solve_lambert_batch(
                    np.tile(radius * place, (ends.size, 1)),
                    goal[:, :3],
                    tof=AFTER,
                    gm=GM_MOON,
                    axis=normal,
                )
                value = np.linalg.norm(v1 - before, axis=1) + np.linalg.norm(v2 - goal[:, 3:], axis=1)
                if not np.isfinite(value).any():
                    continue
                i = int(np.nanargmin(value))
                total = float(value[i] + impulse[k])
                if best is None or total < best[0]:
                    best = (
                        total,
                        Passage(float(periselenes[k]), float(ends[i]), float(angle), bool(second), v1[i]),
                    )
        if best is not None:
            choices.append(best)
    return choices
