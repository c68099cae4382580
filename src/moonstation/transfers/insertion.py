"""Arrival at the Moon: approach, plane, and what the orbit costs."""

from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON, MOON_RADIUS
from moonstation.errors import RequestError

THREE_IMPULSE_PERIOD = 24.0 * 3600.0
"""Period of the orbit between, in which the plane is turned at the far end [s].

Longer ones are not safe from the Earth's pull without a study of their own.
"""

HIGHEST_APOAPSIS = 60e6
"""Over the ground [m]. Beyond its Hill sphere, 61,500 km, the Moon holds no orbit that two bodies alone would tell."""

PLANE_TOLERANCE = np.radians(0.05)


@dataclass(frozen=True)
class LunarOrbit:
    """Orbit to arrive at.

    Attributes
    ----------
    periapsis_altitude, apoapsis_altitude : float
        Over the 1737.4 km sphere [m].
    inclination : float or None
        To the Moon's equator [rad]; None for whatever the approach gives.
    south : bool
        Whether the periapsis shall lie in the south, where the inclination leaves the choice: flights then pass south
        of the
        Moon's centre. A relay with its apoapsis over the south wants False.
    """

    periapsis_altitude: float = 100e3
    apoapsis_altitude: float = 100e3
    inclination: float | None = np.pi / 2.0
    south: bool = True

    def __post_init__(self) -> None:
        if not self.periapsis_altitude > 0.0:
            raise RequestError(
                f"orbit of the Moon {self.periapsis_altitude / 1e3:g} km up: give a height above ground"
            )
        if self.apoapsis_altitude < self.periapsis_altitude:
            raise RequestError(
                f"orbit of the Moon: apoapsis {self.apoapsis_altitude / 1e3:g} km is below periapsis "
                f"{self.periapsis_altitude / 1e3:g} km; swap them"
            )
        if not self.apoapsis_altitude <= HIGHEST_APOAPSIS:
            raise RequestError(
                f"orbit of the Moon: apoapsis {self.apoapsis_altitude / 1e3:g} km is too far for the Moon to hold it; "
                f"give {HIGHEST_APOAPSIS / 1e3:g} km at most, or a halo or distant retrograde orbit"
            )
        if self.inclination is not None and not 0.0 <= self.inclination <= np.pi:
            raise RequestError(
                f"orbit of the Moon: inclination {np.degrees(self.inclination):g} deg; give 0 to 180 deg"
            )

    @property
    def periapsis(self) -> float:
        """Radius of the periapsis [m]."""
        return MOON_RADIUS + self.periapsis_altitude

    @property
    def periapsis_speed(self) -> float:
        """Speed at the periapsis [m/s]."""
        apoapsis = MOON_RADIUS + self.apoapsis_altitude
        return float(np.sqrt(2.0 * GM_MOON * apoapsis / (self.periapsis * (self.periapsis + apoapsis))))


@dataclass(frozen=True)
class Insertion:
    """What an orbit costs on arrival.

    Attributes
    ----------
    delta_v : float
        All impulses [m/s].
    impulses : int
        One, or three where the plane is turned far out.
    turn : float
        Angle that the plane is turned by [rad].
    """

    delta_v: float
    impulses: int
    turn: float


DESCENT_ORBIT = 100e3
"""Height of the round orbit that published descents begin in [m]."""


def descent_lowering(orbit: LunarOrbit) -> float:
    """Delta-v from an orbit to the round one that published descents begin in [m/s], by two impulses at apsides.

    The first, at the apoapsis, brings the periapsis to that height, the second makes the orbit round there.
    """
    far, low = MOON_RADIUS + orbit.apoapsis_altitude, MOON_RADIUS + DESCENT_ORBIT

    def speed(at: float, other: float) -> float:
        return float(np.sqrt(2.0 * GM_MOON * other / (at * (at + other))))

    first = abs(speed(far, orbit.periapsis) - speed(far, low))
    return first + abs(speed(low, far) - speed(low, low))


def insertion(orbit: LunarOrbit, v_inf: float, declination: float) -> Insertion:
    """Cheapest way into an orbit from an approach.

    Parameters
    ----------
    orbit : LunarOrbit
        Where to.
    v_inf : float
        Excess speed [m/s].
    declination : float
        Of the approach's direction of motion to the Moon's equator [rad]: inclinations from this to half a turn less
        this
        are met without a turn of the plane; the node is free.

    Notes
    -----
    A turn is made with the one impulse at the periselene, or by three: into an ellipse of 24 h, the turn at its far
    end, down at the periselene; the cheaper is taken. Apsides are taken to lie on the line of nodes, so a turn is a
    lower
    bound.
    """
    lean = abs(declination)
    wanted = orbit.inclination
    turn = 0.0 if wanted is None else max(0.0, lean - min(wanted, np.pi - wanted))
    fast = np.sqrt(v_inf**2 + 2.0 * GM_MOON / orbit.periapsis)
    slow = orbit.periapsis_speed
    if turn < PLANE_TOLERANCE:
        return Insertion(float(fast - slow), 1, 0.0)
    at_once = float(np.sqrt(fast**2 + slow**2 - 2.0 * fast * slow * np.cos(turn)))
    axis = (GM_MOON * (THREE_IMPULSE_PERIOD / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0)
    far = 2.0 * axis - orbit.periapsis
    between = np.sqrt(GM_MOON * (2.0 / orbit.periapsis - 1.0 / axis))
    there = between * orbit.periapsis / far
    in_three = float(fast - between + 2.0 * there * np.sin(0.5 * turn) + abs(between - slow))
    return Insertion(at_once, 1, turn) if at_once <= in_three else Insertion(in_three, 3, turn)


def approach_normal(
    asymptote: FloatArray, pole: FloatArray, inclination: float | None, *, south: bool
) -> FloatArray:
    """Direction of the angular momentum (3,) for an approach along an asymptote and an inclination.

    Of the two planes, `south` takes the one that passes south of the Moon's centre, seen along the asymptote; that
    holds on
    the way in and on the way out. Where the inclination cannot be met without a turn, the nearest that can be.
    """
    lean = float(asymptote @ pole)
    up = pole - lean * asymptote
    up /= np.linalg.norm(up)
    beside = np.cross(asymptote, up)
    # h . pole = cos(alpha) |up part|, and that is cos(inclination)
    largest = np.sqrt(max(1.0 - lean**2, 0.0))
    cosine = 1.0 if inclination is None else float(np.clip(np.cos(inclination) / largest, -1.0, 1.0))
    sine = np.sqrt(1.0 - cosine**2)
    # the side passed on is that of B = S x h
    choices = [cosine * up + sign * sine * beside for sign in (1.0, -1.0)]
    heights = [float(np.cross(asymptote, h) @ pole) for h in choices]
    result: FloatArray = choices[int(np.argmin(heights) if south else np.argmax(heights))]
    return result


def normal_at(asymptote: FloatArray, pole: FloatArray, angle: float) -> FloatArray:
    """Direction of the angular momentum (3,) of a hyperbola, by its angle from the Moon's pole about the asymptote."""
    up = pole - (asymptote @ pole) * asymptote
    up /= np.linalg.norm(up)
    result: FloatArray = np.cos(angle) * up + np.sin(angle) * np.cross(asymptote, up)
    return result


def b_plane(r: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray, float] | None:
    """Incoming asymptote, B vector [m] and excess speed of a hyperbola about the Moon; None if bound."""
    radius = float(np.linalg.norm(r))
    energy = float(v @ v) / 2.0 - GM_MOON / radius
    if energy <= 0.0:
        return None
    v_inf = np.sqrt(2.0 * energy)
    h = np.cross(r, v)
    e = np.cross(v, h) / GM_MOON - r / radius
    size = float(np.linalg.norm(e))
    p = e / size
    q = np.cross(h / np.linalg.norm(h), p)
    # on the way in: S = (p + sqrt(e^2 - 1) q) / e
    asymptote = (p + np.sqrt(size**2 - 1.0) * q) / size
    return asymptote, np.cross(asymptote, h) / v_inf, float(v_inf)
