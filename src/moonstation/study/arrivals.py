"""Arrivals at a site: Sun and Earth when a flight reaches the Moon, and the first landing with both in the plane."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.constants import MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.study.places import Place
from moonstation.sunlight.light import site_light
from moonstation.transfers.moon import MoonFlight

STEP = 1800.0
"""Between the moments looked at [s]: the Moon turns by 0.3 deg meanwhile."""


APPROACH = 50e3
"""Way before the site over which the ground should be lit, for the craft to see where it comes down [m]."""


@dataclass(frozen=True)
class LandingRules:
    """When a lander may come down.

    Attributes
    ----------
    sun_elevation : tuple of float or None
        Range for the Sun's centre at the site [rad], which must be seen over the terrain as well; None for any of the
        disc over the terrain.
    earth_visible : bool
        Whether the Earth must be seen over the terrain.
    cross_track : float
        Largest angle between the site and the orbit's plane [rad]: what the descent can fly aside.
    approach_lit : bool
        Whether the Sun's centre must stand over a level horizon at the place that the approach flies over
        `APPROACH` before the site.
    earliest, latest : float
        After the insertion [s].
    """

    sun_elevation: tuple[float, float] | None = None
    earth_visible: bool = False
    cross_track: float = np.radians(2.0)
    approach_lit: bool = False
    earliest: float = 1.0 * SECONDS_PER_DAY
    latest: float = 30.0 * SECONDS_PER_DAY

    def __post_init__(self) -> None:
        if not 0.0 <= self.earliest < self.latest:
            raise RequestError("landing: the latest time after the insertion must be above the earliest")
        if not 0.0 < self.cross_track <= np.pi / 2.0:
            raise RequestError(
                f"landing {np.degrees(self.cross_track):g} deg beside the plane: give 0 to 90 deg"
            )


@dataclass(frozen=True)
class SiteArrival:
    """What a flight finds at a site.

    Attributes
    ----------
    sun_elevation, earth_elevation : float
        At the arrival [rad].
    sun_fraction, earth_fraction : float
        Seen shares of both discs over the terrain at the arrival.
    landing : Epoch or None
        First moment at which the rules hold; None if they do not in time.
    landing_earth_elevation, landing_earth_fraction : float
        Earth at the landing: elevation [rad], and share of its disc over the terrain.
    landing_sun_elevation, landing_sun_beside : float
        Sun at the landing: elevation, and azimuth less the heading of the approach in (-pi, pi] [rad]; 0 ahead, pi
        behind.
    approach_sun_elevation : float
        Sun over the level horizon `APPROACH` before the site at the landing [rad].
    limit : str
        Without a landing: the rule that was not met.
    """

    sun_elevation: float
    earth_elevation: float
    sun_fraction: float
    earth_fraction: float
    landing: Epoch | None
    landing_sun_elevation: float
    landing_sun_beside: float
    approach_sun_elevation: float
    landing_earth_elevation: float
    landing_earth_fraction: float
    limit: str


def site_arrivals(flights: Sequence[MoonFlight], place: Place, rules: LandingRules) -> list[SiteArrival]:
    """Sun, Earth and first landing of each flight.

    The orbit's plane is held still against the stars from the arrival on (a low polar orbit keeps it to a degree or
    so a
    month); the Moon turns the site through it.

    Raises
    ------
    CoverageError
        If the kernels do not reach over the landings.
    """
    return [_arrival(flight, place, rules) for flight in flights]


def _arrival(flight: MoonFlight, place: Place, rules: LandingRules) -> SiteArrival:
    begin = flight.arrival.tdb_s
    et = np.concatenate([[begin], np.arange(begin + rules.earliest, begin + rules.latest, STEP)])
    light = site_light(place.site, et)
    horizon = place.ground.horizon
    sun = light.sun_fraction(horizon, place.height)
    earth = light.earth_fraction(horizon, place.height)
    aside, heading = _track(flight, place, et)
    tests: list[tuple[str, BoolArray]] = [
        ("the orbit's plane does not come near enough", aside <= rules.cross_track)
    ]
    if rules.sun_elevation is None:
        tests.append(("the Sun is not seen while the plane is near", sun > 0.0))
    else:
        low, high = rules.sun_elevation
        fits = (light.elevation >= low) & (light.elevation <= high)
        tests.append(
            (
                "the Sun is not at the elevation asked for while the plane is near; its highest then is "
                f"{_highest(light.elevation, aside <= rules.cross_track):.1f} deg",
                fits,
            )
        )
        tests.append(("the Sun is behind the terrain then", sun > 0.0))
    # seen from a place before the site, the Sun stands higher by what lies between, if it is behind the approach
    between = APPROACH / MOON_RADIUS
    before = np.arcsin(
        np.sin(light.elevation) * np.cos(between)
        - np.cos(light.elevation) * np.cos(light.azimuth - heading) * np.sin(between)
    )
    if rules.approach_lit:
        tests.append(("the ground under the approach is dark then", before > 0.0))
    if rules.earth_visible:
        tests.append(("the Earth is not seen then", earth > 0.0))
    good = np.ones(et.size, dtype=bool)
    # the first moment is the arrival itself, no landing
    good[0] = False
    limit = ""
    for text, test in tests:
        good &= test
        if not good.any():
            limit = text
            break
    at = int(np.argmax(good)) if not limit else 0
    beside = float((light.azimuth[at] - heading[at] + np.pi) % (2.0 * np.pi) - np.pi)
    return SiteArrival(
        sun_elevation=float(light.elevation[0]),
        earth_elevation=float(light.earth_elevation[0]),
        sun_fraction=float(sun[0]),
        earth_fraction=float(earth[0]),
        landing=Epoch.from_tdb_s(float(et[at])) if not limit else None,
        landing_sun_elevation=float(light.elevation[at]) if not limit else np.nan,
        landing_sun_beside=beside if not limit else np.nan,
        approach_sun_elevation=float(before[at]) if not limit else np.nan,
        landing_earth_elevation=float(light.earth_elevation[at]) if not limit else np.nan,
        landing_earth_fraction=float(earth[at]) if not limit else np.nan,
        limit=limit,
    )


def _highest(elevation: FloatArray, near: BoolArray) -> float:
    """Highest of elevations [rad] where it counts [deg]."""
    return float(np.degrees(elevation[near].max())) if near.any() else np.nan


def _track(flight: MoonFlight, place: Place, et: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Angle between the site and the orbit's plane, and heading of the orbit over the site [rad], at each time."""
    normal = np.cross(flight.arrival_state[:3], flight.arrival_state[3:])
    normal_me = default_ephemeris().rotation_icrf_to_me(et) @ (normal / np.linalg.norm(normal))
    east, north, up = place.site.enu_me
    along = np.cross(normal_me, up)
    return np.abs(np.arcsin(np.clip(normal_me @ up, -1.0, 1.0))), np.arctan2(along @ east, along @ north)
