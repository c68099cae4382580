"""How many spares a part needs so that they last with a given probability."""

import math

import numpy as np
from scipy.special import gammaincc

from moonstation.arrays import IntArray
from moonstation.errors import RequestError


def spares_for(
    rate: float,
    time: float,
    *,
    units: int = 1,
    confidence: float = 0.99,
    life: float = math.inf,
    repair: float = 0.0,
) -> int:
    """Spares that last through a time without delivery with a given probability.

    The larger of what chance failures use up, the quantile of a Poisson distribution, and what wear uses up, an
    exchange at the end of each life. A unit out of work does not fail: spares last if the units' time at work, all time
    less the repairs with these spares, brings no more failures than there are spares.

    Parameters
    ----------
    rate : float
        Failures of one unit per time [1/s].
    time : float
        Time without delivery [s].
    units : int
        Equal units at work.
    confidence : float
        Probability that spares last, below 1.
    life : float
        Working time at which a unit is exchanged [s].
    repair : float
        Time that a failed unit is out of work [s].

    Returns
    -------
    int
        Number of spares.

    Raises
    ------
    RequestError
        If a value makes no sense.

    Notes
    -----
    Owens, Do, Ho, Schreiner, de Weck (2016), Acta Astronautica 120, 192-228, doi:10.1016/j.actaastro.2015.11.025.
    """
    if not (rate >= 0.0 and time >= 0.0 and units >= 1 and life > 0.0 and repair >= 0.0):
        raise RequestError(
            "spares: rate, time and repair must be 0 or more, units 1 or more and life above 0"
        )
    if not 0.0 < confidence < 1.0:
        raise RequestError(f"spares: confidence {confidence:g} is not between 0 and 1, as in 0.99")
    worn = units * math.floor(time / life + 1e-12) if math.isfinite(life) else 0
    return max(_failures(rate, units * time, repair, confidence), worn)


def shared_confidence(confidence: float, instances: int) -> float:
    """Confidence that each of some parts needs so that all together have the given one, split evenly."""
    return float(confidence ** (1.0 / max(1, instances)))


def _failures(rate: float, time: float, repair: float, confidence: float) -> int:
    """Smallest k such that k failures or fewer come with at least the confidence: a Poisson sum is a gamma function."""
    mean = rate * time
    most = int(mean + 12.0 * math.sqrt(mean) + 60.0)
    counts: IntArray = np.arange(most + 1)
    at_work = np.maximum(time - counts * repair, 0.0)
    return int(np.argmax(gammaincc(counts + 1.0, rate * at_work) >= confidence))
