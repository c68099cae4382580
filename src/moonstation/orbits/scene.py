"""What an orbiter sees and where it stands: quantities about a trajectory as functions of time.

Where discs are compared (eclipses, occultations) bodies stand where their light left them, as in SPICE with "CN": the
light that reaches the orbiter at the time told has passed the limb of the Moon or of the Earth earlier. Stellar
aberration turns both discs alike and is left out. The Moon is the 1737.4 km sphere (mountains on the limb move edges of
an eclipse by seconds), the Earth one of its mean radius without atmosphere.
"""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, MOON_RADIUS, SPEED_OF_LIGHT, SUN_RADIUS
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site

RADII = {"sun": SUN_RADIUS, "earth": EARTH_MEAN_RADIUS, "moon": MOON_RADIUS}
"""Radii of discs [m]; other bodies are points."""


def ground_track(
    trajectory: Trajectory, et: FloatArray, *, ephemeris: Ephemeris | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points under an orbiter: latitude, longitude in [-pi, pi) [rad, ME] and altitude [m], each (n,)."""
    if not et.size:
        return np.empty(0), np.empty(0), np.empty(0)
    source = ephemeris or default_ephemeris()
    x, y, z = rotate(source.rotation_icrf_to_me(et), trajectory.position_icrf(et)).T
    lon = (np.arctan2(y, x) + np.pi) % (2.0 * np.pi) - np.pi
    return np.arctan2(z, np.hypot(x, y)), lon, np.sqrt(x * x + y * y + z * z) - MOON_RADIUS


class Scene:
    """Quantities about an orbiter as functions of time: epochs (n,) in, values (n,) out, SI.

    Parameters
    ----------
    trajectory : Trajectory
        What moves.
    equator : {"ME", "ICRF"}
        Plane of the nodes.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.
    """

    def __init__(
        self, trajectory: Trajectory, *, equator: str = "ME", ephemeris: Ephemeris | None = None
    ) -> None:
        self.trajectory = trajectory
        self.sky = ephemeris or default_ephemeris()
        self._equator = equator

    def climb(self, et: FloatArray) -> FloatArray:
        """Radial speed [m/s]."""
        state = self.trajectory.state_icrf(et)
        r, v = state[:, :3], state[:, 3:]
        return np.asarray(np.einsum("ij,ij->i", r, v) / np.linalg.norm(r, axis=1))

    def height(self, et: FloatArray) -> FloatArray:
        """Distance north of the equator [m]."""
        r = self.trajectory.position_icrf(et)
        if self._equator == "ICRF":
            return np.ascontiguousarray(r[:, 2])
        pole = self.sky.rotation_icrf_to_me(et)[:, 2]
        return np.asarray(np.einsum("ij,ij->i", pole, r))

    def seen(self, body: str, et: FloatArray) -> FloatArray:
        """Where a body is seen from the orbiter, light time included, (n, 3) [m], ICRF axes."""
        r = self.trajectory.position_icrf(et)
        moon = self.sky.state_icrf("moon", et, center="ssb")
        if body == "moon":
            delay = np.linalg.norm(r, axis=1) / SPEED_OF_LIGHT
            return np.asarray(-r - moon[:, 3:] * delay[:, None])
        observer = moon[:, :3] + r
        line = self.sky.position_icrf(body, et, center="ssb") - observer
        for _ in range(2):
            sent = et - np.linalg.norm(line, axis=1) / SPEED_OF_LIGHT
            line = self.sky.position_icrf(body, sent, center="ssb") - observer
        return line

    def overlap(self, front: str, behind: str, et: FloatArray, *, whole: bool) -> FloatArray:
        """How far a disc reaches over another: above zero where any of it, or the whole, is hidden [rad]."""
        near, far = self.seen(front, et), self.seen(behind, et)
        size = RADII.get(behind, 0.0)
        near_distance, far_distance = np.linalg.norm(near, axis=1), np.linalg.norm(far, axis=1)
        in_front = np.arcsin(np.minimum(RADII[front] / near_distance, 1.0))
        at_back = np.arcsin(size / far_distance)
        apart = angle_between(near, far)
        deep = in_front - apart + (-at_back if whole else at_back)
        # a body nearer than the one in front cannot be hidden by it
        return np.asarray(np.where(far_distance > near_distance, deep, -np.pi))

    def magnitude(self, front: str, et: FloatArray) -> FloatArray:
        """Share of the Sun's diameter that a body hides, 0 to 1."""
        sun = np.linalg.norm(self.seen("sun", et), axis=1)
        share = self.overlap(front, "sun", et, whole=False) / (2.0 * np.arcsin(SUN_RADIUS / sun))
        return np.asarray(np.clip(share, 0.0, 1.0))

    def sun_earth_probe(self, et: FloatArray) -> FloatArray:
        """Angle between the Sun and the orbiter as seen from the Earth's centre at `et`, light time included [rad]."""
        earth = self.sky.position_icrf("earth", et, center="ssb")
        state = self.trajectory.state_icrf(et) + self.sky.state_icrf("moon", et, center="ssb")
        probe, sun = state[:, :3] - earth, self.sky.position_icrf("sun", et, center="ssb") - earth
        for _ in range(2):
            delay = np.linalg.norm(probe, axis=1) / SPEED_OF_LIGHT
            # over a second or two a straight line: off by 2 m at most
            probe = state[:, :3] - state[:, 3:] * delay[:, None] - earth
            sent = et - np.linalg.norm(sun, axis=1) / SPEED_OF_LIGHT
            sun = self.sky.position_icrf("sun", sent, center="ssb") - earth
        return angle_between(sun, probe)

    def sun_probe_earth(self, et: FloatArray) -> FloatArray:
        """Angle between Sun and Earth as seen from the orbiter, light time included [rad]."""
        return angle_between(self.seen("sun", et), self.seen("earth", et))

    def sun_moon_probe(self, et: FloatArray) -> FloatArray:
        """Angle at the Moon's centre between the Sun and the orbiter, geometric [rad]."""
        return angle_between(self.sky.position_icrf("sun", et), self.trajectory.position_icrf(et))

    def beta(self, et: FloatArray) -> FloatArray:
        """Elevation of the Sun over the orbital plane, on the side of the angular momentum [rad]."""
        state = self.trajectory.state_icrf(et)
        normal = np.cross(state[:, :3], state[:, 3:])
        sun = self.sky.position_icrf("sun", et)
        sine = np.einsum("ij,ij->i", normal, sun) / (
            np.linalg.norm(normal, axis=1) * np.linalg.norm(sun, axis=1)
        )
        return np.asarray(np.arcsin(np.clip(sine, -1.0, 1.0)))

    def distance(self, body: str, et: FloatArray) -> FloatArray:
        """Geometric distance from a body's centre [m]."""
        line = self.sky.position_icrf(body, et) - self.trajectory.position_icrf(et)
        return np.asarray(np.linalg.norm(line, axis=1))

    def elevation(self, site: Site, et: FloatArray) -> FloatArray:
        """Geometric elevation over the local horizontal of a site [rad]."""
        r_me = rotate(self.sky.rotation_icrf_to_me(et), self.trajectory.position_icrf(et))
        line = r_me - site.r_me()
        sine = line @ site.enu_me[2] / np.linalg.norm(line, axis=1)
        return np.asarray(np.arcsin(np.clip(sine, -1.0, 1.0)))


def angle_between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Angle between vectors (n, 3), exact near zero and near a half turn [rad], (n,)."""
    a = a / np.linalg.norm(a, axis=1)[:, None]
    b = b / np.linalg.norm(b, axis=1)[:, None]
    return np.asarray(2.0 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1)))
