"""Which ground antenna listens to which spacecraft when: the most value brought home, to a proven gap.

Three parts work together (`docs/decisions/0013-antenna-assignment.md` has the measurements that led here):

- a mixed-integer programme on slots says what a plan may do (`moonstation.links.assignment_model`);
- its linear relaxation, solved by OR-Tools' PDLP, gives prices of antennas, demands and agreements. Any prices give an
  upper bound that no plan on these slots can pass (`Search.upper`); good ones give a close bound;
- a plan is there at once, first come first served by priority, and gets better by planning stretches of it anew for a
  few spacecraft at a time at those prices (`moonstation.links.assignment_search`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count as count_up

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.links.assignment_model import Programme, ProgrammeArrays, programme_of
from moonstation.links.assignment_search import Block, Prices, Search
from moonstation.links.hand_overs import Grid, heard
from moonstation.links.passes import Agreement, Need, Task

STEP = 1800.0
"""Usual length of a slot [s]."""

MOST_SLOTS = 3_000_000
"""Most slots times pairs: more than this does not fit into memory."""

MOVES = 60_000
"""Stretches planned anew at most."""

CYCLE = 10_000
"""Moves in which the search cools down; then it is heated up again."""

HEAT = 8e-4
"""Loss that is taken with probability 1/e at the begin of a cycle, as part of the bound; it falls to nothing."""

ACCURACIES = (1e-3, 2e-4)
"""Relative accuracy of the prices in the first cycle, and from the second on, when the gap does not close."""

TELL_EVERY = 200

Progress = Callable[[str, float], None]
"""Takes what is being done, with the gap so far, and the share of the time or of the moves that is used up."""


@dataclass(frozen=True)
class ScheduledPass:
    """One antenna listens to one spacecraft.

    Attributes
    ----------
    need, spacecraft, station : str
        The demand, who sends, who listens.
    antenna : int
        Which antenna of the station, from 1.
    start, stop : float
        On the air, times of reception [s].
    held_from, held_to : float
        The antenna is taken, with set-up and tear-down [s]; the same for all passes of a block.
    bits : float
        What it can carry [bit].
    """

    need: str
    spacecraft: str
    station: str
    antenna: int
    start: float
    stop: float
    held_from: float
    held_to: float
    bits: float


@dataclass(frozen=True)
class Serving:
    """How a demand fares in one period.

    Attributes
    ----------
    need : Need
        The demand.
    start, stop : float
        The period [s].
    asked, served, possible : float
        Asked for, brought home, and what all antennas could bring if no one else asked [bit or s].
    reason : str
        Why not all is served; "" if it is.
    """

    need: Need
    start: float
    stop: float
    asked: float
    served: float
    possible: float
    reason: str


@dataclass(frozen=True)
class Kept:
    """How an agreement is kept in one period: hours on the air given, of at least and at most so many."""

    agreement: Agreement
    start: float
    stop: float
    at_least_h: float
    at_most_h: float
    given_h: float


@dataclass(frozen=True, eq=False)
class Assignment:
    """A plan of the antennas.

    Attributes
    ----------
    task : Task
        What was asked.
    passes : list of ScheduledPass
        In order of time.
    servings : list of Serving
        By demand and period.
    kept : list of Kept
        By agreement and period.
    value, bound : float
        Worth of the plan in days of priority 1, and what no plan on these slots can pass.
    step : float
        Slots on whose edges antennas change hands [s].
    moves : int
        Stretches planned anew.
    """

    task: Task
    passes: list[ScheduledPass]
    servings: list[Serving]
    kept: list[Kept]
    value: float
    bound: float
    step: float
    moves: int

    @property
    def gap(self) -> float:
        """How much better the best plan on these slots may be at most, relative to the bound."""
        return gap_of(self.value, self.bound)


def gap_of(value: float, bound: float) -> float:
    """Relative gap between a value and its upper bound; infinite where the value is none."""
    if not np.isfinite(value):
        return np.inf
    return max(0.0, bound - value) / max(abs(bound), 1e-9)


def assign(
    task: Task,
    *,
    step: float = STEP,
    gap: float = 0.01,
    time_limit: float = 60.0,
    moves: int = MOVES,
    seed: int = 1,
    progress: Progress | None = None,
) -> Assignment:
    """Assign ground antennas to spacecraft.

    Parameters
    ----------
    task : Task
        Windows, antennas, demands and agreements.
    step : float
        Longest slot [s]: antennas change hands on its edges, passes begin and end where windows do.
    gap : float
        Stop when no plan on these slots can be better by more than this, relative to the bound.
    time_limit : float
        Stop after this [s]; a plan cut off by time depends on how fast the machine is.
    moves : int
        Stretches to plan anew at most.
    seed : int
        Which stretches.
    progress : callable, optional
        Told how far it is.

    Raises
    ------
    RequestError
        If step, gap or limits make no sense, or there are too many slots.
    """
    if not (step > 0.0 and gap >= 0.0 and time_limit > 0.0 and moves >= 0):
        raise RequestError("slots and time limit must be above zero, the gap not below")
    if (task.stop - task.start) / step * max(1, len(task.pairs)) > MOST_SLOTS:
        raise RequestError(
            f"{(task.stop - task.start) / step:.0f} slots for {len(task.pairs)} pairs are too many; take longer slots "
            "or fewer days"
        )
    begun = time.monotonic()
    grid = Grid.of(task, step)
    search = Search(grid, seed=seed)
    search.greedy()
    _tell(progress, "first plan", 0.0)
    bound = float(sum(craft.worth.sum() for craft in search.crafts))
    programme = programme_of(grid)
    arrays = programme.arrays()
    prices = search.no_prices
    best, kept, done = search.value, search.keep(), 0

    def open_() -> bool:
        return gap_of(best, bound) > gap and done < moves and time.monotonic() - begun < time_limit

    for cycle in count_up():
        if not (open_() and grid.rows):
            break
        if cycle < len(ACCURACIES):
            left = time_limit - (time.monotonic() - begun)
            found = _prices(search, programme, arrays, accuracy=ACCURACIES[cycle], limit=max(1.0, 0.3 * left))
            if found is not None:
                prices = found
                bound = min(bound, search.upper(prices))
            search.back_to(kept)
        for move in range(CYCLE):
            if not open_():
                break
            if done % TELL_EVERY == 0:
                used = max(done / moves, (time.monotonic() - begun) / time_limit)
                _tell(progress, f"gap {100.0 * gap_of(best, bound):.2f} %", used)
            search.improve(prices, loss=HEAT * bound * (1.0 - move / CYCLE) ** 2)
            done += 1
            if search.value > best + 1e-9:
                best, kept = search.value, search.keep()
    search.back_to(kept)
    search.trim()
    best = search.value
    _tell(progress, f"gap {100.0 * gap_of(best, bound):.2f} %", 1.0)
    return Assignment(
        task=task,
        passes=_passes(grid, search),
        servings=_servings(search),
        kept=_kept(search),
        value=best,
        bound=bound,
        step=grid.step,
        moves=done,
    )


def _tell(progress: Progress | None, words: str, share: float) -> None:
    if progress is not None:
        progress(f"assigning antennas, {words}", min(share, 1.0))


def _prices(
    search: Search, programme: Programme, arrays: ProgrammeArrays, *, accuracy: float, limit: float
) -> Prices | None:
    """Prices from the linear relaxation by OR-Tools' PDLP; None where it found none in time."""
    from ortools.math_opt.python import mathopt

    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=limit))
    criteria = parameters.pdlp.termination_criteria.simple_optimality_criteria
    criteria.eps_optimal_relative = criteria.eps_optimal_absolute = accuracy
    result = mathopt.solve(_relaxed(arrays), mathopt.SolverType.PDLP, params=parameters)
    solutions = [s.dual_solution for s in result.solutions if s.dual_solution is not None]
    if not solutions:
        return None
    dual = np.zeros(len(arrays.low))
    for row, price in solutions[0].dual_values.items():
        dual[row.id] = price
    antenna = np.zeros(search.free.shape)
    for place, antennas in enumerate(search.grid.task.antennas):
        if antennas.id in programme.capacity:
            slot, rows = programme.capacity[antennas.id]
            antenna[place, slot] = np.maximum(0.0, dual[rows])
    least, most = [], []
    for (under, over), part in zip(programme.agreed, search.parts, strict=True):
        least.append(np.maximum(0.0, -dual[under]) if len(under) else np.zeros(len(part)))
        most.append(np.maximum(0.0, dual[over]) if len(over) else np.zeros(len(part)))
    served = [
        np.clip(dual[rows], 0.0, craft.worth)
        for rows, craft in zip(programme.served, search.crafts, strict=True)
    ]
    # beyond what a missing hour costs the bound would not hold, for no more than all of it can be missing
    least = [np.minimum(price, search.no_prices.least[k]) for k, price in enumerate(least)]
    return Prices(antenna, served, least, most)


def _relaxed(arrays: ProgrammeArrays):  # type: ignore[no-untyped-def]
    """The programme without whole numbers, as OR-Tools takes it; through its message, as rows one by one are slow."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    columns, rows = len(arrays.value), len(arrays.low)
    model = model_pb2.ModelProto()
    model.variables.ids.extend(range(columns))
    model.variables.lower_bounds.extend([0.0] * columns)
    model.variables.upper_bounds.extend(arrays.upper.tolist())
    model.variables.integers.extend([False] * columns)
    model.objective.maximize = True
    model.objective.linear_coefficients.ids.extend(range(columns))
    model.objective.linear_coefficients.values.extend(arrays.value.tolist())
    model.linear_constraints.ids.extend(range(rows))
    model.linear_constraints.lower_bounds.extend(arrays.low.tolist())
    model.linear_constraints.upper_bounds.extend(arrays.high.tolist())
    matrix = arrays.matrix.tocoo()
    order = np.lexsort((matrix.col, matrix.row))
    model.linear_constraint_matrix.row_ids.extend(matrix.row[order].tolist())
    model.linear_constraint_matrix.column_ids.extend(matrix.col[order].tolist())
    model.linear_constraint_matrix.coefficients.extend(matrix.data[order].tolist())
    return mathopt.Model.from_model_proto(model)


def _passes(grid: Grid, search: Search) -> list[ScheduledPass]:
    """Passes of all blocks, each on an antenna of its station."""
    holds = []
    for block in [block for blocks in search.blocks for block in blocks]:
        row = search.crafts[block.craft].rows[block.row]
        holds.append((block.first - row.lead, block.last + 1 + row.trail, block))
    holds.sort(key=lambda hold: (hold[0], hold[2]))
    free_from: dict[str, list[int]] = {a.id: [-(10**9)] * a.channels for a in grid.task.antennas}
    passes = []
    for first, stop, block in holds:
        row = search.crafts[block.craft].rows[block.row]
        channels = free_from[row.antennas.id]
        channel = next(i for i, slot in enumerate(channels) if slot <= first)
        channels[channel] = stop
        begin, end = grid.edge(block.first), grid.edge(block.last + 1)
        for a, b in heard(row.pair.windows, begin, end, least_pass=row.need.least_pass).tolist():
            carried = float(row.pair.data(np.array([a]), np.array([b]))[0])
            passes.append(
                ScheduledPass(
                    need=row.need.id,
                    spacecraft=row.pair.spacecraft,
                    station=row.pair.station,
                    antenna=channel // row.antennas.links + 1,
                    start=a,
                    stop=b,
                    held_from=begin - row.antennas.set_up,
                    held_to=end + row.antennas.tear_down,
                    bits=carried,
                )
            )
    return sorted(passes, key=lambda one: (one.start, one.station, one.antenna, one.spacecraft))


def _servings(search: Search) -> list[Serving]:
    servings = []
    for craft, served in zip(search.crafts, search.served, strict=True):
        blocks, _ = craft.best(craft.worth, search.no_prices, share=0.0)
        alone = _sums(search, blocks, craft.place)
        for k, (start, stop) in enumerate(search.grid.task.periods(craft.need.period)):
            asked = float(craft.asked[k])
            possible = max(float(alone[k]), float(served[k]))
            reason = ""
            if served[k] < asked * (1.0 - 1e-6):
                reason = _reason(search, craft.place, k, possible, asked)
            servings.append(Serving(craft.need, start, stop, asked, float(served[k]), possible, reason))
    return servings


def _sums(search: Search, blocks: list[Block], place: int) -> FloatArray:
    """What blocks of a spacecraft bring by period, apart from the plan."""
    craft = search.crafts[place]
    total = np.zeros(len(craft.asked))
    for block in blocks:
        row = craft.rows[block.row]
        passes = heard(
            row.pair.windows,
            search.grid.edge(block.first),
            search.grid.edge(block.last + 1),
            least_pass=craft.need.least_pass,
        )
        amount = row.pair.time if craft.need.in_time else row.pair.data
        for slot in range(block.first, block.last + 1):
            a, b = search.grid.edge(slot), search.grid.edge(slot + 1)
            cut = np.clip(passes, a, b)
            total[craft.period[slot]] += float(np.sum(amount(cut[:, 0], cut[:, 1])))
    return total


def _reason(search: Search, place: int, period: int, possible: float, asked: float) -> str:
    """Why a demand is not served in a period."""
    craft, task = search.crafts[place], search.grid.task
    here = craft.period == period
    if not craft.open[:, here].any():
        return "no antenna sees it"
    if possible < asked * (1.0 - 1e-6):
        return (
            f"its windows hold {100.0 * possible / asked:.0f} % of what is asked; ask for no more than that"
        )
    spent = [
        task.agreements[number].id
        for number, _, under in craft.covered
        if under.any()
        and np.any(search.hours[number] >= search.parts[number] * task.agreements[number].at_most - 0.5)
    ]
    if spent:
        return f"agreement {' and '.join(spent)} is used up"
    # who has the antennas that see it
    taken: dict[str, int] = {}
    stations = {int(s) for i, s in enumerate(craft.station) if craft.open[i, here].any()}
    for other in search.crafts:
        if other is craft:
            continue
        for block in search.blocks[other.place]:
            if int(other.station[block.row]) in stations:
                over = int(np.count_nonzero(here[block.first : block.last + 1]))
                if over:
                    taken[other.need.spacecraft] = taken.get(other.need.spacecraft, 0) + over
    first = sorted(taken, key=lambda name: -taken[name])[:3]
    if not first:
        return "what is left of its windows is too short for a pass"
    return f"antennas that see it listen to {', '.join(first)}"


def _kept(search: Search) -> list[Kept]:
    kept = []
    for number, agreement in enumerate(search.grid.task.agreements):
        for k, (start, stop) in enumerate(search.periods[number]):
            part = float(search.parts[number][k])
            kept.append(
                Kept(
                    agreement,
                    start,
                    stop,
                    part * agreement.at_least,
                    part * agreement.at_most,
                    float(search.hours[number][k]),
                )
            )
    return kept
