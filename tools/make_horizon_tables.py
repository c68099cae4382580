"""Make the horizon tables that come with the software.

Usage::

    python tools/make_horizon_tables.py TERRAIN_FOLDER [OUTPUT_FOLDER]

TERRAIN_FOLDER holds the ten 40 m windows of LOLA elevation (*_40m.tif); the tables go to
src/moonstation/data/horizons unless told otherwise. A slow test makes them anew and compares.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from moonstation.errors import MoonstationError
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizon_table import write_horizon
from moonstation.terrain.horizons import Horizon, horizon, locate

HEIGHTS = (2.0, 10.0)
AZIMUTHS = 720
WINDOWS = 10
CUT = "cut from NASA LRO LOLA in github.com/osh3276/cynthium-web"
TERRAIN = "LOLA 40 m (ten windows within 150 km of the pole) with 8 pixels per degree (3.8 km) beyond"
OUTPUT = Path(__file__).resolve().parents[1] / "src" / "moonstation" / "data" / "horizons"


@dataclass(frozen=True)
class Place:
    """A site of the packaged tables: file name, name, position [deg] and where the position comes from."""

    file: str
    name: str
    lat_deg: float
    lon_deg: float
    origin: str


PLACES = (
    Place("change7-reference", "Chang'e-7 reference site", -88.8, 123.4, "CNSA, Chang'e-7 landing region"),
    Place(
        "connecting-ridge", "Connecting Ridge", -89.4399, -137.1476, "Gläser et al. 2014, Icarus 243, spot 2"
    ),
    Place("shackleton-rim", "Shackleton rim", -89.685, -163.3, "Speyerer and Robinson 2013, Icarus 222"),
)


def make(folder: Path) -> dict[str, Horizon]:
    """Horizons of all places, from the windows in a folder, by file name."""
    windows = sorted(folder.glob("*_40m.tif"))
    if len(windows) != WINDOWS:
        raise SystemExit(f"{folder}: has {len(windows)} windows *_40m.tif, {WINDOWS} are needed")
    model = ElevationModel.from_files(windows)
    made = {}
    for place in PLACES:
        site = locate(model, place.name, place.lat_deg, place.lon_deg)
        ring = horizon(site, model, heights=HEIGHTS, azimuths=AZIMUTHS)
        sources = tuple(
            replace(source, version=CUT) if source.name.startswith("elevation window") else source
            for source in ring.sources
        )
        made[place.file] = replace(ring, terrain=TERRAIN, sources=sources)
    return made


def main(arguments: list[str]) -> int:
    """Write the tables; 0 when done, 2 for bad input."""
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    output = Path(arguments[1]) if len(arguments) == 2 else OUTPUT
    try:
        for name, made in make(Path(arguments[0])).items():
            write_horizon(made, output / f"{name}.csv")
            print(output / f"{name}.csv")
    except MoonstationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
