"""The integrator against Kepler's closed form, its output between steps, and how it says no."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, OrbitError, RequestError
from moonstation.orbits import gravity as gravity_module
from moonstation.orbits import propagation
from moonstation.orbits.elements import Elements, elements_to_state, state_to_elements
from moonstation.orbits.forces import EARTH_AND_SUN
from moonstation.orbits.gravity import GravityModel, load_gravity
from moonstation.orbits.plans import collocation_rule
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
DAY = 86_400.0


def orbit(low_km, high_km, inclination_deg=90.0, **more):
    elements = Elements.from_altitudes(
        low_km * 1e3, high_km * 1e3, inclination=np.radians(inclination_deg), **more
    )
    return elements_to_state(elements, axes="ME", epoch=EPOCH)


class EmptySky:
    """Ephemeris with Earth and Sun so far that they do not pull, to leave the two-body problem."""

    sources = ()

    def require(self, start, stop):
        pass

    def window(self, start, stop):
        true = default_ephemeris().window(start, stop)
        far = {}
        for name in ("earth_emb", "sun_ssb"):
            records = np.zeros_like(getattr(true, name))
            records[:, 0, 0] = 1e30
            far[name] = records
        return true._replace(**far)


def kepler(state, gm, times):
    """Two-body positions by Kepler's equation, solved by Newton."""
    e = state_to_elements(state, gm=gm)
    n = np.sqrt(gm / e.semi_major_axis**3)
    tan = np.sqrt((1 - e.eccentricity) / (1 + e.eccentricity)) * np.tan(e.true_anomaly / 2)
    start = 2 * np.arctan(tan)
    mean = start - e.eccentricity * np.sin(start) + n * times
    anomaly = mean + e.eccentricity * np.sin(mean)
    for _ in range(50):
        anomaly -= (anomaly - e.eccentricity * np.sin(anomaly) - mean) / (
            1 - e.eccentricity * np.cos(anomaly)
        )
    c, s = np.cos(start), np.sin(start)
    root = np.sqrt(1 - e.eccentricity**2)
    r0, v0 = state[:3], state[3:]
    # Perifocal axes from the state itself, so that angles of the elements do not matter.
    speed = np.sqrt(gm * e.semi_major_axis) / np.linalg.norm(r0)
    local = np.array(
        [
            [e.semi_major_axis * (c - e.eccentricity), e.semi_major_axis * root * s],
            [-speed * s, speed * root * c],
        ]
    )
    axes = np.linalg.solve(local, np.array([r0, v0]))
    x = e.semi_major_axis * (np.cos(anomaly) - e.eccentricity)
    y = e.semi_major_axis * root * np.sin(anomaly)
    return np.outer(x, axes[0]) + np.outer(y, axes[1])


@pytest.mark.parametrize(("low", "high", "days"), [(100, 100, 5), (200, 16_000, 30), (50, 60_000, 30)])
def test_two_bodies_in_closed_form(low, high, days):
    """Kepler's orbit at 5000 epochs between the steps.

    1 cm: an error of 1e-16 in energy and rounding of 1e-10 m per step add up to millimetres along the track.
    """
    full = load_gravity(2)
    zero = np.zeros_like(full.c)
    point = GravityModel(full.gm, full.radius, 2, zero, zero, full.path, full.model_degree)
    start = orbit(low, high)
    flown = propagate(
        start, epoch=EPOCH, duration=days * DAY, ephemeris=EmptySky(), gravity=point, forces=EARTH_AND_SUN
    )
    times = np.linspace(0.0, days * DAY, 5000)
    found = flown.position_icrf(EPOCH.tdb_s + times)
    assert np.linalg.norm(found - kepler(start, full.gm, times), axis=1).max() < 0.01


def test_rule_integrates_polynomials():
    """Double integrals of t^k from 0 are t^(k+2) / ((k+1)(k+2)): at the nodes, at the end and as a record."""
    rule = collocation_rule()
    for k in range(16):
        a = rule.nodes**k
        expected = rule.nodes ** (k + 2) / ((k + 1) * (k + 2))
        np.testing.assert_allclose(rule.stage.T @ a, expected, atol=2e-16)
        np.testing.assert_allclose(rule.stage_velocity.T @ a, rule.nodes ** (k + 1) / (k + 1), atol=2e-16)
        assert rule.weights_velocity @ a == pytest.approx(1 / (k + 1), rel=1e-14)
        assert rule.weights_position @ a == pytest.approx(1 / ((k + 1) * (k + 2)), rel=1e-13)
        series = np.polynomial.chebyshev.chebval(2 * rule.nodes - 1, rule.record @ a)
        np.testing.assert_allclose(series, expected, atol=2e-16)


@pytest.fixture(scope="module")
def low_orbit():
    return propagate(orbit(100, 120), epoch=EPOCH, duration=0.5 * DAY, degree=30, name="scout")


def test_velocity_is_the_slope_of_the_position(low_orbit):
    et = np.linspace(low_orbit.et[0] + 1.0, low_orbit.et[-1] - 1.0, 997)
    slope = (low_orbit.position_icrf(et + 0.5) - low_orbit.position_icrf(et - 0.5)) / 1.0
    # Third derivative, n^3 r = 1.3e-3 m/s^3, over 24, and 1.2e-7 s of an epoch in double precision at 1.5 m/s^2.
    assert np.abs(low_orbit.state_icrf(et)[:, 3:] - slope).max() < 1e-4


def test_steps_join(low_orbit):
    """Records of neighbouring steps meet at the states stored."""
    inside = low_orbit.et[1:-1]
    state = low_orbit.state_icrf(inside)
    np.testing.assert_allclose(state[:, :3], low_orbit.states_icrf[1:-1, :3], atol=1e-5)
    np.testing.assert_allclose(state[:, 3:], low_orbit.states_icrf[1:-1, 3:], atol=1e-7)
    assert np.array_equal(low_orbit.states_icrf[0], orbit(100, 120))


def test_flying_on_from_half_way_is_the_same_flight(low_orbit):
    half = low_orbit.et[len(low_orbit.et) // 2]
    state = low_orbit.state_icrf(half)[0]
    rest = propagate(
        state, epoch=Epoch.from_tdb_s(half), duration=low_orbit.et[-1] - half, degree=30, tolerance=1e-7
    )
    et = np.linspace(half, low_orbit.et[-1], 500)
    assert np.linalg.norm(rest.position_icrf(et) - low_orbit.position_icrf(et), axis=1).max() < 1e-3


def test_epochs_in_any_order_and_shape(low_orbit):
    et = np.random.default_rng(0).uniform(low_orbit.et[0], low_orbit.et[-1], 300)
    order = np.argsort(et)
    assert np.array_equal(low_orbit.state_icrf(et)[order], low_orbit.state_icrf(et[order]))
    assert low_orbit.position_icrf(np.array([])).shape == (0, 3)
    height = low_orbit.altitude(low_orbit.et)
    np.testing.assert_allclose(
        height, np.linalg.norm(low_orbit.states_icrf[:, :3], axis=1) - MOON_RADIUS, atol=1e-4
    )


@pytest.mark.parametrize("et", [-1.0, 0.5 * DAY + 1.0, np.nan])
def test_outside_of_the_span(low_orbit, et):
    with pytest.raises(CoverageError, match="scout is known from 2027-12-31T23:58:5"):
        low_orbit.position_icrf(low_orbit.et[0] + np.array([0.0, et]))


def test_trajectory_survives_pickling(low_orbit):
    again = pickle.loads(pickle.dumps(low_orbit))
    et = np.linspace(low_orbit.et[0], low_orbit.et[-1], 50)
    assert np.array_equal(again.state_icrf(et), low_orbit.state_icrf(et))
    assert again.sources == low_orbit.sources
    assert any("gggrx_1200a" in source.name for source in again.sources)
    assert any("de440s" in source.name for source in again.sources)


def test_two_threads_give_the_same_bytes():
    starts = [orbit(100, 100), orbit(300, 8000, 62.0)]

    def fly(start):
        return propagate(start, epoch=EPOCH, duration=2 * DAY, degree=40)

    serial = [fly(start) for start in starts]
    with ThreadPoolExecutor(2) as pool:
        threaded = list(pool.map(fly, starts * 2))
    for one, other in zip(serial * 2, threaded, strict=True):
        assert one.records.tobytes() == other.records.tobytes()
        assert one.et.tobytes() == other.et.tobytes()


def test_pauses_for_progress_change_nothing(monkeypatch):
    start = orbit(200, 5000)
    whole = propagate(start, epoch=EPOCH, duration=DAY, degree=20)
    monkeypatch.setattr(propagation, "STEPS_PER_CALL", 3)
    shares = []
    pieces = propagate(start, epoch=EPOCH, duration=DAY, degree=20, progress=shares.append)
    assert pieces.records.tobytes() == whole.records.tobytes()
    assert pieces.et.tobytes() == whole.et.tobytes()
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert pieces.et[-1] == EPOCH.tdb_s + DAY


def test_fewer_degrees_up_high_cost_nothing(monkeypatch):
    """With every degree at every height the orbit is the same to a millimetre over three revolutions."""
    start = orbit(200, 16_000, 60.0)
    adaptive = propagate(start, epoch=EPOCH, duration=3 * DAY, degree=60)
    monkeypatch.setattr(gravity_module, "ADAPTIVE_OMISSION", 0.0)
    full = load_gravity(60)
    complete = GravityModel(full.gm, full.radius, 60, full.c, full.s, full.path, full.model_degree)
    assert np.isinf(complete.packed.reach[:-1]).all()
    reference = propagate(start, epoch=EPOCH, duration=3 * DAY, gravity=complete)
    et = np.linspace(adaptive.et[0], adaptive.et[-1], 1000)
    assert np.linalg.norm(adaptive.position_icrf(et) - reference.position_icrf(et), axis=1).max() < 1e-3


def test_degree_is_chosen_by_height():
    high = propagate(orbit(2000, 2000), epoch=EPOCH, duration=3600.0)
    low = propagate(orbit(300, 300), epoch=EPOCH, duration=3600.0)
    assert high.degree < low.degree
    assert f"degree {low.degree}" in low.note
    assert "m/s2 at the first periapsis" in low.note
    assert "flattening of the Earth and tides of the solid Moon; no sunlight pressure" in low.note


def test_note_states_the_drift_to_its_order():
    """Degree 20 for degree 80 at 150 km over two days: the estimate in the note is right within a factor of 5."""
    start = orbit(150, 150)
    coarse = propagate(start, epoch=EPOCH, duration=2 * DAY, degree=20)
    fine = propagate(start, epoch=EPOCH, duration=2 * DAY, degree=80)
    drift = np.linalg.norm(coarse.states_icrf[-1, :3] - fine.states_icrf[-1, :3]) / 2.0
    stated = float(coarse.note.split("roughly ")[1].split(" m a day")[0])
    assert stated / 5 < drift < stated * 5


def test_impact_says_when_and_where():
    start = orbit(20, 20)
    with pytest.raises(OrbitError) as caught:
        propagate(start, epoch=EPOCH, duration=60 * DAY, degree=20, name="grazer")
    text = str(caught.value)
    assert text.startswith("orbit of grazer: hits the ground (1737.4 km sphere) at 2028-01-")
    assert "lat " in text
    assert "lon " in text
    assert "raise its periapsis" in text
    # The trajectory flown until just before ends where the message says, at the ground.
    days = float(text.split("deg (ME), ")[1].split(" d after")[0])
    before = propagate(start, epoch=EPOCH, duration=(days - 0.02) * DAY, degree=20)
    et = np.linspace(before.et[0], before.et[-1], 20_000)
    assert 0.0 < before.altitude(et).min() < 3e3


def test_dip_between_nodes_is_found():
    """A periapsis 20 m under ground for some seconds, between the points at which the force is evaluated."""
    a = MOON_RADIUS + 50e3
    e = (a - MOON_RADIUS + 20.0) / a
    start = elements_to_state(Elements(a, e, 1.2, 0.0, 0.0, np.pi))
    full = load_gravity(2)
    zero = np.zeros_like(full.c)
    point = GravityModel(full.gm, full.radius, 2, zero, zero, full.path, full.model_degree)

    class Sky(EmptySky):
        def rotation_icrf_to_me(self, et):
            return default_ephemeris().rotation_icrf_to_me(et)

    with pytest.raises(OrbitError, match="hits the ground"):
        propagate(start, epoch=EPOCH, duration=DAY, gravity=point, ephemeris=Sky(), forces=EARTH_AND_SUN)
    e = (a - MOON_RADIUS - 20.0) / a
    start = elements_to_state(Elements(a, e, 1.2, 0.0, 0.0, np.pi))
    flown = propagate(start, epoch=EPOCH, duration=DAY, gravity=point, ephemeris=Sky(), forces=EARTH_AND_SUN)
    assert flown.altitude(np.linspace(flown.et[0], flown.et[-1], 100_000)).min() == pytest.approx(
        20.0, abs=0.5
    )


def test_leaving_the_moon():
    """An apoapsis four times beyond the Moon's sphere of influence is the Earth's business."""
    with pytest.raises(OrbitError, match=r"leaves the Moon, 150,000 km away at 2028-01-.*lower its apoapsis"):
        propagate(orbit(100, 256_000), epoch=EPOCH, duration=60 * DAY, degree=8)


def test_arrivals_are_flown_where_asked():
    """A hyperbola of 300 m/s excess passes its periapsis where Kepler has it, and leaves."""
    energy = 0.5 * 300.0**2
    r, v = 3e6, np.sqrt(2.0 * (energy + load_gravity(2).gm / 3e6))
    start = state_of(r, v)
    start[3:] = v * np.array([-np.sin(0.6), np.cos(0.6), 0.0])
    flown = propagate(start, epoch=EPOCH, duration=0.4 * DAY, degree=8, bound=False)
    momentum = r * v * np.cos(0.6)
    gm = load_gravity(2).gm
    periapsis = momentum**2 / gm / (1.0 + np.sqrt(1.0 + 2.0 * energy * momentum**2 / gm**2))
    assert flown.altitude_extremes.lowest == pytest.approx(periapsis - MOON_RADIUS, abs=2e3)
    assert np.linalg.norm(flown.states_icrf[-1, :3]) > 2e7


def test_ground_may_be_left_out_of_a_search():
    a, e = MOON_RADIUS, 0.1
    start = elements_to_state(Elements(a, e, 1.2, 0.0, 0.0, np.pi))
    flown = propagate(start, epoch=EPOCH, duration=0.5 * DAY, degree=8, ground=False)
    assert flown.altitude_extremes.lowest < -100e3


def state_of(r, v):
    return np.array([r, 0.0, 0.0, 0.0, v, 0.0])


@pytest.mark.parametrize(
    ("state", "options", "error", "message"),
    [
        (state_of(1.7e6, 1600.0), {}, OrbitError, "starts 37.400 km under"),
        (
            state_of(2.0e6, 2300.0),
            {},
            OrbitError,
            "hyperbolic, 2300.0 m/s where 2214.2 m/s escapes.*bound=False",
        ),
        (state_of(2000.0, 1.6), {}, OrbitError, "in metres"),
        (state_of(2.0e6, np.nan), {}, RequestError, "six finite"),
        (np.zeros(3), {}, RequestError, "six finite"),
        (
            state_of(2.0e6, 1560.0),
            {"duration": 0.0},
            RequestError,
            "positive number of seconds, or a negative",
        ),
        (state_of(2.0e6, 1560.0), {"duration": np.inf}, RequestError, "positive number of seconds"),
        (state_of(2.0e6, 1560.0), {"degree": 1}, RequestError, "give 2 or more"),
        (state_of(2.0e6, 1560.0), {"degree": 5000}, RequestError, "2 to 1200"),
        (state_of(2.0e6, 1560.0), {"tolerance": 0.0}, RequestError, "tolerance"),
        (state_of(2.0e6, 1560.0), {"duration": 1e12}, CoverageError, "kernels cover"),
        (state_of(2.0e6, 1560.0), {"duration": -1e12}, CoverageError, "kernels cover"),
        (state_of(2.0e6, 1560.0), {"farthest": 1e11}, RequestError, "farthest is 100000000000.0 m"),
        (state_of(2.0e6, 1560.0), {"transition_degree": 1}, RequestError, "degree of the transition is 1"),
    ],
)
def test_what_is_refused(state, options, error, message):
    with pytest.raises(error, match=message) as caught:
        propagate(state, **{"epoch": EPOCH, "duration": 3600.0, "name": "x", **options})
    assert "\n" not in str(caught.value)
