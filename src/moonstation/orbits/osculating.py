"""Osculating elements along a trajectory, and the differences between two trajectories."""

from typing import NamedTuple

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON
from moonstation.errors import RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.frames import rotate


class ElementSeries(NamedTuple):
    """Osculating elements, each (n,): [m], [1], and angles [rad] in 0 to 2 pi (inclination 0 to pi)."""

    semi_major_axis: FloatArray
    eccentricity: FloatArray
    inclination: FloatArray
    raan: FloatArray
    arg_periapsis: FloatArray
    true_anomaly: FloatArray


def element_series(
    trajectory: Trajectory,
    et: FloatArray,
    *,
    axes: str = "ME",
    held_at: float | None = None,
    gm: float = GM_MOON,
    ephemeris: Ephemeris | None = None,
) -> ElementSeries:
    """Osculating elements at epochs (n,) [TDB s past J2000].

    Parameters
    ----------
    trajectory : Trajectory
        What moves.
    et : FloatArray
        Epochs (n,).
    axes : {"ME", "ICRF"}
        Axes of the angles; "ME" is the mean-Earth frame as it stands at each epoch, held still.
    held_at : float, optional
        Epoch [TDB s past J2000] whose ME axes hold for all, so that the node does not go round with the Moon.
    gm : float
        Gravitational parameter [m^3/s^2].
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Notes
    -----
    Of an orbit without a periapsis (circular) or a node (equatorial) these angles mean nothing. A semi-major axis below
    zero, or an eccentricity over 1, is that of an orbit that is not bound.
    """
    if axes not in ("ME", "ICRF"):
        raise RequestError(f"axes '{axes}': give 'ME' or 'ICRF'")
    state = trajectory.state_icrf(et)
    r, v = state[:, :3], state[:, 3:]
    if axes == "ME":
        moments = et if held_at is None else np.full(et.shape, held_at)
        turn = (ephemeris or default_ephemeris()).rotation_icrf_to_me(moments)
        r, v = rotate(turn, r), rotate(turn, v)
    radius = np.linalg.norm(r, axis=1)
    momentum = np.cross(r, v)
    h = np.linalg.norm(momentum, axis=1)
    energy = 0.5 * np.einsum("ij,ij->i", v, v) - gm / radius
    towards = np.cross(v, momentum) / gm - r / radius[:, None]
    normal = momentum / h[:, None]
    node = np.stack([-normal[:, 1], normal[:, 0], np.zeros(len(et))], axis=1)
    across = np.cross(normal, node)
    turn_full = 2.0 * np.pi

    def angle(vector: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
        return np.asarray(
            np.arctan2(np.einsum("ij,ij->i", vector, second), np.einsum("ij,ij->i", vector, first))
            % turn_full
        )

    return ElementSeries(
        semi_major_axis=-gm / (2.0 * energy),
        eccentricity=np.linalg.norm(towards, axis=1),
        inclination=np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), normal[:, 2]),
        raan=np.asarray(np.arctan2(node[:, 1], node[:, 0]) % turn_full),
        arg_periapsis=angle(towards, node, across),
        true_anomaly=angle(r, towards, np.cross(normal, towards)),
    )


def differences_rsw(a: Trajectory, b: Trajectory, et: FloatArray) -> FloatArray:
    """Position of b from a at epochs (n,): radial, along and cross-track of a, (n, 3) [m]."""
    state = a.state_icrf(et)
    apart = b.position_icrf(et) - state[:, :3]
    radial = state[:, :3] / np.linalg.norm(state[:, :3], axis=1)[:, None]
    normal = np.cross(state[:, :3], state[:, 3:])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    along = np.cross(normal, radial)
    return np.stack([np.einsum("ij,ij->i", apart, axis) for axis in (radial, along, normal)], axis=1)
