"""Radios and optical terminals, the ends of links: the table ``[[radio]]`` of a station file."""

import math
from typing import Literal

from pydantic import Field, field_validator, model_validator

from moonstation.constants import SPEED_OF_LIGHT
from moonstation.station.codes import CODES, near_code
from moonstation.station.part import Part
from moonstation.station.units import format_quantity, show
from moonstation.station.vocabulary import (
    Beam,
    Count,
    DataRate,
    Efficiency,
    FigureOfMerit,
    Gain,
    Height,
    Hertz,
    Id,
    Kelvin,
    Loss,
    Name,
    Permittivity,
    Photons,
    PointingError,
    Power,
    Size,
    Texts,
    YesNo,
)

Band = Literal["UHF", "L", "S", "C", "X", "Ku", "K", "Ka", "optical"]
AntennaKind = Literal["parabola", "horn", "patch", "array", "table", "isotropic", "telescope"]

BANDS: dict[str, tuple[float, float]] = {
    "UHF": (0.3e9, 1.0e9),
    "L": (1.0e9, 2.0e9),
    "S": (2.0e9, 4.0e9),
    "C": (4.0e9, 7.0e9),
    "X": (7.0e9, 12.0e9),
    "Ku": (12.0e9, 18.0e9),
    "K": (18.0e9, 27.5e9),
    "Ka": (22.0e9, 40.0e9),
    "optical": (150e12, 600e12),
}
"""Frequencies that a band may hold [Hz]: letters as space agencies use them (7.2 GHz is X, 23 and 26 GHz K or Ka)."""

USUAL: dict[str, float] = {
    "UHF": 0.4e9,
    "L": 1.5e9,
    "S": 2.25e9,
    "C": 5.0e9,
    "X": 8.45e9,
    "Ku": 14.0e9,
    "K": 26.25e9,
    "Ka": 26.25e9,
    "optical": SPEED_OF_LIGHT / 1550e-9,
}
"""Frequency of a band where neither end names one [Hz]: about the middle of what links to and from the Moon use."""

USUAL_EFFICIENCY = 0.55

TOLERATED = (
    "power",
    "line_loss",
    "gain",
    "pointing",
    "polarisation",
    "noise",
    "atmosphere",
    "implementation",
)
"""Terms of a budget that ``tolerances`` can name."""


class Radio(Part):
    """A radio or an optical terminal: an antenna with what sends and receives through it."""

    from_: Id | None = Field(
        default=None, alias="from", description="Entry of the radio catalogue to start from."
    )
    on: Name = Field(
        description="Where it stands: a site, an element, an orbiter or a ground station, by its id."
    )
    band: Band = Field(description="Band; two radios talk only within one band.")
    transmit: Hertz | None = Field(
        default=None, description="Frequency sent; about the middle of the band if no end names one."
    )
    receive: Hertz | None = Field(default=None, description="Frequency received.")
    antenna: AntennaKind = Field(
        default="parabola",
        description="`array`: flat phased array; `table`: gain by angle from `pattern`; `telescope`: optical.",
    )
    diameter: Size | None = Field(default=None, description="Diameter of its aperture.")
    efficiency: Efficiency | None = Field(
        default=None, description=f"Efficiency of the aperture; {USUAL_EFFICIENCY} if no gain is given."
    )
    gain: Gain | None = Field(default=None, description="Gain on the axis, instead of `efficiency`.")
    beamwidth: Beam | None = Field(
        default=None, description="Full width of the beam at half power; follows from the gain if not given."
    )
    columns: Count | None = Field(
        default=None, ge=2, le=1000, description="Phased array: elements along each side."
    )
    spacing: Size | None = Field(
        default=None, description="Phased array: distance of its elements; half a wavelength if not given."
    )
    pattern: Name | None = Field(
        default=None,
        description="Table of the gain: CSV file beside the station file with the columns off_axis_deg, gain_dbi.",
    )
    boresight: Literal["tracked", "zenith", "nadir"] = Field(
        default="tracked", description="Whether it is turned to the other end, or looks straight up or down."
    )
    antennas: Count = Field(
        default=1, ge=1, le=1000, description="Such antennas that receive together, their signals added."
    )
    height: Height | None = Field(
        default=None, description="Height above ground on the Moon; the site's own if not given."
    )
    pointing_error: PointingError = Field(
        default=0.0, description="Angle by which a tracking antenna misses; the beam gives the loss."
    )
    pointing_loss: Loss | None = Field(
        default=None, description="Loss by pointing, instead of `pointing_error`."
    )
    power: Power = Field(default=0.0, description="Power of the transmitter; 0 W if it only receives.")
    line_loss: Loss = Field(default=0.0, description="Loss between transmitter and antenna.")
    receive_loss: Loss = Field(
        default=0.0,
        description="Loss between antenna and receiver; goes with `receiver_noise`, as the others include it.",
    )
    axial_ratio: Loss | None = Field(
        default=None, description="Axial ratio of its circular polarisation; 0 dB is perfect."
    )
    polarisation_loss: Loss | None = Field(
        default=None, description="Loss by polarisation, instead of axial ratios."
    )
    receiver_noise: Kelvin | None = Field(
        default=None,
        description="Noise temperature of the receiver alone; sky, ground and lines are added by geometry.",
    )
    system_temperature: Kelvin | None = Field(
        default=None,
        description="Noise temperature of antenna and receiver; on Earth at zenith, in clear air, off the Moon.",
    )
    gt: FigureOfMerit | None = Field(
        default=None,
        description="Gain over noise temperature of all `antennas`, under the same conditions, instead.",
    )
    zenith_loss: Loss | None = Field(
        default=None, description="On Earth: loss in the air at zenith; by band if not given."
    )
    implementation_loss: Loss = Field(
        default=1.0, description="Loss of the demodulator against theory, where this radio receives."
    )
    modulation: Literal["BPSK", "QPSK"] = Field(default="QPSK", description="Modulation it sends.")
    bandwidth: Hertz | None = Field(
        default=None,
        description="Most bandwidth it may use, a tenth of the frequency if not given; bounds the rate to bandwidth x "
        "bits x code rate.",
    )
    codes: Texts = Field(
        default_factory=lambda: ["cc-rs-5"],
        description="Codes that it can send and receive; see `moonstation link codes`.",
    )
    rates: list[DataRate] = Field(
        default_factory=list, description="Data rates that it can send; powers of two kbit/s if not given."
    )
    margin: Loss = Field(default=3.0, description="Margin that a rate must keep where this radio receives.")
    talks_to: Texts = Field(
        default_factory=list,
        description="Ends or radios that it talks to, by id; every one of its band if not given.",
    )
    tolerances: dict[str, Loss] = Field(
        default_factory=dict,
        description=f"Tolerance by term, for worst and rss cases: {', '.join(TOLERATED)}.",
    )
    reflection: YesNo = Field(
        default=False, description="On the Moon: whether the ray reflected by the ground is counted, too."
    )
    roughness: Size = Field(
        default=0.05, description="On the Moon: deviation of the ground's height, for that ray."
    )
    permittivity: Permittivity = Field(
        default=2.75, description="On the Moon: relative permittivity of the ground, for that ray."
    )
    photons_per_bit: Photons | None = Field(
        default=None, description="Optical: photons that the receiver must detect for each bit."
    )
    transmit_optics: Efficiency = Field(default=1.0, description="Optical: share sent on by the optics.")
    receive_optics: Efficiency = Field(
        default=1.0, description="Optical: share brought to the detector and detected."
    )

    @field_validator("rates")
    @classmethod
    def _some_rate(cls, values: list[float]) -> list[float]:
        if any(value <= 0.0 for value in values):
            raise ValueError("holds a rate of 0 bit/s; give rates above zero")
        return sorted(values)

    @field_validator("codes")
    @classmethod
    def _known_codes(cls, values: list[str]) -> list[str]:
        if not values:
            raise ValueError('is empty; give at least one, as in ["uncoded"]')
        for name in values:
            if name not in CODES:
                raise ValueError(f"code {show(name)} is not known{near_code(name)}")
        return values

    @field_validator("tolerances")
    @classmethod
    def _known_terms(cls, values: dict[str, float]) -> dict[str, float]:
        for name in values:
            if name not in TOLERATED:
                raise ValueError(f"{show(name)} is no term of a budget; known are {', '.join(TOLERATED)}")
        return values

    @model_validator(mode="after")
    def _agree(self) -> "Radio":
        self._check_frequencies()
        self._check_antenna()
        noise = [
            key for key in ("receiver_noise", "system_temperature", "gt") if getattr(self, key) is not None
        ]
        if len(noise) > 1:
            raise ValueError(f"{' and '.join(noise)} all say how noisy it is; keep one of them")
        for one, other in (("pointing_error", "pointing_loss"), ("axial_ratio", "polarisation_loss")):
            if getattr(self, one) and getattr(self, other) is not None:
                raise ValueError(f"{one} and {other} both say the same loss; keep one of them")
        if self.band != "optical" and not self.power and not noise:
            raise ValueError(
                'neither sends nor receives; give power = "20 W", system_temperature = "300 K" or both'
            )
        if self.band == "optical" and not self.power and self.photons_per_bit is None:
            raise ValueError('neither sends nor receives; give power = "4 W", photons_per_bit = 2.0 or both')
        return self

    @property
    def sends(self) -> bool:
        """Whether it has a transmitter."""
        return self.power > 0.0

    @property
    def receives(self) -> bool:
        """Whether it has a receiver."""
        if self.band == "optical":
            return self.photons_per_bit is not None
        return self.receiver_noise is not None or self.system_temperature is not None or self.gt is not None

    def _check_frequencies(self) -> None:
        low, high = BANDS[self.band]
        for key in ("transmit", "receive"):
            value = getattr(self, key)
            if value is not None and not low <= value <= high:
                bounds = " to ".join(format_quantity(edge, "frequency") for edge in (low, high))
                fits = [name for name, (a, b) in BANDS.items() if a <= value <= b]
                cure = f'; write band = "{fits[0]}"' if fits else ""
                raise ValueError(
                    f"{key} = {format_quantity(value, 'frequency')} is not in band {self.band} ({bounds}){cure}"
                )

    def _check_antenna(self) -> None:
        if (self.band == "optical") != (self.antenna == "telescope"):
            raise ValueError(
                f"antenna = {self.antenna} does not go with band {self.band}; optical ones are telescopes"
            )
        needs: dict[str, tuple[str, ...]] = {
            "parabola": ("diameter", "gain"),
            "horn": ("gain", "diameter", "beamwidth"),
            "patch": ("gain", "beamwidth"),
            "array": ("columns",),
            "table": ("pattern",),
            "isotropic": (),
            "telescope": ("diameter",),
        }
        wanted = needs[self.antenna]
        if wanted and all(getattr(self, key) is None for key in wanted):
            raise ValueError(f"the {self.antenna} has no size; give {' or '.join(wanted)}")
        if self.gain is not None and self.efficiency is not None:
            raise ValueError("gain and efficiency both say how good the antenna is; keep one of them")
        if self.gain is not None and self.diameter is not None:
            # the gain holds at one of its frequencies: the highest is the most that it can be
            frequency = max(self.transmit or 0.0, self.receive or 0.0) or BANDS[self.band][1]
            most = 20.0 * math.log10(math.pi * self.diameter * frequency / SPEED_OF_LIGHT)
            if self.gain > most + 1e-6:
                share = 100.0 * 10.0 ** (0.1 * (self.gain - most))
                raise ValueError(
                    f"gain = {self.gain:g} dBi of {self.diameter:g} m at {format_quantity(frequency, 'frequency')} "
                    f"would be {share:.0f} % efficient; give at most {math.floor(10 * most) / 10:g} dBi"
                )
