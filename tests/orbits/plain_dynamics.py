"""Equations of motion written out in NumPy and flown by SciPy's DOP853: what the compiled forces are held against."""

import numpy as np
from numpy.polynomial import chebyshev
from scipy.integrate import solve_ivp

from moonstation.constants import (
    AU,
    EARTH_J2,
    EARTH_MEAN_RADIUS,
    EARTH_RADIUS,
    GM_EARTH,
    GM_MOON,
    GM_PLANETS,
    GM_SUN,
    MOON_RADIUS,
    SOLAR_CONSTANT,
    SPEED_OF_LIGHT,
    STANDARD_GRAVITY,
    SUN_RADIUS,
)
from moonstation.orbits.gravity import GravityModel, load_gravity
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.sunlight.eclipse import hidden_share

GM = {"moon": GM_MOON, "earth": GM_EARTH, "sun": GM_SUN, **GM_PLANETS}


def point_moon():
    """A Moon without harmonics."""
    full = load_gravity(2)
    zero = np.zeros_like(full.c)
    return GravityModel(full.gm, full.radius, 2, zero, zero, full.path, full.model_degree)


def pull(d, gm):
    """Attraction by a point from which one is d away."""
    return -gm * d / np.linalg.norm(d) ** 3


def flattening(d, pole):
    """Attraction of the Earth's J2 (Vallado 2013, eq. 8-30, in vectors)."""
    r, z = np.linalg.norm(d), d @ pole
    return -1.5 * EARTH_J2 * GM_EARTH * EARTH_RADIUS**2 / r**5 * ((1 - 5 * z * z / r**2) * d + 2 * z * pole)


class Plain:
    """Motion about a centre with bodies as points.

    Places of bodies are polynomials fitted to the ephemeris, times counted from the start: read at epochs of 1e9 s
    they would jump by tenths of a millimetre, and the integrator take that for an error of its own.
    """

    def __init__(
        self,
        epoch,
        duration,
        center="moon",
        bodies=("earth", "sun"),
        j2=False,
        area=0.0,
        thrust=None,
        love=0.0,
    ):
        self.et0, self.center, self.j2, self.area, self.thrust = epoch.tdb_s, center, j2, area, thrust
        self.love = love
        sky = default_ephemeris()
        terms = 24 + int(abs(duration) / 86_400.0 * 6)
        s = np.cos(np.pi * (np.arange(terms) + 0.5) / terms)
        self.half = 0.5 * duration
        times = self.et0 + self.half * (1 + s)
        self.names = [*bodies, *(() if "sun" in bodies or not area else ("sun",))]
        self.fits = {
            name: chebyshev.chebfit(s, sky.position_icrf(name, times, center=center), terms - 8)
            for name in self.names
        }
        self.pole = EarthRotation().rotation_itrs_to_gcrs(self.et0 + self.half)[0][:, 2]

    def place(self, name, t):
        return chebyshev.chebval(t / self.half - 1.0, self.fits[name])

    def acceleration(self, t, y):
        r = y[:3]
        a = pull(r, GM[self.center])
        for name in self.names:
            body = self.place(name, t)
            a = a + pull(r - body, GM[name]) - pull(-body, GM[name])
        if self.j2:
            earth = np.zeros(3) if self.center == "earth" else self.place("earth", t)
            a = a + flattening(r - earth, self.pole)
            if self.center == "moon":
                a = a - flattening(-earth, self.pole)
        if self.love:
            steps = 100.0 * np.eye(3)
            a = a + [(self.bulge(t, r + step) - self.bulge(t, r - step)) / 200.0 for step in steps]
        if self.area:
            a = a + self.light(t, r)
        return a

    def bulge(self, t, r):
        """Potential of the tide that Earth and Sun raise (Love 1909), 1738 km as radius."""
        total = 0.0
        for name in ("earth", "sun"):
            body = self.place(name, t)
            d, distance = np.linalg.norm(body), np.linalg.norm(r)
            raised = GM[name] * distance**2 / d**3 * (1.5 * (body @ r / (d * distance)) ** 2 - 0.5)
            total += self.love * raised * (1.738e6 / distance) ** 5
        return total

    def light(self, t, r):
        to_sun = self.place("sun", t) - r
        far = np.linalg.norm(to_sun)
        share = 1.0
        for body, size in ((-r, MOON_RADIUS), (self.place("earth", t) - r, EARTH_MEAN_RADIUS)):
            apart = np.arctan2(np.linalg.norm(np.cross(to_sun, body)), to_sun @ body)
            front = np.arcsin(min(size / np.linalg.norm(body), 1.0))
            share -= float(hidden_share(apart, np.arcsin(SUN_RADIUS / far), radius_front=front))
        return -share * SOLAR_CONSTANT / SPEED_OF_LIGHT * AU**2 * self.area * to_sun / far**3

    def rate(self, t, y):
        a = self.acceleration(t, y)
        if self.thrust is None:
            return np.r_[y[3:6], a]
        force, isp, direction = self.thrust
        return np.r_[y[3:6], a + force / y[6] * direction(y), -force / (isp * STANDARD_GRAVITY)]

    def fly(self, start, times, **options):
        """States (n, 6) at times [s past the start]."""
        options = {"rtol": 1e-13, "atol": 1e-7, **options}
        found = solve_ivp(self.rate, (0.0, times[-1]), start, method="DOP853", t_eval=times, **options)
        return found.y.T
