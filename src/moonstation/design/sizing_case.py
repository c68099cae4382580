"""What a sizing asks: a load, and the sources and stores that can be built, with what each weighs and costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moonstation.arrays import BoolArray, FloatArray
from moonstation.design._sizing_kernels import serve
from moonstation.errors import RequestError

SERVED = 1e-6
"""Share of the load that counts as round-off where it is not served."""

Objective = Literal["mass", "cost"]


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
        Most of all sources of its kind together [W].
    cost_per_w : float
        What one watt costs, in one money for all; needed where cost counts.
    kind : str
        What it is one choice of; its own id if not given.
    """

    id: str
    name: str
    share: FloatArray
    mass_per_w: float
    unit: float = 0.0
    most: float = np.inf
    cost_per_w: float = np.nan
    kind: str = ""

    def __post_init__(self) -> None:
        """Make it a kind of its own where none is given."""
        if not self.kind:
            object.__setattr__(self, "kind", self.id)


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
    cost_per_j : float
        What one joule of its whole capacity costs.
    """

    id: str
    name: str
    mass_per_j: float
    usable: float
    efficiency: float
    most: float = np.inf
    cost_per_j: float = np.nan


@dataclass(frozen=True, eq=False)
class Case:
    """A question: what to carry with what, and what each watt of a source and joule of a store counts.

    Attributes
    ----------
    load : (n,) array
        Power asked for in each step [W].
    step : float
        [s]
    sources, stores : tuple
        What can be built.
    per_w, per_j : tuple of float
        What is to be least, of each source and store.
    """

    load: FloatArray
    step: float
    sources: tuple[Source, ...]
    stores: tuple[Store, ...]
    per_w: tuple[float, ...]
    per_j: tuple[float, ...]

    def worth(self, power: FloatArray, capacity: FloatArray) -> float:
        """What a design counts."""
        return float(np.dot(self.per_w, power) + np.dot(self.per_j, capacity))

    def run(self, power: FloatArray, capacity: FloatArray) -> tuple[FloatArray, BoolArray, FloatArray]:
        """Run a design through all steps.

        Returns power missing (n,) [W], whether the stores are full (n,), and what they hold above what is never used
        (n,) [J], at the begin of each step.
        """
        offered = np.zeros(self.load.size)
        for source, rated in zip(self.sources, power, strict=True):
            offered += rated * source.share
        usable = capacity * np.array([store.usable for store in self.stores])
        one_way = np.sqrt(np.array([store.efficiency for store in self.stores]))
        missing, full, held = serve(offered, self.load, usable, one_way, self.step)
        return missing, full, held

    def failing(self, missing: FloatArray) -> BoolArray:
        """Steps in which the load is not carried."""
        return missing > SERVED * self.load

    def within(self, power: FloatArray, capacity: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bring a design down to the limits that it passes."""
        kinds = [source.kind for source in self.sources]
        power = power.copy()
        for source in self.sources:
            members = [i for i, kind in enumerate(kinds) if kind == source.kind]
            used = float(np.sum(power[members]))
            if used > source.most:
                power[members] *= source.most / used
        return power, np.minimum(capacity, [store.most for store in self.stores])


def case_of(
    load: FloatArray,
    step: float,
    sources: Sequence[Source],
    stores: Sequence[Store],
    objective: Objective = "mass",
) -> Case:
    """Check a question.

    Raises
    ------
    RequestError
        If inputs make no sense.
    """
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
    if objective == "cost":
        for part, price in (
            *((source.id, source.cost_per_w) for source in sources),
            *((store.id, store.cost_per_j) for store in stores),
        ):
            if not (np.isfinite(price) and price > 0.0):
                raise RequestError(f"{part}: what is to be cheapest needs a price above 0 of each part")
    by_mass = objective == "mass"
    return Case(
        load,
        step,
        tuple(sources),
        tuple(stores),
        tuple(source.mass_per_w if by_mass else source.cost_per_w for source in sources),
        tuple(store.mass_per_j if by_mass else store.cost_per_j for store in stores),
    )
