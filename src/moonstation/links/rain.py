"""Loss in rain at ground stations by ITU-R P.618, through the optional package itur."""

import importlib.util

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.spacetime.earth import GroundStation

FEWEST, MOST = 1e-4, 0.05
"""Shares of the year that the recommendation covers."""

NODES = 25


def rain_loss(station: GroundStation, elevation: FloatArray, *, frequency: float, share: float) -> FloatArray:
    """Loss in rain that is not exceeded in all but a share of an average year.

    Parameters
    ----------
    station : GroundStation
        Gives the place; rain statistics are those of ITU-R P.837 for it.
    elevation : (n,) array
        [rad]; below 5 deg that of 5 deg is taken, the lowest of the recommendation.
    frequency : float
        [Hz], 1 to 55 GHz; below, rain is no matter.
    share : float
        Of the year in which it may be worse, 0.0001 to 0.05.

    Returns
    -------
    (n,) array
        [dB]; ITU-R P.618-13 section 2.2.1.1, as computed by itur, at 25 elevations and interpolated.

    Raises
    ------
    RequestError
        If itur is not installed, or the share is outside the recommendation.
    """
    if importlib.util.find_spec("itur") is None:
        raise RequestError("--rain needs the package itur; install it with pip install 'moonstation[rain]'")
    if not FEWEST <= share <= MOST:
        raise RequestError(
            f"--rain {100 * share:g} %: the recommendation holds for 0.01 % to 5 % of the year; give one of these"
        )
    el = np.clip(np.degrees(np.asarray(elevation, dtype=np.float64)), 5.0, 90.0)
    if frequency < 1e9:
        return np.zeros(el.shape)
    if frequency > 55e9:
        raise RequestError(
            f"--rain at {frequency / 1e9:.4g} GHz: the recommendation holds to 55 GHz; leave it out"
        )
    import itur

    nodes = np.geomspace(max(5.0, float(el.min())), min(90.0, float(el.max()) + 1e-6), NODES)
    lost = [
        float(
            itur.models.itu618.rain_attenuation(
                station.lat_deg,
                station.lon_deg,
                frequency / 1e9,
                node,
                p=100.0 * share,
                hs=station.alt_m / 1e3,
            ).value
        )
        for node in nodes
    ]
    return np.asarray(np.interp(el, nodes, lost), dtype=np.float64)
