"""Orbiters of a station that have no elements: kept halo orbits of the catalogue, and ephemeris files."""

from dataclasses import replace

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, DataFileError, OrbitError, RequestError
from moonstation.links.contacts import find_contacts
from moonstation.orbits.multiple_shooting import turning_axes
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.frames import rotate
from moonstation.station.model import Orbiter
from moonstation.study.kept_orbits import fly_kept
from moonstation.study.orbit_files import FileOptions, write_orbit_file
from moonstation.study.orbiters import fly_orbiter
from moonstation.study.orbits import OrbitInput, find_orbit

START = Epoch.parse("2035-03-01")
DAY = 86_400.0
MALARGUE = GroundStation(
    id="malargue", name="Malargue", lat_deg=-35.776, lon_deg=-69.398, alt_m=1550.0, mask_deg=10.0
)


def orbiter(**values):
    return Orbiter.model_validate({"id": "it", **values})


@pytest.fixture(scope="module")
def gateway():
    spec = orbiter(kind="nrho", area=20.0, mass=1000.0)
    return fly_orbiter(spec, start=START, stop=START + 20 * DAY)


@pytest.mark.slow
def test_a_near_rectilinear_orbit_is_kept_over_the_whole_span(gateway):
    flown = gateway.trajectory
    assert flown.et[0] == START.tdb_s
    assert flown.et[-1] == pytest.approx((START + 20 * DAY).tdb_s, abs=1e-6)
    radius = np.linalg.norm(flown.position_icrf(np.linspace(flown.et[0], flown.et[-1], 5000)), axis=1)
    # the Gateway's perilune of 3250 km, apolune near 71,000 km; the Moon's own orbit moves both
    assert 2600e3 < radius.min() < 3800e3
    assert 65e6 < radius.max() < 75e6
    # at its apolune far in the south when it begins
    x, _, z = rotate(turning_axes(flown.et[:1]), flown.states_icrf[:1, :3])[0]
    assert z < -60e6
    assert abs(x) < 20e6


@pytest.mark.slow
def test_what_keeping_costs_is_told_with_its_assumptions(gateway):
    # published: about 10 m/s a year or less for the Gateway
    assert 0.5 < gateway.keeping_yearly < 10.0
    note = gateway.trajectory.note
    assert f"costs {gateway.keeping_yearly:.2g} m/s a year" in note
    assert "station-kept over the whole span" in note
    assert "Errors assumed: navigation 1000 m and 1 cm/s" in note
    assert "sunlight pressure (area over mass 0.02 m2/kg" in note
    assert "no manoeuvres" not in note


@pytest.mark.slow
def test_sunlight_moves_the_reference(gateway):
    dark = fly_kept(orbiter(kind="nrho"), start=START, stop=START + 20 * DAY).trajectory
    assert "no sunlight pressure" in dark.note
    et = np.linspace(START.tdb_s, dark.et[-1], 50)
    apart = np.linalg.norm(dark.position_icrf(et) - gateway.trajectory.position_icrf(et), axis=1)
    assert 10.0 < apart.max() < 1e6


def test_a_distant_retrograde_orbit_needs_little():
    flown = fly_orbiter(orbiter(kind="dro", radius=70e6), start=START, stop=START + 10 * DAY)
    assert flown.trajectory.altitude_extremes.lowest + MOON_RADIUS > 60e6
    assert flown.keeping_yearly < 5.0


def test_free_orbiters_have_no_keeping():
    spec = orbiter(periapsis_altitude=500e3, apoapsis_altitude=600e3, inclination=1.5, epoch=START + -DAY)
    flown = fly_orbiter(spec, start=START, stop=START + DAY)
    assert flown.keeping_yearly is None
    # begun a day before, known from the start of the study on
    assert flown.trajectory.et[0] == START.tdb_s


def test_an_orbit_that_does_not_exist_names_the_orbiter():
    with pytest.raises(OrbitError, match=r"^orbiter it: no halo orbit about L2 has a period"):
        fly_orbiter(orbiter(kind="halo", period=3 * DAY), start=START, stop=START + DAY)


def test_an_epoch_after_the_start_is_refused():
    with pytest.raises(RequestError, match=r"orbiter it: its orbit holds from 2035-03-02T00:00Z, after"):
        fly_orbiter(orbiter(kind="nrho", epoch=START + DAY), start=START, stop=START + 5 * DAY)


@pytest.fixture(scope="module")
def relay():
    spec = orbiter(
        periapsis_altitude=254e3, apoapsis_altitude=16941e3, inclination=2.08, arg_periapsis=np.pi / 2
    )
    return fly_orbiter(spec, start=START, stop=START + 4 * DAY).trajectory


@pytest.mark.parametrize("suffix", [".oem", ".bsp"])
def test_an_ephemeris_gives_the_contacts_of_the_flight_it_was_written_from(relay, suffix, tmp_path):
    path = tmp_path / f"relay{suffix}"
    run = find_orbit("queqiao-2", OrbitInput(days=1.0))
    write_orbit_file(path, replace(run, trajectory=relay), FileOptions())
    start, stop = START + 0.5 * DAY, START + 3.5 * DAY
    read = fly_orbiter(orbiter(ephemeris=str(path)), start=start, stop=stop).trajectory
    assert (read.et[0], read.et[-1]) == pytest.approx((start.tdb_s, stop.tdb_s), abs=1e-6)
    et = np.linspace(start.tdb_s, stop.tdb_s - 1e-3, 2000)
    assert np.abs(read.position_icrf(et) - relay.position_icrf(et)).max() < 0.05
    first, second = (
        [
            (c.start, c.stop)
            for c in find_contacts({}, {"it": t}, {"m": MALARGUE}, start=start.tdb_s, stop=stop.tdb_s)
        ]
        for t in (relay, read)
    )
    assert len(first) > 3
    assert np.array(first) == pytest.approx(np.array(second), abs=0.02)


def test_a_file_that_is_too_short_says_what_it_covers(relay, tmp_path):
    path = tmp_path / "short.oem"
    path.write_text("", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"^orbiter it: .*short.oem"):
        fly_orbiter(orbiter(ephemeris=str(path)), start=START, stop=START + DAY)
    run = find_orbit("queqiao-2", OrbitInput(days=1.0))
    write_orbit_file(path, replace(run, trajectory=relay), FileOptions())
    with pytest.raises(
        CoverageError, match=r"orbiter it: short.oem covers 2035-03-01T00:00:00Z to 2035-03-05T00"
    ):
        fly_orbiter(orbiter(ephemeris=str(path)), start=START, stop=START + 5 * DAY)


def test_catalogue_orbits_by_kind_take_no_elements():
    with pytest.raises(
        RequestError, match=r"gateway-nrho is a 9:2 near-rectilinear .* inclination are given"
    ):
        find_orbit("gateway-nrho", OrbitInput(inclination=1.0))
