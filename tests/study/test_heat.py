"""Heat at places through the real light: what holds whatever the figures are."""

from dataclasses import replace

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.study.heat import HeatResult, element_heaters, station_places, study_heat
from moonstation.study.places import find_place

START = Epoch.parse("2030-04-01")
STOP = Epoch.parse("2030-04-13")


@pytest.fixture(scope="module")
def lander() -> HeatResult:
    station = load_station("lander")
    places = station_places(station, progress=lambda _: None)
    return study_heat(places, START, STOP, step=3600.0, name=station.name)


def test_balances_of_a_real_lander_close_to_round_off(lander: HeatResult) -> None:
    (balance,) = lander.balances.values()
    assert balance.imbalance().max() < 1e-12
    assert balance.held_steps == 0


def test_the_first_state_carries_on_from_the_year_before(lander: HeatResult) -> None:
    """Nothing jumps at the start, and the ground is settled."""
    ground = lander.grounds["ridge"]
    assert ground.settled.drift <= 0.05
    assert np.abs(np.diff(ground.temperature[:, 10:], axis=0)).max() < 0.1
    assert ground.temperature[0, 0] == pytest.approx(ground.temperature[1, 0], abs=1.0)


def test_time_outside_of_limits_is_counted(lander: HeatResult) -> None:
    panel = next(run for run in lander.nodes if run.node.id == "panel")
    assert panel.node.coldest is not None
    assert panel.too_cold == 3600.0 * np.count_nonzero(panel.temperature < panel.node.coldest)
    assert panel.too_cold > 0.0


def test_an_element_that_comes_later_has_no_temperature_before() -> None:
    station = load_station("lander")
    late = replace(station, elements=[station.elements[0].model_copy(update={"arrives": "2030-04-05"})])
    result = study_heat(station_places(late, progress=lambda _: None), START, STOP, step=3600.0, name="late")
    box = result.nodes[0]
    assert np.isnan(box.temperature[: 4 * 24]).all()
    assert np.isfinite(box.temperature[4 * 24 :]).all()
    assert np.isfinite(result.series()["node_temperature"].values[0, -1])


def test_heaters_are_a_load_of_their_element(lander: HeatResult) -> None:
    loads = element_heaters(lander)
    assert list(loads) == ["lander"]
    (box,) = [run for run in lander.nodes if run.node.heater > 0.0]
    np.testing.assert_array_equal(loads["lander"], box.heater)
    year = 365.25 * 86_400.0
    assert box.heater_energy_a_year == pytest.approx(loads["lander"].mean() * year)
    # nights of April
    assert 15.0 < loads["lander"].max() <= box.node.heater


def test_ground_lies_lower_than_panels_stand() -> None:
    """A mast of a station sees more of the Sun than the ground under it."""
    station = load_station("ilrs")
    places = [place for place in station_places(station, progress=lambda _: None) if place.id == "base"]
    assert places[0].height > 2.0
    result = study_heat(places, START, Epoch.parse("2030-10-01"), step=3600.0)
    ground = result.grounds["base"]
    assert ground.sun.irradiance.sum() < ground.sun_above.irradiance.sum()


def test_half_the_step_tells_the_same() -> None:
    place = find_place("connecting-ridge")
    coarse, fine = (study_heat([place], START, STOP, step=step) for step in (3600.0, 1800.0))
    (a,), (b,) = coarse.grounds.values(), fine.grounds.values()
    np.testing.assert_allclose(a.temperature, b.temperature[::2], atol=0.3)


def test_no_place_is_refused() -> None:
    with pytest.raises(RequestError, match="no site stands on the ground"):
        study_heat([], START, STOP)
