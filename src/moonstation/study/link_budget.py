"""The budget of one link of a station: its contacts over a span, and every term at each moment of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import RequestError
from moonstation.links.budget import CASES, Budget
from moonstation.links.contacts import SurfaceAntenna, find_contacts
from moonstation.links.geometry import End, Geometry, Sight, link_geometry, make_ends
from moonstation.links.radio_links import LinkTerms, link_budget
from moonstation.links.rain import rain_loss
from moonstation.links.terminals import Terminal, find_paths, frequency_of, terminals
from moonstation.links.tracks import Track, Tracks
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.station.model import GroundStationSpec, Station
from moonstation.study.flights import Flights
from moonstation.study.ground import ground_of

USUAL_DAYS = 28.0
"""Span of a budget unless the user says otherwise [d]: a month of the Moon, with its distances and librations."""

SAMPLES = 4000
"""About as many moments of all contacts together are computed."""

AROUND = 1800.0
"""Time before and after a single moment over which motions are known [s]."""

LINKED = {("site", "ground"), ("site", "orbiter"), ("orbiter", "ground")}


@dataclass(frozen=True, eq=False)
class LinkStudy:
    """A link and its budget over time.

    Attributes
    ----------
    sender, receiver : Terminal
        The radios.
    windows : (n, 2) array
        Contacts, TDB seconds past J2000; empty for a single moment or a given distance.
    geometry : Geometry
        At each sample.
    budget : Budget
        Over the samples.
    moments : dict of str to int
        Samples worth a look, by what they are: "worst", "median" and "best", or "at".
    in_contact : bool
        Whether the samples lie in contacts.
    notes : tuple of str
        What must be said beside the figures.
    """

    sender: Terminal
    receiver: Terminal
    windows: FloatArray
    geometry: Geometry
    budget: Budget
    moments: dict[str, int]
    in_contact: bool = True
    notes: tuple[str, ...] = ()


def budget_over(
    station: Station,
    sender: str,
    receiver: str,
    *,
    start: Epoch,
    stop: Epoch,
    rain: float | None = None,
    case: str = "rss",
    progress: Callable[[str, float], None] | None = None,
) -> list[LinkStudy]:
    """Budgets between two ends over all their contacts, one for each pair of radios that meet.

    Parameters
    ----------
    station : Station
        The station.
    sender, receiver : str
        Sites, elements, orbiters, ground stations or radios by id.
    start, stop : Epoch
        Span.
    rain : float, optional
        Share of the year in which rain may be worse, 0.0001 to 0.05: adds rain at ground stations (ITU-R P.618).
    case : str
        By which the moments of least, median and highest signal are found.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.

    Raises
    ------
    RequestError
        If no two radios meet, the ends are of kinds between which no contacts are computed, or never meet.
    MoonstationError
        If something of the station cannot be used.
    """
    report = progress or (lambda stage, share: None)
    paths = find_paths(terminals(station), sender, receiver)
    a, b = paths[0]
    scene = _Scene(station, a, b, start, stop, report)
    report("contacts", 0.7)
    found = find_contacts(
        scene.antennas, scene.trajectories, scene.stations, start=start.tdb_s, stop=stop.tdb_s, workers=1
    )
    windows = np.array([(contact.start, contact.stop) for contact in found], dtype=np.float64).reshape(-1, 2)
    if not windows.size:
        raise RequestError(
            f"{a.end} and {b.end} have no contact from {start.utc[:10]} to {stop.utc[:10]}; take a longer span"
        )
    report("budget", 0.9)
    et = _samples(windows)
    geometry = link_geometry(scene.tracks, scene.ends[a.end], scene.ends[b.end], et)
    return [scene.study(one, other, geometry, windows=windows, rain=rain, case=case) for one, other in paths]


def budget_at(
    station: Station, sender: str, receiver: str, *, moment: Epoch, rain: float | None = None
) -> list[LinkStudy]:
    """Budgets between two ends at one moment, in contact or not; see `budget_over`."""
    paths = find_paths(terminals(station), sender, receiver)
    a, b = paths[0]
    scene = _Scene(station, a, b, moment + -AROUND, moment + AROUND, lambda stage, share: None)
    et = np.array([moment.tdb_s])
    geometry = link_geometry(scene.tracks, scene.ends[a.end], scene.ends[b.end], et)
    found = find_contacts(
        scene.antennas,
        scene.trajectories,
        scene.stations,
        start=moment.tdb_s - AROUND,
        stop=moment.tdb_s + AROUND,
        workers=1,
    )
    seen = any(contact.start <= moment.tdb_s <= contact.stop for contact in found)
    empty = np.empty((0, 2))
    return [
        scene.study(one, other, geometry, windows=empty, rain=rain, in_contact=seen) for one, other in paths
    ]


def budget_by_distance(
    station: Station,
    sender: str,
    receiver: str,
    distances: FloatArray,
    *,
    elevation: float = 0.5 * np.pi,
    rain: float | None = None,
) -> list[LinkStudy]:
    """Budgets between two ends at given distances [m] and one elevation [rad], whatever the sky does.

    Moon, Earth and Sun are left out of beams, but not the ground about a site: the geometry does not say where they
    stand.
    """
    paths = find_paths(terminals(station), sender, receiver, anywhere=True)
    distances = np.asarray(distances, dtype=np.float64)
    if not (np.all(distances > 0.0) and np.all(np.isfinite(distances))):
        raise RequestError("--range: give a distance above 0, e.g. '400000 km'")
    studies = []
    for a, b in paths:
        sights = [_plain_sight(one.kind, elevation, distances.size) for one in (a, b)]
        geometry = Geometry(np.zeros(distances.size), distances, sights[0], sights[1])
        ends = [_still(one, station) for one in (a, b)]
        loss, source = _rain(station, a, b, geometry, rain)
        budget = link_budget(a, b, LinkTerms(ends[0], ends[1], geometry, loss, source))
        note = (
            "distance and elevation as asked for; Moon, Earth and Sun in beams are not counted, nor whether there is "
            "sight"
        )
        studies.append(LinkStudy(a, b, np.empty((0, 2)), geometry, budget, {"asked": 0}, False, (note,)))
    return studies


class _Scene:
    """The two ends of a link and their motion over a span."""

    def __init__(
        self,
        station: Station,
        sender: Terminal,
        receiver: Terminal,
        start: Epoch,
        stop: Epoch,
        report: Callable[[str, float], None],
    ) -> None:
        kinds = (sender.kind, receiver.kind)
        if kinds not in LINKED and kinds[::-1] not in LINKED:
            raise RequestError(
                f"{sender.end} and {receiver.end} are both a {sender.kind}: contacts are computed between sites, "
                "orbiters and ground stations; give --range DISTANCE instead"
            )
        self._station = station
        names = {sender.end, receiver.end}
        self.notes: list[str] = []
        self.antennas: dict[str, SurfaceAntenna] = {}
        report("terrain and horizons", 0.02)
        for spec in station.sites:
            if spec.id in names:
                ground = ground_of(spec, [spec.height])
                self.antennas[spec.id] = SurfaceAntenna(ground.site, ground.horizon, spec.height)
                if ground.horizon.indicative:
                    size = ground.horizon.resolution_m / 1e3
                    self.notes.append(
                        f"contacts of {spec.id} are indicative only: the terrain there has {size:.1f} km pixels"
                    )
        self.stations: dict[str, GroundStation] = {
            spec.id: spec.station() for spec in station.ground_stations if spec.id in names
        }
        self.trajectories = _fly(station, names, start, stop, report)
        self.tracks = Tracks(start.tdb_s, stop.tdb_s)
        self.ends: dict[str, End] = make_ends(
            self.tracks, antennas=self.antennas, trajectories=self.trajectories, stations=self.stations
        )

    def study(
        self,
        sender: Terminal,
        receiver: Terminal,
        geometry: Geometry,
        *,
        windows: FloatArray,
        rain: float | None,
        case: str | None = None,
        in_contact: bool = True,
    ) -> LinkStudy:
        lost, source = _rain(self._station, sender, receiver, geometry, rain)
        ends = self.ends[sender.end], self.ends[receiver.end]
        budget = link_budget(sender, receiver, LinkTerms(ends[0], ends[1], geometry, lost, source))
        moments = {"at": 0}
        if case is not None:
            order = np.argsort(budget.density_in(case), kind="stable")
            moments = {
                "worst": int(order[0]),
                "median": int(order[order.size // 2]),
                "best": int(order[-1]),
            }
        notes = list(self.notes)
        if not in_contact:
            notes.append(f"{sender.end} and {receiver.end} do not see each other at this moment")
        return LinkStudy(sender, receiver, windows, geometry, budget, moments, in_contact, tuple(notes))


def _fly(
    station: Station, names: set[str], start: Epoch, stop: Epoch, report: Callable[[str, float], None]
) -> dict[str, Trajectory]:
    # elements without an epoch hold at the station's start, as in a study
    flown = [
        orbiter.model_copy(update={"epoch": station.start})
        if orbiter.epoch is None and station.start <= start
        else orbiter
        for orbiter in station.orbiters
        if orbiter.id in names
    ]
    if not flown:
        return {}
    with Flights(flown, start=start, stop=stop) as flights:
        done = flights.flown(lambda share: report("orbits", 0.1 + 0.6 * share))
    return {name: flight.trajectory for name, flight in done.items()}


def _samples(windows: FloatArray) -> FloatArray:
    """Moments of all contacts, close enough for curves, edges included, a millisecond inside."""
    whole = float(np.sum(windows[:, 1] - windows[:, 0]))
    step = max(10.0, whole / SAMPLES)
    return np.concatenate(
        [
            np.linspace(begin, end, max(2, int(np.ceil((end - begin) / step)) + 1))
            for begin, end in windows.tolist()
        ]
    )


def _plain_sight(kind: str, elevation: float, count: int) -> Sight:
    off_zenith = np.full(count, 0.5 * np.pi - elevation)
    discs = {}
    if kind == "site":
        discs["moon"] = (np.pi - off_zenith, np.full(count, 0.5 * np.pi))
    level = np.full(count, np.nan if kind == "orbiter" else elevation)
    return Sight(level, off_zenith, discs)


def _still(terminal: Terminal, station: Station) -> End:
    heights = {spec.id: spec.height for spec in station.sites}
    table = np.zeros((2, 12))
    return End(terminal.end, terminal.kind, Track(table, 0.0, 1.0), None, heights.get(terminal.end, 0.0))


def _rain(
    station: Station, sender: Terminal, receiver: Terminal, geometry: Geometry, share: float | None
) -> tuple[FloatArray | None, str]:
    if share is None:
        return None, ""
    specs: dict[str, GroundStationSpec] = {spec.id: spec for spec in station.ground_stations}
    for terminal, sight in ((sender, geometry.sender), (receiver, geometry.receiver)):
        if terminal.kind == "ground":
            frequency = frequency_of(sender.radio, receiver.radio)
            lost = rain_loss(
                specs[terminal.end].station(),
                sight.elevation,
                frequency=frequency,
                share=share,
            )
            return lost, f"ITU-R P.618 at {terminal.end}, not worse in {100 * (1 - share):g} % of the year"
    raise RequestError(f"--rain: neither {sender.end} nor {receiver.end} stands on Earth; leave it out")


def series_frame(study: LinkStudy, *, case: str = "rss", rate: float | None = None) -> pd.DataFrame:
    """The link through time, a row a sample: geometry, every term, Eb/N0, margins and rates by case.

    Parameters
    ----------
    study : LinkStudy
        The link.
    case : str
        Case of which the best rate is taken where `rate` is not given.
    rate : float, optional
        Data rate [bit/s] at which Eb/N0 and margins are told.
    """
    budget, geometry = study.budget, study.geometry
    columns: dict[str, object] = {}
    if study.windows.size or "at" in study.moments:
        moment = (tdb_to_utc(geometry.et) + np.timedelta64(500_000, "ns")).astype("datetime64[ms]")
        columns["time_utc"] = [f"{text}Z" for text in np.datetime_as_string(moment)]
    columns["distance_km"] = geometry.distance / 1e3
    columns["light_time_s"] = geometry.distance / SPEED_OF_LIGHT
    for name, sight in (("sender", geometry.sender), ("receiver", geometry.receiver)):
        columns[f"{name}_elevation_deg"] = np.degrees(sight.elevation)
        if "sun" in sight.discs:
            columns[f"{name}_sun_angle_deg"] = np.degrees(sight.discs["sun"][0])
    zero = np.zeros(budget.count)
    for line in budget.lines:
        columns[f"{line.key}_{line.unit.replace('/', '_').lower()}"] = line.value + zero
    columns["eirp_dbw"] = budget.eirp
    for name in CASES:
        columns[f"cn0_{name}_dbhz"] = budget.density_in(name)
        columns[f"best_rate_{name}_bit_s"] = budget.best(name)[0]
    used = np.full(budget.count, rate) if rate is not None else budget.best(case)[0]
    columns["rate_bit_s"] = used
    codes = {bits: budget.code_for(bits) for bits in np.unique(used).tolist()}
    needed = np.array([budget.required(codes[bits]) for bits in used.tolist()])
    names = [code.id if (code := codes[bits]) is not None else "" for bits in used.tolist()]
    columns["code"] = names
    columns["required_db"] = needed
    safe = np.where(used > 0.0, used, 1.0)
    for name in CASES:
        columns[f"ebn0_{name}_db"] = np.where(used > 0.0, budget.ebn0(safe, name), np.nan)
        columns[f"margin_{name}_db"] = np.where(
            used > 0.0, budget.ebn0(safe, name) - budget.implementation - needed, np.nan
        )
    return pd.DataFrame(columns)
