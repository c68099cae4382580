"""Keeping an orbiter near a reference that does not stay by itself, and what that costs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch

YEAR = 365.25 * 86_400.0

TARGETS = 3
"""Burns ahead at which the orbiter is aimed back at the reference."""

COST_OF_BURN = 1e6
"""What a burn of 1 m/s counts for, as the square of a miss [m^2]: a kilometre that costs 1 m/s stays."""

LOST = 0.2
"""Share of its distance from the Moon by which an orbiter may be off before it counts as lost."""


@dataclass(frozen=True)
class KeepingErrors:
    """What is not known or not done exactly, one standard deviation.

    Attributes
    ----------
    position, velocity : float
        Navigation, each axis [m], [m/s].
    burn_size : float
        Share of a burn.
    burn_direction : float
        [rad]
    insertion_position, insertion_velocity : float
        At the first state, each axis [m], [m/s].
    """

    position: float = 1000.0
    velocity: float = 0.01
    burn_size: float = 0.01
    burn_direction: float = np.radians(0.5)
    insertion_position: float = 1000.0
    insertion_velocity: float = 0.01


@dataclass(frozen=True, eq=False)
class Keeping:
    """Station-keeping of many orbiters with errors of their own.

    Attributes
    ----------
    et : FloatArray
        Epochs of the burns (n,) [TDB s past J2000].
    delta_v : FloatArray
        Burns as commanded (members, n) [m/s]; 0 where under the deadband.
    miss : FloatArray
        Distance from the reference at the burns (members, n) [m].
    errors : KeepingErrors
        What they were drawn from.
    deadband : float
        Burns under this are left out [m/s].
    seed : int
        Of the errors.
    """

    et: FloatArray
    delta_v: FloatArray
    miss: FloatArray
    errors: KeepingErrors
    deadband: float
    seed: int

    @property
    def yearly(self) -> FloatArray:
        """Cost of each member by year (members,) [m/s]."""
        # the burns stand for the intervals that they begin
        span = (self.et[-1] - self.et[0]) * len(self.et) / max(len(self.et) - 1, 1)
        return np.asarray(self.delta_v.sum(axis=1) * (YEAR / span))


def keep_orbit(
    reference: Trajectory,
    burns_et: FloatArray,
    *,
    forces: ForceModel | None = None,
    errors: KeepingErrors | None = None,
    deadband: float = 0.03,
    members: int = 100,
    seed: int = 1,
    threads: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Keeping:
    """Fly many orbiters along a reference, each with errors of its own and burns to come back.

    Target points: each burn is the one that brings the orbiter nearest to the reference at the next `TARGETS` burns,
    in the least-squares sense, as foreseen by the reference's transition matrices (Howell and Pernicka 1993,
    doi 10.2514/3.21174). Motion between burns is that of the full model, not of the matrices.

    Parameters
    ----------
    reference : Trajectory
        What is kept to; flown in the packaged gravity to its degree.
    burns_et : FloatArray
        Epochs (n + `TARGETS`,) [TDB s past J2000] at which burns are allowed; the last `TARGETS` are aimed at only.
    forces : ForceModel, optional
        Those that the reference was flown with; the usual ones if not given.
    errors : KeepingErrors, optional
        Of navigation, burns and insertion.
    deadband : float
        Burns under this are left out [m/s].
    members : int
        How many orbiters.
    seed : int
        Of the errors: member k draws the same ones whatever their number.
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    OrbitError
        If an orbiter is lost.
    RequestError
        If the epochs do not ascend within the reference or are too few, or a number makes no sense.
    """
    drawn = KeepingErrors() if errors is None else errors
    et = np.asarray(burns_et, dtype=float)
    if len(et) <= TARGETS or not (np.diff(et) > 0.0).all():
        raise RequestError(
            f"{len(et)} epochs of burns: give more than {TARGETS}, ascending; the last are aimed at"
        )
    if members < 1 or not deadband >= 0.0:
        raise RequestError(
            f"members {members}, deadband {deadband} m/s: give 1 or more members, 0 m/s or more"
        )
    gravity = load_gravity(reference.degree)
    states = reference.state_icrf(et)

    def fly(state: FloatArray, k: int, *, transition: bool = False) -> Trajectory:
        return propagate(
            state,
            epoch=Epoch.from_tdb_s(float(et[k])),
            duration=float(et[k + 1] - et[k]),
            gravity=gravity,
            forces=forces,
            bound=False,
            transition=transition,
            name="the kept orbiter",
        )

    matrices = [fly(state, k, transition=True).transitions[-1] for k, state in enumerate(states[:-1])]
    count = len(et) - TARGETS
    gains = [_gain(matrices[k : k + TARGETS]) for k in range(count)]
    delta_v = np.zeros((members, count))
    miss = np.zeros((members, count))
    done = 0

    def run(member: int) -> None:
        nonlocal done
        random = np.random.default_rng([seed, member])

        def draw(position: float, velocity: float) -> FloatArray:
            sigma = np.array([position] * 3 + [velocity] * 3)
            return np.asarray(random.normal(size=6) * sigma)

        state = states[0] + draw(drawn.insertion_position, drawn.insertion_velocity)
        for k in range(count):
            off = state - states[k]
            miss[member, k] = np.linalg.norm(off[:3])
            if miss[member, k] > LOST * np.linalg.norm(states[k, :3]):
                raise OrbitError(
                    f"member {member} is lost at {Epoch.from_tdb_s(float(et[k])).utc[:16]}: "
                    f"{miss[member, k] / 1e3:.0f} km from the reference; allow more burns or smaller errors"
                )
            burn = gains[k] @ (off + draw(drawn.position, drawn.velocity))
            size = float(np.linalg.norm(burn))
            kick = random.normal(size=4)
            if size >= deadband and size > 0.0:
                delta_v[member, k] = size
                aside = np.cross(burn / size, kick[1:])
                burn = burn * (1.0 + drawn.burn_size * kick[0]) + size * drawn.burn_direction * aside
                state = state + np.concatenate([np.zeros(3), burn])
            if k + 1 < count:
                state = fly(state, k).states_icrf[-1]
        done += 1
        if progress is not None:
            progress(done / members)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        for _ in pool.map(run, range(members)):
            pass
    return Keeping(et[:count], delta_v, miss, drawn, deadband, seed)


def _gain(matrices: list[FloatArray]) -> FloatArray:
    """Matrix (3, 6) from a deviation to the burn that brings it nearest to zero at the ends of the arcs."""
    normal = COST_OF_BURN * np.eye(3)
    right = np.zeros((3, 6))
    total = np.eye(6)
    for matrix in matrices:
        total = matrix @ total
        kicked = total[:3, 3:]
        normal = normal + kicked.T @ kicked
        right = right + kicked.T @ total[:3]
    return np.asarray(-np.linalg.solve(normal, right))
