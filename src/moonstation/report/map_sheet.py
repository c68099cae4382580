"""The picture of a map file: what stands around the map is read from the file."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.formats.map_raster import MapFile, read_map
from moonstation.formats.map_zarr import read_store
from moonstation.report.map_looks import choose_band, layer_of, look_of
from moonstation.report.map_overlay import Marker
from moonstation.report.map_picture import draw_map
from moonstation.sunlight.maps import GROUND_LAYERS
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.features import Feature, features
from moonstation.terrain.horizons import INDICATIVE_RESOLUTION
from moonstation.terrain.region import MapGrid, Tile

MOST_PIXELS = 1050
"""Of a picture of a map on a side: as many as its inches hold."""

DETAIL = 40e3
"""Maps up to this width [m] have the relief of all pixels of rasters too large for memory, others of their means."""

HEIGHT = re.compile(r"_(\d+(?:\.\d+)?(?:e[+-]?\d+)?)m(?:_|$)")
"""The height above ground [m] in the name of a band."""


def open_map(path: Path) -> MapFile:
    """Open a map that 'moonstation map' has written: GeoTIFF, or a Zarr store if it is a folder.

    Raises
    ------
    DataFileError
        If it is no such map.
    """
    return read_store(path) if path.is_dir() else read_map(path)


def picture_of(
    path: Path,
    *,
    layer: str | None = None,
    model: ElevationModel | None = None,
    title: str | None = None,
    markers: Sequence[Marker] = (),
    names: Iterable[Feature] | None = None,
) -> bytes:
    """Draw a map file as PNG.

    Parameters
    ----------
    path : Path
        Map of 'moonstation map'.
    layer : str, optional
        Band, or layer at the lowest height; average sunlight if the map has it, else its first band.
    model : ElevationModel, optional
        Terrain for the relief under the colours; none is drawn without.
    title : str, optional
        Instead of the layer and the height.
    markers : sequence of (float, float, str)
        Places to mark: latitude and longitude [deg], label.
    names : iterable of Feature, optional
        Named places; all that are known if not given.

    Raises
    ------
    DataFileError
        If the file is no such map.
    RequestError
        If it has no such layer.
    """
    found = open_map(path)
    index = choose_band([band.name for band in found.bands], layer)
    band = found.bands[index]
    values = found.band(index, MOST_PIXELS)
    look = look_of(band.name, unit=band.unit, meaning=band.meaning)
    frame = found.frame
    grid = MapGrid(
        frame.lat_deg, frame.lon_deg, frame.left, frame.top, frame.pixel, frame.rows, frame.columns
    )
    timeless = layer_of(band.name) in GROUND_LAYERS
    height = HEIGHT.search(band.name)
    below = next((i for i, other in enumerate(found.bands) if layer_of(other.name) == "terrain_pixel"), None)
    ground = None if below is None else found.band(below, MOST_PIXELS)
    return draw_map(
        values,
        grid,
        look,
        title=title or look.title + (f", {float(height[1]):g} m above ground" if height else ""),
        subtitle=_subtitle(found, grid, ground, timeless=timeless),
        notes=_notes(found, timeless=timeless),
        warning=_warning(found.tags.get("INDICATIVE_SHARE"), "" if ground is None else ", hatched"),
        doubtful=None if ground is None else ground > INDICATIVE_RESOLUTION,
        relief=None if model is None else _relief(model, grid, values.shape),
        features=features() if names is None else names,
        markers=markers,
    )


def _subtitle(found: MapFile, grid: MapGrid, ground: AnyArray | None, *, timeless: bool) -> str:
    lat, lon = (float(a) for a in grid.lat_lon(0.5 * (grid.rows - 1), 0.5 * (grid.columns - 1)))
    wide, high = (f"{n * grid.pixel / 1e3:.3g}" for n in (grid.columns, grid.rows))
    digits = 2 if grid.pixel < 2e3 else 1
    place = f"{abs(lat):.{digits}f}° {'N' if lat >= 0.0 else 'S'}"
    if (90.0 - abs(lat)) * MOON_RADIUS * math.pi / 180.0 < 2.0 * grid.pixel:
        place = f"the {'north' if lat > 0.0 else 'south'} pole"
    else:
        place += f", {abs(lon):.{digits}f}° {'E' if lon >= 0.0 else 'W'}"
    told = [f"{wide} x {high} km about {place}", f"pixel {_length(grid.pixel)}"]
    if "PERIOD" in found.tags and not timeless:
        step = float(found.tags.get("STEP_S", "nan"))
        told.append(_period(found.tags["PERIOD"]) + (f" {_every(step)}" if math.isfinite(step) else ""))
    if ground is not None and np.isfinite(ground).any():
        finest, coarsest = (
            f(float(x)) for f, x in ((_length, np.nanmin(ground)), (_length, np.nanmax(ground)))
        )
        told.append(f"terrain {finest}" + ("" if finest == coarsest else f" to {coarsest}"))
    elif "TERRAIN_FINEST_M" in found.tags:
        told.append(f"finest terrain {_length(float(found.tags['TERRAIN_FINEST_M']))}")
    return " · ".join(told)


def _period(text: str) -> str:
    # the ends of a period are whole minutes but for leap seconds to come
    first, last = (np.datetime64(part.strip().rstrip("Z"), "ms") for part in text.split(" to "))
    days = [str((t + np.timedelta64(12, "h")).astype("datetime64[D]")) for t in (first, last)]
    return " to ".join(days)


def _length(metres: float) -> str:
    return f"{metres / 1e3:.3g} km" if metres >= 1e3 else f"{metres:.3g} m"


def _every(seconds: float) -> str:
    if seconds == 3600.0:
        return "hourly"
    return f"every {seconds / 3600.0:.3g} h" if seconds > 3600.0 else f"every {seconds / 60.0:.3g} min"


def _notes(found: MapFile, *, timeless: bool) -> list[str]:
    plane = "Polar stereographic" if abs(found.frame.lat_deg) == 90.0 else "Stereographic"
    told = [f"Terrain: {found.tags['TERRAIN']}."] if "TERRAIN" in found.tags else []
    if "INDICATIVE_NOTE" in found.tags and not timeless:
        told.append(f"{found.tags['INDICATIVE_NOTE']}.")
    told.append(
        f"{plane}, sphere of 1737.4 km, mean-Earth frame; the scale is that of the middle. Sun and Earth: DE440. "
        f"Names: IAU/USGS Gazetteer. {found.tags.get('SOFTWARE', '')}".replace(
            "moonstation ", "moonstation\u00a0"
        ).rstrip()
    )
    return told


def _warning(share: str | None, where: str) -> str:
    part = 0.0 if share is None else float(share)
    if part <= 0.0:
        return ""
    reason = f"terrain coarser than {INDICATIVE_RESOLUTION:g} m"
    if part > 0.9995:
        return f"Indicative only: {reason}"
    return f"Indicative only in {max(1.0, 100.0 * part):.0f} % of the map{where}: {reason}"


def _relief(model: ElevationModel, grid: MapGrid, shape: tuple[int, ...]) -> FloatArray:
    """Elevation at the middle of each pixel of the picture."""
    if max(grid.rows, grid.columns) * grid.pixel <= DETAIL:
        model = model.around(*grid.disc(Tile(0, 0, grid.rows, grid.columns), 0))
    row = (np.arange(shape[0]) + 0.5) * (grid.rows / shape[0]) - 0.5
    column = (np.arange(shape[1]) + 0.5) * (grid.columns / shape[1]) - 0.5
    return model.elevation(*grid.lat_lon(row[:, None], column[None, :]))
