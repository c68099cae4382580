"""Points on the Moon."""

import math
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError


@dataclass(frozen=True)
class Site:
    """A point on the Moon, in the mean-Earth frame (ME).

    Attributes
    ----------
    name : str
        Name for messages and tables.
    lat_deg, lon_deg : float
        Latitude in [-90, 90] and longitude, east positive [deg].
    ground_m : float
        Height of the ground above the 1737.4 km sphere [m]; nan where it is not known yet.

    Raises
    ------
    RequestError
        If the place is not on the Moon.
    """

    name: str
    lat_deg: float
    lon_deg: float
    ground_m: float = 0.0

    def __post_init__(self) -> None:
        if not -90.0 <= self.lat_deg <= 90.0:
            raise RequestError(
                f"site {self.name}: latitude {self.lat_deg} deg is off the Moon; give -90 to 90 deg"
            )
        if not -360.0 <= self.lon_deg <= 360.0:
            raise RequestError(
                f"site {self.name}: longitude {self.lon_deg} deg is no direction; give -180 to 360 deg"
            )
        if abs(self.ground_m) > 30e3:
            raise RequestError(
                f"site {self.name}: ground at {self.ground_m} m is no place on the Moon; heights are counted from the "
                "1737.4 km sphere"
            )

    @property
    def lat(self) -> float:
        """Latitude [rad]."""
        return math.radians(self.lat_deg)

    @property
    def lon(self) -> float:
        """Longitude in [-pi, pi) [rad]."""
        return math.radians((self.lon_deg + 180.0) % 360.0 - 180.0)

    @property
    def enu_me(self) -> FloatArray:
        """Unit vectors east, north and up as rows, ME; at a pole along the site's meridian. Shape (3, 3)."""
        sin_lat, cos_lat = math.sin(self.lat), math.cos(self.lat)
        sin_lon, cos_lon = math.sin(self.lon), math.cos(self.lon)
        return np.array(
            [
                [-sin_lon, cos_lon, 0.0],
                [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
                [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
            ]
        )

    def r_me(self, height: float = 0.0) -> FloatArray:
        """Position of a point above the ground [m], ME, shape (3,).

        Parameters
        ----------
        height : float
            Above the ground [m].

        Raises
        ------
        RequestError
            If the height of the ground is not known.
        """
        if math.isnan(self.ground_m):
            raise RequestError(
                f"site {self.name}: height of the ground is not known; give ground_m, or take the site from a terrain"
            )
        result: FloatArray = self.enu_me[2] * (MOON_RADIUS + self.ground_m + height)
        return result
