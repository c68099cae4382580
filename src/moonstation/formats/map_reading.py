"""Maps that `map_raster` wrote, read back."""

import math
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError
from moonstation.formats.map_raster import Frame
from moonstation.formats.rasters import MAX_PIXELS


@dataclass(frozen=True, eq=False)
class MapFile:
    """A map that moonstation made.

    Attributes
    ----------
    path : Path
        The file.
    frame : Frame
        Where its pixels lie.
    bands : dict of str to ndarray of float32, shape (rows, columns)
        Those that were asked for, by name.
    names : tuple of str
        All that it has, in order.
    tags : dict of str to str
        What it says of itself.
    """

    path: Path
    frame: Frame
    bands: Mapping[str, AnyArray]
    names: tuple[str, ...]
    tags: Mapping[str, str]


def read_map(path: Path, wanted: Collection[str] = ()) -> MapFile:
    """Read a map, and those of its bands that are wanted and there.

    Parameters
    ----------
    path : Path
        Cloud-optimised GeoTIFF made by `moonstation map`.
    wanted : collection of str
        Names of bands.

    Raises
    ------
    DataFileError
        If the file is missing, damaged, or no map of moonstation.
    """
    if path.is_dir():
        raise DataFileError(
            f"{path}: is a folder; give the map as GeoTIFF, made with 'moonstation map --out FILE.tif'"
        )
    if not path.is_file():
        raise DataFileError(f"{path}: no such file; make the map with 'moonstation map --out {path.name}'")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            # rasterio 1.4 still multiplies affines in the way that affine 3 is about to deprecate
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            with rasterio.open(path) as dataset:
                tags = dict(dataset.tags())
                if not (tags.get("SOFTWARE", "").startswith("moonstation ") and "PERIOD" in tags):
                    raise DataFileError(
                        f"{path}: is no map made by 'moonstation map'; give one, or a region with --lat, --lon, --size"
                    )
                frame = _frame(dataset, path)
                names = tuple(dataset.descriptions)
                chosen = [name for name in names if name in wanted]
                if frame.rows * frame.columns * max(1, len(chosen)) > MAX_PIXELS:
                    raise DataFileError(
                        f"{path}: {frame.columns} x {frame.rows} pixels do not fit in memory; make smaller maps"
                    )
                bands = {name: dataset.read(names.index(name) + 1, out_dtype=np.float32) for name in chosen}
    except rasterio.errors.RasterioError as error:
        reason = " ".join(str(error).split())
        raise DataFileError(
            f"{path}: cannot be read as a map, it is damaged, cut off or of another kind ({reason}); make it again"
        ) from error
    return MapFile(path, frame, bands, names, tags)


def _frame(dataset: rasterio.DatasetReader, path: Path) -> Frame:
    terms = dataset.crs.to_dict() if dataset.crs is not None else {}
    a = dataset.transform
    square = a.b == 0.0 and a.d == 0.0 and a.a > 0.0 and math.isclose(a.a, -a.e, rel_tol=1e-12)
    radius = float(terms.get("R", terms.get("a", 0.0)))
    plain = not any(terms.get(name, 0.0) for name in ("x_0", "y_0")) and terms.get("k", 1.0) == 1.0
    if terms.get("proj") != "stere" or abs(radius - MOON_RADIUS) > 1.0 or not (square and plain):
        raise DataFileError(
            f"{path}: has been reprojected or cut since 'moonstation map' made it; give the map as it was made"
        )
    return Frame(
        float(terms["lat_0"]), float(terms["lon_0"]), a.c, a.f, a.a, int(dataset.height), int(dataset.width)
    )
