"""`moonstation site find`: the best places of a region, and pairs of them that are lit by turns."""

import hashlib
import inspect
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from moonstation import __version__
from moonstation.cli import stopping
from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.found import print_pairs, print_places
from moonstation.cli.found_picture import found_picture
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
from moonstation.cli.words import check_file, read_quantity
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.products import is_product_name, resolve_terrain
from moonstation.spacetime.epochs import Epoch
from moonstation.study.candidates import footprint_offsets, open_region
from moonstation.study.find import FindResult, check_search, find_sites
from moonstation.study.found_files import (
    pairs_frame,
    pairs_geojson,
    places_frame,
    places_geojson,
    site_tables,
)
from moonstation.study.maps import MapRequest, make_map
from moonstation.study.pairs import PairsResult, find_pairs
from moonstation.study.terms import MEASURES, find_measure, parse_term
from moonstation.terrain.elevation import ElevationModel

NONE_FOUND = 1
"""Exit status where no place meets the terms."""

MAP_SHARE = 0.6
"""Share of the bar that making the map takes."""


def command(
    name: Annotated[str | None, REGION_ARGUMENT] = None,
    want: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A term that every place must meet, repeatable, e.g. 'slope <= 8 deg'. Of {', '.join(MEASURES)}.",
            metavar="TERM",
        ),
    ] = None,
    rank: Annotated[
        str | None,
        typer.Option(help="Measure to sort by, the best first; average_sun if not given.", metavar="MEASURE"),
    ] = None,
    best: Annotated[int, typer.Option(help="How many places, or pairs.")] = 10,
    apart: Annotated[str, typer.Option(help="Least distance from one to the next.")] = "1 km",
    footprint: Annotated[
        str | None,
        typer.Option(help="Width of the ground that slopes are of, e.g. '100 m'; a pixel if not given."),
    ] = None,
    shadow_area: Annotated[
        str | None,
        typer.Option(
            help="Patches of permanent shadow under this do not count for shadow_distance, e.g. '0.1 km2'."
        ),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Find pairs of places that are longest lit together.")
    ] = False,
    distance: Annotated[
        tuple[str, str],
        typer.Option(help="With --pairs: least and greatest distance between the two.", metavar="LEAST MOST"),
    ] = ("1 km", "10 km"),
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="Search this map, made by 'moonstation map', instead of making one."),
    ] = None,
    lat: Annotated[str | None, LAT_OPTION] = None,
    lon: Annotated[str | None, LON_OPTION] = None,
    size: Annotated[str | None, SIZE_OPTION] = None,
    bounds: Annotated[tuple[float, float, float, float] | None, BOUNDS_OPTION] = None,
    pixel: Annotated[str | None, PIXEL_OPTION] = None,
    terrain: Annotated[list[Path] | None, REGION_TERRAIN_OPTION] = None,
    start: Annotated[str | None, PERIOD_START_OPTION] = None,
    days: Annotated[float | None, PERIOD_DAYS_OPTION] = None,
    years: Annotated[float | None, PERIOD_YEARS_OPTION] = None,
    step: Annotated[str | None, STEP_OPTION] = None,
    height: Annotated[
        str | None, typer.Option(help="Height above ground, e.g. '10 m'; 2 m, or the map's, if not given.")
    ] = None,
    directions: Annotated[int | None, DIRECTIONS_OPTION] = None,
    no_eclipses: Annotated[bool, NO_ECLIPSES_OPTION] = False,
    keep_map: Annotated[
        Path | None,
        typer.Option(help="Keep the map that is made, to search it again with --map under other terms."),
    ] = None,
    no_refine: Annotated[
        bool, typer.Option("--no-refine", help="Leave it at the figures of the map.")
    ] = False,
    png: Annotated[Path | None, typer.Option(help="Draw the map with numbers where they are, too.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write what is found to this table, too.")] = None,
    geojson: Annotated[
        Path | None, typer.Option(help="Write it to this GeoJSON, too, which QGIS opens.")
    ] = None,
    toml: Annotated[
        Path | None, typer.Option(help="Write the places as site tables of a station file, too.")
    ] = None,
) -> int:
    """Find the best places of a region under your terms, or pairs of places that are lit by turns.

    A map of the region is made, or taken with --map; the best places on it that meet all terms are computed exactly,
    and better ground is looked for around each. Without --no-refine, figures are those of the exact model, with the
    map's in brackets. The exit status is 1 where no place meets the terms; then it is told which term to relax, and how
    far.
    """
    terms = [parse_term(text) for text in want or []]
    for file, key in (
        (png, "--png"), (csv, "--csv"), (geojson, "--geojson"), (toml, "--toml"), (keep_map, "--keep-map"),
    ):  # fmt: skip
        check_file(file, key)
    metres = None if height is None else read_quantity(height, "length", "--height")
    separation = read_quantity(apart, "length", "--apart")
    width = 0.0 if footprint is None else read_quantity(footprint, "length", "--footprint")
    least_shadow = 0.0 if shadow_area is None else read_quantity(shadow_area, "area", "--shadow-area")
    low, high = (read_quantity(text, "length", "--distance") for text in distance)
    if pairs and rank is not None:
        raise RequestError(f"--rank {rank}: pairs are sorted by the time in which one or both are lit")
    measure = find_measure(rank or "average_sun", "--rank")
    check_search(best, separation, (low, high) if pairs else None)
    made = {
        "NAME": name, "--lat": lat, "--lon": lon, "--size": size, "--bounds": bounds, "--pixel": pixel,
        "--start": start, "--days": days, "--years": years, "--step": step, "--directions": directions,
        "--keep-map": keep_map,
        "--no-eclipses": no_eclipses or None,
    }  # fmt: skip
    given = [key for key, value in made.items() if value is not None]
    if map_file is not None and given:
        raise RequestError(
            f"--map and {', '.join(given)}: a map has its region and period; give one of the two"
        )
    if map_file is None and name is None and bounds is None and (lat is None or lon is None):
        raise RequestError(
            "no region: give a NAME, --lat, --lon and --size, --bounds SOUTH WEST NORTH EAST, or a map with --map"
        )
    with progress_bar() as report:
        report("reading terrain", 0.0)
        model = (
            ElevationModel.from_files(
                resolve_terrain(terrain), progress=lambda share: report("reading terrain", share)
            )
            if terrain
            else ElevationModel.packaged()
        )
        share = 0.0
        if map_file is None:
            share = MAP_SHARE
            request = MapRequest(
                grid=read_region(model, name, lat, lon, size, bounds, pixel),
                start=Epoch.parse(start or "2035-01-01"),
                span=read_period(days, years),
                step=read_quantity(step or "1 h", "time", "--step"),
                heights=(2.0 if metres is None else metres,),
                directions=directions or 360,
                eclipses=not no_eclipses,
            )
            footprint_offsets(request.grid, width)  # refuses one that is too wide, before the map is made
            path = _map_of(model, request, keep_map, lambda stage, done: report(stage, share * done))
        else:
            path = map_file
        region = open_region(path, metres)

        def tell(stage: str, done: float) -> None:
            report(stage, share + (1.0 - share) * done)

        found: FindResult | PairsResult
        if pairs:
            found = find_pairs(
                region,
                model,
                terms,
                distance=(low, high),
                best=best,
                apart=separation,
                footprint=width,
                shadow_area=least_shadow,
                refine=not no_refine,
                progress=tell,
            )
        else:
            found = find_sites(
                region,
                terms,
                rank=measure.name,
                best=best,
                apart=separation,
                footprint=width,
                shadow_area=least_shadow,
                model=None if no_refine else model,
                progress=tell,
            )
        picture = b""
        if png is not None and not found.empty:
            report("drawing", 1.0)
            picture = found_picture(found, model)
    if map_file is None and keep_map is None:
        path.unlink(missing_ok=True)
    if isinstance(found, PairsResult):
        print_pairs(found)
    else:
        print_places(found)
    if keep_map is not None:
        out.print(
            f"{keep_map}: written; search it under other terms with --map", markup=False, soft_wrap=True
        )
    elif map_file is None and found.empty:
        out.print(
            "to try other terms without making the map again, keep it with --keep-map FILE", markup=False
        )
    if found.empty:
        return NONE_FOUND
    if isinstance(found, PairsResult):
        table, points = pairs_frame(found), pairs_geojson(found)
        places = [place for pair in found.pairs for place in (pair.first, pair.second)]
        names = [f"pair-{k}-{side}" for k in range(1, len(found.pairs) + 1) for side in ("a", "b")]
    else:
        table, points = places_frame(found), places_geojson(found)
        places = list(found.places)
        names = [f"place-{k}" for k in range(1, len(places) + 1)]
    if png is not None:
        _write(png, picture)
    if csv is not None:
        _write(csv, table.to_csv(index=False, lineterminator="\n"))
    if geojson is not None:
        _write(geojson, points)
    if toml is not None:
        _write(toml, site_tables(places, region.height, _beside(terrain or [], toml), names))
    return 0


def _map_of(model: ElevationModel, request: MapRequest, keep: Path | None, report: Report) -> Path:
    """Make the map to search; one that is not kept is hidden in this folder until the search is over."""
    stopping.resuming = "finished tiles are kept; the same command goes on from there"
    if keep is None:
        plan = [asdict(request) | {"start": request.start.tdb}, [source.sha256 for source in model.sources]]
        digest = hashlib.sha256(json.dumps([__version__, plan], sort_keys=True).encode()).hexdigest()
        path = Path(f".moonstation-find-{digest[:16]}.tif")
        if path.is_file():
            return path
    else:
        path = keep
    try:
        make_map(model, request, path, progress=report)
    except (OutputError, RequestError) as error:
        # the option is called otherwise here
        raise type(error)(str(error).replace("--out", "--keep-map")) from error
    return path


def _beside(terrain: Sequence[Path], toml: Path) -> list[str]:
    """Files of elevation as a station file in the folder of another names them."""
    folder = toml.absolute().parent
    return [
        str(path) if is_product_name(str(path)) else Path(os.path.relpath(path.absolute(), folder)).as_posix()
        for path in terrain
    ]


def _write(path: Path, content: str | bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); check the folder and the space on it"
        ) from error
    out.print(f"{path}: written", markup=False, soft_wrap=True)


HELP = "\n\n".join(" ".join(text.split()) for text in inspect.cleandoc(command.__doc__ or "").split("\n\n"))
"""Each paragraph on one line, for the terminal to fold."""
