"""Light at a place over a span: the series, and what it adds up to."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.simulation.arrays import array_irradiance, rated_power
from moonstation.simulation.shading import shaded_fraction
from moonstation.spacetime.sites import Site
from moonstation.station.model import Station
from moonstation.study.ground import Ground
from moonstation.study.result import LightRun
from moonstation.sunlight.light import SiteLight, site_light
from moonstation.sunlight.statistics import light_statistics, monthly

PIECE = 20_000
"""Instants worked on at a time, so that progress is told."""


def light_in_pieces(site: Site, et: FloatArray, *, progress: Callable[[float], None]) -> SiteLight:
    """Sun and Earth at a place over a long span, see `site_light`; tells the share of it done.

    Parameters
    ----------
    site : Site
        The place.
    et : ndarray, shape (n,)
        TDB seconds past J2000.
    progress : callable
        Called with 0 to 1.
    """
    pieces = []
    for first in range(0, et.size, PIECE):
        progress(first / et.size)
        pieces.append(site_light(site, et[first : first + PIECE]))
    series = [field.name for field in fields(SiteLight) if field.name != "site"]
    return SiteLight(
        site, **{name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in series}
    )


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
