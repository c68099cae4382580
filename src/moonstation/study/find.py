"""The best places of a region under a user's terms: picked from a map, then computed exactly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.study.candidates import (
    Candidates,
    Region,
    Shortfall,
    arc,
    explain,
    pixel_centre,
)
from moonstation.study.run import Progress
from moonstation.study.spots import Spot, SpotModel
from moonstation.study.terms import MEASURES, Measure, Term, find_measure, undominated
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import INDICATIVE_RESOLUTION

RESERVE = 2
"""Places looked at exactly for each one that is wanted: some rank differently, or fail, under the exact model."""

MOST_PLACES = 1000


@dataclass(frozen=True, eq=False)
class FoundPlace:
    """A place that meets the terms.

    Attributes
    ----------
    lat_deg, lon_deg : float
        [deg], ME.
    x, y : float
        In the plane of the map [m].
    figures : dict of str to float
        Measures, SI: by the exact model where `spot` is given, else those of the map.
    map_figures : dict of str to float
        Measures of the pixel of the map that led here, SI.
    resolution_m : float
        Pixel of the terrain under it [m].
    undominated : bool
        Whether no other place of the list is as good in all measures asked and better in one.
    spot : Spot or None
        The exact model; None if it was not asked.
    """

    lat_deg: float
    lon_deg: float
    x: float
    y: float
    figures: Mapping[str, float]
    map_figures: Mapping[str, float]
    resolution_m: float
    undominated: bool
    spot: Spot | None

    @property
    def indicative(self) -> bool:
        """Whether the terrain is too coarse for the figures of a single place."""
        return self.resolution_m > INDICATIVE_RESOLUTION


@dataclass(frozen=True, eq=False)
class FindResult:
    """The best places of a region.

    Attributes
    ----------
    region : Region
        The map.
    terms : tuple of Term
        What was asked.
    rank : Measure
        What they are sorted by.
    apart : float
        Least distance between them [m].
    footprint : float
        Width of the ground that slopes are of [m].
    places : tuple of FoundPlace
        The best first.
    known, met : int
        Pixels of the map, and those that meet the terms on it.
    failed : int
        Places that met the terms on the map but not under the exact model.
    shortfall : Shortfall or None
        Why there is none, where no pixel meets the terms.
    nearest : FoundPlace or None
        The best place that fails under the exact model, where all do.
    """

    region: Region
    terms: tuple[Term, ...]
    rank: Measure
    apart: float
    footprint: float
    places: tuple[FoundPlace, ...]
    known: int
    met: int
    failed: int
    shortfall: Shortfall | None
    nearest: FoundPlace | None

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not self.places

    @property
    def measures(self) -> list[Measure]:
        """Measures that are known of the places, in the order of tables."""
        known: set[str] = set().union(*(place.figures for place in self.places))
        return [measure for measure in MEASURES.values() if measure.name in known]

    @property
    def asked(self) -> list[Measure]:
        """Measures of the terms and of the ranking, each once."""
        return asked_measures(self.terms, self.rank)


def asked_measures(terms: Sequence[Term], rank: Measure) -> list[Measure]:
    """Measures of terms and of a ranking, each once, in the order of tables."""
    names = {term.measure.name for term in terms} | {rank.name}
    return [measure for measure in MEASURES.values() if measure.name in names]


def check_search(best: int, apart: float, distance: tuple[float, float] | None = None) -> None:
    """Refuse a search that makes no sense before anything is computed.

    Parameters
    ----------
    best : int
        How many places or pairs.
    apart : float
        Least distance from one to the next [m].
    distance : tuple of float, optional
        Least and greatest distance between the places of a pair [m].

    Raises
    ------
    RequestError
        If one of them makes no sense.
    """
    if not 1 <= best <= MOST_PLACES:
        raise RequestError(f"--best {best}: give 1 to {MOST_PLACES}")
    if not (math.isfinite(apart) and apart >= 0.0):
        raise RequestError(f"--apart {apart:g} m: give 0 m or more")
    if distance is not None and not (math.isfinite(distance[1]) and 0.0 <= distance[0] < distance[1]):
        raise RequestError(
            f"--distance {distance[0]:g} m {distance[1]:g} m: give the least and then the greatest distance"
        )


def find_sites(
    region: Region,
    terms: Sequence[Term] = (),
    *,
    rank: str = "average_sun",
    best: int = 10,
    apart: float = 1000.0,
    footprint: float = 0.0,
    shadow_area: float = 0.0,
    model: ElevationModel | None = None,
    progress: Progress | None = None,
) -> FindResult:
    """Find the best places of a region.

    Parameters
    ----------
    region : Region
        Map of it, see `moonstation.study.candidates.open_region`.
    terms : sequence of Term
        What every place must meet, see `moonstation.study.terms.parse_term`.
    rank : str
        Measure to sort by, the best first; equals by average sunlight, then from the map's upper left on.
    best : int
        How many.
    apart : float
        Least distance between two of them over the ground [m].
    footprint : float
        Width of the ground that slopes are asked of [m]; 0 for that of a pixel.
    shadow_area : float
        Patches of permanent shadow smaller than this do not count [m2].
    model : ElevationModel, optional
        The terrain that the map was made from, for exact figures; those of the map alone without it.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.

    Returns
    -------
    FindResult
        With no place, and the reason, where none meets the terms.

    Raises
    ------
    RequestError
        If an argument makes no sense, the map lacks a layer, or was made from other terrain.

    Notes
    -----
    Exact figures are those of the horizon that one march makes in 720 directions from the place itself, at every step
    of the map's period. Twice as many places as are wanted, the best on the map, are computed so; those that still meet
    the terms are sorted anew. About each of the best, spots half a pixel off are tried, then half of that, down to half
    a pixel of the terrain (`SpotModel.climb`).
    """
    check_search(best, apart)
    report = progress or (lambda stage, share: None)
    report("reading the map", 0.0)
    measure = find_measure(rank, "--rank")
    candidates = Candidates(region, footprint=footprint, shadow_area=shadow_area)
    met = candidates.meeting(terms)
    result = FindResult(
        region=region,
        terms=tuple(terms),
        rank=measure,
        apart=apart,
        footprint=footprint,
        places=(),
        known=int(candidates.known.sum()),
        met=int(met.sum()),
        failed=0,
        shortfall=None,
        nearest=None,
    )
    if not result.known:
        raise RequestError(f"{region.file.path}: no pixel of it is known; give a map with terrain under it")
    if not result.met:
        report("looking for what would help", 0.05)
        return replace(result, shortfall=explain(candidates, terms))
    area = candidates.area(met)
    order = candidates.order(met, measure)
    pixels = candidates.spaced(order, apart, best if model is None else RESERVE * best)
    if model is None:
        places = [of_map(candidates, pixel, area) for pixel in pixels]
        return replace(result, places=_flagged(places, asked_measures(terms, measure)))
    exact = SpotModel(candidates, model, area=area)
    places = []
    for done, pixel in enumerate(pixels):
        report(f"place {done + 1} of {len(pixels)}", 0.1 + 0.5 * done / len(pixels))
        place = of_map(candidates, pixel, area)
        places.append(moved(place, exact.at(place.x, place.y)))
    passing = [place for place in places if meets(place, terms)]
    if not passing:
        nearest = min(places, key=lambda place: _missed(place, terms))
        return replace(result, failed=len(places), nearest=nearest)
    kept: list[FoundPlace] = []
    for place in _sorted(passing, measure):
        # one that was kept may have come nearer
        if len(kept) < best and _away(place, kept, apart):
            report(f"around place {len(kept) + 1}", 0.6 + 0.4 * len(kept) / best)
            kept.append(_climb(place, exact, terms, measure, kept, apart))
    return replace(
        result,
        places=_flagged(_sorted(kept, measure), asked_measures(terms, measure)),
        failed=len(places) - len(passing),
    )


def of_map(candidates: Candidates, pixel: tuple[int, int], area: FloatArray) -> FoundPlace:
    """A place with the figures of its pixel on the map.

    Parameters
    ----------
    candidates : Candidates
        The pixels.
    pixel : tuple of (int, int)
        Row and column.
    area : ndarray, shape (rows, columns)
        Area of the patch that each pixel belongs to [m2].
    """
    region = candidates.region
    figures = {m.name: float(candidates.values(m.name)[pixel]) for m in candidates.available()}
    figures["area"] = float(area[pixel])
    lat_deg, lon_deg = (float(value) for value in region.grid.lat_lon(*pixel))
    x, y = (float(value) for value in pixel_centre(region.grid, *pixel))
    resolution = float(region.layer("terrain_pixel")[pixel])
    return FoundPlace(lat_deg, lon_deg, x, y, figures, figures, resolution, False, None)


def moved(place: FoundPlace, spot: Spot) -> FoundPlace:
    """A place at a spot, with the figures of the exact model."""
    return replace(
        place,
        lat_deg=spot.site.lat_deg,
        lon_deg=spot.site.lon_deg,
        x=spot.x,
        y=spot.y,
        figures=spot.figures,
        resolution_m=spot.horizon.resolution_m,
        spot=spot,
    )


def meets(place: FoundPlace, terms: Sequence[Term]) -> bool:
    """Whether a place meets all terms."""
    return all(bool(term.holds(np.array(place.figures[term.measure.name]))) for term in terms)


def _climb(
    place: FoundPlace,
    exact: SpotModel,
    terms: Sequence[Term],
    rank: Measure,
    others: Sequence[FoundPlace],
    apart: float,
) -> FoundPlace:
    """Go to better ground around a place, within the terms and away from others."""

    def value(spot: Spot) -> float:
        there = moved(place, spot)
        return _value(there, rank) if meets(there, terms) and _away(there, others, apart) else -math.inf

    return moved(place, exact.climb(place.x, place.y, value))


def _missed(place: FoundPlace, terms: Sequence[Term]) -> float:
    return sum(term.shortfall(place.figures[term.measure.name]) for term in terms)


def _value(place: FoundPlace, rank: Measure) -> float:
    value = rank.better * place.figures[rank.name]
    return value if math.isfinite(value) else -math.inf


def _sorted(places: Sequence[FoundPlace], rank: Measure) -> list[FoundPlace]:
    """The best first; equals by average sunlight, then from the upper left of the map on."""
    return sorted(places, key=lambda p: (-_value(p, rank), -p.figures.get("average_sun", 0.0), -p.y, p.x))


def _away(place: FoundPlace, others: Sequence[FoundPlace], apart: float) -> bool:
    """Whether a place keeps its distance over the ground [m] from others, to the millimetre."""
    return all(float(arc(_towards(place), _towards(other))) >= apart - 1e-3 for other in others)


def _towards(place: FoundPlace) -> FloatArray:
    lat, lon = math.radians(place.lat_deg), math.radians(place.lon_deg)
    return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])


def _flagged(places: Sequence[FoundPlace], measures: Sequence[Measure]) -> tuple[FoundPlace, ...]:
    flags = undominated([place.figures for place in places], measures)
    return tuple(replace(place, undominated=flag) for place, flag in zip(places, flags, strict=True))
