"""Surveys against single flights, whatever the chunks."""

import pickle

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.events import EventQuery, find_events
from moonstation.orbits.flight import fly
from moonstation.orbits.survey import (
    HIT_GROUND,
    SPACING,
    STAYED,
    Chunk,
    SurveySite,
    join_fates,
    survey_chunk,
)
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site

EPOCH = Epoch.parse("2035-01-01")
MASK = np.radians(10.0)
SITE = SurveySite(np.radians(-90.0), 0.0, MASK)
DAYS = 8.0


def relays(*nodes_deg: float) -> np.ndarray:
    return np.array(
        [
            elements_to_state(
                Elements.from_altitudes(
                    200e3,
                    16_000e3,
                    inclination=np.radians(62.4),
                    raan=np.radians(node),
                    arg_periapsis=np.pi / 2.0,
                ),
                axes="ME",
                epoch=EPOCH,
            )
            for node in nodes_deg
        ]
    )


def test_fates_are_those_of_single_flights() -> None:
    # the first falls within the span, the second stays
    states = relays(0.0, 90.0)
    fates = survey_chunk(Chunk(states, EPOCH.tdb_s, DAYS * 86_400.0, 20, SITE))
    assert fates.ending.tolist() == [HIT_GROUND, STAYED]
    for k, state in enumerate(states):
        flight = fly(state, epoch=EPOCH, duration=DAYS * 86_400.0, degree=20, to_the_end=True)
        trajectory = flight.trajectory
        length = trajectory.et[-1] - trajectory.et[0]
        # the flight finds its end to 0.02 s, the survey flies with a thousand times the tolerance
        assert fates.lifetime[k] == pytest.approx(length, abs=1.0)
        assert bool(flight.ending) == (fates.ending[k] == HIT_GROUND)
        lowest = max(trajectory.altitude_extremes.lowest, 0.0) if not flight.ending else 0.0
        assert fates.lowest[k] == pytest.approx(lowest, abs=1.0)
        passes = find_events(trajectory, [EventQuery("pass", low=float(MASK), site=Site("pole", -90.0, 0.0))])
        windows = np.array([(event.start, event.stop) for event in passes])
        share = (windows[:, 1] - windows[:, 0]).sum() / length
        # each edge is known to a sample; a last step of under an hour is left out where it ends
        assert fates.dwell[k] == pytest.approx(share, abs=(2 * len(windows) * SPACING + 3600.0) / length)
        gap = (windows[1:, 0] - windows[:-1, 1]).max()
        assert fates.gap[k] == pytest.approx(gap, abs=SPACING)


def test_chunks_do_not_matter_and_pickle() -> None:
    states = relays(0.0, 45.0, 90.0)
    whole = Chunk(states, EPOCH.tdb_s, 3.0 * 86_400.0, 8, SITE)
    together = survey_chunk(whole)
    parts = [
        survey_chunk(
            pickle.loads(pickle.dumps(Chunk(states[k : k + 1], whole.et, whole.duration, whole.degree, SITE)))
        )
        for k in range(3)
    ]
    for one, other in zip(together, join_fates(parts), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_site_no_dwell_is_told() -> None:
    fates = survey_chunk(Chunk(relays(90.0), EPOCH.tdb_s, 86_400.0, 8))
    assert np.isnan(fates.dwell).all()
    assert np.isnan(fates.gap).all()


def test_the_lowest_point_lies_between_steps() -> None:
    # begun at apoapsis, flown over one periapsis
    elements = Elements.from_altitudes(
        300e3, 9000e3, inclination=1.0, arg_periapsis=np.pi / 2.0, true_anomaly=np.pi
    )
    state = elements_to_state(elements, axes="ME", epoch=EPOCH)
    duration = 1.3 * elements.period()
    fates = survey_chunk(Chunk(state[None], EPOCH.tdb_s, duration, 8))
    flown = fly(state, epoch=EPOCH, duration=duration, degree=8).trajectory
    assert fates.lowest[0] == pytest.approx(flown.altitude_extremes.lowest, abs=0.5)
    assert fates.lowest[0] < np.linalg.norm(flown.states_icrf[:, :3], axis=1).min() - MOON_RADIUS + 1.0


def test_a_start_under_ground_has_no_life() -> None:
    fates = survey_chunk(Chunk(np.array([[1.7e6, 0, 0, 0, 1600.0, 0]]), EPOCH.tdb_s, 86_400.0, 2))
    assert fates.lifetime[0] == 0.0
    assert fates.ending[0] == HIT_GROUND


@pytest.mark.parametrize("states", [np.full((1, 6), np.nan), np.ones(6)])
def test_states_that_are_none_are_refused(states: np.ndarray) -> None:
    with pytest.raises(RequestError, match="six finite numbers"):
        survey_chunk(Chunk(states, EPOCH.tdb_s, 86_400.0, 2))


def test_what_falls_straight_down_ends_on_the_ground() -> None:
    fates = survey_chunk(Chunk(np.array([[6.7e6, 0, 0, 0, 0, 0]]), EPOCH.tdb_s, 86_400.0, 2))
    assert fates.ending[0] == HIT_GROUND
