"""`moonstation picture`: a map as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file
from moonstation.formats.products import resolve_terrain
from moonstation.report.map_overlay import Marker
from moonstation.report.map_sheet import picture_of
from moonstation.study.places import find_spot
from moonstation.terrain.elevation import ElevationModel


def command(
    file: Annotated[Path, typer.Argument(help="Map of 'moonstation map': a GeoTIFF or a Zarr store.")],
    layer: Annotated[
        str | None,
        typer.Option(help="Layer or band, such as longest_dark or slope; average_sun if not given."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--out", help="Picture to write (PNG); beside the map if not given.")
    ] = None,
    terrain: Annotated[
        list[str] | None,
        typer.Option(
            help="Elevation for the relief under the colours: files, names of 'moonstation data list', or 'packaged' "
            "for the grid of 8 pixels per degree alone. No relief if not given.",
            metavar="FILE",
        ),
    ] = None,
    mark: Annotated[
        list[str] | None,
        typer.Option(
            help="Place to mark, repeatable: '-89.45 deg, 222.8 deg', a feature, a built-in site, STATION:SITE; "
            "with a label as in 'Camp = -89.45 deg, 222.8 deg'.",
            metavar="PLACE",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title instead of the layer's name.")] = None,
) -> int:
    """Draw a layer of a map: colours, latitudes and longitudes, scale, names of features, and what it rests on."""
    if not file.exists():
        raise RequestError(f"{file}: there is no such map; make one with 'moonstation map'")
    target = picture or file.with_name(f"{file.stem}{f'-{layer}' if layer else ''}.png")
    check_file(target, "--out")
    if target.exists() and target.resolve() == file.resolve():
        raise OutputError(f"--out {target}: is the map itself; give another name")
    markers = [_marker(text) for text in mark or ()]
    with progress_bar() as report:
        report("reading terrain", 0.0)
        model = None
        if terrain:
            model = (
                ElevationModel.packaged()
                if terrain == ["packaged"]
                else ElevationModel.from_files(resolve_terrain(terrain))
            )
        report("drawing", 0.5)
        replace_file(target, picture_of(file, layer=layer, model=model, title=title, markers=markers))
    out.print(f"{target}: picture", markup=False, soft_wrap=True)
    return 0


def _marker(text: str) -> Marker:
    """A place to mark as a user writes it, with "LABEL = " before it if wanted."""
    label, equals, place = text.partition("=")
    spot = find_spot(place if equals else text)
    return spot.lat_deg, spot.lon_deg, label.strip() if equals else spot.name
