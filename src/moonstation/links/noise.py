"""Noise: of the sky, the air, the ground, the Moon and the Sun in the beam, and of the receiver."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray, IntArray
from moonstation.constants import MOON_RADIUS
from moonstation.links._disc_kernels import ring_shares
from moonstation.links.antennas import Antenna

BOLTZMANN_DB = -228.59916720
"""Boltzmann's constant 1.380649e-23 J/K [dBW/K/Hz] (SI 2019)."""

COSMIC = 2.725
"""Temperature of the microwave background [K] (Fixsen 2009, doi 10.1088/0004-637X/707/2/916)."""

ROOM = 290.0
"""Temperature of lines [K] (IEEE standard noise temperature)."""

MOON_BRIGHTNESS = 250.0
"""Brightness of the Moon's disc at centimetre waves [K], an assumption: with phase and depth it lies between about 210
and 260 K."""

EARTH_BRIGHTNESS = 255.0
"""Brightness of the Earth's disc at centimetre waves [K], an assumption: land 290 K, sea 150 K, clouds between."""

ZENITH_LOSS = {
    "UHF": 0.03,
    "L": 0.032,
    "S": 0.033,
    "C": 0.035,
    "X": 0.040,
    "Ku": 0.06,
    "K": 0.20,
    "Ka": 0.20,
    "optical": 1.0,
}
"""Loss in the air at zenith [dB]. X: DSN 810-005 module 104 rev L table A-5, Goldstone, median weather; the others are
recalled from module 105 or judged, and so estimates."""

ZENITH_SOURCE = {
    "X": ("that of Goldstone in median weather, DSN 810-005 104L table A-5", "estimated"),
    "": ("by band, recalled from DSN 810-005 105", "estimated"),
}

RINGS = 800
FINE = 0.1
"""Angle within which rings are narrow against the Moon even where the beam is wide [rad]."""

OFFSETS = 121
MOST_DISCS = 1500
"""Discs that are integrated one by one; more of them are read from a table of offsets and sizes."""


@dataclass(frozen=True)
class DsnReceiver:
    """A deep-space station by the equations of DSN 810-005 module 104, appendix A.

    Attributes
    ----------
    g0, g1, reference_deg : float
        Gain in vacuum [dBi], how it falls by elevation [dB/deg^2], and from which elevation [deg].
    t1, t2, a : float
        Noise in vacuum [K], its part by elevation [K], and how fast that fades [1/deg].
    """

    g0: float
    g1: float
    reference_deg: float
    t1: float
    t2: float
    a: float

    def gain(self, elevation: ArrayLike, *, zenith_loss: float) -> FloatArray:
        """Gain with the loss of the air [dBi]: G0 - G1 (el - reference)^2 - A/sin(el)."""
        el = np.asarray(elevation, dtype=np.float64)
        fall = self.g1 * (np.degrees(el) - self.reference_deg) ** 2
        return np.asarray(self.g0 - fall - air_loss(zenith_loss, el), dtype=np.float64)

    def temperature(
        self, elevation: ArrayLike, *, zenith_loss: float, distribution: float = 0.5
    ) -> FloatArray:
        """Noise temperature of the system [K]; `distribution` is the share of time with no worse weather."""
        el = np.asarray(elevation, dtype=np.float64)
        own = self.t1 + self.t2 * np.exp(-self.a * np.degrees(el))
        return np.asarray(
            own + sky_noise(zenith_loss, el, air_temperature=255.0 + 25.0 * distribution), dtype=np.float64
        )


def air_loss(zenith_loss: float, elevation: ArrayLike) -> FloatArray:
    """Loss in a flat atmosphere [dB]: zenith loss over the sine of the elevation [rad], from 5 deg on."""
    el = np.maximum(np.asarray(elevation, dtype=np.float64), math.radians(5.0))
    return np.asarray(zenith_loss / np.sin(el), dtype=np.float64)


def sky_noise(zenith_loss: float, elevation: ArrayLike, *, air_temperature: float = 267.5) -> FloatArray:
    """Noise of air and cosmic background [K]: Tp (1 - 1/L) + 2.725/L (DSN 810-005 104, equation A-5 and after).

    Parameters
    ----------
    zenith_loss : float
        [dB]
    elevation : array_like
        [rad]
    air_temperature : float
        Of the air as a radiator [K]; 255 + 25 CD in the handbook.
    """
    passed = 10.0 ** (-0.1 * air_loss(zenith_loss, elevation))
    return np.asarray(air_temperature * (1.0 - passed) + COSMIC * passed, dtype=np.float64)


def disc_share(antenna: Antenna, offset: ArrayLike, radius: ArrayLike) -> FloatArray:
    """Share of an antenna's reception that comes from a round disc in its sky.

    The pattern is integrated ring by ring about the axis; of each ring counts the part within the disc. What the
    pattern does not hold is spread evenly over the sphere.

    Parameters
    ----------
    antenna : Antenna
        With its axis at the other end of the link.
    offset : (n,) array_like
        Angle from the axis to the disc's centre [rad].
    radius : (n,) array_like
        Angular radius of the disc [rad].

    Returns
    -------
    (n,) array
        0 to 1; times the brightness of the disc it is the noise that the disc adds [K].
    """
    offset, radius = np.broadcast_arrays(
        np.asarray(offset, dtype=np.float64), np.asarray(radius, dtype=np.float64)
    )
    shape = offset.shape
    offset, radius = offset.ravel(), radius.ravel()
    if offset.size > MOST_DISCS:
        ratio = offset / radius
        sizes = _between(float(radius.min()), float(radius.max()))
        nodes = np.linspace(float(ratio.min()), float(ratio.max()) + 1e-9, OFFSETS)
        # a beam narrower than the disc notices its edge within a few of its widths
        edges = [1.0 + np.linspace(-4.0, 4.0, OFFSETS) * antenna.beamwidth / size for size in sizes[[0, -1]]]
        near = np.concatenate(edges)
        nodes = np.union1d(nodes, near[(near > nodes[0]) & (near < nodes[-1])])
        table = _rings(
            antenna,
            (nodes[:, None] * sizes[None, :]).ravel(),
            np.broadcast_to(sizes, (nodes.size, sizes.size)).ravel(),
        ).reshape(nodes.size, sizes.size)
        share = _bilinear(table, nodes, sizes, ratio, radius)
    else:
        share = _rings(antenna, offset, radius)
    spread = (1.0 - antenna.held) * 0.5 * (1.0 - np.cos(radius))
    return np.asarray(np.clip(share + spread, 0.0, 1.0).reshape(shape), dtype=np.float64)


def _between(low: float, high: float) -> FloatArray:
    """Sizes of discs for a table: more of them where they differ more."""
    if high < low * (1.0 + 1e-9):
        return np.array([low])
    return np.geomspace(low, high, 4 + int(8.0 * np.log(high / low)))


def _bilinear(
    table: FloatArray, rows: FloatArray, columns: FloatArray, x: FloatArray, y: FloatArray
) -> FloatArray:
    def place(nodes: FloatArray, at: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        if nodes.size == 1:
            zero: IntArray = np.zeros(at.shape, dtype=np.int64)
            return zero, zero, np.zeros(at.shape)
        low: IntArray = np.clip(np.searchsorted(nodes, at) - 1, 0, nodes.size - 2).astype(np.int64)
        return low, low + 1, (at - nodes[low]) / (nodes[low + 1] - nodes[low])

    i0, i1, u = place(rows, x)
    j0, j1, v = place(columns, y)
    upper = table[i0, j0] * (1.0 - v) + table[i0, j1] * v
    lower = table[i1, j0] * (1.0 - v) + table[i1, j1] * v
    return np.asarray(upper * (1.0 - u) + lower * u, dtype=np.float64)


def _rings(antenna: Antenna, offset: FloatArray, radius: FloatArray) -> FloatArray:
    """Integral of the beam over each disc, over that of the whole beam, times what the beam holds."""
    angle, weight = _nodes(antenna)
    result = np.empty(offset.size)
    ring_shares(angle, weight, np.ascontiguousarray(offset), np.ascontiguousarray(radius), result)
    return result * (antenna.held / float(np.sum(weight)))


def _nodes(antenna: Antenna) -> tuple[FloatArray, FloatArray]:
    """Rings of a pattern: their angles, close together within the beam, and the power in each."""
    near = np.linspace(0.0, min(20.0 * antenna.beamwidth, FINE), RINGS)
    far = np.geomspace(near[-1], np.pi, RINGS)[1:]
    edge = np.concatenate([near, far])
    middle = 0.5 * (edge[1:] + edge[:-1])
    weight = antenna.beam(middle) * (np.cos(edge[:-1]) - np.cos(edge[1:]))
    return middle, weight


def sun_brightness(frequency: float) -> float:
    """Brightness of the quiet Sun's disc [K]: 140077 f^-2.1 + 10880, f in GHz.

    Zirin, Baumann and Hurford 1991, ApJ 370, 779, for 1.4 to 18 GHz; beyond, the constant part stands for the
    chromosphere. The active Sun can be several times as bright below 10 GHz.
    """
    return 140_077.0 * float((frequency / 1e9) ** -2.1) + 10_880.0


def galactic_noise(frequency: float) -> float:
    """Noise of the sky away from the galactic plane [K]: 25 K (408 MHz / f)^2.75 and the cosmic background.

    Level of the quiet sky at 408 MHz from Haslam et al. 1982 (bibcode 1982A&AS...47....1H), index from Reich and Reich
    1988; both as recalled, so an estimate. Below 0.1 K from 3 GHz on.
    """
    return 25.0 * float((0.408e9 / frequency) ** 2.75) + COSMIC


def moon_radius_from(distance: ArrayLike) -> FloatArray:
    """Angular radius of the Moon [rad] from a distance of its centre [m]."""
    return np.asarray(
        np.arcsin(np.minimum(1.0, MOON_RADIUS / np.asarray(distance, dtype=np.float64))), dtype=np.float64
    )
