"""Impulses and burns: their axes, what they do to the motion and to the mass, forward and backward."""

import numpy as np
import plain_dynamics
import pytest

from moonstation.constants import STANDARD_GRAVITY
from moonstation.errors import RequestError
from moonstation.orbits.burns import Burn, Impulse
from moonstation.orbits.forces import EARTH_AND_SUN
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2028-01-01T00:00:00 TDB")
HIGH = np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404]) * 1e3
SPAN = 20_000.0


def later(seconds):
    return Epoch.from_tdb_s(EPOCH.tdb_s + seconds)


def fly(*manoeuvres, **options):
    options = {"duration": SPAN, "degree": 20, "epoch": EPOCH, **options}
    return propagate(options.pop("start", HIGH), manoeuvres=manoeuvres, **options)


def axes_of(name, r, v):
    across = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    if name == "ICRF":
        return np.eye(3)
    if name == "RTN":
        out = r / np.linalg.norm(r)
        return np.array([out, np.cross(across, out), across])
    along = v / np.linalg.norm(v)
    return np.array([along, across, np.cross(along, across)])


@pytest.mark.parametrize("axes", ["ICRF", "RTN", "VNB"])
@pytest.mark.parametrize("about", ["moon", "earth"])
def test_impulse_is_what_it_says(axes, about):
    """The same flight pieced together by hand; at the impulse the state before it is given."""
    when, vector = 7000.25, np.array([12.0, -5.0, 3.0])
    flown = fly(Impulse(later(when), tuple(vector), axes=axes, about=about, isp=300.0), mass=1000.0)
    before = fly(duration=when).states_icrf[-1]
    motion = before - (
        default_ephemeris().state_icrf("earth", EPOCH.tdb_s + when)[0] if about == "earth" else 0.0
    )
    change = axes_of(axes, motion[:3], motion[3:]).T @ vector
    after = before + np.concatenate([np.zeros(3), change])
    rest = propagate(after, epoch=later(when), duration=SPAN - when, degree=20)
    assert np.linalg.norm(flown.states_icrf[-1, :3] - rest.states_icrf[-1, :3]) < 1e-4
    one = flown.manoeuvres[0]
    np.testing.assert_allclose(one.before, before, atol=1e-6)
    np.testing.assert_allclose(one.after, after, atol=1e-6)
    np.testing.assert_allclose(flown.state_icrf(one.begin)[0], one.before, atol=1e-5)
    assert one.delta_v == pytest.approx(np.linalg.norm(vector), rel=1e-12)
    assert flown.mass(np.array([EPOCH.tdb_s, flown.et[-1]])) == pytest.approx(
        [1000.0, 1000.0 * np.exp(-one.delta_v / (300.0 * STANDARD_GRAVITY))]
    )
    assert "; 1 manoeuvre." in flown.note


def test_engine_against_equations_with_mass():
    """A tenth of the mass burnt along the velocity, against DOP853 with the mass as seventh variable."""
    thrust, isp, mass = 30.0, 310.0, 500.0
    long = 0.1 * mass * isp * STANDARD_GRAVITY / thrust
    burn = Burn(EPOCH, long, thrust, isp, (1.0, 0.0, 0.0), axes="VNB")
    flown = fly(
        burn, duration=long, mass=mass, gravity=plain_dynamics.point_moon(), degree=None, forces=EARTH_AND_SUN
    )
    plain = plain_dynamics.Plain(EPOCH, long, thrust=(thrust, isp, lambda y: y[3:6] / np.linalg.norm(y[3:6])))
    times = np.linspace(0.0, long, 20)
    expected = plain.fly(np.r_[HIGH, mass], times)
    et = np.clip(EPOCH.tdb_s + times, flown.et[0], flown.et[-1])
    assert np.linalg.norm(flown.position_icrf(et) - expected[:, :3], axis=1).max() < 1e-3
    np.testing.assert_allclose(flown.mass(et), expected[:, 6], rtol=1e-9)
    assert flown.manoeuvres[0].delta_v == pytest.approx(isp * STANDARD_GRAVITY * np.log(1.0 / 0.9), rel=1e-9)


def test_short_strong_burn_is_an_impulse():
    """Shorter by ten, nearer by a hundred: the error of an impulse at the middle is of second order."""
    mass, isp, size = 1000.0, 320.0, 20.0
    flow_speed = isp * STANDARD_GRAVITY
    whole = fly(Impulse(later(9000.0), (size, 0.0, 0.0), axes="VNB", isp=isp), mass=mass).states_icrf[-1]
    miss = []
    for long in (400.0, 40.0):
        thrust = mass * (1.0 - np.exp(-size / flow_speed)) * flow_speed / long
        burnt = fly(Burn(later(9000.0 - 0.5 * long), long, thrust, isp), mass=mass)
        assert burnt.manoeuvres[0].delta_v == pytest.approx(size, rel=1e-9)
        miss.append(np.linalg.norm(burnt.states_icrf[-1, :3] - whole[:3]))
    assert miss[1] < 0.2 * miss[0] < 100.0


def test_flying_back_through_manoeuvres():
    orders = [
        Impulse(later(4000.0), (3.0, 4.0, -5.0), axes="ICRF", isp=300.0),
        Burn(later(8000.0), 1200.0, 40.0, 310.0, (1.0, 0.3, 0.0), axes="RTN"),
    ]
    there = fly(*orders, mass=800.0)
    end_mass = float(there.mass(there.et[-1:])[0])
    assert end_mass < 790.0
    back = fly(*orders, start=there.states_icrf[-1], epoch=later(SPAN), duration=-SPAN, mass=end_mass)
    assert np.linalg.norm(back.states_icrf[0] - HIGH) < 1e-3
    et = np.linspace(EPOCH.tdb_s, there.et[-1], 300)
    assert np.abs(there.position_icrf(et) - back.position_icrf(et)).max() < 1e-3
    np.testing.assert_allclose(there.mass(et), back.mass(et), rtol=1e-9)
    for one, other in zip(there.manoeuvres, back.manoeuvres, strict=True):
        np.testing.assert_allclose(one.before, other.before, atol=1e-4)
        np.testing.assert_allclose(one.after, other.after, atol=1e-4)
        assert one.mass_before == pytest.approx(other.mass_before)


def test_impulse_at_the_start():
    flown = fly(Impulse(EPOCH, (1.0, 2.0, 3.0), axes="ICRF"))
    assert np.array_equal(flown.states_icrf[0], HIGH + np.array([0, 0, 0, 1.0, 2.0, 3.0]))
    assert np.array_equal(flown.manoeuvres[0].before, HIGH)
    assert np.isnan(flown.mass(flown.et[:1])).all()


@pytest.mark.parametrize(
    ("manoeuvres", "options", "message"),
    [
        ([Impulse(later(-5.0), (1.0, 0.0, 0.0))], {}, "lies outside of the flight"),
        ([Burn(later(SPAN - 5.0), 10.0, 1.0, 300.0)], {"mass": 10.0}, "lies outside of the flight"),
        (
            [Burn(later(50.0), 10.0, 1.0, 300.0), Impulse(later(55.0), (1.0, 0.0, 0.0))],
            {"mass": 10.0},
            "begins before another ends",
        ),
        ([Burn(later(50.0), 10.0, 1.0, 300.0)], {}, "give the mass at the start in kg"),
        ([Burn(later(50.0), 1000.0, 100.0, 100.0)], {"mass": 50.0}, "uses 102.0 kg of 50.0 kg"),
        ([], {"mass": -3.0}, "mass is -3.0 kg"),
        (
            [Impulse(later(-50.0), (1.0, 0.0, 0.0))],
            {"duration": -100.0},
            "going backward .* give it in ICRF axes",
        ),
    ],
)
def test_manoeuvres_that_cannot_be_flown(manoeuvres, options, message):
    with pytest.raises(RequestError, match=message) as caught:
        fly(*manoeuvres, name="tug", **options)
    assert str(caught.value).startswith("orbit of tug: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Impulse(EPOCH, (1.0, np.nan, 0.0)), "three finite numbers"),
        (lambda: Impulse(EPOCH, (1.0, 0.0, 0.0), axes="XYZ"), "give ICRF, RTN or VNB"),
        (lambda: Impulse(EPOCH, (1.0, 0.0, 0.0), about="mars"), "give moon or earth"),
        (lambda: Impulse(EPOCH, (1.0, 0.0, 0.0), isp=0.0), "specific impulse is 0.0 s"),
        (lambda: Burn(EPOCH, -1.0, 1.0, 300.0), "duration is -1.0"),
        (lambda: Burn(EPOCH, 1.0, 0.0, 300.0), "thrust is 0.0"),
        (lambda: Burn(EPOCH, 1.0, 1.0, 300.0, (0.0, 0.0, 0.0)), "direction has no length"),
    ],
)
def test_manoeuvres_that_make_no_sense(make, message):
    with pytest.raises(RequestError, match=message):
        make()
