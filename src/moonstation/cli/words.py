"""What the commands read from a command line: quantities, ranges, places, spans."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import typer
from typer.core import TyperCommand

from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch, utc_to_tdb
from moonstation.station.units import parse_quantity, parse_range
from moonstation.study.confidence import Ensemble, parse_error
from moonstation.study.places import MINUS, Place

USUAL_START = "2035-01-01"
USUAL_DAYS = 365.25
LONGEST_SPAN = 5e9
"""Seconds; UTC dates reach no further than the packaged kernels do."""

PLACE_HELP = (
    "'-89.44 deg, 222.85 deg' (or '89.44 deg S, 137.15 deg W'), a built-in site (connecting-ridge, shackleton-rim, "
    "change7-reference), STATION:SITE such as ilrs:base, a named crater or mountain (its middle), or a horizon table."
)
_NEGATIVE = re.compile(r"-[\d.]+(?![\d.eE+-]*$).*", re.DOTALL)
"""A word that begins with a negative number and goes on; a bare number is left to the option that takes it."""


class SouthernCommand(TyperCommand):
    """A command that takes words such as '-89.44 deg, 222.85 deg' for what they are, not for options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words, those that begin with a negative number with a true minus sign."""
        words = [MINUS + word[1:] if _NEGATIVE.fullmatch(word) else word for word in args]
        return super().parse_args(ctx, words)


def read_quantity(text: str, dimension: str, key: str) -> float:
    """Read a quantity with its unit; what is wrong names the option."""
    try:
        return parse_quantity(text.replace(MINUS, "-"), dimension)
    except ValueError as error:
        raise RequestError(f"{key}: {error}") from error


def read_mask(text: str) -> float:
    """Read the least elevation of passes [rad]."""
    least = read_quantity(text, "angle", "--mask")
    if not abs(least) < math.pi / 2.0:
        raise RequestError(f"--mask {text}: nothing stands that high; give an elevation under 90 deg")
    return least


def read_range(text: str | None, dimension: str, key: str) -> tuple[float, float] | None:
    """Read a range of quantities, or None where none is given."""
    if text is None:
        return None
    try:
        return parse_range(text.replace(MINUS, "-"), dimension)
    except ValueError as error:
        raise RequestError(f"{key}: {error}") from error


def read_span(
    place: Place, start: str | None, days: float | None, years: float | None
) -> tuple[Epoch, Epoch]:
    """First and last instant asked for: as given, else the station's, else a year from 2035.

    Raises
    ------
    RequestError, TimeError, CoverageError
        If they make no sense or the kernels do not reach over them.
    """
    if days is not None and years is not None:
        raise RequestError("--days and --years: give one of them")
    station = place.station
    if start is not None:
        first = Epoch.parse(start)
    else:
        first = station.start if station is not None else Epoch.parse(USUAL_START)
    if years is not None:
        length = years * 365.25 * 86_400.0
    elif days is not None:
        length = days * 86_400.0
    else:
        length = station.span if station is not None else USUAL_DAYS * 86_400.0
    if length > LONGEST_SPAN:
        raise RequestError(f"--days {length / 86_400.0:g}: is longer than the kernels reach; take fewer")
    if not length > 0.0:
        raise RequestError(f"--days {length / 86_400.0:g}: give a length above zero, e.g. --days 30")
    # in UTC, so that days begin and end at midnight
    ending = np.datetime64(first.utc.rstrip("Z"), "ns") + np.timedelta64(round(length * 1e3), "ms")
    stop = Epoch.from_tdb_s(float(utc_to_tdb(np.array([ending]))[0]))
    default_ephemeris().require(first.tdb_s, stop.tdb_s)
    return first, stop


def check_file(path: Path | None, key: str, suffix: str = "") -> None:
    """Refuse a place for a file before anything is computed; one with another suffix, if it must have one."""
    if path is None:
        return
    if suffix and path.suffix.lower() != suffix:
        raise RequestError(f"{key} {path}: suffix {path.suffix or 'none'} is unknown; give {suffix}")
    if path.is_dir():
        raise OutputError(f"{key} {path}: is a folder; give the name of a file")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{key} {path}: its folder does not exist; make it first or write elsewhere")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a result whole or not at all; what is wrong names the file."""
    try:
        replace_file(path, content)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); check the folder and the space on it"
        ) from error


def read_ensemble(members: int | None, error: str | None, seed: int | None) -> Ensemble | None:
    """Ensemble asked for, or None; refuses what goes with one where there is none."""
    if members is not None:
        return Ensemble(members, 1 if seed is None else seed, None if error is None else parse_error(error))
    for given, key in ((error, "--error"), (seed, "--seed")):
        if given is not None:
            raise RequestError(f"{key}: goes with --ensemble NUMBER; add it, e.g. --ensemble 100")
    return None


ENSEMBLE_OPTION = typer.Option(
    "--ensemble",
    help="Compute average sunlight and longest dark on so many terrains disturbed within their height error as well, "
    "and show their 1st to 99th percentile; 100 or more name percentiles.",
    metavar="NUMBER",
)
ERROR_OPTION = typer.Option(
    help="Height error of the terrain for --ensemble, e.g. white=0.5m,correlated=2m@200m (deviation, and length over "
    "which the correlation falls to 1/e; correlated may stand several times); that of the product, else an assumption "
    "from its pixel, if not given.",
    metavar="ERROR",
)
SEED_OPTION = typer.Option(help="Which terrains --ensemble draws; 1 if not given.", metavar="NUMBER")
HEIGHT_OPTION = typer.Option(
    help="Height above ground with unit, e.g. '10 m'; the site's, else 2 m, if not given."
)
TERRAIN_OPTION = typer.Option(
    help="GeoTIFF windows to make the horizon from, finest first; the packaged 8 pixels per degree grid lies beneath."
)
START_OPTION = typer.Option(
    help="First instant, e.g. 2035-06-01; the station's, else 2035-01-01, if not given."
)
DAYS_OPTION = typer.Option(help="Length of the span in days; the station's, else 365.25, if not given.")
