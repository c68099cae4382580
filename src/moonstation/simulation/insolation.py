"""Sunlight that falls on the ground of a place and on what stands there, straight and from the terrain around."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import AU, SOLAR_CONSTANT
from moonstation.simulation.regolith import Regolith
from moonstation.sunlight.light import SiteLight
from moonstation.terrain.horizons import Horizon

NEGLECTED = (
    "Earthshine (0.15 W/m2 at most) and the Earth's infrared (0.07 W/m2) are left out; terrain around is taken as a "
    "bowl in instant equilibrium with the Sun, which stores no heat for the night. Ground is level: near a pole a "
    "slope of a few degrees towards the Sun is warmer by tens of kelvin, one away from it colder"
)
"""Said beside ground temperatures. Earthshine: full Earth of albedo 0.3 in the zenith, 1361 x 0.3 x (2/3) x
(6371 / 384400)^2 x 2 W/m2; infrared: 240 x (6371 / 384400)^2 W/m2."""


@dataclass(frozen=True, eq=False)
class Insolation:
    """The Sun at a place, with the terrain.

    Attributes
    ----------
    irradiance : (n,) array
        On a face that looks at the Sun, of the part of the disc that is seen [W/m^2].
    elevation : (n,) array
        Of the middle of the part of the disc that is seen [rad]; of the Sun's centre when none is.
    open_flux : (n,) array
        What flat ground with a free horizon would receive [W/m^2].
    sky_view : float
        Share of the sky that horizontal ground sees, see `sky_view_factor`.
    """

    irradiance: FloatArray
    elevation: FloatArray
    open_flux: FloatArray
    sky_view: float


def sky_view_factor(horizon: ArrayLike) -> float:
    """View factor of horizontal ground to the sky: mean of ``cos^2`` of the horizon's elevation.

    Dozier and Frew 1990, doi 10.1109/36.58986, for a horizontal surface; horizons below the horizontal hide nothing.

    Parameters
    ----------
    horizon : array_like, shape (n,)
        Elevation of the horizon at even azimuths [rad].
    """
    up = np.maximum(np.asarray(horizon, dtype=np.float64), 0.0)
    return float(np.mean(np.cos(up) ** 2))


def insolation(light: SiteLight, horizon: Horizon, *, height: float) -> Insolation:
    """Sunlight at a height above the ground of a place.

    Parameters
    ----------
    light : SiteLight
        Sun at the place.
    horizon : Horizon
        Its terrain horizon.
    height : float
        Above the ground [m], within those of the horizon.

    Raises
    ------
    RequestError
        If the horizon does not hold for this height.
    """
    fraction = light.sun_fraction(horizon, height)
    full = SOLAR_CONSTANT * (AU / light.distance) ** 2
    skyline = horizon.at(light.azimuth, height=height)
    top, bottom = light.elevation + light.radius, light.elevation - light.radius
    seen = 0.5 * (top + np.clip(skyline, bottom, top))
    free = np.clip(top / (2.0 * light.radius), 0.0, 1.0) * (1.0 - light.eclipsed)
    middle = 0.5 * (top + np.clip(0.0, bottom, top))
    return Insolation(
        irradiance=full * fraction,
        elevation=np.where(fraction > 0.0, seen, light.elevation),
        open_flux=full * free * np.maximum(np.sin(middle), 0.0),
        sky_view=sky_view_factor(horizon.profile(height)),
    )


def absorbed_direct(irradiance: ArrayLike, elevation: ArrayLike, *, ground: Regolith) -> FloatArray:
    """Sunlight that flat ground absorbs straight from the Sun [W/m^2]: ``(1 - A(i)) E sin(elevation)``.

    Parameters
    ----------
    irradiance : array_like
        On a face towards the Sun [W/m^2].
    elevation : array_like
        Of the Sun [rad].
    ground : Regolith
        With its albedo by incidence.
    """
    e = np.asarray(elevation, dtype=np.float64)
    result: FloatArray = (
        (1.0 - ground.albedo_at(math.pi / 2.0 - e)) * np.asarray(irradiance) * np.maximum(np.sin(e), 0.0)
    )
    return result


def absorbed_from_terrain(open_flux: ArrayLike, *, sky_view: float, ground: Regolith) -> FloatArray:
    """Scattered sunlight and infrared of the terrain around that the ground absorbs [W/m^2].

    The terrain is the inside of a spherical bowl that fills the share ``f = 1 - sky_view`` of the view and whose
    opening takes in what flat ground would: ``Q = F f (1 - A) / (1 - A f) (e + A (1 - f))``, of which the term with e
    is infrared and that with A is light. Ingersoll, Svitek and Murray 1992 (Stability of polar frosts in
    spherical bowl-shaped craters, Icarus 100, 40-47). Every point of a sphere sees every other alike, and no heat is
    stored: walls give back at once what they take.

    Parameters
    ----------
    open_flux : array_like
        What flat ground with a free horizon would receive [W/m^2].
    sky_view : float
        Share of the sky that is seen, see `sky_view_factor`.
    ground : Regolith
        With albedo A (at normal incidence) and emissivity e.
    """
    f, albedo = 1.0 - sky_view, ground.albedo
    share = f * (1.0 - albedo) / (1.0 - albedo * f) * (ground.emissivity + albedo * (1.0 - f))
    result: FloatArray = np.asarray(open_flux, dtype=np.float64) * share
    return result


def absorbed_by_ground(sun: Insolation, *, ground: Regolith) -> FloatArray:
    """All that the ground absorbs from outside [W/m^2]: the Sun itself, and the terrain around.

    What terrain stands in the way of the sky it hides the Sun with, too: that is in the irradiance.
    """
    return absorbed_direct(sun.irradiance, sun.elevation, ground=ground) + absorbed_from_terrain(
        sun.open_flux, sky_view=sun.sky_view, ground=ground
    )
