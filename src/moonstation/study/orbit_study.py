"""What an orbit is like over its span: elements, heights, light, sight of the Earth, passes over a place, contacts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON
from moonstation.errors import RequestError
from moonstation.links.contacts import orbiter_ground_contacts, site_orbiter_contacts
from moonstation.orbits.events import EventQuery, OrbitEvent, find_events
from moonstation.orbits.extremes import Extremes
from moonstation.orbits.osculating import ElementSeries, element_series
from moonstation.orbits.sampling import sample_times
from moonstation.orbits.scene import ground_track
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.events import union
from moonstation.station.catalogues import nearest, packaged_catalogue
from moonstation.station.units import parse_quantity, show
from moonstation.study.orbits import OrbitRun
from moonstation.study.places import Place

ECLIPSES = ("moon-umbra", "moon-penumbra", "earth-umbra", "earth-penumbra")
MOST_ROUNDS = 4000
"""Elements are told once a round, and at most this often."""

LINE_TURN, LINE_LONGEST = 0.06, 1800.0
"""Turn about the Moon and time between points of a drawn line at most [rad], [s]."""

TRACK_SECONDS = 27.321661 * 86_400.0
"""Ground tracks are drawn over a month at most: then the Moon has turned once under the orbit."""


@dataclass(frozen=True, eq=False)
class OrbitLine:
    """An orbit to be drawn, of a month at most.

    Attributes
    ----------
    name : str
        Of the orbiter.
    et : FloatArray
        Epochs (n,) [TDB s past J2000].
    lat, lon, altitude : FloatArray
        Points under it (n,) [rad, ME] and altitude [m].
    r_held : FloatArray
        Positions (n, 3) [m] in the ME axes of the first epoch, held still.
    """

    name: str
    et: FloatArray
    lat: FloatArray
    lon: FloatArray
    altitude: FloatArray
    r_held: FloatArray


def orbit_line(run: OrbitRun) -> OrbitLine:
    """The line of an orbit's first month (of all of it, if shorter)."""
    trajectory = run.trajectory
    start, stop = float(trajectory.et[0]), float(trajectory.et[-1])
    et = sample_times(
        trajectory, start, min(stop, start + TRACK_SECONDS), turn=LINE_TURN, longest=LINE_LONGEST
    )
    held = default_ephemeris().rotation_icrf_to_me(et[:1])[0]
    return OrbitLine(run.id, et, *ground_track(trajectory, et), trajectory.position_icrf(et) @ held.T)


@dataclass(frozen=True, eq=False)
class OrbitStudy:
    """An orbit with what was found about it.

    Attributes
    ----------
    run : OrbitRun
        The orbit.
    et, altitude : FloatArray
        Epochs (n,) [TDB s past J2000], 80 a round, and altitude [m].
    round_et : FloatArray
        Epochs (m,) [TDB s past J2000], one a round.
    elements_me, elements_icrf : ElementSeries
        Osculating elements at `round_et`, each (m,); ME axes of the first epoch, held still.
    extremes : Extremes
        Lowest and highest altitude.
    period : float
        Mean time between periapsis passages [s]; that of the first elements where there are fewer than two.
    eclipses : dict of str to FloatArray
        Windows (k, 2) by kind of `ECLIPSES`.
    hidden : FloatArray
        Windows in which the Moon hides the whole Earth.
    place : Place or None
        The place that is passed over.
    mask : float
        Least elevation there [rad].
    passes : FloatArray
        Windows over the place, its terrain included.
    stations : list of GroundStation
        Ground stations.
    contacts : dict of str to FloatArray
        Windows by station.
    line : OrbitLine
        The orbit of a month at most, to be drawn.
    """

    run: OrbitRun
    et: FloatArray
    altitude: FloatArray
    round_et: FloatArray
    elements_me: ElementSeries
    elements_icrf: ElementSeries
    extremes: Extremes
    period: float
    eclipses: dict[str, FloatArray]
    hidden: FloatArray
    place: Place | None
    mask: float
    passes: FloatArray
    stations: list[GroundStation]
    contacts: dict[str, FloatArray]
    line: OrbitLine

    @property
    def length(self) -> float:
        """Length of the span [s]."""
        return self.run.stop - self.run.start

    @property
    def in_contact(self) -> FloatArray:
        """Windows with any of the ground stations (k, 2)."""
        return union(list(self.contacts.values()))


def study_orbit(
    run: OrbitRun,
    *,
    place: Place | None = None,
    mask: float = 0.0,
    stations: Sequence[GroundStation] = (),
    progress: Callable[[str, float], None] | None = None,
) -> OrbitStudy:
    """Find out what an orbit is like.

    Parameters
    ----------
    run : OrbitRun
        The orbit; see `moonstation.study.orbits.find_orbit`.
    place : Place, optional
        A place on the Moon that it passes over; its terrain is looked at.
    mask : float
        Least elevation there [rad], above the terrain or not.
    stations : sequence of GroundStation
        Ground stations that listen.
    progress : callable, optional
        Called with a stage and the share done, 0 to 1.
    """

    def tell(stage: str, share: float) -> None:
        if progress is not None:
            progress(stage, share)

    trajectory = run.trajectory
    start, stop = float(trajectory.et[0]), float(trajectory.et[-1])
    tell("elements", 0.0)
    et = sample_times(trajectory, start, stop)
    state_me = element_series(trajectory, et[:1])
    tell("eclipses", 0.1)
    kinds = ("periapsis", *ECLIPSES, "hidden")
    events = find_events(
        trajectory,
        [EventQuery(kind) for kind in kinds],
        progress=lambda share: tell("eclipses", 0.1 + 0.4 * share),
    )
    low = np.array([event.start for event in events if event.query.kind == "periapsis"])
    first = float(2.0 * np.pi * np.sqrt(abs(state_me.semi_major_axis[0]) ** 3 / GM_MOON))
    period = float(np.mean(np.diff(low))) if low.size > 1 else first
    rounds = np.arange(start, stop, max(period, (stop - start) / MOST_ROUNDS))
    tell("passes and contacts", 0.5)
    passes = np.empty((0, 2))
    if place is not None:
        passes = site_orbiter_contacts(
            place.site, place.ground.horizon, trajectory, start, stop, height=place.height, min_elevation=mask
        )
    contacts = {}
    for number, station in enumerate(stations):
        contacts[station.id] = orbiter_ground_contacts(trajectory, station, start, stop)
        tell("passes and contacts", 0.5 + 0.4 * (number + 1) / len(stations))
    tell("heights", 0.9)
    return OrbitStudy(
        run=run,
        et=et,
        altitude=trajectory.altitude(et),
        round_et=rounds,
        elements_me=element_series(trajectory, rounds, held_at=start),
        elements_icrf=element_series(trajectory, rounds, axes="ICRF"),
        extremes=trajectory.altitude_extremes,
        period=period,
        eclipses={kind: _windows(events, kind) for kind in ECLIPSES},
        hidden=_windows(events, "hidden"),
        place=place,
        mask=mask,
        passes=passes,
        stations=list(stations),
        contacts=contacts,
        line=orbit_line(run),
    )


def find_stations(names: Sequence[str], run: OrbitRun) -> list[GroundStation]:
    """Ground stations by id: those of the orbit's own station, then those of the catalogue.

    Parameters
    ----------
    names : sequence of str
        Ids; none for all of the orbit's own station (none where it has no station).
    run : OrbitRun
        The orbit.

    Raises
    ------
    RequestError
        If one is not known; names the nearest.
    """
    own = {spec.id: spec for spec in run.station.ground_stations} if run.station is not None else {}
    if not names:
        return [spec.station() for spec in own.values()]
    known = packaged_catalogue().entries["ground_station"]
    found = []
    for name in names:
        if name in own:
            found.append(own[name].station())
            continue
        if name not in known:
            advice = nearest(name, [*own, *known]) or f"; give one of {', '.join({**own, **known})}"
            raise RequestError(f"--ground {show(name)}: is in no catalogue{advice}")
        raw = {
            key: value["value"] if isinstance(value, dict) else value
            for key, value in known[name].values.items()
        }
        if str(raw.get("status", "")).startswith("destroyed"):
            raise RequestError(f"--ground {name}: is {raw['status']}; give another")
        found.append(
            GroundStation(
                id=name,
                name=str(raw.get("name", name)),
                lat_deg=parse_quantity(raw["lat"], "degrees"),
                lon_deg=parse_quantity(raw["lon"], "degrees"),
                alt_m=parse_quantity(raw.get("alt", "0 m"), "length"),
                mask_deg=parse_quantity(raw.get("mask", "10 deg"), "degrees"),
            )
        )
    return found


def _windows(events: Sequence[OrbitEvent], kind: str) -> FloatArray:
    return np.array(
        [(event.start, event.stop) for event in events if event.query.kind == kind], dtype=np.float64
    ).reshape(-1, 2)
