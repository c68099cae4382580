"""Rates through contacts: against budgets sampled every second, and the fixed rates without radios."""

import numpy as np
import pytest
from kepler_orbit import relay_orbit

from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import RequestError
from moonstation.links.contacts import SurfaceAntenna, find_contacts
from moonstation.links.geometry import link_geometry, make_ends, position
from moonstation.links.plan import ContactPlan
from moonstation.links.radio_links import LinkTerms, link_budget
from moonstation.links.rates import planned_contacts, rate_profile
from moonstation.links.terminals import terminals
from moonstation.links.tracks import Tracks
from moonstation.links.views import SiteView, StationView
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.terrain.horizon_table import packaged_horizon, read_horizon

START = Epoch.parse("2030-04-03").tdb_s
STOP = START + 2.0 * 86_400.0
STATION = """\
[station]
start = 2030-04-01
span = "30 d"
ground_stations = ["kashi"]
[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"
[[element]]
id = "lander"
kind = "lander"
site = "ridge"
earth_rate = "2 Mbit/s"
relay_rate = "9 Mbit/s"
[[orbiter]]
id = "relay"
orbit = "queqiao-2"
relay = true
relay_rate = "5 Mbit/s"
earth_rate = "7 Mbit/s"
"""
RADIOS = """\
[[radio]]
id = "ridge-x"
from = "lander-x"
on = "lander"
power = "0.05 W"
rates = ["8 kbit/s", "64 kbit/s", "256 kbit/s", "512 kbit/s", "1 Mbit/s", "2 Mbit/s", "4 Mbit/s"]
[[radio]]
id = "relay-x"
from = "queqiao-2-x"
on = "relay"
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = tmp_path_factory.mktemp("rates") / "s.toml"
    path.write_text(STATION + RADIOS, encoding="utf-8")
    station = load_station(path)
    path.write_text(STATION, encoding="utf-8")
    plain = load_station(path)
    ground = read_horizon(packaged_horizon("connecting-ridge"))
    maps = {
        "antennas": {"ridge": SurfaceAntenna(ground.site, ground, 2.0)},
        "trajectories": {"relay": relay_orbit(START, STOP)},
        "stations": {"kashi": station.ground_stations[0].station()},
    }
    tracks = Tracks(START, STOP)
    contacts = find_contacts(*maps.values(), start=START, stop=STOP)
    return station, plain, maps, tracks, contacts, make_ends(tracks, **maps)


def windows_of(contacts, a, b):
    return np.array([(c.start, c.stop) for c in contacts if (c.from_id, c.to_id) == (a, b)])


def test_geometry_agrees_with_what_contacts_are_found_by(scene):
    _, _, maps, tracks, _, ends = scene
    et = np.linspace(START, STOP, 200)
    geometry = link_geometry(tracks, ends["ridge"], ends["kashi"], et)
    antenna = maps["antennas"]["ridge"]
    look = SiteView(ends["kashi"].track, antenna.site.r_me(2.0), antenna.site.enu_me, np.zeros(8)).look(et)
    assert geometry.sender.elevation == pytest.approx(look[:, 1], abs=1e-9)
    assert geometry.distance == pytest.approx(look[:, 3], rel=1e-12)
    heard = StationView(ends["kashi"].track, ends["ridge"].track).elevation(et)
    assert geometry.receiver.elevation == pytest.approx(heard, abs=1e-9)
    # the pole stands at the limb as seen from Earth, within librations of 7 deg
    offset, radius = geometry.receiver.discs["moon"]
    assert np.all((offset / radius > 0.98) & (offset / radius < 1.001))
    assert np.all(np.degrees(geometry.receiver.discs["sun"][0]) > 1.0)
    relay = link_geometry(tracks, ends["ridge"], ends["relay"], et)
    above = np.linalg.norm(position(ends["relay"].track, et), axis=1)
    assert relay.receiver.discs["moon"][1] == pytest.approx(np.arcsin(1_737_400.0 / above))


@pytest.mark.parametrize(("a", "b"), [("ridge", "relay"), ("ridge", "kashi"), ("relay", "ridge")])
def test_a_profile_promises_no_more_than_each_second_holds(scene, a, b):
    station, _, _, tracks, contacts, ends = scene
    radios = {one.end: one for one in terminals(station) if one.radio.id in ("ridge-x", "relay-x", "kashi-x")}
    windows = windows_of(contacts, *((a, b) if a != "relay" else (b, a)))
    pieces = rate_profile(radios[a], radios[b], windows, ends=ends, tracks=tracks, case="worst")
    ContactPlan.of(pieces)
    assert pieces
    promised = least = 0.0
    for piece in pieces:
        et = np.arange(piece.start + piece.owlt + 0.1, piece.stop + piece.owlt, 1.0)
        geometry = link_geometry(tracks, ends[a], ends[b], et)
        budget = link_budget(radios[a], radios[b], LinkTerms(ends[a], ends[b], geometry))
        rate, _ = budget.best("worst")
        # a rate may dip by a step within a minute; the samples of a minute see nearly all of it
        assert np.mean(rate >= piece.rate) > 0.99
        promised += piece.rate * (piece.stop - piece.start)
        least += float(np.sum(rate))
        inside = (windows[:, 0] <= piece.start + piece.owlt + 1e-3) & (
            # the light time changes by hundredths of a second on the way
            windows[:, 1] >= piece.stop + piece.owlt - 0.05
        )
        assert inside.any()
        longest = float(np.max(geometry.distance)) / SPEED_OF_LIGHT
        assert longest - 1e-6 <= piece.owlt <= longest + 1e-3
    # a minute at each change of the rate is lost, no more
    assert 0.95 * least <= promised <= 1.005 * least


def test_without_radios_the_fixed_rates_hold(scene):
    _, plain, maps, tracks, contacts, _ = scene
    planned = planned_contacts(plain, contacts, **maps, tracks=tracks)
    rates = {(c.from_id, c.to_id): c.rate for c in planned}
    assert rates == {("ridge", "kashi"): 2e6, ("ridge", "relay"): 5e6, ("relay", "kashi"): 7e6}
    assert len(planned) == len(contacts)


def test_with_radios_budgets_hold_both_ways(scene):
    station, _, maps, tracks, contacts, _ = scene
    told = []
    planned = planned_contacts(station, contacts, **maps, tracks=tracks, both_ways=True, progress=told.append)
    assert {(c.from_id, c.to_id) for c in planned} >= {
        ("ridge", "relay"),
        ("relay", "ridge"),
        ("kashi", "ridge"),
    }
    assert told[-1] == 1.0
    worst = planned_contacts(station, contacts, **maps, tracks=tracks, case="worst")
    volume = [
        sum(c.rate * (c.stop - c.start) for c in plan if c.from_id == "ridge") for plan in (planned, worst)
    ]
    assert volume[1] < volume[0]


def test_radios_that_do_not_meet_are_named(scene):
    station, _, _, tracks, contacts, ends = scene
    radios = {one.radio.id: one for one in terminals(station)}
    windows = windows_of(contacts, "ridge", "kashi")
    with pytest.raises(RequestError, match="ridge-x sends in band X, kashi-s receives in band S"):
        rate_profile(radios["ridge-x"], radios["kashi-s"], windows, ends=ends, tracks=tracks)
    with pytest.raises(RequestError, match="more than 0 s"):
        rate_profile(radios["ridge-x"], radios["kashi-x"], windows, ends=ends, tracks=tracks, step=0.0)
    with pytest.raises(RequestError, match="outside its span"):
        link_geometry(tracks, ends["ridge"], ends["kashi"], np.array([STOP + 100.0]))
