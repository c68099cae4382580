"""What the antennas of a link see of each other, and what else stands in their beams, through time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, MOON_RADIUS, SUN_RADIUS
from moonstation.errors import RequestError
from moonstation.links.contacts import SurfaceAntenna
from moonstation.links.tracks import Track, Tracks
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation


@dataclass(frozen=True, eq=False)
class End:
    """One end of a link over a span.

    Attributes
    ----------
    id, kind : str
        Its id, and "site", "orbiter" or "ground".
    track : Track
        Its motion, ME.
    up_me : (3,) array or None
        Zenith of a site.
    height : float
        Of a site's antenna above ground [m]; 0 elsewhere.
    """

    id: str
    kind: str
    track: Track
    up_me: FloatArray | None = None
    height: float = 0.0


@dataclass(frozen=True, eq=False)
class Sight:
    """What one end sees towards the other, arrays of shape (n,), angles [rad].

    Attributes
    ----------
    elevation : array
        Of the other end above the local horizontal; nan for an orbiter.
    off_zenith : array
        Of the other end from the zenith; for an orbiter, from the direction away from the Moon.
    discs : dict of str to tuple of arrays
        "moon", "earth", "sun": angle between its centre and the other end, and its angular radius. The Moon about a
        site is the half of the sky below the horizontal.
    """

    elevation: FloatArray
    off_zenith: FloatArray
    discs: dict[str, tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class Geometry:
    """A link through time.

    Attributes
    ----------
    et : (n,) array
        Reception, TDB seconds past J2000.
    distance : (n,) array
        [m]
    sender, receiver : Sight
        What each end sees.
    """

    et: FloatArray
    distance: FloatArray
    sender: Sight
    receiver: Sight


def make_ends(
    tracks: Tracks,
    *,
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
) -> dict[str, End]:
    """Ends of links by id, from the same mappings as `moonstation.links.contacts.find_contacts` takes."""
    ends: dict[str, End] = {}
    for name, antenna in antennas.items():
        track = tracks.site(antenna.site, antenna.height)
        ends[name] = End(name, "site", track, antenna.site.enu_me[2], antenna.height)
    for name, trajectory in trajectories.items():
        ends[name] = End(name, "orbiter", tracks.orbiter(trajectory))
    for name, station in stations.items():
        ends[name] = End(name, "ground", tracks.station(station))
    return ends


def link_geometry(tracks: Tracks, sender: End, receiver: End, et: FloatArray) -> Geometry:
    """Geometry of a link at instants of reception.

    Parameters
    ----------
    tracks : Tracks
        Motions over a span that holds `et`.
    sender, receiver : End
        The ends.
    et : (n,) array
        TDB seconds past J2000.

    Raises
    ------
    RequestError
        If an instant lies outside the span.
    """
    et = np.ascontiguousarray(et, dtype=np.float64)
    if et.size and not (tracks.start - 1.0 <= et.min() and et.max() <= tracks.stop + 1.0):
        raise RequestError("the link is asked for outside its span; give instants within it")
    a, b = position(sender.track, et), position(receiver.track, et)
    earth, sun = position(tracks.earth(), et), position(tracks.sun(), et)
    distance = np.linalg.norm(a - b, axis=1)
    return Geometry(
        et=et,
        distance=distance,
        sender=_sight(sender, a, b, earth, sun, et),
        receiver=_sight(receiver, b, a, earth, sun, et),
    )


def position(track: Track, et: FloatArray, column: int = 0) -> FloatArray:
    """Position of a track at instants, or three other columns of it, shape (n, 3); see `links._kernels`."""
    s = (et - track.epoch) / track.step
    k = np.clip(np.floor(s).astype(np.int64), 0, track.table.shape[0] - 2)
    s = (s - k)[:, None]
    r = 1.0 - s
    here, there = track.table[k], track.table[k + 1]
    value, rate = slice(column, column + 3), slice(column + 3, column + 6)
    step = track.step
    return np.asarray(
        (1.0 + 2.0 * s) * r * r * here[:, value]
        + s * s * (3.0 - 2.0 * s) * there[:, value]
        + s * r * r * step * here[:, rate]
        - s * s * r * step * there[:, rate],
        dtype=np.float64,
    )


def _sight(
    end: End, own: FloatArray, other: FloatArray, earth: FloatArray, sun: FloatArray, et: FloatArray
) -> Sight:
    line = other - own
    if end.kind == "site":
        assert end.up_me is not None
        up = np.broadcast_to(end.up_me, line.shape)
    else:
        up = position(end.track, et, 6) if end.kind == "ground" else own
    off_zenith = angle_between(line, up)
    level = 0.5 * np.pi - off_zenith
    elevation = level if end.kind != "orbiter" else np.full(et.size, np.nan)
    discs: dict[str, tuple[FloatArray, FloatArray]] = {"sun": _disc(line, sun - own, SUN_RADIUS)}
    if end.kind == "site":
        discs["moon"] = (np.pi - off_zenith, np.full(et.size, 0.5 * np.pi))
    else:
        discs["moon"] = _disc(line, -own, MOON_RADIUS)
    if end.kind != "ground":
        discs["earth"] = _disc(line, earth - own, EARTH_MEAN_RADIUS)
    return Sight(elevation, off_zenith, discs)


def _disc(line: FloatArray, centre: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    distance = np.linalg.norm(centre, axis=1)
    return angle_between(line, centre), np.asarray(np.arcsin(np.minimum(1.0, radius / distance)))


def angle_between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Angle between vectors, shape (n,) [rad], exact also for small ones."""
    across = np.linalg.norm(np.cross(a, b), axis=1)
    return np.asarray(np.arctan2(across, np.sum(a * b, axis=1)), dtype=np.float64)
