"""Events of an orbit as a user names them: "periapsis", "earth-hidden", "altitude ..100 km", "pass 10 deg.."."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from moonstation.errors import RequestError
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.orbits.events import KINDS, WITH_BODY, EventQuery
from moonstation.spacetime.ephemerides import BODIES
from moonstation.spacetime.sites import Site
from moonstation.station.catalogues import nearest
from moonstation.station.units import parse_range, show
from moonstation.study.orbits import OrbitRun

USUAL = (
    "periapsis",
    "moon-umbra",
    "moon-penumbra",
    "earth-umbra",
    "earth-penumbra",
    "earth-hidden",
    "impact",
)
"""Events looked for where none is named."""


def parse_event(text: str, *, site: Site | None = None) -> EventQuery:
    """Read an event: its name, and a range where it takes one.

    Parameters
    ----------
    text : str
        "moon-umbra", "mars-hidden", "altitude ..100 km", "range-earth 380000 km..", "pass 10 deg..".
    site : Site, optional
        Where "pass" looks from.

    Raises
    ------
    RequestError
        If there is no such event, or its range cannot be read.
    """
    name, _, rest = text.strip().partition(" ")
    kind, body = _kind_and_body(name)
    if kind not in KINDS:
        advice = nearest(name, event_names()) or f"; give one of {', '.join(event_names())}"
        raise RequestError(f"--event {show(text)}: is unknown{advice}")
    low, high = -math.inf, math.inf
    if rest.strip():
        dimension = KINDS[kind].dimension
        if not dimension:
            raise RequestError(f"--event {show(text)}: {name} takes no range; leave '{rest.strip()}' out")
        try:
            low, high = parse_range(rest, dimension)
        except ValueError as error:
            raise RequestError(f"--event {name}: {error}") from error
    elif KINDS[kind].dimension and KINDS[kind].usual == (-math.inf, math.inf):
        example = "100 km" if KINDS[kind].dimension == "altitude" else "10 deg"
        raise RequestError(f"--event {name}: needs a range, e.g. --event '{name} ..{example}'")
    if kind == "pass" and site is None:
        raise RequestError("--event pass: needs a place; give --site")
    return EventQuery(
        kind, low=low, high=high, body=body, site=site if kind == "pass" else None, label=text.strip()
    )


def event_names() -> list[str]:
    """Names of events, those with a body for the Earth."""
    return [
        "range-earth" if kind == "range" else f"earth-{kind}" if kind in WITH_BODY else kind for kind in KINDS
    ]


def _kind_and_body(name: str) -> tuple[str, str]:
    if name.startswith("range-") and name.removeprefix("range-") in BODIES:
        return "range", name.removeprefix("range-")
    for kind in ("partly-hidden", "hidden"):
        if name.endswith(f"-{kind}") and name.removesuffix(f"-{kind}") in BODIES:
            return kind, name.removesuffix(f"-{kind}")
    return name, "earth"


def event_calendar(run: OrbitRun, table: pd.DataFrame) -> str:
    """Events of a table (`moonstation.orbits.events.events_frame`) as an iCalendar text."""
    events = []
    for row in table.to_dict("records"):
        value = "" if row["unit"] == "1" else f" {row['unit']}"
        lines = [
            f"{row['start_utc']} to {row['end_utc']}{', cut by the span' if row['clipped'] else ''}",
            f"{row['value']:g}{value} ({KINDS[_kind_and_body(row['event'])[0]].value})",
            f"Over {row['lat_deg']:.2f} deg, {row['lon_deg']:.2f} deg at {row['altitude_km']:.1f} km",
        ]
        events.append(
            Event(
                start=_moment(row["start_utc"]),
                stop=_moment(row["end_utc"]),
                summary=f"{run.id}: {row['asked']}",
                description="\n".join(lines),
                location="Orbit of the Moon",
            )
        )
    return calendar_text(events, name=f"Events of {run.name}", stamp=_moment(run.start.utc))


def queries_of(texts: Sequence[str], *, site: Site | None = None) -> list[EventQuery]:
    """Events that a user names; the usual ones, and passes where a site is given, if none."""
    names = list(texts) or [*USUAL, *(["pass"] if site is not None else [])]
    return [parse_event(name, site=site) for name in names]


def _moment(utc: str) -> np.datetime64:
    return np.datetime64(utc.rstrip("Z"), "ns")
