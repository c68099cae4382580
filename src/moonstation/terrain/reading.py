"""Which parts of which files an elevation model is made of: rasters of any size, within bounded memory.

A raster of up to `WHOLE_PIXELS` is read whole. Of a larger one, two layers are read for each site: its own pixels to
`NEAR` from the site (or `NEAR_PIXELS`, whichever is less), and means over blocks of them to `FAR`, the blocks so large
that `FAR_PIXELS` span the box. The Moon's highest ground (10.8 km) is seen from its lowest no further than 390 km away.
What the means do to a horizon is measured in `docs/decisions/0005-rasters-larger-than-memory.md`.

A map has many tiles: of a large raster one overview serves them all, means over the whole of it, and every tile reads
the pixels about it (`LargeRaster`; `docs/decisions/0006-terrain-by-tiles.md`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.formats.cropping import Around, crop
from moonstation.formats.geotiff import ElevationWindow, read_elevation, stereographic_plane
from moonstation.formats.provenance import DataSource, file_sha256
from moonstation.formats.rasters import Raster, open_raster

WHOLE_PIXELS = 64_000_000
"""Rasters of up to this many pixels (256 MB of heights) are read whole."""

NEAR = 40e3
"""Full resolution reaches this far from a site, or from the edge of a tile [m] ..."""

NEAR_PIXELS = 4096
"""... but no further than this many pixels from a site (268 MB of heights in all)."""

TILE_PIXELS = 5120
"""Pixels that span what is read about a tile, at most (105 MB of heights): a map may have pixels of 8 of them."""

FAR = 400e3
"""Means reach this far from a site [m]."""

FAR_PIXELS = 4096
"""Means that span the box within `FAR`, at most (67 MB of heights)."""


@dataclass(frozen=True, eq=False)
class LargeRaster:
    """A raster that does not fit in memory, of which every place reads its surroundings.

    Attributes
    ----------
    path : Path
        The file.
    pixel : float
        Size of its pixels [m].
    overview : ElevationWindow or None
        Means over the whole of it; None where it lies on no stereographic plane, so that one plane may not hold it.
    source : DataSource
        The file.
    """

    path: Path
    pixel: float
    overview: ElevationWindow | None
    source: DataSource

    def around(self, lat_deg: float, lon_deg: float, radius: float) -> list[ElevationWindow]:
        """Read what the horizons of all places within a radius [m] need, finest first; empty where it knows nothing.

        What is read depends on the place and the radius only. Pixels reach `NEAR` further than the radius where
        `TILE_PIXELS` hold them; should they not hold even the radius, means over so few pixels as do are read.
        """
        half = 0.5 * TILE_PIXELS * self.pixel
        block = max(1, math.ceil(radius / half))
        if self.overview is not None and block * self.pixel >= self.overview.pixel:
            return [self.overview]
        windows = _known(
            self.path, Around(lat_deg, lon_deg, max(radius, min(radius + NEAR, block * half))), block
        )
        if self.overview is not None:
            return [*windows, self.overview]
        far = Around(lat_deg, lon_deg, radius + FAR)
        return windows + _known(
            self.path, far, max(block, math.ceil(2.0 * far.radius / self.pixel / FAR_PIXELS))
        )


def read_terrain(
    paths: Sequence[Path | str], *, progress: Callable[[float], None] | None = None
) -> tuple[list[ElevationWindow], list[LargeRaster]]:
    """Read files of elevation for any number of places: small ones whole, overviews of large ones.

    Parameters
    ----------
    paths : sequence of Path or str
        Raster files.
    progress : callable, optional
        Called with the share that has been read, 0 to 1.

    Raises
    ------
    DataFileError
        If a file cannot be used.
    """
    windows: list[ElevationWindow] = []
    large: list[LargeRaster] = []
    for done, path in enumerate(Path(path) for path in paths):

        def read(share: float, done: int = done) -> None:
            if progress is not None:
                progress((done + share) / len(paths))

        with open_raster(path) as raster:
            small = raster.shape[0] * raster.shape[1] <= WHOLE_PIXELS
        if small:
            windows.append(read_elevation(path))
        else:
            large.append(_large(path, raster, read))
        read(1.0)
    return windows, large


def _large(path: Path, raster: Raster, progress: Callable[[float], None]) -> LargeRaster:
    overview = None
    pixel = math.sqrt(abs(raster.transform.determinant))
    if stereographic_plane(raster.crs) is not None:
        block = math.ceil(max(raster.shape) / FAR_PIXELS)
        overview = read_elevation(path, block=block, progress=progress)
        pixel = overview.pixel / block
    elif raster.crs.is_geographic:
        pixel *= math.radians(1.0) * MOON_RADIUS
    source = DataSource(
        name=f"elevation {path.name}",
        version="user file",
        sha256=file_sha256(raster.data),
        resolution=f"{pixel:.4g} m"
        + (f", means of {overview.pixel:.4g} m further than {NEAR / 1e3:.0f} km away" if overview else ""),
        serves="terrain, horizons",
    )
    return LargeRaster(path, pixel, overview, source)


def _known(path: Path, around: Around, block: int) -> list[ElevationWindow]:
    """The window around a place, if the file knows anything there."""
    try:
        return [read_elevation(path, around=around, block=block)]
    except CoverageError:
        return []


def read_windows(paths: Sequence[Path | str], around: Sequence[tuple[float, float]]) -> list[ElevationWindow]:
    """Read files of elevation for some sites: small ones whole, of large ones what their horizons need.

    Parameters
    ----------
    paths : sequence of Path or str
        Raster files.
    around : sequence of (float, float)
        Latitude and longitude of the sites [deg].

    Raises
    ------
    DataFileError
        If a file cannot be used.
    CoverageError
        If a large file knows nothing about a site's surroundings.
    RequestError
        If a site is no place.
    """
    for lat_deg, lon_deg in around:
        if not (abs(lat_deg) <= 90.0 and math.isfinite(lon_deg)):
            raise RequestError(
                f"({lat_deg}, {lon_deg}) deg is no place on the Moon; give latitude and longitude"
            )
    windows = []
    for path in (Path(path) for path in paths):
        with open_raster(path) as raster:
            small = raster.shape[0] * raster.shape[1] <= WHOLE_PIXELS
            layers = [] if small else [_layers(raster, site) for site in around]
        if small:
            windows.append(read_elevation(path))
        for *near, (far, block) in layers:
            windows += [window for place, full in near for window in _known(path, place, full)]
            windows.append(read_elevation(path, around=far, block=block))
    return windows


def _layers(raster: Raster, site: tuple[float, float]) -> list[tuple[Around, int]]:
    """Places and blocks of the layers that a large raster gives for a site, finest first."""
    far = Around(*site, FAR)
    block = math.ceil(math.sqrt(_pixels(raster, far)) / FAR_PIXELS)
    if block == 1:
        return [(far, 1)]
    near = Around(*site, NEAR)
    try:
        too_many = _pixels(raster, near) / (2 * NEAR_PIXELS) ** 2
    except CoverageError:
        # the site lies off the raster, which still makes part of its horizon
        return [(far, block)]
    if too_many > 1.0:
        near = near._replace(radius=NEAR / math.sqrt(too_many))
    return [(near, 1), (far, block)]


def _pixels(raster: Raster, around: Around) -> int:
    rows, columns = crop(raster, around)[1].shape
    return rows * columns
