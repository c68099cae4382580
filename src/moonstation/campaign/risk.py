"""Campaigns under failures and delays: dates at a confidence, what each spare and each reserve launch buys."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.campaign import _risk_kernels
from moonstation.campaign.plan import Flight, Plan
from moonstation.errors import RequestError

MOST_TRIES = 8
"""Tries of a flight; one lost so often is given up."""

LATE_MONTHS = 240
"""Months after the end of the plan in which flights still fly; what lands later counts as never."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Record:
    """Flights of a launcher or lander so far.

    Attributes
    ----------
    flights, successes : int
        How many, and how many of them went well.
    assumed : float or None
        Chance that is taken where there is no record to draw it from.
    """

    flights: int = 0
    successes: int = 0
    assumed: float | None = None


@dataclass(frozen=True)
class Chances:
    """What may go wrong, and how long it takes to mend.

    Attributes
    ----------
    launchers, landers : mapping of str to Record
        By id.
    slip : float
        Months by which a try of a flight is late, on average; exponential, rounded down to whole months.
    rebuild : mapping of str to int
        Months until an element is built again, by id.
    rebuild_supplies : int
        The same for supplies and crews.
    lead : int
        Months until a launcher and a lander are ready for a flight that was not planned.
    stand_down : int
        Months for which a launcher stays on the ground after a loss.
    """

    launchers: Mapping[str, Record]
    landers: Mapping[str, Record]
    slip: float
    rebuild: Mapping[str, int]
    rebuild_supplies: int = 6
    lead: int = 12
    stand_down: int = 6


@dataclass(frozen=True, eq=False)
class Draws:
    """A plan carried out many times.

    Attributes
    ----------
    landed : (d, f) int64 array
        Month in which each flight landed; `horizon` if it never did.
    tries : (d, f) int64 array
        How often it was tried.
    horizon : int
        Month that stands for never.
    """

    landed: IntArray
    tries: IntArray
    horizon: int

    @property
    def completion(self) -> IntArray:
        """Months from the start until all have landed (d,)."""
        return np.asarray(self.landed.max(axis=1, initial=-1) + 1)

    @property
    def losses(self) -> IntArray:
        """Number of flights lost (d,)."""
        return np.asarray((self.tries - (self.landed < self.horizon)).sum(axis=1))


@dataclass(frozen=True, eq=False)
class RiskCase:
    """A plan as arrays, with the random draws that all variants share."""

    plan: Plan
    chances: Chances
    turnaround: IntArray
    pads: IntArray
    launchers: IntArray
    chance: FloatArray
    luck: FloatArray
    slip: IntArray
    first_before: IntArray
    before: IntArray
    next_open: IntArray
    horizon: int
    notes: tuple[str, ...] = field(default=())


def risk_case(
    plan: Plan,
    chances: Chances,
    *,
    after: Mapping[str, Sequence[str]],
    turnaround: Mapping[str, int],
    draws: int,
    seed: int,
    shut: Sequence[Collection[int]] = (),
) -> RiskCase:
    """Draw all luck of a plan beforehand, so that variants of it differ by what is varied alone.

    The chance of a launcher or a lander is itself drawn, once a draw: from the beta distribution that its record
    leaves of Jeffreys' prior, Beta(s + 1/2, n - s + 1/2) (Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286).
    A flight of several launches lands if all of them and the landing go well.

    Parameters
    ----------
    plan : Plan
        The plan.
    chances : Chances
        Records and times.
    after : mapping of str to sequence of str
        Elements, or ids of crew flights, with the elements that must stand before they land or land with them.
    turnaround : mapping of str to int
        Months from one launch of a pad to the next.
    draws : int
        How many.
    seed : int
        The same seed gives the same draws; the first n draws of a longer run are those of a run of n.
    shut : sequence of collection of int
        Months in which each flight cannot land for want of a window; empty where all can land at any time.

    Raises
    ------
    RequestError
        If there are no draws, or a flight has neither record nor assumed chance.
    """
    if draws < 1:
        raise RequestError(f"draws is {draws}; ask for 1 or more")
    flights = plan.flights
    launchers = list(dict.fromkeys(flight.launcher for flight in flights))
    landers = list(dict.fromkeys(flight.lander for flight in flights))
    pads = list(dict.fromkeys(flight.pad for flight in flights))
    for kind, ids, records in (
        ("launcher", launchers, chances.launchers),
        ("lander", landers, chances.landers),
    ):
        for name in ids:
            record = records.get(name)
            if record is None or (not record.flights and record.assumed is None):
                raise RequestError(
                    f"{kind} {name}: has no flight record; give flights and successes, or a chance"
                )
    count = len(flights)
    chance = np.empty((draws, count))
    luck = np.empty((draws, count, MOST_TRIES))
    slip = np.empty((draws, count, MOST_TRIES), dtype=np.int64)
    at_launcher = np.array([launchers.index(flight.launcher) for flight in flights], dtype=np.int64)
    at_lander = np.array([landers.index(flight.lander) for flight in flights], dtype=np.int64)
    launches = np.array([max(1, len(flight.launch_months)) for flight in flights], dtype=np.float64)
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        rising = np.array([_chance(chances.launchers[name], rng) for name in launchers])
        landing = np.array([_chance(chances.landers[name], rng) for name in landers])
        chance[draw] = rising[at_launcher] ** launches * landing[at_lander]
        luck[draw] = rng.random((count, MOST_TRIES))
        slip[draw] = np.floor(rng.exponential(1.0, (count, MOST_TRIES)) * chances.slip).astype(np.int64)
    first, before = _order(flights, after)
    return RiskCase(
        plan=plan,
        chances=chances,
        turnaround=np.array([max(1, turnaround.get(pad, 1)) for pad in pads], dtype=np.int64),
        pads=np.array([pads.index(flight.pad) for flight in flights], dtype=np.int64),
        launchers=at_launcher,
        chance=chance,
        luck=luck,
        slip=slip,
        first_before=first,
        before=before,
        next_open=_next_open(shut or [()] * count, plan.months + LATE_MONTHS),
        horizon=plan.months + LATE_MONTHS,
    )


def _next_open(shut: Sequence[Collection[int]], horizon: int) -> IntArray:
    found = np.empty((len(shut), horizon + 1), dtype=np.int64)
    for row, closed in zip(found, shut, strict=True):
        row[horizon] = horizon
        for month in reversed(range(horizon)):
            row[month] = row[month + 1] if month in closed else month
    return found


def _chance(record: Record, rng: np.random.Generator) -> float:
    if record.assumed is not None:
        return record.assumed
    return float(rng.beta(record.successes + 0.5, record.flights - record.successes + 0.5))


def _order(flights: Sequence[Flight], after: Mapping[str, Sequence[str]]) -> tuple[IntArray, IntArray]:
    """Which flights must have landed before each, as where they begin and who they are."""
    carrier = {element: number for number, flight in enumerate(flights) for element in flight.elements}
    first, before = [0], []
    for number, flight in enumerate(flights):
        asked = [one for name in (*flight.elements, flight.crew) for one in after.get(name, ())]
        earlier = dict.fromkeys(carrier[one] for one in asked if carrier.get(one, number) != number)
        before += list(earlier)
        first.append(len(before))
    return np.array(first, dtype=np.int64), np.array(before, dtype=np.int64)


def fly(case: RiskCase, *, spares: Sequence[str] = (), reserves: int = 0) -> Draws:
    """Carry the plan out in all draws.

    A flight that is lost is flown again with the same cargo once that is built again (at once for elements with a
    spare), its launcher flies again after it stood down, and a launcher and lander are ready (at once where a
    reserve stands ready). Flights keep their order where elements need each other; all others fly as planned, or as
    soon after as their pad, launcher and cargo allow.

    Parameters
    ----------
    case : RiskCase
        See `risk_case`.
    spares : sequence of str
        Elements of which a second one stands ready.
    reserves : int
        Launchers with landers that stand ready, for the first losses of the campaign.
    """
    flights = case.plan.flights
    draws = case.chance.shape[0]
    landed = np.empty((draws, len(flights)), dtype=np.int64)
    tries = np.empty((draws, len(flights)), dtype=np.int64)
    _risk_kernels.fly_draws(
        np.array([flight.month for flight in flights], dtype=np.int64),
        np.array(
            [flight.month - min(flight.launch_months, default=flight.month) for flight in flights],
            dtype=np.int64,
        ),
        case.pads,
        case.turnaround,
        case.launchers,
        case.chance,
        case.luck,
        case.slip,
        case.first_before,
        case.before,
        case.next_open,
        np.array([_rebuild(flight, case.chances, spares) for flight in flights], dtype=np.int64),
        case.chances.lead,
        case.chances.stand_down,
        reserves,
        case.horizon,
        landed,
        tries,
    )
    return Draws(landed, tries, case.horizon)


def _rebuild(flight: Flight, chances: Chances, spares: Sequence[str]) -> int:
    """Months until all that a flight carries is there again."""
    times = [chances.rebuild.get(element, 0) for element in flight.elements if element not in spares]
    if flight.supplies or flight.crew:
        times.append(chances.rebuild_supplies)
    return max(times, default=0)


def element_months(case: RiskCase, draws: Draws) -> dict[str, IntArray]:
    """Month in which each element, and each crew flight, landed (d,), by id."""
    months: dict[str, IntArray] = {}
    for number, flight in enumerate(case.plan.flights):
        for name in (*flight.elements, *((flight.crew,) if flight.crew else ())):
            months[name] = draws.landed[:, number]
    return months


@dataclass(frozen=True)
class Gain:
    """What a spare or a reserve buys.

    Attributes
    ----------
    what : str
        Id of the element; "" for a reserve launch.
    mean, late : float
        Months by which all stands earlier: in the mean, and at nine tenths of the draws.
    error : float
        Standard error of the mean, from differences draw by draw.
    """

    what: str
    mean: float
    late: float
    error: float


def gains(
    case: RiskCase, base: Draws, *, reserves: int = 0, progress: Progress | None = None
) -> tuple[list[Gain], Gain]:
    """What a spare of each element buys in time, the best first, and what one more reserve launch buys.

    All variants share their luck with the base; a spare saves time only where nothing else takes as long, so spares
    are tried beside the reserve that they need: with one more reserve than the base has.

    Parameters
    ----------
    case, base : RiskCase, Draws
        The plan and how it went.
    reserves : int
        Reserve launches of the base.
    progress : callable, optional
        Told the number of variants done.
    """
    elements = list(dict.fromkeys(element for flight in case.plan.flights for element in flight.elements))
    ready = fly(case, reserves=reserves + 1)
    reserve = _gain("", base, ready)
    found = []
    for number, element in enumerate(elements):
        if case.chances.rebuild.get(element, 0):
            found.append(_gain(element, ready, fly(case, spares=(element,), reserves=reserves + 1)))
        if progress is not None:
            progress(number + 1)
    return sorted(found, key=lambda gain: (-gain.mean, gain.what)), reserve


def _gain(what: str, before: Draws, after: Draws) -> Gain:
    first, second = before.completion.astype(np.float64), after.completion.astype(np.float64)
    saved = first - second
    error = float(saved.std(ddof=1) / np.sqrt(saved.size)) if saved.size > 1 else float("nan")
    late = float(np.quantile(first, 0.9) - np.quantile(second, 0.9))
    return Gain(what, float(saved.mean()), late, error)


@dataclass(frozen=True, eq=False)
class DateSpread:
    """When something is reached: months of all draws, and when it is planned and asked for (-1: not at all)."""

    name: str
    months: IntArray
    planned: int
    asked: int
