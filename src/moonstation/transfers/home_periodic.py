"""Flights home from halo, near-rectilinear halo and distant retrograde orbits: direct, or with a burn by the Moon."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON, MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import OrbitError
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import Cislunar, correct
from moonstation.transfers.home import (
    LONGEST,
    SHORTEST,
    STEEPER,
    Entry,
    Met,
    first_arc,
    home_plane,
    periselene_out,
    to_entry,
)
from moonstation.transfers.insertion import normal_at
from moonstation.transfers.lambert import solve_lambert_batch
from moonstation.transfers.periodic import ANGLES, LONGEST_AFTER, SHORTEST_AFTER, Way

HOMEWARD = SECONDS_PER_DAY * np.array([3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0])
BEFORE = SECONDS_PER_DAY * np.arange(0.75, 6.1, 0.25)
"""First pass: times from the Moon to the perigee, and from the orbit to the Moon [s]."""

LEAVE_STEP = 3.0 * 3600.0
"""Steps in which the departure is sought within a day [s]."""

CLOSE = 1.0
"""Miss of the orbit that is small enough [m]."""

GOALS = 8
"""Goals between where a first guess leads and the right one, where that is out of Newton's reach."""

MOST_TRIALS = 90
"""Of a flight in the full model, when its times and the side of its passage are chosen."""

SIDES = (0.0, 0.15, -0.15, 0.3, -0.3)
"""Changes of the side that is passed on, tried in turn where the first choice leads to no flight [rad]: where the orbit
lies just opposite to the periselene, no small change of velocity there shifts it across.
"""


@dataclass(frozen=True, eq=False)
class PeriodicHomeFlight:
    """A flight from an orbit held by Earth and Moon together to the Earth's air, exact in the full model.

    Attributes
    ----------
    way : {"direct", "flyby"}
        With the one burn that leaves the orbit, or with another at a periselene.
    departure, entry : Epoch
        Burn that leaves the orbit, and the interface.
    flyby : Epoch or None
        Of the burn at the periselene.
    departure_burn, flyby_burn : float
        Impulses [m/s]; the second is 0 for a direct flight.
    flyby_altitude : float
        Of the periselene over the 1737.4 km sphere [m]; NaN for a direct flight.
    speed, flight_path_angle : float
        At the interface, in axes that do not turn [m/s], [rad].
    inclination : float
        Of the last arc to the Earth's equator [rad].
    lat, lon : float
        Geocentric, of the interface [rad].
    departure_state, flyby_state : ndarray, shape (6,)
        After each burn, Moon-centred, ICRF axes [m, m/s]; the second is NaN for a direct flight.
    approach_state : ndarray, shape (6,)
        Before the burn at the periselene, likewise.
    passage : HomePassage or None
        What was chosen in the end, to begin flights alike with; None for a direct flight.
    """

    way: Way
    departure: Epoch
    flyby: Epoch | None
    entry: Epoch
    departure_burn: float
    flyby_burn: float
    flyby_altitude: float
    speed: float
    flight_path_angle: float
    inclination: float
    lat: float
    lon: float
    departure_state: FloatArray
    flyby_state: FloatArray
    approach_state: FloatArray
    passage: "HomePassage | None"

    @property
    def flight_time(self) -> float:
        """From the orbit to the interface [s]."""
        return self.entry - self.departure

    @property
    def delta_v(self) -> float:
        """Both impulses [m/s]."""
        return self.departure_burn + self.flyby_burn


Whole = tuple[float, FloatArray, Met, FloatArray, FloatArray, FloatArray, FloatArray]
"""Delta-v; excess, entry, states after both burns and before the second, and where that would come from."""


@dataclass(frozen=True, eq=False)
class HomePassage:
    """First choices of a way home by the Moon.

    Attributes
    ----------
    departure, periselene, perigee : float
        When [TDB s past J2000]; the perigee as if there were no air.
    angle : float
        Of the angular momentum about the way out, from the Moon's pole: the side that is passed on [rad].
    second_plane : bool
        Which of the two planes about the Earth that have the inclination.
    axis : ndarray, shape (3,)
        About which the way to the Moon turns, ICRF axes.
    far : ndarray, shape (3,)
        Where that way would begin if the Moon alone pulled, Moon-centred, ICRF axes [m].
    """

    departure: float
    periselene: float
    perigee: float
    angle: float
    second_plane: bool
    axis: FloatArray
    far: FloatArray


def home_passages(
    day: float, path: Trajectory, space: Cislunar, meet: Entry, *, altitude: float
) -> list[tuple[float, HomePassage]]:
    """First pass for a day that begins at `day`: (delta-v, choices), the cheapest of each time of passage, in order.

    A conic about the Moon from the orbit to the periselene, a hyperbola out, and from the Moon's place a conic about
    the Earth to the entry; over times, planes and the side that the Moon is passed on.
    """
    starts = day + np.arange(0.0, SECONDS_PER_DAY, LEAVE_STEP)
    leaving = path.state_icrf(starts)
    radius = MOON_RADIUS + altitude
    choices = []
    for periselene in starts[-1] + BEFORE:
        best: tuple[float, HomePassage] | None = None
        moon, pole = space.moon(periselene), space.moon_pole(periselene)
        out = moon[:3] / np.linalg.norm(moon[:3])
        lean = abs(float(np.arcsin(out @ space.pole)))
        inclination = lean + STEEPER if meet.inclination is None else meet.inclination
        if not lean <= inclination <= np.pi - lean:
            continue
        for homeward in HOMEWARD:
            (down, across), _ = first_arc(float(np.linalg.norm(moon[:3])), meet, float(homeward))
            for second in (False, True):
                normal = home_plane(space.pole, out, inclination, second)
                excess = -down * out + across * np.cross(normal, out) - moon[3:]
                for angle in ANGLES:
                    turn = normal_at(excess / np.linalg.norm(excess), pole, float(angle))
                    after = periselene_out(radius, excess, turn)
                    v1, v2 = solve_lambert_batch(
                        leaving[:, :3],
                        np.tile(after[:3], (starts.size, 1)),
                        tof=periselene - starts,
                        gm=GM_MOON,
                        axis=turn,
                    )
                    value = np.linalg.norm(v1 - leaving[:, 3:], axis=1) + np.linalg.norm(
                        after[3:] - v2, axis=1
                    )
                    if not np.isfinite(value).any():
                        continue
                    i = int(np.nanargmin(value))
                    if best is None or value[i] < best[0]:
                        choice = HomePassage(
                            float(starts[i]),
                            float(periselene),
                            float(periselene + homeward),
                            float(angle),
                            second,
                            turn,
                            leaving[i, :3],
                        )
                        best = float(value[i]), choice
        if best is not None:
            choices.append(best)
    return sorted(choices, key=lambda held: held[0])


def fly_home_by_the_moon(
    passage: HomePassage,
    path: Trajectory,
    *,
    altitude: float,
    entry: Entry | None = None,
    keep_times: bool = False,
) -> PeriodicHomeFlight:
    """A flight home with a burn out of the orbit and one at a periselene, cheapest near first choices.

    Parameters
    ----------
    passage : HomePassage
        First choices (`home_passages`).
    path : Trajectory
        Orbit that it leaves, as it is flown in the full model.
    altitude : float
        Of the periselene over the 1737.4 km sphere [m].
    entry : Entry, optional
        How the air is to be met.
    keep_times : bool
        Whether the three times stay as they are, and only the side of the passage is chosen.

    Raises
    ------
    OrbitError
        If no flight is found; the message has the limit that was met.
    CoverageError
        If the kernels or the orbit do not reach over it.

    Notes
    -----
    The way from the Moon home is solved first (`home.to_entry`), then, flown backward, the one from the orbit to
    where that begins: three components of a velocity for three of a place.
    """
    from scipy.optimize import minimize

    meet = entry or Entry()
    begin = Epoch.from_tdb_s(passage.departure)
    space = Cislunar.over(passage.departure - 2.0 * SECONDS_PER_DAY, passage.perigee + 2.0 * SECONDS_PER_DAY)
    radius, axis = MOON_RADIUS + altitude, passage.axis

    def whole(choice: FloatArray, excess: FloatArray | None, far: FloatArray) -> Whole:
        t0, tp, te, angle = (float(value) for value in choice)
        pole = space.moon_pole(tp)

        def leave(away: FloatArray) -> FloatArray:
            return periselene_out(radius, away, normal_at(away / np.linalg.norm(away), pole, angle))

        away, met = to_entry(space, tp, te, leave, meet, second_plane=passage.second_plane, near=excess)
        after = leave(away)
        moon, goal = space.moon(tp), path.state_icrf(np.array([t0]))[0]
        aim = goal[:3] + space.moon(t0)[:3]

        def approach(far: FloatArray) -> FloatArray:
            # the unknown is where the Moon alone would have it come from: where it does come from is nearly linear in
            # that, and not at all in its velocity so near the Moon
            v = solve_lambert_batch(far, after[:3], tof=tp - t0, gm=GM_MOON, axis=axis)[1][0]
            return np.concatenate([after[:3], v])

        def reach(far: FloatArray) -> FloatArray | None:
            start = approach(far)
            flown = space.try_fly(start + moon, tp, t0) if np.isfinite(start).all() else None
            return None if flown is None else flown[:3] - aim

        found = _meet(reach, far)
        if found is None:
            raise OrbitError(
                f"flight home from {begin.utc}: no way from the {path.name} to its periselene was found in the full "
                "model near the first pass; take another day"
            )
        left = space.fly(approach(found) + moon, tp, t0)[1] - space.moon(t0)
        dv = float(np.linalg.norm(left[3:] - goal[3:]) + np.linalg.norm(after[3:] - approach(found)[3:]))
        return dv, away, met, left, after, approach(found), found

    choice = np.array([passage.departure, passage.periselene, passage.perigee, passage.angle])
    best, chosen = _first_that_works(choice, lambda at: whole(at, None, passage.far))
    first = chosen
    scale = np.array([7200.0, 7200.0, 10_800.0, 0.15])
    free = np.array([3]) if keep_times else np.arange(4)

    def cost(scaled: FloatArray) -> float:
        nonlocal best, chosen
        at = first.copy()
        at[free] += scaled * scale[free]
        if not (
            SHORTEST_AFTER <= at[1] - at[0] <= LONGEST_AFTER
            and SHORTEST <= at[2] - at[1] <= LONGEST
            and path.et[0] <= at[0] <= path.et[-1]
        ):
            return 1e6
        try:
            tried = whole(at, best[1], best[6])
        except OrbitError:
            return 1e6
        if tried[0] < best[0]:
            best, chosen = tried, at
        return tried[0]

    size = free.size
    minimize(
        cost,
        np.zeros(size),
        method="Nelder-Mead",
        options={
            "initial_simplex": np.vstack([np.zeros(size), np.eye(size)]),
            "maxfev": MOST_TRIALS,
            "xatol": 0.03,
            "fatol": 0.1,
        },
    )
    _, _, met, left, after, before, far = best
    left_at, passed_at, perigee, angle = (float(value) for value in chosen)
    return PeriodicHomeFlight(
        way="flyby",
        departure=Epoch.from_tdb_s(left_at),
        flyby=Epoch.from_tdb_s(passed_at),
        entry=met.entry,
        departure_burn=float(np.linalg.norm(left[3:] - path.state_icrf(chosen[:1])[0, 3:])),
        flyby_burn=float(np.linalg.norm(after[3:] - before[3:])),
        flyby_altitude=altitude,
        speed=met.speed,
        flight_path_angle=met.flight_path_angle,
        inclination=met.inclination,
        lat=met.lat,
        lon=met.lon,
        departure_state=left,
        flyby_state=after,
        approach_state=before,
        passage=HomePassage(
            left_at, passed_at, perigee, angle, passage.second_plane, np.cross(before[:3], before[3:]), far
        ),
    )


def _first_that_works(choice: FloatArray, whole: Callable[[FloatArray], Whole]) -> tuple[Whole, FloatArray]:
    trouble: OrbitError | None = None
    for side in SIDES:
        at = choice + np.array([0.0, 0.0, 0.0, side])
        try:
            return whole(at), at
        except OrbitError as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


def _meet(reach: Callable[[FloatArray], FloatArray | None], guess: FloatArray) -> FloatArray | None:
    """Place (3,) that misses by nothing; where Newton's method fails, by way of goals ever nearer to the right one."""
    settings = {"steps": np.full(3, 1e3), "largest": np.full(3, 3e7)}
    found = correct(reach, guess, **settings, small=CLOSE)
    first = reach(guess) if found is None else None
    if first is None:
        return found
    found = guess
    for share in np.linspace(1.0, 0.0, GOALS + 1)[1:]:

        def part(v: FloatArray, still: FloatArray = share * first) -> FloatArray | None:
            missed = reach(v)
            return None if missed is None else missed - still

        found = correct(part, found, **settings, small=CLOSE if share == 0.0 else 1e3 * CLOSE)
        if found is None:
            return None
    return found


def fly_home_directly(
    start: Epoch,
    path: Trajectory,
    *,
    flight_time: float,
    entry: Entry | None = None,
    second_plane: bool = False,
) -> PeriodicHomeFlight:
    """A flight home with the one burn that leaves the orbit.

    Parameters
    ----------
    start : Epoch
        When it leaves.
    path : Trajectory
        Orbit that it leaves, as it is flown in the full model.
    flight_time : float
        To the (vacuum) perigee [s].
    entry : Entry, optional
        How the air is to be met.
    second_plane : bool
        Which of the two planes about the Earth that have the inclination.

    Raises
    ------
    OrbitError
        If there is no such flight; the message has the limit that was met.
    CoverageError
        If the kernels or the orbit do not reach over it.
    """
    t1 = start.tdb_s
    space = Cislunar.over(t1 - SECONDS_PER_DAY, t1 + flight_time + 2.0 * SECONDS_PER_DAY)
    from_orbit = path.state_icrf(np.array([t1]))[0]

    def leave(velocity: FloatArray) -> FloatArray:
        return np.concatenate([from_orbit[:3], velocity])

    velocity, met = to_entry(
        space,
        t1,
        t1 + flight_time,
        leave,
        entry or Entry(),
        second_plane=second_plane,
        place=from_orbit[:3],
    )
    return PeriodicHomeFlight(
        way="direct",
        departure=start,
        flyby=None,
        entry=met.entry,
        departure_burn=float(np.linalg.norm(velocity - from_orbit[3:])),
        flyby_burn=0.0,
        flyby_altitude=np.nan,
        speed=met.speed,
        flight_path_angle=met.flight_path_angle,
        inclination=met.inclination,
        lat=met.lat,
        lon=met.lon,
        departure_state=leave(velocity),
        flyby_state=np.full(6, np.nan),
        approach_state=np.full(6, np.nan),
        passage=None,
    )
