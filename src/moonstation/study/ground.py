"""The ground of a study: each site with its horizon, from a table or from terrain, and the map of the pole."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.formats.products import resolve_terrain
from moonstation.simulation.arrays import rated_power
from moonstation.spacetime.sites import Site
from moonstation.station.checks import is_packaged_name
from moonstation.station.model import SiteSpec, Station
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon
from moonstation.terrain.horizons import Horizon, horizon, locate

NEAR = 200.0
"""How far a horizon table may have been made from the site that uses it [m]."""

MAP_HALF_WIDTH = 300e3
MAP_PIXELS = 401
POLAR = 80.0
"""Latitude from which a site is shown on the map of a pole [deg]."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A site with the horizon that holds for it.

    Attributes
    ----------
    site : Site
        The place, with the height of its ground.
    horizon : Horizon
        Its terrain horizon at every height that the study needs.
    table : str or None
        The horizon table that was read; None when the horizon was made in this run.
    files : tuple of Path
        The terrain that it was then made from; none stands for the packaged grid.
    """

    site: Site
    horizon: Horizon
    table: str | None
    files: tuple[Path, ...] = ()


def site_grounds(station: Station, *, progress: Callable[[float], None]) -> dict[str, Ground]:
    """Horizon of every site: its table where it names one, else made from its terrain.

    Raises
    ------
    RequestError
        If a table was made for another place, or does not hold for a height that an element needs.
    DataFileError
        If a table or a terrain file cannot be used.
    """
    grounds = {}
    for done, spec in enumerate(station.sites):
        grounds[spec.id] = ground_of(spec, needed_heights(station, spec))
        progress((done + 1) / len(station.sites))
    return grounds


def ground_of(spec: SiteSpec, heights: list[float]) -> Ground:
    """Horizon of one site: its table where it names one, else made from its terrain.

    Parameters
    ----------
    spec : SiteSpec
        The site.
    heights : list of float
        Heights above ground at which the horizon must hold [m], ascending.

    Raises
    ------
    RequestError
        If the table was made for another place, or does not hold for a height.
    DataFileError
        If the table or a terrain file cannot be used.
    """
    if spec.horizon is None:
        return _from_terrain(spec, heights)
    packaged = is_packaged_name(spec.horizon)
    path = packaged_horizon(spec.horizon) if packaged else Path(spec.horizon)
    return _from_table(spec, path, heights)


def needed_heights(station: Station, spec: SiteSpec) -> list[float]:
    """Heights above ground at which a site's horizon is asked for [m], ascending."""
    arrays = {e.array_height for e in station.elements if e.site == spec.id and rated_power(e)}
    return sorted(arrays | {spec.height})


def _from_table(spec: SiteSpec, path: Path, heights: list[float]) -> Ground:
    table = read_horizon(path)
    apart = MOON_RADIUS * float(
        np.arccos(np.clip(np.dot(table.site.enu_me[2], spec.site(0.0).enu_me[2]), -1.0, 1.0))
    )
    if apart > NEAR:
        raise RequestError(
            f"site {spec.id}: horizon table {spec.horizon} was made {apart / 1e3:.1f} km away "
            f"({table.site.lat_deg:.4f}, {table.site.lon_deg:.4f} deg); make one for this place with "
            "'moonstation site horizon'"
        )
    for height in heights:
        if not table.heights[0] <= height <= table.heights[-1]:
            known = " and ".join(f"{h:g}" for h in table.heights)
            raise RequestError(
                f"site {spec.id}: {height:g} m above ground is outside horizon table {spec.horizon} ({known} m); "
                f"make one with 'moonstation site horizon --height \"{height:g} m\"'"
            )
    site = spec.site(spec.ground if spec.ground is not None else table.site.ground_m)
    return Ground(site, table, path.stem)


def _from_terrain(spec: SiteSpec, heights: list[float]) -> Ground:
    files = tuple(resolve_terrain(spec.terrain))
    model = (
        ElevationModel.from_files(files, around=[(spec.lat_deg, spec.lon_deg)])
        if files
        else ElevationModel.packaged()
    )
    site = locate(model, spec.id, spec.lat_deg, spec.lon_deg)
    if spec.ground is not None:
        site = replace(site, ground_m=spec.ground)
    return Ground(site, horizon(site, model, heights=tuple(heights)), None, files)


def terrain_told(grounds: dict[str, Ground]) -> str:
    """One line for files: the pixel of the terrain under each site, and whether its figures are indicative only."""
    told = []
    for name, ground in grounds.items():
        size = ground.horizon.resolution_m
        words = f"{size:g} m" if np.isfinite(size) else "not known"
        told.append(f"{name}: {words}{', indicative only' if ground.horizon.indicative else ''}")
    return "; ".join(told)


def terrain_notes(grounds: dict[str, Ground], *, windowed: Collection[str] = ()) -> list[str]:
    """What has to be said beside figures that rest on coarse terrain.

    Parameters
    ----------
    grounds : dict of str to Ground
        By id of the site.
    windowed : collection of str
        Ids of the sites that name terrain files of their own.
    """
    coarse = [name for name, ground in grounds.items() if ground.horizon.indicative]
    if not coarse:
        return []
    size = max(grounds[name].horizon.resolution_m for name in coarse)
    places = ", ".join(coarse)
    missed = [
        f"the terrain files of {name} do not hold its place ({grounds[name].site.lat_deg:.4f}, "
        f"{grounds[name].site.lon_deg:.4f} deg), or no heights there; check them"
        for name in coarse
        if name in windowed
    ]
    light = (
        f"light and links at {places} are indicative only: the terrain there has {size / 1e3:.1f} km pixels, which "
        "near a pole shows about 10 points too much sunlight on average; give the site a GeoTIFF or a horizon table"
    )
    return [*missed, light]


def relief(station: Station) -> tuple[Any, float] | None:
    """Elevations about the pole near which most sites lie, for the map; None when no site is polar.

    Returns
    -------
    tuple of (ndarray of shape (n, n), float) or None
        Heights [m] and half width [m] of a polar stereographic plane: element [i, j] lies at x = linspace(-h, h, n)[j],
        y = linspace(-h, h, n)[i], with x = rho sin(lon), y = rho cos(lon) at the south pole and y = -rho cos(lon) at
        the north pole.
    """
    polar = [site.lat_deg for site in station.sites if abs(site.lat_deg) >= POLAR]
    if not polar:
        return None
    south = np.mean(np.sign(polar)) <= 0
    plane = np.linspace(-MAP_HALF_WIDTH, MAP_HALF_WIDTH, MAP_PIXELS)
    x, y = np.meshgrid(plane, plane)
    colatitude = 2.0 * np.arctan(np.hypot(x, y) / (2.0 * MOON_RADIUS))
    lat = 90.0 - np.degrees(colatitude)
    lon = np.degrees(np.arctan2(x, y if south else -y))
    return ElevationModel.packaged().elevation(-lat if south else lat, lon), MAP_HALF_WIDTH
