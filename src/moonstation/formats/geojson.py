"""Points and lines on the Moon as GeoJSON that QGIS and GDAL put on the right body."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOON_CRS = "urn:ogc:def:crs:IAU_2015::30100"
"""Longitude and latitude on the 1737.4 km sphere."""

Value = str | float | int | bool | None


@dataclass(frozen=True)
class Feature:
    """A point, or a line of several, with what is known of it.

    Attributes
    ----------
    places : sequence of (float, float)
        Latitude and longitude [deg]; one for a point, more for a line.
    properties : mapping of str to value
        Units belong in the names.
    """

    places: Sequence[tuple[float, float]]
    properties: Mapping[str, Value]


def feature_text(name: str, features: Sequence[Feature]) -> str:
    """Write features as a GeoJSON collection.

    The coordinate system is named by the ``crs`` member of GeoJSON 2008, which GDAL and QGIS read: RFC 7946 knows no
    body but the Earth, so a reader that follows it to the letter shows the places there.

    Parameters
    ----------
    name : str
        Of the layer.
    features : sequence of Feature
        In order.
    """
    collection = {
        "type": "FeatureCollection",
        "name": name,
        "crs": {"type": "name", "properties": {"name": MOON_CRS}},
        "features": [
            {
                "type": "Feature",
                "id": number,
                "properties": dict(feature.properties),
                "geometry": _geometry(feature.places),
            }
            for number, feature in enumerate(features, start=1)
        ],
    }
    return json.dumps(collection, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _geometry(places: Sequence[tuple[float, float]]) -> dict[str, object]:
    # longitude first, nine digits: a tenth of a millimetre
    points = [[round(lon, 9), round(lat, 9)] for lat, lon in places]
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "LineString", "coordinates": points}
