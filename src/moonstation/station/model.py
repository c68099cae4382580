"""What a station is made of: the tables of a station file as typed records, SI and radians.

Each field is one row of the station file's vocabulary (see `moonstation.station.vocabulary`).
"""

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.station import metrics
from moonstation.station.agreements import Bar, Contribution, DataRight, Entitlement
from moonstation.station.campaign import (
    Campaign,
    CrewFlight,
    Lander,
    Milestone,
    Pad,
    Plant,
    Supply,
    YearBudget,
)
from moonstation.station.crews import CrewVisit
from moonstation.station.demands import AntennaShare, Demand
from moonstation.station.elements import Element
from moonstation.station.faults import Failure, Function, Uncertainty
from moonstation.station.missions import Launcher, Mission
from moonstation.station.outposts import Outpost
from moonstation.station.part import Maturity, Part, Provenance
from moonstation.station.prices import Cost
from moonstation.station.radios import Radio
from moonstation.station.thermal import ThermalLink, ThermalNode
from moonstation.station.units import Measure, show
from moonstation.station.vocabulary import (
    Altitude,
    Area,
    Count,
    Data,
    DataRate,
    Duration,
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
    Mass,
    Moment,
    Name,
    OrbitSize,
    Pause,
    Reflectivity,
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
    from_: Name | None = Field(
        default=None,
        alias="from",
        description="Station that this one varies: a built-in one, or a file beside this one. Tables of the same id "
        "replace its keys one by one, others are added.",
    )
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
    kind: Literal["elements", "halo", "nrho", "dro"] = Field(
        default="elements",
        description="What the orbit is given by: elements, or the purpose of one that has none that hold (halo, "
        "near-rectilinear halo, distant retrograde), which is found, closed in the full model and station-kept.",
    )
    ephemeris: Name | None = Field(
        default=None, description="OEM or SPK file that it flies by, instead of any orbit; covers the study."
    )
    body_id: int | None = Field(
        default=None, description="Which body of the SPK, where it holds several spacecraft."
    )
    epoch: Moment | None = Field(
        default=None,
        description="Epoch of the elements, or when a halo orbit is at its apolune (a distant retrograde one on the "
        "Earth's side); the station's start if not given.",
    )
    periapsis_altitude: Altitude | None = Field(
        default=None,
        validate_default=True,
        description="Lowest altitude above the 1737.4 km sphere (not a radius); required with elements.",
    )
    apoapsis_altitude: Altitude | None = Field(
        default=None,
        validate_default=True,
        description="Highest altitude above the 1737.4 km sphere (not a radius); required with elements.",
    )
    inclination: Inclination | None = Field(
        default=None,
        validate_default=True,
        description="Inclination to the equator of `frame`; required with elements.",
    )
    raan: Turn = Field(default=0.0, description="Longitude of the ascending node in `frame`.")
    arg_periapsis: Turn = Field(
        default=0.0, description="Argument of periapsis; 90 deg puts apoapsis over the south."
    )
    true_anomaly: Turn = Field(default=0.0, description="True anomaly at the epoch.")
    frame: Literal["ICRF", "ME"] = Field(
        default="ME",
        description="Axes of the elements: ICRF, or the Moon's mean-Earth axes at the epoch, held fixed.",
    )
    point: Literal["L1", "L2"] = Field(default="L2", description="Lagrange point of a halo orbit.")
    north: YesNo = Field(
        default=False,
        description="Whether a halo orbit spends its time over the north; over the south if not.",
    )
    resonance: Name = Field(
        default="9:2", description="Near-rectilinear halo orbit: turns in so many synodic months."
    )
    z_amplitude: OrbitSize | None = Field(
        default=None, description="Halo orbit: greatest height out of the plane of Earth and Moon."
    )
    period: Duration | None = Field(default=None, description="Halo orbit: period, instead of `z_amplitude`.")
    perilune: OrbitSize | None = Field(
        default=None,
        description="Halo orbit: least distance from the Moon's centre, instead of `z_amplitude`.",
    )
    radius: OrbitSize | None = Field(
        default=None,
        description="Distant retrograde orbit: distance from the Moon's centre on the Earth's side.",
    )
    degree: Count | None = Field(
        default=None,
        ge=0,
        le=1200,
        description="Degree of the lunar gravity field; chosen by altitude if not given.",
    )
    area: Area | None = Field(
        default=None, description="Area turned to the Sun, for the pressure of sunlight; goes with `mass`."
    )
    mass: Mass | None = Field(
        default=None,
        description="Mass at launch, for budgets and the pressure of sunlight; not known if not given.",
    )
    reflectivity: Reflectivity = Field(
        default=1.3, description="Coefficient of that pressure (Cr): 1 swallows all light, 2 is a mirror."
    )
    relay: YesNo = Field(default=False, description="Whether sites can send data through it.")
    relay_rate: DataRate = Field(default=0.0, description="Data rate from a site to it.")
    earth_rate: DataRate = Field(default=0.0, description="Data rate from it to a ground station.")
    data_rate: DataRate = Field(default=0.0, description="Data that it makes itself.")
    data_storage: Data = Field(default=0.0, description="Memory for data that waits to be sent.")
    maturity: Maturity | None = Field(
        default=None,
        description="How far its design is, for margins; after the confidence of each value if not given.",
    )
    cost: Cost | None = Field(
        default=None, description='Cost, with currency and year of prices, as in "120 MUSD 2026".'
    )

    @field_validator("ephemeris")
    @classmethod
    def _alone(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("orbit") is not None:
            raise ValueError(f'stands beside orbit = "{info.data["orbit"]}"; keep one of the two')
        return value

    @field_validator("periapsis_altitude", "apoapsis_altitude", "inclination")
    @classmethod
    def _given_with_elements(cls, value: float | None, info: ValidationInfo) -> float | None:
        told = info.data
        if told.get("ephemeris") is not None or told.get("kind", "elements") != "elements":
            what = "an ephemeris" if told.get("ephemeris") is not None else f"kind {told['kind']}"
            if value is not None:
                raise ValueError(f"does not go with {what}, which has no elements; leave it out")
        elif value is None:
            example = "90 deg" if info.field_name == "inclination" else "100 km"
            raise ValueError(
                f'is missing; add it, as in {info.field_name} = "{example}", or orbit = "queqiao-2" from the catalogue'
            )
        elif info.field_name == "periapsis_altitude" and value <= 0.0:
            cure = "altitudes count from the 1737.4 km sphere, give more than 0 km"
            raise ValueError(f"{value / 1e3:g} km: the orbit hits the ground; {cure}")
        return value

    @field_validator("resonance")
    @classmethod
    def _two_numbers(cls, value: str) -> str:
        if not re.fullmatch(r"[1-9]\d?:[1-9]\d?", value):
            raise ValueError(f"{show(value)} is no resonance; give turns and synodic months, as 9:2")
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Orbiter":
        if (
            self.apoapsis_altitude is not None
            and self.periapsis_altitude is not None
            and self.apoapsis_altitude < self.periapsis_altitude
        ):
            raise ValueError("apoapsis_altitude is below periapsis_altitude; exchange them")
        given = self.model_fields_set
        what = "an ephemeris" if self.ephemeris is not None else f"kind {self.kind}"
        fits = ORBIT_KEYS["ephemeris" if self.ephemeris is not None else self.kind]
        for key in dict.fromkeys(key for keys in ORBIT_KEYS.values() for key in keys):
            if key in given and key not in fits:
                raise ValueError(f"{key} does not go with {what}; leave it out")
        if self.kind == "halo" and sum(getattr(self, key) is not None for key in HALO_SIZES) != 1:
            raise ValueError(f"a halo orbit takes one of {', '.join(HALO_SIZES)}; give one")
        if self.kind == "dro" and self.radius is None:
            raise ValueError('a distant retrograde orbit has no size; add radius = "70000 km"')
        if self.area is not None and self.mass is None:
            raise ValueError("area stands alone; sunlight presses by area over mass, give mass too")
        if self.mass is not None and self.area is not None and self.area > 100.0 * self.mass:
            raise ValueError("area over mass is above 100 m2/kg; check both")
        return self

    @property
    def area_to_mass(self) -> float:
        """Area turned to the Sun over mass [m^2/kg]; 0 where none is given."""
        return 0.0 if self.area is None or not self.mass else self.area / self.mass

    @property
    def shape(self) -> str:
        """The orbit in a few words: heights, or what it is called."""
        if self.ephemeris is not None:
            return f"as in {Path(self.ephemeris).name}"
        if self.periapsis_altitude is not None and self.apoapsis_altitude is not None:
            return f"{self.periapsis_altitude / 1e3:g} x {self.apoapsis_altitude / 1e3:g} km"
        side = "north" if self.north else "south"
        match self.kind:
            case "nrho":
                return f"{self.resonance} near-rectilinear halo orbit about {self.point}, {side}"
            case "halo":
                return f"halo orbit about {self.point}, {side}"
            case _:
                return f"distant retrograde orbit of {(self.radius or 0.0) / 1e3:g} km"


HALO_SIZES = ("z_amplitude", "period", "perilune")

ORBIT_KEYS: dict[str, tuple[str, ...]] = {
    "elements": (
        "epoch", "raan", "arg_periapsis", "true_anomaly", "frame", "degree", "area", "mass", "reflectivity",
    ),
    "halo": ("epoch", "point", "north", *HALO_SIZES, "degree", "area", "mass", "reflectivity"),
    "nrho": ("epoch", "point", "north", "resonance", "degree", "area", "mass", "reflectivity"),
    "dro": ("epoch", "radius", "degree", "area", "mass", "reflectivity"),
    "ephemeris": ("body_id",),
}  # fmt: skip
"""Keys of an orbiter that go with each way of giving its orbit."""


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
    set_up: Pause = Field(
        default=900.0,
        description="For how long an antenna is taken before each spacecraft that it listens to.",
    )
    tear_down: Pause = Field(default=300.0, description="The same, after it.")
    links_per_dish: Count = Field(
        default=1, ge=1, le=16, description="How many spacecraft one antenna listens to at once."
    )
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
    partners, facilities, sites, outposts, elements, orbiters, ground_stations, radios, missions, launchers,
    requirements, failures, functions, uncertainties, crew_visits, demands, shares, thermal_nodes, thermal_links,
    contributions, entitlements, data_rights, bars, pads, landers, milestones, crew_flights, supplies, plants,
    budgets : list
        The tables of the file, in its order.
    campaign : Campaign or None
        How it is built up, if the file says it.
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
    outposts: list[Outpost] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    orbiters: list[Orbiter] = field(default_factory=list)
    ground_stations: list[GroundStationSpec] = field(default_factory=list)
    radios: list[Radio] = field(default_factory=list)
    missions: list[Mission] = field(default_factory=list)
    launchers: list[Launcher] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    uncertainties: list[Uncertainty] = field(default_factory=list)
    crew_visits: list[CrewVisit] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    shares: list[AntennaShare] = field(default_factory=list)
    thermal_nodes: list[ThermalNode] = field(default_factory=list)
    thermal_links: list[ThermalLink] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    entitlements: list[Entitlement] = field(default_factory=list)
    data_rights: list[DataRight] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    campaign: Campaign | None = None
    pads: list[Pad] = field(default_factory=list)
    landers: list[Lander] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    crew_flights: list[CrewFlight] = field(default_factory=list)
    supplies: list[Supply] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    budgets: list[YearBudget] = field(default_factory=list)
    path: Path | None = None
    sha256: str = ""
    provenance: dict[str, Provenance] = field(default_factory=dict)

    @property
    def buses(self) -> list[str]:
        """Ids of the power buses, in the order in which elements name them."""
        return list(dict.fromkeys(element.bus for element in self.elements))

    def on_the_moon(self) -> "Station":
        """Return the part whose physics is computed: that without outposts.

        Raises
        ------
        RequestError
            If nothing is left: neither a site nor an orbiter of the Moon.
        """
        if self.outposts and not self.sites and not self.orbiters:
            around = " and ".join(f"{outpost.id} ({outpost.shape})" for outpost in self.outposts)
            raise RequestError(
                f"{self.id}: has no site and no orbiter of the Moon, only {around}, whose light, links and power "
                "are not computed; see it with 'moonstation show' and 'moonstation design budget'"
            )
        return self.without_outposts()

    def without_outposts(self) -> "Station":
        """Return the station without outposts, what stands on them, and what hangs on that."""
        if not self.outposts:
            return self
        off = {outpost.id for outpost in self.outposts}
        gone = {element.id for element in self.elements if element.site in off}
        return replace(
            self,
            outposts=[],
            elements=[element for element in self.elements if element.id not in gone],
            failures=[f for f in self.failures if f.element not in gone and f.robot not in gone],
            uncertainties=[u for u in self.uncertainties if u.element not in gone],
            functions=[
                f for f in self.functions if not any(name in gone for n in f.demands for name in n.of)
            ],
            radios=[radio for radio in self.radios if radio.on not in gone],
        )

    def assumptions(self) -> list[tuple[str, Provenance]]:
        """Keys and provenance of all values that the file calls assumptions."""
        return [(key, p) for key, p in self.provenance.items() if p.confidence == "assumption"]


TABLES: dict[str, type[Part]] = {
    "station": Head,
    "partner": Partner,
    "facility": Facility,
    "site": SiteSpec,
    "outpost": Outpost,
    "element": Element,
    "orbiter": Orbiter,
    "ground_station": GroundStationSpec,
    "radio": Radio,
    "mission": Mission,
    "launcher": Launcher,
    "requirement": Requirement,
    "failure": Failure,
    "function": Function,
    "uncertainty": Uncertainty,
    "crew_visit": CrewVisit,
    "demand": Demand,
    "share": AntennaShare,
    "thermal_node": ThermalNode,
    "thermal_link": ThermalLink,
    "contribution": Contribution,
    "entitlement": Entitlement,
    "data_right": DataRight,
    "bar": Bar,
    "campaign": Campaign,
    "pad": Pad,
    "lander": Lander,
    "milestone": Milestone,
    "crew_flight": CrewFlight,
    "supply": Supply,
    "plant": Plant,
    "budget": YearBudget,
}
"""The tables of a station file; all but those of `SINGLE` may stand many times."""

SINGLE = ("station", "campaign")
"""Tables that stand once, in single brackets."""
