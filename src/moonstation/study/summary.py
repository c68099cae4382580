"""The schema of `summary.json`: what it holds, in which unit, defined once.

`tools/make_summary_reference.py` writes its documentation page from here.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, allow_inf_nan=False)


class StationPart(_Part):
    """Which station file was studied."""

    name: str = Field(description="Name of the station.")
    file: str = Field(description="Name of the station file, or of the built-in station.")
    sha256: str = Field(description="SHA-256 of the station file.")


class SpanPart(_Part):
    """The span studied."""

    start: str = Field(description="First instant, UTC, ISO 8601.")
    stop: str = Field(description="End of the span, UTC, ISO 8601.")
    days: float = Field(description="Length [d].")
    step_s: float = Field(description="Step of the series [s].")


class HorizonPart(_Part):
    """The terrain horizon that was used."""

    terrain: str = Field(description="What terrain it was made from.")
    resolution_m: float | None = Field(
        description="Resolution of the terrain under the site [m]; null if not known."
    )
    indicative: bool = Field(description="True where that terrain is too coarse: figures are a hint.")
    table: str | None = Field(description="Horizon table used, or null when it was made in this run.")


class SunPart(_Part):
    """The Sun at a site, at the height at which its light is quoted."""

    average: float = Field(description="Time mean of the visible share of the solar disc, 0 to 1.")
    any_light: float = Field(description="Share of time in which any of the disc is seen, 0 to 1.")
    longest_dark_d: float = Field(description="Longest unbroken spell without any of the disc [d].")
    longest_dark_start: str | None = Field(description="Its beginning, UTC; null when it is never dark.")
    longest_light_d: float = Field(description="Longest unbroken spell with any of the disc [d].")
    longest_light_start: str | None = Field(description="Its beginning, UTC; null when it is never light.")


class EarthPart(_Part):
    """The Earth at a site."""

    visible: float = Field(
        description="Share of time in which the Earth's centre is above the horizon, 0 to 1."
    )
    disc_average: float = Field(description="Time mean of the visible share of the Earth's disc, 0 to 1.")


class LinkPart(_Part):
    """Time in contact of a site by one kind of link, all its ends together."""

    share: float = Field(description="Share of the span in contact, 0 to 1.")
    longest_gap_h: float = Field(description="Longest gap without contact [h].")


class SitePart(_Part):
    """A site on the surface."""

    id: str
    name: str
    lat_deg: float = Field(description="Latitude, mean-Earth frame [deg].")
    lon_deg: float = Field(description="Longitude east, [-180, 180) [deg].")
    ground_m: float = Field(description="Ground above the 1737.4 km sphere [m].")
    height_m: float = Field(description="Height above ground at which light and links are quoted [m].")
    horizon: HorizonPart
    sun: SunPart
    earth: EarthPart
    earth_link: LinkPart
    relay_link: LinkPart
    link: LinkPart = Field(description="The Earth is reached, directly or through a relay that sees it then.")


class OrbiterPart(_Part):
    """An orbiter."""

    id: str
    name: str
    relay: bool = Field(description="Whether it passes on the data of sites.")
    altitude_lowest_km: float = Field(
        description="Lowest altitude over the 1737.4 km sphere in the span [km]."
    )
    altitude_highest_km: float = Field(description="Highest altitude [km].")
    gravity_degree: int = Field(
        description="Degree of the lunar gravity field used; 0 where a file was read."
    )
    keeping_m_s_per_year: float | None = Field(
        description="What it costs to keep the orbit [m/s a year], mean of several with errors; null where it flies "
        "free or from a file."
    )
    note: str = Field(description="Forces that acted, what the degree leaves out, how it is kept.")


class ContactPart(_Part):
    """All windows between two ends."""

    from_id: str = Field(alias="from", description="One end.")
    to_id: str = Field(alias="to", description="The other end.")
    kind: str = Field(description="site-ground, site-orbiter or orbiter-ground.")
    windows: int = Field(description="Number of windows.")
    total_h: float = Field(description="Time in contact [h].")
    share: float = Field(description="Share of the span, 0 to 1.")
    longest_gap_h: float = Field(description="Longest gap [h].")


class RelayPart(_Part):
    """What one relay does for one site, and what is lost without it."""

    site: str = Field(description="Id of the site.")
    relay: str = Field(description="Id of the orbiter.")
    seen: float = Field(description="Share of the span in which the site sees it, 0 to 1.")
    passed_on: float = Field(
        description="Share of the span in which it sees a ground station as well, 0 to 1."
    )
    carried: float = Field(
        description="The same as share of the time in which the Earth is reached; where several ways are open, each "
        "counts."
    )
    reach: LinkPart = Field(description="The Earth is reached, directly or through any relay.")
    without: LinkPart = Field(description="The same with this relay taken away.")


class LandingPart(_Part):
    """The first lit landing after an arrival."""

    utc: str = Field(description="When, UTC: the orbit's plane is near and some of the Sun is seen.")
    sun_elevation_deg: float = Field(description="Elevation of the Sun's centre [deg].")
    sun_from_heading_deg: float = Field(
        description="Azimuth of the Sun less the heading of the approach, -180 to 180 [deg]; 0 is ahead."
    )
    earth_elevation_deg: float = Field(description="Elevation of the Earth's centre [deg].")
    earth_seen: float = Field(description="Share of the Earth's disc over the terrain, 0 to 1.")


class ArrivalSitePart(_Part):
    """The sky at the landing site when a flight reaches the Moon."""

    site: str = Field(description="Id of the site.")
    sun_elevation_deg: float = Field(description="Elevation of the Sun's centre at the arrival [deg].")
    sun_seen: float = Field(description="Share of the Sun's disc over the terrain then, 0 to 1.")
    earth_elevation_deg: float = Field(description="Elevation of the Earth's centre then [deg].")
    earth_seen: float = Field(description="Share of the Earth's disc over the terrain then, 0 to 1.")
    landing: LandingPart | None = Field(
        description="First lit landing from a day after the arrival; null if none."
    )
    no_landing_because: str = Field(description="Rule not met within 30 days; empty with a landing.")


class ArrivalPart(_Part):
    """How a mission that names its day of departure gets to the Moon."""

    mission: str = Field(description="Id of the mission.")
    launcher: str = Field(description="Id of the launcher.")
    launch_site: str = Field(description="Id of the launch site.")
    day: str = Field(description="Day named in the station file.")
    days_off: int = Field(description="Days of the flight from that day; 0 where it has one.")
    lift_off: str = Field(description="UTC.")
    injection: str = Field(description="Departure from the parking orbit, UTC.")
    arrival: str = Field(description="Periselene and insertion, UTC.")
    flight_d: float = Field(description="From injection to arrival [d].")
    injection_m_s: float = Field(description="Trans-lunar injection [m/s], without margin.")
    insertion_m_s: float = Field(description="Insertion into the orbit of the Moon [m/s], without margin.")
    impulses: int = Field(description="Impulses of the insertion: one, or three with a turn of the plane.")
    trans_lunar_kg: float | None = Field(description="Launcher's mass to the Moon [kg]; null if not known.")
    in_orbit_kg: float | None = Field(description="Left after the insertion and its margin [kg].")
    landed_kg: float | None = Field(
        description="Left after the published descent [kg]; null without a landing."
    )
    craft_kg: float | None = Field(description="Empty mass of the craft [kg]; null if not given.")
    elements: int = Field(description="Number of elements that the mission brings.")
    manifest_kg: float = Field(description="Sum of their masses [kg].")
    mass_margin_kg: float | None = Field(description="Mass there less craft and manifest [kg].")
    at_site: ArrivalSitePart | None = Field(
        description="Light at the landing site; null if it stays in orbit."
    )
    assumptions: list[str] = Field(description="What these figures rest on that is not published.")


class EnergyPart(_Part):
    """Power of one bus through the span."""

    bus: str
    reserve_lowest: float | None = Field(description="Lowest state of charge, 0 to 1; null without storage.")
    reserve_lowest_at: str | None = Field(description="When, UTC.")
    dark_margin: float | None = Field(
        description="Charge left above the reserve at the lowest point, as share of the usable capacity; "
        "negative by the energy missing in the worst shortfall when a load was not served."
    )
    margin_lowest_w: float = Field(description="Lowest generation minus load [W].")
    generated_kwh: float = Field(description="Energy offered by all sources [kWh].")
    served_kwh: float = Field(description="Energy that reached the loads [kWh].")
    unserved_kwh: float = Field(description="Energy that the loads asked for and did not get [kWh].")
    curtailed_kwh: float = Field(description="Energy that nothing could take [kWh].")
    survival_h: float = Field(description="Time in survival mode [h].")
    bridged: bool = Field(description="Whether every load was served throughout.")
    closing_capacity_kwh: float | None = Field(
        description="Extra storage that would serve every load [kWh]: 0 when bridged, null when none would do."
    )


class DataPart(_Part):
    """Data of one site or orbiter through the span."""

    id: str
    made_gbit: float
    delivered_gbit: float
    waiting_gbit: float = Field(description="Still stored at the end [Gbit].")
    lost_gbit: float = Field(description="Lost to a full store [Gbit].")
    delivered_share: float | None = Field(
        description="Delivered of what was made; null when nothing was made."
    )
    backlog_longest_h: float = Field(description="Greatest age of the oldest data not yet delivered [h].")


class RequirementPart(_Part):
    """One requirement of the station file."""

    id: str
    metric: str
    value: float | None = Field(description="Value in `unit`; null when it could not be computed.")
    unit: str
    limit: float
    sense: Literal["at_least", "at_most"]
    margin: float | None = Field(description="Signed, positive is good, in `unit`.")
    verdict: Literal["met", "not met"]
    text: str


class SourcePart(_Part):
    """A data file behind the figures."""

    name: str
    version: str
    sha256: str
    resolution: str
    limits: str
    serves: str


class Summary(_Part):
    """Everything a program wants to know of a study."""

    schema_name: str = Field(alias="schema", description="Name and version of this schema.")
    station: StationPart
    span: SpanPart
    sites: list[SitePart]
    orbiters: list[OrbiterPart]
    contacts: list[ContactPart]
    relays: list[RelayPart]
    arrivals: list[ArrivalPart]
    energy: list[EnergyPart]
    data: list[DataPart]
    requirements: list[RequirementPart]
    notes: list[str] = Field(description="Limits to be told beside the figures.")
    sources: list[SourcePart]
    software: dict[str, str] = Field(description="Versions of what computed this.")
    timings_s: dict[str, float] = Field(
        description="Wall-clock seconds by stage; all else is alike in every run."
    )
