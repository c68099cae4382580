"""The pixels of a map as candidates for a site: what each has, which meet terms, and in which order."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from moonstation.arrays import AnyArray, BoolArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError, RequestError
from moonstation.formats.map_raster import MapFile, read_map
from moonstation.formats.map_zarr import read_store
from moonstation.formats.rasters import MAX_PIXELS
from moonstation.spacetime.epochs import Epoch
from moonstation.study.terms import MEASURES, Measure, Term
from moonstation.sunlight.maps import GROUND_LAYERS, LAYERS
from moonstation.terrain.region import MapGrid, Tile

WIDEST_FOOTPRINT = 101
"""A footprint spans at most so many pixels."""

BLOCK_ROWS = 256
"""Rows of a map that are worked on at a time where every pixel needs a vector."""

DISPLAY_SI = {"d": 86_400.0, "deg": math.pi / 180.0}
"""SI value of the units of maps."""


@dataclass(frozen=True, eq=False)
class Region:
    """A map as the ground of a search.

    Attributes
    ----------
    file : MapFile
        The map.
    layers : dict of str to ndarray of float32, shape (rows, columns)
        Its layers at the height in use.
    grid : MapGrid
        Its pixels.
    height : float
        Above the ground, for which its light holds [m].
    start : Epoch
        Begin of its period.
    step : float
        Step of its period [s].
    count : int
        Steps of its period.
    directions : int
        Directions of its horizons.
    eclipses : bool
        Whether the Earth's shadow counts in it.
    hashes : frozenset of str
        SHA-256 of the data behind it.
    """

    file: MapFile
    layers: Mapping[str, AnyArray]
    grid: MapGrid
    height: float
    start: Epoch
    step: float
    count: int
    directions: int
    eclipses: bool
    hashes: frozenset[str]

    @property
    def et(self) -> FloatArray:
        """Instants of the period, TDB seconds past J2000."""
        return self.start.tdb_s + self.step * np.arange(self.count, dtype=np.float64)

    def has(self, layer: str) -> bool:
        """Whether the map has a layer, at the height in use."""
        return layer in self.layers

    def layer(self, name: str) -> AnyArray:
        """Values of a layer, in the map's unit, NaN where not known.

        Raises
        ------
        RequestError
            If the map does not have it.
        """
        if name not in self.layers:
            raise RequestError(
                f"{self.file.path}: has no layer {band_name(name, self.height)}, which these terms need; make the map "
                f"again with --layer {name}"
            )
        return self.layers[name]


def band_name(layer: str, height: float) -> str:
    """Name of the band that shows a layer at a height above ground [m]."""
    return layer if layer in GROUND_LAYERS else f"{layer}_{height:g}m"


def open_region(path: Path, height: float | None = None) -> Region:
    """Open a map for a search.

    Parameters
    ----------
    path : Path
        Map made by `moonstation map`: GeoTIFF, or a Zarr store.
    height : float, optional
        Which of its heights [m]; not needed where it has one.

    Raises
    ------
    DataFileError
        If it is no such map.
    RequestError
        If it does not have the height, or several and none is chosen.
    """
    file = read_store(path) if path.is_dir() else read_map(path)
    tags, frame = file.tags, file.frame
    if not {"PERIOD", "STEP_S", "HEIGHTS_M", "DIRECTIONS", "SOURCES", "TERRAIN"} <= set(tags):
        raise DataFileError(
            f"{path}: does not say what it was made from; give a map as 'moonstation map' wrote it, or a region with "
            "--lat, --lon, --size"
        )
    heights = [float(text) for text in tags["HEIGHTS_M"].split()]
    if height is None and len(heights) > 1:
        raise RequestError(f"{path}: has heights {tags['HEIGHTS_M']} m; choose one with --height")
    chosen = heights[0] if height is None else height
    if chosen not in heights:
        raise RequestError(f"--height {chosen:g} m: {path} has {tags['HEIGHTS_M']} m; choose of these")
    wanted = {band_name(name, chosen): name for name in LAYERS}
    found = {wanted[band.name]: index for index, band in enumerate(file.bands) if band.name in wanted}
    if frame.rows * frame.columns * len(found) > MAX_PIXELS:
        raise DataFileError(
            f"{path}: {frame.columns} x {frame.rows} pixels do not fit in memory; make maps of smaller regions"
        )
    first, last = (Epoch.parse(text) for text in tags["PERIOD"].split(" to "))
    step = float(tags["STEP_S"])
    return Region(
        file=file,
        layers={name: file.band(index, max(frame.rows, frame.columns)) for name, index in found.items()},
        grid=MapGrid(
            frame.lat_deg, frame.lon_deg, frame.left, frame.top, frame.pixel, frame.rows, frame.columns
        ),
        height=chosen,
        start=first,
        step=step,
        count=round((last - first) / step),
        directions=int(tags["DIRECTIONS"]),
        eclipses=tags["EARTH_ECLIPSES"] == "yes",
        hashes=frozenset(re.findall(r"sha256 ([0-9a-f]{64})", tags["SOURCES"])),
    )


class Candidates:
    """What every pixel of a region has, SI, NaN where not known.

    Parameters
    ----------
    region : Region
        The map.
    footprint : float
        Width of the ground that a slope is asked of [m]; 0 for that of the pixel alone.
    shadow_area : float
        Patches of permanent shadow smaller than this do not count [m2].

    Attributes
    ----------
    known : ndarray of bool, shape (rows, columns)
        Pixels of which the map knows anything.

    Raises
    ------
    RequestError
        If the footprint or the area makes no sense.
    """

    def __init__(self, region: Region, *, footprint: float = 0.0, shadow_area: float = 0.0) -> None:
        if not (math.isfinite(shadow_area) and shadow_area >= 0.0):
            raise RequestError(f"--shadow-area {shadow_area:g} m2: give 0 m2 or more")
        self.region = region
        self.offsets = footprint_offsets(region.grid, footprint)
        self._shadow_area = shadow_area
        self._values: dict[str, AnyArray] = {}
        self._nearest: IntArray | None = None
        known = [region.layer(name) for name in ("average_sun", "slope") if region.has(name)]
        anything = known or [next(iter(region.layers.values()))]
        self.known: BoolArray = np.logical_and.reduce([np.isfinite(values) for values in anything])

    def available(self) -> list[Measure]:
        """Measures that the map has the layers for; that of area comes with the terms."""
        return [m for m in MEASURES.values() if m.layer and self.region.has(m.layer)]

    def values(self, name: str) -> AnyArray:
        """A measure over all pixels, SI.

        Raises
        ------
        RequestError
            If the map lacks the layer that it is made from.
        """
        if name not in self._values:
            self._values[name] = self._make(MEASURES[name])
        return self._values[name]

    def nearest_shadow(self, row: int, column: int) -> tuple[int, int] | None:
        """The pixel of permanent shadow that is nearest to one; None where the map has none."""
        self.values("shadow_distance")
        if self._nearest is None:
            return None
        return int(self._nearest[0, row, column]), int(self._nearest[1, row, column])

    def meeting(self, terms: Sequence[Term]) -> BoolArray:
        """Pixels that meet all terms, shape (rows, columns)."""
        met = self.known.copy()
        for term in terms:
            if term.measure.name != "area":
                met &= term.holds(self.values(term.measure.name))
        bounds = [term for term in terms if term.measure.name == "area"]
        if bounds:
            area = self.area(met)
            for term in bounds:
                met &= term.holds(area)
        return met

    def area(self, met: BoolArray) -> AnyArray:
        """Area on the ground of the patch that each pixel belongs to [m2], 0 outside all of them.

        A patch is a set of pixels that touch along their sides.
        """
        labels, count = ndimage.label(met)
        sums = np.zeros(count + 1)
        for first in range(0, labels.shape[0], BLOCK_ROWS):
            part = slice(first, first + BLOCK_ROWS)
            sums += np.bincount(labels[part].ravel(), self._pixel_areas(part).ravel(), count + 1)
        sums[0] = 0.0
        result: AnyArray = sums[labels]
        return result

    def order(self, met: BoolArray, rank: Measure) -> IntArray:
        """Flat indices of pixels, the best first; equals by average sunlight, then by row and column."""
        found = np.flatnonzero(met)
        values = (self.area(met) if rank.name == "area" else self.values(rank.name)).ravel()[found]
        second = self.values("average_sun" if self.region.has("average_sun") else rank.name).ravel()[found]
        result: IntArray = found[np.lexsort((-second, -rank.better * values))]
        return result

    def spaced(self, order: IntArray, apart: float, most: int) -> list[tuple[int, int]]:
        """The first pixels of an order that keep a distance over the ground [m] from all before them."""
        grid = self.region.grid
        free = np.zeros((grid.rows, grid.columns), bool)
        free.ravel()[order] = True
        chosen: list[tuple[int, int]] = []
        # pixels of the plane are nowhere smaller on the ground than at its corners
        corner = max(
            float(stretch(grid.left + i * grid.columns * grid.pixel, grid.top - j * grid.rows * grid.pixel))
            for i in (0, 1)
            for j in (0, 1)
        )
        reach = math.ceil(apart * corner / grid.pixel)
        place = 0
        while place < order.size and len(chosen) < most:
            part = order[place : place + 4096]
            left = np.flatnonzero(free.ravel()[part])
            if left.size == 0:
                place += part.size
                continue
            place += int(left[0]) + 1
            row, column = (int(k) for k in np.unravel_index(int(part[left[0]]), free.shape))
            chosen.append((row, column))
            box = Tile(
                max(0, row - reach),
                max(0, column - reach),
                min(grid.rows, row + reach + 1) - max(0, row - reach),
                min(grid.columns, column + reach + 1) - max(0, column - reach),
            )
            around = grid.directions(*np.meshgrid(*grid.pixel_centres(box)))
            here = grid.directions(*pixel_centre(grid, row, column))
            near = arc(around, here) < apart
            free[box.row : box.row + box.rows, box.column : box.column + box.columns] &= ~near
            free[row, column] = False
        return chosen

    def _pixel_areas(self, rows: slice) -> FloatArray:
        """Area of the pixels of some rows on the ground [m2]."""
        grid = self.region.grid
        first, last, _ = rows.indices(grid.rows)
        x, y = grid.pixel_centres(Tile(first, 0, last - first, grid.columns))
        return np.asarray((grid.pixel / stretch(x[None, :], y[:, None])) ** 2)

    def _make(self, measure: Measure) -> AnyArray:
        layer = self.region.layer(measure.layer)
        if measure.name == "shadow_distance":
            return self._shadow_distance(layer == 1.0)
        if measure.layer == "slope":
            slope = layer * np.float32(DISPLAY_SI["deg"])
            return self._over_footprint(slope, greatest=measure.name == "slope")
        return layer * np.float32(DISPLAY_SI["d"]) if measure.dimension == "time" else layer

    def _over_footprint(self, slope: AnyArray, *, greatest: bool) -> AnyArray:
        if len(self.offsets) == 1:
            return slope
        span = int(np.abs(self.offsets).max())
        disc = np.zeros((2 * span + 1, 2 * span + 1), bool)
        disc[tuple((self.offsets + span).T)] = True
        unknown = np.isnan(slope)
        if greatest:
            result = ndimage.maximum_filter(
                np.where(unknown, np.float32(-1.0), slope), footprint=disc, mode="nearest"
            )
        else:
            weights = disc.astype(np.float32) / np.float32(disc.sum())
            result = ndimage.convolve(np.where(unknown, np.float32(0.0), slope), weights, mode="nearest")
        # ground of which a part is not known is not known
        result[ndimage.maximum_filter(unknown, footprint=disc, mode="nearest")] = np.nan
        return np.asarray(result)

    def _shadow_distance(self, shadow: BoolArray) -> AnyArray:
        if self._shadow_area > 0.0:
            shadow = self.area(shadow) >= self._shadow_area
        grid = self.region.grid
        if not shadow.any():
            return np.full(shadow.shape, np.nan, np.float32)
        self._nearest = np.asarray(
            ndimage.distance_transform_edt(~shadow, return_distances=False, return_indices=True)
        )
        result = np.empty(shadow.shape, np.float32)
        for first in range(0, grid.rows, BLOCK_ROWS):
            part = slice(first, min(first + BLOCK_ROWS, grid.rows))
            x, y = grid.pixel_centres(Tile(part.start, 0, part.stop - part.start, grid.columns))
            here = grid.directions(*np.meshgrid(x, y))
            row, column = self._nearest[:, part]
            result[part] = arc(here, grid.directions(*pixel_centre(grid, row, column)))
        result[~self.known] = np.nan
        return result


@dataclass(frozen=True)
class TermReport:
    """What a term costs where no place meets all of them.

    Attributes
    ----------
    term : Term
        The term.
    alone : int
        Pixels that meet it.
    without : int
        Pixels that meet all others.
    relaxed : float
        The bound nearest to the one asked for at which a pixel would meet all terms, SI; NaN if there is none.
    """

    term: Term
    alone: int
    without: int
    relaxed: float


@dataclass(frozen=True)
class Shortfall:
    """Why no place meets all terms.

    Attributes
    ----------
    known : int
        Pixels of the region.
    reports : tuple of TermReport
        One a term.
    nearest : tuple of (int, int)
        Row and column of the pixel that misses the terms by least, added up in parts of their bounds.
    values : dict of str to float
        What it has, by measure, SI.
    """

    known: int
    reports: tuple[TermReport, ...]
    nearest: tuple[int, int]
    values: Mapping[str, float]

    @property
    def strictest(self) -> TermReport:
        """The term without which most pixels would do; of equals the one that fewest meet."""
        return max(self.reports, key=lambda report: (report.without, -report.alone))


def explain(candidates: Candidates, terms: Sequence[Term]) -> Shortfall:
    """Say why no pixel meets all terms, and what would help.

    Parameters
    ----------
    candidates : Candidates
        The pixels.
    terms : sequence of Term
        At least one; together they leave none.
    """
    reports = []
    for number, term in enumerate(terms):
        others = [other for k, other in enumerate(terms) if k != number]
        met = candidates.meeting(others)
        reports.append(
            TermReport(
                term,
                int(candidates.meeting([term]).sum()),
                int(met.sum()),
                _relaxed(candidates, term, others, met),
            )
        )
    shape = candidates.known.shape
    rest = candidates.meeting([term for term in terms if term.measure.name != "area"])
    total = np.where(candidates.known, 0.0, np.inf)
    figures = {}
    for term in terms:
        name = term.measure.name
        figures[name] = values = candidates.area(rest) if name == "area" else candidates.values(name)
        gap = (term.bound - values if term.least else values - term.bound) / (
            abs(term.bound) or term.measure.factor
        )
        total += np.where(np.isnan(gap), np.inf, np.maximum(gap, 0.0))
    row, column = (int(k) for k in np.unravel_index(int(np.argmin(total)), shape))
    return Shortfall(
        known=int(candidates.known.sum()),
        reports=tuple(reports),
        nearest=(row, column),
        values={name: float(values[row, column]) for name, values in figures.items()},
    )


def _relaxed(candidates: Candidates, term: Term, others: Sequence[Term], met: BoolArray) -> float:
    """The bound nearest to a term's at which a pixel meets it and all others."""
    values = candidates.area(met) if term.measure.name == "area" else candidates.values(term.measure.name)
    possible = np.unique(values[met & np.isfinite(values)])
    if possible.size == 0:
        return math.nan
    nearest_first = possible[::-1] if term.least else possible
    if term.measure.name == "area" or not any(other.measure.name == "area" for other in others):
        return float(nearest_first[0])

    # a wider bound leaves larger patches: the first that is large enough is found by halving
    def enough(k: int) -> bool:
        wider = Term(term.measure, term.least, float(nearest_first[k]), term.text)
        return bool(candidates.meeting([*others, wider]).any())

    low, high = -1, int(nearest_first.size) - 1
    if not enough(high):
        return math.nan
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(nearest_first[high])


def footprint_offsets(grid: MapGrid, footprint: float) -> IntArray:
    """Pixels whose centres lie within a circle of this width [m] about a pixel's, as (row, column) from it.

    Raises
    ------
    RequestError
        If it spans too many pixels, or is negative.
    """
    middle = stretch(grid.left + 0.5 * grid.columns * grid.pixel, grid.top - 0.5 * grid.rows * grid.pixel)
    radius = 0.5 * footprint * float(middle) / grid.pixel
    if not (math.isfinite(footprint) and 0.0 <= radius <= WIDEST_FOOTPRINT / 2):
        raise RequestError(
            f"--footprint {footprint:g} m: give 0 m to {WIDEST_FOOTPRINT} pixels of {grid.pixel:g} m"
        )
    span = math.floor(radius)
    offsets = np.array(
        [
            (i, j)
            for i in range(-span, span + 1)
            for j in range(-span, span + 1)
            if math.hypot(i, j) <= radius * (1.0 + 1e-9)
        ]
    )
    return offsets.reshape(-1, 2).astype(np.int64)


def pixel_centre(grid: MapGrid, row: int | AnyArray, column: int | AnyArray) -> tuple[AnyArray, AnyArray]:
    """Plane coordinates of pixel centres [m]."""
    x = grid.left + (np.asarray(column, dtype=np.float64) + 0.5) * grid.pixel
    y = grid.top - (np.asarray(row, dtype=np.float64) + 0.5) * grid.pixel
    return x, y


def arc(a: FloatArray, b: FloatArray) -> FloatArray:
    """Way over the 1737.4 km sphere between unit vectors (..., 3) [m], exact for short ones too."""
    chord = np.linalg.norm(np.asarray(a) - np.asarray(b), axis=-1)
    return np.asarray(2.0 * MOON_RADIUS * np.arcsin(np.clip(0.5 * chord, 0.0, 1.0)), dtype=np.float64)


def stretch(x: float | AnyArray, y: float | AnyArray) -> AnyArray:
    """How much longer a way is on the plane than on the ground (Snyder 1987, eq. 21-4)."""
    return np.asarray(1.0 + (np.square(x) + np.square(y)) / (4.0 * MOON_RADIUS**2))
