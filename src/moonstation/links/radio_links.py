"""From two radios and their geometry to a link budget: where each term of a station's link comes from."""

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import RequestError
from moonstation.links import noise
from moonstation.links.antennas import Antenna, antenna_of
from moonstation.links.budget import BITS, Budget, Line, boltzmann_line, loss
from moonstation.links.geometry import End, Geometry, Sight
from moonstation.links.losses import free_space_loss, polarisation_losses, reflected_ray, two_ray_loss
from moonstation.links.optical import photon_rate
from moonstation.links.terminals import Terminal, frequency_of, hindrance
from moonstation.station.codes import common_codes

TOLERANCES = {
    "power": 0.5,
    "line_loss": 0.2,
    "gain": 0.3,
    "pointing": 0.2,
    "polarisation": 0.1,
    "noise": 0.4,
    "atmosphere": 0.1,
    "implementation": 0.2,
}
"""Tolerances where a radio gives none [dB], each way: usual sizes in design control tables, an assumption."""

LADDER = tuple(1000.0 * 2.0**k for k in range(-7, 22))
"""Rates of a radio that names none [bit/s]: powers of two kbit/s, from 8 bit/s to 2 Gbit/s."""

WIDEST = 0.1
"""Share of its frequency that a link without `bandwidth` may use: beyond, amplifiers and antennas do not reach."""

MOON_HOT = 260.0
"""Brightest Moon at centimetre waves [K], for the adverse case."""

SUN_NEAR = math.radians(6.0)
"""Angle within which the Sun is looked for in the beam."""


@dataclass(frozen=True, eq=False)
class LinkTerms:
    """What a budget is made from besides the two radios.

    Attributes
    ----------
    sender, receiver : End
        The ends.
    geometry : Geometry
        The link through time.
    rain : (n,) array or None
        Loss in rain [dB], as of `moonstation.links.rain`.
    rain_source : str
        What it is computed from.
    """

    sender: End
    receiver: End
    geometry: Geometry
    rain: FloatArray | None = None
    rain_source: str = ""


def link_budget(sender: Terminal, receiver: Terminal, terms: LinkTerms) -> Budget:
    """Budget of a link between two radios, over the instants of its geometry.

    Parameters
    ----------
    sender, receiver : Terminal
        The radios; see `moonstation.links.terminals.find_paths`.
    terms : LinkTerms
        Ends, geometry, rain.

    Raises
    ------
    RequestError
        If the radios do not meet; says why and the cure.
    DataFileError
        If an antenna's pattern file cannot be used.
    """
    reason = hindrance(sender, receiver)
    if reason:
        raise RequestError(reason)
    frequency = frequency_of(sender.radio, receiver.radio)
    out, back = antenna_of(sender.radio, frequency), antenna_of(receiver.radio, frequency)
    lines = _sender_lines(sender, out, terms.geometry.sender)
    lines += _path_lines(sender, receiver, out, back, frequency, terms)
    lines += _antenna_lines(receiver, back, terms.geometry.receiver, "receiver")
    optical = sender.radio.band == "optical"
    if optical:
        lines += _photon_lines(sender, receiver, frequency)
    else:
        lines += _noise_lines(receiver, back, frequency, terms)
    a, b = sender.radio, receiver.radio
    lines.append(
        _toleranced(
            loss(
                "implementation",
                "demodulator",
                "Implementation loss",
                b.implementation_loss,
                **_told(receiver, "implementation_loss"),
            ),
            receiver,
            "implementation",
        )
    )
    return Budget(
        lines=tuple(lines),
        codes=() if optical else tuple(common_codes(a.codes, b.codes)),
        frequency=frequency,
        margin=b.margin,
        steps=tuple(a.rates) or LADDER,
        most_symbols=min(a.bandwidth or WIDEST * frequency, b.bandwidth or WIDEST * frequency),
        bits_per_symbol=BITS[a.modulation],
        photons_per_bit=b.photons_per_bit if optical else None,
    )


class Told(TypedDict):
    """Where the value of a line comes from."""

    source: str
    confidence: str


def _told(terminal: Terminal, *keys: str) -> Told:
    source, confidence = terminal.source(*keys)
    if not source:
        source, confidence = "default of the station file", "assumption"
    return Told(source=source, confidence=confidence)


def _toleranced(line: Line, terminal: Terminal, name: str) -> Line:
    spread = terminal.radio.tolerances.get(name, TOLERANCES[name])
    return Line(
        line.key,
        line.part,
        line.term,
        line.value,
        line.unit,
        line.sign,
        spread,
        spread,
        line.source,
        line.confidence,
        line.note,
    )


def _sender_lines(sender: Terminal, antenna: Antenna, sight: Sight) -> list[Line]:
    radio = sender.radio
    power = Line(
        "power",
        "sender",
        "Transmitter power",
        np.array([10.0 * math.log10(radio.power)]),
        "dBW",
        1.0,
        note=f"{radio.power:.4g} W",
        **_told(sender, "power"),
    )
    lines = [
        _toleranced(power, sender, "power"),
        _toleranced(
            loss("line_loss", "sender", "Line loss", radio.line_loss, **_told(sender, "line_loss")),
            sender,
            "line_loss",
        ),
    ]
    return lines + _antenna_lines(sender, antenna, sight, "sender")


def _antenna_lines(terminal: Terminal, antenna: Antenna, sight: Sight, part: str) -> list[Line]:
    radio, end = terminal.radio, "transmit" if part == "sender" else "receive"
    size = f"{radio.antenna} of {radio.diameter:g} m" if radio.diameter else radio.antenna
    gain = Line(
        f"{end}_gain",
        part,
        f"{end.capitalize()} antenna gain",
        np.array([antenna.gain]),
        "dBi",
        1.0,
        note=f"{size}, {antenna.frequency / 1e9:.4g} GHz, {math.degrees(antenna.beamwidth):.3g} deg wide",
        **_told(terminal, "gain", "efficiency", "diameter", "columns", "pattern"),
    )
    lines = [_toleranced(gain, terminal, "gain")]
    if part == "receiver" and radio.antennas > 1:
        lines.append(
            Line(
                "combining",
                part,
                f"{radio.antennas} antennas combined",
                np.array([10.0 * math.log10(radio.antennas)]),
                "dB",
                1.0,
                **_told(terminal, "antennas"),
            )
        )
    off_axis = _off_axis(terminal, sight)
    if radio.pointing_loss is not None:
        lost, note = np.array([radio.pointing_loss]), ""
        told = _told(terminal, "pointing_loss")
    else:
        lost = antenna.pointing_loss(off_axis)
        note = (
            f"{math.degrees(radio.pointing_error):.3g} deg off"
            if radio.boresight == "tracked"
            else f"looks to the {radio.boresight}"
        )
        told = _told(terminal, "pointing_error", "boresight")
    line = loss(f"{end}_pointing", part, f"{end.capitalize()} pointing loss", lost, note=note, **told)
    lines.append(_toleranced(line, terminal, "pointing"))
    return lines


def _off_axis(terminal: Terminal, sight: Sight) -> FloatArray:
    match terminal.radio.boresight:
        case "zenith":
            return sight.off_zenith
        case "nadir":
            return np.asarray(np.pi - sight.off_zenith)
        case _:
            return np.array([terminal.radio.pointing_error])


def _path_lines(
    sender: Terminal,
    receiver: Terminal,
    out: Antenna,
    back: Antenna,
    frequency: float,
    terms: LinkTerms,
) -> list[Line]:
    geometry = terms.geometry
    lines = [
        loss(
            "free_space",
            "path",
            "Free-space loss",
            free_space_loss(geometry.distance, frequency),
            source="Friis 1946",
            confidence="published",
        )
    ]
    for terminal, sight in ((sender, geometry.sender), (receiver, geometry.receiver)):
        if terminal.kind == "ground":
            zenith, told = _zenith_loss(terminal)
            air = loss("air", "path", "Loss in the air", noise.air_loss(zenith, sight.elevation), **told)
            lines.append(_toleranced(air, terminal, "atmosphere"))
    if terms.rain is not None:
        lines.append(
            loss(
                "rain",
                "path",
                "Loss in rain",
                terms.rain,
                source=terms.rain_source,
                confidence="estimated",
            )
        )
    if sender.radio.band != "optical":
        lines.append(_polarisation_line(sender, receiver))
    for end, antenna, sight, terminal in (
        (terms.sender, out, geometry.sender, sender),
        (terms.receiver, back, geometry.receiver, receiver),
    ):
        if end.kind == "site" and terminal.radio.reflection:
            lines.append(_reflection_line(end, antenna, sight, terminal, frequency))
    return lines


def _zenith_loss(terminal: Terminal) -> tuple[float, Told]:
    radio = terminal.radio
    if radio.zenith_loss is not None:
        return radio.zenith_loss, _told(terminal, "zenith_loss")
    source, confidence = noise.ZENITH_SOURCE.get(radio.band, noise.ZENITH_SOURCE[""])
    return noise.ZENITH_LOSS[radio.band], Told(source=source, confidence=confidence)


def _polarisation_line(sender: Terminal, receiver: Terminal) -> Line:
    a, b = sender.radio, receiver.radio
    for terminal in (sender, receiver):
        if terminal.radio.polarisation_loss is not None:
            line = loss(
                "polarisation",
                "path",
                "Polarisation loss",
                terminal.radio.polarisation_loss,
                **_told(terminal, "polarisation_loss"),
            )
            return _toleranced(line, terminal, "polarisation")
    if a.axial_ratio is None and b.axial_ratio is None:
        line = loss("polarisation", "path", "Polarisation loss", 0.0, **_told(sender, "axial_ratio"))
        return _toleranced(line, sender, "polarisation")
    least, middle, most = polarisation_losses(a.axial_ratio or 0.0, b.axial_ratio or 0.0)
    return loss(
        "polarisation",
        "path",
        "Polarisation loss",
        middle,
        favourable=middle - least,
        adverse=most - middle,
        note=f"axial ratios {a.axial_ratio or 0.0:g} and {b.axial_ratio or 0.0:g} dB",
        **_told(sender if a.axial_ratio is not None else receiver, "axial_ratio"),
    )


def _reflection_line(end: End, antenna: Antenna, sight: Sight, terminal: Terminal, frequency: float) -> Line:
    radio = terminal.radio
    coefficient, phase = reflected_ray(
        sight.elevation,
        height=radio.height if radio.height is not None else end.height,
        frequency=frequency,
        permittivity=radio.permittivity,
        roughness=radio.roughness,
    )
    # the reflected ray leaves as far below the horizontal as the direct one above it
    axis = 2.0 * sight.elevation if radio.boresight == "tracked" else np.pi - sight.off_zenith
    less = np.maximum(0.0, antenna.gain_at(_off_axis(terminal, sight)) - antenna.gain_at(axis))
    value = two_ray_loss(coefficient, phase, discrimination=less)
    field = np.minimum(np.abs(coefficient) * 10.0 ** (-0.05 * less), 0.999)
    return Line(
        "reflection",
        "path",
        "Ground reflection (two rays)",
        value,
        "dB",
        -1.0,
        # a slope of a degree or a height off by centimetres shifts the phase: between in and out of step
        favourable=np.maximum(0.0, value + 20.0 * np.log10(1.0 + field)),
        adverse=np.maximum(0.0, -20.0 * np.log10(1.0 - field) - value),
        note=f"permittivity {radio.permittivity:g}, roughness {radio.roughness:g} m",
        source="Fresnel; Ament 1953",
        confidence="estimated",
    )


def _photon_lines(sender: Terminal, receiver: Terminal, frequency: float) -> list[Line]:
    return [
        loss(
            "transmit_optics",
            "sender",
            "Sending optics",
            -10.0 * math.log10(sender.radio.transmit_optics),
            **_told(sender, "transmit_optics"),
        ),
        loss(
            "receive_optics",
            "receiver",
            "Receiving optics and detector",
            -10.0 * math.log10(receiver.radio.receive_optics),
            **_told(receiver, "receive_optics"),
        ),
        Line(
            "photon",
            "receiver",
            "Photons in a joule",
            photon_rate(0.0, frequency),
            "dB/J",
            1.0,
            note=f"{SPEED_OF_LIGHT * 1e9 / frequency:.0f} nm",
            source="SI 2019",
            confidence="published",
        ),
    ]


def _noise_lines(receiver: Terminal, antenna: Antenna, frequency: float, terms: LinkTerms) -> list[Line]:
    """System temperature referred to the antenna, its parts told in kelvin."""
    sight = terms.geometry.receiver
    count = terms.geometry.et.size
    base, told, note = _own_noise(receiver, antenna)
    parts: list[tuple[str, str, FloatArray]] = [
        ("noise_own", "  of antenna and receiver" if not note else f"  {note}", np.full(count, base))
    ]
    passed: FloatArray | float = 1.0
    full = receiver.radio.receiver_noise is not None
    if receiver.kind == "ground":
        zenith, _ = _zenith_loss(receiver)
        sky = noise.sky_noise(zenith, sight.elevation)
        if not full:
            sky = sky - noise.sky_noise(zenith, 0.5 * np.pi)
        parts.append(("noise_air", "  of the air" + ("" if full else " beyond zenith"), sky))
        passed = 10.0 ** (-0.1 * noise.air_loss(zenith, sight.elevation))
        if terms.rain is not None:
            wet = 10.0 ** (-0.1 * terms.rain)
            parts.append(("noise_rain", "  of the rain", 275.0 * (1.0 - wet)))
            passed = passed * wet
    elif full:
        parts.append(("noise_sky", "  of the sky", np.full(count, noise.galactic_noise(frequency))))
    hot = np.zeros(count)
    for body, share in _bodies(receiver, antenna, sight).items():
        bright = {
            "moon": noise.MOON_BRIGHTNESS,
            "earth": noise.EARTH_BRIGHTNESS,
            "sun": noise.sun_brightness(frequency),
        }[body]
        name = "ground" if body == "moon" and receiver.kind == "site" else body.capitalize()
        parts.append((f"noise_{body}", f"  of the {name} in the beam", bright * share * passed))
        if body == "moon":
            hot = MOON_HOT * np.minimum(1.0, share / antenna.held) * passed - parts[-1][2]
    system = np.asarray(sum(value for _, _, value in parts), dtype=np.float64)
    spread = receiver.radio.tolerances.get("noise", TOLERANCES["noise"])
    adverse = spread + 10.0 * np.log10((system + np.maximum(hot, 0.0)) / system)
    lines = [
        Line(
            "noise",
            "receiver",
            "System noise temperature",
            10.0 * np.log10(system),
            "dBK",
            -1.0,
            favourable=spread,
            adverse=adverse,
            **told,
        )
    ]
    for key, term, value in parts:
        if np.any(np.abs(value) > 0.005):
            lines.append(Line(key, "receiver", term, value, "K", 0.0, **_of_noise(key, told)))
    return [*lines, boltzmann_line()]


def _of_noise(key: str, told: Told) -> Told:
    known: dict[str, Told] = {
        "noise_own": told,
        "noise_air": {"source": "DSN 810-005 104, equation A-5", "confidence": "published"},
        "noise_rain": {"source": "275 K x (1 - 1/L)", "confidence": "estimated"},
        "noise_sky": {"source": "Haslam 1982 scaled; Fixsen 2009", "confidence": "estimated"},
        "noise_moon": {"source": f"disc of {noise.MOON_BRIGHTNESS:g} K", "confidence": "assumption"},
        "noise_earth": {"source": f"disc of {noise.EARTH_BRIGHTNESS:g} K", "confidence": "assumption"},
        "noise_sun": {"source": "quiet Sun, Zirin et al. 1991", "confidence": "published"},
    }
    return known[key]


def _own_noise(receiver: Terminal, antenna: Antenna) -> tuple[float, Told, str]:
    radio = receiver.radio
    if radio.gt is not None:
        total = antenna.gain + 10.0 * math.log10(radio.antennas) - radio.gt
        return 10.0 ** (0.1 * total), _told(receiver, "gt"), f"of gain less G/T {radio.gt:g} dB/K"
    if radio.system_temperature is not None:
        return radio.system_temperature, _told(receiver, "system_temperature"), ""
    assert radio.receiver_noise is not None
    lost = 10.0 ** (0.1 * radio.receive_loss)
    own = noise.ROOM * (lost - 1.0) + lost * radio.receiver_noise
    return own, _told(receiver, "receiver_noise"), "of receiver and its line"


def _bodies(receiver: Terminal, antenna: Antenna, sight: Sight) -> dict[str, FloatArray]:
    """Share of the reception that comes from each body."""
    shares: dict[str, FloatArray] = {}
    if "moon" in sight.discs:
        offset, radius = sight.discs["moon"]
        if receiver.radio.boresight != "tracked":
            # a broad beam: the Moon is where it looks or where it does not; Earth and Sun are small in it
            below = 0.0 if receiver.radio.boresight == "nadir" else np.pi
            return {"moon": noise.disc_share(antenna, np.full(offset.size, below), radius)}
        shares["moon"] = noise.disc_share(antenna, offset, radius)
    if "earth" in sight.discs:
        shares["earth"] = noise.disc_share(antenna, *sight.discs["earth"])
    if "sun" in sight.discs:
        offset, radius = sight.discs["sun"]
        near = offset < SUN_NEAR + antenna.beamwidth
        if np.any(near):
            shares["sun"] = np.zeros(offset.size)
            shares["sun"][near] = noise.disc_share(antenna, offset[near], radius[near])
    return shares
