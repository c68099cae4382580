"""Windows of the Sun's elevation against SPICE, by its own root finding on its own geometry."""

import math

import numpy as np
import spiceypy

from moonstation.constants import MOON_RADIUS
from moonstation.spacetime.epochs import Epoch
from moonstation.sunlight.windows import Conditions, find_windows
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon
from spice_oracle import ME, azimuth_elevation, spice_kernels

TOLERANCE_S = 1.0
"""Directions agree with SPICE to about 1e-8 rad and the Sun climbs 1e-8 rad or more in a second there, except where it
turns within a hair of the bound; both find edges to 0.1 s or better."""


def sun_elevation(et: float, lat_deg: float, lon_deg: float, radius_km: float) -> float:
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    place = radius_km * np.array(
        [math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)]
    )
    line, _ = spiceypy.spkcpo("SUN", et, ME, "OBSERVER", "LT+S", place, "MOON", ME)
    return float(azimuth_elevation(np.array([line[:3]]), lat_deg, lon_deg)[1][0])


def bisected(low: float, high: float, bound: float, place: tuple[float, float, float]) -> float:
    rising = sun_elevation(high, *place) > bound
    while high - low > 0.01:
        middle = 0.5 * (low + high)
        if (sun_elevation(middle, *place) > bound) == rising:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def test_when_the_sun_stands_between_two_elevations() -> None:
    spice_kernels()
    horizon = read_horizon(packaged_horizon("change7-reference"))
    site = horizon.site
    bounds = (1.0, 2.0)
    start, stop = Epoch.parse("2035-01-01").tdb_s, Epoch.parse("2035-06-01").tdb_s
    conditions = Conditions(sun_elevation=(math.radians(bounds[0]), math.radians(bounds[1])))
    ours = find_windows(site, horizon, conditions, start, stop, height=2.0)
    place = (site.lat_deg, site.lon_deg, (MOON_RADIUS + site.ground_m) / 1e3)
    hours = np.arange(start, stop, 3600.0)
    seen = np.array([sun_elevation(float(et), *place) for et in hours])
    edges = sorted(
        bisected(float(hours[i]), float(hours[i + 1]), bound, place)
        for bound in bounds
        for i in np.flatnonzero((seen[1:] > bound) != (seen[:-1] > bound))
    )
    found = [edge for edge in ours.ravel() if start < edge < stop]
    assert len(found) == len(edges) > 4
    assert np.max(np.abs(np.array(found) - np.array(edges))) < TOLERANCE_S
