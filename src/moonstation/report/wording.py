"""Numbers in plain words: the same figure reads the same wherever the report shows it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
UNIT_IN_WORDS = {"deg": "°"}


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things: "1 site", "3 sites", "no site"."""
    many = plural if plural is not None else noun + "s"
    if number == 0:
        return f"no {noun}"
    return f"{number:,} {noun if number == 1 else many}".replace(",", NARROW_SPACE)


def number(value: float | None, digits: int = 3) -> str:
    """A number to `digits` significant digits, whole numbers in full, never in powers of ten; or a dash."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    before = math.floor(math.log10(abs(value))) + 1
    rounded = round(value, max(0, digits - before))
    text = f"{abs(rounded):,.{max(0, digits - before)}f}" if before < digits else f"{abs(rounded):,.0f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if rounded < 0 else "") + text.replace(",", NARROW_SPACE)


def quantity(value: float | None, unit: str, digits: int = 3) -> str:
    """A number with its unit; a share (unit "" or "1") as percentage."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit in ("", "1"):
        return share(value)
    if unit in ("%", "percent"):
        return share(value / 100.0)
    if unit in SECONDS:
        return duration(value * SECONDS[unit], 3)
    return f"{number(value, digits)}{NO_BREAK}{UNIT_IN_WORDS.get(unit, unit)}"


def share(value: float | None) -> str:
    """A share as percentage that reaches 0 and 100 only when it is 0 or 1."""
    if value is None or not math.isfinite(value):
        return "–"
    percent = 100.0 * value
    if 0.0 < percent < 0.05:
        return f"under{NO_BREAK}0.1{NO_BREAK}%"
    if 99.95 < percent < 100.0:
        return f"over{NO_BREAK}99.9{NO_BREAK}%"
    return f"{number(round(percent, 1), 4 if abs(percent) >= 100 else 3)}{NO_BREAK}%"


def duration(seconds: float | None, digits: int = 2) -> str:
    """A length of time in the unit that reads best: "4.6 d", "13 h", "12 min", "8 s"."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    size = abs(seconds)
    for unit, length, least in (("d", 86400.0, 2 * 86400.0), ("h", 3600.0, 3600.0), ("min", 60.0, 60.0)):
        if size >= least:
            value = seconds / length
            return f"{number(value, digits if abs(value) < 10 else 3)}{NO_BREAK}{unit}"
    return f"{number(round(seconds), 2)}{NO_BREAK}s"


def power(watts: float | None) -> str:
    """A power in W, kW or MW."""
    return _scaled(watts, ((1e6, "MW"), (1e3, "kW"), (1.0, "W")))


def energy(joules: float | None) -> str:
    """An energy in Wh, kWh or MWh."""
    return _scaled(joules, ((3.6e9, "MWh"), (3.6e6, "kWh"), (3600.0, "Wh")))


def volume(bits: float | None) -> str:
    """An amount of data in bit, kbit, Mbit, Gbit or Tbit."""
    return _scaled(bits, ((1e12, "Tbit"), (1e9, "Gbit"), (1e6, "Mbit"), (1e3, "kbit"), (1.0, "bit")))


def rate(bits_per_s: float | None) -> str:
    """A data rate."""
    text = volume(bits_per_s)
    return text if text == "–" else f"{text}/s"


def _scaled(value: float | None, steps: Sequence[tuple[float, str]]) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    for size, unit in steps:
        if abs(value) >= size:
            return f"{number(value / size)}{NO_BREAK}{unit}"
    size, unit = steps[-1]
    return f"{number(value / size)}{NO_BREAK}{unit}"


def degrees(value: float | None, digits: int = 1) -> str:
    """An angle in degrees, e.g. "−1.6°"."""
    if value is None or not math.isfinite(value):
        return "–"
    rounded = round(value, digits)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):.{digits}f}°"


def compass(azimuth_deg: float) -> str:
    """The nearest of the eight points of the compass."""
    return COMPASS[round(azimuth_deg / 45.0) % 8]


def latitude(lat_deg: float, digits: int = 2) -> str:
    """A latitude, e.g. "88.80° S"."""
    return f"{abs(lat_deg):.{digits}f}°{NO_BREAK}{'S' if lat_deg < 0 else 'N'}"


def longitude(lon_deg: float, digits: int = 2) -> str:
    """A longitude, e.g. "123.40° E"."""
    return f"{abs(lon_deg):.{digits}f}°{NO_BREAK}{'W' if lon_deg < 0 else 'E'}"


def day(moment: np.datetime64) -> str:
    """The day of an instant, e.g. "2035-06-12"."""
    return str(np.datetime_as_string(moment, unit="D"))


def minute(moment: np.datetime64) -> str:
    """An instant to the minute, e.g. "2035-06-12 04:20 UTC"."""
    return str(np.datetime_as_string(moment, unit="m")).replace("T", " ") + " UTC"


def listing(items: Sequence[str], most: int = 4) -> str:
    """Items joined as in a sentence, the rest counted: "a, b and 3 others"."""
    shown = list(items)
    if len(shown) > most:
        left = len(shown) - most + 1
        shown = [*shown[: most - 1], f"{left} others"]
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def shortened(text: str, most: int = 30) -> str:
    """A text cut to `most` characters with an ellipsis, for ticks and labels."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def terrain_words(horizon: Any) -> str:
    """The resolution of the terrain under a site, and whether its figures are indicative only."""
    fine = resolution(float(horizon.resolution_m)) if np.isfinite(horizon.resolution_m) else "not known"
    return f"{fine}, indicative only" if horizon.indicative else fine


def resolution(metres: float) -> str:
    """A terrain resolution: "40 m", "3.8 km"."""
    return (
        f"{number(metres / 1000.0, 2)}{NO_BREAK}km" if metres >= 1000.0 else f"{number(metres, 2)}{NO_BREAK}m"
    )
