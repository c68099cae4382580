"""What a station is without some of its parts: a partner, an element, an orbiter, a ground station or a mission."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moonstation.errors import RequestError, TimeError
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.steps import SLACK
from moonstation.station.catalogues import nearest
from moonstation.station.model import Station
from moonstation.study.run import StudySpan


@dataclass(frozen=True)
class Loss:
    """Something that a station loses for good.

    Attributes
    ----------
    name : str
        As asked for: id of a partner, element, orbiter, ground station, mission or facility.
    kind : str
        Which of these it is.
    since : Epoch or None
        From when; None from the start.
    parts : tuple of str
        Ids of the elements and orbiters that go.
    stations : tuple of str
        Ids of the ground stations that go.
    visits : tuple of str
        Ids of the crew visits that are called off.
    """

    name: str
    kind: str
    since: Epoch | None
    parts: tuple[str, ...]
    stations: tuple[str, ...]
    visits: tuple[str, ...] = ()


def read_loss(station: Station, text: str) -> Loss:
    """Read "roscosmos" or "roscosmos@2037-06-01".

    Raises
    ------
    RequestError
        If the station has nothing of that name, or what goes with the name is nothing at all.
    TimeError
        If the date makes no sense.
    """
    name, at, date = text.partition("@")
    try:
        since = Epoch.parse(date) if at else None
    except TimeError as error:
        raise TimeError(f"--without {text}: {error}") from error
    bearers = [*station.elements, *station.orbiters]
    kinds: dict[str, Iterable[str]] = {
        "partner": [p.id for p in station.partners],
        "element": [e.id for e in station.elements],
        "orbiter": [o.id for o in station.orbiters],
        "ground station": [g.id for g in station.ground_stations],
        "mission": [m.id for m in station.missions],
        "facility": [f.id for f in station.facilities],
        "crew visit": [v.id for v in station.crew_visits],
    }
    kind = next((kind for kind, names in kinds.items() if name in names), None)
    if kind is None:
        known = [each for names in kinds.values() for each in names]
        raise RequestError(
            f"--without {text}: the station has no partner, element, orbiter, ground station, mission, facility or "
            f"crew visit {name!r}{nearest(name, known)}"
        )
    visits: list[str] = []
    if kind in ("element", "orbiter"):
        parts, stations = [name], []
    elif kind == "ground station":
        parts, stations = [], [name]
    elif kind == "crew visit":
        parts, stations, visits = [], [], [name]
    else:
        parts = [part.id for part in bearers if getattr(part, kind) == name]
        stations = [g.id for g in station.ground_stations if getattr(g, kind, None) == name]
        visits = [v.id for v in station.crew_visits if getattr(v, kind, None) == name]
    if not parts and not stations and not visits:
        raise RequestError(
            f"--without {text}: {kind} {name!r} brings no element, orbiter, ground station or crew, so nothing would "
            f"change; {_bringers(station, kind)}"
        )
    return Loss(name, kind, since, tuple(parts), tuple(stations), tuple(visits))


def check_losses(losses: Sequence[Loss], span: StudySpan) -> None:
    """Refuse losses that fall outside of a span.

    Raises
    ------
    RequestError
        If one comes before its start or after its end; says the cure.
    """
    for loss in losses:
        if loss.since is None:
            continue
        if loss.since.tdb_s < span.start.tdb_s - SLACK:
            raise RequestError(
                f"--without {loss.name}@{loss.since}: is before the start, {span.start}; leave the date out to lose "
                f"{loss.name} from the start"
            )
        if loss.since.tdb_s >= span.stop.tdb_s:
            raise RequestError(
                f"--without {loss.name}@{loss.since}: is not before the end, {span.stop}, so nothing would change; "
                "give an earlier date or more years"
            )


def _bringers(station: Station, kind: str) -> str:
    """Who of a kind brings anything, as a cure."""
    bearers = [*station.elements, *station.orbiters, *station.ground_stations, *station.crew_visits]
    names = dict.fromkeys(name for part in bearers if (name := getattr(part, kind, None)))
    return f"those that do are {', '.join(names)}" if names else f"no {kind} does"


def gone_since(losses: Sequence[Loss], start: Epoch) -> dict[str, float]:
    """When each element or orbiter is gone [s, TDB past J2000], by id; the earliest of several losses."""
    gone: dict[str, float] = {}
    for loss in losses:
        when = start.tdb_s if loss.since is None else loss.since.tdb_s
        for part in loss.parts:
            gone[part] = min(when, gone.get(part, when))
    return gone


def stations_gone(losses: Sequence[Loss], start: Epoch) -> dict[str, float]:
    """When each ground station is gone [s, TDB past J2000], by id."""
    return gone_since([replace(loss, parts=loss.stations) for loss in losses], start)


def visits_gone(losses: Sequence[Loss], start: Epoch) -> dict[str, float]:
    """From when each crew visit is called off [s, TDB past J2000], by id."""
    return gone_since([replace(loss, parts=loss.visits) for loss in losses], start)
