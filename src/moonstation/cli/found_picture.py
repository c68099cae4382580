"""Found places and pairs on a picture of the map that they were found on."""

import numpy as np

from moonstation.report.map_looks import LOOKS, look_of
from moonstation.report.map_picture import Marker, draw_map
from moonstation.study.candidates import Region
from moonstation.study.find import FindResult
from moonstation.study.pairs import PairsResult
from moonstation.study.spots import same_terrain
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.features import features

LONG_SIDE = 1050
"""Pixels of a picture that the longer side of its map takes, at most."""


def found_picture(found: FindResult | PairsResult, model: ElevationModel) -> bytes:
    """Draw the map with numbers where the places are, as PNG: the best is 1; a and b are the places of a pair.

    The colours are those of the layer that the ranking rests on, over relief where the terrain is that of the map.
    """
    region = found.region
    if isinstance(found, PairsResult):
        layer, title = "any_light", "Pairs of places lit by turns"
        at = [
            (place.lat_deg, place.lon_deg, f"{number}{side}")
            for number, pair in enumerate(found.pairs, start=1)
            for side, place in (("a", pair.first), ("b", pair.second))
        ]
        warn = any(pair.indicative for pair in found.pairs)
    else:
        layer = found.rank.layer if found.rank.layer in LOOKS else "average_sun"
        title = f"Best places by {found.rank.title}"
        at = [(p.lat_deg, p.lon_deg, str(number)) for number, p in enumerate(found.places, start=1)]
        warn = any(place.indicative for place in found.places)
    layer = layer if region.has(layer) else "terrain_pixel"
    rows, columns = _thinned(region)
    heights = None
    if same_terrain(region, model):
        heights = model.elevation(*region.grid.lat_lon(*np.meshgrid(rows, columns, indexing="ij")))
    asked = "; ".join(term.text for term in found.terms)
    days = region.count * region.step / 86_400.0
    return draw_map(
        region.layer(layer)[np.ix_(rows, columns)],
        region.grid,
        look_of(layer),
        title=title,
        subtitle=f"{region.start.utc[:10]} + {days:g} d, {region.height:g} m above ground"
        + (f"; {asked}" if asked else ""),
        notes=[f"Terrain: {region.file.tags['TERRAIN']}"],
        warning="indicative only" if warn else "",
        relief=heights,
        features=features(),
        markers=_merged(at),
    )


def _thinned(region: Region) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns that are drawn, evenly over the whole map."""
    grid = region.grid
    share = min(1.0, LONG_SIDE / max(grid.rows, grid.columns))
    counts = (max(1, round(side * share)) for side in (grid.rows, grid.columns))
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(np.int64)
        for count, side in zip(counts, (grid.rows, grid.columns), strict=True)
    )
    return rows, columns


def _merged(markers: list[Marker]) -> list[Marker]:
    """One marker where a place belongs to several pairs."""
    labels: dict[tuple[float, float], list[str]] = {}
    for lat, lon, label in markers:
        labels.setdefault((lat, lon), []).append(label)
    return [(lat, lon, " ".join(names)) for (lat, lon), names in labels.items()]
