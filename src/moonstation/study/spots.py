"""Single spots of a region under the exact model of a place: its own march to the horizon, every step of the period."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.sites import Site
from moonstation.study.candidates import Candidates, Region, arc, pixel_centre, stretch
from moonstation.sunlight.light import site_light
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import Horizon, horizon, locate

SIGHT_STEP = 0.25
"""Samples of a line of sight [pixels of the finest terrain]."""


@dataclass(frozen=True, eq=False)
class Spot:
    """A place of a region, by the exact model.

    Attributes
    ----------
    x, y : float
        In the plane of the map [m].
    horizon : Horizon
        Its horizon, with the site.
    fraction : ndarray, shape (n,)
        Visible share of the Sun's disc at each step.
    figures : dict of str to float
        Measures, SI; area is that of the map.
    """

    x: float
    y: float
    horizon: Horizon
    fraction: FloatArray
    figures: Mapping[str, float]

    @property
    def site(self) -> Site:
        """The point, with the height of its ground."""
        return self.horizon.site

    @property
    def direction(self) -> FloatArray:
        """Unit vector to it, ME."""
        result: FloatArray = self.site.enu_me[2]
        return result


class SpotModel:
    """Exact figures of places in a region; each is computed once.

    Parameters
    ----------
    candidates : Candidates
        The region, its period, and what is asked of slopes and shadows.
    model : ElevationModel
        The terrain that the map was made from.
    area : ndarray, shape (rows, columns), optional
        Area of the patch that each pixel belongs to [m2].

    Raises
    ------
    RequestError
        If the map was made from other terrain.
    """

    def __init__(
        self, candidates: Candidates, model: ElevationModel, *, area: FloatArray | None = None
    ) -> None:
        if not same_terrain(candidates.region, model):
            raise RequestError(
                f"{candidates.region.file.path}: was made from other terrain "
                f"({candidates.region.file.tags['TERRAIN']}); give those files with --terrain, or --no-refine for the "
                "figures of the map alone"
            )
        self._candidates, self._model, self._area = candidates, model, area
        self._et = candidates.region.et
        self._known: dict[tuple[float, float], Spot] = {}

    def at(self, x: float, y: float) -> Spot:
        """The spot at a place of the map's plane [m]."""
        key = (round(x, 3), round(y, 3))
        if key not in self._known:
            self._known[key] = self._make(x, y)
        return self._known[key]

    def climb(self, x: float, y: float, value: Callable[[Spot], float]) -> Spot:
        """The best spot near one: a compass search that stays within a pixel of the map of where it begins.

        Spots half a pixel to the right, above, to the left and below are tried; the best is gone to while it is better,
        then the step is halved, down to half a pixel of the terrain.

        Parameters
        ----------
        x, y : float
            Where to begin, in the plane of the map [m].
        value : callable
            How good a spot is; -inf for one that is not allowed.
        """
        grid = self._candidates.region.grid
        right, bottom = grid.left + grid.columns * grid.pixel, grid.top - grid.rows * grid.pixel
        best = self.at(x, y)
        step = 0.5 * grid.pixel
        while step > 0.49 * best.horizon.resolution_m:
            around = [(best.x + i * step, best.y + j * step) for i, j in ((1, 0), (0, 1), (-1, 0), (0, -1))]
            tried = [
                self.at(px, py)
                for px, py in around
                if grid.left < px < right
                and bottom < py < grid.top
                and max(abs(px - x), abs(py - y)) < 0.99 * grid.pixel
            ]
            top = max(tried, key=value, default=best)
            if value(top) > value(best):
                best = top
            else:
                step *= 0.5
        return best

    def _make(self, x: float, y: float) -> Spot:
        region = self._candidates.region
        place = region.grid.directions(x, y)
        lat_deg = math.degrees(math.atan2(place[2], math.hypot(place[0], place[1])))
        lon_deg = math.degrees(math.atan2(place[1], place[0]))
        site = locate(self._model, f"{lat_deg:.4f}, {lon_deg:.4f} deg", lat_deg, lon_deg)
        around = horizon(site, self._model, heights=(region.height,))
        light = site_light(site, self._et)
        fraction = light.sun_fraction(around, region.height, eclipses=region.eclipses)
        earth = light.earth_elevation > around.at(light.earth_azimuth, height=region.height)
        found = light_statistics(self._et, fraction)
        slopes = self._slopes(x, y)
        figures = {
            "average_sun": found.average,
            "any_light": found.any_light,
            "longest_dark": found.longest_dark,
            "longest_light": found.longest_light,
            "earth_visible": float(np.mean(earth)),
            "sun_and_earth": float(np.mean(earth & (fraction > 0.0))),
            "slope": float(slopes.max()),
            "mean_slope": float(slopes.mean()),
        }
        row, column = self._pixel(x, y)
        if region.has("permanent_shadow"):
            shadow = self._candidates.nearest_shadow(row, column)
            figures["shadow_distance"] = (
                math.nan
                if shadow is None
                else float(arc(place, region.grid.directions(*pixel_centre(region.grid, *shadow))))
            )
        if self._area is not None:
            figures["area"] = float(self._area[row, column])
        return Spot(x, y, around, fraction, figures)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        grid = self._candidates.region.grid
        row = min(max(math.floor((grid.top - y) / grid.pixel), 0), grid.rows - 1)
        return row, min(max(math.floor((x - grid.left) / grid.pixel), 0), grid.columns - 1)

    def _slopes(self, x: float, y: float) -> FloatArray:
        """Slopes [rad] at the pixels of the footprint about a place, from the ground a pixel away on either side."""
        grid = self._candidates.region.grid
        offsets = self._candidates.offsets * grid.pixel
        sides = grid.pixel * np.array([(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
        px = x + offsets[:, 1, None] + sides[:, 0]
        py = y - offsets[:, 0, None] + sides[:, 1]
        z = _ground(self._model, grid.directions(px, py))
        if np.isnan(z).any():
            raise CoverageError(
                f"slope at ({x:.0f}, {y:.0f}) m of the map: no terrain is known all over the footprint; take a "
                "smaller one"
            )
        run = 2.0 * grid.pixel / float(stretch(x, y))
        slope: FloatArray = np.arctan(np.hypot(z[:, 0] - z[:, 1], z[:, 2] - z[:, 3]) / run)
        return slope

    def clearance(self, a: Spot, b: Spot) -> float:
        """How high the line between two masts passes over the ground at its lowest point [m]; below 0 it is blocked.

        The masts have the height of the map. The line is straight, the ground is sampled every quarter of a pixel of
        the finest terrain.
        """
        height = self._candidates.region.height
        first, last = a.site.r_me(height), b.site.r_me(height)
        way = float(arc(a.direction, b.direction))
        finest = float(min(a.horizon.resolution_m, b.horizon.resolution_m))
        share = np.linspace(0.0, 1.0, max(3, math.ceil(way / (SIGHT_STEP * finest)) + 1))[:, None]
        line = first + share * (last - first)
        radius = np.linalg.norm(line, axis=1)
        ground = _ground(self._model, line / radius[:, None])
        return float(np.min(radius - MOON_RADIUS - ground))


def same_terrain(region: Region, model: ElevationModel) -> bool:
    """Whether a map was made from the files of a model, by their SHA-256."""
    behind = region.hashes - {source.sha256 for source in default_ephemeris().sources}
    return behind == {source.sha256 for source in model.sources}


def _ground(model: ElevationModel, directions: FloatArray) -> FloatArray:
    lat_deg = np.degrees(np.arctan2(directions[..., 2], np.hypot(directions[..., 0], directions[..., 1])))
    return model.elevation(lat_deg, np.degrees(np.arctan2(directions[..., 1], directions[..., 0])))
