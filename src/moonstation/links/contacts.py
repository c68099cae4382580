"""Contacts: when two ends can hear each other.

A contact is a window in which every condition of a pair holds. Times are times of reception, TDB seconds past
J2000. Edges are roots of the conditions, to 0.1 s, whatever the step of a study. A signal to a ground station and one
from it do not meet the same Moon and the same Earth: windows of both ways differ by up to 2.6 s and are found apart.

What is left out: the bending of signals in the Earth's atmosphere (0.09 deg at a mask of 10 deg, 20 s of the
Earth's turn), the uncertainty of UT1 (see `moonstation.spacetime.earth`), and whether the antennas are free.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import permutations, product
from types import MappingProxyType

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.links.pairs import (
    PairWindows,
    SurfaceAntenna,
    orbiter_and_ground,
    orbiter_and_orbiter,
    site_and_ground,
    site_and_orbiter,
    site_and_site,
)
from moonstation.links.surface import LineOfSight
from moonstation.links.tracks import Tracks
from moonstation.links.views import highest_elevation
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import Horizon

HOMEWARD = ("site-ground", "site-orbiter", "orbiter-ground")
OUTWARD = ("ground-site", "orbiter-site", "ground-orbiter")
AMONG = ("orbiter-orbiter", "site-site")
KINDS = (*HOMEWARD, *OUTWARD, *AMONG)
"""Kinds of contacts by sender and receiver: towards the Earth, from it, and among equals (both ways each)."""

LONGEST_LIGHT_TIME = 2.0
"""Reception on the Moon begins no later than this after the begin of the span, where sending does [s]."""

__all__ = [
    "AMONG",
    "HOMEWARD",
    "KINDS",
    "OUTWARD",
    "Contact",
    "SurfaceAntenna",
    "contacts_frame",
    "find_contacts",
    "orbiter_ground_contacts",
    "site_ground_contacts",
    "site_orbiter_contacts",
    "windows_between",
]


@dataclass(frozen=True, slots=True)
class Contact:
    """One window between two ends.

    Attributes
    ----------
    from_id, to_id : str
        The ends; the second receives.
    kind : str
        One of `KINDS`.
    start, stop : float
        Reception begins and ends, TDB seconds past J2000.
    max_elevation : float
        Highest elevation [rad] at the ground station, or at the site for an orbiter or another site; nan between
        orbiters.
    clipped : bool
        Whether the window reaches the begin or the end of the span and so may be longer.
    light_time : float
        One-way light time in the middle of the window [s]; nan where it was not asked for.
    """

    from_id: str
    to_id: str
    kind: str
    start: float
    stop: float
    max_elevation: float
    clipped: bool
    light_time: float = math.nan

    @property
    def duration(self) -> float:
        """Length of the window [s]."""
        return self.stop - self.start


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
    return site_and_ground(tracks, antenna, station).windows


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
    return site_and_orbiter(tracks, antenna, trajectory).windows


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
    return orbiter_and_ground(_tracks(tracks, start, stop, ephemeris), trajectory, station).windows


def find_contacts(
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
    *,
    start: float,
    stop: float,
    kinds: Collection[str] = HOMEWARD,
    sights: Mapping[tuple[str, str], LineOfSight] = MappingProxyType({}),
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
    kinds : collection of str
        Which of `KINDS`; those towards the Earth if not given.
    sights : mapping of (str, str) to LineOfSight
        Sites that may see each other, both ways where both are wanted; "site-site" contacts come from these.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    workers : int
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with the share of the pairs done, 0 to 1, now and then.

    Returns
    -------
    list of Contact
        Kinds in the order of `KINDS`, pairs in the order given, windows in that of time.

    Raises
    ------
    CoverageError
        If ephemeris or a trajectory do not reach over the span.
    RequestError
        If a horizon does not hold for the height of its antenna, a kind is unknown, or the span is empty.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise RequestError(f"no kind of contact {unknown[0]!r}; give some of {', '.join(KINDS)}")
    tracks = Tracks(start, stop, ephemeris=ephemeris)
    jobs: list[Callable[[], list[Contact]]] = []
    for kind in KINDS:
        if kind in kinds:
            for from_id, to_id, windows_of in _pairs(kind, tracks, antennas, trajectories, stations, sights):
                jobs.append(partial(_contacts_of, tracks, from_id, to_id, kind, windows_of))
    flying = [kind for kind in kinds if "orbiter" in kind]
    pool = ThreadPoolExecutor(max_workers=max(1, workers))
    try:
        # Tracks first, each by one thread: the pairs then only read them.
        ready = [pool.submit(tracks.orbiter, trajectory) for trajectory in trajectories.values() if flying]
        for station in stations.values():
            if {"site-ground", "orbiter-ground"} & set(kinds):
                tracks.station(station)
            if {"ground-site", "ground-orbiter"} & set(kinds):
                tracks.station(station, sends=True)
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


def _pairs(
    kind: str,
    tracks: Tracks,
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
    sights: Mapping[tuple[str, str], LineOfSight],
) -> Iterator[tuple[str, str, Callable[[], PairWindows]]]:
    """Pairs of a kind in order, with what finds their windows."""
    if kind in ("site-ground", "ground-site"):
        for (a, antenna), (b, station) in product(antennas.items(), stations.items()):
            sends = kind == "ground-site"
            yield *_ends(a, b, sends), partial(site_and_ground, tracks, antenna, station, sends=sends)
    elif kind in ("site-orbiter", "orbiter-site"):
        for (a, antenna), (b, trajectory) in product(antennas.items(), trajectories.items()):
            yield *_ends(a, b, kind == "orbiter-site"), partial(site_and_orbiter, tracks, antenna, trajectory)
    elif kind in ("orbiter-ground", "ground-orbiter"):
        for (a, trajectory), (b, station) in product(trajectories.items(), stations.items()):
            sends = kind == "ground-orbiter"
            yield *_ends(a, b, sends), partial(orbiter_and_ground, tracks, trajectory, station, sends=sends)
    elif kind == "orbiter-orbiter":
        for (a, sender), (b, receiver) in permutations(trajectories.items(), 2):
            yield a, b, partial(orbiter_and_orbiter, tracks, sender, receiver)
    else:
        for a, b in permutations(antennas, 2):
            if (a, b) in sights:
                yield a, b, partial(site_and_site, tracks, sights[a, b])


def _ends(a: str, b: str, swapped: bool) -> tuple[str, str]:
    return (b, a) if swapped else (a, b)


def _contacts_of(
    tracks: Tracks, from_id: str, to_id: str, kind: str, windows_of: Callable[[], PairWindows]
) -> list[Contact]:
    pair = windows_of()
    windows = pair.windows
    seen = pair.elevation
    highest = np.full(len(windows), np.nan) if seen is None else highest_elevation(windows, seen)
    light_time = pair.light_time(np.ascontiguousarray(windows.mean(axis=1)))
    clipped = (windows[:, 0] <= tracks.start + LONGEST_LIGHT_TIME) | (windows[:, 1] >= tracks.stop)
    if not kind.startswith("ground"):
        clipped = (windows[:, 0] <= tracks.start) | (windows[:, 1] >= tracks.stop)
    return [
        Contact(from_id, to_id, kind, begin, end, peak, cut, late)
        for (begin, end), peak, cut, late in zip(
            windows.tolist(), highest.tolist(), clipped.tolist(), light_time.tolist(), strict=True
        )
    ]


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


def _tracks(tracks: Tracks | None, start: float, stop: float, ephemeris: Ephemeris | None) -> Tracks:
    if tracks is None:
        return Tracks(start, stop, ephemeris=ephemeris)
    if (tracks.start, tracks.stop) != (start, stop):
        raise RequestError("tracks are of another span than the contacts asked for: make them anew")
    return tracks


def _iso_utc(et: FloatArray) -> list[str]:
    # Half a millisecond on: text is cut, not rounded.
    utc = (tdb_to_utc(et) + np.timedelta64(500_000, "ns")).astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(utc)]
