"""The linear or mixed-integer programme of a sizing over some spells, a family of constraints at a time."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.design.sizing_case import Case
from moonstation.errors import RequestError

GAP = 0.002
"""Gap at which a design is good enough."""

LONGEST_NIGHT = 366.0
"""Days for which stores may carry the load alone at most; also at most half the history."""

SOLVER_S = 60.0


class SolverError(RequestError):
    """The solver found neither a design nor that there is none."""


class Programme:
    """The programme over some spells; powers in units of the largest load, energies in those of it over a day.

    Rows and columns are collected as arrays, a family of constraints at a time: a model made of one Python object for
    each of a hundred thousand terms would take longer to write than to solve.
    """

    def __init__(
        self, case: Case, spells: Sequence[tuple[int, int]], block: int, *, carried: bool = False
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
        self.kinds_within_limits()
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
        # what carries the load for longer than these is no store but a source, full when it comes
        days = min(LONGEST_NIGHT, 0.5 * self.case.load.size * self.case.step / 86_400.0)
        self.capacity = [
            int(
                self._add_columns(1, most=min(s.most / self.joules, days / (s.usable * s.efficiency**0.5)))[0]
            )
            for s in stores
        ]

    def worth(self) -> list[tuple[int, float]]:
        """Columns that count something, and what one of each counts."""
        return [
            *((c, each * u) for each, c, u in zip(self.case.per_w, self.power, self.unit, strict=True)),
            *((c, each * self.joules) for each, c in zip(self.case.per_j, self.capacity, strict=True)),
        ]

    def kinds_within_limits(self) -> None:
        """For each kind with a limit and more than one source: ``sum of power <= most``."""
        for kind in dict.fromkeys(source.kind for source in self.case.sources):
            members = [i for i, source in enumerate(self.case.sources) if source.kind == kind]
            most = self.case.sources[members[0]].most
            if len(members) > 1 and np.isfinite(most):
                terms = [(self.power[i], -self.unit[i] / self.watts) for i in members]
                self._add_rows(np.array([-most / self.watts]), *terms)

    def design(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rated powers [W] and capacities [J] of an answer."""
        units = np.array(self.unit)
        power = np.maximum(columns[self.power], 0.0) * units
        whole = np.array([source.unit > 0.0 for source in self.case.sources])
        power = np.where(whole, np.round(columns[self.power]) * units, power)
        return power, np.maximum(columns[self.capacity], 0.0) * self.joules

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
