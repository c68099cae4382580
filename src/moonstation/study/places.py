"""Places on the Moon as a user names them: coordinates, a built-in site, a site of a station, a crater, a table."""

import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from moonstation.errors import RequestError
from moonstation.spacetime.sites import Site
from moonstation.station.checks import is_file
from moonstation.station.loading import builtin_stations, load_station
from moonstation.station.model import SiteSpec, Station
from moonstation.station.units import parse_quantity, show
from moonstation.study.ground import Ground, ground_of
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.features import feature_named, near_features
from moonstation.terrain.horizon_table import packaged_horizon, packaged_horizons, read_horizon
from moonstation.terrain.horizons import locate

MINUS = "\N{MINUS SIGN}"
USUAL_HEIGHT = 2.0
"""Height above ground at which a place is looked at unless the user says otherwise [m]."""

EXAMPLE = '"-89.44 deg, 222.85 deg" or "89.44 deg S, 137.15 deg W"'

FEATURE = "feature"
"""Id of the middle of a named feature."""

_SIDE = re.compile(r"(.*[\s°])([NSEW])")


@dataclass(frozen=True, eq=False)
class Place:
    """A place on the Moon with its horizon.

    Attributes
    ----------
    id, name : str
        Short name, and name for people.
    height : float
        Above the ground, at which it is looked at [m].
    ground : Ground
        The site with its horizon.
    station : Station or None
        The station that it is a site of.
    """

    id: str
    name: str
    height: float
    ground: Ground
    station: Station | None = None

    @property
    def site(self) -> Site:
        """The point, with the height of its ground."""
        return self.ground.site

    @property
    def lat_deg(self) -> float:
        """Latitude [deg]."""
        return self.site.lat_deg

    @property
    def lon_deg(self) -> float:
        """Longitude, east positive [deg]."""
        return self.site.lon_deg

    @property
    def limit(self) -> str:
        """What must be said beside every figure of this place; "" where its terrain is fine enough."""
        horizon = self.ground.horizon
        if not horizon.indicative:
            return ""
        return (
            f"indicative only: the terrain at {self.name} has {horizon.resolution_m / 1e3:.1f} km pixels, which near "
            "a pole shows about 10 points too much sunlight on average; give --terrain or a horizon table"
        )


@dataclass(frozen=True)
class Spot:
    """Where something with a name lies.

    Attributes
    ----------
    name : str
        Name for people.
    lat_deg, lon_deg : float
        Its middle [deg], ME.
    diameter : float or None
        How wide it is [m]; None for a point.
    """

    name: str
    lat_deg: float
    lon_deg: float
    diameter: float | None


def find_spot(text: str) -> Spot:
    """Find where a place or a named feature lies, by what a user writes; see `find_place`.

    Raises
    ------
    RequestError
        If there is no such place; names the nearest ones.
    StationFileError, DataFileError
        If its station or table cannot be used.
    """
    text = text.strip().replace(MINUS, "-")
    spec, _ = _spec_of(text)
    feature = feature_named(text) if spec.id == FEATURE else None
    if feature is not None:
        return Spot(feature.name, feature.lat_deg, feature.lon_deg, feature.diameter)
    return Spot(spec.name, spec.lat_deg, spec.lon_deg, None)


def find_place(
    text: str,
    *,
    height: float | None = None,
    terrain: Sequence[Path | str] = (),
    progress: Callable[[str], None] | None = None,
) -> Place:
    """Find a place by what a user writes, and its horizon.

    Parameters
    ----------
    text : str
        "-89.44 deg, 222.85 deg" or "89.44 deg S, 137.15 deg W"; a built-in site ("connecting-ridge"); STATION:SITE
        ("ilrs:base"); a named feature ("Mons Mouton"), of which it is the middle; or a horizon table.
    height : float, optional
        Above the ground [m]; that of the station's site, else 2 m, if not given.
    terrain : sequence of paths
        GeoTIFF windows from which the horizon is made, finest first, instead of the place's own table.
    progress : callable, optional
        Called with what is being done.

    Raises
    ------
    RequestError
        If there is no such place; names the nearest ones.
    StationFileError, DataFileError, CoverageError
        If its station, table or terrain cannot be used.
    """
    spec, station = _spec_of(text.strip().replace(MINUS, "-"))
    if height is not None:
        spec = spec.model_copy(update={"height": height})
    if terrain:
        spec = spec.model_copy(update={"terrain": [str(path) for path in terrain], "horizon": None})
    if not spec.height >= 0.0:
        raise RequestError(f"--height {spec.height:g} m: is under the ground; give a height of 0 m or more")
    if progress is not None:
        progress(f"horizon of {spec.name}")
    ground = ground_of(spec, [spec.height])
    if spec.ground is None and math.isnan(ground.site.ground_m):
        # a table made elsewhere need not say how high its ground is
        known = locate(ElevationModel.packaged(), spec.id, spec.lat_deg, spec.lon_deg)
        ground = replace(ground, site=known)
    return Place(spec.id, spec.name, spec.height, ground, station)


def _spec_of(text: str) -> tuple[SiteSpec, Station | None]:
    if text in packaged_horizons():
        return _table(packaged_horizon(text), text, text), None
    feature = feature_named(text)
    if feature is not None:
        name = f"middle of {feature.name}"
        return SiteSpec(id=FEATURE, name=name, lat=feature.lat_deg, lon=feature.lon_deg), None
    if "," in text and not is_file(Path(text)):
        return _coordinates(text), None
    if ":" in text and not is_file(Path(text)):
        name, _, site = text.rpartition(":")
        return _of_station(name, site)
    if not is_file(Path(text)):
        raise RequestError(f"place {show(text)} is unknown; {_cure(text)}")
    if Path(text).suffix == ".toml":
        raise RequestError(f"place {show(text)} is a station file; name a site of it, as in {text}:SITE")
    return _table(Path(text), _as_id(Path(text).stem), str(Path(text).absolute())), None


def _cure(text: str) -> str:
    stations = {f"{name}:{site.id}": site for name in builtin_stations() for site in load_station(name).sites}
    known = [*packaged_horizons(), *stations]
    close = near_features(text) + difflib.get_close_matches(text[:80], known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return (
        f'give "89.44 deg S, 137.15 deg W", a built-in site ({", ".join(packaged_horizons())}), STATION:SITE such as '
        "ilrs:base, a named feature such as Shackleton, or a horizon table"
    )


def _table(path: Path, name: str, horizon: str) -> SiteSpec:
    site = read_horizon(path).site
    title = site.name if site.name not in ("", "site") else name
    return SiteSpec(id=name, name=title[:200], lat=site.lat_deg, lon=site.lon_deg, horizon=horizon)


def _of_station(name: str, site_id: str) -> tuple[SiteSpec, Station]:
    station = load_station(name)
    for site in station.sites:
        if site.id == site_id:
            return site, station
    ids = [site.id for site in station.sites]
    close = difflib.get_close_matches(site_id, ids, n=1, cutoff=0.5)
    cure = f"did you mean {name}:{close[0]}?" if close else f"it has {', '.join(ids) or 'no site'}"
    raise RequestError(f"station {name} has no site {show(site_id)}; {cure}")


def _coordinates(text: str) -> SiteSpec:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise RequestError(f"place {show(text)}: give a latitude and a longitude, as in {EXAMPLE}")
    lat, lon = _angle(parts[0], "N", "S"), _angle(parts[1], "E", "W")
    Site("of these coordinates", lat, lon)  # refuses what is off the Moon
    lon = (lon + 180.0) % 360.0 - 180.0 if abs(lon) >= 180.0 else lon
    name = f"{abs(lat):.4f}° {'S' if lat < 0 else 'N'}, {abs(lon):.4f}° {'W' if lon < 0 else 'E'}"
    return SiteSpec(id="place", name=name, lat=lat, lon=lon)


def _angle(text: str, positive: str, negative: str) -> float:
    match = _SIDE.fullmatch(text)
    number = match[1].strip() if match else text
    try:
        value = parse_quantity(number, "degrees")
    except ValueError as error:
        raise RequestError(f"place: {error}; a place is {EXAMPLE}") from error
    if match is None:
        return value
    if match[2] not in (positive, negative) or value < 0.0:
        raise RequestError(
            f"place: {show(text)} is no angle {positive} or {negative}; a place is {EXAMPLE}, latitude first"
        )
    return -value if match[2] == negative else value


def _as_id(stem: str) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)[:60].lstrip("-_")
    return plain or "place"
