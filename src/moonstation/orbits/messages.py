"""Orbits from the files of others: OEM, OPM and SPK turned into trajectories and states about the Moon."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import erfa
import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import STANDARD_GRAVITY
from moonstation.errors import CoverageError, DataFileError, RequestError
from moonstation.formats.kvn import Moment, read_moment
from moonstation.formats.oem import OemSegment, read_oem
from moonstation.formats.opm import Manoeuvre as OpmManoeuvre
from moonstation.formats.opm import Opm, read_opm
from moonstation.formats.provenance import DataSource, file_sha256
from moonstation.formats.spk import SpkSpan, list_bodies, read_row_epochs, read_states
from moonstation.orbits._kernels import RECORD_COEFFICIENTS
from moonstation.orbits.burns import Burn, BurnAxes, Impulse, Manoeuvre
from moonstation.orbits.flight import join
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch, tt_to_tdb, utc_to_tdb

CENTRES = {
    "MOON": "moon",
    "EARTH": "earth",
    "SUN": "sun",
    "EARTH BARYCENTER": "emb",
    "EARTH-MOON BARYCENTER": "emb",
    "EARTH MOON BARYCENTER": "emb",
    "SOLAR SYSTEM BARYCENTER": "ssb",
}
"""Centres of messages, and what the ephemeris calls them."""

CENTRE_IDS = {301: "moon", 399: "earth", 10: "sun", 3: "emb", 0: "ssb"}

INERTIAL = ("ICRF", "ICRF2", "ICRF3", "GCRF")
EQUATOR_OF_2000 = ("EME2000", "J2000")
"""Mean equator and equinox of J2000.0: turned from the ICRF by the frame bias, 23 milliarcseconds."""

TT_MINUS = {"TT": 0.0, "TDT": 0.0, "TAI": 32.184, "GPS": 51.184}
"""TT minus clock [s] of scales without leap seconds (IERS Conventions 2010, chapter 10)."""

J2000 = np.datetime64("2000-01-01T12:00:00", "s")

HIGHEST_DEGREE = RECORD_COEFFICIENTS - 1
USUAL_DEGREE = 7
SAME_INSTANT = 1e-5
"""Segments that meet within this are joined [s]."""

JUMP = 1000.0
"""Segments whose ends lie farther apart than this are of two orbits [m]."""


@dataclass(frozen=True)
class OpmOrbit:
    """What an OPM gives to fly from.

    Attributes
    ----------
    name : str
        Object name.
    epoch : Epoch
        Of the state.
    state_icrf : FloatArray
        State (6,) [m, m/s], Moon-centred, ICRF axes.
    manoeuvres : tuple of Impulse or Burn
        In order of time; burns where a manoeuvre has a length: of constant thrust and flow of propellant, so that they
        give the change of velocity and of mass that the message tells.
    mass : float or None
        Mass at the epoch that the manoeuvres count from [kg]; None where the message tells none and none is needed.
    message : Opm
        All of the message.
    source : DataSource
        The file.
    """

    name: str
    epoch: Epoch
    state_icrf: FloatArray = field(repr=False)
    manoeuvres: tuple[Manoeuvre, ...]
    mass: float | None
    message: Opm = field(repr=False)
    source: DataSource


def read_ephemeris(path: Path, *, body_id: int | None = None) -> Trajectory:
    """Read an OEM or an SPK as a trajectory, told apart by what is in the file.

    Raises
    ------
    DataFileError, RequestError, CoverageError
        As for `trajectory_from_oem` and `trajectory_from_spk`.
    """
    if not path.is_file():
        raise DataFileError(f"{path}: no such file; check the path")
    with path.open("rb") as stream:
        binary = stream.read(7) in (b"DAF/SPK", b"NAIF/DA")
    kernel = binary or path.suffix.lower() == ".bsp"
    return trajectory_from_spk(path, body_id=body_id) if kernel else trajectory_from_oem(path)


def trajectory_from_oem(path: Path, *, ephemeris: Ephemeris | None = None) -> Trajectory:
    """Read an orbit ephemeris message as a trajectory about the Moon.

    Between rows it is interpolated as the message says (HERMITE, LAGRANGE or LINEAR and the degree), by Hermite's
    polynomials of degree 7 where it says nothing. Other centres than the Moon are moved by DE440, EME2000 is turned by
    the frame bias. Time systems UTC, TDB, TT, TAI and GPS.

    Parameters
    ----------
    path : Path
        The file.
    ephemeris : Ephemeris, optional
        Moves centres; the packaged one if not given.

    Raises
    ------
    DataFileError
        If the file is missing, cut off, or cannot be used: frame, centre or time system unknown, rows out of order,
        segments of several objects or with gaps between them.
    CoverageError
        If the ephemeris does not cover it.
    """
    segments = read_oem(path)
    names = {(segment.meta["OBJECT_NAME"], segment.meta["OBJECT_ID"]) for segment in segments}
    if len(names) > 1:
        told = ", ".join(sorted(name for name, _ in names))
        raise DataFileError(f"{path}: holds several objects ({told}); give a file for each")
    source = _source(path, "OEM")
    sky = ephemeris or default_ephemeris()
    parts = [_oem_part(segment, sky, source) for segment in segments]
    return _joined(path, parts)


def trajectory_from_spk(
    path: Path, *, body_id: int | None = None, ephemeris: Ephemeris | None = None
) -> Trajectory:
    """Read a spacecraft's SPK as a trajectory about the Moon.

    Between two rows or records of the file the motion is kept as Chebyshev polynomials of degree 17: exact where the
    file itself holds polynomials up to that degree.

    Parameters
    ----------
    path : Path
        The file.
    body_id : int, optional
        Which body; needed where the file holds several.
    ephemeris : Ephemeris, optional
        Moves other centres to the Moon; the packaged one if not given.

    Raises
    ------
    DataFileError
        If the file is missing or damaged, holds no spacecraft, or has axes or a centre that cannot be used.
    RequestError
        If it holds several bodies and none is named, or not the one named.
    CoverageError
        If the ephemeris does not cover it.
    """
    spans = list_bodies(path)
    craft = sorted({span.body for span in spans if span.body < 0})
    held = ", ".join(str(body) for body in sorted({span.body for span in spans}))
    if body_id is None:
        if not craft:
            raise DataFileError(
                f"{path}: holds no spacecraft (bodies {held or 'none'}); give an SPK of an orbiter of the Moon"
            )
        if len(craft) > 1:
            told = ", ".join(str(body) for body in craft)
            raise RequestError(f"{path}: holds several spacecraft ({told}); name one with --body-id")
        body_id = craft[0]
    chosen = [span for span in spans if span.body == body_id]
    if not chosen:
        raise RequestError(f"{path}: holds no body {body_id}; it has {held or 'none'}")
    sky = ephemeris or default_ephemeris()
    source = _source(path, "SPK")
    return _joined(path, [_spk_part(span, sky, source) for span in chosen])


def opm_orbit(path: Path, *, ephemeris: Ephemeris | None = None) -> OpmOrbit:
    """Read an orbit parameter message as a state about the Moon, with its manoeuvres.

    Raises
    ------
    DataFileError
        If the file cannot be used; see `trajectory_from_oem`.
    CoverageError
        If the ephemeris does not cover its epoch.
    """
    message = read_opm(path)
    system = message.meta["TIME_SYSTEM"]
    et = _tdb(path, system, [message.moment])
    sky = ephemeris or default_ephemeris()
    state = _about_moon(
        path, message.meta["REF_FRAME"], message.meta["CENTER_NAME"], et, np.array([message.state]) * 1e3, sky
    )
    timed = [
        (float(_tdb(path, system, [read_moment(path, 0, one.ignition)])[0]), one)
        for one in message.manoeuvres
    ]
    told = message.spacecraft.get("MASS", 0.0)
    mass = told if told > 0.0 else None
    if mass is None and any(one.duration > 0.0 for one in message.manoeuvres):
        if any(one.delta_mass for one in message.manoeuvres):
            raise DataFileError(
                f"{path}: a manoeuvre has a duration and uses propellant, but MASS is missing: its acceleration is not "
                "known; add MASS"
            )
        mass = 1.0
    manoeuvres: list[Manoeuvre] = []
    left = mass
    for when, one in sorted(timed, key=lambda pair: pair[0]):
        manoeuvres.append(_manoeuvre(path, Epoch.from_tdb_s(when), one, left))
        # the mass is that at the epoch of the state
        if left is not None and when >= et[0]:
            left += one.delta_mass
    return OpmOrbit(
        name=message.meta["OBJECT_NAME"],
        epoch=Epoch.from_tdb_s(float(et[0])),
        state_icrf=state[0],
        manoeuvres=tuple(manoeuvres),
        mass=mass,
        message=message,
        source=_source(path, "OPM"),
    )


NO_FLOW = 1e12
"""Specific impulse that stands for a burn that uses no propellant [s]: it loses 1e-10 of the mass at 1 km/s."""


def _manoeuvre(path: Path, when: Epoch, one: OpmManoeuvre, mass: float | None) -> Manoeuvre:
    """A manoeuvre of a message as it is flown, from the mass before it [kg]."""
    axes, vector = _burn_axes(path, one.frame, np.array(one.delta_v) * 1e3)
    size = float(np.linalg.norm(vector))
    delta_v = (float(vector[0]), float(vector[1]), float(vector[2]))
    if one.delta_mass > 0.0 or (mass is not None and mass + one.delta_mass <= 0.0):
        raise DataFileError(
            f"{path}: manoeuvre of {one.ignition}: MAN_DELTA_MASS {one.delta_mass:g} kg of {mass or 0.0:g} kg; give a "
            "negative change that leaves some mass"
        )
    if size == 0.0 and (one.duration > 0.0 or (mass is not None and one.delta_mass < 0.0)):
        raise DataFileError(
            f"{path}: manoeuvre of {one.ignition}: burns, but MAN_DV_1 to MAN_DV_3 are zero; mend or remove it"
        )
    # rocket equation, turned round: what specific impulse gives this change of velocity for this change of mass
    isp = None
    if mass is not None and one.delta_mass < 0.0:
        isp = size / (STANDARD_GRAVITY * -float(np.log1p(one.delta_mass / mass)))
    if one.duration <= 0.0:
        return Impulse(when, delta_v, axes, isp=isp)
    assert mass is not None  # opm_orbit sees to it
    if isp is None:
        return Burn(when, one.duration, mass * size / one.duration, NO_FLOW, delta_v, axes)
    flow = -one.delta_mass / one.duration
    return Burn(when, one.duration, flow * isp * STANDARD_GRAVITY, isp, delta_v, axes)


def _burn_axes(path: Path, frame: str, delta_v: FloatArray) -> tuple[BurnAxes, FloatArray]:
    if frame in ("RSW", "RTN"):
        return "RTN", delta_v
    if frame == "TNW":
        # N is W x T, the third of VNB is its opposite
        return "VNB", np.array([delta_v[0], delta_v[2], -delta_v[1]])
    if frame in INERTIAL:
        return "ICRF", delta_v
    if frame in EQUATOR_OF_2000:
        return "ICRF", frame_bias().T @ delta_v
    raise DataFileError(
        f"{path}: MAN_REF_FRAME {frame[:30]} is not known; give RSW, RTN, TNW, ICRF or EME2000"
    )


def frame_bias() -> FloatArray:
    """Rotation from the ICRF to the mean equator and equinox of J2000.0, (3, 3) (IAU 2006; Capitaine et al. 2003)."""
    return np.asarray(erfa.bp06(2451545.0, 0.0)[0])


def _tdb(path: Path, system: str, moments: list[Moment]) -> FloatArray:
    """TDB seconds past J2000 of times on the clock of a message."""
    clock = np.array([moment.clock for moment in moments], dtype="datetime64[s]")
    fraction = np.array([moment.fraction + moment.leap for moment in moments], dtype=np.float64)
    scale = system.strip().upper()
    if scale == "UTC":
        return np.asarray(utc_to_tdb(clock) + fraction)
    if any(moment.leap for moment in moments):
        raise DataFileError(f"{path}: a second 60 in {scale}, which has no leap seconds; mend the times")
    seconds: FloatArray = (clock - J2000).astype(np.float64) + fraction
    if scale == "TDB":
        return seconds
    if scale in TT_MINUS:
        return tt_to_tdb(seconds + TT_MINUS[scale])
    raise DataFileError(
        f"{path}: TIME_SYSTEM {system[:20]} is not known; write it in UTC, TDB, TT, TAI or GPS"
    )


def _about_moon(
    path: Path, frame: str, centre: str, et: FloatArray, states: FloatArray, sky: Ephemeris
) -> FloatArray:
    """States (n, 6) [m, m/s] about the Moon, ICRF axes, of those in a message's frame about its centre."""
    axes = frame.strip().upper()
    if axes in EQUATOR_OF_2000:
        turn = frame_bias().T
        states = np.hstack([states[:, :3] @ turn.T, states[:, 3:] @ turn.T])
    elif axes not in INERTIAL:
        raise DataFileError(
            f"{path}: REF_FRAME {frame[:30]} cannot be used; write it in {', '.join(INERTIAL)} or EME2000"
        )
    name = re.sub(r"[_ ]+", " ", centre.strip().upper())
    if name not in CENTRES:
        raise DataFileError(
            f"{path}: CENTER_NAME {centre[:30]} cannot be used; give an orbit about the Moon (or about the Earth, the "
            "Sun or a barycentre, which is moved to the Moon)"
        )
    if CENTRES[name] == "moon":
        sky.require(float(et.min()), float(et.max()))
        return states
    return states + sky.state_icrf(CENTRES[name], et)


def _oem_part(segment: OemSegment, sky: Ephemeris, source: DataSource) -> Trajectory:
    path, meta = segment.path, segment.meta
    et = _tdb(path, meta["TIME_SYSTEM"], segment.moments)
    if not np.all(np.diff(et) > 0.0):
        row = int(np.argmin(np.diff(et))) + 2
        raise DataFileError(
            f"{path}: row {row} of the segment that begins at line {segment.line} is not later than the row before; "
            "put the rows in order"
        )
    told = float(_tdb(path, meta["TIME_SYSTEM"], [read_moment(path, segment.line, meta["STOP_TIME"])])[0])
    if et[-1] < told - 0.5 * (et[-1] - et[-2]):
        raise DataFileError(
            f"{path}: the segment that begins at line {segment.line} ends before its STOP_TIME {meta['STOP_TIME']}: "
            "the file is cut off; fetch or write it again"
        )
    states = _about_moon(path, meta["REF_FRAME"], meta["CENTER_NAME"], et, segment.states * 1e3, sky)
    method = meta.get("INTERPOLATION", "HERMITE").strip().upper()
    if method not in ("HERMITE", "LAGRANGE", "LINEAR"):
        raise DataFileError(
            f"{path}: INTERPOLATION {method[:30]} is not known; give HERMITE, LAGRANGE or LINEAR"
        )
    stated = meta.get("INTERPOLATION_DEGREE", "").strip()
    if stated and not (stated.isdigit() and 1 <= int(stated) <= 99):
        raise DataFileError(
            f"{path}: INTERPOLATION_DEGREE {stated[:20]} is no degree; give 1 to {HIGHEST_DEGREE}"
        )
    degree = 1 if method == "LINEAR" else int(stated) if stated else USUAL_DEGREE
    records, used = interpolation_records(et, states, hermite=method == "HERMITE", degree=degree)
    asked = (
        "as it says" if "INTERPOLATION" in meta and used == degree else "degree limited by rows or program"
    )
    words = "as it says nothing about it" if "INTERPOLATION" not in meta else asked
    trajectory = Trajectory(
        name=meta["OBJECT_NAME"],
        et=et,
        states_icrf=states,
        records=records,
        degree=0,
        note=(
            f"From {path.name} (OEM, {meta['CENTER_NAME']}, {meta['REF_FRAME']}, {meta['TIME_SYSTEM']}): {len(et)} "
            f"rows, {method.capitalize()} interpolation of degree {used}, {words}."
        ),
        sources=(source, *sky.sources),
    )
    return _cut(path, trajectory, meta)


def _cut(path: Path, trajectory: Trajectory, meta: dict[str, str]) -> Trajectory:
    """What of a segment is usable; outside of it rows only serve interpolation."""
    first, last = 0, trajectory.et.size - 1
    for key in ("USEABLE_START_TIME", "USEABLE_STOP_TIME"):
        if not meta.get(key):
            continue
        et = float(_tdb(path, meta["TIME_SYSTEM"], [read_moment(path, 0, meta[key])])[0])
        # whole intervals between rows are kept: an end within one would split its polynomial
        if key == "USEABLE_START_TIME":
            first = int(np.searchsorted(trajectory.et, et - SAME_INSTANT))
        else:
            last = int(np.searchsorted(trajectory.et, et + SAME_INSTANT, side="right")) - 1
    if last <= first:
        raise DataFileError(
            f"{path}: the useable span of a segment holds no two rows; mend USEABLE_START_TIME"
        )
    return trajectory.rows(first, last)


def _spk_part(span: SpkSpan, sky: Ephemeris, source: DataSource) -> Trajectory:
    if span.centre not in CENTRE_IDS:
        raise DataFileError(
            f"{span.path}: body {span.body} is given about centre {span.centre}; give an SPK about the Moon (301), the "
            "Earth, the Sun or a barycentre"
        )
    centre = CENTRE_IDS[span.centre]
    rows = read_row_epochs(span)
    size = RECORD_COEFFICIENTS
    nodes = np.cos(np.pi * (np.arange(size) + 0.5) / size)
    half, middle = 0.5 * np.diff(rows), 0.5 * (rows[1:] + rows[:-1])
    # rounding must not carry an epoch over the ends of the file
    epochs = np.clip(middle[:, None] + half[:, None] * nodes, span.start, span.stop).ravel()
    states, at_rows = read_states(span, epochs), read_states(span, rows)
    if centre != "moon":
        states, at_rows = states + sky.state_icrf(centre, epochs), at_rows + sky.state_icrf(centre, rows)
    else:
        sky.require(span.start, span.stop)
    # an epoch of 1e9 s is told to 1e-7 s, a tenth of a millimetre of motion: positions are moved to the very nodes
    late = (epochs.reshape(half.size, size) - middle[:, None]) - half[:, None] * nodes
    positions = states[:, :3] - states[:, 3:] * late.reshape(-1, 1)
    return Trajectory(
        name=span.name or str(span.body),
        et=rows,
        states_icrf=at_rows,
        records=_chebyshev(positions.reshape(half.size, size, 3)),
        degree=0,
        note=(
            f"From {span.path.name} (SPK type {span.data_type}, body {span.body} about {span.centre}, J2000): "
            f"{rows.size} rows or records."
        ),
        sources=(source, *sky.sources),
    )


def _joined(path: Path, parts: list[Trajectory]) -> Trajectory:
    """Parts in order of time as one; where they overlap, the later in the file counts from its first row on."""
    parts = sorted(parts, key=lambda part: float(part.et[0]))
    legs: list[Trajectory] = []
    for part in parts:
        if legs and part.et[0] < legs[-1].et[-1] - SAME_INSTANT:
            end = int(np.searchsorted(legs[-1].et, part.et[0] + SAME_INSTANT, side="right")) - 1
            if end < 1 or abs(legs[-1].et[end] - part.et[0]) > SAME_INSTANT:
                raise DataFileError(
                    f"{path}: segments overlap at {Epoch.from_tdb_s(float(part.et[0])).utc} without a common row; "
                    "give one that ends where the next begins"
                )
            legs[-1] = legs[-1].rows(0, end)
        if legs and part.et[0] > legs[-1].et[-1] + SAME_INSTANT:
            ends = Epoch.from_tdb_s(float(legs[-1].et[-1])).utc, Epoch.from_tdb_s(float(part.et[0])).utc
            raise CoverageError(
                f"{path}: nothing is known from {ends[0]} to {ends[1]}; give each part as its own file"
            )
        if legs and np.linalg.norm(part.states_icrf[0, :3] - legs[-1].states_icrf[-1, :3]) > JUMP:
            when = Epoch.from_tdb_s(float(part.et[0])).utc
            raise DataFileError(
                f"{path}: segments do not meet at {when} (over {JUMP / 1e3:g} km apart); check them"
            )
        legs.append(part)
    return join(legs)


def interpolation_records(
    et: FloatArray, states: FloatArray, *, hermite: bool, degree: int
) -> tuple[FloatArray, int]:
    """Chebyshev coefficients (n - 1, 3, k) of the interpolating polynomial between each two rows, and its degree.

    Parameters
    ----------
    et : FloatArray
        Epochs (n,) [s], ascending.
    states : FloatArray
        Rows (n, 6).
    hermite : bool
        Through positions and velocities; else (Lagrange) through positions alone.
    degree : int
        Degree wanted; less where there are too few rows, and 17 at most.

    Notes
    -----
    The window of rows is centred on the interval, shifted at the ends. Newton's divided differences, with each node
    twice for Hermite's: Stoer and Bulirsch 2002, Introduction to Numerical Analysis, 2.1.5.
    """
    per_row = 2 if hermite else 1
    width = min(max((min(degree, HIGHEST_DEGREE) + 1) // per_row, 1 if hermite else 2), len(et))
    width = max(width, 2)
    count = len(et) - 1
    first = np.clip(np.arange(count) - (width // 2 - 1), 0, len(et) - width)
    rows = first[:, None] + np.arange(width)
    half, middle = 0.5 * np.diff(et), 0.5 * (et[1:] + et[:-1])
    x = np.repeat((et[rows] - middle[:, None]) / half[:, None], per_row, axis=1)
    table = np.repeat(states[rows, :3], per_row, axis=1)
    slopes = states[rows, 3:] * half[:, None, None]
    size = x.shape[1]
    newton = np.empty((count, size, 3))
    newton[:, 0] = table[:, 0]
    for order in range(1, size):
        gap = x[:, order:] - x[:, :-order]
        with np.errstate(divide="ignore", invalid="ignore"):
            table = (table[:, 1:] - table[:, :-1]) / gap[:, :, None]
        if hermite and order == 1:
            table[:, ::2] = slopes
        newton[:, order] = table[:, 0]
    nodes = np.cos(np.pi * (np.arange(size) + 0.5) / size)
    values = np.repeat(newton[:, -1][:, None, :], size, axis=1)
    for order in range(size - 2, -1, -1):
        values = values * (nodes[None, :, None] - x[:, order][:, None, None]) + newton[:, order][:, None, :]
    records = np.zeros((count, 3, RECORD_COEFFICIENTS))
    records[:, :, :size] = _chebyshev(values)
    return records, size - 1


def _chebyshev(values: FloatArray) -> FloatArray:
    """Coefficients (m, 3, k) of polynomials from their values (m, k, 3) at Chebyshev's nodes."""
    size = values.shape[1]
    angles = np.pi * (np.arange(size) + 0.5) / size
    matrix = 2.0 / size * np.cos(np.outer(np.arange(size), angles))
    matrix[0] /= 2.0
    return np.ascontiguousarray(np.einsum("jk,mkc->mcj", matrix, values))


def _source(path: Path, kind: str) -> DataSource:
    return DataSource(
        name=f"{kind} {path.name}", version="given by the user", sha256=file_sha256(path), serves="an orbit"
    )
