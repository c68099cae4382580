"""The lightest sources and stores that carry a load through the light of a place: a linear or mixed-integer programme.

The programme over a whole history of light would have millions of variables. Two exact reductions make it small:

- It is solved over spells: stretches that begin with full stores. Every spell is a part of the whole, begun better than
  the whole could begin it.
- Steps are taken together in blocks: what can be done step by step can be done with the means of a block.

So the optimum over some spells and blocks is never heavier than that over all: a lower bound. The design found is then
run through the whole history, step by step; where it fails, the spell before the failure joins the programme, and where
that does not help, its stores are made larger until it serves. What it is heavier than the bound is the gap; blocks are
made shorter until the gap is small enough or blocks are single steps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.design._sizing_kernels import serve
from moonstation.errors import RequestError

SERVED = 1e-6
"""Share of the load that counts as round-off where it is not served."""

SPELLS_A_ROUND = 6
LONGEST_SPELL = 3000
"""Steps of a spell: of longer ones only the end, begun with full stores, joins the programme."""

BLOCKS = (24, 8, 4, 2, 1)
"""Steps taken together, from coarse to exact."""

GAP = 0.002
"""Gap at which a design is good enough."""

CHOICES = 3
"""How often months to leave out are chosen anew, by the design of the choice before."""

MOST_ROUNDS = 80
SOLVER_S = 60.0
MOST_GROWTH = 4.0
"""A design that has to grow more than this is no start for one."""


@dataclass(frozen=True, eq=False)
class Source:
    """A kind of source that can be built.

    Attributes
    ----------
    id, name : str
        Names.
    share : (n,) array
        Power in each step of one watt rated.
    mass_per_w : float
        [kg/W]
    unit : float
        Power of one unit where only whole ones are built [W]; 0 where any amount is.
    most : float
        Most of it [W].
    """

    id: str
    name: str
    share: FloatArray
    mass_per_w: float
    unit: float = 0.0
    most: float = np.inf


@dataclass(frozen=True)
class Store:
    """A kind of store that can be built.

    Attributes
    ----------
    id, name : str
        Names.
    mass_per_j : float
        Of its whole capacity [kg/J].
    usable : float
        Share of the capacity that is used.
    efficiency : float
        Round trip; its square root is lost each way.
    most : float
        Most capacity [J].
    """

    id: str
    name: str
    mass_per_j: float
    usable: float
    efficiency: float
    most: float = np.inf


@dataclass(frozen=True, eq=False)
class Sizing:
    """A design and how good it is.

    Attributes
    ----------
    power : dict of str to float
        Rated power of each source [W].
    capacity : dict of str to float
        Capacity of each store [J].
    mass : float
        Of all of it [kg].
    bound : float
        No design that serves the load is lighter [kg].
    spells : tuple of (int, int)
        Steps from and to which the programme was solved: those that bind are among them.
    dropped : tuple of int
        Months that it need not serve, by number.
    missing : (n,) array
        Power not served in each step [W].
    rounds : int
        How often the programme was solved.
    block : int
        Steps taken together when it was solved last.
    """

    power: dict[str, float]
    capacity: dict[str, float]
    mass: float
    bound: float
    spells: tuple[tuple[int, int], ...]
    dropped: tuple[int, ...]
    missing: FloatArray
    rounds: int
    block: int = 1

    @property
    def gap(self) -> float:
        """How much lighter it could be at most, as share of its mass."""
        return (self.mass - self.bound) / self.mass if self.mass > 0.0 else 0.0


class SolverError(RequestError):
    """The solver found neither a design nor that there is none."""


@dataclass(frozen=True, eq=False)
class _Case:
    """A question: what to carry, with what."""

    load: FloatArray
    step: float
    sources: tuple[Source, ...]
    stores: tuple[Store, ...]


def size_power(
    load: FloatArray,
    step: float,
    *,
    sources: Sequence[Source],
    stores: Sequence[Store],
    month: IntArray | None = None,
    confidence: float = 1.0,
    gap: float = GAP,
    progress: Callable[[float], None] | None = None,
) -> Sizing:
    """Find the lightest design that carries a load.

    Parameters
    ----------
    load : (n,) array
        Power asked for in each step [W].
    step : float
        [s]
    sources, stores : sequence
        What can be built; at least one source.
    month : (n,) array of int, optional
        Month that each step belongs to; needed with a confidence below 1.
    confidence : float
        Share of the months in which the whole load is carried. The months left out are those that the design fails
        first when all of it is made smaller; another choice may be lighter, so the bound is that of this choice.
    gap : float
        Share of its mass by which the design may be heavier than the bound before it is sought more closely.
    progress : callable, optional
        Called with a share done, 0 to 1, that grows as the design comes near the bound.

    Returns
    -------
    Sizing
        The design, its bound and the spells that made it.

    Raises
    ------
    RequestError
        If inputs make no sense, or no design within the limits carries the load; says what binds and which share of
        the load can be carried.
    """
    case = _case(load, step, sources, stores)
    best = _lightest(case, gap, progress)
    if confidence == 1.0:
        return best
    if not 0.0 < confidence < 1.0:
        raise RequestError(f"confidence {confidence:g} is not above 0 and at most 1, as in 0.95")
    if month is None:
        raise RequestError("a confidence below 1 counts months: give the month of each step")
    droppable = int(np.floor((1.0 - confidence) * np.unique(month).size + 1e-9))
    for _ in range(CHOICES):
        dropped = _first_to_fail(case, best, month, droppable)
        left = replace(case, load=np.where(np.isin(month, dropped), 0.0, case.load))
        chosen = _lightest(left, gap, progress)
        if best.dropped and chosen.mass >= best.mass:
            break
        power, capacity = np.array(list(chosen.power.values())), np.array(list(chosen.capacity.values()))
        missing, _, _ = _run(case, power, capacity)
        best = replace(chosen, dropped=tuple(dropped.tolist()), missing=missing)
    return best


def _first_to_fail(case: _Case, design: Sizing, month: IntArray, droppable: int) -> IntArray:
    """Months that a design fails first when all of it is made smaller in one ratio, at most so many."""
    power, capacity = np.array(list(design.power.values())), np.array(list(design.capacity.values()))

    def failed(ratio: float) -> IntArray:
        missing, _, _ = _run(case, ratio * power, ratio * capacity)
        return np.unique(month[_failing(case, missing)])

    low, high = 0.0, 1.0
    if failed(high).size > droppable:  # a design that drops some months already
        low, high = 1.0, 2.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if failed(middle).size <= droppable else (middle, high)
    return failed(high)


def _lightest(case: _Case, gap: float, progress: Callable[[float], None] | None) -> Sizing:
    spells = _first_spells(case)
    best: Sizing | None = None
    rounds, bound = 0, 0.0
    for place, block in enumerate(BLOCKS):
        while True:
            rounds += 1
            try:
                solved = _solve(case, spells, block)
            except SolverError:
                if best is None:
                    raise
                return best  # with the gap that it has
            if solved is None:
                raise RequestError(_why_not(case, spells))
            power, capacity, least = solved
            bound = max(bound, least)
            missing, full, _ = _run(case, power, capacity)
            failing = _failing(case, missing)
            new = [spell for spell in _spells(case, missing, full, failing) if spell not in spells]
            if progress is not None:
                progress((place + 1.0 - 1.0 / rounds) / len(BLOCKS))
            if not new or rounds >= MOST_ROUNDS:
                break
            spells = spells + new
        found = _grown(case, power, capacity, spells, rounds)
        if best is None or found.mass < best.mass:
            best = found
        best = replace(best, bound=min(bound, best.mass), spells=tuple(spells), rounds=rounds, block=block)
        if best.gap <= gap or rounds >= MOST_ROUNDS:
            break
    assert best is not None
    return best


def least_mass(
    load: FloatArray,
    step: float,
    *,
    sources: Sequence[Source],
    stores: Sequence[Store],
    like: Sizing,
) -> float:
    """Lightest mass [kg] over the spells and blocks of an earlier design: what a small change of the question changes.

    The difference of two of these, divided by the change, is a shadow price. Months that the design drops stay dropped.

    Raises
    ------
    RequestError
        If the changed question has no answer.
    """
    case = _case(load, step, sources, stores)
    solved = _solve(case, like.spells, like.block)
    if solved is None:
        raise RequestError(_why_not(case, like.spells))
    return solved[2]


def stored(
    load: FloatArray, step: float, *, sources: Sequence[Source], stores: Sequence[Store], design: Sizing
) -> FloatArray:
    """Energy in all stores above what is never used, at the begin of each step of a design's run [J], (n,)."""
    case = _case(load, step, sources, stores)
    power, capacity = np.array(list(design.power.values())), np.array(list(design.capacity.values()))
    return _run(case, power, capacity)[2]


def _case(load: FloatArray, step: float, sources: Sequence[Source], stores: Sequence[Store]) -> _Case:
    if not sources:
        raise RequestError("no source is offered; offer one, as in array")
    if not np.all(np.isfinite(load)) or np.any(load < 0.0):
        raise RequestError("the load must be finite and 0 or more in every step")
    for source in sources:
        if (
            source.share.shape != load.shape
            or not np.all(np.isfinite(source.share))
            or np.any(source.share < 0.0)
        ):
            raise RequestError(
                f"source {source.id}: give a finite share of 0 or more for each of {load.size} steps"
            )
        if not source.mass_per_w > 0.0:
            raise RequestError(f"source {source.id}: mass {source.mass_per_w:g} kg/W must be above 0")
    for store in stores:
        if not (store.mass_per_j > 0.0 and 0.0 < store.usable <= 1.0 and 0.0 < store.efficiency <= 1.0):
            raise RequestError(
                f"store {store.id}: mass must be above 0, usable share and efficiency above 0 to 1"
            )
    return _Case(load, step, tuple(sources), tuple(stores))


def _run(case: _Case, power: FloatArray, capacity: FloatArray) -> tuple[FloatArray, BoolArray, FloatArray]:
    offered = np.zeros(case.load.size)
    for source, rated in zip(case.sources, power, strict=True):
        offered += rated * source.share
    usable = capacity * np.array([store.usable for store in case.stores])
    one_way = np.sqrt(np.array([store.efficiency for store in case.stores]))
    missing, full, held = serve(offered, case.load, usable, one_way, case.step)
    return missing, full, held


def _failing(case: _Case, missing: FloatArray) -> BoolArray:
    return missing > SERVED * case.load


def _spells(case: _Case, missing: FloatArray, full: BoolArray, failing: BoolArray) -> list[tuple[int, int]]:
    """Spells that end in a failure and begin with full stores, those that miss most energy first."""
    edges = np.flatnonzero(np.diff(np.r_[False, failing, False].astype(np.int8)))
    found: dict[int, tuple[float, int]] = {}
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        before = np.flatnonzero(full[: first + 1])
        begin = max(int(before[-1]) if before.size else 0, int(end) - LONGEST_SPELL)
        lost, last = found.get(begin, (0.0, 0))
        found[begin] = (lost + float(np.sum(missing[first:end])), max(last, int(end)))
    worst = sorted(found.items(), key=lambda item: -item[1][0])
    return [(begin, end) for begin, (_, end) in worst[:SPELLS_A_ROUND]]


def _first_spells(case: _Case) -> list[tuple[int, int]]:
    """The longest stretch in which each source gives least: a place to begin."""
    spells = []
    for source in case.sources:
        poor = source.share <= 0.05 * max(float(np.max(source.share)), 1e-300)
        edges = np.flatnonzero(np.diff(np.r_[False, poor, False].astype(np.int8)))
        if edges.size:
            length = edges[1::2] - edges[::2]
            k = int(np.argmax(length))
            spells.append(
                (max(0, int(edges[2 * k]) - 1), min(int(edges[2 * k + 1]), int(edges[2 * k]) + LONGEST_SPELL))
            )
    return list(dict.fromkeys(spells)) or [(0, min(case.load.size, LONGEST_SPELL))]


def _solve(
    case: _Case, spells: Sequence[tuple[int, int]], block: int
) -> tuple[FloatArray, FloatArray, float] | None:
    """Lightest design over some spells; None if there is none."""
    programme = _Programme(case, spells, block)
    found = programme.solve(programme.masses())
    if found is None:
        return None
    columns, bound = found
    units = np.array(programme.unit)
    power = np.maximum(columns[programme.power], 0.0) * units
    whole = np.array([source.unit > 0.0 for source in case.sources])
    power = np.where(whole, np.round(columns[programme.power]) * units, power)
    capacity = np.maximum(columns[programme.capacity], 0.0) * programme.joules
    return power, capacity, bound


class _Programme:
    """The programme over some spells; powers in units of the largest load, energies in those of it over a day.

    Rows and columns are collected as arrays, a family of constraints at a time: a model made of one Python object for
    each of a hundred thousand terms would take longer to write than to solve.
    """

    def __init__(
        self, case: _Case, spells: Sequence[tuple[int, int]], block: int, *, carried: bool = False
    ) -> None:
        self.case = case
        self.watts = max(float(np.max(case.load)), 1e-9)
        self.joules = self.watts * 86_400.0
        self._columns: list[tuple[FloatArray, FloatArray, BoolArray]] = []
        self._rows: list[FloatArray] = []
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []
        self.column_count = self.row_count = 0
        self.carried = int(self._add_columns(1, most=1.0, least=0.0 if carried else 1.0)[0])
        self._build()
        self.months_balance()
        for begin, end in spells:
            self.spell_is_carried(begin, end, block)

    def _add_columns(
        self, count: int, *, most: float = np.inf, least: float = 0.0, whole: bool = False
    ) -> IntArray:
        self._columns.append((np.full(count, least), np.full(count, most), np.full(count, whole)))
        self.column_count += count
        return np.arange(self.column_count - count, self.column_count)

    def _add_rows(self, at_least: FloatArray, *terms: tuple[IntArray | int, FloatArray | float]) -> None:
        """Rows ``sum(coefficient * column) >= at_least``; each term is one column and coefficient a row, or for all."""
        count = at_least.size
        rows = np.arange(self.row_count, self.row_count + count)
        for column, coefficient in terms:
            self._entries.append((rows, np.broadcast_to(column, count), np.broadcast_to(coefficient, count)))
        self._rows.append(at_least)
        self.row_count += count

    def _build(self) -> None:
        """Rated powers and capacities; a source that comes in whole units has a whole column, else any amount."""
        sources, stores = self.case.sources, self.case.stores
        most = [min(s.most, 1e6 * self.watts) for s in sources]
        self.unit = [s.unit if s.unit > 0.0 else self.watts for s in sources]
        self.power = [
            int(
                self._add_columns(
                    1, most=np.floor(m / u + 1e-9) if s.unit > 0.0 else m / u, whole=s.unit > 0.0
                )[0]
            )
            for s, m, u in zip(sources, most, self.unit, strict=True)
        ]
        self.capacity = [int(self._add_columns(1, most=min(s.most / self.joules, 1e7))[0]) for s in stores]

    def masses(self) -> list[tuple[int, float]]:
        """Columns that weigh something, and what one of each weighs [kg]."""
        sources, stores = self.case.sources, self.case.stores
        return [
            *((c, s.mass_per_w * u) for s, c, u in zip(sources, self.power, self.unit, strict=True)),
            *((c, s.mass_per_j * self.joules) for s, c in zip(stores, self.capacity, strict=True)),
        ]

    def months_balance(self) -> None:
        """Each 30 days: ``sum(power * share) + usable capacity >= load``, which spells imply, but it is cheap."""
        case = self.case
        days = case.step / 86_400.0
        place = np.arange(case.load.size) // max(1, round(30.0 / days))
        asked = np.bincount(place, case.load) / self.watts * days
        terms: list[tuple[IntArray | int, FloatArray | float]] = [(self.carried, -asked)]
        for source, column, unit in zip(case.sources, self.power, self.unit, strict=True):
            share = np.bincount(place, source.share) * (days * unit / self.watts)
            terms.append((column, np.asarray(share, dtype=np.float64)))
        terms += [(column, store.usable) for store, column in zip(case.stores, self.capacity, strict=True)]
        self._add_rows(np.zeros(asked.size), *terms)

    def spell_is_carried(self, begin: int, end: int, block: int) -> None:
        """From full stores on, in each step ``sources + discharge >= load + charge``.

        ``level' = level + one_way * charge - discharge / one_way``, ``0 <= level <= usable * capacity``. Steps of a
        block, or with equal light and load, are one.
        """
        case = self.case
        shares = np.array([source.share[begin:end] for source in case.sources])
        load = case.load[begin:end] / self.watts
        alike = np.all(np.diff(shares, axis=1) == 0.0, axis=0) & (np.diff(load) == 0.0)
        place = np.arange(1, end - begin)
        change = np.flatnonzero(~alike & (place % block == 0)) + 1
        first = np.r_[0, change]
        counts = np.diff(np.r_[first, end - begin])
        days = counts * case.step / 86_400.0
        shares = np.asarray(np.add.reduceat(shares, first, axis=1) / counts, dtype=np.float64)
        load = np.add.reduceat(load, first) / counts
        steps, nothing = first.size, np.zeros(first.size)
        balance: list[tuple[IntArray | int, FloatArray | float]] = [(self.carried, -load)]
        for row, column, unit in zip(shares, self.power, self.unit, strict=True):
            balance.append((column, row * (unit / self.watts)))
        for store, column in zip(case.stores, self.capacity, strict=True):
            one_way = float(np.sqrt(store.efficiency))
            charge, discharge, level = (self._add_columns(steps) for _ in range(3))
            balance += [(discharge, 1.0), (charge, -1.0)]
            # with spare power to throw away, "no more than" is as good as "equal"
            kept = [(level, -1.0), (charge, one_way * days), (discharge, -days / one_way)]
            self._add_rows(nothing[:1], (column, store.usable), *((c[:1], _first(a)) for c, a in kept))
            self._add_rows(nothing[1:], (level[:-1], 1.0), *((c[1:], _rest(a)) for c, a in kept))
            self._add_rows(nothing, (column, store.usable), (level, -1.0))
        self._add_rows(nothing, *balance)

    def solve(self, goal: Sequence[tuple[int, float]]) -> tuple[FloatArray, float] | None:
        """Minimise a sum of columns: their values, and the bound; None if the rows cannot be met."""
        from ortools.math_opt import model_pb2
        from ortools.math_opt.python import mathopt

        least, most, whole = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        at_least = np.concatenate(self._rows)
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        kept = values != 0.0
        order = np.lexsort((columns[kept], rows[kept]))
        rows, columns, values = rows[kept][order], columns[kept][order], values[kept][order]
        proto = model_pb2.ModelProto()
        proto.variables.ids.extend(range(self.column_count))
        proto.variables.lower_bounds.extend(least.tolist())
        proto.variables.upper_bounds.extend(most.tolist())
        proto.variables.integers.extend(whole.tolist())
        proto.linear_constraints.ids.extend(range(self.row_count))
        proto.linear_constraints.lower_bounds.extend(at_least.tolist())
        proto.linear_constraints.upper_bounds.extend([np.inf] * self.row_count)
        proto.linear_constraint_matrix.row_ids.extend(rows.tolist())
        proto.linear_constraint_matrix.column_ids.extend(columns.tolist())
        proto.linear_constraint_matrix.coefficients.extend(values.tolist())
        wanted = sorted(goal)
        proto.objective.linear_coefficients.ids.extend([column for column, _ in wanted])
        proto.objective.linear_coefficients.values.extend([weight for _, weight in wanted])
        model = mathopt.Model.from_model_proto(proto)
        limits = mathopt.SolveParameters(
            time_limit=timedelta(seconds=SOLVER_S), relative_gap_tolerance=0.25 * GAP
        )
        # GLOP knows no whole numbers, and now and then calls its own answer imprecise
        for solver in (mathopt.SolverType.GLOP, mathopt.SolverType.HIGHS)[int(np.any(whole)) :]:
            result = mathopt.solve(model, solver, params=limits)
            reason = result.termination.reason
            if reason != mathopt.TerminationReason.IMPRECISE:
                break
        if reason in (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE):
            found = result.variable_values()
            solution = np.zeros(self.column_count)
            for variable, value in found.items():
                solution[variable.id] = value
            return solution, float(result.best_objective_bound())
        if reason in (
            mathopt.TerminationReason.INFEASIBLE,
            mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
        ):
            return None
        detail = result.termination.detail or reason.name
        raise SolverError(f"sizing: the solver gave up ({detail}); offer fewer kinds of sources and stores")


def _first(values: FloatArray | float) -> FloatArray | float:
    return values[:1] if isinstance(values, np.ndarray) else values


def _rest(values: FloatArray | float) -> FloatArray | float:
    return values[1:] if isinstance(values, np.ndarray) else values


def _why_not(case: _Case, spells: Sequence[tuple[int, int]]) -> str:
    """What binds where no design carries the load, and which share of it can be carried."""
    programme = _Programme(case, spells, BLOCKS[0], carried=True)
    found = programme.solve([(programme.carried, -1.0)])
    share = 0.0 if found is None else float(found[0][programme.carried])
    dark = [source.id for source in case.sources if not np.any(source.share > 0.0)]
    limits = [
        f"{source.id} at most {source.most / 1e3:g} kW" for source in case.sources if np.isfinite(source.most)
    ]
    limits += [
        f"{store.id} at most {store.most / 3.6e6:g} kWh" for store in case.stores if np.isfinite(store.most)
    ]
    if not case.stores:
        limits.append("no store is offered")
    limits += [f"{name} gets no light" for name in dark]
    return (
        f"no design carries the load: {'; '.join(limits) or 'the sources give too little'}. "
        f"{100.0 * share:.1f} % of it can be carried: lower the load to that, or raise one of these limits"
    )


def _grown(
    case: _Case,
    power: FloatArray,
    capacity: FloatArray,
    spells: Sequence[tuple[int, int]],
    rounds: int,
) -> Sizing:
    """Make all of a design larger in one ratio, as little as it takes to serve the history when it is run.

    Sources in whole units stay, unless there is no store: then a unit is added to each until it serves.
    """
    fixed = np.array([source.unit > 0.0 for source in case.sources])

    def larger(ratio: float) -> tuple[FloatArray, FloatArray]:
        return np.where(fixed, power, power * ratio), capacity * ratio

    def serves(ratio: float) -> bool:
        missing, _, _ = _run(case, *larger(ratio))
        return not np.any(_failing(case, missing))

    low, high = 1.0, 1.0
    while not serves(high):
        low, high = high, 1.0 + max(2.0 * (high - 1.0), 1e-4)
        if high > MOST_GROWTH:
            return _sizing(case, *larger(np.inf), spells, rounds)
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if serves(middle) else (middle, high)
    return _sizing(case, *larger(high), spells, rounds)


def _sizing(
    case: _Case,
    power: FloatArray,
    capacity: FloatArray,
    spells: Sequence[tuple[int, int]],
    rounds: int,
) -> Sizing:
    mass = sum(s.mass_per_w * p for s, p in zip(case.sources, power, strict=True))
    mass += sum(s.mass_per_j * c for s, c in zip(case.stores, capacity, strict=True))
    missing, _, _ = _run(case, power, capacity)
    return Sizing(
        power={s.id: float(p) for s, p in zip(case.sources, power, strict=True)},
        capacity={s.id: float(c) for s, c in zip(case.stores, capacity, strict=True)},
        mass=float(mass),
        bound=0.0,
        spells=tuple(spells),
        dropped=(),
        missing=missing,
        rounds=rounds,
    )
