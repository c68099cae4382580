"""The best set of a size solved as an integer programme, with the bound that it proves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.errors import RequestError
from moonstation.study.relay_sets import Cover, unpack

MOST_CELLS = 4000
"""Different steps that the programme takes at most; of more, every second, third ... step of the grid is taken."""

EFFORT = 20.0
"""How much the solver may work, in its own measure (about seconds): the result does not depend on the machine."""


@dataclass(frozen=True)
class Solved:
    """What the integer programme found.

    Attributes
    ----------
    chosen : tuple of int
        Candidates; empty where no set meets the gap.
    bound : float
        No set of the size covers a greater share of the programme's steps at the worst site.
    share : float
        What the set covers of them.
    every : int
        The programme looks at each so-many-th step of the grid.
    """

    chosen: tuple[int, ...]
    bound: float
    share: float
    every: int


def solve_cover(
    cover: Cover,
    size: int,
    *,
    hint: Sequence[int] = (),
    longest_gap: int | None = None,
    effort: float = EFFORT,
    seed: int = 1,
    workers: int = 2,
) -> Solved:
    """The set of a size that covers most at the worst site (maximum coverage; Church & ReVelle 1974), by CP-SAT.

    Parameters
    ----------
    cover : Cover
        What the candidates see.
    size : int
        Members at most.
    hint : sequence of int
        A set to begin with.
    longest_gap : int, optional
        No gap may be longer [steps of the grid]; rounded down to steps of the programme.
    effort : float
        How much the solver may work.
    seed, workers : int
        Of the solver; for the same of both the result is the same.

    Raises
    ------
    RequestError
        If the solver ends without an answer.
    """
    from ortools.sat.python import cp_model

    every = max(1, -(-cover.steps * cover.words.shape[1] // MOST_CELLS))
    seen = unpack(cover.words, cover.steps)[:, :, ::every]
    served = unpack(cover.base[0], cover.steps)[:, ::every]
    steps = seen.shape[2]
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(len(seen))]
    model.add(sum(taken) <= size)
    # hints and the same order every time: the solver's search is then repeatable
    for k, variable in enumerate(taken):
        model.add_hint(variable, int(k in hint))
    least = model.new_int_var(0, steps, "")
    for site in range(seen.shape[1]):
        columns, index, counts = np.unique(seen[:, site].T, axis=0, return_inverse=True, return_counts=True)
        index = index.ravel()
        counts = np.bincount(index[~served[site]], minlength=len(columns))
        covered = []
        for column, count in zip(columns, counts.tolist(), strict=True):
            variable = model.new_bool_var("")
            members = [taken[k] for k in np.flatnonzero(column)]
            if members:
                model.add_bool_or([*members, variable.negated()])
            else:
                model.add(variable == 0)
            covered.append((variable, count))
        model.add(least <= sum(v * c for v, c in covered) + int(served[site].sum()))
        if longest_gap is not None:
            width = longest_gap // every + 1
            for first in range(steps - width + 1):
                window = slice(first, first + width)
                if not served[site, window].any():
                    members = [taken[k] for k in np.flatnonzero(seen[:, site, window].any(axis=1))]
                    model.add_bool_or(members)
    model.maximize(least)
    solver = cp_model.CpSolver()
    solver.parameters.max_deterministic_time = effort
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers
    solver.parameters.interleave_search = True
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Solved((), 0.0, 0.0, every)
    if status == cp_model.UNKNOWN:
        return Solved((), solver.best_objective_bound / steps, 0.0, every)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise RequestError(f"sets of {size} relays: the solver ends with {solver.status_name(status)}")
    chosen = tuple(k for k, variable in enumerate(taken) if solver.value(variable))
    return Solved(chosen, solver.best_objective_bound / steps, solver.objective_value / steps, every)
