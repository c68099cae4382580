"""The spread of a map over an ensemble of disturbed terrains: its bands, and their values tile by tile."""

from collections.abc import Callable, Sequence

import numpy as np

from moonstation.arrays import AnyArray
from moonstation.errors import RequestError
from moonstation.formats.map_raster import Band
from moonstation.study.confidence import Ensemble, layer_errors
from moonstation.sunlight.maps import LAYERS
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.height_errors import Disturbance, HeightError, file_of

SPREAD_LAYERS = ("average_sun", "longest_dark")
"""Layers whose spread is shown."""

MOST_MAP_MEMBERS = 1000
"""All members of a tile are held in memory: 260 MB for each layer and height of one of 256 x 256 pixels."""

FileErrors = tuple[tuple[str, HeightError], ...]
LightOn = Callable[[Disturbance, float, Sequence[str]], dict[str, AnyArray]]


def check_spread(ensemble: Ensemble, layers: Sequence[str]) -> None:
    """Refuse an ensemble that would show nothing, or does not fit in memory.

    Raises
    ------
    RequestError
        Says what to change.
    """
    if not _spread(layers):
        raise RequestError(
            f"--ensemble: shows the spread of {' and '.join(SPREAD_LAYERS)}; ask for one of them"
        )
    if ensemble.members > MOST_MAP_MEMBERS:
        raise RequestError(
            f"--ensemble {ensemble.members}: a map takes {MOST_MAP_MEMBERS} members at most; give fewer"
        )


def file_errors(model: ElevationModel, stated: HeightError | None) -> FileErrors:
    """Height error of each file of a model, by the rule of `study.confidence.layer_errors`."""
    found = zip(model.layers, layer_errors(model, stated), strict=True)
    return tuple({file_of(layer): error for layer, error in found}.items())


def spread_bands(ensemble: Ensemble, heights: Sequence[float], layers: Sequence[str]) -> list[Band]:
    """Bands of the spread: three for each layer and height."""
    return [
        Band(
            f"{name}_{short}_{height:g}m",
            LAYERS[name].unit,
            f"{LAYERS[name].meaning}: {words} of {ensemble.members} disturbed terrains, {height:g} m above ground",
            f"{name}_{short}",
            height,
        )
        for height in heights
        for name in _spread(layers)
        for short, words, _ in _shares(ensemble)
    ]


def spread_tags(ensemble: Ensemble | None, errors: FileErrors) -> dict[str, str]:
    """What a map tells of its ensemble."""
    if ensemble is None:
        return {}
    return {
        "ENSEMBLE": f"{ensemble.members} disturbed terrains, seed {ensemble.seed}",
        "HEIGHT_ERROR": "; ".join(
            f"{name}: {error.words} ({error.confidence}: {error.source})" for name, error in errors
        ),
    }


def spread_values(
    ensemble: Ensemble,
    errors: FileErrors,
    heights: Sequence[float],
    layers: Sequence[str],
    light_on: LightOn,
    *,
    progress: Callable[[float], None] | None = None,
) -> list[AnyArray]:
    """Values of `spread_bands` over a tile.

    Parameters
    ----------
    ensemble : Ensemble
        How many terrains, and from which seed.
    errors : tuple of (str, HeightError)
        Height error of each file.
    heights, layers : sequence
        As in the request of the map.
    light_on : callable
        Gives layers of the tile on a disturbed terrain at a height above ground.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    list of ndarray of float32, shape (rows, columns)
        NaN where any member has no value.
    """
    names = _spread(layers)
    members: dict[tuple[float, str], list[AnyArray]] = {
        (height, name): [] for height in heights for name in names
    }
    for member in range(ensemble.members):
        if progress is not None:
            progress(member / ensemble.members)
        disturbance = Disturbance(errors, ensemble.seed, member)
        for height in heights:
            light = light_on(disturbance, height, names)
            for name in names:
                members[height, name].append(light[name])
    shares = [share for _, _, share in _shares(ensemble)]
    found: list[AnyArray] = []
    for values in members.values():
        found += list(np.quantile(np.stack(values), shares, axis=0).astype(np.float32))
    return found


def _spread(layers: Sequence[str]) -> list[str]:
    return [name for name in SPREAD_LAYERS if name in layers]


def _shares(ensemble: Ensemble) -> tuple[tuple[str, str, float], ...]:
    if ensemble.enough:
        return (("p01", "1st percentile", 0.01), ("p50", "median", 0.5), ("p99", "99th percentile", 0.99))
    return (("lowest", "lowest", 0.0), ("p50", "median", 0.5), ("highest", "highest", 1.0))
