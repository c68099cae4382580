"""When each of many relay orbits serves each of some sites, on a common grid of time and to the edge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moonstation.arrays import AnyArray, BoolArray, FloatArray, IntArray
from moonstation.errors import OrbitError, RequestError
from moonstation.links.contacts import Contact, SurfaceAntenna, find_contacts, windows_between
from moonstation.links.pairs import antenna_view
from moonstation.links.tracks import Track, Tracks
from moonstation.links.views import StationView
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.events import complement, intersect, longest, total, union
from moonstation.study.cluster import run_tiles
from moonstation.study.relay_orbits import RelayOrbit
from moonstation.study.relay_sets import pack
from moonstation.threads import in_threads

MARGIN = 1.0
"""Time that trajectories reach past the span [s]: rounding of dates."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What one relay serves.

    Attributes
    ----------
    words : ndarray of uint64, shape (sites, words)
        Steps of the grid at which it serves each site, a bit each; zeros where it does not fly to the end.
    earth_gap : float
        Longest time without a ground station on the grid [s].
    ending : str
        Why it does not fly to the end, "" if it does.
    """

    words: AnyArray
    earth_gap: float
    ending: str


@dataclass(frozen=True, eq=False)
class RelayScene:
    """Sites, ground stations and time for relays to be compared in; a callable that a worker can be given.

    Attributes
    ----------
    antennas : dict of str to SurfaceAntenna
        Sites by id.
    stations : dict of str to GroundStation
        Ground stations by id.
    start : Epoch
        Begin of the span.
    duration, step : float
        Length of the span, and of a step of the grid [s].
    live : bool
        Whether a site is served only while the relay also sees a ground station; if not, it keeps data for later.
    lasts : float
        How long an elliptical orbit must stay above the ground without burns [s].
    """

    antennas: dict[str, SurfaceAntenna]
    stations: dict[str, GroundStation]
    start: Epoch
    duration: float
    step: float
    live: bool = True
    lasts: float = 0.0

    def __post_init__(self) -> None:
        if not self.antennas:
            raise RequestError("relays: no site is given; name a station with sites, or a place")
        if not self.stations:
            raise RequestError(
                "relays: there is no ground station; add a [[ground_station]] to the station file"
            )
        if not self.lasts >= 0.0:
            raise RequestError(f"relays: orbits that last {self.lasts:g} s; give 0 or more")
        if not (np.isfinite(self.step) and 1.0 <= self.step <= 3600.0):
            raise RequestError(f"relays: step {self.step:g} s; give 1 s to 1 h")
        if not self.duration >= 10.0 * self.step:
            raise RequestError(
                f"relays: a span of {self.duration / 3600.0:g} h holds fewer than ten steps of {self.step:g} s"
            )
        default_ephemeris().require(self.start.tdb_s, self.start.tdb_s + max(self.duration, self.lasts))

    @property
    def stop(self) -> float:
        """End of the span, TDB seconds past J2000."""
        return self.start.tdb_s + self.duration

    @cached_property
    def et(self) -> FloatArray:
        """Middle of each step, TDB seconds past J2000."""
        count = int(self.duration // self.step)
        return np.asarray(self.start.tdb_s + self.step * (np.arange(count) + 0.5), dtype=np.float64)

    @cached_property
    def sky(self) -> tuple[FloatArray, dict[str, Track]]:
        """Rotations from ICRF to ME at each step, and the ground stations' motion; shared by all relays."""
        tracks = Tracks(self.start.tdb_s, self.stop)
        stations = {name: tracks.station(station) for name, station in self.stations.items()}
        return default_ephemeris().rotation_icrf_to_me(self.et), stations

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key not in ("et", "sky")}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)

    def __call__(self, relay: RelayOrbit) -> Seen:
        """Fly a relay and look at it at each step."""
        try:
            relay.require_lasting(self.lasts)
            trajectory = relay.fly(self.start, self.duration + MARGIN)
        except OrbitError as error:
            return Seen(pack(np.zeros((len(self.antennas), self.et.size), dtype=bool)), 0.0, str(error))
        return self.look(trajectory)

    def look(self, trajectory: Trajectory) -> Seen:
        """Look at a relay at each step."""
        rotation = self.sky[0]
        track = self._track(np.einsum("nij,nj->ni", rotation, trajectory.position_icrf(self.et)))
        heard = self._heard(track)
        seen = np.stack(
            [antenna_view(antenna, track).above(self.et) > 0.0 for antenna in self.antennas.values()]
        )
        silent = np.flatnonzero(np.diff(np.concatenate([[0], (~heard).astype(np.int8), [0]])))
        gap = float((silent[1::2] - silent[::2]).max() * self.step) if silent.size else 0.0
        return Seen(pack(seen & heard if self.live else seen), gap, "")

    def direct(self) -> IntArray:
        """Steps at which each site sees a ground station itself, 0 or 1, (sites, steps)."""
        stations = self.sky[1]
        tracks = Tracks(self.start.tdb_s, self.stop)
        rows = []
        for antenna in self.antennas.values():
            own = tracks.site(antenna.site, antenna.height)
            seen = np.zeros(self.et.size, dtype=bool)
            for name, station in stations.items():
                risen = antenna_view(antenna, station).above(self.et) > 0.0
                seen |= risen & (StationView(station, own).sine(self.et) > self._mask(name))
            rows.append(seen)
        return np.array(rows, dtype=np.int64)

    def _track(self, r_me: FloatArray) -> Track:
        # looked at on its rows only, where its rates play no part
        return Track(np.hstack([r_me, np.zeros_like(r_me)]), float(self.et[0]), self.step)

    def _mask(self, name: str) -> float:
        return float(np.sin(np.radians(self.stations[name].mask_deg)))

    def _heard(self, track: Track) -> BoolArray:
        heard = np.zeros(self.et.size, dtype=bool)
        for name, station in self.sky[1].items():
            left = np.flatnonzero(~heard)
            if not left.size:
                break
            view = StationView(station, track)
            et = self.et[left]
            heard[left] = (view.sine(et) > self._mask(name)) & (view.clearance(et) > 0.0)
        return heard


def look_at_all(
    scene: RelayScene,
    relays: Sequence[RelayOrbit],
    *,
    cluster: str | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Seen]:
    """What each relay serves, in their order, on all cores or on a cluster.

    Parameters
    ----------
    scene : RelayScene
        Sites, ground stations and time.
    relays : sequence of RelayOrbit
        Candidates.
    cluster : str, optional
        See `moonstation.study.cluster.run_tiles`; this machine's threads if not given.
    threads : int, optional
        One a processor if not given; the result does not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.
    """
    found: list[Seen | None] = [None] * len(relays)
    if cluster is not None:
        for done, (number, seen) in enumerate(
            run_tiles(_Numbered(scene, tuple(relays)), range(len(relays)), cluster), start=1
        ):
            found[number] = seen
            if progress is not None:
                progress(done / len(relays))
    else:
        scene.sky  # noqa: B018  once, before the threads ask for it

        def work(number: int) -> None:
            found[number] = scene(relays[number])

        in_threads(work, range(len(relays)), threads, progress)
    return [seen for seen in found if seen is not None]


@dataclass(frozen=True, eq=False)
class _Numbered:
    """Looks at the candidate with a number."""

    scene: RelayScene
    relays: tuple[RelayOrbit, ...]

    def __call__(self, number: int) -> Seen:
        return self.scene(self.relays[number])


@dataclass(frozen=True)
class SiteCover:
    """What a set of relays does for one site, from contacts with edges to 0.1 s.

    Attributes
    ----------
    share, twice : float
        Share of the span in which one relay, and in which two at once, serve it.
    longest_gap, mean_gap : float
        Without any [s].
    gaps : int
        How many.
    """

    share: float
    twice: float
    longest_gap: float
    mean_gap: float
    gaps: int


def exact_windows(
    scene: RelayScene,
    relays: Mapping[str, Trajectory],
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[dict[tuple[str, str], FloatArray], dict[str, FloatArray]]:
    """When each relay serves each site, to 0.1 s, by (site, relay); and when each site sees a ground station itself.

    Parameters
    ----------
    scene : RelayScene
        Sites, ground stations and time.
    relays : mapping of str to Trajectory
        By id.
    progress : callable, optional
        Called with the share done, 0 to 1.
    """
    contacts = find_contacts(
        scene.antennas,
        relays,
        scene.stations,
        start=scene.start.tdb_s,
        stop=scene.stop,
        progress=progress,
    )
    heard = {name: _with(contacts, [name], list(scene.stations)) for name in relays}
    serves = {}
    for site in scene.antennas:
        for name in relays:
            seen = _with(contacts, [site], [name])
            serves[site, name] = intersect(seen, heard[name]) if scene.live else seen
    direct = {site: _with(contacts, [site], list(scene.stations)) for site in scene.antennas}
    return serves, direct


def _with(contacts: Sequence[Contact], from_ids: Sequence[str], to_ids: Sequence[str]) -> FloatArray:
    return union(windows_between(contacts, from_ids=from_ids, to_ids=to_ids))


def site_cover(windows: Sequence[FloatArray], start: float, stop: float, *, fold: int = 1) -> SiteCover:
    """Figures of one site from the windows of each relay.

    Parameters
    ----------
    windows : sequence of (n, 2) arrays
        Of each relay [s].
    start, stop : float
        The span [s].
    fold : int
        2: gaps are times in which fewer than two serve it.
    """
    once = union(list(windows))
    pairs = [intersect(a, b) for k, a in enumerate(windows) for b in windows[k + 1 :]]
    twice = union(pairs)
    gaps = complement(twice if fold == 2 else once, start, stop)
    return SiteCover(
        share=total(once) / (stop - start),
        twice=total(twice) / (stop - start),
        longest_gap=longest(gaps),
        mean_gap=total(gaps) / len(gaps) if len(gaps) else 0.0,
        gaps=len(gaps),
    )
