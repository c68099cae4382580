"""Data of sites and orbiters: contacts to shares, modes, relays, memory, ages, bad requests."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonstation.errors import RequestError
from moonstation.simulation.data import run_data
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.steps import share_of_steps
from moonstation.station.elements import Element
from moonstation.station.model import Orbiter

STEP = 600.0
START = Epoch.parse("2035-01-01").tdb_s


def times(n):
    return START + np.arange(n) * STEP


def element(**keys):
    return Element(id=keys.pop("id", "radio"), site=keys.pop("site", "base"), kind="communication", **keys)


def orbiter(**keys):
    return Orbiter(
        id=keys.pop("id", "relay"),
        periapsis_altitude="100 km",
        apoapsis_altitude="100 km",
        inclination="90 deg",
        **keys,
    )


def run(elements, orbiters=(), *, n, ground=None, relay=None, downlink=None, mode=None):
    mode = np.zeros(n, dtype=np.int8) if mode is None else mode
    return run_data(
        elements,
        orbiters,
        times_s=times(n),
        modes={"base": mode, "other": mode},
        ground_contact={} if ground is None else {"base": ground},
        relay_contact={} if relay is None else relay,
        downlink_contact={} if downlink is None else downlink,
    )


@given(
    edges=st.lists(st.floats(-2000, 8000), min_size=0, max_size=20, unique=True).filter(
        lambda e: len(e) % 2 == 0
    )
)
def test_contact_share_adds_up_to_the_time_in_contact(edges):
    intervals = START + np.sort(np.array(edges, dtype=float)).reshape(-1, 2)
    share = share_of_steps(intervals, times(10))
    end = START + 10 * STEP
    inside = np.clip(intervals, START, end)
    assert np.sum(share) * STEP == pytest.approx(float(np.sum(inside[:, 1] - inside[:, 0])), abs=1e-4)
    for k in range(10):
        cut = np.clip(intervals, START + k * STEP, START + (k + 1) * STEP)
        assert share[k] == pytest.approx(float(np.sum(cut[:, 1] - cut[:, 0])) / STEP, abs=1e-7)


def test_the_mode_of_the_bus_sets_what_is_made_and_sent():
    radio = element(
        data_rate_nominal="1 Mbit/s",
        data_rate_survival="1 kbit/s",
        earth_rate="2 Mbit/s",
        data_storage="10 Gbit",
    )
    mode = np.array([0, 1, 2, 2, 0], dtype=np.int8)
    data = run([radio], n=5, ground=np.array([0.0, 0.0, 1.0, 1.0, 1.0]), mode=mode).sites["base"]
    np.testing.assert_allclose(data.made, [6e8, 6e5, 0.0, 0.0, 6e8])
    np.testing.assert_allclose(data.sent, [0.0, 0.0, 0.0, 0.0, 1.2e9])
    assert data.waiting_end == pytest.approx(6e5)


def test_the_best_radio_of_the_site_counts_and_memory_adds_up():
    parts = [
        element(id="a", earth_rate="1 Mbit/s", data_rate_nominal="5 Mbit/s", data_storage="1 Gbit"),
        element(id="b", earth_rate="3 Mbit/s", data_storage="3 Gbit"),
    ]
    data = run(parts, n=3, ground=np.array([0.0, 0.0, 0.5])).sites["base"]
    np.testing.assert_allclose(data.stored, [0.0, 3e9, 4e9])
    np.testing.assert_allclose(data.lost, [0.0, 2e9, 2.1e9])
    np.testing.assert_allclose(data.delivered, [0.0, 0.0, 0.9e9])
    assert data.delivered_share == pytest.approx(0.1)
    assert data.lost_total == pytest.approx(4.1e9)


def test_a_relay_carries_data_and_their_age():
    site = element(data_rate_nominal="1 Mbit/s", relay_rate="4 Mbit/s", data_storage="100 Gbit")
    relay = orbiter(relay=True, relay_rate="2 Mbit/s", earth_rate="10 Mbit/s", data_storage="100 Gbit")
    up = np.array([0, 0, 1, 0, 0, 0], dtype=float)
    down = np.array([0, 0, 0, 0, 0, 1], dtype=float)
    runs = run([site], [relay], n=6, relay={("base", "relay"): up}, downlink={"relay": down})
    data = runs.sites["base"]
    # The slower of the two radios: 1.2 Gbit in the step of the contact, made in the first two steps.
    np.testing.assert_allclose(data.sent, [0, 0, 1.2e9, 0, 0, 0])
    np.testing.assert_allclose(data.relayed, [0, 0, 0, 1.2e9, 1.2e9, 1.2e9])
    np.testing.assert_allclose(data.delivered, [0, 0, 0, 0, 0, 1.2e9])
    # Before the downlink the oldest bit is aboard, after it the oldest is at the site, made from 1200 s on.
    np.testing.assert_allclose(data.age, np.arange(6) * STEP)
    np.testing.assert_allclose(data.age_unsent, [0, 600, 1200, 600, 1200, 1800])
    assert data.age_longest == 3000.0
    assert data.age_longest_at == START + 3000.0
    assert data.age_unsent_longest == 2400.0
    assert data.waiting_end == pytest.approx(2.4e9)
    np.testing.assert_allclose(runs.orbiters["relay"].memory_used, data.relayed)
    assert runs.orbiters["relay"].made_total == 0.0


def test_of_two_relays_the_one_that_takes_more_is_used_and_the_first_of_equals():
    site = element(data_rate_nominal="1 Mbit/s", relay_rate="4 Mbit/s", data_storage="100 Gbit")
    keys = {"relay": True, "earth_rate": "1 Mbit/s", "data_storage": "100 Gbit"}
    pair = [orbiter(id="a", relay_rate="2 Mbit/s", **keys), orbiter(id="b", relay_rate="2 Mbit/s", **keys)]
    contact = {("base", "a"): np.array([1.0, 0.4, 1.0]), ("base", "b"): np.array([1.0, 1.0, 0.0])}
    runs = run([site], pair, n=3, relay=contact)
    np.testing.assert_allclose(runs.orbiters["a"].memory_used, [0.0, 6e8, 6e8])
    np.testing.assert_allclose(runs.orbiters["b"].memory_used, [0.0, 0.0, 6e8])


@pytest.mark.parametrize("keys", [{"relay": False, "earth_rate": "1 Mbit/s"}, {"relay": True}])
def test_what_cannot_pass_data_on_gets_none(keys):
    site = element(data_rate_nominal="1 Mbit/s", relay_rate="4 Mbit/s", data_storage="100 Gbit")
    other = orbiter(relay_rate="2 Mbit/s", data_storage="100 Gbit", **keys)
    runs = run([site], [other], n=4, relay={("base", "relay"): np.ones(4)}, downlink={"relay": np.ones(4)})
    assert runs.sites["base"].delivered_total == 0.0
    assert runs.orbiters["relay"].memory_used.max() == 0.0


def test_a_full_relay_takes_no_more_and_loses_nothing_of_a_site():
    site = element(data_rate_nominal="1 Mbit/s", relay_rate="4 Mbit/s", data_storage="100 Gbit")
    small = orbiter(
        relay=True,
        relay_rate="2 Mbit/s",
        earth_rate="1 Mbit/s",
        data_storage="0.9 Gbit",
        data_rate="500 kbit/s",
    )
    runs = run([site], [small], n=5, relay={("base", "relay"): np.ones(5)})
    data, own = runs.sites["base"], runs.orbiters["relay"]
    assert data.lost_total == 0.0
    np.testing.assert_allclose(own.memory_used, [0, 9e8, 9e8, 9e8, 9e8])
    np.testing.assert_allclose(own.lost, [0, 3e8, 3e8, 3e8, 3e8])
    assert own.made_total == pytest.approx(own.waiting_end + own.lost_total)
    assert data.waiting_end == pytest.approx(3e9)


def test_all_delivered_is_told_as_all_and_not_as_nearly_all():
    # Sums of a year's uneven deliveries miss what was made by round-off; the share must not.
    contact = np.random.default_rng(3).uniform(0.0, 1.0, 20_000)
    contact[-1] = 1.0
    radio = element(data_rate_nominal="0.3 Mbit/s", earth_rate="1 Mbit/s", data_storage="10 Gbit")
    site = run([radio], n=contact.size, ground=contact).sites["base"]
    assert site.waiting_end == 0.0
    assert site.lost_total == 0.0
    assert site.delivered_total != site.made_total
    assert site.delivered_share == 1.0


def test_a_station_without_data_runs():
    runs = run([element()], n=4)
    assert math.isnan(runs.sites["base"].delivered_share)
    assert runs.sites["base"].age_longest == 0.0
    assert (
        run_data(
            [], [], times_s=times(2), modes={}, ground_contact={}, relay_contact={}, downlink_contact={}
        ).sites
        == {}
    )


def test_bad_requests_are_refused():
    with pytest.raises(RequestError, match=r"element radio: give the modes of its bus base"):
        run([element()], n=4, mode=np.zeros(3, dtype=np.int8))
    with pytest.raises(RequestError, match=r"contact of base: give a share from 0 to 1"):
        run([element()], n=4, ground=np.full(4, 1.5))
    with pytest.raises(RequestError, match=r"contact of base to relay: give a share"):
        run(
            [element()],
            [orbiter(relay=True, earth_rate="1 kbit/s")],
            n=4,
            relay={("base", "relay"): np.full(4, np.nan)},
        )
