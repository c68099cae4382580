"""Found places and pairs as tables, as GeoJSON, and as sites of a station file."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from moonstation.formats.geojson import Feature, Value, feature_text
from moonstation.study.find import FindResult, FoundPlace
from moonstation.study.pairs import FoundPair, PairsResult
from moonstation.study.terms import MEASURES

COLUMN_UNITS = {"share": "percent", "time": "d", "angle": "deg", "length": "km", "area": "km2"}


def places_frame(result: FindResult) -> pd.DataFrame:
    """Found places as a table.

    Parameters
    ----------
    result : FindResult
        At least one place.

    Returns
    -------
    pandas.DataFrame
        ``number``, ``latitude_deg``, ``longitude_deg``, ``x_m``, ``y_m`` (plane of the map), ``ground_m``, measures
        with their unit in the name, the same with ``_map`` for the pixel of the map, ``undominated``,
        ``terrain_resolution_m``, ``indicative``.
    """
    rows = []
    for number, place in enumerate(result.places, start=1):
        row: dict[str, Value] = {"number": number, **_where(place), "x_m": place.x, "y_m": place.y}
        row["ground_m"] = round(place.spot.site.ground_m, 2) if place.spot is not None else None
        row |= _columns(place.figures)
        if place.spot is not None:
            row |= _columns(place.map_figures, "_map")
        row |= {
            "undominated": place.undominated,
            "terrain_resolution_m": round(place.resolution_m, 2),
            "indicative": place.indicative,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def pairs_frame(result: PairsResult) -> pd.DataFrame:
    """Found pairs as a table, one row a pair.

    Parameters
    ----------
    result : PairsResult
        At least one pair.

    Returns
    -------
    pandas.DataFrame
        ``number``, coordinates of both places (``_a``, ``_b``), their distance, the measures of both together
        (``together_``), of each (``_a``, ``_b``), the line of sight between the masts, ``terrain_resolution_m`` (the
        coarser one), ``indicative``.
    """
    rows = []
    for number, pair in enumerate(result.pairs, start=1):
        row: dict[str, Value] = {"number": number}
        for side, place in (("a", pair.first), ("b", pair.second)):
            row |= {f"{name}_{side}": value for name, value in _where(place).items()}
        row |= {"distance_km": round(pair.distance / 1e3, 4)} | _together(pair)
        for side, place in (("a", pair.first), ("b", pair.second)):
            row |= _columns(place.figures, f"_{side}")
        if pair.clearance is not None:
            row |= {"sight": pair.clearance >= 0.0, "sight_clearance_m": round(pair.clearance, 1)}
        row |= {
            "terrain_resolution_m": round(max(pair.first.resolution_m, pair.second.resolution_m), 2),
            "indicative": pair.indicative,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def places_geojson(result: FindResult) -> str:
    """Found places as GeoJSON points."""
    return _geojson("places", places_frame(result), [[place] for place in result.places])


def pairs_geojson(result: PairsResult) -> str:
    """Found pairs as GeoJSON lines from one place to the other."""
    return _geojson("pairs", pairs_frame(result), [[pair.first, pair.second] for pair in result.pairs])


def site_tables(
    places: Sequence[FoundPlace], height: float, terrain: Sequence[str], names: Sequence[str]
) -> str:
    """Places as ``[[site]]`` tables to paste into a station file.

    Parameters
    ----------
    places : sequence of FoundPlace
        In order.
    height : float
        Above the ground [m].
    terrain : sequence of str
        Files of elevation, as a station file names them.
    names : sequence of str
        One id for each.
    """
    files = ", ".join(_quoted(name) for name in terrain)
    tables = []
    for name, place in zip(names, places, strict=True):
        light = MEASURES["average_sun"].write(place.figures["average_sun"], 1)
        lines = [
            f"# average sunlight {light}"
            + ("" if place.spot is not None else " on the map")
            + (", indicative only" if place.indicative else ""),
            "[[site]]",
            f"id = {_quoted(name)}",
            f'lat = "{place.lat_deg:.6f} deg"',
            f'lon = "{place.lon_deg:.6f} deg"',
            f'height = "{height:g} m"',
            *([f"terrain = [{files}]"] if files else []),
        ]
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _quoted(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < 32 else c for c in text)
    return f'"{escaped}"'


def _where(place: FoundPlace) -> dict[str, Value]:
    return {"latitude_deg": round(place.lat_deg, 6) + 0.0, "longitude_deg": round(place.lon_deg, 6) + 0.0}


def _columns(figures: Mapping[str, float], ending: str = "") -> dict[str, Value]:
    """Measures with their unit in the name; None where not known."""
    found: dict[str, Value] = {}
    for name, measure in MEASURES.items():
        if name in figures:
            value = figures[name] / measure.factor
            found[f"{name}_{COLUMN_UNITS[measure.dimension]}{ending}"] = (
                round(value, 6) + 0.0 if math.isfinite(value) else None
            )
    return found


def _together(pair: FoundPair) -> dict[str, Value]:
    return {f"together_{name}": value for name, value in _columns(pair.figures).items()}


def _geojson(name: str, frame: pd.DataFrame, places: Sequence[Sequence[FoundPlace]]) -> str:
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return feature_text(
        name,
        [
            Feature([(place.lat_deg, place.lon_deg) for place in group], _plain(record))
            for group, record in zip(places, records, strict=True)
        ],
    )


def _plain(record: Mapping[object, object]) -> dict[str, Value]:
    """Values that JSON knows, of those that NumPy made."""
    found: dict[str, Value] = {}
    for name, value in record.items():
        item = value.item() if hasattr(value, "item") else value
        found[str(name)] = item if isinstance(item, str | float | int | bool) else None
    return found
