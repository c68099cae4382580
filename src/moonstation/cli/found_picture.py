"""Found places and pairs on a picture of the map that they were found on."""

from moonstation.report.map_overlay import Marker
from moonstation.report.map_sheet import picture_of
from moonstation.study.candidates import band_name
from moonstation.study.find import FindResult
from moonstation.study.pairs import PairsResult
from moonstation.study.spots import same_terrain
from moonstation.terrain.elevation import ElevationModel


def found_picture(found: FindResult | PairsResult, model: ElevationModel) -> bytes:
    """Draw the map with numbers where the places are, as PNG: the best is 1; a and b are the places of a pair.

    The colours are those of the layer that the ranking rests on, over relief where the terrain is that of the map.
    """
    region = found.region
    if isinstance(found, PairsResult):
        layer, title = "any_light", "Pairs of places lit by turns"
        markers = [
            (place.lat_deg, place.lon_deg, f"{number}{side}")
            for number, pair in enumerate(found.pairs, start=1)
            for side, place in (("a", pair.first), ("b", pair.second))
        ]
    else:
        layer, title = found.rank.layer, f"Best places by {found.rank.title}"
        markers = [(p.lat_deg, p.lon_deg, str(number)) for number, p in enumerate(found.places, start=1)]
    return picture_of(
        region.file.path,
        layer=band_name(layer, region.height) if region.has(layer) else None,
        model=model if same_terrain(region, model) else None,
        title=title + "".join(f", {term.text}" for term in found.terms),
        markers=_merged(markers),
    )


def _merged(markers: list[Marker]) -> list[Marker]:
    """One marker where a place belongs to several pairs."""
    labels: dict[tuple[float, float], list[str]] = {}
    for lat, lon, label in markers:
        labels.setdefault((lat, lon), []).append(label)
    return [(lat, lon, " ".join(names)) for (lat, lon), names in labels.items()]
