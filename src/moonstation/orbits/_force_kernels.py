"""Compiled loops of the accelerations other than the Moon's harmonics, and of all of them together.

Everything stands at the LANES nodes of an integration step at once, arrays (3, LANES). SI units; positions are
Moon-centred, ICRF axes. Times are seconds past the start of the flight; `direction` is 1, or -1 where the flight
runs backward and times count the other way.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from moonstation.arrays import INNER, FloatArray
from moonstation.constants import EARTH_MEAN_RADIUS, MOON_RADIUS, SUN_RADIUS
from moonstation.orbits._gravity_kernels import LANES, harmonic_acceleration
from moonstation.spacetime._kernels import chebyshev_position, chebyshev_state, libration_matrix, moon_bodies

ICRF, RTN, VNB = 0, 1, 2
"""Axes of a thrust: inertial; outward, along and across the orbit; along the velocity, across, and the third."""

ABOUT_MOON, ABOUT_EARTH = 0, 1

MOST_EDGES = 64
"""Edges of shadows in one step that are told apart; more are let go."""

SHADOW_SAMPLE = 60.0
"""Time between two looks for the edge of a shadow [s]."""

GRADIENT_OFFSET = 10.0
"""Offset of the differences that give the gradient of the perturbations [m].

Truncation takes (n 10 m / r)^2 / 6 of the part of degree n: 5e-9 of it at degree 100, and rounding less.
"""


class Forces(NamedTuple):
    """Accelerations besides the Moon's gravity; made by `forces.pack_forces`."""

    gm: FloatArray
    """Earth, Sun, then planets, (2 + k,) [m^3/s^2]."""
    planets: FloatArray
    """Chebyshev records of the planets from the barycentre of the solar system, (k, n, 3, c) with zeros after [m]."""
    spans: FloatArray
    """(k, 2): first epoch and length of a planet's records [s]."""
    oblateness: float
    """J2 of the Earth times its radius squared [m^2]; 0 leaves it out."""
    pole: FloatArray
    """Direction of the Earth's pole (3,)."""
    love: float
    """Love number k2 of the solid Moon; 0 leaves its tides out."""
    light: float
    """Pressure of sunlight times distance squared, area over mass and reflectivity [m^3/s^2]; 0 leaves it out."""
    slowness: float
    """1 / c^2 [s^2/m^2]; 0 leaves relativity out."""
    direction: float
    """1 forward in time, -1 backward."""
    gradient_degree: int
    """Degree of the gradient for the state transition."""


class Thrust(NamedTuple):
    """An engine that burns over a whole piece of the flight."""

    acceleration: float
    """At the beginning of the piece [m/s^2]; 0 for none."""
    rate: float
    """Mass flow over the mass at the beginning, in the sense of flight [1/s]."""
    begin: float
    """Beginning of the piece [s past the start of the flight]."""
    axes: int
    about: int
    towards: FloatArray
    """Unit vector in these axes (3,)."""


@njit(**INNER)
def place_nodes(
    window: Any,
    forces: Any,
    tau: float,
    h: float,
    nodes: Any,
    rotation: Any,
    bodies: Any,
    earth_velocity: Any,
    with_velocity: bool,
) -> None:
    """Moon's orientation (LANES, 3, 3), bodies (3 (2 + k), LANES) and velocity of the Earth (3, LANES) at nodes."""
    earth = np.empty(3)
    sun = np.empty(3)
    place = np.empty(6)
    other = np.empty(6)
    for j in range(LANES):
        t = forces.direction * (tau + nodes[j] * h)
        libration_matrix(window, t, rotation[j])
        moon_bodies(window, t, earth, sun)
        for k in range(3):
            bodies[k, j] = earth[k]
            bodies[3 + k, j] = sun[k]
        if forces.spans.shape[0] > 0:
            chebyshev_position(window.sun_ssb, window.t0_sun_ssb, window.dt_sun_ssb, t, other)
            for i in range(forces.spans.shape[0]):
                chebyshev_position(forces.planets[i], forces.spans[i, 0], forces.spans[i, 1], t, place)
                for k in range(3):
                    bodies[6 + 3 * i + k, j] = place[k] - other[k] + sun[k]
        if with_velocity:
            chebyshev_state(window.earth_emb, window.t0_earth_emb, window.dt_earth_emb, t, place)
            chebyshev_state(window.moon_emb, window.t0_moon_emb, window.dt_moon_emb, t, other)
            for k in range(3):
                earth_velocity[k, j] = place[3 + k] - other[3 + k]


@njit(**INNER)
def _add_body(lanes: int, x: Any, body: Any, gm: float, out: Any) -> None:
    """Attraction of a distant body less what it does to the Moon itself."""
    for j in range(lanes):
        bx = body[0, j]
        by = body[1, j]
        bz = body[2, j]
        dx = bx - x[0, j]
        dy = by - x[1, j]
        dz = bz - x[2, j]
        d2 = dx * dx + dy * dy + dz * dz
        b2 = bx * bx + by * by + bz * bz
        direct = gm / (d2 * np.sqrt(d2))
        indirect = gm / (b2 * np.sqrt(b2))
        out[0, j] += direct * dx - indirect * bx
        out[1, j] += direct * dy - indirect * by
        out[2, j] += direct * dz - indirect * bz


@njit(**INNER)
def _oblate(gm: float, oblateness: float, pole: Any, dx: float, dy: float, dz: float, out: Any) -> None:
    """Attraction of the flattening J2 of a body at (dx, dy, dz) from its centre (Montenbruck and Gill 2000, 3.2)."""
    d2 = dx * dx + dy * dy + dz * dz
    along = dx * pole[0] + dy * pole[1] + dz * pole[2]
    factor = 1.5 * gm * oblateness / (d2 * d2 * np.sqrt(d2))
    radial = factor * (5.0 * along * along / d2 - 1.0)
    out[0] = radial * dx - 2.0 * factor * along * pole[0]
    out[1] = radial * dy - 2.0 * factor * along * pole[1]
    out[2] = radial * dz - 2.0 * factor * along * pole[2]


@njit(**INNER)
def _add_tide(lanes: int, strength: float, x: Any, body: Any, out: Any) -> None:
    """Add the pull of the bulge that a body raises on the Moon (Montenbruck and Gill 2000, section 3.7.2).

    Its potential is strength / (d r)^3 (3 cos^2 - 1) / 2 of the angle between body and orbiter, d and r their
    distances; strength is k2 GM R^5 with the body's GM and the Moon's radius.
    """
    for j in range(lanes):
        r2 = x[0, j] * x[0, j] + x[1, j] * x[1, j] + x[2, j] * x[2, j]
        d2 = body[0, j] * body[0, j] + body[1, j] * body[1, j] + body[2, j] * body[2, j]
        r1 = np.sqrt(r2)
        d1 = np.sqrt(d2)
        cosine = (x[0, j] * body[0, j] + x[1, j] * body[1, j] + x[2, j] * body[2, j]) / (r1 * d1)
        factor = strength / (d2 * d1 * r2 * r2)
        along = 1.5 * factor * (1.0 - 5.0 * cosine * cosine) / r1
        across = 3.0 * factor * cosine / d1
        for k in range(3):
            out[k, j] += along * x[k, j] + across * body[k, j]


@njit(**INNER)
def perturb(
    x: Any, rotation: Any, bodies: Any, forces: Any, field: Any, degree: int, r: Any, a: Any, w: Any, out: Any
) -> None:
    """Gravity of everything but the central terms of Moon and Earth, ICRF axes, at the nodes of a step.

    Each part is the gradient of a harmonic function: `gradient` relies on it.
    """
    lanes = LANES
    for j in range(lanes):
        for k in range(3):
            r[k, j] = rotation[j, k, 0] * x[0, j] + rotation[j, k, 1] * x[1, j] + rotation[j, k, 2] * x[2, j]
    harmonic_acceleration(lanes, r, field, degree, w, a)
    for j in range(lanes):
        bx = bodies[0, j]
        by = bodies[1, j]
        bz = bodies[2, j]
        b2 = bx * bx + by * by + bz * bz
        # What the Earth does to the Moon; its pull on the orbiter is settled with the Moon's.
        indirect = forces.gm[0] / (b2 * np.sqrt(b2))
        for k in range(3):
            out[k, j] = (
                rotation[j, 0, k] * a[0, j]
                + rotation[j, 1, k] * a[1, j]
                + rotation[j, 2, k] * a[2, j]
                - indirect * bodies[k, j]
            )
    for i in range(1, forces.gm.shape[0]):
        _add_body(lanes, x, bodies[3 * i : 3 * i + 3], forces.gm[i], out)
    if forces.love > 0.0:
        for i in range(2):
            strength = forces.love * forces.gm[i] * field.radius**5
            _add_tide(lanes, strength, x, bodies[3 * i : 3 * i + 3], out)
    if forces.oblateness > 0.0:
        on_orbiter = np.empty(3)
        on_moon = np.empty(3)
        for j in range(lanes):
            bx = bodies[0, j]
            by = bodies[1, j]
            bz = bodies[2, j]
            _oblate(
                forces.gm[0],
                forces.oblateness,
                forces.pole,
                x[0, j] - bx,
                x[1, j] - by,
                x[2, j] - bz,
                on_orbiter,
            )
            _oblate(forces.gm[0], forces.oblateness, forces.pole, -bx, -by, -bz, on_moon)
            for k in range(3):
                out[k, j] += on_orbiter[k] - on_moon[k]


@njit(**INNER)
def _add_central_gradient(gm: float, dx: float, dy: float, dz: float, g: Any, j: int) -> None:
    """Add the gradient of a point mass's attraction at (dx, dy, dz) from it: xx, xy, xz, yy, yz, zz."""
    d2 = dx * dx + dy * dy + dz * dz
    cube = gm / (d2 * np.sqrt(d2))
    five = 3.0 * cube / d2
    g[0, j] += five * dx * dx - cube
    g[1, j] += five * dx * dy
    g[2, j] += five * dx * dz
    g[3, j] += five * dy * dy - cube
    g[4, j] += five * dy * dz
    g[5, j] += five * dz * dz - cube


@njit(**INNER)
def gradient(
    x: Any,
    rotation: Any,
    bodies: Any,
    forces: Any,
    field: Any,
    degree: int,
    r: Any,
    a: Any,
    w: Any,
    moved: Any,
    out: Any,
    g: Any,
) -> None:
    """Gradient of gravity at the nodes, (6, LANES): xx, xy, xz, yy, yz, zz [1/s^2], ICRF axes.

    Central terms in closed form; the rest by central differences along x and y of the compiled field itself. The
    third column follows: gravity has neither curl nor divergence.
    """
    lanes = LANES
    for i in range(6):
        for j in range(lanes):
            g[i, j] = 0.0
    for turn in range(4):
        axis = turn // 2
        offset = GRADIENT_OFFSET if turn % 2 == 0 else -GRADIENT_OFFSET
        for k in range(3):
            for j in range(lanes):
                moved[k, j] = x[k, j] + (offset if k == axis else 0.0)
        perturb(moved, rotation, bodies, forces, field, degree, r, a, w, out)
        share = 0.5 / offset
        for j in range(lanes):
            if axis == 0:
                g[0, j] += share * out[0, j]
                g[1, j] += 0.5 * share * out[1, j]
                g[2, j] += share * out[2, j]
                g[5, j] -= share * out[0, j]
            else:
                g[1, j] += 0.5 * share * out[0, j]
                g[3, j] += share * out[1, j]
                g[4, j] += share * out[2, j]
                g[5, j] -= share * out[1, j]
    for j in range(lanes):
        _add_central_gradient(field.gm, x[0, j], x[1, j], x[2, j], g, j)
        _add_central_gradient(
            forces.gm[0], x[0, j] - bodies[0, j], x[1, j] - bodies[1, j], x[2, j] - bodies[2, j], g, j
        )


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def inertial_direction(axes: int, r: Any, v: Any, towards: Any, out: Any) -> None:
    """Vector (3,) given in axes of the motion r, v [m, m/s] to inertial axes.

    RTN: outward, along the motion, along the orbital momentum. VNB: along the velocity, along the momentum,
    and their cross product.
    """
    nx = r[1] * v[2] - r[2] * v[1]
    ny = r[2] * v[0] - r[0] * v[2]
    nz = r[0] * v[1] - r[1] * v[0]
    n = np.sqrt(nx * nx + ny * ny + nz * nz)
    nx /= n
    ny /= n
    nz /= n
    lead = r if axes == RTN else v
    size = np.sqrt(lead[0] * lead[0] + lead[1] * lead[1] + lead[2] * lead[2])
    lx = lead[0] / size
    ly = lead[1] / size
    lz = lead[2] / size
    if axes == RTN:
        out[0] = towards[0] * lx + towards[1] * (ny * lz - nz * ly) + towards[2] * nx
        out[1] = towards[0] * ly + towards[1] * (nz * lx - nx * lz) + towards[2] * ny
        out[2] = towards[0] * lz + towards[1] * (nx * ly - ny * lx) + towards[2] * nz
    elif axes == VNB:
        out[0] = towards[0] * lx + towards[1] * nx + towards[2] * (ly * nz - lz * ny)
        out[1] = towards[0] * ly + towards[1] * ny + towards[2] * (lz * nx - lx * nz)
        out[2] = towards[0] * lz + towards[1] * nz + towards[2] * (lx * ny - ly * nx)
    else:
        for k in range(3):
            out[k] = towards[k]


@njit(**INNER)
def add_moving_forces(
    gm: float, forces: Any, thrust: Any, tau: float, h: float, nodes: Any, x: Any, v: Any, bodies: Any,
    earth_velocity: Any, out: Any,
) -> None:  # fmt: skip
    """Add what depends on the velocity: thrust, and relativity of the Moon's field.

    Relativity is that of a point mass at rest (Schwarzschild; IERS Conventions 2010, eq. 10.12, first term).
    `v` is the derivative in the sense of flight: it turns with the direction of time.
    """
    sign = forces.direction
    position = np.empty(3)
    velocity = np.empty(3)
    push = np.empty(3)
    for j in range(LANES):
        for k in range(3):
            position[k] = x[k, j]
            velocity[k] = sign * v[k, j]
        if forces.slowness > 0.0:
            r2 = position[0] ** 2 + position[1] ** 2 + position[2] ** 2
            v2 = velocity[0] ** 2 + velocity[1] ** 2 + velocity[2] ** 2
            climb = position[0] * velocity[0] + position[1] * velocity[1] + position[2] * velocity[2]
            r1 = np.sqrt(r2)
            factor = gm * forces.slowness / (r2 * r1)
            for k in range(3):
                out[k, j] += factor * ((4.0 * gm / r1 - v2) * position[k] + 4.0 * climb * velocity[k])
        if thrust.acceleration > 0.0:
            if thrust.about == ABOUT_EARTH:
                for k in range(3):
                    position[k] -= bodies[k, j]
                    velocity[k] -= earth_velocity[k, j]
            inertial_direction(thrust.axes, position, velocity, thrust.towards, push)
            lead = tau + nodes[j] * h - thrust.begin
            size = thrust.acceleration / (1.0 - thrust.rate * lead)
            for k in range(3):
                out[k, j] += size * push[k]


@njit(**INNER)
def _overlap(apart: float, behind: float, front: float) -> float:
    """Share of a disc of radius `behind` hidden by one of radius `front`, centres `apart` [rad].

    Montenbruck and Gill 2000, Satellite Orbits, section 3.4.2.
    """
    if apart >= behind + front:
        return 0.0
    if apart <= abs(front - behind):
        return min(front / behind, 1.0) ** 2
    x = (apart * apart + behind * behind - front * front) / (2.0 * apart)
    y = np.sqrt(max(behind * behind - x * x, 0.0))
    area = (
        behind * behind * np.arccos(min(max(x / behind, -1.0), 1.0))
        + front * front * np.arccos(min(max((apart - x) / front, -1.0), 1.0))
        - apart * y
    )
    return float(area / (np.pi * behind * behind))


@njit(**INNER)
def _look_at_sun(position: Any, earth: Any, sun: Any, edges: Any) -> float:
    """Share of the solar disc seen past Moon and Earth; angles to the four edges of shadows into `edges`.

    Edges: begin of penumbra and of umbra (or of the ring) of the Moon, then of the Earth [rad], positive outside.
    """
    sx = sun[0] - position[0]
    sy = sun[1] - position[1]
    sz = sun[2] - position[2]
    far = np.sqrt(sx * sx + sy * sy + sz * sz)
    disc = np.arcsin(SUN_RADIUS / far)
    hidden = 0.0
    for body in range(2):
        bx = -position[0]
        by = -position[1]
        bz = -position[2]
        size = MOON_RADIUS
        if body == 1:
            bx += earth[0]
            by += earth[1]
            bz += earth[2]
            size = EARTH_MEAN_RADIUS
        near = np.sqrt(bx * bx + by * by + bz * bz)
        cover = np.arcsin(min(size / near, 1.0))
        cx = sy * bz - sz * by
        cy = sz * bx - sx * bz
        cz = sx * by - sy * bx
        apart = np.arctan2(np.sqrt(cx * cx + cy * cy + cz * cz), sx * bx + sy * by + sz * bz)
        if near < far:
            hidden += _overlap(apart, disc, cover)
            edges[2 * body] = apart - (cover + disc)
            edges[2 * body + 1] = apart - abs(cover - disc)
        else:
            edges[2 * body] = 1.0
            edges[2 * body + 1] = 1.0
    return float(max(1.0 - hidden, 0.0))


@njit(**INNER)
def evaluate_record(record: Any, s: float, h: float, out: Any) -> None:
    """Position and velocity (6,) from the Chebyshev record (3, k) of a step of h seconds, s in [-1, 1]."""
    for k in range(3):
        b1 = 0.0
        b2 = 0.0
        d1 = 0.0
        d2 = 0.0
        for i in range(record.shape[1] - 1, 0, -1):
            d1, d2 = 2.0 * (s * d1 + b1) - d2, d1
            b1, b2 = 2.0 * s * b1 - b2 + record[k, i], b1
        out[k] = s * b1 - b2 + record[k, 0]
        out[3 + k] = (b1 + s * d1 - d2) * 2.0 / h


@njit(**INNER)
def _sunlight_at(
    window: Any, forces: Any, tau: float, h: float, record: Any, s: float, point: Any, edges: Any, push: Any
) -> None:
    """Acceleration of sunlight (3,) at a place s in [-1, 1] of a step."""
    earth = np.empty(3)
    sun = np.empty(3)
    evaluate_record(record, s, h, point)
    moon_bodies(window, forces.direction * (tau + 0.5 * (s + 1.0) * h), earth, sun)
    seen = _look_at_sun(point, earth, sun, edges)
    d2 = 0.0
    for k in range(3):
        push[k] = point[k] - sun[k]
        d2 += push[k] * push[k]
    size = seen * forces.light / (d2 * np.sqrt(d2))
    for k in range(3):
        push[k] *= size


@njit(**INNER)
def press_of_sunlight(
    window: Any, forces: Any, thrust: Any, rule: Any, tau: float, h: float, record: Any, out: Any
) -> bool:
    """Acceleration of sunlight (3, LANES) at the nodes of a step; True where an edge of a shadow lies in it.

    Across an edge the acceleration is no polynomial, and its values at the nodes say little of its integral. So it is
    replaced by its projection on the polynomials that the step carries, integrated piece by piece between the
    edges: position and velocity at the end of the step then have the exact share of light, and no step has to be
    cut. Between the ends the position is off by some 0.01 a h^2 / LANES^2.

    Parameters
    ----------
    window : EphemerisWindow
    forces : Forces
    thrust : Thrust
        Burns make the spacecraft lighter.
    rule : Rule
    tau, h : float
        Start and length of the step [s].
    record : (3, k) Chebyshev coefficients of the position over the step [m].
    out : (3, LANES) [m/s^2].
    """
    edges = np.empty(4)
    before = np.empty(4)
    probe = np.empty(4)
    push = np.empty(3)
    point = np.empty(6)
    cuts = np.empty(MOST_EDGES + 2)
    cuts[0] = -1.0
    count = 1
    samples = min(max(int(h / SHADOW_SAMPLE), 8), 4096)
    for i in range(samples + 1):
        here = -1.0 + 2.0 * i / samples
        _sunlight_at(window, forces, tau, h, record, here, point, edges, push)
        for e in range(4):
            if i > 0 and edges[e] * before[e] < 0.0 and count <= MOST_EDGES:
                low = here - 2.0 / samples
                high = here
                for _ in range(40):
                    middle = 0.5 * (low + high)
                    _sunlight_at(window, forces, tau, h, record, middle, point, probe, push)
                    if probe[e] * before[e] < 0.0:
                        high = middle
                    else:
                        low = middle
                # Edges of one sample come in any order: each goes to its place.
                at = count
                while at > 1 and cuts[at - 1] > high:
                    cuts[at] = cuts[at - 1]
                    at -= 1
                cuts[at] = high
                count += 1
        for e in range(4):
            before[e] = edges[e]
    cuts[count] = 1.0
    moments = np.zeros((3, LANES))
    for i in range(count):
        length = cuts[i + 1] - cuts[i]
        for q in range(LANES):
            s = cuts[i] + length * rule.nodes[q]
            _sunlight_at(window, forces, tau, h, record, s, point, edges, push)
            lighter = 1.0 - thrust.rate * (tau + 0.5 * (s + 1.0) * h - thrust.begin)
            weight = length * rule.weights_velocity[q] / lighter
            p0 = 1.0
            p1 = s
            for n in range(LANES):
                for k in range(3):
                    moments[k, n] += weight * push[k] * p0
                p0, p1 = p1, ((2 * n + 3) * s * p1 - (n + 1) * p0) / (n + 2)
    for k in range(3):
        for j in range(LANES):
            total = 0.0
            for n in range(LANES):
                total += moments[k, n] * rule.basis[n, j]
            out[k, j] = total / (2.0 * rule.weights_velocity[j])
    return count > 1
