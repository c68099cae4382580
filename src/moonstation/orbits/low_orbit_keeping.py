"""Keeping a low orbit in shape: a pair of burns a month takes back what the mascons did to its eccentricity."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.frozen import MONTH, SAMPLES_PER_REVOLUTION, eccentricity_vectors
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

YEAR = 365.25 * 86_400.0


@dataclass(frozen=True, eq=False)
class LowOrbitKeeping:
    """A low orbit kept in shape.

    Attributes
    ----------
    et : FloatArray
        Epochs of the burns (n,) [TDB s past J2000].
    delta_v : FloatArray
        Burns (n,) [m/s], along (+) or against (-) the velocity.
    lowest, highest : float
        Altitudes over the whole span [m].
    span : float
        [s]
    """

    et: FloatArray
    delta_v: FloatArray
    lowest: float
    highest: float
    span: float

    @property
    def yearly(self) -> float:
        """Cost by year [m/s]."""
        return float(np.abs(self.delta_v).sum() * YEAR / self.span)


def keep_low_orbit(
    elements: Elements,
    *,
    epoch: Epoch,
    cycles: int = 13,
    cycle: float = MONTH,
    degree: int = 70,
    deadband: float = 0.0,
    progress: Callable[[float], None] | None = None,
) -> LowOrbitKeeping:
    """Fly a low orbit for cycles of a sidereal month, its eccentricity brought back after each.

    What the field does to eccentricity and periapsis over a month is nearly the same each month. A pair of burns along
    the velocity, half a revolution apart and of opposite signs, moves the eccentricity vector by four times their
    share of the speed and leaves the size of the orbit (the scheme of the Lunar Reconnaissance Orbiter: Beckman and
    Lamb 2007, Stationkeeping for the Lunar Reconnaissance Orbiter). Each cycle begins where the field takes the vector
    through the target at half time.

    Parameters
    ----------
    elements : Elements
        At the epoch, in mean-Earth axes of the epoch; its eccentricity vector is the target, the middle of the loop.
    epoch : Epoch
        When.
    cycles : int
        How many.
    cycle : float
        Time between pairs of burns [s].
    degree : int
        Of the gravity field.
    deadband : float
        Pairs under this are left out [m/s].
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    OrbitError
        If the orbit meets the ground; says when.
    RequestError
        If there is no cycle, or the orbit is not a low one.
    """
    if cycles < 1 or not cycle > 86_400.0:
        raise RequestError(f"{cycles} cycles of {cycle / 86_400.0:g} d: give one or more of more than a day")
    if elements.apoapsis_altitude > 0.5 * MOON_RADIUS:
        raise RequestError(
            f"apoapsis altitude {elements.apoapsis_altitude / 1e3:g} km: this keeps orbits under "
            f"{0.5e-3 * MOON_RADIUS:g} km; keep others to a reference"
        )
    gravity = load_gravity(degree)
    period = elements.period()
    state = elements_to_state(elements, axes="ME", epoch=epoch)
    now = epoch.tdb_s

    def fly(state: FloatArray, et: float, duration: float) -> Trajectory:
        return propagate(
            state, epoch=Epoch.from_tdb_s(et), duration=duration, gravity=gravity, name="the kept orbiter"
        )

    target = elements.eccentricity * np.array(
        [np.cos(elements.arg_periapsis), np.sin(elements.arg_periapsis)]
    )
    epochs: list[float] = []
    burns: list[float] = []
    lowest, highest = np.inf, -np.inf
    # the first cycle too goes through the target at half time
    drift = _drift(fly(state, now, cycle), period)[1]
    vector = target - 0.5 * drift
    started = Elements(
        elements.semi_major_axis,
        float(np.hypot(*vector)),
        elements.inclination,
        elements.raan,
        float(np.arctan2(vector[1], vector[0])),
        elements.true_anomaly,
    )
    state = elements_to_state(started, axes="ME", epoch=epoch)
    for number in range(cycles):
        flight = fly(state, now, cycle)
        extremes = flight.altitude_extremes
        lowest, highest = min(lowest, extremes.lowest), max(highest, extremes.highest)
        end, drift = _drift(flight, period)
        change = target - 0.5 * drift - end
        now, state = float(flight.et[-1]), flight.states_icrf[-1]
        if progress is not None:
            progress((number + 1) / cycles)
        speed = float(np.linalg.norm(state[3:]))
        size = 0.25 * speed * float(np.hypot(*change))
        if 2.0 * size < deadband:
            continue
        latitude = float(np.arctan2(change[1], change[0]))
        for turn, sign in ((0.0, 1.0), (np.pi, -1.0)):
            leg = fly(state, now, 1.1 * period)
            when = _reach_latitude(leg, latitude + turn, period)
            state = leg.state_icrf(np.array([when]))[0]
            state[3:] *= 1.0 + sign * size / np.linalg.norm(state[3:])
            now = when
            epochs.append(when)
            burns.append(sign * size)
    if lowest < 0.0:
        raise OrbitError(f"the kept orbiter dips to {lowest / 1e3:.1f} km; raise it")
    return LowOrbitKeeping(
        np.array(epochs), np.array(burns), float(lowest), float(highest), now - epoch.tdb_s
    )


def _drift(flight: Trajectory, period: float) -> tuple[FloatArray, FloatArray]:
    """Mean eccentricity vector of the last revolution, and how far it has come since the first."""
    end = _mean_vector(flight, float(flight.et[-1]) - period, period)
    return end, end - _mean_vector(flight, float(flight.et[0]), period)


def _mean_vector(flight: Trajectory, begin: float, period: float) -> FloatArray:
    et = begin + period * (np.arange(SAMPLES_PER_REVOLUTION) + 0.5) / SAMPLES_PER_REVOLUTION
    return np.asarray(eccentricity_vectors(flight.state_icrf(et), et).mean(axis=0))


def _reach_latitude(flight: Trajectory, latitude: float, period: float) -> float:
    """When an argument of latitude is next reached [TDB s past J2000]; a near-circular orbit runs through it evenly."""
    when = float(flight.et[0])
    for _ in range(6):
        left = (latitude - _argument_of_latitude(flight, when) + np.pi) % (2.0 * np.pi) - np.pi
        if when == flight.et[0] and left < 0.0:
            left += 2.0 * np.pi
        when = float(np.clip(when + left / (2.0 * np.pi) * period, flight.et[0], flight.et[-1]))
    return when


def _argument_of_latitude(flight: Trajectory, et: float) -> float:
    state = flight.state_icrf(np.array([et]))[0]
    pole = default_ephemeris().rotation_icrf_to_me(np.array([et]))[0, 2]
    normal = np.cross(state[:3], state[3:])
    node = np.cross(pole, normal)
    across = np.cross(normal / np.linalg.norm(normal), node)
    return float(np.arctan2(state[:3] @ across, state[:3] @ node))
