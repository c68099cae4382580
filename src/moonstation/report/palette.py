"""The report's colours, defined once: safe for colour-blind readers and in print.

Single colours are those of Okabe & Ito (2008), Color Universal Design; the scale for light follows cividis (Nuñez,
Anderton & Renslow, 2018, doi:10.1371/journal.pone.0199239), which grows in lightness alone.
"""

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

INK = "#1c2530"
MUTED = "#55606e"
LINE = "#d5dbe3"
GRID = "#e6eaef"
PAPER = "#ffffff"
TERRAIN = "#7a7268"
RELIEF = "#d9d5cd"
SHADOW = "#2a3f8f"
NO_DATA = "#b9bec6"
WARNING = "#ffd166"

SUN = ORANGE
EARTH = BLUE
RELAY = PURPLE
GENERATION = GREEN
LOAD = VERMILLION
CHARGE = BLUE
RESERVE = BLACK
UNSERVED = VERMILLION
MADE = ORANGE
SENT = BLUE
STORED = PURPLE
MET = BLUE
NOT_MET = VERMILLION

SITES = (VERMILLION, BLUE, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)
"""Colours of sites in the order of the station file; begun anew when there are more."""

SITE_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "star", "hexagon", "cross")

LIGHT_SCALE = (
    (0.0, "#00224e"),
    (0.25, "#434e6c"),
    (0.5, "#7d7c78"),
    (0.75, "#bcae6c"),
    (1.0, "#fee838"),
)
"""From dark to light, for the share of the Sun."""

CONTACT_SCALE = ((0.0, "#f3f6f9"), (0.5, "#7fb2d6"), (1.0, "#00507d"))
"""From no contact to contact all day."""


def tint(colour: str, opacity: float) -> str:
    """A colour "#rrggbb" as rgba() text with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
