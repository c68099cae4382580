"""From bare landings, as searches find them, to flights with their masses and costs, and to a plan."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from moonstation.campaign.case import MONEY, Case, Way, propellant
from moonstation.campaign.plan import Flight, Plan


@dataclass
class Landing:
    """A flight as a search knows it: month, index of its way, elements, supplies [kg]."""

    month: int
    way: int
    elements: list[str] = field(default_factory=list)
    supplies: dict[str, int] = field(default_factory=dict)


def flights_of(case: Case, landings: Sequence[Landing]) -> tuple[Flight, ...]:
    """Work out the flights of landings, in the order of time.

    Of a reusable lander as many are built as its uses and its refit time ask for; the first flights take the new ones.
    """
    ordered = sorted(landings, key=lambda landing: (landing.month, landing.way))
    new = _new_landers(case, ordered)
    return tuple(_flight(case, landing, is_new) for landing, is_new in zip(ordered, new, strict=True))


def _flight(case: Case, landing: Landing, is_new: bool) -> Flight:
    way = case.ways[landing.way]
    lander = next(lander for lander in case.station.landers if lander.id == way.lander)
    items = [case.item(name) for name in landing.elements]
    masses = {element.id: element.mass for element in case.station.elements}
    supplies = {name: float(kg) for name, kg in landing.supplies.items() if kg}
    load = sum(masses[item.id] for item in items) + sum(supplies.values()) + way.people
    burnt = propellant(lander, load)
    crew = next((crew for crew in case.crews if crew.id == way.crew), None)
    return Flight(
        month=landing.month,
        launcher=way.launcher,
        pad=way.pad,
        lander=way.lander,
        partner=way.partner if crew is None else crew.partner or way.partner,
        kind="crew" if way.crew else "cargo",
        elements=tuple(landing.elements),
        supplies=supplies,
        crew=way.crew,
        tli_mass=lander.dry_mass + burnt + load,
        landed_mass=float(load),
        propellant=burnt,
        cost=MONEY * _cost(case, way, landing, is_new),
        site=crew.site if crew is not None else items[0].site if items else _first_site(case),
        launch_months=way.launch_months(landing.month),
        new_lander=is_new,
    )


def _cost(case: Case, way: Way, landing: Landing, is_new: bool) -> int:
    prices = {store.id: store.price for store in case.stores}
    brought = sum(prices[name] * kg for name, kg in landing.supplies.items())
    return way.launch_cost + (way.lander_cost if is_new else 0) + brought


def _first_site(case: Case) -> str:
    sites = case.sites
    return sites[0] if sites else ""


def _new_landers(case: Case, ordered: Sequence[Landing]) -> list[bool]:
    new = [True] * len(ordered)
    for lander in {case.ways[landing.way].lander for landing in ordered}:
        places = [i for i, landing in enumerate(ordered) if case.ways[landing.way].lander == lander]
        way = case.ways[ordered[places[0]].way]
        built = landers_needed([ordered[i].month for i in places], uses=way.uses, refit=way.refit)
        for i in places[built:]:
            new[i] = False
    return new


def landers_needed(months: Sequence[int], *, uses: int, refit: int) -> int:
    """Landers that make flights in some months: flights over uses, and the most flights within a refit time."""
    if uses == 1:
        return len(months)
    together = max((sum(m <= other < m + refit for other in months) for m in months), default=0)
    return max(-(-len(months) // uses), together)


def budget_by_year(case: Case, flights: Sequence[Flight]) -> dict[int, dict[str, float]]:
    """Cost by calendar year and partner: launches, new landers, supplies, elements, in the year of the landing."""
    found: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    prices = {store.id: (store.price, store.partner) for store in case.stores}
    for flight in flights:
        year = found[case.year(flight.month)]
        way = way_of(case, flight)
        year[way.launch_partner] += MONEY * way.launch_cost
        if flight.new_lander:
            year[way.partner] += MONEY * way.lander_cost
        for name, kg in flight.supplies.items():
            price, partner = prices[name]
            year[partner] += MONEY * price * kg
        for name in flight.elements:
            item = case.item(name)
            year[item.partner] += MONEY * item.cost
    return {
        year: {partner: sum_ for partner, sum_ in sorted(found[year].items()) if sum_}
        for year in sorted(found)
    }


def way_of(case: Case, flight: Flight) -> Way:
    """The way of a flight.

    Raises
    ------
    LookupError
        If the case has none with its launcher, pad, lander and crew.
    """
    return case.ways[way_number(case, flight)]


def way_number(case: Case, flight: Flight) -> int:
    """Index of the way of a flight; see `way_of`."""
    for number, way in enumerate(case.ways):
        if (way.launcher, way.lander, way.pad, way.crew) == (
            flight.launcher,
            flight.lander,
            flight.pad,
            flight.crew,
        ):
            return number
    raise LookupError(f"{flight.lander} on {flight.launcher} from {flight.pad} does not fly in this campaign")


def plan_of(
    case: Case,
    landings: Sequence[Landing],
    *,
    objective: str,
    bound: float | None = None,
    status: str = "greedy",
    seconds: float = 0.0,
    notes: Sequence[str] = (),
) -> Plan:
    """Make a plan of landings; its gap is 1 (nothing proven) without a bound."""
    flights = flights_of(case, landings)
    value = objective_of(case, flights, objective)
    if bound is None:
        bound, gap = _no_bound(objective, value), 1.0
    else:
        gap = abs(value - bound) / max(abs(value), 1e-9)
    return Plan(
        station=case.station.id,
        start=f"{case.campaign.start:%Y-%m}",
        months=case.months,
        flights=flights,
        objective=objective,
        value=value,
        bound=bound,
        gap=gap,
        seconds=seconds,
        status=status,
        prices=case.campaign.prices,
        budget_by_year=budget_by_year(case, flights),
        notes=(*case.notes, *notes),
    )


def _no_bound(objective: str, value: float) -> float:
    return 0.0 if objective in ("cost", "completion") else value


def objective_of(case: Case, flights: Sequence[Flight], objective: str) -> float:
    """Value of flights: cost, months until all is landed, capability in time [SI], or the mix of the campaign."""
    if objective in ("cost", "any"):
        return sum(sum(year.values()) for year in budget_by_year(case, flights).values())
    if objective == "completion":
        return float(max((flight.month + 1 for flight in flights if flight.elements), default=0))
    if objective == "capability":
        return _capability(case, flights) * (1e3 if case.campaign.capability == "data" else 1.0)
    campaign = case.campaign
    share = _capability(case, flights) / max(1, capability_total(case))
    return (
        campaign.weight_cost * objective_of(case, flights, "cost") / 1e9
        + campaign.weight_completion * objective_of(case, flights, "completion") / 12.0
        - campaign.weight_capability * share
    )


def capability_month(case: Case) -> int:
    """Month at whose end the capability of the objective is counted."""
    by = case.campaign.capability_by
    return case.months - 1 if by is None else case.campaign.month_of(by)


def capability_total(case: Case) -> int:
    """Capability of all elements, standing ones included, in the whole numbers of the case."""
    kind = case.campaign.capability
    return sum(case.capability(kind, item) for item in (*case.items, *case.standing))


def _capability(case: Case, flights: Sequence[Flight]) -> int:
    last, kind = capability_month(case), case.campaign.capability
    early = [name for flight in flights if flight.month <= last for name in flight.elements]
    return sum(case.capability(kind, case.item(name)) for name in early) + sum(
        case.capability(kind, item) for item in case.standing
    )
