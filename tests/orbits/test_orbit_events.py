"""Events of an orbit: what they are in simple cases, and what is refused; SPICE's searches are in tests/against."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from orbit_files import flown

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.orbits.elements import state_to_elements
from moonstation.orbits.events import KINDS, EventQuery, events_frame, find_events, highest_within
from moonstation.orbits.messages import interpolation_records
from moonstation.orbits.osculating import differences_rsw, element_series
from moonstation.orbits.sampling import sample_times
from moonstation.orbits.scene import Scene
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site


@pytest.fixture(scope="module")
def craft():
    return flown(2.0)


def test_low_and_high_points_take_turns(craft):
    events = find_events(craft, [EventQuery("periapsis"), EventQuery("apoapsis")])
    names = [event.query.kind for event in events]
    assert len(names) > 35
    assert all(a != b for a, b in itertools.pairwise(names))
    for event in events:
        near = craft.altitude(event.start + np.array([-5.0, 0.0, 5.0]))
        middle = near[1] if event.query.kind == "periapsis" else -near[1]
        ends = near[[0, 2]] if event.query.kind == "periapsis" else -near[[0, 2]]
        assert middle < ends.min()
        assert event.value == pytest.approx(near[1], abs=1e-6)


def test_crossings_begin_and_end_at_the_bound(craft):
    events = find_events(craft, [EventQuery("altitude", low=200e3, high=300e3)])
    assert len(events) > 35
    for event in events[1:-1]:
        edges = craft.altitude(np.array([event.start, event.stop]))
        assert all(min(abs(edge - 200e3), abs(edge - 300e3)) < 10.0 for edge in edges)


def test_the_sun_over_the_plane(craft):
    scene = Scene(craft)
    beta = scene.beta(craft.et[:1])[0]
    everywhere = find_events(craft, [EventQuery("beta", low=-np.pi / 2, high=np.pi / 2)])
    assert len(everywhere) == 1
    assert everywhere[0].clipped
    assert not find_events(craft, [EventQuery("beta", low=beta + 0.1)])


def test_the_table(craft):
    queries = [
        EventQuery("moon-umbra", label="moon-umbra"),
        EventQuery("pass", low=0.1, site=Site("pole", -90.0, 0.0)),
    ]
    found = find_events(craft, queries)
    table = events_frame(craft, found)
    assert list(table["start_utc"]) == sorted(table["start_utc"])
    lengths = (pd.to_datetime(table["end_utc"]) - pd.to_datetime(table["start_utc"])).dt.total_seconds()
    np.testing.assert_allclose(lengths, table["duration_s"], atol=1.5e-3)
    passes = table[table["event"] == "pass"]
    assert passes["value"].between(5.7, 90.0).all()
    assert (passes["lat_deg"] < -30.0).all()
    assert events_frame(craft, []).empty


def test_an_ephemeris_that_goes_through_the_ground(craft):
    et = np.arange(0.0, 40_000.0, 60.0) + 1.1e9
    along = -3e7 + 1500.0 * (et - et[0])
    state = np.stack([along, np.full(et.size, 8e5), 0 * et, np.full(et.size, 1500.0), 0 * et, 0 * et], axis=1)
    records, _ = interpolation_records(et, state, hermite=True, degree=7)
    straight = replace(craft, et=et, states_icrf=state, records=records)
    (impact,) = find_events(straight, [EventQuery("impact")])
    expected = et[0] + (3e7 - np.sqrt(MOON_RADIUS**2 - 8e5**2)) / 1500.0
    assert impact.start == pytest.approx(expected, abs=2e-3)
    assert impact.value == pytest.approx(1500.0)


def test_part_of_the_span(craft):
    start, stop = Epoch.from_tdb_s(craft.et[0] + 40_000.0), Epoch.from_tdb_s(craft.et[0] + 80_000.0)
    part = find_events(craft, [EventQuery("periapsis")], start=start, stop=stop)
    whole = find_events(craft, [EventQuery("periapsis")])
    inside = [e.start for e in whole if start.tdb_s < e.start < stop.tdb_s]
    np.testing.assert_allclose([e.start for e in part], inside, atol=2e-3)
    with pytest.raises(CoverageError, match="choose events within"):
        find_events(craft, [EventQuery("periapsis")], stop=Epoch.from_tdb_s(craft.et[-1] + 10.0))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"kind": "eclipse"}, "event 'eclipse' is unknown; give one of periapsis"),
        ({"kind": "pass"}, "needs a site"),
        ({"kind": "hidden", "body": "moon"}, "cannot stand behind itself"),
        ({"kind": "range", "body": "vulcan"}, "body 'vulcan' is unknown"),
        ({"kind": "altitude", "low": 2.0, "high": 1.0}, "its range is empty"),
    ],
)
def test_refused(arguments, error):
    with pytest.raises(RequestError, match=error):
        EventQuery(**arguments)


def test_every_kind_can_be_found(craft):
    site = Site("pole", -90.0, 0.0)
    queries = [EventQuery(kind, low=0.0, high=1.0, site=site if kind == "pass" else None) for kind in KINDS]
    find_events(craft, queries)


def test_the_highest_of_a_window():
    windows = np.array([[0.0, 1.0], [2.0, 10.0], [4.0, 4.5]])
    found = highest_within(lambda t: np.sin(t), windows)
    np.testing.assert_allclose(found, [np.sin(1.0), 1.0, np.sin(4.0)], atol=1e-6)


def test_samples_follow_the_motion(craft):
    et = sample_times(craft, craft.et[0] + 100.0, craft.et[-1] - 100.0)
    assert (et[0], et[-1]) == (craft.et[0] + 100.0, craft.et[-1] - 100.0)
    r = craft.position_icrf(et)
    cosine = (
        np.einsum("ij,ij->i", r[1:], r[:-1]) / np.linalg.norm(r[1:], axis=1) / np.linalg.norm(r[:-1], axis=1)
    )
    assert np.arccos(np.clip(cosine, -1.0, 1.0)).max() < 0.09


def test_elements_along_the_way_are_those_of_single_states(craft):
    et = np.linspace(craft.et[0], craft.et[-1], 50)
    for axes in ("ME", "ICRF"):
        series = element_series(craft, et, axes=axes)
        for k in (0, 17, 49):
            one = state_to_elements(
                craft.state_icrf(et[k : k + 1])[0], axes=axes, epoch=Epoch.from_tdb_s(et[k])
            )
            for name, values in series._asdict().items():
                assert values[k] == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-8), (axes, name)
    held = element_series(craft, et, held_at=float(et[0]))
    assert np.ptp(np.unwrap(held.raan)) < np.radians(2.0) < np.ptp(np.unwrap(element_series(craft, et).raan))


def test_differences_are_along_the_orbit(craft):
    later = flown(2.0, name="later")
    shifted = type(later)(
        name="later", et=later.et - 1.0, states_icrf=later.states_icrf, records=later.records, degree=10, note="",
        sources=(),
    )  # fmt: skip
    et = np.linspace(craft.et[0], craft.et[-1] - 2.0, 100)
    apart = differences_rsw(craft, shifted, et)
    speed = np.linalg.norm(craft.state_icrf(et)[:, 3:], axis=1)
    along = apart[:, 1]
    assert np.all(along > 0.95 * speed)
    assert np.abs(apart[:, 2]).max() < 0.01
    assert np.abs(apart).max() < MOON_RADIUS
