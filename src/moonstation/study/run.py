"""The study: light, links, power and data of a station over a span, judged against its requirements."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter

import numpy as np

from moonstation import __version__
from moonstation.arrays import FloatArray, TimeArray
from moonstation.errors import RequestError, TimeError
from moonstation.links.contacts import (
    SurfaceAntenna,
    find_contacts,
)
from moonstation.orbits.propagation import Trajectory
from moonstation.simulation.data import DataRuns, run_data
from moonstation.simulation.power import PowerRun, run_power
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch, utc_to_tdb
from moonstation.spacetime.steps import share_of_steps
from moonstation.station.model import Station
from moonstation.station.units import parse_quantity
from moonstation.study.flights import Flights
from moonstation.study.ground import Ground, relief, site_grounds, terrain_notes, terrain_told
from moonstation.study.light import array_light, light_run
from moonstation.study.link_contacts import windows_table
from moonstation.study.link_rates import LinkRates, link_rates
from moonstation.study.links import Links
from moonstation.study.metrics import (
    complete_metrics,
    data_metrics,
    light_metrics,
    link_metrics,
    mission_metrics,
    orbiter_metrics,
    power_metrics,
)
from moonstation.study.missions import MissionFlight, fly_missions
from moonstation.study.relays import relay_roles
from moonstation.study.requirements import evaluate
from moonstation.study.result import LightRun, StudyResult
from moonstation.study.series import series_of
from moonstation.study.sources import study_sources

Progress = Callable[[str, float], None]

SHORTEST_STEP = 1.0
LONGEST_STEP = 86_400.0
MOST_STEPS = 20_000_000
"""More steps than this would not fit into the memory of the machines that this is made for."""


@dataclass(frozen=True, eq=False)
class StudySpan:
    """The instants of a study, even in UTC.

    Attributes
    ----------
    times : ndarray of datetime64[ns], shape (n,)
        UTC; each opens a step.
    et : ndarray, shape (n,)
        The same, TDB seconds past J2000.
    step_s : float
        [s]
    start, stop : Epoch
        First instant and end of the last step.
    """

    times: TimeArray
    et: FloatArray
    step_s: float
    start: Epoch
    stop: Epoch


def study_span(
    station: Station,
    *,
    start: str | Epoch | None = None,
    days: float | None = None,
    step: str | float = 600.0,
) -> StudySpan:
    """Instants of a study.

    Parameters
    ----------
    station : Station
        Gives start and span where they are not given here.
    start : str or Epoch, optional
        First instant, see `Epoch.parse`.
    days : float, optional
        Length [d].
    step : str or float
        Step, with its unit ("10 min") or in seconds.

    Raises
    ------
    RequestError, TimeError
        If one of them makes no sense.
    CoverageError
        If the ephemeris does not reach over the span.
    """
    try:
        first = station.start if start is None else Epoch.parse(start)
    except TimeError as error:
        raise TimeError(f"--start: {error}") from error
    length = station.span if days is None else days * 86_400.0
    try:
        step_s = parse_quantity(step, "time") if isinstance(step, str) else float(step)
    except ValueError as error:
        raise RequestError(f"--step: {error}") from error
    if not SHORTEST_STEP <= step_s <= LONGEST_STEP:
        raise RequestError(f"--step {step_s:g} s: give between 1 s and 1 d, e.g. '10 min'")
    if not (np.isfinite(length) and length >= 2.0 * step_s):
        raise RequestError(
            f"--days {length / 86_400.0:g}: the span must hold two steps of {step_s:g} s at least"
        )
    return span_from(first, length, step_s)


def span_from(first: Epoch, length: float, step_s: float) -> StudySpan:
    """Instants from one on, even in UTC.

    Parameters
    ----------
    first : Epoch
        First instant.
    length, step_s : float
        [s]

    Raises
    ------
    RequestError
        If there are too many steps.
    CoverageError
        If the ephemeris does not reach over the span.
    """
    count = round(length / step_s)
    if count > MOST_STEPS:
        raise RequestError(
            f"{float(count):.4g} steps of {step_s:g} s are too many; take a longer --step or fewer --days"
        )
    default_ephemeris().require(first.tdb_s, first.tdb_s + count * step_s)
    offsets = (np.arange(count + 1) * round(step_s * 1e9)).astype("timedelta64[ns]")
    times = np.datetime64(first.utc.rstrip("Z"), "ns") + offsets
    et = utc_to_tdb(times)
    return StudySpan(
        times[:-1], et[:-1], step_s, Epoch.from_tdb_s(float(et[0])), Epoch.from_tdb_s(float(et[-1]))
    )


def run_study(station: Station, span: StudySpan, *, progress: Progress | None = None) -> StudyResult:
    """Run every analysis of a station.

    Parameters
    ----------
    station : Station
        As loaded.
    span : StudySpan
        Instants, see `study_span`.
    progress : callable, optional
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If something of the station cannot be studied; says what and the cure.
    """
    stages = Stages(progress)
    with Flights(station.orbiters, start=span.start, stop=span.stop) as flights:
        stages.begin("terrain and horizons", 0.02)
        grounds = site_grounds(station, progress=lambda share: stages.tell(0.02 + 0.2 * share))
        stages.begin("sunlight", 0.25)
        lights = {spec.id: _light(grounds[spec.id], span, spec.height) for spec in station.sites}
        stages.begin("orbits", 0.35)
        flown = flights.flown(lambda share: stages.tell(0.35 + 0.25 * share))
    trajectories = {name: flight.trajectory for name, flight in flown.items()}
    stages.begin("contacts", 0.6)
    antennas = {
        spec.id: SurfaceAntenna(grounds[spec.id].site, grounds[spec.id].horizon, spec.height)
        for spec in station.sites
    }
    ground_stations = {spec.id: spec.station() for spec in station.ground_stations}
    found = find_contacts(
        antennas,
        trajectories,
        ground_stations,
        start=float(span.et[0]),
        stop=span.stop.tdb_s,
        progress=lambda share: stages.tell(0.6 + 0.15 * share),
    )
    stages.begin("rates", 0.75)
    rates = link_rates(
        station,
        found,
        et=span.et,
        step=span.step_s,
        antennas=antennas,
        trajectories=trajectories,
        stations=ground_stations,
        progress=lambda share: stages.tell(0.75 + 0.1 * share),
    )
    stages.begin("power and data", 0.85)
    links = Links(station, found, rates.closing)
    power = run_power(
        station.elements,
        times_s=span.et,
        array_light=array_light(station, grounds, {site: run.light for site, run in lights.items()}),
    )
    data = _run_data(station, span, links, rates, power)
    arrivals: list[MissionFlight] = []
    if any(mission.departs is not None for mission in station.missions):
        stages.begin("arrivals", 0.9)
        arrivals = fly_missions(station, grounds, progress=lambda share: stages.tell(0.9 + 0.05 * share))
    stages.begin("requirements", 0.95)
    metrics = _metrics(station, span, lights, links, power, data, trajectories, arrivals)
    keeping = {name: cost for name, flight in flown.items() if (cost := flight.keeping_yearly) is not None}
    series = series_of(
        span.times, span.et, lights=lights, links=links, power=power, data=data, trajectories=trajectories
    )
    series = series.assign_attrs(terrain=terrain_told(grounds))
    notes = terrain_notes(grounds, windowed=[site.id for site in station.sites if site.terrain])
    picture = relief(station)
    stages.end()
    return StudyResult(
        station=station,
        start=span.start,
        stop=span.stop,
        step_s=span.step_s,
        series=series,
        grounds=grounds,
        lights=lights,
        contact_list=found,
        contacts=windows_table(found, rates.planned),
        rates=rates,
        trajectories=trajectories,
        keeping=keeping,
        power=power,
        data=data,
        relay_roles=relay_roles(station, links, start=float(span.et[0]), stop=span.stop.tdb_s),
        arrivals=arrivals,
        metrics=metrics,
        verdicts=evaluate(station.requirements, metrics),
        sources=study_sources(
            station, trajectories.values(), [ground.horizon for ground in grounds.values()]
        ),
        notes=notes,
        relief=picture,
        software=software(),
        timings_s=stages.timings_s,
    )


class Stages:
    """Tells how far a study is and keeps how long each stage took.

    Attributes
    ----------
    timings_s : dict of str to float
        Wall-clock seconds by stage.
    """

    def __init__(self, progress: Progress | None) -> None:
        self.timings_s: dict[str, float] = {}
        self._progress = progress
        self._name = ""
        self._begun = perf_counter()

    def begin(self, name: str, share: float) -> None:
        """End the stage before and begin one, `share` of the whole being done."""
        self.end()
        self._name, self._begun = name, perf_counter()
        self.tell(share)

    def tell(self, share: float) -> None:
        """Report that `share` of the whole is done."""
        if self._progress is not None:
            self._progress(self._name, share)

    def end(self) -> None:
        """End the stage."""
        if self._name:
            self.timings_s[self._name] = round(perf_counter() - self._begun, 3)
        self._name = ""


def _light(ground: Ground, span: StudySpan, height: float) -> LightRun:
    return light_run(ground, span.et, height)


def _run_data(
    station: Station, span: StudySpan, links: Links, rates: LinkRates, power: dict[str, PowerRun]
) -> DataRuns:
    # what goes by budgets does not go at fixed rates
    by_pair = {pair for pair, origin in rates.origins.items() if origin.by_budget or origin.unmet}
    homeward = {a for a, b in by_pair if b in links.ground}
    sites = [site.id for site in station.sites]
    return run_data(
        station.elements,
        station.orbiters,
        times_s=span.et,
        modes={name: run.mode for name, run in power.items()},
        ground_contact={
            site: share_of_steps(links.to_ground(site), span.et) for site in sites if site not in homeward
        },
        relay_contact={
            (site, relay): share_of_steps(links.to_relay(site, relay), span.et)
            for site in sites
            for relay in links.relays
            if (site, relay) not in by_pair
        },
        downlink_contact={
            orbiter.id: share_of_steps(links.to_ground(orbiter.id), span.et)
            for orbiter in station.orbiters
            if orbiter.id not in homeward
        },
        ground_volume=rates.ground,
        relay_volume=rates.relay,
    )


def _metrics(
    station: Station,
    span: StudySpan,
    lights: dict[str, LightRun],
    links: Links,
    power: dict[str, PowerRun],
    data: DataRuns,
    trajectories: dict[str, Trajectory],
    arrivals: list[MissionFlight],
) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for site in station.sites:
        run = lights[site.id]
        metrics |= light_metrics(site.id, run.statistics, earth_visible=run.earth_visible)
        metrics |= link_metrics(
            site.id,
            earth=links.to_ground(site.id),
            relay=links.to_relay(site.id),
            reach=links.to_earth(site.id),
            start=float(span.et[0]),
            stop=span.stop.tdb_s,
        )
    for bus in power.values():
        metrics |= power_metrics(bus)
    for store in data.sites.values():
        metrics |= data_metrics(store)
    for name, trajectory in trajectories.items():
        metrics |= orbiter_metrics(name, trajectory)
    for flown in arrivals:
        metrics |= mission_metrics(flown)
    return complete_metrics(
        metrics,
        sites=[site.id for site in station.sites],
        buses=list(power),
        orbiters=list(trajectories),
        missions=[flown.mission.id for flown in arrivals],
    )


def software() -> dict[str, str]:
    """Versions of what computes a study."""
    names = ("numpy", "numba", "xarray", "spiceypy", "pyerfa", "rasterio", "plotly")
    return {"moonstation": __version__, "python": platform.python_version()} | {
        name: version(name) for name in names
    }
