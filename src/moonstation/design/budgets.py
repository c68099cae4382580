"""Budgets of a station: mass, power, energy, heat, data and cost as trees whose leaves add up to their root.

A budget is a list of lines, one for each element (and orbiter), each with its best estimate and its growth; the system
margin is one more leaf. A tree groups the lines by partner, facility, site, kind, mission or bus. What the station file
does not give is named, never taken as zero.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moonstation.constants import SECONDS_PER_DAY
from moonstation.design.margins import BY_CONFIDENCE, NONE, Margin, Policy, Quantity
from moonstation.errors import RequestError
from moonstation.station.elements import Element
from moonstation.station.model import Orbiter, Station

Key = Literal["partner", "facility", "site", "kind", "mission", "bus"]

KEYS: tuple[Key, ...] = ("partner", "facility", "site", "kind", "mission", "bus")
"""What lines can be grouped by."""

ORBIT = "in orbit"
"""Where an orbiter stands in a tree by site."""

ISOTOPE_EFFICIENCY = 0.06
"""Electric power of an isotope source over its heat, an assumption: thermocouples; its heat is what is left."""

SYSTEM = "system margin"


@dataclass(frozen=True)
class Line:
    """One leaf of a budget.

    Attributes
    ----------
    id, name : str
        Of the element or orbiter.
    groups : mapping
        Its partner, facility and so on, by key; names for people.
    basic : float
        Best estimate, SI (or the currency).
    growth : float
        Margin for its maturity, same unit.
    maturity : str
        The policy's word for it.
    stated : bool
        Whether the station file states the maturity; if not it follows from the confidence of the value.
    margin : Margin
        What the growth rests on.
    fixed : float
        Part of the best estimate that takes no margin, neither for maturity nor of the system.
    """

    id: str
    name: str
    groups: Mapping[str, str]
    basic: float
    growth: float
    maturity: str
    stated: bool
    margin: Margin
    fixed: float = 0.0

    @property
    def total(self) -> float:
        """With growth."""
        return self.basic + self.growth


@dataclass(frozen=True)
class Budget:
    """A budget.

    Attributes
    ----------
    id, title : str
        Short name, and what it is.
    dimension : str
        "mass", "power", "energy", "data" or "money".
    basis : str
        Of a cost: currency and year.
    lines : tuple of Line
        Those with a value.
    missing : tuple of str
        Ids of those without.
    system : float
        System margin, same unit as the lines.
    system_margin : Margin
        What it rests on.
    note : str
        What it counts and what not.
    """

    id: str
    title: str
    dimension: str
    basis: str
    lines: tuple[Line, ...]
    missing: tuple[str, ...]
    system: float
    system_margin: Margin
    note: str

    @property
    def basic(self) -> float:
        """Sum of the best estimates."""
        return sum(line.basic for line in self.lines)

    @property
    def growth(self) -> float:
        """Sum of the margins for maturity."""
        return sum(line.growth for line in self.lines)

    @property
    def total(self) -> float:
        """Sum of all, with both margins."""
        return self.basic + self.growth + self.system


@dataclass(frozen=True)
class Node:
    """A node of a budget's tree.

    Attributes
    ----------
    id, name : str
        Of the group or element; the id is unique among its siblings.
    level : str
        "total", a key of `KEYS`, "element" or "margin".
    basic, growth, system : float
        Best estimate, margin for maturity and system margin below it; sums over its children where it has any.
    children : tuple of Node
        Largest first, the system margin last.
    line : Line or None
        Of an element.
    """

    id: str
    name: str
    level: str
    basic: float
    growth: float
    system: float
    children: tuple["Node", ...] = ()
    line: Line | None = None

    @property
    def total(self) -> float:
        """With both margins."""
        return self.basic + self.growth + self.system

    def leaves(self) -> list["Node"]:
        """All nodes below it that have no children; itself if it has none."""
        return [leaf for child in self.children for leaf in child.leaves()] if self.children else [self]


@dataclass(frozen=True)
class DarkSpell:
    """The longest time in which none of a bus's arrays sees the Sun.

    Attributes
    ----------
    length : float
        [s]
    start : str
        When it begins, UTC; "" if there is none.
    clipped : bool
        Whether it reaches the begin or end of the span, and so may be longer.
    height : float
        Height above ground that it holds at [m].
    """

    length: float
    start: str
    clipped: bool
    height: float


def _isotope_heat(element: Element) -> float:
    """Heat of an isotope source that does not become electric power [W]."""
    return (
        element.power * (1.0 / ISOTOPE_EFFICIENCY - 1.0)
        if element.power_kind == "isotope" and element.power
        else 0.0
    )


def station_budgets(
    station: Station,
    policy: Policy,
    *,
    dark: Mapping[str, DarkSpell] | None = None,
    partner: str | None = None,
) -> list[Budget]:
    """Every budget of a station.

    Parameters
    ----------
    station : Station
        As loaded; all its elements count, whenever they arrive.
    policy : Policy
        Margins.
    dark : mapping, optional
        Longest dark spell of each bus; the energy for it is left out where none is given.
    partner : str, optional
        Whose elements and orbiters count; all if not given.

    Returns
    -------
    list of Budget
        Mass, power nominal and in survival, energy of a day and of the dark spell, heat, data, and one of cost for
        each currency and year: sums of different money are not added.

    Raises
    ------
    RequestError
        If the station has no element or orbiter to count.
    """
    elements = [e for e in station.elements if partner in (None, e.partner)]
    orbiters = [o for o in station.orbiters if partner in (None, o.partner)]
    if not elements and not orbiters:
        raise RequestError(
            f"station {station.id}: there is no element and no orbiter to budget; add [[element]]"
        )
    of = _Lines(station, policy, elements, orbiters)
    day = SECONDS_PER_DAY
    budgets = [
        of.budget(
            "mass",
            "Mass",
            "mass",
            "mass",
            lambda e: e.mass,
            key="mass",
            orbiter=lambda o: o.mass or 0.0,
            note="As landed; of orbiters at launch.",
        ),
        of.budget(
            "power-nominal",
            "Power, nominal",
            "power",
            "power",
            lambda e: e.load_nominal,
            key="load_nominal",
            note="All loads at once; orbiters carry their own.",
        ),
        of.budget(
            "power-survival",
            "Power, survival",
            "power",
            "power",
            lambda e: e.load_survival,
            key="load_survival",
            note="What must not be shed; orbiters carry their own.",
        ),
        of.budget(
            "energy-day",
            "Energy a day, nominal",
            "energy",
            "power",
            lambda e: e.load_nominal * day,
            key="load_nominal",
            note="Nominal loads for 24 h.",
        ),
    ]
    if dark is not None:
        budgets.append(
            of.budget(
                "energy-dark",
                "Energy in the dark, survival",
                "energy",
                "power",
                lambda e: e.load_survival * dark[e.bus].length if e.bus in dark else 0.0,
                key="load_survival",
                note="Survival loads through the longest dark spell of their bus within the span.",
            )
        )
    heat = (
        "Power used becomes heat where it is used: an upper bound, for radio and chemistry carry some away. "
        "Isotope sources add the heat that they do not convert, at an assumed efficiency of "
        f"{100.0 * ISOTOPE_EFFICIENCY:g} %; reactors reject theirs by radiators of their own, which is not counted."
    )
    budgets += [
        of.budget(
            "heat-nominal",
            "Heat, nominal",
            "power",
            "power",
            lambda e: e.load_nominal,
            key="load_nominal",
            besides=_isotope_heat,
            note=heat,
        ),
        of.budget(
            "heat-survival",
            "Heat, survival",
            "power",
            "power",
            lambda e: e.load_survival,
            key="load_survival",
            besides=_isotope_heat,
            note=heat,
        ),
        of.budget(
            "data-day",
            "Data made a day, nominal",
            "data",
            "data",
            lambda e: e.data_rate_nominal * day,
            key="data_rate_nominal",
            orbiter=lambda o: o.data_rate * day,
            orbiter_key="data_rate",
            note="Made, not relayed.",
        ),
    ]
    return budgets + of.costs()


class _Lines:
    """Makes budgets of the same elements and orbiters under the same policy."""

    def __init__(
        self, station: Station, policy: Policy, elements: Sequence[Element], orbiters: Sequence[Orbiter]
    ) -> None:
        self.station, self.policy = station, policy
        self.elements, self.orbiters = elements, orbiters

    def budget(
        self,
        name: str,
        title: str,
        dimension: str,
        quantity: Quantity,
        value: Callable[[Element], float],
        *,
        key: str,
        orbiter: Callable[[Orbiter], float] | None = None,
        orbiter_key: str = "",
        besides: Callable[[Element], float] | None = None,
        note: str,
    ) -> Budget:
        lines, missing = [], []
        for e in self.elements:
            extra = besides(e) if besides is not None else 0.0
            given = key in e.model_fields_set
            if not given:
                missing.append(e.id)
            if given or extra:
                lines.append(self.line(e, quantity, value(e) if given else 0.0, key, extra))
        for o in self.orbiters if orbiter is not None else ():
            assert orbiter is not None
            own = orbiter_key or key
            if own in o.model_fields_set:
                lines.append(self.line(o, quantity, orbiter(o), own))
            else:
                missing.append(o.id)
        return self.closed(name, title, dimension, quantity, lines, missing, note)

    def costs(self) -> list[Budget]:
        """A budget for each currency and year; one without lines if no element has a cost."""
        parts: list[Element | Orbiter] = [*self.elements, *self.orbiters]
        missing = [part.id for part in parts if part.cost is None]
        note = "Of the elements; launches, operations and what is not in the station file are not counted."
        by_basis: dict[str, list[Line]] = {}
        for part in parts:
            if part.cost is not None:
                line = self.line(part, "cost", part.cost.amount, "cost")
                by_basis.setdefault(part.cost.basis, []).append(line)
        if not by_basis:
            return [self.closed("cost", "Cost", "money", "cost", [], missing, note)]
        if len(by_basis) > 1:
            note += (
                f" Costs stand apart in {' and '.join(by_basis)}: convert them to one currency and year of prices "
                "in the station file to add them up."
            )
        return [
            self.closed(
                "cost" if len(by_basis) == 1 else f"cost-{basis.split()[0].lower()}-{basis.split()[-1]}",
                f"Cost, {basis}",
                "money",
                "cost",
                lines,
                missing,
                note,
                basis,
            )
            for basis, lines in by_basis.items()
        ]

    def line(
        self, part: Element | Orbiter, quantity: Quantity, basic: float, key: str, besides: float = 0.0
    ) -> Line:
        """A leaf: growth is taken of `basic`; `besides` is added and does not grow."""
        table = "element" if isinstance(part, Element) else "orbiter"
        maturity = part.maturity or BY_CONFIDENCE[self.confidence(f"{table}.{part.id}.{key}")]
        margin = self.policy.growth_of(
            quantity,
            maturity=maturity,
            kind=part.kind if isinstance(part, Element) else "orbiter",
            mass=part.mass or 0.0,
        )
        # an element and an orbiter may have the same id; leaves of a tree must not
        twin = table == "orbiter" and any(e.id == part.id for e in self.elements)
        return Line(
            id=f"orbiter {part.id}" if twin else part.id,
            name=part.name,
            groups=self.groups(part),
            basic=basic + besides,
            growth=basic * margin.share,
            maturity=self.policy.level(maturity),
            stated=part.maturity is not None,
            margin=margin,
            fixed=besides,
        )

    def confidence(self, key: str) -> str:
        found = self.station.provenance.get(key)
        return found.confidence if found is not None else ""

    def groups(self, part: Element | Orbiter) -> dict[str, str]:
        """Ids of what a part belongs to; words where there is none."""
        return {
            "partner": part.partner or "no partner",
            "facility": part.facility or "no facility",
            "site": part.site if isinstance(part, Element) else ORBIT,
            "kind": part.kind if isinstance(part, Element) else "orbiter",
            "mission": part.mission or "no mission",
            "bus": part.bus if isinstance(part, Element) else ORBIT,
        }

    def closed(
        self,
        name: str,
        title: str,
        dimension: str,
        quantity: Quantity,
        lines: Sequence[Line],
        missing: Sequence[str],
        note: str,
        basis: str = "",
    ) -> Budget:
        basic, growth = sum(line.basic - line.fixed for line in lines), sum(line.growth for line in lines)
        return Budget(
            id=name,
            title=title,
            dimension=dimension,
            basis=basis,
            lines=tuple(lines),
            missing=tuple(missing),
            system=self.policy.system_amount(quantity, basic=basic, growth=growth),
            system_margin=self.policy.system_of(quantity) if lines else NONE,
            note=note,
        )


def budget_tree(
    budget: Budget, by: Sequence[Key] = ("partner",), *, names: Mapping[str, str] | None = None
) -> Node:
    """A budget as a tree: groups of groups, then elements; the system margin is a leaf of the root.

    Parameters
    ----------
    budget : Budget
        Lines.
    by : sequence of str
        Keys of `KEYS`, outermost first; none for elements right under the root.
    names : mapping, optional
        Names for people of ``"key.id"``, see `group_names`.

    Raises
    ------
    RequestError
        If a key is unknown or stands twice.
    """
    for key in by:
        if key not in KEYS:
            raise RequestError(f"--by {key}: cannot be grouped by that; give one of {', '.join(KEYS)}")
    if len(set(by)) != len(by):
        raise RequestError(f"--by {','.join(by)}: names a key twice; name each once")
    children = list(_grouped(budget.lines, tuple(by), names or {}))
    if budget.system:
        children.append(Node(SYSTEM, SYSTEM, "margin", 0.0, 0.0, budget.system))
    return _parent("total", budget.title, "total", children)


def _grouped(lines: Sequence[Line], by: tuple[Key, ...], names: Mapping[str, str]) -> list[Node]:
    if not by:
        found = [Node(x.id, x.name, "element", x.basic, x.growth, 0.0, line=x) for x in lines]
    else:
        key, rest = by[0], by[1:]
        members: dict[str, list[Line]] = {}
        for line in lines:
            members.setdefault(line.groups[key], []).append(line)
        found = [
            _parent(group, names.get(f"{key}.{group}", group), key, _grouped(part, rest, names))
            for group, part in members.items()
        ]
    return sorted(found, key=lambda node: -node.total)


def _parent(name: str, title: str, level: str, children: Sequence[Node]) -> Node:
    return Node(
        name,
        title,
        level,
        sum(child.basic for child in children),
        sum(child.growth for child in children),
        sum(child.system for child in children),
        tuple(children),
    )


def group_names(station: Station) -> dict[str, str]:
    """Names for people of partners, facilities, sites and missions, by ``"key.id"``."""
    return {
        **{f"partner.{row.id}": row.name for row in station.partners},
        **{f"facility.{row.id}": row.name for row in station.facilities},
        **{f"site.{row.id}": row.name for row in [*station.sites, *station.outposts]},
        **{f"mission.{row.id}": row.name for row in station.missions},
    }


def idle_partners(station: Station) -> list[str]:
    """Ids of the partners that bring no element, no orbiter and no ground station, in the order of the file."""
    busy = {e.partner for e in station.elements} | {o.partner for o in station.orbiters}
    busy |= {antenna.partner for antenna in station.ground_stations}
    return [partner.id for partner in station.partners if partner.id not in busy]


def check_partner(station: Station, partner: str) -> None:
    """Refuse a partner that is none, or that brings nothing.

    Raises
    ------
    RequestError
        Naming the partner and those that bring something.
    """
    known = [p.id for p in station.partners]
    if partner not in known:
        raise RequestError(
            f"--partner {partner}: the station has no such partner; it has {', '.join(known) or 'none'}"
        )
    bring = {e.partner for e in station.elements} | {o.partner for o in station.orbiters}
    if partner not in bring:
        others = ", ".join(name for name in known if name in bring) or "those that do (none)"
        raise RequestError(
            f"--partner {partner}: brings no element and no orbiter, so there is nothing to budget; give an element "
            f'partner = "{partner}", or name one of {others}'
        )


def check_sources(station: Station) -> None:
    """Refuse a bus that has loads and nothing that feeds it; a store is no source.

    Raises
    ------
    RequestError
        Naming the bus, its loads and the cure.
    """
    for bus in station.buses:
        members = [e for e in station.elements if e.bus == bus]
        loads = [e.id for e in members if e.load_nominal or e.load_survival]
        if loads and not any(e.power or e.array_power for e in members):
            fed = [name for name in station.buses if name != bus]
            cure = f'; or put them on bus {" or ".join(fed[:3])} with bus = "{fed[0]}"' if fed else ""
            raise RequestError(
                f"bus {bus}: {', '.join(loads[:6])} use power there and nothing gives any; give an element of it "
                f'array_power = "1 kW" or power{cure}'
            )
