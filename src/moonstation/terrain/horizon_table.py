"""Horizon tables: a site's horizon as a CSV file that people read, make and check in.

Lines with '#' in front carry 'key: value'; the columns are the azimuth and, for each height above ground,
elevation and distance of the horizon::

    # site: Connecting Ridge
    # lat_deg: -89.4399
    # lon_deg: -137.1476
    # ground_m: 1958.204
    # terrain: LOLA 40 m
    # resolution_m: 40
    azimuth_deg, elevation_deg_2m, elevation_deg_10m, distance_km_2m, distance_km_10m
    0, -1.55912, -1.57812, 130.512, 130.512

A table made by hand needs `lat_deg`, `lon_deg`, `azimuth_deg` and one elevation column.
"""

import difflib
import math
import re
from importlib import resources
from pathlib import Path

import numpy as np

from moonstation import __version__
from moonstation.arrays import FloatArray
from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.provenance import DataSource, file_sha256
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import INDICATIVE_RESOLUTION, Horizon

_COLUMN = re.compile(r"(elevation_deg|distance_km)_(\d+(?:\.\d+)?)m")
_SOURCE_FIELDS = ("name", "version", "sha256", "resolution", "limits", "serves")


def write_horizon(horizon: Horizon, path: Path | str) -> None:
    """Write a horizon as a table; the file appears whole or not at all.

    Elevations are written to 1e-5 deg, distances to 1 m, the ground to 1 mm.

    Raises
    ------
    OutputError
        If the file cannot be written; one that was there before is untouched.
    """
    path = Path(path)
    text = _table_text(horizon)
    try:
        replace_file(path, text)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); check the folder and the space on it"
        ) from error


def _table_text(horizon: Horizon) -> str:
    site = horizon.site
    lines = [
        "# moonstation horizon table",
        f"# site: {_one_line(site.name)}",
        f"# lat_deg: {site.lat_deg!r}",
        f"# lon_deg: {site.lon_deg!r}",
        f"# ground_m: {site.ground_m:.3f}",
        f"# heights_m: {', '.join(f'{height:g}' for height in horizon.heights)}",
        f"# terrain: {_one_line(horizon.terrain)}",
        f"# resolution_m: {horizon.resolution_m:.6g}",
        f"# software: moonstation {__version__}",
    ]
    for source in horizon.sources:
        fields = (_one_line(getattr(source, field)).replace("|", "/") for field in _SOURCE_FIELDS)
        lines.append(f"# source: {' | '.join(fields)}")
    names = [f"{height:g}m" for height in horizon.heights]
    lines.append(
        ",".join(
            [
                "azimuth_deg",
                *(f"elevation_deg_{name}" for name in names),
                *(f"distance_km_{name}" for name in names),
            ]
        )
    )
    azimuth_deg = np.degrees(horizon.azimuth)
    # Adding zero turns the -0.00000 of a rounded value into 0.00000.
    elevation_deg = np.round(np.degrees(horizon.elevation), 5) + 0.0
    distance_km = horizon.distance / 1e3
    for i, azimuth in enumerate(azimuth_deg):
        row = [f"{round(float(azimuth), 6):.9g}"]
        row += [f"{value:.5f}" for value in elevation_deg[:, i]]
        row += [f"{value:.3f}" for value in distance_km[:, i]]
        lines.append(",".join(row))
    return "\n".join(lines) + "\n"


def read_horizon(path: Path | str) -> Horizon:
    """Read a horizon table, made by this software or by hand.

    The table itself is among the sources of the horizon, before the files that it names.

    Raises
    ------
    DataFileError
        If the file is missing or no text, lacks a column or the place, or a line cannot be used; names file
        and line.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise DataFileError(f"{path}: no such file; check the path of the horizon table") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise DataFileError(f"{path}: is not text; a horizon table is a CSV file in UTF-8") from error
    header, sources, rows = _split(lines)
    if not rows:
        raise DataFileError(
            f"{path}: holds no table; the first line without '#' names the columns: azimuth_deg, ..."
        )
    columns = _columns(path, *rows[0])
    values = _values(path, rows, len(columns))
    azimuth = _azimuth(path, [number for number, _ in rows[1:]], values[:, columns.index("azimuth_deg")])
    matches = [match for match in map(_COLUMN.fullmatch, columns) if match]
    heights = sorted({float(match[2]) for match in matches if match[1] == "elevation_deg"})
    by_name = {_canonical(name): values[:, i] for i, name in enumerate(columns)}
    elevation = np.radians(np.stack([by_name[f"elevation_deg_{height:g}m"] for height in heights]))
    unknown = np.full(len(azimuth), np.nan)
    distance = 1e3 * np.stack([by_name.get(f"distance_km_{height:g}m", unknown) for height in heights])
    for k, line in zip(*np.nonzero(~(np.abs(elevation) <= math.pi / 2)), strict=True):
        raise DataFileError(
            f"{path}, line {rows[1 + line][0]}: the elevation at {heights[k]:g} m is not a number from "
            "-90 to 90 deg; every azimuth needs one"
        )
    resolution = _number(path, header, "resolution_m", default=math.nan)
    return Horizon(
        site=_site(path, header),
        heights=np.array(heights),
        azimuth=azimuth,
        elevation=elevation,
        distance=distance,
        terrain=header.get("terrain", (0, f"table {path.name}, terrain not stated"))[1],
        resolution_m=resolution,
        indicative=resolution > INDICATIVE_RESOLUTION,
        sources=(
            DataSource(
                name=f"horizon table {path.name}",
                version=header.get("software", (0, "made elsewhere"))[1],
                sha256=file_sha256(path),
                resolution="" if math.isnan(resolution) else f"{resolution:g} m",
                serves="horizon",
            ),
            *sources,
        ),
    )


def packaged_horizons() -> list[str]:
    """Names of the horizon tables that come with the software."""
    folder = resources.files("moonstation") / "data" / "horizons"
    return sorted(
        entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv")
    )


def packaged_horizon(name: str) -> Path:
    """Path of a horizon table that comes with the software.

    Raises
    ------
    RequestError
        If there is none of that name; says which there are.
    """
    known = packaged_horizons()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        cure = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
        raise RequestError(f"no packaged horizon table {name!r}: {cure}")
    return Path(str(resources.files("moonstation") / "data" / "horizons" / f"{name}.csv"))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _canonical(name: str) -> str:
    """Column name with the height as we would write it, so that '2.0m' is found as '2m'."""
    match = _COLUMN.fullmatch(name)
    return f"{match[1]}_{float(match[2]):g}m" if match else name


def _split(
    lines: list[str],
) -> tuple[dict[str, tuple[int, str]], list[DataSource], list[tuple[int, list[str]]]]:
    """Header as key: (line, value), sources, and the rows as (line, cells), column names first."""
    header: dict[str, tuple[int, str]] = {}
    sources = []
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            key, colon, value = line.lstrip("# ").partition(":")
            if key.strip() == "source":
                fields = [field.strip() for field in value.split("|")]
                fields += [""] * (len(_SOURCE_FIELDS) - len(fields))
                sources.append(DataSource(**dict(zip(_SOURCE_FIELDS, fields, strict=False))))
            elif colon:
                header[key.strip()] = (number, value.strip())
        elif line.strip():
            rows.append((number, [cell.strip() for cell in line.split(",")]))
    return header, sources, rows


def _columns(path: Path, line: int, names: list[str]) -> list[str]:
    for name in names:
        if name != "azimuth_deg" and not _COLUMN.fullmatch(name):
            raise DataFileError(
                f"{path}, line {line}: unknown column {name!r}; columns are azimuth_deg, elevation_deg_2m "
                "(any height in m) and distance_km_2m"
            )
    canonical = [_canonical(name) for name in names]
    for name in canonical:
        if canonical.count(name) > 1:
            raise DataFileError(f"{path}, line {line}: column {name} is there twice; keep one")
    if "azimuth_deg" not in names:
        raise DataFileError(
            f"{path}, line {line}: no column azimuth_deg; name the columns in the first line without '#'"
        )
    if not any(name.startswith("elevation_deg_") for name in names):
        raise DataFileError(
            f"{path}, line {line}: no elevation column; name one for a height, e.g. elevation_deg_2m"
        )
    return names


def _values(path: Path, rows: list[tuple[int, list[str]]], width: int) -> FloatArray:
    values = np.empty((len(rows) - 1, width))
    for i, (number, cells) in enumerate(rows[1:]):
        if len(cells) != width:
            raise DataFileError(
                f"{path}, line {number}: has {len(cells)} values for {width} columns; is it cut off?"
            )
        for j, cell in enumerate(cells):
            try:
                values[i, j] = float(cell)
            except ValueError as error:
                raise DataFileError(f"{path}, line {number}: {cell!r} is not a number; correct it") from error
    return values


def _azimuth(path: Path, numbers: list[int], azimuth_deg: FloatArray) -> FloatArray:
    """Azimuths [rad], checked to go once around the circle in even steps."""
    count = len(azimuth_deg)
    if count < 4:
        raise DataFileError(
            f"{path}: has {count} azimuths; a horizon needs at least 4, in even steps around the circle"
        )
    step = 360.0 / count
    expected = azimuth_deg[0] + step * np.arange(count)
    wrong = ~(np.abs(azimuth_deg - expected) <= 1e-3 * step)
    if not 0.0 <= azimuth_deg[0] < step:
        wrong[0] = True
    if wrong.any():
        first = int(np.argmax(wrong))
        raise DataFileError(
            f"{path}, line {numbers[first]}: azimuth {azimuth_deg[first]:g} deg breaks the even ascending "
            f"steps of {step:g} deg that {count} lines around the circle make; sort or resample the table"
        )
    result: FloatArray = np.radians(expected)
    return result


def _number(
    path: Path, header: dict[str, tuple[int, str]], key: str, *, default: float | None = None
) -> float:
    if key not in header:
        if default is None:
            raise DataFileError(f"{path}: does not say {key}; add a line '# {key}: ...' above the columns")
        return default
    number, text = header[key]
    try:
        return float(text)
    except ValueError as error:
        raise DataFileError(f"{path}, line {number}: {key} is {text!r}, not a number; correct it") from error


def _site(path: Path, header: dict[str, tuple[int, str]]) -> Site:
    lat_deg = _number(path, header, "lat_deg")
    lon_deg = _number(path, header, "lon_deg")
    ground_m = _number(path, header, "ground_m", default=math.nan)
    try:
        return Site(
            name=header.get("site", (0, path.stem))[1], lat_deg=lat_deg, lon_deg=lon_deg, ground_m=ground_m
        )
    except RequestError as error:
        raise DataFileError(f"{path}, line {header['lat_deg'][0]}: {error}") from error
