"""Errors of terrain heights, and horizons on terrain disturbed within them."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.spacetime.sites import Site
from moonstation.terrain import _error_kernels, _kernels
from moonstation.terrain.elevation import ElevationModel, Layer
from moonstation.terrain.horizons import BLOCK
from moonstation.threads import in_threads

MOST_MEMBERS = 10_000
SHARE_OF_PIXEL = 0.025
PIXELS_ALONG = 2.0


@dataclass(frozen=True)
class HeightError:
    """Error of the heights of a terrain product.

    Attributes
    ----------
    white : float
        Standard deviation of the part that differs from pixel to pixel [m].
    correlated : tuple of (float, float)
        Standard deviation [m] and length L [m] of each part whose correlation over a distance r is exp(-(r/L)^2).
    source : str
        Where the figures come from.
    confidence : str
        "high", "medium", "low" or "assumption".
    """

    white: float
    correlated: tuple[tuple[float, float], ...]
    source: str
    confidence: str

    @property
    def total(self) -> float:
        """Standard deviation of all parts together [m]."""
        return math.sqrt(self.white**2 + sum(sigma**2 for sigma, _ in self.correlated))

    @property
    def words(self) -> str:
        """The parts as they are written: "white=0.5 m, correlated=2 m@200 m"."""
        parts = [f"white={self.white:g} m"] if self.white else []
        parts += [f"correlated={sigma:g} m@{length:g} m" for sigma, length in self.correlated]
        return ", ".join(parts) or "none"


PACKAGED_ERROR = HeightError(
    white=0.0,
    correlated=((106.0, 2600.0), (28.0, 200.0)),
    source="packaged grid (3.8 km) less ten LOLA windows of 40 m within 150 km of the south pole: 110 m rms (77 to 159 "
    "m by window), correlation 0.94 at 200 m, 0.77 at 1 km, 0.49 at 2 km, 0.16 at 4 km; polar highlands only",
    confidence="medium",
)
"""Error of the packaged grid as it was measured: nearly all of it is relief that 3.8 km pixels cannot show."""


def assumed_error(pixel: float) -> HeightError:
    """Error of terrain of which nothing is stated, from its pixel [m]: an assumption, and named as one.

    2.5 % of the pixel over two pixels: the LOLA windows of 40 m lie 0.5 to 2.3 m (1.1 m rms) from independent heights
    at seven points, and the same share holds for the packaged grid (95 m of 3.8 km).
    """
    return HeightError(
        white=0.0,
        correlated=((SHARE_OF_PIXEL * pixel, PIXELS_ALONG * pixel),),
        source="nothing is stated for this terrain: 2.5 % of its pixel over two pixels",
        confidence="assumption",
    )


@dataclass(frozen=True, eq=False)
class DisturbedHorizons:
    """Horizons of a site on the ground of every member of an ensemble.

    Attributes
    ----------
    azimuth : ndarray, shape (n,)
        Evenly spaced, clockwise from north [rad].
    elevation : ndarray, shape (members, n)
        Elevation of the horizon above the local horizontal of the 1737.4 km sphere [rad].
    ground : ndarray, shape (members,)
        Error of the ground under the observer [m]; the observer keeps the height above it.
    """

    azimuth: FloatArray
    elevation: FloatArray
    ground: FloatArray


@dataclass(frozen=True)
class Disturbance:
    """One member of an ensemble, for what samples the terrain itself.

    Attributes
    ----------
    errors : tuple of (str, HeightError)
        Error of the layers of each file (`file_of`).
    seed, member : int
        Which terrain.
    """

    errors: tuple[tuple[str, HeightError], ...]
    seed: int
    member: int

    def on(self, model: ElevationModel) -> _error_kernels.Errors:
        """The errors of a model made of these files, or of some of them, for compiled code."""
        known = dict(self.errors)
        errors = [known[file_of(layer)] for layer in model.layers]
        return pack_errors(model, errors, members=1, seed=self.seed, first=self.member)


def disturbed_horizons(
    site: Site,
    model: ElevationModel,
    errors: Sequence[HeightError],
    *,
    height: float,
    members: int,
    seed: int = 1,
    azimuths: int = 720,
    progress: Callable[[float], None] | None = None,
) -> DisturbedHorizons:
    """Horizons of a site on terrain disturbed within its error, one for each member of an ensemble.

    The march is that of `moonstation.terrain.horizons.horizon`, with the error added to each height that it samples;
    without error it gives the same horizon. Ground that could make the horizon only by an error of more than six
    standard deviations is left out. The errors of a member depend on the seed, the number of the member, the layer
    (its file and its pixels) and the place alone: neither on other members nor on how much of a file was read.

    Parameters
    ----------
    site : Site
        With the height of its ground.
    model : ElevationModel
        The terrain.
    errors : sequence of HeightError
        One for each layer of the model.
    height : float
        Of the observer above the ground [m].
    members : int
        How many, from 1.
    seed : int
        From 0; another one gives other members.
    azimuths : int
        Number of directions, evenly spaced from north.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If a number is out of range.
    CoverageError
        If the model does not know the ground at the site, or none in some direction.
    """
    packed = pack_errors(model, errors, members=members, seed=seed)
    resolution = float(model.resolution(site.lat_deg, site.lon_deg))
    if math.isnan(resolution) or math.isnan(site.ground_m):
        raise CoverageError(f"site {site.name}: its ground is not known; give terrain that covers it")
    frame = np.ascontiguousarray(site.enu_me, dtype=float)
    points = np.ascontiguousarray(frame[2:])
    home = np.empty(1, np.int64)
    _kernels.sample_points(model.terrain, points, np.empty(1), home)
    ground = np.empty(members)
    for member in range(members):
        _error_kernels.disturb_points(
            model.terrain, packed, member, int(home[0]), points, ground[member : member + 1]
        )
    azimuth: FloatArray = np.arange(azimuths, dtype=np.float64) * (2.0 * math.pi / azimuths)
    elevation = np.empty((members, azimuths))
    observer = MOON_RADIUS + site.ground_m + height
    start = 0.5 * resolution / MOON_RADIUS
    blind = max(layer.resolution for layer in model.layers) / _kernels.STEPS_PER_PIXEL / MOON_RADIUS

    def march(first: int) -> None:
        part = slice(first, min(first + BLOCK, azimuths))
        block = np.empty((members, part.stop - first))
        _error_kernels.disturbed_march(
            model.terrain, packed, frame, azimuth[part], observer, int(home[0]), ground, start, blind, block
        )
        elevation[:, part] = block

    in_threads(march, range(0, azimuths, BLOCK), progress=progress)
    if (elevation <= -0.5 * math.pi).any():
        raise CoverageError(
            f"horizons of {site.name}: in some direction no terrain is known; add the packaged grid (packaged=True) or "
            "a larger window"
        )
    return DisturbedHorizons(azimuth, elevation, ground)


def pack_errors(
    model: ElevationModel, errors: Sequence[HeightError], *, members: int, seed: int, first: int = 0
) -> _error_kernels.Errors:
    """Lay the errors of a model's layers out for compiled code.

    Parameters
    ----------
    model : ElevationModel
        The terrain.
    errors : sequence of HeightError
        One for each of its layers.
    members, seed : int
        How many members, and what they are drawn from.
    first : int
        Number of the first of them.

    Raises
    ------
    RequestError
        If a number is out of range.
    """
    if not 1 <= members <= MOST_MEMBERS:
        raise RequestError(f"members = {members}: give 1 to {MOST_MEMBERS}")
    if not 0 <= seed < 2**63:
        raise RequestError(f"seed = {seed}: give a whole number from 0 on")
    if len(errors) != len(model.layers):
        raise RequestError(
            f"{len(errors)} height errors for {len(model.layers)} layers of terrain; give one each"
        )
    table = model.terrain.table
    finest: dict[str, float] = {}
    for layer in model.layers:
        finest.setdefault(file_of(layer), layer.resolution)
    white, white_seeds, part_seeds = [], [], []
    origin = np.zeros((len(errors), 2), np.int64)
    begins = [0]
    sigma: list[float] = []
    length: list[float] = []
    for i, (layer, error) in enumerate(zip(model.layers, errors, strict=True)):
        # a layer of means over blocks of pixels carries as much less white error
        white.append(error.white * finest[file_of(layer)] / layer.resolution)
        lattice = "grid"
        if i < len(table):
            row = table[i]
            corner = row[[_kernels.TO_PIXEL + 5, _kernels.TO_PIXEL + 2]]
            # pixels are counted from the middle of the projection, so that a part of a raster has the errors of the
            # whole; a quarter keeps lattices that begin at a half or a whole number clear of rounding
            origin[i] = -np.floor(corner + 0.25).astype(np.int64)
            lattice = ",".join(f"{value:.9g}" for value in np.delete(row[: _kernels.STEP], [11, 14]))
        white_seeds.append(_seed(seed, "white", file_of(layer), lattice))
        for part, (deviation, reach) in enumerate(error.correlated):
            sigma.append(deviation)
            length.append(reach)
            part_seeds.append(_seed(seed, "correlated", file_of(layer), str(part)))
        begins.append(len(sigma))
    seeds = np.array(white_seeds + part_seeds, np.uint64)
    keys = np.empty((members, len(seeds)), np.uint64)
    shift = np.empty((members, len(sigma), 3))
    numbers = np.arange(first, first + members, dtype=np.uint64)
    _error_kernels.make_keys(seeds, numbers, keys, shift)
    return _error_kernels.Errors(
        white=np.array(white),
        origin=origin,
        first=np.array(begins, np.int64),
        sigma=np.array(sigma),
        per_edge=1.0 / (_error_kernels.EDGE * np.array(length)),
        keys=keys,
        shift=shift,
    )


def file_of(layer: Layer) -> str:
    """Name of the file behind a layer: the first of several joined, without what was done to its pixels."""
    return layer.name.split(" + ")[0].partition(" averaged to ")[0]


def _seed(seed: int, *names: str) -> int:
    text = "\0".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
