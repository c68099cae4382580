"""`moonstation map`: sunlight and sight of the Earth over a region."""

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from moonstation.cli import stopping
from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity
from moonstation.errors import RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.products import resolve_terrain
from moonstation.report.map_looks import choose_band
from moonstation.report.map_sheet import picture_of
from moonstation.spacetime.epochs import Epoch
from moonstation.study.maps import MapRequest, MapSummary, make_map
from moonstation.study.places import find_spot
from moonstation.sunlight.maps import COARSE_BIAS, LAYERS
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import MapGrid, bounded_grid, map_grid

YEAR_DAYS = 365.25

USUAL_SIZE = 20e3
"""Width of a map about a point [m]."""

MARGIN = 1.5
"""Width of a map about a crater, by its diameter: its rim and some ground around it."""


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Region by name: a crater or mountain near a pole (Shackleton, 'Mons Mouton'), a built-in site, "
            "STATION:SITE, or '-89.44 deg, 222.85 deg'; instead of --lat, --lon and --bounds."
        ),
    ] = None,
    file: Annotated[
        Path,
        typer.Option(
            "--out", help="Map to write: a Cloud-optimised GeoTIFF, or a Zarr store if it ends in .zarr."
        ),
    ] = Path("map.tif"),
    lat: Annotated[str | None, typer.Option(help="Latitude of the middle, e.g. '-89.45 deg'.")] = None,
    lon: Annotated[str | None, typer.Option(help="Longitude east of the middle, e.g. '222.8 deg'.")] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Width and height about the middle, e.g. '20 km'. If not given, 1.5 times the diameter of a crater or "
            "mountain, else 20 km."
        ),
    ] = None,
    bounds: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="South, west, north and east in degrees, instead of --lat, --lon and --size."),
    ] = None,
    pixel: Annotated[
        str | None, typer.Option(help="Pixel, e.g. '80 m'; that of the terrain if not given.")
    ] = None,
    terrain: Annotated[
        list[Path] | None,
        typer.Option(
            help="Files of elevation or names of 'moonstation data list'; the packaged grid lies beneath."
        ),
    ] = None,
    start: Annotated[str, typer.Option(help="Begin of the period, e.g. 2035-01-01.")] = "2035-01-01",
    days: Annotated[float | None, typer.Option(help="Length of the period in days.")] = None,
    years: Annotated[
        float | None, typer.Option(help="Length of the period in years of 365.25 days; one if not given.")
    ] = None,
    step: Annotated[str, typer.Option(help="Time step.")] = "1 h",
    height: Annotated[
        list[str] | None,
        typer.Option(help="Heights above ground, e.g. --height '2 m' --height '10 m'; 2 m if not given."),
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help=f"Layers, repeatable, of {', '.join(LAYERS)}; all if not given.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(help="Picture of the map to write as well.", metavar="FILE")
    ] = None,
    png_layer: Annotated[
        list[str] | None,
        typer.Option(
            help="Layer or band on the picture, average_sun if not given; with several each has a picture of its own, "
            "FILE-LAYER.png.",
            metavar="LAYER",
        ),
    ] = None,
    directions: Annotated[int, typer.Option(help="Directions of the horizons.", min=4, max=7200)] = 360,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Make the tiles on a Dask cluster: local, local:N for N workers, or tcp://HOST:PORT of a scheduler.",
            metavar="ADDRESS",
        ),
    ] = None,
    no_eclipses: Annotated[bool, typer.Option("--no-eclipses", help="Leave the Earth's shadow out.")] = False,
) -> int:
    """Map sunlight, dark spells, permanent shadow and sight of the Earth over a region."""
    if days is not None and years is not None:
        raise RequestError("--days and --years: give one of the two")
    length = days if days is not None else YEAR_DAYS * (years if years is not None else 1.0)
    if not (math.isfinite(length) and length > 0.0):
        raise RequestError(f"period of {length:g} days: give one above zero")
    check_file(png, "--png")
    begin = Epoch.parse(start)
    heights = tuple(sorted(read_quantity(text, "length", "--height") for text in height or ["2 m"]))
    wanted = None if pixel is None else read_quantity(pixel, "length", "--pixel")
    with progress_bar() as report:
        report("reading terrain", 0.0)
        model = (
            ElevationModel.from_files(
                resolve_terrain(terrain), progress=lambda share: report("reading terrain", share)
            )
            if terrain
            else ElevationModel.packaged()
        )
        request = MapRequest(
            grid=_grid(model, name, lat, lon, size, bounds, wanted),
            start=begin,
            span=length * 86_400.0,
            step=read_quantity(step, "time", "--step"),
            heights=heights,
            directions=directions,
            layers=tuple(layer) if layer else tuple(LAYERS),
            eclipses=not no_eclipses,
        )
        stopping.resuming = "finished tiles are kept; the same command goes on from there"
        shown = _pictures(png, png_layer or [], request)
        summary = make_map(model, request, file, progress=report, cluster=cluster, terrain=terrain or ())
        stopping.resuming = f"{file} is written; 'moonstation picture {file}' draws it"
        for place, chosen in shown.items():
            report("drawing", 1.0)
            replace_file(place, picture_of(file, layer=chosen, model=model))
    _print(summary, request, model)
    for place in shown:
        out.print(f"{place}: picture", markup=False, soft_wrap=True)
    return 0


def _pictures(png: Path | None, layers: list[str], request: MapRequest) -> dict[Path, str | None]:
    """Files of the pictures asked for, each with its layer; refused before the map is made."""
    if png is None:
        if layers:
            raise RequestError("--png-layer: give --png FILE with it")
        return {}
    names = [band.name for band in request.bands()]
    for name in layers:
        choose_band(names, name, key="--png-layer")
    if len(layers) <= 1:
        return {png: layers[0] if layers else None}
    return {png.with_name(f"{png.stem}-{name}{png.suffix}"): name for name in layers}


def _grid(
    model: ElevationModel,
    name: str | None,
    lat: str | None,
    lon: str | None,
    size: str | None,
    bounds: tuple[float, float, float, float] | None,
    pixel: float | None,
) -> MapGrid:
    given = [
        words
        for words, value in (
            ("NAME", name),
            ("--bounds", bounds),
            ("--lat, --lon", lat if lat is not None else lon),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise RequestError(f"{' and '.join(given)}: give one of the {'two' if len(given) == 2 else 'three'}")
    if bounds is not None:
        if size is not None:
            raise RequestError("--size and --bounds: give one of the two")
        return bounded_grid(model, *bounds, pixel=pixel)
    extent = read_quantity(size, "length", "--size") if size is not None else USUAL_SIZE
    if name is not None:
        spot = find_spot(name)
        if size is None and spot.diameter is not None:
            extent = MARGIN * spot.diameter
        return map_grid(model, spot.lat_deg, spot.lon_deg, width=extent, height=extent, pixel=pixel)
    if lat is None or lon is None:
        raise RequestError(
            "no region: give a NAME, or --lat, --lon and --size, or --bounds SOUTH WEST NORTH EAST"
        )
    lat_deg, lon_deg = (
        math.degrees(read_quantity(text, "angle", key)) for text, key in ((lat, "--lat"), (lon, "--lon"))
    )
    return map_grid(model, lat_deg, lon_deg, width=extent, height=extent, pixel=pixel)


def _print(summary: MapSummary, request: MapRequest, model: ElevationModel) -> None:
    grid = request.grid
    kept = f", {summary.kept} of them from an earlier run" if summary.kept else ""
    out.print(
        f"{summary.path}: {grid.columns} x {grid.rows} pixels of {grid.pixel:g} m in {summary.tiles} tiles{kept}; "
        f"{request.start.utc[:16]}Z + {request.span / 86_400.0:g} d",
        markup=False,
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("band", "lowest", "mean", "highest", "unit"):
        table.add_column(title, justify="left" if title in ("band", "unit") else "right")
    for band, *values in summary.bands:
        table.add_row(band.name, *(f"{value:.4g}" for value in values), "" if band.unit == "1" else band.unit)
    out.print(table)
    out.print(f"terrain: {model.description}", markup=False, soft_wrap=True)
    if summary.indicative > 0.0:
        out.print(
            f"indicative only: {100.0 * summary.indicative:.0f} % of the map rests on terrain coarser than 500 m. "
            f"{COARSE_BIAS}",
            style="yellow",
            soft_wrap=True,
        )
    if summary.unknown > 0.0:
        out.print(
            f"{100.0 * summary.unknown:.1f} % of the pixels have no value: no terrain is known there",
            style="yellow",
        )
