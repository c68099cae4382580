"""`moonstation map`: sunlight and sight of the Earth over a region."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from moonstation.cli import stopping
from moonstation.cli.console import out, progress_bar
from moonstation.cli.regions import (
    BOUNDS_OPTION,
    DIRECTIONS_OPTION,
    LAT_OPTION,
    LON_OPTION,
    NO_ECLIPSES_OPTION,
    PERIOD_DAYS_OPTION,
    PERIOD_START_OPTION,
    PERIOD_YEARS_OPTION,
    PIXEL_OPTION,
    REGION_ARGUMENT,
    REGION_TERRAIN_OPTION,
    SIZE_OPTION,
    STEP_OPTION,
    read_period,
    read_region,
)
from moonstation.cli.words import (
    ENSEMBLE_OPTION,
    ERROR_OPTION,
    SEED_OPTION,
    check_file,
    read_ensemble,
    read_quantity,
)
from moonstation.errors import RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.products import resolve_terrain
from moonstation.report.map_looks import choose_band
from moonstation.report.map_sheet import picture_of
from moonstation.spacetime.epochs import Epoch
from moonstation.study.map_spread import file_errors, spread_tags
from moonstation.study.maps import MapRequest, MapSummary, make_map
from moonstation.sunlight.maps import COARSE_BIAS, LAYERS
from moonstation.terrain.elevation import ElevationModel


def command(
    name: Annotated[str | None, REGION_ARGUMENT] = None,
    file: Annotated[
        Path,
        typer.Option(
            "--out", help="Map to write: a Cloud-optimised GeoTIFF, or a Zarr store if it ends in .zarr."
        ),
    ] = Path("map.tif"),
    lat: Annotated[str | None, LAT_OPTION] = None,
    lon: Annotated[str | None, LON_OPTION] = None,
    size: Annotated[str | None, SIZE_OPTION] = None,
    bounds: Annotated[tuple[float, float, float, float] | None, BOUNDS_OPTION] = None,
    pixel: Annotated[str | None, PIXEL_OPTION] = None,
    terrain: Annotated[list[Path] | None, REGION_TERRAIN_OPTION] = None,
    start: Annotated[str, PERIOD_START_OPTION] = "2035-01-01",
    days: Annotated[float | None, PERIOD_DAYS_OPTION] = None,
    years: Annotated[float | None, PERIOD_YEARS_OPTION] = None,
    step: Annotated[str, STEP_OPTION] = "1 h",
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
    directions: Annotated[int, DIRECTIONS_OPTION] = 360,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Make the tiles on a Dask cluster: local, local:N for N workers, or tcp://HOST:PORT of a scheduler.",
            metavar="ADDRESS",
        ),
    ] = None,
    no_eclipses: Annotated[bool, NO_ECLIPSES_OPTION] = False,
    members: Annotated[int | None, ENSEMBLE_OPTION] = None,
    error: Annotated[str | None, ERROR_OPTION] = None,
    seed: Annotated[int | None, SEED_OPTION] = None,
) -> int:
    """Map sunlight, dark spells, permanent shadow and sight of the Earth over a region."""
    span = read_period(days, years)
    check_file(png, "--png", ".png")
    ensemble = read_ensemble(members, error, seed)
    begin = Epoch.parse(start)
    heights = tuple(sorted(read_quantity(text, "length", "--height") for text in height or ["2 m"]))
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
            grid=read_region(model, name, lat, lon, size, bounds, pixel),
            start=begin,
            span=span,
            step=read_quantity(step, "time", "--step"),
            heights=heights,
            directions=directions,
            layers=tuple(layer) if layer else tuple(LAYERS),
            eclipses=not no_eclipses,
            ensemble=ensemble,
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
    if request.ensemble is not None:
        errors = file_errors(model, request.ensemble.error)
        for key, words in spread_tags(request.ensemble, errors).items():
            out.print(f"{key.lower().replace('_', ' ')}: {words}", markup=False, soft_wrap=True)
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
