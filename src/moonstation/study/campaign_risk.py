"""What may come of a campaign's plan: dates and capabilities at a confidence, with and without planning anew."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray, IntArray
from moonstation.campaign.case import Case
from moonstation.campaign.flights import way_of
from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.risk import (
    Chances,
    DateSpread,
    Draws,
    Gain,
    Record,
    RiskCase,
    element_months,
    fly,
    gains,
    risk_case,
)
from moonstation.errors import RequestError
from moonstation.station.campaign import Milestone
from moonstation.station.model import Station
from moonstation.study.campaign_anew import Replanned, replan_draws

Progress = Callable[[str, float], None]

MONTH = 30.4375 * 86_400.0
"""[s]"""

REBUILD = 24
"""Months until a lost element is built again, unless the user says otherwise: an assumption."""

LEAD = 12
"""Months until a launcher and a lander are ready for a flight that was not planned: an assumption."""

STAND_DOWN = 6
"""Months for which a launcher stays on the ground after a loss: an assumption."""

SLIP = 2.0
"""Months by which a flight is late on average: an assumption."""

UNFLOWN = 0.85
"""Chance of a launch or a landing of what has not flown: an assumption."""


@dataclass(frozen=True, eq=False)
class CampaignRisk:
    """What came of a plan in many draws.

    Attributes
    ----------
    plan : Plan
        The plan.
    case : RiskCase
        With all luck.
    draws : Draws
        The plan carried out, never planned anew.
    replanned : Draws or None
        Planned anew after each loss, where asked for; its flights are those of the plan by what they carry.
    dates : pandas.DataFrame
        Of all landed, and of each milestone: ``what``, ``planned``, ``asked`` ("" where no date is), ``p50``, ``p90``
        ("never" beyond the horizon), ``in_time`` (share of the draws), ``never``; with ``replanned_p50``,
        ``replanned_p90``, ``replanned_in_time`` where asked for.
    spares : list of Gain
        What a second one of each element buys, beside one more reserve launch.
    reserve : Gain
        What one more reserve launch buys.
    losses : FloatArray
        Share of the draws with 0, 1, 2... lost flights.
    cost : (float, float, float)
        Planned, and at 50 and 90 % of the draws, in the money of the campaign: flights flown again with their cargo.
    assumed : list of str
        What is an assumption, in words.
    """

    plan: Plan
    case: RiskCase
    draws: Draws
    replanned: Replanned | None
    dates: pd.DataFrame
    spares: list[Gain]
    reserve: Gain
    losses: FloatArray
    cost: tuple[float, float, float]
    assumed: list[str]


def chances_of(
    station: Station,
    *,
    slip: float = SLIP,
    rebuild: int = REBUILD,
    lead: int = LEAD,
    stand_down: int = STAND_DOWN,
    unflown: float = UNFLOWN,
    landing: float | None = None,
) -> tuple[Chances, list[str]]:
    """Chances and times from a station's records, and what of it is assumed, in words.

    Parameters
    ----------
    station : Station
        With launchers and landers.
    slip : float
        Mean delay of a flight [months].
    rebuild, lead, stand_down : int
        See `moonstation.campaign.risk.Chances`.
    unflown : float
        Chance of a launcher without a flight.
    landing : float, optional
        Chance of a landing; `unflown` if not given.
    """
    for name, value in (("slip", slip), ("rebuild", rebuild), ("lead", lead), ("stand-down", stand_down)):
        if not (math.isfinite(value) and 0.0 <= value <= 600.0):
            raise RequestError(f"--{name} {value:g}: give 0 to 600 months")
    down = unflown if landing is None else landing
    for name, chance in (("unflown", unflown), ("landing", down)):
        if not 0.0 < chance <= 1.0:
            raise RequestError(f"--{name} {chance:g}: give a chance above 0 and at most 1")
    launchers, bare = {}, []
    for launcher in station.launchers:
        if launcher.flights:
            launchers[launcher.id] = Record(launcher.flights, launcher.successes or 0)
        else:
            launchers[launcher.id] = Record(assumed=unflown)
            bare.append(launcher.name)
    assumed = [
        f"flights are {slip:g} months late on average, each on its own",
        f"a lost element is built again in {rebuild} months, a launcher with its lander in {lead}",
        f"a launcher stays on the ground for {stand_down} months after a loss",
        f"a landing goes well with a chance of {down:g}",
    ]
    if bare:
        assumed.append(
            f"a launch goes well with a chance of {unflown:g} of what has not flown: {', '.join(bare)}"
        )
    return (
        Chances(
            launchers,
            {lander.id: Record(assumed=down) for lander in station.landers},
            slip=slip,
            rebuild={element.id: rebuild for element in station.elements},
            rebuild_supplies=min(6, rebuild),
            lead=lead,
            stand_down=stand_down,
        ),
        assumed,
    )


def campaign_risk(
    case: Case,
    plan: Plan,
    chances: Chances,
    assumed: Sequence[str],
    *,
    draws: int,
    seed: int = 1,
    reserves: int = 0,
    replan: bool = False,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> CampaignRisk:
    """Carry a plan out many times.

    Parameters
    ----------
    case, plan : Case, Plan
        The campaign and its plan.
    chances, assumed : Chances, sequence of str
        As of `chances_of`.
    draws, seed : int
        How many, and which.
    reserves : int
        Launchers with landers that stand ready from the start.
    replan : bool
        Whether what is left is also planned anew after each loss (by the first-plan method).
    cluster : str, optional
        A Dask cluster that plans anew, as `moonstation.study.cluster.run_tiles` takes it; the result does not depend on
        it.
    progress : callable, optional
        Called with what is being done and the share done.
    """
    tell = progress or (lambda words, share: None)
    tell("drawing luck", 0.0)
    turnaround = {way.pad: way.turnaround for way in case.ways}
    luck = risk_case(
        plan,
        chances,
        after=needs(case, plan),
        turnaround=turnaround,
        draws=draws,
        seed=seed,
        shut=[way_of(case, flight).shut for flight in plan.flights],
    )
    tell("carrying the plan out", 0.05)
    base = fly(luck, reserves=reserves)
    count = max(1, len({name for flight in plan.flights for name in flight.elements}))
    spares, reserve = gains(
        luck,
        base,
        reserves=reserves,
        progress=lambda done: tell("spares", 0.1 + (0.2 if replan else 0.85) * done / count),
    )
    anew = None
    if replan:
        anew = replan_draws(
            case,
            luck,
            reserves=reserves,
            cluster=cluster,
            progress=lambda share: tell("planning anew", 0.3 + 0.65 * share),
        )
    tell("dates", 0.97)
    again = np.array([_again_cost(case, flight) for flight in plan.flights])
    lost = base.tries - (base.landed < base.horizon)
    spent = plan.cost + lost @ again if len(plan.flights) else np.full(draws, plan.cost)
    most = int(base.losses.max(initial=0))
    return CampaignRisk(
        plan=plan,
        case=luck,
        draws=base,
        replanned=anew,
        dates=_dates(case.station, plan, luck, base, anew),
        spares=spares,
        reserve=reserve,
        losses=np.bincount(base.losses, minlength=most + 1) / draws,
        cost=(plan.cost, float(np.quantile(spent, 0.5)), float(np.quantile(spent, 0.9))),
        assumed=list(assumed),
    )


def needs(case: Case, plan: Plan) -> dict[str, list[str]]:
    """Elements and crew flights with what must stand before them: what they name, and the power that they live on.

    What uses power waits for all sources and stores of its site that the plan lands before it or with it, so that a
    delay leaves nothing dark.
    """
    landed = {name: flight.month for flight in plan.flights for name in flight.elements}
    found = {item.id: list(item.after) for item in case.items}
    sources = [item for item in case.items if item.power > 0 or item.dark_energy > 0]
    for item in case.items:
        if item.power < 0 or item.dark_energy < 0:
            found[item.id] += [
                source.id
                for source in sources
                if source.site == item.site and landed.get(source.id, math.inf) <= landed.get(item.id, -1)
            ]
    for crew in case.station.crew_flights:
        found[crew.id] = list(crew.after)
    return found


def _again_cost(case: Case, flight: Flight) -> float:
    """What it costs to fly a lost flight again with all that it carried."""
    items = {item.id: item for item in case.items}
    return flight.cost + 1e3 * sum(items[name].cost for name in flight.elements if name in items)


def _dates(station: Station, plan: Plan, luck: RiskCase, base: Draws, anew: Replanned | None) -> pd.DataFrame:
    """Dates of all landed and of each milestone."""
    campaign = station.campaign
    assert campaign is not None
    horizon = base.horizon
    months = element_months(luck, base)
    planned = {
        name: np.array([flight.month]) for flight in plan.flights for name in (*flight.elements, flight.crew)
    }
    rows = []

    def add(what: str, as_planned: int, asked: int | None, one: IntArray, other: IntArray | None) -> None:
        row: dict[str, object] = {
            "what": what,
            "planned": _month(plan, as_planned, horizon),
            "asked": "" if asked is None else _month(plan, asked, horizon),
            "p50": _month(plan, _quantile(one, 0.5), horizon),
            "p90": _month(plan, _quantile(one, 0.9), horizon),
            "in_time": float(np.mean(one <= (as_planned if asked is None else asked))),
            "never": float(np.mean(one >= horizon)),
        }
        if other is not None:
            row |= {
                "replanned_p50": _month(plan, _quantile(other, 0.5), horizon),
                "replanned_p90": _month(plan, _quantile(other, 0.9), horizon),
                "replanned_in_time": float(np.mean(other <= (as_planned if asked is None else asked))),
            }
        rows.append(row)

    last = plan.flights[-1].month if plan.flights else 0
    done = np.asarray(base.landed.max(axis=1, initial=0))
    add("all landed", last, None, done, None if anew is None else np.asarray(anew.completion - 1))
    for milestone in station.milestones:
        asked = campaign.month_of(milestone.by)
        add(
            milestone.id,
            int(reached_months(station, milestone, planned, horizon)[0]),
            asked,
            reached_months(station, milestone, months, horizon),
            None if anew is None else reached_months(station, milestone, anew.months, horizon),
        )
    return pd.DataFrame(rows)


def _quantile(months: IntArray, share: float) -> int:
    return int(np.quantile(months, share, method="inverted_cdf"))


def _month(plan: Plan, month: int, horizon: int) -> str:
    return "never" if month >= horizon else plan.month_name(month)


def reached_months(
    station: Station, milestone: Milestone, months: Mapping[str, IntArray], horizon: int
) -> IntArray:
    """Month at whose end a milestone is reached in each draw (d,); `horizon` if it never is.

    Parameters
    ----------
    station : Station
        With a campaign.
    milestone : Milestone
        The milestone.
    months : mapping of str to (d,) int64 array
        Month in which each element and crew flight landed; what is not named stood at the start.
    horizon : int
        Stands for never.
    """
    campaign = station.campaign
    assert campaign is not None
    size = next((row.size for row in months.values()), 1)
    zero = np.zeros(size, dtype=np.int64)
    span = campaign.months * MONTH
    weights: dict[str, float] = {}
    want = milestone.at_least or 0.0
    match milestone.capability:
        case "power":
            for e in station.elements:
                made = e.power * (0.5 ** (span / e.half_life) if e.half_life else 1.0)
                weights[e.id] = made + e.array_power * max(0.0, 1.0 - e.array_degradation * span)
        case "mass":
            weights = {e.id: e.mass for e in station.elements}
        case "data":
            weights = {e.id: e.data_rate_nominal for e in station.elements}
        case "crew_days":
            weights = {crew.id: crew.crew_days for crew in station.crew_flights}
            stays = {crew.id: max(1, math.ceil(crew.stay / MONTH)) - 1 for crew in station.crew_flights}
            months = {name: np.minimum(row + stays.get(name, 0), horizon) for name, row in months.items()}
        case "elements":
            weights = {
                e.id: 1.0 for e in station.elements if not milestone.elements or e.id in milestone.elements
            }
            want = float(len(set(milestone.elements))) if milestone.elements else want
        case "oxygen":
            return _oxygen_months(station, want, months, size, horizon)
        case _:
            return _function_months(station, milestone.function, months, zero)
    names = [name for name, weight in weights.items() if weight]
    if not names:
        return np.full(size, horizon, dtype=np.int64)
    when = np.stack([months.get(name, zero) for name in names], axis=1)
    order = np.argsort(when, axis=1, kind="stable")
    summed = np.cumsum(np.array([weights[name] for name in names])[order], axis=1)
    enough = summed >= want * (1.0 - 1e-9)
    first = np.argmax(enough, axis=1)
    sorted_months = np.take_along_axis(when, order, axis=1)
    found = sorted_months[np.arange(size), first]
    return np.where(enough.any(axis=1), found, horizon)


def _function_months(station: Station, name: str, months: Mapping[str, IntArray], zero: IntArray) -> IntArray:
    function = next(one for one in station.functions if one.id == name)
    latest = zero
    for need in function.demands:
        when = np.sort(np.stack([months.get(one, zero) for one in need.of], axis=1), axis=1)
        latest = np.maximum(latest, when[:, need.least - 1])
    return latest


def _oxygen_months(
    station: Station, want: float, months: Mapping[str, IntArray], size: int, horizon: int
) -> IntArray:
    found = np.full(size, horizon, dtype=np.int64)
    plants = [plant for plant in station.plants if plant.product == "oxygen"]
    for month in range(horizon - 1, -1, -1):
        made = np.zeros(size)
        for plant in plants:
            when = months.get(plant.element, np.zeros(size, dtype=np.int64))
            made += plant.yield_per_year / 12.0 * np.maximum(0, month + 1 - when - plant.delay_months)
        found = np.where(made >= want, month, found)
    return found


def date_spreads(station: Station, risk: CampaignRisk) -> list[DateSpread]:
    """Months in which all has landed and each milestone is reached, for a picture."""
    campaign = station.campaign
    assert campaign is not None
    base, plan = risk.draws, risk.plan
    months = element_months(risk.case, base)
    last = plan.flights[-1].month if plan.flights else 0
    found = [DateSpread("all landed", np.asarray(base.landed.max(axis=1, initial=0)), last, -1)]
    for milestone in station.milestones:
        reached = reached_months(station, milestone, months, base.horizon)
        found.append(DateSpread(milestone.name or milestone.id, reached, -1, campaign.month_of(milestone.by)))
    return found
