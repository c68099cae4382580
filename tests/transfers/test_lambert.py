"""Lambert's problem and Kepler's: closed by a propagation of another kind, every way and number of turns."""

import numpy as np
import pytest

from moonstation.errors import OrbitError, RequestError
from moonstation.transfers.lambert import (
    propagate_kepler,
    shortest_flight,
    solve_lambert,
    solve_lambert_all,
    solve_lambert_batch,
)

GM = 3.986004418e14
CASES = 10_000


def by_anomalies(r, v, dt):
    """Positions (n, 3) after dt by eccentric or hyperbolic anomalies: the classical way, not the universal one."""
    n = np.linalg.norm(r, axis=1)
    energy = np.sum(v * v, axis=1) / 2 - GM / n
    a = -GM / (2 * energy)
    h = np.cross(r, v)
    e_vec = np.cross(v, h) / GM - r / n[:, None]
    e = np.linalg.norm(e_vec, axis=1)
    p = e_vec / e[:, None]
    q = np.cross(h, p) / np.linalg.norm(h, axis=1)[:, None]
    x, y = np.sum(r * p, axis=1), np.sum(r * q, axis=1)
    mean_rate = np.sqrt(GM / np.abs(a) ** 3)
    ellipse = energy < 0
    out = np.empty_like(r)
    for i in range(len(r)):
        if ellipse[i]:
            minor = a[i] * np.sqrt(1 - e[i] ** 2)
            start = np.arctan2(y[i] / minor, x[i] / a[i] + e[i])
            goal = start - e[i] * np.sin(start) + mean_rate[i] * dt[i]
            at = goal + 0.85 * e[i] * np.sign(np.sin(goal))
            for _ in range(60):
                step = (at - e[i] * np.sin(at) - goal) / (1 - e[i] * np.cos(at))
                at -= step
                if abs(step) < 1e-15:
                    break
            out[i] = a[i] * (np.cos(at) - e[i]) * p[i] + minor * np.sin(at) * q[i]
        else:
            minor = -a[i] * np.sqrt(e[i] ** 2 - 1)
            start = np.arcsinh(y[i] / minor)
            goal = e[i] * np.sinh(start) - start + mean_rate[i] * dt[i]
            at = np.arcsinh(goal / e[i])
            for _ in range(80):
                step = (e[i] * np.sinh(at) - at - goal) / (e[i] * np.cosh(at) - 1)
                at -= step
                if abs(step) < 1e-15:
                    break
            out[i] = -a[i] * (e[i] - np.cosh(at)) * p[i] + minor * np.sinh(at) * q[i]
    return out


def places(count, seed):
    """Places 7,000 to 70,000 km out and times of a fiftieth to two turns."""
    rng = np.random.default_rng(seed)
    r1, r2 = (
        r * (7e6 * 10 ** rng.uniform(0, 1, count) / np.linalg.norm(r, axis=1))[:, None]
        for r in (rng.normal(size=(count, 3)) for _ in range(2))
    )
    axis = 0.5 * (np.linalg.norm(r1, axis=1) + np.linalg.norm(r2, axis=1))
    return r1, r2, 2 * np.pi * np.sqrt(axis**3 / GM) * 10 ** rng.uniform(-1.7, 0.3, count)


def off(reached, goal):
    return np.linalg.norm(reached - goal, axis=1) / np.linalg.norm(goal, axis=1)


@pytest.mark.parametrize("way", ["prograde", "retrograde", "short", "long"])
def test_ten_thousand_arcs_end_where_they_should(way):
    r1, r2, tof = places(CASES, 1)
    v1, v2 = solve_lambert_batch(r1, r2, tof=tof, gm=GM, way=way)
    assert np.isfinite(v1).all()
    assert off(by_anomalies(r1, v1, tof), r2).max() < 1e-9
    assert off(propagate_kepler(np.hstack([r1, v1]), tof, gm=GM)[:, 3:], v2).max() < 1e-9


@pytest.mark.parametrize("turns", [1, 2, 5])
@pytest.mark.parametrize("branch", ["fast", "slow"])
def test_arcs_with_turns_end_where_they_should_and_make_them(turns, branch):
    r1, r2, tof = places(2000, 2)
    tof = tof * 10
    v1, _ = solve_lambert_batch(r1, r2, tof=tof, gm=GM, turns=turns, branch=branch)
    found = np.isfinite(v1[:, 0])
    assert found.sum() > 100
    assert off(by_anomalies(r1[found], v1[found], tof[found]), r2[found]).max() < 1e-9
    # so many whole periods fit, and no more than one more
    speed2 = np.sum(v1[found] ** 2, axis=1)
    axis = 1.0 / (2.0 / np.linalg.norm(r1[found], axis=1) - speed2 / GM)
    periods = tof[found] / (2 * np.pi * np.sqrt(axis**3 / GM))
    assert np.all((periods > turns) & (periods < turns + 1))
    # where there is none, the time is shorter than any that has the turns
    for i in np.flatnonzero(~found)[:20]:
        far = np.cross(r1[i], r2[i])[2] < 0
        assert tof[i] < shortest_flight(r1[i], r2[i], gm=GM, turns=turns, long_way=bool(far))


def test_all_arcs_are_found_and_differ():
    r1, r2 = np.array([8e6, 0, 0]), np.array([-3e6, 9e6, 2e6])
    arcs = solve_lambert_all(r1, r2, tof=60_000.0, gm=GM)
    turns = max(arc.turns for arc in arcs)
    assert turns >= 3
    assert len(arcs) == 2 * turns + 1
    ends = propagate_kepler(np.array([[*r1, *arc.v1] for arc in arcs]), np.full(len(arcs), 60_000.0), gm=GM)
    assert off(ends[:, :3], np.tile(r2, (len(arcs), 1))).max() < 1e-9
    speeds = sorted(np.linalg.norm(arc.v1) for arc in arcs)
    assert np.diff(speeds).min() > 1e-3
    assert len(solve_lambert_all(r1, r2, tof=60_000.0, gm=GM, most_turns=1)) == 3


def test_near_half_a_turn_arcs_hold_and_at_it_they_are_refused():
    r1 = np.array([1e7, 0, 0])
    for miss in (1e-3, 1e-5, 1e-7):
        r2 = 2e7 * np.array([-np.cos(miss), np.sin(miss), 0])
        arc = solve_lambert(r1, r2, tof=9000.0, gm=GM)
        assert off(propagate_kepler(np.r_[r1, arc.v1], 9000.0, gm=GM)[None, :3], r2[None]).max() < 1e-9
    for r2 in ([-2e7, 0, 0], [2e7, 0, 0]):
        with pytest.raises(OrbitError, match="no plane"):
            solve_lambert(r1, r2, tof=9000.0, gm=GM)
    assert np.isnan(solve_lambert_batch([r1], [[-2e7, 0, 0]], tof=[9000.0], gm=GM)[0]).all()


def test_directions_mean_what_they_say():
    r1, r2 = np.array([1e7, 0, 0]), np.array([0, 1.5e7, 0])
    arcs = {
        way: solve_lambert(r1, r2, tof=20_000.0, gm=GM, way=way)
        for way in ("prograde", "retrograde", "short", "long")
    }
    assert np.cross(r1, arcs["prograde"].v1)[2] > 0 > np.cross(r1, arcs["retrograde"].v1)[2]
    np.testing.assert_array_equal(arcs["prograde"].v1, arcs["short"].v1)
    np.testing.assert_array_equal(arcs["retrograde"].v1, arcs["long"].v1)
    turned = solve_lambert(r1, r2, tof=20_000.0, gm=GM, axis=(0, 0, -1))
    np.testing.assert_array_equal(turned.v1, arcs["long"].v1)


def test_what_is_asked_wrongly_is_refused_with_the_cure():
    r1, r2 = np.array([1e7, 0, 0]), np.array([0, 1.5e7, 0])
    with pytest.raises(OrbitError, match=r"3 turns in 5000 s: that takes .* s at least"):
        solve_lambert(r1, r2, tof=5000.0, gm=GM, turns=3)
    for tof in (0.0, -5.0, np.nan):
        with pytest.raises(OrbitError, match="above zero"):
            solve_lambert(r1, r2, tof=tof, gm=GM)
    with pytest.raises(RequestError, match="0 or more"):
        solve_lambert(r1, r2, tof=5000.0, gm=GM, turns=-1)
    with pytest.raises(RequestError, match="shape"):
        solve_lambert([1.0, 2.0], r2, tof=5000.0, gm=GM)
    with pytest.raises(RequestError, match="prograde, retrograde"):
        solve_lambert(r1, r2, tof=5000.0, gm=GM, way="up")
    with pytest.raises(RequestError, match="gm"):
        solve_lambert(r1, r2, tof=5000.0, gm=0.0)
    with pytest.raises(RequestError, match="shapes"):
        solve_lambert_batch([r1], [r2], tof=[1.0, 2.0], gm=GM)
    with pytest.raises(RequestError, match="1 or more"):
        shortest_flight(r1, r2, gm=GM, turns=0)


def test_kepler_agrees_with_the_classical_way_and_comes_back():
    rng = np.random.default_rng(4)
    r = rng.normal(size=(3000, 3)) * 1e7
    r = r[np.linalg.norm(r, axis=1) > 5e6]
    v = rng.normal(size=r.shape)
    circular = np.sqrt(GM / np.linalg.norm(r, axis=1))
    v *= (circular * rng.uniform(0.5, 2.5, len(r)) / np.linalg.norm(v, axis=1))[:, None]
    states = np.hstack([r, v])
    clear = np.sum(np.cross(r, v) ** 2, axis=1) / GM > 1e6
    dt = rng.uniform(-50_000, 50_000, len(r))
    moved = propagate_kepler(states, dt, gm=GM)
    assert off(moved[clear, :3], by_anomalies(r, v, dt)[clear]).max() < 1e-10
    back = propagate_kepler(moved, -dt, gm=GM)
    assert off(back[clear, :3], r[clear]).max() < 1e-10
    np.testing.assert_array_equal(propagate_kepler(states[0], 0.0, gm=GM), states[0])


def test_kepler_takes_the_parabola():
    r = np.array([7e6, 0, 0])
    v = np.array([0, np.sqrt(2 * GM / 7e6), 0])
    # Barker: the time from the perigee to a right angle is sqrt(2 q^3 / GM) 4 / 3
    moved = propagate_kepler(np.r_[r, v], np.sqrt(2 * 7e6**3 / GM) * 4 / 3, gm=GM)
    np.testing.assert_allclose(moved[:3], [0, 14e6, 0], atol=1e-3)
    with pytest.raises(RequestError, match="finite"):
        propagate_kepler(np.zeros(6), 1.0, gm=GM)
