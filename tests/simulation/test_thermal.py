"""Nodes of elements: closed forms, a plain reference, and balances to round-off."""

import math

import numpy as np
import pytest
from heat_reference import balance_plainly

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.simulation.insolation import (
    Insolation,
    absorbed_by_ground,
    absorbed_from_terrain,
    sky_view_factor,
)
from moonstation.simulation.regolith import STEFAN_BOLTZMANN, Regolith
from moonstation.simulation.thermal import (
    NodeHeat,
    heat_nodes,
    heater_power,
    isotope_heat,
    join_nodes,
    louvre_emittance,
    radiated_power,
)
from moonstation.station.thermal import ThermalLink, ThermalNode

LONG = 1e12


def node(name: str, **keys: object) -> ThermalNode:
    return ThermalNode.model_validate(
        {"id": name, "element": "lander", "capacity": 5e4, "sky_view": 1.0} | keys
    )


def link(node: str, to: str, **keys: object) -> ThermalLink:
    return ThermalLink.model_validate({"id": f"{node}-{to}", "node": node, "to": to} | keys)


def dark(n: int) -> Insolation:
    return Insolation(np.zeros(n), np.full(n, -0.1), np.zeros(n), 1.0)


def run(
    nodes: list[ThermalNode],
    links: list[ThermalLink] | None = None,
    *,
    n: int = 1,
    step: float = LONG,
    start: FloatArray | None = None,
    sun: Insolation | None = None,
    ground_k: float | FloatArray = 100.0,
) -> NodeHeat:
    return heat_nodes(
        join_nodes(nodes, links or []),
        sun or dark(n),
        np.broadcast_to(ground_k, n).copy(),
        step=step,
        age=np.zeros((n, len(nodes))),
        ground=Regolith(),
        start=start,
    )


def test_one_node_ends_at_the_fourth_root() -> None:
    """(P / (e A sigma))^(1/4)."""
    done = run([node("box", area=2.0, emittance=0.8, dissipation=300.0)])
    assert done.temperature[-1, 0] == pytest.approx((300.0 / (1.6 * STEFAN_BOLTZMANN)) ** 0.25, rel=1e-9)


def test_half_a_view_of_warm_ground_warms() -> None:
    """Sky and ground of half the view each: e A sigma (T^4 - e_g T_g^4 / 2) = P."""
    done = run([node("box", area=2.0, emittance=0.8, dissipation=300.0, sky_view=0.5)], ground_k=350.0)
    expected = 300.0 / (1.6 * STEFAN_BOLTZMANN) + 0.5 * 0.95 * 350.0**4
    assert done.temperature[-1, 0] == pytest.approx(expected**0.25, rel=1e-9)


def test_sunlight_on_a_box_is_its_outline() -> None:
    """a E (A_top sin e + A_side cos e), and the lit ground in half of the view."""
    sun = Insolation(np.array([1361.0]), np.array([math.radians(30.0)]), np.array([680.5]), 1.0)
    done = run(
        [
            node(
                "box",
                area=6.0,
                emittance=0.8,
                absorptance=0.3,
                sun_area_top=1.0,
                sun_area_side=1.2,
                sky_view=0.5,
            )
        ],
        sun=sun,
    )
    direct = 0.3 * 1361.0 * (0.5 + 1.2 * math.cos(math.radians(30.0)))
    albedo = 0.12 + 0.06 * (60.0 / 45.0) ** 3 + 0.25 * (60.0 / 90.0) ** 8
    assert done.sunlight[0, 0] == pytest.approx(direct + 0.3 * 6.0 * 0.5 * albedo * 1361.0 * 0.5, rel=1e-12)


def test_two_nodes_with_a_link() -> None:
    """What works inside goes through the link and out of the radiator: T1 = T2 + P / G."""
    nodes = [node("box", dissipation=80.0), node("radiator", area=0.5, emittance=0.85)]
    done = run(nodes, [link("box", "radiator", conductance=2.0)])
    radiator = (80.0 / (0.5 * 0.85 * STEFAN_BOLTZMANN)) ** 0.25
    assert done.temperature[-1, 1] == pytest.approx(radiator, rel=1e-9)
    assert done.temperature[-1, 0] == pytest.approx(radiator + 40.0, rel=1e-9)


def test_two_nodes_that_shine_on_each_other() -> None:
    """P = sigma B (T1^4 - T2^4) between them, and out of the second."""
    nodes = [node("box", dissipation=80.0), node("shell", area=3.0, emittance=0.5)]
    done = run(nodes, [link("box", "shell", radiative_area=0.2)])
    shell = 80.0 / (1.5 * STEFAN_BOLTZMANN)
    assert done.temperature[-1, 1] == pytest.approx(shell**0.25, rel=1e-9)
    assert done.temperature[-1, 0] == pytest.approx(
        (shell + 80.0 / (0.2 * STEFAN_BOLTZMANN)) ** 0.25, rel=1e-9
    )


def test_contact_with_the_ground_holds_a_foot() -> None:
    done = run([node("foot")], [link("foot", "ground", conductance=0.3)], ground_k=123.0)
    assert done.temperature[-1, 0] == pytest.approx(123.0, rel=1e-9)
    assert abs(done.grounded[-1, 0]) < 1e-6


def test_a_plate_cools_as_the_closed_form_says() -> None:
    """T0 (1 + 3 e A sigma T0^3 t / C)^(-1/3): the error halves with the step, to 0.1 K."""
    plate = node("plate", area=1.0, emittance=0.9, capacity=9000.0)
    rate = 3.0 * 0.9 * STEFAN_BOLTZMANN * 350.0**3 / 9000.0
    wrong = []
    for n in (5000, 10_000):
        time = 36_000.0 / n * np.arange(n + 1)
        done = run([plate], n=n, step=36_000.0 / n, start=np.array([350.0]))
        wrong.append(np.abs(done.temperature[:, 0] - 350.0 * (1.0 + rate * time) ** (-1.0 / 3.0)).max())
    assert wrong[1] < 0.1
    assert wrong[0] / wrong[1] == pytest.approx(2.0, rel=0.05)


def test_a_link_equalises_exponentially() -> None:
    """Two nodes of one capacity: the difference falls as exp(-2 G t / C)."""
    n, step = 4000, 10.0
    nodes = [node("a"), node("b")]
    done = run(nodes, [link("a", "b", conductance=3.0)], n=n, step=step, start=np.array([320.0, 220.0]))
    time = step * np.arange(n + 1)
    apart = done.temperature[:, 0] - done.temperature[:, 1]
    assert np.max(np.abs(apart - 100.0 * np.exp(-2.0 * 3.0 * time / 5e4))) < 0.05
    np.testing.assert_allclose(done.temperature.sum(axis=1), 540.0, rtol=1e-12)


def test_a_heater_holds_what_it_can() -> None:
    """Within its band: the heater gives what is radiated; too small a one lets the node fall."""
    thermostat = {"heater_on": 250.0, "heater_off": 260.0}
    done = run([node("box", area=1.0, emittance=0.5, heater=500.0, **thermostat)])
    held = float(done.temperature[-1, 0])
    assert 250.0 < held < 260.0
    assert done.heater[-1, 0] == pytest.approx(float(radiated_power(held, area=1.0, emittance=0.5)), rel=1e-9)
    assert done.heater[-1, 0] == pytest.approx(
        float(heater_power(held, most=500.0, on=250.0, off=260.0)), rel=1e-9
    )
    weak = run([node("box", area=1.0, emittance=0.5, heater=50.0, **thermostat)])
    assert weak.temperature[-1, 0] == pytest.approx((50.0 / (0.5 * STEFAN_BOLTZMANN)) ** 0.25, rel=1e-9)
    assert weak.heater[-1, 0] == 50.0


@pytest.mark.parametrize(("power", "blades"), [(20.0, "shut"), (100.0, "between"), (2000.0, "open")])
def test_louvres_open_with_warmth(power: float, blades: str) -> None:
    louvres = {"emittance": 0.7, "emittance_closed": 0.1, "louvre_closed": 270.0, "louvre_open": 290.0}
    done = run([node("radiator", area=1.0, dissipation=power, **louvres)])
    t = float(done.temperature[-1, 0])
    emittance = float(louvre_emittance(t, shut=0.1, opened=0.7, shut_below=270.0, open_above=290.0))
    assert {"shut": t < 270.0, "between": 270.0 < t < 290.0, "open": t > 290.0}[blades]
    assert float(radiated_power(t, area=1.0, emittance=emittance)) == pytest.approx(power, rel=1e-8)


def test_isotopes_lose_half_in_a_half_life() -> None:
    np.testing.assert_allclose(
        isotope_heat([-5.0, 0.0, 10.0, 20.0], heat=8.0, half_life=10.0), [8.0, 8.0, 4.0, 2.0]
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_balance_closes_to_round_off(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 7)), 400
    nodes = [
        node(
            f"n{i}",
            capacity=float(10.0 ** rng.uniform(2.0, 6.0)),
            area=float(rng.uniform(0.1, 10.0)),
            emittance=0.8,
            absorptance=float(rng.random()),
            sun_area_top=1.0,
            sun_area_side=2.0,
            sky_view=float(rng.random()),
            dissipation=float(rng.uniform(0.0, 200.0)),
            heater=float(rng.uniform(10.0, 500.0)),
            heater_on=260.0,
            heater_off=261.0,
            emittance_closed=0.05,
            louvre_closed=280.0,
            louvre_open=285.0,
        )
        for i in range(m)
    ]
    links = [
        link(f"n{i}", f"n{j}", conductance=float(rng.uniform(0.01, 20.0)), radiative_area=0.1)
        for i in range(m)
        for j in range(i)
    ]
    links.append(link("n0", "ground", conductance=0.5))
    sun = Insolation(
        rng.uniform(0.0, 1361.0, n) * (rng.random(n) < 0.5), rng.uniform(-0.03, 0.03, n), np.zeros(n), 0.95
    )
    done = run(nodes, links, n=n, step=3600.0, sun=sun, ground_k=rng.uniform(50.0, 250.0, n))
    assert done.imbalance().max() < 1e-12
    # what one node gets another gives
    assert np.abs(done.exchanged.sum(axis=1)).max() < 1e-9 * max(1.0, np.abs(done.exchanged).max())


def test_steps_are_those_of_the_plain_reference() -> None:
    names = ["a", "b", "c"]
    nodes = [
        node(x, area=a, emittance=0.6, dissipation=p)
        for x, a, p in zip(names, (1.0, 3.0, 0.2), (0, 50, 9), strict=True)
    ]
    links = [
        link("a", "b", conductance=1.5),
        link("b", "c", radiative_area=0.4),
        link("c", "ground", conductance=0.2),
    ]
    start = np.array([300.0, 200.0, 250.0])
    network = join_nodes(nodes, links)
    done = run(nodes, links, n=40, step=5000.0, start=start)
    expected = balance_plainly(
        start,
        np.tile([0.0, 50.0, 9.0], (40, 1)),
        capacity=np.full(3, 5e4),
        emitting=np.array([0.6, 1.8, 0.12]),
        conduction=network.conduction,
        radiation=network.radiation,
        to_ground=network.to_ground,
        ground=100.0,
        step=5000.0,
    )
    np.testing.assert_allclose(done.temperature, expected, rtol=1e-9)


def test_a_bowl_gives_its_shadowed_floor_what_the_paper_says() -> None:
    """Ingersoll, Svitek and Murray 1992: sigma T^4 = F (1 - A) f / (1 - A f) (1 + A (1 - f) / e)."""
    ground = Regolith()
    f, albedo = 0.2, 0.12
    flux = float(absorbed_from_terrain(100.0, sky_view=1.0 - f, ground=ground))
    fourth = 100.0 * (1.0 - albedo) * f / (1.0 - albedo * f) * (1.0 + albedo * (1.0 - f) / 0.95)
    assert flux / 0.95 == pytest.approx(fourth, rel=1e-12)
    shadow = Insolation(np.zeros(1), np.full(1, 0.05), np.full(1, 100.0), 0.8)
    assert float(absorbed_by_ground(shadow, ground=ground)[0]) == pytest.approx(flux)
    assert float(absorbed_from_terrain(100.0, sky_view=1.0, ground=ground)) == 0.0


def test_the_sky_over_a_cone_is_its_closed_form() -> None:
    assert sky_view_factor(np.full(72, math.radians(30.0))) == pytest.approx(0.75)
    assert sky_view_factor(np.full(72, -0.1)) == 1.0


def test_a_link_into_nowhere_is_refused() -> None:
    with pytest.raises(RequestError, match="no node engine"):
        join_nodes([node("box")], [link("box", "engine", conductance=1.0)])
    with pytest.raises(RequestError, match="step above zero"):
        run([node("box", area=1.0, emittance=0.5)], step=0.0)


@pytest.mark.parametrize("seed", range(4))
def test_thermostats_and_louvres_never_have_to_be_held(seed: int) -> None:
    """Light boxes with strong heaters in narrow bands, hot one hour and cold the next: the iteration ends by itself."""
    rng = np.random.default_rng(seed)
    nodes = [
        node(
            f"n{i}",
            capacity=float(10.0 ** rng.uniform(2.0, 4.0)),
            area=float(rng.uniform(0.3, 4.0)),
            emittance=0.85,
            heater=float(rng.uniform(100.0, 3000.0)),
            heater_on=260.0,
            heater_off=260.5,
            emittance_closed=0.1,
            louvre_closed=285.0,
            louvre_open=286.0,
            absorptance=0.5,
            sun_area_side=2.0,
        )
        for i in range(4)
    ]
    links = [link(f"n{i}", f"n{i + 1}", conductance=float(rng.uniform(0.1, 30.0))) for i in range(3)]
    sun = Insolation(1361.0 * (rng.random(500) < 0.5), np.zeros(500), np.zeros(500), 1.0)
    done = run(nodes, links, n=500, step=3600.0, sun=sun)
    assert done.held_steps == 0
    assert done.temperature.min() > 150.0
    assert done.temperature.max() < 500.0
