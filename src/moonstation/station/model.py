"""What a station is made of: the tables of a station file as typed records, SI and radians.

Each field is one row of the station file's vocabulary (see `moonstation.station.vocabulary`).
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.station import metrics
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher, Mission
from moonstation.station.part import Part, Provenance
from moonstation.station.thermal import ThermalLink, ThermalNode
from moonstation.station.units import Measure
from moonstation.station.vocabulary import (
    Altitude,
    Count,
    Data,
    DataRate,
    EarthAltitude,
    Eirp,
    FigureOfMerit,
    Gain,
    Ground,
    Height,
    Id,
    Inclination,
    Latitude,
    Longitude,
    Mask,
    Moment,
    Name,
    Size,
    Span,
    Text,
    Turn,
    YesNo,
)

if TYPE_CHECKING:
    from moonstation.spacetime.earth import GroundStation


class Head(Part):
    """The table ``[station]``: what is studied, and when."""

    id: Id = Field(default="station", description="Short name; the file's name if not given.")
    description: Text = Field(default="", description="One sentence on what the station is.")
    start: Moment = Field(description="Start of the study, UTC; a plain date is 00:00.")
    span: Span = Field(description="Length of the study; a year (yr) is 365.25 d.")
    reference: Text | None = Field(default=None, description="Document that the station follows.")
    catalogues: list[Name] = Field(
        default_factory=list,
        description="Catalogue files of your own; their entries replace packaged ones of the same id.",
    )
    ground_stations: list[Id] = Field(
        default_factory=list, description="Ground stations taken from the catalogue as they are, by id."
    )
    launchers: list[Id] = Field(
        default_factory=list, description="Launchers taken from the catalogue as they are, by id."
    )


class Partner(Part):
    """A country, agency, organisation or company that takes part."""

    kind: Name = Field(default="", description="Country, agency, organisation, company, institute.")
    joined: Name = Field(default="", description="When it joined, as far as known (year or year-month).")
    role: Text = Field(default="", description="What it contributes.")


class Facility(Part):
    """A group of elements with one purpose."""

    role: Text = Field(default="", description="What it is for.")


class SiteSpec(Part):
    """A place on the Moon."""

    lat_deg: Latitude = Field(
        alias="lat", description="Latitude, mean-Earth/polar-axis frame, north positive."
    )
    lon_deg: Longitude = Field(
        alias="lon", description="Longitude, mean-Earth/polar-axis frame, east positive."
    )
    ground: Ground | None = Field(
        default=None,
        description="Height of the ground above the 1737.4 km sphere; read from the terrain if not given.",
    )
    height: Height = Field(
        default=2.0, description="Height above ground at which the site's sunlight is quoted."
    )
    horizon: Name | None = Field(
        default=None, description="Horizon table: a packaged name, or a CSV file beside the station file."
    )
    terrain: list[Name] = Field(
        default_factory=list,
        description="Elevation, finest first: GeoTIFF, PDS3 (LBL or IMG) or JP2 files beside the station file, or "
        "names of 'moonstation data list'.",
    )

    @model_validator(mode="after")
    def _agree(self) -> "SiteSpec":
        if self.horizon is not None and self.terrain:
            raise ValueError("horizon and terrain both say what stands around the site; keep one of them")
        return self

    @property
    def lat(self) -> float:
        """Latitude [rad]."""
        return math.radians(self.lat_deg)

    @property
    def lon(self) -> float:
        """Longitude in [-pi, pi) [rad]."""
        return math.radians((self.lon_deg + 180.0) % 360.0 - 180.0)

    def site(self, ground_m: float | None = None) -> Site:
        """Return the point on the Moon; its ground is `ground_m`, else the file's, else nan (unknown)."""
        known = self.ground if ground_m is None else ground_m
        return Site(
            name=self.id,
            lat_deg=self.lat_deg,
            lon_deg=(self.lon_deg + 180.0) % 360.0 - 180.0 if abs(self.lon_deg) >= 180.0 else self.lon_deg,
            ground_m=math.nan if known is None else known,
        )


class Orbiter(Part):
    """Something that orbits the Moon."""

    orbit: Id | None = Field(default=None, description="Entry of the orbit catalogue to start from.")
    partner: Name = Field(default="", description="Partner that provides it.")
    mission: Name | None = Field(default=None, description="Mission that it belongs to.")
    facility: Name | None = Field(default=None, description="Facility that it belongs to.")
    epoch: Moment | None = Field(
        default=None, description="Epoch of the elements; the station's start if not given."
    )
    periapsis_altitude: Altitude = Field(
        description="Lowest altitude above the 1737.4 km sphere (not a radius)."
    )
    apoapsis_altitude: Altitude = Field(
        description="Highest altitude above the 1737.4 km sphere (not a radius)."
    )
    inclination: Inclination = Field(description="Inclination to the equator of `frame`.")
    raan: Turn = Field(default=0.0, description="Longitude of the ascending node in `frame`.")
    arg_periapsis: Turn = Field(
        default=0.0, description="Argument of periapsis; 90 deg puts apoapsis over the south."
    )
    true_anomaly: Turn = Field(default=0.0, description="True anomaly at the epoch.")
    frame: Literal["ICRF", "ME"] = Field(
        default="ME",
        description="Axes of the elements: ICRF, or the Moon's mean-Earth axes at the epoch, held fixed.",
    )
    degree: Count | None = Field(
        default=None,
        ge=0,
        le=1200,
        description="Degree of the lunar gravity field; chosen by altitude if not given.",
    )
    relay: YesNo = Field(default=False, description="Whether sites can send data through it.")
    relay_rate: DataRate = Field(default=0.0, description="Data rate from a site to it.")
    earth_rate: DataRate = Field(default=0.0, description="Data rate from it to a ground station.")
    data_rate: DataRate = Field(default=0.0, description="Data that it makes itself.")
    data_storage: Data = Field(default=0.0, description="Memory for data that waits to be sent.")

    @field_validator("periapsis_altitude")
    @classmethod
    def _above_ground(cls, value: float) -> float:
        if value <= 0.0:
            cure = "altitudes count from the 1737.4 km sphere, give more than 0 km"
            raise ValueError(f"{value / 1e3:g} km: the orbit hits the ground; {cure}")
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Orbiter":
        if self.apoapsis_altitude < self.periapsis_altitude:
            raise ValueError("apoapsis_altitude is below periapsis_altitude; exchange them")
        return self


class GroundStationSpec(Part):
    """An antenna on Earth."""

    from_: Id | None = Field(
        default=None, alias="from", description="Entry of the ground station catalogue to start from."
    )
    network: Name = Field(default="", description="Network that it belongs to.")
    partner: Name = Field(default="", description="Partner that provides it.")
    lat_deg: Latitude = Field(alias="lat", description="Geodetic latitude (WGS 84), north positive.")
    lon_deg: Longitude = Field(alias="lon", description="Longitude (WGS 84), east positive.")
    alt: EarthAltitude = Field(default=0.0, description="Height above the WGS 84 ellipsoid.")
    mask_deg: Mask = Field(default=10.0, alias="mask", description="Lowest elevation at which it can work.")
    status: Name = Field(default="active", description="Whether it works; `destroyed` ones are refused.")
    dish: Size | None = Field(default=None, description="Diameter of its antenna.")
    dishes: Count = Field(default=1, ge=1, description="Number of such antennas.")
    bands: Name = Field(default="", description="Frequency bands.")
    gain_x: Gain | None = Field(default=None, description="Antenna gain in X band.")
    gt_x: FigureOfMerit | None = Field(default=None, description="Gain over noise temperature in X band.")
    eirp_x: Eirp | None = Field(default=None, description="Radiated power in X band.")

    def station(self) -> "GroundStation":
        """Return the place on the turning Earth."""
        # astronomy libraries load only when a station is used, so that a file is checked at once
        from moonstation.spacetime.earth import GroundStation

        return GroundStation(
            id=self.id,
            name=self.name,
            lat_deg=self.lat_deg,
            lon_deg=self.lon_deg,
            alt_m=self.alt,
            mask_deg=self.mask_deg,
        )


class Requirement(Part):
    """A figure of the study and the limit that it must keep."""

    metric: Name = Field(description="Figure that is judged; see the list of metrics below.")
    at_least: float | None = Field(
        default=None, description="Smallest value allowed, in the unit of the metric."
    )
    at_most: float | None = Field(
        default=None, description="Largest value allowed, in the unit of the metric."
    )
    text: Text = Field(default="", description="The requirement in words.")

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        metrics.parse(value)
        return value

    @field_validator("at_least", "at_most", mode="before")
    @classmethod
    def _in_unit_of_metric(cls, value: object, info: ValidationInfo) -> float | None:
        if value is None or "metric" not in info.data:
            return None
        return Measure(metrics.parse(info.data["metric"]).metric.dimension).validate(value, info)

    @model_validator(mode="after")
    def _limited(self) -> "Requirement":
        if self.at_least is None and self.at_most is None:
            raise ValueError("has no limit; give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most, which nothing can meet; exchange them")
        return self


@dataclass(frozen=True)
class Station:
    """A station as its file describes it, SI units and radians.

    Attributes
    ----------
    id, name, description : str
        Short name, name, and what it is in one sentence.
    start : Epoch
        Start of the study.
    span : float
        Length of the study [s].
    reference : str or None
        Document that the station follows.
    partners, facilities, sites, elements, orbiters, ground_stations, missions, launchers, requirements, thermal_nodes,
    thermal_links : list
        The tables of the file, in its order.
    path : Path or None
        File that it was read from.
    sha256 : str
        SHA-256 of that file, hexadecimal.
    provenance : dict of str to Provenance
        Text, source and confidence by "table.id.key", e.g. "element.power-plant.power".
    """

    id: str
    name: str
    description: str
    start: Epoch
    span: float
    reference: str | None = None
    partners: list[Partner] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    sites: list[SiteSpec] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    orbiters: list[Orbiter] = field(default_factory=list)
    ground_stations: list[GroundStationSpec] = field(default_factory=list)
    missions: list[Mission] = field(default_factory=list)
    launchers: list[Launcher] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    thermal_nodes: list[ThermalNode] = field(default_factory=list)
    thermal_links: list[ThermalLink] = field(default_factory=list)
    path: Path | None = None
    sha256: str = ""
    provenance: dict[str, Provenance] = field(default_factory=dict)

    @property
    def buses(self) -> list[str]:
        """Ids of the power buses, in the order in which elements name them."""
        return list(dict.fromkeys(element.bus for element in self.elements))

    def assumptions(self) -> list[tuple[str, Provenance]]:
        """Keys and provenance of all values that the file calls assumptions."""
        return [(key, p) for key, p in self.provenance.items() if p.confidence == "assumption"]


TABLES: dict[str, type[Part]] = {
    "station": Head,
    "partner": Partner,
    "facility": Facility,
    "site": SiteSpec,
    "element": Element,
    "orbiter": Orbiter,
    "ground_station": GroundStationSpec,
    "mission": Mission,
    "launcher": Launcher,
    "requirement": Requirement,
    "thermal_node": ThermalNode,
    "thermal_link": ThermalLink,
}
"""The tables of a station file; all but the first may stand many times."""
