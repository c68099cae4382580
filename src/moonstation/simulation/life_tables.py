"""A station's elements, failures, functions and crews as the tables that the compiled loop of its life reads."""

from collections.abc import Mapping, Sequence
from math import gamma

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.simulation._life_model import (
    ITEM,
    PART,
    RELAY,
    STORE_OF,
    VISIT,
    LifeModel,
)
from moonstation.simulation.ageing import calendar_rate, cycle_factor
from moonstation.simulation.arrays import JULIAN_YEAR, degradation_factor, rated_power
from moonstation.simulation.instants import arrival, first_step
from moonstation.simulation.life import DAY, YEAR, Life
from moonstation.simulation.power import NOMINAL_ABOVE, SURVIVAL_BELOW
from moonstation.simulation.ranges import Range, ranges_of
from moonstation.simulation.stores import stores_of
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.steps import SLACK, even_step
from moonstation.station.crews import CrewVisit
from moonstation.station.elements import Element
from moonstation.station.faults import Failure
from moonstation.station.model import Orbiter, Station


def life_of(
    station: Station,
    *,
    times_s: FloatArray,
    array_light: Mapping[str, FloatArray],
    ground_contact: Mapping[str, FloatArray],
    through_contact: Mapping[tuple[str, str], FloatArray],
    gone: Mapping[str, float] | None = None,
    called_off: Mapping[str, float] | None = None,
    heaters: Mapping[str, FloatArray] | None = None,
    battery_warmth: Mapping[str, FloatArray] | None = None,
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
    heaters : mapping of str to (n,) array, optional
        Power of heaters that elements need beside their loads [W].
    battery_warmth : mapping of str to (m,) array, optional
        Temperatures of lithium-ion batteries through time [K], evenly spaced, in place of `battery_temperature`: they
        age at the mean of the rates.
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
    heated = [name for name in heaters or {} if name in parts]
    for name in heated:
        if (heaters or {})[name].shape != (n,):
            raise RequestError(f"element {name}: give the power of its heaters at each of {n} instants")
    table["heater"] = _whole([heated.index(p) if p in heated else -1 for p in parts])
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
    warmth = {e.id: (battery_warmth or {}).get(e.id, [e.battery_temperature]) for e in held}
    storing["calendar"] = step * _reals(
        [
            _mean([calendar_rate(life=e.battery_calendar_life, temperature=t) for t in warmth[e.id]])
            for e in held
        ]
    )
    storing["cycling"] = _reals(
        [_mean([cycle_factor(life=e.battery_cycle_life, temperature=t) for t in warmth[e.id]]) for e in held]
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
    order = sorted(range(len(elements)), key=lambda i: elements[i].priority)
    visits = station.crew_visits
    staying = _visit_table(visits, times_s, step, sites, buses, missions, called_off or {})
    wants = [(v, need) for v, visit in enumerate(visits) for need in visit.demands]
    bus_first, by_bus = _grouped([table["bus_of"][p] for p in storing["part"]], range(len(held)), len(buses))
    fed_first, fed = _grouped([table["bus_of"][p] for p in order], order, len(buses))
    model = LifeModel(
        step_s=step,
        years=np.array(whole, dtype=np.int64),
        share=shares.table(),
        heat=np.array([(heaters or {})[name] for name in heated]).reshape(len(heated), n),
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


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _whole(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _reals(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)
