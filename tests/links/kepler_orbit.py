"""A two-body orbit about the Moon in closed form, in place of a propagated trajectory."""

from dataclasses import dataclass, field

import numpy as np

from moonstation.constants import GM_MOON


@dataclass(frozen=True, eq=False)
class KeplerTrajectory:
    """Has what links ask of `moonstation.orbits.propagation.Trajectory`."""

    name: str
    semi_major: float
    eccentricity: float
    inclination: float
    start: float
    stop: float
    raan: float = 0.4
    arg_periapsis: float = 1.0
    et: np.ndarray = field(init=False)
    states_icrf: np.ndarray = field(init=False)

    def __post_init__(self):
        period = 2.0 * np.pi * np.sqrt(self.semi_major**3 / GM_MOON)
        et = np.linspace(self.start, self.stop, int((self.stop - self.start) / period * 400) + 2)
        r = self.position_icrf(et)
        v = (self.position_icrf(et + 0.5) - self.position_icrf(et - 0.5)) / 1.0
        object.__setattr__(self, "et", et)
        object.__setattr__(self, "states_icrf", np.hstack([r, v]))

    def position_icrf(self, et):
        a, e = self.semi_major, self.eccentricity
        mean = np.sqrt(GM_MOON / a**3) * (np.asarray(et) - self.start)
        anomaly = mean.copy()
        for _ in range(60):
            anomaly = anomaly - (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
        x = a * (np.cos(anomaly) - e)
        y = a * np.sqrt(1.0 - e * e) * np.sin(anomaly)
        cw, sw = np.cos(self.arg_periapsis), np.sin(self.arg_periapsis)
        ci, si = np.cos(self.inclination), np.sin(self.inclination)
        co, so = np.cos(self.raan), np.sin(self.raan)
        u, w = x * cw - y * sw, x * sw + y * cw
        return np.column_stack([u * co - w * ci * so, u * so + w * ci * co, w * si])


def low_orbit(start, stop):
    # Over the Moon's poles: its axis points to right ascension -93 deg, declination 67 deg.
    return KeplerTrajectory("low", 1_837_400.0, 0.005, np.radians(88.0), start, stop, raan=np.radians(87.0))


def relay_orbit(start, stop):
    # As the 24 h elliptical relays: low over the north, long over the south.
    return KeplerTrajectory(
        "relay", 10_000_000.0, 0.7, np.radians(55.0), start, stop, arg_periapsis=np.pi / 2
    )
