"""How small changes of a state grow along a trajectory: state transition matrices."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.orbits import _transition_kernels
from moonstation.orbits.gravity import GravityModel, load_gravity
from moonstation.orbits.propagation import Trajectory, collocation_rule
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris


def step_transitions(
    trajectory: Trajectory, *, gravity: GravityModel | None = None, ephemeris: Ephemeris | None = None
) -> FloatArray:
    """State transition matrix of each step of a trajectory.

    Variational equations in the trajectory's own force model (Montenbruck and Gill 2000, section 7.2), solved by
    the collocation that made it.

    Parameters
    ----------
    trajectory : Trajectory
        From `propagation.propagate`.
    gravity : GravityModel, optional
        The field that it was flown in; the packaged one to its degree if not given.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    FloatArray
        (n - 1, 6, 6) for n step ends: a change of the state (6,) [m, m/s] at the begin of a step, times the matrix,
        is that at its end, ICRF axes.

    Raises
    ------
    RequestError
        If the field is not of the trajectory's degree.
    """
    field = load_gravity(trajectory.degree) if gravity is None else gravity
    if field.degree != trajectory.degree:
        raise RequestError(
            f"gravity of degree {field.degree}: the trajectory was flown to degree {trajectory.degree}; give that"
        )
    sky = default_ephemeris() if ephemeris is None else ephemeris
    begin = float(trajectory.et[0])
    window = sky.window(begin, float(trajectory.et[-1]))
    out = np.empty((len(trajectory.records), 6, 6))
    _transition_kernels.step_transitions(
        window, field.packed, collocation_rule(), begin, trajectory.et - begin, trajectory.records, out
    )
    return out


def transition_matrix(
    trajectory: Trajectory, *, gravity: GravityModel | None = None, ephemeris: Ephemeris | None = None
) -> FloatArray:
    """State transition matrix (6, 6) from the start of a trajectory to its end; see `step_transitions`."""
    matrix = np.eye(6)
    for step in step_transitions(trajectory, gravity=gravity, ephemeris=ephemeris):
        matrix = step @ matrix
    return matrix
