"""How the layers of a map are coloured and called on a picture."""

from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import AnyArray
from moonstation.errors import RequestError
from moonstation.report import palette


@dataclass(frozen=True)
class Look:
    """How a layer is shown.

    Attributes
    ----------
    title : str
        What it is, in a few words.
    unit : str
        Unit on the picture; empty if it has none.
    factor : float
        From the values of the map to those of the picture (100 where the map has shares and the picture percent).
    colours : str
        Name of a perceptually uniform colour map of matplotlib.
    spells : bool
        Whether values spread over decades, as lengths of spells do: the scale is then logarithmic if need be.
    bounds : (float, float)
        Values that the scale never passes, in the unit of the picture.
    classes : tuple of (str, str)
        For a layer of kinds: name and colour of 0, 1, ...; a legend takes the place of the colour bar.
    """

    title: str
    unit: str = ""
    factor: float = 1.0
    colours: str = "viridis"
    spells: bool = False
    bounds: tuple[float, float] = (-np.inf, np.inf)
    classes: tuple[tuple[str, str], ...] = ()


PERCENT = (0.0, 100.0)

LOOKS = {
    "average_sun": Look("Average sunlight", "%", 100.0, "inferno", bounds=PERCENT),
    "any_light": Look("Time with any of the Sun", "%", 100.0, "inferno", bounds=PERCENT),
    "longest_dark": Look("Longest spell without Sun", "d", 1.0, "inferno_r", spells=True),
    "longest_light": Look("Longest spell with Sun", "d", 1.0, "inferno", spells=True),
    "permanent_shadow": Look(
        "Permanent shadow",
        classes=(("Sun at some time", palette.RELIEF), ("no Sun in the period", palette.SHADOW)),
    ),
    "earth_visible": Look("Time with the Earth in sight", "%", 100.0, "viridis", bounds=PERCENT),
    "sun_and_earth": Look("Time with Sun and Earth in sight", "%", 100.0, "viridis", bounds=PERCENT),
    "slope": Look("Slope", "°", 1.0, "magma_r", bounds=(0.0, 90.0)),
    "terrain_pixel": Look("Pixel of the terrain", "m", 1.0, "viridis_r", spells=True),
}
"""By the names of the layers, as in `moonstation.sunlight.maps.LAYERS`."""

FALLBACK = "viridis"

MOST_DECADES = 1e3
"""A logarithmic scale reaches down to this part of its highest value."""


def look_of(band: str, *, unit: str = "", meaning: str = "") -> Look:
    """Look of a band such as "average_sun_2m"; a plain one, called by its meaning, for a layer of another making.

    Parameters
    ----------
    band : str
        Name of the band: a layer, for most with the height above ground.
    unit, meaning : str
        As in the map; used where the layer is not one of `LOOKS`.
    """
    name = layer_of(band)
    if name in LOOKS:
        return LOOKS[name]
    share = unit == "1"
    return Look(
        meaning or band,
        "%" if share else unit,
        100.0 if share else 1.0,
        FALLBACK,
        bounds=PERCENT if share else (-np.inf, np.inf),
    )


def layer_of(band: str) -> str:
    """Name of the layer in a band: without the height and what may come after it."""
    return next((name for name in sorted(LOOKS, key=len, reverse=True) if band.startswith(name)), band)


def fitted(look: Look, values: AnyArray) -> Look:
    """A look whose bounds are those of some values, rounded outwards; logarithmic only where spells need it."""
    finite = values[np.isfinite(values)] * look.factor
    if look.classes:
        return look
    if finite.size == 0:
        return replace(look, spells=False, bounds=(0.0, 1.0))
    low, high = float(finite.min()), float(finite.max())
    if look.spells and high > 20.0 * float(np.percentile(finite, 5.0)):
        above = finite[finite > 0.0]
        return replace(look, bounds=(max(float(above.min()), high / MOST_DECADES), high))
    step = _nice((high - low) / 5.0) if high > low else 1.0
    low, high = np.floor(low / step + 1e-6) * step, np.ceil(high / step - 1e-6) * step
    if not high > low:
        low, high = low - step, high + step
    return replace(look, spells=False, bounds=(max(low, look.bounds[0]), min(high, look.bounds[1])))


def _nice(step: float) -> float:
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(n * power for n in (1.0, 2.0, 5.0, 10.0) if n * power >= step * (1.0 - 1e-9)))


def choose_band(bands: list[str], layer: str | None, *, key: str = "--layer") -> int:
    """Index of the band to draw: of a band or layer by its name, else average sunlight, else the first.

    Raises
    ------
    RequestError
        If the map has no such band.
    """
    if layer is None:
        return next((i for i, band in enumerate(bands) if layer_of(band) == "average_sun"), 0)
    for matches in (lambda band: band == layer, lambda band: layer_of(band) == layer):
        found = next((i for i, band in enumerate(bands) if matches(band)), None)
        if found is not None:
            return found
    raise RequestError(f"{key} {layer}: the map has {', '.join(bands)}; choose one of them")
