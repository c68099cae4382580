"""Instants at which to look at a trajectory: close where the orbiter is fast, wide where it is slow."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.orbits.propagation import Trajectory

TURN = 0.08
"""Angle about the Moon between samples [rad]: 80 a round."""

LONGEST = 600.0
"""Longest time between samples [s]: the Moon turns by 0.1 deg, the Earth moves by 0.09 deg in the sky."""

FEWEST = 3
"""Samples in an integration step at least."""

MARGIN = 1.3
"""Turn rates inside a step may exceed those at its ends."""


def sample_times(
    trajectory: Trajectory, start: float, stop: float, *, turn: float = TURN, longest: float = LONGEST
) -> FloatArray:
    """Instants over a span of a trajectory, from its integration steps.

    Parameters
    ----------
    trajectory : Trajectory
        What moves.
    start, stop : float
        Span within the trajectory [TDB s past J2000].
    turn : float
        Angle about the Moon between samples at most [rad], nearly.
    longest : float
        Time between samples at most [s].

    Returns
    -------
    ndarray, shape (n,)
        [TDB s past J2000], ascending from start to stop.
    """
    first = max(int(np.searchsorted(trajectory.et, start, side="right")) - 1, 0)
    last = min(int(np.searchsorted(trajectory.et, stop, side="left")), trajectory.et.size - 1)
    nodes, states = trajectory.et[first : last + 1], trajectory.states_icrf[first : last + 1]
    r, v = states[:, :3], states[:, 3:]
    rate = np.linalg.norm(np.cross(r, v), axis=1) / np.einsum("ij,ij->i", r, r)
    h = np.diff(nodes)
    fastest = np.maximum(rate[1:], rate[:-1])
    count = np.ceil(np.maximum(MARGIN * fastest * h / turn, h / longest)).astype(np.int64)
    count = np.maximum(count, FEWEST)
    owner = np.repeat(np.arange(count.size), count)
    place = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count)
    times = nodes[owner] + h[owner] * (place / count[owner])
    inner = times[(times > start) & (times < stop)]
    result: FloatArray = np.unique(np.concatenate([[start], inner, [stop]]))
    return result if result.size >= 3 else np.linspace(start, stop, 3)
