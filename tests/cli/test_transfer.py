"""`moonstation transfer`: what it prints, writes and refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

MOON = ("transfer", "moon", "--from", "2030-03-01", "--days", "2")


def test_mars_windows_are_printed_and_written(moonstation, tmp_path: Path):
    table, png, overview = (tmp_path / name for name in ("w.csv", "p.png", "o.png"))
    done = moonstation(
        "transfer", "mars", "--from", "2032", "--to", "2036", "--window", "2035",
        "--png", png, "--overview", overview, "--csv", table,
    )  # fmt: skip
    assert done.status == 0
    assert done.err == ""
    rows = pd.read_csv(table)
    assert list(rows["window"]) == [2033, 2033, 2035, 2035]
    assert "7.78" in done.out
    assert "2033-04-28" in done.out
    for path in (png, overview):
        picture = imread(path)
        assert picture.shape[0] > 500
        assert picture[..., :3].std() > 0.05


def test_the_same_request_gives_the_same_bytes(moonstation, tmp_path: Path):
    for name in ("a.png", "b.png"):
        assert (
            moonstation("transfer", "mars", "--from", "2033", "--to", "2033", "--png", tmp_path / name).status
            == 0
        )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_flights_to_the_moon_with_a_site(moonstation, tmp_path: Path):
    table, png = tmp_path / "f.csv", tmp_path / "f.png"
    done = moonstation(*MOON, "--site", "ilrs:base", "--csv", table, "--png", png)
    assert done.status == 0, done.err
    rows = pd.read_csv(table)
    assert rows["insertion_m_s"].between(780, 900).all()
    assert rows["arrival_sun_fraction"].between(0, 1).all()
    assert rows["landing_utc"].notna().all()
    assert np.all(rows["landed_long_march_5_kg"] < rows["in_orbit_long_march_5_kg"])
    assert "8350" in done.out
    assert "includes 5 % reserve" in done.out
    assert "assumption" in done.out
    assert imread(png)[..., :3].std() > 0.05


def test_landing_in_light_that_never_comes_is_told(moonstation):
    done = moonstation(*MOON, "--site", "ilrs:base", "--sun", "40 deg..50 deg")
    assert done.status == 0
    assert "the Sun is not at the elevation asked for" in done.out


def test_orbits_of_the_catalogue_and_free_planes(moonstation):
    relay = moonstation(*MOON, "--orbit", "queqiao-2-design")
    assert relay.status == 0
    assert "200 x 16000 km, inclination 62.4 deg" in relay.out
    assert "any inclination" in moonstation(*MOON, "--orbit-inclination", "free").out


def test_flights_home(moonstation, tmp_path: Path):
    table = tmp_path / "h.csv"
    done = moonstation("transfer", "home", "--from", "2030-03-01", "--days", "2", "--csv", table)
    assert done.status == 0
    rows = pd.read_csv(table)
    np.testing.assert_allclose(rows["entry_angle_deg"], -6.0, atol=1e-3)
    assert "-6.00" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mars", "--from", "2029-06"), "is no time"),
        (("mars", "--from", "2029-06-01", "--to", "2029-12-31"), "nearest"),
        (("mars", "--from", "2148", "--to", "2149"), "kernels cover"),
        (("mars", "--window", "2027"), "is none of 2026"),
        (("mars", "--best", "cheap"), "give one of c3"),
        (("mars", "--longest", "900 d"), "up to 450 d"),
        (("mars", "--most-c3", "5", "--png", "x.png"), "the least in 2026"),
        (("mars", "--png", "no/such/folder.png"), "folder does not exist"),
        (("moon", "--from", "2160-01-01"), "kernels cover"),
        (("moon", "--launch-site", "venchang"), "did you mean"),
        (("moon", "--inclination", "10 deg"), "reaches 19.60 to 85.29 deg"),
        (("moon", "--orbit", "queqiao-9"), "did you mean"),
        (("moon", "--days", "0"), "give more than 0"),
        (("moon", "--flight", "1 d"), "2 to 7 d"),
        (("moon", "--periapsis", "-5 km"), "above ground"),
        (("moon", "--isp", "3"), "50 to 5000 s"),
        (("moon", "--parking", "50 km"), "120 to 36000 km"),
        (("moon", "--best", "speed"), "give one of total"),
        (("home", "--flight", "9 d"), "2 d to 7 d"),
        (("home", "--entry-inclination", "1 deg", "--days", "1"), "off the equator"),
        (("home", "--entry-angle", "60 deg"), "-45 to -0.5"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(moonstation, words, told):
    done = moonstation("transfer", *words)
    assert done.status == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
