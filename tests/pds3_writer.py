"""Synthetic ground, and PDS3 images and labels of it as the LOLA archive writes them, made at test time."""

from pathlib import Path

import numpy as np

R = 1_737_400.0
DEGREE = np.pi * R / 180.0


def power_law(shape: tuple[int, int], pixel: float, *, seed: int = 1, craters: int = 40) -> np.ndarray:
    """Heights [m] in whole half-metres: noise with a spectrum of power -3.4 (rms 700 m) and craters of 0.2 depth."""
    random = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    k = np.hypot(fy[:, None], fx[None, :])
    k[0, 0] = np.inf
    noise = np.fft.irfft2(np.fft.rfft2(random.standard_normal(shape)) * k**-1.7, shape)
    heights = noise * (700.0 / noise.std())
    row, column = np.mgrid[: shape[0], : shape[1]]
    for _ in range(craters):
        radius = 2.0 + (0.1 * min(shape) - 2.0) * random.uniform() ** 3
        r0, c0 = random.uniform(0, shape[0]), random.uniform(0, shape[1])
        lo_r, hi_r = (int(np.clip(r0 + s * 3 * radius, 0, shape[0])) for s in (-1, 1))
        lo_c, hi_c = (int(np.clip(c0 + s * 3 * radius, 0, shape[1])) for s in (-1, 1))
        part = np.s_[lo_r:hi_r, lo_c:hi_c]
        d = np.hypot(row[part] - r0, column[part] - c0) / radius
        depth = 0.2 * 2 * radius * pixel
        heights[part] += np.where(d < 1, depth * (d**2 - 0.8), 0.2 * depth * np.maximum(d, 1e-9) ** -3.0)
    return np.clip(np.round(2.0 * heights) / 2.0, -9000.0, 9000.0)


def label(
    name: str,
    shape: tuple[int, int],
    *,
    kind: str = "LSB_INTEGER",
    bits: int = 16,
    unit: str = "METER",
    scale: float | str = 0.5,
    offset: str = "1737400.",
    projection: str = "polar",
    south: bool = True,
    pixel: float = 20.0,
    line: float | None = None,
    sample: float | None = None,
    centre_lon: float = 0.0,
    **more: str,
) -> str:
    """A label laid out as LOLA's are: IMAGE and IMAGE_MAP_PROJECTION, values with units, comments, CR LF."""
    lines, samples = shape
    line = (lines - 1) / 2 if line is None else line
    sample = (samples - 1) / 2 if sample is None else sample
    resolution = DEGREE / pixel
    values = {
        "MAP_SCALE": f"{pixel} <METERS/PIXEL>" if projection == "polar" else f"{pixel / 1e3:.7f} <KM/PIXEL>",
        "MAP_RESOLUTION": f"{resolution:.3f} <PIX/DEG>"
        if projection == "polar"
        else f"{resolution!r} <PIX/DEG>",
        "TARGET_NAME": "MOON",
        "A_AXIS_RADIUS": "1737.4 <KM>",
        "POSITIVE_LONGITUDE_DIRECTION": '"EAST"',
        "MAP_PROJECTION_ROTATION": "0.0",
        "LIMITS": "",
        "IMAGE": "",
        "^IMAGE": f'"{name}.IMG"',
        "LINES": f"{lines}",
    } | more
    if projection == "polar":
        pole = -90 if south else 90
        kind_of_map, centre = "POLAR STEREOGRAPHIC", f"{pole}. <DEG>"
        values["LIMITS"] = values["LIMITS"] or (
            f" MAXIMUM_LATITUDE = {-80 if south else 90} <DEG>\n MINIMUM_LATITUDE = {-90 if south else 80} <DEG>"
        )
    else:
        kind_of_map, centre = projection, "0.0 <DEG>"
    text = f"""PDS_VERSION_ID            = "PDS3"

/*** GENERAL DATA DESCRIPTION PARAMETERS ***/
DATA_SET_ID               = "LRO-L-LOLA-4-GDR-V1.0"
PRODUCT_ID                = "{name}"
MISSION_PHASE_NAME        = {{"COMMISSIONING","NOMINAL MISSION",
                             "SCIENCE MISSION"}}
TARGET_NAME               = {values["TARGET_NAME"]}
DESCRIPTION               = "This map says that OFFSET = 3 has
 no meaning here, and END
is no end."
OBJECT                    = UNCOMPRESSED_FILE
 RECORD_TYPE               = FIXED_LENGTH
 FILE_RECORDS              = {lines}
 RECORD_BYTES              = {samples * bits // 8}
 ^IMAGE                    = {values["^IMAGE"]}
 OBJECT                    = IMAGE
  NAME                      = HEIGHT
  LINES                     = {values["LINES"]}
  LINE_SAMPLES              = {samples}
  SAMPLE_TYPE               = {kind}
  SAMPLE_BITS               = {bits}
  UNIT                      = {unit}
  SCALING_FACTOR            = {scale}
  OFFSET                    = {offset}
{values["IMAGE"]}
 END_OBJECT                = IMAGE
END_OBJECT                = UNCOMPRESSED_FILE
OBJECT                    = IMAGE_MAP_PROJECTION
 ^DATA_SET_MAP_PROJECTION  = "DSMAP_POLAR.CAT"
 MAP_PROJECTION_TYPE       = "{kind_of_map}"
 MAP_RESOLUTION            = {values["MAP_RESOLUTION"]}
 MAP_SCALE                 = {values["MAP_SCALE"]}
{values["LIMITS"]}
 LINE_PROJECTION_OFFSET    = {line!r} <PIX>
 SAMPLE_PROJECTION_OFFSET  = {sample!r} <PIX>
 CENTER_LATITUDE           = {centre}
 CENTER_LONGITUDE          = {centre_lon!r} <DEG>
 A_AXIS_RADIUS             = {values["A_AXIS_RADIUS"]}
 B_AXIS_RADIUS             = {values["A_AXIS_RADIUS"]}
 C_AXIS_RADIUS             = {values["A_AXIS_RADIUS"]}
 FIRST_STANDARD_PARALLEL   = "N/A"
 POSITIVE_LONGITUDE_DIRECTION = {values["POSITIVE_LONGITUDE_DIRECTION"]}
 COORDINATE_SYSTEM_NAME    = "MEAN EARTH/POLAR AXIS OF DE421"
 MAP_PROJECTION_ROTATION   = {values["MAP_PROJECTION_ROTATION"]}
END_OBJECT                = IMAGE_MAP_PROJECTION
END
"""
    return text.replace("\n", "\r\n")


def write_pds3(folder: Path, name: str, samples: np.ndarray, **words: object) -> Path:
    """Write NAME.IMG (lower case on disk, as some mirrors do) and NAME.LBL; return the label."""
    (folder / f"{name.lower()}.img").write_bytes(samples.tobytes())
    path = folder / f"{name}.LBL"
    path.write_bytes(label(name, samples.shape, **words).encode())  # type: ignore[arg-type]
    return path
