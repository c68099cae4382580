"""A station's life with failures: one run step by step, or many, each with its own draws.

Assumptions and limits
----------------------
- Power follows the rules of `moonstation.simulation.power`; without failures, cold and dust it gives the same figures.
- What happens within a step happens at its end: failures, repairs and changes of mode take effect a step later at most.
- An element of which a failure leaves nothing neither gives, stores, uses nor sends anything. What a broken store held
  is lost. A repaired or exchanged unit is as good as new; a repaired store comes back empty.
- While power is short the survival loads are fed in the order of ``priority``, each wholly or not at all.
- An element that sleeps (survival mode) or stands by ages by the ``dormancy`` of its failure, others at full rate.
- Spares are for one failure each. Robots mend any number of things at a time.
- Dust takes ``exp(-rate * time)`` of an array's power and its share at each landing at the site (what lands in the
  same step lands together), brought up to date once a day. A cleaning leaves a share of it; without its cleaner at
  work it is left out until the next one is due.
- Ageing follows `moonstation.simulation.ageing`: cycles by rainflow counting as they close, time by the mean of charge
  at both ends of a day at most, both brought up to date once a day. The charge that a shrinking store cannot hold any
  more is lost. Repairs of a failure with ``effect = "share"`` renew their unit's part of the store; a store that is
  worn out fails in all these units at once, or for good where there is no such failure.
- A source with ``start_time`` starts anew after every time in which nothing of it worked. While its start is not fed
  the clock stands.
- Data of a site go straight to ground at the best rate of its working elements, and at the same time through the relay
  that takes most while it sees a ground station itself; relays keep nothing for later here: what is sent has arrived.
- An orbiter is one element without power: it works until a failure stops it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.simulation._draw_kernels import drawn_in
from moonstation.simulation._life_kernels import live
from moonstation.simulation._life_model import (
    BOOKS,
    DATA_BOOKS,
    STOCK_BOOKS,
    LifeModel,
    Tally,
    Trace,
    blank,
)
from moonstation.simulation.ranges import Range
from moonstation.threads import in_threads

YEAR = 365.25 * 86_400.0
DAY = 86_400.0
EVENTS_KEPT = 20_000
"""Events of one traced run that are kept; a run with more says so."""


@dataclass(frozen=True, eq=False)
class Life:
    """A station ready to be lived through.

    Attributes
    ----------
    model : LifeModel
        The station as arrays.
    times_s : (n,) array
        Instants [s, TDB past J2000]; each opens a step.
    step : float
        [s]
    parts : tuple of str
        Ids of elements, then of orbiters.
    buses, sites, functions, failures, relays, stores, visits : tuple of str
        Ids, in the order of the model.
    ranges : tuple of Range
        What every run draws anew.
    """

    model: LifeModel
    times_s: FloatArray
    step: float
    parts: tuple[str, ...]
    buses: tuple[str, ...]
    sites: tuple[str, ...]
    functions: tuple[str, ...]
    failures: tuple[str, ...]
    relays: tuple[str, ...]
    stores: tuple[str, ...]
    visits: tuple[str, ...]
    ranges: tuple[Range, ...]

    @property
    def years(self) -> int:
        """Years of the run, a last one that is not whole included."""
        return self.model.years.size - 1


@dataclass(frozen=True, eq=False)
class Lives:
    """What is kept of many runs; r runs, f functions, y years, i failures, e parts, b buses, s sites.

    Attributes
    ----------
    up : (r, f, y) array
        Steps of each year in which a function is there.
    first_lost, last_up : (r, f) array
        Step at which a function is lost first (infinite if never), and end of the last step in which it is there.
    failures, spent : (r, i) array
        Failures, and spares used.
    blame, item_down : (r, i) array
        Steps in which something of an item is broken while a function is lost, and in all.
    down, frozen : (r, e) array
        Steps in which a part that has arrived does not work or has no power; when it froze (infinite if never).
    energy : (r, b, 8) array
        Generated, served, unserved, curtailed, lost in stores, held on arrival, lost with broken stores, held at
        the end [J].
    unserved_year : (r, b, y) array
        [J]
    modes : (r, b, 3) array
        Steps in nominal mode, in survival mode and short of power.
    data : (r, s, 4) array
        Made, arrived on the ground, lost, waiting at the end [bit].
    health, through_store, worn : (r, k) array
        Capacity left by ageing, as share; energy that loads got out of a store [J]; step at which it was worn out
        first (infinite if never).
    visits : (r, v, 3) array
        Step at which a crew came (-1 if never), steps that it stayed, kind of event by which it left (0 if it did not).
    stocks : (r, s, 3, 4) array
        Oxygen, water and food delivered, used up, won back and left over at a site [kg].
    """

    up: FloatArray
    first_lost: FloatArray
    last_up: FloatArray
    failures: IntArray
    spent: IntArray
    blame: FloatArray
    item_down: FloatArray
    down: FloatArray
    frozen: FloatArray
    energy: FloatArray
    unserved_year: FloatArray
    modes: FloatArray
    data: FloatArray
    health: FloatArray
    through_store: FloatArray
    worn: FloatArray
    visits: FloatArray
    stocks: FloatArray

    @classmethod
    def empty(cls, life: Life, runs: int) -> "Lives":
        """Room for some runs."""
        f, y, i = len(life.functions), life.years, len(life.failures)
        e, b, s, k = len(life.parts), len(life.buses), len(life.sites), len(life.stores)
        return cls(
            up=np.zeros((runs, f, y)),
            first_lost=np.zeros((runs, f)),
            last_up=np.zeros((runs, f)),
            failures=np.zeros((runs, i), dtype=np.int64),
            spent=np.zeros((runs, i), dtype=np.int64),
            blame=np.zeros((runs, i)),
            item_down=np.zeros((runs, i)),
            down=np.zeros((runs, e)),
            frozen=np.zeros((runs, e)),
            energy=np.zeros((runs, b, BOOKS)),
            unserved_year=np.zeros((runs, b, y)),
            modes=np.zeros((runs, b, 3)),
            data=np.zeros((runs, s, DATA_BOOKS)),
            health=np.zeros((runs, k)),
            through_store=np.zeros((runs, k)),
            worn=np.zeros((runs, k)),
            visits=np.zeros((runs, len(life.visits), 3)),
            stocks=np.zeros((runs, s, 3, STOCK_BOOKS)),
        )

    def tally(self, run: int) -> Tally:
        """Room of one run, for the loop to fill."""
        return Tally(*(getattr(self, name)[run] for name in Tally._fields))


def live_many(
    life: Life,
    *,
    seed: int,
    first: int,
    runs: int,
    immune: Sequence[str] = (),
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Lives:
    """Live some runs through; the same whatever the number of threads and however the runs are divided.

    Parameters
    ----------
    life : Life
        The station.
    seed : int
        0 or more.
    first, runs : int
        Number of the first run, and how many.
    immune : sequence of str
        Failures, by id, that do not happen in these runs; all else is drawn as with them.
    workers : int, optional
        Threads; one a processor if not given.
    progress : callable, optional
        Called with the share done, 0 to 1.
    """
    return live_these(
        life, range(first, first + runs), seed=seed, immune=immune, workers=workers, progress=progress
    )


def live_these(
    life: Life,
    numbers: Sequence[int],
    *,
    seed: int,
    immune: Sequence[str] = (),
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Lives:
    """Live the runs of some numbers through, see `live_many`."""
    lives = Lives.empty(life, len(numbers))
    spared = _spared(life, immune)
    nothing = _trace(life, 0)

    def one(row: int) -> None:
        live(
            life.model,
            blank(life.model),
            spared,
            seed,
            numbers[row],
            lives.tally(row),
            nothing._replace(met=np.zeros(1, dtype=np.int64)),
        )

    in_threads(one, range(len(numbers)), workers, progress)
    return lives


def live_traced(
    life: Life, *, seed: int, run: int, immune: Sequence[str] = (), every: int = 1
) -> tuple[Lives, Trace]:
    """Live one run through and keep it through time, at every `every`-th instant."""
    lives = Lives.empty(life, 1)
    trace = _trace(life, every)
    live(life.model, blank(life.model), _spared(life, immune), seed, run, lives.tally(0), trace)
    return lives, trace


def drawn_values(life: Life, *, seed: int, first: int, runs: int) -> FloatArray:
    """What some runs draw, (runs, ranges): factors on what the station file gives; of dust the share a year."""
    values = np.empty((runs, len(life.ranges)))
    drawn_in(life.model, seed, first, values)
    for column, drawn in enumerate(life.ranges):
        values[:, column] = drawn.shown(values[:, column], life.step / YEAR)
    return values


def _spared(life: Life, immune: Sequence[str]) -> BoolArray:
    unknown = set(immune) - set(life.failures)
    if unknown:
        raise RequestError(f"there is no failure {min(unknown)!r}, only {', '.join(life.failures) or 'none'}")
    return np.array([name in immune for name in life.failures], dtype=np.bool_)


def _trace(life: Life, every: int) -> Trace:
    n = life.times_s.size
    rows = -(-n // every) if every else 0
    b, s, e, f = len(life.buses), len(life.sites), len(life.parts), len(life.functions)
    return Trace(
        every=every,
        charge=np.zeros((b, rows)),
        generation=np.zeros((b, rows)),
        served=np.zeros((b, rows)),
        mode=np.zeros((b, rows), dtype=np.int8),
        stored=np.zeros((s, rows)),
        working=np.zeros((e, rows)),
        functions=np.zeros((f, rows), dtype=np.bool_),
        health=np.zeros((len(life.stores), rows)),
        crew=np.zeros((len(life.visits), rows)),
        stocks=np.zeros((s, 3, rows)),
        event=np.zeros((EVENTS_KEPT if every else 0, 3)),
        met=np.zeros(1, dtype=np.int64),
    )
