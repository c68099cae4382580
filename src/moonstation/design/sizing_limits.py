"""Where no design carries a load: what binds, and the least single change that closes it."""

from dataclasses import replace

import numpy as np

from moonstation.design.sizing_case import Case
from moonstation.design.sizing_programme import GAP, Programme
from moonstation.design.sizing_search import NoDesignError, Sizing, best_design, failing_spells

TRIFLE = 1e-9
"""Weight of all else where the least amount of one thing is sought, so that it is finite too."""

ROUNDS = 40
BLOCK = 8
"""Steps taken together while the share that can be carried is sought; the share is then run step by step."""


def why_not(none: NoDesignError) -> str:
    """Say what binds and what closes it, in one line.

    Each limit is lifted on its own, and the design that needs least of what it limits is sought: what it needs is the
    smallest change. The share of the load that can be carried within all limits is the other way out.
    """
    case = none.case
    binding, cures = [], []
    kinds = list(dict.fromkeys(source.kind for source in case.sources if np.isfinite(source.most)))
    for kind in kinds:
        most = next(source.most for source in case.sources if source.kind == kind)
        binding.append(f"{kind} at most {most / 1e3:g} kW")
        need = _least_power(case, kind)
        if need is not None:
            cures.append(f"{kind} up to {_above(need / 1e3)} kW")
    for store in case.stores:
        if np.isfinite(store.most):
            binding.append(f"{store.id} at most {store.most / 3.6e6:g} kWh")
            need = _least_capacity(case, store.id)
            if need is not None:
                cures.append(f"{store.id} up to {_above(need / 3.6e6)} kWh")
    if not case.stores:
        binding.append("no store is offered")
    binding += [f"{source.id} gets no light" for source in case.sources if not np.any(source.share > 0.0)]
    if not case.stores:
        cures.append("a store beside the sources")
    share = most_carried(case)
    if share > 0.0:
        cures.append(f"a load lower by {_above(100.0 * (1.0 - share))} %")
    words = "; ".join(binding) or "the sources give too little"
    if not cures:
        return f"no design carries the load: {words}; offer other sources"
    return f"no design carries the load: {words}. What closes it, each alone: {', or '.join(cures)}"


def _above(value: float) -> str:
    """Four figures, rounded up, so that what is told is enough."""
    if value <= 0.0:
        return "0"
    scale = 10.0 ** (3 - int(np.floor(np.log10(value))))
    return f"{np.ceil(value * scale * (1.0 - 1e-9)) / scale:.10g}"


def _least_power(case: Case, kind: str) -> float | None:
    """Least power of a kind with which the load is carried [W], its own limit lifted; None if none is enough."""
    sources = tuple(replace(s, most=np.inf) if s.kind == kind else s for s in case.sources)
    counts = tuple(1.0 if s.kind == kind else TRIFLE for s in sources)
    found = _found(
        replace(case, sources=sources, per_w=counts, per_j=(TRIFLE / 86_400.0,) * len(case.stores))
    )
    return None if found is None else sum(found.power[s.id] for s in sources if s.kind == kind)


def _least_capacity(case: Case, name: str) -> float | None:
    """Least capacity of a store with which the load is carried [J], its own limit lifted; None if none is enough."""
    stores = tuple(replace(s, most=np.inf) if s.id == name else s for s in case.stores)
    counts = tuple(1.0 / 86_400.0 if s.id == name else TRIFLE / 86_400.0 for s in stores)
    found = _found(replace(case, stores=stores, per_w=(TRIFLE,) * len(case.sources), per_j=counts))
    return None if found is None else found.capacity[name]


def _found(case: Case) -> Sizing | None:
    try:
        return best_design(case, GAP, None)
    except NoDesignError:
        return None


def most_carried(case: Case) -> float:
    """Share of the load that some design within the limits carries in every step."""
    spells: list[tuple[int, int]] = []
    share, power, capacity = 0.0, np.zeros(len(case.sources)), np.zeros(len(case.stores))
    for _ in range(ROUNDS):
        programme = Programme(case, spells, BLOCK, carried=True)
        # the lightest of those that carry most, so that amounts without a limit stay finite
        worth = sum(abs(weight) for _, weight in programme.worth()) or 1.0
        small = [(column, TRIFLE * weight / worth) for column, weight in programme.worth()]
        found = programme.solve([(programme.carried, -1.0), *small])
        if found is None:
            return 0.0
        share = float(found[0][programme.carried])
        power, capacity = programme.design(found[0])
        lowered = replace(case, load=share * case.load)
        missing, full, _ = lowered.run(power, capacity)
        new = [s for s in failing_spells(lowered, missing, full) if s not in spells]
        if not new:
            break
        spells += new
    low, high = 0.0, share
    for _ in range(40):
        middle = 0.5 * (low + high)
        lowered = replace(case, load=middle * case.load)
        fails = np.any(lowered.failing(lowered.run(power, capacity)[0]))
        low, high = (low, middle) if fails else (middle, high)
    return low
