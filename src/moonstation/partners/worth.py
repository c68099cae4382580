"""What a group of partners is worth to a station: named, stated measures, each a figure for any coalition.

A coalition has the parts of its partners, and parts of nobody, that its own missions bring: what was to fly with a
partner that is not in it never arrives. Elements without a source on their bus do nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from moonstation.errors import RequestError
from moonstation.partners.capability import absent, functions_up
from moonstation.partners.holdings import bearers, mission_owners
from moonstation.partners.shapley import Division, shapley_value
from moonstation.station.catalogues import nearest
from moonstation.station.model import Station


@dataclass(frozen=True, eq=False)
class Worth:
    """A measure of what partners are worth together.

    Attributes
    ----------
    name, unit : str
        Short name, and unit of its figures; "" for a count.
    rule : str
        What it counts, in one sentence.
    of : callable
        Takes the station that a coalition has; gives the figure.
    """

    name: str
    unit: str
    rule: str
    of: Callable[[Station], float]


@dataclass(frozen=True, eq=False)
class Shares:
    """A fair division of a station's worth among partners.

    Attributes
    ----------
    worth : Worth
        What is divided.
    partners : tuple of str
        All partners of the station, in the order of the file.
    division : Division
        Among `players`.
    players : tuple of str
        Partners that bring a part; all others add nothing to any coalition and get nothing.
    alone : dict of str to float
        Worth of each player by itself, less what is there without anybody.
    last : dict of str to float
        What the whole loses if this player alone goes.
    """

    worth: Worth
    partners: tuple[str, ...]
    division: Division
    players: tuple[str, ...]
    alone: dict[str, float]
    last: dict[str, float]


def coalition_station(station: Station, partners: Collection[str]) -> Station:
    """The station that some partners have without the others.

    Parameters
    ----------
    station : Station
        As loaded.
    partners : collection of str
        The coalition, by id.

    Returns
    -------
    Station
        With its functions as they are, though they may name parts that are not there.
    """
    others = [row.id for row in station.partners if row.id not in partners]
    gone = absent(station, others)
    return replace(
        station,
        elements=[element for element in station.elements if element.id not in gone],
        orbiters=[orbiter for orbiter in station.orbiters if orbiter.id not in gone],
        ground_stations=[antenna for antenna in station.ground_stations if antenna.partner not in others],
    )


def functions_worth(station: Station, weights: Mapping[str, float] | None = None) -> Worth:
    """Weighted number of functions that are there; a weight is 1 where none is given.

    Raises
    ------
    RequestError
        If the station has no functions, a weight is of none, below zero, or all are zero.
    """
    known = [row.id for row in station.functions]
    if not known:
        raise RequestError(
            f"station {station.id}: says nothing that it must do, so its functions cannot be shared; add a "
            '[[function]], as in id = "power", needs = ["power-plant"], or take --value mass'
        )
    for name, weight in (weights or {}).items():
        if name not in known:
            raise RequestError(f"--weight {name}: there is no such function{nearest(name, known)}")
        if not 0.0 <= weight < float("inf"):
            raise RequestError(f"--weight {name}={weight:g}: give zero or more")
    full = {name: (weights or {}).get(name, 1.0) for name in known}
    if not any(full.values()):
        raise RequestError("--weight: all functions weigh nothing; give one of them more than zero")
    told = "each counts once" if len(set(full.values())) == 1 else "weighed as asked"
    # a function names parts of the whole station: those of a coalition are judged against it
    every = {part.id for part in bearers(station)}

    def of(part: Station) -> float:
        there = {row.id for row in bearers(part)}
        return sum(full[name] for name in functions_up(station, every - there))

    return Worth(
        "functions",
        "",
        f"functions whose parts are there with a source of power on their bus, {told}",
        of,
    )


def mass_worth() -> Worth:
    """Landed mass of elements."""
    return Worth(
        "mass",
        "kg",
        "mass of the elements that are landed; those without a mass count nothing",
        lambda part: sum(element.mass for element in part.elements),
    )


def players_of(station: Station) -> tuple[str, ...]:
    """Partners that bring an element, orbiter, ground station or flight, in the order of the file."""
    owners = {part.partner for part in bearers(station)} | {g.partner for g in station.ground_stations}
    flyers = mission_owners(station)
    owners |= {flyers[part.mission] for part in bearers(station) if part.mission}
    return tuple(row.id for row in station.partners if row.id in owners)


def divide(
    station: Station,
    worth: Worth,
    *,
    orders: int = 2000,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Shares:
    """Divide what a station is worth among its partners by the Shapley value.

    Parameters
    ----------
    station : Station
        As loaded.
    worth : Worth
        What is divided.
    orders, seed : int
        Orders drawn, and their seed, where there are more than `MOST_EXACT` players.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If no partner brings a part, or a number makes no sense.
    """
    players = players_of(station)
    known: dict[int, float] = {}

    def value(mask: int) -> float:
        if mask not in known:
            members = {player for place, player in enumerate(players) if mask >> place & 1}
            known[mask] = worth.of(coalition_station(station, members))
        return known[mask]

    division = shapley_value(len(players), value, orders=orders, seed=seed, progress=progress)
    full = (1 << len(players)) - 1
    return Shares(
        worth=worth,
        partners=tuple(row.id for row in station.partners),
        division=division,
        players=players,
        alone={player: value(1 << place) - division.nobody for place, player in enumerate(players)},
        last={player: division.whole - value(full ^ 1 << place) for place, player in enumerate(players)},
    )
