"""Low orbits whose shape stands still: frozen eccentricity and argument of the periapsis."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON, MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch

MONTH = 27.321_661_55 * 86_400.0
"""Sidereal month [s]: after it the same ground turns under the orbit (Seidelmann 1992, table 15.3)."""

SAMPLES_PER_REVOLUTION = 24

FROZEN = 1e-4
"""Motion of the mean eccentricity vector from one month to the next that counts as none: 0.2 km of altitude."""

MOST_STEPS = 12

LEAST_ALTITUDE = 10_900.0
"""Lowest altitude of a frozen orbit [m]: the highest ground of the Moon is 10.8 km up (Smith et al. 2010)."""


@dataclass(frozen=True)
class FrozenOrbit:
    """A frozen orbit and how still it stands.

    Attributes
    ----------
    elements : Elements
        Osculating, at the epoch, in the Moon's mean-Earth axes of the epoch.
    epoch : Epoch
        When.
    eccentricity, arg_periapsis : float
        Mean over the first sidereal month; [rad].
    drift : float
        By how much the mean eccentricity vector moves to the next month.
    trajectory : Trajectory
        The two months that this rests on.
    """

    elements: Elements
    epoch: Epoch
    eccentricity: float
    arg_periapsis: float
    drift: float
    trajectory: Trajectory


def eccentricity_vectors(
    states_icrf: FloatArray, et: FloatArray, *, gm: float = GM_MOON, ephemeris: Ephemeris | None = None
) -> FloatArray:
    """Osculating e cos w and e sin w of states, the argument w from the node on the Moon's equator of date.

    Parameters
    ----------
    states_icrf : FloatArray
        (n, 6) [m, m/s], Moon-centred, ICRF axes.
    et : FloatArray
        Epochs (n,) [TDB s past J2000].
    gm : float
        [m^3/s^2].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    FloatArray
        (n, 2)
    """
    sky = default_ephemeris() if ephemeris is None else ephemeris
    r, v = states_icrf[:, :3], states_icrf[:, 3:]
    pole = sky.rotation_icrf_to_me(et)[:, 2]
    normal = np.cross(r, v)
    towards = np.cross(v, normal) / gm - r / np.linalg.norm(r, axis=1)[:, None]
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    node = np.cross(pole, normal)
    node /= np.linalg.norm(node, axis=1)[:, None]
    across = np.cross(normal, node)
    return np.stack([np.sum(towards * node, axis=1), np.sum(towards * across, axis=1)], axis=1)


def monthly_eccentricity(trajectory: Trajectory, months: int) -> FloatArray:
    """Mean e cos w and e sin w over each of the first sidereal months of a trajectory, shape (months, 2)."""
    begin = float(trajectory.et[0])
    radius = float(np.linalg.norm(trajectory.states_icrf[0, :3]))
    revolution = 2.0 * np.pi * np.sqrt(radius**3 / GM_MOON)
    count = int(np.ceil(MONTH / revolution)) * SAMPLES_PER_REVOLUTION
    et = begin + MONTH * (np.arange(months * count) + 0.5) / count
    vectors = eccentricity_vectors(trajectory.state_icrf(et), et)
    return np.asarray(vectors.reshape(months, count, 2).mean(axis=1))


def find_frozen_orbit(
    *,
    semi_major_axis: float,
    inclination: float,
    epoch: Epoch,
    raan: float = 0.0,
    north: bool = False,
    degree: int = 50,
    progress: Callable[[float], None] | None = None,
) -> FrozenOrbit:
    """The frozen orbit of a size and inclination, in the full model.

    Newton's method on the drift of the mean eccentricity vector between two sidereal months, each the time in which
    the ground turns once under the orbit. Argument of the periapsis at 90 or 270 deg: frozen orbits of the zonal field
    stand there (Park and Junkins 1995; Folta and Quinn 2006, AIAA 2006-6749).

    Parameters
    ----------
    semi_major_axis : float
        [m]
    inclination : float
        To the Moon's equator of the epoch [rad].
    epoch : Epoch
        When.
    raan : float
        Longitude of the ascending node in mean-Earth axes of the epoch [rad].
    north : bool
        Begin the search with the periapsis over the north; over the south if not.
    degree : int
        Of the gravity field.
    progress : callable, optional
        Called with a rough share done, 0 to 1.

    Raises
    ------
    OrbitError
        If none is found; says how near the search came.
    RequestError
        If the orbit is not a low one.
    """
    if not MOON_RADIUS + 20e3 <= semi_major_axis <= 2.0 * MOON_RADIUS:
        raise RequestError(
            f"frozen orbit: mean altitude {(semi_major_axis - MOON_RADIUS) / 1e3:g} km; give 20 to "
            f"{MOON_RADIUS / 1e3:g} km"
        )
    flown = 0

    def fly(vector: FloatArray) -> tuple[Trajectory, FloatArray]:
        nonlocal flown
        flown += 1
        if progress is not None:
            progress(min(flown / (3.0 * 4.0), 0.99))
        start = elements_to_state(
            _elements(semi_major_axis, inclination, raan, vector), axes="ME", epoch=epoch
        )
        flight = propagate(
            start,
            epoch=epoch,
            duration=2.0 * MONTH + 1.0,
            degree=degree,
            name="the frozen orbit",
            ground=False,
        )
        return flight, monthly_eccentricity(flight, 2)

    vector = np.array([0.0, 0.02 if north else -0.02])
    step = 2e-3
    best = np.inf
    for _ in range(MOST_STEPS):
        flight, means = fly(vector)
        drift = means[1] - means[0]
        best = min(best, float(np.hypot(*drift)))
        if np.hypot(*drift) < FROZEN:
            _require_clear(flight, semi_major_axis, inclination)
            return FrozenOrbit(
                elements=_elements(semi_major_axis, inclination, raan, vector),
                epoch=epoch,
                eccentricity=float(np.hypot(*means[0])),
                arg_periapsis=float(np.arctan2(means[0, 1], means[0, 0]) % (2.0 * np.pi)),
                drift=float(np.hypot(*drift)),
                trajectory=flight,
            )
        slopes = np.empty((2, 2))
        for k in range(2):
            moved = vector.copy()
            moved[k] += step if moved[k] < 0.0 else -step
            means = fly(moved)[1]
            slopes[:, k] = (means[1] - means[0] - drift) / (moved[k] - vector[k])
        change = np.linalg.solve(slopes, -drift)
        size = float(np.hypot(*change))
        vector = vector + change * min(1.0, 0.02 / size)
    raise OrbitError(
        f"no frozen orbit found at a mean altitude of {(semi_major_axis - MOON_RADIUS) / 1e3:g} km and "
        f"{np.degrees(inclination):g} deg: the eccentricity still moves by {best:.2g} a month; try another inclination"
    )


def _require_clear(flight: Trajectory, semi_major_axis: float, inclination: float) -> None:
    low = flight.altitude_extremes.lowest
    if low < LEAST_ALTITUDE:
        raise OrbitError(
            f"no frozen orbit at a mean altitude of {(semi_major_axis - MOON_RADIUS) / 1e3:g} km and "
            f"{np.degrees(inclination):g} deg stays clear of the ground: it would dip to {low / 1e3:.0f} km; raise it "
            "or turn its plane"
        )


def _elements(a: float, inclination: float, raan: float, vector: FloatArray) -> Elements:
    e = float(np.hypot(*vector))
    argument = float(np.arctan2(vector[1], vector[0]) % (2.0 * np.pi))
    return Elements(a, e, inclination, raan, argument, (1.5 * np.pi - argument) % (2.0 * np.pi))
