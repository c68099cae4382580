"""SPICE ephemeris kernels (SPK) of spacecraft: written as type 13 (Hermite), read whatever their type."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import spiceypy
from spiceypy.utils.exceptions import SpiceyError

from moonstation.arrays import FloatArray
from moonstation.errors import CoverageError, DataFileError, OutputError, RequestError
from moonstation.formats.drafts import discard, draft_folder, place
from moonstation.formats.spice import J2000_AXES, opened_kernel, spice_lock

MOON = 301
DEGREE = 15
"""Degree of the polynomials between rows: eight rows with position and velocity."""

BODY_ID = -1000
"""NAIF id of a spacecraft unless the user gives one; none of NAIF's has it."""

NAME_LENGTH = 40
"""Longest segment id of the format."""


@dataclass(frozen=True)
class SpkSpan:
    """What an SPK says about one body.

    Attributes
    ----------
    path : Path
        The file.
    body, centre : int
        NAIF ids.
    frame : int
        SPICE's number of the axes; 1 is J2000, taken as the ICRF's.
    data_type : int
        SPK data type.
    start, stop : float
        Span [TDB s past J2000].
    descriptor : FloatArray
        The segment's summary as SPICE packs it.
    name : str
        Segment id.
    """

    path: Path
    body: int
    centre: int
    frame: int
    data_type: int
    start: float
    stop: float
    descriptor: FloatArray
    name: str


def write_spk(
    path: Path,
    et: FloatArray,
    *,
    states_icrf: FloatArray,
    body_id: int = BODY_ID,
    name: str = "",
    comments: Sequence[str] = (),
    starts: Sequence[int] = (0,),
) -> None:
    """Write a trajectory about the Moon as an SPK of type 13; whole or not at all.

    Centre 301, axes J2000 (SPICE's word for the ICRF), degree 15. The same arguments give the same bytes.

    Parameters
    ----------
    path : Path
        File to write; an older one is replaced when the new one is complete.
    et : FloatArray
        Epochs (n,) [TDB s past J2000], ascending within each segment, n >= 2.
    states_icrf : FloatArray
        States (n, 6) [m, m/s], Moon-centred, ICRF axes.
    body_id : int
        NAIF id of the orbiter; spacecraft have negative ones.
    name : str
        Segment id: what flies.
    comments : sequence of str
        Lines for the comment area.
    starts : sequence of int
        Rows at which segments begin, 0 first; see `moonstation.formats.oem.write_oem`.

    Raises
    ------
    RequestError
        If epochs, states or the id make no sense.
    OutputError
        If the file cannot be written.
    """
    epochs = np.ascontiguousarray(et, dtype=np.float64)
    states = np.ascontiguousarray(states_icrf, dtype=np.float64)
    if epochs.ndim != 1 or len(epochs) < 2 or states.shape != (len(epochs), 6):
        raise RequestError(f"{path}: an SPK takes at least two epochs (n,) and as many states (n, 6)")
    parts = [slice(a, b) for a, b in pairwise([*starts, len(epochs)])]
    if not (np.isfinite(states).all() and all(np.all(np.diff(epochs[part]) > 0.0) for part in parts)):
        raise RequestError(f"{path}: epochs must ascend and all values be finite; check the trajectory")
    if not -(2**31) < body_id < 0:
        raise RequestError(
            f"--body-id {body_id}: spacecraft have negative NAIF ids; give one such as {BODY_ID}"
        )
    target = Path(os.path.realpath(path))
    try:
        folder = draft_folder(target, label="spk")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    draft = folder / target.name[-60:]
    words = [_plain(line)[:900] for text in comments for line in text.splitlines()]
    try:
        with spice_lock():
            handle = spiceypy.spkopn(str(draft), "moonstation", 1024 + sum(len(word) + 1 for word in words))
            try:
                if words:
                    spiceypy.dafac(handle, words)
                for part in parts:
                    rows = epochs[part]
                    spiceypy.spkw13(
                        handle,
                        body_id,
                        MOON,
                        "J2000",
                        float(rows[0]),
                        float(rows[-1]),
                        (_plain(name) or "orbiter")[:NAME_LENGTH],
                        min(DEGREE, 2 * len(rows) - 1),
                        len(rows),
                        states[part] / 1e3,
                        rows,
                    )
            finally:
                spiceypy.spkcls(handle)
        place(draft, target)
    except SpiceyError as error:
        raise OutputError(f"{path}: cannot be written as SPK ({error.short}); is the disk full?") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    finally:
        discard(folder)


def list_bodies(path: Path) -> list[SpkSpan]:
    """List what an SPK holds, in the order of the file (SPICE prefers later segments).

    Raises
    ------
    DataFileError
        If the file is missing, damaged, or no SPK.
    """
    with opened_kernel(path) as (handle, kind):
        if kind != "SPK":
            raise DataFileError(f"{path}: is a {kind}, not an SPK; give an ephemeris of a spacecraft")
        found = []
        spiceypy.dafbfs(handle)
        while spiceypy.daffna():
            descriptor = np.asarray(spiceypy.dafgs(5), dtype=np.float64)
            span, numbers = spiceypy.dafus(descriptor, 2, 6)
            body, centre, frame, data_type = (int(number) for number in numbers[:4])
            found.append(
                SpkSpan(
                    path=path,
                    body=body,
                    centre=centre,
                    frame=frame,
                    data_type=data_type,
                    start=float(span[0]),
                    stop=float(span[1]),
                    descriptor=descriptor,
                    name=str(spiceypy.dafgn()).strip(),
                )
            )
    return found


def read_states(span: SpkSpan, et: FloatArray) -> FloatArray:
    """States (n, 6) [m, m/s] of a segment's body from its centre at epochs (n,) [TDB s past J2000], axes J2000.

    Raises
    ------
    CoverageError
        If an epoch lies outside of the segment.
    DataFileError
        If the axes are not those of J2000, or the file is damaged.
    """
    if span.frame != J2000_AXES:
        raise DataFileError(
            f"{span.path}: body {span.body} is in SPICE's frame {span.frame}, not J2000; write it in J2000 (ICRF)"
        )
    epochs = np.asarray(et, dtype=np.float64)
    if epochs.size and not (span.start <= epochs.min() and epochs.max() <= span.stop):
        raise CoverageError(f"{span.path}: body {span.body} is not covered over the whole span asked for")
    result = np.empty((epochs.size, 6))
    with opened_kernel(span.path) as (handle, _):
        for row, epoch in enumerate(epochs):
            _, state, _ = spiceypy.spkpvn(handle, span.descriptor, float(epoch))
            result[row] = state
    return result * 1e3


def read_row_epochs(span: SpkSpan) -> FloatArray:
    """Epochs at which the polynomials of a segment change [TDB s past J2000], from start to stop.

    Rows of types 5, 9 and 13, records of types 2, 3, 8, 12 and 20; of other types a minute apart.
    """
    with opened_kernel(span.path) as (handle, _):
        _, numbers = spiceypy.dafus(span.descriptor, 2, 6)
        begin, end = int(numbers[4]), int(numbers[5])

        def words(first: int, last: int) -> FloatArray:
            return np.asarray(spiceypy.dafgda(handle, first, last), dtype=np.float64)

        if span.data_type in (5, 9, 13):
            count = int(words(end, end)[0])
            first = begin + 6 * count
            rows = words(first, first + count - 1)
        elif span.data_type in (2, 3):
            initial, length, _, count = words(end - 3, end)
            rows = initial + length * np.arange(int(count) + 1)
        elif span.data_type in (8, 12):
            initial, step, _, count = words(end - 3, end)
            rows = initial + step * np.arange(int(count))
        else:
            rows = np.linspace(span.start, span.stop, max(2, int((span.stop - span.start) / 60.0) + 2))
    inner = rows[(rows > span.start) & (rows < span.stop)]
    result: FloatArray = np.concatenate([[span.start], inner, [span.stop]])
    return result


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
