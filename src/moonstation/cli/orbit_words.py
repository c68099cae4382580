"""What the orbit commands read from a command line: elements, states, epochs, and what they have in common."""

from pathlib import Path
from typing import Annotated, Any

import typer

from moonstation.cli.force_words import OPTIONS as FORCE_OPTIONS
from moonstation.cli.force_words import read_forces
from moonstation.cli.option_groups import with_options
from moonstation.cli.words import check_file, read_quantity
from moonstation.errors import RequestError
from moonstation.orbits.elements import Axes
from moonstation.spacetime.epochs import Epoch
from moonstation.station.units import conversion, show
from moonstation.study.orbiters import ForceChanges
from moonstation.study.orbits import OrbitInput

ORBIT_HELP = (
    "A name of the orbit catalogue (queqiao-2, polar-100), STATION:ORBITER such as ilrs:queqiao-2, or a file: OEM or "
    "SPK as it is, OPM flown on from its state. Leave it out and give elements or a state."
)

OrbitArgument = Annotated[str | None, typer.Argument(help=ORBIT_HELP, metavar="ORBIT", show_default=False)]
EpochOption = Annotated[
    str | None,
    typer.Option(
        help="Epoch of elements or state and begin of the span, e.g. 2035-01-01T06:00:00Z; the station's start, else "
        "2035-01-01, if not given. Of an ephemeris: where to begin."
    ),
]
DaysOption = Annotated[
    float | None, typer.Option(help="Length of the span in days; 30 if not given, of an ephemeris all of it.")
]
DegreeOption = Annotated[
    int | None,
    typer.Option(
        help="Degree and order of the lunar gravity field; chosen by the height of the periapsis if not given.",
        min=2,
        max=1200,
    ),
]
PeriapsisOption = Annotated[
    str | None,
    typer.Option(
        help="Lowest altitude above the 1737.4 km sphere, e.g. '100 km'.", rich_help_panel="Elements"
    ),
]
ApoapsisOption = Annotated[
    str | None,
    typer.Option(help="Highest altitude; that of --periapsis if not given.", rich_help_panel="Elements"),
]
AxisOption = Annotated[
    str | None,
    typer.Option(
        "--semi-major-axis",
        help="Semi-major axis, e.g. '9700 km', instead of altitudes.",
        rich_help_panel="Elements",
    ),
]
EccentricityOption = Annotated[
    float | None, typer.Option(help="Eccentricity, with --semi-major-axis.", rich_help_panel="Elements")
]
InclinationOption = Annotated[
    str | None,
    typer.Option(help="Inclination to the equator of --frame, e.g. '90 deg'.", rich_help_panel="Elements"),
]
NodeOption = Annotated[
    str | None,
    typer.Option(
        "--node",
        help="Longitude of the ascending node from x of --frame, e.g. '45 deg'; 0 if not given.",
        rich_help_panel="Elements",
    ),
]
ArgumentOption = Annotated[
    str | None,
    typer.Option(
        "--argument",
        help="Argument of periapsis; 90 deg puts apoapsis over the south.",
        rich_help_panel="Elements",
    ),
]
AnomalyOption = Annotated[
    str | None,
    typer.Option(
        "--anomaly",
        help="True anomaly at the epoch; 0, at periapsis, if not given.",
        rich_help_panel="Elements",
    ),
]
FrameOption = Annotated[
    str | None,
    typer.Option(
        help="Axes of elements or state: ME (the Moon's mean-Earth axes of the epoch, held still) or ICRF; if not "
        "given ME for elements, ICRF for a state.",
        rich_help_panel="Elements",
    ),
]
PositionOption = Annotated[
    str | None,
    typer.Option(help="Position from the Moon's centre, e.g. '1837.4, 0, 0 km'.", rich_help_panel="State"),
]
VelocityOption = Annotated[
    str | None, typer.Option(help="Velocity, e.g. '0, 0, 1.6 km/s'.", rich_help_panel="State")
]
BodyOption = Annotated[
    int | None,
    typer.Option("--body-id", help="NAIF id: which body of an SPK is read; that of an SPK written (-1000)."),
]
BurnsOption = Annotated[bool, typer.Option("--skip-burns", help="Leave the manoeuvres of an OPM out.")]
SiteOption = Annotated[
    str | None,
    typer.Option(
        "--site",
        help="A place on the Moon: '-89.44 deg, 222.85 deg', a built-in site (connecting-ridge), STATION:SITE, or a "
        "horizon table.",
    ),
]


def read_input(
    *,
    epoch: str | None = None,
    days: float | None = None,
    degree: int | None = None,
    periapsis: str | None = None,
    apoapsis: str | None = None,
    semi_major_axis: str | None = None,
    eccentricity: float | None = None,
    inclination: str | None = None,
    node: str | None = None,
    argument: str | None = None,
    anomaly: str | None = None,
    frame: str | None = None,
    position: str | None = None,
    velocity: str | None = None,
    body_id: int | None = None,
    skip_burns: bool = False,
    forces: ForceChanges | None = None,
) -> OrbitInput:
    """Read what is said of an orbit on a command line.

    Raises
    ------
    RequestError, TimeError
        If a word cannot be read; names its option.
    """

    def length(text: str | None, key: str) -> float | None:
        return None if text is None else read_quantity(text, "altitude", key)

    def angle(text: str | None, key: str) -> float | None:
        return None if text is None else read_quantity(text, "angle", key)

    return OrbitInput(
        epoch=None if epoch is None else Epoch.parse(epoch),
        days=days,
        degree=degree,
        periapsis_altitude=length(periapsis, "--periapsis"),
        apoapsis_altitude=length(apoapsis, "--apoapsis"),
        semi_major_axis=length(semi_major_axis, "--semi-major-axis"),
        eccentricity=eccentricity,
        inclination=angle(inclination, "--inclination"),
        raan=angle(node, "--node"),
        arg_periapsis=angle(argument, "--argument"),
        true_anomaly=angle(anomaly, "--anomaly"),
        frame=_axes(frame),
        position=read_vector(position, "m", "--position", "1837.4, 0, 0 km"),
        velocity=read_vector(velocity, "m/s", "--velocity", "0, 0, 1.6 km/s"),
        body_id=body_id,
        skip_burns=skip_burns,
        forces=forces or ForceChanges(),
    )


SPAN_OPTIONS: dict[str, Any] = {
    "epoch": EpochOption,
    "days": DaysOption,
    "degree": DegreeOption,
    "body_id": BodyOption,
    "skip_burns": BurnsOption,
}
ELEMENT_OPTIONS: dict[str, Any] = {
    "periapsis": PeriapsisOption,
    "apoapsis": ApoapsisOption,
    "semi_major_axis": AxisOption,
    "eccentricity": EccentricityOption,
    "inclination": InclinationOption,
    "node": NodeOption,
    "argument": ArgumentOption,
    "anomaly": AnomalyOption,
    "frame": FrameOption,
    "position": PositionOption,
    "velocity": VelocityOption,
}


def _read_all(**said: Any) -> OrbitInput:
    forces = read_forces(**{key: said.pop(key) for key in FORCE_OPTIONS})
    return read_input(**said, forces=forces)


with_orbit = with_options("given", SPAN_OPTIONS | ELEMENT_OPTIONS | FORCE_OPTIONS, _read_all)
"""Gives a command all options that say an orbit; it takes what they say as its argument `given`."""

with_span = with_options("given", SPAN_OPTIONS | FORCE_OPTIONS, _read_all)
"""The same without those of elements and states, for orbits that have names."""


def _axes(text: str | None) -> Axes | None:
    if text is None:
        return None
    if text.upper() == "ME":
        return "ME"
    if text.upper() == "ICRF":
        return "ICRF"
    raise RequestError(f"--frame {show(text)}: give ME or ICRF")


def read_vector(text: str | None, unit: str, key: str, example: str) -> tuple[float, ...] | None:
    """Read three numbers with one unit, "1837.4, 0, 0 km", in an SI unit."""
    if text is None:
        return None
    parts = text.strip().rsplit(None, 1)
    numbers = parts[0].replace(",", " ").split() if len(parts) == 2 else []
    try:
        factor = conversion(parts[-1], unit)
        values = tuple(float(number) * factor for number in numbers)
    except (ValueError, LookupError, TypeError) as error:
        raise RequestError(f"{key} {show(text)}: give three numbers and a unit, '{example}'") from error
    if len(values) != 3:
        raise RequestError(
            f"{key} {show(text)}: holds {len(values)} numbers; give three and a unit, '{example}'"
        )
    return values


def check_files(paths: list[Path], suffixes: dict[str, str]) -> None:
    """Refuse files whose suffix says nothing, before anything is computed."""
    for path in paths:
        check_file(path, "--out")
        if path.suffix.lower() not in suffixes:
            told = ", ".join(f"{suffix} {words}" for suffix, words in suffixes.items())
            raise RequestError(f"--out {path}: suffix {path.suffix or 'none'} is unknown; give {told}")
