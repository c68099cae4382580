"""Types of the words in a station file: how each is written, read and bounded.

A field of a model in `moonstation.station.model` is one row of the vocabulary: its name, type, unit, bounds,
default and meaning stand there and nowhere else; `docs/station-file.md` is made from them.
"""

import datetime as dt
import math
import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, StringConstraints

from moonstation.errors import TimeError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.units import Measure, show

FIRST_YEAR, LAST_YEAR = 1900, 2150
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def _read_id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(
            f"{show(value)} is no id; use up to 64 letters, digits, '-' and '_', as in \"power-plant\""
        )
    return value


def _read_year(year: int, value: object) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            f"{show(value)} is outside the years {FIRST_YEAR} to {LAST_YEAR}; give a date within them"
        )


def _read_epoch(value: object) -> Epoch:
    if isinstance(value, Epoch):
        return value
    if not isinstance(value, str | dt.date):
        raise ValueError(f"{show(value)} is no date; write 2035-01-01 or 2035-01-01T06:00:00Z")  # noqa: TRY004
    if isinstance(value, dt.date):
        _read_year(value.year, value)
    try:
        epoch = Epoch.parse(value)
        year = int(epoch.utc[:4])
    except TimeError as error:
        raise ValueError(str(error)) from None
    except (ValueError, OverflowError):
        raise ValueError(f"{show(value)} is no date; write 2035-01-01 or 2035-01-01T06:00:00Z") from None
    _read_year(year, value)
    return epoch


def _read_date(value: object) -> dt.date:
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{show(value)} is no date; write it like 2033-06-01") from None
    if isinstance(value, dt.datetime):
        value = value.date()
    if not isinstance(value, dt.date):
        raise ValueError(f"{show(value)} is no date; write it like 2033-06-01")  # noqa: TRY004
    _read_year(value.year, value)
    return value


def _read_month(value: object) -> dt.date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value.strip()):
        value = f"{value.strip()}-01"
    try:
        day = _read_date(value)
    except ValueError as error:
        raise ValueError(
            str(error).replace("no date; write it like 2033-06-01", 'no month; write it like "2033-06"')
        ) from None
    return day.replace(day=1)


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{show(value)} is not a whole number; write it like 50, without quotes")  # noqa: TRY004
    return value


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{show(value)} is no number; write it like 1.5, without quotes")
    return float(value)


def _read_yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{show(value)} is neither true nor false; write one of them, without quotes")  # noqa: TRY004
    return value


def _read_properties(value: object) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f'{show(value)} is no table; write {{ speed = "0.8 km/h" }}')  # noqa: TRY004
    for name, entry in value.items():
        if not isinstance(entry, str | int | float | bool | dt.date):
            raise ValueError(f"{show(name)} holds {show(entry)}; give text, a number or a date")  # noqa: TRY004
    return value


Id: TypeAlias = Annotated[str, BeforeValidator(_read_id)]
"""Name by which other tables refer to this one."""
Text: TypeAlias = Annotated[str, StringConstraints(max_length=2000)]
Name: TypeAlias = Annotated[str, StringConstraints(max_length=200)]
Day: TypeAlias = Annotated[dt.date, BeforeValidator(_read_date)]
Month: TypeAlias = Annotated[dt.date, BeforeValidator(_read_month)]
"""A calendar month, held as its first day; written "2033-06" or as any day of it."""
Moment: TypeAlias = Annotated[Epoch, BeforeValidator(_read_epoch)]
Number: TypeAlias = Annotated[float, BeforeValidator(_read_number)]
YesNo: TypeAlias = Annotated[bool, BeforeValidator(_read_yes_no)]
Count: TypeAlias = Annotated[int, BeforeValidator(_read_count)]
Properties: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_read_properties)]

Share: TypeAlias = Annotated[float, Measure("share", 0.0, 1.0)]
Reflectivity: TypeAlias = Annotated[float, Measure("share", 0.0, 3.0)]
Efficiency: TypeAlias = Annotated[float, Measure("share", 0.0, 1.0, above=True)]
Offset: TypeAlias = Annotated[float, Measure("length", -100e3, 100e3)]
Height: TypeAlias = Annotated[float, Measure("length", 0.0, 1000.0)]
Ground: TypeAlias = Annotated[float, Measure("length", -12_000.0, 12_000.0)]
EarthAltitude: TypeAlias = Annotated[float, Measure("length", -500.0, 9_000.0)]
Size: TypeAlias = Annotated[float, Measure("length", 0.0, above=True)]
Altitude: TypeAlias = Annotated[float, Measure("altitude", -1737.4e3, 100_000e3)]
OrbitSize: TypeAlias = Annotated[float, Measure("altitude", 0.0, 200_000e3, above=True)]
EarthOrbit: TypeAlias = Annotated[float, Measure("altitude", 120e3, 400_000e3)]
ParkingAltitude: TypeAlias = Annotated[float, Measure("altitude", 120e3, 36_000e3)]
Area: TypeAlias = Annotated[float, Measure("area", 0.0)]
Volume: TypeAlias = Annotated[float, Measure("volume", 0.0)]
Mass: TypeAlias = Annotated[float, Measure("mass", 0.0)]
MassRate: TypeAlias = Annotated[float, Measure("mass_rate", 0.0)]
Power: TypeAlias = Annotated[float, Measure("power", 0.0)]
Energy: TypeAlias = Annotated[float, Measure("energy", 0.0)]
Temperature: TypeAlias = Annotated[float, Measure("temperature", 3.0, 2000.0)]
HeatCapacity: TypeAlias = Annotated[float, Measure("heat_capacity", 0.0, above=True)]
Conductance: TypeAlias = Annotated[float, Measure("conductance", 0.0)]
Span: TypeAlias = Annotated[float, Measure("time", 3600.0, 100 * 365.25 * 86_400.0)]
Duration: TypeAlias = Annotated[float, Measure("time", 0.0, above=True)]
Wait: TypeAlias = Annotated[float, Measure("time", 0.0)]
Pause: TypeAlias = Annotated[float, Measure("time", 0.0, 86_400.0)]
FlightTime: TypeAlias = Annotated[float, Measure("time", 2.0 * 86_400.0, 7.0 * 86_400.0)]
Impulse: TypeAlias = Annotated[float, Measure("time", 50.0, 5000.0)]
Rate: TypeAlias = Annotated[float, Measure("rate", 0.0, 1.0 / (365.25 * 86_400.0))]
WearRate: TypeAlias = Annotated[float, Measure("rate", 0.0, 10.0 / (365.25 * 86_400.0))]
BoilOff: TypeAlias = Annotated[float, Measure("rate", 0.0, 1.0 / 86_400.0)]
Speed: TypeAlias = Annotated[float, Measure("speed", 0.0, 20_000.0)]
Frequency: TypeAlias = Annotated[float, Measure("rate", 0.0)]
Data: TypeAlias = Annotated[float, Measure("data", 0.0)]
DataRate: TypeAlias = Annotated[float, Measure("data_rate", 0.0)]
Money: TypeAlias = Annotated[float, Measure("money", 0.0)]
Gain: TypeAlias = Annotated[float, Measure("gain")]
FigureOfMerit: TypeAlias = Annotated[float, Measure("figure_of_merit")]
Eirp: TypeAlias = Annotated[float, Measure("eirp")]
Loss: TypeAlias = Annotated[float, Measure("decibel", 0.0)]
Hertz: TypeAlias = Annotated[float, Measure("frequency", 0.0, above=True)]
Kelvin: TypeAlias = Annotated[float, Measure("temperature", 0.0, above=True)]
Beam: TypeAlias = Annotated[float, Measure("angle", 0.0, 2.0 * 3.141592653589794, above=True)]
PointingError: TypeAlias = Annotated[float, Measure("angle", 0.0, 0.5 * 3.141592653589794)]
Permittivity: TypeAlias = Annotated[float, Measure("share", 1.0, 100.0)]
Photons: TypeAlias = Annotated[float, Measure("share", 0.0, 1e6, above=True)]
Texts: TypeAlias = list[Name]
Latitude: TypeAlias = Annotated[float, Measure("degrees", -90.0, 90.0)]
Longitude: TypeAlias = Annotated[float, Measure("degrees", -360.0, 360.0)]
Mask: TypeAlias = Annotated[float, Measure("degrees", -5.0, 89.0)]
Turn: TypeAlias = Annotated[float, Measure("angle", -6.283185307179587, 6.283185307179587)]
Inclination: TypeAlias = Annotated[float, Measure("angle", 0.0, 3.141592653589794)]
Tilt: TypeAlias = Annotated[float, Measure("angle", 0.0, 3.141592653589794)]
