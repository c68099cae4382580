"""Contacts: when two ends can hear each other.

A contact is a window in which every condition of a pair holds. Times are times of reception, TDB seconds past
J2000; the ground station receives, and of a site and an orbiter the orbiter does. Edges are roots of the
conditions, to 0.1 s, whatever the step of a study.

What is left out: the bending of signals in the Earth's atmosphere (0.09 deg at a mask of 10 deg, 20 s of the
Earth's turn), the uncertainty of UT1 (see `moonstation.spacetime.earth`), and whether the antennas are free.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.links.tracks import SLOW_STEP, Track, Tracks
from moonstation.links.views import Elevation, SiteView, StationView, highest_elevation
from moonstation.links.windows import TOLERANCE, fast_windows, slow_windows
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.events import find_intervals, intersect
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import Horizon

CLEARANCE_ROWS = 4.0
"""Rows of an orbiter's track between samples of the Moon's clearance: 30 samples a round, with two extrema."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One window between two ends.

    Attributes
    ----------
    from_id, to_id : str
        The ends; the second receives.
    kind : str
        "site-ground", "site-orbiter" or "orbiter-ground".
    start, stop : float
        Reception begins and ends, TDB seconds past J2000.
    max_elevation : float
        Highest elevation [rad] at the ground station, or at the site for an orbiter.
    clipped : bool
        Whether the window reaches the begin or the end of the span and so may be longer.
    """

    from_id: str
    to_id: str
    kind: str
    start: float
    stop: float
    max_elevation: float
    clipped: bool

    @property
    def duration(self) -> float:
        """Length of the window [s]."""
        return self.stop - self.start


@dataclass(frozen=True, eq=False)
class SurfaceAntenna:
    """An antenna at a site.

    Attributes
    ----------
    site : Site
        The place.
    horizon : Horizon
        Its terrain horizon.
    height : float
        Height of the antenna above ground [m], within those of the horizon.
    min_elevation : float
        Lowest elevation that the antenna itself can point at [rad], above the terrain or not.
    """

    site: Site
    horizon: Horizon
    height: float
    min_elevation: float = -0.5 * np.pi


def site_ground_contacts(
    site: Site,
    horizon: Horizon,
    station: GroundStation,
    start: float,
    stop: float,
    *,
    height: float,
    min_elevation: float = -0.5 * np.pi,
    tracks: Tracks | None = None,
    ephemeris: Ephemeris | None = None,
) -> FloatArray:
    """When a site can send to a ground station.

    The station itself (not the Earth's centre: up to 1 deg away) stands above the site's terrain, and the
    site above the station's mask.

    Parameters
    ----------
    site : Site
        The place.
    horizon : Horizon
        Its terrain horizon.
    station : GroundStation
        The station, with its mask.
    start, stop : float
        Span, TDB seconds past J2000.
    height : float
        Height of the antenna above ground [m].
    min_elevation : float
        Lowest elevation that the antenna can point at [rad].
    tracks : Tracks, optional
        Motions over this very span, to be used for several pairs.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    (n, 2) array
        Begins and ends of reception at the station, TDB seconds past J2000.

    Raises
    ------
    CoverageError
        If the ephemeris does not reach over the span.
    RequestError
        If the horizon does not hold for this height, or the span is empty.
    """
    tracks = _tracks(tracks, start, stop, ephemeris)
    antenna = SurfaceAntenna(site, horizon, height, min_elevation)
    windows, _ = _site_ground(tracks, antenna, station)
    return windows


def site_orbiter_contacts(
    site: Site,
    horizon: Horizon,
    trajectory: Trajectory,
    start: float,
    stop: float,
    *,
    height: float,
    min_elevation: float = -0.5 * np.pi,
    tracks: Tracks | None = None,
    ephemeris: Ephemeris | None = None,
) -> FloatArray:
    """When a site can send to an orbiter: the orbiter stands above the site's terrain.

    A horizon is made for what lies beyond the ground that casts it. An orbiter does: to be seen below the
    horizon it would have to fly between the site and that ground, lower than it.

    Parameters
    ----------
    site : Site
        The place.
    horizon : Horizon
        Its terrain horizon.
    trajectory : Trajectory
        Motion of the orbiter.
    start, stop : float
        Span, TDB seconds past J2000.
    height : float
        Height of the antenna above ground [m].
    min_elevation : float
        Lowest elevation that the antenna can point at [rad].
    tracks : Tracks, optional
        Motions over this very span, to be used for several pairs.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    (n, 2) array
        Begins and ends of reception at the orbiter, TDB seconds past J2000.

    Raises
    ------
    CoverageError
        If ephemeris or trajectory do not reach over the span.
    RequestError
        If the horizon does not hold for this height, or the span is empty.
    """
    tracks = _tracks(tracks, start, stop, ephemeris)
    antenna = SurfaceAntenna(site, horizon, height, min_elevation)
    windows, _ = _site_orbiter(tracks, antenna, trajectory)
    return windows


def orbiter_ground_contacts(
    trajectory: Trajectory,
    station: GroundStation,
    start: float,
    stop: float,
    *,
    tracks: Tracks | None = None,
    ephemeris: Ephemeris | None = None,
) -> FloatArray:
    """When an orbiter can send to a ground station.

    The straight line between them clears the 1737.4 km sphere, and the orbiter stands above the station's
    mask.

    Parameters
    ----------
    trajectory : Trajectory
        Motion of the orbiter.
    station : GroundStation
        The station, with its mask.
    start, stop : float
        Span, TDB seconds past J2000.
    tracks : Tracks, optional
        Motions over this very span, to be used for several pairs.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    (n, 2) array
        Begins and ends of reception at the station, TDB seconds past J2000.

    Raises
    ------
    CoverageError
        If ephemeris or trajectory do not reach over the span.
    RequestError
        If the span is empty.
    """
    windows, _ = _orbiter_ground(_tracks(tracks, start, stop, ephemeris), trajectory, station)
    return windows


def find_contacts(
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
    *,
    start: float,
    stop: float,
    ephemeris: Ephemeris | None = None,
    workers: int = 2,
    progress: Callable[[float], None] | None = None,
) -> list[Contact]:
    """Every contact between sites, orbiters and ground stations.

    Parameters
    ----------
    antennas : mapping of str to SurfaceAntenna
        Sites by id.
    trajectories : mapping of str to Trajectory
        Orbiters by id.
    stations : mapping of str to GroundStation
        Ground stations by id.
    start, stop : float
        Span, TDB seconds past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    workers : int
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with the share of the pairs done, 0 to 1, now and then.

    Returns
    -------
    list of Contact
        Site to ground, site to orbiter, orbiter to ground; pairs in the order given, windows in that of time.

    Raises
    ------
    CoverageError
        If ephemeris or a trajectory do not reach over the span.
    RequestError
        If a horizon does not hold for the height of its antenna, or the span is empty.
    """
    tracks = Tracks(start, stop, ephemeris=ephemeris)
    jobs: list[Callable[[], list[Contact]]] = []
    for site_id, antenna in antennas.items():
        for station_id, station in stations.items():
            jobs.append(_job(tracks, site_id, station_id, "site-ground", _site_ground, antenna, station))
    for site_id, antenna in antennas.items():
        for orbiter_id, trajectory in trajectories.items():
            jobs.append(_job(tracks, site_id, orbiter_id, "site-orbiter", _site_orbiter, antenna, trajectory))
    for orbiter_id, trajectory in trajectories.items():
        for station_id, station in stations.items():
            jobs.append(
                _job(tracks, orbiter_id, station_id, "orbiter-ground", _orbiter_ground, trajectory, station)
            )
    pool = ThreadPoolExecutor(max_workers=max(1, workers))
    try:
        # Tracks first, each by one thread: the pairs then only read them.
        ready = [pool.submit(tracks.orbiter, trajectory) for trajectory in trajectories.values()]
        for station in stations.values():
            tracks.station(station)
        for track in ready:
            track.result()
        found: list[Contact] = []
        pairs = [pool.submit(job) for job in jobs]
        for done, pair in enumerate(pairs):
            found += pair.result()
            if progress is not None:
                progress((done + 1) / len(pairs))
        return found
    finally:
        # when one fails or the user stops, those that wait do not begin
        pool.shutdown(wait=True, cancel_futures=True)


def contacts_frame(contacts: Iterable[Contact]) -> pd.DataFrame:
    """Contacts as a table, as in ``contacts.csv``.

    Returns
    -------
    pandas.DataFrame
        ``from``, ``to``, ``kind``, ``start_utc``, ``end_utc`` (ISO text with milliseconds), ``duration_s``,
        ``max_elevation_deg`` (at the ground station, or at the site for an orbiter), ``clipped``; sorted by
        start, then by kind and ends.
    """
    rows = sorted(contacts, key=lambda c: (c.start, c.kind, c.from_id, c.to_id))
    start = np.array([c.start for c in rows], dtype=np.float64)
    stop = np.array([c.stop for c in rows], dtype=np.float64)
    return pd.DataFrame(
        {
            "from": pd.Series([c.from_id for c in rows], dtype="str"),
            "to": pd.Series([c.to_id for c in rows], dtype="str"),
            "kind": pd.Series([c.kind for c in rows], dtype="str"),
            "start_utc": pd.Series(_iso_utc(start), dtype="str"),
            "end_utc": pd.Series(_iso_utc(stop), dtype="str"),
            "duration_s": np.round(stop - start, 3),
            "max_elevation_deg": np.round(np.degrees([c.max_elevation for c in rows]), 2),
            "clipped": np.array([c.clipped for c in rows], dtype=bool),
        }
    )


def windows_between(
    contacts: Iterable[Contact], *, from_ids: Sequence[str] | None = None, to_ids: Sequence[str] | None = None
) -> list[FloatArray]:
    """Windows of each pair among contacts, ready for `moonstation.spacetime.events.union`.

    Parameters
    ----------
    contacts : iterable of Contact
        Contacts of any pairs.
    from_ids, to_ids : sequence of str, optional
        Only those from, or to, these ends.

    Returns
    -------
    list of (n, 2) arrays
        One for each pair that has contacts, in the order of first appearance.
    """
    pairs: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for c in contacts:
        if (from_ids is None or c.from_id in from_ids) and (to_ids is None or c.to_id in to_ids):
            pairs.setdefault((c.kind, c.from_id, c.to_id), []).append((c.start, c.stop))
    return [np.array(sorted(windows), dtype=np.float64) for windows in pairs.values()]


Windows = tuple[FloatArray, Elevation]
A = TypeVar("A")
B = TypeVar("B")


def _site_ground(tracks: Tracks, antenna: SurfaceAntenna, station: GroundStation) -> Windows:
    start, stop = tracks.start, tracks.stop
    track = tracks.station(station)
    risen = slow_windows(antenna_view(antenna, track), start, stop, step=SLOW_STEP)
    heard = StationView(track, tracks.site(antenna.site, antenna.height))
    return intersect(risen, _above_mask(heard, station, start, stop)), heard.elevation


def _site_orbiter(tracks: Tracks, antenna: SurfaceAntenna, trajectory: Trajectory) -> Windows:
    track = tracks.orbiter(trajectory)
    view = antenna_view(antenna, track)
    return fast_windows(view, tracks.start, tracks.stop, step=track.step), view.elevation


def _orbiter_ground(tracks: Tracks, trajectory: Trajectory, station: GroundStation) -> Windows:
    start, stop = tracks.start, tracks.stop
    orbiter = tracks.orbiter(trajectory)
    heard = StationView(tracks.station(station), orbiter)
    clear = find_intervals(heard.clearance, start, stop, step=CLEARANCE_ROWS * orbiter.step, tol=TOLERANCE)
    return intersect(clear, _above_mask(heard, station, start, stop)), heard.elevation


def _above_mask(heard: StationView, station: GroundStation, start: float, stop: float) -> FloatArray:
    mask = np.sin(np.radians(station.mask_deg))
    return find_intervals(lambda et: heard.sine(et) - mask, start, stop, step=SLOW_STEP, tol=TOLERANCE)


def antenna_view(antenna: SurfaceAntenna, track: Track) -> SiteView:
    """View of a track from an antenna, with its horizon on even azimuths from north.

    Parameters
    ----------
    antenna : SurfaceAntenna
        Where it is looked from.
    track : Track
        What is looked at.

    Raises
    ------
    RequestError
        If the horizon does not hold for the height of the antenna.
    """
    azimuth = antenna.horizon.azimuth
    count = max(azimuth.size, round(2.0 * np.pi / float(np.min(np.diff(azimuth)))))
    even = np.arange(count) * (2.0 * np.pi / count)
    profile = antenna.horizon.at(even, height=antenna.height)
    edge = np.maximum(profile, antenna.min_elevation)
    return SiteView(track, antenna.site.r_me(antenna.height), antenna.site.enu_me, edge)


def _tracks(tracks: Tracks | None, start: float, stop: float, ephemeris: Ephemeris | None) -> Tracks:
    if tracks is None:
        return Tracks(start, stop, ephemeris=ephemeris)
    if (tracks.start, tracks.stop) != (start, stop):
        raise RequestError("tracks are of another span than the contacts asked for: make them anew")
    return tracks


def _job(
    tracks: Tracks,
    from_id: str,
    to_id: str,
    kind: str,
    windows_of: Callable[[Tracks, A, B], Windows],
    a: A,
    b: B,
) -> Callable[[], list[Contact]]:
    def job() -> list[Contact]:
        windows, elevation = windows_of(tracks, a, b)
        highest = highest_elevation(windows, elevation)
        clipped = (windows[:, 0] <= tracks.start) | (windows[:, 1] >= tracks.stop)
        return [
            Contact(from_id, to_id, kind, begin, end, peak, cut)
            for (begin, end), peak, cut in zip(
                windows.tolist(), highest.tolist(), clipped.tolist(), strict=True
            )
        ]

    return job


def _iso_utc(et: FloatArray) -> list[str]:
    # Half a millisecond on: text is cut, not rounded.
    utc = (tdb_to_utc(et) + np.timedelta64(500_000, "ns")).astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(utc)]
