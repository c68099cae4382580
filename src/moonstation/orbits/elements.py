"""Keplerian elements of orbits about the Moon, and the states that they stand for."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch

Axes = Literal["ICRF", "ME"]
"""Axes that angles refer to: ICRF, or the Moon's mean-Earth axes held still at the epoch (its equator of
date)."""

CIRCULAR = 1e-11
"""Eccentricity and sine of inclination below which the direction of periapsis or node means nothing."""


@dataclass(frozen=True)
class Elements:
    """Osculating Keplerian elements.

    Attributes
    ----------
    semi_major_axis : float
        [m]
    eccentricity : float
        0 <= e < 1.
    inclination : float
        Of the orbit to the plane x, y of the axes [rad], 0 to pi.
    raan : float
        Longitude of the ascending node from the x axis [rad].
    arg_periapsis : float
        From the node to the periapsis [rad].
    true_anomaly : float
        From the periapsis to the orbiter [rad].
    """

    semi_major_axis: float
    eccentricity: float
    inclination: float
    raan: float
    arg_periapsis: float
    true_anomaly: float

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if not np.isfinite(value):
                raise RequestError(
                    f"orbital elements: {key.replace('_', ' ')} is {value}; give a finite number"
                )
        if not 0.0 <= self.eccentricity < 1.0:
            raise OrbitError(f"eccentricity {self.eccentricity:g}: give 0 or more and less than 1")
        if self.semi_major_axis <= 0.0:
            raise OrbitError(f"semi-major axis {self.semi_major_axis:g} m: give a positive number of metres")
        if not 0.0 <= self.inclination <= np.pi:
            raise RequestError(
                f"inclination {np.degrees(self.inclination):g} deg: give between 0 and 180 deg"
            )

    @classmethod
    def from_altitudes(
        cls,
        periapsis_altitude: float,
        apoapsis_altitude: float,
        *,
        inclination: float,
        raan: float = 0.0,
        arg_periapsis: float = 0.0,
        true_anomaly: float = 0.0,
    ) -> "Elements":
        """Elements from heights [m] over the 1737.4 km sphere and angles [rad].

        Raises
        ------
        OrbitError
            If the periapsis is under ground or above the apoapsis.
        """
        if not periapsis_altitude > 0.0:
            raise OrbitError(
                f"periapsis altitude {periapsis_altitude / 1e3:g} km is under the 1737.4 km sphere; raise it"
            )
        if apoapsis_altitude < periapsis_altitude:
            raise OrbitError(
                f"apoapsis altitude {apoapsis_altitude / 1e3:g} km is below the periapsis altitude "
                f"{periapsis_altitude / 1e3:g} km; swap them"
            )
        low, high = MOON_RADIUS + periapsis_altitude, MOON_RADIUS + apoapsis_altitude
        return cls(
            (low + high) / 2.0, (high - low) / (high + low), inclination, raan, arg_periapsis, true_anomaly
        )

    @property
    def periapsis_altitude(self) -> float:
        """Height of the periapsis over the 1737.4 km sphere [m]."""
        return self.semi_major_axis * (1.0 - self.eccentricity) - MOON_RADIUS

    @property
    def apoapsis_altitude(self) -> float:
        """Height of the apoapsis over the 1737.4 km sphere [m]."""
        return self.semi_major_axis * (1.0 + self.eccentricity) - MOON_RADIUS

    def period(self, *, gm: float = GM_MOON) -> float:
        """Time of one revolution [s] about a body of parameter `gm` [m^3/s^2]."""
        return float(2.0 * np.pi * np.sqrt(self.semi_major_axis**3 / gm))


def elements_to_state(
    elements: Elements,
    *,
    axes: Axes = "ICRF",
    epoch: Epoch | None = None,
    ephemeris: Ephemeris | None = None,
    gm: float = GM_MOON,
) -> FloatArray:
    """State of an orbiter from its elements.

    Parameters
    ----------
    elements : Elements
        Osculating elements.
    axes : {"ICRF", "ME"}
        Axes that the angles refer to. "ME" is the Moon's mean-Earth frame as it stands at `epoch`, held
        still: the inclination is to the Moon's equator, and velocity is not that over the turning ground.
    epoch : Epoch, optional
        Needed with "ME".
    ephemeris : Ephemeris, optional
        Gives the Moon's orientation; the packaged one if not given.
    gm : float
        Gravitational parameter [m^3/s^2].

    Returns
    -------
    FloatArray
        State (6,) [m, m/s], Moon-centred, ICRF axes.

    Raises
    ------
    RequestError
        If the axes are unknown, or are "ME" and no epoch is given.
    """
    a, e = elements.semi_major_axis, elements.eccentricity
    parameter = a * (1.0 - e * e)
    cos_nu, sin_nu = np.cos(elements.true_anomaly), np.sin(elements.true_anomaly)
    turn = _perifocal(elements.raan, elements.inclination, elements.arg_periapsis)
    r = parameter / (1.0 + e * cos_nu) * (turn @ np.array([cos_nu, sin_nu, 0.0]))
    v = np.sqrt(gm / parameter) * (turn @ np.array([-sin_nu, e + cos_nu, 0.0]))
    to_axes = _rotation_icrf_to(axes, epoch, ephemeris)
    return np.concatenate([to_axes.T @ r, to_axes.T @ v])


def state_to_elements(
    state_icrf: FloatArray,
    *,
    axes: Axes = "ICRF",
    epoch: Epoch | None = None,
    ephemeris: Ephemeris | None = None,
    gm: float = GM_MOON,
) -> Elements:
    """Osculating elements of a state; the reverse of `elements_to_state`, with the same arguments.

    Angles lie in 0 to 2 pi. A circular orbit counts its anomaly from the node, an equatorial one its
    node at x.

    Raises
    ------
    OrbitError
        If the state is not a bound orbit, or moves straight up or down.
    RequestError
        As for `elements_to_state`.
    """
    state = np.asarray(state_icrf, dtype=np.float64).ravel()
    if state.shape != (6,) or not np.isfinite(state).all():
        raise RequestError("state: give six finite numbers, position [m] and velocity [m/s]")
    to_axes = _rotation_icrf_to(axes, epoch, ephemeris)
    r, v = to_axes @ state[:3], to_axes @ state[3:]
    radius = float(np.linalg.norm(r))
    momentum = np.cross(r, v)
    h = float(np.linalg.norm(momentum))
    energy = float(v @ v) / 2.0 - gm / radius if radius > 0.0 else np.inf
    if energy >= 0.0:
        raise OrbitError(
            "state is not a bound orbit about the Moon; give metres and m/s relative to the Moon"
        )
    if h <= 1e-12 * radius * np.sqrt(gm / radius):
        raise OrbitError(
            "state moves straight towards or away from the Moon and has no orbital plane; turn it"
        )
    towards = np.cross(v, momentum) / gm - r / radius
    e = float(np.linalg.norm(towards))
    normal = momentum / h
    inclination = float(np.arctan2(np.hypot(normal[0], normal[1]), normal[2]))
    equatorial = np.hypot(normal[0], normal[1]) < CIRCULAR
    node = np.array([1.0, 0.0, 0.0]) if equatorial else np.array([-normal[1], normal[0], 0.0])
    node /= np.linalg.norm(node)
    across = np.cross(normal, node)
    start = node if e < CIRCULAR else towards / e
    arg_periapsis = np.arctan2(start @ across, start @ node)
    true_anomaly = np.arctan2(r @ np.cross(normal, start), r @ start)
    return Elements(
        semi_major_axis=float(-gm / (2.0 * energy)),
        eccentricity=0.0 if e < CIRCULAR else e,
        inclination=inclination,
        raan=float(np.arctan2(node[1], node[0]) % (2.0 * np.pi)),
        arg_periapsis=float(arg_periapsis % (2.0 * np.pi)),
        true_anomaly=float(true_anomaly % (2.0 * np.pi)),
    )


def _perifocal(raan: float, inclination: float, arg_periapsis: float) -> FloatArray:
    """Rotation (3, 3) to the reference axes from perifocal ones: x to the periapsis, z along the momentum."""

    def about_z(angle: float) -> FloatArray:
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])

    c, s = np.cos(inclination), np.sin(inclination)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return np.asarray(about_z(raan) @ about_x @ about_z(arg_periapsis))


def _rotation_icrf_to(axes: str, epoch: Epoch | None, ephemeris: Ephemeris | None) -> FloatArray:
    if axes == "ICRF":
        return np.eye(3)
    if axes != "ME":
        raise RequestError(f"axes {axes!r}: give 'ICRF' or 'ME'")
    if epoch is None:
        raise RequestError("axes 'ME' turn with the Moon: give the epoch at which the elements hold")
    sky = default_ephemeris() if ephemeris is None else ephemeris
    return np.asarray(sky.rotation_icrf_to_me(np.array([epoch.tdb_s]))[0])
