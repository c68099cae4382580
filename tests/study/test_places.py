"""Places by what a user writes, and their light over a span and a nodal cycle."""

from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import CoverageError, DataFileError, MoonstationError, RequestError, StationFileError
from moonstation.spacetime.epochs import Epoch
from moonstation.study.places import find_place, find_spot
from moonstation.study.sites import CYCLE_DAYS, SitesResult, study_places
from moonstation.sunlight.light import sun_fraction
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon, write_horizon

START = Epoch.parse("2035-01-01")


@pytest.fixture(scope="module")
def result() -> SitesResult:
    places = [find_place("connecting-ridge"), find_place("shackleton-rim"), find_place("connecting-ridge")]
    return study_places(places, START, START + 60 * 86_400.0)


@pytest.mark.parametrize(
    "text",
    [
        "-89.45 deg, 222.85 deg",
        "89.45 deg S, 137.15 deg W",
        "89.45° S,137.15° W",
        "\N{MINUS SIGN}89.45 deg, -137.15 deg",
    ],
)
def test_coordinates_in_several_hands_are_one_place(text: str) -> None:
    place = find_place(text)
    assert (place.lat_deg, place.lon_deg) == pytest.approx((-89.45, -137.15))
    assert place.name == "89.4500° S, 137.1500° W"
    assert place.height == 2.0
    assert place.ground.horizon.indicative
    assert "3.8 km" in place.limit


def test_built_in_sites_tables_and_sites_of_stations(tmp_path: Path) -> None:
    ridge = find_place("connecting-ridge", height=5.0)
    assert (ridge.id, ridge.name, ridge.height, ridge.limit) == (
        "connecting-ridge",
        "Connecting Ridge",
        5.0,
        "",
    )
    assert ridge.site.ground_m == pytest.approx(1958.204)
    table = tmp_path / "my table.csv"
    write_horizon(read_horizon(packaged_horizon("shackleton-rim")), table)
    mine = find_place(str(table))
    assert mine.id == "my-table"
    assert mine.ground.horizon.elevation.shape == (2, 720)
    base = find_place("ilrs:base")
    assert base.station is not None
    assert base.height == 10.0
    made = find_place("connecting-ridge", terrain=[]).ground
    assert made.table == "connecting-ridge"


def test_a_table_without_its_ground_gets_it_from_the_packaged_terrain(tmp_path: Path) -> None:
    text = packaged_horizon("connecting-ridge").read_text(encoding="utf-8")
    table = tmp_path / "bare.csv"
    table.write_text("\n".join(line for line in text.splitlines() if not line.startswith("# ground_m")))
    assert 500.0 < find_place(str(table)).site.ground_m < 3000.0


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("conecting-ridge", RequestError, "did you mean connecting-ridge"),
        ("Shakleton", RequestError, "did you mean Shackleton or shackleton-rim"),
        ("ilrs:bse", RequestError, "did you mean ilrs:base"),
        ("ilr:base", StationFileError, "did you mean"),
        ("nowhere", RequestError, "built-in site"),
        ("-89.4, 3 deg", RequestError, "no unit"),
        ("-99 deg, 3 deg", RequestError, "off the Moon"),
        ("3 deg E, 89 deg S", RequestError, "latitude first"),
        ("-89 deg S, 3 deg", RequestError, "no angle"),
        ("1 deg, 2 deg, 3 deg", RequestError, "a latitude and a longitude"),
        ("", RequestError, "unknown"),
    ],
)
def test_what_is_no_place_is_refused_with_the_cure(
    text: str, error: type[MoonstationError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        find_place(text)
    assert "\n" not in str(caught.value)


def test_features_have_a_width_and_places_have_none() -> None:
    crater = find_spot("Shackleton crater")
    assert (crater.name, crater.lat_deg, crater.lon_deg) == ("Shackleton", -89.67, 129.78)
    assert crater.diameter == pytest.approx(20_920.0)
    assert find_spot("connecting-ridge").diameter is None
    assert find_spot("89.44 deg S, 137.15 deg W").lat_deg == -89.44
    middle = find_place("Mons Mouton")
    assert (middle.lat_deg, middle.lon_deg, middle.name) == (-84.6, 31.0, "middle of Mons Mouton")


def test_files_that_are_no_places_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[station]")
    with pytest.raises(RequestError, match="SITE"):
        find_place(str(tmp_path / "a.toml"))
    (tmp_path / "a.csv").write_text("nothing")
    with pytest.raises(DataFileError):
        find_place(str(tmp_path / "a.csv"))
    with pytest.raises(RequestError, match="under the ground"):
        find_place("connecting-ridge", height=-1.0)


def test_figures_of_a_span_are_those_of_the_light(result: SitesResult) -> None:
    place = result.places[0]
    et = place_times(60)
    share = sun_fraction(place.site, place.ground.horizon, et, height=2.0)
    assert result.lights[place.id].statistics.average == pytest.approx(share.mean(), abs=1e-12)
    assert result.metrics["site.connecting-ridge.sun.average"] == pytest.approx(share.mean(), abs=1e-12)
    assert result.series["sun_fraction"].sel(site=place.id).values == pytest.approx(share)


def place_times(days: int) -> np.ndarray:
    from moonstation.spacetime.epochs import utc_to_tdb

    return utc_to_tdb(np.datetime64("2035-01-01", "ns") + np.arange(days * 144) * np.timedelta64(600, "s"))


def test_places_named_twice_keep_apart_and_agree(result: SitesResult) -> None:
    assert [place.id for place in result.places] == [
        "connecting-ridge",
        "shackleton-rim",
        "connecting-ridge-2",
    ]
    one, two = result.cycles["connecting-ridge"], result.cycles["connecting-ridge-2"]
    assert one.statistics == two.statistics


def test_the_cycle_covers_every_whole_month_of_18_6_years(result: SitesResult) -> None:
    cycle = result.cycles["shackleton-rim"]
    assert (cycle.stop - cycle.start) / 86_400.0 == pytest.approx(CYCLE_DAYS, abs=0.05)
    months = list(cycle.monthly["month"])
    assert months[0] == "2035-01"
    assert months[-1] == "2053-07"
    assert len(months) == 18 * 12 + 7
    worst = cycle.worst(12)
    assert worst["average"].is_monotonic_increasing
    assert worst["average"].iloc[0] == cycle.monthly["average"].min()
    # a month anew, by the hour
    place = result.places[1]
    first = np.datetime64(f"{worst['month'][0]}-01", "h")
    last = (first.astype("datetime64[M]") + 1).astype("datetime64[h]")
    from moonstation.spacetime.epochs import utc_to_tdb

    et = utc_to_tdb(np.arange(first, last).astype("datetime64[ns]"))
    share = sun_fraction(place.site, place.ground.horizon, et, height=2.0)
    assert worst["average"][0] == pytest.approx(share.mean(), abs=1e-9)


def test_spans_that_cannot_be_studied_are_refused() -> None:
    ridge = find_place("connecting-ridge")
    with pytest.raises(RequestError, match="no place"):
        study_places([], START, START + 86_400.0)
    with pytest.raises(RequestError, match="a day or more"):
        study_places([ridge], START, START + 3600.0)
    late = Epoch.parse("2140-01-01")
    with pytest.raises(CoverageError, match="kernels cover"):
        study_places([ridge], late, late + 86_400.0)
