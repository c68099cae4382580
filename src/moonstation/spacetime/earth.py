"""Ground stations on the turning Earth."""

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import erfa
import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import J2000, tdb_to_utc

WGS84 = 1
JD_J2000 = 2451545.0
BLOCK_DAYS = 32


@dataclass(frozen=True)
class GroundStation:
    """An antenna on the Earth.

    Attributes
    ----------
    id, name : str
        Short name and name.
    lat_deg, lon_deg : float
        Geodetic latitude and longitude, WGS 84 [deg].
    alt_m : float
        Height above the ellipsoid [m].
    mask_deg : float
        Lowest elevation at which it works [deg].
    """

    id: str
    name: str
    lat_deg: float
    lon_deg: float
    alt_m: float
    mask_deg: float = 10.0

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat_deg <= 90.0 and -360.0 <= self.lon_deg <= 360.0):
            raise RequestError(
                f"ground station {self.id}: {self.lat_deg}, {self.lon_deg} deg is not on the Earth"
            )

    @property
    def r_itrs(self) -> FloatArray:
        """Position, Earth-fixed [m], shape (3,)."""
        result: FloatArray = np.asarray(
            erfa.gd2gc(WGS84, math.radians(self.lon_deg), math.radians(self.lat_deg), self.alt_m),
            dtype=np.float64,
        )
        return result

    @property
    def zenith_itrs(self) -> FloatArray:
        """Unit vector up (normal of the ellipsoid), Earth-fixed, shape (3,)."""
        lat, lon = math.radians(self.lat_deg), math.radians(self.lon_deg)
        return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])


class EarthRotation:
    """How the Earth is turned: IAU 2006 precession, IAU 2000A nutation, Earth rotation angle.

    UT1 is taken as UTC and polar motion as zero, since neither can be known years ahead. UT1 stays within 0.9 s of UTC:
    0.004 deg of turn, 420 m at the equator, under 1 s of a rise or set of the Moon. Polar motion is below 20 m.

    Precession and nutation (X, Y and s of the celestial intermediate pole and origin) are evaluated at daily nodes and
    interpolated by cubics, which leaves 0.3 milliarcseconds of the nutation with periods below a month: 9 mm on the
    ground.
    """

    def rotation_itrs_to_gcrs(self, et: ArrayLike) -> FloatArray:
        """Rotation from Earth-fixed to celestial (GCRS, axes of the ICRF) vectors, shape (n, 3, 3).

        Parameters
        ----------
        et : array_like, shape (n,)
            TDB seconds past J2000.
        """
        times = np.atleast_1d(np.asarray(et, dtype=np.float64))
        if not times.size:
            return np.empty((0, 3, 3))
        x, y, s = _pole(times)
        utc_days = (tdb_to_utc(times) - J2000) / np.timedelta64(1, "ns") / (SECONDS_PER_DAY * 1e9)
        # "dubious year" tells that leap seconds may come after the table; UT1 = UTC already states that error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", erfa.ErfaWarning)
            celestial = erfa.c2ixys(x, y, s)
            turn = erfa.era00(JD_J2000, utc_days)
        c, sn = np.cos(turn), np.sin(turn)
        result = np.empty((times.size, 3, 3))
        # transpose of R3(turn) @ celestial, written out
        result[:, :, 0] = c[:, None] * celestial[:, 0, :] + sn[:, None] * celestial[:, 1, :]
        result[:, :, 1] = -sn[:, None] * celestial[:, 0, :] + c[:, None] * celestial[:, 1, :]
        result[:, :, 2] = celestial[:, 2, :]
        return result


def station_positions_gcrs(station: GroundStation, et: ArrayLike) -> FloatArray:
    """Position of a ground station from the Earth's centre, GCRS axes [m], shape (n, 3)."""
    result: FloatArray = EarthRotation().rotation_itrs_to_gcrs(et) @ station.r_itrs
    return result


def _pole(times: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """X, Y and s at given times, by cubics through daily nodes."""
    days = times / SECONDS_PER_DAY
    base = np.floor(days).astype(np.int64)
    u = days - base
    weights = (
        -u * (u - 1.0) * (u - 2.0) / 6.0,
        (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0,
        -(u + 1.0) * u * (u - 2.0) / 2.0,
        (u + 1.0) * u * (u - 1.0) / 6.0,
    )
    first = int(base.min()) - 1
    blocks = range(first // BLOCK_DAYS, (int(base.max()) + 2) // BLOCK_DAYS + 1)
    nodes = np.concatenate([_pole_nodes(block) for block in blocks], axis=1)
    at = base - 1 - blocks[0] * BLOCK_DAYS
    x, y, s = (sum(weight * row[at + i] for i, weight in enumerate(weights)) for row in nodes)
    return x, y, s


@lru_cache(maxsize=1024)
def _pole_nodes(block: int) -> FloatArray:
    """X, Y and s at the whole days past J2000 of a block (TDB in place of TT: no matter here), shape (3, BLOCK_DAYS).

    In blocks, so that an event search that asks for ever other spans computes each day once.
    """
    days = np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS, dtype=np.float64)
    with warnings.catch_warnings():
        # "dubious year": leap seconds may come that the library's table does not know; no node needs UTC
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        result: FloatArray = np.stack(erfa.xys06a(JD_J2000, days))
    return result
