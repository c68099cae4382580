"""Windows: when the Sun and the Earth stand at a site as a user wants them.

Edges are found by root finding, so that they do not depend on a step; windows and gaps between samples are found too.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.directions import Directions, angular_radius, apparent_directions
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.events import clip, find_intervals, intersect
from moonstation.spacetime.sites import Site
from moonstation.sunlight.eclipse import separation
from moonstation.sunlight.statistics import iso_seconds
from moonstation.terrain.horizons import Horizon

SKY_TURN = 2.0 * math.pi / (29.530589 * SECONDS_PER_DAY)
"""Mean turn of the Sun around the sky [rad/s], by the synodic month."""

LONGEST_STEP = 600.0
SHORTEST_STEP = 30.0
ECLIPSE_STEP = 7200.0
"""Sun and Earth draw together and apart once a month, smoothly [s]."""

TOLERANCE = 0.1
"""How closely edges are found [s]."""

Range = tuple[float, float]
"""Lowest and highest elevation [rad]; infinite where there is no bound."""


@dataclass(frozen=True)
class Conditions:
    """What must hold at every instant of a window; all that are given must hold together.

    Attributes
    ----------
    sun_elevation, earth_elevation : tuple of float, optional
        Lowest and highest elevation of the centre above the local horizontal [rad], infinite where open.
    lit : bool
        Whether the Sun must stand above the terrain.
    disc : "any" or "whole"
        How much of the Sun's disc counts as light, for `lit` and `lit_for`; an eclipse by the Earth darkens too.
    lit_for : float
        The site must stay lit for this long from each instant of the window on [s]: a window then holds the instants
        at which a lander may arrive.
    dark_at_most : float
        Dark spells that last no longer than this [s] count as light, for `lit` and `lit_for`.
    earth_visible : bool
        Whether the Earth's centre must stand above the terrain.
    at_least : float
        Windows shorter than this are left out [s].

    Raises
    ------
    RequestError
        If no condition is given, a range is upside down, or a time is negative.
    """

    sun_elevation: Range | None = None
    earth_elevation: Range | None = None
    lit: bool = False
    disc: Literal["any", "whole"] = "any"
    lit_for: float = 0.0
    dark_at_most: float = 0.0
    earth_visible: bool = False
    at_least: float = 0.0

    def __post_init__(self) -> None:
        if not (self.sun_elevation or self.earth_elevation or self.needs_light or self.earth_visible):
            raise RequestError(
                "no condition is given; give one or more of --sun-elevation, --lit, --fully-lit, --lit-for, "
                "--earth-elevation, --earth-visible"
            )
        for name, bounds in (("Sun", self.sun_elevation), ("Earth", self.earth_elevation)):
            if bounds is not None and not bounds[0] < bounds[1]:
                raise RequestError(
                    f"elevation of the {name} from {math.degrees(bounds[0]):g} to {math.degrees(bounds[1]):g} deg: "
                    "the range is upside down; give the lower bound first"
                )
        for name, value in (
            ("--lit-for", self.lit_for),
            ("--dark-at-most", self.dark_at_most),
            ("--at-least", self.at_least),
        ):
            if not (value >= 0.0 and math.isfinite(value)):
                raise RequestError(f"{name} {value:g} s: give a length of time above zero")

    @property
    def needs_light(self) -> bool:
        """Whether the Sun must stand above the terrain, at once or for a while."""
        return self.lit or self.lit_for > 0.0

    @property
    def needs_terrain(self) -> bool:
        """Whether the windows rest on the terrain around the site."""
        return self.needs_light or self.earth_visible

    def words(self) -> list[str]:
        """Each condition in words."""
        found = []
        if self.sun_elevation is not None:
            found.append(f"Sun {_range_words(self.sun_elevation)}")
        if self.needs_light:
            text = f"{'any' if self.disc == 'any' else 'the whole'} of the Sun's disc above the terrain"
            text += f" for {_length(self.lit_for)} from the start on" if self.lit_for else ""
            text += f", dark spells of up to {_length(self.dark_at_most)} aside" if self.dark_at_most else ""
            found.append(text)
        if self.earth_elevation is not None:
            found.append(f"Earth {_range_words(self.earth_elevation)}")
        if self.earth_visible:
            found.append("Earth's centre above the terrain")
        if self.at_least:
            found.append(f"windows of {_length(self.at_least)} or more")
        return found


def find_windows(
    site: Site,
    horizon: Horizon,
    conditions: Conditions,
    start: float,
    stop: float,
    *,
    height: float,
    ephemeris: Ephemeris | None = None,
    progress: Callable[[float], None] | None = None,
) -> FloatArray:
    """Intervals in which all conditions hold.

    Parameters
    ----------
    site : Site
        The place.
    horizon : Horizon
        Its terrain horizon.
    conditions : Conditions
        What must hold.
    start, stop : float
        Span, TDB seconds past J2000. `lit_for` and `dark_at_most` look beyond it.
    height : float
        Of the observer above the ground [m], within those of the horizon.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    ndarray, shape (n, 2)
        Begins and ends, TDB seconds past J2000, disjoint and in order, clipped to the span; edges to 0.1 s.

    Raises
    ------
    RequestError
        If the span is empty, or the horizon does not hold for the height.
    CoverageError
        If the ephemeris does not reach over the span and what `lit_for` and `dark_at_most` add to it.

    Notes
    -----
    The horizon is linear between azimuths, so the Sun's clearance has a kink at each of them; samples are taken three
    to the time in which the Sun crosses from one to the next, within 30 s and 10 min (a table of more than 7,000
    azimuths would need closer ones), so that no kink hides a window between samples.
    """
    if not stop > start:
        raise RequestError(f"windows from {start} to {stop} s: the span must end after it begins")
    before = conditions.dark_at_most if conditions.needs_light else 0.0
    after = before + conditions.lit_for
    source = ephemeris or default_ephemeris()
    source.require(start - before - 3600.0, stop + after)
    sky = _Sky(site, horizon, height, source)
    searches: list[Callable[[], FloatArray]] = []
    if conditions.sun_elevation is not None:
        searches += sky.between("sun", conditions.sun_elevation, start, stop)
    if conditions.earth_elevation is not None:
        searches += sky.between("earth", conditions.earth_elevation, start, stop)
    if conditions.earth_visible:
        searches.append(lambda: sky.earth_up(start, stop))
    if conditions.needs_light:
        searches.append(
            lambda: _arrivals(
                sky.lit(start - before, stop + after, conditions.disc),
                conditions.dark_at_most,
                conditions.lit_for,
            )
        )
    found = np.array([[start, stop]])
    for done, search in enumerate(searches):
        found = intersect(found, search())
        if progress is not None:
            progress((done + 1) / len(searches))
    found = clip(found, start, stop)
    result: FloatArray = found[found[:, 1] - found[:, 0] >= conditions.at_least]
    return result


def windows_frame(site: Site, windows: FloatArray, *, start: float, stop: float) -> pd.DataFrame:
    """Windows as a table.

    Parameters
    ----------
    site : Site
        The place.
    windows : (n, 2) array
        As `find_windows` gives them.
    start, stop : float
        The span searched, TDB seconds past J2000.

    Returns
    -------
    pandas.DataFrame
        ``start_utc``, ``end_utc`` (ISO text, to the second), ``duration_s``, ``sun_elevation_start_deg``,
        ``sun_elevation_end_deg``, ``earth_elevation_start_deg``, ``earth_elevation_end_deg``, ``clipped`` (reaches an
        end of the span, so may be longer).
    """
    edges = np.asarray(windows, dtype=np.float64).reshape(-1, 2)
    columns: dict[str, object] = {
        "start_utc": iso_seconds(edges[:, 0]),
        "end_utc": iso_seconds(edges[:, 1]),
        "duration_s": np.round(edges[:, 1] - edges[:, 0], 1),
    }
    for body in ("sun", "earth"):
        for name, et in (("start", edges[:, 0]), ("end", edges[:, 1])):
            seen = apparent_directions(site, body, et).elevation if et.size else np.empty(0)
            columns[f"{body}_elevation_{name}_deg"] = np.round(np.degrees(seen), 4) + 0.0
    columns["clipped"] = (edges[:, 0] <= start) | (edges[:, 1] >= stop)
    return pd.DataFrame(columns)


class _Sky:
    """Sun and Earth over a site, as intervals."""

    def __init__(self, site: Site, horizon: Horizon, height: float, ephemeris: Ephemeris) -> None:
        self._site, self._horizon, self._height, self._ephemeris = site, horizon, height, ephemeris
        horizon.profile(height)  # refuses a height that it does not hold for, whatever is asked
        crossing = 2.0 * math.pi / horizon.azimuth.size / SKY_TURN
        self._step = min(LONGEST_STEP, max(SHORTEST_STEP, crossing / 3.0))

    def between(self, body: str, bounds: Range, start: float, stop: float) -> list[Callable[[], FloatArray]]:
        """Searches for when a body's centre is over the lower and under the upper bound."""
        low, high = bounds
        searches: list[Callable[[], FloatArray]] = []
        if math.isfinite(low):
            searches.append(lambda: self._find(lambda et: self._see(body, et).elevation - low, start, stop))
        if math.isfinite(high):
            searches.append(lambda: self._find(lambda et: high - self._see(body, et).elevation, start, stop))
        return searches

    def earth_up(self, start: float, stop: float) -> FloatArray:
        """When the Earth's centre is above the terrain."""
        return self._find(lambda et: self._clearance(self._see("earth", et)), start, stop)

    def lit(self, start: float, stop: float, disc: str) -> FloatArray:
        """When any, or the whole, of the Sun is above the terrain and outside the Earth's disc."""
        share = 1.0 if disc == "any" else -1.0

        def over_terrain(et: FloatArray) -> FloatArray:
            sun = self._see("sun", et)
            return self._clearance(sun) + share * angular_radius("sun", sun.distance)

        def beside_earth(et: FloatArray) -> FloatArray:
            sun, earth = self._see("sun", et), self._see("earth", et)
            apart = separation(
                sun.azimuth, sun.elevation, azimuth_b=earth.azimuth, elevation_b=earth.elevation
            )
            limit = angular_radius("earth", earth.distance) - share * angular_radius("sun", sun.distance)
            return apart - limit

        clear = find_intervals(beside_earth, start, stop, step=ECLIPSE_STEP, tol=TOLERANCE)
        return intersect(self._find(over_terrain, start, stop), clear)

    def _find(self, f: Callable[[FloatArray], FloatArray], start: float, stop: float) -> FloatArray:
        return find_intervals(f, start, stop, step=self._step, tol=TOLERANCE)

    def _see(self, body: str, et: FloatArray) -> Directions:
        return apparent_directions(self._site, body, et, ephemeris=self._ephemeris)

    def _clearance(self, seen: Directions) -> FloatArray:
        return seen.elevation - self._horizon.at(seen.azimuth, height=self._height)


def _arrivals(lit: FloatArray, dark_at_most: float, lit_for: float) -> FloatArray:
    """Instants from which light lasts `lit_for`, short dark spells aside, as intervals (k, 2)."""
    if not len(lit):
        return lit
    parts = np.flatnonzero(lit[1:, 0] - lit[:-1, 1] > dark_at_most) + 1
    edges = [0, *parts.tolist(), len(lit)]
    stretches = np.array([[lit[a, 0], lit[b - 1, 1] - lit_for] for a, b in pairwise(edges)])
    result: FloatArray = stretches[stretches[:, 1] > stretches[:, 0]]
    return result


def _range_words(bounds: Range) -> str:
    low, high = (math.degrees(bound) for bound in bounds)
    if not math.isfinite(high):
        return f"above {low:g} deg"
    if not math.isfinite(low):
        return f"below {high:g} deg"
    return f"between {low:g} and {high:g} deg"


def _length(seconds: float) -> str:
    for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
