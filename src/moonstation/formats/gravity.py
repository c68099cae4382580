"""Spherical harmonic gravity fields in the SHADR text form of the PDS (`*_sha.tab`), read row by row."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError, RequestError

RECORD = np.dtype(
    [("n", "S5"), ("_1", "S1"), ("m", "S5"), ("_2", "S1"), ("c", "S23"), ("_3", "S1"), ("s", "S23")]
)
"""Columns of a coefficient record that are read; formal errors follow and are left out."""


@dataclass(frozen=True)
class HarmonicField:
    """Coefficients of a gravity field as its file gives them.

    Attributes
    ----------
    gm : float
        Gravitational parameter [m^3/s^2].
    radius : float
        Reference radius of the coefficients [m].
    model_degree : int
        Highest degree in the file.
    c, s : FloatArray
        Fully normalised coefficients (4 pi convention, no Condon-Shortley phase), shape
        (degree + 1, degree + 1), `c[n, m]`; the central term c[0, 0] is 1.
    """

    gm: float
    radius: float
    model_degree: int
    c: FloatArray
    s: FloatArray


def read_gravity_header(path: Path) -> tuple[float, float, int, int, int]:
    """Gravitational parameter [m^3/s^2], radius [m], highest degree; bytes of the header and of a record.

    Raises
    ------
    DataFileError
        If the file cannot be read or does not begin like a SHADR table.
    """
    try:
        with path.open("rb") as stream:
            line, record = stream.readline(1024), stream.readline(1024)
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    try:
        fields = [float(text) for text in line.decode("ascii").split(",")]
        radius_km, gm_km, degree = fields[0], fields[1], int(fields[3])
        normalised = int(fields[5])
    except (ValueError, IndexError) as error:
        raise DataFileError(
            f"{path}: does not begin with a SHADR header; give a '*_sha.tab' gravity field"
        ) from error
    if normalised != 1:
        raise DataFileError(f"{path}: coefficients are not normalised (state {normalised}); give one with 1")
    return gm_km * 1e9, radius_km * 1e3, degree, len(line), len(record)


def read_gravity(path: Path, degree: int) -> HarmonicField:
    """Read a field up to a degree; the rows after it are not touched.

    Parameters
    ----------
    path : Path
        SHADR table sorted by degree, then order (such as gggrx_1200a_sha.tab).
    degree : int
        Highest degree wanted, at least 2.

    Returns
    -------
    HarmonicField
        Coefficients with `degree + 1` rows.

    Raises
    ------
    DataFileError
        If the file is cut off, not sorted or holds what is not a finite number.
    RequestError
        If the degree is below 2 or above what the file holds.
    """
    gm, radius, model_degree, header, length = read_gravity_header(path)
    if not 2 <= degree <= model_degree:
        raise RequestError(f"gravity degree {degree}: {path.name} serves degrees 2 to {model_degree}")
    rows = (degree + 1) * (degree + 2) // 2 - 1
    with path.open("rb") as stream:
        stream.seek(header)
        data = stream.read(rows * length)
    if length < RECORD.itemsize or len(data) < rows * length:
        raise DataFileError(f"{path}: cut off before degree {degree}; fetch or install it again")
    table: np.ndarray = np.ndarray((rows,), RECORD, buffer=data, strides=(length,))
    n, m = np.tril_indices(degree + 1)
    n, m = n[1:], m[1:]
    try:
        in_order = np.array_equal(table["n"].astype(int), n) and np.array_equal(table["m"].astype(int), m)
        c_read, s_read = table["c"].astype(float), table["s"].astype(float)
    except ValueError as error:
        raise DataFileError(
            f"{path}: a coefficient record cannot be read ({error}); fetch it again"
        ) from error
    if not in_order:
        raise DataFileError(f"{path}: records are not sorted by degree and order; sort them from degree 1 up")
    if not (np.isfinite(c_read).all() and np.isfinite(s_read).all()):
        raise DataFileError(f"{path}: a coefficient up to degree {degree} is not finite; fetch it again")
    c, s = np.zeros((2, degree + 1, degree + 1))
    c[n, m], s[n, m] = c_read, s_read
    c[0, 0] = 1.0
    return HarmonicField(gm=gm, radius=radius, model_degree=model_degree, c=c, s=s)
