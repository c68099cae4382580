"""The two sides of a comparison: a station, or a plan of one, with the dates of what it holds."""

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moonstation.campaign.plan import Flight, Plan
from moonstation.errors import RequestError
from moonstation.station.elements import Element
from moonstation.station.loading import load_station
from moonstation.station.model import Station

_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True)
class Arrival:
    """When an element is in place.

    Attributes
    ----------
    day : datetime.date
        The day; the last of the month of its landing with a plan.
    confidence : str
        One of `LEVELS`.
    basis : str
        "plan", "arrives", "departs", "launch" (the year alone, its middle taken) or "start" (of the study).
    """

    day: dt.date
    confidence: str
    basis: str


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes
    ----------
    label : str
        How the user named it.
    station : Station
        As loaded.
    plan : Plan or None
        The plan by which it is built up, if one was given.
    arrivals : dict of str to Arrival
        By id of the element.
    """

    label: str
    station: Station
    plan: Plan | None
    arrivals: dict[str, Arrival]

    @property
    def placed(self) -> list[Element]:
        """Elements that come to stand: all of a station, those that fly of a plan."""
        return [element for element in self.station.elements if element.id in self.arrivals]


def load_side(text: str) -> Side:
    """Read one side: a station by name or file, or a plan (JSON) whose station stands in it by name.

    Raises
    ------
    MoonstationError
        If it is neither, or the plan does not fit its station.
    """
    if Path(text).suffix.lower() != ".json":
        station = load_station(text)
        return Side(text, station, None, {e.id: _arrival(station, e) for e in station.elements})
    plan, source = read_plan(Path(text))
    station = load_station(source)
    known = {element.id for element in station.elements}
    lost = [name for flight in plan.flights for name in flight.elements if name not in known]
    if lost:
        raise RequestError(
            f"{text}: lands {lost[0]}, which station {source} does not have; plan that station anew"
        )
    crews = {crew.id for crew in station.crew_flights}
    strange = [flight.crew for flight in plan.flights if flight.crew and flight.crew not in crews]
    if strange:
        raise RequestError(
            f"{text}: flies the crew {strange[0]}, which station {source} does not have; plan it anew"
        )
    arrivals = {
        name: Arrival(_month_end(plan, flight.month), "assumption", "plan")
        for flight in plan.flights
        for name in flight.elements
    }
    before = {
        e.id: _arrival(station, e) for e in station.elements if e.arrives is not None and e.id not in arrivals
    }
    standing = {name: found for name, found in before.items() if f"{found.day:%Y-%m}" < plan.start}
    return Side(text, station, plan, standing | arrivals)


def read_plan(path: Path) -> tuple[Plan, str]:
    """Read a plan that ``moonstation campaign plan --json`` wrote, and the name or file of its station.

    Raises
    ------
    RequestError
        If the file cannot be read or holds no plan.
    """
    cure = "give a station, or a plan that 'moonstation campaign plan --json' wrote"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"{path}: cannot be read ({error.strerror}); {cure}") from None
    except ValueError:
        raise RequestError(f"{path}: is no JSON; {cure}") from None
    try:
        told = data["plan"]
        plan = Plan(
            station=str(data["station"]),
            start=str(data["start"]),
            months=int(data["months"]),
            flights=tuple(_flight(row, str(data["start"])) for row in told["flights"]),
            prices=str(data["prices"]),
            budget_by_year={int(year): dict(row) for year, row in told["cost_by_year"].items()},
            notes=tuple(data["notes"]),
            **{key: told[key] for key in ("objective", "value", "bound", "gap", "status")},
            seconds=0.0,
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        raise RequestError(f"{path}: holds no plan; {cure}") from None
    beside = path.parent / f"{plan.station}.toml"
    return plan, str(beside) if beside.is_file() else plan.station


def _flight(row: dict[str, Any], start: str) -> Flight:
    return Flight(
        month=_month_index(row["month"], start),
        launcher=row["launcher"],
        pad=row["pad"],
        lander=row["lander"],
        partner=row["partner"],
        kind=row["kind"],
        elements=tuple(row["elements"].split()),
        crew=row["crew"],
        landed_mass=float(row["landed_kg"]),
        cost=float(row["cost"]),
        site=row["site"],
        launch_months=tuple(_month_index(name, start) for name in row["launches"].split()),
    )


def _month_index(name: str, start: str) -> int:
    return 12 * (int(name[:4]) - int(start[:4])) + int(name[5:7]) - int(start[5:7])


def _month_end(plan: Plan, month: int) -> dt.date:
    after = dt.date.fromisoformat(f"{plan.month_name(month + 1)}-01")
    return after - dt.timedelta(days=1)


def _arrival(station: Station, element: Element) -> Arrival:
    def known(key: str) -> str:
        said = station.provenance.get(key)
        return said.confidence if said is not None and said.confidence else "assumption"

    if element.arrives is not None:
        return Arrival(element.arrives, known(f"element.{element.id}.arrives"), "arrives")
    mission = next((m for m in station.missions if m.id == element.mission), None)
    if mission is not None and mission.departs is not None:
        return Arrival(mission.departs, known(f"mission.{mission.id}.departs"), "departs")
    year = _YEAR.search(mission.launch) if mission is not None else None
    if mission is not None and year is not None:
        month, day = int(year[2] or 7), int(year[3] or 1)
        try:
            sure = known(f"mission.{mission.id}.launch") if year[2] else "assumption"
            return Arrival(dt.date(int(year[1]), month, day), sure, "launch")
        except ValueError:
            return Arrival(dt.date(int(year[1]), 7, 1), "assumption", "launch")
    return Arrival(dt.date.fromisoformat(station.start.utc[:10]), "assumption", "start")
