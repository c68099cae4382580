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
- Dust is one rate a run and element, ``exp(-rate * time)``, brought up to date once a day; nobody wipes it off.
- Data of a site go straight to ground at the best rate of its working elements, and at the same time through the relay
  that takes most while it sees a ground station itself; relays keep nothing for later here: what is sent has arrived.
- An orbiter is one element without power: it works until a failure stops it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import gamma

import numpy as np

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.simulation._life_kernels import BOOKS, DATA_BOOKS, LifeModel, Tally, Trace, live
from moonstation.simulation.arrays import degradation_factor, rated_power
from moonstation.simulation.instants import arrival, first_step
from moonstation.simulation.power import NOMINAL_ABOVE, SURVIVAL_BELOW
from moonstation.simulation.stores import stores_of
from moonstation.spacetime.steps import even_step
from moonstation.station.elements import Element
from moonstation.station.faults import Failure, Uncertainty
from moonstation.station.model import Orbiter, Station
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
    buses, sites, functions, failures, relays : tuple of str
        Ids, in the order of the model.
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

    @classmethod
    def empty(cls, life: Life, runs: int) -> "Lives":
        """Room for some runs."""
        f, y, i = len(life.functions), life.years, len(life.failures)
        e, b, s = len(life.parts), len(life.buses), len(life.sites)
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
        )

    def tally(self, run: int) -> Tally:
        """Room of one run, for the loop to fill."""
        return Tally(
            self.up[run],
            self.first_lost[run],
            self.last_up[run],
            self.failures[run],
            self.spent[run],
            self.blame[run],
            self.item_down[run],
            self.down[run],
            self.frozen[run],
            self.energy[run],
            self.unserved_year[run],
            self.modes[run],
            self.data[run],
        )


def life_of(
    station: Station,
    *,
    times_s: FloatArray,
    array_light: Mapping[str, FloatArray],
    ground_contact: Mapping[str, FloatArray],
    through_contact: Mapping[tuple[str, str], FloatArray],
    gone: Mapping[str, float] | None = None,
    survival_below: float = SURVIVAL_BELOW,
    nominal_above: float = NOMINAL_ABOVE,
) -> Life:
    """Make a station ready to be lived through.

    Parameters
    ----------
    station : Station
        With its failures, functions and uncertainties.
    times_s : (n,) array
        Instants, TDB seconds past J2000, evenly spaced.
    array_light : mapping of str to (n,) array
        Irradiance on the face of each element's array as share of 1361 W/m2 (see `arrays.array_irradiance`).
    ground_contact : mapping of str to (n,) array
        Share of each step in which a site has any ground station; a site not named has none.
    through_contact : mapping of (site, orbiter) to (n,) array
        Share of each step in which a site has an orbiter that has a ground station; a pair not named never meets.
    gone : mapping of str to float, optional
        Elements and orbiters that are taken away for good, and when [s, TDB past J2000].
    survival_below, nominal_above : float
        Thresholds of usable charge, see `moonstation.simulation.power`.

    Raises
    ------
    RequestError
        If times are not evenly spaced, or the light of an array is missing or does not fit.
    """
    step = even_step(times_s)
    n = times_s.size
    elements, orbiters = station.elements, station.orbiters
    parts = [e.id for e in elements] + [o.id for o in orbiters]
    bare = len(orbiters)
    owners: list[Element | Orbiter] = [*elements, *orbiters]
    buses = list(dict.fromkeys(e.bus for e in elements))
    sites = list(dict.fromkeys(e.site for e in elements))
    shares = _Shares(n)
    array_share = np.full(len(parts), -1, dtype=np.int64)
    steady_share = np.full(len(parts), -1, dtype=np.int64)
    for index, e in enumerate(elements):
        if rated_power(e) > 0.0:
            age = times_s - arrival(e, times_s)
            light = array_light.get(e.id)
            if light is None or light.shape != (n,):
                raise RequestError(f"element {e.id}: give the light on its array at each of {n} instants")
            array_share[index] = shares.add(light * degradation_factor(age, rate=e.array_degradation))
        if e.power > 0.0:
            age = np.maximum(times_s - arrival(e, times_s), 0.0)
            decay = np.ones(n) if e.half_life is None else np.exp2(-age / e.half_life)
            steady_share[index] = shares.add(decay)
    held = [e for e in elements if e.battery_capacity > 0.0]
    stores = stores_of(held, times_s)
    lost = {f.mission: float(f.probability or 0.0) for f in station.failures if f.mission}
    missions = list(lost)
    items = [f for f in station.failures if f.element]
    relays = [o for o in orbiters if o.relay and o.earth_rate > 0.0]
    needs = [(f, need) for f, function in enumerate(station.functions) for need in function.demands]
    whole = [*range(0, n, max(1, round(YEAR / step))), n]
    if len(whole) > 2 and whole[-1] - whole[-2] < round(YEAR / step) // 2:
        del whole[-2]  # ten calendar years have two or three days more than ten Julian ones
    model = LifeModel(
        step_s=step,
        years=np.array(whole, dtype=np.int64),
        share=shares.table(),
        bus_of=_whole([buses.index(e.bus) for e in elements] + [-1] * bare),
        first=_whole([first_step(e, times_s) for e in elements] + [0] * bare),
        gone=_whole(
            [
                n + 1 if p not in (gone or {}) else int(np.searchsorted(times_s, (gone or {})[p]))
                for p in parts
            ]
        ),
        nominal=_reals([e.load_nominal for e in elements] + [0.0] * bare),
        survival=_reals([e.load_survival for e in elements] + [0.0] * bare),
        array_power=_reals([rated_power(e) for e in elements] + [0.0] * bare),
        array_share=array_share,
        steady_power=_reals([e.power for e in elements] + [0.0] * bare),
        steady_share=steady_share,
        order=_whole(sorted(range(len(elements)), key=lambda i: elements[i].priority)),
        endurance=_reals(
            [np.inf if e.endures is None else e.endures / step for e in elements] + [np.inf] * bare
        ),
        mission_of=_whole([missions.index(p.mission) if p.mission in lost else -1 for p in owners]),
        mission_risk=_reals(list(lost.values())),
        buses=len(buses),
        survival_below=survival_below,
        nominal_above=nominal_above,
        load_range=_range(station.uncertainties, "load", elements, bare, 1.0),
        array_range=_range(station.uncertainties, "array", elements, bare, 1.0),
        dust_range=-np.log1p(-_range(station.uncertainties, "dust", elements, bare, 0.0)) * step / YEAR,
        store_range=_range(station.uncertainties, "store", held, 0, 1.0),
        dust_every=max(1, round(DAY / step)),
        store_of=_whole([parts.index(e.id) for e in held]),
        capacity=stores.capacity,
        floor=stores.floor,
        start=stores.start,
        one_way=stores.one_way,
        charge_limit=stores.charge_limit,
        discharge_limit=stores.discharge_limit,
        item_of=_whole([parts.index(f.element) for f in items]),
        units=_whole([0, *np.cumsum([f.units for f in items], dtype=np.int64)]),
        needed=_whole([f.units if f.needed is None else f.needed for f in items]),
        shared=_whole([int(f.effect == "share") for f in items]),
        scale=_reals([_scale(f) / step for f in items]),
        weibull=_reals([f.shape for f in items]),
        life=_reals([np.inf if f.life is None else f.life / step for f in items]),
        beta=_reals([f.common_cause if f.mtbf is not None else 0.0 for f in items]),
        dormancy=_reals([f.dormancy for f in items]),
        sigma=_reals([f.spread for f in items]),
        detect=np.ceil(_reals([f.detection / step for f in items])),
        repair=np.ceil(_reals([np.inf if f.repair is None else f.repair / step for f in items])),
        spares=_whole([f.spares for f in items]),
        resupply=np.ceil(_reals([np.inf if f.resupply is None else f.resupply / step for f in items])),
        robot=_whole([parts.index(f.robot) if f.robot else -1 for f in items]),
        shock_scale=_reals([_shock_scale(f) / step for f in items]),
        need_function=_whole([f for f, _ in needs]),
        need_least=_whole([need.least for _, need in needs]),
        need_first=_whole([0, *np.cumsum([len(need.of) for _, need in needs], dtype=np.int64)]),
        need_element=_whole([parts.index(name) for _, need in needs for name in need.of]),
        in_nominal=_whole([int(f.mode == "nominal") for f in station.functions]),
        site_of=_whole([sites.index(e.site) for e in elements] + [-1] * bare),
        made_nominal=_reals([e.data_rate_nominal for e in elements] + [0.0] * bare),
        made_survival=_reals([e.data_rate_survival for e in elements] + [0.0] * bare),
        storage=_reals([e.data_storage for e in elements] + [0.0] * bare),
        earth_rate=_reals([e.earth_rate for e in elements] + [0.0] * bare),
        relay_rate=_reals([e.relay_rate for e in elements] + [0.0] * bare),
        ground=np.array([ground_contact.get(site, np.zeros(n)) for site in sites]).reshape(len(sites), n),
        through=np.array(
            [[through_contact.get((site, relay.id), np.zeros(n)) for relay in relays] for site in sites]
        ).reshape(len(sites), len(relays), n),
        relay_of=_whole([parts.index(relay.id) for relay in relays]),
        relay_limit=_reals([min(relay.relay_rate, relay.earth_rate) for relay in relays]),
    )
    return Life(
        model=model,
        times_s=times_s,
        step=step,
        parts=tuple(parts),
        buses=tuple(buses),
        sites=tuple(sites),
        functions=tuple(f.id for f in station.functions),
        failures=tuple(f.id for f in items),
        relays=tuple(relay.id for relay in relays),
    )


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
    lives = Lives.empty(life, runs)
    spared = _spared(life, immune)
    nothing = _trace(life, 0)

    def one(run: int) -> None:
        live(
            life.model,
            spared,
            seed,
            first + run,
            lives.tally(run),
            nothing._replace(met=np.zeros(1, dtype=np.int64)),
        )

    in_threads(one, range(runs), workers, progress)
    return lives


def live_traced(
    life: Life, *, seed: int, run: int, immune: Sequence[str] = (), every: int = 1
) -> tuple[Lives, Trace]:
    """Live one run through and keep it through time, at every `every`-th instant."""
    lives = Lives.empty(life, 1)
    trace = _trace(life, every)
    live(life.model, _spared(life, immune), seed, run, lives.tally(0), trace)
    return lives, trace


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
        event=np.zeros((EVENTS_KEPT if every else 0, 3)),
        met=np.zeros(1, dtype=np.int64),
    )


class _Shares:
    """Rows of what sources give; sources with the same row share it."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._rows: dict[bytes, int] = {}
        self._table: list[FloatArray] = []

    def add(self, row: FloatArray) -> int:
        index = self._rows.setdefault(row.tobytes(), len(self._table))
        if index == len(self._table):
            self._table.append(row)
        return index

    def table(self) -> FloatArray:
        return np.array(self._table, dtype=np.float64).reshape(len(self._table), self._n)


def _scale(failure: Failure) -> float:
    """Characteristic life of the Weibull law with the given mean [s]."""
    return np.inf if failure.mtbf is None else failure.mtbf / gamma(1.0 + 1.0 / failure.shape)


def _shock_scale(failure: Failure) -> float:
    if failure.mtbf is None or failure.common_cause == 0.0:
        return np.inf
    return failure.mtbf / failure.common_cause


def _range(
    known: Sequence[Uncertainty], of: str, elements: Sequence[Element], more: int, sure: float
) -> FloatArray:
    """Limits of a factor for each element; what names an element goes before what is for all."""
    limits = np.full((len(elements) + more, 2), sure)
    for index, element in enumerate(elements):
        for name in ("", element.id):
            for uncertainty in known:
                if uncertainty.of == of and uncertainty.element == name:
                    limits[index] = uncertainty.low, uncertainty.high
    return limits


def _whole(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _reals(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)
