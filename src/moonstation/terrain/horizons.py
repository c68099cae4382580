"""Horizons: how high the terrain stands around a site, by marching over the sphere."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain import _kernels
from moonstation.terrain.ceilings import EDGES, ceilings
from moonstation.terrain.elevation import ElevationModel
from moonstation.threads import in_threads

INDICATIVE_RESOLUTION = 500.0
"""Horizons from coarser terrain [m] than this are marked as indicative."""

BLOCK = 24
"""Azimuths that one thread marches before it reports back."""


@dataclass(frozen=True, eq=False)
class Horizon:
    """The terrain horizon around a site.

    Attributes
    ----------
    site : Site
        The place, with the height of its ground.
    heights : ndarray, shape (k,)
        Heights of the observers above the ground, ascending [m].
    azimuth : ndarray, shape (n,)
        Evenly spaced azimuths, clockwise from north [rad].
    elevation : ndarray, shape (k, n)
        Elevation of the horizon above the local horizontal of the 1737.4 km sphere [rad].
    distance : ndarray, shape (k, n)
        Arc distance to the ground that makes the horizon [m]; NaN where not known (tables made elsewhere).
    terrain : str
        One line: the terrain it was made from.
    resolution_m : float
        Pixel size of the terrain under the site [m]; NaN where not known.
    indicative : bool
        Whether that terrain is too coarse (over 500 m) for figures of a single site.
    sources : tuple of DataSource
        The files behind it.
    """

    site: Site
    heights: FloatArray
    azimuth: FloatArray
    elevation: FloatArray
    distance: FloatArray
    terrain: str
    resolution_m: float
    indicative: bool
    sources: tuple[DataSource, ...]

    def profile(self, height: float) -> FloatArray:
        """Elevation of the horizon at a height above ground [rad], shape (n,), linear between the tabulated
        heights.

        Raises
        ------
        RequestError
            If the height [m] lies outside the tabulated ones.
        """
        low, high = float(self.heights[0]), float(self.heights[-1])
        if not low <= height <= high:
            known = " and ".join(f"{h:g}" for h in self.heights)
            raise RequestError(
                f"horizon of {self.site.name}: {height:g} m above ground is outside the computed heights "
                f"({known} m); compute the horizon for that height or ask within them"
            )
        upper = min(int(np.searchsorted(self.heights, height)), len(self.heights) - 1)
        if self.heights[upper] == height:
            exact: FloatArray = self.elevation[upper]
            return exact
        share = (height - self.heights[upper - 1]) / (self.heights[upper] - self.heights[upper - 1])
        result: FloatArray = (1.0 - share) * self.elevation[upper - 1] + share * self.elevation[upper]
        return result

    def at(self, azimuth: ArrayLike, *, height: float) -> FloatArray:
        """Elevation of the horizon in given directions [rad], linear between azimuths and around the circle.

        Parameters
        ----------
        azimuth : array_like
            [rad], clockwise from north, any turn.
        height : float
            Above ground [m].
        """
        wanted: FloatArray = np.asarray(azimuth, dtype=np.float64)
        return np.interp(wanted, self.azimuth, self.profile(height), period=2.0 * math.pi)


def locate(model: ElevationModel, name: str, lat_deg: float, lon_deg: float) -> Site:
    """A site whose ground is that of the model.

    Raises
    ------
    CoverageError
        If no layer knows the ground there.
    """
    site = Site(name=name, lat_deg=lat_deg, lon_deg=lon_deg)
    return replace(site, ground_m=_ground(model, site))


def horizon(
    site: Site,
    model: ElevationModel,
    *,
    heights: Sequence[float] = (2.0,),
    azimuths: int = 720,
    progress: Callable[[float], None] | None = None,
) -> Horizon:
    """Horizon of a site, by marching along great circles over the sphere with its curvature.

    The ground at arc distance d and height H stands at the elevation
    ``atan2((R + H) cos d - r, (R + H) sin d)`` for an observer at radius r. A ray starts half a pixel of the layer
    under the site away from it (nothing nearer is known to the terrain; the sphere's own dip is found as long as
    that is nearer than sqrt(2 R height)). It takes four samples per pixel of the layer that it crosses (in the
    global grid of its narrower side, down to 19 m near the poles), and close to the site steps of a hundredth of
    the distance, down to 1/64 pixel. It ends where no ground further out, by the greatest heights in parts of that
    direction (`moonstation.terrain.ceilings`), can stand above the horizon found so far, so that the end loses
    nothing. The best sample is then refined by golden section between its neighbours. From coarse into fine terrain
    the last step is walked again in fine steps. The result does not depend on the number of threads.

    Parameters
    ----------
    site : Site
        Where; a ground of NaN is taken from the model.
    model : ElevationModel
        The terrain.
    heights : sequence of float
        Heights of the observers above the ground [m]; they share one march and come out ascending.
    azimuths : int
        Number of directions, evenly spaced from north.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If a height is negative or not a number, repeated, or there are fewer than four azimuths.
    CoverageError
        If the model does not know the ground at the site, or none in some direction.
    """
    above = np.sort(np.asarray(heights, dtype=float).ravel())
    if not (above.size and np.isfinite(above).all() and above[0] >= 0.0 and (np.diff(above) > 0.0).all()):
        raise RequestError(
            f"heights {list(heights)}: give one or more different heights above ground, 0 m or more"
        )
    if azimuths < 4:
        raise RequestError(f"azimuths = {azimuths}: a horizon needs at least 4 directions (720 is usual)")
    ground = _ground(model, site)
    if math.isnan(site.ground_m):
        site = replace(site, ground_m=ground)
    resolution = float(model.resolution(site.lat_deg, site.lon_deg))
    azimuth: FloatArray = np.arange(azimuths, dtype=np.float64) * (2.0 * math.pi / azimuths)
    elevation, distance = rays(site, model, azimuth, above, progress=progress)
    unknown = np.isnan(distance).any(axis=0)
    if unknown.any():
        raise CoverageError(
            f"horizon of {site.name}: no terrain is known towards azimuth "
            f"{math.degrees(azimuth[unknown][0]):.1f} deg; add "
            "the packaged grid (packaged=True) or a larger window"
        )
    return Horizon(
        site=site,
        heights=above,
        azimuth=azimuth,
        elevation=elevation,
        distance=distance,
        terrain=model.description,
        resolution_m=resolution,
        indicative=resolution > INDICATIVE_RESOLUTION,
        sources=model.sources,
    )


def rays(
    site: Site,
    model: ElevationModel,
    azimuth: FloatArray,
    heights: FloatArray,
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Elevation [rad] of the horizon and arc distance [m] to the ground that makes it, by the rules of `horizon`.

    Parameters
    ----------
    site : Site
        Where, with its ground.
    model : ElevationModel
        The terrain.
    azimuth : ndarray, shape (n,)
        Any directions, clockwise from north [rad].
    heights : ndarray, shape (k,)
        Heights of the observers above the ground [m].
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    elevation, distance : ndarray, shape (k, n)
        -pi/2 and NaN where no terrain is known.
    """
    elevation, distance = (np.empty((len(heights), len(azimuth))) for _ in range(2))
    frame = np.ascontiguousarray(site.enu_me, dtype=float)
    start = 0.5 * float(model.resolution(site.lat_deg, site.lon_deg)) / MOON_RADIUS
    blind = max(layer.resolution for layer in model.layers) / _kernels.STEPS_PER_PIXEL / MOON_RADIUS
    ceiling, plain = ceilings(model, frame)

    def march(first: int) -> None:
        part = slice(first, min(first + BLOCK, len(azimuth)))
        block = np.empty((2, len(heights), part.stop - first))
        observer = MOON_RADIUS + site.ground_m + heights
        _kernels.march(
            model.terrain,
            frame,
            azimuth[part],
            observer,
            start,
            blind,
            EDGES,
            ceiling,
            plain,
            block[0],
            block[1],
        )
        elevation[:, part], distance[:, part] = block

    in_threads(march, range(0, len(azimuth), BLOCK), progress=progress)
    return elevation, distance


def _ground(model: ElevationModel, site: Site) -> float:
    ground = float(model.elevation(site.lat_deg, site.lon_deg))
    if math.isnan(ground):
        raise CoverageError(
            f"site {site.name} ({site.lat_deg:.4f}, {site.lon_deg:.4f} deg): no layer of the terrain covers "
            "it; add a window that does, or the packaged grid (packaged=True)"
        )
    return ground
