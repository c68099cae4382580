"""Pairs of places that see the Sun by turns: which two of a region are longest lit together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.study.candidates import Candidates, Region, Shortfall, arc, explain, pixel_centre
from moonstation.study.find import RESERVE, FoundPlace, check_search, meets, moved, of_map
from moonstation.study.maps import SMALLEST_TILE, TILE_PIXELS, TILE_WIDTH
from moonstation.study.run import Progress
from moonstation.study.spots import SpotModel
from moonstation.study.terms import MEASURES, Term
from moonstation.sunlight import _pair_kernels
from moonstation.sunlight.maps import region_sky, tile_lit
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.sweep import tile_ground
from moonstation.terrain.threads import in_threads

MOST_CANDIDATES = 2000
"""Places that are compared with each other: two million pairs."""

SPACING = 200.0
"""Least distance between them [m], so that they do not all stand on one peak."""

ROWS = 50
"""Places whose pairs are counted at a time."""

PAIR_MEASURES = ("any_light", "average_sun", "longest_dark")
"""What both places of a pair have together, in the order of tables."""


@dataclass(frozen=True, eq=False)
class FoundPair:
    """Two places that see the Sun by turns.

    Attributes
    ----------
    first, second : FoundPlace
        The one that is lit more often first.
    distance : float
        Between them over the ground [m].
    figures : dict of str to float
        Of both together, SI: share of time in which one or both see any of the Sun (``any_light``), mean of what the
        better one sees at each step (``average_sun``), longest spell in which both are dark (``longest_dark``). By the
        exact model, or of the map, which has ``any_light`` alone.
    map_any_light : float
        The share of time from the map's horizons.
    clearance : float or None
        How high the line between the masts passes over the ground [m], below 0 where it is blocked; None if not known.
    """

    first: FoundPlace
    second: FoundPlace
    distance: float
    figures: Mapping[str, float]
    map_any_light: float
    clearance: float | None

    @property
    def indicative(self) -> bool:
        """Whether the terrain is too coarse for the figures of one of the places."""
        return self.first.indicative or self.second.indicative


@dataclass(frozen=True, eq=False)
class PairsResult:
    """The best pairs of a region.

    Attributes
    ----------
    region : Region
        The map.
    terms : tuple of Term
        What each place was asked.
    distance : tuple of float
        Least and greatest distance between the places of a pair [m].
    apart : float
        Pairs of which both places lie nearer than this to those of a better one are left out [m].
    pairs : tuple of FoundPair
        The best first.
    known, met : int
        Pixels of the map, and those that meet the terms on it.
    compared : int
        Places compared.
    tried : int
        Pairs of them within the distance.
    least_light : float
        Of the places compared, the least share of time with any light: no pixel with less took part where the greatest
        number of places was reached.
    failed : int
        Pairs of which a place met the terms on the map but not under the exact model.
    shortfall : Shortfall or None
        Why there is none, where no pixel meets the terms.
    """

    region: Region
    terms: tuple[Term, ...]
    distance: tuple[float, float]
    apart: float
    pairs: tuple[FoundPair, ...]
    known: int
    met: int
    compared: int
    tried: int
    least_light: float
    failed: int
    shortfall: Shortfall | None

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not self.pairs


def find_pairs(
    region: Region,
    model: ElevationModel,
    terms: Sequence[Term] = (),
    *,
    distance: tuple[float, float] = (1000.0, 10_000.0),
    best: int = 10,
    apart: float = 1000.0,
    footprint: float = 0.0,
    shadow_area: float = 0.0,
    refine: bool = True,
    progress: Progress | None = None,
    threads: int | None = None,
) -> PairsResult:
    """Find the pairs of places of a region that are longest lit together.

    Parameters
    ----------
    region : Region
        Map of it, see `moonstation.study.candidates.open_region`.
    model : ElevationModel
        The terrain that the map was made from.
    terms : sequence of Term
        What each place must meet.
    distance : tuple of float
        Least and greatest distance between the places of a pair over the ground [m].
    best : int
        How many pairs.
    apart : float
        A pair of which both places lie nearer than this [m] to those of a better pair is left out.
    footprint, shadow_area : float
        As for `find_sites`.
    refine : bool
        Whether the best pairs are computed exactly.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.
    threads : int, optional
        One a processor if not given; the result does not depend on it.

    Returns
    -------
    PairsResult
        With no pair where no two places meet the terms at that distance.

    Raises
    ------
    RequestError
        If an argument makes no sense, the map lacks a layer, or was made from other terrain.

    Notes
    -----
    Pixels that meet the terms are taken by their share of time with any light, the best first, 200 m (or two pixels)
    apart, 2000 at most. When each of them sees the Sun is kept as a bit for each step, from the horizons that the map
    was made with; for each pair within the distance the bits of both are joined and counted. The best pairs are
    computed again with the exact model of each place. What pairs are called here, "areas that are collectively lit", is
    from Bussey et al. 2010, Icarus 208, 558-564, doi 10.1016/j.icarus.2010.03.028.
    """
    check_search(best, apart, distance)
    report = progress or (lambda stage, share: None)
    report("reading the map", 0.0)
    candidates = Candidates(region, footprint=footprint, shadow_area=shadow_area)
    met = candidates.meeting(terms)
    exact = SpotModel(candidates, model, area=candidates.area(met))
    result = PairsResult(
        region=region,
        terms=tuple(terms),
        distance=distance,
        apart=apart,
        pairs=(),
        known=int(candidates.known.sum()),
        met=int(met.sum()),
        compared=0,
        tried=0,
        least_light=math.nan,
        failed=0,
        shortfall=None,
    )
    if not result.known:
        raise RequestError(f"{region.file.path}: no pixel of it is known; give a map with terrain under it")
    if not result.met:
        return replace(result, shortfall=explain(candidates, terms))
    order = candidates.order(met, MEASURES["any_light"])
    pixels = candidates.spaced(order, max(SPACING, 2.0 * region.grid.pixel), MOST_CANDIDATES)
    words = _lit(region, model, pixels, report, threads)
    towards = region.grid.directions(*pixel_centre(region.grid, *np.array(pixels).T))
    report("comparing pairs", 0.6)
    either = _either(words, towards, distance, threads)
    ranked = _ranked(either, words)
    light = candidates.values("any_light")
    result = replace(
        result,
        compared=len(pixels),
        tried=int((either >= 0).sum()),
        least_light=float(min(light[pixel] for pixel in pixels)),
    )
    area = candidates.area(met)
    found: list[FoundPair] = []
    failed = 0
    wanted = RESERVE * best if refine else best
    for a, b in _distinct(ranked, towards, apart, wanted):
        report(f"pair {len(found) + 1} of {wanted}", 0.65 + 0.35 * len(found) / wanted)
        places = [of_map(candidates, pixels[k], area) for k in (a, b)]
        share = float(either[min(a, b), max(a, b)]) / region.count
        pair = FoundPair(
            places[0], places[1], float(arc(towards[a], towards[b])), {"any_light": share}, share, None
        )
        if refine:
            pair = _exact(pair, exact, region.et)
            if not (meets(pair.first, terms) and meets(pair.second, terms)):
                failed += 1
                continue
        found.append(pair)
    found.sort(key=_sort_key)
    return replace(result, pairs=tuple(found[:best]), failed=failed)


def _lit(
    region: Region,
    model: ElevationModel,
    pixels: Sequence[tuple[int, int]],
    report: Progress,
    threads: int | None,
) -> AnyArray:
    """Steps at which each pixel sees the Sun, as bits, from the horizons that the map was made with."""
    grid = region.grid
    lat, lon = grid.lat_lon(0.5 * (grid.rows - 1), 0.5 * (grid.columns - 1))
    sky = region_sky(float(lat), float(lon), region.et)
    size = max(SMALLEST_TILE, min(TILE_PIXELS, int(TILE_WIDTH / grid.pixel)))
    places = np.array(pixels)
    words = np.zeros((len(pixels), math.ceil(region.count / _pair_kernels.WORD)), np.uint64)
    tiles = [
        (tile, inside)
        for tile in grid.tiles(size)
        if (
            inside := np.flatnonzero(
                (places[:, 0] // size == tile.row // size) & (places[:, 1] // size == tile.column // size)
            )
        ).size
    ]
    for done, (tile, inside) in enumerate(tiles):
        report(f"horizons of tile {done + 1} of {len(tiles)}", 0.05 + 0.55 * done / len(tiles))
        flat = (places[inside, 0] - tile.row) * tile.columns + places[inside, 1] - tile.column
        words[inside] = tile_lit(
            tile_ground(model, grid, tile),
            sky,
            region.height,
            flat.astype(np.int64),
            directions=region.directions,
            eclipses=region.eclipses,
            threads=threads,
        )
    return words


def _either(
    words: AnyArray, towards: FloatArray, distance: tuple[float, float], threads: int | None
) -> AnyArray:
    """Steps at which one or both of two places are lit, shape (n, n); -1 below the diagonal and out of distance."""
    low, high = (2.0 * math.sin(0.5 * min(length / MOON_RADIUS, math.pi)) for length in distance)
    result = np.empty((len(words), len(words)), np.int32)

    def count(first: int) -> None:
        _pair_kernels.count_either(words, towards, low, high, first, result[first : first + ROWS])

    in_threads(count, range(0, len(words), ROWS), threads)
    return result


def _ranked(either: AnyArray, words: AnyArray) -> IntArray:
    """Pairs within the distance as (k, 2), the best first; equals by the light of both, then by their order."""
    flat = np.flatnonzero(either.ravel() >= 0)
    a, b = np.divmod(flat, either.shape[1])
    lit = np.bitwise_count(words).sum(axis=1).astype(np.int64)
    order = np.lexsort((-(lit[a] + lit[b]), -either.ravel()[flat].astype(np.int64)))
    return np.stack([a, b], axis=1)[order]


def _distinct(ranked: IntArray, towards: FloatArray, apart: float, most: int) -> list[tuple[int, int]]:
    """The first pairs that have at least one place away from those of all pairs before them."""
    chosen: list[tuple[int, int]] = []
    left = ranked
    while left.size and len(chosen) < most:
        a, b = (int(k) for k in left[0])
        chosen.append((a, b))
        near_a, near_b = (arc(towards, towards[k]) < max(apart, 1e-3) for k in (a, b))
        same = (near_a[left[:, 0]] & near_b[left[:, 1]]) | (near_b[left[:, 0]] & near_a[left[:, 1]])
        left = left[~same]
    return chosen


def _exact(pair: FoundPair, exact: SpotModel, et: FloatArray) -> FoundPair:
    found = [(place, exact.at(place.x, place.y)) for place in (pair.first, pair.second)]
    found.sort(key=lambda both: -both[1].figures["any_light"])
    (place_a, first), (place_b, second) = found
    together = light_statistics(et, np.maximum(first.fraction, second.fraction))
    return replace(
        pair,
        first=moved(place_a, first),
        second=moved(place_b, second),
        figures={
            "any_light": together.any_light,
            "average_sun": together.average,
            "longest_dark": together.longest_dark,
        },
        clearance=exact.clearance(first, second),
    )


def _sort_key(pair: FoundPair) -> tuple[float, ...]:
    """The longest lit first; equals by what the better one sees, then from the upper left of the map on."""
    figures = pair.figures
    return -figures["any_light"], -figures.get("average_sun", 0.0), -pair.first.y, pair.first.x
