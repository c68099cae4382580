"""Orbits as files that other programs open: tables, OEM, OPM, SPK and CZML."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from moonstation import __version__
from moonstation.arrays import FloatArray
from moonstation.constants import GM_MOON
from moonstation.errors import OutputError, RequestError
from moonstation.formats.czml import CzmlOrbiter, CzmlPlace, write_czml
from moonstation.formats.drafts import discard, draft_folder, place, replace_file
from moonstation.formats.oem import tdb_text, write_oem
from moonstation.formats.opm import Manoeuvre, Opm, write_opm
from moonstation.formats.spk import BODY_ID, write_spk
from moonstation.orbits.burns import Burn, Flown, Impulse
from moonstation.orbits.osculating import element_series
from moonstation.orbits.propagation import Trajectory
from moonstation.orbits.sampling import sample_times
from moonstation.orbits.scene import ground_track
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.frames import rotate
from moonstation.spacetime.sites import Site
from moonstation.study.orbits import OrbitRun

TABLE_STEP = 600.0
"""Step of a table unless the user gives one [s]."""

MOST_ROWS = 5_000_000

SHORTEST_LEG = 1e-5
"""Legs between manoeuvres shorter than this are left out [s]."""

SPK_ROWS_PER_STEP = 6
"""Rows of an SPK in each step of the integrator: SPICE's interpolation then stays within 0.1 mm."""

OEM_TURN, OEM_LONGEST = 0.05, 1200.0
"""Turn about the Moon and time between rows of an OEM at most [rad], [s]: Hermite's polynomials of degree 7 then stay
within a millimetre on low orbits and some on high ones (tests)."""

CZML_TURN = 0.12
"""Turn about the Moon between positions of a scene [rad]."""

SUFFIXES = {
    ".csv": "table (CSV)",
    ".nc": "table (NetCDF-4)",
    ".oem": "CCSDS orbit ephemeris message",
    ".opm": "CCSDS orbit parameter message of the first state",
    ".bsp": "SPICE kernel (SPK type 13)",
    ".czml": "scene for Cesium",
}
"""Files by suffix."""


@dataclass(frozen=True)
class FileOptions:
    """How files of an orbit are written.

    Attributes
    ----------
    step : float or None
        Even step of the rows [s]; 10 min in tables, as the motion asks in messages if None.
    body_id : int
        NAIF id in an SPK.
    object_id : str
        International designator in messages; the orbit's own id if "".
    places : tuple of Site
        Places of a scene.
    time_system : {"TDB", "UTC"}
        Scale of the times in messages.
    """

    step: float | None = None
    body_id: int = BODY_ID
    object_id: str = ""
    places: tuple[Site, ...] = ()
    time_system: str = "TDB"


def write_orbit_file(path: Path, run: OrbitRun, options: FileOptions | None = None) -> None:
    """Write an orbit as what the suffix of the file says; see `SUFFIXES`.

    Raises
    ------
    RequestError
        If the suffix is none of them, or the step is too short.
    OutputError
        If the file cannot be written; an older one is untouched.
    """
    wish = options or FileOptions()
    trajectory = run.trajectory
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise RequestError(f"{path}: suffix {suffix or 'none'} is unknown; give one of {', '.join(SUFFIXES)}")
    start, stop = float(trajectory.et[0]), float(trajectory.et[-1])
    if suffix in (".csv", ".nc"):
        _write_table(
            path,
            orbit_table(run, even_times(start, stop, TABLE_STEP if wish.step is None else wish.step)),
            run,
        )
    elif suffix == ".oem":
        even = None if wish.step is None else even_times(start, stop, wish.step)
        rows, states, starts = _rows_by_leg(
            trajectory, lambda a, b: oem_rows(trajectory, a, b) if even is None else _inner(even, a, b)
        )
        write_oem(
            path,
            rows,
            states_icrf=states,
            starts=starts,
            time_system=wish.time_system,
            clock=CLOCKS[wish.time_system],
            object_name=_ascii(run.id),
            object_id=wish.object_id or _ascii(run.id),
            creation_date=run.start.utc[:19],
            comments=run.notes,
        )
    elif suffix == ".opm":
        write_opm(path, opm_of(run, wish))
    elif suffix == ".bsp":
        every = spk_rows(trajectory)
        rows, states, starts = _rows_by_leg(trajectory, lambda a, b: _inner(every, a, b))
        write_spk(
            path,
            rows,
            states_icrf=states,
            starts=starts,
            body_id=wish.body_id,
            name=run.id,
            comments=[f"moonstation {__version__}: {run.name}", *run.notes],
        )
    else:
        write_scene(path, [run], places=wish.places)


def even_times(start: float, stop: float, step: float) -> FloatArray:
    """Epochs from start on, evenly spaced, the last one stop itself (n,) [TDB s past J2000]."""
    if not step > 0.0:
        raise RequestError(f"--step {step:g} s: give a length above zero, e.g. '10 min'")
    count = (stop - start) / step
    if count > MOST_ROWS:
        raise RequestError(f"--step {step:g} s: makes {count:.3g} rows; give a longer one, or fewer --days")
    result: FloatArray = start + step * np.arange(math.floor(count + 1e-9) + 1, dtype=np.float64)
    if stop - result[-1] >= 1e-6 * step:
        result = np.append(result, stop)
    result[-1] = min(result[-1], stop)
    return result if result.size > 1 else np.array([start, stop])


def orbit_table(run: OrbitRun, et: FloatArray) -> pd.DataFrame:
    """States, points under the orbiter and osculating elements at epochs (n,) [TDB s past J2000].

    Returns
    -------
    pandas.DataFrame
        ``utc``, ``tdb_s`` (past J2000), ``x_km`` ... ``vz_km_s`` (Moon-centred, ICRF), ``lat_deg``, ``lon_deg``,
        ``altitude_km`` (ME, over the 1737.4 km sphere), ``semi_major_axis_km``, ``eccentricity``, ``inclination_deg``,
        ``raan_deg``, ``arg_periapsis_deg``, ``true_anomaly_deg`` (ME as it stands at each epoch, held still).
    """
    state = run.trajectory.state_icrf(et) / 1e3
    lat, lon, altitude = ground_track(run.trajectory, et)
    elements = element_series(run.trajectory, et)
    moments = tdb_to_utc(et) + np.timedelta64(500, "us")
    columns: dict[str, object] = {
        "utc": [f"{text}Z" for text in np.datetime_as_string(moments, unit="ms")],
        "tdb_s": np.round(et, 6),
    }
    for i, name in enumerate(("x_km", "y_km", "z_km", "vx_km_s", "vy_km_s", "vz_km_s")):
        columns[name] = np.round(state[:, i], 9 if i < 3 else 12)
    columns |= {
        "lat_deg": np.round(np.degrees(lat), 6),
        "lon_deg": np.round(np.degrees(lon), 6),
        "altitude_km": np.round(altitude / 1e3, 6),
        "semi_major_axis_km": np.round(elements.semi_major_axis / 1e3, 6),
        "eccentricity": np.round(elements.eccentricity, 9),
    }
    for name in ("inclination", "raan", "arg_periapsis", "true_anomaly"):
        columns[f"{name}_deg"] = np.round(np.degrees(getattr(elements, name)), 6)
    return pd.DataFrame(columns)


def opm_of(run: OrbitRun, options: FileOptions) -> Opm:
    """The first state of an orbit as a message, with the facts of the message that it was flown from."""
    trajectory = run.trajectory
    first = trajectory.et[:1]
    elements = element_series(trajectory, first, axes="ICRF")
    given = run.message
    clock = CLOCKS[options.time_system]
    spacecraft = dict(given.spacecraft) if given else {}
    if any(one.end > one.begin for one in trajectory.manoeuvres):
        spacecraft["MASS"] = float(trajectory.mass(first)[0])
    return Opm(
        meta={
            "CREATION_DATE": run.start.utc[:19],
            "ORIGINATOR": "MOONSTATION",
            "OBJECT_NAME": _ascii(run.id),
            "OBJECT_ID": options.object_id or (given.meta["OBJECT_ID"] if given else _ascii(run.id)),
            "CENTER_NAME": "MOON",
            "REF_FRAME": "ICRF",
            "TIME_SYSTEM": options.time_system,
        },
        epoch=clock(first)[0],
        state=tuple(float(value) for value in trajectory.states_icrf[0] / 1e3),
        elements={
            "SEMI_MAJOR_AXIS": float(elements.semi_major_axis[0]) / 1e3,
            "ECCENTRICITY": float(elements.eccentricity[0]),
            "INCLINATION": math.degrees(elements.inclination[0]),
            "RA_OF_ASC_NODE": math.degrees(elements.raan[0]),
            "ARG_OF_PERICENTER": math.degrees(elements.arg_periapsis[0]),
            "TRUE_ANOMALY": math.degrees(elements.true_anomaly[0]),
            "GM": GM_MOON / 1e9,
        },
        spacecraft=spacecraft,
        manoeuvres=tuple(_manoeuvre(one, clock) for one in trajectory.manoeuvres),
        comments=tuple(run.notes),
    )


def _manoeuvre(one: Flown, clock: Callable[[FloatArray], list[str]]) -> Manoeuvre:
    """A manoeuvre that was flown, as a message tells it."""
    burn = one.manoeuvre
    if burn.about != "moon" and burn.axes != "ICRF":
        raise RequestError(
            "an OPM about the Moon cannot tell a manoeuvre in axes about the Earth; give it in ICRF axes"
        )
    vector = np.array(burn.delta_v if isinstance(burn, Impulse) else burn.direction)
    if isinstance(burn, Burn):
        vector *= one.delta_v / np.linalg.norm(vector)
    # N of TNW is W x T, the opposite of the third of VNB
    x, y, z = (vector[0], -vector[2], vector[1]) if burn.axes == "VNB" else vector
    spent = one.mass_after - one.mass_before
    return Manoeuvre(
        ignition=clock(np.array([one.begin]))[0],
        duration=one.end - one.begin,
        delta_mass=float(spent) if np.isfinite(spent) else 0.0,
        frame="TNW" if burn.axes == "VNB" else burn.axes,
        delta_v=(float(x) / 1e3, float(y) / 1e3, float(z) / 1e3),
    )


def utc_text(et: FloatArray) -> list[str]:
    """Epochs [TDB s past J2000] as calendar text of UTC, to the microsecond."""
    return [str(text) for text in np.datetime_as_string(tdb_to_utc(et), unit="us")]


CLOCKS = {"TDB": tdb_text, "UTC": utc_text}
TIME_SYSTEMS = tuple(CLOCKS)


Rows = Callable[[float, float], FloatArray]
"""Rows from begin to end of a leg [TDB s past J2000], both among them."""


def _rows_by_leg(trajectory: Trajectory, rows_of: Rows) -> tuple[FloatArray, FloatArray, list[int]]:
    """Epochs (n,), states (n, 6) and where legs begin: manoeuvres part them, for nobody may interpolate over one."""
    after = {one.end: one.after for one in trajectory.manoeuvres}
    edges = [float(trajectory.et[0]), float(trajectory.et[-1])]
    inner = {edge for one in trajectory.manoeuvres for edge in (one.begin, one.end)}
    edges[1:1] = sorted(edge for edge in inner if edges[0] < edge < edges[1])
    rows: list[FloatArray] = []
    states: list[FloatArray] = []
    starts: list[int] = []
    for begin, end in pairwise(edges):
        if end - begin < SHORTEST_LEG:
            continue
        leg = rows_of(begin, end)
        starts.append(sum(len(part) for part in rows))
        rows.append(leg)
        states.append(trajectory.state_icrf(leg))
        if begin in after:
            states[-1][0] = after[begin]
    return np.concatenate(rows), np.concatenate(states), starts


def _inner(rows: FloatArray, start: float, stop: float) -> FloatArray:
    """Rows within a leg, and its ends."""
    inside = rows[(rows > start + 1e-3) & (rows < stop - 1e-3)]
    result: FloatArray = np.concatenate([[start], inside, [stop]])
    return result


def oem_rows(trajectory: Trajectory, start: float, stop: float) -> FloatArray:
    """Epochs of the rows of an OEM (n,) between two [TDB s past J2000], inner ones to the millisecond."""
    rows = sample_times(trajectory, start, stop, turn=OEM_TURN, longest=OEM_LONGEST)
    return _inner(np.unique(np.round(rows[1:-1], 3)), start, stop)


def spk_rows(trajectory: Trajectory) -> FloatArray:
    """Epochs of the rows of an SPK (n,) [TDB s past J2000]."""
    share = np.arange(SPK_ROWS_PER_STEP) / SPK_ROWS_PER_STEP
    rows = trajectory.et[:-1, None] + np.diff(trajectory.et)[:, None] * share
    result: FloatArray = np.unique(np.append(rows.ravel(), trajectory.et[-1]))
    return result


def write_scene(path: Path, runs: Sequence[OrbitRun], *, places: Sequence[Site] = ()) -> None:
    """Write orbits and places as a scene for Cesium, see `moonstation.formats.czml`."""
    begin = max(run.start for run in runs)
    end = min(run.stop for run in runs)
    if not end > begin:
        raise RequestError(f"{path}: the orbits have no time in common; give spans that overlap")
    moving = []
    for run in runs:
        et = sample_times(run.trajectory, begin.tdb_s, end.tdb_s, turn=CZML_TURN)
        # an epoch in parts may round past the end of the trajectory it came from
        et = np.clip(et, run.trajectory.et[0], run.trajectory.et[-1])
        r_me = rotate(default_ephemeris().rotation_icrf_to_me(et), run.trajectory.position_icrf(et))
        first = element_series(run.trajectory, et[:1])
        period = 2.0 * np.pi * np.sqrt(abs(float(first.semi_major_axis[0])) ** 3 / GM_MOON)
        moving.append(
            CzmlOrbiter(
                id=run.id,
                name=run.name,
                seconds=et - et[0],
                r_me=r_me,
                period=float(min(period, end - begin)),
                description=" ".join(run.notes),
            )
        )
    standing = [CzmlPlace(f"place-{i + 1}", site.name, site.r_me()) for i, site in enumerate(places)]
    write_czml(
        path, moving, standing, start=begin.utc, stop=end.utc, name=", ".join(run.name for run in runs)
    )


def _write_table(path: Path, table: pd.DataFrame, run: OrbitRun) -> None:
    if path.suffix.lower() == ".csv":
        text: str = table.to_csv(index=False, lineterminator="\n")
        write_text_file(path, text)
        return
    times = np.array([np.datetime64(text.rstrip("Z"), "ns") for text in table["utc"]])
    data = xr.Dataset(
        {
            name: ("time", table[name].to_numpy(), {"units": unit, "long_name": words, "frame": frame})
            for name, (unit, words, frame) in COLUMNS.items()
        },
        coords={"time": ("time", times, {"long_name": "UTC"})},
        attrs={
            "title": run.name,
            "software": f"moonstation {__version__}",
            "notes": " ".join(run.notes),
            "sources": "; ".join(f"{source.name} {source.sha256}" for source in run.sources),
        },
    )
    try:
        folder = draft_folder(path.absolute(), label="nc")
        try:
            draft = folder / path.name
            packed = {name: {"zlib": True, "complevel": 1} for name in data.data_vars}
            data.to_netcdf(draft, engine="netcdf4", encoding=packed)
            place(draft, path)
        finally:
            discard(folder)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{path}: cannot be written ({error}); choose another folder") from error


ICRF, ME = "ICRF, Moon-centred", "ME"
COLUMNS = {
    "tdb_s": ("s", "TDB past J2000", ""),
    "x_km": ("km", "position x", ICRF),
    "y_km": ("km", "position y", ICRF),
    "z_km": ("km", "position z", ICRF),
    "vx_km_s": ("km/s", "velocity x", ICRF),
    "vy_km_s": ("km/s", "velocity y", ICRF),
    "vz_km_s": ("km/s", "velocity z", ICRF),
    "lat_deg": ("deg", "latitude under the orbiter", ME),
    "lon_deg": ("deg", "longitude under the orbiter", ME),
    "altitude_km": ("km", "altitude over the 1737.4 km sphere", ME),
    "semi_major_axis_km": ("km", "osculating semi-major axis", ME),
    "eccentricity": ("1", "osculating eccentricity", ME),
    "inclination_deg": ("deg", "osculating inclination to the equator", ME),
    "raan_deg": ("deg", "osculating longitude of the ascending node", ME),
    "arg_periapsis_deg": ("deg", "osculating argument of periapsis", ME),
    "true_anomaly_deg": ("deg", "true anomaly", ME),
}


def write_text_file(path: Path, text: str) -> None:
    """Write text whole or not at all, with a line that says why not."""
    try:
        replace_file(path, text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def _ascii(text: str) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain or "orbiter"
