"""Ensembles of a place: what is read, which error a layer gets, percentiles and how well they are known."""

import math
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.formats.geotiff import read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.formats.products import products
from moonstation.spacetime.epochs import Epoch
from moonstation.study.confidence import (
    Ensemble,
    Spread,
    confidence_notes,
    layer_errors,
    members_frame,
    parse_error,
)
from moonstation.study.places import find_place
from moonstation.study.sites import SitesResult, study_places
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.height_errors import PACKAGED_ERROR
from terrain_reference import polar_window

START = Epoch.parse("2035-01-01")
PLACE = "-89.99 deg, 30 deg"


def gentle(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    return 300.0 * np.cos(np.asarray(lat) * 4000.0) + 0.0 * np.asarray(lon)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return polar_window(tmp_path_factory.mktemp("w") / "gentle.tif", gentle, half_width=8e3, pixel=80.0)


@pytest.fixture(scope="module")
def result(window: Path) -> SitesResult:
    places = [
        find_place(PLACE, terrain=[window]),
        find_place("-89.99 deg, 60 deg", height=10.0, terrain=[window]),
    ]
    return study_places(
        places, START, START + 10 * 86_400.0, ensemble=Ensemble(12, 3, parse_error("correlated=3m@300m"))
    )


def test_errors_are_read_as_they_are_written() -> None:
    made = parse_error("white=0.5m, correlated=2 m @ 0.2 km, correlated=30 cm@20m")
    assert made.white == 0.5
    assert np.allclose(made.correlated, ((2.0, 200.0), (0.3, 20.0)))
    again = parse_error(made.words)
    assert (again.white, again.correlated) == (made.white, made.correlated)
    assert parse_error("white=1m").correlated == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no part of an error"),
        ("2m", "no part of an error"),
        ("noise=2m", "no part of an error"),
        ("white=2", "no unit"),
        ("white=2s", "length"),
        ("white=-1m", "0 m to 5 km"),
        ("white=1m@20m", "no length"),
        ("white=1m,white=2m", "one deviation"),
        ("correlated=2m", "length of 1 m"),
        ("correlated=2m@0m", "length of 1 m"),
        ("white=0m", "disturbs nothing"),
        ("white=nan m", "nan"),
    ],
)
def test_what_is_no_error_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        parse_error(text)
    assert "\n" not in str(caught.value)
    assert "--error" in str(caught.value)


@pytest.mark.parametrize(("members", "seed"), [(9, 1), (10_001, 1), (100, -1)])
def test_ensembles_out_of_range_are_refused(members: int, seed: int) -> None:
    with pytest.raises(RequestError, match="give"):
        Ensemble(members, seed)


def test_every_stated_error_of_the_catalogue_can_be_read() -> None:
    stated = [product for product in products().values() if product.height_error is not None]
    assert len(stated) >= 9
    for product in stated:
        assert product.height_error is not None
        assert product.kind == "terrain"
        made = parse_error(product.height_error.value)
        assert 0.1 < made.total < 5.0
        assert product.height_error.confidence in ("high", "medium", "low", "assumption")
        assert "doi:" in product.height_error.source


def test_layers_get_the_stated_error_else_that_of_the_product_else_an_assumption(
    window: Path, tmp_path: Path
) -> None:
    product = polar_window(tmp_path / "ldem_875s_5m.tif", gentle, half_width=500.0, pixel=5.0)
    product = product.rename(tmp_path / "Site01_final_adj_5mpp_surf.tif")
    model = ElevationModel([read_elevation(product), read_elevation(window)], read_packaged_grid())
    fine, coarse, grid = layer_errors(model, None)
    assert (fine.confidence, coarse.confidence) == ("medium", "assumption")
    assert coarse.total == pytest.approx(2.0)
    assert grid is PACKAGED_ERROR
    stated = parse_error("white=9m")
    assert layer_errors(model, stated) == [stated, stated, PACKAGED_ERROR]
    assert layer_errors(ElevationModel.packaged(), stated) == [stated]


def test_bounds_of_percentiles_hold_as_often_as_they_say() -> None:
    """Uniform numbers, whose percentiles are known: bounds hold in 90 % of draws or a little more."""
    rng = np.random.default_rng(1)
    for count, share in ((100, 0.01), (100, 0.5), (1000, 0.01), (1000, 0.99), (100, 0.95)):
        held = 0
        for _ in range(1500):
            low, high = Spread(0.5, rng.random(count)).bounds(share)
            held += low <= share <= high
        assert 0.885 < held / 1500 <= 1.0, (count, share)
    assert Spread(0.5, rng.random(100)).bounds(0.01)[0] == -math.inf
    assert Spread(0.5, rng.random(100)).bounds(0.99)[1] == math.inf
    assert math.isfinite(Spread(0.5, rng.random(1000)).bounds(0.01)[0])


def test_figures_of_the_members(result: SitesResult) -> None:
    for place in result.places:
        found = result.confidence[place.id]
        assert not found.enough
        run = result.lights[place.id]
        assert found.average.undisturbed == pytest.approx(run.statistics.average, abs=1e-12)
        assert found.longest_dark.undisturbed == run.statistics.longest_dark
        cycle = result.cycles[place.id].statistics
        assert found.cycle_average.undisturbed == pytest.approx(cycle.average, abs=1e-12)
        assert found.cycle_longest_dark.undisturbed == cycle.longest_dark
        for spread in (found.average, found.cycle_average):
            assert spread.values.shape == (12,)
            assert ((spread.values >= 0.0) & (spread.values <= 1.0)).all()
        assert np.ptp(found.cycle_average.values) > 0.0
        # ten days of a series in steps of ten minutes
        assert (found.longest_dark.values % 600.0 == 0.0).all()


def test_the_same_seed_gives_the_same_members(window: Path, result: SitesResult) -> None:
    stated = parse_error("correlated=3m@300m")
    place = find_place(PLACE, terrain=[window])
    again = study_places([place], START, START + 10 * 86_400.0, ensemble=Ensemble(12, 3, stated))
    first = next(iter(result.confidence.values()))
    same = next(iter(again.confidence.values()))
    assert np.array_equal(same.cycle_average.values, first.cycle_average.values)


def test_the_table_of_members(result: SitesResult) -> None:
    table = members_frame(result.places, result.confidence)
    assert len(table) == 2 * 13
    assert list(table["member"][:13]) == list(range(13))
    first = result.confidence[result.places[0].id]
    assert table["average_sun"][0] == first.average.undisturbed
    assert np.array_equal(table["average_sun"][1:13], first.average.values)
    assert table["longest_dark_h"][1] == first.longest_dark.values[0] / 3600.0
    assert set(table["seed"]) == {3}
    assert np.allclose(table["terrain_resolution_m"], 80.0)
    assert not table["indicative"].any()


def test_notes_tell_of_assumptions_and_of_a_figure_outside_the_ensemble(
    window: Path, result: SitesResult
) -> None:
    place = result.places[0]
    stated = result.confidence[place.id]
    assert not any("assumption" in note for note in confidence_notes(place, stated))
    plain = find_place(PLACE, terrain=[window])
    assumed = study_places([plain], START, START + 2 * 86_400.0, ensemble=Ensemble(10))
    assert any("is an assumption" in note for note in assumed.notes)


def test_a_finished_table_is_refused_before_anything_is_computed() -> None:
    place = find_place("connecting-ridge")
    with pytest.raises(RequestError, match=r"finished horizon table.*--terrain"):
        study_places([place], START, START + 86_400.0, ensemble=Ensemble(100))
