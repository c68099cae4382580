"""How far the light of a place may be off for the error of its terrain: an ensemble of disturbed terrains."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.formats.products import products
from moonstation.station.units import parse_quantity, show
from moonstation.study.places import Place
from moonstation.sunlight.light import SiteLight
from moonstation.sunlight.statistics import light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.height_errors import (
    MOST_MEMBERS,
    PACKAGED_ERROR,
    DisturbedHorizons,
    HeightError,
    assumed_error,
    disturbed_horizons,
    file_of,
)
from moonstation.threads import in_threads

FEWEST_MEMBERS = 10
ENOUGH_MEMBERS = 100
"""From here on a 1st and a 99th percentile are named; of fewer members the lowest and the highest are told as such."""

PERCENTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
LEVEL = 0.9
"""How sure the bounds of a percentile are."""

EXAMPLE = '"white=0.5m,correlated=2m@200m"'


@dataclass(frozen=True)
class Ensemble:
    """What an ensemble is made of.

    Attributes
    ----------
    members : int
        How many disturbed terrains, 10 to 10,000.
    seed : int
        What they are drawn from.
    error : HeightError or None
        Stated error of the terrain under the place; that of the product if not given.
    """

    members: int
    seed: int = 1
    error: HeightError | None = None

    @property
    def enough(self) -> bool:
        """Whether there are members enough to name a 1st and a 99th percentile."""
        return self.members >= ENOUGH_MEMBERS

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if not FEWEST_MEMBERS <= self.members <= MOST_MEMBERS:
            raise RequestError(
                f"--ensemble {self.members}: give {FEWEST_MEMBERS} to {MOST_MEMBERS} members; 100 or more name a 1st "
                "and a 99th percentile"
            )
        if not 0 <= self.seed < 2**63:
            raise RequestError(f"--seed {self.seed}: give a whole number from 0 on")


@dataclass(frozen=True, eq=False)
class Spread:
    """One figure over the members of an ensemble.

    Attributes
    ----------
    undisturbed : float
        The figure on the terrain as it is.
    values : ndarray, shape (members,)
        The figure of each member.
    """

    undisturbed: float
    values: FloatArray

    def percentile(self, share: float) -> float:
        """Percentile for a share of 0 to 1, linear between the members in order (Hyndman and Fan 1996, type 7)."""
        return float(np.quantile(self.values, share))

    def bounds(self, share: float) -> tuple[float, float]:
        """Bounds that hold the true percentile with `LEVEL`, from the members in order; infinite where none has one.

        The number of members below the true percentile is binomial, whatever the distribution is (David and Nagaraja
        2003, Order Statistics, section 7.1); each side is given half of what is left.
        """
        count = len(self.values)
        ordered = np.sort(self.values)
        tail = 0.5 * (1.0 - LEVEL)
        # as many members as lie below the percentile at least, and at most, with the tail left over
        low = int(binom.ppf(tail, count, share))
        high = int(binom.ppf(1.0 - tail, count, share))
        below = float(ordered[low - 1]) if low >= 1 else -math.inf
        above = float(ordered[high]) if high < count else math.inf
        return below, above


@dataclass(frozen=True, eq=False)
class Confidence:
    """What an ensemble says of a place.

    Attributes
    ----------
    members, seed : int
        As asked for.
    errors : tuple of (str, HeightError)
        Name and error of each layer of the terrain, finest first.
    average, longest_dark : Spread
        Average share of the Sun's disc, and longest dark spell [s], over the span.
    cycle_average, cycle_longest_dark : Spread
        The same over the nodal cycle.
    horizons : DisturbedHorizons
        Horizon of each member.
    """

    members: int
    seed: int
    errors: tuple[tuple[str, HeightError], ...]
    average: Spread
    longest_dark: Spread
    cycle_average: Spread
    cycle_longest_dark: Spread
    horizons: DisturbedHorizons

    @property
    def enough(self) -> bool:
        """Whether there are members enough to name a 1st and a 99th percentile."""
        return self.members >= ENOUGH_MEMBERS


def parse_error(text: str) -> HeightError:
    """Read an error as a user states it, e.g. "white=0.5m,correlated=2m@200m"; correlated parts may be several.

    Raises
    ------
    RequestError
        One line with what is wrong and how to write it.
    """
    white, parts = _parse(text, "--error")
    return HeightError(white, parts, source="stated", confidence="as stated")


def layer_errors(model: ElevationModel, stated: HeightError | None) -> list[HeightError]:
    """Error of each layer of a model: the stated one, else that of the product whose file it is, else an assumption.

    The packaged grid keeps its own beneath other terrain.
    """
    known = {part.name.lower(): product for product in products().values() for part in product.files}
    found = []
    for layer in model.layers:
        file = file_of(layer)
        product = known.get(file.lower())
        if layer.whole_moon:
            found.append(PACKAGED_ERROR if stated is None or len(model.layers) > 1 else stated)
        elif stated is not None:
            found.append(stated)
        elif product is not None and product.height_error is not None:
            error = product.height_error
            white, parts = _parse(error.value, f"height_error of {product.id}")
            found.append(HeightError(white, parts, error.source, error.confidence))
        else:
            # what is averaged far away has the error of its own pixels; a model of means alone knows only the finest
            own = [other.resolution for other in model.layers if other.name.split(" + ")[0] == file]
            found.append(assumed_error(min(own, default=model.finest)))
    return found


def refuse_tables(places: Sequence[Place]) -> None:
    """Refuse places whose horizon is a finished table: it holds no terrain that could be disturbed.

    Raises
    ------
    RequestError
        Names the first of them.
    """
    for place in places:
        if place.ground.table is not None:
            raise RequestError(
                f"--ensemble: {place.name} comes with a finished horizon table, in which no terrain can be disturbed; "
                "give its terrain with --terrain FILE"
            )


def place_confidence(
    place: Place,
    ensemble: Ensemble,
    span: SiteLight,
    cycle: SiteLight,
    *,
    progress: Callable[[float], None] | None = None,
) -> Confidence:
    """Light of a place on every terrain of an ensemble.

    Parameters
    ----------
    place : Place
        Made from terrain, not from a finished horizon table.
    ensemble : Ensemble
        Members, seed and error.
    span, cycle : SiteLight
        Where the Sun stands over the span and over the nodal cycle.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If the place has a finished horizon table and no terrain.
    """
    refuse_tables([place])
    ground = place.ground
    tell = progress or (lambda share: None)
    model = (
        ElevationModel.from_files(ground.files, around=[(place.lat_deg, place.lon_deg)])
        if ground.files
        else ElevationModel.packaged()
    )
    errors = layer_errors(model, ensemble.error)
    horizons = disturbed_horizons(
        place.site,
        model,
        errors,
        height=place.height,
        members=ensemble.members,
        seed=ensemble.seed,
        azimuths=len(ground.horizon.azimuth),
        progress=lambda share: tell(0.6 * share),
    )
    figures = np.empty((ensemble.members, 4))

    def see(member: int) -> None:
        figures[member] = _figures(place, horizons.elevation[member], span, cycle)

    in_threads(see, range(ensemble.members), progress=lambda share: tell(0.6 + 0.4 * share))
    plain = _figures(place, ground.horizon.profile(place.height), span, cycle)
    spreads = [Spread(float(figure), figures[:, i].copy()) for i, figure in enumerate(plain)]
    return Confidence(
        members=ensemble.members,
        seed=ensemble.seed,
        errors=tuple((_short(layer.name), error) for layer, error in zip(model.layers, errors, strict=True)),
        average=spreads[0],
        longest_dark=spreads[1],
        cycle_average=spreads[2],
        cycle_longest_dark=spreads[3],
        horizons=horizons,
    )


def confidence_notes(place: Place, confidence: Confidence) -> list[str]:
    """What must be said beside the spread of a place."""
    notes = []
    worst = next((error for _, error in confidence.errors if error.confidence == "assumption"), None)
    if worst is not None:
        notes.append(
            f"{place.name}: the height error {worst.words} is an assumption ({worst.source}); state one with --error"
        )
    if place.ground.horizon.indicative:
        notes.append(
            f"{place.name}: the spread is indicative as well: of 60 places near the south pole, ensembles of 3.8 km "
            "terrain held the sunlight of 40 m terrain at 87 %, where 98 % were due"
        )
    lowest, highest = confidence.average.percentile(0.01), confidence.average.percentile(0.99)
    if not lowest <= confidence.average.undisturbed <= highest:
        notes.append(
            f"{place.name}: the terrain as it is gives {100 * confidence.average.undisturbed:.1f} % of the Sun, "
            "outside the ensemble: a horizon is the highest of many points, so errors raise it more often than they "
            "lower it"
        )
    return notes


def members_frame(places: Sequence[Place], confidence: dict[str, Confidence]) -> pd.DataFrame:
    """One row for each member of each place, the terrain as it is as member 0."""
    tables = []
    for place in places:
        found = confidence[place.id]
        columns: dict[str, Any] = {"place": place.name, "member": np.arange(found.members + 1)}
        columns["ground_error_m"] = np.r_[0.0, found.horizons.ground]
        for name, spread, scale in (
            ("average_sun", found.average, 1.0),
            ("longest_dark_h", found.longest_dark, 3600.0),
            ("average_sun_18_6_years", found.cycle_average, 1.0),
            ("longest_dark_18_6_years_h", found.cycle_longest_dark, 3600.0),
        ):
            columns[name] = np.r_[spread.undisturbed, spread.values] / scale
        columns["seed"] = found.seed
        columns["height_error"] = "; ".join(f"{name}: {error.words}" for name, error in found.errors)
        columns["terrain_resolution_m"] = place.ground.horizon.resolution_m
        columns["indicative"] = place.ground.horizon.indicative
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _figures(place: Place, elevation: FloatArray, span: SiteLight, cycle: SiteLight) -> list[float]:
    horizon = replace(
        place.ground.horizon, heights=np.array([place.height]), elevation=elevation[np.newaxis, :]
    )
    figures = []
    for light in (span, cycle):
        found = light_statistics(light.et, light.sun_fraction(horizon, place.height))
        figures += [found.average, found.longest_dark]
    return figures


def _short(name: str) -> str:
    first, *others = name.split(" + ")
    return f"{first} and {len(others)} more" if others else first


def _parse(text: str, key: str) -> tuple[float, tuple[tuple[float, float], ...]]:
    white: float | None = None
    parts: list[tuple[float, float]] = []
    for piece in text.split(","):
        kind, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or kind not in ("white", "correlated"):
            raise RequestError(
                f"{key}: {show(piece.strip())} is no part of an error; write it like {EXAMPLE}"
            )
        sigma_text, at, length_text = (part.strip() for part in value.partition("@"))
        try:
            sigma = parse_quantity(sigma_text, "length")
            length = parse_quantity(length_text, "length") if at else math.nan
        except ValueError as error:
            raise RequestError(f"{key}: {error}; write the error like {EXAMPLE}") from error
        if not 0.0 <= sigma <= 5000.0:
            raise RequestError(f"{key}: {show(sigma_text)} is no error of a height; give 0 m to 5 km")
        if kind == "white":
            if at or white is not None:
                raise RequestError(f"{key}: white takes one deviation and no length; write it like {EXAMPLE}")
            white = sigma
            continue
        if not 1.0 <= length <= 1e6:
            raise RequestError(f"{key}: correlated needs a length of 1 m to 1000 km; write it like {EXAMPLE}")
        if sigma > 0.0:
            parts.append((sigma, length))
    if not (white or parts):
        raise RequestError(f"{key}: {show(text)} disturbs nothing; write it like {EXAMPLE}")
    return white or 0.0, tuple(parts)
