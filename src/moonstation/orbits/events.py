"""What happens on an orbit: passages, nodes, eclipses, occultations, conjunctions, crossings, passes over a site.

Each event is where a function of the trajectory's dense output is positive, found by `moonstation.spacetime.events`.
Windows have their edges within 0.05 s, instants within a millisecond.

Where discs are compared (eclipses, occultations) bodies stand where their light left them, as in SPICE with "CN": the
light that reaches the orbiter at the time told has passed the limb of the Moon or of the Earth earlier. Stellar
aberration turns both discs alike and is left out. The Moon is the 1737.4 km sphere (mountains on the limb move edges of
an eclipse by seconds), the Earth one of its mean radius without atmosphere.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, MOON_RADIUS, SPEED_OF_LIGHT, SUN_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.orbits.sampling import sample_times
from moonstation.spacetime.ephemerides import BODIES, Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.spacetime.events import find_intervals_at
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site

TOLERANCE = 0.05
"""Edges of windows are found to this [s]."""

INSTANT = 1e-3
"""Instants are found to this [s]."""

GROUND_REACH = 0.1
"""A trajectory that would meet the sphere within this time of its end has hit the ground [s]."""

RADII = {"sun": SUN_RADIUS, "earth": EARTH_MEAN_RADIUS, "moon": MOON_RADIUS}
"""Radii of discs [m]; other bodies are points."""

PEAK_SAMPLES = 33
ZOOM_SAMPLES = 9
ZOOMS = 5

ALWAYS = (-math.inf, math.inf)


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    Attributes
    ----------
    words : str
        What it is, for people.
    instant : bool
        Whether it has no length.
    dimension : str
        Of its range, as in station files; "" where it takes none.
    usual : tuple of float
        Range where none is given [SI].
    value : str
        What the column `value` holds.
    unit : str
        Its unit.
    """

    words: str
    instant: bool = False
    dimension: str = ""
    usual: tuple[float, float] = ALWAYS
    value: str = ""
    unit: str = ""


_ALTITUDE = {"instant": True, "value": "altitude", "unit": "km"}
_DEPTH = {"value": "how far the limb stands within the other, at most", "unit": "deg"}

KINDS: dict[str, Kind] = {
    "periapsis": Kind("lowest points", **_ALTITUDE),  # type: ignore[arg-type]
    "apoapsis": Kind("highest points", **_ALTITUDE),  # type: ignore[arg-type]
    "ascending-node": Kind("northward crossings of the equator", **_ALTITUDE),  # type: ignore[arg-type]
    "descending-node": Kind("southward crossings of the equator", **_ALTITUDE),  # type: ignore[arg-type]
    "impact": Kind("the orbit hits the 1737.4 km sphere", instant=True, value="speed", unit="m/s"),
    "moon-umbra": Kind("the Moon hides all of the Sun", **_DEPTH),  # type: ignore[arg-type]
    "moon-penumbra": Kind(
        "the Moon hides some or all of the Sun", value="share of the Sun's diameter hidden, at most", unit="1"
    ),
    "earth-umbra": Kind("the Earth hides all of the Sun", **_DEPTH),  # type: ignore[arg-type]
    "earth-penumbra": Kind(
        "the Earth hides some or all of the Sun",
        value="share of the Sun's diameter hidden, at most",
        unit="1",
    ),
    "hidden": Kind("the Moon hides all of a body, by default the Earth", **_DEPTH),  # type: ignore[arg-type]
    "partly-hidden": Kind("the Moon hides some or all of a body", **_DEPTH),  # type: ignore[arg-type]
    "sun-earth-probe": Kind(
        "angle at the Earth between Sun and orbiter (conjunction)",
        dimension="angle",
        usual=(-math.inf, math.radians(3.0)),
        value="least angle",
        unit="deg",
    ),
    "sun-probe-earth": Kind(
        "angle at the orbiter between Sun and Earth",
        dimension="angle",
        usual=(-math.inf, math.radians(3.0)),
        value="least angle",
        unit="deg",
    ),
    "sun-moon-probe": Kind(
        "angle at the Moon between Sun and orbiter",
        dimension="angle",
        usual=(-math.inf, math.radians(3.0)),
        value="least angle",
        unit="deg",
    ),
    "beta": Kind(
        "elevation of the Sun over the orbital plane", dimension="angle", value="greatest size", unit="deg"
    ),
    "altitude": Kind(
        "altitude over the 1737.4 km sphere", dimension="altitude", value="least altitude", unit="km"
    ),
    "range": Kind(
        "distance from a body, by default the Earth", dimension="altitude", value="least distance", unit="km"
    ),
    "pass": Kind(
        "elevation over a site",
        dimension="angle",
        usual=(0.0, math.inf),
        value="highest elevation",
        unit="deg",
    ),
}
"""Kinds of events by name. "hidden", "partly-hidden" and "range" take a body."""

WITH_BODY = ("hidden", "partly-hidden", "range")


@dataclass(frozen=True)
class EventQuery:
    """An event to look for.

    Attributes
    ----------
    kind : str
        A name of `KINDS`.
    low, high : float
        Range of the quantity [SI]; the usual one of the kind where neither bound is given.
    body : str
        Body of "hidden", "partly-hidden" and "range".
    site : Site or None
        Where "pass" looks from.
    label : str
        How the user named it; goes into the table.
    """

    kind: str
    low: float = -math.inf
    high: float = math.inf
    body: str = "earth"
    site: Site | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RequestError(f"event '{self.kind}' is unknown; give one of {', '.join(KINDS)}")
        if self.kind in WITH_BODY and (self.body not in BODIES or self.body in ("ssb", "emb")):
            raise RequestError(f"event {self.kind}: body '{self.body}' is unknown; give e.g. earth, sun or mars")
        if self.kind in ("hidden", "partly-hidden") and self.body == "moon":
            raise RequestError("event hidden: the Moon cannot stand behind itself; give another body")
        if self.kind == "pass" and self.site is None:
            raise RequestError("event pass: needs a site; name the place that is passed over")
        if not self.low < self.high:
            raise RequestError(f"event {self.kind}: its range is empty; give the lower bound first")

    @property
    def bounds(self) -> tuple[float, float]:
        """Range asked for, or the usual one [SI]."""
        return KINDS[self.kind].usual if (self.low, self.high) == ALWAYS else (self.low, self.high)

    @property
    def name(self) -> str:
        """Name for tables: "earth-hidden", "range-earth", "pass"."""
        if self.kind == "range":
            return f"range-{self.body}"
        return f"{self.body}-{self.kind}" if self.kind in WITH_BODY else self.kind


@dataclass(frozen=True, slots=True)
class OrbitEvent:
    """One event.

    Attributes
    ----------
    query : EventQuery
        What was looked for.
    start, stop : float
        Begin and end [TDB s past J2000]; the same for an instant.
    value : float
        See `Kind.value` [SI].
    clipped : bool
        Whether it reaches the begin or the end of the span and so may be longer.
    """

    query: EventQuery
    start: float
    stop: float
    value: float
    clipped: bool


def find_events(
    trajectory: Trajectory,
    queries: Sequence[EventQuery],
    *,
    start: Epoch | None = None,
    stop: Epoch | None = None,
    equator: str = "ME",
    ephemeris: Ephemeris | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[OrbitEvent]:
    """Find events of a trajectory.

    Parameters
    ----------
    trajectory : Trajectory
        What moves.
    queries : sequence of EventQuery
        What to look for.
    start, stop : Epoch, optional
        Span; the whole trajectory if not given.
    equator : {"ME", "ICRF"}
        Plane of the nodes: the Moon's equator of each moment, or that of the ICRF.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    progress : callable, optional
        Called with the share of the queries done, 0 to 1.

    Returns
    -------
    list of OrbitEvent
        By start, then in the order asked.

    Raises
    ------
    CoverageError
        If the trajectory does not reach over the span.
    RequestError
        If the span is empty or the equator unknown.
    """
    if equator not in ("ME", "ICRF"):
        raise RequestError(f"equator '{equator}': give 'ME' or 'ICRF'")
    first, last = float(trajectory.et[0]), float(trajectory.et[-1])
    begin = first if start is None else start.tdb_s
    end = last if stop is None else stop.tdb_s
    if begin < first - 1e-3 or end > last + 1e-3:
        raise CoverageError(
            f"orbit of {trajectory.name or 'the orbiter'} is known from {Epoch.from_tdb_s(first).utc} to "
            f"{Epoch.from_tdb_s(last).utc}: choose events within"
        )
    begin, end = max(begin, first), min(end, last)
    if not end > begin:
        raise RequestError("events: the span must end after it begins")
    scene = Scene(trajectory, equator=equator, ephemeris=ephemeris)
    times = sample_times(trajectory, begin, end)
    found: list[OrbitEvent] = []
    for number, query in enumerate(queries):
        if query.kind == "impact":
            found += _impact(scene, query, end)
        elif KINDS[query.kind].instant:
            found += _instants(scene, query, times)
        else:
            found += _windows(scene, query, times)
        if progress is not None:
            progress((number + 1) / len(queries))
    return sorted(found, key=lambda event: event.start)


def events_frame(trajectory: Trajectory, events: Sequence[OrbitEvent]) -> pd.DataFrame:
    """Events as a table.

    Returns
    -------
    pandas.DataFrame
        ``orbiter``, ``event``, ``asked`` (as the user wrote it), ``start_utc``, ``end_utc`` (ISO text with
        milliseconds), ``duration_s``, ``value`` with ``unit`` (see `Kind.value`), ``lat_deg``, ``lon_deg`` (ME),
        ``altitude_km`` at the start, ``clipped``.
    """
    start = np.array([event.start for event in events], dtype=np.float64)
    stop = np.array([event.stop for event in events], dtype=np.float64)
    lat, lon, altitude = ground_track(trajectory, start)
    values = [_shown(event) for event in events]
    return pd.DataFrame(
        {
            "orbiter": pd.Series([trajectory.name] * len(events), dtype="str"),
            "event": pd.Series([event.query.name for event in events], dtype="str"),
            "asked": pd.Series([event.query.label or event.query.name for event in events], dtype="str"),
            "start_utc": pd.Series(_iso(start), dtype="str"),
            "end_utc": pd.Series(_iso(stop), dtype="str"),
            "duration_s": np.round(stop - start, 3),
            "value": np.array([value for value, _ in values], dtype=np.float64),
            "unit": pd.Series([unit for _, unit in values], dtype="str"),
            "lat_deg": np.round(np.degrees(lat), 4),
            "lon_deg": np.round(np.degrees(lon), 4),
            "altitude_km": np.round(altitude / 1e3, 4),
            "clipped": np.array([event.clipped for event in events], dtype=bool),
        }
    )


def ground_track(
    trajectory: Trajectory, et: FloatArray, *, ephemeris: Ephemeris | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points under an orbiter: latitude, longitude in [-pi, pi) [rad, ME] and altitude [m], each (n,)."""
    if not et.size:
        return np.empty(0), np.empty(0), np.empty(0)
    source = ephemeris or default_ephemeris()
    x, y, z = rotate(source.rotation_icrf_to_me(et), trajectory.position_icrf(et)).T
    lon = (np.arctan2(y, x) + np.pi) % (2.0 * np.pi) - np.pi
    return np.arctan2(z, np.hypot(x, y)), lon, np.sqrt(x * x + y * y + z * z) - MOON_RADIUS


class Scene:
    """Quantities about an orbiter as functions of time: epochs (n,) in, values (n,) out, SI.

    Parameters
    ----------
    trajectory : Trajectory
        What moves.
    equator : {"ME", "ICRF"}
        Plane of the nodes.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    """

    def __init__(
        self, trajectory: Trajectory, *, equator: str = "ME", ephemeris: Ephemeris | None = None
    ) -> None:
        self.trajectory = trajectory
        self.sky = ephemeris or default_ephemeris()
        self._equator = equator

    def climb(self, et: FloatArray) -> FloatArray:
        """Radial speed [m/s]."""
        state = self.trajectory.state_icrf(et)
        r, v = state[:, :3], state[:, 3:]
        return np.asarray(np.einsum("ij,ij->i", r, v) / np.linalg.norm(r, axis=1))

    def height(self, et: FloatArray) -> FloatArray:
        """Distance north of the equator [m]."""
        r = self.trajectory.position_icrf(et)
        if self._equator == "ICRF":
            return np.ascontiguousarray(r[:, 2])
        pole = self.sky.rotation_icrf_to_me(et)[:, 2]
        return np.asarray(np.einsum("ij,ij->i", pole, r))

    def seen(self, body: str, et: FloatArray) -> FloatArray:
        """Where a body is seen from the orbiter, light time included, (n, 3) [m], ICRF axes."""
        r = self.trajectory.position_icrf(et)
        moon = self.sky.state_icrf("moon", et, center="ssb")
        if body == "moon":
            delay = np.linalg.norm(r, axis=1) / SPEED_OF_LIGHT
            return np.asarray(-r - moon[:, 3:] * delay[:, None])
        observer = moon[:, :3] + r
        line = self.sky.position_icrf(body, et, center="ssb") - observer
        for _ in range(2):
            sent = et - np.linalg.norm(line, axis=1) / SPEED_OF_LIGHT
            line = self.sky.position_icrf(body, sent, center="ssb") - observer
        return line

    def overlap(self, front: str, behind: str, et: FloatArray, *, whole: bool) -> FloatArray:
        """How far a disc reaches over another: above zero where any of it, or the whole, is hidden [rad]."""
        near, far = self.seen(front, et), self.seen(behind, et)
        size = RADII.get(behind, 0.0)
        near_distance, far_distance = np.linalg.norm(near, axis=1), np.linalg.norm(far, axis=1)
        in_front = np.arcsin(np.minimum(RADII[front] / near_distance, 1.0))
        at_back = np.arcsin(size / far_distance)
        apart = angle_between(near, far)
        deep = in_front - apart + (-at_back if whole else at_back)
        # a body nearer than the one in front cannot be hidden by it
        return np.asarray(np.where(far_distance > near_distance, deep, -np.pi))

    def magnitude(self, front: str, et: FloatArray) -> FloatArray:
        """Share of the Sun's diameter that a body hides, 0 to 1."""
        sun = np.linalg.norm(self.seen("sun", et), axis=1)
        share = self.overlap(front, "sun", et, whole=False) / (2.0 * np.arcsin(SUN_RADIUS / sun))
        return np.clip(share, 0.0, 1.0)

    def sun_earth_probe(self, et: FloatArray) -> FloatArray:
        """Angle between the Sun and the orbiter as seen from the Earth's centre at `et`, light time included [rad]."""
        earth = self.sky.position_icrf("earth", et, center="ssb")
        state = self.trajectory.state_icrf(et) + self.sky.state_icrf("moon", et, center="ssb")
        probe, sun = state[:, :3] - earth, self.sky.position_icrf("sun", et, center="ssb") - earth
        for _ in range(2):
            delay = np.linalg.norm(probe, axis=1) / SPEED_OF_LIGHT
            # over a second or two a straight line: off by 2 m at most
            probe = state[:, :3] - state[:, 3:] * delay[:, None] - earth
            sent = et - np.linalg.norm(sun, axis=1) / SPEED_OF_LIGHT
            sun = self.sky.position_icrf("sun", sent, center="ssb") - earth
        return angle_between(sun, probe)

    def sun_probe_earth(self, et: FloatArray) -> FloatArray:
        """Angle between Sun and Earth as seen from the orbiter, light time included [rad]."""
        return angle_between(self.seen("sun", et), self.seen("earth", et))

    def sun_moon_probe(self, et: FloatArray) -> FloatArray:
        """Angle at the Moon's centre between the Sun and the orbiter, geometric [rad]."""
        return angle_between(self.sky.position_icrf("sun", et), self.trajectory.position_icrf(et))

    def beta(self, et: FloatArray) -> FloatArray:
        """Elevation of the Sun over the orbital plane, on the side of the angular momentum [rad]."""
        state = self.trajectory.state_icrf(et)
        normal = np.cross(state[:, :3], state[:, 3:])
        sun = self.sky.position_icrf("sun", et)
        sine = np.einsum("ij,ij->i", normal, sun) / (
            np.linalg.norm(normal, axis=1) * np.linalg.norm(sun, axis=1)
        )
        return np.arcsin(np.clip(sine, -1.0, 1.0))

    def distance(self, body: str, et: FloatArray) -> FloatArray:
        """Geometric distance from a body's centre [m]."""
        line = self.sky.position_icrf(body, et) - self.trajectory.position_icrf(et)
        return np.asarray(np.linalg.norm(line, axis=1))

    def elevation(self, site: Site, et: FloatArray) -> FloatArray:
        """Geometric elevation over the local horizontal of a site [rad]."""
        r_me = rotate(self.sky.rotation_icrf_to_me(et), self.trajectory.position_icrf(et))
        line = r_me - site.r_me()
        return np.arcsin(np.clip(line @ site.enu_me[2] / np.linalg.norm(line, axis=1), -1.0, 1.0))


def angle_between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Angle between vectors (n, 3), exact near zero and near a half turn [rad], (n,)."""
    a = a / np.linalg.norm(a, axis=1)[:, None]
    b = b / np.linalg.norm(b, axis=1)[:, None]
    return np.asarray(2.0 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1)))


Function = Callable[[FloatArray], FloatArray]


def _functions(scene: Scene, query: EventQuery) -> tuple[Function, Function]:
    """What must be positive, and what is reported at its greatest."""
    kind, low, high = query.kind, *query.bounds
    if kind.endswith("-umbra"):
        body = kind.removesuffix("-umbra")
        deep: Function = lambda et: scene.overlap(body, "sun", et, whole=True)  # noqa: E731
        return deep, deep
    if kind.endswith("-penumbra"):
        body = kind.removesuffix("-penumbra")
        return (
            lambda et: scene.overlap(body, "sun", et, whole=False),
            lambda et: scene.magnitude(body, et),
        )
    if kind in ("hidden", "partly-hidden"):
        hidden: Function = lambda et: scene.overlap("moon", query.body, et, whole=kind == "hidden")  # noqa: E731
        return hidden, hidden
    if kind == "pass":
        assert query.site is not None
        site = query.site
        return _within(lambda et: scene.elevation(site, et), low, high), lambda et: scene.elevation(site, et)
    if kind == "beta":
        return _within(scene.beta, low, high), lambda et: np.abs(scene.beta(et))
    quantity: dict[str, Function] = {
        "sun-earth-probe": scene.sun_earth_probe,
        "sun-probe-earth": scene.sun_probe_earth,
        "sun-moon-probe": scene.sun_moon_probe,
        "altitude": scene.trajectory.altitude,
        "range": lambda et: scene.distance(query.body, et),
    }
    least = quantity[kind]
    return _within(least, low, high), lambda et: -least(et)


def _within(quantity: Function, low: float, high: float) -> Function:
    """Above zero where a quantity lies in a range."""

    def inside(et: FloatArray) -> FloatArray:
        value = quantity(et)
        if math.isinf(low):
            return high - value
        return value - low if math.isinf(high) else np.minimum(value - low, high - value)

    return inside


def _windows(scene: Scene, query: EventQuery, times: FloatArray) -> list[OrbitEvent]:
    positive, reported = _functions(scene, query)
    windows = find_intervals_at(positive, times, tol=TOLERANCE)
    begin, end = float(times[0]), float(times[-1])
    return [
        OrbitEvent(query, float(a), float(b), float(value), bool(a <= begin or b >= end))
        for (a, b), value in zip(windows, highest_within(reported, windows), strict=True)
    ]


def _instants(scene: Scene, query: EventQuery, times: FloatArray) -> list[OrbitEvent]:
    function = scene.climb if query.kind in ("periapsis", "apoapsis") else scene.height
    windows = find_intervals_at(function, times, tol=INSTANT)
    # the radius is least where climbing begins; crossings go north where the height begins to be above zero
    rising = query.kind in ("periapsis", "ascending-node")
    edges = windows[:, 0] if rising else windows[:, 1]
    edges = edges[(edges > times[0]) & (edges < times[-1])]
    altitude = scene.trajectory.altitude(edges)
    return [
        OrbitEvent(query, float(et), float(et), float(value), clipped=False)
        for et, value in zip(edges, altitude, strict=True)
    ]


def _impact(scene: Scene, query: EventQuery, end: float) -> list[OrbitEvent]:
    """The end of a trajectory that was flown until it met the sphere."""
    trajectory = scene.trajectory
    if end < trajectory.et[-1]:
        return []
    at = np.array([end])
    altitude, climb = float(trajectory.altitude(at)[0]), float(scene.climb(at)[0])
    if not (climb < 0.0 and altitude < -climb * GROUND_REACH):
        return []
    speed = float(np.linalg.norm(trajectory.state_icrf(at)[0, 3:]))
    return [OrbitEvent(query, end, end, speed, clipped=False)]


def highest_within(function: Function, windows: FloatArray) -> FloatArray:
    """Greatest value of a function in each window, by samples and closer samples about the best, (n,).

    Parameters
    ----------
    function : callable
        Times (m,) to values (m,).
    windows : ndarray, shape (n, 2)
        Begins and ends [s].
    """
    if not len(windows):
        return np.empty(0)
    low, high = windows[:, 0].copy(), windows[:, 1].copy()
    best = np.full(len(windows), -np.inf)
    for zoom in range(ZOOMS):
        share = np.linspace(0.0, 1.0, PEAK_SAMPLES if zoom == 0 else ZOOM_SAMPLES)
        times = low[:, None] + (high - low)[:, None] * share
        values = function(times.ravel()).reshape(times.shape)
        top = np.argmax(values, axis=1)
        best = np.maximum(best, values.max(axis=1))
        rows = np.arange(len(windows))
        low = times[rows, np.maximum(top - 1, 0)]
        high = times[rows, np.minimum(top + 1, share.size - 1)]
    return best


def _shown(event: OrbitEvent) -> tuple[float, str]:
    """Value in the unit of the table."""
    kind = KINDS[event.query.kind]
    if event.query.kind in ("altitude", "range", "sun-earth-probe", "sun-probe-earth", "sun-moon-probe"):
        value = -event.value
    else:
        value = event.value
    if kind.unit == "km":
        return round(value / 1e3, 4), "km"
    if kind.unit == "deg":
        return round(math.degrees(value), 4), "deg"
    return round(value, 4), kind.unit


def _iso(et: FloatArray) -> list[str]:
    if not et.size:
        return []
    moments = tdb_to_utc(et) + np.timedelta64(500, "us")
    return [f"{text}Z" for text in np.datetime_as_string(moments, unit="ms")]
