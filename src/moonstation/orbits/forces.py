"""What pulls and pushes an orbiter besides the Moon's gravity."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import (
    AU,
    EARTH_J2,
    EARTH_RADIUS,
    GM_EARTH,
    GM_PLANETS,
    GM_SUN,
    SOLAR_CONSTANT,
    SPEED_OF_LIGHT,
)
from moonstation.errors import RequestError
from moonstation.orbits import _force_kernels
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import Ephemeris

LOVE_NUMBER = 0.024133
"""Love number k2 of the Moon, +- 0.00001 (label of GRGM1200A, gggrx_1200a_sha.lbl; Goossens et al. 2016)."""


@dataclass(frozen=True)
class ForceModel:
    """Forces on an orbiter besides the Moon's gravity, Earth and Sun, which always count.

    Attributes
    ----------
    planets : tuple of str
        Planets that pull, with what they do to the Moon: any of mercury, venus, mars, jupiter, saturn, uranus, neptune.
    earth_oblateness : bool
        Whether the Earth's flattening (J2, about its pole of date) counts, on the orbiter and on the Moon.
    area_to_mass : float
        Area turned to the Sun over mass [m^2/kg], for the pressure of sunlight on a ball ("cannonball");
        0 leaves it out. A spacecraft has 0.01 to 0.03.
    reflectivity : float
        Coefficient of that pressure (Cr): 1 for a body that swallows all light, 2 for a mirror turned to the Sun.
    tides : bool
        Whether the bulge that Earth and Sun raise on the solid Moon counts (k2 = 0.024133, label of GRGM1200A), whole,
        with its part that never changes: the packaged field has not got that (docs/forces.md); one of your own may.
    relativity : bool
        Whether the first correction of general relativity to the Moon's point mass counts (Schwarzschild).

    Raises
    ------
    RequestError
        If a value makes no sense.
    """

    planets: tuple[str, ...] = ("venus", "jupiter")
    earth_oblateness: bool = True
    area_to_mass: float = 0.0
    reflectivity: float = 1.3
    tides: bool = True
    relativity: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "planets", tuple(self.planets))
        for name in self.planets:
            if name not in GM_PLANETS:
                raise RequestError(f"planet '{name}' is unknown; give some of {', '.join(GM_PLANETS)}")
        if len(set(self.planets)) != len(self.planets):
            raise RequestError(f"planets {', '.join(self.planets)}: one stands twice; name each once")
        if not (np.isfinite(self.area_to_mass) and 0.0 <= self.area_to_mass <= 100.0):
            raise RequestError(f"area_to_mass is {self.area_to_mass} m2/kg; give between 0 and 100")
        if not (np.isfinite(self.reflectivity) and 0.0 <= self.reflectivity <= 3.0):
            raise RequestError(
                f"reflectivity is {self.reflectivity}; give between 0 and 3, 1 to 2 for a real body"
            )

    @property
    def with_light(self) -> bool:
        """Whether the pressure of sunlight counts."""
        return self.area_to_mass > 0.0 and self.reflectivity > 0.0

    @property
    def description(self) -> str:
        """What counts and what does not, one phrase."""
        counted = ["Earth", "Sun", *(name.capitalize() for name in self.planets)]
        left_out = []
        if not self.planets:
            left_out.append("planets")
        for wanted, name in (
            (self.earth_oblateness, "flattening of the Earth"),
            (self.with_light, "sunlight pressure"),
            (self.tides, "tides of the solid Moon"),
            (self.relativity, "relativity"),
        ):
            (counted if wanted else left_out).append(name)
        if self.with_light:
            counted[counted.index("sunlight pressure")] = (
                f"sunlight pressure (area over mass {self.area_to_mass:g} m2/kg, Cr {self.reflectivity:g}, shadows of "
                "Moon and Earth)"
            )
        ending = f"; no {', '.join(left_out)}" if left_out else ""
        return f"{', '.join(counted[:-1])} and {counted[-1]}{ending}"


EARTH_AND_SUN = ForceModel(planets=(), earth_oblateness=False, tides=False)
"""Earth and Sun as points and nothing else: the model of most comparisons."""

NO_THRUST = _force_kernels.Thrust(0.0, 0.0, 0.0, 0, 0, np.zeros(3))


@lru_cache(maxsize=1024)
def _earth_pole(et: float) -> FloatArray:
    """The Earth's pole of date (3,), ICRF axes; kept, for searches fly the same arcs again and again."""
    return np.ascontiguousarray(EarthRotation().rotation_itrs_to_gcrs(et)[0, :, 2])


def pack_forces(
    model: ForceModel, sky: Ephemeris, *, et0: float, et1: float, gradient_degree: int
) -> _force_kernels.Forces:
    """Forces as compiled code takes them, for a flight from et0 to et1 [TDB s past J2000], et1 may be earlier."""
    first, last = min(et0, et1), max(et0, et1)
    series = [sky.series(name, first, last) for name in model.planets]
    shape = np.max([records.shape for records, _, _ in series], axis=0) if series else np.zeros(3, dtype=int)
    planets = np.zeros((len(series), *shape))
    for place, (records, _, _) in zip(planets, series, strict=True):
        place[tuple(slice(size) for size in records.shape)] = records
    pole: FloatArray = np.array([0.0, 0.0, 1.0])
    if model.earth_oblateness:
        pole = _earth_pole(0.5 * (et0 + et1))
    light = SOLAR_CONSTANT / SPEED_OF_LIGHT * AU**2 * model.area_to_mass * model.reflectivity
    return _force_kernels.Forces(
        gm=np.array([GM_EARTH, GM_SUN, *(GM_PLANETS[name] for name in model.planets)]),
        planets=planets,
        spans=np.array([[t0 - et0, dt] for _, t0, dt in series], dtype=np.float64).reshape(-1, 2),
        oblateness=EARTH_J2 * EARTH_RADIUS**2 if model.earth_oblateness else 0.0,
        pole=pole,
        love=LOVE_NUMBER if model.tides else 0.0,
        light=float(light),
        slowness=1.0 / SPEED_OF_LIGHT**2 if model.relativity else 0.0,
        direction=1.0 if et1 >= et0 else -1.0,
        gradient_degree=gradient_degree,
    )


def needs_extras(forces: _force_kernels.Forces, thrust: _force_kernels.Thrust) -> bool | None:
    """True where forces act that few flights need, else None: then they are not compiled either."""
    return True if forces.light > 0.0 or forces.slowness > 0.0 or thrust.acceleration > 0.0 else None
