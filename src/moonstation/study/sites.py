"""Light at places that need no station: a span in detail, and a whole nodal cycle for the worst months."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.epochs import Epoch
from moonstation.study.confidence import (
    Confidence,
    Ensemble,
    confidence_notes,
    place_confidence,
    refuse_tables,
)
from moonstation.study.light import light_in_pieces, light_run
from moonstation.study.metrics import light_metrics
from moonstation.study.places import Place
from moonstation.study.result import LightRun
from moonstation.study.run import Progress, software, span_from
from moonstation.study.series import sky_series
from moonstation.study.sources import place_sources
from moonstation.sunlight.statistics import LightStatistics, light_statistics, monthly
from moonstation.terrain.horizons import Horizon

STEP = 600.0
"""Step of the span [s]."""

CYCLE_STEP = 3600.0
CYCLE_DAYS = 6798.383
"""The Moon's nodes go once around in this time, 18.6 years (Meeus 1998, Astronomical Algorithms, ch. 47): after it, low
and high Suns of the poles have all been seen."""

SHORTEST_SPAN_D = 1.0


@dataclass(frozen=True, eq=False)
class PlaceGroup:
    """Places looked at together.

    Attributes
    ----------
    name : str
        Title.
    sites : list of Place
        The places, each with an id of its own.
    """

    name: str
    sites: list[Place]


@dataclass(frozen=True, eq=False)
class Cycle:
    """Light of the Sun at a place over a whole nodal cycle of the Moon, by the hour.

    Attributes
    ----------
    start, stop : Epoch
        The cycle.
    statistics : LightStatistics
        Of the whole.
    monthly : pandas.DataFrame
        By calendar month; months of which only a part lies in the cycle are left out.
    """

    start: Epoch
    stop: Epoch
    statistics: LightStatistics
    monthly: pd.DataFrame

    def worst(self, count: int) -> pd.DataFrame:
        """The months with the least light, darkest first (the earlier of equals first)."""
        return self.monthly.sort_values(["average", "month"], kind="stable", ignore_index=True).head(count)


@dataclass(frozen=True, eq=False)
class SitesResult:
    """Light at one or more places.

    Attributes
    ----------
    station : PlaceGroup
        The places, under the name by which figures ask for what stands on the ground.
    start, stop : Epoch
        The span studied in detail.
    step_s : float
        Step of its series [s].
    series : xarray.Dataset
        Sun and Earth on dimensions ``site`` and ``time`` (UTC).
    lights : dict of str to LightRun
        Light over the span, by place.
    cycles : dict of str to Cycle
        Light of the Sun over a nodal cycle, by place.
    metrics : dict of str to float
        Figures by metric name ("site.PLACE.sun.average"), SI.
    sources : list of DataSource
        Data files behind the figures.
    notes : list of str
        Limits to be told beside the figures.
    software : dict of str to str
        Versions of what computed this.
    confidence : dict of str to Confidence
        What an ensemble of disturbed terrains says, by place; empty where none was asked for.
    """

    station: PlaceGroup
    start: Epoch
    stop: Epoch
    step_s: float
    series: xr.Dataset
    lights: dict[str, LightRun]
    cycles: dict[str, Cycle]
    metrics: dict[str, float]
    sources: list[DataSource]
    notes: list[str]
    software: dict[str, str]
    confidence: dict[str, Confidence]

    @property
    def places(self) -> list[Place]:
        """The places."""
        return self.station.sites

    @property
    def horizons(self) -> dict[str, Horizon]:
        """Terrain horizon by place."""
        return {place.id: place.ground.horizon for place in self.places}


def study_places(
    places: Sequence[Place],
    start: Epoch,
    stop: Epoch,
    *,
    ensemble: Ensemble | None = None,
    progress: Progress | None = None,
) -> SitesResult:
    """Light at places: a span in steps of ten minutes, and the nodal cycle from its start by the hour.

    Parameters
    ----------
    places : sequence of Place
        See `moonstation.study.places.find_place`.
    start, stop : Epoch
        The span in detail.
    ensemble : Ensemble, optional
        Disturbed terrains on which the figures are computed as well.
    progress : callable, optional
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If there is no place, the span is shorter than a day, or an ensemble is asked for of a place whose horizon is a
        finished table.
    CoverageError
        If the ephemeris does not reach over the span and the cycle.
    """
    if not places:
        raise RequestError("no place is given; name at least one")
    if stop - start < SHORTEST_SPAN_D * 86_400.0:
        raise RequestError(f"--days {(stop - start) / 86_400.0:g}: give a day or more")
    if ensemble is not None:
        refuse_tables(places)
    named = _with_own_ids(places)
    span = span_from(start, stop - start, STEP)
    cycle_span = span_from(start, CYCLE_DAYS * 86_400.0, CYCLE_STEP)
    lights: dict[str, LightRun] = {}
    cycles: dict[str, Cycle] = {}
    metrics: dict[str, float] = {}
    confidence: dict[str, Confidence] = {}
    # of the time that a place takes
    plain = 1.0 if ensemble is None else 0.3
    for number, place in enumerate(named):

        def tell(share: float, number: int = number, name: str = place.name) -> None:
            if progress is not None:
                progress(name, (number + share) / len(named))

        tell(0.0)
        run = light_run(place.ground, span.et, place.height)
        lights[place.id] = run
        metrics |= light_metrics(place.id, run.statistics, earth_visible=run.earth_visible)
        light = light_in_pieces(
            place.site, cycle_span.et, progress=lambda share: tell(plain * (0.1 + 0.9 * share))
        )
        fraction = light.sun_fraction(place.ground.horizon, place.height)
        cycles[place.id] = _cycle(cycle_span.start, cycle_span.stop, cycle_span.et, fraction)
        if ensemble is not None:
            confidence[place.id] = place_confidence(
                place,
                ensemble,
                run.light,
                light,
                progress=lambda share: tell(plain + (1.0 - plain) * share),
            )
    tell(1.0)
    title = named[0].name if len(named) == 1 else "Places compared"
    return SitesResult(
        station=PlaceGroup(title, named),
        start=span.start,
        stop=span.stop,
        step_s=STEP,
        series=sky_series(span.times, lights),
        lights=lights,
        cycles=cycles,
        metrics=metrics,
        sources=place_sources([place.ground.horizon for place in named]),
        notes=[place.limit for place in named if place.limit]
        + [note for place in named if confidence for note in confidence_notes(place, confidence[place.id])],
        software=software(),
        confidence=confidence,
    )


def _with_own_ids(places: Sequence[Place]) -> list[Place]:
    found: dict[str, Place] = {}
    for place in places:
        name, k = place.id, 1
        while name in found:
            k += 1
            name = f"{place.id}-{k}"
        found[name] = replace(place, id=name)
    return list(found.values())


def _cycle(start: Epoch, stop: Epoch, et: FloatArray, fraction: FloatArray) -> Cycle:
    months = monthly(et, fraction)
    length = (months["month"].astype("datetime64[s]") + pd.offsets.MonthBegin(1)) - months["month"].astype(
        "datetime64[s]"
    )
    whole = months["days"] > length.dt.total_seconds() / 86_400.0 - 0.5
    return Cycle(start, stop, light_statistics(et, fraction), months[whole].reset_index(drop=True))
