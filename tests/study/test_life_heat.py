"""A station's life with thermal nodes: heaters of the heat study are loads, batteries age at their nodes' warmth."""

from dataclasses import replace

import numpy as np
import pytest

from moonstation.simulation import _life_model as kernels
from moonstation.simulation.ageing import calendar_rate
from moonstation.simulation.life import live_many
from moonstation.station.loading import load_lunar_station
from moonstation.study.heat import station_places, study_heat
from moonstation.study.life_scene import LifeScene, life_scene
from moonstation.study.run import study_span

HOUR = 3600.0


@pytest.fixture(scope="module")
def scene() -> LifeScene:
    station = load_lunar_station("lander")
    lander = station.elements[0]
    # it never sheds loads, so that heat is all that two lives differ in
    lander = lander.model_copy(
        update={"battery_ageing": "li-ion", "load_survival": lander.load_nominal, "array_power": 5e3}
    )
    station = replace(station, elements=[lander])
    return life_scene(station, study_span(station, days=20.0, step="30 min"), progress=lambda *_: None)


def test_heaters_are_those_of_the_heat_study(scene: LifeScene) -> None:
    span = scene.span
    heat = study_heat(
        station_places(scene.station, progress=lambda _: None), span.start, span.stop, step=HOUR
    )
    (box,) = [run for run in heat.nodes if run.node.heater > 0.0]
    np.testing.assert_allclose(scene.heaters["lander"][::2], box.heater[: span.et.size // 2], rtol=1e-9)
    np.testing.assert_array_equal(scene.heaters["lander"][::2], scene.heaters["lander"][1::2])
    assert scene.heaters["lander"].max() > 10.0
    life = scene.life()
    np.testing.assert_array_equal(life.model.heat[0], scene.heaters["lander"])
    warm = np.clip(box.temperature, 263.15, 313.15)
    mean = np.mean([calendar_rate(life=None, temperature=float(t)) for t in warm])
    assert life.model.stores["calendar"][0] == pytest.approx(mean * 1800.0, rel=1e-9)
    assert any("Heaters of lander are loads" in note for note in scene.notes)


def test_heat_is_asked_of_the_bus_and_the_books_balance(scene: LifeScene) -> None:
    with_it = live_many(scene.life(), seed=1, first=0, runs=1).energy[0, 0]
    cold = replace(scene, heaters={})
    without = live_many(cold.life(), seed=1, first=0, runs=1).energy[0, 0]
    asked = [books[kernels.SERVED] + books[kernels.UNSERVED] for books in (with_it, without)]
    heat = scene.heaters["lander"].sum() * 1800.0
    assert heat > 1e7
    assert asked[0] - asked[1] == pytest.approx(heat, rel=1e-9)
    for books in (with_it, without):
        spent = books[kernels.SERVED] + books[kernels.CURTAILED] + books[kernels.LOSSES]
        held = books[kernels.CHARGE_END] + books[kernels.LOST_CHARGE] - books[kernels.ARRIVED_CHARGE]
        assert books[kernels.GENERATED] == pytest.approx(spent + held, rel=1e-9)
