"""Windows of one pair of ends: what must hold for each kind of link."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.links.surface import LineOfSight
from moonstation.links.tracks import SLOW_STEP, Track, Tracks
from moonstation.links.views import Elevation, SiteView, StationView, light_times, pair_clearance
from moonstation.links.windows import TOLERANCE, fast_windows, slow_windows
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.events import find_intervals, find_intervals_at, intersect
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import Horizon


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


@dataclass(frozen=True, eq=False)
class PairWindows:
    """When two ends can hear each other.

    Attributes
    ----------
    windows : (n, 2) array
        Begins and ends of reception, TDB seconds past J2000.
    elevation : callable or None
        Elevation at the end that stands on a body [rad] at epochs [s]; None between orbiters.
    light_time : callable
        One-way light time [s] at epochs [s].
    """

    windows: FloatArray
    elevation: Elevation | None
    light_time: Callable[[FloatArray], FloatArray]


def site_and_ground(
    tracks: Tracks, antenna: SurfaceAntenna, station: GroundStation, *, sends: bool = False
) -> PairWindows:
    """Site and ground station: each stands above the other's horizon. `sends`: the ground station sends."""
    start, stop = tracks.start, tracks.stop
    track = tracks.station(station, sends=sends)
    risen = slow_windows(antenna_view(antenna, track), start, stop, step=SLOW_STEP)
    place = tracks.site(antenna.site, antenna.height)
    view = StationView(track, place, sends=sends)
    return _heard(intersect(risen, _above_mask(view, station, start, stop)), view, track, place, sends)


def orbiter_and_ground(
    tracks: Tracks, trajectory: Trajectory, station: GroundStation, *, sends: bool = False
) -> PairWindows:
    """Orbiter and ground station: above the station's mask, and the Moon out of the way. `sends`: the station does."""
    start, stop = tracks.start, tracks.stop
    orbiter, track = tracks.orbiter(trajectory), tracks.station(station, sends=sends)
    view = StationView(track, orbiter, sends=sends)
    clear = find_intervals_at(view.clearance, tracks.looks(trajectory), tol=TOLERANCE)
    return _heard(intersect(clear, _above_mask(view, station, start, stop)), view, track, orbiter, sends)


def site_and_orbiter(tracks: Tracks, antenna: SurfaceAntenna, trajectory: Trajectory) -> PairWindows:
    """Site and orbiter: the orbiter stands above the site's terrain.

    The same both ways: light takes less than 0.1 s between them.
    """
    track = tracks.orbiter(trajectory)
    view = antenna_view(antenna, track)
    place = tracks.site(antenna.site, antenna.height)
    return PairWindows(
        fast_windows(view, tracks.looks(trajectory)),
        view.elevation,
        lambda et: light_times(place, track, et),
    )


def orbiter_and_orbiter(tracks: Tracks, sender: Trajectory, receiver: Trajectory) -> PairWindows:
    """Two orbiters: the straight line from where the signal left to where it arrives clears the 1737.4 km sphere."""
    a, b = tracks.orbiter(sender), tracks.orbiter(receiver)
    looks = tracks.looks(sender, receiver)
    windows = find_intervals_at(lambda et: pair_clearance(a, b, et), looks, tol=TOLERANCE)
    return PairWindows(windows, None, lambda et: light_times(a, b, et))


def site_and_site(tracks: Tracks, sight: LineOfSight) -> PairWindows:
    """Two sites: always or never, see `moonstation.links.surface`."""
    windows = np.array([[tracks.start, tracks.stop]]) if sight.clear else np.empty((0, 2))
    return PairWindows(
        windows,
        lambda et: np.full(et.size, sight.elevation),
        lambda et: np.full(et.size, sight.distance / SPEED_OF_LIGHT),
    )


def _heard(windows: FloatArray, view: StationView, station: Track, target: Track, sends: bool) -> PairWindows:
    """Windows in the station's time as windows of reception."""

    def light_time(et: FloatArray) -> FloatArray:
        return light_times(station, target, et)

    if sends:
        windows = windows + light_time(windows.ravel()).reshape(-1, 2)
    return PairWindows(windows, view.elevation, light_time)


def _above_mask(view: StationView, station: GroundStation, start: float, stop: float) -> FloatArray:
    mask = np.sin(np.radians(station.mask_deg))
    return find_intervals(lambda et: view.sine(et) - mask, start, stop, step=SLOW_STEP, tol=TOLERANCE)


def antenna_view(antenna: SurfaceAntenna, track: Track) -> SiteView:
    """View of a track from an antenna, with its horizon on even azimuths from north."""
    azimuth = antenna.horizon.azimuth
    count = max(azimuth.size, round(2.0 * np.pi / float(np.min(np.diff(azimuth)))))
    even = np.arange(count) * (2.0 * np.pi / count)
    profile = antenna.horizon.at(even, height=antenna.height)
    edge = np.maximum(profile, antenna.min_elevation)
    return SiteView(track, antenna.site.r_me(antenna.height), antenna.site.enu_me, edge)
