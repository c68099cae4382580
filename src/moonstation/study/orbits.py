"""Orbits as a user names them: a catalogue entry, an orbiter of a station, elements, a state, a message, a kernel."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError, RequestError, TimeError
from moonstation.formats.opm import Opm
from moonstation.formats.provenance import DataSource
from moonstation.orbits.burns import Burn, Manoeuvre
from moonstation.orbits.elements import Axes, Elements, elements_to_state
from moonstation.orbits.flight import fly
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.messages import opm_orbit, read_ephemeris
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import packaged_catalogue
from moonstation.station.checks import is_file
from moonstation.station.loading import builtin_stations, load_station
from moonstation.station.model import Orbiter, Station
from moonstation.station.units import FROM_FILE, parse_quantity, show
from moonstation.study.kept_orbits import fly_kept
from moonstation.study.orbiters import ForceChanges, forces_of

USUAL_START = "2035-01-01"
USUAL_DAYS = 30.0
DAY = 86_400.0
LONGEST_DAYS = 36_525.0

CATALOGUE_KEYS = {
    "periapsis_altitude": "altitude",
    "apoapsis_altitude": "altitude",
    "inclination": "angle",
    "raan": "angle",
    "arg_periapsis": "angle",
    "true_anomaly": "angle",
}


KEPT_KEYS = ("kind", "point", "north", "resonance", "z_amplitude", "period", "perilune", "radius")


@dataclass(frozen=True)
class OrbitInput:
    """What a user says of an orbit, beside or instead of a name; what is None is not said.

    Attributes
    ----------
    epoch : Epoch or None
        Of the elements or the state, and begin of the span.
    days : float or None
        Length of the span [d].
    degree : int or None
        Degree of the gravity field.
    periapsis_altitude, apoapsis_altitude, semi_major_axis : float or None
        [m]
    eccentricity : float or None
        Of the orbit.
    inclination, raan, arg_periapsis, true_anomaly : float or None
        [rad]
    frame : {"ICRF", "ME"} or None
        Axes of elements or state; ME, as it stands at the epoch and held still, if not said.
    position, velocity : tuple of float or None
        State about the Moon [m, m/s]; needs both.
    body_id : int or None
        Which body of an SPK.
    skip_burns : bool
        Whether manoeuvres of an OPM are left out.
    forces : ForceChanges
        What is said of forces, over the usual ones or those of a station's orbiter.
    """

    epoch: Epoch | None = None
    days: float | None = None
    degree: int | None = None
    periapsis_altitude: float | None = None
    apoapsis_altitude: float | None = None
    semi_major_axis: float | None = None
    eccentricity: float | None = None
    inclination: float | None = None
    raan: float | None = None
    arg_periapsis: float | None = None
    true_anomaly: float | None = None
    frame: Axes | None = None
    position: tuple[float, ...] | None = None
    velocity: tuple[float, ...] | None = None
    body_id: int | None = None
    skip_burns: bool = False
    forces: ForceChanges = field(default_factory=ForceChanges)


WORDS = {
    "periapsis_altitude": "periapsis",
    "apoapsis_altitude": "apoapsis",
    "semi_major_axis": "semi-major axis",
    "raan": "node",
    "arg_periapsis": "argument of periapsis",
    "true_anomaly": "true anomaly",
    "frame": "frame",
}
"""Names of elements for people, where they differ from the keys."""

ELEMENTS = (
    "periapsis_altitude",
    "apoapsis_altitude",
    "semi_major_axis",
    "eccentricity",
    "inclination",
    "raan",
    "arg_periapsis",
    "true_anomaly",
)
STATE = ("position", "velocity")

MESSAGES = {".oem": "OEM", ".opm": "OPM", ".bsp": "SPK"}
"""What files of an orbit hold, by suffix."""


@dataclass(frozen=True, eq=False)
class OrbitRun:
    """An orbit over its span.

    Attributes
    ----------
    id, name : str
        Short name, and name for people.
    trajectory : Trajectory
        The motion.
    ending : str
        How it ended before the span did; "" where it did not.
    notes : list of str
        What must be said beside its figures: assumptions, limits.
    sources : list of DataSource
        Files behind it.
    station : Station or None
        The station that it is an orbiter of.
    message : Opm or None
        The message that it was flown from.
    """

    id: str
    name: str
    trajectory: Trajectory
    ending: str
    notes: list[str]
    sources: list[DataSource]
    station: Station | None = None
    message: Opm | None = None

    @property
    def start(self) -> Epoch:
        """First epoch."""
        return Epoch.from_tdb_s(float(self.trajectory.et[0]))

    @property
    def stop(self) -> Epoch:
        """Last epoch."""
        return Epoch.from_tdb_s(float(self.trajectory.et[-1]))


def find_orbit(
    text: str | None, given: OrbitInput | None = None, *, progress: Callable[[float], None] | None = None
) -> OrbitRun:
    """Find an orbit by what a user writes, and fly it over its span.

    Parameters
    ----------
    text : str or None
        A name of the orbit catalogue ("queqiao-2"), STATION:ORBITER ("ilrs:queqiao-2"), or a file: OEM or SPK (taken as
        it is), OPM (flown on from its state, with its manoeuvres); None for elements or a state alone.
    given : OrbitInput, optional
        What else is said. Elements given beside a catalogue name or an orbiter replace its own.
    progress : callable, optional
        Called with the share flown, 0 to 1.

    Returns
    -------
    OrbitRun
        As far as the orbit goes: one that hits the ground ends there and says so.

    Raises
    ------
    RequestError
        If there is no such orbit, or what is said does not make one.
    OrbitError
        If the orbit cannot begin (under the ground, not bound).
    DataFileError, StationFileError, CoverageError
        If a file, a station or the kernels cannot be used.
    """
    wish = given or OrbitInput()
    if text is None:
        return _from_numbers(wish, progress)
    path = Path(text)
    if is_file(path):
        return _from_file(path, wish, progress)
    if path.suffix.lower() in MESSAGES and path.name not in orbit_names():
        raise DataFileError(
            f"{path}: {'is a folder' if path.is_dir() else 'no such file'}; give an OEM, OPM or SPK"
        )
    if ":" in text:
        name, _, orbiter = text.rpartition(":")
        return _from_station(name, orbiter, wish, progress)
    return _from_catalogue(text, wish, progress)


def orbit_names() -> list[str]:
    """Names of the orbit catalogue."""
    return list(packaged_catalogue().entries["orbit"])


def _span(wish: OrbitInput, begin: Epoch | None = None) -> tuple[Epoch, float]:
    """First epoch and length [s]."""
    first = wish.epoch or begin or Epoch.parse(USUAL_START)
    days = USUAL_DAYS if wish.days is None else wish.days
    if not 0.0 < days <= LONGEST_DAYS:
        raise RequestError(f"--days {days:g}: give more than 0 and at most {LONGEST_DAYS:g}")
    default_ephemeris().require(first.tdb_s, first.tdb_s + days * DAY)
    return first, days * DAY


def _run(
    name: str,
    title: str,
    state: FloatArray,
    epoch: Epoch,
    length: float,
    wish: OrbitInput,
    progress: Callable[[float], None] | None,
    *,
    manoeuvres: tuple[Manoeuvre, ...] = (),
    mass: float | None = None,
    degree: int | None = None,
    forces: ForceModel | None = None,
    notes: list[str] | None = None,
    sources: list[DataSource] | None = None,
    station: Station | None = None,
    message: Opm | None = None,
) -> OrbitRun:
    flight = fly(
        state,
        epoch=epoch,
        duration=length,
        degree=wish.degree if wish.degree is not None else degree,
        name=name,
        forces=wish.forces.over(forces),
        manoeuvres=manoeuvres,
        mass=mass,
        to_the_end=True,
        progress=progress,
    )
    return OrbitRun(
        id=name,
        name=title,
        trajectory=flight.trajectory,
        ending=flight.ending,
        notes=[*(notes or []), flight.trajectory.note],
        sources=[*(sources or []), *flight.trajectory.sources],
        station=station,
        message=message,
    )


def _from_numbers(wish: OrbitInput, progress: Callable[[float], None] | None) -> OrbitRun:
    epoch, length = _span(wish)
    if wish.position is not None or wish.velocity is not None:
        state = _state(wish, epoch)
    else:
        state = elements_to_state(_elements(wish, {}), axes=wish.frame or "ME", epoch=epoch)
    title = "Orbit of the elements given" if wish.position is None else "Orbit of the state given"
    return _run("orbit", title, state, epoch, length, wish, progress)


def _state(wish: OrbitInput, epoch: Epoch) -> FloatArray:
    if wish.position is None or wish.velocity is None:
        raise RequestError("a state takes --position and --velocity; give both")
    told = [key for key in ELEMENTS if getattr(wish, key) is not None]
    if told:
        raise RequestError(f"a state and elements ({', '.join(told)}) are given; give one of the two")
    r, v = np.array(wish.position), np.array(wish.velocity)
    if (wish.frame or "ICRF") == "ME":
        turn = default_ephemeris().rotation_icrf_to_me(np.array([epoch.tdb_s]))[0]
        r, v = turn.T @ r, turn.T @ v
    return np.concatenate([r, v])


def _elements(wish: OrbitInput, known: dict[str, float]) -> Elements:
    """Elements from those said, over those known."""
    said: dict[str, float] = {key: getattr(wish, key) for key in ELEMENTS if getattr(wish, key) is not None}
    heights, axes = {"periapsis_altitude", "apoapsis_altitude"}, {"semi_major_axis", "eccentricity"}
    if heights & set(said) and axes & set(said):
        raise RequestError(
            "heights and semi-major axis or eccentricity are given; give --periapsis and --apoapsis, or the others"
        )
    if axes & set(said):
        known = {key: value for key, value in known.items() if key not in heights}
    values = known | said
    angles: dict[str, float] = {
        key: values.get(key, 0.0) for key in ("raan", "arg_periapsis", "true_anomaly")
    }
    if "inclination" not in values:
        raise RequestError("no orbit: give --inclination (with --periapsis and --apoapsis), a name or a file")
    if "semi_major_axis" in values or "eccentricity" in values:
        if "semi_major_axis" not in values:
            raise RequestError(
                "--eccentricity without --semi-major-axis; give both, or --periapsis and --apoapsis"
            )
        return Elements(
            semi_major_axis=values["semi_major_axis"],
            eccentricity=values.get("eccentricity", 0.0),
            inclination=values["inclination"],
            **angles,
        )
    if not heights & set(values):
        raise RequestError(
            "no orbit: give --periapsis and --apoapsis, or --semi-major-axis and --eccentricity"
        )
    low = values.get("periapsis_altitude", values.get("apoapsis_altitude", 0.0))
    high = values.get("apoapsis_altitude", low)
    return Elements.from_altitudes(low, high, inclination=values["inclination"], **angles)


def _replaced(wish: OrbitInput) -> list[str]:
    said = [field.name for field in fields(wish) if field.name in (*ELEMENTS, "frame")]
    return [key for key in said if getattr(wish, key) is not None]


def _from_catalogue(text: str, wish: OrbitInput, progress: Callable[[float], None] | None) -> OrbitRun:
    entries = packaged_catalogue().entries["orbit"]
    if text not in entries:
        raise RequestError(f"orbit {show(text)} is unknown; {_cure(text)}")
    _no_state(text, wish)
    raw = entries[text].values
    if _bare(raw.get("kind", "elements")) != "elements":
        spec = Orbiter.model_validate({key: _bare(value) for key, value in raw.items()}, context=FROM_FILE)
        assumed = [key for key, value in raw.items() if _assumed(value)]
        return _kept(spec, wish, None, _notes_of(text, assumed, []), [], progress)
    known = {
        key: parse_quantity(_bare(raw[key]), dimension)
        for key, dimension in CATALOGUE_KEYS.items()
        if key in raw
    }
    replaced = _replaced(wish)
    assumed = [key for key, value in raw.items() if _assumed(value) and key not in replaced]
    notes = _notes_of(text, assumed, replaced)
    frame: Axes = wish.frame or ("ICRF" if _bare(raw.get("frame", "ME")) == "ICRF" else "ME")
    epoch, length = _span(wish)
    state = elements_to_state(_elements(wish, known), axes=frame, epoch=epoch)
    title = str(_bare(raw.get("name", text)))
    return _run(text, title, state, epoch, length, wish, progress, notes=notes)


def _assumed(value: Any) -> bool:
    return isinstance(value, dict) and value.get("confidence") == "assumption"


def _notes_of(text: str, assumed: list[str], replaced: list[str]) -> list[str]:
    notes = []
    if assumed:
        notes.append(f"Assumed, not published, for {text}: {_told(assumed)}; figures rest on that.")
    if replaced:
        notes.append(f"Given by you instead of the catalogue's: {_told(replaced)}.")
    return notes


def _kept(
    spec: Orbiter,
    wish: OrbitInput,
    forces: ForceModel | None,
    notes: list[str],
    sources: list[DataSource],
    progress: Callable[[float], None] | None,
    station: Station | None = None,
) -> OrbitRun:
    """An orbiter without elements over the span asked for."""
    said = [key for key in (*ELEMENTS, "frame") if getattr(wish, key) is not None]
    if said:
        raise RequestError(
            f"{spec.id} is a {spec.shape} and {_told(said)} are given; it has no elements, leave them out"
        )
    epoch, length = _span(wish, spec.epoch or (None if station is None else station.start))
    if wish.degree is not None:
        spec = spec.model_copy(update={"degree": wish.degree})
    kept = fly_kept(
        spec, start=epoch, stop=epoch + length, forces=wish.forces.over(forces), progress=progress
    )
    return OrbitRun(
        id=spec.id,
        name=spec.name,
        trajectory=kept.trajectory,
        ending="",
        notes=[*notes, kept.trajectory.note],
        sources=[*sources, *kept.trajectory.sources],
        station=station,
    )


def _told(keys: list[str]) -> str:
    return ", ".join(WORDS.get(key, key) for key in keys)


def _bare(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) else value


def _no_state(text: str, wish: OrbitInput) -> None:
    if any(getattr(wish, key) is not None for key in STATE):
        raise RequestError(f"{text} and a state are given; leave the name or --position and --velocity out")


def _cure(text: str) -> str:
    names = orbit_names()
    stations = [
        f"{name}:{orbiter.id}" for name in builtin_stations() for orbiter in load_station(name).orbiters
    ]
    close = difflib.get_close_matches(text[:80], [*names, *stations], n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return f"give one of {', '.join(names)}, STATION:ORBITER, or a file (.oem, .opm, .bsp)"


def _from_station(
    name: str, orbiter_id: str, wish: OrbitInput, progress: Callable[[float], None] | None
) -> OrbitRun:
    station = load_station(name)
    known = {orbiter.id: orbiter for orbiter in station.orbiters}
    if orbiter_id not in known:
        close = difflib.get_close_matches(orbiter_id, known, n=1, cutoff=0.5)
        cure = f"did you mean {name}:{close[0]}?" if close else f"it has {', '.join(known) or 'no orbiter'}"
        raise RequestError(f"station {name} has no orbiter {show(orbiter_id)}; {cure}")
    _no_state(orbiter_id, wish)
    orbiter = known[orbiter_id]
    source = DataSource(
        name=f"station file {station.path.name if station.path else station.id}",
        version=station.name,
        sha256=station.sha256,
        serves="the orbit",
    )
    if orbiter.ephemeris is not None:
        run = _from_file(
            Path(orbiter.ephemeris), replace(wish, body_id=wish.body_id or orbiter.body_id), progress
        )
        return replace(run, id=orbiter.id, name=orbiter.name, sources=[source, *run.sources], station=station)
    forces = forces_of(orbiter)
    if orbiter.kind != "elements":
        notes = _assumptions(station, orbiter, [])
        return _kept(orbiter, wish, forces, notes, [source], progress, station)
    begin = orbiter.epoch or station.start
    epoch, length = _span(wish, begin)
    values = {key: float(getattr(orbiter, key)) for key in CATALOGUE_KEYS}
    elements = _elements(wish, values)
    replaced = _replaced(wish)
    notes = [f"Given by you instead of the station file's: {_told(replaced)}."] if replaced else []
    notes += _assumptions(station, orbiter, replaced)
    return _run(
        orbiter.id,
        orbiter.name,
        elements_to_state(elements, axes=wish.frame or orbiter.frame, epoch=epoch),
        epoch,
        length,
        wish,
        progress,
        degree=orbiter.degree,
        forces=forces,
        notes=notes,
        sources=[source],
        station=station,
    )


def _assumptions(station: Station, orbiter: Orbiter, replaced: list[str]) -> list[str]:
    prefix = f"orbiter.{orbiter.id}."
    told = [
        key.removeprefix(prefix)
        for key, _ in station.assumptions()
        if key.startswith(prefix) and key.removeprefix(prefix) in (*CATALOGUE_KEYS, "frame", *KEPT_KEYS)
    ]
    told = [key for key in told if key not in replaced]
    if not told:
        return []
    return [f"Assumed, not published, for {orbiter.id}: {_told(told)}; figures rest on that."]


def _from_file(path: Path, wish: OrbitInput, progress: Callable[[float], None] | None) -> OrbitRun:
    if path.suffix == ".toml":
        raise RequestError(f"{path}: is a station file; name an orbiter of it, as in {path}:ORBITER")
    said = [key for key in (*ELEMENTS, *STATE, "frame") if getattr(wish, key) is not None]
    if said:
        raise RequestError(f"{path} and {_told(said)} are given; leave one out")
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not head:
        raise DataFileError(f"{path}: is empty; give an OEM, OPM or SPK")
    if b"CCSDS_OPM_VERS" in head or (path.suffix.lower() == ".opm" and b"CCSDS_OEM_VERS" not in head):
        return _from_opm(path, wish, progress)
    if wish.degree is not None or wish.forces.values:
        what = "--degree" if wish.degree is not None else "the options of forces"
        raise RequestError(f"{path}: is an ephemeris, which is not flown anew; leave {what} out")
    trajectory = _cut(path, read_ephemeris(path, body_id=wish.body_id), wish)
    return OrbitRun(
        id=trajectory.name or path.stem,
        name=f"{trajectory.name or path.stem} ({path.name})",
        trajectory=trajectory,
        ending="",
        notes=[trajectory.note],
        sources=list(trajectory.sources),
    )


def _cut(path: Path, trajectory: Trajectory, wish: OrbitInput) -> Trajectory:
    """The part of an ephemeris that is asked for, to whole steps."""
    first, last = float(trajectory.et[0]), float(trajectory.et[-1])
    begin = first if wish.epoch is None else wish.epoch.tdb_s
    end = last if wish.days is None else begin + wish.days * DAY
    if begin < first - 1e-3 or end > last + 1e-3 or not begin < end:
        raise RequestError(
            f"{path}: covers {Epoch.from_tdb_s(first).utc} to {Epoch.from_tdb_s(last).utc}; choose --epoch and --days "
            "within"
        )
    return trajectory.between(begin, end)


def _from_opm(path: Path, wish: OrbitInput, progress: Callable[[float], None] | None) -> OrbitRun:
    orbit = opm_orbit(path)
    if wish.epoch is not None:
        raise TimeError(f"{path}: its state holds at {orbit.epoch.utc}; leave --epoch out")
    epoch, length = _span(wish, orbit.epoch)
    left_out = len(orbit.manoeuvres) if wish.skip_burns else 0
    notes = [f"{left_out} manoeuvre(s) of {path.name} left out."] if left_out else []
    wanted = () if wish.skip_burns else orbit.manoeuvres
    stop = (epoch + length).tdb_s
    inside = tuple(one for one in wanted if epoch.tdb_s <= one.begin and one.end < stop)
    cut = next((one for one in wanted if isinstance(one, Burn) and one.begin < stop <= one.end), None)
    if cut is not None:
        raise RequestError(
            f"{path}: the span ends within the burn of {cut.epoch.utc}, which lasts {cut.duration:g} s; "
            "give other --days"
        )
    if len(inside) < len(wanted):
        notes.append(f"{len(wanted) - len(inside)} manoeuvre(s) of {path.name} lie outside of the span.")
    return _run(
        orbit.name,
        f"{orbit.name} ({path.name})",
        orbit.state_icrf,
        epoch,
        length,
        wish,
        progress,
        manoeuvres=inside,
        mass=orbit.mass,
        forces=_message_forces(orbit.message),
        notes=notes,
        sources=[orbit.source],
        message=orbit.message,
    )


def _message_forces(message: Opm) -> ForceModel | None:
    """The usual forces with the sunlight that a message tells area and mass for; None where it does not."""
    told = message.spacecraft
    area, mass = told.get("SOLAR_RAD_AREA", 0.0), told.get("MASS", 0.0)
    if area <= 0.0 or mass <= 0.0:
        return None
    model = ForceModel(area_to_mass=area / mass)
    return replace(model, reflectivity=told["SOLAR_RAD_COEFF"]) if "SOLAR_RAD_COEFF" in told else model
