"""The best places and pairs of the south pole, found anew, against those that others have published."""

from pathlib import Path

import pytest

from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.candidates import Region, arc, open_region
from moonstation.study.find import find_sites
from moonstation.study.maps import MapRequest, make_map
from moonstation.study.pairs import find_pairs
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import map_grid

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture(scope="module")
def windows(truth) -> list[Path]:
    return sorted((truth / "terrain").glob("*_40m.tif"))


def region_of(
    model: ElevationModel, path: Path, first: str, last: str, *, width: float, **terms: object
) -> Region:
    start = Epoch.parse(first)
    span = round((Epoch.parse(last) - start) / HOUR) * HOUR
    grid = map_grid(model, -89.45, -137.2, width=width, height=width)
    make_map(model, MapRequest(grid=grid, start=start, span=span, step=HOUR, **terms), path)  # type: ignore[arg-type]
    return open_region(path)


# Gläser et al. 2014, Icarus 243, 78-90: the best spots of Connecting Ridge in LOLA terrain of 20 m, 2015-12-24 to
# 2034-12-24 by hours, no Earth eclipses. Height: latitude and longitude of the spots at that height, average and any
# light [%], dark and light spell [d] of the first. (Spots 1 and 2 lie 14 m apart.)
GLAESER = {
    2.0: ([(-89.4399, 222.8524), (-89.4395, 222.8066)], 87.93, 92.27, 4.62, 233.87),
    10.0: ([(-89.4516, 222.7581)], 92.55, 95.61, 3.08, 262.42),
}


@pytest.mark.slow
@pytest.mark.parametrize("height", GLAESER)
def test_best_spots_of_connecting_ridge_are_found_again(windows, tmp_path, height):
    # A region of 5 km and no hint. 60 m: a pixel of ours and one of theirs. 1.5 points, 0.3 d: as for these spots
    # themselves in test_against_published_sunlight, for the terrain is 40 m here and 20 m there.
    model = ElevationModel.from_files(windows)
    region = region_of(
        model, tmp_path / "m.tif", "2015-12-24", "2034-12-24", width=5e3, heights=(height,), eclipses=False,
        layers=("average_sun", "any_light", "slope", "terrain_pixel"),
    )  # fmt: skip
    spots, average, any_light, dark, light = GLAESER[height]
    place = find_sites(region, best=1, model=model).places[0]
    away = min(float(arc(place.spot.direction, Site("spot", *spot).enu_me[2])) for spot in spots)
    figures = place.figures
    print(
        f"{height:g} m: {away:.0f} m away, average {100 * figures['average_sun']:.2f} %, any light "
        f"{100 * figures['any_light']:.2f} %, dark {figures['longest_dark'] / DAY:.2f} d, light "
        f"{figures['longest_light'] / DAY:.2f} d"
    )
    assert away < 60.0
    assert 100.0 * figures["average_sun"] == pytest.approx(average, abs=1.5)
    assert 100.0 * figures["any_light"] == pytest.approx(any_light, abs=1.5)
    assert figures["longest_dark"] / DAY == pytest.approx(dark, abs=0.3)
    assert figures["longest_light"] / DAY == pytest.approx(light, abs=0.3)
    if height == 2.0:
        # Gläser et al. 2018, Planet. Space Sci. 162, 170-178: at 2 m, 2017 to 2037, the south pole has 88.0 % at most,
        # on the ridge between Shackleton and de Gerlache
        assert 100.0 * figures["average_sun"] == pytest.approx(88.0, abs=1.5)


@pytest.mark.slow
def test_two_areas_collectively_lit(windows, tmp_path):
    # Bussey et al. 2010, Icarus 208, 558-564 (abstract): in 2020, on Kaguya terrain of 474 m, the best place has 86 %,
    # and two others, less than 10 km apart, are collectively lit for 94 %. The windows are averaged to 480 m here and
    # the observer stands on the ground, as theirs. Their best place (on Shackleton's rim at 124.5 E) is outside this
    # region, whose best cannot have much more. Whether they count part of the disc in part is not known: the mean of
    # what the better place sees is held to 1.5 points, the time with any of the disc, always more, to 3 points. The
    # gain over the best place, 8 points, does not hang on that: 2 points.
    model = ElevationModel([read_elevation(path, block=12) for path in windows], read_packaged_grid())
    region = region_of(model, tmp_path / "m.tif", "2020-01-01", "2021-01-01", width=30e3, heights=(0.0,))
    alone = 100.0 * find_sites(region, best=1, model=model).places[0].figures["average_sun"]
    pair = find_pairs(region, model, distance=(1e3, 10e3), best=1).pairs[0]
    together, lit = (100.0 * pair.figures[name] for name in ("average_sun", "any_light"))
    print(
        f"best place {alone:.2f} %; {pair.distance / 1e3:.1f} km apart {together:.2f} %, any light {lit:.2f} %"
    )
    assert alone == pytest.approx(86.0, abs=1.5)
    assert together == pytest.approx(94.0, abs=1.5)
    assert lit == pytest.approx(94.0, abs=3.0)
    assert together - alone == pytest.approx(94.0 - 86.0, abs=2.0)
