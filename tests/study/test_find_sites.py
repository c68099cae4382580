"""Places and pairs found on made-up ground of which the answer is known."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.errors import DataFileError, RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.candidates import Candidates, Region, arc, explain, open_region, pixel_centre
from moonstation.study.find import find_sites
from moonstation.study.maps import MapRequest, make_map
from moonstation.study.pairs import find_pairs
from moonstation.study.spots import SpotModel
from moonstation.study.terms import MEASURES, parse_term
from moonstation.sunlight.light import site_light
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import map_grid
from terrain_reference import plane_position, polar_window

DAY = 86_400.0
SUMMER = "2035-05-01"
"""The Sun stands over the horizon of the south pole for months."""

SITE = Site("pole", -90.0, 0.0)

Ground = Callable[[np.ndarray, np.ndarray], np.ndarray]


def on_plane(height: Ground) -> Ground:
    """A surface of polar stereographic x and y [m] as one of latitude and longitude."""
    return lambda lat, lon: height(*plane_position(lat, lon))


def model_of(path: Path, height: Ground, *, half_width: float, pixel: float) -> ElevationModel:
    polar_window(path, on_plane(height), half_width=half_width, pixel=pixel)
    return ElevationModel([read_elevation(path)], None)


def region_of(
    model: ElevationModel, folder: Path, *, width: float, start: str, days: float, step: float = 10_800.0,
    **changes: object,
) -> Region:  # fmt: skip
    request = MapRequest(
        grid=map_grid(model, -90.0, 0.0, width=width, height=width),
        start=Epoch.parse(start),
        span=days * DAY,
        step=step,
        directions=72,
    )
    make_map(model, replace(request, **changes), folder / "m.tif")  # type: ignore[arg-type]
    return open_region(folder / "m.tif")


def terms(*texts: str) -> list:
    return [parse_term(text) for text in texts]


# a peak in a plain


@pytest.fixture(scope="module")
def peak(tmp_path_factory) -> tuple[ElevationModel, Region]:
    folder = tmp_path_factory.mktemp("peak")
    model = model_of(
        folder / "w.tif",
        lambda x, y: 200.0 * np.exp(-((x - 2000.0) ** 2 + (y - 3000.0) ** 2) / 2e6),
        half_width=60e3,
        pixel=400.0,
    )
    return model, region_of(model, folder, width=9600.0, start="2035-01-01", days=365.0, step=21_600.0)


def test_the_peak_is_found_with_the_light_that_its_height_gives(peak):
    model, region = peak
    found = find_sites(region, best=1, model=model)
    place = found.places[0]
    assert math.hypot(place.x - 2000.0, place.y - 3000.0) <= 300.0
    # over a smooth plain the horizon dips by acos(R / (R + h)), whatever the direction
    height = place.spot.site.ground_m + 2.0
    assert 190.0 < height < 203.0
    dip = math.acos(MOON_RADIUS / (MOON_RADIUS + height))
    light = site_light(place.spot.site, region.et)
    expected = np.mean(light.elevation + light.radius > -dip)
    # 1 point: half a degree of Sun crosses the horizon in some 150 of 1460 steps
    assert place.figures["any_light"] == pytest.approx(expected, abs=0.01)
    assert place.map_figures["any_light"] == pytest.approx(expected, abs=0.02)
    assert place.resolution_m == 400.0
    assert not place.indicative
    # on the plain hardly more than half of the time
    assert np.median(region.layer("any_light")) < 0.65 < expected


def test_finer_search_does_not_lose_light_and_stays_by_its_pixel(peak):
    model, region = peak
    rough, fine = (find_sites(region, best=3, apart=2000.0, model=m) for m in (None, model))
    assert len(rough.places) == len(fine.places) == 3
    assert [place.spot for place in rough.places] == [None] * 3
    for place in fine.places:
        assert place.figures["average_sun"] > place.map_figures["average_sun"] - 0.01
        row, column = (region.grid.top - place.y) / 400.0, (place.x - region.grid.left) / 400.0
        assert min(row, column) >= 0.0
        assert max(row, column) <= 24.0
    averages = [place.figures["average_sun"] for place in fine.places]
    assert averages == sorted(averages, reverse=True)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        first, second = (fine.places[k].spot.direction for k in (a, b))
        assert arc(first, second) >= 2000.0 - 0.01


def test_other_measures_sort_too(peak):
    _, region = peak
    flat = find_sites(region, rank="slope", best=2, apart=3000.0)
    assert math.hypot(flat.places[0].x - 2000.0, flat.places[0].y - 3000.0) > 2000.0
    assert flat.places[0].figures["slope"] <= flat.places[1].figures["slope"]
    dark = find_sites(region, rank="longest_dark", best=1)
    assert dark.places[0].figures["longest_dark"] == pytest.approx(
        DAY * np.nanmin(region.layer("longest_dark")), rel=1e-6
    )


# a pit that no Sun reaches


@pytest.fixture(scope="module")
def pit(tmp_path_factory) -> tuple[ElevationModel, Region]:
    folder = tmp_path_factory.mktemp("pit")
    model = model_of(
        folder / "w.tif",
        lambda x, y: np.where(np.hypot(x, y) < 3000.0, -1500.0, 0.0),
        half_width=12e3,
        pixel=200.0,
    )
    return model, region_of(model, folder, width=14e3, start=SUMMER, days=30.0)


def test_shadow_distance_and_area_of_the_ring_around_a_pit(pit):
    model, region = pit
    candidates = Candidates(region)
    shadow = region.layer("permanent_shadow") == 1.0
    x, y = pixel_centre(region.grid, *np.indices(shadow.shape))
    radius = np.hypot(x, y)
    assert shadow[radius < 2700.0].all()
    assert not shadow[radius > 3300.0].any()
    # against all dark pixels, one by one; the plane is longer than the ground by up to 2e-6
    distance = candidates.values("shadow_distance")
    dark = np.argwhere(shadow)
    for row, column in ((0, 0), (35, 2), (60, 44), (35, 35), tuple(dark[0])):
        way = np.hypot(
            *(np.array([x[row, column], y[row, column]])[:, None] - np.stack([x[shadow], y[shadow]]))
        )
        assert distance[row, column] == pytest.approx(way.min(), abs=0.05)
    wanted = terms("any_light >= 50 %", "shadow_distance <= 1 km", "area >= 15 km2")
    met = candidates.meeting(wanted)
    # a ring of 3 to 4 km; a pixel more or less on either side is 13 % of it
    assert met.sum() * 0.2**2 == pytest.approx(math.pi * (4.0**2 - 3.0**2), rel=0.14)
    area = candidates.area(met)
    assert area.max() == pytest.approx(met.sum() * 200.0**2, rel=1e-5)
    found = find_sites(region, wanted, best=3, model=model)
    assert len(found.places) == 3
    for place in found.places:
        assert 3000.0 < math.hypot(place.x, place.y) < 4200.0
        assert place.figures["area"] == pytest.approx(area.max())
        # the pit's wall stands within one pixel
        assert place.figures["shadow_distance"] == pytest.approx(
            math.hypot(place.x, place.y) - 3000.0, abs=300.0
        )


def test_small_shadows_do_not_count(pit):
    _, region = pit
    none = Candidates(region, shadow_area=40e6)
    assert np.isnan(none.values("shadow_distance")).all()
    assert none.nearest_shadow(0, 0) is None
    some = Candidates(region, shadow_area=20e6)
    assert np.array_equal(some.values("shadow_distance"), Candidates(region).values("shadow_distance"))


def test_what_stands_in_the_way_is_told_and_relaxing_it_helps(pit):
    _, region = pit
    candidates = Candidates(region)
    wanted = terms("any_light >= 99.9 %", "shadow_distance <= 300 m", "area >= 30 km2")
    found = find_sites(region, wanted, model=None)
    assert found.places == ()
    shortfall = explain(candidates, wanted)
    assert found.shortfall.reports == shortfall.reports
    helped = 0
    for number, report in enumerate(shortfall.reports):
        others = [term for k, term in enumerate(wanted) if k != number]
        assert report.without == candidates.meeting(others).sum()
        if math.isnan(report.relaxed):
            assert report.without == 0
            continue
        helped += 1
        relaxed = replace(report.term, bound=report.relaxed)
        assert candidates.meeting([*others, relaxed]).any()
        stricter = report.relaxed + 1e-4 * max(report.relaxed, 1.0) * (1.0 if report.term.least else -1.0)
        assert not candidates.meeting([*others, replace(report.term, bound=stricter)]).any()
    assert helped >= 1
    row, column = shortfall.nearest
    assert shortfall.values["any_light"] == pytest.approx(candidates.values("any_light")[row, column])


def test_chosen_pixels_keep_their_distance_and_leave_no_room(pit):
    _, region = pit
    candidates = Candidates(region)
    order = candidates.order(candidates.known, MEASURES["average_sun"])
    chosen = candidates.spaced(order, 1500.0, 1000)
    x, y = pixel_centre(region.grid, *np.array(chosen).T)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    assert apart[~np.eye(len(chosen), dtype=bool)].min() >= 1500.0
    all_x, all_y = pixel_centre(region.grid, *np.indices(candidates.known.shape))
    nearest = np.hypot(all_x[..., None] - x, all_y[..., None] - y)
    assert (nearest.min(axis=-1) < 1500.0).all()
    # each pixel gave way to one that is no worse
    values = candidates.values("average_sun")
    best_near = np.where(nearest < 1500.0, values[tuple(np.array(chosen).T)], -1.0).max(axis=-1)
    assert (best_near >= values - 1e-7).all()
    assert candidates.spaced(order, 1500.0, 4) == chosen[:4]


# slopes


def test_slopes_over_a_footprint_are_those_of_a_cone(tmp_path):
    model = model_of(
        tmp_path / "w.tif", lambda x, y: 1000.0 - 0.1 * np.hypot(x, y), half_width=6e3, pixel=100.0
    )
    region = region_of(model, tmp_path, width=6e3, start=SUMMER, days=2.0)
    slope = math.atan(0.1)
    candidates = Candidates(region, footprint=500.0)
    greatest, mean = candidates.values("slope"), candidates.values("mean_slope")
    x, y = pixel_centre(region.grid, *np.indices(greatest.shape))
    away = np.hypot(x, y) > 1000.0
    # a cone is round: its ground a pixel away on either side is not on one line, which takes up to 0.5 %
    np.testing.assert_allclose(greatest[away], slope, rtol=5e-3)
    np.testing.assert_allclose(mean[away], slope, rtol=5e-3)
    # over the top it is level for a pixel: less in the mean, not at most
    top = np.unravel_index(np.argmin(np.hypot(x, y)), x.shape)
    assert mean[top] < 0.99 * slope
    assert greatest[top] == pytest.approx(slope, rel=0.02)
    assert Candidates(region).values("slope")[top] < 0.9 * slope
    # the exact model measures slopes as the map does
    exact = SpotModel(candidates, model)
    for row, column in (top, (10, 14), (44, 20)):
        spot = exact.at(float(x[row, column]), float(y[row, column]))
        assert spot.figures["slope"] == pytest.approx(float(greatest[row, column]), rel=1e-4)
        assert spot.figures["mean_slope"] == pytest.approx(float(mean[row, column]), rel=1e-4)


# two sides of a wall


@pytest.fixture(scope="module")
def wall(tmp_path_factory) -> tuple[ElevationModel, Region]:
    folder = tmp_path_factory.mktemp("wall")
    model = model_of(
        folder / "w.tif", lambda x, y: 700.0 * np.exp(-((x / 250.0) ** 2)), half_width=12e3, pixel=200.0
    )
    return model, region_of(model, folder, width=6e3, start=SUMMER, days=29.5, step=3600.0)


def test_two_sides_of_a_wall_are_lit_by_turns(wall):
    model, region = wall
    assert float(np.degrees(site_light(SITE, region.et).elevation.min())) > 1.0
    found = find_pairs(
        region, model, terms("slope <= 1 deg"), footprint=1000.0, distance=(1000.0, 4000.0), best=3
    )
    assert len(found.pairs) == 3
    for pair in found.pairs:
        assert pair.first.x * pair.second.x < 0.0
        assert 1000.0 <= pair.distance <= 4000.0
        assert pair.distance == pytest.approx(
            math.hypot(pair.first.x - pair.second.x, pair.first.y - pair.second.y), rel=1e-4
        )
        # a Sun over the horizon all month is seen from one side or the other, and from each half of the time
        assert pair.figures["any_light"] == 1.0
        assert pair.map_any_light == 1.0
        assert pair.figures["longest_dark"] == 0.0
        assert pair.figures["average_sun"] > 0.98
        for place in (pair.first, pair.second):
            away = abs(place.x)
            # hidden while the wall, 700 m at x = 0, stands higher than the Sun (1 to 1.8 deg): cos a > x tan(s) / 700
            lit = [1.0 - math.acos(away * math.tan(math.radians(s)) / 700.0) / math.pi for s in (1.0, 1.8)]
            assert lit[0] - 0.02 < place.figures["any_light"] < lit[1] + 0.03
        # the line between two masts of 2 m runs under the crest, which pixels of 200 m cut off at 100 m from the middle
        assert pair.clearance == pytest.approx(2.0 - 700.0 * math.exp(-0.16), abs=5.0)


def test_pairs_of_one_side_are_worse_and_see_each_other(wall):
    model, region = wall
    met = Candidates(region).values("slope")
    assert np.isfinite(met).all()
    near = find_pairs(
        region, model, terms("slope <= 1 deg"), footprint=1000.0, distance=(400.0, 900.0), best=1
    )
    assert near.pairs[0].first.x * near.pairs[0].second.x > 0.0
    assert near.pairs[0].figures["any_light"] < 0.6
    assert near.pairs[0].clearance == pytest.approx(2.0, abs=0.2)
    rough = find_pairs(
        region,
        model,
        terms("slope <= 1 deg"),
        footprint=1000.0,
        distance=(400.0, 900.0),
        best=1,
        refine=False,
    )
    assert set(rough.pairs[0].figures) == {"any_light"}
    assert rough.pairs[0].clearance is None


def test_no_two_places_that_far_apart(wall):
    model, region = wall
    assert find_pairs(region, model, distance=(50e3, 60e3)).pairs == ()
    none = find_pairs(region, model, terms("average_sun >= 100 %", "slope <= 0 deg"))
    assert none.pairs == ()
    assert none.shortfall is not None


# what is refused


def test_refuses_what_makes_no_sense(peak, pit, tmp_path):
    model, region = peak
    other, _ = pit
    for changes, words in (
        ({"best": 0}, "--best"),
        ({"apart": -1.0}, "--apart"),
        ({"footprint": 1e6}, "--footprint"),
        ({"shadow_area": -1.0}, "--shadow-area"),
        ({"rank": "beauty"}, "--rank"),
        ({"model": other}, "was made from other terrain"),
    ):
        with pytest.raises(RequestError, match=words) as refused:
            find_sites(region, **changes)
        assert "\n" not in str(refused.value)
    with pytest.raises(RequestError, match="--distance"):
        find_pairs(region, model, distance=(5.0, 1.0))
    with pytest.raises(RequestError, match="has 2 m"):
        open_region(region.file.path, 3.0)
    for path in (tmp_path / "none.tif", tmp_path):
        with pytest.raises(DataFileError, match="cannot be read as a map") as refused:
            open_region(path)
        assert "\n" not in str(refused.value)


def test_refuses_files_that_are_no_maps(peak, tmp_path):
    _, region = peak
    plain = polar_window(tmp_path / "w.tif", on_plane(lambda x, y: 0.0 * x), half_width=2e3, pixel=200.0)
    with pytest.raises(DataFileError, match="is no map of"):
        open_region(plain)
    content = region.file.path.read_bytes()
    torn = tmp_path / "torn.tif"
    for kept in (3000, len(content) - 4000):
        torn.write_bytes(content[:kept])
        with pytest.raises(DataFileError, match="torn"):
            open_region(torn)


def test_a_layer_that_the_map_lacks(peak, tmp_path):
    model, _ = peak
    region = region_of(
        model,
        tmp_path,
        width=4000.0,
        start=SUMMER,
        days=5.0,
        layers=("average_sun", "slope", "terrain_pixel"),
    )
    with pytest.raises(RequestError, match="has no layer earth_visible_2m"):
        find_sites(region, terms("earth_visible >= 10 %"))
    found = find_sites(region, terms("slope <= 20 deg"), best=2, model=model)
    assert found.places[0].figures["earth_visible"] >= 0.0
    assert "earth_visible" not in found.places[0].map_figures
