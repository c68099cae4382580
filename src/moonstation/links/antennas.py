"""Antennas: how much they gain by angle off their axis."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import DataFileError, RequestError
from moonstation.station.radios import USUAL_EFFICIENCY, Radio

Pattern = Callable[[FloatArray], FloatArray]
"""Angles off the axis [rad] to gain relative to the axis, 1 on it."""

SIDE_LEVEL = 1e-3
"""Gain in all directions of a real antenna besides its beam, over isotropic: -30 dBi of scattered power. An assumption;
it keeps the nulls of ideal patterns finite."""

HALF_POWER_AIRY = 1.61634
"""Where (2 J1(u)/u)^2 is one half."""


@dataclass(frozen=True, eq=False)
class Antenna:
    """An antenna at one frequency.

    Attributes
    ----------
    kind : str
        As in a station file.
    frequency : float
        [Hz]
    gain : float
        On its axis [dBi].
    pattern : callable
        Gain by angle off the axis [rad], relative to the axis.
    beamwidth : float
        Full width at half power [rad].
    held : float
        Share of the radiated power that the pattern holds; the rest is taken as scattered all over the sky.
    lobe : callable or None
        The beam, where `pattern` is something else.
    """

    kind: str
    frequency: float
    gain: float
    pattern: Pattern
    beamwidth: float
    held: float
    lobe: Pattern | None = None

    @property
    def beam(self) -> Pattern:
        """The beam itself, for what stands in it; of a phased array not the gain by steering angle."""
        return self.lobe or self.pattern

    def gain_at(self, off_axis: ArrayLike) -> FloatArray:
        """Gain at angles off the axis [rad] as dBi."""
        relative = np.maximum(self.pattern(np.abs(np.asarray(off_axis, dtype=np.float64))), 1e-12)
        return np.asarray(self.gain + 10.0 * np.log10(relative), dtype=np.float64)

    def pointing_loss(self, off_axis: ArrayLike) -> FloatArray:
        """Loss against the axis [dB], 0 or more."""
        return np.maximum(0.0, self.gain - self.gain_at(off_axis))


def aperture_gain(diameter: float, frequency: float, *, efficiency: float = 1.0) -> float:
    """Gain of a circular aperture [dBi]: efficiency (pi D / wavelength)^2.

    Parameters
    ----------
    diameter : float
        [m]
    frequency : float
        [Hz]
    efficiency : float
        Above 0, at most 1.

    Raises
    ------
    RequestError
        If an argument makes no sense.
    """
    if not (diameter > 0.0 and frequency > 0.0 and math.isfinite(diameter * frequency)):
        raise RequestError(
            f"antenna of {diameter:g} m at {frequency / 1e9:g} GHz: give a diameter and a frequency above 0"
        )
    if not 0.0 < efficiency <= 1.0:
        raise RequestError(f"efficiency {efficiency:g} of an antenna: give more than 0 and at most 1")
    return 10.0 * math.log10(efficiency * (math.pi * diameter * frequency / SPEED_OF_LIGHT) ** 2)


def airy_pattern(diameter: float, frequency: float) -> Pattern:
    """Pattern of an evenly lit circular aperture, (2 J1(u)/u)^2 with u = pi D sin(angle) / wavelength.

    Shaped dishes of deep-space stations are lit almost evenly: 34 m at 8.42 GHz has 0.062 deg at half power.
    (Balanis, Antenna Theory, 4th ed. 2016, section 12.6.1.)
    """
    from scipy.special import j1

    scale = math.pi * diameter * frequency / SPEED_OF_LIGHT
    floor = SIDE_LEVEL / max(1.0, scale**2)

    def pattern(off_axis: FloatArray) -> FloatArray:
        u = scale * np.sin(np.minimum(off_axis, 0.5 * np.pi))
        safe = np.where(u < 1e-6, 1.0, u)
        beam = np.where(u < 1e-6, 1.0, (2.0 * j1(safe) / safe) ** 2)
        return np.asarray(np.maximum(np.where(off_axis < 0.5 * np.pi, beam, 0.0), floor), dtype=np.float64)

    return pattern


def cosine_pattern(gain: float) -> tuple[Pattern, float]:
    """Pattern cos^q of a horn or a patch that gains `gain` [dBi], and its width at half power [rad].

    A pattern cos^q over the half sphere has the directivity 2 (q + 1) (Balanis 2016, section 12.8); below 3 dBi the
    antenna looks about as well backwards, and the pattern is even.
    """
    q = 0.5 * 10.0 ** (0.1 * gain) - 1.0
    if q <= 0.0:
        return _even, 2.0 * math.pi
    floor = SIDE_LEVEL / 10.0 ** (0.1 * gain)

    def pattern(off_axis: FloatArray) -> FloatArray:
        beam = np.cos(np.minimum(off_axis, 0.5 * np.pi)) ** q
        return np.asarray(np.maximum(beam, floor), dtype=np.float64)

    return pattern, 2.0 * math.acos(0.5 ** (1.0 / q))


def array_pattern(columns: int, spacing: float, frequency: float) -> tuple[Pattern, float]:
    """Gain of a flat square phased array by steering angle, relative to broadside, and its width there [rad].

    Steered, it sees the other end with its area foreshortened: cos of the angle (Mailloux, Phased Array Antenna
    Handbook, 3rd ed. 2018, section 1.3). The width is 0.886 wavelengths over the side.
    """
    wavelength = SPEED_OF_LIGHT / frequency

    def pattern(off_axis: FloatArray) -> FloatArray:
        return np.asarray(np.maximum(np.cos(np.minimum(off_axis, 0.5 * np.pi)), 1e-6), dtype=np.float64)

    return pattern, min(2.0 * math.pi, 0.886 * wavelength / (columns * spacing))


def read_pattern(path: str | Path) -> tuple[FloatArray, FloatArray]:
    """Read a table of the gain by angle.

    Parameters
    ----------
    path : str or Path
        CSV with the columns ``off_axis_deg`` (from 0, rising) and ``gain_dbi``.

    Returns
    -------
    tuple of two (n,) arrays
        Angles [rad] and gains [dBi].

    Raises
    ------
    DataFileError
        If the file is missing or is no such table.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataFileError(f"{path}: antenna pattern cannot be read ({error}); check the path") from error
    cure = "give columns off_axis_deg and gain_dbi, angles rising from 0 to at most 180"
    try:
        angle = np.array([float(row["off_axis_deg"]) for row in rows])
        gain = np.array([float(row["gain_dbi"]) for row in rows])
    except (KeyError, TypeError, ValueError) as error:
        raise DataFileError(
            f"{path}: antenna pattern has no such column or number ({error}); {cure}"
        ) from error
    if angle.size < 2 or not (np.all(np.isfinite(angle)) and np.all(np.isfinite(gain))):
        raise DataFileError(f"{path}: antenna pattern needs two rows of finite numbers at least; {cure}")
    if angle[0] != 0.0 or np.any(np.diff(angle) <= 0.0) or angle[-1] > 180.0:
        raise DataFileError(f"{path}: antenna pattern has its angles out of order; {cure}")
    return np.radians(angle), gain


def antenna_of(radio: Radio, frequency: float) -> Antenna:
    """Antenna of a radio of a station file at a frequency [Hz].

    Raises
    ------
    DataFileError
        If its pattern file cannot be used.
    RequestError
        If the pattern radiates more than the antenna is given.
    """
    match radio.antenna:
        case "isotropic":
            return Antenna("isotropic", frequency, radio.gain or 0.0, _even, 2.0 * math.pi, 1.0)
        case "parabola" | "telescope":
            return _parabola(radio, frequency)
        case "array":
            return _array(radio, frequency)
        case "table":
            return _table(radio, frequency)
        case _:
            return _horn(radio, frequency)


def _even(off_axis: FloatArray) -> FloatArray:
    return np.ones_like(off_axis)


def _parabola(radio: Radio, frequency: float) -> Antenna:
    diameter, gain = radio.diameter, radio.gain
    if diameter is None:
        assert gain is not None
        # the dish that has this gain at the usual efficiency
        diameter = 10.0 ** (0.05 * gain) / math.sqrt(USUAL_EFFICIENCY) * SPEED_OF_LIGHT / (np.pi * frequency)
    if gain is None:
        gain = aperture_gain(diameter, frequency, efficiency=radio.efficiency or USUAL_EFFICIENCY)
    scale = math.pi * diameter * frequency / SPEED_OF_LIGHT
    if radio.beamwidth is not None:
        scale = HALF_POWER_AIRY / math.sin(min(0.5 * radio.beamwidth, 0.5 * math.pi))
    width = 2.0 * math.asin(min(1.0, HALF_POWER_AIRY / scale))
    pattern = airy_pattern(scale * SPEED_OF_LIGHT / (math.pi * frequency), frequency)
    # an aperture lit evenly radiates all into its pattern; what its efficiency lacks goes elsewhere
    held = min(1.0, 10.0 ** (0.1 * gain) / scale**2)
    return Antenna(radio.antenna, frequency, gain, pattern, width, held)


def _horn(radio: Radio, frequency: float) -> Antenna:
    gain = radio.gain
    if gain is None and radio.diameter is not None:
        gain = aperture_gain(radio.diameter, frequency, efficiency=radio.efficiency or USUAL_EFFICIENCY)
    if gain is None:
        assert radio.beamwidth is not None
        half = min(0.5 * radio.beamwidth, 0.499 * math.pi)
        gain = 10.0 * math.log10(2.0 * (math.log(0.5) / math.log(math.cos(half)) + 1.0))
    pattern, width = cosine_pattern(gain)
    return Antenna(radio.antenna, frequency, gain, pattern, width, 1.0)


def _array(radio: Radio, frequency: float) -> Antenna:
    assert radio.columns is not None
    wavelength = SPEED_OF_LIGHT / frequency
    spacing = radio.spacing or 0.5 * wavelength
    gain = radio.gain
    if gain is None:
        side = radio.columns * spacing / wavelength
        gain = 10.0 * math.log10(4.0 * math.pi * side**2 * (radio.efficiency or USUAL_EFFICIENCY))
    pattern, width = array_pattern(radio.columns, spacing, frequency)
    lobe = airy_pattern(2.0 * HALF_POWER_AIRY * wavelength / (math.pi * min(width, math.pi)), frequency)
    return Antenna("array", frequency, gain, pattern, width, 1.0, lobe)


def _table(radio: Radio, frequency: float) -> Antenna:
    assert radio.pattern is not None
    angle, gain = read_pattern(radio.pattern)
    peak = float(np.max(gain))

    def pattern(off_axis: FloatArray) -> FloatArray:
        return np.asarray(10.0 ** (0.1 * (np.interp(off_axis, angle, gain) - peak)), dtype=np.float64)

    fine = np.linspace(0.0, math.pi, 20_001)
    held = float(np.trapezoid(10.0 ** (0.1 * peak) * pattern(fine) * np.sin(fine), fine)) / 2.0
    if held > 1.05:
        raise RequestError(
            f"radio {radio.id}: pattern {radio.pattern} radiates {held:.2f} times what it is given; check its gains"
        )
    below = np.flatnonzero(pattern(fine) < 0.5)
    width = 2.0 * float(fine[below[0]]) if below.size else 2.0 * math.pi
    return Antenna("table", frequency, peak, pattern, width, min(held, 1.0))
