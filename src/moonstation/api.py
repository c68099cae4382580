"""The names that an analyst imports: ``from moonstation.api import load_station, study, Site``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import (
    CoverageError,
    DataFileError,
    MoonstationError,
    OrbitError,
    OutputError,
    RequestError,
    StationFileError,
    TimeError,
)
from moonstation.formats.drafts import replace_file
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.formats.oem import write_oem
from moonstation.formats.opm import Opm, read_opm, write_opm
from moonstation.formats.spk import write_spk
from moonstation.links.bundles import Bundle, Traffic, cut_bundles
from moonstation.links.contacts import (
    Contact,
    SurfaceAntenna,
    contacts_frame,
    find_contacts,
    orbiter_ground_contacts,
    site_ground_contacts,
    site_orbiter_contacts,
)
from moonstation.links.flow import most_delivered
from moonstation.links.network import run_network
from moonstation.links.plan import ContactPlan, PlannedContact, one_receiver_at_a_time
from moonstation.links.plan_files import load_plan, write_plan_text
from moonstation.links.rates import planned_contacts
from moonstation.links.routing import Router
from moonstation.orbits.batches import Survey, fly_chunk, propagate_many, survey_orbits
from moonstation.orbits.burns import Burn, Impulse
from moonstation.orbits.elements import Elements, elements_to_state, state_to_elements
from moonstation.orbits.events import EventQuery, OrbitEvent, events_frame, find_events
from moonstation.orbits.flight import Flight, fly
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.frozen import FrozenOrbit, find_frozen_orbit
from moonstation.orbits.low_orbit_keeping import LowOrbitKeeping, keep_low_orbit
from moonstation.orbits.messages import opm_orbit, read_ephemeris
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.osculating import differences_rsw, element_series
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.orbits.scene import ground_track
from moonstation.orbits.station_keeping import Keeping, KeepingErrors, keep_orbit
from moonstation.orbits.three_body import (
    PeriodicOrbit,
    distant_retrograde_orbit,
    halo_orbit,
    near_rectilinear_orbit,
)
from moonstation.report.orbits import write_orbits_page
from moonstation.report.page import write_report
from moonstation.report.places import write_places_page
from moonstation.spacetime.directions import apparent_directions
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch, tdb_to_utc, utc_to_tdb
from moonstation.spacetime.sites import Site
from moonstation.station.loading import builtin_stations, check_station, load_station
from moonstation.station.model import Station
from moonstation.study.candidates import Region, open_region
from moonstation.study.confidence import Ensemble, parse_error
from moonstation.study.files import write_study
from moonstation.study.find import FindResult, find_sites
from moonstation.study.found_files import pairs_frame, pairs_geojson, places_frame, places_geojson
from moonstation.study.kept_orbits import KeepingPlan
from moonstation.study.link_budget import budget_at, budget_over
from moonstation.study.orbit_events import parse_event
from moonstation.study.orbit_files import FileOptions, orbit_table, write_orbit_file
from moonstation.study.orbit_search import (
    Sight,
    fly_found,
    keep_found,
    keeping_figures,
    keeping_table,
    sight_of,
)
from moonstation.study.orbit_study import OrbitStudy, orbit_line, study_orbit
from moonstation.study.orbit_survey import survey_lifetimes, survey_relays
from moonstation.study.orbits import OrbitInput, OrbitRun, find_orbit
from moonstation.study.pairs import PairsResult, find_pairs
from moonstation.study.places import Place, find_place
from moonstation.study.result import StudyResult
from moonstation.study.run import Progress, run_study, study_span
from moonstation.study.sites import SitesResult, study_places
from moonstation.study.terms import Term, parse_term
from moonstation.sunlight.light import site_light, sun_fraction
from moonstation.sunlight.statistics import light_statistics, monthly, spells
from moonstation.sunlight.windows import Conditions, find_windows, windows_frame
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon, write_horizon
from moonstation.terrain.horizons import Horizon, horizon, locate
from moonstation.transfers.home import Entry, HomeFlight, fly_home
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.lambert import (
    propagate_kepler,
    solve_lambert,
    solve_lambert_all,
    solve_lambert_batch,
)
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.low_energy import LowEnergyFlight, find_low_energy_flights
from moonstation.transfers.mars import find_mars_windows, mars_porkchop
from moonstation.transfers.moon import Departure, MoonFlight, fly_to_moon, moon_porkchop
from moonstation.transfers.periodic import PeriodicFlight
from moonstation.transfers.periodic_search import find_periodic_flights, find_periodic_home_flights
from moonstation.transfers.search import find_home_flights, find_moon_flights

__all__ = [
    "Bundle",
    "Burn",
    "Conditions",
    "Contact",
    "ContactPlan",
    "CoverageError",
    "DataFileError",
    "Departure",
    "Elements",
    "ElevationModel",
    "Ensemble",
    "Entry",
    "Ephemeris",
    "Epoch",
    "Event",
    "EventQuery",
    "FileOptions",
    "FindResult",
    "Flight",
    "ForceModel",
    "FrozenOrbit",
    "GroundStation",
    "HomeFlight",
    "Horizon",
    "Impulse",
    "Keeping",
    "KeepingErrors",
    "KeepingPlan",
    "LowEnergyFlight",
    "LowOrbitKeeping",
    "LunarOrbit",
    "MoonFlight",
    "MoonstationError",
    "Opm",
    "OrbitError",
    "OrbitEvent",
    "OrbitInput",
    "OrbitRun",
    "OrbitStudy",
    "OutputError",
    "PairsResult",
    "PeriodicFlight",
    "PeriodicOrbit",
    "Place",
    "PlannedContact",
    "Region",
    "RequestError",
    "Router",
    "Sight",
    "Site",
    "SitesResult",
    "Station",
    "StationFileError",
    "StudyResult",
    "SurfaceAntenna",
    "Survey",
    "Term",
    "TimeError",
    "Traffic",
    "Trajectory",
    "apparent_directions",
    "budget_at",
    "budget_over",
    "builtin_stations",
    "calendar_text",
    "check_station",
    "contacts",
    "contacts_frame",
    "cut_bundles",
    "default_ephemeris",
    "differences_rsw",
    "distant_retrograde_orbit",
    "draw_orbits",
    "element_series",
    "elements_to_state",
    "events_frame",
    "find_contacts",
    "find_events",
    "find_frozen_orbit",
    "find_home_flights",
    "find_launch_site",
    "find_low_energy_flights",
    "find_mars_windows",
    "find_moon_flights",
    "find_orbit",
    "find_pairs",
    "find_periodic_flights",
    "find_periodic_home_flights",
    "find_place",
    "find_sites",
    "find_windows",
    "fly",
    "fly_chunk",
    "fly_found",
    "fly_home",
    "fly_periodic",
    "fly_to_moon",
    "ground_track",
    "halo_orbit",
    "horizon",
    "keep_found",
    "keep_low_orbit",
    "keep_orbit",
    "keeping_figures",
    "keeping_table",
    "light_statistics",
    "load_plan",
    "load_station",
    "locate",
    "mars_porkchop",
    "monthly",
    "moon_porkchop",
    "most_delivered",
    "near_rectilinear_orbit",
    "one_receiver_at_a_time",
    "open_region",
    "opm_orbit",
    "orbit_line",
    "orbit_table",
    "packaged_horizon",
    "pairs_frame",
    "pairs_geojson",
    "parse_error",
    "parse_event",
    "parse_term",
    "places_frame",
    "places_geojson",
    "planned_contacts",
    "propagate",
    "propagate_kepler",
    "propagate_many",
    "read_ephemeris",
    "read_horizon",
    "read_opm",
    "run_network",
    "sight_of",
    "site_light",
    "solve_lambert",
    "solve_lambert_all",
    "solve_lambert_batch",
    "spells",
    "state_to_elements",
    "study",
    "study_orbit",
    "study_places",
    "sun_fraction",
    "survey_lifetimes",
    "survey_orbits",
    "survey_relays",
    "tdb_to_utc",
    "utc_to_tdb",
    "windows_frame",
    "write_horizon",
    "write_oem",
    "write_opm",
    "write_orbit_file",
    "write_orbits_page",
    "write_places_page",
    "write_plan_text",
    "write_report",
    "write_spk",
    "write_study",
]


def study(
    station: Station | str | Path,
    *,
    start: str | Epoch | None = None,
    days: float | None = None,
    step: str | float = 600.0,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Study a station: light, links, power, data and requirements over a span.

    Parameters
    ----------
    station : Station, str or Path
        A loaded station, the name of a built-in one, or a station file.
    start : str or Epoch, optional
        First instant, e.g. "2035-01-01"; the station's if not given.
    days : float, optional
        Length of the span [d]; the station's if not given.
    step : str or float
        Step of the series, with unit ("10 min") or in seconds.
    out : str or Path, optional
        Folder for report.html, summary.json, timeseries.nc, contacts.csv and orbits/; nothing is written if not given.
    progress : callable, optional
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Returns
    -------
    StudyResult

    Raises
    ------
    MoonstationError
        If something cannot be studied or written; the message has the cure.

    Examples
    --------
    >>> from moonstation.api import study
    >>> result = study("lander", days=10)
    >>> sorted(result.lights)
    ['ridge']
    """
    loaded = (station if isinstance(station, Station) else load_station(station)).on_the_moon()
    result = run_study(loaded, study_span(loaded, start=start, days=days, step=step), progress=progress)
    if out is not None:
        write_study(result, Path(out), page=write_report(result))
    return result


def contacts(
    sender: SurfaceAntenna | Trajectory,
    receiver: Trajectory | GroundStation,
    start: Epoch | float,
    stop: Epoch | float,
) -> FloatArray:
    """Windows in which one end can send to another.

    Parameters
    ----------
    sender : SurfaceAntenna or Trajectory
        An antenna at a site, or an orbiter.
    receiver : Trajectory or GroundStation
        An orbiter, or a ground station.
    start, stop : Epoch or float
        Span; numbers are TDB seconds past J2000.

    Returns
    -------
    ndarray, shape (n, 2)
        Begin and end of each window at the receiver, TDB seconds past J2000, to 0.1 s.

    Raises
    ------
    RequestError
        If the two cannot be paired (an orbiter to an orbiter), or the span is empty.
    CoverageError
        If ephemeris or trajectory do not reach over the span.
    """
    first, last = (t.tdb_s if isinstance(t, Epoch) else float(np.float64(t)) for t in (start, stop))
    if isinstance(sender, Trajectory):
        if isinstance(receiver, Trajectory):
            raise RequestError(
                "contacts from an orbiter to an orbiter are not computed; give a ground station"
            )
        return orbiter_ground_contacts(sender, receiver, first, last)
    if isinstance(receiver, Trajectory):
        return site_orbiter_contacts(
            sender.site,
            sender.horizon,
            receiver,
            first,
            last,
            height=sender.height,
            min_elevation=sender.min_elevation,
        )
    return site_ground_contacts(
        sender.site,
        sender.horizon,
        receiver,
        first,
        last,
        height=sender.height,
        min_elevation=sender.min_elevation,
    )


def draw_orbits(
    runs: OrbitRun | Sequence[OrbitRun],
    path: str | Path,
    *,
    view: str = "all",
    places: Sequence[Place | Site] = (),
) -> None:
    """Draw orbits as a PNG picture: ground track, poles, and the orbit in space.

    Parameters
    ----------
    runs : OrbitRun or sequence of OrbitRun
        Orbits, see `find_orbit`.
    path : str or Path
        File to write.
    view : {"all", "track", "south", "north", "space"}
        What to show; "all" is track, space and south.
    places : sequence of Place or Site
        Places to mark.

    Raises
    ------
    RequestError
        If the view is unknown.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from moonstation.api import OrbitInput, find_orbit
    >>> run = find_orbit("queqiao-2", OrbitInput(days=1))
    >>> run.trajectory.name
    'queqiao-2'
    """
    # the drawing library takes long to import
    from moonstation.report.orbit_pictures import draw_orbits as drawn

    several = [runs] if isinstance(runs, OrbitRun) else list(runs)
    replace_file(Path(path), drawn([orbit_line(run) for run in several], view=view, places=list(places)))
