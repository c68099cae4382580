"""Labels of PDS3 images: what the planetary archives write beside a raster of heights.

GDAL opens such labels too, and puts the pixels where they belong. It cannot be used for heights: LOLA's labels say
``OFFSET = 1737400.``, which it takes to the letter, so that heights become radii; it ignores `UNIT`, reads a
truncated image as zeros, and opens a label only, not the image beside it.

Position of a pixel (PDS3 Data Dictionary; LOLA's DSMAP_POLAR.CAT): `LINE_PROJECTION_OFFSET` and
`SAMPLE_PROJECTION_OFFSET` say where the origin of the projection lies, counted in pixels from the centre of the
first one. In a grid of N x N pixels about a pole both are (N - 1) / 2.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.transform import Affine

from moonstation.arrays import AnyArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError

LABEL_LIMIT = 1_000_000
"""Labels are a few kilobytes; more than this [bytes] of one is not read."""

DEGREE = math.pi * MOON_RADIUS / 180.0
"""Metres in a degree of a great circle."""

CONVENTION = 0.03
"""Offsets this near [pixels] to half a pixel or a whole one off the label's other words count from another corner."""

ROUNDED = 5.0
"""Limits of a cylindrical map may be rounded by so many pixels."""

_STATEMENT = re.compile(
    r"(\^?[A-Za-z][\w:]*)[ \t]*=\s*(\"[^\"]*\"|'[^']*'|\([^)]*\)|\{[^}]*\}|[^\s<]+)[ \t]*(?:<([^>]*)>)?"
)

_SAMPLES = {
    "LSB_INTEGER": "<i", "PC_INTEGER": "<i", "VAX_INTEGER": "<i",
    "MSB_INTEGER": ">i", "SUN_INTEGER": ">i", "MAC_INTEGER": ">i", "INTEGER": ">i",
    "LSB_UNSIGNED_INTEGER": "<u", "PC_UNSIGNED_INTEGER": "<u",
    "MSB_UNSIGNED_INTEGER": ">u", "SUN_UNSIGNED_INTEGER": ">u", "UNSIGNED_INTEGER": ">u",
    "PC_REAL": "<f",
    "IEEE_REAL": ">f", "SUN_REAL": ">f", "MAC_REAL": ">f", "REAL": ">f", "FLOAT": ">f",
}  # fmt: skip

_METRES = {"M": 1.0, "METER": 1.0, "METERS": 1.0, "METRE": 1.0, "METRES": 1.0}
_METRES |= {"KM": 1e3, "KILOMETER": 1e3, "KILOMETERS": 1e3, "KILOMETRE": 1e3, "KILOMETRES": 1e3}


@dataclass(frozen=True, eq=False)
class Pds3Image:
    """What a label says about an image of heights, checked.

    Attributes
    ----------
    label, data : Path
        The label, and the file that holds the pixels (the same file where the label is attached).
    compressed : bool
        Whether `data` is a JPEG 2000 file; else plain binary.
    shape : tuple of int
        Lines, samples.
    dtype : dtype
        Of a sample, with its byte order.
    start, stride, prefix : int
        Bytes before the first line, from one line to the next, and before the first sample of a line.
    scale, offset : float
        Height above the 1737.4 km sphere = scale * sample + offset [m].
    missing : float or None
        Sample that means no data.
    crs : dict
        Terms of PROJ.
    transform : Affine
        From (column, row) counted from the corner of the first pixel to the plane [m].
    """

    label: Path
    data: Path
    compressed: bool
    shape: tuple[int, int]
    dtype: np.dtype[np.generic]
    start: int
    stride: int
    prefix: int
    scale: float
    offset: float
    missing: float | None
    crs: dict[str, str | float | bool]
    transform: Affine

    def samples(self) -> AnyArray:
        """Map the samples of a plain image into memory, shape `shape`; they are read when they are used."""
        whole = np.memmap(self.data, np.uint8, "r", self.start, (self.shape[0], self.stride))
        lines: AnyArray = whole[:, self.prefix : self.prefix + self.shape[1] * self.dtype.itemsize]
        return lines.view(self.dtype)

    def heights(self, samples: AnyArray) -> AnyArray:
        """Heights [m], float32, of samples of this image; NaN where there is no data."""
        native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        if native.dtype.itemsize > 2:
            return self._heights(native)
        # of so few different samples a table is ten times as fast
        number = np.dtype(f"u{native.dtype.itemsize}")
        table = self._heights(np.arange(np.iinfo(number).max + 1, dtype=number).view(native.dtype))
        heights: AnyArray = table[np.ascontiguousarray(native).view(number)]
        return heights

    def _heights(self, samples: AnyArray) -> AnyArray:
        values = samples.astype(np.float64)
        values *= self.scale
        values += self.offset
        values[_unknown(samples, self.missing)] = np.nan
        heights: AnyArray = values.astype(np.float32)
        return heights

    def check_byte_order(self, samples: AnyArray) -> None:
        """Refuse samples that make a smoother ground, or one at all, with their bytes the other way round.

        Raises
        ------
        DataFileError
            Names the key of the label to correct.
        """
        turned = samples.view(samples.dtype.newbyteorder())
        as_told, other = (_steps(values, self.missing, self.scale) for values in (samples, turned))
        # ground of random bytes steps by 10 km from pixel to pixel
        if as_told > 1000.0 and other < 0.1 * as_told:
            order = "least" if self.dtype.newbyteorder("<") == self.dtype else "most"
            kind = "REAL" if self.dtype.kind == "f" else "INTEGER"
            cure = {"least": {"REAL": "IEEE_REAL", "INTEGER": "MSB_INTEGER"}}.get(
                order, {"REAL": "PC_REAL", "INTEGER": "LSB_INTEGER"}
            )[kind]
            raise DataFileError(
                f"{self.data}: its bytes are not in the order that {self.label.name} tells ({order} significant "
                f"first makes no ground); set SAMPLE_TYPE = {cure}, or fetch the file again"
            )


def _unknown(samples: AnyArray, missing: float | None) -> AnyArray:
    """Where there is no data: what the label says, and what the archive uses where it says nothing."""
    if samples.dtype.kind == "f":
        unknown: AnyArray = ~np.isfinite(samples) | (samples < -3.4e38)
        return unknown if missing is None else unknown | (samples == np.asarray(missing, samples.dtype))
    unknown = samples == missing if missing is not None else np.zeros(samples.shape, bool)
    return unknown | (samples == -32768) if samples.dtype.itemsize == 2 else unknown


def _steps(samples: AnyArray, missing: float | None, scale: float) -> float:
    """Median step from pixel to pixel along the lines [m]; inf where most samples are no heights, 0 without data."""
    with np.errstate(all="ignore"):
        values = samples.astype(np.float64)
        unknown = _unknown(samples, missing)
        if np.mean(unknown) > 0.75:
            # a sea of no data says nothing of the order
            return 0.0
        known = ~unknown & (np.abs(values * scale) < 1e7)
        steps = np.abs(np.diff(values, axis=1))[known[:, 1:] & known[:, :-1]] * abs(scale)
        # denormal numbers, all but zero, are what swapped bytes often make of floats: level ground is no proof
        if samples.dtype.kind == "f" and np.mean(np.abs(values[known]) < 1e-20) > 0.5:
            return math.inf
    return float(np.median(steps)) if steps.size > 0.25 * samples.size else math.inf


def find_label(path: Path) -> Path | None:
    """Return the label that describes a file: the file itself, or one beside it with its name, in any case."""
    if path.suffix.lower() == ".lbl":
        return path
    if path.suffix.lower() not in {".img", ".jp2"}:
        return None
    with path.open("rb") as stream:
        if stream.read(14) == b"PDS_VERSION_ID":
            return path
    wanted = [f"{path.stem}.lbl".lower()]
    if path.suffix.lower() == ".jp2":
        wanted.insert(0, f"{path.stem}_jp2.lbl".lower())
    beside = {other.name.lower(): other for other in sorted(path.parent.iterdir())}
    return next((beside[name] for name in wanted if name in beside), None)


def read_label(label: Path, data: Path | None = None) -> Pds3Image:
    """Read a label and check it against itself and against the size of its image.

    Parameters
    ----------
    label : Path
        File that begins with PDS_VERSION_ID.
    data : Path, optional
        File of the pixels; the one that the label names, if not given.

    Raises
    ------
    DataFileError
        If the label is none, lacks a key, contradicts itself or its image, or describes another body or a
        projection or sample that is not known. One line, with the cure.
    """
    text = label.read_bytes()[:LABEL_LIMIT].decode("latin-1")
    if not text.lstrip().startswith("PDS_VERSION_ID"):
        raise DataFileError(
            f"{label}: is no PDS3 label (it does not begin with PDS_VERSION_ID); fetch it again"
        )
    told = _Label(label, text)
    if data is None:
        data = _data_file(told)
    compressed = data.suffix.lower() == ".jp2"
    lines, samples = told.count("IMAGE", "LINES"), told.count("IMAGE", "LINE_SAMPLES")
    if told.number("IMAGE", "BANDS", 1.0) != 1.0:
        told.refuse("BANDS", "has several bands where one of heights is needed")
    dtype = _dtype(told)
    prefix, suffix = (int(told.number("IMAGE", f"LINE_{end}_BYTES", 0.0)) for end in ("PREFIX", "SUFFIX"))
    stride = prefix + samples * dtype.itemsize + suffix
    start = 0 if compressed else _start(told)
    if not compressed:
        _check_size(told, data, start, lines * stride)
    _check_body(told)
    scale, offset = _scale(told)
    crs, transform = _projection(told, lines, samples)
    missing = told.value("IMAGE", "MISSING_CONSTANT")
    return Pds3Image(
        label, data, compressed, (lines, samples), dtype, start, stride, prefix, scale, offset,
        _missing(told, missing, dtype), crs, transform,
    )  # fmt: skip


class _Label:
    """Statements of a label, by object and key."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.values: dict[tuple[str, str], tuple[str, str]] = {}
        for place, key, value, unit in _statements(text):
            self.values.setdefault((place, key), (value, unit))

    def value(self, place: str, key: str) -> str | None:
        value = self.values.get((place, key), ("", ""))[0]
        return None if value.upper() in {"", "N/A", "NULL", "UNK"} else value

    def unit(self, place: str, key: str) -> str:
        return self.values.get((place, key), ("", ""))[1].strip().upper()

    def text(self, place: str, key: str) -> str:
        value = self.value(place, key)
        if value is None:
            raise DataFileError(f"{self.path}: {place} has no {key}; fetch the label again, or add the key")
        return value

    def number(self, place: str, key: str, default: float | None = None) -> float:
        value = self.value(place, key) if default is not None else self.text(place, key)
        if value is None and default is not None:
            return default
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.refuse(key, f"= {str(value)[:40]} is no number")
        return number

    def count(self, place: str, key: str) -> int:
        number = self.number(place, key)
        if not (2 <= number <= 10_000_000 and number == int(number)):
            self.refuse(key, f"= {number:g} is no number of pixels")
        return int(number)

    def refuse(self, key: str, why: str, cure: str = "correct the label, or fetch it again") -> None:
        raise DataFileError(f"{self.path}: {key} {why}; {cure}")


def _statements(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield innermost object ("" outside of all), key, value and unit of each statement."""
    stack: list[str] = []
    end = re.search(r"^[ \t]*END[ \t]*\r?$", text, re.MULTILINE)
    text = re.sub(r"/\*[^\r\n]*?\*/", " ", text[: end.start()] if end else text)
    for match in _STATEMENT.finditer(text):
        key, value, unit = match[1].upper(), " ".join(match[2].strip("\"'").split()), match[3] or ""
        if key in {"OBJECT", "GROUP"}:
            stack.append(value.upper())
        elif key in {"END_OBJECT", "END_GROUP"}:
            stack[-1:] = []
        else:
            # files of the image, compressed or not, say where it is: as if at the top
            place = stack[-1] if stack else ""
            yield ("" if place.endswith("_FILE") or place == "FILE" else place), key, value, unit


def _data_file(told: _Label) -> Path:
    """Return the file that the label points to, whatever the case of its name."""
    pointer = told.value("", "^IMAGE")
    folder = told.path.parent
    name = re.search(r'"([^"]+)"|([\w.\-]+\.\w+)', pointer or "")
    if pointer is not None and name is None:
        return told.path
    stem = re.sub(r"_jp2$", "", told.path.stem, flags=re.IGNORECASE)
    names = [(name[1] or name[2])] if name else []
    names += [f"{stem}.img", f"{stem}.jp2"]
    if stem != told.path.stem:
        # the label of a JPEG 2000 file also tells of the plain image that it was made from
        names.insert(0, f"{stem}.jp2")
    beside = {other.name.lower(): other for other in sorted(folder.iterdir())}
    for wanted in names:
        if wanted.lower() in beside:
            return beside[wanted.lower()]
    raise DataFileError(f"{told.path}: its image {names[0]} is not beside it; fetch it into the same folder")


def _start(told: _Label) -> int:
    """Bytes before the first line of the image."""
    pointer = told.value("", "^IMAGE") or ""
    position = re.search(r"(?:,|^)\s*\(?\s*(\d+)\s*(<\s*BYTES?\s*>)?\s*\)?$", pointer, re.IGNORECASE)
    if position is None:
        return 0
    in_bytes = position[2] is not None or told.unit("", "^IMAGE").startswith("BYTE")
    return (int(position[1]) - 1) * (1 if in_bytes else told.count("", "RECORD_BYTES"))


def _dtype(told: _Label) -> np.dtype[np.generic]:
    kind, bits = (
        told.text("IMAGE", "SAMPLE_TYPE").upper().replace(" ", "_"),
        told.number("IMAGE", "SAMPLE_BITS"),
    )
    known = _SAMPLES.get(kind)
    sizes = (32, 64) if known and known.endswith("f") else (8, 16, 32)
    if known is None or bits not in sizes:
        told.refuse(
            "SAMPLE_TYPE", f"= {kind} of {bits:g} bits cannot be read", "convert the image to GeoTIFF"
        )
    return np.dtype(f"{known}{int(bits) // 8}")


def _check_size(told: _Label, data: Path, start: int, size: int) -> None:
    there, whole = data.stat().st_size, start + size
    if there < whole:
        raise DataFileError(
            f"{data}: is cut off, it has {there} of the {whole} bytes that {told.path.name} tells; fetch it again "
            "(LINES, LINE_SAMPLES or SAMPLE_BITS may be wrong too)"
        )
    records = told.number("", "FILE_RECORDS", 0.0) * told.number("", "RECORD_BYTES", 0.0)
    if there > whole and there != records:
        raise DataFileError(
            f"{data}: has {there} bytes where {told.path.name} tells {whole}, so they do not belong together; fetch "
            "both again"
        )


def _check_body(told: _Label) -> None:
    """Refuse maps of another body, on another sphere or in other axes."""
    target = told.value("", "TARGET_NAME")
    if target is not None and target.upper() != "MOON":
        told.refuse("TARGET_NAME", f"= {target[:40]} is not the Moon", "give a map of the Moon")
    for axis in "ABC":
        key = f"{axis}_AXIS_RADIUS"
        radius = told.number("IMAGE_MAP_PROJECTION", key, MOON_RADIUS / 1e3)
        radius *= (
            1.0
            if told.unit("IMAGE_MAP_PROJECTION", key) in {"M", "METER", "METERS"} and radius > 1e5
            else 1e3
        )
        if abs(radius - MOON_RADIUS) > 1.0:
            told.refuse(key, f"= {radius / 1e3:.3f} km is not the 1737.4 km lunar sphere", "give a map on it")
    if told.value("IMAGE_MAP_PROJECTION", "POSITIVE_LONGITUDE_DIRECTION") not in {
        None,
        "EAST",
        "East",
        "east",
    }:
        told.refuse("POSITIVE_LONGITUDE_DIRECTION", "is not EAST", "convert the map to east longitudes")
    axes = told.value("IMAGE_MAP_PROJECTION", "COORDINATE_SYSTEM_NAME") or ""
    if "PRINCIPAL" in axes.upper():
        told.refuse(
            "COORDINATE_SYSTEM_NAME", f"= {axes[:60]} is not the mean-Earth frame", "convert the map to it"
        )
    if told.number("IMAGE_MAP_PROJECTION", "MAP_PROJECTION_ROTATION", 0.0) != 0.0:
        told.refuse("MAP_PROJECTION_ROTATION", "is not 0", "reproject the map with 'gdalwarp'")


def _scale(told: _Label) -> tuple[float, float]:
    """Scale and offset to heights above the sphere [m]: an offset of the sphere's radius makes radii of them."""
    unit = (told.value("IMAGE", "UNIT") or "METER").upper()
    if unit not in _METRES:
        told.refuse("UNIT", f"= {unit[:40]} is no unit of heights here", "give METER or KILOMETER")
    scale = told.number("IMAGE", "SCALING_FACTOR", 1.0) * _METRES[unit]
    offset = told.number("IMAGE", "OFFSET", 0.0) * _METRES[unit]
    if abs(offset - MOON_RADIUS) <= 1.0:
        # both written in decimals: the millionth of a metre that their difference may leave is rounding
        offset = round(offset - MOON_RADIUS, 6)
    elif abs(offset) > 20_000.0:
        told.refuse(
            "OFFSET", f"= {offset / 1e3:.3f} km is neither about 0 nor 1737.4 km", "correct it or UNIT"
        )
    if scale == 0.0:
        told.refuse("SCALING_FACTOR", "is 0")
    return scale, offset


def _missing(told: _Label, value: str | None, dtype: np.dtype[np.generic]) -> float | None:
    if value is None:
        return None
    based = re.fullmatch(r"(\d+)#([0-9A-Fa-f]+)#", value)
    if based is None:
        return told.number("IMAGE", "MISSING_CONSTANT")
    try:
        bits = np.array(int(based[2], int(based[1])), f"u{dtype.itemsize}")
    except (ValueError, OverflowError):
        told.refuse("MISSING_CONSTANT", f"= {value[:40]} does not fit into a sample")
    return float(bits.view(dtype.newbyteorder("=")))


def _pixel(told: _Label) -> float:
    """Size of a pixel [m]; of MAP_SCALE and MAP_RESOLUTION the one that defines it in this projection."""
    place = "IMAGE_MAP_PROJECTION"
    sizes = {}
    if told.value(place, "MAP_SCALE") is not None:
        unit = told.unit(place, "MAP_SCALE").split("/")[0].strip()
        if unit not in _METRES:
            told.refuse("MAP_SCALE", "has no unit that is known", "write <METERS/PIXEL> or <KM/PIXEL>")
        sizes["MAP_SCALE"] = told.number(place, "MAP_SCALE") * _METRES[unit]
    if told.value(place, "MAP_RESOLUTION") is not None:
        resolution = told.number(place, "MAP_RESOLUTION")
        sizes["MAP_RESOLUTION"] = DEGREE / resolution if resolution > 0 else math.nan
    if not sizes or not all(1e-3 <= size <= 1e6 for size in sizes.values()):
        told.refuse("MAP_SCALE", "and MAP_RESOLUTION give no size of a pixel")
    if max(sizes.values()) > 1.01 * min(sizes.values()):
        told.refuse(
            "MAP_SCALE", " and MAP_RESOLUTION disagree: " + ", ".join(f"{v:.6g} m" for v in sizes.values())
        )
    # the scale of a polar map is exact and its resolution about right; of a cylindrical one it is the reverse
    polar = "POLAR" in told.text(place, "MAP_PROJECTION_TYPE").upper()
    first = "MAP_SCALE" if polar else "MAP_RESOLUTION"
    return sizes.get(first, next(iter(sizes.values())))


def _projection(told: _Label, lines: int, samples: int) -> tuple[dict[str, str | float | bool], Affine]:
    place = "IMAGE_MAP_PROJECTION"
    kind = told.text(place, "MAP_PROJECTION_TYPE").upper().replace("_", " ")
    lat, lon = told.number(place, "CENTER_LATITUDE"), told.number(place, "CENTER_LONGITUDE")
    line, sample = (told.number(place, f"{axis}_PROJECTION_OFFSET") for axis in ("LINE", "SAMPLE"))
    pixel = _pixel(told)
    transform = Affine(pixel, 0.0, -(sample + 0.5) * pixel, 0.0, -pixel, (line + 0.5) * pixel)
    terms: dict[str, str | float | bool] = {"R": MOON_RADIUS, "units": "m", "no_defs": True, "lon_0": lon}
    if kind == "POLAR STEREOGRAPHIC":
        if abs(lat) != 90.0:
            told.refuse("CENTER_LATITUDE", f"= {lat:g} is not a pole")
        limits = [told.number(place, f"{end}IMUM_LATITUDE", lat) for end in ("MIN", "MAX")]
        if sum(limits) * lat < 0.0:
            told.refuse("CENTER_LATITUDE", f"= {lat:g} is the other pole than that of the map's latitudes")
        _check_registration(told, "LINE_PROJECTION_OFFSET", line - (lines - 1) / 2)
        _check_registration(told, "SAMPLE_PROJECTION_OFFSET", sample - (samples - 1) / 2)
        return {"proj": "stere", "lat_0": lat, "k": 1.0, **terms}, transform
    if kind not in {"SIMPLE CYLINDRICAL", "EQUIRECTANGULAR", "EQUIDISTANT CYLINDRICAL"}:
        told.refuse(
            "MAP_PROJECTION_TYPE",
            f"= {kind[:40]} is not known",
            "reproject the map to GeoTIFF with 'gdalwarp'",
        )
    true_lat = 0.0 if kind == "SIMPLE CYLINDRICAL" else lat
    if told.value(place, "MAXIMUM_LATITUDE") is not None:
        top = told.number(place, "MAXIMUM_LATITUDE")
        _check_limits(told, "LINE_PROJECTION_OFFSET", "MAXIMUM_LATITUDE", line + 0.5 - top * DEGREE / pixel)
    if told.value(place, "WESTERNMOST_LONGITUDE") is not None:
        west = lon - told.number(place, "WESTERNMOST_LONGITUDE")
        off = sample + 0.5 - west * DEGREE * math.cos(math.radians(true_lat)) / pixel
        round_the_moon = 360.0 * DEGREE * math.cos(math.radians(true_lat)) / pixel
        off = math.remainder(off, round_the_moon)
        _check_limits(told, "SAMPLE_PROJECTION_OFFSET", "WESTERNMOST_LONGITUDE", off)
    return {"proj": "eqc", "lat_ts": true_lat, "lat_0": 0.0, **terms}, transform


def _check_registration(told: _Label, key: str, off: float) -> None:
    """Refuse an origin that is off by the half or whole pixel that another way of counting makes."""
    if min(abs(abs(off) - 0.5), abs(abs(off) - 1.0)) < CONVENTION:
        told.refuse(
            key,
            f"puts the map {abs(off):.2g} pixel off the place that its size and limits give: it is counted from "
            "another corner than the centre of the first pixel",
            f"subtract {off:+.2g} from it",
        )


def _check_limits(told: _Label, key: str, limit: str, off: float) -> None:
    """Refuse an origin that puts an edge of the map elsewhere than the label says."""
    _check_registration(told, key, off)
    if abs(off) > ROUNDED:
        told.refuse(key, f"puts the map {abs(off):.4g} pixels off {limit}")
