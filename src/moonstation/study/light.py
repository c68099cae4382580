"""Light at a place over a span: the series, and what it adds up to."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation.arrays import array_irradiance, rated_power
from moonstation.simulation.shading import shaded_fraction
from moonstation.station.model import Station
from moonstation.study.ground import Ground
from moonstation.study.result import LightRun
from moonstation.sunlight.light import SiteLight, site_light
from moonstation.sunlight.statistics import light_statistics, monthly


def light_run(ground: Ground, et: FloatArray, height: float) -> LightRun:
    """Sun and Earth at a place, over its terrain.

    Parameters
    ----------
    ground : Ground
        The place with its horizon.
    et : ndarray, shape (n,)
        Even instants, TDB seconds past J2000.
    height : float
        Above the ground [m].
    """
    light = site_light(ground.site, et)
    fraction = light.sun_fraction(ground.horizon, height)
    centre_up = light.earth_elevation > ground.horizon.at(light.earth_azimuth, height=height)
    return LightRun(
        light=light,
        fraction=fraction,
        earth_fraction=light.earth_fraction(ground.horizon, height),
        earth_visible=float(np.mean(centre_up)),
        statistics=light_statistics(et, fraction),
        monthly=monthly(et, fraction),
    )


def array_light(
    station: Station, grounds: dict[str, Ground], lights: dict[str, SiteLight]
) -> dict[str, FloatArray]:
    """Irradiance on every element's array as share of 1361 W/m2, (n,) by id; neighbours' shade is in it."""
    irradiance = {}
    seen: dict[tuple[str, float], FloatArray] = {}
    for element in station.elements:
        if not rated_power(element):
            continue
        light = lights[element.site]
        key = (element.site, element.array_height)
        if key not in seen:
            seen[key] = light.sun_fraction(grounds[element.site].horizon, element.array_height)
        fraction = shaded_fraction(seen[key], element, station.elements, light=light)
        irradiance[element.id] = array_irradiance(
            element, fraction, azimuth=light.azimuth, elevation=light.elevation, distance=light.distance
        )
    return irradiance
