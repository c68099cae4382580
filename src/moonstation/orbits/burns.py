"""Manoeuvres: sudden changes of velocity, and engines that burn for a while."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import STANDARD_GRAVITY
from moonstation.errors import RequestError
from moonstation.orbits import _force_kernels
from moonstation.spacetime.epochs import Epoch

BurnAxes = Literal["ICRF", "RTN", "VNB"]
"""Axes of a manoeuvre: inertial; outward, along and across the orbit (radial, transverse, normal); along the
velocity, along the orbital momentum, and the cross product of the two."""

Center = Literal["moon", "earth"]

AXES = {"ICRF": _force_kernels.ICRF, "RTN": _force_kernels.RTN, "VNB": _force_kernels.VNB}
CENTERS = {"moon": _force_kernels.ABOUT_MOON, "earth": _force_kernels.ABOUT_EARTH}


@dataclass(frozen=True)
class Impulse:
    """A sudden change of velocity.

    Attributes
    ----------
    epoch : Epoch
        When.
    delta_v : tuple of float
        Change of velocity (3,) [m/s] in `axes`.
    axes : {"RTN", "VNB", "ICRF"}
        Axes, of the motion just before the impulse.
    about : {"moon", "earth"}
        Body whose orbiter's motion gives the axes.
    isp : float, optional
        Specific impulse [s], by which mass is used up; without it mass stays.
    """

    epoch: Epoch
    delta_v: tuple[float, float, float]
    axes: BurnAxes = "RTN"
    about: Center = "moon"
    isp: float | None = None

    def __post_init__(self) -> None:
        _check("impulse", self.delta_v, self.axes, self.about, self.isp)

    @property
    def begin(self) -> float:
        """Epoch [TDB s past J2000]."""
        return self.epoch.tdb_s

    end = begin


@dataclass(frozen=True)
class Burn:
    """An engine of constant thrust that burns for a while.

    Attributes
    ----------
    epoch : Epoch
        Begin.
    duration : float
        How long [s].
    thrust : float
        [N]
    isp : float
        Specific impulse [s].
    direction : tuple of float
        Direction in which it pushes (3,), of any length, in `axes`, which turn with the motion.
    axes : {"VNB", "RTN", "ICRF"}
        Axes.
    about : {"moon", "earth"}
        Body whose orbiter's motion gives the axes.
    """

    epoch: Epoch
    duration: float
    thrust: float
    isp: float
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)
    axes: BurnAxes = "VNB"
    about: Center = "moon"

    def __post_init__(self) -> None:
        _check("burn", self.direction, self.axes, self.about, self.isp)
        for name, value in (("duration", self.duration), ("thrust", self.thrust)):
            if not (np.isfinite(value) and value > 0.0):
                raise RequestError(f"burn: {name} is {value}; give a positive number")
        if not np.linalg.norm(self.direction) > 0.0:
            raise RequestError("burn: direction has no length; give a vector such as (1, 0, 0)")

    @property
    def begin(self) -> float:
        """Begin [TDB s past J2000]."""
        return self.epoch.tdb_s

    @property
    def end(self) -> float:
        """End [TDB s past J2000]."""
        return self.epoch.tdb_s + self.duration

    @property
    def mass_flow(self) -> float:
        """Propellant per time [kg/s]."""
        return self.thrust / (self.isp * STANDARD_GRAVITY)


Manoeuvre = Impulse | Burn


@dataclass(frozen=True, eq=False)
class Flown:
    """A manoeuvre as it was flown.

    Attributes
    ----------
    manoeuvre : Impulse or Burn
    begin, end : float
        Epochs [TDB s past J2000]; equal for an impulse.
    before, after : FloatArray
        States (6,) [m, m/s], Moon-centred, ICRF axes.
    mass_before, mass_after : float
        [kg]; not a number where no mass was given.
    delta_v : float
        Change of velocity that the engine gave [m/s].
    """

    manoeuvre: Manoeuvre
    begin: float
    end: float
    before: FloatArray
    after: FloatArray
    mass_before: float
    mass_after: float
    delta_v: float


def _check(kind: str, vector: tuple[float, ...], axes: str, about: str, isp: float | None) -> None:
    if np.shape(vector) != (3,) or not np.isfinite(vector).all():
        raise RequestError(f"{kind}: give three finite numbers as vector, not {vector}")
    if axes not in AXES:
        raise RequestError(f"{kind}: axes '{axes}' are unknown; give ICRF, RTN or VNB")
    if about not in CENTERS:
        raise RequestError(f"{kind}: about '{about}' is unknown; give moon or earth")
    if isp is not None and not (np.isfinite(isp) and isp > 0.0):
        raise RequestError(f"{kind}: specific impulse is {isp} s; give a positive number of seconds")


def impulse_icrf(impulse: Impulse, state: FloatArray, earth: FloatArray) -> FloatArray:
    """Change of velocity (3,) [m/s], ICRF axes, of an impulse in a state (6,), with the Earth's state (6,), both
    Moon-centred.
    """
    motion = state - earth if impulse.about == "earth" else np.asarray(state)
    out = np.empty(3)
    vector = np.array(impulse.delta_v, dtype=np.float64)
    _force_kernels.inertial_direction(
        AXES[impulse.axes], np.ascontiguousarray(motion[:3]), np.ascontiguousarray(motion[3:]), vector, out
    )
    return out


def impulse_jacobian(impulse: Impulse, state: FloatArray, earth: FloatArray) -> FloatArray:
    """Derivative (6, 6) of the state after an impulse by the state before, by central differences.

    The axes turn with the motion, hence the differences; a thousandth of a millionth of the motion as offset leaves
    1e-7 of the change of velocity.
    """
    result = np.eye(6)
    if impulse.axes == "ICRF":
        return result
    motion = state - earth if impulse.about == "earth" else state
    sizes = np.repeat([np.linalg.norm(motion[:3]), np.linalg.norm(motion[3:])], 3) * 1e-5
    for i, size in enumerate(sizes):
        step = np.zeros(6)
        step[i] = size
        forth, back = (impulse_icrf(impulse, state + sign * step, earth) for sign in (1.0, -1.0))
        result[3:, i] += (forth - back) / (2.0 * size)
    return result


def order_manoeuvres(
    manoeuvres: tuple[Manoeuvre, ...], *, et0: float, et1: float, mass: float | None, who: str
) -> list[Manoeuvre]:
    """Manoeuvres in the order in which a flight from et0 to et1 meets them.

    Raises
    ------
    RequestError
        If one lies outside of the span or in another, needs a mass that is not given, or cannot be undone going
        backward.
    """
    first, last = min(et0, et1), max(et0, et1)
    ordered = sorted(manoeuvres, key=lambda one: one.begin)
    until = first
    for one in ordered:
        when = one.epoch.utc
        if not (first <= one.begin and one.end <= last):
            raise RequestError(
                f"{who}: manoeuvre at {when} lies outside of the flight; move it or fly longer"
            )
        if one.begin < until:
            raise RequestError(f"{who}: manoeuvre at {when} begins before another ends; move one of them")
        if one.isp is not None and mass is None:
            raise RequestError(f"{who}: manoeuvre at {when} uses up mass; give the mass at the start in kg")
        if isinstance(one, Impulse) and one.axes != "ICRF" and et1 < et0:
            raise RequestError(
                f"{who}: impulse at {when} is in {one.axes} axes, which going backward are not known before it is "
                "undone; give it in ICRF axes"
            )
        until = one.end
    return ordered if et1 >= et0 else ordered[::-1]
