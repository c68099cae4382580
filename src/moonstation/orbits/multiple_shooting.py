"""Trajectories through many patch points, closed in the full force model."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from moonstation.arrays import FloatArray
from moonstation.constants import GM_EARTH, GM_MOON
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.flight import join
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.gravity import GravityModel, load_gravity
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.orbits.three_body import MOON_X, TIME, PeriodicOrbit
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch

POSITION_SCALE, VELOCITY_SCALE = 1e6, 3.0
"""Changes of a patch point that count alike [m], [m/s]: their ratio is about the motion's of these orbits."""

STATE_SCALE = np.array([POSITION_SCALE] * 3 + [VELOCITY_SCALE] * 3)

CLOSED_M, CLOSED_M_S = 1.0, 1e-5
"""Largest jumps between arcs that a closed trajectory keeps [m], [m/s]."""

MOST_STEPS = 40

STEPS_NEAR_GUESS = 15

LARGEST_STEP = 0.1
"""Most that a Newton step changes a distance or a speed, as a share of it."""

ARCS = 5
"""Arcs to a revolution: an odd number, so that none begins at the perilune, where all is sensitive."""

BLOCK = 8
"""Revolutions that are added before all so far are closed anew: more at once lie too far from closed."""

Arc = Callable[[FloatArray, float, float], tuple[FloatArray, FloatArray]]
"""From a state (6,), an epoch and a duration: the state at the end and its transition matrix (6, 6)."""


class PatchPoints(NamedTuple):
    """Epochs (n,) [TDB s past J2000] and states (n, 6) there [m, m/s], Moon-centred, ICRF axes."""

    et: FloatArray
    states_icrf: FloatArray


def turning_to_icrf(states: FloatArray, et: FloatArray, *, ephemeris: Ephemeris | None = None) -> FloatArray:
    """States of the three-body problem, placed at the Moon as it really moves.

    The x axis follows the line from the Earth to the Moon, z their angular momentum, and lengths follow their distance
    (turning and pulsating axes); time is that of the mean month.

    Parameters
    ----------
    states : FloatArray
        (n, 6), in units of the problem (`orbits.three_body`).
    et : FloatArray
        Epochs (n,) [TDB s past J2000].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    FloatArray
        (n, 6) [m, m/s], Moon-centred, ICRF axes.
    """
    r, v, momentum, axes = _moon_about_earth(et, ephemeris)
    distance = np.linalg.norm(r, axis=1)
    growth = np.einsum("ni,ni->n", r, v) / distance
    turning = np.linalg.norm(momentum, axis=1) / distance**2
    place = states[:, :3] - np.array([MOON_X, 0.0, 0.0])
    # the pace of the problem at the distance of the day, so that speeds near the Moon fit its pull
    speed = states[:, 3:] / np.sqrt(distance**3 / (GM_EARTH + GM_MOON))[:, None]
    # the axes turn about z only: what tilts their plane is a thousand times slower
    across = np.stack([-place[:, 1], place[:, 0], np.zeros(len(place))], axis=1) * turning[:, None]
    local = distance[:, None] * (speed + across) + growth[:, None] * place
    return np.concatenate(
        [
            np.einsum("nji,nj->ni", axes, distance[:, None] * place),
            np.einsum("nji,nj->ni", axes, local),
        ],
        axis=1,
    )


def turning_axes(et: FloatArray, *, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Rotations (n, 3, 3) from ICRF to axes that turn with Earth and Moon at epochs (n,) [TDB s past J2000].

    x from the Earth to the Moon, z along their angular momentum.
    """
    return _moon_about_earth(et, ephemeris)[3]


def _moon_about_earth(
    et: FloatArray, ephemeris: Ephemeris | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Position, velocity and angular momentum of the Moon about the Earth (n, 3), and the turning axes as rows."""
    sky = default_ephemeris() if ephemeris is None else ephemeris
    earth = -sky.state_icrf("earth", et)
    r, v = earth[:, :3], earth[:, 3:]
    momentum = np.cross(r, v)
    x = r / np.linalg.norm(r, axis=1)[:, None]
    z = momentum / np.linalg.norm(momentum, axis=1)[:, None]
    return r, v, momentum, np.stack([x, np.cross(z, x), z], axis=1)


def close_arcs(guess: PatchPoints, fly: Arc) -> PatchPoints:
    """Move patch points as little as it takes for each arc to end where the next begins.

    Newton's method on all jumps together, with the least change in the sense of `POSITION_SCALE` and
    `VELOCITY_SCALE` at each step (multiple shooting: Stoer and Bulirsch 2002, section 7.3.5; Pavlak 2013).

    Parameters
    ----------
    guess : PatchPoints
        At epochs that stay.
    fly : callable
        Arc in the full model.

    Returns
    -------
    PatchPoints
        Closed to `CLOSED_M` and `CLOSED_M_S`.

    Raises
    ------
    OrbitError
        If it does not close; says how large the jumps remain.
    """
    et, states = guess.et, guess.states_icrf.copy()
    count = len(et) - 1
    scale = STATE_SCALE
    jumps = np.empty((count, 6))
    for step in range(MOST_STEPS):
        blocks = np.empty((count, 6, 6))
        for k in range(count):
            end, matrix = fly(states[k], float(et[k]), float(et[k + 1] - et[k]))
            jumps[k] = (end - states[k + 1]) / scale
            blocks[k] = matrix * scale / scale[:, None]
        largest = np.abs(jumps * scale).reshape(count, 2, 3).max(axis=(0, 2))
        if largest[0] < CLOSED_M and largest[1] < CLOSED_M_S:
            return PatchPoints(et, states)
        # near to the guess first, closed in the end
        wish = (guess.states_icrf - states) / scale * (step < STEPS_NEAR_GUESS)
        change = _least_change(blocks, jumps, wish) * scale
        size = np.linalg.norm(change.reshape(-1, 2, 3), axis=2) / np.linalg.norm(
            states.reshape(-1, 2, 3), axis=2
        )
        # far from closed, the arcs are far from linear
        states += change * min(1.0, LARGEST_STEP / float(size.max()))
    raise OrbitError(
        f"trajectory through {count + 1} points does not close: jumps of {largest[0] / 1e3:.3g} km and "
        f"{largest[1]:.3g} m/s remain; begin at another epoch or ask for fewer revolutions"
    )


def _least_change(blocks: FloatArray, jumps: FloatArray, wish: FloatArray) -> FloatArray:
    """The x nearest to a wish with blocks[k] x[k] - x[k + 1] = -jumps[k]; its normal matrix is block tridiagonal."""
    jacobian = _jacobian(blocks)
    normal = splu((jacobian @ jacobian.T).tocsc())
    short = jacobian @ wish.ravel() + jumps.ravel()
    return np.asarray(wish - (jacobian.T @ normal.solve(short)).reshape(wish.shape))


def _jacobian(blocks: FloatArray) -> sparse.csc_matrix:
    count = len(blocks)
    row, column = np.meshgrid(np.arange(6), np.arange(6), indexing="ij")
    k = 6 * np.arange(count)[:, None, None]
    rows = np.concatenate([(row + k).ravel(), np.arange(6 * count)])
    columns = np.concatenate([(column + k).ravel(), np.arange(6, 6 * count + 6)])
    values = np.concatenate([blocks.ravel(), -np.ones(6 * count)])
    return sparse.csc_matrix((values, (rows, columns)), shape=(6 * count, 6 * count + 6))


def fly_arc(
    state_icrf: FloatArray,
    et: float,
    duration: float,
    *,
    gravity: GravityModel,
    forces: ForceModel | None = None,
) -> tuple[FloatArray, FloatArray]:
    """State and transition matrix (6, 6) at the end of an arc in the full model."""
    flight = propagate(
        state_icrf,
        epoch=Epoch.from_tdb_s(et),
        duration=duration,
        gravity=gravity,
        forces=forces,
        bound=False,
        ground=False,
        transition=True,
    )
    return flight.states_icrf[-1], flight.transitions[-1]


def join_arcs(
    points: PatchPoints, *, gravity: GravityModel, name: str, forces: ForceModel | None = None
) -> Trajectory:
    """One trajectory through closed patch points, its arcs flown one after the other."""
    return join(
        [
            propagate(
                state,
                epoch=Epoch.from_tdb_s(float(begin)),
                duration=float(end - begin),
                gravity=gravity,
                forces=forces,
                bound=False,
                name=name,
            )
            for state, begin, end in zip(points.states_icrf, points.et, points.et[1:], strict=False)
        ]
    )


def fly_periodic(
    orbit: PeriodicOrbit,
    *,
    epoch: Epoch,
    revolutions: int,
    degree: int = 8,
    forces: ForceModel | None = None,
    name: str = "",
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """A periodic orbit of the three-body problem, flown in the full model.

    Parameters
    ----------
    orbit : PeriodicOrbit
        First guess (`orbits.three_body`).
    epoch : Epoch
        When it is at its first state, the apolune of a halo orbit.
    revolutions : int
        How often it goes round.
    degree : int
        Of the gravity field.
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun.
    name : str
        Of the trajectory; that of the orbit if not given.
    progress : callable, optional
        Called with a rough share done, 0 to 1.

    Returns
    -------
    Trajectory
        Continuous to `CLOSED_M` and `CLOSED_M_S` where arcs meet: what is left there no station-keeping would notice.

    Raises
    ------
    OrbitError
        If it cannot be closed, or meets the ground.
    CoverageError
        If the ephemeris does not reach over it.
    RequestError
        If it is to go round less than once.
    """
    if revolutions < 1:
        raise RequestError(f"revolutions: {revolutions}; give 1 or more")
    gravity = load_gravity(degree)
    default_ephemeris().require(epoch.tdb_s, epoch.tdb_s + revolutions * orbit.period_s)
    et: FloatArray = epoch.tdb_s + orbit.period_s / ARCS * np.arange(revolutions * ARCS + 1, dtype=np.float64)

    def fly(state: FloatArray, et: float, duration: float) -> tuple[FloatArray, FloatArray]:
        return fly_arc(state, et, duration, gravity=gravity, forces=forces)

    lead = 0.0
    states = np.empty((0, 6))
    for done in range(0, revolutions, BLOCK):
        upto = min(done + BLOCK, revolutions) * ARCS + 1
        more = _placed(orbit, et[len(states) : upto], epoch.tdb_s - lead)
        closed = close_arcs(PatchPoints(et[:upto], np.concatenate([states, more])), fly)
        states = closed.states_icrf
        lead = _lead(orbit, float(et[upto - 1]), epoch.tdb_s, states[-1], near=lead)
        if progress is not None:
            progress(upto / len(et))
    return join_arcs(closed, gravity=gravity, forces=forces, name=name or orbit.name)


def _placed(orbit: PeriodicOrbit, et: FloatArray, start: float) -> FloatArray:
    """The states (n, 6) of a periodic orbit at epochs, placed at the Moon as it moves."""
    return turning_to_icrf(orbit.states((et - start) / TIME), et)


def _lead(orbit: PeriodicOrbit, et: float, start: float, state: FloatArray, *, near: float) -> float:
    """By how much time a state in the full model is ahead of the periodic orbit begun at the start [s].

    Periods in the full model are a little different, which adds up over many revolutions.
    """
    leads = near + orbit.period_s * np.linspace(-0.2, 0.2, 401)
    guesses = np.concatenate([_placed(orbit, np.array([et]), start - lead) for lead in leads])
    apart = np.linalg.norm((guesses - state) / STATE_SCALE, axis=1)
    return float(leads[np.argmin(apart)])
