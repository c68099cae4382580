"""CCSDS Orbit Parameter Messages (CCSDS 502.0-B-2, OPM version 2.0, keyword = value form), read and written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.kvn import Line, Moment, read_lines, read_moment, read_number

STATE_KEYS = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
STATE_UNITS = ("km", "km", "km", "km/s", "km/s", "km/s")
ELEMENT_UNITS = {
    "SEMI_MAJOR_AXIS": "km",
    "ECCENTRICITY": "",
    "INCLINATION": "deg",
    "RA_OF_ASC_NODE": "deg",
    "ARG_OF_PERICENTER": "deg",
    "TRUE_ANOMALY": "deg",
    "MEAN_ANOMALY": "deg",
    "GM": "km**3/s**2",
}
SPACECRAFT_UNITS = {
    "MASS": "kg",
    "SOLAR_RAD_AREA": "m**2",
    "SOLAR_RAD_COEFF": "",
    "DRAG_AREA": "m**2",
    "DRAG_COEFF": "",
}
COVARIANCE_KEYS = tuple(
    f"C{row}_{column}"
    for i, row in enumerate(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"))
    for column in ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")[: i + 1]
)
MANOEUVRE_UNITS = {
    "MAN_EPOCH_IGNITION": "",
    "MAN_DURATION": "s",
    "MAN_DELTA_MASS": "kg",
    "MAN_REF_FRAME": "",
    "MAN_DV_1": "km/s",
    "MAN_DV_2": "km/s",
    "MAN_DV_3": "km/s",
}
NEEDED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "EPOCH", *STATE_KEYS)
META = ("CREATION_DATE", "ORIGINATOR", "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM")


@dataclass(frozen=True)
class Manoeuvre:
    """A burn of an OPM.

    Attributes
    ----------
    ignition : str
        Epoch of ignition as text, on the clock of the message.
    duration : float
        [s]; 0 for an impulse.
    delta_mass : float
        Change of mass [kg], below zero.
    frame : str
        Axes of the velocity change: RSW, RTN, TNW or an inertial frame.
    delta_v : tuple of float
        Velocity change [km/s].
    """

    ignition: str
    duration: float
    delta_mass: float
    frame: str
    delta_v: tuple[float, float, float]


@dataclass(frozen=True)
class Opm:
    """An orbit parameter message.

    Attributes
    ----------
    meta : dict of str to str
        CREATION_DATE, ORIGINATOR, OBJECT_NAME, OBJECT_ID, CENTER_NAME, REF_FRAME, TIME_SYSTEM.
    epoch : str
        Epoch as text, on the clock of TIME_SYSTEM.
    state : tuple of float
        Position and velocity [km, km/s] in REF_FRAME about CENTER_NAME.
    elements : dict of str to float
        Osculating elements [km, deg], where given; the state is what counts.
    spacecraft : dict of str to float
        Mass, areas and coefficients, where given.
    covariance : dict of str to float
        Lower triangle [km**2, km**2/s, km**2/s**2], where given.
    covariance_frame : str
        Its axes; "" for those of the state.
    manoeuvres : tuple of Manoeuvre
        Burns, in the order of the message.
    user : dict of str to str
        USER_DEFINED_ values by their own names.
    comments : tuple of str
        All comments.
    path : Path or None
        Where it was read.
    """

    meta: dict[str, str]
    epoch: str
    state: tuple[float, ...]
    elements: dict[str, float] = field(default_factory=dict)
    spacecraft: dict[str, float] = field(default_factory=dict)
    covariance: dict[str, float] = field(default_factory=dict)
    covariance_frame: str = ""
    manoeuvres: tuple[Manoeuvre, ...] = ()
    user: dict[str, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def moment(self) -> Moment:
        """Its epoch."""
        return read_moment(self.path or Path("OPM"), 0, self.epoch)


def read_opm(path: Path) -> Opm:
    """Read an OPM, every field of the standard.

    Raises
    ------
    DataFileError
        If the file is missing, no OPM, cut off, or a line cannot be read; names the line.
    """
    comments: list[str] = []
    values: dict[str, Line] = {}
    burns: list[dict[str, Line]] = []
    user: dict[str, str] = {}
    for line in read_lines(path, "OPM"):
        if line.key == "COMMENT":
            comments.append(line.value)
        elif line.key.startswith("USER_DEFINED_"):
            user[line.key.removeprefix("USER_DEFINED_")] = line.value
        elif line.key in MANOEUVRE_UNITS:
            if line.key == "MAN_EPOCH_IGNITION":
                burns.append({})
            if not burns:
                raise DataFileError(
                    f"{path}: line {line.number}: {line.key} comes before MAN_EPOCH_IGNITION; put the epoch first"
                )
            burns[-1][line.key] = line
        elif line.key in _KNOWN:
            if line.key in values:
                raise DataFileError(f"{path}: line {line.number}: {line.key} is given twice; keep one")
            values[line.key] = line
        else:
            raise DataFileError(
                f"{path}: line {line.number}: '{(line.key or line.value)[:40]}' has no place in an OPM; mend or remove "
                "it"
            )
    missing = [key for key in NEEDED if key not in values or not values[key].value]
    if missing:
        raise DataFileError(
            f"{path}: OPM without {', '.join(missing)}; add it, or fetch the file again if it is cut off"
        )
    read_moment(path, values["EPOCH"].number, values["EPOCH"].value)

    def numbers(units: dict[str, str]) -> dict[str, float]:
        return {key: read_number(path, values[key], unit) for key, unit in units.items() if key in values}

    return Opm(
        meta={key: values[key].value for key in META if key in values},
        epoch=values["EPOCH"].value,
        state=tuple(
            read_number(path, values[key], unit) for key, unit in zip(STATE_KEYS, STATE_UNITS, strict=True)
        ),
        elements=numbers(ELEMENT_UNITS),
        spacecraft=numbers(SPACECRAFT_UNITS),
        covariance=numbers(dict.fromkeys(COVARIANCE_KEYS, "")),
        covariance_frame=values["COV_REF_FRAME"].value if "COV_REF_FRAME" in values else "",
        manoeuvres=tuple(_manoeuvre(path, burn) for burn in burns),
        user=user,
        comments=tuple(comments),
        path=path,
    )


_KNOWN = {
    "CCSDS_OPM_VERS",
    "MESSAGE_ID",
    "CLASSIFICATION",
    "REF_FRAME_EPOCH",
    "COV_REF_FRAME",
    *META,
    *NEEDED,
    *ELEMENT_UNITS,
    *SPACECRAFT_UNITS,
    *COVARIANCE_KEYS,
}


def _manoeuvre(path: Path, burn: dict[str, Line]) -> Manoeuvre:
    missing = [key for key in MANOEUVRE_UNITS if key not in burn]
    first = next(iter(burn.values()))
    if missing:
        raise DataFileError(f"{path}: line {first.number}: manoeuvre without {', '.join(missing)}; add it")
    ignition = burn["MAN_EPOCH_IGNITION"]
    read_moment(path, ignition.number, ignition.value)
    number = {key: read_number(path, burn[key], unit) for key, unit in MANOEUVRE_UNITS.items() if unit}
    if number["MAN_DURATION"] < 0.0:
        raise DataFileError(
            f"{path}: line {burn['MAN_DURATION'].number}: MAN_DURATION is below zero; mend it"
        )
    return Manoeuvre(
        ignition=ignition.value,
        duration=number["MAN_DURATION"],
        delta_mass=number["MAN_DELTA_MASS"],
        frame=burn["MAN_REF_FRAME"].value.upper(),
        delta_v=(number["MAN_DV_1"], number["MAN_DV_2"], number["MAN_DV_3"]),
    )


def write_opm(path: Path, message: Opm) -> None:
    """Write an OPM; whole or not at all. The same message gives the same bytes.

    Raises
    ------
    RequestError
        If a field that the standard asks for is missing, or a text cannot stand in a message.
    OutputError
        If the file cannot be written.
    """
    missing = [key for key in META if not message.meta.get(key, "").strip()]
    if missing or len(message.state) != 6:
        raise RequestError(f"{path}: an OPM takes {', '.join(missing) or 'six numbers as state'}; give it")
    lines = ["CCSDS_OPM_VERS = 2.0"]
    lines += [f"{key} = {_text(path, message.meta[key])}" for key in META[:2]]
    lines.append("")
    lines += _comments(message.comments)
    lines += [f"{key} = {_text(path, message.meta[key])}" for key in META[2:]]
    lines += ["", f"EPOCH = {_text(path, message.epoch)}"]
    for key, value, unit in zip(STATE_KEYS, message.state, STATE_UNITS, strict=True):
        lines.append(f"{key} = {value:.12f} [{unit}]" if unit == "km/s" else f"{key} = {value:.9f} [{unit}]")
    for units, values in ((ELEMENT_UNITS, message.elements), (SPACECRAFT_UNITS, message.spacecraft)):
        if values:
            lines.append("")
        lines += [
            f"{key} = {values[key]:.15g}{f' [{unit}]' if unit else ''}"
            for key, unit in units.items()
            if key in values
        ]
    if message.covariance:
        lines.append("")
        if message.covariance_frame:
            lines.append(f"COV_REF_FRAME = {_text(path, message.covariance_frame)}")
        lines += [
            f"{key} = {message.covariance[key]:.16e}" for key in COVARIANCE_KEYS if key in message.covariance
        ]
    for burn in message.manoeuvres:
        lines += [
            "",
            f"MAN_EPOCH_IGNITION = {_text(path, burn.ignition)}",
            f"MAN_DURATION = {burn.duration:.6f} [s]",
            f"MAN_DELTA_MASS = {burn.delta_mass:.6f} [kg]",
            f"MAN_REF_FRAME = {_text(path, burn.frame)}",
            *(f"MAN_DV_{i + 1} = {part:.12f} [km/s]" for i, part in enumerate(burn.delta_v)),
        ]
    if message.user:
        lines += ["", *(f"USER_DEFINED_{key} = {_text(path, value)}" for key, value in message.user.items())]
    try:
        replace_file(path, "\n".join([*lines, ""]), encoding="ascii")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def _comments(comments: Sequence[str]) -> list[str]:
    return [
        f"COMMENT {''.join(c if c.isascii() and c.isprintable() else '?' for c in line)}"
        for text in comments
        for line in text.splitlines()
    ]


def _text(path: Path, text: str) -> str:
    if not text.strip() or not text.isascii() or not text.isprintable():
        raise RequestError(f"{path}: {text!r} cannot stand in an OPM; give one line of ASCII text")
    return text
