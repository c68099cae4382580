"""Physical constants, SI units, each with its source."""

from typing import Final

MOON_RADIUS: Final = 1_737_400.0
"""Radius of the lunar reference sphere [m] (IAU/WGCCRE 2015; the datum of LOLA elevations)."""

SUN_RADIUS: Final = 695_700_000.0
"""Nominal solar radius [m] (IAU 2015 Resolution B3)."""

EARTH_RADIUS: Final = 6_378_136.6
"""Equatorial radius of the Earth [m] (IERS Conventions 2010, table 1.1)."""

EARTH_MEAN_RADIUS: Final = 6_371_008.4
"""Mean radius of the Earth [m] (WGS 84, (2a + b) / 3)."""

SPEED_OF_LIGHT: Final = 299_792_458.0
"""Speed of light in vacuum [m/s] (SI)."""

AU: Final = 149_597_870_700.0
"""Astronomical unit [m] (IAU 2012 Resolution B2)."""

SOLAR_CONSTANT: Final = 1361.0
"""Total solar irradiance at 1 au [W/m^2] (Kopp and Lean 2011, doi 10.1029/2010GL045777)."""

GM_EARTH: Final = 398_600.435507e9
"""Gravitational parameter of the Earth [m^3/s^2] (DE440; Park et al. 2021, table 2)."""

GM_MOON: Final = 4_902.8001224453001e9
"""Gravitational parameter of the Moon [m^3/s^2] (header of GRGM1200A, gggrx_1200a_sha.tab; Goossens et al. 2016)."""

GM_SUN: Final = 132_712_440_041.279419e9
"""Gravitational parameter of the Sun [m^3/s^2] (DE440; Park et al. 2021, table 2)."""

GM_PLANETS: Final = {
    "mercury": 22_031.868551e9,
    "venus": 324_858.592e9,
    "mars": 42_828.375816e9,
    "jupiter": 126_712_764.1e9,
    "saturn": 37_940_584.8418e9,
    "uranus": 5_794_556.4e9,
    "neptune": 6_836_527.10058e9,
}
"""Gravitational parameters of the planets with their moons [m^3/s^2] (DE440; Park et al. 2021, table 2)."""

EARTH_J2: Final = 1.0826359e-3
"""Dynamical form factor of the Earth, zero tide (IERS Conventions 2010, table 1.1)."""

STANDARD_GRAVITY: Final = 9.80665
"""Standard acceleration of free fall [m/s^2], which turns a specific impulse in seconds into m/s (SI brochure)."""

SECONDS_PER_DAY: Final = 86_400.0
