"""CCSDS Orbit Ephemeris Messages (CCSDS 502.0-B-2, OEM version 2.0, keyword = value form), written and read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.kvn import Line, Moment, read_lines, read_moment

J2000 = np.datetime64("2000-01-01T12:00:00", "us")


def tdb_text(et: FloatArray) -> list[str]:
    """Epochs [TDB s past J2000] as calendar text of the same scale, to the microsecond."""
    whole = np.floor(et)
    micro = np.rint((et - whole) * 1e6)
    times = J2000 + whole.astype("timedelta64[s]") + micro.astype("timedelta64[us]")
    return [str(text) for text in np.datetime_as_string(times, unit="us")]


def write_oem(
    path: Path,
    et: FloatArray,
    *,
    states_icrf: FloatArray,
    object_name: str,
    object_id: str,
    creation_date: str,
    originator: str = "MOONSTATION",
    comments: Sequence[str] = (),
    interpolation_degree: int = 7,
    starts: Sequence[int] = (0,),
    time_system: str = "TDB",
    clock: Callable[[FloatArray], list[str]] = tdb_text,
) -> None:
    """Write a trajectory about the Moon as an OEM; whole or not at all.

    Centre MOON, axes ICRF, kilometres. The same arguments give the same bytes. Who reads it
    interpolates between the rows: at degree 7 a low orbit (100 km) is off by up to 10 m with rows 600 s apart, 3 cm
    with 120 s and 0.2 mm with 60 s (docs/decisions/0003-orbit-integrator.md).

    Parameters
    ----------
    path : Path
        File to write; an older one is replaced when the new one is complete.
    et : FloatArray
        Epochs (n,) [TDB s past J2000], increasing by a microsecond at least within each segment.
    states_icrf : FloatArray
        States (n, 6) [m, m/s], Moon-centred, ICRF axes.
    object_name, object_id : str
        Name, and international designator where there is one.
    creation_date : str
        "YYYY-MM-DDThh:mm:ss", UTC. Given by the caller, so that a study repeated gives the same file.
    originator : str
        Who made it.
    comments : sequence of str
        Lines for the metadata, e.g. the force model.
    interpolation_degree : int
        Degree advised for Hermite interpolation, odd; at most 2 n - 1.
    starts : sequence of int
        Rows at which segments begin, 0 first. Nobody interpolates over the edge of a segment: the row of a manoeuvre
        stands in both, before and after.
    time_system : str
        Name of the scale that `clock` tells.
    clock : callable
        Epochs (n,) to text of that scale.

    Raises
    ------
    RequestError
        If epochs or states cannot be a trajectory, or a text holds a line break.
    OutputError
        If the file cannot be written.
    """
    epochs, states = np.asarray(et, dtype=np.float64), np.asarray(states_icrf, dtype=np.float64)
    if epochs.ndim != 1 or len(epochs) < 2 or states.shape != (len(epochs), 6):
        raise RequestError(f"{path}: an OEM takes at least two epochs (n,) and as many states (n, 6)")
    parts = [slice(a, b) for a, b in pairwise([*starts, len(epochs)])]
    rising = all(np.all(np.diff(epochs[part]) >= 2e-6) for part in parts)
    if not (np.isfinite(epochs).all() and np.isfinite(states).all() and rising):
        raise RequestError(f"{path}: epochs must increase and all values be finite; check the trajectory")
    if starts[0] != 0 or any(part.stop - part.start < 2 for part in parts):
        raise RequestError(f"{path}: a segment of an OEM takes two rows or more, the first begins with row 0")
    header = {"object name": object_name, "object id": object_id, "creation date": creation_date}
    for what, text in {**header, "originator": originator}.items():
        if not text.strip() or not text.isascii() or not text.isprintable():
            raise RequestError(f"{path}: {what} {text!r} cannot stand in an OEM; give one line of ASCII text")
    lines = ["CCSDS_OEM_VERS = 2.0", f"CREATION_DATE = {creation_date}", f"ORIGINATOR = {originator}", ""]
    row = "%s %.9f %.9f %.9f %.12f %.12f %.12f"
    for part in parts:
        times = clock(epochs[part])
        if any(late <= early for early, late in pairwise(times)):
            raise RequestError(
                f"{path}: holds a leap second, which {time_system} cannot tell from its neighbours; write it in TDB"
            )
        count = part.stop - part.start
        lines += [
            "META_START",
            *(f"COMMENT {_plain(line)}" for text in comments for line in text.splitlines()),
            f"OBJECT_NAME = {object_name}",
            f"OBJECT_ID = {object_id}",
            "CENTER_NAME = MOON",
            "REF_FRAME = ICRF",
            f"TIME_SYSTEM = {time_system}",
            f"START_TIME = {times[0]}",
            f"STOP_TIME = {times[-1]}",
            "INTERPOLATION = HERMITE",
            f"INTERPOLATION_DEGREE = {min(interpolation_degree, 2 * count - 1)}",
            "META_STOP",
            "",
        ]
        values = (states[part] / 1e3).tolist()
        lines.extend(row % (time, *state) for time, state in zip(times, values, strict=True))
        lines.append("")
    _write(path, "\n".join(lines))


NEEDED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
KNOWN = (
    *NEEDED,
    "REF_FRAME_EPOCH",
    "USEABLE_START_TIME",
    "USEABLE_STOP_TIME",
    "INTERPOLATION",
    "INTERPOLATION_DEGREE",
)
ROW_LENGTHS = (7, 10)
"""Words in a line of data: epoch, position, velocity, perhaps acceleration."""


@dataclass
class OemSegment:
    """A segment as it stands in the message.

    Attributes
    ----------
    path : Path
        The file.
    meta : dict of str to str
        Keywords of the metadata.
    moments : list of Moment
        Epochs of the rows, on the clock of TIME_SYSTEM.
    states : FloatArray
        Rows (n, 6) [km, km/s] in REF_FRAME about CENTER_NAME.
    comments : list of str
        Comments of the metadata.
    line : int
        Where it begins.
    """

    path: Path
    meta: dict[str, str]
    moments: list[Moment]
    states: FloatArray
    comments: list[str] = field(default_factory=list)
    line: int = 0


def read_oem(path: Path) -> list[OemSegment]:
    """Read the segments of an OEM. Covariances are passed over.

    Raises
    ------
    DataFileError
        If the file is missing, no OEM, cut off, or a line cannot be read; names the line.
    """
    lines = read_lines(path, "OEM")
    segments: list[OemSegment] = []
    state = "header"
    rows: list[list[float]] = []
    current: OemSegment | None = None
    for line in lines:
        if line.key == "META_START":
            _close(current, rows)
            current = OemSegment(path, {}, [], np.empty((0, 6)), line=line.number)
            segments.append(current)
            state, rows = "meta", []
        elif line.key == "META_STOP":
            _check_meta(path, line, current)
            state = "data"
        elif line.key == "COVARIANCE_START":
            state = "covariance"
        elif line.key == "COVARIANCE_STOP":
            state = "data"
        elif line.key == "COMMENT":
            if state == "meta" and current is not None:
                current.comments.append(line.value)
        elif state == "meta" and current is not None:
            if line.key not in KNOWN:
                raise DataFileError(
                    f"{path}: line {line.number}: '{(line.key or line.value)[:40]}' has no place in OEM metadata; "
                    "mend or remove it"
                )
            current.meta[line.key] = line.value
        elif state == "data" and current is not None:
            rows.append(_row(path, line))
            current.moments.append(read_moment(path, line.number, line.value.split()[0]))
    if state in ("header", "meta", "covariance"):
        part = {"header": "its header", "meta": "metadata", "covariance": "a covariance"}[state]
        raise DataFileError(f"{path}: ends within {part}: the file is cut off; fetch or write it again")
    _close(current, rows)
    return segments


def _row(path: Path, line: Line) -> list[float]:
    words = line.value.split() if not line.key else []
    if len(words) not in ROW_LENGTHS:
        raise DataFileError(
            f"{path}: line {line.number}: '{(line.key or line.value)[:40]}' is no row of epoch, position and velocity; "
            "mend it, or fetch the file again if it is cut off"
        )
    try:
        values = [float(word) for word in words[1:7]]
    except ValueError as error:
        raise DataFileError(f"{path}: line {line.number}: {error}; mend the row") from error
    if not np.isfinite(values).all():
        raise DataFileError(f"{path}: line {line.number}: a value is not finite; mend the row")
    return values


def _check_meta(path: Path, line: Line, segment: OemSegment | None) -> None:
    missing = [key for key in NEEDED if segment is None or not segment.meta.get(key)]
    if missing:
        raise DataFileError(f"{path}: line {line.number}: metadata without {', '.join(missing)}; add it")


def _close(segment: OemSegment | None, rows: list[list[float]]) -> None:
    if segment is None:
        return
    if len(rows) < 2:
        raise DataFileError(
            f"{segment.path}: line {segment.line}: the segment has {len(rows)} rows; it takes two at least"
        )
    segment.states = np.array(rows, dtype=np.float64)


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, text, encoding="ascii")
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); give another folder or free some space"
        ) from error
