"""Many orbits at once: the same as one by one, on any number of threads, in any chunks, and how they end."""

import pickle

import numpy as np
import pytest
import xarray as xr

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, OrbitError, RequestError
from moonstation.orbits.batches import Survey, fly_chunk, propagate_many, survey_orbits
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
DAY = 86_400.0
BASE = Site("base", -88.8, 123.4)
ASK = Survey(epoch=EPOCH, duration=12 * DAY, degree=12, site=BASE, sample=60.0)


def relays(count, seed=4):
    generator = np.random.default_rng(seed)
    return np.array(
        [
            elements_to_state(
                Elements.from_altitudes(
                    generator.uniform(150e3, 500e3),
                    16e6,
                    inclination=generator.uniform(0.7, 1.2),
                    raan=generator.uniform(0.0, 6.28),
                    arg_periapsis=generator.uniform(1.0, 2.1),
                    true_anomaly=np.pi,
                ),
                axes="ME",
                epoch=EPOCH,
            )
            for _ in range(count)
        ]
    )


@pytest.fixture(scope="module")
def surveyed():
    return survey_orbits(relays(19), ASK)


def test_threads_and_chunks_change_no_bit(surveyed):
    states = relays(19)
    assert surveyed.identical(survey_orbits(states, ASK, threads=1))
    assert surveyed.identical(survey_orbits(states, ASK, threads=3))
    ask, work = pickle.loads(pickle.dumps((ASK, fly_chunk)))
    parts = [work(part, survey=ask) for part in np.array_split(states, 4)]
    joined = xr.concat(parts, "orbit")
    for name in surveyed.data_vars:
        assert joined[name].values.tobytes() == surveyed[name].values.tobytes()


def test_figures_are_those_of_the_flights(surveyed):
    """Against trajectories: final states to the bit, extremes to a centimetre, time over the site to its samples."""
    flown = propagate_many(relays(19), epoch=EPOCH, duration=ASK.duration, degree=12, forces=ASK.forces)
    ends = set()
    for i, one in enumerate(flown):
        row = surveyed.isel(orbit=i)
        ends.add(str(row.end.values))
        if isinstance(one, OrbitError):
            assert row.end == "impact"
            assert f"{float(row.lifetime) / DAY:.2f} d after its epoch" in str(one)
            assert abs(float(row.lowest_altitude)) < 0.01
            assert np.linalg.norm(row.final_state[:3]) == pytest.approx(MOON_RADIUS, abs=0.01)
            continue
        assert row.end == "flying"
        assert float(row.lifetime) == ASK.duration
        assert np.array_equal(row.final_state.values, one.states_icrf[-1])
        extremes = one.altitude_extremes
        assert float(row.lowest_altitude) == pytest.approx(extremes.lowest, abs=0.01)
        assert float(row.highest_altitude) == pytest.approx(extremes.highest, abs=0.01)
        assert float(row.lowest_at) == pytest.approx(extremes.lowest_at - EPOCH.tdb_s, abs=1.0)
    assert ends == {"flying", "impact"}
    alive = next(i for i, one in enumerate(flown) if not isinstance(one, OrbitError))
    et = np.linspace(flown[alive].et[0], flown[alive].et[-1], 100_001)
    turned = np.einsum(
        "nij,nj->ni", default_ephemeris().rotation_icrf_to_me(et), flown[alive].position_icrf(et)
    )
    away = turned - BASE.r_me()
    elevation = np.arcsin(away @ BASE.enu_me[2] / np.linalg.norm(away, axis=1))
    expected = np.mean(elevation > np.radians(ASK.mask_deg)) * ASK.duration
    assert float(surveyed.dwell[alive]) == pytest.approx(expected, abs=60.0)
    seen = et[elevation > np.radians(ASK.mask_deg)]
    gaps = np.diff(np.concatenate([et[:1], seen, et[-1:]]))
    assert float(surveyed.longest_gap[alive]) == pytest.approx(gaps.max(), abs=60.0)


def test_how_flights_end():
    states = relays(1).repeat(4, axis=0)
    states[1, 3:] *= 30.0
    states[2, :3] *= 0.01
    states[3, :3] = default_ephemeris().position_icrf("earth", EPOCH.tdb_s)[0] + [7e6, 0.0, 0.0]
    states[3, 3:] = default_ephemeris().state_icrf("earth", EPOCH.tdb_s)[0, 3:]
    found = survey_orbits(states, Survey(epoch=EPOCH, duration=3 * DAY, degree=8, farthest=5e8))
    assert found.end.values.tolist() == ["flying", "left", "impact", "earth"]
    assert float(found.lifetime[2]) == 0.0
    assert float(found.lifetime[3]) < 0.1 * DAY
    assert "dwell" not in found


def test_backward():
    there = propagate(relays(1)[0], epoch=EPOCH, duration=DAY, degree=12)
    back = survey_orbits(
        there.states_icrf[-1], Survey(epoch=Epoch.from_tdb_s(there.et[-1]), duration=-DAY, degree=12)
    )
    assert np.linalg.norm(back.final_state.values[0] - relays(1)[0]) < 1e-3


@pytest.mark.parametrize(
    ("states", "ask", "error", "message"),
    [
        (np.zeros((2, 5)), {}, RequestError, r"shape \(2, 5\); give \(n, 6\)"),
        (np.full((2, 6), np.nan), {}, RequestError, "orbit 0: give six finite"),
        (relays(1), {"duration": 0.0}, RequestError, "survey: duration is 0.0 s"),
        (relays(1), {"duration": 1e12}, CoverageError, "kernels cover"),
        (relays(1), {"degree": 1}, RequestError, "gravity degree is 1"),
        (relays(1), {"farthest": 1e12}, RequestError, "farthest is"),
        (relays(1), {"sample": 0.0}, RequestError, "sample is 0.0 s"),
        (relays(1), {"mask_deg": 100.0}, RequestError, "mask_deg is 100.0"),
    ],
)
def test_what_a_survey_refuses(states, ask, error, message):
    with pytest.raises(error, match=message):
        survey_orbits(states, Survey(**{"epoch": EPOCH, "duration": DAY, **ask}))
