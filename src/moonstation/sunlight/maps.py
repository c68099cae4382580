"""Sunlight and sight of the Earth for all pixels of a tile."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.spacetime.directions import angular_radius, apparent_directions
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.sites import Site
from moonstation.spacetime.steps import even_step
from moonstation.sunlight import _kernels, _pair_kernels
from moonstation.sunlight.disc import visible_share
from moonstation.sunlight.eclipse import eclipsed_share
from moonstation.terrain.sweep import TileGround, sweep_directions, tile_horizons
from moonstation.terrain.threads import in_threads

TABLE_STEP = math.radians(0.01)
"""Between the horizons for which light is tabulated [rad]: a fiftieth of the Sun's disc."""

PROFILE = np.asarray(visible_share(np.linspace(-1.0, 1.0, 2001), 0.0, 1.0))
"""Share of a disc that is up, by radii of its centre above the horizon."""

BLOCK = 4096
"""Pixels of a thread's share."""


class LayerText(NamedTuple):
    """Unit and meaning of a layer of a map."""

    unit: str
    meaning: str


LAYERS = {
    "average_sun": LayerText("1", "time mean of the visible share of the solar disc"),
    "any_light": LayerText("1", "share of time steps with any of the solar disc visible"),
    "longest_dark": LayerText("d", "longest unbroken spell with none of the solar disc visible"),
    "longest_light": LayerText("d", "longest unbroken spell with any of the solar disc visible"),
    "permanent_shadow": LayerText("1", "1 where none of the solar disc is visible at any time step, else 0"),
    "earth_visible": LayerText("1", "share of time steps with the centre of the Earth above the horizon"),
    "sun_and_earth": LayerText(
        "1", "share of time steps with any of the Sun and the centre of the Earth visible"
    ),
    "slope": LayerText("deg", "steepness of the ground, from the neighbouring pixels"),
    "terrain_pixel": LayerText(
        "m", "pixel of the terrain that the figures rest on; over 500 m they are indicative only"
    ),
}
"""All layers, in the order of a map's bands."""

COARSE_BIAS = (
    "Where both were compared, terrain of 3.8 km showed 6 points more average sunlight than terrain of 40 m, and a "
    "third less permanent shadow"
)
"""What coarse terrain does to a map, as measured in `docs/maps.md`; told with every map that rests on such."""

SERIES_LAYERS = {
    "any_light",
    "longest_dark",
    "longest_light",
    "permanent_shadow",
    "earth_visible",
    "sun_and_earth",
}
"""Layers that need every time step, not only how often the Sun stands where."""

GROUND_LAYERS = {"slope", "terrain_pixel"}
"""Layers that need neither time nor height."""


@dataclass(frozen=True, eq=False)
class Sky:
    """Sun and Earth over a region for a period.

    Attributes
    ----------
    et : (n,) array
        Epochs, TDB seconds past J2000, evenly spaced.
    sun, earth : (n, 3) array
        Apparent places from the Moon's centre (light time and aberration), ME [m].
    step : float
        Between epochs [s].
    """

    et: FloatArray
    sun: FloatArray
    earth: FloatArray
    step: float


def region_sky(lat_deg: float, lon_deg: float, et: FloatArray, *, ephemeris: Ephemeris | None = None) -> Sky:
    """Sun and Earth for a region.

    Light time and aberration are those of its middle: within 900 km they differ by less than 1e-8 rad. Parallax is each
    tile's own.

    Parameters
    ----------
    lat_deg, lon_deg : float
        Middle of the region [deg].
    et : (n,) array
        Epochs, TDB seconds past J2000, evenly spaced.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Raises
    ------
    CoverageError
        If the ephemeris does not reach over the epochs.
    RequestError
        If the epochs are not evenly spaced.
    """
    site = Site("middle of the map", lat_deg, lon_deg)
    places = []
    for body in ("sun", "earth"):
        seen = apparent_directions(site, body, et, ephemeris=ephemeris)
        level = seen.distance * np.cos(seen.elevation)
        local = np.stack(
            [
                level * np.sin(seen.azimuth),
                level * np.cos(seen.azimuth),
                seen.distance * np.sin(seen.elevation),
            ],
            axis=1,
        )
        places.append(local @ site.enu_me + site.r_me())
    return Sky(et, places[0], places[1], even_step(et))


class Body(NamedTuple):
    """A body over a tile: direction before it and share of the next, elevation and radius [rad], distance [m]."""

    sector: IntArray
    between: FloatArray
    angle: FloatArray
    elevation: FloatArray
    radius: FloatArray
    distance: FloatArray


def tile_light(
    ground: TileGround,
    sky: Sky,
    height: float,
    *,
    directions: int = 360,
    layers: Sequence[str] = tuple(LAYERS),
    eclipses: bool = True,
    threads: int | None = None,
) -> dict[str, AnyArray]:
    """Layers of a map for one tile and one height above ground.

    Parameters
    ----------
    ground : TileGround
        Terrain of the tile.
    sky : Sky
        Sun and Earth for the period.
    height : float
        Of the observers above the ground [m].
    directions : int
        Directions of the horizons.
    layers : sequence of str
        Which of `LAYERS`.
    eclipses : bool
        Whether the Earth's shadow counts.
    threads : int, optional
        One a processor if not given; the result does not depend on it.

    Returns
    -------
    dict of str to ndarray of float32, shape (rows, columns)
        In the units of `LAYERS`; NaN where the terrain, or any of it around, is not known.

    Raises
    ------
    RequestError
        If a layer is not known, or the height or the directions make no sense.

    Notes
    -----
    Average sunlight comes from a table of how much of the Sun is seen over a horizon of given height in each direction,
    summed over the period once a tile. From the middle of a tile to a pixel the Sun rises by the arc towards it. What
    is left out there is of second order: under 1e-4 rad within 20 km for a Sun within 10 deg of the horizon.
    """
    for name in layers:
        if name not in LAYERS:
            raise RequestError(f"layer {name!r} is not known; choose from {', '.join(LAYERS)}")
    found: dict[str, AnyArray] = {}
    shape = (ground.tile.rows, ground.tile.columns)
    if "slope" in layers:
        found["slope"] = np.degrees(ground.slope).astype(np.float32)
    if "terrain_pixel" in layers:
        found["terrain_pixel"] = ground.pixels.astype(np.float32)
    if set(layers) - GROUND_LAYERS:
        sun, earth = _body(ground, sky.sun, "sun", directions), _body(ground, sky.earth, "earth", directions)
        hidden = _eclipses(sun, earth) if eclipses else np.zeros(sky.et.size)
        horizon = tile_horizons(ground, height, directions, threads=threads).reshape(directions, -1)
        if "average_sun" in layers:
            found["average_sun"] = _average(ground, horizon, sun, hidden, threads).reshape(shape)
        if SERIES_LAYERS & set(layers):
            found |= _series(ground, horizon, sun, hidden, earth, sky.step, threads)
    unknown = np.isnan(ground.ground)
    for name, values in found.items():
        found[name] = values.reshape(shape)
        found[name][unknown] = np.nan
    return {name: found[name] for name in LAYERS if name in layers}


def tile_lit(
    ground: TileGround,
    sky: Sky,
    height: float,
    pixels: IntArray,
    *,
    directions: int = 360,
    eclipses: bool = True,
    threads: int | None = None,
) -> AnyArray:
    """Steps at which some pixels of a tile see any of the Sun: those that the layer ``any_light`` counts.

    Parameters
    ----------
    ground : TileGround
        Terrain of the tile.
    sky : Sky
        Sun and Earth for the period.
    height : float
        Of the observers above the ground [m].
    pixels : ndarray, shape (n,)
        Flat indices into the tile.
    directions, eclipses, threads
        As for `tile_light`.

    Returns
    -------
    ndarray of uint64, shape (n, words)
        A bit for each step, 64 to a word, the first one lowest; bits beyond the period are 0.
    """
    sun, earth = _body(ground, sky.sun, "sun", directions), _body(ground, sky.earth, "earth", directions)
    hidden = _eclipses(sun, earth) if eclipses else np.zeros(sky.et.size)
    horizon = tile_horizons(ground, height, directions, threads=threads).reshape(directions, -1)
    gx, gy = (axis.astype(np.float32)[pixels] for axis in _plane(ground))
    out = np.zeros((pixels.size, math.ceil(sky.et.size / _pair_kernels.WORD)), np.uint64)
    _pair_kernels.lit_words(
        np.ascontiguousarray(horizon[:, pixels]), gx, gy, sun.sector, _edges(sun, _top(sun, hidden)), out
    )
    return out


def _top(sun: Body, hidden: FloatArray) -> FloatArray:
    """Elevation of the Sun's upper limb [rad]; a Sun that the Earth hides whole is not seen over any horizon."""
    return np.asarray(np.where(hidden < 1.0, sun.elevation + sun.radius, -math.pi))


def _edges(body: Body, edge: FloatArray) -> AnyArray:
    """What the loops over steps take of a body, shape (n, 4)."""
    tilt = 1.0 + MOON_RADIUS / body.distance
    row = np.stack([body.between, edge, tilt * np.cos(body.angle), tilt * np.sin(body.angle)], axis=1)
    return row.astype(np.float32)


def _body(ground: TileGround, places: FloatArray, name: str, directions: int) -> Body:
    middle = float(np.nanmean(ground.ground)) if np.isfinite(ground.ground).any() else 0.0
    line = places @ ground.frame.T - np.array([0.0, 0.0, MOON_RADIUS + middle])
    angle = np.arctan2(line[:, 1], line[:, 0]) % (2.0 * math.pi)
    place = angle * (directions / (2.0 * math.pi))
    sector = np.floor(place).astype(np.int64)
    distance = np.linalg.norm(line, axis=1)
    return Body(
        sector=sector % directions,
        between=place - sector,
        angle=angle,
        elevation=np.arctan2(line[:, 2], np.hypot(line[:, 0], line[:, 1])),
        radius=angular_radius(name, distance),
        distance=distance,
    )


def _eclipses(sun: Body, earth: Body) -> FloatArray:
    """Share of the Sun that the Earth hides, in the middle of the tile."""
    apart = np.arccos(
        np.clip(
            np.sin(sun.elevation) * np.sin(earth.elevation)
            + np.cos(sun.elevation) * np.cos(earth.elevation) * np.cos(sun.angle - earth.angle),
            -1.0,
            1.0,
        )
    )
    hidden = np.zeros(apart.size)
    near = apart < math.radians(3.0)
    if near.any():
        hidden[near] = eclipsed_share(apart[near], sun.radius[near], earth_radius=earth.radius[near])
    return hidden


def _average(
    ground: TileGround, horizon: AnyArray, sun: Body, hidden: FloatArray, threads: int | None
) -> AnyArray:
    """Time mean of the visible share of the Sun, one for each pixel."""
    lowest = float(np.min(sun.elevation - sun.radius)) - 2.0 * TABLE_STEP
    count = math.ceil((float(np.max(sun.elevation + sun.radius)) - lowest) / TABLE_STEP) + 2
    directions = horizon.shape[0]
    table = np.zeros((directions, count))
    _kernels.tabulate(
        sun.sector,
        sun.between,
        sun.elevation,
        sun.radius,
        (1.0 - hidden) / hidden.size,
        PROFILE,
        lowest,
        TABLE_STEP,
        table,
    )
    gx, gy = _plane(ground)
    ways = sweep_directions(directions)
    tilt = 1.0 + MOON_RADIUS / float(np.mean(sun.distance))
    out = np.empty(gx.size)

    def work(part: slice) -> None:
        _kernels.look_up(
            horizon[:, part], gx[part], gy[part], ways, tilt, lowest, TABLE_STEP, table, out[part]
        )

    _by_blocks(work, gx.size, threads)
    # sums of many shares leave rounding about 0 and 1
    return np.clip(out, 0.0, 1.0).astype(np.float32)


def _series(
    ground: TileGround,
    horizon: AnyArray,
    sun: Body,
    hidden: FloatArray,
    earth: Body,
    step: float,
    threads: int | None,
) -> dict[str, AnyArray]:
    """What needs every time step."""
    gx, gy = (axis.astype(np.float32) for axis in _plane(ground))
    rows = [_edges(sun, _top(sun, hidden)), _edges(earth, earth.elevation)]
    out = np.empty((5, gx.size), np.int64)

    def work(part: slice) -> None:
        block = np.empty((5, part.stop - part.start), np.int64)
        _kernels.spells(
            np.ascontiguousarray(horizon[:, part]),
            gx[part],
            gy[part],
            sun.sector,
            rows[0],
            earth.sector,
            rows[1],
            block,
        )
        out[:, part] = block

    _by_blocks(work, gx.size, threads)
    values = out.astype(np.float32)
    values[:, np.isnan(horizon).any(axis=0)] = np.nan
    days, count = step / 86_400.0, sun.sector.size
    return {
        "longest_dark": values[0] * np.float32(days),
        "longest_light": values[1] * np.float32(days),
        "any_light": values[2] / np.float32(count),
        "permanent_shadow": np.where(np.isnan(values[2]), np.nan, values[2] == 0.0).astype(np.float32),
        "earth_visible": values[3] / np.float32(count),
        "sun_and_earth": values[4] / np.float32(count),
    }


def _plane(ground: TileGround) -> tuple[FloatArray, FloatArray]:
    """Pixels of the tile in its plane, as arcs from its middle [rad]."""
    gx, gy = (np.ascontiguousarray(ground.plane[..., axis]).ravel() for axis in (0, 1))
    far = np.hypot(gx, gy)
    arc = np.arctan(far) / np.where(far > 0.0, far, 1.0)
    return gx * arc, gy * arc


def _by_blocks(work: Callable[[slice], None], count: int, threads: int | None) -> None:
    in_threads(work, [slice(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)], threads)
