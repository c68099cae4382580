"""What happens on an orbit: passages, nodes, eclipses, occultations, conjunctions, crossings, passes over a site.

Each event is where a function of the trajectory's dense output is positive, found by `moonstation.spacetime.events`.
Windows have their edges within 0.05 s, instants within a millisecond.

How bodies are seen (light time, discs) is told in `moonstation.orbits.scene`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.errors import CoverageError, RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.orbits.sampling import sample_times
from moonstation.orbits.scene import Scene, ground_track
from moonstation.spacetime.ephemerides import BODIES, Ephemeris
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.spacetime.events import find_intervals_at
from moonstation.spacetime.sites import Site

TOLERANCE = 0.05
"""Edges of windows are found to this [s]."""

INSTANT = 1e-3
"""Instants are found to this [s]."""

GROUND_REACH = 0.1
"""A trajectory that would meet the sphere within this time of its end has hit the ground [s]."""

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
            raise RequestError(
                f"event {self.kind}: body '{self.body}' is unknown; give e.g. earth, sun or mars"
            )
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
            found += _impact(scene, query, times)
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


def _impact(scene: Scene, query: EventQuery, times: FloatArray) -> list[OrbitEvent]:
    """Where the motion goes below the sphere, as that of others may, or ends as it meets it."""
    trajectory = scene.trajectory
    below = find_intervals_at(lambda et: -trajectory.altitude(et), times, tol=INSTANT)
    edges = [float(start) for start in below[:, 0] if start > times[0]]
    end = times[-1:]
    altitude, climb = float(trajectory.altitude(end)[0]), float(scene.climb(end)[0])
    if end[0] == trajectory.et[-1] and climb < 0.0 <= altitude < -climb * GROUND_REACH:
        edges.append(float(end[0]))
    speeds = np.linalg.norm(trajectory.state_icrf(np.array(edges, dtype=np.float64))[:, 3:], axis=1)
    return [
        OrbitEvent(query, et, et, float(speed), clipped=False)
        for et, speed in zip(edges, speeds, strict=True)
    ]


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
