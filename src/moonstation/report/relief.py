"""Terrain relief as a small grey picture for the map."""

import base64
import math
import struct
import zlib

import numpy as np

from moonstation.arrays import AnyArray, FloatArray

SUN_AZIMUTH = math.radians(315.0)
SUN_ELEVATION = math.radians(40.0)
"""Light from the upper left, as maps are drawn; it is not where the Sun stands."""

EXAGGERATION = 1.6
DARKEST, BRIGHTEST = 95.0, 250.0
"""Grey values of full shade and full light: pale enough for labels to stand on."""

MOST_PIXELS = 480


def hillshade(elevation: FloatArray, pixel_m: float) -> AnyArray:
    """Grey picture of elevations lit from the upper left.

    Parameters
    ----------
    elevation : ndarray, shape (n, m)
        [m]; the first row is the lowest in the picture. NaN is left blank (white).
    pixel_m : float
        Size of a pixel [m].

    Returns
    -------
    ndarray of uint8, shape (n, m)
        First row lowest, as given.

    Notes
    -----
    Lambert shading of the surface normal: B. K. P. Horn (1981), Hill shading and the reflectance map, Proc. IEEE 69(1).
    """
    slope_y, slope_x = np.gradient(elevation * EXAGGERATION, pixel_m)
    east = math.cos(SUN_ELEVATION) * math.sin(SUN_AZIMUTH)
    north = math.cos(SUN_ELEVATION) * math.cos(SUN_AZIMUTH)
    lit = (math.sin(SUN_ELEVATION) - slope_x * east - slope_y * north) / np.sqrt(
        1.0 + slope_x**2 + slope_y**2
    )
    grey = DARKEST + (BRIGHTEST - DARKEST) * np.clip(lit, 0.0, 1.0)
    return np.where(np.isfinite(grey), grey, 255.0).astype(np.uint8)


def cropped(elevation: FloatArray, half_width: float, wanted: float) -> tuple[FloatArray, float]:
    """The middle of a relief out to `wanted` [m] at least, thinned to what a screen shows, with its half width."""
    n = elevation.shape[0]
    middle = (n - 1) / 2.0
    spacing = half_width / middle if middle else half_width
    keep = min(math.ceil(wanted / spacing), math.floor(middle))
    low, high = math.ceil(middle - keep), math.floor(middle + keep)
    stride = max(1, math.ceil((high - low + 1) / MOST_PIXELS))
    # the pole stays in the middle only if both ends lose the same number of pixels
    stride += stride % 2 == 0 and (high - low) % 2 == 1
    while (high - low) % stride:
        low, high = low + 1, high - 1
    kept = elevation[low : high + 1 : stride, low : high + 1 : stride]
    return kept, (high - low) / 2.0 * spacing


def png(grey: AnyArray) -> bytes:
    """A grey picture, first row on top, as PNG (ISO/IEC 15948): 8 bits, no interlace, the Up filter on each row."""
    height, width = grey.shape
    rows = np.empty((height, width + 1), dtype=np.uint8)
    rows[:, 0] = 2
    rows[0, 1:] = grey[0]
    rows[1:, 1:] = grey[1:] - grey[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def picture_uri(grey: AnyArray) -> str:
    """A grey picture whose first row is lowest, as text that a page can hold."""
    return "data:image/png;base64," + base64.b64encode(png(grey[::-1])).decode("ascii")
