"""The gravity kernel against the series written out in extended precision, and against closed forms."""

import math

import numpy as np
import pytest

from moonstation.errors import DataFileError, RequestError
from moonstation.formats.gravity import read_gravity
from moonstation.orbits import gravity
from moonstation.orbits.gravity import (
    GravityModel,
    degree_for,
    degree_power,
    gravity_path,
    load_gravity,
    omitted_acceleration,
)

R = 1_738_000.0


def potential(model, points):
    """Potential without the central term in spherical coordinates, extended precision (Kaula 1966, eq. 1.30).

    Legendre functions by the standard recursion up the degrees, all orders at once, normalised as in Holmes and
    Featherstone (2002).
    """
    p = np.asarray(points, dtype=np.longdouble)
    r = np.sqrt((p**2).sum(axis=1))
    sine = p[:, 2] / r
    cosine = np.hypot(p[:, 0], p[:, 1]) / r
    longitude = np.arctan2(p[:, 1], p[:, 0])
    one = np.longdouble(1)
    orders = np.arange(model.degree + 1)[:, None]
    east, north = np.cos(orders * longitude), np.sin(orders * longitude)
    total = np.zeros_like(r)
    before, now = np.zeros((2, model.degree + 1, len(r)), dtype=np.longdouble)
    now[0] = 1.0
    sectoral = np.ones_like(r)
    for n in range(1, model.degree + 1):
        m = orders[:n]
        a = np.sqrt(one * (2 * n + 1) * (2 * n - 1) / ((n - m) * (n + m)))
        b = np.sqrt(one * (2 * n + 1) * (n + m - 1) * (n - m - 1) / ((n - m) * (n + m) * max(2 * n - 3, 1)))
        b[-1] = 0.0
        before[:n], now[:n] = now[:n], a * sine * now[:n] - b * before[:n]
        sectoral = (np.sqrt(3 * one) if n == 1 else np.sqrt(one * (2 * n + 1) / (2 * n))) * cosine * sectoral
        now[n] = sectoral
        if n >= 2:
            c, s = model.c[n, : n + 1, None], model.s[n, : n + 1, None]
            total += (model.radius / r) ** n * (now[: n + 1] * (c * east[: n + 1] + s * north[: n + 1])).sum(
                axis=0
            )
    return model.gm / r * total


def slope(model, point):
    """Gradient of `potential` by central differences of sixth order."""
    h = np.longdouble(20.0)
    steps = np.array([-3, -2, -1, 1, 2, 3])
    weights = np.array([-1, 9, -45, 45, -9, 1]) / np.longdouble(60)
    axes = np.eye(3)
    return np.array(
        [(weights * potential(model, point + np.outer(steps, axes[k]) * h)).sum() / h for k in range(3)],
        dtype=float,
    )


def central(model, points):
    r = np.linalg.norm(points, axis=1, keepdims=True)
    return -model.gm * points / r**3


@pytest.mark.parametrize("degree", [2, 3, 8, 51])
def test_acceleration_is_the_slope_of_the_series(degree):
    """Sixth differences at 20 m and 64-bit mantissas leave 1e-15 m/s^2; double precision itself about 1e-15."""
    model = load_gravity(degree)
    generator = np.random.default_rng(degree)
    points = generator.normal(size=(6, 3))
    radii = R + np.array([20e3, 50e3, 100e3, 500e3, 3e6, 16e6])
    points *= (radii / np.linalg.norm(points, axis=1))[:, None]
    ours = model.acceleration_pa(points) - central(model, points)
    expected = np.array([slope(model, p) for p in points])
    # Subtracting the central term again costs 1.6 m/s^2 times 2e-16 in `ours`.
    assert np.abs(ours - expected).max() < 2e-15


def test_zonal_term_over_the_pole_in_closed_form():
    """Over the pole P2 is 1: V = GM/r (R/r)^2 sqrt(5) C20, its slope -3 V / r."""
    model = load_gravity(2)
    c = np.zeros_like(model.c)
    c[2, 0] = model.c[2, 0]
    only = GravityModel(model.gm, model.radius, 2, c, np.zeros_like(c), model.path, model.model_degree)
    r = 1.9e6
    a = only.acceleration_pa(np.array([[0.0, 0.0, r], [0.0, 0.0, -r]]))
    expected = -only.gm / r**2 * (1.0 + 3.0 * np.sqrt(5.0) * c[2, 0] * (R / r) ** 2)
    np.testing.assert_allclose(a, [[0.0, 0.0, expected], [0.0, 0.0, -expected]], rtol=1e-15, atol=1e-18)


@pytest.mark.parametrize("degree", [100, 360])
def test_nothing_happens_at_the_pole(degree):
    model = load_gravity(degree)
    r = R + 10e3
    offsets = np.array([0.0, 1e-9, 1e-3, 1.0])
    points = np.stack([offsets, offsets, np.sqrt(r**2 - 2 * offsets**2)], axis=1)
    a = model.acceleration_pa(points)
    assert np.isfinite(a).all()
    # 1 m aside moves the field by the gradient, 2 GM / r^3 = 2e-6 per s^2, and a little from the harmonics.
    assert np.abs(a - a[0]).max() < 1e-5
    assert np.abs(a[1] - a[0]).max() < 1e-14


def test_highest_degree_over_the_poles_in_closed_form():
    """Degree 1200 5 km above a pole, where only orders 0 and 1 pull: sums of P_n(1) and P_n1 / sin, exactly rounded.

    1e-13 m/s^2: 1200 terms of 1e-5 m/s^2 and less, each in double precision.
    """
    model = load_gravity(1200)
    r = R + 5e3
    n = np.arange(2, 1201)
    ratio = (R / r) ** n * model.gm / r**2
    first = np.sqrt(2.0 * (2 * n + 1) / (n * (n + 1.0))) * n * (n + 1) / 2.0
    for pole in (1.0, -1.0):
        parity, parity_first = pole**n, pole ** (n + 1.0)
        expected = [
            math.fsum(ratio * parity_first * first * model.c[2:, 1]),
            math.fsum(ratio * parity_first * first * model.s[2:, 1]),
            -pole * math.fsum(ratio * parity * (n + 1) * np.sqrt(2.0 * n + 1) * model.c[2:, 0]),
        ]
        point = np.array([[0.0, 0.0, pole * r]])
        found = model.acceleration_pa(point) - central(model, point)
        np.testing.assert_allclose(found[0], expected, atol=2e-15, rtol=1e-12)


@pytest.mark.slow
def test_highest_degree_is_the_slope_of_the_series():
    """Degree 1200 at 2 to 50 km, 1 m to 80 degrees from a pole; sixth differences over 20 m leave 1e-12 of it."""
    model = load_gravity(1200)
    colatitude = np.array([1.0 / R, 0.01, 1.4])
    radii = R + np.array([2e3, 10e3, 50e3])
    points = radii[:, None] * np.stack(
        [np.sin(colatitude) * 0.6, np.sin(colatitude) * 0.8, np.cos(colatitude)], axis=1
    )
    h = np.longdouble(20.0)
    steps, weights = np.array([-3, -2, -1, 1, 2, 3]), np.array([-1, 9, -45, 45, -9, 1]) / np.longdouble(60)
    moved = points[:, None, None, :] + h * steps[None, None, :, None] * np.eye(3)[None, :, None, :]
    values = potential(model, moved.reshape(-1, 3)).reshape(3, 3, 6)
    expected = (values * weights).sum(axis=2) / h
    found = model.acceleration_pa(points) - central(model, points)
    assert np.abs(found - expected.astype(float)).max() < 1e-13


@pytest.mark.slow
def test_highest_degree_is_finite_everywhere():
    model = load_gravity(1200)
    latitude = np.radians(np.array([-90.0, -89.999, -60.0, 0.0, 1e-9, 45.0, 89.5, 90.0]))
    points = (R + 5e3) * np.stack([np.cos(latitude), np.zeros(8), np.sin(latitude)], axis=1)
    a = model.acceleration_pa(points)
    assert np.isfinite(a).all()
    rough = np.abs(a - load_gravity(360).acceleration_pa(points)).max()
    assert 1e-6 < rough < 3e-3


def test_points_do_not_depend_on_their_neighbours():
    model = load_gravity(20)
    points = np.random.default_rng(1).normal(size=(37, 3))
    points *= 2e6 / np.linalg.norm(points, axis=1)[:, None]
    together = model.acceleration_pa(points)
    alone = np.concatenate([model.acceleration_pa(p) for p in points])
    assert np.array_equal(together, alone)
    assert model.acceleration_pa(np.empty((0, 3))).shape == (0, 3)


def test_header_and_first_degree():
    model = load_gravity(50)
    assert model.gm == pytest.approx(4902.8001224453001e9, rel=1e-15)
    assert model.radius == 1_738_000.0
    assert model.model_degree == 1200
    assert not model.c[1].any()
    # C20 and C22 as in the file, GRGM1200A (Goossens et al. 2016).
    assert model.c[2, 0] == -9.0884339347424299e-05
    assert model.c[2, 2] == pytest.approx(3.467e-5, rel=1e-3)
    assert "degree 50 of 1200" in model.source.resolution
    assert len(model.source.sha256) == 64


def test_reach_leaves_out_what_it_says():
    """Fewer degrees higher up: the acceleration differs by less than the 1e-14 m/s^2 stated, several times over."""
    model = load_gravity(60)
    reach = model.packed.reach
    assert np.all(reach[1:] <= reach[:-1])
    generator = np.random.default_rng(3)
    for degree in (8, 20, 40):
        points = generator.normal(size=(50, 3))
        points *= reach[degree] / np.linalg.norm(points, axis=1)[:, None]
        c, s = model.c[: degree + 1, : degree + 1], model.s[: degree + 1, : degree + 1]
        fewer = GravityModel(model.gm, model.radius, degree, c, s, model.path, model.model_degree)
        difference = np.abs(fewer.acceleration_pa(points) - model.acceleration_pa(points)).max()
        rounding = 4.0 * 2.2e-16 * model.gm / reach[degree] ** 2
        assert difference < 3.0 * gravity.ADAPTIVE_OMISSION + rounding


def test_estimate_of_what_is_left_out_meets_the_field():
    """Root mean square over the sphere of the difference of two fields, to a few per cent of sampling."""
    full, cut = load_gravity(120), load_gravity(40)
    n = 4000
    z = 1.0 - 2.0 * (np.arange(n) + 0.5) / n
    longitude = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(n)
    r = R + 300e3
    across = np.sqrt(1 - z**2)
    points = r * np.stack([across * np.cos(longitude), across * np.sin(longitude), z], axis=1)
    difference = full.acceleration_pa(points) - cut.acceleration_pa(points)
    measured = np.sqrt((difference**2).sum(axis=1).mean())
    assert omitted_acceleration(r, 40) == pytest.approx(measured, rel=0.03)


def test_higher_orbits_take_fewer_degrees():
    degrees = [degree_for(1_737_400.0 + h) for h in (30e3, 100e3, 200e3, 500e3, 2e6, 20e6)]
    assert degrees == sorted(degrees, reverse=True)
    assert degrees[0] == gravity.HIGHEST_CHOSEN
    assert degrees[-1] == gravity.LOWEST_CHOSEN
    assert omitted_acceleration(1_737_400.0 + 500e3, degrees[3]) < gravity.ORBIT_OMISSION
    assert omitted_acceleration(1_737_400.0 + 500e3, degrees[3] - 1) >= gravity.ORBIT_OMISSION


def test_power_above_the_survey_follows_the_rule_to_half():
    """The rule stands in for degrees that are not read; the file itself knows them."""
    power = degree_power(load_gravity(600))
    n = np.arange(300, 601)
    rms = power[300:] / np.sqrt(2.0 * n + 1.0) * n**2
    assert rms.max() == pytest.approx(gravity.POWER_RULE, rel=0.1)
    assert rms.min() > 0.7 * gravity.POWER_RULE


@pytest.mark.parametrize("degree", [1, 1201, -3])
def test_degree_that_the_model_does_not_have(degree):
    with pytest.raises(RequestError, match="serves degrees 2 to 1200"):
        load_gravity(degree)


@pytest.fixture
def excerpt(tmp_path):
    """First degrees of the packaged file."""
    with gravity_path().open("rb") as stream:
        data = stream.read(244 + 122 * 9)
    path = tmp_path / "field_sha.tab"
    path.write_bytes(data)
    return path, data


def test_reader_takes_an_excerpt(excerpt):
    path, _ = excerpt
    field = read_gravity(path, 3)
    assert field.c.shape == (4, 4)
    assert field.c[0, 0] == 1.0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d[:-200], "cut off before degree 3"),
        (lambda d: b"\x00\x01PNG" + d, "SHADR header"),
        (lambda d: b"", "SHADR header"),
        (lambda d: d[:244], "cut off"),
        (lambda d: d.replace(b"-9.0884339347424299e-05", b"                    nan"), "not finite"),
        (lambda d: d.replace(b"-9.0884339347424299e-05", b"-9.08843393474x4299e-05"), "cannot be read"),
        (lambda d: d[:244] + d[366:] + d[244:366], "not sorted"),
    ],
)
def test_damaged_files_are_named_with_the_cure(excerpt, damage, message):
    path, data = excerpt
    path.write_bytes(damage(data))
    with pytest.raises(DataFileError, match=message) as caught:
        read_gravity(path, 3)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(DataFileError, match="check the path"):
        read_gravity(tmp_path / "none.tab", 3)
