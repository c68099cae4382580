"""Two stations, or two plans of how they are built up, laid side by side."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from moonstation.station.elements import Element
from moonstation.station.faults import Function
from moonstation.station.model import Orbiter, Station
from moonstation.study.compare_sides import Arrival, Side

LEVELS = ("published", "estimated", "assumption")
"""Confidence of a value, best first; what says nothing counts as an assumption."""

POWER_STEPS = (10e3, 40e3, 100e3)
MASS_STEPS = (10e3, 50e3, 100e3)
"""Power of sources [W] and mass in place [kg] whose first day is compared."""


@dataclass(frozen=True)
class Figure:
    """A figure of one side.

    Attributes
    ----------
    value : float or None
        SI; None if the station file does not say it.
    confidence : dict of str to float
        Share of the value that rests on each of `LEVELS`; empty where none applies.
    """

    value: float | None
    confidence: dict[str, float]


@dataclass(frozen=True)
class Line:
    """A line of the comparison.

    Attributes
    ----------
    id, title, unit : str
        Name, words, and SI unit ("" for plain numbers, "money" for amounts).
    figures : tuple of Figure
        Of both sides.
    """

    id: str
    title: str
    unit: str
    figures: tuple[Figure, Figure]

    @property
    def difference(self) -> float | None:
        """Second less first; None if one is not known."""
        first, second = (figure.value for figure in self.figures)
        return None if first is None or second is None else second - first


@dataclass(frozen=True)
class DateLine:
    """When both sides reach something.

    Attributes
    ----------
    id, title : str
        Name and words.
    arrivals : tuple of Arrival or None
        Of both sides; None if never, or if the station file has no such thing.
    asked : tuple of str
        Month by which the station's own milestone asks for it; "" if none does.
    """

    id: str
    title: str
    arrivals: tuple[Arrival | None, Arrival | None]
    asked: tuple[str, str] = ("", "")

    @property
    def months(self) -> float | None:
        """Months by which the second is later."""
        first, second = self.arrivals
        return None if first is None or second is None else (second.day - first.day).days / 30.4375


@dataclass(frozen=True)
class Comparison:
    """Two stations or plans side by side.

    Attributes
    ----------
    sides : tuple of Side
        Both.
    lines : tuple of Line
        Figures.
    dates : tuple of DateLine
        Milestones.
    partners : pandas.DataFrame
        One row a partner and side: side, partner, name, elements, mass [kg], mass_share, power [W], functions (that end
        with it).
    single : tuple of tuple of str
        Ids of the functions of each side that end if one partner leaves, as "function (partner)".
    growth : tuple of pandas.DataFrame
        Of each side, a row a day on which something comes: day, mass [kg], power [W], functions.
    notes : tuple of str
        What the figures rest on and leave out.
    """

    sides: tuple[Side, Side]
    lines: tuple[Line, ...]
    dates: tuple[DateLine, ...]
    partners: pd.DataFrame
    single: tuple[tuple[str, ...], tuple[str, ...]]
    growth: tuple[pd.DataFrame, pd.DataFrame]
    notes: tuple[str, ...]


def compare_stations(first: Side, second: Side) -> Comparison:
    """Lay two stations or plans side by side."""
    sides = (first, second)
    return Comparison(
        sides=sides,
        lines=tuple(_lines(sides)),
        dates=tuple(_dates(sides)),
        partners=pd.DataFrame([row for side in sides for row in _partner_rows(side)], columns=PARTNER_KEYS),
        single=(single_owned(first), single_owned(second)),
        growth=(growth_steps(first), growth_steps(second)),
        notes=tuple(_notes(sides)),
    )


PARTNER_KEYS = ["side", "partner", "name", "elements", "mass", "mass_share", "power", "functions"]


def rated(element: Element) -> float:
    """Power of an element's sources [W]: what it gives all the time, and its arrays facing the whole Sun."""
    return element.power + element.array_power


def _total(side: Side, key: str, elements: Iterable[Element]) -> Figure:
    shares: dict[str, float] = {}
    total, stated = 0.0, False
    for element in elements:
        value = rated(element) if key == "rated" else float(getattr(element, key))
        names = ("power", "array_power", "array_area") if key == "rated" else (key,)
        said = [side.station.provenance.get(f"element.{element.id}.{name}") for name in names]
        stated = stated or any(x is not None for x in said)
        level = max((_level(x.confidence) for x in said if x is not None), default=len(LEVELS) - 1)
        total += value
        shares[LEVELS[level]] = shares.get(LEVELS[level], 0.0) + value
    if not stated:
        return Figure(None, {})
    return Figure(total, {k: v / total for k, v in shares.items() if v} if total else {})


def _level(confidence: str) -> int:
    return LEVELS.index(confidence) if confidence in LEVELS else len(LEVELS) - 1


def _counted(value: float | None) -> Figure:
    return Figure(value, {})


def _lines(sides: tuple[Side, Side]) -> list[Line]:
    def line(name: str, title: str, unit: str, figures: list[Figure]) -> Line:
        return Line(name, title, unit, (figures[0], figures[1]))

    return [
        line("partners", "Partners", "", [_counted(len(s.station.partners)) for s in sides]),
        line("busy", "Partners that bring something", "", [_counted(len(_busy(s))) for s in sides]),
        line("elements", "Elements", "", [_counted(len(s.placed)) for s in sides]),
        line(
            "mass-moon", "Mass on the Moon", "kg", [_total(s, "mass", _at(s, outposts=False)) for s in sides]
        ),
        line(
            "mass-orbit",
            "Mass in outposts in orbit",
            "kg",
            [_total(s, "mass", _at(s, outposts=True)) for s in sides],
        ),
        line("power", "Power of sources, rated", "W", [_total(s, "rated", s.placed) for s in sides]),
        line("load", "Power used, nominal", "W", [_total(s, "load_nominal", s.placed) for s in sides]),
        line("survival", "Power used, survival", "W", [_total(s, "load_survival", s.placed) for s in sides]),
        line("store", "Energy in full stores", "J", [_total(s, "battery_capacity", s.placed) for s in sides]),
        line("crew-days", "Crew days", "d", [_crew_days(s) for s in sides]),
        line("launches", "Launches", "", [_launches(s) for s in sides]),
        line("cost", "Cost", "money", _costs(sides)),
        line("functions", "Functions", "", [_counted(len(s.station.functions)) for s in sides]),
        line(
            "single",
            "Functions that end with one partner",
            "",
            [_counted(len(single_owned(s))) for s in sides],
        ),
        line("assumptions", "Share of values that are assumptions", "share", [_assumed(s) for s in sides]),
    ]


def _at(side: Side, *, outposts: bool) -> list[Element]:
    off = {outpost.id for outpost in side.station.outposts}
    return [element for element in side.placed if (element.site in off) == outposts]


def _busy(side: Side) -> set[str]:
    station = side.station
    parts: list[Any] = [*side.placed, *station.orbiters, *station.ground_stations]
    return {part.partner for part in parts} & {partner.id for partner in station.partners}


def _crew_days(side: Side) -> Figure:
    flown = {flight.crew for flight in side.plan.flights} if side.plan is not None else None
    crews = [crew for crew in side.station.crew_flights if flown is None or crew.id in flown]
    if not side.station.crew_flights:
        return Figure(None, {})
    return Figure(86_400.0 * sum(crew.crew_days for crew in crews), {"assumption": 1.0})


def _launches(side: Side) -> Figure:
    if side.plan is not None:
        return Figure(float(side.plan.launches), {"assumption": 1.0})
    bringing = {element.mission for element in side.station.elements if element.mission}
    bringing |= {orbiter.mission for orbiter in side.station.orbiters if orbiter.mission}
    return _counted(float(len(bringing))) if bringing else Figure(None, {})


def _costs(sides: tuple[Side, Side]) -> list[Figure]:
    bases = [cost_basis(side) for side in sides]
    if None not in bases and bases[0] != bases[1]:
        return [Figure(None, {}) for _ in sides]
    figures = []
    for side in sides:
        if side.plan is not None:
            figures.append(Figure(side.plan.cost, {"assumption": 1.0}))
        elif cost_basis(side) is None:
            figures.append(Figure(None, {}))
        else:
            figures.append(
                Figure(sum(e.cost.amount for e in side.placed if e.cost is not None), {"assumption": 1.0})
            )
    return figures


def cost_basis(side: Side) -> str | None:
    """Currency and year of the costs of a side; None if there is none, or they are mixed without a plan."""
    if side.plan is not None:
        return side.plan.prices
    bases = {element.cost.basis for element in side.placed if element.cost is not None}
    return bases.pop() if len(bases) == 1 else None


def _assumed(side: Side) -> Figure:
    said = [p.confidence for p in side.station.provenance.values() if p.confidence]
    if not said:
        return Figure(None, {})
    return Figure(sum(c == "assumption" for c in said) / len(said), {})


def _owners(station: Station) -> dict[str, str]:
    parts: list[Element | Orbiter] = [*station.elements, *station.orbiters]
    return {part.id: part.partner for part in parts}


def single_owned(side: Side) -> tuple[str, ...]:
    """Functions that end if one partner takes its elements and orbiters away, as "function (partner)"."""
    owners = _owners(side.station)
    found: list[str] = []
    for function in side.station.functions:
        givers = dict.fromkeys(owners.get(name, "") for need in function.demands for name in need.of)
        for partner in filter(None, givers):
            left = {name for name, owner in owners.items() if owner != partner}
            if not _served(function, left):
                found.append(f"{function.id} ({partner})")
    return tuple(found)


def _served(function: Function, there: set[str]) -> bool:
    return all(sum(name in there for name in need.of) >= need.least for need in function.demands)


def _partner_rows(side: Side) -> list[dict[str, Any]]:
    placed = side.placed
    total = sum(element.mass for element in placed)
    single = single_owned(side)
    rows = []
    for partner in side.station.partners:
        own = [element for element in placed if element.partner == partner.id]
        if partner.id not in _busy(side):
            continue
        mass = sum(element.mass for element in own)
        rows.append(
            {
                "side": side.label,
                "partner": partner.id,
                "name": partner.name,
                "elements": len(own),
                "mass": mass,
                "mass_share": mass / total if total else 0.0,
                "power": sum(rated(element) for element in own),
                "functions": sum(text.endswith(f" ({partner.id})") for text in single),
            }
        )
    return sorted(rows, key=lambda row: -row["mass"])


def growth_steps(side: Side) -> pd.DataFrame:
    """How a side grows: one row a day on which something comes into place.

    Returns
    -------
    pandas.DataFrame
        day, mass [kg], power [W], elements and functions in place.
    """
    rows = []
    placed = sorted(side.placed, key=lambda element: side.arrivals[element.id].day)
    orbiters = {orbiter.id for orbiter in side.station.orbiters}
    for day in dict.fromkeys(side.arrivals[element.id].day for element in placed):
        there = [element for element in placed if side.arrivals[element.id].day <= day]
        ids = {element.id for element in there} | orbiters
        rows.append(
            {
                "day": day,
                "mass": sum(element.mass for element in there),
                "power": sum(rated(element) for element in there),
                "elements": len(there),
                "functions": sum(_served(function, ids) for function in side.station.functions),
            }
        )
    return pd.DataFrame(rows, columns=["day", "mass", "power", "elements", "functions"])


def _dates(sides: tuple[Side, Side]) -> list[DateLine]:
    found = [
        DateLine("first", "First element in place", _both(sides, lambda s: _when(s, "elements", 1))),
        DateLine(
            "last", "Last element in place", _both(sides, lambda s: _when(s, "elements", len(s.placed)))
        ),
    ]
    for watts in POWER_STEPS:
        title = f"Sources of {watts / 1e3:g} kW"
        found.append(
            DateLine(f"power-{watts / 1e3:g}", title, _both(sides, lambda s, w=watts: _when(s, "power", w)))
        )
    for mass in MASS_STEPS:
        title = f"{mass / 1e3:g} t in place"
        found.append(
            DateLine(f"mass-{mass / 1e3:g}", title, _both(sides, lambda s, m=mass: _when(s, "mass", m)))
        )
    for name in dict.fromkeys(f.id for side in sides for f in side.station.functions):
        asked = tuple(_asked(side, name) for side in sides)
        found.append(
            DateLine(
                f"function-{name}",
                f"Function: {name.replace('-', ' ')}",
                _both(sides, lambda s, n=name: _function_date(s, n)),
                (asked[0], asked[1]),
            )
        )
    return [line for line in found if any(line.arrivals)]


def _both(sides: tuple[Side, Side], find: Any) -> tuple[Arrival | None, Arrival | None]:
    return find(sides[0]), find(sides[1])


def _when(side: Side, key: str, least: float) -> Arrival | None:
    """The arrival with which a figure of the growth passes a limit."""
    steps = growth_steps(side)
    reached = steps[steps[key] >= least - 1e-9] if least else steps.iloc[:0]
    return None if reached.empty else _of_day(side, reached["day"].iloc[0])


def _of_day(side: Side, day: dt.date) -> Arrival:
    # of several that come on that day the least sure counts
    return max((a for a in side.arrivals.values() if a.day == day), key=lambda a: _level(a.confidence))


def _function_date(side: Side, name: str) -> Arrival | None:
    function = next((f for f in side.station.functions if f.id == name), None)
    if function is None:
        return None
    orbiters = {orbiter.id for orbiter in side.station.orbiters}
    for day in sorted({arrival.day for arrival in side.arrivals.values()}):
        there = {element for element, arrival in side.arrivals.items() if arrival.day <= day}
        if _served(function, there | orbiters):
            return _of_day(side, day)
    return None


def _asked(side: Side, function: str) -> str:
    months = [f"{m.by:%Y-%m}" for m in side.station.milestones if m.function == function]
    return min(months, default="")


def _notes(sides: Sequence[Side]) -> list[str]:
    notes = []
    for side in sides:
        if side.plan is not None:
            notes.append(
                f"{side.label}: dates are those of the plan ({side.plan.status}), at the end of each month"
            )
            missing = len(side.station.elements) - len(side.placed)
            if missing:
                notes.append(f"{side.label}: {missing} elements of {side.station.id} do not fly in this plan")
            continue
        bases = {
            basis: [e for e, a in side.arrivals.items() if a.basis == basis] for basis in ("launch", "start")
        }
        if bases["launch"]:
            notes.append(
                f"{side.label}: of {', '.join(bases['launch'][:6])} only the launch is stated; the middle of a year is "
                "taken where it is the year alone"
            )
        if bases["start"]:
            notes.append(
                f"{side.label}: no date is known of {', '.join(bases['start'][:6])}; the start of the study is taken"
            )
        notes.append(
            f"{side.label}: no plan was given, so launches are the missions that bring elements and orbiters"
        )
        if side.station.orbiters and side.station.functions:
            notes.append(
                f"{side.label}: orbiters have no date in a station file; functions count them from the start"
            )
    money = [cost_basis(side) for side in sides]
    if None not in money and money[0] != money[1]:
        notes.append(
            f"costs are in {money[0]} and {money[1]} and are not compared; plan both in the same prices"
        )
    outposts = [side.label for side in sides if side.station.outposts]
    if outposts:
        notes.append(
            f"{' and '.join(outposts)}: what stands on outposts in orbit counts in power, loads and shares too"
        )
    notes.append(
        "rated power is that of arrays facing the whole Sun, and of reactors and isotopes at their start"
    )
    return notes


def comparison_frame(result: Comparison) -> pd.DataFrame:
    """All of a comparison as one long table.

    Returns
    -------
    pandas.DataFrame
        part ("figure", "date", "partner"), id, title, unit, first, second, difference, confidence_first,
        confidence_second; figures SI, differences of dates in months.
    """
    rows: list[dict[str, Any]] = []
    for line in result.lines:
        a, b = line.figures
        rows.append(
            _row(
                "figure",
                line.id,
                line.title,
                line.unit,
                a.value,
                b.value,
                line.difference,
                _said(a),
                _said(b),
            )
        )
    for date in result.dates:
        first, second = date.arrivals
        rows.append(
            _row(
                "date", date.id, date.title, "month",
                first.day if first else None, second.day if second else None, date.months,
                first.confidence if first else "", second.confidence if second else "",
            )
        )  # fmt: skip
    for key, title, unit in (("mass", "Mass", "kg"), ("mass_share", "Share of the mass", "share")):
        for _, row in result.partners.iterrows():
            first_side = row["side"] == result.sides[0].label
            rows.append(
                _row(
                    "partner", f"{row['partner']}.{key}", f"{title}: {row['name']}", unit,
                    row[key] if first_side else None, None if first_side else row[key], None, "", "",
                )
            )  # fmt: skip
    return pd.DataFrame(rows)


def _row(*values: Any) -> dict[str, Any]:
    keys = (
        "part",
        "id",
        "title",
        "unit",
        "first",
        "second",
        "difference",
        "confidence_first",
        "confidence_second",
    )
    return dict(zip(keys, values, strict=True))


def _said(figure: Figure) -> str:
    return ", ".join(f"{100.0 * figure.confidence[x]:.0f} % {x}" for x in LEVELS if figure.confidence.get(x))
