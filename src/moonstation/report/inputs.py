"""What the report needs to know of a study, and how it reads the study's series.

The report stands beside the room that makes the result, so it says here what it takes instead of importing it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.arrays import FloatArray, TimeArray
from moonstation.formats.provenance import DataSource


class Instant(Protocol):
    """An instant that can tell its UTC."""

    @property
    def utc(self) -> str:
        """ISO 8601 text in UTC."""


class JudgedRequirement(Protocol):
    """One requirement with its value, limit, margin and verdict.

    `value`, `limit` and `margin` are in `unit` ("" or "1" for a share); `sense` is "at_least" or "at_most";
    `verdict` is "met", "not met" or "unknown"; a positive margin is good.
    """

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> float | None: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def limit(self) -> float: ...  # noqa: D102
    @property
    def sense(self) -> str: ...  # noqa: D102
    @property
    def margin(self) -> float | None: ...  # noqa: D102
    @property
    def verdict(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102


class SkyResult(Protocol):
    """What the figures of sky and light take: sites with their horizons, and series of Sun and Earth.

    `station` needs no more than `sites`, each with id, name and height; `metrics` holds SI values under the names of
    `moonstation.station.metrics` ("site.base.sun.longest_dark").
    """

    @property
    def station(self) -> Any: ...  # noqa: D102
    @property
    def start(self) -> Instant: ...  # noqa: D102
    @property
    def stop(self) -> Instant: ...  # noqa: D102
    @property
    def step_s(self) -> float: ...  # noqa: D102
    @property
    def series(self) -> xr.Dataset: ...  # noqa: D102
    @property
    def horizons(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def metrics(self) -> Mapping[str, float]: ...  # noqa: D102
    @property
    def sources(self) -> Sequence[DataSource]: ...  # noqa: D102
    @property
    def notes(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def software(self) -> Mapping[str, str]: ...  # noqa: D102


class Result(SkyResult, Protocol):
    """A study as the report takes it.

    `station`, `horizons` and `trajectories` are typed loosely: the report reads names, texts and a few numbers of
    them, and an attribute that a station does not have is left out of the page.

    `rates` is None or what `moonstation.study.link_rates.LinkRates` is.
    `relay_roles` and `arrivals` hold what `moonstation.study.relays.RelayRole` and
    `moonstation.study.missions.MissionFlight` do.

    `relief` is None or (elevations [m] of shape (n, n), half width [m]) on a polar stereographic plane about the
    pole of the station's sites: element [i, j] lies at x = linspace(-h, h, n)[j], y = linspace(-h, h, n)[i], with
    x = rho sin(lon), y = rho cos(lon) at the south pole and y = -rho cos(lon) at the north pole, and
    rho = 2 R tan((90 deg - |lat|) / 2), R = 1737.4 km.
    """

    @property
    def trajectories(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def contacts(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def rates(self) -> Any: ...  # noqa: D102
    @property
    def verdicts(self) -> Sequence[JudgedRequirement]: ...  # noqa: D102
    @property
    def relay_roles(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def arrivals(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def relief(self) -> tuple[Any, float] | None: ...  # noqa: D102


class PlacesResult(SkyResult, Protocol):
    """Places and their light as their page takes them.

    `lights` and `cycles` hold, by id of the place, the light over the span and over a whole nodal cycle: `statistics`
    and `monthly` as `moonstation.sunlight.statistics` gives them, and `earth_visible` in `lights`. `confidence` holds,
    by id of the place, what an ensemble of disturbed terrains says; it is empty where none was asked for.
    """

    @property
    def lights(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def cycles(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def confidence(self) -> Mapping[str, Any]: ...  # noqa: D102


def parts(owner: Any, name: str) -> list[Any]:
    """Sites, elements, partners... of a station as a list, empty when it has none; mappings give their values."""
    found = getattr(owner, name, None)
    if not found:
        return []
    values: Iterable[Any] = found.values() if isinstance(found, Mapping) else found
    return list(values)


def name_of(part: Any) -> str:
    """Name of a part of the station, or its id where it has no name."""
    return str(getattr(part, "name", "") or getattr(part, "id", ""))


def bus_name(station: Any, bus_id: str) -> str:
    """Name of a power bus for people: of its site, or of the only element on it, or its id."""
    for site in parts(station, "sites"):
        if site.id == bus_id:
            return name_of(site)
    on_bus = elements_on(station, bus_id)
    return name_of(on_bus[0]) if len(on_bus) == 1 else bus_id


def elements_on(station: Any, bus_id: str) -> list[Any]:
    """Elements on a power bus; one that names no bus is on that of its site."""
    return [e for e in parts(station, "elements") if (getattr(e, "bus", "") or e.site) == bus_id]


def times_of(result: SkyResult) -> TimeArray:
    """Times of the series, UTC, shape (n,), datetime64[ns]."""
    if "time" not in result.series.coords:
        return np.empty(0, dtype="datetime64[ns]")
    return np.asarray(result.series["time"].values, dtype="datetime64[ns]")


def labels(result: SkyResult, dimension: str) -> list[str]:
    """Labels along a dimension of the series, none when the dimension is not there."""
    if dimension not in result.series.coords:
        return []
    return [str(label) for label in result.series[dimension].values]


def series(result: SkyResult, variable: str, dimension: str, label: str) -> FloatArray | None:
    """One series, shape (n,), in the unit of its variable; None when the study did not make it."""
    if variable not in result.series or label not in labels(result, dimension):
        return None
    found = result.series[variable]
    if dimension not in found.dims or found.sizes.get("time", 0) == 0:
        return None
    return np.asarray(found.sel({dimension: label}).values, dtype=np.float64)


def metric(result: SkyResult, name: str) -> float | None:
    """A figure by its metric name, SI; None when it was not computed or is not a number."""
    value = result.metrics.get(name)
    return None if value is None or not np.isfinite(value) else float(value)


def step_hours(result: SkyResult) -> float:
    """Step of the series [h]."""
    return result.step_s / 3600.0


def span_days(result: SkyResult) -> float:
    """Length of the span studied [d]."""
    return float((stamp(result.stop.utc) - stamp(result.start.utc)) / np.timedelta64(1, "s")) / 86400.0


def stamp(utc: str) -> np.datetime64:
    """UTC text as datetime64[ns]."""
    return np.datetime64(utc.strip().removesuffix("Z").removesuffix(" UTC"), "ns")


def contact_windows(result: Result) -> pd.DataFrame:
    """Contacts with columns from, to, kind, start, stop (datetime64[ns] UTC without zone), in order of start."""
    frame = result.contacts
    if frame.empty:
        return pd.DataFrame({"from": [], "to": [], "kind": [], "start": [], "stop": []})
    return pd.DataFrame(
        {
            "from": frame["from"].astype(str).to_numpy(),
            "to": frame["to"].astype(str).to_numpy(),
            "kind": frame["kind"].astype(str).to_numpy(),
            "start": _utc(frame["start_utc"]),
            "stop": _utc(frame["end_utc"]),
        }
    ).sort_values(["start", "from", "to"], kind="stable", ignore_index=True)


def _utc(column: pd.Series) -> TimeArray:
    if column.dtype.kind == "M" and getattr(column.dtype, "tz", None) is None:
        return np.asarray(column.to_numpy(), dtype="datetime64[ns]")
    moments = pd.to_datetime(column, utc=True, format="ISO8601" if column.dtype.kind != "M" else None)
    return np.asarray(moments.dt.tz_localize(None).to_numpy(), dtype="datetime64[ns]")
