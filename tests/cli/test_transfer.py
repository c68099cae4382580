"""`moonstation transfer`: what it prints, writes and refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from moonstation.cli import transfer_far
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import Cislunar
from moonstation.transfers.low_energy import Search

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


def test_round_orbits_of_the_catalogue_have_no_argument(moonstation):
    done = moonstation("transfer", "home", "--orbit", "polar-100", "--from", "2030-03-01", "--days", "1")
    assert done.status == 0, done.err
    assert "100 x 100 km, inclination 90.0 deg" in done.out


def test_flights_to_a_halo_orbit_are_drawn_with_the_light_at_a_site(moonstation, tmp_path: Path):
    table, png = tmp_path / "f.csv", tmp_path / "f.png"
    done = moonstation(
        "transfer", "moon", "--orbit", "dro", "--from", "2030-03-01", "--days", "2", "--flight", "direct",
        "--site", "connecting-ridge", "--csv", table, "--png", png,
    )  # fmt: skip
    assert done.status == 0, done.err
    rows = pd.read_csv(table)
    assert rows[["arrival_sun_fraction", "arrival_earth_fraction"]].min().min() >= 0.0
    # the Earth stands over the southern horizon for a fortnight, this one among it
    assert (rows["arrival_earth_fraction"] == 1.0).all()
    assert "that Connecting Ridge sees at the insertion" in done.out
    picture = imread(png)
    assert picture.shape[0] > 900
    # both strips, most of them in full light
    yellow = (np.abs(picture[..., :3] - np.array([0.996, 0.906, 0.208])).max(axis=-1) < 0.04).mean()
    assert yellow > 0.04


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


@pytest.mark.slow
def test_flights_to_a_halo_orbit(moonstation, tmp_path: Path):
    table = tmp_path / "h.csv"
    done = moonstation(
        "transfer", "moon", "--from", "2030-03-01", "--days", "1", "--orbit", "halo", "--csv", table
    )
    assert done.status == 0
    assert "to the L2 southern halo orbit" in done.out
    rows = pd.read_csv(table)
    assert set(rows["way"]) == {"direct", "flyby"}
    assert (rows["in_orbit_long_march_5_kg"] < 8350).all()
    # the dear way is not shown
    assert "direct" not in done.out.split("* cheapest")[0]


def test_a_low_energy_flight_is_drawn_and_written(moonstation, monkeypatch, tmp_path: Path):
    def one(first, last, leave, reach, *, progress):
        # one arrival instead of the survey of all, which takes a minute
        when = Epoch.parse("2030-06-21").tdb_s
        search = Search(Cislunar.over(first.tdb_s, when + 10 * 86_400.0), leave, reach)
        starts = search.survey(when, 5e4, first.tdb_s, last.tdb_s)
        found = (search.correct(np.array([*turns, when]), 5e4) for _, *turns in starts)
        return [next(flight for flight in found if flight is not None)]

    monkeypatch.setattr(transfer_far, "find_low_energy_flights", one)
    table, png = tmp_path / "l.csv", tmp_path / "l.png"
    done = moonstation(
        "transfer", "moon", "--from", "2030-03-15", "--days", "30", "--flight", "low-energy",
        "--csv", table, "--png", png,
    )  # fmt: skip
    assert done.status == 0
    assert "by way of the Sun's pull" in done.out
    rows = pd.read_csv(table)
    assert rows["flight_d"].between(70, 130).all()
    assert rows["insertion_m_s"].between(635, 695).all()
    assert imread(png)[..., :3].std() > 0.05


def test_flights_home(moonstation, tmp_path: Path):
    table = tmp_path / "h.csv"
    done = moonstation("transfer", "home", "--from", "2030-03-01", "--days", "2", "--csv", table)
    assert done.status == 0
    rows = pd.read_csv(table)
    np.testing.assert_allclose(rows["entry_angle_deg"], -6.0, atol=1e-3)
    assert "-6.00" in done.out


@pytest.mark.slow
def test_home_from_an_orbit_held_by_earth_and_moon(moonstation, tmp_path):
    table = tmp_path / "home.csv"
    words = ("--orbit", "nrho", "--from", "2030-03-01", "--days", "1", "--flight", "4.4 d", "--csv", table)
    done = moonstation("transfer", "home", *words)
    assert done.status == 0
    rows = pd.read_csv(table)
    assert set(rows["way"]) <= {"direct", "flyby"}
    np.testing.assert_allclose(rows["entry_angle_deg"], -6.0, atol=0.01)
    assert "halo orbit" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("home", "--orbit", "dro", "--flight", "9 d"), "direct or flyby"),
        (("home", "--orbit", "halo", "--flyby", "1 km", "--days", "1"), "15 to 10000 km"),
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
        (("moon", "--orbit", "nrho", "--flight", "4 d"), "give direct or flyby"),
        (("moon", "--orbit", "halo", "--z-amplitude", "130000 km"), "the family goes from 0"),
        (("moon", "--orbit", "dro", "--radius", "5 km"), "10,000 to 100,000 km"),
        (("moon", "--orbit", "nrho", "--sun", "2 deg.."), "--sun: no landing is computed from --orbit nrho"),
        (("moon", "--orbit", "gateway-nrho"), "give --orbit nrho"),
        (("home", "--orbit", "queqiao-1"), "give --orbit halo --z-amplitude '13000 km'"),
        (("moon", "--orbit", "dro-70000"), "give --orbit dro --radius '70000 km'"),
        (("moon", "--png", "x.svg"), "--png x.svg: suffix .svg is unknown; give .png"),
        (("mars", "--overview", "x"), "--overview x: suffix none is unknown; give .png"),
        (("moon", "--apoapsis", "70000 km"), "give 60000 km at most, or a halo"),
        (("moon", "--azimuth", "90 deg..90 deg"), "has no width; write a lower and a higher bound"),
        (("moon", "--orbit", "halo", "--orbit-epoch", "2031-01-01"), "lies after the first day"),
        (("moon", "--orbit", "halo", "--days", "400", "--orbit-epoch", "2028-01-01"), "for 40 at most"),
        (("moon", "--orbit", "nowhere"), "nrho, halo, dro"),
        (("moon", "--flight", "low-energy", "--orbit-inclination", "free"), "give the orbit's inclination"),
        (("moon", "--flight", "low-energy", "--site", "ilrs:base"), "leave it out"),
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
