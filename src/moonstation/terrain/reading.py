"""Which parts of which files an elevation model is made of: rasters of any size, within bounded memory.

A raster of up to `WHOLE_PIXELS` is read whole. Of a larger one, two layers are read for each site: its own pixels to
`NEAR` from the site (or `NEAR_PIXELS`, whichever is less), and means over blocks of them to `FAR`, the blocks so large
that `FAR_PIXELS` span the box. The Moon's highest ground (10.8 km) is seen from its lowest no further than 390 km away.
What the means do to a horizon is measured in `docs/decisions/0005-rasters-larger-than-memory.md`.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from moonstation.errors import CoverageError, RequestError
from moonstation.formats.cropping import Around, crop
from moonstation.formats.geotiff import ElevationWindow, read_elevation
from moonstation.formats.rasters import Raster, open_raster

WHOLE_PIXELS = 64_000_000
"""Rasters of up to this many pixels (256 MB of heights) are read whole."""

NEAR = 40e3
"""Full resolution reaches this far from a site [m] ..."""

NEAR_PIXELS = 4096
"""... but no further than this many pixels (268 MB of heights in all)."""

FAR = 400e3
"""Means reach this far from a site [m]."""

FAR_PIXELS = 4096
"""Means that span the box within `FAR`, at most (67 MB of heights)."""


def read_windows(
    paths: Sequence[Path | str], around: Sequence[tuple[float, float]] = ()
) -> list[ElevationWindow]:
    """Read files of elevation: small ones whole, of large ones what the horizons of some sites need.

    Parameters
    ----------
    paths : sequence of Path or str
        Raster files.
    around : sequence of (float, float)
        Latitude and longitude of the sites [deg].

    Raises
    ------
    DataFileError
        If a file cannot be used, or is too large to be read whole and no site is given.
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
            layers = [] if small else [layer for site in around for layer in _layers(raster, site)]
        if small or not around:
            windows.append(read_elevation(path))
        windows += [read_elevation(path, around=place, block=block) for place, block in layers]
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
