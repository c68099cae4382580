"""Sizing of a site's power: its light over years, what can be built there, and what the design costs at the margin."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray, TimeArray
from moonstation.design.sizing import least_value, size_power, stored
from moonstation.design.sizing_case import Objective, Source, Store
from moonstation.design.sizing_programme import GAP
from moonstation.design.sizing_search import Sizing
from moonstation.design.technologies import Technology, technologies
from moonstation.errors import RequestError
from moonstation.simulation.arrays import fixed_cosine, irradiance_share, tracking_cosine
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import SiteSpec, Station
from moonstation.study.ground import Ground, ground_of, terrain_notes
from moonstation.study.run import span_from
from moonstation.study.sizing_prices import PowerPrices
from moonstation.sunlight.light import site_light

LUNATION = 29.530589 * 86_400.0
"""Mean synodic month [s]."""

FIXED = "fixed-array"
"""The array that stands upright and is not turned."""

FACINGS = tuple(45.0 * k for k in range(8))
"""Azimuths that it may face [deg], clockwise from north."""

UPRIGHT = math.pi / 2.0

HEIGHTS = (2.0, 5.0, 10.0, 20.0)
"""Masts that are tried if none are named [m]."""

STEP = 3600.0
METRE = 1.0
FRONT_GAP = 0.01
"""Gap of the designs for other confidences, which only draw a curve."""

CHANGE = 0.01
"""Change of an input by which its price is found."""


@dataclass(frozen=True)
class Margin:
    """What a little more or less of something saves or costs.

    Attributes
    ----------
    what : str
        In words, with its unit.
    change : float
        Change of the whole mass [kg] or cost; negative where it saves.
    """

    what: str
    change: float


@dataclass(frozen=True, eq=False)
class SiteSizing:
    """The lightest or cheapest power plant for a site.

    Attributes
    ----------
    site : SiteSpec
        Where.
    load : float
        Power carried [W].
    times : ndarray of datetime64[ns], shape (n,)
        Instants of the history of light, UTC.
    confidence : float
        Share of the lunations in which the load is carried.
    sources, stores : tuple
        What could be built.
    used : tuple of Technology
        Where their figures come from.
    best : Sizing
        The design.
    margins : tuple of Margin
        Shadow prices.
    front : tuple of (float, Sizing)
        Confidence and design, from low to high; empty if not asked for.
    notes : tuple of str
        Limits of the figures.
    prices : PowerPrices or None
        What parts cost, where the cheapest was sought; None where the lightest was.
    """

    site: SiteSpec
    load: float
    times: TimeArray
    confidence: float
    sources: tuple[Source, ...]
    stores: tuple[Store, ...]
    used: tuple[Technology, ...]
    best: Sizing
    margins: tuple[Margin, ...]
    front: tuple[tuple[float, Sizing], ...]
    notes: tuple[str, ...]
    prices: PowerPrices | None = None

    def amount(self, value: float, figures: int | None = None) -> str:
        """A mass or cost in words, whichever was to be least."""
        if self.prices is None:
            return f"{value:.{figures}g} kg" if figures else f"{value:.0f} kg"
        millions = value / 1e6
        return (
            f"{millions:.{figures}g} M{self.prices.basis}"
            if figures
            else f"{millions:,.2f} M{self.prices.basis}"
        )

    def unserved_share(self, design: Sizing) -> float:
        """Share of the energy asked for that a design does not give in the whole history."""
        return float(np.sum(design.missing)) / (self.load * self.times.size)

    def sizing_spell(self) -> tuple[int, int] | None:
        """Steps of the spell in which the stores come lowest, from full to lowest; None without stores."""
        if not any(self.best.capacity.values()):
            return None
        charge = self.charge(self.best)
        lowest = int(np.argmin(charge))
        full = np.flatnonzero(charge[: lowest + 1] >= np.max(charge) * (1.0 - 1e-9))
        return (int(full[-1]) if full.size else 0), lowest

    def charge(self, design: Sizing) -> FloatArray:
        """Energy in the stores above what is never used at the begin of each step [J], (n,)."""
        load = np.full(self.times.size, self.load)
        return stored(load, STEP, sources=self.sources, stores=self.stores, design=design)

    def span_of(self, spell: tuple[int, int]) -> tuple[np.datetime64, np.datetime64]:
        """First and last instant of a spell."""
        return self.times[spell[0]], self.times[min(spell[1], self.times.size - 1)]


def size_site(
    station: Station,
    site: str,
    *,
    start: Epoch | None = None,
    years: float = 18.6,
    load: float | None = None,
    mode: str = "nominal",
    heights: Sequence[float] = (),
    build: Sequence[str] = ("array", "battery", "fuel-cell"),
    limits: dict[str, float] | None = None,
    confidence: float = 1.0,
    prices: PowerPrices | None = None,
    front: Sequence[float] = (),
    progress: Callable[[str, float], None],
) -> SiteSizing:
    """Find the lightest or cheapest power plant that carries a load through years of a site's light.

    Parameters
    ----------
    station : Station
        Gives the site, and the load where none is given.
    site : str
        Its id.
    start : Epoch, optional
        Begin of the history of light; the station's start if not given.
    years : float
        Its length, in years of 365.25 d.
    load : float, optional
        Power to carry at all times [W]; that of all elements at the site if not given.
    mode : str
        "nominal" or "survival": which of their loads.
    heights : sequence of float
        Masts to choose from [m]; 2, 5, 10 and 20 m if none are given.
    build : sequence of str
        Technologies to choose from, by id.
    limits : dict of str to float, optional
        Most of a source [W] or of a store [J], by id of the technology.
    confidence : float
        Share of the lunations in which the load is carried whole.
    prices : PowerPrices, optional
        What parts cost: the cheapest plant is sought, not the lightest.
    front : sequence of float
        Other confidences for which designs are found too.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If something asked for is not there, or no design carries the load.
    """
    spec = next((each for each in station.sites if each.id == site), None)
    if spec is None:
        raise RequestError(f"no site {site!r} in {station.id}, only {', '.join(s.id for s in station.sites)}")
    check_technologies(build)
    known = technologies()
    for name, most in (limits or {}).items():
        if name not in build:
            raise RequestError(f"most of {name}: not among what may be built ({', '.join(build)})")
        if not most >= 0.0:
            raise RequestError(f"most of {name}: {most:g} is below zero; give 0 or more")
    watts = _load(station, site, mode) if load is None else load
    if not (np.isfinite(watts) and watts > 0.0):
        raise RequestError(f"the load of {site} is {watts:g} W; give one above 0, as in --load '12 kW'")
    span = span_from(station.start if start is None else start, years * 365.25 * 86_400.0, STEP)
    progress("horizons", 0.0)
    arrays = any(known[name].kind == "array" for name in build)
    ground, masts = _ground(spec, heights, wanted=arrays)
    progress("sunlight", 0.1)
    light = _Light(ground, span.et)
    sources = [_priced(s, prices) for s in _sources(known, build, masts, light, limits or {})]
    stores = [_priced_store(s, prices) for s in _stores(known, build, limits or {})]
    objective: Objective = "mass" if prices is None else "cost"
    month = ((span.et - span.et[0]) // LUNATION).astype(np.int64)
    asked = np.full(span.et.size, watts)

    def find(level: float, name: str, done: float, gap: float = GAP) -> Sizing:
        return size_power(
            asked,
            STEP,
            sources=sources,
            stores=stores,
            month=month,
            confidence=level,
            objective=objective,
            gap=gap,
            progress=lambda share: progress(name, done + 0.1 * share),
        )

    best = find(confidence, "sizing", 0.2)
    progress("prices", 0.5)
    margins: list[Margin] = []
    if confidence == 1.0:
        margins = _margins(
            known,
            asked,
            sources,
            stores,
            best,
            light,
            prices,
            lambda share: progress("prices", 0.5 + 0.1 * share),
        )
    others = [
        (level, find(level, f"sizing for {100 * level:g} %", 0.6 + 0.4 * place / len(front), FRONT_GAP))
        for place, level in enumerate(sorted(set(front) - {confidence}))
    ]
    notes = list(terrain_notes({site: ground}, windowed=[site] if spec.terrain else []))
    if arrays:
        notes.append(
            "Arrays give their rated power at 1 au without dust or ageing; masts, stores and drives never fail."
        )
    return SiteSizing(
        site=spec,
        load=watts,
        times=span.times,
        confidence=confidence,
        sources=tuple(sources),
        stores=tuple(stores),
        used=tuple(known[name] for name in build),
        best=best,
        margins=tuple(margins),
        front=tuple(sorted([*others, (confidence, best)], key=lambda pair: pair[0])) if others else (),
        notes=tuple(notes),
        prices=prices,
    )


def _priced(source: Source, prices: PowerPrices | None) -> Source:
    """With what it costs to buy and to bring."""
    if prices is None:
        return source
    return replace(source, cost_per_w=prices.each[source.kind] + prices.delivery * source.mass_per_w)


def _priced_store(store: Store, prices: PowerPrices | None) -> Store:
    if prices is None:
        return store
    return replace(store, cost_per_j=prices.each[store.id] + prices.delivery * store.mass_per_j)


def check_technologies(build: Sequence[str]) -> None:
    """Refuse names that are no technology.

    Raises
    ------
    RequestError
        If one is not known; lists those that are.
    """
    known = technologies()
    for name in build:
        if name not in known:
            raise RequestError(f"no technology {name!r}, only {', '.join(known)}")


def _ground(spec: SiteSpec, heights: Sequence[float], *, wanted: bool) -> tuple[Ground, list[float]]:
    """The site's horizon, and the masts to choose from: what a horizon table holds where none are named."""
    if not wanted:
        return ground_of(spec, [spec.height]), []
    masts = sorted(set(heights))
    if spec.horizon is not None:
        ground = ground_of(spec, masts or [spec.height])
        low, high = float(ground.horizon.heights[0]), float(ground.horizon.heights[-1])
        return ground, masts or sorted({low, high, *(h for h in HEIGHTS if low <= h <= high)})
    masts = masts or list(HEIGHTS)
    return ground_of(spec, sorted({*masts, *(mast + METRE for mast in masts), spec.height})), masts


class _Light:
    """Irradiance on arrays of a site at any height of its horizon, as share of 1361 W/m2."""

    def __init__(self, ground: Ground, et: FloatArray) -> None:
        self._ground = ground
        self._light = site_light(ground.site, et)
        self.count = et.size

    def holds(self, height: float) -> bool:
        """Whether the horizon is known at a height."""
        heights = self._ground.horizon.heights
        return bool(heights[0] <= height <= heights[-1])

    def at(self, height: float, facing: float | None = None) -> FloatArray:
        """Irradiance at a height [m] on an array that is turned, or stands upright facing an azimuth [rad], (n,)."""
        light = self._light
        cosine = (
            tracking_cosine(light.elevation)
            if facing is None
            else fixed_cosine(light.azimuth, light.elevation, array_azimuth=facing, array_tilt=UPRIGHT)
        )
        return irradiance_share(
            light.sun_fraction(self._ground.horizon, height), light.distance, cosine=cosine
        )


def _load(station: Station, site: str, mode: str) -> float:
    here = [element for element in station.elements if element.site == site]
    return sum(e.load_survival if mode == "survival" else e.load_nominal for e in here)


def _sources(
    known: dict[str, Technology],
    build: Sequence[str],
    masts: Sequence[float],
    light: _Light,
    limits: dict[str, float],
) -> list[Source]:
    found = []
    for name in build:
        technology = known[name]
        most = limits.get(name, np.inf)
        if technology.kind == "array":
            for mast in masts:
                for facing in FACINGS if name == FIXED else (None,):
                    way = "" if facing is None else f"-{facing:g}deg"
                    words = "" if facing is None else f", facing {facing:g} deg"
                    found.append(
                        Source(
                            f"{name}-{mast:g}m{way}",
                            f"{technology.name}, {mast:g} m{words}",
                            light.at(mast, None if facing is None else math.radians(facing)),
                            technology.array_mass(mast),
                            most=most,
                            kind=name,
                        )
                    )
        elif technology.kind == "steady":
            unit, mass = technology.values["unit"], technology.values["mass"]
            found.append(Source(name, technology.name, np.ones(light.count), mass / unit, unit, most))
    return found


def _stores(known: dict[str, Technology], build: Sequence[str], limits: dict[str, float]) -> list[Store]:
    return [
        Store(
            name,
            known[name].name,
            1.0 / known[name].values["specific_energy"],
            known[name].values["usable"],
            known[name].values["efficiency"],
            limits.get(name, np.inf),
        )
        for name in build
        if known[name].kind == "store"
    ]


def _margins(
    known: dict[str, Technology],
    load: FloatArray,
    sources: list[Source],
    stores: list[Store],
    best: Sizing,
    light: _Light,
    prices: PowerPrices | None,
    progress: Callable[[float], None],
) -> list[Margin]:
    """What small changes would change, over the spells that made the design."""
    objective: Objective = "mass" if prices is None else "cost"
    built = [*best.power.values(), *best.capacity.values(), *best.capacity.values()]
    programmes = 2 + sum(size > 0.0 for size in built)
    solved = 0

    def value(some: Sequence[Source], held: Sequence[Store], asked: FloatArray) -> float:
        nonlocal solved
        solved += 1
        progress(solved / programmes)
        return least_value(asked, STEP, sources=some, stores=held, like=best, objective=objective)

    now = value(sources, stores, load)
    watts = float(load[0])
    found = [
        Margin(
            "1 kW more load", (value(sources, stores, load * (1.0 + CHANGE)) - now) * 1e3 / (CHANGE * watts)
        )
    ]
    for place, source in enumerate(sources):
        if best.power[source.id] > 0.0 and known[source.kind].kind == "array":
            height, facing = mast_of(source)
            more = METRE if light.holds(height + METRE) else -METRE
            if not light.holds(height + more):
                continue
            other = list(sources)
            weight = known[source.kind].array_mass(height + more)
            changed = light.at(height + more, None if facing is None else math.radians(facing))
            other[place] = _priced(replace(source, share=changed, mass_per_w=weight), prices)
            words = "more" if more > 0.0 else "less"
            way = "" if facing is None else f" facing {facing:g} deg"
            found.append(Margin(f"1 m {words} mast than {height:g} m{way}", value(other, stores, load) - now))
    for place, store in enumerate(stores):
        if best.capacity[store.id] > 0.0:
            better = list(stores)
            better[place] = _priced_store(
                replace(store, mass_per_j=store.mass_per_j / (1.0 + CHANGE)), prices
            )
            per_unit = CHANGE / store.mass_per_j / 3600.0
            saved = (value(sources, better, load) - now) / per_unit
            if saved:
                found.append(Margin(f"1 Wh/kg more from {store.id}", saved))
            kinder = list(stores)
            kinder[place] = replace(store, efficiency=min(1.0, store.efficiency + CHANGE))
            gain = kinder[place].efficiency - store.efficiency
            if gain > 0.0:
                change = (value(sources, kinder, load) - now) * 0.01 / gain
                found.append(Margin(f"1 point more round trip of {store.id}", change))
    return found


def mast_of(source: Source) -> tuple[float, float | None]:
    """Height of an array [m], and the azimuth that it faces [deg], None where it is turned."""
    height, _, facing = source.id.removeprefix(f"{source.kind}-").partition("m")
    return float(height), float(facing.removeprefix("-").removesuffix("deg")) if facing else None


def sizing_rows(sized: SiteSizing) -> pd.DataFrame:
    """What is to be built.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``amount`` in ``unit`` (kW, or kWh of a store), ``mass_kg`` and, where prices are known,
        ``cost``; what is not built is left out.
    """
    rows: list[tuple[str, str, float, str, float, float]] = []
    for source in sized.sources:
        power = sized.best.power[source.id]
        if power > 0.0:
            cost = power * source.cost_per_w
            rows.append((source.id, source.name, power / 1e3, "kW", power * source.mass_per_w, cost))
    for store in sized.stores:
        capacity = sized.best.capacity[store.id]
        if capacity > 0.0:
            cost = capacity * store.cost_per_j
            rows.append((store.id, store.name, capacity / 3.6e6, "kWh", capacity * store.mass_per_j, cost))
    found = pd.DataFrame(rows, columns=["id", "name", "amount", "unit", "mass_kg", "cost"])
    return found.drop(columns="cost") if sized.prices is None else found


def station_tables(sized: SiteSizing) -> str:
    """The design as elements of a station file, to be pasted; partner and loads are the user's."""
    known = technologies()
    kinds = {"battery": "battery", "fuel-cell": "fuel-cell", "isotope": "isotope"}
    parts = []
    for row in sizing_rows(sized).itertuples():
        name = str(row.id)
        lines = ["[[element]]", f'id = "{name}"', f'site = "{sized.site.id}"']
        source = next((each for each in sized.sources if each.id == name), None)
        if source is not None and known[source.kind].kind == "array":
            height, facing = mast_of(source)
            lines += [
                'kind = "solar-array"',
                f'array_power = "{row.amount:.6g} kW"',
                f'array_height = "{height:g} m"',
            ]
            if facing is not None:
                lines += [
                    'array_pointing = "fixed"',
                    f'array_azimuth = "{facing:g} deg"',
                    'array_tilt = "90 deg"',
                ]
        elif row.unit == "kWh":
            figures = known[name].values
            lines += [
                f'kind = "{kinds[name]}"',
                f'battery_capacity = "{row.amount:.6g} kWh"',
                f"battery_efficiency = {figures['efficiency']:g}",
                f"battery_reserve = {1.0 - figures['usable']:.6g}",
            ]
        else:
            lines += [f'kind = "{kinds.get(name, "fission")}"', f'power = "{row.amount:.6g} kW"']
        note = f"sized for {sized.load / 1e3:g} kW by moonstation design size"
        lines += [f'mass = "{row.mass_kg:.6g} kg"', 'confidence = "assumption"', f'note = "{note}"']
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
