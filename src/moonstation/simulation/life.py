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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import gamma

import numpy as np

from moonstation.arrays import AnyArray, BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.simulation._draw_kernels import drawn_in
from moonstation.simulation._life_kernels import live
from moonstation.simulation._life_model import (
    BOOKS,
    DATA_BOOKS,
    ITEM,
    PART,
    RELAY,
    STOCK_BOOKS,
    STORE_OF,
    VISIT,
    LifeModel,
    Tally,
    Trace,
    blank,
)
from moonstation.simulation.ageing import calendar_rate, cycle_factor
from moonstation.simulation.arrays import JULIAN_YEAR, degradation_factor, rated_power
from moonstation.simulation.instants import arrival, first_step
from moonstation.simulation.power import NOMINAL_ABOVE, SURVIVAL_BELOW
from moonstation.simulation.ranges import Range, ranges_of
from moonstation.simulation.stores import stores_of
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.steps import SLACK, even_step
from moonstation.station.crews import CrewVisit
from moonstation.station.elements import Element
from moonstation.station.faults import Failure
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


def life_of(
    station: Station,
    *,
    times_s: FloatArray,
    array_light: Mapping[str, FloatArray],
    ground_contact: Mapping[str, FloatArray],
    through_contact: Mapping[tuple[str, str], FloatArray],
    gone: Mapping[str, float] | None = None,
    called_off: Mapping[str, float] | None = None,
    assumptions: bool = False,
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
    called_off : mapping of str to float, optional
        Visits that end at the latest, or do not begin any more, at a time [s, TDB past J2000].
    assumptions : bool
        Whether every value that the station file calls an assumption is drawn anew in each run, see
        `moonstation.simulation.ranges`.
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
    sites = list(dict.fromkeys([e.site for e in elements] + [v.site for v in station.crew_visits]))
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
    places = {
        "part": parts,
        "failure": [f.id for f in items],
        "store": [e.id for e in held],
        "mission": missions,
        "visit": [v.id for v in station.crew_visits],
    }
    ranges = [r for r in ranges_of(station, assumptions=assumptions) if _position(r, places) >= 0]
    needs = [(f, need) for f, function in enumerate(station.functions) for need in function.demands]
    whole = [*range(0, n, max(1, round(YEAR / step))), n]
    if len(whole) > 2 and whole[-1] - whole[-2] < round(YEAR / step) // 2:
        del whole[-2]  # ten calendar years have two or three days more than ten Julian ones
    table = np.zeros(len(parts), PART)
    table["bus_of"] = _whole([buses.index(e.bus) for e in elements] + [-1] * bare)
    table["first"] = _whole([first_step(e, times_s) for e in elements] + [0] * bare)
    table["gone"] = _whole(
        [n + 1 if p not in (gone or {}) else int(np.searchsorted(times_s, (gone or {})[p])) for p in parts]
    )
    table["nominal"] = _reals([e.load_nominal for e in elements] + [0.0] * bare)
    table["survival"] = _reals([e.load_survival for e in elements] + [0.0] * bare)
    table["array_power"] = _reals([rated_power(e) for e in elements] + [0.0] * bare)
    table["array_share"] = array_share
    table["degradation"] = _taken([e.array_degradation * JULIAN_YEAR for e in elements] + [0.0] * bare, step)
    table["dust"] = _taken([e.dust * JULIAN_YEAR for e in elements] + [0.0] * bare, step)
    table["dust_landing"] = -np.log1p(-_reals([e.dust_landing for e in elements] + [0.0] * bare))
    table["cleaned_every"] = _reals(
        [np.inf if e.dust_cleaning is None else e.dust_cleaning / step for e in elements] + [np.inf] * bare
    )
    table["cleaned_to"] = _reals([e.dust_left for e in elements] + [0.0] * bare)
    table["cleaner"] = _whole(
        [parts.index(e.dust_cleaner) if e.dust_cleaner else -1 for e in elements] + [-1] * bare
    )
    table["steady_power"] = _reals([e.power for e in elements] + [0.0] * bare)
    table["steady_share"] = steady_share
    table["start_steps"] = _reals([e.start_time / step for e in elements] + [0.0] * bare)
    table["start_power"] = _reals([e.start_power for e in elements] + [0.0] * bare)
    table["endurance"] = _reals(
        [np.inf if e.endures is None else e.endures / step for e in elements] + [np.inf] * bare
    )
    table["mission_of"] = _whole([missions.index(p.mission) if p.mission in lost else -1 for p in owners])
    table["site_of"] = _whole([sites.index(e.site) for e in elements] + [-1] * bare)
    table["made_nominal"] = _reals([e.data_rate_nominal for e in elements] + [0.0] * bare)
    table["made_survival"] = _reals([e.data_rate_survival for e in elements] + [0.0] * bare)
    table["storage"] = _reals([e.data_storage for e in elements] + [0.0] * bare)
    table["earth_rate"] = _reals([e.earth_rate for e in elements] + [0.0] * bare)
    table["relay_rate"] = _reals([e.relay_rate for e in elements] + [0.0] * bare)
    storing = np.zeros(len(held), STORE_OF)
    storing["part"] = _whole([parts.index(e.id) for e in held])
    storing["capacity"] = stores.capacity
    storing["floor"] = stores.floor
    storing["start"] = stores.start
    storing["into"] = stores.into
    storing["out_of"] = stores.out_of
    storing["charge_limit"] = stores.charge_limit
    storing["discharge_limit"] = stores.discharge_limit
    storing["ages"] = _whole([int(e.battery_ageing == "li-ion") for e in held])
    storing["calendar"] = step * _reals(
        [calendar_rate(life=e.battery_calendar_life, temperature=e.battery_temperature) for e in held]
    )
    storing["cycling"] = _reals(
        [cycle_factor(life=e.battery_cycle_life, temperature=e.battery_temperature) for e in held]
    )
    storing["retires"] = _reals([e.battery_retires for e in held])
    storing["renewed_by"] = _whole([_renewer(e, items) for e in held])
    failing = np.zeros(len(items), ITEM)
    failing["part"] = _whole([parts.index(f.element) for f in items])
    failing["needed"] = _whole([f.units if f.needed is None else f.needed for f in items])
    failing["shared"] = _whole([int(f.effect == "share") for f in items])
    failing["scale"] = _reals([_scale(f) / step for f in items])
    failing["mean"] = _reals([np.inf if f.mtbf is None else f.mtbf / step for f in items])
    failing["weibull"] = _reals([f.shape for f in items])
    failing["life"] = _reals([np.inf if f.life is None else f.life / step for f in items])
    failing["beta"] = _reals([f.common_cause if f.mtbf is not None else 0.0 for f in items])
    failing["dormancy"] = _reals([f.dormancy for f in items])
    failing["sigma"] = _reals([f.spread for f in items])
    failing["detect"] = _reals([f.detection / step for f in items])
    failing["repair"] = _reals([np.inf if f.repair is None else f.repair / step for f in items])
    failing["spares"] = _whole([f.spares for f in items])
    failing["resupply"] = np.ceil(
        _reals([np.inf if f.resupply is None else f.resupply / step for f in items])
    )
    failing["robot"] = _whole([parts.index(f.robot) if f.robot else -1 for f in items])
    relaying = np.zeros(len(relays), RELAY)
    relaying["part"] = _whole([parts.index(relay.id) for relay in relays])
    relaying["limit"] = _reals([min(relay.relay_rate, relay.earth_rate) for relay in relays])
    order = _whole(sorted(range(len(elements)), key=lambda i: elements[i].priority))
    visits = station.crew_visits
    staying = _visit_table(visits, times_s, step, sites, buses, missions, called_off or {})
    wants = [(v, need) for v, visit in enumerate(visits) for need in visit.demands]
    bus_first, by_bus = _grouped([table["bus_of"][p] for p in storing["part"]], range(len(held)), len(buses))
    fed_first, fed = _grouped([table["bus_of"][p] for p in order], order, len(buses))
    model = LifeModel(
        step_s=step,
        years=np.array(whole, dtype=np.int64),
        share=shares.table(),
        parts=table,
        stores=storing,
        items=failing,
        relays=relaying,
        mission_risk=_reals(list(lost.values())),
        buses=len(buses),
        bus_first=bus_first,
        by_bus=by_bus,
        fed_first=fed_first,
        fed=fed,
        survival_below=survival_below,
        nominal_above=nominal_above,
        draw_what=_whole([r.what for r in ranges]),
        draw_which=_whole([_position(r, places) for r in ranges]),
        draw_limits=np.array([r.limits(step / YEAR) for r in ranges]).reshape(len(ranges), 3),
        upkeep=max(1, round(DAY / step)),
        units=_whole([0, *np.cumsum([f.units for f in items], dtype=np.int64)]),
        need_function=_whole([f for f, _ in needs]),
        need_least=_whole([need.least for _, need in needs]),
        need_first=_whole([0, *np.cumsum([len(need.of) for _, need in needs], dtype=np.int64)]),
        need_element=_whole([parts.index(name) for _, need in needs for name in need.of]),
        in_nominal=_whole([int(f.mode == "nominal") for f in station.functions]),
        ground=np.array([ground_contact.get(site, np.zeros(n)) for site in sites]).reshape(len(sites), n),
        through=np.array(
            [[through_contact.get((site, relay.id), np.zeros(n)) for relay in relays] for site in sites]
        ).reshape(len(sites), len(relays), n),
        brings=np.array([[e.oxygen, e.water, e.food] for e in elements] + [[0.0] * 3] * bare).reshape(-1, 3),
        visits=staying,
        visit_use=np.array(
            [[v.crew * step * used for used in (v.oxygen, v.water, v.food)] for v in visits]
        ).reshape(-1, 3),
        visit_lost=np.array([[1.0 - v.oxygen_recovery, 1.0 - v.water_recovery, 1.0] for v in visits]).reshape(
            -1, 3
        ),
        visit_need_of=_whole([v for v, _ in wants]),
        visit_need_least=_whole([need.least for _, need in wants]),
        visit_need_first=_whole([0, *np.cumsum([len(need.of) for _, need in wants], dtype=np.int64)]),
        visit_need_element=_whole([parts.index(name) for _, need in wants for name in need.of]),
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
        stores=tuple(e.id for e in held),
        visits=tuple(v.id for v in visits),
        ranges=tuple(ranges),
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


def _position(drawn: Range, places: Mapping[str, Sequence[str]]) -> int:
    """Where the model holds what a range is of; -1 where the model has no such thing."""
    names = places[drawn.place]
    return list(names).index(drawn.of) if drawn.of in names else -1


def _renewer(element: Element, items: Sequence[Failure]) -> int:
    """Failure whose repairs renew an element's store: units that share it."""
    return next((i for i, f in enumerate(items) if f.element == element.id and f.effect == "share"), -1)


def _taken(share_a_year: Sequence[float], step: float) -> FloatArray:
    """Logarithm of the power lost in a step."""
    result: FloatArray = -np.log1p(-np.minimum(_reals(share_a_year), 0.999)) * step / YEAR
    return result


def _visit_table(
    visits: Sequence[CrewVisit],
    times_s: FloatArray,
    step: float,
    sites: Sequence[str],
    buses: Sequence[str],
    missions: Sequence[str],
    called_off: Mapping[str, float],
) -> AnyArray:
    table = np.zeros(len(visits), VISIT)
    for row, visit in zip(table, visits, strict=True):
        row["site"] = sites.index(visit.site) if visit.site in sites else -1
        row["bus"] = buses.index(visit.bus) if visit.bus in buses else -1
        begin = Epoch.parse(visit.arrives).tdb_s
        stop = min(begin + visit.stay, called_off.get(visit.id, np.inf))
        row["stop"] = int(np.searchsorted(times_s, stop - SLACK))
        row["first"] = int(np.searchsorted(times_s, begin - SLACK)) if stop > begin else times_s.size + 1
        row["mission_of"] = missions.index(visit.mission) if visit.mission in missions else -1
        row["load"] = visit.load
        row["reserve"] = visit.reserve / step
        row["grace"] = visit.grace / step
    return table


def _grouped(bus_of: Sequence[int], members: Sequence[int], buses: int) -> tuple[IntArray, IntArray]:
    """Members by bus: where each bus begins, and they one bus after the other in their order."""
    sorted_ = sorted(zip(bus_of, members, strict=True), key=lambda pair: pair[0])
    counts = [sum(1 for bus in bus_of if bus < b) for b in range(buses + 1)]
    return _whole(counts), _whole([member for _, member in sorted_])


def _whole(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _reals(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)
