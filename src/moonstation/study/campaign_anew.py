"""What is left of a campaign planned anew after each loss, in many draws: in this process or on a Dask cluster.

A draw has its own luck, drawn beforehand, and is planned by the first-plan method, which has no luck of its own. So a
draw comes out the same wherever it is planned, and so do all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from moonstation import __version__
from moonstation.arrays import IntArray
from moonstation.campaign.case import Case
from moonstation.campaign.flights import flights_of, way_of
from moonstation.campaign.greedy import greedy_landings
from moonstation.campaign.plan import Flight
from moonstation.campaign.risk import LATE_MONTHS, RiskCase, element_months, fly
from moonstation.errors import RequestError
from moonstation.study.cluster import run_tiles

PIECE = 25
"""Draws that are planned in one go: a third of a second of work."""


@dataclass(frozen=True, eq=False)
class Replanned:
    """Draws in which what was left was planned anew after each loss.

    Attributes
    ----------
    months : dict of str to (d,) int64 array
        Month in which each element and crew flight landed; `horizon` if never.
    completion : (d,) int64 array
        Months until all has landed.
    horizon : int
        Stands for never.
    """

    months: dict[str, IntArray]
    completion: IntArray
    horizon: int


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some draws that follow each other, from one on."""

    begin: int
    luck: RiskCase


def replan_draws(
    case: Case,
    luck: RiskCase,
    *,
    reserves: int = 0,
    cluster: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Replanned:
    """Plan what is left anew after each loss, in every draw; keep the old order where that is quicker.

    Parameters
    ----------
    case : Case
        The campaign.
    luck : RiskCase
        Its plan with all luck.
    reserves : int
        Launchers with landers that stand ready from the start.
    cluster : str, optional
        A Dask cluster, as `moonstation.study.cluster.run_tiles` takes it; in this process if not given. The result does
        not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    MoonstationError
        If the cluster cannot be used or is lost; says what to do.
    """
    draws = luck.chance.shape[0]
    names = _names(case)
    work = partial(_replan_piece, case, reserves, __version__)
    pieces = [
        _Piece(begin, _some_draws(luck, begin, min(begin + PIECE, draws))) for begin in range(0, draws, PIECE)
    ]
    made = ((piece, work(piece)) for piece in pieces) if cluster is None else run_tiles(work, pieces, cluster)
    months = np.full((len(names), draws), luck.horizon, dtype=np.int64)
    for number, (piece, found) in enumerate(made):
        months[:, piece.begin : piece.begin + found.shape[1]] = found
        if progress is not None:
            progress((number + 1) / len(pieces))
    done = months.max(axis=0, initial=-1) + 1
    return Replanned(dict(zip(names, months, strict=True)), np.asarray(done, dtype=np.int64), luck.horizon)


def _names(case: Case) -> list[str]:
    return [item.id for item in case.items] + [crew.id for crew in case.crews]


def _some_draws(luck: RiskCase, begin: int, end: int) -> RiskCase:
    return replace(luck, chance=luck.chance[begin:end], luck=luck.luck[begin:end], slip=luck.slip[begin:end])


def _replan_piece(case: Case, reserves: int, software: str, piece: _Piece) -> IntArray:
    """Months in which all lands, a row for each element and crew, a column for each draw."""
    if software != __version__:
        raise RequestError(
            f"moonstation {__version__} cannot plan draws of moonstation {software}; install that version"
        )
    luck, names = piece.luck, _names(case)
    straight = fly(luck, reserves=reserves)
    kept = element_months(luck, straight)
    months = np.full((len(names), luck.chance.shape[0]), luck.horizon, dtype=np.int64)
    for draw in range(months.shape[1]):
        found = {name: int(kept[name][draw]) if name in kept else luck.horizon for name in names}
        if straight.tries[draw].max(initial=0) > 1:
            other = _one_anew(case, luck, draw, reserves)
            if max(other.values(), default=0) < max(found.values(), default=0):
                found = other
        months[:, draw] = [found[name] for name in names]
    return months


def _one_anew(case: Case, luck: RiskCase, draw: int, reserves: int) -> dict[str, int]:
    """One draw: fly in order; after a loss plan what is left anew from the next month on."""
    chances = luck.chances
    chance_of = {
        (flight.launcher, flight.lander): float(luck.chance[draw, number])
        for number, flight in enumerate(luck.plan.flights)
    }
    fates = luck.luck[draw].ravel()
    late = luck.slip[draw].ravel()
    when: dict[str, int] = {}
    flights: list[Flight] = list(luck.plan.flights)
    ready: dict[str, int] = {}
    grounded: dict[str, int] = {}
    left, now, tries = reserves, 0, 0
    while flights and tries < fates.size:
        flight = flights.pop(0)
        month = max(now, flight.month + int(late[tries]), grounded.get(flight.launcher, 0))
        shut = way_of(case, flight).shut
        while month in shut:
            month += 1
        fate = fates[tries]
        tries += 1
        now = month
        if fate < chance_of.get((flight.launcher, flight.lander), float(luck.chance[draw].min(initial=1.0))):
            for name in (*flight.elements, *((flight.crew,) if flight.crew else ())):
                when[name] = month
            continue
        wait = chances.stand_down if left > 0 else max(chances.lead, chances.stand_down)
        left -= left > 0
        grounded[flight.launcher] = month + chances.stand_down
        for name in flight.elements:
            ready[name] = month + max(chances.rebuild.get(name, 0), 1)
        rest = _rest(case, when, ready, month + 1, {flight.launcher: month + wait})
        planned = flights_of(rest, greedy_landings(rest))
        flights = list(planned)
    horizon = luck.horizon
    names = [item.id for item in case.items] + [crew.id for crew in case.crews]
    return {name: when.get(name, horizon) for name in names}


def _rest(
    case: Case, when: Mapping[str, int], ready: Mapping[str, int], now: int, launchers: Mapping[str, int]
) -> Case:
    """The elements and crews of a campaign that are left, from a month on, with more months to land them in."""
    more = LATE_MONTHS
    standing = tuple(replace(item, earliest=-1) for item in case.items if item.id in when)
    there = {item.id for item in standing}
    items = tuple(
        replace(
            item,
            earliest=max(item.earliest, now, ready.get(item.id, 0)),
            after=tuple(name for name in item.after if name not in there),
        )
        for item in case.items
        if item.id not in there
    )
    ways = tuple(
        replace(way, first=max(way.first, now, launchers.get(way.launcher, 0)), last=way.last + more)
        for way in case.ways
        if not way.crew or way.crew not in when
    )
    return replace(
        case,
        months=case.months + more,
        items=items,
        standing=(*case.standing, *standing),
        ways=ways,
        crews=tuple(
            replace(
                crew,
                first=max(crew.first, now),
                last=crew.last + more,
                after=tuple(name for name in crew.after if name not in there),
            )
            for crew in case.crews
            if crew.id not in when
        ),
        # what supplies are left on the ground is not followed: they fly beside what is planned anew
        stores=(),
        limits=(),
    )
