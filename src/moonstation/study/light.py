"""Light at a place over a span: the series, and what it adds up to."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.study.ground import Ground
from moonstation.study.result import LightRun
from moonstation.sunlight.light import site_light
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
