"""Maps as Zarr stores, which xarray and rioxarray open in place.

zarr is imported when a store is written or read, so that nothing else waits for it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError, OutputError
from moonstation.formats.drafts import discard, draft_folder, place_folder
from moonstation.formats.map_raster import BLOCK, Band, Frame, MapFile, map_crs, thinned_shape

MARK = ".zgroup"
"""A store of Zarr version 2 has this file."""

GRID = "spatial_ref"
"""The variable that tells where the pixels lie, by the name that rioxarray looks for."""

DIMENSIONS = "_ARRAY_DIMENSIONS"


def check_store(path: Path) -> None:
    """Refuse what is no store as the place of one, before anything is computed.

    Raises
    ------
    OutputError
        If there is a file, or a folder that holds something else.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / MARK).is_file()):
        raise OutputError(f"{path}: is no Zarr store that could be replaced; choose another --out")


def write_store(
    path: Path,
    frame: Frame,
    bands: Sequence[Band],
    parts: Iterable[tuple[int, int, AnyArray]],
    tags: Mapping[str, str],
    *,
    scratch: Path,
    tile: int,
) -> None:
    """Write a map as Zarr store (version 2), whole or not at all; memory does not grow with the map.

    Every layer is a variable over (height, y, x), or (y, x) where it has no height, with the attributes of the CF
    conventions: units, long_name, and grid_mapping with the coordinate system as WKT.

    Parameters
    ----------
    path : Path
        Store to write; one that is there is replaced once the new one is complete.
    frame, bands, parts, tags, scratch
        As for `moonstation.formats.map_raster.write_map`.
    tile : int
        Rows and columns of the parts; chunks hold one of them, or several of small ones.

    Raises
    ------
    OutputError
        If the disk is full or refuses.
    """
    try:
        draft = draft_folder(scratch / path.name)
        try:
            draft.chmod(0o755)
            _write(draft, frame, bands, parts, tags, tile * max(1, BLOCK // tile))
            for file in draft.rglob("*"):
                if file.is_file():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())
            # a link to a store leads to the store
            place_folder(draft, Path(os.path.realpath(path)))
        finally:
            discard(draft)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"{path}: the map could not be written ({error.strerror or error}); free space or choose another --out"
        ) from error


def _write(
    store: Path,
    frame: Frame,
    bands: Sequence[Band],
    parts: Iterable[tuple[int, int, AnyArray]],
    tags: Mapping[str, str],
    chunk: int,
) -> None:
    import zarr

    layers: dict[str, list[int]] = {}
    for index, band in enumerate(bands):
        layers.setdefault(band.layer or band.name, []).append(index)
    heights = sorted({band.height for band in bands if band.height is not None})
    group = zarr.open_group(store, mode="w", zarr_format=2)
    group.attrs.update({"Conventions": "CF-1.11", **tags})
    x = frame.left + (np.arange(frame.columns) + 0.5) * frame.pixel
    y = frame.top - (np.arange(frame.rows) + 0.5) * frame.pixel
    for name, values in (("x", x), ("y", y)):
        _put(
            group,
            name,
            values,
            (name,),
            units="m",
            standard_name=f"projection_{name}_coordinate",
            long_name=f"{name} in the plane of the map, of the pixel's middle",
            axis=name.upper(),
        )
    if heights:
        _put(
            group,
            "height",
            np.array(heights),
            ("height",),
            units="m",
            positive="up",
            long_name="height above ground",
        )
    _put(group, GRID, np.array(0), (), **_grid_mapping(frame))
    arrays = []
    for name, indices in layers.items():
        tall = bands[indices[0]].height is not None
        shape = ((len(heights),) if tall else ()) + (frame.rows, frame.columns)
        array = group.create_array(
            name,
            shape=shape,
            chunks=((1,) if tall else ()) + (min(chunk, frame.rows), min(chunk, frame.columns)),
            dtype="float32",
            fill_value=np.nan,
        )
        band = bands[indices[0]]
        meaning = band.meaning.removesuffix(f", {band.height:g} m above ground") if tall else band.meaning
        array.attrs.update(
            {
                DIMENSIONS: [*(["height"] if tall else []), "y", "x"],
                "units": band.unit,
                "long_name": meaning,
                "grid_mapping": GRID,
                # what xarray makes coordinates, so that rioxarray finds the system with each variable
                "coordinates": GRID,
                # where GDAL looks
                "_CRS": {"wkt": map_crs(frame.lat_deg, frame.lon_deg).to_wkt()},
            }
        )
        arrays += [(array, i, None if (h := bands[i].height) is None else heights.index(h)) for i in indices]
    for row, column, values in parts:
        window = slice(row, row + values.shape[1]), slice(column, column + values.shape[2])
        for array, index, at in arrays:
            array[window if at is None else (at, *window)] = values[index].astype(np.float32, copy=False)
    zarr.consolidate_metadata(store, zarr_format=2)


def _put(group: Any, name: str, values: AnyArray, dimensions: tuple[str, ...], **attributes: Any) -> None:
    array = group.create_array(name, shape=values.shape, dtype=values.dtype, fill_value=None)
    array[...] = values
    array.attrs.update({DIMENSIONS: list(dimensions), **attributes})


def _grid_mapping(frame: Frame) -> dict[str, Any]:
    """Attributes of the coordinate system: CF conventions 1.11, appendix F, and what rioxarray reads."""
    wkt = map_crs(frame.lat_deg, frame.lon_deg).to_wkt(version="WKT2_2019")
    polar = abs(frame.lat_deg) == 90.0
    longitude = "straight_vertical_longitude_from_pole" if polar else "longitude_of_projection_origin"
    return {
        "grid_mapping_name": "polar_stereographic" if polar else "stereographic",
        "latitude_of_projection_origin": frame.lat_deg,
        longitude: frame.lon_deg,
        "scale_factor_at_projection_origin": 1.0,
        "false_easting": 0.0,
        "false_northing": 0.0,
        "earth_radius": MOON_RADIUS,
        "crs_wkt": wkt,
        "spatial_ref": wkt,
        "GeoTransform": f"{frame.left!r} {frame.pixel!r} 0.0 {frame.top!r} 0.0 {-frame.pixel!r}",
    }


def read_store(path: Path) -> MapFile:
    """Open a map that `write_store` has written.

    Raises
    ------
    DataFileError
        If it is no such map.
    """
    import zarr

    try:
        group: Any = zarr.open_group(path, mode="r", zarr_format=2)
        terms = dict(group[GRID].attrs)
        left, pixel, _, top, _, _ = (float(number) for number in str(terms["GeoTransform"]).split())
        polar = terms["grid_mapping_name"] == "polar_stereographic"
        longitude = "straight_vertical_longitude_from_pole" if polar else "longitude_of_projection_origin"
        frame = Frame(
            float(terms["latitude_of_projection_origin"]),
            float(terms[longitude]),
            left,
            top,
            pixel,
            group["y"].size,
            group["x"].size,
        )
        heights = [float(h) for h in group["height"][...]] if "height" in group else []
        tags = {key: str(value) for key, value in group.attrs.items() if key != "Conventions"}
        bands: list[Band] = []
        arrays: list[tuple[Any, int | None]] = []
        for name, array in sorted(group.arrays()):
            if GRID not in array.attrs.get("coordinates", ""):
                continue
            unit, meaning = str(array.attrs["units"]), str(array.attrs["long_name"])
            if array.ndim == 2:
                bands.append(Band(name, unit, meaning, name))
                arrays.append((array, None))
                continue
            for k, height in enumerate(heights):
                bands.append(
                    Band(f"{name}_{height:g}m", unit, f"{meaning}, {height:g} m above ground", name, height)
                )
                arrays.append((array, k))
    except (OSError, KeyError, ValueError, TypeError, zarr.errors.BaseZarrError) as error:
        raise DataFileError(
            f"{path}: cannot be read as a map ({' '.join(str(error).split())}); give one of 'moonstation map'"
        ) from error

    def band(index: int, most: int) -> AnyArray:
        array, k = arrays[index]
        shape = thinned_shape(frame, most)
        if shape == (frame.rows, frame.columns):
            return np.asarray(array[...] if k is None else array[k])
        rows = np.linspace(0, frame.rows, shape[0] + 1).astype(np.int64)
        columns = np.linspace(0, frame.columns, shape[1] + 1).astype(np.int64)
        thin = np.empty(shape, np.float32)
        # some rows of the result at a time: the whole map may not fit into memory
        for first in range(0, shape[0], 64):
            last = min(first + 64, shape[0])
            part = slice(int(rows[first]), int(rows[last]))
            values = np.asarray(array[part] if k is None else array[k, part])
            thin[first:last] = _means(values, rows[first : last + 1] - rows[first], columns)
        return thin

    return MapFile(path, frame, tuple(bands), tags, band)


def _means(values: AnyArray, rows: AnyArray, columns: AnyArray) -> FloatArray:
    """Means of what is known in each cell of a coarser lattice; NaN where nothing is."""
    known = np.isfinite(values)
    sums = []
    for part in (np.where(known, values, 0.0), known.astype(np.float64)):
        lines = np.add.reduceat(part, rows[:-1], axis=0)
        sums.append(np.add.reduceat(lines, columns[:-1], axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        result: FloatArray = sums[0] / sums[1]
    return result
