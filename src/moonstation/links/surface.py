"""Whether two masts on the Moon see each other: the straight line between their tops over the terrain."""

import math
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError
from moonstation.spacetime.sites import Site
from moonstation.terrain.elevation import ElevationModel

SAMPLES_PER_PIXEL = 64.0
MOST_SAMPLES = 2_000_000


@dataclass(frozen=True)
class LineOfSight:
    """The line between the tops of two masts.

    Attributes
    ----------
    distance : float
        Length of the line [m].
    clearance : float
        How far its lowest stretch stands above the ground, below zero where the ground is in the way [m].
    where : float
        Distance from the first mast at which that is [m].
    elevation : float
        Elevation of the second mast's top at the first's [rad].
    resolution : float
        Pixel of the coarser terrain at the two ends [m]; nan on a smooth sphere.
    """

    distance: float
    clearance: float
    where: float
    elevation: float
    resolution: float = math.nan

    @property
    def clear(self) -> bool:
        """Whether nothing stands in the way."""
        return self.clearance > 0.0


def line_of_sight(
    a: Site, b: Site, *, heights: tuple[float, float], model: ElevationModel | None = None
) -> LineOfSight:
    """Look along the straight line between two masts.

    The line is sampled 64 times a pixel of the finest terrain under either end, and the ground below each sample
    is that of the model, on the sphere with its curvature. Half a pixel at either end is left out: nothing nearer is
    known to the terrain, and the masts stand on the ground that their sites give. Without a model the Moon is a
    smooth sphere at the level of the lower site: the geometric horizons of both masts. No bending: there is no air.
    Waves need more than a clear line (Fresnel zones); that is the link budget's part.

    Parameters
    ----------
    a, b : Site
        The places, with their grounds.
    heights : (float, float)
        Heights of the masts' tops above ground [m].
    model : ElevationModel, optional
        The terrain; a smooth sphere if not given.

    Raises
    ------
    CoverageError
        If the ground of a site, or under the line, is not known.
    """
    for site in (a, b):
        if math.isnan(site.ground_m):
            raise CoverageError(f"site {site.name}: its ground is not known; give ground in the station file")
    start, stop = a.r_me(heights[0]), b.r_me(heights[1])
    path = stop - start
    distance = float(np.linalg.norm(path))
    elevation = math.asin(float(np.clip(np.dot(path, a.enu_me[2]) / max(distance, 1e-9), -1.0, 1.0)))
    resolution = math.nan
    if model is None:
        share = np.array([float(np.clip(-np.dot(start, path) / max(distance, 1e-9) ** 2, 0.0, 1.0))])
        ground = np.array([min(a.ground_m, b.ground_m)])
    else:
        ends = model.resolution([a.lat_deg, b.lat_deg], [a.lon_deg, b.lon_deg])
        resolution = float(np.max(ends))
        skip = float(0.5 * np.nanmin(ends)) if np.isfinite(ends).any() else 0.0
        if distance <= 2.0 * skip:
            # nearer to each other than the terrain can tell: nothing is known to stand between them
            return LineOfSight(distance, min(heights), 0.0, elevation, resolution)
        count = int(min(MOST_SAMPLES, 2 + math.ceil(distance / (2.0 * skip) * SAMPLES_PER_PIXEL)))
        share = np.linspace(skip, distance - skip, count) / distance
        ground = _ground_below(model, start + share[:, None] * path, a, b)
    radius = np.linalg.norm(start + share[:, None] * path, axis=1)
    clearance = radius - MOON_RADIUS - ground
    lowest = int(np.argmin(clearance))
    return LineOfSight(
        distance, float(clearance[lowest]), float(share[lowest] * distance), elevation, resolution
    )


def _ground_below(model: ElevationModel, r_me: FloatArray, a: Site, b: Site) -> FloatArray:
    lat = np.degrees(np.arctan2(r_me[:, 2], np.hypot(r_me[:, 0], r_me[:, 1])))
    lon = np.degrees(np.arctan2(r_me[:, 1], r_me[:, 0]))
    ground = model.elevation(lat, lon)
    if np.isnan(ground).any():
        raise CoverageError(
            f"line from {a.name} to {b.name}: no terrain is known under part of it; add the packaged grid or a "
            "larger window"
        )
    return ground
