"""Contacts against looking once a second, and what may go wrong with them."""

import math
from dataclasses import replace

import brute_contacts as brute
import numpy as np
import pytest
from kepler_orbit import low_orbit, relay_orbit

from moonstation.errors import CoverageError, RequestError
from moonstation.links.contacts import (
    SurfaceAntenna,
    contacts_frame,
    find_contacts,
    orbiter_ground_contacts,
    site_ground_contacts,
    site_orbiter_contacts,
    windows_between,
)
from moonstation.links.views import highest_elevation
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import Horizon

DAY = 86_400.0
# The Earth rises over the ridges of the made-up horizon, and sets behind them eight days later.
START = Epoch.parse("2028-03-24").tdb_s
HEIGHT = 3.0
SITE = Site("ridge", -88.8, 123.4, 1500.0)
STATIONS = {
    "kashgar": GroundStation("kashgar", "Kashgar", 38.4553, 76.7279, 1300.0, 10.0),
    "malargue": GroundStation("malargue", "Malargüe", -35.776, -69.398, 1550.0, 10.0),
    "bear-lakes": GroundStation("bear-lakes", "Bear Lakes", 55.8680, 37.9524, 200.0, 7.0),
}


def bumpy_horizon(site, seed=3, count=720):
    """A made-up horizon with ridges of all widths, from -1.5 to 6 deg."""
    azimuth = np.arange(count) * 2.0 * np.pi / count
    rng = np.random.default_rng(seed)
    elevation = np.full(count, 1.0)
    for waves in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144):
        elevation += rng.normal(0.0, 1.2 / waves**0.6) * np.cos(waves * azimuth + rng.uniform(0.0, 6.0))
    elevation = np.radians(np.maximum(elevation, -1.5))
    return Horizon(
        site=site,
        heights=np.array([2.0, 10.0]),
        azimuth=azimuth,
        elevation=np.vstack([elevation, elevation - 0.002]),
        distance=np.full((2, count), np.nan),
        terrain="made up for tests",
        resolution_m=math.nan,
        indicative=False,
        sources=(),
    )


HORIZON = bumpy_horizon(SITE)


def agree(found, looked):
    """Same windows, edges within the second between two looks."""
    assert found.shape == looked.shape
    # A window opens in the second before its first look that is good, and closes in that after its last.
    assert np.all(looked[:, 0] - found[:, 0] > -0.1)
    assert np.all(looked[:, 0] - found[:, 0] < 1.1)
    assert np.all(found[:, 1] - looked[:, 1] > -0.1)
    assert np.all(found[:, 1] - looked[:, 1] < 1.1)


def without_blinks(found):
    """Windows that a look once a second cannot miss."""
    return found[found[:, 1] - found[:, 0] > 1.0]


@pytest.mark.slow
@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("first_day", [0.0, 4.0, 6.0])
def test_site_to_ground_agrees_with_looking_every_second(station, first_day):
    start = START + first_day * DAY
    et = np.arange(start, start + 2.0 * DAY)
    looked = brute.site_ground(SITE, HORIZON, HEIGHT, STATIONS[station], et)
    found = site_ground_contacts(SITE, HORIZON, STATIONS[station], start, et[-1], height=HEIGHT)
    assert len(looked) > 0
    agree(found, looked)


@pytest.mark.slow
@pytest.mark.parametrize(("orbit", "days"), [(low_orbit, 3.0), (relay_orbit, 6.0)])
@pytest.mark.parametrize("lat_deg", [-88.8, -20.0])
def test_site_to_orbiter_agrees_with_looking_every_second(orbit, days, lat_deg):
    site = Site("ridge", lat_deg, 123.4, 1500.0)
    horizon = bumpy_horizon(site)
    et = np.arange(START, START + days * DAY)
    trajectory = orbit(START, float(et[-1]))
    looked = brute.site_orbiter(site, horizon, HEIGHT, trajectory, et)
    found = site_orbiter_contacts(site, horizon, trajectory, START, float(et[-1]), height=HEIGHT)
    assert len(looked) > 3
    agree(found, looked)


@pytest.mark.slow
@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize(("orbit", "days"), [(low_orbit, 2.0), (relay_orbit, 4.0)])
def test_orbiter_to_ground_agrees_with_looking_every_second(station, orbit, days):
    et = np.arange(START, START + days * DAY)
    trajectory = orbit(START - 10.0, float(et[-1]))
    looked = brute.orbiter_ground(trajectory, STATIONS[station], et)
    found = orbiter_ground_contacts(trajectory, STATIONS[station], START, float(et[-1]))
    assert len(looked) > 1
    agree(found, looked)


@pytest.mark.slow
def test_a_propagated_orbit_agrees_with_looking_every_second():
    # The relay of shared/truth/orbits, whose steps of integration stand hours apart, on another day.
    state = 1e3 * np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404])
    trajectory = propagate(
        state, epoch=Epoch.from_tdb_s(START - 100.0), duration=3.0 * DAY + 200.0, degree=8, name="elfo"
    )
    et = np.arange(START, START + 3.0 * DAY)
    looked = brute.orbiter_ground(trajectory, STATIONS["kashgar"], et)
    agree(orbiter_ground_contacts(trajectory, STATIONS["kashgar"], START, float(et[-1])), looked)
    assert len(looked) > 2
    looked = brute.site_orbiter(SITE, HORIZON, HEIGHT, trajectory, et)
    agree(
        site_orbiter_contacts(SITE, HORIZON, trajectory, START, float(et[-1]), height=HEIGHT),
        looked,
    )
    assert len(looked) > 2


def test_a_slit_in_a_ridge_opens_a_window_of_its_own():
    # A wall of 20 deg all round but for a gap of half a degree: a low orbiter is behind it for seconds.
    azimuth = HORIZON.azimuth
    wall = np.full(azimuth.size, np.radians(20.0))
    wall[::60] = 0.0
    horizon = Horizon(
        site=SITE,
        heights=np.array([HEIGHT]),
        azimuth=azimuth,
        elevation=wall[None],
        distance=np.full((1, azimuth.size), np.nan),
        terrain="made up",
        resolution_m=math.nan,
        indicative=False,
        sources=(),
    )
    et = np.arange(START, START + DAY)
    trajectory = low_orbit(START, float(et[-1]))
    looked = brute.site_orbiter(SITE, horizon, HEIGHT, trajectory, et)
    found = site_orbiter_contacts(SITE, horizon, trajectory, START, float(et[-1]), height=HEIGHT)
    assert np.min(looked[:, 1] - looked[:, 0]) < 20.0
    agree(without_blinks(found), looked)


def test_an_antenna_that_cannot_point_low_sees_as_over_a_level_horizon():
    level = replace(HORIZON, elevation=np.full_like(HORIZON.elevation, np.radians(12.0)))
    et = np.arange(START, START + DAY, 1.0)
    trajectory = relay_orbit(START, float(et[-1]))
    looked = brute.site_orbiter(SITE, level, HEIGHT, trajectory, et)
    found = site_orbiter_contacts(
        SITE, HORIZON, trajectory, START, float(et[-1]), height=HEIGHT, min_elevation=np.radians(12.0)
    )
    assert len(looked) > 0
    agree(found, looked)


def everything(days=3.0, workers=2):
    stop = START + days * DAY
    return find_contacts(
        {"ridge": SurfaceAntenna(SITE, HORIZON, HEIGHT)},
        {"low": low_orbit(START, stop), "relay": relay_orbit(START, stop)},
        STATIONS,
        start=START,
        stop=stop,
        workers=workers,
    )


def test_all_pairs_at_once_give_what_each_pair_gives():
    contacts = everything()
    stop = START + 3.0 * DAY
    kinds = {(c.kind, c.from_id, c.to_id) for c in contacts}
    assert {kind for kind, _, _ in kinds} == {"site-ground", "site-orbiter", "orbiter-ground"}
    low, relay = low_orbit(START, stop), relay_orbit(START, stop)
    alone = {
        ("ridge", "kashgar"): site_ground_contacts(
            SITE, HORIZON, STATIONS["kashgar"], START, stop, height=HEIGHT
        ),
        ("ridge", "relay"): site_orbiter_contacts(SITE, HORIZON, relay, START, stop, height=HEIGHT),
        ("low", "malargue"): orbiter_ground_contacts(low, STATIONS["malargue"], START, stop),
    }
    for (from_id, to_id), windows in alone.items():
        together = windows_between(contacts, from_ids=[from_id], to_ids=[to_id])
        np.testing.assert_array_equal(together[0], windows)


def test_threads_change_nothing():
    assert everything(workers=1) == everything(workers=4)


def test_highest_elevation_is_that_of_a_fine_look():
    contacts = [c for c in everything() if c.kind == "orbiter-ground"]
    orbits = {"low": low_orbit(START, START + 3.0 * DAY), "relay": relay_orbit(START, START + 3.0 * DAY)}
    for contact in contacts[::5]:
        et = np.linspace(contact.start, contact.stop, 400)
        r_station, zenith = brute.station_icrf(STATIONS[contact.to_id], et)
        path = brute.unit(r_station - orbits[contact.from_id].position_icrf(et - 1.28))
        finest = np.max(-np.arcsin(np.sum(path * zenith, axis=1)))
        assert contact.max_elevation == pytest.approx(finest, abs=3e-4)  # 0.02 deg
        assert contact.max_elevation >= np.radians(STATIONS[contact.to_id].mask_deg) - 1e-5


def test_highest_elevation_of_a_pass_through_the_zenith():
    # Great circles that miss the zenith by 0 to 5 deg, at the rate of a low orbiter; the roof is not in the middle.
    miss = np.radians([0.0, 0.1, 1.0, 5.0])
    windows = np.array([[10_000.0 * k, 10_000.0 * k + 2150.0] for k in range(miss.size)])

    def elevation(et):
        k = np.floor(et / 10_000.0).astype(int)
        angle = np.radians(0.07) * (et - windows[k, 0] - 1011.0)
        return np.arcsin(np.cos(miss[k]) * np.cos(angle) - 0.02 * (1.0 - np.cos(angle)) * np.sin(angle))

    np.testing.assert_allclose(
        highest_elevation(windows, elevation), np.pi / 2 - miss, atol=2e-5
    )  # 0.001 deg


def test_table_of_contacts():
    contacts = everything()
    frame = contacts_frame(contacts)
    assert list(frame.columns) == [
        "from",
        "to",
        "kind",
        "start_utc",
        "end_utc",
        "duration_s",
        "max_elevation_deg",
        "clipped",
    ]
    assert len(frame) == len(contacts)
    assert frame["start_utc"].is_monotonic_increasing
    begin = np.array([Epoch.parse(text).tdb_s for text in frame["start_utc"]])
    end = np.array([Epoch.parse(text).tdb_s for text in frame["end_utc"]])
    np.testing.assert_allclose(end - begin, frame["duration_s"], atol=2e-3)
    at_ends = (np.abs(begin - START) < 1e-3) | (np.abs(end - START - 3.0 * DAY) < 1e-3)
    assert np.array_equal(frame["clipped"].to_numpy(), at_ends)
    assert at_ends.any()
    empty = contacts_frame([])
    assert list(empty.columns) == list(frame.columns)
    assert len(empty) == 0


def test_a_higher_mast_or_a_lower_mask_only_adds():
    stop = START + 5.0 * DAY
    low = site_ground_contacts(SITE, HORIZON, STATIONS["kashgar"], START, stop, height=2.0)
    high = site_ground_contacts(SITE, HORIZON, STATIONS["kashgar"], START, stop, height=10.0)
    assert np.sum(high[:, 1] - high[:, 0]) >= np.sum(low[:, 1] - low[:, 0])
    limited = site_ground_contacts(
        SITE, HORIZON, STATIONS["kashgar"], START, stop, height=2.0, min_elevation=np.radians(89.0)
    )
    assert limited.shape == (0, 2)


def test_refusals_name_the_cure():
    trajectory = low_orbit(START, START + DAY)
    with pytest.raises(CoverageError, match="propagated over the whole span"):
        orbiter_ground_contacts(trajectory, STATIONS["kashgar"], START, START + 2.0 * DAY)
    with pytest.raises(RequestError, match="end after it begins"):
        site_ground_contacts(SITE, HORIZON, STATIONS["kashgar"], START, START, height=HEIGHT)
    with pytest.raises(RequestError, match="outside the computed heights"):
        site_ground_contacts(SITE, HORIZON, STATIONS["kashgar"], START, START + DAY, height=50.0)
